//! Sentences misread in every way, for the table of docs/measurements.md; `examples/peers.py` runs both
//! steps and other programs beside them.
//!
//! ```text
//! cargo run --release --example misreads -- cases ../shared/corpora/clean 200    JSON lines: row, text, shown
//! cargo run --release --example misreads -- repair < cases.jsonl                  the same with `hanfix`
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use hanfix::repair::channel::misread::{Chain, Layer, Loss, Right, Wrong, layers, misread_all};
use hanfix::{Options, Punct, Repairer, Target};
use serde_json::json;

/// Characters of a sentence, from and to.
const LENGTH: std::ops::RangeInclusive<usize> = 10..=60;
/// Bytes lost of those that a sentence had, from which on nobody could restore it: one in six.
const MOST_LOST: f64 = 1.0 / 6.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["cases", corpora, count] => cases(Path::new(corpora), count.parse().expect("a number")),
        ["repair"] => repair(),
        _ => {
            eprintln!("usage: misreads cases CORPORA SENTENCES | misreads repair");
            std::process::exit(2);
        }
    }
}

/// All chains of the table: each mistake once, and those upon one another that happen.
fn chains() -> Vec<Chain> {
    let single = layers().map(|layer| Chain(vec![layer]));
    let layer = |right, wrong| Layer { right, wrong };
    let nested = [
        vec![layer(Right::Utf8, Wrong::Windows1252); 2],
        vec![layer(Right::Utf8, Wrong::Latin1); 2],
        vec![layer(Right::Utf8, Wrong::Latin1); 3],
        vec![layer(Right::Utf8, Wrong::Gbk); 2],
        vec![layer(Right::Utf8, Wrong::Cp437); 2],
        vec![layer(Right::Utf8, Wrong::Windows1251); 2],
        vec![
            layer(Right::Utf8, Wrong::Windows1252),
            layer(Right::Gb18030, Wrong::Windows1252),
        ],
        vec![
            layer(Right::Utf8, Wrong::Latin1),
            layer(Right::Big5, Wrong::Latin1),
        ],
        vec![
            layer(Right::Utf8, Wrong::Latin1),
            layer(Right::Utf8, Wrong::Gbk),
        ],
        vec![
            layer(Right::Utf8, Wrong::Gbk),
            layer(Right::Utf8, Wrong::Latin1),
        ],
        vec![
            layer(Right::Gb18030, Wrong::Latin1),
            layer(Right::Utf8, Wrong::Gbk),
        ],
    ];
    single.chain(nested.into_iter().map(Chain)).collect()
}

fn cases(corpora: &Path, count: usize) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpora)
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut output = io::BufWriter::new(io::stdout().lock());
    for file in &files {
        let name = file.file_name().expect("a name").to_string_lossy();
        let genre: String = name.split('.').take(2).collect::<Vec<_>>().join(".");
        let sentences = sentences(file, count);
        for chain in chains() {
            let right = chain.0.last().expect("a layer").right;
            // Big5 holds Traditional text; the other way round everything can be written.
            if (right == Right::Big5) != name.contains(".T.") && right != Right::Utf8 {
                continue;
            }
            for loss in Loss::ALL {
                for sentence in &sentences {
                    let Some(shown) = misread_all(sentence, &chain, loss) else {
                        continue;
                    };
                    let lost = shown.lost as f64 > MOST_LOST * shown.bytes as f64;
                    // Without a loss all forms of it are the same; one row will do.
                    if lost
                        || shown.text == *sentence
                        || shown.lost == 0 && loss != Loss::Replacement
                    {
                        continue;
                    }
                    let loss = if shown.lost == 0 { "none" } else { loss.name() };
                    let outer = chain.0[0];
                    let line = json!({
                        "genre": genre, "chain": chain.to_string(), "layers": chain.0.len(), "loss": loss,
                        "wrong": outer.wrong.name(), "lost": shown.lost, "bytes": shown.bytes,
                        "text": sentence, "shown": shown.text,
                    });
                    writeln!(output, "{line}").expect("output");
                }
            }
        }
    }
}

/// Sentences of a file, taken evenly.
fn sentences(file: &Path, count: usize) -> Vec<String> {
    let bytes = std::fs::read(file).expect("a corpus");
    let text = String::from_utf8(zstd::decode_all(&bytes[..]).expect("zstd")).expect("UTF-8");
    let all: Vec<&str> = text
        .split_inclusive(['。', '！', '？', '\n'])
        .map(str::trim)
        .filter(|sentence| LENGTH.contains(&sentence.chars().count()))
        .filter(|sentence| sentence.chars().filter(|c| !c.is_ascii()).count() >= 8)
        .collect();
    let step = (all.len() / count).max(1);
    all.into_iter()
        .step_by(step)
        .take(count)
        .map(str::to_owned)
        .collect()
}

fn repair() {
    let mut options = Options::default();
    (options.to, options.punct) = (Target::Keep, Punct::Keep);
    let repairer = Repairer::new(options);
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let mut case: serde_json::Value =
            serde_json::from_str(&line.expect("a line")).expect("JSON");
        let shown = case["shown"].as_str().expect("a text").to_owned();
        let repaired = repairer.fix(&shown);
        case["hanfix"] = repaired.text.as_ref().into();
        case["guesses"] = repaired
            .edits
            .iter()
            .filter(|edit| edit.is_guess())
            .count()
            .into();
        case["certain"] = repaired
            .edits
            .iter()
            .filter(|edit| edit.is_certain())
            .count()
            .into();
        case["unresolved"] = repaired.unresolved.len().into();
        writeln!(output, "{case}").expect("output");
    }
}
