//! Inputs of any length in bounded memory.
//!
//! A page up to [`Limits::whole`] is taken whole. A longer input is taken in blocks of [`Limits::block`],
//! and what was learned about the page is carried from block to block. Where the blocks are cut is decided
//! by byte offsets and content alone, so that the same bytes come out of a file and of a pipe, whatever
//! the sizes of the reads.
//!
//! ```
//! use hanfix::pipeline::{Options, Repairer};
//! use hanfix::stream::{self, Limits};
//!
//! let repairer = Repairer::new(Options::default());
//! let mut output = Vec::new();
//! stream::fix("规模快速扩展".as_bytes(), &mut output, &repairer, None, None, Limits::default())?;
//! assert_eq!(output, "规模快速扩展".as_bytes());
//! # Ok::<(), stream::StreamError>(())
//! ```

mod blocks;
mod output;
mod records;

use std::borrow::Cow;
use std::io::{self, Read, Write};

use encoding_rs::{Encoding, UTF_8};

use crate::decode::{self, DecodeError, Decoded, EncodeError, Form, Ledger};
use crate::pipeline::{Page, Repaired, Repairer};

pub use blocks::{Blocks, Limits};
pub use output::output_bytes;
#[cfg(feature = "batch")]
pub(crate) use records::first_line;
pub use records::{Framing, Records};

/// What repairs the blocks of an input.
pub trait Repair {
    /// Repairs one block; what was learned is carried from block to block in `page`.
    fn repair<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        is_first: bool,
        page: &mut Page,
    ) -> Repaired<'t>;
}

impl Repair for &Repairer {
    fn repair<'t>(&mut self, decoded: &'t Decoded<'_>, _: bool, page: &mut Page) -> Repaired<'t> {
        self.fix_block(&decoded.text, page)
    }
}

/// Reads until the buffer has a length or the reader has nothing more, which is what it tells.
///
/// The room is reserved and not zeroed: zeroing it took half of the time of a folder of small files.
fn read_until(reader: &mut impl Read, buffer: &mut Vec<u8>, length: usize) -> io::Result<bool> {
    let missing = length.saturating_sub(buffer.len());
    buffer.reserve_exact(missing);
    let read = reader.take(missing as u64).read_to_end(buffer)?;
    Ok(read < missing)
}

/// Why an input could not be repaired to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// Reading failed.
    #[error("cannot read: {0}")]
    Read(#[source] io::Error),
    /// Writing failed.
    #[error("cannot write: {0}")]
    Write(#[source] io::Error),
    /// The bytes are not text.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The repaired text does not fit into the encoding that was asked for.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Where a block begins in the whole input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes of text (as UTF-8) in front of the block.
    pub offset: usize,
    /// Line ends in front of the block.
    pub lines: usize,
    /// Characters in front of the block on its first line.
    pub columns: usize,
}

impl Place {
    /// The place behind `text`.
    pub fn advance(&mut self, text: &str) {
        self.offset += text.len();
        match memchr::memrchr(b'\n', text.as_bytes()) {
            Some(last) => {
                self.lines += memchr::memchr_iter(b'\n', text.as_bytes()).count();
                self.columns = text[last + 1..].chars().count();
            }
            None => self.columns += text.chars().count(),
        }
    }
}

/// One block, decoded and repaired.
#[derive(Debug)]
pub struct Block<'b> {
    /// The bytes as they were read.
    pub bytes: &'b [u8],
    /// The text in them.
    pub decoded: &'b Decoded<'b>,
    /// The repair; spans are within the text of this block.
    pub repaired: Repaired<'b>,
    /// Where the block begins.
    pub place: Place,
}

/// Reads to the end and hands every block to `each`. An empty input is one empty block.
///
/// `encoding` is the encoding of the input when it is known, `None` to find out. What is learned about
/// the page is left in `page`.
pub fn repair<R: Read, E: From<StreamError>>(
    reader: R,
    repairer: &Repairer,
    page: &mut Page,
    encoding: Option<&'static Encoding>,
    limits: Limits,
    each: impl FnMut(Block<'_>) -> Result<(), E>,
) -> Result<(), E> {
    repair_with(reader, &mut &*repairer, page, encoding, limits, each)
}

/// The same with another way to repair a block.
pub fn repair_with<R: Read, E: From<StreamError>>(
    reader: R,
    repairer: &mut impl Repair,
    page: &mut Page,
    encoding: Option<&'static Encoding>,
    limits: Limits,
    mut each: impl FnMut(Block<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut blocks = Blocks::new(reader, encoding, limits);
    let mut encoding = encoding;
    let mut place = Place::default();
    while let Some((bytes, last)) = blocks.next_block().map_err(StreamError::Read)? {
        let decoded = if place == Place::default() {
            decode::decode(bytes, encoding)
        } else {
            decode_following(bytes, encoding)
        }
        .map_err(StreamError::Decode)?;
        if !last && decoded.form != Form::Plain {
            let encoding = decoded.encoding_name();
            return Err(StreamError::Decode(DecodeError::TooLong { encoding }).into());
        }
        let repaired = repairer.repair(&decoded, place == Place::default(), page);
        each(Block {
            bytes,
            decoded: &decoded,
            repaired,
            place,
        })?;
        if !last {
            place.advance(&decoded.text);
            let found = decoded.encoding;
            // A block of ASCII alone says nothing about what follows.
            if encoding.is_none() && !(found == UTF_8 && decoded.text.is_ascii()) {
                encoding = Some(found);
            }
            drop(decoded);
            blocks.set_encoding(Some(found));
        }
    }
    Ok(())
}

/// Decodes a block that is not the first: U+FEFF at its head is no byte order mark, and NUL bytes do not
/// make it a program any more.
pub(crate) fn decode_following<'b>(
    bytes: &'b [u8],
    encoding: Option<&'static Encoding>,
) -> Result<Decoded<'b>, DecodeError> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) if encoding.is_none_or(|encoding| encoding == UTF_8) => Ok(Decoded {
            text: Cow::Borrowed(text),
            encoding: UTF_8,
            bom: false,
            ledger: Ledger::default(),
            form: Form::Plain,
            note: None,
            confidence: 1.0,
        }),
        _ => decode::decode(bytes, encoding),
    }
}

/// Repairs everything from `reader` into `writer`, block by block.
///
/// `from` is the encoding of the input (`None`: find out), `to` that of the output (`None`: the same).
pub fn fix(
    reader: impl Read,
    mut writer: impl Write,
    repairer: &Repairer,
    from: Option<&'static Encoding>,
    to: Option<&'static Encoding>,
    limits: Limits,
) -> Result<(), StreamError> {
    repair(
        reader,
        repairer,
        &mut Page::default(),
        from,
        limits,
        |block| {
            writer
                .write_all(&output_bytes(&block, to)?)
                .map_err(StreamError::Write)
        },
    )?;
    writer.flush().map_err(StreamError::Write)
}
