//! Clock, lanes, timers and commit: the only place with time and threads.
//!
//! One command goes through here like this: [`Runtime`] puts it into the lane of its case (`lane`),
//! reads the case, takes the pure step with the time of the [`clock`] and the answers of the
//! [`plugins`], hands what came of it to the committer (`committer`), and answers once that is on
//! disk. What is due later is woken by `timer`, services that a step has started are run by [`jobs`]. A request that may be sent again is carried out [`once`].
//! [`mod@verify`] asks of a whole store whether it is what its journal leads to, [`mod@repair`] makes it so.
//!
//! Architecture invariants: a step is taken at one `now`; a case's commands are serial, cases are
//! not; nothing is acknowledged before it is synced, and nothing acts before it is acknowledged.

mod alarm;
pub mod bulk;
pub mod clock;
mod command;
mod committer;
pub mod definitions;
pub mod error;
pub mod jobs;
mod lane;
pub mod once;
pub mod plugins;
pub mod query;
pub mod regression;
pub mod repair;
pub mod runtime;
pub mod services;
pub mod space;
mod sweep;
mod timer;
pub mod verify;
mod workers;

pub use clock::{Clock, ManualClock, Stopwatch, SystemClock};
pub use definitions::Definitions;
pub use error::CommandError;
pub use once::{Done, Once, Reply, Terms};
pub use plugins::{NotTaken, Plugins};
pub use repair::repair;
pub use runtime::{Committed, Runtime, View};
pub use services::{Retry, Serve, ServiceAnswer, ServiceCall, ServiceError};
pub use space::Spaces;
pub use verify::{Report, verify};

/// The name of the store's file in the data folder.
pub use casewright_store::disk::FILE_NAME as STORE_FILE;
pub use casewright_store::{
    CaseFilter, JobKey, JobStatus, Queued, RequestKey, StoreError, StoredJob, upkeep,
};
