//! What kind of text is it? Law, classical prose and modern prose of Taiwan write some words differently
//! (雇主 but 僱用; 卻 or 却), so that the usual form of a character depends on the kind. Old novels have the words of classical
//! text, and are written as OpenCC writes: 箇 and 带 are forms of editions of poems.

/// For each character from U+4E00 on, how much it speaks for law, for classical text and for old novels.
static SCORES: &[u8] = include_bytes!("styles.bin");

/// A unit of the scores, in nats.
const STEP: f32 = 0.125;
/// Shorter texts have no style; they are written as OpenCC writes. The average of so many characters
/// has an error of 0.1 nats, a tenth of what separates the kinds.
const LEAST: usize = 200;
/// Nats for each character from which a text is law or classical. In blocks of 1,400 characters of the clean
/// corpora law has at least 0.3 and everything else at most 0; classical text and everything else
/// are further apart.
const ENOUGH: f32 = 0.15;
/// Nats for each character by which classical text is more like classical text than like a novel. In blocks of 1,400
/// characters poems have at least 0.06, and nine of ten blocks of novels less than 0.
const NO_NOVEL: f32 = 0.05;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As OpenCC's dictionaries have it.
    Plain,
    /// Modern prose.
    Modern,
    Law,
    Classical,
}

/// The style of a text in Simplified characters.
pub(super) fn style(text: &str) -> Style {
    let mut characters = 0_usize;
    let mut law = 0_i64;
    let mut classical = 0_i64;
    let mut novel = 0_i64;
    let rows = SCORES.as_chunks::<3>().0;
    for c in text.chars() {
        if let Some([l, k, n]) = (c as usize).checked_sub(0x4E00).and_then(|at| rows.get(at)) {
            law += i64::from(*l as i8);
            classical += i64::from(*k as i8);
            novel += i64::from(*n as i8);
            characters += 1;
        }
    }
    if characters < LEAST {
        return Style::Plain;
    }
    let average = |sum: i64| sum as f32 * STEP / characters as f32;
    match (average(law), average(classical)) {
        (law, classical) if law.max(classical) < ENOUGH => Style::Modern,
        (law, classical) if law >= classical => Style::Law,
        (_, classical) if classical - average(novel) < NO_NOVEL => Style::Plain,
        _ => Style::Classical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let repeat = |text: &str| text.repeat(1 + 2 * LEAST / text.chars().count());
        let law = "申请人不服主管机关所为之处分者，得于处分书送达后三十日内，依法提起诉愿。违反前项规定者，处新台币三万元以上罚款。";
        let poem =
            "山中无历日，寒尽不知年。举杯邀明月，孤帆远影碧空尽。白云生处有人家，霜叶红于二月花。";
        let prose =
            "这家公司昨天发布了新的手机，屏幕比去年的大，价格却便宜了很多，网上的评论大多说好。";
        assert_eq!(style(&repeat(law)), Style::Law);
        assert_eq!(style(&repeat(poem)), Style::Classical);
        assert_eq!(style(&repeat(prose)), Style::Modern);
        let novel = "宝玉听了，笑道：“你又来了，我不过说了一句顽话，你就恼了。”袭人道：“我那里敢恼，只是老太太叫你过去呢。”";
        assert_eq!(style(&repeat(novel)), Style::Plain);
        for text in [law, poem, prose, ""] {
            assert_eq!(style(text), Style::Plain);
        }
    }
}
