//! Folders: which files in them are read, in an order that never changes.

use std::error::Error;
use std::path::{Path, PathBuf};

use ignore::overrides::{Override, OverrideBuilder};
use ignore::types::{Types, TypesBuilder};
use ignore::{DirEntry, WalkBuilder};

use super::SourceError;
use crate::report::Visible;

/// The file with patterns of what hanfix leaves out, beside `.gitignore` and `.ignore`.
pub const IGNORE_FILE: &str = ".hanfixignore";

/// Which files of a folder are read.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Patterns as in `.gitignore`, `!` leaves out. When there are any without `!`, only files that match are read.
    pub globs: Vec<String>,
    /// Names of file types; only files of these types are read.
    pub types: Vec<String>,
    /// Files and folders whose names begin with a dot, too.
    pub hidden: bool,
    /// Ignore files count for nothing, neither those of the folders nor what else git leaves out
    /// (`.git/info/exclude`, `core.excludesFile`).
    pub no_ignore: bool,
}

/// Wrong values of a [`Walk`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// A pattern that is none.
    #[error("-g: {0}; a pattern looks like `*.txt`, `pages/**` or `!old/**`")]
    Glob(String),
    /// A file type that nobody knows.
    #[error("-t: {0}; see `hanfix check --type-list` for the types there are")]
    Type(String),
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// The folder it was found in, as given; `None` for a path that was named itself.
    pub root: Option<PathBuf>,
}

/// The checked form of a [`Walk`].
#[derive(Clone, Debug)]
pub struct Walker {
    walk: Walk,
    types: Types,
}

impl Walk {
    /// Checks the patterns and the types.
    pub fn settle(self) -> Result<Walker, WalkError> {
        // The tables of types take a tenth of the time that the program needs to start.
        if !self.globs.is_empty() {
            overrides(&self.globs, Path::new("."))?;
        }
        let types = match &self.types[..] {
            [] => Types::empty(),
            names => {
                let mut builder = types_builder();
                for name in names {
                    builder.select(name);
                }
                builder
                    .build()
                    .map_err(|error| WalkError::Type(error.to_string()))?
            }
        };
        Ok(Walker { walk: self, types })
    }
}

/// Every file type and its patterns, sorted by name.
pub fn type_list() -> Vec<(String, Vec<String>)> {
    types_builder()
        .definitions()
        .into_iter()
        .map(|definition| (definition.name().to_owned(), definition.globs().to_vec()))
        .collect()
}

fn types_builder() -> TypesBuilder {
    let mut builder = TypesBuilder::new();
    builder.add_defaults();
    for (name, glob) in [
        ("subtitles", "*.{srt,vtt,ass,ssa}"),
        ("jsonl", "*.{jsonl,ndjson}"),
        ("warc", "*.{warc,wet,wat,warc.gz,wet.gz,wat.gz}"),
        ("ebook", "*.{epub,docx,odt}"),
    ] {
        // The names are well formed, which is all that could be wrong.
        let _ = builder.add(name, glob);
    }
    builder
}

fn overrides(globs: &[String], root: &Path) -> Result<Override, WalkError> {
    let mut builder = OverrideBuilder::new(root);
    for glob in globs {
        builder
            .add(glob)
            .map_err(|error| WalkError::Glob(error.to_string()))?;
    }
    builder
        .build()
        .map_err(|error| WalkError::Glob(error.to_string()))
}

impl Walker {
    /// The files below `root`, sorted by name within each folder, and what could not be listed. Folders are
    /// given to `folder` on the way.
    ///
    /// Links are not followed, and devices, pipes and sockets are not named.
    pub fn below<'w>(
        &self,
        root: &Path,
        mut folder: impl FnMut(&Path) + 'w,
    ) -> Result<Box<dyn Iterator<Item = Result<Found, SourceError>> + 'w>, SourceError> {
        let listing_failed = |error: WalkError| SourceError::Listing {
            path: root.to_owned(),
            message: error.to_string(),
        };
        let globs = overrides(&self.walk.globs, root).map_err(listing_failed)?;
        let use_ignore_files = !self.walk.no_ignore;
        let entries = WalkBuilder::new(root)
            .hidden(!self.walk.hidden)
            .ignore(use_ignore_files)
            .git_ignore(use_ignore_files)
            .git_exclude(use_ignore_files)
            .git_global(use_ignore_files)
            .parents(use_ignore_files)
            // An ignore file counts also outside a repository.
            .require_git(false)
            .add_custom_ignore_filename(if use_ignore_files { IGNORE_FILE } else { "" })
            .overrides(globs)
            .types(self.types.clone())
            .sort_by_file_name(Ord::cmp)
            .build();
        let root = root.to_owned();
        Ok(Box::new(entries.filter_map(move |entry| match entry {
            Ok(entry) => {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                if is_folder {
                    folder(entry.path());
                }
                is_wanted(&entry).then(|| {
                    Ok(Found {
                        path: entry.into_path(),
                        root: Some(root.clone()),
                    })
                })
            }
            Err(error) => Some(Err(not_listed(&root, &error))),
        })))
    }
}

/// The error of a folder that cannot be listed, with its path and what the system says, each once.
fn not_listed(path: &Path, error: &ignore::Error) -> SourceError {
    let cause: &dyn Error = match error {
        ignore::Error::WithPath { path, err } => return not_listed(path, err),
        ignore::Error::WithDepth { err, .. } => return not_listed(path, err),
        ignore::Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.source());
            inner.unwrap_or(error)
        }
        other => other,
    };
    SourceError::Listing {
        path: path.to_owned(),
        message: Visible(&*cause.to_string()).to_string(),
    }
}

fn is_wanted(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
        && !entry.file_name().to_str().is_some_and(is_temporary)
}

/// Whether a file name is that of an output that is not finished.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
}

/// How the names of unfinished outputs begin.
pub const TEMPORARY_PREFIX: &str = ".hanfix-";
/// How the names of unfinished outputs end.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_listed_is_named_once() {
        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error = ignore::Error::WithDepth {
            depth: 1,
            err: Box::new(ignore::Error::WithPath {
                path: "d/x".into(),
                err: Box::new(ignore::Error::Io(denied)),
            }),
        };
        assert_eq!(
            not_listed("d".as_ref(), &error).to_string(),
            "d/x: cannot list the folder: permission denied"
        );
    }
    use std::fs;

    fn files(walk: Walk, root: &Path) -> Vec<String> {
        let walker = walk.settle().unwrap();
        let found = walker.below(root, |_| {}).unwrap();
        found
            .map(|found| {
                let path = found.unwrap().path;
                path.strip_prefix(root).unwrap().display().to_string()
            })
            .collect()
    }

    #[test]
    fn ignore_files_globs_and_types() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/old")).unwrap();
        for (name, text) in [
            (".gitignore", "*.log"),
            (".hanfixignore", "old/"),
            ("c.txt", ""),
            ("a.log", ""),
            ("b/page.html", ""),
            ("b/old/page.txt", ""),
            (".hidden.txt", ""),
            (".hanfix-12.tmp", ""),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        assert_eq!(files(Walk::default(), root), ["b/page.html", "c.txt"]);
        let walk = Walk {
            no_ignore: true,
            ..Walk::default()
        };
        assert_eq!(
            files(walk, root),
            ["a.log", "b/old/page.txt", "b/page.html", "c.txt"]
        );
        let walk = Walk {
            hidden: true,
            globs: vec!["*.txt".into()],
            ..Walk::default()
        };
        assert_eq!(files(walk, root), [".hidden.txt", "c.txt"]);
        let walk = Walk {
            globs: vec!["!b/**".into()],
            ..Walk::default()
        };
        assert_eq!(files(walk, root), ["c.txt"]);
        let walk = Walk {
            types: vec!["html".into()],
            ..Walk::default()
        };
        assert_eq!(files(walk, root), ["b/page.html"]);
    }

    #[test]
    fn wrong_values_are_refused_with_advice() {
        let walk = Walk {
            globs: vec!["{a".into()],
            ..Walk::default()
        };
        assert!(walk.settle().unwrap_err().to_string().starts_with("-g: "));
        let walk = Walk {
            types: vec!["klingon".into()],
            ..Walk::default()
        };
        let message = walk.settle().unwrap_err().to_string();
        assert!(
            message.contains("klingon") && message.contains("--type-list"),
            "{message}"
        );
    }
}
