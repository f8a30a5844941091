//! Bytes to text and back.

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use hanfix::decode::{DecodeError, EncodeError, decode, parse_label};
use hanfix::edit::{Edit, EditList, Rule};
use hanfix::stream::{self, Limits};
use hanfix::{Options, Repairer};
use proptest::prelude::*;

/// One sentence, long enough to tell the encodings apart.
const SIMPLIFIED: &str = "社会工作是党的工作的重要组成部分。做好新时代党的社会工作，对于走好党的群众路线具有十分重要的意义。\n";
const TRADITIONAL: &str = "社會工作是黨的工作的重要組成部分。做好新時代黨的社會工作，對於走好黨的群眾路線具有十分重要的意義。\n";

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable);
    bytes.into_owned()
}

fn edit(span: std::ops::Range<usize>, new: &str) -> EditList {
    let mut edits = EditList::default();
    edits.push(Edit {
        span,
        new: new.into(),
        rule: Rule::Script,
        confidence: 1.0,
        evidence: None,
    });
    edits
}

/// Decodes, checks that the bytes come back, and gives encoding, mark and text.
fn there_and_back(bytes: &[u8], label: Option<&'static Encoding>) -> (&'static str, bool, String) {
    let decoded = decode(bytes, label).expect("text");
    assert_eq!(
        decoded
            .encode(&decoded.text, &EditList::default())
            .expect("bytes"),
        bytes
    );
    (
        decoded.encoding.name(),
        decoded.bom,
        decoded.text.into_owned(),
    )
}

#[test]
fn empty() {
    assert_eq!(there_and_back(b"", None), ("UTF-8", false, String::new()));
    assert_eq!(
        there_and_back(b"\xEF\xBB\xBF", None),
        ("UTF-8", true, String::new())
    );
    assert_eq!(
        there_and_back(b"\xFF\xFE", None),
        ("UTF-16LE", true, String::new())
    );
}

#[test]
fn each_encoding_is_found() {
    for (text, encoding) in [(SIMPLIFIED, GBK), (TRADITIONAL, GBK), (TRADITIONAL, BIG5)] {
        let bytes = encoded(text, encoding);
        assert_eq!(
            there_and_back(&bytes, None),
            (encoding.name(), false, text.to_owned())
        );
    }
    assert_eq!(
        there_and_back(SIMPLIFIED.as_bytes(), None),
        ("UTF-8", false, SIMPLIFIED.to_owned())
    );
}

#[test]
fn valid_utf8_is_borrowed() {
    let decoded = decode(SIMPLIFIED.as_bytes(), None).expect("text");
    assert!(matches!(decoded.text, std::borrow::Cow::Borrowed(_)));
}

#[test]
fn short_utf8_is_no_gbk() {
    for text in [
        "© 2024\n",
        "Home · About · Contact",
        "½ cup sugar",
        "Ω = 10",
        "1 + 2 + ··· + n",
        "échec de uname()",
        "ССС",
        "¥¥",
        "Name:\u{A0}\u{A0}\u{A0}Tom\n",
        "жизнь",
        "Өмір",
        "לא",
        "نعم",
        "ñ",
        "§ 5, ×2",
    ] {
        let found = there_and_back(text.as_bytes(), None);
        assert_eq!(found, ("UTF-8", false, text.to_owned()));
    }
}

#[test]
fn words_of_gbk_that_are_valid_utf8() {
    for text in ["图片", "系统", "十一", "学校.txt", "一些\n", "目录", "什么"] {
        let bytes = encoded(text, GBK);
        assert!(std::str::from_utf8(&bytes).is_ok(), "{text}");
        assert_eq!(
            there_and_back(&bytes, None),
            ("GBK", false, text.to_owned())
        );
    }
    assert_eq!(there_and_back(&encoded("联通", GBK), None).0, "GBK");
}

#[test]
fn utf16_without_a_mark_that_is_ascii_by_its_bytes() {
    for text in ["世界", "第三", "使用", "中央政府"] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(there_and_back(&little, None).0, "UTF-16LE", "{text}");
        assert_eq!(there_and_back(&big, None).0, "UTF-16BE", "{text}");
    }
    for text in [
        "N_SA",
        "R_MO",
        "_[va",
        "a[i]",
        "x = 1;\n",
        "if (a) {}",
        "data",
    ] {
        assert_eq!(there_and_back(text.as_bytes(), None).0, "UTF-8", "{text}");
    }
}

#[test]
fn utf16_with_a_mark_in_both_orders() {
    let units: Vec<u16> = "\u{FEFF}时代𠮷\n".encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    assert_eq!(
        there_and_back(&little, None),
        ("UTF-16LE", true, "时代𠮷\n".to_owned())
    );
    assert_eq!(
        there_and_back(&big, None),
        ("UTF-16BE", true, "时代𠮷\n".to_owned())
    );
    // The mark is stronger than the label.
    assert_eq!(there_and_back(&big, Some(UTF_16LE)).0, "UTF-16BE");
    // Without a mark, by label.
    assert_eq!(
        there_and_back(&big[2..], Some(UTF_16BE)),
        ("UTF-16BE", false, "时代𠮷\n".to_owned())
    );
    // A lone surrogate and half a unit.
    let broken = b"\xFF\xFE\x00\xD8A\0\x42";
    assert_eq!(there_and_back(broken, None).2, "\u{FFFD}A\u{FFFD}");
}

#[test]
fn lone_lead_byte_at_the_end() {
    let mut bytes = encoded(SIMPLIFIED, GBK);
    bytes.push(0xB6);
    let (encoding, _, text) = there_and_back(&bytes, None);
    assert_eq!((encoding, text), ("GBK", format!("{SIMPLIFIED}\u{FFFD}")));
}

#[test]
fn broken_utf8_stays_utf8() {
    let mut bytes = SIMPLIFIED.as_bytes().to_vec();
    bytes.remove(31); // the second byte of a character in the middle
    let (encoding, _, text) = there_and_back(&bytes, None);
    assert_eq!(encoding, "UTF-8");
    assert!(text.contains('\u{FFFD}') && text.starts_with("社会工作"));
    let decoded = decode(&bytes, None).expect("text");
    assert_eq!(decoded.ledger.undecodable(), decoded.ledger.len());
}

#[test]
fn a_real_replacement_character_is_no_broken_byte() {
    let decoded = decode("坏\u{FFFD}了".as_bytes(), None).expect("text");
    assert!(decoded.ledger.is_empty());
}

#[test]
fn gb18030_with_four_bytes() {
    let text = format!("{SIMPLIFIED}𠮷野家\n");
    let bytes = encoded(&text, GB18030);
    assert_eq!(
        there_and_back(&bytes, None),
        ("gb18030", false, text.clone())
    );
    // Read as GBK, the four bytes are kept although that encoder lacks them.
    assert_eq!(there_and_back(&bytes, Some(GBK)).2, text);
}

#[test]
fn pairs_that_are_written_in_another_way() {
    // GBK: the euro sign has two forms. Big5: two codes for one character, and one code for two.
    assert_eq!(there_and_back(b"\x80\xA2\xE3", Some(GBK)).2, "€€");
    assert_eq!(
        there_and_back(b"\xA4\x51\xA2\xCC\x88\x62", Some(BIG5)).2,
        "十十Ê\u{304}"
    );
    for lead in 0x80..=0xFF {
        for trail in 1..=0xFF {
            for encoding in [GBK, GB18030, BIG5, UTF_8] {
                there_and_back(&[b'a', lead, trail, b'\t', b'b'], Some(encoding));
                there_and_back(&[b'a', lead, trail, lead], Some(encoding));
            }
        }
    }
}

#[test]
fn edits_move_the_kept_bytes() {
    let mut bytes = encoded("會議", GBK);
    bytes.extend_from_slice(b"\xFF ");
    bytes.extend(encoded("會議", GBK));
    let decoded = decode(&bytes, Some(GBK)).expect("text");
    assert_eq!(decoded.text, "會議\u{FFFD} 會議");
    let written = decoded
        .encode("会\u{FFFD} 會議", &edit(0..6, "会"))
        .expect("bytes");
    assert_eq!(written, b"\xBB\xE1\xFF \x95\xFE\xD7\x68");
}

#[test]
fn edits_never_take_broken_bytes_away() {
    let decoded = decode(b"\x95\xFE\xFF", Some(GBK)).expect("text");
    assert_eq!(
        decoded.encode("会", &edit(0..6, "会")),
        Err(EncodeError::Undecodable { offset: 3 })
    );
    // Text that is not what the edits lead to.
    assert_eq!(
        decoded.encode("会", &edit(0..3, "会")),
        Err(EncodeError::OutOfStep)
    );
}

#[test]
fn broken_bytes_do_not_swallow_an_edit() {
    // A lone lead byte before a space; the edit would put `A` behind it, and B641 is a pair.
    let decoded = decode(b"\xB6 ", Some(GBK)).expect("text");
    assert_eq!(
        decoded.encode("\u{FFFD}A", &edit(3..4, "A")),
        Err(EncodeError::Ambiguous)
    );
}

#[test]
fn what_the_encoding_lacks_is_named() {
    let bytes = encoded("第一行\n這是發展", BIG5);
    let decoded = decode(&bytes, Some(BIG5)).expect("text");
    let error = decoded
        .encode("第一行\n這是发展", &edit(16..19, "发"))
        .expect_err("no 发 in Big5");
    assert_eq!(
        error.to_string(),
        "Big5 cannot hold `发` (U+53D1) at 2:3; write UTF-8 with --to-encoding utf-8"
    );
    // 會 is in GBK, which HZ is made of, but not in the part of it that HZ has.
    let decoded = decode(b"~{<:Ky2;S{#,NpJ)l6HK!#~}", None).expect("text");
    assert_eq!(decoded.text, "己所不欲，勿施於人。");
    let error = decoded
        .encode("己所不欲，勿施於會。", &edit(24..27, "會"))
        .expect_err("no 會 in HZ");
    assert!(
        error.to_string().starts_with("HZ-GB-2312 cannot hold `會`"),
        "{error}"
    );
}

#[test]
fn what_is_not_text() {
    let png = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";
    let pdf = b"%PDF-1.5\n<x:xmpmeta>&#20013;&#22269; \xE4\xB8\xAD</x:xmpmeta>\n";
    for bytes in [&png[..], pdf, b"a\0b", b"\x01\x02\x03\x04text"] {
        let error = decode(bytes, None).expect_err("no text");
        assert!(
            error.to_string().starts_with("not a text file: "),
            "{error}"
        );
    }
    // A single slip is none.
    assert!(decode("时代\u{1}\n".as_bytes(), None).is_ok());
}

#[test]
fn what_is_not_chinese_passes_through() {
    let latin = b"caf\xE9 ol\xE9, d\xE9j\xE0 vu, na\xEFve \xE0 la carte, \xE9t\xE9\n";
    let (encoding, _, text) = there_and_back(latin, None);
    assert_eq!(encoding, "UTF-8");
    assert!(text.starts_with("caf\u{FFFD} ol\u{FFFD}"), "{text}");
}

#[test]
fn nothing_is_written_into_text_in_another_language() {
    let cp1251 = b"<p>&#20013;&#22269; \xCE\xED \xF1\xEA\xE0\xE7\xE0\xEB: &#8216;\xE4\xE0&#8217;&#8221; \xE8 \xF3\xF8\xB8\xEB \xE2 \xE3\xEE\xF0\xEE\xE4 \xEF\xEE \xF1\xF2\xE0\xF0\xEE\xE9 \xE4\xEE\xF0\xEE\xE3\xE5&#8230;&#8230;</p>\n";
    let cp737 = b"\x89\x98\xA2\xE9\xAA \xE3\xA8\x9F\x98\xAB\x9C \xA9\xAB\xA6 \xA3\xE1\x9F\x9E\xA3\x98 \xAB\xA6\xAC \x9C\xA7\x9C\xA5\x9C\xA8\x9A\x98\xA9\xAB\xE3 \xA1\x9C\xA0\xA3\xE2\xA4\xA6\xAC. \x89\xE1\x9F\x9C \x9A\xA8\x98\xA3\xA3\xE3 \xA7\x9C\xA8\xA0\xE2\xAE\x9C\xA0 \xA3\xA0\x98 \x9C\xA4\xAB\xA6\xA2\xE3.\n";
    for bytes in [&cp1251[..], cp737] {
        let decoded = decode(bytes, None).expect("text");
        assert!(decoded.is_foreign());
        assert!(
            decoded
                .note
                .as_deref()
                .is_some_and(|note| note.ends_with("is left alone"))
        );
        let repairer = Repairer::new(Options::default());
        let mut output = Vec::new();
        stream::fix(bytes, &mut output, &repairer, None, None, Limits::default()).expect("bytes");
        assert_eq!(output, bytes);
    }
    // A few broken bytes make no other language.
    assert!(
        !decode("时代\u{FFFD}".as_bytes(), None)
            .expect("text")
            .is_foreign()
    );
    assert!(
        !decode(b"\xE6\x97\xB6\xE4\xBB\xA3\xFF", None)
            .expect("text")
            .is_foreign()
    );
}

#[test]
fn labels() {
    for (label, name) in [
        ("UTF-8", "UTF-8"),
        (" gb2312 ", "GBK"),
        ("cp936", "GBK"),
        ("GB18030", "gb18030"),
        ("big5-hkscs", "Big5"),
        ("utf-16", "UTF-16LE"),
        ("utf-16be", "UTF-16BE"),
    ] {
        assert_eq!(parse_label(label).expect(label).name(), name);
    }
    for label in [
        "",
        "latin1",
        "shift_jis",
        "hz-gb-2312",
        "euc-kr",
        "nonsense",
    ] {
        let error = parse_label(label).expect_err(label);
        assert!(error.to_string().contains("gb18030"), "{error}");
    }
    let error = decode(b"", Some(encoding_rs::EUC_KR)).expect_err("not accepted");
    assert_eq!(
        error,
        DecodeError::UnknownLabel {
            label: "EUC-KR".to_owned()
        }
    );
}

fn any_encoding() -> impl Strategy<Value = Option<&'static Encoding>> {
    prop::sample::select(vec![
        None,
        Some(UTF_8),
        Some(GBK),
        Some(GB18030),
        Some(BIG5),
        Some(UTF_16LE),
        Some(UTF_16BE),
    ])
}

/// Bytes that are rich in what matters: leads, trails, digits, marks, line ends.
fn likely_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => 0x81..=0xFE_u8,
        2 => 0x30..=0x39_u8,
        2 => 0x40..=0x7E_u8,
        1 => prop::sample::select(vec![b'\n', b'\r', b' ', 0x80, 0xFF, 0xEF, 0xBB, 0xBF, 0xFE]),
    ];
    prop::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn every_input_comes_back(
        bytes in prop_oneof![likely_bytes(), prop::collection::vec(1..=0xFF_u8, 0..300), prop::collection::vec(any::<u8>(), 0..64)],
        label in any_encoding(),
    ) {
        match decode(&bytes, label) {
            Ok(decoded) => {
                let back = decoded.encode(&decoded.text, &EditList::default());
                prop_assert_eq!(back, Ok(bytes.clone()));
                for entry in decoded.ledger.iter() {
                    let place = &decoded.text[entry.offset..entry.offset + entry.length];
                    let marked = place == "\u{FFFD}";
                    prop_assert!(entry.decoded || marked, "unmarked entry");
                }
            }
            Err(error) => {
                let refused = matches!(error, DecodeError::NotText { .. });
                prop_assert!(refused, "unexpected error");
            }
        }
    }
}

/// Japanese in EUC-JP has its kana where GBK has them too; its kanji tell the two apart.
#[test]
fn japanese_in_euc_jp_is_no_chinese() {
    let text = "日本の経済は、戦後の復興を経て、世界第二位の規模に成長した。図書館で勉強する学生が増えている。\n";
    let bytes = encoding_rs::EUC_JP.encode(text).0;
    let decoded = decode(&bytes, None).unwrap();
    assert!(decoded.is_foreign(), "{}", decoded.text);
    assert_eq!(
        decoded.note.as_deref(),
        Some("reads as EUC-JP, and is left alone")
    );
    // The same in GBK, as Chinese sites have it, and Chinese about it.
    for text in [
        text,
        "日文里的“の”读作no，“は”读作wa，这是学习的第一步，我们慢慢来。\n",
    ] {
        let bytes = encoding_rs::GBK.encode(text).0;
        let decoded = decode(&bytes, None).unwrap();
        assert_eq!((decoded.encoding.name(), &*decoded.text), ("GBK", text));
    }
}
