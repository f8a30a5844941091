//! Web archives: WARC, WET. Records are repaired one by one; a file packed record by record stays so.
//!
//! Text is in `response` records (the body of the HTTP message), in `resource` and in `conversion` records. What is
//! not text, and every record that needs no repair, is copied as it is, packed bytes included.

mod body;
mod digest;
mod header;
mod read;
mod told;

use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::limits::{Bounded, Budget};
use super::{
    Batch, BatchError, Event, Observer, Outcome, ReadSeek, Refusal, Spool, TextBlock, Unit,
    WarcMode, copy, entry_path, in_order,
};
use crate::decode::parse_label;
use crate::source::Kind;

use body::{kind_of_media, plain_body};
use header::{Header, end_of_header, media_type};
use read::{Member, Record, Recorder, read_record};
use told::{Told, owned, tell};

pub(super) use read::is_gzip_per_record;

/// A longer record is copied as it is: it is a film or a program, and has to be in memory to be repaired.
const LONGEST_RECORD: u64 = 32 << 20;

/// So many bytes of records are worked on at once.
const CHUNK: usize = 1 << 20;

/// Chunks that may wait for an earlier one, for each thread.
const AHEAD: usize = 4;

/// What comes next in the file: a member to repair, or one to copy.
type Next = Result<Member, Spool>;

/// What stands in the file: members to repair, or something to copy.
enum Job {
    Members(Vec<Member>),
    Copy(Spool),
}

/// A job that was done.
enum Done {
    Written {
        bytes: Vec<u8>,
        told: Vec<Told>,
        changed: bool,
    },
    Copy(Spool),
}

/// Puts members together to jobs.
struct Jobs<N> {
    next: N,
    /// To be copied behind the members that were given out last.
    left: Option<Spool>,
    failed: Option<BatchError>,
}

impl<N: FnMut() -> Result<Option<Next>, BatchError>> Jobs<N> {
    fn next_job(&mut self) -> Option<Job> {
        if let Some(spool) = self.left.take() {
            return Some(Job::Copy(spool));
        }
        if self.failed.is_some() {
            return None;
        }
        let mut members = Vec::new();
        let mut size = 0;
        while size < CHUNK {
            match (self.next)() {
                Ok(Some(Ok(member))) => {
                    size += member.plain.len() + member.packed.as_ref().map_or(0, Vec::len);
                    members.push(member);
                }
                Ok(Some(Err(spool))) if members.is_empty() => return Some(Job::Copy(spool)),
                Ok(Some(Err(spool))) => {
                    self.left = Some(spool);
                    break;
                }
                Ok(None) => break,
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        (!members.is_empty()).then_some(Job::Members(members))
    }
}

/// The parts of a record in which there may be text.
struct Parts<'r> {
    header: Header<'r>,
    /// The header of the HTTP message; empty where the record holds no message.
    http: Header<'r>,
    body: &'r [u8],
    /// Line ends behind the record.
    tail: &'r [u8],
    content_type: Option<String>,
    /// In reports.
    path: PathBuf,
}

impl<'r> Parts<'r> {
    /// Reads a record; `None` for one in which no text is looked for.
    fn read(archive: &Path, bytes: &'r [u8]) -> Result<Option<Parts<'r>>, BatchError> {
        let header_end =
            end_of_header(bytes).ok_or(Refusal::Broken("a record has no end of its header"))?;
        let header = Header(&bytes[..header_end]);
        let length = header.length()?;
        let (block, tail) = bytes[header_end..]
            .split_at_checked(length)
            .ok_or(Refusal::Broken("a record is cut off"))?;
        let kind = header.text("WARC-Type").unwrap_or_default();
        let is_http = kind.eq_ignore_ascii_case("response") && block.starts_with(b"HTTP/");
        let is_plain = ["conversion", "resource"]
            .iter()
            .any(|known| kind.eq_ignore_ascii_case(known));
        if !(is_http || is_plain) || header.text("WARC-Segment-Number").is_some() {
            return Ok(None);
        }
        let http_end = match is_http {
            true => end_of_header(block),
            false => Some(0),
        };
        let Some(http_end) = http_end else {
            return Ok(None);
        };
        let http = Header(&block[..http_end]);
        let described = if is_http { &http } else { &header };
        let content_type = described.text("Content-Type");
        let uri = header
            .text("WARC-Target-URI")
            .unwrap_or_else(|| "record".to_owned());
        Ok(Some(Parts {
            content_type,
            path: entry_path(archive, uri.trim_matches(['<', '>'])),
            header,
            http,
            body: &block[http_end..],
            tail,
        }))
    }

    /// The record with another body; lengths and digests are right.
    fn rewritten(&self, body: &[u8], charset: Option<&str>) -> Vec<u8> {
        let is_http = !self.http.0.is_empty();
        let block = [&self.http.http(body.len(), charset)[..], body].concat();
        let mut record = self
            .header
            .rewritten(&block, body, if is_http { None } else { charset });
        record.extend_from_slice(&block);
        record.extend_from_slice(self.tail);
        record
    }
}

/// Whether a record follows, which is counted.
fn has_another(reader: &mut impl BufRead, unit: &Unit<'_>) -> Result<bool, BatchError> {
    let is_end = reader.fill_buf().map_err(BatchError::from_read)?.is_empty();
    if !is_end {
        unit.budget.entry()?;
    }
    Ok(!is_end)
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
            if !has_another(&mut reader, unit)? {
                return Ok(None);
            }
            Ok(Some(match read_record(&mut reader, unit.budget)? {
                Record::Short(plain) => Ok(Member {
                    packed: None,
                    plain,
                }),
                Record::Long(spool) => Err(spool),
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
            if !has_another(&mut reader, unit)? {
                return Ok(None);
            }
            let mut recorder = Recorder::new(&mut reader);
            let count = recorder.count();
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
                    packed: Some(recorder.into_bytes().map_err(BatchError::Write)?),
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
        next: impl FnMut() -> Result<Option<Next>, BatchError>,
    ) -> Result<Outcome, BatchError> {
        let single = Batch {
            threads: 1,
            ..self.clone()
        };
        let wants_output = output.is_some();
        let mut jobs = Jobs {
            next,
            left: None,
            failed: None,
        };
        let (path, name, depth, limits) = (unit.path, unit.name, unit.depth, unit.budget.limits);
        let work = |job| match job {
            Job::Copy(spool) => Ok(Done::Copy(spool)),
            Job::Members(members) => {
                let unit = Unit {
                    path,
                    name,
                    depth,
                    layers: 0,
                    encoding: self.encoding,
                    // Bodies that are packed count against limits of their own.
                    budget: &Budget::new(limits),
                };
                single.written(&unit, &members, wants_output)
            }
        };
        let mut outcome = Outcome::default();
        let all = std::iter::from_fn(|| jobs.next_job());
        in_order(self.threads, AHEAD, all, work, |done| {
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
                        spool.rewind().map_err(BatchError::Read)?;
                        copy(&mut spool, output)?;
                    }
                    Ok(())
                }
            }
        })?;
        match jobs.failed {
            Some(error) => Err(error),
            None => Ok(outcome),
        }
    }

    /// Repairs some members and puts their bytes together.
    fn written(
        &self,
        unit: &Unit<'_>,
        members: &[Member],
        wants_output: bool,
    ) -> Result<Done, BatchError> {
        let (mut bytes, mut told, mut changed) = (Vec::new(), Vec::new(), false);
        for member in members {
            let new = self.member(unit, member, &mut told)?;
            changed |= new.is_some();
            if wants_output {
                let old = member.packed.as_ref().unwrap_or(&member.plain);
                bytes.extend_from_slice(new.as_ref().unwrap_or(old));
            }
        }
        Ok(Done::Written {
            bytes,
            told,
            changed,
        })
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
            let Record::Short(bytes) = read_record(&mut rest, unit.budget)? else {
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
        let Some(parts) = Parts::read(unit.path, bytes)? else {
            return Ok(None);
        };
        let body = match plain_body(&parts.http, parts.body, unit.budget) {
            Ok(Some(body)) => body,
            Ok(None) => {
                let reason = "its HTTP body is packed in a way that is not known";
                told.push(Told::Skipped(parts.path, reason.to_owned()));
                return Ok(None);
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                told.push(Told::Failed(parts.path, error.to_string()));
                return Ok(None);
            }
        };
        let content_type = parts.content_type.as_deref();
        let (mime, charset) = content_type.map(media_type).unwrap_or_default();
        let Some(kind) = kind_of_media(&mime, &body) else {
            return Ok(None);
        };
        // Text that is UTF-8 is, whatever the server says; of ASCII nothing but what it says is known.
        let declared = charset.as_deref().and_then(|label| parse_label(label).ok());
        let encoding = unit
            .encoding
            .or(declared)
            .filter(|_| body.is_ascii() || simdutf8::basic::from_utf8(&body).is_err());
        let inner = Unit {
            path: &parts.path,
            name: "".as_ref(),
            depth: unit.depth + 1,
            layers: 0,
            encoding,
            ..*unit
        };
        let Some(body) = self.body(&inner, kind, &body, told)? else {
            return Ok(None);
        };
        let new_charset = self.to.map(Encoding::name);
        Ok(Some(match self.warc {
            WarcMode::Rewrite => vec![parts.rewritten(&body, new_charset)],
            WarcMode::Conversion => {
                let charset = new_charset.map(str::to_owned).or(charset);
                let mut record = parts.header.conversion(&body, &mime, charset);
                record.extend_from_slice(&body);
                record.extend_from_slice(b"\r\n\r\n");
                vec![bytes.to_vec(), record]
            }
        }))
    }

    /// Repairs the text of a record, unpacked; `None` when nothing changes.
    fn body(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        body: &[u8],
        told: &mut Vec<Told>,
    ) -> Result<Option<Vec<u8>>, BatchError> {
        let mut new = Vec::new();
        let mut own = Vec::new();
        let mut observer = |event: Event<'_>| {
            own.push(owned(event));
            Ok(())
        };
        let mut input = body;
        match self.text(unit, kind, &mut input, Some(&mut new), &mut observer) {
            Ok(outcome) => {
                told.append(&mut own);
                return Ok(outcome.changed.then_some(new));
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) if error.is_not_text() => {
                told.push(Told::Skipped(unit.path.to_owned(), "not text".to_owned()));
            }
            Err(error) => told.push(Told::Failed(unit.path.to_owned(), error.to_string())),
        }
        Ok(None)
    }
}
