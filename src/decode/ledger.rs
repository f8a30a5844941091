//! What the text alone does not give back.

/// A place of the text whose bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Where in the text, in bytes.
    pub offset: usize,
    /// How many bytes of the text stand for it.
    pub length: usize,
    /// The bytes of the input.
    pub bytes: Box<[u8]>,
    /// Whether the bytes could be decoded. If not, U+FFFD stands in the text. If so, the text has the
    /// right character, which its encoding would write with other bytes.
    pub decoded: bool,
}

/// The places of a text whose bytes are kept, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    entries: Vec<LedgerEntry>,
}

impl Ledger {
    /// The places in order.
    pub fn iter(&self) -> std::slice::Iter<'_, LedgerEntry> {
        self.entries.iter()
    }

    /// How many places.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the text alone gives back the input.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// At how many places bytes could not be decoded.
    pub fn undecodable(&self) -> usize {
        self.entries.iter().filter(|entry| !entry.decoded).count()
    }

    /// Notes bytes that could not be decoded and appends U+FFFD to `text`.
    pub(super) fn push_undecodable(&mut self, text: &mut String, bytes: &[u8]) {
        let (offset, length) = (text.len(), char::REPLACEMENT_CHARACTER.len_utf8());
        self.entries.push(LedgerEntry {
            offset,
            length,
            bytes: bytes.into(),
            decoded: false,
        });
        text.push(char::REPLACEMENT_CHARACTER);
    }

    /// Notes bytes that were decoded to `decoded` and appends that to `text`.
    pub(super) fn push_decoded(&mut self, text: &mut String, decoded: &str, bytes: &[u8]) {
        let (offset, length) = (text.len(), decoded.len());
        self.entries.push(LedgerEntry {
            offset,
            length,
            bytes: bytes.into(),
            decoded: true,
        });
        text.push_str(decoded);
    }
}
