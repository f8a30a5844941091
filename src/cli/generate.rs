//! `hanfix completions` and `hanfix man`: made from the options themselves.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::console::raw_output;

/// Write the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hanfix completions bash > ~/.local/share/bash-completion/completions/hanfix
  hanfix completions zsh > ~/.zfunc/_hanfix
  hanfix completions fish > ~/.config/fish/completions/hanfix.fish")]
pub(crate) struct CompletionsArguments {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// Write the manual page
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hanfix man | man -l -                   read it
  hanfix man -o ~/.local/share/man/man1   one page for each command")]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn completions(arguments: &CompletionsArguments) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::Arguments::command(),
        "hanfix",
        &mut text,
    );
    let mut output = raw_output()?;
    output.write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(arguments: &ManArguments) -> anyhow::Result<ExitCode> {
    let command = super::Arguments::command().disable_help_subcommand(true);
    let Some(folder) = &arguments.output else {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text)?;
        raw_output()?.write_all(&text)?;
        return Ok(ExitCode::SUCCESS);
    };
    let shown = folder.display().to_string();
    fs::create_dir_all(folder).with_context(|| shown.clone())?;
    clap_mangen::generate_to(command, folder).with_context(|| shown)?;
    Ok(ExitCode::SUCCESS)
}
