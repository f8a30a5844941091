//! The ways text is damaged: each channel turns a damaged text into a lattice, and can be run forwards.

pub mod misread;
pub mod splice;
