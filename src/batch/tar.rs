//! tar archives, read and written from front to back.
//!
//! Headers are passed on as they are; that of an entry that was repaired gets its new size and check sum.

use std::io::{self, Read, Seek, Write};

use tar::{EntryType, Header};

use super::limits::refuse_traversal;
use super::{Batch, BatchError, Observer, Outcome, Refusal, Spool, Unit, entry_path};

/// tar counts in blocks of this size.
const BLOCK: usize = 512;

/// The longest header that extends another one: a path, or the attributes of a file.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// What stands in front of the header of an entry.
#[derive(Default)]
struct Extensions {
    /// Headers and contents, as read.
    raw: Vec<u8>,
    /// Where in `raw` the content of the local extended header stands.
    local: Option<std::ops::Range<usize>>,
    /// A path that does not fit into the header.
    path: Option<Vec<u8>>,
    /// A size that does not.
    size: Option<u64>,
}

impl Batch<'_> {
    /// Repairs the entries of an archive.
    pub(super) fn tar(
        &self,
        unit: &Unit<'_>,
        input: &mut (impl Read + ?Sized),
        mut output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let mut outcome = Outcome::default();
        let mut extensions = Extensions::default();
        while let Some(mut header) = read_header(input)? {
            let kind = header.entry_type();
            let own_size = header
                .entry_size()
                .map_err(|_| Refusal::Broken("a size in it is no number"))?;
            if matches!(
                kind,
                EntryType::XHeader
                    | EntryType::XGlobalHeader
                    | EntryType::GNULongName
                    | EntryType::GNULongLink
            ) {
                extensions.read(&header, own_size, input)?;
                continue;
            }
            let extensions = std::mem::take(&mut extensions);
            let size = extensions.size.unwrap_or(own_size);
            unit.budget.entry()?;
            let path = extensions
                .path
                .clone()
                .unwrap_or_else(|| header.path_bytes().into_owned());
            refuse_traversal(&path)?;
            let name = String::from_utf8_lossy(&path).into_owned();
            match kind {
                EntryType::Regular | EntryType::Continuous | EntryType::Directory => {}
                EntryType::Symlink | EntryType::Link => return Err(Refusal::Link(name).into()),
                EntryType::Char | EntryType::Block | EntryType::Fifo => {
                    return Err(Refusal::Device(name).into());
                }
                // Sparse files and what else there is are passed on; they hold no text.
                _ => {}
            }
            if size > unit.budget.limits.entry_size {
                return Err(Refusal::EntrySize(unit.budget.limits.entry_size).into());
            }
            let is_file =
                matches!(kind, EntryType::Regular | EntryType::Continuous) && !path.ends_with(b"/");
            if !is_file {
                let length = size + padding(size) as u64;
                match &mut output {
                    Some(output) => {
                        write(output, &extensions.raw)?;
                        write(output, header.as_bytes())?;
                        copy_exactly(input, length, output)?;
                    }
                    None => copy_exactly(input, length, &mut io::sink())?,
                }
                continue;
            }
            let mut content = Spool::new();
            copy_exactly(input, size, &mut content)?;
            skip_padding(input, size)?;
            let path = entry_path(unit.path, &name);
            let entry = Unit {
                path: &path,
                name: name.as_ref(),
                depth: unit.depth + 1,
                layers: 0,
                ..*unit
            };
            let changed = self.entry(&entry, &mut content, output.is_some(), observer)?;
            outcome.changed |= changed.is_some();
            let Some(output) = &mut output else {
                continue;
            };
            let (mut content, length) = match changed {
                Some(mut changed) => {
                    let length = changed.length().map_err(BatchError::Read)?;
                    (changed, length)
                }
                None => (content, size),
            };
            if length == size {
                write(output, &extensions.raw)?;
            } else {
                write(output, &extensions.resized(length)?)?;
                header.set_size(length);
                header.set_cksum();
            }
            write(output, header.as_bytes())?;
            content.rewind().map_err(BatchError::Read)?;
            io::copy(&mut content, output).map_err(BatchError::Write)?;
            write(output, &[0; BLOCK][..padding(length)])?;
        }
        if let Some(output) = &mut output {
            write(output, &[0; 2 * BLOCK])?;
        }
        // What stands behind the end is padding of the tape.
        let mut rest = input.take(u64::MAX);
        super::text::drain(&mut rest).map_err(BatchError::from_read)?;
        Ok(outcome)
    }
}

impl Extensions {
    /// Reads the content of a header that extends the next one.
    fn read(
        &mut self,
        header: &Header,
        size: u64,
        input: &mut (impl Read + ?Sized),
    ) -> Result<(), BatchError> {
        if size > LONGEST_EXTENSION || self.raw.len() as u64 > LONGEST_EXTENSION {
            return Err(Refusal::Broken("an extended header is too long").into());
        }
        self.raw.extend_from_slice(header.as_bytes());
        let start = self.raw.len();
        copy_exactly(input, size, &mut self.raw)?;
        let content = start..self.raw.len();
        skip_padding(input, size)?;
        self.raw.resize(self.raw.len() + padding(size), 0);
        let bytes = &self.raw[content.clone()];
        match header.entry_type() {
            EntryType::GNULongName => {
                let end = bytes
                    .iter()
                    .position(|&byte| byte == 0)
                    .unwrap_or(bytes.len());
                self.path = Some(bytes[..end].to_vec());
            }
            EntryType::XHeader => {
                for (key, value) in pax(bytes) {
                    match key {
                        b"path" => self.path = Some(value.to_vec()),
                        b"size" => {
                            let number = std::str::from_utf8(value)
                                .ok()
                                .and_then(|value| value.parse().ok());
                            self.size =
                                Some(number.ok_or(Refusal::Broken("a size in it is no number"))?);
                        }
                        _ => {}
                    }
                }
                self.local = Some(content);
            }
            _ => {}
        }
        Ok(())
    }

    /// The headers for an entry of another size. Only a size in an extended header has to change.
    fn resized(&self, size: u64) -> Result<Vec<u8>, BatchError> {
        let (Some(_), Some(content)) = (self.size, &self.local) else {
            return Ok(self.raw.clone());
        };
        let mut records = Vec::new();
        for (key, value) in pax(&self.raw[content.clone()]) {
            let new = size.to_string();
            let value = if key == b"size" {
                new.as_bytes()
            } else {
                value
            };
            // The length of a record counts its own digits.
            let rest = key.len() + value.len() + 3;
            let mut length = rest + rest.to_string().len();
            length = rest + length.to_string().len();
            records.extend_from_slice(format!("{length} ").as_bytes());
            records.extend_from_slice(&[key, b"=", value, b"\n"].concat());
        }
        let start = content.start - BLOCK;
        let mut header = Header::new_old();
        header
            .as_mut_bytes()
            .copy_from_slice(&self.raw[start..content.start]);
        header.set_size(records.len() as u64);
        header.set_cksum();
        let old_end = content.end + padding(content.len() as u64);
        let padded = padding(records.len() as u64);
        Ok([
            &self.raw[..start],
            header.as_bytes(),
            &records,
            &[0; BLOCK][..padded],
            &self.raw[old_end..],
        ]
        .concat())
    }
}

/// The records of an extended header.
fn pax(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let space = rest.iter().position(|&byte| byte == b' ')?;
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length.checked_sub(1)?)?;
        rest = &rest[length..];
        let equals = record.iter().position(|&byte| byte == b'=')?;
        Some((&record[..equals], &record[equals + 1..]))
    })
}

/// The next header; `None` at the end of the archive.
fn read_header(input: &mut (impl Read + ?Sized)) -> Result<Option<Header>, BatchError> {
    let mut header = Header::new_old();
    let bytes = header.as_mut_bytes();
    let mut filled = 0;
    while filled < BLOCK {
        match input.read(&mut bytes[filled..]) {
            // Some writers leave the end out.
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(Refusal::Broken("it ends within a header").into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BatchError::from_read(error)),
        }
    }
    if bytes.iter().all(|&byte| byte == 0) {
        return Ok(None);
    }
    let sum: u32 = (bytes[..148].iter().chain(&bytes[156..]))
        .map(|&byte| u32::from(byte))
        .sum();
    if header.cksum().ok() != Some(sum + 8 * u32::from(b' ')) {
        return Err(Refusal::Broken("the check sum of a header is wrong").into());
    }
    Ok(Some(header))
}

fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

fn copy_exactly(
    input: &mut (impl Read + ?Sized),
    size: u64,
    output: &mut (impl Write + ?Sized),
) -> Result<(), BatchError> {
    let copied = io::copy(&mut input.take(size), output).map_err(BatchError::from_read)?;
    match copied == size {
        true => Ok(()),
        false => Err(Refusal::Broken("it ends within an entry").into()),
    }
}

fn skip_padding(input: &mut (impl Read + ?Sized), size: u64) -> Result<(), BatchError> {
    copy_exactly(input, padding(size) as u64, &mut io::sink())
}

fn write(output: &mut (impl Write + ?Sized), bytes: &[u8]) -> Result<(), BatchError> {
    output.write_all(bytes).map_err(BatchError::Write)
}
