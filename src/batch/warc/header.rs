//! Headers of records and of HTTP messages: read, and written again for new content.

use sha1::{Digest, Sha1};

use super::Refusal;
use super::digest::{base32, digest_like, name_based_uuid};

/// The longest header of a record.
pub(super) const LONGEST_HEADER: usize = 64 << 10;

/// Whether bytes end with the empty line that ends a header.
pub(super) fn ends_header(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\r\n\r\n") || bytes.ends_with(b"\n\n")
}

/// Behind the empty line that ends a header.
pub(super) fn end_of_header(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(LONGEST_HEADER)];
    let crlf = memchr::memmem::find(head, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::find(head, b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(crlf), Some(lf)) => Some(crlf.min(lf)),
        (found, None) | (None, found) => found,
    }
}

/// A header: lines of `Name: value` behind a first line.
pub(super) struct Header<'h>(pub(super) &'h [u8]);

impl Header<'_> {
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|&byte| byte == b'\n')
    }

    fn value(line: &[u8]) -> Option<(&[u8], &[u8])> {
        let colon = line.iter().position(|&byte| byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut values = self.lines().skip(1).filter_map(Self::value);
        let (_, value) = values.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn length(&self) -> Result<usize, Refusal> {
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
    pub(super) fn http(&self, length: usize, charset: Option<&str>) -> Vec<u8> {
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
    pub(super) fn rewritten(&self, block: &[u8], payload: &[u8], charset: Option<&str>) -> Vec<u8> {
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
    pub(super) fn conversion(&self, body: &[u8], mime: &str, charset: Option<String>) -> Vec<u8> {
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

/// `text/html; charset=gb2312` as its two parts.
pub(super) fn media_type(value: &str) -> (String, Option<String>) {
    let mut parts = value.split(';');
    let mime = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_owned())
    });
    (mime, charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_are_read_and_replaced() {
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
