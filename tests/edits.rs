//! Properties of edit lists: they apply, invert, compose and map offsets consistently.

use hanfix::edit::{Bias, Edit, EditList, Rule};
use proptest::prelude::*;

/// A text and the places where it may be cut.
fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just('會'), Just('a'), Just('\n'), Just('ì'), Just('𠀀')],
        0..24,
    )
    .prop_map(|characters| characters.into_iter().collect())
}

/// Edits made of pairs of (skip, take, new text), so that deletions, insertions and edits that touch all occur.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    proptest::collection::vec((0usize..4, 0usize..4, "[x會]{0,3}"), 0..8)
}

fn edits_over(input: &str, steps: &[(usize, usize, String)], rule: Rule) -> EditList {
    let bounds: Vec<usize> = input
        .char_indices()
        .map(|(at, _)| at)
        .chain([input.len()])
        .collect();
    let mut list = EditList::default();
    let mut at = 0;
    for (skip, take, new) in steps {
        let (start, end) = (at + skip, at + skip + take);
        if end >= bounds.len() {
            break;
        }
        let confidence = 1.0 - 0.01 * *take as f32;
        list.push(Edit {
            span: bounds[start]..bounds[end],
            new: new.as_str().into(),
            rule,
            confidence,
            evidence: None,
        });
        at = end;
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inverting_leads_back(input in text(), steps in steps()) {
        let edits = edits_over(&input, &steps, Rule::Torn);
        let output = edits.apply(&input).unwrap();
        let inverse = edits.invert(&input).unwrap();
        prop_assert_eq!(inverse.apply(&output).unwrap(), input.as_str());
        prop_assert_eq!(inverse.invert(&output).unwrap(), edits);
    }

    #[test]
    fn composing_is_applying_one_after_the_other(input in text(), one in steps(), two in steps()) {
        let first = edits_over(&input, &one, Rule::Torn);
        let middle = first.apply(&input).unwrap();
        let second = edits_over(&middle, &two, Rule::Script);
        let both = EditList::compose(&first, &second);
        prop_assert_eq!(both.apply(&input).unwrap(), second.apply(&middle).unwrap());
        prop_assert!(both.len() <= first.len() + second.len());
        let lowest = |list: &EditList| list.iter().map(|edit| edit.confidence).fold(1.0, f32::min);
        prop_assert_eq!(lowest(&both), lowest(&first).min(lowest(&second)));
        // A reason that is damage is never lost.
        for edit in &first {
            prop_assert!(both.iter().any(|merged| merged.rule == Rule::Torn
                && merged.span.start <= edit.span.start && edit.span.end <= merged.span.end));
        }
    }

    #[test]
    fn offsets_map_there_and_back(input in text(), steps in steps()) {
        let edits = edits_over(&input, &steps, Rule::Torn);
        let output = edits.apply(&input).unwrap();
        let map = edits.offset_map();
        let mut last = (0, 0);
        for offset in 0..=input.len() {
            let (start, end) = (map.map(offset, Bias::Start), map.map(offset, Bias::End));
            prop_assert_eq!(start, edits.map_offset(offset, Bias::Start));
            prop_assert!(start <= end && end <= output.len());
            prop_assert!(last.0 <= start && last.1 <= end, "mapping keeps the order");
            last = (start, end);
            let within = |edit: &&Edit| edit.span.start <= offset && offset <= edit.span.end;
            if !edits.iter().any(|edit| within(&edit)) {
                prop_assert_eq!(start, end);
                prop_assert_eq!(map.unmap(start, Bias::Start), offset);
                prop_assert_eq!(map.unmap(start, Bias::End), offset);
                prop_assert_eq!(input.as_bytes().get(offset), output.as_bytes().get(start));
            }
            prop_assert!(map.unmap(start, Bias::Start) <= offset);
            prop_assert!(map.unmap(end, Bias::End) >= offset);
        }
        for edit in &edits {
            let new = map.map(edit.span.start, Bias::Start)..map.map(edit.span.end, Bias::End);
            prop_assert!(output[new].contains(edit.new.as_str()));
        }
    }
}
