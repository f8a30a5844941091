//! Is a text written in Traditional characters?
//!
//! A character that stands in one script only speaks for that script; the majority decides. In
//! blocks of 1,400 characters the share of Traditional-only ones among both kinds is at most 0.195
//! in every Simplified text that was measured and at least 0.895 in every Traditional one, so the
//! half is far from either. Lines are too short for a decision (454 lines of Simplified classical
//! prose hold a Traditional-only character), and "any Traditional character" fails for the same
//! reason.

use std::ops::Range;

use super::table;
use crate::codec::literal;

/// Longer texts are decided block by block of this many bytes: 20,000 characters, many times what
/// the decision needs, and a reader of a stream need not wait for more.
const BLOCK: usize = 64 << 10;

/// The character stands in Traditional text only.
const TRADITIONAL: u8 = 1;
/// The character stands in Simplified text only.
const SIMPLIFIED: u8 = 2;
/// The character is an ideograph of the main block.
const HAN: u8 = 8;
/// The character is kana or Hangul.
const OTHER: u8 = 16;

/// What is known of every character of the basic plane.
static CLASSES: [u8; 0x1_0000] = {
    let mut classes = [0; 0x1_0000];
    let lists = [
        (table::TRADITIONAL_ONLY, TRADITIONAL),
        (table::SIMPLIFIED_ONLY, SIMPLIFIED),
    ];
    let mut list = 0;
    while list < lists.len() {
        let (text, class) = lists[list];
        let mut at = 0;
        while at < text.len() {
            let (code, after) = literal::next(text, at);
            at = after;
            classes[code as usize] |= class;
        }
        list += 1;
    }
    let ranges = [
        (0x4E00, 0x9FFF, HAN),
        (0x3040, 0x30FF, OTHER),
        (0xAC00, 0xD7BF, OTHER),
    ];
    let mut range = 0;
    while range < ranges.len() {
        let (mut code, last, class) = ranges[range];
        while code <= last {
            classes[code] |= class;
            code += 1;
        }
        range += 1;
    }
    classes
};

#[inline]
fn class(code: u32) -> u8 {
    CLASSES.get(code as usize).copied().unwrap_or(0)
}

/// Whether `c` stands in Traditional text only.
///
/// Characters that both scripts use (后 于 里 着 著 乾) are in neither group, nor is anything outside
/// the basic plane.
///
/// ```
/// use hanfix::script::is_traditional_only;
/// assert!(is_traditional_only('會') && !is_traditional_only('会') && !is_traditional_only('的'));
/// ```
pub fn is_traditional_only(c: char) -> bool {
    class(u32::from(c)) & TRADITIONAL != 0
}

/// Whether `c` stands in Simplified text only; see [`is_traditional_only`].
///
/// ```
/// use hanfix::script::is_simplified_only;
/// assert!(is_simplified_only('会') && !is_simplified_only('會') && !is_simplified_only('后'));
/// ```
pub fn is_simplified_only(c: char) -> bool {
    class(u32::from(c)) & SIMPLIFIED != 0
}

/// How many characters of a text belong to one script only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScriptCount {
    /// Characters that stand in Traditional text only.
    pub traditional_only: usize,
    /// Characters that stand in Simplified text only.
    pub simplified_only: usize,
}

/// What the decision about a text is made from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Survey {
    /// Characters of one script only.
    pub(super) scripts: ScriptCount,
    /// All ideographs of the main block.
    han: usize,
    /// Kana and Hangul.
    other: usize,
}

/// Counters of four classes in one number, so that counting is one look-up and one addition.
const LANE: u32 = 16;
/// What a character of each class, without the phrase bit, adds: to those of Traditional text, of Simplified text, to
/// ideographs, to kana and Hangul.
static COUNTED: [u64; 32] = {
    let mut counted = [0; 32];
    let mut class = 0;
    while class < 32 {
        let bits = class as u64;
        counted[class] = bits & 1
            | (bits >> 1 & 1) << LANE
            | (bits >> 3 & 1) << (2 * LANE)
            | (bits >> 4) << (3 * LANE);
        class += 1;
    }
    counted
};

/// Reads a text once and counts.
pub(super) fn survey(text: &str) -> Survey {
    /// Bytes after which the counters are emptied: no more characters than a counter holds.
    const STRETCH: usize = 1 << LANE;
    let mut found = Survey::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + STRETCH);
        let mut counters = 0_u64;
        while at < end {
            // One way for all characters of three bytes: the processor foresees it better than one for each kind. The
            // last one may reach over the end of the stretch.
            let reach = bytes.len().min(end + 2);
            for code in literal::threes(&bytes[at..reach]) {
                counters += COUNTED[usize::from(CLASSES[usize::from(code)] & 31)];
                at += 3;
            }
            at = match bytes.get(at).filter(|_| at < end) {
                None => at,
                Some(0..=0x7F) => after_ascii(bytes, at),
                Some(0x80..=0xDF) => at + 2,
                Some(_) => at + 4,
            };
        }
        let counter = |lane: u32| (counters >> (lane * LANE) & 0xFFFF) as usize;
        found.scripts.traditional_only += counter(0);
        found.scripts.simplified_only += counter(1);
        found.han += counter(2);
        found.other += counter(3);
    }
    found
}

impl Survey {
    /// Whether the text is Japanese or Korean; see [`is_other_language`].
    pub(super) fn is_other_language(&self) -> bool {
        /// Kana and Hangul for each Han character: at least one in two in Japanese and Korean prose, a name or
        /// a quotation now and then in Chinese.
        const SHARE: f64 = 0.2;
        self.other as f64 > self.han as f64 * SHARE
    }
}

/// Counts the characters of `text` that belong to one script only.
///
/// ```
/// use hanfix::script::count;
/// let counted = count("社會工作是黨的工作");
/// assert_eq!((counted.traditional_only, counted.simplified_only), (2, 0));
/// ```
pub fn count(text: &str) -> ScriptCount {
    survey(text).scripts
}

/// Whether a text with these counts is Traditional and wants conversion: Traditional-only characters
/// outnumber Simplified-only ones. A text with neither is left as it is.
pub fn wants_simplified(counted: &ScriptCount) -> bool {
    counted.traditional_only > counted.simplified_only
}

/// Whether a text is Japanese or Korean: its Han characters are no Chinese script to convert, whatever
/// forms they have.
///
/// ```
/// use hanfix::script::is_other_language;
/// assert!(is_other_language("会議は学校で開かれた。發展"));
/// assert!(is_other_language("學校에서 會議가 열렸다"));
/// assert!(!is_other_language("他說「さよなら」就走了，從此我們沒有再見過面，也沒有收到他的來信。"));
/// ```
pub fn is_other_language(text: &str) -> bool {
    survey(text).is_other_language()
}

/// Where the run of ASCII ends that begins at `at`.
#[inline]
pub(super) fn after_ascii(bytes: &[u8], at: usize) -> usize {
    /// The upper bit of each of eight bytes.
    const UPPER: u64 = 0x8080_8080_8080_8080;
    let mut at = at + 1;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let upper = u64::from_le_bytes(*chunk) & UPPER;
        if upper != 0 {
            return at + upper.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < bytes.len() && bytes[at] < 0x80 {
        at += 1;
    }
    at
}

/// The blocks in which a text is decided: the whole of a text up to one and a half blocks, else
/// pieces of at most [`BLOCK`] bytes that end behind a line end if the second half of the piece
/// has one, else between two characters.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    std::iter::from_fn(move || {
        let left = text.len() - start;
        if left == 0 {
            return None;
        }
        let mut end = text.len();
        if left > BLOCK + BLOCK / 2 {
            end = start + BLOCK;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let half = start + BLOCK / 2;
            if let Some(line) = memchr::memrchr(b'\n', &text.as_bytes()[half..end]) {
                end = half + line + 1;
            }
        }
        let block = start..end;
        start = end;
        Some(block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_is_in_both_lists() {
        for c in '\0'..=char::MAX {
            assert!(!(is_traditional_only(c) && is_simplified_only(c)), "{c}");
        }
    }

    #[test]
    fn characters_of_both_scripts_say_nothing() {
        for c in "后于里只干面系制了云愿着著乾藉的一是。，A".chars() {
            assert!(!is_traditional_only(c) && !is_simplified_only(c), "{c}");
        }
    }

    #[test]
    fn counts_around_ascii_runs_of_every_length() {
        for length in 0..40 {
            let run = "x".repeat(length);
            let text = format!("{run}會é{run}会𠮷{run}學");
            let counted = count(&text);
            assert_eq!(
                (counted.traditional_only, counted.simplified_only),
                (2, 1),
                "{length}"
            );
        }
        assert_eq!(count(""), ScriptCount::default());
    }

    #[test]
    fn blocks_cover_the_text_and_end_at_lines() {
        let line = "社會工作是黨的工作的重要組成部分。\n";
        let text = line.repeat(10_000);
        let mut end = 0;
        for block in blocks(&text) {
            assert_eq!(block.start, end);
            assert!(block.len() <= BLOCK + BLOCK / 2);
            assert!(text[block.clone()].ends_with('\n'));
            end = block.end;
        }
        assert_eq!(end, text.len());
        let unbroken = "會".repeat(100_000);
        assert_eq!(
            blocks(&unbroken)
                .map(|block| unbroken[block].len())
                .sum::<usize>(),
            300_000
        );
        assert_eq!(blocks("").count(), 0);
    }
}
