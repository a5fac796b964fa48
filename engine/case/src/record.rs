//! What the journal keeps of one step.

use std::sync::Arc;

use casewright_chart::step::Decided;
use casewright_chart::value::Map;
use casewright_chart::{Effect, Returned, Step, Timestamp, Trace, Value};

use crate::actor::Actor;

/// One step of a case, complete enough to take it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The case's revision after the step.
    pub revision: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// Who took it.
    pub actor: Actor,
    /// What made it happen.
    pub cause: Cause,
    /// What happened inside it, in order.
    pub trace: Vec<Trace>,
    /// The fields of the case data that it changed, with their new values.
    pub changes: Map,
    /// What decisions were asked and answered, in order.
    pub decisions: Vec<Decided>,
    /// What it told the world, in order.
    pub emitted: Vec<Emitted>,
}

/// What made a step happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The case was opened with this data.
    Open {
        /// What it was opened with.
        data: Value,
    },
    /// Somebody sent an event.
    Event {
        /// Its name.
        name: Arc<str>,
        /// What it carried.
        data: Value,
    },
    /// A timer was due.
    Timer {
        /// The number of the pending event.
        sequence: u64,
        /// Its name.
        name: Arc<str>,
        /// When it was due.
        due: Timestamp,
    },
    /// A service came to its end.
    Service {
        /// The number of the invocation.
        sequence: u64,
        /// The name of the event: `done.invoke.` or `error.invoke.`, and the id of the `invoke`.
        name: Arc<str>,
        /// Who ran, and what it came to.
        served: Served,
    },
}

/// What a service came to, and who ran it.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// The function, `plugin.function`.
    pub function: Arc<str>,
    /// The digest of the plugin that ran; empty when none did.
    pub digest: Arc<str>,
    /// Its answer, or why there is none.
    pub returned: Returned,
}

/// Something that the world was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// What it is called; `notify` for a message to people.
    pub event: Arc<str>,
    /// What it says.
    pub data: Value,
}

impl Cause {
    /// The name of the event: `open` for the first step.
    pub fn name(&self) -> &str {
        match self {
            Cause::Open { .. } => "open",
            Cause::Event { name, .. } | Cause::Timer { name, .. } | Cause::Service { name, .. } => {
                name
            }
        }
    }
}

impl Record {
    /// The record of a step that led from one state of the data to another.
    pub(crate) fn of(
        revision: u64,
        at: Timestamp,
        actor: Actor,
        cause: Cause,
        before: &Value,
        step: &Step,
    ) -> Self {
        let emitted = step.effects.iter().filter_map(|effect| match effect {
            Effect::Emit { event, data } => Some(Emitted {
                event: event.clone(),
                data: data.clone(),
            }),
            _ => None,
        });
        Record {
            revision,
            at,
            actor,
            cause,
            trace: step.trace.clone(),
            changes: changes(before, &step.snapshot.data),
            decisions: step.decisions.clone(),
            emitted: emitted.collect(),
        }
    }
}

/// The fields of `after` that `before` has not, or has otherwise. No action removes a field.
fn changes(before: &Value, after: &Value) -> Map {
    let Value::Map(after) = after else {
        return Map::new();
    };
    let changed = after
        .iter()
        .filter(|(key, value)| before.get(&[key]) != Some(*value));
    changed
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
