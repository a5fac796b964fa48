//! A pure interpreter for statecharts after [W3C SCXML 1.0](https://www.w3.org/TR/scxml/).
//!
//! Read the modules in the order in which they stand here:
//!
//! - [`value`], [`time`] and [`event`]: what flows through a chart,
//! - [`action`] and [`chart`]: what a chart is made of; [`build`] makes one from a tree of nodes,
//! - [`evaluate`]: what a chart asks of the outside, and the only trait here,
//! - [`snapshot`]: where one run of a chart stands,
//! - [`mod@step`]: the way in: [`start`], [`step()`] and [`fire`] take a snapshot one macrostep further,
//! - the interpreter behind them, whose procedures carry the names of SCXML's appendix D.
//!
//! Architecture invariants: no clock, no randomness, no IO, no threads, no storage; `now` is a
//! value that the caller passes. Nothing here knows what an expression is written in, who the
//! people are, or how a snapshot is stored.

pub mod value;

pub mod time;

pub mod event;

pub mod action;

pub mod chart;

pub mod build;

pub mod evaluate;

pub mod snapshot;

pub mod trace;

pub mod step;

mod interpreter;

pub use action::{
    Action, Block, Branch, DecisionIndex, ExpressionIndex, Invoke, Location, Name, Send,
};
pub use build::{BuildError, InitialNode, StateNode, TransitionNode};
pub use chart::{Chart, State, StateIndex, StateKind, Transition, TransitionIndex};
pub use evaluate::{Answer, DecisionError, Evaluate, EvaluateError, Payload, Scope};
pub use event::{Descriptor, Event, EventKind};
pub use snapshot::{Invocation, Pending, Snapshot, Status};
pub use step::{Decided, Effect, Limits, Returned, Step, StepError, fire, settle, start, step};
pub use time::Timestamp;
pub use trace::Trace;
pub use value::Value;
