//! One character at a time: tables that are laid out by the compiler.

use super::table;
use crate::codec::literal;

/// What a cell of a page says: see [`Pages::far`].
const FAR: u16 = 0xFFFF;

/// A map from characters to characters, in two levels for the basic plane.
struct Pages<const PAGES: usize, const FARS: usize> {
    /// The page for each upper byte; page 0 is empty.
    index: [u8; 256],
    /// What a character becomes; 0 for itself, [`FAR`] for something outside the basic plane.
    pages: [[u16; 256]; PAGES],
    /// The pairs with a character outside the basic plane, sorted.
    far: [(char, char); FARS],
}

impl<const PAGES: usize, const FARS: usize> Pages<PAGES, FARS> {
    const fn new(pairs: &str) -> Self {
        let index = literal::page_index(pairs, 1);
        let mut pages = [[0; 256]; PAGES];
        let mut far = [('\0', '\0'); FARS];
        let mut fars = 0;
        let mut at = 0;
        while at < pairs.len() {
            let (from, middle) = literal::next(pairs, at);
            let (to, after) = literal::next(pairs, middle);
            at = after;
            if from < 0x1_0000 {
                pages[index[(from >> 8) as usize] as usize][(from & 0xFF) as usize] =
                    if to < 0x1_0000 { to as u16 } else { FAR };
            }
            if from >= 0x1_0000 || to >= 0x1_0000 {
                match (char::from_u32(from), char::from_u32(to)) {
                    (Some(from), Some(to)) => far[fars] = (from, to),
                    _ => panic!("a table of something else than characters"),
                }
                fars += 1;
            }
        }
        assert!(fars == FARS);
        Pages { index, pages, far }
    }

    #[inline]
    fn map(&self, c: char) -> char {
        let code = u32::from(c);
        if code < 0x1_0000 {
            let page = usize::from(self.index[(code >> 8) as usize]);
            match self.pages[page][(code & 0xFF) as usize] {
                0 => return c,
                FAR => {}
                other => return char::from_u32(u32::from(other)).unwrap_or(c),
            }
        }
        match self.far.binary_search_by_key(&c, |&(from, _)| from) {
            Ok(place) => self.far[place].1,
            Err(_) => c,
        }
    }
}

/// How many pairs of `pairs` have a character outside the basic plane.
const fn far_count(pairs: &str) -> usize {
    let mut count = 0;
    let mut at = 0;
    while at < pairs.len() {
        let (from, middle) = literal::next(pairs, at);
        let (to, after) = literal::next(pairs, middle);
        at = after;
        if from >= 0x1_0000 || to >= 0x1_0000 {
            count += 1;
        }
    }
    count
}

static SIMPLIFIED: Pages<
    { literal::page_count(table::SIMPLIFIED, 1) },
    { far_count(table::SIMPLIFIED) },
> = Pages::new(table::SIMPLIFIED);

static SITE_TRADITIONAL: Pages<
    { literal::page_count(table::SITE_TRADITIONAL, 1) },
    { far_count(table::SITE_TRADITIONAL) },
> = Pages::new(table::SITE_TRADITIONAL);

/// First option of OpenCC's TSCharacters, the character itself where it has none.
///
/// The first option is what nearly every text means: 著 stays 著, 乾 becomes 干.
///
/// ```
/// use hanfix::script::simplified;
/// let text: String = "激發人民群眾的積極性".chars().map(simplified).collect();
/// assert_eq!(text, "激发人民群众的积极性");
/// ```
#[inline]
pub fn simplified(c: char) -> char {
    SIMPLIFIED.map(c)
}

/// The Traditional character that the one-to-one table of damaged sites has for `c`.
///
/// Read off damaged pages with known originals. Characters that are also Traditional mostly stay
/// (后 于 里 只 干 面 系 制 了 云 愿), some do not (万 几 党 种 广 准 划), and 着 is always 著. So
/// [`simplified`] gives back every character but 着.
///
/// ```
/// use hanfix::script::site_traditional;
/// let text: String = "对于后面几种问题着手".chars().map(site_traditional).collect();
/// assert_eq!(text, "對于后面幾種問題著手");
/// ```
#[inline]
pub fn site_traditional(c: char) -> char {
    SITE_TRADITIONAL.map(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_the_basic_plane() {
        assert_eq!(simplified('㗲'), '𠵾'); // from the basic plane
        assert_eq!(simplified('𠗣'), '㓆'); // into the basic plane
        assert_eq!(simplified('𠁞'), '𠀾'); // both outside
        assert_eq!(simplified('𩄼'), '𩄼'); // unchanged or unknown
        assert_eq!(simplified('\u{FFFF}'), '\u{FFFF}');
        assert_eq!(simplified('\u{10FFFF}'), '\u{10FFFF}');
    }

    #[test]
    fn ascii_and_marks_stay() {
        for c in "aZ09 ，。《》\u{FFFD}".chars() {
            assert_eq!(simplified(c), c);
            assert_eq!(site_traditional(c), c);
        }
    }

    #[test]
    fn the_site_table_is_inverted_where_it_matters() {
        // Every character of GB 2312 comes back, but for 着 and variants outside modern use.
        let mut lost = String::new();
        for (pair, c) in crate::codec::cp936::pairs() {
            if pair[0] >= 0xB0 && pair[1] >= 0xA1 && simplified(c) == c {
                let there = site_traditional(c);
                if simplified(there) != c {
                    lost.push(c);
                }
            }
        }
        assert_eq!(lost, "着");
    }
}
