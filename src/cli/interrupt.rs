//! Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use hanfix::sink;

use super::INTERRUPTED;

/// Set when the user wants the run to end.
static STOP: AtomicBool = AtomicBool::new(false);

/// What Ctrl-C does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// Ends at once; nothing half written stays.
    Now,
    /// Lets what is finished take its place and ends; a second Ctrl-C ends at once.
    Orderly,
}

/// Watches for Ctrl-C.
pub(crate) fn watch(interrupt: Interrupt) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        let again = STOP.swap(true, Ordering::Relaxed);
        if interrupt == Interrupt::Now || again {
            sink::discard_unfinished();
            std::process::exit(INTERRUPTED);
        }
    })
    .context("cannot watch for Ctrl-C")
}

/// Whether the run is to end.
pub(crate) fn wanted() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// What stands for the work that is left out because the run is to end.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;
