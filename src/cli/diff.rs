//! `hanfix diff`: every change, as a diff.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hanfix::report::json::JsonLines;
use hanfix::report::terminal::Look;

use super::config::{Config, ConfigArguments};
use super::console::{Console, raw_output};
use super::formats::{FormatArguments, Profiles, Settled};
use super::inputs::SelectArguments;
use super::repairing::RepairArguments;
use super::survey::{Books, ReportArguments, survey};
use super::watch::Form;

/// Show every change
///
/// Writes what `hanfix fix` would change and changes nothing itself. On a terminal the changed characters are
/// marked; elsewhere it is a patch in the encoding of the file, which `git apply` and `patch -p1` take.
/// Exit code 0: nothing to change. 1: there is something, or a spot looks damaged and cannot be repaired.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    select: SelectArguments,
    /// What is written: unified (a diff), brief (a line for each change), json (JSON lines)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "unified",
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
    Unified,
    Brief,
    Json,
}

const EXAMPLES: &str = "\
Examples:
  hanfix diff page.txt                          look at every change
  hanfix diff pages/ | git apply                make the changes in place
  hanfix diff --color always page.txt | less -R page through it
  hanfix diff --format brief page.txt           path:line:column: rule: `old` -> `new` (confidence)";

/// Columns of a terminal that does not say.
const USUAL_WIDTH: usize = 80;

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
    let mut select = arguments.select.settle(console, "diff")?;
    arguments.report.guard(&mut select, &arguments.repair)?;
    let mut output = BufWriter::new(raw_output()?);
    if select.list(&mut output)? {
        output.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_watched = io::stdout().is_terminal();
    let color = console.colors_output();
    let look = (is_watched || color).then(|| Look {
        color,
        width: width(),
    });
    let form = match arguments.format {
        Format::Unified => Form::Diff(look),
        Format::Brief => Form::Brief,
        Format::Json => Form::Json,
    };
    let mut books = Books::new(console, &arguments.report, &select)?;
    survey(
        &select,
        &profiles,
        form,
        &mut books,
        &mut output,
        |_, _, _| Ok(()),
    )?;
    if arguments.format == Format::Json {
        JsonLines::new(&mut output).summary(&books.totals)?;
    }
    output.flush()?;
    let found = books.totals.found_any();
    books.finish(found)
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0))
}
