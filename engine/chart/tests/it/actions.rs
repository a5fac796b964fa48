//! Executable content (SCXML 4.1, 4.2, 4.7, 4.8, 5.4).

use expect_test::expect;

use crate::run::check;

#[test]
fn an_error_skips_the_rest_of_its_block_and_no_other_block() {
    check(
        "
         state a
           entry log 1; x = fail; log 2
           entry log 3
           exit log 4; log fail; log 5
           exit log 6
           on e -> b / log 7; raise r (fail); log 8
         state b
           entry log 9",
        &["e"],
        expect![[r#"
            start
              enter a
              log 1
              error it fails
              log 3
            platform event error.execution
            = a
            event e
              exit a
              log 4
              error it fails
              log 6
              take a -e-> b
              log 7
              error it fails
              enter b
              log 9
            platform event error.execution
            platform event error.execution
            = b
        "#]],
    );
}

#[test]
fn every_action_that_fails_raises_error_execution() {
    check(
        r#"
         data n = 1
         state a
           entry x = fail
           entry n.inside = 1
           entry merge fail
           entry merge [1]
           entry raise r (fail)
           entry send s after fail
           entry send s after "soon"
           entry send s data fail
           entry log fail
           entry emit e (fail)
           entry foreach i in fail { log i }
           entry foreach i in 7 { log i }
           entry decide echo (fail) -> x
           entry decide echo (1) -> n.inside
           on error.execution / log event.data"#,
        &[],
        expect![[r#"
            start
              enter a
              error it fails
              error `data.n` is no object and has no such item, so nothing fits below it
              error it fails
              error expected an object to assign from, found array
              error it fails
              error it fails
              error "soon" is no delay
              error it fails
              error it fails
              error it fails
              error it fails
              error expected an array to go through, found integer
              error it fails
              decision test.echo = 1
              error `data.n` is no object and has no such item, so nothing fits below it
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "`data.n` is no object and has no such item, so nothing fits below it"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "expected an object to assign from, found array"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "\"soon\" is no delay"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "expected an array to go through, found integer"}
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "`data.n` is no object and has no such item, so nothing fits below it"}
            = a {"n": 1}
        "#]],
    );
}

#[test]
fn assignments_make_the_way_and_are_seen_at_once() {
    check(
        "
         data n = 1
         state a
           on e / customer.tier = n; n = customer.tier + 1; merge {m: n, n: 9}
           on all / * = {fresh: true}",
        &["e", "all"],
        expect![[r#"
            start
              enter a
            = a {"n": 1}
            event e
              take a -e->
            = a {"n": 9, "customer": {"tier": 1}, "m": 2}
            event all
              take a -all->
            = a {"fresh": true}
        "#]],
    );
}

#[test]
fn raised_events_carry_data_and_are_internal() {
    check(
        "
         state a
           on e / raise inner (event.data + 1)
           on inner / log event.data",
        &["e (1)"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
            internal event inner
              take a -inner->
              log 2
            = a
        "#]],
    );
}

#[test]
fn log_and_emit_take_a_label_and_data() {
    check(
        r#"
         state a
           on e / log 1 as label; emit told ({n: 1}); emit bare"#,
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              log label: 1
              ! emit told {"n": 1}
              ! emit bare null
            = a
        "#]],
    );
}

#[test]
fn a_decision_puts_its_answer_into_the_data_and_the_trace() {
    check(
        "
         data n = 4
         state a
           on e / decide echo ({n: n}) -> grade.of; log grade.of.n",
        &["e"],
        expect![[r#"
            start
              enter a
            = a {"n": 4}
            event e
              take a -e->
              decision test.echo = {"n": 4}
              log 4
            = a {"n": 4, "grade": {"of": {"n": 4}}}
        "#]],
    );
}
