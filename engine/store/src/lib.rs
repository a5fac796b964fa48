//! Keys and records on an ordered key-value store.
//!
//! - [`tables`] states the whole database: every table, key and value, and their versions;
//! - [`codec`] is the stored form of records: CBOR (RFC 8949) behind a version byte;
//! - [`key_value`] is the seam: `get`, `scan`, and one atomic, conditional `commit`. Behind it lie
//!   [`redb_store`] for use and [`memory`] for tests;
//! - [`Store`] writes steps and reads cases, journal, timers and definitions through it.
//!
//! Architecture invariants: keys, records and queries are written once, above the seam; a backend
//! knows nothing of cases. Whatever is acknowledged has been synced.

pub mod codec;
pub mod error;
pub mod key_value;
pub mod memory;
mod redb_file;
pub mod redb_store;
pub mod store;
pub mod tables;

pub use codec::case_record::{CaseRecord, Link};
pub use codec::journal_record::JournalRecord;
pub use error::StoreError;
pub use key_value::{Batch, KeyValue, Precondition, Range, Row};
pub use memory::Memory;
pub use redb_store::Redb;
pub use store::{CaseFilter, DueTimer, StepWrite, Store, StoredCase, StoredDefinition};
