//! One step on its way into the store: its case, its record, and the rows beside them.

use std::sync::Arc;

use casewright_case::{Case, Record};
use casewright_chart::Chart;
use casewright_definition::Definition;

use crate::answer::{AnswerWrite, add_answer};
use crate::codec::case_record::{CaseRecord, Link};
use crate::codec::encode;
use crate::codec::journal_record::JournalRecord;
use crate::due_timer::DueTimer;
use crate::error::StoreError;
use crate::filter::status;
use crate::job::{StartedJob, StoredJob, add_jobs};
use crate::key_value::{Batch, Precondition};
use crate::tables::{Table, index_key, timer_key};

/// One step to write.
#[derive(Clone, Debug)]
pub struct StepWrite {
    /// The case as it was; none when it was opened.
    pub before: Option<StoredCase>,
    /// The case as it is.
    pub case: Case,
    /// Its definition.
    pub definition: Arc<Definition>,
    /// What the journal keeps.
    pub record: Record,
    /// The timer whose firing this is; it goes with the step.
    pub fired: Option<DueTimer>,
    /// The services that it starts.
    pub started: Vec<StartedJob>,
    /// The services that it ends: they have returned, or their states were left.
    pub ended: Vec<StoredJob>,
    /// What is answered to the request whose step it is, if that is to be remembered.
    pub answer: Option<AnswerWrite>,
}

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCase {
    /// What is stored.
    pub record: CaseRecord,
    /// The bytes that it was read from: what a commit compares, so that a record of an older form is
    /// still the one that it is.
    pub(crate) bytes: Vec<u8>,
}

/// Adds a step to a batch; its record gets the place `sequence` in the journal.
pub(crate) fn add_step(
    batch: &mut Batch,
    step: &StepWrite,
    sequence: u64,
) -> Result<(), StoreError> {
    let case = &step.case;
    let chart = &step.definition.chart;
    let key = case.id.as_bytes().to_vec();
    let before = step.before.as_ref();
    let previous = before.map(|before| before.record.last);
    let record = JournalRecord::of(&case.id, &step.definition, previous, &step.record);
    let record = encode(Table::Journal, &record)?;
    let last = Link {
        sequence,
        hash: Link::hash_of(&record),
    };
    let first = before.map_or(last, |before| before.record.first);
    let after = CaseRecord::of(case, chart, first, last);
    batch.preconditions.push(match before {
        None => Precondition::Absent(Table::Cases, key.clone()),
        Some(before) => Precondition::Equal(Table::Cases, key.clone(), before.bytes.clone()),
    });
    batch
        .puts
        .push((Table::Cases, key, encode(Table::Cases, &after)?));
    batch
        .puts
        .push((Table::Journal, sequence.to_be_bytes().to_vec(), record));
    let beside_before = before.map_or_else(Vec::new, |before| Beside::all(&before.record, chart));
    let beside_after = Beside::all(&after, chart);
    let gone = beside_before
        .iter()
        .filter(|row| !beside_after.contains(row));
    let gone = gone.map(|row| row.key(&case.id, &after.workflow));
    batch.deletes.extend(gone);
    // A timer that was put off lies elsewhere than its case thinks.
    let fired = step.fired.iter();
    batch
        .deletes
        .extend(fired.map(|timer| (Table::Timers, timer.key())));
    let new = beside_after
        .iter()
        .filter(|row| !beside_before.contains(row));
    batch.puts.extend(new.map(|row| {
        let (table, key) = row.key(&case.id, &after.workflow);
        (table, key, Vec::new())
    }));
    add_jobs(batch, &case.id, &step.started, &step.ended)?;
    match &step.answer {
        Some(answer) => add_answer(batch, answer),
        None => Ok(()),
    }
}

/// The rows that stand beside a case's own: its timers and its places in the indexes.
pub(crate) fn rows(id: &str, case: &CaseRecord, chart: &Chart) -> Vec<(Table, Vec<u8>)> {
    let beside = Beside::all(case, chart).into_iter();
    beside.map(|row| row.key(id, &case.workflow)).collect()
}

/// A row that stands beside a case's own: a place in an index, or a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside<'a> {
    All,
    Workflow,
    Status(&'static str),
    WorkflowStatus(&'static str),
    State(&'a str),
    Timer { due_ms: i64, sequence: u64 },
}

impl<'a> Beside<'a> {
    /// Every row that a case asks for.
    fn all(case: &'a CaseRecord, chart: &Chart) -> Vec<Self> {
        let status = status(case.is_done());
        let is_atomic = |state: &&String| {
            let found = chart.state_index(state);
            found.is_some_and(|index| chart.is_atomic(index))
        };
        let states = case.configuration.iter().filter(is_atomic);
        let timers = case.pending.iter().map(|pending| Beside::Timer {
            due_ms: pending.due_ms,
            sequence: pending.sequence,
        });
        let mut rows = vec![
            Beside::All,
            Beside::Workflow,
            Beside::Status(status),
            Beside::WorkflowStatus(status),
        ];
        rows.extend(states.map(|state| Beside::State(state)));
        rows.extend(timers);
        rows
    }

    /// Where it stands for a case of a workflow.
    fn key(&self, case: &str, workflow: &str) -> (Table, Vec<u8>) {
        let index = |parts: &[&str]| (Table::Index, index_key(parts, case));
        match *self {
            Beside::All => index(&["all"]),
            Beside::Workflow => index(&["workflow", workflow]),
            Beside::Status(status) => index(&["status", status]),
            Beside::WorkflowStatus(status) => index(&["workflow-status", workflow, status]),
            Beside::State(state) => index(&["state", workflow, state]),
            Beside::Timer { due_ms, sequence } => {
                (Table::Timers, timer_key(due_ms, sequence, case))
            }
        }
    }
}
