//! The scripts and regional forms that text can be turned into.

use std::fmt;
use std::str::FromStr;

/// A Chinese script, with the forms of a region where it has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// `zh-Hans`: Simplified characters.
    Hans,
    /// `zh-CN`: Simplified, with the words of mainland China where words are asked for.
    Cn,
    /// `zh-SG`: Simplified, as in Singapore.
    Sg,
    /// `zh-MY`: Simplified, as in Malaysia.
    My,
    /// `zh-Hant`: Traditional characters in OpenCC's standard forms (裏 峯 爲).
    Hant,
    /// `zh-TW`: Traditional in the forms of Taiwan (裡 峰 為).
    Tw,
    /// `zh-HK`: Traditional in the forms of Hong Kong (裏 峰 為 着).
    Hk,
    /// `zh-MO`: Traditional in the forms of Macao, the same as those of Hong Kong.
    Mo,
}

impl Variant {
    /// All variants.
    pub const ALL: [Variant; 8] = [
        Variant::Hans,
        Variant::Cn,
        Variant::Sg,
        Variant::My,
        Variant::Hant,
        Variant::Tw,
        Variant::Hk,
        Variant::Mo,
    ];

    /// The language tag, for example `zh-TW`.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Hans => "zh-Hans",
            Variant::Cn => "zh-CN",
            Variant::Sg => "zh-SG",
            Variant::My => "zh-MY",
            Variant::Hant => "zh-Hant",
            Variant::Tw => "zh-TW",
            Variant::Hk => "zh-HK",
            Variant::Mo => "zh-MO",
        }
    }

    /// Whether it is written in Simplified characters.
    ///
    /// ```
    /// use hanfix::script::Variant;
    /// assert!(Variant::Sg.is_simplified() && !Variant::Mo.is_simplified());
    /// ```
    pub fn is_simplified(self) -> bool {
        matches!(
            self,
            Variant::Hans | Variant::Cn | Variant::Sg | Variant::My
        )
    }

    /// Where its forms and words are from.
    pub(super) fn region(self) -> Region {
        match self {
            Variant::Tw => Region::Taiwan,
            Variant::Hk | Variant::Mo => Region::HongKong,
            _ => Region::Standard,
        }
    }
}

/// Forms of Traditional characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// OpenCC's standard.
    Standard,
    Taiwan,
    HongKong,
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A language tag that is no variant of Chinese known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not one of zh-Hans, zh-CN, zh-SG, zh-MY (Simplified), zh-Hant, zh-TW, zh-HK, zh-MO (Traditional)"
)]
pub struct UnknownVariant {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Variant {
    type Err = UnknownVariant;

    /// Reads a language tag; capitals do not matter, `_` and `zh-Hant-TW` are accepted.
    ///
    /// ```
    /// use hanfix::script::Variant;
    /// assert_eq!("zh_hant_tw".parse(), Ok(Variant::Tw));
    /// assert!("ja".parse::<Variant>().is_err());
    /// ```
    fn from_str(name: &str) -> Result<Variant, UnknownVariant> {
        let wanted = name.trim().to_ascii_lowercase().replace('_', "-");
        let short = wanted
            .strip_prefix("zh-hans-")
            .or_else(|| wanted.strip_prefix("zh-hant-"));
        let same = |variant: &Variant| {
            let known = variant.name().to_ascii_lowercase();
            match short {
                // The script that a tag names must be that of its region.
                Some(region) => {
                    known.strip_prefix("zh-") == Some(region)
                        && variant.is_simplified() == wanted.starts_with("zh-hans")
                }
                None => known == wanted,
            }
        };
        Variant::ALL
            .into_iter()
            .find(same)
            .ok_or_else(|| UnknownVariant {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for variant in Variant::ALL {
            assert_eq!(variant.name().parse(), Ok(variant));
            assert_eq!(variant.to_string().to_uppercase().parse(), Ok(variant));
        }
        assert_eq!("zh-Hans-CN".parse(), Ok(Variant::Cn));
        for wrong in ["", "zh", "zh-Hans-TW", "zh-Hant-CN", "zh-Hans-Hant", "keep"] {
            assert!(wrong.parse::<Variant>().is_err(), "{wrong}");
        }
    }
}
