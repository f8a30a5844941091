//! Paths on the command line.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use hanfix::source::Input;

use super::console::Console;

/// What to read.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArguments {
    /// Files to read; none, or `-`, is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl InputArguments {
    /// The inputs; a person who gave none and sits at the keyboard is told what happens.
    pub(crate) fn inputs(&self, console: &Console, command: &str) -> Vec<Input> {
        if self.paths.is_empty() && io::stdin().is_terminal() {
            console.note(&format_args!(
                "hanfix: reading the keyboard; end with Ctrl-D, or stop with Ctrl-C and name a file: hanfix {command} page.txt"
            ));
        }
        Input::from_paths(&self.paths)
    }
}
