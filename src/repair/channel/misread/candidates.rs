//! Which chain of mistakes a stretch of text went through.
//!
//! Every pair of codecs is tried on a sample, cheapest tests first: can the wrong codec have shown these
//! characters at all, and what does the search make of it. A pair that leads to text that is still no
//! Chinese, but decodes well, is a layer upon others.

use crate::lm::{Context, Model, Symbol};
use crate::repair::automaton::{Automaton, Pending, Step};

use super::chain::{Chain, Layer, MOST_LAYERS};
use super::right::Right;
use super::search::{self, Node};
use super::transmit::layers;
use super::wrong::{Code, Wrong};
use super::{look, plain};

/// Characters of a stretch that are looked at, and how many more of other writing than Han and kana: three of those make
/// one Chinese character, nine or more where they went through UTF-8 twice.
const SAMPLE: usize = 48;
const SAMPLE_OTHER: usize = 3;
/// Characters in a row that are not suspicious, from which on what follows is looked at by itself: of misread text four in
/// ten at least are.
const APART: usize = 12;
/// A wrong codec must have at least this share of the characters above ASCII.
const SHOWN: f32 = 0.6;
/// Of the bytes of a layer upon others at most this share may be wrong. One byte lost of six leaves a third of the others
/// without their character.
const BROKEN: f32 = 0.35;
/// By how much UTF-8 may be more broken than a double-byte encoding, which nearly anything is, to be looked under first.
const UTF8_FIRST: f32 = 0.4;
/// Characters of a sample that is short enough to try losses without a trace everywhere.
const SHORT: usize = 12;
/// Layers that are looked under, at each depth.
const UNDER: usize = 5;
/// Chains that are worth a full search.
const BEST: usize = 3;
/// Nats for each character from which on a reading is Chinese: it is -5 in modern text, -7 in classical
/// text, and -10 in accidents.
const GOOD: f32 = -8.0;
/// The same below which a reading is not looked at any further; what was lost makes good text look worse.
const POOR: f32 = -9.5;
/// The same for UTF-8 of which every byte is there: what the model does not know is at -13.
const RARE: f32 = -12.0;
/// Gain of a chain from which on the whole line decides: a sample of a few characters (`剋퀭돨윱` in `剋剋퀭돨윱斤`, which is
/// 谢谢您的来信) hardly pays for a run to begin.
const NEARLY: f32 = -4.0;
/// Nats that each further layer costs.
const LAYER: f32 = 10.0;
/// The same for a layer of UTF-8 that is taken as proven.
const UNBROKEN: f32 = 0.05;
/// Characters in a row that must read like Chinese for a layer to be searched, and nats of each: Chinese by accident is at
/// -10, and even old prose has three characters in a row above this.
const WINDOW: usize = 3;
const READABLE: f32 = -8.5;
/// The same for what is looked at with its losses filled, if nothing else was found.
const HARDLY_READABLE: f32 = -10.5;
/// Nats of each by itself below which they are not even read. As much lossy text is found as without this bound; with -10
/// one sentence in a thousand less.
const UNCOMMON: f32 = -11.0;
/// The share of characters whose bytes could be UTF-8 for a short sample to be searched with losses everywhere; it is
/// all of them in misread text, one in eight in other text.
const UTF8_LIKE: f32 = 0.9;
/// Chains that are searched with what was lost filled, if none reads well without.
const FILLED: usize = 6;
/// Look-ups that such a search may cost: it tries a loss at every byte. With seven times as many nothing more was found,
/// with half as many one in a thousand lossy sentences fewer.
const SILENT: usize = 4_000;
/// The same where at least this share of a sample is katakana of half width: Shift JIS shows nearly every second byte so, no
/// other text is made of them, and each mark of a loss may be one of 1,600 pairs.
const SILENT_HALF: usize = 40_000;
const MOSTLY_HALF: f32 = 0.5;
/// Nats of a character that is neither sound nor odd: sound text is at -5 to -7 on average, rare characters among it
/// included, and misread text at -11.4 (EUC-JP) to -14.
const NEITHER: f32 = -9.5;
/// How far a sample must fall below that in a row to be looked at, in nats, and for each of its characters where it is
/// long. Of the stretches of three and more characters in clean text 35 to 49 % do, of misread ones all: they reach 20
/// at least.
const ODD: f32 = 8.0;
const ODD_EACH: f32 = 0.35;
/// How far a sample must fall below that as a whole to be searched with its losses filled, in nats, and what a character
/// of other writing counts for. Of the stretches of clean text that nothing was found in two in a hundred do, lists of
/// rare names among them, and all misread ones that such a search finds something in.
const OFF: f32 = 20.0;
const OFF_OTHER: f32 = 4.0;
/// The share of kana or Hangul above ASCII that makes a text Japanese or Korean, and nats of each character from which on it
/// reads as such: sentences are at -5 to -7, GBK that is shown as Korean at -10.
const OTHER_LANGUAGE: f32 = 0.3;
const OTHER_READS: f32 = -8.0;
/// Text under a layer is looked at further when so much of it, above ASCII, is still suspicious.
const SUSPICIOUS: f32 = 0.25;

/// The chains that explain the stretch best, the best one first.
///
/// An `unusual` stretch is suspicious as a whole, others because of the rare characters in them.
pub(super) fn chains(
    stretch: &str,
    unusual: bool,
    model: &Model,
    most_layers: usize,
    cache: &mut search::Cache,
) -> Vec<Chain> {
    // The more there is on a line, the more of it may be odd by accident.
    let enough = ODD.max(ODD_EACH * stretch.chars().take(SAMPLE).count() as f32);
    let is_odd = |sample: &&str| !is_sound(sample, unusual, enough, model) || is_whole_utf8(sample);
    let beginning = unusual.then(|| {
        let end = stretch.char_indices().nth(SAMPLE);
        &stretch[..end.map_or(stretch.len(), |(at, _)| at)]
    });
    let Some(sample) = beginning.into_iter().chain(samples(stretch)).find(is_odd) else {
        return Vec::new();
    };
    let mut trials = Trials {
        sample,
        plain: plain::score(model, model.line_start(), sample),
        model,
        found: Vec::new(),
        open: Vec::new(),
        whole: false,
        cache,
    };
    let is_half = is_half_width(sample);
    let mut level: Vec<(Chain, String)> = vec![(Chain(Vec::new()), sample.to_owned())];
    for depth in 0..most_layers.min(MOST_LAYERS) {
        let mut next: Vec<(f32, Chain, String)> = Vec::new();
        // What lies under the last layer is not looked at.
        let goes_on =
            |layer: Layer| depth + 1 < most_layers.min(MOST_LAYERS) && !layer.wrong.is_seldom();
        for (chain, text) in &level {
            let codes = all_codes(text);
            for layer in layers() {
                let may_be = depth == 0 || !layer.wrong.is_seldom();
                if !may_be || !goes_under(chain, layer) || is_idle(chain, layer) {
                    continue;
                }
                let Some(codes) = &codes[layer.wrong as usize] else {
                    continue;
                };
                let longer = chain.and(layer);
                // UTF-8 that decodes at all is no accident, so that what lies under it is worth a search anyway.
                let under_utf8 = chain.is_of_utf8();
                let undone = undone(codes, layer.right);
                let is_whole = undone.as_ref().is_some_and(|(broken, _)| *broken == 0.0);
                let reads = reads(codes, layer, model);
                let is_good =
                    (under_utf8 || reads > READABLE) && trials.try_chain(&longer, is_whole);
                if !is_good && (reads > HARDLY_READABLE || is_half && depth == 0) {
                    trials.open.push((reads, longer.clone()));
                }
                if goes_on(layer)
                    && let Some((broken, under)) = undone
                    && broken <= BROKEN
                    && suspicious(&under) >= SUSPICIOUS
                    && !is_other_language(&under, model)
                {
                    let first = if layer.right == Right::Utf8 {
                        UTF8_FIRST
                    } else {
                        0.0
                    };
                    next.push((broken - first, longer, under));
                }
            }
        }
        if depth == 0 && !trials.has_good() {
            trials.try_silent();
        }
        // UTF-8 that is not broken is no accident: what lies under it is looked at, however well GBK reads.
        let proven = |&(broken, ref chain, _): &(f32, Chain, String)| {
            broken + UTF8_FIRST <= UNBROKEN && chain.is_of_utf8()
        };
        if trials.has_whole() && !next.iter().any(proven) {
            break;
        }
        next.sort_by(|a, b| a.0.total_cmp(&b.0));
        next.truncate(UNDER);
        level = next
            .into_iter()
            .map(|(_, chain, text)| (chain, text))
            .collect();
    }
    if !trials.has_good() && most_layers > 1 && is_far_off(sample, model) {
        trials.try_filled();
    }
    trials
        .found
        .sort_by(|a, b| b.1.cmp(&a.1).then(b.0.total_cmp(&a.0)));
    trials.found.truncate(BEST);
    let mut chains: Vec<Chain> = Vec::new();
    for (.., chain) in trials.found {
        let direct = direct(&chain);
        for chain in std::iter::once(chain).chain(direct) {
            if !chains.contains(&chain) {
                chains.push(chain);
            }
        }
    }
    chains
}

struct Trials<'t> {
    sample: &'t str,
    plain: f32,
    model: &'t Model,
    found: Vec<(f32, bool, Chain)>,
    /// What does not read well as long as nothing is filled, and how its best characters read.
    open: Vec<(f32, Chain)>,
    /// One that reads well leaves no byte over.
    whole: bool,
    cache: &'t mut search::Cache,
}

impl Trials<'_> {
    /// Tries a chain, the last layer of which fits all bytes (`is_whole`) or not.
    fn try_chain(&mut self, chain: &Chain, is_whole: bool) -> bool {
        let way = search::Way {
            open: search::OPEN,
            silent: &[],
            doubles: false,
            tolerant: true,
            sample: true,
            budget: usize::MAX,
            pace: search::PACE,
        };
        let outcome = search::search(self.sample, chain, self.model, way, self.cache);
        let is_good = self.judge(&outcome, chain, is_whole && chain.is_of_utf8());
        self.whole |= is_good && is_whole && self.has_good();
        is_good
    }

    /// Adds a chain that reads like Chinese, or like rare Chinese if it `is_proven`; `false` unless it reads well.
    fn judge(&mut self, outcome: &search::Outcome, chain: &Chain, is_proven: bool) -> bool {
        let gain = outcome.score - self.plain - LAYER * (chain.0.len() - 1) as f32;
        if gain <= NEARLY {
            return false;
        }
        let runs = outcome.path.iter().filter(|node| node.inside);
        let characters = runs.flat_map(Node::characters);
        let text: String = characters.filter(|&&c| super::proves(c)).collect();
        let above = text.chars().count();
        let nats = plain::score(self.model, self.model.line_start(), &text);
        if above == 0 {
            return false;
        }
        // By how well they read, so that Chinese by accident does not keep layers from being found.
        let mean = nats / above as f32;
        let chinese = text.chars().filter(|&c| super::is_chinese(c)).count();
        let poor = if is_proven { RARE } else { POOR };
        if mean > poor && chinese as f32 >= super::CHINESE * above as f32 {
            self.found.retain(|found| found.2 != *chain);
            let reads_well = mean > GOOD && gain > 0.0;
            self.found.push((gain, reads_well, chain.clone()));
            return reads_well;
        }
        false
    }

    /// The best of what was left open, with what was lost filled.
    fn try_filled(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        open.sort_by(|a, b| b.0.total_cmp(&a.0));
        open.truncate(FILLED);
        let places: Vec<usize> = self.sample.char_indices().map(|(at, _)| at).collect();
        let is_half = is_half_width(self.sample);
        let budget = if is_half { SILENT_HALF } else { SILENT };
        for (_, chain) in open {
            let few = chain.is_of_single_bytes();
            let mut way = search::Way {
                open: search::OPEN,
                silent: &[],
                doubles: false,
                tolerant: false,
                sample: true,
                budget,
                pace: search::PACE,
            };
            let mut outcome = search::search(self.sample, &chain, self.model, way, self.cache);
            if (few || is_half) && outcome.score <= self.plain {
                way.silent = &places;
                outcome = search::search(self.sample, &chain, self.model, way, self.cache);
            }
            let gain = outcome.score - self.plain - LAYER * (chain.0.len() - 1) as f32;
            if !self.judge(&outcome, &chain, false)
                && gain > self.above()
                && !self.found.iter().any(|found| found.2 == chain)
            {
                // What could not be filled reads badly, but far better than what stands there.
                self.found.push((gain, false, chain));
            }
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
                sample: true,
                budget: SILENT,
                pace: search::PACE,
            };
            let outcome = search::search(self.sample, &chain, self.model, way, self.cache);
            let gain = outcome.score - self.plain;
            if gain > 0.0 {
                self.found.push((gain, false, chain));
            }
        }
    }

    /// Whether a chain was found that reads well and explains every byte, so that no other one need be looked for.
    fn has_whole(&self) -> bool {
        self.whole && self.has_good()
    }

    /// How many characters above ASCII the sample has.
    fn above(&self) -> f32 {
        self.sample.chars().filter(|c| !c.is_ascii()).count() as f32
    }

    fn has_good(&self) -> bool {
        let characters = self.above();
        self.found
            .iter()
            .any(|(gain, reads_well, _)| *reads_well && *gain > characters)
    }
}

/// Whether most of a sample is katakana of half width.
fn is_half_width(sample: &str) -> bool {
    share(sample, |c| matches!(c, '\u{FF61}'..='\u{FF9F}')) >= MOSTLY_HALF
}

/// Whether Han that stand in a sample read so well as they are that no misreading could be shown: what is rare is
/// part of a word (踉跄), or alone among what is not.
fn is_sound(sample: &str, unusual: bool, enough: f32, model: &Model) -> bool {
    let mut context = model.line_start();
    let mut odd = 0.0_f32;
    for c in sample.chars() {
        if look::is_suspicious(c) && !matches!(c, '\u{3400}'..='\u{9FFF}') {
            return false;
        }
        let before = context;
        context = model.pass_over(before, c);
        if c.is_ascii() {
            continue;
        }
        // Among rare characters it makes no difference what a frequent one costs in its place, which would be most of the work.
        let symbol = model.symbol(c);
        let nats = if unusual || look::is_suspicious(c) {
            model.log_prob(before, symbol)
        } else {
            model.unigram_log_prob(symbol)
        };
        odd = (odd - nats + NEITHER).max(0.0);
        if odd > enough {
            return false;
        }
    }
    true
}

/// Whether a text is Korean or Japanese that reads well, with what was lost left out: it is the original, whatever else
/// could be made of it.
fn is_other_language(text: &str, model: &Model) -> bool {
    let is_own = |c| matches!(c, '\u{3041}'..='\u{30FF}' | '\u{AC00}'..='\u{D7A3}');
    if share(text, is_own) < OTHER_LANGUAGE {
        return false;
    }
    let whole = |&c: &char| c != char::REPLACEMENT_CHARACTER;
    let rest: String = text.chars().filter(whole).collect();
    let above = rest.chars().filter(|c| !c.is_ascii()).count();
    plain::score(model, model.line_start(), &rest) > OTHER_READS * above as f32
}

/// Whether a sample is so little of a text that it may be worth the searches that fill what was lost.
fn is_far_off(sample: &str, model: &Model) -> bool {
    let mut context = model.line_start();
    let mut off = 0.0;
    for c in sample.chars() {
        let (next, nats) = model.advance(context, c);
        context = next;
        off += match c {
            '\0'..='\x7F' => 0.0,
            // Other writing says nothing by how it reads.
            _ if !super::is_chinese(c) => OFF_OTHER,
            _ => NEITHER - nats,
        };
    }
    off >= OFF
}

/// Whether a short sample is, byte for byte, frequent Chinese in UTF-8 that a double-byte codec has shown: by accident one
/// row of three characters in ten thousand is.
fn is_whole_utf8(sample: &str) -> bool {
    if sample.chars().nth(SHORT).is_some() {
        return false;
    }
    // The first character may be one of the text before.
    let second = sample.chars().next().map_or(0, char::len_utf8);
    Wrong::ALL
        .into_iter()
        .filter(|&wrong| !wrong.is_single_byte() && wrong != Wrong::Utf8)
        .any(|wrong| {
            let is_whole = |text| is_frequent_utf8(text, wrong);
            is_whole(sample) || is_whole(&sample[second..])
        })
}

/// Whether a text that is written with a codec is two characters or more of frequent Chinese in UTF-8.
fn is_frequent_utf8(text: &str, wrong: Wrong) -> bool {
    let (mut pending, mut characters) = (Pending::NONE, 0);
    for c in text.chars() {
        let Some(code) = wrong.encode(c) else {
            return false;
        };
        for &byte in code.bytes() {
            pending = match Right::Utf8.step(pending, byte) {
                _ if byte.is_ascii() => return false,
                Step::Wait(next) => next,
                Step::Emit(c) if super::is_chinese(c) && !look::is_suspicious(c) => {
                    characters += 1;
                    Pending::NONE
                }
                Step::Emit(_) | Step::Reject => return false,
            };
        }
    }
    pending == Pending::NONE && characters > 1
}

/// A character that is read, and what it costs in its place once that was asked: the look-up takes nearly all of the time.
#[derive(Clone, Copy)]
struct Read {
    before: Context,
    symbol: Symbol,
    nats: Option<f32>,
}

/// How well the best characters in a row read, in nats for each, where a layer is undone byte for byte: cheaper by far
/// than a search, and what was lost spoils only what stands behind it. Where a byte was lost in front, pairs are read from
/// the second byte on.
fn reads(codes: &Codes, layer: Layer, model: &Model) -> f32 {
    let is_ascii = |code: &Option<Code>| code.is_some_and(|code| code.bytes()[0].is_ascii());
    let mut above = codes.codes.iter().filter(|code| !is_ascii(code));
    let window = if above.nth(SHORT).is_some() {
        WINDOW
    } else if layer.wrong.is_single_byte() {
        // Twelve of its characters are four of UTF-8 at the most.
        1
    } else {
        WINDOW - 1
    };
    let shifts = if layer.right == Right::Utf8 { 1 } else { 2 };
    let mut best = f32::NEG_INFINITY;
    for shift in 0..shifts {
        let mut context = model.line_start();
        let unread = Read {
            before: context,
            symbol: Symbol::UNKNOWN,
            nats: None,
        };
        let mut row = [unread; WINDOW];
        let row = &mut row[..window];
        let mut in_row = 0;
        undo(codes, layer.right, shift, |step| {
            let Undone::Character(c) = step else {
                return true;
            };
            let before = context;
            context = model.pass_over(before, c);
            if !super::is_chinese(c) {
                in_row = 0;
                return true;
            }
            row[in_row % window] = Read {
                before,
                symbol: model.symbol(c),
                nats: None,
            };
            in_row += 1;
            if in_row < window {
                return true;
            }
            let common = |read: &Read| model.unigram_log_prob(read.symbol);
            if row.iter().map(common).sum::<f32>() < UNCOMMON * window as f32 {
                return true;
            }
            let nats = |read: &mut Read| {
                *read
                    .nats
                    .get_or_insert_with(|| model.log_prob(read.before, read.symbol))
            };
            best = best.max(row.iter_mut().map(nats).sum::<f32>() / window as f32);
            best <= READABLE
        });
    }
    best
}

/// The groups of suspicious characters of a stretch, each with what is between them: the stretches of a line are one.
fn samples(stretch: &str) -> impl Iterator<Item = &str> {
    let mut rest = stretch;
    std::iter::from_fn(move || {
        let (first, _) = rest.char_indices().find(|&(_, c)| look::is_suspicious(c))?;
        // One character more on the left: it may belong to the run and be a frequent one.
        let start = rest[..first]
            .char_indices()
            .next_back()
            .map_or(first, |(at, _)| at);
        let mut end = first;
        let mut apart = 0;
        // Thirds of a character that there is room for.
        let mut room = SAMPLE_OTHER * SAMPLE;
        let mut limit = rest.len();
        for (i, c) in rest[start..].char_indices() {
            let is_other = look::is_suspicious(c) && !super::is_cjk(c);
            let taken = if is_other { 1 } else { SAMPLE_OTHER };
            if taken > room {
                limit = start + i;
                break;
            }
            room -= taken;
            apart += usize::from(!c.is_ascii());
            if look::is_suspicious(c) {
                apart = 0;
                end = start + i + c.len_utf8();
            } else if apart > APART {
                break;
            }
        }
        if apart <= APART {
            end = limit;
        }
        let sample = &rest[start..end];
        rest = &rest[end..];
        Some(sample)
    })
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

/// The chain without a detour: what went through another encoding and back only lost what that one lacks.
fn direct(chain: &Chain) -> Option<Chain> {
    let at = chain.0.windows(2).position(|pair| {
        let [outer, inner] = [pair[0], pair[1]];
        outer.right != Right::Utf8 && is_written_as_read(outer, inner)
    })?;
    let mut layers = chain.0.clone();
    let inner = layers.remove(at + 1);
    layers[at].right = inner.right;
    Some(Chain(layers))
}

/// Whether a layer under the last one of a chain brings back what that one has undone.
fn is_idle(chain: &Chain, layer: Layer) -> bool {
    chain.0.last().is_some_and(|last| {
        let both = Layer {
            right: layer.right,
            wrong: last.wrong,
        };
        is_written_as_read(*last, layer) && !both.is_mistake()
    })
}

/// Whether the text between two layers was written with the codec that it had been read with.
fn is_written_as_read(outer: Layer, inner: Layer) -> bool {
    let between = Layer {
        right: outer.right,
        wrong: inner.wrong,
    };
    !between.is_mistake()
}

/// The share of suspicious characters among those above ASCII.
fn suspicious(text: &str) -> f32 {
    share(text, look::is_suspicious)
}

/// A text as a codec that may have shown it has it, worked out once for all layers of that codec.
struct Codes {
    /// Each character's bytes, if the codec has it.
    codes: Vec<Option<Code>>,
}

/// A text as each codec has it that may have shown it.
fn all_codes(text: &str) -> [Option<Codes>; Wrong::ALL.len()] {
    let mut all: [Option<Codes>; Wrong::ALL.len()] = Default::default();
    // Code page 1252 takes what Latin-1 has.
    for wrong in Wrong::ALL
        .into_iter()
        .filter(|&wrong| wrong != Wrong::Latin1)
    {
        if share(text, |c| wrong.encode(c).is_some()) < SHOWN {
            continue;
        }
        let codes = Codes {
            codes: text.chars().map(|c| wrong.encode(c)).collect(),
        };
        all[wrong as usize] = Some(codes);
    }
    all
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
            Undone::Broken => {
                broken += 1;
                under.push(char::REPLACEMENT_CHARACTER);
            }
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
