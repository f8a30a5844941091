//! The guarantees of `fix --write`, one test for each.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

#[path = "support/program.rs"]
mod program;

use program::{DAMAGED, Folder, REPAIRED};

/// What tells that a file was not touched.
#[cfg(unix)]
fn identity(folder: &Folder, name: &str) -> (u64, i64, i64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(folder.at(name)).unwrap();
    (
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    )
}

/// 1. Nothing is written without `-w`: a read-only folder is no obstacle, and nothing changes.
#[cfg(unix)]
#[test]
fn read_only_unless_told() {
    let folder = Folder::new();
    folder.write("d/page.txt", DAMAGED);
    let before = (identity(&folder, "d/page.txt"), folder.files());
    for words in [
        &["check", "d"][..],
        &["diff", "d"],
        &["check", "--format", "json", "d"],
        &["explain", "d/page.txt"],
    ] {
        let (code, output, error) = folder.ran(words);
        assert!(code <= 1 && !output.is_empty(), "{words:?}: {error}");
    }
    assert_eq!((identity(&folder, "d/page.txt"), folder.files()), before);
}

/// 2. A file is written only if its bytes change.
#[cfg(unix)]
#[test]
fn what_needs_nothing_is_not_touched() {
    let folder = Folder::new();
    let long = "没有损坏的一行。\n".repeat(400_000);
    folder.write("d/clean.txt", "没有损坏\n");
    folder.write("d/long.txt", &long);
    folder.write("d/page.txt", DAMAGED);
    let names = ["d/clean.txt", "d/long.txt"];
    let before = names.map(|name| identity(&folder, name));
    folder.done(&["fix", "-q", "-w", "d"]);
    assert_eq!(names.map(|name| identity(&folder, name)), before);
    assert_eq!(folder.read("d/page.txt"), REPAIRED);
}

/// 3. The old bytes or the new ones at every instant: killed, then run again; benches/kill.sh does more.
#[cfg(unix)]
#[test]
fn killed_at_any_moment_every_file_is_whole() {
    let folder = Folder::new();
    let damage = || {
        for number in 0..120 {
            folder.write(
                &format!("d/{}/{number}.txt", number % 7),
                DAMAGED.repeat(1 + number % 20),
            );
        }
    };
    let is_whole = |text: &str, number: usize| {
        let count = 1 + number % 20;
        text == DAMAGED.repeat(count) || text == REPAIRED.repeat(count)
    };
    let words = ["fix", "-q", "-w", "d", "--state", "state.jsonl", "-j2"];
    damage();
    let started = Instant::now();
    folder.done(&words);
    let whole_run = started.elapsed();
    let mut killed = 0;
    // Twelve moments of a run, however fast this machine is; the first run is killed before it can do anything.
    for round in 0..12 {
        damage();
        let mut child = folder.command(&words).spawn().unwrap();
        std::thread::sleep(whole_run * round / 12);
        let _ = child.kill();
        killed += usize::from(!child.wait().unwrap().success());
        for number in 0..120 {
            let name = format!("d/{}/{number}.txt", number % 7);
            assert!(
                is_whole(&folder.read(&name), number),
                "{name} after {round} rounds"
            );
        }
    }
    assert!(killed > 0, "no run was killed");
    folder.done(&["fix", "-q", "-w", "d", "--state", "state.jsonl"]);
    for number in 0..120 {
        let text = folder.read(&format!("d/{}/{number}.txt", number % 7));
        assert_eq!(text, REPAIRED.repeat(1 + number % 20));
    }
    assert!(
        folder.files().iter().all(|name| !name.contains(".tmp")),
        "{:?}",
        folder.files()
    );
}

/// 3. Every system call that touches a file may be the last one (the program is killed there) or may fail, as on a
///    full or a broken disk. `strace` does both.
#[cfg(target_os = "linux")]
#[test]
#[allow(clippy::print_stderr)]
fn any_system_call_may_be_the_last_or_fail() {
    let strace = |folder: &Folder, call: &str, fault: String| {
        let expression = format!("inject={call}:{fault}");
        std::process::Command::new("strace")
            .current_dir(folder.path())
            .env("XDG_STATE_HOME", folder.at(".state"))
            .args(["-f", "-qq", "-o", "strace.log", "-e", &expression])
            .arg(env!("CARGO_BIN_EXE_hanfix"))
            .args(["fix", "-q", "-w", "d", "-j1", "--journal", "j"])
            .output()
    };
    let names = ["d/a.txt", "d/b.txt"];
    let damaged = || {
        let folder = Folder::new();
        for name in names {
            folder.write(name, DAMAGED);
        }
        folder
    };
    // The number of a call that is never reached: everything goes well, or strace does not work here.
    let works = strace(&damaged(), "fsync", "error=EIO:when=999".to_owned());
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: strace is missing, or may not trace");
        return;
    }
    let mut ends = 0;
    for (call, error) in [
        ("openat", "ENOSPC"),
        ("mkdir", "ENOSPC"),
        ("write", "ENOSPC"),
        ("fsync", "EIO"),
        ("fchmod", "EPERM"),
        ("rename", "EIO"),
        ("close", "EIO"),
    ] {
        for fault in ["signal=KILL".to_owned(), format!("error={error}")] {
            // A run has some twenty of the most frequent of these calls.
            for when in 1..100 {
                let folder = damaged();
                let what = format!("{call} {when}: {fault}");
                let output = strace(&folder, call, format!("{fault}:when={when}")).unwrap();
                let mut replaced = 0;
                for name in names {
                    let text = folder.read(name);
                    assert!(text == DAMAGED || text == REPAIRED, "{what}: {text}");
                    replaced += usize::from(text == REPAIRED);
                }
                let went_well = output.status.success();
                assert!(!went_well || replaced == 2, "{what}: a failure is not told");
                let killed = fault == "signal=KILL";
                if killed && replaced > 0 && !went_well {
                    // What was replaced can be had back.
                    folder.done(&["undo", "-q", "--journal", "j"]);
                    for name in names {
                        assert_eq!(folder.read(name), DAMAGED, "{what}");
                    }
                }
                folder.done(&["fix", "-q", "-w", "d", "--no-journal"]);
                for name in names {
                    assert_eq!(folder.read(name), REPAIRED, "{what}");
                }
                let files = folder.files();
                assert!(
                    files.iter().all(|name| !name.starts_with("d/.")),
                    "{what}: {files:?}"
                );
                ends += usize::from(!went_well);
                if killed && went_well {
                    break;
                }
                if !killed
                    && !std::fs::read_to_string(folder.at("strace.log"))
                        .unwrap()
                        .contains("INJECTED")
                {
                    break;
                }
            }
        }
    }
    assert!(ends > 30, "only {ends} runs ended before their time");
}

/// 3. A full disk: an error, and the old file.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_changes_nothing() {
    let folder = Folder::new();
    folder.write("d/page.txt", DAMAGED.repeat(2000));
    // A limit on the length of files has the effect of a full disk, without being root.
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec '{}' fix -w d --journal j",
        env!("CARGO_BIN_EXE_hanfix")
    );
    let output = std::process::Command::new("bash")
        .current_dir(folder.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("d/page.txt: cannot write"), "{message}");
    assert_eq!(folder.read("d/page.txt"), DAMAGED.repeat(2000));
    assert_eq!(
        folder
            .files()
            .iter()
            .filter(|name| name.starts_with("d/"))
            .count(),
        1
    );
}

/// 4. Links stay links, other names are refused, read-only files are refused, modes and attributes stay.
#[cfg(unix)]
#[test]
fn what_a_file_is_stays_or_the_file_does() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    folder.write("real/page.txt", DAMAGED);
    fs::set_permissions(
        folder.at("real/page.txt"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    symlink("real/page.txt", folder.at("link.txt")).unwrap();
    folder.done(&["fix", "-q", "-w", "link.txt"]);
    assert!(folder.at("link.txt").is_symlink());
    assert_eq!(folder.read("real/page.txt"), REPAIRED);
    let mode = fs::metadata(folder.at("real/page.txt"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);

    folder.write("a.txt", DAMAGED);
    fs::hard_link(folder.at("a.txt"), folder.at("b.txt")).unwrap();
    let (code, _, error) = folder.ran(&["fix", "-w", "a.txt"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("a.txt: not changed") && error.contains("--hard-links"),
        "{error}"
    );
    assert_eq!(folder.read("a.txt"), DAMAGED);
    folder.done(&["fix", "-q", "-w", "--hard-links", "inplace", "a.txt"]);
    assert_eq!(folder.read("b.txt"), REPAIRED);

    folder.write("c.txt", DAMAGED);
    fs::set_permissions(folder.at("c.txt"), fs::Permissions::from_mode(0o444)).unwrap();
    let (code, _, error) = folder.ran(&["fix", "-w", "c.txt"]);
    assert!(code == 2 && error.contains("read-only"), "{error}");
    assert_eq!(folder.read("c.txt"), DAMAGED);
    // A file that needs nothing may be anything.
    folder.write("clean.txt", "没有损坏");
    fs::set_permissions(folder.at("clean.txt"), fs::Permissions::from_mode(0o444)).unwrap();
    folder.done(&["fix", "-q", "-w", "clean.txt"]);
    let (code, _, error) = folder.ran(&["fix", "-w", "/dev/null"]);
    assert!(code == 2 && error.contains("not a regular file"), "{error}");
}

/// 5. Two runs at once: the files are whole and right, and no temporary file of the other run is taken away.
#[test]
fn two_runs_at_once() {
    let folder = Folder::new();
    for number in 0..60 {
        folder.write(&format!("d/{number}.txt"), DAMAGED.repeat(8));
    }
    let runs = [0, 1].map(|_| {
        folder
            .command(&["fix", "-q", "-w", "d"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    });
    for mut run in runs {
        // A run that finds a file changed by the other says so with 2.
        assert!([Some(0), Some(2)].contains(&run.wait().unwrap().code()));
    }
    folder.done(&["fix", "-q", "-w", "d"]);
    for number in 0..60 {
        assert_eq!(folder.read(&format!("d/{number}.txt")), REPAIRED.repeat(8));
    }
    assert_eq!(
        folder
            .files()
            .iter()
            .filter(|name| name.starts_with("d/"))
            .count(),
        60
    );
}

/// 6. The old file can be had back: a backup, or `hanfix undo`, which refuses when a file was changed since.
#[test]
fn backup_and_undo() {
    let folder = Folder::new();
    let broken = [DAMAGED.as_bytes(), b"\xFF\xE4\xBC\n"].concat();
    folder.write("d/a.txt", &broken);
    folder.write("d/b.txt", DAMAGED);
    let old_time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options()
        .write(true)
        .open(folder.at("d/b.txt"))
        .unwrap()
        .set_modified(old_time)
        .unwrap();
    folder.done(&["fix", "-q", "-w", "--backup", "d"]);
    assert_eq!(
        folder
            .files()
            .iter()
            .filter(|name| name.starts_with("d/"))
            .count(),
        4
    );
    assert_eq!(fs::read(folder.at("d/a.txt.orig")).unwrap(), broken);
    // Undecodable bytes are kept.
    assert!(
        fs::read(folder.at("d/a.txt"))
            .unwrap()
            .ends_with(b"\n\xFF\xE4\xBC\n")
    );

    let repaired = fs::read(folder.at("d/a.txt")).unwrap();
    folder.write("d/a.txt", "later work");
    let (code, _, error) = folder.ran(&["undo"]);
    assert!(
        code == 2
            && error.contains("d/a.txt: was changed since")
            && error.contains("--skip-changed"),
        "{error}"
    );
    assert_eq!(folder.read("d/b.txt"), REPAIRED);
    folder.write("d/a.txt", &repaired);
    folder.done(&["undo", "-q"]);
    assert_eq!(fs::read(folder.at("d/a.txt")).unwrap(), broken);
    assert_eq!(folder.read("d/b.txt"), DAMAGED);
    assert_eq!(
        fs::metadata(folder.at("d/b.txt"))
            .unwrap()
            .modified()
            .unwrap(),
        old_time
    );
    let (code, _, error) = folder.ran(&["undo"]);
    assert!(code == 2 && error.contains("nothing to undo"), "{error}");
    let (code, list, _) = folder.ran(&["undo", "--list"]);
    assert!(code == 0 && list.ends_with(": 2 files, undone\n"), "{list}");
    let (code, _, error) = folder.ran(&["undo", "no-such-run"]);
    assert!(code == 2 && error.contains("--list"), "{error}");
}

/// 7. Encoding, byte order mark and line ends stay; what the encoding cannot hold is refused.
#[test]
fn encodings_stay() {
    let folder = Folder::new();
    let gbk = encoding_rs::GB18030.encode(DAMAGED).0.into_owned();
    folder.write("gbk.txt", &gbk);
    folder.write(
        "bom.txt",
        format!("\u{FEFF}{}", DAMAGED.replace('\n', "\r\n")),
    );
    let big5 = encoding_rs::BIG5
        .encode("社會工作，說這樣的話，與黨的關係")
        .0
        .into_owned();
    folder.write("big5.txt", &big5);
    folder.done(&["fix", "-q", "-w", "gbk.txt", "bom.txt"]);
    let new = fs::read(folder.at("gbk.txt")).unwrap();
    assert_eq!(encoding_rs::GB18030.decode(&new).0, REPAIRED);
    assert_eq!(
        folder.read("bom.txt"),
        format!("\u{FEFF}{}", REPAIRED.replace('\n', "\r\n"))
    );
    let (code, _, error) = folder.ran(&["fix", "-w", "big5.txt"]);
    assert!(
        code == 2 && error.contains("--to-encoding utf-8"),
        "{error}"
    );
    assert_eq!(fs::read(folder.at("big5.txt")).unwrap(), big5);
}

/// 8. A second run changes nothing. 9. The same whatever the number of threads.
#[test]
fn once_is_enough_and_threads_do_not_matter() {
    let folder = Folder::new();
    for number in 0..40 {
        let text = if number % 3 == 0 {
            "没有损坏\n".to_owned()
        } else {
            DAMAGED.repeat(number)
        };
        folder.write(&format!("d/{number:02}.txt"), text);
    }
    let outputs = ["1", "2", "7"].map(|threads| folder.ran(&["diff", "-j", threads, "d"]));
    assert!(outputs[0].1.contains("+党的社会工作"));
    assert!(outputs.iter().all(|output| *output == outputs[0]));
    folder.done(&["fix", "-q", "-w", "-j", "7", "d"]);
    let (code, output, _) = folder.ran(&["check", "d"]);
    assert_eq!((code, &*output), (0, ""));
    folder.done(&["fix", "-q", "-w", "d"]);
    let (_, list, _) = folder.ran(&["undo", "--list"]);
    assert_eq!(
        list.lines().count(),
        1,
        "the second run changed nothing: {list}"
    );
}

/// 10. One bad file never stops the batch, and it is listed at the end. Resume does not skip what changed.
#[test]
fn bad_files_and_resume() {
    let folder = Folder::new();
    folder.write("d/a.txt", DAMAGED);
    folder.write("d/b.jsonl", "{\"text\": \"社會\"}\nno json\n");
    folder.write(
        "d/big5.txt",
        encoding_rs::BIG5
            .encode("社會工作，說這樣的話，與黨的關係")
            .0,
    );
    folder.write("d/program.txt", b"\0\x01\x02");
    folder.write("d/z.txt", DAMAGED);
    let words = ["fix", "-v", "-w", "d", "--state", "state.jsonl"];
    let (code, _, error) = folder.ran(&words);
    assert_eq!(code, 2, "{error}");
    assert!(
        error.contains("d/program.txt: skipped: not text"),
        "{error}"
    );
    assert!(
        error.contains("1 record is no JSON and is kept as it is"),
        "{error}"
    );
    let lines: Vec<&str> = error.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with("error: d/big5.txt"))
        .unwrap();
    assert!(
        at > lines
            .iter()
            .position(|line| line.contains("d/z.txt"))
            .unwrap(),
        "at the end: {error}"
    );
    assert_eq!(folder.read("d/z.txt"), REPAIRED);
    assert_eq!(folder.read("d/b.jsonl"), "{\"text\": \"社会\"}\nno json\n");

    let (code, _, error) = folder.ran(&words);
    assert!(code == 2 && error.contains("4 finished before"), "{error}");
    folder.write("d/a.txt", DAMAGED);
    let (_, _, error) = folder.ran(&words);
    assert!(error.contains("3 finished before"), "{error}");
    assert_eq!(folder.read("d/a.txt"), REPAIRED);
    // Other options: nothing counts as finished.
    let (_, _, error) = folder.ran(&[
        "fix",
        "-v",
        "-w",
        "d",
        "--state",
        "state.jsonl",
        "--to",
        "keep",
    ]);
    assert!(!error.contains("finished before"), "{error}");
}

/// 11. Archives are not changed in place.
#[test]
fn archives_are_left_in_place() {
    let folder = Folder::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, DAMAGED.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    folder.write("d/page.txt.gz", &packed);
    let (code, _, error) = folder.ran(&["fix", "-w", "d", "-v"]);
    assert!(code == 0 && error.contains("give -o"), "{error}");
    let (code, _, error) = folder.ran(&["fix", "-w", "d/page.txt.gz"]);
    assert!(code == 2 && error.contains("give -o"), "{error}");
    assert_eq!(fs::read(folder.at("d/page.txt.gz")).unwrap(), packed);
}

/// 12. Nothing from a text or a name acts on the terminal.
#[test]
fn nothing_reaches_the_terminal_unescaped() {
    let folder = Folder::new();
    folder.write(
        "d/\u{1b}[31m\u{202e}page.txt",
        format!("\u{1b}[2J\u{202e}{DAMAGED}"),
    );
    for words in [
        &["check", "d"][..],
        &["check", "--format", "brief", "d"],
        &["check", "--format", "json", "d"],
        &["check", "--files", "d"],
        &["fix", "-w", "-v", "d"],
    ] {
        let (_, output, error) = folder.ran(words);
        let text = output + &error;
        assert!(
            !text.is_empty() && !text.contains(['\u{1b}', '\u{202e}']),
            "{words:?}: {text:?}"
        );
    }
}

/// Ctrl-C leaves nothing half written and says how to go on.
#[cfg(unix)]
#[test]
fn an_interrupt_is_orderly() {
    let folder = Folder::new();
    for number in 0..400 {
        folder.write(&format!("d/{number:03}.txt"), DAMAGED.repeat(60));
    }
    let child = folder
        .command(&["fix", "-w", "d", "--state", "state.jsonl", "-j1"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    program::wait_until("the first file", || {
        folder.read("d/000.txt").starts_with('党')
    });
    let id = child.id().to_string();
    std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(
        error.contains("interrupted; nothing is half written"),
        "{error}"
    );
    assert!(
        folder.read("d/399.txt").starts_with('黨'),
        "it was interrupted"
    );
    let (code, _, error) = folder.ran(&["fix", "-v", "-w", "d", "--state", "state.jsonl"]);
    assert!(code == 0 && error.contains("finished before"), "{error}");
    for number in 0..400 {
        assert_eq!(
            folder.read(&format!("d/{number:03}.txt")),
            REPAIRED.repeat(60)
        );
    }
    assert!(folder.files().iter().all(|name| !name.contains(".tmp")));
}
