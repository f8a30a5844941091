//! Texts that are taken one by one and block by block.

use std::path::Path;

use anyhow::Context;
use hanfix::pipeline::Page;
use hanfix::report::{View, Visible};
use hanfix::source::Input;
use hanfix::stream::{self, Block, Limits};

use super::repairing::Repairing;

/// Repairs an input block by block.
pub(crate) fn repair_blocks(
    input: &Input,
    repairing: &Repairing,
    each: impl FnMut(Block<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Page> {
    let mut page = Page::default();
    stream::repair(
        input.open()?.as_read(),
        &repairing.repairer,
        &mut page,
        repairing.encoding,
        Limits::default(),
        each,
    )
    .with_context(|| Visible(input.name()).to_string())?;
    Ok(page)
}

/// The view of a block.
pub(crate) fn view<'v>(path: &'v Path, block: &'v Block<'v>) -> View<'v> {
    View {
        path,
        text: &block.decoded.text,
        edits: &block.repaired.edits,
        unresolved: &block.repaired.unresolved,
        place: block.place,
    }
}
