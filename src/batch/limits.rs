//! How much an archive may unpack to, and what is refused.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::report::Visible;

/// What an archive may at most be. Beyond, all of it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one entry, unpacked.
    pub entry_size: u64,
    /// Bytes of all entries of one input, unpacked, nested ones included.
    pub total_size: u64,
    /// Bytes unpacked for each packed byte.
    pub ratio: u64,
    /// Entries of one input, nested ones included.
    pub entries: u64,
    /// Archives within archives: 1 is a single archive.
    pub depth: usize,
}

impl Default for Limits {
    /// Generous for text: 1 GiB, 256 GiB, 200 to 1, ten million entries, an archive in an archive.
    fn default() -> Self {
        Limits {
            entry_size: 1 << 30,
            total_size: 256 << 30,
            ratio: 200,
            entries: 10_000_000,
            depth: 2,
        }
    }
}

/// The ratio is not asked for so few bytes: a small file of spaces packs well, too.
const RATIO_FROM: u64 = 4 << 20;

/// Why an archive is not unpacked. Every message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// An entry unpacks to too much.
    #[error(
        "refused: an entry unpacks to more than {0} bytes; raise --max-entry-size if you trust it"
    )]
    EntrySize(u64),
    /// All entries unpack to too much.
    #[error("refused: it unpacks to more than {0} bytes; raise --max-total-size if you trust it")]
    TotalSize(u64),
    /// It is packed too well.
    #[error(
        "refused: it unpacks to more than {0} times its size, as bombs do; raise --max-ratio if you trust it"
    )]
    Ratio(u64),
    /// Too many entries.
    #[error("refused: it has more than {0} entries; raise --max-entries if you trust it")]
    Entries(u64),
    /// Archives within archives within archives.
    #[error("refused: archives are nested more than {0} deep; raise --max-depth if you trust it")]
    Depth(usize),
    /// A name that leads out of the folder it would be unpacked to.
    #[error("refused: the entry `{}` has a path that leads out of the archive; such archives are made to overwrite files", Visible(&**.0))]
    Traversal(String),
    /// Devices and pipes.
    #[error("refused: the entry `{}` is a device or a pipe, not a file", Visible(&**.0))]
    Device(String),
    /// Links.
    #[error("refused: the entry `{}` is a link; unpack the archive and repair the files", Visible(&**.0))]
    Link(String),
    /// Entries that share bytes.
    #[error("refused: the entries `{}` and `{}` overlap, as in bombs", Visible(&**.0), Visible(&**.1))]
    Overlap(String, String),
    /// What stands in the directory of the archive does not agree with the entries.
    #[error("refused: the archive is broken: {0}")]
    Broken(&'static str),
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, refusal)
    }
}

/// What one input has used of its limits.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    total: AtomicU64,
    entries: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Budget {
            limits,
            total: AtomicU64::new(0),
            entries: AtomicU64::new(0),
        }
    }

    /// Counts one more entry.
    pub(crate) fn entry(&self) -> Result<(), Refusal> {
        match self.entries.fetch_add(1, Ordering::Relaxed) < self.limits.entries {
            true => Ok(()),
            false => Err(Refusal::Entries(self.limits.entries)),
        }
    }

    /// Counts bytes that were unpacked.
    pub(crate) fn unpacked(&self, count: u64) -> Result<(), Refusal> {
        match self.total.fetch_add(count, Ordering::Relaxed) + count <= self.limits.total_size {
            true => Ok(()),
            false => Err(Refusal::TotalSize(self.limits.total_size)),
        }
    }
}

/// Refuses names that leave the folder: absolute, with a drive, with `..`.
pub(crate) fn refuse_traversal(name: &[u8]) -> Result<(), Refusal> {
    let is_separator = |byte: &u8| matches!(byte, b'/' | b'\\');
    let leads_out = name.first().is_some_and(is_separator)
        || (name.len() >= 2 && name[0].is_ascii_alphabetic() && name[1] == b':')
        || name.split(is_separator).any(|part| part == b"..")
        || name.contains(&0);
    match leads_out {
        true => Err(Refusal::Traversal(
            String::from_utf8_lossy(name).into_owned(),
        )),
        false => Ok(()),
    }
}

/// Counts the bytes that are read.
pub(crate) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R) -> (Self, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        (
            Counted {
                inner,
                count: count.clone(),
            },
            count,
        )
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// What is unpacked, stopped at the limits.
pub(crate) struct Bounded<'b, R> {
    inner: R,
    budget: &'b Budget,
    /// Packed bytes read so far.
    packed: Arc<AtomicU64>,
    unpacked: u64,
    /// What one entry may be.
    most: u64,
}

impl<'b, R> Bounded<'b, R> {
    pub(crate) fn new(inner: R, budget: &'b Budget, packed: Arc<AtomicU64>, most: u64) -> Self {
        Bounded {
            inner,
            budget,
            packed,
            unpacked: 0,
            most,
        }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.unpacked += count as u64;
        self.budget.unpacked(count as u64)?;
        if self.unpacked > self.most {
            return Err(Refusal::EntrySize(self.most).into());
        }
        let ratio = self.budget.limits.ratio;
        if self.unpacked > RATIO_FROM
            && self.unpacked > self.packed.load(Ordering::Relaxed).saturating_mul(ratio)
        {
            return Err(Refusal::Ratio(ratio).into());
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in [
            "/a",
            "..",
            "a/../../b",
            "..\\a",
            "\\a",
            "C:\\a",
            "c:a",
            "a\0b",
        ] {
            assert!(refuse_traversal(name.as_bytes()).is_err(), "{name}");
        }
        for name in ["a", "a/b..c/..d", "頁/會.txt", "a/", "."] {
            assert!(refuse_traversal(name.as_bytes()).is_ok(), "{name}");
        }
    }

    #[test]
    fn limits_stop_at_their_byte() {
        let limits = Limits {
            entry_size: 10,
            total_size: 15,
            entries: 1,
            ..Limits::default()
        };
        let budget = Budget::new(limits);
        let read = |length: usize| {
            let bytes = vec![0; length];
            let mut text = Vec::new();
            let mut bounded = Bounded::new(&bytes[..], &budget, Arc::new(AtomicU64::new(100)), 10);
            bounded
                .read_to_end(&mut text)
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(10), Ok(10));
        assert!(read(11).unwrap_err().contains("--max-total-size"));
        let budget = Budget::new(Limits {
            entry_size: 10,
            ..Limits::default()
        });
        let mut bounded = Bounded::new(&[0; 11][..], &budget, Arc::new(AtomicU64::new(100)), 10);
        let message = bounded
            .read_to_end(&mut Vec::new())
            .unwrap_err()
            .to_string();
        assert!(message.contains("--max-entry-size"), "{message}");
        let budget = Budget::new(limits);
        assert_eq!(budget.entry(), Ok(()));
        assert_eq!(budget.entry(), Err(Refusal::Entries(1)));
    }
}
