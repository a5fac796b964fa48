//! A statechart, laid out for interpretation: states and transitions in document order.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::action::{Block, ExpressionIndex, Invoke};
use crate::event::Descriptor;

/// The number of a state of one chart, in document order. The root is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateIndex(pub(crate) u32);

/// The number of a transition of one chart, in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransitionIndex(pub(crate) u32);

impl StateIndex {
    /// The root: SCXML's `<scxml>` element.
    pub const ROOT: StateIndex = StateIndex(0);

    /// The number itself.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

impl TransitionIndex {
    /// The number itself.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// What kind of state a state is (SCXML 3.3 to 3.7, 3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// It has no children.
    Atomic,
    /// One child is active while it is.
    Compound,
    /// Every child is active while it is.
    Parallel,
    /// Its parent is done when it is entered.
    Final,
    /// Stands for the child that was active when its parent was last left.
    ShallowHistory,
    /// Stands for the atomic states that were active when its parent was last left.
    DeepHistory,
}

/// One state.
#[derive(Clone, Debug)]
pub struct State {
    /// Its id, unique in the chart.
    pub id: Arc<str>,
    /// Its kind.
    pub kind: StateKind,
    /// Its parent; none for the root.
    pub parent: Option<StateIndex>,
    /// Its children in document order, history states included.
    pub children: Vec<StateIndex>,
    /// For a compound state the initial transition, for a history state the default one.
    pub initial: Option<Initial>,
    /// Its transitions in document order.
    pub transitions: Vec<TransitionIndex>,
    /// What is done on entry, block by block.
    pub entry: Vec<Block>,
    /// What is done on exit, block by block.
    pub exit: Vec<Block>,
    /// What runs while it is active.
    pub invokes: Vec<Invoke>,
    /// For a final state, the data of its `done` event (SCXML `<donedata>`).
    pub output: Option<ExpressionIndex>,
    /// The last of its descendants in document order; itself when it has none.
    pub(crate) last_descendant: StateIndex,
}

/// A transition that is taken without an event, on the way in.
#[derive(Clone, Debug)]
pub struct Initial {
    /// Where it leads.
    pub targets: Vec<StateIndex>,
    /// What is done, after the entry of the parent.
    pub content: Block,
}

/// One transition.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The state that it belongs to.
    pub source: StateIndex,
    /// The events that it takes; none for an eventless transition.
    pub descriptors: Vec<Descriptor>,
    /// When it may be taken.
    pub guard: Option<ExpressionIndex>,
    /// Where it leads; nowhere for a targetless transition.
    pub targets: Vec<StateIndex>,
    /// Whether it leaves its compound source alone when it leads to a descendant of it.
    pub internal: bool,
    /// What is done, between exit and entry.
    pub content: Block,
}

/// A statechart. Made by [`Chart::build`](crate::build), and unchanged ever after.
#[derive(Clone, Debug)]
pub struct Chart {
    pub(crate) states: Vec<State>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) index: IndexMap<Arc<str>, StateIndex>,
}

impl Chart {
    /// The state with this number, which must be one of this chart's: the interpreter only follows
    /// numbers that the chart itself holds, and [`step`](crate::step()) refuses a snapshot that
    /// holds others.
    pub fn state(&self, index: StateIndex) -> &State {
        &self.states[index.get()]
    }

    /// The transition with this number, which must be one of this chart's.
    pub fn transition(&self, index: TransitionIndex) -> &Transition {
        &self.transitions[index.get()]
    }

    /// The state with this id.
    pub fn state_index(&self, id: &str) -> Option<StateIndex> {
        self.index.get(id).copied()
    }

    /// The state with this number, if the chart has as many.
    pub fn state_at(&self, number: u32) -> Option<StateIndex> {
        ((number as usize) < self.states.len()).then_some(StateIndex(number))
    }

    /// The transition with this number, if the chart has as many.
    pub fn transition_at(&self, number: u32) -> Option<TransitionIndex> {
        ((number as usize) < self.transitions.len()).then_some(TransitionIndex(number))
    }

    /// Every state in document order, the root first.
    pub fn states(&self) -> impl Iterator<Item = (StateIndex, &State)> {
        let indexed = |(index, state)| (StateIndex(index as u32), state);
        self.states.iter().enumerate().map(indexed)
    }

    /// Every transition in document order.
    pub fn transitions(&self) -> impl Iterator<Item = (TransitionIndex, &Transition)> {
        let indexed = |(index, transition)| (TransitionIndex(index as u32), transition);
        self.transitions.iter().enumerate().map(indexed)
    }

    /// Whether `state` lies below `ancestor` (`isDescendant`).
    pub fn is_descendant(&self, state: StateIndex, ancestor: StateIndex) -> bool {
        ancestor < state && state <= self.state(ancestor).last_descendant
    }

    /// The ancestors of a state from its parent up to and with the root, or up to but without
    /// `until` (`getProperAncestors`).
    pub fn proper_ancestors(
        &self,
        state: StateIndex,
        until: Option<StateIndex>,
    ) -> impl Iterator<Item = StateIndex> {
        std::iter::successors(self.state(state).parent, |ancestor| {
            self.state(*ancestor).parent
        })
        .take_while(move |ancestor| Some(*ancestor) != until)
    }

    /// The children that can be active: all but history states (`getChildStates`).
    pub fn child_states(&self, state: StateIndex) -> impl Iterator<Item = StateIndex> {
        let children = self.state(state).children.iter().copied();
        children.filter(|child| !self.is_history(*child))
    }

    /// Whether the state is atomic or final (`isAtomicState`).
    pub fn is_atomic(&self, state: StateIndex) -> bool {
        matches!(self.state(state).kind, StateKind::Atomic | StateKind::Final)
    }

    /// Whether the state is a history state (`isHistoryState`).
    pub fn is_history(&self, state: StateIndex) -> bool {
        matches!(
            self.state(state).kind,
            StateKind::ShallowHistory | StateKind::DeepHistory
        )
    }

    /// The atomic states among the given ones.
    pub fn atomic_states<'a>(
        &'a self,
        configuration: &'a [StateIndex],
    ) -> impl Iterator<Item = StateIndex> + 'a {
        let states = configuration.iter().copied();
        states.filter(|state| self.is_atomic(*state))
    }

    /// Whether states form a legal configuration (SCXML 3.11): the root has an active child, a
    /// compound state has exactly one and a parallel state all, and every parent of an active state
    /// is active. States must stand in document order.
    pub fn is_legal(&self, configuration: &[StateIndex]) -> bool {
        self.is_legal_below(StateIndex::ROOT, configuration)
    }

    /// As [`Self::is_legal`], for the part of a configuration below one of its states.
    pub(crate) fn is_legal_below(&self, top: StateIndex, states: &[StateIndex]) -> bool {
        let active = |state: StateIndex| state == top || states.binary_search(&state).is_ok();
        let ordered = states.windows(2).all(|pair| pair[0] < pair[1]);
        let known = states
            .iter()
            .all(|state| state.get() < self.states.len() && self.is_descendant(*state, top));
        ordered && known && {
            let mut all = std::iter::once(top).chain(states.iter().copied());
            all.all(|state| {
                let children = self.child_states(state).filter(|child| active(*child));
                (state == top || self.state(state).parent.is_some_and(active))
                    && match self.state(state).kind {
                        StateKind::Atomic | StateKind::Final => true,
                        StateKind::Compound => children.count() == 1,
                        StateKind::Parallel => children.count() == self.child_states(state).count(),
                        StateKind::ShallowHistory | StateKind::DeepHistory => false,
                    }
            })
        }
    }
}

impl fmt::Display for StateIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
