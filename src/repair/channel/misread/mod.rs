//! The misread channel: text written with one codec and read with another, once or several times, as a
//! whole or in part, with bytes lost on the way.
//!
//! `服务` in UTF-8 read as GBK is `鏈嶅姟`. Read as Latin-1 it is `æœåŠ¡`, with a control character
//! that stores drop. Writing the text with the wrong codec and reading it with the right one undoes it;
//! what is lost is a hole in the bytes, which the model fills.
//!
//! * [`look`] finds stretches that may have been misread, at the speed of memory.
//! * [`candidates`] finds the chain of mistakes of a stretch.
//! * [`search`] finds where exactly the text was misread and what was written.
//! * This file decides what of it is believed, and writes edits.

mod candidates;
mod chain;
mod look;
mod plain;
mod rare_table;
mod right;
mod search;
mod transmit;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::edit::{Candidate, Edit, EditList, Evidence, GUESS_BELOW, Rule};
use crate::lm::Model;
use crate::pipeline::{Fill as Filling, Options, Unresolved};

pub use chain::{Chain, Fill, Layer, MOST_LAYERS, Plan, PlanStep};
pub use look::{is_suspicious as is_rare, stretches};
pub use right::Right;
pub use transmit::{Loss, Misread, layers, misread, misread_all};
pub use wrong::{Code, Wrong};

use look::push as push_span;
use search::{Node, Outcome};

/// Nats that Chinese text must beat, for each character, to be no accident. GBK and Big5 make a
/// character of nearly any two bytes: one of some thousand at random.
const BY_ACCIDENT: f32 = 9.5;
/// The same for UTF-8, where one random sequence in a hundred is valid at all.
const BY_ACCIDENT_UTF8: f32 = 13.0;
/// What the support of a run must reach beyond accident for even odds, and what its gain.
const EVEN: f32 = 4.0;
/// The same where the text as it stands is Han or kana too, as rare characters of sound text are.
const EVEN_AMONG_HAN: f32 = 8.0;
/// The same where these are not even rare.
const EVEN_AMONG_FREQUENT: f32 = 16.0;
/// The same once the page has shown the chain.
const EVEN_KNOWN: f32 = 1.0;
/// Nats that each lost byte or pair takes off the gain: it makes more texts fit.
const LOST: f32 = 2.0;
/// Log-odds for each nat.
const SLOPE: f32 = 0.8;
/// Confidence from which on a run speaks for its chain.
const SURE: f32 = 0.9;
/// Support from which on a page is known to have been misread with a chain.
const KNOWN: f32 = 60.0;
/// What it costs to begin a run with a chain that the page has shown.
const OPEN_KNOWN: f32 = 4.0;
/// Nats that a chain costs for each further layer.
const LAYER: f32 = 4.0;
/// Below this probability a spot is not even reported.
const WORTH_A_REPORT: f32 = 0.5;
/// Flattens the model's overconfidence among fillings, as in the splice channel.
const TEMPERATURE: f32 = 1.7;
/// Rivals further behind are not listed.
const FAR_BEHIND: f32 = 12.0;
/// Candidates listed for one spot.
const MOST_CANDIDATES: usize = 8;
/// A line is taken whole up to this length, in bytes; of a longer one so much around the stretch.
const LINE: usize = 4096;
/// Stretches without a result from which on layers are no longer looked for, and from which on only some stretches
/// are looked at: first of short ones, as sound Chinese has them (two rare characters side by side; a megabyte of old
/// novels has hundreds), then of long ones, as text in another language has them.
const MOST_DEEP: [usize; 2] = [4, 8];
const MOST_FAILURES: [usize; 2] = [16, 64];
/// A page on which so many bytes that may have been misread gave nothing, and so many times as many as came back, is in
/// another language as a rule: what its lines give by accident says nothing of the others, and is not worth much time.
const MOST_IN_VAIN: usize = 4096;
const VAIN_SHARE: usize = 4;
/// One in so many is looked at from there on, and again so many times fewer when there are as many times more.
const EVERY: [usize; 2] = [64, 8];
/// Suspicious characters of a kind side by side that make a part of its own.
const OF_A_KIND: usize = 3;
/// Suspicious characters from which on a stretch is long.
const LONG: usize = 8;
/// Text with a larger share of U+FFFD is not restorable: at one byte in six it is a third of GBK's pairs.
const MOST_HOLES: f32 = 0.4;
/// Characters around a silent loss among which it may have happened.
const AROUND_LOSS: usize = 4;
/// Bytes of a piece that is short enough to look for losses without a trace everywhere.
const DROPPED: usize = 600;
/// Nats of a character that reads badly; two in a row are where something may be missing.
const BAD: f32 = -10.0;
/// A piece of so few characters that nothing was found in may have lost bytes anywhere.
const SHORT: usize = 24;
/// Different Han that a run must give before the page has shown its chain, and different characters that it must have:
/// `★★★★☆` in Big5 is `」」」」「` in GBK, and 墉墉墉 in UTF-8 is 麒麟麽.
const LEAST_DIFFERENT: usize = 2;
/// Shares of a run that Chinese must have, of the characters above ASCII in it.
const CHINESE: f32 = 0.6;

/// What a misreading of U+FFFD as GBK gives, whatever was lost.
const LOST_FOR_GOOD: &str = "锟斤拷";

/// Repairs what was misread in `text`.
pub fn repair(text: &str, model: &Model, options: &Options) -> (EditList, Vec<Unresolved>) {
    let lost = lost_spans(text);
    let mut unresolved = lost_for_good(&lost);
    let unusual = look::unusual(text, model);
    let stretches = look::joined(stretches(text), &unusual);
    if stretches.is_empty() {
        return (EditList::default(), unresolved);
    }
    let mut repairer = Repairer {
        text,
        model,
        known: Vec::new(),
        failures: [0; 2],
        in_vain: 0,
        restored: 0,
        runs: BTreeMap::new(),
        cache: search::Cache::default(),
    };
    let pieces: Vec<Piece> = pieces(text, &stretches, &unusual)
        .into_iter()
        .flat_map(|piece| piece.cut(text, &lost))
        .collect();
    for piece in &pieces {
        repairer.repair(piece, true);
    }
    // What was too short to prove anything may read well with a chain that longer pieces have shown.
    let is_known = |known: &Known| repairer.is_known(&known.chain);
    if repairer.known.iter().any(is_known) {
        for piece in &pieces {
            repairer.repair(piece, false);
        }
    }
    let mut edits = EditList::default();
    let mut end = 0;
    for run in std::mem::take(&mut repairer.runs).into_values() {
        if run.span.start >= end {
            end = run.span.end;
            repairer.write(&run, options, &mut edits, &mut unresolved);
        }
    }
    unresolved.retain(|spot| {
        let touched =
            |edit: &Edit| edit.span.start < spot.span.end && spot.span.start < edit.span.end;
        !edits.iter().any(touched)
    });
    unresolved.sort_by_key(|spot| spot.span.start);
    (edits, unresolved)
}

/// Log-probability of a text as it stands, in any language, in nats.
pub(crate) fn plain_score(text: &str) -> f32 {
    let model = Model::embedded();
    plain::score(model, model.line_start(), text)
}

/// Every row of `锟斤拷`: U+FFFD in UTF-8 read as GBK. What stood there was lost before.
fn lost_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), LOST_FOR_GOOD) {
        push_span(&mut spans, at..at + LOST_FOR_GOOD.len());
    }
    spans
}

/// The same as spots to report.
fn lost_for_good(lost: &[Range<usize>]) -> Vec<Unresolved> {
    let spots = lost.iter().map(|span| Unresolved {
        span: span.clone(),
        rule: Rule::Misread,
        confidence: 1.0,
        reason: "what stood here was lost before it was misread: \
                 U+FFFD in UTF-8 read as GBK"
            .to_owned(),
        candidates: Vec::new(),
    });
    spots.collect()
}

/// A part of a line with a suspicious stretch in it.
#[derive(Debug)]
struct Piece {
    /// What is searched.
    span: Range<usize>,
    /// What is suspicious in it.
    stretch: Range<usize>,
    /// Whether the stretch as a whole is, not its rare characters.
    unusual: bool,
}

impl Piece {
    /// The parts that were not misread with the same codec: some Han or kana beside some letters or signs. What was
    /// lost for good belongs to no part.
    fn cut(self, text: &str, lost: &[Range<usize>]) -> Vec<Piece> {
        let mut cuts = vec![self.stretch.start];
        let stretch = &text[self.stretch.clone()];
        // Greek and the signs of mathematics are shown by either kind of codec (`篶Θ⊿Μ` is 構成沒收).
        // How many of a kind stand side by side, and where they begin; the kind of the part so far.
        let (mut row, mut row_start, mut row_is_cjk, mut part_is_cjk) = (0, 0, false, None);
        let shown = |c| {
            is_rare(c)
                && c != char::REPLACEMENT_CHARACTER
                && !matches!(c, '\u{391}'..='\u{3C9}' | '\u{2200}'..='\u{22FF}')
        };
        for (i, c) in stretch.char_indices().filter(|&(_, c)| shown(c)) {
            let is_cjk = is_cjk(c);
            if row == 0 || is_cjk != row_is_cjk {
                (row, row_start, row_is_cjk) = (0, self.stretch.start + i, is_cjk);
            }
            row += 1;
            if row == OF_A_KIND {
                if part_is_cjk.is_some_and(|part| part != is_cjk) {
                    cuts.push(row_start);
                }
                part_is_cjk = Some(is_cjk);
            }
        }
        let mut ends = cuts[1..].to_vec();
        ends.push(self.stretch.end);
        let last = cuts.len() - 1;
        let mut parts: Vec<Piece> = Vec::new();
        for (i, (start, end)) in cuts.into_iter().zip(ends).enumerate() {
            let from = if i == 0 { self.span.start } else { start };
            let to = if i == last { self.span.end } else { end };
            let first = lost.partition_point(|gap| gap.start < from);
            let gaps = lost[first..].iter().take_while(|gap| gap.end <= to);
            let mut at = from;
            for gap in gaps.chain([&(to..to)]) {
                let span = at..gap.start;
                let stretch = start.clamp(at, gap.start)..end.clamp(at, gap.start);
                if self.unusual || text[stretch.clone()].chars().any(is_rare) {
                    parts.push(Piece {
                        span,
                        stretch,
                        unusual: self.unusual,
                    });
                }
                at = gap.end;
            }
        }
        parts
    }

    /// What is looked at to find a chain: the stretch, and where it is short the character before, which may be a
    /// frequent one that belongs to it (`鏈` in `鏈嶅姟`).
    fn sample<'t>(&self, text: &'t str) -> &'t str {
        let mut start = self.stretch.start;
        if text[self.stretch.clone()].chars().nth(SHORT).is_none() {
            let before = text[self.span.start..start].chars().next_back();
            start -= before.filter(|c| !c.is_ascii()).map_or(0, char::len_utf8);
        }
        &text[start..self.stretch.end]
    }

    /// 0 for a short stretch, 1 for a long one.
    fn kind(&self, text: &str) -> usize {
        let suspicious = text[self.stretch.clone()]
            .chars()
            .filter(|&c| is_rare(c))
            .take(LONG);
        usize::from(suspicious.count() == LONG)
    }
}

/// The stretches, cut at line ends, with what is around them on the line.
fn pieces(text: &str, stretches: &[Range<usize>], unusual: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for stretch in stretches {
        let mut from = stretch.start;
        while from < stretch.end {
            let line_end = memchr::memchr(b'\n', &text.as_bytes()[from..])
                .map_or(text.len(), |end| from + end);
            let to = line_end.min(stretch.end);
            if text.as_bytes()[from..to].is_ascii() {
                from = to + 1;
                continue;
            }
            let line_start =
                memchr::memrchr(b'\n', &text.as_bytes()[..from]).map_or(0, |at| at + 1);
            let floor = text.floor_char_boundary(from.saturating_sub(LINE / 2));
            let ceiling = text.ceil_char_boundary((to + LINE / 2).min(text.len()));
            let whole = line_end - line_start <= LINE;
            let start = if whole {
                line_start
            } else {
                line_start.max(floor)
            };
            let end = if whole {
                line_end
            } else {
                line_end.min(ceiling)
            };
            // Two stretches on one line: where the first one's piece reaches over the second, they are one.
            let taken = pieces.last().map_or(0, |last| last.span.end);
            match pieces.last_mut() {
                Some(last) if last.span.start <= from && to <= taken => last.stretch.end = to,
                _ => pieces.push(Piece {
                    span: start.max(taken)..end.max(taken),
                    stretch: from.max(taken)..to.max(taken),
                    unusual: false,
                }),
            }
            from = to + 1;
        }
    }
    for piece in &mut pieces {
        let next = unusual.partition_point(|line| line.end <= piece.stretch.start);
        piece.unusual = unusual
            .get(next)
            .is_some_and(|line| line.start < piece.stretch.end);
    }
    pieces
}

/// A chain that some piece of the page was misread with.
struct Known {
    chain: Chain,
    /// The support of all runs with it.
    support: f32,
}

struct Repairer<'t> {
    text: &'t str,
    model: &'t Model,
    known: Vec<Known>,
    /// Stretches that nothing sure was found in, short and long ones.
    failures: [usize; 2],
    /// Bytes of stretches that nothing sure was found for, and of those that it was found for.
    in_vain: usize,
    restored: usize,
    /// What is believed, by where it begins.
    runs: BTreeMap<usize, Run>,
    cache: search::Cache,
}

/// A misread run, and what was written.
struct Run {
    span: Range<usize>,
    chain: Chain,
    nodes: Vec<Node>,
    /// Where each node begins in the text.
    starts: Vec<usize>,
    rivals: Vec<search::Rival>,
    confidence: f32,
    gain: f32,
    support: f32,
}

/// What speaks for a text as the original of a run.
struct Proof {
    /// By how much it reads better than an accident, in nats.
    support: f32,
    /// The share of the characters that tell which are Chinese.
    chinese: f32,
    /// How many different Han there are.
    han: usize,
}

impl Repairer<'_> {
    /// Looks for runs in a piece: with the chains of the page, or (`discover`) with any.
    fn repair(&mut self, piece: &Piece, discover: bool) {
        let settled = self
            .runs
            .range(..piece.span.end)
            .next_back()
            .is_some_and(|(_, run)| run.span.end > piece.span.start && run.confidence >= 0.99);
        if settled && !discover {
            return;
        }
        let kind = piece.kind(self.text);
        let may_discover = discover && self.may_discover(kind);
        let mut best: Option<(f32, Vec<Run>)> = None;
        for i in 0..self.known.len() {
            let chain = self.known[i].chain.clone();
            if !may_discover && !self.is_known(&chain) {
                continue;
            }
            let found = self.runs_of(piece, &chain);
            better(&mut best, found, &chain);
        }
        let sure = |best: &Option<(f32, Vec<Run>)>| {
            best.as_ref()
                .is_some_and(|(_, runs)| runs.iter().any(|run| run.confidence >= 0.99))
        };
        let sample = piece.sample(self.text);
        if may_discover && !sure(&best) && holes(sample) <= MOST_HOLES {
            let layers = if self.failures[kind] < MOST_DEEP[kind] {
                MOST_LAYERS
            } else {
                1
            };
            let found =
                candidates::chains(sample, piece.unusual, self.model, layers, &mut self.cache);
            for chain in found {
                if self.known.iter().any(|known| known.chain == chain) {
                    continue;
                }
                let found = self.runs_of(piece, &chain);
                better(&mut best, found, &chain);
            }
        }
        let sure_runs = best
            .iter()
            .flat_map(|(_, runs)| runs)
            .filter(|run| run.confidence >= SURE);
        let restored: usize = sure_runs.map(|run| run.span.len()).sum();
        if discover {
            self.restored += restored;
            self.in_vain += piece.stretch.len().saturating_sub(restored);
            self.failures[kind] += usize::from(restored == 0);
        }
        let Some((_, runs)) = best else {
            return;
        };
        for run in runs {
            let support = if run.confidence >= SURE {
                run.support
            } else {
                0.0
            };
            match self.known.iter_mut().find(|known| known.chain == run.chain) {
                Some(known) => known.support += support,
                None if support > 0.0 => self.known.push(Known {
                    chain: run.chain.clone(),
                    support,
                }),
                None => {}
            }
            self.runs.insert(run.span.start, run);
        }
        self.known.sort_by(|a, b| b.support.total_cmp(&a.support));
        self.known.truncate(4);
    }

    /// Whether another stretch is worth a full look, after those of its kind in which nothing was found.
    fn may_discover(&self, kind: usize) -> bool {
        let failures = self.failures[kind];
        let mut every = 1;
        let mut most = MOST_FAILURES[kind];
        while failures >= most {
            every *= EVERY[kind];
            most *= EVERY[kind];
        }
        failures.is_multiple_of(every)
    }

    /// Whether the page has shown that it was misread with a chain.
    fn is_known(&self, chain: &Chain) -> bool {
        let known = self.known.iter().find(|known| known.chain == *chain);
        known.is_some_and(|known| known.support >= KNOWN) && !self.is_in_vain()
    }

    /// Whether what may have been misread was not, nearly throughout.
    fn is_in_vain(&self) -> bool {
        self.in_vain > MOST_IN_VAIN.max(VAIN_SHARE * self.restored)
    }

    /// How fast a piece is searched with a chain that the page has shown (`known`) or not.
    fn pace(&self, piece: &Piece, known: bool) -> (usize, usize) {
        let kind = piece.kind(self.text);
        if known || self.failures[kind] < MOST_DEEP[kind] {
            search::PACE
        } else {
            search::PACE_IN_VAIN
        }
    }

    /// The runs of a piece with one chain, those that nobody would believe left out, and the score of the search.
    fn runs_of(&mut self, piece: &Piece, chain: &Chain) -> (f32, Vec<Run>) {
        let known = self.is_known(chain);
        let open = if known { OPEN_KNOWN } else { search::OPEN };
        let text = &self.text[piece.span.clone()];
        let mut way = search::Way {
            open,
            silent: &[],
            doubles: false,
            tolerant: false,
            sample: false,
            budget: usize::MAX,
            pace: self.pace(piece, known),
        };
        let mut outcome = search::search(text, chain, self.model, way, &mut self.cache);
        // Where next to nothing was found, losses without a trace may explain that only in UTF-8, or where bytes that
        // nothing stands for are few.
        let anywhere = candidates::is_utf8_like(text, chain);
        let few = chain.is_of_single_bytes();
        let inside = outcome.path.iter().filter(|node| node.inside);
        let found: String = inside.flat_map(Node::characters).collect();
        if !anywhere
            && !few
            && !is_odd_throughout(text)
            && self.proof(&found, chain).support < EVEN_AMONG_HAN
        {
            return (outcome.score, Vec::new());
        }
        let mut silent = losses(text, &outcome, self.model, anywhere);
        // Bytes that a codec lacks leave double-byte text whole: only the model sees that some are missing.
        let unseen = chain
            .0
            .iter()
            .any(|layer| layer.right != Right::Utf8 && layer.wrong.may_drop());
        if (unseen || !silent.is_empty()) && !is_marked(text) && text.len() <= DROPPED {
            silent = text.char_indices().map(|(at, _)| at).collect();
        }
        let mut puts = outcome.path.iter().flat_map(Node::puts);
        let latin = chain
            .0
            .iter()
            .any(|layer| layer.wrong == Wrong::Windows1252);
        way.doubles = puts.any(|put| put.known) || latin && !silent.is_empty();
        if !silent.is_empty() || way.doubles {
            way.silent = &silent;
            let again = search::search(text, chain, self.model, way, &mut self.cache);
            if again.score > outcome.score {
                outcome = again;
            }
        }
        (
            outcome.score,
            self.judge(piece.span.start, outcome, chain, known),
        )
    }

    fn judge(&self, offset: usize, outcome: Outcome, chain: &Chain, known: bool) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut starts = Vec::with_capacity(outcome.path.len());
        let mut at = offset;
        for node in &outcome.path {
            starts.push(at);
            at = offset + node.to;
        }
        let mut from = 0;
        while from < outcome.path.len() {
            if !outcome.path[from].inside {
                from += 1;
                continue;
            }
            let mut to = from;
            while outcome.path.get(to).is_some_and(|node| node.inside) {
                to += 1;
            }
            let nodes = &outcome.path[from..to];
            let span = starts[from]..offset + nodes[nodes.len() - 1].to;
            let new: String = nodes.iter().flat_map(Node::characters).collect();
            let proof = self.proof(&new, chain);
            let old = &self.text[span.clone()];
            let context = self.model.line_start();
            let filled = nodes.iter().flat_map(Node::puts).filter(|put| !put.known);
            let lost = LOST * filled.count() as f32;
            let gain = plain::score(self.model, context, &new)
                - plain::score(self.model, context, old)
                - lost;
            let support = proof.support - lost;
            let among_han = old
                .chars()
                .any(|c| matches!(c, '\u{3040}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'));
            let has_rare = old.chars().filter(|&c| is_rare(c)).count() > 1;
            let even = match (known, among_han) {
                (true, _) => EVEN_KNOWN,
                (false, false) => EVEN,
                (false, true) if has_rare => EVEN_AMONG_HAN,
                (false, true) => EVEN_AMONG_FREQUENT,
            };
            let shown: BTreeSet<char> = old.chars().filter(|c| !c.is_ascii()).collect();
            let is_varied = proof.han >= LEAST_DIFFERENT && shown.len() >= LEAST_DIFFERENT;
            let is_enough = proof.chinese >= CHINESE && (known || is_varied);
            let evidence = support.min(gain) - even;
            let confidence = 1.0 / (1.0 + (-SLOPE * evidence).exp());
            if is_enough && confidence >= WORTH_A_REPORT {
                runs.push(Run {
                    span,
                    chain: chain.clone(),
                    nodes: nodes.to_vec(),
                    starts: starts[from..to].to_vec(),
                    rivals: outcome
                        .rivals
                        .iter()
                        .filter(|rival| rival.from >= from && rival.to <= to)
                        .map(|rival| search::Rival {
                            from: rival.from - from,
                            to: rival.to - from,
                            ..rival.clone()
                        })
                        .collect(),
                    confidence,
                    gain,
                    support,
                });
            }
            from = to;
        }
        runs
    }

    /// What speaks for a text as the original.
    fn proof(&self, new: &str, chain: &Chain) -> Proof {
        let accident = if chain.is_of_utf8() {
            BY_ACCIDENT_UTF8
        } else {
            BY_ACCIDENT
        };
        let mut context = self.model.line_start();
        let mut last_two = [None; 2];
        let mut han = BTreeSet::new();
        let (mut support, mut chinese, mut all) = (0.0, 0, 0);
        for c in new.chars() {
            let (next, nats) = plain::read_original(self.model, context, last_two[1], c);
            context = next;
            // A row of one sign gives a row of another one, which proves nothing again.
            let again = last_two.contains(&Some(c));
            last_two = [last_two[1], Some(c)];
            if proves(c) {
                support += if again { 0.0 } else { nats + accident };
                all += 1;
                chinese += usize::from(is_chinese(c));
            }
            if matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}') {
                han.insert(c);
            }
        }
        Proof {
            support,
            chinese: chinese as f32 / (all as f32).max(1.0),
            han: han.len(),
        }
    }

    /// Turns a run into edits, a clause each.
    fn write(
        &self,
        run: &Run,
        options: &Options,
        edits: &mut EditList,
        unresolved: &mut Vec<Unresolved>,
    ) {
        let mut from = 0;
        while from < run.nodes.len() {
            let mut to = from;
            while to < run.nodes.len() {
                to += 1;
                let node = &run.nodes[to - 1];
                let ends = node.characters().last().is_some_and(|&c| is_clause_end(c));
                // A node without length belongs to the one before.
                let whole = run.starts.get(to).is_none_or(|&start| start < run.span.end);
                let tag = node.characters().last() == Some(&'>')
                    || run
                        .nodes
                        .get(to)
                        .is_some_and(|next| next.characters() == ['<'] && next.at_rest);
                if (ends || tag) && node.at_rest && whole {
                    break;
                }
            }
            self.write_clause(run, from..to, options, edits, unresolved);
            from = to;
        }
    }

    fn write_clause(
        &self,
        run: &Run,
        nodes: Range<usize>,
        options: &Options,
        edits: &mut EditList,
        unresolved: &mut Vec<Unresolved>,
    ) {
        let Range {
            start: mut from,
            end: mut to,
        } = nodes;
        let is_same = |i: usize| {
            let node = &run.nodes[i];
            let span = run.starts[i]..self.end(run, i);
            let mut own = self.text[span].chars();
            node.at_rest
                && node.puts().is_empty()
                && node.characters().len() == 1
                && own.next() == Some(node.characters()[0])
                && own.next().is_none()
        };
        while from < to && is_same(from) {
            from += 1;
        }
        while from < to
            && is_same(to - 1)
            && (to < 2 || to - 1 == from || run.nodes[to - 2].at_rest)
        {
            to -= 1;
        }
        if from == to {
            return;
        }
        let span = run.starts[from]..self.end(run, to - 1);
        let text = |nodes: Range<usize>| -> String {
            run.nodes[nodes].iter().flat_map(Node::characters).collect()
        };
        let new = text(from..to);
        let old = &self.text[span.clone()];
        let mut plan = plan(run, from..to);
        let lost = plan.filled_bytes() > 0;
        let candidates = if lost {
            candidates_of(run, from..to, &new, &text)
        } else {
            Vec::new()
        };
        let fill = candidates.first().map_or(1.0, |best| best.probability);
        if run.confidence < options.min_confidence
            || (options.fill == Filling::Certain && fill < GUESS_BELOW)
        {
            let reason = if run.confidence < options.min_confidence {
                format!("may have been misread ({plan})")
            } else {
                format!("was misread ({plan}), and the lost bytes are not sure")
            };
            let own = Candidate {
                text: new,
                probability: fill,
                behind: 0.0,
            };
            let candidates = if candidates.is_empty() {
                vec![own]
            } else {
                candidates
            };
            unresolved.push(Unresolved {
                span,
                rule: Rule::Misread,
                confidence: run.confidence,
                reason,
                candidates,
            });
            return;
        }
        let mut written = new.clone();
        if options.fill == Filling::Mark && fill < GUESS_BELOW {
            written = marked(&run.nodes[from..to]);
        }
        if plan.apply(old).is_none_or(|again| again != new) {
            plan.steps.clear();
        }
        let replay = if lost {
            transmit::replays(&new, &run.chain, old)
        } else {
            !plan.steps.is_empty()
        };
        edits.push(Edit {
            span,
            new: written.into(),
            rule: Rule::Misread,
            confidence: run.confidence,
            evidence: Some(Box::new(Evidence {
                bytes: bytes_of(&plan),
                damage: run.confidence,
                fill,
                gain: run.gain,
                replay,
                note: note(&plan, &candidates, &new),
                candidates,
                plan: Some(plan).filter(|plan| !plan.steps.is_empty()),
            })),
        });
    }

    /// Where a node of a run ends in the text.
    fn end(&self, run: &Run, node: usize) -> usize {
        run.starts.get(node + 1).copied().unwrap_or(run.span.end)
    }
}

/// Whether a double-byte codec rather than another shows characters of this kind.
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{D7FF}' | '\u{E000}'..='\u{FFEF}')
}

/// The share of U+FFFD among the characters above ASCII.
fn holes(text: &str) -> f32 {
    let above = text.chars().filter(|c| !c.is_ascii()).count();
    let holes = text
        .chars()
        .filter(|&c| c == char::REPLACEMENT_CHARACTER)
        .count();
    holes as f32 / above.max(1) as f32
}

/// Takes what a chain gives instead of the best so far if the whole piece reads better with it.
fn better(best: &mut Option<(f32, Vec<Run>)>, found: (f32, Vec<Run>), chain: &Chain) {
    let (score, runs) = found;
    let score = score - LAYER * (chain.0.len() - 1) as f32;
    let worth: f32 = runs.iter().map(|run| run.gain.min(run.support)).sum();
    if worth > 0.0 && best.as_ref().is_none_or(|best| score > best.0) {
        *best = Some((score, runs));
    }
}

/// Whether a piece is so short, and so much of it suspicious, that losses are looked for even if nothing was found without.
fn is_odd_throughout(text: &str) -> bool {
    let above = text.chars().filter(|c| !c.is_ascii());
    let (odd, all) = above.fold((0, 0), |(odd, all), c| {
        (odd + usize::from(is_rare(c)), all + 1)
    });
    text.len() <= DROPPED && odd >= OF_A_KIND + 2 && odd * 2 >= all
}

/// Whether U+FFFD stands for what was lost.
fn is_marked(text: &str) -> bool {
    text.contains(char::REPLACEMENT_CHARACTER)
}

/// Where bytes may have been lost without a trace: around the suspicious characters that a search has
/// left outside of its runs, and around what reads badly inside of them.
fn losses(text: &str, outcome: &Outcome, model: &Model, anywhere: bool) -> Vec<usize> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut places = vec![false; starts.len()];
    let all = anywhere && starts.len() <= SHORT && !outcome.path.iter().any(|node| node.inside);
    let mut at = 0;
    let (mut context, mut before, mut bad) = (model.line_start(), None, 0);
    for (i, node) in outcome.path.iter().enumerate().take(starts.len()) {
        for &c in node.characters() {
            let (next, nats) = plain::read_original(model, context, before, c);
            (context, before) = (next, Some(c));
            bad = if nats < BAD { bad + 1 } else { 0 };
        }
        let odd = !node.inside && (all || text[at..node.to].chars().any(look::is_suspicious));
        let silent = node.puts().iter().any(|put| put.over == 0);
        if odd || silent || bad > 1 {
            let near = i.saturating_sub(AROUND_LOSS)..(i + 2).min(starts.len());
            places[near].fill(true);
        }
        at = node.to;
    }
    starts
        .iter()
        .zip(places)
        .filter_map(|(&start, place)| place.then_some(start))
        .collect()
}

fn is_clause_end(c: char) -> bool {
    matches!(
        c,
        '，' | '。' | '；' | '：' | '！' | '？' | '、' | '\u{3000}' | '|' | '\t'
    )
}

/// Whether a character tells that text is Chinese, or that it is not. Letters and digits do not: a row of them costs the
/// model next to nothing. Nor do the lines of tables, and circles and squares in the place of characters, which the model
/// hardly knows.
fn proves(c: char) -> bool {
    !matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '─'..='◿') && !c.is_ascii()
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3020}' | '\u{3400}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF60}' | '\u{2010}'..='\u{2030}' | '·' | '\u{20000}'..='\u{3FFFF}')
}

/// How the text of the nodes is undone.
fn plan(run: &Run, nodes: Range<usize>) -> Plan {
    let base = match nodes.start {
        0 => [0; MOST_LAYERS],
        start => run.nodes[start - 1].read,
    };
    let mut steps: Vec<PlanStep> = run
        .chain
        .0
        .iter()
        .map(|layer| PlanStep {
            encode: layer.wrong.name().to_owned(),
            decode: layer.right.name().to_owned(),
            fills: Vec::new(),
        })
        .collect();
    for put in run.nodes[nodes].iter().flat_map(Node::puts) {
        let layer = usize::from(put.layer);
        steps[layer].fills.push(Fill {
            at: put.at.saturating_sub(base[layer]) as usize,
            over: usize::from(put.over),
            bytes: chain::hex(&put.bytes[..usize::from(put.len)]),
            known: put.known,
        });
    }
    Plan { steps }
}

/// The ways to read the nodes, best first, with their shares.
fn candidates_of(
    run: &Run,
    nodes: Range<usize>,
    new: &str,
    text: &dyn Fn(Range<usize>) -> String,
) -> Vec<Candidate> {
    let mut ways = vec![(new.to_owned(), 0.0)];
    for rival in run.rivals.iter().filter(|rival| rival.behind <= FAR_BEHIND) {
        // What lies outside of these nodes must be the same, for it is decided by itself.
        let from = rival.from.max(nodes.start);
        let to = rival.to.min(nodes.end);
        let inside = (from < to)
            .then(|| rival.text.strip_prefix(&text(rival.from..from)))
            .flatten()
            .and_then(|rest| rest.strip_suffix(&text(to..rival.to)));
        let Some(inside) = inside else {
            continue;
        };
        let way = [&text(nodes.start..from), inside, &text(to..nodes.end)].concat();
        match ways.iter_mut().find(|(other, _)| *other == way) {
            Some((_, behind)) => *behind = rival.behind.min(*behind),
            None => ways.push((way, rival.behind)),
        }
    }
    ways.sort_by(|a, b| a.1.total_cmp(&b.1));
    let all: f32 = ways
        .iter()
        .map(|(_, behind)| (-behind / TEMPERATURE).exp())
        .sum();
    ways.truncate(MOST_CANDIDATES);
    ways.into_iter()
        .map(|(text, behind)| Candidate {
            text,
            probability: (-behind / TEMPERATURE).exp() / all,
            behind,
        })
        .collect()
}

/// The text of the nodes with 〓 for the characters whose bytes were lost.
fn marked(nodes: &[Node]) -> String {
    let mut text = String::new();
    let mut lost = false;
    for node in nodes {
        lost |= node.puts().iter().any(|put| !put.known);
        for &c in node.characters() {
            text.push(if std::mem::take(&mut lost) && !c.is_ascii() {
                '〓'
            } else {
                c
            });
        }
        lost |= !node.at_rest
            && node.characters().is_empty()
            && node.puts().iter().any(|put| !put.known);
    }
    text
}

/// The lost bytes in parentheses.
fn bytes_of(plan: &Plan) -> String {
    let lost = plan.fills().filter(|fill| !fill.known);
    lost.map(|fill| format!("({})", fill.bytes))
        .collect::<Vec<_>>()
        .join(" ")
}

/// `gbk -> utf-8, 1 byte lost: 界 over 畍 by 9.3 nats`.
fn note(plan: &Plan, candidates: &[Candidate], new: &str) -> String {
    let mut note = plan.to_string();
    if let Some(rival) = candidates.iter().find(|candidate| candidate.text != *new) {
        let (own, other) = difference(new, &rival.text);
        note.push_str(&format!(": {own} over {other} by {:.1} nats", rival.behind));
    }
    note
}

/// Where two texts differ.
fn difference<'s>(a: &'s str, b: &'s str) -> (&'s str, &'s str) {
    let start = a
        .char_indices()
        .zip(b.chars())
        .find(|((_, x), y)| x != y)
        .map_or(a.len().min(b.len()), |((at, _), _)| at);
    let tail = a[start..]
        .chars()
        .rev()
        .zip(b[start..].chars().rev())
        .take_while(|(x, y)| x == y)
        .map(|(x, _)| x.len_utf8())
        .sum::<usize>();
    (&a[start..a.len() - tail], &b[start..b.len() - tail])
}
