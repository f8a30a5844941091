//! Cutting an input into blocks.

use std::io::{self, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memrchr;

use super::read_until;
use crate::decode::wide_without_mark;

/// Up to which length an input is taken whole, and how long the blocks of a longer one are, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Inputs up to this length are one block.
    pub whole: usize,
    /// No block of a longer input is longer than this; at least 16.
    pub block: usize,
}

impl Default for Limits {
    /// 8 MiB whole (longer than any single page), else blocks of 4 MiB.
    fn default() -> Self {
        Limits {
            whole: 8 << 20,
            block: 4 << 20,
        }
    }
}

/// How far back from the end of a block without a line end a quiet spot is looked for.
const QUIET_REACH: usize = 64 << 10;

/// A quiet spot has so many bytes outside ASCII in a row: longer than the longest damaged run
/// (14 characters were seen) has without a `?`, a bracket or another ASCII character.
const QUIET_LENGTH: usize = 48;

/// Room that is made for the first read; more as it is needed.
const FIRST_READ: usize = 8 << 10;

/// Reads an input block by block.
#[derive(Debug)]
pub struct Blocks<R> {
    reader: R,
    limits: Limits,
    encoding: Option<&'static Encoding>,
    /// What was read and not given out.
    rest: Vec<u8>,
    /// Room that is used again.
    spare: Vec<Vec<u8>>,
    /// The reader has nothing more.
    drained: bool,
    /// Blocks given out.
    count: usize,
    finished: bool,
}

impl<R: Read> Blocks<R> {
    /// Blocks of `reader`, whose encoding may be known.
    pub fn new(reader: R, encoding: Option<&'static Encoding>, limits: Limits) -> Self {
        let limits = Limits {
            whole: limits.whole,
            block: limits.block.max(16),
        };
        Blocks {
            reader,
            limits,
            encoding,
            rest: Vec::new(),
            spare: Vec::new(),
            drained: false,
            count: 0,
            finished: false,
        }
    }

    /// Says what the encoding is, once it is known; it decides where a character ends.
    pub fn set_encoding(&mut self, encoding: Option<&'static Encoding>) {
        self.encoding = encoding;
    }

    /// The next block and whether it is the last one. An empty input has one empty block.
    pub fn next_block(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        if self.finished {
            return Ok(None);
        }
        // Only the first block may be longer than the others.
        let limit = match self.count {
            0 => self.limits.whole,
            _ => self.limits.block,
        };
        // One byte more than the limit, to know whether the limit is passed.
        self.fill(limit + 1)?;
        let last = self.drained && self.rest.len() <= limit;
        let mut following = self.spare.pop().unwrap_or_default();
        following.clear();
        if !last {
            let window = &self.rest[..self.limits.block.min(self.rest.len())];
            let length = cut(window, self.encoding);
            following.extend_from_slice(&self.rest[length..]);
            self.rest.truncate(length);
        }
        self.count += 1;
        self.finished = last;
        Ok(Some((std::mem::replace(&mut self.rest, following), last)))
    }

    /// Takes back a block that is done with, for its room.
    pub(super) fn recycle(&mut self, block: Vec<u8>) {
        self.spare.push(block);
    }

    /// Takes back the last blocks that were given out, which may have to be cut elsewhere.
    pub(super) fn take_back(&mut self, blocks: &[Vec<u8>]) {
        if blocks.is_empty() {
            return;
        }
        let mut rest = blocks.concat();
        rest.append(&mut self.rest);
        self.rest = rest;
        self.count -= blocks.len();
        self.finished = false;
    }

    /// Reads until `wanted` bytes are there or the reader has nothing more.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.drained || self.rest.len() >= wanted {
            return Ok(());
        }
        // A longer input fills its room; a short one is read at once and gets no more than it needs.
        let missing = wanted - self.rest.len();
        let room = match self.count {
            0 => missing.min(FIRST_READ),
            _ => missing,
        };
        self.rest.reserve_exact(room);
        self.drained = read_until(&mut self.reader, &mut self.rest, wanted)?;
        Ok(())
    }
}

/// Where to cut a window of a longer input: behind the last line end, else in the middle of the last
/// quiet spot, else behind the last whole character. Never 0.
fn cut(window: &[u8], encoding: Option<&'static Encoding>) -> usize {
    let wide = encoding
        .or_else(|| Encoding::for_bom(window).map(|(encoding, _)| encoding))
        .or_else(|| wide_without_mark(window));
    if wide == Some(UTF_16LE) || wide == Some(UTF_16BE) {
        return cut_wide(window, wide == Some(UTF_16BE));
    }
    if let Some(last) = memrchr(b'\n', window) {
        return last + 1;
    }
    match encoding {
        Some(encoding) if encoding != UTF_8 => cut_double_byte(window),
        None if !is_utf8_so_far(window) => cut_double_byte(window),
        _ => quiet_spot(window).unwrap_or_else(|| cut_utf8(window)),
    }
}

fn is_utf8_so_far(window: &[u8]) -> bool {
    simdutf8::basic::from_utf8(&window[..cut_utf8(window)]).is_ok()
}

/// Behind the last whole character of UTF-8 text that may be broken.
fn cut_utf8(window: &[u8]) -> usize {
    for back in 1..=window.len().min(4) {
        let at = window.len() - back;
        let needed = match window[at] {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        return if needed > back && at > 0 {
            at
        } else {
            window.len()
        };
    }
    window.len()
}

/// The middle of the last long run without ASCII and without `？` of UTF-8 text, where no repair can be cut in two.
fn quiet_spot(window: &[u8]) -> Option<usize> {
    let floor = window.len().saturating_sub(QUIET_REACH);
    let mut run = 0;
    for at in (floor..window.len()).rev() {
        let loud = window[at] < 0x80 || window[at..].starts_with("？".as_bytes());
        run = if loud { 0 } else { run + 1 };
        if run >= QUIET_LENGTH {
            let middle = at + QUIET_LENGTH / 2;
            return (at.max(1)..=middle)
                .rev()
                .find(|&at| window[at] & 0xC0 != 0x80);
        }
    }
    None
}

/// Behind the last whole character of a double-byte encoding; four-byte characters of GB18030 are two pairs.
/// The window begins at a character.
fn cut_double_byte(window: &[u8]) -> usize {
    // A byte below 0x30 is always a character of its own, so what is in front of it need not be read.
    let mut at = window
        .iter()
        .rposition(|&byte| byte < 0x30)
        .map_or(0, |last| last + 1);
    let mut whole = at;
    while at < window.len() {
        let lead = (0x81..=0xFE).contains(&window[at]);
        let next = window.get(at + 1).copied();
        at += match next {
            _ if !lead => 1,
            Some(0x30..=0x39) => 4,
            _ => 2,
        };
        if at <= window.len() {
            whole = at;
        }
    }
    if whole == 0 { window.len() } else { whole }
}

/// Behind the last line end, else behind the last whole character, of UTF-16.
fn cut_wide(window: &[u8], big_endian: bool) -> usize {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if big_endian {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    };
    let (units, _) = window.as_chunks::<2>();
    if let Some(last) = units
        .iter()
        .rposition(|pair| unit(pair) == u16::from(b'\n'))
    {
        return 2 * (last + 1);
    }
    match units.last() {
        Some(pair) if (0xD800..0xDC00).contains(&unit(pair)) => 2 * (units.len() - 1),
        _ => 2 * units.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::GBK;

    fn lengths(input: &[u8], encoding: Option<&'static Encoding>, limits: Limits) -> Vec<usize> {
        let mut blocks = Blocks::new(input, encoding, limits);
        let mut lengths = Vec::new();
        while let Some((bytes, last)) = blocks.next_block().unwrap() {
            lengths.push(bytes.len());
            assert_eq!(last, lengths.iter().sum::<usize>() == input.len());
        }
        lengths
    }

    const SMALL: Limits = Limits {
        whole: 40,
        block: 20,
    };

    #[test]
    fn short_inputs_are_whole() {
        assert_eq!(lengths(b"", None, SMALL), [0]);
        assert_eq!(lengths(&[b'\n'; 40], None, SMALL), [40]);
        assert_eq!(lengths(&[b'\n'; 41], None, SMALL), [20, 20, 1]);
    }

    #[test]
    fn long_inputs_are_cut_at_line_ends() {
        let text = "一二三四五\n六七八九十\n一二三四五\n六七八九十";
        assert_eq!(lengths(text.as_bytes(), None, SMALL), [16, 16, 16, 15]);
    }

    #[test]
    fn without_line_ends_characters_stay_whole() {
        assert_eq!(
            lengths("一二三四五六七八九十一二三四五".as_bytes(), None, SMALL),
            [18, 18, 9]
        );
        assert_eq!(
            lengths("𠀀".repeat(11).as_bytes(), None, SMALL),
            [20, 20, 4]
        );
        let (gbk, ..) = GBK.encode("a一二三四五六七八九十一二三四五六七八九十一");
        assert_eq!(lengths(&gbk, Some(GBK), SMALL), [19, 20, 4]);
        assert_eq!(lengths(&gbk, None, SMALL), [19, 20, 4]);
    }

    #[test]
    fn broken_bytes_do_not_stop_the_cutting() {
        assert_eq!(lengths(&[0x80; 50], Some(UTF_8), SMALL), [20, 20, 10]);
        assert_eq!(lengths(&[0xFF; 50], None, SMALL), [20, 20, 10]);
        let mut tail = vec![b'a'; 50];
        tail[19] = 0xE4;
        assert_eq!(lengths(&tail, Some(UTF_8), SMALL), [19, 20, 11]);
    }

    #[test]
    fn utf_16_is_cut_between_units() {
        let wide: Vec<u8> = "一上下\u{0A00}𠀀"
            .repeat(5)
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(lengths(&wide, Some(UTF_16BE), SMALL), [20, 20, 20]);
        assert_eq!(cut_wide(&wide[..10], true), 8);
        assert_eq!(cut_wide(&[0, b'a', 0, b'\n', 0, b'b'], true), 4);
    }

    #[test]
    fn a_quiet_spot_is_preferred() {
        let text = format!("{}?{}(huì )", "一".repeat(40), "二".repeat(30));
        let at = quiet_spot(text.as_bytes()).unwrap();
        assert!(text.is_char_boundary(at));
        assert!(text[..at].ends_with("二二二二二") && text[at..].starts_with("二二二二二"));
        assert_eq!(quiet_spot("一二三？一二三".as_bytes()), None);
    }
}
