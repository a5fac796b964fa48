//! What would come of events, and what stands in the way of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say so"
)]

use std::sync::LazyLock;

use casewright_case::{
    Actor, Candidate, Case, Refusal, Setting, explain, explain_timers, open, possible, rehearse,
    send,
};
use casewright_chart::{Answer, DecisionError, Limits, Timestamp, Value};
use casewright_definition::json::to_json;
use casewright_definition::{Decide, Decision, Definition};
use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

const WORKFLOW: &str = r#"
id: claim
version: 1.0.0
title: Claim
start: { roles: [clerk], accepts: [amount, tier] }
data:
  type: object
  additionalProperties: false
  properties:
    amount: { type: integer, default: 0 }
    tier: { type: string }
    checked: { type: boolean, default: false }
delays: { patience: P2D }
events:
  raise: { title: Raise, roles: [clerk], requires: [amount] }
  approve: { title: Approve, roles: [manager] }
  close: { title: Close, roles: [clerk] }
  reopen: { title: Reopen, roles: [clerk] }
  settle: { title: Settle, roles: [clerk], requires: [amount] }
initial: open
states:
  open:
    after: { patience: { target: closed, guard: data.checked } }
    on:
      raise: { guard: event.data.amount > data.amount }
      settle: { guard: data.checked && event.data.amount > 0, target: closed }
      approve: { target: approved, guard: data.amount <= 1000 }
      close:
        - { target: closed, guard: "data.checked && (data.tier == 'core' || data.amount > 5)", title: { en: Checked first, zh: 先核对 } }
        - { target: approved, guard: "data.amount == 0" }
        - { actions: [{ assign: { checked: true } }] }
  approved: { on: { reopen: open } }
  closed: { type: final }
"#;

fn definition() -> Definition {
    casewright_definition::testing::definition(WORKFLOW)
}

struct Nobody;

impl Decide for Nobody {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        panic!("nobody asks for {decision:?}")
    }
}

static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

fn setting(definition: &Definition) -> Setting<'_> {
    Setting {
        definition,
        decide: &Nobody,
        now: Timestamp::from_unix_ms(1_700_000_000_000),
        limits: &LIMITS,
    }
}

fn clerk() -> Actor {
    Actor::new("li.na", ["clerk"])
}

fn opened(definition: &Definition, data: Json) -> Case {
    open(setting(definition), "c-1", &data, &clerk())
        .unwrap()
        .case
}

fn ways(candidates: &[Candidate]) -> String {
    let mut text = String::new();
    for candidate in candidates {
        let targets = candidate.targets.join(", ");
        text += &format!(
            "\n  {} -> [{targets}] {}",
            candidate.state,
            candidate.turn.as_str()
        );
        for part in &candidate.parts {
            text += &format!("\n    {part}");
        }
    }
    text
}

fn check(definition: &Definition, case: &Case, expected: Expect) {
    let told: Vec<String> = explain(setting(definition), case, &clerk())
        .iter()
        .map(|explained| {
            let verdict = explained.verdict.as_str();
            let ways = ways(&explained.transitions);
            format!("{}: {verdict}{ways}", explained.event)
        })
        .collect();
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn every_event_is_told_in_its_order_with_what_stands_in_its_way() {
    let definition = definition();
    let case = opened(&definition, json!({"amount": 2, "tier": "core"}));
    check(
        &definition,
        &case,
        expect![[r#"
        raise: depends
          open -> [] depends
            `event.data.amount > data.amount` depends on what the event carries (event.data.amount comes with the event, data.amount = 2)
        approve: forbidden
          open -> [approved] taken
        close: open
          open -> [closed] blocked
            `data.checked` is false
          open -> [approved] blocked
            `data.amount == 0` is false (data.amount = 2)
          open -> [] taken
        reopen: not-now
        settle: blocked
          open -> [closed] blocked
            `data.checked` is false"#]],
    );
    let timers = explain_timers(setting(&definition), &case);
    let told: Vec<String> = timers
        .iter()
        .map(|timer| format!("{}{}", timer.verdict.as_str(), ways(&timer.transitions)))
        .collect();
    expect![[r#"
        blocked
          open -> [closed] blocked
            `data.checked` is false"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn a_case_that_is_done_takes_nothing() {
    let definition = definition();
    let mut case = opened(&definition, json!({"amount": 2}));
    case.snapshot.status = casewright_chart::Status::Done(Value::Null);
    check(
        &definition,
        &case,
        expect![[r#"
        raise: done
        approve: done
        close: done
        reopen: done
        settle: done"#]],
    );
}

#[test]
fn what_is_possible_and_what_is_explained_agree() {
    let definition = definition();
    for data in [json!({}), json!({"amount": 9}), json!({"tier": "core"})] {
        let case = opened(&definition, data);
        for actor in [clerk(), Actor::new("wang", ["manager"])] {
            let open: Vec<_> = possible(setting(&definition), &case, &actor)
                .iter()
                .filter(|possible| possible.is_open())
                .map(|possible| possible.event.clone())
                .collect();
            let explained: Vec<_> = explain(setting(&definition), &case, &actor)
                .iter()
                .filter(|explained| ["open", "depends"].contains(&explained.verdict.as_str()))
                .map(|explained| explained.event.clone())
                .collect();
            assert_eq!(open, explained);
        }
    }
}

#[test]
fn a_refusal_tells_the_failing_parts_with_their_values() {
    let definition = definition();
    let case = opened(&definition, json!({"amount": 5}));
    let refusal = send(
        setting(&definition),
        &case,
        "settle",
        &json!({"amount": 0}),
        &clerk(),
    );
    let refusal = refusal.unwrap_err();
    expect!["the event `settle` is blocked: `data.checked && event.data.amount > 0` does not hold: `data.checked` is false, `event.data.amount > 0` is false (event.data.amount = 0)"].assert_eq(&refusal.to_string());
    let Refusal::GuardFailed { blocked, .. } = refusal else {
        panic!("{refusal:?}");
    };
    let parts: Vec<_> = blocked[0].parts.iter().map(ToString::to_string).collect();
    expect![[r#"
        `data.checked` is false
        `event.data.amount > 0` is false (event.data.amount = 0)"#]]
    .assert_eq(&parts.join("\n"));
}

#[test]
fn a_rehearsal_is_the_step_and_leaves_the_case_as_it_is() {
    let definition = definition();
    let case = opened(&definition, json!({"amount": 5}));
    let before = case.clone();
    let input = json!({"amount": 7});
    let rehearsal = rehearse(setting(&definition), &case, "raise", &input, &clerk());
    assert_eq!(case, before);
    let rehearsed = rehearsal.outcome.unwrap();
    let sent = send(setting(&definition), &case, "raise", &input, &clerk()).unwrap();
    assert_eq!(rehearsed.case, sent.case);
    assert_eq!(rehearsed.record, sent.record);
    assert_eq!(to_json(&rehearsed.case.snapshot.data)["amount"], 7);
    assert_eq!(ways(&rehearsal.transitions), "\n  open -> [] taken");
    let low = json!({"amount": 3});
    let rehearsal = rehearse(setting(&definition), &case, "raise", &low, &clerk());
    assert!(matches!(
        rehearsal.outcome,
        Err(Refusal::GuardFailed { .. })
    ));
    expect![[r#"
        open -> [] blocked
            `event.data.amount > data.amount` is false (event.data.amount = 3, data.amount = 5)"#]]
    .assert_eq(ways(&rehearsal.transitions).trim_start());
    let wrong = json!({"amount": "much"});
    let rehearsal = rehearse(setting(&definition), &case, "raise", &wrong, &clerk());
    assert!(matches!(rehearsal.outcome, Err(Refusal::InvalidInput(_))));
}
