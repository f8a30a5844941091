//! Text back to the bytes of its encoding.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::forms::{self, Form};
use super::{Decoded, mark_of, units};
use crate::edit::EditList;

/// Why a text could not be written in its encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The encoding has no such character.
    #[error(
        "{encoding} cannot hold `{}` (U+{:04X}) at {line}:{column}; write UTF-8 with \
         --to-encoding utf-8",
        character.escape_debug(), u32::from(*character)
    )]
    Unmappable {
        /// The character.
        character: char,
        /// The name of the encoding.
        encoding: &'static str,
        /// Its line in the new text, from 1. Of an input that is read in parts, the lines of those before count as
        /// they were read.
        line: usize,
        /// Its place in the line, in characters, from 1.
        column: usize,
    },
    /// An edit took away bytes that could not be decoded.
    #[error(
        "an edit reaches over undecodable bytes at byte {offset} of the text, which must be kept; \
         this is a mistake in the program, please report it"
    )]
    Undecodable {
        /// Where in the text before the edits.
        offset: usize,
    },
    /// Text and edits do not belong to each other or to the decoded text.
    #[error(
        "the edits do not lead to the text that is to be written; this is a mistake in the program, \
         please report it"
    )]
    OutOfStep,
    /// Broken bytes of the input would join with edited text behind them and read as another text.
    #[error(
        "the edited text would be read in another way beside the undecodable bytes of the file; \
         write UTF-8 with --to-encoding utf-8"
    )]
    Ambiguous,
}

impl EncodeError {
    /// The error as it counts in the whole text, where that of a block behind so many lines, and so many characters
    /// on the line in which the block begins, met it.
    pub(crate) fn behind(mut self, lines: usize, columns: usize) -> EncodeError {
        if let EncodeError::Unmappable { line, column, .. } = &mut self {
            if *line == 1 {
                *column += columns;
            }
            *line += lines;
        }
        self
    }
}

impl Decoded<'_> {
    /// The bytes of `new_text` in the encoding of the input, byte order mark included.
    ///
    /// `edits` are those that lead from [`Decoded::text`] to `new_text`; they say where the places of
    /// the ledger went. Undecodable bytes are written as they were, and so is every decoded place
    /// that no edit touches. Without edits the result is the input.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Unmappable`] for a character that the encoding lacks,
    /// [`EncodeError::Undecodable`] for an edit over a place that could not be decoded,
    /// [`EncodeError::OutOfStep`] when edits and text do not match, [`EncodeError::Ambiguous`] when
    /// broken bytes would swallow part of an edit beside them.
    ///
    /// ```
    /// use hanfix::decode::decode;
    /// use hanfix::edit::{Edit, EditList, Rule};
    ///
    /// let decoded = decode(b"\xFF\x95\xFE\xD7\x68", None)?; // a broken byte, then 會議 in GBK
    /// assert_eq!(decoded.text, "\u{FFFD}會議");
    /// let mut edits = EditList::default();
    /// edits.push(Edit {
    ///     span: 3..6,
    ///     new: "会".into(),
    ///     rule: Rule::Script,
    ///     confidence: 1.0,
    ///     evidence: None,
    /// });
    /// assert_eq!(decoded.encode("\u{FFFD}会議", &edits)?, b"\xFF\xBB\xE1\xD7\x68");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode(&self, new_text: &str, edits: &EditList) -> Result<Vec<u8>, EncodeError> {
        if self.form != Form::Plain {
            return self.encode_form(new_text);
        }
        let mut bytes = Vec::with_capacity(new_text.len());
        if self.bom {
            bytes.extend_from_slice(mark_of(self.encoding));
        }
        let mark = bytes.len();
        let mut written = 0;
        for (offset, entry) in self.moved_entries(edits)? {
            let end = offset + entry.length;
            let old = &self.text[entry.offset..entry.offset + entry.length];
            if offset < written || new_text.get(offset..end) != Some(old) {
                return Err(EncodeError::OutOfStep);
            }
            append(&mut bytes, new_text, written..offset, self.encoding)?;
            bytes.extend_from_slice(&entry.bytes);
            written = end;
        }
        append(&mut bytes, new_text, written..new_text.len(), self.encoding)?;
        if !self.ledger.is_empty() && !edits.is_empty() {
            let (text, _) = units::decode(&bytes[mark..], self.encoding);
            if text != new_text {
                return Err(EncodeError::Ambiguous);
            }
        }
        Ok(bytes)
    }

    fn encode_form(&self, new_text: &str) -> Result<Vec<u8>, EncodeError> {
        let mark = if self.bom { self.form.mark() } else { b"" };
        match forms::encode(new_text, self.form) {
            Ok(bytes) => Ok([mark, &bytes].concat()),
            Err(place) => {
                let character = new_text[place..].chars().next().unwrap_or('\0');
                Err(unmappable(new_text, place, character, self.encoding_name()))
            }
        }
    }

    /// The entries of the ledger that are still there after the edits, with their new places.
    fn moved_entries(
        &self,
        edits: &EditList,
    ) -> Result<Vec<(usize, &super::LedgerEntry)>, EncodeError> {
        let mut moved = Vec::with_capacity(self.ledger.len());
        let mut edits = edits.iter().peekable();
        let (mut added, mut removed) = (0, 0);
        for entry in self.ledger.iter() {
            while let Some(edit) = edits.next_if(|edit| edit.span.end <= entry.offset) {
                added += edit.new.len();
                removed += edit.span.len();
            }
            let end = entry.offset + entry.length;
            let touched = edits.peek().is_some_and(|edit| edit.span.start < end);
            if !touched {
                moved.push((entry.offset + added - removed, entry));
            } else if !entry.decoded {
                return Err(EncodeError::Undecodable {
                    offset: entry.offset,
                });
            }
        }
        Ok(moved)
    }
}

/// Appends a part of `text` in `encoding`.
fn append(
    bytes: &mut Vec<u8>,
    text: &str,
    part: std::ops::Range<usize>,
    encoding: &'static Encoding,
) -> Result<(), EncodeError> {
    let start = part.start;
    let part = text.get(part).ok_or(EncodeError::OutOfStep)?;
    if encoding == UTF_8 {
        bytes.extend_from_slice(part.as_bytes());
        return Ok(());
    }
    if encoding == UTF_16LE {
        bytes.extend(part.encode_utf16().flat_map(u16::to_le_bytes));
        return Ok(());
    }
    if encoding == UTF_16BE {
        bytes.extend(part.encode_utf16().flat_map(u16::to_be_bytes));
        return Ok(());
    }
    units::append(bytes, part, encoding).map_err(|missing| {
        let place = start + missing.place;
        unmappable(text, place, missing.character, encoding.name())
    })
}

fn unmappable(text: &str, place: usize, character: char, encoding: &'static str) -> EncodeError {
    let before = &text[..place];
    let line_start = before.rfind('\n').map_or(0, |line| line + 1);
    EncodeError::Unmappable {
        character,
        encoding,
        line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}
