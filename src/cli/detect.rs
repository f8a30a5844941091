//! `hanfix detect`: in which encoding a file is, and what is wrong with its text.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hanfix::edit::Rule;
use hanfix::report::Visible;
use hanfix::report::json::JsonPath;
use hanfix::report::summary::Tally;
use hanfix::source::Input;
use serde::{Serialize, Serializer};

use super::blocks::{repair_blocks, view};
use super::console::{Console, raw_output};
use super::inputs::InputArguments;
use super::repairing::{RepairArguments, Repairing};
use super::survey::Books;

/// Say in which encoding files are, and what is wrong with their text
///
/// Nothing is written. A line names the file, its encoding, how sure that is, and the kinds of damage with their
/// number and how sure the most doubtful spot is:
///     page.txt: GBK (1.00); 8 annotation (0.99), 4 torn (0.97); 2 unresolved
/// Exit code 0 whatever is found, 2: a file could not be read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: InputArguments,
    /// What is written: text (a line for each file), json (a line of JSON for each file)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    format: Format,
    #[command(flatten)]
    repair: RepairArguments,
    #[command(flatten)]
    config: super::config::ConfigArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

const EXAMPLES: &str = "\
Examples:
  hanfix detect *.txt                   encodings and kinds of damage
  hanfix detect --format json page.txt  the same for programs";

/// What was found in one file.
#[derive(Default, Serialize)]
struct Found {
    #[serde(serialize_with = "json_path")]
    path: PathBuf,
    encoding: &'static str,
    confidence: f32,
    byte_order_mark: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    undecodable: usize,
    damage: BTreeMap<Rule, Damage>,
    unresolved: usize,
    /// How text was misread, with how many spots each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    chains: BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Damage {
    count: usize,
    /// That of the most doubtful spot.
    confidence: f32,
}

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let repairing = arguments.repair.settle()?;
    let inputs = arguments.inputs.inputs(console, "detect");
    let mut output = BufWriter::new(raw_output()?);
    let mut books = Books::plain(console);
    for input in &inputs {
        let outcome = detect(input, &repairing, arguments.format, &mut output);
        books.record(input.name(), outcome.into())?;
    }
    output.flush()?;
    books.finish(false)
}

fn detect(
    input: &Input,
    repairing: &Repairing,
    format: Format,
    output: &mut impl Write,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut found = Found {
        path: input.name().to_owned(),
        ..Found::default()
    };
    repair_blocks(input, repairing, |block| {
        tally.add(&view(input.name(), &block));
        let decoded = block.decoded;
        if found.encoding.is_empty() || found.encoding == "UTF-8" {
            found.encoding = decoded.encoding_name();
            found.confidence = decoded.confidence;
        }
        found.byte_order_mark |= decoded.bom;
        found.note = found.note.take().or_else(|| decoded.note.clone());
        found.undecodable += decoded.ledger.undecodable();
        found.unresolved += block.repaired.unresolved.len();
        for edit in block
            .repaired
            .edits
            .iter()
            .filter(|edit| edit.rule.is_damage())
        {
            let damage = found.damage.entry(edit.rule).or_insert(Damage {
                count: 0,
                confidence: 1.0,
            });
            damage.count += 1;
            damage.confidence = damage.confidence.min(edit.confidence);
            if let Some(plan) = edit.evidence.as_deref().and_then(|e| e.plan.as_ref()) {
                *found.chains.entry(plan.chain()).or_default() += 1;
            }
        }
        Ok(())
    })?;
    match format {
        Format::Json => writeln!(output, "{}", serde_json::to_string(&found)?)?,
        Format::Text => writeln!(output, "{}", line(&found))?,
    }
    Ok(tally)
}

fn json_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    JsonPath(path).serialize(serializer)
}

fn line(found: &Found) -> String {
    let mark = if found.byte_order_mark {
        " with byte order mark"
    } else {
        ""
    };
    let mut parts = vec![format!(
        "{}: {}{mark} ({:.2})",
        Visible(&*found.path),
        found.encoding,
        found.confidence
    )];
    parts.extend(found.note.iter().map(|note| Visible(&**note).to_string()));
    if found.undecodable > 0 {
        parts.push(format!("{} undecodable", found.undecodable));
    }
    let damage: Vec<String> = found
        .damage
        .iter()
        .map(|(rule, damage)| format!("{} {rule} ({:.2})", damage.count, damage.confidence))
        .collect();
    if !damage.is_empty() {
        parts.push(damage.join(", "));
    }
    parts.extend(found.chains.keys().cloned());
    if found.unresolved > 0 {
        parts.push(format!("{} unresolved", found.unresolved));
    }
    parts.join("; ")
}
