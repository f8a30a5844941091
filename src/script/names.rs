//! Surnames: 范先生 and 姓于 are not 範先生 and 姓於, and 姓於 is not 姓于.
//!
//! A surname is a character by itself, and as such the forms of other words are more frequent. What stands around it
//! tells: 姓 before it, or a title behind it where a sentence or a clause begins.

use crate::damage::page::is_han;

/// Surnames that have several forms in OpenCC's tables, and the form that is the surname in Traditional text (of 於, in
/// Simplified text too). Collected by hand; those of which two forms are surnames (云, 肖, 党) are left out.
const SURNAMES: [(char, char); 22] = [
    ('范', '范'),
    ('于', '于'),
    ('於', '於'),
    ('余', '余'),
    ('钟', '鍾'),
    ('姜', '姜'),
    ('岳', '岳'),
    ('沈', '沈'),
    ('曲', '曲'),
    ('谷', '谷'),
    ('涂', '涂'),
    ('游', '游'),
    ('卜', '卜'),
    ('郁', '郁'),
    ('胡', '胡'),
    ('向', '向'),
    ('席', '席'),
    ('梁', '梁'),
    ('朱', '朱'),
    ('苏', '蘇'),
    ('万', '萬'),
    ('叶', '葉'),
];

/// Titles that stand behind a surname.
const TITLES: [&str; 40] = [
    "先生", "女士", "小姐", "太太", "夫人", "教授", "老师", "老師", "博士", "医生", "醫生", "大夫",
    "律师", "律師", "法官", "警官", "校长", "校長", "院长", "院長", "部长", "部長", "局长", "局長",
    "处长", "處長", "科长", "科長", "市长", "市長", "县长", "縣長", "队长", "隊長", "主任", "书记",
    "書記", "经理", "經理", "同学",
];

/// Characters before a surname behind which a name may begin: 和范先生.
const BEFORE: &str = "的和与與跟及同是请請找叫让讓给給问問见見为為由向被";

/// The form in Traditional text of the character at byte `at`, where it is a surname.
pub(super) fn surname(text: &str, at: usize) -> Option<char> {
    let c = text[at..].chars().next()?;
    let (_, form) = *SURNAMES.iter().find(|(surname, _)| *surname == c)?;
    let mut before = text[..at].chars().rev();
    let left = before.next();
    // 百姓于是 has no surname in it.
    if left == Some('姓') && before.next() != Some('百') {
        return Some(form);
    }
    let begins =
        left.is_none_or(|left| !is_han(left) || BEFORE.contains(left) && !"于於".contains(c));
    let behind = &text[at + c.len_utf8()..];
    // 我余某人, and no 其余某些.
    let unnamed = behind.starts_with('某')
        && left.is_none_or(|left| !is_han(left) || "我你他老和与與的".contains(left));
    let titled = || TITLES.iter().any(|title| behind.starts_with(title));
    (unnamed || begins && titled()).then_some(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surnames_and_others() {
        for (text, at, expected) in [
            ("他姓范。", 6, Some('范')),
            ("余先生来了", 0, Some('余')),
            ("请钟老师讲", 3, Some('鍾')),
            ("老百姓于是", 9, None),
            ("关于老师的规定", 3, None),
            ("其余教授", 3, None),
            ("余下的", 0, None),
            ("我余某人", 3, Some('余')),
            ("其余某些", 3, None),
            ("", 0, None),
        ] {
            assert_eq!(surname(text, at), expected, "{text}");
        }
    }
}
