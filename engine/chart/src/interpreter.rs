//! The interpretation algorithm of SCXML's appendix D, procedure by procedure.
//!
//! `select` picks transitions, `exit` and `entry` move the configuration, `execute` runs content, of
//! which `send` is what goes out; this file holds what they share and the main event loop.

mod entry;
mod execute;
mod exit;
mod select;
mod send;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::action::{Block, Invoke};
use crate::chart::{Chart, StateIndex, TransitionIndex};
use crate::evaluate::{Evaluate, Scope};
use crate::event::Event;
use crate::snapshot::{Invocation, Pending, Snapshot, Status};
use crate::step::{Decided, Effect, Limits, Step, StepError};
use crate::time::Timestamp;
use crate::trace::Trace;
use crate::value::Value;

/// The globals of the algorithm.
pub(crate) struct Interpreter<'a> {
    chart: &'a Chart,
    evaluate: &'a dyn Evaluate,
    limits: &'a Limits,
    now: Timestamp,
    configuration: Vec<StateIndex>,
    states_to_invoke: BTreeSet<StateIndex>,
    history: IndexMap<StateIndex, Vec<StateIndex>>,
    data: Value,
    data_changed: bool,
    pending: Vec<Pending>,
    invocations: Vec<Invocation>,
    next_sequence: u64,
    status: Status,
    internal_queue: VecDeque<Event>,
    event: Option<Event>,
    locals: Vec<(Arc<str>, Value)>,
    failed_guards: BTreeSet<TransitionIndex>,
    microsteps: usize,
    actions: usize,
    made_bytes: usize,
    effects: Vec<Effect>,
    trace: Vec<Trace>,
    decisions: Vec<Decided>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(
        chart: &'a Chart,
        from: Option<&Snapshot>,
        data: Value,
        now: Timestamp,
        evaluate: &'a dyn Evaluate,
        limits: &'a Limits,
    ) -> Self {
        Interpreter {
            chart,
            evaluate,
            limits,
            now,
            configuration: from.map(|s| s.configuration.clone()).unwrap_or_default(),
            states_to_invoke: BTreeSet::new(),
            history: from.map(|s| s.history.clone()).unwrap_or_default(),
            data,
            data_changed: from.is_none(),
            pending: from.map(|s| s.pending.clone()).unwrap_or_default(),
            invocations: from.map(|s| s.invocations.clone()).unwrap_or_default(),
            next_sequence: from.map_or(0, |s| s.next_sequence),
            status: Status::Running,
            internal_queue: VecDeque::new(),
            event: None,
            locals: Vec::new(),
            failed_guards: BTreeSet::new(),
            microsteps: 0,
            actions: 0,
            made_bytes: 0,
            effects: Vec::new(),
            trace: Vec::new(),
            decisions: Vec::new(),
        }
    }

    /// `interpret`: enters the initial states, then runs to stability.
    pub(crate) fn start(&mut self) -> Result<(), StepError> {
        let chart = self.chart;
        let root = chart.state(StateIndex::ROOT);
        self.states_to_invoke.insert(StateIndex::ROOT);
        self.execute_blocks(&root.entry)?;
        if let Some(initial) = &root.initial {
            self.execute_block(&initial.content)?;
            self.enter_initial_states(&initial.targets)?;
        }
        self.macrosteps()
    }

    /// The part of `mainEventLoop` that follows the arrival of an external event, with the `finalize` of the
    /// invocation that it came from. Whether the event took a transition.
    pub(crate) fn external(&mut self, event: Event, finalize: &Block) -> Result<bool, StepError> {
        self.take(event);
        self.execute_block(finalize)?;
        let enabled = self.select_transitions();
        let taken = !enabled.is_empty();
        if taken {
            self.microstep(&enabled)?;
        }
        self.macrosteps()?;
        Ok(taken)
    }

    /// `mainEventLoop` up to the next wait for an external event: eventless transitions first, then
    /// internal events, until neither is left; then the services of the states entered are started.
    fn macrosteps(&mut self) -> Result<(), StepError> {
        while self.status == Status::Running {
            let mut enabled = self.select_eventless_transitions();
            if enabled.is_empty() {
                let Some(event) = self.internal_queue.pop_front() else {
                    self.invoke_states()?;
                    if self.internal_queue.is_empty() {
                        return Ok(());
                    }
                    continue;
                };
                self.take(event);
                enabled = self.select_transitions();
            }
            if !enabled.is_empty() {
                self.microstep(&enabled)?;
            }
        }
        self.exit_interpreter()
    }

    /// `microstep`: one set of transitions, all or none of it.
    ///
    /// DIFFERENCE: domains are found once, before states are left. Appendix D finds them again for
    /// entry, when a history that was kept on the way out can have made one narrower.
    fn microstep(&mut self, enabled: &[TransitionIndex]) -> Result<(), StepError> {
        self.microsteps += 1;
        self.within("microsteps", self.microsteps, self.limits.microsteps)?;
        let domains: Vec<Option<StateIndex>> = enabled
            .iter()
            .map(|index| self.get_transition_domain(self.chart.transition(*index)))
            .collect();
        self.exit_states(enabled)?;
        for transition in enabled {
            self.trace.push(Trace::Transition(*transition));
            self.execute_block(&self.chart.transition(*transition).content)?;
        }
        self.enter_states(enabled, &domains)
    }

    /// Makes the event the current one (`datamodel["_event"] = event`).
    fn take(&mut self, event: Event) {
        self.trace.push(Trace::Event {
            name: event.name.clone(),
            kind: event.kind,
        });
        self.event = Some(event);
    }

    /// Starts the services of the states that were entered and not left since.
    fn invoke_states(&mut self) -> Result<(), StepError> {
        for state in std::mem::take(&mut self.states_to_invoke) {
            for invoke in &self.chart.state(state).invokes {
                self.invoke(state, invoke)?;
            }
        }
        Ok(())
    }

    fn invoke(&mut self, state: StateIndex, invoke: &Invoke) -> Result<(), StepError> {
        let Some(input) = self.optional_value(invoke.input)? else {
            return self.check_queue();
        };
        let sequence = self.next_sequence()?;
        self.invocations.push(Invocation {
            sequence,
            id: invoke.id.clone(),
            state,
        });
        self.effects.push(Effect::Start {
            sequence,
            id: invoke.id.clone(),
            source: invoke.source.clone(),
            input,
        });
        Ok(())
    }

    /// `exitInterpreter`: exit content runs, services stop, what is pending is dropped.
    ///
    /// DIFFERENCE: the configuration is kept, and the trace shows no exit, so that a run that is done
    /// shows where it ended.
    fn exit_interpreter(&mut self) -> Result<(), StepError> {
        for state in self.configuration.clone().into_iter().rev() {
            self.exit_content(state)?;
        }
        self.execute_blocks(&self.chart.state(StateIndex::ROOT).exit)?;
        self.cancel_invocations(StateIndex::ROOT);
        self.internal_queue.clear();
        for pending in std::mem::take(&mut self.pending) {
            self.effects.push(Effect::Unschedule {
                sequence: pending.sequence,
            });
        }
        Ok(())
    }

    /// The step that all this amounts to.
    pub(crate) fn finish(self, taken: bool) -> Result<Step, StepError> {
        if self.data_changed || !self.pending.is_empty() {
            let carried = self.pending.iter().map(|pending| pending.data.size_bytes());
            let size = self.data.size_bytes() + carried.sum::<usize>();
            self.within("data_bytes", size, self.limits.data_bytes)?;
        }
        Ok(Step {
            snapshot: Snapshot {
                configuration: self.configuration,
                history: self.history,
                data: self.data,
                pending: self.pending,
                invocations: self.invocations,
                next_sequence: self.next_sequence,
                status: self.status,
            },
            taken,
            effects: self.effects,
            trace: self.trace,
            decisions: self.decisions,
        })
    }

    fn is_active(&self, state: StateIndex) -> bool {
        self.configuration.binary_search(&state).is_ok()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            chart: self.chart,
            configuration: &self.configuration,
            data: &self.data,
            event: self.event.as_ref(),
            now: self.now,
            locals: &self.locals,
        }
    }

    /// A number for something that will be pending or running.
    fn next_sequence(&mut self) -> Result<u64, StepError> {
        let open = self.pending.len() + self.invocations.len() + 1;
        self.within("pending", open, self.limits.pending)?;
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        Ok(sequence)
    }

    fn raise(&mut self, event: Event) {
        self.internal_queue.push_back(event);
    }

    fn check_queue(&self) -> Result<(), StepError> {
        self.within("queue", self.internal_queue.len(), self.limits.queue)
    }

    fn within(&self, name: &'static str, found: usize, figure: usize) -> Result<(), StepError> {
        match found <= figure {
            true => Ok(()),
            false => Err(StepError::Limit { name, figure }),
        }
    }

    fn execute_blocks(&mut self, blocks: &[Block]) -> Result<(), StepError> {
        for block in blocks {
            self.execute_block(block)?;
        }
        Ok(())
    }
}
