//! The changed lines of a text, found from its edits in linear time.

use std::ops::Range;

use memchr::memchr_iter;

use crate::edit::{Bias, EditList};

/// How many unchanged lines surround a change in a diff.
pub const CONTEXT: usize = 3;

/// Where the lines of a text begin. Only `\n` ends a line, as for `diff` and `git`.
#[derive(Clone, Debug)]
pub struct Lines<'t> {
    bytes: &'t [u8],
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text, or of its bytes in an encoding in which 0A is always a line end.
    pub fn new(bytes: &'t [u8]) -> Self {
        let mut starts: Vec<usize> = vec![0];
        starts.extend(memchr_iter(b'\n', bytes).map(|at| at + 1));
        if starts.last() == Some(&bytes.len()) {
            starts.pop();
        }
        Lines { bytes, starts }
    }

    /// How many lines; the last one need not end.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The bytes of some lines, with their line ends.
    pub fn span(&self, lines: Range<usize>) -> Range<usize> {
        let start = |line: usize| self.starts.get(line).copied().unwrap_or(self.bytes.len());
        start(lines.start)..start(lines.end)
    }

    /// One line with its line end.
    pub fn line(&self, line: usize) -> &'t [u8] {
        &self.bytes[self.span(line..line + 1)]
    }

    /// The line that holds a byte; the end of the text belongs to the last line unless that has ended.
    fn of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).max(1) - 1
    }

    /// The line behind the one that an edit up to `offset` touches.
    fn behind(&self, offset: usize) -> usize {
        if offset == self.bytes.len() {
            self.len()
        } else {
            self.of(offset) + 1
        }
    }
}

/// Lines that become other lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Lines of the old text, from 0.
    pub old: Range<usize>,
    /// Lines of the new text.
    pub new: Range<usize>,
}

/// Changes that are near each other, with their context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// All lines of the old text that are shown.
    pub old: Range<usize>,
    /// All lines of the new text that are shown.
    pub new: Range<usize>,
    /// The changed ones among them.
    pub changes: Vec<Change>,
}

/// The hunks of `edits`, which turn the text of `old` into the text of `new`.
pub fn hunks(old: &Lines<'_>, new: &Lines<'_>, edits: &EditList) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for change in changes(old, new, edits) {
        let near = |hunk: &Hunk| change.old.start.saturating_sub(CONTEXT) <= hunk.old.end;
        match hunks.last_mut() {
            Some(hunk) if near(hunk) => {
                hunk.old.end = (change.old.end + CONTEXT).min(old.len());
                hunk.new.end = (change.new.end + CONTEXT).min(new.len());
                hunk.changes.push(change);
            }
            _ => {
                let before = CONTEXT.min(change.old.start).min(change.new.start);
                hunks.push(Hunk {
                    old: change.old.start - before..(change.old.end + CONTEXT).min(old.len()),
                    new: change.new.start - before..(change.new.end + CONTEXT).min(new.len()),
                    changes: vec![change],
                });
            }
        }
    }
    hunks
}

/// The changed lines in text order; changes that meet are kept apart, so that a line stands by its successor.
fn changes(old: &Lines<'_>, new: &Lines<'_>, edits: &EditList) -> Vec<Change> {
    let map = edits.offset_map();
    let mut changes: Vec<Change> = Vec::new();
    for edit in edits {
        let written = map.map(edit.span.start, Bias::Start)..map.map(edit.span.end, Bias::End);
        let change = Change {
            old: old.of(edit.span.start).min(old.len())..old.behind(edit.span.end),
            new: new.of(written.start).min(new.len())..new.behind(written.end),
        };
        match changes.last_mut() {
            Some(last) if change.old.start < last.old.end || change.new.start < last.new.end => {
                last.old.end = last.old.end.max(change.old.end);
                last.new.end = last.new.end.max(change.new.end);
            }
            _ => changes.push(change),
        }
    }
    changes.iter_mut().for_each(|change| trim(change, old, new));
    changes.retain(|change| !(change.old.is_empty() && change.new.is_empty()));
    changes
}

/// Takes lines that are the same on both sides off both ends.
fn trim(change: &mut Change, old: &Lines<'_>, new: &Lines<'_>) {
    let both = |change: &Change| !change.old.is_empty() && !change.new.is_empty();
    while both(change) && old.line(change.old.start) == new.line(change.new.start) {
        change.old.start += 1;
        change.new.start += 1;
    }
    while both(change) && old.line(change.old.end - 1) == new.line(change.new.end - 1) {
        change.old.end -= 1;
        change.new.end -= 1;
    }
}
