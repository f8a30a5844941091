//! Code pages as damaged sites use them, where they differ from the Encoding Standard.
//!
//! Decoding whole files is the business of [`crate::decode`]; this module answers for single pairs
//! of bytes, so that a damaged text can be turned back into the bytes it came from.

pub mod cp936;
mod cp936_table;
pub(crate) mod literal;
