//! `hanfix check`: which files need repair.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hanfix::report::Visible;
use hanfix::report::json::JsonLines;

use super::config::{Config, ConfigArguments};
use super::console::{Console, raw_output};
use super::formats::{FormatArguments, Profiles, Settled};
use super::inputs::SelectArguments;
use super::repairing::RepairArguments;
use super::survey::{Books, ReportArguments, survey};
use super::watch::{Form, Seen};

/// Say which files need repair, one line each
///
/// Nothing is written. A line names the file and how many changes each rule would make:
///     page.txt: 8 annotation, 4 torn, 230 script; 1 guess; 2 unresolved
/// Exit code 0: nothing to do. 1: `hanfix fix` would change something, or a spot looks damaged and
/// cannot be repaired. 2: a file could not be read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(flatten)]
    select: SelectArguments,
    /// What is written: counts (a line for each file), brief (a line for each change), json (JSON lines)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "counts",
        hide_possible_values = true
    )]
    format: Format,
    #[command(flatten)]
    repair: RepairArguments,
    #[command(flatten)]
    formats: FormatArguments,
    #[command(flatten)]
    report: ReportArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Counts,
    Brief,
    Json,
}

const EXAMPLES: &str = "\
Examples:
  hanfix check pages/                   which files of a folder need repair
  hanfix check --format brief page.txt  every change on a line of its own
  hanfix check --to keep -q page.txt    only the exit code of damage, Traditional text is fine";

impl Arguments {
    pub(super) fn settle(&self) -> anyhow::Result<Settled> {
        Settled::new(&self.repair, &self.formats, None)
    }
}

pub(crate) fn run(
    arguments: Arguments,
    config: &Config,
    console: &Console,
) -> anyhow::Result<ExitCode> {
    let base = arguments.settle()?;
    let profiles = Profiles::new(config, base)?;
    let mut select = arguments.select.settle(console, "check")?;
    arguments.report.guard(&mut select, &arguments.repair)?;
    let mut output = BufWriter::new(raw_output()?);
    if select.list(&mut output)? {
        output.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let form = match arguments.format {
        Format::Counts => Form::Nothing,
        Format::Brief => Form::Brief,
        Format::Json => Form::Json,
    };
    let mut books = Books::new(console, &arguments.report, &select)?;
    let is_told = arguments.format == Format::Counts && !console.is_quiet();
    survey(
        &select,
        &profiles,
        form,
        &mut books,
        &mut output,
        |path, seen, output| match is_told && (!seen.is_clean() || console.is_verbose()) {
            true => writeln!(output, "{}", line(path, seen)),
            false => Ok(()),
        },
    )?;
    if arguments.format == Format::Json {
        JsonLines::new(&mut output).summary(&books.totals)?;
    }
    output.flush()?;
    let found = books.totals.found_any();
    books.finish(found)
}

/// `page.txt: 8 annotation, 4 torn; 1 guess; 2 unresolved`
pub(super) fn line(path: &Path, seen: &Seen) -> String {
    let (path, tally) = (Visible(path), &seen.tally);
    let mut parts = Vec::new();
    if tally.edits() > 0 {
        parts.push(tally.rule_counts());
    }
    parts.extend(seen.besides().map(str::to_owned));
    match tally.guesses.count {
        0 => {}
        1 => parts.push("1 guess".to_owned()),
        count => parts.push(format!("{count} guesses")),
    }
    match tally.unresolved.count {
        0 => {}
        count => parts.push(format!("{count} unresolved")),
    }
    if parts.is_empty() {
        format!("{path}: nothing to repair")
    } else {
        format!("{path}: {}", parts.join("; "))
    }
}
