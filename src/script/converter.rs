//! Conversion between scripts and regional forms, for text that a person wrote.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;
use regex::Regex;
use serde::Serialize;

use super::dictionary::Dictionary;
use super::difference;
use super::forms::{Forms, Way, kept};
use super::gate::{self, after_ascii};
use super::paths::{CLOSE, Decided, Reader};
use super::quotes;
use super::style::{Style, style};
use super::variant::Variant;
use super::words::Words;
use crate::codec::literal;
use crate::edit::{Candidate, Edit, EditList, Evidence, Rule};
use crate::lm::Model;

/// Converts text to one variant of Chinese. Cheap to clone, `Send + Sync`, one for any number of texts.
///
/// Where a character may become several (发 發 or 髮, 乾 干 or 乾, 著 着 or 著) the words around it decide, as paths
/// through a lattice, and the language model for 著. Text that is in the wanted script already is left alone.
///
/// ```
/// use hanfix::script::{Converter, Variant};
/// let to_taiwan = Converter::new(Variant::Tw);
/// assert_eq!(to_taiwan.convert("他的头发展示了后天的成果"), "他的頭髮展示了後天的成果");
/// let to_simplified = Converter::new(Variant::Hans);
/// assert_eq!(to_simplified.convert("乾隆跟著作者，喝乾了酒"), "乾隆跟着作者，喝干了酒");
/// assert_eq!(to_simplified.convert("已经是简体"), "已经是简体");
/// ```
#[derive(Clone, Debug)]
pub struct Converter {
    to: Variant,
    options: Conversion,
}

/// How a text is converted, beside the variant that comes out.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Conversion {
    /// The variant of the input, if it is known; otherwise the text tells the script.
    pub from: Option<Variant>,
    /// Whether regional words are exchanged too (鼠标 and 滑鼠).
    pub words: bool,
    /// Whether text is converted that looks as if it were in the wanted script already.
    pub force: bool,
    /// Whether quotation marks change with the script (“” and 「」).
    pub quotes: bool,
    /// Entries of the user's, which go before all others.
    pub dictionary: Option<Arc<Dictionary>>,
    /// What this matches is left alone.
    pub protect: Option<Regex>,
    /// What converts.
    pub engine: Engine,
}

impl Conversion {
    /// The same for a text that was converted to a variant and is looked at once more: what came out as a word of the
    /// region, or of the user's dictionary, is not exchanged again (句柄 控制代碼, and not 控制程式碼), and Traditional
    /// text that came out is not read as the Simplified text that it was (煙斗, and not 煙鬥).
    pub(crate) fn settled(&self, to: Variant) -> Conversion {
        Conversion {
            // Text in Simplified characters is read with the forms of its region: 著 from zh-HK is the noun.
            from: self.from.filter(|_| to.is_simplified()),
            words: false,
            dictionary: self
                .dictionary
                .as_ref()
                .map(|dictionary| Arc::new(dictionary.settled())),
            ..self.clone()
        }
    }
}

/// What converts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// The engine of this crate.
    #[default]
    Hanfix,
    /// The crate zhconv: MediaWiki's regional words, and its rules in wikitext (`-{zh-cn:甲;zh-tw:乙}-`). Words are always
    /// exchanged, nothing is ambiguous.
    #[cfg(feature = "zhconv")]
    Zhconv,
}

/// A character that could have become something else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ambiguity {
    /// Where it stands, in bytes of the input.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What stands there.
    pub old: String,
    /// What it becomes and what it could have become, best first.
    pub candidates: Vec<String>,
    /// How much better the first is than the second, in nats.
    pub margin: f32,
}

impl Converter {
    /// A converter with no regional words and the gate closed to text in the wanted script.
    pub fn new(to: Variant) -> Converter {
        Converter::with(to, Conversion::default())
    }

    /// A converter that is told more.
    ///
    /// ```
    /// use hanfix::script::{Conversion, Converter, Variant};
    /// let mut options = Conversion::default();
    /// options.words = true;
    /// let converter = Converter::with(Variant::Tw, options);
    /// assert_eq!(converter.convert("鼠标和服务器"), "滑鼠和伺服器");
    /// ```
    pub fn with(to: Variant, options: Conversion) -> Converter {
        Converter { to, options }
    }

    /// The variant that comes out.
    pub fn to(&self) -> Variant {
        self.to
    }

    /// Converts a text; borrowed when nothing changes.
    pub fn convert<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut output = Rewritten::new(text);
        self.run(text, Model::embedded(), &mut output);
        output.finish()
    }

    /// The changes as edits: one for each character or phrase. Choices that were close carry their rivals as evidence.
    ///
    /// ```
    /// use hanfix::script::{Converter, Variant};
    /// use hanfix::lm::Model;
    /// let edits = Converter::new(Variant::Hans).edits("隨著經濟發展", Model::embedded());
    /// let new: Vec<&str> = edits.iter().map(|edit| edit.new.as_str()).collect();
    /// assert_eq!(new, ["随", "着", "经", "济", "发"]);
    /// ```
    pub fn edits(&self, text: &str, model: &Model) -> EditList {
        let mut output = Edits {
            text,
            edits: EditList::default(),
        };
        self.run(text, model, &mut output);
        output.edits
    }

    /// The characters whose choice was closer than 4 nats, changed or not.
    ///
    /// ```
    /// use hanfix::script::{Converter, Variant};
    /// use hanfix::lm::Model;
    /// for found in Converter::new(Variant::Hans).ambiguities("學者論著甚多", Model::embedded()) {
    ///     assert_eq!(found.old, "著");
    /// }
    /// ```
    pub fn ambiguities(&self, text: &str, model: &Model) -> Vec<Ambiguity> {
        let mut output = Ambiguities {
            text,
            found: Vec::new(),
        };
        self.run(text, model, &mut output);
        output.found
    }

    fn run(&self, text: &str, model: &Model, output: &mut impl Output) {
        // Every entry of the tables has Chinese in it; only the user's may be of ASCII, and rules in wikitext are.
        if text.is_ascii()
            && self.options.dictionary.is_none()
            && self.options.engine == Engine::Hanfix
        {
            return;
        }
        let spared: Vec<Range<usize>> = match &self.options.protect {
            Some(regex) => regex.find_iter(text).map(|found| found.range()).collect(),
            None => Vec::new(),
        };
        let mut quotes = quotes::Quotes::new(self.options.quotes.then_some(self.to));
        for block in gate::blocks(text) {
            let part = &text[block.clone()];
            let survey = gate::survey(part);
            let Some((way, doubtful)) = self.gate(&survey) else {
                continue;
            };
            let mut spared = spared.clone();
            if survey.has_other_language() && !self.options.force {
                spared.extend(gate::other_lines(text, block.clone()));
                spared.sort_by_key(|span| span.start);
            }
            let mut protected = Protected {
                output: &mut *output,
                spans: &spared,
                at: 0,
                sure: doubtful.then_some(CLOSE),
                quotes: &mut quotes,
            };
            #[cfg(feature = "zhconv")]
            if self.options.engine == Engine::Zhconv {
                super::mediawiki::convert(text, block, self.to, |span, new| {
                    protected.change(span, new);
                });
                continue;
            }
            Pass {
                text,
                way,
                dictionary: self.options.dictionary.as_deref(),
                model,
            }
            .run(block, &mut protected);
        }
    }

    /// The way that a block goes, and whether only sure changes are made; none if it stays.
    fn gate(&self, survey: &gate::Survey) -> Option<(Way, bool)> {
        let (traditional, simplified) = (
            survey.scripts.traditional_only,
            survey.scripts.simplified_only,
        );
        let is_traditional = match self.options.from {
            Some(from) => !from.is_simplified(),
            None if traditional == simplified => self.to.is_simplified(),
            None => traditional > simplified,
        };
        let way = Way::new(
            is_traditional,
            self.options.from,
            self.to,
            self.options.words,
        );
        if self.options.force {
            return Some((way, false));
        }
        let (stays, doubtful) = match way {
            // Who names the script of the input knows it, and between forms of one script there is no evidence
            // to wait for.
            _ if self.options.from.is_some() => (false, false),
            Way::Within { .. } => (false, false),
            Way::ToHans { .. } => (traditional < simplified, traditional == simplified),
            Way::ToHant { .. } => (simplified < traditional, traditional == simplified),
        };
        let wanted = !stays && !survey.is_other_language();
        wanted.then_some((way, doubtful))
    }
}

/// One block on its way.
struct Pass<'p> {
    text: &'p str,
    way: Way,
    dictionary: Option<&'p Dictionary>,
    model: &'p Model,
}

impl Pass<'_> {
    fn run(&self, block: Range<usize>, output: &mut impl Output) {
        let text = self.text;
        let bytes = text.as_bytes();
        let forms = Forms::of(self.way);
        let (words, kind) = match self.way {
            Way::ToHans { .. } => (Words::hans(), Style::Plain),
            Way::ToHant { to, .. } => (Words::hant(), allowed(style(&text[block.clone()]), to)),
            Way::Within { .. } => (Words::hant(), Style::Plain),
        };
        // Entries may begin inside a run of ASCII.
        let step_by_step = self.dictionary.is_some() || forms.has_letters();
        let styled = kind != Style::Plain;
        // Whether characters with one form become that, whatever stands around them.
        let in_runs = self.dictionary.is_none() && !styled && !output.wants_marks();
        let mut reader = Reader::new(forms, words, self.model, kind, output.wants_margins());
        let mut decided: VecDeque<Decided> = VecDeque::new();
        let mut floor = block.start;
        let mut at = block.start;
        while at < block.end {
            if let Some(dictionary) = self.dictionary
                && let Some((length, new)) = dictionary.longest(&text[at..block.end])
            {
                output.change(at..at + length, new);
                at += length;
                floor = at;
                continue;
            }
            let (code, after) = match bytes[at] {
                0..=0x7F if step_by_step => {
                    match forms.phrase_at(char::from(bytes[at]), &text[at..block.end]) {
                        Some((length, new)) => {
                            output.change(at..at + length, new);
                            at += length;
                        }
                        None => at += 1,
                    }
                    continue;
                }
                0..=0x7F => {
                    at = after_ascii(bytes, at);
                    continue;
                }
                0x80..=0xDF => {
                    at += 2;
                    continue;
                }
                0xE0.. => {
                    if in_runs {
                        let end = output.characters(&bytes[..block.end], at, forms);
                        if end > at {
                            at = end;
                            continue;
                        }
                    }
                    literal::next(text, at)
                }
            };
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            let entry = forms.entry(c);
            if entry.is_nothing() && code <= 0xFFFF {
                // The marks that may be converted are outside the ideographs.
                if code < 0x3400 {
                    output.mark(at, c);
                }
                at = after;
                continue;
            }
            if let Some((length, new)) = forms.phrase_at(c, &text[at..block.end]) {
                output.change(at..at + length, new);
                at += length;
                continue;
            }
            if entry.open(styled).is_some() {
                while decided.front().is_some_and(|choice| choice.at < at) {
                    decided.pop_front();
                }
                if decided.front().is_none_or(|choice| choice.at > at) {
                    decided.clear();
                    reader.decide(&text[..block.end], floor, at, &mut decided);
                }
                if let Some(mut choice) = decided.pop_front() {
                    choice.new = kept(kind, choice.new);
                    output.choice(at..after, c, choice);
                }
                if decided.is_empty() {
                    floor = after;
                }
            } else {
                output.character(at..after, c, kept(kind, forms.plain(c)));
            }
            at = after;
        }
    }
}

/// The styles that a region's text is written in: the counts for modern prose and law are those of Taiwan, and
/// classical text is known in the standard forms.
fn allowed(found: Style, to: super::variant::Region) -> Style {
    use super::variant::Region;
    match (found, to) {
        (Style::Modern | Style::Law, Region::Taiwan) | (Style::Classical, Region::Standard) => {
            found
        }
        _ => Style::Plain,
    }
}

/// The character of three bytes at a place, and the bits in which its form differs, where it has but one.
#[inline]
fn only(bytes: &[u8], at: usize, forms: &Forms) -> Option<(u16, u16)> {
    let &[a @ 0xE0..=0xEF, b, c] = bytes.get(at..)?.first_chunk()? else {
        return None;
    };
    let code = literal::of_three(a, b, c);
    Some((code, forms.difference(code)?))
}

/// A code point of the basic plane as a character; the tables have no surrogates.
#[inline]
fn character(code: u16) -> char {
    char::from_u32(code.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Where changes go.
trait Output {
    /// Whether choices are told with their margin.
    fn wants_margins(&self) -> bool;
    /// Text becomes other text, perhaps the same.
    fn change(&mut self, span: Range<usize>, new: &str);
    /// A character becomes another one, or stays.
    #[inline]
    fn character(&mut self, span: Range<usize>, old: char, new: char) {
        if new != old {
            self.change(span, new.encode_utf8(&mut [0; 4]));
        }
    }
    /// The characters from byte `at` on that have one form each become it. Gives where the first other one begins.
    fn characters(&mut self, bytes: &[u8], at: usize, forms: &Forms) -> usize {
        one_by_one(self, bytes, at, forms)
    }
    /// A character was chosen among several.
    fn choice(&mut self, span: Range<usize>, old: char, choice: Decided) {
        self.character(span, old, choice.new);
    }
    /// Whether it has a use for marks.
    fn wants_marks(&self) -> bool {
        false
    }
    /// A mark stands here.
    fn mark(&mut self, _at: usize, _c: char) {}
}

/// [`Output::characters`] for an output that is told of each.
fn one_by_one(
    output: &mut (impl Output + ?Sized),
    bytes: &[u8],
    mut at: usize,
    forms: &Forms,
) -> usize {
    while let Some((code, difference)) = only(bytes, at, forms) {
        output.character(at..at + 3, character(code), character(code ^ difference));
        at += 3;
    }
    at
}

/// Keeps protected spans and unsure changes away from an output, and turns quotation marks.
struct Protected<'p, O> {
    output: &'p mut O,
    spans: &'p [Range<usize>],
    /// The first span that does not end before the current place.
    at: usize,
    /// Choices with a smaller margin are not made, and nothing but choices is.
    sure: Option<f32>,
    quotes: &'p mut quotes::Quotes,
}

impl<O> Protected<'_, O> {
    fn is_protected(&mut self, span: &Range<usize>) -> bool {
        while self
            .spans
            .get(self.at)
            .is_some_and(|spared| spared.end <= span.start)
        {
            self.at += 1;
        }
        self.spans
            .get(self.at)
            .is_some_and(|spared| spared.start < span.end)
    }
}

impl<O: Output> Output for Protected<'_, O> {
    fn wants_margins(&self) -> bool {
        self.sure.is_some() || self.output.wants_margins()
    }

    fn change(&mut self, span: Range<usize>, new: &str) {
        if !self.is_protected(&span) {
            self.output.change(span, new);
        }
    }

    #[inline]
    fn character(&mut self, span: Range<usize>, old: char, new: char) {
        if !self.is_protected(&span) {
            self.output.character(span, old, new);
        }
    }

    fn characters(&mut self, bytes: &[u8], at: usize, forms: &Forms) -> usize {
        if self.spans.is_empty() {
            self.output.characters(bytes, at, forms)
        } else {
            one_by_one(self, bytes, at, forms)
        }
    }

    fn choice(&mut self, span: Range<usize>, old: char, choice: Decided) {
        let unsure = self
            .sure
            .is_some_and(|least| choice.rival.is_none_or(|(_, margin)| margin < least));
        if !unsure && !self.is_protected(&span) {
            self.output.choice(span, old, choice);
        }
    }

    fn wants_marks(&self) -> bool {
        self.quotes.is_on()
    }

    fn mark(&mut self, at: usize, c: char) {
        if let Some(new) = self.quotes.turn(c) {
            self.change(at..at + c.len_utf8(), new.encode_utf8(&mut [0; 4]));
        }
    }
}

/// The converted text; nothing is copied before the first change.
struct Rewritten<'t> {
    input: &'t str,
    output: String,
    /// What comes after `output`: characters are written faster to a few bytes than to a string, each of whose
    /// additions looks at its length.
    pending: [u8; PENDING],
    used: usize,
    copied: usize,
}

/// Bytes that are written before they go to the output together.
const PENDING: usize = 1 << 10;

impl<'t> Rewritten<'t> {
    fn new(input: &'t str) -> Self {
        Rewritten {
            input,
            output: String::new(),
            pending: [0; PENDING],
            used: 0,
            copied: 0,
        }
    }

    fn is_untouched(&self) -> bool {
        self.copied == 0 && self.used == 0 && self.output.is_empty()
    }

    /// Moves what is pending to the output.
    fn flush(&mut self) {
        if self.output.is_empty() {
            self.output.reserve(self.input.len() + 16);
        }
        let pending = &self.pending[..self.used];
        match simdutf8::basic::from_utf8(pending) {
            Ok(text) => self.output.push_str(text),
            // Only whole characters are written, so that this does not happen; if it did, no text would be lost.
            Err(_) => self.output.push_str(&String::from_utf8_lossy(pending)),
        }
        self.used = 0;
    }

    #[inline]
    fn push(&mut self, text: &str) {
        if self.used + text.len() > PENDING {
            self.flush();
        }
        match self.pending[self.used..].get_mut(..text.len()) {
            Some(space) => {
                space.copy_from_slice(text.as_bytes());
                self.used += text.len();
            }
            None => self.output.push_str(text),
        }
    }

    #[inline]
    fn copy_to(&mut self, end: usize) {
        if self.copied < end {
            self.push(&self.input[self.copied..end]);
        }
    }

    fn finish(mut self) -> Cow<'t, str> {
        if self.is_untouched() {
            return Cow::Borrowed(self.input);
        }
        self.flush();
        self.output.push_str(&self.input[self.copied..]);
        Cow::Owned(self.output)
    }
}

impl Output for Rewritten<'_> {
    fn wants_margins(&self) -> bool {
        false
    }

    fn change(&mut self, span: Range<usize>, new: &str) {
        if self.input[span.clone()] != *new {
            self.copy_to(span.start);
            self.push(new);
            self.copied = span.end;
        }
    }

    fn characters(&mut self, bytes: &[u8], mut at: usize, forms: &Forms) -> usize {
        if self.is_untouched() {
            let only = literal::threes(&bytes[at..]).map(|code| forms.difference(code));
            at += 3 * only.take_while(|difference| *difference == Some(0)).count();
        }
        // From the first change on, characters that stay are written too: which will change cannot be foreseen, and a
        // wrong guess of the processor costs more than writing.
        while only(bytes, at, forms).is_some() {
            self.copy_to(at);
            if self.used + 3 > PENDING {
                self.flush();
            }
            let start = at;
            let space = self.pending[self.used..].as_chunks_mut::<3>().0;
            for (code, space) in literal::threes(&bytes[at..]).zip(space) {
                let Some(difference) = forms.difference(code) else {
                    break;
                };
                *space = literal::in_three(code ^ difference);
                at += 3;
            }
            self.used += at - start;
            self.copied = at;
        }
        at
    }
}

/// The changes as a list of edits.
struct Edits<'t> {
    text: &'t str,
    edits: EditList,
}

impl Output for Edits<'_> {
    fn wants_margins(&self) -> bool {
        true
    }

    fn change(&mut self, span: Range<usize>, new: &str) {
        if let Some((span, new)) = difference(span.start, &self.text[span.clone()], new) {
            self.edits.push(edit(span, new, 1.0, None));
        }
    }

    fn choice(&mut self, span: Range<usize>, old: char, choice: Decided) {
        if choice.new == old {
            return;
        }
        let mut buffer = [0; 4];
        let new = choice.new.encode_utf8(&mut buffer);
        let Some((rival, margin)) = choice.rival else {
            return self.edits.push(edit(span, new, 1.0, None));
        };
        let probability = 1.0 / (1.0 + (-margin).exp());
        let evidence = (margin < CLOSE).then(|| {
            let candidate = |text: char, probability, behind| Candidate {
                text: text.to_string(),
                probability,
                behind,
            };
            Box::new(Evidence {
                damage: 1.0,
                fill: probability,
                gain: margin,
                candidates: vec![
                    candidate(choice.new, probability, 0.0),
                    candidate(rival, 1.0 - probability, margin),
                ],
                note: format!(
                    "{old} stands for {} and for {rival}; the words around it chose",
                    choice.new
                ),
                ..Evidence::default()
            })
        });
        self.edits.push(edit(span, new, probability, evidence));
    }
}

fn edit(span: Range<usize>, new: &str, confidence: f32, evidence: Option<Box<Evidence>>) -> Edit {
    Edit {
        span,
        new: CompactString::new(new),
        rule: Rule::Script,
        confidence,
        evidence,
    }
}

/// The close choices.
struct Ambiguities<'t> {
    text: &'t str,
    found: Vec<Ambiguity>,
}

impl Output for Ambiguities<'_> {
    fn wants_margins(&self) -> bool {
        true
    }

    fn change(&mut self, _span: Range<usize>, _new: &str) {}

    fn choice(&mut self, span: Range<usize>, _old: char, choice: Decided) {
        if let Some((rival, margin)) = choice.rival
            && margin < CLOSE
            && rival != choice.new
        {
            self.found.push(Ambiguity {
                start: span.start,
                end: span.end,
                old: self.text[span].to_owned(),
                candidates: vec![choice.new.to_string(), rival.to_string()],
                margin,
            });
        }
    }
}
