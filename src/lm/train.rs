//! From counts to a model file: estimate, prune to size, quantise, write.
//!
//! Estimate: interpolated absolute discounting (Ney, Essen & Kneser, "On structuring probabilistic
//! dependences in stochastic language modelling", 1994). The discount is taken from what was seen,
//! then the weights of the genres are applied. It gives way to Kneser-Ney without pruning, and
//! beats it once pruned.
//!
//! Prune: weighted difference (Seymore & Rosenfeld, "Scalable back-off language models", 1996):
//! an n-gram is worth count × (ln P − ln P without it). What is worth least per byte goes, until
//! the file has the size asked for. Every kept trigram a b c brings its bigrams a b and b c, for
//! the look-up asks for a trigram only when it has seen both; then the back-offs are made anew.
//!
//! The same counts give the same bytes, on every machine: weights are whole numbers, sums run in
//! key order, and the logarithm is our own.

use super::counts::{Count, Counts};
use super::format::{
    BACK_OFF_BITS, BIGRAM_SCORE_BITS, HEADER_LENGTH, Header, Scale, UNIGRAM_LENGTH, UNIGRAM_STEP,
    checksum,
};
use super::fuse::{self, Shape, VALUE_BITS};
use super::model::trigram_key;
use super::symbol::{FIXED_SYMBOLS, Symbol, token};

/// The size of the embedded model in bytes. At 3.63 MB 87.1 % of lost lead bytes came back, at
/// 7.17 MB 88.3 %, at 1.84 MB 85.0 %: twice the size is worth about one point.
pub const DEFAULT_SIZE: usize = 4_000_000;

/// Taken from every unigram for the characters never seen.
const UNIGRAM_DISCOUNT: f64 = 0.5;
/// Taken from every bigram seen, for those not seen after this symbol. Between 0.6 and 0.95 lost
/// lead bytes found again differ by 0.1 points, so it need not be fitted.
const BIGRAM_DISCOUNT: f64 = 0.9;
/// The same for trigrams; 0.6 and 1.0 are 0.01 and 0.1 points worse.
const TRIGRAM_DISCOUNT: f64 = 0.8;
/// Characters never seen that share what the seen ones leave: about as many as there are Han
/// characters in the BMP without the seen ones.
const UNSEEN_CHARACTERS: f64 = 20_000.0;
/// A context always leaves this much for what it has not seen.
const LEAST_LEFT: f64 = 1e-4;

/// Bytes per bigram and per trigram (2 bytes in 9/8 slots): what an n-gram must earn.
const BIGRAM_COST: f64 = 4.0;
const TRIGRAM_COST: f64 = 2.27;
/// Halvings of the threshold's range: enough to come within a few n-grams of the size.
const HALVINGS: usize = 60;
/// No model may have more symbols: they are numbered with 16 bits. The rarest are left out.
const MOST_SYMBOLS: usize = 60_000;

/// Why a model could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrainError {
    /// There is nothing to learn from.
    #[error("the counts are empty; give --counts or --corpus a folder with more text")]
    Empty,
    /// The size asked for does not even hold the symbols.
    #[error(
        "a model of {size} bytes cannot hold even single characters; give at least --size {least}"
    )]
    TooSmall {
        /// Asked for.
        size: usize,
        /// Needed.
        least: usize,
    },
    /// No arrangement of the trigrams was found.
    #[error("the trigrams could not be arranged; another --size will help")]
    Arrangement,
}

/// What training made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    /// The model file, for [`Model::from_bytes`](super::Model::from_bytes).
    pub bytes: Vec<u8>,
    /// How many symbols it has.
    pub symbols: usize,
    /// How many bigrams it kept.
    pub bigrams: usize,
    /// How many trigrams it kept.
    pub trigrams: usize,
}

/// An n-gram of symbols with what training knows of it.
struct Gram {
    key: u64,
    count: Count,
    /// ln P, interpolated.
    log_prob: f64,
    /// What it is worth per byte.
    worth: f64,
}

/// Makes a model of at most about `size` bytes from counts. `fold` gives the Simplified form of a
/// character and must be the one that the counts were made with; it becomes part of the model.
///
/// # Errors
///
/// If there are no counts or `size` is too small for the symbols alone.
///
/// ```no_run
/// use hanfix::lm::{Counts, DEFAULT_SIZE, Model, train};
/// use hanfix::script::simplified;
///
/// let counts = Counts::of_text("我的文章".as_ref(), &simplified)?;
/// let training = train(&counts, &simplified, DEFAULT_SIZE)?;
/// let model = Model::from_bytes(training.bytes)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn train(
    counts: &Counts,
    fold: &dyn Fn(char) -> char,
    size: usize,
) -> Result<Training, TrainError> {
    let alphabet = Alphabet::new(counts, fold);
    let unigrams = Unigrams::new(counts, &alphabet);
    if unigrams.total <= 0.0 || counts.bigrams.is_empty() {
        return Err(TrainError::Empty);
    }
    let mut bigrams = alphabet.grams(&counts.bigrams, 2);
    let rows = Rows::new(&bigrams, unigrams.log_prob.len());
    estimate_bigrams(&mut bigrams, &rows, &unigrams);
    let mut trigrams = alphabet.grams(&counts.trigrams, 3);
    // Both bigrams of every trigram; a trigram without them cannot be looked up.
    let mut parts: Vec<(u32, u32)> = Vec::with_capacity(trigrams.len());
    trigrams.retain(|gram| {
        let found = rows
            .find(&bigrams, gram.key >> 16)
            .zip(rows.find(&bigrams, gram.key & 0xffff_ffff));
        parts.extend(found);
        found.is_some()
    });
    estimate_trigrams(&mut trigrams, &parts, &bigrams);

    let fixed = HEADER_LENGTH + alphabet.bytes() + (unigrams.log_prob.len() + 1) * UNIGRAM_LENGTH;
    let least = fixed + file_bytes(0, 0);
    if size < least {
        return Err(TrainError::TooSmall { size, least });
    }
    // A bigram is worth what its best trigram is worth, if that is more.
    for (gram, &(before, after)) in trigrams.iter().zip(&parts) {
        for part in [before, after] {
            let worth = &mut bigrams[part as usize].worth;
            *worth = worth.max(gram.worth);
        }
    }
    let threshold = threshold(&bigrams, &trigrams, size - fixed);
    let kept: Vec<u32> = numbers_where(&bigrams, |gram| gram.worth >= threshold);
    let mut place = vec![u32::MAX; bigrams.len()];
    for (new, &old) in kept.iter().enumerate() {
        place[old as usize] = new as u32;
    }
    let parts = parts
        .into_iter()
        .zip(&trigrams)
        .filter(|(_, gram)| gram.worth >= threshold)
        .map(|(part, _)| part);
    let parts: Vec<(u32, u32)> = parts
        .map(|(before, after)| (place[before as usize], place[after as usize]))
        .collect();
    trigrams.retain(|gram| gram.worth >= threshold);
    bigrams.retain(|gram| gram.worth >= threshold);

    let back_offs = BackOffs::new(&unigrams, &bigrams, &trigrams, &parts);
    write(&alphabet, &unigrams, &bigrams, &trigrams, &back_offs)
}

/// The symbols: which token has which number.
struct Alphabet {
    /// Folded characters; the first has the number [`FIXED_SYMBOLS`].
    tokens: Vec<u16>,
    /// For a token its number, or 0.
    numbers: Vec<u16>,
    /// For the high byte of a code point the number of its page.
    page_index: Vec<u8>,
    /// The symbols of a page, page after page.
    pages: Vec<u16>,
}

impl Alphabet {
    /// Numbers the characters, frequent ones first: their bigrams are then close together.
    fn new(counts: &Counts, fold: &dyn Fn(char) -> char) -> Alphabet {
        let mut seen: Vec<(u64, u16)> = counts
            .unigrams
            .iter()
            .filter(|(key, count)| *key >= FIXED_SYMBOLS as u64 && count.weighted > 0)
            .map(|&(key, count)| (count.weighted, key as u16))
            .collect();
        seen.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        seen.truncate(MOST_SYMBOLS);
        let tokens: Vec<u16> = seen.into_iter().map(|(_, token)| token).collect();
        let mut numbers = vec![0_u16; 1 << 16];
        for (fixed, number) in numbers.iter_mut().enumerate().take(FIXED_SYMBOLS) {
            *number = fixed as u16;
        }
        for (i, &token) in tokens.iter().enumerate() {
            numbers[usize::from(token)] = (FIXED_SYMBOLS + i) as u16;
        }
        let symbol = |code: u32| match char::from_u32(code) {
            Some('\n') => Symbol::EDGE.0,
            Some(c) if !c.is_whitespace() => numbers[usize::from(token(c, fold))],
            _ => Symbol::UNKNOWN.0,
        };
        let mut page_index = vec![0; 256];
        let mut pages = vec![Symbol::UNKNOWN.0; 256];
        for high in 0..256_u32 {
            let page: Vec<u16> = (0..256).map(|low| symbol(high << 8 | low)).collect();
            if page.iter().any(|&symbol| symbol != Symbol::UNKNOWN.0) {
                // Surrogates have no page, so there are fewer than 256.
                page_index[high as usize] = (pages.len() / 256) as u8;
                pages.extend(page);
            }
        }
        Alphabet {
            tokens,
            numbers,
            page_index,
            pages,
        }
    }

    fn bytes(&self) -> usize {
        self.page_index.len() + self.pages.len() * 2
    }

    /// Renumbers n-grams, in the order of the new keys; those with an unknown symbol are left out.
    fn grams(&self, entries: &[(u64, Count)], order: u32) -> Vec<Gram> {
        let renumber = |&(key, count): &(u64, Count)| {
            let mut renumbered = 0;
            for place in (0..order).rev() {
                let symbol = self.numbers[(key >> (16 * place) & 0xffff) as usize];
                if symbol == Symbol::UNKNOWN.0 {
                    return None;
                }
                renumbered = renumbered << 16 | u64::from(symbol);
            }
            (count.weighted > 0).then_some(Gram {
                key: renumbered,
                count,
                log_prob: 0.0,
                worth: 0.0,
            })
        };
        let mut grams: Vec<Gram> = entries.iter().filter_map(renumber).collect();
        grams.sort_unstable_by_key(|gram| gram.key);
        grams
    }
}

/// Single symbols.
struct Unigrams {
    count: Vec<f64>,
    log_prob: Vec<f64>,
    total: f64,
}

impl Unigrams {
    fn new(counts: &Counts, alphabet: &Alphabet) -> Unigrams {
        let mut count = vec![0.0; FIXED_SYMBOLS + alphabet.tokens.len()];
        let mut seen = vec![0.0; count.len()];
        for &(key, one) in &counts.unigrams {
            // What did not get a number is unknown.
            let symbol = usize::from(alphabet.numbers[key as usize]);
            count[symbol] += one.weighted as f64;
            seen[symbol] += f64::from(one.seen);
        }
        let total: f64 = count.iter().sum();
        let mut unseen = count[0];
        let mut prob = vec![0.0; count.len()];
        for symbol in 1..count.len() {
            let kept = discounted(count[symbol], seen[symbol], UNIGRAM_DISCOUNT);
            unseen += count[symbol] - kept;
            prob[symbol] = kept / total;
        }
        prob[0] = unseen / total / UNSEEN_CHARACTERS;
        // A symbol that never came (numbers, say, in a text without) is as likely as an unknown one.
        let log_prob = prob
            .iter()
            .map(|&p| ln(if p > 0.0 { p } else { prob[0].max(1e-12) }))
            .collect();
        Unigrams {
            count,
            log_prob,
            total,
        }
    }
}

/// Takes the discount from what was seen; the weight of the rest stays in proportion.
fn discounted(weighted: f64, seen: f64, discount: f64) -> f64 {
    if seen > discount {
        weighted * (1.0 - discount / seen)
    } else {
        0.0
    }
}

/// Where the bigrams of a first symbol begin.
struct Rows(Vec<usize>);

impl Rows {
    fn new(bigrams: &[Gram], symbols: usize) -> Rows {
        let mut starts = vec![0; symbols + 1];
        for gram in bigrams {
            starts[(gram.key >> 16) as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        Rows(starts)
    }

    fn find(&self, bigrams: &[Gram], key: u64) -> Option<u32> {
        let first = (key >> 16) as usize;
        let (start, end) = (self.0[first], self.0[first + 1]);
        let found = bigrams[start..end]
            .binary_search_by_key(&key, |gram| gram.key)
            .ok()?;
        Some((start + found) as u32)
    }
}

/// Fills in probability and worth of all bigrams.
fn estimate_bigrams(bigrams: &mut [Gram], rows: &Rows, unigrams: &Unigrams) {
    for first in 0..unigrams.count.len() {
        let row = &mut bigrams[rows.0[first]..rows.0[first + 1]];
        let sum: f64 = row.iter().map(|gram| gram.count.weighted as f64).sum();
        // Bigrams seen once are not in the counts, so the symbol itself counts more than its row.
        let total = sum.max(unigrams.count[first]);
        let kept = |gram: &Gram| {
            discounted(
                gram.count.weighted as f64,
                f64::from(gram.count.seen),
                BIGRAM_DISCOUNT,
            ) / total
        };
        let left = (1.0 - row.iter().map(kept).sum::<f64>()).max(LEAST_LEFT);
        for gram in row {
            let without = ln(left) + unigrams.log_prob[(gram.key & 0xffff) as usize];
            gram.log_prob = ln(kept(gram) + exp(without));
            gram.worth = gram.count.weighted as f64 * (gram.log_prob - without) / BIGRAM_COST;
        }
    }
}

/// Fills in probability and worth of all trigrams.
fn estimate_trigrams(trigrams: &mut [Gram], parts: &[(u32, u32)], bigrams: &[Gram]) {
    let mut start = 0;
    for row in trigrams.chunk_by_mut(|a, b| a.key >> 16 == b.key >> 16) {
        let parts = &parts[start..start + row.len()];
        start += row.len();
        let sum: f64 = row.iter().map(|gram| gram.count.weighted as f64).sum();
        let total = sum.max(bigrams[parts[0].0 as usize].count.weighted as f64);
        let kept = |gram: &Gram| {
            discounted(
                gram.count.weighted as f64,
                f64::from(gram.count.seen),
                TRIGRAM_DISCOUNT,
            ) / total
        };
        let left = (1.0 - row.iter().map(kept).sum::<f64>()).max(LEAST_LEFT);
        for (gram, part) in row.iter_mut().zip(parts) {
            let without = ln(left) + bigrams[part.1 as usize].log_prob;
            gram.log_prob = ln(kept(gram) + exp(without));
            gram.worth = gram.count.weighted as f64 * (gram.log_prob - without) / TRIGRAM_COST;
        }
    }
}

/// The size of bigrams and trigrams in the file.
fn file_bytes(bigrams: usize, trigrams: usize) -> usize {
    bigrams * 4
        + Shape::for_keys(trigrams)
            .slots()
            .map_or(usize::MAX / 2, |slots| slots as usize * 2)
}

/// The least worth with which the n-grams fit into this many bytes.
fn threshold(bigrams: &[Gram], trigrams: &[Gram], bytes: usize) -> f64 {
    let sorted = |grams: &[Gram]| {
        let mut worths: Vec<f64> = grams.iter().map(|gram| gram.worth).collect();
        worths.sort_unstable_by(f64::total_cmp);
        worths
    };
    let (bigrams, trigrams) = (sorted(bigrams), sorted(trigrams));
    let fits = |threshold: f64| {
        let count =
            |worths: &[f64]| worths.len() - worths.partition_point(|&worth| worth < threshold);
        file_bytes(count(&bigrams), count(&trigrams)) <= bytes
    };
    let highest = |worths: &[f64]| worths.last().copied().unwrap_or(0.0);
    let mut low = 0.0;
    // Above every worth, so that nothing is kept: that fits.
    let mut high = highest(&bigrams).max(highest(&trigrams)) * 2.0 + 1.0;
    if fits(low) {
        return low;
    }
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if fits(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn numbers_where(grams: &[Gram], keep: impl Fn(&Gram) -> bool) -> Vec<u32> {
    grams
        .iter()
        .enumerate()
        .filter(|(_, gram)| keep(gram))
        .map(|(i, _)| i as u32)
        .collect()
}

/// ln of what a context multiplies the shorter probability with, after pruning.
struct BackOffs {
    unigrams: Vec<f64>,
    /// `None`: no trigram begins with it.
    bigrams: Vec<Option<f64>>,
}

impl BackOffs {
    /// Chosen so that the probabilities after every context add up to one.
    fn new(
        unigrams: &Unigrams,
        bigrams: &[Gram],
        trigrams: &[Gram],
        parts: &[(u32, u32)],
    ) -> BackOffs {
        // How much the kept n-grams of a context take, and how much the shorter ones would give them.
        let mut sums = vec![(0.0, 0.0); unigrams.log_prob.len()];
        for gram in bigrams {
            let sum = &mut sums[(gram.key >> 16) as usize];
            sum.0 += exp(gram.log_prob);
            sum.1 += exp(unigrams.log_prob[(gram.key & 0xffff) as usize]);
        }
        let ratio = |(long, short): (f64, f64)| {
            ln((1.0 - long).max(LEAST_LEFT) / (1.0 - short).max(LEAST_LEFT))
        };
        let mut pair_sums = vec![None; bigrams.len()];
        for (gram, part) in trigrams.iter().zip(parts) {
            let sum = pair_sums[part.0 as usize].get_or_insert((0.0, 0.0));
            sum.0 += exp(gram.log_prob);
            sum.1 += exp(bigrams[part.1 as usize].log_prob);
        }
        BackOffs {
            unigrams: sums.into_iter().map(ratio).collect(),
            bigrams: pair_sums.into_iter().map(|sum| sum.map(ratio)).collect(),
        }
    }
}

/// Quantises and writes.
fn write(
    alphabet: &Alphabet,
    unigrams: &Unigrams,
    bigrams: &[Gram],
    trigrams: &[Gram],
    back_offs: &BackOffs,
) -> Result<Training, TrainError> {
    let (score_codes, value_codes) = (1 << BIGRAM_SCORE_BITS, 1 << VALUE_BITS);
    // Code 0 says that there is no back-off.
    let back_off_codes = (1 << BACK_OFF_BITS) - 1;
    let scale =
        |grams: &[Gram], codes| Scale::over(grams.iter().map(|gram| gram.log_prob as f32), codes);
    let bigram_scale = scale(bigrams, score_codes);
    let trigram_scale = scale(trigrams, value_codes);
    let from_one = Scale::over(
        back_offs
            .bigrams
            .iter()
            .flatten()
            .map(|&value| value as f32),
        back_off_codes,
    );
    let back_off_scale = Scale {
        low: from_one.low - from_one.step,
        step: from_one.step,
    };

    let entries: Vec<(u64, u16)> = trigrams
        .iter()
        .map(|gram| {
            let symbol = |shift: u32| Symbol((gram.key >> shift) as u16);
            (
                trigram_key(symbol(32), symbol(16), symbol(0)),
                trigram_scale.code(gram.log_prob as f32, value_codes),
            )
        })
        .collect();
    let (shape, slots) = fuse::build(&entries).ok_or(TrainError::Arrangement)?;

    let mut body = alphabet.page_index.clone();
    let short = |body: &mut Vec<u8>, number: u16| body.extend(number.to_le_bytes());
    for &symbol in &alphabet.pages {
        short(&mut body, symbol);
    }
    let rows = Rows::new(bigrams, unigrams.log_prob.len());
    let fixed_point = |value: f64| ((value as f32 / UNIGRAM_STEP).round() as i16) as u16;
    for (symbol, &start) in rows.0.iter().enumerate() {
        body.extend((start as u32).to_le_bytes());
        short(
            &mut body,
            unigrams
                .log_prob
                .get(symbol)
                .map_or(0, |&value| fixed_point(value)),
        );
        short(
            &mut body,
            back_offs
                .unigrams
                .get(symbol)
                .map_or(0, |&value| fixed_point(value)),
        );
    }
    for gram in bigrams {
        short(&mut body, gram.key as u16);
    }
    for (gram, back_off) in bigrams.iter().zip(&back_offs.bigrams) {
        let code = back_off.map_or(0, |value| 1 + from_one.code(value as f32, back_off_codes));
        short(
            &mut body,
            bigram_scale.code(gram.log_prob as f32, score_codes) | code << BIGRAM_SCORE_BITS,
        );
    }
    for slot in slots {
        short(&mut body, slot);
    }
    let header = Header {
        symbols: unigrams.log_prob.len() as u32,
        pages: (alphabet.pages.len() / 256) as u32,
        bigrams: bigrams.len() as u32,
        trigrams: trigrams.len() as u32,
        shape,
        bigram_scale,
        back_off_scale,
        trigram_scale,
        body_checksum: checksum(&body),
    };
    let mut bytes = header.write();
    bytes.extend(body);
    Ok(Training {
        bytes,
        symbols: unigrams.log_prob.len(),
        bigrams: bigrams.len(),
        trigrams: trigrams.len(),
    })
}

/// The natural logarithm of a positive number, the same bits on every machine (that of the system
/// is not): exponent, and the series of artanh for the mantissa.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    let mut mantissa = f64::from_bits(bits & !(0x7ff << 52) | 1023 << 52);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let mut power = t;
    let mut sum = 0.0;
    // |t| < 0.172: the term after the last is below 1e-17.
    for odd in (1..=21).step_by(2) {
        sum += power / f64::from(odd);
        power *= square;
    }
    2.0 * sum + f64::from(exponent) * std::f64::consts::LN_2
}

/// e to the power of x, the same bits on every machine, for x from -700 to 700.
fn exp(x: f64) -> f64 {
    let exponent = (x / std::f64::consts::LN_2).round();
    let rest = x - exponent * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    // |rest| < 0.35: the term after the last is below 1e-17.
    for i in 1..=14 {
        term *= rest / f64::from(i);
        sum += term;
    }
    sum * f64::from_bits(((exponent as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::super::{Context, Model};
    use super::*;

    #[test]
    fn logarithms_are_right() {
        for x in [1e-12_f64, 0.001, 0.5, 0.9999, 1.0, 1.5, 2.0, 1e9] {
            assert!(
                (ln(x) - x.ln()).abs() < 1e-13 * x.ln().abs().max(1.0),
                "{x}"
            );
            assert!((exp(ln(x)) / x - 1.0).abs() < 1e-12, "{x}");
        }
    }

    fn small() -> (Training, Model) {
        let dir = std::env::temp_dir().join(format!(
            "hanfix-train-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(&dir).expect("makes a folder");
        let text = "社會工作是社會的工作。\n城市规模快速扩展，社会工作2024年\n社会人\n".repeat(20);
        std::fs::write(dir.join("text.txt"), text).expect("writes");
        let fold = |c| if c == '會' { '会' } else { c };
        let counts = Counts::of_text(&dir, &fold).expect("counts");
        std::fs::remove_dir_all(dir).expect("removes");
        let training = train(&counts, &fold, 100_000).expect("trains");
        let model = Model::from_bytes(training.bytes.clone()).expect("opens");
        (training, model)
    }

    #[test]
    fn a_small_model_adds_up_to_one() {
        let (training, model) = small();
        let context = |a, b| Context {
            first: model.symbol(a),
            second: model.symbol(b),
        };
        for context in [
            Context::LINE_START,
            context('社', '会'),
            context('规', '模'),
            context('龘', '龘'),
        ] {
            let seen = 1..training.symbols as u16;
            let sum: f32 = seen
                .map(|symbol| model.log_prob(context, Symbol(symbol)).exp())
                .sum();
            let unseen = model.log_prob(context, Symbol::UNKNOWN).exp() * UNSEEN_CHARACTERS as f32;
            assert!(
                (0.93..1.07).contains(&(sum + unseen)),
                "{context:?}: {sum} + {unseen}"
            );
        }
    }

    #[test]
    fn likely_is_likelier() {
        let (_, model) = small();
        let context = Context {
            first: model.symbol('社'),
            second: model.symbol('會'),
        };
        let score = |c| model.log_prob(context, model.symbol(c));
        assert!(
            score('工') > score('人') && score('人') > score('模') && score('模') > score('龘')
        );
        assert!(score('龘').is_finite());
        assert!((model.bigram_log_prob(model.symbol('规'), model.symbol('模'))).exp() > 0.9);
    }

    #[test]
    fn damaged_models_are_refused_and_never_panic() {
        let (training, _) = small();
        let step = training.bytes.len() / 300 + 1;
        for at in (0..training.bytes.len()).step_by(step) {
            let mut bytes = training.bytes.clone();
            bytes[at] ^= 0x55;
            assert!(Model::from_bytes(bytes).is_err(), "byte {at}");
            assert!(
                Model::from_bytes(training.bytes[..at].to_vec()).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn sizes_are_kept() {
        let (training, _) = small();
        let counts = Counts::default();
        assert_eq!(train(&counts, &|c| c, 1000), Err(TrainError::Empty));
        assert!(training.bytes.len() <= 100_000);
    }
}
