//! Traditional and Simplified characters.
//!
//! * [`simplified`] and [`site_traditional`]: one character at a time.
//! * [`count`] and [`wants_simplified`]: is a text written in Traditional characters at all?
//! * [`to_simplified`]: the edits that turn Traditional text into Simplified.
//!
//! Text that is Simplified already is left alone, also where it quotes a Traditional character.

mod characters;
mod convert;
mod gate;
mod table;
mod zhe;

pub use characters::{simplified, site_traditional};
pub use convert::{Style, to_simplified};
pub use gate::{
    ScriptCount, count, is_other_language, is_simplified_only, is_traditional_only,
    wants_simplified,
};
