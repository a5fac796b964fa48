//! Running executable content (SCXML 4).

use std::sync::Arc;

use super::Interpreter;
use crate::action::{Action, Block, DecisionIndex, ExpressionIndex, Location, Name};
use crate::event::Event;
use crate::snapshot::Pending;
use crate::step::{Decided, Effect, StepError};
use crate::trace::Trace;
use crate::value::Value;

/// Whether a block may go on after an action.
enum Flow {
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
            Action::Send {
                event,
                id,
                id_location,
                delay,
                data,
            } => match self.name(event)? {
                Some(event) => self.send(event, id.clone(), id_location.as_ref(), *delay, *data),
                None => Ok(Flow::Skip),
            },
            Action::Cancel { id } => Ok(match self.name(id)? {
                Some(id) => {
                    self.cancel(&id);
                    Flow::Continue
                }
                None => Flow::Skip,
            }),
            Action::Log { label, value } => self.with_data(Some(*value), |this, value| {
                let label = label.clone();
                this.trace.push(Trace::Log { label, value });
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
        Ok(match self.optional_value(data)? {
            Some(data) => {
                act(self, data);
                Flow::Continue
            }
            None => Flow::Skip,
        })
    }

    fn assign(&mut self, location: &Location, value: Value) -> Flow {
        self.data_changed = true;
        match self.data.assign(location, value) {
            Ok(()) => Flow::Continue,
            Err(depth) => {
                let place = ["data"]
                    .into_iter()
                    .chain(location.iter().take(depth).map(|key| &**key))
                    .collect::<Vec<_>>()
                    .join(".");
                self.raise_error(&format!("`{place}` is no object, so nothing fits below it"));
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

    fn send(
        &mut self,
        event: Arc<str>,
        id: Option<Arc<str>>,
        id_location: Option<&Location>,
        delay: Option<ExpressionIndex>,
        data: Option<ExpressionIndex>,
    ) -> Result<Flow, StepError> {
        let delay_ms = match delay.map(|delay| self.evaluate.delay_ms(delay, &self.scope())) {
            None => 0,
            Some(Ok(delay_ms)) => delay_ms,
            Some(Err(error)) => {
                self.raise_error(&error.0);
                return Ok(Flow::Skip);
            }
        };
        let Some(data) = self.optional_value(data)? else {
            return Ok(Flow::Skip);
        };
        let sequence = self.next_sequence()?;
        let id = id.or_else(|| id_location.map(|_| format!("send.{sequence}").into()));
        if let (Some(location), Some(id)) = (id_location, &id)
            && let Flow::Skip = self.assign(location, Value::String(id.clone()))
        {
            return Ok(Flow::Skip);
        }
        let due = self.now.after_ms(delay_ms);
        self.pending.push(Pending {
            sequence,
            id,
            event,
            data,
            due,
        });
        self.effects.push(Effect::Schedule { sequence, due });
        Ok(Flow::Continue)
    }

    fn cancel(&mut self, id: &Arc<str>) {
        let effects = &mut self.effects;
        self.pending.retain(|pending| {
            let dropped = pending.id.as_ref() == Some(id);
            if dropped {
                effects.push(Effect::Unschedule {
                    sequence: pending.sequence,
                });
            }
            !dropped
        });
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
    fn name(&mut self, name: &Name) -> Result<Option<Arc<str>>, StepError> {
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

    /// Each value is measured when it is made: one that shares its parts, and doubles in every round
    /// of a loop, could not even be measured in the end.
    fn check_size(&mut self, value: &Value) -> Result<(), StepError> {
        let size = value.size_bytes();
        self.made_bytes = self.made_bytes.saturating_add(size);
        self.within("data_bytes", size, self.limits.data_bytes)?;
        self.within("step_bytes", self.made_bytes, self.limits.step_bytes)
    }

    /// Raises `error.execution` with the story, and notes it in the trace.
    pub(super) fn raise_error(&mut self, message: &str) {
        let message: Arc<str> = message.into();
        self.trace.push(Trace::Error(message.clone()));
        let data = Value::map([("message", Value::String(message))]);
        self.raise(Event::platform("error.execution", data));
    }
}
