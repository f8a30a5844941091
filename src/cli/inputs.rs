//! Paths on the command line, and which files of folders are read.

use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::Args;
use hanfix::report::Visible;
use hanfix::sink;
use hanfix::source::walk::{Found, Walk, Walker, type_list};
use hanfix::source::{Input, SourceError};

use super::console::Console;
use super::lists::Lists;

/// What to read, for commands that take texts one by one.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArguments {
    /// Files to read; none, or `-`, is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl InputArguments {
    /// The inputs; a person who gave none and sits at the keyboard is told what happens.
    pub(crate) fn inputs(&self, console: &Console, command: &str) -> Vec<Input> {
        greet(&self.paths, console, command);
        Input::from_paths(&self.paths)
    }
}

fn greet(paths: &[PathBuf], console: &Console, command: &str) {
    if paths.is_empty() && io::stdin().is_terminal() {
        console.note(&format_args!(
            "hanfix: reading the keyboard; end with Ctrl-D, or stop with Ctrl-C and name a file: hanfix {command} page.txt"
        ));
    }
}

/// What to read, for commands that go through folders.
#[derive(Clone, Debug, Args)]
pub(crate) struct SelectArguments {
    /// Files, archives and folders to read; none, or `-`, is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    walk: WalkArguments,
}

/// Which files of folders are read. A path that is named itself is always read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Folders")]
struct WalkArguments {
    /// Only files that match; `!PATTERN` leaves out (may be repeated)
    #[arg(short, long, value_name = "PATTERN")]
    glob: Vec<String>,
    /// Only files of this type: txt, html, md, jsonl, csv, warc, ebook, ... (may be repeated)
    #[arg(short = 't', long, value_name = "TYPE")]
    file_type: Vec<String>,
    /// List the file types and end
    #[arg(long)]
    type_list: bool,
    /// Also files and folders whose names begin with a dot
    #[arg(long)]
    hidden: bool,
    /// Do not heed .gitignore, .ignore and .hanfixignore
    #[arg(long)]
    no_ignore: bool,
    /// List the files that would be read and end
    #[arg(long)]
    files: bool,
    /// How many files are worked on at once; the number of processors unless given
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZero<usize>>,
}

/// One input of a run.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) input: Input,
    /// The folder it was found in; none when it was named itself.
    pub(crate) root: Option<PathBuf>,
    /// It is not there, or the folder could not be listed.
    pub(crate) problem: Option<SourceError>,
}

/// What makes two paths the same input, which is read once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The name, however it is spelled: an output is called after it.
    #[default]
    Name,
    /// The file behind all links: it can be replaced once.
    File,
    /// The same, and all hard links are one file.
    Inode,
}

/// The inputs that there were.
#[derive(Default)]
struct Known {
    identity: Identity,
    paths: HashSet<PathBuf>,
    inodes: HashSet<(u64, u64)>,
    /// The folder of the last one, and where it is: files of one folder come together.
    folder: (PathBuf, PathBuf),
}

impl Known {
    fn new(identity: Identity) -> Known {
        Known {
            identity,
            ..Known::default()
        }
    }

    /// Whether a path is that of an input that was not there before.
    fn is_new(&mut self, path: &Path) -> bool {
        let place = match self.identity {
            Identity::File | Identity::Inode if path.is_symlink() => sink::location(path),
            _ => self.place_of_name(path),
        };
        self.paths.insert(place) && self.is_new_inode(path)
    }

    /// Where a name stands. If it is that of a link, that is not followed.
    fn place_of_name(&mut self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return sink::location(path);
        };
        if self.folder.1.as_os_str().is_empty() || self.folder.0 != folder {
            self.folder = (folder.to_owned(), sink::location(folder));
        }
        self.folder.1.join(name)
    }

    #[cfg(unix)]
    fn is_new_inode(&mut self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        if self.identity != Identity::Inode {
            return true;
        }
        match path.metadata() {
            Ok(metadata) if metadata.nlink() > 1 => {
                self.inodes.insert((metadata.dev(), metadata.ino()))
            }
            _ => true,
        }
    }

    #[cfg(not(unix))]
    fn is_new_inode(&mut self, _path: &Path) -> bool {
        let _ = &self.inodes;
        true
    }
}

/// The checked form of what to read.
pub(crate) struct Select {
    paths: Vec<PathBuf>,
    identity: Identity,
    /// Files of folders that are no texts of theirs.
    lists: Lists,
    walker: Walker,
    /// How many files are worked on at once, if that was said.
    threads: Option<NonZero<usize>>,
    list: bool,
    pub(crate) type_list: bool,
}

impl SelectArguments {
    /// Checks the patterns. A person who gave no path and sits at the keyboard is told what happens.
    pub(crate) fn settle(&self, console: &Console, command: &str) -> anyhow::Result<Select> {
        let walk = &self.walk;
        if !walk.type_list {
            greet(&self.paths, console, command);
        }
        let walker = Walk {
            globs: walk.glob.clone(),
            types: walk.file_type.clone(),
            hidden: walk.hidden,
            no_ignore: walk.no_ignore,
        }
        .settle()?;
        let mut known = Known::default();
        let paths = self.paths.iter();
        let paths = paths.filter(|path| path.as_os_str() == "-" || known.is_new(path));
        Ok(Select {
            paths: paths.cloned().collect(),
            identity: Identity::default(),
            lists: Lists::default(),
            walker,
            threads: walk.threads,
            list: walk.files,
            type_list: walk.type_list,
        })
    }
}

impl Select {
    /// Sets what makes two paths the same input.
    pub(crate) fn tell_apart_by(&mut self, identity: Identity) {
        self.identity = identity;
    }

    /// Takes lists that this run writes for no texts of the folders they lie in.
    pub(crate) fn leave_out(&mut self, lists: Lists) {
        self.lists = lists;
    }

    /// The paths as they were given, each once.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// What finds the files of folders.
    pub(crate) fn walker(&self) -> &Walker {
        &self.walker
    }

    /// How many threads work, if that was said.
    pub(crate) fn threads(&self) -> Option<NonZero<usize>> {
        self.threads
    }

    /// The only input, when it was named itself: no folder, nothing beside it.
    pub(crate) fn single(&self) -> Option<Input> {
        match &self.paths[..] {
            [] => Some(Input::Standard),
            [path] if !path.is_dir() => Input::from_paths(std::slice::from_ref(path)).pop(),
            _ => None,
        }
    }

    /// Whether a folder is among the paths.
    pub(crate) fn has_folder(&self) -> bool {
        self.paths.iter().any(|path| path.is_dir())
    }

    /// All inputs, in the order of the paths and by name within folders, each once. Folders are shown to `folder`.
    pub(crate) fn items<'s>(
        &'s self,
        folder: &'s dyn Fn(&Path),
    ) -> Box<dyn Iterator<Item = Item> + 's> {
        let found = self.found(folder);
        if self.paths.len() < 2 && self.identity != Identity::Inode {
            // One folder names no file twice.
            return found;
        }
        let mut known = Known::new(self.identity);
        Box::new(found.filter(move |item| match &item.input {
            Input::File(path) if item.problem.is_none() => known.is_new(path),
            _ => true,
        }))
    }

    /// What is found at each of the paths.
    fn found<'s>(&'s self, folder: &'s dyn Fn(&Path)) -> Box<dyn Iterator<Item = Item> + 's> {
        let named = |input| Item {
            input,
            root: None,
            problem: None,
        };
        if self.paths.is_empty() {
            return Box::new(std::iter::once(named(Input::Standard)));
        }
        Box::new(
            self.paths
                .iter()
                .flat_map(move |path| -> Box<dyn Iterator<Item = Item> + 's> {
                    let listing = (path.as_os_str() != "-" && path.is_dir())
                        .then(|| self.walker.below(path, folder));
                    match listing {
                        None => Box::new(
                            Input::from_paths(std::slice::from_ref(path))
                                .into_iter()
                                .map(named),
                        ),
                        Some(Err(problem)) => Box::new(std::iter::once(troubled(path, problem))),
                        Some(Ok(found)) => Box::new(found.filter_map(move |found| match found {
                            Ok(Found { path, .. }) if self.lists.option_of(&path).is_some() => None,
                            Ok(Found { path, root }) => Some(Item {
                                input: Input::File(path),
                                root,
                                problem: None,
                            }),
                            Err(problem) => Some(troubled(path, problem)),
                        })),
                    }
                }),
        )
    }

    /// Lists types or files when that was asked for; whether it was.
    pub(crate) fn list(&self, output: &mut impl io::Write) -> io::Result<bool> {
        if self.type_list {
            for (name, globs) in type_list() {
                writeln!(output, "{name}: {}", globs.join(", "))?;
            }
        } else if self.list {
            for item in self.items(&|_| {}) {
                if item.problem.is_none() {
                    writeln!(output, "{}", Visible(item.input.name()))?;
                }
            }
        }
        Ok(self.type_list || self.list)
    }
}

fn troubled(path: &Path, problem: SourceError) -> Item {
    Item {
        input: Input::File(path.to_owned()),
        root: None,
        problem: Some(problem),
    }
}
