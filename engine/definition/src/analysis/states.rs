//! States that nothing leads to, that nothing leads on from, or that wait for ever.

use std::collections::BTreeSet;
use std::sync::Arc;

use casewright_chart::{
    Action, Block, Descriptor, StateIndex, StateKind, Transition, TransitionIndex,
};

use super::writes::Place;
use super::{Analysis, STATE_DEAD_END, STATE_NO_DEADLINE, STATE_UNREACHABLE, reach};

/// The events whose coming tells something about a wait.
struct Waits {
    /// The events from outside.
    people: Vec<Arc<str>>,
    /// The events that are sent with a delay, each with the states that may be active after it was.
    timers: Vec<(Vec<Arc<str>>, BTreeSet<StateIndex>)>,
    /// The events that are sent at once.
    own: Vec<Arc<str>>,
    /// What services are done as, each with the state in which it runs.
    services: Vec<(StateIndex, Arc<str>)>,
}

impl Analysis<'_> {
    pub(super) fn states(&mut self) {
        let waits = self.waits();
        let chart = self.chart;
        for (index, state) in chart.states().skip(1) {
            let pointer = self.pointer_of_state(&state.id);
            let id = &state.id;
            if !self.reach.state(index) {
                // What lies inside it is told with it.
                if state.parent.is_some_and(|parent| self.reach.state(parent)) {
                    let message = format!("nothing leads to the state `{id}`");
                    let hint = "lead a transition to it, or leave it away";
                    self.warn(STATE_UNREACHABLE, &pointer, message, hint);
                }
            } else if state.kind == StateKind::Atomic {
                if !self.leads_on(index) {
                    let message = format!("nothing leads on from the state `{id}`");
                    let hint = "give it a transition to another state, or say `type: final`";
                    self.warn(STATE_DEAD_END, &pointer, message, hint);
                } else if self.waits_for_ever(index, &waits) {
                    let message = format!("the state `{id}` waits for people without a deadline");
                    let hint = "say with `after` what happens when nobody acts, or with `no-deadline` why nothing does";
                    self.warn(STATE_NO_DEADLINE, &pointer, message, hint);
                }
            }
        }
    }

    fn waits(&self) -> Waits {
        let (mut timers, mut own) = (Vec::new(), Vec::new());
        for (place, block) in self.blocks() {
            let mut delayed = Vec::new();
            reach::visit_block(block, &mut |action| {
                if let Action::Send(send) = action {
                    let events = match send.delay {
                        Some(_) => &mut delayed,
                        None => &mut own,
                    };
                    events.extend(reach::names(self.chart, &send.event));
                }
            });
            if !delayed.is_empty() {
                timers.push((delayed, self.after(place)));
            }
        }
        let services = self.chart.states().flat_map(|(index, state)| {
            let invokes = state.invokes.iter();
            invokes.map(move |invoke| (index, invoke.done()))
        });
        Waits {
            people: self.definition.events.keys().cloned().collect(),
            timers,
            own,
            services: services.collect(),
        }
    }

    /// Every block of actions, with its place.
    fn blocks(&self) -> Vec<(Place, &Block)> {
        let states = self.chart.states().flat_map(|(index, state)| {
            let initial = state.initial.iter().map(|initial| &initial.content);
            let finalize = state.invokes.iter().map(|invoke| &invoke.finalize);
            let blocks = state.entry.iter().chain(&state.exit).chain(initial);
            blocks
                .chain(finalize)
                .map(move |block| (Place::State(index), block))
        });
        let transitions = self.chart.transitions();
        let transitions =
            transitions.map(|(index, transition)| (Place::Actions(index), &transition.content));
        states.chain(transitions).collect()
    }

    /// The transitions that can be taken while a state is active: its own, and those of its ancestors.
    fn live_transitions(&self, state: StateIndex) -> impl Iterator<Item = &Transition> {
        let lineage = std::iter::once(state).chain(self.chart.proper_ancestors(state, None));
        lineage
            .flat_map(|state| &self.chart.state(state).transitions)
            .filter(|index| self.reach.transition(**index))
            .map(|index| self.chart.transition(*index))
    }

    /// The outermost parallel state around a state.
    fn outermost_parallel(&self, state: StateIndex) -> Option<StateIndex> {
        let ancestors = self.chart.proper_ancestors(state, None);
        ancestors
            .filter(|ancestor| self.chart.state(*ancestor).kind == StateKind::Parallel)
            .last()
    }

    /// The transitions of the regions around a state that can be taken.
    fn transitions_beside(&self, state: StateIndex) -> Vec<(TransitionIndex, StateIndex)> {
        let Some(parallel) = self.outermost_parallel(state) else {
            return Vec::new();
        };
        let transitions = self.chart.transitions();
        transitions
            .filter(|(index, transition)| {
                self.reach.transition(*index)
                    && self.chart.is_descendant(transition.source, parallel)
            })
            .map(|(index, _)| (index, parallel))
            .collect()
    }

    /// Whether a transition may take a case from a state to another: its own or an ancestor's, or one
    /// of a region beside it that leaves them all.
    fn leads_on(&self, state: StateIndex) -> bool {
        let elsewhere = |transition: &Transition| {
            transition.targets.iter().any(|target| *target != state)
                && !self.waits_for_itself(transition, state)
        };
        self.live_transitions(state).any(elsewhere)
            || self
                .transitions_beside(state)
                .iter()
                .any(|(index, parallel)| {
                    let mut targets = self.chart.transition(*index).targets.iter();
                    targets.any(|target| !self.chart.is_descendant(*target, *parallel))
                })
            || self.is_watched(state)
    }

    /// Whether a transition waits until a state around this one is done, which is not while this one is
    /// active: something else must lead on first.
    fn waits_for_itself(&self, transition: &Transition, state: StateIndex) -> bool {
        let mut descriptors = transition.descriptors.iter();
        !transition.descriptors.is_empty()
            && descriptors.all(|descriptor| {
                self.chart.proper_ancestors(state, None).any(|around| {
                    let done = descriptor.prefix().strip_prefix("done.state.");
                    done == Some(&*self.chart.state(around).id)
                })
            })
    }

    /// Whether a guard somewhere asks if the state, or one around it, is active.
    fn is_watched(&self, state: StateIndex) -> bool {
        let expressions = self.definition.expressions.iter();
        let lineage = || std::iter::once(state).chain(self.chart.proper_ancestors(state, None));
        self.outermost_parallel(state).is_some()
            && expressions
                .filter_map(|expression| match expression {
                    crate::expression::Expression::Program(program) => Some(program),
                    _ => None,
                })
                .flat_map(|program| program.states())
                .any(|(_, id)| lineage().any(|state| &*self.chart.state(state).id == id))
    }

    /// Whether a state waits only for people, and nothing happens when they do not act.
    fn waits_for_ever(&self, state: StateIndex, waits: &Waits) -> bool {
        let takes = |transition: &Transition, events: &[Arc<str>]| {
            let mut descriptors = transition.descriptors.iter();
            let named = |descriptor: &Descriptor| {
                !descriptor.prefix().is_empty()
                    && events.iter().any(|event| descriptor.matches(event))
            };
            descriptors.any(named)
        };
        let mut lineage = std::iter::once(state).chain(self.chart.proper_ancestors(state, None));
        let excused = lineage.any(|state| {
            let id = &self.chart.state(state).id;
            self.places.without_deadline.contains(id)
        });
        // One that is sent only elsewhere never comes here.
        let timers = waits.timers.iter();
        let timers = timers.filter(|(_, states)| states.contains(&state));
        let timers: Vec<Arc<str>> = timers.flat_map(|(events, _)| events.clone()).collect();
        // A service that succeeds comes back without anybody; one that only runs elsewhere never does here.
        let services = waits.services.iter();
        let services = services.filter(|(running, _)| reach::together(self.chart, *running, state));
        let services: Vec<Arc<str>> = services.map(|(_, event)| event.clone()).collect();
        let beside = self.transitions_beside(state);
        let mut beside = beside
            .iter()
            .map(|(index, _)| self.chart.transition(*index));
        let mut live = self.live_transitions(state);
        !excused
            && self
                .live_transitions(state)
                .any(|transition| takes(transition, &waits.people))
            && !live.any(|transition| {
                transition.descriptors.is_empty()
                    || takes(transition, &timers)
                    || takes(transition, &waits.own)
                    || takes(transition, &services)
            })
            && !beside.any(|transition| takes(transition, &timers))
    }
}
