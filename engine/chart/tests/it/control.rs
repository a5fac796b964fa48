//! Content that chooses or repeats: `if` and `foreach` (SCXML 4.3 to 4.6).

use expect_test::expect;

use crate::run::check;

#[test]
fn the_first_branch_that_holds_is_taken() {
    check(
        "
         data n = 0
         state a
           on e / if n == 0 { log 0 } elseif n == 1 { log 1 } else { log 2 }; n = n + 1",
        &["e", "e", "e"],
        expect![[r#"
            start
              enter a
            = a {"n": 0}
            event e
              take a -e->
              log 0
            = a {"n": 1}
            event e
              take a -e->
              log 1
            = a {"n": 2}
            event e
              take a -e->
              log 2
            = a {"n": 3}
        "#]],
    );
}

#[test]
fn without_a_branch_that_holds_and_without_else_nothing_happens() {
    check(
        "
         state a
           on e / if false { log 1 } elseif false { log 2 }; log 3",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              log 3
            = a
        "#]],
    );
}

#[test]
fn a_condition_that_fails_is_false_and_an_error_but_does_not_end_the_block() {
    check(
        "
         state a
           on e / if fail { log 1 } elseif 7 { log 2 } else { log 3 }; log 4
           on error.execution / log event.data",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              error it fails
              error expected a boolean, found integer
              log 3
              log 4
            platform event error.execution
              take a -error.execution->
              log {"message": "it fails"}
            platform event error.execution
              take a -error.execution->
              log {"message": "expected a boolean, found integer"}
            = a
        "#]],
    );
}

#[test]
fn an_error_inside_a_branch_ends_the_whole_block() {
    check(
        "
         state a
           on e / if true { log 1; log fail; log 2 }; log 3",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              log 1
              error it fails
            platform event error.execution
            = a
        "#]],
    );
}

#[test]
fn foreach_goes_through_a_copy() {
    check(
        "
         data items = [1, 2, 3]
         state a
           on e / foreach item in items { items = items + [item]; log item }",
        &["e"],
        expect![[r#"
            start
              enter a
            = a {"items": [1, 2, 3]}
            event e
              take a -e->
              log 1
              log 2
              log 3
            = a {"items": [1, 2, 3, 1, 2, 3]}
        "#]],
    );
}

#[test]
fn foreach_binds_item_and_index_and_nests() {
    check(
        r#"
         data item = "outside"
         state a
           on e / foreach item i in [["a", "b"], ["c"]] { foreach part j in item { log [i, j, part] } }; log item"#,
        &["e"],
        expect![[r#"
            start
              enter a
            = a {"item": "outside"}
            event e
              take a -e->
              log [0, 0, "a"]
              log [0, 1, "b"]
              log [1, 0, "c"]
              log "outside"
            = a {"item": "outside"}
        "#]],
    );
}

#[test]
fn an_error_inside_foreach_ends_the_loop_and_the_block() {
    check(
        "
         state a
           on e / foreach item in [1, 2, 3] { log item; if item == 2 { log fail } }; log 9
           on after / log item",
        &["e", "after"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
              log 1
              log 2
              error it fails
            platform event error.execution
            = a
            event after
              take a -after->
              error `item` is not there
            platform event error.execution
            = a
        "#]],
    );
}
