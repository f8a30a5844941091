//! What this page itself says: its own character pairs, as a second opinion beside the language model.
//!
//! A name that the model has never seen stands in the page's undamaged text as a rule. A cache model
//! (Kuhn & De Mori 1990) mixes those pairs in: 大校、上校、 does not become 大校、上海、.

use crate::lm::{Context, Model};

use super::channel::splice::is_folded_form;
use super::search::Scorer;
use crate::damage::annotation::annotation;
use crate::damage::page::{SHIFTED, is_torn_spot};

/// Weight of the page's own pairs. With 0.05 to 0.3 the excerpts come out the same.
const WEIGHT: f32 = 0.12;
/// Characters rarer than this (nats) are what shifted runs are full of; they are not counted.
const RARE: f32 = -11.5;

/// The page's own pairs of symbols, and the model.
#[derive(Debug)]
pub struct PageScorer<'m> {
    model: &'m Model,
    /// Pairs of symbols, sorted, with repeats.
    pairs: Vec<u32>,
}

impl<'m> PageScorer<'m> {
    /// Counts the pairs of a text, but for spots that look damaged.
    pub fn new(model: &'m Model, text: &str) -> Self {
        let mut pairs = Vec::with_capacity(text.len() / 3);
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
                pairs.extend(before.map(|before| before << 16 | symbol));
                before = Some(symbol);
            }
        }
        pairs.sort_unstable();
        PageScorer { model, pairs }
    }

    /// How often `second` follows `first` on this page, and anything does.
    fn counts(&self, first: u32, second: u32) -> (usize, usize) {
        let row = self.pairs.partition_point(|pair| *pair < first << 16);
        let row = &self.pairs[row..];
        let row = &row[..row.partition_point(|pair| *pair < (first + 1) << 16)];
        let key = first << 16 | second;
        let from = row.partition_point(|pair| *pair < key);
        (row[from..].partition_point(|pair| *pair == key), row.len())
    }
}

impl Scorer for PageScorer<'_> {
    fn read(&self, context: Context, c: char) -> (Context, f32) {
        // 著 stands for 着 as well on these pages, and a fullwidth letter is a letter.
        let c = is_folded_form(c);
        let (next, mut nats) = self.model.advance(context, c);
        let mut after = next;
        if c == '著' {
            let (other, other_nats) = self.model.advance(context, '着');
            if other_nats > nats {
                (after, nats) = (other, other_nats);
            }
        }
        if !self.pairs.is_empty() && !c.is_ascii() {
            let (pair, row) = self.counts(u32::from(context.second.number()), u32::from(after.second.number()));
            if pair > 0 {
                let own = pair as f32 / row as f32;
                nats = ((1.0 - WEIGHT) * nats.exp() + WEIGHT * own).ln();
            }
        }
        (after, nats)
    }
}
