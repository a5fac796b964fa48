//! Commands to a case, and what comes of them.

use std::sync::Arc;

use casewright_chart::value::Map;
use casewright_chart::{
    Effect, Event, Limits, Returned, Scope, Snapshot, Status, Step, StepError, Timestamp, Trace,
    Value, chart,
};
use casewright_definition::data::Violation;
use casewright_definition::definition::ANYONE;
use casewright_definition::expression::Carried;
use casewright_definition::json::{from_json, to_json};
use casewright_definition::{Circumstances, Decide, Definition, Evaluator, Signature};
use serde_json::Value as Json;

use crate::actor::Actor;
use crate::case::{Case, check_id, circumstances};
use crate::record::{Cause, Record, Served};
use crate::refusal::{Blocked, Refusal};

/// What surrounds a command: the same for everything that happens in one step.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The definition that the case runs by.
    pub definition: &'a Definition,
    /// Who answers decisions.
    pub decide: &'a dyn Decide,
    /// When the step is taken.
    pub now: Timestamp,
    /// What it may cost.
    pub limits: &'a Limits,
}

/// What came of a command.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The case as it is now.
    pub case: Case,
    /// What the journal keeps of it.
    pub record: Record,
    /// What the world is asked, once both are stored.
    pub effects: Vec<Effect>,
}

impl Setting<'_> {
    pub(crate) fn evaluator<'b>(&'b self, circumstances: &'b Circumstances) -> Evaluator<'b> {
        Evaluator {
            definition: self.definition,
            circumstances,
            decide: self.decide,
        }
    }
}

/// Opens a case with the data given, on top of the defaults of the workflow.
///
/// # Errors
/// The id cannot be one, the actor may not, the data does not match, or the first step fails.
pub fn open(
    setting: Setting<'_>,
    id: &str,
    input: &Json,
    actor: &Actor,
) -> Result<Outcome, Refusal> {
    let definition = setting.definition;
    if let Some(what) = check_id(id) {
        return Err(Refusal::InvalidId(what));
    }
    check_roles(&definition.start, None, actor)?;
    let input = check_input(setting, &definition.start, input)?;
    let id: Arc<str> = id.into();
    let data = over(&definition.defaults, &input);
    let circumstances = circumstances(&id, &definition.id, setting.now, &actor.id, actor);
    let evaluator = setting.evaluator(&circumstances);
    let step = casewright_chart::start(
        &definition.chart,
        data,
        setting.now,
        &evaluator,
        setting.limits,
    );
    let before = Case {
        id,
        workflow: definition.id.clone(),
        definition: definition.digest,
        revision: 0,
        created_at: setting.now,
        created_by: actor.id.clone(),
        updated_at: setting.now,
        snapshot: Snapshot {
            configuration: Vec::new(),
            history: Default::default(),
            data: Value::Null,
            pending: Vec::new(),
            invocations: Vec::new(),
            next_sequence: 0,
            status: Status::Running,
        },
    };
    let cause = Cause::Open { data: input };
    outcome(
        setting,
        &before,
        cause,
        actor.clone(),
        step.map_err(failed)?,
    )
}

/// Sends a case an event from outside.
///
/// # Errors
/// See [`Refusal`].
pub fn send(
    setting: Setting<'_>,
    case: &Case,
    event: &str,
    input: &Json,
    actor: &Actor,
) -> Result<Outcome, Refusal> {
    let definition = setting.definition;
    if case.is_done() {
        return Err(Refusal::Done);
    }
    // What only a service comes back as is nobody's to send, wherever events are welcome.
    let open = definition.bundle.workflow.open_events && !definition.is_returned(event);
    let declared = definition.events.get_key_value(event);
    if declared.is_none() && !open {
        return Err(Refusal::UnknownEvent {
            event: event.to_owned(),
            suggestion: similar(definition, event),
        });
    }
    let name = declared.map_or_else(|| event.into(), |(name, _)| name.clone());
    check_fit(definition, case)?;
    if !open && !takes(definition, case, &name) {
        return Err(Refusal::NotNow { event: name });
    }
    let data = match declared {
        Some((_, signature)) => {
            check_roles(signature, Some(&name), actor)?;
            check_input(setting, signature, input)?
        }
        None => {
            check_roles(&definition.start, Some(&name), actor)?;
            check_size(setting, from_json(input))?
        }
    };
    let circumstances = case.circumstances(actor);
    let evaluator = setting.evaluator(&circumstances);
    let step = casewright_chart::step(
        &definition.chart,
        &case.snapshot,
        Event::external(name.clone(), data.clone()),
        setting.now,
        &evaluator,
        setting.limits,
    )
    .map_err(failed)?;
    // Where every event is welcome, one that nothing takes is discarded, as SCXML has it.
    if !step.taken && !open {
        let event = Event::external(name.clone(), data);
        let scope = case.scope(definition, Some(&event), setting.now);
        let blocked = blocked(&evaluator, &scope, &step.trace);
        return Err(Refusal::GuardFailed {
            event: name,
            blocked,
        });
    }
    let cause = Cause::Event { name, data };
    outcome(setting, case, cause, actor.clone(), step)
}

/// Fires a timer that is due.
///
/// # Errors
/// It is not pending, or the step fails.
pub fn fire(setting: Setting<'_>, case: &Case, sequence: u64) -> Result<Outcome, Refusal> {
    let definition = setting.definition;
    let mut pending = case.snapshot.pending.iter();
    let pending = pending
        .find(|pending| pending.sequence == sequence)
        .ok_or(Refusal::NotPending)?;
    let actor = Actor::timer();
    let circumstances = case.circumstances(&actor);
    let step = casewright_chart::fire(
        &definition.chart,
        &case.snapshot,
        sequence,
        setting.now,
        &setting.evaluator(&circumstances),
        setting.limits,
    )
    .map_err(failed)?;
    let cause = Cause::Timer {
        sequence,
        name: pending.event.clone(),
        due: pending.due,
    };
    outcome(setting, case, cause, actor, step)
}

/// Takes what a service came to: from the service itself ([`Actor::service`]), or from who ended it. What a service
/// failed for is refused where no transition takes it, so that whoever runs services can keep it for an operator; who
/// ends a service ends it all the same.
///
/// # Errors
/// It is not running any more, nobody takes its failure, or the step fails.
pub fn settle(
    setting: Setting<'_>,
    case: &Case,
    sequence: u64,
    served: Served,
    actor: &Actor,
) -> Result<Outcome, Refusal> {
    let definition = setting.definition;
    let name = returning(definition, case, sequence, &served.returned)?;
    let circumstances = case.circumstances(actor);
    let evaluator = setting.evaluator(&circumstances);
    let step = casewright_chart::settle(
        &definition.chart,
        &case.snapshot,
        sequence,
        served.returned.clone(),
        setting.now,
        &evaluator,
        setting.limits,
    )
    .map_err(failed)?;
    let has_failed = matches!(served.returned, Returned::Failed(_));
    if has_failed && !step.taken && *actor == Actor::service(&served.function) {
        return Err(Refusal::NotNow { event: name });
    }
    let cause = Cause::Service {
        sequence,
        name,
        served,
    };
    outcome(setting, case, cause, actor.clone(), step)
}

/// The name of the event with which a service returns.
fn returning(
    definition: &Definition,
    case: &Case,
    sequence: u64,
    returned: &Returned,
) -> Result<Arc<str>, Refusal> {
    let mut running = case.snapshot.invocations.iter();
    let invocation = running
        .find(|invocation| invocation.sequence == sequence)
        .ok_or(Refusal::NotPending)?;
    check_fit(definition, case)?;
    let mut invokes = definition.chart.state(invocation.state).invokes.iter();
    let invoke = invokes
        .find(|invoke| invoke.id == invocation.id)
        .ok_or(Refusal::Corrupt)?;
    Ok(match returned {
        Returned::Done(_) => invoke.done(),
        Returned::Failed(_) => invoke.error(),
    })
}

fn outcome(
    setting: Setting<'_>,
    before: &Case,
    cause: Cause,
    actor: Actor,
    step: Step,
) -> Result<Outcome, Refusal> {
    let violations = match step.snapshot.data == before.snapshot.data {
        true => Vec::new(),
        false => setting
            .definition
            .data
            .violations(&to_json(&step.snapshot.data)),
    };
    if !violations.is_empty() {
        return Err(Refusal::InvalidData(violations));
    }
    let revision = before.revision + 1;
    let record = Record::of(
        revision,
        setting.now,
        actor,
        cause,
        &before.snapshot.data,
        &step,
    );
    Ok(Outcome {
        case: Case {
            revision,
            updated_at: setting.now,
            snapshot: step.snapshot,
            ..before.clone()
        },
        record,
        effects: step.effects,
    })
}

fn failed(error: StepError) -> Refusal {
    match error {
        StepError::Done => Refusal::Done,
        StepError::NotPending(_) | StepError::NotRunning(_) => Refusal::NotPending,
        StepError::ForeignSnapshot => Refusal::Corrupt,
        StepError::Limit { name, figure } => Refusal::Limit { name, figure },
        StepError::Decision(error) => Refusal::Decision(error),
    }
}

fn check_fit(definition: &Definition, case: &Case) -> Result<(), Refusal> {
    match definition.chart.is_legal(&case.snapshot.configuration) {
        true => Ok(()),
        false => Err(Refusal::Corrupt),
    }
}

/// Whether the actor has a role that may send it.
pub(crate) fn is_permitted(signature: &Signature, actor: &Actor) -> bool {
    actor.has_any(&signature.roles) || signature.roles.iter().any(|role| **role == *ANYONE)
}

pub(crate) fn check_roles(
    signature: &Signature,
    event: Option<&Arc<str>>,
    actor: &Actor,
) -> Result<(), Refusal> {
    match is_permitted(signature, actor) {
        true => Ok(()),
        false => Err(Refusal::Forbidden {
            event: event.cloned(),
            roles: signature.roles.clone(),
            held: actor.roles.clone(),
        }),
    }
}

fn check_input(
    setting: Setting<'_>,
    signature: &Signature,
    input: &Json,
) -> Result<Value, Refusal> {
    let violations = signature.input.violations(input);
    if !violations.is_empty() {
        return Err(Refusal::InvalidInput(violations));
    }
    check_size(setting, from_json(input))
}

fn check_size(setting: Setting<'_>, value: Value) -> Result<Value, Refusal> {
    let (found, most) = (value.size_bytes(), setting.limits.data_bytes);
    match found <= most {
        true => Ok(value),
        false => Err(Refusal::InvalidInput(vec![Violation {
            pointer: String::new(),
            message: format!("expected at most {most} bytes of data, found {found}"),
        }])),
    }
}

/// The active states and the root, innermost last, whose transitions may take an event.
pub(crate) fn listening<'a>(
    definition: &'a Definition,
    case: &'a Case,
) -> impl Iterator<Item = &'a chart::State> {
    let root = std::iter::once(chart::StateIndex::ROOT);
    let states = root.chain(case.snapshot.configuration.iter().copied());
    states.map(|state| definition.chart.state(state))
}

fn takes(definition: &Definition, case: &Case, event: &str) -> bool {
    let mut transitions = listening(definition, case).flat_map(|state| &state.transitions);
    transitions.any(|index| {
        let transition = definition.chart.transition(*index);
        transition.descriptors.iter().any(|d| d.matches(event))
    })
}

/// The guards that a trace says did not hold, up to the first other event; with what stands in the way
/// of each in the scope in which it was asked.
fn blocked(evaluator: &Evaluator<'_>, scope: &Scope<'_>, trace: &[Trace]) -> Vec<Blocked> {
    let definition = evaluator.definition;
    let chart = &definition.chart;
    let own = trace
        .iter()
        .skip(1)
        .take_while(|line| !matches!(line, Trace::Event { .. }));
    own.filter_map(|line| {
        let Trace::Guard {
            transition,
            outcome,
        } = line
        else {
            return None;
        };
        let taken = chart.transition(*transition);
        // An eventless transition has nothing to do with the event.
        if taken.descriptors.is_empty() || *outcome == Ok(true) {
            return None;
        }
        let source = taken.guard.and_then(|guard| definition.source_of(guard));
        let explain = |guard| evaluator.explain(guard, scope, Carried::Known);
        let explained = taken.guard.map(explain);
        let targets = taken.targets.iter();
        Some(Blocked {
            transition: *transition,
            state: chart.state(taken.source).id.clone(),
            targets: targets
                .map(|target| chart.state(*target).id.clone())
                .collect(),
            guard: source.unwrap_or_default().to_owned(),
            title: definition.refusals.get(transition.get()).cloned().flatten(),
            error: outcome.clone().err(),
            parts: explained.map_or_else(Vec::new, |explained| explained.parts),
        })
    })
    .collect()
}

/// The second object's fields over the first one's.
fn over(defaults: &Value, input: &Value) -> Value {
    let (Value::Map(defaults), Value::Map(input)) = (defaults, input) else {
        return input.clone();
    };
    let mut merged: Map = (**defaults).clone();
    let input = input
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()));
    merged.extend(input);
    Value::from(merged)
}

fn similar(definition: &Definition, event: &str) -> Option<Arc<str>> {
    let candidates = definition.events.keys().map(|name| &**name);
    casewright_definition::diagnostic::did_you_mean(event, candidates).map(Arc::from)
}
