//! One case looked at closely: its chain, its replay, and the rows that stand beside it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use casewright_case::replay::{Replay, Started, compare};
use casewright_case::{Case, Cause, Difference, Record};
use casewright_chart::Limits;
use casewright_definition::{Definition, Digest};
use casewright_store::verify::{BrokenChain, ChainError};
use casewright_store::{
    CaseRecord, DueTimer, JobKey, JobRecord, Link, Store, StoreError, StoredCase,
};

use crate::definitions::compile;

use super::fault::{Fault, Kind};

/// How many compiled definitions are kept at hand. A store may hold thousands; cases that were opened at
/// about one time share a few.
const KEPT_DEFINITIONS: usize = 64;

/// Looks at cases.
pub(crate) struct Inspector<'a> {
    pub(crate) store: &'a Store,
    limits: &'a Limits,
    definitions: Mutex<HashMap<Digest, Arc<Definition>>>,
}

/// Why something could not be looked at to its end.
pub(crate) enum Stop {
    /// It is not as it should be.
    Fault(Fault),
    /// The backend failed.
    Store(StoreError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

/// A case whose records hang together, and lead to it.
pub(crate) struct Replayed {
    pub(crate) definition: Arc<Definition>,
    /// Its records, the oldest first.
    pub(crate) links: Vec<Link>,
    /// What they lead to.
    pub(crate) record: CaseRecord,
    /// The services that run in it, as they were when they were started.
    pub(crate) jobs: Vec<(JobKey, JobRecord)>,
    case: Case,
}

impl<'a> Inspector<'a> {
    pub(crate) fn new(store: &'a Store, limits: &'a Limits) -> Self {
        Inspector {
            store,
            limits,
            definitions: Mutex::default(),
        }
    }

    /// What the records of a case lead to, from its opening to the last one.
    pub(crate) fn replayed(&self, id: &str, last: Link) -> Result<Replayed, Stop> {
        self.replayed_seeing(id, last, |_, _, _| {})
    }

    /// As [`Inspector::replayed`]; `see` is shown each step: the case before it, its record, and the case after.
    fn replayed_seeing(
        &self,
        id: &str,
        last: Link,
        mut see: impl FnMut(Option<&Case>, &Record, Option<&Case>),
    ) -> Result<Replayed, Stop> {
        let chain = |error| of_chain(id, error);
        let links = self.store.chain(id, last).map_err(chain)?;
        let first = links.first().copied().unwrap_or(last);
        let opening = self.store.linked_of(id, first).map_err(chain)?;
        let definition = self.definition(Digest(opening.definition))?;
        let mut replay = Replay::new(&definition, id, self.limits);
        for link in &links {
            let record = self.store.linked_of(id, *link).map_err(chain)?;
            let fault = |message| {
                let fault = Fault::new(Kind::Replay, message);
                fault.of_case(id).of_record(link.sequence)
            };
            let record = record.into_record(&definition.chart).map_err(fault)?;
            let before = replay.case().cloned();
            let taken = replay.take(&record);
            taken.map_err(|difference| fault(told(&difference)))?;
            see(before.as_ref(), &record, replay.case());
        }
        let running = replay.running().iter();
        let jobs = running.map(|(sequence, started)| {
            let Started {
                id: invoke,
                source,
                input,
                at,
            } = started;
            let record = JobRecord::new(invoke, source, input.clone(), *at);
            (JobKey::new(id, *sequence), record)
        });
        let jobs = jobs.collect();
        let case = replay.into_case();
        let case = case.ok_or_else(|| Fault::new(Kind::Chain, "it has no records").of_case(id))?;
        let record = CaseRecord::of(&case, &definition.chart, first, last);
        Ok(Replayed {
            definition,
            links,
            record,
            jobs,
            case,
        })
    }

    /// Checks a stored case against its records.
    pub(crate) fn case(&self, id: &str, stored: &StoredCase) -> Result<Replayed, Stop> {
        let replayed = self.replayed(id, stored.record.last)?;
        match replayed.difference(id, stored) {
            None => Ok(replayed),
            Some(message) => Err(Fault::new(Kind::Snapshot, message).of_case(id).into()),
        }
    }

    /// Whether a case cancelled a timer when it had been due already. That one could not be fired then, rested,
    /// and its row goes when it comes again.
    pub(crate) fn was_cancelled_late(&self, timer: &DueTimer, last: Link) -> Result<bool, Stop> {
        let pending = |case: Option<&Case>| {
            let mut pending = case?.snapshot.pending.iter();
            let found = pending.find(|pending| pending.sequence == timer.sequence);
            found.map(|pending| pending.due)
        };
        let mut late = false;
        self.replayed_seeing(&timer.case, last, |before, record, after| {
            let fired =
                matches!(record.cause, Cause::Timer { sequence, .. } if sequence == timer.sequence);
            if let (Some(due), None, false) = (pending(before), pending(after), fired) {
                late = due <= record.at && due < timer.due;
            }
        })?;
        Ok(late)
    }

    /// A definition, if the store has it and this program can use it.
    pub(crate) fn definition(&self, digest: Digest) -> Result<Arc<Definition>, Stop> {
        let mut kept = self
            .definitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(definition) = kept.get(&digest) {
            return Ok(definition.clone());
        }
        let missing = || Fault::new(Kind::Definition, format!("definition {digest} is missing"));
        let found = self.store.definition(digest).and_then(|bundle| {
            let compiled = bundle.map(|bundle| compile(digest, bundle));
            compiled.transpose()
        });
        let definition = found.map_err(|error| of_store(Kind::Definition, error))?;
        let definition = Arc::new(definition.ok_or_else(missing)?);
        if kept.len() >= KEPT_DEFINITIONS {
            kept.clear();
        }
        kept.insert(digest, definition.clone());
        Ok(definition)
    }
}

impl Replayed {
    /// The first way in which a stored case is not what its records lead to.
    fn difference(&self, id: &str, stored: &StoredCase) -> Option<String> {
        if stored.is(&self.record) {
            return None;
        }
        let chart = &self.definition.chart;
        let differs = |place: &str, stored: String, replayed: String| {
            format!("`{place}`: stored is {stored}, its records lead to {replayed}")
        };
        let told = match stored.record.clone().into_case(id, chart) {
            Err(message) => message,
            Ok(case) => match compare(chart, &case, &self.case) {
                Some(Difference {
                    place,
                    stored,
                    replayed,
                    ..
                }) => differs(&place, stored, replayed),
                None => differs(
                    "first",
                    format!("record {}", stored.record.first.sequence),
                    format!("record {}", self.record.first.sequence),
                ),
            },
        };
        Some(told)
    }
}

fn told(difference: &Difference) -> String {
    let Difference {
        revision,
        place,
        stored,
        replayed,
    } = difference;
    format!("revision {revision}: `{place}`: the journal says {stored}, replay gives {replayed}")
}

fn of_chain(id: &str, error: ChainError) -> Stop {
    match error {
        ChainError::Broken(BrokenChain { sequence, message }) => {
            let fault = Fault::new(Kind::Chain, message);
            fault.of_case(id).of_record(sequence).into()
        }
        ChainError::Store(error) => of_store(Kind::Chain, error),
    }
}

/// Damage is a fault; a backend that fails ends everything.
pub(crate) fn of_store(kind: Kind, error: StoreError) -> Stop {
    match error {
        StoreError::Corrupt { message, .. } => Fault::new(kind, message).into(),
        error => Stop::Store(error),
    }
}
