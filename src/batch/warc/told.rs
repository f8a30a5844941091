//! What happened in another thread, to be told in the order of the records.

use std::io;
use std::path::PathBuf;

use encoding_rs::Encoding;

use super::{CHUNK, Event, Observer, TextBlock};
use crate::edit::EditList;
use crate::pipeline::Unresolved;
use crate::report::View;
use crate::stream::Place;

/// What is to be told about a text.
pub(super) enum Told {
    Block(Box<OwnedBlock>),
    Noted(PathBuf, String),
    End(PathBuf),
    Skipped(PathBuf, String),
    Failed(PathBuf, String),
}

/// A block of a text, with what an observer is shown of it.
pub(super) struct OwnedBlock {
    path: PathBuf,
    text: String,
    edits: EditList,
    unresolved: Vec<Unresolved>,
    place: Place,
    encoding: &'static Encoding,
    bom: bool,
    undecodable: usize,
    malformed: usize,
    bytes: Vec<u8>,
    repaired: String,
    output: Option<Vec<u8>>,
}

/// An event that can be told later. The text of a short clean block is not needed for that.
pub(super) fn owned(event: Event<'_>) -> Told {
    match event {
        Event::Block(block) => {
            let is_needed = !block.view.is_clean()
                || block.output.is_some_and(|output| output != block.bytes)
                || block.bytes.len() > CHUNK;
            let text = |text: &str| {
                if is_needed {
                    text.to_owned()
                } else {
                    String::new()
                }
            };
            let bytes = |bytes: &[u8]| {
                if is_needed {
                    bytes.to_owned()
                } else {
                    Vec::new()
                }
            };
            Told::Block(Box::new(OwnedBlock {
                path: block.view.path.to_owned(),
                text: text(block.view.text),
                edits: block.view.edits.clone(),
                unresolved: block.view.unresolved.to_vec(),
                place: block.view.place,
                encoding: block.encoding,
                bom: block.bom,
                undecodable: block.undecodable,
                malformed: block.malformed,
                bytes: bytes(block.bytes),
                repaired: text(block.repaired),
                output: block.output.map(bytes),
            }))
        }
        Event::Noted(path, note) => Told::Noted(path.to_owned(), note),
        Event::End(path) => Told::End(path.to_owned()),
        Event::Skipped(path, reason) => Told::Skipped(path.to_owned(), reason),
        Event::Failed(path, message) => Told::Failed(path.to_owned(), message),
    }
}

/// Tells what was put aside.
pub(super) fn tell(told: &Told, observer: &mut Observer<'_>) -> io::Result<()> {
    match told {
        Told::Block(block) => observer(Event::Block(TextBlock {
            view: View {
                path: &block.path,
                text: &block.text,
                edits: &block.edits,
                unresolved: &block.unresolved,
                place: block.place,
            },
            encoding: block.encoding,
            bom: block.bom,
            undecodable: block.undecodable,
            malformed: block.malformed,
            bytes: &block.bytes,
            repaired: &block.repaired,
            output: block.output.as_deref(),
        })),
        Told::Noted(path, note) => observer(Event::Noted(path, note.clone())),
        Told::End(path) => observer(Event::End(path)),
        Told::Skipped(path, reason) => observer(Event::Skipped(path, reason.clone())),
        Told::Failed(path, message) => observer(Event::Failed(path, message.clone())),
    }
}
