//! Writes large inputs of known content, for measurements and for the kill test: pages of about a kilobyte, one in ten
//! damaged, the others clean. The same arguments give the same bytes.
//!
//! ```sh
//! cargo run --release --example corpus -- folder DIR 100000     # small files, 1,000 in each folder
//! cargo run --release --example corpus -- jsonl FILE 2000       # megabytes of JSON lines
//! cargo run --release --example corpus -- warc FILE.gz 1000     # megabytes of a web archive, packed by record
//! cargo run --release --example corpus -- zip FILE 5000         # entries
//! ```

use std::fs::{self, File};
use std::io::{BufWriter, Seek, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use hanfix::repair::channel::splice::transmit::Random;

#[path = "../tests/support/sentences.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod sentences;

/// So many different pages are made; large inputs repeat them under other numbers.
const PAGES: u64 = 4000;

/// One page in so many is damaged.
const DAMAGED: u64 = 10;

/// Sentences of a page.
const SENTENCES: usize = 16;

fn pages() -> Vec<String> {
    (0..PAGES)
        .map(|number| {
            let mut random = Random(number);
            let clean = sentences::page(&mut random, SENTENCES);
            match number % DAMAGED {
                0 => sentences::site(&mut random).damage(&clean, number),
                _ => clean,
            }
        })
        .collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, path, amount] = &arguments[..] else {
        return Err("give a kind (folder, jsonl, warc, zip), a path and an amount".into());
    };
    let (path, amount): (&Path, usize) = (path.as_ref(), amount.parse()?);
    let pages = pages();
    let page = |number: usize| &pages[number % pages.len()];
    match &**kind {
        "folder" => {
            for number in 0..amount {
                let folder = path.join(format!("{:03}", number / 1000));
                if number % 1000 == 0 {
                    fs::create_dir_all(&folder)?;
                }
                fs::write(folder.join(format!("{number:06}.txt")), page(number))?;
            }
        }
        "jsonl" => {
            let mut output = BufWriter::new(File::create(path)?);
            let mut number = 0;
            while output.stream_position()? < amount as u64 * 1_000_000 {
                let value = serde_json::json!({"id": number, "meta": {"url": format!("http://example.org/{number}")}, "text": page(number)});
                writeln!(output, "{value}")?;
                number += 1;
            }
            output.flush()?;
        }
        "warc" => {
            let mut output = BufWriter::new(File::create(path)?);
            let mut number = 0;
            while output.stream_position()? < amount as u64 * 1_000_000 {
                // Ten different pages to one, as long as pages of the web are.
                let text: String = (0..10)
                    .map(|i| format!("<p>{}</p>\n", page(number * 7 + i)))
                    .collect();
                let body = format!(
                    "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{number}</title></head><body>\n{text}</body></html>\n"
                );
                let http = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let record = format!(
                    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Target-URI: http://example.org/{number}\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{http}\r\n\r\n",
                    http.len()
                );
                let mut encoder = GzEncoder::new(&mut output, Compression::fast());
                encoder.write_all(record.as_bytes())?;
                encoder.finish()?;
                number += 1;
            }
            output.flush()?;
        }
        "zip" => {
            let mut output = zip::ZipWriter::new(BufWriter::new(File::create(path)?));
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            for number in 0..amount {
                output.start_file(format!("pages/{number:06}.txt"), options)?;
                output.write_all(page(number).as_bytes())?;
            }
            output.finish()?.flush()?;
        }
        other => {
            return Err(format!("there is no kind `{other}`: folder, jsonl, warc, zip").into());
        }
    }
    Ok(())
}
