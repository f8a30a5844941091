//! Inputs of any kind, repaired: plain text, records, pages, archives of them and archives in archives.
//!
//! [`Batch::process`] reads one input, writes it again with its text repaired, and tells about every text in it
//! ([`Event`]). Archives are streamed entry by entry; nothing is unpacked to disk under its name, and what needs
//! no repair is copied as it is.
//!
//! ```
//! use std::io::Cursor;
//! use hanfix::batch::{Batch, Event};
//! use hanfix::{Options, Repairer};
//!
//! let repairer = Repairer::new(Options::default());
//! let batch = Batch::new(&repairer);
//! let mut output = Vec::new();
//! let mut edits = 0;
//! let page = "社會(huì )工作,黨的社會(huì )建設。";
//! let outcome = batch.process("頁.txt".as_ref(), &mut Cursor::new(page), Some(&mut output), &mut |event| {
//!     if let Event::Block(block) = event {
//!         edits += block.view.edits.len();
//!     }
//!     Ok(())
//! })?;
//! assert!(outcome.changed && edits > 0);
//! # Ok::<(), hanfix::batch::BatchError>(())
//! ```

mod compressed;
mod limits;
mod spool;
mod tar;
mod text;
mod warc;
mod zip;

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use crate::decode::DecodeError;
use crate::field::{Fields, NoColumn};
use crate::pipeline::Repairer;
use crate::report::View;
use crate::source::{HEAD, Input, Kind};
use crate::stream::StreamError;

pub use crate::stream::in_order;
pub use limits::{Limits, Refusal};
pub use spool::Spool;

use limits::Budget;

/// What can be read and gone back in.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// What becomes of the records of a web archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WarcMode {
    /// The text of a record is replaced; lengths and digests are computed again.
    #[default]
    Rewrite,
    /// Records stay, and one of type `conversion` with the repaired text follows each that needs it.
    Conversion,
}

/// What becomes of the names of zip entries that are not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// They stay, byte for byte.
    #[default]
    Keep,
    /// They become UTF-8, read as GBK or Big5.
    Fix,
}

/// How inputs are read, repaired and written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch<'b> {
    /// The engine.
    pub repairer: &'b Repairer,
    /// Encoding of texts, `None` to find out.
    pub encoding: Option<&'static Encoding>,
    /// Encoding of what is written, `None`: that of the input.
    pub to: Option<&'static Encoding>,
    /// The kind of the texts, `None` to find out. Archives are always found out.
    pub kind: Option<Kind>,
    /// Which fields of records are text.
    pub fields: Fields,
    /// How much an archive may unpack to.
    pub limits: Limits,
    /// What becomes of the records of a web archive.
    pub warc: WarcMode,
    /// What becomes of the names of zip entries.
    pub names: Names,
    /// Threads that work on the parts of one input; 0: as many as there are processors.
    pub threads: usize,
}

/// What happens while an input is processed.
#[derive(Debug)]
pub enum Event<'e> {
    /// A block of a text was repaired.
    Block(TextBlock<'e>),
    /// What whoever chose the options should know of a text: that no record has the field that was asked for, say.
    Noted(&'e Path, String),
    /// A text, or all of an input, has ended.
    End(&'e Path),
    /// An entry was passed on without a look into it.
    Skipped(&'e Path, String),
    /// An entry could not be repaired and was passed on as it is.
    Failed(&'e Path, String),
}

/// A block of a text.
#[derive(Debug)]
pub struct TextBlock<'e> {
    /// Text, edits, unresolved spots.
    pub view: View<'e>,
    /// The encoding of the text.
    pub encoding: &'static Encoding,
    /// Whether the text begins with a byte order mark.
    pub bom: bool,
    /// Places that are not text in the encoding.
    pub undecodable: usize,
    /// Records that could not be read.
    pub malformed: usize,
    /// The bytes as read.
    pub bytes: &'e [u8],
    /// The repaired text.
    pub repaired: &'e str,
    /// The bytes as written; `None` when nothing is written.
    pub output: Option<&'e [u8]>,
}

/// Who is told what happens. An error ends the processing of the input.
pub type Observer<'o> = dyn FnMut(Event<'_>) -> io::Result<()> + 'o;

/// What became of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the output differs from the input in more than how it is packed.
    pub changed: bool,
    /// Whether the input is an archive or a compressed file.
    pub packed: bool,
}

/// Why an input could not be processed to its end. A message tells its cause, which is no source beside it: who writes
/// the chain of causes writes none twice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// Reading failed.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// Writing failed.
    #[error("cannot write: {0}")]
    Write(io::Error),
    /// The observer gave up.
    #[error(transparent)]
    Observer(io::Error),
    /// The text could not be read or written.
    #[error(transparent)]
    Text(#[from] StreamError),
    /// The table lacks a column.
    #[error(transparent)]
    Column(#[from] NoColumn),
    /// An archive that is not unpacked.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The compressed data is damaged.
    #[error("cannot unpack: {0}; the file is broken or was cut off")]
    Unpack(io::Error),
    /// A mistake in the program.
    #[error(
        "this input made the program fail, which is a mistake in the program; please report it"
    )]
    Panicked,
}

impl BatchError {
    /// Whether the input is no text at all, as a program or an image.
    pub fn is_not_text(&self) -> bool {
        matches!(
            self,
            BatchError::Text(StreamError::Decode(DecodeError::NotText { .. }))
        )
    }

    /// Whether all of the archive must be refused, not only the entry.
    fn is_fatal(&self) -> bool {
        matches!(
            self,
            BatchError::Refused(_) | BatchError::Observer(_) | BatchError::Write(_)
        )
    }

    /// An error of a reader: a refusal that came through it is taken out.
    fn from_read(error: io::Error) -> BatchError {
        match error.downcast::<Refusal>() {
            Ok(refusal) => BatchError::Refused(refusal),
            Err(error) => BatchError::Read(error),
        }
    }

    /// The error where what was read came out of a decompressor.
    fn of_unpacking(self) -> BatchError {
        match self {
            BatchError::Read(error) => BatchError::from_unpack(error),
            other => other,
        }
    }

    /// An error of a decompressor.
    fn from_unpack(error: io::Error) -> BatchError {
        match error.downcast::<Refusal>() {
            Ok(refusal) => BatchError::Refused(refusal),
            Err(error) => BatchError::Unpack(error),
        }
    }
}

/// Where an input stands: what it is called, what its type is told by, how deep it is.
struct Unit<'u> {
    /// In reports: `a.zip!/b/c.txt`.
    path: &'u Path,
    /// The name that tells its type.
    name: &'u Path,
    /// Archives around it.
    depth: usize,
    /// Compressed streams around it since the last archive.
    layers: usize,
    /// Where it is said what the encoding is.
    encoding: Option<&'static Encoding>,
    budget: &'u Budget,
}

impl<'b> Batch<'b> {
    /// Everything as usual, one thread.
    pub fn new(repairer: &'b Repairer) -> Self {
        Batch {
            repairer,
            encoding: None,
            to: None,
            kind: None,
            fields: Fields::default(),
            limits: Limits::default(),
            warc: WarcMode::default(),
            names: Names::default(),
            threads: 1,
        }
    }

    /// Reads one input that can be gone back in, writes it repaired to `output`, and tells about it.
    ///
    /// When the outcome is not [`Outcome::changed`], the input itself is the better output: an archive was
    /// packed again for nothing.
    ///
    /// # Errors
    ///
    /// See [`BatchError`]. An entry of an archive that fails is passed on as it is and told about, and is no
    /// error of the whole.
    pub fn process(
        &self,
        path: &Path,
        input: &mut dyn ReadSeek,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let budget = Budget::new(self.limits);
        let unit = self.root(path, &budget);
        self.any(&unit, input, output, observer)
    }

    /// The same for an input that flows by, such as standard input. An archive is put aside first.
    pub fn process_stream(
        &self,
        path: &Path,
        input: &mut dyn Read,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let head = read_head(input).map_err(BatchError::Read)?;
        let kind = self.kind_of(path, head.get_ref());
        let mut whole = head.chain(input);
        if !kind.is_container() {
            let budget = Budget::new(self.limits);
            let unit = self.root(path, &budget);
            return self.text(&unit, kind, &mut whole, output, observer);
        }
        let mut spool = Spool::new();
        copy(&mut whole, &mut spool)?;
        spool.rewind().map_err(BatchError::Read)?;
        let mut nowhere = io::sink();
        let has_output = output.is_some();
        let output = output.unwrap_or(&mut nowhere);
        let mut packed = Spool::new();
        let outcome = {
            let output = has_output.then_some(&mut packed as &mut dyn Write);
            self.process(path, &mut spool, output, observer)?
        };
        if has_output {
            let better = if outcome.changed {
                &mut packed
            } else {
                &mut spool
            };
            better.rewind().map_err(BatchError::Read)?;
            copy(better, output)?;
        }
        Ok(outcome)
    }

    /// The kind of an input: archives by their mark, texts as told or by name and content.
    ///
    /// What is chosen of records tells where the name does not: with fields, what begins as a JSON object is taken
    /// for JSON lines, and with columns, what comes from standard input for a table.
    pub fn kind_of(&self, path: &Path, head: &[u8]) -> Kind {
        let found = match Kind::of(path, head) {
            Kind::Plain if !self.fields.paths.is_empty() && is_json_object(head) => Kind::JsonLines,
            Kind::Plain if !self.fields.columns.is_empty() && path == Input::Standard.name() => {
                Kind::Csv
            }
            found => found,
        };
        match self.kind {
            Some(told) if told.is_container() || !found.is_container() => told,
            // Told to take an archive for text: as plain text it is refused, which says what is wrong.
            _ => found,
        }
    }

    /// A file as it was named, in nothing else.
    fn root<'u>(&self, path: &'u Path, budget: &'u Budget) -> Unit<'u> {
        Unit {
            path,
            name: path,
            depth: 0,
            layers: 0,
            encoding: self.encoding,
            budget,
        }
    }

    fn any(
        &self,
        unit: &Unit<'_>,
        input: &mut dyn ReadSeek,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let head = read_head(input)
            .map_err(BatchError::from_read)?
            .into_inner();
        input.seek(SeekFrom::Start(0)).map_err(BatchError::Read)?;
        let kind = match self.kind_of(unit.name, &head) {
            told if unit.depth + unit.layers > 0 && told.is_container() => {
                Kind::of(unit.name, &head)
            }
            kind => kind,
        };
        self.of_kind(unit, kind, input, output, observer)
    }

    fn of_kind(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        input: &mut dyn ReadSeek,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        if kind.is_container() && unit.depth + unit.layers.saturating_sub(1) >= self.limits.depth {
            return Err(Refusal::Depth(self.limits.depth).into());
        }
        let outcome = match kind {
            Kind::Gzip | Kind::Zstandard | Kind::Xz | Kind::Bzip2 => {
                self.compressed(unit, kind, input, output, observer)
            }
            Kind::Tar => self.tar(unit, input, output, observer),
            Kind::Zip => self.zip(unit, input, output, observer),
            Kind::Warc => self.warc(unit, input, output, observer),
            text => return self.text(unit, text, input, output, observer),
        }?;
        Ok(Outcome {
            packed: true,
            ..outcome
        })
    }

    /// Repairs one entry of an archive. What is to be written in its place, or `None` to write it as it is.
    fn entry(
        &self,
        unit: &Unit<'_>,
        content: &mut Spool,
        wants_output: bool,
        observer: &mut Observer<'_>,
    ) -> Result<Option<Spool>, BatchError> {
        let mut output = Spool::new();
        let written = wants_output.then_some(&mut output as &mut dyn Write);
        content.rewind().map_err(BatchError::Read)?;
        match self.any(unit, content, written, observer) {
            Ok(outcome) => {
                output.rewind().map_err(BatchError::Read)?;
                Ok((outcome.changed && wants_output).then_some(output))
            }
            Err(error) if error.is_fatal() => Err(error),
            Err(error) => {
                let event = match error.is_not_text() {
                    true => Event::Skipped(unit.path, "not text".to_owned()),
                    false => Event::Failed(unit.path, error.to_string()),
                };
                observer(event).map_err(BatchError::Observer)?;
                Ok(None)
            }
        }
    }
}

/// Whether a text begins as a JSON object with a key.
fn is_json_object(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let inside = head.trim_ascii_start().strip_prefix(b"{");
    inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\""))
}

/// Copies to the end and tells how much; an error says which of the two failed.
fn copy(
    input: &mut (impl Read + ?Sized),
    output: &mut (impl Write + ?Sized),
) -> Result<u64, BatchError> {
    let mut buffer = [0; 16 << 10];
    let mut copied = 0;
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(BatchError::from_read(error)),
        };
        output
            .write_all(&buffer[..count])
            .map_err(BatchError::Write)?;
        copied += count as u64;
    }
}

/// The path of an entry in reports: `a.zip!/b/c.txt`.
fn entry_path(archive: &Path, name: &str) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push("!/");
    path.push(name);
    path.into()
}

/// The first bytes of an input.
fn read_head(input: &mut (impl Read + ?Sized)) -> io::Result<io::Cursor<Vec<u8>>> {
    let mut head = Vec::with_capacity(HEAD);
    let mut limited = input.take(HEAD as u64);
    limited.read_to_end(&mut head)?;
    Ok(io::Cursor::new(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails at once.
    struct Full;

    impl Read for Full {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::Other.into())
        }
    }

    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_error_of_a_copy_says_which_side_failed() {
        assert_eq!(copy(&mut &b"abc"[..], &mut Vec::new()).unwrap(), 3);
        let unread = copy(&mut Full, &mut Vec::new()).unwrap_err();
        assert!(matches!(unread, BatchError::Read(_)), "{unread}");
        assert!(matches!(unread.of_unpacking(), BatchError::Unpack(_)));
        let unwritten = copy(&mut &b"abc"[..], &mut Full).unwrap_err();
        assert!(matches!(unwritten, BatchError::Write(_)), "{unwritten}");
    }
}
