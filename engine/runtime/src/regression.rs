//! A plugin that might take the place of another, asked what that one was asked.
//!
//! The journal keeps what every decision was asked and what it answered. So before a candidate decides anything, it
//! can be seen where it would have decided otherwise.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use casewright_chart::{Timestamp, Value};
use casewright_definition::json::{from_json, to_json};
use casewright_host::{CallError, Plugin};
use casewright_store::tables::Table;
use casewright_store::{JournalRecord, Store, StoreError};

use crate::sweep::every_row;
use crate::verify::{Watch, lock, open_existing};

/// A decision that the candidate would have made otherwise.
#[derive(Debug)]
pub struct Otherwise {
    /// The place of its step in the journal.
    pub sequence: u64,
    /// The case.
    pub case: String,
    /// The revision of the case after the step.
    pub revision: u64,
    /// When the step was taken.
    pub at: Timestamp,
    /// The function.
    pub function: String,
    /// What it was asked.
    pub input: Value,
    /// What it answered.
    pub answered: Value,
    /// The digest of the plugin that did.
    pub digest: String,
    /// What the candidate answers, or why it does not.
    pub candidate: Result<Value, CallError>,
}

/// What asking a candidate came to.
#[derive(Debug, Default)]
pub struct Regression {
    /// How many decisions of the plugin there are.
    pub decisions: u64,
    /// Those that the candidate would have made otherwise, in the order of the journal; the first ones, if there
    /// are more than were asked for.
    pub otherwise: Vec<Otherwise>,
    /// How many there are of these.
    pub others: u64,
}

/// Asks a candidate everything that the plugin of its name was asked. At most `keep` of the differences are kept.
///
/// # Errors
/// The backend failed, or the journal is damaged.
pub fn regress(
    store: &Store,
    candidate: &Plugin,
    keep: usize,
    watch: Watch<'_>,
) -> Result<Regression, StoreError> {
    let of = store.last_sequence();
    let done = AtomicU64::new(0);
    let found = Mutex::new(Regression::default());
    every_row(store, Table::Journal, |(key, value)| {
        let record = JournalRecord::of_bytes(&value)?;
        let key = <[u8; 8]>::try_from(key.as_slice());
        let sequence = key.map(u64::from_be_bytes);
        let sequence = sequence.map_err(|_| StoreError::Corrupt {
            table: Table::Journal,
            message: "a key is no number".to_owned(),
        })?;
        ask(candidate, sequence, record, keep, &found);
        watch(done.fetch_add(1, Ordering::Relaxed) + 1, of);
        Ok(())
    })?;
    let found = found.into_inner();
    Ok(found.unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// As [`regress`], for the store in a folder.
///
/// # Errors
/// There is no store in the folder, it is in use, or cannot be opened; and as [`regress`].
pub fn regress_folder(
    folder: &Path,
    candidate: &Plugin,
    keep: usize,
    watch: Watch<'_>,
) -> Result<Regression, StoreError> {
    regress(&open_existing(folder)?, candidate, keep, watch)
}

/// Asks the candidate what its plugin was asked in one step.
fn ask(
    candidate: &Plugin,
    sequence: u64,
    record: JournalRecord,
    keep: usize,
    found: &Mutex<Regression>,
) {
    let (case, revision, at) = (record.case.clone(), record.revision, record.at());
    for decided in record.into_decisions() {
        let Some(function) = function_of(&decided.answer.function, candidate.name()) else {
            continue;
        };
        let answer = candidate.decide(function, &to_json(&decided.input).to_string());
        let answer = answer.map(|answer| from_json(&answer.value));
        let is_same = answer
            .as_ref()
            .is_ok_and(|answer| *answer == decided.answer.output);
        let mut found = lock(found);
        found.decisions += 1;
        if is_same {
            continue;
        }
        found.others += 1;
        let place = found
            .otherwise
            .partition_point(|other| other.sequence <= sequence);
        if place == keep {
            continue;
        }
        let otherwise = Otherwise {
            sequence,
            case: case.clone(),
            revision,
            at,
            function: function.to_owned(),
            input: decided.input,
            answered: decided.answer.output,
            digest: decided.answer.digest.as_ref().to_owned(),
            candidate: answer,
        };
        found.otherwise.insert(place, otherwise);
        found.otherwise.truncate(keep);
    }
}

/// The function's name, if it is one of this plugin.
fn function_of<'a>(function: &'a str, plugin: &str) -> Option<&'a str> {
    function.strip_prefix(plugin)?.strip_prefix('.')
}
