//! What one step may cost, and what it is called when it costs more.

use casewright_chart::{Limits, StepError};
use expect_test::expect;

use crate::notation::machine;
use crate::run::{Run, check, check_with};

/// What the event is refused with, under these limits.
fn refusal(limits: Limits, chart: &str, event: &str) -> Option<StepError> {
    let mut run = Run::new(machine(chart), limits);
    run.start();
    let before = run.snapshot.clone();
    let error = run.event(event);
    if error.is_some() {
        assert_eq!(run.snapshot, before);
    }
    error
}

fn limit(name: &'static str, figure: usize) -> Option<StepError> {
    Some(StepError::Limit { name, figure })
}

#[test]
fn microsteps_end_an_endless_eventless_loop() {
    check(
        "
         state a
           on e -> b
           on other / log 1
         state b
           always -> c
         state c
           always -> b",
        &["e", "other"],
        expect![[r#"
            start
              enter a
            = a
            refused: the step went beyond its limit `microsteps` of 1000
            event other
              take a -other->
              log 1
            = a
        "#]],
    );
}

#[test]
fn microsteps_end_an_endless_loop_of_raised_events() {
    let chart = "
        state a
          on e / raise e";
    let limits = Limits {
        microsteps: 20,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "e"), limit("microsteps", 20));
}

#[test]
fn microsteps_end_a_handler_that_fails_on_its_own_errors() {
    let chart = "
        state a
          on e / log fail
          on error.execution / log fail";
    assert_eq!(
        refusal(Limits::default(), chart, "e"),
        limit("microsteps", 1_000)
    );
}

#[test]
fn exactly_as_many_microsteps_as_the_limit_are_allowed() {
    let chart = "
        data n = 0
        state a
          on e -> b
        state b
          entry n = n + 1
          always [n < 4] -> b";
    let within = |microsteps| Limits {
        microsteps,
        ..Limits::default()
    };
    assert_eq!(refusal(within(4), chart, "e"), None);
    assert_eq!(refusal(within(3), chart, "e"), limit("microsteps", 3));
}

#[test]
fn queue_bounds_the_events_that_wait_inside_a_step() {
    let chart = "
        state a
          on three / raise x; raise x; raise x
          on four / raise x; raise x; raise x; raise x
          on errors / if fail { } elseif fail { } elseif fail { } elseif fail { }";
    let limits = Limits {
        queue: 3,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "three"), None);
    assert_eq!(refusal(limits, chart, "four"), limit("queue", 3));
    assert_eq!(refusal(limits, chart, "errors"), limit("queue", 3));
}

#[test]
fn data_bytes_bounds_the_data_from_the_start() {
    let limits = Limits {
        data_bytes: 20,
        ..Limits::default()
    };
    check_with(
        Limits {
            data_bytes: 8,
            ..limits
        },
        r#"
         data n = "1234567890"
         state a"#,
        &[],
        expect![[r#"
            start
            refused: the step went beyond its limit `data_bytes` of 8
        "#]],
    );
    let chart = r#"
        data n = 1
        state a
          on fits / m = 2
          on large / m = "1234567890""#;
    // `{"n": 8 bytes}` is counted as 15 bytes; every further entry adds its key and 4.
    assert_eq!(refusal(limits, chart, "fits"), limit("data_bytes", 20));
    let limits = Limits {
        data_bytes: 28,
        ..limits
    };
    assert_eq!(refusal(limits, chart, "fits"), None);
    assert_eq!(refusal(limits, chart, "large"), limit("data_bytes", 28));
}

#[test]
fn data_bytes_bounds_a_value_that_doubles_in_a_loop() {
    let chart = r#"
        data x = ["seed"]
        state a
          on assigned / x = [x, x]; raise assigned
          on carried / raise carried ([event.data, event.data])
          on sent / send sent data x; x = [x, x]; raise sent"#;
    for event in ["assigned", "carried", "sent"] {
        let error = refusal(Limits::default(), chart, event);
        assert_eq!(error, limit("data_bytes", 1024 * 1024), "{event}");
    }
}

#[test]
fn pending_bounds_waiting_events_and_running_services_together() {
    let chart = "
        state a
          on one / send x after 1
          on two / send x after 1; send x after 1
          on cancelled / send x id s after 1; cancel s; send x after 1
          invoke job x.y";
    let limits = Limits {
        pending: 2,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "one"), None);
    assert_eq!(refusal(limits, chart, "two"), limit("pending", 2));
    assert_eq!(refusal(limits, chart, "cancelled"), None);
}

#[test]
fn actions_are_counted_each_time_round_a_loop() {
    let chart = "
        state a
          on two / foreach i in [1] { log i }
          on four / foreach i in [1, 2, 3] { log i }
          on nested / if true { log 1; log 2; log 3 }";
    let limits = Limits {
        actions: 3,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "two"), None);
    assert_eq!(refusal(limits, chart, "four"), limit("actions", 3));
    assert_eq!(refusal(limits, chart, "nested"), limit("actions", 3));
}

#[test]
fn counts_begin_anew_with_every_step() {
    let mut run = Run::new(
        machine(
            "
             state a
               on e / log 1; raise f
               on f",
        ),
        Limits {
            microsteps: 2,
            actions: 2,
            queue: 1,
            ..Limits::default()
        },
    );
    run.start();
    for _ in 0..5 {
        assert_eq!(run.event("e"), None);
    }
}

#[test]
fn step_bytes_bounds_what_a_step_makes_in_all() {
    let chart = r#"
        data x = "0123456789"
        state a
          on two / foreach i in [1, 2] { log x }
          on three / foreach i in [1, 2, 3] { log x }"#;
    // A text of ten is 12 bytes, the list of two 20, the list of three 29.
    let limits = Limits {
        step_bytes: 50,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "two"), None);
    assert_eq!(refusal(limits, chart, "three"), limit("step_bytes", 50));
}

#[test]
fn what_pending_events_carry_counts_as_data() {
    let chart = r#"
        data x = "0123456789"
        state a
          on once / send later after 9 data x
          on twice / send later after 9 data x; send later after 9 data x"#;
    let limits = Limits {
        data_bytes: 34,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "once"), None);
    assert_eq!(refusal(limits, chart, "twice"), limit("data_bytes", 34));
}

#[test]
fn decisions_are_bounded() {
    let chart = "
        state a
          on two / foreach i in [1, 2] { decide echo (i) -> answer }
          on three / foreach i in [1, 2, 3] { decide echo (i) -> answer }";
    let limits = Limits {
        decisions: 2,
        ..Limits::default()
    };
    assert_eq!(refusal(limits, chart, "two"), None);
    assert_eq!(refusal(limits, chart, "three"), limit("decisions", 2));
}
