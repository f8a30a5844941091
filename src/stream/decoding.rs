//! Stands in for `crate::decode` until that is there: UTF-8 only.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::edit::EditList;

/// Why bytes are not text.
#[derive(Debug, thiserror::Error)]
#[error("not UTF-8 text")]
pub struct DecodeError;

/// Why a text has no bytes in an encoding.
#[derive(Debug, thiserror::Error)]
#[error("the text does not fit into the encoding")]
pub struct EncodeError;

/// Text and where it came from.
#[derive(Debug)]
pub struct Decoded<'b> {
    /// The text.
    pub text: Cow<'b, str>,
    /// Its encoding.
    pub encoding: &'static Encoding,
    /// Whether a byte order mark stood in front.
    pub bom: bool,
}

pub(crate) fn decode<'b>(
    bytes: &'b [u8],
    _label: Option<&'static Encoding>,
) -> Result<Decoded<'b>, DecodeError> {
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| DecodeError)?;
    let rest = text.strip_prefix('\u{FEFF}');
    Ok(Decoded {
        text: Cow::Borrowed(rest.unwrap_or(text)),
        encoding: UTF_8,
        bom: rest.is_some(),
    })
}

impl Decoded<'_> {
    /// The bytes of the edited text.
    pub fn encode(&self, new_text: &str, _edits: &EditList) -> Result<Vec<u8>, EncodeError> {
        let mark = if self.bom { "\u{FEFF}" } else { "" };
        Ok([mark, new_text].concat().into_bytes())
    }
}
