//! `hanfix convert`: another script, and nothing else.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use hanfix::report::LineIndex;
use hanfix::script::Converter;
use serde_json::json;

use super::blocks::repair_blocks;
use super::config::Config;
use super::console::{Console, raw_output};
use super::fix;
use super::formats::Settled;

/// Convert between Traditional and Simplified Chinese, and do nothing else
///
/// Characters with several forms (发 is 發 or 髮, 乾 is 干 or 乾) are decided by the words around them. Text that
/// is in the wanted script already stays as it is. Files are read and written as by `hanfix fix`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[group(id = "conversion")]
pub(crate) struct Arguments {
    /// Instead of the text, list the characters whose choice was close, as JSON lines
    #[arg(long, conflicts_with_all = ["output", "edits"])]
    ambiguities: bool,
    #[command(flatten)]
    pub(super) fix: fix::Arguments,
}

impl Arguments {
    pub(super) fn settle(&self) -> anyhow::Result<Settled> {
        self.fix.settle_script()
    }
}

const EXAMPLES: &str = "\
Examples:
  hanfix convert --to zh-TW page.txt              Traditional as in Taiwan
  hanfix convert --to zh-TW --words page.txt      with the words of Taiwan too
  hanfix convert --ambiguities page.txt           what was a close choice
  hanfix convert --dict names.txt --protect 'https?://\\S+' page.txt";

pub(crate) fn run(
    arguments: Arguments,
    config: &Config,
    console: &Console,
) -> anyhow::Result<ExitCode> {
    let fix = arguments.fix.only_script();
    if arguments.ambiguities {
        return list(&fix, console);
    }
    fix::run(fix, config, console)
}

/// One line for each close choice, and a last one that says that all was read.
fn list(arguments: &fix::Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let mut output = BufWriter::new(raw_output().context("standard output")?);
    let mut count = 0;
    let repairing = arguments.repairing()?;
    let options = repairing.repairer.options();
    let converter = options
        .to
        .variant()
        .map(|to| Converter::with(to, options.conversion.clone()));
    let inputs = arguments.inputs(console, "convert")?;
    for input in &inputs {
        let path = input.name().display().to_string();
        repair_blocks(input, &repairing, |block| {
            let text = &*block.decoded.text;
            let lines = LineIndex::new(text, block.place);
            let found = converter
                .as_ref()
                .map(|converter| converter.ambiguities(text, repairing.repairer.model()));
            for ambiguity in found.into_iter().flatten() {
                let position = lines.locate(ambiguity.start);
                let line = json!({
                    "type": "ambiguity",
                    "path": path,
                    "line": position.line,
                    "column": position.column,
                    "start": block.place.offset + ambiguity.start,
                    "end": block.place.offset + ambiguity.end,
                    "old": ambiguity.old,
                    "candidates": ambiguity.candidates,
                    "margin": f64::from((ambiguity.margin * 100.0).round()) / 100.0,
                });
                writeln!(output, "{line}").context("cannot write")?;
                count += 1;
            }
            Ok(())
        })?;
    }
    let line = json!({"type": "summary", "inputs": inputs.len(), "ambiguities": count});
    writeln!(output, "{line}").context("cannot write")?;
    output.flush().context("cannot write")?;
    Ok(ExitCode::SUCCESS)
}
