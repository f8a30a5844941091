//! Two stages in a row as one list.

use std::ops::Range;

use compact_str::CompactString;

use super::{Edit, EditList, Evidence};

impl EditList {
    /// One list over A from `first`, over A and giving B, and `second`, over B and giving C.
    ///
    /// An edit of the second stage that touches nothing the first stage wrote is mapped back to A.
    /// Where it does, the edits that touch become one: it keeps the rule of the first edit when that
    /// is a damage rule (the reason is the damage, whatever was done to the restored text afterwards),
    /// the lowest confidence, and the evidence. Two stages that cancel out leave an edit whose new text
    /// is the old one; see [`EditList::without_idle`].
    ///
    /// ```
    /// use hanfix::edit::{Edit, EditList, Rule};
    ///
    /// let edit = |span, new: &str, rule| Edit { span, new: new.into(), rule, confidence: 1.0, evidence: None };
    /// let first = EditList::from_edits(vec![edit(3..13, "會", Rule::Annotation)]).unwrap();
    /// let second = EditList::from_edits(vec![edit(3..6, "会", Rule::Script)]).unwrap();
    /// let both = EditList::compose(&first, &second);
    /// assert_eq!(both.apply("社會(huì )工作").unwrap(), "社会工作");
    /// assert_eq!(both.as_slice()[0].rule, Rule::Annotation);
    /// ```
    #[must_use]
    pub fn compose(first: &EditList, second: &EditList) -> EditList {
        let (first, second) = (first.as_slice(), second.as_slice());
        let mut composed = EditList::default();
        let mut shift = Shift::default();
        let (mut i, mut j) = (0, 0);
        loop {
            match (first.get(i), second.get(j)) {
                (None, None) => return composed,
                (Some(early), None) => {
                    composed.push(early.clone());
                    i += 1;
                }
                (None, Some(late)) => {
                    composed.push(Edit {
                        span: shift.back_span(&late.span),
                        ..late.clone()
                    });
                    j += 1;
                }
                (Some(early), Some(late)) => {
                    let written = shift.written(early);
                    if touch(&written, &late.span) {
                        let cluster = Cluster::gather(&first[i..], &second[j..], shift);
                        i += cluster.early.len();
                        j += cluster.late.len();
                        composed.push(cluster.merge(&mut shift));
                    } else if written.end <= late.span.start {
                        shift.pass(early);
                        composed.push(early.clone());
                        i += 1;
                    } else {
                        composed.push(Edit {
                            span: shift.back_span(&late.span),
                            ..late.clone()
                        });
                        j += 1;
                    }
                }
            }
        }
    }
}

/// Whether two spans share text, or one is empty and strictly inside the other.
fn touch(left: &Range<usize>, right: &Range<usize>) -> bool {
    left.start < right.end && right.start < left.end
}

/// How far B is ahead of A after the edits passed so far: the bytes they wrote and the bytes they removed.
#[derive(Clone, Copy, Default)]
struct Shift {
    added: usize,
    removed: usize,
}

impl Shift {
    fn pass(&mut self, edit: &Edit) {
        self.added += edit.new.len();
        self.removed += edit.span.len();
    }

    /// The offset in A of an offset in B that no edit ahead has written.
    fn back(self, offset: usize) -> usize {
        offset + self.removed - self.added
    }

    fn back_span(self, span: &Range<usize>) -> Range<usize> {
        self.back(span.start)..self.back(span.end)
    }

    /// Where the new text of the next edit stands in B.
    fn written(self, edit: &Edit) -> Range<usize> {
        let start = edit.span.start + self.added - self.removed;
        start..start + edit.new.len()
    }
}

/// Edits of both stages that hang together by touching.
struct Cluster<'e> {
    early: &'e [Edit],
    late: &'e [Edit],
}

impl<'e> Cluster<'e> {
    /// The longest chain of touching edits; the heads of both lists touch.
    fn gather(first: &'e [Edit], second: &'e [Edit], mut shift: Shift) -> Self {
        let (mut i, mut j) = (1, 1);
        let mut written = shift.written(&first[0]);
        shift.pass(&first[0]);
        loop {
            if let Some(late) = second.get(j)
                && touch(&written, &late.span)
            {
                j += 1;
                continue;
            }
            if let Some(early) = first.get(i) {
                let next = shift.written(early);
                if touch(&next, &second[j - 1].span) {
                    shift.pass(early);
                    written = next;
                    i += 1;
                    continue;
                }
            }
            return Cluster {
                early: &first[..i],
                late: &second[..j],
            };
        }
    }

    fn merge(&self, shift: &mut Shift) -> Edit {
        let before = *shift;
        let start = before
            .written(&self.early[0])
            .start
            .min(self.late[0].span.start);
        let mut new = CompactString::default();
        let mut late = self.late.iter().peekable();
        // `at` is the offset in B up to which the new text is complete.
        let mut at = start;
        for early in self.early {
            let written = shift.written(early);
            shift.pass(early);
            while let Some(edit) = late.peek()
                && edit.span.start < written.end.max(written.start + 1)
            {
                if edit.span.start > at {
                    new.push_str(&early.new[at - written.start..edit.span.start - written.start]);
                }
                new.push_str(&edit.new);
                at = edit.span.end;
                late.next();
            }
            if at < written.end {
                new.push_str(&early.new[at.max(written.start) - written.start..]);
                at = written.end;
            }
        }
        debug_assert!(late.peek().is_none());
        let every = || self.early.iter().chain(self.late);
        Edit {
            span: before.back(start)..shift.back(at),
            new,
            rule: every()
                .map(|edit| edit.rule)
                .find(|rule| rule.is_damage())
                .unwrap_or(self.late[0].rule),
            confidence: every()
                .map(|edit| edit.confidence)
                .fold(f32::INFINITY, f32::min),
            evidence: merge_evidence(every().filter_map(|edit| edit.evidence.as_deref())),
        }
    }
}

/// The evidence of the most doubtful part stands for the whole; of the others the bytes are noted.
fn merge_evidence<'e>(all: impl Iterator<Item = &'e Evidence>) -> Option<Box<Evidence>> {
    let all: Vec<&Evidence> = all.collect();
    let doubt = |evidence: &Evidence| {
        if evidence.lost_bytes() {
            evidence.fill
        } else {
            2.0
        }
    };
    let chosen = (0..all.len()).min_by(|&a, &b| doubt(all[a]).total_cmp(&doubt(all[b])))?;
    let mut merged = all[chosen].clone();
    for (i, other) in all.iter().enumerate() {
        if i != chosen && !other.bytes.is_empty() {
            merged.note = [merged.note.as_str(), "also here:", &other.bytes]
                .join(" ")
                .trim_start()
                .to_owned();
        }
        merged.replay &= other.replay;
    }
    Some(Box::new(merged))
}
