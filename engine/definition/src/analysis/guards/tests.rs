//! The solver against evaluating guards for every combination of a few values.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use super::*;
use crate::expression::{Circumstances, Surroundings};
use crate::json::from_json;
use casewright_chart::{Chart, Scope, StateKind, StateNode, Timestamp, Value};

fn schema() -> Json {
    json!({
        "properties": {
            "n": {"type": "number", "minimum": 0, "maximum": 2},
            "i": {"type": "integer", "minimum": 0, "maximum": 2},
            "e": {"enum": ["red", "green"]},
            "t": {"type": ["string", "null"]},
            "b": {"type": "boolean"},
        },
        "required": ["i"],
    })
}

/// Every combination of enough values that each answer of each question is among them.
fn worlds() -> Vec<Value> {
    let missing = || vec![None];
    let of = |values: Json| {
        let values = values.as_array().unwrap().iter().cloned().map(Some);
        missing().into_iter().chain(values).collect::<Vec<_>>()
    };
    let fields = [
        ("n", of(json!([0, 0.5, 1, 1.5, 2]))),
        ("i", of(json!([0, 1, 2])).split_off(1)),
        ("e", of(json!(["red", "green"]))),
        ("t", of(json!(["red", "else", null]))),
        ("b", of(json!([true, false]))),
    ];
    let mut worlds = vec![serde_json::Map::new()];
    for (name, values) in fields {
        let with = |world: &serde_json::Map<String, Json>, value: &Option<Json>| {
            let mut world = world.clone();
            if let Some(value) = value {
                world.insert(name.to_owned(), value.clone());
            }
            world
        };
        let all = worlds.iter();
        worlds = all
            .flat_map(|world| values.iter().map(move |value| with(world, value)))
            .collect();
    }
    worlds
        .into_iter()
        .map(|world| from_json(&Json::Object(world)))
        .collect()
}

fn guards() -> impl Strategy<Value = String> {
    let atoms = prop::sample::select(vec![
        "data.n < 1",
        "data.n > 1",
        "data.n <= 0.5",
        "data.n >= 2",
        "data.n == 1",
        "data.n != 0",
        "1 < data.n",
        "data.n > 5",
        "data.n in [0, 1]",
        "data.i == 1",
        "data.i > 1",
        "data.i < 1",
        "data.i > 0.5",
        "data.i == 0.5",
        "0 >= data.i",
        "data.e == 'red'",
        "data.e != 'green'",
        "data.e in ['red', 'green']",
        "data.t == 'red'",
        "data.t != null",
        "data.t == data.e",
        "data.b",
        "data.b == true",
        "has(data.b)",
        "has(data.n)",
        "has(data.t)",
        "true",
        "false",
        "data.n + 1.0 > 2.0",
    ]);
    atoms
        .prop_map(str::to_owned)
        .prop_recursive(4, 12, 2, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                two.clone()
                    .prop_map(|(one, other)| format!("({one} && {other})")),
                two.prop_map(|(one, other)| format!("({one} || {other})")),
                inner.prop_map(|one| format!("!({one})")),
            ]
        })
}

struct Evaluation {
    chart: Chart,
    surroundings: Surroundings,
}

impl Evaluation {
    fn new() -> Self {
        let mut root = StateNode::new("root", StateKind::Compound);
        root.children = vec![StateNode::new("a", StateKind::Atomic)];
        let calendar = crate::calendar::Calendar::new(&file::Calendar {
            title: file::Text::Plain("Calendar".into()),
            time_zone: "UTC".into(),
            working_days: vec![file::Weekday::Monday],
            holidays: Vec::new(),
            make_up_days: Vec::new(),
        })
        .unwrap();
        Evaluation {
            chart: Chart::build(root).unwrap(),
            surroundings: Surroundings::new(std::iter::empty(), calendar),
        }
    }

    fn holds(&self, guard: &Expression, data: &Value) -> bool {
        let scope = Scope {
            chart: &self.chart,
            configuration: &[],
            data,
            event: None,
            now: Timestamp::default(),
            locals: &[],
        };
        let circumstances = Circumstances::default();
        guard.guard(&scope, &circumstances, &self.surroundings) == Ok(true)
    }
}

#[test]
fn what_is_said_to_be_possible_is_what_happens() {
    let evaluation = Evaluation::new();
    let worlds = worlds();
    let types = file::Types::default();
    let data = Schemas::new(&types).json(&schema(), &schema());
    let data = Type {
        kinds: Kind::Map.into(),
        ..data
    };
    let variables = Variables::from([("data".to_owned(), data)]);
    let config = Config {
        cases: 250,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let (impossible, implied) = (Cell::new(0), Cell::new(0));
    let outcome = runner.run(&(guards(), guards()), |(one, other)| {
        let programs = [&one, &other].map(|guard| Program::compile(guard).unwrap());
        let formulas = programs.each_ref().map(Formula::of);
        let problem = Problem::new(&formulas, &variables);
        let [first, second] = &formulas;
        let [one, other] = programs.map(|program| Expression::Program(Box::new(program)));
        let table: Vec<(bool, bool)> = worlds
            .iter()
            .map(|world| {
                (
                    evaluation.holds(&one, world),
                    evaluation.holds(&other, world),
                )
            })
            .collect();
        // Terms that are not understood may be anything, so more may be called possible.
        let exact = ![first, second].iter().any(|formula| {
            let mut opaque = false;
            formula.each(&mut |term, _| opaque |= matches!(term, formula::Term::Opaque(_)));
            opaque
        });
        let compare = |asked: &[(&Formula, bool)], happens: bool| {
            let said = possible(&problem, asked).unwrap_or(true);
            prop_assert!(said || !happens, "{asked:?} happens");
            prop_assert!(!exact || said == happens, "{asked:?} never happens");
            Ok(said)
        };
        let never = !compare(&[(first, true)], table.iter().any(|(one, _)| *one))?;
        compare(&[(first, false)], table.iter().any(|(one, _)| !one))?;
        let implies = !compare(
            &[(first, true), (second, false)],
            table.iter().any(|(one, other)| *one && !other),
        )?;
        compare(
            &[(first, true), (second, true)],
            table.iter().any(|(one, other)| *one && *other),
        )?;
        let both = solve::both(&problem, first, second);
        prop_assert!(
            !both || table.iter().any(|(one, other)| *one && *other),
            "both"
        );
        impossible.set(impossible.get() + usize::from(never));
        implied.set(implied.get() + usize::from(implies && !never));
        Ok(())
    });
    outcome.unwrap();
    assert!(impossible.get() > 5, "impossible {}", impossible.get());
    assert!(implied.get() > 5, "implied {}", implied.get());
}
