//! Reading characters at given places of a text, at compile time too.
//!
//! The generated tables are written as text, so that they can be read and compared; the arrays that
//! are looked up are computed from them by the compiler.

/// The character that begins at byte `at` of `text`, as a code point, and where the next one begins.
pub(crate) const fn next(text: &str, at: usize) -> (u32, usize) {
    let bytes = text.as_bytes();
    let first = bytes[at] as u32;
    if first < 0x80 {
        return (first, at + 1);
    }
    let second = (bytes[at + 1] & 0x3F) as u32;
    if first < 0xE0 {
        return ((first & 0x1F) << 6 | second, at + 2);
    }
    let third = (bytes[at + 2] & 0x3F) as u32;
    if first < 0xF0 {
        return ((first & 0x0F) << 12 | second << 6 | third, at + 3);
    }
    let fourth = (bytes[at + 3] & 0x3F) as u32;
    (
        (first & 0x07) << 18 | second << 12 | third << 6 | fourth,
        at + 4,
    )
}

/// The character that three bytes of UTF-8 stand for.
#[inline]
pub(crate) const fn of_three(first: u8, second: u8, third: u8) -> u16 {
    (first as u16) << 12 | (second as u16 & 0x3F) << 6 | third as u16 & 0x3F
}

/// The three bytes of UTF-8 for a character from U+0800 on.
#[inline]
pub(crate) const fn in_three(code: u16) -> [u8; 3] {
    [
        0xE0 | (code >> 12) as u8,
        0x80 | (code >> 6 & 0x3F) as u8,
        0x80 | (code & 0x3F) as u8,
    ]
}

/// The code points of the run of characters of three bytes that a text begins with.
#[inline]
pub(crate) fn threes(text: &[u8]) -> impl Iterator<Item = u16> {
    let chunks = text.as_chunks::<3>().0.iter();
    chunks.map_while(|&[a, b, c]| (a & 0xF0 == 0xE0).then(|| of_three(a, b, c)))
}

/// Which of the 256 pages of the basic plane hold a character of `text`, looking at one character,
/// skipping `skip`, and so on.
const fn pages_used(text: &str, skip: usize) -> [bool; 256] {
    let mut used = [false; 256];
    let mut at = 0;
    while at < text.len() {
        let (code, after) = next(text, at);
        at = after;
        if code < 0x1_0000 {
            used[(code >> 8) as usize] = true;
        }
        let mut left = skip;
        while left > 0 {
            at = next(text, at).1;
            left -= 1;
        }
    }
    used
}

/// How many pages a table keyed by these characters has, with the empty page 0.
pub(crate) const fn page_count(text: &str, skip: usize) -> usize {
    let used = pages_used(text, skip);
    let mut count = 1;
    let mut page = 0;
    while page < 256 {
        if used[page] {
            count += 1;
        }
        page += 1;
    }
    count
}

/// The index of the page for each upper byte; 0 where nothing is on the page.
pub(crate) const fn page_index(text: &str, skip: usize) -> [u8; 256] {
    let used = pages_used(text, skip);
    let mut index = [0; 256];
    let mut count = 0;
    let mut page = 0;
    while page < 256 {
        if used[page] {
            count += 1;
            index[page] = count;
        }
        page += 1;
    }
    index
}
