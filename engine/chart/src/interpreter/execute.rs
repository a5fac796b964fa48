//! Running executable content (SCXML 4).

use std::sync::Arc;

use super::Interpreter;
use crate::action::{Action, Block, DecisionIndex, ExpressionIndex, Location, Name};
use crate::event::Event;
use crate::step::{Decided, Effect, StepError};
use crate::trace::Trace;
use crate::value::Value;

/// The error of an expression or an action that failed (SCXML 3.12.2).
pub(super) const EXECUTION: &str = "error.execution";

/// Whether a block may go on after an action.
pub(super) enum Flow {
    Continue,
    /// The action failed and raised its error: the rest of the block is skipped.
    Skip,
}

impl Interpreter<'_> {
    /// Runs a block until it ends or an action of it fails (SCXML 4.1).
    pub(super) fn execute_block(&mut self, block: &Block) -> Result<(), StepError> {
        self.run(block).map(|_| ())
    }

    fn run(&mut self, block: &Block) -> Result<Flow, StepError> {
        for action in block {
            self.actions += 1;
            self.within("actions", self.actions, self.limits.actions)?;
            if let Flow::Skip = self.execute(action)? {
                self.check_queue()?;
                return Ok(Flow::Skip);
            }
            self.check_queue()?;
        }
        Ok(Flow::Continue)
    }

    fn execute(&mut self, action: &Action) -> Result<Flow, StepError> {
        match action {
            Action::Assign { location, value } => Ok(match self.value(*value)? {
                Some(value) => self.assign(location, value),
                None => Flow::Skip,
            }),
            Action::Merge { value } => Ok(match self.value(*value)? {
                Some(value) => self.merge(value),
                None => Flow::Skip,
            }),
            Action::Raise { event, data } => match self.name(event)? {
                Some(event) => self.with_data(*data, |this, data| {
                    this.raise(Event::internal(event, data));
                }),
                None => Ok(Flow::Skip),
            },
            Action::Send(send) => self.send(send),
            Action::Cancel { id } => Ok(match self.name(id)? {
                Some(id) => {
                    self.cancel(&id);
                    Flow::Continue
                }
                None => Flow::Skip,
            }),
            Action::Log { label, value } => Ok(match self.value(*value)? {
                Some(value) => {
                    let label = label.clone();
                    self.trace.push(Trace::Log { label, value });
                    Flow::Continue
                }
                None => Flow::Skip,
            }),
            Action::Emit { event, data } => self.with_data(*data, |this, data| {
                let event = event.clone();
                this.effects.push(Effect::Emit { event, data });
            }),
            Action::If {
                branches,
                otherwise,
            } => {
                for branch in branches {
                    match self.evaluate.guard(branch.guard, &self.scope()) {
                        Ok(true) => return self.run(&branch.body),
                        Ok(false) => {}
                        // A condition that fails counts as false (SCXML 5.9.1).
                        Err(error) => self.raise_error(&error.0),
                    }
                }
                self.run(otherwise)
            }
            Action::ForEach {
                array,
                item,
                index,
                body,
            } => self.for_each(*array, item, index.as_ref(), body),
            Action::Block(body) => self.run(body).map(|_| Flow::Continue),
            Action::Decide {
                decision,
                input,
                location,
            } => self.decide(*decision, *input, location),
        }
    }

    fn with_data(
        &mut self,
        data: Option<ExpressionIndex>,
        act: impl FnOnce(&mut Self, Value),
    ) -> Result<Flow, StepError> {
        Ok(match self.payload(data, None)? {
            Some(data) => {
                act(self, data);
                Flow::Continue
            }
            None => Flow::Skip,
        })
    }

    pub(super) fn assign(&mut self, location: &Location, value: Value) -> Flow {
        self.data_changed = true;
        match self.data.assign(location, value) {
            Ok(()) => Flow::Continue,
            Err(depth) => {
                let place = ["data"]
                    .into_iter()
                    .chain(location.iter().take(depth).map(|key| &**key))
                    .collect::<Vec<_>>()
                    .join(".");
                self.raise_error(&format!(
                    "`{place}` is no object and has no such item, so nothing fits below it"
                ));
                Flow::Skip
            }
        }
    }

    fn merge(&mut self, value: Value) -> Flow {
        let Value::Map(entries) = value else {
            let found = value.type_name();
            self.raise_error(&format!("expected an object to assign from, found {found}"));
            return Flow::Skip;
        };
        for (key, value) in entries.iter() {
            if let Flow::Skip = self.assign(&Location::from([key.clone()]), value.clone()) {
                return Flow::Skip;
            }
        }
        Flow::Continue
    }

    fn for_each(
        &mut self,
        array: ExpressionIndex,
        item: &Arc<str>,
        index: Option<&Arc<str>>,
        body: &Block,
    ) -> Result<Flow, StepError> {
        let items = match self.value(array)? {
            Some(Value::List(items)) => items,
            Some(other) => {
                let found = other.type_name();
                self.raise_error(&format!("expected an array to go through, found {found}"));
                return Ok(Flow::Skip);
            }
            None => return Ok(Flow::Skip),
        };
        let outer = self.locals.len();
        for (number, value) in items.iter().enumerate() {
            self.locals.push((item.clone(), value.clone()));
            if let Some(index) = index {
                self.locals.push((index.clone(), Value::Int(number as i64)));
            }
            let flow = self.run(body);
            self.locals.truncate(outer);
            // An error ends the loop, too (SCXML 4.6).
            if let Flow::Skip = flow? {
                return Ok(Flow::Skip);
            }
        }
        Ok(Flow::Continue)
    }

    fn decide(
        &mut self,
        decision: DecisionIndex,
        input: ExpressionIndex,
        location: &Location,
    ) -> Result<Flow, StepError> {
        let Some(input) = self.value(input)? else {
            return Ok(Flow::Skip);
        };
        self.within("decisions", self.decisions.len() + 1, self.limits.decisions)?;
        let answer = self.evaluate.decide(decision, &input);
        let answer = answer.map_err(StepError::Decision)?;
        self.check_size(&answer.output)?;
        self.trace.push(Trace::Decision {
            function: answer.function.clone(),
            output: answer.output.clone(),
        });
        let flow = self.assign(location, answer.output.clone());
        self.decisions.push(Decided { input, answer });
        Ok(flow)
    }

    /// A name; none when it could not be worked out, or is no text, and its error was raised.
    pub(super) fn name(&mut self, name: &Name) -> Result<Option<Arc<str>>, StepError> {
        let expression = match name {
            Name::Fixed(name) => return Ok(Some(name.clone())),
            Name::Computed(expression) => *expression,
        };
        Ok(match self.value(expression)? {
            Some(Value::String(name)) => Some(name),
            Some(other) => {
                let found = other.type_name();
                self.raise_error(&format!("expected a name, which is text, found {found}"));
                None
            }
            None => None,
        })
    }

    /// The value of an expression; none when it failed and its error was raised.
    fn value(&mut self, expression: ExpressionIndex) -> Result<Option<Value>, StepError> {
        match self.evaluate.value(expression, &self.scope()) {
            Ok(value) => {
                self.check_size(&value)?;
                Ok(Some(value))
            }
            Err(error) => {
                self.raise_error(&error.0);
                Ok(None)
            }
        }
    }

    /// As [`Self::value`], with `null` for an expression that is not there.
    pub(super) fn optional_value(
        &mut self,
        expression: Option<ExpressionIndex>,
    ) -> Result<Option<Value>, StepError> {
        match expression {
            None => Ok(Some(Value::Null)),
            Some(expression) => self.value(expression),
        }
    }

    /// What an event carries, or the end of a state: `null` when nothing. An entry that cannot be
    /// evaluated is left away and raises its error (SCXML 5.7.2), with the id of the `send` that it is
    /// for; none when all of it failed.
    pub(super) fn payload(
        &mut self,
        expression: Option<ExpressionIndex>,
        send_id: Option<&Arc<str>>,
    ) -> Result<Option<Value>, StepError> {
        let Some(expression) = expression else {
            return Ok(Some(Value::Null));
        };
        let (data, errors) = match self.evaluate.payload(expression, &self.scope()) {
            Ok(payload) => (Some(payload.data), payload.errors),
            Err(error) => (None, vec![error]),
        };
        for error in errors {
            self.raise_error_event(EXECUTION, &error.0, send_id.cloned());
        }
        if let Some(data) = &data {
            self.check_size(data)?;
        }
        Ok(data)
    }

    /// Each value is measured when it is made: one that shares its parts, and doubles in every round
    /// of a loop, could not even be measured in the end.
    pub(super) fn check_size(&mut self, value: &Value) -> Result<(), StepError> {
        let size = value.size_bytes();
        self.made_bytes = self.made_bytes.saturating_add(size);
        self.within("data_bytes", size, self.limits.data_bytes)?;
        self.within("step_bytes", self.made_bytes, self.limits.step_bytes)
    }

    /// Raises `error.execution` with the story, and notes it in the trace.
    pub(super) fn raise_error(&mut self, message: &str) {
        self.raise_error_event(EXECUTION, message, None);
    }

    /// Raises an error event with the story, and the id of the `send` that failed, if it was one that
    /// has an id (SCXML 5.10.1).
    pub(super) fn raise_error_event(
        &mut self,
        name: &str,
        message: &str,
        send_id: Option<Arc<str>>,
    ) {
        let message: Arc<str> = message.into();
        self.trace.push(Trace::Error(message.clone()));
        let data = Value::map([("message", Value::String(message))]);
        self.raise(Event {
            send_id,
            ..Event::platform(name, data)
        });
    }
}
