//! CSV and TSV: the cells of chosen columns.

use std::ops::Range;

use compact_str::CompactString;

use super::piece::{Escape, Literal, unescaped};
use crate::stream;

/// A column of a table: by its name in the first row, or by its number from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column(pub String);

impl Column {
    /// Whether it may be a number.
    pub fn is_number(&self) -> bool {
        self.0.parse::<usize>().is_ok()
    }
}

/// A cell between quotes; `""` is a quote.
pub(super) struct Quoted;

impl Escape for Quoted {
    fn first(&self, raw: &str) -> (usize, Option<char>) {
        let first = raw.chars().next();
        match first {
            Some('"') if raw.starts_with("\"\"") => (2, first),
            _ => (first.map_or(1, char::len_utf8), first),
        }
    }

    fn is_literal(&self, raw: &str) -> bool {
        !raw.contains('"')
    }

    fn write(&self, new: &str, _is_ascii: bool) -> Option<CompactString> {
        Some(new.replace('"', "\"\"").into())
    }
}

/// A cell without quotes can hold nothing that would end it or make it another.
pub(super) static BARE: Literal = Literal {
    never: &['"', ',', ';', '\t', '\n', '\r'],
};

/// A cell of TSV, where a quote is nothing special.
pub(super) static TABBED: Literal = Literal {
    never: &['\t', '\n', '\r'],
};

/// One cell: what is in it, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) span: Range<usize>,
    pub(super) quoted: bool,
}

impl Cell {
    pub(super) fn escape(&self, delimiter: char) -> &'static dyn Escape {
        match (self.quoted, delimiter) {
            (true, _) => &Quoted,
            (false, '\t') => &TABBED,
            (false, _) => &BARE,
        }
    }
}

/// Reads the row that begins at `start`: its cells, and where the next row begins.
pub(super) fn row(text: &str, start: usize, delimiter: char, quotes: bool) -> (Vec<Cell>, usize) {
    let bytes = text.as_bytes();
    let mut cells = Vec::new();
    let mut at = start;
    loop {
        let quoted = quotes && bytes.get(at) == Some(&b'"');
        let span = if quoted {
            let end = closing_quote(bytes, at + 1);
            at + 1..end
        } else {
            let is_end = |byte: &u8| *byte == delimiter as u8 || *byte == b'\n' || *byte == b'\r';
            let length = bytes[at..].iter().position(is_end);
            at..length.map_or(bytes.len(), |length| at + length)
        };
        at = (span.end + usize::from(quoted)).min(bytes.len());
        cells.push(Cell { span, quoted });
        // Something behind a closing quote belongs to no cell.
        while bytes
            .get(at)
            .is_some_and(|&byte| byte != delimiter as u8 && byte != b'\n' && byte != b'\r')
        {
            at += 1;
        }
        match bytes.get(at) {
            Some(byte) if *byte == delimiter as u8 => at += 1,
            Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => return (cells, at + 2),
            Some(_) => return (cells, at + 1),
            None => return (cells, at),
        }
    }
}

fn closing_quote(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr(b'"', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes.get(at + 1) != Some(&b'"') {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// The delimiter of a CSV file: what stands most often in its first row.
pub(super) fn delimiter(text: &str) -> char {
    char::from(stream::delimiter(text.as_bytes()))
}

/// The cells of the longest row.
pub(super) fn width(text: &str, delimiter: char, quotes: bool) -> usize {
    let (mut at, mut width) = (0, 0);
    while at < text.len() {
        let (cells, next) = row(text, at, delimiter, quotes);
        width = width.max(cells.len());
        at = next;
    }
    width
}

/// The places of the columns in a row of names, by numbers up to `width`; the first that is not there as an error.
pub(super) fn places(
    text: &str,
    names: &[Cell],
    columns: &[Column],
    width: usize,
) -> Result<Vec<usize>, String> {
    let place = |Column(wanted): &Column| {
        let named = names
            .iter()
            .position(|cell| unescaped(&text[cell.span.clone()], &Quoted).trim() == wanted);
        let numbered = || {
            let place = wanted.parse::<usize>().ok()?.checked_sub(1)?;
            (place < width).then_some(place)
        };
        named.or_else(numbered).ok_or_else(|| wanted.clone())
    };
    columns.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: char, quotes: bool) -> Vec<Vec<&str>> {
        let mut rows = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let (cells, next) = row(text, at, delimiter, quotes);
            rows.push(cells.into_iter().map(|cell| &text[cell.span]).collect());
            at = next;
        }
        rows
    }

    #[test]
    fn quotes_delimiters_and_line_ends() {
        assert_eq!(
            rows("a,\"b,\"\"c\nd\",\r\n,e", ',', true),
            [vec!["a", "b,\"\"c\nd", ""], vec!["", "e"]]
        );
        assert_eq!(rows("\"open", ',', true), [vec!["open"]]);
        assert_eq!(rows("\"a\"b,c\n", ',', true), [vec!["a", "c"]]);
        assert_eq!(rows("\"a\tb\"\n", '\t', false), [vec!["\"a", "b\""]]);
        assert_eq!(delimiter("a;b;c,d\n,,,,"), ';');
        assert_eq!(delimiter("標題\n"), ',');
    }

    #[test]
    fn columns_by_name_and_number() {
        let text = "id,標題,正文";
        let (names, _) = row(text, 0, ',', true);
        let places = |columns: &[&str]| {
            let columns: Vec<_> = columns
                .iter()
                .map(|name| Column((*name).to_owned()))
                .collect();
            places(text, &names, &columns, 3)
        };
        assert_eq!(places(&["正文", "1"]), Ok(vec![2, 0]));
        assert_eq!(places(&["0"]), Err("0".to_owned()));
        assert_eq!(places(&["4"]), Err("4".to_owned()));
        assert_eq!(width("a\nb,c,d\ne,f", ',', true), 3);
        assert_eq!(places(&["text"]), Err("text".to_owned()));
    }
}
