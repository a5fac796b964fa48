//! Where the interpreter differs from SCXML on purpose: one test for each line of the source that
//! says so.

use expect_test::expect;

use crate::run::check;

#[test]
fn a_history_state_without_a_default_starts_where_its_parent_starts() {
    check(
        "
         state out
           on e -> h
           on f -> g
         state p
           initial c
           history h
           on back -> out
           state a
           state b
             state c
         parallel q
           deep g
           state r
           state s
             state d",
        &["e", "back", "f"],
        expect![[r#"
            start
              enter out
            = out
            event e
              exit out
              take out -e-> h
              enter p b c
            = c
            event back
              exit c b p
              take p -back-> out
              enter out
            = out
            event f
              exit out
              take out -f-> g
              enter q r s d
            = r d
        "#]],
    );
}

#[test]
fn the_root_has_transitions_content_and_services_and_is_left_only_at_the_end() {
    check(
        r#"
         entry log "entry of root"
         exit log "exit of root"; log in(root)
         invoke job x.y
         on restart -> a
         on note / log in(root)
         on end -> f
         state a
           on e -> b
         state b
         final f"#,
        &["e", "note", "restart", "end"],
        expect![[r#"
            start
              log "entry of root"
              enter a
              ! start 0 job x.y null
            = a
            event e
              exit a
              take a -e-> b
              enter b
            = b
            event note
              take root -note->
              log true
            = b
            event restart
              exit b
              take root -restart-> a
              enter a
            = a
            event end
              exit a
              take root -end-> f
              enter f
              log "exit of root"
              log true
              ! stop 0 job
            = f (done: null)
        "#]],
    );
}

#[test]
fn a_transition_of_the_root_leaves_everything_below_it_whatever_its_type() {
    check(
        "
         on external -> b
         on internal => c
         parallel p
           state r
             state a
             state b
           state s
             state c",
        &["external", "internal"],
        expect![[r#"
            start
              enter p r a s c
            = a c
            event external
              exit c s a r p
              take root -external-> b
              enter p r b s c
            = b c
            event internal
              exit c s b r p
              take root -internal-> c
              enter p r a s c
            = a c
        "#]],
    );
}

#[test]
fn a_decision_without_an_answer_is_no_event_that_the_chart_could_handle() {
    check(
        "
         state a
           on e -> b / decide broken (1) -> x
           on error.execution -> b
         state b",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            refused: `test.broken` trapped
        "#]],
    );
}

#[test]
fn a_run_that_is_done_shows_where_it_ended() {
    check(
        "
         state a
           on e -> f
         final f",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              exit a
              take a -e-> f
              enter f
            = f (done: null)
        "#]],
    );
}

#[test]
fn an_eventless_guard_that_fails_raises_its_error_once_in_a_step() {
    check(
        "
         state a
           always [fail] -> b
           on error.execution / log 1
         state b",
        &["e"],
        expect![[r#"
            start
              enter a
              guard a -> b failed: it fails
              error it fails
            platform event error.execution
              take a -error.execution->
              log 1
              guard a -> b failed: it fails
            = a
            event e
              guard a -> b failed: it fails
              error it fails
            platform event error.execution
              take a -error.execution->
              log 1
              guard a -> b failed: it fails
            = a (not taken)
        "#]],
    );
}

#[test]
fn a_guard_that_fails_on_its_own_error_raises_it_once_in_a_step() {
    check(
        "
         state a
           on * [fail] -> b
         state b",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              guard a -*-> b failed: it fails
              error it fails
            platform event error.execution
              guard a -*-> b failed: it fails
            = a (not taken)
        "#]],
    );
}

#[test]
fn names_bound_by_foreach_leave_no_trace_in_the_data() {
    check(
        "
         data n = 0
         state a
           on e / foreach item i in [1, 2] { n = n + item }",
        &["e"],
        expect![[r#"
            start
              enter a
            = a {"n": 0}
            event e
              take a -e->
            = a {"n": 3}
        "#]],
    );
}

#[test]
fn history_that_is_kept_on_the_way_out_does_not_narrow_the_domain() {
    // Before the exit `h` stands for `r`, so everything is left. After it `h` stands for `a`, and
    // the domain, found again, would be `r`: `a` would be entered without its ancestors.
    check(
        "
         state out
         initial a
         parallel p
           deep h
           state r
             state a
               on e -> h
             state b",
        &["e"],
        expect![[r#"
            start
              enter p r a
            = a
            event e
              exit a r p
              take a -e-> h
              enter p r a
            = a
        "#]],
    );
}

#[test]
fn history_whose_parent_stays_active_enters_nothing_that_was_not_left() {
    // Appendix D would enter `p`, `r` and `s` again, and `c` beside `d`.
    check(
        "
         state top
           deep h -> b
           parallel p
             entry log 1
             state r
               entry log 2
               state a
                 on e -> h
               state b
             state s
               state c
                 on x -> d
               state d",
        &["x", "e"],
        expect![[r#"
            start
              enter top p
              log 1
              enter r
              log 2
              enter a s c
            = a c
            event x
              exit c
              take c -x-> d
              enter d
            = a d
            event e
              exit a
              take a -e-> h
              enter b
            = b d
        "#]],
    );
}
