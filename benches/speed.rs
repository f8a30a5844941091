//! How fast, against what the same machine does in the same run: `cargo bench --bench speed`.
//!
//! Prints a table in Markdown; nothing is asserted, for machines differ. Whole processes read a file and
//! write to the null device; repairs in this process run on one core.

#![allow(clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hanfix::{Options, Repairer, Target};

/// Times each thing is measured; the best and the median are shown.
const ROUNDS: usize = 7;
/// Bytes of the clean file.
const CLEAN: usize = 256 << 20;
/// Bytes of the Traditional file, which is converted.
const TRADITIONAL: usize = 16 << 20;
/// Bytes repaired in one round within the process, and of the one long page.
const DAMAGED: usize = 4 << 20;

fn main() {
    // `cargo test --benches` and `cargo bench -- --list` only want to know that it builds.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    println!("| what | input | best | median | ratio |");
    println!("|---|---|---|---|---|");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let binary = env!("CARGO_BIN_EXE_hanfix");

    let clean = file(folder.path(), "clean.txt", &corpus(".S.", CLEAN));
    let hanfix = processes(|| {
        run(Command::new(binary)
            .args(["fix", "--to", "keep"])
            .arg(&clean))
    });
    row(
        "clean Simplified, `fix --to keep FILE`",
        CLEAN,
        &hanfix,
        None,
    );
    let piped = processes(|| run_from(Command::new(binary).args(["fix", "--to", "keep"]), &clean));
    row(
        "clean Simplified, `fix --to keep < FILE`",
        CLEAN,
        &piped,
        None,
    );
    let simplified = processes(|| run(Command::new(binary).arg("fix").arg(&clean)));
    row("clean Simplified, `fix FILE`", CLEAN, &simplified, None);
    if Command::new("iconv").arg("--version").output().is_ok() {
        let iconv = processes(|| {
            run(Command::new("iconv")
                .args(["-f", "utf8", "-t", "utf16"])
                .arg(&clean))
        });
        row(
            "the same, `iconv -f utf8 -t utf16`",
            CLEAN,
            &iconv,
            Some(("x hanfix --to keep", &hanfix)),
        );
    }

    let traditional = file(
        folder.path(),
        "traditional.txt",
        &corpus(".T.", TRADITIONAL),
    );
    let converted = processes(|| run(Command::new(binary).arg("fix").arg(&traditional)));
    row("Traditional, `fix FILE`", TRADITIONAL, &converted, None);
    let kept = processes(|| {
        run(Command::new(binary)
            .args(["fix", "--to", "keep"])
            .arg(&traditional))
    });
    row(
        "Traditional, `fix --to keep FILE`",
        TRADITIONAL,
        &kept,
        None,
    );

    let repairer = Repairer::new(Options::default());
    for (name, pages) in damaged() {
        let bytes: usize = pages.iter().map(String::len).sum();
        let repeated = (DAMAGED / bytes).max(1);
        let each = rounds(|| {
            for _ in 0..repeated {
                for page in &pages {
                    black_box(repairer.fix(black_box(page)));
                }
            }
        });
        row(
            &format!("{name}, page by page, in process"),
            bytes * repeated,
            &each,
            None,
        );
        let long = pages.concat().repeat(repeated);
        let whole = rounds(|| drop(black_box(repairer.fix(black_box(&long)))));
        row(
            &format!("{name}, as one long page, in process"),
            long.len(),
            &whole,
            None,
        );
        let path = file(folder.path(), "damaged.txt", &long);
        let process = processes(|| run(Command::new(binary).arg("fix").arg(&path)));
        row(
            &format!("{name}, as one long file, `fix FILE`"),
            long.len(),
            &process,
            None,
        );
    }
    let mut options = Options::default();
    options.to = Target::Keep;
    let keeper = Repairer::new(options);
    let short = "今天的天气很好，我们去公园走走。";
    let calls = rounds(|| {
        for _ in 0..DAMAGED / short.len() {
            black_box(keeper.fix(black_box(short)));
        }
    });
    row(
        "clean sentences one by one, in process",
        DAMAGED,
        &calls,
        None,
    );

    let nothing = starts(|| run(&mut Command::new("true")));
    row_of_starts("`true`", &nothing);
    row_of_starts(
        "`hanfix --version`",
        &starts(|| run(Command::new(binary).arg("--version"))),
    );
    let line = file(folder.path(), "line.txt", "\n");
    row_of_starts(
        "`echo | hanfix fix`",
        &starts(|| run_from(Command::new(binary).arg("fix"), &line)),
    );
    let damaged_line = file(
        folder.path(),
        "line.txt",
        "社會(huì)工作要靠大家，學(xué)會(huì)合作。\n",
    );
    row_of_starts(
        "one damaged line, `hanfix fix`",
        &starts(|| run_from(Command::new(binary).arg("fix"), &damaged_line)),
    );
}

/// Durations, shortest first.
fn rounds(mut work: impl FnMut()) -> Vec<Duration> {
    work();
    measured(ROUNDS, &mut work)
}

fn processes(mut work: impl FnMut()) -> Vec<Duration> {
    rounds(&mut work)
}

fn starts(mut work: impl FnMut()) -> Vec<Duration> {
    work();
    measured(ROUNDS * 15, &mut work)
}

fn measured(count: usize, work: &mut impl FnMut()) -> Vec<Duration> {
    let mut durations: Vec<Duration> = (0..count)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    durations.sort();
    durations
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(
        status.expect("a program that starts").success(),
        "{command:?}"
    );
}

fn run_from(command: &mut Command, input: &Path) {
    run(command.stdin(File::open(input).expect("the input")));
}

fn row(what: &str, bytes: usize, durations: &[Duration], against: Option<(&str, &[Duration])>) {
    let speed = |duration: Duration| {
        let megabytes = bytes as f64 / 1e6 / duration.as_secs_f64();
        if megabytes >= 1000.0 {
            format!("{:.2} GB/s", megabytes / 1e3)
        } else {
            format!("{megabytes:.1} MB/s")
        }
    };
    let ratio = against.map_or(String::new(), |(what, other)| {
        let times = |i: usize, j: usize| durations[i].as_secs_f64() / other[j].as_secs_f64();
        let middle = (durations.len() / 2, other.len() / 2);
        format!(
            "{:.1} (best), {:.1} (median) {what}",
            times(0, 0),
            times(middle.0, middle.1)
        )
    });
    let size = bytes as f64 / 1e6;
    println!(
        "| {what} | {size:.1} MB | {} | {} | {ratio} |",
        speed(durations[0]),
        speed(durations[durations.len() / 2])
    );
}

fn row_of_starts(what: &str, durations: &[Duration]) {
    let shown = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1e3);
    println!(
        "| start-up, {what} | | {} | {} | |",
        shown(durations[0]),
        shown(durations[durations.len() / 2])
    );
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("room for a temporary file");
    path
}

/// The shared folder beside the tree.
fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name)
}

/// Clean text of one script, repeated up to some length: the shared corpora, or else the project's own sample.
fn corpus(script: &str, length: usize) -> String {
    let mut text = String::new();
    if let Ok(entries) = std::fs::read_dir(shared("corpora/clean")) {
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        for path in files
            .iter()
            .filter(|path| path.to_string_lossy().contains(script))
        {
            let bytes =
                zstd::decode_all(&std::fs::read(path).expect("a corpus")[..]).expect("zstd");
            text.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }
    if text.is_empty() {
        text = fixture("sample/page.expected.txt");
        if script == ".T." {
            text = text.chars().map(hanfix::script::site_traditional).collect();
        }
    }
    let mut repeated = text.repeat(length / text.len() + 1);
    let end = repeated[..length]
        .char_indices()
        .last()
        .map_or(0, |(at, _)| at);
    repeated.truncate(end);
    repeated.push_str("\n\n\n");
    repeated.truncate(length);
    repeated
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name),
    )
    .expect("a fixture")
}

/// Damaged pages with the name of where they are from.
fn damaged() -> Vec<(&'static str, Vec<String>)> {
    let mut sets = vec![("the sample of fixtures", vec![fixture("sample/page.txt")])];
    if let Ok(excerpts) = std::fs::read_to_string(shared("damage/dev.jsonl")) {
        let pages = excerpts.lines().map(|line| {
            let excerpt: serde_json::Value = serde_json::from_str(line).expect("an excerpt");
            excerpt["garbled"].as_str().expect("a text").to_owned()
        });
        sets.push(("real excerpts", pages.collect()));
    }
    if let Ok(page) = std::fs::read_to_string(shared("seed/page.garbled.txt")) {
        sets.push(("the real sample page", vec![page]));
    }
    sets
}
