//! Random charts: trees of every kind of state, with transitions wherever the builder allows them.

use std::sync::Arc;

use casewright_chart::build::BuildErrorKind;
use casewright_chart::{
    Action, Block, Chart, Descriptor, ExpressionIndex, InitialNode, Invoke, StateKind, StateNode,
    TransitionNode, Value,
};
use proptest::prelude::*;

use crate::content::block;
use crate::expression::{Evaluator, Expression};
use crate::notation::Machine;
use crate::tokens::Tokens;

/// What content is drawn from. `n` counts, so that guards on it come to an end; what goes round for
/// ever meets a limit.
const CONTENTS: [&str; 10] = [
    "",
    "",
    "n = n + 1",
    "raise e1",
    "raise e2 (n); n = n + 1",
    "send e3 id s after n data n",
    "cancel s; emit told (n)",
    "log fail; n = n + 100",
    "foreach i in [1, 2] { n = n + i }",
    "if n < 4 { raise e0 } else { send e1 }",
];

/// Events of the world, and descriptors; the last ones are the chart's own.
pub(crate) const EVENTS: [&str; 5] = ["e0", "e1", "e2", "e3", "e4"];
const DESCRIPTORS: [&str; 8] = ["e0", "e1", "e2", "e3", "e0", "done", "error", "*"];

/// A state before it has a name.
#[derive(Clone, Debug)]
struct Shape {
    kind: StateKind,
    entry: usize,
    exit: usize,
    invokes: bool,
    children: Vec<Shape>,
}

/// A transition before the states have names: every state is a number, counted round.
#[derive(Clone, Debug)]
struct Arrow {
    source: usize,
    targets: Vec<usize>,
    descriptor: Option<usize>,
    guard: usize,
    internal: bool,
    content: usize,
}

fn shape() -> impl Strategy<Value = Shape> {
    let new = |(kind, entry, exit, invokes), children| Shape {
        kind,
        entry,
        exit,
        invokes,
        children,
    };
    let details = |kinds: &'static [StateKind]| {
        let content = 0..CONTENTS.len();
        (
            prop::sample::select(kinds),
            content.clone(),
            content,
            prop::bool::weighted(0.2),
        )
    };
    let leaf = details(&[
        StateKind::Atomic,
        StateKind::Atomic,
        StateKind::Atomic,
        StateKind::Final,
        StateKind::ShallowHistory,
        StateKind::DeepHistory,
    ]);
    leaf.prop_map(move |details| new(details, Vec::new()))
        .prop_recursive(4, 24, 4, move |inner| {
            let kinds = &[
                StateKind::Compound,
                StateKind::Compound,
                StateKind::Parallel,
            ];
            (details(kinds), prop::collection::vec(inner, 1..5))
                .prop_map(move |(details, children)| new(details, children))
        })
}

fn arrow() -> impl Strategy<Value = Arrow> {
    let state = 0..1_000_usize;
    (
        state.clone(),
        prop::collection::vec(state, 0..4),
        prop::option::weighted(0.85, 0..DESCRIPTORS.len()),
        0..1_000_usize,
        any::<bool>(),
        0..CONTENTS.len(),
    )
        .prop_map(
            |(source, targets, descriptor, guard, internal, content)| Arrow {
                source,
                targets,
                descriptor,
                guard,
                internal,
                content,
            },
        )
}

/// A chart that builds, with all that it takes to run it.
pub(crate) fn random_chart() -> impl Strategy<Value = Machine> {
    let shapes = prop::collection::vec(shape(), 1..4);
    let arrows = prop::collection::vec(arrow(), 0..24);
    (shapes, arrows).prop_map(|(shapes, arrows)| {
        let mut drawing = Drawing::default();
        let mut root = StateNode::new("s0", StateKind::Compound);
        drawing.names.push(root.id.clone());
        root.children = shapes.iter().map(|shape| drawing.state(shape)).collect();
        // Something that can be active.
        let last = Arc::from(format!("s{}", drawing.names.len()));
        drawing.names.push(Arc::clone(&last));
        root.children.push(StateNode::new(last, StateKind::Atomic));
        for arrow in &arrows {
            drawing.arrow(&mut root, arrow);
        }
        Machine {
            chart: build(root),
            evaluator: drawing.evaluator,
            data: Value::map([("n", Value::Int(0))]),
        }
    })
}

/// Builds the chart, and mends what the builder complains about until it does not.
fn build(mut root: StateNode) -> Chart {
    for _ in 0..1_000 {
        let errors = match Chart::build(root.clone()) {
            Ok(chart) => return chart,
            Err(errors) => errors,
        };
        for error in errors {
            let state = find(&mut root, &error.state).expect("the state at fault");
            match (&error.kind, error.transition) {
                (BuildErrorKind::NoChildren, _) => {
                    let id = format!("{}.child", state.id);
                    state.children.push(StateNode::new(id, StateKind::Atomic));
                }
                (BuildErrorKind::FinalRegion, _) => state.kind = StateKind::Atomic,
                (BuildErrorKind::Endless, Some(number)) => {
                    state.transitions[number].descriptors = vec![Descriptor::new("e0")];
                }
                (_, Some(number)) => {
                    state.transitions[number].targets.pop();
                }
                (BuildErrorKind::HistoryLoop, None) => {
                    // The loop may lead through where the parent starts.
                    state.initial = None;
                    let parent = find_parent(&mut root, &error.state).expect("a parent");
                    parent.initial = None;
                }
                (_, None) => state.initial = None,
            }
        }
    }
    panic!("the builder is never content")
}

fn find<'a>(node: &'a mut StateNode, id: &str) -> Option<&'a mut StateNode> {
    if *node.id == *id {
        return Some(node);
    }
    node.children.iter_mut().find_map(|child| find(child, id))
}

fn find_parent<'a>(node: &'a mut StateNode, id: &str) -> Option<&'a mut StateNode> {
    if node.children.iter().any(|child| *child.id == *id) {
        return Some(node);
    }
    let mut children = node.children.iter_mut();
    children.find_map(|child| find_parent(child, id))
}

#[derive(Default)]
struct Drawing {
    names: Vec<Arc<str>>,
    evaluator: Evaluator,
}

impl Drawing {
    fn state(&mut self, shape: &Shape) -> StateNode {
        let mut node = StateNode::new(format!("s{}", self.names.len()), shape.kind);
        self.names.push(node.id.clone());
        node.entry = vec![self.content(shape.entry)];
        node.exit = vec![self.content(shape.exit)];
        if shape.invokes {
            node.invokes.push(Invoke {
                id: node.id.clone(),
                source: "test.service".into(),
                input: Some(self.expression(Expression::Name("n".into()))),
                finalize: self.content(shape.exit),
            });
        }
        node.children = shape
            .children
            .iter()
            .map(|child| self.state(child))
            .collect();
        node
    }

    fn arrow(&mut self, root: &mut StateNode, arrow: &Arrow) {
        let name = |number: &usize| self.names[number % self.names.len()].clone();
        let targets: Vec<Arc<str>> = arrow.targets.iter().map(name).collect();
        let source = name(&arrow.source);
        let content = self.content(arrow.content);
        let guard = match (arrow.descriptor, arrow.guard % 5) {
            (None, _) | (_, 0) => Some(self.guard("n < 6")),
            (_, 1) => Some(self.guard("fail")),
            (_, 2) => {
                let state = &self.names[arrow.guard % self.names.len()];
                Some(self.expression(Expression::In(state.clone())))
            }
            _ => None,
        };
        let node = find(root, &source).expect("a state of the tree");
        // One arrow in eight becomes an initial or default transition.
        if arrow.guard % 8 == 7 {
            node.initial = Some(InitialNode { targets, content });
            return;
        }
        let descriptors = arrow.descriptor.iter();
        node.transitions.push(TransitionNode {
            descriptors: descriptors
                .map(|d| Descriptor::new(DESCRIPTORS[*d]))
                .collect(),
            guard,
            targets,
            internal: arrow.internal,
            content,
        });
    }

    fn content(&mut self, number: usize) -> Block {
        let actions: Vec<Action> = block(&mut Tokens::new(CONTENTS[number]), &mut self.evaluator);
        actions
    }

    fn guard(&mut self, text: &str) -> ExpressionIndex {
        let guard = Expression::parse(&mut Tokens::new(text));
        self.expression(guard)
    }

    fn expression(&mut self, expression: Expression) -> ExpressionIndex {
        self.evaluator.expression(expression)
    }
}
