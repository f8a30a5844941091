//! The model file: a header of 96 bytes, then five sections without gaps. Little endian.
//!
//! | section | size | content |
//! |---|---|---|
//! | page index | 256 | for the high byte of a code point: which page |
//! | pages | 512 each | for the low byte: the symbol, u16; page 0 is all unknown |
//! | unigrams | 8 per symbol, and one more | start of the bigram row u32, log-probability i16, back-off i16 |
//! | bigrams | 2 + 2 each | second symbols, ascending in a row; then scores: 9 bits log-probability, 7 bits back-off |
//! | trigrams | 2 per slot | the static function of `fuse.rs`, from three symbols to 7 bits of log-probability |
//!
//! The header has a checksum of its own, so that opening costs microseconds; the checksum of the
//! body is for files that come from outside.

use std::ops::Range;

use super::fuse::Shape;
use super::symbol::FIXED_SYMBOLS;

/// Why bytes are not a model.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelError {
    /// The file does not begin like a model.
    #[error("this is not a hanfix model; make one with `hanfix train --corpus DIR -o FILE`")]
    NotAModel,
    /// Another version of the format.
    #[error(
        "the model has format version {found}, this program reads version {VERSION}; \
         make the model again with `hanfix train`"
    )]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// Fewer or more bytes than the header announces.
    #[error("the model has {found} bytes and should have {expected}; copy or download it again")]
    Length {
        /// Bytes that the header announces.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A checksum or an offset is wrong.
    #[error(
        "the model is damaged ({what}); copy or download it again, or make it again with `hanfix train`"
    )]
    Damaged {
        /// Which part.
        what: &'static str,
    },
}

/// The first bytes of every model.
const MAGIC: [u8; 8] = *b"hanfixLM";
/// The version of the format described above.
const VERSION: u32 = 1;
pub(crate) const HEADER_LENGTH: usize = 96;
const CHECKSUM_AT: usize = HEADER_LENGTH - 8;
const PAGE_INDEX_LENGTH: usize = 256;
const PAGE_LENGTH: usize = 512;
pub(crate) const UNIGRAM_LENGTH: usize = 8;

/// Unigram log-probabilities and back-offs are stored in 1/1024 nats: -32 to 32.
pub(crate) const UNIGRAM_STEP: f32 = 1.0 / 1024.0;
/// Bits of the back-off of a bigram, above the 9 bits of the log-probability.
pub(crate) const BIGRAM_SCORE_BITS: u32 = 9;
pub(crate) const BACK_OFF_BITS: u32 = 7;

/// A range of values in equal steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f32,
    pub(crate) step: f32,
}

impl Scale {
    /// The value of a code.
    #[inline]
    pub(crate) fn value(&self, code: u16) -> f32 {
        self.low + self.step * f32::from(code)
    }

    /// The scale of this many codes over these values.
    pub(crate) fn over(values: impl Iterator<Item = f32>, codes: u16) -> Scale {
        let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        if low > high {
            return Scale::default();
        }
        Scale {
            low,
            step: (high - low) / f32::from(codes.max(2) - 1),
        }
    }

    /// The code nearest to a value.
    pub(crate) fn code(&self, value: f32, codes: u16) -> u16 {
        if self.step <= 0.0 {
            return 0;
        }
        ((value - self.low) / self.step)
            .round()
            .clamp(0.0, f32::from(codes - 1)) as u16
    }
}

/// What the header says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Header {
    pub(crate) symbols: u32,
    pub(crate) pages: u32,
    pub(crate) bigrams: u32,
    pub(crate) trigrams: u32,
    pub(crate) shape: Shape,
    pub(crate) bigram_scale: Scale,
    pub(crate) back_off_scale: Scale,
    pub(crate) trigram_scale: Scale,
    pub(crate) body_checksum: u64,
}

/// Where the sections are in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) page_index: Range<usize>,
    pub(crate) pages: Range<usize>,
    pub(crate) unigrams: Range<usize>,
    pub(crate) successors: Range<usize>,
    pub(crate) scores: Range<usize>,
    pub(crate) slots: Range<usize>,
}

impl Header {
    /// The place of every section. `None` if the sum overflows or the shape is impossible.
    pub(crate) fn layout(&self) -> Option<Layout> {
        if !self.shape.segment_length.is_power_of_two() || self.shape.segment_count == 0 {
            return None;
        }
        let slots = self.shape.slots()? as usize;
        let mut end = HEADER_LENGTH;
        let mut section = |n: usize, length: usize| -> Option<Range<usize>> {
            let start = end;
            end = end.checked_add(n.checked_mul(length)?)?;
            Some(start..end)
        };
        Some(Layout {
            page_index: section(PAGE_INDEX_LENGTH, 1)?,
            pages: section(self.pages as usize, PAGE_LENGTH)?,
            unigrams: section(self.symbols as usize + 1, UNIGRAM_LENGTH)?,
            successors: section(self.bigrams as usize, 2)?,
            scores: section(self.bigrams as usize, 2)?,
            slots: section(slots, 2)?,
        })
    }

    /// The header as bytes.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LENGTH);
        out.extend(MAGIC);
        for number in [
            VERSION,
            self.symbols,
            self.pages,
            self.bigrams,
            self.trigrams,
            self.shape.segment_length,
            self.shape.segment_count,
            0,
        ] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.shape.seed.to_le_bytes());
        for scale in [self.bigram_scale, self.back_off_scale, self.trigram_scale] {
            out.extend(scale.low.to_le_bytes());
            out.extend(scale.step.to_le_bytes());
        }
        out.extend(self.body_checksum.to_le_bytes());
        out.resize(CHECKSUM_AT, 0);
        let checksum = checksum(&out);
        out.extend(checksum.to_le_bytes());
        out
    }

    /// Reads the header and finds the sections; checks everything but the body.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Header, Layout), ModelError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(ModelError::NotAModel);
        }
        let Some(header) = bytes.first_chunk::<HEADER_LENGTH>() else {
            return Err(ModelError::Length {
                expected: HEADER_LENGTH as u64,
                found: bytes.len() as u64,
            });
        };
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&header[at..at + 4]);
            u32::from_le_bytes(word)
        };
        let long = |at: usize| u64::from(word(at)) | (u64::from(word(at + 4)) << 32);
        let scale = |at: usize| Scale {
            low: f32::from_bits(word(at)),
            step: f32::from_bits(word(at + 4)),
        };
        if word(8) != VERSION {
            return Err(ModelError::Version { found: word(8) });
        }
        if long(CHECKSUM_AT) != checksum(&header[..CHECKSUM_AT]) {
            return Err(ModelError::Damaged { what: "header" });
        }
        let header = Header {
            symbols: word(12),
            pages: word(16),
            bigrams: word(20),
            trigrams: word(24),
            shape: Shape {
                segment_length: word(28),
                segment_count: word(32),
                seed: long(40),
            },
            bigram_scale: scale(48),
            back_off_scale: scale(56),
            trigram_scale: scale(64),
            body_checksum: long(72),
        };
        let numbers = [
            header.bigram_scale,
            header.back_off_scale,
            header.trigram_scale,
        ];
        if numbers
            .iter()
            .any(|s| !s.low.is_finite() || !s.step.is_finite())
        {
            return Err(ModelError::Damaged { what: "scales" });
        }
        if header.pages == 0
            || (header.symbols as usize) < FIXED_SYMBOLS
            || header.symbols > 1 << 16
        {
            return Err(ModelError::Damaged { what: "symbols" });
        }
        let layout = header
            .layout()
            .ok_or(ModelError::Damaged { what: "sizes" })?;
        if layout.slots.end != bytes.len() {
            return Err(ModelError::Length {
                expected: layout.slots.end as u64,
                found: bytes.len() as u64,
            });
        }
        Ok((header, layout))
    }
}

/// Checks the body: its checksum, and that no number in it points outside.
pub(crate) fn check_body(bytes: &[u8], header: &Header, layout: &Layout) -> Result<(), ModelError> {
    let damaged = |what| Err(ModelError::Damaged { what });
    if checksum(&bytes[HEADER_LENGTH..]) != header.body_checksum {
        return damaged("checksum");
    }
    if bytes[layout.page_index.clone()]
        .iter()
        .any(|&page| u32::from(page) >= header.pages)
    {
        return damaged("page index");
    }
    let pairs = |range: &Range<usize>| bytes[range.clone()].as_chunks::<2>().0;
    if pairs(&layout.pages)
        .iter()
        .any(|b| u32::from(u16::from_le_bytes(*b)) >= header.symbols)
    {
        return damaged("symbol table");
    }
    let successors = pairs(&layout.successors);
    let mut start = 0;
    for (i, unigram) in bytes[layout.unigrams.clone()]
        .as_chunks::<UNIGRAM_LENGTH>()
        .0
        .iter()
        .enumerate()
    {
        let next = u32::from_le_bytes([unigram[0], unigram[1], unigram[2], unigram[3]]);
        if next < start || next > header.bigrams || (i == 0 && next != 0) {
            return damaged("bigram rows");
        }
        let row = successors[start as usize..next as usize]
            .iter()
            .map(|b| u16::from_le_bytes(*b));
        if !row.clone().is_sorted_by(|a, b| a < b)
            || row.clone().any(|s| u32::from(s) >= header.symbols)
        {
            return damaged("bigrams");
        }
        start = next;
    }
    if start != header.bigrams {
        return damaged("bigram rows");
    }
    Ok(())
}

/// FNV-1a over words of eight bytes: quick, and enough against accidents.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    for word in words
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .chain(rest.iter().map(|&b| u64::from(b)))
    {
        hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 29;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back() {
        let header = Header {
            symbols: 5,
            pages: 1,
            shape: Shape {
                seed: 7,
                segment_length: 4,
                segment_count: 1,
            },
            bigram_scale: Scale {
                low: -9.5,
                step: 0.25,
            },
            ..Header::default()
        };
        let mut bytes = header.write();
        assert_eq!(bytes.len(), HEADER_LENGTH);
        bytes.resize(header.layout().expect("possible").slots.end, 0);
        assert_eq!(Header::read(&bytes).expect("reads").0, header);
    }

    #[test]
    fn every_changed_bit_of_a_header_is_seen() {
        let header = Header {
            symbols: 5,
            pages: 1,
            shape: Shape {
                seed: 7,
                segment_length: 4,
                segment_count: 1,
            },
            ..Header::default()
        };
        let mut bytes = header.write();
        bytes.resize(header.layout().expect("possible").slots.end, 0);
        for bit in 0..HEADER_LENGTH * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::read(&bytes).is_err(), "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn foreign_files_are_named() {
        assert_eq!(Header::read(b"").expect_err("empty"), ModelError::NotAModel);
        assert_eq!(
            Header::read("社会工作".as_bytes()).expect_err("text"),
            ModelError::NotAModel
        );
        assert!(matches!(
            Header::read(b"hanfixLM").expect_err("short"),
            ModelError::Length { .. }
        ));
    }

    #[test]
    fn a_scale_rounds_to_the_nearest_code() {
        let scale = Scale::over([-8.0, 0.0, -3.0].into_iter(), 128);
        assert_eq!(scale.code(-8.0, 128), 0);
        assert_eq!(scale.code(0.0, 128), 127);
        assert!((scale.value(scale.code(-3.0, 128)) + 3.0).abs() < 0.04);
        assert_eq!(Scale::over(std::iter::empty(), 128).code(1.0, 128), 0);
    }
}
