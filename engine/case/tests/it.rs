//! Commands to a case of a small workflow, and what comes of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say so"
)]

mod replay;
mod services;

use casewright_case::{
    Actor, Case, Cause, Outcome, Refusal, Setting, fire, open, possible, send, trace,
};
use casewright_chart::{Answer, DecisionError, Effect, Limits, Timestamp, Value};
use casewright_definition::json::to_json;
use casewright_definition::source::Source;
use casewright_definition::{Decide, Decision, Definition};
use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

const WORKFLOW: &str = r#"
id: claim
version: 1.0.0
title: { en: Claim, zh: 索赔 }
start: { roles: [clerk], requires: [account], accepts: [amount] }
data:
  type: object
  additionalProperties: false
  required: [account]
  properties:
    account: { type: string, minLength: 1 }
    amount: { type: integer, minimum: 0, default: 0 }
    score: {}
    overdue: { type: boolean, default: false }
delays: { patience: P2D }
events:
  raise: { title: Raise, roles: [clerk], requires: [amount] }
  approve: { title: Approve, roles: [manager] }
  score: { title: Score, roles: [clerk] }
  break: { title: Break, roles: [clerk] }
initial: open
states:
  open:
    after: { patience: { actions: [{ assign: { overdue: true } }] } }
    on:
      raise:
        guard: event.data.amount > data.amount
        title: { en: The amount must grow, zh: 金额须增加 }
      approve:
        target: approved
        guard: data.amount <= 1000
        title: { en: At most 1000, zh: 不超过一千 }
        actions: [{ notify: { to: clerk, message: { en: Approved, zh: 已批准 } } }]
      score: { actions: [{ decide: { function: scoring.score, input: { amount: data.amount }, assign: score } }] }
      break: { actions: [{ assign: { amount: "dyn('much')" } }] }
  approved: { type: final, output: data.amount }
"#;

fn definition() -> Definition {
    casewright_definition::testing::definition(WORKFLOW)
}

/// Doubles the amount, and breaks at 13.
struct Scoring;

impl Decide for Scoring {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        match input.get(&["amount"]) {
            Some(Value::Int(13)) => Err(DecisionError {
                plugin: decision.plugin.clone(),
                function: decision.function.clone(),
                code: "trap".into(),
                limit: None,
                message: "unlucky".into(),
            }),
            Some(Value::Int(amount)) => Ok(Answer {
                function: "scoring.score".into(),
                digest: "d1".into(),
                output: Value::Int(amount * 2),
            }),
            other => panic!("asked about {other:?}"),
        }
    }
}

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn setting(definition: &Definition) -> Setting<'_> {
    Setting {
        definition,
        decide: &Scoring,
        now: START,
        limits: &DEFAULTS,
    }
}

static DEFAULTS: std::sync::LazyLock<Limits> = std::sync::LazyLock::new(Limits::default);

fn clerk() -> Actor {
    Actor::new("li.na", ["clerk"])
}

fn opened(definition: &Definition, data: Json) -> Case {
    open(setting(definition), "c-1", &data, &clerk())
        .unwrap()
        .case
}

fn step(definition: &Definition, case: &Case, event: &str, data: Json, actor: &Actor) -> Outcome {
    send(setting(definition), case, event, &data, actor).unwrap()
}

fn check_refusal(case: &Case, definition: &Definition, event: &str, data: Json, expected: Expect) {
    let refusal = send(setting(definition), case, event, &data, &clerk()).unwrap_err();
    expected.assert_eq(&refusal.to_string());
}

#[test]
fn opening_a_case_puts_the_data_over_the_defaults_and_records_it() {
    let definition = definition();
    let outcome = open(
        setting(&definition),
        "c-1",
        &json!({"account": "华东能源"}),
        &clerk(),
    )
    .unwrap();
    let data = to_json(&outcome.case.snapshot.data);
    assert_eq!(
        data,
        json!({"amount": 0, "overdue": false, "account": "华东能源"})
    );
    assert_eq!(outcome.record.revision, 1);
    assert!(matches!(outcome.record.cause, Cause::Open { .. }));
    assert!(matches!(outcome.effects[..], [Effect::Schedule { .. }]));
}

#[test]
fn what_an_event_brings_is_stored_and_the_record_holds_the_change() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A"}));
    let outcome = step(
        &definition,
        &case,
        "raise",
        json!({"amount": 500}),
        &clerk(),
    );
    assert_eq!(outcome.case.revision, 2);
    let changes: Vec<_> = outcome.record.changes.iter().collect();
    assert_eq!(changes, [(&"amount".into(), &Value::Int(500))]);
    assert_eq!(case.revision, 1, "the case that it came from is as it was");
}

#[test]
fn a_final_state_ends_the_case_with_an_output_and_drops_its_timers() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A", "amount": 800}));
    let manager = Actor::new("wang.fang", ["manager"]);
    let outcome = step(&definition, &case, "approve", json!({}), &manager);
    assert!(outcome.case.is_done());
    assert!(outcome.case.snapshot.pending.is_empty());
    assert_eq!(
        outcome.case.snapshot.status,
        casewright_chart::Status::Done(Value::Int(800))
    );
    let emitted = &outcome.record.emitted[0];
    assert_eq!(&*emitted.event, "notify");
    assert_eq!(
        to_json(&emitted.data),
        json!({"to": ["clerk"], "message": {"en": "Approved", "zh": "已批准"}})
    );
    check_refusal(
        &outcome.case,
        &definition,
        "raise",
        json!({"amount": 900}),
        expect!["the case has ended"],
    );
}

#[test]
fn refusals_say_what_was_expected_and_change_nothing() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A", "amount": 2000}));
    let check = |event: &str, data: Json, expected: Expect| {
        check_refusal(&case, &definition, event, data, expected);
    };
    check(
        "aprove",
        json!({}),
        expect!["the workflow has no event `aprove`"],
    );
    check(
        "approve",
        json!({}),
        expect!["the event `approve` takes one of the roles `manager`"],
    );
    check(
        "raise",
        json!({"amount": 1}),
        expect![
            "the event `raise` is blocked: `event.data.amount > data.amount` does not hold (event.data.amount = 1, data.amount = 2000)"
        ],
    );
    let Refusal::InvalidInput(violations) = send(
        setting(&definition),
        &case,
        "raise",
        &json!({"amount": "x", "b": 1}),
        &clerk(),
    )
    .unwrap_err() else {
        panic!("expected violations");
    };
    let pointers: Vec<&str> = violations.iter().map(|v| v.pointer.as_str()).collect();
    assert!(pointers.contains(&"/amount"), "{violations:?}");
    let Refusal::InvalidData(violations) =
        send(setting(&definition), &case, "break", &json!({}), &clerk()).unwrap_err()
    else {
        panic!("expected the workflow to be at fault");
    };
    assert_eq!(violations[0].pointer, "/amount");
}

#[test]
fn a_blocked_event_comes_with_its_guard_and_its_words() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A", "amount": 2000}));
    let manager = Actor::new("wang.fang", ["manager"]);
    let refusal = send(setting(&definition), &case, "approve", &json!({}), &manager);
    let Err(Refusal::GuardFailed { blocked, .. }) = refusal else {
        panic!("expected a guard to fail, got {refusal:?}");
    };
    let [blocked] = &blocked[..] else {
        panic!("expected one guard");
    };
    assert_eq!(blocked.guard, "data.amount <= 1000");
    assert_eq!(blocked.title.as_ref().unwrap().get("zh"), "不超过一千");
    assert_eq!(blocked.targets, ["approved".into()]);
}

#[test]
fn an_id_that_cannot_stand_in_an_address_is_refused() {
    let definition = definition();
    for id in ["", "a/b", "客户", &"x".repeat(129)] {
        let refusal = open(setting(&definition), id, &json!({"account": "A"}), &clerk());
        assert!(matches!(refusal, Err(Refusal::InvalidId(_))), "{id}");
    }
}

#[test]
fn a_decision_is_kept_with_who_gave_it_and_a_broken_one_moves_nothing() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A", "amount": 21}));
    let outcome = step(&definition, &case, "score", json!({}), &clerk());
    let decided = &outcome.record.decisions[0];
    assert_eq!(&*decided.answer.digest, "d1");
    assert_eq!(decided.answer.output, Value::Int(42));
    assert_eq!(
        outcome.case.snapshot.data.get(&["score"]),
        Some(&Value::Int(42))
    );

    let unlucky = opened(&definition, json!({"account": "A", "amount": 13}));
    check_refusal(
        &unlucky,
        &definition,
        "score",
        json!({}),
        expect!["unlucky"],
    );
}

#[test]
fn a_timer_fires_once() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A"}));
    let pending = &case.snapshot.pending[0];
    assert_eq!(pending.due, START.after_ms(2 * 24 * 3_600_000));
    let outcome = fire(setting(&definition), &case, pending.sequence).unwrap();
    assert_eq!(
        outcome.case.snapshot.data.get(&["overdue"]),
        Some(&Value::Bool(true))
    );
    let again = fire(setting(&definition), &outcome.case, pending.sequence);
    assert_eq!(again.unwrap_err(), Refusal::NotPending);
}

#[test]
fn what_is_possible_depends_on_state_roles_and_guards_that_need_no_event() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A", "amount": 2000}));
    let manager = Actor::new("wang.fang", ["manager", "clerk"]);
    let told = |actor: &Actor| -> Vec<(String, bool, bool)> {
        possible(setting(&definition), &case, actor)
            .iter()
            .map(|p| (p.event.to_string(), p.permitted, p.blocked))
            .collect()
    };
    let of = |event: &str, permitted: bool, blocked: bool| (event.to_owned(), permitted, blocked);
    assert_eq!(
        told(&clerk()),
        [
            of("raise", true, false),
            of("approve", false, true),
            of("score", true, false),
            of("break", true, false)
        ]
    );
    assert_eq!(told(&manager)[1], of("approve", true, true));
}

#[test]
fn a_trace_reads_like_what_happened() {
    let definition = definition();
    let case = opened(&definition, json!({"account": "A", "amount": 800}));
    let manager = Actor::new("wang.fang", ["manager"]);
    let outcome = step(&definition, &case, "approve", json!({}), &manager);
    expect![[r#"
        event approve (external)
        guard holds: open -> approved
        exit open
        transition open -> approved
        enter approved"#]]
    .assert_eq(&trace::lines(&definition.chart, &outcome.record.trace).join("\n"));
}

#[test]
fn a_source_that_is_no_yaml_is_no_definition() {
    let definition = definition();
    let (none, findings) =
        Definition::check(Source::new("x.yaml", "{"), &definition.bundle.pack, None);
    assert!(none.is_none() && findings.has_errors());
}
