//! Totals: of one input, of a run, and as one line for people.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{Position, View, Visible};
use crate::edit::Rule;

/// How many places are named in a summary; the others are only counted.
const NAMED: usize = 3;

/// A number of places, the first few by name.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// How many there are.
    pub count: usize,
    /// The first ones.
    pub first: Vec<(PathBuf, Position)>,
}

impl Places {
    fn add(&mut self, path: &Path, position: impl FnOnce() -> Position) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push((path.to_owned(), position()));
        }
    }

    fn join(&mut self, other: &Places) {
        self.count += other.count;
        let room = NAMED - self.first.len();
        self.first.extend(other.first.iter().take(room).cloned());
    }
}

/// What was found in one input.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Edits for each rule.
    pub rules: BTreeMap<Rule, usize>,
    /// Edits whose text is only the best of several candidates.
    pub guesses: Places,
    /// What looks damaged and was left.
    pub unresolved: Places,
    /// Places that are not text in the encoding of the input; their bytes are kept.
    pub undecodable: usize,
}

impl Tally {
    /// Counts in what is in a block. Costs nothing when it is clean.
    pub fn add(&mut self, view: &View<'_>) {
        for edit in view.edits {
            *self.rules.entry(edit.rule).or_default() += 1;
        }
        let mut index = None;
        let mut position = |offset| {
            index
                .get_or_insert_with(|| view.line_index())
                .locate(offset)
        };
        for edit in view.edits.iter().filter(|edit| edit.is_guess()) {
            self.guesses.add(view.path, || position(edit.span.start));
        }
        for spot in view.unresolved {
            self.unresolved.add(view.path, || position(spot.span.start));
        }
    }

    /// Counts in what is in another part of the same input, or in another input.
    pub fn join(&mut self, other: &Tally) {
        for (rule, count) in &other.rules {
            *self.rules.entry(*rule).or_default() += count;
        }
        self.guesses.join(&other.guesses);
        self.unresolved.join(&other.unresolved);
        self.undecodable += other.undecodable;
    }

    /// How many edits there are.
    pub fn edits(&self) -> usize {
        self.rules.values().sum()
    }

    /// Whether the input needs no repair.
    pub fn is_clean(&self) -> bool {
        self.rules.is_empty() && self.unresolved.count == 0
    }

    /// `8 annotation, 4 torn`.
    pub fn rule_counts(&self) -> String {
        let count = |(rule, count): (&Rule, &usize)| format!("{count} {rule}");
        self.rules.iter().map(count).collect::<Vec<_>>().join(", ")
    }
}

/// What was found in all inputs of a run.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Inputs that were read to their end.
    pub files: usize,
    /// Those of them that change: with edits, or without in another encoding or with other names of entries.
    pub changed: usize,
    /// Inputs that failed.
    pub failed: usize,
    /// The sums.
    pub tally: Tally,
    /// Whether a place that is named is in an entry of an archive.
    has_entries: bool,
}

impl Totals {
    /// Counts in one input, which is called `path`. `changed` is whether it changes also where there is no edit.
    pub fn add(&mut self, path: &Path, tally: &Tally, changed: bool) {
        let mut places = tally.guesses.first.iter().chain(&tally.unresolved.first);
        self.has_entries |= places.any(|(place, _)| place != path);
        self.files += 1;
        self.changed += usize::from(changed || tally.edits() > 0);
        self.tally.join(tally);
    }

    /// Whether anything would change or stays unresolved.
    pub fn found_any(&self) -> bool {
        !self.tally.is_clean() || self.changed > 0
    }

    /// Whether anything is not certain: guessed or unresolved.
    pub fn doubts_any(&self) -> bool {
        self.tally.guesses.count + self.tally.unresolved.count > 0
    }
}

impl fmt::Display for Totals {
    /// `42 changes (8 annotation, 4 torn, 30 script); 2 guesses at 2:5, 4:7; 1 unresolved at 9:2`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An archive is one input with texts that have paths of their own.
        let with_path = self.files + self.failed > 1 || self.has_entries;
        let tally = &self.tally;
        match tally.edits() {
            0 if self.changed > 0 => write!(
                formatter,
                "no text changed, but the encoding or names of entries in {} of {}",
                self.changed,
                Count(self.files + self.failed, "file")
            )?,
            0 if self.found_any() || self.files == 0 => write!(formatter, "nothing changed")?,
            0 => write!(formatter, "nothing to repair")?,
            edits => {
                write!(formatter, "{}", Count(edits, "change"))?;
                if self.files + self.failed > 1 {
                    write!(
                        formatter,
                        " in {} of {}",
                        self.changed,
                        Count(self.files + self.failed, "file")
                    )?;
                }
                write!(formatter, " ({})", tally.rule_counts())?;
            }
        }
        let mut write_places = |places: &Places, name: &str| match places.count {
            0 => Ok(()),
            count => {
                write!(
                    formatter,
                    "; {count} {name}{} at ",
                    if count > 1 && name == "guess" {
                        "es"
                    } else {
                        ""
                    }
                )?;
                write_first(formatter, places, with_path)
            }
        };
        write_places(&tally.guesses, "guess")?;
        write_places(&tally.unresolved, "unresolved")?;
        if self.failed > 0 {
            write!(formatter, "; {} failed", Count(self.failed, "file"))?;
        }
        Ok(())
    }
}

fn write_first(
    formatter: &mut fmt::Formatter<'_>,
    places: &Places,
    with_path: bool,
) -> fmt::Result {
    for (i, (path, position)) in places.first.iter().enumerate() {
        let separator = if i > 0 { ", " } else { "" };
        match with_path {
            true => write!(
                formatter,
                "{separator}{}:{position}",
                Visible(path.as_path())
            )?,
            false => write!(formatter, "{separator}{position}")?,
        }
    }
    if places.count > places.first.len() {
        write!(formatter, ", ...")
    } else {
        Ok(())
    }
}

/// `1 file`, `2 files`.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}{}",
            self.0,
            self.1,
            if self.0 == 1 { "" } else { "s" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn one_line_says_it_all() {
        let (text, edits, unresolved) = sample();
        let view = View {
            path: "頁.txt".as_ref(),
            text: &text,
            edits: &edits,
            unresolved: &unresolved,
            place: Default::default(),
        };
        let mut tally = Tally::default();
        tally.add(&view);
        let mut totals = Totals::default();
        assert_eq!(totals.to_string(), "nothing changed");
        totals.add("頁.txt".as_ref(), &tally, true);
        assert_eq!(
            totals.to_string(),
            "2 changes (1 annotation, 1 torn); 1 guess at 2:4; 1 unresolved at 2:1"
        );
        totals.add("頁.txt".as_ref(), &tally, true);
        totals.failed = 1;
        assert_eq!(
            totals.to_string(),
            "4 changes in 2 of 3 files (2 annotation, 2 torn); 2 guesses at 頁.txt:2:4, 頁.txt:2:4; \
             2 unresolved at 頁.txt:2:1, 頁.txt:2:1; 1 file failed"
        );
        // An archive with one text: its place is in the entry.
        let mut totals = Totals::default();
        totals.add("書.zip".as_ref(), &tally, true);
        assert_eq!(
            totals.to_string(),
            "2 changes (1 annotation, 1 torn); 1 guess at 頁.txt:2:4; 1 unresolved at 頁.txt:2:1"
        );
        let mut totals = Totals::default();
        totals.add("頁.txt".as_ref(), &Tally::default(), false);
        assert!(!totals.found_any());
        totals.add("頁.txt".as_ref(), &Tally::default(), true);
        assert!(totals.found_any());
        assert_eq!(
            totals.to_string(),
            "no text changed, but the encoding or names of entries in 1 of 2 files"
        );
    }
}
