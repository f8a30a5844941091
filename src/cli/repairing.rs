//! The options that decide what is repaired, shared by all commands that repair.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use encoding_rs::Encoding;
use hanfix::decode::parse_label;
use hanfix::edit::Rule;
use hanfix::lm::Model;
use hanfix::pipeline::{Fill, Markup, Options, Punct, Repairer};

use super::scripting::ScriptArguments;

/// What is repaired, and how boldly.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Repair")]
pub(crate) struct RepairArguments {
    /// Punctuation that became ASCII: auto, full, keep
    ///
    /// `auto` makes , ; : ! ? ( ) fullwidth again where damage was found and the page has lost
    /// its fullwidth marks throughout; `full` always does so next to Chinese; `keep` never does.
    #[arg(
        long,
        value_name = "HOW",
        default_value = "auto",
        hide_possible_values = true
    )]
    punct: PunctArgument,
    /// How sure a spot must be damaged to be repaired, 0 to 1
    ///
    /// Spots below stay as they are and are reported as unresolved. Script, punctuation and charset are no damage and
    /// are not measured by it.
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.95)]
    min_confidence: f32,
    /// Characters whose bytes are gone: best, mark, certain
    ///
    /// `best` writes the likeliest character and lists it as a guess when it is not sure; `mark` writes 〓
    /// instead; `certain` leaves such a spot as it is.
    #[arg(
        long,
        value_name = "HOW",
        default_value = "best",
        hide_possible_values = true
    )]
    fill: FillArgument,
    /// Use only these rules (comma separated)
    ///
    /// Rules: entity, unicode-escape, percent-encoding, quoted-printable, utf7, misread,
    /// radical, compatibility, private-use, invisible, soft-hyphen, spaced-text,
    /// annotation, torn, comma-noise, lost-character, markup-residue, script, punctuation,
    /// charset.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    rules: Vec<String>,
    /// Do not use these rules (comma separated)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Encoding of the input: auto, utf-8, gbk, gb18030, big5, ...
    #[arg(long, value_name = "LABEL", default_value = "auto")]
    encoding: String,
    /// Kind of text: auto, plain, html
    ///
    /// In HTML, text and the attributes title, alt and description are repaired; tags, scripts and styles never.
    #[arg(
        long,
        value_name = "KIND",
        default_value = "auto",
        hide_possible_values = true
    )]
    markup: MarkupArgument,
    /// Language model to use instead of the built-in one (see `hanfix train`)
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    script: ScriptArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PunctArgument {
    Auto,
    Full,
    Keep,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FillArgument {
    Best,
    Mark,
    Certain,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MarkupArgument {
    Auto,
    Plain,
    Html,
}

/// The checked form of the options.
#[derive(Debug)]
pub(crate) struct Repairing {
    /// The engine.
    pub(crate) repairer: Repairer,
    /// Encoding of the inputs, `None` to find out.
    pub(crate) encoding: Option<&'static Encoding>,
}

impl RepairArguments {
    /// No rule but the conversion of the script.
    pub(crate) fn only_script(&mut self) {
        self.rules = vec![Rule::Script.name().to_owned()];
        self.ignore.clear();
    }

    /// The files that are read for the options: dictionaries and the language model.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.model
            .iter()
            .chain(self.script.dictionaries())
            .map(PathBuf::as_path)
    }

    /// Checks every value and makes the engine.
    pub(crate) fn settle(&self) -> anyhow::Result<Repairing> {
        let options = self.options()?;
        let repairer = match &self.model {
            None => Repairer::new(options),
            Some(path) => Repairer::with_model(
                options,
                read_model(path).with_context(|| path.display().to_string())?,
            ),
        };
        Ok(Repairing {
            repairer,
            encoding: match self.encoding.as_str() {
                "auto" => None,
                label => Some(parse_label(label).context("--encoding")?),
            },
        })
    }

    fn options(&self) -> anyhow::Result<Options> {
        if !(0.0..=1.0).contains(&self.min_confidence) {
            bail!(
                "--min-confidence: {} is not a probability; give a number from 0 to 1",
                self.min_confidence
            );
        }
        let mut options = Options::default();
        options.to = self.script.target()?;
        options.conversion = self.script.conversion()?;
        options.punct = match self.punct {
            PunctArgument::Auto => Punct::Auto,
            PunctArgument::Full => Punct::Full,
            PunctArgument::Keep => Punct::Keep,
        };
        options.min_confidence = self.min_confidence;
        options.fill = match self.fill {
            FillArgument::Best => Fill::Best,
            FillArgument::Mark => Fill::Mark,
            FillArgument::Certain => Fill::Certain,
        };
        options.markup = match self.markup {
            MarkupArgument::Auto => Markup::Auto,
            MarkupArgument::Plain => Markup::Plain,
            MarkupArgument::Html => Markup::Html,
        };
        options.ignore = rules(&self.ignore).context("--ignore")?;
        if !self.rules.is_empty() {
            let wanted = rules(&self.rules).context("--rules")?;
            options
                .ignore
                .extend(Rule::ALL.into_iter().filter(|rule| !wanted.contains(rule)));
        }
        Ok(options)
    }
}

fn read_model(path: &Path) -> anyhow::Result<Model> {
    let bytes = fs::read(path).context("cannot read the language model")?;
    Ok(Model::from_bytes(bytes)?)
}

fn rules(names: &[String]) -> anyhow::Result<Vec<Rule>> {
    Ok(names
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()?)
}
