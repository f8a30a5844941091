//! `hanfix diff`.

use std::process::ExitCode;

use clap::Args;

use super::console::Console;

/// (to come)
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: Arguments, _console: &Console) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
