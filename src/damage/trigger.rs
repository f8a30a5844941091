//! The first look: can there be anything to repair at all?
//!
//! Clean text is the rule, so this must run at memory speed. It reads blocks of bytes with a loop that
//! the compiler turns into vector instructions and looks closer only where one of three things stands:
//! `?`, a Latin letter with a tone mark, or a comma directly before another mark.

/// Bytes looked at together.
const BLOCK: usize = 64;

/// Whether the text has anything that a channel could have left. `false` is final; `true` means that
/// it is worth the full search.
///
/// ```
/// use hanfix::damage::trigger::may_be_damaged;
/// assert!(may_be_damaged("社會(huì )工作"));
/// assert!(may_be_damaged("机制?！稕Q定》"));
/// assert!(!may_be_damaged("社会工作是党的工作的重要组成部分。"));
/// ```
pub fn may_be_damaged(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut blocks = bytes.chunks_exact(BLOCK);
    let mut at = 0;
    for block in &mut blocks {
        let mut hit = false;
        for byte in block {
            // `?`, `,` and the UTF-8 lead bytes C3-C7 of Latin letters with tone marks, CC of the marks alone.
            hit |= *byte == b'?' || *byte == b',' || (*byte & 0xF0) == 0xC0;
        }
        if hit && block_is_suspicious(bytes, at, at + BLOCK) {
            return true;
        }
        at += BLOCK;
    }
    block_is_suspicious(bytes, at, bytes.len())
}

fn block_is_suspicious(bytes: &[u8], from: usize, to: usize) -> bool {
    (from..to).any(|at| match bytes[at] {
        b'?' => question_is_suspicious(bytes, at),
        b',' => before_mark(&bytes[at + 1..]),
        0xC3..=0xC7 | 0xCC => bytes[..at].iter().rev().take(24).any(|byte| matches!(byte, b'(' | b'?' | 0x88)),
        _ => false,
    })
}

/// A `?` can be torn before a mark or another `?`, before Chinese, or stand for a wide space.
fn question_is_suspicious(bytes: &[u8], at: usize) -> bool {
    let near_chinese = |byte: Option<&u8>| byte.is_some_and(|byte| *byte >= 0x80);
    let next = bytes.get(at + 1);
    matches!(next, Some(b'?' | b'!' | b',' | b';')) || near_chinese(next)
}

/// Whether the bytes begin with one of the six marks, fullwidth or (but for `?`) folded.
fn before_mark(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b',' | b'!' | b';' | b'?', ..]
            | [0xE3, 0x80, 0x81 | 0x82, ..]
            | [0xEF, 0xBC, 0x8C | 0x81 | 0x9F | 0x9B, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_a_block() {
        for padding in 0..200 {
            let before = "a".repeat(padding);
            assert!(may_be_damaged(&format!("{before}會(huì)")), "{padding}");
            assert!(may_be_damaged(&format!("{before}會(hui\u{300})")), "{padding}");
            assert!(may_be_damaged(&format!("{before}周?chē)?，")), "{padding}");
            assert!(may_be_damaged(&format!("{before}好,。")), "{padding}");
            assert!(!may_be_damaged(&format!("{before}好")), "{padding}");
        }
        assert!(!may_be_damaged(""));
    }
}
