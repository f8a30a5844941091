//! Characters that left no trace: pairs of bytes inside a torn run that the wrong decoder dropped.
//!
//! Inside a run that is read one byte off, a pair without a character shows nothing. `在生活中`
//! (D4DA C9FA BBEE D6D0) read one byte late has FABB in it, which code page 936 lacks, so the page shows
//! one character fewer and `在深中` explains it as well as `在生活中` does. The search finds dropped pairs
//! where the text does not go on; this looks for them where it does. What it finds either improves the
//! repair or is a rival of it, without which no repair of a run could be called certain.

use compact_str::CompactString;

use crate::lm::{Context, Model, Symbol};

use super::automaton::{Automaton, Pending, Step};
use super::cache::PageScorer;
use super::lattice::{Kind, Lattice};
use super::search::{Bytes, Path, Scorer, Taken};

/// Nats below which a character after another is no candidate. Set by hand, to keep the look cheap.
const LEAST_PAIR: f32 = -9.5;
/// The same for a character by itself, which is asked first because it costs least.
const LEAST_ALONE: f32 = -10.5;
/// Pairs that one run may have lost. Two happen, three were seen once.
const MOST_GAPS: usize = 4;
/// Rivals within this many nats are kept.
const WITHIN: f32 = 12.0;
/// Rivals that are kept.
const MOST_RIVALS: usize = 6;
/// Characters after a gap that are read to judge it; the model looks two back.
const READ_AFTER: usize = 2;

/// Nats by which three characters in a row may be likelier than their two pairs tell.
const BETTER_THAN_PAIRS: f32 = 4.0;

/// Lead bytes of pairs that may be dropped.
const LEADS: [std::ops::RangeInclusive<u8>; 3] = [0xA1..=0xAF, 0xD7..=0xD7, 0xF8..=0xFE];

/// The ways to read a run with pairs put in, best first, the path itself included where nothing improves it.
///
/// `before` is what the model has read before the path. `cost` is what a dropped pair costs, in nats.
pub fn with_gaps<'m, A: Automaton, L: Lattice>(
    path: &Path,
    before: Context,
    cost: f32,
    automaton: &A,
    lattice: &L,
    model: &Model,
    scorer: &PageScorer<'m>,
) -> Vec<Path> {
    let search = Gaps {
        automaton,
        lattice,
        model,
        scorer,
        cost,
    };
    let mut best = path.clone();
    let mut rivals = Vec::new();
    for _ in 0..MOST_GAPS {
        let mut insertions = search.insertions(&best, before);
        insertions.sort_by(|a, b| b.change.total_cmp(&a.change));
        insertions.truncate(MOST_RIVALS);
        let mut found: Vec<Path> = insertions
            .iter()
            .map(|found| found.put_into(&best))
            .collect();
        // What was chosen behind the gap was chosen for another text before it.
        if let Some(first) = found.first_mut() {
            search.choose_again(first, before);
        }
        let improved = found.first().is_some_and(|first| first.score > best.score);
        let next = if improved {
            found.remove(0)
        } else {
            best.clone()
        };
        rivals.extend(found);
        if !improved {
            break;
        }
        rivals.push(std::mem::replace(&mut best, next));
    }
    rivals.retain(|rival| rival.score > best.score - WITHIN);
    rivals.sort_by(|a, b| b.score.total_cmp(&a.score));
    rivals.truncate(MOST_RIVALS);
    rivals.insert(0, best);
    rivals
}

/// A character after a gap.
struct Second {
    /// Its lead byte: the second one of the dropped pair.
    trail: u8,
    character: char,
    symbol: Symbol,
    /// What the pair of it and the character behind it is worth, in nats.
    after_nats: f32,
}

struct Gaps<'g, 'm, A, L> {
    automaton: &'g A,
    lattice: &'g L,
    model: &'g Model,
    scorer: &'g PageScorer<'m>,
    cost: f32,
}

impl<A: Automaton, L: Lattice> Gaps<'_, '_, A, L> {
    /// Every way to put one pair in, within reach of the path's score.
    fn insertions(&self, path: &Path, before: Context) -> Vec<Insertion> {
        let mut found = Vec::new();
        let mut context = before;
        for i in 0..path.arcs.len() {
            let arc = &path.arcs[i];
            for c in arc.text.chars() {
                context = self.scorer.read(context, c).0;
            }
            if let Some(next) = path.arcs.get(i + 1)
                && self.may_stand_between(arc, next, path.arcs.get(i + 2))
            {
                self.insert_after(path, i, context, &mut found);
            }
        }
        found
    }

    /// Whether a pair may be missing between two arcs: a character is begun, and the byte that
    /// completes it is known and is not what an annotation vouches for.
    fn may_stand_between(&self, arc: &Taken, next: &Taken, after: Option<&Taken>) -> bool {
        let vouched = |taken: &Taken| matches!(taken.kind, Kind::Residue | Kind::Annotation);
        arc.pending
            && !next.bytes.is_empty()
            && next.lost & 1 == 0
            && !vouched(next)
            && !(next.bytes.len() == 1 && after.is_some_and(vouched))
            && next.text.chars().next().is_some()
    }

    fn insert_after<'p>(
        &self,
        path: &'p Path,
        i: usize,
        context: Context,
        found: &mut Vec<Insertion>,
    ) {
        let Some(&open) = path.arcs[i].bytes.last() else {
            return;
        };
        let used = matches!(path.arcs[i].kind, Kind::Annotation | Kind::Residue);
        let next = &path.arcs[i + 1];
        let close = next.bytes[0];
        // An annotation right behind says how the character that ends here is read, and is no text.
        let mut behind = Vec::new();
        if next.bytes.len() == 1 {
            self.lattice.arcs(next.to, &mut behind);
            behind.retain(|arc| arc.kind == Kind::Annotation);
        }
        let vouching: Vec<u32> = behind.iter().filter_map(|arc| arc.behind).collect();
        let end = behind.first().map_or(next.to, |arc| arc.to);
        let text_of = |arcs: &'p [Taken]| arcs.iter().flat_map(|arc| arc.text.chars());
        let resumed = path.arcs.partition_point(|arc| arc.from < end).max(i + 2);
        let following: Vec<char> = text_of(&path.arcs[resumed..]).take(READ_AFTER).collect();
        let as_is = text_of(&path.arcs[i + 1..i + 2])
            .take(1 + READ_AFTER)
            .chain(text_of(&path.arcs[i + 2..resumed]))
            .chain(following.iter().copied());
        let as_is = self.score(context, as_is);
        let may_end_here = |pair| match &vouching[..] {
            [] => self.lattice.owed(pair) == 0.0,
            numbers => numbers
                .iter()
                .any(|number| self.lattice.allows(*number, pair)),
        };
        let seconds = self.seconds(close, next, &following);
        for lead in LEADS.into_iter().flatten() {
            let Some(first) = self.character(open, lead) else {
                continue;
            };
            let symbol = self.model.symbol(first);
            let first_nats = self.model.bigram_log_prob(context.second, symbol);
            // What an annotation stands behind was used up by it, and owes none together with the next byte.
            let owes = !used && self.lattice.owed(u16::from_be_bytes([open, lead])) > 0.0;
            if first_nats < LEAST_PAIR || owes {
                continue;
            }
            let enough = as_is - WITHIN - BETTER_THAN_PAIRS - first_nats;
            for second in &seconds {
                // No pair is likelier than sure, and the seconds behind this one have even less behind them.
                if second.after_nats < enough {
                    break;
                }
                if !self
                    .lattice
                    .is_dropped(u16::from_be_bytes([lead, second.trail]))
                {
                    continue;
                }
                let pair_nats = self.model.bigram_log_prob(symbol, second.symbol);
                // What the model says of three characters is seldom much better than their pairs.
                let hopeless = pair_nats + second.after_nats < enough;
                if pair_nats < LEAST_PAIR
                    || hopeless
                    || !may_end_here(u16::from_be_bytes([second.trail, close]))
                {
                    continue;
                }
                let rest = text_of(&path.arcs[i + 1..i + 2])
                    .take(1 + READ_AFTER)
                    .skip(1);
                let with = [first, second.character]
                    .into_iter()
                    .chain(rest)
                    .chain(following.iter().copied());
                let change = self.score(context, with) - as_is - self.cost;
                if change > -WITHIN {
                    found.push(Insertion {
                        after: i,
                        resumed,
                        end,
                        pair: [lead, second.trail],
                        characters: [first, second.character],
                        change,
                    });
                }
            }
        }
    }

    /// The characters that `close` can complete with a trail byte of a dropped pair as its lead byte, without
    /// the rare ones, those first that go best with what follows.
    fn seconds(&self, close: u8, next: &Taken, following: &[char]) -> Vec<Second> {
        let after = next.text.chars().nth(1).or(following.first().copied());
        let after = after.map(|c| self.model.symbol(c));
        let mut seconds = Vec::with_capacity(64);
        for trail in 0x81..=0xFE_u8 {
            let Some(character) = self.character(trail, close) else {
                continue;
            };
            let symbol = self.model.symbol(character);
            if self.model.unigram_log_prob(symbol) < LEAST_ALONE {
                continue;
            }
            let after_nats = after.map_or(0.0, |c| self.model.bigram_log_prob(symbol, c));
            seconds.push(Second {
                trail,
                character,
                symbol,
                after_nats,
            });
        }
        seconds.sort_unstable_by(|a: &Second, b| {
            b.after_nats
                .total_cmp(&a.after_nats)
                .then(a.trail.cmp(&b.trail))
        });
        seconds
    }

    /// Chooses each lost byte again that completes a character, now that the text around it is known.
    fn choose_again(&self, path: &mut Path, before: Context) {
        let mut context = before;
        for i in 1..path.arcs.len() {
            for c in path.arcs[i - 1].text.chars() {
                context = self.scorer.read(context, c).0;
            }
            let arc = &path.arcs[i];
            let is_lost_trail = arc.lost == 1 && arc.bytes.len() == 1 && path.arcs[i - 1].pending;
            let (true, Some(&lead)) = (is_lost_trail, path.arcs[i - 1].bytes.last()) else {
                continue;
            };
            let text_after = path.arcs[i + 1..].iter().flat_map(|arc| arc.text.chars());
            let after: Vec<char> = text_after.take(READ_AFTER).collect();
            let score = |c: char| self.score(context, std::iter::once(c).chain(after.clone()));
            let Some(now) = arc.text.chars().next().map(score) else {
                continue;
            };
            let choices = (0x81..=0xFE).filter_map(|trail| {
                let c = self.character(lead, trail)?;
                let owes = self.lattice.owed(u16::from_be_bytes([lead, trail])) > 0.0;
                (!owes).then(|| (score(c), trail, c))
            });
            if let Some((best, trail, c)) = choices.max_by(|a, b| a.0.total_cmp(&b.0))
                && best > now
            {
                path.score += best - now;
                path.arcs[i].bytes = Bytes::one(trail);
                path.arcs[i].text = CompactString::from_iter([c]);
            }
        }
    }

    fn character(&self, lead: u8, trail: u8) -> Option<char> {
        match self.automaton.step(Pending::NONE.with(lead), trail) {
            Step::Emit(c) => Some(c),
            _ => None,
        }
    }

    fn score(&self, mut context: Context, text: impl Iterator<Item = char>) -> f32 {
        text.map(|c| {
            let (next, nats) = self.scorer.read(context, c);
            context = next;
            nats - self.lattice.oddity(c)
        })
        .sum()
    }
}

/// A dropped pair put between an arc and the next one.
struct Insertion {
    /// The number of the arc.
    after: usize,
    /// The arc at which the path goes on as it was; what stands between the next one and it is an annotation.
    resumed: usize,
    /// Where that annotation ends, which the path may not have come to.
    end: usize,
    pair: [u8; 2],
    characters: [char; 2],
    /// Nats that it adds to the path's score.
    change: f32,
}

impl Insertion {
    /// The path with the pair in it.
    fn put_into(&self, path: &Path) -> Path {
        let [first, second] = self.characters;
        let mut arcs = Vec::with_capacity(path.arcs.len() + 2);
        arcs.extend_from_slice(&path.arcs[..=self.after]);
        let at = path.arcs[self.after].to;
        arcs.push(Taken {
            from: at,
            to: at,
            kind: Kind::Vanished,
            bytes: Bytes::pair(self.pair),
            lost: 0b11,
            text: CompactString::from_iter([first]),
            pending: true,
        });
        let mut next = path.arcs[self.after + 1].clone();
        next.text = std::iter::once(second)
            .chain(next.text.chars().skip(1))
            .collect();
        arcs.push(next);
        let from = path.arcs[self.after + 1].to;
        if from < self.end {
            arcs.push(Taken {
                from,
                to: self.end,
                kind: Kind::Annotation,
                bytes: Bytes::default(),
                lost: 0,
                text: CompactString::default(),
                pending: false,
            });
        }
        arcs.extend_from_slice(&path.arcs[self.resumed..]);
        Path {
            score: path.score + self.change,
            arcs,
        }
    }
}
