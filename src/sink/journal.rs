//! The journal of a run that replaced files, and how the run is undone.
//!
//! A run has a folder with two files: `journal.jsonl` names every file and what it was and became, and
//! `originals.zst` holds the old bytes. Both are flushed to the disk before a file is replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::in_place::{Digest, HardLinks, Ready, Replacing, Target, digest_of, sync_folders};
use super::{SinkError, atomic};
use crate::batch::Spool;

const JOURNAL: &str = "journal.jsonl";
const ORIGINALS: &str = "originals.zst";
/// Says that the run was undone.
const UNDONE: &str = "undone";

/// The old bytes are packed fast: the level makes a tenth of difference to their size.
const LEVEL: i32 = 1;

/// A path that may be anything: text, or its bytes in hexadecimal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum PathText {
    Text(String),
    Bytes { bytes: String },
}

impl PathText {
    pub(super) fn new(path: &Path) -> PathText {
        match path.to_str() {
            Some(text) => PathText::Text(text.to_owned()),
            None => PathText::Bytes {
                bytes: hex(path.as_os_str().as_encoded_bytes()),
            },
        }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            PathText::Text(text) => Some(text.into()),
            #[cfg(unix)]
            PathText::Bytes { bytes } => {
                use std::os::unix::ffi::OsStringExt;
                Some(std::ffi::OsString::from_vec(unhex(bytes)?).into())
            }
            #[cfg(not(unix))]
            PathText::Bytes { .. } => None,
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len().is_multiple_of(2)).then(|| digits.chunks(2).map(pair).collect())?
}

/// A file that is replaced.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    path: PathText,
    /// Length and BLAKE3 before and after.
    before: (u64, String),
    after: (u64, String),
    /// When it was last written before, in nanoseconds since 1970.
    modified: i64,
    /// Where its old bytes stand in the other file, and how long they are there.
    place: (u64, u64),
    /// Whether it was written over under all its names; otherwise this name got a file of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_place: bool,
}

fn digest(written: &(u64, String)) -> Option<Digest> {
    let hash = unhex(&written.1)?.try_into().ok()?;
    Some(Digest {
        size: written.0,
        hash,
    })
}

/// The journal of the run that goes on.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    durable: bool,
    files: Mutex<Option<Files>>,
}

#[derive(Debug)]
struct Files {
    journal: File,
    originals: File,
    /// Where the last whole line ends, and the last old file that was kept.
    journal_end: u64,
    originals_end: u64,
}

impl Files {
    /// Writes a line. What is left of one that could not be written is cut off, so that the next one stands alone.
    fn write_line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.journal.seek(SeekFrom::Start(self.journal_end))?;
        if let Err(error) = self.journal.write_all(&text) {
            let _ = self.journal.set_len(self.journal_end);
            return Err(error);
        }
        self.journal_end += text.len() as u64;
        Ok(())
    }
}

impl Journal {
    /// A journal in `folder`, which is made when the first file is replaced.
    pub fn new(folder: PathBuf, durable: bool) -> Journal {
        Journal {
            folder,
            durable,
            files: Mutex::new(None),
        }
    }

    /// A name for a run that begins now.
    pub fn name(now: SystemTime, process: u32) -> String {
        let seconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let (days, seconds) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{process}")
    }

    /// Puts the old bytes of a file aside, before it is replaced.
    ///
    /// # Errors
    ///
    /// The disk is full, or the file cannot be read any more. The file must not be replaced then.
    pub fn keep(&self, ready: &mut Ready) -> Result<(), SinkError> {
        let failed = |error| SinkError::Journal(self.folder.clone(), error);
        let (after, in_place) = (ready.after(), !ready.is_renamed());
        let target = ready.target();
        let (stamp, path) = (target.stamp(), target.real().to_owned());
        let file = target.reader();
        file.rewind().map_err(failed)?;
        let mut packed = Spool::new();
        let mut encoder = zstd::stream::write::Encoder::new(&mut packed, LEVEL).map_err(failed)?;
        let mut hashed = Hashing {
            inner: file,
            hasher: blake3::Hasher::new(),
        };
        let size = io::copy(&mut hashed, &mut encoder).map_err(failed)?;
        encoder.finish().map_err(failed)?;
        let hash = hashed.hasher.finalize();
        packed.rewind().map_err(failed)?;
        let mut guard = self
            .files
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if guard.is_none() {
            *guard = Some(self.create().map_err(failed)?);
        }
        let files = guard.as_mut().expect("it was just made");
        files
            .originals
            .seek(SeekFrom::Start(files.originals_end))
            .map_err(failed)?;
        let length = io::copy(&mut packed, &mut files.originals).map_err(failed)?;
        let line = Line {
            path: PathText::new(&path),
            before: (size, hash.to_hex().to_string()),
            after: (after.size, hex(&after.hash)),
            modified: i64::try_from(stamp.modified).unwrap_or(0),
            place: (files.originals_end, length),
            in_place,
        };
        files.write_line(&line).map_err(failed)?;
        files.originals_end += length;
        Ok(())
    }

    fn create(&self) -> io::Result<Files> {
        // A new folder is durable once the one that it is in is.
        let mut above: Vec<&Path> = self.folder.ancestors().skip(1).map(current).collect();
        let there = above.iter().position(|folder| folder.is_dir());
        above.truncate(there.map_or(above.len(), |there| there + 1));
        fs::create_dir_all(&self.folder)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // The old bytes may be private.
            options.mode(0o600);
        }
        let journal = options.open(self.folder.join(JOURNAL))?;
        let originals = options.open(self.folder.join(ORIGINALS))?;
        if self.durable {
            atomic::sync_folder(&self.folder)?;
            for folder in above {
                atomic::sync_folder(folder)?;
            }
        }
        Ok(Files {
            journal,
            originals,
            journal_end: 0,
            originals_end: 0,
        })
    }

    /// Makes durable what was put aside.
    pub fn sync(&self) -> Result<(), SinkError> {
        let guard = self
            .files
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*guard {
            Some(files) if self.durable => files
                .originals
                .sync_all()
                .and_then(|()| files.journal.sync_all())
                .map_err(|error| SinkError::Journal(self.folder.clone(), error)),
            _ => Ok(()),
        }
    }

    /// The name of the run, if it has replaced anything.
    pub fn run(&self) -> Option<String> {
        let guard = self
            .files
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        guard.as_ref()?;
        Some(self.folder.file_name()?.to_string_lossy().into_owned())
    }
}

/// A folder, where what is above a lone name is the current one.
fn current(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

struct Hashing<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// Year, month and day of a number of days since 1970, by the rule of 400 years that have 146,097 days.
fn civil(days: u64) -> (u64, u64, u64) {
    // Counted from the first of March of the year 0, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    (era * 400 + year, month, date)
}

/// A run that can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// How many files it replaced.
    pub files: usize,
    /// Whether it was undone already.
    pub undone: bool,
}

/// The runs with a journal below `folder`, oldest first.
pub fn runs(folder: &Path) -> Vec<Run> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut runs: Vec<Run> = entries
        .filter_map(|entry| {
            let journal = File::open(entry.path().join(JOURNAL)).ok()?;
            Some(Run {
                name: entry.file_name().into_string().ok()?,
                files: BufReader::new(journal).lines().count(),
                undone: entry.path().join(UNDONE).exists(),
            })
        })
        .collect();
    runs.sort_by(|a, b| a.name.cmp(&b.name));
    runs
}

/// What undoing does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// The old bytes are put back.
    Restore,
    /// The old bytes are there.
    Original,
    /// It was changed after the run, and stays.
    Changed,
    /// It is gone, and stays so.
    Missing,
    /// It cannot be read, so that nobody knows what it is, and stays.
    Unreadable,
}

/// A run that is read, to be undone.
#[derive(Debug)]
pub struct Undoing {
    folder: PathBuf,
    lines: Vec<Line>,
    broken: usize,
}

impl Undoing {
    /// Reads the journal of a run.
    pub fn open(folder: &Path) -> Result<Undoing, SinkError> {
        let failed = |error| SinkError::Undo(folder.to_owned(), error);
        let mut journal = BufReader::new(File::open(folder.join(JOURNAL)).map_err(failed)?);
        let (mut lines, mut broken) = (Vec::new(), 0);
        let mut text = Vec::new();
        while journal.read_until(b'\n', &mut text).map_err(failed)? > 0 {
            match serde_json::from_slice(&text) {
                Ok(line) => lines.push(line),
                // The last line of a run that was killed; its file was not replaced yet.
                Err(_) if !text.ends_with(b"\n") => {}
                Err(_) => broken += 1,
            }
            text.clear();
        }
        Ok(Undoing {
            folder: folder.to_owned(),
            lines,
            broken,
        })
    }

    /// How many lines of the journal cannot be read. What they stand for stays as it is.
    pub fn broken(&self) -> usize {
        self.broken
    }

    /// What undoing would do to each file.
    pub fn plan(&self) -> Vec<(PathBuf, Undo)> {
        self.lines
            .iter()
            .map(|line| (line.path.path().unwrap_or_default(), state(line)))
            .collect()
    }

    /// Puts the old bytes of one file back; `number` is its place in the plan.
    pub fn restore(&self, number: usize, durable: bool) -> Result<Undo, SinkError> {
        let failed = |error| SinkError::Undo(self.folder.clone(), error);
        let line = &self.lines[number];
        let state = state(line);
        let Some(path) = line.path.path().filter(|_| state == Undo::Restore) else {
            return Ok(state);
        };
        let replacing = Replacing {
            hard_links: match line.in_place {
                true => HardLinks::InPlace,
                false => HardLinks::Break,
            },
            durable,
            ..Replacing::default()
        };
        let mut originals = File::open(self.folder.join(ORIGINALS)).map_err(failed)?;
        originals
            .seek(SeekFrom::Start(line.place.0))
            .map_err(failed)?;
        let mut decoder =
            zstd::stream::read::Decoder::new(originals.take(line.place.1)).map_err(failed)?;
        let mut replacement = Target::open(&path)?.replace(&replacing)?;
        replacement
            .with_reader(|_, output| io::copy(&mut decoder, output))
            .map_err(|error| SinkError::Write(path.clone(), error))?;
        let ready = replacement.finish()?;
        if Some(ready.after()) != digest(&line.before) {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidData,
                "the old bytes in it are broken",
            )));
        }
        let committed = ready.commit()?;
        let written = File::options().write(true).open(&path);
        let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(line.modified.max(0) as u64);
        // The time is a courtesy.
        let _ = written.and_then(|file| file.set_modified(modified));
        if durable {
            sync_folders(&[committed.folder].into())
                .map_err(|error| SinkError::Write(path, error))?;
        }
        Ok(Undo::Restore)
    }

    /// Remembers that the run was undone.
    pub fn close(&self) -> Result<(), SinkError> {
        let mark = self.folder.join(UNDONE);
        fs::write(&mark, "").map_err(|error| SinkError::Write(mark, error))
    }
}

fn state(line: &Line) -> Undo {
    let Some(path) = line.path.path() else {
        return Undo::Unreadable;
    };
    match File::open(path).and_then(|mut file| digest_of(&mut file)) {
        Ok(now) if Some(now) == digest(&line.after) => Undo::Restore,
        Ok(now) if Some(now) == digest(&line.before) => Undo::Original,
        Ok(_) => Undo::Changed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Undo::Missing,
        Err(_) => Undo::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let name =
            |seconds| Journal::name(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), 7);
        assert_eq!(name(0), "19700101-000000-7");
        assert_eq!(name(951_782_399), "20000228-235959-7");
        assert_eq!(name(951_782_400), "20000229-000000-7");
        assert_eq!(name(1_795_478_400), "20261124-000000-7");
    }

    #[test]
    fn a_run_is_undone_byte_for_byte_and_not_over_later_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let replacing = Replacing::default();
        let journal = Journal::new(at("runs/one"), true);
        assert_eq!(journal.run(), None);
        for name in ["a", "b", "c", "d"] {
            fs::write(at(name), format!("old {name} \u{FF}").as_bytes()).unwrap();
            let mut replacement = Target::open(&at(name))
                .unwrap()
                .replace(&replacing)
                .unwrap();
            replacement.write_all(b"new").unwrap();
            let mut ready = replacement.finish().unwrap();
            journal.keep(&mut ready).unwrap();
            journal.sync().unwrap();
            // The run is killed before the last one.
            if name != "d" {
                ready.commit().unwrap();
            }
        }
        assert_eq!(journal.run().unwrap(), "one");
        fs::write(at("b"), "someone else").unwrap();
        fs::remove_file(at("c")).unwrap();
        assert_eq!(
            runs(&at("runs")),
            [Run {
                name: "one".into(),
                files: 4,
                undone: false
            }]
        );
        let undoing = Undoing::open(&at("runs/one")).unwrap();
        let plan: Vec<Undo> = undoing.plan().into_iter().map(|(_, undo)| undo).collect();
        assert_eq!(
            plan,
            [Undo::Restore, Undo::Changed, Undo::Missing, Undo::Original]
        );
        for number in 0..4 {
            undoing.restore(number, true).unwrap();
        }
        assert_eq!(fs::read(at("a")).unwrap(), "old a \u{FF}".as_bytes());
        assert_eq!(fs::read(at("b")).unwrap(), b"someone else");
        assert!(!at("c").exists());
        undoing.close().unwrap();
        assert!(runs(&at("runs"))[0].undone);
    }

    #[test]
    fn a_line_that_could_not_be_written_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let journal = Journal::new(at("run"), false);
        for name in ["a", "b", "c"] {
            fs::write(at(name), "舊").unwrap();
            let mut replacement = Target::open(&at(name))
                .unwrap()
                .replace(&Replacing::default())
                .unwrap();
            replacement.write_all("新".as_bytes()).unwrap();
            let mut ready = replacement.finish().unwrap();
            journal.keep(&mut ready).unwrap();
            ready.commit().unwrap();
            // The disk is full for a moment: half a line is written, and not even that can be cut off.
            let mut files = journal.files.lock().unwrap();
            let half = "{\"path\":\"half";
            files
                .as_mut()
                .unwrap()
                .journal
                .write_all(half.as_bytes())
                .unwrap();
        }
        let undoing = Undoing::open(&at("run")).unwrap();
        assert_eq!((undoing.plan().len(), undoing.broken()), (3, 0));
        drop(journal);
        let text = fs::read_to_string(at("run/journal.jsonl")).unwrap();
        let mut lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        lines.insert(1, b"{\"path\":\"half\xFF");
        fs::write(at("run/journal.jsonl"), lines.join(&b'\n')).unwrap();
        let undoing = Undoing::open(&at("run")).unwrap();
        assert_eq!((undoing.plan().len(), undoing.broken()), (3, 1));
        for number in 0..3 {
            assert_eq!(undoing.restore(number, false).unwrap(), Undo::Restore);
        }
        assert_eq!(fs::read_to_string(at("b")).unwrap(), "舊");
    }

    #[test]
    fn a_line_without_the_newer_fields_is_read() {
        let line: Line = serde_json::from_str(
            r#"{"path":"頁.txt","before":[1,"00"],"after":[2,"00"],"modified":3,"place":[4,5]}"#,
        )
        .unwrap();
        assert!(!line.in_place);
        assert!(!serde_json::to_string(&line).unwrap().contains("in_place"));
    }
}
