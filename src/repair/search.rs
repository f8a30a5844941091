//! Beam search over a lattice: which original text explains the page best.
//!
//! A hypothesis is a position in the damaged text, the state of the codec, the last two symbols for
//! the language model, and what it still owes (a mark after noise, an annotation after an annotated
//! character). Its score is the log-probability of the text so far minus the costs of the arcs, in
//! nats. The text as it stands is always one of the hypotheses, so every answer comes with the
//! margin over leaving the text alone.

use crate::lm::Context;

use super::automaton::{Automaton, Pending, Step};
use super::lattice::{Arc, Byte, Kind, Lattice, MOST_BYTES};

/// Hypotheses kept at a position. With 24 and with 16 the same excerpts and simulated pages come out right.
const WIDTH: usize = 16;
/// Hypotheses kept while a lost byte still waits for its right-hand neighbours: a lost lead byte has
/// at most 126 values, a lost trail byte 190.
const WIDTH_AFTER_HOLE: usize = 80;
/// How far behind the best, in nats, a hypothesis with a fresh hole may be. At 10 four excerpts of 46 and 22
/// simulated pages of 240 were lost, 13 and 16 are equal.
const BEHIND_AFTER_HOLE: f32 = 16.0;
/// Arcs after a lost byte during which the wider beam is kept.
const FRESH_ARCS: u8 = 2;
/// Within an arc, partial hypotheses kept from one lost byte to the next.
const WIDTH_INSIDE_ARC: usize = 6;
/// A hypothesis that loses fewer nats than this on its way goes on well, and needs no last resort.
const GOES_ON_WELL: f32 = 6.5;
/// Behind the best hypothesis inside a run by more nats than this, unknown bytes are not tried.
const HOPEFUL: f32 = 8.0;
/// Ways to the same end that are named as rivals.
const RIVALS: usize = 8;
/// A hypothesis this many nats behind the best at its position is dropped.
const BEHIND: f32 = 24.0;
/// What a lost byte can have been: it stood alone as a lead byte when it was lost.
const LOST: std::ops::RangeInclusive<u8> = 0x81..=0xFE;
/// Characters a run may stay shifted (the longest seen on real pages is 14).
const LONGEST_RUN: u8 = 32;
/// Arcs after which a region is closed by force.
const LONGEST_REGION: usize = 160;
/// Look-ups in the language model one region may cost.
const BUDGET: usize = 40_000;

/// Scores characters: the language model, and the page's own words where they are known.
pub trait Scorer {
    /// The context after `c` and the log-probability of `c`, in nats.
    fn read(&self, context: Context, c: char) -> (Context, f32);
}

/// One arc of a path, with the bytes that the search chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Span in the damaged text, in bytes.
    pub from: usize,
    /// End of the span.
    pub to: usize,
    /// What the arc stands for.
    pub kind: Kind,
    /// The bytes that were sent.
    pub bytes: Vec<u8>,
    /// Bit `i` is set when byte `i` was lost and chosen by the search.
    pub lost: u8,
    /// The characters of the original that are complete after this arc.
    pub text: String,
    /// Whether a character is begun and not complete after this arc.
    pub pending: bool,
}

/// A way through the region.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Log-probability of the text minus the costs, in nats.
    pub score: f32,
    /// The arcs in order.
    pub arcs: Vec<Taken>,
}

impl Path {
    /// The original text of the region.
    pub fn text(&self) -> String {
        self.arcs.iter().map(|arc| arc.text.as_str()).collect()
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Where the region ends, in bytes of the damaged text.
    pub end: usize,
    /// The score of leaving the text as it stands.
    pub same: f32,
    /// Ways to read the region as damaged, best first; empty when there is none.
    pub repairs: Vec<Path>,
    /// How many look-ups it took.
    pub lookups: usize,
    /// Whether the budget ran out before the region was closed.
    pub exhausted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Nothing,
    Mark,
    Second(u8),
}

#[derive(Clone, Copy, Debug)]
struct Hypothesis {
    score: f32,
    context: Context,
    pending: Pending,
    last_two: u16,
    expected: Expected,
    owed: f32,
    opened: bool,
    run: u8,
    fresh: u8,
    node: u32,
}

impl Hypothesis {
    fn same_future(&self, other: &Hypothesis) -> bool {
        self.pending == other.pending
            && self.last_two == other.last_two
            && self.context == other.context
            && self.opened == other.opened
            && self.expected == other.expected
    }

    fn at_rest(&self) -> bool {
        self.pending.is_none() && self.expected == Expected::Nothing
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: u32,
    from: u32,
    to: u32,
    kind: Kind,
    literal: Option<char>,
    bytes: [u8; MOST_BYTES],
    len: u8,
    lost: u8,
}

/// Two ways to the same future: the better one goes on, the other is remembered as its rival.
#[derive(Clone, Copy, Debug)]
struct Merge {
    kept: u32,
    given_up: u32,
    /// Nats between the two.
    behind: f32,
}

const ROOT: u32 = u32::MAX;

/// Finds the best original of the region that begins at `start`.
///
/// `context` is what the model has read before, `last_two` the two bytes before `start` (0 if they
/// are none of the code page's).
pub fn search<A: Automaton, L: Lattice, S: Scorer>(
    automaton: &A,
    lattice: &L,
    scorer: &S,
    start: usize,
    context: Context,
    last_two: u16,
) -> Outcome {
    Search {
        automaton,
        lattice,
        scorer,
        nodes: Vec::new(),
        merges: Vec::new(),
        lookups: 0,
        partial: Vec::new(),
    }
    .run(start, context, last_two)
}

struct Search<'s, A, L, S> {
    automaton: &'s A,
    lattice: &'s L,
    scorer: &'s S,
    nodes: Vec<Node>,
    /// Hypotheses that gave way to a better one with the same future.
    merges: Vec<Merge>,
    lookups: usize,
    partial: Vec<(Hypothesis, [u8; MOST_BYTES])>,
}

impl<A: Automaton, L: Lattice, S: Scorer> Search<'_, A, L, S> {
    fn run(mut self, start: usize, context: Context, last_two: u16) -> Outcome {
        let first = Hypothesis {
            score: 0.0,
            context,
            pending: Pending::NONE,
            last_two,
            expected: Expected::Nothing,
            owed: 0.0,
            opened: false,
            run: 0,
            fresh: 0,
            node: ROOT,
        };
        let mut waiting: Vec<(usize, Vec<Hypothesis>)> = vec![(start, vec![first])];
        let mut arcs = Vec::new();
        let mut steps = 0;
        loop {
            let next = (0..waiting.len())
                .min_by_key(|i| waiting[*i].0)
                .expect("one position is always waiting");
            let (at, mut beam) = waiting.swap_remove(next);
            self.prune(&mut beam);
            let alone = waiting.is_empty();
            let no_repair = alone && beam.iter().all(|h| !h.opened);
            let converged = alone
                && steps > 0
                && beam
                    .iter()
                    .all(|h| h.at_rest() && h.context == beam[0].context);
            let exhausted = self.lookups > BUDGET || steps > LONGEST_REGION;
            if at >= self.lattice.end()
                || (steps > 0 && no_repair)
                || converged
                || (exhausted && alone)
            {
                return self.close(at, beam, exhausted);
            }
            steps += 1;
            arcs.clear();
            self.lattice.arcs(at, &mut arcs);
            let mut begun = 0;
            let mut best_inside = f32::NEG_INFINITY;
            for (rank, hypothesis) in beam.iter().enumerate() {
                // Arcs inside a run are counted among the hypotheses that are inside one.
                let inside_rank = begun;
                if !hypothesis.at_rest() {
                    begun += 1;
                    best_inside = best_inside.max(hypothesis.score);
                }
                let hopeful = hypothesis.at_rest() || hypothesis.score > best_inside - HOPEFUL;
                let mut best = f32::NEG_INFINITY;
                for last_resort in [false, true] {
                    if last_resort && best > hypothesis.score - GOES_ON_WELL {
                        break;
                    }
                    for arc in arcs.iter().filter(|arc| arc.last_resort == last_resort) {
                        let rank = if arc.inside { inside_rank } else { rank };
                        if rank < usize::from(arc.tries) && (hopeful || arc.tries == u16::MAX) {
                            best = best.max(self.follow(*hypothesis, at, arc, &mut waiting));
                        }
                    }
                }
            }
            if waiting.is_empty() {
                // Cannot happen while every lattice has the arc of the text as it stands.
                return Outcome {
                    end: at,
                    same: 0.0,
                    repairs: Vec::new(),
                    lookups: self.lookups,
                    exhausted: true,
                };
            }
        }
    }

    /// Takes one arc; the answer is the best score that came of it.
    fn follow(
        &mut self,
        from: Hypothesis,
        at: usize,
        arc: &Arc,
        waiting: &mut Vec<(usize, Vec<Hypothesis>)>,
    ) -> f32 {
        let mut best = f32::NEG_INFINITY;
        if arc.inside && from.at_rest() {
            return best;
        }
        let mut partial = std::mem::take(&mut self.partial);
        partial.clear();
        let mut hypothesis = from;
        hypothesis.score -= arc.cost;
        hypothesis.opened |= arc.opens;
        hypothesis.fresh = hypothesis.fresh.saturating_sub(1);
        if matches!(arc.kind, Kind::Annotation) {
            hypothesis.owed = 0.0;
        }
        partial.push((hypothesis, [0; MOST_BYTES]));
        let mut lost = 0;
        for (i, byte) in arc.bytes().iter().enumerate() {
            let before = partial.len();
            for k in 0..before {
                let (hypothesis, bytes) = partial[k];
                let mut choose = |value: u8, fresh: bool, partial: &mut Vec<_>| {
                    if i < usize::from(arc.dropped)
                        && i % 2 == 1
                        && !self
                            .lattice
                            .is_dropped(u16::from_be_bytes([bytes[i - 1], value]))
                    {
                        return;
                    }
                    if let Some(mut next) = self.read_byte(hypothesis, value) {
                        if fresh {
                            next.fresh = FRESH_ARCS;
                        }
                        let mut bytes = bytes;
                        bytes[i] = value;
                        partial.push((next, bytes));
                    }
                };
                match *byte {
                    Byte::Is(value) => choose(value, false, &mut partial),
                    Byte::Lost => LOST.for_each(|value| choose(value, true, &mut partial)),
                    Byte::Choice => {
                        for (value, cost) in arc.choices.iter().take_while(|(value, _)| *value != 0)
                        {
                            let before = partial.len();
                            choose(*value, false, &mut partial);
                            if let Some((next, _)) = partial.get_mut(before) {
                                next.score -= cost;
                            }
                        }
                    }
                    Byte::LostIn(ranges) => {
                        for (low, high) in ranges {
                            (*low..=*high).for_each(|value| choose(value, true, &mut partial));
                        }
                    }
                }
            }
            partial.drain(..before);
            if !matches!(byte, Byte::Is(_)) {
                lost |= 1 << i;
            }
            let more = i + 1 < arc.bytes().len();
            let complete = partial
                .first()
                .is_some_and(|(first, _)| first.pending.is_none());
            if more && complete && partial.len() > WIDTH_INSIDE_ARC {
                partial
                    .sort_unstable_by(|a, b| b.0.score.total_cmp(&a.0.score).then(a.1.cmp(&b.1)));
                partial.truncate(WIDTH_INSIDE_ARC);
            }
        }
        for (mut hypothesis, bytes) in partial.drain(..) {
            if let Some(number) = arc.behind
                && !self.lattice.allows(number, hypothesis.last_two)
            {
                continue;
            }
            if arc.kind == Kind::Residue {
                hypothesis.owed = 0.0;
            }
            if arc.before_mark {
                // Noise before noise: the mark that follows must serve both.
                if hypothesis.expected == Expected::Mark {
                    continue;
                }
                if hypothesis.expected == Expected::Nothing {
                    hypothesis.expected = Expected::Mark;
                }
            }
            if let Some(c) = arc.literal {
                if !hypothesis.at_rest() {
                    continue;
                }
                hypothesis = self.emit(hypothesis, c);
                hypothesis.last_two = 0;
            }
            if arc.markup.is_some() {
                if !hypothesis.at_rest() {
                    continue;
                }
                // Markup ends a line as a rule; to the model it reads as the line's edge.
                hypothesis = self.emit(hypothesis, '\n');
                hypothesis.last_two = 0;
            }
            hypothesis.run = if hypothesis.pending.is_none() {
                0
            } else {
                hypothesis.run + 1
            };
            if hypothesis.run > LONGEST_RUN {
                continue;
            }
            best = best.max(hypothesis.score);
            hypothesis.node = self.nodes.len() as u32;
            self.nodes.push(Node {
                parent: from.node,
                from: at as u32,
                to: arc.to as u32,
                kind: arc.kind,
                literal: arc.literal.or(arc.markup),
                bytes,
                len: arc.len,
                lost,
            });
            match waiting.iter_mut().find(|(position, _)| *position == arc.to) {
                Some((_, beam)) => beam.push(hypothesis),
                None => waiting.push((arc.to, vec![hypothesis])),
            }
        }
        self.partial = partial;
        best
    }

    fn read_byte(&mut self, mut hypothesis: Hypothesis, byte: u8) -> Option<Hypothesis> {
        hypothesis.expected = match hypothesis.expected {
            Expected::Nothing => Expected::Nothing,
            Expected::Mark => {
                if !self
                    .lattice
                    .marks()
                    .iter()
                    .any(|mark| (mark >> 8) as u8 == byte)
                {
                    return None;
                }
                Expected::Second(byte)
            }
            Expected::Second(lead) => {
                if !self
                    .lattice
                    .marks()
                    .contains(&u16::from_be_bytes([lead, byte]))
                {
                    return None;
                }
                Expected::Nothing
            }
        };
        hypothesis.score -= hypothesis.owed;
        hypothesis.last_two = hypothesis.last_two << 8 | u16::from(byte);
        match self.automaton.step(hypothesis.pending, byte) {
            Step::Reject => return None,
            Step::Wait(pending) => hypothesis.pending = pending,
            Step::Emit(c) => {
                hypothesis.pending = Pending::NONE;
                hypothesis = self.emit(hypothesis, c);
            }
        }
        hypothesis.owed = self.lattice.owed(hypothesis.last_two);
        Some(hypothesis)
    }

    fn emit(&mut self, mut hypothesis: Hypothesis, c: char) -> Hypothesis {
        self.lookups += 1;
        let (context, nats) = self.scorer.read(hypothesis.context, c);
        hypothesis.context = context;
        hypothesis.score += nats - self.lattice.oddity(c);
        hypothesis
    }

    /// Best first; one hypothesis for each future, without the hopeless and the surplus ones. The best
    /// hypothesis without damage always stays.
    fn prune(&mut self, beam: &mut Vec<Hypothesis>) {
        beam.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node)));
        let best_of = |fresh: bool| {
            beam.iter()
                .find(|h| (h.fresh > 0) == fresh)
                .map_or(f32::NEG_INFINITY, |h| h.score)
        };
        let best = [best_of(false).max(best_of(true)), best_of(true)];
        let mut same = beam.iter().position(|h| !h.opened);
        let mut kept: Vec<Hypothesis> = Vec::with_capacity(beam.len().min(WIDTH_AFTER_HOLE));
        let mut settled = 0;
        for (i, hypothesis) in beam.iter().enumerate() {
            let must_stay = same == Some(i);
            let fresh = hypothesis.fresh > 0;
            let room = if fresh {
                kept.len() < WIDTH_AFTER_HOLE
            } else {
                settled < WIDTH
            };
            let behind = if fresh { BEHIND_AFTER_HOLE } else { BEHIND };
            if !must_stay && (!room || hypothesis.score < best[usize::from(fresh)] - behind) {
                continue;
            }
            if let Some(better) = kept.iter().find(|other| other.same_future(hypothesis)) {
                let behind = better.score - hypothesis.score;
                self.merges.push(Merge {
                    kept: better.node,
                    given_up: hypothesis.node,
                    behind,
                });
                continue;
            }
            same = same.filter(|_| !must_stay);
            settled += usize::from(!fresh);
            kept.push(*hypothesis);
        }
        *beam = kept;
    }

    fn close(&self, end: usize, beam: Vec<Hypothesis>, exhausted: bool) -> Outcome {
        let same = beam
            .iter()
            .filter(|h| !h.opened)
            .map(|h| h.score)
            .fold(f32::NEG_INFINITY, f32::max);
        let mut repairs: Vec<Path> = Vec::new();
        for hypothesis in beam.iter().filter(|h| h.opened && h.at_rest()) {
            for (behind, nodes) in self.ways(hypothesis.node) {
                repairs.push(Path {
                    score: hypothesis.score - behind,
                    arcs: self.path(&nodes),
                });
            }
        }
        repairs.sort_by(|a, b| b.score.total_cmp(&a.score));
        repairs.truncate(2 * RIVALS);
        Outcome {
            end,
            same,
            repairs,
            lookups: self.lookups,
            exhausted,
        }
    }

    /// The best ways to a node through everything that merged into its line, with how far each is behind.
    fn ways(&self, end: u32) -> Vec<(f32, Vec<u32>)> {
        let mut open: Vec<(f32, u32, Vec<u32>)> = vec![(0.0, end, Vec::new())];
        let mut found = Vec::new();
        while found.len() < RIVALS {
            let Some(next) = (0..open.len()).min_by(|a, b| open[*a].0.total_cmp(&open[*b].0))
            else {
                break;
            };
            let (behind, mut node, mut nodes) = open.swap_remove(next);
            while node != ROOT {
                for merge in self.merges.iter().filter(|merge| merge.kept == node) {
                    open.push((behind + merge.behind, merge.given_up, nodes.clone()));
                }
                nodes.push(node);
                node = self.nodes[node as usize].parent;
            }
            nodes.reverse();
            found.push((behind, nodes));
        }
        found
    }

    fn path(&self, nodes: &[u32]) -> Vec<Taken> {
        let mut pending = Pending::NONE;
        nodes
            .iter()
            .map(|node| {
                let node = &self.nodes[*node as usize];
                let bytes = &node.bytes[..usize::from(node.len)];
                let mut text = String::new();
                for byte in bytes {
                    match self.automaton.step(pending, *byte) {
                        Step::Wait(next) => pending = next,
                        Step::Emit(c) => {
                            pending = Pending::NONE;
                            text.push(c);
                        }
                        Step::Reject => pending = Pending::NONE,
                    }
                }
                text.extend(node.literal);
                Taken {
                    from: node.from as usize,
                    to: node.to as usize,
                    kind: node.kind,
                    bytes: bytes.to_vec(),
                    lost: node.lost,
                    text,
                    pending: !pending.is_none(),
                }
            })
            .collect()
    }
}
