//! Keys and records on an ordered key-value store.
//!
//! - [`tables`] states the whole database: every table, key and value, and their versions;
//! - [`codec`] is the stored form of records: CBOR (RFC 8949) behind a version byte;
//! - [`key_value`] is the seam: `get`, `scan`, and one atomic, conditional `commit`. Behind it lie
//!   [`write_ahead`], a log in front of redb, for use and [`memory`] for tests;
//! - [`step`] is what goes into one commit, [`answer`] what is remembered with it, [`filter`] and
//!   [`due_timer`] what is asked for, [`job`] the services that are to be run;
//! - [`verify`] is for who looks at rows without believing them;
//! - [`upkeep`] says what a closed store takes on disk, and makes that less;
//! - [`Store`] writes steps and reads cases, journal, timers and definitions through it.
//!
//! Architecture invariants: keys, records and queries are written once, above the seam; a backend
//! knows nothing of cases. Whatever is acknowledged has been synced.

pub mod answer;
pub mod codec;
pub mod disk;
pub mod due_timer;
pub mod error;
pub mod filter;
pub mod job;
pub mod key_value;
mod log;
pub mod memory;
mod migrations;
mod overlay;
mod plugin_values;
mod redb_file;
mod redb_store;
#[cfg(feature = "simulated")]
pub mod simulated;
pub mod step;
pub mod store;
pub mod tables;
mod trial;
pub mod upkeep;
pub mod verify;
pub mod write_ahead;

pub use answer::{AnswerWrite, RequestKey};
pub use codec::answer_record::{AnswerRecord, HeaderRecord};
pub use codec::case_record::{CaseRecord, Link};
pub use codec::job_record::{FailureRecord, JobRecord};
pub use codec::journal_record::JournalRecord;
pub use due_timer::DueTimer;
pub use error::StoreError;
pub use filter::CaseFilter;
pub use job::{JobKey, JobStatus, Queued, StartedJob, StoredJob};
pub use key_value::{Batch, KeyValue, Precondition, Range, Row};
pub use memory::Memory;
pub use step::{StepWrite, StoredCase};
pub use store::{Store, StoredDefinition};
pub use write_ahead::WriteAhead;
