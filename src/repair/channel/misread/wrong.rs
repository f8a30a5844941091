//! The wrong codecs: what Chinese text is read with by mistake.
//!
//! A codec is a table here, made when it is first asked for. Several programs implement each of them, and they differ
//! at the edges: the table from characters to bytes takes the forms of all of them, and the forward
//! direction takes what all of them agree on; what they do not is the part that may be lost.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, IBM866, ISO_8859_2, ISO_8859_15, KOI8_R, MACINTOSH,
    SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254,
};

use crate::codec::{cp936, literal};

/// An encoding that Chinese text is read with by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wrong {
    /// ISO 8859-1, where 80 to 9F are control characters.
    Latin1,
    /// Windows code page 1252 (Western European); read backwards it takes Latin-1 as well.
    Windows1252,
    /// GBK, code page 936.
    Gbk,
    /// Big5, code page 950, with the characters of HKSCS.
    Big5,
    /// Windows code page 1250 (Central European).
    Windows1250,
    /// Windows code page 1251 (Cyrillic).
    Windows1251,
    /// Windows code page 1254 (Turkish).
    Windows1254,
    /// ISO 8859-2 (Central European), where 80 to 9F are control characters.
    Iso8859_2,
    /// ISO 8859-15 (Western European with the euro sign), where 80 to 9F are control characters.
    Iso8859_15,
    /// KOI8-R (Russian).
    Koi8R,
    /// The code page of DOS.
    Cp437,
    /// The code page of DOS for Western Europe.
    Cp850,
    /// The code page of DOS for Russian.
    Cp866,
    /// Mac OS Roman.
    MacRoman,
    /// Shift JIS, code page 932.
    ShiftJis,
    /// EUC-JP.
    EucJp,
    /// EUC-KR, code page 949.
    EucKr,
    /// UTF-8: the double-byte encodings hardly ever make it, but pieces of them do.
    Utf8,
}

/// 80 to FF of code page 437.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

/// 80 to FF of code page 850.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}";

/// The bytes of one character in a wrong codec, at most four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    bytes: [u8; 4],
    len: u8,
}

impl Code {
    fn new(slice: &[u8]) -> Code {
        let mut bytes = [0; 4];
        bytes[..slice.len()].copy_from_slice(slice);
        Code {
            bytes,
            len: slice.len() as u8,
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// What a codec makes of a lone byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No character stands for it.
    Free,
    /// A character to some programs only.
    Disputed,
    /// A control character or a soft hyphen, which stores drop.
    Control,
    /// A space of fixed width, which stores make a plain one.
    Space,
    /// A character that shows.
    Shown,
}

impl Wrong {
    /// All of them.
    pub const ALL: [Wrong; 18] = [
        Wrong::Latin1,
        Wrong::Windows1252,
        Wrong::Gbk,
        Wrong::Big5,
        Wrong::Windows1250,
        Wrong::Windows1251,
        Wrong::Windows1254,
        Wrong::Iso8859_2,
        Wrong::Iso8859_15,
        Wrong::Koi8R,
        Wrong::Cp437,
        Wrong::Cp850,
        Wrong::Cp866,
        Wrong::MacRoman,
        Wrong::ShiftJis,
        Wrong::EucJp,
        Wrong::EucKr,
        Wrong::Utf8,
    ];

    /// The name used in plans and reports.
    pub fn name(self) -> &'static str {
        match self {
            Wrong::Latin1 => "latin-1",
            Wrong::Windows1252 => "windows-1252",
            Wrong::Gbk => "gbk",
            Wrong::Big5 => "big5",
            Wrong::Windows1250 => "windows-1250",
            Wrong::Windows1251 => "windows-1251",
            Wrong::Windows1254 => "windows-1254",
            Wrong::Iso8859_2 => "iso-8859-2",
            Wrong::Iso8859_15 => "iso-8859-15",
            Wrong::Koi8R => "koi8-r",
            Wrong::Cp437 => "cp437",
            Wrong::Cp850 => "cp850",
            Wrong::Cp866 => "cp866",
            Wrong::MacRoman => "macintosh",
            Wrong::ShiftJis => "shift_jis",
            Wrong::EucJp => "euc-jp",
            Wrong::EucKr => "euc-kr",
            Wrong::Utf8 => "utf-8",
        }
    }

    /// Whether a byte above ASCII is always a character of its own.
    pub fn is_single_byte(self) -> bool {
        !matches!(
            self,
            Wrong::Gbk | Wrong::Big5 | Wrong::ShiftJis | Wrong::EucJp | Wrong::EucKr | Wrong::Utf8
        )
    }

    /// Whether the codec is met in single mistakes only: with others upon it, what it shows is like what code page 1252
    /// shows, and would be tried in vain.
    pub(super) fn is_seldom(self) -> bool {
        matches!(
            self,
            Wrong::Iso8859_2 | Wrong::Iso8859_15 | Wrong::Koi8R | Wrong::Cp850 | Wrong::Cp866
        )
    }

    /// Whether 80 to 9F are control characters to it.
    fn has_controls(self) -> bool {
        matches!(self, Wrong::Latin1 | Wrong::Iso8859_2 | Wrong::Iso8859_15)
    }

    /// The bytes that this codec shows as `c`.
    #[inline]
    pub fn encode(self, c: char) -> Option<Code> {
        if c.is_ascii() || self == Wrong::Utf8 {
            return Some(utf8(c));
        }
        self.table().code(c)
    }

    /// The character that a byte alone stands for.
    pub fn single(self, byte: u8) -> Option<char> {
        if byte < 0x80 {
            return Some(char::from(byte));
        }
        match self {
            Wrong::Latin1 => Some(char::from(byte)),
            _ if self.has_controls() && byte < 0xA0 => Some(char::from(byte)),
            Wrong::Gbk => (byte == 0x80).then_some('€'),
            Wrong::Big5 | Wrong::EucJp | Wrong::EucKr | Wrong::Utf8 => None,
            Wrong::ShiftJis => matches!(byte, 0xA1..=0xDF)
                .then(|| char::from_u32(0xFF61 + u32::from(byte - 0xA1)))
                .flatten(),
            _ => Some(self.table().singles[usize::from(byte - 0x80)])
                .filter(|c| !matches!(c, '\u{80}'..='\u{9F}')),
        }
    }

    /// The character that a pair of bytes stands for, where all programs agree on it.
    pub fn pair(self, lead: u8, trail: u8) -> Option<char> {
        match self {
            Wrong::Gbk => cp936::decode(lead, trail),
            _ if self.is_single_byte() || self == Wrong::Utf8 => None,
            _ => self.table().pair(lead, trail),
        }
    }

    /// What becomes of a byte above ASCII that stands alone.
    pub fn fate(self, byte: u8) -> Fate {
        match self {
            Wrong::Windows1252 | Wrong::Latin1 if matches!(byte, 0x80..=0x9F) => {
                // Latin-1 has control characters here; five of them are free in code page 1252 too.
                match Wrong::Windows1252.single(byte) {
                    None => Fate::Free,
                    Some(_) => Fate::Control,
                }
            }
            _ if self.has_controls() && matches!(byte, 0x80..=0x9F) => Fate::Control,
            // A euro sign to browsers and Windows, an error to others.
            Wrong::Gbk if byte == 0x80 => Fate::Disputed,
            _ => match self.single(byte) {
                None if byte >= 0x80 => Fate::Free,
                Some('\u{A0}') => Fate::Space,
                Some('\u{AD}') => Fate::Control,
                _ => Fate::Shown,
            },
        }
    }

    /// Whether there are bytes above ASCII that may leave nothing behind.
    pub(super) fn may_drop(self) -> bool {
        !self.is_single_byte()
            || (0x80..=0xFF).any(|byte| matches!(self.fate(byte), Fate::Free | Fate::Control))
    }

    /// The pairs above ASCII that are of this codec's form but stand for no character, in order.
    pub fn free_pairs(self) -> &'static [[u8; 2]] {
        &self.table().free_pairs
    }

    /// Whether the two bytes have the form of a pair of this codec.
    pub fn is_form(self, lead: u8, trail: u8) -> bool {
        match self {
            Wrong::Gbk => (0x81..=0xFE).contains(&lead) && matches!(trail, 0x80..=0xFE),
            Wrong::Big5 => (0x81..=0xFE).contains(&lead) && matches!(trail, 0xA1..=0xFE),
            Wrong::ShiftJis => {
                matches!(lead, 0x81..=0x9F | 0xE0..=0xFC) && matches!(trail, 0x80..=0xFC)
            }
            Wrong::EucJp | Wrong::EucKr => lead >= 0xA1 && trail >= 0xA1,
            _ => false,
        }
    }

    /// The bytes that this codec shows as a space of fixed width, which stores turn into plain spaces.
    pub fn space(self) -> Option<u8> {
        match self {
            Wrong::Cp437 | Wrong::Cp850 | Wrong::Cp866 => Some(0xFF),
            Wrong::Koi8R => Some(0x9A),
            Wrong::MacRoman => Some(0xCA),
            _ if self.is_single_byte() => Some(0xA0),
            _ => None,
        }
    }

    fn table(self) -> &'static Table {
        static TABLES: [OnceLock<Table>; Wrong::ALL.len()] =
            [const { OnceLock::new() }; Wrong::ALL.len()];
        TABLES[self as usize].get_or_init(|| Table::new(self))
    }
}

fn utf8(c: char) -> Code {
    Code::new(c.encode_utf8(&mut [0; 4]).as_bytes())
}

/// Characters to bytes and back.
struct Table {
    /// The page of each upper byte; page 0 is empty.
    index: [u8; 256],
    /// Length in the highest byte, then the bytes; 0 where there is nothing.
    pages: Vec<[u32; 256]>,
    /// The characters of the single bytes from 80 on.
    singles: [char; 128],
    /// By lead and trail from 80 on; `\0` where programs differ or none has a character.
    pairs: Vec<[char; 256]>,
    /// Pairs of the right form without a character.
    free_pairs: Vec<[u8; 2]>,
}

impl Table {
    fn new(wrong: Wrong) -> Table {
        let mut table = Table {
            index: [0; 256],
            pages: vec![[0; 256]],
            singles: ['\0'; 128],
            pairs: Vec::new(),
            free_pairs: Vec::new(),
        };
        match wrong {
            Wrong::Latin1 | Wrong::Windows1252 => table.add_singles(WINDOWS_1252),
            Wrong::Windows1250 => table.add_singles(WINDOWS_1250),
            Wrong::Windows1251 => table.add_singles(WINDOWS_1251),
            Wrong::Windows1254 => table.add_singles(WINDOWS_1254),
            Wrong::MacRoman => {
                table.add_singles(MACINTOSH);
                table.add('¤', &[0xDB]);
            }
            Wrong::Iso8859_2 => table.add_singles(ISO_8859_2),
            Wrong::Iso8859_15 => table.add_singles(ISO_8859_15),
            Wrong::Koi8R => table.add_singles(KOI8_R),
            Wrong::Cp866 => table.add_singles(IBM866),
            Wrong::Cp850 => table.add_in_order(CP850),
            Wrong::Cp437 => {
                table.add_in_order(CP437);
                table.add('μ', &[0xE6]);
                table.add('β', &[0xE1]);
            }
            Wrong::Gbk => {
                table.add('\u{80}', &[0x80]);
                table.add('\u{F8F5}', &[0xFF]);
                for (pair, c) in decoded_pairs(GBK, 0x81..=0xFE, 0x40..=0xFE) {
                    table.add(c, &pair);
                }
                for (pair, c) in cp936::pairs() {
                    table.add(c, &pair);
                }
                // A2E3 is the euro sign too, but 80 is what misread UTF-8 is full of.
                table.add('€', &[0x80]);
                table.add('―', &[0xA1, 0xAA]);
                table.add('・', &[0xA1, 0xA4]);
            }
            Wrong::Big5 => {
                table.add_pairs(BIG5, |lead, trail| {
                    let code = u16::from_be_bytes([lead, trail]);
                    matches!(code, 0xA140..=0xC67E | 0xC940..=0xF9D5)
                });
                for (c, code) in [
                    ('‧', 0xA145_u16),
                    ('•', 0xA145),
                    ('﹑', 0xA14E),
                    ('¯', 0xA1C2),
                    ('￣', 0xA1C3),
                    ('╱', 0xA1FE),
                    ('∕', 0xA241),
                    ('╲', 0xA240),
                    ('＼', 0xA240),
                    ('¥', 0xA244),
                    ('¢', 0xA246),
                    ('£', 0xA247),
                    ('～', 0xA1E3),
                    ('∥', 0xA1FC),
                ] {
                    table.add_if_new(c, &code.to_be_bytes());
                }
            }
            Wrong::ShiftJis => {
                for byte in 0xA1..=0xDF {
                    let c = char::from_u32(0xFF61 + u32::from(byte) - 0xA1).unwrap_or('\0');
                    table.singles[usize::from(byte - 0x80)] = c;
                    table.add(c, &[byte]);
                }
                for (c, byte) in [
                    ('\u{80}', 0x80_u8),
                    ('\u{A0}', 0xA0),
                    ('\u{F8F0}', 0xA0),
                    ('\u{F8F1}', 0xFD),
                    ('\u{F8F2}', 0xFE),
                    ('\u{F8F3}', 0xFF),
                ] {
                    table.add(c, &[byte]);
                }
                // The extensions of NEC and IBM and the user-defined area are not in every program.
                table.add_pairs(SHIFT_JIS, |lead, _| {
                    !matches!(lead, 0x87 | 0xED | 0xEE | 0xF0..=0xFC)
                });
                for (c, code) in [
                    ('〜', 0x8160_u16),
                    ('‖', 0x8161),
                    ('−', 0x817C),
                    ('¢', 0x8191),
                    ('£', 0x8192),
                    ('¬', 0x81CA),
                    ('—', 0x815C),
                ] {
                    table.add_if_new(c, &code.to_be_bytes());
                }
            }
            Wrong::EucJp => {
                for byte in 0xA1..=0xDF_u8 {
                    let c = char::from_u32(0xFF61 + u32::from(byte) - 0xA1).unwrap_or('\0');
                    table.add(c, &[0x8E, byte]);
                }
                for first in 0xA1..=0xFE_u8 {
                    for second in 0xA1..=0xFE_u8 {
                        let unit = [0x8F, first, second];
                        if let Some(text) =
                            EUC_JP.decode_without_bom_handling_and_without_replacement(&unit)
                            && let Some(c) = text.chars().next()
                        {
                            table.add_if_new(c, &unit);
                        }
                    }
                }
                table.add_pairs(EUC_JP, |lead, _| !matches!(lead, 0x8E | 0xAD | 0xF9..=0xFC));
                for (c, code) in [
                    ('〜', 0xA1C1_u16),
                    ('‖', 0xA1C2),
                    ('−', 0xA1DD),
                    ('—', 0xA1BD),
                ] {
                    table.add_if_new(c, &code.to_be_bytes());
                }
            }
            Wrong::EucKr => {
                table.add('\u{80}', &[0x80]);
                table.add_pairs(EUC_KR, |lead, trail| lead >= 0xA1 && trail >= 0xA1);
            }
            Wrong::Utf8 => {}
        }
        let forms = (0x80..=0xFF_u8).flat_map(|lead| (0x80..=0xFF).map(move |trail| [lead, trail]));
        table.free_pairs = forms
            .filter(|&[lead, trail]| {
                let shown = match wrong {
                    Wrong::Gbk => cp936::decode(lead, trail),
                    _ => table.pair(lead, trail),
                };
                wrong.is_form(lead, trail) && shown.is_none()
            })
            .collect();
        table
    }

    /// The characters of the bytes from 80 on.
    fn add_in_order(&mut self, characters: &str) {
        for (byte, c) in (0x80..=0xFF_u8).zip(characters.chars()) {
            self.singles[usize::from(byte - 0x80)] = c;
            self.add(c, &[byte]);
        }
    }

    fn add_singles(&mut self, encoding: &'static Encoding) {
        for byte in 0x80..=0xFF_u8 {
            let (text, _) = encoding.decode_without_bom_handling(std::slice::from_ref(&byte));
            let c = text.chars().next().unwrap_or('\0');
            self.singles[usize::from(byte - 0x80)] = c;
            self.add(c, &[byte]);
            // Programs that call it by the same name leave 80 to 9F as control characters.
            if byte < 0xA0 {
                self.add_if_new(char::from(byte), &[byte]);
            }
        }
    }

    /// `agreed` says for which pairs all programs have the same character.
    fn add_pairs(&mut self, encoding: &'static Encoding, agreed: impl Fn(u8, u8) -> bool) {
        self.pairs = vec![['\0'; 256]; 128];
        let pairs = decoded_pairs(encoding, 0x81..=0xFE, 0x40..=0xFE);
        // Where a character has several codes the agreed one stands.
        for wanted in [true, false] {
            for &(pair, c) in &pairs {
                if agreed(pair[0], pair[1]) != wanted {
                    continue;
                }
                self.add_if_new(c, &pair);
                if wanted {
                    self.pairs[usize::from(pair[0] - 0x80)][usize::from(pair[1])] = c;
                }
            }
        }
    }

    fn add(&mut self, c: char, bytes: &[u8]) {
        if let Some(slot) = self.slot(c) {
            *slot = pack(bytes);
        }
    }

    fn add_if_new(&mut self, c: char, bytes: &[u8]) {
        if let Some(slot) = self.slot(c)
            && *slot == 0
        {
            *slot = pack(bytes);
        }
    }

    fn slot(&mut self, c: char) -> Option<&mut u32> {
        let code = usize::try_from(u32::from(c)).ok()?;
        let page = self.index.get_mut(code >> 8)?;
        if *page == 0 {
            *page = u8::try_from(self.pages.len()).ok()?;
            self.pages.push([0; 256]);
        }
        Some(&mut self.pages[usize::from(*page)][code & 0xFF])
    }

    #[inline]
    fn code(&self, c: char) -> Option<Code> {
        let code = u32::from(c);
        let page = *self.index.get((code >> 8) as usize)?;
        let packed = self.pages[usize::from(page)][(code & 0xFF) as usize];
        let [len, first, second, third] = packed.to_be_bytes();
        (len > 0).then_some(Code {
            bytes: [first, second, third, 0],
            len,
        })
    }

    fn pair(&self, lead: u8, trail: u8) -> Option<char> {
        let row = self.pairs.get(usize::from(lead.checked_sub(0x80)?))?;
        Some(row[usize::from(trail)]).filter(|&c| c != '\0')
    }
}

fn pack(bytes: &[u8]) -> u32 {
    let mut packed = [bytes.len() as u8, 0, 0, 0];
    packed[1..=bytes.len()].copy_from_slice(bytes);
    u32::from_be_bytes(packed)
}

/// The pairs of an encoding that stand for one character. All of them are decoded in one call, each on
/// a line of its own.
pub(super) fn decoded_pairs(
    encoding: &'static Encoding,
    leads: RangeInclusive<u8>,
    trails: RangeInclusive<u8>,
) -> Vec<([u8; 2], char)> {
    let pairs: Vec<[u8; 2]> = leads
        .flat_map(|lead| trails.clone().map(move |trail| [lead, trail]))
        .collect();
    let mut bytes = Vec::with_capacity(pairs.len() * 3);
    for pair in &pairs {
        bytes.extend_from_slice(pair);
        bytes.push(b'\n');
    }
    let (text, _) = encoding.decode_without_bom_handling(&bytes);
    let mut decoded = Vec::with_capacity(pairs.len());
    let mut at = 0;
    // Walked by bytes: `split` and `chars` in one loop are compiled wrongly by rustc 1.95 with optimisation
    // (the code points that come out are none of the text's); the tests below compare every pair.
    for pair in pairs {
        let (code, end) = literal::next(&text, at);
        if text.as_bytes().get(end) == Some(&b'\n')
            && let Some(c) = char::from_u32(code)
            && !matches!(c, '\n' | char::REPLACEMENT_CHARACTER)
        {
            decoded.push((pair, c));
        }
        at = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end + 1);
        if at >= text.len() {
            break;
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_the_encoding() {
        for encoding in [BIG5, GBK, SHIFT_JIS, EUC_JP, EUC_KR] {
            let decoded = decoded_pairs(encoding, 0x81..=0xFE, 0x40..=0xFE);
            assert!(decoded.len() > 7_000);
            for (pair, c) in decoded {
                let text = encoding.decode_without_bom_handling_and_without_replacement(&pair);
                assert_eq!(text.as_deref(), Some(&*c.to_string()), "{pair:X?}");
            }
        }
    }

    #[test]
    fn what_is_shown_leads_back_to_its_bytes() {
        for wrong in Wrong::ALL {
            for byte in 0x80..=0xFF {
                if let Some(c) = wrong.single(byte) {
                    let code = wrong.encode(c).expect("a code");
                    assert_eq!(code.bytes(), [byte], "{wrong:?} {byte:X}");
                }
            }
            let mut pairs = 0;
            for lead in 0x81..=0xFE {
                for trail in 0x40..=0xFE {
                    if let Some(c) = wrong.pair(lead, trail) {
                        let code = wrong.encode(c).expect("a code");
                        pairs += usize::from(code.bytes() == [lead, trail]);
                    }
                }
            }
            let expected = match wrong {
                Wrong::Gbk => 21_000,
                Wrong::Big5 => 13_000,
                Wrong::ShiftJis | Wrong::EucJp => 6_800,
                Wrong::EucKr => 8_000,
                _ => 0,
            };
            assert!(pairs >= expected, "{wrong:?}: {pairs}");
        }
    }
}
