//! What a model is made from: how often 1, 2 or 3 symbols stood together.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::symbol::{Symbol, Token, is_digit, is_letter, token};

/// How much an occurrence weighs, in hundredths, by the column of the count tables.
///
/// The pages that need repair are modern prose of all subjects, but more than half of the tables is
/// statutes and classics, and the encyclopaedia, nearest to it, is only 2 %. Lost lead bytes found again, in
/// percent, on held-out law / Python manual / encyclopaedia (Simplified) / novels / classics, at 4.0 MB,
/// with the words of the dictionary, at every second of up to 20,000 positions of a file:
///
/// * all 100: 97.1 / 92.7 / 78.4 / 73.1 / 63.8
/// * classical and law 40: 96.8 / 93.6 / 80.3 / 74.2 / 61.3
/// * these: 96.6 / 93.9 / 81.8 / 75.4 / 60.5
/// * wiki 2000 too: 96.2 / 93.6 / 82.2 / 74.4 / 59.4
const WEIGHTS: [(&str, u64); 7] = [
    ("news", 100),
    ("social", 50),
    ("tech_open", 150),
    ("wiki", 900),
    ("lit_pd", 180),
    ("classical", 45),
    ("law", 40),
];
/// The weight of a column that is not in the list, and of a user's own text.
const OTHER_WEIGHT: u64 = 100;

/// Bigrams of a user's text seen less often are left out, as in the count tables: they cost most of
/// the memory and hardly any survives pruning.
const MIN_BIGRAM: u32 = 2;
/// The same for trigrams.
const MIN_TRIGRAM: u32 = 3;

/// Why counts could not be had. A message tells its cause, which is no source beside it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CountsError {
    /// A file or folder could not be read.
    #[error("{path}: cannot read: {error}", path = .path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The folder lacks one of the three kinds of table.
    #[error(
        "{dir} has no {kind}*.tsv or {kind}*.tsv.zst; --counts wants a folder with unigram, bigram \
         and trigram tables, for a folder of text use --corpus",
        dir = .dir.display()
    )]
    NoTable {
        /// The folder.
        dir: PathBuf,
        /// `unigram`, `bigram` or `trigram`.
        kind: &'static str,
    },
    /// A line of a table is not an n-gram and its counts.
    #[error("{path}:{line}: not an n-gram of {order} symbols and its counts, separated by tabs", path = .path.display())]
    Line {
        /// The table.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// 1, 2 or 3.
        order: usize,
    },
    /// A line of a word list is not a word and its count.
    #[error("{path}:{line}: not a word and its count, separated by a tab", path = .path.display())]
    Word {
        /// The list.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A text is not UTF-8.
    #[error("{path} is not UTF-8; convert it first (`hanfix fix --to keep --to-encoding utf-8`) or take it out", path = .path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// There was nothing to count.
    #[error("{dir} has no text to count; --corpus wants a folder of UTF-8 text files, plain or .zst", dir = .dir.display())]
    NoText {
        /// The folder.
        dir: PathBuf,
    },
}

/// A count: as seen, and weighted (in hundredths).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) seen: u32,
    pub(crate) weighted: u64,
}

impl Count {
    pub(super) fn add(&mut self, other: Count) {
        self.seen = self.seen.saturating_add(other.seen);
        self.weighted = self.weighted.saturating_add(other.weighted);
    }
}

/// How often symbols stood together, each n-gram once, in ascending order.
///
/// Keys hold 16 bits per symbol, the last symbol lowest.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub(crate) unigrams: Vec<(u64, Count)>,
    pub(crate) bigrams: Vec<(u64, Count)>,
    pub(crate) trigrams: Vec<(u64, Count)>,
}

impl Counts {
    /// Reads the tables of a folder: files whose names begin with `unigram`, `bigram` and `trigram`
    /// and end in `.tsv` or `.tsv.zst`. A line is an n-gram, a tab, and one number per group; the
    /// first line names the groups, which have different weights. `fold` gives the Simplified form
    /// of a character.
    ///
    /// # Errors
    ///
    /// If a kind of table is missing, cannot be read, or has a line that is no n-gram.
    pub fn read_tables(dir: &Path, fold: &dyn Fn(char) -> char) -> Result<Counts, CountsError> {
        let files = files_below(dir, false)?;
        let table = |kind: &'static str, order: usize| -> Result<Vec<(u64, Count)>, CountsError> {
            let mut entries = Vec::new();
            let mut found = false;
            for path in &files {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with(kind) && (name.ends_with(".tsv") || name.ends_with(".tsv.zst"))
                {
                    read_table(path, order, fold, &mut entries)?;
                    found = true;
                }
            }
            if !found {
                return Err(CountsError::NoTable {
                    dir: dir.to_owned(),
                    kind,
                });
            }
            Ok(merge(entries))
        };
        Ok(Counts {
            unigrams: table("unigram", 1)?,
            bigrams: table("bigram", 2)?,
            trigrams: table("trigram", 3)?,
        })
    }

    /// Counts the text files of a folder and the folders in it: UTF-8, plain or `.zst`; names that
    /// begin with a dot are left out. Like the count tables: no n-gram goes over a line end, white space
    /// and empty lines are dropped, bigrams seen once and trigrams seen once or twice too.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or is not UTF-8, or there is no text at all.
    pub fn of_text(dir: &Path, fold: &dyn Fn(char) -> char) -> Result<Counts, CountsError> {
        let mut counter = Counter::default();
        for path in files_below(dir, true)? {
            for line in read_text(&path)?.lines() {
                counter.line(line, fold);
            }
        }
        if counter.unigrams.is_empty() {
            return Err(CountsError::NoText {
                dir: dir.to_owned(),
            });
        }
        Ok(counter.finish())
    }
}

/// Counts lines of text.
#[derive(Default)]
struct Counter {
    unigrams: HashMap<u64, u32>,
    bigrams: HashMap<u64, u32>,
    trigrams: HashMap<u64, u32>,
    tokens: Vec<Token>,
}

impl Counter {
    fn line(&mut self, line: &str, fold: &dyn Fn(char) -> char) {
        self.tokens.clear();
        self.tokens.push(Symbol::EDGE.0);
        for c in line.chars().filter(|c| !c.is_whitespace()) {
            let last = self.tokens.last().copied();
            if (is_letter(c) && last == Some(Symbol::WORD.0))
                || (is_digit(c) && last == Some(Symbol::NUMBER.0))
            {
                continue;
            }
            self.tokens.push(token(c, fold));
        }
        if self.tokens.len() == 1 {
            return;
        }
        self.tokens.push(Symbol::EDGE.0);
        let unknown = |tokens: &[Token]| tokens.contains(&Symbol::UNKNOWN.0);
        for token in &self.tokens[1..] {
            *self.unigrams.entry(u64::from(*token)).or_default() += 1;
        }
        for pair in self.tokens.windows(2).filter(|pair| !unknown(pair)) {
            *self.bigrams.entry(key(pair)).or_default() += 1;
        }
        for triple in self.tokens.windows(3).filter(|triple| !unknown(triple)) {
            *self.trigrams.entry(key(triple)).or_default() += 1;
        }
    }

    fn finish(self) -> Counts {
        let sorted = |map: HashMap<u64, u32>, least: u32| {
            let entries = map.into_iter().filter(|&(_, seen)| seen >= least);
            let count = |seen| Count {
                seen,
                weighted: u64::from(seen) * OTHER_WEIGHT,
            };
            merge(entries.map(|(key, seen)| (key, count(seen))).collect())
        };
        Counts {
            unigrams: sorted(self.unigrams, 1),
            bigrams: sorted(self.bigrams, MIN_BIGRAM),
            trigrams: sorted(self.trigrams, MIN_TRIGRAM),
        }
    }
}

/// The key of an n-gram.
pub(super) fn key(tokens: &[Token]) -> u64 {
    tokens
        .iter()
        .fold(0, |key, &token| key << 16 | u64::from(token))
}

/// Sorts, and adds up what folding made equal.
pub(super) fn merge(mut entries: Vec<(u64, Count)>) -> Vec<(u64, Count)> {
    entries.sort_unstable_by_key(|&(key, _)| key);
    entries.dedup_by(|(key, count), (kept_key, kept)| {
        let same = key == kept_key;
        if same {
            kept.add(*count);
        }
        same
    });
    entries
}

/// Reads one table. N-grams with an unknown character or with a `^` that is no line edge are left out.
fn read_table(
    path: &Path,
    order: usize,
    fold: &dyn Fn(char) -> char,
    entries: &mut Vec<(u64, Count)>,
) -> Result<(), CountsError> {
    let failed = |error| CountsError::Read {
        path: path.to_owned(),
        error,
    };
    let mut reader = BufReader::with_capacity(1 << 18, open(path)?);
    let mut weights: Vec<u64> = Vec::new();
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        if reader.read_line(&mut text).map_err(failed)? == 0 {
            break;
        }
        let mut columns = text.trim_end_matches(['\r', '\n']).split('\t');
        let gram = columns.next().unwrap_or_default();
        if line == 1 {
            weights = columns.map(weight).collect();
            continue;
        }
        let wrong = || CountsError::Line {
            path: path.to_owned(),
            line,
            order,
        };
        let tokens = tokens(gram, fold, order).ok_or_else(wrong)?;
        let mut count = Count::default();
        for (i, column) in columns.enumerate() {
            let weight = weights.get(i).ok_or_else(wrong)?;
            let seen = if column.is_empty() {
                0
            } else {
                column.parse::<u32>().map_err(|_| wrong())?
            };
            count.add(Count {
                seen,
                weighted: u64::from(seen) * weight,
            });
        }
        let tokens = &tokens[..order];
        // What stood at a line edge and what was unknown counts by itself, never as a neighbour on
        // the wrong side.
        let misplaced = |i: usize| {
            order > 1
                && (tokens[i] == Symbol::UNKNOWN.0
                    || (tokens[i] == Symbol::EDGE.0
                        && (i != 0 && i != order - 1 || tokens[0] == tokens[order - 1])))
        };
        if count.seen > 0 && !(0..order).any(misplaced) {
            entries.push((key(tokens), count));
        }
    }
    Ok(())
}

fn weight(column: &str) -> u64 {
    WEIGHTS
        .iter()
        .find(|(name, _)| *name == column)
        .map_or(OTHER_WEIGHT, |&(_, weight)| weight)
}

/// Splits an n-gram as the tables write it: `<A>` `<0>` `<U>` `^`, else one character.
fn tokens(gram: &str, fold: &dyn Fn(char) -> char, order: usize) -> Option<[Token; 3]> {
    let mut tokens = [Symbol::UNKNOWN.0; 3];
    let mut rest = gram;
    for place in tokens.iter_mut().take(order) {
        let fixed = [
            ("<A>", Symbol::WORD),
            ("<0>", Symbol::NUMBER),
            ("<U>", Symbol::UNKNOWN),
            ("^", Symbol::EDGE),
        ];
        if let Some((after, symbol)) = fixed
            .iter()
            .find_map(|(name, symbol)| Some((rest.strip_prefix(name)?, symbol)))
        {
            *place = symbol.0;
            rest = after;
        } else {
            let c = rest.chars().next()?;
            *place = token(c, fold);
            rest = &rest[c.len_utf8()..];
        }
    }
    rest.is_empty().then_some(tokens)
}

/// The files of a folder in order of their paths, hidden ones left out.
fn files_below(dir: &Path, recurse: bool) -> Result<Vec<PathBuf>, CountsError> {
    let failed = |error| CountsError::Read {
        path: dir.to_owned(),
        error,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && recurse {
            files.extend(files_below(&entry.path(), true)?);
        } else if !kind.is_dir() && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Opens a file, through zstd if its name ends in `.zst`.
fn open(path: &Path) -> Result<Box<dyn Read>, CountsError> {
    let failed = |error| CountsError::Read {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(failed)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        return Ok(Box::new(
            zstd::stream::read::Decoder::new(file).map_err(failed)?,
        ));
    }
    Ok(Box::new(file))
}

/// The text files of files and folders, in the order given; those of a folder in order of their
/// paths, names that begin with a dot left out.
///
/// # Errors
///
/// If a folder cannot be read.
pub fn text_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CountsError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(files_below(path, true)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Reads a text file, plain or `.zst`, without its byte order mark.
///
/// # Errors
///
/// If it cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, CountsError> {
    let mut bytes = Vec::new();
    let read = open(path)?.read_to_end(&mut bytes);
    read.map_err(|error| CountsError::Read {
        path: path.to_owned(),
        error,
    })?;
    let text = String::from_utf8(bytes).map_err(|_| CountsError::NotUtf8 {
        path: path.to_owned(),
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: &dyn Fn(char) -> char = &|c| c;

    fn seen(entries: &[(u64, Count)], gram: &str, order: usize) -> u32 {
        let key = key(&tokens(gram, KEEP, order).expect("an n-gram")[..order]);
        entries
            .iter()
            .find(|entry| entry.0 == key)
            .map_or(0, |entry| entry.1.seen)
    }

    #[test]
    fn counts_lines() {
        let mut counter = Counter::default();
        for line in ["社会工作 2024年", "", "  ", "社会Abc dEf", "社会", "社会"] {
            counter.line(line, KEEP);
        }
        let counts = counter.finish();
        assert_eq!(seen(&counts.unigrams, "社", 1), 4);
        assert_eq!(seen(&counts.unigrams, "<A>", 1), 1);
        assert_eq!(seen(&counts.unigrams, "^", 1), 4);
        assert_eq!(seen(&counts.bigrams, "社会", 2), 4);
        assert_eq!(seen(&counts.bigrams, "会^", 2), 2);
        assert_eq!(seen(&counts.bigrams, "会工", 2), 0, "seen once");
        assert_eq!(seen(&counts.trigrams, "^社会", 3), 4);
        assert_eq!(seen(&counts.trigrams, "社会^", 3), 0, "seen twice");
    }

    #[test]
    fn reads_a_table() {
        let dir = tempfile_dir("counts");
        std::fs::write(
            dir.join("bigram.tsv"),
            "#ngram\tnews\tclassical\n社会\t3\t10\n^<A>\t\t2\n,我\t1\n，我\t1\n我^\n^^\t9\n一<U>\t9\n",
        )
        .expect("writes");
        let mut entries = Vec::new();
        read_table(&dir.join("bigram.tsv"), 2, KEEP, &mut entries).expect("reads");
        let entries = merge(entries);
        assert_eq!(entries.len(), 3);
        assert_eq!(seen(&entries, "，我", 2), 2);
        let society = entries
            .iter()
            .find(|e| e.0 == key(&tokens("社会", KEEP, 2).unwrap()[..2]))
            .unwrap()
            .1;
        assert_eq!(society.seen, 13);
        assert_eq!(
            society.weighted,
            3 * weight("news") + 10 * weight("classical")
        );

        std::fs::write(dir.join("bigram.tsv"), "#ngram\tnews\n社会\t3\n社\t1\n").expect("writes");
        let error =
            read_table(&dir.join("bigram.tsv"), 2, KEEP, &mut Vec::new()).expect_err("one symbol");
        assert!(
            error.to_string().contains(":3: not an n-gram of 2 symbols"),
            "{error}"
        );
        let error = Counts::read_tables(&dir, KEEP).expect_err("no unigrams");
        assert!(error.to_string().contains("has no unigram*.tsv"), "{error}");
        std::fs::remove_dir_all(dir).expect("removes");
    }

    /// A fresh folder for one test.
    fn tempfile_dir(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("hanfix-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("makes a folder");
        dir
    }
}
