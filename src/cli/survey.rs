//! What the commands that go through folders and archives have in common: inputs worked on by several threads and
//! taken in order, one bad input that does not stop the others, books of everything that happened.

use std::io::{self, BufWriter, Seek, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::anyhow;
use clap::Args;
use hanfix::batch::{BatchError, Spool, in_order};
use hanfix::report::Visible;
use hanfix::report::sample::{Report, Status};
use hanfix::report::summary::{Tally, Totals};
use hanfix::sink::AtomicFile;

use super::console::Console;
use super::formats::Profiles;
use super::inputs::{Item, Select};
use super::interrupt::{self, Interrupted};
use super::lists::Lists;
use super::progress::{Progress, human};
use super::repairing::RepairArguments;
use super::watch::{Form, Seen, Watcher, failure};
use super::{FAILED, FOUND, INTERRUPTED, is_broken_pipe};

/// Files that may wait for an earlier one, for each thread.
pub(crate) const AHEAD: usize = 16;

/// So many skipped entries of one input are named, and notes of one input told; the others are counted.
const NAMED: usize = 3;

/// What is told about a long run.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Long runs")]
pub(crate) struct ReportArguments {
    /// Write a line of JSON for each file and for each change, with what stands around it
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// In the report, only so many changes of each rule, chosen without favour
    #[arg(long, value_name = "N", requires = "report")]
    report_sample: Option<usize>,
    /// Say at the end how many files and bytes there were, and how fast it went
    #[arg(long)]
    stats: bool,
}

impl ReportArguments {
    /// Sees to it that the report of a command that writes nothing else goes over nothing that is read.
    pub(crate) fn guard(
        &self,
        select: &mut Select,
        repair: &RepairArguments,
    ) -> anyhow::Result<()> {
        let lists = Lists::new([("--report", self.report.as_ref())]);
        lists.check(select, repair.files(), [])?;
        select.leave_out(lists);
        Ok(())
    }
}

/// What became of one input.
pub(crate) enum Fate {
    /// It was processed to its end.
    Seen(Box<Seen>),
    /// It was left out: no text, or nothing that can be changed.
    Skipped(String),
    /// It failed.
    Failed(anyhow::Error),
}

impl From<anyhow::Result<Tally>> for Fate {
    fn from(outcome: anyhow::Result<Tally>) -> Fate {
        match outcome {
            Ok(tally) => Fate::Seen(Box::new(Seen::counted(tally))),
            Err(error) => Fate::Failed(error),
        }
    }
}

/// The books of a run.
pub(crate) struct Books<'c> {
    pub(crate) console: &'c Console,
    pub(crate) totals: Totals,
    failures: Vec<anyhow::Error>,
    skipped: usize,
    /// Files that an earlier run finished.
    pub(crate) finished: usize,
    /// Whether the same command does not read again what is finished.
    pub(crate) resumes: bool,
    bytes: u64,
    report: Option<Report<BufWriter<AtomicFile>>>,
    stats: bool,
    started: Instant,
    progress: Progress,
}

impl<'c> Books<'c> {
    pub(crate) fn new(
        console: &'c Console,
        arguments: &ReportArguments,
        select: &Select,
    ) -> anyhow::Result<Self> {
        let mut books = Books::plain(console);
        if let Some(path) = &arguments.report {
            let output = BufWriter::new(AtomicFile::create(path)?);
            books.report = Some(Report::new(output, arguments.report_sample));
        }
        books.stats = arguments.stats;
        if console.shows_progress() && select.single().is_none() {
            books.progress = Progress::shown(select.paths().to_vec(), select.walker().clone());
        }
        Ok(books)
    }

    /// Those of a command that takes texts one by one: no report, and nothing to be seen on the way.
    pub(crate) fn plain(console: &'c Console) -> Self {
        Books {
            console,
            totals: Totals::default(),
            failures: Vec::new(),
            skipped: 0,
            finished: 0,
            resumes: false,
            bytes: 0,
            report: None,
            stats: false,
            started: Instant::now(),
            progress: Progress::hidden(),
        }
    }

    /// What the report wants of edits.
    pub(crate) fn wants(&self) -> Option<Option<usize>> {
        self.report.as_ref().map(Report::sample)
    }

    /// Does something that writes to the terminal.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.progress.aside(work)
    }

    /// Enters what became of an input. Only a reader of our output that has gone away ends the run.
    pub(crate) fn record(&mut self, path: &Path, fate: Fate) -> anyhow::Result<()> {
        let size = path.metadata().map_or(0, |metadata| metadata.len());
        self.progress.file(size);
        match fate {
            Fate::Seen(seen) => {
                self.bytes += seen.bytes;
                self.warn(path, &seen);
                self.totals.add(path, &seen.tally, seen.changed);
                let status = if seen.changed || seen.tally.edits() > 0 {
                    Status::Changed
                } else {
                    Status::Clean
                };
                if let Some(report) = &mut self.report {
                    report.file(path, status, None, &seen.tally, seen.edits)?;
                }
                for (path, message) in seen.failed {
                    self.fail(&path, anyhow!("{}: {message}", Visible(&*path)))?;
                }
            }
            Fate::Skipped(reason) => {
                self.skipped += 1;
                if self.console.is_verbose() {
                    self.aside(|| {
                        self.console
                            .note(&format_args!("{}: skipped: {reason}", Visible(path)))
                    });
                }
                if let Some(report) = &mut self.report {
                    report.file(
                        path,
                        Status::Skipped,
                        Some(&reason),
                        &Default::default(),
                        Default::default(),
                    )?;
                }
            }
            Fate::Failed(error) if is_broken_pipe(&error) => return Err(error),
            Fate::Failed(error) if error.is::<Interrupted>() => {}
            Fate::Failed(error) => self.fail(path, error)?,
        }
        Ok(())
    }

    fn fail(&mut self, path: &Path, error: anyhow::Error) -> io::Result<()> {
        self.totals.failed += 1;
        if let Some(report) = &mut self.report {
            let message = format!("{error:#}");
            report.file(
                path,
                Status::Failed,
                Some(&message),
                &Default::default(),
                Default::default(),
            )?;
        }
        self.failures.push(error);
        Ok(())
    }

    fn warn(&self, path: &Path, seen: &Seen) {
        let warn = |message: String| self.aside(|| self.console.warning(&message));
        if seen.tally.undecodable > 0 {
            let places = match seen.tally.undecodable {
                1 => "1 place".to_owned(),
                count => format!("{count} places"),
            };
            warn(format!(
                "{}: not text in its encoding at {places}; the bytes there are kept as they are",
                Visible(path)
            ));
        }
        if seen.malformed > 0 {
            let what = match seen.malformed {
                1 => "1 record is no JSON and is kept as it is".to_owned(),
                count => format!("{count} records are no JSON and are kept as they are"),
            };
            warn(format!(
                "{}: {what}; give `--type plain` if it is plain text",
                Visible(path)
            ));
        }
        let most = match self.console.is_verbose() {
            true => usize::MAX,
            false => NAMED,
        };
        for (entry, note) in seen.noted.iter().take(most) {
            warn(format!("{}: {}", Visible(&**entry), Visible(&**note)));
        }
        if seen.noted.len() > most {
            warn(format!(
                "{}: {} more warnings of this kind; -v tells them",
                Visible(path),
                seen.noted.len() - most
            ));
        }
        for (entry, reason) in seen.skipped.iter().take(if self.console.is_verbose() {
            usize::MAX
        } else {
            0
        }) {
            warn(format!(
                "{}: skipped: {}",
                Visible(&**entry),
                Visible(&**reason)
            ));
        }
        let told: Vec<_> = seen
            .skipped
            .iter()
            .filter(|(_, reason)| reason != "not text")
            .collect();
        if !told.is_empty() && !self.console.is_verbose() {
            let named: Vec<String> = told
                .iter()
                .take(NAMED)
                .map(|(entry, reason)| format!("{} ({})", Visible(&**entry), Visible(&**reason)))
                .collect();
            let more = told.len().saturating_sub(NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            warn(format!("kept as they are: {}{more}", named.join(", ")));
        }
    }

    /// Lists the failures and says what was found; `found` is whether that makes the exit code 1.
    pub(crate) fn finish(mut self, found: bool) -> anyhow::Result<ExitCode> {
        if let Some(report) = self.report.take() {
            let file = report.finish(&self.totals, self.skipped)?;
            file.into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .commit()?;
        }
        self.progress = Progress::hidden();
        for error in &self.failures {
            self.console.error(error);
        }
        let mut left = String::new();
        if self.skipped > 0 {
            left.push_str(&format!("; {} skipped", self.skipped));
        }
        if self.finished > 0 {
            left.push_str(&format!("; {} finished before", self.finished));
        }
        if self.console.wants_summary() || self.totals.doubts_any() {
            self.console
                .note(&format_args!("hanfix: {}{left}", self.totals));
        }
        if self.stats {
            let seconds = self.started.elapsed().as_secs_f64();
            let rate = |count: f64| if seconds > 0.0 { count / seconds } else { 0.0 };
            self.console.note(&format_args!(
                "hanfix: {} files read, {} changed, {} failed{left}; {} of text in {seconds:.2} s: {:.0} files/s, {:.1} MB/s",
                self.totals.files,
                self.totals.changed,
                self.totals.failed,
                human(self.bytes),
                rate(self.totals.files as f64),
                rate(self.bytes as f64) / 1e6,
            ));
        }
        if interrupt::wanted() {
            let next = match self.resumes {
                true => "the same command goes on where this one ended",
                false => {
                    "the same command does the rest, and with --state reads nothing again that is finished"
                }
            };
            self.console.note(&format_args!(
                "hanfix: interrupted; nothing is half written, and {next}"
            ));
            return Ok(ExitCode::from(INTERRUPTED as u8));
        }
        Ok(match found {
            _ if self.totals.failed > 0 => ExitCode::from(FAILED),
            true => ExitCode::from(FOUND),
            false => ExitCode::SUCCESS,
        })
    }
}

/// What became of an input whose processing gave an error.
pub(crate) fn fate_of(item: &Item, error: BatchError) -> Fate {
    if error.is_not_text() && item.root.is_some() {
        return Fate::Skipped("not text".to_owned());
    }
    Fate::Failed(failure(item.input.name(), error))
}

/// The threads for inputs, and those for the parts of one input; 0 for as many as there are processors.
pub(crate) fn threads(select: &Select) -> (usize, usize) {
    let threads = select.threads().map_or(0, NonZero::get);
    match select.single() {
        Some(_) => (1, threads),
        None => (threads, 1),
    }
}

/// Goes through all inputs and writes what is found, in order; `line` writes what stands behind each.
pub(crate) fn survey(
    select: &Select,
    profiles: &Profiles<'_>,
    form: Form,
    books: &mut Books<'_>,
    output: &mut impl Write,
    mut line: impl FnMut(&Path, &Seen, &mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    interrupt::watch(interrupt::Interrupt::Now)?;
    let (outer, inner) = threads(select);
    let wants = books.wants();
    let work = |mut item: Item| {
        let mut text = Spool::new();
        let fate = match item.problem.take() {
            Some(problem) => Fate::Failed(problem.into()),
            None => look(&item, profiles, inner, Watcher::new(form, &mut text, wants)),
        };
        (item, fate, text)
    };
    in_order(outer, AHEAD, select.items(&|_| {}), work, |done| {
        let (item, fate, mut text) = done.ok_or(BatchError::Panicked)?;
        let path = item.input.name();
        text.rewind()?;
        books.aside(|| io::copy(&mut text, output))?;
        match &fate {
            Fate::Seen(seen) => books.aside(|| line(path, seen, output))?,
            Fate::Failed(error) if matches!(form, Form::Json) => {
                hanfix::report::json::JsonLines::new(&mut *output)
                    .error(path, &format!("{error:#}"))?;
            }
            _ => {}
        }
        books.record(path, fate)
    })
}

/// Processes one input without writing it.
fn look(item: &Item, profiles: &Profiles<'_>, threads: usize, mut watcher: Watcher<'_>) -> Fate {
    let path = item.input.name();
    let settled = match profiles.of(path) {
        Ok(settled) => settled,
        Err(error) => return Fate::Failed(error),
    };
    let mut reader = match item.input.open() {
        Ok(reader) => reader,
        Err(error) => return Fate::Failed(error.into()),
    };
    let batch = settled.batch(threads);
    let mut nowhere = io::sink();
    let output = watcher
        .wants_output()
        .then_some(&mut nowhere as &mut dyn Write);
    let mut observer = |event: hanfix::batch::Event<'_>| watcher.event(event);
    let outcome = match &mut reader {
        hanfix::source::Reader::File(file)
            if file.metadata().is_ok_and(|metadata| metadata.is_file()) =>
        {
            batch.process(path, file, output, &mut observer)
        }
        stream => batch.process_stream(path, stream.as_read(), output, &mut observer),
    };
    match outcome {
        Ok(outcome) => Fate::Seen(Box::new(watcher.seen(outcome))),
        Err(error) => fate_of(item, error),
    }
}
