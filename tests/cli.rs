//! The command line as data: every case is a session in `tests/cmd`.

#[test]
fn sessions() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
}
