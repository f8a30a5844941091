//! HTML: which parts of a page are text.
//!
//! Text nodes are, and the attributes `title`, `alt` and, for the description and the keywords, `content`.
//! Scripts, styles, `pre`, `code`, `ruby` and what says `translate="no"` stay as they are.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use encoding_rs::Encoding;
use lol_html::html_content::TextType;
use lol_html::{
    EndTagHandler, HtmlRewriter, OutputSink, Settings, doc_comments, doc_text, element,
};

use super::piece::{assemble, joined};
use crate::damage::markup::touches;
use crate::damage::trigger;
use crate::decode::Decoded;
use crate::edit::{Bias, Edit, Rule};
use crate::pipeline::{Page, Repaired, Repairer};

/// What was read of a page so far.
#[derive(Debug, Default)]
struct Found {
    /// How deep we are in elements that stay as they are.
    kept: usize,
    /// Text that may be edited, in order.
    text: Vec<Range<usize>>,
    /// Attributes that may be edited, in order.
    attributes: Vec<Range<usize>>,
    /// Where the encoding is declared.
    charset: Vec<Range<usize>>,
}

/// Nobody wants the page as it comes out of the parser.
struct Nowhere;

impl OutputSink for Nowhere {
    fn handle_chunk(&mut self, _chunk: &[u8]) {}
}

/// Reads a page in pieces and says what in them is text.
pub(super) struct Html {
    /// What repairs the page: its name says that it is markup, however little of it there is.
    repairer: Repairer,
    rewriter: Option<HtmlRewriter<'static, Nowhere>>,
    found: Rc<RefCell<Found>>,
    /// Bytes read before this block.
    offset: usize,
}

/// The encoding that the page will be written in is this one, whatever it declares.
pub(super) type Charset = Option<&'static Encoding>;

/// Whether a page that is written in another encoding has to say so: ASCII is the same in most of them.
pub(super) fn must_say(charset: &'static Encoding, text: &str, edits: &[Edit]) -> bool {
    !charset.is_ascii_compatible()
        || !text.is_ascii()
        || edits.iter().any(|edit| !edit.new.is_ascii())
}

impl Html {
    pub(super) fn new(repairer: &Repairer) -> Self {
        let found = Rc::new(RefCell::new(Found::default()));
        Html {
            repairer: repairer.for_markup(),
            rewriter: Some(HtmlRewriter::new(settings(&found), Nowhere)),
            found,
            offset: 0,
        }
    }

    /// Repairs a block of a page.
    pub(super) fn fix_block<'t>(
        &mut self,
        repairer: &Repairer,
        decoded: &'t Decoded<'_>,
        page: &mut Page,
        charset: Charset,
    ) -> Repaired<'t> {
        let text = &*decoded.text;
        // What stays as it is says nothing about the rest of the page.
        let masked = masked(text);
        let repaired = self
            .repairer
            .fix_block(masked.as_deref().unwrap_or(text), page);
        // Eaten markup first: what the tags are is known only when they are whole again.
        let restoring = repaired.edits.clone().filter(|edit| restores(edit, text));
        let whole = restoring
            .apply(text)
            .expect("some of the edits of a text fit it");
        self.read(&whole);
        let found = std::mem::take(&mut *self.found.borrow_mut());
        self.found.borrow_mut().kept = found.kept;
        let map = restoring.offset_map();
        let offset = self.offset;
        let in_input = |span: &Range<usize>| {
            let start = span.start.checked_sub(offset)?;
            Some(map.unmap(start, Bias::Start)..map.unmap(span.end - offset, Bias::End))
        };
        let editable: Vec<Range<usize>> = joined(found.text.iter().filter_map(in_input));
        let mut edits: Vec<Edit> = repaired
            .edits
            .into_iter()
            .filter(|edit| restores(edit, text) || within(&editable, &edit.span))
            .collect();
        let mut unresolved = repaired.unresolved;
        unresolved.retain(|spot| touches(&editable, &spot.span));
        for span in found.attributes.iter().filter_map(in_input) {
            attribute(repairer, text, span, page, &mut edits, &mut unresolved);
        }
        if let Some(charset) = charset.filter(|charset| must_say(charset, text, &edits)) {
            let declared = found.charset.iter().filter_map(in_input);
            edits.extend(declared.filter_map(|span| declaration(text, span, charset.name())));
        }
        self.offset += whole.len();
        drop(whole);
        assemble(text, edits, unresolved)
    }

    /// Gives the parser a block; a page it cannot read is left alone from there on.
    fn read(&mut self, block: &str) {
        if let Some(mut rewriter) = self.rewriter.take()
            && rewriter.write(block.as_bytes()).is_ok()
        {
            self.rewriter = Some(rewriter);
        }
    }
}

/// The text with elements and attributes that stay as they are made meaningless, at the same length; `None` when there
/// is nothing to hide or nothing to repair. An element counts only when its end was not eaten.
fn masked(text: &str) -> Option<String> {
    if !trigger::may_be_damaged(text) {
        return None;
    }
    let hidden = Rc::new(RefCell::new(Vec::<Range<usize>>::new()));
    let (elements, attributes, comments) = (hidden.clone(), hidden.clone(), hidden.clone());
    let settings = Settings::new()
        .with_strict(false)
        .append_element_content_handler(element!(
            "script, style, pre, code, ruby, [translate='no' i]",
            move |element| {
                let start = element.source_location().bytes().end;
                let hidden = elements.clone();
                if element.can_have_content()
                    && let Some(handlers) = element.end_tag_handlers()
                {
                    let leave: EndTagHandler<'static> = Box::new(move |tag| {
                        let end = tag.source_location().bytes().start;
                        hidden.borrow_mut().push(start..end.max(start));
                        Ok(())
                    });
                    handlers.push(leave);
                }
                Ok(())
            }
        ))
        .append_element_content_handler(element!("*", move |element| {
            for attribute in element.attributes() {
                let is_text = matches!(&*attribute.name(), "title" | "alt" | "content");
                if let Some(place) = attribute.value_source_location().filter(|_| !is_text) {
                    attributes.borrow_mut().push(place.bytes());
                }
            }
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(move |comment| {
            let span = comment.source_location().bytes();
            // Its marks stay.
            comments
                .borrow_mut()
                .push(span.start + 4..span.end.saturating_sub(3).max(span.start + 4));
            Ok(())
        }));
    let mut rewriter = HtmlRewriter::new(settings, Nowhere);
    rewriter.write(text.as_bytes()).ok()?;
    let hidden = std::mem::take(&mut *hidden.borrow_mut());
    if hidden.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for span in hidden {
        for byte in bytes
            .get_mut(span)
            .into_iter()
            .flatten()
            .filter(|byte| **byte != b'\n')
        {
            *byte = b'x';
        }
    }
    // Only whole elements were hidden.
    String::from_utf8(bytes).ok()
}

fn settings(found: &Rc<RefCell<Found>>) -> Settings<'static, 'static> {
    let (text, kept, attributes, meta) =
        (found.clone(), found.clone(), found.clone(), found.clone());
    let mut settings = Settings::new().with_strict(false);
    settings = settings.append_document_content_handler(doc_text!(move |chunk| {
        let mut found = text.borrow_mut();
        let is_text = matches!(chunk.text_type(), TextType::Data | TextType::RCData);
        let span = chunk.source_location().bytes();
        if is_text && found.kept == 0 && !span.is_empty() {
            found.text.push(span);
        }
        Ok(())
    }));
    settings = settings.append_element_content_handler(element!(
        "pre, code, ruby, [translate='no' i]",
        move |element| {
            if element.can_have_content() && !element.is_self_closing() {
                kept.borrow_mut().kept += 1;
                let kept = kept.clone();
                if let Some(handlers) = element.end_tag_handlers() {
                    let leave: EndTagHandler<'static> = Box::new(move |_| {
                        kept.borrow_mut().kept -= 1;
                        Ok(())
                    });
                    handlers.push(leave);
                }
            }
            Ok(())
        }
    ));
    settings =
        settings.append_element_content_handler(element!("[title], [alt]", move |element| {
            let mut found = attributes.borrow_mut();
            if found.kept == 0 {
                for attribute in element.attributes() {
                    if matches!(&*attribute.name(), "title" | "alt")
                        && let Some(place) = attribute.value_source_location()
                    {
                        found.attributes.push(place.bytes());
                    }
                }
            }
            Ok(())
        }));
    settings.append_element_content_handler(element!("meta", move |element| {
        let name = element.get_attribute("name").unwrap_or_default();
        let is_text = ["description", "keywords"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        let is_type = element
            .get_attribute("http-equiv")
            .is_some_and(|value| value.eq_ignore_ascii_case("content-type"));
        for attribute in element.attributes() {
            let Some(place) = attribute.value_source_location() else {
                continue;
            };
            let mut found = meta.borrow_mut();
            match &*attribute.name() {
                "content" if is_text => found.attributes.push(place.bytes()),
                "content" if is_type => found.charset.push(place.bytes()),
                "charset" => found.charset.push(place.bytes()),
                _ => {}
            }
        }
        Ok(())
    }))
}

/// Whether an edit puts markup back that the damage ate.
fn restores(edit: &Edit, text: &str) -> bool {
    let count = |text: &str| text.matches(['<', '>', '&']).count();
    count(&edit.new) > count(&text[edit.span.clone()])
}

fn within(spans: &[Range<usize>], span: &Range<usize>) -> bool {
    let next = spans.partition_point(|other| other.end < span.end);
    spans
        .get(next)
        .is_some_and(|other| other.start <= span.start)
}

/// Repairs the value of an attribute with what the page has shown so far.
fn attribute(
    repairer: &Repairer,
    text: &str,
    span: Range<usize>,
    page: &Page,
    edits: &mut Vec<Edit>,
    unresolved: &mut Vec<crate::pipeline::Unresolved>,
) {
    let value = &text[span.clone()];
    if value.is_ascii() {
        return;
    }
    let quoted = matches!(text[..span.start].bytes().last(), Some(b'"' | b'\''));
    // A value must stay one: no quote, no markup, and without quotes no space.
    let fits = |edit: &Edit| {
        let old = &value[edit.span.clone()];
        let ends = |c: char| {
            matches!(c, '"' | '\'' | '<' | '>' | '&')
                || (!quoted && (c.is_whitespace() || c == '`' || c == '='))
        };
        edit.new.chars().all(|c| !ends(c) || old.contains(c))
    };
    let repaired = repairer.fix_block(value, &mut page.clone());
    edits.extend(repaired.edits.filter(fits).shifted(span.start));
    unresolved.extend(repaired.unresolved.into_iter().map(|mut spot| {
        spot.span = spot.span.start + span.start..spot.span.end + span.start;
        spot
    }));
}

/// The edit that makes a declaration (`gb2312`, or `text/html; charset=gb2312`) name another encoding.
fn declaration(text: &str, span: Range<usize>, charset: &str) -> Option<Edit> {
    let value = &text[span.clone()];
    let start = match value.to_ascii_lowercase().find("charset=") {
        Some(at) => at + "charset=".len(),
        None if value.contains('/') => return None,
        None => 0,
    };
    let old = value[start..].split([';', ' ']).next()?;
    (!old.eq_ignore_ascii_case(charset)).then(|| Edit {
        span: span.start + start..span.start + start + old.len(),
        new: charset.to_ascii_lowercase().into(),
        rule: Rule::Charset,
        confidence: 1.0,
        evidence: None,
    })
}
