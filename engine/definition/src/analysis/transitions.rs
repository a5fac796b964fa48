//! Transitions that are never taken, guards that say nothing, and rounds without an end.

use std::collections::BTreeSet;
use std::sync::Arc;

use casewright_chart::{Chart, StateIndex, StateKind, TransitionIndex};

use super::constant::constant;
use super::reach::shadow;
use super::{Analysis, GUARD_CONSTANT, TRANSITION_ENDLESS, TRANSITION_SHADOWED};

impl Analysis<'_> {
    pub(super) fn transitions(&mut self) {
        let chart = self.chart;
        for (index, transition) in chart.transitions() {
            let pointer = self.pointer_of(index);
            if let Some(holds) = transition
                .guard
                .and_then(|guard| constant(self.definition, guard))
            {
                let how = if holds { "always" } else { "never" };
                let hint = match holds {
                    true => "a transition without a guard is always taken",
                    false => "leave the transition away if it is not to be taken",
                };
                let message = format!("the guard {how} holds");
                self.warn(GUARD_CONSTANT, &format!("{pointer}/guard"), message, hint);
            }
            if let Some(earlier) = shadow(self.definition, index) {
                let earlier = self.pointer_of(earlier);
                let message =
                    format!("the transition at `{earlier}` is always taken before this one");
                let hint = "give the earlier one a guard, or put this one first";
                self.warn(TRANSITION_SHADOWED, &pointer, message, hint);
            }
        }
        self.rounds();
    }

    /// Rounds of eventless transitions without a guard, each told once.
    fn rounds(&mut self) {
        let mut told = BTreeSet::new();
        for (index, _) in self.chart.transitions() {
            let Some(round) = self.round(index) else {
                continue;
            };
            if round.iter().any(|index| !told.insert(*index)) {
                continue;
            }
            let states = round.iter().map(|index| {
                let source = self.chart.transition(*index).source;
                format!("`{}`", self.chart.state(source).id)
            });
            let states: Vec<String> = states.collect();
            let message = format!(
                "eventless transitions without a guard lead round for ever: {}",
                states.join(", ")
            );
            let hint = "give one of them a guard, or let it wait with `on` or `after`";
            let pointer = self.pointer_of(index);
            self.warn(TRANSITION_ENDLESS, &pointer, message, hint);
        }
    }

    /// The transitions that are taken after an eventless one until it is its turn again, if it is.
    fn round(&self, first: TransitionIndex) -> Option<Vec<TransitionIndex>> {
        let mut round = Vec::new();
        let mut index = first;
        loop {
            let transition = self.chart.transition(index);
            let alone = transition.descriptors.is_empty() && transition.guard.is_none();
            if !alone || !self.reach.transition(index) {
                return None;
            }
            round.push(index);
            index = self.next(transition.targets.first().copied()?)?;
            if index == first {
                return Some(round);
            }
            if round.contains(&index) {
                return None;
            }
        }
    }

    /// The eventless transition that comes first once a state was entered; none where it depends on
    /// more than that.
    fn next(&self, target: StateIndex) -> Option<TransitionIndex> {
        let state = atomic_state(self.chart, target)?;
        let ancestors = self.chart.proper_ancestors(state, None);
        let lineage: Vec<StateIndex> = std::iter::once(state).chain(ancestors).collect();
        let kind = |state: &StateIndex| self.chart.state(*state).kind;
        if lineage
            .iter()
            .any(|state| kind(state) == StateKind::Parallel)
        {
            return None;
        }
        let mut transitions = lineage
            .iter()
            .flat_map(|state| &self.chart.state(*state).transitions);
        transitions
            .find(|index| self.chart.transition(**index).descriptors.is_empty())
            .copied()
    }
}

/// The atomic state in which the entry of a state ends; none where there are several.
fn atomic_state(chart: &Chart, state: StateIndex) -> Option<StateIndex> {
    let mut state = state;
    loop {
        let node = chart.state(state);
        match node.kind {
            StateKind::Atomic => return Some(state),
            StateKind::Compound => match node.initial.as_ref()?.targets.as_slice() {
                [initial] => state = *initial,
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// The events that a state and those around it have a transition for.
pub(super) fn takes(chart: &Chart, configuration: &[StateIndex], event: &Arc<str>) -> bool {
    let active = std::iter::once(&StateIndex::ROOT).chain(configuration);
    active
        .flat_map(|state| &chart.state(*state).transitions)
        .any(|index| {
            let mut descriptors = chart.transition(*index).descriptors.iter();
            descriptors.any(|descriptor| descriptor.matches(event))
        })
}
