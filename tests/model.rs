//! The built-in model: made from the counts and the words, and good enough on text it has never seen.
//!
//! Counts and texts are not in the repository (they are large); without them the two tests that
//! need them say so and pass.

use std::path::{Path, PathBuf};

use hanfix::lm::{Counts, DEFAULT_SIZE, Model, evaluate, read_text, text_files, train};
use hanfix::script::simplified;

/// Positions per file, spread evenly over all of it: half a point of error either way.
const POSITIONS: usize = 10_000;

/// Percent of lost lead bytes that must come back, by the beginning of the file name. Every second
/// position, those that had no part in choosing the weights of the words, give 96.6, 93.9, 81.8, 75.4
/// and 60.5; all three wiki files together 85.6. Vue's documentation is not guarded: 92.9.
const AT_LEAST: [(&str, f64); 5] = [
    ("law.S", 96.0),
    ("tech.S.python", 92.0),
    ("wiki.S", 81.0),
    ("literature.S", 74.0),
    ("classical.S", 60.0),
];

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name);
    if !path.is_dir() {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn the_embedded_model_is_whole() {
    let model = Model::embedded();
    model.check().expect("whole");
    assert!(model.size() <= DEFAULT_SIZE);
    assert!(!model.is_empty());
}

#[test]
fn the_embedded_model_is_made_from_the_counts_and_the_words() {
    let Some(counts) = shared("lm") else { return };
    let mut counts = Counts::read_tables(&counts, &simplified).expect("counts");
    let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/jieba-words.tsv.zst");
    counts.add_words(&words, &simplified).expect("words");
    let training = train(&counts, &simplified, DEFAULT_SIZE).expect("trains");
    let committed = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lm/model.bin"))
        .expect("reads");
    assert!(
        training.bytes == committed,
        "src/lm/model.bin is not what the counts and the words give; make it again: \
         cargo run --release -- train --counts ../shared/lm --words data/jieba-words.tsv.zst \
         -o src/lm/model.bin"
    );
}

#[test]
fn lost_lead_bytes_come_back() {
    let Some(corpora) = shared("corpora/clean") else {
        return;
    };
    let files = text_files(&[corpora]).expect("lists");
    for (name, least) in AT_LEAST {
        let path = files
            .iter()
            .find(|path| {
                path.file_name()
                    .is_some_and(|file| file.to_string_lossy().starts_with(name))
            })
            .unwrap_or_else(|| panic!("no corpus {name}"));
        let text = read_text(path).expect("reads");
        let evaluation = evaluate(Model::embedded(), &text, 1, POSITIONS);
        let right = evaluation.accuracy();
        assert!(right >= least, "{name}: {right:.2} % right, {least} wanted");
    }
}

/// Words that are thin in the counts, with the neighbours of a damaged page.
#[test]
fn words_of_the_dictionary_are_known() {
    let model = Model::embedded();
    let score = |text: &str| {
        let mut context = model.line_start();
        let mut sum = 0.0;
        for c in text.chars() {
            let (next, log_prob) = model.advance(context, c);
            context = next;
            sum += log_prob;
        }
        sum
    };
    for (right, wrong) in [
        ("属于科研室的", "属于科研事的"),
        ("对“五保”供养", "对“五清”供养"),
        ("出版专刊。", "出版专集。"),
    ] {
        assert!(score(right) > score(wrong), "{right}");
    }
}
