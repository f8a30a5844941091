//! Cases of `fixtures/`: what goes in and what must come out, one JSON object a line.

use std::path::{Path, PathBuf};

use hanfix::repair::channel::splice::transmit::{LoneByte, Site};
use hanfix::{Fill, Markup, Options, Punct, Rule, Target};
use serde::{Deserialize, Serialize};

/// One case. See `fixtures/README.md` for what the fields mean.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) label: String,
    pub(crate) comment: String,
    #[serde(default)]
    pub(crate) input: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    #[serde(default, skip_serializing_if = "CaseOptions::is_default")]
    pub(crate) options: CaseOptions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<Vec<Rule>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) site: Option<CaseSite>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) original: Option<String>,
}

/// The options of a case, named as on the command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) punct: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fill: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) markup: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ignore: Vec<Rule>,
}

/// The site that damaged the text of a case, see [`Site`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseSite {
    /// `會huì_ 車chē`: characters with what is put behind them, `_` for the stray space.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) annotations: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) noise: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) folded: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) silent: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) commas: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) simplified: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl CaseOptions {
    fn is_default(&self) -> bool {
        *self == CaseOptions::default()
    }

    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.to = match self.to.as_deref() {
            None | Some("zh-Hans") => Target::Hans,
            Some("keep") => Target::Keep,
            Some(other) => panic!("there is no target `{other}`"),
        };
        options.punct = match self.punct.as_deref() {
            None | Some("auto") => Punct::Auto,
            Some("full") => Punct::Full,
            Some("keep") => Punct::Keep,
            Some(other) => panic!("there is no `--punct {other}`"),
        };
        options.fill = match self.fill.as_deref() {
            None | Some("best") => Fill::Best,
            Some("mark") => Fill::Mark,
            Some("certain") => Fill::Certain,
            Some(other) => panic!("there is no `--fill {other}`"),
        };
        options.markup = match self.markup.as_deref() {
            None | Some("auto") => Markup::Auto,
            Some("plain") => Markup::Plain,
            Some("html") => Markup::Html,
            Some(other) => panic!("there is no markup `{other}`"),
        };
        options.ignore.clone_from(&self.ignore);
        options
    }
}

impl CaseSite {
    pub(crate) fn site(&self) -> Site {
        let annotations = self.annotations.split_whitespace().map(|entry| {
            let c = entry.chars().next().expect("a character");
            (c, entry[c.len_utf8()..].replace('_', " "))
        });
        let mut site = Site::new(annotations.collect());
        site.noise = self.noise.unwrap_or(1.0);
        site.folded = self.folded;
        site.visible_noise = self.commas;
        site.traditional = !self.simplified;
        if self.silent {
            site.lone = LoneByte::Nothing;
        }
        site
    }
}

impl Case {
    /// What the site of the case makes of its text; `None` for a case without a site.
    pub(crate) fn damaged(&self) -> Option<String> {
        let site = self.site.as_ref()?;
        let original = self
            .original
            .as_ref()
            .or(self.expected.as_ref())
            .expect("something to damage");
        Some(site.site().damage(original, site.seed.unwrap_or(0)))
    }
}

/// The folder of the fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The files with cases in one folder of the fixtures, in order.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let folder = fixtures().join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no cases", folder.display());
    files
}

/// The cases of one file.
pub(crate) fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).expect("a file of cases");
    text.lines()
        .enumerate()
        .map(|(i, line)| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), i + 1))
        })
        .collect()
}

/// Every text of the fixtures, damaged or not, in order.
pub(crate) fn texts() -> Vec<String> {
    [
        "splice",
        "misread",
        "normalize",
        "negative",
        "known-failures",
    ]
    .iter()
    .flat_map(|folder| files(folder))
    .flat_map(|file| read(&file))
    .map(|case| case.input)
    .collect()
}
