//! The command line as data: every case is a dialogue in `tests/cmd`.

#[test]
fn dialogues() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
}
