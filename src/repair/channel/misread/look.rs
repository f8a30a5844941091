//! The first look: stretches of text that may have been misread.
//!
//! A misread text is full of characters that Chinese text hardly has: rare Han, Latin letters with
//! diacritics, half-width katakana, box drawing. In clean Chinese 1 to 4 characters in a hundred are of
//! these, in misread text 40 to 99. So it is enough to look at one character in every sixteen bytes, and
//! to count only where one of them is found.

use std::ops::Range;

use super::rare_table::RARE;

/// Bytes from one sample to the next. A misread sentence of eight characters has two or more.
const STRIDE: usize = 16;
/// Up to this length every character is looked at: a short text has no room for samples.
const SHORT: usize = 2048;
/// How far before and behind a sample counting begins and goes on, in bytes.
const NEAR: usize = 64;
/// What one character adds to the count: a suspicious one, another one above ASCII, one of ASCII.
const WEIGHTS: [f32; 3] = [1.0, -0.4, -0.15];
/// A stretch counts from here on: two suspicious characters side by side.
const ENOUGH: f32 = 2.0;
/// A stretch ends where the count has fallen by so much.
const OVER: f32 = 4.0;

/// Whether clean Chinese text hardly has this character, and misread text is full of its kind. What is outside
/// the basic plane comes out of no double-byte codec.
pub fn is_suspicious(c: char) -> bool {
    let code = u32::from(c) as usize;
    RARE.get(code / 64)
        .is_some_and(|word| word >> (code % 64) & 1 == 1)
}

/// The stretches of `text` that may have been misread, in order.
///
/// ```
/// use hanfix::repair::channel::misread::stretches;
///
/// assert!(stretches("社会工作是党的工作的重要组成部分。").is_empty());
/// assert_eq!(stretches("见 ÄãºÃ 一词"), [4..12]);
/// ```
pub fn stretches(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    if bytes.is_ascii() {
        return found;
    }
    let stride = if bytes.len() <= SHORT { 1 } else { STRIDE };
    let mut at = 0;
    while at < bytes.len() {
        if !is_suspicious(character_near(bytes, at)) {
            at += stride;
            continue;
        }
        let floor = found.last().map_or(0, |last| last.end);
        at = count(text, at, floor, &mut found) + 1;
    }
    found
}

/// The character at or behind `at` if it is of two or three bytes; any other one is as good as NUL.
#[inline]
fn character_near(bytes: &[u8], at: usize) -> char {
    // A character has at most three bytes that are no first ones.
    let mut window = [0; 8];
    match bytes.get(at..at + 8) {
        Some(bytes) => window.copy_from_slice(bytes),
        None => window[..bytes.len() - at].copy_from_slice(&bytes[at..]),
    }
    let window = u64::from_le_bytes(window);
    // Bytes that continue a character are 10xxxxxx: of each byte that is none, one bit at least remains.
    let firsts = (window & 0xC0C0_C0C0_C0C0_C0C0) ^ 0x8080_8080_8080_8080;
    let window = (window >> (firsts.trailing_zeros() / 8 * 8)) as u32;
    let [first, second, third, _] = window.to_le_bytes().map(u32::from);
    let code = match first {
        0xE0..=0xEF => (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F,
        0xC0..=0xDF => (first & 0x1F) << 6 | second & 0x3F,
        _ => 0,
    };
    char::from_u32(code).unwrap_or('\0')
}

/// Counts around a sample and adds the stretches there; where it stopped.
fn count(text: &str, sample: usize, floor: usize, found: &mut Vec<Range<usize>>) -> usize {
    let from = text
        .floor_char_boundary(sample.saturating_sub(NEAR))
        .max(floor);
    let mut count = 0.0_f32;
    let mut start = from;
    let mut peak = (0.0_f32, from);
    for (i, c) in text[from..].char_indices() {
        let at = from + i;
        let end = at + c.len_utf8();
        if count <= 0.0 {
            count = 0.0;
            start = at;
        }
        let suspicious = is_suspicious(c);
        count += match c {
            _ if suspicious => WEIGHTS[0],
            '\0'..='\x7F' => WEIGHTS[2],
            _ => WEIGHTS[1],
        };
        if suspicious && count >= peak.0 {
            peak = (count, end);
        }
        let over = count <= 0.0 || peak.0 - count > OVER;
        if over {
            if peak.0 >= ENOUGH {
                push(found, start..peak.1);
            }
            (count, peak) = (0.0, (0.0, end));
            if at > sample + NEAR {
                return end;
            }
        }
    }
    if peak.0 >= ENOUGH {
        push(found, start..peak.1);
    }
    text.len()
}

/// Adds a span behind the others, joined to the last one where they touch.
pub(super) fn push(found: &mut Vec<Range<usize>>, span: Range<usize>) {
    match found.last_mut() {
        Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
        _ => found.push(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frequent_characters_are_about_four_thousand() {
        let frequent = ('\u{4E00}'..='\u{9FFF}')
            .filter(|&c| !is_suspicious(c))
            .count();
        assert!((3_000..6_000).contains(&frequent), "{frequent}");
    }

    #[test]
    fn wherever_it_stands() {
        for before in 0..40 {
            for after in [0, 40] {
                let text = format!(
                    "{}涓枃鏈嶅姟鍣ㄥ嚭閿欎簡{}",
                    "好的".repeat(before),
                    "好的".repeat(after)
                );
                assert_eq!(stretches(&text).len(), 1, "{text}");
            }
        }
    }
}
