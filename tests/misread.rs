//! The misread channel forwards and back: made-up sentences, every pair of codecs, floors for what must come
//! back. The full tables are those of `examples/misreads.rs`.

#![allow(clippy::print_stdout)]

mod support;

use hanfix::repair::channel::misread::{Chain, Layer, Loss, Right, Wrong, layers, misread_all};
use hanfix::repair::channel::splice::transmit::Random;
use hanfix::spelling::distance;
use hanfix::{Options, Punct, Repairer, Rule, Target, script};
use support::{sentences, sound};

/// Sentences for each chain.
const SENTENCES: u64 = 3;

fn repairer() -> Repairer {
    let mut options = Options::default();
    (options.to, options.punct) = (Target::Keep, Punct::Keep);
    Repairer::new(options)
}

/// A few made-up sentences in the script that goes with the codec.
fn text(chain: &Chain, seed: u64) -> String {
    let text = sentences::page(&mut Random(seed + 1), 2).replace('\n', "");
    match chain.0.last() {
        Some(layer) if layer.right == Right::Big5 => {
            text.chars().map(script::site_traditional).collect()
        }
        _ => text,
    }
}

/// Characters right and all characters, of what lost some bytes of those that may be lost.
fn run(chain: &Chain, loss: Loss, lost: impl Fn(f64) -> bool) -> (usize, usize, usize, usize) {
    let repairer = repairer();
    let (mut right, mut characters, mut exact, mut all) = (0, 0, 0, 0);
    for seed in 0..SENTENCES {
        let text = text(chain, seed);
        let Some(shown) = misread_all(&text, chain, loss) else {
            continue;
        };
        if shown.text == text || !lost(shown.lost as f64 / shown.bytes as f64) {
            continue;
        }
        let repaired = sound::repair(&repairer, &shown.text).expect("a sound repair");
        for edit in repaired
            .edits
            .iter()
            .filter(|edit| edit.rule == Rule::Misread)
        {
            let plan = edit
                .evidence
                .as_deref()
                .and_then(|evidence| evidence.plan.as_ref());
            let replayed = plan.and_then(|plan| plan.apply(&shown.text[edit.span.clone()]));
            assert!(
                replayed.is_none_or(|replayed| replayed == *edit.new),
                "the plan gives something else: {edit:?}"
            );
        }
        let want: Vec<char> = text.chars().collect();
        let got: Vec<char> = repaired.text.chars().collect();
        right += want.len().saturating_sub(distance(&repaired.text, &text));
        characters += want.len();
        exact += usize::from(got == want);
        all += 1;
        if got != want && std::env::var_os("SHOW").is_some() {
            println!(
                "{chain} {loss:?}\n  {text}\n  {}\n  {}",
                repaired.text, shown.text
            );
        }
    }
    (right, characters, exact, all)
}

#[test]
fn what_lost_no_byte_comes_back() {
    let mut tried = 0;
    for layer in layers() {
        let (.., exact, all) = run(&Chain(vec![layer]), Loss::Replacement, |lost| lost == 0.0);
        assert_eq!(exact, all, "{layer:?}");
        tried += usize::from(all > 0);
    }
    assert!(tried >= 20, "{tried}");
}

#[test]
fn layers_without_loss_come_back() {
    let layer = |right, wrong| Layer { right, wrong };
    for chain in [
        vec![layer(Right::Utf8, Wrong::Latin1); 2],
        vec![layer(Right::Utf8, Wrong::Latin1); 3],
        vec![layer(Right::Utf8, Wrong::Cp437); 2],
        vec![
            layer(Right::Utf8, Wrong::Latin1),
            layer(Right::Gb18030, Wrong::Latin1),
        ],
        vec![
            layer(Right::Utf8, Wrong::Latin1),
            layer(Right::Big5, Wrong::Latin1),
        ],
        vec![
            layer(Right::Utf8, Wrong::Gbk),
            layer(Right::Utf8, Wrong::Latin1),
        ],
    ] {
        let chain = Chain(chain);
        let (.., exact, all) = run(&chain, Loss::Replacement, |lost| lost == 0.0);
        assert!(exact == all && all > 0, "{chain}: {exact} of {all}");
    }
}

#[test]
fn a_word_of_two_characters_comes_back() {
    let repairer = repairer();
    for (shown, word) in [
        ("鏈嶅姟", "服务"),
        ("閰嶇疆", "配置"),
        ("绯荤粺", "系统"),
        ("鏂囦欢", "文件"),
    ] {
        assert_eq!(repairer.fix(shown).text, word);
        assert_eq!(repairer.fix(word).text, word);
    }
}

/// A decoder that gives up a byte at a time writes two marks for 检 (E6 A3 80 behind another character), and what they
/// stand for makes no character of GBK together.
#[test]
fn two_marks_stand_for_two_bytes_that_make_no_character() {
    for (shown, original) in [
        (
            "鐧诲綍澶辫触锛岃\u{FFFD}锋\u{FFFD}\u{FFFD}鏌ョ敤鎴峰悕鍜屽瘑鐮\u{FFFD}",
            "登录失败，请检查用户名和密码",
        ),
        // The two letters of which one is Cyrillic do not make a part of their own with the marks.
        (
            "鍖椾含澶у\u{FFFD}\u{FFFD}2023骞存嫑鐢熺畝绔\u{FFFD}",
            "北京大学2023年招生简章",
        ),
    ] {
        assert_eq!(repairer().fix(shown).text, original);
    }
}

/// UTF-8 in which every byte is there is proof enough: for rare characters, the lines of tables, words far apart.
#[test]
fn whole_utf8_comes_back_however_it_reads() {
    let chain = |layers| {
        let layer = Layer {
            right: Right::Utf8,
            wrong: Wrong::Latin1,
        };
        Chain(vec![layer; layers])
    };
    for (text, most) in [
        ("菰蒲莼鲈，蘼芜藜藿。", 2),
        ("│ │编号第六至│ │ │", 2),
        ("这是 total = f(a) ? a.first : a.last 求和", 1),
    ] {
        for layers in 1..=most {
            let shown = misread_all(text, &chain(layers), Loss::Replacement).unwrap();
            assert_eq!(repairer().fix(&shown.text).text, text);
        }
    }
}

/// A few syllables of Hangul that begin with a Chinese character.
#[test]
fn a_short_line_comes_back() {
    for (shown, original) in [("剋剋퀭돨윱斤", "谢谢您的来信"), ("송목붤멕", "价格很高")]
    {
        assert_eq!(repairer().fix(shown).text, original);
    }
}

#[test]
fn layers_that_lost_bytes_come_back_for_the_most_part() {
    let layer = |right, wrong| Layer { right, wrong };
    for (chain, least) in [
        (vec![layer(Right::Utf8, Wrong::Gbk); 2], 0.85),
        (vec![layer(Right::Utf8, Wrong::Windows1252); 2], 0.9),
        (
            vec![
                layer(Right::Gb18030, Wrong::Latin1),
                layer(Right::Utf8, Wrong::Gbk),
            ],
            0.85,
        ),
        (
            vec![
                layer(Right::Utf8, Wrong::Latin1),
                layer(Right::Utf8, Wrong::Gbk),
            ],
            0.9,
        ),
        (
            vec![
                layer(Right::Utf8, Wrong::Latin1),
                layer(Right::Big5, Wrong::Latin1),
            ],
            0.85,
        ),
        (vec![layer(Right::Gb18030, Wrong::ShiftJis)], 0.85),
    ] {
        let chain = Chain(chain);
        let (mut right, mut all) = (0, 0);
        for loss in Loss::ALL {
            let (some, characters, ..) = run(&chain, loss, |lost| lost > 0.0 && lost <= 1.0 / 6.0);
            right += some;
            all += characters;
        }
        println!("{chain}: {right} of {all} characters");
        assert!(
            right as f64 >= least * all as f64,
            "{chain}: {right} of {all}"
        );
    }
}

#[test]
fn most_of_what_lost_bytes_comes_back() {
    let layer = |right, wrong| Chain(vec![Layer { right, wrong }]);
    for (chain, least) in [
        (layer(Right::Utf8, Wrong::Gbk), 0.95),
        (layer(Right::Utf8, Wrong::Windows1252), 0.95),
        (layer(Right::Utf8, Wrong::Windows1250), 0.97),
        (layer(Right::Utf8, Wrong::Windows1251), 0.97),
        (layer(Right::Utf8, Wrong::Windows1254), 0.95),
        (layer(Right::Utf8, Wrong::Latin1), 0.93),
        (layer(Right::Big5, Wrong::Latin1), 0.9),
    ] {
        let (mut right, mut all) = (0, 0);
        for loss in Loss::ALL {
            let (some, characters, ..) = run(&chain, loss, |lost| lost > 0.0 && lost <= 1.0 / 6.0);
            right += some;
            all += characters;
        }
        println!("{chain}: {right} of {all} characters");
        assert!(
            right as f64 >= least * all as f64,
            "{chain}: {right} of {all}"
        );
    }
}

/// A long text that lost bytes all over, on one line or on many, comes back to its end, and a second run finds nothing
/// more: what one part of it costs takes nothing away from another.
#[test]
fn a_long_text_comes_back_throughout_and_once() {
    let layer = |right, wrong| Chain(vec![Layer { right, wrong }]);
    for (chain, characters, least) in [
        (layer(Right::Gb18030, Wrong::Big5), 12_000, 0.9),
        (layer(Right::Utf8, Wrong::Gbk), 12_000, 0.95),
    ] {
        for line_end in ["", "\n"] {
            let lines: Vec<String> = (100..)
                .map(|seed| text(&chain, seed) + line_end)
                .filter(|line| {
                    let shown = misread_all(line, &chain, Loss::Replacement);
                    shown.is_some_and(|shown| shown.lost * 6 <= shown.bytes)
                })
                .scan(0, |so_far, line| {
                    *so_far += line.chars().count();
                    (*so_far < characters).then_some(line)
                })
                .collect();
            let original = lines.concat();
            let shown = misread_all(&original, &chain, Loss::Replacement).expect("a text");
            assert!(
                shown.lost * 50 > shown.bytes,
                "{chain}: too little was lost"
            );
            let once = repairer().fix(&shown.text);
            let last: String = last_part(&original);
            let wrong = distance(&last_part(&once.text), &last);
            println!("{chain}: {wrong} of {} wrong in the last part", last.len());
            assert!(
                wrong as f64 <= (1.0 - least) * last.chars().count() as f64,
                "{chain}: {wrong} wrong"
            );
            let twice = repairer().fix(&once.text);
            assert_eq!(twice.text, once.text, "{chain}");
        }
    }
}

/// The last 400 characters.
fn last_part(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    all[all.len().saturating_sub(400)..].iter().collect()
}
