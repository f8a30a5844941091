//! Characters that came through an escape that nobody has undone: `&#x4E2D;`, `\u4e2d`, `%E4%B8%AD`,
//! `=E4=B8=AD`, `+Ti1lhw-`.
//!
//! Each of them is good text somewhere: in markup, in code, in addresses, in mail. So a run is decoded only
//! where all of it is Chinese, and where what stands around it is no string, address or word.

use std::ops::Range;

use compact_str::CompactString;

use crate::edit::{Edit, EditList, Rule};
use crate::repair::channel::misread::{Wrong, is_rare};

/// Confidence of an edit where the guards have let it through.
const CONFIDENCE: f32 = 0.97;
/// Characters that a run without Chinese beside it must have.
const ENOUGH: usize = 2;
/// Characters that UTF-7 without its closing `-` must have: base64 is Chinese by accident.
const ENOUGH_OPEN: usize = 4;
/// How often an entity may be escaped over again: `&amp;amp;#x4E2D;`.
const MOST_AMPERSANDS: usize = 3;

/// Named entities that stand for marks of Chinese text.
const NAMED: [(&str, char); 14] = [
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("hellip", '…'),
    ("middot", '·'),
    ("bull", '•'),
    ("times", '×'),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("permil", '‰'),
];

/// The entities of ISO 8859-1 from A0 to FF, in order (HTML 4.01, section 24.2.1).
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
/// Those of code page 1252 that neither this nor [`NAMED`] has (HTML 4.01, section 24.4).
const WINDOWS_1252: [(&str, char); 16] = [
    ("euro", '€'),
    ("sbquo", '‚'),
    ("fnof", 'ƒ'),
    ("bdquo", '„'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("circ", 'ˆ'),
    ("Scaron", 'Š'),
    ("lsaquo", '‹'),
    ("OElig", 'Œ'),
    ("tilde", '˜'),
    ("trade", '™'),
    ("scaron", 'š'),
    ("rsaquo", '›'),
    ("oelig", 'œ'),
    ("Yuml", 'Ÿ'),
];
/// Characters that misread text behind entities must have: two of GBK.
const ENOUGH_LATIN: usize = 4;

/// Whether a text may have anything for [`decode`], at the speed of memory.
pub fn may_have(text: &str) -> bool {
    next(text.as_bytes(), 0).is_some()
}

/// The first byte at or behind `from` that an escape may begin with.
fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let begins = |byte: &u8| matches!(byte, b'&' | b'\\' | b'%' | b'=' | b'+');
    // Without branches in a block, so that it is looked at as one.
    let mut blocks = bytes[from..].chunks(64).enumerate();
    blocks.find_map(|(i, block)| {
        let found = block.iter().fold(false, |found, byte| found | begins(byte));
        let at = if found {
            block.iter().position(begins)
        } else {
            None
        };
        at.map(|at| from + i * 64 + at)
    })
}

/// Edits that decode escapes; `html` is whether the text is markup, `wants` which rules are on, `is_misread` whether
/// letters of Western Europe are Chinese that was read with the wrong codec: then it does not matter that markup needs
/// their entities.
///
/// ```
/// use hanfix::normalize::escapes::decode;
/// let text = r"\u4e2d\u6587 和 &amp;#x4E2D;&#25991; 和 =E4=B8=AD=E6=96=87";
/// assert_eq!(decode(text, false, |_| true, |_| false).apply(text).unwrap(), "中文 和 中文 和 中文");
/// let code = r#"let name = "\u4e2d\u6587"; // https://例子/%E4%B8%AD%E6%96%87 &lt;"#;
/// assert!(decode(code, false, |_| true, |_| false).is_empty());
/// ```
pub fn decode(
    text: &str,
    html: bool,
    wants: impl Fn(Rule) -> bool,
    is_misread: impl Fn(&str) -> bool,
) -> EditList {
    let mut edits = EditList::default();
    // Where the piece of a line ends that was looked at for misread text.
    let mut looked = 0;
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = next(bytes, from) {
        from = at + 1;
        let found = match bytes[at] {
            b'&' if at >= looked && latin_entity(&text[at..]).is_some() => {
                looked = end_of_piece(text, at);
                let misread = misread_entities(text, at..looked, &is_misread);
                misread.or_else(|| entities(text, at, html))
            }
            b'&' => entities(text, at, html),
            b'\\' => unicode_escapes(text, at),
            b'%' => hex_bytes(text, at, b'%', Rule::PercentEncoding),
            b'=' => hex_bytes(text, at, b'=', Rule::QuotedPrintable),
            _ => utf7(text, at),
        };
        let Some((rule, end, new)) = found else {
            continue;
        };
        from = end;
        if wants(rule) && text[at..end] != *new {
            edits.push(Edit {
                span: at..end,
                new: CompactString::from(new),
                rule,
                confidence: CONFIDENCE,
                evidence: None,
            });
        }
    }
    edits
}

type Found = Option<(Rule, usize, String)>;

/// Entities one after the other.
fn entities(text: &str, at: usize, html: bool) -> Found {
    let mut new = String::new();
    let mut end = at;
    let mut named = false;
    while let Some((length, c, is_name)) = entity(&text[end..]) {
        if is_name && html || !is_name && !is_chinese(c) {
            break;
        }
        new.push(c);
        end += length;
        named |= is_name;
    }
    let count = new.chars().count();
    let spaces_only = new.chars().all(char::is_whitespace);
    let near = beside_chinese(text, &(at..end));
    let fits = near || !named && count >= ENOUGH || !spaces_only && count > ENOUGH;
    (count > 0 && fits && !in_quotes(text, &(at..end))).then_some((Rule::Entity, end, new))
}

/// Entities of letters of Western Europe from the beginning of a piece to the last one in it, with what is between them,
/// if that is Chinese that was misread: `&Auml;&atilde;&ordm;&Atilde;` is `ÄãºÃ`, which is 你好.
fn misread_entities(text: &str, span: Range<usize>, is_misread: &impl Fn(&str) -> bool) -> Found {
    let piece = &text[span.clone()];
    let (mut new, mut latin, mut end) = (String::new(), 0, (0, 0));
    let mut rest = piece;
    while let Some(c) = rest.chars().next() {
        match latin_entity(rest) {
            Some((length, c)) => {
                new.push(c);
                latin += usize::from(matches!(c, '¡'..='ÿ'));
                rest = &rest[length..];
                end = (piece.len() - rest.len(), new.len());
            }
            None => {
                new.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    new.truncate(end.1);
    (latin >= ENOUGH_LATIN && is_misread(&new)).then_some((Rule::Entity, span.start + end.0, new))
}

/// Where the next tag or line begins: no second byte of a character is a `<`.
fn end_of_piece(text: &str, at: usize) -> usize {
    memchr::memchr2(b'\n', b'<', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end)
}

/// The entity of a character above ASCII that code page 1252 or ISO 8859-1 has, at the start of `rest`: its length and its
/// character.
fn latin_entity(rest: &str) -> Option<(usize, char)> {
    let body = rest.strip_prefix('&')?;
    let end = body.bytes().take(10).position(|byte| byte == b';')?;
    let name = body.get(..end)?;
    let c = if name.starts_with('#') {
        entity(rest)?.1
    } else if let Some(place) = LATIN_1.split(' ').position(|known| known == name) {
        char::from(u8::try_from(0xA0 + place).ok()?)
    } else {
        let mut named = NAMED.iter().chain(&WINDOWS_1252);
        named.find(|(known, _)| *known == name)?.1
    };
    let is_latin = !c.is_ascii() && Wrong::Windows1252.encode(c).is_some();
    is_latin.then_some((end + 2, c))
}

/// The entity at the start of `rest`: its length, its character, and whether it has a name.
fn entity(rest: &str) -> Option<(usize, char, bool)> {
    let mut at = 1;
    rest.strip_prefix('&')?;
    for _ in 0..MOST_AMPERSANDS {
        if rest[at..].starts_with("amp;") {
            at += 4;
        }
    }
    let body_end = rest[at..].bytes().take(10).position(|byte| byte == b';')? + at;
    let body = rest.get(at..body_end)?;
    if let Some(number) = body.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some((body_end + 1, char::from_u32(code)?, false));
    }
    let (_, c) = NAMED.iter().find(|(name, _)| *name == body)?;
    Some((body_end + 1, *c, true))
}

/// `\u4e2d` one after the other, surrogates in pairs.
fn unicode_escapes(text: &str, at: usize) -> Found {
    let mut units = Vec::new();
    let mut end = at;
    while let Some(digits) = text[end..]
        .strip_prefix("\\u")
        .and_then(|rest| rest.get(..4))
    {
        let Ok(unit) = u16::from_str_radix(digits, 16) else {
            break;
        };
        units.push(unit);
        end += 6;
    }
    let new = String::from_utf16(&units).ok()?;
    let span = at..end;
    let before = text[..at].chars().next_back();
    let code = matches!(before, Some('\\' | '[' | '(' | '-' | '=' | '/'))
        || in_quotes(text, &span)
        || text[end..].starts_with(['\\', ']', '-', '/']);
    let chinese = !new.is_empty() && new.chars().all(is_chinese);
    let enough = new.chars().count() >= ENOUGH
        || beside_chinese(text, &span)
        || other_escapes_on_line(text, &span);
    (chinese && enough && !code).then_some((Rule::UnicodeEscape, end, new))
}

/// Whether the line has more escapes than this one: `\u7ae5 \u664b`.
fn other_escapes_on_line(text: &str, span: &Range<usize>) -> bool {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..]
        .find('\n')
        .map_or(text.len(), |at| span.end + at);
    [&text[start..span.start], &text[span.end..end]]
        .iter()
        .any(|side| side.matches("\\u").count() >= 2)
}

/// `%E4%B8%AD` or `=E4=B8=AD`: bytes of UTF-8 in hexadecimal, one after the other.
fn hex_bytes(text: &str, at: usize, mark: u8, rule: Rule) -> Found {
    let source = text.as_bytes();
    let mut bytes = Vec::new();
    let mut end = at;
    loop {
        let hex = |digits: &[u8]| {
            let upper = digits
                .iter()
                .all(|d| matches!(d, b'0'..=b'9' | b'A'..=b'F'));
            // Quoted-printable is in capitals; elsewhere both cases occur.
            if mark == b'=' && !upper {
                return None;
            }
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        match source.get(end..end + 3) {
            Some([first, digits @ ..]) if *first == mark => match hex(digits) {
                Some(byte) if byte >= 0x80 => {
                    bytes.push(byte);
                    end += 3;
                    continue;
                }
                _ => {}
            },
            _ => {}
        }
        // A soft line break of quoted-printable, if the run goes on behind it.
        let soft = [&b"=\r\n="[..], b"=\n="]
            .into_iter()
            .find(|soft| source[end..].starts_with(soft));
        match soft {
            Some(soft) if mark == b'=' && !bytes.is_empty() => end += soft.len() - 1,
            _ => break,
        }
    }
    let new = String::from_utf8(bytes).ok()?;
    let chinese = new.chars().count() >= ENOUGH && new.chars().all(is_chinese);
    let is_word = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '/' | '?'
                    | '&'
                    | '='
                    | '#'
                    | '.'
                    | '_'
                    | '~'
                    | ':'
                    | '-'
                    | '%'
                    | '+'
                    | '@'
                    | '"'
                    | '\''
                    | '`'
                    | ';'
                    | '\\'
            )
    };
    let in_word = text[..at].chars().next_back().is_some_and(is_word)
        || text[end..]
            .chars()
            .next()
            .is_some_and(|c| is_word(c) && !matches!(c, '.' | ':' | ';' | '?'));
    (chinese && !in_word).then_some((rule, end, new))
}

/// `+Ti1lhw-`: UTF-16 in base64.
fn utf7(text: &str, at: usize) -> Found {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let before = text.as_bytes()[..at].last();
    if before
        .is_some_and(|byte| is_base64(byte) || matches!(byte, b'=' | b'-' | b'_' | b'"' | b'\''))
    {
        return None;
    }
    let digits: Vec<u8> = text.as_bytes()[at + 1..]
        .iter()
        .copied()
        .take_while(|byte| is_base64(byte))
        .collect();
    let mut end = at + 1 + digits.len();
    let (mut bits, mut count) = (0_u32, 0);
    let mut units = Vec::new();
    for digit in &digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count) as u16);
            bits &= (1 << count) - 1;
        }
    }
    if bits != 0 || count >= 6 {
        return None;
    }
    let new = String::from_utf16(&units).ok()?;
    let closed = text.as_bytes().get(end) == Some(&b'-');
    end += usize::from(closed);
    let enough = if closed { ENOUGH } else { ENOUGH_OPEN };
    let frequent = new.chars().all(|c| is_chinese(c) && !is_rare(c));
    (new.chars().count() >= enough && frequent).then_some((Rule::Utf7, end, new))
}

/// Han, marks of Chinese text and fullwidth forms.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3020}' | '\u{3400}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF5E}' | '\u{20000}'..='\u{3FFFF}'
        | '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

fn beside_chinese(text: &str, span: &Range<usize>) -> bool {
    text[..span.start]
        .chars()
        .next_back()
        .is_some_and(is_chinese)
        || text[span.end..].chars().next().is_some_and(is_chinese)
}

/// Whether a run stands in a string of code: quotes at one of its ends, or an odd number of them before it
/// on the line.
fn in_quotes(text: &str, span: &Range<usize>) -> bool {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '`');
    let line = &text[text[..span.start].rfind('\n').map_or(0, |at| at + 1)..span.start];
    line.ends_with(is_quote)
        || text[span.end..].starts_with(is_quote)
        || ['"', '`']
            .iter()
            .any(|&quote| line.matches(quote).count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        decode(text, false, |_| true, |_| false)
            .apply(text)
            .expect("edits fit")
            .into_owned()
    }

    #[test]
    fn entities_of_misread_text() {
        let decoded = |text: &str| {
            let edits = decode(text, true, |_| true, |text| text.contains('Ä'));
            edits.apply(text).expect("edits fit").into_owned()
        };
        assert_eq!(decoded("<p>&Auml;&atilde;&ordm;&#195;</p>"), "<p>ÄãºÃ</p>");
        assert_eq!(
            decoded("&Auml;&atilde;&ordm;&Atilde; &ordm;\n&Auml;"),
            "ÄãºÃ º\n&Auml;"
        );
        // Whatever stands before it.
        assert_eq!(
            decoded("AT&T &lt; &Auml;&atilde;&ordm;&Atilde;"),
            "AT&T &lt; ÄãºÃ"
        );
        // What is no misread text, or too little of it, stays.
        for text in [
            "&eacute;&agrave;&eacute;&agrave;",
            "&Auml;&atilde;&ordm;",
            "&ldquo;&Auml;&rdquo;",
        ] {
            assert_eq!(decoded(text), text);
        }
    }

    #[test]
    fn what_is_decoded() {
        for (text, expected) in [
            ("&#x4E2D;&#x6587;", "中文"),
            ("他说&ldquo;好&rdquo;", "他说“好”"),
            ("&amp;amp;#20013;国", "中国"),
            (
                r"\u9ec4\u4ed8\u664f \u7ae5 \u664b\uff08\u4e2d\u56fd\uff09",
                "黄付晏 童 晋（中国）",
            ),
            (r"\ud842\udfb7\u91ce", "𠮷野"),
            ("见 %E4%B8%AD%E6%96%87 一词", "见 中文 一词"),
            ("=E4=B8=\n=AD=E6=96=87", "中文"),
            ("主题：+Ti1lhw-", "主题：中文"),
        ] {
            assert_eq!(decoded(text), expected);
        }
    }

    #[test]
    fn what_stays() {
        for text in [
            "",
            "&",
            "a &lt; b &amp;&amp; c",
            "&#x4E2D;",
            "&eacute;t&eacute;",
            r#"{"name":"\u4e2d\u6587"}"#,
            r"[\u4e00-\u9fa5]",
            r"C:\users\u4e2d",
            r"\u0041\u4e2d",
            "https://zh.wikipedia.org/wiki/%E4%B8%AD%E6%96%87",
            "q=%E4%B8%AD%E6%96%87",
            "100%",
            "a=E4=B8=AD=E6=96=87",
            "Zm9v+YmFyQUJD-",
            "1+1=2",
            "C++",
        ] {
            assert_eq!(decoded(text), text);
        }
        let page = "他说&ldquo;好&rdquo;&nbsp;1 &lt; 2";
        assert!(decode(page, true, |_| true, |_| false).is_empty());
    }
}
