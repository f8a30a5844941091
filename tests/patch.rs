//! The diff is a patch that `git apply` takes, and what it makes is what `fix` writes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use encoding_rs::GB18030;

const DAMAGED: &str =
    "黨的社會(huì )工作,把群眾團結凝聚在黨的周?chē)?,充分激發(fā)活力。社會(huì )建設。";

fn hanfix(folder: &Path, arguments: &[&str]) -> (Vec<u8>, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_hanfix"))
        .current_dir(folder)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    (output.stdout, output.status.code())
}

/// Makes the file, applies the diff of it with git and with patch's strictness, and compares with `fix`.
fn round_trip(name: &str, content: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, content).unwrap();
    let (fixed, code) = hanfix(folder, &["fix", "-q", name]);
    assert_eq!(code, Some(0));
    let (diff, code) = hanfix(folder, &["diff", "-q", name]);
    assert_eq!(code, Some(i32::from(fixed != content)), "{name}");
    assert_eq!(fixed == content, diff.is_empty(), "{name}");
    if diff.is_empty() {
        return;
    }
    fs::write(folder.join("changes.patch"), &diff).unwrap();
    let applied = Command::new("git")
        .current_dir(folder)
        .args(["apply", "--whitespace=nowarn", "changes.patch"])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&applied.stderr);
    assert!(
        applied.status.success(),
        "{name}: {message}\n{}",
        String::from_utf8_lossy(&diff)
    );
    let patched = fs::read(&file).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&patched),
        String::from_utf8_lossy(&fixed),
        "{name}"
    );
    assert_eq!(patched, fixed, "{name}");
}

#[test]
fn plain_files() {
    round_trip("page.txt", format!("{DAMAGED}\n").as_bytes());
    round_trip("page.txt", DAMAGED.as_bytes());
    round_trip(
        "page.txt",
        format!("一行\n二行\n三行\n四行\n五行\n{DAMAGED}\n六\n").as_bytes(),
    );
    round_trip("clean.txt", "没有损坏的一行\n".as_bytes());
    round_trip("empty.txt", b"");
}

#[test]
fn line_ends_and_byte_order_marks() {
    round_trip(
        "page.txt",
        format!("一行\r\n{DAMAGED}\r\n三行\r\n").as_bytes(),
    );
    round_trip("page.txt", format!("一行\r\n{DAMAGED}").as_bytes());
    round_trip("page.txt", format!("\u{FEFF}{DAMAGED}\n一行\n").as_bytes());
    round_trip("page.txt", format!("一行\r{DAMAGED}\r三行").as_bytes());
}

#[test]
fn names() {
    for name in [
        "頁.txt",
        "two words.txt",
        "d/e/頁 二.txt",
        "\"quoted\"\\.txt",
        "tab\there.txt",
        "-dash.txt",
    ] {
        let name = if name.starts_with('-') {
            format!("./{name}")
        } else {
            name.to_owned()
        };
        round_trip(&name, format!("{DAMAGED}\n").as_bytes());
    }
}

#[test]
fn many_hunks() {
    let mut text = String::new();
    for i in 0..200 {
        let line = if i % 17 == 3 || i % 5 == 1 {
            DAMAGED
        } else {
            "平常的一行"
        };
        text.push_str(line);
        text.push_str(if i % 3 == 0 { "\r\n" } else { "\n" });
    }
    round_trip("page.txt", text.as_bytes());
}

#[test]
fn other_encodings() {
    let text = format!("一行\r\n{DAMAGED}\n三行");
    round_trip("gb18030.txt", &GB18030.encode(&text).0);
    let mut broken = GB18030.encode(&text).0.into_owned();
    broken.extend_from_slice(b"\n\xFF\n");
    round_trip("broken.txt", &broken);
    round_trip(
        "broken-utf-8.txt",
        &[text.as_bytes(), b"\n\xE4\xB8\n\xFF"].concat(),
    );
}
