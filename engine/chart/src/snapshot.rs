//! Where one run of a chart stands between two macrosteps.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::chart::StateIndex;
use crate::time::Timestamp;
use crate::value::Value;

/// Everything that a run of a chart remembers. Both queues of SCXML are empty between macrosteps,
/// so they are not here.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The active states, in document order. The root is not among them. A run that is
    /// [`Status::Done`] keeps the states in which it ended.
    pub configuration: Vec<StateIndex>,
    /// What each history state remembers, in document order.
    pub history: IndexMap<StateIndex, Vec<StateIndex>>,
    /// The data.
    pub data: Value,
    /// Events that were sent and are not yet due, oldest `send` first.
    pub pending: Vec<Pending>,
    /// Services that are running, oldest first.
    pub invocations: Vec<Invocation>,
    /// The number that the next [`Pending`] or [`Invocation`] gets; it only grows.
    pub next_sequence: u64,
    /// Whether the run goes on.
    pub status: Status,
}

/// Whether a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It waits for events.
    Running,
    /// It has reached a final state of the root, with this output.
    Done(Value),
}

/// An event that was sent and is not yet due.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Tells it apart from every other of this run.
    pub sequence: u64,
    /// The id of the `send`, if it has one.
    pub id: Option<Arc<str>>,
    /// The event's name.
    pub event: Arc<str>,
    /// The event's data.
    pub data: Value,
    /// When it comes.
    pub due: Timestamp,
}

/// A service that is running.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// Tells it apart from every other of this run.
    pub sequence: u64,
    /// The id of the `invoke`.
    pub id: Arc<str>,
    /// The state that runs it.
    pub state: StateIndex,
}
