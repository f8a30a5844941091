//! The first look: stretches of text that may have been misread.
//!
//! A misread text is full of characters that Chinese text hardly has: rare Han, Latin letters with
//! diacritics, half-width katakana, box drawing. In clean Chinese 1 to 4 characters in a hundred are of
//! these, in misread text 40 to 99. So it is enough to look at one character in every sixteen bytes, and
//! to count only where one of them is found.

use std::ops::Range;

use crate::lm::Model;

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

/// Nats above which a character by itself is a frequent one: some 700 are.
const FREQUENT: f32 = -7.5;
/// A line is unusual with fewer frequent characters than this share of its Han, kana and Hangul. Of misread lines 93 % are
/// (EUC-JP) or more, of modern ones 2 in 1,000, of classical prose 3 % and of verses a quarter, which read well to the model.
const FREQUENT_SHARE: f32 = 0.3;
/// Characters that tell, and so many after which a line is no longer looked at.
const FEW: usize = 6;
const MANY: usize = 16;
/// Bytes from one probe of a long text to the next.
const PROBE: usize = 4096;

/// Whether clean Chinese text hardly has this character, and misread text is full of its kind. What is outside
/// the basic plane comes out of no double-byte codec.
pub fn is_suspicious(c: char) -> bool {
    let code = u32::from(c);
    RARE.get((code / 64) as usize)
        .is_some_and(|number| number >> (code % 64) & 1 == 1)
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
    let mut at = 0;
    while let Some(sample) = next_sample(bytes, at) {
        let floor = found.last().map_or(0, |last| last.end);
        at = count(text, sample, floor, &mut found) + 1;
    }
    found
}

/// The next place at or behind `at` with a suspicious character: of a short text every character is looked at, of a long one
/// the one at or behind every sixteenth byte.
fn next_sample(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if bytes.len() <= SHORT {
        return (0..rest.len())
            .find(|&i| is_suspicious_near(&window(&rest[i..])))
            .map(|i| at + i);
    }
    let (strides, end) = rest.as_chunks::<STRIDE>();
    let found = strides
        .iter()
        .position(|stride| stride.first_chunk().is_some_and(is_suspicious_near))
        .or_else(|| is_suspicious_near(&window(end)).then_some(strides.len()));
    found.map(|i| at + i * STRIDE)
}

/// The lines of `text` with hardly any frequent character, from the first above ASCII to the last: EUC-JP shows GBK as Han
/// that are no rare ones each by itself (`凋綜壓音聞喘` is 命令在不使用). Of a long text only the surroundings of what is unusual
/// at a probe are looked at line by line.
pub(super) fn unusual(text: &str, model: &Model) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.is_ascii() {
        return found;
    }
    if text.len() <= SHORT {
        unusual_lines(text, 0..text.len(), model, &mut found);
        return found;
    }
    let mut done = 0;
    for probe in (0..text.len()).step_by(PROBE) {
        let at = text.ceil_char_boundary(probe);
        if at >= done
            && is_unusual(
                &text[at..text.ceil_char_boundary((at + SHORT).min(text.len()))],
                model,
            )
        {
            let from = text.floor_char_boundary(at.saturating_sub(PROBE)).max(done);
            done = text.ceil_char_boundary((at + PROBE).min(text.len()));
            unusual_lines(text, from..done, model, &mut found);
        }
    }
    found
}

/// Adds the unusual ones of the lines in a part of a text.
fn unusual_lines(text: &str, part: Range<usize>, model: &Model, found: &mut Vec<Range<usize>>) {
    let mut start = part.start;
    for line in text[part].split_inclusive('\n') {
        if is_unusual(line, model) {
            let above = |c: char| !c.is_ascii();
            if let (Some(first), Some(last)) = (line.find(above), line.rfind(above)) {
                let end = last + line[last..].chars().next().map_or(0, char::len_utf8);
                found.push(start + first..start + end);
            }
        }
        start += line.len();
    }
}

/// Whether hardly any of the first characters is a frequent one.
fn is_unusual(text: &str, model: &Model) -> bool {
    let (mut all, mut frequent) = (0, 0);
    for c in text.chars() {
        match c {
            '\u{3040}'..='\u{30FF}' => frequent += 1,
            '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => {
                frequent += usize::from(model.unigram_log_prob(model.symbol(c)) > FREQUENT);
            }
            _ => continue,
        }
        all += 1;
        if all == MANY {
            break;
        }
    }
    all >= FEW && (frequent as f32) < FREQUENT_SHARE * all as f32
}

/// The first bytes, as if NUL bytes followed the last one.
#[inline]
fn window<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut window = [0; LENGTH];
        window[..bytes.len()].copy_from_slice(bytes);
        window
    })
}

/// Whether the first character that begins in these bytes is suspicious.
#[inline]
fn is_suspicious_near(window: &[u8; 8]) -> bool {
    let window = u64::from_le_bytes(*window);
    // Bytes that continue a character are 10xxxxxx: of each byte that is none, one bit at least remains. A character has
    // at most three of them.
    let firsts = (window & 0xC0C0_C0C0_C0C0_C0C0) ^ 0x8080_8080_8080_8080;
    is_suspicious_first((window >> (firsts.trailing_zeros() / 8 * 8)) as u32)
}

/// Whether the character that these bytes, the lowest first, begin with is suspicious. The last byte of a character has
/// the lowest six bits of its code point, which are one number of the table.
#[inline]
fn is_suspicious_first(bytes: u32) -> bool {
    match bytes & 0xFF {
        0xE0..=0xEF => is_in_table((bytes & 0x0F) << 6 | bytes >> 8 & 0x3F, bytes >> 16),
        0xC0..=0xDF => is_suspicious_pair(bytes),
        _ => false,
    }
}

/// The same for a character of two bytes. Chinese text has next to none, so that no time is spent on both ways.
#[cold]
fn is_suspicious_pair(bytes: u32) -> bool {
    is_in_table(bytes & 0x1F, bytes >> 8)
}

/// What the table says: which number of it, and which bit, of which the lowest six bits count.
#[inline]
fn is_in_table(number: u32, bit: u32) -> bool {
    RARE[number as usize] >> (bit & 0x3F) & 1 == 1
}

/// Where the next suspicious character stands at or behind `at`, or else the first end of a character that begins
/// behind `near`.
fn next_suspicious(bytes: &[u8], mut at: usize, near: usize) -> Result<usize, usize> {
    while at < bytes.len() {
        let window: [u8; 4] = window(&bytes[at..]);
        if is_suspicious_first(u32::from_le_bytes(window)) {
            return Ok(at);
        }
        let end = at
            + match window[0] {
                0x00..=0x7F => 1,
                0x80..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0.. => 4,
            };
        if at > near {
            return Err(end);
        }
        at = end;
    }
    Err(bytes.len())
}

/// Counts around a sample and adds the stretches there; where it stopped.
fn count(text: &str, sample: usize, floor: usize, found: &mut Vec<Range<usize>>) -> usize {
    let near = sample + NEAR;
    let mut from = text
        .floor_char_boundary(sample.saturating_sub(NEAR))
        .max(floor);
    loop {
        // Nothing is counted before the next suspicious character.
        let start = match next_suspicious(text.as_bytes(), from, near) {
            Ok(start) => start,
            Err(end) => return end,
        };
        let mut count = 0.0_f32;
        let mut peak = (0.0_f32, start);
        let mut over = None;
        for (i, c) in text[start..].char_indices() {
            let at = start + i;
            let end = at + c.len_utf8();
            let suspicious = is_suspicious(c);
            count += match c {
                _ if suspicious => WEIGHTS[0],
                '\0'..='\x7F' => WEIGHTS[2],
                _ => WEIGHTS[1],
            };
            if suspicious && count >= peak.0 {
                peak = (count, end);
            }
            if count <= 0.0 || peak.0 - count > OVER {
                over = Some((at, end));
                break;
            }
        }
        if peak.0 >= ENOUGH {
            push(found, start..peak.1);
        }
        match over {
            Some((at, end)) if at <= near => from = end,
            Some((_, end)) => return end,
            None => return text.len(),
        }
    }
}

/// All of the spans of two lists in order, those that touch as one.
pub(super) fn joined(mut spans: Vec<Range<usize>>, others: &[Range<usize>]) -> Vec<Range<usize>> {
    if others.is_empty() {
        return spans;
    }
    spans.extend_from_slice(others);
    spans.sort_by_key(|span| span.start);
    let mut found = Vec::with_capacity(spans.len());
    for span in spans {
        push(&mut found, span);
    }
    found
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
