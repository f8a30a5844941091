//! `hanfix diff`: every change, as a diff.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hanfix::report::hunks::{Lines, hunks};
use hanfix::report::json::JsonLines;
use hanfix::report::summary::Tally;
use hanfix::report::terminal::{self, Look};
use hanfix::report::unified;
use hanfix::source::Input;

use super::check::{write_brief, write_json};
use super::console::{Console, raw_output};
use super::inputs::InputArguments;
use super::repairing::{RepairArguments, Repairing};
use super::run::{Run, Whole};

/// Show every change
///
/// Writes what `hanfix fix` would change and changes nothing itself. On a terminal the changed characters are
/// marked; elsewhere it is a patch in the encoding of the file, which `git apply` and `patch -p1` take.
/// Exit code 0: nothing to change. 1: there is something, or a spot looks damaged and cannot be repaired.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: InputArguments,
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
  hanfix diff pages/*.txt | git apply           make the changes in place
  hanfix diff --color always page.txt | less -R page through it
  hanfix diff --format brief page.txt           path:line:column: rule: `old` -> `new` (confidence)";

/// Columns of a terminal that does not say.
const USUAL_WIDTH: usize = 80;

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let repairing = arguments.repair.settle()?;
    let inputs = arguments.inputs.inputs(console, "diff");
    let mut output = BufWriter::new(raw_output()?);
    let is_watched = io::stdout().is_terminal();
    let color = console.colors_output();
    let look = (is_watched || color).then(|| Look {
        color,
        width: width(),
    });
    let mut run = Run::new(console);
    for input in &inputs {
        let outcome = match arguments.format {
            Format::Unified => write_diff(input, &repairing, &mut output, look),
            Format::Brief => write_brief(input, &repairing, &mut output),
            Format::Json => write_json(input, &repairing, &mut output),
        };
        if let (Format::Json, Err(error)) = (arguments.format, &outcome) {
            JsonLines::new(&mut output).error(input.name(), &format!("{error:#}"))?;
        }
        run.record(input.name(), outcome)?;
    }
    if arguments.format == Format::Json {
        JsonLines::new(&mut output).summary(&run.totals)?;
    }
    output.flush()?;
    let found = run.totals.found_any();
    Ok(run.finish(found))
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0))
}

fn write_diff(
    input: &Input,
    repairing: &Repairing,
    output: &mut impl Write,
    look: Option<Look>,
) -> anyhow::Result<Tally> {
    let whole = Whole::read(input, repairing, look.is_none())?;
    let path = input.name();
    if let Some(look) = look {
        terminal::write(output, &whole.view(path), &whole.repaired, look)?;
        return Ok(whole.tally);
    }
    let (old, new) = (
        Lines::new(whole.text.as_bytes()),
        Lines::new(whole.repaired.as_bytes()),
    );
    let hunks = hunks(&old, &new, &whole.edits);
    let (old_bytes, new_bytes) = (Lines::new(&whole.bytes.0), Lines::new(&whole.bytes.1));
    // In UTF-16 a byte 0A need not be a line end: such a file has no patch in its own bytes.
    if old_bytes.len() == old.len() && new_bytes.len() == new.len() {
        unified::write(output, path, &old_bytes, &new_bytes, &hunks)?;
    } else {
        unified::write(output, path, &old, &new, &hunks)?;
    }
    Ok(whole.tally)
}
