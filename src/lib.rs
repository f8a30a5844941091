//! hanfix repairs garbled Chinese text, turns it into clean Simplified Chinese, and shows every change.
//!
//! Hundreds of thousands of scraped pages carry text like `社會(huì )工作`, `周?chē)?,` and
//! `城市規??焖贁U展`. That is no noise. It is what byte-level replacement in GBK leaves, and since most
//! bytes are still there, most characters can be restored, not guessed.
//!
//! ```
//! use hanfix::{Options, Repairer};
//!
//! let repairer = Repairer::new(Options::default());
//! let page = "黨的社會(huì )工作,把群眾團結凝聚在黨的周?chē)?,充分激發(fā)活力。社會(huì )建設的體制機制?！稕Q定》強調發(fā)展。";
//! let repaired = repairer.fix(page);
//! assert_eq!(repaired.text, "党的社会工作，把群众团结凝聚在党的周围，充分激发活力。社会建设的体制机制。《决定》强调发展。");
//! for edit in repaired.edits.iter() {
//!     // Every change names its rule, its span in the input, and how sure it is.
//!     println!("{}: {} -> {} ({:.2})", edit.rule, &page[edit.span.clone()], edit.new, edit.confidence);
//! }
//! ```
//!
//! # The way of the data
//!
//! ```text
//! source -> decode -> damage -> repair -> script -> normalize -> (edits) -> report | sink
//!  bytes     text     spans     edits     edits      edits
//! ```
//!
//! * [`source`] reads bytes, [`decode`] makes text of them and remembers what cannot be decoded.
//! * [`damage`] takes the first, fast look, and reads the page model: which characters are annotated
//!   here, with what.
//! * [`repair`] is a noisy-channel decoder. A channel turns the damaged text back into bytes with
//!   alternatives and holes (a lattice), the right codec is an automaton over bytes, and a beam search
//!   finds the original that explains the page best. The language model ([`lm`]) chooses among what the
//!   bytes allow; it never starts an edit by itself.
//! * [`script`] converts to the script that is wanted, [`normalize`] gives folded punctuation its width back.
//! * Each stage answers with an [`EditList`]; [`pipeline`] alone knows their order. [`report`] and
//!   `sink` see only edits. [`stream`] does all that for inputs larger than memory.
//!
//! The library never prints or exits, and reads nothing from the environment, except with the feature `batch`: a walk
//! through folders heeds what the user's git leaves out (`source::walk`), and large entries of archives are put
//! aside in the folder for temporary files (`batch::Spool`).
//!
//! # Features
//!
//! * `zhconv` (default): MediaWiki's regional words and wikitext rules as another engine of [`script`]. The crate
//!   zhconv is under GPL-2.0-or-later, so that what is built with it is under GPL-3.0-or-later.
//! * `cli` (default): the `hanfix` binary and reports as diffs. Library users take
//!   `default-features = false`.
//! * `batch` (part of `cli`): folders, formats with fields ([`field`]), archives ([`batch`]), and files that are
//!   written whole or not at all ([`sink`]).

pub mod source;
pub mod codec;
pub mod decode;
pub mod damage;
pub mod lm;
pub mod repair;
pub mod script;
pub mod normalize;
pub mod spelling;
pub mod edit;
pub mod pipeline;
#[cfg(feature = "batch")]
pub mod field;
pub mod stream;
pub mod report;
#[cfg(feature = "batch")]
pub mod batch;
#[cfg(feature = "batch")]
pub mod sink;

pub use edit::{Bias, Candidate, Edit, EditError, EditList, Evidence, Rule};
pub use lm::Model;
pub use pipeline::{Fill, Markup, Options, Punct, Repaired, Repairer, Target, Unresolved};
