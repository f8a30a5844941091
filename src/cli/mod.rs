//! The command line. Parsing yields plain data, each subcommand checks its values in a second step;
//! the work is done by the library.

mod blocks;
mod check;
mod committing;
mod config;
mod console;
mod convert;
mod damage;
mod detect;
mod diff;
mod evaluate;
mod explain;
mod fix;
mod formats;
mod generate;
mod inputs;
mod interrupt;
mod lists;
mod progress;
mod repairing;
mod scripting;
mod survey;
mod train;
mod undo;
mod watch;
mod whole;

use std::io;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use console::Console;
use hanfix::sink::SinkError;

/// Exit code when something would change, is a guess or is unresolved, where the command reports that.
const FOUND: u8 = 1;
/// Exit code for wrong usage, failed reading or writing, and inputs no output could be made of.
const FAILED: u8 = 2;
/// Exit code after Ctrl-C, as shells count it (128 + SIGINT).
const INTERRUPTED: i32 = 130;

/// The licence of the program as it is built: the crate zhconv is under GPL-2.0-or-later, and other crates under
/// Apache-2.0, which goes together with version 3 only.
#[cfg(feature = "zhconv")]
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nLicence: GPL-3.0-or-later, because zhconv is built in (hanfix itself: ",
    env!("CARGO_PKG_LICENSE"),
    ")"
);
#[cfg(not(feature = "zhconv"))]
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nLicence: ",
    env!("CARGO_PKG_LICENSE")
);

const ABOUT: &str = "Repairs garbled Chinese text and shows every change";

const LONG_ABOUT: &str = "\
Repairs garbled Chinese text, turns it into clean Simplified Chinese, and shows every change.

Web pages that were converted and annotated by faulty software carry text like
    社會(huì )工作   或?qū)I(yè)   城市規??焖贁U展
which hanfix turns back into what was written:
    社会工作   或专业   城市规模快速扩展
Text that is not damaged is left as it is.";

const EXAMPLES: &str = "\
Examples:
  hanfix fix page.txt -o repaired.txt     repair one file into another
  hanfix diff page.txt                    look at every change first
  hanfix check pages/                     which files of a folder need repair
  hanfix fix -w pages/                    repair them in place; `hanfix undo` puts them back

`hanfix help COMMAND` explains a command. Exit codes: 0 done, 1 something to report
(check, diff, --strict), 2 wrong usage or an unreadable file, 130 interrupted.";

#[derive(Debug, Parser)]
#[command(name = "hanfix", version = VERSION, about = ABOUT, long_about = LONG_ABOUT, after_help = EXAMPLES)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    messages: MessageArguments,
}

/// What is said on standard error, and in which colours.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Messages")]
struct MessageArguments {
    /// Colours: auto (on a terminal), always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    color: clap::ColorChoice,
    /// Say less: errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: every file, and the summary also when nobody watches
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    Fix(fix::Arguments),
    Diff(diff::Arguments),
    Check(check::Arguments),
    Convert(Box<convert::Arguments>),
    Undo(undo::Arguments),
    Explain(explain::Arguments),
    Detect(detect::Arguments),
    Damage(damage::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Completions(generate::CompletionsArguments),
    Man(generate::ManArguments),
}

/// Runs the command line of this process; help, version and wrong usage end it.
pub(crate) fn run() -> ExitCode {
    match config::parse() {
        Ok((arguments, config)) => execute(arguments, &config),
        Err(error) => {
            Console::new(clap::ColorChoice::Auto, false, false).error(&error);
            ExitCode::from(FAILED)
        }
    }
}

/// What decides for a file, out of the options of a command that goes through files.
fn settle(arguments: &Arguments) -> anyhow::Result<formats::Settled> {
    match &arguments.command {
        Command::Fix(arguments) => arguments.settle(),
        Command::Diff(arguments) => arguments.settle(),
        Command::Check(arguments) => arguments.settle(),
        Command::Convert(arguments) => arguments.settle(),
        _ => anyhow::bail!("this command has no overrides"),
    }
}

/// The options of repair of a command that goes through files.
fn repair(arguments: &Arguments) -> anyhow::Result<&repairing::RepairArguments> {
    match &arguments.command {
        Command::Fix(arguments) => Ok(arguments.repair()),
        Command::Convert(arguments) => Ok(arguments.fix.repair()),
        _ => anyhow::bail!("this command keeps no list of finished files"),
    }
}

/// Runs a command. Errors are shown on standard error; a reader that has gone away is not an error.
fn execute(Arguments { command, messages }: Arguments, config: &config::Config) -> ExitCode {
    let console = Console::new(messages.color, messages.quiet, messages.verbose);
    let outcome = match command {
        Command::Fix(arguments) => fix::run(arguments, config, &console),
        Command::Diff(arguments) => diff::run(arguments, config, &console),
        Command::Check(arguments) => check::run(arguments, config, &console),
        Command::Convert(arguments) => convert::run(*arguments, config, &console),
        Command::Undo(arguments) => undo::run(arguments, &console),
        Command::Completions(arguments) => generate::completions(&arguments),
        Command::Man(arguments) => generate::man(&arguments),
        Command::Explain(arguments) => explain::run(arguments, &console),
        Command::Detect(arguments) => detect::run(arguments, &console),
        Command::Damage(arguments) => damage::run(arguments, &console),
        Command::Train(arguments) => train::run(arguments),
        Command::Evaluate(arguments) => evaluate::run(arguments),
    };
    outcome.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        console.error(&error);
        ExitCode::from(FAILED)
    })
}

/// Whether the reader of our output has gone away, as with `hanfix diff page.txt | head -1`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io_error = |cause: &'_ (dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .or(match cause.downcast_ref() {
                // An output file can be a pipe.
                Some(SinkError::Write(_, error)) => Some(error),
                _ => None,
            })
            .map(io::Error::kind)
    };
    error
        .chain()
        .filter_map(io_error)
        .any(|kind| kind == io::ErrorKind::BrokenPipe)
}
