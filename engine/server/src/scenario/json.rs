//! What happened, as a line of JSON for scripts.

use casewright_case::trace;
use casewright_chart::{Chart, Effect};
use casewright_definition::json::{timestamp, to_json};
use serde::Serialize;
use serde_json::Value as Json;

use super::run::{Cause, Happening};

/// Something that happened, and where the case stands after it. New keys may be added; these stay.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The line of the script; 0 when the script has no `start`, and in a conversation.
    pub line: usize,
    /// When (RFC 3339).
    pub at: String,
    /// `open`, the name of the event that was sent or of the timer that was due; absent when only
    /// time passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The number of the timer, when it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer: Option<u64>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorForm>,
    /// Why nothing happened, when nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedForm>,
    /// How many steps the case has taken; 0 when it could not be opened.
    pub revision: u64,
    /// The ids of the active atomic states, in document order.
    pub active: Vec<String>,
    /// Whether the case has ended.
    pub done: bool,
    /// The case data.
    pub data: Json,
    /// What is asked of the world, in order.
    pub effects: Vec<EffectForm>,
    /// What happened inside the step, in words.
    pub trace: Vec<String>,
}

/// Who did it.
#[derive(Clone, Debug, Serialize)]
pub struct ActorForm {
    /// The id.
    pub id: String,
    /// The roles.
    pub roles: Vec<String>,
}

/// Why nothing happened.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedForm {
    /// The kind of refusal.
    pub code: &'static str,
    /// The whole story.
    pub message: String,
}

/// Something that is asked of the world: `{"emit": {…}}`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EffectForm {
    /// Fire a timer when it is due.
    Schedule {
        /// The number of the timer.
        sequence: u64,
        /// The name of its event; absent when the same step cancels it again.
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// When (RFC 3339).
        due: String,
    },
    /// Forget a timer.
    Unschedule {
        /// The number of the timer.
        sequence: u64,
    },
    /// Start a service.
    Start {
        /// The number of the invocation.
        sequence: u64,
        /// The id of the `invoke`.
        id: String,
        /// What runs.
        source: String,
        /// What it is handed.
        input: Json,
    },
    /// Stop a service.
    Stop {
        /// The number of the invocation.
        sequence: u64,
        /// The id of the `invoke`.
        id: String,
    },
    /// Tell the world.
    Emit {
        /// What it is called.
        event: String,
        /// What it says.
        data: Json,
    },
}

impl Line {
    /// The form of something that happened in a line of a script.
    pub fn of(line: usize, happening: &Happening, chart: &Chart) -> Self {
        let case = happening.case.as_ref();
        let (event, timer) = match &happening.cause {
            Cause::Open => (Some("open".to_owned()), None),
            Cause::Event(event) => (Some(event.clone()), None),
            Cause::Timer { sequence, event } => (Some(event.to_string()), Some(*sequence)),
            Cause::Time => (None, None),
        };
        let active = case.map(|case| case.active(chart).map(ToString::to_string).collect());
        Line {
            line,
            at: timestamp(happening.at),
            event,
            timer,
            actor: happening.actor.as_ref().map(|actor| ActorForm {
                id: actor.id.to_string(),
                roles: actor.roles.iter().map(ToString::to_string).collect(),
            }),
            refused: happening.refused.as_ref().map(|refused| RefusedForm {
                code: refused.code,
                message: refused.message.clone(),
            }),
            revision: case.map_or(0, |case| case.revision),
            active: active.unwrap_or_default(),
            done: case.is_some_and(|case| case.is_done()),
            data: case.map_or(Json::Null, |case| to_json(&case.snapshot.data)),
            effects: effects(happening),
            trace: trace::lines(chart, &happening.trace),
        }
    }
}

/// What something that happened asks of the world.
pub fn effects(happening: &Happening) -> Vec<EffectForm> {
    let effects = happening.effects.iter();
    effects
        .map(|effect| EffectForm::of(effect, happening))
        .collect()
}

impl EffectForm {
    fn of(effect: &Effect, happening: &Happening) -> Self {
        match effect {
            Effect::Schedule { sequence, due } => {
                let case = happening.case.iter();
                let mut pending = case.flat_map(|case| &case.snapshot.pending);
                let pending = pending.find(|pending| pending.sequence == *sequence);
                EffectForm::Schedule {
                    sequence: *sequence,
                    event: pending.map(|pending| pending.event.to_string()),
                    due: timestamp(*due),
                }
            }
            Effect::Unschedule { sequence } => EffectForm::Unschedule {
                sequence: *sequence,
            },
            Effect::Start {
                sequence,
                id,
                source,
                input,
            } => EffectForm::Start {
                sequence: *sequence,
                id: id.to_string(),
                source: source.to_string(),
                input: to_json(input),
            },
            Effect::Stop { sequence, id } => EffectForm::Stop {
                sequence: *sequence,
                id: id.to_string(),
            },
            Effect::Emit { event, data } => EffectForm::Emit {
                event: event.to_string(),
                data: to_json(data),
            },
        }
    }
}
