//! Repair as decoding of a noisy channel: the original text that best explains the damaged page.
//!
//! A channel ([`channel`]) turns damaged text into a [`lattice`] of bytes with holes, the codec that
//! the page was written in is an [`automaton`], and the [`search`] finds the best way through both
//! with the language model. [`spots`] decides where to search, how sure an answer is, and writes edits.

pub mod automaton;
pub mod lattice;
pub mod search;
pub mod channel;
pub mod cache;
pub mod gaps;
pub mod spots;
pub mod comma;
pub mod lone;
