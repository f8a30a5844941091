//! One line for each change: ``path:line:column: rule: `old` -> `new` (0.97)``.

use std::io::{self, Write};

use super::{View, Visible};

/// Writes the edits and the unresolved spots in text order.
pub fn write(output: &mut impl Write, view: &View<'_>) -> io::Result<()> {
    if view.is_clean() {
        return Ok(());
    }
    let index = view.line_index();
    let path = Visible(view.path);
    let mut unresolved = view.unresolved.iter().peekable();
    let mut write_unresolved = |output: &mut dyn Write, before: usize| -> io::Result<()> {
        while let Some(spot) = unresolved.next_if(|spot| spot.span.start < before) {
            let position = index.locate(spot.span.start);
            let old = Visible(&view.text[spot.span.clone()]);
            let (rule, confidence, reason) = (spot.rule, spot.confidence, Visible(&*spot.reason));
            writeln!(
                output,
                "{path}:{position}: {rule}: unresolved: `{old}` ({confidence:.2}; {reason})"
            )?;
        }
        Ok(())
    };
    for edit in view.edits {
        write_unresolved(output, edit.span.start)?;
        let position = index.locate(edit.span.start);
        let old = Visible(&view.text[edit.span.clone()]);
        let (rule, new, confidence) = (edit.rule, Visible(&*edit.new), edit.confidence);
        write!(
            output,
            "{path}:{position}: {rule}: `{old}` -> `{new}` ({confidence:.2}"
        )?;
        match &edit.evidence {
            Some(evidence) if edit.is_guess() => {
                writeln!(output, "; a guess, {:.2})", evidence.fill)?
            }
            _ => writeln!(output, ")")?,
        }
    }
    write_unresolved(output, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn lines_come_in_text_order() {
        let (text, edits, unresolved) = sample();
        let view = View {
            path: "頁.txt".as_ref(),
            text: &text,
            edits: &edits,
            unresolved: &unresolved,
            place: Default::default(),
        };
        let mut output = Vec::new();
        write(&mut output, &view).unwrap();
        let expected = "\
頁.txt:1:2: annotation: `會(huì )` -> `会` (1.00)
頁.txt:2:1: lost-character: unresolved: `?` (0.70; two readings are as likely)
頁.txt:2:4: torn: `規??焖` -> `规模快` (0.98; a guess, 0.60)
";
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }
}
