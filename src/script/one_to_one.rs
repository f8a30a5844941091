//! The edits that turn the Traditional text of damaged pages into Simplified: the way back through the one-to-one table
//! that the text came out of.

use std::ops::Range;

use compact_str::CompactString;

use super::gate::{self, after_ascii};
use super::zhe::{self, Choice};
use super::{count, simplified, wants_simplified};
use crate::codec::literal;
use crate::edit::{Candidate, Edit, EditList, Evidence, Rule};
use crate::lm::Model;

/// Edits that turn `text` into Simplified Chinese, one for each character that changes: the first option everywhere, and
/// only 著 decided by the model. For pages whose Traditional text itself came out of a one-to-one table; text that a person
/// wrote is for a [`Converter`](super::Converter).
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
/// use hanfix::script::to_simplified;
/// let edits = to_simplified("隨著經濟發展，名著暢銷", Model::embedded());
/// let new: Vec<&str> = edits.iter().map(|edit| edit.new.as_str()).collect();
/// assert_eq!(new, ["随", "着", "经", "济", "发", "畅", "销"]);
/// ```
pub fn to_simplified(text: &str, model: &Model) -> EditList {
    let mut edits = EditList::default();
    for block in gate::blocks(text) {
        let part = &text[block.clone()];
        if wants_simplified(&count(part)) && !gate::is_other_language(part) {
            convert(text, block, model, &mut edits);
        }
    }
    edits
}

fn convert(text: &str, block: Range<usize>, model: &Model, edits: &mut EditList) {
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
