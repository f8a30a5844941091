//! How well a text reads as it stands, in any language.
//!
//! The language model knows Chinese. To it `café` and `ÄãºÃ` are equally unknown, and so would be turned into
//! Chinese with equal pleasure. The costs here are rough entropies per character of other scripts, so that
//! words of theirs beat Chinese made of rare characters.

use crate::lm::{Context, Model, Symbol};

/// Nats of an unknown character, of whatever kind.
pub(super) const UNKNOWN: f32 = -13.0;
/// Nats of a letter that follows letters of its own script: 3 to 3.5 nats in alphabets.
const LETTER: f32 = -3.5;
/// A letter with a diacritic among Latin letters; and one that is alone.
const ACCENTED: f32 = -4.5;
/// The first letter of a word in another script.
const FIRST: f32 = -7.0;

/// A space that is not ASCII.
const WIDE_SPACE: f32 = -7.0;
/// Nats of a character that no Chinese text has: controls, Hangul, private use, halfwidth katakana, U+FFFD.
const IMPOSSIBLE: f32 = -20.0;

/// What it costs that a letter or digit of full width stands beside one of half width.
const MIXED_WIDTH: f32 = -8.0;
/// Nats of a sign that no Chinese text of the model had.
const STRANGE: f32 = -16.0;
/// What a letter of another alphabet or kana costs more in Chinese text than in text of its own: the first one of a
/// word, and one that follows. Of 1,000 characters of Chinese text one at most is such.
const FOREIGN: [f32; 2] = [-7.0, -1.0];

/// The syllables that make up most of Korean text, and nats of one. What EUC-KR shows for Chinese are any of 2,350.
const FREQUENT_HANGUL: &str = "이다는의에을가하고로한지기를사은대도자서나리시어인정그해아들수일있으부보제전과라스장원들만주적구여성국상트러동조세선면게연신우미였었할위관소무저것비중내말년오경문실계용발모공생화바업민진없까려치물결행본방입분던된않등재개려습니거마음했며때더단안되명형학회와드임심현산강간건점양약피작력체불유통외영예번두천";
const HANGUL: f32 = -4.8;
/// The share of each letter among the first ones of syllables, the vowels and the last ones, in a thousand, by their order
/// in Unicode: rough frequencies in modern Korean text. The other syllables cost as much as their letters do.
const FIRST_LETTERS: [f32; 19] = [
    120.0, 9.0, 70.0, 85.0, 7.0, 70.0, 50.0, 45.0, 1.5, 95.0, 3.0, 230.0, 90.0, 3.0, 25.0, 8.0,
    15.0, 15.0, 70.0,
];
const VOWELS: [f32; 21] = [
    210.0, 55.0, 7.0, 0.3, 100.0, 45.0, 50.0, 5.0, 100.0, 20.0, 1.5, 10.0, 12.0, 80.0, 7.0, 0.5,
    7.0, 10.0, 100.0, 18.0, 170.0,
];
const LAST_LETTERS: [f32; 28] = [
    570.0, 45.0, 0.5, 0.02, 140.0, 0.3, 2.5, 1.5, 75.0, 0.6, 0.4, 0.4, 0.02, 0.02, 0.02, 0.3, 35.0,
    15.0, 2.5, 12.0, 22.0, 75.0, 1.0, 0.8, 0.1, 2.0, 1.5, 2.5,
];
/// What a syllable costs more behind another one: a space is as likely after three of them.
const NO_SPACE: f32 = -0.35;
/// What Han cost more behind Hangul: words are written in one of them, and particles, which are Hangul, stand behind.
const HAN_AFTER_HANGUL: f32 = -4.0;

/// The scripts that are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What the model reads: ASCII, Han, marks.
    Model,
    Latin,
    Greek,
    Cyrillic,
    Kana,
    HalfKana,
    Hangul,
    /// Arabic, Hebrew, Thai and so on.
    Letters,
    /// `¡` to `¿`, `×`, `÷`.
    LatinSign,
    Box,
    Sign,
    Control,
}

fn kind(c: char) -> Kind {
    match u32::from(c) {
        0..=0x7E => Kind::Model,
        0x7F..=0x9F => Kind::Control,
        0xB7 | 0xA0 => Kind::Model,
        0xA1..=0xBF | 0xD7 | 0xF7 => Kind::LatinSign,
        0xC0..=0x24F | 0x1E00..=0x1EFF => Kind::Latin,
        0x250..=0x36F => Kind::Sign,
        0x370..=0x3FF | 0x1F00..=0x1FFF => Kind::Greek,
        0x400..=0x52F => Kind::Cyrillic,
        0x530..=0x10FF | 0x1200..=0x1DFF => Kind::Letters,
        0x1100..=0x11FF | 0xAC00..=0xD7A3 => Kind::Hangul,
        0x2010..=0x2027 | 0x2030..=0x2049 => Kind::Model,
        0x2500..=0x259F => Kind::Box,
        0x3040 | 0x3097 | 0x3098 => Kind::Control,
        0x3040..=0x30FF => Kind::Kana,
        0x3000..=0x303F => Kind::Model,
        0x3400..=0x9FFF => Kind::Model,
        0xE000..=0xF8FF | 0xFFFD..=0xFFFF => Kind::Control,
        0xFF61..=0xFF9F => Kind::HalfKana,
        0xFF00..=0xFF60 => Kind::Model,
        0x20000..=0x3FFFF => Kind::Model,
        _ => Kind::Sign,
    }
}

/// Reads one more character after `before`: the new context, and nats.
pub(super) fn read(
    model: &Model,
    context: Context,
    before: Option<char>,
    c: char,
) -> (Context, f32) {
    let kind = kind(c);
    if kind == Kind::Model {
        let (next, mut nats) = model.advance(context, c);
        if matches!(c, '\u{4E00}'..='\u{9FFF}')
            && before.is_some_and(|before| self::kind(before) == Kind::Hangul)
        {
            nats += HAN_AFTER_HANGUL;
        }
        // White space is free in the model, whose counts were made without it.
        let wide = c.is_whitespace() && !c.is_ascii();
        return (next, if wide { WIDE_SPACE } else { nats.max(UNKNOWN) });
    }
    let same = before.is_some_and(|before| self::kind(before) == kind);
    let nats = match kind {
        Kind::Latin if same || before.is_some_and(|c| c.is_ascii_alphabetic()) => ACCENTED,
        Kind::Latin => FIRST + 0.5,
        Kind::Greek | Kind::Cyrillic | Kind::Letters if same => LETTER,
        Kind::Greek | Kind::Cyrillic | Kind::Letters => FIRST,
        Kind::Kana | Kind::HalfKana if same => -4.5,
        Kind::Kana | Kind::HalfKana => -6.0,
        Kind::Hangul if same => hangul(c) + NO_SPACE,
        Kind::Hangul => hangul(c),
        Kind::Box if same => -3.5,
        Kind::Box | Kind::LatinSign => -8.5,
        Kind::Sign => -10.0,
        Kind::Control => -16.0,
        Kind::Model => 0.0,
    };
    (context.then(Symbol::UNKNOWN), nats)
}

/// Nats of a syllable, or of a letter by itself.
fn hangul(c: char) -> f32 {
    let Some(number) = u32::from(c).checked_sub(0xAC00) else {
        return UNKNOWN;
    };
    if FREQUENT_HANGUL.contains(c) {
        return HANGUL;
    }
    let letter = |shares: &[f32], number: u32| (shares[number as usize] / 1000.0).ln();
    letter(&FIRST_LETTERS, number / 588)
        + letter(&VOWELS, number / 28 % 21)
        + letter(&LAST_LETTERS, number % 28)
}

/// Reads one more character of what is to be the original: Chinese, with words of some other scripts in it.
pub(super) fn read_original(
    model: &Model,
    context: Context,
    before: Option<char>,
    c: char,
) -> (Context, f32) {
    // Nearly all of them; nothing below is about these.
    let is_han = |c| matches!(c, '\u{4E00}'..='\u{9FFF}');
    if is_han(c) && before.is_none_or(is_han) {
        let (next, nats) = model.advance(context, c);
        return (next, nats.max(UNKNOWN));
    }
    let (next, nats) = read(model, context, before, c);
    let kind = kind(c);
    let same = before.is_some_and(|before| self::kind(before) == kind);
    let nats = match kind {
        Kind::Hangul | Kind::Letters | Kind::HalfKana | Kind::Control => IMPOSSIBLE,
        // Signs that Chinese text has are in the model.
        Kind::Sign if !matches!(c, '\u{2000}'..='\u{2FFF}') => IMPOSSIBLE,
        Kind::Sign | Kind::Box if model.symbol(c) == Symbol::UNKNOWN => STRANGE,
        Kind::Latin | Kind::Greek | Kind::Cyrillic | Kind::Kana if same => nats + FOREIGN[1],
        Kind::Latin if before.is_some_and(|c| c.is_ascii_alphabetic()) => nats + FOREIGN[1],
        Kind::Latin | Kind::Greek | Kind::Cyrillic | Kind::Kana => nats + FOREIGN[0],
        _ if c.is_ascii_control() && !c.is_ascii_whitespace() => IMPOSSIBLE,
        _ if is_wide(c) != before.is_some_and(is_wide) => nats + beside_narrow(model, before, c),
        _ => nats,
    };
    (next, nats)
}

/// What a letter or digit of full width costs more, one of all letters, and more yet beside one of half width.
fn beside_narrow(model: &Model, before: Option<char>, c: char) -> f32 {
    let narrow = |c: char| c.is_ascii_alphanumeric();
    let own = if is_wide(c) { model.share(c) } else { 0.0 };
    if narrow(c) || before.is_some_and(narrow) {
        own + MIXED_WIDTH
    } else {
        own
    }
}

/// Letters and digits of full width.
fn is_wide(c: char) -> bool {
    matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

/// Nats of a text after a context.
pub(super) fn score(model: &Model, mut context: Context, text: &str) -> f32 {
    let mut before = None;
    let mut total = 0.0;
    for c in text.chars() {
        let (next, nats) = read(model, context, before, c);
        context = next;
        total += nats;
        before = Some(c);
    }
    total
}
