//! What a chart asks of the outside: expressions and decisions.

use std::sync::Arc;

use crate::action::{DecisionIndex, ExpressionIndex};
use crate::chart::{Chart, StateIndex};
use crate::event::Event;
use crate::time::Timestamp;
use crate::value::Value;

/// What an expression may look at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The chart, for the names of states.
    pub chart: &'a Chart,
    /// The active states, in document order.
    pub configuration: &'a [StateIndex],
    /// The data.
    pub data: &'a Value,
    /// The event being processed; none while the chart starts.
    pub event: Option<&'a Event>,
    /// When the step is taken.
    pub now: Timestamp,
    /// The names that enclosing `foreach` blocks have bound, outermost first.
    pub locals: &'a [(Arc<str>, Value)],
}

impl Scope<'_> {
    /// Whether the state is active (SCXML 5.9.1, the predicate `In`), as the root always is; false
    /// for a state that the chart does not have.
    pub fn is_in(&self, state: &str) -> bool {
        self.chart.state_index(state).is_some_and(|index| {
            index == StateIndex::ROOT || self.configuration.binary_search(&index).is_ok()
        })
    }
}

/// Evaluates the expressions and answers the decisions of one chart.
///
/// The same scope must always give the same answer: a chart is replayed from its events.
pub trait Evaluate {
    /// Whether a guard holds.
    ///
    /// # Errors
    /// It cannot be evaluated, or is no boolean. The chart counts the guard as false and raises
    /// `error.execution` (SCXML 5.9.1).
    fn guard(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> Result<bool, EvaluateError>;

    /// The value of an expression.
    ///
    /// # Errors
    /// It cannot be evaluated. The chart raises `error.execution` and skips the rest of the block.
    fn value(&self, expression: ExpressionIndex, scope: &Scope<'_>)
    -> Result<Value, EvaluateError>;

    /// What an event or the end of a state carries. By default its entries fail together, as
    /// [`Evaluate::value`] does.
    ///
    /// # Errors
    /// It cannot be evaluated at all. The chart raises `error.execution` and skips the rest of the block.
    fn payload(
        &self,
        expression: ExpressionIndex,
        scope: &Scope<'_>,
    ) -> Result<Payload, EvaluateError> {
        self.value(expression, scope).map(Payload::whole)
    }

    /// Whether a target of `send` is the chart's own address (SCXML C.1, `#_scxml_` and the id of the
    /// session). By default none is.
    fn is_own_address(&self, _target: &str) -> bool {
        false
    }

    /// The milliseconds that a delay takes, from `scope.now`.
    ///
    /// # Errors
    /// It cannot be evaluated, or is no duration, or is negative.
    fn delay_ms(&self, delay: ExpressionIndex, scope: &Scope<'_>) -> Result<u64, EvaluateError>;

    /// The answer of a decision.
    ///
    /// # Errors
    /// There is none. DIFFERENCE: this is no `error.execution`; the whole step fails with
    /// [`StepError::Decision`](crate::StepError::Decision), because a broken plugin must not move
    /// a case.
    fn decide(&self, decision: DecisionIndex, input: &Value) -> Result<Answer, DecisionError>;
}

/// What an event or the end of a state carries (SCXML 5.7).
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// The data, without the entries that cannot be evaluated.
    pub data: Value,
    /// Why these cannot, one by one: each is an `error.execution` (SCXML 5.7.2).
    pub errors: Vec<EvaluateError>,
}

impl Payload {
    /// Data that is all there.
    pub fn whole(data: Value) -> Self {
        Payload {
            data,
            errors: Vec::new(),
        }
    }
}

/// Why an expression has no value: what was expected and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluateError(pub String);

/// What a decision answered, and who.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The plugin's name and the function's, joined by `.`.
    pub function: Arc<str>,
    /// The digest of the plugin that answered.
    pub digest: Arc<str>,
    /// The answer.
    pub output: Value,
}

/// Why a decision gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionError {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// The function's name.
    pub function: Arc<str>,
    /// A stable word for the kind of failure, for example `fuel-exhausted`.
    pub code: Arc<str>,
    /// The limit that was hit and its figure, if it was one.
    pub limit: Option<(Arc<str>, u64)>,
    /// The whole story, for people.
    pub message: Arc<str>,
}
