//! What states and events of a workflow do when a case runs.

use expect_test::expect;

use crate::lowering::check;

#[test]
fn regions_end_together_and_say_so() {
    check(
        r#"
data: {}
events: { one: { title: One, roles: [clerk] }, two: { title: Two, roles: [clerk] } }
states:
  both:
    type: parallel
    states:
      left: { initial: a, states: { a: { on: { one: b } }, b: { type: final } } }
      right: { initial: a, states: { a: { on: { two: { target: b } } }, b: { type: final } } }
    onDone: { target: done, actions: [ { log: event.name } ] }
  done: { type: final, output: { at: now, sum: 1 + 1 } }
"#,
        &["one", "two", "one"],
        expect![[r#"
            start
            = both.left.a both.right.a
            one
              guard: false
            = both.left.b both.right.a
            two
              guard: false
              guard: true
              log "done.state.both"
            = done (done: {"at": "2026-11-16T04:00:02.000Z", "sum": 2})
            one
              refused: the run has ended
        "#]],
    );
}

#[test]
fn history_comes_back_to_where_it_was() {
    check(
        r#"
data: {}
events: { next: { title: Next, roles: [clerk] }, pause: { title: Pause, roles: [clerk] }, resume: { title: Resume, roles: [clerk] } }
states:
  work:
    initial: first
    states:
      first: { on: { next: second } }
      second: { initial: x, states: { x: { on: { next: y } }, y: {} } }
      back: { type: history }
      deep: { type: history, history: deep, target: first }
    on: { pause: paused }
  paused:
    on: { resume: work.deep, next: '#work.back' }
"#,
        &["next", "next", "pause", "resume", "pause", "next"],
        expect![[r#"
            start
            = work.first
            next
            = work.second.x
            next
            = work.second.y
            pause
            = paused
            resume
            = work.second.y
            pause
            = paused
            next
            = work.second.x
        "#]],
    );
}

#[test]
fn events_of_the_workflow_are_taken_in_every_state() {
    check(
        r##"
data: { properties: { n: { default: 0 } } }
events: { leave: { title: Leave, roles: [clerk] }, count: { title: Count, roles: [clerk] }, go: { title: Go, roles: [clerk] } }
entry: { assign: { n: 10 } }
exit: { log: "'the end'" }
states:
  a: { on: { go: b, count: { actions: { log: "'inner'" } } } }
  b: {}
  gone: { type: final }
on:
  leave: "#gone"
  count: { actions: { assign: { n: data.n + 1 } } }
  error.execution: { actions: { log: { label: wrong, value: event.data.message } } }
"##,
        &["count", "go", "count", "leave"],
        expect![[r#"
            start
            = a {"n": 10}
            count
              log "inner"
            = a {"n": 10}
            go
            = b {"n": 10}
            count
            = b {"n": 11}
            leave
              log "the end"
            = gone {"n": 11} (done: null)
        "#]],
    );
}

#[test]
fn a_state_is_left_and_entered_anew_only_when_it_says_so() {
    check(
        r#"
data: {}
events: { stay: { title: Stay, roles: [clerk] }, again: { title: Again, roles: [clerk] } }
states:
  open:
    entry: { log: "'in'" }
    exit: { log: "'out'" }
    initial: a
    states: { a: {}, b: {} }
    on:
      stay: .b
      again: { target: .b, reenter: true }
"#,
        &["stay", "again"],
        expect![[r#"
            start
              log "in"
            = open.a
            stay
            = open.b
            again
              log "out"
              log "in"
            = open.b
        "#]],
    );
}

#[test]
fn a_parent_does_not_take_what_a_child_was_waiting_for() {
    check(
        r#"
data: { properties: { n: { default: 0 } } }
events: { go: { title: Go, roles: [clerk] } }
states:
  outer:
    after: { PT1H: { actions: { log: "'outer'" } } }
    initial: inner
    states:
      inner:
        after: { PT1H: { guard: data.n > 0, actions: { log: "'inner'" } } }
        states: { a: { on: { go: b } }, b: { type: final } }
        onDone: .a
    onDone: { actions: { log: "'never'" } }
"#,
        &["fire 1", "fire 0", "go"],
        expect![[r#"
            start
              schedule 0 at noon + 3600 s
              schedule 1 at noon + 3600 s
            = outer.inner.a {"n": 0}
            fire 1
              guard: false
            = outer.inner.a {"n": 0} (not taken)
            fire 0
              log "outer"
            = outer.inner.a {"n": 0}
            go
              guard: true
            = outer.inner.a {"n": 0}
        "#]],
    );
}

#[test]
fn events_below_a_name_store_their_own_fields() {
    check(
        r#"
data: { properties: { a: {}, b: {} } }
events:
  say.a: { title: A, roles: [clerk], requires: [a], input: { b: {} } }
  say.b: { title: B, roles: [clerk], accepts: [b] }
states:
  open:
    on: { say.*: { actions: { log: "has(event.data.b) ? event.data.b : 'none'" } } }
"#,
        &[r#"say.a {"a": 1, "b": 2}"#, r#"say.b {"b": 3}"#],
        expect![[r#"
            start
            = open
            say.a {"a": 1, "b": 2}
              log 2
            = open {"a": 1}
            say.b {"b": 3}
              log 3
            = open {"a": 1, "b": 3}
        "#]],
    );
}

#[test]
fn transitions_in_a_list_are_tried_in_its_order() {
    check(
        r##"
data: {}
events: { a.b: { title: A, roles: [clerk] }, c: { title: C, roles: [clerk] } }
initial: { target: "#deep", actions: { log: "'start'" } }
states:
  open:
    entry: [ { block: [ { log: 1 / 0 }, { log: "'never'" } ] }, { log: "'still'" } ]
    states:
      first: {}
      second:
        id: deep
        on:
          - { event: a, guard: "false", target: "#done" }
          - { event: [c, "a.*"], actions: { raise: { event: { expr: "'own.' + event.name" } } } }
          - { event: a.b, target: "#done" }
        always: []
    on: { own.*: { target: "#done", guard: event.type == 'internal' } }
  done: { type: final }
"##,
        &["a.b"],
        expect![[r#"
            start
              log "start"
              error: `1 / 0`: division by zero
              log "still"
            = deep
            a.b
              guard: false
              guard: true
            = done (done: null)
        "#]],
    );
}
