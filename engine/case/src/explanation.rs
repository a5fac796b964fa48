//! What would come of every event, or why it would not: for the people who look at a case.
//!
//! Nothing here changes a case, and nothing is asked that a step would not ask.

use std::sync::Arc;

use casewright_chart::{Chart, Event, StateIndex, Timestamp, TransitionIndex, Value};
use casewright_definition::expression::{Carried, Explanation, Outcome as Condition, Part};
use casewright_definition::file::Text;
use casewright_definition::json::from_json;
use casewright_definition::{Definition, Evaluator, Signature};
use serde_json::Value as Json;

use crate::actor::Actor;
use crate::case::Case;
use crate::command::{Outcome, Setting, is_permitted, send};
use crate::refusal::Refusal;

/// An event of the workflow, and what would come of it.
#[derive(Clone, Debug)]
pub struct EventExplanation<'a> {
    /// Its name.
    pub event: &'a Arc<str>,
    /// Who may send it, and what it carries.
    pub signature: &'a Signature,
    /// What would come of it.
    pub verdict: Verdict,
    /// Whether the actor has a role for it.
    pub permitted: bool,
    /// The ids of the states that take it, whether they are active or not, in document order.
    pub states: Vec<Arc<str>>,
    /// The transitions of active states that take it, in the order in which they are asked.
    pub transitions: Vec<Candidate>,
}

/// A pending timer, and what would come of it.
#[derive(Clone, Debug)]
pub struct TimerExplanation {
    /// The number of the pending event.
    pub sequence: u64,
    /// The id under which the workflow sent it.
    pub id: Option<Arc<str>>,
    /// Its name.
    pub event: Arc<str>,
    /// When it is due.
    pub due: Timestamp,
    /// What would come of it if it were due with the case as it is.
    pub verdict: Verdict,
    /// The transitions of active states that take it, in the order in which they are asked.
    pub transitions: Vec<Candidate>,
}

/// A running service, and what would come of what it comes back with.
#[derive(Clone, Debug)]
pub struct ServiceExplanation {
    /// The number of the invocation.
    pub sequence: u64,
    /// Its id.
    pub id: Arc<str>,
    /// The function, `plugin.function`.
    pub function: Arc<str>,
    /// What would come of its success.
    pub done: Returning,
    /// What would come of its failure.
    pub failed: Returning,
}

/// What would come of a service that comes back with the case as it is, its `finalize` left aside.
#[derive(Clone, Debug)]
pub struct Returning {
    /// The name of its event.
    pub event: Arc<str>,
    /// What would come of it.
    pub verdict: Verdict,
    /// The transitions of active states that take it, in the order in which they are asked.
    pub transitions: Vec<Candidate>,
}

/// What would come of an event. The first that applies: a case that is done takes no event, whoever
/// sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The case has ended.
    Done,
    /// No active state takes it.
    NotNow,
    /// The actor has none of the roles.
    Forbidden,
    /// No guard can hold, whatever the event carries.
    Blocked,
    /// It is taken or not by what it carries.
    Depends,
    /// It is taken, if what it carries matches its schema.
    Open,
}

/// A transition of an active state that takes an event.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its number in the chart.
    pub transition: TransitionIndex,
    /// The state that it leaves.
    pub state: Arc<str>,
    /// Where it leads; nowhere when it only acts.
    pub targets: Vec<Arc<str>>,
    /// Its guard.
    pub guard: Option<String>,
    /// What people are told when the guard does not hold.
    pub title: Option<Text>,
    /// Whether it is its turn.
    pub turn: Turn,
    /// The parts of the guard that stand in the way, with the values that they read.
    pub parts: Vec<Part>,
}

/// Whether a transition is taken. Where transitions of several regions would leave the same state, the
/// chart still chooses among those that are (SCXML appendix D, `removeConflictingTransitions`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Its guard holds, or it has none.
    Taken,
    /// Its guard depends on what the event carries.
    Depends,
    /// Its guard does not hold.
    Blocked,
    /// One that is asked before it is taken.
    Behind,
}

/// What one event with its data would lead to.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// What the step would give, or why it would be refused.
    pub outcome: Result<Outcome, Refusal>,
    /// The transitions that would be asked, in that order.
    pub transitions: Vec<Candidate>,
}

impl Verdict {
    /// `done`, `not-now`, `forbidden`, `blocked`, `depends` or `open`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Done => "done",
            Verdict::NotNow => "not-now",
            Verdict::Forbidden => "forbidden",
            Verdict::Blocked => "blocked",
            Verdict::Depends => "depends",
            Verdict::Open => "open",
        }
    }

    fn of(transitions: &[Candidate]) -> Self {
        let any = |turn| transitions.iter().any(|candidate| candidate.turn == turn);
        match (any(Turn::Taken), any(Turn::Depends)) {
            _ if transitions.is_empty() => Verdict::NotNow,
            (true, _) => Verdict::Open,
            (false, true) => Verdict::Depends,
            (false, false) => Verdict::Blocked,
        }
    }
}

impl Turn {
    /// `taken`, `depends`, `blocked` or `behind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Turn::Taken => "taken",
            Turn::Depends => "depends",
            Turn::Blocked => "blocked",
            Turn::Behind => "behind",
        }
    }
}

/// What would come of every event of the workflow if the actor sent it, in the order in which the
/// workflow declares them.
pub fn explain<'a>(setting: Setting<'a>, case: &Case, actor: &Actor) -> Vec<EventExplanation<'a>> {
    let definition = setting.definition;
    let events = definition.events.iter();
    let explained = events.map(|(event, signature)| {
        let permitted = is_permitted(signature, actor);
        let nothing = Event::external(event.clone(), Value::Null);
        let transitions = candidates(setting, case, actor, &nothing, Carried::Unknown);
        let verdict = match Verdict::of(&transitions) {
            _ if case.is_done() => Verdict::Done,
            Verdict::NotNow => Verdict::NotNow,
            _ if !permitted => Verdict::Forbidden,
            verdict => verdict,
        };
        EventExplanation {
            event,
            signature,
            verdict,
            permitted,
            states: takers(definition, event),
            transitions,
        }
    });
    explained.collect()
}

/// What would come of every pending timer, the next first.
pub fn explain_timers(setting: Setting<'_>, case: &Case) -> Vec<TimerExplanation> {
    let mut pending: Vec<_> = case.snapshot.pending.iter().collect();
    pending.sort_by_key(|pending| (pending.due, pending.sequence));
    let explained = pending.into_iter().map(|pending| {
        let mut event = Event::external(pending.event.clone(), pending.data.clone());
        event.send_id = pending.id.clone();
        let now = setting.now.max(pending.due);
        let then = Setting { now, ..setting };
        let transitions = candidates(then, case, &Actor::timer(), &event, Carried::Known);
        TimerExplanation {
            sequence: pending.sequence,
            id: pending.id.clone(),
            event: pending.event.clone(),
            due: pending.due,
            verdict: Verdict::of(&transitions),
            transitions,
        }
    });
    explained.collect()
}

/// What would come of every running service, the oldest first.
pub fn explain_services(setting: Setting<'_>, case: &Case) -> Vec<ServiceExplanation> {
    let chart = &setting.definition.chart;
    let states = chart.states().count();
    let running = case.snapshot.invocations.iter();
    let running = running.filter(|running| running.state.get() < states);
    let explained = running.filter_map(|running| {
        let mut invokes = chart.state(running.state).invokes.iter();
        let invoke = invokes.find(|invoke| invoke.id == running.id)?;
        let actor = Actor::service(&invoke.source);
        let returning = |name: Arc<str>| {
            let mut event = Event::external(name.clone(), Value::Null);
            event.invoke_id = Some(running.id.clone());
            let transitions = candidates(setting, case, &actor, &event, Carried::Unknown);
            Returning {
                event: name,
                verdict: Verdict::of(&transitions),
                transitions,
            }
        };
        Some(ServiceExplanation {
            sequence: running.sequence,
            id: running.id.clone(),
            function: invoke.source.clone(),
            done: returning(invoke.done()),
            failed: returning(invoke.error()),
        })
    });
    explained.collect()
}

/// What would come of an event with its data: the very step, of which nothing is kept.
pub fn rehearse(
    setting: Setting<'_>,
    case: &Case,
    event: &str,
    input: &Json,
    actor: &Actor,
) -> Rehearsal {
    let outcome = send(setting, case, event, input, actor);
    let transitions = match &outcome {
        // Nothing has been asked, and the data may be of any size and shape.
        Err(
            Refusal::UnknownEvent { .. }
            | Refusal::NotNow { .. }
            | Refusal::Done
            | Refusal::InvalidInput(_)
            | Refusal::Corrupt,
        ) => Vec::new(),
        _ => {
            let event = Event::external(event, from_json(input));
            candidates(setting, case, actor, &event, Carried::Known)
        }
    };
    Rehearsal {
        outcome,
        transitions,
    }
}

/// The transitions that would be asked about an event, in the order of SCXML's `selectTransitions`:
/// from each active atomic state outwards.
fn candidates(
    setting: Setting<'_>,
    case: &Case,
    actor: &Actor,
    event: &Event,
    carried: Carried,
) -> Vec<Candidate> {
    let definition = setting.definition;
    let chart = &definition.chart;
    let configuration = &case.snapshot.configuration;
    let mut found: Vec<Candidate> = Vec::new();
    if case.is_done() || !chart.is_legal(configuration) {
        return found;
    }
    let circumstances = case.circumstances(actor);
    let evaluator = setting.evaluator(&circumstances);
    let scope = case.scope(definition, Some(event), setting.now);
    for atomic in chart.atomic_states(configuration) {
        let mut behind = false;
        for index in asked(chart, atomic, &event.name) {
            let known = found.iter().position(|other| other.transition == index);
            let turn = match known {
                Some(at) if behind || found[at].turn != Turn::Behind => found[at].turn,
                _ => {
                    let explain = |guard| evaluator.explain(guard, &scope, carried);
                    let explained = chart.transition(index).guard.map(explain);
                    let candidate = candidate(&evaluator, index, explained, behind);
                    let turn = candidate.turn;
                    match known {
                        Some(at) => found[at] = candidate,
                        None => found.push(candidate),
                    }
                    turn
                }
            };
            behind |= turn == Turn::Taken;
        }
    }
    found
}

/// The transitions that take an event, from a state outwards.
fn asked(chart: &Chart, state: StateIndex, event: &str) -> impl Iterator<Item = TransitionIndex> {
    let lineage = std::iter::once(state).chain(chart.proper_ancestors(state, None));
    let transitions = lineage.flat_map(|state| &chart.state(state).transitions);
    transitions
        .copied()
        .filter(move |index| takes(chart, *index, event))
}

fn takes(chart: &Chart, transition: TransitionIndex, event: &str) -> bool {
    let mut descriptors = chart.transition(transition).descriptors.iter();
    descriptors.any(|descriptor| descriptor.matches(event))
}

fn candidate(
    evaluator: &Evaluator<'_>,
    index: TransitionIndex,
    explained: Option<Explanation>,
    behind: bool,
) -> Candidate {
    let definition = evaluator.definition;
    let chart = &definition.chart;
    let transition = chart.transition(index);
    let turn = match explained.as_ref().map(|explained| &explained.outcome) {
        _ if behind => Turn::Behind,
        None | Some(Condition::True) => Turn::Taken,
        Some(Condition::Depends { may_hold: true }) => Turn::Depends,
        Some(_) => Turn::Blocked,
    };
    let source = transition
        .guard
        .and_then(|guard| definition.source_of(guard));
    let targets = transition.targets.iter();
    Candidate {
        transition: index,
        state: chart.state(transition.source).id.clone(),
        targets: targets
            .map(|target| chart.state(*target).id.clone())
            .collect(),
        guard: source.map(str::to_owned),
        title: definition.refusals.get(index.get()).cloned().flatten(),
        turn,
        parts: explained.map_or_else(Vec::new, |explained| explained.parts),
    }
}

/// The states with a transition that takes an event.
fn takers(definition: &Definition, event: &str) -> Vec<Arc<str>> {
    let chart = &definition.chart;
    let states = chart.states().filter(|(_, state)| {
        let mut transitions = state.transitions.iter();
        transitions.any(|index| takes(chart, *index, event))
    });
    states.map(|(_, state)| state.id.clone()).collect()
}
