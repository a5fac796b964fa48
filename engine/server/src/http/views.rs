//! What the API shows, as it shows it: types of their own, because clients rely on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_case::{Actor, Case, Cause, Possible, Record, trace};
use casewright_chart::{Invocation, Status, Timestamp};
use casewright_definition::file::Text;
use casewright_definition::json::{timestamp, to_json};
use casewright_definition::{Definition, Signature};
use casewright_runtime::View;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A case.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseView {
    /// Its id.
    id: String,
    /// The workflow that it runs.
    workflow: String,
    /// The version of the workflow that it started with, and keeps.
    version: String,
    /// The SHA-256 of the definition of that version.
    definition: String,
    /// How many steps it has taken. `ETag` holds the same.
    revision: u64,
    /// `running` or `done`.
    status: &'static str,
    /// Its active atomic states.
    states: Vec<StateView>,
    /// Its data.
    data: Json,
    /// What it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Json>,
    /// Events that come by themselves, the next first.
    timers: Vec<TimerView>,
    /// Services that run, the oldest first. `/cases/{case}/jobs` says how they get on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    services: Vec<RunningView>,
    /// When it was opened (RFC 3339).
    created_at: String,
    /// Who opened it.
    created_by: String,
    /// When its last step was taken (RFC 3339).
    updated_at: String,
    /// What the actor who asks may send next.
    events: Vec<EventView>,
}

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseSummary {
    /// Its id.
    pub(super) id: String,
    /// The workflow that it runs.
    workflow: String,
    /// The version of the workflow that it started with, and keeps.
    version: String,
    /// How many steps it has taken.
    revision: u64,
    /// `running` or `done`.
    status: &'static str,
    /// Its active atomic states.
    states: Vec<StateView>,
    /// When it was opened (RFC 3339).
    created_at: String,
    /// When its last step was taken (RFC 3339).
    updated_at: String,
}

/// A page of cases.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseList {
    /// The cases, in the order of their ids.
    pub(super) cases: Vec<CaseSummary>,
    /// Where the next page begins; none on the last. `Link` holds its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// A state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StateView {
    /// Its id: the path of its keys in the workflow file.
    id: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    title: Option<Text>,
}

/// An event that comes by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TimerView {
    /// The id under which the workflow sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its name.
    event: String,
    /// When it comes (RFC 3339).
    due: String,
}

/// A service that runs.
#[derive(Debug, Serialize, ToSchema)]
struct RunningView {
    /// Its number in the case.
    sequence: u64,
    /// The id of the `invoke`.
    invoke: String,
    /// The state that runs it.
    state: String,
}

/// An event that may be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventView {
    /// Its name.
    event: String,
    /// What people call it.
    #[schema(value_type = Object)]
    title: Text,
    /// The JSON Schema of its data.
    #[schema(value_type = Object)]
    input: Arc<RawValue>,
}

/// The steps of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryView {
    /// The case.
    pub(super) case: String,
    /// Its steps, the oldest first.
    pub(super) records: Vec<RecordView>,
    /// The revision after which the next page begins; none on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<u64>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordView {
    /// Its place in the journal of the whole store.
    sequence: u64,
    /// The case's revision after it.
    pub(super) revision: u64,
    /// When it was taken (RFC 3339).
    at: String,
    /// Who took it.
    actor: ActorView,
    /// `open`, `event`, `timer` or `service`.
    cause: &'static str,
    /// The event's name; `open` for the first step.
    event: String,
    /// What the event carried.
    data: Json,
    /// The service that returned, when it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceView>,
    /// The fields of the case data that the step changed, with their new values.
    changes: Json,
    /// What happened inside it, in order.
    trace: Vec<String>,
    /// What plugins decided.
    decisions: Vec<DecisionView>,
    /// What people and other systems were told.
    emitted: Vec<EmittedView>,
}

/// Who took a step.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActorView {
    /// Its id.
    id: String,
    /// The roles in which it acted.
    roles: Vec<String>,
}

/// A service that returned.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServiceView {
    /// The plugin and its function.
    function: String,
    /// The SHA-256 of the plugin; empty when none ran.
    digest: String,
}

/// What a plugin decided.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecisionView {
    /// The plugin and its function.
    function: String,
    /// The SHA-256 of the plugin.
    digest: String,
    /// What it was asked.
    input: Json,
    /// What it answered.
    output: Json,
}

/// What people and other systems were told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EmittedView {
    /// What it is called; `notify` for a message to people.
    event: String,
    /// What it says.
    data: Json,
}

/// A workflow in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkflowSummary {
    /// Its name.
    id: String,
    /// Its version.
    version: String,
    /// What people call it.
    #[schema(value_type = Object)]
    title: Text,
    /// The SHA-256 of its definition.
    definition: String,
}

/// The workflows that cases can be opened of.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkflowList {
    /// In the order of their ids.
    pub(super) workflows: Vec<WorkflowSummary>,
}

/// A workflow.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkflowView {
    /// Its name.
    id: String,
    /// Its version.
    version: String,
    /// What people call it.
    #[schema(value_type = Object)]
    title: Text,
    /// The SHA-256 of its definition.
    definition: String,
    /// Who may open a case, and with what.
    start: SignatureView,
    /// The events from outside, by name.
    events: BTreeMap<String, SignatureView>,
    /// The JSON Schema of the case data.
    data: Json,
    /// The workflow file, as JSON.
    workflow: Json,
}

/// Who may send something, and what it carries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignatureView {
    /// What people call it.
    #[schema(value_type = Object)]
    title: Text,
    /// The roles that may send it.
    roles: Vec<String>,
    /// The JSON Schema of its data.
    input: Json,
}

impl CaseView {
    pub(super) fn of(view: &View, possible: &[Possible<'_>]) -> Self {
        let View { case, definition } = view;
        let output = match &case.snapshot.status {
            Status::Running => None,
            Status::Done(output) => Some(to_json(output)).filter(|output| !output.is_null()),
        };
        CaseView {
            id: case.id.to_string(),
            workflow: case.workflow.to_string(),
            version: definition.version.to_string(),
            definition: case.definition.to_string(),
            revision: case.revision,
            status: status(case),
            states: states(case, definition),
            data: to_json(&case.snapshot.data),
            output,
            timers: timers(case),
            services: services(case, definition),
            created_at: timestamp(case.created_at),
            created_by: case.created_by.to_string(),
            updated_at: timestamp(case.updated_at),
            events: events(possible),
        }
    }
}

fn services(case: &Case, definition: &Definition) -> Vec<RunningView> {
    let running = case.snapshot.invocations.iter();
    let view = |invocation: &Invocation| RunningView {
        sequence: invocation.sequence,
        invoke: invocation.id.to_string(),
        state: definition.chart.state(invocation.state).id.to_string(),
    };
    running.map(view).collect()
}

impl CaseSummary {
    pub(super) fn of(view: &View) -> Self {
        let View { case, definition } = view;
        CaseSummary {
            id: case.id.to_string(),
            workflow: case.workflow.to_string(),
            version: definition.version.to_string(),
            revision: case.revision,
            status: status(case),
            states: states(case, definition),
            created_at: timestamp(case.created_at),
            updated_at: timestamp(case.updated_at),
        }
    }
}

fn status(case: &Case) -> &'static str {
    match case.is_done() {
        true => "done",
        false => "running",
    }
}

pub(super) fn states(case: &Case, definition: &Definition) -> Vec<StateView> {
    case.active(&definition.chart)
        .map(|id| StateView {
            id: id.to_string(),
            title: definition.titles.get(id).cloned(),
        })
        .collect()
}

fn timers(case: &Case) -> Vec<TimerView> {
    let mut pending: Vec<_> = case.snapshot.pending.iter().collect();
    pending.sort_by_key(|pending| (pending.due, pending.sequence));
    pending
        .into_iter()
        .map(|pending| TimerView {
            id: pending.id.as_deref().map(str::to_owned),
            event: pending.event.to_string(),
            due: timestamp(pending.due),
        })
        .collect()
}

/// What an actor may send next.
pub(super) fn events(possible: &[Possible<'_>]) -> Vec<EventView> {
    let open = possible.iter().filter(|possible| possible.is_open());
    open.map(|possible| EventView {
        event: possible.event.to_string(),
        title: possible.signature.title.clone(),
        input: possible.signature.input.text().clone(),
    })
    .collect()
}

impl RecordView {
    pub(super) fn of(sequence: u64, record: &Record, definition: &Definition) -> Self {
        let (cause, data) = match &record.cause {
            Cause::Open { data } => ("open", to_json(data)),
            Cause::Event { data, .. } => ("event", to_json(data)),
            Cause::Timer { due, .. } => ("timer", due_data(*due)),
            Cause::Service { served, .. } => ("service", to_json(served.returned.data())),
        };
        let service = match &record.cause {
            Cause::Service { served, .. } => Some(ServiceView {
                function: served.function.to_string(),
                digest: served.digest.to_string(),
            }),
            _ => None,
        };
        let changes = record.changes.iter();
        let decisions = record.decisions.iter().map(|decided| DecisionView {
            function: decided.answer.function.to_string(),
            digest: decided.answer.digest.to_string(),
            input: to_json(&decided.input),
            output: to_json(&decided.answer.output),
        });
        let emitted = record.emitted.iter().map(|emitted| EmittedView {
            event: emitted.event.to_string(),
            data: to_json(&emitted.data),
        });
        RecordView {
            sequence,
            revision: record.revision,
            at: timestamp(record.at),
            actor: ActorView::of(&record.actor),
            cause,
            event: record.cause.name().to_owned(),
            data,
            service,
            changes: changes
                .map(|(key, value)| (key.to_string(), to_json(value)))
                .collect(),
            trace: trace::lines(&definition.chart, &record.trace),
            decisions: decisions.collect(),
            emitted: emitted.collect(),
        }
    }
}

fn due_data(due: Timestamp) -> Json {
    serde_json::json!({ "due": timestamp(due) })
}

impl ActorView {
    fn of(actor: &Actor) -> Self {
        ActorView {
            id: actor.id.to_string(),
            roles: actor.roles.iter().map(ToString::to_string).collect(),
        }
    }
}

impl WorkflowSummary {
    pub(super) fn of(definition: &Definition) -> Self {
        WorkflowSummary {
            id: definition.id.to_string(),
            version: definition.version.to_string(),
            title: definition.bundle.workflow.title.clone(),
            definition: definition.digest.to_string(),
        }
    }
}

impl WorkflowView {
    pub(super) fn of(definition: &Definition) -> Self {
        let events = definition.events.iter();
        let workflow = &definition.bundle.workflow;
        WorkflowView {
            id: definition.id.to_string(),
            version: definition.version.to_string(),
            title: workflow.title.clone(),
            definition: definition.digest.to_string(),
            start: SignatureView::of(&definition.start),
            events: events
                .map(|(name, signature)| (name.to_string(), SignatureView::of(signature)))
                .collect(),
            data: definition.data.json().clone(),
            workflow: serde_json::to_value(workflow).unwrap_or(Json::Null),
        }
    }
}

impl SignatureView {
    fn of(signature: &Signature) -> Self {
        SignatureView {
            title: signature.title.clone(),
            roles: signature.roles.iter().map(ToString::to_string).collect(),
            input: signature.input.json().clone(),
        }
    }
}
