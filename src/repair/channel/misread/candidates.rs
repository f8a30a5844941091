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
use super::wrong::Wrong;
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
/// Text under a layer is looked at further when so much of it, above ASCII, is still suspicious.
const SUSPICIOUS: f32 = 0.25;

/// The chains that explain the stretch best, the best one first, and the look-ups it took.
pub(super) fn chains(stretch: &str, model: &Model, most_layers: usize) -> (Vec<Chain>, usize) {
    let sample = sample(stretch);
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
        for (chain, text) in &level {
            for layer in layers().filter(|layer| layer.wrong != Wrong::Latin1) {
                if shown(text, layer.wrong) < SHOWN || !goes_under(chain, layer) {
                    continue;
                }
                let longer = chain.and(layer);
                let under = undone(text, layer);
                if depth > 0 || trials.may_read_well(under.as_ref()) {
                    trials.try_chain(&longer);
                }
                if depth + 1 < MOST_LAYERS
                    && let Some((broken, under)) = under
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

    /// Whether some characters in a row read like Chinese where a layer is undone byte for byte: cheaper by far
    /// than a search, and what was lost spoils only what stands behind it. A short sample has no room for that.
    fn may_read_well(&self, under: Option<&(f32, String)>) -> bool {
        let Some((_, under)) = under else {
            return false;
        };
        if self.sample.chars().count() <= SHORT {
            return true;
        }
        let mut context = self.model.line_start();
        let mut window = [f32::NEG_INFINITY; WINDOW];
        for (i, c) in under.chars().enumerate() {
            let (next, nats) = self.model.advance(context, c);
            context = next;
            window[i % WINDOW] = if super::is_chinese(c) {
                nats
            } else {
                f32::NEG_INFINITY
            };
            if window.iter().sum::<f32>() > READABLE * WINDOW as f32 {
                return true;
            }
        }
        false
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
            if !begins || wrong == Wrong::Utf8 {
                continue;
            }
            let chain = Chain::single(Right::Utf8, wrong);
            let way = search::Way {
                open: search::OPEN,
                silent: &places,
                doubles: false,
                tolerant: false,
                budget: usize::MAX,
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
    let above = text.chars().filter(|c| !c.is_ascii());
    let (suspicious, all) = above.fold((0, 0), |(suspicious, all), c| {
        (suspicious + usize::from(look::is_suspicious(c)), all + 1)
    });
    suspicious as f32 / all.max(1) as f32
}

/// The share of the characters above ASCII that a codec can have shown.
fn shown(text: &str, wrong: Wrong) -> f32 {
    let (mut shown, mut all) = (0, 0);
    for c in text
        .chars()
        .filter(|c| !c.is_ascii() && *c != char::REPLACEMENT_CHARACTER)
    {
        all += 1;
        shown += usize::from(wrong.encode(c).is_some());
    }
    shown as f32 / all.max(1) as f32
}

/// The text under a layer, and the share of its bytes that are wrong.
fn undone(text: &str, layer: Layer) -> Option<(f32, String)> {
    let mut under = String::new();
    let mut pending = Pending::NONE;
    let (mut broken, mut all) = (0, 0);
    for c in text.chars() {
        let Some(code) = layer.wrong.encode(c) else {
            broken += 1;
            all += 1;
            pending = Pending::NONE;
            continue;
        };
        for &byte in code.bytes() {
            if byte >= 0x80 {
                all += 1;
            }
            let mut step = layer.right.step(pending, byte);
            if step == Step::Reject {
                broken += 1;
                step = layer.right.step(Pending::NONE, byte);
            }
            match step {
                Step::Wait(next) => pending = next,
                Step::Emit(c) => {
                    under.push(c);
                    pending = Pending::NONE;
                }
                Step::Reject => pending = Pending::NONE,
            }
        }
    }
    (all > 0).then(|| (broken as f32 / all as f32, under))
}
