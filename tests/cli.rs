//! The command line as data: every case is a dialogue in `tests/cmd`.

#[test]
fn dialogues() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
}

/// Both READMEs name every rule.
#[test]
fn the_readmes_name_every_rule() {
    for (name, readme) in [
        ("README.md", include_str!("../README.md")),
        ("README.zh.md", include_str!("../README.zh.md")),
    ] {
        for rule in hanfix::Rule::ALL {
            assert!(readme.contains(&format!("`{rule}`")), "{name}: {rule}");
        }
    }
}
