//! The shared data of the project, where it lies beside the tree: the sample page, the real damaged
//! excerpts, the clean corpora and the glosses. Without it the tests say so and pass.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod support;

use std::path::{Path, PathBuf};

use hanfix::spelling::distance;
use hanfix::{Options, Repairer, Target};
use serde::Deserialize;
use support::sound;

/// A file or folder of the shared data, if it is there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: there is no ../shared/{name}");
        return None;
    }
    Some(path)
}

fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("a shared file");
    let bytes = if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(&bytes[..]).expect("zstd")
    } else {
        bytes
    };
    String::from_utf8(bytes).expect("UTF-8")
}

fn to_simplified() -> Repairer {
    Repairer::new(Options::default())
}

fn to_keep() -> Repairer {
    let mut options = Options::default();
    options.to = Target::Keep;
    Repairer::new(options)
}

#[test]
fn the_sample_page_is_exact() {
    let Some(folder) = shared("seed") else { return };
    let damaged = read(&folder.join("page.garbled.txt"));
    let repaired = sound::repair(&to_simplified(), &damaged).unwrap();
    let truth = read(&folder.join("page.truth.txt"));
    for (got, want) in repaired.text.lines().zip(truth.lines()) {
        assert_eq!(got, want);
    }
    assert_eq!(repaired.text, truth);
    sound::repair(&to_keep(), &damaged).unwrap();
}

#[derive(Deserialize)]
struct Excerpt {
    id: String,
    garbled: String,
    truth: String,
}

/// What the score of eval/score.py does not look at: width, the form of quotation marks and dots, white space.
fn fold(text: &str) -> String {
    let folded = |c| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).expect("ASCII"),
        '「' | '」' | '“' | '”' => '"',
        '『' | '』' | '‘' | '’' => '\'',
        '•' | '‧' | '・' => '·',
        '∶' => ':',
        c => c,
    };
    text.chars()
        .map(folded)
        .filter(|c| !c.is_whitespace())
        .collect()
}

#[test]
fn real_damage_is_repaired() {
    /// Character error rate, and share of excerpts without an error, that are asked for.
    const MOST_WRONG: f64 = 0.002;
    const LEAST_EXACT: f64 = 0.9;
    let Some(path) = shared("damage/dev.jsonl") else {
        return;
    };
    let repairer = to_simplified();
    let (mut wrong, mut characters, mut exact, mut all) = (0, 0, 0_u32, 0_u32);
    for line in read(&path).lines() {
        let excerpt: Excerpt = serde_json::from_str(line).expect("an excerpt");
        let repaired = sound::repair(&repairer, &excerpt.garbled)
            .unwrap_or_else(|error| panic!("{}: {error}", excerpt.id));
        let (got, want) = (fold(&repaired.text), fold(&excerpt.truth));
        let distance = distance(&got, &want);
        if distance > 0 {
            println!("{}: {distance} wrong", excerpt.id);
        }
        wrong += distance;
        characters += want.chars().count();
        exact += u32::from(distance == 0);
        all += 1;
    }
    println!("{exact} of {all} exact, {wrong} of {characters} characters wrong");
    assert!(
        wrong as f64 <= MOST_WRONG * characters as f64,
        "{wrong} of {characters} wrong"
    );
    assert!(
        f64::from(exact) >= LEAST_EXACT * f64::from(all),
        "{exact} of {all} exact"
    );
}

/// The first edit of a text, as a complaint.
fn first_edit(repairer: &Repairer, text: &str) -> Option<String> {
    let repaired = repairer.fix(text);
    let edit = repaired.edits.iter().next()?;
    let near = |at: usize, back: bool| {
        let mut at = if back {
            at.saturating_sub(30)
        } else {
            (at + 30).min(text.len())
        };
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    Some(format!(
        "{} edits, the first: {:?} -> {:?} ({}) in {:?}",
        repaired.edits.len(),
        &text[edit.span.clone()],
        edit.new,
        edit.rule,
        &text[near(edit.span.start, true)..near(edit.span.end, false)]
    ))
}

#[test]
fn clean_text_stays() {
    let Some(folder) = shared("corpora/clean") else {
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(
        files
            .iter()
            .any(|file| file.to_string_lossy().contains(".T."))
    );
    let mut complaints = Vec::new();
    for file in files {
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = read(&file);
        complaints
            .extend(first_edit(&to_keep(), &text).map(|edit| format!("{name}, keep: {edit}")));
        if name.contains(".S.") {
            complaints
                .extend(first_edit(&to_simplified(), &text).map(|edit| format!("{name}: {edit}")));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn glosses_stay() {
    #[derive(Deserialize)]
    struct Gloss {
        id: String,
        text: String,
    }
    let Some(path) = shared("damage/glosses.jsonl") else {
        return;
    };
    for line in read(&path).lines() {
        let gloss: Gloss = serde_json::from_str(line).expect("a gloss");
        if let Some(edit) = first_edit(&to_keep(), &gloss.text) {
            panic!("{}: {edit}", gloss.id);
        }
        sound::repair(&to_simplified(), &gloss.text)
            .unwrap_or_else(|error| panic!("{}: {error}", gloss.id));
    }
}
