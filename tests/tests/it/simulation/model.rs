//! What must be in the store: the journal as it was last seen, and every case as replaying it gives.
//!
//! After each step the whole store is compared with it. The journal may only have grown, each new record
//! must be what taking its step again gives, and all other rows must be those that the cases account for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use casewright_case::{Case, Cause, Outcome, Record, Refusal, Setting};
use casewright_chart::{Effect, Limits, Timestamp};
use casewright_definition::json::to_json;
use casewright_definition::{Decide, Definition};
use casewright_store::tables::Table;
use casewright_store::{
    CaseRecord, JobKey, JobRecord, JournalRecord, KeyValue, Link, Queued, Range, Row, StoredJob,
};
use sha2::{Digest as _, Sha256};

use super::oracle::Oracle;

/// Why the store is not what must be in it.
pub(crate) enum Difference {
    /// It cannot be read.
    Unreadable(String),
    /// It is something else.
    Wrong(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Unreadable(what) => write!(f, "cannot read: {what}"),
            Difference::Wrong(what) => f.write_str(what),
        }
    }
}

/// What must be in the store.
pub(crate) struct Model {
    /// Every definition that there may be, by its digest.
    definitions: BTreeMap<[u8; 32], Arc<Definition>>,
    limits: Limits,
    /// The bytes of every record that was seen.
    journal: Vec<Vec<u8>>,
    /// The cases that the journal leads to.
    pub(crate) cases: BTreeMap<String, Known>,
    /// Where the step of each command stands, by the actor, of whom each command has its own.
    steps: BTreeMap<String, u64>,
    /// Commands of which there must be no step.
    void: BTreeSet<String>,
    /// Commands that may have left a step or not.
    open: BTreeSet<String>,
    /// The timers that were fired since this was last taken, in order: the case of each, and when it was due.
    fired: Vec<(String, Timestamp)>,
    /// Timers that were put off once, and so come out of their order: their cases and numbers.
    put_off: BTreeSet<(String, u64)>,
    /// How many rows there are of timers that were put off, and cancelled before they came.
    pub(crate) left_over: u64,
    /// How many services have returned.
    pub(crate) returned: usize,
}

/// A case.
pub(crate) struct Known {
    pub(crate) case: Case,
    pub(crate) definition: Arc<Definition>,
    first: Link,
    last: Link,
    /// Every timer that it ever had: when it was due, by its number.
    timers: BTreeMap<u64, Timestamp>,
    /// Every service that it ever started, by its number.
    services: BTreeMap<u64, JobRecord>,
}

impl Model {
    pub(crate) fn new(definitions: &[Arc<Definition>], limits: Limits) -> Self {
        let definitions = definitions.iter();
        Model {
            definitions: definitions
                .map(|definition| (definition.digest.0, definition.clone()))
                .collect(),
            limits,
            journal: Vec::new(),
            cases: BTreeMap::new(),
            steps: BTreeMap::new(),
            void: BTreeSet::new(),
            open: BTreeSet::new(),
            fired: Vec::new(),
            put_off: BTreeSet::new(),
            left_over: 0,
            returned: 0,
        }
    }

    /// How many steps were seen.
    pub(crate) fn len(&self) -> usize {
        self.journal.len()
    }

    /// A command was refused: it must never come to a step.
    pub(crate) fn refuse(&mut self, actor: &str) {
        self.void.insert(actor.to_owned());
    }

    /// A command is sent once more: it may come to a step after all.
    pub(crate) fn send_again(&mut self, actor: &str) {
        self.void.remove(actor);
    }

    /// Nobody can tell what came of a command, before the store is opened again.
    pub(crate) fn leave_open(&mut self, actor: &str) {
        self.open.insert(actor.to_owned());
    }

    /// The store was opened again and has been seen: what left no step by now never will.
    pub(crate) fn settle_open(&mut self) {
        let open = std::mem::take(&mut self.open);
        let steps = &self.steps;
        let void = open.into_iter().filter(|actor| !steps.contains_key(actor));
        self.void.extend(void);
    }

    /// The cases of the timers that were fired since the last call, and when they were due; without those
    /// that were put off.
    pub(crate) fn take_fired(&mut self) -> Vec<(String, Timestamp)> {
        std::mem::take(&mut self.fired)
    }

    /// Whether the step that was acknowledged stands where it was said to.
    pub(crate) fn acknowledged(
        &self,
        actor: &str,
        sequence: u64,
        case: &Case,
    ) -> Result<(), String> {
        match self.steps.get(actor) {
            Some(found) if *found == sequence => {}
            found => {
                return Err(format!(
                    "the step of {actor} was acknowledged at {sequence}, found {found:?}"
                ));
            }
        }
        let known = self
            .cases
            .get(&*case.id)
            .ok_or("an opened case is missing")?;
        match known.case.revision >= case.revision {
            true => Ok(()),
            false => Err(format!("case {} went back", case.id)),
        }
    }

    /// What taking a step would give.
    pub(crate) fn step(
        &self,
        definition: &Definition,
        decide: &dyn Decide,
        now: Timestamp,
        step: impl FnOnce(Setting<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Outcome, Refusal> {
        step(Setting {
            definition,
            decide,
            now,
            limits: &self.limits,
        })
    }

    /// Compares the store with what must be in it, and takes in how the journal has grown.
    pub(crate) fn compare(&mut self, store: &dyn KeyValue) -> Result<(), Difference> {
        let tables = [
            Table::Journal,
            Table::Cases,
            Table::Index,
            Table::Timers,
            Table::Jobs,
            Table::Queue,
        ];
        let mut rows = Vec::new();
        for table in tables {
            rows.push(scan(store, table)?);
        }
        let [journal, cases, index, timers, jobs, queue] = rows.try_into().unwrap();
        self.compare_journal(&journal)
            .and_then(|()| self.compare_cases(&cases))
            .and_then(|()| self.compare_index(index))
            .and_then(|()| self.compare_timers(&timers))
            .and_then(|()| self.compare_jobs(jobs, &queue))
            .map_err(Difference::Wrong)
    }

    fn compare_journal(&mut self, rows: &[Row]) -> Result<(), String> {
        if rows.len() < self.journal.len() {
            let (found, seen) = (rows.len(), self.journal.len());
            return Err(format!("{seen} records were in the journal, now {found}"));
        }
        for (place, (key, bytes)) in rows.iter().enumerate() {
            let sequence = place as u64 + 1;
            if key.as_slice() != sequence.to_be_bytes() {
                return Err(format!("expected record {sequence}, found key {key:?}"));
            }
            match self.journal.get(place) {
                Some(seen) if seen == bytes => {}
                Some(_) => return Err(format!("record {sequence} has changed")),
                None => {
                    let taken = self.take(sequence, bytes);
                    taken.map_err(|what| format!("record {sequence}: {what}"))?;
                    self.journal.push(bytes.clone());
                }
            }
        }
        Ok(())
    }

    /// Takes the step of a record again.
    fn take(&mut self, sequence: u64, bytes: &[u8]) -> Result<(), String> {
        let stored: JournalRecord = decode(bytes)?;
        let id = stored.case.clone();
        let known = self.cases.get(&id);
        let previous = known.map(|known| known.last);
        if stored.previous != previous {
            return Err(format!(
                "expected it to follow {previous:?}, found {:?}",
                stored.previous
            ));
        }
        let definition = self.definitions.get(&stored.definition);
        let definition = definition.ok_or("its definition is unknown")?.clone();
        let record = stored.into_record(&definition.chart)?;
        let before = known.map(|known| &known.case);
        let outcome = self.again(&id, before, &definition, &record)?;
        if outcome.record != record {
            return Err(format!(
                "taken again it is {:?}, found {record:?}",
                outcome.record
            ));
        }
        let chart = &definition.chart;
        let services = started(&outcome.effects, record.at);
        let case = outcome.case;
        if !case.is_done() && !chart.is_legal(&case.snapshot.configuration) {
            return Err("its configuration is not legal".to_owned());
        }
        match &record.cause {
            Cause::Timer { due, .. } if record.at < *due => {
                return Err("its timer was fired before it was due".to_owned());
            }
            Cause::Timer { due, sequence, .. } => {
                if !self.put_off.contains(&(id.clone(), *sequence)) {
                    self.fired.push((id.clone(), *due));
                }
            }
            // The core lets no service return twice.
            Cause::Service { .. } => self.returned += 1,
            _ => self.note_actor(&record, sequence)?,
        }
        let link = Link {
            sequence,
            hash: Sha256::digest(bytes).into(),
        };
        let known = self.cases.entry(id).or_insert_with(|| Known {
            case: case.clone(),
            definition,
            first: link,
            last: link,
            timers: BTreeMap::new(),
            services: BTreeMap::new(),
        });
        known.services.extend(services);
        known.last = link;
        known.case = case;
        let pending = known.case.snapshot.pending.iter();
        known
            .timers
            .extend(pending.map(|pending| (pending.sequence, pending.due)));
        Ok(())
    }

    fn again(
        &self,
        id: &str,
        before: Option<&Case>,
        definition: &Definition,
        record: &Record,
    ) -> Result<Outcome, String> {
        let actor = &record.actor;
        let oracle = Oracle::default();
        let outcome = self.step(definition, &oracle, record.at, |setting| {
            match (&record.cause, before) {
                (Cause::Open { data }, None) => {
                    casewright_case::open(setting, id, &to_json(data), actor)
                }
                (Cause::Event { name, data }, Some(case)) => {
                    casewright_case::send(setting, case, name, &to_json(data), actor)
                }
                (Cause::Timer { sequence, .. }, Some(case)) => {
                    casewright_case::fire(setting, case, *sequence)
                }
                (
                    Cause::Service {
                        sequence, served, ..
                    },
                    Some(case),
                ) => casewright_case::settle(setting, case, *sequence, served.clone(), actor),
                _ => Err(Refusal::Corrupt),
            }
        });
        outcome.map_err(|refusal| format!("taken again it is refused: {refusal}"))
    }

    /// Each command has an actor of its own, so no actor may have two steps.
    fn note_actor(&mut self, record: &Record, sequence: u64) -> Result<(), String> {
        let actor = record.actor.id.to_string();
        if self.void.contains(&actor) {
            return Err(format!("the command of {actor} was refused or lost before"));
        }
        match self.steps.insert(actor.clone(), sequence) {
            None => Ok(()),
            Some(first) => Err(format!("the command of {actor} was taken at {first}, too")),
        }
    }

    fn compare_cases(&self, rows: &[Row]) -> Result<(), String> {
        let found: BTreeSet<&[u8]> = rows.iter().map(|(key, _)| key.as_slice()).collect();
        let known: BTreeSet<&[u8]> = self.cases.keys().map(String::as_bytes).collect();
        if found != known {
            return Err(format!("expected the cases {known:?}, found {found:?}"));
        }
        for ((_, bytes), (id, known)) in rows.iter().zip(&self.cases) {
            let record: CaseRecord = decode(bytes)?;
            let chart = &known.definition.chart;
            let expected = CaseRecord::of(&known.case, chart, known.first, known.last);
            if record != expected {
                return Err(format!(
                    "case {id}: its records lead to {expected:?}, found {record:?}"
                ));
            }
        }
        Ok(())
    }

    fn compare_index(&self, rows: Vec<Row>) -> Result<(), String> {
        let mut expected = BTreeSet::new();
        for (id, known) in &self.cases {
            let case = &known.case;
            let workflow = &*case.workflow;
            let status = if case.is_done() { "done" } else { "running" };
            let mut add = |parts: &[&str]| expected.insert(parts.join("\0").into_bytes());
            add(&["all", id]);
            add(&["workflow", workflow, id]);
            add(&["status", status, id]);
            add(&["workflow-status", workflow, status, id]);
            for state in case.active(&known.definition.chart) {
                add(&["state", workflow, state, id]);
            }
        }
        let found: BTreeSet<Vec<u8>> = rows.into_iter().map(|(key, _)| key).collect();
        let show = |keys: Vec<&Vec<u8>>| {
            let keys = keys.into_iter();
            keys.map(|key| String::from_utf8_lossy(key).replace('\0', "/"))
                .collect::<Vec<_>>()
        };
        let missing = show(expected.difference(&found).collect());
        let left = show(found.difference(&expected).collect());
        match missing.is_empty() && left.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "the index lacks {missing:?}, and has {left:?} left"
            )),
        }
    }

    /// Each pending timer has one row, at its time or where it was put off to. A row without one was put
    /// off as well, before its timer was cancelled.
    fn compare_timers(&mut self, rows: &[Row]) -> Result<(), String> {
        let mut found: BTreeMap<(&str, u64), Timestamp> = BTreeMap::new();
        self.left_over = 0;
        for (key, _) in rows {
            let (due, sequence, case) = timer(key).ok_or("a key holds no timer")?;
            let known = self.cases.get(case).ok_or("a timer of an unknown case")?;
            let original = known.timers.get(&sequence);
            let original = *original.ok_or("a timer that no step has set")?;
            let pending = &known.case.snapshot.pending;
            let is_pending = pending.iter().any(|pending| pending.sequence == sequence);
            let what = format!("timer {sequence} of case {case}, due at {original}");
            if due < original || (due == original && !is_pending) {
                return Err(format!("{what}: its row is left at {due}"));
            }
            self.left_over += u64::from(!is_pending);
            if due > original {
                self.put_off.insert((case.to_owned(), sequence));
            }
            if found.insert((case, sequence), due).is_some() {
                return Err(format!("{what}: it has two rows"));
            }
        }
        for (id, known) in &self.cases {
            for pending in &known.case.snapshot.pending {
                if !found.contains_key(&(id.as_str(), pending.sequence)) {
                    let (sequence, due) = (pending.sequence, pending.due);
                    return Err(format!(
                        "timer {sequence} of case {id}, due at {due}, is lost"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The services that run.
    pub(crate) fn running(&self) -> BTreeSet<JobKey> {
        let running = self.cases.iter().flat_map(|(id, known)| {
            let running = known.case.snapshot.invocations.iter();
            running.map(|invocation| JobKey::new(id, invocation.sequence))
        });
        running.collect()
    }

    /// Each service that a case runs has one job and one place in the queue, and there are no others.
    fn compare_jobs(&self, jobs: Vec<Row>, queue: &[Row]) -> Result<(), String> {
        let mut places = BTreeSet::new();
        let mut found = BTreeSet::new();
        for row in jobs {
            let job = StoredJob::of_row(row).map_err(|error| error.to_string())?;
            let JobKey { case, sequence } = job.key.clone();
            let what = format!("job {sequence} of case {case}");
            let known = self.cases.get(&case).ok_or("a job of an unknown case")?;
            match known.services.get(&sequence) {
                Some(started) if job.record.is_work_of(started) => {}
                started => {
                    let record = &job.record;
                    return Err(format!("{what}: expected {started:?}, found {record:?}"));
                }
            }
            places.insert(job.queue_key());
            found.insert(job.key);
        }
        let running = self.running();
        if running != found {
            return Err(format!("expected the jobs {running:?}, found {found:?}"));
        }
        let queue: BTreeSet<Vec<u8>> = queue.iter().map(|(key, _)| key.clone()).collect();
        match queue == places {
            true => Ok(()),
            false => Err(format!(
                "the queue is {queue:?}, the jobs wait at {places:?}"
            )),
        }
    }
}

/// The services that a step has started, as jobs that nobody has tried.
fn started(effects: &[Effect], at: Timestamp) -> Vec<(u64, JobRecord)> {
    let started = effects.iter().filter_map(|effect| match effect {
        Effect::Start {
            sequence,
            id,
            source,
            input,
        } => Some((*sequence, JobRecord::new(id, source, input.clone(), at))),
        _ => None,
    });
    started.collect()
}

/// When a timer is due, its number, and its case.
fn timer(key: &[u8]) -> Option<(Timestamp, u64, &str)> {
    let (due, rest) = key.split_first_chunk::<8>()?;
    let (sequence, case) = rest.split_first_chunk::<8>()?;
    let due = (u64::from_be_bytes(*due) ^ (1 << 63)) as i64;
    Some((
        Timestamp::from_unix_ms(due),
        u64::from_be_bytes(*sequence),
        std::str::from_utf8(case).ok()?,
    ))
}

/// When the first timer is due, or the first service is to be run.
pub(crate) fn first_of_all(store: &dyn KeyValue) -> Result<Option<Timestamp>, Difference> {
    let first = first_job(store)?.into_iter().chain(first_due(store)?);
    Ok(first.min())
}

/// When the first service is to be run.
pub(crate) fn first_job(store: &dyn KeyValue) -> Result<Option<Timestamp>, Difference> {
    let rows = scan(store, Table::Queue)?;
    let due = rows
        .iter()
        .filter_map(|(key, _)| Queued::of_bytes(key)?.due());
    Ok(due.min())
}

/// When the first timer is due.
pub(crate) fn first_due(store: &dyn KeyValue) -> Result<Option<Timestamp>, Difference> {
    let rows = scan(store, Table::Timers)?;
    let first = rows.first().and_then(|(key, _)| timer(key));
    Ok(first.map(|(due, ..)| due))
}

fn scan(store: &dyn KeyValue, table: Table) -> Result<Vec<Row>, Difference> {
    let all = Range::prefix(&[], None, usize::MAX);
    let rows = store.scan(table, &all);
    rows.map_err(|error| Difference::Unreadable(error.to_string()))
}

/// A record behind its version byte.
fn decode<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, String> {
    let (_, record) = bytes.split_first().ok_or("an empty record")?;
    minicbor::decode(record).map_err(|error| error.to_string())
}
