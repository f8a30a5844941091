//! Texts: pages read in blocks, and files of records, many at a time.

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};

use super::{Batch, BatchError, Event, Observer, Outcome, TextBlock, Unit, in_order};
use crate::decode::{self, Decoded, Form, decode_following};
use crate::edit::EditList;
use crate::field::{self, Format, Layout};
use crate::pipeline::{Page, Repaired, Repairer, Unresolved};
use crate::report::View;
use crate::source::Kind;
use crate::stream::{
    self, Ahead, Block, Framing, Limits, Place, Records, Repair, StreamError, output_bytes, workers,
};

/// Chunks of records that may wait for an earlier one, for each thread. Each takes some ten times its length.
const AHEAD: usize = 4;

/// Counts records that cannot be read while it repairs.
struct Counting<'f, 'r> {
    format: &'f mut Format<'r>,
    malformed: &'f std::cell::Cell<usize>,
}

impl Repair for Counting<'_, '_> {
    fn repair<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        is_first: bool,
        page: &mut Page,
    ) -> Repaired<'t> {
        let fixed = self.format.fix_block(decoded, is_first, page);
        self.malformed.set(fixed.malformed);
        fixed.repaired
    }

    fn of_blocks(&self) -> Option<&Repairer> {
        self.format.of_blocks()
    }

    fn repair_prepared<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        _: bool,
        page: &mut Page,
        prepared: Ahead,
    ) -> Repaired<'t> {
        self.format.fix_prepared(decoded, page, prepared.0)
    }
}

/// Some records, repaired; the text of clean ones is not kept.
struct Done {
    bytes: Vec<u8>,
    /// The text, where it is not the bytes themselves.
    text: Option<String>,
    repaired: Option<String>,
    edits: EditList,
    unresolved: Vec<Unresolved>,
    encoding: &'static Encoding,
    bom: bool,
    undecodable: usize,
    malformed: usize,
    told: field::Records,
    output: Option<Vec<u8>>,
}

impl Done {
    fn text(&self) -> &str {
        match &self.text {
            Some(text) => text,
            None => std::str::from_utf8(&self.bytes).unwrap_or_default(),
        }
    }

    /// The same as an observer is told of it.
    fn block<'d>(&'d self, path: &'d Path, place: Place, wants_output: bool) -> TextBlock<'d> {
        TextBlock {
            view: View {
                path,
                text: self.text(),
                edits: &self.edits,
                unresolved: &self.unresolved,
                place,
            },
            encoding: self.encoding,
            bom: self.bom,
            undecodable: self.undecodable,
            malformed: self.malformed,
            bytes: &self.bytes,
            repaired: self.repaired.as_deref().unwrap_or(self.text()),
            output: wants_output.then(|| &**self.output.as_ref().unwrap_or(&self.bytes)),
        }
    }
}

impl Batch<'_> {
    /// Repairs one text.
    pub(super) fn text(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        input: &mut (impl Read + ?Sized),
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let outcome = match kind {
            Kind::JsonLines => self.records(unit, kind, Framing::Lines, input, output, observer),
            Kind::Csv => self.records(unit, kind, Framing::QuotedLines, input, output, observer),
            Kind::Tsv => self.records(unit, kind, Framing::Lines, input, output, observer),
            Kind::Json | Kind::Xml => {
                self.records(unit, kind, Framing::Whole, input, output, observer)
            }
            page => self.page(unit, page, input, output, observer),
        }?;
        observer(Event::End(unit.path)).map_err(BatchError::Observer)?;
        Ok(outcome)
    }

    /// One page, read in blocks where it is long.
    fn page(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        input: &mut (impl Read + ?Sized),
        mut output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let mut format = Format::new(kind, self.repairer, &self.fields, self.to);
        let malformed = std::cell::Cell::new(0);
        let mut repair = Counting {
            format: &mut format,
            malformed: &malformed,
        };
        let mut outcome = Outcome::default();
        let each = |block: Block<'_>| {
            outcome.changed |= self.changes(&block);
            let bytes = match &mut output {
                None => None,
                Some(output) => {
                    let bytes = output_bytes(&block, self.to).map_err(StreamError::from)?;
                    output.write_all(&bytes).map_err(BatchError::Write)?;
                    Some(bytes)
                }
            };
            let view = View {
                path: unit.path,
                text: &block.decoded.text,
                edits: &block.repaired.edits,
                unresolved: &block.repaired.unresolved,
                place: block.place,
            };
            observer(Event::Block(TextBlock {
                view,
                encoding: block.decoded.encoding,
                bom: block.decoded.bom,
                undecodable: block.decoded.ledger.undecodable(),
                malformed: malformed.get(),
                bytes: block.bytes,
                repaired: &block.repaired.text,
                output: bytes.as_deref(),
            }))
            .map_err(BatchError::Observer)
        };
        stream::repair_with_threads(
            input,
            &mut repair,
            &mut Page::default(),
            unit.encoding,
            Limits::default(),
            || workers::count(self.threads),
            each,
        )
        .map_err(unpacked_refusal)?;
        Ok(outcome)
    }

    fn changes(&self, block: &Block<'_>) -> bool {
        !block.repaired.edits.is_empty()
            || !block.decoded.is_foreign()
                && self.to.is_some_and(|to| {
                    (to != block.decoded.encoding && !is_same_in(block, to))
                        || block.decoded.form != Form::Plain
                })
    }

    /// Records, some thousands at a time, with all threads.
    fn records(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        framing: Framing,
        input: &mut (impl Read + ?Sized),
        mut output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let mut records = Records::new(input, framing);
        let mut next = || records.next_chunk().map_err(BatchError::from_read);
        let Some(first) = next()? else {
            return Ok(Outcome::default());
        };
        let (encoding, layout, names) = self.layout(unit, kind, &first)?;
        let wants_output = output.is_some();
        let mut outcome = Outcome::default();
        let mut told = field::Records::default();
        let mut place = Place::default();
        let mut failed = None;
        let mut number = 0;
        let chunks = std::iter::once(Ok(first)).chain(std::iter::from_fn(|| next().transpose()));
        let chunks = chunks.map_while(|chunk| match chunk {
            Ok(bytes) => {
                number += 1;
                Some((number == 1, bytes))
            }
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        let work = |(is_first, bytes)| {
            let format =
                Format::new(kind, self.repairer, &self.fields, self.to).with_layout(&layout);
            self.chunk(kind, is_first, bytes, format, encoding, wants_output)
        };
        let threads = if framing == Framing::Whole {
            1
        } else {
            self.threads
        };
        in_order(threads, AHEAD, chunks, work, |done| {
            let done = done.ok_or(BatchError::Panicked)?;
            let done = done.map_err(|error| behind(error, place))?;
            told.join(&done.told);
            outcome.changed |= !done.edits.is_empty()
                || done
                    .output
                    .as_ref()
                    .is_some_and(|output| *output != done.bytes);
            if let Some(output) = &mut output {
                let bytes = done.output.as_ref().unwrap_or(&done.bytes);
                output.write_all(bytes).map_err(BatchError::Write)?;
            }
            observer(Event::Block(done.block(unit.path, place, wants_output)))
                .map_err(BatchError::Observer)?;
            place.advance(done.text());
            Ok::<(), BatchError>(())
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        for note in told.notes(&self.fields, &names) {
            observer(Event::Noted(unit.path, note)).map_err(BatchError::Observer)?;
        }
        Ok(outcome)
    }

    /// What the first records decide: the encoding, if they tell it, and where the columns are; and the names of the
    /// fields of the first one.
    fn layout(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        first: &[u8],
    ) -> Result<(Option<&'static Encoding>, Layout, Vec<String>), BatchError> {
        let decoded = decode::decode(first, unit.encoding).map_err(StreamError::from)?;
        // A beginning of ASCII alone says nothing about what follows, and the name of an encoding nothing of its form.
        let is_ascii = decoded.text.is_ascii();
        let is_telling = !is_ascii && decoded.form == Form::Plain;
        let encoding = unit.encoding.or(is_telling.then_some(decoded.encoding));
        let mut format = Format::new(kind, self.repairer, &self.fields, self.to);
        format.read_names(&decoded.text)?;
        let names = format.names_of_first(&decoded.text);
        Ok((encoding, format.layout(), names))
    }

    /// Repairs some records.
    fn chunk(
        &self,
        kind: Kind,
        is_first: bool,
        bytes: Vec<u8>,
        mut format: Format<'_>,
        encoding: Option<&'static Encoding>,
        wants_output: bool,
    ) -> Result<Done, BatchError> {
        let mut decoded = match is_first {
            true => decode::decode(&bytes, encoding),
            false => decode_following(&bytes, encoding),
        }
        .map_err(StreamError::from)?;
        // What is declared in a cell says nothing about the table.
        if matches!(kind, Kind::JsonLines | Kind::Csv | Kind::Tsv)
            && encoding.is_none()
            && bytes.is_ascii()
            && decoded.form == Form::Plain
        {
            decoded.encoding = UTF_8;
        }
        let fixed = format.fix_block(&decoded, is_first, &mut Page::default());
        let place = Place {
            offset: usize::from(!is_first),
            ..Place::default()
        };
        let block = Block {
            bytes: &bytes,
            decoded: &decoded,
            repaired: fixed.repaired,
            place,
        };
        let output = match wants_output && self.changes(&block) {
            true => Some(
                output_bytes(&block, self.to)
                    .map_err(StreamError::from)?
                    .into_owned(),
            ),
            false => None,
        };
        let Block { repaired, .. } = block;
        let repaired_text = match repaired.text {
            Cow::Owned(text) => Some(text),
            Cow::Borrowed(_) => None,
        };
        let Repaired {
            edits, unresolved, ..
        } = repaired;
        let (malformed, told) = (fixed.malformed, fixed.told);
        let (encoding, bom) = (decoded.encoding, decoded.bom);
        let undecodable = decoded.ledger.undecodable();
        let text = match decoded.text {
            Cow::Owned(text) => Some(text),
            // A mark in front is no part of the text.
            Cow::Borrowed(text) => bom.then(|| text.to_owned()),
        };
        Ok(Done {
            text,
            repaired: repaired_text,
            edits,
            unresolved,
            encoding,
            bom,
            undecodable,
            malformed,
            told,
            output,
            bytes,
        })
    }
}

/// The error of a chunk as it counts in all of the text; `place` is where the chunk begins.
fn behind(error: BatchError, place: Place) -> BatchError {
    match error {
        BatchError::Text(StreamError::Encode(error)) => {
            StreamError::Encode(error.behind(place.lines, place.columns)).into()
        }
        other => other,
    }
}

/// Whether a block has the same bytes in another encoding, as ASCII has.
fn is_same_in(block: &Block<'_>, to: &'static Encoding) -> bool {
    to.is_ascii_compatible() && block.bytes.is_ascii()
}

/// A refusal that came through the reader is taken out of what the stream made of it.
fn unpacked_refusal(error: BatchError) -> BatchError {
    match error {
        BatchError::Text(StreamError::Read(error)) => BatchError::from_read(error),
        other => other,
    }
}

/// Reads and throws away, so that the end of the input is checked.
pub(super) fn drain(input: &mut impl Read) -> io::Result<u64> {
    io::copy(input, &mut io::sink())
}
