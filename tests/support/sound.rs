//! What holds for the repair of any text whatever.

use std::borrow::Cow;

use hanfix::{EditList, Repaired, Repairer, Rule};

/// Repairs a text and checks everything that must hold whatever the text is: the edits lie within it, on
/// characters, in order; they lead to the repaired text and back; a second run changes nothing; the
/// answer is the same every time. The error says what does not hold.
pub(crate) fn repair<'t>(repairer: &Repairer, input: &'t str) -> Result<Repaired<'t>, String> {
    let repaired = repairer.fix(input);
    edits(input, &repaired)?;
    let again = repairer.fix(&repaired.text);
    if !again.edits.is_empty() {
        let edit = &again.edits.as_slice()[0];
        return Err(format!(
            "a second run changes {:?} to {:?} ({}) in {:?}",
            &repaired.text[edit.span.clone()],
            edit.new,
            edit.rule,
            repaired.text
        ));
    }
    let same = repairer.fix(input);
    if same.text != repaired.text
        || same.edits != repaired.edits
        || same.unresolved != repaired.unresolved
    {
        return Err("two runs over the same text differ".to_owned());
    }
    Ok(repaired)
}

fn edits(input: &str, repaired: &Repaired<'_>) -> Result<(), String> {
    EditList::from_edits(repaired.edits.as_slice().to_vec()).map_err(|error| error.to_string())?;
    let output = repaired
        .edits
        .apply(input)
        .map_err(|error| error.to_string())?;
    if output != repaired.text {
        return Err(format!(
            "the edits give {output:?} and the text is {:?}",
            repaired.text
        ));
    }
    let inverse = repaired
        .edits
        .invert(input)
        .map_err(|error| error.to_string())?;
    if inverse.apply(&output).map_err(|error| error.to_string())? != input {
        return Err("the inverse does not lead back".to_owned());
    }
    if repaired.edits.is_empty() && !matches!(repaired.text, Cow::Borrowed(_)) {
        return Err("no edit and yet a copy".to_owned());
    }
    for edit in &repaired.edits {
        let old = &input[edit.span.clone()];
        let share = |p: f32| (0.0..=1.0).contains(&p);
        if !share(edit.confidence) {
            return Err(format!("confidence {} of {old:?}", edit.confidence));
        }
        if old == edit.new {
            return Err(format!(
                "the edit of {old:?} at {:?} changes nothing",
                edit.span
            ));
        }
        if let Some(evidence) = &edit.evidence {
            let open = evidence
                .candidates
                .iter()
                .all(|candidate| share(candidate.probability));
            if !(share(evidence.damage) && share(evidence.fill) && open) || evidence.gain.is_nan() {
                return Err(format!("evidence of {old:?}: {evidence:?}"));
            }
        } else if edit.rule == Rule::Torn {
            return Err(format!("a torn run without evidence: {old:?}"));
        }
    }
    let mut start = 0;
    for spot in &repaired.unresolved {
        if input.get(spot.span.clone()).is_none() || spot.span.start < start {
            return Err(format!(
                "an unresolved spot at {:?}: {}",
                spot.span, spot.reason
            ));
        }
        start = spot.span.start;
    }
    Ok(())
}

/// The smallest text found by leaving out stretches and characters for which `fails` still says yes.
pub(crate) fn smallest(text: &str, mut fails: impl FnMut(&str) -> bool) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let mut length = characters.len() / 2;
    while length > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < characters.len() {
            let mut without = characters.clone();
            without.drain(at..(at + length).min(characters.len()));
            if fails(&without.iter().collect::<String>()) {
                characters = without;
                shorter = true;
            } else {
                at += length;
            }
        }
        if !shorter || length > 1 {
            length /= 2;
        }
    }
    characters.into_iter().collect()
}
