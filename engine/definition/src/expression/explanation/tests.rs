//! Explanations agree with what they explain, and say it in few words.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use casewright_chart::{Chart, Event, StateKind, StateNode, Timestamp};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::calendar::Calendar;
use crate::file;
use crate::json::from_json;

struct World {
    chart: Chart,
    data: Value,
    event: Event,
    circumstances: Circumstances,
    surroundings: Surroundings,
}

impl World {
    fn new() -> Self {
        let mut root = StateNode::new("root", StateKind::Compound);
        root.children
            .push(StateNode::new("open", StateKind::Atomic));
        let limit = (json!({"type": "object"}), json!({"gold": 5, "silver": 2}));
        let calendar: file::Calendar = serde_json::from_value(json!({
            "title": "C", "time-zone": "Asia/Shanghai", "working-days": ["monday"],
        }))
        .unwrap();
        World {
            chart: Chart::build(root).unwrap(),
            data: from_json(&json!({
                "t": true, "f": false, "n": 3, "none": null,
                "tier": "gold", "客户": {"name": "华东能源"},
                "items": [{"ok": true, "n": 1}, {"ok": false, "n": 7}],
                "long": "长".repeat(500), "many": (0..20).collect::<Vec<i64>>(),
            })),
            event: Event::external("go", from_json(&json!({"amount": 9, "yes": true}))),
            circumstances: Circumstances {
                actor: from_json(&json!({"id": "li.na", "roles": ["clerk"]})),
                case: crate::Subject {
                    id: "c-1".into(),
                    ..crate::Subject::default()
                },
            },
            surroundings: Surroundings::new(
                [("limit", &limit.0, &limit.1)].into_iter(),
                Calendar::new(&calendar).unwrap(),
            ),
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            chart: &self.chart,
            configuration: &[],
            data: &self.data,
            event: Some(&self.event),
            now: Timestamp::from_unix_ms(1_767_574_800_000),
            locals: &[],
        }
    }

    fn explain(&self, source: &str, carried: Carried) -> Explanation {
        let expression = Expression::Program(Box::new(Program::compile(source).unwrap()));
        expression.explain(
            &self.scope(),
            &self.circumstances,
            &self.surroundings,
            carried,
        )
    }

    fn guard(&self, source: &str) -> Result<bool, EvaluateError> {
        let expression = Expression::Program(Box::new(Program::compile(source).unwrap()));
        expression.guard(&self.scope(), &self.circumstances, &self.surroundings)
    }
}

fn told(explanation: &Explanation) -> String {
    let mut text = explanation.outcome.as_str().to_owned();
    for part in &explanation.parts {
        text += &format!("\n{part}");
    }
    text
}

fn check(source: &str, expected: Expect) {
    expected.assert_eq(&told(&World::new().explain(source, Carried::Known)));
}

fn check_before(source: &str, expected: Expect) {
    expected.assert_eq(&told(&World::new().explain(source, Carried::Unknown)));
}

#[test]
fn of_a_conjunction_the_false_parts_are_told_with_their_values() {
    check(
        "data.t && data.n > 5 && (data.tier == 'silver')",
        expect![[r#"
            false
            `data.n > 5` is false (data.n = 3)
            `data.tier == 'silver'` is false (data.tier = "gold")"#]],
    );
    check(
        "(data.f)",
        expect![[r#"
        false
        `data.f` is false"#]],
    );
    check("data.t", expect!["true"]);
    check(
        "has(data.x) && data.x.y > 3",
        expect![[r#"
        false
        `has(data.x)` is false (data.x is missing)"#]],
    );
}

#[test]
fn of_a_disjunction_all_parts_are_told() {
    check(
        "data.tier != 'gold' || data.f || !(data.t || data.f)",
        expect![[r#"
            false
            `data.tier != 'gold'` is false (data.tier = "gold")
            `data.f` is false
            `data.t` is true"#]],
    );
    check(
        "!data.t",
        expect![[r#"
        false
        `!data.t` is false (data.t = true)"#]],
    );
    check(
        "!(data.t && data.n == 3)",
        expect![[r#"
        false
        `data.t` is true
        `data.n == 3` is true (data.n = 3)"#]],
    );
}

#[test]
fn of_a_choice_the_condition_and_the_chosen_part_are_told() {
    check(
        "data.n > 1 ? data['客户'].name == 'x' && data.t : data.t",
        expect![[r#"
            false
            `data.n > 1` is true (data.n = 3)
            `data['客户'].name == 'x'` is false (data['客户'].name = "华东能源")"#]],
    );
}

#[test]
fn what_is_missing_or_fails_is_told() {
    check(
        "data.customer.tier == 'core'",
        expect![[r#"
        error
        `data.customer.tier == 'core'` fails: there is no field `customer` (data.customer.tier is missing)"#]],
    );
    check(
        "data.n",
        expect![[r#"
        error
        `data.n` fails: expected true or false, found int"#]],
    );
    check(
        "data.n == 3 && data.n / 0 > 1",
        expect![[r#"
        error
        `data.n / 0 > 1` fails: division by zero (data.n = 3)"#]],
    );
    check(
        "data.none.x == 1",
        expect![[r#"
        error
        `data.none.x == 1` fails: `_._` does not go with `null_type`, `string` (data.none.x: `_._` does not go with `null_type`, `string`)"#]],
    );
}

#[test]
fn sides_of_a_comparison_indexes_and_items_are_told() {
    check(
        "size(data.items) >= 3",
        expect![[r#"
        false
        `size(data.items) >= 3` is false (size(data.items) = 2, data.items = [{"n":1,"ok":true},{"n":7,"ok":false}])"#]],
    );
    check(
        "data.n > params.limit[data.tier]",
        expect![[r#"
        false
        `data.n > params.limit[data.tier]` is false (data.n = 3, params.limit[data.tier] = 5, data.tier = "gold")"#]],
    );
    check(
        "data.items.all(item, item.ok && item.n < 5)",
        expect![[r#"
        false
        `data.items.all(item, item.ok && item.n < 5)` is false (data.items = [{"n":1,"ok":true},{"n":7,"ok":false}], item = {"n":7,"ok":false})"#]],
    );
    check(
        "data.items.exists(item, item.n > data.n + 10)",
        expect![[r#"
            false
            `data.items.exists(item, item.n > data.n + 10)` is false (data.items = [{"n":1,"ok":true},{"n":7,"ok":false}], data.n = 3)"#]],
    );
    check(
        "'boss' in actor.roles",
        expect![[r#"
        false
        `'boss' in actor.roles` is false (actor.roles = ["clerk"])"#]],
    );
    check(
        "now > timestamp('2030-01-01T00:00:00Z')",
        expect![[r#"
        false
        `now > timestamp('2030-01-01T00:00:00Z')` is false (now = "2026-01-05T01:00:00.000Z")"#]],
    );
    check(
        "In('closed')",
        expect![[r#"
        false
        `In('closed')` is false"#]],
    );
}

#[test]
fn large_values_are_cut() {
    check(
        "data.long == 'x'",
        expect![[r#"
        false
        `data.long == 'x'` is false (data.long = "长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长…" and more)"#]],
    );
    check(
        "data.many == []",
        expect![[r#"
        false
        `data.many == []` is false (data.many = [0,1,2,3,4,5,6,7] and more)"#]],
    );
}

#[test]
fn before_the_event_what_does_not_depend_on_it_is_told() {
    check_before(
        "event.data.amount > data.n",
        expect![[r#"
        depends
        `event.data.amount > data.n` depends on what the event carries (event.data.amount comes with the event, data.n = 3)"#]],
    );
    check_before(
        "event.data.amount > data.n && data.f",
        expect![[r#"
        false
        `data.f` is false"#]],
    );
    check_before(
        "data.t && event.data.yes",
        expect![[r#"
        depends
        `event.data.yes` depends on what the event carries"#]],
    );
    check_before("data.t || event.data.yes", expect!["true"]);
    check_before(
        "data.x == 1 && event.data.yes",
        expect![[r#"
        depends
        `data.x == 1` fails: there is no field `x` (data.x is missing)
        `event.data.yes` depends on what the event carries"#]],
    );
    check_before("event.name == 'go'", expect!["true"]);
}

#[test]
fn no_shape_of_a_guard_overflows_the_stack() {
    let work = || {
        let world = World::new();
        let right = |one: &str, times: usize| one.repeat(times) + "data.t";
        for source in [
            right("data.t && ", 150),
            right("data.f ? data.t : ", 130),
            right("!", 700),
            format!("{}data.t{}", "!(".repeat(90), ")".repeat(90)),
            format!(
                "{}data.f{}",
                "data.t && (data.f || (".repeat(30),
                "))".repeat(30)
            ),
        ] {
            if Program::compile(&source).is_ok() {
                let explained = world.explain(&source, Carried::Known);
                assert_eq!(
                    explained.outcome.may_hold(),
                    world.guard(&source) == Ok(true)
                );
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(work).unwrap().join().unwrap();
}

/// Guards over fields that are true, false, missing, of another type, or in the event.
fn guards() -> impl Strategy<Value = String> + Clone {
    let leaf = prop_oneof![
        Just("data.t"),
        Just("data.f"),
        Just("data.missing"),
        Just("data.n"),
        Just("data.n > 2"),
        Just("data.tier == '(&& ? :'"),
        Just("data['客户'].name == \"华东能源\""),
        Just("has(data.missing)"),
        Just("data.items.all(i, i.ok || i.n > 5)"),
        Just("data.items.exists(i, i.n == 8)"),
        Just("event.data.yes"),
        Just("event.data.no"),
        Just("data.n / 0 == 1"),
        Just("{'a': data.t}.a"),
        Just("true"),
    ];
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            two.clone().prop_map(|(a, b)| format!("({a}) && ({b})")),
            two.clone().prop_map(|(a, b)| format!("{a}\n || ({b})")),
            two.prop_map(|(a, b)| format!("( {a} && !({b}) )")),
            inner.prop_map(|a| format!("!( {a} )")),
            three.prop_map(|(a, b, c)| format!("(({a}) ? {b} : ({c}))")),
        ]
    })
}

/// A tree without its numbers.
fn bare(expression: &cel::IdedExpr) -> String {
    let text = format!("{expression:?}");
    let mut parts = text.split("id: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        all + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

fn every<'a>(node: &'a Node<'a>, see: &mut dyn FnMut(&Node<'_>)) {
    see(node);
    node.parts.iter().for_each(|part| every(part, see));
}

proptest! {
    #[test]
    fn an_explanation_comes_to_what_the_guard_does(source in guards()) {
        let world = World::new();
        let explained = world.explain(&source, Carried::Known);
        match world.guard(&source) {
            Ok(true) => prop_assert_eq!(&explained.outcome, &Outcome::True, "{}", source),
            Ok(false) => prop_assert_eq!(&explained.outcome, &Outcome::False, "{}", source),
            Err(_) => prop_assert_eq!(explained.outcome.as_str(), "error", "{}", source),
        }
        // What blocks has parts, and every part is what it would be alone.
        prop_assert_eq!(explained.parts.is_empty(), explained.outcome == Outcome::True);
        for part in &explained.parts {
            let alone = match world.guard(&source[part.span.clone()]) {
                Ok(holds) => holds.to_string(),
                Err(_) => "error".to_owned(),
            };
            prop_assert_eq!(part.outcome.as_str(), alone.as_str(), "{}", part.source);
            prop_assert_ne!(part.wanted.map(|wanted| wanted.to_string()), Some(alone));
        }
    }

    #[test]
    fn the_text_of_every_part_is_that_part(source in guards()) {
        let program = Program::compile(&source).unwrap();
        let tree = tree::of(&program);
        let mut wrong = Vec::new();
        every(&tree, &mut |node| {
            let text = &source[node.span.clone()];
            let alone = Program::compile(text).map(|program| bare(program.expression()));
            // Macros number their variables by themselves; nothing else tells two parts apart.
            if alone.as_deref() != Ok(bare(node.expression).as_str()) && !text.contains("i, i.") {
                wrong.push(text.to_owned());
            }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?} of {source}");
    }

    #[test]
    fn what_is_said_before_the_event_holds_for_every_event(source in guards(), yes: bool, no: Option<bool>) {
        let mut world = World::new();
        let before = world.explain(&source, Carried::Unknown).outcome;
        let mut data = json!({"yes": yes});
        if let Some(no) = no {
            data["no"] = no.into();
        }
        world.event.data = from_json(&data);
        let after = world.explain(&source, Carried::Known).outcome;
        match before {
            Outcome::Depends { may_hold } => prop_assert!(may_hold || after != Outcome::True),
            certain => prop_assert_eq!(certain.as_str(), after.as_str(), "{}", source),
        }
    }
}
