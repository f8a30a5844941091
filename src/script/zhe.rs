//! 着 or 著: the one character that no table decides.
//!
//! Traditional text writes 著 for both the particle (看著, 隨著) and the noun (著作, 名著). The language
//! model keeps the two apart; it reads a window of the line with each and the better one stands.

use crate::damage::page::is_han;
use crate::lm::{Context, Model};

/// Characters before and after that are read. The model looks two back, so that three before fix the
/// context also where one of them is part of a number or word, and of those after only two can be
/// touched by the choice; the third speaks through a second 著.
pub(super) const WINDOW: usize = 3;

/// How much better 着 must be, in nats. Below 0 because 着 is the more frequent by far, and because
/// the counts of Traditional and old texts hold 著 for 着.
///
/// Chosen on clean Simplified text with every 着 written 著, with the model of 3,991,664 bytes: a
/// retrained model wants this measured again. Wrong choices among 249 in law, technical text, the
/// truths of the damaged excerpts and the sample page: 1 at -2.5 and -2, 2 at -1.5 and -1, 3 at
/// -0.5; without [`WORD_BONUS`] 2, 2, 3, 3, 7. The same texts chose and judged. Classical prose stays
/// hard: 172 of 817 wrong at -2.
const THRESHOLD: f32 = -2.0;

/// Characters before which 着 makes a word: 着手 着力 着眼 着急 着想 着落 着装 着凉. Not 重 色 实 火, which
/// 名著 and the like often stand before.
const AFTER: &str = "手力眼急想落裝装涼凉";

/// Behind these 著 at the end of a clause is a book: 他的新著，.
const NEW: &str = "新旧舊近";

/// What is worn: 着屐, 着衣. Behind 著 it is hardly ever what somebody wrote.
const WORN: &str = "屐衣袍靴裤褲裙甲鞋袜襪帽履衫裳";
/// Behind these 着 ends a clause: 寻觅无着, 厮并着.
const AT_END: &str = "无無并並";
/// What they add to the odds, in nats: the particle is 3 nats behind there.
const WORN_BONUS: f32 = 8.0;

/// Characters after which 着 makes a word and 著 makes none: 随着 沿着 跟着 朝着 向着 (意)味着 黏着 附着
/// 胶着 执着.
const BEFORE: &str = "隨随沿跟朝向味黏粘附膠胶執执";

/// Characters after which 著 makes a word and 着 makes none: 名著 原著 专著 译著 遗著 显著 卓著 巨著 土著 昭著 拙著 所著.
const NOUN: &str = "名原專专譯译遺遗顯显卓巨土昭拙所";

/// Characters that make a noun with 著 (编著 论著 合著) and a verb with 着 (讨论着): [`AFTER`] says
/// nothing behind them.
const OPEN: &str = "編编論论合";

/// Characters that make a verb with 论, so that it makes no noun with 著: 谈论着, 讨论着.
const DISCUSSING: &str = "谈談讨討议議争爭辩辯";

/// Characters that make a noun with 著 before them: 著作 著名 著述 著者 著书 著录 著称 著译 著文 著论.
const NOUN_AFTER: &str = "作名述者書书錄录稱称譯译文論论";

/// Verbs of holding, wearing, writing and the like, which 着 stands behind and 著名 hardly ever, and what makes a noun with
/// 名 before it: 帶著名片 is 带着|名片, though 著名 is the more frequent word by far.
const HOLDING: &str =
    "带帶戴拿挂掛写寫刻印抱举舉提捧叫顶頂绣繡题題签簽喊念背记記怀懷藏放摆擺贴貼标標填印列署冠";
const NAME: &str = "片字牌单單册冊义義声聲利额額次望言句帖分目称稱刺冊衔銜";
/// The same for other words than those with 名: verbs are rarer before them (对 0.8, 试 1.0, 领 1.2; 其 -2, 究 -2), words
/// of two characters more certain (作家 1.8, 作诗 2.0, 作业 2.6; 作权 1.1, 作的 0.7, 作传 -0.7).
const RATHER_VERB: f32 = 0.5;
const WORD: f32 = 1.5;
/// Behind 著作 these go on with the sentence (著作为证, 著作出版), and before it 本 is no verb.
const NO_WORDS: &str = "为為出颇頗";
const NO_VERBS: &str = "本";
/// What it adds to the odds, in nats: 著作 is up to 7 nats likelier than 着 before 作.
const OTHER_WORD_BONUS: f32 = 8.0;

/// What stands behind 著名 and begins no noun.
const PARTICLES: &str = "的之于於";
/// How much likelier, in nats, 着 is behind a verb than anywhere (看 3.7, 听 2.2, 有 1.7; 国 -3, 时 -2); a character behind
/// 名 in a noun (画 1.6, 家 0.7, 酒 0.2); and the two characters behind 名 together where they are no word (画发 -0.9,
/// 山大 0.9; 作家 1.8, 影星 1.7).
const VERB: f32 = 1.5;
const NAME_WORD: f32 = -1.0;
const NO_WORD: f32 = 1.2;
/// What it adds to the odds, in nats: more than 著名 is likelier than 着 before 名.
const NAME_BONUS: f32 = 14.0;

/// Characters that begin a title, and that end a clause: behind a name and 著 they say who wrote something (鲁迅著《呐喊》,
/// 司马迁著，).
const TITLE: &str = "《〈「『";
const ENDS: &str = "。，；、：）)\n";

/// Characters of a name, with what may stand before it (汉代司马迁著): longer clauses are sentences as a rule.
const LONGEST_NAME: usize = 5;

/// Characters that sentences are made with, and names hardly ever: 灯也亮着。 has no author in it.
const IN_SENTENCES: &str =
    "也还還都正在就又仍已不没沒了的是他她它我你有被把却卻上下里裡裏很什么麼这這那无無并並";

/// How much less likely 着 must be behind a character than anywhere, in nats, for the character not to be taken for a verb:
/// before a title, and at the end of a clause, where more kinds of words stand. Verbs have 0 to 5 (读 0.8, 开 0.3, 来 -0.5),
/// the ends of names -0.6 to -3 as a rule.
const NO_VERB_BEFORE_TITLE: f32 = 0.0;
const NO_VERB_BEFORE_END: f32 = -0.55;

/// Characters after which 著有 says what somebody wrote: 他著有多部小说, 并著有《史记》.
const AUTHOR: &str = "他她曾並并另且者家生授师師，。；";

/// What it adds to the odds that neither side makes a noun, in nats: 有著大量.
const PLAIN_BONUS: f32 = 3.0;

/// What such a word adds to the odds, in nats. The counts hold Traditional and old texts, which write
/// all of them with 著, so that the model alone prefers 著手. From 3 to 6 no more
/// than one place of the measurement at [`THRESHOLD`] changes.
const WORD_BONUS: f32 = 4.0;

/// Choices with a smaller margin, in nats, carry their rivals as evidence: from 4 nats on the model
/// is right 98.4-99.7 % of the time on modern text.
const CLOSE: f32 = 4.0;

/// What stands for one 著.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    /// How much better 着 explains the window than 著, in nats, the threshold taken off.
    pub(super) odds: f32,
}

impl Choice {
    /// 着 or 著.
    pub(super) fn character(self) -> char {
        if self.odds > 0.0 { '着' } else { '著' }
    }

    /// The probability of 着.
    pub(super) fn probability(self) -> f32 {
        1.0 / (1.0 + (-self.odds).exp())
    }

    /// Whether the rival is worth showing.
    pub(super) fn is_close(self) -> bool {
        self.odds.abs() < CLOSE
    }
}

/// Chooses between 着 and 著 for the 著 at byte `at` of `text`. `earlier` are the places before
/// `at` that were decided, in order.
pub(super) fn choose(model: &Model, text: &str, at: usize, earlier: &[(usize, Choice)]) -> Choice {
    let mut left = ['\n'; WINDOW];
    let mut decided = earlier.iter().rev().peekable();
    for (slot, (place, c)) in left.iter_mut().rev().zip(text[..at].char_indices().rev()) {
        *slot = match decided.next_if(|(earlier, _)| *earlier == place) {
            Some((_, choice)) => choice.character(),
            None => c,
        };
        if c == '\n' {
            break;
        }
    }
    let mut context = model.line_start();
    for c in left {
        context = model.advance(context, c).0;
    }
    let mut right = ['\n'; WINDOW];
    let mut length = 0;
    for (slot, c) in right.iter_mut().zip(text[at..].chars().skip(1)) {
        *slot = c;
        length += 1;
        if c == '\n' {
            break;
        }
    }
    // A line that ends in the window is read to its end. The third character is touched by the choice only through a
    // second 著 in front of it.
    let read = match length {
        WINDOW if right[..WINDOW - 1].contains(&'著') => WINDOW,
        WINDOW => WINDOW - 1,
        _ => (length + 1).min(WINDOW),
    };
    let name = follows_name(model, left[WINDOW - 1], right);
    let word = follows_word(model, left[WINDOW - 1], right);
    let right = &right[..read];
    let score = |option| {
        let (context, log_prob) = model.advance(context, option);
        log_prob + best(model, context, right)
    };
    let bonus = if is_author(model, &text[..at], right[0]) {
        -WORD_BONUS
    } else if name {
        NAME_BONUS
    } else if word {
        OTHER_WORD_BONUS
    } else {
        word_bonus([left[WINDOW - 2], left[WINDOW - 1]], right)
    };
    Choice {
        odds: score('着') - score('著') + bonus - THRESHOLD,
    }
}

/// Whether a verb stands before 著 and a noun of two characters that begins with 名 behind it: 看著名畫 is 看着|名画, and
/// 看著名畫家 may be 看|著名|画家.
fn follows_name(model: &Model, before: char, right: [char; WINDOW]) -> bool {
    let [after, second, third] = right;
    if after != '名' || !is_han(second) || PARTICLES.contains(second) {
        return false;
    }
    together(model, before, '着') > VERB
        && together(model, '名', second) > NAME_WORD
        && together(model, second, third) < NO_WORD
}

/// Whether a verb stands before 著, and behind it a word that begins with what may make a noun with 著: 對著作業 and
/// 拖著錄音機, but 有著作傳世.
fn follows_word(model: &Model, before: char, right: [char; WINDOW]) -> bool {
    let [after, second, _] = right;
    NOUN_AFTER.contains(after)
        && after != '名'
        && is_han(second)
        && !NO_WORDS.contains(second)
        && !NO_VERBS.contains(before)
        && !OPEN.contains(before)
        && !NOUN.contains(before)
        && together(model, before, '着') > RATHER_VERB
        && together(model, after, second) > WORD
}

/// How much likelier the second character is behind the first than anywhere, in nats.
fn together(model: &Model, first: char, second: char) -> f32 {
    let (first, second) = (model.symbol(first), model.symbol(second));
    model.bigram_log_prob(first, second) - model.unigram_log_prob(second)
}

/// What the words around a 著 say, in nats in favour of 着.
fn word_bonus([first, before]: [char; 2], following: &[char]) -> f32 {
    let is_open = OPEN.contains(before) && !("论論".contains(before) && DISCUSSING.contains(first));
    let [after, next] = [0, 1].map(|i| following.get(i).copied().unwrap_or('\n'));
    let (names, written) = (NAME.contains(next), "《〈「『".contains(next));
    if after == '名' && names && HOLDING.contains(before) {
        NAME_BONUS
    } else if WORN.contains(after) || before_end(before, after) {
        WORN_BONUS
    } else if after == '有' && (written || AUTHOR.contains(before)) || NOUN.contains(before) {
        -WORD_BONUS
    } else if BEFORE.contains(before) || AFTER.contains(after) && !is_open {
        WORD_BONUS
    } else if after == '者'
        || NEW.contains(before) && ENDS.contains(after)
        || is_open && "、，。》；,;".contains(after)
    {
        -WORD_BONUS
    } else if NOUN_AFTER.contains(after) || is_open {
        0.0
    } else {
        PLAIN_BONUS
    }
}

/// Whether 著 stands at the end of a clause behind what it makes no noun with: 四覓無著。
fn before_end(before: char, after: char) -> bool {
    ENDS.contains(after) && AT_END.contains(before)
}

/// Whether 著 says who wrote something: a title begins behind it, or a name is all there is of the clause that ends
/// behind it; and what stands before it is no verb.
fn is_author(model: &Model, before: &str, after: char) -> bool {
    let name = before.trim_end_matches([' ', '\u{3000}']);
    let clause = || name.chars().rev().take_while(|c| is_han(*c));
    let Some(last) = clause().next() else {
        return false;
    };
    let particle = model.symbol('着');
    let behind = model.bigram_log_prob(model.symbol(last), particle);
    let likelier = behind - model.unigram_log_prob(particle);
    if TITLE.contains(after) {
        return likelier < NO_VERB_BEFORE_TITLE;
    }
    ENDS.contains(after)
        && likelier < NO_VERB_BEFORE_END
        && clause().nth(LONGEST_NAME).is_none()
        && !clause().any(|c| IN_SENTENCES.contains(c))
}

/// ln P of `rest`, each 著 in it read the better way.
fn best(model: &Model, context: Context, rest: &[char]) -> f32 {
    let Some((&c, rest)) = rest.split_first() else {
        return 0.0;
    };
    let read = |c| {
        let (context, log_prob) = model.advance(context, c);
        log_prob + best(model, context, rest)
    };
    if c == '著' {
        read('著').max(read('着'))
    } else {
        read(c)
    }
}
