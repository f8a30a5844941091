//! What this page itself says: its own character pairs, as a second opinion beside the language model.
//!
//! A name that the model has never seen stands in the page's undamaged text as a rule. A cache model
//! (Kuhn & De Mori 1990) mixes those pairs in: 大校、上校、 does not become 大校、上海、.

use std::cell::Cell;

use crate::lm::{Context, Model, Row};

use super::channel::splice::is_folded_form;
use super::search::Scorer;
use crate::damage::annotation::annotation;
use crate::damage::page::{SHIFTED, is_torn_spot};

/// Weight of the page's own pairs. Set by hand and not swept yet.
const WEIGHT: f32 = 0.12;
/// Bytes of a page that are counted: more is no longer one page, and does not fit the processor's cache.
const MOST_TEXT: usize = 256 * 1024;
/// Characters rarer than this (nats) are what shifted runs are full of; they are not counted.
const RARE: f32 = -11.5;

/// What a mark costs, in nats, behind the same mark: the texts that the model has counted were damaged in places too.
const DOUBLED_MARK: f32 = 4.0;

/// Whether a mark does not stand twice in a row.
fn is_single_mark(c: char) -> bool {
    matches!(
        c,
        '。' | '，' | '、' | '；' | '：' | '“' | '”' | '》' | '《'
    )
}

/// The page's own pairs of symbols, and the model.
#[derive(Debug)]
pub struct PageScorer<'m> {
    /// What the model knows of the last context: the search asks for many characters after the same one.
    row: Cell<Row<'m>>,
    model: &'m Model,
    pairs: Counts,
}

/// Counts of keys that are not 0, in a table with open addressing: it is asked for every candidate. It is no larger than
/// the keys that there are make it, so that it stays in the processor's cache.
#[derive(Debug)]
struct Counts {
    /// Keys with their counts; a power of two of them, at most half in use. Key 0 is free.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl Counts {
    fn new() -> Self {
        Counts {
            slots: vec![(0, 0); 2],
            used: 0,
        }
    }

    fn slot(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product are the well mixed ones.
        let product = u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut at = (product >> 40) as usize & mask;
        while self.slots[at].0 != key && self.slots[at].0 != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn add(&mut self, key: u32) {
        let mut at = self.slot(key);
        if self.slots[at].0 == 0 {
            self.used += 1;
            if 2 * self.used > self.slots.len() {
                self.grow();
                at = self.slot(key);
            }
        }
        self.slots[at] = (key, self.slots[at].1 + 1);
    }

    fn grow(&mut self) {
        let longer = vec![(0, 0); 2 * self.slots.len()];
        for (key, count) in std::mem::replace(&mut self.slots, longer) {
            if key != 0 {
                let at = self.slot(key);
                self.slots[at] = (key, count);
            }
        }
    }

    fn get(&self, key: u32) -> u32 {
        self.slots[self.slot(key)].1
    }
}

/// The key of all pairs that begin with a symbol.
fn all_after(first: u32) -> u32 {
    first << 16 | 0xFFFF
}

impl<'m> PageScorer<'m> {
    /// The model alone, for a page without other damage.
    pub fn plain(model: &'m Model) -> Self {
        PageScorer {
            row: Cell::new(model.row(model.line_start())),
            model,
            pairs: Counts::new(),
        }
    }

    /// Counts the pairs of a text (of its beginning, where it is long), but for spots that look damaged.
    pub fn new(model: &'m Model, text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(MOST_TEXT)];
        let mut pairs = Counts::new();
        let mut before = None;
        let mut skip = 0;
        let mut resume = 0;
        for (at, c) in text.char_indices() {
            if at < resume {
                continue;
            }
            match c {
                '(' | '（' => {
                    if let Some(found) = annotation(&text[at..]) {
                        resume = at + found.len;
                        continue;
                    }
                }
                '?' if is_torn_spot(&text[at..]) => skip = SHIFTED,
                _ => {}
            }
            if skip > 0 {
                skip -= 1;
                before = None;
                continue;
            }
            let symbol = model.symbol(c);
            let known = model.unigram_log_prob(symbol) > RARE;
            let symbol = u32::from(symbol.number());
            if c.is_ascii() || !known {
                before = None;
            } else {
                if let Some(before) = before {
                    pairs.add(before << 16 | symbol);
                    pairs.add(all_after(before));
                }
                before = Some(symbol);
            }
        }
        PageScorer {
            row: Cell::new(model.row(model.line_start())),
            model,
            pairs,
        }
    }
}

impl Scorer for PageScorer<'_> {
    fn read(&self, context: Context, c: char) -> (Context, f32) {
        // 著 stands for 着 as well on these pages, and a fullwidth letter is a letter.
        let c = is_folded_form(c);
        let mut row = self.row.get();
        if row.context() != context {
            row = self.model.row(context);
            self.row.set(row);
        }
        let (next, mut nats) = row.advance(c);
        if c.is_ascii_alphabetic() {
            // In a torn run a letter competes with Han characters for one place.
            nats += self.model.share(c);
        }
        let mut after = next;
        if c == '著' {
            let (other, other_nats) = row.advance('着');
            if other_nats > nats {
                (after, nats) = (other, other_nats);
            }
        }
        if after.second == context.second && is_single_mark(c) {
            nats -= DOUBLED_MARK;
        }
        if !c.is_ascii() {
            let first = u32::from(context.second.number());
            let pair = self
                .pairs
                .get(first << 16 | u32::from(after.second.number()));
            if pair > 0 {
                let own = pair as f32 / self.pairs.get(all_after(first)) as f32;
                nats = ((1.0 - WEIGHT) * nats.exp() + WEIGHT * own).ln();
            }
        }
        (after, nats)
    }

    fn estimate(&self, context: Context, c: char) -> f32 {
        let symbol = self.model.symbol(is_folded_form(c));
        let known = self.model.bigram_log_prob(context.second, symbol);
        let first = u32::from(context.second.number());
        let pair = self.pairs.get(first << 16 | u32::from(symbol.number()));
        if pair > 0 {
            known.max((WEIGHT * pair as f32 / self.pairs.get(all_after(first)) as f32).ln())
        } else {
            known
        }
    }
}
