//! The language model: how likely is this character after those two?
//!
//! The model never starts an edit. Byte evidence says that a spot is broken; the model only ranks
//! what may have stood there. It is a trigram model over [`Symbol`]s: Han characters folded to
//! Simplified, marks folded to fullwidth, one symbol for a run of letters, one for a number, one
//! for the edge of a line. All scores are natural logarithms (nats).
//!
//! * [`Model`] looks up, straight from the bytes of a model file ([`Model::embedded`] is built in).
//! * [`Counts`] are what a model is made from: read from count tables or made from a folder of text,
//!   with the words of a dictionary added where text is thin.
//! * [`train`] turns counts into a model file: absolute discounting (Ney, Essen & Kneser 1994),
//!   pruned by weighted difference (Seymore & Rosenfeld 1996), quantised.
//! * [`evaluate`] measures perplexity and the lost-lead-byte task on text.
//!
//! ```
//! use hanfix::lm::Model;
//!
//! let model = Model::embedded();
//! // The lead byte of 模 (C4A3) was lost; 玻 (B2A3) has the same trail byte.
//! let score = |text: &str| {
//!     let mut context = model.line_start();
//!     let mut sum = 0.0;
//!     for c in text.chars() {
//!         let (next, log_prob) = model.advance(context, c);
//!         context = next;
//!         sum += log_prob;
//!     }
//!     sum
//! };
//! assert!(score("城市规模快速扩展") > score("城市规玻快速扩展"));
//! ```

mod counts;
mod evaluate;
mod format;
mod fuse;
mod model;
mod symbol;
mod train;
mod words;

pub use counts::{Counts, CountsError, read_text, text_files};
pub use evaluate::{Evaluation, evaluate};
pub use format::ModelError;
pub use model::{Model, Row};
pub use symbol::{Context, Symbol};
pub use train::{DEFAULT_SIZE, TrainError, Training, train};
