//! Which transitions an event enables (SCXML appendix D, `selectTransitions` and its kin).

use super::Interpreter;
use crate::chart::{Chart, StateIndex, StateKind, Transition, TransitionIndex};
use crate::event::Event;
use crate::trace::Trace;

impl Interpreter<'_> {
    /// `selectEventlessTransitions`.
    pub(super) fn select_eventless_transitions(&mut self) -> Vec<TransitionIndex> {
        self.select(|transition, _| transition.descriptors.is_empty())
    }

    /// `selectTransitions`, for the current event.
    pub(super) fn select_transitions(&mut self) -> Vec<TransitionIndex> {
        self.select(|transition, event| {
            let names = |descriptor: &crate::Descriptor| {
                event.is_some_and(|event| descriptor.matches(&event.name))
            };
            transition.descriptors.iter().any(names)
        })
    }

    fn select(
        &mut self,
        is_candidate: impl Fn(&Transition, Option<&Event>) -> bool,
    ) -> Vec<TransitionIndex> {
        let chart = self.chart;
        let mut enabled: Vec<TransitionIndex> = Vec::new();
        // Regions of a parallel state share ancestors: each guard is asked once.
        let mut asked: Vec<(TransitionIndex, bool)> = Vec::new();
        for position in 0..self.configuration.len() {
            let atomic = self.configuration[position];
            if !chart.is_atomic(atomic) {
                continue;
            }
            let lineage = std::iter::once(atomic).chain(chart.proper_ancestors(atomic, None));
            let found = lineage
                .flat_map(|state| &chart.state(state).transitions)
                .find(|index| {
                    let transition = chart.transition(**index);
                    is_candidate(transition, self.event.as_ref())
                        && match asked.iter().find(|(other, _)| other == *index) {
                            Some((_, holds)) => *holds,
                            None => {
                                let holds = self.condition_match(**index);
                                asked.push((**index, holds));
                                holds
                            }
                        }
                });
            if let Some(index) = found
                && !enabled.contains(index)
            {
                enabled.push(*index);
            }
        }
        match enabled.len() {
            0 | 1 => enabled,
            _ => self.remove_conflicting_transitions(enabled),
        }
    }

    /// `conditionMatch`: a guard that cannot be evaluated raises `error.execution` and is false.
    ///
    /// DIFFERENCE: it raises it once in a step. The error is itself an event, for which an eventless
    /// guard is asked again: SCXML would go on for ever.
    fn condition_match(&mut self, index: TransitionIndex) -> bool {
        let Some(guard) = self.chart.transition(index).guard else {
            return true;
        };
        let outcome = self.evaluate.guard(guard, &self.scope());
        let holds = *outcome.as_ref().unwrap_or(&false);
        let failure = outcome.as_ref().err().map(|error| error.0.clone());
        self.trace.push(Trace::Guard {
            transition: index,
            outcome: outcome.map_err(|error| error.0.into()),
        });
        if let Some(failure) = failure
            && self.failed_guards.insert(index)
        {
            self.raise_error(&failure);
        }
        holds
    }

    /// `removeConflictingTransitions`: of two transitions that would leave the same state, the one
    /// whose source lies deeper is kept, or else the one that was found first.
    fn remove_conflicting_transitions(
        &self,
        enabled: Vec<TransitionIndex>,
    ) -> Vec<TransitionIndex> {
        let mut filtered: Vec<(TransitionIndex, Vec<StateIndex>)> = Vec::new();
        for t1 in enabled {
            let exit_set = self.compute_exit_set(&[t1]);
            let source = self.chart.transition(t1).source;
            let mut preempted = false;
            let mut to_remove = Vec::new();
            for (t2, other) in &filtered {
                if !exit_set.iter().any(|state| other.contains(state)) {
                    continue;
                }
                if self
                    .chart
                    .is_descendant(source, self.chart.transition(*t2).source)
                {
                    to_remove.push(*t2);
                } else {
                    preempted = true;
                    break;
                }
            }
            if !preempted {
                filtered.retain(|(t2, _)| !to_remove.contains(t2));
                filtered.push((t1, exit_set));
            }
        }
        filtered.into_iter().map(|(index, _)| index).collect()
    }

    /// `getTransitionDomain`: the state below which everything is left and entered.
    ///
    /// DIFFERENCE: a transition of the root, which SCXML does not have, has the root as its domain.
    pub(super) fn get_transition_domain(&self, transition: &Transition) -> Option<StateIndex> {
        let targets = self.get_effective_target_states(&transition.targets);
        let source = transition.source;
        let inside = |domain: StateIndex| {
            let mut targets = targets.iter();
            targets.all(|target| self.chart.is_descendant(*target, domain))
        };
        if targets.is_empty() {
            None
        } else if source == StateIndex::ROOT
            || (transition.internal
                && self.chart.state(source).kind == StateKind::Compound
                && inside(source))
        {
            Some(source)
        } else {
            Some(find_lcca(self.chart, source, inside))
        }
    }

    /// `getEffectiveTargetStates`: targets, with history states replaced by what they stand for.
    pub(super) fn get_effective_target_states(&self, targets: &[StateIndex]) -> Vec<StateIndex> {
        let mut effective = Vec::with_capacity(targets.len());
        for target in targets {
            if !self.chart.is_history(*target) {
                effective.push(*target);
            } else if let Some(states) = self.history.get(target) {
                effective.extend_from_slice(states);
            } else if let Some(default) = &self.chart.state(*target).initial {
                effective.extend(self.get_effective_target_states(&default.targets));
            }
        }
        effective
    }
}

/// `findLCCA`: the nearest compound ancestor of the source that holds every target.
fn find_lcca(chart: &Chart, source: StateIndex, inside: impl Fn(StateIndex) -> bool) -> StateIndex {
    chart
        .proper_ancestors(source, None)
        .filter(|ancestor| chart.state(*ancestor).kind == StateKind::Compound)
        .find(|ancestor| inside(*ancestor))
        .unwrap_or(StateIndex::ROOT)
}
