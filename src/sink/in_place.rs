//! Files replaced where they stand, so that a reader sees the old bytes or the new ones, never something between.
//!
//! The new bytes go to a temporary file beside the target (made new, readable by its owner alone), are flushed to
//! the disk, get the mode, owner and extended attributes of the target, and take its name in one step. A link stays
//! a link. What cannot be kept is refused: other names of the same file, read-only files and folders, devices.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

use super::{SinkError, atomic};
use crate::source::walk::{TEMPORARY_PREFIX, TEMPORARY_SUFFIX, is_temporary};

/// What happens to a file that has several names (hard links).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HardLinks {
    /// It is refused.
    #[default]
    Refuse,
    /// This name becomes a file of its own; the others keep the old text.
    Break,
    /// The file is written over, under all its names. A power cut in between leaves it half written.
    InPlace,
}

/// How files are replaced.
#[derive(Clone, Debug)]
pub struct Replacing {
    /// The ending of the copy that is kept of the old file.
    pub backup: Option<String>,
    /// What happens to files with several names.
    pub hard_links: HardLinks,
    /// Whether everything is flushed to the disk before it counts.
    pub durable: bool,
}

impl Default for Replacing {
    fn default() -> Self {
        Replacing {
            backup: None,
            hard_links: HardLinks::default(),
            durable: true,
        }
    }
}

/// What tells whether a file was changed: every write and every replacement changes one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Length in bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i128,
    /// Device and number of the file; 0 where there are none.
    pub identity: (u64, u64),
}

impl Stamp {
    /// The stamp of a file.
    pub fn of(metadata: &Metadata) -> Stamp {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let modified = match modified.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        };
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let identity = (0, 0);
        Stamp {
            size: metadata.len(),
            modified,
            identity,
        }
    }
}

/// A file at one moment: what tells whether it was written to, and whether anything else about it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// Length, time and identity.
    pub stamp: Stamp,
    /// When its name or attributes were last changed, in nanoseconds since 1970; 0 where nobody knows.
    pub changed: i64,
}

impl Snapshot {
    /// What a file is now.
    pub fn of(metadata: &Metadata) -> Snapshot {
        #[cfg(unix)]
        let changed = {
            use std::os::unix::fs::MetadataExt;
            metadata
                .ctime()
                .saturating_mul(1_000_000_000)
                .saturating_add(metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let changed = 0;
        Snapshot {
            stamp: Stamp::of(metadata),
            changed,
        }
    }
}

/// A file that may be replaced.
#[derive(Debug)]
pub struct Target {
    /// As it was named.
    path: PathBuf,
    /// The file itself, behind all links.
    real: PathBuf,
    file: File,
    metadata: Metadata,
    stamp: Stamp,
}

impl Target {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// It cannot be read, or it is a folder, a device or a pipe.
    pub fn open(path: &Path) -> Result<Target, SinkError> {
        let failed = |error| SinkError::Open(path.to_owned(), error);
        let real = fs::canonicalize(path).map_err(failed)?;
        // A pipe would block when it is opened.
        if !fs::metadata(&real).map_err(failed)?.is_file() {
            let reason = "it is not a regular file; -w changes only those";
            return Err(SinkError::Refused {
                path: path.to_owned(),
                reason,
            });
        }
        let file = File::open(&real).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        Ok(Target {
            path: path.to_owned(),
            stamp: Stamp::of(&metadata),
            real,
            file,
            metadata,
        })
    }

    /// Whether it can be replaced so that everything but its text stays.
    fn refuse(&self, replacing: &Replacing) -> Result<(), SinkError> {
        let refuse = |reason| {
            Err(SinkError::Refused {
                path: self.path.clone(),
                reason,
            })
        };
        if self.metadata.permissions().readonly() {
            return refuse("it is read-only; make it writable first if it may be changed");
        }
        let folder = parent(&self.real);
        if fs::metadata(folder).is_ok_and(|folder| folder.permissions().readonly()) {
            return refuse(
                "its folder is read-only, and a new file has to be put there; make it writable or give -o DIR",
            );
        }
        if replacing.hard_links == HardLinks::Refuse
            && self.names() > 1
            && !self.is_backed_up(replacing)
        {
            return refuse(
                "it has other names (hard links) that would keep the old text; choose with --hard-links break or --hard-links inplace",
            );
        }
        Ok(())
    }

    /// The open file, at its beginning.
    pub fn reader(&mut self) -> &mut File {
        &mut self.file
    }

    /// What it was when it was opened.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The same with all that is known of it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.metadata)
    }

    /// The file itself, behind all links.
    pub fn real(&self) -> &Path {
        &self.real
    }

    fn names(&self) -> u64 {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            self.metadata.nlink()
        }
        #[cfg(not(unix))]
        1
    }

    /// Whether its second name is the backup of a run that was ended before the replacement.
    fn is_backed_up(&self, replacing: &Replacing) -> bool {
        let backup = replacing
            .backup
            .as_ref()
            .map(|suffix| with_suffix(&self.real, suffix));
        let metadata = backup.and_then(|backup| fs::symlink_metadata(backup).ok());
        self.names() == 2 && metadata.is_some_and(|metadata| Stamp::of(&metadata) == self.stamp)
    }

    /// Begins to write what will stand in its place.
    ///
    /// # Errors
    ///
    /// What it is could not be kept, or no file can be made in its folder.
    pub fn replace(self, replacing: &Replacing) -> Result<Replacement, SinkError> {
        self.refuse(replacing)?;
        let temporary = temporary_in(parent(&self.real), 0o600)
            .map_err(|error| SinkError::Write(self.path.clone(), error))?;
        let unfinished = atomic::Unfinished::new(temporary.path());
        Ok(Replacement {
            unfinished,
            target: self,
            temporary,
            replacing: replacing.clone(),
            hasher: blake3::Hasher::new(),
            written: 0,
        })
    }
}

/// A temporary file that is locked while it is written, so that others know that it is not left over.
pub(super) fn temporary_in(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    // A sweep may take the file between its making and its locking.
    const ATTEMPTS: usize = 10;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    for _ in 1..ATTEMPTS {
        let temporary = atomic::begin(|| builder.tempfile_in(folder))?;
        // File systems without locks have no other run to fear either.
        let is_ours = !matches!(
            temporary.as_file().try_lock(),
            Err(fs::TryLockError::WouldBlock)
        );
        if is_ours && temporary.path().exists() {
            return Ok(temporary);
        }
        atomic::forget(temporary.path());
    }
    atomic::begin(|| builder.tempfile_in(folder))
}

/// Removes temporary files that a run left behind when it was killed. Those of a living run are locked and stay.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_temporary)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The new bytes of a file, while they are written.
#[derive(Debug)]
pub struct Replacement {
    target: Target,
    unfinished: atomic::Unfinished,
    temporary: NamedTempFile,
    replacing: Replacing,
    hasher: blake3::Hasher,
    written: u64,
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.temporary.as_file_mut().write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Replacement {
    /// The file that is to be replaced, to read from while this is written.
    pub fn with_reader<T>(&mut self, work: impl FnOnce(&mut File, &mut dyn Write) -> T) -> T {
        let mut writer = Hashed {
            file: self.temporary.as_file_mut(),
            hasher: &mut self.hasher,
            written: &mut self.written,
        };
        work(&mut self.target.file, &mut writer)
    }

    /// Makes the new file all that the old one is, and durable. It has not taken its place yet.
    ///
    /// # Errors
    ///
    /// The disk is full, or owner or attributes cannot be kept. Nothing is changed then.
    pub fn finish(self) -> Result<Ready, SinkError> {
        let failed = |error| SinkError::Write(self.target.path.clone(), error);
        step(Step::Written).map_err(failed)?;
        keep_metadata(&self.target, self.temporary.as_file())?;
        step(Step::Attributed).map_err(failed)?;
        if self.replacing.durable {
            self.temporary.as_file().sync_all().map_err(failed)?;
        }
        step(Step::Flushed).map_err(failed)?;
        Ok(Ready {
            after: Digest {
                size: self.written,
                hash: self.hasher.finalize().into(),
            },
            target: self.target,
            unfinished: self.unfinished,
            temporary: Some(self.temporary),
            replacing: self.replacing,
        })
    }
}

struct Hashed<'h> {
    file: &'h mut File,
    hasher: &'h mut blake3::Hasher,
    written: &'h mut u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        *self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// So many new bytes wait in memory before a file is made for them: most files need no repair, and no new file.
const IN_MEMORY: usize = 4 << 20;

/// The new bytes of a file of which it is not known yet whether it has to change.
#[derive(Debug)]
pub struct Draft {
    memory: Vec<u8>,
    written: Written,
    replacing: Replacing,
}

#[derive(Debug)]
enum Written {
    Memory(Box<Target>),
    File(Box<Replacement>),
    /// It may not be replaced, which counts only if it has to be.
    Refused(SinkError),
    Nothing,
}

impl Draft {
    /// A draft for a target, and the target to read from.
    pub fn new(target: Target, replacing: &Replacing) -> io::Result<(Draft, File)> {
        let reader = target.file.try_clone()?;
        let draft = Draft {
            memory: Vec::new(),
            written: Written::Memory(Box::new(target)),
            replacing: replacing.clone(),
        };
        Ok((draft, reader))
    }

    fn spill(&mut self) -> io::Result<()> {
        if let Written::Memory(_) = &self.written {
            let Written::Memory(target) = std::mem::replace(&mut self.written, Written::Nothing)
            else {
                return Ok(());
            };
            self.written = match target.replace(&self.replacing) {
                Ok(replacement) => Written::File(Box::new(replacement)),
                Err(error) => Written::Refused(error),
            };
        }
        if let Written::File(replacement) = &mut self.written {
            replacement.write_all(&self.memory)?;
        }
        self.memory.clear();
        Ok(())
    }

    /// The new file, for a target that has to change. A draft that is dropped changes nothing.
    pub fn finish(mut self) -> Result<Ready, SinkError> {
        let spilled = self.spill();
        match self.written {
            Written::File(replacement) => {
                let path = replacement.target.path.clone();
                spilled.map_err(|error| SinkError::Write(path, error))?;
                replacement.finish()
            }
            Written::Refused(error) => Err(error),
            Written::Memory(_) | Written::Nothing => unreachable!("it was spilled"),
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > IN_MEMORY {
            self.spill()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Length and BLAKE3 of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Length in bytes.
    pub size: u64,
    /// BLAKE3.
    pub hash: [u8; 32],
}

impl Digest {
    /// Reads to the end.
    pub fn of(reader: &mut impl Read) -> io::Result<Digest> {
        let mut hasher = blake3::Hasher::new();
        let size = io::copy(reader, &mut hasher)?;
        Ok(Digest {
            size,
            hash: hasher.finalize().into(),
        })
    }
}

/// A new file that only has to take the place of the old one.
#[derive(Debug)]
pub struct Ready {
    target: Target,
    #[expect(dead_code, reason = "it counts as long as it lives")]
    unfinished: atomic::Unfinished,
    temporary: Option<NamedTempFile>,
    replacing: Replacing,
    after: Digest,
}

impl Ready {
    /// The file that is replaced.
    pub fn target(&mut self) -> &mut Target {
        &mut self.target
    }

    /// What will stand there.
    pub fn after(&self) -> Digest {
        self.after
    }

    /// Replaces the old file, if that is still what was read. Its folder has to be flushed afterwards
    /// ([`sync_folders`]).
    ///
    /// # Errors
    ///
    /// The file was changed meanwhile, a backup of that name is there already, or the file system refused.
    pub fn commit(mut self) -> Result<Committed, SinkError> {
        let temporary = self.temporary.take().expect("it is taken once");
        let is_renamed = self.is_renamed();
        let now = self.take_place(&temporary, is_renamed)?;
        if is_renamed {
            let (_, path) = temporary.into_parts();
            // It has another name now.
            let _ = path.keep();
        } else {
            drop(temporary);
        }
        Ok(Committed {
            folder: parent(&self.target.real).to_owned(),
            now,
        })
    }

    /// Whether the new file takes the name of the old one, which is not written to then.
    pub(super) fn is_renamed(&self) -> bool {
        self.replacing.hard_links != HardLinks::InPlace
            || self.target.names() == 1
            || self.target.is_backed_up(&self.replacing)
    }

    /// What the file is then, asked through the open file: whatever another program puts there is not meant.
    fn take_place(
        &self,
        temporary: &NamedTempFile,
        is_renamed: bool,
    ) -> Result<Snapshot, SinkError> {
        let target = &self.target;
        let failed = |error| SinkError::Write(target.path.clone(), error);
        let now = fs::symlink_metadata(&target.real).map_err(failed)?;
        if Stamp::of(&now) != target.stamp {
            return Err(SinkError::Refused {
                path: target.path.clone(),
                reason: "it was changed by another program meanwhile, and is left as it is now; run again to repair it",
            });
        }
        self.back_up(is_renamed)?;
        step(Step::BackedUp).map_err(failed)?;
        let metadata = if is_renamed {
            fs::rename(temporary.path(), &target.real).map_err(failed)?;
            temporary.as_file().metadata()
        } else {
            let mut new = temporary.reopen().map_err(failed)?;
            let mut old = OpenOptions::new()
                .write(true)
                .open(&target.real)
                .map_err(failed)?;
            let length = io::copy(&mut new, &mut old).map_err(failed)?;
            old.set_len(length)
                .and_then(|()| old.sync_all())
                .map_err(failed)?;
            old.metadata()
        };
        step(Step::Renamed).map_err(failed)?;
        Ok(Snapshot::of(&metadata.map_err(failed)?))
    }

    /// Keeps the old file under another name, if that is wanted.
    fn back_up(&self, is_renamed: bool) -> Result<(), SinkError> {
        let Some(suffix) = &self.replacing.backup else {
            return Ok(());
        };
        let target = &self.target;
        let backup = with_suffix(&target.real, suffix);
        let failed = |error| SinkError::Write(backup.clone(), error);
        match fs::symlink_metadata(&backup) {
            Ok(metadata) if Stamp::of(&metadata) != target.stamp => {
                return Err(SinkError::BackupExists(backup));
            }
            // A run that was ended before the replacement has made it.
            Ok(_) if is_renamed => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        // Another name of a file that is written over would keep nothing; some file systems have no hard links.
        if is_renamed && fs::hard_link(&target.real, &backup).is_ok() {
            return Ok(());
        }
        self.copy_to(&backup)
    }

    /// Copies the old file with all that belongs to it.
    fn copy_to(&self, backup: &Path) -> Result<(), SinkError> {
        let failed = |error| SinkError::Write(backup.to_owned(), error);
        let mut copy = temporary_in(parent(backup), 0o600).map_err(failed)?;
        let _unfinished = atomic::Unfinished::new(copy.path());
        let mut old = File::open(&self.target.real).map_err(failed)?;
        io::copy(&mut old, copy.as_file_mut()).map_err(failed)?;
        keep_metadata(&self.target, copy.as_file())?;
        // The time is a courtesy.
        let modified = self.target.metadata.modified();
        let _ = modified.and_then(|modified| copy.as_file().set_modified(modified));
        if self.replacing.durable {
            copy.as_file().sync_all().map_err(failed)?;
        }
        fs::rename(copy.path(), backup).map_err(failed)?;
        copy.disable_cleanup(true);
        match self.replacing.durable {
            true => atomic::sync_folder(parent(backup)).map_err(failed),
            false => Ok(()),
        }
    }
}

/// A file that was replaced.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The folder, to be flushed.
    pub folder: PathBuf,
    /// What the file is now.
    pub now: Snapshot,
}

/// Makes the new names in some folders durable.
pub fn sync_folders(folders: &BTreeSet<PathBuf>) -> io::Result<()> {
    folders
        .iter()
        .try_for_each(|folder| atomic::sync_folder(folder))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Gives a new file owner, mode and extended attributes (access lists are such) of the old one.
#[cfg(unix)]
fn keep_metadata(target: &Target, new: &File) -> Result<(), SinkError> {
    use std::os::unix::fs::{MetadataExt, fchown};
    use xattr::FileExt;
    let refuse = |reason| SinkError::Refused {
        path: target.path.clone(),
        reason,
    };
    let failed = |error| SinkError::Write(target.path.clone(), error);
    let (old, fresh) = (&target.metadata, new.metadata().map_err(failed)?);
    if (old.uid(), old.gid()) != (fresh.uid(), fresh.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid())).map_err(|_| {
            refuse("it belongs to someone else, and a new file would be yours; run as its owner")
        })?;
    }
    new.set_permissions(old.permissions()).map_err(failed)?;
    // File systems without attributes say so when asked.
    for name in target.file.list_xattr().into_iter().flatten() {
        let Ok(Some(value)) = target.file.get_xattr(&name) else {
            continue;
        };
        let set = new.set_xattr(&name, &value);
        // Labels of the system are given by the system.
        if set.is_err() && !name.as_encoded_bytes().starts_with(b"security.") {
            return Err(refuse(
                "it has extended attributes or an access list that cannot be kept",
            ));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_metadata(target: &Target, new: &File) -> Result<(), SinkError> {
    new.set_permissions(target.metadata.permissions())
        .map_err(|error| SinkError::Write(target.path.clone(), error))
}

/// Where a replacement can be ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Written,
    Attributed,
    Flushed,
    BackedUp,
    Renamed,
}

#[cfg(not(test))]
#[inline]
fn step(_: Step) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
thread_local! {
    /// The step at which a test ends the program.
    static END_AT: std::cell::Cell<Option<Step>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
fn step(step: Step) -> io::Result<()> {
    match END_AT.get() == Some(step) {
        true => panic!("the program ends here"),
        false => Ok(()),
    }
}

/// Rewinds a file and reads it again.
pub(super) fn digest_of(file: &mut File) -> io::Result<Digest> {
    file.rewind()?;
    Digest::of(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn replace(path: &Path, new: &str, replacing: &Replacing) -> Result<Committed, SinkError> {
        let mut replacement = Target::open(path)?.replace(replacing)?;
        replacement.write_all(new.as_bytes()).unwrap();
        replacement.finish()?.commit()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_end_at_any_step_leaves_the_old_file_or_the_new_one() {
        let replacing = Replacing {
            backup: Some(".orig".into()),
            ..Replacing::default()
        };
        for end in [
            Step::Written,
            Step::Attributed,
            Step::Flushed,
            Step::BackedUp,
            Step::Renamed,
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("頁.txt");
            fs::write(&path, "社會").unwrap();
            let mut replacement = Target::open(&path).unwrap().replace(&replacing).unwrap();
            replacement.write_all("社会".as_bytes()).unwrap();
            // A killed program cleans nothing up.
            replacement.temporary.disable_cleanup(true);
            let lock = replacement.temporary.reopen().unwrap();
            END_AT.set(Some(end));
            let ended = catch_unwind(AssertUnwindSafe(|| replacement.finish().unwrap().commit()));
            END_AT.set(None);
            assert!(ended.is_err());
            drop(lock);
            let expected = if end == Step::Renamed {
                "社会"
            } else {
                "社會"
            };
            assert_eq!(fs::read_to_string(&path).unwrap(), expected, "{end:?}");
            // The next run sweeps what is left and does it.
            sweep(folder.path());
            replace(
                &path,
                "社会",
                &Replacing {
                    backup: None,
                    hard_links: HardLinks::Break,
                    ..replacing.clone()
                },
            )
            .unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "社会");
            assert!(
                names(folder.path()).iter().all(|name| !is_temporary(name)),
                "{end:?}"
            );
        }
    }

    #[test]
    fn a_backup_is_made_once_and_never_overwritten() {
        let replacing = Replacing {
            backup: Some(".orig".into()),
            ..Replacing::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("頁.txt");
        fs::write(&path, "一").unwrap();
        // A run that was ended between the backup and the replacement.
        fs::hard_link(&path, folder.path().join("頁.txt.orig")).unwrap();
        replace(&path, "二", &replacing).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("頁.txt.orig")).unwrap(),
            "一"
        );
        let message = replace(&path, "三", &replacing).unwrap_err().to_string();
        assert!(message.contains("--backup=SUFFIX"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "二");
        assert_eq!(names(folder.path()), ["頁.txt", "頁.txt.orig"]);
    }

    #[test]
    fn a_file_changed_meanwhile_stays() {
        let replacing = Replacing::default();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("頁.txt");
        fs::write(&path, "一").unwrap();
        let mut replacement = Target::open(&path).unwrap().replace(&replacing).unwrap();
        replacement.write_all("二".as_bytes()).unwrap();
        let ready = replacement.finish().unwrap();
        fs::write(&path, "someone else").unwrap();
        let message = ready.commit().unwrap_err().to_string();
        assert!(message.contains("changed by another program"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "someone else");
        assert_eq!(names(folder.path()), ["頁.txt"]);
    }

    #[test]
    fn a_living_run_keeps_its_temporary_files() {
        let folder = tempfile::tempdir().unwrap();
        let living = temporary_in(folder.path(), 0o600).unwrap();
        fs::write(folder.path().join(".hanfix-dead.tmp"), "").unwrap();
        sweep(folder.path());
        assert!(living.path().exists());
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_modes_and_attributes_stay() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
        let replacing = Replacing::default();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("real"), "一").unwrap();
        fs::set_permissions(at("real"), fs::Permissions::from_mode(0o604)).unwrap();
        let has_attributes = xattr::set(at("real"), "user.source", b"web").is_ok();
        symlink("real", at("link")).unwrap();
        replace(&at("link"), "二", &replacing).unwrap();
        assert!(at("link").is_symlink());
        assert_eq!(fs::read_to_string(at("real")).unwrap(), "二");
        assert_eq!(
            fs::metadata(at("real")).unwrap().permissions().mode() & 0o777,
            0o604
        );
        if has_attributes {
            assert_eq!(
                xattr::get(at("real"), "user.source").unwrap().unwrap(),
                b"web"
            );
        }

        fs::hard_link(at("real"), at("other")).unwrap();
        let message = replace(&at("real"), "三", &replacing)
            .unwrap_err()
            .to_string();
        assert!(message.contains("--hard-links"), "{message}");
        let in_place = Replacing {
            hard_links: HardLinks::InPlace,
            ..replacing.clone()
        };
        let inode = fs::metadata(at("real")).unwrap().ino();
        replace(&at("real"), "三", &in_place).unwrap();
        assert_eq!(fs::read_to_string(at("other")).unwrap(), "三");
        assert_eq!(fs::metadata(at("real")).unwrap().ino(), inode);
        let breaking = Replacing {
            hard_links: HardLinks::Break,
            ..replacing.clone()
        };
        replace(&at("real"), "四", &breaking).unwrap();
        assert_eq!(fs::read_to_string(at("other")).unwrap(), "三");

        fs::set_permissions(at("real"), fs::Permissions::from_mode(0o444)).unwrap();
        let message = replace(&at("real"), "五", &replacing)
            .unwrap_err()
            .to_string();
        assert!(message.contains("read-only"), "{message}");
        assert!(replace(Path::new("/dev/null"), "五", &replacing).is_err());
        assert!(replace(&at("missing"), "五", &replacing).is_err());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let message = replace(&at("other"), "五", &replacing)
            .unwrap_err()
            .to_string();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(message.contains("folder is read-only"), "{message}");
    }
}
