//! Digests of records, and their numbers.

use sha1::{Digest, Sha1};

/// A digest written in the way of the old one; `None` for an algorithm that is not SHA-1.
pub(super) fn digest_like(old: &[u8], bytes: &[u8]) -> Option<String> {
    let old = std::str::from_utf8(old).ok()?;
    let (algorithm, value) = old.split_once(':')?;
    if !["sha1", "sha-1"]
        .iter()
        .any(|name| algorithm.eq_ignore_ascii_case(name))
    {
        return None;
    }
    let digest = Sha1::digest(bytes);
    let is_hex = value.len() == 40;
    let digest = match is_hex {
        true => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        false => base32(&digest),
    };
    Some(format!("{algorithm}:{digest}"))
}

/// Bytes in base 32, as digests of records are written.
pub(super) fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut value, mut bits) = (0u32, 0);
    for &byte in bytes {
        value = (value << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(DIGITS[(value >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        text.push(char::from(DIGITS[(value << (5 - bits)) as usize & 31]));
    }
    text
}

/// A UUID that depends on the parts alone, so that the same input gives the same archive.
pub(super) fn name_based_uuid(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let mut bytes: [u8; 16] = std::array::from_fn(|i| hash.as_bytes()[i]);
    // Version 8: made in a way of our own.
    bytes[6] = 0x80 | (bytes[6] & 0x0F);
    bytes[8] = 0x80 | (bytes[8] & 0x3F);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(
            base32(&Sha1::digest(b"")),
            "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
        );
        assert_eq!(
            digest_like(b"sha1:X", b"").unwrap(),
            "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
        );
        assert_eq!(
            digest_like(b"sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", b"").unwrap(),
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"
        );
        assert_eq!(digest_like(b"md5:X", b""), None);
    }
}
