//! Formats in which text stands in fields: JSON lines, CSV, HTML, Markdown, subtitles, XML.
//!
//! A format says which parts of a document are text. Everything else stays byte for byte. Edits come out over the
//! document as it is written, so that all views of them work as for plain text.
//!
//! ```
//! use hanfix::decode::decode;
//! use hanfix::field::{FieldPath, Fields, Format};
//! use hanfix::source::Kind;
//! use hanfix::{Options, Repairer};
//!
//! let repairer = Repairer::new(Options::default());
//! let fields = Fields { paths: vec![FieldPath::parse("text").unwrap()], ..Fields::default() };
//! let mut format = Format::new(Kind::JsonLines, &repairer, &fields, None);
//! let line = decode("{\"text\": \"\\u793e\\u6703\", \"title\": \"社會\"}\n".as_bytes(), None)?;
//! let fixed = format.fix_block(&line, true, &mut Default::default());
//! assert_eq!(fixed.repaired.text, "{\"text\": \"\\u793e\\u4f1a\", \"title\": \"社會\"}\n");
//! # Ok::<(), hanfix::decode::DecodeError>(())
//! ```

mod html;
mod json;
mod keep;
mod piece;
mod table;
mod xml;

use std::ops::Range;

use encoding_rs::Encoding;

use crate::decode::Decoded;
use crate::edit::{Edit, Rule};
use crate::pipeline::{Markup, Page, Prepared, Repaired, Repairer};
use crate::source::Kind;

pub use json::FieldPath;
pub use keep::{markdown_kept, subtitles_kept};
pub use table::Column;

use html::{Charset, Html, must_say};
use json::JsonEscape;
use piece::{Pages, assemble, joined};

/// Which fields of records are text.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Of JSON; none: every string.
    pub paths: Vec<FieldPath>,
    /// Of CSV and TSV; none: every cell.
    pub columns: Vec<Column>,
    /// Where columns were chosen, the first row of a table is its header, which is no text but what others call the columns
    /// by; with this it is a row like the others.
    pub no_header: bool,
}

/// The fields that were asked for are not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no column `{column}`; the first row has {names}; give one of these, or a number from 1 to {width}"
)]
pub struct NoColumn {
    /// What was asked for.
    column: String,
    /// What there is.
    names: String,
    /// How many columns there are.
    width: usize,
}

/// A block of a document, repaired.
#[derive(Debug)]
pub struct Fixed<'t> {
    /// The repair, over the document as it is written.
    pub repaired: Repaired<'t>,
    /// Records that could not be read and were left as they are.
    pub malformed: usize,
    /// What else the records told.
    pub(crate) told: Records,
}

/// What the records of a block tell of the options that say where their text is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    /// Whether there was one that could be read.
    any: bool,
    /// Which of the fields that were asked for a record had.
    met: Vec<bool>,
    /// A header that was left as it is would change if it were a row.
    header_left: bool,
}

impl Records {
    /// Adds what other records of the same text tell.
    pub(crate) fn join(&mut self, other: &Records) {
        self.any |= other.any;
        self.header_left |= other.header_left;
        self.met.resize(self.met.len().max(other.met.len()), false);
        for (met, other) in self.met.iter_mut().zip(&other.met) {
            *met |= other;
        }
    }

    /// What whoever chose the fields should know; `names` are those of the first record.
    pub(crate) fn notes(&self, fields: &Fields, names: &[String]) -> Vec<String> {
        let there_are = match names {
            [] => String::new(),
            names => format!("; the first one has {}", names.join(", ")),
        };
        let paths = fields.paths.iter().zip(&self.met);
        let missing = paths.filter(|(_, met)| self.any && !**met);
        let mut notes: Vec<String> = missing
            .map(|(path, _)| format!("no record has the field `{path}`{there_are}"))
            .collect();
        if self.header_left {
            notes.push(
                "the first row is taken for the header and stays as it is; give --no-header if it is none"
                    .to_owned(),
            );
        }
        notes
    }
}

/// Repairs the blocks of one document.
pub struct Format<'r> {
    kind: Kind,
    repairer: &'r Repairer,
    fields: &'r Fields,
    to: Option<&'static Encoding>,
    html: Option<Html>,
    table: Table,
}

/// What the beginning of a document tells about the rest of it.
#[derive(Clone, Debug)]
pub struct Layout(Table);

/// How a table is laid out.
#[derive(Clone, Debug)]
struct Table {
    delimiter: char,
    /// The columns that are text, `None` for all.
    places: Option<Vec<usize>>,
    /// The first row holds the names of the columns.
    has_names: bool,
    /// None of the columns was found by its name, so that the first row may be no header.
    by_number: bool,
}

impl<'r> Format<'r> {
    /// A document of a kind. `to` is the encoding it is written in, when that is another than its own.
    pub fn new(
        kind: Kind,
        repairer: &'r Repairer,
        fields: &'r Fields,
        to: Option<&'static Encoding>,
    ) -> Self {
        Format {
            kind,
            repairer,
            fields,
            to,
            html: None,
            table: Table {
                delimiter: if kind == Kind::Tsv { '\t' } else { ',' },
                places: None,
                has_names: false,
                by_number: false,
            },
        }
    }

    /// Reads the names of the columns from the beginning of a table.
    ///
    /// # Errors
    ///
    /// A column that is not there.
    pub fn read_names(&mut self, head: &str) -> Result<(), NoColumn> {
        if self.kind == Kind::Csv {
            self.table.delimiter = table::delimiter(head);
        }
        let is_table = matches!(self.kind, Kind::Csv | Kind::Tsv);
        // A table without rows has nothing to repair in any column.
        if self.fields.columns.is_empty() || !is_table || head.trim().is_empty() {
            return Ok(());
        }
        let (delimiter, quotes) = (self.table.delimiter, self.kind == Kind::Csv);
        let (names, _) = table::row(head, 0, delimiter, quotes);
        // The first row may be a heading over rows with more cells.
        let width = table::width(head, delimiter, quotes);
        let places = table::places(head, &names, &self.fields.columns, width);
        let places = places.map_err(|column| {
            let names: Vec<&str> = names.iter().map(|cell| &head[cell.span.clone()]).collect();
            NoColumn {
                column,
                names: names.join(", "),
                width,
            }
        })?;
        self.table.has_names = !self.fields.no_header;
        self.table.by_number = self.fields.columns.iter().all(Column::is_number);
        self.table.places = Some(places);
        Ok(())
    }

    /// The names of the fields of the first record, where fields were chosen.
    pub(crate) fn names_of_first(&self, head: &str) -> Vec<String> {
        let first = match self.kind {
            _ if self.fields.paths.is_empty() => None,
            Kind::JsonLines => head.lines().find(|line| !line.trim().is_empty()),
            Kind::Json => Some(head),
            _ => None,
        };
        first.map(json::names).unwrap_or_default()
    }

    /// How the records are laid out, for blocks of the same document that are repaired at the same time.
    pub fn layout(&self) -> Layout {
        Layout(self.table.clone())
    }

    /// Takes the layout that another part of the document has shown.
    #[must_use]
    pub fn with_layout(mut self, layout: &Layout) -> Self {
        self.table = layout.0.clone();
        self
    }

    /// Repairs a block. Records must be whole; for other kinds what is learned stays in `page` and in `self`.
    pub fn fix_block<'t>(
        &mut self,
        decoded: &'t Decoded<'_>,
        is_first: bool,
        page: &mut Page,
    ) -> Fixed<'t> {
        let text = &*decoded.text;
        let mut malformed = 0;
        let mut told = Records {
            met: vec![false; self.fields.paths.len()],
            ..Records::default()
        };
        let repaired = match self.kind {
            _ if decoded.is_foreign() => Repaired::untouched(text),
            Kind::Html if self.repairer.options().markup != Markup::Plain => {
                let charset = self.to.filter(|&to| to != decoded.encoding);
                let html = self.html.get_or_insert_with(|| Html::new(self.repairer));
                let repaired = html.fix_block(self.repairer, decoded, page, charset);
                self.with_xml_declaration(repaired, text, charset.filter(|_| is_first))
            }
            Kind::Markdown => without(self.repairer.fix_block(text, page), text, markdown_kept),
            Kind::Subtitles => without(self.repairer.fix_block(text, page), text, subtitles_kept),
            Kind::JsonLines => self.json_lines(text, &mut malformed, &mut told),
            Kind::Json => self.json(text, &mut malformed, &mut told),
            Kind::Csv | Kind::Tsv => self.rows(text, is_first, &mut told),
            Kind::Xml => {
                let mut pages = Pages::new(text);
                xml::collect(text, &mut pages);
                let (mut edits, mut unresolved) = (Vec::new(), Vec::new());
                pages.repair(self.repairer, &mut edits, &mut unresolved);
                let charset = self.to.filter(|&to| to != decoded.encoding);
                let repaired = assemble(text, edits, unresolved);
                self.with_xml_declaration(repaired, text, charset.filter(|_| is_first))
            }
            _ => self.repairer.fix_block(text, page),
        };
        Fixed {
            repaired: repaired
                .beside_undecodable(decoded)
                .within(text, self.to.unwrap_or(decoded.encoding)),
            malformed,
            told,
        }
    }

    /// The engine, where it sees blocks as they are.
    pub(crate) fn of_blocks(&self) -> Option<&Repairer> {
        match self.kind {
            Kind::Html if self.repairer.options().markup != Markup::Plain => None,
            Kind::JsonLines | Kind::Json | Kind::Csv | Kind::Tsv | Kind::Xml => None,
            _ => Some(self.repairer),
        }
    }

    /// Repairs a block that the engine has prepared.
    pub(crate) fn fix_prepared<'t>(
        &self,
        decoded: &'t Decoded<'_>,
        page: &mut Page,
        prepared: Prepared,
    ) -> Repaired<'t> {
        let text = &*decoded.text;
        let repaired = self
            .repairer
            .fix_prepared(text, page, Some(prepared))
            .beside_undecodable(decoded)
            .within(text, self.to.unwrap_or(decoded.encoding));
        match self.kind {
            Kind::Markdown => without(repaired, text, markdown_kept),
            Kind::Subtitles => without(repaired, text, subtitles_kept),
            _ => repaired,
        }
    }

    fn json_lines<'t>(
        &self,
        text: &'t str,
        malformed: &mut usize,
        told: &mut Records,
    ) -> Repaired<'t> {
        let (mut edits, mut unresolved) = (Vec::new(), Vec::new());
        let mut pages = Pages::new(text);
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.trim().is_empty() {
                continue;
            }
            let Some(spans) = json::strings(line, &self.fields.paths, &mut told.met) else {
                *malformed += 1;
                continue;
            };
            told.any = true;
            pages.clear();
            for span in spans {
                pages.separate();
                pages.push(start + span.start..start + span.end, &JsonEscape);
            }
            pages.repair(self.repairer, &mut edits, &mut unresolved);
        }
        assemble(text, edits, unresolved)
    }

    fn json<'t>(&self, text: &'t str, malformed: &mut usize, told: &mut Records) -> Repaired<'t> {
        let (mut edits, mut unresolved) = (Vec::new(), Vec::new());
        match json::strings(text, &self.fields.paths, &mut told.met) {
            Some(spans) => {
                told.any = true;
                let mut pages = Pages::new(text);
                for span in spans {
                    pages.separate();
                    pages.push(span, &JsonEscape);
                }
                pages.repair(self.repairer, &mut edits, &mut unresolved);
            }
            // Files of JSON lines are often called so.
            None if json::begins_with_a_line(text) => {
                return self.json_lines(text, malformed, told);
            }
            None => *malformed += usize::from(!text.trim().is_empty()),
        }
        assemble(text, edits, unresolved)
    }

    fn rows<'t>(&self, text: &'t str, is_first: bool, told: &mut Records) -> Repaired<'t> {
        let (mut edits, mut unresolved) = (Vec::new(), Vec::new());
        let mut pages = Pages::new(text);
        let Table {
            delimiter,
            places,
            has_names,
            by_number,
        } = &self.table;
        let mut at = 0;
        while at < text.len() {
            let is_names = at == 0 && is_first && *has_names;
            let (cells, next) = table::row(text, at, *delimiter, self.kind == Kind::Csv);
            at = next;
            if is_names && !by_number {
                continue;
            }
            pages.clear();
            for (i, cell) in cells.into_iter().enumerate() {
                if places.as_ref().is_none_or(|places| places.contains(&i)) {
                    pages.separate();
                    let escape = cell.escape(*delimiter);
                    pages.push(cell.span, escape);
                }
            }
            pages.repair(self.repairer, &mut edits, &mut unresolved);
            if is_names {
                // Nothing but the numbers says that it is no header.
                told.header_left = !edits.is_empty();
                edits.clear();
                unresolved.clear();
            }
        }
        assemble(text, edits, unresolved)
    }

    /// Adds the edit of `<?xml ... encoding="gb2312"?>`.
    fn with_xml_declaration<'t>(
        &self,
        repaired: Repaired<'t>,
        text: &'t str,
        charset: Charset,
    ) -> Repaired<'t> {
        let declared = || {
            let declaration = text.split_once("?>")?.0.strip_prefix("<?xml")?;
            let value = declaration.split_once("encoding=")?.1;
            // What stands between other marks, as “utf-8”, names nothing to a reader of XML.
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let start = "<?xml".len() + declaration.len() - value.len() + 1;
            let length = value[1..].find(quote)?;
            Some(start..start + length)
        };
        let (Some(charset), Some(span)) = (charset, declared()) else {
            return repaired;
        };
        let mut edits: Vec<Edit> = repaired.edits.into_iter().collect();
        let is_said = text[span.clone()].eq_ignore_ascii_case(charset.name());
        if is_said || !must_say(charset, text, &edits) {
            return assemble(text, edits, repaired.unresolved);
        }
        edits.push(Edit {
            span,
            new: charset.name().to_ascii_lowercase().into(),
            rule: Rule::Charset,
            confidence: 1.0,
            evidence: None,
        });
        assemble(text, edits, repaired.unresolved)
    }
}

/// A repair without what touches the parts that stay.
fn without<'t>(
    repaired: Repaired<'t>,
    text: &'t str,
    kept: fn(&str) -> Vec<Range<usize>>,
) -> Repaired<'t> {
    if repaired.is_untouched() {
        return repaired;
    }
    repaired.without(text, &joined(kept(text)))
}
