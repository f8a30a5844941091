//! Web archives: WARC, WET. Records are repaired one by one; a file packed record by record stays so.
//!
//! Text is in `response` records (the body of the HTTP message), in `resource` and in `conversion` records. What is
//! not text, and every record that needs no repair, is copied as it is, packed bytes included.

use std::io::{self, BufRead, BufReader, Read, Write};

use encoding_rs::Encoding;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sha1::{Digest, Sha1};

use super::limits::{Bounded, Budget};
use super::{
    Batch, BatchError, Event, Observer, Outcome, ReadSeek, Refusal, Spool, TextBlock, Unit,
    WarcMode, entry_path, in_order,
};
use crate::decode::parse_label;
use crate::edit::EditList;
use crate::pipeline::Unresolved;
use crate::report::View;
use crate::source::Kind;
use crate::stream::Place;

/// A longer record is copied as it is: it is a film or a program, and has to be in memory to be repaired.
const LONGEST_RECORD: u64 = 32 << 20;

/// The longest header of a record.
const LONGEST_HEADER: usize = 64 << 10;

/// So many bytes of records are worked on at once.
const CHUNK: usize = 1 << 20;

/// Chunks that may wait for an earlier one, for each thread.
const AHEAD: usize = 4;

/// A record that is too long to be repaired.
enum Read1 {
    Record(Vec<u8>),
    Long(Spool),
}

/// One record, or one packed member with what is in it.
struct Member {
    /// As it was packed; `None` where the file is not.
    packed: Option<Vec<u8>>,
    plain: Vec<u8>,
}

/// What stands in the file: members to repair, or something to copy.
enum Job {
    Members(Vec<Member>),
    Copy(Spool),
}

/// What is to be told about a text.
enum Told {
    Block(Box<OwnedBlock>),
    End(std::path::PathBuf),
    Skipped(std::path::PathBuf, String),
    Failed(std::path::PathBuf, String),
}

struct OwnedBlock {
    path: std::path::PathBuf,
    text: String,
    edits: EditList,
    unresolved: Vec<Unresolved>,
    place: Place,
    encoding: &'static Encoding,
    bom: bool,
    undecodable: usize,
    malformed: usize,
    bytes: Vec<u8>,
    repaired: String,
    output: Option<Vec<u8>>,
}

enum Done {
    Written {
        bytes: Vec<u8>,
        told: Vec<Told>,
        changed: bool,
    },
    Copy(Spool),
}

impl Batch<'_> {
    /// Repairs the records of a file that is not packed, or packed as a whole.
    pub(super) fn warc(
        &self,
        unit: &Unit<'_>,
        input: &mut (impl Read + ?Sized),
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let mut reader = BufReader::with_capacity(256 << 10, input);
        self.members(unit, output, observer, || {
            if reader.fill_buf().map_err(BatchError::from_read)?.is_empty() {
                return Ok(None);
            }
            unit.budget.entry()?;
            Ok(Some(match read_record(&mut reader, unit.budget)? {
                Read1::Record(plain) => Ok(Member {
                    packed: None,
                    plain,
                }),
                Read1::Long(spool) => Err(spool),
            }))
        })
    }

    /// Repairs a file whose records are packed one by one.
    pub(super) fn warc_gzip(
        &self,
        unit: &Unit<'_>,
        input: &mut (impl Read + ?Sized),
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let mut reader = BufReader::with_capacity(256 << 10, input);
        self.members(unit, output, observer, || {
            if reader.fill_buf().map_err(BatchError::Read)?.is_empty() {
                return Ok(None);
            }
            unit.budget.entry()?;
            let mut recorder = Recorder {
                inner: &mut reader,
                spool: Spool::new(),
                short: Vec::new(),
                count: Default::default(),
            };
            let count = recorder.count.clone();
            let decoder = GzDecoder::new(&mut recorder);
            let mut unpacked =
                Bounded::new(decoder, unit.budget, count, unit.budget.limits.entry_size);
            let mut plain = Vec::new();
            (&mut unpacked)
                .take(LONGEST_RECORD + 1)
                .read_to_end(&mut plain)
                .map_err(BatchError::from_unpack)?;
            let is_long = plain.len() as u64 > LONGEST_RECORD;
            if is_long {
                super::text::drain(&mut unpacked).map_err(BatchError::from_unpack)?;
            }
            drop(unpacked);
            Ok(Some(match is_long {
                true => Err(recorder.into_spool().map_err(BatchError::Write)?),
                false => Ok(Member {
                    packed: Some(recorder.into_bytes().map_err(BatchError::Read)?),
                    plain,
                }),
            }))
        })
    }

    /// Repairs members with all threads.
    fn members(
        &self,
        unit: &Unit<'_>,
        mut output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
        mut next: impl FnMut() -> Result<Option<Result<Member, Spool>>, BatchError>,
    ) -> Result<Outcome, BatchError> {
        let single = Batch {
            threads: 1,
            ..self.clone()
        };
        let wants_output = output.is_some();
        let mut outcome = Outcome::default();
        let mut failed = None;
        let mut left = None;
        let jobs = std::iter::from_fn(|| {
            if let Some(spool) = left.take() {
                return Some(Job::Copy(spool));
            }
            if failed.is_some() {
                return None;
            }
            let mut members = Vec::new();
            let mut size = 0;
            while size < CHUNK {
                match next() {
                    Ok(Some(Ok(member))) => {
                        size += member.plain.len() + member.packed.as_ref().map_or(0, Vec::len);
                        members.push(member);
                    }
                    Ok(Some(Err(spool))) if members.is_empty() => return Some(Job::Copy(spool)),
                    Ok(Some(Err(spool))) => {
                        left = Some(spool);
                        break;
                    }
                    Ok(None) => break,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            (!members.is_empty()).then_some(Job::Members(members))
        });
        let (path, name, depth, limits) = (unit.path, unit.name, unit.depth, unit.budget.limits);
        let work = |job: Job| -> Result<Done, BatchError> {
            let members = match job {
                Job::Copy(spool) => return Ok(Done::Copy(spool)),
                Job::Members(members) => members,
            };
            // Bodies that are packed count against limits of their own.
            let budget = Budget::new(limits);
            let unit = Unit {
                path,
                name,
                depth,
                layers: 0,
                encoding: self.encoding,
                budget: &budget,
            };
            let (mut bytes, mut told, mut changed) = (Vec::new(), Vec::new(), false);
            for member in members {
                let new = single.member(&unit, &member, &mut told)?;
                changed |= new.is_some();
                if wants_output {
                    match new {
                        Some(new) => bytes.extend_from_slice(&new),
                        None => {
                            bytes.extend_from_slice(member.packed.as_ref().unwrap_or(&member.plain))
                        }
                    }
                }
            }
            Ok(Done::Written {
                bytes,
                told,
                changed,
            })
        };
        in_order(self.threads, AHEAD, jobs, work, |done| {
            match done.ok_or(BatchError::Panicked)?? {
                Done::Written {
                    bytes,
                    told,
                    changed,
                } => {
                    outcome.changed |= changed;
                    if let Some(output) = &mut output {
                        output.write_all(&bytes).map_err(BatchError::Write)?;
                    }
                    told.iter()
                        .try_for_each(|told| tell(told, observer))
                        .map_err(BatchError::Observer)
                }
                Done::Copy(mut spool) => {
                    let message = format!("longer than {} MiB", LONGEST_RECORD >> 20);
                    observer(Event::Skipped(&entry_path(path, "record"), message))
                        .map_err(BatchError::Observer)?;
                    if let Some(output) = &mut output {
                        io::Seek::rewind(&mut spool).map_err(BatchError::Read)?;
                        io::copy(&mut spool, output).map_err(BatchError::Write)?;
                    }
                    Ok(())
                }
            }
        })?;
        match failed {
            Some(error) => Err(error),
            None => Ok(outcome),
        }
    }

    /// Repairs the records of a member; its new bytes, or `None` when nothing changes.
    fn member(
        &self,
        unit: &Unit<'_>,
        member: &Member,
        told: &mut Vec<Told>,
    ) -> Result<Option<Vec<u8>>, BatchError> {
        let mut rest = &member.plain[..];
        let mut new = Vec::new();
        let mut changed = false;
        while !rest.is_empty() {
            let Read1::Record(bytes) = read_record(&mut rest, unit.budget)? else {
                return Err(Refusal::Broken("a record is longer than what it stands in").into());
            };
            let records = self.record(unit, &bytes, told)?;
            changed |= records.is_some();
            for record in records.unwrap_or_else(|| vec![bytes]) {
                match member.packed {
                    None => new.extend_from_slice(&record),
                    Some(_) => {
                        let mut encoder = GzEncoder::new(&mut new, flate2::Compression::default());
                        encoder.write_all(&record).map_err(BatchError::Write)?;
                        encoder.finish().map_err(BatchError::Write)?;
                    }
                }
            }
        }
        Ok(changed.then_some(new))
    }

    /// Repairs a record; what stands in its place, or `None` to leave it.
    fn record(
        &self,
        unit: &Unit<'_>,
        bytes: &[u8],
        told: &mut Vec<Told>,
    ) -> Result<Option<Vec<Vec<u8>>>, BatchError> {
        let header_end =
            end_of_header(bytes).ok_or(Refusal::Broken("a record has no end of its header"))?;
        let header = Header(&bytes[..header_end]);
        let length = header.length()?;
        let (block, tail) = bytes[header_end..]
            .split_at_checked(length)
            .ok_or(Refusal::Broken("a record is cut off"))?;
        let uri = header
            .text("WARC-Target-URI")
            .unwrap_or_else(|| "record".to_owned());
        let path = entry_path(unit.path, uri.trim_matches(['<', '>']));
        let kind = header.text("WARC-Type").unwrap_or_default();
        let is_http = kind.eq_ignore_ascii_case("response") && block.starts_with(b"HTTP/");
        let is_plain = ["conversion", "resource"]
            .iter()
            .any(|known| kind.eq_ignore_ascii_case(known));
        if !(is_http || is_plain) || header.text("WARC-Segment-Number").is_some() {
            return Ok(None);
        }
        let mut skip = |reason: &str| told.push(Told::Skipped(path.clone(), reason.to_owned()));
        let (http_end, content_type) = match is_http {
            false => (0, header.text("Content-Type")),
            true => match end_of_header(block) {
                Some(end) => (end, Header(&block[..end]).text("Content-Type")),
                None => return Ok(None),
            },
        };
        let http = Header(&block[..http_end]);
        let body = match plain_body(&http, &block[http_end..], unit.budget) {
            Ok(Some(body)) => body,
            Ok(None) => {
                skip("its HTTP body is packed in a way that is not known");
                return Ok(None);
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                told.push(Told::Failed(path, error.to_string()));
                return Ok(None);
            }
        };
        let (mime, charset) = content_type.as_deref().map(media_type).unwrap_or_default();
        let Some(text_kind) = kind_of_media(&mime, &body) else {
            return Ok(None);
        };
        // Text that is UTF-8 is, whatever the server says.
        let declared = charset.as_deref().and_then(|label| parse_label(label).ok());
        let encoding = unit
            .encoding
            .or(declared)
            .filter(|_| simdutf8::basic::from_utf8(&body).is_err());
        let inner = Unit {
            path: &path,
            name: "".as_ref(),
            depth: unit.depth + 1,
            layers: 0,
            encoding,
            ..*unit
        };
        let mut new_body = Vec::new();
        let mut own = Vec::new();
        let result = self.text(
            &inner,
            text_kind,
            &mut &body[..],
            Some(&mut new_body),
            &mut |event| {
                own.push(owned(event));
                Ok(())
            },
        );
        match result {
            Ok(outcome) => {
                told.append(&mut own);
                if !outcome.changed {
                    return Ok(None);
                }
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) if error.is_not_text() => {
                skip("not text");
                return Ok(None);
            }
            Err(error) => {
                told.push(Told::Failed(path, error.to_string()));
                return Ok(None);
            }
        }
        let new_charset = self.to.map(Encoding::name);
        Ok(Some(match self.warc {
            WarcMode::Rewrite => {
                let new_http = http.http(new_body.len(), new_charset);
                let new_block = [&new_http[..], &new_body].concat();
                let mut record = header.rewritten(
                    &new_block,
                    &new_body,
                    if is_http { None } else { new_charset },
                );
                record.extend_from_slice(&new_block);
                record.extend_from_slice(tail);
                vec![record]
            }
            WarcMode::Conversion => {
                let mut record =
                    header.conversion(&new_body, &mime, new_charset.map(str::to_owned).or(charset));
                record.extend_from_slice(&new_body);
                record.extend_from_slice(b"\r\n\r\n");
                vec![bytes.to_vec(), record]
            }
        }))
    }
}

/// An event that can be told later. The text of a short clean block is not needed for that.
fn owned(event: Event<'_>) -> Told {
    match event {
        Event::Block(block) => {
            let is_needed = !block.view.is_clean()
                || block.output.is_some_and(|output| output != block.bytes)
                || block.bytes.len() > CHUNK;
            let text = |text: &str| {
                if is_needed {
                    text.to_owned()
                } else {
                    String::new()
                }
            };
            let bytes = |bytes: &[u8]| {
                if is_needed {
                    bytes.to_owned()
                } else {
                    Vec::new()
                }
            };
            Told::Block(Box::new(OwnedBlock {
                path: block.view.path.to_owned(),
                text: text(block.view.text),
                edits: block.view.edits.clone(),
                unresolved: block.view.unresolved.to_vec(),
                place: block.view.place,
                encoding: block.encoding,
                bom: block.bom,
                undecodable: block.undecodable,
                malformed: block.malformed,
                bytes: bytes(block.bytes),
                repaired: text(block.repaired),
                output: block.output.map(bytes),
            }))
        }
        Event::End(path) => Told::End(path.to_owned()),
        Event::Skipped(path, reason) => Told::Skipped(path.to_owned(), reason),
        Event::Failed(path, message) => Told::Failed(path.to_owned(), message),
    }
}

fn tell(told: &Told, observer: &mut Observer<'_>) -> io::Result<()> {
    match told {
        Told::Block(block) => observer(Event::Block(TextBlock {
            view: View {
                path: &block.path,
                text: &block.text,
                edits: &block.edits,
                unresolved: &block.unresolved,
                place: block.place,
            },
            encoding: block.encoding,
            bom: block.bom,
            undecodable: block.undecodable,
            malformed: block.malformed,
            bytes: &block.bytes,
            repaired: &block.repaired,
            output: block.output.as_deref(),
        })),
        Told::End(path) => observer(Event::End(path)),
        Told::Skipped(path, reason) => observer(Event::Skipped(path, reason.clone())),
        Told::Failed(path, message) => observer(Event::Failed(path, message.clone())),
    }
}

/// Reads one record with the line ends behind it.
fn read_record(input: &mut impl BufRead, budget: &Budget) -> Result<Read1, BatchError> {
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
        return Ok(Read1::Record(bytes));
    }
    let mut spool = Spool::new();
    spool.write_all(&bytes).map_err(BatchError::Write)?;
    let copied =
        io::copy(&mut input.by_ref().take(length), &mut spool).map_err(BatchError::from_read)?;
    if copied != length {
        return Err(Refusal::Broken("a record is cut off").into());
    }
    line_ends(input, &mut spool)?;
    Ok(Read1::Long(spool))
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

fn ends_header(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\r\n\r\n") || bytes.ends_with(b"\n\n")
}

/// Behind the empty line that ends a header.
fn end_of_header(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(LONGEST_HEADER)];
    let crlf = memchr::memmem::find(head, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::find(head, b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(crlf), Some(lf)) => Some(crlf.min(lf)),
        (found, None) | (None, found) => found,
    }
}

/// Whether a gzip file begins with a member that is one record.
pub(super) fn is_gzip_per_record(input: &mut dyn ReadSeek) -> Result<bool, BatchError> {
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

/// A header: lines of `Name: value` behind a first line.
struct Header<'h>(&'h [u8]);

impl Header<'_> {
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|&byte| byte == b'\n')
    }

    fn value(line: &[u8]) -> Option<(&[u8], &[u8])> {
        let colon = line.iter().position(|&byte| byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    }

    fn text(&self, name: &str) -> Option<String> {
        let mut values = self.lines().skip(1).filter_map(Self::value);
        let (_, value) = values.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    fn length(&self) -> Result<usize, Refusal> {
        let length = self
            .text("Content-Length")
            .and_then(|length| length.parse().ok());
        length.ok_or(Refusal::Broken("a record has no Content-Length"))
    }

    fn line_end(&self) -> &'static [u8] {
        if self.0.ends_with(b"\r\n") {
            b"\r\n"
        } else {
            b"\n"
        }
    }

    /// The header of an HTTP message whose body is plain and has this length.
    fn http(&self, length: usize, charset: Option<&str>) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut new = Vec::with_capacity(self.0.len() + 64);
        let mut has_length = false;
        let end = self.line_end();
        for (i, line) in self.lines().enumerate() {
            let name = Self::value(line)
                .map(|(name, _)| name.to_ascii_lowercase())
                .filter(|_| i > 0);
            match name.as_deref() {
                Some(b"content-length") => {
                    has_length = true;
                    new.extend_from_slice(format!("Content-Length: {length}").as_bytes());
                    new.extend_from_slice(end);
                }
                // What the server said is still there, under a name that no reader acts on.
                Some(b"content-encoding" | b"transfer-encoding") => {
                    new.extend_from_slice(b"X-Archive-Orig-");
                    new.extend_from_slice(line);
                }
                Some(b"content-type") => new.extend_from_slice(&with_charset(line, charset)),
                _ if line.trim_ascii().is_empty() => {
                    if !has_length {
                        new.extend_from_slice(format!("Content-Length: {length}").as_bytes());
                        new.extend_from_slice(end);
                    }
                    new.extend_from_slice(line);
                }
                _ => new.extend_from_slice(line),
            }
        }
        new
    }

    /// The header of the record with a new block: lengths and digests are right.
    fn rewritten(&self, block: &[u8], payload: &[u8], charset: Option<&str>) -> Vec<u8> {
        let mut new = Vec::with_capacity(self.0.len() + 64);
        let end = self.line_end();
        for line in self.lines() {
            let Some((name, value)) = Self::value(line) else {
                new.extend_from_slice(line);
                continue;
            };
            let value = match &*name.to_ascii_lowercase() {
                b"content-length" => Some(block.len().to_string()),
                b"warc-block-digest" => digest_like(value, block),
                b"warc-payload-digest" => digest_like(value, payload),
                b"content-type" => {
                    new.extend_from_slice(&with_charset(line, charset));
                    continue;
                }
                _ => {
                    new.extend_from_slice(line);
                    continue;
                }
            };
            // A digest that cannot be computed again is left out: none is better than a wrong one.
            if let Some(value) = value {
                new.extend_from_slice(name);
                new.extend_from_slice(format!(": {value}").as_bytes());
                new.extend_from_slice(end);
            }
        }
        new
    }

    /// The header of a record that holds the repaired text of this one.
    fn conversion(&self, body: &[u8], mime: &str, charset: Option<String>) -> Vec<u8> {
        let version = self.lines().next().unwrap_or_default().trim_ascii();
        let id = self.text("WARC-Record-ID").unwrap_or_default();
        let mut lines = vec![
            String::from_utf8_lossy(version).into_owned(),
            "WARC-Type: conversion".to_owned(),
            format!(
                "WARC-Record-ID: <urn:uuid:{}>",
                name_based_uuid(&[id.as_bytes(), body])
            ),
            format!("WARC-Refers-To: {id}"),
        ];
        for name in ["WARC-Target-URI", "WARC-Date"] {
            lines.extend(self.text(name).map(|value| format!("{name}: {value}")));
        }
        lines.push(format!(
            "WARC-Block-Digest: sha1:{}",
            base32(&Sha1::digest(body))
        ));
        let mime = if mime.is_empty() { "text/plain" } else { mime };
        lines.push(match charset {
            Some(charset) => format!(
                "Content-Type: {mime}; charset={}",
                charset.to_ascii_lowercase()
            ),
            None => format!("Content-Type: {mime}"),
        });
        lines.push(format!("Content-Length: {}", body.len()));
        lines.push("\r\n".to_owned());
        lines.join("\r\n").into_bytes()
    }
}

/// `Content-Type: text/html; charset=gb2312` with another charset.
fn with_charset(line: &[u8], charset: Option<&str>) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let found = text
        .to_ascii_lowercase()
        .find("charset=")
        .map(|at| at + "charset=".len());
    match (charset, found) {
        (Some(charset), Some(at)) => {
            let length = text[at..]
                .find([';', '\r', '\n', ' '])
                .unwrap_or(text.len() - at);
            [
                &text[..at],
                &charset.to_ascii_lowercase(),
                &text[at + length..],
            ]
            .concat()
            .into_bytes()
        }
        _ => line.to_vec(),
    }
}

/// A digest written in the way of the old one; `None` for an algorithm that is not SHA-1.
fn digest_like(old: &[u8], bytes: &[u8]) -> Option<String> {
    let old = std::str::from_utf8(old).ok()?;
    let (algorithm, value) = old.split_once(':')?;
    if !["sha1", "sha-1"]
        .iter()
        .any(|name| algorithm.eq_ignore_ascii_case(name))
    {
        return None;
    }
    let digest = Sha1::digest(bytes);
    let is_hex = value.len() == 40;
    let digest = match is_hex {
        true => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        false => base32(&digest),
    };
    Some(format!("{algorithm}:{digest}"))
}

fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut value, mut bits) = (0u32, 0);
    for &byte in bytes {
        value = (value << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(DIGITS[(value >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        text.push(char::from(DIGITS[(value << (5 - bits)) as usize & 31]));
    }
    text
}

/// A UUID that depends on the parts alone, so that the same input gives the same archive.
fn name_based_uuid(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let mut bytes: [u8; 16] = std::array::from_fn(|i| hash.as_bytes()[i]);
    // Version 8: made in a way of our own.
    bytes[6] = 0x80 | (bytes[6] & 0x0F);
    bytes[8] = 0x80 | (bytes[8] & 0x3F);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// `text/html; charset=gb2312` as its two parts.
fn media_type(value: &str) -> (String, Option<String>) {
    let mut parts = value.split(';');
    let mime = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_owned())
    });
    (mime, charset)
}

/// How the text in a body is found; `None` when it is no text.
fn kind_of_media(mime: &str, body: &[u8]) -> Option<Kind> {
    Some(match mime {
        "text/html" | "application/xhtml+xml" => Kind::Html,
        "text/markdown" => Kind::Markdown,
        "application/json" | "text/json" => Kind::Json,
        "application/x-ndjson" | "application/jsonl" => Kind::JsonLines,
        "text/csv" => Kind::Csv,
        "text/xml" | "application/xml" | "application/rss+xml" | "application/atom+xml" => {
            Kind::Xml
        }
        "text/css" | "text/javascript" => return None,
        "" => match Kind::of("".as_ref(), &body[..body.len().min(crate::source::HEAD)]) {
            kind if kind.is_container() => return None,
            kind => kind,
        },
        text if text.starts_with("text/") => Kind::Plain,
        _ => return None,
    })
}

/// The body of an HTTP message without the packing of its way; `None` when that is not known.
fn plain_body(
    http: &Header<'_>,
    body: &[u8],
    budget: &Budget,
) -> Result<Option<Vec<u8>>, BatchError> {
    let said = |name| http.text(name).unwrap_or_default().to_ascii_lowercase();
    let mut plain = match &*said("Transfer-Encoding") {
        // Archives often hold the body as it came through, without the chunks it was sent in.
        "chunked" => dechunked(body).unwrap_or_else(|| body.to_vec()),
        "" | "identity" => body.to_vec(),
        _ => return Ok(None),
    };
    let encoding = said("Content-Encoding");
    if matches!(&*encoding, "gzip" | "x-gzip" | "deflate") {
        let packed = std::sync::Arc::new((plain.len() as u64).into());
        let decoder: Box<dyn Read> = match (&*encoding, &plain[..]) {
            (_, [0x1F, 0x8B, ..]) => Box::new(flate2::read::MultiGzDecoder::new(&plain[..])),
            ("deflate", [0x78, ..]) => Box::new(flate2::read::ZlibDecoder::new(&plain[..])),
            ("deflate", _) => Box::new(flate2::read::DeflateDecoder::new(&plain[..])),
            // Said, but unpacked already.
            _ => return Ok(Some(plain)),
        };
        let mut unpacked = Vec::new();
        Bounded::new(decoder, budget, packed, LONGEST_RECORD)
            .read_to_end(&mut unpacked)
            .map_err(BatchError::from_unpack)?;
        plain = unpacked;
    } else if !matches!(&*encoding, "" | "identity" | "none") {
        return Ok(None);
    }
    Ok(Some(plain))
}

/// A body out of its chunks; `None` when it is not in chunks.
fn dechunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    loop {
        let line_end = memchr::memchr(b'\n', &body[..body.len().min(1024)])?;
        let line = std::str::from_utf8(&body[..line_end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        body = &body[line_end + 1..];
        if size == 0 {
            return Some(plain);
        }
        let (chunk, rest) = body.split_at_checked(size)?;
        plain.extend_from_slice(chunk);
        body = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))?;
    }
}

/// Keeps what is read through it.
struct Recorder<'r, R> {
    inner: &'r mut R,
    short: Vec<u8>,
    spool: Spool,
    count: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl<R> Recorder<'_, R> {
    fn keep(&mut self, count: usize, bytes: &[u8]) -> io::Result<()> {
        self.count
            .fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        // Most members are short and stay in memory.
        if self.short.len() + count > CHUNK {
            self.spool.write_all(&self.short)?;
            self.short.clear();
        }
        self.short.extend_from_slice(&bytes[..count]);
        Ok(())
    }

    fn into_spool(mut self) -> io::Result<Spool> {
        self.spool.write_all(&self.short)?;
        Ok(self.spool)
    }

    fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        if self.spool.length()? == 0 {
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
        self.keep(count, buffer)?;
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
            // A full disk shows when the member is put together.
            let _ = self.keep(bytes.len(), &bytes);
        }
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_and_numbers_are_those_of_the_standards() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(
            base32(&Sha1::digest(b"")),
            "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
        );
        assert_eq!(
            digest_like(b"sha1:X", b"").unwrap(),
            "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
        );
        assert_eq!(
            digest_like(b"sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", b"").unwrap(),
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"
        );
        assert_eq!(digest_like(b"md5:X", b""), None);
        assert_eq!(
            dechunked(b"3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n").unwrap(),
            b"abcde"
        );
        assert_eq!(dechunked(b"<html>\r\n"), None);
        let line = b"Content-Type: text/html; charset=GB2312; x=y\r\n";
        assert_eq!(
            with_charset(line, Some("UTF-8")),
            b"Content-Type: text/html; charset=utf-8; x=y\r\n"
        );
        assert_eq!(
            media_type("text/HTML; Charset=\"gbk\""),
            ("text/html".to_owned(), Some("gbk".to_owned()))
        );
    }
}
