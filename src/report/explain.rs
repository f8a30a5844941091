//! How each repair was found, for reading.

use std::io::{self, Write};
use std::ops::Range;

use super::{LineIndex, Position, View, Visible};
use crate::damage::page::{Page, PageScript};
use crate::edit::{Candidate, Edit, Evidence};
use crate::pipeline::Unresolved;

/// How many characters are shown on both sides of a spot.
const AROUND: usize = 10;

/// Rivals beyond these are only counted.
const RIVALS: usize = 8;

/// Annotated characters beyond these are only counted.
const ANNOTATED: usize = 40;

/// Writes what was read off the page as a whole.
pub fn write_page(output: &mut impl Write, view: &View<'_>, page: &Page) -> io::Result<()> {
    let damaged = if page.is_damaged() {
        "damaged"
    } else {
        "no damage that is typical of a whole page"
    };
    writeln!(output, "page {}: {damaged}", Visible(view.path))?;
    if page.is_damaged() {
        match page.script() {
            PageScript::Traditional => {
                writeln!(
                    output,
                    "  the original was Simplified, converted to Traditional before the damage"
                )?;
            }
            PageScript::Simplified => {
                writeln!(output, "  the original was Simplified and stayed so")?
            }
            _ => {}
        }
    }
    let annotated: Vec<String> = page
        .annotated()
        .map(|(c, seen)| format!("{}({})", Visible(&*c.to_string()), Visible(&*seen.spelling)))
        .collect();
    if !annotated.is_empty() {
        let (shown, more) = annotated.split_at(annotated.len().min(ANNOTATED));
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(" and {} more", more.len())
        };
        writeln!(output, "  annotated here: {}{more}", shown.join(" "))?;
        writeln!(
            output,
            "  probability that these annotations are damage: {:.3}",
            page.confidence()
        )?;
    }
    if !view.edits.is_empty() {
        let counts: Vec<String> = view
            .edits
            .counts()
            .iter()
            .map(|(rule, count)| format!("{count} {rule}"))
            .collect();
        writeln!(output, "  repaired: {}", counts.join(", "))?;
    }
    writeln!(output)
}

/// Writes every edit and every unresolved spot of a text; `number` counts on from view to view.
pub fn write(output: &mut impl Write, view: &View<'_>, number: &mut usize) -> io::Result<()> {
    if view.is_clean() {
        return Ok(());
    }
    let index = view.line_index();
    let mut unresolved = view.unresolved.iter().peekable();
    for edit in view.edits {
        while let Some(spot) = unresolved.next_if(|spot| spot.span.start < edit.span.start) {
            write_unresolved(output, view, &index, spot, number)?;
        }
        write_edit(output, view, &index, edit, number)?;
    }
    unresolved.try_for_each(|spot| write_unresolved(output, view, &index, spot, number))
}

fn write_edit(
    output: &mut impl Write,
    view: &View<'_>,
    index: &LineIndex<'_>,
    edit: &Edit,
    number: &mut usize,
) -> io::Result<()> {
    *number += 1;
    let position = index.locate(edit.span.start);
    let Some(evidence) = &edit.evidence else {
        return write_plain(output, view, position, edit, *number);
    };
    let guess = if edit.is_guess() { ", a guess" } else { "" };
    writeln!(
        output,
        "{number}. {}:{position} {}{guess}",
        Visible(view.path),
        edit.rule
    )?;
    let old = Visible(&view.text[edit.span.clone()]);
    match edit.new.as_str() {
        "" => writeln!(output, "   `{old}` is taken out")?,
        new => writeln!(output, "   `{old}` -> `{}`", Visible(new))?,
    }
    writeln!(output, "   in          {}", context(view.text, &edit.span))?;
    writeln!(
        output,
        "   confidence  {:.3} that this spot is damaged",
        edit.confidence
    )?;
    write_evidence(output, evidence)
}

/// An edit whose rule says it all, on one line.
fn write_plain(
    output: &mut impl Write,
    view: &View<'_>,
    position: Position,
    edit: &Edit,
    number: usize,
) -> io::Result<()> {
    let (path, rule, context) = (
        Visible(view.path),
        edit.rule,
        context(view.text, &edit.span),
    );
    match edit.new.as_str() {
        "" => writeln!(
            output,
            "{number}. {path}:{position} {rule}: taken out of {context}"
        ),
        new => writeln!(
            output,
            "{number}. {path}:{position} {rule}: `{}` in {context}",
            Visible(new)
        ),
    }
}

fn write_evidence(output: &mut impl Write, evidence: &Evidence) -> io::Result<()> {
    if !evidence.bytes.is_empty() {
        let lost = if evidence.lost_bytes() {
            "  (in parentheses: gone, and filled in)"
        } else {
            ""
        };
        writeln!(output, "   bytes       {}{lost}", Visible(&*evidence.bytes))?;
    }
    writeln!(
        output,
        "   gain        {:.1} nats better than leaving it",
        evidence.gain
    )?;
    let replay = match evidence.replay {
        true => "yes: the damage done again to the new text gives the page",
        false => "no: the damage done again to the new text gives something else",
    };
    writeln!(output, "   replay      {replay}")?;
    if evidence.lost_bytes() {
        writeln!(
            output,
            "   filling     {:.3} that the new text is the right one",
            evidence.fill
        )?;
        write_candidates(output, &evidence.candidates)?;
    }
    if !evidence.note.is_empty() {
        writeln!(output, "   note        {}", Visible(&*evidence.note))?;
    }
    Ok(())
}

fn write_candidates(output: &mut impl Write, candidates: &[Candidate]) -> io::Result<()> {
    for candidate in candidates.iter().take(RIVALS) {
        let text = Visible(&*candidate.text);
        let (probability, behind) = (candidate.probability, candidate.behind);
        writeln!(
            output,
            "     {probability:.3}  `{text}`  {behind:.1} nats behind"
        )?;
    }
    match candidates.len().saturating_sub(RIVALS) {
        0 => Ok(()),
        more => writeln!(output, "     and {more} more"),
    }
}

fn write_unresolved(
    output: &mut impl Write,
    view: &View<'_>,
    index: &LineIndex<'_>,
    spot: &Unresolved,
    number: &mut usize,
) -> io::Result<()> {
    *number += 1;
    let position = index.locate(spot.span.start);
    writeln!(
        output,
        "{number}. {}:{position} {}, unresolved",
        Visible(view.path),
        spot.rule
    )?;
    writeln!(
        output,
        "   `{}` is left as it is: {}",
        Visible(&view.text[spot.span.clone()]),
        Visible(&*spot.reason)
    )?;
    writeln!(output, "   in          {}", context(view.text, &spot.span))?;
    writeln!(
        output,
        "   confidence  {:.3} that this spot is damaged",
        spot.confidence
    )?;
    write_candidates(output, &spot.candidates)
}

/// The spot in brackets between the characters around it, on its line.
fn context(text: &str, span: &Range<usize>) -> String {
    let before = &text[..span.start];
    let start = before
        .char_indices()
        .rev()
        .take(AROUND)
        .take_while(|&(_, c)| c != '\n')
        .last();
    let after = &text[span.end..];
    let end = after
        .char_indices()
        .take(AROUND)
        .take_while(|&(_, c)| c != '\n')
        .last();
    format!(
        "{}[{}]{}",
        Visible(&before[start.map_or(before.len(), |(at, _)| at)..]),
        Visible(&text[span.clone()]),
        Visible(&after[..end.map_or(0, |(at, c)| at + c.len_utf8())])
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;
    use crate::lm::Model;

    #[test]
    fn everything_known_is_said() {
        let (text, edits, unresolved) = sample();
        let view = View {
            path: "p".as_ref(),
            text: &text,
            edits: &edits,
            unresolved: &unresolved,
            place: Default::default(),
        };
        let mut output = Vec::new();
        write(&mut output, &view, &mut 0).unwrap();
        let expected = "\
1. p:1:2 annotation: `会` in 社[會(huì )]工作
2. p:2:1 lost-character, unresolved
   `?` is left as it is: two readings are as likely
   in          [?]城市規??焖展
   confidence  0.700 that this spot is damaged
     0.500  `·`  0.0 nats behind
3. p:2:4 torn, a guess
   `規??焖` -> `规模快`
   in          ?城市[規??焖]展
   confidence  0.980 that this spot is damaged
   bytes       (C4) A3 BF EC  (in parentheses: gone, and filled in)
   gain        14.2 nats better than leaving it
   replay      yes: the damage done again to the new text gives the page
   filling     0.600 that the new text is the right one
     0.600  `规模快`  0.0 nats behind
     0.400  `规摸快`  0.4 nats behind
   note        trail byte 55 closes the run
";
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }

    #[test]
    fn the_page_as_a_whole_is_described() {
        let (text, edits, _) = sample();
        let mut page = Page::default();
        page.learn(&text, Model::embedded());
        let view = View {
            path: "p".as_ref(),
            text: &text,
            edits: &edits,
            unresolved: &[],
            place: Default::default(),
        };
        let mut output = Vec::new();
        write_page(&mut output, &view, &page).unwrap();
        let output = String::from_utf8(output).unwrap();
        assert!(output.contains("annotated here: 會(huì )\n"), "{output}");
        assert!(
            output.ends_with("repaired: 1 annotation, 1 torn\n\n"),
            "{output}"
        );
    }
}
