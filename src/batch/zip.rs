//! zip archives, and what is made of them: EPUB, DOCX, ODT.
//!
//! The directory at the end of the archive is the truth. Entries that need no repair are copied with their headers,
//! byte for byte and in their order, so that the `mimetype` of an EPUB stays first and stored. An entry that was
//! repaired keeps its name, method and attributes.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::{BIG5, GBK};
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::limits::{Bounded, Counted, refuse_traversal};
use super::{
    Batch, BatchError, Event, Names, Observer, Outcome, ReadSeek, Refusal, Spool, Unit, copy,
    entry_path,
};
use crate::decode;
use crate::source::Kind;

const LOCAL: u32 = 0x0403_4B50;
const CENTRAL: u32 = 0x0201_4B50;
const END: u32 = 0x0605_4B50;
const END_64: u32 = 0x0606_4B50;
const LOCATOR_64: u32 = 0x0706_4B50;
const LOCAL_LENGTH: usize = 30;
const CENTRAL_LENGTH: usize = 46;
const END_LENGTH: usize = 22;
const LOCATOR_LENGTH: usize = 20;
const END_64_LENGTH: usize = 56;
/// The extra field with what does not fit into 32 bits.
const EXTRA_64: u16 = 1;
/// The extra field with the name in UTF-8.
const EXTRA_NAME: u16 = 0x7075;

/// Flags: encrypted, sizes behind the data, name in UTF-8.
const ENCRYPTED: u16 = 1;
const DESCRIPTOR: u16 = 8;
const IS_UTF_8: u16 = 0x800;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The longest directory that is read: far more than that of any archive of text.
const LONGEST_DIRECTORY: u64 = 256 << 20;

/// An entry as the directory has it.
#[derive(Clone, Debug)]
struct Entry {
    /// The fixed part of its record in the directory.
    central: [u8; CENTRAL_LENGTH],
    name: Vec<u8>,
    extra: Vec<u8>,
    comment: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    unpacked: u64,
    offset: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// Extra fields: their numbers and contents.
fn extras(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_at_checked(4)?;
        let content = tail.get(..usize::from(u16_at(head, 2)))?;
        rest = &tail[content.len()..];
        Some((u16_at(head, 0), content))
    })
}

/// Extra fields without some.
fn extras_without(bytes: &[u8], numbers: &[u16]) -> Vec<u8> {
    let mut kept = Vec::new();
    for (number, content) in extras(bytes).filter(|(number, _)| !numbers.contains(number)) {
        kept.extend_from_slice(&number.to_le_bytes());
        kept.extend_from_slice(&(content.len() as u16).to_le_bytes());
        kept.extend_from_slice(content);
    }
    kept
}

impl Entry {
    fn parse(bytes: &[u8]) -> Result<(Entry, usize), Refusal> {
        let short = Refusal::Broken("its directory is cut off");
        let central: [u8; CENTRAL_LENGTH] = bytes
            .get(..CENTRAL_LENGTH)
            .and_then(|central| central.try_into().ok())
            .ok_or(short.clone())?;
        if u32_at(&central, 0) != CENTRAL {
            return Err(Refusal::Broken(
                "its directory has something else than entries",
            ));
        }
        let lengths = [28, 30, 32].map(|at| usize::from(u16_at(&central, at)));
        let total = CENTRAL_LENGTH + lengths.iter().sum::<usize>();
        let variable = bytes.get(CENTRAL_LENGTH..total).ok_or(short)?;
        let (name, rest) = variable.split_at(lengths[0]);
        let (extra, comment) = rest.split_at(lengths[1]);
        let mut entry = Entry {
            central,
            name: name.to_vec(),
            extra: extra.to_vec(),
            comment: comment.to_vec(),
            flags: u16_at(&central, 8),
            method: u16_at(&central, 10),
            crc: u32_at(&central, 16),
            packed: u32_at(&central, 20).into(),
            unpacked: u32_at(&central, 24).into(),
            offset: u32_at(&central, 42).into(),
        };
        // In this order, and each only where its own place is full.
        let mut wide = extras(extra)
            .find(|(number, _)| *number == EXTRA_64)
            .map(|(_, content)| content);
        for value in [&mut entry.unpacked, &mut entry.packed, &mut entry.offset] {
            if *value == u64::from(u32::MAX)
                && let Some((head, tail)) = wide.and_then(|wide| wide.split_at_checked(8))
            {
                *value = u64_at(head, 0);
                wide = Some(tail);
            }
        }
        Ok((entry, total))
    }

    fn display_name(&self) -> String {
        decoded_name(&self.name, self.flags)
    }

    fn is_folder(&self) -> bool {
        self.name.ends_with(b"/")
    }

    /// The type in the mode of a Unix file, if it has one.
    fn unix_type(&self) -> u32 {
        let made_on_unix = self.central[5] == 3;
        if made_on_unix {
            (u32_at(&self.central, 38) >> 16) & 0o170_000
        } else {
            0
        }
    }

    fn refuse(&self) -> Result<(), Refusal> {
        refuse_traversal(&self.name)?;
        match self.unix_type() {
            0o120_000 => Err(Refusal::Link(self.display_name())),
            0 | 0o100_000 | 0o040_000 => Ok(()),
            _ => Err(Refusal::Device(self.display_name())),
        }
    }

    /// Writes its record of the directory.
    fn write_central(&self, output: &mut impl Write) -> io::Result<()> {
        let mut central = self.central;
        let mut extra = extras_without(&self.extra, &[EXTRA_64]);
        let mut wide = Vec::new();
        let mut narrow = |value: u64| match u32::try_from(value) {
            Ok(value) if value < u32::MAX => value,
            _ => {
                wide.extend_from_slice(&value.to_le_bytes());
                u32::MAX
            }
        };
        let (unpacked, packed, offset) = (
            narrow(self.unpacked),
            narrow(self.packed),
            narrow(self.offset),
        );
        if !wide.is_empty() {
            let head = [EXTRA_64.to_le_bytes(), (wide.len() as u16).to_le_bytes()].concat();
            extra = [head, wide, extra].concat();
        }
        central[8..10].copy_from_slice(&self.flags.to_le_bytes());
        central[16..20].copy_from_slice(&self.crc.to_le_bytes());
        central[20..24].copy_from_slice(&packed.to_le_bytes());
        central[24..28].copy_from_slice(&unpacked.to_le_bytes());
        central[28..30].copy_from_slice(&(self.name.len() as u16).to_le_bytes());
        central[30..32].copy_from_slice(&(extra.len() as u16).to_le_bytes());
        central[42..46].copy_from_slice(&offset.to_le_bytes());
        for part in [&central[..], &self.name, &extra, &self.comment] {
            output.write_all(part)?;
        }
        Ok(())
    }
}

/// A name as people read it: UTF-8 where it says so or is so, else GBK or Big5.
fn decoded_name(name: &[u8], flags: u16) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) if flags & IS_UTF_8 != 0 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => match decode::decode(name, None) {
            Ok(decoded) if [GBK, BIG5].contains(&decoded.encoding) => decoded.text.into_owned(),
            _ => GBK.decode(name).0.into_owned(),
        },
    }
}

/// The directory of an archive.
struct Directory {
    entries: Vec<Entry>,
    comment: Vec<u8>,
    start: u64,
}

impl Directory {
    fn read(input: &mut dyn ReadSeek, most: u64) -> Result<Directory, BatchError> {
        let length = input.seek(SeekFrom::End(0)).map_err(BatchError::Read)?;
        // The comment at the end may be 65,535 bytes long.
        let window = length.min((END_LENGTH + LOCATOR_LENGTH + usize::from(u16::MAX)) as u64);
        let tail_start = length - window;
        let tail = read_at(input, tail_start, window as usize)?;
        let at = (0..=tail.len().saturating_sub(END_LENGTH))
            .rev()
            .find(|&at| {
                tail.len() >= at + END_LENGTH
                    && u32_at(&tail, at) == END
                    && at + END_LENGTH + usize::from(u16_at(&tail, at + 20)) == tail.len()
            })
            .ok_or(Refusal::Broken(
                "its directory is missing; the file was cut off",
            ))?;
        let end = &tail[at..];
        if u16_at(end, 4) != 0 && u16_at(end, 4) != u16::MAX {
            return Err(Refusal::Broken("it is one of several volumes; join them first").into());
        }
        let mut count: u64 = u16_at(end, 10).into();
        let mut size: u64 = u32_at(end, 12).into();
        let mut start: u64 = u32_at(end, 16).into();
        let mut directory_end = tail_start + at as u64;
        if at >= LOCATOR_LENGTH && u32_at(&tail, at - LOCATOR_LENGTH) == LOCATOR_64 {
            let place = u64_at(&tail, at - LOCATOR_LENGTH + 8);
            if place
                .checked_add(END_64_LENGTH as u64)
                .is_none_or(|end| end > length)
            {
                return Err(Refusal::Broken("its directory is out of place").into());
            }
            let wide = read_at(input, place, END_64_LENGTH)?;
            if u32_at(&wide, 0) != END_64 {
                return Err(Refusal::Broken("its directory is out of place").into());
            }
            count = u64_at(&wide, 32);
            size = u64_at(&wide, 40);
            start = u64_at(&wide, 48);
            directory_end = place;
        }
        if start.checked_add(size) != Some(directory_end) {
            return Err(Refusal::Broken(
                "its directory is out of place, or something stands in front of the archive",
            )
            .into());
        }
        if size > LONGEST_DIRECTORY {
            return Err(Refusal::Broken("its directory is too long").into());
        }
        if count > most {
            return Err(Refusal::Entries(most).into());
        }
        let bytes = read_at(input, start, size as usize)?;
        let mut entries = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let (entry, length) = Entry::parse(&bytes[at..])?;
            entries.push(entry);
            at += length;
        }
        if entries.len() as u64 != count {
            return Err(Refusal::Broken(
                "its directory has another number of entries than it says",
            )
            .into());
        }
        Ok(Directory {
            entries,
            comment: end[END_LENGTH..].to_vec(),
            start,
        })
    }

    /// Refuses entries that share bytes. They are checked in the order of the file.
    fn refuse_overlaps(&self) -> Result<(), Refusal> {
        let mut order: Vec<&Entry> = self.entries.iter().collect();
        order.sort_by_key(|entry| entry.offset);
        for pair in order.windows(2) {
            let end = pair[0]
                .offset
                .saturating_add((LOCAL_LENGTH + pair[0].name.len()) as u64)
                .saturating_add(pair[0].packed);
            if end > pair[1].offset {
                return Err(Refusal::Overlap(
                    pair[0].display_name(),
                    pair[1].display_name(),
                ));
            }
        }
        match order.last() {
            Some(last) if last.offset.saturating_add(last.packed) > self.start => {
                Err(Refusal::Broken("an entry reaches into the directory"))
            }
            _ => Ok(()),
        }
    }
}

fn read_at(input: &mut dyn ReadSeek, at: u64, length: usize) -> Result<Vec<u8>, BatchError> {
    let mut bytes = vec![0; length];
    input.seek(SeekFrom::Start(at)).map_err(BatchError::Read)?;
    input
        .read_exact(&mut bytes)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Refusal::Broken("it is cut off").into(),
            _ => BatchError::Read(error),
        })?;
    Ok(bytes)
}

/// The local header of an entry: the fixed part, and how long it is with name and extra fields.
fn local_header(
    input: &mut dyn ReadSeek,
    entry: &Entry,
) -> Result<(Vec<u8>, Vec<u8>, u64), BatchError> {
    let fixed = read_at(input, entry.offset, LOCAL_LENGTH)?;
    if u32_at(&fixed, 0) != LOCAL {
        return Err(Refusal::Broken("an entry is not where its directory says").into());
    }
    let (name, extra) = (
        usize::from(u16_at(&fixed, 26)),
        usize::from(u16_at(&fixed, 28)),
    );
    let variable = read_at(input, entry.offset + LOCAL_LENGTH as u64, name + extra)?;
    if variable[..name] != entry.name {
        return Err(Refusal::Broken("an entry has two names").into());
    }
    Ok((
        fixed,
        variable[name..].to_vec(),
        (LOCAL_LENGTH + name + extra) as u64,
    ))
}

impl Batch<'_> {
    /// Repairs the entries of an archive.
    pub(super) fn zip(
        &self,
        unit: &Unit<'_>,
        input: &mut dyn ReadSeek,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let directory = Directory::read(input, unit.budget.limits.entries)?;
        directory.refuse_overlaps()?;
        for entry in &directory.entries {
            unit.budget.entry()?;
            entry.refuse()?;
        }
        let mut outcome = Outcome::default();
        let (mut output, written) = match output {
            Some(output) => {
                let (counted, written) = CountedWrite::new(output);
                (Some(counted), written)
            }
            None => (None, Arc::default()),
        };
        let is_office = is_office(&directory);
        let is_book = directory
            .entries
            .first()
            .is_some_and(|first| first.name == b"mimetype");
        let mut entries = Vec::with_capacity(directory.entries.len());
        for entry in directory.entries {
            let mut new = entry.clone();
            let name = entry.display_name();
            if self.names == Names::Fix && entry.flags & IS_UTF_8 == 0 && !entry.name.is_ascii() {
                new.name = name.clone().into_bytes();
                new.flags |= IS_UTF_8;
                new.extra = extras_without(&entry.extra, &[EXTRA_NAME]);
                outcome.changed = true;
            }
            let path = entry_path(unit.path, &name);
            let inner = Unit {
                path: &path,
                name: name.as_ref(),
                depth: unit.depth + 1,
                layers: 0,
                ..*unit
            };
            let changed = match self.is_read(&entry, (is_office, is_book), &inner, observer)? {
                true => self.zip_entry(&entry, input, &inner, output.is_some(), observer)?,
                false => None,
            };
            outcome.changed |= changed.is_some();
            if let Some(output) = &mut output {
                new.offset = written.load(std::sync::atomic::Ordering::Relaxed);
                match changed {
                    Some(content) => write_changed(&mut new, input, content, output, &entry)?,
                    None => copy_raw(&new, &entry, input, output)?,
                }
            }
            entries.push(new);
        }
        if let Some(output) = &mut output {
            write_directory(&entries, &directory.comment, output, &written)
                .map_err(BatchError::Write)?;
        }
        Ok(outcome)
    }

    /// Whether there is something to repair in an entry.
    fn is_read(
        &self,
        entry: &Entry,
        (is_office, is_book): (bool, bool),
        unit: &Unit<'_>,
        observer: &mut Observer<'_>,
    ) -> Result<bool, BatchError> {
        let mut skip = |reason: &str| {
            observer(Event::Skipped(unit.path, reason.to_owned())).map_err(BatchError::Observer)
        };
        if entry.is_folder() || entry.unpacked == 0 {
            return Ok(false);
        }
        if is_book && (entry.name == b"mimetype" || entry.name.starts_with(b"META-INF/")) {
            return Ok(false);
        }
        if is_office && !is_office_text(&entry.name) {
            return Ok(false);
        }
        if entry.flags & ENCRYPTED != 0 {
            skip("encrypted")?;
            return Ok(false);
        }
        if !matches!(entry.method, STORED | DEFLATED) {
            skip("packed in a way that is not known (neither stored nor deflated)")?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Unpacks and repairs an entry.
    fn zip_entry(
        &self,
        entry: &Entry,
        input: &mut dyn ReadSeek,
        unit: &Unit<'_>,
        wants_output: bool,
        observer: &mut Observer<'_>,
    ) -> Result<Option<Spool>, BatchError> {
        let most = unit.budget.limits.entry_size;
        if entry.unpacked > most {
            return Err(Refusal::EntrySize(most).into());
        }
        let (_, _, header) = local_header(input, entry)?;
        input
            .seek(SeekFrom::Start(entry.offset + header))
            .map_err(BatchError::Read)?;
        let (counted, packed) = Counted::new(input.take(entry.packed));
        let reader: Box<dyn Read + '_> = match entry.method {
            STORED => Box::new(counted),
            _ => Box::new(DeflateDecoder::new(BufReader::new(counted))),
        };
        let mut unpacked = Checked {
            inner: Bounded::new(reader, unit.budget, packed, most),
            crc: flate2::Crc::new(),
        };
        let mut content = Spool::new();
        let length = copy(&mut unpacked, &mut content).map_err(BatchError::of_unpacking);
        let is_whole = |length: u64| length == entry.unpacked && unpacked.crc.sum() == entry.crc;
        match length {
            Ok(length) if is_whole(length) => {
                self.entry(unit, &mut content, wants_output, observer)
            }
            Err(error) if error.is_fatal() => Err(error),
            // A broken entry is passed on as it is.
            _ => {
                let message = "cannot unpack: its size or its check sum is wrong".to_owned();
                observer(Event::Failed(unit.path, message)).map_err(BatchError::Observer)?;
                Ok(None)
            }
        }
    }
}

/// Whether it is a document of a word processor.
fn is_office(directory: &Directory) -> bool {
    let has = |name: &[u8]| directory.entries.iter().any(|entry| entry.name == name);
    has(b"[Content_Types].xml") || (has(b"content.xml") && has(b"mimetype"))
}

/// The parts of DOCX, PPTX and ODT that hold what people read.
fn is_office_text(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    let word = [
        "document",
        "footnotes",
        "endnotes",
        "comments",
        "header",
        "footer",
        "glossary/document",
    ];
    name == "content.xml"
        || name.strip_prefix("word/").is_some_and(|part| {
            part.ends_with(".xml") && word.iter().any(|start| part.starts_with(start))
        })
        || (name.starts_with("ppt/slides/") || name.starts_with("ppt/notesSlides/"))
            && Kind::from_extension(name.as_ref().as_ref()) == Some(Kind::Xml)
}

/// Copies an entry as it is: header, data, and what stands behind it.
fn copy_raw(
    new: &Entry,
    old: &Entry,
    input: &mut dyn ReadSeek,
    output: &mut impl Write,
) -> Result<(), BatchError> {
    let (mut fixed, extra, header) = local_header(input, old)?;
    let flags = u16_at(&fixed, 6) | (new.flags & IS_UTF_8);
    fixed[6..8].copy_from_slice(&flags.to_le_bytes());
    let extra = if new.name == old.name {
        extra
    } else {
        extras_without(&extra, &[EXTRA_NAME])
    };
    fixed[26..28].copy_from_slice(&(new.name.len() as u16).to_le_bytes());
    fixed[28..30].copy_from_slice(&(extra.len() as u16).to_le_bytes());
    for part in [&fixed, &new.name, &extra] {
        output.write_all(part).map_err(BatchError::Write)?;
    }
    input
        .seek(SeekFrom::Start(old.offset + header))
        .map_err(BatchError::Read)?;
    let copied = copy(&mut input.take(old.packed), output)?;
    if copied != old.packed {
        return Err(Refusal::Broken("it is cut off").into());
    }
    if u16_at(&fixed, 6) & DESCRIPTOR != 0 {
        let is_wide = extras(&extra).any(|(number, _)| number == EXTRA_64);
        let mut descriptor = vec![0x50, 0x4B, 7, 8];
        descriptor.extend_from_slice(&old.crc.to_le_bytes());
        for size in [old.packed, old.unpacked] {
            let size = size.to_le_bytes();
            descriptor.extend_from_slice(if is_wide { &size } else { &size[..4] });
        }
        output.write_all(&descriptor).map_err(BatchError::Write)?;
    }
    Ok(())
}

/// Writes an entry with new content.
fn write_changed(
    new: &mut Entry,
    input: &mut dyn ReadSeek,
    mut content: Spool,
    output: &mut impl Write,
    old: &Entry,
) -> Result<(), BatchError> {
    let (mut fixed, extra, _) = local_header(input, old)?;
    let mut packed = Spool::new();
    let mut checked = Checked {
        inner: &mut content,
        crc: flate2::Crc::new(),
    };
    new.unpacked = match new.method {
        STORED => copy(&mut checked, &mut packed)?,
        _ => {
            let mut encoder = DeflateEncoder::new(&mut packed, flate2::Compression::default());
            let length = copy(&mut checked, &mut encoder)?;
            encoder.finish().map_err(BatchError::Write)?;
            length
        }
    };
    new.crc = checked.crc.sum();
    new.packed = packed.length().map_err(BatchError::Read)?;
    new.flags &= !DESCRIPTOR;
    let mut extra = extras_without(&extra, &[EXTRA_64]);
    if new.name != old.name {
        extra = extras_without(&extra, &[EXTRA_NAME]);
    }
    let is_wide = new.packed.max(new.unpacked) >= u64::from(u32::MAX);
    if is_wide {
        let wide = [
            &EXTRA_64.to_le_bytes()[..],
            &16u16.to_le_bytes(),
            &new.unpacked.to_le_bytes(),
            &new.packed.to_le_bytes(),
        ];
        extra = [wide.concat(), extra].concat();
    }
    let narrow = |value: u64| if is_wide { u32::MAX } else { value as u32 }.to_le_bytes();
    fixed[6..8].copy_from_slice(&new.flags.to_le_bytes());
    fixed[14..18].copy_from_slice(&new.crc.to_le_bytes());
    fixed[18..22].copy_from_slice(&narrow(new.packed));
    fixed[22..26].copy_from_slice(&narrow(new.unpacked));
    fixed[26..28].copy_from_slice(&(new.name.len() as u16).to_le_bytes());
    fixed[28..30].copy_from_slice(&(extra.len() as u16).to_le_bytes());
    for part in [&fixed, &new.name, &extra] {
        output.write_all(part).map_err(BatchError::Write)?;
    }
    packed.rewind().map_err(BatchError::Read)?;
    copy(&mut packed, output)?;
    Ok(())
}

fn write_directory(
    entries: &[Entry],
    comment: &[u8],
    output: &mut impl Write,
    written: &AtomicU64,
) -> io::Result<()> {
    let here = || written.load(std::sync::atomic::Ordering::Relaxed);
    let start = here();
    for entry in entries {
        entry.write_central(output)?;
    }
    let (end, count) = (here(), entries.len() as u64);
    let size = end - start;
    let is_wide = count >= u64::from(u16::MAX) || start.max(size) >= u64::from(u32::MAX);
    if is_wide {
        output.write_all(&END_64.to_le_bytes())?;
        output.write_all(&(END_64_LENGTH as u64 - 12).to_le_bytes())?;
        // Made by and needed: version 4.5. This disk and that of the directory: the first.
        output.write_all(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        for number in [count, count, size, start] {
            output.write_all(&number.to_le_bytes())?;
        }
        output.write_all(&LOCATOR_64.to_le_bytes())?;
        output.write_all(&0u32.to_le_bytes())?;
        output.write_all(&end.to_le_bytes())?;
        output.write_all(&1u32.to_le_bytes())?;
    }
    let count = if is_wide { u16::MAX } else { count as u16 }.to_le_bytes();
    let narrow = |value: u64| if is_wide { u32::MAX } else { value as u32 }.to_le_bytes();
    output.write_all(&END.to_le_bytes())?;
    output.write_all(&[0; 4])?;
    output.write_all(&count)?;
    output.write_all(&count)?;
    output.write_all(&narrow(size))?;
    output.write_all(&narrow(start))?;
    output.write_all(&(comment.len() as u16).to_le_bytes())?;
    output.write_all(comment)
}

/// Sums up what is read.
struct Checked<R> {
    inner: R,
    crc: flate2::Crc,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}

/// Counts what is written.
struct CountedWrite<W> {
    inner: W,
    count: Arc<AtomicU64>,
}

impl<W: Write> CountedWrite<W> {
    fn new(inner: W) -> (Self, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        (
            CountedWrite {
                inner,
                count: count.clone(),
            },
            count,
        )
    }
}

impl<W: Write> Write for CountedWrite<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.count
            .fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_the_encoding_of_their_writer() {
        let gbk = GBK.encode("說明/頁面.txt").0;
        assert_eq!(decoded_name(&gbk, 0), "說明/頁面.txt");
        assert_eq!(decoded_name("頁.txt".as_bytes(), 0), "頁.txt");
        assert_eq!(decoded_name("頁.txt".as_bytes(), IS_UTF_8), "頁.txt");
    }
}
