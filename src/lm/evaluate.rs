//! How good is a model? Two numbers per text.

use std::sync::OnceLock;

use super::model::Model;
use super::symbol::{Context, Symbol, is_han};

/// What was measured on one text.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Evaluation {
    /// Symbols read: characters, letter runs, numbers and line ends.
    pub symbols: usize,
    /// e to the power of the mean of -ln P over all symbols.
    pub perplexity: f64,
    /// Positions at which the lead byte was taken away.
    pub positions: usize,
    /// At how many the model chose the right character.
    pub right: usize,
}

impl Evaluation {
    /// The share of right choices in percent; 0 if there was no position.
    pub fn accuracy(&self) -> f64 {
        if self.positions == 0 {
            0.0
        } else {
            100.0 * self.right as f64 / self.positions as f64
        }
    }
}

/// Reads a text and measures its perplexity, and how often the model finds a character again whose
/// GBK lead byte was lost.
///
/// For that every `every`-th Han character that GBK has is taken away, at most `most` spread over the text;
/// the candidates are all characters with the same trail byte (about 120), and the best is the one
/// with the highest sum of ln P over the three symbols that have the position in their window, the
/// neighbours being the true ones. Found again means the right symbol: in Simplified space.
///
/// ```
/// use hanfix::lm::{Model, evaluate};
///
/// let text = "特别是城市规模快速扩展，充分激发社会工作的活力。\n";
/// let evaluation = evaluate(Model::embedded(), text, 1, usize::MAX);
/// assert!(evaluation.accuracy() > 80.0);
/// ```
pub fn evaluate(model: &Model, text: &str, every: usize, most: usize) -> Evaluation {
    let mut symbols: Vec<Symbol> = vec![Symbol::EDGE, Symbol::EDGE];
    // Where a Han character of GBK is, and its trail byte.
    let mut places: Vec<(usize, u8)> = Vec::new();
    let mut context = model.line_start();
    let mut sum = 0.0_f64;
    let mut read = 0;
    for c in text.chars() {
        let (next, log_prob) = model.advance(context, c);
        if next == context && log_prob == 0.0 {
            continue;
        }
        sum += f64::from(log_prob);
        read += 1;
        context = next;
        if c == '\n' {
            symbols.extend([Symbol::EDGE, Symbol::EDGE]);
            continue;
        }
        if let Some(trail) = is_han(c).then(|| gbk_trail(c)).flatten() {
            places.push((symbols.len(), trail));
        }
        symbols.push(next.second);
    }
    symbols.extend([Symbol::EDGE, Symbol::EDGE]);

    let chosen = places.iter().step_by(every.max(1));
    let spread = chosen.len().div_ceil(most.max(1)).max(1);
    let mut positions = 0;
    let mut right = 0;
    for &(at, trail) in chosen.step_by(spread) {
        positions += 1;
        right += usize::from(best(model, &symbols, at, trail) == Some(symbols[at]));
    }
    let perplexity = if read == 0 {
        1.0
    } else {
        (-sum / read as f64).exp()
    };
    Evaluation {
        symbols: read,
        perplexity,
        positions,
        right,
    }
}

/// The candidate that fits best between its true neighbours.
fn best(model: &Model, symbols: &[Symbol], at: usize, trail: u8) -> Option<Symbol> {
    let [a, b] = [symbols[at - 2], symbols[at - 1]];
    let [d, e] = [symbols[at + 1], symbols[at + 2]];
    let row = model.row(Context {
        first: a,
        second: b,
    });
    let score = |c: Symbol| {
        let first = row.log_prob(c);
        let second = model.log_prob(
            Context {
                first: b,
                second: c,
            },
            d,
        );
        // After the end of the line nothing depends on the candidate.
        let third = if d == Symbol::EDGE {
            0.0
        } else {
            model.log_prob(
                Context {
                    first: c,
                    second: d,
                },
                e,
            )
        };
        first + second + third
    };
    let candidates = candidates(trail)
        .iter()
        .map(|&c| (model.symbol(c), model.share(c)));
    candidates
        .map(|(c, share)| (score(c) + share, c))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// The second byte of a character in GBK.
fn gbk_trail(c: char) -> Option<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(c.encode_utf8(&mut buffer));
    match *bytes {
        [_, trail] if !unmappable => Some(trail),
        _ => None,
    }
}

/// All characters of GBK with this trail byte, private use left out.
fn candidates(trail: u8) -> &'static [char] {
    static CANDIDATES: OnceLock<Vec<Vec<char>>> = OnceLock::new();
    let all = CANDIDATES.get_or_init(|| {
        let decode = |lead: u8, trail: u8| {
            let pair = [lead, trail];
            let text =
                encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&pair)?;
            let mut chars = text.chars();
            let c = chars
                .next()
                .filter(|c| !matches!(c, '\u{e000}'..='\u{f8ff}'))?;
            chars.next().is_none().then_some(c)
        };
        (0..=255)
            .map(|trail| {
                (0x81..=0xfe)
                    .filter_map(|lead| decode(lead, trail))
                    .collect()
            })
            .collect()
    });
    &all[usize::from(trail)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_share_the_trail_byte() {
        // 会 is BBE1, 徽 BBD5, 幔 E1A3.
        assert_eq!(gbk_trail('会'), Some(0xe1));
        assert_eq!(gbk_trail('𠀀'), None);
        let candidates = candidates(0xe1);
        assert!(
            (90..=126).contains(&candidates.len()),
            "{}",
            candidates.len()
        );
        assert!(
            candidates.contains(&'会') && candidates.iter().all(|&c| gbk_trail(c) == Some(0xe1))
        );
    }

    #[test]
    fn nothing_is_nothing() {
        let evaluation = evaluate(Model::embedded(), "", 37, 100);
        assert_eq!((evaluation.symbols, evaluation.positions), (0, 0));
        assert!(evaluation.accuracy() < 1e-9);
    }
}
