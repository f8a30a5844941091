//! Which chain of mistakes a stretch of text went through.
//!
//! Every pair of codecs is tried on a sample, cheapest tests first: can the wrong codec have shown these
//! characters at all, and what does the search make of it. A pair that leads to text that is still no
//! Chinese, but decodes well, is a layer upon others.

use crate::lm::Model;
use crate::repair::automaton::{Automaton, Pending, Step};

use super::chain::{Chain, Layer, MOST_LAYERS};
use super::right::Right;
use super::search::{self, Node};
use super::transmit::layers;
use super::wrong::{Code, Wrong};
use super::{look, plain};

/// Characters of a stretch that are looked at.
const SAMPLE: usize = 48;
/// A wrong codec must have at least this share of the characters above ASCII.
const SHOWN: f32 = 0.6;
/// Of the bytes of a layer upon others at most this share may be wrong.
const BROKEN: f32 = 0.2;
/// Characters of a sample that is short enough to try losses without a trace everywhere.
const SHORT: usize = 12;
/// Layers that are looked under, at each depth.
const UNDER: usize = 4;
/// Chains that are worth a full search.
const BEST: usize = 3;
/// Nats for each character from which on a reading is Chinese: it is -5 in modern text, -7 in classical
/// text, and -10 in accidents.
const GOOD: f32 = -8.0;
/// The same below which a reading is not looked at any further; what was lost makes good text look worse.
const POOR: f32 = -9.5;
/// Nats that each further layer costs.
const LAYER: f32 = 10.0;
/// The same for a layer of UTF-8 that is taken as proven.
const UNBROKEN: f32 = 0.05;
/// Characters in a row that must read like Chinese for a layer to be searched, and nats of each: Chinese by accident is at
/// -10, and even old prose has three characters in a row above this.
const WINDOW: usize = 3;
const READABLE: f32 = -8.5;
/// The share of characters whose bytes could be UTF-8 for a short sample to be searched with losses everywhere; it is
/// all of them in misread text, one in eight in other text.
const UTF8_LIKE: f32 = 0.9;
/// Look-ups that such a search may cost: it tries a loss at every byte.
const SILENT: usize = 30_000;
/// Nats of a character that is neither sound nor odd: sound text is at -5 to -7 on average, rare characters among it
/// included, and misread text at -11.4 (EUC-JP) to -14.
const NEITHER: f32 = -9.5;
/// How far a sample must fall below that in a row to be looked at, in nats, and for each of its characters where it is
/// long. Of the stretches of three and more characters in clean text 35 to 49 % do, of misread ones all: they reach 20
/// at least.
const ODD: f32 = 8.0;
const ODD_EACH: f32 = 0.35;
/// Text under a layer is looked at further when so much of it, above ASCII, is still suspicious.
const SUSPICIOUS: f32 = 0.25;

/// The chains that explain the stretch best, the best one first, and the look-ups it took.
pub(super) fn chains(stretch: &str, model: &Model, most_layers: usize) -> (Vec<Chain>, usize) {
    let sample = sample(stretch);
    if is_sound(sample, model) {
        return (Vec::new(), 0);
    }
    let mut trials = Trials {
        sample,
        plain: plain::score(model, model.line_start(), sample),
        model,
        found: Vec::new(),
        lookups: 0,
    };
    let mut level: Vec<(Chain, String)> = vec![(Chain(Vec::new()), sample.to_owned())];
    for depth in 0..most_layers.min(MOST_LAYERS) {
        let mut next: Vec<(f32, Chain, String)> = Vec::new();
        // What lies under the last layer is not looked at.
        let goes_on = depth + 1 < most_layers.min(MOST_LAYERS);
        for (chain, text) in &level {
            let mut codes: [Option<Codes>; Wrong::ALL.len()] = Default::default();
            for layer in layers().filter(|layer| layer.wrong != Wrong::Latin1) {
                if !goes_under(chain, layer) {
                    continue;
                }
                let codes = codes[layer.wrong as usize]
                    .get_or_insert_with(|| Codes::new(text, layer.wrong));
                if codes.shown < SHOWN {
                    continue;
                }
                let longer = chain.and(layer);
                // UTF-8 that decodes at all is no accident, so that what lies under it is worth a search anyway.
                let under_utf8 = chain.0.last().is_some_and(|last| last.right == Right::Utf8);
                if under_utf8 || may_read_well(codes, layer, model) {
                    trials.try_chain(&longer);
                }
                if goes_on
                    && let Some((broken, under)) = undone(codes, layer.right)
                    && broken <= BROKEN
                    && suspicious(&under) >= SUSPICIOUS
                {
                    next.push((broken, longer, under));
                }
            }
        }
        if depth == 0 && !trials.has_good() {
            trials.try_silent();
        }
        // UTF-8 that is not broken is no accident: what lies under it is looked at, however well GBK reads.
        let proven = |&(broken, ref chain, _): &(f32, Chain, String)| {
            broken <= UNBROKEN
                && chain
                    .0
                    .last()
                    .is_some_and(|layer| layer.right == Right::Utf8)
        };
        if trials.has_good() && !next.iter().any(proven) {
            break;
        }
        next.sort_by(|a, b| a.0.total_cmp(&b.0));
        next.truncate(UNDER);
        level = next
            .into_iter()
            .map(|(_, chain, text)| (chain, text))
            .collect();
    }
    trials
        .found
        .sort_by(|a, b| b.1.cmp(&a.1).then(b.0.total_cmp(&a.0)));
    trials.found.truncate(BEST);
    let chains = trials.found.into_iter().map(|(.., chain)| chain).collect();
    (chains, trials.lookups)
}

struct Trials<'t> {
    sample: &'t str,
    plain: f32,
    model: &'t Model,
    found: Vec<(f32, bool, Chain)>,
    lookups: usize,
}

impl Trials<'_> {
    fn try_chain(&mut self, chain: &Chain) {
        let way = search::Way {
            open: search::OPEN,
            silent: &[],
            doubles: false,
            tolerant: true,
            budget: usize::MAX,
        };
        let outcome = search::search(self.sample, chain, self.model, way);
        self.lookups += outcome.lookups;
        let gain = outcome.score - self.plain - LAYER * (chain.0.len() - 1) as f32;
        if gain <= 0.0 {
            return;
        }
        let runs = outcome.path.iter().filter(|node| node.inside);
        let text: String = runs.flat_map(Node::characters).collect();
        let above = text.chars().filter(|c| !c.is_ascii()).count();
        let nats = plain::score(self.model, self.model.line_start(), &text);
        if above == 0 {
            return;
        }
        // By how well they read, so that Chinese by accident does not keep layers from being found.
        let mean = nats / above as f32;
        let chinese = text.chars().filter(|&c| super::is_chinese(c)).count();
        if mean > POOR && chinese as f32 >= super::CHINESE * above as f32 {
            self.found.push((gain, mean > GOOD, chain.clone()));
        }
    }

    /// A word or two of UTF-8 may have lost so much that nothing fits any more.
    fn try_silent(&mut self) {
        if self.sample.chars().count() > SHORT {
            return;
        }
        let first = self.sample.chars().find(|&c| look::is_suspicious(c));
        let places: Vec<usize> = self.sample.char_indices().map(|(at, _)| at).collect();
        for wrong in Wrong::ALL
            .into_iter()
            .filter(|wrong| !wrong.is_single_byte())
        {
            let begins = first
                .and_then(|c| wrong.encode(c))
                .is_some_and(|code| matches!(code.bytes(), [0xE3..=0xE9, 0x80..=0xBF]));
            if !begins || wrong == Wrong::Utf8 || utf8_like(self.sample, wrong) < UTF8_LIKE {
                continue;
            }
            let chain = Chain::single(Right::Utf8, wrong);
            let way = search::Way {
                open: search::OPEN,
                silent: &places,
                doubles: false,
                tolerant: false,
                budget: SILENT,
            };
            let outcome = search::search(self.sample, &chain, self.model, way);
            self.lookups += outcome.lookups;
            let gain = outcome.score - self.plain;
            if gain > 0.0 {
                self.found.push((gain, false, chain));
            }
        }
    }

    fn has_good(&self) -> bool {
        let characters = self.sample.chars().filter(|c| !c.is_ascii()).count() as f32;
        self.found
            .iter()
            .any(|(gain, reads_well, _)| *reads_well && *gain > characters)
    }
}

/// Whether Han that stand in a sample read so well as they are that no misreading could be shown: what is rare is
/// part of a word (踉跄), or alone among what is not.
fn is_sound(sample: &str, model: &Model) -> bool {
    let enough = ODD.max(ODD_EACH * sample.chars().count() as f32);
    let mut context = model.line_start();
    let mut odd = 0.0_f32;
    for c in sample.chars() {
        if look::is_suspicious(c) && !matches!(c, '\u{3400}'..='\u{9FFF}') {
            return false;
        }
        let (next, nats) = model.advance(context, c);
        context = next;
        if c.is_ascii() {
            continue;
        }
        odd = (odd - nats + NEITHER).max(0.0);
        if odd > enough {
            return false;
        }
    }
    true
}

/// Whether some characters in a row read like Chinese where a layer is undone byte for byte: cheaper by far than a
/// search, and what was lost spoils only what stands behind it. Where a byte was lost in front, pairs are read from the
/// second byte on.
fn may_read_well(codes: &Codes, layer: Layer, model: &Model) -> bool {
    let window = if codes.codes.len() > SHORT {
        WINDOW
    } else if layer.wrong.is_single_byte() {
        // Twelve of its characters are four of UTF-8 at the most.
        1
    } else {
        WINDOW - 1
    };
    let shifts = if layer.right == Right::Utf8 { 1 } else { 2 };
    (0..shifts).any(|shift| {
        let mut context = model.line_start();
        let mut nats = [f32::NEG_INFINITY; WINDOW];
        let mut read = 0;
        // The last characters if they are Chinese, each with its context. Before there are enough in a row their
        // probabilities, which are all that takes time here, are not needed.
        let mut row = [(context, '\0'); WINDOW];
        let mut in_row = 0;
        let mut found = false;
        undo(codes, layer.right, shift, |step| {
            let Undone::Character(c) = step else {
                return true;
            };
            let before = context;
            context = model.pass_over(before, c);
            read += 1;
            if !super::is_chinese(c) {
                in_row = 0;
                return true;
            }
            row[in_row.min(window - 1)] = (before, c);
            in_row += 1;
            if in_row < window {
                return true;
            }
            let unread = if in_row == window { 0 } else { window - 1 };
            for (i, &(before, c)) in row[..window].iter().enumerate().skip(unread) {
                nats[(read + i) % window] = model.advance(before, c).1;
            }
            found = nats[..window].iter().sum::<f32>() > READABLE * window as f32;
            !found
        });
        found
    })
}

/// The first suspicious characters of a stretch, with what is between them.
fn sample(stretch: &str) -> &str {
    let start = stretch
        .char_indices()
        .find(|&(_, c)| look::is_suspicious(c))
        .map_or(0, |(at, _)| at);
    // One character more on the left: it may belong to the run and be a frequent one.
    let start = stretch[..start]
        .char_indices()
        .next_back()
        .map_or(start, |(at, _)| at);
    let end = stretch[start..]
        .char_indices()
        .nth(SAMPLE)
        .map_or(stretch.len(), |(at, _)| start + at);
    &stretch[start..end]
}

/// Whether a layer may lie under the last one of a chain. A program that writes GBK or Big5 shows what it read
/// as such; Unicode holds what anything has shown.
fn goes_under(chain: &Chain, layer: Layer) -> bool {
    match chain.0.last().map(|last| last.right) {
        None | Some(Right::Utf8) => true,
        Some(Right::Gb18030) => layer.wrong == Wrong::Gbk,
        Some(Right::Big5) => layer.wrong == Wrong::Big5,
    }
}

/// The share of suspicious characters among those above ASCII.
fn suspicious(text: &str) -> f32 {
    share(text, look::is_suspicious)
}

/// A text as a codec that may have shown it has it, worked out once for all layers of that codec.
struct Codes {
    /// Each character's bytes, if the codec has it.
    codes: Vec<Option<Code>>,
    /// The share of the characters above ASCII that it has.
    shown: f32,
}

impl Codes {
    fn new(text: &str, wrong: Wrong) -> Codes {
        let mut codes = Vec::with_capacity(SAMPLE);
        let shown = share(text, |c| wrong.encode(c).is_some());
        if shown >= SHOWN {
            codes.extend(text.chars().map(|c| wrong.encode(c)));
        }
        Codes { codes, shown }
    }
}

/// The share of the characters above ASCII that are such, U+FFFD left out.
fn share(text: &str, is_such: impl Fn(char) -> bool) -> f32 {
    let above = text
        .chars()
        .filter(|&c| !c.is_ascii() && c != char::REPLACEMENT_CHARACTER);
    let (such, all) = above.fold((0, 0), |(such, all), c| {
        (such + usize::from(is_such(c)), all + 1)
    });
    such as f32 / all.max(1) as f32
}

/// The share of the characters above ASCII whose bytes could all stand in Chinese text in UTF-8.
fn utf8_like(text: &str, wrong: Wrong) -> f32 {
    share(text, |c| {
        wrong.encode(c).is_some_and(|code| {
            let mut bytes = code.bytes().iter();
            bytes.all(|byte| matches!(byte, 0..=0xBF | 0xE2..=0xE9 | 0xEF))
        })
    })
}

/// Whether a text may be UTF-8 that a chain has misread, whatever was lost.
pub(super) fn is_utf8_like(text: &str, chain: &Chain) -> bool {
    let outer = chain.0.first();
    outer.is_some_and(|layer| {
        layer.right == Right::Utf8 && utf8_like(text, layer.wrong) >= UTF8_LIKE
    })
}

/// The text under a layer, and the share of its bytes that are wrong.
fn undone(codes: &Codes, right: Right) -> Option<(f32, String)> {
    let mut under = String::new();
    let (mut broken, mut all) = (0, 0);
    undo(codes, right, 0, |step| {
        match step {
            Undone::Byte => all += 1,
            Undone::Broken => broken += 1,
            Undone::Character(c) => under.push(c),
        }
        true
    });
    (all > 0).then(|| (broken as f32 / all as f32, under))
}

/// What comes of a text that is written with the wrong codec and read with the right one.
enum Undone {
    /// A byte above ASCII.
    Byte,
    /// A byte that does not fit.
    Broken,
    /// A character.
    Character(char),
}

/// Undoes a layer byte for byte from the given byte above ASCII on, as long as `take` wants more.
fn undo(codes: &Codes, right: Right, shift: usize, mut take: impl FnMut(Undone) -> bool) {
    let mut pending = Pending::NONE;
    let mut skip = shift;
    for code in &codes.codes {
        let Some(code) = code else {
            take(Undone::Byte);
            if !take(Undone::Broken) {
                return;
            }
            pending = Pending::NONE;
            continue;
        };
        for &byte in code.bytes() {
            if byte >= 0x80 {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                take(Undone::Byte);
            }
            let mut step = right.step(pending, byte);
            pending = Pending::NONE;
            if step == Step::Reject {
                take(Undone::Broken);
                step = right.step(Pending::NONE, byte);
            }
            match step {
                Step::Wait(next) => pending = next,
                Step::Emit(c) => {
                    if !take(Undone::Character(c)) {
                        return;
                    }
                }
                Step::Reject => {}
            }
        }
    }
}
