//! What must hold for every input: no panic, no hang, and what a function promises of its answer.
//!
//! Each function is the body of one fuzz target, takes any bytes, and panics when something does not
//! hold. `./run` builds the targets, makes their first inputs of the files of the checkout, and runs them.

// Code with coverage reports to it.
#[cfg(feature = "libfuzzer")]
use libfuzzer_sys as _;

mod commands;
mod components;
mod documents;
mod expressions;
mod guests;
mod plugin_json;
mod sections;
mod shipped;

pub use commands::simulate;
pub use components::{component, small_plugins};
pub use documents::{check, pack, scxml};
pub use expressions::expression;
pub use plugin_json::{json_seeds, plugin_json};
pub use sections::{mutate, without_code};

/// Reads the shipped pack before the first input, whose time is measured.
pub fn prepare() {
    assert!(shipped::shipped().is_sound(), "the shipped pack is sound");
}
