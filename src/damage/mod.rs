//! (skeleton)
pub mod readings;
mod readings_table;
