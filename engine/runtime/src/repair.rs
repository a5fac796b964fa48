//! Repairing a store: what is derived from the journal is derived again.
//!
//! Cases first, in small commits, each with all that it takes; then the rows beside them, as far as verifying
//! finds them missing or left over. A repair that was killed has done some of that, and the next one does the
//! rest. The journal and the definitions are never changed: a case whose records do not hang together is left
//! as it is, and named.

mod claims;
mod tails;
mod writer;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use casewright_chart::Limits;
use casewright_store::tables::Table;
use casewright_store::{Link, Store, StoreError, StoredCase};

use crate::verify::inspector::{Replayed, Stop};
use crate::verify::{Fault, Fix, Kind, Report, Verification, Watch, lock, open_existing};
use claims::Claims;
use tails::{Tail, Tails};
use writer::Writer;

/// Something that a repair does, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A case is derived again from its records.
    Case {
        /// Its id.
        id: String,
        /// Its revision then.
        revision: u64,
    },
    /// A row that says it is a case is removed: the journal knows of no such case.
    CaseRemoved {
        /// The id that it has.
        id: String,
    },
    /// Rows are written into the index, or are emptied.
    IndexAdded,
    /// Rows are removed from the index.
    IndexRemoved,
    /// A timer is set again.
    TimerAdded,
    /// A timer is removed.
    TimerRemoved,
    /// A job is set again, to be run as if it had not been tried.
    JobAdded,
    /// A job is removed.
    JobRemoved,
}

/// What a repair came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// How many cases were derived again.
    pub cases: u64,
    /// How many rows that were no cases were removed.
    pub cases_removed: u64,
    /// How many rows were written into the index, or emptied.
    pub index_added: u64,
    /// How many rows were removed from the index.
    pub index_removed: u64,
    /// How many timers were set again.
    pub timers_added: u64,
    /// How many timers were removed.
    pub timers_removed: u64,
    /// How many jobs were set again.
    pub jobs_added: u64,
    /// How many rows of jobs were removed.
    pub jobs_removed: u64,
    /// What cannot be made good, one for each case.
    pub refused: Vec<Fault>,
}

impl Repaired {
    /// Whether nothing was to be changed.
    pub fn is_unchanged(&self) -> bool {
        let refused = Vec::new();
        let unchanged = Repaired::default();
        Repaired {
            refused,
            ..self.clone()
        } == unchanged
    }

    fn count(&mut self, change: &Change) {
        *match change {
            Change::Case { .. } => &mut self.cases,
            Change::CaseRemoved { .. } => &mut self.cases_removed,
            Change::IndexAdded => &mut self.index_added,
            Change::IndexRemoved => &mut self.index_removed,
            Change::TimerAdded => &mut self.timers_added,
            Change::TimerRemoved => &mut self.timers_removed,
            Change::JobAdded => &mut self.jobs_added,
            Change::JobRemoved => &mut self.jobs_removed,
        } += 1;
    }
}

/// Whether a repair writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It only says what it would do. What stands beside cases that it would derive again is not counted.
    DryRun,
    /// It does it.
    Write,
}

/// Is told of every change, when it is made or would be.
pub type Tell<'a> = &'a (dyn Fn(&Change) + Sync);

/// Repairs a store to which nobody else writes meanwhile.
///
/// # Errors
/// The backend failed. What cannot be made good is no error: it is in the result.
pub fn repair(
    store: &Store,
    limits: &Limits,
    mode: Mode,
    watch: Watch<'_>,
    tell: Tell<'_>,
) -> Result<Repaired, StoreError> {
    let repair = Repair {
        writer: Writer::new(store, mode),
        tell,
        repaired: Mutex::default(),
    };
    repair.cases(&Verification::new(store, limits, watch))?;
    repair.writer.flush()?;
    repair.rows(Verification::new(store, limits, watch))?;
    repair.writer.flush()?;
    let repaired = repair.repaired.into_inner();
    Ok(repaired.unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// As [`repair`], for the store in a folder.
///
/// # Errors
/// There is no store in the folder, it is in use, or cannot be opened; and as [`repair`].
pub fn repair_folder(
    folder: &Path,
    limits: &Limits,
    mode: Mode,
    watch: Watch<'_>,
    tell: Tell<'_>,
) -> Result<Repaired, StoreError> {
    repair(&open_existing(folder)?, limits, mode, watch, tell)
}

struct Repair<'a> {
    writer: Writer<'a>,
    tell: Tell<'a>,
    repaired: Mutex<Repaired>,
}

impl Repair<'_> {
    fn changes(&self, change: &Change) {
        (self.tell)(change);
        lock(&self.repaired).count(change);
    }

    fn refuses(&self, fault: Fault) {
        lock(&self.repaired).refused.push(fault);
    }

    /// Derives every case again that is not what its records lead to.
    fn cases(&self, verification: &Verification<'_>) -> Result<(), StoreError> {
        verification.all_cases()?;
        let claims = Claims::read(verification)?;
        let mut settled = BTreeSet::new();
        loop {
            let tails = Tails::read(verification, &settled)?;
            for (id, tail) in &tails.by_case {
                self.case(verification, (&tails, &claims), id, tail)?;
                settled.insert(id.clone());
            }
            if tails.is_whole {
                return self.without_records(verification, (&tails, &claims), &settled);
            }
        }
    }

    fn case(
        &self,
        verification: &Verification<'_>,
        (tails, claims): (&Tails, &Claims),
        id: &str,
        tail: &Tail,
    ) -> Result<(), StoreError> {
        let store = verification.inspector.store;
        let stored = stored(store, id)?;
        let replayed = match verification.inspector.replayed(id, tail.last) {
            Ok(replayed) => replayed,
            Err(Stop::Fault(fault)) => {
                self.refuses(fault.of_case(id));
                return Ok(());
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        let objection = objection(verification, tails, tail, stored.as_ref(), &replayed);
        if let Some(fault) = claims.against(tail.last).or(objection) {
            self.refuses(fault.of_case(id));
            return Ok(());
        }
        for link in &replayed.links {
            verification.visited.mark(link.sequence);
        }
        let change = Change::Case {
            id: id.to_owned(),
            revision: replayed.record.revision,
        };
        self.changes(&change);
        self.writer.put_case(id, &replayed.record)
    }

    /// Rows that say they are cases, of which the journal knows nothing.
    fn without_records(
        &self,
        verification: &Verification<'_>,
        (tails, claims): (&Tails, &Claims),
        settled: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let store = verification.inspector.store;
        let damaged = lock(&verification.damaged).clone();
        for key in damaged {
            let id = String::from_utf8_lossy(&key).into_owned();
            if settled.contains(&id) {
                continue;
            }
            let last = stored(store, &id)?.map(|stored| stored.record.last.sequence);
            let is_beyond = last.is_some_and(|last| last > store.last_sequence());
            if tails.hole.is_some() || is_beyond {
                let fault = Fault::new(Kind::Chain, "the journal has lost its records");
                self.refuses(fault.of_case(&id));
                continue;
            }
            if let Some(fault) = claims.of_altered(verification, &id)? {
                self.refuses(fault.of_case(&id));
                continue;
            }
            self.changes(&Change::CaseRemoved { id });
            self.writer.delete(Table::Cases, key)?;
        }
        Ok(())
    }

    /// Makes good what is missing or left over beside the cases, and collects what else is wrong.
    fn rows(&self, verification: Verification<'_>) -> Result<Report, StoreError> {
        let found = |fault: &Fault, fix: Option<Fix>| match fix {
            Some(fix) => self.fix(fix),
            // What is about a case has been derived again by now, or refused.
            None if fault.case.is_some() => Ok(()),
            None => {
                self.refuses(fault.clone());
                Ok(())
            }
        };
        verification.telling(&found).run()
    }

    fn fix(&self, fix: Fix) -> Result<(), StoreError> {
        match fix {
            Fix::Put(table, key) => {
                self.changes(match table {
                    Table::Timers => &Change::TimerAdded,
                    Table::Queue => &Change::JobAdded,
                    _ => &Change::IndexAdded,
                });
                self.writer.put(table, key)
            }
            Fix::Delete(table, key) => {
                self.changes(match table {
                    Table::Timers => &Change::TimerRemoved,
                    Table::Jobs | Table::Queue => &Change::JobRemoved,
                    _ => &Change::IndexRemoved,
                });
                self.writer.delete(table, key)
            }
            Fix::Job(job) => {
                self.changes(&Change::JobAdded);
                let (key, record) = *job;
                self.writer.put_job(&key, &record)
            }
        }
    }
}

/// The row of a case, if it can be read.
fn stored(store: &Store, id: &str) -> Result<Option<StoredCase>, StoreError> {
    match store.case(id) {
        Err(StoreError::Corrupt { .. }) => Ok(None),
        other => other,
    }
}

/// Why a case must not be derived from the records that were found: they may not be all.
fn objection(
    verification: &Verification<'_>,
    tails: &Tails,
    tail: &Tail,
    stored: Option<&StoredCase>,
    replayed: &Replayed,
) -> Option<Fault> {
    let fault = |message: String| Some(Fault::new(Kind::Chain, message));
    let is_new = |link: &&Link| !verification.visited.is_marked(link.sequence);
    let chained = replayed.links.iter().filter(is_new).count() as u64;
    if chained != tail.count {
        let others = tail.count.saturating_sub(chained);
        return fault(format!(
            "{others} of its records do not lead to the last one"
        ));
    }
    let stands_at = stored.map(|stored| stored.record.last);
    if let Some(last) = stands_at.filter(|last| !is_new(&last))
        && !replayed.links.contains(&last)
    {
        let (one, other) = (last.sequence, tail.last.sequence);
        return fault(format!(
            "records {one} and {other} both end it, one beside the other"
        ));
    }
    let revision = replayed.record.revision;
    match (stored, tails.hole) {
        (Some(stored), _) if stored.record.revision > revision => {
            let stands = stored.record.revision;
            fault(format!(
                "it is at revision {stands}, its records end at revision {revision}"
            ))
        }
        (None, Some(hole)) if hole > tail.last.sequence => fault(format!(
            "it cannot be read, and record {hole}, which is missing or damaged, may be its last"
        )),
        _ => None,
    }
}
