//! How often the encoding of a few characters is found, for the table of docs/measurements.md.
//!
//! ```text
//! cargo run --release --example detection -- ../shared/corpora/clean 100          the table, chardetng beside it
//! cargo run --release --example detection -- ../shared/corpora/clean 100 --cases  JSON lines for examples/peers.py
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, GB18030, GBK};
use hanfix::decode::decode;
use serde_json::json;

const LENGTHS: [usize; 5] = [2, 4, 8, 16, 64];
const ENCODINGS: [&str; 6] = ["utf-8", "gbk", "gb18030", "big5", "utf-16le", "utf-16be"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [corpora, count, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: detection CORPORA SAMPLES [--cases]");
        std::process::exit(2);
    };
    let count: usize = count.parse().expect("a number");
    let mut table: BTreeMap<(usize, usize), [usize; 4]> = BTreeMap::new();
    for (encoding, length, text, bytes) in cases(Path::new(corpora), count) {
        let name = ENCODINGS[encoding];
        let right = |found: &str| usize::from(is_right(found, name, &bytes, &text));
        let own = decode(&bytes, None).map_or("none", |decoded| decoded.encoding_name());
        if rest.iter().any(|flag| flag == "--cases") {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            println!(
                "{}",
                json!({"encoding": name, "length": length, "text": text, "bytes": hex,
                    "hanfix": right(own), "chardetng": right(guess(&bytes, None)), "chardetng .cn": right(guess(&bytes, Some(b"cn")))})
            );
            continue;
        }
        let cell = table.entry((encoding, length)).or_default();
        cell[0] += 1;
        cell[1] += right(own);
        cell[2] += right(guess(&bytes, None));
        cell[3] += right(guess(&bytes, Some(b"cn")));
    }
    for ((encoding, length), [all, own, plain, cn]) in table {
        let share = |right: usize| 100.0 * right as f64 / all as f64;
        println!(
            "{:9} {length:3} of {all}: hanfix {:5.1}  chardetng {:5.1}  chardetng .cn {:5.1}",
            ENCODINGS[encoding],
            share(own),
            share(plain),
            share(cn)
        );
    }
}

/// Right is what decodes to the text.
fn is_right(found: &str, name: &str, bytes: &[u8], text: &str) -> bool {
    if found.eq_ignore_ascii_case(name) {
        return true;
    }
    encoding_rs::Encoding::for_label(found.as_bytes()).is_some_and(|encoding| {
        encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .is_some_and(|decoded| decoded == text)
    })
}

fn guess(bytes: &[u8], domain: Option<&[u8]>) -> &'static str {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(domain, Utf8Detection::Allow).name()
}

fn cases(corpora: &Path, count: usize) -> Vec<(usize, usize, String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpora)
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).expect("a corpus");
        let text = String::from_utf8(zstd::decode_all(&bytes[..]).expect("zstd")).expect("UTF-8");
        let traditional = file.to_string_lossy().contains(".T.");
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() >= 64)
            .collect();
        let lines = if lines.len() < count {
            text.lines().collect()
        } else {
            lines
        };
        let step = (lines.len() / count).max(1);
        for length in LENGTHS {
            for line in lines.iter().step_by(step).take(count) {
                // From the first character of the line that is Chinese.
                let piece: String = line
                    .chars()
                    .skip_while(|c| c.is_ascii())
                    .take(length)
                    .collect();
                if piece.chars().count() < length || piece.is_ascii() {
                    continue;
                }
                for (encoding, name) in ENCODINGS.iter().enumerate() {
                    let bytes = match *name {
                        "utf-8" => piece.clone().into_bytes(),
                        "gbk" => match GBK.encode(&piece) {
                            (bytes, _, false) => bytes.into_owned(),
                            _ => continue,
                        },
                        // A character outside GBK makes the four bytes that tell it.
                        "gb18030" => GB18030.encode(&format!("{piece}𠮷")).0.into_owned(),
                        "big5" if traditional => match BIG5.encode(&piece) {
                            (bytes, _, false) => bytes.into_owned(),
                            _ => continue,
                        },
                        "big5" => continue,
                        "utf-16le" => piece.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                        _ => piece.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                    };
                    let text = if *name == "gb18030" {
                        format!("{piece}𠮷")
                    } else {
                        piece.clone()
                    };
                    cases.push((encoding, length, text, bytes));
                }
            }
        }
    }
    cases
}
