//! What the tests share: the cases of `fixtures/`, what every repair must hold to, sentences to damage.

// Each test file is a crate of its own and takes what it needs.
#![allow(dead_code)]

pub(crate) mod case;
pub(crate) mod sentences;
pub(crate) mod sound;
