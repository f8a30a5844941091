//! The lists that a run writes beside its texts: they go over nothing that it reads or writes, and are not read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::bail;
use hanfix::report::Visible;
use hanfix::sink;

use super::inputs::Select;

/// How a report and a list of edits begin.
const BEGINNINGS: [&str; 4] = [
    "{\"type\":\"file\"",
    "{\"type\":\"begin\"",
    "{\"type\":\"error\"",
    "{\"type\":\"summary\"",
];

/// A file that is written beside the texts.
#[derive(Clone, Debug)]
struct List {
    /// The option that names it.
    option: &'static str,
    path: PathBuf,
    location: PathBuf,
}

/// The files that are written beside the texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists(Vec<List>);

impl Lists {
    /// Those of some options. A device or a pipe has nothing that could be lost.
    pub(crate) fn new<'p>(
        options: impl IntoIterator<Item = (&'static str, Option<&'p PathBuf>)>,
    ) -> Lists {
        let given = options
            .into_iter()
            .filter_map(|(option, path)| Some((option, path?)));
        let lists = given.filter(|(_, path)| !path.exists() || path.is_file());
        Lists(
            lists
                .map(|(option, path)| List {
                    option,
                    path: path.clone(),
                    location: sink::location(path),
                })
                .collect(),
        )
    }

    /// The option that names this file.
    pub(crate) fn option_of(&self, path: &Path) -> Option<&'static str> {
        let same_name =
            |list: &&List| list.location.file_name() == path.file_name() || path.is_symlink();
        let mut lists = self.0.iter().filter(same_name).peekable();
        // Most files have another name, and need not be looked for.
        lists.peek()?;
        let location = sink::location(path);
        lists
            .find(|list| list.location == location)
            .map(|list| list.option)
    }

    /// Refuses lists that would go over an input, over one of the other files that are read, over an output or over
    /// each other.
    pub(crate) fn check<'p>(
        &self,
        select: &Select,
        files: impl IntoIterator<Item = &'p Path>,
        outputs: impl IntoIterator<Item = &'p Path>,
    ) -> anyhow::Result<()> {
        for (number, list) in self.0.iter().enumerate() {
            if let Some(other) = self.0[..number]
                .iter()
                .find(|other| other.location == list.location)
            {
                return list.refuse(&format!("{} goes there already", other.option));
            }
        }
        let named = select.paths().iter().map(PathBuf::as_path);
        self.refuse_all(named, "it is an input and is not overwritten")?;
        self.refuse_all(files, "it is read too and is not overwritten")?;
        self.refuse_all(outputs, "a repaired text goes there")?;
        for folder in select.paths().iter().filter(|path| path.is_dir()) {
            let folder = sink::location(folder);
            if let Some(list) = self.0.iter().find(|list| list.is_text_in(&folder)) {
                return list.refuse("it lies in a folder that is read, and is not overwritten");
            }
        }
        Ok(())
    }

    fn refuse_all<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p Path>,
        why: &str,
    ) -> anyhow::Result<()> {
        for path in paths {
            if let Some(option) = self.option_of(path)
                && let Some(list) = self.0.iter().find(|list| list.option == option)
            {
                return list.refuse(why);
            }
        }
        Ok(())
    }
}

impl List {
    fn refuse(&self, why: &str) -> anyhow::Result<()> {
        let option = self.option;
        bail!(
            "{}: {why}; give {option} another file",
            Visible(&*self.path)
        )
    }

    /// Whether a text of a folder would be lost. The list of an earlier run is none.
    fn is_text_in(&self, folder: &Path) -> bool {
        if !self.location.starts_with(folder) || self.option == "--state" {
            // The list of finished files is only written to when it is one.
            return false;
        }
        let longest = BEGINNINGS.map(str::len).into_iter().max().unwrap_or(0);
        let mut head = Vec::new();
        let read = File::open(&self.location)
            .and_then(|file| file.take(longest as u64).read_to_end(&mut head));
        if let Err(error) = read {
            return error.kind() != io::ErrorKind::NotFound;
        }
        let is_list = |beginning: &str| head.starts_with(beginning.as_bytes());
        !head.is_empty() && !BEGINNINGS.into_iter().any(is_list)
    }
}
