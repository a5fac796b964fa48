//! Final states, done events and the end of a run (SCXML 3.7, 3.4, 5.5, `exitInterpreter`).

use expect_test::expect;

use crate::run::check;

#[test]
fn a_final_child_raises_done_state_of_its_parent_with_the_output() {
    check(
        "
         data n = 5
         state p
           on done.state.p -> z / log event.data
           state a
             on e -> f
           final f
             entry raise entered
             output n + 1
         state z",
        &["e"],
        expect![[r#"
            start
              enter p a
            = a {"n": 5}
            event e
              exit a
              take a -e-> f
              enter f
            internal event entered
            platform event done.state.p
              exit f p
              take p -done.state.p-> z
              log 6
              enter z
            = z {"n": 5}
        "#]],
    );
}

#[test]
fn an_output_that_fails_raises_an_error_and_leaves_the_done_event_empty() {
    check(
        "
         state p
           on * / log event.name; log event.data
           state a
             on e -> f
           final f
             output missing",
        &["e"],
        expect![[r#"
            start
              enter p a
            = a
            event e
              exit a
              take a -e-> f
              enter f
              error `missing` is not there
            platform event error.execution
              take p -*->
              log "error.execution"
              log {"message": "`missing` is not there"}
            platform event done.state.p
              take p -*->
              log "done.state.p"
              log null
            = f
        "#]],
    );
}

#[test]
fn a_parallel_state_is_done_when_every_region_is() {
    check(
        "
         parallel p
           on done.state.p -> z
           state r
             state a
               on x -> b
             final b
           state s
             state c
               on y -> d
             final d
         state z",
        &["x", "y"],
        expect![[r#"
            start
              enter p r a s c
            = a c
            event x
              exit a
              take a -x-> b
              enter b
            platform event done.state.r
            = b c
            event y
              exit c
              take c -y-> d
              enter d
            platform event done.state.s
            platform event done.state.p
              exit d s b r p
              take p -done.state.p-> z
              enter z
            = z
        "#]],
    );
}

#[test]
fn a_region_that_is_parallel_is_done_when_its_regions_are() {
    check(
        "
         parallel p
           on done.state.p -> z
           parallel o
             state r
               state a
                 on x -> b
               final b
             state s
               state c
                 on x -> d
               final d
           state t
             state e
               on y -> f
             final f
         state z",
        &["x", "y"],
        expect![[r#"
            start
              enter p o r a s c t e
            = a c e
            event x
              exit c a
              take a -x-> b
              take c -x-> d
              enter b d
            platform event done.state.r
            platform event done.state.s
            platform event done.state.o
            = b d e
            event y
              exit e
              take e -y-> f
              enter f
            platform event done.state.t
            platform event done.state.p
              exit f t d s b r o p
              take p -done.state.p-> z
              enter z
            = z
        "#]],
    );
}

#[test]
fn a_parallel_state_with_an_atomic_region_is_never_done() {
    check(
        "
         parallel p
           on done.state.p -> z
           state r
             state a
               on x -> b
             final b
           state s
         state z",
        &["x"],
        expect![[r#"
            start
              enter p r a s
            = a s
            event x
              exit a
              take a -x-> b
              enter b
            platform event done.state.r
            = b s
        "#]],
    );
}

#[test]
fn a_final_state_below_the_top_does_not_end_the_run() {
    check(
        "
         state p
           on again -> a
           state a
             on e -> f
           final f",
        &["e", "again"],
        expect![[r#"
            start
              enter p a
            = a
            event e
              exit a
              take a -e-> f
              enter f
            platform event done.state.p
            = f
            event again
              exit f p
              take p -again-> a
              enter p a
            = a
        "#]],
    );
}

#[test]
fn a_final_child_of_the_root_ends_the_run_and_everything_is_left() {
    check(
        r#"
         exit log "exit of root"
         invoke job a.b
         state a
           entry send late id s after 500
           on e -> f
         final f
           entry raise never; log "entry of f"
           exit log "exit of f"; log in(f) as in.f
           output event.data
           on never -> a"#,
        &["e (7)", "e"],
        expect![[r#"
            start
              enter a
              ! schedule 0 at 500ms
              ! start 1 job a.b null
            = a
            event e
              exit a
              take a -e-> f
              enter f
              log "entry of f"
              log "exit of f"
              log in.f: true
              log "exit of root"
              ! stop 1 job
              ! unschedule 0
            = f (done: 7)
            refused: the run has ended
        "#]],
    );
}

#[test]
fn the_run_can_end_before_the_first_event() {
    check(
        "
         state a
           always -> f
         final f",
        &["e", "fire 0"],
        expect![[r#"
            start
              enter a
              exit a
              take a -> f
              enter f
            = f (done: null)
            refused: the run has ended
            fire 0
            refused: the run has ended
        "#]],
    );
}

#[test]
fn what_exit_content_sends_at_the_end_is_dropped() {
    check(
        "
         state a
           on e -> f
         final f
           exit send late after 10; raise never; emit told (1)",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              exit a
              take a -e-> f
              enter f
              ! schedule 0 at 1010ms
              ! emit told 1
              ! unschedule 0
            = f (done: null)
        "#]],
    );
}
