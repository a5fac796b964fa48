//! Where a case stands, as it is stored.

use std::sync::Arc;

use casewright_case::Case;
use casewright_chart::{
    Chart, Invocation, Pending, Snapshot, StateIndex, Status, Timestamp, Value,
};
use casewright_definition::Digest;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::value;

/// A case in the store: value of [`Table::Cases`](crate::tables::Table::Cases).
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct CaseRecord {
    /// The id of its workflow.
    #[n(0)]
    pub workflow: String,
    /// The digest of its definition.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub definition: [u8; 32],
    /// How many steps it has taken.
    #[n(2)]
    pub revision: u64,
    /// When it was opened, in milliseconds since the Unix epoch.
    #[n(3)]
    pub created_at_ms: i64,
    /// Who opened it.
    #[n(4)]
    pub created_by: String,
    /// When its last step was taken.
    #[n(5)]
    pub updated_at_ms: i64,
    /// The ids of its active states, in document order.
    #[n(6)]
    pub configuration: Vec<String>,
    /// What each history state remembers.
    #[n(7)]
    history: Vec<HistoryRecord>,
    /// The case data.
    #[cbor(n(8), encode_with = "value::encode", decode_with = "value::decode")]
    pub data: Value,
    /// Events that are not yet due.
    #[n(9)]
    pub pending: Vec<PendingRecord>,
    /// Services that are running.
    #[n(10)]
    pub invocations: Vec<InvocationRecord>,
    /// The number that the next pending event or invocation gets.
    #[n(11)]
    next_sequence: u64,
    /// What it ended with; none while it runs.
    #[n(12)]
    done: Option<Done>,
    /// Its last record in the journal.
    #[n(13)]
    pub last: Link,
    /// Its first record in the journal: how it was opened.
    #[n(14)]
    pub first: Link,
}

/// Points at a record of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Link {
    /// The record's place.
    #[n(0)]
    pub sequence: u64,
    /// The SHA-256 of the record's bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

impl Link {
    /// The hash by which a record with these bytes is linked.
    pub(crate) fn hash_of(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// An event that is not yet due.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct PendingRecord {
    /// Its number in the case.
    #[n(0)]
    pub sequence: u64,
    /// The id of the `send`.
    #[n(1)]
    pub id: Option<String>,
    /// Its name.
    #[n(2)]
    pub event: String,
    /// Its data.
    #[cbor(n(3), encode_with = "value::encode", decode_with = "value::decode")]
    data: Value,
    /// When it is due, in milliseconds since the Unix epoch.
    #[n(4)]
    pub due_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct HistoryRecord {
    #[n(0)]
    state: String,
    #[n(1)]
    kept: Vec<String>,
}

/// A service that is running.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct InvocationRecord {
    /// Its number in the case.
    #[n(0)]
    pub sequence: u64,
    /// The id of the `invoke`.
    #[n(1)]
    pub id: String,
    /// The state that runs it.
    #[n(2)]
    pub state: String,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct Done {
    #[cbor(n(0), encode_with = "value::encode", decode_with = "value::decode")]
    output: Value,
}

impl CaseRecord {
    /// The stored form of a case whose first and last records are at `first` and `last`.
    pub fn of(case: &Case, chart: &Chart, first: Link, last: Link) -> Self {
        let name = |state: &StateIndex| chart.state(*state).id.as_ref().to_owned();
        let snapshot = &case.snapshot;
        CaseRecord {
            workflow: case.workflow.as_ref().to_owned(),
            definition: case.definition.0,
            revision: case.revision,
            created_at_ms: case.created_at.unix_ms(),
            created_by: case.created_by.as_ref().to_owned(),
            updated_at_ms: case.updated_at.unix_ms(),
            configuration: snapshot.configuration.iter().map(name).collect(),
            history: snapshot
                .history
                .iter()
                .map(|(state, kept)| HistoryRecord {
                    state: name(state),
                    kept: kept.iter().map(name).collect(),
                })
                .collect(),
            data: snapshot.data.clone(),
            pending: snapshot.pending.iter().map(PendingRecord::of).collect(),
            invocations: snapshot
                .invocations
                .iter()
                .map(|invocation| InvocationRecord {
                    sequence: invocation.sequence,
                    id: invocation.id.as_ref().to_owned(),
                    state: name(&invocation.state),
                })
                .collect(),
            next_sequence: snapshot.next_sequence,
            done: match &snapshot.status {
                Status::Running => None,
                Status::Done(output) => Some(Done {
                    output: output.clone(),
                }),
            },
            last,
            first,
        }
    }

    /// Whether the case has ended.
    pub fn is_done(&self) -> bool {
        self.done.is_some()
    }

    /// The case, by the chart of its definition.
    ///
    /// # Errors
    /// A state that the chart does not have.
    pub fn into_case(self, id: &str, chart: &Chart) -> Result<Case, String> {
        let state = |name: &String| {
            let found = chart.state_index(name);
            found.ok_or_else(|| format!("case `{id}` is in `{name}`, which its workflow lacks"))
        };
        let states = |names: &[String]| names.iter().map(state).collect::<Result<Vec<_>, _>>();
        let snapshot = Snapshot {
            configuration: states(&self.configuration)?,
            history: self
                .history
                .iter()
                .map(|history| Ok((state(&history.state)?, states(&history.kept)?)))
                .collect::<Result<_, String>>()?,
            data: self.data,
            pending: self
                .pending
                .into_iter()
                .map(PendingRecord::into_pending)
                .collect(),
            invocations: self
                .invocations
                .iter()
                .map(|invocation| {
                    Ok(Invocation {
                        sequence: invocation.sequence,
                        id: invocation.id.as_str().into(),
                        state: state(&invocation.state)?,
                    })
                })
                .collect::<Result<_, String>>()?,
            next_sequence: self.next_sequence,
            status: match self.done {
                None => Status::Running,
                Some(done) => Status::Done(done.output),
            },
        };
        Ok(Case {
            id: id.into(),
            workflow: self.workflow.into(),
            definition: Digest(self.definition),
            revision: self.revision,
            created_at: Timestamp::from_unix_ms(self.created_at_ms),
            created_by: self.created_by.into(),
            updated_at: Timestamp::from_unix_ms(self.updated_at_ms),
            snapshot,
        })
    }
}

impl PendingRecord {
    fn of(pending: &Pending) -> Self {
        PendingRecord {
            sequence: pending.sequence,
            id: pending.id.as_deref().map(str::to_owned),
            event: pending.event.as_ref().to_owned(),
            data: pending.data.clone(),
            due_ms: pending.due.unix_ms(),
        }
    }

    fn into_pending(self) -> Pending {
        Pending {
            sequence: self.sequence,
            id: self.id.map(Arc::from),
            event: self.event.into(),
            data: self.data,
            due: Timestamp::from_unix_ms(self.due_ms),
        }
    }
}
