//! What each character becomes on one way of conversion, and where context has to decide.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use super::forms_table as data;
use super::simplified;
use super::style::Style;
use super::table;
use super::variant::{Region, Variant};
use super::words::{Words, longest_in};

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Traditional of any region to Simplified; with words of the region, `None` for all that are known.
    ToHans { words: bool, from: Option<Region> },
    /// Simplified to Traditional in the forms of a region.
    ToHant { to: Region, words: bool },
    /// Between Traditional forms; from OpenCC's standard if nothing else is said.
    Within {
        from: Region,
        to: Region,
        words: bool,
    },
}

/// One form that a character may become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// As it stands in the list of words.
    pub(super) key: char,
    /// As it is written out.
    pub(super) new: char,
    /// Score by itself, in nats, for each [`Style`](super::style::Style).
    pub(super) alone: [f32; 4],
    /// What a style adds in words, in nats.
    pub(super) styled: [f32; 4],
}

/// What is known of a character, in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    /// A phrase begins here.
    const PHRASE: u32 = 1 << 16;
    /// Context decides; the lower half is an index of [`Forms::open`].
    const OPEN: u32 = 1 << 17;
    /// Only a style can ask for another form than the usual one.
    const STYLED: u32 = 1 << 18;

    #[inline]
    pub(super) fn is_nothing(self) -> bool {
        self.0 == 0
    }
    #[inline]
    pub(super) fn begins_phrase(self) -> bool {
        self.0 & Entry::PHRASE != 0
    }
    /// The index of the forms that context decides among.
    #[inline]
    pub(super) fn open(self, has_style: bool) -> Option<usize> {
        let wanted = self.0 & Entry::OPEN != 0 && (has_style || self.0 & Entry::STYLED == 0);
        wanted.then_some((self.0 & 0xFFFF) as usize)
    }
}

/// The tables of one way.
pub(super) struct Forms {
    entries: Box<[u32]>,
    /// For each character of the basic plane the bits in which its only form differs, [`SEVERAL`] where there is more to
    /// know. Half the size of the entries, and no branch is needed for the characters that stay.
    differences: Box<[u16; 0x1_0000]>,
    open: Vec<Vec<Form>>,
    /// Pairs with a character outside the basic plane.
    far: HashMap<char, char>,
    /// Phrases with what they become, sorted; folded to Simplified where `folded`.
    phrases: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    folded: bool,
    /// Whether a phrase begins with a letter (B超).
    letters: bool,
    /// Which pairs of characters begin a word with a form that is not the usual one: without such a word the usual form
    /// stands.
    choosing: Vec<u8>,
}

/// No difference of two characters: no pair of a dictionary has it, and if one had, it would only be looked up in full.
const SEVERAL: u16 = 0xFFFF;
/// Score of a form that is not the usual one, by itself: only words or a style choose it.
const UNUSUAL: f32 = -12.0;
/// A unit of the scores, in nats.
const STEP: f32 = 0.125;

impl Forms {
    /// The tables of a way, made at its first use.
    pub(super) fn of(way: Way) -> &'static Forms {
        static ALL: [OnceLock<Forms>; 32] = [const { OnceLock::new() }; 32];
        let region = |region| match region {
            Region::Standard => 0,
            Region::Taiwan => 1,
            Region::HongKong => 2,
        };
        let at = match way {
            Way::ToHans { words, from } => from.map_or(3, region) * 2 + usize::from(words),
            Way::ToHant { to, words } => 8 + region(to) * 2 + usize::from(words),
            Way::Within { from, to, words } => {
                14 + region(from) * 6 + region(to) * 2 + usize::from(words)
            }
        };
        ALL[at].get_or_init(|| Forms::new(way))
    }

    fn new(way: Way) -> Forms {
        let mut forms = Forms {
            entries: vec![0; 0x1_0000].into_boxed_slice(),
            differences: Box::new([0; 0x1_0000]),
            open: Vec::new(),
            far: HashMap::new(),
            phrases: Vec::new(),
            folded: true,
            letters: false,
            choosing: Vec::new(),
        };
        match way {
            Way::ToHans { words, from } => forms.fill_hans(words, from),
            Way::ToHant { to, words } => forms.fill_hant(to, words),
            Way::Within { from, to, words } => forms.within(from, to, words),
        }
        let mut unusual = vec![false; 0x1_0000];
        for form in forms.open.iter().flat_map(|options| &options[1..]) {
            if let Some(cell) = unusual.get_mut(form.key as usize) {
                *cell = true;
            }
        }
        let words = match way {
            Way::ToHans { .. } => Words::hans(),
            _ => Words::hant(),
        };
        if !matches!(way, Way::Within { .. }) {
            forms.choosing = words.filter_of(|unit| unusual[usize::from(unit)]);
        }
        forms.phrases.sort();
        // Of two entries with the same key the first list's stands; sorting kept their order only by value.
        forms
            .phrases
            .dedup_by(|later, earlier| later.0 == earlier.0);
        forms.letters = forms
            .phrases
            .iter()
            .any(|(key, _)| key.as_bytes()[0].is_ascii());
        for index in 0..forms.phrases.len() {
            if let Some(c) = forms.phrases[index].0.chars().next() {
                forms.mark(c, Entry::PHRASE);
            }
        }
        if forms.folded {
            // A phrase may begin with any form of its first character.
            let starts: Vec<(char, char)> = pairs(table::SIMPLIFIED)
                .filter(|&(_, to)| forms.entry(to).begins_phrase())
                .collect();
            for (from, _) in starts {
                forms.mark(from, Entry::PHRASE);
            }
        }
        for ((difference, &entry), code) in forms
            .differences
            .iter_mut()
            .zip(&forms.entries)
            .zip(0_u32..)
        {
            *difference = match entry {
                0 => 0,
                // What is written in runs has three bytes.
                0x800..=0xFFFF => (entry ^ code) as u16,
                _ => SEVERAL,
            };
        }
        forms
    }

    fn fill_hans(&mut self, words: bool, from: Option<Region>) {
        // Words are those of the region in its own forms.
        self.folded = false;
        for (from, to) in pairs(data::COMPATIBILITY).chain(pairs(data::OLD_FORMS)) {
            self.set(from, simplified(to));
        }
        let mut regional: Vec<(char, char)> = Vec::new();
        for text in [data::FROM_TAIWAN, data::FROM_HONG_KONG] {
            for (from, to) in pairs(text) {
                // What stands in Simplified text too is no regional form there.
                let differs = simplified(to) != to && simplified(to) != from;
                if simplified(from) == from && differs && !STAYS.contains(from) {
                    regional.push((from, simplified(to)));
                }
            }
        }
        // What has a Traditional form is no regional one; the list is long, and read once for all of them.
        for (hans, _) in pairs(data::TRADITIONAL) {
            regional.retain(|&(from, _)| from != hans);
        }
        for (from, to) in regional {
            self.set(from, to);
        }
        for (from, to) in pairs(table::SIMPLIFIED) {
            self.set(from, to);
        }
        // OpenCC's standard and Hong Kong write the particle 着, so that 著 is the noun in text from there.
        let particle = !matches!(from, Some(Region::Standard | Region::HongKong));
        if from == Some(Region::Standard) {
            for (from, to) in pairs(data::EXTENSION) {
                self.set(from, to);
            }
        }
        for (c, options) in data::HANS_OPTIONS
            .iter()
            .filter(|(c, _)| *c != '著' || particle)
        {
            let forms = options.chars().enumerate().map(|(index, form)| Form {
                key: form,
                new: form,
                alone: [if index == 0 { 0.0 } else { UNUSUAL }; 4],
                styled: [0.0; 4],
            });
            self.set_open(*c, forms.collect(), true);
        }
        if words {
            let lists: &[&'static str] = match from {
                Some(Region::Taiwan) => &[data::FROM_TAIWAN_WORDS],
                Some(Region::HongKong) => &[data::FROM_HONG_KONG_WORDS],
                Some(Region::Standard) => &[],
                None => &[data::FROM_TAIWAN_WORDS, data::FROM_HONG_KONG_WORDS],
            };
            for list in lists {
                for (key, value) in phrases(list) {
                    if !self.phrases.iter().any(|(known, _)| known == key) {
                        self.phrases.push((Cow::Borrowed(key), fold(value)));
                    }
                }
            }
        }
    }

    fn fill_hant(&mut self, to: Region, words: bool) {
        let regional = |c: char| local(to, c);
        for (from, standard) in pairs(data::COMPATIBILITY) {
            self.set(from, regional(standard));
        }
        // Traditional text that stands between Simplified gets the forms of the region too.
        for &(from, new) in local_forms(to) {
            self.set(from, new);
        }
        for (from, standard) in pairs(data::TRADITIONAL) {
            self.set(from, regional(standard));
        }
        let nats = |steps: &[i8; 4]| steps.map(|steps| f32::from(steps) * STEP);
        for (c, decided, options) in data::HANT_OPTIONS {
            let forms = options.iter().map(|(form, alone, styled)| Form {
                key: *form,
                new: regional(*form),
                alone: nats(alone),
                styled: nats(styled),
            });
            self.set_open(*c, forms.collect(), *decided);
        }
        let lists: &[&'static str] = match (to, words) {
            (Region::Standard, _) => &[],
            (Region::Taiwan, false) => &[data::TAIWAN_PHRASES],
            (Region::Taiwan, true) => &[data::TAIWAN_WORDS, data::TAIWAN_PHRASES],
            (Region::HongKong, false) => &[data::HONG_KONG_PHRASES],
            (Region::HongKong, true) => &[data::HONG_KONG_WORDS, data::HONG_KONG_PHRASES],
        };
        for list in lists {
            for (key, value) in phrases(list) {
                self.phrases.push((fold(key), Cow::Borrowed(value)));
            }
        }
    }

    fn within(&mut self, from: Region, to: Region, words: bool) {
        self.folded = false;
        let onward = |text: &str| -> String { text.chars().map(|c| local(to, c)).collect() };
        for (old, standard) in pairs(data::COMPATIBILITY) {
            self.set(old, local(to, standard));
        }
        for &(old, new) in local_forms(to) {
            self.set(old, new);
        }
        let (back, phrase_list, word_list) = match from {
            Region::Standard => ("", "", ""),
            Region::Taiwan => (
                data::FROM_TAIWAN,
                data::FROM_TAIWAN_PHRASES,
                data::FROM_TAIWAN_WORDS,
            ),
            Region::HongKong => (
                data::FROM_HONG_KONG,
                data::FROM_HONG_KONG_PHRASES,
                data::FROM_HONG_KONG_WORDS,
            ),
        };
        for (old, standard) in pairs(back) {
            self.set(old, local(to, standard));
        }
        if from != to {
            for (key, value) in phrases(phrase_list) {
                self.phrases
                    .push((Cow::Borrowed(key), Cow::Owned(onward(value))));
            }
            let there: &[&'static str] = match to {
                Region::Standard => &[],
                Region::Taiwan => &[data::TAIWAN_PHRASES],
                Region::HongKong => &[data::HONG_KONG_PHRASES],
            };
            for list in there {
                for (key, value) in phrases(list) {
                    self.phrases
                        .push((Cow::Borrowed(key), Cow::Borrowed(value)));
                }
            }
        }
        if words {
            let there = match to {
                Region::Standard => "",
                Region::Taiwan => data::TAIWAN_WORDS,
                Region::HongKong => data::HONG_KONG_WORDS,
            };
            for (key, value) in phrases(there) {
                self.phrases
                    .push((Cow::Borrowed(key), Cow::Borrowed(value)));
            }
            if from != to {
                for (key, value) in phrases(word_list) {
                    self.phrases
                        .push((Cow::Borrowed(key), Cow::Owned(onward(value))));
                }
            }
        }
    }

    fn set(&mut self, from: char, to: char) {
        let (key, value) = (from as usize, u32::from(to));
        if key > 0xFFFF || value > 0xFFFF {
            self.far.insert(from, to);
            if key <= 0xFFFF {
                self.entries[key] = Entry::PHRASE;
            }
        } else {
            // A pair that went beyond the basic plane has left a mark here.
            if self.entries[key] != 0 {
                self.far.remove(&from);
            }
            self.entries[key] = if from == to { 0 } else { value };
        }
    }

    fn set_open(&mut self, c: char, forms: Vec<Form>, decided: bool) {
        let Some(entry) = self.entries.get_mut(c as usize) else {
            return;
        };
        let styled = if decided { 0 } else { Entry::STYLED };
        *entry = Entry::OPEN | styled | self.open.len() as u32;
        self.open.push(forms);
    }

    fn mark(&mut self, c: char, flag: u32) {
        if let Some(entry) = self.entries.get_mut(c as usize) {
            *entry |= flag;
        }
    }

    /// Whether phrases may begin in ASCII text.
    pub(super) fn has_letters(&self) -> bool {
        self.letters
    }

    /// The bits in which the only form of a character of the basic plane differs from it; none where a phrase may begin
    /// or it has several forms.
    #[inline]
    pub(super) fn difference(&self, c: u16) -> Option<u16> {
        Some(self.differences[usize::from(c)]).filter(|&difference| difference != SEVERAL)
    }

    /// What is known of a character.
    #[inline]
    pub(super) fn entry(&self, c: char) -> Entry {
        Entry(self.entries.get(c as usize).copied().unwrap_or(0))
    }

    /// How long the longest word may be that begins with these two characters and has an unusual form; 0 if there is
    /// none.
    #[inline]
    pub(super) fn longest_choosing(&self, first: u16, second: u16) -> usize {
        longest_in(&self.choosing, first, second)
    }

    /// The forms that context decides among.
    pub(super) fn options(&self, open: usize) -> &[Form] {
        &self.open[open]
    }

    /// The index of the forms that context decides among, also where only a style asks for another one than the usual.
    #[inline]
    pub(super) fn open(&self, c: char) -> Option<usize> {
        match u16::try_from(u32::from(c)) {
            Ok(code) if self.difference(code).is_some() => None,
            _ => self.entry(c).open(true),
        }
    }

    /// What a character becomes by itself.
    #[inline]
    pub(super) fn plain(&self, c: char) -> char {
        if let Ok(code) = u16::try_from(u32::from(c)) {
            if let Some(difference) = self.difference(code) {
                return char::from_u32(u32::from(code ^ difference)).unwrap_or(c);
            }
            let entry = self.entries[usize::from(code)];
            if entry & Entry::OPEN != 0 {
                return self.open[(entry & 0xFFFF) as usize][0].new;
            }
            if entry & 0xFFFF != 0 {
                return char::from_u32(entry & 0xFFFF).unwrap_or(c);
            }
        }
        self.far.get(&c).copied().unwrap_or(c)
    }

    /// The longest phrase at the start of `text`, which begins with `c`: its length in bytes and what it becomes.
    #[inline]
    pub(super) fn phrase_at(&self, c: char, text: &str) -> Option<(usize, &str)> {
        if self.entry(c).begins_phrase() {
            self.phrase(text)
        } else {
            None
        }
    }

    fn phrase(&self, text: &str) -> Option<(usize, &str)> {
        let fold = |c| if self.folded { simplified(c) } else { c };
        let first = fold(text.chars().next()?);
        let begin = self
            .phrases
            .partition_point(|(key, _)| key.chars().next() < Some(first));
        let mut best: Option<(usize, &str)> = None;
        for (key, value) in self.phrases[begin..]
            .iter()
            .take_while(|(key, _)| key.starts_with(first))
        {
            let mut length = 0;
            let mut rest = text.chars();
            let fits = key.chars().all(|wanted| {
                rest.next().is_some_and(|c| {
                    length += c.len_utf8();
                    fold(c) == wanted
                })
            });
            if fits && best.is_none_or(|(longest, _)| length > longest) {
                best = Some((length, value));
            }
        }
        best
    }
}

/// Characters that the regional tables turn into rare standard forms, and that Simplified text has as they are.
const STAYS: &str = "着著";

/// What a style of Taiwan writes for a form of Taiwan, where it does not use that.
pub(super) fn kept(style: Style, c: char) -> char {
    let list = match style {
        Style::Plain | Style::Classical => return c,
        Style::Modern => data::MODERN_KEEPS,
        Style::Law => data::LAW_KEEPS,
    };
    pairs(list)
        .find(|&(local, _)| local == c)
        .map_or(c, |(_, standard)| standard)
}

/// The form of a standard character in a region.
fn local(region: Region, c: char) -> char {
    local_forms(region)
        .binary_search_by_key(&c, |&(from, _)| from)
        .map_or(c, |at| local_forms(region)[at].1)
}

fn local_forms(region: Region) -> &'static [(char, char)] {
    static TAIWAN: OnceLock<Vec<(char, char)>> = OnceLock::new();
    static HONG_KONG: OnceLock<Vec<(char, char)>> = OnceLock::new();
    match region {
        Region::Standard => &[],
        Region::Taiwan => TAIWAN.get_or_init(|| pairs(data::TAIWAN).collect()),
        Region::HongKong => HONG_KONG.get_or_init(|| pairs(data::HONG_KONG).collect()),
    }
}

/// The pairs of a constant of characters, two by two.
fn pairs(text: &'static str) -> impl Iterator<Item = (char, char)> {
    let mut characters = text.chars();
    std::iter::from_fn(move || Some((characters.next()?, characters.next()?)))
}

/// The lines of a list of phrases.
fn phrases(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter_map(|line| line.split_once('\t'))
}

fn fold(text: &'static str) -> Cow<'static, str> {
    if text.chars().all(|c| simplified(c) == c) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(simplified).collect())
    }
}

impl Way {
    /// The way from text in a script to a variant.
    pub(super) fn new(traditional: bool, from: Option<Variant>, to: Variant, words: bool) -> Way {
        let source = from.map(Variant::region);
        match (traditional, to.is_simplified()) {
            (_, true) => Way::ToHans {
                words: words && matches!(to, Variant::Hans | Variant::Cn),
                from: source,
            },
            (false, false) => Way::ToHant {
                to: to.region(),
                words,
            },
            (true, false) => Way::Within {
                from: source.unwrap_or(Region::Standard),
                to: to.region(),
                words,
            },
        }
    }
}
