//! XML: text nodes, also of the parts of DOCX and ODT.

use std::ops::Range;

use compact_str::{CompactString, ToCompactString};
use memchr::memchr;

use super::piece::{Escape, Pages};

/// Text with entities.
struct Entities;

/// The longest reference that is read: `&#x10FFFF;` and some zeros.
const LONGEST_REFERENCE: usize = 16;

impl Escape for Entities {
    fn first(&self, raw: &str) -> (usize, Option<char>) {
        let first = raw.chars().next();
        if first == Some('&')
            && let Some(end) = raw
                .bytes()
                .take(LONGEST_REFERENCE)
                .position(|byte| byte == b';')
        {
            return (end + 1, character(&raw[1..end]));
        }
        (first.map_or(1, char::len_utf8), first)
    }

    fn is_literal(&self, raw: &str) -> bool {
        !raw.contains('&')
    }

    fn write(&self, new: &str, _is_ascii: bool) -> Option<CompactString> {
        let escaped = new
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        Some(escaped.to_compact_string())
    }
}

/// What a reference stands for.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32)
        }
    }
}

/// Text in a CDATA section, which has no escapes and cannot hold its own end.
struct Cdata;

impl Escape for Cdata {
    fn first(&self, raw: &str) -> (usize, Option<char>) {
        let first = raw.chars().next();
        (first.map_or(1, char::len_utf8), first)
    }

    fn is_literal(&self, _raw: &str) -> bool {
        true
    }

    fn write(&self, new: &str, _is_ascii: bool) -> Option<CompactString> {
        (!new.contains([']', '>'])).then(|| new.into())
    }
}

/// Elements within a sentence: text goes on through their tags. Those of DOCX, ODT and HTML.
const INLINE: [&str; 20] = [
    "w:r",
    "w:t",
    "w:hyperlink",
    "w:bookmarkStart",
    "w:bookmarkEnd",
    "w:proofErr",
    "w:lastRenderedPageBreak",
    "a:r",
    "a:t",
    "text:span",
    "text:a",
    "text:bookmark",
    "text:soft-page-break",
    "b",
    "i",
    "em",
    "strong",
    "a",
    "span",
    "u",
];

/// The properties of a run in DOCX. They change how its text looks, so that a sentence goes on through all of them.
const RUN_PROPERTIES: [&str; 2] = ["w:rPr", "a:rPr"];

/// Collects the text of an XML document as one page.
pub(super) fn collect<'t>(text: &'t str, pages: &mut Pages<'t>) {
    let bytes = text.as_bytes();
    // How deep we are in properties of runs: a tracked change has the old ones within the new ones.
    let mut properties = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        let open = memchr(b'<', &bytes[at..]).map_or(bytes.len(), |found| at + found);
        if !text[at..open].trim().is_empty() {
            pages.push(at..open, &Entities);
        }
        let rest = &text[open..];
        at = if rest.starts_with("<!--") {
            ends(rest, "-->", open, bytes.len())
        } else if rest.starts_with("<![CDATA[") {
            let end = ends(rest, "]]>", open, bytes.len());
            let inner = open + "<![CDATA[".len()..end.saturating_sub("]]>".len());
            if inner.start < inner.end {
                pages.push(inner, &Cdata);
            }
            end
        } else if rest.starts_with("<?") {
            ends(rest, "?>", open, bytes.len())
        } else {
            let tag = tag(bytes, open);
            let written = &text[tag.clone()];
            let name = name(written);
            if RUN_PROPERTIES.contains(&name) {
                match (written.starts_with("</"), written.ends_with("/>")) {
                    (true, _) => properties = properties.saturating_sub(1),
                    (false, true) => {}
                    (false, false) => properties += 1,
                }
            } else if properties == 0 && !INLINE.contains(&name) {
                pages.separate();
            }
            tag.end
        };
    }
}

fn ends(rest: &str, mark: &str, open: usize, length: usize) -> usize {
    rest.find(mark)
        .map_or(length, |found| open + found + mark.len())
}

/// The tag that begins at `open`, quoted `>` included.
fn tag(bytes: &[u8], open: usize) -> Range<usize> {
    let mut quote = None;
    for (i, &byte) in bytes[open..].iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return open..open + i + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(mark), byte) if mark == byte => quote = None,
            _ => {}
        }
    }
    open..bytes.len()
}

fn name(tag: &str) -> &str {
    let inner = tag.trim_start_matches('<').trim_start_matches('/');
    let end = inner
        .find(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .unwrap_or(inner.len());
    &inner[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Options, Repairer};

    fn fixed(text: &str) -> String {
        let mut pages = Pages::new(text);
        collect(text, &mut pages);
        let (mut edits, mut unresolved) = (Vec::new(), Vec::new());
        pages.repair(
            &Repairer::new(Options::default()),
            &mut edits,
            &mut unresolved,
        );
        super::super::piece::assemble(text, edits, unresolved)
            .text
            .into_owned()
    }

    #[test]
    fn only_text_changes_and_runs_are_read_together() {
        let text = "<?xml version=\"1.0\"?><w:p a='社會>'><w:r><w:t>社會&amp;</w:t></w:r><!-- 會 --><w:t>工作說這樣</w:t></w:p><x><![CDATA[時代說]]></x>";
        let expected = "<?xml version=\"1.0\"?><w:p a='社會>'><w:r><w:t>社会&amp;</w:t></w:r><!-- 會 --><w:t>工作说这样</w:t></w:p><x><![CDATA[时代说]]></x>";
        assert_eq!(fixed(text), expected);
    }

    #[test]
    fn a_repair_reaches_over_the_runs_of_a_paragraph() {
        let text = "<w:p><w:t>黨的社會(hu</w:t><w:t>ì )工作說</w:t></w:p><w:p><w:t>社會(huì )建設</w:t></w:p>";
        assert_eq!(
            fixed(text),
            "<w:p><w:t>党的社会</w:t><w:t>工作说</w:t></w:p><w:p><w:t>社会建设</w:t></w:p>"
        );
    }

    #[test]
    fn a_repair_reaches_over_whatever_a_run_looks_like() {
        let run = |properties: &str, text: &str| {
            format!("<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>")
        };
        for properties in [
            "<w:kern w:val=\"0\"/><w:bCs/><w:spacing w:val=\"2\"/><w:highlight w:val=\"red\"/>",
            "<w:rFonts w:hint=\"eastAsia\"/><w:rPrChange w:id=\"1\"><w:rPr><w:kern/></w:rPr></w:rPrChange><w:b/>",
        ] {
            let [first, second] = [("黨的社會(hu", "党的社会"), ("ì )工作說", "工作说")]
                .map(|(old, new)| (run(properties, old), run(properties, new)));
            let paragraph = |first: &str, second: &str| format!("<w:p>{first}{second}</w:p>");
            assert_eq!(
                fixed(&paragraph(&first.0, &second.0)),
                paragraph(&first.1, &second.1)
            );
        }
    }

    #[test]
    fn broken_documents_are_read_as_far_as_they_go() {
        for text in [
            "<",
            "<a",
            "<a b=\"",
            "<![CDATA[會",
            "<!--",
            "<?",
            "&#x110000;說",
            "說&",
        ] {
            fixed(text);
        }
    }
}
