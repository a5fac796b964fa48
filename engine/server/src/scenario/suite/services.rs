//! Scenario files of a workflow that runs services: what is wrong with them, and what they come to.

use casewright_definition::testing::definition;
use casewright_definition::{FunctionKind, FunctionSchemas};
use casewright_runtime::Plugins;
use serde_json::json;

use super::*;

const WORKFLOW: &str = "\
id: account
version: 0.1.0
title: Account
start: { roles: [clerk], accepts: [number] }
data:
  type: object
  additionalProperties: false
  properties:
    number: { type: string, default: K-1 }
    reference: { type: string }
    failure: {}
    tries: { type: integer, default: 0 }
events:
  again: { title: Again, roles: [clerk] }
  close: { title: Close, roles: [clerk] }
states:
  pushing:
    entry: { assign: { tries: data.tries + 1 } }
    invoke:
      - id: push
        src: crm-sync.push-account
        input: { number: data.number }
        onDone: { target: pushed, actions: { assign: { reference: event.data.reference } } }
        onError: { target: failed, actions: { assign: { failure: event.data } } }
      - { id: audit, src: crm-sync.audit }
    on: { close: closed }
  pushed:
    on: { again: pushing, close: closed }
  failed:
    after: { PT1H: pushing }
    on: { close: closed }
  closed: { type: final }
";

const HEAD: &str = "\
scenario: A push
workflow: account
given:
  actors: { li.na: [clerk] }
  by: li.na
";

fn functions() -> Functions {
    let function = |kind, output| FunctionSchemas {
        kind,
        input: json!({}),
        output,
    };
    let reference = json!({
        "type": "object", "required": ["reference"],
        "properties": { "reference": { "type": "string" } },
    });
    let functions = [
        (
            "crm-sync.push-account",
            function(FunctionKind::Service, reference),
        ),
        ("crm-sync.audit", function(FunctionKind::Service, json!({}))),
    ];
    let functions = functions.into_iter();
    functions
        .map(|(name, function)| (name.to_owned(), function))
        .collect()
}

/// What was found in a file, or else what is not as it expects, each with its place.
fn told(rest: &str) -> Vec<String> {
    outcome(rest).map_or_else(
        |findings| findings,
        |outcome| {
            let failures = outcome.failures.iter();
            let failures =
                failures.map(|failure| format!("{}: {}", failure.place, failure.message));
            failures.collect()
        },
    )
}

fn outcome(rest: &str) -> Result<Outcome, Vec<String>> {
    let definition = definition(WORKFLOW);
    let lines = |findings: &Findings| {
        let report = findings.report();
        let lines = report.findings().map(|found| {
            let place = (found.line.unwrap_or(0), found.column.unwrap_or(0));
            let hint = found.hint.map_or(String::new(), |hint| format!("; {hint}"));
            format!("{}:{}: {}{hint}", place.0, place.1, found.message)
        });
        lines.collect::<Vec<String>>()
    };
    let text = format!("{HEAD}{rest}");
    let mut scenario =
        Scenario::read("a.yaml", text.into_bytes()).map_err(|findings| lines(&findings))?;
    scenario.check(&definition, &functions()).map_err(lines)?;
    Ok(scenario.run(&definition, &Plugins::default(), &mut |_| {}))
}

fn check(rest: &str) {
    assert_eq!(told(rest), [""; 0], "{rest}");
}

#[test]
fn a_service_of_which_nothing_is_said_runs_on() {
    check("\
then: { active: [pushing], services: [audit, push], effects: [{ start: { id: push, input: { number: K-1 } } }] }
steps:
  - when: { after: P30D }
    then: { active: [pushing], services: [push, audit] }
  - when: { event: close }
    then: { done: true, services: [], effects: [{ stop: { id: push } }, { stop: { id: audit } }] }
");
}

#[test]
fn a_service_comes_back_when_a_step_says_so() {
    check("\
steps:
  - when: { after: PT1H, service: push, fails: { code: timeout, message: no answer, details: [1, 2] } }
    then:
      active: [failed]
      data: { failure: { code: timeout, message: no answer, details: [1, 2] } }
      services: []
  - when: { after: PT1H }
    then: { active: [pushing], services: [push, audit], data: { tries: 2 } }
  - when: { service: audit, returns: null }
    then: { active: [pushing], services: [push] }
  - when: { service: push, returns: { reference: R-7 } }
    then: { active: [pushed], data: { reference: R-7 } }
  - when: { service: push, returns: { reference: R-8 } }
    then: { refused: event-not-now, because: no service `push` is running }
  - when: { event: close }
  - when: { service: push, fails: too late }
    then: { refused: case-done }
");
}

#[test]
fn a_mocked_service_comes_back_as_soon_as_its_step_is_through() {
    check(
        "  plugins:
    crm-sync.push-account:
      - fails: the line is dead
      - returns: { reference: R-1 }
      - returns: { reference: R-2 }
then:
  active: [failed]
  data: { failure: { code: failed, message: the line is dead, details: null } }
  effects: [{ start: { id: push } }, { stop: { id: audit } }, { schedule: {} }]
steps:
  - when: { after: PT1H }
    then: { active: [pushed], data: { reference: R-1, tries: 2 } }
  - when: { event: again }
    then: { active: [pushed], data: { reference: R-2, tries: 3 } }
  - when: { event: again }
    then: { data: { reference: R-2, tries: 4 } }
",
    );
}

#[test]
fn what_a_service_comes_back_with_covers_its_transitions() {
    let outcome = |rest: &str| outcome(rest).unwrap().coverage.transitions.len();
    let mocked = "  plugins: { crm-sync.push-account: { returns: { reference: R-1 } } }
then: { active: [pushed] }
";
    assert_eq!(outcome("then: { active: [pushing] }\n"), 0);
    assert_eq!(outcome(mocked), 1);
}

#[test]
fn a_service_that_starts_itself_again_for_ever_is_stopped() {
    let workflow = WORKFLOW.replace("target: pushed,", "target: pushing, reenter: true,");
    let text = format!(
        "{HEAD}  plugins: {{ crm-sync.push-account: {{ returns: {{ reference: R }} }} }}\nthen: {{ active: [pushing] }}\n"
    );
    let scenario = Scenario::read("a.yaml", text.into_bytes()).unwrap();
    let definition = definition(&workflow);
    let outcome = scenario.run(&definition, &Plugins::default(), &mut |_| {});
    assert_eq!(
        outcome.failures[0].message,
        "more than 10000 timers fell due or services came back, one after the other"
    );
}

#[test]
fn slips_are_told_with_their_place() {
    for (rest, message) in [
        (
            "  plugins: { crm-sync.push-account: real }\nthen: { done: false }\n",
            "6:37: a scenario runs no service for real: it would reach the world; say what it `returns`, or why it `fails`",
        ),
        (
            "  plugins: { crm-sync.push-account: { returns: { reference: 1 } } }\nthen: { done: false }\n",
            "6:61: expected a text, found the number `1`",
        ),
        (
            "steps:\n  - when: { service: psh, returns: {} }\n    then: { done: false }\n",
            "7:22: the workflow has no service `psh`; did you mean `push`?",
        ),
        (
            "steps:\n  - when: { service: push, returns: {} }\n    then: { services: [audt] }\n",
            "7:28: expected the field `reference`, which is not there\n8:24: the workflow has no service `audt`; did you mean `audit`?",
        ),
        (
            "steps:\n  - when: { service: push }\n    then: { done: false }\n",
            "7:5: expected `returns` or `fails` beside `service`, and one of them",
        ),
        (
            "steps:\n  - when: { after: PT1H, returns: 1 }\n    then: { done: false }\n",
            "7:5: there is no `service` that could come back",
        ),
        (
            "steps:\n  - when: { event: close, service: push, returns: { reference: a } }\n    then: { done: true }\n",
            "7:36: expected an `event` or a `service`, found both",
        ),
        (
            "steps:\n  - when: { service: push, by: li.na, returns: { reference: a } }\n    then: { done: true }\n",
            "7:32: there is `by` and no `event` to go with it",
        ),
        (
            "then: { services: [push] }\n",
            "6:9: expected the running services `push`, found `audit`, `push`",
        ),
    ] {
        assert_eq!(told(rest).join("\n"), message, "{rest}");
    }
}
