//! Paths on the command line, and which files of folders are read.

use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::Args;
use hanfix::report::Visible;
use hanfix::source::walk::{Found, Walk, Walker, type_list};
use hanfix::source::{Input, SourceError};

use super::console::Console;

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

/// The checked form of what to read.
pub(crate) struct Select {
    paths: Vec<PathBuf>,
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
        Ok(Select {
            paths: self.paths.clone(),
            walker,
            threads: walk.threads,
            list: walk.files,
            type_list: walk.type_list,
        })
    }
}

impl Select {
    /// The paths as they were given.
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

    /// All inputs, in the order of the paths and by name within folders. Folders are shown to `folder`.
    pub(crate) fn items<'s>(
        &'s self,
        folder: &'s dyn Fn(&Path),
    ) -> Box<dyn Iterator<Item = Item> + 's> {
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
                        Some(Ok(found)) => Box::new(found.map(move |found| match found {
                            Ok(Found { path, root }) => Item {
                                input: Input::File(path),
                                root,
                                problem: None,
                            },
                            Err(problem) => troubled(path, problem),
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
