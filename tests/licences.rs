//! Every crate that is linked or built with may be used under a permissive licence.
//!
//! Cargo tells which crates a feature set needs and what licence each of them names; the expressions
//! are read here (SPDX: `MIT OR Apache-2.0`, `(MIT OR Apache-2.0) AND Unicode-3.0`, the old `MIT/Apache-2.0`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than their notice. Nothing else is linked; add to this list only what
/// leaves users of the library as free as before.
const ALLOWED: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    // The licence of bzip2: a BSD licence in other words.
    "bzip2-1.0.6",
];

/// Crates under MPL-2.0 that lol_html, which is BSD-3-Clause, parses selectors with. The licence asks for no more
/// than that changes to these very files stay public; they are used as published. Nobody else may come in.
const USED_AS_PUBLISHED: [&str; 4] = [
    "cssparser ",
    "cssparser-macros ",
    "dtoa-short ",
    "selectors ",
];

/// The same without Apache-2.0: the library alone links no crate that is under Apache-2.0 only. (The tables
/// made from OpenCC's data are; see NOTICE.)
const ALLOWED_IN_THE_LIBRARY: [&str; 9] = [
    "0BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What the feature `zhconv` adds: the crate itself is under GPL-2.0-or-later, which makes the whole program
/// GPL-3.0-or-later (Apache-2.0 goes together with version 3 only). `--version`, README and NOTICE say so.
const ALLOWED_WITH_ZHCONV: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "GPL-2.0-or-later",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

#[test]
fn the_default_features_may_be_passed_on_under_the_gpl() {
    check(&[], &ALLOWED_WITH_ZHCONV, true);
    let gpl: Vec<String> = licences(&[], false)
        .into_iter()
        .filter(|(_, licence)| !is_allowed(licence, &ALLOWED))
        .map(|(name, _)| name)
        .filter(|name| {
            !USED_AS_PUBLISHED
                .iter()
                .any(|known| name.starts_with(known))
        })
        .collect();
    assert!(
        matches!(&gpl[..], [only] if only.starts_with("zhconv ")),
        "only zhconv asks for the GPL: {gpl:?}"
    );
}

#[test]
fn zhconv_alone_is_all_that_the_feature_adds() {
    check(
        &["--no-default-features", "--features", "zhconv"],
        &ALLOWED_WITH_ZHCONV,
        false,
    );
}

#[test]
fn a_build_with_zhconv_says_so() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "README.zh.md", "NOTICE"] {
        let text = std::fs::read_to_string(root.join(name)).expect("a text");
        assert!(text.contains("GPL-3.0-or-later"), "{name}");
    }
}

#[test]
fn the_command_line_is_permissive() {
    check(
        &["--no-default-features", "--features", "cli"],
        &ALLOWED,
        false,
    );
}

#[test]
fn the_library_links_nothing_under_apache_only() {
    check(&["--no-default-features"], &ALLOWED_IN_THE_LIBRARY, false);
}

/// Checks the crates of a feature set; with `development` also those that only tests need.
fn check(features: &[&str], allowed: &[&str], development: bool) {
    let licences = licences(features, development);
    assert!(
        licences.len() > 10,
        "hanfix and its dependencies: {licences:?}"
    );
    let refused: Vec<String> = licences
        .iter()
        .filter(|(_, licence)| !is_allowed(licence, allowed))
        .filter(|(name, licence)| {
            // Never in the library alone.
            let may_be = allowed.len() >= ALLOWED.len() && *licence == "MPL-2.0";
            !(may_be
                && USED_AS_PUBLISHED
                    .iter()
                    .any(|known| name.starts_with(known)))
        })
        .map(|(name, licence)| format!("{name}: {licence}"))
        .collect();
    assert!(
        refused.is_empty(),
        "licences that are not on the list: {refused:#?}"
    );
}

/// The crates that the feature set needs, each with its version and the licence that it names.
fn licences(features: &[&str], development: bool) -> BTreeMap<String, String> {
    let metadata = metadata(features);
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let string = |value: &Value| value.as_str().unwrap_or("none named").to_owned();
    let mut needed_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let dependencies = list(&node["deps"]).into_iter().filter(|dependency| {
            development
                || list(&dependency["dep_kinds"])
                    .iter()
                    .any(|kind| kind["kind"] != "dev")
        });
        needed_by.insert(
            string(&node["id"]),
            dependencies
                .map(|dependency| string(&dependency["pkg"]))
                .collect(),
        );
    }
    let mut needed = BTreeSet::new();
    let mut waiting = vec![string(&metadata["resolve"]["root"])];
    while let Some(id) = waiting.pop() {
        if needed.insert(id.clone()) {
            waiting.extend(needed_by[&id].iter().cloned());
        }
    }
    list(&metadata["packages"])
        .iter()
        .filter(|package| needed.contains(&string(&package["id"])))
        .map(|package| {
            (
                format!(
                    "{} {}",
                    string(&package["name"]),
                    string(&package["version"])
                ),
                string(&package["license"]),
            )
        })
        .collect()
}

/// What cargo knows about the dependencies for every platform, or, where those for other platforms cannot
/// be fetched, for this one.
fn metadata(features: &[&str]) -> Value {
    let run = |more: &[&str]| {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(features)
            .args(more)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
            .output()
            .expect("cargo runs");
        output
            .status
            .success()
            .then_some(output.stdout)
            .ok_or(output.stderr)
    };
    let here = || {
        let output = Command::new("rustc")
            .arg("-vV")
            .output()
            .expect("rustc runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines()
            .find_map(|line| line.strip_prefix("host: "))
            .expect("a host")
            .to_owned()
    };
    let stdout = run(&[])
        .or_else(|_| run(&["--offline", "--filter-platform", &here()]))
        .unwrap_or_else(|stderr| panic!("cargo metadata: {}", String::from_utf8_lossy(&stderr)));
    serde_json::from_slice(&stdout).expect("JSON")
}

/// Whether an SPDX expression can be satisfied with the licences allowed.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let answer = any(&words, &mut at, allowed);
    answer && at == words.len()
}

/// `a OR b`, which binds less than `AND`.
fn any(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut answer = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        answer |= all(words, at, allowed);
    }
    answer
}

/// `a AND b`.
fn all(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut answer = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        answer &= one(words, at, allowed);
    }
    answer
}

/// One licence, with its exception if it has one (an exception only allows more), or an expression in parentheses.
fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let answer = any(words, at, allowed);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return answer && closed;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    allowed.contains(word)
}

#[test]
fn expressions_are_read() {
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only AND MIT", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-2.0-or-later", false),
        ("MIT OR GPL-2.0-or-later AND LGPL-3.0-only", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("none named", false),
        ("(MIT", false),
        ("MIT)", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &ALLOWED), expected, "{expression}");
    }
    assert!(!is_allowed("Apache-2.0", &ALLOWED_IN_THE_LIBRARY));
}
