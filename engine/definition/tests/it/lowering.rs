//! What expressions and actions of a workflow do when a case runs.

use expect_test::{Expect, expect};

use crate::desk::{Case, workflow};

pub(crate) fn check(rest: &str, events: &[&str], expect: Expect) {
    expect.assert_eq(&Case::run(&workflow(rest), events));
}

#[test]
fn a_guard_sees_data_event_actor_parameters_and_time() {
    check(
        r#"
data:
  properties:
    rounds: { type: integer, default: 2 }
    customer: { $ref: "types#/customer", default: { name: 华东能源, tier: core } }
events:
  go: { title: Go, roles: [clerk], input: { score: { type: integer } } }
states:
  open:
    on:
      go:
        - { target: done, guard: event.data.score > 9 && event.name == 'go' }
        - { target: .a, guard: data.rounds > params.rounds }
        - { target: .b, guard: "data.customer.name == '华东能源' && data.customer.tier in params.limits && params.limits['core'] == duration('4h') && actor.id == 'li' && 'clerk' in actor.roles && case.id == 'C-1' && now > timestamp('2026-11-16T04:00:00Z') && In('open') && !In('done')" }
    states: { a: {}, b: {} }
  done: { type: final }
"#,
        &[r#"go {"score": 3}"#, r#"go {"score": 10}"#],
        expect![[r#"
            start
            = open.a {"rounds": 2, "customer": {"name": "华东能源", "tier": "core"}}
            go {"score": 3}
              guard: false
              guard: false
              guard: true
            = open.b {"rounds": 2, "customer": {"name": "华东能源", "tier": "core"}}
            go {"score": 10}
              guard: true
            = done {"rounds": 2, "customer": {"name": "华东能源", "tier": "core"}} (done: null)
        "#]],
    );
}

#[test]
fn assignments_take_places_objects_and_literals() {
    check(
        r#"
data:
  properties:
    rounds: { type: integer, default: 1 }
    note: { type: string }
    customer: { type: object }
    tags: { type: array }
    due: { type: string }
events: { go: { title: Go, roles: [clerk] }, all: { title: All, roles: [clerk], input: { note: {}, rounds: {} } } }
states:
  open:
    on:
      go:
        actions:
          - assign:
              rounds: data.rounds + 1
              note: "'text'"
              customer.name: "'A'"
              customer.contact: { name: "'B'", calls: [1, data.rounds, true, null] }
              tags: ["'a'", string(data.rounds)]
          - assign: { due: now + duration('90m'), rounds: 5 }
      all: { actions: [ { assign: event.data } ] }
"#,
        &["go", r#"all {"note": "n", "rounds": 9}"#, "all"],
        expect![[r#"
            start
            = open {"rounds": 1}
            go
            = open {"rounds": 5, "note": "text", "customer": {"name": "A", "contact": {"name": "B", "calls": [1, 2, true, null]}}, "tags": ["a", "2"], "due": "2026-11-16T05:30:01.000Z"}
            all {"note": "n", "rounds": 9}
            = open {"rounds": 9, "note": "n", "customer": {"name": "A", "contact": {"name": "B", "calls": [1, 2, true, null]}}, "tags": ["a", "2"], "due": "2026-11-16T05:30:01.000Z"}
            all
              error: expected an object to assign from, found null
            = open {"rounds": 9, "note": "n", "customer": {"name": "A", "contact": {"name": "B", "calls": [1, 2, true, null]}}, "tags": ["a", "2"], "due": "2026-11-16T05:30:01.000Z"}
        "#]],
    );
}

#[test]
fn what_an_event_brings_is_stored_before_its_actions() {
    check(
        r#"
data:
  properties: { note: { type: string, default: old }, extra: { type: integer }, seen: { type: string } }
events:
  go: { title: Go, roles: [clerk], requires: [note], accepts: [extra], input: { other: {} } }
  left: { title: Left, roles: [clerk], requires: [note] }
states:
  open:
    on:
      go: { guard: data.note == 'old', actions: [ { assign: { seen: data.note } } ] }
"#,
        &[
            r#"go {"note": "new", "other": 1}"#,
            r#"left {"note": "lost"}"#,
            r#"go {"note": "newer", "extra": 1}"#,
        ],
        expect![[r#"
            start
            = open {"note": "old"}
            go {"note": "new", "other": 1}
              guard: true
            = open {"note": "new", "seen": "new"}
            left {"note": "lost"}
            = open {"note": "new", "seen": "new"} (not taken)
            go {"note": "newer", "extra": 1}
              guard: false
            = open {"note": "new", "seen": "new"} (not taken)
        "#]],
    );
}

#[test]
fn delays_are_named_written_out_or_counted_in_working_days() {
    check(
        r#"
data: {}
delays:
  by-tier: params.limits['core'] + duration('1m')
  soon: PT30S
  in-three-days: working_days(3)
events: { go: { title: Go, roles: [clerk] } }
states:
  open:
    after:
      by-tier: done
      PT2H: { actions: [ { log: event.name } ] }
      "500": { actions: [ { log: "'half a second'" } ] }
    entry:
      - send: { event: deadline.days, id: days, delay: in-three-days, data: { at: now } }
      - send: { event: deadline.days, delay: 1000 }
      - send: { event: deadline.days, delay: soon }
    on:
      deadline.days: { actions: [ { log: { label: days, value: event.data } } ] }
      go: { actions: [ { cancel: days } ] }
  done: { type: final }
"#,
        &["fire 2", "go", "fire 4", "fire 3"],
        expect![[r#"
            start
              schedule 0 at noon + 14460 s
              schedule 1 at noon + 7200 s
              schedule 2 at noon + 0.5 s
              schedule 3 at noon + 388800 s
              schedule 4 at noon + 1 s
              schedule 5 at noon + 30 s
            = open
            fire 2
              log "half a second"
            = open
            go
              unschedule 3
            = open
            fire 4
              log days: null
            = open
            fire 3
              refused: no event 3 is pending
        "#]],
    );
}

#[test]
fn people_and_systems_are_told() {
    check(
        r#"
data: { properties: { note: { type: string, default: hi } } }
events: {}
states:
  open:
    entry:
      - notify: { to: clerk, message: Plain }
      - notify: { to: [clerk, manager], message: { en: Look, zh: 请看 }, data: { note: data.note } }
      - emit: { event: crm.updated, data: { note: data.note, fixed: 1 } }
      - emit: { event: bare }
"#,
        &[],
        expect![[r#"
            start
              emit notify {"to": ["clerk"], "message": {"en": "Plain"}}
              emit notify {"to": ["clerk", "manager"], "message": {"en": "Look", "zh": "请看"}, "data": {"note": "hi"}}
              emit crm.updated {"note": "hi", "fixed": 1}
              emit bare null
            = open {"note": "hi"}
        "#]],
    );
}

#[test]
fn branches_loops_and_raised_events() {
    check(
        r#"
data: { properties: { items: { type: array, default: [1, 2, 3] }, sum: { type: integer, default: 0 } } }
events: { go: { title: Go, roles: [clerk] } }
states:
  open:
    on:
      go:
        actions:
          - foreach:
              array: data.items
              item: number
              index: position
              actions:
                - if:
                    - guard: number == 2
                      actions: [ { log: "'two at ' + string(position)" } ]
                    - guard: number > 2
                      actions: [ { raise: { event: big, data: { number: number } } } ]
                    - actions: [ { assign: { sum: data.sum + number } } ]
          - raise: after-all
      big: { actions: [ { log: { label: big, value: event.data.number } } ] }
      after-all: { actions: [ { log: event.name } ] }
"#,
        &["go"],
        expect![[r#"
            start
            = open {"items": [1, 2, 3], "sum": 0}
            go
              log "two at 1"
              log big: 3
              log "after-all"
            = open {"items": [1, 2, 3], "sum": 1}
        "#]],
    );
}

#[test]
fn a_decision_answers_into_the_data_or_fails_the_step() {
    check(
        r#"
data: { properties: { number: { default: 21 }, answer: { type: object } } }
events: { go: { title: Go, roles: [clerk], input: { number: {} } } }
states:
  open:
    on:
      go:
        actions:
          - decide: { function: scoring.score, input: { number: event.data.number }, assign: answer }
          - log: data.answer.twice
"#,
        &[r#"go {"number": 4}"#, r#"go {"number": "four"}"#],
        expect![[r#"
            start
            = open {"number": 21}
            go {"number": 4}
              decision scoring.score: {"twice": 8}
              log 8
            = open {"number": 21, "answer": {"twice": 8}}
            go {"number": "four"}
              refused: `scoring.score`: expected a number
        "#]],
    );
}

#[test]
fn an_expression_that_fails_is_an_event_and_shows_in_the_trace() {
    check(
        r#"
data: { properties: { note: { type: string }, n: { default: 1 }, open: { default: 2 } } }
events: { go: { title: Go, roles: [clerk] }, act: { title: Act, roles: [clerk] }, wrong: { title: Wrong, roles: [clerk] } }
states:
  open:
    on:
      go: { target: done, guard: data.note == 'x' }
      wrong: { target: done, guard: data.open }
      act:
        actions:
          - assign: { n: data.n / 0 }
          - assign: { n: 99 }
      error.execution: { actions: { log: event.data.message } }
  done: { type: final }
"#,
        &["go", "wrong", "act"],
        expect![[r#"
            start
            = open {"n": 1, "open": 2}
            go
              guard failed: `data.note == 'x'`: there is no field `note`
              error: `data.note == 'x'`: there is no field `note`
              log "`data.note == 'x'`: there is no field `note`"
            = open {"n": 1, "open": 2} (not taken)
            wrong
              guard failed: `data.open`: expected true or false, found int
              error: `data.open`: expected true or false, found int
              log "`data.open`: expected true or false, found int"
            = open {"n": 1, "open": 2} (not taken)
            act
              error: `data.n / 0`: division by zero
              log "`data.n / 0`: division by zero"
            = open {"n": 1, "open": 2}
        "#]],
    );
}
