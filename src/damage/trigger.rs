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
        // A torn byte shows before a mark; residues of annotations have a tone mark further on.
        b'?' | b',' => before_mark(&bytes[at + 1..]),
        0xC3..=0xC7 | 0xCC => after_opening(&bytes[..at]),
        _ => false,
    })
}

/// Whether a parenthesis was opened, or eaten by a `?`, not far before.
fn after_opening(bytes: &[u8]) -> bool {
    /// Bytes of the longest syllable with its parenthesis.
    const FAR: usize = 12;
    let near = &bytes[bytes.len().saturating_sub(FAR)..];
    near.iter().any(|byte| matches!(byte, b'(' | b'?'))
        || near.windows(3).any(|open| open == "（".as_bytes())
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
            assert!(
                may_be_damaged(&format!("{before}會(hui\u{300})")),
                "{padding}"
            );
            assert!(may_be_damaged(&format!("{before}周?chē)?，")), "{padding}");
            assert!(may_be_damaged(&format!("{before}好,。")), "{padding}");
            assert!(!may_be_damaged(&format!("{before}好")), "{padding}");
        }
        assert!(!may_be_damaged(""));
    }
}
