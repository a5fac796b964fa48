//! Making a chart from a tree of nodes, whose targets are still names.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::action::{Block, ExpressionIndex, Invoke};
use crate::chart::{Chart, Initial, State, StateIndex, StateKind, Transition, TransitionIndex};
use crate::event::Descriptor;

/// The largest number of states in a chart. The largest process of the shipped pack has 31.
pub const MAX_STATES: usize = 10_000;
/// The deepest nesting of states. Trees are walked by recursion, which this bounds.
pub const MAX_DEPTH: usize = 64;

/// One state of the tree.
#[derive(Clone, Debug)]
pub struct StateNode {
    /// Its id, unique in the tree.
    pub id: Arc<str>,
    /// Its kind.
    pub kind: StateKind,
    /// The initial transition of a compound state (its first child when absent), or the default of
    /// a history state (what its parent starts with when absent. DIFFERENCE: SCXML 3.10.2 demands
    /// one; XState does not).
    pub initial: Option<InitialNode>,
    /// Its transitions.
    pub transitions: Vec<TransitionNode>,
    /// What is done on entry.
    pub entry: Vec<Block>,
    /// What is done on exit.
    pub exit: Vec<Block>,
    /// What runs while it is active.
    pub invokes: Vec<Invoke>,
    /// The output of a final state.
    pub output: Option<ExpressionIndex>,
    /// Its children.
    pub children: Vec<StateNode>,
}

impl StateNode {
    /// A state with nothing in it.
    pub fn new(id: impl Into<Arc<str>>, kind: StateKind) -> Self {
        StateNode {
            id: id.into(),
            kind,
            initial: None,
            transitions: Vec::new(),
            entry: Vec::new(),
            exit: Vec::new(),
            invokes: Vec::new(),
            output: None,
            children: Vec::new(),
        }
    }
}

/// An initial or default transition of the tree.
#[derive(Clone, Debug)]
pub struct InitialNode {
    /// The ids of the states that it leads to.
    pub targets: Vec<Arc<str>>,
    /// What is done.
    pub content: Block,
}

/// A transition of the tree.
#[derive(Clone, Debug)]
pub struct TransitionNode {
    /// The events that it takes; none for an eventless transition.
    pub descriptors: Vec<Descriptor>,
    /// When it may be taken.
    pub guard: Option<ExpressionIndex>,
    /// The ids of the states that it leads to.
    pub targets: Vec<Arc<str>>,
    /// Whether it leaves its compound source alone when it leads to a descendant of it.
    pub internal: bool,
    /// What is done.
    pub content: Block,
}

/// Why a tree is no chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The state at fault.
    pub state: Arc<str>,
    /// The number of the transition at fault among those of its state, if it is one.
    pub transition: Option<usize>,
    /// What is wrong.
    pub kind: BuildErrorKind,
}

/// What is wrong with a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildErrorKind {
    /// Two states have this id.
    DuplicateId,
    /// No state has the id that is named as a target.
    UnknownTarget(Arc<str>),
    /// An initial target is no descendant of its state.
    TargetOutside(Arc<str>),
    /// Two targets cannot be active together.
    TargetsConflict(Arc<str>, Arc<str>),
    /// A target is the root, which is always active and never entered.
    RootTarget,
    /// The default of a history state leads back to it.
    HistoryLoop,
    /// A final state is a region of a parallel state (SCXML 3.4 allows none).
    FinalRegion,
    /// A compound or parallel state has no child that can be active.
    NoChildren,
    /// An atomic, final or history state has children.
    UnexpectedChildren,
    /// The root is not compound.
    RootKind,
    /// An eventless transition has neither a guard nor a target: it would be taken for ever.
    Endless,
    /// More than [`MAX_STATES`] states.
    TooManyStates,
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &self.state;
        match &self.kind {
            BuildErrorKind::DuplicateId => write!(f, "two states have the id `{state}`"),
            BuildErrorKind::UnknownTarget(target) => {
                write!(
                    f,
                    "state `{state}` leads to `{target}`, which no state is called"
                )
            }
            BuildErrorKind::TargetOutside(target) => {
                write!(
                    f,
                    "state `{state}` starts in `{target}`, which does not lie inside it"
                )
            }
            BuildErrorKind::TargetsConflict(a, b) => {
                write!(
                    f,
                    "targets `{a}` and `{b}` of state `{state}` cannot be active together"
                )
            }
            BuildErrorKind::RootTarget => {
                write!(
                    f,
                    "state `{state}` leads to the root, which is always active"
                )
            }
            BuildErrorKind::HistoryLoop => {
                write!(f, "history state `{state}` stands for itself by default")
            }
            BuildErrorKind::FinalRegion => {
                write!(f, "final state `{state}` is a region of a parallel state")
            }
            BuildErrorKind::NoChildren => write!(f, "state `{state}` needs a child state"),
            BuildErrorKind::UnexpectedChildren => {
                write!(
                    f,
                    "state `{state}` has child states, which its type does not allow"
                )
            }
            BuildErrorKind::RootKind => write!(f, "the root `{state}` must be a compound state"),
            BuildErrorKind::Endless => write!(
                f,
                "state `{state}` has an eventless transition with neither guard nor target"
            ),
            BuildErrorKind::TooManyStates => write!(f, "more than {MAX_STATES} states"),
            BuildErrorKind::TooDeep => write!(f, "states nested deeper than {MAX_DEPTH}"),
        }
    }
}

impl std::error::Error for BuildError {}

impl Chart {
    /// Makes a chart of a tree whose root stands for SCXML's `<scxml>` element.
    ///
    /// DIFFERENCE: the root may have transitions, invokes, entry and exit content; they act as those
    /// of a state that is always active and is never left before the run ends.
    ///
    /// # Errors
    /// Everything that is wrong with the tree.
    pub fn build(root: StateNode) -> Result<Chart, Vec<BuildError>> {
        let mut builder = Builder::default();
        if root.kind != StateKind::Compound {
            builder.error(&root.id, None, BuildErrorKind::RootKind);
        }
        builder.lay_out(root, None, 0);
        if builder.errors.is_empty() {
            builder.resolve();
            builder.check_history();
        }
        match builder.errors.is_empty() {
            true => Ok(builder.chart),
            false => Err(builder.errors),
        }
    }
}

/// What a state's names will be resolved into, once every state has its number.
struct Unresolved {
    initial: Option<InitialNode>,
    transitions: Vec<TransitionNode>,
}

struct Builder {
    chart: Chart,
    unresolved: Vec<Unresolved>,
    errors: Vec<BuildError>,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            chart: Chart {
                states: Vec::new(),
                transitions: Vec::new(),
                index: IndexMap::new(),
            },
            unresolved: Vec::new(),
            errors: Vec::new(),
        }
    }
}

impl Builder {
    fn error(&mut self, state: &Arc<str>, transition: Option<usize>, kind: BuildErrorKind) {
        self.errors.push(BuildError {
            state: state.clone(),
            transition,
            kind,
        });
    }

    /// Gives a node and all below it their numbers, in document order; the last number given.
    fn lay_out(&mut self, node: StateNode, parent: Option<StateIndex>, depth: usize) -> StateIndex {
        let index = StateIndex(self.chart.states.len() as u32);
        if depth > MAX_DEPTH || self.chart.states.len() >= MAX_STATES {
            let kind = match depth > MAX_DEPTH {
                true => BuildErrorKind::TooDeep,
                false => BuildErrorKind::TooManyStates,
            };
            self.error(&node.id, None, kind);
            return parent.unwrap_or(StateIndex::ROOT);
        }
        self.check_children(&node);
        if self.chart.index.insert(node.id.clone(), index).is_some() {
            self.error(&node.id, None, BuildErrorKind::DuplicateId);
        }
        self.unresolved.push(Unresolved {
            initial: node.initial,
            transitions: node.transitions,
        });
        self.chart.states.push(State {
            id: node.id,
            kind: node.kind,
            parent,
            children: Vec::new(),
            initial: None,
            transitions: Vec::new(),
            entry: node.entry,
            exit: node.exit,
            invokes: node.invokes,
            output: node.output,
            last_descendant: index,
        });
        let mut last = index;
        for child in node.children {
            let next = StateIndex(self.chart.states.len() as u32);
            self.chart.states[index.get()].children.push(next);
            last = self.lay_out(child, Some(index), depth + 1);
        }
        self.chart.states[index.get()].last_descendant = last;
        last
    }

    fn check_children(&mut self, node: &StateNode) {
        let is_history = |child: &StateNode| {
            matches!(
                child.kind,
                StateKind::ShallowHistory | StateKind::DeepHistory
            )
        };
        match node.kind {
            StateKind::Compound | StateKind::Parallel => {
                for child in &node.children {
                    if node.kind == StateKind::Parallel && child.kind == StateKind::Final {
                        self.error(&child.id, None, BuildErrorKind::FinalRegion);
                    }
                }
                if node.children.iter().all(is_history) {
                    self.error(&node.id, None, BuildErrorKind::NoChildren);
                }
            }
            _ if !node.children.is_empty() => {
                self.error(&node.id, None, BuildErrorKind::UnexpectedChildren);
            }
            _ => {}
        }
    }

    /// Turns names into numbers.
    fn resolve(&mut self) {
        for (position, unresolved) in std::mem::take(&mut self.unresolved).into_iter().enumerate() {
            let index = StateIndex(position as u32);
            self.resolve_transitions(index, unresolved.transitions);
            self.chart.states[position].initial = self.resolve_initial(index, unresolved.initial);
        }
    }

    fn resolve_transitions(&mut self, source: StateIndex, nodes: Vec<TransitionNode>) {
        let id = self.chart.state(source).id.clone();
        for (number, node) in nodes.into_iter().enumerate() {
            if node.descriptors.is_empty() && node.guard.is_none() && node.targets.is_empty() {
                self.error(&id, Some(number), BuildErrorKind::Endless);
            }
            let targets = self.resolve_targets(&id, Some(number), &node.targets);
            let index = TransitionIndex(self.chart.transitions.len() as u32);
            self.chart.transitions.push(Transition {
                source,
                descriptors: node.descriptors,
                guard: node.guard,
                targets,
                internal: node.internal,
                content: node.content,
            });
            self.chart.states[source.get()].transitions.push(index);
        }
    }

    fn resolve_initial(&mut self, index: StateIndex, node: Option<InitialNode>) -> Option<Initial> {
        let state = self.chart.state(index);
        let (id, kind) = (state.id.clone(), state.kind);
        let is_history = self.chart.is_history(index);
        // A history state stands for something inside its parent.
        let inside = match is_history {
            true => state.parent?,
            false => index,
        };
        if kind != StateKind::Compound && !is_history {
            return None;
        }
        let node = node.unwrap_or(InitialNode {
            targets: Vec::new(),
            content: Block::new(),
        });
        let targets = match node.targets.is_empty() {
            true => self.default_targets(index, inside),
            false => self.resolve_targets(&id, None, &node.targets),
        };
        for target in &targets {
            if !self.chart.is_descendant(*target, inside) {
                let target = self.chart.state(*target).id.clone();
                self.error(&id, None, BuildErrorKind::TargetOutside(target));
            }
        }
        Some(Initial {
            targets,
            content: node.content,
        })
    }

    /// Where a state leads that names no initial target: into its first child, or for a history
    /// state to where its parent starts.
    fn default_targets(&self, index: StateIndex, inside: StateIndex) -> Vec<StateIndex> {
        let children = self.chart.child_states(inside);
        match (
            &self.chart.state(inside).initial,
            self.chart.state(inside).kind,
        ) {
            (Some(initial), _) if inside != index => initial.targets.clone(),
            (_, StateKind::Parallel) => children.collect(),
            _ => children.take(1).collect(),
        }
    }

    /// Refuses history states whose defaults go round in a circle. Defaults lead down the tree or to
    /// a history state of the same parent, so only these can.
    fn check_history(&mut self) {
        let stands_for_itself = |history: StateIndex| {
            let mut seen = vec![history];
            let mut position = 0;
            while let Some(state) = seen.get(position) {
                let defaults = self.chart.state(*state).initial.iter();
                let onward = defaults.flat_map(|default| &default.targets);
                for target in onward.filter(|target| self.chart.is_history(**target)) {
                    if *target == history {
                        return true;
                    }
                    if !seen.contains(target) {
                        seen.push(*target);
                    }
                }
                position += 1;
            }
            false
        };
        let histories = self.chart.states();
        let loops: Vec<Arc<str>> = histories
            .filter(|(index, _)| self.chart.is_history(*index) && stands_for_itself(*index))
            .map(|(_, state)| state.id.clone())
            .collect();
        for id in loops {
            self.error(&id, None, BuildErrorKind::HistoryLoop);
        }
    }

    fn resolve_targets(
        &mut self,
        id: &Arc<str>,
        transition: Option<usize>,
        names: &[Arc<str>],
    ) -> Vec<StateIndex> {
        let mut targets: Vec<StateIndex> = Vec::new();
        for name in names {
            let Some(target) = self.chart.state_index(name) else {
                self.error(id, transition, BuildErrorKind::UnknownTarget(name.clone()));
                continue;
            };
            if target == StateIndex::ROOT {
                self.error(id, transition, BuildErrorKind::RootTarget);
                continue;
            }
            let clash = targets
                .iter()
                .find(|other| !self.compatible(**other, target));
            if let Some(other) = clash {
                let other = self.chart.state(*other).id.clone();
                let kind = BuildErrorKind::TargetsConflict(other, name.clone());
                self.error(id, transition, kind);
            }
            targets.push(target);
        }
        targets
    }

    /// Whether two targets can be active together (SCXML 3.13): they lie in different regions of a
    /// parallel state. A history state stands for anything inside its parent.
    fn compatible(&self, a: StateIndex, b: StateIndex) -> bool {
        let whole = |state| match self.chart.is_history(state) {
            true => self.chart.state(state).parent.unwrap_or(StateIndex::ROOT),
            false => state,
        };
        let (a, b) = (whole(a), whole(b));
        if a == b || self.chart.is_descendant(a, b) || self.chart.is_descendant(b, a) {
            return false;
        }
        let common = self
            .chart
            .proper_ancestors(a, None)
            .find(|ancestor| self.chart.is_descendant(b, *ancestor));
        common.is_some_and(|ancestor| self.chart.state(ancestor).kind == StateKind::Parallel)
    }
}
