//! Conversion as its users see it: the gate, words, dictionaries, what stays.

use std::sync::Arc;

use hanfix::lm::Model;
use hanfix::script::{Conversion, Converter, Dictionary, Variant, simplified};
use hanfix::{Options, Repairer, Target};
use proptest::prelude::*;

fn converted(to: Variant, text: &str) -> String {
    Converter::new(to).convert(text).into_owned()
}

fn with(to: Variant, text: &str, change: impl FnOnce(&mut Conversion)) -> String {
    let mut options = Conversion::default();
    change(&mut options);
    Converter::with(to, options).convert(text).into_owned()
}

#[test]
fn words_around_a_character_decide() {
    for (input, expected) in [
        (
            "理发师把头发剪短，头发展开像扇子",
            "理髮師把頭髮剪短，頭髮展開像扇子",
        ),
        ("干部晒干了衣服，干涉别人", "幹部曬乾了衣服，干涉別人"),
        ("皇后在后面，面粉撒了一地", "皇后在後面，麪粉撒了一地"),
        ("这只猫只有一只眼睛", "這隻貓只有一隻眼睛"),
        ("稻谷运到山谷里，三里路", "稻穀運到山谷裏，三里路"),
        ("复杂的关系，系好鞋带", "複雜的關係，繫好鞋帶"),
        ("范仲淹是模范", "范仲淹是模範"),
    ] {
        assert_eq!(converted(Variant::Hant, input), expected);
    }
}

#[test]
fn surnames_and_names_keep_their_form() {
    for (input, expected) in [
        (
            "范先生的范围，他姓余，关于老师，老百姓于是同意",
            "范先生的範圍，他姓余，關於老師，老百姓於是同意",
        ),
        ("余姚的钟医生说时钟坏了", "余姚的鍾醫生說時鐘壞了"),
        ("钟南山，天后宫，子丑寅卯", "鍾南山，天后宮，子丑寅卯"),
        ("经济复苏，仿佛回到从前", "經濟復甦，彷彿回到從前"),
    ] {
        assert_eq!(converted(Variant::Tw, input), expected);
    }
}

#[test]
fn overlapping_phrases_and_names() {
    for (input, expected) in [
        (
            "孩子跟著作者學寫字，隨著作品一起長大",
            "孩子跟着作者学写字，随着作品一起长大",
        ),
        (
            "這本著作獲獎，作者卻不願意說話",
            "这本著作获奖，作者却不愿意说话",
        ),
        ("乾隆年間的書，徐乾學收藏過", "乾隆年间的书，徐乾学收藏过"),
        ("把衣服晾乾，喝乾這杯", "把衣服晾干，喝干这杯"),
        (
            "枕藉而眠，藉口很多，憑藉經驗",
            "枕藉而眠，借口很多，凭借经验",
        ),
        ("顛覆與覆蓋，答覆與覆核", "颠覆与覆盖，答复与复核"),
        ("眞正的敎師，淸早就來", "真正的教师，清早就来"),
    ] {
        assert_eq!(converted(Variant::Hans, input), expected);
    }
}

#[test]
fn regions_have_their_forms_and_words() {
    let text = "软件工程师在里面使用鼠标和打印机，为了检查服务器";
    assert_eq!(
        converted(Variant::Tw, text),
        "軟件工程師在裡面使用鼠標和打印機，為了檢查服務器"
    );
    assert_eq!(
        with(Variant::Tw, text, |options| options.words = true),
        "軟體工程師在裡面使用滑鼠和印表機，為了檢查伺服器"
    );
    assert_eq!(
        converted(Variant::Hk, "他说着话，线索在里面"),
        "他説着話，線索在裏面"
    );
    assert_eq!(
        converted(Variant::Mo, "他说着话"),
        converted(Variant::Hk, "他说着话")
    );
    // Between Traditional forms.
    assert_eq!(
        converted(Variant::Tw, "爲了這個，峯頂上有羣人看着"),
        "為了這個，峰頂上有群人看著"
    );
    // Words are off unless asked for.
    assert_eq!(
        converted(Variant::Cn, "建立專案，使用軟體"),
        "建立专案，使用软体"
    );
}

#[test]
fn what_is_in_the_script_already_stays() {
    for text in [
        "",
        "plain ASCII, 123\r\n",
        "已经是简体的文章，引用了一个「龍」字。",
        "乾隆皇帝和後金，都是简体文章里会出现的名字。",
    ] {
        for to in [Variant::Hans, Variant::Cn, Variant::Sg, Variant::My] {
            let converted = Converter::new(to).convert(text).into_owned();
            assert_eq!(converted, text);
            assert!(matches!(
                Converter::new(to).convert(text),
                std::borrow::Cow::Borrowed(_)
            ));
        }
    }
    let traditional = "這是繁體文章，裡面有皇后與后羿，還有乾坤。";
    assert_eq!(converted(Variant::Hant, traditional), traditional);
    assert_eq!(converted(Variant::Tw, traditional), traditional);
    // Without a character of one script only, the choice must be clear.
    assert_eq!(converted(Variant::Hans, "看著"), "看着");
    assert_eq!(converted(Variant::Hans, "名著"), "名著");
}

#[test]
fn force_quotes_dictionary_and_protection() {
    assert_eq!(
        with(Variant::Hans, "简体里的龍", |options| options.force =
            true),
        "简体里的龙"
    );
    assert_eq!(
        with(Variant::Tw, "他说：“你好”", |options| options
            .quotes =
            true),
        "他說：「你好」"
    );
    assert_eq!(converted(Variant::Hans, "他說：「妳好」"), "他说：「你好」");
    let dictionary: Dictionary = "里民中心\t里民中心\n程式\t程序\nABC公司\t甲公司\n"
        .parse()
        .unwrap();
    let dictionary = Some(Arc::new(dictionary));
    assert_eq!(
        with(
            Variant::Hans,
            "ABC公司的程式，在里民中心裡開發",
            |options| options.dictionary = dictionary
        ),
        "甲公司的程序，在里民中心里开发"
    );
    assert_eq!(
        with(
            Variant::Hans,
            "網址 http://例.tw/會員 歡迎會員",
            |options| {
                options.protect = Some(regex::Regex::new(r"http\S+").unwrap());
            }
        ),
        "网址 http://例.tw/會員 欢迎会员"
    );
}

#[test]
fn close_choices_are_listed() {
    let converter = Converter::new(Variant::Hans);
    let text = "學者論著甚多，會議繼續。";
    let found = converter.ambiguities(text, Model::embedded());
    assert!(found.iter().all(|one| text[one.start..one.end] == one.old
        && one.candidates.len() == 2
        && one.margin >= 0.0));
    assert!(found.iter().any(|one| one.old == "著"), "{found:?}");
    assert!(
        converter
            .ambiguities("會議繼續", Model::embedded())
            .is_empty()
    );
}

#[test]
fn a_damaged_page_can_become_traditional() {
    let mut options = Options::default();
    options.to = Target::Variant(Variant::Tw);
    let page = "社會(huì )工作是黨的工作,把群眾團結在黨的周?chē)?,充分激發(fā)活力。后來在里面。";
    let repaired = Repairer::new(options).fix(page);
    assert_eq!(
        repaired.text,
        "社會工作是黨的工作，把群眾團結在黨的周圍，充分激發活力。後來在裡面。"
    );
    for edit in repaired.edits.iter() {
        assert_ne!(page[edit.span.clone()], *edit.new);
    }
}

/// What a text becomes in all passes of a repair.
fn repaired(to: Variant, text: &str, change: impl FnOnce(&mut Conversion)) -> String {
    let mut options = Options::default();
    options.to = Target::Variant(to);
    change(&mut options.conversion);
    Repairer::new(options).fix(text).text.into_owned()
}

#[test]
fn words_are_exchanged_once() {
    let text = "改革开放的历史进程，下载文档，句柄和运算符，叼着烟斗";
    assert_eq!(
        repaired(Variant::Tw, text, |options| options.words = true),
        "改革開放的歷史程序，下載文件，控制代碼和運算子，叼著菸斗"
    );
    let chain: Arc<Dictionary> = Arc::new("甲方\t乙方\n乙方\t丙方\n".parse().unwrap());
    assert_eq!(
        repaired(Variant::Tw, "甲方会见乙方", |options| options
            .dictionary =
            Some(chain)),
        "乙方會見丙方"
    );
}

#[test]
fn what_was_named_simplified_is_not_read_so_twice() {
    for (to, expected) in [
        (Variant::Hk, "他叼着煙斗"),
        (Variant::Tw, "他叼著菸斗"),
        (Variant::Hant, "他叼着菸斗"),
    ] {
        let given = repaired(to, "他叼着烟斗", |options| {
            options.from = Some(Variant::Hans);
        });
        assert_eq!(given, expected, "{to}");
    }
}

#[test]
fn long_text_has_the_forms_of_short_text() {
    for (text, expected) in [
        (
            "他家里有一座钟，请系好鞋带，咸菜很咸。",
            "他家裡有一座鐘，請繫好鞋帶，鹹菜很鹹。",
        ),
        (
            "学校里有很多学生，教室里很安静。",
            "學校裡有很多學生，教室裡很安靜。",
        ),
        (
            "这里上演一出好戏，他看了看手表，放松一点。",
            "這裡上演一齣好戲，他看了看手錶，放鬆一點。",
        ),
        (
            "他周末去二百里外的地方，那里有阿里巴巴的公司。",
            "他週末去二百里外的地方，那裡有阿里巴巴的公司。",
        ),
    ] {
        assert_eq!(converted(Variant::Tw, text), expected);
        assert_eq!(
            converted(Variant::Tw, &text.repeat(30)),
            expected.repeat(30)
        );
    }
}

#[test]
fn what_is_dry_and_what_is_done() {
    for (text, expected) in [
        ("井已经干了三年", "井已經乾了三年"),
        ("衣服洗了还没干", "衣服洗了還沒乾"),
        ("他的头发干了", "他的頭髮乾了"),
        ("嘴巴有点干", "嘴巴有點乾"),
        ("他干得很好，这件事他干了", "他幹得很好，這件事他幹了"),
    ] {
        assert_eq!(converted(Variant::Tw, text), expected);
    }
    for (text, candidates) in [("这事他不想干", ["幹", "乾"]), ("嘴巴有点干", ["乾", "幹"])]
    {
        let close = Converter::new(Variant::Tw).ambiguities(text, Model::embedded());
        assert_eq!(close[0].candidates, candidates, "{text}");
    }
}

#[test]
fn an_old_novel_is_no_poem() {
    let text = "宝玉带着两个小厮，黄昏时候走到门前，摇了摇头，强笑道：“我的脚疼，你又来了。”";
    let expected = "寶玉帶着兩個小廝，黃昏時候走到門前，搖了搖頭，強笑道：“我的腳疼，你又來了。”";
    assert_eq!(converted(Variant::Hant, text), expected);
    assert_eq!(
        converted(Variant::Hant, &text.repeat(30)),
        expected.repeat(30)
    );
}

#[test]
fn force_converts_other_languages_too() {
    let text = "広島県広島市";
    assert_eq!(converted(Variant::Hans, text), text);
    assert_eq!(
        with(Variant::Hans, text, |options| options.force = true),
        "広岛県広岛市"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn edits_and_text_agree(text in "[这這发髮發干乾着著后後里裡面的一二看书書会會，。A1 \n“”]{0,60}") {
        for to in Variant::ALL {
            let converter = Converter::new(to);
            let edits = converter.edits(&text, Model::embedded());
            let converted = converter.convert(&text);
            prop_assert_eq!(&*edits.apply(&text).unwrap(), &*converted);
        }
    }

    #[test]
    fn conversion_of_anything_is_sound(text in "\\PC{0,40}") {
        let converter = Converter::new(Variant::Hans);
        let once = converter.convert(&text).into_owned();
        prop_assert_eq!(once.chars().count(), text.chars().count());
        prop_assert!(once.chars().map(simplified).eq(once.chars().map(simplified)));
        for to in [Variant::Tw, Variant::Hk, Variant::Hant] {
            Converter::new(to).convert(&text);
        }
    }
}
