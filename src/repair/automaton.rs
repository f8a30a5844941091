//! The right codec, one byte at a time.
//!
//! The search reads bytes (some of them unknown) and needs to know after each one whether a
//! character is complete, more bytes are awaited, or the sequence is impossible. That is all an
//! [`Automaton`] says; everything else about a code page stays with its channel.

use crate::codec::cp936;

/// The bytes of a character that is not complete yet; at most three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pending(u32);

impl Pending {
    /// Nothing is awaited: the next byte begins a character.
    pub const NONE: Pending = Pending(0);

    /// The state after `byte` was added to what was pending.
    pub fn with(self, byte: u8) -> Pending {
        Pending(self.0 << 8 | u32::from(byte))
    }

    /// Whether the next byte begins a character.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The bytes that were read, the last one lowest; 0 when nothing is pending.
    pub fn bytes(self) -> u32 {
        self.0
    }

    /// The last byte that was read, 0 when nothing is pending.
    pub fn last_byte(self) -> u8 {
        self.0 as u8
    }
}

/// What one more byte does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// More bytes are needed.
    Wait(Pending),
    /// A character is complete.
    Emit(char),
    /// No text in this encoding has this byte here.
    Reject,
}

/// A decoder as a state machine over bytes.
pub trait Automaton {
    /// Reads one byte in a state.
    fn step(&self, pending: Pending, byte: u8) -> Step;
}

/// Code page 936, strict: the original text was well formed, so a lead byte must have its trail byte.
///
/// ```
/// use hanfix::repair::automaton::{Automaton, Cp936, Pending, Step};
/// let Step::Wait(lead) = Cp936.step(Pending::NONE, 0xC4) else { panic!() };
/// assert_eq!(Cp936.step(lead, 0xA3), Step::Emit('模'));
/// assert_eq!(Cp936.step(lead, b'?'), Step::Reject);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Cp936;

impl Automaton for Cp936 {
    fn step(&self, pending: Pending, byte: u8) -> Step {
        if pending.is_none() {
            if byte < 0x80 {
                Step::Emit(char::from(byte))
            } else if cp936::is_lead(byte) {
                Step::Wait(Pending::NONE.with(byte))
            } else {
                Step::Reject
            }
        } else {
            match cp936::decode(pending.last_byte(), byte) {
                Some(c) => Step::Emit(c),
                None => Step::Reject,
            }
        }
    }
}
