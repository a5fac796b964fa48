//! What a repair writes, in commits of a bounded size.

use std::sync::Mutex;

use casewright_store::tables::Table;
use casewright_store::{Batch, CaseRecord, JobKey, JobRecord, Store, StoreError, job};

use crate::verify::lock;

use super::Mode;

/// How much is written in one commit, in bytes of keys and values, unless a single case takes more.
const COMMIT_BYTES: usize = 64 * 1024;

/// Collects rows and commits them when there are enough.
pub(super) struct Writer<'a> {
    store: &'a Store,
    mode: Mode,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    batch: Batch,
    bytes: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(store: &'a Store, mode: Mode) -> Self {
        Writer {
            store,
            mode,
            waiting: Mutex::default(),
        }
    }

    pub(super) fn put_case(&self, id: &str, record: &CaseRecord) -> Result<(), StoreError> {
        let row = (Table::Cases, id.as_bytes().to_vec(), record.to_bytes()?);
        let bytes = row.1.len() + row.2.len();
        self.add(bytes, |batch| batch.puts.push(row))
    }

    /// A job, with its place in the queue.
    pub(super) fn put_job(&self, key: &JobKey, record: &JobRecord) -> Result<(), StoreError> {
        let mut rows = Batch::default();
        job::put(&mut rows, key, record)?;
        let bytes = rows.puts.iter().map(|row| row.1.len() + row.2.len()).sum();
        self.add(bytes, |batch| batch.puts.append(&mut rows.puts))
    }

    /// A row beside a case, which holds nothing.
    pub(super) fn put(&self, table: Table, key: Vec<u8>) -> Result<(), StoreError> {
        self.add(key.len(), |batch| batch.puts.push((table, key, Vec::new())))
    }

    pub(super) fn delete(&self, table: Table, key: Vec<u8>) -> Result<(), StoreError> {
        self.add(key.len(), |batch| batch.deletes.push((table, key)))
    }

    fn add(&self, bytes: usize, add: impl FnOnce(&mut Batch)) -> Result<(), StoreError> {
        if self.mode == Mode::DryRun {
            return Ok(());
        }
        let mut waiting = lock(&self.waiting);
        add(&mut waiting.batch);
        waiting.bytes += bytes;
        match waiting.bytes < COMMIT_BYTES {
            true => Ok(()),
            false => self.commit(&mut waiting),
        }
    }

    fn commit(&self, waiting: &mut Waiting) -> Result<(), StoreError> {
        let Waiting { batch, .. } = std::mem::take(waiting);
        match batch.puts.is_empty() && batch.deletes.is_empty() {
            true => Ok(()),
            false => self.store.write_derived(batch),
        }
    }

    /// Commits what is left.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.commit(&mut lock(&self.waiting))
    }
}
