//! The edits that turn Traditional text into Simplified.

use std::ops::Range;

use compact_str::CompactString;

use super::gate::{self, after_ascii, begins_phrase};
use super::table::PHRASES;
use super::zhe::{self, Choice};
use super::{count, difference, simplified, wants_simplified};
use crate::codec::literal;
use crate::edit::{Candidate, Edit, EditList, Evidence, Rule};
use crate::lm::Model;

/// How Traditional text becomes Simplified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// First option everywhere, only 著 decided by the model: for pages whose Traditional text
    /// itself came out of a one-to-one table.
    OneToOne,
    /// With phrases and exceptions: for text that a person wrote in Traditional characters.
    Phrases,
}

/// Edits that turn `text` into Simplified Chinese: one for each character or phrase that changes.
///
/// Text that is Simplified already gets none. The decision is made by
/// [`wants_simplified`](super::wants_simplified) for the whole text or, beyond 96 KiB, block by block
/// of 64 KiB.
///
/// The confidence is 1.0 but for 著 -> 着, where it is the model's probability of 着 and is at least
/// one half: script edits are not to be held back by a bound on the confidence. Where the choice was
/// close, the evidence lists both characters.
///
/// ```
/// use hanfix::lm::Model;
/// use hanfix::script::{Style, to_simplified};
/// let edits = to_simplified("隨著經濟發展，名著暢銷", Style::Phrases, Model::embedded());
/// let new: Vec<&str> = edits.iter().map(|edit| edit.new.as_str()).collect();
/// assert_eq!(new, ["随", "着", "经", "济", "发", "畅", "销"]);
/// ```
pub fn to_simplified(text: &str, style: Style, model: &Model) -> EditList {
    let mut edits = EditList::default();
    for block in gate::blocks(text) {
        let part = &text[block.clone()];
        if wants_simplified(&count(part)) && !gate::is_other_language(part) {
            convert(text, block, style, model, &mut edits);
        }
    }
    edits
}

fn convert(text: &str, block: Range<usize>, style: Style, model: &Model, edits: &mut EditList) {
    let bytes = text.as_bytes();
    let mut decided: Vec<(usize, Choice)> = Vec::new();
    let mut at = block.start;
    while at < block.end {
        let (code, after) = match bytes[at] {
            0..=0x7F => {
                at = after_ascii(bytes, at);
                continue;
            }
            0x80..=0xDF => {
                at += 2;
                continue;
            }
            0xE0.. => literal::next(text, at),
        };
        if style == Style::Phrases
            && begins_phrase(code)
            && let Some((old, new)) = phrase(&text[at..block.end])
        {
            push_difference(edits, at, old, new);
            at += old.len();
            continue;
        }
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        if c == '著' {
            let choice = zhe::choose(model, text, at, &decided);
            decided.push((at, choice));
            if choice.character() == '着' {
                edits.push(zhe_edit(at, choice));
            }
        } else {
            let new = simplified(c);
            if new != c {
                edits.push(plain(at..after, new.encode_utf8(&mut [0; 4])));
            }
        }
        at = after;
    }
}

/// The longest phrase of the dictionary at the start of `text`, and what it becomes.
fn phrase(text: &str) -> Option<(&'static str, &'static str)> {
    let first = text.chars().next()?;
    let begins = PHRASES.partition_point(|(key, _)| key.chars().next() < Some(first));
    PHRASES[begins..]
        .iter()
        .take_while(|(key, _)| key.starts_with(first))
        .filter(|(key, _)| text.starts_with(key))
        .max_by_key(|(key, _)| key.len())
        .copied()
}

/// The edit between what the two texts have in common at their ends, if they differ.
fn push_difference(edits: &mut EditList, at: usize, old: &str, new: &str) {
    if let Some((span, new)) = difference(at, old, new) {
        edits.push(plain(span, new));
    }
}

fn plain(span: Range<usize>, new: &str) -> Edit {
    Edit {
        span,
        new: CompactString::new(new),
        rule: Rule::Script,
        confidence: 1.0,
        evidence: None,
    }
}

fn zhe_edit(at: usize, choice: Choice) -> Edit {
    let probability = choice.probability();
    let evidence = choice.is_close().then(|| {
        let candidate = |text: &str, probability, behind| Candidate {
            text: text.to_owned(),
            probability,
            behind,
        };
        Box::new(Evidence {
            damage: 1.0,
            fill: probability,
            gain: choice.odds,
            candidates: vec![
                candidate("着", probability, 0.0),
                candidate("著", 1.0 - probability, choice.odds),
            ],
            note: "著 stands for 着 and for 著 in Traditional text; the language model chose"
                .to_owned(),
            ..Evidence::default()
        })
    });
    Edit {
        span: at..at + '著'.len_utf8(),
        new: CompactString::const_new("着"),
        rule: Rule::Script,
        confidence: probability,
        evidence,
    }
}

#[cfg(test)]
mod tests;
