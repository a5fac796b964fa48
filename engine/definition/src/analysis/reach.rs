//! Which states can be entered, and which transitions taken, whatever the data says.
//!
//! More is taken to be possible than is: every event that somebody may send or that an action names, at
//! any time; every guard that is not constant. So what is called unreachable is.

use std::sync::Arc;

use casewright_chart::{
    Action, Block, Chart, Descriptor, Name, StateIndex, StateKind, Transition, TransitionIndex,
};

use super::constant::constant;
use crate::definition::Definition;

/// What can be reached.
#[derive(Debug)]
pub(super) struct Reach {
    /// By the number of a state, whether it can be entered; for a history state, whether something
    /// leads to it.
    states: Vec<bool>,
    /// By the number of a transition, whether it can be taken.
    transitions: Vec<bool>,
}

impl Reach {
    pub(super) fn of(definition: &Definition) -> Self {
        let chart = &definition.chart;
        let mut search = Search {
            chart,
            events: events(definition),
            returned: returned_events(chart).collect(),
            entered: vec![false; chart.states().count()],
            entered_by_default: vec![false; chart.states().count()],
        };
        let mut transitions = vec![false; chart.transitions().count()];
        let open: Vec<bool> = chart
            .transitions()
            .map(|(index, transition)| {
                let never = transition
                    .guard
                    .is_some_and(|guard| constant(definition, guard) == Some(false));
                !never && shadow(definition, index).is_none()
            })
            .collect();
        search.enter_by_default(StateIndex::ROOT);
        loop {
            let mut changed = false;
            for (index, transition) in chart.transitions() {
                let at = index.get();
                if transitions[at] || !open[at] || !search.is_possible(transition) {
                    continue;
                }
                transitions[at] = true;
                changed = true;
                search.enter(&transition.targets);
            }
            if !changed {
                break;
            }
        }
        Reach {
            states: search.entered,
            transitions,
        }
    }

    pub(super) fn state(&self, state: StateIndex) -> bool {
        self.states[state.get()]
    }

    pub(super) fn transition(&self, transition: TransitionIndex) -> bool {
        self.transitions[transition.get()]
    }
}

struct Search<'a> {
    chart: &'a Chart,
    events: Vec<Arc<str>>,
    returned: Vec<(StateIndex, Arc<str>)>,
    entered: Vec<bool>,
    entered_by_default: Vec<bool>,
}

impl Search<'_> {
    fn is_possible(&self, transition: &Transition) -> bool {
        let mut descriptors = transition.descriptors.iter();
        self.entered[transition.source.get()]
            && (transition.descriptors.is_empty()
                || descriptors.any(|d| self.comes(d, transition.source)))
    }

    /// Whether an event may come that the descriptor matches, while a state is active.
    fn comes(&self, descriptor: &Descriptor, source: StateIndex) -> bool {
        let prefix = descriptor.prefix();
        // What a service comes back as is no failure of the engine's.
        let is_service = prefix == "error.invoke" || prefix.starts_with("error.invoke.");
        let is_engine =
            prefix.is_empty() || prefix == "error" || (prefix.starts_with("error.") && !is_service);
        is_engine
            || self.events.iter().any(|name| descriptor.matches(name))
            || self.returns(descriptor, source)
            || ((prefix == "done" || prefix.starts_with("done.")) && self.completes(descriptor))
    }

    /// Whether a service may run that comes back as what the descriptor matches.
    fn returns(&self, descriptor: &Descriptor, source: StateIndex) -> bool {
        let mut returned = self.returned.iter();
        returned.any(|(state, name)| {
            self.entered[state.get()]
                && together(self.chart, *state, source)
                && descriptor.matches(name)
        })
    }

    /// Whether a state may be done whose `done` event the descriptor matches.
    fn completes(&self, descriptor: &Descriptor) -> bool {
        self.chart.states().any(|(index, state)| {
            descriptor.matches(&format!("done.state.{}", state.id)) && self.may_be_done(index)
        })
    }

    fn may_be_done(&self, state: StateIndex) -> bool {
        let mut children = self.chart.child_states(state);
        match self.chart.state(state).kind {
            StateKind::Compound => children.any(|child| {
                self.chart.state(child).kind == StateKind::Final && self.entered[child.get()]
            }),
            StateKind::Parallel => children.all(|child| self.may_be_done(child)),
            _ => false,
        }
    }

    fn enter(&mut self, targets: &[StateIndex]) {
        for target in targets {
            self.enter_by_default(*target);
            let ancestors: Vec<StateIndex> = self.chart.proper_ancestors(*target, None).collect();
            for ancestor in ancestors {
                self.entered[ancestor.get()] = true;
                if self.chart.state(ancestor).kind == StateKind::Parallel {
                    self.enter_regions(ancestor);
                }
            }
        }
    }

    fn enter_by_default(&mut self, state: StateIndex) {
        if std::mem::replace(&mut self.entered_by_default[state.get()], true) {
            return;
        }
        self.entered[state.get()] = true;
        let node = self.chart.state(state);
        if node.kind == StateKind::Parallel {
            self.enter_regions(state);
        }
        if let Some(initial) = &node.initial {
            self.enter(&initial.targets);
        }
    }

    fn enter_regions(&mut self, parallel: StateIndex) {
        let regions: Vec<StateIndex> = self.chart.child_states(parallel).collect();
        for region in regions {
            self.enter_by_default(region);
        }
    }
}

/// The earlier transition of the same state that is taken whenever this one could be.
pub(super) fn shadow(definition: &Definition, index: TransitionIndex) -> Option<TransitionIndex> {
    let chart = &definition.chart;
    let transition = chart.transition(index);
    let state = chart.state(transition.source);
    let earlier = state
        .transitions
        .iter()
        .take_while(|other| **other != index);
    earlier.copied().find(|other| {
        let other = chart.transition(*other);
        let always = other
            .guard
            .is_none_or(|guard| constant(definition, guard) == Some(true));
        always && covers(&other.descriptors, &transition.descriptors)
    })
}

/// Whether every event that the narrow descriptors match is matched by the wide ones, too.
pub(super) fn covers(wide: &[Descriptor], narrow: &[Descriptor]) -> bool {
    let covered = |narrow: &Descriptor| {
        let mut wide = wide.iter();
        wide.any(|wide| wide.prefix().is_empty() || wide.matches(narrow.prefix()))
    };
    wide.is_empty() == narrow.is_empty() && narrow.iter().all(covered)
}

/// The events that may come from outside at any time: declared, or sent by an action; and where any event
/// may come, all that a transition waits for.
pub(super) fn outside_events(definition: &Definition) -> Vec<Arc<str>> {
    let mut events: Vec<Arc<str>> = definition.events.keys().cloned().collect();
    visit(&definition.chart, &mut |action| match action {
        Action::Send(send) => events.extend(names(&definition.chart, &send.event)),
        // Nobody knows what it is called, so it may come whenever an event may.
        Action::Raise { event, .. } if event.fixed().is_none() => {
            events.extend(names(&definition.chart, event));
        }
        _ => {}
    });
    // A `finalize` belongs to no transition: what it raises may come whenever an event may.
    for (_, state) in definition.chart.states() {
        for invoke in &state.invokes {
            visit_block(&invoke.finalize, &mut |action| {
                if let Action::Raise { event, .. } = action {
                    events.extend(names(&definition.chart, event));
                }
            });
        }
    }
    if definition.bundle.workflow.open_events {
        events.extend(awaited(&definition.chart));
    }
    let mut seen = std::collections::BTreeSet::new();
    events.retain(|event| seen.insert(event.clone()));
    events
}

/// The events as which services come back, each with the state that must be active then.
pub(super) fn returned_events(chart: &Chart) -> impl Iterator<Item = (StateIndex, Arc<str>)> {
    chart.states().flat_map(|(index, state)| {
        let invokes = state.invokes.iter();
        let events = invokes.flat_map(|invoke| [invoke.done(), invoke.error()]);
        events.map(move |event| (index, event))
    })
}

/// Whether two states can be active at once: one stands in the other, or they stand in different regions.
pub(super) fn together(chart: &Chart, one: StateIndex, other: StateIndex) -> bool {
    let related =
        one == other || chart.is_descendant(one, other) || chart.is_descendant(other, one);
    let mut around = chart.proper_ancestors(one, None);
    let common = around.find(|state| chart.is_descendant(other, *state));
    related || common.is_some_and(|state| chart.state(state).kind == StateKind::Parallel)
}

/// What transitions wait for, apart from what only the chart itself raises; for one that takes every
/// event, `*`.
fn awaited(chart: &Chart) -> impl Iterator<Item = Arc<str>> {
    let transitions = chart.transitions();
    let descriptors = transitions.flat_map(|(_, transition)| &transition.descriptors);
    descriptors.filter_map(|descriptor| match descriptor.prefix() {
        "" => Some("*".into()),
        prefix => {
            let is_own = ["done", "error"].contains(&prefix.split('.').next().unwrap_or_default());
            (!is_own).then(|| prefix.into())
        }
    })
}

fn events(definition: &Definition) -> Vec<Arc<str>> {
    let mut events = outside_events(definition);
    visit(&definition.chart, &mut |action| {
        if let Action::Raise { event, .. } = action {
            events.extend(names(&definition.chart, event));
        }
    });
    events
}

/// What an event may be called: its name, or where that is worked out, everything that a transition
/// waits for.
pub(super) fn names(chart: &Chart, name: &Name) -> Vec<Arc<str>> {
    match name.fixed() {
        Some(name) => vec![name.clone()],
        None => chart
            .transitions()
            .flat_map(|(_, transition)| &transition.descriptors)
            .map(|descriptor| descriptor.prefix().into())
            .collect(),
    }
}

/// Shows every action of a chart, those inside others included.
pub(super) fn visit<'a>(chart: &'a Chart, see: &mut dyn FnMut(&'a Action)) {
    for (_, state) in chart.states() {
        let initial = state.initial.iter().map(|initial| &initial.content);
        let finalize = state.invokes.iter().map(|invoke| &invoke.finalize);
        let blocks = state.entry.iter().chain(&state.exit).chain(initial);
        for block in blocks.chain(finalize) {
            visit_block(block, see);
        }
    }
    for (_, transition) in chart.transitions() {
        visit_block(&transition.content, see);
    }
}

pub(super) fn visit_block<'a>(block: &'a Block, see: &mut dyn FnMut(&'a Action)) {
    for action in block {
        see(action);
        match action {
            Action::If {
                branches,
                otherwise,
            } => {
                let bodies = branches.iter().map(|branch| &branch.body);
                bodies
                    .chain([otherwise])
                    .for_each(|body| visit_block(body, see));
            }
            Action::ForEach { body, .. } | Action::Block(body) => visit_block(body, see),
            _ => {}
        }
    }
}
