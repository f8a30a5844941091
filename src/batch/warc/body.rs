//! Bodies of records: unpacked, and what kind of text they are.

use std::io::Read;

use super::header::Header;
use super::{BatchError, Bounded, Budget, LONGEST_RECORD};
use crate::source::Kind;

/// How the text in a body is found; `None` when it is no text.
pub(super) fn kind_of_media(mime: &str, body: &[u8]) -> Option<Kind> {
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
pub(super) fn plain_body(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        assert_eq!(
            dechunked(b"3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n").unwrap(),
            b"abcde"
        );
        assert_eq!(dechunked(b"<html>\r\n"), None);
    }
}
