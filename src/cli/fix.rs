//! `hanfix fix`: repaired text.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use encoding_rs::{Encoding, UTF_8};
use hanfix::decode::parse_label;
use hanfix::report::Visible;
use hanfix::report::json::JsonLines;
use hanfix::report::summary::Tally;
use hanfix::sink::{self, AtomicFile, Destination};
use hanfix::source::{Input, Reader};
use hanfix::stream::output_bytes;

use super::INTERRUPTED;
use super::console::{Console, raw_output};
use super::inputs::InputArguments;
use super::repairing::{RepairArguments, Repairing};
use super::run::{Run, repair_reader, view};

/// Write the repaired text
///
/// Repairs one text to standard output or to a file, or several files into a folder. The files that are read
/// are never changed. What is not damaged comes out byte for byte: line ends, byte order mark and a missing
/// final line end stay. A repaired file keeps its encoding; standard input comes out as UTF-8.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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

const EXAMPLES: &str = "\
Examples:
  hanfix fix page.txt -o repaired.txt         repair a file into another
  curl -s URL | hanfix fix > page.txt         repair what comes through a pipe
  hanfix fix *.txt -o out/ --edits list.jsonl several files into a folder, and a list of all changes
  hanfix fix --to keep page.txt               repair only, Traditional stays Traditional";

impl Arguments {
    /// The same, with no rule but the conversion of the script.
    pub(crate) fn only_script(mut self) -> Self {
        self.repair.only_script();
        self
    }

    /// What is to be read.
    pub(crate) fn inputs(&self, console: &Console, command: &str) -> Vec<Input> {
        self.inputs.inputs(console, command)
    }

    /// Checks how it is repaired.
    pub(crate) fn repairing(&self) -> anyhow::Result<Repairing> {
        self.repair.settle()
    }
}

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let repairing = arguments.repair.settle()?;
    let to = arguments
        .to_encoding
        .as_deref()
        .map(parse_label)
        .transpose()
        .context("--to-encoding")?;
    let inputs = arguments.inputs.inputs(console, "fix");
    let plan = sink::plan(&inputs, arguments.output.as_deref(), arguments.keep_paths)?;
    let mut edits = match &arguments.edits {
        Some(path) => Some(create_edits(path, &inputs, &plan)?),
        None => None,
    };
    if edits.is_some()
        || plan
            .iter()
            .any(|destination| *destination != Destination::Standard)
    {
        remove_unfinished_on_interrupt()?;
    }
    let mut run = Run::new(console);
    for (input, destination) in inputs.iter().zip(&plan) {
        let outcome = fix(input, destination, &repairing, to, edits.as_mut());
        if let (Err(error), Some(edits)) = (&outcome, &mut edits) {
            edits.error(input.name(), &format!("{error:#}"))?;
        }
        if let (Ok(tally), true) = (&outcome, console.is_verbose() && inputs.len() > 1) {
            console.note(&super::check::line(input.name(), tally));
        }
        run.record(input.name(), outcome)?;
    }
    if let Some(mut edits) = edits {
        edits.summary(&run.totals)?;
        edits
            .into_inner()
            .into_inner()
            .map_err(|error| error.into_error())?
            .commit()?;
    }
    let doubts = run.totals.doubts_any();
    Ok(run.finish(arguments.strict && doubts))
}

type EditsFile = JsonLines<BufWriter<AtomicFile>>;

/// Repairs one input. Nothing of an output file appears unless all of it could be made.
fn fix(
    input: &Input,
    destination: &Destination,
    repairing: &Repairing,
    to: Option<&'static Encoding>,
    edits: Option<&mut EditsFile>,
) -> anyhow::Result<Tally> {
    // The input first: where it cannot be read, no folder is made for the output.
    let reader = input.open()?;
    let to = to.or((*input == Input::Standard).then_some(UTF_8));
    let writing = Writing {
        input,
        repairing,
        to,
    };
    match destination {
        Destination::Standard => {
            writing.write(reader, raw_output().context("standard output")?, edits)
        }
        Destination::File(path) => {
            let mut output = AtomicFile::create(path)?;
            let tally = writing.write(reader, &mut output, edits)?;
            output.commit()?;
            Ok(tally)
        }
    }
}

/// What is written, and how.
struct Writing<'w> {
    input: &'w Input,
    repairing: &'w Repairing,
    to: Option<&'static Encoding>,
}

impl Writing<'_> {
    fn write(
        &self,
        reader: Reader,
        mut output: impl Write,
        mut edits: Option<&mut EditsFile>,
    ) -> anyhow::Result<Tally> {
        let path = self.input.name();
        let mut tally = Tally::default();
        repair_reader(self.input, reader, self.repairing, |block| {
            let view = view(path, &block);
            tally.add(&view);
            tally.undecodable += block.decoded.ledger.undecodable();
            if let Some(edits) = &mut edits {
                if block.place == Default::default() {
                    edits.begin(path, block.decoded.encoding.name(), block.decoded.bom)?;
                }
                edits.view(&view)?;
            }
            let bytes = output_bytes(&block, self.to)?;
            output.write_all(&bytes).context("cannot write")
        })?;
        output.flush().context("cannot write")?;
        if let Some(edits) = edits {
            edits.end(path, &tally)?;
        }
        Ok(tally)
    }
}

fn create_edits(path: &Path, inputs: &[Input], plan: &[Destination]) -> anyhow::Result<EditsFile> {
    if plan.contains(&Destination::File(path.to_owned())) {
        bail!(
            "{}: is already the output; give --edits another file",
            Visible(path)
        );
    }
    sink::refuse_inputs(inputs, &[path.to_owned()])?;
    Ok(JsonLines::new(BufWriter::new(AtomicFile::create(path)?)))
}

/// Ctrl-C leaves no temporary file behind.
fn remove_unfinished_on_interrupt() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        sink::discard_unfinished();
        std::process::exit(INTERRUPTED);
    })
    .context("cannot watch for Ctrl-C")
}
