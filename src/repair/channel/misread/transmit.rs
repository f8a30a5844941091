//! The channel run forwards: text written with one codec and read with another, with the losses that
//! decoders and stores have.
//!
//! This is not the search turned round. It is written from what decoders do, so that a repair whose
//! replay gives the page has proved something.

use super::chain::{Chain, Layer};
use super::right::Right;
use super::wrong::Wrong;

/// What becomes of bytes that the wrong codec has no character for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loss {
    /// U+FFFD stands for them.
    Replacement,
    /// A `?` stands for them.
    Question,
    /// Nothing stands for them.
    Dropped,
    /// Nothing stands for them, control characters and soft hyphens are dropped, and a space of fixed width becomes a plain one.
    Cleaned,
}

impl Loss {
    /// All of them.
    pub const ALL: [Loss; 4] = [
        Loss::Replacement,
        Loss::Question,
        Loss::Dropped,
        Loss::Cleaned,
    ];

    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Replacement => "U+FFFD",
            Loss::Question => "?",
            Loss::Dropped => "dropped",
            Loss::Cleaned => "cleaned",
        }
    }
}

/// A text that was misread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What shows.
    pub text: String,
    /// How many bytes do not show as themselves.
    pub lost: usize,
    /// How many bytes the text had.
    pub bytes: usize,
}

/// Writes `text` with the right codec of a layer and reads it with the wrong one; `None` if the right
/// codec cannot hold the text.
///
/// ```
/// use hanfix::repair::channel::misread::{Layer, Loss, Right, Wrong, misread};
///
/// let layer = Layer { right: Right::Utf8, wrong: Wrong::Gbk };
/// let shown = misread("服务", layer, Loss::Question).unwrap();
/// assert_eq!((&*shown.text, shown.lost), ("鏈嶅姟", 0));
/// ```
pub fn misread(text: &str, layer: Layer, loss: Loss) -> Option<Misread> {
    misread_by(text, layer, loss, false)
}

/// The same by a decoder that `eats` what stands behind a lead byte, whatever it is.
fn misread_by(text: &str, layer: Layer, loss: Loss, eats: bool) -> Option<Misread> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        if !layer.right.encode(c, &mut bytes) {
            return None;
        }
    }
    Some(decode(&bytes, layer.wrong, loss, eats))
}

/// The mistakes of a chain, the first one first.
pub fn misread_all(text: &str, chain: &Chain, loss: Loss) -> Option<Misread> {
    misread_all_by(text, chain, loss, false)
}

/// The same by decoders that eat what stands behind a lead byte.
fn misread_all_by(text: &str, chain: &Chain, loss: Loss, eats: bool) -> Option<Misread> {
    let mut shown = Misread {
        text: text.to_owned(),
        lost: 0,
        bytes: 0,
    };
    for layer in chain.0.iter().rev() {
        let next = misread_by(&shown.text, *layer, loss, eats)?;
        shown = Misread {
            lost: shown.lost + next.lost,
            ..next
        };
    }
    Some(shown)
}

fn decode(bytes: &[u8], wrong: Wrong, loss: Loss, eats: bool) -> Misread {
    let mut shown = Misread {
        text: String::with_capacity(bytes.len() * 2),
        lost: 0,
        bytes: bytes.len(),
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (length, c) = unit(rest, wrong, eats);
        at += length;
        match c {
            Some(c) => show(c, length, loss, &mut shown),
            None => {
                shown.lost += length;
                match loss {
                    Loss::Replacement => shown.text.push(char::REPLACEMENT_CHARACTER),
                    Loss::Question => shown.text.push('?'),
                    Loss::Dropped | Loss::Cleaned => {}
                }
            }
        }
    }
    shown
}

fn show(c: char, length: usize, loss: Loss, shown: &mut Misread) {
    match c {
        '\u{80}'..='\u{9F}' | '\u{AD}' if loss == Loss::Cleaned => shown.lost += length,
        '\u{A0}' if loss == Loss::Cleaned => {
            shown.lost += length;
            shown.text.push(' ');
        }
        _ => shown.text.push(c),
    }
}

/// How many bytes the decoder takes, and what it shows for them.
fn unit(rest: &[u8], wrong: Wrong, eats: bool) -> (usize, Option<char>) {
    if let Some(c) = wrong.single(rest[0]) {
        return (1, Some(c));
    }
    if wrong == Wrong::Utf8 {
        let valid = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        return match valid.chars().next() {
            Some(c) => (c.len_utf8(), Some(c)),
            None => (1, None),
        };
    }
    if wrong.is_single_byte() {
        return (1, None);
    }
    match rest.get(1) {
        Some(&trail) => match wrong.pair(rest[0], trail) {
            Some(c) => (2, Some(c)),
            // A trail byte that is none belongs to what follows.
            None if eats || wrong.is_form(rest[0], trail) => (2, None),
            None => (1, None),
        },
        None => (1, None),
    }
}

/// Whether `shown` is what the chain makes of `text`, with any loss.
pub(super) fn replays(text: &str, chain: &Chain, shown: &str) -> bool {
    let chains = [Some(chain.clone()), with_latin1(chain)];
    let mut ways = Loss::ALL
        .into_iter()
        .flat_map(|loss| [(loss, false), (loss, true)]);
    ways.any(|(loss, eats)| {
        let mut chains = chains.iter().flatten();
        chains.any(|chain| {
            misread_all_by(text, chain, loss, eats).is_some_and(|again| again.text == shown)
        })
    })
}

/// The chain with Latin-1 for code page 1252.
fn with_latin1(chain: &Chain) -> Option<Chain> {
    let mut other = chain.clone();
    for layer in &mut other.0 {
        if layer.wrong == Wrong::Windows1252 {
            layer.wrong = Wrong::Latin1;
        }
    }
    (other != *chain).then_some(other)
}

/// Every pair of right and wrong codec that is a mistake.
pub fn layers() -> impl Iterator<Item = Layer> {
    Right::ALL.into_iter().flat_map(|right| {
        let layers = Wrong::ALL
            .into_iter()
            .map(move |wrong| Layer { right, wrong });
        layers.filter(|layer| layer.is_mistake())
    })
}
