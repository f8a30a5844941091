//! What PDF files and fonts make of Chinese text: radicals in place of characters, compatibility
//! ideographs, private-use codes, invisible characters inside words, spaces between all characters.

use std::ops::Range;

use compact_str::CompactString;
use encoding_rs::GB18030;
use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};
use unicode_normalization::UnicodeNormalization;

use crate::edit::{Edit, EditList, Rule};
use crate::lm::Model;
use crate::repair::automaton::{Automaton, Pending, Step};
use crate::repair::channel::misread::Right;
use crate::script::is_other_language;

/// Confidence of an edit that has passed its guards.
const CONFIDENCE: f32 = 0.97;
/// Single Han characters, each with a space behind it, that make spaced text.
const SPACED: usize = 8;
/// Share of the Han of a line that must stand apart.
const SPACED_SHARE: f32 = 0.6;
/// Nats for each character that a joined text must reach: lists of single characters do not.
const READS_WELL: f32 = -7.5;
/// Characters that sentences are held together with.
const LITTLE_WORDS: &str = "的了是在有不和与與及之而为為于於以其也一上下来來国國人我他她这這就到要会會可们們中大说說对對从從此，。、";
/// Nats of a character and its right-hand neighbour together that a word must reach.
const WORD: f32 = -17.0;

/// Radicals of the supplement and the characters that they are printed as, after the Unicode Standard's
/// equivalent unified ideographs; those that are only parts of characters are left out.
const RADICALS: &str = "⺁厂⺅亻⺍⺌⺎兀⺒巳⺓幺⺛旡⺝月⺟母⺠民⺬示⺮竹⺰纟⺶羊⺼月⻁虎⻃西⻄西⻅见⻆角⻈讠⻉贝⻋车⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻲亀⻳龟";

/// Cantonese characters that Hong Kong pages have in private use; the model hardly knows them.
const CANTONESE: &str = "嘅咗喺啲嚟冇佢哋唔喎咁嗰噉嘢啱嗌攞瞓";

/// Whether a text may have anything for [`repair`], at the speed of memory.
pub fn may_have(text: &str) -> bool {
    next(text.as_bytes(), 0).is_some()
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;
/// Spaces before Chinese among them from which on characters may stand apart: eight characters have seven, and their
/// 40 bytes at most reach over two blocks at most.
const FEW_SPACES: u32 = 4;

/// Whether three bytes begin a radical, a compatibility ideograph, a private-use code or something invisible.
fn is_odd(a: u8, b: u8, c: u8) -> bool {
    match (a, b) {
        (0xE2, 0xBA..=0xBF | 0x81) | (0xEF, 0x80..=0xAB) | (0xEE, _) | (0xC2, 0xAD) => true,
        (0xE2, 0x80) => matches!(c, 0x8B..=0x8F | 0xAA..=0xAE),
        (0xEF, 0xBB) => c == 0xBF,
        _ => false,
    }
}

/// What a block may have, by a look at all of its bytes at once.
struct Look {
    /// Something odd, or a mark that is hardly ever used.
    odd: bool,
    /// How many spaces stand before Chinese.
    spaces: u32,
}

/// Looks at a block; the two bytes behind it are those that its last characters may go on with.
#[inline(always)]
fn look<S: Simd>(simd: S, block: &[u8; BLOCK + 2]) -> Look {
    let from = |at: usize| u8x64::from_slice(simd, &block[at..at + BLOCK]);
    let all = |byte: u8| u8x64::splat(simd, byte);
    let (a, b, c) = (from(0), from(1), from(2));
    // Dashes, quotation marks and dots are E2 80 90 to E2 80 A9.
    let usual = b.simd_eq(all(0x80)) & (c - all(0x90)).simd_le(all(0xA9 - 0x90));
    let odd = a.simd_eq(all(0xE2)) & !usual
        | a.simd_eq(all(0xEF)) & b.simd_lt(all(0xBC))
        | a.simd_eq(all(0xEE))
        | a.simd_eq(all(0xC2)) & b.simd_eq(all(0xAD));
    let spaces = a.simd_eq(all(b' ')) & b.simd_ge(all(0xE2));
    Look {
        odd: odd.any_true(),
        spaces: spaces.to_bitmask().count_ones(),
    }
}

/// The first block at or behind `at` that may have something for [`repair`].
fn next(bytes: &[u8], at: usize) -> Option<usize> {
    dispatch!(Level::new(), simd => next_with(simd, bytes, at))
}

/// The same with the vectors of this processor.
#[inline(always)]
fn next_with<S: Simd>(simd: S, bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut rest = [0; BLOCK + 2];
    while at < bytes.len() {
        let block = match bytes[at..].first_chunk() {
            Some(block) => block,
            None => {
                let left = &bytes[at..];
                rest[..left.len()].copy_from_slice(left);
                rest[left.len()..].fill(0);
                &rest
            }
        };
        let Look { odd, spaces } = look(simd, block);
        if odd
            && block
                .windows(3)
                .any(|bytes| is_odd(bytes[0], bytes[1], bytes[2]))
            || spaces >= FEW_SPACES && stand_apart(bytes, at)
        {
            return Some(at);
        }
        at += BLOCK;
    }
    None
}

/// Whether so many spaces of a block have another one behind the next character that single characters may stand apart.
/// The last space of a row has none.
fn stand_apart(bytes: &[u8], block: usize) -> bool {
    let is_space = |at: usize| bytes.get(at) == Some(&b' ');
    let end = (block + BLOCK).min(bytes.len());
    let chained = (block..end).filter(|&at| {
        is_space(at)
            && bytes.get(at + 1).is_some_and(|&next| next >= 0xE2)
            && (is_space(at + 4) || is_space(at + 5))
    });
    chained.take(FEW_SPACES as usize - 1).count() == FEW_SPACES as usize - 1
}

/// Edits that put pieces right; `wants` says which rules are on.
///
/// ```
/// use hanfix::{Model, normalize::pieces::repair};
/// let text = "第⼀⻚的⽂字";
/// let edits = repair(text, Model::embedded(), |_| true);
/// assert_eq!(edits.apply(text).unwrap(), "第一页的文字");
/// ```
pub fn repair(text: &str, model: &Model, wants: impl Fn(Rule) -> bool) -> EditList {
    let mut edits = EditList::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(block) = next(bytes, at) {
        // The lines of the block, which may begin before it.
        let end = (block + BLOCK).min(bytes.len());
        let mut start = memchr::memrchr(b'\n', &bytes[at..block]).map_or(at, |end| at + end + 1);
        while start < end {
            let after =
                memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1);
            line(&text[start..after], start, model, &wants, &mut edits);
            start = after;
        }
        at = start;
    }
    edits
}

/// Adds the edits of the line at `start`.
fn line(
    line: &str,
    start: usize,
    model: &Model,
    wants: &impl Fn(Rule) -> bool,
    edits: &mut EditList,
) {
    // A text about radicals means them.
    let about = line.contains("部首") || line.contains("偏旁");
    if is_other_language(line) || line.chars().any(is_kana_or_hangul) {
        return;
    }
    if wants(Rule::SpacedText)
        && let Some(spans) = spaced(line, model)
    {
        for at in spans {
            push(edits, start + at..start + at + 1, "", Rule::SpacedText);
        }
        return;
    }
    let wants = |rule| wants(rule) && !(about && rule == Rule::Radical);
    characters(line, start, model, &wants, edits);
}

fn push(edits: &mut EditList, span: Range<usize>, new: &str, rule: Rule) {
    edits.push(Edit {
        span,
        new: CompactString::from(new),
        rule,
        confidence: CONFIDENCE,
        evidence: None,
    });
}

fn characters(
    line: &str,
    start: usize,
    model: &Model,
    wants: &impl Fn(Rule) -> bool,
    edits: &mut EditList,
) {
    if line.is_ascii() {
        return;
    }
    // What stands before, repaired, and what follows, which is looked for once for all that is invisible before it.
    let mut before: Vec<char> = Vec::new();
    let mut visible = 0;
    for (at, c) in line.char_indices() {
        let end = at + c.len_utf8();
        let found = match c {
            '\u{2E80}'..='\u{2FDF}' => radical(c).map(|new| (Rule::Radical, vec![new])),
            '\u{F900}'..='\u{FAFF}' => normalized(c).map(|new| (Rule::Compatibility, vec![new])),
            '\u{E000}'..='\u{F8FF}' => Some((Rule::PrivateUse, private_use(c))),
            '\u{AD}' => Some((Rule::SoftHyphen, Vec::new())),
            '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}' => Some((Rule::Invisible, Vec::new())),
            _ => None,
        };
        let Some((rule, news)) = found.filter(|(rule, _)| wants(*rule)) else {
            before.push(c);
            continue;
        };
        if visible < end {
            let found = line[end..].find(|c| !is_invisible(c));
            visible = found.map_or(line.len(), |length| end + length);
        }
        let following = line[visible..].chars().next().map(read_as);
        if matches!(rule, Rule::SoftHyphen | Rule::Invisible) {
            let inside =
                before.last().is_some_and(|&c| is_text(c)) && following.is_some_and(is_text);
            if inside {
                push(edits, start + at..start + end, "", rule);
            } else {
                before.push(c);
            }
            continue;
        }
        let cantonese = |new: &char| rule == Rule::PrivateUse && CANTONESE.contains(*new);
        let new = news
            .into_iter()
            .filter(|new| is_word(&before, *new, following, model) || cantonese(new))
            .max_by(|a, b| {
                score(&before, *a, following, model)
                    .total_cmp(&score(&before, *b, following, model))
            });
        match new {
            Some(new) => {
                push(
                    edits,
                    start + at..start + end,
                    new.encode_utf8(&mut [0; 4]),
                    rule,
                );
                before.push(new);
            }
            None => before.push(c),
        }
    }
}

/// Whether the character makes a word with what is beside it, as the model sees it.
fn is_word(before: &[char], new: char, following: Option<char>, model: &Model) -> bool {
    let beside = before.last().copied().is_some_and(is_han) || following.is_some_and(is_han);
    beside && score(before, new, following, model) > WORD
}

/// Nats of a character and of the one behind it.
fn score(before: &[char], new: char, following: Option<char>, model: &Model) -> f32 {
    let mut context = model.line_start();
    for &c in &before[before.len().saturating_sub(2)..] {
        context = model.advance(context, c).0;
    }
    let (context, own) = model.advance(context, new);
    own + model.advance(context, following.unwrap_or('\n')).1
}

fn radical(c: char) -> Option<char> {
    if ('\u{2F00}'..='\u{2FD5}').contains(&c) {
        return normalized(c);
    }
    let mut pairs = RADICALS.chars();
    while let (Some(radical), Some(character)) = (pairs.next(), pairs.next()) {
        if radical == c {
            return Some(character);
        }
    }
    normalized(c)
}

/// The character that compatibility says it is.
fn normalized(c: char) -> Option<char> {
    let mut normalized = std::iter::once(c).nfkc();
    let first = normalized.next()?;
    (normalized.next().is_none() && first != c).then_some(first)
}

/// What a private-use code stands for: the 80 characters at the end of GBK, which Unicode lacked then, and
/// the four areas that Hong Kong's characters had in Big5.
fn private_use(c: char) -> Vec<char> {
    let code = u32::from(c);
    let mut found = Vec::new();
    if let 0xE815..=0xE864 = code {
        let place = (code - 0xE815) as u8;
        let trail = 0x50 + place + u8::from(0x50 + place >= 0x7F);
        let pair = [0xFE, trail];
        let (text, _) = GB18030.decode_without_bom_handling(&pair);
        found.extend(text.chars().next());
    }
    let areas = [
        (0xE000, 0xE310, 0xFA_u32),
        (0xE311, 0xEEB7, 0x8E),
        (0xEEB8, 0xF6B0, 0x81),
        (0xF6B1, 0xF848, 0xC6),
    ];
    for (first, last, lead) in areas {
        if (first..=last).contains(&code) {
            // 157 trail bytes in each row: 40 to 7E, A1 to FE. The last area begins at C6A1.
            let place = code - first + if lead == 0xC6 { 63 } else { 0 };
            let (row, column) = (place / 157, place % 157);
            let trail = if column < 63 {
                0x40 + column
            } else {
                0xA1 + column - 63
            };
            let pending = Pending::NONE.with((lead + row) as u8);
            if let Step::Emit(character) = Right::Big5.step(pending, trail as u8) {
                found.push(character);
            }
        }
    }
    found.retain(|&c| is_han(c));
    found
}

/// The spaces of a spaced line that are to go.
fn spaced(line: &str, model: &Model) -> Option<Vec<usize>> {
    let characters: Vec<(usize, char)> = line.char_indices().collect();
    let (mut spaces, mut run) = (Vec::new(), Vec::new());
    let (mut apart, mut all) = (0, 0);
    let (mut kept, mut joined) = (false, String::new());
    let mut length = 0;
    for i in 0..characters.len() {
        let (_, c) = characters[i];
        if !is_text(c) {
            continue;
        }
        all += 1;
        let single = (i == 0 || characters[i - 1].1 == ' ' || !is_text(characters[i - 1].1))
            && characters.get(i + 1).is_none_or(|next| !is_text(next.1));
        if !single {
            if length >= SPACED {
                spaces.append(&mut run);
                kept = true;
            }
            run.clear();
            length = 0;
            continue;
        }
        apart += 1;
        length += 1;
        joined.push(c);
        let one_space = characters.get(i + 1).is_some_and(|next| next.1 == ' ')
            && characters.get(i + 2).is_some_and(|next| is_text(next.1));
        if one_space {
            run.push(characters[i + 1].0);
        } else {
            if length >= SPACED {
                spaces.append(&mut run);
                kept = true;
            }
            run.clear();
            length = 0;
        }
    }
    let mut context = model.line_start();
    let mut nats = 0.0;
    for c in joined.chars() {
        let (next, own) = model.advance(context, c);
        context = next;
        nats += own;
    }
    let reads_well = nats > READS_WELL * joined.chars().count() as f32;
    // A list of single characters may be one that the model knows: 甲 乙 丙 丁. Sentences have little words.
    let little = joined.chars().filter(|&c| LITTLE_WORDS.contains(c)).count();
    let reads_well = reads_well && little * SPACED >= joined.chars().count();
    (kept && apart as f32 >= SPACED_SHARE * all as f32 && reads_well).then_some(spaces)
}

/// What a neighbour is read as: the character of a radical.
fn read_as(c: char) -> char {
    match c {
        '\u{2E80}'..='\u{2FDF}' => radical(c).unwrap_or(c),
        '\u{F900}'..='\u{FAFF}' => normalized(c).unwrap_or(c),
        _ => c,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Han and the marks of Chinese text.
fn is_text(c: char) -> bool {
    is_han(c)
        || matches!(
            c,
            '、' | '。' | '，' | '；' | '：' | '？' | '！' | '《' | '》' | '“' | '”'
        )
}

fn is_kana_or_hangul(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FA}' | '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7A3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> String {
        repair(text, Model::embedded(), |_| true)
            .apply(text)
            .expect("edits fit")
            .into_owned()
    }

    #[test]
    fn what_is_put_right() {
        for (text, expected) in [
            ("⼀个⼈的⼯作", "一个人的工作"),
            ("⻢路上的⻋辆", "马路上的车辆"),
            ("快\u{F914}的生活", "快樂的生活"),
            ("中\u{200B}国人\u{AD}民", "中国人民"),
            ("中 国 人 民 站 起 来 了 。", "中国人民站起来了。"),
        ] {
            assert!(may_have(text), "{text}");
            assert_eq!(repaired(text), expected);
        }
    }

    #[test]
    fn wherever_it_stands() {
        for padding in 0..2 * BLOCK + 8 {
            let padding = "a".repeat(padding);
            for odd in [
                "⼀",
                "\u{F914}",
                "\u{FEFF}",
                "\u{E000}",
                "\u{AD}",
                "\u{200B}",
                "\u{202E}",
                "\u{2060}",
                "中 国 人 民 站 起 来 了",
            ] {
                assert!(may_have(&format!("{padding}{odd}")), "{odd:?}");
                assert!(may_have(&format!("{padding}{odd}中文")), "{odd:?}");
            }
            let usual = "“中文”——好……是·，。！？：；（一 二）①→𠮷 a b c d é";
            assert!(!may_have(&format!("{padding}{usual}")));
        }
    }

    #[test]
    fn what_stays() {
        for text in [
            "",
            "⻊",
            "部首⺀和⼀是两个",
            "工 作 環 境",
            "赵 钱 孙 李 周 吴 郑 王 冯 陈 褚 卫 蒋 沈 韩 杨",
            "👩\u{200D}💻",
            "낙樂원",
            "音樂\u{FE0F}",
            "︰﹑",
        ] {
            assert_eq!(repaired(text), text);
        }
    }
}
