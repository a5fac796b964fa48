//! The way in: one macrostep from a stable configuration to the next.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::action::Block;
use crate::chart::{Chart, StateIndex, StateKind};
use crate::evaluate::{Answer, DecisionError, Evaluate};
use crate::event::Event;
use crate::interpreter::Interpreter;
use crate::snapshot::{Snapshot, Status};
use crate::time::Timestamp;
use crate::trace::Trace;
use crate::value::Value;

/// What one step may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Microsteps in a step. A workflow takes a handful; a thousand is a loop without an end.
    pub microsteps: usize,
    /// Events on the internal queue at once. Each microstep raises a few.
    pub queue: usize,
    /// Size of the data with what pending events carry, and of each value made in a step, in bytes of
    /// JSON. A case is a record of decisions, not a file store.
    pub data_bytes: usize,
    /// Size of all values made in a step together, in bytes of JSON: what its record may come to, and what
    /// its loops may copy.
    pub step_bytes: usize,
    /// Events that wait for their time, and services that run. Each has a row in the store.
    pub pending: usize,
    /// Actions in a step, those inside `foreach` counted each time.
    pub actions: usize,
    /// Decisions in a step. Each may take a plugin all the time that it is allowed.
    pub decisions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            microsteps: 1_000,
            queue: 1_000,
            data_bytes: 1024 * 1024,
            step_bytes: 16 * 1024 * 1024,
            pending: 1_000,
            actions: 100_000,
            decisions: 100,
        }
    }
}

/// What a step leads to.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where the run stands now.
    pub snapshot: Snapshot,
    /// Whether the event took a transition. If not, it was discarded, as SCXML says; the snapshot
    /// may still differ, when a guard failed and something handles `error.execution`.
    pub taken: bool,
    /// What the chart wants from the world, in order.
    pub effects: Vec<Effect>,
    /// What happened, in order.
    pub trace: Vec<Trace>,
    /// What decisions answered, in order.
    pub decisions: Vec<Decided>,
}

/// One decision of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// What it was asked.
    pub input: Value,
    /// What it answered, and who.
    pub answer: Answer,
}

/// Something that the chart wants from the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Call [`fire`] with this number when it is due.
    Schedule {
        /// The number of the [`Pending`](crate::Pending).
        sequence: u64,
        /// When.
        due: Timestamp,
    },
    /// Forget the number: it will not be due any more.
    Unschedule {
        /// The number of the pending event.
        sequence: u64,
    },
    /// Start a service.
    Start {
        /// The number of the [`Invocation`](crate::Invocation).
        sequence: u64,
        /// The id of the `invoke`.
        id: Arc<str>,
        /// What to run.
        source: Arc<str>,
        /// What to hand it.
        input: Value,
    },
    /// Stop a service: its state was left.
    Stop {
        /// The number of the invocation.
        sequence: u64,
        /// The id of the `invoke`.
        id: Arc<str>,
    },
    /// Tell the world.
    Emit {
        /// What it is called.
        event: Arc<str>,
        /// What it says.
        data: Value,
    },
}

/// What a service came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Returned {
    /// It is done, with this answer.
    Done(Value),
    /// It has failed, for this reason.
    Failed(Value),
}

impl Returned {
    /// Its answer, or the reason why there is none.
    pub fn data(&self) -> &Value {
        match self {
            Returned::Done(data) | Returned::Failed(data) => data,
        }
    }
}

/// Why a step could not be taken. The snapshot that it started from still stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StepError {
    /// The run has ended.
    Done,
    /// Nothing with this number is pending: it was cancelled, or fired before.
    NotPending(u64),
    /// No service with this number is running: it was stopped, or answered before.
    NotRunning(u64),
    /// The snapshot is not one of this chart.
    ForeignSnapshot,
    /// A limit was hit.
    Limit {
        /// The field of [`Limits`].
        name: &'static str,
        /// Its value.
        figure: usize,
    },
    /// A decision gave no answer.
    Decision(DecisionError),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepError::Done => f.write_str("the run has ended"),
            StepError::NotPending(sequence) => write!(f, "no event {sequence} is pending"),
            StepError::NotRunning(sequence) => write!(f, "no service {sequence} is running"),
            StepError::ForeignSnapshot => f.write_str("the snapshot is not one of this chart"),
            StepError::Limit { name, figure } => {
                write!(f, "the step went beyond its limit `{name}` of {figure}")
            }
            StepError::Decision(error) => f.write_str(&error.message),
        }
    }
}

impl std::error::Error for StepError {}

/// Starts a run: enters the initial states and goes on to the first stable configuration
/// (SCXML appendix D, `interpret`).
///
/// # Errors
/// A limit was hit, or a decision gave no answer.
pub fn start(
    chart: &Chart,
    data: Value,
    now: Timestamp,
    evaluate: &dyn Evaluate,
    limits: &Limits,
) -> Result<Step, StepError> {
    let mut interpreter = Interpreter::new(chart, None, data, now, evaluate, limits);
    interpreter.start()?;
    interpreter.finish(true)
}

/// Takes an event from outside and goes on to the next stable configuration
/// (SCXML appendix D, the body of `mainEventLoop`).
///
/// # Errors
/// The run has ended, the snapshot is another chart's, a limit was hit, or a decision gave no
/// answer.
pub fn step(
    chart: &Chart,
    snapshot: &Snapshot,
    event: Event,
    now: Timestamp,
    evaluate: &dyn Evaluate,
    limits: &Limits,
) -> Result<Step, StepError> {
    check(chart, snapshot)?;
    let surroundings = (now, evaluate, limits);
    external(chart, snapshot, event, &Block::new(), surroundings)
}

/// Takes an event from outside on a snapshot that is one of the chart, after the `finalize` of its invocation.
fn external(
    chart: &Chart,
    snapshot: &Snapshot,
    event: Event,
    finalize: &Block,
    (now, evaluate, limits): (Timestamp, &dyn Evaluate, &Limits),
) -> Result<Step, StepError> {
    let data = snapshot.data.clone();
    let mut interpreter = Interpreter::new(chart, Some(snapshot), data, now, evaluate, limits);
    let taken = interpreter.external(event, finalize)?;
    interpreter.finish(taken)
}

/// Takes the pending event with this number, whether it is due or not, as [`step`] takes one from
/// outside. The number is used up even when no transition takes the event.
///
/// # Errors
/// As [`step`]'s, and when nothing with this number is pending.
pub fn fire(
    chart: &Chart,
    snapshot: &Snapshot,
    sequence: u64,
    now: Timestamp,
    evaluate: &dyn Evaluate,
    limits: &Limits,
) -> Result<Step, StepError> {
    check(chart, snapshot)?;
    let position = snapshot
        .pending
        .iter()
        .position(|pending| pending.sequence == sequence)
        .ok_or(StepError::NotPending(sequence))?;
    let mut rest = snapshot.clone();
    let pending = rest.pending.remove(position);
    let mut event = Event::external(pending.event, pending.data);
    event.send_id = pending.id;
    event.is_own = true;
    let surroundings = (now, evaluate, limits);
    external(chart, &rest, event, &Block::new(), surroundings)
}

/// Takes what a service came to, as [`step`] takes an event from outside: `done.invoke.` or `error.invoke.` and the
/// id of its `invoke`, after the `finalize` of that. The service runs no more then, whether a transition takes
/// the event or not (SCXML 6.4).
///
/// DIFFERENCE: SCXML has no event for a service that fails; this one is as XState has it.
///
/// # Errors
/// As [`step`]'s, and when no service with this number is running.
pub fn settle(
    chart: &Chart,
    snapshot: &Snapshot,
    sequence: u64,
    returned: Returned,
    now: Timestamp,
    evaluate: &dyn Evaluate,
    limits: &Limits,
) -> Result<Step, StepError> {
    check(chart, snapshot)?;
    let position = snapshot
        .invocations
        .iter()
        .position(|invocation| invocation.sequence == sequence)
        .ok_or(StepError::NotRunning(sequence))?;
    let mut rest = snapshot.clone();
    let invocation = rest.invocations.remove(position);
    let mut invokes = chart.state(invocation.state).invokes.iter();
    let invoke = invokes.find(|invoke| invoke.id == invocation.id);
    let invoke = invoke.ok_or(StepError::ForeignSnapshot)?;
    let mut event = match returned {
        Returned::Done(data) => Event::external(invoke.done(), data),
        Returned::Failed(data) => Event::external(invoke.error(), data),
    };
    event.invoke_id = Some(invocation.id);
    let surroundings = (now, evaluate, limits);
    external(chart, &rest, event, &invoke.finalize, surroundings)
}

fn check(chart: &Chart, snapshot: &Snapshot) -> Result<(), StepError> {
    let known = |state: &StateIndex| state.get() < chart.states.len();
    let mut history = snapshot.history.iter();
    let mut invocations = snapshot.invocations.iter();
    let ours = chart.is_legal(&snapshot.configuration)
        && history.all(|(state, kept)| known(state) && remembers(chart, *state, kept))
        && invocations.all(|invocation| known(&invocation.state));
    match (ours, &snapshot.status) {
        (false, _) => Err(StepError::ForeignSnapshot),
        (true, Status::Done(_)) => Err(StepError::Done),
        (true, Status::Running) => Ok(()),
    }
}

/// Whether these can be what a history state remembers.
fn remembers(chart: &Chart, history: StateIndex, kept: &[StateIndex]) -> bool {
    let Some(parent) = chart.state(history).parent else {
        return false;
    };
    let inside = |state: &StateIndex| {
        state.get() < chart.states.len() && chart.is_descendant(*state, parent)
    };
    kept.iter().all(inside)
        && match chart.state(history).kind {
            StateKind::ShallowHistory => {
                let regions = match chart.state(parent).kind {
                    StateKind::Parallel => chart.child_states(parent).count(),
                    _ => 1,
                };
                kept.len() == regions
                    && kept
                        .iter()
                        .all(|state| chart.state(*state).parent == Some(parent))
            }
            StateKind::DeepHistory => {
                let ancestors = kept
                    .iter()
                    .flat_map(|state| chart.proper_ancestors(*state, Some(parent)));
                let states: BTreeSet<StateIndex> = ancestors.chain(kept.iter().copied()).collect();
                let states: Vec<StateIndex> = states.into_iter().collect();
                chart.is_legal_below(parent, &states)
            }
            _ => false,
        }
}
