//! Every case of `fixtures/`: what is damaged is repaired, what is not stays, what is known not to work
//! still does not. `FIXTURES=overwrite cargo test --test fixtures` damages the texts of the cases anew.

mod support;

use std::fmt::Write as _;
use std::path::Path;

use hanfix::script::{Conversion, Converter, Variant};
use hanfix::{Markup, Options, Punct, Repairer, Rule, Target};
use support::{case, sound};

/// Runs `check` on every case of a folder and panics with all complaints at once.
fn each(folder: &str, check: impl Fn(&case::Case) -> Result<(), String>) {
    let mut complaints = String::new();
    for file in case::files(folder) {
        let mut labels = std::collections::BTreeSet::new();
        for case in case::read(&file) {
            let name = file.file_name().expect("a name").to_string_lossy();
            assert!(
                labels.insert(case.label.clone()),
                "{name} has `{}` twice",
                case.label
            );
            if let Err(complaint) = check(&case) {
                let _ = writeln!(complaints, "{name}: {}: {complaint}\n", case.label);
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// The rules of the edits, each once, in the order of the stages.
fn rules(repaired: &hanfix::Repaired<'_>) -> Vec<Rule> {
    repaired.edits.counts().into_keys().collect()
}

fn expect(case: &case::Case) -> Result<(), String> {
    let expected = case.expected.as_deref().ok_or("nothing is expected")?;
    let repaired = sound::repair(&Repairer::new(case.options.options()), &case.input)?;
    if repaired.text != expected {
        return Err(format!(
            "\n     from {}\n  expected {expected}\n      got {}",
            case.input, repaired.text
        ));
    }
    match &case.rules {
        Some(expected) if *expected != rules(&repaired) => Err(format!(
            "made by {:?}, expected {expected:?}",
            rules(&repaired)
        )),
        _ => Ok(()),
    }
}

#[test]
fn what_the_splice_channel_damaged_is_repaired() {
    each("splice", expect);
}

#[test]
fn what_was_misread_is_repaired() {
    each("misread", expect);
}

#[test]
fn escapes_and_pieces_are_put_right() {
    each("normalize", expect);
}

#[test]
fn sound_text_stays() {
    each("negative", |case| {
        let mut to_keep = case.options.options();
        to_keep.to = Target::Keep;
        let mut all = vec![to_keep];
        if case.options.to.is_none() {
            all.push(case.options.options());
        }
        for options in all {
            let to = options.to;
            let repaired = sound::repair(&Repairer::new(options), &case.input)?;
            if let Some(edit) = repaired.edits.iter().next() {
                let old = &case.input[edit.span.clone()];
                return Err(format!(
                    "{to:?}: {old:?} became {:?} by {}",
                    edit.new, edit.rule
                ));
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_known_to_fail_still_fails() {
    each("known-failures", |case| {
        let repaired = sound::repair(&Repairer::new(case.options.options()), &case.input)?;
        if Some(repaired.text.as_ref()) == case.expected.as_deref() {
            return Err("works now: move it to splice/ or negative/".to_owned());
        }
        Ok(())
    });
}

#[test]
fn conversion_cases_hold_as_pages() {
    each("script", |case| {
        sound::repair(&Repairer::new(Options::default()), &case.input).map(drop)
    });
}

#[test]
fn conversion_cases_convert() {
    each("script", |case| {
        let Some(expected) = &case.expected else {
            return Ok(());
        };
        let to = case.options.to.as_deref().unwrap_or("zh-Hans");
        let to: Variant = to.parse().map_err(|error| format!("{error}"))?;
        let mut options = Conversion::default();
        options.from = (!to.is_simplified()).then_some(Variant::Hans);
        let got = Converter::with(to, options)
            .convert(&case.input)
            .into_owned();
        if got == *expected {
            Ok(())
        } else {
            Err(format!(
                "{}\n  became {got}\n  and not {expected}",
                case.input
            ))
        }
    });
}

#[test]
fn every_case_is_sound_under_all_options() {
    for folder in [
        "splice",
        "misread",
        "normalize",
        "negative",
        "known-failures",
        "script",
    ] {
        each(folder, |case| {
            for (to, punct, markup) in [
                (Target::Keep, Punct::Keep, Markup::Plain),
                (Target::Keep, Punct::Auto, Markup::Html),
                (Target::Hans, Punct::Full, Markup::Auto),
            ] {
                let mut options = Options::default();
                (options.to, options.punct, options.markup) = (to, punct, markup);
                sound::repair(&Repairer::new(options), &case.input)
                    .map_err(|error| format!("{to:?} {punct:?} {markup:?}: {error}"))?;
            }
            Ok(())
        });
    }
}

#[test]
fn the_sample_page_is_repaired() {
    let read = |name: &str| {
        std::fs::read_to_string(case::fixtures().join("sample").join(name)).expect("the sample")
    };
    let damaged = read("page.txt");
    let repaired = sound::repair(&Repairer::new(Options::default()), &damaged).unwrap();
    assert_eq!(repaired.text, read("page.expected.txt"));
    assert!(repaired.unresolved.is_empty(), "{:?}", repaired.unresolved);
}

/// The inputs of the cases that name a site are what the simulator makes of their text.
#[test]
fn the_simulator_makes_the_inputs() {
    let overwrite = std::env::var_os("FIXTURES").is_some_and(|value| value == "overwrite");
    for folder in ["splice", "known-failures"] {
        for file in case::files(folder) {
            let mut cases = case::read(&file);
            for case in &mut cases {
                if let Some(damaged) = case.damaged() {
                    if overwrite {
                        case.input = damaged;
                    } else {
                        assert_eq!(case.input, damaged, "{}: {}", file.display(), case.label);
                    }
                }
            }
            if overwrite {
                write(&file, &cases);
            }
        }
    }
    let page = case::fixtures().join("sample").join("page.txt");
    let site: case::CaseSite = serde_json::from_str(SAMPLE_SITE).unwrap();
    let original = std::fs::read_to_string(page.with_file_name("page.expected.txt")).unwrap();
    let damaged = site.site().damage(&original, site.seed.unwrap_or(0));
    if overwrite {
        std::fs::write(&page, damaged).unwrap();
    } else {
        assert_eq!(std::fs::read_to_string(&page).unwrap(), damaged);
    }
}

/// The site that damaged the sample page.
const SAMPLE_SITE: &str = r#"{
    "annotations": "發fā 經jīng 業yè 產chǎn 創chuàng_ 學xué 現xiàn 國guó 時shí 進jìn 個gè 會huì_ 數shù 優yōu 車chē 驅qū 驗yàn 範fàn 側cè 內nèi 關guān 實shí 對duì 機jī 當dāng 過guò 開kāi",
    "noise": 0.7, "seed": 5, "folded": true
}"#;

fn write(path: &Path, cases: &[case::Case]) {
    let lines: String = cases
        .iter()
        .map(|case| serde_json::to_string(case).unwrap() + "\n")
        .collect();
    std::fs::write(path, lines).unwrap();
}
