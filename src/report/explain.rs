//! How each repair was found, for reading.

use std::io::{self, Write};
use std::ops::Range;

use super::{LineIndex, View, Visible};
use crate::edit::{Candidate, Edit, Evidence};
use crate::pipeline::Unresolved;

/// How many characters are shown on both sides of a spot.
const AROUND: usize = 10;

/// Rivals beyond these are only counted.
const RIVALS: usize = 8;

/// Writes every edit and every unresolved spot of a text; `number` counts on from view to view.
pub fn write(output: &mut impl Write, view: &View<'_>, number: &mut usize) -> io::Result<()> {
    if view.is_clean() {
        return Ok(());
    }
    let index = view.line_index();
    let mut unresolved = view.unresolved.iter().peekable();
    for edit in view.edits {
        while let Some(spot) = unresolved.next_if(|spot| spot.span.start < edit.span.start) {
            write_unresolved(output, view, &index, spot, number)?;
        }
        write_edit(output, view, &index, edit, number)?;
    }
    unresolved.try_for_each(|spot| write_unresolved(output, view, &index, spot, number))
}

fn write_edit(
    output: &mut impl Write,
    view: &View<'_>,
    index: &LineIndex<'_>,
    edit: &Edit,
    number: &mut usize,
) -> io::Result<()> {
    *number += 1;
    let position = index.locate(edit.span.start);
    let guess = if edit.is_guess() { ", a guess" } else { "" };
    writeln!(output, "{number}. {}:{position} {}{guess}", Visible(view.path), edit.rule)?;
    let old = Visible(&view.text[edit.span.clone()]);
    match edit.new.as_str() {
        "" => writeln!(output, "   `{old}` is taken out")?,
        new => writeln!(output, "   `{old}` -> `{}`", Visible(new))?,
    }
    writeln!(output, "   in          {}", context(view.text, &edit.span))?;
    writeln!(output, "   confidence  {:.3} that this spot is damaged", edit.confidence)?;
    match &edit.evidence {
        Some(evidence) => write_evidence(output, evidence),
        None => Ok(()),
    }
}

fn write_evidence(output: &mut impl Write, evidence: &Evidence) -> io::Result<()> {
    if !evidence.bytes.is_empty() {
        let lost = if evidence.lost_bytes() { "  (.. is a byte that is gone)" } else { "" };
        writeln!(output, "   bytes       {}{lost}", Visible(&*evidence.bytes))?;
    }
    writeln!(output, "   gain        {:.1} nats better than leaving it", evidence.gain)?;
    let replay = match evidence.replay {
        true => "yes: the damage done again to the new text gives the page",
        false => "no: the damage done again to the new text gives something else",
    };
    writeln!(output, "   replay      {replay}")?;
    if evidence.lost_bytes() {
        writeln!(output, "   filling     {:.3} that the new text is the right one", evidence.fill)?;
        write_candidates(output, &evidence.candidates)?;
    }
    if !evidence.note.is_empty() {
        writeln!(output, "   note        {}", Visible(&*evidence.note))?;
    }
    Ok(())
}

fn write_candidates(output: &mut impl Write, candidates: &[Candidate]) -> io::Result<()> {
    for candidate in candidates.iter().take(RIVALS) {
        let text = Visible(&*candidate.text);
        let (probability, behind) = (candidate.probability, candidate.behind);
        writeln!(output, "     {probability:.3}  `{text}`  {behind:.1} nats behind")?;
    }
    match candidates.len().saturating_sub(RIVALS) {
        0 => Ok(()),
        more => writeln!(output, "     and {more} more"),
    }
}

fn write_unresolved(
    output: &mut impl Write,
    view: &View<'_>,
    index: &LineIndex<'_>,
    spot: &Unresolved,
    number: &mut usize,
) -> io::Result<()> {
    *number += 1;
    let position = index.locate(spot.span.start);
    writeln!(output, "{number}. {}:{position} {}, unresolved", Visible(view.path), spot.rule)?;
    writeln!(output, "   `{}` is left as it is: {}", Visible(&view.text[spot.span.clone()]), Visible(&*spot.reason))?;
    writeln!(output, "   in          {}", context(view.text, &spot.span))?;
    writeln!(output, "   confidence  {:.3} that this spot is damaged", spot.confidence)?;
    write_candidates(output, &spot.candidates)
}

/// The spot in brackets between the characters around it, on its line.
fn context(text: &str, span: &Range<usize>) -> String {
    let before = &text[..span.start];
    let start = before.char_indices().rev().take(AROUND).take_while(|&(_, c)| c != '\n').last();
    let after = &text[span.end..];
    let end = after.char_indices().take(AROUND).take_while(|&(_, c)| c != '\n').last();
    format!(
        "{}[{}]{}",
        Visible(&before[start.map_or(before.len(), |(at, _)| at)..]),
        Visible(&text[span.clone()]),
        Visible(&after[..end.map_or(0, |(at, c)| at + c.len_utf8())])
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn everything_known_is_said() {
        let (text, edits, unresolved) = sample();
        let view =
            View { path: "p".as_ref(), text: &text, edits: &edits, unresolved: &unresolved, place: Default::default() };
        let mut output = Vec::new();
        write(&mut output, &view, &mut 0).unwrap();
        let expected = "\
1. p:1:2 annotation
   `會(huì )` -> `会`
   in          社[會(huì )]工作
   confidence  1.000 that this spot is damaged
2. p:2:1 lost-character, unresolved
   `?` is left as it is: two readings are as likely
   in          [?]城市規??焖展
   confidence  0.700 that this spot is damaged
     0.500  `·`  0.0 nats behind
3. p:2:4 torn, a guess
   `規??焖` -> `规模快`
   in          ?城市[規??焖]展
   confidence  0.980 that this spot is damaged
   bytes       (..) C4A3 BFEC  (.. is a byte that is gone)
   gain        14.2 nats better than leaving it
   replay      yes: the damage done again to the new text gives the page
   filling     0.600 that the new text is the right one
     0.600  `规模快`  0.0 nats behind
     0.400  `规摸快`  0.4 nats behind
   note        trail byte 55 closes the run
";
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }
}
