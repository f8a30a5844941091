//! Reading: one record, or one packed member, at a time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use super::header::{Header, LONGEST_HEADER, ends_header};
use super::{BatchError, Budget, CHUNK, LONGEST_RECORD, ReadSeek, Refusal, Spool, copy};

/// One record, with the line ends behind it.
pub(super) enum Record {
    /// In memory.
    Short(Vec<u8>),
    /// Put aside: it is too long to be repaired.
    Long(Spool),
}

/// One record, or one packed member with what is in it.
pub(super) struct Member {
    /// As it was packed; `None` where the file is not.
    pub(super) packed: Option<Vec<u8>>,
    pub(super) plain: Vec<u8>,
}

/// Reads one record with the line ends behind it.
pub(super) fn read_record(input: &mut impl BufRead, budget: &Budget) -> Result<Record, BatchError> {
    let mut bytes = Vec::new();
    while !ends_header(&bytes) {
        let most = (LONGEST_HEADER - bytes.len()) as u64;
        let count = input
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut bytes)
            .map_err(BatchError::from_read)?;
        if count == 0 {
            return Err(Refusal::Broken("a record has no end of its header").into());
        }
    }
    if !bytes.starts_with(b"WARC/") {
        return Err(Refusal::Broken(
            "a record does not begin with WARC/, or the length of the one before is wrong",
        )
        .into());
    }
    let length = Header(&bytes).length()? as u64;
    if length > budget.limits.entry_size {
        return Err(Refusal::EntrySize(budget.limits.entry_size).into());
    }
    if length <= LONGEST_RECORD {
        let read = input
            .by_ref()
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(BatchError::from_read)?;
        if read as u64 != length {
            return Err(Refusal::Broken("a record is cut off").into());
        }
        line_ends(input, &mut bytes)?;
        return Ok(Record::Short(bytes));
    }
    let mut spool = Spool::new();
    spool.write_all(&bytes).map_err(BatchError::Write)?;
    let copied = copy(&mut input.by_ref().take(length), &mut spool)?;
    if copied != length {
        return Err(Refusal::Broken("a record is cut off").into());
    }
    line_ends(input, &mut spool)?;
    Ok(Record::Long(spool))
}

/// The line ends behind a record; two are right, but more and fewer are seen.
fn line_ends(input: &mut impl BufRead, output: &mut impl Write) -> Result<(), BatchError> {
    loop {
        let buffer = input.fill_buf().map_err(BatchError::from_read)?;
        let count = buffer
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        output
            .write_all(&buffer[..count])
            .map_err(BatchError::Write)?;
        let goes_on = count > 0 && count == buffer.len();
        input.consume(count);
        if !goes_on {
            return Ok(());
        }
    }
}

/// Whether a gzip file begins with a member that is one record.
pub(in crate::batch) fn is_gzip_per_record(input: &mut dyn ReadSeek) -> Result<bool, BatchError> {
    let mut decoder = BufReader::new(GzDecoder::new(BufReader::new(input)));
    let mut mark = [0; 5];
    if decoder.read_exact(&mut mark).is_err() || &mark != b"WARC/" {
        return Ok(false);
    }
    let mut header = mark.to_vec();
    while !ends_header(&header) {
        let most = (LONGEST_HEADER - header.len()) as u64;
        match decoder.by_ref().take(most).read_until(b'\n', &mut header) {
            Ok(0) | Err(_) => return Ok(false),
            Ok(_) => {}
        }
    }
    let Ok(length) = Header(&header).length() else {
        return Ok(false);
    };
    let skipped = io::copy(&mut decoder.by_ref().take(length as u64), &mut io::sink());
    let mut rest = Vec::new();
    let ended = decoder
        .take(5)
        .read_to_end(&mut rest)
        .is_ok_and(|count| count <= 4);
    Ok(skipped.is_ok_and(|count| count == length as u64) && ended)
}

/// Keeps what is read through it.
pub(super) struct Recorder<'r, R> {
    inner: &'r mut R,
    short: Vec<u8>,
    spool: Spool,
    count: Arc<AtomicU64>,
    /// Why bytes that were consumed could not be kept.
    failed: Option<io::Error>,
}

impl<'r, R> Recorder<'r, R> {
    pub(super) fn new(inner: &'r mut R) -> Self {
        Recorder {
            inner,
            short: Vec::new(),
            spool: Spool::new(),
            count: Arc::default(),
            failed: None,
        }
    }

    /// How many bytes were read so far, also for others to see.
    pub(super) fn count(&self) -> Arc<AtomicU64> {
        self.count.clone()
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        // Most members are short and stay in memory.
        if self.short.len() + bytes.len() > CHUNK {
            self.spool.write_all(&self.short)?;
            self.short.clear();
        }
        self.short.extend_from_slice(bytes);
        Ok(())
    }

    /// What was read, to be copied.
    pub(super) fn into_spool(mut self) -> io::Result<Spool> {
        match self.failed {
            Some(error) => Err(error),
            None => {
                self.spool.write_all(&self.short)?;
                Ok(self.spool)
            }
        }
    }

    /// What was read, in memory.
    pub(super) fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        if self.failed.is_none() && self.spool.length()? == 0 {
            return Ok(self.short);
        }
        let mut bytes = Vec::new();
        let mut spool = self.into_spool()?;
        io::Seek::rewind(&mut spool)?;
        spool.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: BufRead> Read for Recorder<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.keep(&buffer[..count])?;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Recorder<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is consumed stands in the buffer, which costs nothing to look at again.
        if let Ok(buffer) = self.inner.fill_buf() {
            let bytes = buffer[..count.min(buffer.len())].to_vec();
            // A full disk has to show when the member is put together, even if there is room again by then.
            if let Err(error) = self.keep(&bytes) {
                self.failed.get_or_insert(error);
            }
        }
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_which_bytes_could_not_be_kept_is_an_error() {
        for failed in [false, true] {
            let mut input = &b"packed"[..];
            let mut recorder = Recorder::new(&mut input);
            recorder.consume(3);
            recorder.failed = failed.then(|| io::ErrorKind::StorageFull.into());
            recorder.consume(3);
            assert_eq!(recorder.count().load(Ordering::Relaxed), 6);
            match failed {
                false => assert_eq!(recorder.into_bytes().unwrap(), b"packed"),
                true => assert!(recorder.into_bytes().is_err()),
            }
        }
        let mut input = &b""[..];
        let mut recorder = Recorder::new(&mut input);
        recorder.failed = Some(io::ErrorKind::StorageFull.into());
        assert!(recorder.into_spool().is_err());
    }
}
