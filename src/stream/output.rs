//! The bytes of a repaired block.

use std::borrow::Cow;
use std::ops::Range;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::{Block, Place};
use crate::decode::{Decoded, EncodeError, Form, Ledger};
use crate::edit::{Bias, EditList};

/// The bytes to write for a block: as read when nothing was changed, else encoded.
///
/// `to` is the encoding of the output, `None` for that of the input. A byte order mark stays; UTF-16 that comes
/// from another encoding gets one. Bytes that could not be decoded are written as they are in every encoding, and so is a
/// block that is mostly made of them.
pub fn output_bytes<'b>(
    block: &'b Block<'b>,
    to: Option<&'static Encoding>,
) -> Result<Cow<'b, [u8]>, EncodeError> {
    let decoded = block.decoded;
    // What is in another encoding than it seems cannot be converted.
    if decoded.is_foreign() && block.repaired.edits.is_empty() {
        return Ok(Cow::Borrowed(block.bytes));
    }
    let Place { lines, columns, .. } = block.place;
    let bytes = match to.filter(|&to| to != decoded.encoding || decoded.form != Form::Plain) {
        Some(to) => converted(block, to).map(Cow::Owned),
        None if block.repaired.edits.is_empty() => Ok(Cow::Borrowed(block.bytes)),
        None => decoded
            .encode(&block.repaired.text, &block.repaired.edits)
            .map(Cow::Owned),
    };
    bytes.map_err(|error| error.behind(lines, columns))
}

fn converted(block: &Block<'_>, to: &'static Encoding) -> Result<Vec<u8>, EncodeError> {
    let (decoded, text) = (block.decoded, &*block.repaired.text);
    let is_first = block.place == Place::default();
    let wide = to == UTF_16LE || to == UTF_16BE;
    let mut bytes = encoded("", to, decoded.bom || (wide && is_first))?;
    let map = block.repaired.edits.offset_map();
    let part = |part: Range<usize>| {
        encoded(&text[part.clone()], to, false).map_err(|error| {
            let mut before = Place::default();
            before.advance(&text[..part.start]);
            error.behind(before.lines, before.columns)
        })
    };
    let mut written = 0;
    for entry in decoded.ledger.iter().filter(|entry| !entry.decoded) {
        let start = map.map(entry.offset, Bias::Start);
        let end = map.map(entry.offset + entry.length, Bias::End);
        if start < written || text.get(start..end) != Some("\u{FFFD}") {
            return Err(EncodeError::Undecodable {
                offset: entry.offset,
            });
        }
        bytes.extend_from_slice(&part(written..start)?);
        bytes.extend_from_slice(&entry.bytes);
        written = end;
    }
    bytes.extend_from_slice(&part(written..text.len())?);
    Ok(bytes)
}

/// `text` in another encoding.
fn encoded(text: &str, encoding: &'static Encoding, bom: bool) -> Result<Vec<u8>, EncodeError> {
    let decoded = Decoded {
        text: Cow::Borrowed(text),
        encoding,
        bom,
        ledger: Ledger::default(),
        form: Form::Plain,
        note: None,
        confidence: 1.0,
    };
    decoded.encode(text, &EditList::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;
    use crate::pipeline::Repaired;
    use encoding_rs::{BIG5, GBK, UTF_8};

    /// What comes out of clean bytes, and of bytes in which every 會 becomes 会.
    fn output(bytes: &[u8], to: Option<&'static Encoding>) -> Result<Vec<u8>, String> {
        let decoded = decode(bytes, None).unwrap();
        let edits = decoded
            .text
            .match_indices('會')
            .map(|(at, old)| crate::edit::Edit {
                span: at..at + old.len(),
                new: "会".into(),
                rule: crate::edit::Rule::Script,
                confidence: 1.0,
                evidence: None,
            });
        let edits = EditList::from_edits(edits.collect()).unwrap();
        let repaired = Repaired {
            text: edits.apply(&decoded.text).unwrap(),
            edits,
            unresolved: Vec::new(),
        };
        let place = Place::default();
        let block = Block {
            bytes,
            decoded: &decoded,
            repaired,
            place,
        };
        output_bytes(&block, to)
            .map(Cow::into_owned)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_encoding_stays_or_is_the_one_asked_for() {
        let gbk = GBK.encode("社會工作是我们的工作").0;
        assert_eq!(
            output(&gbk, None).unwrap(),
            &*GBK.encode("社会工作是我们的工作").0
        );
        assert_eq!(
            output(&gbk, Some(UTF_8)).unwrap(),
            "社会工作是我们的工作".as_bytes()
        );
        let wide = output("會a".as_bytes(), Some(UTF_16LE)).unwrap();
        assert_eq!(wide, [0xFF, 0xFE, 0x1A, 0x4F, b'a', 0]);
        assert_eq!(
            output(&wide, Some(UTF_8)).unwrap(),
            "\u{FEFF}会a".as_bytes()
        );
        assert_eq!(
            output("\u{FEFF}會".as_bytes(), None).unwrap(),
            "\u{FEFF}会".as_bytes()
        );
        assert_eq!(
            output("\u{FEFF}會".as_bytes(), Some(GBK)).unwrap(),
            &*GBK.encode("会").0
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_advice() {
        let big5 = BIG5.encode("社會工作是我們的工作，說這樣的話").0;
        let message = output(&big5, Some(GBK)).map_or_else(|message| message, |_| String::new());
        assert_eq!(message, "");
        let message = output("會🀄".as_bytes(), Some(GBK)).unwrap_err();
        assert!(message.contains("--to-encoding utf-8"), "{message}");
    }

    #[test]
    fn broken_bytes_stay_in_every_encoding() {
        let mut gbk = GBK.encode("社會工作是我们的工作").0.into_owned();
        gbk.push(0xFF);
        gbk.extend_from_slice(&GBK.encode("會").0);
        let converted = output(&gbk, Some(UTF_8)).unwrap();
        assert_eq!(
            converted,
            ["社会工作是我们的工作".as_bytes(), b"\xFF", "会".as_bytes()].concat()
        );
        let broken = [b"\xE4\xBC".as_slice(), "會没有".as_bytes(), b"\xFF"].concat();
        assert_eq!(
            output(&broken, None).unwrap(),
            [b"\xE4\xBC".as_slice(), "会没有".as_bytes(), b"\xFF"].concat()
        );
    }
}
