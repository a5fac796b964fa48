//! Which parts of a workflow runs have gone through.

use std::collections::BTreeSet;

use casewright_case::Refusal;
use casewright_chart::{Chart, StateIndex, Trace, TransitionIndex};
use casewright_definition::Definition;
use serde::Serialize;

/// What runs of one workflow have gone through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The states that were entered.
    pub states: BTreeSet<StateIndex>,
    /// The transitions that were taken.
    pub transitions: BTreeSet<TransitionIndex>,
    /// The transitions whose guards were asked, each with what they said. One that could not be
    /// evaluated has said nothing.
    pub guards: BTreeSet<(TransitionIndex, bool)>,
}

/// How much of something was gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many of them.
    pub covered: usize,
    /// Of how many.
    pub total: usize,
}

impl Share {
    /// In percent; all of nothing is 100.
    pub fn percent(self) -> f64 {
        match self.total {
            0 => 100.0,
            total => self.covered as f64 * 100.0 / total as f64,
        }
    }
}

impl Coverage {
    /// Notes what happened inside a step.
    pub fn note(&mut self, trace: &[Trace]) {
        for entry in trace {
            match entry {
                Trace::Enter(state) => {
                    self.states.insert(*state);
                }
                Trace::Transition(transition) => {
                    self.transitions.insert(*transition);
                }
                Trace::Guard {
                    transition,
                    outcome: Ok(holds),
                } => {
                    self.guards.insert((*transition, *holds));
                }
                _ => {}
            }
        }
    }

    /// Notes the guards for which an event was refused.
    pub fn note_refusal(&mut self, refusal: &Refusal) {
        if let Refusal::GuardFailed { blocked, .. } = refusal {
            let told = blocked.iter().filter(|blocked| blocked.error.is_none());
            self.guards
                .extend(told.map(|blocked| (blocked.transition, false)));
        }
    }

    /// Adds what other runs of the same workflow have gone through.
    pub fn merge(&mut self, other: &Coverage) {
        self.states.extend(&other.states);
        self.transitions.extend(&other.transitions);
        self.guards.extend(&other.guards);
    }

    /// How many of the states that a case can be in were entered.
    pub fn of_states(&self, chart: &Chart) -> Share {
        Share {
            covered: self.states.iter().filter(|s| counts(chart, **s)).count(),
            total: chart.states().filter(|(s, _)| counts(chart, *s)).count(),
        }
    }

    /// The states that were never entered.
    pub fn missing_states(&self, chart: &Chart) -> Vec<StateIndex> {
        let states = chart.states().map(|(state, _)| state);
        states
            .filter(|state| counts(chart, *state) && !self.states.contains(state))
            .collect()
    }

    /// How many of the transitions were taken.
    pub fn of_transitions(&self, chart: &Chart) -> Share {
        Share {
            covered: self.transitions.len(),
            total: chart.transitions().count(),
        }
    }

    /// The transitions that were never taken.
    pub fn missing_transitions(&self, chart: &Chart) -> Vec<TransitionIndex> {
        let transitions = chart.transitions().map(|(transition, _)| transition);
        transitions
            .filter(|transition| !self.transitions.contains(transition))
            .collect()
    }

    /// How many of the guards were seen both to hold and not to hold.
    pub fn of_guards(&self, definition: &Definition) -> Share {
        let total = guarded(definition).count();
        Share {
            covered: total - self.missing_guards(definition).len(),
            total,
        }
    }

    /// The guards that were not seen both ways, by their transition, with what they were seen to say.
    pub fn missing_guards(&self, definition: &Definition) -> Vec<(TransitionIndex, Option<bool>)> {
        let seen = |transition, holds| self.guards.contains(&(transition, holds));
        let one_way = |transition| match (seen(transition, true), seen(transition, false)) {
            (true, true) => None,
            (true, false) => Some((transition, Some(true))),
            (false, true) => Some((transition, Some(false))),
            (false, false) => Some((transition, None)),
        };
        guarded(definition).filter_map(one_way).collect()
    }
}

/// Whether a case can be in the state: the root always is, and no case is in a history.
fn counts(chart: &Chart, state: StateIndex) -> bool {
    state != StateIndex::ROOT && !chart.is_history(state)
}

/// The transitions with a guard that somebody wrote.
fn guarded(definition: &Definition) -> impl Iterator<Item = TransitionIndex> {
    let transitions = definition.chart.transitions();
    transitions
        .filter(|(_, transition)| {
            let guard = transition.guard;
            guard.is_some_and(|guard| definition.source_of(guard).is_some())
        })
        .map(|(index, _)| index)
}
