//! The options that decide how the script is converted, shared by all commands that do it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use hanfix::pipeline::Target;
use hanfix::script::{Conversion, Dictionary, Engine, Variant};
use regex::Regex;

/// What the text is turned into, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Script")]
pub(crate) struct ScriptArguments {
    /// Script that comes out: zh-Hans, zh-CN, zh-SG, zh-MY, zh-Hant, zh-TW, zh-HK, zh-MO, keep
    ///
    /// `zh-Hans` is Simplified Chinese, `zh-Hant` Traditional Chinese in its standard forms, the others are
    /// the forms of a region. Text that is in that script already stays as it is. `keep` leaves every script.
    #[arg(long, value_name = "SCRIPT", default_value = "zh-Hans")]
    to: String,
    /// Script of the input, where it is known: zh-Hans, zh-Hant, zh-TW, zh-HK, ...
    ///
    /// Otherwise the text tells it. `zh-Hant` means OpenCC's standard forms, with rare characters converted too.
    #[arg(long, value_name = "SCRIPT")]
    from: Option<String>,
    /// Exchange regional words too: 鼠标 and 滑鼠, 软件 and 軟體
    #[arg(long, overrides_with = "no_words")]
    words: bool,
    /// Exchange no words (the default)
    #[arg(long, overrides_with = "words", hide_short_help = true)]
    no_words: bool,
    /// Convert also what looks as if it were in the wanted script already
    #[arg(long)]
    force: bool,
    /// Exchange quotation marks too: “ ” and 「 」
    #[arg(long)]
    quotes: bool,
    /// Dictionary of your own: a phrase, a tab, what it becomes, on each line; may be repeated
    ///
    /// Its entries go before all others. A phrase that becomes itself is protected. As in OpenCC's dictionaries a
    /// space divides choices, of which the first is taken, so that what a phrase becomes has no spaces.
    #[arg(long, value_name = "FILE")]
    dict: Vec<PathBuf>,
    /// Leave alone what this regular expression matches; may be repeated
    #[arg(long, value_name = "REGEX")]
    protect: Vec<String>,
    /// What converts: hanfix, or zhconv for MediaWiki's words and wikitext rules
    #[arg(
        long,
        value_name = "NAME",
        default_value = "hanfix",
        hide_possible_values = true
    )]
    engine: EngineArgument,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineArgument {
    Hanfix,
    Zhconv,
}

impl ScriptArguments {
    /// The script that comes out.
    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        match self.to.to_ascii_lowercase().as_str() {
            "zh-hans" => Ok(Target::Hans),
            "keep" => Ok(Target::Keep),
            _ => match self.to.parse::<Variant>() {
                Ok(variant) => Ok(Target::Variant(variant)),
                Err(error) => bail!("--to: {error}, or keep (the script of the input)"),
            },
        }
    }

    /// The files of the user's own entries.
    pub(crate) fn dictionaries(&self) -> &[PathBuf] {
        &self.dict
    }

    /// Checks every value.
    pub(crate) fn conversion(&self) -> anyhow::Result<Conversion> {
        let mut conversion = Conversion::default();
        conversion.from = match &self.from {
            Some(name) => Some(name.parse().context("--from")?),
            None => None,
        };
        conversion.words = self.words;
        conversion.force = self.force;
        conversion.quotes = self.quotes;
        if !self.dict.is_empty() {
            let mut dictionary = Dictionary::default();
            for path in &self.dict {
                dictionary
                    .extend(read(path).with_context(|| format!("--dict {}", path.display()))?);
            }
            conversion.dictionary = Some(Arc::new(dictionary));
        }
        if !self.protect.is_empty() {
            for one in &self.protect {
                Regex::new(one).context("--protect")?;
            }
            let any = self.protect.iter().map(|one| format!("(?:{one})"));
            let any = any.collect::<Vec<_>>().join("|");
            conversion.protect = Some(Regex::new(&any).context("--protect")?);
        }
        conversion.engine = match self.engine {
            EngineArgument::Hanfix => Engine::Hanfix,
            #[cfg(feature = "zhconv")]
            EngineArgument::Zhconv => Engine::Zhconv,
            #[cfg(not(feature = "zhconv"))]
            EngineArgument::Zhconv => bail!(
                "--engine: this hanfix was built without zhconv; build it with `--features zhconv`, which makes it GPL-3.0-or-later"
            ),
        };
        Ok(conversion)
    }
}

fn read(path: &Path) -> anyhow::Result<Dictionary> {
    let text = fs::read_to_string(path).context("cannot read the dictionary")?;
    Ok(text.parse()?)
}
