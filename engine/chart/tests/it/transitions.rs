//! What a transition leaves and enters (SCXML 3.5, 3.13).

use expect_test::expect;

use crate::run::check;

const COMPOUND: &str = r#"
    state p
      on targetless / log "content"
      on external -> b
      on inside => b
      on itself -> p
      on inside_itself => p
      on inside_out => out
      state a
        on up -> p
        on self -> a
        on sibling => b
      state b
    state out
"#;

#[test]
fn a_targetless_transition_leaves_nothing() {
    check(
        COMPOUND,
        &["targetless"],
        expect![[r#"
            start
              enter p a
            = a
            event targetless
              take p -targetless->
              log "content"
            = a
        "#]],
    );
}

#[test]
fn an_external_transition_leaves_and_enters_its_source() {
    check(
        COMPOUND,
        &["external"],
        expect![[r#"
            start
              enter p a
            = a
            event external
              exit a p
              take p -external-> b
              enter p b
            = b
        "#]],
    );
}

#[test]
fn an_internal_transition_leaves_its_source_alone() {
    check(
        COMPOUND,
        &["inside"],
        expect![[r#"
            start
              enter p a
            = a
            event inside
              exit a
              take p -inside-> b
              enter b
            = b
        "#]],
    );
}

#[test]
fn a_self_transition_leaves_and_enters_whatever_its_type() {
    check(
        COMPOUND,
        &["self", "itself", "inside_itself"],
        expect![[r#"
            start
              enter p a
            = a
            event self
              exit a
              take a -self-> a
              enter a
            = a
            event itself
              exit a p
              take p -itself-> p
              enter p a
            = a
            event inside_itself
              exit a p
              take p -inside_itself-> p
              enter p a
            = a
        "#]],
    );
}

#[test]
fn an_internal_transition_that_leads_outside_its_source_is_external() {
    check(
        COMPOUND,
        &["inside_out"],
        expect![[r#"
            start
              enter p a
            = a
            event inside_out
              exit a p
              take p -inside_out-> out
              enter out
            = out
        "#]],
    );
}

#[test]
fn an_internal_transition_of_an_atomic_state_is_external() {
    check(
        COMPOUND,
        &["sibling"],
        expect![[r#"
            start
              enter p a
            = a
            event sibling
              exit a
              take a -sibling-> b
              enter b
            = b
        "#]],
    );
}

#[test]
fn a_transition_to_an_ancestor_leaves_it_too() {
    check(
        COMPOUND,
        &["up"],
        expect![[r#"
            start
              enter p a
            = a
            event up
              exit a p
              take a -up-> p
              enter p a
            = a
        "#]],
    );
}

#[test]
fn an_internal_transition_of_a_parallel_state_leaves_it() {
    check(
        "
         parallel p
           on e => b
           state r
             state a
             state b
           state s",
        &["e"],
        expect![[r#"
            start
              enter p r a s
            = a s
            event e
              exit s a r p
              take p -e-> b
              enter p r b s
            = b s
        "#]],
    );
}

#[test]
fn only_states_below_the_common_compound_ancestor_are_left() {
    check(
        "
         state top
           state p
             state q
               state a
                 on e -> d
             state r
               state c
               state d",
        &["e"],
        expect![[r#"
            start
              enter top p q a
            = a
            event e
              exit a q
              take a -e-> d
              enter r d
            = d
        "#]],
    );
}

#[test]
fn a_transition_between_regions_leaves_the_parallel_state() {
    check(
        "
         state top
           parallel p
             state r
               state a
                 on e -> d
             state s
               state c
               state d",
        &["e"],
        expect![[r#"
            start
              enter top p r a s c
            = a c
            event e
              exit c s a r p
              take a -e-> d
              enter p r a s d
            = a d
        "#]],
    );
}

#[test]
fn a_transition_inside_a_region_leaves_the_other_regions_alone() {
    check(
        "
         parallel p
           state r
             state a
               on e -> b
             state b
           state s
             state c",
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
fn several_targets_are_entered_in_document_order() {
    check(
        "
         state out
           on e -> d b
         parallel p
           state r
             state a
             state b
           state s
             state c
             state d
           state t
             state e",
        &["e"],
        expect![[r#"
            start
              enter out
            = out
            event e
              exit out
              take out -e-> d b
              enter p r b s d t e
            = b d e
        "#]],
    );
}

#[test]
fn exits_come_before_content_and_content_before_entries() {
    check(
        r#"
         state a
           exit log "exit of a"
           on e -> b / log "content"; log in(a) as a; log in(b) as b
         state b
           entry log "entry of b""#,
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              exit a
              log "exit of a"
              take a -e-> b
              log "content"
              log a: false
              log b: false
              enter b
              log "entry of b"
            = b
        "#]],
    );
}

#[test]
fn transitions_of_several_regions_exit_together_then_run_then_enter_together() {
    check(
        "
         parallel p
           state r
             state a
               on e -> b / log 1
             state b
           state s
             state c
               on e -> d / log 2
             state d
           state t
             state f
               on e / log 3",
        &["e"],
        expect![[r#"
            start
              enter p r a s c t f
            = a c f
            event e
              exit c a
              take a -e-> b
              log 1
              take c -e-> d
              log 2
              take f -e->
              log 3
              enter b d
            = b d f
        "#]],
    );
}
