//! Scenarios: what happens to one case, line by line, and what must come of it.
//!
//! - [`suite`] is the scenarios beside a pack: YAML that opens a case, sends events, lets time pass, and
//!   says what is expected then; [`mod@file`] is its shape, [`names`] holds it against the workflow, [`mocks`]
//!   answers in place of plugins, [`coverage`] is what the runs have gone through; `walk` is those that
//!   go through the chart alone, [`mod@counterexample`] writes one for a workflow that is not sound;
//! - [`script`] is the same as JSON Lines, for programs that feed a case line by line;
//! - [`run`] takes one case through it, with the pure core and a clock that only the script moves: no
//!   server, no store, no waiting;
//! - [`expectation`] judges where the case stands;
//! - [`json`] and [`text`] show what happened, [`explanation`] what may happen next.
//!
//! Invariant: the same workflow, script and start give the same bytes, on any machine, at any time.

pub mod counterexample;
pub mod coverage;
pub mod delay;
pub mod expectation;
pub mod explanation;
pub mod file;
pub mod json;
pub mod mocks;
pub mod names;
pub mod play;
pub mod refusal;
pub mod run;
pub mod script;
pub mod suite;
pub mod text;
mod walk;

use std::fmt;

pub use play::{Failed, News, Report, play};
pub use run::{CASE_ID, Cause, Happening, Opening, Run, START};
pub use script::Script;
pub use suite::Scenario;

/// Why a script cannot be run to its end, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The script.
    pub name: String,
    /// The line, from 1; 0 when it is about no line.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", place(&self.name, self.line), self.message)
    }
}

impl std::error::Error for Fault {}

/// `e.jsonl:3`, or the bare name for line 0.
pub fn place(name: &str, line: usize) -> String {
    match line {
        0 => name.to_owned(),
        _ => format!("{name}:{line}"),
    }
}

#[cfg(test)]
mod tests;
