//! The chart's question to a definition: what an expression is worth, and what a decision answers.

use casewright_chart::{
    Answer, DecisionError, DecisionIndex, Evaluate, EvaluateError, ExpressionIndex, Payload, Scope,
    Value,
};

use crate::definition::{Decision, Definition};
use crate::expression::{Carried, Circumstances, Explanation, Expression, Outcome};

/// Answers decisions. The plugin host is one; a journal that is replayed is another.
pub trait Decide {
    /// The answer to a question, which must be the same whenever the question is.
    ///
    /// # Errors
    /// There is none: the plugin is missing or broke, or a limit was hit.
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError>;
}

/// A definition, in the circumstances of one step.
#[derive(Clone, Copy)]
pub struct Evaluator<'a> {
    /// The definition.
    pub definition: &'a Definition,
    /// Who is acting, and on what case.
    pub circumstances: &'a Circumstances,
    /// Who answers decisions.
    pub decide: &'a dyn Decide,
}

impl Evaluator<'_> {
    fn expression(&self, index: ExpressionIndex) -> Result<&Expression, EvaluateError> {
        let expressions = &self.definition.expressions;
        let unknown =
            || EvaluateError("the chart has an expression that the definition lacks".into());
        expressions.get(index.0 as usize).ok_or_else(unknown)
    }
}

impl Evaluator<'_> {
    /// Why a guard holds or does not, in a scope. It is asked once the guard has been: it costs as much
    /// again.
    pub fn explain(
        &self,
        guard: ExpressionIndex,
        scope: &Scope<'_>,
        carried: Carried,
    ) -> Explanation {
        let surroundings = &self.definition.surroundings;
        match self.expression(guard) {
            Ok(guard) => guard.explain(scope, self.circumstances, surroundings, carried),
            Err(EvaluateError(message)) => Explanation {
                outcome: Outcome::Error(message),
                parts: Vec::new(),
                omitted: 0,
            },
        }
    }

    /// Whether a guard can hold for an event of the scope's name, whatever it carries.
    pub fn may_hold(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> bool {
        let surroundings = &self.definition.surroundings;
        self.expression(guard)
            .is_ok_and(|guard| guard.may_hold(scope, self.circumstances, surroundings))
    }
}

impl Evaluate for Evaluator<'_> {
    fn guard(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> Result<bool, EvaluateError> {
        let surroundings = &self.definition.surroundings;
        self.expression(guard)?
            .guard(scope, self.circumstances, surroundings)
    }

    fn value(
        &self,
        expression: ExpressionIndex,
        scope: &Scope<'_>,
    ) -> Result<Value, EvaluateError> {
        let surroundings = &self.definition.surroundings;
        self.expression(expression)?
            .value(scope, self.circumstances, surroundings)
    }

    fn payload(
        &self,
        expression: ExpressionIndex,
        scope: &Scope<'_>,
    ) -> Result<Payload, EvaluateError> {
        let surroundings = &self.definition.surroundings;
        self.expression(expression)?
            .payload(scope, self.circumstances, surroundings)
    }

    fn is_own_address(&self, target: &str) -> bool {
        self.circumstances.address() == target
    }

    fn delay_ms(&self, delay: ExpressionIndex, scope: &Scope<'_>) -> Result<u64, EvaluateError> {
        let surroundings = &self.definition.surroundings;
        self.expression(delay)?
            .delay_ms(scope, self.circumstances, surroundings)
    }

    fn decide(&self, decision: DecisionIndex, input: &Value) -> Result<Answer, DecisionError> {
        match self.definition.decisions.get(decision.0 as usize) {
            Some(decision) => self.decide.decide(decision, input),
            None => Err(DecisionError {
                plugin: "".into(),
                function: "".into(),
                code: "unknown-function".into(),
                limit: None,
                message: "the chart asks a decision that the definition lacks".into(),
            }),
        }
    }
}
