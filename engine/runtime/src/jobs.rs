//! Jobs: the services that cases wait for. A step leaves them in the store, here they are run.
//!
//! A job is run at least once: whoever dies in the middle begins it again, with the same idempotency key.
//! `attempt` is one try and what comes of it, `runner` says when each plugin is asked, `breaker` when it is
//! left alone, `backoff` how long a job rests between two tries.
//!
//! Whoever changes a job holds the lane of its case, so no step comes in between. A service whose state is left
//! while it runs is not interrupted; what it answers is dropped.

mod attempt;
mod backoff;
mod breaker;
mod closed;
mod runner;
mod step;

use std::sync::atomic::{AtomicU64, Ordering};

use casewright_case::{Actor, Served};
use casewright_chart::{Returned, Value};
use casewright_store::{FailureRecord, JobKey, JobStatus, Queued, StoredJob};
use tokio::sync::OwnedSemaphorePermit;

use crate::error::CommandError;
use crate::runtime::{Committed, Runtime};

pub use closed::ClosedJobs;
pub(crate) use runner::run;
pub(crate) use step::of_step;

/// The code with which a service fails that somebody has cancelled.
pub const CANCELLED: &str = "cancelled";

/// What was done since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    attempts: AtomicU64,
    failures: AtomicU64,
    given_up: AtomicU64,
}

/// Attempts at running services since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// All of them.
    pub made: u64,
    /// Those that got no answer.
    pub failed: u64,
    /// Jobs that are not tried again until somebody says so.
    pub given_up: u64,
}

impl Runtime {
    /// How many attempts at running services were made since the start, and what they came to.
    pub fn attempts(&self) -> Attempts {
        let counters = self.counters();
        Attempts {
            made: counters.attempts.load(Ordering::Relaxed),
            failed: counters.failures.load(Ordering::Relaxed),
            given_up: counters.given_up.load(Ordering::Relaxed),
        }
    }

    /// The plugins for which jobs are in the store.
    ///
    /// # Errors
    /// The store failed.
    pub fn job_plugins(&self) -> Result<Vec<String>, CommandError> {
        let queues = self.store().queues()?;
        Ok(queues.into_iter().map(|first| first.plugin).collect())
    }

    /// Jobs of a plugin in the order in which they are due, after a place of the queue if it is given: up to `limit`
    /// places, each with its job as `show` puts it. One that has ended in between has none.
    ///
    /// # Errors
    /// The store failed.
    pub fn jobs<T>(
        &self,
        plugin: &str,
        status: JobStatus,
        after: Option<&Queued>,
        limit: usize,
        show: impl Fn(&StoredJob) -> T,
    ) -> Result<Vec<(Queued, Option<T>)>, CommandError> {
        let queued = self.store().jobs(plugin, status, after, limit)?;
        let mut jobs = Vec::with_capacity(queued.len());
        for queued in queued {
            let job = self.store().job(&queued.key)?;
            jobs.push((queued, job.as_ref().map(&show)));
        }
        Ok(jobs)
    }

    /// The jobs of a case, in the order in which they were started.
    ///
    /// # Errors
    /// The store failed.
    pub fn jobs_of(&self, case: &str) -> Result<Vec<StoredJob>, CommandError> {
        Ok(self.store().jobs_of(case)?)
    }

    /// A job.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub fn job(&self, key: &JobKey) -> Result<StoredJob, CommandError> {
        let job = self.store().job(key)?;
        job.ok_or_else(|| CommandError::UnknownJob(key.clone()))
    }

    /// Has a job tried again as soon as its plugin has room, as if it had not been tried yet: a dead one, or one
    /// that rests. The permit is held to the end.
    ///
    /// # Errors
    /// There is no such job, or the store failed.
    pub async fn retry_job(
        &self,
        key: &JobKey,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<StoredJob, CommandError> {
        let turn = self.line_up(&key.case)?.turn().await;
        let (runtime, key) = (self.clone(), key.clone());
        self.to_its_end(true, async move {
            let _held = (turn, permit);
            let job = runtime.job(&key)?;
            let record = job.record.clone().again(runtime.now());
            runtime
                .on_store(move |store| store.change_job(&job, &record))
                .await?;
            runtime.job_alarm().ring();
            runtime.job(&key)
        })
        .await
    }

    /// Ends a job without an answer: its case goes on with the failure [`CANCELLED`]. The permit is held to the end.
    ///
    /// # Errors
    /// There is no such job, the case refuses the step, or the store failed.
    pub async fn cancel_job(
        &self,
        key: &JobKey,
        actor: Actor,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Committed, CommandError> {
        let turn = self.line_up(&key.case)?.turn().await;
        let (runtime, key) = (self.clone(), key.clone());
        self.to_its_end(true, async move {
            let _permit = permit;
            let job = runtime.job(&key)?;
            let served = cancelled(&job, &actor);
            runtime.settle(&key, served, actor, turn).await
        })
        .await
    }
}

/// What a service comes to that somebody has cancelled.
fn cancelled(job: &StoredJob, actor: &Actor) -> Served {
    let message = format!("cancelled by {}", actor.id);
    let details = match &job.record.failure {
        Some(failure) => last_failure(failure),
        None => Value::Null,
    };
    let failure = Value::map([
        ("code", Value::String(CANCELLED.into())),
        ("message", Value::String(message.into())),
        ("details", details),
    ]);
    Served {
        function: job.record.function.as_str().into(),
        digest: "".into(),
        returned: Returned::Failed(failure),
    }
}

/// Why the last attempt failed, as the case is told.
fn last_failure(failure: &FailureRecord) -> Value {
    Value::map([
        ("code", Value::String(failure.code.as_str().into())),
        ("message", Value::String(failure.message.as_str().into())),
    ])
}
