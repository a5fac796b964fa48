//! A chart without all that does not move it: only what raises events, or sends them at once, is left of
//! its actions, and each transition says when it is taken.

use casewright_chart::{
    Action, Block, Branch, Chart, ExpressionIndex, InitialNode, Send, StateIndex, StateNode,
    TransitionNode,
};

/// The chart with the same states and transitions, and of its actions only those that raise events.
pub(super) fn skeleton(chart: &Chart) -> Option<Chart> {
    // What was built once is built again; were it not, nothing would be known about it.
    Chart::build(node(chart, StateIndex::ROOT)).ok()
}

fn node(chart: &Chart, index: StateIndex) -> StateNode {
    let state = chart.state(index);
    let ids = |states: &[StateIndex]| {
        let states = states.iter();
        states.map(|state| chart.state(*state).id.clone()).collect()
    };
    let mut node = StateNode::new(state.id.clone(), state.kind);
    node.initial = state.initial.as_ref().map(|initial| InitialNode {
        targets: ids(&initial.targets),
        content: raising(&initial.content),
    });
    node.transitions = state
        .transitions
        .iter()
        .map(|index| {
            let transition = chart.transition(*index);
            TransitionNode {
                descriptors: transition.descriptors.clone(),
                guard: transition.guard,
                targets: ids(&transition.targets),
                internal: transition.internal,
                content: std::iter::once(noting(index.get()))
                    .chain(raising(&transition.content))
                    .collect(),
            }
        })
        .collect();
    node.entry = state.entry.iter().map(raising).collect();
    node.exit = state.exit.iter().map(raising).collect();
    let children = state.children.iter();
    node.children = children.map(|child| self::node(chart, *child)).collect();
    node
}

/// Tells the oracle that a transition is taken.
fn noting(transition: usize) -> Action {
    Action::Log {
        label: None,
        value: ExpressionIndex(u32::try_from(transition).unwrap_or(u32::MAX)),
    }
}

/// What of a block raises events. A loop becomes a question: it goes round, or it does not.
fn raising(block: &Block) -> Block {
    block.iter().filter_map(raising_action).collect()
}

fn raising_action(action: &Action) -> Option<Action> {
    match action {
        // One that goes nowhere else, and at once.
        Action::Send(send)
            if send.event.fixed().is_some()
                && send.target.is_none()
                && send.processor.is_none()
                && send.delay.is_none() =>
        {
            Some(Action::Send(Send::new(send.event.clone())))
        }
        // One whose name is worked out counts as an event from outside.
        Action::Raise { event, .. } if event.fixed().is_some() => Some(Action::Raise {
            event: event.clone(),
            data: None,
        }),
        Action::If {
            branches,
            otherwise,
        } => {
            let branches: Vec<Branch> = branches
                .iter()
                .map(|branch| Branch {
                    guard: branch.guard,
                    body: raising(&branch.body),
                })
                .collect();
            let otherwise = raising(otherwise);
            let raises =
                !otherwise.is_empty() || branches.iter().any(|branch| !branch.body.is_empty());
            raises.then_some(Action::If {
                branches,
                otherwise,
            })
        }
        Action::ForEach { array, body, .. } => {
            let body = raising(body);
            (!body.is_empty()).then(|| Action::If {
                branches: vec![Branch {
                    guard: *array,
                    body,
                }],
                otherwise: Block::new(),
            })
        }
        Action::Block(body) => {
            let body = raising(body);
            (!body.is_empty()).then_some(Action::Block(body))
        }
        _ => None,
    }
}
