//! Standard output and standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// What may be said, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    color: clap::ColorChoice,
    quiet: bool,
    verbose: bool,
}

impl Console {
    pub(crate) fn new(color: clap::ColorChoice, quiet: bool, verbose: bool) -> Self {
        Console {
            color,
            quiet,
            verbose,
        }
    }

    /// Whether every file is worth a line.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Whether only the exit code and errors count.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether someone wants the closing line on standard error: on a terminal, or asked for.
    pub(crate) fn wants_summary(&self) -> bool {
        !self.quiet && (self.verbose || io::stderr().is_terminal())
    }

    /// Whether someone watches the run.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether standard output gets colours.
    pub(crate) fn colors_output(&self) -> bool {
        self.colors(&io::stdout())
    }

    fn colors(&self, stream: &impl anstream::stream::RawStream) -> bool {
        match self.color {
            clap::ColorChoice::Always => true,
            clap::ColorChoice::Never => false,
            clap::ColorChoice::Auto => {
                anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
            }
        }
    }

    /// Says what went wrong.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.say(ERROR, "error: ", &format_args!("{error:#}"));
    }

    /// Says what the user should know, unless told to be quiet.
    pub(crate) fn warning(&self, message: &dyn Display) {
        if !self.quiet {
            self.say(WARNING, "warning: ", message);
        }
    }

    /// Says something that is neither, unless told to be quiet.
    pub(crate) fn note(&self, message: &dyn Display) {
        if !self.quiet {
            self.say(Style::new(), "", message);
        }
    }

    /// Standard error may be closed; that is no reason to fail.
    fn say(&self, style: Style, head: &str, message: &dyn Display) {
        let stderr = io::stderr();
        let style = if self.colors(&stderr) {
            style
        } else {
            Style::new()
        };
        let _ = writeln!(stderr.lock(), "{style}{head}{style:#}{message}");
    }
}

/// Writes a text to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = raw_output()?;
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Standard output without line buffering: the blocks written to it are large. Its errors say where it was written to.
pub(crate) fn raw_output() -> io::Result<Box<dyn Write>> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let handle = io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .map_err(of_output)?;
        Ok(Box::new(Output(std::fs::File::from(handle))))
    }
    #[cfg(not(unix))]
    Ok(Box::new(Output(io::stdout().lock())))
}

/// Standard output, with words of its own for what fails.
struct Output<W>(W);

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(of_output)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(of_output)
    }
}

/// The kind stays, since a reader that has gone away is no error, nor is a call that was interrupted.
fn of_output(error: io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("standard output: cannot write: {error}"),
    )
}
