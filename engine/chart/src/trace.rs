//! What happened inside a step, in order.

use std::sync::Arc;

use crate::chart::{StateIndex, TransitionIndex};
use crate::event::EventKind;
use crate::value::Value;

/// One line of a trace.
#[derive(Clone, Debug, PartialEq)]
pub enum Trace {
    /// An event was taken from its queue.
    Event {
        /// Its name.
        name: Arc<str>,
        /// Where it comes from.
        kind: EventKind,
    },
    /// A guard was asked.
    Guard {
        /// The transition that it guards.
        transition: TransitionIndex,
        /// What it said, or why it could say nothing.
        outcome: Result<bool, Arc<str>>,
    },
    /// A state was left.
    Exit(StateIndex),
    /// A transition was taken.
    Transition(TransitionIndex),
    /// A state was entered.
    Enter(StateIndex),
    /// A decision answered.
    Decision {
        /// The plugin's name and the function's, joined by `.`.
        function: Arc<str>,
        /// The answer.
        output: Value,
    },
    /// The chart logged a value.
    Log {
        /// What the value is.
        label: Option<Arc<str>>,
        /// The value.
        value: Value,
    },
    /// An expression or an action failed; `error.execution` was raised.
    Error(Arc<str>),
}
