//! The jobs of a store that no server has open.

use std::path::Path;

use casewright_case::{Actor, Setting};
use casewright_chart::Limits;
use casewright_definition::Digest;
use casewright_store::tables::Table;
use casewright_store::{JobKey, JobStatus, StepWrite, Store, StoredJob};

use crate::clock::Clock;
use crate::definitions::compile;
use crate::error::CommandError;
use crate::plugins::Plugins;
use crate::runtime::{case_of, corrupt};
use crate::verify::open_existing;

use super::{cancelled, of_step};

/// The jobs of a store that no server has open.
pub struct ClosedJobs {
    store: Store,
}

impl ClosedJobs {
    /// Opens the store in a folder.
    ///
    /// # Errors
    /// There is no store in the folder, it is in use, or cannot be opened.
    pub fn open_folder(folder: &Path) -> Result<Self, CommandError> {
        let store = open_existing(folder)?;
        Ok(ClosedJobs { store })
    }

    /// Up to `limit` jobs: those that are dead, or those that wait, of one plugin or of all.
    ///
    /// # Errors
    /// The store failed.
    pub fn list(
        &self,
        plugin: Option<&str>,
        status: JobStatus,
        limit: usize,
    ) -> Result<Vec<StoredJob>, CommandError> {
        let plugins = match plugin {
            Some(plugin) => vec![plugin.to_owned()],
            None => {
                let queues = self.store.queues()?.into_iter();
                queues.map(|first| first.plugin).collect()
            }
        };
        let mut jobs = Vec::new();
        for plugin in plugins {
            let room = limit - jobs.len();
            for queued in self.store.jobs(&plugin, status, None, room)? {
                jobs.extend(self.store.job(&queued.key)?);
            }
        }
        Ok(jobs)
    }

    /// Has a job tried again when a server next has the store, as if it had not been tried yet.
    ///
    /// # Errors
    /// There is no such job, or the store failed.
    pub fn retry(&self, key: &JobKey, clock: &dyn Clock) -> Result<StoredJob, CommandError> {
        let job = self.job(key)?;
        let record = job.record.clone().again(clock.now());
        self.store.change_job(&job, &record)?;
        self.job(key)
    }

    /// Ends a job without an answer: its case goes on with the failure [`CANCELLED`](super::CANCELLED). Gives the
    /// revision of the case after it.
    ///
    /// # Errors
    /// There is no such job, the case refuses the step, or the store failed.
    pub fn cancel(
        &self,
        key: &JobKey,
        actor: &Actor,
        plugins: &Plugins,
        clock: &dyn Clock,
    ) -> Result<u64, CommandError> {
        let job = self.job(key)?;
        let stored = self.store.case(&key.case)?;
        let stored = stored.ok_or_else(|| CommandError::UnknownCase(key.case.clone()))?;
        let digest = Digest(stored.record.definition);
        let bundle = self.store.definition(digest)?;
        let missing = || {
            corrupt(
                Table::Definitions,
                format!("definition {digest} is missing"),
            )
        };
        let definition = compile(digest, bundle.ok_or_else(missing)?)?;
        let case = case_of(&key.case, &stored, &definition)?;
        let setting = Setting {
            definition: &definition,
            decide: plugins,
            now: clock.now(),
            limits: &Limits::default(),
        };
        let served = cancelled(&job, actor);
        let outcome = casewright_case::settle(setting, &case, key.sequence, served, actor);
        let outcome = outcome.map_err(|refusal| CommandError::Refused {
            refusal,
            case: None,
        })?;
        let (case, record) = (outcome.case, outcome.record);
        let before = Some(&stored);
        let (started, ended) = of_step(&self.store, before, &case, record.at, outcome.effects)?;
        let revision = case.revision;
        let step = StepWrite {
            before: Some(stored),
            case,
            definition: definition.into(),
            record,
            fired: None,
            started,
            ended,
            answer: None,
        };
        self.store.commit(&[step])?;
        Ok(revision)
    }

    fn job(&self, key: &JobKey) -> Result<StoredJob, CommandError> {
        let job = self.store.job(key)?;
        job.ok_or_else(|| CommandError::UnknownJob(key.clone()))
    }
}
