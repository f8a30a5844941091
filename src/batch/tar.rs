//! tar archives, read and written from front to back.
//!
//! Headers are passed on as they are; that of an entry that was repaired gets its new size and check sum.

use std::io::{self, Read, Seek, Write};

use tar::{EntryType, Header};

use super::limits::refuse_traversal;
use super::{Batch, BatchError, Event, Observer, Outcome, Refusal, Spool, Unit, copy, entry_path};

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

/// An entry: its headers, and what they say.
struct Entry {
    extensions: Extensions,
    header: Header,
    size: u64,
    name: String,
    /// Whether it has content that may be text.
    is_file: bool,
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
        while let Some(header) = read_header(input)? {
            if is_end(&header) {
                tail(unit, &header, input, output, observer)?;
                return Ok(outcome);
            }
            if matches!(
                header.entry_type(),
                EntryType::XHeader
                    | EntryType::XGlobalHeader
                    | EntryType::GNULongName
                    | EntryType::GNULongLink
            ) {
                extensions.read(&header, entry_size(&header)?, input)?;
                continue;
            }
            let entry = Entry::read(unit, std::mem::take(&mut extensions), header)?;
            let output = output
                .as_mut()
                .map(|output| &mut **output as &mut dyn Write);
            match entry.is_file {
                true => outcome.changed |= self.tar_file(unit, entry, input, output, observer)?,
                false => entry.pass_on(input, output)?,
            }
        }
        // An archive without an end gets one.
        if let Some(output) = &mut output {
            write(output, &[0; 2 * BLOCK])?;
        }
        Ok(outcome)
    }

    /// Repairs a file, and says whether it changed.
    fn tar_file(
        &self,
        unit: &Unit<'_>,
        mut entry: Entry,
        input: &mut (impl Read + ?Sized),
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<bool, BatchError> {
        let mut content = Spool::new();
        copy_exactly(input, entry.size, &mut content)?;
        skip_padding(input, entry.size)?;
        let path = entry_path(unit.path, &entry.name);
        let inner = Unit {
            path: &path,
            name: entry.name.as_ref(),
            depth: unit.depth + 1,
            layers: 0,
            ..*unit
        };
        let changed = self.entry(&inner, &mut content, output.is_some(), observer)?;
        let is_changed = changed.is_some();
        let Some(output) = output else {
            return Ok(is_changed);
        };
        let mut content = changed.unwrap_or(content);
        let length = content.length().map_err(BatchError::Read)?;
        if length == entry.size {
            write(output, &entry.extensions.raw)?;
        } else {
            write(output, &entry.extensions.resized(length)?)?;
            entry.header.set_size(length);
            entry.header.set_cksum();
        }
        write(output, entry.header.as_bytes())?;
        content.rewind().map_err(BatchError::Read)?;
        copy(&mut content, output)?;
        write(output, &[0; BLOCK][..padding(length)])?;
        Ok(is_changed)
    }
}

/// Copies the end of an archive and all that stands behind it: padding of the tape, or another archive, which
/// readers of tar see only when they are told to.
fn tail(
    unit: &Unit<'_>,
    mark: &Header,
    input: &mut (impl Read + ?Sized),
    mut output: Option<&mut dyn Write>,
    observer: &mut Observer<'_>,
) -> Result<(), BatchError> {
    let mut nowhere = io::sink();
    let output = output
        .as_mut()
        .map_or(&mut nowhere as &mut dyn Write, |output| &mut **output);
    write(output, mark.as_bytes())?;
    let mut is_padding = true;
    while let Some(block) = read_block(input)? {
        is_padding &= block.iter().all(|&byte| byte == 0);
        write(output, &block)?;
    }
    if !is_padding {
        let reason = "behind the end of the archive; copied as it is";
        observer(Event::Skipped(
            &entry_path(unit.path, "rest"),
            reason.to_owned(),
        ))
        .map_err(BatchError::Observer)?;
    }
    Ok(())
}

impl Entry {
    /// Reads what the headers say, and refuses what is not unpacked.
    fn read(unit: &Unit<'_>, extensions: Extensions, header: Header) -> Result<Entry, BatchError> {
        let kind = header.entry_type();
        let size = match extensions.size {
            Some(size) => size,
            None => entry_size(&header)?,
        };
        unit.budget.entry()?;
        let path = match &extensions.path {
            Some(path) => path.clone(),
            None => header.path_bytes().into_owned(),
        };
        refuse_traversal(&path)?;
        let name = String::from_utf8_lossy(&path).into_owned();
        match kind {
            EntryType::Symlink | EntryType::Link => return Err(Refusal::Link(name).into()),
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                return Err(Refusal::Device(name).into());
            }
            // Sparse files and what else there is are passed on; they hold no text.
            _ => {}
        }
        let most = unit.budget.limits.entry_size;
        if size > most {
            return Err(Refusal::EntrySize(most).into());
        }
        let is_file =
            matches!(kind, EntryType::Regular | EntryType::Continuous) && !path.ends_with(b"/");
        Ok(Entry {
            extensions,
            header,
            size,
            name,
            is_file,
        })
    }

    /// Copies the entry as it is.
    fn pass_on(
        &self,
        input: &mut (impl Read + ?Sized),
        output: Option<&mut dyn Write>,
    ) -> Result<(), BatchError> {
        let length = self.size + padding(self.size) as u64;
        let Some(output) = output else {
            return copy_exactly(input, length, &mut io::sink());
        };
        write(output, &self.extensions.raw)?;
        write(output, self.header.as_bytes())?;
        copy_exactly(input, length, output)
    }
}

fn entry_size(header: &Header) -> Result<u64, BatchError> {
    let size = header.entry_size();
    Ok(size.map_err(|_| Refusal::Broken("a size in it is no number"))?)
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

/// The next block; shorter where the input ends within it, `None` where it ends before.
fn read_block(input: &mut (impl Read + ?Sized)) -> Result<Option<Vec<u8>>, BatchError> {
    let mut block = Vec::with_capacity(BLOCK);
    input
        .take(BLOCK as u64)
        .read_to_end(&mut block)
        .map_err(BatchError::from_read)?;
    Ok((!block.is_empty()).then_some(block))
}

/// The next header, or the mark of the end; `None` where the input ends without one, as some writers leave it out.
fn read_header(input: &mut (impl Read + ?Sized)) -> Result<Option<Header>, BatchError> {
    let Some(block) = read_block(input)? else {
        return Ok(None);
    };
    if block.len() < BLOCK {
        return Err(Refusal::Broken("it ends within a header").into());
    }
    let mut header = Header::new_old();
    header.as_mut_bytes().copy_from_slice(&block);
    let sum: u32 = (block[..148].iter().chain(&block[156..]))
        .map(|&byte| u32::from(byte))
        .sum();
    if !is_end(&header) && header.cksum().ok() != Some(sum + 8 * u32::from(b' ')) {
        return Err(Refusal::Broken("the check sum of a header is wrong").into());
    }
    Ok(Some(header))
}

/// Whether a header is the mark of the end of an archive: zeros.
fn is_end(header: &Header) -> bool {
    header.as_bytes().iter().all(|&byte| byte == 0)
}

fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

fn copy_exactly(
    input: &mut (impl Read + ?Sized),
    size: u64,
    output: &mut (impl Write + ?Sized),
) -> Result<(), BatchError> {
    let copied = copy(&mut input.take(size), output)?;
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
