//! Bytes to text and back, without losing a byte.
//!
//! Input is UTF-8, UTF-16 or UTF-32 with and without a byte order mark, GBK / GB18030, Big5 or HZ; which one is found
//! out by [`decode`] or, but for UTF-32 and HZ, said by a label. What cannot be decoded stands as U+FFFD in the text, and its bytes
//! are kept in a [`Ledger`], together with the bytes of every character that its encoding would
//! write in another way. [`Decoded::encode`] puts them back: a text that was not edited comes out
//! byte for byte, whatever the input was.
//!
//! ```
//! use hanfix::decode::decode;
//! use hanfix::edit::EditList;
//!
//! let bytes = b"\xC9\xE7\xBB\xE1\xB9\xA4\xD7\xF7\xFF\n"; // 社会工作 in GBK and a broken byte
//! let decoded = decode(bytes, None)?;
//! assert_eq!(decoded.text, "社会工作\u{FFFD}\n");
//! assert_eq!(decoded.ledger.undecodable(), 1);
//! assert_eq!(decoded.encode(&decoded.text, &EditList::default())?, bytes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod detect;
mod encode;
mod forms;
mod ledger;
mod pairs;
mod units;

use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

pub(crate) use detect::wide_without_mark;
pub use encode::EncodeError;
pub use forms::Form;
pub use ledger::{Ledger, LedgerEntry};

/// The encodings that are read and written.
const ACCEPTED: [&Encoding; 6] = [UTF_8, GBK, GB18030, BIG5, UTF_16LE, UTF_16BE];

/// Why bytes could not be made into text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are a program, an image, an archive and the like.
    #[error(
        "not a text file: {reason}; leave it out, unpack it first, or name its encoding with \
         --encoding if it is UTF-16 without a byte order mark"
    )]
    NotText {
        /// What gave it away.
        reason: &'static str,
    },
    /// The input is longer than what is taken whole, and in a form that is read whole only.
    #[error("too long for {encoding}: convert it to UTF-8 first, for example with iconv")]
    TooLong {
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// The name belongs to no encoding that is accepted here.
    #[error(
        "unknown or unsupported encoding `{label}`: use utf-8, gbk (also gb2312, cp936), gb18030, \
         big5, utf-16le or utf-16be"
    )]
    UnknownLabel {
        /// The name as it was given.
        label: String,
    },
}

/// Text, and all that is needed to write it back as it came.
#[derive(Clone, Debug)]
pub struct Decoded<'b> {
    /// The text without byte order mark; borrowed from the input where that is valid UTF-8.
    pub text: Cow<'b, str>,
    /// The encoding of the input.
    pub encoding: &'static Encoding,
    /// Whether the input began with a byte order mark.
    pub bom: bool,
    /// The bytes that the text alone does not give back.
    pub ledger: Ledger,
    /// How the bytes are laid out, where it is not as the encoding says.
    pub form: Form,
    /// What a reader of the text should know of its encoding: a declaration that was overruled, say.
    pub note: Option<String>,
    /// Probability in `[0, 1]` that the encoding is the right one: 1 where a mark or a label says so.
    pub confidence: f32,
}

impl Decoded<'_> {
    /// Whether more of what is above ASCII could not be decoded than could: the text is in an encoding that is not read
    /// here. Nothing may be written into it then, for what fits the text would not fit the bytes around it.
    ///
    /// ```
    /// use hanfix::decode::decode;
    /// assert!(decode(b"&#26085;&#26412; caf\xE9", None)?.is_foreign()); // an entity and é in Latin-1
    /// assert!(!decode("日本 café".as_bytes(), None)?.is_foreign());
    /// # Ok::<(), hanfix::decode::DecodeError>(())
    /// ```
    pub fn is_foreign(&self) -> bool {
        let undecodable = self.ledger.undecodable();
        undecodable > 0 && {
            let above = self.text.chars().filter(|c| !c.is_ascii()).count();
            2 * undecodable > above
        }
    }

    /// The name of the encoding: that of the Encoding Standard, or UTF-32LE, UTF-32BE, HZ-GB-2312.
    pub fn encoding_name(&self) -> &'static str {
        match self.form {
            Form::Plain => self.encoding.name(),
            Form::Utf32Le => "UTF-32LE",
            Form::Utf32Be => "UTF-32BE",
            Form::Hz => "HZ-GB-2312",
        }
    }
}

/// Decodes `bytes`; `label` is their encoding where it is known.
///
/// Without a label: a byte order mark decides, then NUL bytes that are where UTF-16 and UTF-32 have them, then valid
/// UTF-8 is UTF-8, and so is UTF-8 with a few broken places; else GBK, GB18030, Big5 or UTF-16, whichever fits, with a
/// prior for Chinese. Three things are valid UTF-8 and another encoding all the same: HZ, which is ASCII throughout; up to
/// 64 bytes of UTF-16 whose bytes are ASCII (中央政府), where no ASCII text is that unlikely; and up to 64 bytes of GBK
/// (图片 is `ͼƬ`), where the letters are no word in any alphabet and the pairs are Chinese words. Bytes that fit
/// nothing are taken as UTF-8 and kept in the ledger, so that they pass through unharmed; where these are most of what is
/// above ASCII, the text is in another language ([`Decoded::is_foreign`]). A page of HTML or XML that is ASCII throughout is
/// in the encoding that it declares, whichever that is.
/// With a label only the mark of that encoding is taken off, but a UTF-16 mark always decides, since
/// no other encoding can begin with those bytes.
///
/// # Errors
///
/// [`DecodeError::NotText`] for what is no text, [`DecodeError::UnknownLabel`] for an encoding that
/// [`parse_label`] does not give.
///
/// ```
/// use hanfix::decode::decode;
/// let decoded = decode("\u{FEFF}时代".as_bytes(), None)?;
/// assert_eq!((&*decoded.text, decoded.encoding.name(), decoded.bom), ("时代", "UTF-8", true));
/// # Ok::<(), hanfix::decode::DecodeError>(())
/// ```
pub fn decode<'b>(
    bytes: &'b [u8],
    label: Option<&'static Encoding>,
) -> Result<Decoded<'b>, DecodeError> {
    decode_part(bytes, label, true)
}

/// Decodes a part of an input that is not its beginning. Something of it may have been written, so that no bytes are
/// refused any more: what looks like a byte order mark is text, and NUL bytes do not make it a program.
pub(crate) fn decode_following<'b>(
    bytes: &'b [u8],
    label: Option<&'static Encoding>,
) -> Result<Decoded<'b>, DecodeError> {
    // Most is UTF-8, of which nothing else need be found out.
    if label.is_none_or(|label| label == UTF_8)
        && let Ok(text) = simdutf8::basic::from_utf8(bytes)
    {
        return Ok(Decoded {
            text: Cow::Borrowed(text),
            encoding: UTF_8,
            bom: false,
            ledger: Ledger::default(),
            form: Form::Plain,
            note: None,
            confidence: 1.0,
        });
    }
    decode_part(bytes, label, false)
}

fn decode_part<'b>(
    bytes: &'b [u8],
    label: Option<&'static Encoding>,
    is_beginning: bool,
) -> Result<Decoded<'b>, DecodeError> {
    if let Some(label) = label.filter(|label| !ACCEPTED.contains(label)) {
        return Err(DecodeError::UnknownLabel {
            label: label.name().to_owned(),
        });
    }
    if label.is_none()
        && is_beginning
        && let Some(decoded) = marked_utf32(bytes)
    {
        return Ok(decoded);
    }
    let (marked, mark) = match is_beginning {
        true => detect::byte_order_mark(bytes, label),
        false => (None, 0),
    };
    let rest = &bytes[mark..];
    let known = marked.or(label);
    let plain = |text, encoding, ledger| Decoded {
        text,
        encoding,
        bom: mark > 0,
        ledger,
        form: Form::Plain,
        note: None,
        confidence: 1.0,
    };
    let verdict = if known.is_none() && !is_plain_utf8(rest) {
        Some(detect::encoding(rest, detect::declared(rest)))
    } else {
        None
    };
    let encoding = known
        .or(verdict.as_ref().map(|verdict| verdict.encoding))
        .unwrap_or(UTF_8);
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    // Input in another form is taken whole, so that a later part is in none.
    let form = verdict
        .as_ref()
        .filter(|_| is_beginning)
        .map_or(Form::Plain, |verdict| verdict.form);
    if is_beginning
        && !wide
        && form == Form::Plain
        && let Some(reason) = detect::not_text(rest)
    {
        return Err(DecodeError::NotText { reason });
    }
    let of_form = match form {
        Form::Plain => None,
        Form::Hz => forms::hz(rest),
        Form::Utf32Le | Form::Utf32Be => forms::utf32(rest, form),
    };
    let mut decoded = if let Some(text) = of_form {
        Decoded {
            form,
            ..plain(Cow::Owned(text), encoding, Ledger::default())
        }
    } else if encoding == UTF_8
        && let Ok(text) = simdutf8::basic::from_utf8(rest)
    {
        plain(Cow::Borrowed(text), UTF_8, Ledger::default())
    } else {
        let (text, ledger) = units::decode(rest, encoding);
        plain(Cow::Owned(text), encoding, ledger)
    };
    if is_beginning
        && known.is_none()
        && let Some(declared) = declared_for_ascii(rest, &decoded)
    {
        decoded.encoding = declared;
    }
    if let Some(verdict) = verdict {
        decoded.confidence = verdict.confidence;
        decoded.note = note(rest, &decoded, verdict.foreign);
    }
    Ok(decoded)
}

/// The encoding that a page of ASCII alone declares. Its bytes are the same in any, but not what takes the place of
/// its entities: that is read as the page says.
fn declared_for_ascii(bytes: &[u8], decoded: &Decoded<'_>) -> Option<&'static Encoding> {
    let is_page = decoded.form == Form::Plain
        && decoded.encoding == UTF_8
        && bytes.trim_ascii_start().starts_with(b"<")
        && bytes.is_ascii();
    detect::declared(bytes).filter(|declared| is_page && declared.is_ascii_compatible())
}

/// Whether an encoding has all characters of a text.
#[cfg(feature = "batch")]
pub(crate) fn has(encoding: &'static Encoding, text: &str) -> bool {
    text.is_ascii()
        || [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding)
        || units::append(&mut Vec::new(), text, encoding).is_ok()
}

/// Whether nothing but UTF-8 need be thought of: the case that must be fast.
fn is_plain_utf8(bytes: &[u8]) -> bool {
    /// Shorter texts may be a few pairs of GBK, which are cheap to look at.
    const SHORT: usize = 64;
    bytes.len() > SHORT
        && simdutf8::basic::from_utf8(bytes).is_ok()
        && memchr::memchr(0, &bytes[..bytes.len().min(1024)]).is_none()
        && memchr::memmem::find(bytes, b"~{").is_none()
}

/// UTF-32 with a byte order mark.
fn marked_utf32(bytes: &[u8]) -> Option<Decoded<'static>> {
    [Form::Utf32Le, Form::Utf32Be].into_iter().find_map(|form| {
        let rest = bytes.strip_prefix(form.mark())?;
        Some(Decoded {
            text: Cow::Owned(forms::utf32(rest, form)?),
            encoding: UTF_8,
            bom: true,
            ledger: Ledger::default(),
            form,
            note: None,
            confidence: 1.0,
        })
    })
}

/// What is worth saying about an encoding that was found out.
fn note(bytes: &[u8], decoded: &Decoded<'_>, foreign: Option<&str>) -> Option<String> {
    if let Some(foreign) = foreign {
        return Some(format!("reads as {foreign}, and is left alone"));
    }
    let declared = detect::declared(bytes)?;
    let same = declared == decoded.encoding
        || [declared, decoded.encoding]
            .iter()
            .all(|encoding| [GBK, GB18030].contains(encoding))
        || decoded.text.is_ascii();
    (!same).then(|| {
        format!(
            "says that it is {}, and is {}",
            declared.name(),
            decoded.encoding_name()
        )
    })
}

/// The encoding that a label of the Encoding Standard names, if it is one that is read and written
/// here: UTF-8, GBK (also `gb2312`, `cp936`, `chinese`), GB18030, Big5 (also `big5-hkscs`), UTF-16.
///
/// `utf-16` is little-endian unless a byte order mark says otherwise.
///
/// # Errors
///
/// [`DecodeError::UnknownLabel`], whose message lists what is accepted.
///
/// ```
/// use hanfix::decode::parse_label;
/// assert_eq!(parse_label("GB2312")?.name(), "GBK");
/// assert!(parse_label("shift_jis").is_err());
/// # Ok::<(), hanfix::decode::DecodeError>(())
/// ```
pub fn parse_label(label: &str) -> Result<&'static Encoding, DecodeError> {
    // The Encoding Standard has no label for the Microsoft number of GBK.
    let standard = if label.trim().eq_ignore_ascii_case("cp936") {
        "gbk"
    } else {
        label
    };
    Encoding::for_label(standard.as_bytes())
        .filter(|encoding| ACCEPTED.contains(encoding))
        .ok_or_else(|| DecodeError::UnknownLabel {
            label: label.to_owned(),
        })
}

/// The bytes of a byte order mark in `encoding`; none where it has no such mark.
fn mark_of(encoding: &'static Encoding) -> &'static [u8] {
    if encoding == UTF_8 {
        b"\xEF\xBB\xBF"
    } else if encoding == UTF_16LE {
        b"\xFF\xFE"
    } else if encoding == UTF_16BE {
        b"\xFE\xFF"
    } else {
        b""
    }
}
