//! An edit as one line of JSON.

use serde::{Deserialize, Serialize};

use super::{Edit, EditError, EditList, Evidence, Rule};

/// One edit with everything a reader without the text needs; serialises to one line of JSON:
/// `{"type":"edit","start":6,"end":13,"line":1,"column":3,"old":"(huì )","new":"","rule":"annotation","confidence":1.0}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "edit")]
pub struct EditRecord {
    /// First byte in the input text (UTF-8, behind a byte order mark).
    pub start: usize,
    /// Byte behind the last one.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, in characters, from 1.
    pub column: usize,
    /// What stands there.
    pub old: String,
    /// What is to stand there.
    pub new: String,
    /// Why.
    pub rule: Rule,
    /// Probability in `[0, 1]` that an edit is due here.
    pub confidence: f32,
    /// Whether the new text is only the best of several candidates.
    #[serde(default)]
    pub guess: bool,
    /// Bytes, scores and rivals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

impl EditRecord {
    /// The record of an edit whose old text is `old` and begins at the given place.
    pub fn new(edit: &Edit, old: &str, line: usize, column: usize) -> Self {
        EditRecord {
            start: edit.span.start,
            end: edit.span.end,
            line,
            column,
            old: old.to_owned(),
            new: edit.new.to_string(),
            rule: edit.rule,
            confidence: edit.confidence,
            guess: edit.is_guess(),
            evidence: edit.evidence.as_deref().cloned(),
        }
    }
}

impl From<EditRecord> for Edit {
    fn from(record: EditRecord) -> Edit {
        Edit {
            span: record.start..record.end,
            new: record.new.into(),
            rule: record.rule,
            confidence: record.confidence,
            evidence: record.evidence.map(Box::new),
        }
    }
}

impl TryFrom<Vec<EditRecord>> for EditList {
    type Error = EditError;

    fn try_from(records: Vec<EditRecord>) -> Result<EditList, EditError> {
        EditList::from_edits(records.into_iter().map(Edit::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back() {
        let edit = Edit {
            span: 6..13,
            new: "".into(),
            rule: Rule::Annotation,
            confidence: 0.97,
            evidence: None,
        };
        let record = EditRecord::new(&edit, "(huì )", 1, 3);
        let line = serde_json::to_string(&record).unwrap();
        let expected = r#"{"type":"edit","start":6,"end":13,"line":1,"column":3,"old":"(huì )","new":"","rule":"annotation","confidence":0.97,"guess":false}"#;
        assert_eq!(line, expected);
        let read: EditRecord = serde_json::from_str(&line).unwrap();
        assert_eq!(EditList::try_from(vec![read]).unwrap().as_slice(), [edit]);
    }
}
