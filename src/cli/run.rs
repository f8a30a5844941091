//! What the commands that take texts one by one have in common: one bad input does not stop the others,
//! failures are listed at the end, and a closing line says what was found.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use hanfix::edit::EditList;
use hanfix::pipeline::{Page, Unresolved};
use hanfix::report::summary::{Tally, Totals};
use hanfix::report::{View, Visible};
use hanfix::source::{Input, Reader};
use hanfix::stream::{self, Block, Limits, output_bytes};

use super::console::Console;
use super::repairing::Repairing;
use super::{FAILED, FOUND, is_broken_pipe};

/// The books of one run.
pub(crate) struct Run<'c> {
    console: &'c Console,
    pub(crate) totals: Totals,
    failures: Vec<anyhow::Error>,
}

impl<'c> Run<'c> {
    pub(crate) fn new(console: &'c Console) -> Self {
        Run {
            console,
            totals: Totals::default(),
            failures: Vec::new(),
        }
    }

    /// Takes in what became of one input; only a reader of our output that has gone away ends the run.
    pub(crate) fn record(
        &mut self,
        path: &Path,
        outcome: anyhow::Result<Tally>,
    ) -> anyhow::Result<()> {
        match outcome {
            Ok(tally) => {
                if tally.undecodable > 0 {
                    self.console.warning(&format_args!(
                        "{}: not text in its encoding at {} places; the bytes there are kept as they are",
                        Visible(path),
                        tally.undecodable
                    ));
                }
                self.totals.add(&tally, false);
            }
            Err(error) if is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                self.totals.failed += 1;
                self.failures.push(error);
            }
        }
        Ok(())
    }

    /// Lists the failures and says what was found; `found` is whether that makes the exit code 1.
    pub(crate) fn finish(self, found: bool) -> ExitCode {
        for error in &self.failures {
            self.console.error(error);
        }
        if self.console.wants_summary() || self.totals.doubts_any() {
            self.console.note(&format_args!("hanfix: {}", self.totals));
        }
        match found {
            _ if self.totals.failed > 0 => ExitCode::from(FAILED),
            true => ExitCode::from(FOUND),
            false => ExitCode::SUCCESS,
        }
    }
}

/// Repairs an input block by block.
pub(crate) fn repair_blocks(
    input: &Input,
    repairing: &Repairing,
    each: impl FnMut(Block<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Page> {
    repair_reader(input, input.open()?, repairing, each)
}

/// Repairs what comes out of an input that is open already (a named pipe cannot be opened twice).
pub(crate) fn repair_reader(
    input: &Input,
    reader: Reader,
    repairing: &Repairing,
    each: impl FnMut(Block<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Page> {
    let mut page = Page::default();
    stream::repair(
        reader,
        &repairing.repairer,
        &mut page,
        repairing.encoding,
        Limits::default(),
        each,
    )
    .with_context(|| Visible(input.name()).to_string())?;
    Ok(page)
}

/// The view of a block.
pub(crate) fn view<'v>(path: &'v Path, block: &'v Block<'v>) -> View<'v> {
    View {
        path,
        text: &block.decoded.text,
        edits: &block.repaired.edits,
        unresolved: &block.repaired.unresolved,
        place: block.place,
    }
}

/// A whole input in memory, for views that need all of it at once.
#[derive(Default)]
pub(crate) struct Whole {
    pub(crate) text: String,
    pub(crate) repaired: String,
    /// The bytes of the input and of the output, in the encoding of the input.
    pub(crate) bytes: (Vec<u8>, Vec<u8>),
    pub(crate) edits: EditList,
    pub(crate) unresolved: Vec<Unresolved>,
    pub(crate) page: Page,
    pub(crate) tally: Tally,
}

impl Whole {
    /// Reads and repairs an input. `with_bytes` when the encoded output is needed too.
    pub(crate) fn read(
        input: &Input,
        repairing: &Repairing,
        with_bytes: bool,
    ) -> anyhow::Result<Whole> {
        let mut whole = Whole::default();
        whole.page = repair_blocks(input, repairing, |block| {
            whole.tally.add(&view(input.name(), &block));
            whole.tally.undecodable += block.decoded.ledger.undecodable();
            if with_bytes {
                whole.bytes.0.extend_from_slice(block.bytes);
                whole
                    .bytes
                    .1
                    .extend_from_slice(&output_bytes(&block, None)?);
            }
            whole.text.push_str(&block.decoded.text);
            whole.repaired.push_str(&block.repaired.text);
            let by = block.place.offset;
            whole
                .unresolved
                .extend(block.repaired.unresolved.into_iter().map(|mut spot| {
                    spot.span = spot.span.start + by..spot.span.end + by;
                    spot
                }));
            Ok(whole.edits.append(block.repaired.edits.shifted(by))?)
        })?;
        Ok(whole)
    }

    pub(crate) fn view<'v>(&'v self, path: &'v Path) -> View<'v> {
        View {
            path,
            text: &self.text,
            edits: &self.edits,
            unresolved: &self.unresolved,
            place: Default::default(),
        }
    }
}
