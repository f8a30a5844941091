//! Beam search over a lattice: which original text explains the page best.
//!
//! A hypothesis is a position in the damaged text, the state of the codec, the last two symbols for
//! the language model, and what it still owes (a mark after noise, an annotation after an annotated
//! character). Its score is the log-probability of the text so far minus the costs of the arcs, in
//! nats. The text as it stands is always one of the hypotheses, so every answer comes with the
//! margin over leaving the text alone.

use compact_str::CompactString;

use crate::lm::Context;

use super::automaton::{Automaton, Pending, Step};
use super::lattice::{Arc, Byte, Kind, Lattice, MOST_BYTES};

/// Hypotheses kept at a position. With 24 and with 16 the same excerpts and simulated pages come out right.
const WIDTH: usize = 16;
/// Fillings of a hole that are read on once the character behind it is known; before that all of them
/// are kept, for nothing to the left tells them apart.
const FORESEEN: usize = 24;
/// How far behind the best, in nats, a hypothesis with a fresh hole may be. At 10 four excerpts of 46 and 22
/// simulated pages of 240 were lost, 13 and 16 are equal.
const BEHIND_AFTER_HOLE: f32 = 16.0;
/// Within an arc, partial hypotheses kept from one lost byte to the next.
const WIDTH_INSIDE_ARC: usize = 6;
/// Of one arc, hypotheses that go on where what follows tells nothing more of them: twice what the beam keeps.
const WIDTH_BEHIND_ARC: usize = 2 * WIDTH;
/// A hypothesis that loses fewer nats than this on its way goes on well, and needs no last resort.
const GOES_ON_WELL: f32 = 11.0;
/// Behind the best hypothesis inside a run by more nats than this, unknown bytes are not tried.
const HOPEFUL: f32 = 8.0;
/// Fillings of a hole that try a torn byte right behind it: all that there can be.
const FRESH_TRIES: u16 = 126;
/// Ways to the same end that are named as rivals.
const RIVALS: usize = 8;
/// A hypothesis this many nats behind the best at its position is dropped.
const BEHIND: f32 = 24.0;
/// What a lost byte can have been: it stood alone as a lead byte when it was lost.
const LOST: Ranges = &[(0x81, 0xFE)];
/// Characters a run may stay shifted (the longest seen on real pages is 14).
const LONGEST_RUN: u8 = 32;
/// Arcs after which a region is closed by force.
const LONGEST_REGION: usize = 160;
/// Look-ups in the language model one region may cost.
const BUDGET: usize = 40_000;

/// Values that a lost byte can have had.
type Ranges = &'static [(u8, u8)];

/// Scores characters: the language model, and the page's own words where they are known.
pub trait Scorer {
    /// The context after `c` and the log-probability of `c`, in nats.
    fn read(&self, context: Context, c: char) -> (Context, f32);

    /// About the log-probability of `c`, in nats, from its neighbour alone: to rank many contexts cheaply.
    fn estimate(&self, context: Context, c: char) -> f32;
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
    pub bytes: Bytes,
    /// Bit `i` is set when byte `i` was lost and chosen by the search.
    pub lost: u8,
    /// The characters of the original that are complete after this arc.
    pub text: CompactString,
    /// Whether a character is begun and not complete after this arc.
    pub pending: bool,
}

/// The few bytes of one arc, in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    bytes: [u8; MOST_BYTES],
    len: u8,
}

impl Bytes {
    /// The first `len` of `bytes`.
    fn new(bytes: [u8; MOST_BYTES], len: u8) -> Bytes {
        Bytes { bytes, len }
    }

    /// One byte.
    pub(super) fn one(byte: u8) -> Bytes {
        let mut bytes = [0; MOST_BYTES];
        bytes[0] = byte;
        Bytes::new(bytes, 1)
    }

    /// Two bytes.
    pub(super) fn pair(pair: [u8; 2]) -> Bytes {
        let mut bytes = [0; MOST_BYTES];
        bytes[..2].copy_from_slice(&pair);
        Bytes::new(bytes, 2)
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
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
    /// A lead byte that is gone. It is chosen when the byte after it is known, which leaves few choices.
    hole: Option<Ranges>,
    last_two: u16,
    expected: Expected,
    owed: f32,
    opened: bool,
    run: u8,
    /// Whether a byte was chosen and no character was read behind it yet.
    fresh: bool,
    /// Whether the last byte belongs to the character before an annotation: a replacement does not look at it again, so
    /// that it and the next byte owe nothing.
    used: bool,
    node: u32,
}

impl Hypothesis {
    fn same_future(&self, other: &Hypothesis) -> bool {
        self.pending == other.pending
            && self.hole == other.hole
            && self.last_two == other.last_two
            && self.context == other.context
            && self.opened == other.opened
            && self.used == other.used
            && self.expected == other.expected
    }

    /// What [`Hypothesis::same_future`] looks at, mixed into one number.
    fn future(&self) -> u64 {
        let state = u64::from(self.pending.last_byte()) << 3
            | u64::from(self.hole.is_some()) << 2
            | u64::from(self.opened) << 1
            | u64::from(self.expected != Expected::Nothing);
        let key = u64::from(self.context.first.number()) << 48
            | u64::from(self.context.second.number()) << 32
            | u64::from(self.last_two) << 16
            | state;
        // Fibonacci hashing: the high bits of the product are the well mixed ones.
        key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
    }

    fn at_rest(&self) -> bool {
        self.pending.is_none() && self.hole.is_none() && self.expected == Expected::Nothing
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: u32,
    from: u32,
    to: u32,
    kind: Kind,
    literal: Option<char>,
    bytes: Bytes,
    lost: u8,
    /// What the last byte of the arc before was, where it was left open.
    filled: Option<u8>,
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
        slots: Vec::new(),
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
    partial: Vec<Partial>,
    /// Places of the kept hypotheses by their future, for [`Search::prune`].
    slots: Vec<u16>,
}

/// A hypothesis on its way through an arc.
#[derive(Clone, Copy)]
struct Partial {
    hypothesis: Hypothesis,
    bytes: [u8; MOST_BYTES],
    /// What the last byte of the arc before was, where it was left open.
    filled: Option<u8>,
}

impl Partial {
    /// Best first.
    fn order(&self, other: &Partial) -> std::cmp::Ordering {
        let by_score = other.hypothesis.score.total_cmp(&self.hypothesis.score);
        by_score.then(self.bytes.cmp(&other.bytes))
    }
}

impl<A: Automaton, L: Lattice, S: Scorer> Search<'_, A, L, S> {
    fn run(mut self, start: usize, context: Context, last_two: u16) -> Outcome {
        let first = Hypothesis {
            score: 0.0,
            context,
            pending: Pending::NONE,
            hole: None,
            last_two,
            expected: Expected::Nothing,
            owed: 0.0,
            opened: false,
            run: 0,
            fresh: false,
            used: false,
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
            self.foresee(&mut beam, &arcs);
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
                        // Which of the fillings of a hole is right, the lost trail byte behind it tells as well as anything.
                        let tries = match hypothesis.fresh && arc.kind == Kind::Torn {
                            true => FRESH_TRIES,
                            false => arc.tries,
                        };
                        if rank < usize::from(tries) && (hopeful || tries == u16::MAX) {
                            let score = self.follow(*hypothesis, at, arc, &mut waiting);
                            // How well it goes on behind a folded letter, a tear or an eaten character is not known yet.
                            if matches!(arc.kind, Kind::Same | Kind::Residue | Kind::Annotation) {
                                best = best.max(score);
                            }
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
        if matches!(arc.kind, Kind::Annotation) {
            hypothesis.owed = 0.0;
            hypothesis.used = true;
        }
        partial.push(Partial {
            hypothesis,
            bytes: [0; MOST_BYTES],
            filled: None,
        });
        let mut lost = 0;
        for (i, byte) in arc.bytes().iter().enumerate() {
            let before = partial.len();
            for k in 0..before {
                self.read_one(partial[k], arc, i, *byte, &mut partial);
            }
            partial.drain(..before);
            if !matches!(byte, Byte::Is(_)) {
                lost |= 1 << i;
            }
            let more = arc.bytes()[i + 1..]
                .iter()
                .any(|byte| !matches!(byte, Byte::Is(_)));
            let complete = partial.first().is_some_and(|first| {
                first.hypothesis.pending.is_none() && first.hypothesis.hole.is_none()
            });
            if more && complete && partial.len() > WIDTH_INSIDE_ARC {
                partial.select_nth_unstable_by(WIDTH_INSIDE_ARC, Partial::order);
                partial.truncate(WIDTH_INSIDE_ARC);
            }
        }
        if let Some(number) = arc.behind {
            partial.retain(|Partial { hypothesis, .. }| {
                hypothesis.hole.is_none() && self.lattice.allows(number, hypothesis.last_two)
            });
        }
        if partial.len() > WIDTH_BEHIND_ARC
            && partial.iter().all(|partial| !partial.hypothesis.fresh)
        {
            partial.select_nth_unstable_by(WIDTH_BEHIND_ARC, Partial::order);
            partial.truncate(WIDTH_BEHIND_ARC);
        }
        for Partial {
            mut hypothesis,
            bytes,
            filled,
        } in partial.drain(..)
        {
            if arc.kind == Kind::Residue {
                hypothesis.owed = 0.0;
                hypothesis.used = true;
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
            hypothesis.run = if hypothesis.pending.is_none() && hypothesis.hole.is_none() {
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
                bytes: Bytes::new(bytes, arc.len),
                lost,
                filled,
            });
            match waiting.iter_mut().find(|(position, _)| *position == arc.to) {
                Some((_, beam)) => beam.push(hypothesis),
                None => waiting.push((arc.to, vec![hypothesis])),
            }
        }
        self.partial = partial;
        best
    }

    /// Reads byte `i` of an arc in every way that it can be read, and adds what comes of it to `out`.
    fn read_one(&mut self, from: Partial, arc: &Arc, i: usize, byte: Byte, out: &mut Vec<Partial>) {
        match byte {
            Byte::Is(value) if from.hypothesis.hole.is_some() => {
                self.fill(from, arc, i, value, 0.0, out);
            }
            Byte::Is(value) => self.choose(from, arc, i, value, out),
            Byte::Choice => {
                for (value, cost) in arc.choices.iter().take_while(|(value, _)| *value != 0) {
                    if from.hypothesis.hole.is_some() {
                        self.fill(from, arc, i, *value, *cost, out);
                    } else {
                        let before = out.len();
                        self.choose(from, arc, i, *value, out);
                        if let Some(next) = out.get_mut(before) {
                            next.hypothesis.score -= cost;
                        }
                    }
                }
            }
            Byte::Lost => self.lose(from, arc, i, LOST, out),
            Byte::LostIn(ranges) => self.lose(from, arc, i, ranges, out),
        }
    }

    /// Reads a lost byte: one that completes a character is chosen at once, one that begins a character
    /// stays open until the next byte is known. Of a character that is gone altogether nothing is left
    /// to choose by.
    fn lose(
        &mut self,
        mut from: Partial,
        arc: &Arc,
        i: usize,
        ranges: Ranges,
        out: &mut Vec<Partial>,
    ) {
        if from.hypothesis.hole.is_some() {
            // 失敗； is CAA7 94A1 A3BB, and A1A3 is 。: noise before it and before A3BB tears both bytes of 敗 off. The second one
            // begins a mark, which leaves few values.
            if from.hypothesis.expected == Expected::Mark {
                for value in all(ranges) {
                    if self.begins_mark(value) {
                        self.fill(from, arc, i, value, 0.0, out);
                    }
                }
            }
            return;
        }
        if from.hypothesis.pending.is_none() && from.hypothesis.expected == Expected::Nothing {
            from.hypothesis.hole = Some(ranges);
            out.push(from);
            return;
        }
        let before = out.len();
        for value in all(ranges) {
            self.choose(from, arc, i, value, out);
        }
        for next in &mut out[before..] {
            next.hypothesis.fresh = next.hypothesis.pending.is_none();
        }
    }

    /// Chooses the lead byte that was left open, now that `value` is known to stand behind it.
    fn fill(
        &mut self,
        mut from: Partial,
        arc: &Arc,
        i: usize,
        value: u8,
        cost: f32,
        out: &mut Vec<Partial>,
    ) {
        let Some(ranges) = from.hypothesis.hole.take() else {
            return;
        };
        from.hypothesis.score -= cost;
        // Whatever is due after the hole does not concern the byte in it.
        let expected = std::mem::replace(&mut from.hypothesis.expected, Expected::Nothing);
        let before = out.len();
        for lead in all(ranges) {
            if matches!(
                self.automaton.step(Pending::NONE.with(lead), value),
                Step::Reject
            ) {
                continue;
            }
            let added = out.len();
            if i == 0 {
                if let Some(hypothesis) = self.read_byte(from.hypothesis, lead) {
                    out.push(Partial {
                        hypothesis,
                        filled: Some(lead),
                        ..from
                    });
                }
            } else {
                self.choose(from, arc, i - 1, lead, out);
            }
            if let Some(mut begun) = out.get(added).copied() {
                out.truncate(added);
                begun.hypothesis.expected = expected;
                self.choose(begun, arc, i, value, out);
            }
        }
        for next in &mut out[before..] {
            next.hypothesis.fresh = true;
        }
    }

    /// Reads `value` as byte `i` of the arc.
    fn choose(&mut self, from: Partial, arc: &Arc, i: usize, value: u8, out: &mut Vec<Partial>) {
        if i < usize::from(arc.dropped)
            && i % 2 == 1
            && !self
                .lattice
                .is_dropped(u16::from_be_bytes([from.bytes[i - 1], value]))
        {
            return;
        }
        if let Some(hypothesis) = self.read_byte(from.hypothesis, value) {
            let mut next = Partial { hypothesis, ..from };
            next.bytes[i] = value;
            out.push(next);
        }
    }

    fn read_byte(&mut self, mut hypothesis: Hypothesis, byte: u8) -> Option<Hypothesis> {
        hypothesis.expected = match hypothesis.expected {
            Expected::Nothing => Expected::Nothing,
            Expected::Mark => {
                if !self.begins_mark(byte) {
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
        hypothesis.owed = match std::mem::take(&mut hypothesis.used) {
            true => 0.0,
            false => self.lattice.owed(hypothesis.last_two),
        };
        Some(hypothesis)
    }

    fn begins_mark(&self, byte: u8) -> bool {
        let mut marks = self.lattice.marks().iter();
        marks.any(|mark| mark.to_be_bytes()[0] == byte)
    }

    fn emit(&mut self, mut hypothesis: Hypothesis, c: char) -> Hypothesis {
        self.lookups += 1;
        let (context, nats) = self.scorer.read(hypothesis.context, c);
        hypothesis.context = context;
        hypothesis.score += nats - self.lattice.oddity(c);
        hypothesis.fresh = false;
        hypothesis
    }

    /// Where a hole was just filled in many ways and the character behind it is known, only the fillings
    /// go on that it speaks for.
    fn foresee(&self, beam: &mut Vec<Hypothesis>, arcs: &[Arc]) {
        if beam.iter().filter(|hypothesis| hypothesis.fresh).count() <= FORESEEN {
            return;
        }
        let expectation = |hypothesis: &Hypothesis| -> f32 {
            let after = |arc: &Arc| self.expected_after(hypothesis, arc) - arc.cost;
            hypothesis.score + arcs.iter().map(after).fold(f32::NEG_INFINITY, f32::max)
        };
        let mut ranked: Vec<(f32, u32)> = beam
            .iter()
            .filter(|hypothesis| hypothesis.fresh)
            .map(|hypothesis| (expectation(hypothesis), hypothesis.node))
            .collect();
        ranked.select_nth_unstable_by(FORESEEN, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut kept: Vec<u32> = ranked[..FORESEEN].iter().map(|(_, node)| *node).collect();
        kept.sort_unstable();
        beam.retain(|hypothesis| !hypothesis.fresh || kept.binary_search(&hypothesis.node).is_ok());
    }

    /// About what the first character that an arc completes is worth, in nats; 0 where there is none.
    fn expected_after(&self, hypothesis: &Hypothesis, arc: &Arc) -> f32 {
        if let Some(number) = arc.behind
            && arc.bytes().is_empty()
            && !self.lattice.allows(number, hypothesis.last_two)
        {
            return f32::NEG_INFINITY;
        }
        let mut pending = hypothesis.pending;
        for byte in arc.bytes() {
            let Byte::Is(value) = byte else {
                return -BEHIND_AFTER_HOLE;
            };
            match self.automaton.step(pending, *value) {
                Step::Wait(next) => pending = next,
                Step::Emit(c) => return self.scorer.estimate(hypothesis.context, c),
                Step::Reject => return f32::NEG_INFINITY,
            }
        }
        match arc.literal {
            Some(c) if pending.is_none() => self.scorer.estimate(hypothesis.context, c),
            Some(_) => f32::NEG_INFINITY,
            None => 0.0,
        }
    }

    /// Best first; one hypothesis for each future, without the hopeless and the surplus ones. The best
    /// hypothesis without damage always stays.
    fn prune(&mut self, beam: &mut Vec<Hypothesis>) {
        beam.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node)));
        let best_of = |fresh: bool| {
            beam.iter()
                .find(|h| h.fresh == fresh)
                .map_or(f32::NEG_INFINITY, |h| h.score)
        };
        let best = [best_of(false).max(best_of(true)), best_of(true)];
        let mut same = beam.iter().position(|h| !h.opened);
        let size = (beam.len() * 2).next_power_of_two();
        self.slots.clear();
        self.slots.resize(size, u16::MAX);
        let mut kept = 0;
        let mut settled = 0;
        for i in 0..beam.len() {
            let hypothesis = beam[i];
            let must_stay = same == Some(i);
            let fresh = hypothesis.fresh;
            let room = fresh || settled < WIDTH;
            let behind = if fresh { BEHIND_AFTER_HOLE } else { BEHIND };
            if !must_stay && (!room || hypothesis.score < best[usize::from(fresh)] - behind) {
                continue;
            }
            let mut slot = hypothesis.future() as usize & (size - 1);
            let better = loop {
                match self.slots[slot] {
                    u16::MAX => break None,
                    place if beam[usize::from(place)].same_future(&hypothesis) => {
                        break Some(place);
                    }
                    _ => slot = (slot + 1) & (size - 1),
                }
            };
            if let Some(place) = better {
                let better = beam[usize::from(place)];
                self.merges.push(Merge {
                    kept: better.node,
                    given_up: hypothesis.node,
                    behind: better.score - hypothesis.score,
                });
                continue;
            }
            self.slots[slot] = kept as u16;
            same = same.filter(|_| !must_stay);
            settled += usize::from(!fresh);
            beam[kept] = hypothesis;
            kept += 1;
        }
        beam.truncate(kept);
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
        let mut taken = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.iter().enumerate() {
            let node = &self.nodes[*node as usize];
            let mut bytes = node.bytes;
            // A lead byte that was left open was chosen on the next arc that has a byte.
            if let Some(lead) = nodes
                .get(i + 1)
                .and_then(|n| self.nodes[*n as usize].filled)
            {
                bytes.bytes[usize::from(bytes.len) - 1] = lead;
            }
            let mut text = CompactString::default();
            for byte in bytes.iter() {
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
            taken.push(Taken {
                from: node.from as usize,
                to: node.to as usize,
                kind: node.kind,
                bytes,
                lost: node.lost,
                text,
                pending: !pending.is_none(),
            });
        }
        taken
    }
}

fn all(ranges: Ranges) -> impl Iterator<Item = u8> {
    ranges.iter().flat_map(|(low, high)| *low..=*high)
}
