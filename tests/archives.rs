//! Archives: what comes out equals what comes out of the unpacked members, untouched entries are copied as they are,
//! and every limit and every refusal is met by an archive made by hand.

use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

#[path = "support/program.rs"]
mod program;

use hanfix::batch::{Batch, Event, Names, WarcMode};
use hanfix::{Options, Repairer};
use program::{DAMAGED, Folder, REPAIRED};

fn repairer() -> Repairer {
    Repairer::new(Options::default())
}

/// What comes out of an input, whether it is changed, and what was told about entries.
fn process(
    batch: &Batch<'_>,
    name: &str,
    input: &[u8],
) -> Result<(Vec<u8>, bool, Vec<String>), String> {
    let mut output = Vec::new();
    let mut told = Vec::new();
    let outcome = batch
        .process(
            name.as_ref(),
            &mut Cursor::new(input),
            Some(&mut output),
            &mut |event| {
                match event {
                    Event::Skipped(path, reason) => {
                        told.push(format!("{}: {reason}", path.display()))
                    }
                    Event::Failed(path, reason) => {
                        told.push(format!("{}: FAILED {reason}", path.display()))
                    }
                    _ => {}
                }
                Ok(())
            },
        )
        .map_err(|error| error.to_string())?;
    Ok((output, outcome.changed, told))
}

fn fixed(name: &str, input: &[u8]) -> Vec<u8> {
    let repairer = repairer();
    process(&Batch::new(&repairer), name, input).unwrap().0
}

fn refusal(name: &str, input: &[u8], change: impl FnOnce(&mut Batch<'_>)) -> String {
    let repairer = repairer();
    let mut batch = Batch::new(&repairer);
    change(&mut batch);
    process(&batch, name, input).unwrap_err()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn ungz(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .read_to_end(&mut text)
        .unwrap();
    text
}

fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o640);
        header.set_mtime(1_000_000_000);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn untar(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    };
    archive.entries().unwrap().map(read).collect()
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let method = match *name {
            "mimetype" => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        writer
            .start_file(
                *name,
                SimpleFileOptions::default().compression_method(method),
            )
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = archive.len();
    let read = |i| {
        let mut file = archive.by_index(i).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..count).map(read).collect()
}

fn warc_record(kind: &str, uri: &str, block: &[u8]) -> Vec<u8> {
    use sha1::Digest;
    let digest: String = sha1::Sha1::digest(block)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let header = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{uri}>\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Block-Digest: sha1:{digest}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        if kind == "response" {
            "application/http; msgtype=response"
        } else {
            "text/plain"
        },
        block.len()
    );
    [header.as_bytes(), block, b"\r\n\r\n"].concat()
}

/// The body of the only conversion record, or of the last response.
fn bodies(warc: &[u8]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let mut rest = warc;
    while !rest.is_empty() {
        let end = rest
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap()
            + 4;
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        let value = |name: &str| {
            let line = header
                .lines()
                .find(|line| line.starts_with(name))
                .unwrap_or_else(|| panic!("{name} in {header}"));
            line[name.len() + 2..].to_owned()
        };
        let length: usize = value("Content-Length").parse().unwrap();
        let block = &rest[end..end + length];
        use sha1::Digest;
        let digest: String = sha1::Sha1::digest(block)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if let Some(hex) = value("WARC-Block-Digest")
            .strip_prefix("sha1:")
            .filter(|hex| hex.len() == 40)
        {
            assert_eq!(hex, digest, "{header}");
        }
        let body = match block.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(http) if block.starts_with(b"HTTP/") => {
                let body = &block[http + 4..];
                let head = String::from_utf8_lossy(&block[..http + 4]).into_owned();
                assert!(
                    head.contains(&format!("Content-Length: {}\r\n", body.len()))
                        || !head.contains("Content-Length"),
                    "{head}"
                );
                body
            }
            _ => block,
        };
        bodies.push(body.to_vec());
        assert_eq!(&rest[end + length..end + length + 4], b"\r\n\r\n");
        rest = &rest[end + length + 4..];
    }
    bodies
}

/// Texts as they come: damaged, clean, Traditional, binary, empty, of several kinds.
fn members() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let text = prop_oneof![
        Just(DAMAGED.as_bytes().to_vec()),
        Just("没有损坏\r\n".as_bytes().to_vec()),
        Just("社會說這樣的話".as_bytes().to_vec()),
        Just(b"\0\x01\x02\xFF".to_vec()),
        Just(Vec::new()),
        Just(encoding_rs::GBK.encode(DAMAGED).0.into_owned()),
        Just(gz(DAMAGED.as_bytes())),
    ];
    let extension = prop_oneof![Just("txt"), Just("html"), Just("md"), Just("bin")];
    proptest::collection::vec((text, extension), 0..6).prop_map(|members| {
        let name = |(number, (text, extension)): (usize, (Vec<u8>, &str))| {
            (format!("頁/{number}.{extension}"), text)
        };
        members.into_iter().enumerate().map(name).collect()
    })
}

/// What comes out of a member on its own; one that cannot be repaired stays as it is.
fn alone(name: &str, bytes: &[u8]) -> Vec<u8> {
    let repairer = repairer();
    match process(&Batch::new(&repairer), name, bytes) {
        Ok((output, true, _)) => output,
        _ => bytes.to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_archive_is_repaired_as_its_members_are(members in members()) {
        let entries: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
        let expected: Vec<(String, Vec<u8>)> = members.iter().map(|(name, bytes)| (name.clone(), alone(name, bytes))).collect();
        prop_assert_eq!(&unzip(&fixed("a.zip", &zip_of(&entries))), &expected);
        let tar = tar_of(&entries);
        prop_assert_eq!(&untar(&fixed("a.tar", &tar)), &expected);
        prop_assert_eq!(&untar(&ungz(&fixed("a.tar.gz", &gz(&tar)))), &expected);
    }
}

#[test]
fn compressed_files_stay_compressed() {
    assert_eq!(
        ungz(&fixed(
            "page.txt.gz",
            &[gz(DAMAGED.as_bytes()), gz(b"end\n")].concat()
        )),
        [REPAIRED, "end\n"].concat().as_bytes()
    );
    let zst = zstd::encode_all(DAMAGED.as_bytes(), 3).unwrap();
    assert_eq!(
        zstd::decode_all(&fixed("page.txt.zst", &zst)[..]).unwrap(),
        REPAIRED.as_bytes()
    );
    let mut xz = Vec::new();
    liblzma::read::XzEncoder::new(DAMAGED.as_bytes(), 6)
        .read_to_end(&mut xz)
        .unwrap();
    let mut text = String::new();
    liblzma::read::XzDecoder::new(&fixed("page.txt.xz", &xz)[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, REPAIRED);
    let mut bz2 = Vec::new();
    bzip2::read::BzEncoder::new(DAMAGED.as_bytes(), bzip2::Compression::default())
        .read_to_end(&mut bz2)
        .unwrap();
    let mut text = String::new();
    bzip2::read::BzDecoder::new(&fixed("page.txt.bz2", &bz2)[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, REPAIRED);
    // The name inside tells the format.
    let line = format!("{{\"社會\": \"{}\"}}\n", DAMAGED.trim());
    let expected = format!("{{\"社會\": \"{}\"}}\n", REPAIRED.trim());
    assert_eq!(
        String::from_utf8(ungz(&fixed("a.jsonl.gz", &gz(line.as_bytes())))).unwrap(),
        expected
    );
}

#[test]
fn what_needs_nothing_is_copied_byte_for_byte() {
    let folder = Folder::new();
    let clean = zip_of(&[("a.txt", "没有损坏".as_bytes()), ("b.bin", b"\0\x01")]);
    folder.write("clean.zip", &clean);
    // Packed in a way that the program would not choose.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all("没有损坏".as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    folder.write("clean.txt.gz", &packed);
    folder.done(&["fix", "-q", "clean.zip", "clean.txt.gz", "-o", "out"]);
    assert_eq!(fs::read(folder.at("out/clean.zip")).unwrap(), clean);
    assert_eq!(fs::read(folder.at("out/clean.txt.gz")).unwrap(), packed);
    let output = folder.command(&["fix", "clean.txt.gz"]).output().unwrap();
    assert_eq!(output.stdout, packed);
    // Within an archive that changes, entries that do not keep their packed bytes.
    let mixed = zip_of(&[
        ("a.txt", "没有损坏".as_bytes()),
        ("b.txt", DAMAGED.as_bytes()),
        ("c.bin", b"\0\x01"),
    ]);
    let new = fixed("mixed.zip", &mixed);
    let (mut old, mut new) = (
        ZipArchive::new(Cursor::new(&mixed)).unwrap(),
        ZipArchive::new(Cursor::new(&new)).unwrap(),
    );
    for i in [0, 2] {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        old.by_index_raw(i).unwrap().read_to_end(&mut a).unwrap();
        new.by_index_raw(i).unwrap().read_to_end(&mut b).unwrap();
        assert_eq!(a, b);
    }
    assert_eq!(
        new.by_index(1).unwrap().last_modified(),
        old.by_index(1).unwrap().last_modified()
    );
}

#[test]
fn an_epub_keeps_its_mimetype_and_a_docx_its_parts() {
    let page = format!(
        "<?xml version=\"1.0\"?><html><body><p>{}</p></body></html>",
        DAMAGED.trim()
    );
    let epub = zip_of(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", "<a>社會</a>".as_bytes()),
        ("p.xhtml", page.as_bytes()),
    ]);
    let new = fixed("book.epub", &epub);
    assert_eq!(
        &new[30..58],
        b"mimetypeapplication/epub+zip",
        "first and stored"
    );
    let entries = unzip(&new);
    assert!(String::from_utf8_lossy(&entries[2].1).contains(REPAIRED.trim()));
    assert_eq!(entries[1].1, "<a>社會</a>".as_bytes());

    let document = "<w:document><w:body><w:p><w:r><w:t>黨的社會(hu</w:t></w:r><w:r><w:t>ì )工作說這樣的話</w:t></w:r></w:p></w:body></w:document>";
    let docx = zip_of(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.as_bytes()),
        ("docProps/core.xml", "<a>社會</a>".as_bytes()),
    ]);
    let entries = unzip(&fixed("a.docx", &docx));
    assert_eq!(
        String::from_utf8_lossy(&entries[1].1),
        "<w:document><w:body><w:p><w:r><w:t>党的社会</w:t></w:r><w:r><w:t>工作说这样的话</w:t></w:r></w:p></w:body></w:document>"
    );
    assert_eq!(entries[2].1, "<a>社會</a>".as_bytes());

    let content = "<office:text><text:p>黨的社會(huì )<text:span>工作說這樣的話</text:span></text:p></office:text>";
    let odt = zip_of(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_bytes()),
        ("settings.xml", "<a>社會</a>".as_bytes()),
    ]);
    let new = fixed("a.odt", &odt);
    assert_eq!(
        &new[30..77],
        b"mimetypeapplication/vnd.oasis.opendocument.text"
    );
    let entries = unzip(&new);
    assert_eq!(
        String::from_utf8_lossy(&entries[1].1),
        "<office:text><text:p>党的社会<text:span>工作说这样的话</text:span></text:p></office:text>"
    );
    assert_eq!(entries[2].1, "<a>社會</a>".as_bytes());
}

/// A zip whose entry has the name `name`, which other writers would refuse.
fn zip_with_name(name: &[u8], content: &[u8]) -> Vec<u8> {
    let placeholder = "x".repeat(name.len());
    let mut bytes = zip_of(&[(&placeholder, content)]);
    let places: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|&at| bytes[at..].starts_with(placeholder.as_bytes()))
        .collect();
    for at in places {
        bytes[at..at + name.len()].copy_from_slice(name);
    }
    bytes
}

/// A name that becomes UTF-8 is a change, although no text needs one.
#[test]
fn a_name_that_would_be_repaired_is_found() {
    let folder = Folder::new();
    let gbk = encoding_rs::GBK.encode("說明頁面.txt").0.into_owned();
    folder.write("a.zip", zip_with_name(&gbk, "没有".as_bytes()));
    let (code, output, error) = folder.ran(&["check", "--names", "fix", "a.zip"]);
    assert_eq!(
        (code, &*output),
        (1, "a.zip: names of entries\n"),
        "{error}"
    );
    let (code, output, _) = folder.ran(&["check", "a.zip"]);
    assert_eq!((code, &*output), (0, ""));
}

#[test]
fn names_in_gbk_are_kept_or_become_utf_8() {
    let gbk = encoding_rs::GBK.encode("說明頁面.txt").0.into_owned();
    let archive = zip_with_name(&gbk, DAMAGED.as_bytes());
    let repairer = repairer();
    let mut batch = Batch::new(&repairer);
    let (kept, ..) = process(&batch, "a.zip", &archive).unwrap();
    let mut read = ZipArchive::new(Cursor::new(&kept)).unwrap();
    assert_eq!(read.by_index(0).unwrap().name_raw(), gbk);
    batch.names = Names::Fix;
    let (new, changed, _) = process(&batch, "a.zip", &archive).unwrap();
    let mut read = ZipArchive::new(Cursor::new(&new)).unwrap();
    assert!(changed);
    assert_eq!(read.by_index(0).unwrap().name().unwrap(), "說明頁面.txt");
    let clean = zip_with_name(&gbk, "没有".as_bytes());
    let (new, ..) = process(&batch, "a.zip", &clean).unwrap();
    assert_eq!(
        unzip(&new),
        [("說明頁面.txt".to_owned(), "没有".as_bytes().to_vec())]
    );
}

#[test]
fn records_of_web_archives() {
    let page = |text: &str| {
        format!("<html><head><title>{text}</title></head><body><p>{text}</p></body></html>")
    };
    let (damaged, repaired) = (page(DAMAGED.trim()), page(REPAIRED.trim()));
    let http = |headers: &str, body: &[u8]| {
        [
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{headers}\r\n")
                .as_bytes(),
            body,
        ]
        .concat()
    };
    let plain = http(
        &format!("Content-Length: {}\r\n", damaged.len()),
        damaged.as_bytes(),
    );
    let chunked = http(
        "Transfer-Encoding: chunked\r\n",
        format!("{:x}\r\n{damaged}\r\n0\r\n\r\n", damaged.len()).as_bytes(),
    );
    let packed = http("Content-Encoding: gzip\r\n", &gz(damaged.as_bytes()));
    let records = [
        warc_record("warcinfo", "info", "社會".as_bytes()),
        warc_record("response", "http://a/1", &plain),
        warc_record("response", "http://a/2", &chunked),
        warc_record("response", "http://a/3", &packed),
        warc_record("conversion", "http://a/4", DAMAGED.as_bytes()),
        warc_record("conversion", "http://a/5", "没有损坏".as_bytes()),
    ];
    let expected: Vec<&[u8]> = vec![
        "社會".as_bytes(),
        repaired.as_bytes(),
        repaired.as_bytes(),
        repaired.as_bytes(),
        REPAIRED.as_bytes(),
        "没有损坏".as_bytes(),
    ];
    let warc = records.concat();
    assert_eq!(bodies(&fixed("a.warc", &warc)), expected);
    // Packed record by record, and so again; what is not changed keeps its packed bytes.
    let members: Vec<Vec<u8>> = records.iter().map(|record| gz(record)).collect();
    let new = fixed("a.warc.gz", &members.concat());
    assert_eq!(bodies(&ungz(&new)), expected);
    assert!(new.starts_with(&members[0]) && new.ends_with(&members[5]));
    let mut rest = &new[..];
    let mut count = 0;
    while !rest.is_empty() {
        let mut decoder = flate2::bufread::GzDecoder::new(rest);
        decoder.read_to_end(&mut Vec::new()).unwrap();
        rest = decoder.into_inner();
        count += 1;
    }
    assert_eq!(count, records.len());
    // Packed as a whole.
    assert_eq!(bodies(&ungz(&fixed("b.warc.gz", &gz(&warc)))), expected);

    let repairer = repairer();
    let mut batch = Batch::new(&repairer);
    batch.warc = WarcMode::Conversion;
    let (new, ..) = process(&batch, "a.warc", &warc).unwrap();
    assert!(new.starts_with(&records[..2].concat()));
    let text = String::from_utf8_lossy(&new);
    assert_eq!(
        text.matches("WARC-Refers-To: <urn:uuid:http://a/1>")
            .count(),
        1
    );
    assert_eq!(
        bodies(&new)
            .iter()
            .filter(|body| **body == repaired.as_bytes())
            .count(),
        3
    );
    // The same input, the same archive.
    assert_eq!(process(&batch, "a.warc", &warc).unwrap().0, new);
    batch.threads = 4;
    assert_eq!(process(&batch, "a.warc", &warc).unwrap().0, new);
}

#[test]
fn names_that_lead_out_links_and_devices_are_refused() {
    for name in ["../../etc/x", "/etc/passwd1", "a\\..\\..\\b", "C:\\windows"] {
        let message = refusal("a.zip", &zip_with_name(name.as_bytes(), b"x"), |_| {});
        assert!(
            message.contains("leads out of the archive"),
            "{name}: {message}"
        );
        let mut tar = tar_of(&[("placeholder", b"x")]);
        tar[..100].fill(0);
        tar[..name.len()].copy_from_slice(name.as_bytes());
        set_sum(&mut tar);
        let message = refusal("a.tar", &tar, |_| {});
        assert!(
            message.contains("leads out of the archive"),
            "{name}: {message}"
        );
    }
    for (kind, expected) in [
        (b'1', "is a link"),
        (b'2', "is a link"),
        (b'3', "device or a pipe"),
        (b'4', "device or a pipe"),
        (b'6', "device or a pipe"),
    ] {
        let mut tar = tar_of(&[("a", b"")]);
        tar[156] = kind;
        set_sum(&mut tar);
        let message = refusal("a.tar", &tar, |_| {});
        assert!(message.contains(expected), "{message}");
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .add_symlink("link", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let link = writer.finish().unwrap().into_inner();
    assert!(refusal("a.zip", &link, |_| {}).contains("is a link"));
    // A device: the mode of the entry, in the directory.
    let mut device = zip_of(&[("a", b"x")]);
    let central = device
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    device[central + 5] = 3;
    device[central + 38..central + 42].copy_from_slice(&(0o020_644u32 << 16).to_le_bytes());
    assert!(refusal("a.zip", &device, |_| {}).contains("device or a pipe"));
}

fn set_sum(tar: &mut [u8]) {
    tar[148..156].fill(b' ');
    let sum: u32 = tar[..512].iter().map(|&byte| u32::from(byte)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![b' '; 64 << 20];
    let message = refusal("bomb.txt.gz", &gz(&zeros), |_| {});
    assert!(
        message.contains("200 times") && message.contains("--max-ratio"),
        "{message}"
    );
    let message = refusal("bomb.zip", &zip_of(&[("a.txt", &zeros)]), |_| {});
    assert!(message.contains("--max-ratio"), "{message}");
    for (name, bomb) in [
        ("a.zst", zstd::encode_all(&zeros[..], 3).unwrap()),
        (
            "a.warc.gz",
            gz(&warc_record("conversion", "a", &zeros[..16 << 20])),
        ),
    ] {
        assert!(
            refusal(name, &bomb, |_| {}).contains("--max-ratio"),
            "{name}"
        );
    }
    let entries: &[(&str, &[u8])] = &[("a.txt", b"0123456789"), ("b.txt", b"0123456789")];
    for (name, archive) in [("a.zip", zip_of(entries)), ("a.tar", tar_of(entries))] {
        let message = refusal(name, &archive, |batch| batch.limits.entry_size = 9);
        assert!(message.contains("--max-entry-size"), "{message}");
        let message = refusal(name, &archive, |batch| batch.limits.entries = 1);
        assert!(message.contains("--max-entries"), "{message}");
    }
    let message = refusal("a.zip", &zip_of(entries), |batch| {
        batch.limits.total_size = 15
    });
    assert!(message.contains("--max-total-size"), "{message}");
    let message = refusal("a.tar.gz", &gz(&tar_of(entries)), |batch| {
        batch.limits.total_size = 1500
    });
    assert!(message.contains("--max-total-size"), "{message}");
    let records = [
        warc_record("conversion", "a", b"0123456789"),
        warc_record("conversion", "b", b""),
    ]
    .concat();
    assert!(
        refusal("a.warc", &records, |batch| batch.limits.entries = 1).contains("--max-entries")
    );
    assert!(
        refusal("a.warc", &records, |batch| batch.limits.entry_size = 9)
            .contains("--max-entry-size")
    );

    let one = zip_of(&[("page.txt", DAMAGED.as_bytes())]);
    let two = zip_of(&[("one.zip", &one)]);
    let three = tar_of(&[("two.zip", &two)]);
    let inner = unzip(&unzip(&fixed("two.zip", &two))[0].1);
    assert_eq!(inner[0].1, REPAIRED.as_bytes());
    assert!(refusal("three.tar", &three, |_| {}).contains("--max-depth"));
    assert!(refusal("two.zip", &two, |batch| batch.limits.depth = 1).contains("--max-depth"));
    let layers = (0..4).fold(DAMAGED.as_bytes().to_vec(), |bytes, _| gz(&bytes));
    assert!(refusal("a.gz", &layers, |_| {}).contains("--max-depth"));
}

#[test]
fn broken_and_overlapping_archives_are_refused() {
    let archive = zip_of(&[("a.txt", b"0123456789"), ("b.txt", b"0123456789")]);
    // Both entries of the directory point to the same bytes.
    let mut overlapping = archive.clone();
    let second = overlapping
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    overlapping[second + 42..second + 46].fill(0);
    assert!(refusal("a.zip", &overlapping, |_| {}).contains("overlap"));
    // The local header has another name.
    let mut renamed = archive.clone();
    renamed[30] = b'z';
    assert!(refusal("a.zip", &renamed, |_| {}).contains("two names"));
    assert!(refusal("a.zip", &archive[..archive.len() - 10], |_| {}).contains("cut off"));
    let mut counted = archive.clone();
    let end = counted.len() - 22;
    counted[end + 10] = 9;
    assert!(refusal("a.zip", &counted, |_| {}).contains("number of entries"));
    let shifted = [b"PK\x03\x04 something in front".to_vec(), archive.clone()].concat();
    assert!(refusal("a.zip", &shifted, |_| {}).contains("out of place"));

    let broken = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut archive = archive.clone();
        change(&mut archive);
        refusal("a.zip", &archive, |_| {})
    };
    let start_of = |signature: &[u8; 4]| archive.windows(4).position(|four| four == signature);
    let central = start_of(b"PK\x01\x02").unwrap();
    let end = start_of(b"PK\x05\x06").unwrap();
    let volumes = broken(&|archive| archive[end + 4] = 1);
    assert!(volumes.contains("several volumes"), "{volumes}");
    let other = broken(&|archive| archive[central] = b'Q');
    assert!(other.contains("something else than entries"), "{other}");
    let cut = broken(&|archive| archive[central + 28 + 1] = 0xFF);
    assert!(cut.contains("directory is cut off"), "{cut}");
    let moved = broken(&|archive| archive[second + 42] += 1);
    assert!(moved.contains("not where its directory says"), "{moved}");
    let last = second;
    let reaching = broken(&|archive| archive[last + 20] = 200);
    assert!(
        reaching.contains("reaches into the directory"),
        "{reaching}"
    );
    for (place, what) in [(u64::MAX, "beyond"), (0, "no directory")] {
        let located = broken(&|archive| {
            let mut locator = b"PK\x06\x07\0\0\0\0".to_vec();
            locator.extend_from_slice(&place.to_le_bytes());
            locator.extend_from_slice(&[1, 0, 0, 0]);
            archive.splice(end..end, locator);
        });
        assert!(located.contains("out of place"), "{what}: {located}");
    }

    let tar = tar_of(&[("a.txt", b"0123456789")]);
    let mut wrong = tar.clone();
    wrong[124..136].copy_from_slice(b"zzzzzzzzzzz\0");
    set_sum(&mut wrong);
    assert!(refusal("a.tar", &wrong, |_| {}).contains("no number"));
    let mut builder = tar::Builder::new(Vec::new());
    builder
        .append_pax_extensions([("size", &b"ten"[..])])
        .unwrap();
    let extended = [builder.into_inner().unwrap()[..1024].to_vec(), tar.clone()].concat();
    assert!(refusal("a.tar", &extended, |_| {}).contains("no number"));
    // An extended header of two megabytes, which is more than any name or size needs.
    let mut long = tar::Header::new_gnu();
    long.set_entry_type(tar::EntryType::GNULongName);
    long.set_size(2 << 20);
    long.set_cksum();
    let long = [long.as_bytes().to_vec(), vec![b'a'; 2 << 20], tar.clone()].concat();
    assert!(refusal("a.tar", &long, |_| {}).contains("extended header is too long"));
    let mut wrong = tar.clone();
    wrong[0] = b'z';
    assert!(refusal("a.tar", &wrong, |_| {}).contains("check sum"));
    assert!(refusal("a.tar", &tar[..515], |_| {}).contains("within an entry"));
    assert!(
        refusal("a.tar", &[&tar[..1024], &tar[..100]].concat(), |_| {}).contains("within a header")
    );

    let record = warc_record("conversion", "a", DAMAGED.as_bytes());
    assert!(refusal("a.warc", &record[..record.len() - 20], |_| {}).contains("cut off"));
    let text = String::from_utf8(record.clone()).unwrap();
    let short = text.replace(
        &format!("Content-Length: {}", DAMAGED.len()),
        "Content-Length: 20",
    );
    assert!(refusal("a.warc", short.as_bytes(), |_| {}).contains("does not begin with WARC/"));
    let none = text.replace("Content-Length", "Content-Lengthy");
    assert!(refusal("a.warc", none.as_bytes(), |_| {}).contains("no Content-Length"));

    let endless = [b"WARC/1.0\r\n".to_vec(), b"X-Long: a\r\n".repeat(10_000)].concat();
    assert!(refusal("a.warc", &endless, |_| {}).contains("no end of its header"));
    // A member that holds more than its record.
    let two = [record.clone(), b"WARC/1.0 is no header".to_vec()].concat();
    assert!(refusal("a.warc.gz", &gz(&two), |_| {}).contains("refused"));

    let packed = gz(DAMAGED.repeat(100).as_bytes());
    assert!(
        refusal("a.txt.gz", &packed[..packed.len() - 9], |_| {}).contains("broken or was cut off")
    );
    let mut damaged = packed.clone();
    let at = damaged.len() - 6;
    damaged[at] ^= 1;
    assert!(refusal("a.txt.gz", &damaged, |_| {}).contains("broken or was cut off"));
}

/// A file that is zero up to its end, as long as it says.
struct Sparse {
    tail: Vec<u8>,
    length: u64,
    at: u64,
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let count = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let tail_start = self.length - self.tail.len() as u64;
        for (i, byte) in buffer[..count].iter_mut().enumerate() {
            let place = self.at + i as u64;
            *byte = match place.checked_sub(tail_start) {
                Some(place) => self.tail[place as usize],
                None => 0,
            };
        }
        if self.at == 0 && count >= 4 {
            buffer[..4].copy_from_slice(b"PK\x03\x04");
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.length.saturating_add_signed(by),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

/// A directory of a gigabyte would fill the memory before an entry is looked at.
#[test]
fn a_directory_without_end_is_refused() {
    let length = 1_u64 << 30;
    let mut tail = b"PK\x05\x06".to_vec();
    tail.resize(22, 0);
    let size = (length - 22) as u32;
    tail[12..16].copy_from_slice(&size.to_le_bytes());
    let mut input = Sparse {
        tail,
        length,
        at: 0,
    };
    let repairer = repairer();
    let error = Batch::new(&repairer)
        .process("a.zip".as_ref(), &mut input, None, &mut |_| Ok(()))
        .unwrap_err();
    assert!(
        error.to_string().contains("directory is too long"),
        "{error}"
    );
}

/// An entry that is broken or encrypted is passed on and told about; the others are repaired.
#[test]
fn a_bad_entry_does_not_stop_the_others() {
    let mut archive = zip_of(&[("a.txt", DAMAGED.as_bytes()), ("b.txt", DAMAGED.as_bytes())]);
    // The check sum of the first entry, in the directory and in front of it.
    let central = archive
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    archive[central + 16] ^= 1;
    archive[14] ^= 1;
    let repairer = repairer();
    let (new, changed, told) = process(&Batch::new(&repairer), "a.zip", &archive).unwrap();
    assert!(changed);
    assert_eq!(
        told,
        ["a.zip!/a.txt: FAILED cannot unpack: its size or its check sum is wrong"]
    );
    assert_eq!(
        ZipArchive::new(Cursor::new(&new))
            .unwrap()
            .by_index(1)
            .unwrap()
            .size(),
        REPAIRED.len() as u64
    );

    let mut encrypted = zip_of(&[("a.txt", DAMAGED.as_bytes()), ("b.txt", DAMAGED.as_bytes())]);
    let central = encrypted
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    encrypted[central + 8] |= 1;
    let (_, _, told) = process(&Batch::new(&repairer), "a.zip", &encrypted).unwrap();
    assert_eq!(told, ["a.zip!/a.txt: encrypted"]);

    let folder = Folder::new();
    folder.write("a.zip", &archive);
    let (code, _, error) = folder.ran(&["fix", "a.zip", "-o", "b.zip"]);
    assert!(
        code == 2 && error.contains("a.zip!/a.txt: cannot unpack"),
        "{error}"
    );
    assert!(
        folder.at("b.zip").exists(),
        "the archive is written all the same"
    );
}

/// Long names and large sizes of tar stand in headers of their own.
/// `cat a.tar b.tar` is two archives, of which most readers see the first.
#[test]
fn what_stands_behind_the_end_of_a_tar_is_kept() {
    let first = tar_of(&[("a.txt", DAMAGED.as_bytes())]);
    let second = tar_of(&[("b.txt", DAMAGED.as_bytes())]);
    let repairer = repairer();
    let (output, changed, told) = process(
        &Batch::new(&repairer),
        "a.tar",
        &[&first[..], &second].concat(),
    )
    .unwrap();
    assert!(changed && output.ends_with(&second));
    assert_eq!(untar(&output), [("a.txt".to_owned(), REPAIRED.into())]);
    assert_eq!(
        told,
        ["a.tar!/rest: behind the end of the archive; copied as it is"]
    );
    // Padding is kept too, and nothing need be said of it.
    let padded = [&first[..], &[0; 10_240]].concat();
    let (output, _, told) = process(&Batch::new(&repairer), "a.tar", &padded).unwrap();
    assert_eq!(
        padded.len() - output.len(),
        first.len() - fixed("a.tar", &first).len()
    );
    assert!(told.is_empty());
}

#[test]
fn extended_headers_of_tar() {
    let long = format!("{}/page.txt", "很長的名字/".repeat(20));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(DAMAGED.len() as u64);
    builder
        .append_pax_extensions([
            ("size", DAMAGED.len().to_string().as_bytes()),
            ("path", long.as_bytes()),
        ])
        .unwrap();
    header.set_path("short").unwrap();
    header.set_cksum();
    builder.append(&header, DAMAGED.as_bytes()).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_size(DAMAGED.len() as u64);
    builder
        .append_data(&mut header, &long, DAMAGED.as_bytes())
        .unwrap();
    let new = fixed("a.tar", &builder.into_inner().unwrap());
    let expected = (long, REPAIRED.as_bytes().to_vec());
    assert_eq!(untar(&new), [expected.clone(), expected]);
}
