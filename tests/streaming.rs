//! Long inputs: the same bytes out whatever the sizes of the reads, in bounded memory.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use hanfix::pipeline::Page;
use hanfix::report::LineIndex;
use hanfix::stream::{self, Limits, StreamError};
use hanfix::{Options, Repairer};

/// Gives out at most so many bytes at a time, and an interruption now and then.
struct Slow<'i> {
    input: &'i [u8],
    most: usize,
    calls: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls % 7 == 3 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.most.min(buffer.len()).min(self.input.len());
        buffer[..count].copy_from_slice(&self.input[..count]);
        self.input = &self.input[count..];
        Ok(count)
    }
}

fn fixed(input: &[u8], most: usize, limits: Limits) -> Vec<u8> {
    let repairer = Repairer::new(Options::default());
    let mut output = Vec::new();
    stream::fix(
        Slow {
            input,
            most,
            calls: 0,
        },
        &mut output,
        &repairer,
        None,
        None,
        limits,
    )
    .unwrap();
    output
}

const DAMAGED: &str = "黨的社會(huì )工作,把群眾團結凝聚在黨的周?chē)?,充分激發(fā)活力。";

const TINY: Limits = Limits {
    whole: 300,
    block: 200,
};

#[test]
fn read_sizes_do_not_matter() {
    let lines = format!("{DAMAGED}\r\n平常的一行\n\n").repeat(12);
    let one_line = lines.replace(['\r', '\n'], "");
    let clean = "没有损坏的文字𠀀".repeat(100);
    for text in [lines, one_line, clean] {
        let expected = fixed(text.as_bytes(), usize::MAX, TINY);
        for most in [1, 2, 3, 5, 64, 199, 200, 201, 300, 301] {
            assert_eq!(
                fixed(text.as_bytes(), most, TINY),
                expected,
                "reads of {most}"
            );
        }
    }
}

#[test]
fn every_block_size_keeps_clean_text() {
    let text = "\u{FEFF}没有损坏的文字𠀀?\r\n一行 ASCII\n\n".repeat(9);
    for block in 16..text.len() {
        let limits = Limits {
            whole: block,
            block,
        };
        assert_eq!(
            fixed(text.as_bytes(), 7, limits),
            text.as_bytes(),
            "blocks of {block}"
        );
    }
}

#[test]
fn damage_on_lines_of_its_own_is_repaired_in_every_block() {
    let text = format!("{DAMAGED}\n").repeat(10);
    let whole = fixed(text.as_bytes(), usize::MAX, Limits::default());
    for block in [DAMAGED.len() + 1, 200, 333, 500] {
        assert_eq!(
            fixed(
                text.as_bytes(),
                64,
                Limits {
                    whole: block,
                    block
                }
            ),
            whole,
            "blocks of {block}"
        );
    }
}

/// Damaged, misread, escaped and clean lines, broken bytes, and GBK from some block on: whatever the blocks hold, threads
/// make no difference.
#[test]
fn threads_do_not_matter() {
    let misread = "涓枃鏈嶅姟鍣ㄥ嚭閿欎簡";
    let clean = "平常的文字，写到这一行的末尾为止。\n".repeat(6);
    let mixed = [DAMAGED, misread, "&#x4E2D;&#25991; 很好", "第⼀⻚的⽂字"]
        .map(|line| format!("{line}\n{clean}"))
        .concat()
        .repeat(4);
    let mut broken = mixed.clone().into_bytes();
    broken.insert(1500, 0xFF);
    let (gbk, ..) = encoding_rs::GBK.encode(&mixed);
    let ascii = b"nothing but ASCII\n".repeat(40);
    let inputs = [
        mixed.clone().into_bytes(),
        broken,
        [ascii.clone(), mixed.clone().into_bytes()].concat(),
        [ascii, gbk.to_vec()].concat(),
        mixed.replace('\n', "").into_bytes(),
    ];
    let repairer = Repairer::new(Options::default());
    for input in inputs {
        let seen = |threads| {
            let mut seen = Vec::new();
            stream::repair_with_threads(
                &*input,
                &mut &repairer,
                &mut Page::default(),
                None,
                TINY,
                || threads,
                |block| {
                    seen.push((
                        block.bytes.to_vec(),
                        block.place,
                        block.decoded.encoding,
                        format!("{:?}", block.repaired),
                    ));
                    Ok::<(), StreamError>(())
                },
            )
            .map_err(|error| error.to_string())
            .map(|()| seen)
        };
        let expected = seen(1);
        for threads in [0, 2, 3, 4, 9] {
            assert_eq!(seen(threads), expected, "{threads} threads");
        }
    }
}

#[test]
fn places_are_those_of_the_whole_input() {
    let text = format!("一行\n{DAMAGED}平常的文字平常的文字\n{}", DAMAGED.repeat(3)).repeat(4);
    let index = LineIndex::new(&text, Default::default());
    let repairer = Repairer::new(Options::default());
    let mut seen = 0;
    stream::repair(
        text.as_bytes(),
        &repairer,
        &mut Page::default(),
        None,
        TINY,
        |block| {
            let local = LineIndex::new(&block.decoded.text, block.place);
            for edit in block.repaired.edits.iter() {
                let global = edit.span.start + block.place.offset;
                assert_eq!(local.locate(edit.span.start), index.locate(global));
                assert_eq!(
                    text[global..].chars().next(),
                    block.decoded.text[edit.span.start..].chars().next()
                );
                seen += 1;
            }
            Ok::<(), StreamError>(())
        },
    )
    .unwrap();
    assert!(seen > 20);
}

/// Broken UTF-8 at, before and behind every cut comes out as it went in.
#[test]
fn broken_bytes_survive_every_cut() {
    let mut text = "没有损坏的文字".repeat(8).into_bytes();
    text[40] = 0xFF;
    for block in 16..64 {
        for broken in 90..110 {
            let mut input = text.clone();
            input.truncate(broken);
            let limits = Limits {
                whole: block,
                block,
            };
            let repairer = Repairer::new(Options::default());
            let mut output = Vec::new();
            stream::fix(
                &*input,
                &mut output,
                &repairer,
                Some(encoding_rs::UTF_8),
                None,
                limits,
            )
            .unwrap();
            assert_eq!(output, input, "blocks of {block}, {broken} bytes");
        }
    }
}

/// A hundred megabytes on one line, through a pipe on both sides.
#[test]
fn a_huge_line_goes_through() {
    const PIECE: &str = "没有损坏的文字，一直写下去，没有尽头。";
    let piece = PIECE.repeat(1 << 14);
    let pieces = 100_000_000 / piece.len();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hanfix"))
        .args(["fix", "--to", "keep"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let sent = piece.clone();
    let writer =
        std::thread::spawn(move || (0..pieces).try_for_each(|_| stdin.write_all(sent.as_bytes())));
    let mut stdout = child.stdout.take().unwrap();
    let mut buffer = vec![0; piece.len()];
    for _ in 0..pieces {
        stdout.read_exact(&mut buffer).unwrap();
        assert!(buffer == piece.as_bytes());
    }
    assert_eq!(stdout.read(&mut buffer).unwrap(), 0);
    writer.join().unwrap().unwrap();
    assert!(child.wait().unwrap().success());
}

/// When output has begun, nothing in a later block is refused any more: it is written as it was.
#[test]
fn odd_bytes_in_a_later_block_are_kept() {
    let gbk = encoding_rs::GBK.encode("没有损坏的文字，一行又一行。\n").0;
    let ascii = b"plain words of ASCII\n";
    let odd: [&[u8]; 6] = [
        b"\0",
        b"\x01\x02\x03\x04\x05\x06\n",
        b"\xFF\xFE",
        b"\xFE\xFF",
        b"\xFF\xFE\0\0",
        // In GBK these are characters like any other.
        b"\xEF\xBB\xBF",
    ];
    for (head, odd) in [(&gbk[..], &odd[..5]), (ascii, &odd)] {
        for odd in odd {
            // Wherever a block begins, it begins with the odd bytes.
            let rows = [odd, &ascii[..]].concat().repeat(40);
            let input = [head.repeat(20), rows].concat();
            let output = fixed(&input, usize::MAX, TINY);
            assert!(output == input, "{odd:?} behind {head:?}");
        }
    }
}

#[test]
fn a_character_that_does_not_fit_is_named_with_its_line() {
    let repairer = Repairer::new(Options::default());
    let lines = "没有损坏的文字，一行又一行。\n".repeat(40);
    let input = format!("{lines}没有🀄\n");
    let mut output = Vec::new();
    let error = stream::fix(
        input.as_bytes(),
        &mut output,
        &repairer,
        None,
        Some(encoding_rs::GBK),
        TINY,
    )
    .unwrap_err();
    assert!(error.to_string().contains("at 41:3"), "{error}");
}

#[test]
fn broken_bytes_amid_misread_text_stay() {
    let misread = "鏈嶅姟鍣ㄥ嚭閿欎簡锛岃绋嶅悗鍐嶈瘯銆傚ぇ瀹堕兘鍦ㄧ瓑銆\n";
    for at in 0..misread.len() {
        let (before, after) = misread.as_bytes().split_at(at);
        let input = [before, b"\xFF", after].concat();
        let output = fixed(&input, 4096, Limits::default());
        let kept = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == 0xFF).count();
        assert_eq!(kept(&output), 1, "{at}");
    }
    // What is not beside the broken byte is repaired all the same.
    let input = [b"\xFF\n", misread.as_bytes()].concat();
    let output = fixed(&input, 4096, Limits::default());
    assert!(String::from_utf8_lossy(&output).contains("服务器出错了"));
}
