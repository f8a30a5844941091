//! zhconv and hanfix over the clean corpora, character by character. Where they differ, hanfix folds a variant that zhconv
//! keeps, or the difference stands with its reason in `fixtures/zhconv-differences.jsonl`.

#![allow(clippy::print_stderr)]

#[path = "support/corpora.rs"]
mod corpora;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hanfix::script::{Converter, Variant};
use serde::Deserialize;

#[derive(Deserialize)]
struct Difference {
    /// What stands in the text, what hanfix makes of it, what zhconv does.
    pairs: String,
    reason: String,
}

type Kind = (char, char, char);

fn known() -> BTreeSet<Kind> {
    let lines = include_str!("../fixtures/zhconv-differences.jsonl").lines();
    let mut kinds = BTreeSet::new();
    for line in lines {
        let difference: Difference = serde_json::from_str(line).expect("a difference");
        assert!(!difference.reason.is_empty(), "{line}");
        for kind in difference.pairs.split_whitespace() {
            let [old, ours, theirs] = kind.chars().collect::<Vec<_>>()[..] else {
                panic!("three characters: {kind}");
            };
            assert!(kinds.insert((old, ours, theirs)), "{kind} twice");
        }
    }
    kinds
}

/// The corpora of a script, or none where the shared data is absent.
fn texts(script: &str) -> Vec<(String, String)> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.is_dir() {
        eprintln!("skipped: ../shared is absent");
        return Vec::new();
    }
    corpora::corpora(&shared, script).expect("the clean corpora")
}

#[test]
fn differences_from_zhconv_are_known() {
    let known = known();
    let converter = Converter::new(Variant::Hans);
    let mut seen: BTreeMap<Kind, usize> = BTreeMap::new();
    let texts = texts(".T.");
    for (name, text) in &texts {
        let ours = converter.convert(text);
        let theirs = zhconv::zhconv(text, zhconv::Variant::ZhHans);
        assert_eq!(ours.chars().count(), theirs.chars().count(), "{name}");
        for ((old, ours), theirs) in text.chars().zip(ours.chars()).zip(theirs.chars()) {
            // Where zhconv keeps what stands there it does not know the form; and few fonts have the forms outside the
            // basic plane.
            if ours != theirs && theirs != old && theirs <= '\u{ffff}' {
                *seen.entry((old, ours, theirs)).or_default() += 1;
            }
        }
    }
    let unknown: Vec<_> = seen
        .iter()
        .filter(|(kind, _)| !known.contains(kind))
        .collect();
    assert!(unknown.is_empty(), "not in the list: {unknown:?}");
    let gone: Vec<_> = known
        .iter()
        .filter(|kind| !seen.contains_key(kind))
        .collect();
    assert!(
        texts.is_empty() || gone.is_empty(),
        "no longer different: {gone:?}"
    );
}

#[test]
fn simplified_text_stays_whatever_zhconv_does() {
    let converter = Converter::new(Variant::Hans);
    for (name, text) in texts(".S.") {
        let ours = converter.convert(&text);
        let changed = text.lines().zip(ours.lines()).find(|(old, new)| old != new);
        assert_eq!(changed, None, "{name}");
        let theirs = zhconv::zhconv(&text, zhconv::Variant::ZhHans);
        eprintln!(
            "{name}: zhconv changes {} characters",
            text.chars()
                .zip(theirs.chars())
                .filter(|(old, new)| old != new)
                .count()
        );
    }
}
