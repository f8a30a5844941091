//! The visible noise of the comma-noise sites: `相遇,，穿越` was `相遇，穿越`.
//!
//! On these sites the noise byte before a mark is an ASCII comma. It stands before exactly the six
//! marks, at about two of three of them, and never before `：`, `”` or `》`.

use crate::edit::{Edit, EditList, Rule};

use super::channel::splice::is_mark;

/// Noise fired at 53 of 86 marks of such pages; a page where fewer than this share of the marks have a
/// comma before them has a typing error or an empty CSV field.
const SHARE: f64 = 0.2;
/// Sites a page must have when nothing else on it is damaged.
const SITES: usize = 2;
/// Confidence with two sites, and what each further one takes off the doubt.
const DOUBT_AT_TWO: f32 = 0.05;

/// Edits that take out noise commas; empty when the page is not one of these. `damaged` says whether
/// other damage was found on the page.
///
/// ```
/// use hanfix::repair::comma::noise;
/// let text = "他们相遇,，穿越隧道,、拥抱,。";
/// assert_eq!(noise(text, false).apply(text).unwrap(), "他们相遇，穿越隧道、拥抱。");
/// let text = "他们相遇,，住在B座,，穿越隧道,、拥抱,。";
/// assert_eq!(noise(text, false).apply(text).unwrap(), "他们相遇，住在B座，穿越隧道、拥抱。");
/// assert!(noise("张三,,李四\n王五,,赵六", false).is_empty());
/// ```
pub fn noise(text: &str, damaged: bool) -> EditList {
    let mut sites = Vec::new();
    let mut proven = 0;
    let mut other_marks = false;
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b',', bytes) {
        // Every mark begins with one of these bytes; most commas are done with here.
        if !matches!(
            bytes.get(at + 1),
            Some(b',' | b'!' | b'?' | b';' | 0xE3 | 0xEF)
        ) {
            continue;
        }
        let Some(mark) = text[at + 1..].chars().next().filter(|c| is_mark(*c)) else {
            continue;
        };
        let Some(before) = text[..at].chars().next_back() else {
            continue;
        };
        if sites.last().is_some_and(|last| last + 1 == at) {
            continue;
        }
        // Behind a letter or digit it is noise where other places show that there is noise. Between ASCII it may be an
        // empty field.
        let proves = !before.is_ascii() || before == ')';
        let after = text[at + 1 + mark.len_utf8()..].chars().next();
        if proves || !mark.is_ascii() || after.is_some_and(|c| !c.is_ascii()) {
            sites.push(at);
            proven += usize::from(proves);
            other_marks |= proves && !matches!(mark, ',' | '，');
        }
    }
    let needed = if damaged { 1 } else { SITES };
    // Empty fields of a Chinese CSV file look like noise before commas, and only before commas.
    if proven < needed || !(other_marks || damaged) {
        return EditList::default();
    }
    let marks = text.chars().filter(|c| is_mark(*c)).count() - sites.len();
    if (sites.len() as f64) < marks as f64 * SHARE {
        return EditList::default();
    }
    let confidence = 1.0 - DOUBT_AT_TWO / (proven.max(2) - 1) as f32;
    let mut edits = EditList::default();
    for at in sites {
        edits.push(Edit {
            span: at..at + 1,
            new: "".into(),
            rule: Rule::CommaNoise,
            confidence,
            evidence: None,
        });
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_keeps_its_commas() {
        for text in ["", ",", "名字,，语法", "a,,b,,c,。", "1,,2\n3,,4"] {
            assert!(noise(text, false).is_empty(), "{text}");
        }
        // Two of very many marks.
        let text = format!("好,。坏,。{}", "一，二，三，".repeat(20));
        assert!(noise(&text, false).is_empty());
    }
}
