//! How the characters that the damage annotates are read.
//!
//! A damaged page carries the reading of a character in parentheses behind it, `會(huì )`. Whether
//! such parentheses are damage or a person's gloss depends on the reading being one that the
//! character has. The readings are those of pinyin-data, together with the spellings seen on real
//! damaged pages (績 is `jī` there, and `jì`).

use super::readings_table::{ANNOTATED, READINGS};

/// What is known of a character as an annotated one, from 109 real damaged pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotated {
    /// Pages that annotate the character.
    pub pages: u32,
    /// Pages that have the character and never annotate it.
    pub pages_without: u32,
    /// The spellings with how often each was seen. A trailing space belongs to the spelling: 會 is
    /// `huì` and `huì `.
    pub spellings: &'static [(&'static str, u32)],
}

/// The Mandarin readings of `c` with tone marks, the usual one first; empty for a character that
/// is not Traditional by the tables of [`crate::script`] or that code page 936 lacks.
///
/// ```
/// use hanfix::damage::readings::readings;
/// assert_eq!(readings('會').collect::<Vec<_>>(), ["huì", "kuài", "kuò"]);
/// assert_eq!(readings('重').count(), 0);
/// ```
pub fn readings(c: char) -> impl Iterator<Item = &'static str> {
    let place = READINGS.binary_search_by_key(&c, |&(c, _)| c);
    place
        .ok()
        .into_iter()
        .flat_map(|place| READINGS[place].1.split(','))
}

/// Every character with each of its readings, in the order of the characters.
pub fn all() -> impl Iterator<Item = (char, &'static str)> {
    READINGS
        .iter()
        .flat_map(|(c, list)| list.split(',').map(|reading| (*c, reading)))
}

/// Whether `pinyin` is a reading of `c`, tone mark included.
///
/// Spaces around it do not matter, nor whether tone marks are composed (`ì`) or combining (`i` and
/// U+0300), nor whether ü is written `v`.
///
/// ```
/// use hanfix::damage::readings::has_reading;
/// assert!(has_reading('會', "huì "));
/// assert!(has_reading('會', "hui\u{300}"));
/// assert!(!has_reading('會', "hui"));
/// assert!(!has_reading('亳', "bó")); // not Traditional: never annotated by damage
/// ```
pub fn has_reading(c: char, pinyin: &str) -> bool {
    readings(c).any(|reading| is_same(reading, pinyin))
}

/// Whether two spellings are of the same syllable, tone mark included.
pub(super) fn is_same(left: &str, right: &str) -> bool {
    letters(left.trim()).eq(letters(right.trim()))
}

/// Whether `pinyin` is a reading of `c` when tones are left out on both sides.
///
/// ```
/// use hanfix::damage::readings::has_reading_without_tone;
/// assert!(has_reading_without_tone('長', "chang"));
/// assert!(has_reading_without_tone('長', "chàng"));
/// ```
pub fn has_reading_without_tone(c: char, pinyin: &str) -> bool {
    let plain = |letter: &(char, char)| letter.0;
    readings(c).any(|reading| {
        letters(reading)
            .map(|l| plain(&l))
            .eq(letters(pinyin.trim()).map(|l| plain(&l)))
    })
}

/// On how many of 109 real damaged pages `c` was annotated; `None` for never.
///
/// ```
/// use hanfix::damage::readings::annotated_prior;
/// assert_eq!(annotated_prior('發'), Some(55));
/// assert_eq!(annotated_prior('這'), None);
/// ```
pub fn annotated_prior(c: char) -> Option<u32> {
    annotated(c).map(|annotated| annotated.pages)
}

/// Pages and spellings of an annotated character; `None` for a character never seen annotated.
pub fn annotated(c: char) -> Option<Annotated> {
    let place = ANNOTATED.binary_search_by_key(&c, |entry| entry.0).ok()?;
    let (_, pages, pages_without, spellings) = ANNOTATED[place];
    Some(Annotated {
        pages,
        pages_without,
        spellings,
    })
}

/// All characters that were seen annotated, in code point order.
pub fn annotated_characters() -> impl Iterator<Item = char> {
    ANNOTATED.iter().map(|entry| entry.0)
}

/// The letters of a reading, each with its tone as a combining mark (`\0` for none).
fn letters(pinyin: &str) -> impl Iterator<Item = (char, char)> + '_ {
    let mut rest = pinyin.chars().peekable();
    std::iter::from_fn(move || {
        let (mut base, mut tone) = split(rest.next()?);
        while let Some(&mark) = rest.peek() {
            match mark {
                '\u{300}' | '\u{301}' | '\u{304}' | '\u{30C}' => tone = mark,
                '\u{308}' if base == 'u' => base = 'ü',
                '\u{302}' if base == 'e' => base = 'ê',
                _ => break,
            }
            rest.next();
        }
        Some((base, tone))
    })
}

/// A letter of pinyin taken apart into base and tone.
fn split(letter: char) -> (char, char) {
    const MARKED: [(char, &str); 8] = [
        ('a', "āáǎà"),
        ('e', "ēéěè"),
        ('i', "īíǐì"),
        ('o', "ōóǒò"),
        ('u', "ūúǔù"),
        ('ü', "ǖǘǚǜ"),
        ('m', "\0ḿ\0\0"),
        ('n', "\0ńňǹ"),
    ];
    const TONES: [char; 4] = ['\u{304}', '\u{301}', '\u{30C}', '\u{300}'];
    match letter {
        'v' => return ('ü', '\0'),
        'ế' => return ('ê', '\u{301}'),
        'ề' => return ('ê', '\u{300}'),
        _ => {}
    }
    if !letter.is_ascii() {
        for (base, marked) in MARKED {
            if let Some(place) = marked.chars().position(|c| c == letter) {
                return (base, TONES[place]);
            }
        }
    }
    (letter, '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(READINGS.is_sorted_by_key(|&(c, _)| c));
        assert!(ANNOTATED.is_sorted_by_key(|entry| entry.0));
    }

    #[test]
    fn every_annotated_spelling_is_a_reading() {
        for c in annotated_characters() {
            assert!(crate::script::simplified(c) != c || c == '著', "{c}");
            for (spelling, _) in annotated(c).map_or(&[][..], |known| known.spellings) {
                assert!(has_reading(c, spelling), "{c} {spelling}");
            }
        }
    }

    #[test]
    fn trailing_spaces_are_kept_in_the_spellings() {
        let spaced: String = annotated_characters()
            .filter(|&c| {
                annotated(c).is_some_and(|known| known.spellings.iter().any(|s| s.0.ends_with(' ')))
            })
            .collect();
        assert_eq!(spaced, "創會樂");
        assert_eq!(
            annotated('會').map(|known| known.spellings),
            Some(&[("huì", 53), ("huì ", 14)][..])
        );
    }

    #[test]
    fn tone_marks_in_every_form() {
        assert!(has_reading('綠', "lǜ"));
        assert!(has_reading('綠', "lu\u{308}\u{300}"));
        assert!(has_reading('綠', "ü\u{300}".replace('ü', "lü").as_str()));
        assert!(has_reading('綠', "lv\u{300}"));
        assert!(!has_reading('綠', "lv"));
        assert!(has_reading_without_tone('綠', "lv"));
        assert!(!has_reading('發', "Fā"));
        assert!(!has_reading('發', ""));
        assert!(has_reading('績', "jì") && has_reading('績', "jī"));
    }

    #[test]
    fn every_character_that_damage_can_annotate_has_a_reading() {
        let without: String = crate::codec::cp936::pairs()
            .map(|(_, c)| c)
            .filter(|&c| crate::script::simplified(c) != c && readings(c).next().is_none())
            .collect();
        assert_eq!(without, "");
    }
}
