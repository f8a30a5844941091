//! Bytes with alternatives and holes.
//!
//! A channel turns the damaged text back into the bytes that may have been sent. Where it is sure
//! there is one [`Arc`] with fixed bytes; where it is not there are several, with unknown bytes
//! ([`Byte::Lost`]) and constraints on what stands before and after. The search knows nothing about
//! the channel but this.

/// One byte of an arc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Byte {
    /// This byte.
    Is(u8),
    /// A byte that is gone: any high byte that the automaton accepts.
    Lost,
    /// A byte that is gone, known to lie in one of these ranges.
    LostIn(&'static [(u8, u8)]),
    /// One of [`Arc::choices`], each at its own cost.
    Choice,
}

/// What an arc stands for, for the edit list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The text as it stands.
    Same,
    /// The text as it stands, but one width or form of several: `,` for `，`.
    Form,
    /// A byte torn off its character by the noise before a mark.
    Torn,
    /// A byte that ate the ASCII character after it.
    Eaten,
    /// An annotation behind a character: no bytes.
    Annotation,
    /// What is left of an annotation whose parenthesis was eaten: one byte.
    Residue,
    /// A visible noise byte: no bytes.
    Noise,
    /// Pairs that the wrong decoder dropped.
    Vanished,
}

/// The most bytes one arc has: two dropped pairs and a character.
pub const MOST_BYTES: usize = 6;

/// The most choices one byte has: the ten digits and four signs.
pub const MOST_CHOICES: usize = 14;

/// One way to read the damaged text from `from` (known to the caller) up to `to`.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    /// Where it ends, in bytes of the damaged text.
    pub to: usize,
    /// The bytes that were sent.
    pub bytes: [Byte; MOST_BYTES],
    /// How many of `bytes` count.
    pub len: u8,
    /// What a [`Byte::Choice`] may be, with what each costs in nats; unused places are 0.
    pub choices: [(u8, f32); MOST_CHOICES],
    /// A character outside the code page, passed on as it is; only between characters.
    pub literal: Option<char>,
    /// A character that follows the bytes and is no text: the `<` of eaten markup.
    pub markup: Option<char>,
    /// Only if the last two bytes, this arc's included, are one of the pairs that
    /// [`Lattice::allows`] accepts under this number.
    pub behind: Option<u32>,
    /// Only if the bytes that follow begin with one of [`Lattice::marks`].
    pub before_mark: bool,
    /// Only where a character is begun or a mark is due: inside a run that is already torn.
    pub inside: bool,
    /// Whether taking it means that the text is damaged.
    pub opens: bool,
    /// How many hypotheses, best first, may take it: arcs with many unknown bytes cost too much to try on all.
    pub tries: u16,
    /// Only where no other arc goes on well.
    pub last_resort: bool,
    /// How many bytes at the start are pairs that the wrong decoder dropped ([`Lattice::is_dropped`]).
    pub dropped: u8,
    /// What it costs, in nats.
    pub cost: f32,
    /// What it stands for.
    pub kind: Kind,
}

impl Arc {
    /// An arc with fixed bytes, free of charge.
    pub fn same(to: usize, bytes: &[u8]) -> Arc {
        let mut arc = Arc {
            to,
            bytes: [Byte::Is(0); MOST_BYTES],
            len: 0,
            choices: [(0, 0.0); MOST_CHOICES],
            literal: None,
            markup: None,
            behind: None,
            before_mark: false,
            inside: false,
            opens: false,
            tries: u16::MAX,
            last_resort: false,
            dropped: 0,
            cost: 0.0,
            kind: Kind::Same,
        };
        for byte in bytes {
            arc.push(Byte::Is(*byte));
        }
        arc
    }

    /// An arc of the damage.
    pub fn damage(to: usize, bytes: &[Byte], kind: Kind, cost: f32) -> Arc {
        let mut arc = Arc {
            opens: true,
            cost,
            kind,
            ..Arc::same(to, &[])
        };
        for byte in bytes {
            arc.push(*byte);
        }
        arc
    }

    /// The same for the best hypotheses only.
    pub fn tried_on(self, tries: u16) -> Arc {
        Arc { tries, ..self }
    }

    fn push(&mut self, byte: Byte) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }

    /// The bytes that count.
    pub fn bytes(&self) -> &[Byte] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// A damaged text as bytes with alternatives. Positions are byte offsets in the damaged text.
pub trait Lattice {
    /// Where the text ends.
    fn end(&self) -> usize;

    /// Adds every arc that begins at `at`; at least one (the text as it stands) unless `at` is the end.
    fn arcs(&self, at: usize, arcs: &mut Vec<Arc>);

    /// Whether the pair of bytes may stand before an arc whose `behind` is `number`.
    fn allows(&self, number: u32, pair: u16) -> bool;

    /// Whether the wrong decoder shows nothing for the pair of bytes.
    fn is_dropped(&self, pair: u16) -> bool;

    /// The byte sequences before which the channel puts noise, two bytes each.
    fn marks(&self) -> &[u16];

    /// What it costs, in nats, when the pair of bytes is *not* followed by an annotation.
    fn owed(&self, pair: u16) -> f32;

    /// What it costs, in nats, that this character stands in the original text of this page.
    fn oddity(&self, c: char) -> f32;
}
