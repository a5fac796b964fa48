//! Jobs: each service that a case runs has one, and its place in the queue. There are no others.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use casewright_store::tables::Table;
use casewright_store::{JobKey, JobRecord, Queued, StoreError, StoredJob};

use super::fault::{Fault, Kind};
use super::inspector::{Replayed, Stop, of_store};
use super::{Fix, Verification, lock};

/// What was found of the jobs of sound cases.
#[derive(Default)]
pub(crate) struct Counts {
    jobs: AtomicU64,
    queued: AtomicU64,
    /// Where jobs would wait that are missing.
    missing: Mutex<BTreeSet<Vec<u8>>>,
}

impl Verification<'_> {
    /// Looks for the jobs of a case.
    pub(crate) fn jobs_of(&self, replayed: &Replayed) -> Result<(), StoreError> {
        for job in &replayed.jobs {
            self.job(job)?;
        }
        Ok(())
    }

    fn job(&self, (key, started): &(JobKey, JobRecord)) -> Result<(), StoreError> {
        let again = || {
            let place = started.queue_key(key);
            lock(&self.jobs.missing).insert(place);
            Fix::Job(Box::new((key.clone(), started.clone())))
        };
        let fault = |what: &str| {
            let message = format!("job {} {what}", key.sequence);
            Fault::new(Kind::JobMissing, message).of_case(&key.case)
        };
        let found = match self
            .store()
            .job(key)
            .map_err(|e| of_store(Kind::JobMissing, e))
        {
            Ok(found) => found,
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Fault(unreadable)) => {
                let fault = fault(&format!("cannot be read: {}", unreadable.message));
                return self.fixable(fault, Some(again()));
            }
        };
        let Some(job) = found else {
            return self.fixable(fault("is missing"), Some(again()));
        };
        if !job.record.is_work_of(started) {
            self.fixable(fault("is not what its case has started"), Some(again()))?;
            let place = job.queue_key();
            if place == started.queue_key(key) {
                return Ok(());
            }
            let fix = Fix::Delete(Table::Queue, place);
            return self.fixable(fault("waits where another would"), Some(fix));
        }
        self.jobs.jobs.fetch_add(1, Ordering::Relaxed);
        let place = job.queue_key();
        if self.store().row(Table::Queue, &place)?.is_none() {
            let fix = Fix::Put(Table::Queue, place);
            return self.fixable(fault("does not wait in the queue"), Some(fix));
        }
        self.jobs.queued.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Looks for jobs that no case has.
    pub(crate) fn all_jobs(&self) -> Result<(), StoreError> {
        let table = Table::Jobs;
        let mut count = 0;
        for row in self.store().rows(table) {
            row?;
            count += 1;
        }
        if count == self.jobs.jobs.load(Ordering::Relaxed) {
            return Ok(());
        }
        for row in self.store().rows(table) {
            let (bytes, _) = row?;
            let fix = Some(Fix::Delete(table, bytes.clone()));
            let Some(key) = JobKey::of_bytes(&bytes) else {
                self.fixable(Fault::new(Kind::JobLeftOver, "a row is no job"), fix)?;
                continue;
            };
            if !self.is_running(&key)? {
                let message = format!("job {} is of no service that runs", key.sequence);
                let fault = Fault::new(Kind::JobLeftOver, message).of_case(&key.case);
                self.fixable(fault, fix)?;
            }
        }
        Ok(())
    }

    /// Looks for places in the queue that no job has.
    pub(crate) fn queue(&self) -> Result<(), StoreError> {
        let table = Table::Queue;
        let mut count = 0;
        let mut all_are_empty = true;
        for row in self.store().rows(table) {
            let (_, value) = row?;
            count += 1;
            all_are_empty &= value.is_empty();
        }
        if count == self.jobs.queued.load(Ordering::Relaxed) && all_are_empty {
            return Ok(());
        }
        for row in self.store().rows(table) {
            let (bytes, value) = row?;
            let delete = Some(Fix::Delete(table, bytes.clone()));
            let Some(queued) = Queued::of_bytes(&bytes) else {
                let fault = Fault::new(Kind::JobLeftOver, "a row of the queue is no job");
                self.fixable(fault, delete)?;
                continue;
            };
            let Queued { key, .. } = &queued;
            let fault = |what: &str| {
                let message = format!("job {} {what}", key.sequence);
                Fault::new(Kind::JobLeftOver, message).of_case(&key.case)
            };
            match self.waiting(key)? {
                // With a damaged case nothing can be said.
                None => {}
                Some(None) if lock(&self.jobs.missing).contains(&bytes) => {}
                Some(job) if job.as_ref().map(StoredJob::queue_key) != Some(bytes.clone()) => {
                    self.fixable(fault("waits in the queue where it is not"), delete)?;
                }
                Some(_) if !value.is_empty() => {
                    let fix = Fix::Put(table, bytes);
                    self.fixable(fault("holds something in the queue"), Some(fix))?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The job at a key, if it can be read and its case runs it. None when nothing can be said.
    fn waiting(&self, key: &JobKey) -> Result<Option<Option<StoredJob>>, StoreError> {
        if lock(&self.damaged).contains(key.case.as_bytes()) {
            return Ok(None);
        }
        match self
            .store()
            .job(key)
            .map_err(|e| of_store(Kind::JobMissing, e))
        {
            Ok(job) => Ok(Some(job)),
            // Told already, with its case, and set again where it was to be.
            Err(Stop::Fault(_)) => Ok(Some(None)),
            Err(Stop::Store(error)) => Err(error),
        }
    }

    /// Whether a case runs the service of a job, or nothing can be said of the case.
    fn is_running(&self, key: &JobKey) -> Result<bool, StoreError> {
        if lock(&self.damaged).contains(key.case.as_bytes()) {
            return Ok(true);
        }
        let stored = self.store().case(&key.case)?;
        Ok(stored.is_some_and(|stored| {
            let mut running = stored.record.invocations.iter();
            running.any(|invocation| invocation.sequence == key.sequence)
        }))
    }
}
