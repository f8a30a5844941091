//! What the model reads: characters folded to tokens, tokens numbered as symbols.

/// A symbol of the model: a folded character, a run of letters, a number, a line edge, or unknown.
///
/// The number means something only to the model that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(pub(crate) u16);

impl Symbol {
    /// Any character that the model does not know.
    pub const UNKNOWN: Symbol = Symbol(0);
    /// The edge of a line: before its first character and after its last.
    pub const EDGE: Symbol = Symbol(1);
    /// A run of ASCII or fullwidth letters.
    pub const WORD: Symbol = Symbol(2);
    /// A run of ASCII or fullwidth digits.
    pub const NUMBER: Symbol = Symbol(3);

    /// The number, for keys of tables beside the model.
    pub fn number(self) -> u16 {
        self.0
    }
}

/// How many symbols have a fixed number, in every model.
pub(crate) const FIXED_SYMBOLS: usize = 4;

/// The two symbols before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// The symbol two places back.
    pub first: Symbol,
    /// The symbol directly before.
    pub second: Symbol,
}

impl Context {
    /// The context at the start of a line, the same in every model.
    pub const LINE_START: Context = Context {
        first: Symbol::EDGE,
        second: Symbol::EDGE,
    };

    /// The context after one more symbol.
    #[must_use]
    pub fn then(self, next: Symbol) -> Context {
        if next == Symbol::EDGE {
            Context::LINE_START
        } else {
            Context {
                first: self.second,
                second: next,
            }
        }
    }
}

/// Is `c` part of a run that counts as one [`Symbol::WORD`]?
pub(crate) fn is_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | 'ａ'..='ｚ' | 'Ａ'..='Ｚ')
}

/// Is `c` part of a run that counts as one [`Symbol::NUMBER`]?
pub(crate) fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '０'..='９')
}

/// Is `c` a Han character of the basic plane, compatibility forms left out?
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// A character as the trainer sees it, before symbols are numbered: a fixed symbol (0 to 3) or the
/// code point of the folded character.
pub(crate) type Token = u16;

/// The token of a character: letters and digits to their run, the seven marks that damaged pages
/// narrow to ASCII to their fullwidth form, Han through `fold`. 著 stays, because whether it
/// means 着 is what the model is asked to decide. Outside the BMP: unknown.
pub(crate) fn token(c: char, fold: &dyn Fn(char) -> char) -> Token {
    if is_letter(c) {
        return Symbol::WORD.0;
    }
    if is_digit(c) {
        return Symbol::NUMBER.0;
    }
    let folded = match c {
        ',' => '，',
        ';' => '；',
        ':' => '：',
        '!' => '！',
        '?' => '？',
        '(' => '（',
        ')' => '）',
        '著' => '著',
        // `^` is how the count tables write the edge of a line, so it has no symbol of its own.
        '^' => return Symbol::UNKNOWN.0,
        // Too rare to tell apart from the fixed numbers.
        '\0'..='\x1f' => return Symbol::UNKNOWN.0,
        _ => fold(c),
    };
    u16::try_from(u32::from(folded)).unwrap_or(Symbol::UNKNOWN.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds() {
        let fold = |c| if c == '國' { '国' } else { c };
        assert_eq!(token('國', &fold), '国' as Token);
        assert_eq!(token(',', &fold), token('，', &fold));
        assert_ne!(token('.', &fold), token('．', &fold));
        assert_ne!(token('著', &|_| '着'), token('着', &fold));
        assert_eq!(token('Ａ', &fold), Symbol::WORD.0);
        assert_eq!(token('９', &fold), Symbol::NUMBER.0);
        assert_eq!(token('𠀀', &fold), Symbol::UNKNOWN.0);
    }

    #[test]
    fn an_edge_starts_a_line() {
        let context = Context {
            first: Symbol(9),
            second: Symbol(10),
        };
        assert_eq!(
            context.then(Symbol(11)),
            Context {
                first: Symbol(10),
                second: Symbol(11)
            }
        );
        assert_eq!(context.then(Symbol::EDGE), Context::LINE_START);
    }
}
