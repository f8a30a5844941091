//! Texts of the fixtures, mutated: whatever comes out is repaired soundly. The same seeds give the same
//! texts. `FUZZ_SECONDS=60 cargo test --release --test fuzz` goes on for a minute, `FUZZ_SEED` starts
//! elsewhere; a failure prints its seed and the smallest text that still fails.

#![allow(clippy::print_stdout)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use hanfix::repair::channel::splice::transmit::{Random, folded};
use hanfix::{Fill, Markup, Options, Punct, Repairer, Target, script};
use support::{case, sentences, sound};

/// Texts tried when no time is given.
const TEXTS: u64 = 300;
/// Longer texts are cut, for more of them a second.
const LONGEST: usize = 400;

/// Pieces that start something somewhere in the program.
const DICTIONARY: [&str; 64] = [
    "?",
    "??",
    "???",
    "????",
    "？",
    "！",
    "，",
    "。",
    "、",
    "；",
    ",",
    ";",
    "!",
    "(",
    ")",
    "（",
    "）",
    "?！",
    "?，",
    "?；",
    "?。",
    "?、",
    "(huì)",
    "(huì )",
    "（huì）",
    "會(huì)",
    "會(huì )",
    "(fā)",
    "業(yè)",
    "現(xiàn)",
    "?chē)",
    "?yàn)",
    "?dāng)",
    "?qū)I(yè)",
    "周?chē)?,",
    "(Bó)",
    "(zhòng liàng)",
    ",。",
    ",，",
    "<p>",
    "</p>",
    "?/p>",
    "?br/>",
    "?/font>",
    "<script>",
    "</script>",
    "&nbsp;",
    "?ldquo;",
    "?9日",
    "[1]",
    "?]",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u{3000}",
    "\u{A0}",
    "\u{FEFF}",
    "\u{FFFD}",
    "\u{301}",
    "𠀀",
    "😀",
    "€",
    "著",
];

fn mutate(text: &mut Vec<char>, others: &[String], random: &mut Random) {
    let at = random.below(text.len() + 1);
    let end = (at + 1 + random.below(12)).min(text.len());
    match random.below(11) {
        0 => drop(text.drain(at..end)),
        1 => {
            let piece: Vec<char> = text[at..end].to_vec();
            let to = random.below(text.len() + 1);
            text.splice(to..to, piece);
        }
        2..=4 => drop(text.splice(at..at, sentences::pick(random, &DICTIONARY).chars())),
        5 => {
            let other: Vec<char> = others[random.below(others.len())].chars().collect();
            let from = random.below(other.len() + 1);
            let to = (from + random.below(40)).min(other.len());
            text.splice(at..end, other[from..to].iter().copied());
        }
        6 => text[at..end].iter_mut().for_each(|c| *c = folded(*c)),
        7 => text[at..end]
            .iter_mut()
            .for_each(|c| *c = script::site_traditional(*c)),
        8 => {
            // Any character, Chinese as a rule.
            let code = match random.below(4) {
                0 => random.below(0x11_0000),
                1 => random.below(0x500),
                _ => 0x4E00 + random.below(0x5200),
            };
            text.splice(at..at, char::from_u32(code as u32));
        }
        9 => text[at..end].reverse(),
        _ => {
            let piece: String = text[at..].iter().collect();
            let damaged = sentences::site(random).damage(&piece, random.bits());
            text.splice(at.., damaged.chars());
        }
    }
}

fn options(random: &mut Random) -> Options {
    let mut options = Options::default();
    options.to = [Target::Hans, Target::Keep][random.below(2)];
    options.punct = [Punct::Auto, Punct::Full, Punct::Keep][random.below(3)];
    options.fill = [Fill::Best, Fill::Best, Fill::Mark, Fill::Certain][random.below(4)];
    options.markup = [Markup::Auto, Markup::Auto, Markup::Plain, Markup::Html][random.below(4)];
    options.min_confidence = [0.95, 0.95, 0.5, 0.999][random.below(4)];
    options
}

/// What is wrong with the repair of a text, if anything.
fn fault(repairer: &Repairer, text: &str) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| sound::repair(repairer, text).map(drop))) {
        Ok(outcome) => outcome.err(),
        Err(panic) => Some(match panic.downcast_ref::<String>() {
            Some(message) => format!("panic: {message}"),
            None => format!("panic: {:?}", panic.downcast_ref::<&str>()),
        }),
    }
}

#[test]
fn mutated_texts_are_repaired_soundly() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| value.parse::<u64>().expect("a number"))
    };
    let seconds = number("FUZZ_SECONDS").map(Duration::from_secs);
    let first = number("FUZZ_SEED").unwrap_or(0);
    let texts = case::texts();
    let begun = Instant::now();
    let mut faults = Vec::new();
    let mut seed = first;
    loop {
        let done = match seconds {
            Some(seconds) => begun.elapsed() >= seconds,
            None => seed - first >= TEXTS,
        };
        if done || faults.len() >= 10 {
            break;
        }
        let mut random = Random(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) + 1);
        let mut text: Vec<char> = texts[random.below(texts.len())]
            .chars()
            .take(LONGEST)
            .collect();
        for _ in 0..=random.below(6) {
            mutate(&mut text, &texts, &mut random);
            text.truncate(LONGEST);
        }
        let text: String = text.into_iter().collect();
        let repairer = Repairer::new(options(&mut random));
        if let Some(fault) = fault(&repairer, &text) {
            let smallest = sound::smallest(&text, |text| self::fault(&repairer, text).is_some());
            let reason = self::fault(&repairer, &smallest).unwrap_or(fault);
            println!(
                "seed {seed}: {reason}\n  smallest {smallest:?}\n  with {:?}",
                repairer.options()
            );
            faults.push(seed);
        }
        seed += 1;
    }
    println!(
        "{} texts in {:.1} s",
        seed - first,
        begun.elapsed().as_secs_f64()
    );
    assert!(faults.is_empty(), "unsound with the seeds {faults:?}");
}
