//! Context decides: the best way to read a stretch of text as words and single characters.
//!
//! Around a character with several forms all words that cover it are edges of a lattice, whatever their
//! overlaps (頭|發展, 頭髮|展). A word brings what it explains better than its characters do one by one,
//! a character by itself what its form is worth there. The best path decides every form of the stretch at
//! once; how much worse the best path with another form is says how close it was.

use std::collections::VecDeque;
use std::ops::Range;

use super::around;
use super::forms::{Form, Forms};
use super::names;
use super::style::Style;
use super::words::Words;
use super::zhe::{self, Choice};
use crate::lm::Model;

/// Characters that are read before the one in question: words that cover it begin there. Longer words are in the
/// lists, but none of them has its first open character later.
const BEFORE: usize = 7;
/// Characters in a stretch at most. Words rarely chain up so far; a stretch that does is cut here.
const LONGEST: usize = 48;
/// What it costs a word, in nats, to be written with a form of the style that the list has not seen in it: one
/// spelling in a hundred.
const UNSEEN: f32 = -4.6;
/// What it costs in the plain style not to be a phrase of OpenCC: more than any word brings.
const FOREIGN: f32 = -100.0;
/// What each further character of a phrase of OpenCC brings in the plain style: its authors expect the longest match.
const LONGER: f32 = 2.0;
/// From how many nats above chance on a pair of characters counts as a word.
const TOGETHER: f32 = 3.0;
/// How far ahead what stands around a character is taken to be where it leaves no doubt.
const SURE: f32 = 2.0 * CLOSE;
/// Characters that stand by themselves for the most part, so that a pair that they begin is two words.
const PREPOSITIONS: &str = "把被将將让讓给給对對从從在用和与與跟的了是我你他她它";
/// Choices with a smaller margin, in nats, are called close.
pub(super) const CLOSE: f32 = 4.0;

/// What decides.
pub(super) struct Reader<'r> {
    pub(super) forms: &'r Forms,
    pub(super) words: &'r Words,
    pub(super) model: &'r Model,
    pub(super) style: Style,
    /// Whether margins are wanted; they cost a second look.
    pub(super) margins: bool,
    /// The places of 著 that were decided, in order: the model reads on from them.
    zhe: Vec<(usize, Choice)>,
    scratch: Scratch,
}

/// One character that was decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decided {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// What it becomes.
    pub(super) new: char,
    /// The best other form, and how many nats it is behind; none where margins are not wanted.
    pub(super) rival: Option<(char, f32)>,
}

#[derive(Default)]
struct Scratch {
    places: Vec<Place>,
    edges: Vec<Edge>,
    /// The forms of the edges, one after the other.
    picks: Vec<u8>,
    best: Vec<(f32, usize)>,
    /// The best path, last step first.
    steps: Vec<Step>,
    /// The forms on it, by place.
    chosen: Vec<(usize, u8)>,
}

impl Scratch {
    /// The places from `low` on with their forms on the best path.
    fn path(&self, low: usize) -> impl Iterator<Item = (usize, u8)> {
        let mut place = low;
        self.steps.iter().rev().flat_map(move |step| {
            let (from, picks) = match step {
                Step::Single(pick) => (place, std::slice::from_ref(pick)),
                Step::Word(number) => {
                    let edge = &self.edges[*number];
                    (
                        edge.from,
                        &self.picks[edge.picks..edge.picks + edge.to - edge.from],
                    )
                }
            };
            place = from + picks.len();
            (from..).zip(picks.iter().copied())
        })
    }
}

struct Place {
    at: usize,
    c: char,
    /// Index of its forms, if there are several.
    open: Option<usize>,
    /// For 著: what the language model says for each form.
    heard: [f32; 2],
    /// By itself: the form that what stands around asks for, and how far it is ahead, in nats.
    around: Option<(char, f32)>,
}

struct Edge {
    from: usize,
    to: usize,
    score: f32,
    picks: usize,
}

/// The forms of 著, in the order of the table.
const ZHE: [char; 2] = ['著', '着'];

/// No form: the character has only one.
const NONE: u8 = 0xFF;

impl<'r> Reader<'r> {
    pub(super) fn new(
        forms: &'r Forms,
        words: &'r Words,
        model: &'r Model,
        style: Style,
        margins: bool,
    ) -> Self {
        Reader {
            forms,
            words,
            model,
            style,
            margins,
            zhe: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    fn styled(&self) -> bool {
        self.style != Style::Plain
    }

    /// Decides the character at byte `at` and all that hang together with it; nothing before `floor` is read as part
    /// of a word. The decisions are added to `decided` in text order.
    pub(super) fn decide(
        &mut self,
        text: &str,
        floor: usize,
        at: usize,
        decided: &mut VecDeque<Decided>,
    ) {
        if let Some(alone) = self
            .settled(text, at)
            .or_else(|| self.alone(text, floor, at))
        {
            decided.push_back(alone);
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.places.clear();
        scratch.edges.clear();
        scratch.picks.clear();
        self.places_before(&mut scratch, text, floor, at);
        let target = scratch.places.len();
        let mut rest = text[at..].char_indices();
        let mut read_to = |places: &mut Vec<Place>, wanted: usize| {
            while places.len() < wanted {
                match rest.next() {
                    Some((offset, c)) if is_word_character(c) => {
                        places.push(self.place(text, at + offset, c));
                    }
                    _ => {
                        rest = text[..0].char_indices();
                        break;
                    }
                }
            }
        };
        let mut low = target;
        let mut high = target + 1;
        let mut start = 0;
        while start < high {
            let end = low + LONGEST;
            read_to(&mut scratch.places, (start + 2).min(end));
            let longest = self.longest_from(&scratch.places[start..]);
            // A word that ends before the open character has no say.
            if start + longest > target {
                read_to(&mut scratch.places, (start + longest).min(end));
                let known = scratch.edges.len();
                self.words_from(&mut scratch, start);
                let mut kept = known;
                for index in known..scratch.edges.len() {
                    if scratch.edges[index].to > target {
                        low = low.min(start);
                        high = high.max(scratch.edges[index].to);
                        scratch.edges.swap(kept, index);
                        kept += 1;
                    }
                }
                scratch.edges.truncate(kept);
            }
            start += 1;
        }
        if self.only_usual(&scratch) {
            let high = high.min(scratch.places.len());
            decided.extend(scratch.places[target..high].iter().filter_map(|place| {
                Some(Decided {
                    at: place.at,
                    new: self.forms.options(place.open?)[0].new,
                    rival: None,
                })
            }));
            self.scratch = scratch;
            return;
        }
        read_to(&mut scratch.places, high + 1);
        // One more on either side: a pair may reach over the end of the last word (著名|片, 着|名片).
        let closed = |place: Option<&Place>| place.is_some_and(|place| place.open.is_none());
        let mut high = high.min(scratch.places.len());
        high += usize::from(closed(scratch.places.get(high)));
        if low > 0 && closed(scratch.places.get(low - 1)) {
            low -= 1;
        }
        self.pairs(&mut scratch, low, high);
        self.follow_best(&mut scratch, low..high, target, decided);
        self.scratch = scratch;
    }

    /// Adds the places in front of byte `at`, as far back as a word that covers it may begin.
    fn places_before(&self, scratch: &mut Scratch, text: &str, floor: usize, at: usize) {
        let before = text[floor..at].char_indices().rev().take(BEFORE);
        for (place, c) in before.take_while(|(_, c)| is_word_character(*c)) {
            scratch.places.push(self.place(text, floor + place, c));
        }
        scratch.places.reverse();
    }

    /// Adds what the best path over a stretch of places decides, from the place `target` on.
    fn follow_best(
        &mut self,
        scratch: &mut Scratch,
        stretch: Range<usize>,
        target: usize,
        decided: &mut VecDeque<Decided>,
    ) {
        let (low, high) = (stretch.start, stretch.end);
        self.best(scratch, low, high, None);
        let best_score = scratch.best[high].0;
        let mut chosen = std::mem::take(&mut scratch.chosen);
        chosen.clear();
        chosen.extend(scratch.path(low));
        for &(index, pick) in &chosen {
            let place = &scratch.places[index];
            let Some(open) = place.open.filter(|_| index >= target) else {
                continue;
            };
            let (at, c, heard) = (place.at, place.c, place.heard);
            let options = self.forms.options(open);
            let new = options[usize::from(pick)].new;
            let rival = self.margins.then(|| {
                self.best(scratch, low, high, Some((index, pick)));
                let margin = best_score - scratch.best[high].0;
                let rival = scratch.path(low).find(|(place, _)| *place == index);
                let rival = rival.map_or(0, |(_, pick)| pick);
                (options[usize::from(rival)].new, margin)
            });
            if c == '著' {
                self.hear(at, heard, new);
            }
            decided.push_back(Decided { at, new, rival });
        }
        scratch.chosen = chosen;
    }

    /// Notes what a 著 became: the model reads on from there.
    fn hear(&mut self, at: usize, heard: [f32; 2], new: char) {
        let odds = heard[1] - heard[0];
        let agrees = (odds > 0.0) == (new == '着');
        let odds = if agrees { odds } else { -odds };
        self.zhe.push((at, Choice { odds }));
    }

    /// The decision where the character at byte `at` is a surname, and no word, or where what stands around it leaves no
    /// doubt.
    fn settled(&self, text: &str, at: usize) -> Option<Decided> {
        let surname = names::surname(text, at);
        let around = if !self.words.has_spellings() {
            around::simplified_settled(text, at)
        } else if self.around_is_known() {
            around::settled(text, at)
        } else {
            None
        };
        if surname.is_none() && around.is_none() {
            return None;
        }
        let options = self
            .forms
            .options(self.forms.open(text[at..].chars().next()?)?);
        let is_form = |form: &char| options.iter().any(|option| option.new == *form);
        let of_key = |key: char| options.iter().find(|option| option.key == key);
        let new = surname
            .filter(is_form)
            .or_else(|| around.and_then(of_key).map(|option| option.new))?;
        // Where the script of a text is in doubt, only what is known to be sure changes.
        let other = options.iter().find(|option| option.new != new);
        let is_sure = around.is_some() && !self.words.has_spellings();
        let rival = other.filter(|_| is_sure && self.margins);
        Some(Decided {
            at,
            new,
            rival: rival.map(|option| (option.new, SURE)),
        })
    }

    /// Whether what stands around a character is known to decide: law and classical text have their own counts for
    /// characters by themselves.
    fn around_is_known(&self) -> bool {
        self.words.has_spellings() && matches!(self.style, Style::Plain | Style::Modern)
    }

    /// The decision where no word can cover the character at byte `at`, which a few look-ups in the filter of the list
    /// tell: the most frequent case, and no stretch has to be built for it.
    fn alone(&self, text: &str, floor: usize, at: usize) -> Option<Decided> {
        let c = text[at..].chars().next()?;
        let open = self.forms.open(c)?;
        if c == '著' {
            return None;
        }
        // The characters before, the nearest first.
        let mut right = c;
        for (distance, left) in text[floor..at].chars().rev().take(BEFORE).enumerate() {
            if !is_word_character(left) {
                break;
            }
            if self.may_begin(left, right, distance + 2) {
                return None;
            }
            right = left;
        }
        if let Some(next) = text[at + c.len_utf8()..].chars().next()
            && is_word_character(next)
            && self.may_begin(c, next, 2)
        {
            return None;
        }
        let options = self.forms.options(open);
        let around = self.around(text, at, open);
        let score = |index: usize| self.alone_score(options, index, around);
        let mut best = 0;
        for index in 1..options.len() {
            if score(index) > score(best) {
                best = index;
            }
        }
        // Of forms that are as likely the one that the table has first.
        let rival = (0..options.len())
            .rev()
            .filter(|index| *index != best)
            .max_by(|a, b| score(*a).total_cmp(&score(*b)))
            .map(|index| (options[index].new, score(best) - score(index)));
        Some(Decided {
            at,
            new: options[best].new,
            rival: rival.filter(|_| self.margins),
        })
    }

    /// Whether no word asks for another form than the usual one, so that there is nothing to weigh: most pairs that may
    /// begin such a word do not.
    fn only_usual(&self, scratch: &Scratch) -> bool {
        let usual = |edge: &Edge| {
            let picks = &scratch.picks[edge.picks..edge.picks + edge.to - edge.from];
            picks.iter().all(|&pick| pick == NONE || pick == 0)
        };
        !self.margins
            && !self.styled()
            && scratch.edges.iter().all(usual)
            && scratch
                .places
                .iter()
                .all(|place| place.c != '著' && place.around.is_none())
    }

    /// How long the longest word may be that begins at the first of these places; 0 if there is none.
    fn longest_from(&self, places: &[Place]) -> usize {
        let [first, second, ..] = places else {
            return 0;
        };
        let second_keys = || self.keys_of(second);
        self.keys_of(first)
            .flat_map(|a| second_keys().map(move |b| self.words.longest(a, b)))
            .max()
            .unwrap_or(0)
    }

    /// Whether a word of at least so many characters may begin with these two, in any of their forms.
    #[inline]
    fn may_begin(&self, first: char, second: char, least: usize) -> bool {
        let longest = |a, b| {
            if self.styled() {
                self.words.longest(a, b)
            } else {
                self.forms.longest_choosing(a, b)
            }
        };
        self.keys(first)
            .any(|a| self.keys(second).any(|b| longest(a, b) >= least))
    }

    /// The forms of a character in the list of words.
    #[inline]
    fn keys(&self, c: char) -> impl Iterator<Item = u16> {
        self.forms_of(c, self.forms.open(c))
    }

    /// The forms of a place in the list of words.
    #[inline]
    fn keys_of(&self, place: &Place) -> impl Iterator<Item = u16> {
        self.forms_of(place.c, place.open)
    }

    #[inline]
    fn forms_of(&self, c: char, open: Option<usize>) -> impl Iterator<Item = u16> {
        let options = open.map_or(&[][..], |open| self.forms.options(open));
        let only = options.is_empty().then(|| self.key(c));
        let forms = options.iter().map(|form| form.key);
        only.into_iter()
            .chain(forms)
            .filter_map(|key| u16::try_from(u32::from(key)).ok())
    }

    fn place(&self, text: &str, at: usize, c: char) -> Place {
        let open = self.forms.open(c);
        // A surname is decided by itself, and no part of a word.
        let open = open.filter(|_| self.settled(text, at).is_none());
        let mut heard = [0.0; 2];
        if c == '著' && open.is_some() {
            let odds = zhe::choose(self.model, text, at, &self.zhe).odds;
            heard = [(-odds).min(0.0), odds.min(0.0)];
        }
        let around = open.and_then(|open| self.around(text, at, open));
        Place {
            at,
            c,
            open,
            heard,
            around,
        }
    }

    /// The form that what stands around a character asks for by itself, if it is one of its forms.
    fn around(&self, text: &str, at: usize, open: usize) -> Option<(char, f32)> {
        let found = if self.words.has_spellings() {
            self.around_is_known().then(|| around::form(text, at))?
        } else {
            around::simplified_form(text, at)
        }?;
        let options = self.forms.options(open);
        options
            .iter()
            .any(|option| option.key == found.0)
            .then_some(found)
    }

    /// The score of a form by itself. What stands around the character moves the other forms until the best of them is as
    /// far behind as it says; the character is worth no more than without it.
    fn alone_score(&self, options: &[Form], index: usize, around: Option<(char, f32)>) -> f32 {
        let score = |form: &Form| form.alone[self.style as usize];
        let own = score(&options[index]);
        let Some((key, ahead)) = around else {
            return own;
        };
        let best = |forms: &mut dyn Iterator<Item = &Form>| {
            forms.map(score).fold(f32::NEG_INFINITY, f32::max)
        };
        let most = best(&mut options.iter());
        if options[index].key == key {
            most
        } else {
            let others = best(&mut options.iter().filter(|form| form.key != key));
            own - others + most - ahead
        }
    }

    /// Adds pairs of characters with one form each that stand together more often than by chance: the lists have
    /// only words with an open character, and without its neighbours' words a long one would always win
    /// (重庆|小|面积).
    fn pairs(&self, scratch: &mut Scratch, low: usize, high: usize) {
        for from in low..high.saturating_sub(1) {
            let [first, second] = &scratch.places[from..from + 2] else {
                continue;
            };
            let score = |a: char, b: char| {
                let (a, b) = (self.model.symbol(a), self.model.symbol(b));
                self.model.bigram_log_prob(a, b) - self.model.unigram_log_prob(b)
            };
            let (a, b) = (first.c, second.c);
            let zhe = |place: &Place| place.c == '著' && place.heard != [0.0; 2];
            let found: [(f32, [u8; 2]); 2] = match (first.open, second.open) {
                // Behind a preposition the next word begins: 把|手表, and no 把手.
                (None, None) if PREPOSITIONS.contains(a) => continue,
                (None, None) => [(score(a, b), [NONE; 2]), (f32::NEG_INFINITY, [NONE; 2])],
                // The model hears 著 and 着: with their neighbours they stand against words on either side.
                (None, Some(_)) if zhe(second) => [0, 1]
                    .map(|pick| (score(a, ZHE[pick]) + second.heard[pick], [NONE, pick as u8])),
                (Some(_), None) if zhe(first) => {
                    [0, 1].map(|pick| (score(ZHE[pick], b) + first.heard[pick], [pick as u8, NONE]))
                }
                _ => continue,
            };
            for (score, forms) in found {
                if score > TOGETHER {
                    let picks = scratch.picks.len();
                    scratch.picks.extend_from_slice(&forms);
                    scratch.edges.push(Edge {
                        from,
                        to: from + 2,
                        score,
                        picks,
                    });
                }
            }
        }
    }

    /// Adds all words that begin at a place.
    fn words_from(&self, scratch: &mut Scratch, start: usize) {
        let mut key = [0_u16; 16];
        let mut picks = [NONE; 16];
        self.extend(scratch, start, 0, 16, &mut key, &mut picks, 0.0);
    }

    #[allow(clippy::too_many_arguments)]
    fn extend(
        &self,
        scratch: &mut Scratch,
        start: usize,
        length: usize,
        longest: usize,
        key: &mut [u16; 16],
        picks: &mut [u8; 16],
        score: f32,
    ) {
        let Some(place) = scratch.places.get(start + length) else {
            return;
        };
        if length >= longest {
            return;
        }
        let (c, open, heard) = (place.c, place.open, place.heard);
        let options = open.map_or(&[][..], |open| self.forms.options(open));
        for index in 0..options.len().max(1) {
            let (form, pick, bonus) = match options.get(index) {
                None => (self.key(c), NONE, 0.0),
                Some(option) => {
                    let (pick, bonus) = self.styled_form(options, index);
                    (
                        option.key,
                        pick,
                        bonus + heard.get(index).copied().unwrap_or(0.0),
                    )
                }
            };
            let Ok(unit) = u16::try_from(u32::from(form)) else {
                continue;
            };
            key[length] = unit;
            picks[length] = pick;
            let score = score + bonus;
            let longest = if length == 1 {
                self.words.longest(key[0], key[1])
            } else {
                longest
            };
            if length + 1 > longest {
                continue;
            }
            if length >= 1
                && let Some(found) = self.words.find(&key[..=length])
            {
                let spelling = match self.style {
                    // Words of Simplified text are weighed as they were counted.
                    Style::Plain if !self.words.has_spellings() => 0.0,
                    Style::Plain if found.in_dictionary => LONGER * length as f32,
                    Style::Plain => found.share + FOREIGN,
                    // A word that all spell alike is written so in modern prose too, whatever the style says of the
                    // form; short ones are worth little by themselves (手錶).
                    Style::Modern if found.in_dictionary && found.share == 0.0 => {
                        let short = if length == 1 { LONGER } else { 0.0 };
                        short - score.min(0.0)
                    }
                    _ => found.share,
                };
                let place = scratch.picks.len();
                scratch.picks.extend_from_slice(&picks[..=length]);
                scratch.edges.push(Edge {
                    from: start,
                    to: start + length + 1,
                    score: found.gain + spelling + score,
                    picks: place,
                });
            }
            self.extend(scratch, start, length + 1, longest, key, picks, score);
        }
    }

    /// The form in the list of words of a character that has only one.
    fn key(&self, c: char) -> char {
        self.forms.plain(c)
    }

    /// What a form of a word is written as in this style, and what that is worth.
    fn styled_form(&self, options: &[Form], index: usize) -> (u8, f32) {
        let style = self.style as usize;
        let mut best = (index as u8, options[index].styled[style]);
        if self.styled() {
            for (other, form) in options.iter().enumerate() {
                let score = form.styled[style] + UNSEEN;
                if score > best.1 {
                    best = (other as u8, score);
                }
            }
        }
        best
    }

    /// Finds the best path from `low` to `high`, `without` a form at a place.
    fn best(&self, scratch: &mut Scratch, low: usize, high: usize, without: Option<(usize, u8)>) {
        let Scratch {
            places,
            edges,
            picks,
            best,
            steps,
            ..
        } = scratch;
        best.clear();
        best.resize(high + 1, (f32::NEG_INFINITY, usize::MAX));
        best[low].0 = 0.0;
        let forbidden = |place: usize, pick: u8| without == Some((place, pick));
        let single = |index: usize| -> (u8, f32) {
            let Some(open) = places[index].open else {
                return (NONE, 0.0);
            };
            let options = self.forms.options(open);
            let heard = places[index].heard;
            let mut found = (NONE, f32::NEG_INFINITY);
            for pick in 0..options.len() {
                let score = if places[index].c == '著' && heard != [0.0; 2] {
                    heard.get(pick).copied().unwrap_or(UNSEEN)
                } else {
                    self.alone_score(options, pick, places[index].around)
                };
                if score > found.1 && !forbidden(index, pick as u8) {
                    found = (pick as u8, score);
                }
            }
            found
        };
        for index in low..high {
            let (_, score) = single(index);
            let here = best[index].0;
            if here + score > best[index + 1].0 {
                best[index + 1] = (here + score, usize::MAX);
            }
            for (number, edge) in edges
                .iter()
                .enumerate()
                .filter(|(_, edge)| edge.from == index)
            {
                let blocked = without.is_some_and(|(place, pick)| {
                    (edge.from..edge.to).contains(&place)
                        && picks[edge.picks + place - edge.from] == pick
                });
                if edge.to <= high && !blocked && here + edge.score > best[edge.to].0 {
                    best[edge.to] = (here + edge.score, number);
                }
            }
        }
        steps.clear();
        let mut at = high;
        while at > low {
            match best[at].1 {
                usize::MAX => {
                    at -= 1;
                    steps.push(Step::Single(single(at).0));
                }
                number => {
                    at = edges[number].from;
                    steps.push(Step::Word(number));
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Step {
    /// A character by itself, in this form.
    Single(u8),
    /// A word, by its number.
    Word(usize),
}

/// Whether words go on over this character.
fn is_word_character(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}
