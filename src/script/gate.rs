//! Is a text written in Traditional characters?
//!
//! A character that stands in one script only speaks for that script; the majority decides. In
//! blocks of 1,400 characters the share of Traditional-only ones among both kinds is at most 0.195
//! in every Simplified text that was measured and at least 0.895 in every Traditional one, so the
//! half is far from either. Lines are too short for a decision (454 lines of Simplified classical
//! prose hold a Traditional-only character), and "any Traditional character" fails for the same
//! reason.

use std::ops::Range;

use super::{forms_table, table};
use crate::codec::literal;

/// Longer texts are decided block by block of this many bytes: 20,000 characters, many times what
/// the decision needs, and a reader of a stream need not wait for more.
const BLOCK: usize = 64 << 10;

/// The character stands in Traditional text only.
const TRADITIONAL: u8 = 1;
/// The character stands in Simplified text only.
const SIMPLIFIED: u8 = 2;
/// The character is an ideograph of the main block.
const HAN: u8 = 4;
/// The character is kana or Hangul, or an ideograph that only Japanese has.
const OTHER: u8 = 8;
/// The character is an ideograph that only Japanese has.
const JAPANESE: u8 = 16;
/// The character is an ideograph that Japanese text seldom has.
const UNJAPANESE: u8 = 32;
/// The character is a syllable of Hangul.
const HANGUL: u8 = 64;
/// The classes that [`survey`] counts.
const SURVEYED: u8 = TRADITIONAL | SIMPLIFIED | HAN | OTHER;

/// What is known of every character of the basic plane.
static CLASSES: [u8; 0x1_0000] = {
    let mut classes = [0; 0x1_0000];
    let ranges = [
        (0x4E00, 0x9FFF, HAN | UNJAPANESE),
        (0x3041, 0x30FA, OTHER),
        // The dot between them, U+30FB, stands in Chinese text too.
        (0x30FC, 0x30FF, OTHER),
        (0xAC00, 0xD7A3, OTHER | HANGUL),
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
    let lists = [
        (table::TRADITIONAL_ONLY, TRADITIONAL, 0),
        (table::SIMPLIFIED_ONLY, SIMPLIFIED, 0),
        (forms_table::JAPANESE_COMMON, 0, UNJAPANESE),
        (forms_table::JAPANESE_ONLY, OTHER | JAPANESE, UNJAPANESE),
    ];
    let mut list = 0;
    while list < lists.len() {
        let (text, class, never) = lists[list];
        let mut at = 0;
        while at < text.len() {
            let (code, after) = literal::next(text, at);
            at = after;
            classes[code as usize] = classes[code as usize] & !never | class;
        }
        list += 1;
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
    /// Kana, Hangul, and ideographs that only Japanese has.
    other: usize,
}

/// Counters of four classes in one number, so that counting is one look-up and one addition.
const LANE: u32 = 16;
/// What a character of each class adds: to those of Traditional text, of Simplified text, to ideographs, to those of
/// other languages.
static COUNTED: [u64; SURVEYED as usize + 1] = {
    let mut counted = [0; SURVEYED as usize + 1];
    let mut class = 0;
    while class < counted.len() {
        let bits = class as u64;
        counted[class] = bits & 1
            | (bits >> 1 & 1) << LANE
            | (bits >> 2 & 1) << (2 * LANE)
            | (bits >> 3) << (3 * LANE);
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
                counters += COUNTED[usize::from(CLASSES[usize::from(code)] & SURVEYED)];
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
        /// Kana, Hangul and characters of Japanese only for each Han character: at least one in two in Japanese and
        /// Korean prose, one in three in a list of prefectures, a name or a quotation now and then in Chinese.
        const SHARE: f64 = 0.2;
        self.other as f64 > self.han as f64 * SHARE
    }

    /// Whether there is anything in the text that Chinese does not have.
    pub(super) fn has_other_language(&self) -> bool {
        self.other > 0
    }
}

/// The lines of a block of Chinese text that are Japanese or Korean.
pub(super) fn other_lines(text: &str, block: Range<usize>) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = block.start;
    while start < block.end {
        let rest = &text.as_bytes()[start..block.end];
        let end = memchr::memchr(b'\n', rest).map_or(block.end, |length| start + length + 1);
        let line = &text[start..end];
        let survey = survey(line);
        if survey.has_other_language() {
            let is_all = start == block.start && end == block.end;
            if Line::read(line).is_other_language(&survey, is_all) {
                lines.push(start..end);
            }
        }
        start = end;
    }
    lines
}

/// What tells whether a line is Chinese.
#[derive(Debug, Default)]
struct Line {
    /// Characters that only Japanese has (県 広 経).
    japanese: usize,
    /// Characters that Japanese text seldom has (們 這 说), of which any line of Chinese has some.
    unjapanese: usize,
    /// Characters that Japanese has, and Chinese in one script only: 電 and 会 stand together in Japanese.
    traditional: usize,
    simplified: usize,
    /// Ideographs with Hangul right behind them: a particle (國은), which names in Chinese text do not have.
    joined: usize,
}

impl Line {
    fn read(line: &str) -> Line {
        /// What a fullwidth comma is worth as a character that Japanese, which has 、, does not have: with less a line
        /// of a poem is taken for Japanese that has 歩 and 携 in it.
        const COMMA: usize = 2;
        let mut read = Line::default();
        let mut last = 0;
        for c in line.chars() {
            let class = class(u32::from(c));
            let has = |wanted: u8| usize::from(class & wanted != 0);
            read.japanese += has(JAPANESE);
            read.unjapanese += has(UNJAPANESE);
            if class & UNJAPANESE == 0 {
                read.traditional += has(TRADITIONAL);
                read.simplified += has(SIMPLIFIED);
            }
            read.joined += has(HANGUL) & usize::from(last & HAN != 0);
            last = class;
            read.unjapanese += if c == '，' { COMMA } else { 0 };
        }
        read
    }

    fn is_other_language(&self, survey: &Survey, is_all: bool) -> bool {
        self.is_japanese(is_all)
            || self.is_korean(survey)
            || self.unjapanese == 0 && survey.is_other_language()
    }

    /// `is_all` says that there is nothing but this line.
    fn is_japanese(&self, is_all: bool) -> bool {
        /// Evidence that a line among others must have: old editions have a character of Japanese here and there
        /// (seven lines of 100,000 in the poems of the clean corpora).
        const LEAST: usize = 2;
        let mixed = self.traditional.min(self.simplified);
        self.japanese > 0
            && self.japanese + mixed > self.unjapanese
            && (is_all || self.japanese + mixed >= LEAST)
    }

    fn is_korean(&self, survey: &Survey) -> bool {
        /// Ideographs for each one with Hangul behind it: three to five in Korean of mixed script, and 13 in a
        /// Chinese sentence that names a word of Korean.
        const APART: usize = 10;
        self.joined * APART > survey.han
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
    fn lines_of_other_languages() {
        let lines = |text: &str| -> usize { other_lines(text, 0..text.len()).len() };
        for line in [
            "広島県広島市",
            "経済産業省 総務省",
            "鈴木電機株式会社,愛知県",
            "第一條 大韓民國은 民主共和國이다.",
            "愛知県",
        ] {
            assert_eq!(lines(line), 1, "{line}");
        }
        for line in [
            "我們去廣島県旅遊",
            "渋谷很好玩，我們去吧",
            "他說「さよなら」就走了",
            "約翰・李",
            "韓文한글是世界上最科學的文字",
            "社會工作",
        ] {
            assert_eq!(lines(line), 0, "{line}");
        }
        assert_eq!(lines("我們去了日本。\n広島県広島市\n後來又去了韓國。\n"), 1);
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
