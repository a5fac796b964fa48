//! Charts as indented text.
//!
//! ```text
//! data n = 0
//! state a
//!   entry n = n + 1; raise ready       one block to a line
//!   on e f.* [n < 3] -> b c / log n    events, guard, targets, content; `=>` when internal
//!   always [in(b)] -> d
//!   invoke job crm.push (n)
//!   finalize n = event.data            of the `invoke` before it
//! parallel p
//!   initial x / log "content"
//!   history h -> x / log "default"     `deep` for deep history
//! final z
//!   output n
//! ```

use std::sync::Arc;

use casewright_chart::{
    Action, Block, Chart, Descriptor, ExpressionIndex, InitialNode, Invoke, Scope, StateIndex,
    StateKind, StateNode, Timestamp, TransitionNode, Value,
};

use crate::content::block;
use crate::expression::{Evaluator, Expression};
use crate::tokens::Tokens;

/// A chart with all that it takes to run it.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) chart: Chart,
    pub(crate) evaluator: Evaluator,
    pub(crate) data: Value,
}

/// The chart that the text describes, which must be a valid one.
pub(crate) fn machine(text: &str) -> Machine {
    let (root, evaluator, data) = tree(text);
    let chart = Chart::build(root).unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", errors.join("\n"))
    });
    Machine {
        chart,
        evaluator,
        data,
    }
}

/// The tree that the text describes, valid or not, below a root named `root`.
pub(crate) fn tree(text: &str) -> (StateNode, Evaluator, Value) {
    let mut reader = Reader {
        lines: text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect(),
        position: 0,
        evaluator: Evaluator::default(),
        data: Value::Null,
    };
    let mut root = StateNode::new("root", StateKind::Compound);
    let margin = reader.indentation().unwrap_or(0);
    reader.fill(&mut root, margin);
    assert_eq!(reader.indentation(), None, "a line sticks out to the left");
    (root, reader.evaluator, reader.data)
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    position: usize,
    evaluator: Evaluator,
    data: Value,
}

impl Reader<'_> {
    fn indentation(&self) -> Option<usize> {
        let line = self.lines.get(self.position)?;
        Some(line.len() - line.trim_start().len())
    }

    /// Reads the lines that stand at this margin into the state.
    fn fill(&mut self, state: &mut StateNode, margin: usize) {
        while self.indentation() == Some(margin) {
            let mut tokens = Tokens::new(self.lines[self.position]);
            self.position += 1;
            self.line(state, &mut tokens, margin);
            tokens.end();
        }
    }

    fn line(&mut self, state: &mut StateNode, tokens: &mut Tokens, margin: usize) {
        match &*tokens.word() {
            "state" => self.child(state, StateKind::Atomic, tokens, margin),
            "parallel" => self.child(state, StateKind::Parallel, tokens, margin),
            "final" => self.child(state, StateKind::Final, tokens, margin),
            "history" => self.child(state, StateKind::ShallowHistory, tokens, margin),
            "deep" => self.child(state, StateKind::DeepHistory, tokens, margin),
            "initial" => state.initial = Some(self.initial(tokens)),
            "on" => {
                let descriptors = tokens.words();
                let descriptors = descriptors.iter().map(|text| Descriptor::new(text));
                let transition = self.transition(descriptors.collect(), tokens);
                state.transitions.push(transition);
            }
            "always" => state.transitions.push(self.transition(Vec::new(), tokens)),
            "entry" => state.entry.push(block(tokens, &mut self.evaluator)),
            "exit" => state.exit.push(block(tokens, &mut self.evaluator)),
            "invoke" => state.invokes.push(Invoke {
                id: tokens.word(),
                source: tokens.word(),
                input: self.optional_value(tokens),
                finalize: Vec::new(),
            }),
            "finalize" => {
                let invoke = state
                    .invokes
                    .last_mut()
                    .expect("an `invoke` before `finalize`");
                invoke.finalize = block(tokens, &mut self.evaluator);
            }
            "output" => {
                let output = Expression::parse(tokens);
                state.output = Some(self.evaluator.expression(output));
            }
            "data" => self.data(tokens),
            other => tokens.fail(&format!("`{other}` begins no line")),
        }
    }

    fn child(
        &mut self,
        parent: &mut StateNode,
        kind: StateKind,
        tokens: &mut Tokens,
        margin: usize,
    ) {
        let mut child = StateNode::new(tokens.word(), kind);
        if tokens.eat("->") {
            child.initial = Some(self.initial(tokens));
        }
        if let Some(deeper) = self.indentation().filter(|deeper| *deeper > margin) {
            self.fill(&mut child, deeper);
        }
        if kind == StateKind::Atomic && !child.children.is_empty() {
            child.kind = StateKind::Compound;
        }
        parent.children.push(child);
    }

    fn initial(&mut self, tokens: &mut Tokens) -> InitialNode {
        InitialNode {
            targets: tokens.words(),
            content: self.content(tokens),
        }
    }

    fn transition(&mut self, descriptors: Vec<Descriptor>, tokens: &mut Tokens) -> TransitionNode {
        let guard = tokens.eat("[").then(|| {
            let guard = Expression::parse(tokens);
            tokens.expect("]");
            self.evaluator.expression(guard)
        });
        let internal = tokens.eat("=>");
        let targets = match internal || tokens.eat("->") {
            true => tokens.words(),
            false => Vec::new(),
        };
        TransitionNode {
            descriptors,
            guard,
            targets,
            internal,
            content: self.content(tokens),
        }
    }

    fn content(&mut self, tokens: &mut Tokens) -> Block {
        match tokens.eat("/") {
            true => block(tokens, &mut self.evaluator),
            false => Block::new(),
        }
    }

    fn optional_value(&mut self, tokens: &mut Tokens) -> Option<ExpressionIndex> {
        tokens.eat("(").then(|| {
            let value = Expression::parse(tokens);
            tokens.expect(")");
            self.evaluator.expression(value)
        })
    }

    fn data(&mut self, tokens: &mut Tokens) {
        let mut evaluator = Evaluator::default();
        for action in block(tokens, &mut evaluator) {
            let Action::Assign { location, value } = action else {
                tokens.fail("expected assignments");
            };
            let value = constant(&evaluator, value);
            self.data.assign(&location, value).expect("a place for it");
        }
    }
}

/// The value of an expression that looks at nothing.
pub(crate) fn constant(evaluator: &Evaluator, value: ExpressionIndex) -> Value {
    let empty = Chart::build(StateNode {
        children: vec![StateNode::new(Arc::from("child"), StateKind::Atomic)],
        ..StateNode::new("root", StateKind::Compound)
    });
    let scope = Scope {
        chart: &empty.expect("a chart"),
        configuration: &[] as &[StateIndex],
        data: &Value::Null,
        event: None,
        now: Timestamp::default(),
        locals: &[],
    };
    casewright_chart::Evaluate::value(evaluator, value, &scope).expect("a constant")
}
