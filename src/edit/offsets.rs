//! From offsets in the input to offsets in the output and back.

use super::EditList;

/// Which end to take where an offset has no exact counterpart: inside replaced text, or at an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// The start of the new text.
    Start,
    /// The end of the new text.
    End,
}

/// The edits of a list as pairs of spans, for many look-ups in `O(log n)`.
#[derive(Clone, Debug, Default)]
pub struct OffsetMap {
    pairs: Vec<Pair>,
}

/// One edit: what it replaces in the input and what it wrote in the output.
#[derive(Clone, Copy, Debug)]
struct Pair {
    input: (usize, usize),
    output: (usize, usize),
}

impl EditList {
    /// The map between input and output offsets.
    pub fn offset_map(&self) -> OffsetMap {
        let (mut end, mut written) = (0, 0);
        let pair = |edit: &super::Edit| {
            written += edit.span.start - end;
            let start = written;
            written += edit.new.len();
            end = edit.span.end;
            Pair {
                input: (edit.span.start, end),
                output: (start, written),
            }
        };
        OffsetMap {
            pairs: self.iter().map(pair).collect(),
        }
    }

    /// The offset in the output of an offset in the input. For many offsets use [`EditList::offset_map`].
    ///
    /// ```
    /// use hanfix::edit::{Bias, Edit, EditList, Rule};
    ///
    /// let mut edits = EditList::default();
    /// edits.push(Edit { span: 6..13, new: "".into(), rule: Rule::Annotation, confidence: 1.0, evidence: None });
    /// // 社會(huì )工作 -> 社會工作
    /// assert_eq!(edits.map_offset(13, Bias::Start), 6);
    /// assert_eq!(edits.unmap_offset(6, Bias::Start), 6);
    /// assert_eq!(edits.unmap_offset(6, Bias::End), 13);
    /// ```
    pub fn map_offset(&self, offset: usize, bias: Bias) -> usize {
        self.offset_map().map(offset, bias)
    }

    /// The offset in the input of an offset in the output. For many offsets use [`EditList::offset_map`].
    pub fn unmap_offset(&self, offset: usize, bias: Bias) -> usize {
        self.offset_map().unmap(offset, bias)
    }
}

impl OffsetMap {
    /// The offset in the output of an offset in the input.
    pub fn map(&self, offset: usize, bias: Bias) -> usize {
        look_up(
            &self.pairs,
            offset,
            bias,
            |pair| pair.input,
            |pair| pair.output,
        )
    }

    /// The offset in the input of an offset in the output.
    pub fn unmap(&self, offset: usize, bias: Bias) -> usize {
        look_up(
            &self.pairs,
            offset,
            bias,
            |pair| pair.output,
            |pair| pair.input,
        )
    }
}

fn look_up(
    pairs: &[Pair],
    offset: usize,
    bias: Bias,
    from: impl Fn(&Pair) -> (usize, usize),
    to: impl Fn(&Pair) -> (usize, usize),
) -> usize {
    match bias {
        Bias::Start => {
            // The first edit that does not end before the offset: only that one can hold it.
            let i = pairs.partition_point(|pair| from(pair).1 < offset);
            match pairs.get(i) {
                Some(pair) if from(pair).0 < offset && offset < from(pair).1 => to(pair).0,
                Some(pair) if from(pair).0 < offset => to(pair).1,
                Some(pair) => to(pair).0 - (from(pair).0 - offset),
                None => pairs
                    .last()
                    .map_or(offset, |pair| to(pair).1 + (offset - from(pair).1)),
            }
        }
        Bias::End => {
            // The last edit that does not begin behind the offset.
            let i = pairs.partition_point(|pair| from(pair).0 <= offset);
            match i.checked_sub(1).map(|i| &pairs[i]) {
                Some(pair) if from(pair).1 <= offset => to(pair).1 + (offset - from(pair).1),
                Some(pair) if from(pair).0 < offset => to(pair).1,
                Some(pair) => to(pair).0,
                None => offset,
            }
        }
    }
}
