//! Which event comes when, and which transition takes it (SCXML 3.1.2, 3.12, 3.13, 5.10).

use casewright_chart::Descriptor;
use expect_test::expect;

use crate::run::check;

#[test]
fn descriptors_match_whole_tokens_from_the_left() {
    // SCXML 3.12.1, descriptor and name.
    let table = [
        ("error", "error", true),
        ("error", "error.send", true),
        ("error", "error.send.failed", true),
        ("error", "errors", false),
        ("error", "errors.my.custom", false),
        ("error", "errorhandler.mistake", false),
        ("error", "foo.error", false),
        ("error.send", "error", false),
        ("error.send", "error.send", true),
        ("error.send", "error.sender", false),
        ("error.*", "error", true),
        ("error.*", "error.send.failed", true),
        ("error.*", "errors", false),
        ("error.", "error.send", true),
        ("error.", "errors", false),
        ("*", "error", true),
        ("*", "a.b.c", true),
        ("Error", "error", false),
        ("客户", "客户.投诉", true),
        ("客户", "客户群", false),
    ];
    for (descriptor, name, expected) in table {
        let found = Descriptor::new(descriptor).matches(name);
        assert_eq!(found, expected, "`{descriptor}` on `{name}`");
    }
}

#[test]
fn a_transition_takes_an_event_that_any_of_its_descriptors_matches() {
    check(
        "
         state a
           on x y.z * -> b
         state b
           on x y.z -> a",
        &["y.z.w", "y", "x"],
        expect![[r#"
            start
              enter a
            = a
            event y.z.w
              exit a
              take a -x y.z *-> b
              enter b
            = b
            event y
            = b (not taken)
            event x
              exit b
              take b -x y.z-> a
              enter a
            = a
        "#]],
    );
}

#[test]
fn an_event_that_nothing_takes_is_discarded() {
    check(
        "
         state a
           on e -> b
         state b",
        &["f", "e", "e"],
        expect![[r#"
            start
              enter a
            = a
            event f
            = a (not taken)
            event e
              exit a
              take a -e-> b
              enter b
            = b
            event e
            = b (not taken)
        "#]],
    );
}

#[test]
fn the_first_transition_in_document_order_wins_within_a_state() {
    check(
        "
         state a
           on e [false] -> b
           on * -> c
           on e -> d
         state b
         state c
         state d",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              guard a -e-> b: false
              exit a
              take a -*-> c
              enter c
            = c
        "#]],
    );
}

#[test]
fn a_child_is_asked_before_its_parent() {
    check(
        "
         state p
           on e f -> z
           state a
             on e -> b
             on f [false] -> b
           state b
         state z",
        &["e", "f"],
        expect![[r#"
            start
              enter p a
            = a
            event e
              exit a
              take a -e-> b
              enter b
            = b
            event f
              exit b p
              take p -e f-> z
              enter z
            = z
        "#]],
    );
}

#[test]
fn eventless_transitions_go_before_internal_events_and_those_before_external_ones() {
    check(
        "
         data n = 0
         state a
           entry raise inner
           on outer inner -> wrong
           always [n == 0] -> b
         state b
           on inner -> c
         state c
           on outer -> d
         state d
         state wrong",
        &["outer"],
        expect![[r#"
            start
              enter a
              guard a -> b: true
              exit a
              take a -> b
              enter b
            internal event inner
              exit b
              take b -inner-> c
              enter c
            = c {"n": 0}
            event outer
              exit c
              take c -outer-> d
              enter d
            = d {"n": 0}
        "#]],
    );
}

#[test]
fn internal_events_are_taken_in_the_order_in_which_they_were_raised() {
    check(
        "
         state a
           on e / raise one; raise two; raise three (7)
           on one / raise four
           on * / log event.name; log event.data",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              take a -e->
            internal event one
              take a -one->
            internal event two
              take a -*->
              log "two"
              log null
            internal event three
              take a -*->
              log "three"
              log 7
            internal event four
              take a -*->
              log "four"
              log null
            = a
        "#]],
    );
}

#[test]
fn an_eventless_transition_sees_the_event_that_came_last() {
    check(
        "
         state a
           on e -> b
         state b
           always -> c / log event.name
         state c",
        &["e"],
        expect![[r#"
            start
              enter a
            = a
            event e
              exit a
              take a -e-> b
              enter b
              exit b
              take b -> c
              log "e"
              enter c
            = c
        "#]],
    );
}

#[test]
fn no_event_is_there_while_the_chart_starts() {
    check(
        "
         state a
           entry log event.name",
        &[],
        expect![[r#"
            start
              enter a
              log null
            = a
        "#]],
    );
}

#[test]
fn a_macrostep_goes_on_until_nothing_is_enabled() {
    check(
        "
         data n = 0
         state a
           on e -> b
         state b
           entry n = n + 1
           always [n < 3] -> b
           always -> c
         state c",
        &["e"],
        expect![[r#"
            start
              enter a
            = a {"n": 0}
            event e
              exit a
              take a -e-> b
              enter b
              guard b -> b: true
              exit b
              take b -> b
              enter b
              guard b -> b: true
              exit b
              take b -> b
              enter b
              guard b -> b: false
              exit b
              take b -> c
              enter c
            = c {"n": 3}
        "#]],
    );
}
