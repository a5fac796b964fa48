//! Verifying a whole store: whether everything in it is what the journal leads to.
//!
//! Cases are walked one by one, on every core: the chain of each one's records, their replay, the case that
//! they lead to, and the rows beside it. What no case accounts for is looked for afterwards, table by
//! table. No more is in memory at a time than one case's records each, one bit for each record of the journal,
//! and the ids of what is damaged.

mod answers;
pub mod fault;
pub(crate) mod inspector;
mod jobs;
pub(crate) mod rows;
pub(crate) mod visited;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use casewright_chart::Limits;
use casewright_definition::{Bundle, Digest};
use casewright_store::tables::Table;
use casewright_store::{
    JobKey, JobRecord, JournalRecord, Row, Store, StoreError, StoredCase, WriteAhead,
};

pub use fault::{Fault, Faults, Kind};
use inspector::{Inspector, Stop, of_store};
use visited::Visited;

use crate::sweep::every_row;

/// What verifying a store came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many cases there are.
    pub cases: u64,
    /// How many records of steps there are.
    pub steps: u64,
    /// How many definitions there are.
    pub definitions: u64,
    /// What is wrong.
    pub faults: Faults,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Report {
    /// One line for each kind of fault, with the first of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            cases,
            steps,
            definitions,
            ..
        } = self;
        write!(f, "{cases} cases, {steps} steps, {definitions} definitions")?;
        let mut faults = self.faults.iter();
        faults.try_for_each(|(kind, count, first)| write!(f, "\n{}: {count}: {first}", kind.code()))
    }
}

/// Is told how many records have been looked at, of how many there are.
pub type Watch<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Verifies a store to which nobody writes meanwhile. `limits` are those under which its steps were taken.
///
/// # Errors
/// The backend failed. Damage is no error: it is in the report.
pub fn verify(store: &Store, limits: &Limits) -> Result<Report, StoreError> {
    verify_watched(store, limits, &|_, _| {})
}

/// As [`verify`], and tells how far it is.
///
/// # Errors
/// As [`verify`].
pub fn verify_watched(
    store: &Store,
    limits: &Limits,
    watch: Watch<'_>,
) -> Result<Report, StoreError> {
    Verification::new(store, limits, watch).run()
}

/// As [`verify_watched`], for the store in a folder.
///
/// # Errors
/// There is no store in the folder, it is in use, or cannot be opened; and as [`verify`].
pub fn verify_folder(
    folder: &Path,
    limits: &Limits,
    watch: Watch<'_>,
) -> Result<Report, StoreError> {
    verify_watched(&open_existing(folder)?, limits, watch)
}

/// Opens the store in a folder, which must be there: nothing is made.
pub(crate) fn open_existing(folder: &Path) -> Result<Store, StoreError> {
    WriteAhead::must_exist(folder)?;
    Store::open(Box::new(WriteAhead::open(folder)?))
}

/// A row to be written or removed, so that it is as its case has it.
pub(crate) enum Fix {
    Put(Table, Vec<u8>),
    Delete(Table, Vec<u8>),
    /// A job is set as it was when it was started.
    Job(Box<(JobKey, JobRecord)>),
}

/// Is told of every fault as it is found, with what would make it good, if it is known.
pub(crate) type Found<'a> = &'a (dyn Fn(&Fault, Option<Fix>) -> Result<(), StoreError> + Sync);

/// One walk through a store.
pub(crate) struct Verification<'a> {
    pub(crate) inspector: Inspector<'a>,
    /// The records that sound cases account for.
    pub(crate) visited: Visited,
    watch: Watch<'a>,
    found: Found<'a>,
    cases: AtomicU64,
    rows: rows::Counts,
    jobs: jobs::Counts,
    /// The keys of cases with which something is wrong: nothing more is told of their records and rows.
    pub(crate) damaged: Mutex<BTreeSet<Vec<u8>>>,
    faults: Mutex<Faults>,
}

impl<'a> Verification<'a> {
    pub(crate) fn new(store: &'a Store, limits: &'a Limits, watch: Watch<'a>) -> Self {
        Verification {
            inspector: Inspector::new(store, limits),
            visited: Visited::new(store.last_sequence()),
            watch,
            found: &|_, _| Ok(()),
            cases: AtomicU64::new(0),
            rows: rows::Counts::default(),
            jobs: jobs::Counts::default(),
            damaged: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    /// The same, and tells each fault when it is found.
    pub(crate) fn telling(self, found: Found<'a>) -> Self {
        Verification { found, ..self }
    }
}

impl Verification<'_> {
    pub(crate) fn run(self) -> Result<Report, StoreError> {
        let mut report = Report::default();
        for table in Table::ALL {
            match table {
                // Opening the store has looked at it.
                Table::Meta => {}
                Table::Definitions => report.definitions = self.definitions()?,
                Table::Workflows => self.workflows()?,
                Table::Cases => self.all_cases()?,
                Table::Journal => report.steps = self.journal()?,
                Table::Timers | Table::Index => self.beside(table)?,
                Table::Answers => self.answers()?,
                Table::Expiries => self.expiries()?,
                Table::Jobs => self.all_jobs()?,
                Table::Queue => self.queue()?,
                // What plugins remember is theirs to understand.
                Table::KeyValues => {}
            }
        }
        report.cases = self.cases.load(Ordering::Relaxed);
        report.faults = self
            .faults
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(report)
    }

    fn store(&self) -> &Store {
        self.inspector.store
    }

    fn fault(&self, fault: Fault) -> Result<(), StoreError> {
        self.fixable(fault, None)
    }

    fn fixable(&self, fault: Fault, fix: Option<Fix>) -> Result<(), StoreError> {
        let told = (self.found)(&fault, fix);
        lock(&self.faults).add(fault);
        told
    }

    /// Keeps a fault, and goes on; a backend that fails ends everything.
    fn note(&self, stop: Stop) -> Result<(), StoreError> {
        match stop {
            Stop::Fault(fault) => self.fault(fault),
            Stop::Store(error) => Err(error),
        }
    }

    /// Every definition is what its digest says, and can be used.
    fn definitions(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        for row in self.store().rows(Table::Definitions) {
            let (key, _) = row?;
            count += 1;
            match <[u8; 32]>::try_from(key.as_slice()) {
                Ok(digest) => {
                    if let Err(stop) = self.inspector.definition(Digest(digest)) {
                        self.note(stop)?;
                    }
                }
                Err(_) => self.fault(Fault::new(Kind::Definition, "a key is no digest"))?,
            }
        }
        Ok(count)
    }

    /// Every workflow points at a definition of it.
    fn workflows(&self) -> Result<(), StoreError> {
        for row in self.store().rows(Table::Workflows) {
            let (key, value) = row?;
            let workflow = String::from_utf8_lossy(&key);
            let fault =
                |what: String| Fault::new(Kind::Workflow, format!("workflow `{workflow}` {what}"));
            let Ok(digest) = <[u8; 32]>::try_from(value.as_slice()) else {
                self.fault(fault("points at no digest".to_owned()))?;
                continue;
            };
            let digest = Digest(digest);
            match self.store().definition(digest) {
                Ok(Some(Bundle { workflow: of, .. })) if of.id.as_bytes() == key => {}
                Ok(Some(bundle)) => {
                    let of = &bundle.workflow.id;
                    self.fault(fault(format!("points at a definition of workflow `{of}`")))?;
                }
                Ok(None) => self.fault(fault(format!(
                    "points at definition {digest}, which is missing"
                )))?,
                // Told already, with the definition.
                Err(error) => match of_store(Kind::Definition, error) {
                    Stop::Fault(_) => {}
                    Stop::Store(error) => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Walks all cases.
    pub(crate) fn all_cases(&self) -> Result<(), StoreError> {
        every_row(self.store(), Table::Cases, |row| self.one_case(row))
    }

    fn one_case(&self, row: Row) -> Result<(), StoreError> {
        self.cases.fetch_add(1, Ordering::Relaxed);
        let key = row.0.clone();
        let id = String::from_utf8_lossy(&key);
        let checked = StoredCase::of_row(row)
            .map_err(|error| match of_store(Kind::Case, error) {
                Stop::Fault(fault) => Stop::Fault(fault.of_case(&id)),
                stop => stop,
            })
            .and_then(|(_, stored)| self.inspector.case(&id, &stored));
        match checked {
            Ok(replayed) => {
                for link in &replayed.links {
                    self.visited.mark(link.sequence);
                }
                (self.watch)(self.visited.count(), self.visited.len());
                self.jobs_of(&replayed)?;
                self.rows_of(&id, &replayed)
            }
            Err(stop) => {
                lock(&self.damaged).insert(key);
                self.note(stop)
            }
        }
    }

    /// Every number of the journal has a record, and each is part of its case's chain.
    fn journal(&self) -> Result<u64, StoreError> {
        let mut expected = 1;
        let mut count = 0;
        for row in self.store().rows(Table::Journal) {
            let (key, value) = row?;
            count += 1;
            let Ok(sequence) = <[u8; 8]>::try_from(key.as_slice()).map(u64::from_be_bytes) else {
                self.fault(Fault::new(Kind::Stray, "a key of the journal is no number"))?;
                continue;
            };
            if sequence > expected {
                let missing = match sequence - expected {
                    1 => "it is missing".to_owned(),
                    _ => format!("it is missing, and all before record {sequence}"),
                };
                self.fault(Fault::new(Kind::Gap, missing).of_record(expected))?;
            }
            expected = sequence.saturating_add(1);
            if !self.visited.is_marked(sequence)
                && let Some(fault) = self.stray(&value)?
            {
                self.fault(fault.of_record(sequence))?;
            }
        }
        Ok(count)
    }

    /// What is wrong with a record that no sound case accounts for, unless it was told with its case.
    fn stray(&self, bytes: &[u8]) -> Result<Option<Fault>, StoreError> {
        let record = match JournalRecord::of_bytes(bytes).map_err(|e| of_store(Kind::Stray, e)) {
            Ok(record) => record,
            Err(Stop::Fault(fault)) => return Ok(Some(fault)),
            Err(Stop::Store(error)) => return Err(error),
        };
        let case = record.case;
        if lock(&self.damaged).contains(case.as_bytes()) {
            return Ok(None);
        }
        let is_there = self.store().row(Table::Cases, case.as_bytes())?.is_some();
        let fault = match is_there {
            true => Fault::new(Kind::Stray, "the records of its case do not lead to it"),
            false => {
                lock(&self.damaged).insert(case.clone().into_bytes());
                Fault::new(Kind::Case, "it is missing, the journal has it")
            }
        };
        Ok(Some(fault.of_case(&case)))
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What lies under these locks is changed by one call, so poison cannot have spoilt it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
