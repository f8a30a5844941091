//! Single characters whose form shows in what stands around them, where no word covers them: 井乾了 and 他幹了, 五里外 and
//! 學校裏, 國家盃 and 一杯.

use crate::damage::page::is_han;

/// How many nats the form is ahead that what stands around asks for: the lists below have exceptions, so that the choice
/// counts as close.
const AHEAD: f32 = 2.0;
/// The same where nothing around 干 says anything: both words are as frequent in the list of words of Taiwan.
const UNKNOWN: f32 = 1.0;

/// What gets dry. Written down for this project.
const DRIES: [&str; 64] = [
    "衣服", "裤子", "裙子", "袜子", "鞋子", "鞋", "床单", "被子", "毛巾", "头发", "毛发", "皮肤",
    "嘴唇", "嘴巴", "嘴", "口", "喉咙", "嗓子", "舌头", "眼睛", "眼泪", "泪水", "泪", "汗水", "汗",
    "血", "血迹", "墨水", "墨迹", "墨", "油漆", "漆", "涂料", "颜料", "胶水", "水泥", "泥巴", "泥",
    "土", "土地", "地面", "地", "田", "井", "井水", "河", "河水", "河床", "湖", "湖水", "池塘",
    "水库", "海", "水", "酒", "茶", "锅", "草", "木头", "柴", "叶子", "花", "菜", "面包",
];
/// What may stand between what gets dry and 干: how long it took, how much.
const BETWEEN: [&str; 33] = [
    "已经", "已經", "都", "也", "还", "還", "没", "沒", "没有", "沒有", "不", "很", "太", "好",
    "真", "更", "又", "就", "才", "刚", "剛", "快", "会", "會", "要", "全", "完全", "有点", "有點",
    "有些", "渐渐", "慢慢", "早",
];
/// Behind 干 where it is a state: the end, or what makes it one.
const STATE: &str = "了的吗嗎呢吧啊得透裂燥涸枯";
/// Behind 干 and 得, or before 干, where somebody does something.
const DONE: &str = "很好漂不真多出怎什";

/// How food is cooked dry: 干拌饭.
const COOKED: &str = "拌炒煎捞撈煸烧燒焙焗";

/// Behind a competition a cup is a trophy.
const COMPETITIONS: [&str; 18] = [
    "国家", "國家", "世界", "欧洲", "歐洲", "亚洲", "亞洲", "美洲", "非洲", "冠军", "冠軍", "联赛",
    "聯賽", "联盟", "聯盟", "足总", "足總", "超级",
];

/// Characters of foreign names.
const FOREIGN: &str = "斯尔爾克亚亞戈乌烏耶伯达達特德拉尼奥奧希噶佩玛瑪索塔托诺諾吉萨薩维維伦倫兰蘭欧歐雷鲁魯蒂莱萊莎娜妮\
    曼姆顿頓阿埃凯凱卡赫弗费費格芬迪丹巴科洛利米皮瓦谢謝默夫罗羅哈喀察葛布忽脱脫";

/// The form, in the standard, that the character at byte `at` of Simplified text asks for by itself, and by how many nats
/// it is ahead of all others.
pub(super) fn form(text: &str, at: usize) -> Option<(char, f32)> {
    let c = text[at..].chars().next()?;
    let before = &text[..at];
    let behind = &text[at + c.len_utf8()..];
    match c {
        '干' if is_dry(before, behind) || behind.starts_with(|c| COOKED.contains(c)) => {
            Some(('乾', AHEAD))
        }
        '干' => Some(('幹', UNKNOWN)),
        '里' if is_distance(before) || is_name(before, behind) => Some(('里', AHEAD)),
        '杯' if COMPETITIONS.iter().any(|name| before.ends_with(name)) => Some(('盃', AHEAD)),
        _ => None,
    }
}

/// Whether 干 says of what stands before it that it is dry.
fn is_dry(before: &str, behind: &str) -> bool {
    let mut follows = behind.chars();
    let next = follows.next();
    let is_state = next.is_none_or(|next| !is_han(next) || STATE.contains(next));
    let is_work = next == Some('得') && follows.next().is_some_and(|second| DONE.contains(second));
    let mut subject = before;
    while let Some(shorter) = BETWEEN.iter().find_map(|word| subject.strip_suffix(word)) {
        subject = shorter;
    }
    // 衣服洗了还没干: what gets dry begins the clause.
    let clause = before.rsplit(|c| !is_han(c)).next().unwrap_or_default();
    let says_when = subject.len() < before.len() && subject.ends_with('了');
    let dries = |thing: &&str| {
        subject.ends_with(*thing)
            || says_when && thing.chars().count() > 1 && clause.starts_with(*thing)
    };
    is_state && !is_work && DRIES.iter().any(dries)
}

/// Whether a number stands there: 五里, 10里.
fn is_distance(before: &str) -> bool {
    let last = before.chars().next_back();
    last.is_some_and(|last| {
        last.is_numeric() || "一二三四五六七八九十百千万萬两兩几幾数數半".contains(last)
    })
}

/// Whether the middle of a foreign name stands there.
fn is_name(before: &str, behind: &str) -> bool {
    let foreign = |c: Option<char>| c.is_some_and(|c| FOREIGN.contains(c));
    foreign(before.chars().next_back()) || foreign(behind.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of the first `c` of a text.
    fn of(text: &str, c: char) -> Option<char> {
        form(text, text.find(c)?).map(|(form, _)| form)
    }

    #[test]
    fn what_dries_and_who_does() {
        for dry in [
            "井已经干了三年",
            "衣服洗了，还没干，衣服还没干",
            "他的头发干了",
            "嘴巴有点干",
            "油漆干了吗",
        ] {
            let at = dry.rfind('干').unwrap();
            assert_eq!(form(dry, at), Some(('乾', AHEAD)), "{dry}");
        }
        assert_eq!(of("干拌饭", '干'), Some('乾'));
        for done in [
            "他干得很好",
            "这活我干了",
            "他在水里干了三年",
            "我不想干",
            "干",
        ] {
            assert_eq!(of(done, '干'), Some('幹'), "{done}");
        }
    }

    #[test]
    fn distances_names_and_cups() {
        assert_eq!(of("走了10里路", '里'), Some('里'));
        assert_eq!(of("二百里", '里'), Some('里'));
        assert_eq!(of("马里乌斯", '里'), Some('里'));
        assert_eq!(of("学校里很安静", '里'), None);
        assert_eq!(of("欧洲国家杯", '杯'), Some('盃'));
        assert_eq!(of("一杯水", '杯'), None);
    }
}
