//! Undoing what stores did to the text after the damage.

pub mod escapes;
pub mod pieces;
pub mod punctuation;
mod surroundings;
