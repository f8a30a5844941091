//! A sorted list of edits and what can be done with it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::{Edit, Rule};

/// An edit list that does not fit: to itself or to the text it is used on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// An edit begins before the end of the one in front of it, or ends before it begins.
    #[error("the edit of bytes {}..{} is out of order: edits must be sorted and must not overlap", .span.start, .span.end)]
    OutOfOrder {
        /// The span of the offending edit.
        span: Range<usize>,
    },
    /// An edit reaches beyond the end of the text.
    #[error("the edit of bytes {}..{} ends beyond the text of {length} bytes: the list belongs to another text", .span.start, .span.end)]
    OutOfBounds {
        /// The span of the offending edit.
        span: Range<usize>,
        /// How long the text is.
        length: usize,
    },
    /// An edit begins or ends inside a character.
    #[error("the edit of bytes {}..{} cuts a character in two: the list belongs to another text", .span.start, .span.end)]
    InsideCharacter {
        /// The span of the offending edit.
        span: Range<usize>,
    },
}

/// Edits over one revision of a text: sorted by span, never overlapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditList {
    edits: Vec<Edit>,
}

impl EditList {
    /// Appends an edit; it must begin at or after the end of the last one.
    pub fn push(&mut self, edit: Edit) {
        debug_assert!(
            self.edits
                .last()
                .is_none_or(|last| last.span.end <= edit.span.start)
        );
        debug_assert!(edit.span.start <= edit.span.end);
        self.edits.push(edit);
    }

    /// A list of edits from anywhere, checked for order and overlap.
    pub fn from_edits(edits: Vec<Edit>) -> Result<EditList, EditError> {
        let mut end = 0;
        for edit in &edits {
            if edit.span.start < end || edit.span.end < edit.span.start {
                return Err(EditError::OutOfOrder {
                    span: edit.span.clone(),
                });
            }
            end = edit.span.end;
        }
        Ok(EditList { edits })
    }

    /// The edits in text order.
    pub fn iter(&self) -> std::slice::Iter<'_, Edit> {
        self.edits.iter()
    }

    /// The edits in text order, as a slice.
    pub fn as_slice(&self) -> &[Edit] {
        &self.edits
    }

    /// How many edits.
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text with all edits made; borrowed when there are none.
    ///
    /// ```
    /// use hanfix::edit::{Edit, EditList, Rule};
    ///
    /// let mut edits = EditList::default();
    /// edits.push(Edit { span: 6..13, new: "".into(), rule: Rule::Annotation, confidence: 1.0, evidence: None });
    /// assert_eq!(edits.apply("社會(huì )工作").unwrap(), "社會工作");
    /// assert!(edits.apply("社會").is_err());
    /// ```
    pub fn apply<'t>(&self, input: &'t str) -> Result<Cow<'t, str>, EditError> {
        self.fits(input)?;
        if self.is_empty() {
            return Ok(Cow::Borrowed(input));
        }
        let grown: usize = self.edits.iter().map(|edit| edit.new.len()).sum();
        let mut output = String::with_capacity(input.len() + grown);
        let mut end = 0;
        for edit in &self.edits {
            output.push_str(&input[end..edit.span.start]);
            output.push_str(&edit.new);
            end = edit.span.end;
        }
        output.push_str(&input[end..]);
        Ok(Cow::Owned(output))
    }

    /// The edits over the output that lead back to `input`.
    ///
    /// Rules and confidences are those of the edits that are undone; evidence stays with the original list.
    pub fn invert(&self, input: &str) -> Result<EditList, EditError> {
        self.fits(input)?;
        let mut inverse = EditList {
            edits: Vec::with_capacity(self.len()),
        };
        let (mut end, mut written) = (0, 0);
        for edit in &self.edits {
            written += edit.span.start - end;
            inverse.edits.push(Edit {
                span: written..written + edit.new.len(),
                new: input[edit.span.clone()].into(),
                rule: edit.rule,
                confidence: edit.confidence,
                evidence: None,
            });
            written += edit.new.len();
            end = edit.span.end;
        }
        Ok(inverse)
    }

    /// The edits for which `keep` says yes.
    #[must_use]
    pub fn filter(mut self, keep: impl FnMut(&Edit) -> bool) -> EditList {
        self.edits.retain(keep);
        self
    }

    /// The edits of the given rules.
    #[must_use]
    pub fn of_rules(self, rules: &[Rule]) -> EditList {
        self.filter(|edit| rules.contains(&edit.rule))
    }

    /// The edits that change something: one whose new text is the old text is dropped
    /// (composed stages can cancel out).
    #[must_use]
    pub fn without_idle(self, input: &str) -> EditList {
        self.filter(|edit| input.get(edit.span.clone()) != Some(edit.new.as_str()))
    }

    /// How many edits each rule has made.
    pub fn counts(&self) -> BTreeMap<Rule, usize> {
        let mut counts = BTreeMap::new();
        for edit in &self.edits {
            *counts.entry(edit.rule).or_default() += 1;
        }
        counts
    }

    /// The edits of a block that begins `by` bytes into the whole input, as edits of the whole input.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> EditList {
        for edit in &mut self.edits {
            edit.span.start += by;
            edit.span.end += by;
        }
        self
    }

    /// Puts the edits of what follows behind these; both lists are over the same text.
    pub fn append(&mut self, mut following: EditList) -> Result<(), EditError> {
        if let (Some(last), Some(next)) = (self.edits.last(), following.edits.first())
            && next.span.start < last.span.end
        {
            return Err(EditError::OutOfOrder {
                span: next.span.clone(),
            });
        }
        self.edits.append(&mut following.edits);
        Ok(())
    }

    fn fits(&self, input: &str) -> Result<(), EditError> {
        let mut end = 0;
        for edit in &self.edits {
            let span = &edit.span;
            if span.start < end || span.end < span.start {
                return Err(EditError::OutOfOrder { span: span.clone() });
            }
            if span.end > input.len() {
                return Err(EditError::OutOfBounds {
                    span: span.clone(),
                    length: input.len(),
                });
            }
            if !input.is_char_boundary(span.start) || !input.is_char_boundary(span.end) {
                return Err(EditError::InsideCharacter { span: span.clone() });
            }
            end = span.end;
        }
        Ok(())
    }
}

impl<'e> IntoIterator for &'e EditList {
    type Item = &'e Edit;
    type IntoIter = std::slice::Iter<'e, Edit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for EditList {
    type Item = Edit;
    type IntoIter = std::vec::IntoIter<Edit>;

    fn into_iter(self) -> Self::IntoIter {
        self.edits.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(span: Range<usize>, new: &str) -> Edit {
        Edit {
            span,
            new: new.into(),
            rule: Rule::Torn,
            confidence: 1.0,
            evidence: None,
        }
    }

    #[test]
    fn a_list_that_does_not_fit_is_an_error_and_not_a_panic() {
        let list = |edits: &[Edit]| EditList {
            edits: edits.to_vec(),
        };
        let error = |edits: &[Edit]| list(edits).apply("社會").unwrap_err();
        assert_eq!(
            error(&[edit(0..7, "")]),
            EditError::OutOfBounds {
                span: 0..7,
                length: 6
            }
        );
        assert_eq!(
            error(&[edit(0..2, "")]),
            EditError::InsideCharacter { span: 0..2 }
        );
        assert_eq!(
            error(&[edit(3..6, ""), edit(0..3, "")]),
            EditError::OutOfOrder { span: 0..3 }
        );
        assert!(EditList::from_edits(vec![edit(0..3, "a"), edit(2..3, "b")]).is_err());
        assert!(
            EditList::from_edits(vec![edit(0..3, "a"), edit(3..3, "b"), edit(3..3, "c")]).is_ok()
        );
    }

    #[test]
    fn no_edits_borrow_the_input() {
        assert!(matches!(
            EditList::default().apply("社會"),
            Ok(Cow::Borrowed("社會"))
        ));
    }

    #[test]
    fn lists_of_blocks_become_one() {
        let mut whole = EditList::from_edits(vec![edit(0..3, "社")]).unwrap();
        whole
            .append(
                EditList::from_edits(vec![edit(0..3, "会")])
                    .unwrap()
                    .shifted(3),
            )
            .unwrap();
        assert_eq!(
            whole.apply("x會會").unwrap_err(),
            EditError::InsideCharacter { span: 0..3 }
        );
        assert_eq!(whole.apply("設會").unwrap(), "社会");
        assert!(
            whole
                .append(EditList::from_edits(vec![edit(1..2, "")]).unwrap())
                .is_err()
        );
        assert_eq!(whole.counts(), BTreeMap::from([(Rule::Torn, 2)]));
        assert_eq!(whole.without_idle("社會").len(), 1);
    }
}
