//! `hanfix convert`: another script, and nothing else.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use hanfix::decode::DecodeError;
use hanfix::report::LineIndex;
use hanfix::report::json::JsonPath;
use hanfix::script::Converter;
use hanfix::stream::StreamError;
use serde_json::json;

use super::blocks::repair_blocks;
use super::config::Config;
use super::console::{Console, raw_output};
use super::fix;
use super::formats::{Profiles, Settled};
use super::inputs::Item;
use super::survey::{Books, Fate};

/// Convert between Traditional and Simplified Chinese, and do nothing else
///
/// Characters with several forms (发 is 發 or 髮, 乾 is 干 or 乾) are decided by the words around them. Text that
/// is in the wanted script already stays as it is. Files are read and written as by `hanfix fix`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[group(id = "conversion")]
pub(crate) struct Arguments {
    /// Instead of the text, list the characters whose choice was close, as JSON lines
    #[arg(long, conflicts_with_all = CONTRADICTED)]
    ambiguities: bool,
    #[command(flatten)]
    pub(super) fix: fix::Arguments,
}

impl Arguments {
    pub(super) fn settle(&self) -> anyhow::Result<Settled> {
        self.fix.settle_script()
    }
}

/// Options that the list of close choices could not heed: it writes no texts, and takes a file as it is.
const CONTRADICTED: [&str; 13] = [
    "output",
    "edits",
    "write",
    "backup",
    "state",
    "report",
    "to_encoding",
    "kind",
    "field",
    "column",
    "no_header",
    "warc",
    "names",
];

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
        return list(&fix, config, console);
    }
    fix::run(fix, config, console)
}

/// One line for each close choice, and a last one that says that all was read.
fn list(
    arguments: &fix::Arguments,
    config: &Config,
    console: &Console,
) -> anyhow::Result<ExitCode> {
    let profiles = Profiles::new(config, arguments.settle_script()?)?;
    let select = arguments.select().settle(console, "convert")?;
    let mut output = BufWriter::new(raw_output()?);
    if select.list(&mut output)? {
        output.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut books = Books::plain(console);
    let (mut inputs, mut count) = (0, 0);
    for item in select.items(&|_| {}) {
        inputs += 1;
        match choices(&item, &profiles, &mut output) {
            Ok(found) => count += found,
            Err(error) => {
                let fate = match item.root.is_some() && is_not_text(&error) {
                    true => Fate::Skipped("not text".to_owned()),
                    false => Fate::Failed(error),
                };
                books.record(item.input.name(), fate)?;
            }
        }
    }
    let line = json!({"type": "summary", "inputs": inputs, "ambiguities": count});
    writeln!(output, "{line}")?;
    output.flush()?;
    books.finish(false)
}

/// Writes the close choices of one input; how many there are.
fn choices(item: &Item, profiles: &Profiles<'_>, output: &mut impl Write) -> anyhow::Result<usize> {
    let path = item.input.name();
    if let Some(problem) = &item.problem {
        bail!("{problem}");
    }
    let settled = profiles.of(path)?;
    let repairing = &settled.repairing;
    let options = repairing.repairer.options();
    let converter = options
        .to
        .variant()
        .map(|to| Converter::with(to, options.conversion.clone()));
    let mut count = 0;
    repair_blocks(&item.input, repairing, |block| {
        let text = &*block.decoded.text;
        let lines = LineIndex::new(text, block.place);
        let found = converter
            .as_ref()
            .map(|converter| converter.ambiguities(text, repairing.repairer.model()));
        for ambiguity in found.into_iter().flatten() {
            let position = lines.locate(ambiguity.start);
            let line = json!({
                "type": "ambiguity",
                "path": JsonPath(path),
                "line": position.line,
                "column": position.column,
                "start": block.place.offset + ambiguity.start,
                "end": block.place.offset + ambiguity.end,
                "old": ambiguity.old,
                "candidates": ambiguity.candidates,
                "margin": f64::from((ambiguity.margin * 100.0).round()) / 100.0,
            });
            writeln!(output, "{line}")?;
            count += 1;
        }
        Ok(())
    })?;
    Ok(count)
}

fn is_not_text(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<StreamError>()
        .is_some_and(|error| matches!(error, StreamError::Decode(DecodeError::NotText { .. })))
}
