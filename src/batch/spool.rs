//! Bytes put aside: in memory while they are few, else in a file without a name.

use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

/// So many bytes stay in memory.
const IN_MEMORY: usize = 4 << 20;

/// Bytes put aside for later. The file is in the folder for temporary files: on Unix `TMPDIR`, or `/tmp`.
#[derive(Debug)]
pub struct Spool(SpooledTempFile);

impl Default for Spool {
    fn default() -> Self {
        Self::new()
    }
}

impl Spool {
    /// An empty one.
    pub fn new() -> Self {
        Spool(SpooledTempFile::new(IN_MEMORY))
    }

    /// How many bytes it holds.
    pub(crate) fn length(&mut self) -> io::Result<u64> {
        let at = self.0.stream_position()?;
        let end = self.0.seek(SeekFrom::End(0))?;
        self.0.seek(SeekFrom::Start(at))?;
        Ok(end)
    }
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
