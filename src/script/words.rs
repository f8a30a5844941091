//! Words of the script that is converted to: which forms of characters stand together.

use std::sync::OnceLock;

/// Words of Simplified text: one byte each, the gain.
static HANS: &[u8] = include_bytes!("words_hans.bin");
/// Words of Traditional text: the gain, and the share of the spelling.
static HANT: &[u8] = include_bytes!("words_hant.bin");

/// The shortest and the longest word.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=16;
/// Bytes of the filter in front of the words: four bits for each hash of 16 bits.
const FILTER: usize = 1 << 15;
/// A unit of the scores, in nats.
const STEP: f32 = 0.125;

/// A list of words with their scores.
pub(super) struct Words {
    filter: &'static [u8],
    groups: [Group; 15],
}

/// The words of one length.
#[derive(Clone, Copy, Default)]
struct Group {
    length: usize,
    /// Characters as UTF-16, the words one after the other, sorted.
    keys: &'static [[u8; 2]],
    scores: &'static [u8],
    /// Bytes of score for each word.
    width: usize,
}

/// What is known of a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// How much better the word explains its characters than they do one by one, in nats.
    pub(super) gain: f32,
    /// ln of the share of this spelling among all spellings of the word.
    pub(super) share: f32,
    /// Whether OpenCC's dictionary has this spelling.
    pub(super) in_dictionary: bool,
}

impl Words {
    /// Words of Simplified text.
    pub(super) fn hans() -> &'static Words {
        static WORDS: OnceLock<Words> = OnceLock::new();
        WORDS.get_or_init(|| Words::open(HANS, 1))
    }

    /// Words of Traditional text, in the forms of OpenCC.
    pub(super) fn hant() -> &'static Words {
        static WORDS: OnceLock<Words> = OnceLock::new();
        WORDS.get_or_init(|| Words::open(HANT, 2))
    }

    fn open(bytes: &'static [u8], width: usize) -> Words {
        let (filter, mut rest) = bytes.split_at(FILTER);
        let mut groups = [Group::default(); 15];
        for (length, group) in LENGTHS.zip(&mut groups) {
            let (count, after) = rest.split_at(4);
            let count = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize;
            let (keys, after) = after.split_at(count * length * 2);
            let (scores, after) = after.split_at(count * width);
            *group = Group {
                length,
                keys: keys.as_chunks::<2>().0,
                scores,
                width,
            };
            rest = after;
        }
        Words { filter, groups }
    }

    /// Whether words have several spellings, some of them those of a dictionary.
    #[inline]
    pub(super) fn has_spellings(&self) -> bool {
        self.groups[0].width > 1
    }

    /// How long the longest word may be that begins with these two characters; 0 if there is none.
    #[inline]
    pub(super) fn longest(&self, first: u16, second: u16) -> usize {
        longest_in(self.filter, first, second)
    }

    /// A filter like that of the list, of the words with a wanted character.
    pub(super) fn filter_of(&self, wanted: impl Fn(u16) -> bool) -> Vec<u8> {
        let mut filter = vec![0; FILTER];
        for group in &self.groups {
            for key in group.keys.chunks_exact(group.length) {
                let unit = |at: usize| u16::from_le_bytes(key[at]);
                if (0..key.len()).any(|at| wanted(unit(at))) {
                    let at = pair_hash(unit(0), unit(1));
                    let shift = (at & 1) * 4;
                    let longest = (filter[at >> 1] >> shift & 15).max(key.len() as u8 - 1);
                    filter[at >> 1] = filter[at >> 1] & !(15 << shift) | longest << shift;
                }
            }
        }
        filter
    }

    /// What is known of a word.
    pub(super) fn find(&self, word: &[u16]) -> Option<Score> {
        let group = self.groups.get(word.len().checked_sub(*LENGTHS.start())?)?;
        let at = group.find(word)?;
        let scores = &group.scores[at * group.width..];
        let (share, in_dictionary) = match group.width {
            1 => (0.0, true),
            _ => (-STEP * f32::from(scores[1] & 0x7F), scores[1] & 0x80 != 0),
        };
        Some(Score {
            gain: STEP * f32::from(scores[0]),
            share,
            in_dictionary,
        })
    }
}

impl Group {
    fn find(&self, word: &[u16]) -> Option<usize> {
        let mut low = 0;
        let mut high = self.keys.len() / self.length;
        while low < high {
            let middle = low + (high - low) / 2;
            let key = &self.keys[middle * self.length..(middle + 1) * self.length];
            let order = key
                .iter()
                .map(|unit| u16::from_le_bytes(*unit))
                .cmp(word.iter().copied());
            match order {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// How long the longest word of a filter may be that begins with these two characters; 0 if there is none.
#[inline]
pub(super) fn longest_in(filter: &[u8], first: u16, second: u16) -> usize {
    let at = pair_hash(first, second);
    match filter[at >> 1] >> ((at & 1) * 4) & 15 {
        0 => 0,
        longest => usize::from(longest) + 1,
    }
}

/// Kept the same as in `examples/generate/script.rs`.
#[inline]
fn pair_hash(a: u16, b: u16) -> usize {
    let mixed = (u32::from(a) << 16 | u32::from(b)).wrapping_mul(0x9E37_79B1);
    (mixed >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(words: &Words, word: &str) -> Option<Score> {
        let units: Vec<u16> = word.encode_utf16().collect();
        if words.longest(units[0], units[1]) < units.len() {
            return None;
        }
        words.find(&units)
    }

    #[test]
    fn words_are_found() {
        assert!(find(Words::hans(), "乾隆").is_some_and(|score| score.gain > 5.0));
        assert_eq!(find(Words::hans(), "干隆"), None);
        assert!(find(Words::hant(), "頭髮").is_some_and(|score| score.in_dictionary));
        assert_eq!(find(Words::hant(), "頭發"), None);
        assert!(find(Words::hant(), "發展").is_some());
    }

    #[test]
    fn every_group_is_sorted_and_complete() {
        for words in [Words::hans(), Words::hant()] {
            for group in &words.groups {
                let keys: Vec<Vec<u16>> = group
                    .keys
                    .chunks(group.length)
                    .map(|key| key.iter().map(|unit| u16::from_le_bytes(*unit)).collect())
                    .collect();
                assert!(keys.is_sorted());
                assert_eq!(keys.len() * group.width, group.scores.len());
                for key in &keys {
                    assert!(words.longest(key[0], key[1]) >= key.len());
                }
            }
        }
    }
}
