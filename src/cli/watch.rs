//! What is seen of an input while it is processed: counted, written as lines or as a diff, noted for the report.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use hanfix::batch::{BatchError, Event, Outcome, TextBlock};
use hanfix::report::hunks::{Lines, hunks};
use hanfix::report::json::JsonLines;
use hanfix::report::sample::Edits;
use hanfix::report::summary::Tally;
use hanfix::report::terminal::{self, Look};
use hanfix::report::{Visible, brief, unified};

use super::interrupt;
use super::whole::Whole;

/// How what is found is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Not at all.
    Nothing,
    /// A line for each change.
    Brief,
    /// JSON lines.
    Json,
    /// A diff; with a look, as a person sees it.
    Diff(Option<Look>),
}

/// What is known of an input when it has been processed.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) tally: Tally,
    /// Entries that were passed on without a look into them.
    pub(crate) skipped: Vec<(PathBuf, String)>,
    /// Entries that failed.
    pub(crate) failed: Vec<(PathBuf, String)>,
    /// What should be known of texts.
    pub(crate) noted: Vec<(PathBuf, String)>,
    /// Records that could not be read.
    pub(crate) malformed: usize,
    /// Edits for the report.
    pub(crate) edits: Edits,
    /// Bytes of text.
    pub(crate) bytes: u64,
    /// Whether what comes out is not what went in.
    pub(crate) changed: bool,
    /// Whether a text without edits was written in another encoding.
    recoded: bool,
}

impl Seen {
    /// An input of which no more is known than what was counted.
    pub(crate) fn counted(tally: Tally) -> Seen {
        Seen {
            changed: tally.edits() > 0,
            tally,
            ..Seen::default()
        }
    }

    /// Whether nothing would change and nothing is unresolved.
    pub(crate) fn is_clean(&self) -> bool {
        self.tally.is_clean() && !self.changed
    }

    /// What changes besides the text.
    pub(crate) fn besides(&self) -> Option<&'static str> {
        match self.changed {
            true if self.recoded => Some("written in another encoding"),
            true if self.tally.edits() == 0 => Some("names of entries"),
            _ => None,
        }
    }
}

/// Watches one input.
pub(crate) struct Watcher<'w> {
    form: Form,
    output: &'w mut dyn Write,
    /// What the report wants: nothing, all edits, or a sample.
    report: Option<Option<usize>>,
    seen: Seen,
    /// The text that is going on.
    text: Tally,
    diff: Diff,
}

/// A text in memory before and after.
#[derive(Default)]
struct Diff {
    whole: Whole,
    repaired: String,
    /// In its encoding, before and after.
    bytes: (Vec<u8>, Vec<u8>),
}

impl<'w> Watcher<'w> {
    pub(crate) fn new(
        form: Form,
        output: &'w mut dyn Write,
        report: Option<Option<usize>>,
    ) -> Self {
        Watcher {
            form,
            output,
            report,
            seen: Seen::default(),
            text: Tally::default(),
            diff: Diff::default(),
        }
    }

    /// Whether the bytes that would be written have to be made.
    pub(crate) fn wants_output(&self) -> bool {
        matches!(self.form, Form::Diff(None))
    }

    /// What was seen of an input with this outcome.
    pub(crate) fn seen(mut self, outcome: Outcome) -> Seen {
        self.seen.changed = outcome.changed;
        self.seen
    }

    /// Takes in what happens.
    pub(crate) fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        if interrupt::wanted() {
            return Err(io::Error::other(interrupt::Interrupted));
        }
        match event {
            Event::Block(block) => self.block(&block),
            Event::Noted(path, note) => {
                self.seen.noted.push((path.to_owned(), note));
                Ok(())
            }
            Event::End(path) => self.end(path),
            Event::Skipped(path, reason) => {
                self.seen.skipped.push((path.to_owned(), reason));
                Ok(())
            }
            Event::Failed(path, message) => {
                if let Form::Json = self.form {
                    JsonLines::new(&mut *self.output).error(path, &message)?;
                }
                self.seen.failed.push((path.to_owned(), message));
                Ok(())
            }
        }
    }

    fn block(&mut self, block: &TextBlock<'_>) -> io::Result<()> {
        let view = &block.view;
        self.seen.malformed += block.malformed;
        self.seen.bytes += block.bytes.len() as u64;
        self.seen.recoded |=
            view.edits.is_empty() && block.output.is_some_and(|output| output != block.bytes);
        let mut tally = Tally::default();
        tally.add(view);
        tally.undecodable = block.undecodable;
        self.text.join(&tally);
        self.seen.tally.join(&tally);
        if let Some(sample) = self.report {
            self.seen.edits.add(view, sample)?;
        }
        match self.form {
            Form::Nothing => Ok(()),
            Form::Brief => brief::write(&mut self.output, view),
            Form::Json => {
                let mut lines = JsonLines::new(&mut *self.output);
                if view.place == Default::default() {
                    lines.begin(view.path, block.encoding.name(), block.bom)?;
                }
                lines.view(view)
            }
            Form::Diff(look) => self.diff.add(block, look.is_none()),
        }
    }

    fn end(&mut self, path: &Path) -> io::Result<()> {
        let tally = std::mem::take(&mut self.text);
        match self.form {
            Form::Json => JsonLines::new(&mut *self.output).end(path, &tally),
            Form::Diff(look) => std::mem::take(&mut self.diff).write(&mut self.output, path, look),
            _ => Ok(()),
        }
    }
}

impl Diff {
    fn add(&mut self, block: &TextBlock<'_>, with_bytes: bool) -> io::Result<()> {
        if with_bytes {
            self.bytes.0.extend_from_slice(block.bytes);
            self.bytes
                .1
                .extend_from_slice(block.output.unwrap_or(block.bytes));
        }
        self.repaired.push_str(block.repaired);
        self.whole.add(&block.view).map_err(io::Error::other)
    }

    fn write(self, output: &mut impl Write, path: &Path, look: Option<Look>) -> io::Result<()> {
        let view = self.whole.view(path);
        if let Some(look) = look {
            return terminal::write(output, &view, &self.repaired, look);
        }
        let (old, new) = (
            Lines::new(view.text.as_bytes()),
            Lines::new(self.repaired.as_bytes()),
        );
        let hunks = hunks(&old, &new, view.edits);
        let (old_bytes, new_bytes) = (Lines::new(&self.bytes.0), Lines::new(&self.bytes.1));
        // In UTF-16 a byte 0A need not be a line end: such a file has no patch in its own bytes.
        if old_bytes.len() == old.len() && new_bytes.len() == new.len() {
            unified::write(output, path, &old_bytes, &new_bytes, &hunks)
        } else {
            unified::write(output, path, &old, &new, &hunks)
        }
    }
}

/// The error of an input, with its path; those of our own output without.
pub(crate) fn failure(path: &Path, error: BatchError) -> anyhow::Error {
    match error {
        BatchError::Observer(error) => match error.downcast::<interrupt::Interrupted>() {
            Ok(interrupted) => interrupted.into(),
            Err(error) => error.into(),
        },
        BatchError::Write(error) => anyhow::Error::new(error)
            .context("cannot write")
            .context(Visible(path).to_string()),
        error => anyhow!("{}: {error}", Visible(path)),
    }
}
