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
    let keys_before = before.map(|before| rows(&case.id, &before.record, chart));
    let keys_before = keys_before.unwrap_or_default();
    let keys_after = rows(&case.id, &after, chart);
    let gone = keys_before.iter().filter(|key| !keys_after.contains(key));
    batch.deletes.extend(gone.cloned());
    // A timer that was put off lies elsewhere than its case thinks.
    let fired = step.fired.iter();
    batch
        .deletes
        .extend(fired.map(|timer| (Table::Timers, timer.key())));
    let new = keys_after.iter().filter(|key| !keys_before.contains(key));
    batch
        .puts
        .extend(new.map(|(table, key)| (*table, key.clone(), Vec::new())));
    match &step.answer {
        Some(answer) => add_answer(batch, answer),
        None => Ok(()),
    }
}

/// The rows that stand beside a case's own: its timers and its places in the indexes.
fn rows(id: &str, case: &CaseRecord, chart: &Chart) -> Vec<(Table, Vec<u8>)> {
    let workflow = case.workflow.as_str();
    let index = |parts: &[&str]| (Table::Index, index_key(parts, id));
    let mut rows = vec![
        index(&["all"]),
        index(&["workflow", workflow]),
        index(&["status", status(case.is_done())]),
        index(&["workflow-status", workflow, status(case.is_done())]),
    ];
    let is_atomic = |state: &&String| {
        chart
            .state_index(state)
            .is_some_and(|index| chart.is_atomic(index))
    };
    let states = case.configuration.iter().filter(is_atomic);
    rows.extend(states.map(|state| index(&["state", workflow, state])));
    let timers = case.pending.iter();
    rows.extend(timers.map(|pending| {
        let key = timer_key(pending.due_ms, pending.sequence, id);
        (Table::Timers, key)
    }));
    rows
}
