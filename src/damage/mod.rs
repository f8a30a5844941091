//! Is this broken, where, and by which channel.

pub mod trigger;
pub mod markup;
pub mod annotation;
pub mod page;
pub mod readings;
mod readings_table;
