//! Spot by spot: where a repair is tried, how sure it is, what edit it makes.

use std::ops::Range;
use std::sync::OnceLock;

use crate::codec::cp936;
use crate::damage::annotation::{Annotation, annotation, residue};
use crate::damage::page::{Page, WORTH_A_REPORT};
use crate::damage::readings;
use crate::edit::{Candidate, Edit, EditList, Evidence, GUESS_BELOW, Rule};
use crate::lm::{Context, Model};
use crate::pipeline::{Fill, Options, Unresolved};

use super::automaton::Cp936;
use super::cache::PageScorer;
use super::channel::splice::transmit::{Element, Insert, LoneByte, folded, show};
use super::channel::splice::{
    DROPPED, Effort, Splice, ends_run, is_kept_residue, is_mark, may_be_torn, unfolded_mark,
};
use super::gaps::{Frequent, Gaps};
use super::lattice::Kind;
use super::search::{Outcome, Path, Scorer, Taken, search};

/// Log-odds per nat of gain. Set by hand; docs/measurements.md has the reliability that comes of it.
const SLOPE: f32 = 0.6;
/// Gain in nats at which a spot is as likely damaged as not, on a page without other damage.
const EVEN_ALONE: f32 = 9.0;
/// The same on a page with other damage.
const EVEN_ON_DAMAGED_PAGE: f32 = 2.0;
/// A search with the usual arcs that gains less than this is repeated with all of them.
const SATISFYING_GAIN: f32 = 12.0;
/// Nats per character (log-probability of the text as it stands) below which even a page without
/// damage deserves the thorough search.
const GIBBERISH: f32 = -8.5;
/// Nats at which a character of a repair is odd: bytes may be missing there.
const ODD: f32 = -10.5;
/// Gain that makes the look for dropped pairs worth its time, and on a page without other damage, where it must come near what
/// is reported.
const WORTH_LOOKING_FOR_GAPS: f32 = 0.0;
const WORTH_LOOKING_ALONE: f32 = 6.0;
/// Look-ups that a page may cost, and more for each of its bytes: a page that is damaged all over costs 4 a
/// byte. What nothing but triggers is made of is left when they are used up, and reported.
const BUDGET_PER_PAGE: usize = 1_000_000;
const BUDGET_PER_BYTE: usize = 12;
/// More question marks than this in a row are literal; the longest torn row seen is 3.
const MOST_QUESTION_MARKS: usize = 3;
/// Candidates that an edit lists.
const LISTED: usize = 8;
/// Scores are divided by this before they become probabilities of fillings. With 1.3 nine in ten of those
/// called 0.99 to 0.999 were right, with 1.7 nearly all (docs/measurements.md).
const TEMPERATURE: f32 = 1.7;
/// The highest probability of a filling with a character that left no trace: how many there were is not in the bytes, so that
/// it is never certain. Of 3,163 that were called certain 5 were wrong, three of them of this kind (再审，经 for 再审，而经).
const TRACELESS: f32 = 0.998;
/// What stands for a character that is not filled in.
const GETA: char = '〓';

/// What the repair of one text found.
#[derive(Clone, Debug, Default)]
pub struct Spots {
    /// Edits over the text.
    pub edits: EditList,
    /// Spots that look damaged and were left.
    pub unresolved: Vec<Unresolved>,
}

/// Searches every spot of `text` that can be damage of the splice channel. `frequent` belongs to the model.
pub fn repair(
    text: &str,
    page: &mut Page,
    model: &Model,
    frequent: &OnceLock<Frequent>,
    options: &Options,
    html: bool,
) -> Spots {
    let mut run = Run {
        text,
        model,
        options,
        html,
        scorer: None,
        frequent,
        lookups: 0,
        done: 0,
        searched: 0,
        annotated: None,
        tail: String::new(),
        spots: Spots::default(),
    };
    for at in triggers(text, page) {
        if at >= run.done {
            run.visit(at, page);
        }
    }
    run.spots
}

/// Offsets where something may be damaged, in order: every `?`; on a spliced page every parenthesis and
/// every mark, too. A page without annotations is by far the most frequent, and `?` alone is found fast.
fn triggers<'t>(text: &'t str, page: &Page) -> Box<dyn Iterator<Item = usize> + 't> {
    if !page.is_spliced() {
        return Box::new(memchr::memchr_iter(b'?', text.as_bytes()));
    }
    let offsets = text
        .char_indices()
        .filter(|(_, c)| matches!(c, '?' | '(' | '（') || is_mark(*c));
    Box::new(offsets.map(|(at, _)| at))
}

struct Run<'r> {
    text: &'r str,
    model: &'r Model,
    options: &'r Options,
    html: bool,
    /// Made when the first spot needs it.
    scorer: Option<PageScorer<'r>>,
    frequent: &'r OnceLock<Frequent>,
    /// Look-ups in the language model so far.
    lookups: usize,
    /// Everything before this offset is decided.
    done: usize,
    /// Every `?` before this offset was part of a region whose best reading was not worth an edit; alone it
    /// gains no more.
    searched: usize,
    /// Where the last annotation ended, and the character that it stood behind.
    annotated: Option<(usize, char)>,
    /// The last repaired characters before `done`.
    tail: String,
    spots: Spots,
}

impl<'r> Run<'r> {
    fn visit(&mut self, at: usize, page: &mut Page) {
        let rest = &self.text[at..];
        match rest.chars().next() {
            Some('(' | '（') => self.annotation(at, page),
            Some('?') => {
                let row = rest.bytes().take_while(|byte| *byte == b'?').count();
                if row > MOST_QUESTION_MARKS
                    || self.is_crowded(at)
                    || !is_among_chinese(self.text, at)
                {
                    self.done = at + row;
                } else if at < self.searched {
                    // Weighed together with what stands before it.
                } else if residue(rest).is_some() || may_be_torn(rest) {
                    self.region(at, page, Effort::Usual);
                } else if page.is_damaged() && is_weird_after(self.model, self.text, at) {
                    self.region(at, page, Effort::Thorough);
                }
            }
            Some(_) if is_weird_after(self.model, self.text, at) => {
                self.region(at, page, Effort::Thorough)
            }
            _ => {}
        }
    }

    /// A whole annotation behind the character that it belongs to.
    fn annotation(&mut self, at: usize, page: &mut Page) {
        let Some(found) = annotation(&self.text[at..]) else {
            return;
        };
        // Directly behind a run the restored character counts, seen annotated elsewhere or not.
        let restored = if at == self.done {
            self.tail.chars().next_back()
        } else {
            None
        };
        // A second annotation stands behind the same character.
        let again = self.annotated.filter(|(end, _)| *end == at).map(|(_, c)| c);
        let Some(before) = restored
            .or(again)
            .or_else(|| self.text[..at].chars().next_back())
        else {
            return;
        };
        let straddles =
            is_of_letter(&self.text[self.done..at], &self.text[at..], found) && page.is_spliced();
        let accepted =
            page.accepts(before) || straddles || (restored.is_some() && page.is_spliced());
        if !accepted || !(straddles || readings::has_reading(before, found.syllable)) {
            if page.is_spliced() && is_kept_residue(before, found.syllable) {
                self.region(at, page, Effort::Usual);
            }
            return;
        }
        let confidence = page.confidence();
        let span = at..at + found.len;
        self.annotated = Some((span.end, before));
        if confidence >= self.options.min_confidence {
            self.push(Edit {
                span,
                new: "".into(),
                rule: Rule::Annotation,
                confidence,
                evidence: None,
            });
        } else {
            self.leave(
                span,
                Rule::Annotation,
                confidence,
                "too little on this page tells the annotation from a gloss",
                Vec::new(),
            );
        }
    }

    fn push(&mut self, edit: Edit) {
        if !self.options.ignore.contains(&edit.rule) {
            self.spots.edits.push(edit);
        }
    }

    fn leave(
        &mut self,
        span: Range<usize>,
        rule: Rule,
        confidence: f32,
        reason: &str,
        candidates: Vec<Candidate>,
    ) {
        if !self.options.ignore.contains(&rule) {
            self.spots.unresolved.push(Unresolved {
                span,
                rule,
                confidence,
                reason: reason.to_owned(),
                candidates,
            });
        }
    }

    /// What the model has read before `at`, and the last two bytes there.
    fn before(&self, at: usize, page: &Page) -> (Context, u16) {
        /// Characters of context that are read; the model looks two back.
        const CONTEXT: usize = 4;
        /// Bytes of the longest annotation.
        const ANNOTATION: usize = 24;
        let mut chars: Vec<char> = Vec::with_capacity(CONTEXT);
        let mut end = at;
        while chars.len() < CONTEXT && end > self.done {
            let before = &self.text[self.done..end];
            let near = before.ceil_char_boundary(before.len().saturating_sub(ANNOTATION));
            if let Some(open) = before[near..].rfind(['(', '（']).map(|open| near + open)
                && annotation(&before[open..]).is_some_and(|found| open + found.len == before.len())
                && before[..open]
                    .chars()
                    .next_back()
                    .is_some_and(|c| page.accepts(c))
            {
                end = self.done + open;
                continue;
            }
            let Some(c) = before.chars().next_back() else {
                break;
            };
            chars.push(c);
            end -= c.len_utf8();
        }
        if end <= self.done {
            chars.extend(self.tail.chars().rev());
        }
        chars.truncate(CONTEXT);
        let mut context = self.model.line_start();
        for c in chars.iter().rev() {
            context = self.model.advance(context, *c).0;
        }
        // `：?jiǎn)挝` is ：单位 (A3BA 86CE), for BA86 is 簡, and the fold came later.
        let last = chars
            .first()
            .and_then(|c| unfolded_mark(*c).or_else(|| cp936::encode(*c)))
            .map_or(0, u16::from_be_bytes);
        (context, last)
    }

    /// Whether a row of question marks is too long or too crowded to be torn bytes: at most three stand in one run.
    fn is_crowded(&self, at: usize) -> bool {
        /// Characters looked at, and question marks among them that no run has.
        const LOOKED_AT: usize = 24;
        const CROWD: usize = 8;
        self.text[at..]
            .chars()
            .take(LOOKED_AT)
            .filter(|c| *c == '?')
            .count()
            >= CROWD
    }

    fn region(&mut self, at: usize, page: &mut Page, effort: Effort) {
        let budget = BUDGET_PER_PAGE + BUDGET_PER_BYTE * self.text.len();
        if self.lookups > budget {
            return;
        }
        let (context, last_two) = self.before(at, page);
        // A `?` that is searched as usual shows what was torn.
        let shows_torn = self.text[at..].starts_with('?') && effort == Effort::Usual;
        let silent = (!shows_torn || page.is_silent()).then_some(at);
        let (model, text) = (self.model, self.text);
        page.learn_script(surroundings(text, at));
        let scorer = self.scorer.get_or_insert_with(|| {
            if page.is_damaged() {
                PageScorer::new(model, text)
            } else {
                PageScorer::plain(model)
            }
        });
        let frequent = self.frequent;
        let worth_looking = match page.is_damaged() {
            true => WORTH_LOOKING_FOR_GAPS,
            false => WORTH_LOOKING_ALONE,
        };
        let look = |effort| {
            let lattice = Splice::new(text, page, effort, silent);
            let mut outcome = search(&Cp936, &lattice, scorer, at, context, last_two);
            if gain(&outcome) > worth_looking
                && let Some(best) = outcome.repairs.first()
            {
                let gaps = Gaps {
                    automaton: &Cp936,
                    lattice: &lattice,
                    model,
                    scorer,
                    cost: DROPPED,
                    frequent,
                };
                let found = gaps.ways(best, context);
                outcome.repairs.splice(..1, found);
                outcome.repairs.sort_by(|a, b| b.score.total_cmp(&a.score));
            }
            outcome
        };
        let mut outcome = look(effort);
        let mut lookups = outcome.lookups;
        let doubtful = gain(&outcome) < SATISFYING_GAIN
            || outcome.repairs.first().is_some_and(|best| {
                is_odd(scorer, best, context)
                    || leaves_torn(text, best)
                    || is_weird_after(model, text, text.floor_char_boundary(outcome.end - 1))
            });
        if effort == Effort::Usual && doubtful {
            let characters = text[at..outcome.end].chars().count().max(1);
            if page.is_damaged() || outcome.same / (characters as f32) < GIBBERISH {
                let thorough = look(Effort::Thorough);
                lookups += thorough.lookups;
                // It has the same answer as a rule, and more rivals of it.
                if gain(&thorough) >= gain(&outcome) {
                    outcome = thorough;
                }
            }
        }
        let odd = outcome
            .repairs
            .first()
            .is_some_and(|best| is_odd(scorer, best, context));
        self.lookups += lookups;
        if self.lookups > budget {
            let reason = "too much of this page looks damaged; from here on it is left as it is";
            let end = self.text.ceil_char_boundary(at + 1);
            self.leave(at..end, Rule::Torn, WORTH_A_REPORT, reason, Vec::new());
        }
        self.decide(outcome, odd, page);
    }

    /// Turns what was found into edits; `odd` says that something in the best repair is hardly text.
    fn decide(&mut self, outcome: Outcome, odd: bool, page: &mut Page) {
        self.searched = self.searched.max(outcome.end);
        let Some(best) = outcome.repairs.first() else {
            return;
        };
        let gain = gain(&outcome);
        let even = if page.is_damaged() {
            EVEN_ON_DAMAGED_PAGE
        } else {
            EVEN_ALONE
        };
        let damage = 1.0 / (1.0 + (-(gain - even) * SLOPE).exp());
        if damage < WORTH_A_REPORT {
            return;
        }
        let stretches = stretches(best);
        let sure = damage >= self.options.min_confidence;
        for stretch in stretches {
            let arcs = &best.arcs[stretch.clone()];
            let span = arcs[0].from..arcs[arcs.len() - 1].to;
            let candidates = candidates(&outcome.repairs, best, &stretch, &span);
            // Without a lost byte there is one reading, unless bytes may have been dropped.
            let lost = candidates.len() > 1 || arcs.iter().any(|arc| arc.lost != 0);
            let first = candidates
                .first()
                .map_or(1.0, |candidate| candidate.probability);
            // Where lone bytes vanish, what stands before may be shifted without a sign.
            let silent = arcs[0].kind == Kind::Residue && !self.text[span.clone()].starts_with('?');
            let doubtful = odd || silent || arcs.iter().any(is_traceless);
            let fill = match lost {
                true if doubtful => first.min(TRACELESS),
                true => first,
                false if doubtful => TRACELESS,
                false => 1.0,
            };
            let rule = if arcs.iter().all(|arc| arc.kind == Kind::Annotation) {
                Rule::Annotation
            } else {
                Rule::Torn
            };
            let replay = replays(self.text, arcs);
            if !sure {
                self.leave(
                    span,
                    rule,
                    damage,
                    "the evidence is too thin to change the text",
                    candidates,
                );
                continue;
            }
            if self.options.fill == Fill::Certain && fill < GUESS_BELOW {
                self.leave(
                    span,
                    rule,
                    damage,
                    "damaged for sure, but the lost character is a guess",
                    candidates,
                );
                continue;
            }
            page.torn += u32::from(rule == Rule::Torn);
            page.silent += u32::from(
                arcs.iter()
                    .any(|arc| arc.kind == Kind::Torn && arc.bytes.len() > 1),
            );
            let evidence = Evidence {
                bytes: byte_view(arcs),
                damage,
                fill,
                gain,
                replay,
                candidates: if lost { candidates } else { Vec::new() },
                ..Evidence::default()
            };
            self.write(arcs, span, rule, evidence);
        }
        if sure {
            self.done = best
                .arcs
                .last()
                .map_or(outcome.end, |arc| arc.to.max(outcome.end));
            self.tail = last_characters(&best.text());
        }
    }

    /// The edit (or two, where markup is left over) for one stretch.
    fn write(&mut self, arcs: &[Taken], mut span: Range<usize>, rule: Rule, evidence: Evidence) {
        let guess = evidence.fill < GUESS_BELOW;
        let mut new: String = arcs.iter().map(|arc| arc.text.as_str()).collect();
        if self.options.fill == Fill::Mark && guess {
            new = mark_lost(arcs);
        }
        let mut left_over = None;
        if !self.html && new.ends_with('<') {
            let end = self.text[span.end..]
                .find('>')
                .map_or(span.end, |close| span.end + close + 1);
            let is_break = self.text[span.end..end].starts_with("br");
            let at_line_end =
                self.text[end..].is_empty() || self.text[end..].starts_with(['\n', '\r']);
            new.pop();
            left_over = Some((
                span.end..end,
                if is_break && !at_line_end { "\n" } else { "" },
            ));
        }
        let old = &self.text[span.clone()];
        // Ends that differ only by a fold are for the punctuation stage to decide.
        let mut kept = new.as_str();
        while let (Some(a), Some(b)) = (
            kept.chars().next_back(),
            self.text[span.clone()].chars().next_back(),
        ) && folded(a) == folded(b)
            && span.len() > b.len_utf8()
        {
            kept = &kept[..kept.len() - a.len_utf8()];
            span.end -= b.len_utf8();
        }
        if old == new {
            return;
        }
        let confidence = evidence.damage;
        self.push(Edit {
            span,
            new: kept.into(),
            rule,
            confidence,
            evidence: Some(Box::new(evidence)),
        });
        if let Some((span, new)) = left_over
            && !span.is_empty()
        {
            self.push(Edit {
                span,
                new: new.into(),
                rule: Rule::MarkupResidue,
                confidence,
                evidence: None,
            });
        }
    }
}

/// Whether some character of a shifted run is so unlikely that bytes may be missing before it.
fn is_odd(scorer: &PageScorer<'_>, path: &Path, mut context: Context) -> bool {
    let mut shifted = false;
    path.arcs.iter().any(|arc| {
        shifted |= arc.pending;
        let mut odd = false;
        for c in arc.text.chars() {
            let (next, nats) = scorer.read(context, c);
            context = next;
            odd |= nats < ODD && shifted && arc.lost == 0;
        }
        shifted = arc.pending;
        odd
    })
}

/// Whether the decoder dropped both bytes of a character, so that nothing on the page shows that it was there.
fn is_traceless(arc: &Taken) -> bool {
    arc.kind == Kind::Vanished || arc.kind == Kind::Residue && arc.lost & 1 != 0
}

/// Whether the best way leaves a `?` as it is that may be torn too: bytes are missing behind it that only the thorough search
/// puts in.
fn leaves_torn(text: &str, path: &Path) -> bool {
    let mut same = path.arcs.iter().filter(|arc| arc.kind == Kind::Same);
    same.any(|arc| {
        let rest = &text[arc.from..];
        rest.starts_with('?') && may_be_torn(rest)
    })
}

/// Whether the annotation at the start of `rest` is that of the end of one character and the ASCII letter behind it, amid a
/// word: `“l(fā)ambda”` is “lambda” (A1B0 6C), for B06C is 發.
fn is_of_letter(before: &str, rest: &str, found: Annotation<'_>) -> bool {
    let mut chars = before.chars().rev();
    let (Some(letter), Some(left)) = (chars.next(), chars.next()) else {
        return false;
    };
    letter.is_ascii_alphabetic()
        && rest[found.len..].starts_with(|c: char| c.is_ascii_alphanumeric())
        && cp936::encode(left)
            .and_then(|[_, trail]| cp936::decode(trail, letter as u8))
            .is_some_and(|c| {
                readings::annotated_prior(c).is_some() && readings::has_reading(c, found.syllable)
            })
}

/// Whether Chinese stands near: a `?` of a regular expression in an English file is no torn byte.
fn is_among_chinese(text: &str, at: usize) -> bool {
    /// Bytes on each side; an annotation has 12.
    const NEAR: usize = 48;
    let from = text.floor_char_boundary(at.saturating_sub(NEAR));
    let to = text.ceil_char_boundary((at + NEAR).min(text.len()));
    text[from..to]
        .chars()
        .any(|c| matches!(c, '\u{3000}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}'))
}

/// Whether what follows the character at `at` is so unlikely that bytes may have been shifted there.
fn is_weird_after(model: &Model, text: &str, at: usize) -> bool {
    /// Characters looked at, and nats they cost on average: below the silent runs of the excerpts, set by
    /// hand. What passes is only searched, not changed.
    const LOOKED_AT: usize = 3;
    const NATS: f32 = -9.0;
    let mut chars = text[at..].chars();
    let Some(mark) = chars.next() else {
        return false;
    };
    let (mut context, _) = model.advance(model.line_start(), mark);
    let mut total = 0.0;
    let mut count = 0;
    for c in chars.take(LOOKED_AT) {
        if c < '@' {
            return false;
        }
        if c.is_ascii() {
            // 。现 in a shifted run is `，F(xiàn)`, 。县 is `?h`.
            if count == 0 {
                let rest = &text[at + mark.len_utf8() + 1..];
                return ends_run(c, rest) && (mark == '?' || annotation(rest).is_some());
            }
            break;
        }
        let (next, nats) = model.advance(context, c);
        context = next;
        total += nats;
        count += 1;
    }
    count > 0 && total < NATS * count as f32
}

/// The text around an offset, enough to tell its script.
fn surroundings(text: &str, at: usize) -> &str {
    /// Bytes on each side.
    const FAR: usize = 32 * 1024;
    &text[text.floor_char_boundary(at.saturating_sub(FAR))..text.ceil_char_boundary(at + FAR)]
}

fn gain(outcome: &Outcome) -> f32 {
    outcome
        .repairs
        .first()
        .map_or(f32::NEG_INFINITY, |best| best.score - outcome.same)
}

/// The stretches of a path that are not the text as it stands, as ranges of arcs.
fn stretches(path: &Path) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (i, arc) in path.arcs.iter().enumerate() {
        if arc.kind != Kind::Same || arc.pending {
            start.get_or_insert(i);
        }
        if !arc.pending
            && let Some(from) = start
        {
            let next_is_plain = path
                .arcs
                .get(i + 1)
                .is_none_or(|next| next.kind == Kind::Same && !next.pending);
            let waits_for_mark = arc.kind == Kind::Torn;
            if next_is_plain
                && !(waits_for_mark && path.arcs.get(i + 1).is_some_and(|next| next.pending))
            {
                found.push(from..i + 1);
                start = None;
            }
        }
    }
    found
}

/// The ways to read one stretch, best first, with probabilities.
fn candidates(
    repairs: &[Path],
    best: &Path,
    stretch: &Range<usize>,
    span: &Range<usize>,
) -> Vec<Candidate> {
    let mut found: Vec<(String, f32)> = Vec::new();
    let mut total = 0.0;
    for path in repairs {
        let weight = ((path.score - best.score) / TEMPERATURE).exp();
        total += weight;
        let Some(text) = text_between(path, span) else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, sum)) => *sum += weight,
            None => found.push((text, weight)),
        }
    }
    let best_text: String = best.arcs[stretch.clone()]
        .iter()
        .map(|arc| arc.text.as_str())
        .collect();
    found.sort_by(|a, b| {
        (b.0 == best_text)
            .cmp(&(a.0 == best_text))
            .then(b.1.total_cmp(&a.1))
    });
    let first = found.first().map_or(1.0, |(_, weight)| *weight);
    found
        .into_iter()
        .take(LISTED)
        .map(|(text, weight)| Candidate {
            text,
            probability: weight / total,
            behind: (first / weight).ln().max(0.0) * TEMPERATURE,
        })
        .collect()
}

/// What a path puts in place of a span, if its arcs meet the span's ends.
fn text_between(path: &Path, span: &Range<usize>) -> Option<String> {
    let from = path.arcs.iter().position(|arc| arc.from == span.start)?;
    let to = path.arcs.iter().position(|arc| arc.to == span.end)?;
    (from <= to).then(|| {
        path.arcs[from..=to]
            .iter()
            .map(|arc| arc.text.as_str())
            .collect()
    })
}

/// The text of some arcs with 〓 for every character that has a lost byte.
fn mark_lost(arcs: &[Taken]) -> String {
    let mut marked = String::new();
    let mut open: Option<bool> = None;
    for arc in arcs {
        let mut text = arc.text.chars();
        for (i, byte) in arc.bytes.iter().enumerate() {
            let lost = arc.lost & (1 << i) != 0;
            match open.take() {
                None if *byte >= 0x80 => open = Some(lost),
                before => {
                    let whole = text.next().unwrap_or(GETA);
                    marked.push(if lost || before == Some(true) {
                        GETA
                    } else {
                        whole
                    });
                }
            }
        }
        // What is passed on as it is, and eaten markup.
        marked.extend(text);
    }
    marked
}

/// The restored bytes, lost ones in parentheses.
fn byte_view(arcs: &[Taken]) -> String {
    let mut view = String::new();
    for arc in arcs {
        for (i, byte) in arc.bytes.iter().enumerate() {
            if !view.is_empty() {
                view.push(' ');
            }
            if arc.lost & (1 << i) == 0 {
                view.push_str(&format!("{byte:02X}"));
            } else {
                view.push_str(&format!("({byte:02X})"));
            }
        }
    }
    view
}

/// Whether the channel, run forwards over the restored bytes, shows exactly the damaged text.
fn replays(text: &str, arcs: &[Taken]) -> bool {
    let damaged = &text[arcs[0].from..arcs[arcs.len() - 1].to];
    [LoneByte::QuestionMark, LoneByte::Nothing]
        .into_iter()
        .any(|lone| {
            let mut elements = Vec::new();
            for arc in arcs {
                match arc.kind {
                    Kind::Torn => {
                        elements.push(Element::Byte(arc.bytes[0]));
                        elements.push(Element::Insert(Insert::Noise));
                        elements.extend(arc.bytes[1..].iter().map(|byte| Element::Byte(*byte)));
                    }
                    Kind::Annotation | Kind::Residue => {
                        elements.extend(arc.bytes.iter().map(|byte| Element::Byte(*byte)));
                        let shown = &text[arc.from..arc.to];
                        let inside = shown
                            .trim_start_matches(['?', '(', '（'])
                            .trim_end_matches([')', '）']);
                        elements.push(Element::Insert(Insert::Annotation(inside.to_owned())));
                    }
                    _ => elements.extend(arc.bytes.iter().map(|byte| Element::Byte(*byte))),
                }
            }
            show(&elements, lone, false)
                .chars()
                .map(folded)
                .eq(damaged.chars().map(folded))
        })
}

fn last_characters(text: &str) -> String {
    let mut last: Vec<char> = text.chars().rev().take(4).collect();
    last.reverse();
    last.into_iter().collect()
}
