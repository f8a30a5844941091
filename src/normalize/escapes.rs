//! Characters that came through an escape that nobody has undone: `&#x4E2D;`, `\u4e2d`, `%E4%B8%AD`,
//! `=E4=B8=AD`, `+Ti1lhw-`.
//!
//! Each of them is good text somewhere: in markup, in code, in addresses, in mail. So a run is decoded only
//! where all of it is Chinese, and where what stands around it is no string, address or word. A run is decoded whole or
//! not at all, and so is a line of `\u4e2d`.

use std::ops::Range;

use compact_str::CompactString;

use super::surroundings::{Quotes, Surroundings};
use crate::edit::{Edit, EditList, Rule};
use crate::repair::channel::misread::{Wrong, is_rare};

/// Confidence of an edit where the guards have let it through.
const CONFIDENCE: f32 = 0.97;
/// Characters that a run without Chinese beside it must have.
const ENOUGH: usize = 2;
/// `\u` escapes on a line from which on a single character by itself counts: `\u7ae5 \u664b \u4e2d`.
const ENOUGH_ON_LINE: usize = 3;
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
    Starts::new(text.as_bytes()).next(0).is_some()
}

/// The bytes that escapes may begin with. `memchr` looks for three at the most at a time, so that there are two looks, each of
/// which goes on only when what it found is behind.
struct Starts<'t> {
    bytes: &'t [u8],
    /// The next `&`, `\` or `%`, and the next `=` or `+`; the end if there is none.
    ahead: [usize; 2],
}

impl<'t> Starts<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        let mut starts = Starts {
            bytes,
            ahead: [0; 2],
        };
        starts.look(0, 0);
        starts.look(1, 0);
        starts
    }

    fn look(&mut self, kind: usize, from: usize) {
        let rest = &self.bytes[from..];
        let found = match kind {
            0 => memchr::memchr3(b'&', b'\\', b'%', rest),
            _ => memchr::memchr2(b'=', b'+', rest),
        };
        self.ahead[kind] = found.map_or(self.bytes.len(), |at| from + at);
    }

    /// The first at or behind `from`, which never goes back.
    fn next(&mut self, from: usize) -> Option<usize> {
        for kind in 0..self.ahead.len() {
            if self.ahead[kind] < from {
                self.look(kind, from);
            }
        }
        let at = self.ahead[0].min(self.ahead[1]);
        (at < self.bytes.len()).then_some(at)
    }
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
    let mut around = Surroundings::new(text);
    let mut line = Line::default();
    // Where the piece of a line ends that was looked at for misread text.
    let mut looked = 0;
    let bytes = text.as_bytes();
    let mut starts = Starts::new(bytes);
    let mut from = 0;
    while let Some(at) = starts.next(from) {
        let run = match bytes[at] {
            b'&' if at >= looked && latin_entity(&text[at..]).is_some() => {
                looked = end_of_piece(text, at);
                let misread = misread_entities(text, at..looked, &is_misread);
                misread.or_else(|| entities(text, at, html, &mut around))
            }
            b'&' => entities(text, at, html, &mut around),
            b'\\' => unicode_escapes(text, at, &mut line, &mut around),
            b'%' => hex_bytes(text, at, Rule::PercentEncoding, &mut around),
            b'=' => hex_bytes(text, at, Rule::QuotedPrintable, &mut around),
            _ => utf7(text, at),
        };
        // What is left of a run that stays is never looked at by itself: it would be decoded in part.
        from = run.as_ref().map_or(at + 1, |run| run.end);
        let Some(Run {
            end,
            rule,
            new: Some(new),
        }) = run
        else {
            continue;
        };
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

/// Escapes of one kind, one after the other.
struct Run {
    /// Where they end.
    end: usize,
    rule: Rule,
    /// What becomes of them; `None`: they stay.
    new: Option<String>,
}

/// Entities one after the other.
fn entities(text: &str, at: usize, html: bool, around: &mut Surroundings<'_>) -> Option<Run> {
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
    if count == 0 {
        return None;
    }
    let span = at..end;
    let spaces_only = new.chars().all(char::is_whitespace);
    let near = beside_chinese(text, &span);
    let enough = near || !named && count >= ENOUGH || !spaces_only && count > ENOUGH;
    // Quotation marks and dots are of all languages.
    let chinese = new.chars().any(is_only_chinese) || beside(text, &span, is_only_chinese);
    let fits = enough && chinese && !around.in_quotes(&span);
    Some(Run {
        end,
        rule: Rule::Entity,
        new: fits.then_some(new),
    })
}

/// Entities of letters of Western Europe from the beginning of a piece to the last one in it, with what is between them,
/// if that is Chinese that was misread: `&Auml;&atilde;&ordm;&Atilde;` is `ÄãºÃ`, which is 你好.
fn misread_entities(
    text: &str,
    span: Range<usize>,
    is_misread: &impl Fn(&str) -> bool,
) -> Option<Run> {
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
    (latin >= ENOUGH_LATIN && is_misread(&new)).then(|| Run {
        end: span.start + end.0,
        rule: Rule::Entity,
        new: Some(new),
    })
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
fn unicode_escapes(
    text: &str,
    at: usize,
    line: &mut Line,
    around: &mut Surroundings<'_>,
) -> Option<Run> {
    let (end, new) = unicode_run(text, at)?;
    if at >= line.end {
        *line = Line::at(text, at, around.quotes(at));
    }
    let decodes = line.decodes && !around.has_assignments();
    Some(Run {
        end,
        rule: Rule::UnicodeEscape,
        new: new.filter(|_| decodes),
    })
}

/// The run of `\u` escapes at `at`: where it ends, and its characters if all of them are Chinese.
fn unicode_run(text: &str, at: usize) -> Option<(usize, Option<String>)> {
    let mut units = Vec::new();
    let mut end = at;
    while let Some(unit) = unicode_escape(&text.as_bytes()[end..]) {
        units.push(unit);
        end += ESCAPE;
    }
    let new = String::from_utf16(&units).ok();
    (end > at).then(|| (end, new.filter(|new| new.chars().all(is_chinese))))
}

/// Bytes of `\u4e2d`.
const ESCAPE: usize = 6;

/// The unit of UTF-16 that the escape at the start of `rest` stands for.
fn unicode_escape(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16)
        .ok()
        .filter(|_| is_hex)
}

/// The rest of a line with `\u` escapes.
#[derive(Default)]
struct Line {
    end: usize,
    /// Whether all of them are text. Where one is code (`[\u4e00-\u9fa5]`) or another language, all stay: a line that is
    /// decoded in part is worse than either.
    decodes: bool,
}

impl Line {
    /// The line from its first escape on; `quotes` are those before it.
    fn at(text: &str, first: usize, mut quotes: Quotes) -> Line {
        let end = memchr::memchr(b'\n', &text.as_bytes()[first..])
            .map_or(text.len(), |length| first + length);
        let (mut count, mut all_enough, mut decodes) = (0, true, true);
        let mut at = first;
        while let Some(place) = memchr::memmem::find(&text.as_bytes()[at..end], b"\\u") {
            at += place;
            let Some((run_end, new)) = unicode_run(text, at) else {
                at += 1;
                continue;
            };
            let span = at..run_end;
            let length = new.as_ref().map_or(0, |new| new.chars().count());
            count += span.len() / ESCAPE;
            all_enough &= length >= ENOUGH || beside_chinese(text, &span);
            decodes &= length > 0 && !is_code(text, &span) && !quotes.is_around(text, &span);
            at = run_end;
        }
        decodes &= all_enough || count >= ENOUGH_ON_LINE;
        Line { end, decodes }
    }
}

/// Whether what is beside a run of `\u` escapes is code: a class or a group of a pattern, a path, an assignment.
fn is_code(text: &str, span: &Range<usize>) -> bool {
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let opened = before.strip_suffix('(').is_some_and(|before| {
        let is_prose = before.ends_with(|c: char| c.is_whitespace() || is_chinese(c))
            || before.len() >= ESCAPE
                && unicode_escape(&before.as_bytes()[before.len() - ESCAPE..]).is_some();
        !is_prose
    });
    opened
        || before.ends_with(['\\', '[', '-', '=', '/', '|', '^', '{'])
        || after.starts_with(['\\', ']', '-', '/', '|', '*', '+', '{', '}'])
}

/// `%E4%B8%AD` or `=E4=B8=AD`: bytes of UTF-8 in hexadecimal, one after the other.
fn hex_bytes(text: &str, at: usize, rule: Rule, around: &mut Surroundings<'_>) -> Option<Run> {
    let (end, bytes) = hex_run(text.as_bytes(), at, rule)?;
    let is_declared = rule == Rule::QuotedPrintable && around.is_quoted_printable();
    let chinese = |new: &String| new.chars().count() >= ENOUGH && new.chars().all(is_chinese);
    let new = String::from_utf8(bytes).ok().filter(chinese);
    let new = new.filter(|_| !in_word(text, &(at..end)) && !is_declared && !around.in_link(at));
    Some(Run { end, rule, new })
}

/// The run of bytes above ASCII that begins at `at`, over soft line breaks of quoted-printable: where it ends, and its
/// bytes.
fn hex_run(source: &[u8], at: usize, rule: Rule) -> Option<(usize, Vec<u8>)> {
    let is_quoted = rule == Rule::QuotedPrintable;
    let mark = if is_quoted { b'=' } else { b'%' };
    let byte = |place: usize| {
        let [first, digits @ ..] = source.get(place..place + 3)? else {
            return None;
        };
        // Quoted-printable is in capitals; elsewhere both cases occur.
        let is_hex =
            |d: &u8| matches!(d, b'0'..=b'9' | b'A'..=b'F') || !is_quoted && d.is_ascii_hexdigit();
        if *first != mark || !digits.iter().all(is_hex) {
            return None;
        }
        let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        (byte >= 0x80).then_some(byte)
    };
    let soft = |place: usize| {
        [&b"=\r\n"[..], b"=\n"]
            .into_iter()
            .find(|soft| is_quoted && source[place..].starts_with(soft))
            .map(|soft| place + soft.len())
    };
    let mut bytes = Vec::new();
    let mut end = at;
    loop {
        // A soft line break belongs to the run if that goes on behind it.
        let place = match soft(end) {
            Some(place) if end > at => place,
            _ => end,
        };
        let Some(byte) = byte(place) else {
            break;
        };
        bytes.push(byte);
        end = place + 3;
    }
    (end > at).then_some((end, bytes))
}

/// Whether a run of hexadecimal bytes is part of a word or an address.
fn in_word(text: &str, span: &Range<usize>) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "/?&=#._~:-%+@\"'`;\\".contains(c);
    let goes_on = |c: char| is_word(c) && !matches!(c, '.' | ':' | ';' | '?');
    text[..span.start].ends_with(is_word) || text[span.end..].starts_with(goes_on)
}

/// `+Ti1lhw-`: UTF-16 in base64.
fn utf7(text: &str, at: usize) -> Option<Run> {
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
    (new.chars().count() >= enough && frequent).then_some(Run {
        end,
        rule: Rule::Utf7,
        new: Some(new),
    })
}

/// Han, marks of Chinese text and fullwidth forms.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3020}' | '\u{3400}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF5E}' | '\u{20000}'..='\u{3FFFF}'
        | '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

/// The same without the marks that other languages have too.
fn is_only_chinese(c: char) -> bool {
    is_chinese(c) && !matches!(c, '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

fn beside_chinese(text: &str, span: &Range<usize>) -> bool {
    beside(text, span, is_chinese)
}

fn beside(text: &str, span: &Range<usize>, is: fn(char) -> bool) -> bool {
    text[..span.start].ends_with(is) || text[span.end..].starts_with(is)
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
            (r"\u4e2d\u6587 (\u65e5\u672c)", "中文 (日本)"),
            ("\"a\n\\u4e2d\\u6587", "\"a\n中文"),
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
            // A run that begins with another language, and a line that has another one.
            r"\u3059\u306f\u300c\u4e2d\u6587",
            r"\u4e2d\u6587 caf\u00e9",
            r"[\u4e00-\u9fa5] \u4e2d\u6587",
            r"title=\u7528\u6237\u7ba1\u7406\u3002",
            "'a \\u4e2d\\u6587 b'",
            "&#8217;&#8221;",
            "ed2k://|file|%E4%B8%AD%E6%96%87.avi|",
            "=E4=B8=AD=E6=96=87\nContent-Transfer-Encoding: Quoted-Printable",
            "NOTE:=E8=BF=99=\n=E5=A4=87=E6=B3=A8",
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
