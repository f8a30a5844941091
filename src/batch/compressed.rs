//! Compressed streams: gzip, Zstandard, xz, bzip2.

use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::limits::{Bounded, Counted};
use super::text::drain;
use super::{Batch, BatchError, Observer, Outcome, ReadSeek, Spool, Unit, copy};
use crate::source::Kind;

/// Zstandard at its usual level.
const ZSTANDARD_LEVEL: i32 = 3;
/// xz and bzip2 at their usual levels.
const XZ_LEVEL: u32 = 6;

/// The most memory that unpacking may need: xz at its highest level takes 65 MiB, Zstandard without `--long` 8 MiB.
const XZ_MEMORY: u64 = 128 << 20;
const ZSTANDARD_WINDOW_LOG: u32 = 27;

impl Batch<'_> {
    /// Repairs what is in a compressed stream.
    pub(super) fn compressed(
        &self,
        unit: &Unit<'_>,
        kind: Kind,
        input: &mut dyn ReadSeek,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        if kind == Kind::Gzip {
            let per_record = super::warc::is_gzip_per_record(input)?;
            input.seek(SeekFrom::Start(0)).map_err(BatchError::Read)?;
            if per_record {
                return self.warc_gzip(unit, input, output, observer);
            }
        }
        let name = inner_name(unit.name);
        let inner = Unit {
            name: &name,
            layers: unit.layers + 1,
            ..*unit
        };
        let (counted, packed) = Counted::new(input);
        let buffered = BufReader::with_capacity(64 << 10, counted);
        let decoder: Box<dyn Read + '_> = match kind {
            Kind::Gzip => Box::new(MultiGzDecoder::new(buffered)),
            Kind::Zstandard => {
                let mut decoder =
                    zstd::stream::read::Decoder::with_buffer(buffered).map_err(BatchError::Read)?;
                decoder
                    .window_log_max(ZSTANDARD_WINDOW_LOG)
                    .map_err(BatchError::Read)?;
                Box::new(decoder)
            }
            Kind::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(
                    XZ_MEMORY,
                    liblzma::stream::CONCATENATED,
                )
                .map_err(|error| BatchError::Unpack(error.into()))?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(buffered, stream))
            }
            _ => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered)),
        };
        let mut unpacked = Bounded::new(decoder, unit.budget, packed, u64::MAX);
        let Some(output) = output else {
            return self.unpacked(&inner, &mut unpacked, None, observer);
        };
        match kind {
            Kind::Gzip => {
                let mut encoder = GzEncoder::new(output, flate2::Compression::default());
                let outcome = self.unpacked(&inner, &mut unpacked, Some(&mut encoder), observer)?;
                encoder.finish().map_err(BatchError::Write)?;
                Ok(outcome)
            }
            Kind::Zstandard => {
                let mut encoder = zstd::stream::write::Encoder::new(output, ZSTANDARD_LEVEL)
                    .map_err(BatchError::Write)?;
                encoder.include_checksum(true).map_err(BatchError::Write)?;
                let outcome = self.unpacked(&inner, &mut unpacked, Some(&mut encoder), observer)?;
                encoder.finish().map_err(BatchError::Write)?;
                Ok(outcome)
            }
            Kind::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(output, XZ_LEVEL);
                let outcome = self.unpacked(&inner, &mut unpacked, Some(&mut encoder), observer)?;
                encoder.finish().map_err(BatchError::Write)?;
                Ok(outcome)
            }
            _ => {
                let mut encoder =
                    bzip2::write::BzEncoder::new(output, bzip2::Compression::default());
                let outcome = self.unpacked(&inner, &mut unpacked, Some(&mut encoder), observer)?;
                encoder.finish().map_err(BatchError::Write)?;
                Ok(outcome)
            }
        }
    }

    /// Repairs what comes out of a decompressor. Its end is always read, so that its checksum is checked.
    fn unpacked(
        &self,
        unit: &Unit<'_>,
        input: &mut impl Read,
        output: Option<&mut dyn Write>,
        observer: &mut Observer<'_>,
    ) -> Result<Outcome, BatchError> {
        let head = super::read_head(input).map_err(BatchError::from_unpack)?;
        let kind = match self.kind_of(unit.name, head.get_ref()) {
            told if told.is_container() => Kind::of(unit.name, head.get_ref()),
            kind => kind,
        };
        let mut whole = head.chain(&mut *input);
        let outcome = match kind {
            // These are read from front to back; the others need to go back.
            Kind::Tar => {
                self.refuse_depth(unit)?;
                self.tar(unit, &mut whole, output, observer)
            }
            Kind::Warc => {
                self.refuse_depth(unit)?;
                self.warc(unit, &mut whole, output, observer)
            }
            kind if kind.is_container() => {
                let mut spool = Spool::new();
                copy(&mut whole, &mut spool)?;
                spool.rewind().map_err(BatchError::Read)?;
                self.of_kind(unit, kind, &mut spool, output, observer)
            }
            text => self.text(unit, text, &mut whole, output, observer),
        }
        .map_err(BatchError::of_unpacking)?;
        drain(&mut whole).map_err(BatchError::from_unpack)?;
        Ok(outcome)
    }

    fn refuse_depth(&self, unit: &Unit<'_>) -> Result<(), BatchError> {
        match unit.depth + unit.layers.saturating_sub(1) >= self.limits.depth {
            true => Err(super::Refusal::Depth(self.limits.depth).into()),
            false => Ok(()),
        }
    }
}

/// The name of what is in a compressed file: `a.tgz` holds `a.tar`.
fn inner_name(name: &Path) -> PathBuf {
    let extension = name
        .extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("tgz" | "txz" | "tbz" | "tbz2" | "tzst") => name.with_extension("tar"),
        Some("gz" | "zst" | "xz" | "bz2") => name.with_extension(""),
        _ => name.to_owned(),
    }
}
