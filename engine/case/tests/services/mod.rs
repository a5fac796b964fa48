//! A case whose state runs a service.

use casewright_case::replay::replay;
use casewright_case::{Actor, Refusal, Served, explain_services, open, send, settle, trace};
use casewright_chart::{Effect, Limits, Returned, Value};
use casewright_definition::Definition;
use casewright_definition::json::{from_json, to_json};
use serde_json::{Value as Json, json};

use crate::{clerk, opened, setting};

const WORKFLOW: &str = r#"
id: account
version: 1.0.0
title: Account
start: { roles: [clerk] }
data:
  type: object
  additionalProperties: false
  properties:
    number: { type: string, default: K-1 }
    reference: { type: string }
    failure: { type: string }
events:
  close: { title: Close, roles: [clerk] }
states:
  pushing:
    invoke:
      id: push
      src: crm-sync.push-account
      input: { number: data.number }
      onDone:
        guard: actor.id == 'casewright:service:crm-sync.push-account'
        target: pushed
        actions: [{ assign: { reference: event.data.reference } }]
      onError: { target: failed, actions: [{ assign: { failure: event.data.message } }] }
    on: { close: pushed }
  pushed: { type: final }
  failed: { type: final }
"#;

fn definition(open_events: bool) -> Definition {
    let text = match open_events {
        true => WORKFLOW.replace("events:", "openEvents: true\nevents:"),
        false => WORKFLOW.to_owned(),
    };
    casewright_definition::testing::definition(&text)
}

fn served(returned: Returned) -> Served {
    Served {
        function: "crm-sync.push-account".into(),
        digest: "d1".into(),
        returned,
    }
}

fn service() -> Actor {
    Actor::service("crm-sync.push-account")
}

fn data(value: &Json) -> Value {
    from_json(value)
}

#[test]
fn what_a_service_comes_to_is_a_step_of_the_case() {
    let definition = definition(false);
    let begun = open(setting(&definition), "C-1", &json!({}), &clerk()).unwrap();
    assert!(matches!(
        begun.effects.as_slice(),
        [Effect::Start { sequence: 0, input, .. }] if to_json(input) == json!({"number": "K-1"})
    ));
    let answer = served(Returned::Done(data(&json!({"reference": "R-1"}))));
    let done = settle(
        setting(&definition),
        &begun.case,
        0,
        answer.clone(),
        &service(),
    )
    .unwrap();
    assert_eq!(to_json(&done.case.snapshot.data)["reference"], "R-1");
    assert!(done.case.is_done());
    let story = trace::lines(&definition.chart, &done.record.trace).join("\n");
    assert!(story.contains("done.invoke.push"), "{story}");
    let records = [begun.record, done.record];
    let replayed = replay(&definition, "C-1", &records, &Limits::default());
    assert_eq!(replayed.unwrap().as_ref(), Some(&done.case));
    // It comes back once.
    let again = settle(setting(&definition), &done.case, 0, answer, &service());
    assert_eq!(again.unwrap_err(), Refusal::NotPending);
}

#[test]
fn a_failure_says_why() {
    let definition = definition(false);
    let case = opened(&definition, json!({}));
    let why = json!({"code": "timeout", "message": "no answer in 10 s"});
    let failed = settle(
        setting(&definition),
        &case,
        0,
        served(Returned::Failed(data(&why))),
        &service(),
    );
    let case = failed.unwrap().case;
    assert_eq!(to_json(&case.snapshot.data)["failure"], "no answer in 10 s");
}

#[test]
fn what_would_come_of_a_running_service_is_told() {
    let definition = definition(false);
    let case = opened(&definition, json!({}));
    let told = explain_services(setting(&definition), &case);
    let [running] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (&*running.id, &*running.function),
        ("push", "crm-sync.push-account")
    );
    let lines = [&running.done, &running.failed].map(|returning| {
        let targets = returning
            .transitions
            .iter()
            .map(|one| one.targets.join(" "));
        let targets: Vec<String> = targets.collect();
        format!(
            "{} {} {}",
            returning.event,
            returning.verdict.as_str(),
            targets.join(", ")
        )
    });
    assert_eq!(
        lines,
        [
            "done.invoke.push open pushed",
            "error.invoke.push open failed"
        ]
    );
}

#[test]
fn nobody_sends_what_only_a_service_comes_back_as() {
    for open_events in [false, true] {
        let definition = definition(open_events);
        let case = opened(&definition, json!({}));
        for event in ["done.invoke.push", "error.invoke.push"] {
            let sent = send(setting(&definition), &case, event, &json!({}), &clerk());
            let refusal = sent.unwrap_err();
            assert!(
                matches!(refusal, Refusal::UnknownEvent { .. }),
                "{refusal:?}"
            );
        }
    }
}
