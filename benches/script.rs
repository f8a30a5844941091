//! Script conversion against zhconv, one thread, interleaved rounds in one run: `cargo bench --bench script`.
//!
//! Prints a table in Markdown; nothing is asserted. Speeds are of the best round, ratios those of the best rounds.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use hanfix::script::{Converter, Variant, simplified};

/// Rounds of each; the best counts.
const ROUNDS: usize = 9;
/// Bytes of each text.
const LENGTH: usize = 8 << 20;

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    // First of all, while nothing is warm.
    let first = time(|| {
        Converter::new(Variant::Hans)
            .convert("漢字與乾隆，看著")
            .len()
    });
    let other = time(|| Converter::new(Variant::Tw).convert("头发展示，干杯").len());
    let peer = time(|| zhconv::zhconv("漢字與乾隆，看著", zhconv::Variant::ZhCN).len());
    println!(
        "first call: to zh-Hans {first:.2?}, to zh-TW {other:.2?}; zhconv to zh-CN {peer:.2?}\n"
    );
    println!("| text | to | hanfix | zhconv | ratio |");
    println!("|---|---|---|---|---|");
    let traditional = corpus(".T.");
    let simplified_text = corpus(".S.");
    let made: String = traditional.chars().map(simplified).collect();
    row(
        "Traditional",
        &traditional,
        Variant::Hans,
        zhconv::Variant::ZhCN,
    );
    row(
        "Simplified",
        &simplified_text,
        Variant::Hans,
        zhconv::Variant::ZhCN,
    );
    row("Simplified", &made, Variant::Tw, zhconv::Variant::ZhTW);
    row(
        "Traditional",
        &traditional,
        Variant::Tw,
        zhconv::Variant::ZhTW,
    );
}

fn row(name: &str, text: &str, to: Variant, peer: zhconv::Variant) {
    let converter = Converter::new(to);
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(time(|| converter.convert(text).len()));
        best[1] = best[1].min(time(|| zhconv::zhconv(text, peer).len()));
    }
    let speed = |time: Duration| text.len() as f64 / time.as_secs_f64() / 1e6;
    println!(
        "| {name} | {to} | {:.0} MB/s | {:.0} MB/s | {:.2} |",
        speed(best[0]),
        speed(best[1]),
        best[1].as_secs_f64() / best[0].as_secs_f64()
    );
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Text of a script: the corpora beside the tree, or sentences of our own.
fn corpus(script: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/clean");
    let mut text = String::new();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.to_string_lossy().contains(script))
        .collect();
    files.sort();
    for file in files {
        let bytes = std::fs::read(file).expect("a corpus");
        text.push_str(
            &String::from_utf8(zstd::decode_all(&bytes[..]).expect("zstd")).expect("UTF-8"),
        );
    }
    if text.is_empty() {
        text.push_str(if script == ".T." {
            "圖書館周圍很安靜，學生們在這裡看書、寫作業。開館那天，館長帶著大家讀了一本書。\n"
        } else {
            "图书馆周围很安静，学生们在这里看书、写作业。开馆那天，馆长带着大家读了一本书。\n"
        });
    }
    let mut long = text.repeat(LENGTH.div_ceil(text.len()));
    let mut end = LENGTH;
    while !long.is_char_boundary(end) {
        end -= 1;
    }
    long.truncate(end);
    long
}
