//! Traditional and Simplified characters.
//!
//! * [`Converter`]: text to any [`Variant`], with the context deciding where a character may become
//!   several.
//! * [`simplified`] and [`site_traditional`]: one character at a time.
//! * [`count`] and [`wants_simplified`]: is a text written in Traditional characters at all?
//! * [`to_simplified`]: the edits that turn the text of damaged pages, which came out of a one-to-one table, into
//!   Simplified.
//!
//! Text that is Simplified already is left alone, also where it quotes a Traditional character.

use std::ops::Range;

mod characters;
mod gate;
mod variant;
mod forms;
mod words;
mod style;
mod paths;
mod zhe;
mod names;
mod around;
mod dictionary;
mod quotes;
#[cfg(feature = "zhconv")]
mod mediawiki;
mod converter;
mod one_to_one;
mod table;
// Generated: a list of one row is written like the others.
#[allow(clippy::useless_concat)]
mod forms_table;

pub use characters::{simplified, site_traditional};
pub use converter::{Ambiguity, Conversion, Converter, Engine};
pub use dictionary::{Dictionary, DictionaryError};
pub use gate::{
    ScriptCount, count, is_other_language, is_simplified_only, is_traditional_only,
    wants_simplified,
};
pub use one_to_one::to_simplified;
pub use variant::{UnknownVariant, Variant};

/// What differs between `old`, which begins at `at`, and `new` once their common ends are cut off; nothing if
/// they are equal.
fn difference<'n>(at: usize, old: &str, new: &'n str) -> Option<(Range<usize>, &'n str)> {
    let same = |(a, b): &(char, char)| a == b;
    let front: usize = old
        .chars()
        .zip(new.chars())
        .take_while(same)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (old, new) = (&old[front..], &new[front..]);
    let back: usize = old
        .chars()
        .rev()
        .zip(new.chars().rev())
        .take_while(same)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (old, new) = (&old[..old.len() - back], &new[..new.len() - back]);
    let start = at + front;
    (!(old.is_empty() && new.is_empty())).then(|| (start..start + old.len(), new))
}
