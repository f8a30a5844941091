//! Which encoding bytes are in, and whether they are text at all.

use std::cmp::Ordering;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use super::{mark_of, units};

/// How far a NUL byte is looked for; git takes a file for binary by the same length.
const NUL_REACH: usize = 8_000;

/// How much is looked at for control characters.
const CONTROL_SAMPLE: usize = 64 << 10;

/// Text with more than one control character in so many bytes is none. Compressed data has one in
/// ten, prose one in many thousands.
const BYTES_PER_CONTROL: usize = 20;

/// How much is read to tell GBK from Big5; some hundred characters settle it.
const DETECTION_SAMPLE: usize = 64 << 10;

/// The domain whose prior is used: Simplified Chinese.
const PRIOR: &[u8] = b"cn";

/// GBK or Big5 is not believed when more than one in so many of its characters cannot be decoded.
const CHARACTERS_PER_ERROR: usize = 10;

/// A single error is allowed from so few characters on, the wrong one counted.
const CHARACTERS_FOR_A_SLIP: usize = 3;

/// The encoding that a byte order mark names, and its length. A UTF-16 mark counts with any label,
/// a UTF-8 mark only without a label or with that of UTF-8: GBK text may begin with its bytes.
pub(super) fn byte_order_mark(
    bytes: &[u8],
    label: Option<&'static Encoding>,
) -> (Option<&'static Encoding>, usize) {
    for encoding in [UTF_8, UTF_16LE, UTF_16BE] {
        let mark = mark_of(encoding);
        let counts = encoding != UTF_8 || label.is_none_or(|label| label == UTF_8);
        if counts && bytes.starts_with(mark) {
            return (Some(encoding), mark.len());
        }
    }
    (None, 0)
}

/// Why `bytes` are no text in an encoding that keeps ASCII; `None` if they may be.
pub(super) fn not_text(bytes: &[u8]) -> Option<&'static str> {
    if memchr::memchr(0, &bytes[..bytes.len().min(NUL_REACH)]).is_some() {
        return Some("it has NUL bytes");
    }
    let sample = &bytes[..bytes.len().min(CONTROL_SAMPLE)];
    let controls = sample.iter().filter(|&&byte| is_odd_control(byte)).count();
    // A single one is a slip, however short the text.
    if controls > 1 && controls > sample.len() / BYTES_PER_CONTROL {
        return Some("too many control characters");
    }
    None
}

/// Control characters that text has no use for: not tab, line feed, vertical tab, form feed,
/// carriage return, end of file (DOS) and escape.
fn is_odd_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t'..=b'\r' | 0x1A | 0x1B)
}

/// The encoding of bytes that are not valid UTF-8 throughout and have no byte order mark.
pub(super) fn encoding(bytes: &[u8]) -> &'static Encoding {
    let sample = sample(bytes);
    if is_nearly_utf8(sample) {
        return UTF_8;
    }
    let (gbk, big5) = (units::quality(sample, GBK), units::quality(sample, BIG5));
    // Compared as shares, without division.
    let best = match (gbk.1 * big5.0).cmp(&(big5.1 * gbk.0)) {
        Ordering::Less => GBK,
        Ordering::Greater => BIG5,
        Ordering::Equal => guess(sample),
    };
    let (characters, errors) = if best == BIG5 { big5 } else { gbk };
    let slip = errors == 1 && characters >= CHARACTERS_FOR_A_SLIP;
    let fits = (slip || errors * CHARACTERS_PER_ERROR <= characters).then_some(best);
    match fits {
        // The decoder of both is the same; the encoder of GBK has no sequences of four bytes.
        Some(encoding) if encoding == GBK && units::has_four_byte_sequence(bytes) => GB18030,
        Some(encoding) => encoding,
        None => UTF_8,
    }
}

/// GBK or Big5 where both fit equally well, that is in short texts.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(Some(PRIOR), Utf8Detection::Deny);
    if guess == BIG5 { BIG5 } else { GBK }
}

/// The part of `bytes` to look at: from the first byte above ASCII, to a line end if there is one.
fn sample(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|&byte| byte >= 0x80).unwrap_or(0);
    let bytes = &bytes[first..];
    if bytes.len() <= DETECTION_SAMPLE {
        return bytes;
    }
    let sample = &bytes[..DETECTION_SAMPLE];
    let end = memchr::memrchr(b'\n', sample).map_or(DETECTION_SAMPLE, |line| line + 1);
    &sample[..end]
}

/// Whether the bytes are UTF-8 with broken places: at least as many good sequences of three or four
/// bytes as broken ones. Each Chinese character of UTF-8 is such a sequence; in GBK text about one
/// pair in sixty makes one by chance, and nearly all the others are broken.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let mut good = 0;
    let mut broken = 0;
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|&byte| byte >= 0xE0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good > 0 && good >= broken
}
