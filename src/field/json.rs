//! JSON: the strings of a value, by the paths of their keys.

use std::fmt::{self, Write};
use std::ops::Range;

use compact_str::CompactString;
use memchr::memchr2;

use super::piece::{Escape, unescaped};

/// Deeper values are not looked into; `serde_json` stops at the same depth.
const DEEPEST: usize = 128;

/// A path of keys, `meta.title`. A dot in a key is written `\.`; arrays are looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Reads a path.
    ///
    /// ```
    /// use hanfix::field::FieldPath;
    /// assert!(FieldPath::parse("meta.title").is_some());
    /// assert!(FieldPath::parse("meta..title").is_none());
    /// ```
    pub fn parse(path: &str) -> Option<FieldPath> {
        let mut keys = vec![String::new()];
        let mut characters = path.chars();
        while let Some(character) = characters.next() {
            let last = keys.last_mut()?;
            match character {
                '.' => keys.push(String::new()),
                '\\' => last.push(characters.next()?),
                other => last.push(other),
            }
        }
        keys.iter()
            .all(|key| !key.is_empty())
            .then_some(FieldPath(keys))
    }
}

impl fmt::Display for FieldPath {
    /// As it is given: `meta.title`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(formatter, "{dot}{}", escaped(key))?;
        }
        Ok(())
    }
}

/// A key as a part of a path.
fn escaped(key: &str) -> String {
    key.replace('\\', "\\\\").replace('.', "\\.")
}

/// JSON strings.
pub(super) struct JsonEscape;

impl Escape for JsonEscape {
    fn first(&self, raw: &str) -> (usize, Option<char>) {
        let mut characters = raw.chars();
        let first = characters.next();
        if first != Some('\\') {
            return (first.map_or(1, char::len_utf8), first);
        }
        let character = match characters.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{C}',
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('u') => return unicode_escape(raw),
            other => return (1 + other.map_or(0, char::len_utf8), None),
        };
        (2, Some(character))
    }

    fn is_literal(&self, raw: &str) -> bool {
        memchr::memchr(b'\\', raw.as_bytes()).is_none()
    }

    fn write(&self, new: &str, is_ascii: bool) -> Option<CompactString> {
        let mut written = CompactString::default();
        for character in new.chars() {
            match character {
                '"' => written.push_str("\\\""),
                '\\' => written.push_str("\\\\"),
                '\n' => written.push_str("\\n"),
                '\r' => written.push_str("\\r"),
                '\t' => written.push_str("\\t"),
                // A writer that escaped everything beyond ASCII goes on doing so.
                c if c < ' ' || (is_ascii && !c.is_ascii()) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(written, "\\u{unit:04x}").ok()?;
                    }
                }
                c => written.push(c),
            }
        }
        Some(written)
    }
}

/// The character of `\uXXXX`, or of two such that are a surrogate pair.
fn unicode_escape(raw: &str) -> (usize, Option<char>) {
    let unit = |at: usize| {
        let digits = raw.get(at..at + 6)?.strip_prefix("\\u")?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()
    };
    let Some(first) = unit(0) else {
        return (2, None);
    };
    if let Some(second) = unit(6)
        && let Some(Ok(character)) = char::decode_utf16([first, second]).next()
        && u32::from(character) > 0xFFFF
    {
        return (12, Some(character));
    }
    (6, char::from_u32(first.into()))
}

/// Finds the strings of one JSON value that the paths lead to; without paths, all that are no keys.
/// The spans are those between the quotes. `None` when the text is no JSON value. Notes which of the paths lead to
/// a value, whatever it is.
pub(super) fn strings(
    text: &str,
    paths: &[FieldPath],
    met: &mut [bool],
) -> Option<Vec<Range<usize>>> {
    let mut scanner = Scanner {
        text,
        at: 0,
        found: Vec::new(),
        met,
    };
    let wanted: Vec<Way<'_>> = paths.iter().map(|path| &path.0[..]).enumerate().collect();
    let wanted = if paths.is_empty() {
        Wanted::All
    } else {
        Wanted::Paths(wanted)
    };
    scanner.value(&wanted, 0)?;
    scanner.skip_space();
    (scanner.at == text.len()).then_some(scanner.found)
}

/// Whether the first line of several is a JSON object by itself.
pub(super) fn begins_with_a_line(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().is_some_and(|line| {
        line.trim_start().starts_with('{') && strings(line, &[], &mut []).is_some()
    });
    first && lines.next().is_some()
}

/// The paths to the fields of a JSON value, as far as there are few; objects and arrays are looked through. What is no JSON
/// has those in front of where it breaks.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut scanner = Scanner {
        text,
        at: 0,
        found: Vec::new(),
        met: &mut [],
    };
    let mut names = Vec::new();
    let _ = scanner.names("", &mut names, 0);
    names
}

/// A path by its number, and what is left of it.
type Way<'p> = (usize, &'p [String]);

/// What is wanted below a value.
enum Wanted<'p> {
    /// Every string.
    All,
    /// Strings at what is left of these paths.
    Paths(Vec<Way<'p>>),
}

impl<'p> Wanted<'p> {
    /// What is wanted below a key.
    fn below(&self, key: &str) -> Wanted<'p> {
        match self {
            Wanted::All => Wanted::All,
            Wanted::Paths(paths) => {
                let rest = |(number, path): &Way<'p>| match path.split_first() {
                    Some((first, rest)) if first == key => Some((*number, rest)),
                    _ => None,
                };
                Wanted::Paths(paths.iter().filter_map(rest).collect())
            }
        }
    }

    fn takes_string(&self) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Paths(paths) => paths.iter().any(|(_, path)| path.is_empty()),
        }
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Range<usize>>,
    /// The paths that have led to a value.
    met: &'t mut [bool],
}

/// So many fields are named at most.
const NAMED: usize = 12;

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_space();
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn value(&mut self, wanted: &Wanted<'_>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'"' => {
                let span = self.string()?;
                if wanted.takes_string() {
                    self.found.push(span);
                }
                Some(())
            }
            b'{' => self.list(b'}', |scanner| {
                scanner.skip_space();
                let key = scanner.string()?;
                let below = wanted.below(&unescaped(&scanner.text[key], &JsonEscape));
                scanner.meet(&below);
                scanner.take(b':')?;
                scanner.value(&below, depth + 1)
            }),
            b'[' => self.list(b']', |scanner| scanner.value(wanted, depth + 1)),
            _ => self.word(),
        }
    }

    /// Notes the paths that end here.
    fn meet(&mut self, wanted: &Wanted<'_>) {
        if let Wanted::Paths(paths) = wanted {
            for (number, _) in paths.iter().filter(|(_, path)| path.is_empty()) {
                self.met[*number] = true;
            }
        }
    }

    /// Adds the paths to the fields of a value; `None` ends it.
    fn names(&mut self, path: &str, names: &mut Vec<String>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'{' => {
                return self.list(b'}', |scanner| {
                    scanner.skip_space();
                    let key = scanner.string()?;
                    let key = escaped(&unescaped(&scanner.text[key], &JsonEscape));
                    scanner.take(b':')?;
                    match path {
                        "" => scanner.names(&key, names, depth + 1),
                        path => scanner.names(&format!("{path}.{key}"), names, depth + 1),
                    }
                });
            }
            b'[' => {
                return self.list(b']', |scanner| scanner.names(path, names, depth + 1));
            }
            b'"' => {
                self.string()?;
            }
            _ => self.word()?,
        }
        if !path.is_empty() && !names.iter().any(|known| known == path) {
            if names.len() == NAMED {
                names.push("...".to_owned());
                return None;
            }
            names.push(path.to_owned());
        }
        Some(())
    }

    /// The elements between brackets.
    fn list(&mut self, close: u8, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            if self.take(b',').is_none() {
                return self.take(close);
            }
        }
    }

    /// A string; the span between its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Some(start..at);
            }
            at += 1;
            // What is escaped may be any character.
            at += self.text.get(at..)?.chars().next()?.len_utf8();
        }
    }

    /// A number, `true`, `false`, `null` (and `NaN`, which Python writes).
    fn word(&mut self) -> Option<()> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.'))
            .unwrap_or(rest.len());
        self.at += length;
        (length > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, paths: &[&str]) -> Option<Vec<String>> {
        let paths: Vec<_> = paths
            .iter()
            .map(|path| FieldPath::parse(path).unwrap())
            .collect();
        let spans = strings(text, &paths, &mut vec![false; paths.len()])?;
        Some(
            spans
                .into_iter()
                .map(|span| text[span].to_owned())
                .collect(),
        )
    }

    #[test]
    fn paths_lead_through_objects_and_arrays() {
        let text = r#"{"id": 1.5e3, "text": "會", "meta": {"title": "時", "a.b": "x", "list": [{"text": "\"}"}, null]}, "tags": ["甲", "乙"]}"#;
        assert_eq!(found(text, &["text"]).unwrap(), ["會"]);
        assert_eq!(found(text, &["meta.title", "text"]).unwrap(), ["會", "時"]);
        assert_eq!(found(text, &[r"meta.a\.b"]).unwrap(), ["x"]);
        assert_eq!(found(text, &["meta.list.text"]).unwrap(), [r#"\"}"#]);
        assert_eq!(found(text, &["tags"]).unwrap(), ["甲", "乙"]);
        assert_eq!(found(text, &["meta", "id"]).unwrap(), [""; 0]);
        assert_eq!(found(text, &[]).unwrap().len(), 6);
        assert_eq!(found(r#"{"\u0074ext": "會"}"#, &["text"]).unwrap(), ["會"]);
    }

    #[test]
    fn fields_are_met_and_named() {
        let text = r#"{"id": 1, "text": null, "meta": {"title": "時", "a.b": {}}, "list": [{"x": 1}, {"x": 2}]}"#;
        let paths: Vec<_> = ["text", "title", "meta", "meta.title", "list.x", "id.x"]
            .into_iter()
            .map(|path| FieldPath::parse(path).unwrap())
            .collect();
        let mut met = [false; 6];
        strings(text, &paths, &mut met).unwrap();
        assert_eq!(met, [true, false, true, true, true, false]);
        assert_eq!(names(text), ["id", "text", "meta.title", "list.x"]);
        assert_eq!(names(r#"{"a.b": 1, "c": "#), [r"a\.b"]);
        assert_eq!(names("[1, 2]"), [""; 0]);
        let many: Vec<String> = (0..20).map(|i| format!("\"{i}\": 0")).collect();
        let many = names(&format!("{{{}}}", many.join(",")));
        assert_eq!((many.len(), &*many[12]), (13, "..."));
        let path = FieldPath::parse(r"a\.b.c").unwrap();
        assert_eq!(path.to_string(), r"a\.b.c");
    }

    #[test]
    fn what_is_no_json_is_not_read() {
        for text in [
            "",
            "{",
            r#"{"a" 1}"#,
            r#"{"a": "b}"#,
            r#"["a",]"#,
            r#""a" "b""#,
            "會",
            r#""\"#,
            r#""\會"#,
        ] {
            assert_eq!(found(text, &[]), None, "{text}");
        }
        assert_eq!(found(&"[".repeat(100_000), &[]), None);
        assert_eq!(found(" [] ", &[]).unwrap(), [""; 0]);
    }

    #[test]
    fn escapes_are_read_and_written() {
        let first = |raw| JsonEscape.first(raw);
        assert_eq!(first(r"\u6703x"), (6, Some('會')));
        assert_eq!(first(r"\ud83d\ude00x"), (12, Some('😀')));
        assert_eq!(first(r"\ud83d"), (6, None));
        assert_eq!(first(r"\u+123"), (2, None));
        assert_eq!(first(r"\/"), (2, Some('/')));
        assert_eq!(
            JsonEscape.write("“会”\"\n\u{1}", false).unwrap(),
            "“会”\\\"\\n\\u0001"
        );
        assert_eq!(
            JsonEscape.write("会😀a", true).unwrap(),
            r"\u4f1a\ud83d\ude00a"
        );
    }
}
