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
pub(crate) mod workers;

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use encoding_rs::{Encoding, UTF_8};

use crate::decode::{self, DecodeError, Decoded, EncodeError, Form, decode_following};
use crate::pipeline::{Page, Prepared, Repaired, Repairer};

pub use blocks::{Blocks, Limits};
pub use output::output_bytes;
#[cfg(feature = "batch")]
pub(crate) use records::delimiter;
pub use records::{Framing, Records};
pub use workers::in_order;

/// What repairs the blocks of an input.
pub trait Repair {
    /// Repairs one block; what was learned is carried from block to block in `page`.
    fn repair<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        is_first: bool,
        page: &mut Page,
    ) -> Repaired<'t>;

    /// What repairs whole blocks as they are; with it several threads may work on what does not hang on `page`.
    /// `None` where only parts of a block are repaired.
    fn of_blocks(&self) -> Option<&Repairer> {
        None
    }

    /// Repairs a block that was prepared with [`Repair::of_blocks`].
    fn repair_prepared<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        is_first: bool,
        page: &mut Page,
        prepared: Ahead,
    ) -> Repaired<'t> {
        drop(prepared);
        self.repair(decoded, is_first, page)
    }
}

/// A block that was looked at before its turn came.
#[derive(Debug)]
pub struct Ahead(pub(crate) Prepared);

impl Repair for &Repairer {
    fn repair<'t>(&mut self, decoded: &'t Decoded<'_>, _: bool, page: &mut Page) -> Repaired<'t> {
        if decoded.is_foreign() {
            return Repaired::untouched(&decoded.text);
        }
        self.fix_block(&decoded.text, page)
            .beside_undecodable(decoded)
    }

    fn of_blocks(&self) -> Option<&Repairer> {
        Some(self)
    }

    fn repair_prepared<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        _: bool,
        page: &mut Page,
        prepared: Ahead,
    ) -> Repaired<'t> {
        self.fix_prepared(&decoded.text, page, Some(prepared.0))
            .beside_undecodable(decoded)
    }
}

/// Reads until the buffer has a length or the reader has nothing more, which is what it tells.
///
/// The room is not zeroed: zeroing it took half of the time of a folder of small files.
fn read_until(reader: &mut impl Read, buffer: &mut Vec<u8>, length: usize) -> io::Result<bool> {
    let missing = length.saturating_sub(buffer.len());
    let read = reader.take(missing as u64).read_to_end(buffer)?;
    Ok(read < missing)
}

/// Why an input could not be repaired to its end. A message tells its cause, which is no source beside it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// Reading failed.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// Writing failed.
    #[error("cannot write: {0}")]
    Write(io::Error),
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
    each: impl FnMut(Block<'_>) -> Result<(), E>,
) -> Result<(), E> {
    repair_with_threads(reader, repairer, page, encoding, limits, || 1, each)
}

/// The same with several threads; how many is asked only where an input is of several blocks. What comes out hangs
/// neither on their number nor on which is faster: blocks are finished in their order.
pub fn repair_with_threads<R: Read, E: From<StreamError>>(
    reader: R,
    repairer: &mut impl Repair,
    page: &mut Page,
    encoding: Option<&'static Encoding>,
    limits: Limits,
    threads: impl FnOnce() -> usize,
    mut each: impl FnMut(Block<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut blocks = Blocks::new(reader, encoding, limits);
    let mut encoding = encoding;
    let mut place = Place::default();
    let mut threads = Some(threads);
    let mut workers = 1;
    while let Some((bytes, last)) = blocks.next_block().map_err(StreamError::Read)? {
        let is_first = place == Place::default();
        let mut decoded = if is_first {
            decode::decode(&bytes, encoding)
        } else {
            decode_following(&bytes, encoding)
        }
        .map_err(StreamError::Decode)?;
        // What is declared counts for a page that is ASCII throughout, and this one goes on.
        if !last && encoding.is_none() && bytes.is_ascii() && decoded.form == Form::Plain {
            decoded.encoding = UTF_8;
        }
        if !last && decoded.form != Form::Plain {
            let encoding = decoded.encoding_name();
            return Err(StreamError::Decode(DecodeError::TooLong { encoding }).into());
        }
        let repaired = repairer.repair(&decoded, is_first, page);
        each(Block {
            bytes: &bytes,
            decoded: &decoded,
            repaired,
            place,
        })?;
        if last {
            return Ok(());
        }
        place.advance(&decoded.text);
        let found = decoded.encoding;
        // A block of ASCII alone says nothing about what follows.
        if encoding.is_none() && !(found == UTF_8 && decoded.text.is_ascii()) {
            encoding = Some(found);
        }
        drop(decoded);
        blocks.recycle(bytes);
        blocks.set_encoding(Some(found));
        if found == UTF_8 && encoding.is_none_or(|encoding| encoding == UTF_8) {
            if let (Some(_), Some(threads)) = (repairer.of_blocks(), threads.take()) {
                workers = threads();
            }
            if workers > 1 {
                let mut state = State {
                    page,
                    place: &mut place,
                    encoding: &mut encoding,
                };
                repair_ahead(&mut blocks, repairer, &mut state, workers, &mut each)?;
            }
        }
    }
    Ok(())
}

/// What is carried from block to block.
struct State<'s> {
    page: &'s mut Page,
    place: &'s mut Place,
    encoding: &'s mut Option<&'static Encoding>,
}

/// Blocks that may be ahead of the one that is finished, for each thread: each is of some megabytes.
const AHEAD: usize = 2;

/// Repairs blocks as long as they are UTF-8 for sure. What does not hang on the page is done by other threads; this one reads, finishes and writes.
fn repair_ahead<R: Read, E: From<StreamError>>(
    blocks: &mut Blocks<R>,
    repairer: &mut impl Repair,
    state: &mut State<'_>,
    threads: usize,
    each: &mut impl FnMut(Block<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let Some(preparer) = repairer.of_blocks().cloned() else {
        return Ok(());
    };
    let is_spliced = AtomicBool::new(state.page.is_spliced());
    let work = |bytes: Vec<u8>| {
        let text = simdutf8::basic::from_utf8(&bytes).ok();
        let prepared = text.map(|text| preparer.prepare(text, is_spliced.load(Ordering::Relaxed)));
        (bytes, prepared)
    };
    let blocks = RefCell::new(blocks);
    let (unread, broken) = (Cell::new(None), Cell::new(false));
    let jobs = std::iter::from_fn(|| {
        if broken.get() {
            return None;
        }
        let next = blocks.borrow_mut().next_block();
        next.unwrap_or_else(|error| {
            unread.set(Some(error));
            None
        })
    });
    let mut left = Vec::new();
    in_order(
        threads,
        AHEAD,
        jobs.map(|(bytes, _)| bytes),
        work,
        |done| -> Result<(), E> {
            let (bytes, prepared) = done
                .unwrap_or_else(|| std::panic::resume_unwind(Box::new("a block was not repaired")));
            // Where nothing but ASCII came before, what is no UTF-8 may be in another encoding, which is cut elsewhere.
            if broken.get() || prepared.is_none() && *state.encoding != Some(UTF_8) {
                broken.set(true);
                left.push(bytes);
                return Ok(());
            }
            // That it is valid costs less to find out again than to pass on.
            let decoded = decode_following(&bytes, Some(UTF_8)).map_err(StreamError::Decode)?;
            let repaired = match prepared {
                Some(prepared) => {
                    repairer.repair_prepared(&decoded, false, state.page, Ahead(prepared))
                }
                None => repairer.repair(&decoded, false, state.page),
            };
            is_spliced.store(state.page.is_spliced(), Ordering::Relaxed);
            each(Block {
                bytes: &bytes,
                decoded: &decoded,
                repaired,
                place: *state.place,
            })?;
            state.place.advance(&decoded.text);
            if state.encoding.is_none() && !decoded.text.is_ascii() {
                *state.encoding = Some(UTF_8);
            }
            drop(decoded);
            blocks.borrow_mut().recycle(bytes);
            Ok(())
        },
    )?;
    blocks.borrow_mut().take_back(&left);
    match unread.take() {
        Some(error) => Err(StreamError::Read(error).into()),
        None => Ok(()),
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
