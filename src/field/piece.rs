//! Pieces of a document that are text, joined to one page, and edits of the page brought back to the document.

use std::borrow::Cow;
use std::ops::Range;

use compact_str::CompactString;

use crate::edit::{Edit, EditList};
use crate::normalize::escapes;
use crate::pipeline::{Repaired, Repairer, Unresolved};

/// How characters of text stand in a format.
pub(super) trait Escape {
    /// The length of the first unit of `raw` (not empty) and the character it stands for; `None` when it stands
    /// for none. Such a unit is never edited.
    fn first(&self, raw: &str) -> (usize, Option<char>);
    /// Whether every unit of a piece is its character.
    fn is_literal(&self, raw: &str) -> bool;
    /// How `new` is written inside a piece, which is of ASCII alone or not; `None` when it cannot be.
    fn write(&self, new: &str, is_ascii: bool) -> Option<CompactString>;
}

/// A stretch of a document that is text.
struct Piece<'e> {
    /// Where it stands in the document.
    raw: Range<usize>,
    /// Where its text stands in the page.
    page: Range<usize>,
    escape: &'e dyn Escape,
    is_literal: bool,
    is_ascii: bool,
}

/// A place in a page and in the document: how far a piece was read. Edits come in order, so that each is found from
/// the one before and not from the beginning of its piece.
#[derive(Default)]
struct Cursor {
    /// The number of the piece; none before the first.
    piece: Option<usize>,
    page: usize,
    raw: usize,
}

/// The text of a record: pieces of a document, one page.
pub(super) struct Pages<'t> {
    document: &'t str,
    pieces: Vec<Piece<'t>>,
    page: String,
}

impl<'t> Pages<'t> {
    pub(super) fn new(document: &'t str) -> Self {
        Pages {
            document,
            pieces: Vec::new(),
            page: String::new(),
        }
    }

    /// Begins a new record.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.page.clear();
    }

    /// Puts a line end between the piece before and the next one.
    pub(super) fn separate(&mut self) {
        if !self.page.is_empty() {
            self.page.push('\n');
        }
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, raw: Range<usize>, escape: &'t dyn Escape) {
        let text = &self.document[raw.clone()];
        let start = self.page.len();
        let is_literal = escape.is_literal(text);
        if is_literal {
            self.page.push_str(text);
        } else {
            self.page
                .extend(units(text, escape).map(|(_, character)| character.unwrap_or('\u{FFFD}')));
        }
        self.pieces.push(Piece {
            raw,
            page: start..self.page.len(),
            escape,
            is_literal,
            is_ascii: text.is_ascii(),
        });
    }

    /// Repairs the page; edits and spots are over the document.
    pub(super) fn repair(
        &self,
        repairer: &Repairer,
        edits: &mut Vec<Edit>,
        unresolved: &mut Vec<Unresolved>,
    ) {
        // ASCII has nothing to repair but escapes.
        if self.page.is_ascii() && !escapes::may_have(&self.page) {
            return;
        }
        let repaired = match &self.pieces[..] {
            [only] if only.is_literal => repairer.fix(&self.document[only.raw.clone()]),
            _ => repairer.fix(&self.page),
        };
        let mut cursor = Cursor::default();
        for edit in repaired.edits {
            self.bring_back(edit, &mut cursor, edits);
        }
        let mut cursor = Cursor::default();
        for mut spot in repaired.unresolved {
            if let Some(span) = self.span(&spot.span, &mut cursor) {
                spot.span = span;
                unresolved.push(spot);
            }
        }
    }

    /// The edit over the document; none when it cannot be made there: over the seam of two fields, or a text
    /// that the format has no way to write at this place.
    fn bring_back(&self, edit: Edit, cursor: &mut Cursor, edits: &mut Vec<Edit>) {
        let touched = self.touched(&edit.span);
        let pieces = &self.pieces[touched.clone()];
        let Some(first) = pieces.first() else {
            return;
        };
        let glued = pieces
            .windows(2)
            .all(|pair| pair[0].page.end == pair[1].page.start);
        let covered = first.page.start <= edit.span.start
            && pieces
                .last()
                .is_some_and(|last| edit.span.end <= last.page.end);
        let Some(new) = first.escape.write(&edit.new, first.is_ascii) else {
            return;
        };
        if !glued || !covered {
            return;
        }
        let mut parts = Vec::with_capacity(pieces.len());
        for (number, piece) in touched.zip(pieces) {
            let span = edit.span.start.max(piece.page.start)..edit.span.end.min(piece.page.end);
            match self.raw_span(number, &span, cursor) {
                Some(span) => parts.push(span),
                None => return,
            }
        }
        let mut new = Some(new);
        for span in parts {
            edits.push(Edit {
                span,
                new: new.take().unwrap_or_default(),
                rule: edit.rule,
                confidence: edit.confidence,
                evidence: edit.evidence.clone(),
            });
        }
    }

    /// The pieces that a span of the page reaches; for an empty one, one piece that it stands in.
    fn touched(&self, span: &Range<usize>) -> Range<usize> {
        let first = self
            .pieces
            .partition_point(|piece| piece.page.end < span.start);
        if span.is_empty() {
            let holds = self
                .pieces
                .get(first)
                .is_some_and(|piece| piece.page.start <= span.start);
            return first..first + usize::from(holds);
        }
        let first = first
            + usize::from(
                self.pieces
                    .get(first)
                    .is_some_and(|piece| piece.page.end == span.start),
            );
        let end = self
            .pieces
            .partition_point(|piece| piece.page.start < span.end);
        first..end.max(first)
    }

    fn span(&self, span: &Range<usize>, cursor: &mut Cursor) -> Option<Range<usize>> {
        let touched = self.touched(span);
        let (first, last) = (touched.start, touched.end.checked_sub(1)?);
        let (first_piece, last_piece) = (self.pieces.get(first)?, self.pieces.get(last)?);
        let start = span
            .start
            .clamp(first_piece.page.start, first_piece.page.end);
        let end = span.end.clamp(last_piece.page.start, last_piece.page.end);
        let start = self.raw_span(first, &(start..start), cursor)?.start;
        let end = self.raw_span(last, &(end..end), cursor)?.end;
        Some(start..end)
    }

    /// Where a span of the page within one piece stands in the document; none when it holds a unit that stands
    /// for no character.
    fn raw_span(
        &self,
        number: usize,
        span: &Range<usize>,
        cursor: &mut Cursor,
    ) -> Option<Range<usize>> {
        let piece = &self.pieces[number];
        if piece.is_literal {
            let by = |offset: usize| piece.raw.start + (offset - piece.page.start);
            return Some(by(span.start)..by(span.end));
        }
        if cursor.piece != Some(number) || !(piece.page.start..=span.start).contains(&cursor.page) {
            *cursor = Cursor {
                piece: Some(number),
                page: piece.page.start,
                raw: piece.raw.start,
            };
        }
        let mut start = (cursor.page == span.start).then_some(cursor.raw);
        let rest = &self.document[cursor.raw..piece.raw.end];
        for (length, character) in units(rest, piece.escape) {
            if cursor.page >= span.end || (cursor.page >= span.start && character.is_none()) {
                break;
            }
            cursor.page += character.unwrap_or('\u{FFFD}').len_utf8();
            cursor.raw += length;
            if cursor.page == span.start {
                start = Some(cursor.raw);
            }
        }
        (cursor.page >= span.end).then_some(start?..cursor.raw)
    }
}

/// The units of a piece.
fn units<'r>(
    raw: &'r str,
    escape: &'r dyn Escape,
) -> impl Iterator<Item = (usize, Option<char>)> + 'r {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
        let (length, character) = escape.first(rest);
        at += length;
        Some((length, character))
    })
}

/// The text of a piece, as a key that is compared.
pub(super) fn unescaped<'r>(raw: &'r str, escape: &dyn Escape) -> Cow<'r, str> {
    if escape.is_literal(raw) {
        return Cow::Borrowed(raw);
    }
    let text = units(raw, escape).map(|(_, character)| character.unwrap_or('\u{FFFD}'));
    Cow::Owned(text.collect())
}

/// Characters that stand for themselves; text with one of `never` in it cannot be written.
pub(super) struct Literal {
    pub(super) never: &'static [char],
}

impl Escape for Literal {
    fn first(&self, raw: &str) -> (usize, Option<char>) {
        let first = raw.chars().next();
        (first.map_or(1, char::len_utf8), first)
    }

    fn is_literal(&self, _raw: &str) -> bool {
        true
    }

    fn write(&self, new: &str, _is_ascii: bool) -> Option<CompactString> {
        (!new.contains(self.never)).then(|| new.into())
    }
}

/// Spans in order, of which those that touch become one.
pub(super) fn joined(spans: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// A repair out of edits from several looks; of two that meet, the first stays.
pub(super) fn assemble<'t>(
    text: &'t str,
    mut edits: Vec<Edit>,
    mut unresolved: Vec<Unresolved>,
) -> Repaired<'t> {
    edits.sort_by_key(|edit| edit.span.start);
    let mut list = EditList::default();
    let mut end = 0;
    for edit in edits {
        if edit.span.start >= end {
            end = edit.span.end;
            list.push(edit);
        }
    }
    unresolved.sort_by_key(|spot| spot.span.start);
    Repaired {
        text: list.apply(text).expect("the edits were made for this text"),
        edits: list,
        unresolved,
    }
}
