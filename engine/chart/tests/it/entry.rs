//! Where a run starts and what is entered (SCXML 3.2 to 3.6, 3.8, 3.9, 3.11).

use expect_test::expect;

use crate::run::check;

#[test]
fn the_first_child_is_the_default_and_parents_are_entered_before_children() {
    check(
        "
         state a
           entry log 1
           state b
             entry log 2
             state c
               entry log 3
             state d
         state e",
        &[],
        expect![[r#"
            start
              enter a
              log 1
              enter b
              log 2
              enter c
              log 3
            = c
        "#]],
    );
}

#[test]
fn an_initial_transition_leads_to_any_descendant() {
    check(
        "
         initial c
         state a
           state b
             state c
             state d",
        &[],
        expect![[r#"
            start
              enter a b c
            = c
        "#]],
    );
}

#[test]
fn initial_content_runs_after_the_entry_of_the_parent_and_before_that_of_the_child() {
    check(
        r#"
         initial a / log "content of root"
         entry log "entry of root"
         state a
           entry log "entry of a"
           initial c / log "content of a"
           state b
           state c
             entry log "entry of c""#,
        &[],
        expect![[r#"
            start
              log "entry of root"
              log "content of root"
              enter a
              log "entry of a"
              log "content of a"
              enter c
              log "entry of c"
            = c
        "#]],
    );
}

#[test]
fn initial_content_runs_only_when_the_default_is_entered() {
    check(
        r#"
         state out
           on past -> c
           on at -> a
         state a
           initial b / log "content of a"
           on back -> out
           state b
           state c"#,
        &["past", "back", "at"],
        expect![[r#"
            start
              enter out
            = out
            event past
              exit out
              take out -past-> c
              enter a c
            = c
            event back
              exit c a
              take a -back-> out
              enter out
            = out
            event at
              exit out
              take out -at-> a
              enter a
              log "content of a"
              enter b
            = b
        "#]],
    );
}

#[test]
fn initial_content_without_a_target_goes_with_the_first_child() {
    check(
        r#"
         state a
           initial / log "content of a"
           state b
           state c"#,
        &[],
        expect![[r#"
            start
              enter a
              log "content of a"
              enter b
            = b
        "#]],
    );
}

#[test]
fn an_initial_transition_with_several_targets_enters_them_all() {
    check(
        "
         initial b d
         state out
         parallel p
           state r
             state a
             state b
           state s
             state c
             state d
           state t
             state e",
        &[],
        expect![[r#"
            start
              enter p r b s d t e
            = b d e
        "#]],
    );
}

#[test]
fn regions_are_entered_in_document_order_and_left_in_reverse() {
    check(
        r#"
         parallel p
           entry log "entry of p"
           exit log "exit of p"
           on e -> z
           state r
             exit log "exit of r"
             state a
               exit log "exit of a"
           state s
             exit log "exit of s"
             state b
               exit log "exit of b"
         state z"#,
        &["e"],
        expect![[r#"
            start
              enter p
              log "entry of p"
              enter r a s b
            = a b
            event e
              exit b
              log "exit of b"
              exit s
              log "exit of s"
              exit a
              log "exit of a"
              exit r
              log "exit of r"
              exit p
              log "exit of p"
              take p -e-> z
              enter z
            = z
        "#]],
    );
}

#[test]
fn regions_that_no_target_names_start_with_their_default() {
    check(
        "
         state a
           on e -> d
         parallel p
           state r
             state b
           state s
             state c
             state d
           parallel t
             state u
               state f
             state v",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              exit a
              take a -e-> d
              enter p r b s d t u f v
            = b d f v
        "#]],
    );
}

#[test]
fn entry_and_exit_blocks_run_in_document_order() {
    check(
        "
         state a
           entry log 1; log 2
           entry log 3
           exit log 4
           exit log 5; log 6
           on e -> b
         state b",
        &["e"],
        expect![[r#"
            start
              enter a
              log 1
              log 2
              log 3
            = a
            event e
              exit a
              log 4
              log 5
              log 6
              take a -e-> b
              enter b
            = b
        "#]],
    );
}

#[test]
fn a_state_is_active_from_before_its_entry_content_until_after_its_exit_content() {
    check(
        "
         state a
           entry log in(a) as own; log in(b) as child
           exit log in(a) as own; log in(b) as child
           state b
             exit log in(a) as parent; log in(b) as own
           on e -> z
         state z
           entry log in(a)",
        &["e"],
        expect![[r#"
            start
              enter a
              log own: true
              log child: false
              enter b
            = b
            event e
              exit b
              log parent: true
              log own: true
              exit a
              log own: true
              log child: false
              take a -e-> z
              enter z
              log false
            = z
        "#]],
    );
}

#[test]
fn the_root_is_always_active() {
    check(
        r#"
         entry log "root starts"
         on e / log in(root)
         on move -> b
         state a
         state b"#,
        &["e", "move"],
        expect![[r#"
            start
              log "root starts"
              enter a
            = a
            event e
              take root -e->
              log true
            = a
            event move
              exit a
              take root -move-> b
              enter b
            = b
        "#]],
    );
}
