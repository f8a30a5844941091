//! Where bytes come from: files, folders and standard input, and what kind of thing they are.

mod kind;
#[cfg(feature = "batch")]
pub mod walk;

use std::fs::File;
use std::io::{self, ErrorKind, Read, StdinLock};
use std::path::{Path, PathBuf};

use crate::report::Visible;

pub use kind::{HEAD, Kind};

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input, `-` on the command line.
    Standard,
    /// A file.
    File(PathBuf),
}

/// Why an input cannot be read. Every message names the path, tells the cause, which is no source beside it, and says
/// what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is nothing at the path.
    #[error("{}: no such file; check the spelling, or use `-` to read standard input", Visible(.0.as_path()))]
    Missing(PathBuf),
    /// The path is a folder.
    #[error("{}: is a folder; name the files in it, for example `{}/*.txt`", Visible(.0.as_path()), Visible(.0.as_path()))]
    Folder(PathBuf),
    /// The file may not be read.
    #[error("{}: permission denied; you may not read this file", Visible(.0.as_path()))]
    Denied(PathBuf),
    /// A folder could not be listed to its end.
    #[error("{}: cannot list the folder: {message}", Visible(.path.as_path()))]
    Listing {
        /// The folder that was to be walked.
        path: PathBuf,
        /// What went wrong, and where.
        message: String,
    },
    /// Anything else the operating system says.
    #[error("{}: cannot read: {}", Visible(.0.as_path()), .1)]
    Other(PathBuf, io::Error),
}

impl Input {
    /// The inputs that command line paths name: `-` or nothing at all is standard input.
    pub fn from_paths(paths: &[PathBuf]) -> Vec<Input> {
        if paths.is_empty() {
            return vec![Input::Standard];
        }
        let input = |path: &PathBuf| {
            if path.as_os_str() == "-" {
                Input::Standard
            } else {
                Input::File(path.clone())
            }
        };
        paths.iter().map(input).collect()
    }

    /// The path, unless it is standard input.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Input::Standard => None,
            Input::File(path) => Some(path),
        }
    }

    /// What reports call it: the path as given, `-` for standard input.
    pub fn name(&self) -> &Path {
        self.path().unwrap_or(Path::new("-"))
    }

    /// Opens it for reading. A folder is refused.
    pub fn open(&self) -> Result<Reader, SourceError> {
        let Input::File(path) = self else {
            return Ok(Reader::Standard(io::stdin().lock()));
        };
        let error = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => SourceError::Missing(path.clone()),
            ErrorKind::IsADirectory => SourceError::Folder(path.clone()),
            ErrorKind::PermissionDenied => SourceError::Denied(path.clone()),
            _ => SourceError::Other(path.clone(), error),
        };
        let file = File::open(path).map_err(error)?;
        if file.metadata().map_err(error)?.is_dir() {
            return Err(SourceError::Folder(path.clone()));
        }
        Ok(Reader::File(file))
    }
}

/// An open input.
#[derive(Debug)]
pub enum Reader {
    /// Standard input.
    Standard(StdinLock<'static>),
    /// A file.
    File(File),
}

impl Reader {
    /// What is read from. A type of our own around it would have room zeroed before each read.
    pub fn as_read(&mut self) -> &mut dyn Read {
        match self {
            Reader::Standard(stdin) => stdin,
            Reader::File(file) => file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_a_dash_are_standard_input() {
        assert_eq!(Input::from_paths(&[]), [Input::Standard]);
        let paths = ["-".into(), "./-".into(), "頁.txt".into()];
        let expected = [
            Input::Standard,
            Input::File("./-".into()),
            Input::File("頁.txt".into()),
        ];
        assert_eq!(Input::from_paths(&paths), expected);
    }

    #[test]
    fn refusals_name_the_path() {
        let message = |path: &str| Input::File(path.into()).open().unwrap_err().to_string();
        assert!(message("no/such/頁.txt").starts_with("no/such/頁.txt: no such file"));
        assert!(message("src").contains("`src/*.txt`"));
    }
}
