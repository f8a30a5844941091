//! Microsoft code page 936, the way a lenient decoder of a damaged site uses it.
//!
//! 21,791 pairs of a lead byte 81-FE and a trail byte 40-7E or 80-FE are characters. The user-defined
//! areas, the euro sign of GB18030 (A2E3), A8BF, A989-A995 and FE50-FEFE are **not** mapped: such a
//! pair vanishes on damaged pages. A1A4 is `·` (U+00B7), A1AA is `—` (U+2014). This is the same set
//! as Python's `gbk` codec and CP936 of the C library, and not GBK of the Encoding Standard.

use super::cp936_table::ROWS;
use super::literal;

/// Trail bytes 40-7E and 80-FE.
const TRAILS: usize = 190;

/// Lead bytes 81-FE.
const LEADS: usize = 126;

/// Marks a pair without a character.
const UNMAPPED: u16 = 0xFFFD;

static DECODE: [u16; LEADS * TRAILS] = decode_table();

/// The first level of the table from characters to pairs; page 0 is empty.
static PAGE: [u8; 256] = PAGES.0;

/// Lead byte in the upper half, trail byte in the lower one; 0 for no pair.
static ENCODE: [[u16; 256]; PAGES.1] = encode_table();

const PAGES: ([u8; 256], usize) = pages();

const fn decode_table() -> [u16; LEADS * TRAILS] {
    let mut table = [UNMAPPED; LEADS * TRAILS];
    let mut row = 0;
    while row < LEADS {
        let mut at = 0;
        let mut column = 0;
        while column < TRAILS {
            let (code, after) = literal::next(ROWS[row], at);
            table[row * TRAILS + column] = code as u16;
            at = after;
            column += 1;
        }
        assert!(at == ROWS[row].len());
        row += 1;
    }
    table
}

const fn pages() -> ([u8; 256], usize) {
    let table = decode_table();
    let mut used = [false; 256];
    let mut i = 0;
    while i < table.len() {
        if table[i] != UNMAPPED {
            used[(table[i] >> 8) as usize] = true;
        }
        i += 1;
    }
    let mut index = [0; 256];
    let mut count = 1;
    let mut page = 0;
    while page < 256 {
        if used[page] {
            index[page] = count as u8;
            count += 1;
        }
        page += 1;
    }
    (index, count)
}

const fn encode_table() -> [[u16; 256]; PAGES.1] {
    let decode = decode_table();
    let mut table = [[0; 256]; PAGES.1];
    let mut i = 0;
    while i < decode.len() {
        if decode[i] != UNMAPPED {
            let column = i % TRAILS;
            let trail = if column < 0x3F {
                column + 0x40
            } else {
                column + 0x41
            };
            let page = PAGES.0[(decode[i] >> 8) as usize] as usize;
            table[page][(decode[i] & 0xFF) as usize] = ((i / TRAILS + 0x81) << 8 | trail) as u16;
        }
        i += 1;
    }
    table
}

/// Whether `byte` opens a pair: 81-FE.
pub const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0xFE)
}

/// Whether `byte` can close a pair: 40-7E or 80-FE.
pub const fn is_trail(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7E | 0x80..=0xFE)
}

/// The character of a pair; `None` where the bytes are no pair or the pair is unmapped.
///
/// ```
/// use hanfix::codec::cp936;
/// assert_eq!(cp936::decode(0xDC, 0x87), Some('車'));
/// assert_eq!(cp936::decode(0xA1, 0xA4), Some('·'));
/// assert_eq!(cp936::decode(0xA2, 0xE3), None);
/// ```
pub fn decode(lead: u8, trail: u8) -> Option<char> {
    let code = DECODE[place(lead, trail)?];
    if code == UNMAPPED {
        None
    } else {
        char::from_u32(u32::from(code))
    }
}

/// The pair of a character; `None` for ASCII and for what the code page lacks.
///
/// ```
/// use hanfix::codec::cp936;
/// assert_eq!(cp936::encode('會'), Some([0x95, 0xFE]));
/// assert_eq!(cp936::encode('€'), None);
/// ```
pub fn encode(c: char) -> Option<[u8; 2]> {
    let code = u32::from(c);
    if code > 0xFFFF {
        return None;
    }
    let pair = ENCODE[usize::from(PAGE[(code >> 8) as usize])][(code & 0xFF) as usize];
    if pair == 0 {
        None
    } else {
        Some(pair.to_be_bytes())
    }
}

/// Whether the two bytes have the form of a pair and no character belongs to it. Such a pair
/// vanishes on damaged pages.
///
/// ```
/// use hanfix::codec::cp936;
/// assert!(cp936::is_unmapped_pair(0xAA, 0xA1)); // user-defined area
/// assert!(!cp936::is_unmapped_pair(0xAA, 0x40)); // 狜
/// assert!(!cp936::is_unmapped_pair(0xAA, 0x3C)); // `<` closes no pair
/// ```
pub fn is_unmapped_pair(lead: u8, trail: u8) -> bool {
    place(lead, trail).is_some_and(|place| DECODE[place] == UNMAPPED)
}

/// All pairs that have a character, in byte order.
pub fn pairs() -> impl Iterator<Item = ([u8; 2], char)> {
    (0x81..=0xFE_u8)
        .flat_map(|lead| (0x40..=0xFE_u8).map(move |trail| [lead, trail]))
        .filter_map(|pair| Some((pair, decode(pair[0], pair[1])?)))
}

fn place(lead: u8, trail: u8) -> Option<usize> {
    if !is_lead(lead) || !is_trail(trail) {
        return None;
    }
    let column = if trail < 0x7F {
        trail - 0x40
    } else {
        trail - 0x41
    };
    Some(usize::from(lead - 0x81) * TRAILS + usize::from(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_goes_there_and_back() {
        let mut mapped = 0;
        let mut unmapped = 0;
        for lead in 0..=0xFF {
            for trail in 0..=0xFF {
                match decode(lead, trail) {
                    Some(c) => {
                        mapped += 1;
                        assert_eq!(encode(c), Some([lead, trail]), "{c} {lead:02X}{trail:02X}");
                        assert!(!is_unmapped_pair(lead, trail));
                    }
                    None if is_lead(lead) && is_trail(trail) => {
                        unmapped += 1;
                        assert!(is_unmapped_pair(lead, trail));
                    }
                    None => assert!(!is_unmapped_pair(lead, trail)),
                }
            }
        }
        assert_eq!((mapped, unmapped), (21_791, 126 * 190 - 21_791));
        assert_eq!(pairs().count(), 21_791);
        assert_eq!(
            ('\0'..=char::MAX).filter(|&c| encode(c).is_some()).count(),
            21_791
        );
    }

    #[test]
    fn known_pairs() {
        for (pair, c) in [
            (0xA1A3, '。'),
            (0xA3AC, '，'),
            (0xA1A4, '·'),
            (0xA1AA, '—'),
            (0xB0A1, '啊'),
            (0x95FE, '會'),
            (0x8140, '丂'),
            (0x8180, '亐'),
            (0xFE4F, '\u{FA29}'),
            (0xA996, '〇'),
        ] {
            let [lead, trail] = u16::to_be_bytes(pair);
            assert_eq!(decode(lead, trail), Some(c));
        }
        // Unmapped: euro, n with grave, user-defined areas, the additions of GB18030.
        for pair in [
            0xA2E3, 0xA8BF, 0xA989, 0xA995, 0xAAA1, 0xF8A1, 0xA140, 0xFE50, 0xFEA0, 0xD7FA_u16,
        ] {
            let [lead, trail] = pair.to_be_bytes();
            assert!(is_unmapped_pair(lead, trail), "{pair:04X}");
        }
    }
}
