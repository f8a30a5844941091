//! The edit list: what is changed, why, and how sure we are.
//!
//! Every stage of the program answers with an [`EditList`] over one revision of the text.
//! Everything that is shown or written is rendered from such a list, so that a change
//! cannot happen without a rule, a span and a confidence.

use std::ops::Range;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Why a span is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// A pinyin annotation that the damage put behind a whole character: `會(huì )` -> `會`.
    Annotation,
    /// A run of bytes torn by a misaligned annotation or mark: `規??焖贁U展` -> `規模快速擴展`.
    Torn,
    /// The visible noise byte of the comma-noise sites: `相遇,，穿越` -> `相遇，穿越`.
    CommaNoise,
    /// A `?` that stands for a character or a space the page's code page lacks: `尼爾?蓋曼` -> `尼爾·蓋曼`.
    LostCharacter,
    /// What is left of markup that the damage ate into: `。”</p>` -> `。”` in plain text.
    MarkupResidue,
    /// Conversion to the target script: `社會` -> `社会`.
    Script,
    /// Punctuation that was folded to ASCII after the damage: `,` -> `，`.
    Punctuation,
}

impl Rule {
    /// All rules, in the order in which the stages run.
    pub const ALL: [Rule; 7] = [
        Rule::Annotation,
        Rule::Torn,
        Rule::CommaNoise,
        Rule::LostCharacter,
        Rule::MarkupResidue,
        Rule::Script,
        Rule::Punctuation,
    ];

    /// The name used on the command line and in reports, for example `comma-noise`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Annotation => "annotation",
            Rule::Torn => "torn",
            Rule::CommaNoise => "comma-noise",
            Rule::LostCharacter => "lost-character",
            Rule::MarkupResidue => "markup-residue",
            Rule::Script => "script",
            Rule::Punctuation => "punctuation",
        }
    }
}

/// One way a hole can be filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The text of the whole span with this filling.
    pub text: String,
    /// Probability in `[0, 1]` among the candidates that were scored.
    pub probability: f32,
    /// How much worse than the best candidate, in nats (0 for the best).
    pub behind: f32,
}

/// What speaks for an edit, beyond its rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The restored bytes in the damaged code page, as hexadecimal with `..` for a byte that was lost:
    /// `C4 (..) BFEC` and the like. Empty when no bytes were involved.
    pub bytes: String,
    /// Probability in `[0, 1]` that this spot is damaged at all.
    pub damage: f32,
    /// Probability in `[0, 1]` that the chosen filling is the right one, given that the spot is damaged.
    pub fill: f32,
    /// How much better the repair explains the page than leaving it alone, in nats.
    pub gain: f32,
    /// The channel run forwards over the repaired text gave exactly the damaged text.
    pub replay: bool,
    /// The rivals of the chosen filling, best first, the chosen one included. Empty when no byte was lost.
    pub candidates: Vec<Candidate>,
    /// Anything else, in plain English.
    pub note: String,
}

/// One change: the bytes `span` of the input become `new`.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Where, in bytes of the text that the list belongs to; always on character boundaries.
    pub span: Range<usize>,
    /// What stands there afterwards.
    pub new: CompactString,
    /// Why.
    pub rule: Rule,
    /// Probability in `[0, 1]` that the spot is damaged, that is that an edit is due here.
    pub confidence: f32,
    /// Bytes, scores and rivals; `None` where the rule says it all.
    pub evidence: Option<Box<Evidence>>,
}

/// Edits over one revision of a text: sorted by span, never overlapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditList {
    edits: Vec<Edit>,
}

impl EditList {
    /// Appends an edit; it must begin at or after the end of the last one.
    pub fn push(&mut self, edit: Edit) {
        debug_assert!(self.edits.last().is_none_or(|last| last.span.end <= edit.span.start));
        self.edits.push(edit);
    }
    /// The edits in text order.
    pub fn iter(&self) -> std::slice::Iter<'_, Edit> {
        self.edits.iter()
    }
    /// How many edits.
    pub fn len(&self) -> usize {
        self.edits.len()
    }
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}
