//! Leaving states (SCXML appendix D, `exitStates`).

use super::Interpreter;
use crate::chart::{StateIndex, StateKind, TransitionIndex};
use crate::step::{Effect, StepError};
use crate::trace::Trace;

impl Interpreter<'_> {
    /// `computeExitSet`: the active states below the domains of the transitions, in document order.
    pub(super) fn compute_exit_set(&self, transitions: &[TransitionIndex]) -> Vec<StateIndex> {
        let domains: Vec<StateIndex> = transitions
            .iter()
            .filter_map(|index| self.get_transition_domain(self.chart.transition(*index)))
            .collect();
        let leaves = |state: &StateIndex| {
            let mut domains = domains.iter();
            domains.any(|domain| self.chart.is_descendant(*state, *domain))
        };
        self.configuration.iter().copied().filter(leaves).collect()
    }

    /// `exitStates`: history is kept, then states are left, innermost first.
    pub(super) fn exit_states(&mut self, transitions: &[TransitionIndex]) -> Result<(), StepError> {
        let to_exit = self.compute_exit_set(transitions);
        for state in &to_exit {
            self.states_to_invoke.remove(state);
            self.keep_history(*state);
        }
        for state in to_exit.into_iter().rev() {
            self.trace.push(Trace::Exit(state));
            self.exit_content(state)?;
            self.configuration.retain(|active| *active != state);
        }
        Ok(())
    }

    fn keep_history(&mut self, state: StateIndex) {
        let chart = self.chart;
        for history in &chart.state(state).children {
            let kept = |active: &StateIndex| match chart.state(*history).kind {
                StateKind::DeepHistory => {
                    chart.is_atomic(*active) && chart.is_descendant(*active, state)
                }
                StateKind::ShallowHistory => chart.state(*active).parent == Some(state),
                _ => false,
            };
            if chart.is_history(*history) {
                let states = self.configuration.iter().copied().filter(kept).collect();
                self.history.insert_sorted(*history, states);
            }
        }
    }

    /// What is done when a state is left, and the end of what ran in it.
    pub(super) fn exit_content(&mut self, state: StateIndex) -> Result<(), StepError> {
        self.execute_blocks(&self.chart.state(state).exit)?;
        self.cancel_invocations(state);
        Ok(())
    }

    /// `cancelInvoke` for everything that runs in a state.
    pub(super) fn cancel_invocations(&mut self, state: StateIndex) {
        let effects = &mut self.effects;
        self.invocations.retain(|invocation| {
            let ends = invocation.state == state;
            if ends {
                effects.push(Effect::Stop {
                    sequence: invocation.sequence,
                    id: invocation.id.clone(),
                });
            }
            !ends
        });
    }
}
