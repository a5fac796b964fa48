//! Delayed events (SCXML 6.2, 6.3).

use casewright_chart::StepError;
use expect_test::expect;

use crate::notation::machine;
use crate::run::{Run, check};

#[test]
fn a_sent_event_waits_until_it_is_fired() {
    check(
        "
         state a
           on e / send remind id r after 500 data {n: 1}; send plain
           on remind -> b / log event.data; log event.send_id; log now
           on plain / log event.send_id
         state b",
        &["e", "fire 1", "fire 0"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              ! schedule 0 at 1500ms
              ! schedule 1 at 1000ms
            = a
            fire 1
            event plain
              take a -plain->
              log null
            = a
            fire 0
            event remind
              exit a
              take a -remind-> b
              log {"n": 1}
              log "r"
              log 3000
              enter b
            = b
        "#]],
    );
}

#[test]
fn the_data_of_a_sent_event_is_that_of_the_moment_it_was_sent() {
    check(
        "
         data n = 1
         state a
           on e / send later after 10 data n; n = 2
           on later / log event.data; log n",
        &["e", "fire 0"],
        expect![[r#"
            start
              enter a
            = a {"n": 1}
            event e
              take a -e->
              ! schedule 0 at 1010ms
            = a {"n": 2}
            fire 0
            event later
              take a -later->
              log 1
              log 2
            = a {"n": 2}
        "#]],
    );
}

#[test]
fn cancel_drops_every_event_with_the_id_and_no_other() {
    check(
        "
         state a
           on e / send x id s after 1; send y id t after 2; send z id s after 3; send w after 4
           on stop / cancel s; cancel nothing
           on * / log event.name",
        &["e", "stop", "fire 0", "fire 1", "fire 2", "fire 3"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              ! schedule 0 at 1001ms
              ! schedule 1 at 1002ms
              ! schedule 2 at 1003ms
              ! schedule 3 at 1004ms
            = a
            event stop
              take a -stop->
              ! unschedule 0
              ! unschedule 2
            = a
            fire 0
            refused: no event 0 is pending
            fire 1
            event y
              take a -*->
              log "y"
            = a
            fire 2
            refused: no event 2 is pending
            fire 3
            event w
              take a -*->
              log "w"
            = a
        "#]],
    );
}

#[test]
fn an_event_is_fired_once() {
    let mut run = Run::new(
        machine(
            "
             state a
               entry send x after 1",
        ),
        Default::default(),
    );
    run.start();
    assert_eq!(run.event("fire 0"), None);
    assert_eq!(run.event("fire 0"), Some(StepError::NotPending(0)));
    assert_eq!(run.event("fire 9"), Some(StepError::NotPending(9)));
}

#[test]
fn an_event_that_is_cancelled_in_the_step_that_sent_it_never_comes() {
    check(
        "
         state a
           on e / send x id s after 1; cancel s",
        &["e", "fire 0"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              ! schedule 0 at 1001ms
              ! unschedule 0
            = a
            fire 0
            refused: no event 0 is pending
        "#]],
    );
}

#[test]
fn numbers_are_never_used_again() {
    check(
        "
         state a
           on e / send x id s after 1
           on stop / cancel s",
        &["e", "stop", "e", "fire 0", "fire 1"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              ! schedule 0 at 1001ms
            = a
            event stop
              take a -stop->
              ! unschedule 0
            = a
            event e
              take a -e->
              ! schedule 1 at 3001ms
            = a
            fire 0
            refused: no event 0 is pending
            fire 1
            event x
            = a (not taken)
        "#]],
    );
}

#[test]
fn what_is_pending_outlives_its_state() {
    check(
        "
         state a
           entry send x after 5
           on e -> b
         state b
           on x -> a",
        &["e", "fire 0"],
        expect![[r#"
            start
              enter a
              ! schedule 0 at 5ms
            = a
            event e
              exit a
              take a -e-> b
              enter b
            = b
            fire 0
            event x
              exit b
              take b -x-> a
              enter a
              ! schedule 1 at 2005ms
            = a
        "#]],
    );
}

#[test]
fn a_delay_beyond_the_end_of_time_is_the_end_of_time() {
    check(
        "
         state a
           on e / send x after 9223372036854775807",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              ! schedule 0 at 9223372036854775807ms
            = a
        "#]],
    );
}

#[test]
fn a_target_says_which_queue_an_event_goes_to() {
    check(
        r##"
         data to = "#_internal"
         state a
           on e / send x; send y to "#_internal"; send z id me to (to)
           on * / log event.name; log event.send_id"##,
        &["e", "fire 0"],
        expect![[r##"
            start
              enter a
            = a {"to": "#_internal"}
            event e
              take a -e->
            internal event y
              take a -*->
              log "y"
              log null
            internal event z
              take a -*->
              log "z"
              log "me"
              ! schedule 0 at 1000ms
            = a {"to": "#_internal"}
            fire 0
            event x
              take a -*->
              log "x"
              log null
            = a {"to": "#_internal"}
        "##]],
    );
}

#[test]
fn what_reaches_nobody_is_an_error_with_the_id_of_its_send() {
    check(
        r##"
         data count = 0
         state a
           on far / send x id f to "#_scxml_other"; count = 1
           on wrong / send x into id to "nowhere"; count = 2
           on strange / send x by "mail"; count = 3
           on late / send x to "#_internal" after 5; count = 4
           on nameless / send x to (count); count = 5
           on error / log event.name; log event.send_id; log count"##,
        &["far", "wrong", "strange", "late", "nameless"],
        expect![[r#"
            start
              enter a
            = a {"count": 0}
            event far
              take a -far->
              error `#_scxml_other` cannot be reached
            platform event error.communication
              take a -error->
              log "error.communication"
              log "f"
              log 0
            = a {"count": 0}
            event wrong
              take a -wrong->
              error `nowhere` is no target for an event
            platform event error.execution
              take a -error->
              log "error.execution"
              log "send.0"
              log 0
            = a {"count": 0, "id": "send.0"}
            event strange
              take a -strange->
              error events cannot be sent by `mail`
            platform event error.execution
              take a -error->
              log "error.execution"
              log null
              log 0
            = a {"count": 0, "id": "send.0"}
            event late
              take a -late->
              error an event to the internal queue has no delay
            platform event error.execution
              take a -error->
              log "error.execution"
              log null
              log 0
            = a {"count": 0, "id": "send.0"}
            event nameless
              take a -nameless->
              error expected a name, which is text, found integer
            platform event error.execution
              take a -error->
              log "error.execution"
              log null
              log 0
            = a {"count": 0, "id": "send.0"}
        "#]],
    );
}
