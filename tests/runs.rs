//! Runs over several files: what was finished, where everything goes, inputs that are named twice.

use std::fs;

#[path = "support/program.rs"]
mod program;

use program::{DAMAGED, Folder, REPAIRED};

/// A sentence whose conversion the dictionary of a user can change.
const NAMED: &str = "乾學先生說會議開得很好。\n";

/// The backup of a file that is written over is a file of its own, like the old one in all but its name.
/// The words of a run that writes a file over under all of its names and keeps what it was.
#[cfg(unix)]
fn with_backup(name: &str) -> [&str; 7] {
    [
        "fix",
        "-q",
        "-w",
        "--backup",
        "--hard-links",
        "inplace",
        name,
    ]
}

#[cfg(unix)]
#[test]
fn a_backup_is_no_other_name_of_what_is_written_over() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    fs::set_permissions(folder.at("a.txt"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::hard_link(folder.at("a.txt"), folder.at("b.txt")).unwrap();
    folder.done(&with_backup("a.txt"));
    assert_eq!(folder.read("b.txt"), REPAIRED);
    assert_eq!(folder.read("a.txt.orig"), DAMAGED);
    let backup = fs::metadata(folder.at("a.txt.orig")).unwrap();
    assert_eq!(backup.mode() & 0o777, 0o600);
    // A run that was ended between the backup and the replacement has left a second name.
    folder.write("c.txt", DAMAGED);
    fs::hard_link(folder.at("c.txt"), folder.at("c.txt.orig")).unwrap();
    folder.done(&with_backup("c.txt"));
    assert_eq!(folder.read("c.txt"), REPAIRED);
    assert_eq!(folder.read("c.txt.orig"), DAMAGED);
    // The same, and the file has a third name.
    folder.write("e.txt", DAMAGED);
    fs::hard_link(folder.at("e.txt"), folder.at("f.txt")).unwrap();
    fs::hard_link(folder.at("e.txt"), folder.at("e.txt.orig")).unwrap();
    folder.done(&with_backup("e.txt"));
    assert_eq!(folder.read("f.txt"), REPAIRED);
    assert_eq!(folder.read("e.txt.orig"), DAMAGED);
}

/// Messages advise what can be done.
#[cfg(unix)]
#[test]
fn messages_advise_what_helps() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("d/a.txt", DAMAGED);
    folder.done(&["fix", "-q", "-w", "d"]);
    let run = fs::read_dir(folder.at(".state/hanfix/runs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    // Nothing that root could not read: a folder in its place.
    fs::rename(run.join("originals.zst"), run.join("aside")).unwrap();
    let (code, _, error) = folder.ran(&["undo"]);
    assert!(
        code == 2 && error.contains("cannot read the journal"),
        "{error}"
    );
    assert!(!error.contains("--no-journal"), "{error}");
    fs::rename(run.join("aside"), run.join("originals.zst")).unwrap();
    fs::rename(folder.at("d/a.txt"), folder.at("a.txt")).unwrap();
    fs::set_permissions(folder.at("a.txt"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::create_dir(folder.at("d/a.txt")).unwrap();
    let (code, _, error) = folder.ran(&["undo"]);
    assert!(
        code == 2 && error.contains("d/a.txt: cannot be read"),
        "{error}"
    );
    let (code, _, error) = folder.ran(&["detect", "d"]);
    assert!(code == 2 && error.contains("`d/*.txt`"), "{error}");
    assert!(!error.contains("-o DIR"), "{error}");
    let (_, _, error) = folder.ran(&["damage", "d"]);
    assert!(!error.contains("UTF-8"), "{error}");
    folder.write("gbk.txt", encoding_rs::GBK.encode("不是那種編碼").0);
    let (_, _, error) = folder.ran(&["damage", "gbk.txt"]);
    assert!(error.contains("only UTF-8 text"), "{error}");
}

/// What the system says of a failure is told once, behind what could not be done.
#[cfg(unix)]
#[test]
fn the_cause_of_a_failure_is_told_once() {
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    for (words, expected) in [
        ("fix a.txt/b", "a.txt/b: cannot read: "),
        ("fix -w a.txt/b", "a.txt/b: cannot read: "),
        ("check a.txt/b", "a.txt/b: cannot read: "),
        ("fix a.txt -o a.txt/x", "a.txt/x: cannot write: "),
        (
            "fix a.txt -o b.txt --edits a.txt/x",
            "a.txt/x: cannot write: ",
        ),
        ("check a.txt --report a.txt/x", "a.txt/x: cannot write: "),
        (
            "fix a.txt -o b.txt --state a.txt/x",
            "a.txt/x: cannot keep the list of finished files: ",
        ),
        (
            "fix -w a.txt --journal a.txt/x",
            "cannot keep the journal: ",
        ),
        ("evaluate --corpus missing", "missing: cannot read: "),
        ("train --corpus missing -o x", "missing: cannot read: "),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let (code, _, error) = folder.ran(&words);
        assert_eq!(code, 2, "{words:?}: {error}");
        assert!(error.contains(expected), "{words:?}: {error}");
        assert_eq!(error.matches("os error").count(), 1, "{words:?}: {error}");
    }
    // A device that cannot be read and one that cannot be written to.
    if cfg!(target_os = "linux") {
        for command in ["fix", "check", "detect", "explain"] {
            let (code, _, error) = folder.ran(&[command, "/proc/self/mem"]);
            let expected = "/proc/self/mem: cannot read: ";
            assert!(code == 2 && error.contains(expected), "{command}: {error}");
            assert_eq!(error.matches("os error").count(), 1, "{command}: {error}");
        }
        for command in ["fix", "diff", "check", "detect", "explain"] {
            let full = fs::OpenOptions::new().write(true).open("/dev/full");
            let mut run = folder.command(&[command, "a.txt"]);
            let output = run.stdout(full.unwrap()).output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            let expected = "error: standard output: cannot write: ";
            assert!(error.starts_with(expected), "{command}: {error}");
            assert_eq!(error.matches("os error").count(), 1, "{command}: {error}");
        }
    }
}

/// The closing line names the entry of an archive that a place is in, also where there is only one.
#[test]
fn places_in_an_archive_name_the_entry() {
    use std::io::{Cursor, Write};
    let folder = Folder::new();
    let guessed = [DAMAGED, "規??焖贁U展,機制?！稕Q定》\n"].concat();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("chapter/01.txt", stored).unwrap();
    writer.write_all(guessed.as_bytes()).unwrap();
    folder.write("novels.zip", writer.finish().unwrap().into_inner());
    folder.write("page.txt", &guessed);
    let (_, _, error) = folder.ran(&["check", "novels.zip"]);
    assert!(
        error.contains("1 guess at novels.zip!/chapter/01.txt:1:25"),
        "{error}"
    );
    let (_, _, error) = folder.ran(&["check", "page.txt"]);
    assert!(error.contains("1 guess at 1:25"), "{error}");
}

/// A spot that is less sure than was asked for stays and is reported, whichever rule it is of; script and punctuation are
/// no damage.
#[test]
fn what_is_less_sure_than_asked_for_stays() {
    let folder = Folder::new();
    for (rule, text) in [
        ("entity", "他说&#20013;&#22269;人民。\n"),
        ("percent-encoding", "他说%E4%B8%AD%E5%9B%BD人民。\n"),
        ("compatibility", "他在这个⾦融机构⼯作。\n"),
        ("comma-noise", "他们相遇,，穿越隧道,、拥抱,。\n"),
    ] {
        folder.write("a.txt", text);
        let (code, out, _) = folder.ran(&["check", "a.txt"]);
        assert!(code == 1 && !out.contains("unresolved"), "{out}");
        let words = ["--min-confidence", "0.99", "a.txt"];
        let (code, out, error) = folder.ran(&[&["fix"][..], &words].concat());
        assert_eq!((code, &*out), (0, text), "{rule}");
        assert!(error.contains("unresolved at "), "{rule}: {error}");
        let (code, out, _) = folder.ran(&[&["diff", "--format", "brief"][..], &words].concat());
        assert!(code == 1 && out.contains(": unresolved: "), "{rule}: {out}");
        assert!(!out.contains(" -> "), "{rule}: {out}");
    }
    folder.write("a.txt", "社會說這。\n");
    let (_, out, _) = folder.ran(&["fix", "--min-confidence", "1", "a.txt"]);
    assert_eq!(out, "社会说这。\n");
}

/// In JSON a path is the path, not what of it is shown on a terminal.
#[cfg(target_os = "linux")]
#[test]
fn paths_in_json_are_as_they_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    folder.write("a\tb.txt", "里是什么\n");
    fs::write(folder.at("").join(OsStr::from_bytes(b"\xFF.txt")), "里\n").unwrap();
    for words in [
        &["detect", "--format", "json"][..],
        &["check", "--format", "json"],
        &["convert", "--to", "zh-Hant", "--force", "--ambiguities"],
    ] {
        let path = |name: &OsStr| {
            let output = folder.command(words).arg(name).output().unwrap();
            let out = String::from_utf8(output.stdout).unwrap();
            let line = out.lines().next().unwrap_or_default();
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["path"].clone()
        };
        let name = path("a\tb.txt".as_ref());
        assert!(name.is_null() || name == "a\tb.txt", "{words:?}: {name}");
        let name = path(OsStr::from_bytes(b"\xFF.txt"));
        let bytes = serde_json::json!({"bytes": "/y50eHQ="});
        assert!(name.is_null() || name == bytes, "{words:?}: {name}");
        assert!(words[0] == "convert" || !name.is_null(), "{words:?}");
    }
}

/// Every input keeps its own output when some of them are finished already.
#[test]
fn a_second_run_writes_each_text_into_its_own_file() {
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    folder.write("b.txt", "第二篇說的是另一件事。\n");
    let words = [
        "fix", "-q", "a.txt", "b.txt", "-o", "out/", "--state", "state",
    ];
    folder.done(&words);
    folder.write("b.txt", "第二篇後來又說了一件事。\n");
    folder.done(&words);
    assert_eq!(folder.read("out/a.txt"), REPAIRED);
    assert_eq!(folder.read("out/b.txt"), "第二篇后来又说了一件事。\n");
}

/// An output that another input has taken stays taken when that input is finished already.
#[test]
fn a_second_run_overwrites_no_output_of_the_first() {
    let folder = Folder::new();
    folder.write("d1/a.txt", DAMAGED);
    folder.write("d2/a.txt", "另一個文件夾裡的文章。\n");
    let words = ["fix", "d1", "d2", "-o", "o", "--state", "state"];
    for _ in 0..2 {
        let (code, _, error) = folder.ran(&words);
        assert!(code == 2 && error.contains("--keep-paths"), "{error}");
        assert_eq!(folder.read("o/a.txt"), REPAIRED);
    }
}

/// A file that is edited after it was read is not finished.
#[cfg(unix)]
#[test]
fn a_file_that_is_edited_during_the_run_is_read_again() {
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    let made = std::process::Command::new("mkfifo")
        .arg(folder.at("pipe"))
        .status();
    assert!(made.unwrap().success());
    let mut run = folder
        .command(&[
            "fix", "-q", "a.txt", "pipe", "-o", "out/", "--state", "state",
        ])
        .spawn()
        .unwrap();
    program::wait_until("the first output", || folder.at("out/a.txt").exists());
    folder.write("a.txt", "讀過以後才寫的一句話。\n");
    // The run waits for the pipe, and notes what is finished when it ends.
    fs::write(folder.at("pipe"), "管道裡的話。\n").unwrap();
    assert!(run.wait().unwrap().success());
    folder.done(&["fix", "-q", "a.txt", "-o", "out/", "--state", "state"]);
    assert_eq!(folder.read("out/a.txt"), "读过以后才写的一句话。\n");
}

/// The contents of a dictionary are part of what makes a file finished, also when an override names it.
#[test]
fn another_dictionary_makes_nothing_finished() {
    let folder = Folder::new();
    folder.write("a.txt", NAMED);
    for config in ["", "[[override]]\nglob = \"a.*\"\ndict = \"names.txt\"\n"] {
        folder.write("hanfix.toml", config);
        folder.write("names.txt", "乾學\t乾學\n");
        let mut words = vec!["fix", "-v", "a.txt", "-o", "out/", "--state", "state"];
        if config.is_empty() {
            words.extend(["--dict", "names.txt"]);
        }
        folder.done(&words);
        assert!(folder.read("out/a.txt").contains("乾學"));
        let (_, _, error) = folder.ran(&words);
        assert!(error.contains("1 finished before"), "{error}");
        folder.write("names.txt", "乾學\t干學\n");
        let (_, _, error) = folder.ran(&words);
        assert!(!error.contains("finished before"), "{error}");
        assert!(folder.read("out/a.txt").contains("干學"));
    }
}

/// A file is repaired once, however often it is named.
#[cfg(unix)]
#[test]
fn a_file_that_is_named_twice_is_repaired_once() {
    let folder = Folder::new();
    std::os::unix::fs::symlink("a.txt", folder.at("link.txt")).unwrap();
    for words in [
        &["fix", "-w", "a.txt", "a.txt"][..],
        &["fix", "-w", "./a.txt", "a.txt"],
        &["fix", "-w", ".", "./a.txt"],
        &["fix", "-w", "a.txt", "."],
        &["fix", "-w", "link.txt", "a.txt"],
        &["fix", "-w", ".", "link.txt"],
    ] {
        folder.write("a.txt", DAMAGED);
        folder.done(words);
        assert_eq!(folder.read("a.txt"), REPAIRED, "{words:?}");
    }
    assert!(folder.at("link.txt").is_symlink());
    folder.write("a.txt", DAMAGED);
    let (_, once, _) = folder.ran(&["diff", "a.txt"]);
    let (_, twice, _) = folder.ran(&["diff", "a.txt", "./a.txt"]);
    assert_eq!(once, twice);
    // Other names are other outputs.
    folder.done(&["fix", "-q", "a.txt", "link.txt", "a.txt", "-o", "out"]);
    assert_eq!(folder.read("out/a.txt"), REPAIRED);
    assert_eq!(folder.read("out/link.txt"), REPAIRED);
}

/// Hard links are one file when it is written over, and several when they are broken.
#[cfg(unix)]
#[test]
fn hard_links_are_treated_as_told() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new();
    let number = |name: &str| fs::metadata(folder.at(name)).unwrap().ino();
    for (how, same) in [("inplace", true), ("break", false)] {
        for words in [&["d/a.txt", "d/b.txt"][..], &["d"]] {
            for name in ["d/a.txt", "d/b.txt"] {
                let _ = fs::remove_file(folder.at(name));
            }
            folder.write("d/a.txt", DAMAGED);
            fs::hard_link(folder.at("d/a.txt"), folder.at("d/b.txt")).unwrap();
            folder.done(&[&["fix", "-q", "-w", "--hard-links", how], words].concat());
            for name in ["d/a.txt", "d/b.txt"] {
                assert_eq!(folder.read(name), REPAIRED, "{how} {words:?} {name}");
            }
            assert_eq!(number("d/a.txt") == number("d/b.txt"), same, "{how}");
            folder.done(&["undo", "-q"]);
            for name in ["d/a.txt", "d/b.txt"] {
                assert_eq!(folder.read(name), DAMAGED, "undo of {how} {words:?} {name}");
            }
            assert_eq!(
                number("d/a.txt") == number("d/b.txt"),
                same,
                "undo of {how}"
            );
        }
    }
    let (code, _, error) = folder.ran(&["fix", "-w", "d"]);
    assert!(code == 0, "they are two files now: {error}");
}

/// Lists go neither over inputs nor over outputs nor over each other, however they are spelled.
#[test]
fn lists_overwrite_nothing_of_the_run() {
    let folder = Folder::new();
    folder.write("in.txt", DAMAGED);
    folder.write("d/a.txt", DAMAGED);
    folder.write("names.txt", "乾學\t乾學\n");
    for (words, expected) in [
        (
            &["fix", "in.txt", "--report", "in.txt", "-o", "o"][..],
            "in.txt",
        ),
        (
            &["fix", "in.txt", "--report", "d/../in.txt", "-o", "o"],
            "in.txt",
        ),
        (&["fix", "in.txt", "--state", "in.txt", "-o", "o"], "in.txt"),
        (&["fix", "-w", "in.txt", "--edits", "./in.txt"], "in.txt"),
        (&["fix", "-w", "d", "--edits", "d/a.txt"], "d/a.txt"),
        (&["check", "in.txt", "--report", "in.txt"], "in.txt"),
        (&["diff", "d", "--report", "d/a.txt"], "d/a.txt"),
        (
            &["fix", "in.txt", "-o", "out/", "--edits", "out/in.txt"],
            "out/in.txt",
        ),
        (&["fix", "in.txt", "-o", "o", "--report", "./o"], "./o"),
        (
            &[
                "fix", "in.txt", "-o", "o", "--report", "l", "--edits", "./l",
            ],
            "l",
        ),
        (
            &[
                "fix",
                "in.txt",
                "-o",
                "o",
                "--dict",
                "names.txt",
                "--edits",
                "names.txt",
            ],
            "names.txt",
        ),
    ] {
        let (code, _, error) = folder.ran(words);
        assert!(code == 2 && error.contains("give --"), "{words:?}: {error}");
        assert!(error.contains(expected), "{words:?}: {error}");
        assert_eq!(folder.read("in.txt"), DAMAGED, "{words:?}");
        assert_eq!(folder.read("d/a.txt"), DAMAGED, "{words:?}");
        assert_eq!(folder.files().len(), 3, "{words:?}: {:?}", folder.files());
    }
    // An output of which the run learns on its way.
    let (code, _, error) = folder.ran(&["fix", "d", "-o", "out", "--edits", "out/a.txt"]);
    assert!(code == 2 && error.contains("out/a.txt"), "{error}");
    assert!(folder.read("out/a.txt").starts_with("{\"type\":"));
    // Where nothing can be overwritten, everything goes.
    folder.done(&[
        "fix",
        "-q",
        "in.txt",
        "-o",
        "o",
        "--report",
        "/dev/null",
        "--edits",
        "/dev/null",
    ]);
}

/// Lists that lie in a folder that is read are no texts of that folder.
#[test]
fn lists_in_a_folder_are_not_read() {
    let folder = Folder::new();
    folder.write("d/a.txt", "社會工作。\n");
    let words = [
        "fix",
        "-v",
        "-w",
        "d",
        "--report",
        "d/r.jsonl",
        "--edits",
        "d/e.jsonl",
        "--state",
        "d/s",
    ];
    for _ in 0..2 {
        folder.write("d/a.txt", "社會工作。\n");
        let (code, _, error) = folder.ran(&words);
        assert!(code == 0 && error.contains("hanfix: 1 change"), "{error}");
    }
    assert!(
        folder.read("d/r.jsonl").contains("會"),
        "it is not repaired"
    );
}

/// A file that is only written in another encoding is changed, and is said to be.
#[test]
fn another_encoding_is_a_change() {
    let folder = Folder::new();
    let text = "没有损坏的一句话，只是编码不同。\n";
    folder.write("gbk.txt", encoding_rs::GBK.encode(text).0);
    folder.write("clean.txt", text);
    let (code, _, error) = folder.ran(&[
        "fix",
        "-v",
        "-w",
        "gbk.txt",
        "clean.txt",
        "--to-encoding",
        "utf-8",
        "--report",
        "report",
    ]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(folder.read("gbk.txt"), text);
    assert!(
        error.contains("gbk.txt: written in another encoding"),
        "{error}"
    );
    assert!(error.contains("clean.txt: nothing to repair"), "{error}");
    let report = folder.read("report");
    let lines: Vec<&str> = report.lines().collect();
    assert!(lines[0].contains("\"status\":\"changed\""), "{report}");
    assert!(lines[1].contains("\"status\":\"clean\""), "{report}");
    assert!(lines[2].contains("\"changed\":1"), "{report}");
}

/// A backup of nothing is no backup; in the configuration it waits for `-w`.
#[test]
fn a_backup_needs_a_run_in_place() {
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    for (words, expected) in [
        (&["fix", "--backup", "a.txt"][..], "--write"),
        (
            &["fix", "--backup", "a.txt", "-o", "o"],
            "cannot be used with '--output",
        ),
    ] {
        let (code, _, error) = folder.ran(words);
        assert!(code == 2 && error.contains(expected), "{error}");
    }
    folder.write("hanfix.toml", "backup = \".old\"\nkeep-paths = true\n");
    let (code, output, error) = folder.ran(&["fix", "a.txt"]);
    assert_eq!((code, &*output), (0, REPAIRED), "{error}");
    folder.done(&["fix", "-q", "-w", "a.txt"]);
    assert_eq!(folder.read("a.txt.old"), DAMAGED);
}

/// One bad file does not end the list of close choices, and what the list cannot heed is refused.
#[test]
fn close_choices_of_several_files() {
    let folder = Folder::new();
    folder.write("a.txt", "學者論著甚多。\n");
    folder.write("c.txt", "學者論著甚多。\n");
    let (code, output, error) =
        folder.ran(&["convert", "--ambiguities", "a.txt", "missing.txt", "c.txt"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("missing.txt: no such file"), "{error}");
    assert!(output.contains("\"path\":\"c.txt\""), "{output}");
    assert!(
        output.lines().last().unwrap().contains("\"ambiguities\":2"),
        "{output}"
    );
    for words in [
        &["-w"][..],
        &["--state", "s"],
        &["--report", "r"],
        &["--field", "text"],
        &["--type", "plain"],
        &["--to-encoding", "gbk"],
    ] {
        let (code, _, error) =
            folder.ran(&[&["convert", "--ambiguities", "a.txt"], words].concat());
        assert!(
            code == 2 && error.contains("cannot be used with"),
            "{error}"
        );
    }
    let (code, output, _) = folder.ran(&["convert", "--ambiguities", "--files", "."]);
    assert_eq!((code, &*output), (0, "./a.txt\n./c.txt\n"));
    folder.write("program.txt", b"\0\x01\x02");
    let (code, _, error) = folder.ran(&["convert", "-v", "--ambiguities", "."]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("program.txt: skipped: not text"), "{error}");
    // What the configuration says of formats is for other commands; what it says of a file counts.
    folder.write(
        "hanfix.toml",
        "field = \"text\"\n[[override]]\nglob = \"c.txt\"\nto = \"keep\"\n",
    );
    let (code, output, error) = folder.ran(&["convert", "--ambiguities", "a.txt", "c.txt"]);
    assert_eq!(code, 0, "{error}");
    assert!(
        output.contains("a.txt") && !output.contains("c.txt"),
        "{output}"
    );
}

/// A line of the journal that cannot be read is told, and costs no other.
#[test]
fn a_broken_line_of_the_journal_is_told() {
    let folder = Folder::new();
    for name in ["d/a.txt", "d/b.txt", "d/c.txt"] {
        folder.write(name, DAMAGED);
    }
    folder.done(&["fix", "-q", "-w", "-j1", "d", "--journal", "j"]);
    let run = fs::read_dir(folder.at("j")).unwrap().next().unwrap();
    let journal = run.unwrap().path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1] = &lines[1][..20];
    fs::write(&journal, lines.join("\n") + "\n").unwrap();
    let (code, _, error) = folder.ran(&["undo", "--journal", "j"]);
    assert_eq!(code, 1, "{error}");
    assert!(
        error.contains("1 line of the journal cannot be read")
            && error.contains("2 files put back"),
        "{error}"
    );
    let restored = ["d/a.txt", "d/b.txt", "d/c.txt"].map(|name| folder.read(name) == DAMAGED);
    assert_eq!(restored.iter().filter(|one| **one).count(), 2);
}
