//! The splice channel: pinyin and noise put into the bytes of a GBK page by replacement that does not
//! look at character boundaries.
//!
//! What such a page shows, and what it stands for in bytes:
//!
//! | shown | bytes | name |
//! |---|---|---|
//! | `會(huì )` | 95 FE | annotation |
//! | `周?chē)` + lost trail | D6 DC 87 .. | residue: the parenthesis was eaten by the byte 87, for DC 87 is 車 |
//! | `?！稕Q` | .. A3 A1 B6 9B 51 | torn: noise before A3 A1, which straddled 。and 《 |
//! | `！?/p>` | A3 A1 .. 3C | eaten: a lone lead byte swallowed `<` |
//! | `酶啵` | C3 B8 (FC B6) E0 A3 | vanished: a pair without a character was dropped |
//!
//! [`Splice`] is the lattice of a page, [`transmit`](transmit::transmit) the channel run forwards.

pub mod transmit;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::codec::cp936;
use crate::damage::annotation::{annotation, residue};
use crate::damage::page::{Page, PageScript};
use crate::damage::readings;
use crate::script;

use super::super::lattice::{Arc, Byte, Kind, Lattice, MOST_CHOICES};

/// The six marks before which noise is put, in the order of the passes: ， 。 、 ！ ？ ； in code page 936. `，` goes before `。`,
/// for 敗， (94A1 A3AC) stays whole on real pages, and `。` before `！`, for both break in 。”; of the others nothing is known.
pub const MARKS: [u16; 6] = [0xA3AC, 0xA1A3, 0xA1A2, 0xA3A1, 0xA3BF, 0xA3BB];

/// Costs in nats. They are not probabilities of events on a page but of one reading against another;
/// found by hand on the excerpts and held against simulated damage (docs/measurements.md).
mod cost {
    /// A torn byte: noise fires at 2 of 3 marks, but `?` before a mark is also honest punctuation.
    pub(super) const TORN: f32 = 3.0;
    /// A second one behind it, on a page where noise fires.
    pub(super) const TORN_AGAIN: f32 = 0.4;
    /// A torn byte before another one and `！` or `；`, which nobody writes so: with -1 病； passes 0.95 on a damaged page.
    pub(super) const TORN_APART: f32 = -1.0;
    /// A torn byte whose `?` does not show.
    pub(super) const TORN_SILENTLY: f32 = 9.0;
    /// A residue whose character is annotated on the page, is one that real pages annotate, is neither.
    pub(super) const RESIDUE_ON_PAGE: f32 = 0.0;
    pub(super) const RESIDUE_LISTED: f32 = 1.5;
    pub(super) const RESIDUE_ANY: f32 = 3.5;
    /// The annotated character itself is gone, and why is not known: three cases in 200 excerpts.
    pub(super) const WHOLE_CHARACTER: f32 = 8.0;
    /// An annotation behind two bytes that straddle characters, whose parenthesis was not eaten.
    pub(super) const KEPT_PARENTHESIS: f32 = 4.0;
    /// An annotation on a page that is not known to be annotated.
    pub(super) const STRANGE_ANNOTATION: f32 = 6.0;
    /// An eaten ASCII character, by how well it fits what follows.
    /// A tag or entity without its first character speaks for damage by itself.
    pub(super) const EATEN_MARKUP: f32 = -5.0;
    pub(super) const EATEN_FITTING: f32 = 2.0;
    pub(super) const EATEN_OTHER: f32 = 5.0;
    /// What a bracket that closes and was never opened is worth against `[`, which is rare.
    pub(super) const UNMATCHED_BRACKET: f32 = 12.0;
    /// A lone lead byte at the end of a line.
    pub(super) const LINE_END: f32 = 3.0;
    /// A lone lead byte that vanished before an ASCII character.
    pub(super) const VANISHED_BEFORE_ASCII: f32 = 3.0;
    /// A letter or digit that is the folded form of a fullwidth one, inside a run.
    pub(super) const FOLDED_LETTER: f32 = 1.0;
    /// An annotated character without its annotation: never seen outside damaged runs.
    pub(super) const OWED: f32 = 7.0;
    /// A fullwidth letter, digit or sign in the original.
    pub(super) const FULLWIDTH_LETTER: f32 = 6.0;
    /// A wide space amid text.
    pub(super) const WIDE_SPACE: f32 = 14.0;
    /// A character that the page's one-to-one conversion cannot have left behind.
    pub(super) const WRONG_SCRIPT: f32 = 4.0;
}

/// What a dropped pair costs, in nats.
pub const DROPPED: f32 = 0.0;

/// How many hypotheses, best first, try the arcs with unknown bytes. A second hole directly behind a
/// first has nothing to its left that would tell the fillings of the first apart.
mod tries {
    pub(super) const TORN: u16 = 16;
    pub(super) const EATEN: u16 = 4;
    pub(super) const DROPPED: u16 = 2;
}

/// Lead bytes of pairs without a character in code page 936, and all trail bytes.
const DROPPED_LEAD: Byte = Byte::LostIn(&[(0xA1, 0xAF), (0xD7, 0xD7), (0xF8, 0xFE)]);
const DASH: Byte = Byte::LostIn(&[(0xAA, 0xAA)]);
const DROPPED_TRAIL: Byte = Byte::LostIn(&[(0x40, 0x7E), (0x80, 0xFE)]);

/// Mark the offset of an annotation among the numbers of `Arc::behind`, whose character the page
/// annotates or does not; the other numbers are pairs.
const ON_PAGE: u32 = 1 << 31;
const ANYWHERE: u32 = 1 << 30;

/// How far the search may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// What nearly all damaged spots need.
    Usual,
    /// Also dropped pairs, folded letters and silent tears, which cost time.
    Thorough,
}

/// The bytes of a damaged page with all their alternatives.
#[derive(Clone, Copy, Debug)]
pub struct Splice<'p> {
    text: &'p str,
    page: &'p Page,
    script: PageScript,
    effort: Effort,
    silent: Option<usize>,
}

impl<'p> Splice<'p> {
    /// The lattice of `text`, read with what is known about its page. With `silent`, a byte may be torn
    /// at that offset, and inside a run, without a `?` to show for it.
    pub fn new(text: &'p str, page: &'p Page, effort: Effort, silent: Option<usize>) -> Self {
        Splice {
            text,
            page,
            script: page.script(),
            effort,
            silent,
        }
    }

    fn question_mark(&self, at: usize, arcs: &mut Vec<Arc>) {
        let rest = &self.text[at + 1..];
        let to = at + 1;
        if let Some(found) = residue(&self.text[at..]) {
            let to = at + found.len;
            for &pair in pairs_with_reading(found.syllable) {
                let [lead, trail] = pair.to_be_bytes();
                if !cp936::is_lead(trail) {
                    // It would have shown as itself and eaten nothing.
                    continue;
                }
                let cost = self.residue_cost(pair);
                let mut arc = Arc::damage(to, &[Byte::Is(trail)], Kind::Residue, cost);
                arc.behind = Some(u32::from(pair));
                arcs.push(arc);
                let whole = cost + cost::WHOLE_CHARACTER;
                let mut arc =
                    Arc::damage(to, &[Byte::Is(lead), Byte::Is(trail)], Kind::Residue, whole);
                arc.behind = Some(u32::from(pair));
                arcs.push(arc);
                // The annotated character stands there whole, but its lead byte made a pair with the byte
                // before it that no decoder shows: ，當 is A3 AC AE 94, and ACAE is dropped.
                if cost < cost::RESIDUE_ANY {
                    let dropped = [DROPPED_LEAD, Byte::Is(lead), Byte::Is(trail)];
                    let mut arc = Arc::damage(to, &dropped, Kind::Residue, cost + DROPPED)
                        .tried_on(tries::DROPPED);
                    arc.behind = Some(u32::from(pair));
                    arc.inside = true;
                    arc.last_resort = true;
                    arc.dropped = 2;
                    arcs.push(arc);
                }
            }
        }
        let before_question_mark = self.text[..at].ends_with(['?', ',']);
        if before_question_mark {
            arcs.push(Arc {
                kind: Kind::Form,
                inside: true,
                ..Arc::same(to, &[0xA3, 0xBF])
            });
        }
        let next = rest.chars().next();
        if next.is_some_and(|c| is_mark(c) || c == '?') {
            let cost = if before_question_mark {
                cost::TORN_AGAIN
            } else if is_torn_apart(&self.text[at..]) {
                cost::TORN_APART
            } else {
                cost::TORN
            };
            let arc = Arc::damage(to, &[Byte::Lost], Kind::Torn, cost).tried_on(tries::TORN);
            arcs.push(Arc {
                before_mark: true,
                ..arc
            });
        }
        match next {
            None | Some('\n' | '\r') => {
                arcs.push(Arc {
                    inside: true,
                    ..Arc::damage(to, &[Byte::Lost], Kind::Eaten, cost::LINE_END)
                });
            }
            Some(_) => {}
        }
        match eaten_before(self.text, to) {
            Eaten::Markup(c) => {
                let arc = Arc::damage(to, &[Byte::Lost], Kind::Eaten, cost::EATEN_MARKUP)
                    .tried_on(tries::EATEN);
                arcs.push(Arc {
                    inside: true,
                    markup: Some(c),
                    ..arc
                });
            }
            Eaten::One(choices) => {
                let arc = Arc::damage(to, &[Byte::Lost, Byte::Choice], Kind::Eaten, 0.0)
                    .tried_on(tries::EATEN);
                arcs.push(Arc {
                    inside: true,
                    choices,
                    ..arc
                });
                if rest.starts_with(']') {
                    // An unmatched bracket was opened: ［１] with A3DB before the digit.
                    let open = [Byte::LostIn(&[(0xDB, 0xDB)]), Byte::Choice];
                    let arc = Arc::damage(to, &open, Kind::Eaten, -cost::UNMATCHED_BRACKET)
                        .tried_on(tries::TORN);
                    arcs.push(Arc {
                        inside: true,
                        choices,
                        ..arc
                    });
                }
            }
        }
    }

    fn residue_cost(&self, pair: u16) -> f32 {
        let [lead, trail] = pair.to_be_bytes();
        if self.page.annotates(pair) {
            cost::RESIDUE_ON_PAGE
        } else if cp936::decode(lead, trail)
            .and_then(readings::annotated_prior)
            .is_some()
        {
            cost::RESIDUE_LISTED
        } else {
            cost::RESIDUE_ANY
        }
    }

    fn parenthesis(&self, at: usize, arcs: &mut Vec<Arc>) {
        let Some(found) = annotation(&self.text[at..]) else {
            return;
        };
        let to = at + found.len;
        let arc = Arc {
            kind: Kind::Annotation,
            ..Arc::same(to, &[])
        };
        arcs.push(Arc {
            behind: Some(ON_PAGE | at as u32),
            ..arc
        });
        let (behind, cost) = (Some(ANYWHERE | at as u32), cost::STRANGE_ANNOTATION);
        arcs.push(Arc {
            behind,
            cost,
            opens: true,
            ..arc
        });
        if self.effort == Effort::Thorough || self.silent.is_some() {
            let kept = match self.page.is_silent() {
                true => 0.0,
                false => cost::KEPT_PARENTHESIS,
            };
            for &pair in pairs_with_reading(found.syllable) {
                let cost = self.residue_cost(pair) + kept;
                let mut arc = Arc::damage(to, &[Byte::Is(pair as u8)], Kind::Residue, cost);
                arc.behind = Some(u32::from(pair));
                arc.inside = self.silent != Some(at);
                arcs.push(arc);
            }
        }
    }

    /// A mark or letter in the form it had before the fold, where a run needs its bytes.
    fn unfolded(&self, c: char, to: usize, arcs: &mut Vec<Arc>) {
        let cost = match c {
            _ if unfolded_mark(c).is_some() => 0.0,
            '!'..='~' if self.effort == Effort::Thorough => cost::FOLDED_LETTER,
            _ => return,
        };
        arcs.push(Arc {
            kind: Kind::Form,
            inside: true,
            cost,
            ..Arc::same(to, &[0xA3, c as u8 | 0x80])
        });
    }

    fn silent_tear(&self, bytes: [u8; 2], at: usize, to: usize, arcs: &mut Vec<Arc>) {
        if let Some(start) = self.silent
            && MARKS.contains(&u16::from_be_bytes(bytes))
        {
            let bytes = [Byte::Lost, Byte::Is(bytes[0]), Byte::Is(bytes[1])];
            let cost = match self.page.is_silent() {
                true => cost::TORN,
                false => cost::TORN_SILENTLY,
            };
            let arc = Arc::damage(to, &bytes, Kind::Torn, cost).tried_on(tries::TORN);
            arcs.push(Arc {
                inside: at != start,
                ..arc
            });
        }
    }

    fn vanished(&self, bytes: &[u8], to: usize, arcs: &mut Vec<Arc>) {
        if self.effort < Effort::Thorough {
            return;
        }
        let shown = bytes.iter().map(|byte| Byte::Is(*byte));
        let one: Vec<Byte> = [DROPPED_LEAD, DROPPED_TRAIL]
            .into_iter()
            .chain(shown.clone())
            .collect();
        let arc = Arc::damage(to, &one, Kind::Vanished, DROPPED).tried_on(tries::DROPPED);
        arcs.push(Arc {
            inside: true,
            last_resort: true,
            dropped: 2,
            ..arc
        });
        // Two in a row are nearly always —— (A1AA A1AA): 校——中 drops AAA1 and AAD6.
        let two: Vec<Byte> = [DASH, Byte::Is(0xA1), DASH, DROPPED_TRAIL]
            .into_iter()
            .chain(shown)
            .collect();
        let cost = DROPPED + 1.0;
        let arc = Arc::damage(to, &two, Kind::Vanished, cost).tried_on(tries::DROPPED);
        arcs.push(Arc {
            inside: true,
            last_resort: true,
            dropped: 4,
            ..arc
        });
    }
}

impl Lattice for Splice<'_> {
    fn end(&self) -> usize {
        self.text.len()
    }

    fn arcs(&self, at: usize, arcs: &mut Vec<Arc>) {
        let Some(c) = self.text[at..].chars().next() else {
            return;
        };
        let to = at + c.len_utf8();
        match c {
            '?' => self.question_mark(at, arcs),
            '(' | '（' => self.parenthesis(at, arcs),
            _ => {}
        }
        if c.is_ascii() {
            arcs.push(Arc::same(to, &[c as u8]));
            if c != '?' {
                self.unfolded(c, to, arcs);
            }
            if c >= '@' {
                self.vanished(&[c as u8], to, arcs);
            } else if self.silent.is_some() && !is_mark(c) {
                // A lone lead byte before what is no trail byte vanishes where none shows: `因(yàn) F` is 因為 F.
                let arc = Arc::damage(
                    to,
                    &[Byte::Lost, Byte::Is(c as u8)],
                    Kind::Eaten,
                    cost::VANISHED_BEFORE_ASCII,
                )
                .tried_on(tries::EATEN);
                arcs.push(Arc {
                    inside: true,
                    ..arc
                });
            }
            if let Some(bytes) = unfolded_mark(c) {
                self.silent_tear(bytes, at, to, arcs);
            }
        } else if let Some(bytes) = cp936::encode(c) {
            arcs.push(Arc::same(to, &bytes));
            self.silent_tear(bytes, at, to, arcs);
            self.vanished(&bytes, to, arcs);
        } else {
            arcs.push(Arc {
                literal: Some(c),
                ..Arc::same(to, &[])
            });
            if c == '€' {
                arcs.push(Arc {
                    inside: true,
                    kind: Kind::Form,
                    ..Arc::same(to, &[0x80])
                });
            }
        }
    }

    fn allows(&self, number: u32, pair: u16) -> bool {
        if number & (ON_PAGE | ANYWHERE) == 0 {
            return number == u32::from(pair);
        }
        if (number & ON_PAGE != 0) != self.page.annotates(pair) {
            return false;
        }
        let at = (number & !(ON_PAGE | ANYWHERE)) as usize;
        let [lead, trail] = pair.to_be_bytes();
        match (annotation(&self.text[at..]), cp936::decode(lead, trail)) {
            (Some(found), Some(c)) => readings::has_reading(c, found.syllable),
            _ => false,
        }
    }

    fn is_dropped(&self, pair: u16) -> bool {
        let [lead, trail] = pair.to_be_bytes();
        cp936::is_lead(lead) && cp936::is_trail(trail) && cp936::decode(lead, trail).is_none()
    }

    fn marks(&self) -> &[u16] {
        &MARKS
    }

    fn owed(&self, pair: u16) -> f32 {
        if self.page.annotates(pair) {
            cost::OWED
        } else {
            0.0
        }
    }

    fn oddity(&self, c: char) -> f32 {
        if c == '\u{3000}' {
            // The model passes over white space, so it must cost here what a rare mark costs.
            return cost::WIDE_SPACE;
        }
        if matches!(c, '！'..='～') && is_folded_form(c) != c {
            return cost::FULLWIDTH_LETTER;
        }
        let odd = match self.script {
            // The site's one-to-one table made this text, so only what that table gives can stand in it.
            PageScript::Traditional => script::site_traditional(script::simplified(c)) != c,
            PageScript::Simplified => script::is_traditional_only(c),
            PageScript::Open => false,
        };
        if odd { cost::WRONG_SCRIPT } else { 0.0 }
    }
}

/// Whether `c` is one of the six marks, as it stands or folded to ASCII.
pub(crate) fn is_mark(c: char) -> bool {
    matches!(
        c,
        '。' | '，' | '、' | '！' | '？' | '；' | ',' | '!' | '?' | ';'
    )
}

/// The character that the language model reads for `c`: a fullwidth letter, digit or sign is an ASCII one.
pub(crate) fn is_folded_form(c: char) -> char {
    match c {
        '！' | '（' | '）' | '，' | '：' | '；' | '？' => c,
        '！'..='～' => transmit::folded(c),
        _ => c,
    }
}

/// Whether the `?` at the start of `rest` stands before a mark and then a character that can be shifted.
pub(crate) fn may_be_torn(rest: &str) -> bool {
    let questions = rest.bytes().take_while(|byte| *byte == b'?').count();
    let mut chars = rest[questions..].chars();
    let can_be_shifted = |c: char| c == '?' || (!c.is_ascii() && cp936::encode(c).is_some());
    match chars.next() {
        Some(_) if is_torn_apart(rest) => true,
        // `?，F在`: the trail byte of 現 ends the run at once.
        Some(c) if is_mark(c) => chars
            .next()
            .is_some_and(|c| can_be_shifted(c) || ends_run(c, chars.as_str())),
        // `??h級`: the second one is the mark ？ itself.
        Some(c) => questions > 1 && (can_be_shifted(c) || ends_run(c, chars.as_str())),
        None => false,
    }
}

/// Whether an annotation behind `before` is that of a pair of bytes which straddles the end of `before` and a lead byte that
/// does not show: `因(yàn)` is 因為 (D2F2 9E E9), for F29E is 驗. The parenthesis stays where lone lead bytes vanish.
pub(crate) fn is_kept_residue(before: char, syllable: &str) -> bool {
    let Some([_, end]) = cp936::encode(before) else {
        return false;
    };
    !readings::has_reading(before, syllable)
        && pairs_with_reading(syllable).iter().any(|pair| {
            let [lead, trail] = pair.to_be_bytes();
            lead == end
                && cp936::is_lead(trail)
                && cp936::decode(lead, trail)
                    .and_then(readings::annotated_prior)
                    .is_some()
        })
}

/// Whether `rest` begins with `??！` or `??；`: `失??！` is 失敗！ with both bytes of 敗 torn off (94 A1 A3A1), and nothing is shifted
/// behind it.
fn is_torn_apart(rest: &str) -> bool {
    rest.strip_prefix("??")
        .is_some_and(|rest| rest.starts_with(['！', '!', '；', ';']))
}

/// The bytes that an ASCII mark had before the fold, if it is one of those that Chinese text has in fullwidth.
pub(crate) fn unfolded_mark(c: char) -> Option<[u8; 2]> {
    matches!(c, ',' | '!' | ';' | ':' | '(' | ')' | '?').then_some([0xA3, c as u8 | 0x80])
}

/// Whether `c` can be the trail byte that ends a run at once, as `F` in `F在` or `F(xiàn)在`.
pub(crate) fn ends_run(c: char, rest: &str) -> bool {
    matches!(c, '@'..='~') && rest.starts_with(|next: char| next == '(' || !next.is_ascii())
}

/// What a lone lead byte ate.
#[derive(Debug, PartialEq)]
enum Eaten {
    /// The first character of a tag or an entity, which the rest of it proves.
    Markup(char),
    /// One of these ASCII characters, with what each costs.
    One([(u8, f32); MOST_CHOICES]),
}

/// What the lone lead byte before `text[to..]` may have eaten.
fn eaten_before(text: &str, to: usize) -> Eaten {
    use cost::{EATEN_FITTING, EATEN_OTHER};
    let rest = &text[to..];
    let head: String = rest.chars().take(24).collect();
    if is_tag_rest(&head) {
        return Eaten::Markup('<');
    }
    if is_entity_rest(&head) {
        return Eaten::Markup('&');
    }
    let next = head.chars().next().unwrap_or('\n');
    let fits = |fitting: bool| if fitting { EATEN_FITTING } else { EATEN_OTHER };
    let number =
        fits(next.is_ascii_digit() || matches!(next, ']' | '］' | '.' | '%' | '年' | '月' | '日'));
    let expected = if matches!(next, ']' | '］') {
        citation(text, to)
    } else {
        None
    };
    let mut choices = [(0, 0.0); MOST_CHOICES];
    for digit in 0..10_u8 {
        let rank = match expected {
            Some(expected) if digit == expected => 0.1,
            Some(_) => 4.0,
            // The digit itself is not in the bytes; small ones are more frequent (Benford's law).
            None if digit == 0 => 2.3,
            None => -(1.0 + 1.0 / f32::from(digit)).log10().ln() - 1.2,
        };
        choices[usize::from(digit)] = (b'0' + digit, number + rank);
    }
    // The model passes over spaces, and Chinese has few.
    choices[10] = (b' ', fits(next.is_ascii_alphabetic()) + 2.0);
    let first_bracket = head.find(['(', '（', ')', '）']);
    let closes = |at: usize| head[at..].starts_with([')', '）']);
    choices[11] = (b'(', fits(first_bracket.is_some_and(closes)));
    choices[12] = (b'"', EATEN_OTHER);
    choices[13] = (b'\n', EATEN_OTHER - 1.0);
    Eaten::One(choices)
}

/// The number that a citation `[n]` has whose `n` was eaten: one more than the one before it, where
/// those before it that were eaten too are counted.
fn citation(text: &str, to: usize) -> Option<u8> {
    /// How far back the citation before is looked for, in bytes.
    const FAR: usize = 4096;
    let start = (to.saturating_sub(FAR)..to).find(|at| text.is_char_boundary(*at))?;
    let before = &text[start..to - 1];
    let mut eaten = 0_u32;
    let mut last = 0_u32;
    for close in memchr::memrchr_iter(b']', before.as_bytes()) {
        let inside = &before[..close];
        if inside.ends_with('?') {
            eaten += 1;
            continue;
        }
        let digits = inside.bytes().rev().take_while(u8::is_ascii_digit).count();
        last = inside[close - digits..].parse().ok()?;
        if !inside[..close - digits].ends_with('[') {
            return None;
        }
        break;
    }
    let next = last.checked_add(eaten)?.checked_add(1)?;
    u8::try_from(next).ok().filter(|next| *next <= 9)
}

/// What is left of a tag without its `<`: `/p>`, `br/>`, `strong>`, `img src=..`.
fn is_tag_rest(head: &str) -> bool {
    let name = head.strip_prefix('/').unwrap_or(head);
    let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if length == 0 || length > 10 || !name.as_bytes()[0].is_ascii_lowercase() {
        return false;
    }
    let after = &name[length..];
    after.starts_with('>')
        || after.starts_with("/>")
        || after.starts_with(" />")
        || (after.starts_with(' ') && after.contains('='))
}

/// What is left of an entity without its `&`: `ldquo;`, `#8220;`.
fn is_entity_rest(head: &str) -> bool {
    let name = head.strip_prefix('#').unwrap_or(head);
    let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    (2..=8).contains(&length) && name[length..].starts_with(';')
}

/// The pairs of code page 936 whose character may be annotated with this syllable.
fn pairs_with_reading(syllable: &str) -> &'static [u16] {
    static PAIRS: OnceLock<HashMap<&'static str, Vec<u16>>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(|| {
        let mut pairs: HashMap<&'static str, Vec<u16>> = HashMap::new();
        for (c, reading) in readings::all() {
            if let Some(bytes) = cp936::encode(c) {
                pairs
                    .entry(reading)
                    .or_default()
                    .push(u16::from_be_bytes(bytes));
            }
        }
        pairs
    });
    pairs.get(syllable).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_eaten() {
        assert!(is_tag_rest("/p>") && is_tag_rest("br/>") && is_tag_rest("strong>后"));
        assert!(!is_tag_rest("9日") && !is_tag_rest("/") && !is_tag_rest("Q》"));
        assert!(is_entity_rest("ldquo;三") && is_entity_rest("#8220;"));
        assert!(!is_entity_rest(";") && !is_entity_rest("他;"));
        assert_eq!(eaten_before("?/p>", 1), Eaten::Markup('<'));
        assert_eq!(eaten_before("?ldquo;", 1), Eaten::Markup('&'));
        assert_eq!(
            citation("见[2]。再见?]，又见?]", "见[2]。再见?]，又见?".len()),
            Some(4)
        );
        let many = format!("见[255]{}，又见?", "?]".repeat(300));
        assert_eq!(citation(&many, many.len()), None);
    }
}
