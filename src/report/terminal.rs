//! The diff for people: coloured, changed characters marked, wrapped, and safe to look at.

use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};
use unicode_width::UnicodeWidthChar;

use super::escape::{is_active, write_visible};
use super::hunks::{Hunk, Lines, hunks};
use super::unified::hunk_header;
use super::{View, Visible};
use crate::edit::Bias;

/// How the diff is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// With colours; without them the changed characters cannot be seen.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// Edits longer than this are marked as a whole; comparing them would be slow and would not help the eye.
const COMPARED: usize = 400;

/// Less in common than this, and marking single characters is noise.
const ALIKE: f32 = 0.3;

const TITLE: Style = Style::new().bold();
const HEADER: Style = AnsiColor::Cyan.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const QUIET: Style = Style::new().dimmed();

/// Writes the diff of one text.
pub fn write(
    output: &mut impl Write,
    view: &View<'_>,
    repaired: &str,
    look: Look,
) -> io::Result<()> {
    let (old, new) = (
        Lines::new(view.text.as_bytes()),
        Lines::new(repaired.as_bytes()),
    );
    let hunks = hunks(&old, &new, view.edits);
    if hunks.is_empty() {
        return Ok(());
    }
    let (old_marks, new_marks) = marks(view, repaired);
    let mut painter = Painter { output, look };
    let path = Visible(view.path);
    painter.plain(TITLE, &format!("--- {path}\n+++ {path}"))?;
    for hunk in &hunks {
        painter.plain(HEADER, &hunk_header(hunk))?;
        write_hunk(
            &mut painter,
            hunk,
            &Side::new(view.text, &old, &old_marks),
            &Side::new(repaired, &new, &new_marks),
        )?;
    }
    Ok(())
}

fn write_hunk(
    painter: &mut Painter<'_, impl Write>,
    hunk: &Hunk,
    old: &Side<'_>,
    new: &Side<'_>,
) -> io::Result<()> {
    let mut at = hunk.old.start;
    for change in &hunk.changes {
        (at..change.old.start).try_for_each(|line| painter.line(' ', Style::new(), old, line))?;
        change
            .old
            .clone()
            .try_for_each(|line| painter.line('-', REMOVED, old, line))?;
        change
            .new
            .clone()
            .try_for_each(|line| painter.line('+', ADDED, new, line))?;
        at = change.old.end;
    }
    (at..hunk.old.end).try_for_each(|line| painter.line(' ', Style::new(), old, line))
}

/// The characters that differ: spans of the old text and spans of the new one, both in text order.
fn marks(view: &View<'_>, repaired: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let map = view.edits.offset_map();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for edit in view.edits {
        let written = map.map(edit.span.start, Bias::Start)..map.map(edit.span.end, Bias::End);
        let (old, new) = (&view.text[edit.span.clone()], &repaired[written.clone()]);
        if old.len() + new.len() > COMPARED {
            removed.push(edit.span.clone());
            added.push(written);
            continue;
        }
        let diff = TextDiff::from_chars(old, new);
        if diff.ratio() < ALIKE {
            removed.push(edit.span.clone());
            added.push(written);
            continue;
        }
        let (mut old_at, mut new_at) = (edit.span.start, written.start);
        for change in diff.iter_all_changes() {
            let length = change.value().len();
            match change.tag() {
                ChangeTag::Equal => (old_at, new_at) = (old_at + length, new_at + length),
                ChangeTag::Delete => {
                    removed.push(old_at..old_at + length);
                    old_at += length;
                }
                ChangeTag::Insert => {
                    added.push(new_at..new_at + length);
                    new_at += length;
                }
            }
        }
    }
    (removed, added)
}

/// One side of the diff.
struct Side<'s> {
    text: &'s str,
    lines: &'s Lines<'s>,
    marks: &'s [Range<usize>],
}

impl<'s> Side<'s> {
    fn new(text: &'s str, lines: &'s Lines<'s>, marks: &'s [Range<usize>]) -> Self {
        Side { text, lines, marks }
    }
}

struct Painter<'o, W> {
    output: &'o mut W,
    look: Look,
}

impl<W: Write> Painter<'_, W> {
    fn style(&self, style: Style) -> Style {
        if self.look.color { style } else { Style::new() }
    }

    fn plain(&mut self, style: Style, text: &str) -> io::Result<()> {
        let style = self.style(style);
        writeln!(self.output, "{style}{text}{style:#}")
    }

    /// One line of text, its marked characters reversed, wrapped at the width of the terminal.
    fn line(&mut self, sign: char, style: Style, side: &Side<'_>, line: usize) -> io::Result<()> {
        let span = side.lines.span(line..line + 1);
        let text = &side.text[span.clone()];
        let content = text.strip_suffix('\n').unwrap_or(text);
        let is_last = content.len() == text.len();
        // Line ends are never edited; a carriage return on every line would only be in the way.
        let content = content.strip_suffix('\r').unwrap_or(content);
        let room = self.look.width.max(20) - 1;
        let mut marks = side.marks[side.marks.partition_point(|mark| mark.end <= span.start)..]
            .iter()
            .peekable();
        let mut row = Row {
            style: self.style(style),
            marked: false,
            column: 0,
            buffer: format!("{sign}"),
        };
        row.buffer = format!("{}{sign}", row.style);
        for (at, c) in content.char_indices() {
            let at = span.start + at;
            while marks.next_if(|mark| mark.end <= at).is_some() {}
            let marked = marks.peek().is_some_and(|mark| mark.contains(&at));
            let (shown, width) = shown(c);
            if row.column + width > room && row.column > 0 {
                row.finish(self.output)?;
                row.buffer = format!("{0}↪{0:#}{1}", self.style(QUIET), row.style);
            }
            row.mark(marked && self.look.color);
            row.buffer.push_str(&shown);
            row.column += width;
        }
        row.finish(self.output)?;
        if is_last {
            self.plain(QUIET, "\\ No newline at end of file")?;
        }
        Ok(())
    }
}

/// A row of the terminal that is being filled.
struct Row {
    style: Style,
    marked: bool,
    column: usize,
    buffer: String,
}

impl Row {
    fn mark(&mut self, marked: bool) {
        if marked != self.marked {
            let style = if marked {
                self.style.invert()
            } else {
                self.style
            };
            self.buffer
                .push_str(&format!("{:#}{style}", self.style.invert()));
            self.marked = marked;
        }
    }

    fn finish(&mut self, output: &mut impl Write) -> io::Result<()> {
        let reset = if self.marked {
            self.style.invert()
        } else {
            self.style
        };
        writeln!(output, "{}{reset:#}", self.buffer)?;
        self.buffer.clear();
        self.column = 0;
        self.marked = false;
        Ok(())
    }
}

/// What is drawn for a character, and how many columns that takes.
fn shown(c: char) -> (String, usize) {
    if c == '\t' {
        return ("    ".to_owned(), 4);
    }
    let mut text = String::new();
    let _ = write_visible(&mut text, c);
    let width = if is_active(c) {
        text.len()
    } else {
        c.width().unwrap_or(0)
    };
    (text, width)
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;
    use crate::edit::{Edit, EditList, Rule};

    fn drawn(text: &str, edits: &EditList, look: Look) -> String {
        let repaired = edits.apply(text).unwrap();
        let view = View {
            path: "頁.txt".as_ref(),
            text,
            edits,
            unresolved: &[],
            place: Default::default(),
        };
        let mut output = Vec::new();
        write(&mut output, &view, &repaired, look).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn lines_stand_by_their_successors() {
        let (text, edits, _) = sample();
        let expected = "--- 頁.txt\n+++ 頁.txt\n@@ -1,2 +1,2 @@\n-社會(huì )工作\n+社会工作\n-?城市規??焖展\n\
            \\ No newline at end of file\n+?城市规模快展\n\\ No newline at end of file\n";
        assert_eq!(
            drawn(
                &text,
                &edits,
                Look {
                    color: false,
                    width: 80
                }
            ),
            expected
        );
    }

    #[test]
    fn changed_characters_are_marked() {
        let text = "或?qū)I(yè)的";
        let new = Edit {
            span: 3..14,
            new: "專業".into(),
            rule: Rule::Torn,
            confidence: 1.0,
            evidence: None,
        };
        let output = drawn(
            text,
            &EditList::from_edits(vec![new]).unwrap(),
            Look {
                color: true,
                width: 80,
            },
        );
        let removed =
            "\u{1b}[31m-或\u{1b}[0m\u{1b}[7m\u{1b}[31m?qū)I(yè)\u{1b}[0m\u{1b}[31m的\u{1b}[0m";
        assert!(output.contains(removed), "{output:?}");
    }

    #[test]
    fn nothing_from_the_text_acts_on_the_terminal() {
        let text = "\u{1b}]0;title\u{7}\u{202e}\r會\r\n";
        let at = text.find('會').unwrap();
        let edit = Edit {
            span: at..at + 3,
            new: "会".into(),
            rule: Rule::Script,
            confidence: 1.0,
            evidence: None,
        };
        let output = drawn(
            text,
            &EditList::from_edits(vec![edit]).unwrap(),
            Look {
                color: false,
                width: 80,
            },
        );
        assert!(
            !output.chars().any(|c| is_active(c) && c != '\n'),
            "{output:?}"
        );
        assert!(output.contains("+\\u{1b}]0;title\\u{7}\\u{202e}\\r会\n"));
    }

    #[test]
    fn wide_characters_wrap_by_their_width() {
        let text = "一二三四五六七八九十一二三四五六\n";
        let edit = Edit {
            span: 0..3,
            new: "1".into(),
            rule: Rule::Torn,
            confidence: 1.0,
            evidence: None,
        };
        let output = drawn(
            text,
            &EditList::from_edits(vec![edit]).unwrap(),
            Look {
                color: false,
                width: 20,
            },
        );
        assert!(
            output.contains("-一二三四五六七八九\n↪十一二三四五六\n"),
            "{output}"
        );
    }
}
