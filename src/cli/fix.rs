//! `hanfix fix`: repaired text.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use encoding_rs::UTF_8;
use hanfix::batch::{Batch, BatchError, Outcome, Spool, in_order};
use hanfix::report::Visible;
use hanfix::report::json::JsonLines;
use hanfix::sink::{
    self, AtomicFile, Destination, Digest, Draft, HardLinks, Journal, Ready, Replacing, SinkError,
    Snapshot, State, Target,
};
use hanfix::source::{HEAD, Input, Reader};

use super::committing::{Committer, Finished};
use super::config::{Config, ConfigArguments};
use super::console::{Console, raw_output};
use super::formats::{FormatArguments, Profiles, Settled};
use super::inputs::{Identity, Item, Select, SelectArguments};
use super::interrupt::{self, Interrupt};
use super::lists::Lists;
use super::repairing::RepairArguments;
use super::survey::{AHEAD, Books, Fate, ReportArguments, fate_of, threads};
use super::watch::{Form, Watcher};

/// Write the repaired text
///
/// Repairs one text to standard output or to a file, files and folders in place (-w) or into another folder (-o).
/// What is not damaged comes out byte for byte: line ends, byte order mark and a missing final line end stay.
/// A repaired file keeps its encoding; standard input comes out as UTF-8. Archives (zip, EPUB, DOCX, tar, WARC, gz,
/// zst, xz, bz2) are repaired entry by entry and need -o.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    select: SelectArguments,
    /// Write to this file; with several inputs or a folder, into this folder
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// In the output folder, keep the folders of the given paths
    #[arg(long, requires = "output")]
    keep_paths: bool,
    /// Encoding of the output: utf-8, gbk, gb18030, big5, ...
    #[arg(long, value_name = "LABEL")]
    to_encoding: Option<String>,
    /// Also write the list of changes, as JSON lines
    #[arg(long, value_name = "FILE")]
    edits: Option<PathBuf>,
    /// Exit with 1 when something was guessed or is unresolved
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    in_place: InPlaceArguments,
    #[command(flatten)]
    repair: RepairArguments,
    #[command(flatten)]
    formats: FormatArguments,
    /// Note finished files here, and do not read again what is finished, has not changed and had these options
    #[arg(long, value_name = "FILE", help_heading = "Long runs")]
    state: Option<PathBuf>,
    #[command(flatten)]
    report: ReportArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

/// How files are changed in place.
#[derive(Debug, Args)]
#[command(next_help_heading = "In place")]
struct InPlaceArguments {
    /// Change the files themselves; `hanfix undo` puts them back
    #[arg(short, long, conflicts_with = "output")]
    write: bool,
    /// With -w, keep the old file beside the new one, as `page.txt.orig`
    #[arg(
        long,
        value_name = "SUFFIX",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".orig",
        requires = "write",
        conflicts_with = "output"
    )]
    backup: Option<String>,
    /// With -w, files with several names: refuse, break (this name gets a file of its own), inplace (not safe
    /// against a power cut)
    #[arg(
        long,
        value_name = "HOW",
        default_value = "refuse",
        hide_possible_values = true
    )]
    hard_links: HardLinksArgument,
    /// With -w, folder of the journals that `hanfix undo` reads
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// With -w, keep no journal; the run cannot be undone
    #[arg(long, conflicts_with = "journal")]
    no_journal: bool,
    /// Do not wait for the disk; faster, but a power cut may lose what was written last
    #[arg(long)]
    no_fsync: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HardLinksArgument {
    Refuse,
    Break,
    Inplace,
}

const EXAMPLES: &str = "\
Examples:
  hanfix fix page.txt -o repaired.txt         repair a file into another
  curl -s URL | hanfix fix > page.txt         repair what comes through a pipe
  hanfix fix -w pages/                        repair the files of a folder in place
  hanfix fix pages/ -o out/                   repair a folder into another
  hanfix fix crawl.warc.gz -o fixed.warc.gz   repair an archive
  hanfix fix big.jsonl --field text -o out.jsonl
  hanfix fix --to keep page.txt               repair only, Traditional stays Traditional";

impl Arguments {
    /// The same, with no rule but the conversion of the script.
    pub(crate) fn only_script(mut self) -> Self {
        self.repair.only_script();
        self
    }

    /// What decides for a file that is only converted.
    pub(super) fn settle_script(&self) -> anyhow::Result<Settled> {
        let mut repair = self.repair.clone();
        repair.only_script();
        Settled::new(&repair, &self.formats, self.to_encoding.as_deref())
    }

    /// What is to be read.
    pub(super) fn select(&self) -> &SelectArguments {
        &self.select
    }

    pub(super) fn settle(&self) -> anyhow::Result<Settled> {
        Settled::new(&self.repair, &self.formats, self.to_encoding.as_deref())
    }

    pub(super) fn repair(&self) -> &RepairArguments {
        &self.repair
    }

    /// Everything that decides what comes out, for the list of finished files.
    fn fingerprint(&self, config: &Config) -> anyhow::Result<Vec<String>> {
        let mut parts = vec![
            env!("CARGO_PKG_VERSION").to_owned(),
            format!(
                "{:?} {:?} {:?}",
                self.repair, self.formats, self.to_encoding
            ),
            format!(
                "{:?} {} {}",
                self.output, self.keep_paths, self.in_place.write
            ),
            config.text().to_owned(),
        ];
        parts.extend(contents(&self.repair)?);
        for number in 0..config.overrides() {
            parts.extend(contents(super::repair(&config.parse_with(1 << number)?)?)?);
        }
        Ok(parts)
    }
}

/// What stands in the files that are read for the options, as hashes.
fn contents(repair: &RepairArguments) -> anyhow::Result<Vec<String>> {
    let digest = |path: &Path| {
        let digest = fs::File::open(path).and_then(|mut file| Digest::of(&mut file));
        digest
            .map(|digest| format!("{digest:?}"))
            .with_context(|| format!("{}: cannot read", Visible(path)))
    };
    repair.files().map(digest).collect()
}

/// Where what is written goes.
enum Places {
    /// Each input where the plan says.
    Planned(std::vec::IntoIter<Destination>),
    /// Files of folders, into a folder.
    Mirrored(Mirror),
    /// Each file where it is.
    InPlace(Replacing, Option<Journal>),
}

/// A folder that gets the shape of others.
struct Mirror {
    folder: PathBuf,
    keep_paths: bool,
    /// Hashes of the paths that are taken.
    taken: HashSet<u64>,
    /// What else is written.
    lists: Lists,
}

/// Where one input goes.
enum Place {
    Standard,
    File(PathBuf),
    Itself,
}

impl Place {
    /// The file, where it is another than the input.
    fn output(&self) -> Option<&Path> {
        match self {
            Place::File(path) => Some(path),
            Place::Standard | Place::Itself => None,
        }
    }
}

pub(crate) fn run(
    arguments: Arguments,
    config: &Config,
    console: &Console,
) -> anyhow::Result<ExitCode> {
    let base = arguments.settle()?;
    let profiles = Profiles::new(config, base)?;
    let mut select = arguments.select.settle(console, "fix")?;
    if arguments.in_place.write {
        select.tell_apart_by(match arguments.in_place.hard_links {
            HardLinksArgument::Inplace => Identity::Inode,
            HardLinksArgument::Refuse | HardLinksArgument::Break => Identity::File,
        });
    }
    let mut listing = BufWriter::new(raw_output()?);
    if select.list(&mut listing)? {
        listing.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    drop(listing);
    let mut session = Session::new(&arguments, config, console, &mut select)?;
    let finished_before = session.work(&arguments, console, &select, &profiles)?;
    session.finish(&arguments, console, finished_before)
}

/// What a run has open from its beginning to its end.
struct Session<'c> {
    places: Places,
    replacing: Replacing,
    journal: Option<Journal>,
    state: RefCell<Option<State>>,
    edits: Option<EditsFile>,
    books: Books<'c>,
}

impl<'c> Session<'c> {
    /// Checks where everything goes and opens what is written beside the texts.
    fn new(
        arguments: &Arguments,
        config: &Config,
        console: &'c Console,
        select: &mut Select,
    ) -> anyhow::Result<Self> {
        let lists = Lists::new([
            ("--state", arguments.state.as_ref()),
            ("--report", arguments.report.report.as_ref()),
            ("--edits", arguments.edits.as_ref()),
        ]);
        let mut places = places(arguments, select, &lists)?;
        lists.check(select, arguments.repair.files(), places.outputs())?;
        select.leave_out(lists);
        let state = match &arguments.state {
            Some(path) => {
                let fingerprint = arguments.fingerprint(config)?;
                let parts: Vec<&str> = fingerprint.iter().map(String::as_str).collect();
                Some(State::open(path, &parts)?)
            }
            None => None,
        };
        let edits = match &arguments.edits {
            Some(path) => Some(JsonLines::new(BufWriter::new(AtomicFile::create(path)?))),
            None => None,
        };
        watch(arguments, select, &places)?;
        let mut books = Books::new(console, &arguments.report, select)?;
        books.resumes = state.is_some();
        let (replacing, journal) = match &mut places {
            Places::InPlace(replacing, journal) => (replacing.clone(), journal.take()),
            _ => (Replacing::default(), None),
        };
        Ok(Session {
            places,
            replacing,
            journal,
            state: RefCell::new(state),
            edits,
            books,
        })
    }

    /// Repairs all inputs; gives how many an earlier run has finished.
    fn work(
        &mut self,
        arguments: &Arguments,
        console: &Console,
        select: &Select,
        profiles: &Profiles<'_>,
    ) -> anyhow::Result<usize> {
        let (outer, inner) = threads(select);
        let fixing = Fixing {
            profiles,
            threads: inner,
            replacing: &self.replacing,
            journal: self.journal.as_ref(),
            durable: !arguments.in_place.no_fsync,
            wants_edits: self.edits.is_some(),
            wants_report: self.books.wants(),
        };
        let sweep = |folder: &Path| {
            if arguments.in_place.write {
                sink::sweep(folder);
            }
        };
        let finished_before = Cell::new(0);
        let (places, state) = (&mut self.places, &self.state);
        let items = select
            .items(&sweep)
            .take_while(|_| !interrupt::wanted())
            // Its place first: what is finished keeps the place that it has.
            .map(|item| {
                let place = places.of(&item);
                (item, place)
            })
            .filter(|(item, place)| {
                let is_finished = state.borrow().as_ref().is_some_and(|state| {
                    let place = place.as_ref();
                    place.is_ok_and(|place| state.is_finished(item.input.name(), place.output()))
                });
                finished_before.set(finished_before.get() + usize::from(is_finished));
                !is_finished
            });
        let single = select.single();
        let books = &mut self.books;
        let edits = &mut self.edits;
        let mut committer = Committer::new(fixing.journal, state, fixing.durable);
        let work = |(item, place)| fixing.handle(item, place);
        in_order(outer, AHEAD, items, work, |done| {
            let (finished, mut list) = done.ok_or(BatchError::Panicked)?;
            let path = &*finished.path;
            if let Some(edits) = edits {
                list.rewind()?;
                io::copy(&mut list, edits.get_mut())?;
                if let Fate::Failed(error) = &finished.fate {
                    edits.error(path, &format!("{error:#}"))?;
                }
            }
            if let (Fate::Seen(seen), true) =
                (&finished.fate, console.is_verbose() && single.is_none())
            {
                books.aside(|| console.note(&super::check::line(path, seen)));
            }
            committer.push(finished, books)
        })?;
        committer.flush(books)?;
        Ok(finished_before.get())
    }

    /// Completes the lists and says what was done.
    fn finish(
        mut self,
        arguments: &Arguments,
        console: &Console,
        finished_before: usize,
    ) -> anyhow::Result<ExitCode> {
        self.books.finished = finished_before;
        if let Some(mut edits) = self.edits {
            edits.summary(&self.books.totals)?;
            edits
                .into_inner()
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .commit()?;
        }
        if let Some(run) = self.journal.as_ref().and_then(Journal::run)
            && console.wants_summary()
        {
            let folder = match &arguments.in_place.journal {
                Some(folder) => format!(" --journal {}", Visible(&**folder)),
                None => String::new(),
            };
            console.note(&format_args!(
                "hanfix: `hanfix undo{folder} {run}` puts the old files back"
            ));
        }
        let doubts = self.books.totals.doubts_any();
        self.books.finish(arguments.strict && doubts)
    }
}

/// Watches for Ctrl-C.
fn watch(arguments: &Arguments, select: &Select, places: &Places) -> anyhow::Result<()> {
    // A single text can wait for ever, as on standard input; with several there is something to bring in order.
    match places {
        // Nothing that could stay half written: the system's own way to end is as good, and needs no thread.
        Places::Planned(plan)
            if matches!(plan.as_slice(), [Destination::Standard])
                && arguments.edits.is_none()
                && arguments.report.report.is_none() =>
        {
            Ok(())
        }
        _ if select.single().is_some() => interrupt::watch(Interrupt::Now),
        _ => interrupt::watch(Interrupt::Orderly),
    }
}

type EditsFile = JsonLines<BufWriter<AtomicFile>>;

/// Checks where everything goes before anything is read.
fn places(arguments: &Arguments, select: &Select, lists: &Lists) -> anyhow::Result<Places> {
    let in_place = &arguments.in_place;
    if in_place.write {
        if matches!(select.single(), Some(Input::Standard))
            || select.paths().iter().any(|path| path.as_os_str() == "-")
        {
            bail!("standard input cannot be changed in place; leave -w out, or name files");
        }
        let replacing = Replacing {
            backup: in_place.backup.clone(),
            hard_links: match in_place.hard_links {
                HardLinksArgument::Refuse => HardLinks::Refuse,
                HardLinksArgument::Break => HardLinks::Break,
                HardLinksArgument::Inplace => HardLinks::InPlace,
            },
            durable: !in_place.no_fsync,
        };
        if replacing
            .backup
            .as_deref()
            .is_some_and(|suffix| suffix.is_empty() || suffix.contains('/'))
        {
            bail!("--backup: the suffix must be an ending like `.orig`");
        }
        let journal = match in_place.no_journal {
            true => None,
            false => {
                let folder = super::undo::journals(in_place.journal.as_deref())?;
                let name = Journal::name(SystemTime::now(), std::process::id());
                Some(Journal::new(folder.join(name), replacing.durable))
            }
        };
        return Ok(Places::InPlace(replacing, journal));
    }
    if !select.has_folder() {
        let inputs = Input::from_paths(select.paths());
        let plan = sink::plan(&inputs, arguments.output.as_deref(), arguments.keep_paths)?;
        return Ok(Places::Planned(plan.into_iter()));
    }
    let Some(folder) = arguments
        .output
        .as_deref()
        .filter(|output| output.as_os_str() != "-")
    else {
        bail!("a folder needs a place to go to: give -o DIR, or -w to change the files themselves");
    };
    if folder.exists() && !folder.is_dir() {
        return Err(SinkError::SeveralToFile(folder.to_owned()).into());
    }
    refuse_nested(folder, select)?;
    Ok(Places::Mirrored(Mirror {
        folder: folder.to_owned(),
        keep_paths: arguments.keep_paths,
        taken: HashSet::new(),
        lists: lists.clone(),
    }))
}

/// An output folder within an input folder would be read while it is written.
fn refuse_nested(folder: &Path, select: &Select) -> anyhow::Result<()> {
    let there = sink::location(folder);
    for path in select.paths().iter().filter(|path| path.is_dir()) {
        if there.starts_with(sink::location(path)) {
            bail!(
                "{}: is inside {}, which is read; choose a folder outside of it",
                Visible(folder),
                Visible(&**path)
            );
        }
    }
    Ok(())
}

impl Places {
    /// The files that are known before anything is read.
    fn outputs(&self) -> impl Iterator<Item = &Path> {
        let planned = match self {
            Places::Planned(plan) => plan.as_slice(),
            Places::Mirrored(_) | Places::InPlace(..) => &[],
        };
        planned.iter().filter_map(|destination| match destination {
            Destination::File(path) => Some(&**path),
            Destination::Standard => None,
        })
    }

    fn of(&mut self, item: &Item) -> anyhow::Result<Place> {
        match self {
            Places::InPlace(..) => Ok(Place::Itself),
            Places::Planned(plan) => Ok(match plan.next() {
                Some(Destination::File(path)) => Place::File(path),
                _ => Place::Standard,
            }),
            Places::Mirrored(mirror) => mirror.of(item).map(Place::File),
        }
    }
}

impl Mirror {
    fn of(&mut self, item: &Item) -> anyhow::Result<PathBuf> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let input = &item.input;
        let relative = match (&item.root, input.path()) {
            (Some(root), Some(path)) if !self.keep_paths => {
                path.strip_prefix(root).unwrap_or(path).to_owned()
            }
            _ => sink::name_inside(input, &self.folder, self.keep_paths)?,
        };
        let target = self.folder.join(relative);
        let mut hasher = DefaultHasher::new();
        target.hash(&mut hasher);
        if !self.taken.insert(hasher.finish()) {
            let input = input.name().to_owned();
            return Err(SinkError::Taken { input, target }.into());
        }
        if let Some(option) = self.lists.option_of(&target) {
            bail!(
                "{}: would become {}, where {option} goes; give {option} another file",
                Visible(input.name()),
                Visible(&*target)
            );
        }
        sink::refuse_inputs(std::slice::from_ref(input), std::slice::from_ref(&target))?;
        Ok(target)
    }
}

/// How one input is repaired.
struct Fixing<'f> {
    profiles: &'f Profiles<'f>,
    threads: usize,
    replacing: &'f Replacing,
    journal: Option<&'f Journal>,
    durable: bool,
    wants_edits: bool,
    wants_report: Option<Option<usize>>,
}

/// What is left of an input when it was repaired, or could not be.
#[derive(Default)]
struct Remains {
    /// The new file, if the old one is to be replaced.
    ready: Option<Ready>,
    /// What the input was when it was opened, if it is a file.
    snapshot: Option<Snapshot>,
}

impl Fixing<'_> {
    /// Repairs one input, and gives the list of its edits too.
    fn handle(&self, mut item: Item, place: anyhow::Result<Place>) -> (Finished, Spool) {
        let mut edits = Spool::new();
        let form = if self.wants_edits {
            Form::Json
        } else {
            Form::Nothing
        };
        let mut output = None;
        let mut remains = Remains::default();
        let fate = match (item.problem.take(), place) {
            (Some(problem), _) => Fate::Failed(problem.into()),
            (None, Err(problem)) => Fate::Failed(problem),
            (None, Ok(place)) => {
                output = place.output().map(Path::to_owned);
                let watcher = Watcher::new(form, &mut edits, self.wants_report);
                self.fix(&item, &place, watcher, &mut remains)
            }
        };
        let finished = Finished {
            path: item.input.name().to_owned(),
            output,
            fate,
            ready: remains.ready,
            snapshot: remains.snapshot,
        };
        (finished, edits)
    }

    /// Repairs one input. Nothing of an output file appears unless all of it could be made.
    fn fix(
        &self,
        item: &Item,
        place: &Place,
        mut watcher: Watcher<'_>,
        remains: &mut Remains,
    ) -> Fate {
        let settled = match self.profiles.of(item.input.name()) {
            Ok(settled) => settled,
            Err(error) => return Fate::Failed(error),
        };
        let mut batch = settled.batch(self.threads);
        let outcome = match place {
            Place::Itself => self.in_place(item, &batch, &mut watcher, remains),
            Place::Standard | Place::File(_) => {
                if item.input == Input::Standard {
                    batch.to = batch.to.or(Some(UTF_8));
                }
                self.elsewhere(item, place, &batch, &mut watcher, remains)
            }
        };
        match outcome {
            Ok(outcome) => Fate::Seen(Box::new(watcher.seen(outcome))),
            Err(fate) => fate,
        }
    }

    fn elsewhere(
        &self,
        item: &Item,
        place: &Place,
        batch: &Batch<'_>,
        watcher: &mut Watcher<'_>,
        remains: &mut Remains,
    ) -> Result<Outcome, Fate> {
        let path = item.input.name();
        // The input first: where it cannot be read, no folder is made for the output.
        let mut reader = item
            .input
            .open()
            .map_err(|error| Fate::Failed(error.into()))?;
        let metadata = match &reader {
            Reader::File(file) => file.metadata().ok().filter(fs::Metadata::is_file),
            Reader::Standard(_) => None,
        };
        remains.snapshot = metadata.as_ref().map(Snapshot::of);
        let mut observer = |event: hanfix::batch::Event<'_>| watcher.event(event);
        let Place::File(output_path) = place else {
            let mut output = raw_output().map_err(|error| Fate::Failed(error.into()))?;
            return batch
                .process_stream(path, reader.as_read(), Some(&mut output), &mut observer)
                .map_err(|error| match error {
                    // It says itself where it was to be written.
                    BatchError::Write(error) => Fate::Failed(error.into()),
                    other => fate_of(item, other),
                });
        };
        let sink = |error: SinkError| Fate::Failed(error.into());
        let failed = |error| match error {
            BatchError::Write(error) => sink(SinkError::Write(output_path.clone(), error)),
            other => fate_of(item, other),
        };
        let mut output = AtomicFile::create(output_path).map_err(sink)?;
        let outcome = match &mut reader {
            Reader::File(file) if remains.snapshot.is_some() => {
                let outcome = batch
                    .process(path, file, Some(&mut output), &mut observer)
                    .map_err(failed)?;
                if outcome.packed && !outcome.changed {
                    // Packed again for nothing: the input is the better output.
                    output = AtomicFile::create(output_path).map_err(sink)?;
                    let copied = file.rewind().and_then(|()| io::copy(file, &mut output));
                    copied.map_err(|error| sink(SinkError::Write(output_path.clone(), error)))?;
                }
                outcome
            }
            stream => batch
                .process_stream(path, stream.as_read(), Some(&mut output), &mut observer)
                .map_err(failed)?,
        };
        output.commit_with(self.durable).map_err(sink)?;
        Ok(outcome)
    }

    fn in_place(
        &self,
        item: &Item,
        batch: &Batch<'_>,
        watcher: &mut Watcher<'_>,
        remains: &mut Remains,
    ) -> Result<Outcome, Fate> {
        let path = item.input.name();
        let sink = |error: SinkError| Fate::Failed(error.into());
        let read = |error| sink(SinkError::Open(path.to_owned(), error));
        let mut target = match Target::open(path) {
            Ok(target) => target,
            // The usual words for a path that is not there.
            Err(error) => {
                return Err(item
                    .input
                    .open()
                    .map_or_else(|error| Fate::Failed(error.into()), |_| sink(error)));
            }
        };
        remains.snapshot = Some(target.snapshot());
        let mut head = Vec::new();
        target
            .reader()
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(read)?;
        target.reader().rewind().map_err(read)?;
        if batch.kind_of(path, &head).is_container() {
            let reason = "an archive is not changed in place; give -o to write a repaired one";
            return Err(match &item.root {
                Some(_) => Fate::Skipped(reason.to_owned()),
                None => Fate::Failed(anyhow!("{}: {reason}", Visible(path))),
            });
        }
        let (mut draft, mut reader) = Draft::new(target, self.replacing).map_err(read)?;
        let mut observer = |event: hanfix::batch::Event<'_>| watcher.event(event);
        let outcome = batch
            .process(path, &mut reader, Some(&mut draft), &mut observer)
            .map_err(|error| fate_of(item, error))?;
        if outcome.changed {
            let mut finished = draft.finish().map_err(sink)?;
            if let Some(journal) = self.journal {
                journal.keep(&mut finished).map_err(sink)?;
            }
            remains.ready = Some(finished);
        }
        Ok(outcome)
    }
}
