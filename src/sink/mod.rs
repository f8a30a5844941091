//! Where bytes go: standard output, or files that appear whole or not at all.

mod atomic;
mod plan;

pub use atomic::{AtomicFile, discard_unfinished};
pub use plan::{Destination, plan, refuse_inputs};

use std::io;
use std::path::PathBuf;

use crate::report::Visible;

/// Why an output cannot be written. Every message names the path and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// Several inputs, and nowhere to put them apart.
    #[error(
        "several inputs need a folder to go to: give `-o DIR` (texts are never joined on standard output)"
    )]
    SeveralToStandard,
    /// Several inputs and one output file.
    #[error("{}: is a file, but several inputs need a folder: give `-o DIR`", Visible(.0.as_path()))]
    SeveralToFile(PathBuf),
    /// Standard input has no name to carry into a folder.
    #[error("standard input has no name to keep in the folder {}; give `-o FILE`", Visible(.0.as_path()))]
    Nameless(PathBuf),
    /// Two inputs have the same file name.
    #[error(
        "{} and {} would both become {}; give `--keep-paths` to keep their folders, or repair them one by one",
        Visible(.first.as_path()), Visible(.second.as_path()), Visible(.target.as_path())
    )]
    Clash {
        /// One input.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The output of both.
        target: PathBuf,
    },
    /// A path that cannot be mirrored inside the output folder.
    #[error(
        "{}: `--keep-paths` needs a path below the current folder (not absolute, without `..`); change to a folder above it first",
        Visible(.0.as_path())
    )]
    Outside(PathBuf),
    /// The output is one of the inputs.
    #[error("{}: is also an input and is not overwritten; choose another output", Visible(.0.as_path()))]
    IsInput(PathBuf),
    /// The output is a folder where a file is needed.
    #[error("{}: is a folder, a file is needed", Visible(.0.as_path()))]
    IsFolder(PathBuf),
    /// Making, writing or renaming failed.
    #[error("{}: cannot write: {}", Visible(.0.as_path()), .1)]
    Write(PathBuf, #[source] io::Error),
}
