//! Sending events and taking them back (SCXML 6.2, 6.3 and C.1).

use std::sync::Arc;

use super::Interpreter;
use super::execute::{EXECUTION, Flow};
use crate::action::{Location, Name, Send};
use crate::evaluate::EvaluateError;
use crate::event::Event;
use crate::snapshot::Pending;
use crate::step::{Effect, StepError};
use crate::value::Value;

/// The names of SCXML's own event processor (SCXML 6.2.5).
const PROCESSORS: [&str; 2] = ["http://www.w3.org/TR/scxml/#SCXMLEventProcessor", "scxml"];
/// The target that is the chart's own internal queue (SCXML C.1).
const INTERNAL: &str = "#_internal";
/// What the targets of sessions, parents and invocations begin with (SCXML C.1).
const SESSION: &str = "#_";

/// The error of an event that reaches nobody (SCXML 3.12.2).
const COMMUNICATION: &str = "error.communication";

/// To which of its own queues a chart sends.
enum Queue {
    Internal,
    External,
}

/// Why an event does not go out: the name of the error event, and the story.
struct Undeliverable(&'static str, String);

impl Undeliverable {
    fn execution(story: String) -> Self {
        Undeliverable(EXECUTION, story)
    }
}

impl From<EvaluateError> for Undeliverable {
    fn from(error: EvaluateError) -> Self {
        Undeliverable::execution(error.0)
    }
}

impl Interpreter<'_> {
    /// `send`. Whatever of it fails, the error event bears its id (SCXML 5.10.1), and the event is
    /// not sent (SCXML 6.2.3).
    pub(super) fn send(&mut self, send: &Send) -> Result<Flow, StepError> {
        let id = match &send.id_location {
            Some(location) if send.id.is_none() => match self.new_send_id(location)? {
                Some(id) => Some(id),
                None => return Ok(Flow::Skip),
            },
            _ => send.id.clone(),
        };
        let (event, queue, delay_ms) = match self.destination(send) {
            Ok(destination) => destination,
            Err(Undeliverable(name, story)) => {
                self.raise_error_event(name, &story, id);
                return Ok(Flow::Skip);
            }
        };
        self.check_size(&Value::String(event.clone()))?;
        let Some(data) = self.payload(send.data, id.as_ref())? else {
            return Ok(Flow::Skip);
        };
        match queue {
            Queue::Internal => self.raise(Event {
                send_id: id,
                ..Event::internal(event, data)
            }),
            Queue::External => self.delay(id, event, data, delay_ms)?,
        }
        Ok(Flow::Continue)
    }

    /// Makes an id for an event and puts it where it is wanted.
    fn new_send_id(&mut self, location: &Location) -> Result<Option<Arc<str>>, StepError> {
        let id: Arc<str> = format!("send.{}", self.next_sequence()?).into();
        Ok(match self.assign(location, Value::String(id.clone())) {
            Flow::Continue => Some(id),
            Flow::Skip => None,
        })
    }

    /// What is sent, where to, and after how many milliseconds.
    fn destination(&self, send: &Send) -> Result<(Arc<str>, Queue, u64), Undeliverable> {
        let event = self.sent_name(&send.event)?;
        if let Some(processor) = &send.processor {
            let processor = self.sent_name(processor)?;
            if !PROCESSORS.contains(&&*processor) {
                let story = format!("events cannot be sent by `{processor}`");
                return Err(Undeliverable::execution(story));
            }
        }
        let queue = match &send.target {
            None => Queue::External,
            Some(target) => self.queue(&self.sent_name(target)?)?,
        };
        let delay_ms = match send.delay {
            None => 0,
            Some(delay) => self.evaluate.delay_ms(delay, &self.scope())?,
        };
        match queue {
            Queue::Internal if delay_ms > 0 => Err(Undeliverable::execution(
                "an event to the internal queue has no delay".to_owned(),
            )),
            queue => Ok((event, queue, delay_ms)),
        }
    }

    fn queue(&self, target: &str) -> Result<Queue, Undeliverable> {
        if target == INTERNAL {
            Ok(Queue::Internal)
        } else if self.evaluate.is_own_address(target) {
            Ok(Queue::External)
        } else if target.starts_with(SESSION) {
            let story = format!("`{target}` cannot be reached");
            Err(Undeliverable(COMMUNICATION, story))
        } else {
            let story = format!("`{target}` is no target for an event");
            Err(Undeliverable::execution(story))
        }
    }

    fn sent_name(&self, name: &Name) -> Result<Arc<str>, Undeliverable> {
        match name {
            Name::Fixed(name) => Ok(name.clone()),
            Name::Computed(expression) => match self.evaluate.value(*expression, &self.scope())? {
                Value::String(name) => Ok(name),
                other => Err(Undeliverable::execution(format!(
                    "expected a name, which is text, found {}",
                    other.type_name()
                ))),
            },
        }
    }

    fn delay(
        &mut self,
        id: Option<Arc<str>>,
        event: Arc<str>,
        data: Value,
        delay_ms: u64,
    ) -> Result<(), StepError> {
        let sequence = self.next_sequence()?;
        let due = self.now.after_ms(delay_ms);
        self.pending.push(Pending {
            sequence,
            id,
            event,
            data,
            due,
        });
        self.effects.push(Effect::Schedule { sequence, due });
        Ok(())
    }

    /// `cancel`: drops every event with the id that is not yet due.
    pub(super) fn cancel(&mut self, id: &Arc<str>) {
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
}
