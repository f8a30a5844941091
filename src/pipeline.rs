//! The order of the stages (interface only so far).
use std::borrow::Cow;
use std::ops::Range;

use crate::edit::{Candidate, EditList, Rule};
use crate::lm::Model;

/// The script that comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Simplified Chinese.
    #[default]
    Hans,
    /// The script of the input: repair only.
    Keep,
}

/// What happens to punctuation that was folded to ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Punct {
    /// Made fullwidth on damaged pages where it was folded throughout.
    #[default]
    Auto,
    /// Always made fullwidth next to Chinese.
    Full,
    /// Never touched.
    Keep,
}

/// What happens to a character that is damaged for sure but cannot be restored for sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// The best candidate is written and listed as a guess.
    #[default]
    Best,
    /// 〓 is written.
    Mark,
    /// The spot stays as it is.
    Certain,
}

/// Whether the text is markup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Decided by looking at the text.
    #[default]
    Auto,
    /// Plain text: remains of tags are residue.
    Plain,
    /// HTML: tags, attributes, script and style are never edited, eaten markup is put back.
    Html,
}

/// What to do and how far to go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The script that comes out.
    pub to: Target,
    /// Folded punctuation.
    pub punct: Punct,
    /// Spots that are damaged with less than this probability stay as they are and are reported.
    pub min_confidence: f32,
    /// Characters that cannot be restored for sure.
    pub fill: Fill,
    /// Whether the text is markup.
    pub markup: Markup,
    /// Rules that are switched off.
    pub ignore: Vec<Rule>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            to: Target::Hans,
            punct: Punct::Auto,
            min_confidence: 0.95,
            fill: Fill::Best,
            markup: Markup::Auto,
            ignore: Vec::new(),
        }
    }
}

/// A spot that looks damaged and was left as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Unresolved {
    /// Where, in bytes of the input text.
    pub span: Range<usize>,
    /// The rule that would have applied.
    pub rule: Rule,
    /// Probability in `[0, 1]` that the spot is damaged.
    pub confidence: f32,
    /// Why it was left, in plain English.
    pub reason: String,
    /// What it might be, best first.
    pub candidates: Vec<Candidate>,
}

/// What a repair gives.
#[derive(Clone, Debug)]
pub struct Repaired<'t> {
    /// The repaired text; borrowed when nothing was changed.
    pub text: Cow<'t, str>,
    /// Every change, over the input text.
    pub edits: EditList,
    /// What looks damaged and was left.
    pub unresolved: Vec<Unresolved>,
}

/// What is known about a page (or about the blocks of it that went before).
#[derive(Clone, Debug, Default)]
pub struct Page {}

/// Repairs texts. Cheap to make, `Send + Sync`, one for any number of texts and threads.
#[derive(Clone, Debug)]
pub struct Repairer {
    options: Options,
    model: &'static Model,
}

impl Repairer {
    /// A repairer with the built-in language model.
    pub fn new(options: Options) -> Self {
        Repairer { options, model: Model::embedded() }
    }
    /// Repairs one text taken whole as a page.
    pub fn fix<'t>(&self, text: &'t str) -> Repaired<'t> {
        self.fix_block(text, &mut Page::default())
    }
    /// Repairs one block of a longer page; what was learned is carried from block to block in `page`.
    pub fn fix_block<'t>(&self, text: &'t str, _page: &mut Page) -> Repaired<'t> {
        let _ = (&self.options, self.model);
        Repaired { text: Cow::Borrowed(text), edits: EditList::default(), unresolved: Vec::new() }
    }
}
