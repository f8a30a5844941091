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

/// The help names every rule that `--rules` takes.
#[test]
fn the_help_names_every_rule() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hanfix"))
        .args(["fix", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&output.stdout);
    for rule in hanfix::Rule::ALL {
        assert!(help.contains(rule.name()), "{rule}");
    }
}
