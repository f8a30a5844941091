//! Valid UTF-8 that may be pairs of GBK all the same: a few characters long, and no text in any language.
//!
//! GBK writes 图片 with the bytes of `ͼƬ`, a Greek and a Latin letter that no word has side by side. But `©`, `Ω` and
//! `ССС` are pairs of GBK as well. So UTF-8 stands wherever its letters may be of one alphabet, whatever the pairs say.

use encoding_rs::GBK;

use super::detect::{CHINESE, Reading, SHORT, Verdict, is_frequent};
use crate::repair::channel::misread;

/// Different Han side by side that there must be: a single one, and the same one over and over, is a letter or a sign.
const ENOUGH: usize = 2;
/// Nats that letters cost which no alphabet has side by side, beyond what each of them costs. With that, 88 % of the
/// occurrences of words of two to eight characters whose pairs are all valid UTF-8 are found (the 400 most frequent ones of
/// ten corpora), and none of 300,000 strings of the message catalogues of 133 languages is taken for Chinese.
const NO_WORD: f32 = 8.0;

/// GBK, where bytes that are valid UTF-8 are Chinese words in it and no text in UTF-8.
pub(super) fn verdict(bytes: &[u8], text: &str) -> Option<Verdict> {
    let has_pairs_only = !bytes.iter().any(|&byte| byte >= 0xE0);
    if bytes.len() > SHORT || bytes.is_ascii() || !has_pairs_only || may_be_text(text) {
        return None;
    }
    let gbk = Reading::new(bytes, GBK, None);
    let case = gbk.score - misread::plain_score(text) + NO_WORD;
    let chinese = GBK.decode_without_bom_handling_and_without_replacement(bytes)?;
    (has_words(&chinese) && gbk.mean > CHINESE && case > 0.0).then(|| Verdict {
        confidence: 1.0 / (1.0 + (-case).exp()),
        ..Verdict::sure(GBK)
    })
}

/// Whether all characters are what short Chinese text is made of, and different ones stand side by side.
fn has_words(text: &str) -> bool {
    let differ = |run: &str| {
        let first = run.chars().next();
        run.chars().count() >= ENOUGH && run.chars().any(|c| Some(c) != first)
    };
    text.chars().all(|c| c.is_ascii() || is_frequent(c)) && runs(text).any(differ)
}

/// What is above ASCII, piece by piece.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii())
        .filter(|run| !run.is_empty())
}

/// The alphabets of two bytes in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    /// Arabic, Syriac, Thaana, N'Ko.
    RightToLeft,
}

/// What a character of two bytes is to the word it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A sign of all alphabets: `©`, `·`, `½`.
    Sign,
    /// A letter.
    Letter(Alphabet),
    /// A letter that some languages add to the alphabet, and that no word is made of for the most part.
    Added(Alphabet),
    /// A mark on a letter.
    Mark(Marked),
    /// No language of today has it.
    Dead,
}

/// The letters that a mark is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marked {
    Latin,
    Hebrew,
    European,
}

impl Marked {
    fn fits(self, alphabet: Alphabet) -> bool {
        match self {
            Marked::Latin => alphabet == Alphabet::Latin,
            Marked::Hebrew => alphabet == Alphabet::Hebrew,
            Marked::European => {
                matches!(
                    alphabet,
                    Alphabet::Latin | Alphabet::Greek | Alphabet::Cyrillic
                )
            }
        }
    }
}

/// Letters of Latin alphabets of today behind those of Europe: Africa, Azerbaijan, Vietnam, pinyin, Sami, Romania.
const ADDED_LATIN: &str = "ƎƏƐƒƔƗƘƙƠơƯưƁƆƊƝƳƴǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǝǦǧǨǩǪǫȘșȚț";

fn place(c: char) -> Place {
    use Alphabet::{Armenian, Cyrillic, Greek, Hebrew, Latin, RightToLeft};
    match c {
        '\u{A0}'..='\u{BF}'
        | '×'
        | '÷'
        | '\u{2B9}'..='\u{2BC}'
        | '\u{2C6}'..='\u{2CD}'
        | '\u{2D8}'..='\u{2DD}' => Place::Sign,
        // Ligatures and forms of old print.
        'ĸ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'ſ' => Place::Dead,
        'À'..='ž' => Place::Letter(Latin),
        'ƀ'..='ɏ' if ADDED_LATIN.contains(c) => Place::Letter(Latin),
        'ɐ'..='ʯ' => Place::Letter(Latin),
        '\u{2B0}'..='\u{2B8}' | '\u{2D0}'..='\u{2D1}' | '\u{2E0}'..='\u{2E4}' => {
            Place::Mark(Marked::Latin)
        }
        '\u{300}'..='\u{36F}' => Place::Mark(Marked::European),
        'Ά' | 'Έ'..='ώ' | 'ϑ' | 'ϕ' | 'ϖ' | 'ϵ' => Place::Letter(Greek),
        'Ѐ'..='џ' => Place::Letter(Cyrillic),
        'Ҋ'..='ԯ' => Place::Added(Cyrillic),
        'Ա'..='Ֆ' | 'ՙ'..='֏' => Place::Letter(Armenian),
        '\u{591}'..='\u{5C7}' | '׳' | '״' => Place::Mark(Marked::Hebrew),
        'א'..='ת' | 'װ'..='ײ' => Place::Letter(Hebrew),
        '\u{600}'..='\u{7FF}' => Place::Letter(RightToLeft),
        _ => Place::Dead,
    }
}

/// Whether a text may be one of an alphabet: every run above ASCII has letters of one alphabet, with marks on them,
/// written as words are.
fn may_be_text(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
        let (before, from) = rest.split_at(start);
        let run = runs(from).next().unwrap_or_default();
        if !Word::behind(before).reads(run) {
            return false;
        }
        rest = &from[run.len()..];
    }
    true
}

/// What was read of a word.
struct Word {
    /// `None` where no letter has come yet.
    alphabet: Option<Alphabet>,
    before: Option<char>,
    letters: usize,
    added: usize,
}

impl Word {
    /// A word that may have begun in ASCII.
    fn behind(ascii: &str) -> Word {
        let is_letter = ascii.ends_with(|c: char| c.is_ascii_alphabetic());
        Word {
            alphabet: is_letter.then_some(Alphabet::Latin),
            before: ascii.chars().next_back(),
            letters: usize::from(is_letter),
            added: 0,
        }
    }

    /// Whether a run above ASCII may be the rest of it, or several words with signs between them.
    fn reads(mut self, run: &str) -> bool {
        run.chars().all(|c| self.takes(c)) && self.added <= self.letters
    }

    fn takes(&mut self, c: char) -> bool {
        match place(c) {
            Place::Dead => false,
            Place::Sign => {
                (self.alphabet, self.before) = (None, None);
                true
            }
            Place::Mark(of) => self.alphabet.is_some_and(|alphabet| of.fits(alphabet)),
            Place::Letter(alphabet) => {
                self.letters += 1;
                self.takes_letter(c, alphabet)
            }
            Place::Added(alphabet) => {
                self.added += 1;
                self.takes_letter(c, alphabet)
            }
        }
    }

    fn takes_letter(&mut self, c: char, alphabet: Alphabet) -> bool {
        // Capitals stand at the beginning of words, or all along.
        let rises = self.before.is_some_and(char::is_lowercase) && c.is_uppercase();
        let is_other = self.alphabet.is_some_and(|known| known != alphabet);
        (self.alphabet, self.before) = (Some(alphabet), Some(c));
        !rises && !is_other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_text() {
        for text in [
            "©",
            "½ cup",
            "1 + ··· + n",
            "échec",
            "ССС",
            "¥¥",
            "Ω",
            "µΩ",
            "naïve",
            "Ünal",
            "жизнь",
            "Өмір",
            "біз",
            "שלום",
            "שָׁלוֹם",
            "مرحبا",
            "Բարեւ",
            "nǐ hǎo",
            "ˈkʰæt",
            "ngày",
            "«Да»",
            "é",
            "a\u{301}",
            "ĉŝ",
            "αβγ",
            "α·β",
        ] {
            assert!(may_be_text(text), "{text}");
        }
        for word in [
            "图片",
            "系统",
            "十一",
            "之一",
            "学校",
            "一些",
            "目录",
            "同时",
            "为什么",
            "通知",
            "农业",
            "食品",
        ] {
            let (bytes, ..) = GBK.encode(word);
            let text = std::str::from_utf8(&bytes).expect("valid UTF-8");
            assert!(!may_be_text(text), "{word} {text}");
        }
    }
}
