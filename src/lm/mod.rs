//! Language model (interface only so far).

/// A symbol of the model: a folded character, a run of letters, a number, a line edge, or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(pub(crate) u16);

/// The two symbols before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// The symbol two places back.
    pub first: Symbol,
    /// The symbol directly before.
    pub second: Symbol,
}

/// A character trigram model.
#[derive(Debug)]
pub struct Model;

impl Model {
    /// The model that is built in.
    pub fn embedded() -> &'static Model {
        &Model
    }
    /// The context at the start of a line.
    pub fn line_start(&self) -> Context {
        Context { first: Symbol(0), second: Symbol(0) }
    }
    /// The symbol of a character (folded to Simplified and to fullwidth punctuation).
    pub fn symbol(&self, c: char) -> Symbol {
        Symbol(c as u32 as u16)
    }
    /// ln P(next | context), in nats.
    pub fn log_prob(&self, _context: Context, _next: Symbol) -> f32 {
        0.0
    }
    /// Reads one more character: the new context and ln P of the character, in nats.
    /// Letters of one word and digits of one number count once.
    pub fn advance(&self, context: Context, c: char) -> (Context, f32) {
        let next = self.symbol(c);
        (Context { first: context.second, second: next }, self.log_prob(context, next))
    }
}
