//! What a case is on top of the chart: its data, who may do what to it, and the record of it.
//!
//! - [`Case`] is one run of a workflow, [`Actor`] somebody who does something to it;
//! - [`open`], [`send`] and [`fire`] take a command and give an [`Outcome`]: the case as it is then,
//!   the [`Record`] for the journal, and the effects to act on once both are stored; or a
//!   [`Refusal`], and nothing has happened;
//! - [`possible()`] tells what an actor may do next;
//! - [`explain`] tells of every event what would come of it or why not, [`rehearse`] of one with its
//!   data;
//! - [`replay()`] takes the records of a case again and gives the case again;
//! - [`trace`] puts what happened inside a step into words.
//!
//! Architecture invariants: no clock, no IO, no storage. The same case, command, `now` and decisions
//! always give the same outcome, which is what lets a journal be replayed.

pub mod actor;
pub mod case;
pub mod command;
pub mod explanation;
pub mod possible;
pub mod record;
pub mod refusal;
pub mod replay;
pub mod trace;

pub use actor::Actor;
pub use case::Case;
pub use command::{Outcome, Setting, fire, open, send, settle};
pub use explanation::{
    Candidate, EventExplanation, Rehearsal, Returning, ServiceExplanation, TimerExplanation, Turn,
    Verdict, explain, explain_services, explain_timers, rehearse,
};
pub use possible::{Possible, possible};
pub use record::{Cause, Emitted, Record, Served};
pub use refusal::{Blocked, Refusal};
pub use replay::{Difference, Replay, replay};
