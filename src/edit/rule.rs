//! The names of the reasons.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::spelling::distance;

/// Why a span is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// Character references that nobody has decoded: `&#x4E2D;`, `&amp;#20013;`, `&ldquo;` in plain text.
    Entity,
    /// `\\u4e2d` outside of code.
    UnicodeEscape,
    /// `%E4%B8%AD` outside of addresses.
    PercentEncoding,
    /// `=E4=B8=AD` left over from mail.
    QuotedPrintable,
    /// `+Ti0-` left over from mail.
    Utf7,
    /// Text that was read with the wrong codec: `鏈嶅姟鍣` -> `服务器`.
    Misread,
    /// A radical in place of a character: `⻚` -> `页`.
    Radical,
    /// A compatibility ideograph in place of a character.
    Compatibility,
    /// A private-use code of GBK or HKSCS in place of a character.
    PrivateUse,
    /// A character without width, or one that sets the direction, inside Chinese text.
    Invisible,
    /// A soft hyphen inside Chinese text.
    SoftHyphen,
    /// Spaces between all characters: `中 国 人 民` -> `中国人民`.
    SpacedText,
    /// A pinyin annotation that the damage put behind a whole character: `會(huì )` -> `會`.
    Annotation,
    /// A run of bytes torn by a misaligned annotation or mark: `規??焖贁U展` -> `規模快速擴展`.
    Torn,
    /// The visible noise byte of the comma-noise sites: `相遇,，穿越` -> `相遇，穿越`.
    CommaNoise,
    /// A `?` that stands for a character or a space the page's code page lacks: `尼爾?蓋曼` -> `尼爾·蓋曼`.
    LostCharacter,
    /// What is left of markup that the damage ate into: `。”</p>` -> `。”` in plain text.
    MarkupResidue,
    /// Conversion to the target script: `社會` -> `社会`.
    Script,
    /// Punctuation that was folded to ASCII after the damage: `,` -> `，`.
    Punctuation,
    /// The encoding that an HTML or XML page declares, when the page is written in another one: `gb2312` -> `utf-8`.
    Charset,
}

impl Rule {
    /// All rules, in the order in which the stages run.
    pub const ALL: [Rule; 20] = [
        Rule::Entity,
        Rule::UnicodeEscape,
        Rule::PercentEncoding,
        Rule::QuotedPrintable,
        Rule::Utf7,
        Rule::Misread,
        Rule::Radical,
        Rule::Compatibility,
        Rule::PrivateUse,
        Rule::Invisible,
        Rule::SoftHyphen,
        Rule::SpacedText,
        Rule::Annotation,
        Rule::Torn,
        Rule::CommaNoise,
        Rule::LostCharacter,
        Rule::MarkupResidue,
        Rule::Script,
        Rule::Punctuation,
        Rule::Charset,
    ];

    /// The name used on the command line and in reports, for example `comma-noise`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Entity => "entity",
            Rule::UnicodeEscape => "unicode-escape",
            Rule::PercentEncoding => "percent-encoding",
            Rule::QuotedPrintable => "quoted-printable",
            Rule::Utf7 => "utf7",
            Rule::Misread => "misread",
            Rule::Radical => "radical",
            Rule::Compatibility => "compatibility",
            Rule::PrivateUse => "private-use",
            Rule::Invisible => "invisible",
            Rule::SoftHyphen => "soft-hyphen",
            Rule::SpacedText => "spaced-text",
            Rule::Annotation => "annotation",
            Rule::Torn => "torn",
            Rule::CommaNoise => "comma-noise",
            Rule::LostCharacter => "lost-character",
            Rule::MarkupResidue => "markup-residue",
            Rule::Script => "script",
            Rule::Punctuation => "punctuation",
            Rule::Charset => "charset",
        }
    }

    /// Whether it undoes a spelling of characters with others: entities and the like.
    pub fn is_escape(self) -> bool {
        matches!(
            self,
            Rule::Entity
                | Rule::UnicodeEscape
                | Rule::PercentEncoding
                | Rule::QuotedPrintable
                | Rule::Utf7
        )
    }

    /// Whether the rule undoes damage, as opposed to converting or normalising sound text.
    pub fn is_damage(self) -> bool {
        match self {
            Rule::Entity
            | Rule::UnicodeEscape
            | Rule::PercentEncoding
            | Rule::QuotedPrintable
            | Rule::Utf7
            | Rule::Misread
            | Rule::Radical
            | Rule::Compatibility
            | Rule::PrivateUse
            | Rule::Invisible
            | Rule::SoftHyphen
            | Rule::SpacedText
            | Rule::Annotation
            | Rule::Torn
            | Rule::CommaNoise
            | Rule::LostCharacter
            | Rule::MarkupResidue => true,
            Rule::Script | Rule::Punctuation | Rule::Charset => false,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A rule name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`; {}", advice(.suggestion))]
pub struct UnknownRule {
    /// What was asked for.
    pub name: String,
    /// The rule that was probably meant.
    pub suggestion: Option<Rule>,
}

fn advice(suggestion: &Option<Rule>) -> String {
    match suggestion {
        Some(rule) => format!("did you mean `{rule}`?"),
        None => format!("the rules are {}", Rule::ALL.map(Rule::name).join(", ")),
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    /// Reads a rule name; `_` and capitals are accepted.
    ///
    /// ```
    /// use hanfix::edit::Rule;
    ///
    /// assert_eq!("comma-noise".parse(), Ok(Rule::CommaNoise));
    /// let error = "anotation".parse::<Rule>().unwrap_err();
    /// assert_eq!(error.to_string(), "there is no rule `anotation`; did you mean `annotation`?");
    /// ```
    fn from_str(name: &str) -> Result<Rule, UnknownRule> {
        let wanted = name.trim().to_ascii_lowercase().replace('_', "-");
        if let Some(rule) = Rule::ALL.into_iter().find(|rule| rule.name() == wanted) {
            return Ok(rule);
        }
        let suggestion = Rule::ALL
            .into_iter()
            .map(|rule| (distance(&wanted, rule.name()), rule))
            .filter(|&(far, rule)| {
                far * 3 <= rule.name().len()
                    || (wanted.len() >= 3 && rule.name().starts_with(&wanted))
            })
            .min_by_key(|&(far, _)| far)
            .map(|(_, rule)| rule);
        Err(UnknownRule {
            name: name.to_owned(),
            suggestion,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for rule in Rule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
            assert_eq!(
                rule.name().to_uppercase().replace('-', "_").parse(),
                Ok(rule)
            );
        }
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        let offered = |name: &str| name.parse::<Rule>().unwrap_err().suggestion;
        assert_eq!(offered("punct"), Some(Rule::Punctuation));
        assert_eq!(offered("comma_nose"), Some(Rule::CommaNoise));
        assert_eq!(offered("lost"), Some(Rule::LostCharacter));
        assert_eq!(offered("mojibake"), None);
        assert_eq!(offered(""), None);
        assert!(
            "mojibake"
                .parse::<Rule>()
                .unwrap_err()
                .to_string()
                .ends_with("markup-residue, script, punctuation, charset")
        );
    }
}
