//! Views of an edit list: diffs, lines for people and for programs, explanations, totals.
//!
//! All of them render a [`View`]: a text, the edits over it, and what was left unresolved.
//! Text that may reach a terminal is escaped ([`Visible`]); only the patch of [`unified`] is exact bytes.

pub mod brief;
mod escape;
pub mod explain;
pub mod hunks;
pub mod json;
mod position;
pub mod sample;
pub mod summary;
#[cfg(feature = "cli")]
pub mod terminal;
pub mod unified;

use std::path::Path;

pub use escape::Visible;
pub use position::{LineIndex, Position};

use crate::edit::EditList;
use crate::pipeline::Unresolved;
use crate::stream::Place;

/// One text (a whole input or a block of one) and what was found in it.
#[derive(Clone, Copy, Debug)]
pub struct View<'v> {
    /// The path as the user gave it, `-` for standard input.
    pub path: &'v Path,
    /// The text before the repair.
    pub text: &'v str,
    /// The edits over it.
    pub edits: &'v EditList,
    /// What looks damaged and was left.
    pub unresolved: &'v [Unresolved],
    /// Where the text begins in the whole input.
    pub place: Place,
}

impl<'v> View<'v> {
    /// Whether there is nothing to show.
    pub fn is_clean(&self) -> bool {
        self.edits.is_empty() && self.unresolved.is_empty()
    }

    /// The index of the lines of this text; made when something is to be located.
    pub fn line_index(&self) -> LineIndex<'v> {
        LineIndex::new(self.text, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Candidate, Edit, Evidence, Rule};

    /// A damaged text with one edit of every kind.
    pub(super) fn sample() -> (String, EditList, Vec<Unresolved>) {
        let text = "社會(huì )工作\n?城市規??焖展";
        let span = |old: &str| {
            let start = text.find(old).unwrap();
            start..start + old.len()
        };
        let candidate = |text: &str, probability, behind| Candidate {
            text: text.to_owned(),
            probability,
            behind,
        };
        let torn = Evidence {
            bytes: "(C4) A3 BF EC".to_owned(),
            damage: 0.98,
            fill: 0.6,
            gain: 14.2,
            replay: true,
            candidates: vec![
                candidate("规模快", 0.6, 0.0),
                candidate("规摸快", 0.4, 0.41),
            ],
            note: "trail byte 55 closes the run".to_owned(),
        };
        let edits = vec![
            Edit {
                span: span("會(huì )"),
                new: "会".into(),
                rule: Rule::Annotation,
                confidence: 1.0,
                evidence: None,
            },
            Edit {
                span: span("規??焖"),
                new: "规模快".into(),
                rule: Rule::Torn,
                confidence: 0.98,
                evidence: Some(Box::new(torn)),
            },
        ];
        let unresolved = vec![Unresolved {
            span: span("?"),
            rule: Rule::LostCharacter,
            confidence: 0.7,
            reason: "two readings are as likely".to_owned(),
            candidates: vec![candidate("·", 0.5, 0.0)],
        }];
        (
            text.to_owned(),
            EditList::from_edits(edits).unwrap(),
            unresolved,
        )
    }
}
