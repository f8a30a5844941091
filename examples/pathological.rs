//! Seconds for a megabyte of text that is nothing but triggers.
//!
//!     cargo run --release --example pathological
#![allow(clippy::print_stdout)]

use std::time::Instant;

use hanfix::repair::channel::splice::transmit::Random;
use hanfix::{Options, Repairer, Target};

const MEGABYTE: usize = 1 << 20;

fn main() {
    let mut random = Random(1);
    let noise: Vec<u8> = (0..MEGABYTE).map(|_| random.bits() as u8).collect();
    let mut texts: Vec<(&str, String)> = [
        "?",
        "(huì)",
        "會(huì)",
        "?！",
        "((((",
        "會",
        ",。",
        "?chē)",
        "周?chē)?，",
    ]
    .into_iter()
    .map(|unit| (unit, unit.repeat(MEGABYTE / unit.len())))
    .collect();
    for (name, before, unit) in [
        (r"\u4e2d in quotes", "\"", r"\u4e2d"),
        ("&#x4E2D; in quotes", "\"", "&#x4E2D;"),
        ("%E4%B8%AD in a link", "https://a/", "%E4%B8%AD"),
        ("U+200B", "中", "\u{200B}"),
    ] {
        let text = format!("{before}{}", unit.repeat(MEGABYTE / unit.len()));
        texts.push((name, text));
    }
    texts.push(("random bytes", String::from_utf8_lossy(&noise).into_owned()));
    println!("| a megabyte of | `--to keep` | default |\n|---|---|---|");
    for (name, text) in texts {
        let seconds = [Target::Keep, Target::Hans].map(|to| {
            let mut options = Options::default();
            options.to = to;
            let repairer = Repairer::new(options);
            let begun = Instant::now();
            let repaired = repairer.fix(&text);
            let seconds = begun.elapsed().as_secs_f64();
            format!("{seconds:.3} s, {} edits", repaired.edits.len())
        });
        println!("| `{name}` | {} | {} |", seconds[0], seconds[1]);
    }
}
