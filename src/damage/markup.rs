//! Which parts of an HTML page are no text: tags with their attributes, comments, script and style.

use std::ops::Range;

/// Whether a text is markup rather than plain text with a stray tag: a document type, or several
/// closing tags with their opening ones.
///
/// ```
/// use hanfix::damage::markup::is_markup;
/// assert!(is_markup("<!DOCTYPE html><p>社会</p>"));
/// assert!(is_markup("<p>社会工作</p><p>很好</p>"));
/// assert!(!is_markup("力量?！?/p>"));
/// assert!(!is_markup("当 a<b 且 b>c 时"));
/// ```
pub fn is_markup(text: &str) -> bool {
    /// Closing tags that make a page.
    const ENOUGH: usize = 2;
    let Some(first) = memchr::memchr(b'<', text.as_bytes()) else {
        return false;
    };
    let head = &text.as_bytes()[first..];
    let starts =
        |name: &[u8]| head.len() >= name.len() && head[..name.len()].eq_ignore_ascii_case(name);
    if starts(b"<!doctype html") || starts(b"<html") {
        return true;
    }
    let mut opening = 0;
    let mut closing = 0;
    for at in memchr::memchr_iter(b'<', text.as_bytes()) {
        if let Some(end) = tag(text.as_bytes(), at) {
            if text.as_bytes()[at + 1] == b'/' {
                closing += 1
            } else {
                opening += usize::from(end > at)
            }
            if closing >= ENOUGH && opening >= ENOUGH {
                return true;
            }
        }
    }
    false
}

/// The spans that are no text, in order.
///
/// ```
/// use hanfix::damage::markup::protected;
/// let page = "<p title=\"會(huì)\">社会</p><script>var a = '?';</script>";
/// let spans: Vec<&str> = protected(page).into_iter().map(|span| &page[span]).collect();
/// assert_eq!(spans, ["<p title=\"會(huì)\">", "</p>", "<script>var a = '?';</script>"]);
/// ```
pub fn protected(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[from..]) {
        let at = from + found;
        from = at + 1;
        let end = if bytes[at..].starts_with(b"<!--") {
            memchr::memmem::find(&bytes[at..], b"-->").map_or(bytes.len(), |end| at + end + 3)
        } else if let Some(end) = tag(bytes, at) {
            ["script", "style"]
                .iter()
                .find(|name| is_named(bytes, at + 1, name))
                .map_or(end, |name| raw_end(bytes, end, name))
        } else {
            continue;
        };
        spans.push(at..end);
        from = end;
    }
    spans
}

/// Whether a span touches one of the spans (in order).
pub fn touches(spans: &[Range<usize>], span: &Range<usize>) -> bool {
    let next = spans.partition_point(|other| other.end <= span.start);
    spans.get(next).is_some_and(|other| other.start < span.end)
}

/// The end of the tag that begins at `at`, quoted attributes with `>` in them included.
fn tag(bytes: &[u8], at: usize) -> Option<usize> {
    /// A `<` without `>` within this many bytes is no tag.
    const LONGEST: usize = 16 * 1024;
    let name = match bytes.get(at + 1)? {
        b'/' | b'!' => at + 2,
        _ => at + 1,
    };
    if !bytes.get(name)?.is_ascii_alphabetic() {
        return None;
    }
    let mut quote = None;
    for (i, byte) in bytes[name..].iter().enumerate().take(LONGEST) {
        match (quote, byte) {
            (None, b'>') => return Some(name + i + 1),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    None
}

fn is_named(bytes: &[u8], at: usize, name: &str) -> bool {
    bytes.len() >= at + name.len()
        && bytes[at..at + name.len()].eq_ignore_ascii_case(name.as_bytes())
        && !bytes
            .get(at + name.len())
            .is_some_and(u8::is_ascii_alphanumeric)
}

/// The end of the element whose text is no text, or of the page where it is not closed.
fn raw_end(bytes: &[u8], from: usize, name: &str) -> usize {
    memchr::memmem::find_iter(&bytes[from..], b"</")
        .map(|at| from + at)
        .find(|at| is_named(bytes, at + 2, name))
        .and_then(|at| tag(bytes, at))
        .unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        for text in ["", "<", "a < b", "<3", "<>", "<p", "1<2 and 3>2"] {
            assert!(protected(text).is_empty(), "{text}");
        }
        assert_eq!(protected("<script>x"), vec![0..9]);
        assert_eq!(protected("<!-- a"), vec![0..6]);
        assert!(touches(&[2..4, 8..9], &(3..5)) && touches(&[2..4, 8..9], &(0..20)));
        assert!(!touches(&[2..4, 8..9], &(4..8)) && !touches(&[], &(0..1)));
    }
}
