//! Which encoding bytes are in, and whether they are text at all.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
};

use super::forms::{self, Form};
use super::{mark_of, pairs, units};
use crate::lm::Model;
use crate::repair::channel::misread;

/// How far a NUL byte is looked for; git takes a file for binary by the same length.
const NUL_REACH: usize = 8_000;

/// How much is looked at for control characters.
const CONTROL_SAMPLE: usize = 64 << 10;

/// Text with more than one control character in so many bytes is none. Compressed data has one in
/// ten, prose one in many thousands.
const BYTES_PER_CONTROL: usize = 20;

/// How much is read to tell GBK from Big5; some hundred characters settle it.
const DETECTION_SAMPLE: usize = 64 << 10;

/// GBK or Big5 is not believed when more than one in so many of its characters cannot be decoded.
const CHARACTERS_PER_ERROR: usize = 10;

/// A single error is allowed from so few characters on, the wrong one counted.
const CHARACTERS_FOR_A_SLIP: usize = 3;

/// The encoding that a byte order mark names, and its length. A UTF-16 mark counts with any label,
/// a UTF-8 mark only without a label or with that of UTF-8: GBK text may begin with its bytes.
pub(super) fn byte_order_mark(
    bytes: &[u8],
    label: Option<&'static Encoding>,
) -> (Option<&'static Encoding>, usize) {
    for encoding in [UTF_8, UTF_16LE, UTF_16BE] {
        let mark = mark_of(encoding);
        let counts = encoding != UTF_8 || label.is_none_or(|label| label == UTF_8);
        if counts && bytes.starts_with(mark) {
            return (Some(encoding), mark.len());
        }
    }
    (None, 0)
}

/// How files begin that have no NUL byte at their head and may have a page of text there: PDF (also as Illustrator
/// writes it) and its form data, PNG, JPEG and DjVu images, RAR and 7z archives, compress.
const BINARY: [&[u8]; 8] = [
    b"%PDF-",
    b"%FDF-",
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"AT&TFORM",
    b"Rar!\x1A\x07",
    b"7z\xBC\xAF\x27\x1C",
    b"\x1F\x9D",
];

/// Why `bytes` are no text in an encoding that keeps ASCII; `None` if they may be.
pub(super) fn not_text(bytes: &[u8]) -> Option<&'static str> {
    if BINARY.iter().any(|mark| bytes.starts_with(mark)) {
        return Some("it begins as a PDF file, an image or an archive does");
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(NUL_REACH)]).is_some() {
        return Some("it has NUL bytes");
    }
    let sample = &bytes[..bytes.len().min(CONTROL_SAMPLE)];
    let controls = sample.iter().filter(|&&byte| is_odd_control(byte)).count();
    // A single one is a slip, however short the text.
    if controls > 1 && controls > sample.len() / BYTES_PER_CONTROL {
        return Some("too many control characters");
    }
    None
}

/// Control characters that text has no use for: not tab, line feed, vertical tab, form feed,
/// carriage return, end of file (DOS) and escape.
fn is_odd_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t'..=b'\r' | 0x1A | 0x1B)
}

/// What was found out about bytes without a byte order mark.
pub(super) struct Verdict {
    pub(super) encoding: &'static Encoding,
    pub(super) form: Form,
    /// Probability in `[0, 1]`, as far as the candidates that were looked at go.
    pub(super) confidence: f32,
    /// The bytes read as Korean or Japanese, or as no text in any encoding of Chinese.
    pub(super) foreign: Option<&'static str>,
}

impl Verdict {
    pub(super) fn sure(encoding: &'static Encoding) -> Verdict {
        Verdict {
            encoding,
            form: Form::Plain,
            confidence: 1.0,
            foreign: None,
        }
    }
}

/// Bytes of a text up to which valid UTF-8 is looked at once more: two-byte sequences may be GBK.
pub(super) const SHORT: usize = 64;
/// Nats by which a line in another encoding must beat that of the text.
const RARE_CASE: f32 = 8.0;
/// Nats by which UTF-16 without a mark must beat GBK and Big5.
const WIDE_CASE: f32 = 4.0;
/// The same where the bytes are valid UTF-8. With 4 nats 3 of 60,000 pieces of source code were taken for Chinese; with
/// these none of 387,000 words and lines of source code and English, and of random letters 2 of 20,000 pieces of four
/// upper-case ones.
const NARROW_CASE: f32 = 6.0;
/// Nats that a declared encoding is worth, and one that a tie-breaker prefers.
const DECLARED: f32 = 12.0;
const PREFERRED: f32 = 0.5;
/// Nats that a broken place costs, and a private-use character.
const BROKEN: f32 = 14.0;
/// Bytes that are read with the model.
const MODEL_SAMPLE: usize = 3 << 10;
/// Nats for each character below which a reading is not taken for Chinese where another language fits.
pub(super) const CHINESE: f32 = -8.2;
/// Nats for each character below which a short reading is no Chinese at all.
const NO_CHINESE: f32 = -10.0;

/// The encoding of bytes without a byte order mark; `declared` is what the text says of itself.
pub(super) fn encoding(bytes: &[u8], declared: Option<&'static Encoding>) -> Verdict {
    let valid = simdutf8::basic::from_utf8(bytes).ok();
    if let Some(wide) = wide(bytes, valid.is_some()) {
        return wide;
    }
    if let Some(text) = valid {
        if let Some(verdict) = forms::hz(bytes).map(|_| Verdict {
            form: Form::Hz,
            ..Verdict::sure(GBK)
        }) {
            return verdict;
        }
        return pairs::verdict(bytes, text).unwrap_or(Verdict::sure(UTF_8));
    }
    let sample = sample(bytes);
    let read = |encoding| Reading::new(sample, encoding, declared);
    let (gbk, big5) = (read(GBK), read(BIG5));
    if is_nearly_utf8(sample) {
        // In a few bytes a valid sequence may be an accident of GBK: what reads better stands.
        let lossy = nats(&String::from_utf8_lossy(sample)).0;
        if sample.len() > SHORT || lossy > gbk.score.max(big5.score) {
            return Verdict {
                confidence: 0.98,
                ..Verdict::sure(UTF_8)
            };
        }
    }
    // A sequence of four bytes that is valid throughout is no accident.
    let four = gbk.errors == 0 && units::has_four_byte_sequence(bytes);
    let best = if big5.score > gbk.score && !four {
        &big5
    } else {
        &gbk
    };
    let margin = (big5.score - gbk.score).abs();
    let confidence = 1.0 / (1.0 + (-margin).exp());
    let slip = best.errors == 1 && best.characters >= CHARACTERS_FOR_A_SLIP;
    let fits = slip || best.errors * CHARACTERS_PER_ERROR <= best.characters;
    let foreign = other_language(sample, best.mean)
        .or(is_euc_jp(sample, gbk.score.max(big5.score)).then_some("EUC-JP"))
        .or((!fits || best.is_accident()).then_some("no Chinese"));
    if foreign.is_some() && !four && declared != Some(best.encoding) {
        return Verdict {
            confidence: 0.0,
            foreign,
            ..Verdict::sure(UTF_8)
        };
    }
    // The decoder of both is the same; the encoder of GBK has no sequences of four bytes.
    let encoding = if best.encoding == GBK && units::has_four_byte_sequence(bytes) {
        GB18030
    } else {
        best.encoding
    };
    Verdict {
        confidence,
        ..Verdict::sure(encoding)
    }
}

/// How bytes read in an encoding.
pub(super) struct Reading {
    encoding: &'static Encoding,
    characters: usize,
    errors: usize,
    /// Nats, broken places and what is declared counted.
    pub(super) score: f32,
    /// Nats for each character above ASCII.
    pub(super) mean: f32,
    /// Whether all pairs are frequent Han or marks by their place in the code.
    plain: bool,
}

impl Reading {
    pub(super) fn new(
        sample: &[u8],
        encoding: &'static Encoding,
        declared: Option<&'static Encoding>,
    ) -> Self {
        let (characters, errors) = units::quality(sample, encoding);
        let head = &sample[..sample.len().min(MODEL_SAMPLE)];
        let (text, _) = encoding.decode_without_bom_handling(head);
        let (nats, above) = nats(&text);
        let mut score = nats - BROKEN * (errors * head.len() / sample.len().max(1)) as f32;
        if errors > 0 && head.len() == sample.len() {
            score = nats - BROKEN * errors as f32;
        }
        if declared
            .is_some_and(|declared| declared == encoding || declared == GB18030 && encoding == GBK)
        {
            score += DECLARED;
        }
        // Of two readings that are equally good GBK is the likelier one.
        if encoding == GBK {
            score += PREFERRED;
        }
        let plain = head
            .split(|&byte| byte < 0x80)
            .all(|run| run.len() % 2 == 0 && run.iter().all(|&byte| byte >= 0xA1));
        Reading {
            encoding,
            characters,
            errors,
            score,
            mean: nats / (above as f32).max(1.0),
            plain,
        }
    }

    /// A few bytes of another alphabet that happen to be pairs.
    fn is_accident(&self) -> bool {
        self.mean < NO_CHINESE && !self.plain
    }
}

/// Nats of a text, and how many characters above ASCII it has.
fn nats(text: &str) -> (f32, usize) {
    let model = Model::embedded();
    let mut context = model.line_start();
    let (mut total, mut above) = (0.0, 0);
    for c in text.chars() {
        let (next, nats) = model.advance(context, c);
        context = next;
        if u8::try_from(c).is_ok_and(is_odd_control) {
            total -= BROKEN;
        } else if !c.is_ascii() {
            let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FFFD}');
            total += if private { -BROKEN } else { nats.max(-BROKEN) };
            above += 1;
        }
    }
    (total, above)
}

/// Korean or Japanese that reads badly as Chinese.
fn other_language(sample: &[u8], mean: f32) -> Option<&'static str> {
    if mean > CHINESE {
        return None;
    }
    let share = |encoding: &'static Encoding, of: fn(char) -> bool| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(sample)?;
        let above = text.chars().filter(|c| !c.is_ascii()).count();
        let own = text.chars().filter(|&c| of(c)).count();
        Some(own as f32 / above.max(1) as f32)
    };
    let hangul = |c| matches!(c, '\u{AC00}'..='\u{D7A3}');
    let kana = |c| matches!(c, '\u{3041}'..='\u{30FC}');
    // Two characters of GBK must not become Korean: five may.
    let long = sample.len() >= 10;
    if long && share(EUC_KR, hangul).is_some_and(|share| share > 0.8) {
        return Some("EUC-KR");
    }
    if share(EUC_JP, kana).is_some_and(|share| share > 0.4) {
        return Some("EUC-JP");
    }
    if share(SHIFT_JIS, kana).is_some_and(|share| share > 0.4) {
        return Some("Shift_JIS");
    }
    None
}

/// Whether text with kana, which stand at the same places in GBK and EUC-JP, reads better as EUC-JP than as Chinese: its
/// kanji then make words that Chinese has too, and at random they do not.
fn is_euc_jp(sample: &[u8], chinese: f32) -> bool {
    /// A Chinese text about Japan has fewer kana, lyrics in GBK read better as they are.
    const KANA: f32 = 0.25;
    let head = &sample[..sample.len().min(MODEL_SAMPLE)];
    let (japanese, _) = EUC_JP.decode_without_bom_handling(head);
    let kana = japanese
        .chars()
        .filter(|c| matches!(c, '\u{3041}'..='\u{30FC}'));
    let above = japanese.chars().filter(|c| !c.is_ascii()).count();
    if (kana.count() as f32) < KANA * above as f32 || above == 0 {
        return false;
    }
    nats(&japanese).0 > chinese + RARE_CASE
}

/// Rough entropy of ASCII, in nats: of prose and of source code, whichever likes a character more.
fn ascii_nats(text: &str) -> f32 {
    let nats = |c: char| match c {
        'a'..='z' | '0'..='9' | ' ' | '\n' => -3.0,
        'A'..='Z' | '.' | ',' | '-' | '(' | ')' | '"' | '\'' | ':' | '_' | '\r' | '\t' => -4.5,
        '!'..='~' => -6.0,
        _ => -BROKEN,
    };
    text.chars().filter(char::is_ascii).map(nats).sum()
}

/// What short Chinese text is made of.
pub(super) fn is_frequent(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{3011}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF1F}' | '\u{2014}'..='\u{2026}')
        && !misread::is_rare(c)
}

/// UTF-16 or UTF-32 without a mark.
fn wide(bytes: &[u8], valid_utf8: bool) -> Option<Verdict> {
    let head = &bytes[..bytes.len().min(MODEL_SAMPLE)];
    let nul = memchr::memchr(0, head).is_some();
    // Two characters of UTF-16 may be four of ASCII, or a letter and a sign between them; forty are not.
    let narrow = valid_utf8 && !nul;
    if bytes.is_empty() || narrow && bytes.len() > SHORT || !bytes.len().is_multiple_of(2) {
        return None;
    }
    for form in [Form::Utf32Le, Form::Utf32Be] {
        // Every unit has two NULs and is a character: no other text is like that.
        if nul && forms::utf32(bytes, form).is_some_and(|text| text.chars().all(|c| c != '\0')) {
            return Some(Verdict {
                form,
                ..Verdict::sure(UTF_8)
            });
        }
    }
    let head = &bytes[..bytes.len().min(MODEL_SAMPLE) & !1];
    let read = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(head)?;
        let sound = |c: char| !matches!(c, '\0'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' | '\u{FFF0}'..='\u{FFFF}');
        if !text.chars().all(sound) {
            return None;
        }
        if narrow && !text.chars().all(is_frequent) {
            return None;
        }
        let (nats, above) = nats(&text);
        Some((nats + ascii_nats(&text), above))
    };
    let mut best: Option<(f32, &'static Encoding, f32)> = None;
    for encoding in [UTF_16LE, UTF_16BE] {
        let Some((score, above)) = read(encoding) else {
            continue;
        };
        let mean = score / (above as f32).max(1.0);
        if (above > 0 || nul) && best.is_none_or(|best| score > best.0) {
            best = Some((score, encoding, mean));
        }
    }
    let (score, encoding, mean) = best?;
    let rivals = [GBK, BIG5].map(|encoding| {
        let (text, _) = encoding.decode_without_bom_handling(head);
        Reading::new(head, encoding, None).score + ascii_nats(&text)
    });
    let rival = if narrow {
        let text = String::from_utf8_lossy(head);
        rivals[0].max(misread::plain_score(&text) + ascii_nats(&text))
    } else {
        rivals[0].max(rivals[1])
    };
    let reads_well = nul || mean > if narrow { CHINESE } else { NO_CHINESE };
    (reads_well && (nul || score > rival + if narrow { NARROW_CASE } else { WIDE_CASE })).then(
        || Verdict {
            confidence: 0.95,
            ..Verdict::sure(encoding)
        },
    )
}

/// UTF-16 without a mark, for those who cut an input into blocks.
pub(crate) fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(MODEL_SAMPLE) & !3];
    memchr::memchr(0, head)?;
    wide(head, simdutf8::basic::from_utf8(head).is_ok())
        .filter(|verdict| verdict.form == Form::Plain)
        .map(|verdict| verdict.encoding)
}

/// The encoding that a text declares at its head: `<meta charset>`, an XML declaration, an HTTP header
/// that was saved with it.
pub(super) fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    /// How far browsers look.
    const HEAD: usize = 1024;
    let head = bytes[..bytes.len().min(HEAD)].to_ascii_lowercase();
    for key in [&b"charset="[..], b"encoding="] {
        for at in memchr::memmem::find_iter(&head, key) {
            let before = &head[at.saturating_sub(200)..at];
            let marked = [&b"<meta"[..], b"<?xml", b"content-type:"]
                .iter()
                .any(|mark| memchr::memmem::find(before, mark).is_some());
            let value = head[at + key.len()..].trim_ascii_start();
            let value = value
                .strip_prefix(b"\"")
                .or(value.strip_prefix(b"'"))
                .unwrap_or(value);
            let end = value
                .iter()
                .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
                .unwrap_or(value.len());
            if marked && let Some(encoding) = Encoding::for_label(&value[..end]) {
                return Some(encoding);
            }
        }
    }
    None
}

/// The encoding of one line of a text in `encoding` that is written in another one: a text that was put together
/// from several.
pub(super) fn odd_line(line: &[u8], encoding: &'static Encoding) -> Option<&'static Encoding> {
    /// Bytes above ASCII that a line must have to be judged.
    const ENOUGH: usize = 4;
    if line.iter().filter(|&&byte| byte >= 0x80).count() < ENOUGH {
        return None;
    }
    let others: &[&'static Encoding] = if encoding == UTF_8 {
        &[GBK, BIG5]
    } else {
        &[UTF_8]
    };
    let own = nats(&encoding.decode_without_bom_handling(line).0).0;
    let reads_well = |other: &&'static Encoding| {
        let text = other.decode_without_bom_handling_and_without_replacement(line)?;
        let (nats, above) = nats(&text);
        (nats > CHINESE * above as f32 && nats > own + RARE_CASE).then_some((*other, nats))
    };
    others
        .iter()
        .filter_map(reads_well)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(other, _)| other)
}

/// The part of `bytes` to look at: from the first byte above ASCII, to a line end if there is one.
fn sample(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|&byte| byte >= 0x80).unwrap_or(0);
    let bytes = &bytes[first..];
    if bytes.len() <= DETECTION_SAMPLE {
        return bytes;
    }
    let sample = &bytes[..DETECTION_SAMPLE];
    let end = memchr::memrchr(b'\n', sample).map_or(DETECTION_SAMPLE, |line| line + 1);
    &sample[..end]
}

/// Whether the bytes are UTF-8 with broken places: at least as many good sequences of three or four
/// bytes as broken ones. Each Chinese character of UTF-8 is such a sequence; in GBK text about one
/// pair in sixty makes one by chance, and nearly all the others are broken.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let mut good = 0;
    let mut broken = 0;
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|&byte| byte >= 0xE0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good > 0 && good >= broken
}
