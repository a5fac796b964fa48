//! Answers to guards that come from a script, so that each way through a step is gone once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_chart::{
    Answer, DecisionError, DecisionIndex, Evaluate, EvaluateError, ExpressionIndex, Scope,
    StateIndex, Value,
};

use super::constant::decided;
use crate::definition::Definition;

/// A guard, where it was asked: the same question has the same answer in one step. Otherwise a loop
/// that a guard ends would be gone round as often as there is a limit.
type Question = (u32, Vec<StateIndex>, Option<Arc<str>>);

/// Answers guards from a script, and goes through all scripts in turn.
pub(super) struct Oracle<'a> {
    definition: &'a Definition,
    round: RefCell<Round>,
}

#[derive(Default)]
struct Round {
    script: Vec<bool>,
    asked: BTreeMap<Question, bool>,
    noted: Vec<Noted>,
}

/// What happened in a step, as far as it tells whether the step can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// The transition of this number was taken.
    Taken(usize),
    /// A guard was asked whose answer lies with the data.
    Asked,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(definition: &'a Definition) -> Self {
        Oracle {
            definition,
            round: RefCell::default(),
        }
    }

    /// Answers the questions of one step as given; those beyond it with yes.
    pub(super) fn script(&self, answers: &[bool]) {
        *self.round.borrow_mut() = Round {
            script: answers.to_vec(),
            ..Round::default()
        };
    }

    /// How the questions of the step were answered, in the order in which they were asked.
    pub(super) fn answers(&self) -> Vec<bool> {
        let round = self.round.borrow();
        let asked = round.script.iter().take(round.asked.len());
        asked.copied().collect()
    }

    /// What has happened in the step so far.
    pub(super) fn noted(&self) -> Vec<Noted> {
        self.round.borrow().noted.clone()
    }

    /// Makes ready for the next way through the same step; false when there is none left.
    pub(super) fn turn(&self) -> bool {
        let mut round = self.round.borrow_mut();
        let asked = round.asked.len();
        round.asked.clear();
        round.noted.clear();
        round.script.truncate(asked);
        while round.script.pop_if(|answer| !*answer).is_some() {}
        match round.script.last_mut() {
            Some(last) => {
                *last = false;
                true
            }
            None => false,
        }
    }
}

impl Evaluate for Oracle<'_> {
    fn guard(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> Result<bool, EvaluateError> {
        if let Some(holds) = decided(self.definition, guard, scope) {
            return Ok(holds);
        }
        let event = scope.event.map(|event| event.name.clone());
        let question = (guard.0, scope.configuration.to_vec(), event);
        let mut round = self.round.borrow_mut();
        round.noted.push(Noted::Asked);
        if let Some(holds) = round.asked.get(&question) {
            return Ok(*holds);
        }
        let position = round.asked.len();
        let holds = match round.script.get(position) {
            Some(holds) => *holds,
            None => {
                round.script.push(true);
                true
            }
        };
        round.asked.insert(question, holds);
        Ok(holds)
    }

    /// The skeleton asks for no value but the number of the transition that is taken.
    fn value(&self, taken: ExpressionIndex, _: &Scope<'_>) -> Result<Value, EvaluateError> {
        let taken = Noted::Taken(taken.0 as usize);
        self.round.borrow_mut().noted.push(taken);
        Ok(Value::Null)
    }

    fn delay_ms(&self, _: ExpressionIndex, _: &Scope<'_>) -> Result<u64, EvaluateError> {
        Ok(0)
    }

    fn decide(&self, _: DecisionIndex, _: &Value) -> Result<Answer, DecisionError> {
        Ok(Answer {
            function: "".into(),
            digest: "".into(),
            output: Value::Null,
        })
    }
}
