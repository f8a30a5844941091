//! Unified diff, byte for byte, so that `git apply` takes it.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Component, Path};

use super::hunks::{Hunk, Lines};

/// Writes the diff of one file: a header and its hunks; nothing when there are none.
///
/// `old` and `new` are the lines of the file's own bytes, with the same line numbers as the hunks.
pub fn write(
    output: &mut impl Write,
    path: &Path,
    old: &Lines<'_>,
    new: &Lines<'_>,
    hunks: &[Hunk],
) -> io::Result<()> {
    if hunks.is_empty() {
        return Ok(());
    }
    write!(
        output,
        "--- {}\n+++ {}\n",
        header_path("a", path),
        header_path("b", path)
    )?;
    for hunk in hunks {
        writeln!(output, "{}", hunk_header(hunk))?;
        let mut at = hunk.old.start;
        let mut changes = hunk.changes.as_slice();
        while let [first, ..] = changes {
            // Changes that meet are one block of removed and one of added lines, as diff tools write them.
            let meeting = changes
                .windows(2)
                .take_while(|pair| pair[0].old.end == pair[1].old.start)
                .count()
                + 1;
            let (block, rest) = changes.split_at(meeting);
            write_lines(output, b' ', old, at..first.old.start)?;
            at = block[meeting - 1].old.end;
            write_lines(output, b'-', old, first.old.start..at)?;
            write_lines(
                output,
                b'+',
                new,
                first.new.start..block[meeting - 1].new.end,
            )?;
            changes = rest;
        }
        write_lines(output, b' ', old, at..hunk.old.end)?;
    }
    Ok(())
}

/// `@@ -1,7 +1,7 @@`
pub(crate) fn hunk_header(hunk: &Hunk) -> String {
    let range = |lines: &std::ops::Range<usize>| match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    };
    format!("@@ -{} +{} @@", range(&hunk.old), range(&hunk.new))
}

fn write_lines(
    output: &mut impl Write,
    sign: u8,
    lines: &Lines<'_>,
    range: std::ops::Range<usize>,
) -> io::Result<()> {
    for i in range {
        let line = lines.line(i);
        output.write_all(&[sign])?;
        output.write_all(line)?;
        if line.last() != Some(&b'\n') {
            output.write_all(b"\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

/// A path behind `a/` or `b/`, below the root, quoted as git does: non-ASCII and control bytes as octal escapes.
pub(crate) fn header_path(side: &str, path: &Path) -> String {
    let mut name = side.to_owned().into_bytes();
    if path.as_os_str() == "-" {
        name.extend_from_slice(b"/stdin");
    } else {
        for component in path.components() {
            if let Component::Normal(_) | Component::ParentDir = component {
                name.push(b'/');
                name.extend_from_slice(component.as_os_str().as_encoded_bytes());
            }
        }
    }
    let mut quoted = String::new();
    for &byte in &name {
        let _ = match byte {
            b'"' | b'\\' => write!(quoted, "\\{}", char::from(byte)),
            b'\t' => quoted.write_str("\\t"),
            b'\n' => quoted.write_str("\\n"),
            b'\r' => quoted.write_str("\\r"),
            0x20..=0x7E => quoted.write_char(char::from(byte)),
            _ => write!(quoted, "\\{byte:03o}"),
        };
    }
    if quoted.len() != name.len() {
        return format!("\"{quoted}\"");
    }
    // A tab ends a name with spaces, for patch and git alike.
    if quoted.contains(' ') {
        quoted + "\t"
    } else {
        quoted
    }
}

#[cfg(test)]
mod tests {
    use super::super::hunks::hunks;
    use super::*;
    use crate::edit::{Edit, EditList, Rule};

    fn diff(text: &str, edits: &[(&str, &str)]) -> String {
        let mut list = EditList::default();
        let mut at = 0;
        for (old, new) in edits {
            let start = at + text[at..].find(old).unwrap();
            at = start + old.len();
            list.push(Edit {
                span: start..at,
                new: (*new).into(),
                rule: Rule::Torn,
                confidence: 1.0,
                evidence: None,
            });
        }
        let repaired = list.apply(text).unwrap();
        let (old, new) = (Lines::new(text.as_bytes()), Lines::new(repaired.as_bytes()));
        let mut output = Vec::new();
        write(
            &mut output,
            "p".as_ref(),
            &old,
            &new,
            &hunks(&old, &new, &list),
        )
        .unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn near_changes_share_a_hunk() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n";
        let expected = "--- a/p\n+++ b/p\n@@ -1,5 +1,5 @@\n 1\n-2\n+二\n 3\n 4\n 5\n\
            @@ -7,12 +7,12 @@\n 7\n 8\n 9\n-10\n+十\n 11\n 12\n 13\n 14\n-15\n+x\n 16\n 17\n 18\n";
        assert_eq!(
            diff(text, &[("2", "二"), ("10", "十"), ("15", "x")]),
            expected
        );
    }

    #[test]
    fn line_ends_may_come_and_go() {
        assert_eq!(
            diff("一\n二\n三", &[("\n", "")]),
            "--- a/p\n+++ b/p\n@@ -1,3 +1,2 @@\n-一\n-二\n+一二\n 三\n\\ No newline at end of file\n"
        );
        assert_eq!(
            diff("一", &[("一", "一\n")]),
            "--- a/p\n+++ b/p\n@@ -1 +1 @@\n-一\n\\ No newline at end of file\n+一\n"
        );
        assert_eq!(
            diff("一\n", &[("\n", "")]),
            "--- a/p\n+++ b/p\n@@ -1 +1 @@\n-一\n+一\n\\ No newline at end of file\n"
        );
        assert_eq!(
            diff("一\r\n二\r\n", &[("二", "三")]),
            "--- a/p\n+++ b/p\n@@ -1,2 +1,2 @@\n 一\r\n-二\r\n+三\r\n"
        );
        assert_eq!(
            diff("一\n", &[("一\n", "")]),
            "--- a/p\n+++ b/p\n@@ -1 +0,0 @@\n-一\n"
        );
        assert_eq!(diff("一\n", &[("一", "一")]), "");
        assert_eq!(diff("", &[]), "");
    }

    #[test]
    fn neighbours_are_grouped() {
        assert_eq!(
            diff("一\n二\n三\n", &[("一", "1"), ("二", "2")]),
            "--- a/p\n+++ b/p\n@@ -1,3 +1,3 @@\n-一\n-二\n+1\n+2\n 三\n"
        );
    }

    #[test]
    fn paths_are_quoted_as_git_does() {
        let header = |path: &str| header_path("a", path.as_ref());
        assert_eq!(header("d/page.txt"), "a/d/page.txt");
        assert_eq!(header("/d/./page.txt"), "a/d/page.txt");
        assert_eq!(header("頁.txt"), "\"a/\\351\\240\\201.txt\"");
        assert_eq!(header("two words"), "a/two words\t");
        assert_eq!(header("say \"hi\"\n"), "\"a/say \\\"hi\\\"\\n\"");
        assert_eq!(header("-"), "a/stdin");
    }
}
