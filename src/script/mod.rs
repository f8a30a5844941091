//! Traditional and Simplified characters.

mod characters;
mod table;

pub use characters::{simplified, site_traditional};

use crate::edit::EditList;
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

/// Edits that turn `text` into Simplified Chinese.
pub fn to_simplified(_text: &str, _style: Style, _model: &Model) -> EditList {
    EditList::default()
}
