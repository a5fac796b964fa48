//! Clock, lanes, timers and commit: the only place with time and threads.
//!
//! One command goes through here like this: [`Runtime`] puts it into the lane of its case (`lane`),
//! reads the case, takes the pure step with the time of the [`clock`] and the answers of the
//! [`plugins`], hands what came of it to the committer (`committer`), and answers once that is on
//! disk. What is due later is woken by `timer`.
//!
//! Architecture invariants: a step is taken at one `now`; a case's commands are serial, cases are
//! not; nothing is acknowledged before it is synced, and nothing acts before it is acknowledged.

pub mod bulk;
pub mod clock;
mod committer;
pub mod definitions;
pub mod error;
mod lane;
pub mod plugins;
pub mod query;
pub mod runtime;
mod timer;

pub use clock::{Clock, ManualClock, Stopwatch, SystemClock};
pub use definitions::Definitions;
pub use error::CommandError;
pub use plugins::Plugins;
pub use runtime::{Committed, Runtime, View};

pub use casewright_store::{CaseFilter, StoreError, upkeep};
