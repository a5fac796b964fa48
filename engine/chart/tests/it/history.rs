//! Shallow and deep history (SCXML 3.10).

use expect_test::expect;

use crate::run::check;

/// `p` holds `q`, which holds `a` and `b`, and `r`.
const NESTED: &str = r#"
    state out
      on shallow -> s
      on deep -> d
      on default -> p
    state p
      entry log "entry of p"
      on leave -> out
      history s -> r / log "content of s"
      deep d -> b / log "content of d"
      state q
        on next -> r
        state a
          on next -> b
        state b
      state r
"#;

#[test]
fn without_a_record_the_default_is_entered_and_its_content_runs_after_the_parent() {
    check(
        NESTED,
        &["shallow", "leave"],
        expect![[r#"
            start
              enter out
            = out
            event shallow
              exit out
              take out -shallow-> s
              enter p
              log "entry of p"
              log "content of s"
              enter r
            = r
            event leave
              exit r p
              take p -leave-> out
              enter out
            = out
        "#]],
    );
    check(
        NESTED,
        &["deep"],
        expect![[r#"
            start
              enter out
            = out
            event deep
              exit out
              take out -deep-> d
              enter p
              log "entry of p"
              log "content of d"
              enter q b
            = b
        "#]],
    );
}

#[test]
fn shallow_history_remembers_the_child_and_starts_it_anew() {
    check(
        NESTED,
        &["default", "next", "leave", "shallow"],
        expect![[r#"
            start
              enter out
            = out
            event default
              exit out
              take out -default-> p
              enter p
              log "entry of p"
              enter q a
            = a
            event next
              exit a
              take a -next-> b
              enter b
            = b
            event leave
              exit b q p
              take p -leave-> out
              enter out
            = out
            event shallow
              exit out
              take out -shallow-> s
              enter p
              log "entry of p"
              enter q a
            = a
        "#]],
    );
}

#[test]
fn deep_history_remembers_the_atomic_state() {
    check(
        NESTED,
        &["default", "next", "leave", "deep"],
        expect![[r#"
            start
              enter out
            = out
            event default
              exit out
              take out -default-> p
              enter p
              log "entry of p"
              enter q a
            = a
            event next
              exit a
              take a -next-> b
              enter b
            = b
            event leave
              exit b q p
              take p -leave-> out
              enter out
            = out
            event deep
              exit out
              take out -deep-> d
              enter p
              log "entry of p"
              enter q b
            = b
        "#]],
    );
}

#[test]
fn what_is_remembered_is_what_was_active_when_the_parent_was_last_left() {
    check(
        NESTED,
        &[
            "default", "leave", "default", "next", "next", "leave", "deep",
        ],
        expect![[r#"
            start
              enter out
            = out
            event default
              exit out
              take out -default-> p
              enter p
              log "entry of p"
              enter q a
            = a
            event leave
              exit a q p
              take p -leave-> out
              enter out
            = out
            event default
              exit out
              take out -default-> p
              enter p
              log "entry of p"
              enter q a
            = a
            event next
              exit a
              take a -next-> b
              enter b
            = b
            event next
              exit b q
              take q -next-> r
              enter r
            = r
            event leave
              exit r p
              take p -leave-> out
              enter out
            = out
            event deep
              exit out
              take out -deep-> d
              enter p
              log "entry of p"
              enter r
            = r
        "#]],
    );
}

const REGIONS: &str = "
    parallel p
      on leave -> out
      deep d
      history s
      state q
        state a
          on x -> b
        state b
      parallel r
        history t
        state u
          state e
            on x -> f
          state f
        state v
          state g
            on y -> h
          state h
    state out
      on deep -> d
      on shallow -> s
      on inner -> t
";

#[test]
fn deep_history_of_a_parallel_state_remembers_every_region() {
    check(
        REGIONS,
        &["x", "leave", "deep"],
        expect![[r#"
            start
              enter p q a r u e v g
            = a e g
            event x
              exit e a
              take a -x-> b
              take e -x-> f
              enter b f
            = b f g
            event leave
              exit g v f u r b q p
              take p -leave-> out
              enter out
            = out
            event deep
              exit out
              take out -deep-> d
              enter p q b r u f v g
            = b f g
        "#]],
    );
}

#[test]
fn shallow_history_of_a_parallel_state_starts_every_region_anew() {
    check(
        REGIONS,
        &["x", "leave", "shallow"],
        expect![[r#"
            start
              enter p q a r u e v g
            = a e g
            event x
              exit e a
              take a -x-> b
              take e -x-> f
              enter b f
            = b f g
            event leave
              exit g v f u r b q p
              take p -leave-> out
              enter out
            = out
            event shallow
              exit out
              take out -shallow-> s
              enter p q a r u e v g
            = a e g
        "#]],
    );
}

#[test]
fn history_of_a_nested_parallel_state_leaves_the_outer_regions_to_their_default() {
    check(
        REGIONS,
        &["x", "y", "leave", "inner"],
        expect![[r#"
            start
              enter p q a r u e v g
            = a e g
            event x
              exit e a
              take a -x-> b
              take e -x-> f
              enter b f
            = b f g
            event y
              exit g
              take g -y-> h
              enter h
            = b f h
            event leave
              exit h v f u r b q p
              take p -leave-> out
              enter out
            = out
            event inner
              exit out
              take out -inner-> t
              enter p q a r u e v g
            = a e g
        "#]],
    );
}
