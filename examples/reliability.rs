//! How often a repair is right, by how sure it was: simulated damage over clean text that the model
//! has not seen, and damage marks planted in clean text.
//!
//!     cargo run --release --example reliability -- ../shared/corpora/clean ../shared/damage/annotations.tsv [PAGES [TIMES]]
//!
//! PAGES is how many pages of each file are damaged, evenly spread over it (60 unless given); TIMES how often each is, at
//! other places and by another site each time (1 unless given).

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hanfix::repair::channel::splice::transmit::{LoneByte, Random, Site, folded};
use hanfix::{Bias, Options, Punct, Repairer, Rule, Target, script};
use similar::{ChangeTag, TextDiff};

/// Characters of one simulated page.
const PAGE: usize = 1500;
/// Pages per corpus file, unless a number is given.
const PAGES: usize = 60;
/// Damage marks planted per page of clean text.
const PLANTED: usize = 12;

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(corpora), Some(annotations)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: reliability CORPORA ANNOTATIONS [PAGES [TIMES]]");
        std::process::exit(2);
    };
    let mut number = |otherwise: usize| match arguments.next() {
        None => otherwise,
        Some(number) => number.to_string_lossy().parse().unwrap_or_else(|error| {
            eprintln!("PAGES and TIMES must be numbers: {error}");
            std::process::exit(2)
        }),
    };
    let (most, times) = (number(PAGES), number(1));
    let annotations = read_annotations(&annotations);
    let mut options = Options::default();
    options.to = Target::Keep;
    options.punct = Punct::Keep;
    options.min_confidence = 0.5;
    let repairer = Repairer::new(options);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&corpora)
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut table = Table::default();
    for file in &files {
        let pages = pages(&read(file), most);
        let mut own = Table::default();
        for time in 0..times {
            for (i, page) in pages.iter().enumerate() {
                let seed = (time * pages.len() + i) as u64;
                own.add(&repairer, page, &site(&annotations, seed), seed);
            }
        }
        println!(
            "{:50} {}",
            file.file_name().expect("a name").to_string_lossy(),
            own.line()
        );
        table.merge(own);
    }
    println!("{:50} {}\n", "all", table.line());
    table.print_bands();
    let mut options = Options::default();
    options.to = Target::Keep;
    let repairer = Repairer::new(options);
    let mut planted = 0;
    let mut edited = 0;
    for file in &files {
        for (i, page) in pages(&read(file), PAGES).iter().enumerate() {
            let (text, count) = plant(page, i as u64);
            let repaired = repairer.fix(&text);
            planted += count;
            edited += repaired.edits.len();
            for edit in repaired.edits.iter() {
                println!(
                    "planted mark changed: {} -> {} ({:.3})",
                    &text[edit.span.clone()],
                    edit.new,
                    edit.confidence
                );
            }
        }
    }
    println!("\nplanted marks in clean text: {planted}, changed: {edited}");
}

#[derive(Default)]
struct Table {
    pages: usize,
    exact: usize,
    characters: usize,
    wrong: usize,
    /// Right and all torn repairs by band.
    bands: BTreeMap<&'static str, (usize, usize)>,
    fills: BTreeMap<&'static str, (usize, usize)>,
    certain: (usize, usize),
    unresolved: usize,
}

impl Table {
    fn add(&mut self, repairer: &Repairer, page: &str, site: &Site, seed: u64) {
        // Sites convert from Simplified with a one-to-one table, so that is where the simulation starts.
        let page: String = page.chars().map(script::simplified).collect();
        let original: String = page.chars().map(script::site_traditional).collect();
        let damaged = site.damage(&page, seed);
        let repaired = repairer.fix(&damaged);
        // Whether a mark is wide or folded is not the question here.
        let expected: Vec<char> = original.chars().map(folded).collect();
        let got: Vec<char> = repaired.text.chars().map(folded).collect();
        let (a, b): (Vec<String>, Vec<String>) = (
            expected.iter().map(char::to_string).collect(),
            got.iter().map(char::to_string).collect(),
        );
        let (a, b): (Vec<&str>, Vec<&str>) = (
            a.iter().map(String::as_str).collect(),
            b.iter().map(String::as_str).collect(),
        );
        let diff = TextDiff::from_slices(&a, &b);
        let mut right = Vec::with_capacity(got.len());
        let mut deleted_before = vec![false; got.len() + 1];
        let mut wrong = 0;
        for change in diff.iter_all_changes() {
            match change.tag() {
                ChangeTag::Equal => right.push(true),
                ChangeTag::Insert => {
                    right.push(false);
                    wrong += 1;
                }
                ChangeTag::Delete => {
                    deleted_before[right.len()] = true;
                    wrong += 1;
                }
            }
        }
        self.pages += 1;
        self.exact += usize::from(wrong == 0);
        self.characters += expected.len();
        self.wrong += wrong;
        self.unresolved += repaired.unresolved.len();
        for edit in repaired.edits.iter().filter(|edit| edit.rule == Rule::Torn) {
            let start = repaired.edits.map_offset(edit.span.start, Bias::Start);
            let from = repaired.text[..start].chars().count();
            let to = from + edit.new.chars().count();
            let good = right[from..to].iter().all(|ok| *ok)
                && !deleted_before[from..=to].iter().any(|gone| *gone);
            let evidence = edit.evidence.as_ref().expect("a torn run has evidence");
            if evidence.fill >= 0.95 {
                count(self.bands.entry(band(evidence.damage)).or_default(), good);
            }
            if evidence.damage >= 0.95 {
                count(self.fills.entry(band(evidence.fill)).or_default(), good);
            }
            if !good && std::env::var_os("SHOW").is_some() {
                let (a, b) = (from.saturating_sub(6), (to + 6).min(got.len()));
                let before = damaged[..edit.span.start]
                    .chars()
                    .rev()
                    .take(8)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect::<String>();
                let after: String = damaged[edit.span.end..].chars().take(8).collect();
                let wanted: String = expected
                    [from.saturating_sub(12).min(expected.len())..(to + 12).min(expected.len())]
                    .iter()
                    .collect();
                println!(
                    "wrong: {before}[{}]{after} became {} WANT {wanted} {} damage {:.3} fill {:.3} replay {} site {} {:?} {} {}",
                    &damaged[edit.span.clone()],
                    got[a..b].iter().collect::<String>(),
                    if edit.is_certain() { "CERTAIN" } else { "" },
                    evidence.damage,
                    evidence.fill,
                    evidence.replay,
                    site.annotations.len(),
                    site.lone,
                    site.visible_noise,
                    site.folded
                );
            }
            if edit.is_certain() {
                count(&mut self.certain, good);
            }
        }
    }

    fn merge(&mut self, other: Table) {
        self.pages += other.pages;
        self.exact += other.exact;
        self.characters += other.characters;
        self.wrong += other.wrong;
        self.unresolved += other.unresolved;
        self.certain.0 += other.certain.0;
        self.certain.1 += other.certain.1;
        for (mine, theirs) in [
            (&mut self.bands, other.bands),
            (&mut self.fills, other.fills),
        ] {
            for (band, (right, all)) in theirs {
                let entry = mine.entry(band).or_default();
                entry.0 += right;
                entry.1 += all;
            }
        }
    }

    fn line(&self) -> String {
        format!(
            "pages {:4}, exact {:4}, CER {:.5}, certain {}/{}, unresolved {}",
            self.pages,
            self.exact,
            self.wrong as f64 / self.characters.max(1) as f64,
            self.certain.0,
            self.certain.1,
            self.unresolved
        )
    }

    fn print_bands(&self) {
        for (name, bands) in [
            ("damage (fill >= 0.95)", &self.bands),
            ("fill (damage >= 0.95)", &self.fills),
        ] {
            println!("| {name} | repairs | right | share |\n|---|---|---|---|");
            for (band, (right, all)) in bands {
                println!(
                    "| {band} | {all} | {right} | {:.2} % |",
                    100.0 * *right as f64 / *all as f64
                );
            }
            println!();
        }
        let (right, all) = self.certain;
        println!(
            "certain: {right} of {all} right, {:.3} %",
            100.0 * right as f64 / all.max(1) as f64
        );
    }
}

fn count(entry: &mut (usize, usize), good: bool) {
    entry.0 += usize::from(good);
    entry.1 += 1;
}

fn band(probability: f32) -> &'static str {
    match probability {
        p if p < 0.6 => "0.50-0.60",
        p if p < 0.7 => "0.60-0.70",
        p if p < 0.8 => "0.70-0.80",
        p if p < 0.9 => "0.80-0.90",
        p if p < 0.95 => "0.90-0.95",
        p if p < 0.99 => "0.95-0.99",
        p if p < 0.999 => "0.99-0.999",
        _ => "0.999-1",
    }
}

/// A site of a kind that is seen: the most frequent annotated characters up to some number, `?` or silence.
fn site(annotations: &[(char, String)], seed: u64) -> Site {
    let mut random = Random(seed.wrapping_mul(77) + 5);
    let count = [0, 10, 40, 80, annotations.len()][random.below(5)];
    let mut site = Site::new(annotations[..count].to_vec());
    site.noise = 0.67;
    site.folded = random.below(2) == 0;
    site.lone = if count > 0 && random.below(8) == 0 {
        LoneByte::Nothing
    } else {
        LoneByte::QuestionMark
    };
    site.visible_noise = random.below(12) == 0;
    site
}

fn plant(page: &str, seed: u64) -> (String, usize) {
    let mut random = Random(seed + 1);
    let mut characters: Vec<char> = page.chars().collect();
    for _ in 0..PLANTED {
        let at = random.below(characters.len());
        let mark = ["?！", "??", "?，", "?", "?!", "?;"][random.below(6)];
        characters.splice(at..at, mark.chars());
    }
    (characters.into_iter().collect(), PLANTED)
}

fn pages(text: &str, most: usize) -> Vec<String> {
    let mut pages = vec![String::new()];
    let mut length = 0;
    for line in text.lines() {
        // What the code page cannot hold is not this channel's business.
        let line: String = line
            .chars()
            .filter(|c| c.is_ascii() || hanfix::codec::cp936::encode(*c).is_some())
            .collect();
        if line.contains(['?', '\u{A0}']) {
            continue;
        }
        length += line.chars().count();
        let page = pages.last_mut().expect("there is one");
        page.push_str(&line);
        page.push('\n');
        if length > PAGE {
            pages.push(String::new());
            length = 0;
        }
    }
    let step = (pages.len() / most.max(1)).max(1);
    pages
        .into_iter()
        .step_by(step)
        .filter(|page| page.len() > 100)
        .take(most)
        .collect()
}

fn read_annotations(path: &Path) -> Vec<(char, String)> {
    let text = std::fs::read_to_string(path).expect("annotations.tsv");
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let c = fields.next()?.chars().next()?;
            let pinyin = fields.nth(1)?.split([' ', ',']).next()?.replace('_', " ");
            Some((c, pinyin))
        })
        .collect()
}

fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("a corpus file");
    let bytes = if path.extension().is_some_and(|e| e == "zst") {
        zstd::decode_all(&bytes[..]).expect("zstd")
    } else {
        bytes
    };
    String::from_utf8(bytes).expect("UTF-8")
}
