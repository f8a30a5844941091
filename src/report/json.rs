//! JSON lines for programs: `begin`, `edit`, `unresolved`, `end` for every input, `summary` at the end.
//!
//! A stream without `summary` is incomplete. Characters that could act on a terminal are escaped,
//! which a JSON reader does not notice.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::{Serialize, Serializer};

use super::escape::is_active;
use super::summary::{Tally, Totals};
use super::{LineIndex, View};
use crate::edit::{Candidate, EditRecord, Rule};
use crate::pipeline::Unresolved;

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
pub const SCHEMA: u32 = 1;

/// A line that is not an edit.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    Begin {
        schema: u32,
        path: JsonPath<'l>,
        encoding: &'l str,
        bom: bool,
    },
    Unresolved {
        start: usize,
        end: usize,
        line: usize,
        column: usize,
        old: &'l str,
        rule: Rule,
        confidence: f32,
        reason: &'l str,
        candidates: &'l [Candidate],
    },
    End {
        path: JsonPath<'l>,
        edits: usize,
        guesses: usize,
        unresolved: usize,
        undecodable: usize,
        rules: &'l BTreeMap<Rule, usize>,
    },
    Error {
        path: JsonPath<'l>,
        message: &'l str,
    },
    Summary {
        schema: u32,
        files: usize,
        changed: usize,
        failed: usize,
        edits: usize,
        guesses: usize,
        unresolved: usize,
        undecodable: usize,
        rules: &'l BTreeMap<Rule, usize>,
    },
}

/// Writes the lines of a run.
#[derive(Debug)]
pub struct JsonLines<W> {
    output: W,
}

impl<W: Write> JsonLines<W> {
    /// Lines that go to `output`; it should be buffered.
    pub fn new(output: W) -> Self {
        JsonLines { output }
    }

    /// Says which input follows.
    pub fn begin(&mut self, path: &Path, encoding: &str, bom: bool) -> io::Result<()> {
        self.line(&Line::Begin {
            schema: SCHEMA,
            path: JsonPath(path),
            encoding,
            bom,
        })
    }

    /// Writes the edits and the unresolved spots of a block, in text order.
    pub fn view(&mut self, view: &View<'_>) -> io::Result<()> {
        if view.is_clean() {
            return Ok(());
        }
        let index = view.line_index();
        let mut unresolved = view.unresolved.iter().peekable();
        for edit in view.edits {
            while let Some(spot) = unresolved.next_if(|spot| spot.span.start < edit.span.start) {
                self.unresolved(spot, view, &index)?;
            }
            let position = index.locate(edit.span.start);
            let old = &view.text[edit.span.clone()];
            let mut record = EditRecord::new(edit, old, position.line, position.column);
            record.start += view.place.offset;
            record.end += view.place.offset;
            self.line(&record)?;
        }
        unresolved.try_for_each(|spot| self.unresolved(spot, view, &index))
    }

    fn unresolved(
        &mut self,
        spot: &Unresolved,
        view: &View<'_>,
        index: &LineIndex<'_>,
    ) -> io::Result<()> {
        let position = index.locate(spot.span.start);
        self.line(&Line::Unresolved {
            start: spot.span.start + view.place.offset,
            end: spot.span.end + view.place.offset,
            line: position.line,
            column: position.column,
            old: &view.text[spot.span.clone()],
            rule: spot.rule,
            confidence: spot.confidence,
            reason: &spot.reason,
            candidates: &spot.candidates,
        })
    }

    /// Closes an input.
    pub fn end(&mut self, path: &Path, tally: &Tally) -> io::Result<()> {
        self.line(&Line::End {
            path: JsonPath(path),
            edits: tally.edits(),
            guesses: tally.guesses.count,
            unresolved: tally.unresolved.count,
            undecodable: tally.undecodable,
            rules: &tally.rules,
        })
    }

    /// Says that an input could not be read to its end.
    pub fn error(&mut self, path: &Path, message: &str) -> io::Result<()> {
        self.line(&Line::Error {
            path: JsonPath(path),
            message,
        })
    }

    /// Closes the run.
    pub fn summary(&mut self, totals: &Totals) -> io::Result<()> {
        let tally = &totals.tally;
        self.line(&Line::Summary {
            schema: SCHEMA,
            files: totals.files,
            changed: totals.changed,
            failed: totals.failed,
            edits: tally.edits(),
            guesses: tally.guesses.count,
            unresolved: tally.unresolved.count,
            undecodable: tally.undecodable,
            rules: &tally.rules,
        })?;
        self.output.flush()
    }

    /// The writer, to put whole lines into.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// The writer, for what is to be done when all lines are written.
    pub fn into_inner(self) -> W {
        self.output
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        write_quiet(&mut self.output, value)?;
        self.output.write_all(b"\n")
    }
}

/// Writes a value as JSON in which no character can act on a terminal.
pub(super) fn write_quiet(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(output, Quiet))?;
    Ok(())
}

/// Compact JSON in which no character can act on a terminal.
struct Quiet;

impl serde_json::ser::Formatter for Quiet {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        output: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_active(c)) {
            output.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(output, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        output.write_all(rest.as_bytes())
    }
}

/// A path: a string, or `{"bytes": base64}` when it is not Unicode.
#[derive(Clone, Copy, Debug)]
pub struct JsonPath<'p>(pub &'p Path);

impl Serialize for JsonPath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(path) => serializer.serialize_str(path),
            None => {
                serializer.collect_map([("bytes", base64(self.0.as_os_str().as_encoded_bytes()))])
            }
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let triple = chunk
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(triple >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn every_line_is_json_and_reads_back() {
        let (text, edits, unresolved) = sample();
        let place = crate::stream::Place {
            offset: 100,
            lines: 10,
            columns: 0,
        };
        let view = View {
            path: "p".as_ref(),
            text: &text,
            edits: &edits,
            unresolved: &unresolved,
            place,
        };
        let mut totals = Totals::default();
        let mut tally = Tally::default();
        tally.add(&view);
        totals.add(view.path, &tally, true);
        let mut lines = JsonLines::new(Vec::new());
        lines.begin(view.path, "UTF-8", false).unwrap();
        lines.view(&view).unwrap();
        lines.end(view.path, &tally).unwrap();
        lines.error(Path::new("q"), "no such file").unwrap();
        lines.summary(&totals).unwrap();
        let output = String::from_utf8(lines.into_inner()).unwrap();
        let values: Vec<serde_json::Value> = output
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let types: Vec<&str> = values
            .iter()
            .map(|value| value["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            types,
            [
                "begin",
                "edit",
                "unresolved",
                "edit",
                "end",
                "error",
                "summary"
            ]
        );
        assert_eq!(values[1]["line"], 11);
        assert_eq!(values[1]["start"], 103);
        assert_eq!(values[3]["guess"], true);
        assert_eq!(values[4]["rules"]["torn"], 1);
        assert_eq!(values[6]["unresolved"], 1);
    }

    #[test]
    fn active_characters_are_escaped() {
        let mut lines = JsonLines::new(Vec::new());
        lines
            .error(Path::new("p"), "\u{1b}[2J\u{202e}\u{e0041}\"會")
            .unwrap();
        let output = String::from_utf8(lines.into_inner()).unwrap();
        assert_eq!(
            output,
            "{\"type\":\"error\",\"path\":\"p\",\"message\":\"\\u001b[2J\\u202e\\udb40\\udc41\\\"會\"}\n"
        );
        let value: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!(value["message"], "\u{1b}[2J\u{202e}\u{e0041}\"會");
    }

    #[test]
    fn base64_has_the_right_padding() {
        let encoded = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}
