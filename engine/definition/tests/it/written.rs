//! Fields that are called not yet written, compared with what random walks through random charts find.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use casewright_chart::{
    Answer, DecisionError, DecisionIndex, Evaluate, EvaluateError, Event, ExpressionIndex, Limits,
    Scope, Status, Timestamp, Value, start, step,
};
use casewright_definition::Definition;
use casewright_definition::source::Source;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use crate::desk;

/// The states of every chart here, by the JSON pointers of their places.
const STATES: [(&str, &str); 11] = [
    ("a", "/states/a"),
    ("a.one", "/states/a/states/one"),
    ("a.two", "/states/a/states/two"),
    ("p", "/states/p"),
    ("p.left", "/states/p/states/left"),
    ("p.left.one", "/states/p/states/left/states/one"),
    ("p.left.two", "/states/p/states/left/states/two"),
    ("p.right", "/states/p/states/right"),
    ("p.right.one", "/states/p/states/right/states/one"),
    ("p.right.two", "/states/p/states/right/states/two"),
    ("b", "/states/b"),
];

/// A transition: its source, its event, its target if it has one, and whether it writes the field.
type Move = (usize, bool, Option<usize>, bool);

fn workflow(moves: &[Move], entries: &BTreeSet<usize>, exits: &BTreeSet<usize>) -> Json {
    let two = || json!({"initial": "one", "states": {"one": {}, "two": {}}});
    let mut file = json!({
        "id": "random", "version": "1.0.0", "title": "Random", "start": {"roles": ["clerk"]},
        "data": {"properties": {"x": {"type": "integer"}}},
        "events": {
            "go": {"title": "Go", "roles": ["clerk"]},
            "bring": {"title": "Bring", "roles": ["clerk"], "accepts": ["x"]},
        },
        "initial": "a",
        "states": {
            "a": two(),
            "p": {"type": "parallel", "states": {"left": two(), "right": two()}},
            "b": {},
            "end": {"type": "final"},
        },
    });
    file["states"]["a"]["states"]["old"] = json!({"type": "history"});
    for (number, (source, brings, target, writes)) in moves.iter().enumerate() {
        let state = file.pointer_mut(STATES[*source].1).unwrap();
        let event = if *brings { "bring" } else { "go" };
        let mut transition = json!({"guard": format!("data.x != {number}"), "reenter": true});
        if let Some(target) = target {
            let target = STATES.get(*target).map_or("a.old", |(id, _)| id);
            transition["target"] = json!(format!("#{target}"));
        }
        if *writes {
            transition["actions"] = json!({"assign": {"x": 1}});
        }
        let list = &mut state["on"][event];
        match list.as_array_mut() {
            Some(list) => list.push(transition),
            None => *list = json!([transition]),
        }
    }
    for (key, states) in [("entry", entries), ("exit", exits)] {
        for state in states {
            let state = file.pointer_mut(STATES[*state].1).unwrap();
            state[key] = json!({"assign": {"x": 1}});
        }
    }
    file
}

/// Answers guards at random, and notes those that were asked when the field was there.
struct Walk<'a> {
    definition: &'a Definition,
    random: RefCell<TestRng>,
    written: RefCell<BTreeSet<String>>,
}

impl Evaluate for Walk<'_> {
    fn guard(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> Result<bool, EvaluateError> {
        if scope.data.get(&["x"]).is_some() {
            let source = self.definition.source_of(guard).unwrap_or_default();
            self.written.borrow_mut().insert(source.to_owned());
        }
        Ok(!self.random.borrow_mut().next_u32().is_multiple_of(4))
    }

    fn value(&self, _: ExpressionIndex, _: &Scope<'_>) -> Result<Value, EvaluateError> {
        Ok(Value::map([("x", Value::Int(1))]))
    }

    fn delay_ms(&self, _: ExpressionIndex, _: &Scope<'_>) -> Result<u64, EvaluateError> {
        Ok(0)
    }

    fn decide(&self, _: DecisionIndex, _: &Value) -> Result<Answer, DecisionError> {
        unreachable!("no chart here asks a decision")
    }
}

/// The guards that some walk finds the field written at.
fn walked(definition: &Definition, random: TestRng) -> BTreeSet<String> {
    let walk = Walk {
        definition,
        random: RefCell::new(random),
        written: RefCell::default(),
    };
    let (now, limits) = (Timestamp::default(), Limits::default());
    for _ in 0..15 {
        let data = Value::map(std::iter::empty::<(&str, Value)>());
        let Ok(first) = start(&definition.chart, data, now, &walk, &limits) else {
            break;
        };
        let mut snapshot = first.snapshot;
        for _ in 0..12 {
            if snapshot.status != Status::Running {
                break;
            }
            let name = ["go", "bring"][walk.random.borrow_mut().next_u32() as usize % 2];
            let event = Event::external(name, Value::Null);
            match step(&definition.chart, &snapshot, event, now, &walk, &limits) {
                Ok(step) => snapshot = step.snapshot,
                Err(_) => break,
            }
        }
    }
    walk.written.into_inner()
}

#[test]
fn what_is_called_not_yet_written_never_is() {
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let states = || 0..STATES.len();
    // One more for the history state.
    let target = prop::option::of(0..=STATES.len());
    let moves = prop::collection::vec(
        (
            states(),
            prop::bool::weighted(0.15),
            target,
            prop::bool::weighted(0.2),
        ),
        3..9,
    );
    let some = || prop::collection::btree_set(states(), 0..2);
    let (told, written) = (Cell::new(0), Cell::new(0));
    let pack = desk::pack();
    let cases = (moves, some(), some()).prop_perturb(|case, random| (case, random));
    let outcome = runner.run(&cases, |((moves, entries, exits), random)| {
        let file = workflow(&moves, &entries, &exits);
        let source = Source::new("random.json", file.to_string());
        let (definition, findings) = Definition::check(source, &pack, None);
        let Some(definition) = definition else {
            return Err(TestCaseError::fail(findings.report().to_string()));
        };
        let found = findings.diagnostics.iter();
        let found = found.filter(|found| found.code.0 == "field-not-yet-written");
        let flagged: BTreeSet<String> = found
            .filter_map(|found| {
                Some(
                    file.pointer(found.pointer.as_deref()?)?
                        .as_str()?
                        .to_owned(),
                )
            })
            .collect();
        let walked = walked(&definition, random);
        told.set(told.get() + flagged.len());
        written.set(written.get() + walked.len());
        let wrong: Vec<&String> = flagged.intersection(&walked).collect();
        prop_assert!(wrong.is_empty(), "{wrong:?}");
        Ok(())
    });
    outcome.unwrap();
    assert!(told.get() > 50, "told {}", told.get());
    assert!(written.get() > 200, "written {}", written.get());
}
