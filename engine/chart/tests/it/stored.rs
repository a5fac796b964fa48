//! A snapshot as a store would keep it: names in place of numbers.

use std::sync::Arc;

use casewright_chart::{
    Chart, Invocation, Pending, Snapshot, StateIndex, Status, Timestamp, Value,
};

/// Only texts, numbers and values.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    configuration: Vec<String>,
    history: Vec<(String, Vec<String>)>,
    data: Value,
    pending: Vec<(u64, Option<String>, String, Value, i64)>,
    invocations: Vec<(u64, String, String)>,
    next_sequence: u64,
    output: Option<Value>,
}

impl Stored {
    pub(crate) fn store(chart: &Chart, snapshot: &Snapshot) -> Stored {
        let name = |state: &StateIndex| chart.state(*state).id.to_string();
        let names = |states: &[StateIndex]| states.iter().map(name).collect();
        Stored {
            configuration: names(&snapshot.configuration),
            history: snapshot
                .history
                .iter()
                .map(|(history, kept)| (name(history), names(kept)))
                .collect(),
            data: snapshot.data.clone(),
            pending: snapshot
                .pending
                .iter()
                .map(|pending| {
                    (
                        pending.sequence,
                        pending.id.as_ref().map(ToString::to_string),
                        pending.event.to_string(),
                        pending.data.clone(),
                        pending.due.unix_ms(),
                    )
                })
                .collect(),
            invocations: snapshot
                .invocations
                .iter()
                .map(|run| (run.sequence, run.id.to_string(), name(&run.state)))
                .collect(),
            next_sequence: snapshot.next_sequence,
            output: match &snapshot.status {
                Status::Running => None,
                Status::Done(output) => Some(output.clone()),
            },
        }
    }

    pub(crate) fn load(self, chart: &Chart) -> Snapshot {
        let index = |id: &String| chart.state_index(id).expect("a state of the chart");
        let indexes = |ids: &[String]| ids.iter().map(index).collect();
        Snapshot {
            configuration: indexes(&self.configuration),
            history: self
                .history
                .iter()
                .map(|(history, kept)| (index(history), indexes(kept)))
                .collect(),
            data: self.data,
            pending: self
                .pending
                .into_iter()
                .map(|(sequence, id, event, data, due)| Pending {
                    sequence,
                    id: id.map(Arc::from),
                    event: event.into(),
                    data,
                    due: Timestamp::from_unix_ms(due),
                })
                .collect(),
            invocations: self
                .invocations
                .into_iter()
                .map(|(sequence, id, state)| Invocation {
                    sequence,
                    state: index(&state),
                    id: id.into(),
                })
                .collect(),
            next_sequence: self.next_sequence,
            status: self.output.map_or(Status::Running, Status::Done),
        }
    }
}
