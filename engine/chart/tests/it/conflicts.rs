//! Transitions that would leave the same state (SCXML 3.13, `removeConflictingTransitions`).

use expect_test::expect;

use crate::run::check;

#[test]
fn of_two_regions_the_first_in_document_order_preempts_the_other() {
    check(
        "
         parallel p
           state r
             state a
               on e -> y
           state s
             state b
               on e -> z
         state y
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r a s b
            = a b
            event e
              exit b s a r p
              take a -e-> y
              enter y
            = y
        "#]],
    );
}

#[test]
fn a_transition_out_of_the_parallel_state_preempts_a_later_one_inside() {
    check(
        "
         parallel p
           state r
             state a
               on e -> z
           state s
             state b
               on e -> c
             state c
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r a s b
            = a b
            event e
              exit b s a r p
              take a -e-> z
              enter z
            = z
        "#]],
    );
}

#[test]
fn a_transition_inside_preempts_a_later_one_out_of_the_parallel_state() {
    check(
        "
         parallel p
           state r
             state a
               on e -> b
             state b
           state s
             state c
               on e -> z
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r a s c
            = a c
            event e
              exit a
              take a -e-> b
              enter b
            = b c
        "#]],
    );
}

#[test]
fn a_descendant_preempts_its_ancestor_even_when_it_was_found_later() {
    check(
        "
         parallel p
           on e -> z
           state r
             state a
           state s
             state b
               on e -> c
             state c
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r a s b
            = a b
            event e
              exit b
              take b -e-> c
              enter c
            = a c
        "#]],
    );
}

#[test]
fn a_descendant_found_later_removes_only_what_it_conflicts_with() {
    check(
        "
         parallel p
           state q
             parallel o
               on e -> y
               state r
                 state a
               state s
                 state b
                   on e -> c
                 state c
             state y
           state t
             state f
               on e -> g
             state g",
        &["e"],
        expect![[r#"
            start
              enter p q o r a s b t f
            = a b f
            event e
              exit f b
              take b -e-> c
              take f -e-> g
              enter c g
            = a c g
        "#]],
    );
}

#[test]
fn a_targetless_transition_conflicts_with_nothing() {
    check(
        "
         parallel p
           on e / log 1
           state r
             state a
           state s
             state b
               on e -> z
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r a s b
            = a b
            event e
              exit b s a r p
              take p -e->
              log 1
              take b -e-> z
              enter z
            = z
        "#]],
    );
}

#[test]
fn a_transition_of_a_common_ancestor_is_taken_once_and_its_guard_asked_once() {
    check(
        "
         data n = 0
         parallel p
           on e [n == 0] / n = n + 1
           state r
           state s
           state t",
        &["e", "e"],
        expect![[r#"
            start
              enter p r s t
            = r s t {"n": 0}
            event e
              guard p -e->: true
              take p -e->
            = r s t {"n": 1}
            event e
              guard p -e->: false
            = r s t {"n": 1} (not taken)
        "#]],
    );
}

#[test]
fn a_preempted_transition_does_not_run_its_content() {
    check(
        "
         parallel p
           state r
             state a
               on e -> z / log 1
           state s
             on e -> z / log 2
         state z",
        &["e"],
        expect![[r#"
            start
              enter p r a s
            = a s
            event e
              exit s a r p
              take a -e-> z
              log 1
              enter z
            = z
        "#]],
    );
}
