//! What comes out, byte for byte, and where: line ends, byte order marks, broken bytes, output files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use encoding_rs::GB18030;

const DAMAGED: &str =
    "黨的社會(huì )工作,把群眾團結凝聚在黨的周?chē)?,充分激發(fā)活力。社會(huì )建設。";

fn hanfix(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hanfix"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // The program may refuse before it has read everything.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn fixed(input: &[u8]) -> Vec<u8> {
    let output = hanfix(Path::new("."), &["fix", "-q"], input);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stderr.is_empty());
    output.stdout
}

#[test]
fn line_ends_stay() {
    let repaired = String::from_utf8(fixed(DAMAGED.as_bytes())).unwrap();
    assert!(repaired.starts_with("党的社会工作"), "{repaired}");
    for (before, after) in [
        ("", ""),
        ("", "\n"),
        ("\u{FEFF}", "\r\n"),
        ("", "\n\n\n"),
        ("\r\n\r\n", "\r\n"),
    ] {
        let input = format!("{before}{DAMAGED}{after}");
        let output = String::from_utf8(fixed(input.as_bytes())).unwrap();
        assert_eq!(output, format!("{before}{repaired}{after}"));
    }
    let lines = format!("{DAMAGED}\r\n平常\r\n{DAMAGED}\n平常\r");
    let output = String::from_utf8(fixed(lines.as_bytes())).unwrap();
    assert!(
        output.contains("\r\n平常\r\n") && output.ends_with("\n平常\r"),
        "{output:?}"
    );
}

#[test]
fn what_needs_nothing_comes_out_as_it_is() {
    for input in [
        "",
        "\n",
        "\u{FEFF}",
        "没有损坏",
        "\u{FEFF}没有\r\n损坏\r\n",
        "plain ASCII? (yes)",
    ] {
        assert_eq!(String::from_utf8(fixed(input.as_bytes())).unwrap(), input);
    }
}

#[test]
fn a_file_keeps_its_encoding_and_a_pipe_is_utf_8() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let encoded = GB18030.encode(DAMAGED).0;
    fs::write(folder.join("page.txt"), &encoded).unwrap();
    let repaired = String::from_utf8(fixed(DAMAGED.as_bytes())).unwrap();

    let output = hanfix(folder, &["fix", "-q", "page.txt"], b"");
    assert_eq!(GB18030.decode(&output.stdout).0, repaired);
    let output = hanfix(
        folder,
        &["fix", "-q", "--to-encoding", "utf-8", "page.txt"],
        b"",
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), repaired);
    let output = hanfix(folder, &["fix", "-q"], &encoded);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), repaired);
    let output = hanfix(
        folder,
        &["fix", "-q", "--encoding", "gbk", "--to-encoding", "gbk"],
        &encoded,
    );
    assert_eq!(GB18030.decode(&output.stdout).0, repaired);

    // A character that the encoding asked for lacks: refused, and no file is made.
    fs::write(folder.join("face.txt"), format!("{DAMAGED}😀")).unwrap();
    let arguments = [
        "fix",
        "-q",
        "face.txt",
        "--to-encoding",
        "big5",
        "-o",
        "out.txt",
    ];
    let output = hanfix(folder, &arguments, b"");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("face.txt") && message.contains("--to-encoding utf-8"),
        "{message}"
    );
    assert!(!folder.join("out.txt").exists());
}

#[test]
fn broken_bytes_are_kept_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let input = [DAMAGED.as_bytes(), b"\n\xFF\xE4\xBC\n"].concat();
    fs::write(folder.join("page.txt"), &input).unwrap();
    for arguments in [&["fix"][..], &["fix", "page.txt"]] {
        let output = hanfix(folder, arguments, &input);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout.ends_with(b"\n\xFF\xE4\xBC\n"));
        assert!(output.stdout.starts_with("党的社会工作".as_bytes()));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains("warning: ") && message.contains("2 places"),
            "{message}"
        );
    }
    let clean = b"no\xFFdamage\r\n";
    fs::write(folder.join("clean.txt"), clean).unwrap();
    assert_eq!(hanfix(folder, &["fix", "clean.txt"], b"").stdout, clean);
}

#[test]
fn output_files_appear_whole_and_inputs_stay() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["a/page.txt", "b/page.txt"] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), DAMAGED).unwrap();
    }
    let done = hanfix(
        folder,
        &[
            "fix",
            "-q",
            "a/page.txt",
            "-o",
            "new/fixed.txt",
            "--edits",
            "list.jsonl",
        ],
        b"",
    );
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(done.stdout.is_empty());
    let repaired = fixed(DAMAGED.as_bytes());
    assert_eq!(fs::read(folder.join("new/fixed.txt")).unwrap(), repaired);
    assert_eq!(
        fs::read_to_string(folder.join("a/page.txt")).unwrap(),
        DAMAGED
    );

    let list = fs::read_to_string(folder.join("list.jsonl")).unwrap();
    assert!(
        list.starts_with("{\"type\":\"begin\",\"schema\":1,\"path\":\"a/page.txt\""),
        "{list}"
    );
    assert!(
        list.trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("{\"type\":\"summary\""),
        "{list}"
    );
    let records: Vec<hanfix::edit::EditRecord> = list
        .lines()
        .filter(|line| line.contains("\"type\":\"edit\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let edits = hanfix::EditList::try_from(records).unwrap();
    assert_eq!(edits.apply(DAMAGED).unwrap().as_bytes(), repaired);

    let done = hanfix(
        folder,
        &[
            "fix",
            "-q",
            "a/page.txt",
            "b/page.txt",
            "--keep-paths",
            "-o",
            "out",
        ],
        b"",
    );
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(fs::read(folder.join("out/a/page.txt")).unwrap(), repaired);
    assert_eq!(fs::read(folder.join("out/b/page.txt")).unwrap(), repaired);

    let done = hanfix(
        folder,
        &["fix", "-q", "missing.txt", "b/page.txt", "-o", "some"],
        b"",
    );
    assert_eq!(done.status.code(), Some(2));
    assert_eq!(
        fs::read_dir(folder.join("some")).unwrap().count(),
        1,
        "only what could be read is there"
    );
    assert_eq!(
        hanfix(folder, &["fix", "page.txt", "-o", "a/"], b"")
            .status
            .code(),
        Some(2)
    );
}

#[cfg(unix)]
#[test]
fn an_output_link_stays_and_a_device_is_written_directly() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("page.txt"), DAMAGED).unwrap();
    fs::write(folder.join("real.txt"), "old").unwrap();
    std::os::unix::fs::symlink("real.txt", folder.join("link.txt")).unwrap();
    assert_eq!(
        hanfix(folder, &["fix", "page.txt", "-o", "link.txt"], b"")
            .status
            .code(),
        Some(0)
    );
    assert!(folder.join("link.txt").is_symlink());
    assert_eq!(
        fs::read(folder.join("real.txt")).unwrap(),
        fixed(DAMAGED.as_bytes())
    );
    let done = hanfix(folder, &["fix", "page.txt", "-o", "/dev/null"], b"");
    assert_eq!(done.status.code(), Some(0));
    let full = Path::new("/dev/full");
    if full.exists() {
        let done = hanfix(folder, &["fix", "page.txt", "-o", "/dev/full"], b"");
        assert_eq!(
            done.status.code(),
            Some(2),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let output = Command::new(env!("CARGO_BIN_EXE_hanfix"))
            .current_dir(folder)
            .args(["fix", "page.txt"])
            .stdout(fs::OpenOptions::new().write(true).open(full).unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output: cannot write"));
    }
}

/// What the system calls standard output is a pipe without another name.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_may_be_an_output_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("page.txt"), DAMAGED).unwrap();
    let plain = hanfix(folder, &["fix", "-q", "page.txt"], b"");
    let named = hanfix(folder, &["fix", "-q", "page.txt", "-o", "/dev/stdout"], b"");
    assert_eq!(named.status.code(), Some(0));
    assert_eq!(named.stdout, plain.stdout);
    let words = ["check", "-q", "page.txt", "--report", "/dev/stdout"];
    let report = hanfix(folder, &words, b"");
    assert_eq!(report.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&report.stdout).contains("\"type\":\"summary\""));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let input = format!("{DAMAGED}\n").repeat(300);
    for command in ["fix", "diff", "explain"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hanfix"))
            .args([command, "-q"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hanfix"))
        .current_dir(folder.path())
        .args(["fix", "-o", "out.txt"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(DAMAGED.as_bytes()).unwrap();
    let entries = || fs::read_dir(folder.path()).unwrap().count();
    // A minute is far more than a busy machine needs.
    let appeared = (0..12_000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        entries() > 0
    });
    assert!(appeared, "no unfinished output was there to interrupt");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(entries(), 0);
}
