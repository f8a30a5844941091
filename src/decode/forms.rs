//! Forms of text that the Encoding Standard does not have: UTF-32, and HZ, GB2312 in seven bits.

use crate::codec::cp936;

/// How the bytes of a text are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// In the encoding itself.
    #[default]
    Plain,
    /// UTF-32, little-endian; the encoding says UTF-8.
    Utf32Le,
    /// UTF-32, big-endian; the encoding says UTF-8.
    Utf32Be,
    /// HZ; the encoding says GBK.
    Hz,
}

impl Form {
    /// The byte order mark of the form.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Form::Plain | Form::Hz => b"",
            Form::Utf32Le => b"\xFF\xFE\0\0",
            Form::Utf32Be => b"\0\0\xFE\xFF",
        }
    }
}

/// The text of UTF-32 bytes; `None` if any unit is no character.
pub(super) fn utf32(bytes: &[u8], form: Form) -> Option<String> {
    let (units, []) = bytes.as_chunks::<4>() else {
        return None;
    };
    let unit = |bytes: &[u8; 4]| match form {
        Form::Utf32Be => u32::from_be_bytes(*bytes),
        _ => u32::from_le_bytes(*bytes),
    };
    units
        .iter()
        .map(|bytes| char::from_u32(unit(bytes)))
        .collect()
}

/// The text of HZ bytes: `~{VPND~}` is 中文. `None` unless writing it again gives the same bytes.
pub(super) fn hz(bytes: &[u8]) -> Option<String> {
    memchr::memmem::find(bytes, b"~{")?;
    if !bytes.is_ascii() {
        return None;
    }
    let mut text = String::with_capacity(bytes.len());
    let mut wide = false;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match (wide, rest) {
            (false, [b'~', b'{', ..]) => {
                wide = true;
                2
            }
            (true, [b'~', b'}', ..]) => {
                wide = false;
                2
            }
            (false, [b'~', b'~', ..]) => {
                text.push('~');
                2
            }
            (false, [b'~', ..]) => return None,
            (true, [lead @ 0x21..=0x7D, trail @ 0x21..=0x7E, ..]) => {
                text.push(cp936::decode(lead | 0x80, trail | 0x80)?);
                2
            }
            (true, _) => return None,
            (false, [byte, ..]) => {
                text.push(char::from(*byte));
                1
            }
            (false, []) => break,
        };
    }
    (encode(&text, Form::Hz).ok()? == bytes).then_some(text)
}

/// The bytes of a text in a form; the place of the first character that it lacks if there is one.
pub(super) fn encode(text: &str, form: Form) -> Result<Vec<u8>, usize> {
    match form {
        Form::Plain => Ok(text.as_bytes().to_vec()),
        Form::Utf32Le => Ok(text
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect()),
        Form::Utf32Be => Ok(text
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect()),
        Form::Hz => {
            let mut bytes = Vec::with_capacity(text.len());
            let mut wide = false;
            for (place, c) in text.char_indices() {
                let pair = match c {
                    '\0'..='\x7F' => None,
                    _ => match cp936::encode(c) {
                        Some([lead @ 0xA1..=0xFD, trail @ 0xA1..=0xFE]) => {
                            Some([lead & 0x7F, trail & 0x7F])
                        }
                        _ => return Err(place),
                    },
                };
                if pair.is_some() != wide {
                    wide = !wide;
                    bytes.extend_from_slice(if wide { b"~{" } else { b"~}" });
                }
                match pair {
                    Some(pair) => bytes.extend_from_slice(&pair),
                    None if c == '~' => bytes.extend_from_slice(b"~~"),
                    None => bytes.push(c as u8),
                }
            }
            if wide {
                bytes.extend_from_slice(b"~}");
            }
            Ok(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(hz(b"a ~{VPND~} ~~\n").as_deref(), Some("a 中文 ~\n"));
        assert_eq!(hz(b"~{VPND"), None);
        assert_eq!(hz(b"plain ~ text"), None);
        for form in [Form::Utf32Le, Form::Utf32Be] {
            let bytes = encode("a中𠮷", form).unwrap();
            assert_eq!(utf32(&bytes, form).as_deref(), Some("a中𠮷"));
        }
        assert_eq!(utf32(b"abc", Form::Utf32Le), None);
        assert_eq!(encode("a𠮷", Form::Hz), Err(1));
    }
}
