//! What kind of thing an input is, by its name and its first bytes.

use std::path::Path;

use crate::damage::markup;

/// How the text in an input is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Text and nothing else; HTML in it is noticed.
    Plain,
    /// HTML or XHTML.
    Html,
    /// Markdown.
    Markdown,
    /// SubRip, WebVTT, SubStation.
    Subtitles,
    /// A JSON value on each line.
    JsonLines,
    /// One JSON value.
    Json,
    /// Comma separated values.
    Csv,
    /// Tab separated values.
    Tsv,
    /// XML other than XHTML.
    Xml,
    /// A gzip stream.
    Gzip,
    /// A Zstandard stream.
    Zstandard,
    /// An xz stream.
    Xz,
    /// A bzip2 stream.
    Bzip2,
    /// A tar archive.
    Tar,
    /// A zip archive, also EPUB, DOCX and ODT.
    Zip,
    /// Web archive records (WARC, WET, WAT).
    Warc,
}

/// So many bytes of an input decide what it is. The mark of tar stands at byte 257.
pub const HEAD: usize = 16 << 10;

impl Kind {
    /// All kinds with their names on the command line and the extensions that stand for them.
    const TABLE: [(Kind, &'static str, &'static [&'static str]); 16] = [
        (Kind::Plain, "plain", &["txt", "text"]),
        (
            Kind::Html,
            "html",
            &["html", "htm", "xhtml", "xht", "shtml"],
        ),
        (Kind::Markdown, "markdown", &["md", "markdown", "mkd"]),
        (Kind::Subtitles, "subtitles", &["srt", "vtt", "ass", "ssa"]),
        (Kind::JsonLines, "jsonl", &["jsonl", "ndjson"]),
        (Kind::Json, "json", &["json"]),
        (Kind::Csv, "csv", &["csv"]),
        (Kind::Tsv, "tsv", &["tsv", "tab"]),
        (
            Kind::Xml,
            "xml",
            &["xml", "ncx", "opf", "rss", "atom", "fb2"],
        ),
        (Kind::Gzip, "gzip", &[]),
        (Kind::Zstandard, "zstd", &[]),
        (Kind::Xz, "xz", &[]),
        (Kind::Bzip2, "bzip2", &[]),
        (Kind::Tar, "tar", &["tar"]),
        (Kind::Zip, "zip", &[]),
        (Kind::Warc, "warc", &["warc", "wet", "wat"]),
    ];

    /// The name, as `--type` takes it.
    pub fn name(self) -> &'static str {
        let row = Self::TABLE.iter().find(|(kind, ..)| *kind == self);
        row.map_or("plain", |(_, name, _)| name)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::TABLE.iter().map(|(_, name, _)| *name)
    }

    /// The kind with a name.
    pub fn from_name(name: &str) -> Option<Kind> {
        let row = Self::TABLE.iter().find(|(_, known, _)| *known == name);
        row.map(|(kind, ..)| *kind)
    }

    /// The kind that the extension stands for.
    pub fn from_extension(path: &Path) -> Option<Kind> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        let row = Self::TABLE
            .iter()
            .find(|(.., extensions)| extensions.contains(&&*extension));
        row.map(|(kind, ..)| *kind)
    }

    /// The kind of an input with this name and these first bytes ([`HEAD`] of them, or all there are).
    ///
    /// What the bytes say for sure (archives) wins over the name; the name wins over a guess from the text.
    ///
    /// ```
    /// use hanfix::source::Kind;
    /// assert_eq!(Kind::of("頁.txt".as_ref(), "社會".as_bytes()), Kind::Plain);
    /// assert_eq!(Kind::of("頁.txt".as_ref(), b"\x1f\x8b\x08"), Kind::Gzip);
    /// assert_eq!(Kind::of("頁".as_ref(), "<html><p>社會</p>".as_bytes()), Kind::Html);
    /// ```
    pub fn of(path: &Path, head: &[u8]) -> Kind {
        if let Some(archive) = Self::of_archive(head) {
            return archive;
        }
        match Self::from_extension(path) {
            Some(Kind::Plain) | None if markup::is_markup(&String::from_utf8_lossy(head)) => {
                Kind::Html
            }
            Some(kind) => kind,
            None => Kind::Plain,
        }
    }

    /// The kind of an archive, by its mark.
    fn of_archive(head: &[u8]) -> Option<Kind> {
        let kind = match head {
            [0x1F, 0x8B, 8, ..] => Kind::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Kind::Zstandard,
            // A skippable frame may stand in front.
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Kind::Zstandard,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Kind::Xz,
            [
                b'B',
                b'Z',
                b'h',
                b'1'..=b'9',
                0x31,
                0x41,
                0x59,
                0x26,
                0x53,
                0x59,
                ..,
            ] => Kind::Bzip2,
            [
                b'B',
                b'Z',
                b'h',
                b'1'..=b'9',
                0x17,
                0x72,
                0x45,
                0x38,
                0x50,
                0x90,
                ..,
            ] => Kind::Bzip2,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
            _ if head.starts_with(b"WARC/1.") => Kind::Warc,
            _ if head.get(257..262) == Some(b"ustar") => Kind::Tar,
            _ => return None,
        };
        Some(kind)
    }

    /// Whether it holds other things, and is written again around them.
    pub fn is_container(self) -> bool {
        matches!(
            self,
            Kind::Gzip
                | Kind::Zstandard
                | Kind::Xz
                | Kind::Bzip2
                | Kind::Tar
                | Kind::Zip
                | Kind::Warc
        )
    }

    /// Whether it is a list of records, each a page of its own.
    pub fn is_records(self) -> bool {
        matches!(self, Kind::JsonLines | Kind::Csv | Kind::Tsv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_win_over_names_and_names_over_guesses() {
        let of = |path: &str, head: &[u8]| Kind::of(Path::new(path), head);
        assert_eq!(of("a.html", b"PK\x03\x04"), Kind::Zip);
        assert_eq!(of("a.jsonl", b"<html>"), Kind::JsonLines);
        assert_eq!(of("a.TXT", b""), Kind::Plain);
        assert_eq!(of("a.unknown", b"BZh is a band"), Kind::Plain);
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(of("a", &tar), Kind::Tar);
        for name in Kind::names() {
            assert_eq!(Kind::from_name(name).unwrap().name(), name);
        }
    }
}
