//! Traditional and Simplified characters.
//!
//! * [`Converter`]: text to any [`Variant`], with the context deciding where a character may become
//!   several.
//! * [`simplified`] and [`site_traditional`]: one character at a time.
//! * [`count`] and [`wants_simplified`]: is a text written in Traditional characters at all?
//! * [`to_simplified`]: the edits that turn Traditional text into Simplified; damaged pages have a style of
//!   their own.
//!
//! Text that is Simplified already is left alone, also where it quotes a Traditional character.

mod characters;
mod gate;
mod variant;
mod forms;
mod words;
mod style;
mod paths;
mod zhe;
mod dictionary;
mod quotes;
#[cfg(feature = "zhconv")]
mod mediawiki;
mod converter;
mod convert;
mod table;
// Generated: a list of one row is written like the others.
#[allow(clippy::useless_concat)]
mod forms_table;

pub use characters::{simplified, site_traditional};
pub use convert::{Style, to_simplified};
pub use converter::{Ambiguity, Conversion, Converter, Engine};
pub use dictionary::{Dictionary, DictionaryError};
pub use gate::{
    ScriptCount, count, is_other_language, is_simplified_only, is_traditional_only,
    wants_simplified,
};
pub use variant::{UnknownVariant, Variant};
