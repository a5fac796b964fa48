//! The workflow file: reading, checking, and lowering it to a chart.
//!
//! - [`mod@file`] is the format, [`source`] and [`read`] get it from text with every position,
//!   [`diagnostic`] says what is wrong with it;
//! - [`lower`] turns it into a [`Definition`]: a chart, compiled [`expression`]s, and what events
//!   may carry ([`data`]);
//! - [`pack`] is the folder around it, [`calendar`] one file of that;
//! - [`analysis`] judges it as a whole, [`explain`] has a page for every kind of finding;
//! - [`export`] writes workflows in other formats;
//! - [`import`] makes workflows of charts in other formats;
//! - [`Evaluator`] answers what a chart asks of its definition;
//! - [`diagram`] draws one, [`schema`] says to editors what the files may hold.
//!
//! Architecture invariants: no clock, no IO. A file is text that the caller has read; nothing is
//! fetched for a schema's reference.

pub mod analysis;
pub mod calendar;
pub mod data;
pub mod definition;
pub mod diagnostic;
pub mod diagram;
pub mod evaluator;
pub mod explain;
pub mod export;
pub mod expression;
pub mod file;
pub mod import;
pub mod json;
pub mod lower;
pub mod pack;
pub mod read;
pub mod schema;
pub mod source;
#[cfg(feature = "testing")]
pub mod testing;

pub use definition::{Bundle, Decision, Definition, Digest, Service, Signature};
pub use evaluator::{Decide, Evaluator};
pub use expression::{Circumstances, Subject};
pub use lower::{FunctionKind, FunctionSchemas, Functions};
pub use pack::{Checked, Files, Pack};
pub use read::Findings;
