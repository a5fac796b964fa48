//! Entering states (SCXML appendix D, `enterStates`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Interpreter;
use crate::action::Block;
use crate::chart::{StateIndex, StateKind, TransitionIndex};
use crate::event::Event;
use crate::snapshot::Status;
use crate::step::StepError;
use crate::trace::Trace;
use crate::value::Value;

/// What `computeEntrySet` finds out. Sets are in document order, which is entry order.
#[derive(Default)]
struct EntrySet<'a> {
    states_to_enter: BTreeSet<StateIndex>,
    states_for_default_entry: BTreeSet<StateIndex>,
    default_history_content: BTreeMap<StateIndex, &'a Block>,
}

impl<'a> Interpreter<'a> {
    /// `enterStates` for the transitions of a microstep.
    pub(super) fn enter_states(
        &mut self,
        transitions: &[TransitionIndex],
        domains: &[Option<StateIndex>],
    ) -> Result<(), StepError> {
        let set = self.compute_entry_set(transitions, domains);
        self.enter(set)
    }

    /// `enterStates` for the initial transition of the root.
    pub(super) fn enter_initial_states(
        &mut self,
        targets: &'a [StateIndex],
    ) -> Result<(), StepError> {
        let mut set = EntrySet::default();
        for target in targets {
            self.add_descendant_states_to_enter(*target, &mut set);
        }
        for target in self.get_effective_target_states(targets) {
            self.add_ancestor_states_to_enter(target, StateIndex::ROOT, &mut set);
        }
        self.enter(set)
    }

    /// `computeEntrySet`.
    ///
    /// DIFFERENCE: nothing outside the domain of its transition is entered. In appendix D a history
    /// state whose parent stays active adds states that were never left.
    fn compute_entry_set(
        &self,
        transitions: &[TransitionIndex],
        domains: &[Option<StateIndex>],
    ) -> EntrySet<'a> {
        let mut all = EntrySet::default();
        for (index, domain) in transitions.iter().zip(domains) {
            let Some(domain) = *domain else { continue };
            let targets = &self.chart.transition(*index).targets;
            let mut set = EntrySet::default();
            for target in targets {
                self.add_descendant_states_to_enter(*target, &mut set);
            }
            for state in self.get_effective_target_states(targets) {
                self.add_ancestor_states_to_enter(state, domain, &mut set);
            }
            set.states_to_enter
                .retain(|state| self.chart.is_descendant(*state, domain));
            all.states_to_enter.append(&mut set.states_to_enter);
            all.states_for_default_entry
                .append(&mut set.states_for_default_entry);
            all.default_history_content
                .append(&mut set.default_history_content);
        }
        all
    }

    /// `addDescendantStatesToEnter`.
    fn add_descendant_states_to_enter(&self, state: StateIndex, set: &mut EntrySet<'a>) {
        let chart = self.chart;
        let node = chart.state(state);
        match node.kind {
            StateKind::ShallowHistory | StateKind::DeepHistory => {
                let Some(parent) = node.parent else { return };
                if let Some(kept) = self.history.get(&state) {
                    self.add_states_below(kept, parent, set);
                } else if let Some(default) = &node.initial {
                    set.default_history_content.insert(parent, &default.content);
                    self.add_states_below(&default.targets, parent, set);
                }
            }
            StateKind::Compound => {
                set.states_to_enter.insert(state);
                set.states_for_default_entry.insert(state);
                if let Some(initial) = &node.initial {
                    self.add_states_below(&initial.targets, state, set);
                }
            }
            StateKind::Parallel => {
                set.states_to_enter.insert(state);
                self.add_missing_regions(state, set);
            }
            StateKind::Atomic | StateKind::Final => {
                set.states_to_enter.insert(state);
            }
        }
    }

    /// The states themselves with all below them, then all between them and `ancestor`.
    fn add_states_below(
        &self,
        states: &[StateIndex],
        ancestor: StateIndex,
        set: &mut EntrySet<'a>,
    ) {
        for state in states {
            self.add_descendant_states_to_enter(*state, set);
        }
        for state in self.get_effective_target_states(states) {
            self.add_ancestor_states_to_enter(state, ancestor, set);
        }
    }

    /// `addAncestorStatesToEnter`.
    fn add_ancestor_states_to_enter(
        &self,
        state: StateIndex,
        ancestor: StateIndex,
        set: &mut EntrySet<'a>,
    ) {
        for between in self.chart.proper_ancestors(state, Some(ancestor)) {
            if between == StateIndex::ROOT {
                continue;
            }
            set.states_to_enter.insert(between);
            if self.chart.state(between).kind == StateKind::Parallel {
                self.add_missing_regions(between, set);
            }
        }
    }

    /// The regions of a parallel state into which nothing leads yet.
    fn add_missing_regions(&self, parallel: StateIndex, set: &mut EntrySet<'a>) {
        for region in self.chart.child_states(parallel) {
            let leads_in =
                |state: &StateIndex| *state == region || self.chart.is_descendant(*state, region);
            if !set.states_to_enter.iter().any(leads_in) {
                self.add_descendant_states_to_enter(region, set);
            }
        }
    }

    /// The second half of `enterStates`: states are entered, outermost first.
    fn enter(&mut self, set: EntrySet<'a>) -> Result<(), StepError> {
        let chart = self.chart;
        for state in &set.states_to_enter {
            if let Err(position) = self.configuration.binary_search(state) {
                self.configuration.insert(position, *state);
            }
            let node = chart.state(*state);
            self.states_to_invoke.insert(*state);
            self.trace.push(Trace::Enter(*state));
            self.execute_blocks(&node.entry)?;
            if set.states_for_default_entry.contains(state)
                && let Some(initial) = &node.initial
            {
                self.execute_block(&initial.content)?;
            }
            if let Some(content) = set.default_history_content.get(state) {
                self.execute_block(content)?;
            }
            if node.kind == StateKind::Final {
                self.enter_final(*state)?;
                self.check_queue()?;
            }
        }
        Ok(())
    }

    /// A final state ends the run or says that its parent, and perhaps its grandparent, is done.
    fn enter_final(&mut self, state: StateIndex) -> Result<(), StepError> {
        let node = self.chart.state(state);
        // An output that cannot be evaluated has raised its error; the state is final all the same
        // (SCXML 5.5).
        let output = self.payload(node.output, None)?.unwrap_or(Value::Null);
        let Some(parent) = node.parent.filter(|parent| *parent != StateIndex::ROOT) else {
            self.status = Status::Done(output);
            return Ok(());
        };
        self.raise(Event::platform(self.done_state(parent), output));
        let Some(grandparent) = self.chart.state(parent).parent else {
            return Ok(());
        };
        let all_done = || {
            let mut regions = self.chart.child_states(grandparent);
            regions.all(|region| self.is_in_final_state(region))
        };
        if self.chart.state(grandparent).kind == StateKind::Parallel && all_done() {
            self.raise(Event::platform(self.done_state(grandparent), Value::Null));
        }
        Ok(())
    }

    fn done_state(&self, state: StateIndex) -> Arc<str> {
        format!("done.state.{}", self.chart.state(state).id).into()
    }

    /// `isInFinalState`.
    fn is_in_final_state(&self, state: StateIndex) -> bool {
        let mut children = self.chart.child_states(state);
        match self.chart.state(state).kind {
            StateKind::Compound => children.any(|child| {
                self.chart.state(child).kind == StateKind::Final && self.is_active(child)
            }),
            StateKind::Parallel => children.all(|child| self.is_in_final_state(child)),
            _ => false,
        }
    }
}
