//! Where bytes go: standard output, files that appear whole or not at all, and files replaced where they stand.

mod atomic;
mod in_place;
mod journal;
mod plan;
mod state;

pub use atomic::{AtomicFile, discard_unfinished};
pub use in_place::{
    Committed, Digest, Draft, HardLinks, Ready, Replacement, Replacing, Snapshot, Stamp, Target,
    sweep, sync_folders,
};
pub use journal::{Journal, Run, Undo, Undoing, runs};
pub use plan::{Destination, location, name_inside, plan, refuse_inputs};
pub use state::State;

use std::io;
use std::path::PathBuf;

use crate::report::Visible;

/// Why an output cannot be written. Every message names the path, tells the cause, which is no source beside it, and says
/// what to do.
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
    /// Another input goes to the same place.
    #[error("{}: would become {}, as another input does; give `--keep-paths` to keep their folders, or repair them one by one", Visible(.input.as_path()), Visible(.target.as_path()))]
    Taken {
        /// The input.
        input: PathBuf,
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
    /// A file that is to be replaced cannot be read.
    #[error("{}: cannot read: {}", Visible(.0.as_path()), .1)]
    Open(PathBuf, io::Error),
    /// A file that is not replaced, because something about it could not be kept.
    #[error("{}: not changed: {reason}", Visible(.path.as_path()))]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// There is a file where the old one would be kept.
    #[error("{}: is there already and is not overwritten; remove it, or give another --backup=SUFFIX", Visible(.0.as_path()))]
    BackupExists(PathBuf),
    /// The journal of a run that is undone cannot be read.
    #[error("{}: cannot read the journal: {}; what it would put back stays as it is", Visible(.0.as_path()), .1)]
    Undo(PathBuf, io::Error),
    /// The journal cannot be written.
    #[error("{}: cannot keep the journal: {}; give another folder with --journal, or --no-journal", Visible(.0.as_path()), .1)]
    Journal(PathBuf, io::Error),
    /// The list of finished files cannot be written or read.
    #[error("{}: cannot keep the list of finished files: {}", Visible(.0.as_path()), .1)]
    State(PathBuf, io::Error),
    /// Making, writing or renaming failed.
    #[error("{}: cannot write: {}", Visible(.0.as_path()), .1)]
    Write(PathBuf, io::Error),
}
