//! Jobs: services that are to be run, and those that could not be.

use casewright_chart::Timestamp;

use crate::codec::job_record::{JobRecord, NEVER_MS};
use crate::codec::{decode, encode};
use crate::error::StoreError;
use crate::key_value::{Batch, Precondition, Range, Row};
use crate::store::Store;
use crate::tables::{
    Table, job_key, parse_job_key, parse_queue_key, queue_key, queue_prefix, timer_bound,
};

/// Which job it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobKey {
    /// Its case.
    pub case: String,
    /// The number of its invocation in the case.
    pub sequence: u64,
}

/// A job as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredJob {
    /// Which one it is.
    pub key: JobKey,
    /// What is stored.
    pub record: JobRecord,
    /// The bytes that it was read from: what a commit compares.
    bytes: Vec<u8>,
}

/// A job that a step starts.
#[derive(Clone, Debug, PartialEq)]
pub struct StartedJob {
    /// The number of its invocation in the case.
    pub sequence: u64,
    /// What is to be done.
    pub record: JobRecord,
}

/// Where a job waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The plugin that is asked.
    pub plugin: String,
    /// Which job it is.
    pub key: JobKey,
    due_ms: i64,
}

/// Which jobs are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// They are run once they are due.
    Waiting,
    /// They are not run again until somebody says so.
    Dead,
}

impl JobKey {
    /// Of a case and the number of an invocation.
    pub fn new(case: &str, sequence: u64) -> Self {
        JobKey {
            case: case.to_owned(),
            sequence,
        }
    }

    /// The key of its row in [`Table::Jobs`].
    pub fn bytes(&self) -> Vec<u8> {
        job_key(&self.case, self.sequence)
    }

    /// The job whose row stands in [`Table::Jobs`] at a key.
    pub fn of_bytes(key: &[u8]) -> Option<Self> {
        parse_job_key(key).map(|(case, sequence)| JobKey::new(case, sequence))
    }
}

impl StoredJob {
    /// The job of a row.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_row((key, bytes): Row) -> Result<Self, StoreError> {
        let key = JobKey::of_bytes(&key)
            .ok_or_else(|| StoreError::corrupt(Table::Jobs, "a key holds no job"))?;
        let record = decode(Table::Jobs, &bytes)?;
        Ok(StoredJob { key, record, bytes })
    }

    /// The key at which it waits.
    pub fn queue_key(&self) -> Vec<u8> {
        self.record.queue_key(&self.key)
    }
}

impl Queued {
    /// The place of a job that is run at `due`, or is dead.
    pub fn new(plugin: &str, key: JobKey, due: Option<Timestamp>) -> Self {
        Queued {
            plugin: plugin.to_owned(),
            key,
            due_ms: due.map_or(NEVER_MS, Timestamp::unix_ms),
        }
    }

    /// The job that waits at a key of [`Table::Queue`]; none when it is no key of one.
    pub fn of_bytes(key: &[u8]) -> Option<Self> {
        let (plugin, (due_ms, sequence, case)) = parse_queue_key(key)?;
        Some(Queued {
            plugin: plugin.to_owned(),
            key: JobKey::new(case, sequence),
            due_ms,
        })
    }

    /// Its key.
    pub fn bytes(&self) -> Vec<u8> {
        queue_key(&self.plugin, self.due_ms, self.key.sequence, &self.key.case)
    }

    /// When it is run; none when it is dead.
    pub fn due(&self) -> Option<Timestamp> {
        (self.due_ms != NEVER_MS).then(|| Timestamp::from_unix_ms(self.due_ms))
    }
}

impl JobRecord {
    /// The key at which it waits as the job with this key.
    pub fn queue_key(&self, key: &JobKey) -> Vec<u8> {
        queue_key(self.plugin(), self.due_ms, key.sequence, &key.case)
    }
}

/// Adds the rows of a job to a batch.
///
/// # Errors
/// It cannot be encoded.
pub fn put(batch: &mut Batch, key: &JobKey, record: &JobRecord) -> Result<(), StoreError> {
    let bytes = encode(Table::Jobs, record)?;
    batch.puts.push((Table::Jobs, key.bytes(), bytes));
    batch
        .puts
        .push((Table::Queue, record.queue_key(key), Vec::new()));
    Ok(())
}

fn remove(batch: &mut Batch, job: &StoredJob) {
    let (key, bytes) = (job.key.bytes(), job.bytes.clone());
    batch
        .preconditions
        .push(Precondition::Equal(Table::Jobs, key.clone(), bytes));
    batch.deletes.push((Table::Jobs, key));
    batch.deletes.push((Table::Queue, job.queue_key()));
}

/// Adds the jobs to a batch that a step starts, and takes those out that it ends.
pub(crate) fn add_jobs(
    batch: &mut Batch,
    case: &str,
    started: &[StartedJob],
    ended: &[StoredJob],
) -> Result<(), StoreError> {
    for job in ended {
        remove(batch, job);
    }
    for job in started {
        put(batch, &JobKey::new(case, job.sequence), &job.record)?;
    }
    Ok(())
}

impl Store {
    /// A job.
    ///
    /// # Errors
    /// The backend failed, or the record is damaged.
    pub fn job(&self, key: &JobKey) -> Result<Option<StoredJob>, StoreError> {
        let bytes = self.key_value().get(Table::Jobs, &key.bytes())?;
        let job = bytes.map(|bytes| StoredJob::of_row((key.bytes(), bytes)));
        job.transpose()
    }

    /// The jobs of a case, in the order in which they were started.
    ///
    /// # Errors
    /// The backend failed, or a record is damaged.
    pub fn jobs_of(&self, case: &str) -> Result<Vec<StoredJob>, StoreError> {
        let prefix = [case.as_bytes(), &[0]].concat();
        let range = Range::prefix(&prefix, None, usize::MAX);
        let rows = self.key_value().scan(Table::Jobs, &range)?;
        rows.into_iter().map(StoredJob::of_row).collect()
    }

    /// The plugins for which jobs wait, each with the one that is due first.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn queues(&self) -> Result<Vec<Queued>, StoreError> {
        let mut queues = Vec::new();
        let mut range = Range::prefix(&[], None, 1);
        while let Some((key, _)) = self.key_value().scan(Table::Queue, &range)?.pop() {
            let first = queued(&key)?;
            // What begins with the next byte after the zero belongs to the next plugin.
            range.start = [first.plugin.as_bytes(), &[1]].concat();
            queues.push(first);
        }
        Ok(queues)
    }

    /// Jobs of a plugin that are due, the earliest first.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn due_jobs(
        &self,
        plugin: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        let end = timer_bound(now.unix_ms().saturating_add(1));
        self.queued(Range {
            start: queue_prefix(plugin),
            end: Some([queue_prefix(plugin), end.to_vec()].concat()),
            reverse: false,
            limit,
        })
    }

    /// When the first job of a plugin is due that is due later than `after`.
    ///
    /// # Errors
    /// The backend failed, or a key is damaged.
    pub fn next_job(
        &self,
        plugin: &str,
        after: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let start = timer_bound(after.unix_ms().saturating_add(1));
        let mut range = Range::prefix(&queue_prefix(plugin), None, 1);
        range.start.extend(start);
        let first = self.queued(range)?.pop();
        Ok(first.and_then(|first| first.due()))
    }

    /// Jobs of a plugin, the one that is due first first, after the key `after` of the queue if it is given.
    ///
    /// # Errors
    /// The backend failed, or a record is damaged.
    pub fn jobs(
        &self,
        plugin: &str,
        status: JobStatus,
        after: Option<&Queued>,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        let prefix = queue_prefix(plugin);
        let dead = [&*prefix, &timer_bound(NEVER_MS)].concat();
        let after = after.map(Queued::bytes);
        let begins = match status {
            JobStatus::Waiting => &prefix,
            JobStatus::Dead => &dead,
        };
        // A place of the other list is no place to begin at.
        let after = after.filter(|after| *after >= *begins);
        let mut range = Range::prefix(begins, after.as_deref(), limit);
        if status == JobStatus::Waiting {
            range.end = Some(dead);
        }
        self.queued(range)
    }

    fn queued(&self, range: Range) -> Result<Vec<Queued>, StoreError> {
        let rows = self.key_value().scan(Table::Queue, &range)?;
        rows.iter().map(|(key, _)| queued(key)).collect()
    }

    /// Writes a job in place of what it was. Whoever calls this holds the lane of its case.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed since, or the backend failed.
    pub fn change_job(&self, job: &StoredJob, record: &JobRecord) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        remove(&mut batch, job);
        put(&mut batch, &job.key, record)?;
        self.key_value().commit(batch)
    }

    /// Removes a job whose case does not run it, which no step leaves behind. Whoever calls this holds the lane of
    /// its case.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed since, or the backend failed.
    pub fn drop_job(&self, job: &StoredJob) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        remove(&mut batch, job);
        self.key_value().commit(batch)
    }

    /// Removes a row of the queue whose job is not there, which no step leaves behind.
    ///
    /// # Errors
    /// The backend failed.
    pub fn drop_queued(&self, queued: &Queued) -> Result<(), StoreError> {
        self.key_value().commit(Batch {
            deletes: vec![(Table::Queue, queued.bytes())],
            ..Batch::default()
        })
    }
}

fn queued(key: &[u8]) -> Result<Queued, StoreError> {
    Queued::of_bytes(key).ok_or_else(|| StoreError::corrupt(Table::Queue, "a key holds no job"))
}
