//! Undoing what stores did to the text after the damage.

pub mod punctuation;
