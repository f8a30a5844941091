//! Punctuation that a store folded to ASCII becomes fullwidth again.
//!
//! Only `, ; : ! ? ( )` and only next to Chinese: the fold of `- . ' " %`, letters and digits cannot be
//! told from what was ASCII all along.

use std::ops::Range;

use crate::damage::markup::touches;
use crate::edit::{Edit, EditList, Rule};

/// Share of fullwidth marks, of all marks next to Chinese, from which on a page was not folded.
const FULLWIDTH_SHARE: f64 = 0.02;

/// Confidence of an edit on a page where the fold is certain. Real pages mix in ASCII marks of their own now and then.
const CONFIDENCE: f32 = 0.97;

/// Quotes and brackets that are seen through in a row.
const NEAR: usize = 16;

/// The fullwidth form of a mark that the fold made ASCII.
fn fullwidth(c: char) -> Option<char> {
    Some(match c {
        ',' => '，',
        ';' => '；',
        ':' => '：',
        '!' => '！',
        '?' => '？',
        '(' => '（',
        ')' => '）',
        _ => return None,
    })
}

/// Whether a mark is the fullwidth form of one that the fold makes ASCII.
pub(crate) fn is_fullwidth(c: char) -> bool {
    matches!(c, '，' | '；' | '：' | '！' | '？' | '（' | '）')
}

/// Whether the marks of `text` were folded: ASCII ones stand next to Chinese, and fewer than 2 % are fullwidth, those left out
/// that a repair has `restored`.
///
/// ```
/// use hanfix::normalize::punctuation::is_folded;
/// assert!(is_folded("做好工作,意义重大。", 0));
/// assert!(!is_folded("做好工作，意义重大。(见附件)", 0));
/// assert!(is_folded("老人生了气！（如感冒,发烧)。", 2));
/// ```
pub fn is_folded(text: &str, restored: usize) -> bool {
    let mut ascii = 0_usize;
    let mut wide = 0_usize;
    let mut before = '\n';
    for c in text.chars() {
        if fullwidth(c).is_some() {
            ascii += usize::from(is_chinese(before));
        } else if is_fullwidth(c) {
            wide += 1;
        }
        before = c;
    }
    let wide = wide.saturating_sub(restored);
    ascii > 0 && (wide as f64) < (ascii + wide) as f64 * FULLWIDTH_SHARE
}

/// Edits that make folded marks next to Chinese fullwidth, but for those in the spans of `left`
/// (in order): spots that were reported and must stay as they are.
///
/// ```
/// use hanfix::normalize::punctuation::widen;
/// let text = "做好工作(以下简称《决定》),意义:09:30!";
/// assert_eq!(widen(text, &[]).apply(text).unwrap(), "做好工作（以下简称《决定》），意义：09:30!");
/// ```
pub fn widen(text: &str, left: &[Range<usize>]) -> EditList {
    let mut found: Vec<(usize, char)> = Vec::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    for at in memchr_marks(text) {
        let c = char::from(text.as_bytes()[at]);
        let (before, after) = (before(text, at), after(text, at + 1));
        match c {
            '\n' => open.clear(),
            '(' => open.push((
                at,
                before.is_some_and(is_chinese) || after.is_some_and(is_chinese),
            )),
            ')' => {
                if let Some((start, near)) = open.pop()
                    && (near || before.is_some_and(is_chinese))
                {
                    found.push((start, '（'));
                    found.push((at, '）'));
                }
            }
            _ => {
                let between_digits = before.is_some_and(|c| c.is_ascii_digit())
                    && after.is_some_and(|c| c.is_ascii_digit());
                let near = match c {
                    // A mark belongs to what stands before it; a sentence may end in a Latin word.
                    ',' | ';' | ':' => {
                        before.is_some_and(is_chinese) || after.is_some_and(is_chinese)
                    }
                    _ => before.is_some_and(is_chinese),
                };
                let entity = c == ';' && ends_entity(&text[..at]);
                if near && !between_digits && !entity && !touches(left, &(at..at + 1)) {
                    found.extend(fullwidth(c).map(|wide| (at, wide)));
                }
            }
        }
    }
    found.sort_unstable_by_key(|(at, _)| *at);
    let mut edits = EditList::default();
    for (at, wide) in found {
        let new = compact_str::CompactString::from_iter([wide]);
        edits.push(Edit {
            span: at..at + 1,
            new,
            rule: Rule::Punctuation,
            confidence: CONFIDENCE,
            evidence: None,
        });
    }
    edits
}

/// Offsets of the marks and line ends of a text.
fn memchr_marks(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.bytes()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b',' | b';' | b':' | b'!' | b'?' | b'(' | b')' | b'\n'))
        .map(|(at, _)| at)
}

/// The character before an offset, seen through closing quotes and brackets.
fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().rev().take(NEAR).find(|c| {
        !matches!(
            c,
            '"' | '\'' | '”' | '’' | '」' | '』' | '》' | '〉' | ']' | '】' | ')' | '）'
        )
    })
}

/// The character after an offset, seen through opening quotes and brackets.
fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().take(NEAR).find(|c| {
        !matches!(
            c,
            '"' | '\'' | '“' | '‘' | '「' | '『' | '《' | '〈' | '[' | '【' | '(' | '（'
        )
    })
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{3017}' | '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Whether `text` ends in an entity that only lacks its semicolon: `&nbsp`.
fn ends_entity(text: &str) -> bool {
    let name = text
        .bytes()
        .rev()
        .take(10)
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
        .count();
    name > 0 && text[..text.len() - name].ends_with('&')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widened(text: &str) -> String {
        widen(text, &[])
            .apply(text)
            .expect("edits fit")
            .into_owned()
    }

    #[test]
    fn what_stays() {
        for text in [
            "",
            "a,b",
            "http://例子",
            "12,000元",
            "&nbsp;中文",
            "print(x)",
            "(a)(b",
            "中文)",
            "备12024993号-1",
        ] {
            assert_eq!(widened(text), text);
        }
    }

    #[test]
    fn what_comes_back() {
        assert_eq!(
            widened("他说:“好!”,走了;再见?"),
            "他说：“好！”，走了；再见？"
        );
        assert_eq!(widened("联赛(NBL)决赛"), "联赛（NBL）决赛");
        assert_eq!(widened("(一)总则\n(二"), "（一）总则\n(二");
    }
}
