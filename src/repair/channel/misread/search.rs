//! Where a text was misread through a given chain, and what was written.
//!
//! A beam search of its own, for here damage is the rule and not the exception: runs are long, nearly
//! every character has one reading, and the codecs stand in layers. A hypothesis is either outside a
//! run, where the text is read as it stands, or inside one, where each character is turned into the bytes
//! of the wrong codec and fed to the right one, whose characters are fed to the next layer, and so on. The
//! last layer's characters are read by the language model. Where bytes were lost the hypothesis splits.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use crate::lm::{Context, Model};
use crate::repair::automaton::{Automaton, Pending, Step};
use crate::script;

use super::chain::{Chain, Layer, MOST_LAYERS};
use super::right::Right;
use super::wrong::{Code, Fate, Wrong};
use super::{look, plain};

/// Nats below which a character is not tried for one that left no trace: some 400 are more frequent. With three times as
/// many no more came right, at four times the time.
const RARE: f32 = -7.5;
/// Hypotheses kept at a position where no byte was lost lately.
const WIDTH: usize = 12;
/// Hypotheses kept while a lost byte waits for its right-hand neighbours. A lost lead byte of UTF-8 that takes its
/// follower with it has some 500 values, and none of them can be ranked before its character is complete.
const WIDTH_AFTER_HOLE: usize = 2_000;
/// Hypotheses kept once the character of a lost byte is complete, until its neighbours are read.
const WIDTH_COMPLETE: usize = 48;
/// Characters of the original, that of the lost byte counted, during which the wider beam is kept.
const FRESH: u8 = 4;
/// Nats behind the best beyond which a hypothesis is given up.
const BEHIND: f32 = 16.0;
/// The best hypotheses inside a run that may have lost a byte here where a mark says so, and where nothing does.
const TRIES: [usize; 2] = [32, 8];
/// The same for the second of two marks: what the first one stands for tells nothing yet, and a byte has 128 values.
const TRIES_AGAIN: usize = 512;
/// The best of these may have just lost another one.
const TRIES_FRESH: usize = 4;
/// Ways to have lost something without a trace that are kept at one place, by what the next byte makes of them.
const WIDTH_SILENT: usize = 400;
/// The same without a mark for codecs of single bytes, which have a character for nearly all.
const TRIES_FEW: usize = 12;
/// The same for marks that come out of a layer upon others.
const TRIES_INNER: usize = 512;
/// Look-ups in the model after which only the best hypotheses may have lost something until the search has fallen behind
/// again: some, and so many for each byte that was read. What is searched when depends on the text before it in the piece
/// and on nothing else, so that a long text is repaired like many short ones, in time that grows with its length. With 300
/// a byte sentences that lost bytes come back as well as without a bound, with 100 one in a hundred fewer.
pub(super) const PACE: (usize, usize) = (20_000, 300);
/// The same on a page that has shown nothing but failures so far.
pub(super) const PACE_IN_VAIN: (usize, usize) = (2_000, 30);
/// What is looked at by a search that is ahead of its pace.
const NARROW: Narrow = Narrow {
    tries: 4,
    tries_silent: 2,
    tries_inner: 8,
    width: 200,
};
/// What a character costs that is not complete, where hypotheses are ranked: about what Chinese characters cost.
const INCOMPLETE: f32 = 5.0;
/// By how much a character costs less in its place than by itself, on average, and at most as a rule: with 7 all that came
/// out with a full look at each one comes out, with 5 one lossy sentence in a hundred less.
const IN_CONTEXT: f32 = 1.5;
const MOST_IN_CONTEXT: f32 = 7.0;
/// What a hypothesis is ranked down by that the next byte does not fit: it may go on only where more was lost.
const DEAD_END: f32 = 10.0;
/// What it costs to begin a run that nothing on the page speaks for yet.
pub(super) const OPEN: f32 = 8.0;
/// How much more for each suspicious character in front, so many at most: a run begins with the first of these.
const OPEN_LATE: f32 = 4.0;
const LATE_ROW: f32 = 3.0;
/// The same behind another character that the wrong codec has too: text is misread from the beginning of a line or of a
/// value on, as a rule.
const OPEN_INSIDE: f32 = 3.0;
/// What a suspicious character costs behind a run that may as well belong to it.
const LEFT_OVER: f32 = 2.0;
/// Of so many characters behind a `?` one must be suspicious for a run to begin with the mark.
const BEHIND_MARK: usize = 4;
/// What it costs to end one before the text ends: the more, the longer it is, up to the second one. A few rare
/// characters do not end a long run.
const CLOSE: [f32; 2] = [2.0, 14.0];
/// How much more for each character of the page.
const CLOSE_STEP: f32 = 0.5;
/// What it costs that a `?` or U+FFFD is a lost byte, or two of them.
const MARKED: [f32; 2] = [0.5, 1.5];
/// How much more where a `?` stands between spaces, as operators do.
const MARKED_ALONE: f32 = 6.0;
/// What it costs that a mark stands for the space behind a byte too.
const EATEN_SPACE: f32 = 3.0;
/// Letters of the longest name of a tag that is recognised without its `<` (blockquote).
const LONGEST_TAG: usize = 10;
/// What it costs that a byte, or two, were lost without a trace.
const SILENT: [f32; 2] = [4.0, 4.5];
/// The same once a run has lost some so: a codec that lacks a character lacks it every time, so that from there on the
/// model alone decides.
const SILENT_AGAIN: [f32; 2] = [0.7, 1.0];
/// How much more where the page marks what was lost: with U+FFFD, or with `?`, which may be what it is.
const SILENT_BESIDE: [f32; 2] = [6.0, 3.0];
/// What it costs that a mark stands for a control character: who marks losses does not drop those.
const MARKED_CONTROL: f32 = 4.0;
/// What it costs that a byte is gone which only some programs have no character for.
const DISPUTED: f32 = 1.0;
/// The same where the text shows this character.
const DISPUTED_SHOWN: f32 = 6.0;
/// What it costs that a space of fixed width left nothing.
const SPACE_GONE: f32 = 3.0;
/// What it costs that of two bytes in the form of a pair only the first one was lost: some decoders go on with the
/// second one, most do not.
const LEAD_ONLY: f32 = 1.0;
/// What it costs that a control character was dropped on a page that shows control characters.
const CONTROL_GONE: f32 = 4.0;
/// The cost of what cannot be.
const NEVER: f32 = 100.0;
/// What it costs that a space was one of fixed width.
const SPACE: f32 = 1.0;
/// What it costs that the last byte of a run was lost at the end of a line.
const AT_END: f32 = 1.5;
/// What it costs in a tolerant search that something is missing or does not fit.
const BROKEN: f32 = 4.0;
/// What it costs that two bytes which are valid UTF-8 by accident show as one Latin character.
const DOUBLE: f32 = 5.0;
/// What it costs that a character above ASCII came out of bytes that were valid UTF-8 by accident.
const ACCIDENT: f32 = 2.0;
/// What it costs that a character is of the other script than those before it: the model folds both scripts.
const OTHER_SCRIPT: f32 = 3.0;

/// See the constants of the same names.
struct Narrow {
    tries: usize,
    tries_silent: usize,
    tries_inner: usize,
    width: usize,
}

/// What a lost lead byte must have eaten, seen from what stands behind its mark: some decoders take the next byte for the
/// second one of a pair, whatever it is, so that `！</p>` shows as `锛?/p>`. The end of markup or of a value is plain to see
/// and costs nothing; a space before a letter or a digit may as well not have been there.
fn eaten_before(rest: &str) -> Option<(u8, f32)> {
    let name = rest.strip_prefix('/').unwrap_or(rest);
    let letters = name.bytes().take(LONGEST_TAG + 1);
    let length = letters.take_while(u8::is_ascii_alphanumeric).count();
    let behind = name[length..].strip_prefix(' ').unwrap_or(&name[length..]);
    let is_tag = name.starts_with(|c: char| c.is_ascii_lowercase())
        && (behind.starts_with('>') || behind.starts_with("/>"));
    if is_tag {
        return Some((b'<', 0.0));
    }
    if rest.starts_with(",\"") || rest.starts_with(":\"") || rest.starts_with('>') {
        return Some((b'"', 0.0));
    }
    rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        .then_some((b' ', EATEN_SPACE))
}

/// Bytes that were lost and put back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Put {
    pub(super) layer: u8,
    /// Which character of the layer's text, counted from the start of the run.
    pub(super) at: u32,
    pub(super) over: u8,
    pub(super) bytes: [u8; 4],
    pub(super) len: u8,
    /// The bytes are sure: they were valid UTF-8 by accident, and show as such.
    pub(super) known: bool,
}

const NO_PUT: Put = Put {
    layer: 0,
    at: 0,
    over: 0,
    bytes: [0; 4],
    len: 0,
    known: false,
};

/// Bytes lost within one step of the search, at most.
const MOST_PUTS: usize = 2;
/// Characters that one character of the page gives, at most.
const MOST_CHARACTERS: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Hypothesis {
    inside: bool,
    pending: [Pending; MOST_LAYERS],
    context: Context,
    score: f32,
    /// How many characters each layer has read since the run began.
    read: [u32; MOST_LAYERS],
    fresh: u8,
    /// The byte that each layer has just lost by itself, 0 for none.
    lone: [u8; MOST_LAYERS],
    /// Whether the run has lost bytes without a trace.
    dropped: bool,
    /// Whether a run has ended before.
    closed: bool,
    /// Characters of Simplified text only less those of Traditional text only, so far.
    script: i16,
    /// The last character that came out, for scripts that the model does not know.
    before: Option<char>,
    /// What the character that is not complete will cost, as far as can be seen.
    ahead: f32,
    node: u32,
    // What this step has added so far:
    characters: [char; MOST_CHARACTERS],
    count: u8,
    puts: [Put; MOST_PUTS],
    put_count: u8,
}

impl Hypothesis {
    fn same_future(&self, other: &Hypothesis) -> bool {
        self.inside == other.inside
            && self.closed == other.closed
            && self.dropped == other.dropped
            && self.pending == other.pending
            && self.lone == other.lone
            && self.context == other.context
    }

    fn at_rest(&self) -> bool {
        self.pending.iter().all(|pending| pending.is_none())
    }

    /// The score, less what is to come for characters that are not complete.
    fn rank(&self) -> f32 {
        self.score + self.ahead
    }

    fn push(&mut self, c: char) -> bool {
        let fits = usize::from(self.count) < MOST_CHARACTERS;
        if fits {
            self.characters[usize::from(self.count)] = c;
            self.count += 1;
        }
        fits
    }

    fn put(&mut self, layer: usize, over: u8, bytes: &[u8]) -> bool {
        let fits = usize::from(self.put_count) < MOST_PUTS;
        if fits {
            let mut put = Put {
                layer: layer as u8,
                at: self.read[layer],
                over,
                bytes: [0; 4],
                len: bytes.len() as u8,
                known: false,
            };
            put.bytes[..bytes.len()].copy_from_slice(bytes);
            self.puts[usize::from(self.put_count)] = put;
            self.put_count += 1;
            self.fresh = FRESH;
        }
        fits
    }

    /// Puts lost bytes back, which are to be read next; `false` if there is no room for them.
    fn lose(&mut self, layer: usize, over: u8, bytes: &[u8]) -> bool {
        if !self.put(layer, over, bytes) {
            return false;
        }
        self.read[layer] += u32::from(over);
        self.dropped |= over == 0;
        self.lone[layer] = match *bytes {
            [byte] => byte,
            _ => 0,
        };
        true
    }
}

/// One character of the page on a path.
#[derive(Clone, Debug)]
pub(super) struct Node {
    parent: u32,
    /// Where the character ends, in bytes of the page.
    pub(super) to: usize,
    pub(super) inside: bool,
    /// Whether all layers are between two characters behind it.
    pub(super) at_rest: bool,
    characters: [char; MOST_CHARACTERS],
    count: u8,
    puts: [Put; MOST_PUTS],
    put_count: u8,
    /// How many characters each layer has read behind it, since the run began.
    pub(super) read: [u32; MOST_LAYERS],
}

impl Node {
    pub(super) fn characters(&self) -> &[char] {
        &self.characters[..usize::from(self.count)]
    }

    pub(super) fn puts(&self) -> &[Put] {
        &self.puts[..usize::from(self.put_count)]
    }
}

/// Another way to read a piece of the best path.
#[derive(Clone, Debug)]
pub(super) struct Rival {
    /// The nodes of the best path that it replaces.
    pub(super) from: usize,
    pub(super) to: usize,
    /// What it reads there.
    pub(super) text: String,
    /// How much worse it is, in nats.
    pub(super) behind: f32,
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The best path, one node for each character of the page.
    pub(super) path: Vec<Node>,
    pub(super) rivals: Vec<Rival>,
    /// Log-probability of the best path minus costs.
    pub(super) score: f32,
}

const ROOT: u32 = u32::MAX;

/// What a text shows of how bytes were lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Traces {
    /// It has U+FFFD.
    replacement: bool,
    /// It has question marks beside characters above ASCII.
    questions: bool,
    /// It has the euro sign.
    euro: bool,
    /// It has control characters from 80 on.
    controls: bool,
    /// It has what code page 1252 has in their place.
    windows: bool,
}

impl Traces {
    fn of(text: &str) -> Traces {
        let mut traces = Traces::default();
        let mut before = '\0';
        for c in text.chars() {
            traces.replacement |= c == char::REPLACEMENT_CHARACTER;
            traces.questions |=
                (before == '?' && !c.is_ascii()) || (c == '?' && !before.is_ascii());
            traces.euro |= c == '€';
            traces.controls |= matches!(c, '\u{80}'..='\u{9F}');
            traces.windows |= u32::from(c) >= 0x100
                && Wrong::Windows1252
                    .encode(c)
                    .is_some_and(|code| code.bytes()[0] < 0xA0);
            before = c;
        }
        traces
    }

    /// What it costs beyond the usual that a loss of a layer left nothing (`silent`) or a mark.
    fn cost(self, layer: usize, silent: bool) -> f32 {
        match (silent, self.replacement, self.questions) {
            // What the marks of an inner layer became does not show here.
            _ if layer > 0 => 0.0,
            (true, true, _) => SILENT_BESIDE[0],
            (true, false, true) => SILENT_BESIDE[1],
            _ => 0.0,
        }
    }

    /// What it costs that a byte is gone which is the euro sign to some programs and nothing to others.
    fn disputed(self) -> f32 {
        if self.euro { DISPUTED_SHOWN } else { DISPUTED }
    }

    /// What it costs that a control character was dropped.
    fn control(self, byte: u8) -> f32 {
        match byte {
            0x80..=0x9F if self.windows => NEVER,
            _ if self.controls => CONTROL_GONE,
            _ => 0.0,
        }
    }
}

struct Merge {
    kept: u32,
    given_up: u32,
    behind: f32,
}

/// How to search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'w> {
    /// What it costs to begin a run.
    pub(super) open: f32,
    /// The places (in bytes, in order) at which bytes may have been lost without a trace.
    pub(super) silent: &'w [usize],
    /// Whether Latin characters may stand for two bytes each that were valid UTF-8 by accident.
    pub(super) doubles: bool,
    /// What does not fit is skipped at a cost, and not filled: to try a chain cheaply.
    pub(super) tolerant: bool,
    /// The text is a piece of a longer one, and may end within a character.
    pub(super) sample: bool,
    /// Look-ups in the model after which nothing is filled any more.
    pub(super) budget: usize,
    /// Look-ups, and for each byte, after which only the best hypotheses may have lost something.
    pub(super) pace: (usize, usize),
}

/// Reads `text`, a line or a piece of one, through the chain.
pub(super) fn search(
    text: &str,
    chain: &Chain,
    model: &Model,
    way: Way<'_>,
    cache: &mut Cache,
) -> Outcome {
    Search {
        chain,
        model,
        way,
        traces: Traces::of(text),
        page: '\0',
        alone: false,
        eaten: None,
        exhausted: false,
        inner_tries: 0,
        narrow: false,
        single_only: false,
        nodes: Vec::with_capacity(text.len()),
        merges: Vec::new(),
        lookups: 0,
        cache,
        pool: Vec::new(),
        behind: None,
        order: Vec::new(),
        following: None,
        offers: Offers::new(WIDTH_AFTER_HOLE),
    }
    .run(text)
}

/// What may have been lost, by the layer and whether it is the innermost one, the traces of the text, what is pending, and
/// whether nothing stands for it. It depends on nothing else, and so is worked out once for all searches.
#[derive(Debug, Default)]
pub(super) struct Cache(HashMap<(Layer, bool, Traces, Pending, bool), Rc<Losses>>);

/// What may have been lost at a place, in the order of the first bytes.
#[derive(Debug)]
struct Losses {
    list: Vec<Loss>,
    /// Those that begin with the same byte.
    groups: Vec<Range<usize>>,
}

struct Search<'s> {
    chain: &'s Chain,
    model: &'s Model,
    way: Way<'s>,
    traces: Traces,
    /// The character of the page that is read.
    page: char,
    /// Whether it is a `?` between spaces.
    alone: bool,
    /// What it has eaten if it stands for a lead byte, and what that costs.
    eaten: Option<(u8, f32)>,
    /// The look-ups are used up.
    exhausted: bool,
    /// The search is ahead of its pace: only the best hypotheses are looked at.
    narrow: bool,
    /// Two bytes lost one after the other are not tried.
    single_only: bool,
    /// How many marks among the characters of inner layers this step has met.
    inner_tries: usize,
    nodes: Vec<Node>,
    merges: Vec<Merge>,
    lookups: usize,
    /// What a layer may have lost, by what is pending, and whether without a trace.
    cache: &'s mut Cache,
    pool: Vec<Vec<Hypothesis>>,
    /// What the bytes behind say of what is lost in front of them, by these bytes.
    behind: Option<(BehindKey, Rc<Behind>)>,
    /// Room to rank hypotheses in.
    order: Vec<(usize, f32)>,
    /// The bytes behind the character that is read, where they are known.
    following: Option<Code>,
    /// What the mark that is read may stand for.
    offers: Offers,
}

/// One or two bytes that may have been lost.
#[derive(Clone, Copy, Debug)]
struct Loss {
    bytes: [u8; 2],
    pair: bool,
    /// The two were lost one after the other, and are no pair of the wrong codec.
    two_alone: bool,
    /// What it costs beyond the usual.
    extra: f32,
    /// What they complete, if anything, and what is pending behind them.
    character: Option<(char, f32)>,
    after: Pending,
}

/// Losses that may explain what stands at one place, ranked before anything is made of them: of thousands some hundreds
/// are worth it.
#[derive(Debug)]
struct Offers {
    /// How many are taken.
    most: usize,
    list: Vec<Offer>,
    /// The hypotheses that they are offered to, what these have lost there, and for what.
    parents: Vec<(Hypothesis, Rc<Losses>, u8)>,
    best: f32,
    /// The rank below which nothing is taken.
    floor: f32,
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    rank: f32,
    cost: f32,
    parent: u32,
    loss: u32,
}

impl Offers {
    fn new(most: usize) -> Offers {
        Offers {
            most,
            list: Vec::new(),
            parents: Vec::new(),
            best: f32::NEG_INFINITY,
            floor: f32::NEG_INFINITY,
        }
    }

    fn clear(&mut self, best: f32) {
        self.list.clear();
        self.parents.clear();
        self.best = best;
        self.floor = best - BEHIND;
    }

    fn push(&mut self, offer: Offer) {
        if offer.rank <= self.floor {
            return;
        }
        if offer.rank > self.best {
            self.best = offer.rank;
            self.floor = self.floor.max(offer.rank - BEHIND);
        }
        self.list.push(offer);
        if self.list.len() >= 2 * self.most {
            self.cut();
        }
    }

    /// Gives up all but the best.
    fn cut(&mut self) {
        self.list.retain(|offer| offer.rank > self.floor);
        if self.list.len() > self.most {
            let (_, last, _) = self
                .list
                .select_nth_unstable_by(self.most, |a, b| b.rank.total_cmp(&a.rank));
            self.floor = self.floor.max(last.rank);
            self.list.truncate(self.most);
        }
    }
}

/// The byte behind and those of the character there.
type BehindKey = (Option<u8>, Option<Code>);

/// What the bytes behind a lost one say of it, worked out once for each value.
struct Behind {
    /// What a lone byte costs in front of the next one; infinity where it cannot be.
    alone: [f32; 256],
    /// What the character will cost that the byte begins.
    ahead: [f32; 256],
}

impl Search<'_> {
    fn run(mut self, text: &str) -> Outcome {
        let first = Hypothesis {
            inside: false,
            pending: [Pending::NONE; MOST_LAYERS],
            context: self.model.line_start(),
            score: 0.0,
            read: [0; MOST_LAYERS],
            fresh: 0,
            lone: [0; MOST_LAYERS],
            dropped: false,
            closed: false,
            script: 0,
            before: None,
            ahead: 0.0,
            node: ROOT,
            characters: ['\0'; MOST_CHARACTERS],
            count: 0,
            puts: [NO_PUT; MOST_PUTS],
            put_count: 0,
        };
        let mut beam = vec![first];
        let mut next = Vec::new();
        let mut silent = self.way.silent.iter().peekable();
        let outer = self.chain.0[0].wrong;
        let mut last = None;
        let mut row = 0.0_f32;
        for (at, c) in text.char_indices() {
            let to = at + c.len_utf8();
            self.page = c;
            let before = last.replace(c);
            // What stands before may as well belong to the run.
            let own_before = before.and_then(|c| Some((c, outer.encode(c)?)));
            row = match (own_before, before) {
                (Some((c, _)), _) if look::is_suspicious(c) => (row + 1.0).min(LATE_ROW),
                (_, Some(c)) if !c.is_ascii() => (row - 0.5_f32).max(0.0),
                _ => 0.0,
            };
            let late = match own_before {
                Some((c, code)) if row == 0.0 && c.is_alphabetic() && code.bytes().len() > 1 => {
                    OPEN_INSIDE
                }
                _ => OPEN_LATE * row,
            };
            let again = matches!(c, '?' | '\u{FFFD}') && before == Some(c);
            self.narrow = !self.way.sample && self.lookups > self.way.pace.0 + self.way.pace.1 * at;
            let most_tried = match (self.narrow, again) {
                (true, _) => NARROW.tries,
                (_, true) => TRIES_AGAIN,
                _ => TRIES[0],
            };
            self.offers.most = self.width_after_hole();
            let following = text[to..].chars().next();
            self.eaten = matches!(c, '?' | char::REPLACEMENT_CHARACTER)
                .then(|| eaten_before(&text[to..]))
                .flatten();
            self.alone = c == '?' && before == Some(' ') && following == Some(' ');
            // A run may begin with a mark where nothing stands before it that the mark could belong to.
            let may_open = match c {
                '?' => before.is_none_or(|c| c.is_ascii() && !c.is_ascii_alphanumeric()),
                // Of the first character only the second byte may be left.
                '@'..='~' => {
                    before.is_none() && !self.way.silent.is_empty() && self.chain.0.len() == 1
                }
                _ => false,
            };
            let opens_at_mark = may_open
                && !self.alone
                && !self.way.tolerant
                && text[to..]
                    .chars()
                    .take(BEHIND_MARK)
                    .any(|c| look::is_suspicious(c) && outer.encode(c).is_some());
            while silent.next_if(|&&place| place < at).is_some() {}
            let exhausted = self.lookups > self.way.budget;
            self.exhausted = exhausted;
            self.inner_tries = 0;
            let may_drop = !exhausted && silent.peek() == Some(&&at);
            let own = outer.encode(c);
            if may_drop {
                self.drop_silently(&mut beam, own);
            }
            next.clear();
            self.following = following
                .filter(|&c| !matches!(c, '?' | ' ' | char::REPLACEMENT_CHARACTER))
                .and_then(|c| outer.encode(c));
            self.offers.clear(f32::NEG_INFINITY);
            let mut tried = 0;
            for &(mut hypothesis) in &beam {
                let so_far = next.len() + self.offers.parents.len();
                let exhausted = exhausted || tried >= most_tried;
                if hypothesis.inside {
                    tried += 1;
                    self.take(hypothesis, c, following, exhausted, &mut next);
                    let goes_on = next.len() + self.offers.parents.len() > so_far;
                    if !goes_on && !exhausted && !self.way.tolerant {
                        // Nothing goes on here: something is missing in front.
                        let mut dropped = vec![hypothesis];
                        self.drop_silently(&mut dropped, own);
                        for &hypothesis in &dropped[1..] {
                            self.take(hypothesis, c, following, true, &mut next);
                        }
                    }
                    if !hypothesis.at_rest() || c.is_ascii() {
                        continue;
                    }
                    let length = hypothesis.read[0] as f32;
                    hypothesis.score -= (CLOSE[0] + CLOSE_STEP * length).min(CLOSE[1]);
                    hypothesis.inside = false;
                    hypothesis.closed = true;
                }
                let mut opened = hypothesis;
                self.stand(&mut hypothesis, c);
                if hypothesis.closed && own.is_some() && look::is_suspicious(c) {
                    hypothesis.score -= LEFT_OVER;
                }
                next.push(hypothesis);
                if !c.is_ascii() || opens_at_mark {
                    opened.inside = true;
                    opened.dropped = false;
                    opened.lone = [0; MOST_LAYERS];
                    opened.read = [0; MOST_LAYERS];
                    opened.score -= self.way.open;
                    opened.score -= late;
                    if may_drop && before.is_none() {
                        // What the text began with may be gone.
                        let mut dropped = vec![opened];
                        self.drop_silently(&mut dropped, own);
                        for &hypothesis in &dropped[1..] {
                            self.take(hypothesis, c, following, true, &mut next);
                        }
                    }
                    self.take(opened, c, following, exhausted, &mut next);
                }
            }
            self.take_offers(&mut next);
            self.finish_step(&mut next, to);
            if next.is_empty() && !self.way.tolerant {
                self.give_up(&beam, c, &mut next);
                self.finish_step(&mut next, to);
            }
            std::mem::swap(&mut beam, &mut next);
        }
        self.close(beam, text.len())
    }

    /// Goes on where no byte that may be lost makes sense of what stands there: what is not complete is gone, and shows
    /// as U+FFFD.
    fn give_up(&mut self, beam: &[Hypothesis], c: char, out: &mut Vec<Hypothesis>) {
        for &(mut hypothesis) in beam.iter().take(TRIES[1]) {
            if !hypothesis.at_rest() {
                hypothesis.pending = [Pending::NONE; MOST_LAYERS];
                self.read_original(&mut hypothesis, char::REPLACEMENT_CHARACTER);
            }
            self.take(hypothesis, c, None, true, out);
            hypothesis.inside = false;
            hypothesis.score -= CLOSE[1];
            self.stand(&mut hypothesis, c);
            out.push(hypothesis);
        }
    }

    /// Reads a character as it stands.
    fn stand(&mut self, hypothesis: &mut Hypothesis, c: char) {
        hypothesis.lone = [0; MOST_LAYERS];
        self.lookups += 1;
        let (context, nats) = plain::read(self.model, hypothesis.context, hypothesis.before, c);
        hypothesis.context = context;
        hypothesis.score += nats;
        hypothesis.before = Some(c);
        hypothesis.fresh = hypothesis.fresh.saturating_sub(1);
        hypothesis.push(c);
    }

    /// All that a character of the page may stand for inside a run.
    fn take(
        &mut self,
        hypothesis: Hypothesis,
        c: char,
        following: Option<char>,
        exhausted: bool,
        out: &mut Vec<Hypothesis>,
    ) {
        self.feed(0, hypothesis, c, following, exhausted, out);
    }

    /// A character that layer `layer` undoes.
    fn feed(
        &mut self,
        layer: usize,
        mut hypothesis: Hypothesis,
        c: char,
        following: Option<char>,
        exhausted: bool,
        out: &mut Vec<Hypothesis>,
    ) {
        let Some(step) = self.chain.0.get(layer).copied() else {
            if self.read_original(&mut hypothesis, c) {
                out.push(hypothesis);
            }
            return;
        };
        let wrong = step.wrong;
        let pending = !hypothesis.at_rest();
        if self.way.tolerant {
            if c == '\u{FFFD}' || c == '?' && pending {
                hypothesis.pending = [Pending::NONE; MOST_LAYERS];
                hypothesis.score -= BROKEN;
                out.push(hypothesis);
                return;
            }
        } else if matches!(c, '?' | '\u{FFFD}') && !exhausted {
            let next = following
                .and_then(|c| wrong.encode(c))
                .map(|code| code.bytes()[0]);
            let alone = if self.alone { MARKED_ALONE } else { 0.0 };
            let costs = MARKED.map(|cost| cost + alone);
            if self.chain.0.len() == 1 {
                let mut offers = std::mem::replace(&mut self.offers, Offers::new(0));
                if !wrong.is_single_byte() {
                    self.lose_eaten(hypothesis, costs[0], out);
                }
                self.offer(&mut offers, hypothesis, 1, (next, self.following), costs);
                self.offers = offers;
            } else {
                self.lose(layer, hypothesis, 1, next, costs, out);
            }
        }
        if c == '\u{FFFD}' {
            return;
        }
        hypothesis.lone[layer] = 0;
        if let (' ', Some(byte)) = (c, wrong.space())
            && (pending || step.right == Right::Utf8 || byte == 0xCA)
        {
            let mut spaced = hypothesis;
            spaced.score -= SPACE;
            if spaced.put(layer, 1, &[byte]) {
                // One value only: nothing to be ranked behind it.
                spaced.fresh = hypothesis.fresh;
                spaced.read[layer] += 1;
                self.bytes(layer, spaced, &[byte], out);
            }
        }
        let found = wrong.encode(c);
        if matches!(wrong, Wrong::Windows1252 | Wrong::Latin1)
            && u32::from(c) >= 0x100
            && (found.is_none() || layer == 0 && u32::from(c) >= 0x250)
        {
            // Valid UTF-8 by accident, which a careful program has decoded as such.
            let mut buffer = [0; 4];
            let mut accident = hypothesis;
            accident.score -= ACCIDENT;
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            if accident.put(layer, 1, bytes) {
                accident.puts[usize::from(accident.put_count) - 1].known = true;
                accident.fresh = hypothesis.fresh;
                accident.read[layer] += 1;
                self.bytes(layer, accident, bytes, out);
            }
        }
        if self.way.doubles && matches!(c, '\u{80}'..='\u{FF}') {
            let mut double = hypothesis;
            let bytes = (c as u32).to_be_bytes()[3];
            let bytes = [0xC0 | bytes >> 6, 0x80 | bytes & 0x3F];
            double.score -= DOUBLE;
            if double.put(layer, 1, &bytes) {
                double.puts[usize::from(double.put_count) - 1].known = true;
                double.fresh = hypothesis.fresh;
                double.read[layer] += 1;
                self.bytes(layer, double, &bytes, out);
            }
        }
        if let Some(code) = found {
            hypothesis.read[layer] += 1;
            self.bytes(layer, hypothesis, code.bytes(), out);
        }
    }

    /// Bytes for the right codec of a layer.
    fn bytes(
        &mut self,
        layer: usize,
        mut hypothesis: Hypothesis,
        bytes: &[u8],
        out: &mut Vec<Hypothesis>,
    ) {
        let right = self.chain.0[layer].right;
        for (i, &byte) in bytes.iter().enumerate() {
            let mut step = right.step(hypothesis.pending[layer], byte);
            if step == Step::Reject && self.way.tolerant {
                hypothesis.score -= BROKEN;
                hypothesis.pending[layer] = Pending::NONE;
                step = right.step(Pending::NONE, byte);
                if step == Step::Reject {
                    continue;
                }
            }
            match step {
                Step::Wait(pending) => hypothesis.pending[layer] = pending,
                Step::Reject => return,
                Step::Emit(c) => {
                    hypothesis.pending[layer] = Pending::NONE;
                    let rest = &bytes[i + 1..];
                    if layer + 1 == self.chain.0.len() {
                        if !self.read_original(&mut hypothesis, c) {
                            return;
                        }
                        continue;
                    }
                    // What follows an inner character is not known here; ASCII is the likeliest. Marks among inner
                    // characters are few, and so each of them is worth a try.
                    let mut fed = self.pool.pop().unwrap_or_default();
                    let is_mark = matches!(c, '?' | char::REPLACEMENT_CHARACTER);
                    self.inner_tries += usize::from(is_mark);
                    let most_tries = if self.narrow {
                        NARROW.tries_inner
                    } else {
                        TRIES_INNER
                    };
                    let exhausted = self.exhausted || is_mark && self.inner_tries > most_tries;
                    self.feed(layer + 1, hypothesis, c, None, exhausted, &mut fed);
                    for hypothesis in fed.drain(..) {
                        if rest.is_empty() {
                            out.push(hypothesis);
                        } else {
                            self.bytes(layer, hypothesis, rest, out);
                        }
                    }
                    self.pool.push(fed);
                    return;
                }
            }
        }
        out.push(hypothesis);
    }

    /// A character of the original; `false` if there is no room for it.
    fn read_original(&mut self, hypothesis: &mut Hypothesis, c: char) -> bool {
        if !hypothesis.push(c) {
            return false;
        }
        self.lookups += 1;
        let (context, nats) =
            plain::read_original(self.model, hypothesis.context, hypothesis.before, c);
        hypothesis.context = context;
        hypothesis.before = Some(c);
        hypothesis.fresh = hypothesis.fresh.saturating_sub(1);
        hypothesis.score += nats;
        if c.is_ascii() && !self.page.is_ascii() {
            // One of all letters, where others compete with Han for the place.
            hypothesis.score += self.model.share(c);
        }
        let side =
            i16::from(script::is_simplified_only(c)) - i16::from(script::is_traditional_only(c));
        if side != 0 {
            // Text in Big5 is Traditional, as a rule; all other text is Simplified until it shows otherwise.
            let usual = match self.chain.0.last() {
                Some(layer) if layer.right == Right::Big5 => -1,
                _ => 1,
            };
            if side * (2 * hypothesis.script + usual) < 0 {
                hypothesis.score -= OTHER_SCRIPT;
            }
            hypothesis.script = hypothesis.script.saturating_add(side).clamp(-100, 100);
        }
        true
    }

    /// One or two lost bytes in front of `next`, the byte that follows; `over` characters stand for them.
    fn lose(
        &mut self,
        layer: usize,
        hypothesis: Hypothesis,
        over: u8,
        next: Option<u8>,
        costs: [f32; 2],
        out: &mut Vec<Hypothesis>,
    ) {
        let wrong = self.chain.0[layer].wrong;
        let silent = over == 0;
        let costs = costs.map(|cost| cost + self.traces.cost(layer, silent));
        let lone = hypothesis.lone[layer];
        let eaten = self
            .eaten
            .filter(|_| !silent && layer == 0 && !wrong.is_single_byte());
        // What comes of the first byte of a pair, worked out once for all second ones.
        let mut begun: Vec<Hypothesis> = Vec::new();
        let mut begun_with = None;
        let place = usize::from(hypothesis.put_count);
        for loss in &self.losses(layer, hypothesis.pending[layer], silent).list {
            if let Some((byte, cost)) = eaten.filter(|_| !loss.pair) {
                let mut lost = hypothesis;
                lost.score -= costs[0] + loss.extra + cost;
                self.put_back(layer, lost, over, &[loss.bytes[0], byte], out);
                if cost == 0.0 {
                    continue;
                }
            }
            // Two lone bytes in a row that make a character would have shown as it.
            if lone != 0 && wrong.pair(lone, loss.bytes[0]).is_some() {
                continue;
            }
            // A lone byte of a double-byte codec does not go together with what follows.
            let alone = match next {
                Some(next) if !loss.pair && !wrong.is_single_byte() => {
                    if wrong.pair(loss.bytes[0], next).is_some() {
                        continue;
                    } else if wrong.is_form(loss.bytes[0], next) {
                        LEAD_ONLY
                    } else {
                        0.0
                    }
                }
                _ => 0.0,
            };
            // Two lone bytes lost where what follows is known make pairs, if any.
            let makes_pairs = !wrong.is_single_byte() && next.is_some();
            if loss.two_alone && (self.single_only || makes_pairs) {
                continue;
            }
            if !loss.pair {
                let mut lost = hypothesis;
                lost.score -= costs[0] + loss.extra + alone;
                self.put_back(layer, lost, over, &loss.bytes[..1], out);
                continue;
            }
            if begun_with != Some(loss.bytes[0]) {
                begun_with = Some(loss.bytes[0]);
                begun.clear();
                let mut lost = hypothesis;
                if lost.lose(layer, over, &loss.bytes) {
                    self.bytes(layer, lost, &loss.bytes[..1], &mut begun);
                }
            }
            for &(mut lost) in &begun {
                lost.score -= costs[1] + loss.extra;
                lost.puts[place].bytes[1] = loss.bytes[1];
                self.bytes(layer, lost, &loss.bytes[1..], out);
            }
        }
    }

    /// What a layer may have lost where these bytes are pending; worked out once.
    fn losses(&mut self, layer: usize, pending: Pending, silent: bool) -> Rc<Losses> {
        let innermost = layer + 1 == self.chain.0.len();
        let key = (self.chain.0[layer], innermost, self.traces, pending, silent);
        if let Some(losses) = self.cache.0.get(&key) {
            return Rc::clone(losses);
        }
        let list = self.find_losses(layer, pending, silent);
        let mut groups = Vec::new();
        let mut start = 0;
        for group in list.chunk_by(|a, b| a.bytes[0] == b.bytes[0]) {
            groups.push(start..start + group.len());
            start += group.len();
        }
        let losses = Rc::new(Losses { list, groups });
        self.cache.0.insert(key, Rc::clone(&losses));
        losses
    }

    fn find_losses(&self, layer: usize, pending: Pending, silent: bool) -> Vec<Loss> {
        let Layer { right, wrong } = self.chain.0[layer];
        let traces = self.traces;
        // Lead bytes of UTF-8 that Chinese text has; what a wrong codec has shown may be of two bytes too.
        let innermost = layer + 1 == self.chain.0.len();
        let begins = |byte: u8| match right {
            Right::Utf8 => {
                matches!(byte, 0xE2..=0xE9 | 0xEF) || !innermost && matches!(byte, 0xC2..=0xDF)
            }
            _ => true,
        };
        let may_begin = |byte: u8| !pending.is_none() || begins(byte);
        let cost = |byte: u8| match wrong.fate(byte) {
            Fate::Free => Some(0.0),
            Fate::Disputed => Some(traces.disputed()),
            Fate::Control | Fate::Space if !silent => Some(MARKED_CONTROL),
            Fate::Control => Some(traces.control(byte)).filter(|&cost| cost < NEVER),
            Fate::Space => Some(SPACE_GONE),
            Fate::Shown => None,
        };
        let mut losses = Vec::new();
        for first in 0x80..=0xFF_u8 {
            let Some(extra) = cost(first).filter(|_| may_begin(first)) else {
                continue;
            };
            let after = right.step(pending, first);
            if after == Step::Reject {
                continue;
            }
            losses.push(self.loss(layer, pending, &[first], false, extra));
            // Two lost one after the other; a mark would stand for each of them. Where they make pairs, those come below:
            // such a codec loses two lone bytes at the end of a line at most.
            let Step::Wait(waiting) = after else { continue };
            if !silent {
                continue;
            }
            for second in 0x80..=0xFF_u8 {
                if wrong.fate(second) == Fate::Free && wrong.is_form(first, second) {
                    continue;
                }
                let Some(own) = cost(second) else { continue };
                let after = right.step(waiting, second);
                if after != Step::Reject {
                    losses.push(self.loss(layer, pending, &[first, second], true, extra + own));
                }
            }
        }
        for &[first, second] in wrong.free_pairs() {
            if !may_begin(first) {
                continue;
            }
            let after = match right.step(pending, first) {
                Step::Reject => continue,
                Step::Wait(waiting) => {
                    let step = right.step(waiting, second);
                    // Of the thousands of characters that may have been lost whole, frequent ones are tried.
                    let is_rare = |c| {
                        look::is_suspicious(c)
                            || silent && self.model.unigram_log_prob(self.model.symbol(c)) < RARE
                    };
                    if matches!(step, Step::Emit(c) if pending.is_none() && is_rare(c)) {
                        continue;
                    }
                    step
                }
                Step::Emit(_) if !begins(second) => continue,
                Step::Emit(_) => right.step(Pending::NONE, second),
            };
            if after != Step::Reject {
                losses.push(self.loss(layer, pending, &[first, second], false, 0.0));
            }
        }
        losses.sort_by_key(|loss| loss.bytes[0]);
        losses
    }

    /// Lost bytes, and what comes of them in a layer.
    fn loss(
        &self,
        layer: usize,
        pending: Pending,
        bytes: &[u8],
        two_alone: bool,
        extra: f32,
    ) -> Loss {
        let right = self.chain.0[layer].right;
        let mut loss = Loss {
            bytes: [bytes[0], bytes.get(1).copied().unwrap_or(0)],
            pair: bytes.len() > 1,
            two_alone,
            extra,
            character: None,
            after: pending,
        };
        for &byte in bytes {
            match right.step(loss.after, byte) {
                Step::Wait(next) => loss.after = next,
                Step::Emit(c) => {
                    let nats = self.model.unigram_log_prob(self.model.symbol(c));
                    (loss.character, loss.after) = (Some((c, nats)), Pending::NONE);
                }
                Step::Reject => {}
            }
        }
        loss
    }

    /// What the bytes behind a lost one say: `next` is the first one, and `code` those of the character there.
    fn behind(&mut self, next: Option<u8>, code: Option<Code>) -> Rc<Behind> {
        if let Some((key, behind)) = &self.behind
            && *key == (next, code)
        {
            return Rc::clone(behind);
        }
        let Layer { right, wrong } = self.chain.0[0];
        let mut behind = Behind {
            alone: [0.0; 256],
            ahead: [0.0; 256],
        };
        for byte in 0x80..=0xFF_u8 {
            let at = usize::from(byte);
            behind.ahead[at] = match right.step(Pending::NONE, byte) {
                Step::Wait(begun) => self.ahead_of(begun, code),
                _ => -DEAD_END,
            };
            if let Some(next) = next.filter(|_| !wrong.is_single_byte()) {
                behind.alone[at] = if wrong.pair(byte, next).is_some() {
                    f32::INFINITY
                } else if wrong.is_form(byte, next) {
                    LEAD_ONLY
                } else {
                    0.0
                };
            }
        }
        let behind = Rc::new(behind);
        self.behind = Some(((next, code), Rc::clone(&behind)));
        behind
    }

    /// The same as [`Search::lose`] for the only layer of a chain, in front of the byte `next` of the character `code`;
    /// but what may have been lost is ranked only.
    fn offer(
        &mut self,
        offers: &mut Offers,
        hypothesis: Hypothesis,
        over: u8,
        (next, code): BehindKey,
        costs: [f32; 2],
    ) {
        let wrong = self.chain.0[0].wrong;
        let silent = over == 0;
        let costs = costs.map(|cost| cost + self.traces.cost(0, silent));
        let lone = hypothesis.lone[0];
        let behind = self.behind(next, code);
        // A mark that has eaten what must have stood there is not one byte alone.
        let has_eaten = !silent && !wrong.is_single_byte() && matches!(self.eaten, Some((_, 0.0)));
        // Two lone bytes lost where what follows is known make pairs, if any.
        let two_alone = !self.single_only && (wrong.is_single_byte() || next.is_none());
        let losses = self.losses(0, hypothesis.pending[0], silent);
        let parent = offers.parents.len() as u32;
        let row = self.model.row(hypothesis.context);
        let mut read = ('\0', 0.0);
        let mut fits = false;
        for group in &losses.groups {
            let first = losses.list[group.start].bytes[0];
            // Two lone bytes in a row that make a character would have shown as it.
            if lone != 0 && wrong.pair(lone, first).is_some() {
                continue;
            }
            let alone = behind.alone[usize::from(first)];
            for (i, loss) in group.clone().zip(&losses.list[group.clone()]) {
                if loss.two_alone && !two_alone
                    || !loss.pair && (has_eaten || alone == f32::INFINITY)
                {
                    continue;
                }
                let ahead = match loss.after.bytes() {
                    0 => 0.0,
                    byte @ 0x80..=0xFF => behind.ahead[byte as usize],
                    _ => self.ahead_of(loss.after, code),
                };
                if silent && ahead <= -DEAD_END {
                    continue;
                }
                fits = true;
                let alone = if loss.pair { 0.0 } else { alone };
                let cost = costs[usize::from(loss.pair)] + loss.extra + alone;
                let mut rank = hypothesis.score - cost + ahead;
                if let Some((c, nats)) = loss.character {
                    if rank + (nats + MOST_IN_CONTEXT).min(0.0) <= offers.floor {
                        continue;
                    }
                    if read.0 != c {
                        self.lookups += 1;
                        read = (c, row.advance(c).1.max(plain::UNKNOWN));
                    }
                    rank += read.1;
                }
                offers.push(Offer {
                    rank,
                    cost,
                    parent,
                    loss: i as u32,
                });
            }
        }
        if fits {
            offers.parents.push((hypothesis, losses, over));
        }
    }

    /// What a mark has eaten with a lost byte.
    fn lose_eaten(&mut self, hypothesis: Hypothesis, cost: f32, out: &mut Vec<Hypothesis>) {
        let Some((byte, eaten)) = self.eaten else {
            return;
        };
        let cost = cost + self.traces.cost(0, false) + eaten;
        for loss in &self.losses(0, hypothesis.pending[0], false).list {
            if !loss.pair {
                let mut lost = hypothesis;
                lost.score -= cost + loss.extra;
                self.put_back(0, lost, 1, &[loss.bytes[0], byte], out);
            }
        }
    }

    /// Makes hypotheses of the best offers for the character that is read.
    fn take_offers(&mut self, out: &mut Vec<Hypothesis>) {
        let mut offers = std::mem::replace(&mut self.offers, Offers::new(0));
        self.make(&mut offers, out);
        self.offers = offers;
    }

    /// Makes hypotheses of the best offers.
    fn make(&mut self, offers: &mut Offers, out: &mut Vec<Hypothesis>) {
        offers.cut();
        for offer in &offers.list {
            let (mut lost, ref losses, over) = offers.parents[offer.parent as usize];
            let loss = losses.list[offer.loss as usize];
            lost.score -= offer.cost;
            self.put_back(
                0,
                lost,
                over,
                &loss.bytes[..1 + usize::from(loss.pair)],
                out,
            );
        }
    }

    fn put_back(
        &mut self,
        layer: usize,
        mut hypothesis: Hypothesis,
        over: u8,
        bytes: &[u8],
        out: &mut Vec<Hypothesis>,
    ) {
        if hypothesis.lose(layer, over, bytes) {
            // What comes out may be the mark of a loss in the next layer.
            self.bytes(layer, hypothesis, bytes, out);
        }
    }

    /// Adds hypotheses that lost bytes without a trace in front of the byte `next`.
    fn drop_silently(&mut self, beam: &mut Vec<Hypothesis>, next: Option<Code>) {
        let mut added = Vec::new();
        // Behind a fresh filling only the best ones: the others have not shown yet what they are worth. A single-byte codec
        // loses so few bytes that all may be tried.
        let few = self.chain.is_of_single_bytes();
        let tried = beam
            .iter()
            .enumerate()
            .filter(|(i, h)| h.inside && (few || *i < TRIES_FRESH || h.fresh == 0))
            .map(|(_, h)| h);
        let tried: Vec<Hypothesis> = tried
            .take(match (self.narrow, few) {
                (true, _) => NARROW.tries_silent,
                (_, true) => TRIES_FEW,
                _ => TRIES[1],
            })
            .copied()
            .collect();
        let single = self.chain.0.len() == 1;
        // Of the thousands that a double-byte codec may have lost most do not go together with what follows.
        let is_plain = !matches!(self.page, ' ' | '?');
        let code = next.filter(|_| is_plain);
        let mut offers = Offers::new(if code.is_some() {
            WIDTH_SILENT
        } else {
            WIDTH_AFTER_HOLE
        });
        offers.clear(
            beam.iter()
                .map(Hypothesis::rank)
                .fold(f32::NEG_INFINITY, f32::max),
        );
        let first = next.map(|code| code.bytes()[0]);
        for (i, &hypothesis) in tried.iter().enumerate() {
            let costs = if hypothesis.dropped {
                SILENT_AGAIN
            } else {
                SILENT
            };
            self.single_only = few && i >= TRIES[1];
            if single {
                self.offer(&mut offers, hypothesis, 0, (first, code), costs);
            } else {
                for layer in 0..self.chain.0.len() {
                    let next = next.filter(|_| layer == 0).map(|code| code.bytes()[0]);
                    self.lose(layer, hypothesis, 0, next, costs, &mut added);
                }
            }
            self.single_only = false;
        }
        self.make(&mut offers, &mut added);
        beam.append(&mut added);
    }

    /// What a character that is not complete will cost, seen from the bytes that follow: a lost byte may have a hundred
    /// values, of which the next byte rules out most.
    fn ahead(&self, hypothesis: &Hypothesis, code: Option<Code>) -> f32 {
        if hypothesis.at_rest() {
            return 0.0;
        }
        self.ahead_of(hypothesis.pending[0], code)
    }

    /// The same for what is pending in the only layer of a chain.
    fn ahead_of(&self, mut pending: Pending, code: Option<Code>) -> f32 {
        let (Some(code), [layer]) = (code, &*self.chain.0) else {
            return -INCOMPLETE;
        };
        for &byte in code.bytes() {
            match layer.right.step(pending, byte) {
                Step::Wait(next) => pending = next,
                Step::Emit(c) => {
                    let nats = self.model.unigram_log_prob(self.model.symbol(c));
                    return (nats + IN_CONTEXT).clamp(0.1 - DEAD_END, 0.0);
                }
                Step::Reject => return -DEAD_END,
            }
        }
        -INCOMPLETE
    }

    /// Hypotheses kept while a lost byte waits for its right-hand neighbours.
    fn width_after_hole(&self) -> usize {
        if self.narrow {
            NARROW.width
        } else {
            WIDTH_AFTER_HOLE
        }
    }

    /// Ranks what came of one character, and turns it into nodes.
    fn finish_step(&mut self, beam: &mut Vec<Hypothesis>, to: usize) {
        let code = self.following;
        for hypothesis in beam.iter_mut() {
            hypothesis.ahead = self.ahead(hypothesis, code);
        }
        let best = beam
            .iter()
            .map(Hypothesis::rank)
            .fold(f32::NEG_INFINITY, f32::max);
        let mut order = std::mem::take(&mut self.order);
        let ranks = beam.iter().map(Hypothesis::rank).enumerate();
        order.extend(ranks.filter(|&(_, rank)| rank > best - BEHIND));
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut ranked = self.pool.pop().unwrap_or_default();
        ranked.extend(order.drain(..).map(|(i, _)| beam[i]));
        self.order = order;
        std::mem::swap(beam, &mut ranked);
        ranked.clear();
        self.pool.push(ranked);
        let mut kept: usize = 0;
        let mut complete = 0;
        let mut settled = 0;
        for i in 0..beam.len() {
            let mut hypothesis = beam[i];
            // A pair of lost bytes may end one character and begin another, of which nothing is known yet.
            let waits =
                hypothesis.fresh == FRESH || hypothesis.put_count > 0 && !hypothesis.at_rest();
            let room = if waits {
                kept < self.width_after_hole()
            } else if hypothesis.fresh > 0 {
                complete < WIDTH_COMPLETE
            } else {
                settled < WIDTH
            };
            if !room {
                continue;
            }
            let twin = if waits {
                None
            } else {
                (0..kept).find(|&k| beam[k].same_future(&hypothesis))
            };
            let node = self.nodes.len() as u32;
            self.nodes.push(Node {
                parent: hypothesis.node,
                to,
                inside: hypothesis.inside,
                at_rest: hypothesis.at_rest(),
                characters: hypothesis.characters,
                count: hypothesis.count,
                puts: hypothesis.puts,
                put_count: hypothesis.put_count,
                read: hypothesis.read,
            });
            if let Some(twin) = twin {
                self.merges.push(Merge {
                    kept: beam[twin].node,
                    given_up: node,
                    behind: beam[twin].score - hypothesis.score,
                });
                continue;
            }
            match hypothesis.fresh {
                0 => settled += 1,
                _ => complete += usize::from(!waits),
            }
            hypothesis.node = node;
            hypothesis.count = 0;
            hypothesis.put_count = 0;
            beam[kept] = hypothesis;
            kept += 1;
        }
        beam.truncate(kept);
    }

    /// The best path at the end of the text.
    fn close(mut self, mut beam: Vec<Hypothesis>, end: usize) -> Outcome {
        // A character that is not complete has lost its last bytes.
        let open: Vec<Hypothesis> = beam.extract_if(.., |h| !h.at_rest()).collect();
        let mut ended = Vec::new();
        if !self.way.sample && self.way.silent.last().is_some_and(|&last| last + 4 >= end) {
            // Whole characters may be gone behind the last one.
            let mut added: Vec<Hypothesis> = beam.iter().filter(|h| h.inside).copied().collect();
            added.truncate(TRIES[1]);
            let tried = added.len();
            self.drop_silently(&mut added, None);
            ended.extend(added.drain(tried..));
        }
        for &hypothesis in open.iter().take(TRIES[1]) {
            if self.way.sample {
                let mut cut = hypothesis;
                cut.pending = [Pending::NONE; MOST_LAYERS];
                cut.score -= if self.way.tolerant { BROKEN } else { 0.0 };
                ended.push(cut);
                continue;
            }
            // The outermost layer first: what it completes may leave the next one open.
            let costs = [AT_END, AT_END + 1.0];
            let mut cut = vec![hypothesis];
            for layer in 0..self.chain.0.len() {
                let (open, whole): (Vec<_>, Vec<_>) =
                    cut.into_iter().partition(|h| !h.pending[layer].is_none());
                cut = whole;
                for hypothesis in open {
                    self.lose(layer, hypothesis, 0, None, costs, &mut cut);
                }
                cut.retain(|h| h.pending[layer].is_none());
            }
            ended.append(&mut cut);
        }
        ended.retain(Hypothesis::at_rest);
        if !ended.is_empty() {
            ended.sort_by(|a, b| b.score.total_cmp(&a.score));
            ended.truncate(WIDTH_COMPLETE);
            for hypothesis in &mut ended {
                let node = self.nodes.len() as u32;
                // The lost bytes belong to no character of the page: a node of its own, without length.
                self.nodes.push(Node {
                    parent: hypothesis.node,
                    to: end,
                    inside: true,
                    at_rest: true,
                    characters: hypothesis.characters,
                    count: hypothesis.count,
                    puts: hypothesis.puts,
                    put_count: hypothesis.put_count,
                    read: hypothesis.read,
                });
                hypothesis.node = node;
            }
            beam.append(&mut ended);
        }
        // The edge of the line tells a little about the last character.
        for hypothesis in &mut beam {
            hypothesis.score += self.model.advance(hypothesis.context, '\n').1;
        }
        beam.sort_by(|a, b| b.score.total_cmp(&a.score));
        let Some(best) = beam.first().copied() else {
            return Outcome {
                path: Vec::new(),
                rivals: Vec::new(),
                score: f32::NEG_INFINITY,
            };
        };
        for other in &beam[1..] {
            self.merges.push(Merge {
                kept: best.node,
                given_up: other.node,
                behind: best.score - other.score,
            });
        }
        let mut numbers = Vec::new();
        let mut node = best.node;
        while node != ROOT {
            numbers.push(node);
            node = self.nodes[node as usize].parent;
        }
        numbers.reverse();
        let rivals = self.rivals(&numbers);
        let path = numbers
            .iter()
            .map(|&number| self.nodes[number as usize].clone())
            .collect();
        Outcome {
            path,
            rivals,
            score: best.score,
        }
    }

    /// What gave way to the best path on its way.
    fn rivals(&self, path: &[u32]) -> Vec<Rival> {
        let mut rivals = Vec::new();
        for merge in &self.merges {
            // Numbers rise along a path.
            let Ok(to) = path.binary_search(&merge.kept) else {
                continue;
            };
            let mut pieces = Vec::new();
            let mut node = merge.given_up;
            let from = loop {
                if node == ROOT {
                    break 0;
                }
                if let Ok(place) = path.binary_search(&node) {
                    break place + 1;
                }
                let here = &self.nodes[node as usize];
                pieces.push(here.characters());
                node = here.parent;
            };
            let text: String = pieces.iter().rev().flat_map(|piece| piece.iter()).collect();
            rivals.push(Rival {
                from,
                to: to + 1,
                text,
                behind: merge.behind,
            });
        }
        rivals
    }
}
