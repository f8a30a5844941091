//! New files take the places of old ones, some at a time: the journal is flushed once for all of them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use hanfix::sink::{Journal, Ready, Snapshot, State, sync_folders};

use super::survey::{Books, Fate};

/// So many files wait for their places. Each has two files open.
const TOGETHER: usize = 32;

/// So many inputs wait for those in front of them to be in place.
const WAITING: usize = 1024;

/// An input that is done but for taking its place.
pub(crate) struct Finished {
    pub(crate) path: PathBuf,
    /// Where it was written, when that is elsewhere.
    pub(crate) output: Option<PathBuf>,
    pub(crate) fate: Fate,
    pub(crate) ready: Option<Ready>,
    /// What it was when it was opened, if it is a file.
    pub(crate) snapshot: Option<Snapshot>,
}

/// Puts files in their places and enters them into the books.
pub(crate) struct Committer<'c> {
    journal: Option<&'c Journal>,
    state: &'c RefCell<Option<State>>,
    durable: bool,
    waiting: Vec<Finished>,
    ready: usize,
}

impl<'c> Committer<'c> {
    pub(crate) fn new(
        journal: Option<&'c Journal>,
        state: &'c RefCell<Option<State>>,
        durable: bool,
    ) -> Self {
        Committer {
            journal,
            state,
            durable,
            waiting: Vec::new(),
            ready: 0,
        }
    }

    /// Takes in an input that is done.
    pub(crate) fn push(&mut self, finished: Finished, books: &mut Books<'_>) -> anyhow::Result<()> {
        self.ready += usize::from(finished.ready.is_some());
        self.waiting.push(finished);
        // Nothing to wait for: the order is kept, since all before are entered.
        let is_alone = self.ready == 0 && self.state.borrow().is_none();
        match is_alone || self.ready >= TOGETHER || self.waiting.len() >= WAITING {
            true => self.flush(books),
            false => Ok(()),
        }
    }

    /// Puts everything in its place.
    pub(crate) fn flush(&mut self, books: &mut Books<'_>) -> anyhow::Result<()> {
        self.ready = 0;
        if let Some(journal) = self.journal {
            // Without the old bytes on the disk nothing is replaced.
            journal.sync()?;
        }
        let mut folders = BTreeSet::new();
        for finished in &mut self.waiting {
            if let Some(ready) = finished.ready.take() {
                match ready.commit() {
                    Ok(committed) => {
                        folders.insert(committed.folder);
                        finished.snapshot = Some(committed.now);
                    }
                    Err(error) => finished.fate = Fate::Failed(error.into()),
                }
            }
        }
        if self.durable {
            sync_folders(&folders)?;
        }
        if let Some(state) = &mut *self.state.borrow_mut() {
            let done = self
                .waiting
                .iter()
                .filter(|finished| matches!(finished.fate, Fate::Seen(_) | Fate::Skipped(_)));
            state.finish(done.filter_map(|finished| {
                let snapshot = finished.snapshot?;
                Some((&*finished.path, snapshot, finished.output.as_deref()))
            }))?;
        }
        for finished in self.waiting.drain(..) {
            books.record(&finished.path, finished.fate)?;
        }
        Ok(())
    }
}
