//! Looking up: from the bytes of a model file to log-probabilities, without parsing or allocating.

use std::borrow::Cow;
use std::hint::select_unpredictable;
use std::sync::OnceLock;

use super::format::{
    BACK_OFF_BITS, BIGRAM_SCORE_BITS, Header, Layout, ModelError, UNIGRAM_LENGTH, UNIGRAM_STEP,
    check_body,
};
use super::fuse;
use super::symbol::{Context, Symbol, is_digit, is_letter};

/// The model that is built in:
/// `hanfix train --counts DIR --words data/jieba-words.tsv.zst -o src/lm/model.bin` makes it.
/// To start from nothing an empty file will do: training does not read it.
static EMBEDDED: &[u8] = include_bytes!("model.bin");

/// -ln 52.
const LETTER_SHARE: f32 = -3.951_243_7;
/// -ln 10.
const DIGIT_SHARE: f32 = -std::f32::consts::LN_10;

/// A character trigram model.
///
/// A probability is that of the longest n-gram that the model kept; shorter ones are scaled by the
/// back-off of the context. About one absent trigram in 512 is taken for another one (see
/// `fuse.rs`); nothing else is approximate but the rounding.
#[derive(Debug)]
pub struct Model {
    bytes: Cow<'static, [u8]>,
    header: Header,
    layout: Layout,
}

/// A bigram that the model has: the codes of its score and its back-off.
#[derive(Clone, Copy)]
struct Bigram(u16);

impl Bigram {
    #[inline]
    fn score(self) -> u16 {
        self.0 & ((1 << BIGRAM_SCORE_BITS) - 1)
    }
    /// 0: no trigram begins with this bigram.
    #[inline]
    fn back_off(self) -> u16 {
        self.0 >> BIGRAM_SCORE_BITS & ((1 << BACK_OFF_BITS) - 1)
    }
}

impl Model {
    /// The model that is built in. The first call opens it, in microseconds.
    ///
    /// # Panics
    ///
    /// If the program was built with a `model.bin` that is no model; a test makes sure it was not.
    pub fn embedded() -> &'static Model {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| match Model::open(Cow::Borrowed(EMBEDDED)) {
            Ok(model) => model,
            Err(error) => panic!("the program was built without a model: {error}"),
        })
    }

    /// Opens a model file that `hanfix train` made.
    ///
    /// # Errors
    ///
    /// Everything in the file is checked, so that a corrupt, truncated or foreign one is refused.
    ///
    /// ```
    /// use hanfix::lm::Model;
    ///
    /// let error = Model::from_bytes("天地玄黄".into()).unwrap_err();
    /// assert!(error.to_string().starts_with("this is not a hanfix model"));
    /// ```
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Model, ModelError> {
        let model = Model::open(Cow::Owned(bytes))?;
        model.check()?;
        Ok(model)
    }

    /// Checks all of the file, also its body: some milliseconds. [`Model::from_bytes`] did it.
    ///
    /// # Errors
    ///
    /// Says which part is damaged.
    pub fn check(&self) -> Result<(), ModelError> {
        check_body(&self.bytes, &self.header, &self.layout)
    }

    fn open(bytes: Cow<'static, [u8]>) -> Result<Model, ModelError> {
        let (header, layout) = Header::read(&bytes)?;
        Ok(Model {
            bytes,
            header,
            layout,
        })
    }

    /// The size of the model file in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How many symbols, bigrams and trigrams the model has.
    pub fn len(&self) -> (usize, usize, usize) {
        (
            self.header.symbols as usize,
            self.header.bigrams as usize,
            self.header.trigrams as usize,
        )
    }

    /// Does the model know nothing but the fixed symbols?
    pub fn is_empty(&self) -> bool {
        self.header.bigrams == 0
    }

    /// The context at the start of a line.
    pub fn line_start(&self) -> Context {
        Context::LINE_START
    }

    /// The symbol of a character: letters to one symbol, digits to another, Traditional to
    /// Simplified (著 alone stays), `, ; : ! ? ( )` to their fullwidth forms. What the model does not
    /// know, white space and all outside the BMP is [`Symbol::UNKNOWN`]; the line feed is
    /// [`Symbol::EDGE`].
    ///
    /// ```
    /// # let model = hanfix::lm::Model::embedded();
    /// assert_eq!(model.symbol('國'), model.symbol('国'));
    /// assert_eq!(model.symbol(','), model.symbol('，'));
    /// assert_ne!(model.symbol('著'), model.symbol('着'));
    /// ```
    #[inline]
    pub fn symbol(&self, c: char) -> Symbol {
        let code = u32::from(c);
        if code > 0xffff {
            return Symbol::UNKNOWN;
        }
        let page = self.bytes[self.layout.page_index.start + (code >> 8) as usize];
        let at = usize::from(page) * 256 + (code & 0xff) as usize;
        let pages = self.pairs(&self.layout.pages);
        pages
            .get(at)
            .map_or(Symbol::UNKNOWN, |bytes| Symbol(u16::from_le_bytes(*bytes)))
    }

    /// The share that a character has in its symbol, in nats: -ln 52 for a letter and -ln 10 for a
    /// digit, whose symbols stand for all of them, 0 for every other. Add it where a single letter
    /// competes with single Han characters for one place; without it every second wrong choice
    /// for a lost lead byte in modern text is a fullwidth letter.
    #[inline]
    pub fn share(&self, c: char) -> f32 {
        if is_letter(c) {
            LETTER_SHARE
        } else if is_digit(c) {
            DIGIT_SHARE
        } else {
            0.0
        }
    }

    /// ln P(next | context), in nats: never above about 0, never minus infinity. An unknown
    /// character has its share of what is left for the 20,000 characters never seen.
    ///
    /// To ask for many symbols after the same context take [`Model::row`].
    #[inline]
    pub fn log_prob(&self, context: Context, next: Symbol) -> f32 {
        self.row(context).log_prob(next)
    }

    /// What the model knows of a context, looked up once for many symbols after it:
    /// [`Row::log_prob`] gives the same bits as [`Model::log_prob`] in little more than half the time
    /// (28 instead of 50 ns for 115 symbols).
    ///
    /// ```
    /// # let model = hanfix::lm::Model::embedded();
    /// let (context, _) = model.advance(model.line_start(), '规');
    /// let row = model.row(context);
    /// for c in ['模', '玻', '则'] {
    ///     assert_eq!(row.log_prob(model.symbol(c)), model.log_prob(context, model.symbol(c)));
    ///     assert_eq!(row.advance(c), model.advance(context, c));
    /// }
    /// ```
    #[inline]
    pub fn row(&self, context: Context) -> Row<'_> {
        let before = self.bigram(context.first, context.second);
        let (successors, scores) = self.successors(context.second);
        Row {
            model: self,
            context,
            successors,
            scores,
            back_off: self.unigram(context.second).1,
            pair_back_off: before.map_or(0.0, |bigram| self.back_off(bigram)),
            has_trigrams: before.is_some_and(|bigram| bigram.back_off() != 0),
        }
    }

    /// ln P(a) by itself, in nats: how common a character is.
    #[inline]
    pub fn unigram_log_prob(&self, a: Symbol) -> f32 {
        self.unigram(a).0
    }

    /// ln P(b | a), in nats, by bigrams alone: to rank many candidates cheaply.
    #[inline]
    pub fn bigram_log_prob(&self, a: Symbol, b: Symbol) -> f32 {
        match self.bigram(a, b) {
            Some(bigram) => self.header.bigram_scale.value(bigram.score()),
            None => self.unigram(b).0 + self.unigram(a).1,
        }
    }

    /// Reads one more character: the new context and ln P of the character, in nats.
    ///
    /// Letters of one word and digits of one number count once: a further one costs 0 and leaves the
    /// context as it is. The line feed is the edge of the line and starts a new one; a second one
    /// in a row costs 0. All other white space costs 0 and leaves the context as it is, for the
    /// counts were made without it (so `ab cd` is one word).
    ///
    /// ```
    /// # let model = hanfix::lm::Model::embedded();
    /// let (context, first) = model.advance(model.line_start(), '第');
    /// let (context, second) = model.advance(context, '1');
    /// assert!(first < 0.0 && second < 0.0);
    /// assert_eq!(model.advance(context, '2'), (context, 0.0));
    /// ```
    #[inline]
    pub fn advance(&self, context: Context, c: char) -> (Context, f32) {
        if adds_nothing(context, c) {
            return (context, 0.0);
        }
        let next = self.symbol(c);
        (context.then(next), self.log_prob(context, next))
    }

    /// The context that [`Model::advance`] gives, without the probability, which takes most of its time.
    #[inline]
    pub fn pass_over(&self, context: Context, c: char) -> Context {
        if adds_nothing(context, c) {
            context
        } else {
            context.then(self.symbol(c))
        }
    }

    #[inline]
    fn pairs(&self, section: &std::ops::Range<usize>) -> &[[u8; 2]] {
        self.bytes[section.start..section.end].as_chunks::<2>().0
    }

    #[inline]
    fn row_start(&self, symbol: usize) -> usize {
        let unigrams = self.bytes[self.layout.unigrams.start..self.layout.unigrams.end]
            .as_chunks()
            .0;
        unigrams.get(symbol).map_or(0, |b: &[u8; UNIGRAM_LENGTH]| {
            u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize
        })
    }

    /// Log-probability and back-off of one symbol.
    #[inline]
    fn unigram(&self, symbol: Symbol) -> (f32, f32) {
        let unigrams = self.bytes[self.layout.unigrams.start..self.layout.unigrams.end]
            .as_chunks()
            .0;
        let Some(b): Option<&[u8; UNIGRAM_LENGTH]> = unigrams.get(usize::from(symbol.0)) else {
            return (0.0, 0.0);
        };
        let number = |low, high| f32::from(i16::from_le_bytes([low, high])) * UNIGRAM_STEP;
        (number(b[4], b[5]), number(b[6], b[7]))
    }

    #[inline]
    fn back_off(&self, bigram: Bigram) -> f32 {
        match bigram.back_off() {
            0 => 0.0,
            code => self.header.back_off_scale.value(code),
        }
    }

    /// The symbols after a symbol, ascending, and the scores of these bigrams.
    #[inline]
    fn successors(&self, a: Symbol) -> (&[[u8; 2]], &[[u8; 2]]) {
        let start = self.row_start(usize::from(a.0));
        let end = self.row_start(usize::from(a.0) + 1);
        let row = |section| self.pairs(section).get(start..end).unwrap_or_default();
        (row(&self.layout.successors), row(&self.layout.scores))
    }

    #[inline]
    fn bigram(&self, a: Symbol, b: Symbol) -> Option<Bigram> {
        let (successors, scores) = self.successors(a);
        find(successors, scores, b)
    }
}

/// Finds a bigram in the row of its first symbol.
#[inline]
fn find(successors: &[[u8; 2]], scores: &[[u8; 2]], b: Symbol) -> Option<Bigram> {
    // Halving without a branch on the comparison: it cannot be predicted, so a jump would cost more.
    let mut low = 0;
    let mut size = successors.len();
    while size > 1 {
        let half = size / 2;
        let middle = low + half;
        low = select_unpredictable(u16::from_le_bytes(successors[middle]) <= b.0, middle, low);
        size -= half;
    }
    if u16::from_le_bytes(*successors.get(low)?) != b.0 {
        return None;
    }
    let score = scores.get(low)?;
    Some(Bigram(u16::from_le_bytes(*score)))
}

/// What the model knows of one context; [`Model::row`] makes it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'model> {
    model: &'model Model,
    context: Context,
    successors: &'model [[u8; 2]],
    scores: &'model [[u8; 2]],
    /// That of the second symbol alone.
    back_off: f32,
    /// That of both symbols, 0 if the model has no such bigram.
    pair_back_off: f32,
    /// Does any trigram begin with the two symbols?
    has_trigrams: bool,
}

impl Row<'_> {
    /// The context that the row is of.
    #[inline]
    pub fn context(&self) -> Context {
        self.context
    }

    /// ln P(next | context), in nats: see [`Model::log_prob`].
    #[inline]
    pub fn log_prob(&self, next: Symbol) -> f32 {
        let model = self.model;
        let Some(bigram) = find(self.successors, self.scores, next) else {
            return model.unigram(next).0 + self.back_off + self.pair_back_off;
        };
        let score = model.header.bigram_scale.value(bigram.score());
        if !self.has_trigrams {
            return score;
        }
        let key = trigram_key(self.context.first, self.context.second, next);
        match fuse::find(&model.header.shape, model.pairs(&model.layout.slots), key) {
            Some(code) => model.header.trigram_scale.value(code),
            None => score + self.pair_back_off,
        }
    }

    /// Reads one more character: see [`Model::advance`].
    #[inline]
    pub fn advance(&self, c: char) -> (Context, f32) {
        if adds_nothing(self.context, c) {
            return (self.context, 0.0);
        }
        let next = self.model.symbol(c);
        (self.context.then(next), self.log_prob(next))
    }
}

/// Is `c` part of what the context ends in, or white space?
#[inline]
fn adds_nothing(context: Context, c: char) -> bool {
    let again = match context.second {
        Symbol::WORD => is_letter(c),
        Symbol::NUMBER => is_digit(c),
        Symbol::EDGE => c == '\n',
        _ => false,
    };
    again || (c != '\n' && c.is_whitespace())
}

/// The key of a trigram in the static function.
#[inline]
pub(crate) fn trigram_key(a: Symbol, b: Symbol, c: Symbol) -> u64 {
    u64::from(a.0) << 32 | u64::from(b.0) << 16 | u64::from(c.0)
}
