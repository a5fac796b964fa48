//! What would come of events, in the form that the API and the command line share.

use casewright_case::{
    Actor, Candidate, Case, EventExplanation, Rehearsal, Returning, ServiceExplanation, Setting,
    TimerExplanation, explain, explain_services, explain_timers,
};
use casewright_definition::expression::{Found, Outcome, Part, Reading};
use casewright_definition::file::Text;
use casewright_definition::json::{timestamp, to_json};
use casewright_definition::{Definition, Signature};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// What would come of every event, and of every pending timer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationForm {
    /// The case.
    pub case: String,
    /// Its revision. What is said holds as long as it does, but for what depends on the time.
    pub revision: u64,
    /// The events of the workflow, in the order in which it declares them.
    pub events: Vec<EventForm>,
    /// The pending timers, the next first.
    pub timers: Vec<TimerForm>,
    /// The services that run, the oldest first.
    pub services: Vec<RunningForm>,
}

/// What would come of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventForm {
    /// Its name.
    pub event: String,
    /// What people call it.
    #[schema(value_type = Object)]
    pub title: Text,
    /// `open`, `depends` on what it carries, `blocked` whatever it carries, `forbidden` to the actor,
    /// `not-now` because no active state takes it, `done` because the case has ended.
    pub verdict: &'static str,
    /// The roles that may send it.
    pub roles: Vec<String>,
    /// Whether the actor has one of them.
    pub permitted: bool,
    /// The fields that it must carry.
    pub required: Vec<String>,
    /// The JSON Schema of its data.
    pub input: Json,
    /// The states that take it, active or not.
    pub states: Vec<String>,
    /// The transitions of active states that take it, in the order in which they are asked.
    pub transitions: Vec<TransitionForm>,
}

/// What would come of a pending timer if it were due with the case as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimerForm {
    /// The id under which the workflow sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    pub event: String,
    /// When it comes (RFC 3339).
    pub due: String,
    /// `open`, `blocked`, or `not-now` because no active state takes it.
    pub verdict: &'static str,
    /// The transitions of active states that take it, in the order in which they are asked.
    pub transitions: Vec<TransitionForm>,
}

/// A service that runs, and what would come of what it comes back with.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunningForm {
    /// The id of its `invoke`.
    pub id: String,
    /// The function, `plugin.function`.
    pub function: String,
    /// What would come of its success.
    pub done: ReturningForm,
    /// What would come of its failure.
    pub failed: ReturningForm,
}

/// What would come of a service that comes back with the case as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturningForm {
    /// The name of its event.
    pub event: String,
    /// `open`, `depends` on what it comes back with, `blocked`, or `not-now` because no active state takes
    /// it.
    pub verdict: &'static str,
    /// The transitions of active states that take it, in the order in which they are asked.
    pub transitions: Vec<TransitionForm>,
}

/// A transition of an active state.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionForm {
    /// The state that it leaves.
    pub state: String,
    /// Where it leads; nowhere when it only acts.
    pub target: Vec<String>,
    /// `taken`, `depends` on what the event carries, `blocked`, or `behind` one that is taken.
    pub outcome: &'static str,
    /// Its condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// What people are told when the condition does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub title: Option<Text>,
    /// The parts of the condition that stand in the way.
    pub parts: Vec<PartForm>,
}

/// A part of a condition.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartForm {
    /// Its text.
    pub source: String,
    /// `true`, `false`, `error`, or `depends` on what the event carries.
    pub outcome: &'static str,
    /// What it would have to come to; absent for a condition that only chooses between two others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<bool>,
    /// Why it cannot be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it read.
    pub values: Vec<ValueForm>,
}

/// Something that a part read: it has a `value`, or is `missing`, or is `carried` by the event, or
/// cannot be read because of an `error`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ValueForm {
    /// What was read: `data.customer.tier`.
    pub source: String,
    /// What stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Whether only the beginning of a large value is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Whether there is no such field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// Whether it comes with the event.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub carried: bool,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What one event with its data would lead to. Nothing of it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsalForm {
    /// The event.
    pub event: String,
    /// `step` when a step would be taken, `refused` when not.
    pub verdict: &'static str,
    /// What the answer to the event would be, when it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Json>,
    /// The transitions that would be asked, in that order.
    pub transitions: Vec<TransitionForm>,
    /// What the step would lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepForm>,
}

/// What a step would lead to.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepForm {
    /// The atomic states that would be active.
    pub states: Vec<String>,
    /// Whether the case would have ended.
    pub done: bool,
    /// The fields of the case data that would change, with their new values.
    pub changes: Json,
    /// What plugins answered, in order.
    pub decisions: Vec<DecisionForm>,
    /// What people and other systems would be told.
    pub emitted: Vec<EmittedForm>,
    /// The timers that would be pending.
    pub timers: Vec<DueForm>,
    /// What would happen inside the step, in order.
    pub trace: Vec<String>,
}

/// What a plugin answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionForm {
    /// The plugin and its function.
    pub function: String,
    /// What it answered.
    pub output: Json,
}

/// What people and other systems would be told.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmittedForm {
    /// What it is called; `notify` for a message to people.
    pub event: String,
    /// What it says.
    pub data: Json,
}

/// A timer that would be pending.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueForm {
    /// Its name.
    pub event: String,
    /// When it would come (RFC 3339).
    pub due: String,
}

impl ExplanationForm {
    /// What would come of the events of a case if the actor sent them.
    pub fn of(setting: Setting<'_>, case: &Case, actor: &Actor) -> Self {
        let events = explain(setting, case, actor);
        let timers = explain_timers(setting, case);
        let services = explain_services(setting, case);
        ExplanationForm {
            case: case.id.to_string(),
            revision: case.revision,
            events: events.iter().map(EventForm::of).collect(),
            timers: timers.iter().map(TimerForm::of).collect(),
            services: services.iter().map(RunningForm::of).collect(),
        }
    }
}

impl RunningForm {
    fn of(explained: &ServiceExplanation) -> Self {
        RunningForm {
            id: explained.id.to_string(),
            function: explained.function.to_string(),
            done: ReturningForm::of(&explained.done),
            failed: ReturningForm::of(&explained.failed),
        }
    }
}

impl ReturningForm {
    fn of(returning: &Returning) -> Self {
        ReturningForm {
            event: returning.event.to_string(),
            verdict: returning.verdict.as_str(),
            transitions: transitions(&returning.transitions),
        }
    }
}

impl EventForm {
    fn of(explained: &EventExplanation<'_>) -> Self {
        let EventExplanation { signature, .. } = explained;
        EventForm {
            event: explained.event.to_string(),
            title: signature.title.clone(),
            verdict: explained.verdict.as_str(),
            roles: signature.roles.iter().map(ToString::to_string).collect(),
            permitted: explained.permitted,
            required: required(signature),
            input: signature.input.json().clone(),
            states: explained.states.iter().map(ToString::to_string).collect(),
            transitions: transitions(&explained.transitions),
        }
    }
}

fn required(signature: &Signature) -> Vec<String> {
    let required = signature.input.json().get("required");
    let names = required.and_then(Json::as_array).into_iter().flatten();
    names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

impl TimerForm {
    fn of(explained: &TimerExplanation) -> Self {
        TimerForm {
            id: explained.id.as_deref().map(str::to_owned),
            event: explained.event.to_string(),
            due: timestamp(explained.due),
            verdict: explained.verdict.as_str(),
            transitions: transitions(&explained.transitions),
        }
    }
}

fn transitions(candidates: &[Candidate]) -> Vec<TransitionForm> {
    let candidates = candidates.iter();
    candidates
        .map(|candidate| TransitionForm {
            state: candidate.state.to_string(),
            target: candidate.targets.iter().map(ToString::to_string).collect(),
            outcome: candidate.turn.as_str(),
            guard: candidate.guard.clone(),
            title: candidate.title.clone(),
            parts: parts(&candidate.parts),
        })
        .collect()
}

/// The parts of a condition.
pub fn parts(parts: &[Part]) -> Vec<PartForm> {
    let parts = parts.iter();
    parts
        .map(|part| PartForm {
            source: part.source.clone(),
            outcome: part.outcome.as_str(),
            wanted: part.wanted,
            error: match &part.outcome {
                Outcome::Error(error) => Some(error.clone()),
                _ => None,
            },
            values: part.readings.iter().map(ValueForm::of).collect(),
        })
        .collect()
}

impl ValueForm {
    fn of(reading: &Reading) -> Self {
        let form = ValueForm {
            source: reading.source.clone(),
            ..ValueForm::default()
        };
        match &reading.found {
            Found::Value { value, cut } => ValueForm {
                value: Some(to_json(value)),
                cut: *cut,
                ..form
            },
            Found::Missing => ValueForm {
                missing: true,
                ..form
            },
            Found::Carried => ValueForm {
                carried: true,
                ..form
            },
            Found::Failed(error) => ValueForm {
                error: Some(error.clone()),
                ..form
            },
        }
    }
}

impl RehearsalForm {
    /// What came of a rehearsal; `problem` is what its refusal is told as.
    pub fn of(
        event: &str,
        rehearsal: &Rehearsal,
        problem: Option<Json>,
        definition: &Definition,
    ) -> Self {
        let step = rehearsal.outcome.as_ref().ok();
        RehearsalForm {
            event: event.to_owned(),
            verdict: if step.is_some() { "step" } else { "refused" },
            problem,
            transitions: transitions(&rehearsal.transitions),
            step: step.map(|outcome| StepForm::of(outcome, definition)),
        }
    }
}

impl StepForm {
    fn of(outcome: &casewright_case::Outcome, definition: &Definition) -> Self {
        let (case, record) = (&outcome.case, &outcome.record);
        let chart = &definition.chart;
        let changes = record.changes.iter();
        let decisions = record.decisions.iter().map(|decided| DecisionForm {
            function: decided.answer.function.to_string(),
            output: to_json(&decided.answer.output),
        });
        let emitted = record.emitted.iter().map(|emitted| EmittedForm {
            event: emitted.event.to_string(),
            data: to_json(&emitted.data),
        });
        let timers = case.snapshot.pending.iter().map(|pending| DueForm {
            event: pending.event.to_string(),
            due: timestamp(pending.due),
        });
        StepForm {
            states: case.active(chart).map(ToString::to_string).collect(),
            done: case.is_done(),
            changes: changes
                .map(|(key, value)| (key.to_string(), to_json(value)))
                .collect(),
            decisions: decisions.collect(),
            emitted: emitted.collect(),
            timers: timers.collect(),
            trace: casewright_case::trace::lines(chart, &record.trace),
        }
    }
}
