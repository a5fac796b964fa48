//! Services that run while a state is active (SCXML 6.4).

use expect_test::expect;

use crate::run::check;

#[test]
fn a_service_starts_when_the_macrostep_ends_and_stops_when_its_state_is_left() {
    check(
        r#"
         data n = 1
         state a
           entry n = 2
           invoke job crm.push ({n: n})
           exit emit leaving
           on e -> b
         state b"#,
        &["e"],
        expect![[r#"
            start
              enter a
              ! start 0 job crm.push {"n": 2}
            = a {"n": 2}
            event e
              exit a
              take a -e-> b
              enter b
              ! emit leaving null
              ! stop 0 job
            = b {"n": 2}
        "#]],
    );
}

#[test]
fn a_state_that_is_left_within_the_macrostep_starts_nothing() {
    check(
        "
         state a
           invoke first x.y
           always -> b
         state b
           invoke second x.y",
        &[],
        expect![[r#"
            start
              enter a
              exit a
              take a -> b
              enter b
              ! start 0 second x.y null
            = b
        "#]],
    );
}

#[test]
fn services_start_in_entry_order_and_stop_in_exit_order() {
    check(
        "
         parallel p
           invoke one x.y
           invoke two x.y
           on e -> z
           state r
             invoke three x.y
           state s
             invoke four x.y
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r s
              ! start 0 one x.y null
              ! start 1 two x.y null
              ! start 2 three x.y null
              ! start 3 four x.y null
            = r s
            event e
              exit s r p
              take p -e-> z
              enter z
              ! stop 3 four
              ! stop 2 three
              ! stop 0 one
              ! stop 1 two
            = z
        "#]],
    );
}

#[test]
fn a_service_whose_input_fails_does_not_start_and_the_error_is_handled_in_the_same_step() {
    check(
        "
         state a
           invoke broken x.y (fail)
           invoke sound x.y
           on error.execution -> b
         state b
           invoke other x.y",
        &[],
        expect![[r#"
            start
              enter a
              error it fails
            platform event error.execution
              exit a
              take a -error.execution-> b
              enter b
              ! start 0 sound x.y null
              ! stop 0 sound
              ! start 1 other x.y null
            = b
        "#]],
    );
}

#[test]
fn a_state_that_is_entered_again_starts_its_service_again() {
    check(
        "
         state a
           invoke job x.y
           on e -> a
           on inside / log 1",
        &["inside", "e"],
        expect![[r#"
            start
              enter a
              ! start 0 job x.y null
            = a
            event inside
              take a -inside->
              log 1
            = a
            event e
              exit a
              take a -e-> a
              enter a
              ! stop 0 job
              ! start 1 job x.y null
            = a
        "#]],
    );
}

#[test]
fn a_service_that_is_done_runs_no_more_and_its_answer_is_an_event() {
    check(
        "
         state a
           invoke job x.y
           on done.invoke.job -> b / log event.data
         state b",
        &["answer 0 (7)"],
        expect![[r#"
            start
              enter a
              ! start 0 job x.y null
            = a
            answer 0 (7)
            event done.invoke.job
              exit a
              take a -done.invoke.job-> b
              log 7
              enter b
            = b
        "#]],
    );
}

#[test]
fn a_service_that_fails_says_so_in_an_event_of_its_own() {
    check(
        "
         state a
           invoke job x.y
           on done.invoke -> b
           on error.invoke.job -> c / log event.data
         state b
         state c",
        &[r#"fail 0 ({code: "timeout"})"#],
        expect![[r#"
            start
              enter a
              ! start 0 job x.y null
            = a
            fail 0 ({code: "timeout"})
            event error.invoke.job
              exit a
              take a -error.invoke.job-> c
              log {"code": "timeout"}
              enter c
            = c
        "#]],
    );
}

#[test]
fn an_answer_that_nobody_takes_ends_the_service_all_the_same() {
    check(
        "
         state a
           invoke job x.y
           on e -> b
         state b",
        &["answer 0 (7)", "answer 0 (7)", "e"],
        expect![[r#"
            start
              enter a
              ! start 0 job x.y null
            = a
            answer 0 (7)
            event done.invoke.job
            = a (not taken)
            answer 0 (7)
            refused: no service 0 is running
            event e
              exit a
              take a -e-> b
              enter b
            = b
        "#]],
    );
}

#[test]
fn a_service_that_was_stopped_answers_no_more() {
    check(
        "
         state a
           invoke job x.y
           on e -> b
         state b
           invoke job x.y
           on done.invoke.job / log event.data",
        &["e", "answer 0 (1)", "answer 1 (2)"],
        expect![[r#"
            start
              enter a
              ! start 0 job x.y null
            = a
            event e
              exit a
              take a -e-> b
              enter b
              ! stop 0 job
              ! start 1 job x.y null
            = b
            answer 0 (1)
            refused: no service 0 is running
            answer 1 (2)
            event done.invoke.job
              take b -done.invoke.job->
              log 2
            = b
        "#]],
    );
}

#[test]
fn the_answer_is_finalized_before_transitions_are_looked_at() {
    // SCXML 6.5: the conditions see what `finalize` has written; that of another service is not run.
    check(
        "
         data n = 0
         state a
           invoke first x.y
           finalize n = event.data
           invoke second x.y
           finalize n = 100
           on done.invoke [3 < n] -> b
         state b",
        &["answer 0 (3)", "answer 1 (1)"],
        expect![[r#"
            start
              enter a
              ! start 0 first x.y null
              ! start 1 second x.y null
            = a {"n": 0}
            answer 0 (3)
            event done.invoke.first
              guard a -done.invoke-> b: false
            = a {"n": 3} (not taken)
            answer 1 (1)
            event done.invoke.second
              guard a -done.invoke-> b: true
              exit a
              take a -done.invoke-> b
              enter b
            = b {"n": 100}
        "#]],
    );
}

#[test]
fn a_service_of_the_root_runs_as_long_as_the_run() {
    check(
        "
         invoke job x.y
         state a
           on e -> b
         state b
           on e -> f
         final f",
        &["e", "e"],
        expect![[r#"
            start
              enter a
              ! start 0 job x.y null
            = a
            event e
              exit a
              take a -e-> b
              enter b
            = b
            event e
              exit b
              take b -e-> f
              enter f
              ! stop 0 job
            = f (done: null)
        "#]],
    );
}
