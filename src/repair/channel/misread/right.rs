//! The right codecs: what the text was written in, before something read it with another one.

use std::sync::OnceLock;

use encoding_rs::{BIG5, GB18030};

use crate::codec::cp936;
use crate::repair::automaton::{Automaton, Pending, Step};

/// An encoding that Chinese text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Right {
    /// UTF-8.
    Utf8,
    /// GBK with the sequences of four bytes that GB18030 adds.
    Gb18030,
    /// Big5 with the characters of HKSCS.
    Big5,
}

impl Right {
    /// All of them, the most frequent first.
    pub const ALL: [Right; 3] = [Right::Utf8, Right::Gb18030, Right::Big5];

    /// The name used in plans and reports.
    pub fn name(self) -> &'static str {
        match self {
            Right::Utf8 => "utf-8",
            Right::Gb18030 => "gb18030",
            Right::Big5 => "big5",
        }
    }

    /// Appends the bytes of a character; `false` if the encoding has no such character.
    pub fn encode(self, c: char, bytes: &mut Vec<u8>) -> bool {
        if c.is_ascii() {
            bytes.push(c as u8);
            return true;
        }
        match self {
            Right::Utf8 => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Right::Gb18030 => match cp936::encode(c) {
                Some(pair) => bytes.extend_from_slice(&pair),
                None => {
                    let mut buffer = [0; 4];
                    let (encoded, _, missing) = GB18030.encode(c.encode_utf8(&mut buffer));
                    bytes.extend_from_slice(&encoded);
                    return !missing;
                }
            },
            Right::Big5 => match big5().pair(c) {
                Some(pair) => bytes.extend_from_slice(&pair),
                None => return false,
            },
        }
        true
    }
}

impl Automaton for Right {
    #[inline]
    fn step(&self, pending: Pending, byte: u8) -> Step {
        if pending.is_none() && byte < 0x80 {
            return Step::Emit(char::from(byte));
        }
        match self {
            Right::Utf8 => utf8(pending, byte),
            Right::Gb18030 => gb18030(pending, byte),
            Right::Big5 => {
                if pending.is_none() {
                    return lead(byte);
                }
                match big5().character(pending.last_byte(), byte) {
                    Some(c) => Step::Emit(c),
                    None => Step::Reject,
                }
            }
        }
    }
}

fn lead(byte: u8) -> Step {
    match byte {
        0x81..=0xFE => Step::Wait(Pending::NONE.with(byte)),
        _ => Step::Reject,
    }
}

#[inline]
fn utf8(pending: Pending, byte: u8) -> Step {
    if pending.is_none() {
        return match byte {
            0xC2..=0xF4 => Step::Wait(Pending::NONE.with(byte)),
            _ => Step::Reject,
        };
    }
    if byte & 0xC0 != 0x80 {
        return Step::Reject;
    }
    let bytes = pending.bytes();
    let tail = u32::from(byte & 0x3F);
    let emit = |code| char::from_u32(code).map_or(Step::Reject, Step::Emit);
    match bytes {
        0xC2..=0xDF => emit((bytes & 0x1F) << 6 | tail),
        0xE0..=0xEF => {
            // No overlong forms, no surrogates.
            let fits = match bytes {
                0xE0 => byte >= 0xA0,
                0xED => byte < 0xA0,
                _ => true,
            };
            wait_if(fits, pending, byte)
        }
        0xF0..=0xF4 => {
            let fits = match bytes {
                0xF0 => byte >= 0x90,
                0xF4 => byte < 0x90,
                _ => true,
            };
            wait_if(fits, pending, byte)
        }
        0xE000..=0xEFFF => emit((bytes >> 8 & 0x0F) << 12 | (bytes & 0x3F) << 6 | tail),
        0xF000..=0xF4FF => wait_if(true, pending, byte),
        _ => emit(
            (bytes >> 16 & 0x07) << 18 | (bytes >> 8 & 0x3F) << 12 | (bytes & 0x3F) << 6 | tail,
        ),
    }
}

fn wait_if(fits: bool, pending: Pending, byte: u8) -> Step {
    if fits {
        Step::Wait(pending.with(byte))
    } else {
        Step::Reject
    }
}

#[inline]
fn gb18030(pending: Pending, byte: u8) -> Step {
    if pending.is_none() {
        return lead(byte);
    }
    let bytes = pending.bytes();
    match bytes {
        0..=0xFF => {
            if byte.is_ascii_digit() {
                return Step::Wait(pending.with(byte));
            }
            match cp936::decode(bytes as u8, byte).or_else(|| added_pair(bytes as u8, byte)) {
                Some(c) => Step::Emit(c),
                None => Step::Reject,
            }
        }
        0x100..=0xFFFF => wait_if(matches!(byte, 0x81..=0xFE), pending, byte),
        _ => {
            if !byte.is_ascii_digit() {
                return Step::Reject;
            }
            let four = pending.with(byte).bytes().to_be_bytes();
            let text = GB18030.decode_without_bom_handling_and_without_replacement(&four);
            let text = text.as_deref().unwrap_or_default();
            match text.chars().next() {
                Some(c) if text.len() == c.len_utf8() => Step::Emit(c),
                _ => Step::Reject,
            }
        }
    }
}

/// The pairs that GB18030 adds to code page 936, the euro sign above all; those of private use left out.
fn added_pair(lead: u8, trail: u8) -> Option<char> {
    static ADDED: OnceLock<Vec<([u8; 2], char)>> = OnceLock::new();
    let added = ADDED.get_or_init(|| {
        let mut pairs = super::wrong::decoded_pairs(GB18030, 0x81..=0xFE, 0x40..=0xFE);
        pairs.retain(|&([lead, trail], c)| {
            cp936::decode(lead, trail).is_none() && !matches!(c, '\u{E000}'..='\u{F8FF}')
        });
        pairs
    });
    let at = added
        .binary_search_by_key(&[lead, trail], |entry| entry.0)
        .ok()?;
    Some(added[at].1)
}

/// Big5 with HKSCS, both ways.
struct Big5Table {
    /// By lead (from 81) and trail (from 40); `\0` where there is nothing.
    characters: Vec<char>,
    /// Sorted by character.
    pairs: Vec<(char, [u8; 2])>,
}

impl Big5Table {
    #[inline]
    fn character(&self, lead: u8, trail: u8) -> Option<char> {
        if trail < 0x40 {
            return None;
        }
        let at = usize::from(lead - 0x81) * 192 + usize::from(trail - 0x40);
        self.characters.get(at).copied().filter(|&c| c != '\0')
    }

    fn pair(&self, c: char) -> Option<[u8; 2]> {
        let at = self.pairs.binary_search_by_key(&c, |entry| entry.0).ok()?;
        Some(self.pairs[at].1)
    }
}

fn big5() -> &'static Big5Table {
    static TABLE: OnceLock<Big5Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut characters = vec!['\0'; 126 * 192];
        let mut pairs = Vec::new();
        for (pair, c) in super::wrong::decoded_pairs(BIG5, 0x81..=0xFE, 0x40..=0xFE) {
            characters[usize::from(pair[0] - 0x81) * 192 + usize::from(pair[1] - 0x40)] = c;
            pairs.push((c, pair));
        }
        // Of several codes of a character the one in the standard's own rows (A1 on) is written; the two
        // it repeats are the first ones.
        pairs.sort_by_key(|&(c, pair)| (c, pair[0] < 0xA1, pair));
        pairs.dedup_by_key(|entry| entry.0);
        Big5Table { characters, pairs }
    })
}

#[cfg(test)]
mod tests {
    use super::super::chain::read;
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for (right, text) in [
            (Right::Utf8, "a中文é𠮷，"),
            (Right::Gb18030, "a中文é𠮷，·—"),
            (Right::Big5, "a中文，嘅咗"),
        ] {
            let mut bytes = Vec::new();
            assert!(text.chars().all(|c| right.encode(c, &mut bytes)));
            assert_eq!(read(right, &bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn utf8_agrees_with_the_standard_library() {
        for first in 0x80..=0xFF_u8 {
            for second in 0..=0xFF_u8 {
                for rest in [&b""[..], b"\x80", b"\x80\x80", b"\xBF\xBF", b"a"] {
                    let mut bytes = vec![first, second];
                    bytes.extend_from_slice(rest);
                    assert_eq!(
                        read(Right::Utf8, &bytes).as_deref(),
                        std::str::from_utf8(&bytes).ok(),
                        "{bytes:X?}"
                    );
                }
            }
        }
    }
}
