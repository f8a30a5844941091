//! Decoding with a ledger, in whole texts where all is well and unit by unit where it is not.

use encoding_rs::{BIG5, EncoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use super::ledger::Ledger;
use crate::codec::cp936;

/// Text and ledger of `bytes`, which have no byte order mark (any more).
pub(super) fn decode(bytes: &[u8], encoding: &'static Encoding) -> (String, Ledger) {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
    let mut ledger = Ledger::default();
    if encoding == UTF_8 {
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if simdutf8::basic::from_utf8(line).is_err()
                && other_line(line, UTF_8, &mut text, &mut ledger)
            {
                continue;
            }
            for chunk in line.utf8_chunks() {
                text.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    ledger.push_undecodable(&mut text, chunk.invalid());
                }
            }
        }
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        utf16(bytes, encoding == UTF_16BE, &mut text, &mut ledger);
    } else if let Some(whole) = round_trip(bytes, encoding) {
        text = whole;
    } else {
        // A line feed is never part of a pair, so that every line stands for itself.
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if simdutf8::basic::from_utf8(line).is_ok()
                && other_line(line, encoding, &mut text, &mut ledger)
            {
                continue;
            }
            match round_trip(line, encoding) {
                Some(line) => text.push_str(&line),
                None => pairs(line, encoding, &mut text, &mut ledger),
            }
        }
    }
    (text, ledger)
}

/// Decodes a line that is in another encoding than the text around it; `false` if it is not.
fn other_line(
    line: &[u8],
    encoding: &'static Encoding,
    text: &mut String,
    ledger: &mut Ledger,
) -> bool {
    let body = line.strip_suffix(b"\n").unwrap_or(line);
    let Some(other) = super::detect::odd_line(body, encoding) else {
        return false;
    };
    let Some(decoded) = other.decode_without_bom_handling_and_without_replacement(body) else {
        return false;
    };
    ledger.push_decoded(text, &decoded, body);
    if body.len() < line.len() {
        text.push('\n');
    }
    true
}

/// The text of `bytes` if all of them can be decoded and the text gives back the same bytes.
fn round_trip(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut back = Vec::with_capacity(bytes.len());
    append(&mut back, &text, encoding).ok()?;
    (back == bytes).then(|| text.into_owned())
}

/// A character that an encoding lacks.
pub(super) struct Unmappable {
    /// Where it begins in the text.
    pub(super) place: usize,
    pub(super) character: char,
}

/// Appends `text` in an encoding that has ASCII as it is: GBK, GB18030, Big5, or what a page of ASCII declares.
pub(super) fn append(
    bytes: &mut Vec<u8>,
    text: &str,
    encoding: &'static Encoding,
) -> Result<(), Unmappable> {
    if encoding != GBK && encoding != GB18030 {
        return append_slowly(bytes, text, encoding, 0);
    }
    // The encoders of encoding_rs search their tables from end to end in the default build, at 10 MB/s;
    // the table of code page 936 agrees with them (tested for every pair) and answers at once.
    for (place, c) in text.char_indices() {
        if c.is_ascii() {
            bytes.push(c as u8);
        } else if let Some(pair) = cp936::encode(c) {
            bytes.extend_from_slice(&pair);
        } else {
            append_slowly(bytes, &text[place..place + c.len_utf8()], encoding, place)?;
        }
    }
    Ok(())
}

/// Appends `text`, which begins at `start` of a longer one.
fn append_slowly(
    bytes: &mut Vec<u8>,
    text: &str,
    encoding: &'static Encoding,
    start: usize,
) -> Result<(), Unmappable> {
    let mut encoder = encoding.new_encoder();
    let mut read = 0;
    loop {
        let rest = &text[read..];
        let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
        bytes.reserve(room.unwrap_or(rest.len()));
        let (result, length) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, bytes, true);
        read += length;
        match result {
            EncoderResult::InputEmpty => return Ok(()),
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => {
                // The character itself has been read.
                let place = start + read - character.len_utf8();
                return Err(Unmappable { place, character });
            }
        }
    }
}

/// How the bytes at the start of a rest are to be read.
enum Unit {
    /// So many bytes are a character, or two.
    Character(usize),
    /// So many bytes cannot be decoded.
    Broken(usize),
}

fn pairs(bytes: &[u8], encoding: &'static Encoding, text: &mut String, ledger: &mut Ledger) {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest[0] < 0x80 {
            text.push(char::from(rest[0]));
            at += 1;
            continue;
        }
        match unit(rest, encoding) {
            Unit::Character(length) => {
                let unit = &rest[..length];
                match round_trip(unit, encoding) {
                    Some(decoded) => text.push_str(&decoded),
                    None => {
                        let (decoded, _) = encoding.decode_without_bom_handling(unit);
                        ledger.push_decoded(text, &decoded, unit);
                    }
                }
                at += length;
            }
            Unit::Broken(length) => {
                ledger.push_undecodable(text, &rest[..length]);
                at += length;
            }
        }
    }
}

/// The unit at the start of `rest`, whose first byte is above ASCII.
fn unit(rest: &[u8], encoding: &'static Encoding) -> Unit {
    let decodes = |length: usize| {
        let unit = rest.get(..length)?;
        let decoded = encoding.decode_without_bom_handling_and_without_replacement(unit)?;
        // Four bytes may also be read as two pairs or the like: only one character counts, but for
        // the four pairs of Big5 that are a letter and a combining mark.
        let most = if encoding == BIG5 { 2 } else { 1 };
        (decoded.chars().count() <= most).then_some(Unit::Character(length))
    };
    let lengths: &[usize] = if encoding == BIG5 { &[2] } else { &[1, 2, 4] };
    for &length in lengths {
        if let Some(unit) = decodes(length) {
            return unit;
        }
    }
    // A second byte of ASCII stands for itself; the others belong to the broken character.
    match rest.get(1) {
        Some(0x80..=0xFE) if matches!(rest[0], 0x81..=0xFE) => Unit::Broken(2),
        _ => Unit::Broken(1),
    }
}

/// How many units above ASCII there are, and how many of them are wrong: broken, or in the
/// user-defined areas of GBK, which Big5 text read as GBK is full of.
pub(super) fn quality(bytes: &[u8], encoding: &'static Encoding) -> (usize, usize) {
    let mut counted = (0, 0);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(line) {
            for c in text.chars().filter(|c| !c.is_ascii()) {
                counted.0 += 1;
                counted.1 += usize::from(is_private(c));
            }
            continue;
        }
        let mut at = 0;
        while at < line.len() {
            if line[at] < 0x80 {
                at += 1;
                continue;
            }
            counted.0 += 1;
            at += match unit(&line[at..], encoding) {
                Unit::Character(length) => {
                    let unit = &line[at..at + length];
                    let (decoded, _) = encoding.decode_without_bom_handling(unit);
                    counted.1 += usize::from(decoded.chars().any(is_private));
                    length
                }
                Unit::Broken(length) => {
                    counted.1 += 1;
                    length
                }
            };
        }
    }
    counted
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}')
}

/// Whether GBK bytes hold a sequence of four bytes, that is a character of GB18030.
pub(super) fn has_four_byte_sequence(bytes: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').any(|line| {
        let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(line) else {
            // Broken bytes: look at the units one by one.
            let mut at = 0;
            while at < line.len() {
                let length = match line[at] {
                    0..=0x7F => 1,
                    _ => match unit(&line[at..], GB18030) {
                        Unit::Character(4) => return true,
                        Unit::Character(length) | Unit::Broken(length) => length,
                    },
                };
                at += length;
            }
            return false;
        };
        // The encoder of GBK lacks them; it lacks nothing else that both decode.
        append(&mut Vec::with_capacity(line.len()), &text, GBK).is_err()
    })
}

fn utf16(bytes: &[u8], big_endian: bool, text: &mut String, ledger: &mut Ledger) {
    let (units, rest) = bytes.as_chunks::<2>();
    let number = |unit: &[u8; 2]| {
        if big_endian {
            u16::from_be_bytes(*unit)
        } else {
            u16::from_le_bytes(*unit)
        }
    };
    let mut at = 0;
    for decoded in char::decode_utf16(units.iter().map(number)) {
        match decoded {
            Ok(c) => {
                text.push(c);
                at += c.len_utf16();
            }
            Err(_) => {
                ledger.push_undecodable(text, &units[at]);
                at += 1;
            }
        }
    }
    if !rest.is_empty() {
        ledger.push_undecodable(text, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_the_encoders() {
        for (pair, c) in cp936::pairs() {
            for encoding in [GBK, GB18030] {
                let text = c.to_string();
                assert_eq!(
                    *encoding.encode(&text).0,
                    pair,
                    "{c} in {}",
                    encoding.name()
                );
            }
        }
    }
}
