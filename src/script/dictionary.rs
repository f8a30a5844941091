//! Entries of the user's: what a phrase becomes, or that it stays.

use std::collections::{BTreeMap, HashSet};

/// A user's dictionary. Its entries go before all others, the longest first; an entry that maps a phrase to itself
/// protects it.
///
/// ```
/// use std::sync::Arc;
/// use hanfix::script::{Conversion, Converter, Dictionary, Variant};
/// let mut options = Conversion::default();
/// options.dictionary = Some(Arc::new("里民中心\t里民中心\n程式\t程序\n".parse().unwrap()));
/// let converter = Converter::with(Variant::Hans, options);
/// assert_eq!(converter.convert("這個程式在里民中心開發"), "这个程序在里民中心开发");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    entries: BTreeMap<String, String>,
    starts: HashSet<char>,
    longest: usize,
}

/// A dictionary that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DictionaryError {
    /// A line has no tab.
    #[error("line {line}: `{text}` has no tab; write a phrase, a tab, and what it becomes")]
    NoTab {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// There is nothing in front of the tab, or nothing behind it.
    #[error("line {line}: a phrase and what it becomes must not be empty")]
    Empty {
        /// The line, from 1.
        line: usize,
    },
}

impl Dictionary {
    /// Adds an entry; an earlier one for the same phrase is replaced. An empty phrase is ignored.
    pub fn insert(&mut self, phrase: impl Into<String>, becomes: impl Into<String>) {
        let phrase = phrase.into();
        if let Some(first) = phrase.chars().next() {
            self.starts.insert(first);
            self.longest = self.longest.max(phrase.len());
            self.entries.insert(phrase, becomes.into());
        }
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes over all entries of another one; they replace those for the same phrases.
    pub fn extend(&mut self, other: Dictionary) {
        for (phrase, becomes) in other.entries {
            self.insert(phrase, becomes);
        }
    }

    /// The same, and what comes out of it stays.
    pub(super) fn settled(&self) -> Dictionary {
        let mut settled = self.clone();
        for becomes in self.entries.values() {
            settled.insert(becomes.clone(), becomes.clone());
        }
        settled
    }

    /// The longest entry at the start of `text`: its length in bytes and what it becomes.
    pub(super) fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let first = text.chars().next()?;
        if !self.starts.contains(&first) {
            return None;
        }
        let end = self.longest.min(text.len());
        (1..=end)
            .rev()
            .filter(|&length| text.is_char_boundary(length))
            .find_map(|length| Some((length, self.entries.get(&text[..length])?.as_str())))
    }
}

impl std::str::FromStr for Dictionary {
    type Err = DictionaryError;

    /// Reads OpenCC's text format: a phrase, a tab, what it becomes, on each line. Of several options, separated by
    /// spaces, the first is taken; empty lines and lines that begin with `#` are skipped.
    fn from_str(text: &str) -> Result<Dictionary, DictionaryError> {
        let mut dictionary = Dictionary::default();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (phrase, options) =
                line.split_once('\t')
                    .ok_or_else(|| DictionaryError::NoTab {
                        line: number,
                        text: line.to_owned(),
                    })?;
            let becomes = options.split(' ').next().unwrap_or_default().trim();
            if phrase.is_empty() || becomes.is_empty() {
                return Err(DictionaryError::Empty { line: number });
            }
            dictionary.insert(phrase, becomes);
        }
        Ok(dictionary)
    }
}

impl<P: Into<String>, B: Into<String>> FromIterator<(P, B)> for Dictionary {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(entries: I) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for (phrase, becomes) in entries {
            dictionary.insert(phrase, becomes);
        }
        dictionary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_opencc_is_read() {
        let dictionary: Dictionary = "\u{FEFF}# 注\n\n程式\t程序 程式\r\n程式碼\t代码\n"
            .parse()
            .unwrap();
        assert_eq!(dictionary.len(), 2);
        assert_eq!(dictionary.longest("程式碼的"), Some((9, "代码")));
        assert_eq!(dictionary.longest("程式的"), Some((6, "程序")));
        assert_eq!(dictionary.longest("程"), None);
        assert_eq!(dictionary.longest(""), None);
    }

    #[test]
    fn errors_say_where() {
        let error = "甲\t乙\n丙 丁\n".parse::<Dictionary>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: `丙 丁` has no tab; write a phrase, a tab, and what it becomes"
        );
        assert!("\t乙".parse::<Dictionary>().is_err());
        assert!("甲\t".parse::<Dictionary>().is_err());
    }
}
