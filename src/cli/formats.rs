//! The options that say where text is found in files, shared by the commands that go through folders and archives.

use std::sync::{Arc, Mutex};
use std::{collections::HashMap, path::Path};

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use encoding_rs::Encoding;
use hanfix::batch::{Batch, Limits, Names, WarcMode};
use hanfix::decode::parse_label;
use hanfix::field::{Column, FieldPath, Fields};
use hanfix::source::Kind;

use super::config::Config;
use super::repairing::{RepairArguments, Repairing};

/// Where text is found in files and archives.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Formats and archives")]
pub(crate) struct FormatArguments {
    /// Take files for this kind, whatever their names: plain, html, markdown, subtitles, jsonl, json, csv, tsv, xml
    #[arg(long = "type", value_name = "KIND")]
    kind: Option<String>,
    /// Field of JSON that is text, `text` or `meta.title` (may be repeated); every string unless given
    #[arg(long, value_name = "PATH")]
    field: Vec<String>,
    /// Column of CSV or TSV that is text, by name or number (may be repeated); every cell unless given
    ///
    /// With a column, the first row is the header and stays as it is, so that programs find the columns by their
    /// names as before; see --no-header.
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,
    /// With --column, the first row of a table is no header but a row like the others
    #[arg(long)]
    no_header: bool,
    /// Web archives: rewrite (text of records replaced), conversion (a record with the repaired text is added)
    #[arg(
        long,
        value_name = "HOW",
        default_value = "rewrite",
        hide_possible_values = true
    )]
    warc: WarcArgument,
    /// Zip entries whose names are GBK or Big5: keep (the bytes stay), fix (they become UTF-8)
    #[arg(
        long,
        value_name = "HOW",
        default_value = "keep",
        hide_possible_values = true
    )]
    names: NamesArgument,
    /// Most bytes of an archive entry, unpacked
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bytes)]
    max_entry_size: u64,
    /// Most bytes of one input, unpacked
    #[arg(long, value_name = "BYTES", default_value = "256G", value_parser = bytes)]
    max_total_size: u64,
    /// Most bytes that may come out of one packed byte
    #[arg(long, value_name = "N", default_value_t = 200)]
    max_ratio: u64,
    /// Most entries of one input
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    max_entries: u64,
    /// Archives within archives: 1 is an archive in no other
    #[arg(long, value_name = "N", default_value_t = 2)]
    max_depth: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WarcArgument {
    Rewrite,
    Conversion,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NamesArgument {
    Keep,
    Fix,
}

/// A number of bytes: `1000000`, `64k`, `10M`, `2G`.
fn bytes(text: &str) -> Result<u64, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let shift = match unit
        .trim_end_matches(['b', 'B', 'i'])
        .to_ascii_lowercase()
        .as_str()
    {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => {
            return Err(format!(
                "`{text}` is not a number of bytes; give one like 1000000, 64k, 10M or 2G"
            ));
        }
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("`{text}` is not a number of bytes; give one like 10M"))?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| format!("`{text}` is too much"))
}

/// Everything that decides what comes out for one file.
pub(crate) struct Settled {
    pub(crate) repairing: Repairing,
    kind: Option<Kind>,
    fields: Fields,
    limits: Limits,
    warc: WarcMode,
    names: Names,
    to: Option<&'static Encoding>,
}

impl Settled {
    /// Checks every value.
    pub(crate) fn new(
        repair: &RepairArguments,
        format: &FormatArguments,
        to_encoding: Option<&str>,
    ) -> anyhow::Result<Settled> {
        let kind = format.kind.as_deref().map(|name| {
            let known = Kind::from_name(name).filter(|kind| !kind.is_container());
            known.ok_or_else(|| {
                let names: Vec<&str> = Kind::names()
                    .filter(|name| Kind::from_name(name).is_some_and(|kind| !kind.is_container()))
                    .collect();
                anyhow!(
                    "--type: there is no kind `{name}`; the kinds are {} (archives are found out)",
                    names.join(", ")
                )
            })
        });
        let path = |path: &String| {
            FieldPath::parse(path).ok_or_else(|| {
                anyhow!("--field: `{path}` is not a path of keys; give one like `text` or `meta.title`, and write a dot in a key as `\\.`")
            })
        };
        let columns: Vec<Column> = format.column.iter().cloned().map(Column).collect();
        if format.no_header
            && let Some(Column(name)) = columns.iter().find(|column| !column.is_number())
        {
            bail!("--no-header: without a header no column is called `{name}`; give its number");
        }
        let mut limits = Limits::default();
        limits.entry_size = format.max_entry_size;
        limits.total_size = format.max_total_size;
        limits.ratio = format.max_ratio;
        limits.entries = format.max_entries;
        limits.depth = format.max_depth;
        if limits.depth == 0 || limits.ratio == 0 {
            bail!("--max-depth and --max-ratio: must be 1 or more");
        }
        Ok(Settled {
            repairing: repair.settle()?,
            kind: kind.transpose()?,
            fields: Fields {
                paths: format
                    .field
                    .iter()
                    .map(path)
                    .collect::<anyhow::Result<_>>()?,
                columns,
                no_header: format.no_header,
            },
            limits,
            warc: match format.warc {
                WarcArgument::Rewrite => WarcMode::Rewrite,
                WarcArgument::Conversion => WarcMode::Conversion,
            },
            names: match format.names {
                NamesArgument::Keep => Names::Keep,
                NamesArgument::Fix => Names::Fix,
            },
            to: to_encoding
                .map(parse_label)
                .transpose()
                .context("--to-encoding")?,
        })
    }

    /// The same as the library takes it.
    pub(crate) fn batch(&self, threads: usize) -> Batch<'_> {
        let mut batch = Batch::new(&self.repairing.repairer);
        batch.encoding = self.repairing.encoding;
        batch.to = self.to;
        batch.kind = self.kind;
        batch.fields = self.fields.clone();
        batch.limits = self.limits;
        batch.warc = self.warc;
        batch.names = self.names;
        batch.threads = threads;
        batch
    }
}

/// What decides for each file: the options, and what the configuration says of its name.
pub(crate) struct Profiles<'c> {
    config: &'c Config,
    /// What was settled for each set of overrides.
    settled: Mutex<HashMap<u64, Arc<Settled>>>,
}

impl<'c> Profiles<'c> {
    /// Settles what holds for files that no override names, so that mistakes are found before anything is read.
    pub(crate) fn new(config: &'c Config, base: Settled) -> anyhow::Result<Profiles<'c>> {
        let profiles = Profiles {
            config,
            settled: Mutex::new(HashMap::from([(0, Arc::new(base))])),
        };
        for number in 0..config.overrides() {
            profiles.of_set(1 << number)?;
        }
        Ok(profiles)
    }

    /// What holds for a file.
    pub(crate) fn of(&self, path: &Path) -> anyhow::Result<Arc<Settled>> {
        self.of_set(self.config.matching(path))
    }

    fn of_set(&self, set: u64) -> anyhow::Result<Arc<Settled>> {
        let mut settled = self
            .settled
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = settled.get(&set) {
            return Ok(known.clone());
        }
        let made = Arc::new(super::settle(&self.config.parse_with(set)?)?);
        settled.insert(set, made.clone());
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn numbers_of_bytes() {
        assert_eq!(bytes("10"), Ok(10));
        assert_eq!(bytes("64k"), Ok(64 << 10));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        for wrong in ["", "k", "1x", "99999999999T", "-1"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
