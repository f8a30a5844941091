//! The bytes of a repaired block.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::Block;
use super::decoding::EncodeError;

/// The bytes to write for a block: as read when nothing was changed, else encoded.
///
/// `to` is the encoding of the output, `None` for that of the input.
pub fn output_bytes<'b>(
    block: &'b Block<'b>,
    to: Option<&'static Encoding>,
) -> Result<Cow<'b, [u8]>, EncodeError> {
    let _ = to;
    if block.repaired.edits.is_empty() {
        return Ok(Cow::Borrowed(block.bytes));
    }
    block
        .decoded
        .encode(&block.repaired.text, &block.repaired.edits)
        .map(Cow::Owned)
}
