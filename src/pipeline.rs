//! The order of the stages: the only file that knows it.
//!
//! Each stage looks at one revision of the text and answers with edits; this file applies them, and
//! composes all edits into one list over the input.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use crate::damage::page::Page;

use crate::damage::{markup, trigger};
#[cfg(feature = "batch")]
use crate::decode;
use crate::decode::Decoded;
use crate::edit::{Bias, Candidate, Edit, EditList, Rule};
use crate::lm::Model;
use crate::normalize::{escapes, pieces, punctuation};
use crate::repair::channel::misread;
use crate::repair::gaps::Frequent;
use crate::repair::{comma, lone, spots};
use crate::script::{self, Conversion, Converter, Variant};
#[cfg(feature = "batch")]
use encoding_rs::Encoding;

/// The script that comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Simplified Chinese.
    #[default]
    Hans,
    /// The script of the input: repair only.
    Keep,
    /// A variant of Chinese, for example `zh-TW`.
    Variant(Variant),
}

impl Target {
    /// The variant that comes out, if the script is to change.
    pub fn variant(self) -> Option<Variant> {
        match self {
            Target::Hans => Some(Variant::Hans),
            Target::Keep => None,
            Target::Variant(variant) => Some(variant),
        }
    }
}

/// What happens to punctuation that was folded to ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Punct {
    /// Made fullwidth on damaged pages where it was folded throughout.
    #[default]
    Auto,
    /// Always made fullwidth next to Chinese.
    Full,
    /// Never touched.
    Keep,
}

/// What happens to a character that is damaged for sure but cannot be restored for sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// The best candidate is written and listed as a guess.
    #[default]
    Best,
    /// 〓 is written.
    Mark,
    /// The spot stays as it is.
    Certain,
}

/// Whether the text is markup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Decided by looking at the text.
    #[default]
    Auto,
    /// Plain text: remains of tags are residue.
    Plain,
    /// HTML: tags, attributes, script and style are never edited, eaten markup is put back.
    Html,
}

/// What to do and how far to go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The script that comes out.
    pub to: Target,
    /// Folded punctuation.
    pub punct: Punct,
    /// Spots that are damaged with less than this probability stay as they are and are reported. Script, punctuation and
    /// charset are no damage, and not measured by it.
    pub min_confidence: f32,
    /// Characters that cannot be restored for sure.
    pub fill: Fill,
    /// Whether the text is markup.
    pub markup: Markup,
    /// Rules that are switched off.
    pub ignore: Vec<Rule>,
    /// How the script is converted: regional words, quotation marks, the user's entries.
    pub conversion: Conversion,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            to: Target::Hans,
            punct: Punct::Auto,
            min_confidence: 0.95,
            fill: Fill::Best,
            markup: Markup::Auto,
            ignore: Vec::new(),
            conversion: Conversion::default(),
        }
    }
}

/// A spot that looks damaged and was left as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Unresolved {
    /// Where, in bytes of the input text.
    pub span: Range<usize>,
    /// The rule that would have applied.
    pub rule: Rule,
    /// Probability in `[0, 1]` that the spot is damaged.
    pub confidence: f32,
    /// Why it was left, in plain English.
    pub reason: String,
    /// What it might be, best first.
    pub candidates: Vec<Candidate>,
}

/// What a repair gives.
#[derive(Clone, Debug)]
pub struct Repaired<'t> {
    /// The repaired text; borrowed when nothing was changed.
    pub text: Cow<'t, str>,
    /// Every change, over the input text.
    pub edits: EditList,
    /// What looks damaged and was left.
    pub unresolved: Vec<Unresolved>,
}

impl<'t> Repaired<'t> {
    /// A text that is left alone.
    pub(crate) fn untouched(text: &'t str) -> Self {
        Repaired {
            text: Cow::Borrowed(text),
            edits: EditList::default(),
            unresolved: Vec::new(),
        }
    }

    /// Whether nothing is changed and nothing is reported.
    pub(crate) fn is_untouched(&self) -> bool {
        self.edits.is_empty() && self.unresolved.is_empty()
    }

    /// The repair without the edits that reach over bytes which could not be decoded, and so stay: they become spots that are
    /// left.
    pub(crate) fn beside_undecodable(mut self, decoded: &'t Decoded<'_>) -> Self {
        if self.edits.is_empty() || decoded.ledger.undecodable() == 0 {
            return self;
        }
        let entries = decoded.ledger.iter().filter(|entry| !entry.decoded);
        let kept: Vec<Range<usize>> = entries
            .map(|entry| entry.offset..entry.offset + entry.length)
            .collect();
        let left = self.take_back(&decoded.text, &kept);
        self.unresolved
            .extend(
                left.into_iter().map(|edit| Unresolved {
                    span: edit.span,
                    rule: edit.rule,
                    confidence: edit.confidence,
                    reason: "a repair would reach over bytes that cannot be decoded and are kept"
                        .to_owned(),
                    candidates: Vec::new(),
                }),
            );
        self.unresolved.sort_by_key(|spot| spot.span.start);
        self
    }

    /// The repair without the escapes of characters that an encoding lacks: there they stand for what cannot be written
    /// otherwise.
    #[cfg(feature = "batch")]
    pub(crate) fn within(mut self, text: &'t str, encoding: &'static Encoding) -> Self {
        let lacks = |edit: &Edit| edit.rule.is_escape() && !decode::has(encoding, &edit.new);
        if self.edits.iter().any(lacks) {
            self.edits = std::mem::take(&mut self.edits).filter(|edit| !lacks(edit));
            self.text = self.edits.apply(text).expect("fewer edits fit as well");
        }
        self
    }

    /// The repair without what touches parts of the text (in order) that stay.
    pub(crate) fn without(mut self, text: &'t str, kept: &[Range<usize>]) -> Self {
        self.take_back(text, kept);
        self.unresolved
            .retain(|spot| !markup::touches(kept, &spot.span));
        self
    }

    /// Takes back the edits that touch parts of the text (in order), and gives them.
    fn take_back(&mut self, text: &'t str, kept: &[Range<usize>]) -> Vec<Edit> {
        let touches = |edit: &Edit| markup::touches(kept, &edit.span);
        let taken: Vec<Edit> = self
            .edits
            .iter()
            .filter(|edit| touches(edit))
            .cloned()
            .collect();
        if !taken.is_empty() {
            self.edits = std::mem::take(&mut self.edits).filter(|edit| !touches(edit));
            self.text = self.edits.apply(text).expect("fewer edits fit as well");
        }
        taken
    }
}

/// Passes after which a text that still changes is left as the last pass had it. One is usual, two happen.
const MOST_PASSES: usize = 4;

/// Repairs texts. Cheap to clone, `Send + Sync`, one for any number of texts and threads.
///
/// ```
/// use hanfix::{Options, Repairer};
/// let repairer = Repairer::new(Options::default());
/// let repaired = repairer.fix("社會(huì )工作是黨的工作,把群眾團結在黨的周?chē)?,充分激發(fā)活力。");
/// assert_eq!(repaired.text, "社会工作是党的工作，把群众团结在党的周围，充分激发活力。");
/// ```
#[derive(Clone, Debug)]
pub struct Repairer {
    options: Options,
    model: Source,
    /// The frequent characters of the model, when a torn run needed them.
    frequent: Arc<OnceLock<Frequent>>,
}

/// Where the language model comes from.
#[derive(Clone, Debug)]
enum Source {
    Embedded(&'static Model),
    Given(Arc<Model>),
}

impl Repairer {
    /// A repairer with the built-in language model.
    pub fn new(options: Options) -> Self {
        Repairer {
            options,
            model: Source::Embedded(Model::embedded()),
            frequent: Arc::default(),
        }
    }

    /// A repairer with a language model of the caller's.
    pub fn with_model(options: Options, model: Model) -> Self {
        Repairer {
            options,
            model: Source::Given(Arc::new(model)),
            frequent: Arc::default(),
        }
    }

    /// What it was told to do.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The same for what is known to be markup.
    #[cfg(feature = "batch")]
    pub(crate) fn for_markup(&self) -> Self {
        let mut repairer = self.clone();
        repairer.options.markup = Markup::Html;
        repairer
    }

    /// The language model it reads with.
    pub fn model(&self) -> &Model {
        match &self.model {
            Source::Embedded(model) => model,
            Source::Given(model) => model,
        }
    }

    /// Repairs one text taken whole as a page.
    ///
    /// A text that needs nothing comes back borrowed. Running it again over its own output changes
    /// nothing.
    pub fn fix<'t>(&self, text: &'t str) -> Repaired<'t> {
        self.fix_block(text, &mut Page::default())
    }

    /// Repairs one block of a longer page; what was learned is carried from block to block in `page`.
    pub fn fix_block<'t>(&self, text: &'t str, page: &mut Page) -> Repaired<'t> {
        self.fix_prepared(text, page, None)
    }

    /// The same for a block of which is known already what does not hang on the page.
    pub(crate) fn fix_prepared<'t>(
        &self,
        text: &'t str,
        page: &mut Page,
        prepared: Option<Prepared>,
    ) -> Repaired<'t> {
        let conversion = &self.options.conversion;
        let mut repaired = self.pass(text, page, prepared, conversion);
        let settled = self.options.to.variant().map(|to| conversion.settled(to));
        let settled = settled.as_ref().unwrap_or(conversion);
        // The first pass removes annotations, so a second one sees another page. Whatever it would
        // still change is changed now.
        for _ in 1..MOST_PASSES {
            if repaired.edits.is_empty() {
                break;
            }
            let again = self.pass(&repaired.text, &mut Page::default(), None, settled);
            if again.edits.is_empty() {
                break;
            }
            let text_again = again.text.into_owned();
            let map = repaired.edits.offset_map();
            let changed: Vec<Range<usize>> =
                again.edits.iter().map(|edit| edit.span.clone()).collect();
            repaired.unresolved.retain(|spot| {
                let span = map.map(spot.span.start, Bias::Start)..map.map(spot.span.end, Bias::End);
                !markup::touches(&changed, &span)
            });
            repaired.edits = EditList::compose(&repaired.edits, &again.edits);
            repaired.text = Cow::Owned(text_again);
        }
        repaired
    }

    /// What a block gives whatever the blocks before it were like. Several blocks may be prepared at the same time.
    /// `is_spliced` is what is known of the page so far; it saves time, and makes no difference to what comes out.
    pub(crate) fn prepare(&self, text: &str, is_spliced: bool) -> Prepared {
        let is_html = OnceCell::new();
        let mut escaped = Vec::new();
        let mut revision = self.unescape(text, &is_html, &mut escaped);
        let escapes = revision.edits.clone();
        let may_be_damaged = trigger::may_be_damaged(&revision.text);
        // A page that has annotations reads each block again.
        let learned = (may_be_damaged && !is_spliced).then(|| {
            let mut page = Page::default();
            page.learn(&revision.text, self.model());
            page
        });
        let sound = (!(is_spliced && may_be_damaged)).then(|| {
            let mut unresolved = escaped.clone();
            self.misread(&mut revision, &mut unresolved);
            self.pieces(&mut revision, &mut unresolved);
            (revision.edits, unresolved)
        });
        Prepared {
            is_html,
            escapes,
            escaped,
            may_be_damaged,
            learned,
            sound,
        }
    }

    fn pass<'t>(
        &self,
        text: &'t str,
        page: &mut Page,
        prepared: Option<Prepared>,
        conversion: &Conversion,
    ) -> Repaired<'t> {
        let options = &self.options;
        let mut unresolved = Vec::new();
        let (html, mut revision, may_be_damaged, learned, sound) = match prepared {
            Some(known) => {
                unresolved = known.escaped;
                (
                    known.is_html,
                    Revision::of(text).with(known.escapes),
                    known.may_be_damaged,
                    known.learned,
                    known.sound,
                )
            }
            None => {
                let html = OnceCell::new();
                let revision = self.unescape(text, &html, &mut unresolved);
                let may_be_damaged = trigger::may_be_damaged(&revision.text);
                (html, revision, may_be_damaged, None, None)
            }
        };
        let is_html = || self.is_html(text, &html);
        if may_be_damaged {
            match learned {
                Some(learned) => page.learn_again(&revision.text, &learned, self.model()),
                None => page.learn(&revision.text, self.model()),
            }
        }
        // On a spliced page what looks misread is shifted as a rule, and is read when the shifts are put right.
        let spliced = may_be_damaged && page.is_spliced();
        match sound {
            Some((edits, spots)) if !spliced => {
                revision = Revision::of(text).with(edits);
                unresolved = spots;
            }
            _ => {
                if !spliced {
                    self.misread(&mut revision, &mut unresolved);
                }
                self.pieces(&mut revision, &mut unresolved);
            }
        }
        if may_be_damaged {
            if self.wants(Rule::CommaNoise) {
                let edits = comma::noise(&revision.text, page.is_damaged());
                let edits = self.sure(edits, &revision, &mut unresolved);
                page.comma_noise += edits.len() as u32;
                revision.apply(edits);
            }
            let mut spots = spots::repair(
                &revision.text,
                page,
                self.model(),
                &self.frequent,
                options,
                is_html(),
            );
            revision.to_input(&mut spots.unresolved);
            unresolved.append(&mut spots.unresolved);
            revision.apply(spots.edits);
            if page.is_damaged() && self.wants(Rule::LostCharacter) {
                let (edits, mut open) =
                    lone::lost_characters(&revision.text, self.model(), options.min_confidence);
                revision.to_input(&mut open);
                unresolved.append(&mut open);
                revision.apply(edits);
            }
        }
        if spliced {
            self.misread(&mut revision, &mut unresolved);
        }
        if let Some(to) = options.to.variant()
            && self.wants(Rule::Script)
        {
            let converter = Converter::with(to, conversion.clone());
            self.convert(&mut revision, &converter, page.is_damaged(), &unresolved);
        }
        if self.wants(Rule::Punctuation) {
            let widen = match options.punct {
                Punct::Keep => false,
                Punct::Full => true,
                Punct::Auto => {
                    let restored = revision.restored_marks();
                    page.is_damaged() && punctuation::is_folded(&revision.text, restored)
                }
            };
            if widen {
                let left = revision.left_spans(&unresolved);
                revision.apply(punctuation::widen(&revision.text, &left));
            }
        }
        unresolved.sort_by_key(|spot| spot.span.start);
        let repaired = Repaired {
            text: revision.text,
            edits: revision.edits,
            unresolved,
        };
        if repaired.is_untouched() || !is_html() {
            return repaired;
        }
        repaired.without(text, &markup::protected(text))
    }

    /// Whether the text is markup; asked for several times, found out once.
    fn is_html(&self, text: &str, known: &OnceCell<bool>) -> bool {
        match self.options.markup {
            Markup::Plain => false,
            Markup::Html => true,
            Markup::Auto => *known.get_or_init(|| markup::is_markup(text)),
        }
    }

    /// The text with its escapes undone.
    fn unescape<'t>(
        &self,
        text: &'t str,
        is_html: &OnceCell<bool>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Revision<'t> {
        let mut revision = Revision::of(text);
        if escapes::may_have(text) {
            let is_html = self.is_html(text, is_html);
            let edits = escapes::decode(
                text,
                is_html,
                |rule| self.wants(rule),
                |text| self.is_misread(text),
            );
            let edits = self.sure(edits, &revision, unresolved);
            revision.apply(edits);
        }
        revision
    }

    fn pieces(&self, revision: &mut Revision<'_>, unresolved: &mut Vec<Unresolved>) {
        let edits = pieces::repair(&revision.text, self.model(), |rule| self.wants(rule));
        let edits = self.sure(edits, revision, unresolved);
        revision.apply(edits);
    }

    /// The edits of a stage of fixed rules that are as sure as wanted; the others become spots that are left.
    fn sure(
        &self,
        edits: EditList,
        revision: &Revision<'_>,
        unresolved: &mut Vec<Unresolved>,
    ) -> EditList {
        let is_sure = |edit: &Edit| edit.confidence >= self.options.min_confidence;
        if edits.iter().all(is_sure) {
            return edits;
        }
        let left = edits.iter().filter(|edit| !is_sure(edit));
        let mut left: Vec<Unresolved> = left
            .map(|edit| Unresolved {
                span: edit.span.clone(),
                rule: edit.rule,
                confidence: edit.confidence,
                reason: "less sure than was asked for".to_owned(),
                candidates: vec![Candidate {
                    text: edit.new.to_string(),
                    probability: 1.0,
                    behind: 0.0,
                }],
            })
            .collect();
        revision.to_input(&mut left);
        unresolved.append(&mut left);
        edits.filter(is_sure)
    }

    /// Whether all that is above ASCII in a text was misread, and comes back as Chinese.
    fn is_misread(&self, text: &str) -> bool {
        if !self.wants(Rule::Misread) {
            return false;
        }
        let (edits, _) = misread::repair(text, self.model(), &self.options);
        let is_whole = |text: Cow<'_, str>| text.chars().all(|c| !misread::is_rare(c));
        !edits.is_empty() && edits.apply(text).is_ok_and(is_whole)
    }

    fn misread(&self, revision: &mut Revision<'_>, unresolved: &mut Vec<Unresolved>) {
        if !self.wants(Rule::Misread) {
            return;
        }
        let (edits, mut open) = misread::repair(&revision.text, self.model(), &self.options);
        revision.to_input(&mut open);
        unresolved.append(&mut open);
        // A sound character between two misread ones is read again and comes out as it was.
        let edits = edits.without_idle(&revision.text);
        revision.apply(edits);
    }

    fn convert(
        &self,
        revision: &mut Revision<'_>,
        converter: &Converter,
        is_damaged: bool,
        unresolved: &[Unresolved],
    ) {
        let mut apply = |edits: EditList| {
            let left = revision.left_spans(unresolved);
            revision.apply(edits.filter(|edit| !markup::touches(&left, &edit.span)));
            Cow::clone(&revision.text)
        };
        // The Traditional characters of a damaged page came out of a table of single characters, so that the way
        // to any other form of Traditional leads over Simplified.
        let mut text = apply(EditList::default());
        if is_damaged {
            text = apply(script::to_simplified(&text, self.model()));
            if converter.to().is_simplified() {
                return;
            }
        }
        apply(converter.edits(&text, self.model()));
        if is_damaged {
            // What went to Simplified and came back to itself is no change.
            let input = revision.input;
            revision.edits = std::mem::take(&mut revision.edits)
                .filter(|edit| input[edit.span.clone()] != *edit.new);
        }
    }

    fn wants(&self, rule: Rule) -> bool {
        !self.options.ignore.contains(&rule)
    }
}

/// What [`Repairer::prepare`] found.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Whether it is markup, if that was asked.
    is_html: OnceCell<bool>,
    /// The edits that undo its escapes, and the escapes that are left.
    escapes: EditList,
    escaped: Vec<Unresolved>,
    may_be_damaged: bool,
    /// What it alone tells of the page, unless that is of no use.
    learned: Option<Page>,
    /// All edits of it on a page that is not spliced, as far as the page makes no difference there, and what is left.
    sound: Option<(EditList, Vec<Unresolved>)>,
}

/// The text after some stages, and the edits that led there from the input.
#[derive(Clone, Debug)]
struct Revision<'t> {
    input: &'t str,
    text: Cow<'t, str>,
    edits: EditList,
}

impl<'t> Revision<'t> {
    /// The input as it is.
    fn of(input: &'t str) -> Self {
        Revision {
            input,
            text: Cow::Borrowed(input),
            edits: EditList::default(),
        }
    }

    fn with(mut self, edits: EditList) -> Self {
        self.apply(edits);
        self
    }

    fn apply(&mut self, edits: EditList) {
        if edits.is_empty() {
            return;
        }
        self.text = Cow::Owned(
            edits
                .apply(&self.text)
                .expect("a stage's edits fit the text it saw")
                .into_owned(),
        );
        self.edits = if self.edits.is_empty() {
            edits
        } else {
            EditList::compose(&self.edits, &edits)
        };
    }

    /// How many marks of full width stand in torn runs that were repaired.
    fn restored_marks(&self) -> usize {
        let torn = self.edits.iter().filter(|edit| edit.rule == Rule::Torn);
        torn.flat_map(|edit| edit.new.chars())
            .filter(|&c| punctuation::is_fullwidth(c))
            .count()
    }

    /// Where the spots that were left, and whose characters later stages could change, stand in this revision, in order.
    fn left_spans(&self, spots: &[Unresolved]) -> Vec<Range<usize>> {
        let map = self.edits.offset_map();
        let torn = spots.iter().filter(|spot| {
            matches!(
                spot.rule,
                Rule::Torn
                    | Rule::LostCharacter
                    | Rule::Misread
                    | Rule::CommaNoise
                    | Rule::Radical
                    | Rule::Compatibility
                    | Rule::PrivateUse
            )
        });
        let mut left: Vec<Range<usize>> = torn
            .map(|spot| map.map(spot.span.start, Bias::Start)..map.map(spot.span.end, Bias::End))
            .collect();
        left.sort_by_key(|span| span.start);
        left
    }

    /// Moves spots from this revision to the input.
    fn to_input(&self, spots: &mut [Unresolved]) {
        let map = self.edits.offset_map();
        for spot in spots {
            spot.span =
                map.unmap(spot.span.start, Bias::Start)..map.unmap(spot.span.end, Bias::End);
        }
    }
}
