//! `hanfix fix`: repaired text.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use encoding_rs::{Encoding, UTF_8};
use hanfix::pipeline::Page;
use hanfix::sink::{self, AtomicFile, Destination};
use hanfix::source::Input;
use hanfix::stream::{self, Limits, StreamError, output_bytes};

use super::console::{Console, raw_output};
use super::inputs::InputArguments;
use super::repairing::{RepairArguments, Repairing, encoding_of};
use super::{FAILED, FOUND, is_broken_pipe};

/// Write the repaired text
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: InputArguments,
    /// Write to this file; with several inputs, into this folder
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// In the output folder, keep the folders of the given paths
    #[arg(long, requires = "output")]
    keep_paths: bool,
    /// Encoding of the output: utf-8, gbk, gb18030, big5, ...
    #[arg(long, value_name = "LABEL")]
    to_encoding: Option<String>,
    /// Also write the list of changes, as JSON lines
    #[arg(long, value_name = "FILE")]
    edits: Option<PathBuf>,
    /// Exit with 1 when something was guessed or is unresolved
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    repair: RepairArguments,
}

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let repairing = arguments.repair.settle()?;
    let to = arguments.to_encoding.as_deref().map(encoding_of).transpose().context("--to-encoding")?;
    let inputs = arguments.inputs.inputs(console, "fix");
    let plan = sink::plan(&inputs, arguments.output.as_deref(), arguments.keep_paths)?;
    let mut failed = 0;
    let found = false;
    for (input, destination) in inputs.iter().zip(plan) {
        if let Err(error) = fix(input, &destination, &repairing, to) {
            if is_broken_pipe(&error) {
                return Err(error);
            }
            console.error(&error);
            failed += 1;
        }
    }
    Ok(match () {
        () if failed > 0 => ExitCode::from(FAILED),
        () if arguments.strict && found => ExitCode::from(FOUND),
        () => ExitCode::SUCCESS,
    })
}

fn fix(
    input: &Input,
    destination: &Destination,
    repairing: &Repairing,
    to: Option<&'static Encoding>,
) -> anyhow::Result<()> {
    let reader = input.open()?;
    let to = to.or((*input == Input::Standard).then_some(UTF_8));
    match destination {
        Destination::Standard => {
            let output = raw_output().context("standard output")?;
            write(reader, output, repairing, to).with_context(|| input.name().display().to_string())
        }
        Destination::File(path) => {
            let mut output = AtomicFile::create(path)?;
            write(reader, &mut output, repairing, to).with_context(|| input.name().display().to_string())?;
            Ok(output.commit()?)
        }
    }
}

fn write(
    reader: impl std::io::Read,
    mut output: impl Write,
    repairing: &Repairing,
    to: Option<&'static Encoding>,
) -> anyhow::Result<()> {
    let Repairing { repairer, encoding } = repairing;
    stream::repair(reader, repairer, &mut Page::default(), *encoding, Limits::default(), |block| {
        output.write_all(&output_bytes(&block, to)?).map_err(StreamError::Write)
    })?;
    Ok(())
}
