//! `hanfix undo`: what a run changed in place is put back.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::Args;
use hanfix::report::Visible;
use hanfix::sink::{self, Undo, Undoing};

use super::console::{Console, print};
use super::{FAILED, FOUND};

/// Put back what a `fix --write` changed
///
/// Restores the files of a run byte for byte, the last one unless another is named. When one of them was changed
/// since, nothing is put back and the files are listed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Name of the run; see --list
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// List the runs that can be undone
    #[arg(long)]
    list: bool,
    /// Put back the others when some files were changed since or are gone
    #[arg(long)]
    skip_changed: bool,
    /// Folder of the journals, as it was given to `fix`
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  hanfix undo --list                      the runs there are
  hanfix undo                             put back what the last run changed
  hanfix undo 20260131-101500-4711        put back what that run changed";

/// The folder of all journals: as told, or where the system keeps the state of programs.
pub(super) fn journals(told: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = told {
        return Ok(folder.to_owned());
    }
    let from = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let state = from("XDG_STATE_HOME")
        .or_else(|| Some(from("HOME")?.join(".local/state")))
        .or_else(|| from("LOCALAPPDATA"));
    let state = state.ok_or_else(|| {
        anyhow!(
            "there is no home folder to keep the journal in; give --journal DIR or --no-journal"
        )
    })?;
    Ok(state.join("hanfix/runs"))
}

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let folder = journals(arguments.journal.as_deref())?;
    let runs = sink::runs(&folder);
    if arguments.list {
        for run in &runs {
            let undone = if run.undone { ", undone" } else { "" };
            let plural = if run.files == 1 { "" } else { "s" };
            print(&format!(
                "{}: {} file{plural}{undone}\n",
                Visible(&*run.name),
                run.files
            ))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let name = match &arguments.run {
        Some(name) => runs
            .iter()
            .find(|run| run.name == *name)
            .map(|run| &run.name)
            .ok_or_else(|| {
                anyhow!(
                    "there is no run `{}`; see `hanfix undo --list`",
                    Visible(&**name)
                )
            })?,
        None => runs
            .iter()
            .rev()
            .find(|run| !run.undone)
            .map(|run| &run.name)
            .ok_or_else(|| {
                anyhow!(
                    "nothing to undo: there is no run with a journal in {}",
                    Visible(&*folder)
                )
            })?,
    };
    let undoing = Undoing::open(&folder.join(name))?;
    let plan = undoing.plan();
    match undoing.broken() {
        0 => {}
        count => console.warning(&format_args!(
            "{}: {} of the journal cannot be read; the files they stand for stay as they are",
            Visible(&**name),
            if count == 1 {
                "1 line".to_owned()
            } else {
                format!("{count} lines")
            }
        )),
    }
    let mut kept = 0;
    for (path, undo) in &plan {
        let why = match undo {
            Undo::Changed => "was changed since",
            Undo::Missing => "is gone",
            Undo::Unreadable => "cannot be read",
            _ => continue,
        };
        kept += 1;
        console.warning(&format_args!("{}: {why}", Visible(&**path)));
    }
    if kept > 0 && !arguments.skip_changed {
        bail!(
            "nothing was put back, since {kept} of {} files are not as the run left them; --skip-changed puts back the others",
            plan.len()
        );
    }
    let (mut restored, mut failed) = (0, 0);
    // The last change first, should a file have been changed twice.
    for number in (0..plan.len()).rev() {
        match undoing.restore(number, true) {
            Ok(Undo::Restore) => restored += 1,
            Ok(_) => {}
            Err(error) => {
                failed += 1;
                console.error(&error.into());
            }
        }
    }
    if failed == 0 && kept == 0 {
        undoing.close()?;
    }
    let plural = if restored == 1 { "" } else { "s" };
    console.note(&format_args!("hanfix: {restored} file{plural} put back"));
    Ok(match (failed, kept + undoing.broken()) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(FOUND),
        _ => ExitCode::from(FAILED),
    })
}
