//! The report of a long run: a line for each file, and lines for edits with what stands around them.
//!
//! All edits, or a sample of so many for each rule: the ones with the smallest hash of path and place, so that the
//! sample is the same whatever the number of threads, and no edit is likelier than another.

use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::View;
use super::json::{JsonPath, write_quiet};
use super::summary::{Tally, Totals};
use crate::edit::Rule;

/// So many characters on each side of an edit are shown.
const CONTEXT: usize = 20;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// It was changed, or would be.
    Changed,
    /// It needs nothing.
    Clean,
    /// It was not read: no text, or nothing that can be changed.
    Skipped,
    /// It failed.
    Failed,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    File {
        path: JsonPath<'l>,
        status: Status,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'l str>,
        edits: usize,
        guesses: usize,
        unresolved: usize,
        undecodable: usize,
        rules: &'l BTreeMap<Rule, usize>,
    },
    Edit {
        path: JsonPath<'l>,
        line: usize,
        column: usize,
        rule: Rule,
        before: &'l str,
        old: &'l str,
        new: &'l str,
        after: &'l str,
        confidence: f32,
        guess: bool,
    },
    Summary {
        files: usize,
        changed: usize,
        failed: usize,
        skipped: usize,
        edits: usize,
        rules: &'l BTreeMap<Rule, usize>,
    },
}

/// Edits of one input for the report.
#[derive(Debug, Default)]
pub struct Edits {
    /// Lines, each with the hash that decides whether it is in a sample.
    lines: Vec<(Rule, u64, Vec<u8>)>,
}

impl Edits {
    /// Takes in the edits of a block. With `sample`, no more than so many for each rule are kept.
    pub fn add(&mut self, view: &View<'_>, sample: Option<usize>) -> io::Result<()> {
        if view.edits.is_empty() {
            return Ok(());
        }
        let index = view.line_index();
        let mut heaps: BTreeMap<Rule, BinaryHeap<(u64, usize)>> = BTreeMap::new();
        for (number, edit) in view.edits.iter().enumerate() {
            let hash = place_hash(view.path, view.place.offset + edit.span.start);
            let heap = heaps.entry(edit.rule).or_default();
            heap.push((hash, number));
            if sample.is_some_and(|sample| heap.len() > sample) {
                heap.pop();
            }
        }
        let mut chosen: Vec<(usize, u64)> = heaps
            .into_values()
            .flatten()
            .map(|(hash, number)| (number, hash))
            .collect();
        chosen.sort_unstable();
        for (number, hash) in chosen {
            let edit = &view.edits.as_slice()[number];
            let position = index.locate(edit.span.start);
            let line = Line::Edit {
                path: JsonPath(view.path),
                line: position.line,
                column: position.column,
                rule: edit.rule,
                before: last_characters(&view.text[..edit.span.start]),
                old: &view.text[edit.span.clone()],
                new: &edit.new,
                after: first_characters(&view.text[edit.span.end..]),
                confidence: edit.confidence,
                guess: edit.is_guess(),
            };
            let mut text = Vec::new();
            write_quiet(&mut text, &line)?;
            self.lines.push((edit.rule, hash, text));
        }
        Ok(())
    }
}

fn place_hash(path: &Path, offset: usize) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (path.as_os_str().as_encoded_bytes(), offset).hash(&mut hasher);
    hasher.finish()
}

fn last_characters(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take(CONTEXT)
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

fn first_characters(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(CONTEXT)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Writes the report of a run.
#[derive(Debug)]
pub struct Report<W> {
    output: W,
    sample: Option<usize>,
    /// The sample so far, the largest hash of each rule on top.
    chosen: BTreeMap<Rule, BinaryHeap<(u64, Vec<u8>)>>,
}

impl<W: Write> Report<W> {
    /// A report with all edits, or with a sample of so many for each rule.
    pub fn new(output: W, sample: Option<usize>) -> Self {
        Report {
            output,
            sample,
            chosen: BTreeMap::new(),
        }
    }

    /// How many edits of each rule are wanted.
    pub fn sample(&self) -> Option<usize> {
        self.sample
    }

    /// Writes the line of a file and, unless there is a sample, those of its edits.
    pub fn file(
        &mut self,
        path: &Path,
        status: Status,
        message: Option<&str>,
        tally: &Tally,
        edits: Edits,
    ) -> io::Result<()> {
        let line = Line::File {
            path: JsonPath(path),
            status,
            message,
            edits: tally.edits(),
            guesses: tally.guesses.count,
            unresolved: tally.unresolved.count,
            undecodable: tally.undecodable,
            rules: &tally.rules,
        };
        write_quiet(&mut self.output, &line)?;
        self.output.write_all(b"\n")?;
        for (rule, hash, text) in edits.lines {
            match self.sample {
                None => {
                    self.output.write_all(&text)?;
                    self.output.write_all(b"\n")?;
                }
                Some(sample) => {
                    let heap = self.chosen.entry(rule).or_default();
                    heap.push((hash, text));
                    if heap.len() > sample {
                        heap.pop();
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the sample and the totals, and gives the writer back.
    pub fn finish(mut self, totals: &Totals, skipped: usize) -> io::Result<W> {
        for heap in std::mem::take(&mut self.chosen).into_values() {
            for (_, text) in heap.into_sorted_vec() {
                self.output.write_all(&text)?;
                self.output.write_all(b"\n")?;
            }
        }
        let line = Line::Summary {
            files: totals.files,
            changed: totals.changed,
            failed: totals.failed,
            skipped,
            edits: totals.tally.edits(),
            rules: &totals.tally.rules,
        };
        write_quiet(&mut self.output, &line)?;
        self.output.write_all(b"\n")?;
        self.output.flush()?;
        Ok(self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    fn report(files: &[&str], wanted: Option<usize>) -> Vec<serde_json::Value> {
        let (text, list, unresolved) = sample();
        let mut report = Report::new(Vec::new(), wanted);
        let mut totals = Totals::default();
        for path in files {
            let view = View {
                path: path.as_ref(),
                text: &text,
                edits: &list,
                unresolved: &unresolved,
                place: Default::default(),
            };
            let (mut tally, mut edits) = (Tally::default(), Edits::default());
            tally.add(&view);
            edits.add(&view, report.sample()).unwrap();
            totals.add(view.path, &tally, true);
            report
                .file(path.as_ref(), Status::Changed, None, &tally, edits)
                .unwrap();
        }
        let output = report.finish(&totals, 0).unwrap();
        let lines = String::from_utf8(output).unwrap();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn every_edit_stands_with_its_surroundings() {
        let lines = report(&["a", "b"], None);
        let kinds: Vec<&str> = lines
            .iter()
            .map(|line| line["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            ["file", "edit", "edit", "file", "edit", "edit", "summary"]
        );
        assert_eq!(lines[1]["before"], "社");
        assert_eq!(lines[1]["after"], "工作\n?城市規??焖展");
        assert_eq!(lines[6]["edits"], 4);
    }

    #[test]
    fn a_sample_does_not_depend_on_the_order() {
        let names: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        let edits = |names: &[&str]| -> Vec<String> {
            let lines = report(names, Some(3));
            lines
                .iter()
                .filter(|line| line["type"] == "edit")
                .map(ToString::to_string)
                .collect()
        };
        let sampled = edits(&names);
        assert_eq!(sampled.len(), 2 * 3, "three for each of two rules");
        names.reverse();
        assert_eq!(edits(&names), sampled);
    }
}
