//! The page model: what the channel did on this page, read off the page itself.
//!
//! The channel is global. On one page a character is annotated everywhere or nowhere, always with the
//! same string, and the noise is visible or not. So the aligned cases, which are plain to see, tell how
//! to read the torn ones, and the same fact separates damage from a real gloss: where 重 stands both
//! with and without `(zhòng)`, a person wrote it.

use std::collections::BTreeMap;

use crate::codec::cp936;
use crate::lm::Model;
use crate::script;

use super::annotation::{annotation, residue};
use super::readings;
use crate::repair::channel::splice::{is_kept_residue, may_be_torn};

/// Log-odds, before any evidence, that pinyin in parentheses is damage and no gloss.
const PRIOR: f32 = -2.5;
/// A character of the list that real damaged pages annotate; the number of pages adds its logarithm.
/// `業(yè)` alone (32 pages) must pass 0.95, `畫(huà)` alone (one page) must not.
const LISTED: f32 = 3.5;
/// An unlisted character counts by how common it is: people gloss rare characters.
const UNLISTED_AT: f32 = -9.5;
const UNLISTED_SLOPE: f32 = 0.5;
const UNLISTED_MOST: f32 = 1.5;
/// No person writes a space between the syllable and the parenthesis.
const STRAY_SPACE: f32 = 2.0;
/// Each further occurrence of an annotated character, up to three.
const REPEATED: f32 = 0.5;
/// `?chē)`: an annotation whose parenthesis was eaten.
const RESIDUE: f32 = 3.0;
/// `因(yàn)`: an annotation that fits no character but the bytes of two, whose parenthesis was kept. A gloss fits so by accident
/// once in a hundred times.
const KEPT_RESIDUE: f32 = 1.5;
/// A gloss that only a person writes: a character that Simplified -> Traditional does not produce, a
/// capital, two syllables, a character that stands without its annotation elsewhere.
const GLOSS: f32 = -1.2;
/// The page is in Simplified characters: the channel annotates after the conversion to Traditional.
const SIMPLIFIED_PAGE: f32 = -4.0;
/// A page below this confidence has glosses, which are not even reported.
pub(crate) const WORTH_A_REPORT: f32 = 0.5;
/// Beyond this share of bare occurrences, a person chose where to annotate. Damaged runs show a
/// character without its annotation now and then, hence not 0.
const BARE_SHARE: f32 = 0.34;

/// The channel has one reading for a character; so many occurrences with it outweigh one with another, which a torn run
/// may show by accident.
const OTHERWISE: u32 = 8;
/// Real damaged pages that must have annotated a character for its spelling to be known.
const WELL_KNOWN: u32 = 5;
/// The most that annotations can mean where half of the annotated characters stand alone, as in a list of new words: damage
/// is in sentences.
const ALONE: f32 = -5.0;

/// Characters after a suspicious `?` that may be shifted; runs end after 14 at most, but a page may
/// have two in a row.
pub(crate) const SHIFTED: usize = 24;

/// Whether the `?` at the start of `rest` looks like a torn byte.
pub(crate) fn is_torn_spot(rest: &str) -> bool {
    residue(rest).is_some() || may_be_torn(rest)
}

/// One annotated character of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotated {
    /// What stands between the parentheses, stray space included: `huì `.
    pub spelling: String,
    /// Occurrences with the annotation.
    pub with: u32,
    /// Occurrences without.
    pub without: u32,
    /// Occurrences with another syllable.
    pub otherwise: u32,
}

impl Annotated {
    fn all_or_nothing(&self) -> bool {
        (self.without as f32) <= (self.with + self.without) as f32 * BARE_SHARE
            && self.otherwise * OTHERWISE <= self.with
    }

    /// Whether real damaged pages spell the character otherwise: the channel has one reading for each.
    fn is_spelled_otherwise(&self, c: char) -> bool {
        readings::annotated(c).is_some_and(|known| {
            let mut spellings = known.spellings.iter();
            known.pages >= WELL_KNOWN
                && !spellings.any(|(spelling, _)| readings::is_same(spelling, &self.spelling))
        })
    }

    fn is_damage(&self, c: char) -> bool {
        self.all_or_nothing() && !self.is_spelled_otherwise(c)
    }
}

/// The script of a page, for what can stand in its original.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageScript {
    /// Neither script's own characters prevail.
    #[default]
    Open,
    /// Converted to Traditional before the damage: no Simplified-only character was in the original.
    Traditional,
    /// Simplified: no Traditional-only character was in the original.
    Simplified,
}

/// What is known about a page, or about the blocks of it that went before.
#[derive(Clone, Debug, Default)]
pub struct Page {
    annotated: BTreeMap<char, Annotated>,
    /// A bit for each pair of bytes, set for the annotated characters; empty where there are none. It is asked for every byte that
    /// the search tries.
    codes: Vec<u64>,
    residues: u32,
    /// Annotations between two characters that show no `?` for the byte that was torn off.
    kept_residues: u32,
    glosses: u32,
    /// Annotated characters without another one beside them.
    alone: u32,
    traditional_only: usize,
    simplified_only: usize,
    log_odds: f32,
    /// Torn runs that were repaired on this page so far.
    pub torn: u32,
    /// Those of them that showed no `?` where a byte was torn off.
    pub silent: u32,
    /// Marks with a visible noise comma before them.
    pub comma_noise: u32,
}

impl Page {
    /// Reads one page (or one more block of it).
    pub fn learn(&mut self, text: &str, model: &Model) {
        let bytes = text.as_bytes();
        for at in memchr::memchr2_iter(b'(', b'?', bytes) {
            self.learn_at(text, at);
        }
        for at in memchr::memmem::find_iter(bytes, "（") {
            self.learn_at(text, at);
        }
        if !self.annotated.is_empty() || self.residues > 0 {
            self.learn_script(text);
        }
        if !self.annotated.is_empty() {
            self.count_bare(text);
        }
        self.judge(model);
    }

    /// The same as [`Page::learn`] with what a blank page has learned of the text: where neither has anything to look for
    /// in it again, that is enough.
    pub(crate) fn learn_again(&mut self, text: &str, learned: &Page, model: &Model) {
        let is_plain = |page: &Page| page.annotated.is_empty() && page.residues == 0;
        if is_plain(self) && is_plain(learned) {
            self.glosses += learned.glosses;
            self.judge(model);
        } else {
            self.learn(text, model);
        }
    }

    /// Reads the script off a part of the page, unless it is known. Annotations make the whole page known;
    /// for a lone suspicious spot in a long text its surroundings do.
    pub fn learn_script(&mut self, text: &str) {
        if self.traditional_only + self.simplified_only == 0 {
            let count = script::count(text);
            self.traditional_only = count.traditional_only;
            self.simplified_only = count.simplified_only;
        }
    }

    fn learn_at(&mut self, text: &str, at: usize) {
        let rest = &text[at..];
        if rest.starts_with('?') {
            self.residues += u32::from(residue(rest).is_some());
            return;
        }
        let Some(before) = text[..at].chars().next_back() else {
            return;
        };
        match annotation(rest) {
            Some(found)
                if is_annotatable(before) && readings::has_reading(before, found.syllable) =>
            {
                let entry = self.annotated.entry(before).or_insert_with(|| Annotated {
                    spelling: if found.stray_space {
                        format!("{} ", found.syllable)
                    } else {
                        found.syllable.to_owned()
                    },
                    with: 0,
                    without: 0,
                    otherwise: 0,
                });
                if readings::is_same(&entry.spelling, found.syllable) {
                    entry.with += 1;
                } else {
                    entry.otherwise += 1;
                }
                let left = text[..at - before.len_utf8()].chars().next_back();
                let right = text[at + found.len..].chars().next();
                let listed = right.is_none_or(|c| c.is_whitespace() || "、，,；;".contains(c));
                self.alone += u32::from(listed && !left.is_some_and(is_han));
            }
            Some(found) if is_kept_residue(before, found.syllable) => self.kept_residues += 1,
            // A shifted character before a torn annotation is no gloss, but it is never one that
            // both scripts share and that stands in this page's own words; count the plain cases only.
            Some(_)
                if is_han(before)
                    && script::simplified(before) == before
                    && !script::is_simplified_only(before) =>
            {
                self.glosses += 1;
            }
            None if is_han(before) && is_written_gloss(rest) => self.glosses += 1,
            _ => {}
        }
    }

    /// Counts the occurrences of the annotated characters that carry no annotation, but for the places
    /// where bytes may be shifted.
    fn count_bare(&mut self, text: &str) {
        let mut shifted = 0_usize;
        for (at, c) in text.char_indices() {
            if c == '?' && is_torn_spot(&text[at..]) {
                shifted = SHIFTED;
            }
            shifted = shifted.saturating_sub(1);
            if c >= '\u{3400}'
                && shifted == 0
                && let Some(entry) = self.annotated.get_mut(&c)
                && annotation(&text[at + c.len_utf8()..]).is_none()
            {
                entry.without += 1;
            }
        }
    }

    fn judge(&mut self, model: &Model) {
        let residues =
            self.residues.min(3) as f32 * RESIDUE + self.kept_residues.min(3) as f32 * KEPT_RESIDUE;
        let mut log_odds = PRIOR + residues + self.glosses.min(20) as f32 * GLOSS;
        for (c, annotated) in &self.annotated {
            if !annotated.is_damage(*c) {
                log_odds += GLOSS;
                continue;
            }
            log_odds += match readings::annotated_prior(*c) {
                Some(pages) => LISTED + (pages as f32).ln_1p(),
                None => {
                    let common = model.unigram_log_prob(model.symbol(*c));
                    ((common - UNLISTED_AT) * UNLISTED_SLOPE).clamp(-UNLISTED_MOST, UNLISTED_MOST)
                }
            };
            log_odds += (annotated.with - 1).min(3) as f32 * REPEATED;
            if annotated.spelling.ends_with(' ') {
                log_odds += STRAY_SPACE;
            }
        }
        if self.script() == PageScript::Simplified {
            log_odds += SIMPLIFIED_PAGE;
        }
        let occurrences: u32 = self
            .annotated
            .values()
            .map(|annotated| annotated.with)
            .sum();
        if self.alone > 0 && 2 * self.alone >= occurrences {
            log_odds = log_odds.min(ALONE + residues);
        }
        self.log_odds = log_odds;
        let mut codes = std::mem::take(&mut self.codes);
        codes.clear();
        if self.is_spliced() {
            for pair in self.annotated().filter_map(|(c, _)| cp936::encode(c)) {
                let pair = usize::from(u16::from_be_bytes(pair));
                codes.resize(1 << 16 >> 6, 0);
                codes[pair >> 6] |= 1 << (pair & 63);
            }
        }
        self.codes = codes;
    }

    /// Probability in `[0, 1]` that the annotations of this page are damage.
    pub fn confidence(&self) -> f32 {
        if self.annotated.is_empty() && self.residues == 0 {
            0.0
        } else {
            1.0 / (1.0 + (-self.log_odds).exp())
        }
    }

    /// Whether the annotations of this page are more likely damage than not.
    pub fn is_spliced(&self) -> bool {
        self.confidence() >= WORTH_A_REPORT
    }

    /// Whether an annotation behind `c` is damage on this page.
    pub fn accepts(&self, c: char) -> bool {
        self.is_spliced()
            && self
                .annotated
                .get(&c)
                .is_some_and(|annotated| annotated.is_damage(c))
    }

    /// Whether the two bytes are a character that this page annotates.
    pub fn annotates(&self, pair: u16) -> bool {
        let word = self.codes.get(usize::from(pair >> 6));
        word.is_some_and(|word| word >> (pair & 63) & 1 != 0)
    }

    /// The annotated characters, for display and for replay.
    pub fn annotated(&self) -> impl Iterator<Item = (char, &Annotated)> {
        self.annotated
            .iter()
            .filter(|(c, annotated)| annotated.is_damage(**c))
            .map(|(c, annotated)| (*c, annotated))
    }

    /// Which script the original of this page was in.
    pub fn script(&self) -> PageScript {
        let count = script::ScriptCount {
            traditional_only: self.traditional_only,
            simplified_only: self.simplified_only,
        };
        if script::wants_simplified(&count) {
            PageScript::Traditional
        } else if self.simplified_only > self.traditional_only {
            PageScript::Simplified
        } else {
            PageScript::Open
        }
    }

    /// Whether lone lead bytes vanish on this page instead of showing as `?`.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent > 0 || self.kept_residues > 0 && self.residues == 0
    }

    /// Whether any damage was found on this page.
    pub fn is_damaged(&self) -> bool {
        self.is_spliced() || self.torn > 0 || self.comma_noise > 0
    }
}

/// Whether Simplified -> Traditional can have produced the character, so that the channel can annotate it.
fn is_annotatable(c: char) -> bool {
    (script::simplified(c) != c || c == '著') && cp936::encode(c).is_some()
}

pub(crate) fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9FFF}').contains(&c)
}

/// A gloss that a person wrote: parentheses with toned Latin letters that are no lower-case syllable,
/// `(Bó)`, `(zhòng liàng)`, `(cháng / zhǎng)`.
fn is_written_gloss(text: &str) -> bool {
    /// Longest gloss looked at, in characters.
    const LONGEST: usize = 40;
    let mut tone = false;
    let mut letters = false;
    for c in text.chars().skip(1).take(LONGEST) {
        match c {
            ')' | '）' => return tone && letters,
            '\u{C0}'..='\u{24F}' | '\u{300}'..='\u{30C}' => tone = true,
            'a'..='z' | 'A'..='Z' => letters = true,
            ' ' | '/' | ',' | '\'' | '’' | '-' => {}
            _ => return false,
        }
    }
    false
}
