//! The services of a workflow: how they are named, what they are given, and what they come back as.

use casewright_definition::analysis::{Soundness, soundness};
use casewright_definition::{Definition, FunctionKind};
use expect_test::{Expect, expect};

use crate::desk::{Case, definition, functions, pack, workflow};

fn check(rest: &str, events: &[&str], expect: Expect) {
    expect.assert_eq(&Case::run(&workflow(rest), events));
}

const HEAD: &str = r#"
data:
  properties:
    number: { type: string, default: K-1 }
    reference: { type: string }
    failure: { type: object }
events:
  go: { title: Go, roles: [clerk] }
"#;

fn small(states: &str) -> Definition {
    definition(&workflow(&format!("{HEAD}states:\n{states}")))
}

#[test]
fn what_a_service_gives_is_stored_before_transitions_are_looked_at() {
    check(
        &format!(
            "{HEAD}{}",
            r#"
states:
  pushing:
    invoke:
      src: crm-sync.push-account
      input: { number: data.number }
      finalize:
        - if:
            - guard: event.name == 'done.invoke.pushing.0'
              actions: { assign: { reference: event.data.reference } }
            - actions: { log: { label: failed, value: event.data } }
      onDone:
        - { guard: data.reference == 'none', target: failed }
        - pushed
      onError: { target: failed, actions: [{ assign: { failure: event.data } }] }
  pushed: { on: { go: pushing } }
  failed: { on: { go: pushing } }
"#
        ),
        &[
            r#"returns pushing.0 {"reference": "R-1"}"#,
            "go",
            r#"returns pushing.0 {"reference": "none"}"#,
            "go",
            r#"fails pushing.0 {"code": "timeout", "message": "no answer in 10 s"}"#,
        ],
        expect![[r#"
            start
              start pushing.0: crm-sync.push-account {"number": "K-1"}
            = pushing {"number": "K-1"}
            returns pushing.0 {"reference": "R-1"}
              guard: false
            = pushed {"number": "K-1", "reference": "R-1"}
            go
              start pushing.0: crm-sync.push-account {"number": "K-1"}
            = pushing {"number": "K-1", "reference": "R-1"}
            returns pushing.0 {"reference": "none"}
              guard: true
            = failed {"number": "K-1", "reference": "none"}
            go
              start pushing.0: crm-sync.push-account {"number": "K-1"}
            = pushing {"number": "K-1", "reference": "none"}
            fails pushing.0 {"code": "timeout", "message": "no answer in 10 s"}
              log failed: {"code": "timeout", "message": "no answer in 10 s"}
            = failed {"number": "K-1", "reference": "none", "failure": {"code": "timeout", "message": "no answer in 10 s"}}
        "#]],
    );
}

#[test]
fn ids_that_begin_alike_are_told_apart() {
    check(
        &format!(
            "{HEAD}{}",
            r#"
states:
  both:
    invoke:
      - { id: crm, src: crm-sync.push-account, input: { number: data.number }, onDone: first }
      - { id: crm.push, src: crm-sync.push-account, input: { number: data.number }, onDone: second }
  first: {}
  second: {}
"#
        ),
        &[r#"returns crm.push {"reference": "R-1"}"#],
        expect![[r#"
            start
              start crm: crm-sync.push-account {"number": "K-1"}
              start crm.push: crm-sync.push-account {"number": "K-1"}
            = both {"number": "K-1"}
            returns crm.push {"reference": "R-1"}
              guard: false
              stop crm
            = second {"number": "K-1"}
        "#]],
    );
}

#[test]
fn a_service_ends_with_its_state_and_one_of_the_workflow_with_the_case() {
    check(
        &format!(
            "{HEAD}{}",
            r#"
invoke: { id: watch, src: crm-sync.push-account, input: { number: data.number }, onDone: last }
states:
  first:
    invoke: { src: crm-sync.push-account, input: { number: "'K-2'" } }
    on: { go: second }
  second: {}
  last: { type: final }
"#
        ),
        &["go", r#"returns watch {"reference": "R-1"}"#],
        expect![[r#"
            start
              start watch: crm-sync.push-account {"number": "K-1"}
              start first.0: crm-sync.push-account {"number": "K-2"}
            = first {"number": "K-1"}
            go
              stop first.0
            = second {"number": "K-1"}
            returns watch {"reference": "R-1"}
            = last {"number": "K-1"} (done: null)
        "#]],
    );
}

#[test]
fn a_definition_names_its_services() {
    let definition = small(
        r#"
  open:
    invoke:
      - { src: crm-sync.push-account, input: { number: data.number }, onDone: closed }
      - { id: audit, title: Audit, src: crm-sync.push-account, input: { number: data.number } }
    on: { go: closed }
  closed: { type: final }
"#,
    );
    let named = definition.services().iter().map(|(id, service)| {
        let title = service.title.as_ref().map_or("", |title| title.get("en"));
        let (plugin, function) = (&service.function.plugin, &service.function.function);
        format!("{id} {plugin} {function} {title}")
    });
    assert_eq!(
        named.collect::<Vec<_>>(),
        [
            "open.0 crm-sync push-account ",
            "audit crm-sync push-account Audit"
        ]
    );
    assert!(definition.decisions().is_empty());
    assert!(!definition.may_take_long, "it runs after the step");
}

#[test]
fn a_service_that_is_replaced_by_another_is_found() {
    let definition = small(
        r#"
  open:
    invoke: { src: crm-sync.push-account, input: { number: data.number }, onDone: { guard: event.data.reference != '', target: closed } }
    on: { go: closed }
  closed: { type: final }
"#,
    );
    let against = |change: &dyn Fn(&mut casewright_definition::FunctionSchemas)| {
        let mut functions = functions();
        change(functions.get_mut("crm-sync.push-account").unwrap());
        let found = definition.against(&functions);
        let found = found
            .iter()
            .map(|found| format!("{}: {}", found.code, found.message));
        found.collect::<Vec<_>>()
    };
    assert_eq!(against(&|_| {}), [""; 0]);
    assert_eq!(
        against(&|service| service.kind = FunctionKind::Decision),
        ["function-kind: expected a service, found the decision `crm-sync.push-account`"]
    );
    assert_eq!(
        against(&|service| service.input["required"] = serde_json::json!(["number", "tier"])),
        ["function-input: `crm-sync.push-account` needs `tier`, which is not there"]
    );
    assert_eq!(
        against(&|service| {
            service.output = serde_json::json!({
                "type": "object", "additionalProperties": false, "properties": { "key": {} },
            });
        }),
        ["field-unknown: the data of the event has no field `reference`"]
    );
}

#[test]
fn what_a_finalize_writes_can_be_read_after_it_and_not_before() {
    let text = workflow(
        &r#"
data:
  properties:
    number: { type: string, default: K-1 }
    reference: { type: string }
events:
  go: { title: Go, roles: [clerk] }
states:
  open:
    no-deadline: example
    on: { go: { target: pushing, guard: data.reference == 'early' } }
  pushing:
    invoke:
      src: crm-sync.push-account
      input: { number: data.number }
      finalize: { assign: { reference: "'R-1'" } }
      onDone: { target: closed, guard: data.reference == 'late' }
    on: { go: closed }
  closed: { type: final }
"#[1..],
    );
    let source = casewright_definition::source::Source::new("workflow.yaml", text);
    let (_, findings) = Definition::check(source, &pack(), Some(&functions()));
    let found = findings.diagnostics.iter();
    let found = found.map(|found| format!("{} {}", found.pointer.as_deref().unwrap(), found.code));
    assert_eq!(
        found.collect::<Vec<_>>(),
        ["/states/open/on/go/guard field-not-yet-written"]
    );
}

#[test]
fn a_case_may_end_by_what_a_service_comes_back_as() {
    let sound = |states: &str| soundness(&small(states));
    let by_itself = r#"
  open:
    invoke: { src: crm-sync.push-account, input: { number: data.number }, onDone: closed }
  closed: { type: final }
"#;
    assert_eq!(sound(by_itself), Soundness::Sound { configurations: 2 });
    // In `later` the service runs no more.
    let too_late = r#"
  open:
    invoke: { id: push, src: crm-sync.push-account, input: { number: data.number } }
    on: { go: later }
    after: { PT1H: closed }
  later:
    on: { done.invoke.push: closed }
  closed: { type: final }
"#;
    let Soundness::Unsound { path, active, .. } = sound(too_late) else {
        panic!("it is not sound");
    };
    assert_eq!((path[0].as_ref(), active[0].as_ref()), ("go", "later"));
}
