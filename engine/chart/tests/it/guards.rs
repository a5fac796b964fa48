//! Conditions on transitions (SCXML 5.9.1, `conditionMatch`).

use expect_test::expect;

use crate::run::check;

#[test]
fn a_guard_sees_the_event_the_data_and_the_configuration() {
    check(
        "
         data n = 1
         parallel p
           state r
             state a
               on e [event.data == n] -> b
             state b
           state s
             state c
               on f [in(a)] -> d
             state d
               on f [in(nowhere)] -> c",
        &["e (2)", "f", "f", "e (1)"],
        expect![[r#"
            start
              enter p r a s c
            = a c {"n": 1}
            event e
              guard a -e-> b: false
            = a c {"n": 1} (not taken)
            event f
              guard c -f-> d: true
              exit c
              take c -f-> d
              enter d
            = a d {"n": 1}
            event f
              guard d -f-> c: false
            = a d {"n": 1} (not taken)
            event e
              guard a -e-> b: true
              exit a
              take a -e-> b
              enter b
            = b d {"n": 1}
        "#]],
    );
}

#[test]
fn a_guard_that_fails_is_false_and_raises_error_execution() {
    check(
        "
         state a
           on e [missing] -> b
           on e -> c
         state b
         state c
           on error.execution / log event.data",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              guard a -e-> b failed: `missing` is not there
              error `missing` is not there
              exit a
              take a -e-> c
              enter c
            platform event error.execution
              take c -error.execution->
              log {"message": "`missing` is not there"}
            = c
        "#]],
    );
}

#[test]
fn a_guard_that_is_no_boolean_fails() {
    check(
        "
         state a
           on e [1 + 1] -> b
           on error.execution -> c
         state b
         state c",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              guard a -e-> b failed: expected a boolean, found integer
              error expected a boolean, found integer
            platform event error.execution
              exit a
              take a -error.execution-> c
              enter c
            = c (not taken)
        "#]],
    );
}

#[test]
fn guards_are_asked_only_until_one_holds() {
    check(
        "
         state p
           on e [fail] -> c
           state a
             on e [false] -> b
             on e [true] -> b
             on e [fail] -> c
           state b
           state c",
        &["e"],
        expect![[r#"
            start
              enter p a
            = a
            event e
              guard a -e-> b: false
              guard a -e-> b: true
              exit a
              take a -e-> b
              enter b
            = b
        "#]],
    );
}

#[test]
fn all_guards_are_asked_before_any_content_runs() {
    check(
        "
         data n = 0
         parallel p
           state r
             on e [n == 0] / n = 1
           state s
             on e [n == 0] / log n",
        &["e"],
        expect![[r#"
            start
              enter p r s
            = r s {"n": 0}
            event e
              guard r -e->: true
              guard s -e->: true
              take r -e->
              take s -e->
              log 1
            = r s {"n": 1}
        "#]],
    );
}
