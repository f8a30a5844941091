//! A text in memory as a whole, for views that need all of it at once.

use std::path::Path;

use hanfix::edit::{EditError, EditList};
use hanfix::pipeline::Unresolved;
use hanfix::report::View;

/// The blocks of a text, joined.
#[derive(Default)]
pub(crate) struct Whole {
    text: String,
    edits: EditList,
    unresolved: Vec<Unresolved>,
}

impl Whole {
    /// Takes in the next block.
    pub(crate) fn add(&mut self, block: &View<'_>) -> Result<(), EditError> {
        let by = block.place.offset;
        self.text.push_str(block.text);
        let moved = block.unresolved.iter().cloned().map(|mut spot| {
            spot.span = spot.span.start + by..spot.span.end + by;
            spot
        });
        self.unresolved.extend(moved);
        self.edits.append(block.edits.clone().shifted(by))
    }

    /// The view of all of it.
    pub(crate) fn view<'v>(&'v self, path: &'v Path) -> View<'v> {
        View {
            path,
            text: &self.text,
            edits: &self.edits,
            unresolved: &self.unresolved,
            place: Default::default(),
        }
    }
}
