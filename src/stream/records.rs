//! Cutting an input between records.

use std::io::{self, ErrorKind, Read};

use memchr::memrchr;

use super::read_until;

/// How records end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// At a line end.
    Lines,
    /// At a line end outside double quotes, which open at the beginning of a cell alone: `5" disk` is no quote.
    QuotedLines,
    /// The whole input is one record.
    Whole,
}

/// So many bytes of records are worked on at once.
const CHUNK: usize = 1 << 20;

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A record longer than this is refused: it has to be in memory as a whole.
const LONGEST_RECORD: usize = 64 << 20;

/// Reads whole records, about a megabyte at a time.
#[derive(Debug)]
pub struct Records<R> {
    reader: R,
    framing: Framing,
    /// Read and not given out yet.
    rest: Vec<u8>,
    /// What stands between cells, once the first row was seen.
    delimiter: Option<u8>,
    drained: bool,
    finished: bool,
}

impl<R: Read> Records<R> {
    /// Records of `reader`.
    pub fn new(reader: R, framing: Framing) -> Self {
        Records {
            reader,
            framing,
            rest: Vec::new(),
            delimiter: None,
            drained: false,
            finished: false,
        }
    }

    /// The next records; an empty input has one empty chunk.
    ///
    /// # Errors
    ///
    /// Reading failed, or a record is longer than 64 MiB.
    pub fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.finished {
            return Ok(None);
        }
        let mut wanted = CHUNK;
        // Where the search for an end goes on, and where in a row that is.
        let (mut seen, mut place, mut end) = (0, InRow::CellStart, None);
        loop {
            self.fill(wanted)?;
            // UTF-16 has line ends of two bytes; such a file is taken whole.
            let framing = match &self.rest[..] {
                [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Framing::Whole,
                _ => self.framing,
            };
            match framing {
                Framing::Whole => {}
                Framing::Lines => {
                    end = memrchr(b'\n', &self.rest[seen..])
                        .map(|at| seen + at + 1)
                        .or(end)
                }
                Framing::QuotedLines => {
                    let delimiter = *self.delimiter.get_or_insert_with(|| {
                        // A byte order mark is in front of the first cell, not in it.
                        seen = BOM.len() * usize::from(self.rest.starts_with(BOM));
                        delimiter(&self.rest)
                    });
                    for (i, &byte) in self.rest[seen..].iter().enumerate() {
                        place = place.behind(byte, delimiter);
                        if byte == b'\n' && place == InRow::CellStart {
                            end = Some(seen + i + 1);
                        }
                    }
                }
            }
            seen = self.rest.len();
            if self.drained {
                self.finished = true;
                return Ok(Some(std::mem::take(&mut self.rest)));
            }
            if let Some(end) = end {
                let rest = self.rest.split_off(end);
                return Ok(Some(std::mem::replace(&mut self.rest, rest)));
            }
            if self.rest.len() >= LONGEST_RECORD {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    format!(
                        "a record is longer than {} MiB, which is too long to repair; give `--type plain` to take the file as plain text",
                        LONGEST_RECORD >> 20
                    ),
                ));
            }
            wanted = (2 * wanted).min(LONGEST_RECORD);
        }
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if !self.drained && self.rest.len() < wanted {
            self.drained = read_until(&mut self.reader, &mut self.rest, wanted)?;
        }
        Ok(())
    }
}

/// Where in a row of a table a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InRow {
    CellStart,
    Cell,
    Quotes,
    /// Behind a quote within quotes, which ends them unless another one follows.
    Quote,
}

impl InRow {
    /// The place behind a byte.
    fn behind(self, byte: u8, delimiter: u8) -> InRow {
        match (self, byte) {
            (InRow::Quotes, b'"') => InRow::Quote,
            (InRow::Quotes, _) | (InRow::Quote | InRow::CellStart, b'"') => InRow::Quotes,
            (_, b'\n' | b'\r') => InRow::CellStart,
            (_, byte) if byte == delimiter => InRow::CellStart,
            _ => InRow::Cell,
        }
    }
}

/// The delimiter of a table: what stands most often in its first row.
pub(crate) fn delimiter(text: &[u8]) -> u8 {
    let first = first_line(text);
    // A tie is a comma, which the format is named for.
    [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|&delimiter| memchr::memchr_iter(delimiter, first).count())
        .unwrap_or(b',')
}

/// The first line of a text, with its end.
fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(input: &[u8], framing: Framing) -> Vec<Vec<u8>> {
        let mut records = Records::new(input, framing);
        let mut chunks = Vec::new();
        while let Some(chunk) = records.next_chunk().unwrap() {
            chunks.push(chunk);
        }
        assert_eq!(chunks.concat(), input);
        chunks
    }

    #[test]
    fn records_are_never_cut() {
        assert_eq!(chunks(b"", Framing::Lines), [b""]);
        let line = format!("{{\"text\": \"{}\"}}\n", "會".repeat(1000));
        let lines = line.repeat(1000);
        let cut = chunks(lines.as_bytes(), Framing::Lines);
        assert!(cut.len() > 2);
        assert!(
            cut.iter()
                .all(|chunk| chunk.len().is_multiple_of(line.len()))
        );
        let row = format!("a,\"{}\"\n", "一\n".repeat(2000));
        let rows = row.repeat(400);
        let cut = chunks(rows.as_bytes(), Framing::QuotedLines);
        assert!(cut.len() > 2);
        assert!(
            cut.iter()
                .all(|chunk| chunk.len().is_multiple_of(row.len()))
        );
        assert_eq!(chunks(rows.as_bytes(), Framing::Whole).len(), 1);
        let long = "x".repeat(3 * CHUNK);
        assert_eq!(chunks(long.as_bytes(), Framing::Lines).len(), 1);
    }

    #[test]
    fn a_quote_opens_at_the_beginning_of_a_cell_alone() {
        let rows = format!("a,b\n5\" disk,{}\n", "x,y\n".repeat(CHUNK));
        assert!(chunks(rows.as_bytes(), Framing::QuotedLines).len() > 2);
        // A quoted line end is no end, whatever the delimiter is and whatever stands in front of it.
        for (head, delimiter) in [
            ("a,b;\n", ','),
            ("\u{FEFF}\"a;\n\";b\n", ';'),
            ("a\tb\n", '\t'),
        ] {
            let row = format!("1\"{delimiter}\"{}\"\"\"\n", "一\n".repeat(2000));
            let rows = [head, &row.repeat(400)].concat();
            let cut = chunks(rows.as_bytes(), Framing::QuotedLines);
            assert!(cut.len() > 2);
            assert!(cut.iter().all(|chunk| chunk.ends_with(b"\"\"\"\n")));
        }
    }

    #[test]
    fn a_record_without_end_is_refused() {
        let endless = io::repeat(b'x');
        let message = Records::new(endless, Framing::Lines)
            .next_chunk()
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("64 MiB") && message.contains("--type plain"),
            "{message}"
        );
    }
}
