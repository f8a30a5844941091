//! What a run has finished, so that the next one need not read it again.
//!
//! A file of JSON lines: the path, what the file was (length, time, identity), and under which version and
//! configuration it was finished. A file counts as finished while all of that is the same.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::SinkError;
use super::in_place::{Snapshot, Stamp};
use super::journal::{PathText, hex};

/// What is written of a finished file.
#[derive(Serialize, Deserialize)]
struct Line {
    path: PathText,
    size: u64,
    /// Nanoseconds since 1970.
    modified: i64,
    /// When its name or attributes were last changed.
    changed: i64,
    identity: (u64, u64),
    /// Version and configuration.
    config: String,
    /// Where it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<PathText>,
}

impl Line {
    fn snapshot(&self) -> Snapshot {
        Snapshot {
            stamp: Stamp {
                size: self.size,
                modified: self.modified.into(),
                identity: self.identity,
            },
            changed: self.changed,
        }
    }
}

/// The finished files.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    file: File,
    config: String,
    /// By a hash of the path: a path need not be in memory.
    finished: HashMap<[u8; 16], u64>,
}

/// All that says that a file is what it was and was written where it would be written now.
fn fingerprint(file: &Snapshot, output: Option<&Path>) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (file, output).hash(&mut hasher);
    hasher.finish()
}

fn key(path: &Path) -> [u8; 16] {
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes());
    std::array::from_fn(|i| hash.as_bytes()[i])
}

impl State {
    /// Opens the file, or makes it. `config` stands for the version and all options that decide what comes out.
    ///
    /// # Errors
    ///
    /// It cannot be opened, it is used by another run, or it is something else.
    pub fn open(path: &Path, config: &[&str]) -> Result<State, SinkError> {
        let failed = |error| SinkError::State(path.to_owned(), error);
        let mut hasher = blake3::Hasher::new();
        for part in config {
            hasher.update(part.as_bytes());
            hasher.update(b"\0");
        }
        let config = hex(&hasher.finalize().as_bytes()[..16]);
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(failed(io::Error::other(
                "another run uses it; wait for its end or give another file",
            )));
        }
        let mut finished = HashMap::new();
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        let mut is_first = true;
        while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            match serde_json::from_slice::<Line>(&line) {
                Ok(read) => {
                    if let Some(path) = read.path.path() {
                        let snapshot = read.snapshot();
                        let output = read.output.and_then(|output| output.path());
                        let is_there = output.as_deref().is_none_or(Path::exists);
                        let known = (read.config == config && is_there)
                            .then(|| fingerprint(&snapshot, output.as_deref()));
                        match known {
                            Some(known) => finished.insert(key(&path), known),
                            None => finished.remove(&key(&path)),
                        };
                    }
                }
                // The last line of a run that was killed.
                Err(_) if !is_first => {}
                Err(_) => {
                    let message = "it is not a list of finished files; give a file that is new or made by --state";
                    return Err(failed(io::Error::new(io::ErrorKind::InvalidData, message)));
                }
            }
            is_first = false;
            line.clear();
        }
        drop(reader);
        // A line that was cut off must not swallow the next one.
        let end = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if end > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(end - 1)).map_err(failed)?;
            io::Read::read_exact(&mut file, &mut last).map_err(failed)?;
            if last != *b"\n" {
                file.write_all(b"\n").map_err(failed)?;
            }
        }
        Ok(State {
            path: path.to_owned(),
            file,
            config,
            finished,
        })
    }

    /// Whether a file is finished, was written to `output` if that is elsewhere, and has not been changed since.
    pub fn is_finished(&self, path: &Path, output: Option<&Path>) -> bool {
        let Some(known) = self.finished.get(&key(path)) else {
            return false;
        };
        let Ok(metadata) = fs::metadata(path) else {
            return false;
        };
        *known == fingerprint(&Snapshot::of(&metadata), output)
    }

    /// Notes files that are finished: what each was when it was opened, or is since it was replaced, and where it was
    /// written when that is elsewhere.
    pub fn finish<'p>(
        &mut self,
        files: impl IntoIterator<Item = (&'p Path, Snapshot, Option<&'p Path>)>,
    ) -> Result<(), SinkError> {
        let failed = |error| SinkError::State(self.path.clone(), error);
        let mut text = Vec::new();
        for (path, Snapshot { stamp, changed }, output) in files {
            let line = Line {
                path: PathText::new(path),
                size: stamp.size,
                modified: i64::try_from(stamp.modified).unwrap_or(0),
                changed,
                identity: stamp.identity,
                config: self.config.clone(),
                output: output.map(PathText::new),
            };
            serde_json::to_writer(&mut text, &line).map_err(|error| failed(error.into()))?;
            text.push(b'\n');
        }
        self.file.write_all(&text).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_as_it_was_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let now = |name: &str| Snapshot::of(&fs::metadata(at(name)).unwrap());
        for name in ["a", "b"] {
            fs::write(at(name), "會").unwrap();
        }
        let mut state = State::open(&at("state"), &["1", "x"]).unwrap();
        assert!(!state.is_finished(&at("a"), None));
        state
            .finish([
                (&*at("a"), now("a"), None),
                (&*at("b"), now("b"), Some(&*at("a"))),
            ])
            .unwrap();
        let message = State::open(&at("state"), &["1", "x"])
            .unwrap_err()
            .to_string();
        assert!(message.contains("another run"), "{message}");
        drop(state);
        fs::OpenOptions::new()
            .append(true)
            .open(at("state"))
            .unwrap()
            .write_all(b"{\"path\":\"cut")
            .unwrap();
        let mut state = State::open(&at("state"), &["1", "x"]).unwrap();
        assert!(state.is_finished(&at("a"), None));
        assert!(state.is_finished(&at("b"), Some(&at("a"))));
        assert!(!state.is_finished(&at("b"), Some(&at("c"))), "elsewhere");
        let before = now("b");
        fs::write(at("b"), "议论").unwrap();
        assert!(!state.is_finished(&at("b"), Some(&at("a"))));
        state.finish([(&*at("b"), before, None)]).unwrap();
        drop(state);
        let mut state = State::open(&at("state"), &["1", "x"]).unwrap();
        assert!(
            !state.is_finished(&at("b"), None),
            "changed while it was read"
        );
        state.finish([(&*at("b"), now("b"), None)]).unwrap();
        drop(state);
        assert!(
            State::open(&at("state"), &["1", "x"])
                .unwrap()
                .is_finished(&at("b"), None)
        );
        for other in [&["2", "x"], &["1", "y"]] {
            assert!(
                !State::open(&at("state"), other)
                    .unwrap()
                    .is_finished(&at("a"), None)
            );
        }
        assert!(
            State::open(&at("a"), &[])
                .unwrap_err()
                .to_string()
                .contains("--state")
        );
    }
}
