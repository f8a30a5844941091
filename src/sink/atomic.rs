//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::NamedTempFile;

use super::SinkError;
use super::in_place::temporary_in;

/// Temporary files that are being written, so that an interrupt can take them away.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes the temporary files of all outputs that are not finished. For the moment before the program is ended
/// from outside; the files themselves never had their final name.
///
/// No more output can be begun afterwards: whoever tries waits for the end of the program.
pub fn discard_unfinished() {
    let mut unfinished = UNFINISHED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    for path in unfinished.drain(..) {
        let _ = fs::remove_file(path);
    }
    std::mem::forget(unfinished);
}

/// Makes a temporary file that an interrupt takes away, at whatever moment it comes.
pub(super) fn begin(make: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<NamedTempFile> {
    let mut unfinished = UNFINISHED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let temporary = make()?;
    unfinished.push(temporary.path().to_owned());
    Ok(temporary)
}

/// A file that gets its name when it is complete.
///
/// The bytes go to a temporary file in the same folder; [`AtomicFile::commit`] flushes them to the disk and
/// renames. Dropped without a commit, nothing is left and what stood under the name is still there.
/// A symbolic link is followed, so that the link stays and its target is replaced. Something that is not a
/// regular file (a device, a pipe) is written directly.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    writing: Writing,
}

#[derive(Debug)]
enum Writing {
    Temporary(NamedTempFile),
    Direct(File),
}

impl AtomicFile {
    /// Begins to write the file `path`; the folders above it are made.
    pub fn create(path: &Path) -> Result<AtomicFile, SinkError> {
        let failed = |error| SinkError::Write(path.to_owned(), error);
        // By the name that was given: behind `/dev/stdout` and `/dev/fd/63` there may be a pipe, which has no other.
        let existing = fs::metadata(path).ok();
        match &existing {
            Some(metadata) if metadata.is_dir() => {
                return Err(SinkError::IsFolder(path.to_owned()));
            }
            Some(metadata) if !metadata.is_file() => {
                let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
                return Ok(AtomicFile {
                    target: path.to_owned(),
                    writing: Writing::Direct(file),
                });
            }
            _ => {}
        }
        let target = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path).map_err(failed)?,
            _ => path.to_owned(),
        };
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(failed)?;
        // As for any new file: what the user's mask leaves of rw-rw-rw-.
        let temporary = temporary_in(folder, 0o666).map_err(failed)?;
        if let Some(metadata) = existing {
            temporary
                .as_file()
                .set_permissions(metadata.permissions())
                .map_err(failed)?;
        }
        Ok(AtomicFile {
            target,
            writing: Writing::Temporary(temporary),
        })
    }

    /// Makes the bytes durable and gives the file its name.
    pub fn commit(self) -> Result<(), SinkError> {
        self.commit_with(true)
    }

    /// The same; without `durable` a power cut may still take it away.
    pub fn commit_with(mut self, durable: bool) -> Result<(), SinkError> {
        let target = std::mem::take(&mut self.target);
        let failed = |error| SinkError::Write(target.clone(), error);
        match &mut self.writing {
            Writing::Direct(file) => file.flush().map_err(failed),
            Writing::Temporary(temporary) => {
                if durable {
                    temporary.as_file().sync_all().map_err(failed)?;
                }
                let path = temporary.path().to_owned();
                fs::rename(&path, &target).map_err(failed)?;
                forget(&path);
                temporary.disable_cleanup(true);
                let folder = match target.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
                match durable {
                    true => sync_folder(folder).map_err(failed),
                    false => Ok(()),
                }
            }
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writing {
            Writing::Temporary(file) => file.as_file_mut().write(bytes),
            Writing::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Writing::Temporary(file) = &self.writing {
            forget(file.path());
        }
    }
}

/// A temporary file that an interrupt takes away, until this is dropped.
#[derive(Debug)]
pub(super) struct Unfinished(PathBuf);

impl Unfinished {
    /// Takes over a file that [`begin`] has made.
    pub(super) fn new(path: &Path) -> Unfinished {
        Unfinished(path.to_owned())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        forget(&self.0);
    }
}

pub(super) fn forget(path: &Path) {
    UNFINISHED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .retain(|known| known != path);
}

/// A rename is durable once the folder is.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot flush a folder; the rename has happened all the same.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_with_its_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/頁.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all("社会".as_bytes()).unwrap();
        assert!(!path.exists());
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "社会");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "社会");
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no temporary file stays"
        );
        assert!(matches!(
            AtomicFile::create(folder.path()),
            Err(SinkError::IsFolder(_))
        ));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_modes_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o604)).unwrap();
        symlink("real", &link).unwrap();
        let mut file = AtomicFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(
            fs::metadata(&real).unwrap().permissions().mode() & 0o777,
            0o604
        );
    }
}
