//! Reading one pinyin annotation, or what a torn one leaves, off the text.
//!
//! The damaged sites put `(huì )` behind a character: one syllable, lower case, with a tone mark,
//! sometimes with a stray space, in ASCII parentheses that a later store may have made fullwidth.
//! Anything else in parentheses (two syllables, a capital, no tone) was written by a person.

/// One pinyin syllable between parentheses, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotation<'t> {
    /// The syllable without parentheses and spaces: `huì`.
    pub syllable: &'t str,
    /// Whether a stray space stands before the closing parenthesis: `(huì )`.
    pub stray_space: bool,
    /// Length in bytes from the opening parenthesis (or from the `?` that ate it) to the closing one.
    pub len: usize,
}

/// The longest syllable, in characters (`zhuāng`), with room for separate tone marks.
const LONGEST_SYLLABLE: usize = 8;

/// Reads `(huì )` or `（huì）` at the start of `text`.
///
/// ```
/// use hanfix::damage::annotation::annotation;
/// let found = annotation("(huì )工作").unwrap();
/// assert_eq!((found.syllable, found.stray_space, found.len), ("huì", true, 7));
/// assert!(annotation("(Bó)州").is_none());
/// assert!(annotation("(zhòng liàng)").is_none());
/// ```
pub fn annotation(text: &str) -> Option<Annotation<'_>> {
    let open = if text.starts_with('(') {
        1
    } else if text.starts_with('（') {
        3
    } else {
        return None;
    };
    closed_syllable(text, open)
}

/// Reads what is left of an annotation whose opening parenthesis was eaten: `?chē)` in `周?chē)`.
///
/// ```
/// use hanfix::damage::annotation::residue;
/// assert_eq!(residue("?chē)?,充分").unwrap().syllable, "chē");
/// assert!(residue("?有人說)").is_none());
/// ```
pub fn residue(text: &str) -> Option<Annotation<'_>> {
    if !text.starts_with('?') {
        return None;
    }
    closed_syllable(text, 1)
}

fn closed_syllable(text: &str, start: usize) -> Option<Annotation<'_>> {
    let rest = text.get(start..)?;
    let mut tone = false;
    let mut end = 0;
    for (count, (at, c)) in rest.char_indices().enumerate() {
        end = at;
        if !is_pinyin_letter(c) || count > LONGEST_SYLLABLE {
            break;
        }
        tone |= !c.is_ascii_lowercase() && c != 'ü';
        end = at + c.len_utf8();
    }
    if !tone {
        return None;
    }
    let syllable = &rest[..end];
    let mut tail = &rest[end..];
    let stray_space = tail.starts_with(' ');
    if stray_space {
        tail = &tail[1..];
    }
    let close = if tail.starts_with(')') {
        1
    } else if tail.starts_with('）') {
        3
    } else {
        return None;
    };
    let len = start + end + usize::from(stray_space) + close;
    Some(Annotation {
        syllable,
        stray_space,
        len,
    })
}

/// A lower-case letter of toned pinyin: precomposed, or a combining tone mark.
fn is_pinyin_letter(c: char) -> bool {
    c.is_ascii_lowercase()
        || matches!(
            c,
            'ā' | 'á'
                | 'ǎ'
                | 'à'
                | 'ē'
                | 'é'
                | 'ě'
                | 'è'
                | 'ī'
                | 'í'
                | 'ǐ'
                | 'ì'
                | 'ō'
                | 'ó'
                | 'ǒ'
                | 'ò'
                | 'ū'
                | 'ú'
                | 'ǔ'
                | 'ù'
                | 'ǖ'
                | 'ǘ'
                | 'ǚ'
                | 'ǜ'
                | 'ü'
                | 'ń'
                | 'ň'
                | 'ǹ'
                | 'ḿ'
                | 'ê'
                | '\u{0300}'
                | '\u{0301}'
                | '\u{0304}'
                | '\u{030C}'
                | '\u{0308}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        for none in [
            "",
            "(",
            "()",
            "(hui)",
            "(huì",
            "(huì  )",
            "（Huì）",
            "(huìhuìhuìhuì)",
            "huì)",
            "(會)",
        ] {
            assert!(annotation(none).is_none(), "{none}");
        }
        assert_eq!(annotation("（huì）").unwrap().len, 10);
        // A tone mark as a character of its own.
        assert_eq!(annotation("(hui\u{0300})").unwrap().len, 7);
        assert!(residue("?)").is_none());
        assert!(residue("??yàn)").is_none());
    }
}
