//! `hanfix damage`: the channel forwards, clean text in, damaged page out.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use hanfix::damage::readings;
use hanfix::repair::channel::splice::transmit::{LoneByte, Site};

use super::console::{Console, raw_output};
use super::inputs::InputArguments;

/// Damage clean text the way faulty sites do (for tests and demonstrations)
///
/// Converts clean Simplified text to Traditional character by character, puts pinyin behind some characters
/// and noise before punctuation, all on GBK bytes and without looking at character boundaries, and decodes
/// what comes of it. `hanfix fix` turns it back.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: InputArguments,
    /// How many characters are annotated, those of most real pages first
    #[arg(long, value_name = "N", default_value_t = 60)]
    annotate: usize,
    /// Annotate this character with this pinyin (`會=huì`); may be repeated, and replaces --annotate
    #[arg(long = "annotation", value_name = "CHAR=PINYIN", value_parser = annotation)]
    annotations: Vec<(char, String)>,
    /// Probability that noise is put before a mark, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.67, value_parser = probability)]
    noise: f64,
    /// What a byte that lost its partner shows as
    #[arg(long, value_name = "HOW", default_value = "question")]
    lone: Lone,
    /// Noise shows as a comma, as on some sites
    #[arg(long)]
    visible_noise: bool,
    /// Fold fullwidth punctuation to ASCII afterwards, as most archives do
    #[arg(long)]
    fold: bool,
    /// Leave the script as it is
    #[arg(long)]
    keep_script: bool,
    /// Which noise fires: the same number gives the same page
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lone {
    /// `?`, which also eats an ASCII character after it
    Question,
    /// Nothing
    Nothing,
}

const EXAMPLES: &str = "\
Examples:
  echo 把群众团结在党的周围，充分激发活力。 | hanfix damage --annotation 車=chē --noise 1
  hanfix damage --fold clean.txt | hanfix fix     there and back";

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let annotations = if arguments.annotations.is_empty() {
        most_annotated(arguments.annotate)
    } else {
        arguments.annotations.clone()
    };
    let mut site = Site::new(annotations);
    site.noise = arguments.noise;
    site.lone = match arguments.lone {
        Lone::Question => LoneByte::QuestionMark,
        Lone::Nothing => LoneByte::Nothing,
    };
    site.visible_noise = arguments.visible_noise;
    site.folded = arguments.fold;
    site.traditional = !arguments.keep_script;
    let mut output = raw_output()?;
    for input in arguments.inputs.inputs(console, "damage") {
        let name = input.name().display().to_string();
        let mut bytes = Vec::new();
        input
            .open()?
            .as_read()
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name}: cannot read"))?;
        let text = String::from_utf8(bytes)
            .with_context(|| format!("{name}: only UTF-8 text can be damaged on purpose"))?;
        output.write_all(site.damage(&text, arguments.seed).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The characters that real pages annotate, those of most pages first, in their usual spelling.
fn most_annotated(count: usize) -> Vec<(char, String)> {
    let mut characters: Vec<(char, readings::Annotated)> = readings::annotated_characters()
        .filter_map(|c| Some((c, readings::annotated(c)?)))
        .collect();
    characters.sort_by_key(|(c, annotated)| (std::cmp::Reverse(annotated.pages), *c));
    characters
        .into_iter()
        .take(count)
        .filter_map(|(c, annotated)| {
            let (spelling, _) = annotated.spellings.iter().max_by_key(|(_, times)| *times)?;
            Some((c, (*spelling).to_owned()))
        })
        .collect()
}

fn annotation(value: &str) -> Result<(char, String), String> {
    let mut parts = value.splitn(2, '=');
    let character = parts
        .next()
        .map(|part| part.chars().collect::<Vec<_>>())
        .unwrap_or_default();
    match (character.as_slice(), parts.next()) {
        ([c], Some(pinyin)) if !pinyin.is_empty() => Ok((*c, pinyin.to_owned())),
        _ => Err("write one character, `=` and its pinyin, for example 會=huì".to_owned()),
    }
}

fn probability(value: &str) -> Result<f64, String> {
    match value.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("a number from 0 to 1".to_owned()),
    }
}
