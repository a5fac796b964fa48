//! What happened in a line of a script, as a line of JSON for programs.

use casewright_case::trace;
use casewright_chart::{Chart, Effect};
use casewright_definition::json::{timestamp, to_json};
use serde::Serialize;
use serde_json::Value as Json;

use super::run::{Cause, Happening};

/// All that happened in one line of a script, and where the case stands after it. New keys may be
/// added; these stay.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The line of the script; 0 when the script has no `start`, and in a conversation.
    pub line: usize,
    /// When it was through (RFC 3339).
    pub at: String,
    /// `open`, or the name of the event that was sent; absent when only time passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Who opened the case or sent the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorForm>,
    /// Why the case was not opened, or the event changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedForm>,
    /// The timers that fired in this line, in order; absent when none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<TimerForm>,
    /// The services that came back in this line, in order; absent when none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceForm>,
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
    /// What happened inside the steps, in words and in order.
    pub trace: Vec<String>,
}

/// A timer that fired.
#[derive(Clone, Debug, Serialize)]
pub struct TimerForm {
    /// The number of the timer.
    pub sequence: u64,
    /// The name of its event.
    pub event: String,
    /// When (RFC 3339).
    pub at: String,
    /// Why it changed nothing, when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedForm>,
}

/// A service that came back.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceForm {
    /// Its number; absent when no such service runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The name of its event.
    pub event: String,
    /// When (RFC 3339).
    pub at: String,
    /// Why it changed nothing, when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedForm>,
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
    /// The form of what happened in a line of a script, in order; none when nothing did.
    pub fn of(line: usize, happenings: &[Happening], chart: &Chart) -> Option<Self> {
        let last = happenings.last()?;
        let timers = happenings.iter().filter_map(TimerForm::of);
        let services = happenings.iter().filter_map(ServiceForm::of);
        let own = happenings.iter().find(|happening| {
            !matches!(happening.cause, Cause::Timer { .. } | Cause::Service { .. })
        });
        let event = own.and_then(|own| match &own.cause {
            Cause::Open => Some("open".to_owned()),
            Cause::Event(event) => Some(event.clone()),
            Cause::Timer { .. } | Cause::Service { .. } | Cause::Time => None,
        });
        let case = last.case.as_ref();
        let active = case.map(|case| case.active(chart).map(ToString::to_string).collect());
        let trace = happenings
            .iter()
            .flat_map(|happening| trace::lines(chart, &happening.trace));
        Some(Line {
            line,
            at: timestamp(last.at),
            event,
            actor: own
                .and_then(|own| own.actor.as_ref())
                .map(|actor| ActorForm {
                    id: actor.id.to_string(),
                    roles: actor.roles.iter().map(ToString::to_string).collect(),
                }),
            refused: own.and_then(RefusedForm::of),
            timers: timers.collect(),
            services: services.collect(),
            revision: case.map_or(0, |case| case.revision),
            active: active.unwrap_or_default(),
            done: case.is_some_and(|case| case.is_done()),
            data: case.map_or(Json::Null, |case| to_json(&case.snapshot.data)),
            effects: happenings.iter().flat_map(effects).collect(),
            trace: trace.collect(),
        })
    }
}

impl TimerForm {
    fn of(happening: &Happening) -> Option<Self> {
        let Cause::Timer { sequence, event } = &happening.cause else {
            return None;
        };
        Some(TimerForm {
            sequence: *sequence,
            event: event.to_string(),
            at: timestamp(happening.at),
            refused: RefusedForm::of(happening),
        })
    }
}

impl ServiceForm {
    fn of(happening: &Happening) -> Option<Self> {
        let Cause::Service { sequence, event } = &happening.cause else {
            return None;
        };
        Some(ServiceForm {
            sequence: *sequence,
            event: event.to_string(),
            at: timestamp(happening.at),
            refused: RefusedForm::of(happening),
        })
    }
}

impl RefusedForm {
    fn of(happening: &Happening) -> Option<Self> {
        let refused = happening.refused.as_ref()?;
        Some(RefusedForm {
            code: refused.code,
            message: refused.message.clone(),
        })
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
