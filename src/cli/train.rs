//! `hanfix train`: makes a language model.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use hanfix::lm::{Counts, DEFAULT_SIZE, train};
use hanfix::script::simplified;

/// Make a language model from count tables or from a folder of text
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true))]
pub(crate) struct Arguments {
    /// Folder with unigram*, bigram* and trigram* tables (.tsv or .tsv.zst, one column per genre)
    #[arg(long, value_name = "DIR", group = "input")]
    pub(crate) counts: Option<PathBuf>,
    /// Folder of text to count: UTF-8, plain or .zst, subfolders too
    #[arg(long, value_name = "DIR", group = "input")]
    pub(crate) corpus: Option<PathBuf>,
    /// Words to add: a word, a tab and its count in each line (UTF-8, plain or .zst)
    #[arg(long, value_name = "FILE")]
    pub(crate) words: Option<PathBuf>,
    /// Where to write the model
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Largest size of the model; the least useful n-grams are left out
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_SIZE)]
    pub(crate) size: usize,
}

/// Trains, writes the model file and says on standard error what is in it.
///
/// # Errors
///
/// If the input cannot be read or is not what it should be, or the output cannot be written; a
/// file that was there before is then untouched.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut counts = match (&arguments.counts, &arguments.corpus) {
        (Some(dir), _) => Counts::read_tables(dir, &simplified)?,
        (None, Some(dir)) => Counts::of_text(dir, &simplified)?,
        (None, None) => anyhow::bail!("give --counts DIR or --corpus DIR"),
    };
    if let Some(words) = &arguments.words {
        counts.add_words(words, &simplified)?;
    }
    let training = train(&counts, &simplified, arguments.size)?;
    write(&arguments.output, &training.bytes)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    writeln!(
        anstream::stderr(),
        "{}: {} bytes, {} symbols, {} bigrams, {} trigrams",
        arguments.output.display(),
        training.bytes.len(),
        training.symbols,
        training.bigrams,
        training.trigrams,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Writes beside the target, then renames: the model is whole or not there.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As a plain new file; the umask takes its share.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
