//! `hanfix evaluate`: measures a language model on text.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use hanfix::lm::{Evaluation, Model, evaluate, read_text, text_files};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub(crate) enum Format {
    /// One line per file
    #[default]
    Text,
    /// One JSON array
    Json,
}

/// Measure a language model: perplexity, and lost lead bytes found again
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files or folders to read: UTF-8, plain or .zst
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub(crate) corpus: Vec<PathBuf>,
    /// A model that `hanfix train` made [default: the one built in]
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Take the lead byte of every Nth Han character
    #[arg(long, value_name = "N", default_value_t = 37)]
    pub(crate) every: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// One line of the result.
#[derive(serde::Serialize)]
struct Row {
    path: String,
    #[serde(flatten)]
    evaluation: Evaluation,
    accuracy: f64,
}

/// Measures every file and prints what was measured on standard output.
///
/// # Errors
///
/// If a file cannot be read or is not UTF-8, or the model is damaged.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let own;
    let model = match &arguments.model {
        None => Model::embedded(),
        Some(path) => {
            let bytes =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            own = Model::from_bytes(bytes).with_context(|| path.display().to_string())?;
            &own
        }
    };
    let mut out = anstream::stdout().lock();
    let mut rows = Vec::new();
    if arguments.format == Format::Text {
        writeln!(out, "perplexity   right of   lost  file")?;
    }
    for path in text_files(&arguments.corpus)? {
        let text = read_text(&path)?;
        let evaluation = evaluate(model, &text, arguments.every, usize::MAX);
        let row = Row {
            path: path.display().to_string(),
            evaluation,
            accuracy: evaluation.accuracy(),
        };
        if arguments.format == Format::Text {
            let Evaluation {
                perplexity,
                positions,
                ..
            } = evaluation;
            writeln!(
                out,
                "{perplexity:10.1} {:5.1} % {positions:8}  {}",
                row.accuracy, row.path
            )?;
        }
        rows.push(row);
    }
    if arguments.format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    }
    Ok(ExitCode::SUCCESS)
}
