//! What was done to a text, and how it is undone: layers of right and wrong codecs, and the bytes that
//! were put back.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::right::Right;
use super::wrong::Wrong;
use crate::repair::automaton::{Automaton, Pending, Step};

/// The most layers that are looked for.
pub const MOST_LAYERS: usize = 3;

/// One mistake: text written with `right` was read with `wrong`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Layer {
    /// The codec that the bytes belong to.
    pub right: Right,
    /// The codec that they were read with.
    pub wrong: Wrong,
}

impl Layer {
    /// Whether the two are different codecs at all.
    pub(super) fn is_mistake(self) -> bool {
        !matches!(
            (self.right, self.wrong),
            (Right::Utf8, Wrong::Utf8) | (Right::Gb18030, Wrong::Gbk) | (Right::Big5, Wrong::Big5)
        )
    }
}

/// Mistakes one upon the other, the last one first: in the order in which they are undone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chain(pub Vec<Layer>);

impl Chain {
    /// A single mistake.
    pub fn single(right: Right, wrong: Wrong) -> Chain {
        Chain(vec![Layer { right, wrong }])
    }

    /// Whether every wrong codec has single bytes: such a one lacks few of them, so that little is lost.
    pub(super) fn is_of_single_bytes(&self) -> bool {
        self.0.iter().all(|layer| layer.wrong.is_single_byte())
    }

    /// Whether what was written first is UTF-8: text that decodes as such is no accident.
    pub(super) fn is_of_utf8(&self) -> bool {
        self.0
            .last()
            .is_some_and(|layer| layer.right == Right::Utf8)
    }

    /// These mistakes, and before them one more.
    #[must_use]
    pub fn and(&self, layer: Layer) -> Chain {
        Chain(self.0.iter().copied().chain([layer]).collect())
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, layer) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(
                formatter,
                "{comma}{} -> {}",
                layer.wrong.name(),
                layer.right.name()
            )?;
        }
        Ok(())
    }
}

/// Bytes that were lost and put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// At which character of the text that the layer undoes.
    pub at: usize,
    /// How many characters the bytes stand for: 1 for a `?`, a space or U+FFFD, 0 where nothing was left.
    pub over: usize,
    /// The bytes, in hexadecimal.
    pub bytes: String,
    /// The bytes are not lost: they were valid UTF-8 by accident, and a program has decoded them as such.
    #[serde(default, skip_serializing_if = "is_false")]
    pub known: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// One layer of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// The text is written with this codec, but for the fills ...
    pub encode: String,
    /// ... and the bytes are read with this one.
    pub decode: String,
    /// Bytes that the text has lost, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<Fill>,
}

/// How a misread text becomes what was written, step by step. Replaying it gives the repair.
///
/// ```
/// use hanfix::repair::channel::misread::{Plan, PlanStep};
///
/// let step = PlanStep { encode: "windows-1252".into(), decode: "gb18030".into(), fills: vec![] };
/// assert_eq!(Plan { steps: vec![step] }.apply("ÄãºÃ").as_deref(), Some("你好"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The layers, outermost first.
    pub steps: Vec<PlanStep>,
}

impl Plan {
    /// The text that was written; `None` if the plan does not fit the text.
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for step in &self.steps {
            let wrong = Wrong::ALL.into_iter().find(|w| w.name() == step.encode)?;
            let right = Right::ALL.into_iter().find(|r| r.name() == step.decode)?;
            let mut fills = step.fills.iter().peekable();
            let mut bytes = Vec::new();
            let mut skip = 0;
            for (i, c) in text.chars().map(Some).chain([None]).enumerate() {
                while let Some(fill) = fills.next_if(|fill| fill.at == i) {
                    bytes.extend(parse_hex(&fill.bytes)?);
                    skip += fill.over;
                }
                match c {
                    Some(_) if skip > 0 => skip -= 1,
                    Some(c) => bytes.extend_from_slice(wrong.encode(c)?.bytes()),
                    None => {}
                }
            }
            text = read(right, &bytes)?;
        }
        Some(text)
    }

    /// The codecs alone: `gbk -> utf-8`.
    pub fn chain(&self) -> String {
        let steps = self.steps.iter();
        let pairs = steps.map(|step| format!("{} -> {}", step.encode, step.decode));
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// How many bytes were put back.
    pub fn filled_bytes(&self) -> usize {
        let lost = self.fills().filter(|fill| !fill.known);
        lost.map(|fill| fill.bytes.len() / 2).sum()
    }

    /// All fills of all layers.
    pub fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.steps.iter().flat_map(|step| &step.fills)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.chain())?;
        match self.filled_bytes() {
            0 => Ok(()),
            1 => write!(formatter, ", 1 byte lost"),
            count => write!(formatter, ", {count} bytes lost"),
        }
    }
}

/// Strictly decoded bytes.
pub(super) fn read(right: Right, bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut pending = Pending::NONE;
    for &byte in bytes {
        match right.step(pending, byte) {
            Step::Wait(next) => pending = next,
            Step::Emit(c) => {
                text.push(c);
                pending = Pending::NONE;
            }
            Step::Reject => return None,
        }
    }
    pending.is_none().then_some(text)
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn parse_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: &[(&str, &str)], fills: Vec<Fill>) -> Plan {
        let mut steps: Vec<PlanStep> = steps
            .iter()
            .map(|&(encode, decode)| PlanStep {
                encode: encode.to_owned(),
                decode: decode.to_owned(),
                fills: Vec::new(),
            })
            .collect();
        steps[0].fills = fills;
        Plan { steps }
    }

    #[test]
    fn layers_and_fills() {
        let twice = plan(
            &[("windows-1252", "utf-8"), ("windows-1252", "gb18030")],
            vec![],
        );
        assert_eq!(twice.apply("Ã„Ã£ÂºÃƒ").as_deref(), Some("你好"));
        let fill = Fill {
            at: 2,
            over: 1,
            bytes: "A0".to_owned(),
            known: false,
        };
        let filled = plan(&[("windows-1252", "utf-8")], vec![fill]);
        assert_eq!(filled.apply("ä½ å¥½").as_deref(), Some("你好"));
        assert_eq!(filled.to_string(), "windows-1252 -> utf-8, 1 byte lost");
        assert_eq!(filled.apply("好"), None);
    }
}
