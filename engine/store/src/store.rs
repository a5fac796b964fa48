//! The store: steps go in, cases, journal, timers and definitions come out.

use std::borrow::Borrow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use casewright_chart::Timestamp;
use casewright_definition::{Bundle, Digest};

use crate::answer::{Expiring, RequestKey};
use crate::codec::answer_record::AnswerRecord;
use crate::codec::case_record::{CaseRecord, Link};
use crate::codec::decode;
use crate::codec::journal_record::JournalRecord;
use crate::due_timer::DueTimer;
use crate::error::StoreError;
use crate::filter::CaseFilter;
use crate::key_value::{Batch, KeyValue, Range, Row};
use crate::migrations;
use crate::step::{StepWrite, StoredCase, add_step};
use crate::tables::{Table, index_key, index_prefix, timer_bound};
use crate::verify::BrokenChain;

/// A store on some backend.
pub struct Store {
    key_value: Box<dyn KeyValue>,
    /// The place that the next record of the journal gets. Only [`Store::commit`] moves it, and one
    /// thread at a time commits.
    next_sequence: AtomicU64,
    /// What was written since the store was opened.
    written: Written,
    /// Whether the last commit failed for the backend's sake.
    failed: AtomicBool,
    /// Which answers are forgotten next. Only [`Store::commit`] asks.
    expiring: Mutex<Expiring>,
}

/// What was written since a store was opened.
#[derive(Debug, Default)]
struct Written {
    steps: AtomicU64,
    commits: AtomicU64,
}

/// A definition as it is stored.
#[derive(Clone, Debug)]
pub struct StoredDefinition {
    /// Its digest.
    pub digest: Digest,
    /// What it is made of.
    pub bundle: Bundle,
}

impl Store {
    /// Opens a store, prepares it when it is new, and migrates it when it is of an older format.
    ///
    /// # Errors
    /// The backend failed, or the store has a format that is not known.
    pub fn open(key_value: Box<dyn KeyValue>) -> Result<Self, StoreError> {
        migrations::prepare(&*key_value)?;
        let last = key_value.scan(
            Table::Journal,
            &Range {
                start: Vec::new(),
                end: None,
                reverse: true,
                limit: 1,
            },
        )?;
        let last = match last.first() {
            Some((key, _)) => sequence_of(key)?,
            None => 0,
        };
        let next = last.checked_add(1);
        let next =
            next.ok_or_else(|| StoreError::corrupt(Table::Journal, "no sequence is left"))?;
        let expiring = Mutex::new(Expiring::of(&*key_value)?);
        Ok(Store {
            expiring,
            key_value,
            next_sequence: AtomicU64::new(next),
            written: Written::default(),
            failed: AtomicBool::new(false),
        })
    }

    /// Writes steps in one commit: each with its record, timers, index entries, and its answer if that is
    /// remembered; some answers that have expired go with it. Gives the places of their records in the
    /// journal. Must not run twice at a time.
    ///
    /// # Errors
    /// A case is no longer what a step was based on, or the backend failed. Nothing was written.
    pub fn commit(&self, steps: &[impl Borrow<StepWrite>]) -> Result<Vec<u64>, StoreError> {
        let first = self.next_sequence.load(Ordering::Relaxed);
        let mut batch = Batch::default();
        let count = steps.len();
        let mut sequences = Vec::with_capacity(count);
        let steps = || steps.iter().map(Borrow::borrow);
        for (step, sequence) in steps().zip(first..) {
            add_step(&mut batch, step, sequence)?;
            sequences.push(sequence);
        }
        let mut expiring = self.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        let now = steps().map(|step| step.record.at.unix_ms()).max();
        let now = now.unwrap_or(i64::MIN);
        let left = expiring.remove(&*self.key_value, &mut batch, count, now);
        let committed = self.key_value.commit(batch);
        let failed = matches!(
            committed,
            Err(StoreError::Io(_) | StoreError::Corrupt { .. })
        );
        self.failed.store(failed, Ordering::Relaxed);
        committed?;
        let answers = steps().filter_map(|step| step.answer.as_ref());
        if let Some(left) = left {
            *expiring = left;
        }
        answers.for_each(|answer| expiring.note(answer));
        let count = count as u64;
        self.next_sequence.store(first + count, Ordering::Relaxed);
        self.written.steps.fetch_add(count, Ordering::Relaxed);
        self.written.commits.fetch_add(1, Ordering::Relaxed);
        Ok(sequences)
    }

    /// What it lies on.
    pub(crate) fn key_value(&self) -> &dyn KeyValue {
        &*self.key_value
    }

    /// Where the last record of the journal stands; 0 when there is none.
    pub fn last_sequence(&self) -> u64 {
        self.next_sequence.load(Ordering::Relaxed) - 1
    }

    /// How many steps were written since the store was opened, and in how many commits.
    pub fn written(&self) -> (u64, u64) {
        let steps = self.written.steps.load(Ordering::Relaxed);
        let commits = self.written.commits.load(Ordering::Relaxed);
        (steps, commits)
    }

    /// Whether the last commit failed for the backend's sake. Until one succeeds again, more will not.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// A case, as it is stored.
    ///
    /// # Errors
    /// The backend failed, or the record is damaged.
    pub fn case(&self, id: &str) -> Result<Option<StoredCase>, StoreError> {
        match self.key_value.get(Table::Cases, id.as_bytes())? {
            Some(bytes) => {
                let record = decode(Table::Cases, &bytes)?;
                Ok(Some(StoredCase { record, bytes }))
            }
            None => Ok(None),
        }
    }

    /// What was answered to a request, if that is remembered; it may have expired.
    ///
    /// # Errors
    /// The backend failed, or the record is damaged.
    pub fn answer(&self, request: &RequestKey) -> Result<Option<AnswerRecord>, StoreError> {
        let found = self.key_value.get(Table::Answers, request.bytes())?;
        found
            .map(|bytes| decode(Table::Answers, &bytes))
            .transpose()
    }

    /// The ids of cases in order, after `after` if it is given.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn case_ids(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let parts = filter.parts();
        let prefix = index_prefix(&parts);
        let after = after.map(|after| index_key(&parts, after));
        let range = Range::prefix(&prefix, after.as_deref(), limit);
        let rows = self.key_value.scan(Table::Index, &range)?;
        let id = |(key, _): &Row| {
            let id = key.get(prefix.len()..).map(std::str::from_utf8);
            match id {
                Some(Ok(id)) => Ok(id.to_owned()),
                _ => Err(StoreError::corrupt(Table::Index, "a key holds no id")),
            }
        };
        rows.iter().map(id).collect()
    }

    /// The record with which a case was opened.
    ///
    /// # Errors
    /// The backend failed, or the record is not the one that it was.
    pub fn opening(&self, case: &CaseRecord) -> Result<JournalRecord, StoreError> {
        self.journal_record(case.first)
    }

    /// Up to `limit` records of a case that follow the revision `after`, the oldest first, each with its
    /// place in the journal. The chain is followed from its end, so early pages take longer.
    ///
    /// # Errors
    /// The backend failed, or the chain of records is broken.
    pub fn history(
        &self,
        case: &CaseRecord,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, JournalRecord)>, StoreError> {
        let until = after.saturating_add(limit as u64);
        let mut records = Vec::new();
        let mut next = Some(case.last);
        while let Some(link) = next {
            let record = self.journal_record(link)?;
            if record.revision <= after {
                break;
            }
            next = record.previous;
            if record.revision <= until {
                records.push((link.sequence, record));
            }
        }
        records.reverse();
        Ok(records)
    }

    /// The record that a link points at, if it is the one that was linked.
    fn journal_record(&self, link: Link) -> Result<JournalRecord, StoreError> {
        let record = self.linked(link)?;
        match record.previous {
            // A chain that goes forward would never end.
            Some(previous) if previous.sequence >= link.sequence => {
                let what = "it does not follow the record before it".to_owned();
                Err(BrokenChain::at(link, what).into())
            }
            _ => Ok(record),
        }
    }

    /// Timers that are due, the earliest first.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn due_timers(&self, now: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        let range = Range {
            start: Vec::new(),
            end: Some(timer_bound(now.unix_ms().saturating_add(1)).to_vec()),
            reverse: false,
            limit,
        };
        let rows = self.key_value.scan(Table::Timers, &range)?;
        rows.iter().map(|(key, _)| DueTimer::of_key(key)).collect()
    }

    /// When the first timer is due that is due later than `after`.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let range = Range {
            start: timer_bound(after.unix_ms().saturating_add(1)).to_vec(),
            end: None,
            reverse: false,
            limit: 1,
        };
        let rows = self.key_value.scan(Table::Timers, &range)?;
        let timer = rows
            .first()
            .map(|(key, _)| DueTimer::of_key(key))
            .transpose()?;
        Ok(timer.map(|timer| timer.due))
    }

    /// Removes a timer whose case does not know it, which no step leaves behind.
    ///
    /// # Errors
    /// The backend failed.
    pub fn drop_timer(&self, timer: &DueTimer) -> Result<(), StoreError> {
        self.key_value.commit(Batch {
            deletes: vec![(Table::Timers, timer.key())],
            ..Batch::default()
        })
    }

    /// Moves a timer to a later time, at which it is tried again. Its case still thinks it due when
    /// it was.
    ///
    /// # Errors
    /// The backend failed.
    pub fn put_off_timer(&self, timer: &DueTimer, later: Timestamp) -> Result<(), StoreError> {
        let later = DueTimer {
            due: later,
            ..timer.clone()
        };
        self.key_value.commit(Batch {
            deletes: vec![(Table::Timers, timer.key())],
            puts: vec![(Table::Timers, later.key(), Vec::new())],
            ..Batch::default()
        })
    }

    /// Makes definitions those that new cases of their workflows start with.
    ///
    /// # Errors
    /// The backend failed.
    pub fn apply(&self, definitions: &[(Digest, &Bundle)]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for (digest, bundle) in definitions {
            let bytes = bundle.to_bytes().map_err(|error| {
                StoreError::corrupt(Table::Definitions, format!("cannot encode: {error}"))
            })?;
            let key = digest.0.to_vec();
            let workflow = bundle.workflow.id.as_bytes().to_vec();
            batch.puts.push((Table::Definitions, key.clone(), bytes));
            batch.puts.push((Table::Workflows, workflow, key));
        }
        self.key_value.commit(batch)
    }

    /// A definition by its digest.
    ///
    /// # Errors
    /// The backend failed, or the bundle is damaged.
    pub fn definition(&self, digest: Digest) -> Result<Option<Bundle>, StoreError> {
        let bytes = self.key_value.get(Table::Definitions, &digest.0)?;
        let Some(bytes) = bytes else { return Ok(None) };
        if Digest::of(&bytes) != digest {
            let message = format!("definition {digest} is not what was stored");
            return Err(StoreError::corrupt(Table::Definitions, message));
        }
        let bundle = Bundle::from_bytes(&bytes).map_err(|error| {
            StoreError::corrupt(Table::Definitions, format!("definition {digest}: {error}"))
        })?;
        Ok(Some(bundle))
    }

    /// The definitions that new cases start with, by the ids of their workflows.
    ///
    /// # Errors
    /// The backend failed, or a bundle is damaged.
    pub fn definitions(&self) -> Result<Vec<StoredDefinition>, StoreError> {
        let rows = self
            .key_value
            .scan(Table::Workflows, &Range::prefix(&[], None, usize::MAX))?;
        let definition = |(workflow, digest): &(Vec<u8>, Vec<u8>)| {
            let broken = |what: &str| {
                let workflow = String::from_utf8_lossy(workflow);
                StoreError::corrupt(Table::Workflows, format!("workflow `{workflow}` {what}"))
            };
            let digest: [u8; 32] = digest
                .as_slice()
                .try_into()
                .map_err(|_| broken("points at no digest"))?;
            let digest = Digest(digest);
            let bundle = self.definition(digest)?;
            let bundle = bundle.ok_or_else(|| broken("points at a definition that is missing"))?;
            Ok(StoredDefinition { digest, bundle })
        };
        rows.iter().map(definition).collect()
    }
}

fn sequence_of(key: &[u8]) -> Result<u64, StoreError> {
    key.try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| StoreError::corrupt(Table::Journal, "a key holds no sequence"))
}
