//! A `?` that stands for one character the site's code page lacks: a dot between the parts of a name,
//! or one of the wide spaces.
//!
//! No byte of it is left, so only what stands around it can tell. The language model weighs the
//! readings; where none wins clearly the `?` stays and is reported. Only pages with other damage are
//! looked at: elsewhere a `?` is a question mark.

use std::ops::Range;

use crate::damage::page::is_han;
use crate::edit::{Candidate, Edit, EditList, Evidence, Rule};
use crate::lm::Model;
use crate::pipeline::Unresolved;

/// Nats by which the model must prefer a reading for even odds. A question mark is much the more frequent thing.
const EVEN: f32 = 2.0;
/// Log-odds per nat.
const SLOPE: f32 = 0.8;
/// A `?` next to a space after something that is no sentence: brackets, figures.
const SPACE_CONFIDENCE: f32 = 0.97;
/// A `?` alone on its line.
const EMPTY_LINE_CONFIDENCE: f32 = 0.98;
/// Below this a spot is a question mark and not worth a report.
const WORTH_A_REPORT: f32 = 0.3;
/// Characters on each side that the model reads.
const WINDOW: usize = 4;
/// How far something visible is looked for beside a space, in characters.
const NEAR: usize = 64;

/// Edits for the lone `?` of a damaged page, and those that stay open.
pub fn lost_characters(
    text: &str,
    model: &Model,
    min_confidence: f32,
) -> (EditList, Vec<Unresolved>) {
    let mut edits = EditList::default();
    let mut open = Vec::new();
    let bytes = text.as_bytes();
    let mut line = Line {
        span: 0..0,
        is_empty: false,
    };
    for at in memchr::memchr_iter(b'?', bytes) {
        if bytes.get(at + 1) == Some(&b'?') || (at > 0 && bytes[at - 1] == b'?') {
            continue;
        }
        if at >= line.span.end {
            line = Line::around(text, at);
        }
        let Some(reading) = read(text, at, &line, model) else {
            continue;
        };
        let span = at..at + 1;
        let candidates = vec![Candidate {
            text: reading.new.to_owned(),
            probability: reading.confidence,
            behind: 0.0,
        }];
        if reading.confidence >= min_confidence {
            let evidence = Evidence {
                damage: reading.confidence,
                fill: reading.confidence,
                gain: reading.gain,
                candidates,
                note: reading.note.to_owned(),
                ..Evidence::default()
            };
            edits.push(Edit {
                span,
                new: reading.new.into(),
                rule: Rule::LostCharacter,
                confidence: reading.confidence,
                evidence: Some(Box::new(evidence)),
            });
        } else if reading.confidence >= WORTH_A_REPORT {
            open.push(Unresolved {
                span,
                rule: Rule::LostCharacter,
                confidence: reading.confidence,
                reason: reading.note.to_owned(),
                candidates,
            });
        }
    }
    (edits, open)
}

struct Reading {
    new: &'static str,
    confidence: f32,
    gain: f32,
    note: &'static str,
}

/// The line of some `?`, looked at once for all of them.
struct Line {
    span: Range<usize>,
    /// Whether nothing but `?` and white space stands on it.
    is_empty: bool,
}

impl Line {
    fn around(text: &str, at: usize) -> Line {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let is_empty = text[start..end]
            .chars()
            .all(|c| c == '?' || c.is_whitespace());
        Line {
            span: start..end,
            is_empty,
        }
    }
}

fn read(text: &str, at: usize, line: &Line, model: &Model) -> Option<Reading> {
    let Range {
        start: line_start,
        end: line_end,
    } = line.span;
    if line.is_empty {
        let note = "alone on its line: what is left of a space";
        return Some(Reading {
            new: "",
            confidence: EMPTY_LINE_CONFIDENCE,
            gain: 0.0,
            note,
        });
    }
    let before = text[line_start..at].chars().next_back();
    let after = text[at + 1..line_end].chars().next();
    let space = |c: Option<char>| c.is_none_or(|c| c == ' ' || c == '\u{3000}' || c == '\t');
    if space(before) || space(after) {
        return beside_space(text, at, line_start, line_end, model, before);
    }
    if before.is_some_and(is_han) && after.is_some_and(is_han) {
        return between_han(text, at, model);
    }
    None
}

/// `[摘? 要]`, `? D267.9? ? [`: a wide space that became `?` beside an ordinary one.
fn beside_space(
    text: &str,
    at: usize,
    line_start: usize,
    line_end: usize,
    model: &Model,
    before: Option<char>,
) -> Option<Reading> {
    let note = "beside a space: what is left of a wide space";
    let after_visible = text[at + 1..line_end]
        .chars()
        .take(NEAR)
        .find(|c| !c.is_whitespace() && *c != '?');
    let before_visible = text[line_start..at]
        .chars()
        .rev()
        .take(NEAR)
        .find(|c| !c.is_whitespace() && *c != '?');
    if text[..at].ends_with("Copyright ") || text[..at].ends_with("copyright ") {
        return Some(Reading {
            new: "©",
            confidence: SPACE_CONFIDENCE,
            gain: 0.0,
            note: "before the year of a copyright notice",
        });
    }
    match (before_visible, after_visible) {
        // Nothing follows: a question, unless nothing or no text goes before.
        (Some(c), None) if is_han(c) || c.is_alphanumeric() => None,
        (Some(a), Some(b)) if is_han(a) && is_han(b) => {
            // One word across the gap, or the end of a question before it?
            if before == Some(' ') && !text[at + 1..].starts_with(' ') {
                return None;
            }
            let left = characters_before(text, at);
            let right: String = std::iter::once(b)
                .chain(text[at + 1..].chars().skip_while(|c| *c != b).skip(1))
                .take(WINDOW)
                .collect();
            let joined = score(model, &left, "", &right);
            let question = score(model, &left, "？", &right);
            let gain = joined - question;
            Some(Reading {
                new: "",
                confidence: sigmoid(gain),
                gain,
                note,
            })
        }
        // In other writing it is a question, and right behind a word before Chinese too.
        (Some(a), Some(b)) if is_letter(a) && (is_letter(b) || before == Some(a) && is_han(b)) => {
            None
        }
        (Some(a), _) if is_han(a) => None,
        _ => Some(Reading {
            new: "",
            confidence: SPACE_CONFIDENCE,
            gain: 0.0,
            note,
        }),
    }
}

/// A letter of any writing but Chinese.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_han(c)
}

/// `尼爾?蓋曼`: the dot between the parts of a name, or the end of a question.
fn between_han(text: &str, at: usize, model: &Model) -> Option<Reading> {
    let left = characters_before(text, at);
    let right: String = text[at + 1..].chars().take(WINDOW).collect();
    let dot = score(model, &left, "·", &right);
    let question = score(model, &left, "？", &right);
    let gain = dot - question;
    let note = if sigmoid(gain) >= 0.5 {
        "between the parts of a name"
    } else {
        "a dot or a question mark"
    };
    Some(Reading {
        new: "·",
        confidence: sigmoid(gain),
        gain,
        note,
    })
}

fn sigmoid(gain: f32) -> f32 {
    1.0 / (1.0 + (-(gain - EVEN) * SLOPE).exp())
}

fn characters_before(text: &str, at: usize) -> String {
    let mut left: Vec<char> = text[..at]
        .chars()
        .rev()
        .filter(|c| !c.is_whitespace())
        .take(WINDOW)
        .collect();
    left.reverse();
    left.into_iter().collect()
}

/// Log-probability of the middle and what follows it, in nats.
fn score(model: &Model, left: &str, middle: &str, right: &str) -> f32 {
    let mut context = model.line_start();
    for c in left.chars() {
        context = model.advance(context, c).0;
    }
    let mut total = 0.0;
    for c in middle.chars().chain(right.chars()) {
        let (next, nats) = model.advance(context, c);
        context = next;
        total += nats;
    }
    total
}
