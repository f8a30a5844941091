//! Characters that left no trace: pairs of bytes inside a torn run that the wrong decoder dropped.
//!
//! Inside a run that is read one byte off, a pair without a character shows nothing. `在生活中`
//! (D4DA C9FA BBEE D6D0) read one byte late has FABB in it, which code page 936 lacks, so the page shows
//! one character fewer and `在深中` explains it as well as `在生活中` does. The search finds dropped pairs
//! where the text does not go on; this looks for them where it does. What it finds either improves the
//! repair or is a rival of it, without which no repair of a run could be called certain.

use std::sync::OnceLock;

use compact_str::CompactString;

use crate::lm::{Context, Model, Symbol};

use super::automaton::{Automaton, Pending, Step};
use super::cache::PageScorer;
use super::lattice::{Kind, Lattice};
use super::search::{Bytes, Path, Scorer, Taken};

/// Nats below which a character after another is no candidate. Set by hand, to keep the look cheap.
const LEAST_PAIR: f32 = -9.5;
/// The same for the first one where a pair is chosen again: 供 stands seldom behind ”.
const LEAST_FIRST: f32 = -12.0;
/// The same for a character by itself, which is asked first because it costs least.
const LEAST_ALONE: f32 = -10.5;
/// What a mark costs that is put in, in nats: two of three marks have noise before them, which shows.
const UNTOUCHED_MARK: f32 = 1.1;
/// What each pair beyond the first costs that is put into one place, in nats. From 1.5 to 5 the same within three simulated pages
/// of 5,824, without it eleven are lost.
const ANOTHER_PAIR: f32 = 3.0;
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
/// Nats of the character behind a place and the two after it above which a pair before a lost byte, or two pairs in a row, are not
/// looked for: what is put in costs about as much.
const READS_WELL: f32 = -15.0;
const READS_WELL_ENOUGH: f32 = -18.0;
/// Characters that are tried in the middle of two pairs in a row are more frequent than this.
const LEAST_IN_THE_MIDDLE: f32 = -9.5;
/// Characters before a gap of more than a pair that are tried, and beginnings of two pairs whose end is looked for, best first.
const FIRSTS: usize = 8;
const BEGINNINGS: usize = 24;

/// Lead bytes of pairs that may be dropped.
const LEADS: [std::ops::RangeInclusive<u8>; 3] = [0xA1..=0xAF, 0xD7..=0xD7, 0xF8..=0xFE];

/// The frequent characters of a model in the order of their bytes; made when they are first needed.
#[derive(Debug)]
pub struct Frequent {
    all: Vec<Known>,
    /// Those whose trail byte is the lead byte of a dropped pair.
    middles: Vec<Known>,
}

/// A frequent character with its bytes.
#[derive(Clone, Copy, Debug)]
struct Known {
    bytes: [u8; 2],
    character: char,
    symbol: Symbol,
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

/// A character before a gap.
#[derive(Clone, Copy)]
struct First {
    /// Its trail byte: the first one of the dropped pair.
    lead: u8,
    character: char,
    symbol: Symbol,
    /// What it is worth behind the character before it, in nats.
    nats: f32,
}

/// The look for characters that left no trace.
#[derive(Clone, Copy, Debug)]
pub struct Gaps<'g, 'm, A, L> {
    /// The codec.
    pub automaton: &'g A,
    /// The page.
    pub lattice: &'g L,
    /// The language model.
    pub model: &'g Model,
    /// The same with the page's own words.
    pub scorer: &'g PageScorer<'m>,
    /// What a dropped pair costs, in nats.
    pub cost: f32,
    /// Filled when it is needed; it holds for all texts that the model reads.
    pub frequent: &'g OnceLock<Frequent>,
}

impl<A: Automaton, L: Lattice> Gaps<'_, '_, A, L> {
    /// The ways to read a run with pairs put in, best first, the path itself included where nothing improves it.
    ///
    /// `before` is what the model has read before the path.
    pub fn ways(&self, path: &Path, before: Context) -> Vec<Path> {
        let mut best = with_pairs_apart(path);
        let mut rivals = Vec::new();
        for _ in 0..MOST_GAPS {
            let mut insertions = self.insertions(&best, before);
            insertions.sort_by(|a, b| b.change.total_cmp(&a.change));
            insertions.truncate(MOST_RIVALS);
            let mut found: Vec<Path> = insertions
                .iter()
                .map(|found| found.put_into(&best))
                .collect();
            // What was chosen behind the gap was chosen for another text before it.
            if let Some(first) = found.first_mut() {
                self.choose_again(first, before);
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

    /// Every way to put pairs in, or to choose one again, within reach of the path's score.
    fn insertions(&self, path: &Path, before: Context) -> Vec<Insertion> {
        let mut found = Vec::new();
        let mut context = before;
        for i in 0..path.arcs.len() {
            let arc = &path.arcs[i];
            for c in arc.text.chars() {
                context = self.scorer.read(context, c).0;
            }
            let Some(next) = path.arcs.get(i + 1) else {
                break;
            };
            if self.may_stand_between(arc, next) {
                self.insert(path, i, i + 1, context, &mut found);
            } else if arc.pending && is_pair(next) && i + 2 < path.arcs.len() {
                self.insert(path, i, i + 2, context, &mut found);
            } else if arc.pending && is_lone(next) {
                self.insert_before_lost(path, i, context, &mut found);
            }
        }
        found
    }

    /// Whether a pair may be missing between two arcs: a character is begun, and the byte that
    /// completes it is known and is not what an annotation vouches for.
    fn may_stand_between(&self, arc: &Taken, next: &Taken) -> bool {
        let vouched = |taken: &Taken| matches!(taken.kind, Kind::Residue | Kind::Annotation);
        arc.pending
            && !next.bytes.is_empty()
            && next.lost & 1 == 0
            && !vouched(next)
            && next.text.chars().next().is_some()
    }

    /// The ways to put pairs between the arc `i` and the arc `next`, which is the one after it, or the one after a pair that was put
    /// there before and is chosen again.
    fn insert<'p>(
        &self,
        path: &'p Path,
        i: usize,
        next: usize,
        context: Context,
        found: &mut Vec<Insertion>,
    ) {
        let Some(&open) = path.arcs[i].bytes.last() else {
            return;
        };
        let used = matches!(path.arcs[i].kind, Kind::Annotation | Kind::Residue);
        let again = next > i + 1;
        let after = &path.arcs[next];
        let close = after.bytes[0];
        // An annotation right behind says how the character that ends here is read, and is no text.
        let mut behind = Vec::new();
        if after.bytes.len() == 1 {
            self.lattice.arcs(after.to, &mut behind);
            behind.retain(|arc| arc.kind == Kind::Annotation);
        }
        let vouching: Vec<u32> = behind.iter().filter_map(|arc| arc.behind).collect();
        let end = behind.first().map_or(after.to, |arc| arc.to);
        let text_of = |arcs: &'p [Taken]| arcs.iter().flat_map(|arc| arc.text.chars());
        let resumed = path
            .arcs
            .partition_point(|arc| arc.from < end)
            .max(next + 1);
        let following: Vec<char> = text_of(&path.arcs[resumed..]).take(READ_AFTER).collect();
        let as_is = text_of(&path.arcs[i + 1..=next])
            .take(1 + usize::from(again) + READ_AFTER)
            .chain(text_of(&path.arcs[next + 1..resumed]))
            .chain(following.iter().copied());
        let as_is = self.score(context, as_is);
        let may_end_here = |pair| match &vouching[..] {
            [] => self.lattice.owed(pair) == 0.0,
            numbers => numbers
                .iter()
                .any(|number| self.lattice.allows(*number, pair)),
        };
        let rest: Vec<char> = text_of(&path.arcs[next..=next])
            .take(1 + READ_AFTER)
            .skip(1)
            .chain(following.iter().copied())
            .collect();
        let place = Insertion {
            after: i,
            next,
            resumed,
            end,
            pairs: Vec::new(),
            lost: None,
            characters: Vec::new(),
            change: 0.0,
        };
        let mut add = |pairs: &[[u8; 2]], characters: &[char]| {
            let text = characters.iter().chain(&rest).copied();
            let more = pairs.len() - usize::from(again);
            let bytes: Vec<u8> = std::iter::once(open)
                .chain(pairs.iter().flatten().copied())
                .chain([close])
                .collect();
            let is_mark = |pair: &&[u8; 2]| {
                let pair = u16::from_be_bytes(**pair);
                self.lattice.marks().contains(&pair)
            };
            let marks = bytes.as_chunks::<2>().0.iter().filter(is_mark).count();
            let change = self.score(context, text)
                - as_is
                - self.cost * more as f32
                - UNTOUCHED_MARK * marks as f32
                - ANOTHER_PAIR * (pairs.len() - 1) as f32;
            if change > -WITHIN && change != 0.0 {
                found.push(Insertion {
                    pairs: pairs.to_vec(),
                    characters: characters.to_vec(),
                    change,
                    ..place.clone()
                });
            }
        };
        let seconds = self.seconds(close, rest.first().copied());
        let least = if again { LEAST_FIRST } else { LEAST_PAIR };
        let firsts = self.firsts(open, used, context, least);
        for first in &firsts {
            let enough = as_is - WITHIN - BETTER_THAN_PAIRS - first.nats;
            for second in &seconds {
                // No pair is likelier than sure, and the seconds behind this one have even less behind them.
                if second.after_nats < enough {
                    break;
                }
                if !self
                    .lattice
                    .is_dropped(u16::from_be_bytes([first.lead, second.trail]))
                {
                    continue;
                }
                let pair_nats = self.model.bigram_log_prob(first.symbol, second.symbol);
                // What the model says of three characters is seldom much better than their pairs.
                let hopeless = pair_nats + second.after_nats < enough;
                if pair_nats < LEAST_PAIR
                    || hopeless
                    || !may_end_here(u16::from_be_bytes([second.trail, close]))
                {
                    continue;
                }
                add(
                    &[[first.lead, second.trail]],
                    &[first.character, second.character],
                );
            }
        }
        if again || as_is > READS_WELL_ENOUGH {
            return;
        }
        let enough = as_is - BETTER_THAN_PAIRS + ANOTHER_PAIR;
        self.two_pairs(firsts, &seconds, enough, |trail, pairs, characters| {
            if may_end_here(u16::from_be_bytes([trail, close])) {
                add(pairs, characters);
            }
        });
    }

    /// Gives `add` two pairs in a row with the characters that they make, where these are worth `enough`, and the second byte
    /// of the second pair.
    fn two_pairs(
        &self,
        firsts: Vec<First>,
        seconds: &[Second],
        enough: f32,
        mut add: impl FnMut(u8, &[[u8; 2]], &[char]),
    ) {
        for (first, middle, nats) in self.beginnings(firsts) {
            let [trail, lead] = middle.bytes;
            for third in seconds {
                if third.after_nats < enough - nats {
                    break;
                }
                let pair = self.model.bigram_log_prob(middle.symbol, third.symbol);
                let dropped = u16::from_be_bytes([lead, third.trail]);
                if pair + third.after_nats >= enough - nats && self.lattice.is_dropped(dropped) {
                    add(
                        third.trail,
                        &[[first.lead, trail], [lead, third.trail]],
                        &[first.character, middle.character, third.character],
                    );
                }
            }
        }
    }

    /// The ways to put a pair before a lone byte that is lost: 听了， (CCFD C1CB A3AC) drops FDC1, and the byte CB before the noise is lost.
    fn insert_before_lost(
        &self,
        path: &Path,
        i: usize,
        context: Context,
        found: &mut Vec<Insertion>,
    ) {
        let Some(&open) = path.arcs[i].bytes.last() else {
            return;
        };
        let text = path.arcs[i + 1..].iter().flat_map(|arc| arc.text.chars());
        let text: Vec<char> = text.take(1 + READ_AFTER).collect();
        let as_is = self.score(context, text.iter().copied());
        if as_is > READS_WELL {
            return;
        }
        let used = matches!(path.arcs[i].kind, Kind::Annotation | Kind::Residue);
        for first in best_of(self.firsts(open, used, context, LEAST_PAIR)) {
            let enough = as_is - BETTER_THAN_PAIRS - first.nats;
            for second in self.after_dropped(first.lead, &self.frequent().all) {
                let [trail, lost] = second.bytes;
                if lost < 0x81
                    || self.model.bigram_log_prob(first.symbol, second.symbol) < enough
                    || self.lattice.owed(u16::from_be_bytes([trail, lost])) > 0.0
                    || self.lattice.oddity(second.character) > 0.0
                {
                    continue;
                }
                let text = [first.character, second.character]
                    .into_iter()
                    .chain(text[1..].iter().copied());
                let change = self.score(context, text) - as_is - self.cost;
                if change > -WITHIN {
                    found.push(Insertion {
                        after: i,
                        next: i + 1,
                        resumed: i + 2,
                        end: path.arcs[i + 1].to,
                        pairs: vec![[first.lead, trail]],
                        lost: Some(lost),
                        characters: vec![first.character, second.character],
                        change,
                    });
                }
            }
        }
    }

    /// The characters that `open` begins and the lead byte of a dropped pair completes.
    fn firsts(&self, open: u8, used: bool, context: Context, least: f32) -> Vec<First> {
        let mut firsts = Vec::new();
        for lead in LEADS.into_iter().flatten() {
            let Some(character) = self.character(open, lead) else {
                continue;
            };
            let symbol = self.symbol(character);
            let nats = self.model.bigram_log_prob(context.second, symbol);
            // What an annotation stands behind was used up by it, and owes none together with the next byte.
            let owes = !used && self.lattice.owed(u16::from_be_bytes([open, lead])) > 0.0;
            if nats >= least && !owes {
                firsts.push(First {
                    lead,
                    character,
                    symbol,
                    nats,
                });
            }
        }
        firsts
    }

    /// The best beginnings of two pairs in a row: a character before them and the one in their middle, with what both are worth.
    fn beginnings(&self, firsts: Vec<First>) -> Vec<(First, Known, f32)> {
        let mut found = Vec::new();
        for first in best_of(firsts) {
            for middle in self.after_dropped(first.lead, &self.frequent().middles) {
                let pair = self.model.bigram_log_prob(first.symbol, middle.symbol);
                if pair > LEAST_PAIR && self.lattice.oddity(middle.character) == 0.0 {
                    found.push((first, *middle, first.nats + pair));
                }
            }
        }
        found.sort_by(|a, b| b.2.total_cmp(&a.2));
        found.truncate(BEGINNINGS);
        found
    }

    /// Those of `known`, which are in the order of their bytes, whose lead byte makes a dropped pair with `lead`.
    fn after_dropped<'k>(&self, lead: u8, known: &'k [Known]) -> impl Iterator<Item = &'k Known> {
        let by_lead = known.chunk_by(|a, b| a.bytes[0] == b.bytes[0]);
        by_lead
            .filter(move |same| {
                let pair = u16::from_be_bytes([lead, same[0].bytes[0]]);
                self.lattice.is_dropped(pair)
            })
            .flatten()
    }

    fn frequent(&self) -> &Frequent {
        self.frequent.get_or_init(|| {
            let pairs =
                (0x81..=0xFE).flat_map(|lead| (0x40..=0xFE).map(move |trail| [lead, trail]));
            let all: Vec<Known> = pairs
                .filter_map(|bytes: [u8; 2]| {
                    let character = self.character(bytes[0], bytes[1])?;
                    let symbol = self.symbol(character);
                    let known = Known {
                        bytes,
                        character,
                        symbol,
                    };
                    (self.model.unigram_log_prob(symbol) > LEAST_IN_THE_MIDDLE).then_some(known)
                })
                .collect();
            let ends_as_lead = |known: &&Known| {
                let mut leads = LEADS.iter();
                leads.any(|leads| leads.contains(&known.bytes[1]))
            };
            Frequent {
                middles: all.iter().filter(ends_as_lead).copied().collect(),
                all,
            }
        })
    }

    /// The characters that `close` can complete with a trail byte of a dropped pair as its lead byte, without
    /// the rare ones, those first that go best with what follows.
    fn seconds(&self, close: u8, after: Option<char>) -> Vec<Second> {
        let after = after.map(|c| self.symbol(c));
        let mut seconds = Vec::with_capacity(64);
        for trail in 0x81..=0xFE_u8 {
            let Some(character) = self.character(trail, close) else {
                continue;
            };
            let symbol = self.symbol(character);
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

    /// The symbol by which a character is ranked: 著 stands for 着 as a rule on these pages.
    fn symbol(&self, c: char) -> Symbol {
        self.model.symbol(if c == '著' { '着' } else { c })
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

/// The likeliest characters before a gap.
fn best_of(mut firsts: Vec<First>) -> Vec<First> {
    firsts.sort_by(|a, b| b.nats.total_cmp(&a.nats));
    firsts.truncate(FIRSTS);
    firsts
}

/// Whether the arc is a dropped pair by itself.
fn is_pair(arc: &Taken) -> bool {
    arc.kind == Kind::Vanished && arc.from == arc.to && arc.lost == 0b11 && arc.bytes.len() == 2
}

/// Whether the arc is a lost byte that completes a character.
fn is_lone(arc: &Taken) -> bool {
    arc.lost == 1 && arc.bytes.len() == 1 && arc.text.chars().count() == 1 && !arc.pending
}

/// The path with each pair that the search found dropped in an arc of its own, as they are put in here.
fn with_pairs_apart(path: &Path) -> Path {
    let mut arcs = Vec::with_capacity(path.arcs.len() + 1);
    for arc in &path.arcs {
        let mut characters = arc.text.chars();
        if arc.kind == Kind::Vanished
            && arc.lost == 0b11
            && let [lead, trail, rest @ ..] = &arc.bytes[..]
            && (1..=2).contains(&rest.len())
            && let Some(first) = characters.next()
        {
            arcs.push(dropped_pair(arc.from, [*lead, *trail], first));
            arcs.push(Taken {
                kind: Kind::Same,
                bytes: match rest {
                    [a, b] => Bytes::pair([*a, *b]),
                    _ => Bytes::one(rest[0]),
                },
                lost: 0,
                text: characters.collect(),
                ..arc.clone()
            });
        } else {
            arcs.push(arc.clone());
        }
    }
    Path { arcs, ..*path }
}

fn dropped_pair(at: usize, pair: [u8; 2], completes: char) -> Taken {
    Taken {
        from: at,
        to: at,
        kind: Kind::Vanished,
        bytes: Bytes::pair(pair),
        lost: 0b11,
        text: CompactString::from_iter([completes]),
        pending: true,
    }
}

/// Dropped pairs put between an arc and a later one.
#[derive(Clone)]
struct Insertion {
    /// The number of the arc before them.
    after: usize,
    /// The number of the arc behind them.
    next: usize,
    /// The arc at which the path goes on as it was; what stands between the next one and it is an annotation.
    resumed: usize,
    /// Where that annotation ends, which the path may not have come to.
    end: usize,
    pairs: Vec<[u8; 2]>,
    /// The first byte of the next arc, where it was lost and is another one now.
    lost: Option<u8>,
    /// The character that each pair completes, and the one that the next arc does.
    characters: Vec<char>,
    /// Nats that it adds to the path's score.
    change: f32,
}

impl Insertion {
    /// The path with the pairs in it.
    fn put_into(&self, path: &Path) -> Path {
        let mut arcs = Vec::with_capacity(path.arcs.len() + 3);
        arcs.extend_from_slice(&path.arcs[..=self.after]);
        let at = path.arcs[self.after].to;
        let pairs = self.pairs.iter().zip(&self.characters);
        arcs.extend(pairs.map(|(pair, completes)| dropped_pair(at, *pair, *completes)));
        let mut next = path.arcs[self.next].clone();
        if let Some(lost) = self.lost {
            next.bytes = Bytes::one(lost);
        }
        let completed = self.characters.last().copied();
        next.text = completed
            .into_iter()
            .chain(next.text.chars().skip(1))
            .collect();
        arcs.push(next);
        let from = path.arcs[self.next].to;
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
