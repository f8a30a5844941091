//! `hanfix check`: which files need repair.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hanfix::report::json::JsonLines;
use hanfix::report::summary::Tally;
use hanfix::report::{Visible, brief};
use hanfix::source::Input;

use super::console::{Console, raw_output};
use super::inputs::InputArguments;
use super::repairing::{RepairArguments, Repairing};
use super::run::{Run, repair_blocks, view};

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
    inputs: InputArguments,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Counts,
    Brief,
    Json,
}

const EXAMPLES: &str = "\
Examples:
  hanfix check *.txt                    which files need repair
  hanfix check --format brief page.txt  every change on a line of its own
  hanfix check --to keep -q page.txt    only the exit code of damage, Traditional text is fine";

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let repairing = arguments.repair.settle()?;
    let inputs = arguments.inputs.inputs(console, "check");
    let mut output = BufWriter::new(raw_output()?);
    let mut run = Run::new(console);
    for input in &inputs {
        let outcome = match arguments.format {
            Format::Counts => check(input, &repairing, &mut output, console),
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

/// `page.txt: 8 annotation, 4 torn; 1 guess; 2 unresolved`
pub(super) fn line(path: &Path, tally: &Tally) -> String {
    let path = Visible(path);
    let mut parts = Vec::new();
    if tally.edits() > 0 {
        parts.push(tally.rule_counts());
    }
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

fn check(
    input: &Input,
    repairing: &Repairing,
    output: &mut impl Write,
    console: &Console,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    repair_blocks(input, repairing, |block| {
        tally.add(&view(input.name(), &block));
        tally.undecodable += block.decoded.ledger.undecodable();
        Ok(())
    })?;
    if !console.is_quiet() && (!tally.is_clean() || console.is_verbose()) {
        writeln!(output, "{}", line(input.name(), &tally))?;
    }
    Ok(tally)
}

/// Every change of an input as a line.
pub(super) fn write_brief(
    input: &Input,
    repairing: &Repairing,
    output: &mut impl Write,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    repair_blocks(input, repairing, |block| {
        let view = view(input.name(), &block);
        tally.add(&view);
        tally.undecodable += block.decoded.ledger.undecodable();
        Ok(brief::write(output, &view)?)
    })?;
    Ok(tally)
}

/// Every change of an input as a line of JSON.
pub(super) fn write_json(
    input: &Input,
    repairing: &Repairing,
    output: &mut impl Write,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut lines = JsonLines::new(output);
    repair_blocks(input, repairing, |block| {
        let view = view(input.name(), &block);
        tally.add(&view);
        tally.undecodable += block.decoded.ledger.undecodable();
        if block.place == Default::default() {
            lines.begin(
                input.name(),
                block.decoded.encoding_name(),
                block.decoded.bom,
            )?;
        }
        Ok(lines.view(&view)?)
    })?;
    lines.end(input.name(), &tally)?;
    Ok(tally)
}
