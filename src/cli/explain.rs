//! `hanfix explain`: how each repair was found.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use clap::Args;
use hanfix::report::summary::Tally;
use hanfix::report::{Visible, explain};
use hanfix::source::Input;

use super::blocks::{repair_blocks, view};
use super::console::{Console, raw_output};
use super::inputs::InputArguments;
use super::repairing::{RepairArguments, Repairing};
use super::survey::Books;
use super::whole::Whole;

/// Explain how each repair was found
///
/// For every change: where it is, the rule, the bytes behind it, how sure it is, whether the damage done again
/// to the new text gives the page, and, where a byte is gone, the candidates with their probabilities.
/// Scores are in nats: 1 nat is a factor of 2.7, 7 nats one of 1000.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: InputArguments,
    #[command(flatten)]
    repair: RepairArguments,
    #[command(flatten)]
    config: super::config::ConfigArguments,
}

const EXAMPLES: &str = "\
Examples:
  hanfix explain page.txt                    everything about every change
  hanfix explain --to keep page.txt          the repairs without the change of script
  hanfix explain --rules torn page.txt | less";

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let repairing = arguments.repair.settle()?;
    let inputs = arguments.inputs.inputs(console, "explain");
    let mut output = BufWriter::new(raw_output()?);
    let mut books = Books::plain(console);
    for input in &inputs {
        let outcome = explain(input, &repairing, &mut output);
        books.record(input.name(), outcome.into())?;
    }
    output.flush()?;
    books.finish(false)
}

fn explain(input: &Input, repairing: &Repairing, output: &mut impl Write) -> anyhow::Result<Tally> {
    let (mut whole, mut tally) = (Whole::default(), Tally::default());
    let page = repair_blocks(input, repairing, |block| {
        let view = view(input.name(), &block);
        tally.add(&view);
        tally.undecodable += block.decoded.ledger.undecodable();
        Ok(whole.add(&view)?)
    })?;
    let view = whole.view(input.name());
    if view.is_clean() {
        writeln!(output, "{}: nothing to repair", Visible(input.name()))?;
    } else {
        explain::write_page(output, &view, &page)?;
        explain::write(output, &view, &mut 0)?;
    }
    Ok(tally)
}
