//! MediaWiki's regional words and its rules in wikitext, through the crate zhconv (feature `zhconv`).

use std::ops::Range;

use super::difference;
use super::variant::Variant;

/// Converts a block of a text; every change is told as a span of the text and what stands there afterwards.
pub(super) fn convert(
    text: &str,
    block: Range<usize>,
    to: Variant,
    mut change: impl FnMut(Range<usize>, &str),
) {
    let part = &text[block.clone()];
    let to = match to {
        Variant::Hans => zhconv::Variant::ZhHans,
        Variant::Cn => zhconv::Variant::ZhCN,
        Variant::Sg => zhconv::Variant::ZhSG,
        Variant::My => zhconv::Variant::ZhMY,
        Variant::Hant => zhconv::Variant::ZhHant,
        Variant::Tw => zhconv::Variant::ZhTW,
        Variant::Hk => zhconv::Variant::ZhHK,
        Variant::Mo => zhconv::Variant::ZhMO,
    };
    if part.contains("-{") {
        // A rule may span lines, and hold for the whole page.
        let converted = zhconv::zhconv_mw(part, to);
        differences(part, &converted, block.start, &mut change);
        return;
    }
    let mut at = block.start;
    for line in part.split_inclusive('\n') {
        let converted = zhconv::zhconv(line, to);
        differences(line, &converted, at, &mut change);
        at += line.len();
    }
}

/// The changes that lead from `old` to `new`: character by character where both have as many, else what is between
/// their common ends.
fn differences(old: &str, new: &str, at: usize, change: &mut impl FnMut(Range<usize>, &str)) {
    if old == new {
        return;
    }
    if old.chars().count() == new.chars().count() {
        for ((offset, a), b) in old.char_indices().zip(new.chars()) {
            if a != b {
                let start = at + offset;
                change(start..start + a.len_utf8(), b.encode_utf8(&mut [0; 4]));
            }
        }
        return;
    }
    if let Some((span, new)) = difference(at, old, new) {
        change(span, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::script::{Conversion, Converter, Engine, Variant};

    fn converted(text: &str, to: Variant) -> String {
        let options = Conversion {
            engine: Engine::Zhconv,
            force: true,
            ..Conversion::default()
        };
        Converter::with(to, options).convert(text).into_owned()
    }

    #[test]
    fn words_of_mediawiki() {
        let there = converted("用鼠标\n看打印机", Variant::Tw);
        assert_eq!(there, "用滑鼠\n看印表機");
        assert_eq!(converted("", Variant::Tw), "");
    }

    #[test]
    fn rules_of_wikitext() {
        assert_eq!(
            converted("他住在-{zh-cn:甲;zh-tw:乙}-里面", Variant::Tw),
            "他住在乙裡面"
        );
    }
}
