//! Text made safe to look at.

use std::fmt::{self, Write};
use std::path::Path;

/// Shows a text without letting it act on the terminal: control characters, direction overrides and
/// invisible format characters come out as escapes (`\n`, `\u{202e}`).
#[derive(Clone, Copy, Debug)]
pub struct Visible<T>(pub T);

/// Whether a character could move the cursor, change colours, reorder or hide what stands around it.
pub(crate) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Writes one character, escaped when it is active.
pub(crate) fn write_visible(output: &mut impl Write, c: char) -> fmt::Result {
    if is_active(c) {
        write!(output, "{}", c.escape_default())
    } else {
        output.write_char(c)
    }
}

impl fmt::Display for Visible<&str> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| write_visible(formatter, c))
    }
}

impl fmt::Display for Visible<&Path> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visible(&*self.0.to_string_lossy()).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_active_characters_are_escaped() {
        let text = "會\u{1b}[31m(huì )\r\n\u{202e}·“”—𠀀\u{9b}";
        assert_eq!(
            Visible(text).to_string(),
            "會\\u{1b}[31m(huì )\\r\\n\\u{202e}·“”—𠀀\\u{9b}"
        );
    }
}
