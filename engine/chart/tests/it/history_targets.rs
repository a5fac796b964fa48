//! History states among other targets, as a start, and inside their own parent (SCXML 3.10).

use expect_test::expect;

use crate::run::check;

#[test]
fn histories_of_two_regions_are_entered_together() {
    check(
        "
         parallel p
           on leave -> out
           state q
             deep hq -> a
             state a
               on x -> b
             state b
           state r
             history hr -> d
             state c
             state d
         state out
           on back -> hq hr",
        &["x", "leave", "back"],
        expect![[r#"
            start
              enter p q a r c
            = a c
            event x
              exit a
              take a -x-> b
              enter b
            = b c
            event leave
              exit c r b q p
              take p -leave-> out
              enter out
            = out
            event back
              exit out
              take out -back-> hq hr
              enter p q b r c
            = b c
        "#]],
    );
}

#[test]
fn history_is_kept_before_any_exit_content_runs() {
    check(
        "
         state p
           on leave -> out
           history h -> a
           state a
             on x -> b
           state b
             exit raise left
         state out
           on left -> h",
        &["x", "leave"],
        expect![[r#"
            start
              enter p a
            = a
            event x
              exit a
              take a -x-> b
              enter b
            = b
            event leave
              exit b p
              take p -leave-> out
              enter out
            internal event left
              exit out
              take out -left-> h
              enter p b
            = b
        "#]],
    );
}

#[test]
fn a_history_state_can_be_where_its_parent_starts() {
    check(
        "
         state p
           initial h
           on leave -> out
           history h -> b
           state a
           state b
             on x -> a
         state out
           on back -> p",
        &["x", "leave", "back"],
        expect![[r#"
            start
              enter p b
            = b
            event x
              exit b
              take b -x-> a
              enter a
            = a
            event leave
              exit a p
              take p -leave-> out
              enter out
            = out
            event back
              exit out
              take out -back-> p
              enter p a
            = a
        "#]],
    );
}

#[test]
fn a_default_can_lead_through_other_history_states() {
    // Appendix D keeps one content for a parent: of `outer` and `sibling` the last one's runs.
    check(
        r#"
         state out
           on e -> outer
         state p
           history outer -> sibling / log "content of outer"
           deep sibling -> inner / log "content of sibling"
           state a
           state q
             entry log "entry of q"
             history inner -> c / log "content of inner"
             state b
             state c"#,
        &["e"],
        expect![[r#"
            start
              enter out
            = out
            event e
              exit out
              take out -e-> outer
              enter p
              log "content of sibling"
              enter q
              log "entry of q"
              log "content of inner"
              enter c
            = c
        "#]],
    );
}

#[test]
fn a_transition_inside_the_parent_returns_to_what_was_there_before() {
    check(
        "
         state p
           on leave -> out
           history h -> a
           state a
             on x -> b
           state b
             on x -> c
           state c
             on back -> h
         state out
           on again -> c",
        &["x", "leave", "again", "back"],
        expect![[r#"
            start
              enter p a
            = a
            event x
              exit a
              take a -x-> b
              enter b
            = b
            event leave
              exit b p
              take p -leave-> out
              enter out
            = out
            event again
              exit out
              take out -again-> c
              enter p c
            = c
            event back
              exit c
              take c -back-> h
              enter b
            = b
        "#]],
    );
}
