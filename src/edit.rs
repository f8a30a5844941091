//! The edit list: what is changed, why, and how sure we are.
//!
//! Every stage of the program answers with an [`EditList`] over one revision of the text.
//! Everything that is shown or written is rendered from such a list, so that a change
//! cannot happen without a rule, a span and a confidence.

mod compose;
mod list;
mod offsets;
mod record;
mod rule;

use std::ops::Range;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::repair::channel::misread::Plan;

pub use list::{EditError, EditList};
pub use offsets::{Bias, OffsetMap};
pub use record::EditRecord;
pub use rule::{Rule, UnknownRule};

/// A filled character below this probability is shown as a guess, never as a fact.
///
/// The same 0.95 that `--min-confidence` starts from; the reliability table in
/// `docs/measurements.md` says how often a repair above it is right.
pub const GUESS_BELOW: f32 = 0.95;

/// From these probabilities on a repair whose replay matches is called certain.
const CERTAIN_DAMAGE: f32 = 0.999;
const CERTAIN_FILLING: f32 = 0.999;

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
    /// The restored bytes in the damaged code page, as hexadecimal, those that were lost in parentheses:
    /// `(C4) A3 BF EC CB` and the like. Empty when no bytes were involved.
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
    /// How a misread text becomes the repair, step by step; what later stages did is not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
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

impl Edit {
    /// Whether bytes were lost here, so that the new text is chosen among candidates.
    pub fn lost_bytes(&self) -> bool {
        self.evidence
            .as_ref()
            .is_some_and(|evidence| evidence.lost_bytes())
    }

    /// Whether the new text is the best of several candidates and not sure enough to be a fact.
    ///
    /// ```
    /// use hanfix::edit::{Candidate, Edit, Evidence, Rule};
    ///
    /// let rivals = ["规模", "规摸"].map(|text| Candidate { text: text.into(), probability: 0.5, behind: 0.0 });
    /// let mut edit = Edit { span: 0..6, new: "规模".into(), rule: Rule::Torn, confidence: 1.0, evidence: None };
    /// assert!(!edit.is_guess());
    /// edit.evidence = Some(Box::new(Evidence { fill: 0.5, candidates: rivals.to_vec(), ..Evidence::default() }));
    /// assert!(edit.is_guess());
    /// ```
    pub fn is_guess(&self) -> bool {
        self.evidence
            .as_ref()
            .is_some_and(|evidence| evidence.lost_bytes() && evidence.fill < GUESS_BELOW)
    }

    /// Whether the repair is as good as proven: the replay matches and both questions, is the spot damaged
    /// and is the filling right, are answered with a probability that measurement found never to be wrong
    /// by more than one in a thousand (docs/measurements.md).
    pub fn is_certain(&self) -> bool {
        self.evidence.as_ref().is_some_and(|evidence| {
            evidence.replay && evidence.damage >= CERTAIN_DAMAGE && evidence.fill >= CERTAIN_FILLING
        })
    }
}

impl Evidence {
    /// Whether a byte is gone: it stands in parentheses in the bytes and has rivals among the candidates.
    pub fn lost_bytes(&self) -> bool {
        !self.candidates.is_empty() || self.bytes.contains('(')
    }
}
