//! Trees that are no charts: one test for each kind of error.

use casewright_chart::build::{BuildErrorKind, MAX_DEPTH, MAX_STATES};
use casewright_chart::{Chart, StateKind, StateNode};
use expect_test::{Expect, expect};

use crate::notation::tree;

/// Everything that is wrong with the tree, a line each.
fn check(text: &str, expect: Expect) {
    expect.assert_eq(&errors(tree(text).0));
}

fn errors(root: StateNode) -> String {
    let errors = Chart::build(root).expect_err("a tree with errors");
    let line = |error: &casewright_chart::BuildError| match error.transition {
        Some(number) => format!("{error} (transition {number})"),
        None => error.to_string(),
    };
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn node(id: &str, kind: StateKind, children: Vec<StateNode>) -> StateNode {
    StateNode {
        children,
        ..StateNode::new(id, kind)
    }
}

fn leaf(id: &str) -> StateNode {
    StateNode::new(id, StateKind::Atomic)
}

#[test]
fn duplicate_id() {
    check(
        "
         state a
           state b
         state b
         state root",
        expect![[r#"
            two states have the id `b`
            two states have the id `root`"#]],
    );
}

#[test]
fn unknown_target() {
    check(
        "
         initial nowhere
         state a
           on e
           on e -> nowhere a
         state p
           history h -> elsewhere
           state b",
        expect![[r#"
            state `root` leads to `nowhere`, which no state is called
            state `a` leads to `nowhere`, which no state is called (transition 1)
            state `h` leads to `elsewhere`, which no state is called"#]],
    );
}

#[test]
fn target_outside() {
    check(
        "
         state a
           initial c
           state b
         state c
         state p
           history h -> c
           history g -> p
           state d",
        expect![[r#"
            state `a` starts in `c`, which does not lie inside it
            state `h` starts in `c`, which does not lie inside it
            state `g` starts in `p`, which does not lie inside it"#]],
    );
}

#[test]
fn targets_conflict() {
    check(
        "
         state out
           on siblings -> a b
           on twice -> a a
           on nested -> p a
           on apart -> a c
           on regions_of_two -> c out
           on history_and_state -> h c
           on two_histories -> h g
         parallel p
           history h -> c
           deep g -> c
           state r
             state a
             state b
           state s
             state c",
        expect![[r#"
            targets `a` and `b` of state `out` cannot be active together (transition 0)
            targets `a` and `a` of state `out` cannot be active together (transition 1)
            targets `p` and `a` of state `out` cannot be active together (transition 2)
            targets `c` and `out` of state `out` cannot be active together (transition 4)
            targets `h` and `c` of state `out` cannot be active together (transition 5)
            targets `h` and `g` of state `out` cannot be active together (transition 6)"#]],
    );
}

#[test]
fn root_target() {
    check(
        "
         on e -> root
         initial root
         state a
           on e -> root",
        expect![[r#"
            state `root` leads to the root, which is always active (transition 0)
            state `root` leads to the root, which is always active
            state `a` leads to the root, which is always active (transition 0)"#]],
    );
}

#[test]
fn history_loop() {
    check(
        "
         state p
           initial a
           history itself -> itself
           history one -> two
           history two -> three
           history three -> two
           history sound -> nested
           state a
             history nested -> b
             state b
         state q
           initial h
           history h
           state c",
        expect![[r#"
            history state `itself` stands for itself by default
            history state `two` stands for itself by default
            history state `three` stands for itself by default
            history state `h` stands for itself by default"#]],
    );
}

#[test]
fn final_region() {
    check(
        "
         parallel p
           state a
           final f",
        expect!["final state `f` is a region of a parallel state"],
    );
}

#[test]
fn no_children() {
    check(
        "
         parallel p
         parallel q
           history h",
        expect![[r#"
            state `p` needs a child state
            state `q` needs a child state"#]],
    );
    let empty = node("c", StateKind::Compound, vec![]);
    expect!["state `c` needs a child state"].assert_eq(&errors(node(
        "root",
        StateKind::Compound,
        vec![empty],
    )));
    expect!["state `root` needs a child state"].assert_eq(&errors(node(
        "root",
        StateKind::Compound,
        vec![],
    )));
}

#[test]
fn unexpected_children() {
    let with_child = |id: &str, kind| node(id, kind, vec![leaf(&format!("below {id}"))]);
    let root = node(
        "root",
        StateKind::Compound,
        vec![
            with_child("a", StateKind::Atomic),
            with_child("f", StateKind::Final),
            with_child("h", StateKind::ShallowHistory),
            with_child("d", StateKind::DeepHistory),
        ],
    );
    expect![[r#"
        state `a` has child states, which its type does not allow
        state `f` has child states, which its type does not allow
        state `h` has child states, which its type does not allow
        state `d` has child states, which its type does not allow"#]]
    .assert_eq(&errors(root));
}

#[test]
fn root_kind() {
    for kind in [StateKind::Atomic, StateKind::Final, StateKind::DeepHistory] {
        let errors = errors(StateNode::new("root", kind));
        assert_eq!(errors, "the root `root` must be a compound state");
    }
    let parallel = node("root", StateKind::Parallel, vec![leaf("a")]);
    expect!["the root `root` must be a compound state"].assert_eq(&errors(parallel));
}

#[test]
fn endless() {
    check(
        "
         state a
           on e
           always [true]
           always / log 1
           always -> a",
        expect![
            "state `a` has an eventless transition with neither guard nor target (transition 2)"
        ],
    );
}

#[test]
fn too_many_states() {
    let children = |count| (1..count).map(|number| leaf(&number.to_string())).collect();
    let root = |count| node("root", StateKind::Compound, children(count));
    assert!(Chart::build(root(MAX_STATES)).is_ok());
    let errors = Chart::build(root(MAX_STATES + 1)).expect_err("one too many");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind, BuildErrorKind::TooManyStates);
    expect!["more than 10000 states"].assert_eq(&errors[0].to_string());
}

#[test]
fn too_deep() {
    // The root has depth 0.
    let tower = |depth: usize| {
        let top = leaf(&depth.to_string());
        (0..depth).rev().fold(top, |inner, number| {
            node(&number.to_string(), StateKind::Compound, vec![inner])
        })
    };
    assert!(Chart::build(tower(MAX_DEPTH)).is_ok());
    let errors = Chart::build(tower(MAX_DEPTH + 1)).expect_err("one too deep");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind, BuildErrorKind::TooDeep);
    expect!["states nested deeper than 64"].assert_eq(&errors[0].to_string());
}

#[test]
fn a_chart_knows_its_states_by_id_and_in_document_order() {
    let (root, _, _) = tree(
        "
         state a
           state b
         state c",
    );
    let chart = Chart::build(root).expect("a chart");
    let ids: Vec<&str> = chart.states().map(|(_, state)| &*state.id).collect();
    assert_eq!(ids, ["root", "a", "b", "c"]);
    let index = |id| chart.state_index(id).expect("a state");
    assert!(chart.is_descendant(index("b"), index("a")));
    assert!(!chart.is_descendant(index("c"), index("a")));
    assert!(!chart.is_descendant(index("a"), index("a")));
    assert_eq!(chart.state_index("nowhere"), None);
}
