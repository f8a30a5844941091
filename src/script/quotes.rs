//! Quotation marks: “ ” and ‘ ’ in Simplified text, 「 」 and 『 』 in Traditional.

use super::variant::Variant;

/// Turns the marks of one text, where that is wanted.
pub(super) struct Quotes {
    to_simplified: Option<bool>,
    /// Whether a ‘ is open, so that the next ’ closes it and is no apostrophe.
    single_open: bool,
}

impl Quotes {
    pub(super) fn new(to: Option<Variant>) -> Quotes {
        Quotes {
            to_simplified: to.map(Variant::is_simplified),
            single_open: false,
        }
    }

    /// Whether marks are turned at all.
    pub(super) fn is_on(&self) -> bool {
        self.to_simplified.is_some()
    }

    /// What a mark becomes, if it changes.
    pub(super) fn turn(&mut self, c: char) -> Option<char> {
        let new = match (self.to_simplified?, c) {
            (true, '「') => '“',
            (true, '」') => '”',
            (true, '『') => '‘',
            (true, '』') => '’',
            (false, '“') => '「',
            (false, '”') => '」',
            (false, '‘') => {
                self.single_open = true;
                '『'
            }
            // An apostrophe looks the same.
            (false, '’') if self.single_open => {
                self.single_open = false;
                '』'
            }
            _ => return None,
        };
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(text: &str, to: Option<Variant>) -> String {
        let mut quotes = Quotes::new(to);
        text.chars().map(|c| quotes.turn(c).unwrap_or(c)).collect()
    }

    #[test]
    fn both_ways() {
        let simplified = "他说：“你听过‘长恨歌’吗？”";
        let traditional = "他说：「你听过『长恨歌』吗？」";
        assert_eq!(turned(simplified, Some(Variant::Tw)), traditional);
        assert_eq!(turned(traditional, Some(Variant::Cn)), simplified);
        assert_eq!(turned(simplified, None), simplified);
    }

    #[test]
    fn an_apostrophe_stays() {
        assert_eq!(turned("Xi’an‘甲’乙’", Some(Variant::Hk)), "Xi’an『甲』乙’");
    }
}
