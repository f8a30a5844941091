//! Lines and columns of byte offsets.

use std::fmt;

use crate::stream::Place;

/// A place for people: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// Between two marks at most so many bytes have to be looked through, also on a line of many megabytes.
const STRIDE: usize = 1024;

/// Finds lines and columns in `O(log n)`.
#[derive(Clone, Debug)]
pub struct LineIndex<'t> {
    text: &'t str,
    place: Place,
    /// Offset of the first byte of every line.
    starts: Vec<usize>,
    /// How many characters begin in front of every `STRIDE`th byte.
    marks: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    /// The index of a text that begins at `place` of a longer one.
    pub fn new(text: &'t str, place: Place) -> Self {
        let line_ends = memchr::memchr_iter(b'\n', text.as_bytes());
        let starts = std::iter::once(0)
            .chain(line_ends.map(|at| at + 1))
            .collect();
        let mut count = 0;
        let mark = |chunk: &[u8]| {
            let before = count;
            count += characters(chunk);
            before
        };
        let marks = text.as_bytes().chunks(STRIDE).map(mark).collect();
        LineIndex {
            text,
            place,
            starts,
            marks,
        }
    }

    /// The position of a byte offset in the text; offsets beyond its end count as its end.
    pub fn locate(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let column = self.characters_before(offset) - self.characters_before(self.starts[line]);
        let columns_ahead = if line == 0 { self.place.columns } else { 0 };
        Position {
            line: self.place.lines + line + 1,
            column: columns_ahead + column + 1,
        }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let chunk = offset / STRIDE;
        match self.marks.get(chunk) {
            Some(before) => before + characters(&self.text.as_bytes()[chunk * STRIDE..offset]),
            // The end of a text whose length is a multiple of the stride.
            None => match chunk.checked_sub(1) {
                Some(last) => {
                    self.marks[last] + characters(&self.text.as_bytes()[last * STRIDE..offset])
                }
                None => 0,
            },
        }
    }
}

/// How many characters begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_is_where_counting_says() {
        let text = "一行\r\n\n二𠀀行a".repeat(400) + "\n";
        let index = LineIndex::new(&text, Place::default());
        let (mut line, mut column) = (1, 1);
        for (offset, character) in text.char_indices() {
            assert_eq!(index.locate(offset), Position { line, column });
            (line, column) = if character == '\n' {
                (line + 1, 1)
            } else {
                (line, column + 1)
            };
        }
        assert_eq!(index.locate(text.len()), Position { line, column });
        assert_eq!(index.locate(usize::MAX), Position { line, column });
    }

    #[test]
    fn texts_of_a_stride_and_nothing_work() {
        assert_eq!(
            LineIndex::new("", Place::default()).locate(0).to_string(),
            "1:1"
        );
        let text = "a".repeat(2 * STRIDE);
        assert_eq!(
            LineIndex::new(&text, Place::default())
                .locate(2 * STRIDE)
                .column,
            2 * STRIDE + 1
        );
    }

    #[test]
    fn blocks_count_on() {
        let mut place = Place::default();
        place.advance("一\n二三");
        place.advance("四");
        assert_eq!(
            place,
            Place {
                offset: 13,
                lines: 1,
                columns: 3
            }
        );
        let index = LineIndex::new("五\n六", place);
        assert_eq!(index.locate(3).to_string(), "2:5");
        assert_eq!(index.locate(4).to_string(), "3:1");
    }
}
