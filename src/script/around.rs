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

/// Numbers behind which 里 is a distance, where one of these stands behind it.
const NUMBERS: &str = "一二三四五六七八九十百千万萬两兩几幾";
const FAR: &str = "外地之长長路远遠多开開宽寬";

/// Who does something: behind them 干 is no 乾, if one of these stands behind it.
const PEOPLE: &str = "我你您他她们們谁誰咱俺";
const DEEDS: &str = "的得过過着著什啥嘛完掉活不吗嗎呢吧了";
/// Behind verbs that say that somebody wants to, 干的 is what is done.
const WANTS: &str = "想要该該敢肯所爱愛";
/// Before 的 these say that something is nearly dry: 快要干的衣服.
const SOON: [&str; 4] = ["快要", "就要", "将要", "將要"];
/// What is done.
const WORK: [&str; 13] = [
    "的是",
    "的事",
    "的活",
    "的工作",
    "的好事",
    "的坏事",
    "的壞事",
    "的勾当",
    "的勾當",
    "的就是",
    "的这些",
    "的那些",
    "的行当",
];
/// What is drunk from, behind 干了.
const DRINK: &str = "杯碗盅盏盞瓶酒";
/// What is done 干: in vain, or without feeling.
const IN_VAIN: [&str; 8] = ["着急", "著急", "瞪", "笑", "咳", "嚎", "呕", "嘔"];
/// How far behind it stands at most, in characters: 干了这最后一杯.
const DRINK_WITHIN: usize = 6;

/// What lots are called in front of 签, and what may not stand behind it: 一支签 and 求签, 一支签字笔.
const LOTS: &str = "支枝根求抽解卜灵靈";
const SIGNS: &str = "字名约約署订訂了过過到下在收证證发發";

/// Of what things are made: 木制的.
const MATERIALS: &str =
    "木铁鐵钢鋼铜銅银銀金锡錫石竹皮革布纸紙瓷陶璃料胶膠骨玉泥丝絲棉毛蜡蠟草藤铝鋁粉肉奶豆";
/// Behind 制 where it is 製.
const MADE: &str = "的成品";

/// Before 表, where it is a watch, if none of these stands behind it.
const WATCHES: &str = "戴块塊怀懷秒腕钟鐘修";
const SHOWS: &str = "示现現面达達情格演白态態述决決彰明率单單哥弟叔姐妹姑姨";

/// Before 托 where something is held up: 烘托, 衬托.
const HOLDS: &str = "烘衬襯依推抬高茶枪槍杯";
/// How something is tied: 系在, 系好; and what.
const TIED: &str = "在上住紧緊着著好牢";
const TIES: &str = "绳繩带帶鞋铃鈴腰颈頸脖扣结結丝絲巾裙线線把";
/// What is taught: 把中文系在 is no rope.
const SUBJECTS: &str = "学學语語文理史哲化工程法数數机機电電物生医醫院校全该該";
/// Before 面 where it is eaten, if none of these stands behind it: 吃碗牛肉面.
const NOODLES: &str = "肉碗煮揉擀吃";
const FACES: &str = "对對前试試部孔貌向上下目具积積壁临臨容相谈談条條包粉色";
/// Behind 不准 where something is not exact, and nothing forbidden.
const EXACT: &str = "了的啊吗嗎呢吧得確确时時备備点點";

/// Before 不准 where nothing is forbidden: 说不准, 拿不准.
const UNSURE: &str = "说說拿看猜吃保摸认認指算瞄对對打量测測听聽估记記";

/// The form, in the standard, that the character at byte `at` of Simplified text has whatever words could cover it.
pub(super) fn settled(text: &str, at: usize) -> Option<char> {
    let c = text[at..].chars().next()?;
    let (before, behind) = (&text[..at], &text[at + c.len_utf8()..]);
    let last = || before.chars().next_back();
    let next = || behind.chars().next();
    match c {
        '里' => {
            let is_far = last().is_some_and(|last| NUMBERS.contains(last))
                && next().is_some_and(|next| FAR.contains(next));
            is_far.then_some('里')
        }
        '干' => {
            let does = last().is_some_and(|last| PEOPLE.contains(last))
                && next().is_some_and(|next| DEEDS.contains(next))
                && !behind.starts_with("着急")
                && !behind.starts_with("著急");
            let wants = last().is_some_and(|last| WANTS.contains(last))
                && SOON.iter().all(|soon| !before.ends_with(soon))
                && behind.starts_with('的');
            let is_work = || WORK.iter().any(|work| behind.starts_with(work));
            ((does || wants || is_work()) && !is_drunk(behind)).then_some('幹')
        }
        '准' => {
            let forbidden = last() == Some('不')
                && !before[..before.len() - '不'.len_utf8()].ends_with(|c| UNSURE.contains(c))
                && next().is_some_and(|next| is_han(next) && !EXACT.contains(next));
            forbidden.then_some('准')
        }
        _ => None,
    }
}

/// Whether something is drunk up behind 干.
fn is_drunk(behind: &str) -> bool {
    let clause = behind.chars().take_while(|c| is_han(*c));
    behind.starts_with(['了', '过', '過', '掉', '完'])
        && clause.take(DRINK_WITHIN).any(|c| DRINK.contains(c))
}

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
        '干' if is_drunk(behind) || IN_VAIN.iter().any(|deed| behind.starts_with(deed)) => {
            Some(('乾', AHEAD))
        }
        '干' => Some(('幹', UNKNOWN)),
        '签' if is_between(before, LOTS, SIGNS, behind) => Some(('籤', AHEAD)),
        '托' if behind.starts_with(|c| PEOPLE.contains(c) || c == '人')
            && !before.ends_with(|c| HOLDS.contains(c)) =>
        {
            Some(('託', AHEAD))
        }
        '系' if behind.starts_with(|c| TIED.contains(c))
            && clause(before).any(|c| TIES.contains(c))
            && !before.ends_with(|c| SUBJECTS.contains(c)) =>
        {
            Some(('繫', AHEAD))
        }
        '面' if is_between(before, NOODLES, FACES, behind) => Some(('麪', AHEAD)),
        '表' if is_between(before, WATCHES, SHOWS, behind) => Some(('錶', AHEAD)),
        '制' if before.ends_with(|c| MATERIALS.contains(c))
            && behind.starts_with(|c| MADE.contains(c)) =>
        {
            Some(('製', AHEAD))
        }
        '里' if is_distance(before) || is_name(before, behind) => Some(('里', AHEAD)),
        '杯' if COMPETITIONS.iter().any(|name| before.ends_with(name)) => Some(('盃', AHEAD)),
        _ => None,
    }
}

/// The eight trigrams, and what stands between 乾 and another one: 乾、坤, 乾為天，坤為地.
const TRIGRAMS: &str = "坤坎震巽離离兌兑艮";
/// Those of them that stand in no other word, so that they need not be next to it.
const RARE_TRIGRAMS: &str = "坤巽艮";
const TRIGRAM_WITHIN: usize = 4;
/// The other tones of the scale, and what stands between them.
const TONES: &str = "宮宫商角羽";
const MARKS: [char; 4] = ['、', ' ', '，', '和'];
/// Surnames behind which 乾 is a name: none of them gets dry.
const SURNAMES: &str = "張张李陳陈王劉刘趙赵周吳吴徐孫孙朱胡郭羅罗梁宋鄭郑謝谢韓韩唐馮冯董蕭萧程袁鄧邓許许傅呂吕蘇苏盧卢蔡\
    賈贾魏薛閻阎余潘杜戴夏鍾钟汪姜范譚谭廖鄒邹熊陸陆郝孔崔丘秦顧顾侯邵孟龍龙錢钱湯汤尹黎武喬乔賀贺賴赖龔龚";
/// Behind 乾 where it is dry, even behind a surname.
const DRY: &str = "了的得杯淨净燥脆枯淡旱渴咳糧粮爹媽妈娘著着";
/// Around 沈 where it is 沉: what comes out of the water or goes down.
const SINKS: &str = "了下入到在著着得不落睡醉沒没";
const SUNK: &str = "下往船石低浮正已漸渐慢心";
/// Before 沈 where it is a surname.
const CALLED: &str = "姓老小阿和與与跟及同是請请對对向讓让給给";
/// Before 藉 where it is no 借: 慰藉, 狼藉, 蕴藉, 枕藉, 践藉.
const MATS: &str = "慰狼蘊蕴醞酝枕踐践躪躏茵籍";
/// Behind these 於 may begin a name or be part of one.
const BEFORE_NAMES: &str = "姓和與与跟及同是請请見见於于樊商";
/// Given names behind 於 that OpenCC's phrases have.
const GIVEN: [&str; 6] = ["梨華", "崇文", "勇明", "世成", "忠祥", "竹屋"];
/// Around 夥 where there are many: 獲益甚夥, 夥頤.
const MANY: &str = "甚实實众眾繁颇頗极極更尤弥彌益滋最";
const MUCH: &str = "颐頤矣涉够夠";
/// Around 覆 where somebody does it again, or answers.
const AGAIN: &str = "審审核議议查驗验試试檢检診诊閱阅信電电函述";
const ANSWERS: &str = "答回批函申禀稟";

/// The form that the character at byte `at` of Traditional text asks for by itself in Simplified text, and by how many
/// nats it is ahead of all others.
pub(super) fn simplified_form(text: &str, at: usize) -> Option<(char, f32)> {
    let c = text[at..].chars().next()?;
    let (before, behind) = (&text[..at], &text[at + c.len_utf8()..]);
    match c {
        '乾' if is_trigram(before, behind) => Some(('乾', AHEAD)),
        '乾' if is_given_name(before, behind) => Some(('乾', AHEAD)),
        '徵' if is_tone(before, behind) => Some(('徵', AHEAD)),
        '沈' if behind.starts_with(|c| SINKS.contains(c))
            && before.ends_with(|c| is_han(c) && !CALLED.contains(c))
            || behind.starts_with(['著', '着']) && !before.ends_with(|c| CALLED.contains(c))
            || before.ends_with(|c| SUNK.contains(c)) && !behind.starts_with(is_han) =>
        {
            Some(('沉', AHEAD))
        }
        '藉' if !before.ends_with(|c| MATS.contains(c)) => Some(('借', AHEAD)),
        '夥' if !before.ends_with(|c| MANY.contains(c))
            && !behind.starts_with(|c| MUCH.contains(c)) =>
        {
            Some(('伙', AHEAD))
        }
        '覆' if behind.starts_with(|c| AGAIN.contains(c))
            || before.ends_with(|c| ANSWERS.contains(c)) =>
        {
            Some(('复', AHEAD))
        }
        _ => None,
    }
}

/// The form in Simplified text that the character at byte `at` of Traditional text has whatever words could cover it.
pub(super) fn simplified_settled(text: &str, at: usize) -> Option<char> {
    let c = text[at..].chars().next()?;
    // Names that begin with 於 stand where a name may begin: 對於單身 and 位於潛江 have neither 於單 nor 於潛 in them.
    let is_preposition = || {
        let last = text[..at].chars().next_back();
        last.is_some_and(|last| is_han(last) && !BEFORE_NAMES.contains(last))
    };
    let is_name = || {
        GIVEN
            .iter()
            .any(|given| text[at + c.len_utf8()..].starts_with(given))
    };
    match c {
        '於' if is_preposition() && !is_name() => Some('于'),
        // 主角徵婚 has no tone in it, whatever words 角徵 is in.
        '徵' if text[..at].ends_with('角')
            && !is_tone(&text[..at], &text[at + c.len_utf8()..])
            && !text[at + c.len_utf8()..].starts_with('羽') =>
        {
            Some('征')
        }
        _ => None,
    }
}

/// Whether another trigram stands near.
fn is_trigram(before: &str, behind: &str) -> bool {
    let near = |c: char| RARE_TRIGRAMS.contains(c);
    let next =
        |rest: Option<&str>| rest.is_some_and(|rest| rest.starts_with(|c| TRIGRAMS.contains(c)));
    before.chars().rev().take(TRIGRAM_WITHIN).any(near)
        || behind.chars().take(TRIGRAM_WITHIN).any(near)
        || next(behind.strip_prefix('、'))
        || before
            .strip_suffix('、')
            .is_some_and(|rest| rest.ends_with(|c| TRIGRAMS.contains(c)))
}

/// Whether it stands in a name: behind a surname that begins a clause or follows no word.
fn is_given_name(before: &str, behind: &str) -> bool {
    let mut left = before.chars().rev();
    let is_surname = left.next().is_some_and(|c| SURNAMES.contains(c));
    let begins = left
        .next()
        .is_none_or(|c| !is_han(c) || "和與与跟及同是請请叫讓让給给對对在的、".contains(c));
    is_surname && begins && behind.starts_with(is_han) && !behind.starts_with(|c| DRY.contains(c))
}

/// Whether the next tone of the scale stands on either side.
fn is_tone(before: &str, behind: &str) -> bool {
    let left = before.trim_end_matches(MARKS).chars().next_back();
    let right = behind.trim_start_matches(MARKS).chars().next();
    let is_tone = |c: Option<char>| c.is_some_and(|c| TONES.contains(c));
    let corner = || {
        let rest = before.trim_end_matches(MARKS).strip_suffix('角');
        rest.is_some_and(|rest| rest.trim_end_matches(MARKS).ends_with('商'))
    };
    is_tone(left) && right == Some('羽') || corner()
}

/// The characters of the clause before a place, from its end on.
fn clause(before: &str) -> impl Iterator<Item = char> {
    before.chars().rev().take_while(|c| is_han(*c))
}

/// Whether one of some characters stands before a place, and none of others behind it.
fn is_between(before: &str, wanted: &str, unwanted: &str, behind: &str) -> bool {
    before.ends_with(|c| wanted.contains(c)) && !behind.starts_with(|c| unwanted.contains(c))
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

    /// The settled form of the last `c` of a text.
    fn settled_of(text: &str, c: char) -> Option<char> {
        settled(text, text.rfind(c)?)
    }

    #[test]
    fn who_does_what_leaves_no_doubt() {
        for done in ["这是他干的", "我干了十年", "想干的就去", "干的工作"] {
            assert_eq!(settled_of(done, '干'), Some('幹'), "{done}");
        }
        for open in [
            "她干着急",
            "快要干的衣服",
            "他干了这一杯",
            "晒干的衣服",
            "干的树枝",
        ] {
            assert_eq!(settled_of(open, '干'), None, "{open}");
        }
        assert_eq!(of("一口气干了三杯", '干'), Some('乾'));
        assert_eq!(of("她干着急", '干'), Some('乾'));
        assert_eq!(settled_of("一里外", '里'), Some('里'));
        assert_eq!(settled_of("家里外面", '里'), None);
    }

    #[test]
    fn lots_watches_and_what_is_made() {
        assert_eq!(of("一支签", '签'), Some('籤'));
        assert_eq!(of("一支签字笔", '签'), None);
        assert_eq!(of("戴表", '表'), Some('錶'));
        assert_eq!(of("手表示", '表'), None);
        assert_eq!(of("木制的", '制'), Some('製'));
        assert_eq!(of("君主制的", '制'), None);
        assert_eq!(of("托我买书", '托'), Some('託'));
        assert_eq!(of("把绳子系在树上", '系'), Some('繫'));
        assert_eq!(of("中文系在楼上", '系'), None);
        assert_eq!(of("吃牛肉面", '面'), Some('麪'));
        assert_eq!(settled_of("不准外人进入", '准'), Some('准'));
        assert_eq!(settled_of("不准了", '准'), None);
        assert_eq!(settled_of("不准备去", '准'), None);
        assert_eq!(settled_of("说不准会下雨", '准'), None);
        assert_eq!(of("把中文系在新楼", '系'), None);
    }

    /// The form in Simplified text of the first `c` of a text.
    fn simplified_of(text: &str, c: char) -> Option<char> {
        let at = text.find(c)?;
        let found = simplified_form(text, at).map(|(form, _)| form);
        simplified_settled(text, at).or(found)
    }

    #[test]
    fn forms_of_simplified_text() {
        for (text, c, expected) in [
            ("乾為天，坤為地", '乾', Some('乾')),
            ("乾淨", '乾', None),
            ("陳乾生", '乾', Some('乾')),
            ("陳乾了一杯", '乾', None),
            ("擦乾離開", '乾', None),
            ("乾、離、坎", '乾', Some('乾')),
            ("主角徵婚", '徵', Some('征')),
            ("宮商角徵", '徵', Some('徵')),
            ("老沈在家", '沈', None),
            ("宮、商、角、徵、羽", '徵', Some('徵')),
            ("象徵", '徵', None),
            ("船沈了", '沈', Some('沉')),
            ("姓沈。", '沈', None),
            ("藉酒澆愁", '藉', Some('借')),
            ("狼藉", '藉', None),
            ("那夥人", '夥', Some('伙')),
            ("甚夥", '夥', None),
            ("提出覆審", '覆', Some('复')),
            ("覆蓋", '覆', None),
            ("對於單身的人", '於', Some('于')),
            ("於潛縣", '於', None),
            ("作家於梨華", '於', None),
        ] {
            assert_eq!(simplified_of(text, c), expected, "{text}");
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
