//! The splice channel run forwards: clean text in, damaged page out.
//!
//! It proves repairs (the replay of a repair must give the damaged text again), drives the property
//! tests and makes the fixtures. It works on bytes, as the damaged sites did: pass by pass, each pass
//! a replacement that does not look at character boundaries.

use crate::codec::cp936;
use crate::script;

use super::MARKS;

/// What was put into the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Insert {
    /// A pinyin annotation: what stands between the parentheses.
    Annotation(String),
    /// One byte of noise before a mark.
    Noise,
}

/// How a lone lead byte shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoneByte {
    /// As `?`, together with the byte after it.
    #[default]
    QuestionMark,
    /// Not at all; the byte after it stays.
    Nothing,
}

/// One element of the byte stream on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A byte of the original.
    Byte(u8),
    /// Something the channel put in.
    Insert(Insert),
}

/// Decodes as a lenient code page 936 decoder does, and says what a reader sees.
///
/// A lone lead byte and the ASCII byte after it become one `?` (or the lead byte alone disappears), a
/// pair without a character disappears, noise disappears or shows as a comma.
pub fn show(elements: &[Element], lone: LoneByte, visible_noise: bool) -> String {
    let mut shown = String::with_capacity(elements.len());
    let mut lead: Option<u8> = None;
    for element in elements {
        match element {
            Element::Byte(byte) => match lead.take() {
                Some(first) => {
                    if let Some(c) = cp936::decode(first, *byte) {
                        shown.push(c);
                    } else if cp936::is_trail(*byte) {
                        // A pair without a character.
                    } else {
                        lone_byte(&mut shown, lone, Some(*byte));
                    }
                }
                None if *byte < 0x80 => shown.push(char::from(*byte)),
                None if *byte == 0x80 => shown.push('€'),
                None if cp936::is_lead(*byte) => lead = Some(*byte),
                None => {}
            },
            Element::Insert(Insert::Noise) => match lead.take() {
                Some(_) => lone_byte(&mut shown, lone, visible_noise.then_some(b',')),
                None if visible_noise => shown.push(','),
                None => {}
            },
            Element::Insert(Insert::Annotation(pinyin)) => {
                match lead.take() {
                    Some(_) => lone_byte(&mut shown, lone, Some(b'(')),
                    None => shown.push('('),
                }
                shown.push_str(pinyin);
                shown.push(')');
            }
        }
    }
    if lead.is_some() {
        lone_byte(&mut shown, lone, None);
    }
    shown
}

fn lone_byte(shown: &mut String, lone: LoneByte, after: Option<u8>) {
    match lone {
        LoneByte::QuestionMark => shown.push('?'),
        LoneByte::Nothing => shown.extend(after.map(char::from)),
    }
}

/// A damaged site: which characters it annotates, how often noise fires, what shows.
///
/// ```
/// use hanfix::repair::channel::splice::transmit::Site;
/// let site = Site::new(vec![('會', "huì ".into()), ('車', "chē".into())]);
/// assert_eq!(site.damage("社会工作，在党的周围。", 0), "社會(huì )工作，在黨的周?chē)?。");
/// ```
#[derive(Clone, Debug)]
pub struct Site {
    /// The annotated characters with what stands between the parentheses, in the order of the passes.
    pub annotations: Vec<(char, String)>,
    /// Probability in `[0, 1]` that noise is put before a mark; 0.6-0.75 on real sites.
    pub noise: f64,
    /// How a lone lead byte shows.
    pub lone: LoneByte,
    /// Whether noise shows as a comma.
    pub visible_noise: bool,
    /// Whether the page was converted to Traditional first, character by character.
    pub traditional: bool,
    /// Whether a later store folded fullwidth marks and letters to ASCII.
    pub folded: bool,
}

impl Site {
    /// A site of the most frequent kind: Traditional, `?` shown, noise always, marks left fullwidth.
    pub fn new(annotations: Vec<(char, String)>) -> Site {
        Site {
            annotations,
            noise: 1.0,
            lone: LoneByte::QuestionMark,
            visible_noise: false,
            traditional: true,
            folded: false,
        }
    }

    /// What the site makes of a text. `seed` decides where noise fires.
    pub fn damage(&self, text: &str, seed: u64) -> String {
        let shown = show(&self.elements(text, seed), self.lone, self.visible_noise);
        if self.folded {
            shown.chars().map(folded).collect()
        } else {
            shown
        }
    }

    /// The byte stream that the site decodes.
    pub fn elements(&self, text: &str, seed: u64) -> Vec<Element> {
        let mut elements = Vec::with_capacity(text.len());
        for c in text.chars() {
            let c = if self.traditional {
                script::site_traditional(c)
            } else {
                c
            };
            if c.is_ascii() {
                elements.push(Element::Byte(c as u8));
            } else {
                match cp936::encode(c) {
                    Some(bytes) => elements.extend(bytes.map(Element::Byte)),
                    None => elements.push(Element::Byte(b'?')),
                }
            }
        }
        for (c, pinyin) in &self.annotations {
            if let Some(pair) = cp936::encode(*c) {
                let annotation = Element::Insert(Insert::Annotation(pinyin.clone()));
                elements = insert(elements, pair, Place::After, || Some(annotation.clone()));
            }
        }
        let mut random = Random(seed);
        for mark in MARKS {
            elements = insert(elements, mark.to_be_bytes(), Place::Before, || {
                (random.unit() < self.noise).then_some(Element::Insert(Insert::Noise))
            });
        }
        elements
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Before,
    After,
}

/// One pass: puts something before or after each non-overlapping occurrence of two adjacent bytes.
fn insert(
    elements: Vec<Element>,
    [first, second]: [u8; 2],
    place: Place,
    mut what: impl FnMut() -> Option<Element>,
) -> Vec<Element> {
    let mut out = Vec::with_capacity(elements.len());
    let mut i = 0;
    while i < elements.len() {
        if elements[i] == Element::Byte(first)
            && elements.get(i + 1) == Some(&Element::Byte(second))
        {
            let inserted = what();
            if place == Place::Before {
                out.extend(inserted.clone());
            }
            out.extend([Element::Byte(first), Element::Byte(second)]);
            if place == Place::After {
                out.extend(inserted);
            }
            i += 2;
        } else {
            out.push(elements[i].clone());
            i += 1;
        }
    }
    out
}

/// Fullwidth ASCII as ASCII, everything else as it is.
pub fn folded(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// A small reproducible source of numbers (SplitMix64, Steele, Lea & Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let annotations = ["車chē", "驅qū", "業yè", "範fàn", "發fā", "會huì "];
        Site::new(
            annotations
                .iter()
                .map(|entry| {
                    let c = entry.chars().next().expect("a character");
                    (c, entry[c.len_utf8()..].to_owned())
                })
                .collect(),
        )
    }

    #[test]
    fn the_forms_of_the_catalogue() {
        for (clean, damaged) in [
            ("在党的周围，充分", "在黨的周?chē)?，充分"),
            ("城市规模快速扩展", "城市規??焖贁U展"),
            ("机制。《决定》", "機制?！稕Q定》"),
            ("或专业", "或?qū)I(yè)"),
            ("今年。”</p>", "今年?！?/p>"),
        ] {
            let shown: String = site().damage(clean, 1).chars().map(folded).collect();
            let damaged: String = damaged.chars().map(folded).collect();
            assert_eq!(shown, damaged);
        }
    }
}
