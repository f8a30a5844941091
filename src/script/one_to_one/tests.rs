use super::*;

fn converted(text: &str) -> String {
    let mut new = String::new();
    let mut at = 0;
    for edit in to_simplified(text, Model::embedded()).iter() {
        new.push_str(&text[at..edit.span.start]);
        new.push_str(&edit.new);
        at = edit.span.end;
    }
    new + &text[at..]
}

#[test]
fn nothing_to_do() {
    for text in [
        "",
        "abc",
        "社会工作",
        "后来他走了",
        "歷史的“史”与简体字说明",
        "著",
    ] {
        assert_eq!(to_simplified(text, Model::embedded()).len(), 0, "{text}");
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let text = "他看著窗外的雨，計畫寫一本著作。乾隆年間，乾燥的氣候。";
    let once = converted(text);
    assert_ne!(once, text);
    assert_eq!(converted(&once), once);
}

#[test]
fn every_character_has_its_first_option() {
    assert_eq!(converted("乾隆年間的計畫"), "干隆年间的计画");
}

#[test]
fn text_without_line_ends_is_converted_to_its_end() {
    let text = "計畫".repeat(60_000);
    assert_eq!(converted(&text), "计画".repeat(60_000));
}

#[test]
fn close_choices_carry_their_rivals() {
    let text = "這是黃著的書，這是黃著的書";
    for edit in to_simplified(text, Model::embedded()).iter() {
        if let Some(evidence) = &edit.evidence {
            let sum: f32 = evidence.candidates.iter().map(|c| c.probability).sum();
            assert!((sum - 1.0).abs() < 1e-5);
            assert!(edit.confidence >= 0.5);
        }
    }
}

#[test]
fn fixtures() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/script/one-to-one.jsonl"
    );
    let text = std::fs::read_to_string(file).expect("a fixture");
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case");
        let field = |name: &str| case[name].as_str().expect("a text").to_owned();
        assert_eq!(
            converted(&field("input")),
            field("expected"),
            "{}",
            field("label")
        );
    }
    assert!(text.lines().count() >= 20);
}

/// The shared corpora, seen from the root of the crate; tests over them are skipped without.
const SHARED: &str = "../shared";

#[test]
fn clean_simplified_text_is_left_alone() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(SHARED)
        .join("corpora/clean");
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    for file in files {
        let path = file.expect("an entry").path();
        if path.to_string_lossy().contains(".S.") {
            let text =
                zstd::decode_all(std::fs::File::open(&path).expect("a corpus")).expect("zstd");
            let text = String::from_utf8(text).expect("UTF-8");
            assert_eq!(to_simplified(&text, Model::embedded()).len(), 0, "{path:?}");
        }
    }
}

#[test]
fn the_sample_page_comes_back_from_its_site() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(SHARED)
        .join("seed/page.truth.txt");
    let Ok(truth) = std::fs::read_to_string(page) else {
        return;
    };
    let site: String = truth.chars().map(crate::script::site_traditional).collect();
    assert_ne!(site, truth);
    assert_eq!(converted(&site), truth);
}
