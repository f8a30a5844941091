//! What stands around an escape: a string of code, a link, a declaration that makes it right.
//!
//! All of it is read once, from front to back, however many escapes ask: a line may have a hundred thousand of them.

use std::cell::OnceCell;
use std::ops::Range;

/// What was read of a text so far. Places must be asked for in order.
pub(super) struct Surroundings<'t> {
    text: &'t str,
    quotes: Quotes,
    word: Word,
    is_quoted_printable: OnceCell<bool>,
    has_assignments: OnceCell<bool>,
}

impl<'t> Surroundings<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Surroundings {
            text,
            quotes: Quotes::default(),
            word: Word::default(),
            is_quoted_printable: OnceCell::new(),
            has_assignments: OnceCell::new(),
        }
    }

    /// Whether a span stands in a string of code.
    pub(super) fn in_quotes(&mut self, span: &Range<usize>) -> bool {
        self.quotes.is_around(self.text, span)
    }

    /// The quotes before a place, for a look at what follows.
    pub(super) fn quotes(&mut self, at: usize) -> Quotes {
        self.quotes.read_to(self.text.as_bytes(), at);
        self.quotes
    }

    /// Whether a place is within a link: `ed2k://|file|...`, `mailto:`, `www.`.
    pub(super) fn in_link(&mut self, at: usize) -> bool {
        self.word.read_to(self.text.as_bytes(), at);
        self.word.is_link
    }

    /// Whether the text says that it is in quoted-printable: a MIME header, a property of a vCard. Then its escapes are
    /// what they should be, and would be wrong without the declaration.
    pub(super) fn is_quoted_printable(&self) -> bool {
        const NAME: &[u8] = b"quoted-printable";
        *self.is_quoted_printable.get_or_init(|| {
            let bytes = self.text.as_bytes();
            memchr::memchr2_iter(b'q', b'Q', bytes)
                .filter_map(|at| bytes.get(at..at + NAME.len()))
                .any(|name| name.eq_ignore_ascii_case(NAME))
        })
    }

    /// Whether values with `\u` escapes are assigned to names anywhere in the text, as in the properties files of Java,
    /// which could hold nothing else up to version 8.
    pub(super) fn has_assignments(&self) -> bool {
        *self
            .has_assignments
            .get_or_init(|| self.text.lines().any(is_assignment))
    }
}

/// Whether a line is `key=...\u4e2d...`, or `key: ...` with a key that is no word of prose.
fn is_assignment(line: &str) -> bool {
    let Some(escape) = line.find("\\u") else {
        return false;
    };
    let head = line[..escape].trim_start();
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '[' | ']');
    let (key, rest) = head.split_at(head.find(|c| !is_key(c)).unwrap_or(head.len()));
    let is_name = key.contains(['.', '_']);
    match rest.trim_start().as_bytes() {
        [b'=', next, ..] => *next != b'=' && !key.is_empty(),
        [b'='] => !key.is_empty(),
        [b':', ..] => is_name,
        _ => false,
    }
}

/// Strings of code: opened and closed by the same quote on one line, by three of them on any.
#[derive(Clone, Copy, Default)]
pub(super) struct Quotes {
    /// How far the text was read.
    at: usize,
    open: Option<Quote>,
}

#[derive(Clone, Copy)]
struct Quote {
    mark: u8,
    /// Three in a row, as in Python, or around code in Markdown.
    is_triple: bool,
}

impl Quote {
    /// How many bytes it has.
    fn length(self) -> usize {
        if self.is_triple { 3 } else { 1 }
    }

    fn closes_at(self, bytes: &[u8], at: usize) -> bool {
        let mark = bytes.get(at..at + self.length());
        mark.is_some_and(|marks| marks.iter().all(|&mark| mark == self.mark))
    }
}

impl Quotes {
    /// Whether a span stands in a string, or at one of its quotes.
    pub(super) fn is_around(&mut self, text: &str, span: &Range<usize>) -> bool {
        let is_quote = |c: char| matches!(c, '"' | '\'' | '`');
        self.read_to(text.as_bytes(), span.start);
        self.open.is_some()
            || text[..span.start].ends_with(is_quote)
            || text[span.end..].starts_with(is_quote)
    }

    fn read_to(&mut self, bytes: &[u8], end: usize) {
        while self.at < end {
            let rest = &bytes[self.at..end];
            let next = match self.open {
                None => memchr::memchr3(b'"', b'\'', b'`', rest),
                Some(quote) if quote.is_triple => memchr::memchr2(quote.mark, b'\\', rest),
                Some(quote) => memchr::memchr3(quote.mark, b'\\', b'\n', rest),
            };
            self.at += next.unwrap_or(rest.len());
            if next.is_none() {
                return;
            }
            self.at += match self.open {
                None => self.open_at(bytes),
                Some(_) if bytes[self.at] == b'\\' => 2,
                Some(quote) if quote.closes_at(bytes, self.at) => {
                    self.open = None;
                    quote.length()
                }
                Some(quote) => {
                    if bytes[self.at] == b'\n' && !quote.is_triple {
                        self.open = None;
                    }
                    1
                }
            };
        }
    }

    /// Opens a string where one begins; gives how many bytes were read.
    fn open_at(&mut self, bytes: &[u8]) -> usize {
        let mark = bytes[self.at];
        let opens = match mark {
            b'"' | b'`' => true,
            b'\'' => !is_apostrophe(&bytes[..self.at]),
            _ => false,
        };
        if !opens {
            return 1;
        }
        let is_triple = Quote {
            mark,
            is_triple: true,
        }
        .closes_at(bytes, self.at);
        let quote = Quote { mark, is_triple };
        self.open = Some(quote);
        quote.length()
    }
}

/// Whether a `'` behind `before` belongs to a word: `it's`, but not `u'...'`.
fn is_apostrophe(before: &[u8]) -> bool {
    match before {
        [.., b, prefix] if prefix.is_ascii_alphabetic() => is_word_byte(*b),
        [prefix] => !prefix.is_ascii_alphabetic() && is_word_byte(*prefix),
        [.., last] => is_word_byte(*last),
        [] => false,
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// What stands between spaces and marks of Chinese text.
#[derive(Default)]
struct Word {
    /// How far the text was read.
    at: usize,
    /// Where the word begins.
    start: usize,
    /// Whether it has a scheme, a host or a path so far.
    is_link: bool,
}

impl Word {
    fn read_to(&mut self, bytes: &[u8], end: usize) {
        while self.at < end {
            let rest = &bytes[self.at..];
            let length = match rest {
                [b' ' | b'\t' | b'\r' | b'\n' | b'<' | b'>' | b'"', ..] => 1,
                // U+3000 to U+303F, U+2000 to U+203F, U+FF00 to U+FF7F.
                [0xE3, 0x80, _, ..] | [0xE2, 0x80, _, ..] | [0xEF, 0xBC | 0xBD, _, ..] => 3,
                _ => 0,
            };
            if length > 0 {
                self.at += length;
                (self.start, self.is_link) = (self.at, false);
                continue;
            }
            let before = &bytes[self.start..self.at];
            self.is_link |= match rest[0] {
                b':' => ends_with_scheme(before),
                b'/' => before.last().is_some_and(u8::is_ascii_alphanumeric),
                b'.' => before.ends_with(b"www"),
                _ => false,
            };
            self.at += 1;
        }
    }
}

/// Whether a word ends with what may be the scheme of a link; single letters are drives or labels.
fn ends_with_scheme(word: &[u8]) -> bool {
    /// The longest schemes that are in use have so many letters.
    const LONGEST: usize = 24;
    let tail = &word[word.len().saturating_sub(LONGEST)..];
    let is_scheme = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-');
    let length = tail.iter().rev().take_while(is_scheme).count();
    length >= 2 && tail[tail.len() - length].is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the `@` of a text stands in a string of code.
    fn quoted(text: &str) -> bool {
        let at = text.find('@').expect("a mark");
        Surroundings::new(text).in_quotes(&(at..at + 1))
    }

    #[test]
    fn strings_of_code() {
        for text in [
            r#""@""#,
            r#"a = "b @ c""#,
            r#""b\" @ c""#,
            "'b @ c'",
            "u'b @ c'",
            "f(u'a', L'b @",
            "\"\"\"a\n@\n\"\"\"",
            "```\n@\n```",
            "`a @",
        ] {
            assert!(quoted(text), "{text}");
        }
        for text in [
            "it's @",
            "the dogs' @",
            r#""a" @ "b""#,
            "\"a\n@",
            "\"\"\"a\n\"\"\" @",
            "```\na\n```\n@",
            "'a' @",
        ] {
            assert!(!quoted(text), "{text}");
        }
    }

    #[test]
    fn links() {
        for text in [
            "ed2k://|file|@",
            "mailto:a@",
            "见www.a.cn,@",
            "a/b,@",
            "data:text/plain,@",
        ] {
            let at = text.rfind('@').expect("a mark");
            assert!(Surroundings::new(text).in_link(at), "{text}");
        }
        for text in [
            "见 @",
            "http://a.cn/ @",
            "http://a.cn。@",
            "词:@",
            "和/或@",
            "a:@",
        ] {
            let at = text.rfind('@').expect("a mark");
            assert!(!Surroundings::new(text).in_link(at), "{text}");
        }
    }

    #[test]
    fn assignments() {
        for line in [r"title=\u4e2d", r" a.b : \u4e2d", r"a[0] = x\u4e2d"] {
            assert!(is_assignment(line), "{line}");
        }
        for line in [
            r"Title: \u4e2d",
            r"a == \u4e2d",
            "a=b",
            r"标题=\u4e2d",
            r"=\u4e2d",
        ] {
            assert!(!is_assignment(line), "{line}");
        }
    }
}
