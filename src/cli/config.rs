//! `hanfix.toml`: every option of the command line, and other values for files that match a pattern.
//!
//! The file is found in the current folder or one above it. Its keys are the long options; what is given on the
//! command line counts instead. Of what the file says, the last that holds for a file counts.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, FromArgMatches};
use hanfix::spelling::distance;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Arguments;

/// The name of the file.
const FILE: &str = "hanfix.toml";

/// The table with values for files that match a pattern.
const OVERRIDE: &str = "override";

/// Options that belong to one run and have no place in a file.
const NOT_CONFIGURED: [&str; 13] = [
    "ambiguities",
    "config",
    "isolated",
    "dump-config",
    "help",
    "version",
    "output",
    "write",
    "edits",
    "files",
    "type-list",
    "state",
    "report",
];

/// Options that may differ from file to file.
const OVERRIDABLE: [&str; 28] = [
    "to",
    "from",
    "words",
    "no-words",
    "force",
    "quotes",
    "dict",
    "protect",
    "engine",
    "punct",
    "min-confidence",
    "fill",
    "rules",
    "ignore",
    "encoding",
    "to-encoding",
    "markup",
    "type",
    "field",
    "column",
    "no-header",
    "warc",
    "names",
    "max-entry-size",
    "max-total-size",
    "max-ratio",
    "max-entries",
    "max-depth",
];

/// Options that mean something only beside another one of the command line.
const DEPENDENT: [(&str, &str); 3] = [
    ("backup", "write"),
    ("keep-paths", "output"),
    ("report-sample", "report"),
];

/// Commands whose options can be configured.
const COMMANDS: [&str; 6] = ["fix", "diff", "check", "convert", "explain", "detect"];

/// Where the configuration comes from.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArguments {
    /// Configuration to use instead of the nearest hanfix.toml
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Use no configuration
    #[arg(long)]
    isolated: bool,
    /// Write the options that hold as a hanfix.toml, and end
    #[arg(long)]
    dump_config: bool,
}

/// The configuration of a run.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The command line as it was given.
    command_line: Vec<OsString>,
    /// Where options can be added: in front of those that were given.
    at: usize,
    /// What holds for all files.
    settings: Vec<Setting>,
    overrides: Vec<Override>,
    /// The folder of the file, which patterns begin at.
    folder: PathBuf,
    /// For the message about a wrong value.
    path: PathBuf,
    text: String,
}

/// A key of the file, and its value as options of the command line: none for `false`.
#[derive(Debug)]
struct Setting {
    key: String,
    options: Vec<OsString>,
}

#[derive(Debug)]
struct Override {
    files: Gitignore,
    settings: Vec<Setting>,
}

impl Config {
    /// How many overrides there are.
    pub(crate) fn overrides(&self) -> usize {
        self.overrides.len()
    }

    /// The overrides that match a file, as bits.
    pub(crate) fn matching(&self, path: &Path) -> u64 {
        if self.overrides.is_empty() {
            return 0;
        }
        let path = seen_from(&self.folder, path);
        let is_match = |over: &Override| {
            over.files
                .matched_path_or_any_parents(&path, false)
                .is_ignore()
        };
        let bits = self.overrides.iter().enumerate();
        bits.filter(|(_, over)| is_match(over))
            .map(|(bit, _)| 1 << bit)
            .sum()
    }

    /// What the command line and some of the overrides say together.
    pub(crate) fn parse_with(&self, set: u64) -> anyhow::Result<Arguments> {
        Arguments::from_arg_matches(&self.matches(set)?).map_err(|error| self.error(&error))
    }

    fn matches(&self, set: u64) -> anyhow::Result<ArgMatches> {
        repeatable()
            .try_get_matches_from(self.line_with(set))
            .map_err(|error| self.error(&error))
    }

    /// The command line with what the file adds. A key in an override takes the place of the same key before it.
    fn line_with(&self, set: u64) -> Vec<OsString> {
        let mut settings: Vec<&Setting> = self.settings.iter().collect();
        for (bit, over) in self.overrides.iter().enumerate() {
            if set & (1 << bit) != 0 {
                let is_new = |key: &str| over.settings.iter().any(|setting| setting.key == key);
                settings.retain(|setting| !is_new(&setting.key));
                settings.extend(&over.settings);
            }
        }
        let added = settings
            .into_iter()
            .flat_map(|setting| setting.options.iter().cloned());
        let mut line = self.command_line.clone();
        line.splice(self.at..self.at, added);
        line
    }

    fn error(&self, error: &clap::Error) -> anyhow::Error {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        anyhow!(
            "{}: {}",
            self.path.display(),
            first.trim_start_matches("error: ")
        )
    }

    /// What to put into the description of a run.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The path as it is seen from a folder, so that patterns match. One that is not below the folder is seen from the
/// root, where patterns without a folder match it still.
fn seen_from(folder: &Path, path: &Path) -> PathBuf {
    let whole = whole(path);
    if let Ok(rest) = whole.strip_prefix(folder) {
        return rest.to_owned();
    }
    // The folder may have been reached through a link. The name of the file counts as it is given.
    let linked = || {
        let parent = whole.parent()?.canonicalize().ok()?;
        let rest = parent.strip_prefix(folder.canonicalize().ok()?).ok()?;
        Some(rest.join(whole.file_name()?))
    };
    linked().unwrap_or_else(|| {
        whole
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .collect()
    })
}

/// The path from the root, without `.` and `..`.
fn whole(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .components()
    {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole
}

/// The command line in which an option may come twice, and the last one counts.
fn repeatable() -> Command {
    Arguments::command()
        .args_override_self(true)
        .mut_subcommands(|command| command.args_override_self(true))
}

/// Parses the command line of this process with the configuration that holds for it. Help, version and wrong usage
/// end the process.
pub(crate) fn parse() -> anyhow::Result<(Arguments, Config)> {
    let line: Vec<OsString> = std::env::args_os().collect();
    let matches = Arguments::command().get_matches_from(&line);
    let parsed = || {
        Arguments::from_arg_matches(&matches)
            .unwrap_or_else(|error| error.format(&mut Arguments::command()).exit())
    };
    let Some((name, options)) = matches
        .subcommand()
        .filter(|(name, _)| COMMANDS.contains(name))
    else {
        return Ok((parsed(), Config::default()));
    };
    let path = match (
        options.get_one::<PathBuf>("config"),
        options.get_flag("isolated"),
    ) {
        (Some(path), _) => Some(path.clone()),
        (None, true) => None,
        (None, false) => find(&std::env::current_dir().unwrap_or_default()),
    };
    let at = line
        .iter()
        .position(|word| word == name)
        .map_or(line.len(), |at| at + 1);
    let mut config = Config {
        command_line: line,
        at,
        ..Config::default()
    };
    let arguments = match path {
        Some(path) => {
            config.read(&path, name, options)?;
            config.parse_with(0)?
        }
        // Nothing was added: to parse once more would take as long as the rest of a short run.
        None => parsed(),
    };
    if options.get_flag("dump_config") {
        let matches = config.matches(0)?;
        super::console::print(&dump(
            name,
            matches.subcommand_matches(name).unwrap_or(options),
        ))?;
        std::process::exit(0);
    }
    Ok((arguments, config))
}

/// The nearest file above a folder.
fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())
}

impl Config {
    fn read(&mut self, path: &Path, command: &str, given: &ArgMatches) -> anyhow::Result<()> {
        let shown = path.display().to_string();
        self.path = path.to_owned();
        self.text = fs::read_to_string(path)
            .with_context(|| format!("{shown}: cannot read the configuration"))?;
        let table: toml::Table = self
            .text
            .parse()
            .with_context(|| format!("{shown}: not a TOML file"))?;
        let cli = Arguments::command();
        for (key, value) in table.iter().filter(|(key, _)| *key != OVERRIDE) {
            check_key(key, &known(&cli, &NOT_CONFIGURED)).with_context(|| shown.clone())?;
            let setting = setting(key, value, &cli, command, given);
            self.settings
                .extend(setting.with_context(|| shown.clone())?);
        }
        let overrides = match table.get(OVERRIDE) {
            None => &[][..],
            Some(toml::Value::Array(overrides)) => overrides,
            Some(_) => bail!("{shown}: `{OVERRIDE}` is a list of tables; write [[{OVERRIDE}]]"),
        };
        if overrides.len() > 64 {
            bail!("{shown}: more than 64 overrides; join some of their patterns");
        }
        for over in overrides {
            let over = over.as_table().ok_or_else(|| {
                anyhow!("{shown}: `{OVERRIDE}` is a list of tables; write [[{OVERRIDE}]]")
            })?;
            let parsed = read_override(over, &cli, command, given)
                .with_context(|| format!("{shown}: [[{OVERRIDE}]]"))?;
            self.overrides.push(parsed);
        }
        self.folder = whole(path)
            .parent()
            .map_or_else(PathBuf::new, Path::to_owned);
        Ok(())
    }
}

fn read_override(
    over: &toml::Table,
    cli: &Command,
    command: &str,
    given: &ArgMatches,
) -> anyhow::Result<Override> {
    let mut builder = GitignoreBuilder::new("");
    let globs = match over.get("glob") {
        Some(toml::Value::String(glob)) => vec![glob.clone()],
        Some(toml::Value::Array(globs)) => globs
            .iter()
            .filter_map(|glob| glob.as_str().map(str::to_owned))
            .collect(),
        _ => bail!("`glob` is missing: say which files it is for, for example glob = \"*.csv\""),
    };
    for glob in &globs {
        builder.add_line(None, glob)?;
    }
    let mut settings = Vec::new();
    for (key, value) in over.iter().filter(|(key, _)| *key != "glob") {
        let mut names: Vec<String> = OVERRIDABLE.map(str::to_owned).to_vec();
        names.push("glob".to_owned());
        if known(cli, &NOT_CONFIGURED).contains(key) && !names.contains(key) {
            bail!("`{key}` holds for the whole run; put it at the top of the file");
        }
        check_key(key, &names)?;
        settings.extend(setting(key, value, cli, command, given)?);
    }
    Ok(Override {
        files: builder.build()?,
        settings,
    })
}

/// What a key says to a command; `None` where it says nothing, has no meaning beside what the user gave, or the user
/// gave something else.
fn setting(
    key: &str,
    value: &toml::Value,
    cli: &Command,
    command: &str,
    given: &ArgMatches,
) -> anyhow::Result<Option<Setting>> {
    let options = options(key, value)?;
    // Some options stand with every command.
    let owners = cli.find_subcommand(command).into_iter().chain([cli]);
    let mut found = owners.filter_map(|owner| Some((owner, option(owner, key)?)));
    // An option of another command is no mistake.
    let Some((owner, argument)) = found.next() else {
        return Ok(None);
    };
    let holds = !is_decided(owner, argument, given)
        && !is_alone(owner, key, given)
        && !is_for_another(argument, key, value, cli);
    Ok(holds.then(|| Setting {
        key: key.to_owned(),
        options,
    }))
}

/// Whether an option is on the command line.
fn is_given(argument: &Arg, given: &ArgMatches) -> bool {
    given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
}

/// Whether the option means nothing without another one, which the user did not give.
fn is_alone(owner: &Command, key: &str, given: &ArgMatches) -> bool {
    DEPENDENT.iter().any(|&(dependent, on)| {
        dependent == key && !option(owner, on).is_some_and(|on| is_given(on, given))
    })
}

/// Whether the command line has the option, or one that cannot stand beside it.
fn is_decided(owner: &Command, argument: &Arg, given: &ArgMatches) -> bool {
    let excludes = |one: &Arg, other: &Arg| {
        let excluded = owner.get_arg_conflicts_with(one);
        excluded.iter().any(|arg| arg.get_id() == other.get_id())
    };
    let mut others = owner.get_arguments().filter(|other| is_given(other, given));
    is_given(argument, given)
        || others.any(|other| excludes(argument, other) || excludes(other, argument))
}

/// Whether another command has the value, and this one has not, as `format = "counts"`, which is for `check` alone.
fn is_for_another(argument: &Arg, key: &str, value: &toml::Value, cli: &Command) -> bool {
    let takes = |argument: &Arg| {
        let values = argument.get_possible_values();
        values.iter().any(|known| {
            value
                .as_str()
                .is_some_and(|value| known.matches(value, false))
        })
    };
    let commands = COMMANDS.iter().filter_map(|name| cli.find_subcommand(name));
    let mut others = commands.filter_map(|command| option(command, key));
    !takes(argument) && others.any(takes)
}

fn option<'c>(command: &'c Command, key: &str) -> Option<&'c Arg> {
    command
        .get_arguments()
        .find(|argument| argument.get_long() == Some(key))
}

/// The long options of all commands that can be configured.
fn known(cli: &Command, without: &[&str]) -> Vec<String> {
    let commands = COMMANDS.iter().filter_map(|name| cli.find_subcommand(name));
    let mut names: Vec<String> = commands
        .chain([cli])
        .flat_map(Command::get_arguments)
        .filter_map(|argument| argument.get_long())
        .filter(|name| !without.contains(name))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn check_key(key: &str, known: &[String]) -> anyhow::Result<()> {
    if known.iter().any(|name| name == key) {
        return Ok(());
    }
    if NOT_CONFIGURED.contains(&key) {
        bail!("`{key}` belongs to one run; give it on the command line");
    }
    let nearest = known.iter().min_by_key(|name| distance(key, name));
    match nearest.filter(|name| distance(key, name) <= 1 + name.len() / 3) {
        Some(name) => bail!("there is no option `{key}`; did you mean `{name}`?"),
        None => bail!(
            "there is no option `{key}`; the options are {}",
            known.join(", ")
        ),
    }
}

/// A key and its value as they are written on the command line.
fn options(key: &str, value: &toml::Value) -> anyhow::Result<Vec<OsString>> {
    Ok(match value {
        toml::Value::Boolean(true) => vec![format!("--{key}").into()],
        toml::Value::Boolean(false) => Vec::new(),
        toml::Value::String(text) => vec![format!("--{key}={text}").into()],
        toml::Value::Integer(number) => vec![format!("--{key}={number}").into()],
        toml::Value::Float(number) => vec![format!("--{key}={number}").into()],
        toml::Value::Array(values) => {
            let each = values.iter().map(|value| options(key, value));
            each.collect::<anyhow::Result<Vec<_>>>()?.concat()
        }
        _ => bail!(
            "`{key}` cannot be a table or a date; give a text, a number, true, false or a list"
        ),
    })
}

/// The options that hold, as a file.
fn dump(name: &str, matches: &ArgMatches) -> String {
    let cli = Arguments::command();
    let Some(command) = cli.find_subcommand(name) else {
        return String::new();
    };
    let mut text = format!("# What holds for `hanfix {name}` here.\n");
    let mut arguments: Vec<_> = command.get_arguments().chain(cli.get_arguments()).collect();
    arguments.sort_by_key(|argument| argument.get_long());
    for argument in arguments {
        let Some(long) = argument
            .get_long()
            .filter(|long| !NOT_CONFIGURED.contains(long))
        else {
            continue;
        };
        let id = argument.get_id().as_str();
        let value = match argument.get_action() {
            ArgAction::SetTrue => toml::Value::Boolean(matches.get_flag(id)),
            action => {
                let Some(raw) = matches.get_raw(id) else {
                    continue;
                };
                let mut values = raw.map(|value| plain(&value.to_string_lossy()));
                match action {
                    ArgAction::Append => toml::Value::Array(values.collect()),
                    _ => match values.next() {
                        Some(value) => value,
                        None => continue,
                    },
                }
            }
        };
        let _ = writeln!(text, "{long} = {value}");
    }
    text
}

/// A number where it is one.
fn plain(text: &str) -> toml::Value {
    text.parse()
        .map(toml::Value::Integer)
        .or_else(|_| text.parse().map(toml::Value::Float))
        .unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}
