//! Words of a dictionary as pseudo-counts, where text is thin.

use std::collections::HashMap;
use std::path::Path;

use super::counts::{Count, Counts, CountsError, key, merge, read_text};
use super::symbol::{Token, is_han, token};

/// How much a word seen n times adds to a pair of characters inside it, in hundredths: this times
/// n to the power of 3/4. The power, because half the words of the list have the least count, 3,
/// and in proportion to the common ones they would not outlive pruning; a root gives them too much.
///
/// Chosen at every second of up to 20,000 positions of each held-out file: lost lead bytes found again,
/// in percent, on law / Python manual / encyclopaedia (Simplified; all three files) / novels /
/// classics, and the mean of all ten files, at 4.0 MB. In all rows but the last one end pairs and
/// triples weigh what pairs do.
///
/// | pair, power | law | Python | wiki.S; all | novels | classics | mean |
/// |---|---|---|---|---|---|---|
/// | no words | 96.4 | 93.4 | 80.7; 84.4 | 75.9 | 61.6 | 82.35 |
/// | 20, 1 | 96.5 | 93.4 | 81.4; 85.0 | 75.7 | 61.4 | 82.55 |
/// | 50, 1 | 96.4 | 93.4 | 81.8; 85.3 | 75.5 | 61.1 | 82.51 |
/// | 100, 3/4 | 96.5 | 93.3 | 81.8; 85.4 | 75.6 | 61.6 | 82.62 |
/// | 150, 3/4 | 96.5 | 93.4 | 82.1; 85.5 | 75.4 | 61.1 | 82.53 |
/// | 500, 1/2 | 96.3 | 93.3 | 82.3; 85.7 | 74.9 | 60.3 | 82.29 |
/// | **150, 3/4, these shares** | 96.5 | 93.4 | 82.0; 85.5 | 75.5 | 61.3 | 82.58 |
///
/// The best means differ by less than their error, so the encyclopaedia, nearest to what pages hold,
/// decided. To count single characters too takes 0.05 to 0.2 from the mean. At the positions in between, without
/// and with the words: law 96.6 and 96.6, Python 93.8 and 93.9, wiki.S 80.7 and 81.8, all three 84.4
/// and 85.6, novels 74.9 and 75.4, classics 60.8 and 60.5, mean 82.11 and 82.49.
const PAIR: u128 = 150;
/// The same for the first and the last pair of a longer word, whose other neighbour is not known.
const END_PAIR: u128 = 75;
/// The same for three characters inside a word. Twice [`PAIR`] would take 0.3 from the mean.
const TRIPLE: u128 = 105;

impl Counts {
    /// Adds the words of a list: a word, a tab and how often it was seen in each line; UTF-8, plain or
    /// `.zst`. Only words of two or more Han characters count, as `fold` gives them, and only what
    /// stands inside them.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or has a line that is no word and count.
    pub fn add_words(
        &mut self,
        path: &Path,
        fold: &dyn Fn(char) -> char,
    ) -> Result<(), CountsError> {
        let text = read_text(path)?;
        let mut pairs = HashMap::new();
        let mut triples = HashMap::new();
        let mut tokens: Vec<Token> = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let wrong = || CountsError::Word {
                path: path.to_owned(),
                line: i + 1,
            };
            let (word, seen) = line.split_once('\t').ok_or_else(wrong)?;
            let seen: u32 = seen.parse().map_err(|_| wrong())?;
            if !word.chars().all(is_han) {
                continue;
            }
            tokens.clear();
            tokens.extend(word.chars().map(|c| token(c, fold)));
            let last = tokens.len().saturating_sub(2);
            for (place, pair) in tokens.windows(2).enumerate() {
                let at_end = last > 0 && (place == 0 || place == last);
                add(&mut pairs, pair, seen, if at_end { END_PAIR } else { PAIR });
            }
            for triple in tokens.windows(3) {
                add(&mut triples, triple, seen, TRIPLE);
            }
        }
        for (entries, more) in [(&mut self.bigrams, pairs), (&mut self.trigrams, triples)] {
            let mut all = std::mem::take(entries);
            all.extend(more);
            *entries = merge(all);
        }
        Ok(())
    }
}

fn add(counts: &mut HashMap<u64, Count>, tokens: &[Token], seen: u32, weight: u128) {
    counts.entry(key(tokens)).or_default().add(Count {
        seen,
        weighted: weighted(seen, weight),
    });
}

/// `weight` times `seen` to the power of 3/4, rounded down; in whole numbers, to be the same on every
/// machine.
fn weighted(seen: u32, weight: u128) -> u64 {
    // Not above 2^96 * 2^31: weights are below 215.
    (u128::from(seen).pow(3) * weight.pow(4)).isqrt().isqrt() as u64
}

#[cfg(test)]
mod tests {
    use super::super::{Model, train};
    use super::*;

    #[test]
    fn weighs_rare_words_more() {
        assert_eq!(weighted(0, PAIR), 0);
        assert_eq!(weighted(1, PAIR), 150);
        assert_eq!(weighted(16, PAIR), 150 * 8);
        assert_eq!(weighted(81, END_PAIR), 75 * 27);
        assert!(weighted(u32::MAX, PAIR) > weighted(u32::MAX / 2, PAIR));
    }

    #[test]
    fn words_become_known() {
        let dir = std::env::temp_dir().join(format!("hanfix-words-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("makes a folder");
        let text = "科研事业的工作，研究室的工作。\n".repeat(20);
        std::fs::write(dir.join("text.txt"), text).expect("writes");
        let fold = |c| if c == '專' { '专' } else { c };
        let mut counts = Counts::of_text(&dir, &fold).expect("counts");
        let list = dir.join("words.tsv");
        std::fs::write(&list, "科研室\t40\nB超\t9\n專業\t3\n专業\t2\n我\t9\n").expect("writes");
        let before = counts.clone();
        counts.add_words(&list, &fold).expect("adds");
        let seen = |entries: &[(u64, Count)], gram: &str| {
            let tokens: Vec<Token> = gram.chars().map(|c| token(c, &fold)).collect();
            let key = key(&tokens);
            entries
                .iter()
                .find(|entry| entry.0 == key)
                .map(|entry| entry.1)
        };
        assert_eq!(counts.unigrams, before.unigrams);
        assert_eq!(seen(&counts.bigrams, "科研").expect("has").seen, 20 + 40);
        assert_eq!(
            seen(&counts.bigrams, "研室").expect("has"),
            Count {
                seen: 40,
                weighted: weighted(40, END_PAIR)
            }
        );
        assert_eq!(
            seen(&counts.trigrams, "科研室").expect("has").weighted,
            weighted(40, TRIPLE)
        );
        assert_eq!(
            seen(&counts.bigrams, "专業").expect("has").weighted,
            weighted(3, PAIR) + weighted(2, PAIR)
        );
        assert!(counts.bigrams.is_sorted_by(|a, b| a.0 < b.0));

        let score = |counts: &Counts| {
            let training = train(counts, &fold, 100_000).expect("trains");
            let model = Model::from_bytes(training.bytes).expect("opens");
            let context = model.line_start();
            let context = model.advance(context, '科').0;
            let row = model.row(model.advance(context, '研').0);
            row.log_prob(model.symbol('室')) - row.log_prob(model.symbol('事'))
        };
        assert!(score(&counts) > score(&before));

        std::fs::write(&list, "科研室\t40\n科研\n").expect("writes");
        let error = counts.add_words(&list, &fold).expect_err("no count");
        assert!(
            error.to_string().contains("words.tsv:2: not a word"),
            "{error}"
        );
        std::fs::remove_dir_all(dir).expect("removes");
    }
}
