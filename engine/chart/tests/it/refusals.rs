//! Steps that are refused, and snapshots that outlive them.

use casewright_chart::{DecisionError, Event, Limits, Snapshot, StepError, Timestamp, Value, step};
use expect_test::expect;

use crate::notation::{Machine, machine};
use crate::run::{Run, check};

/// A chart with history, a pending event and a service, and a snapshot of it that has all three.
fn started() -> (Machine, Snapshot) {
    let mut run = Run::new(
        machine(
            "
             state p
               history h -> a
               invoke job x.y
               state a
                 entry send x after 1
                 on e -> b
               state b
               on leave -> out
             state out
               on back -> h
             state far
               state farther
               state farthest",
        ),
        Limits::default(),
    );
    run.start();
    for event in ["e", "leave", "back"] {
        assert_eq!(run.event(event), None);
    }
    let snapshot = run.snapshot.take().expect("a snapshot");
    (run.machine, snapshot)
}

fn take(machine: &Machine, snapshot: &Snapshot) -> Result<(), StepError> {
    let event = Event::external("leave", Value::Null);
    let now = Timestamp::default();
    let limits = Limits::default();
    step(
        &machine.chart,
        snapshot,
        event,
        now,
        &machine.evaluator,
        &limits,
    )
    .map(|_| ())
}

#[test]
fn a_snapshot_of_this_chart_is_taken() {
    let (machine, snapshot) = started();
    assert_eq!(snapshot.history.len(), 1);
    assert_eq!(take(&machine, &snapshot), Ok(()));
}

#[test]
fn a_snapshot_whose_states_fit_no_configuration_is_foreign() {
    let (machine, snapshot) = started();
    let index = |id| machine.chart.state_index(id).expect("a state");
    let configurations = [
        vec![],
        vec![index("p")],
        vec![index("a")],
        vec![index("p"), index("a"), index("b")],
        vec![index("b"), index("p")],
        vec![index("p"), index("h")],
        vec![index("root"), index("out")],
        vec![index("p"), index("b"), index("out")],
    ];
    for configuration in configurations {
        let foreign = Snapshot {
            configuration: configuration.clone(),
            ..snapshot.clone()
        };
        let result = take(&machine, &foreign);
        assert_eq!(result, Err(StepError::ForeignSnapshot), "{configuration:?}");
    }
}

#[test]
fn a_snapshot_of_a_larger_chart_is_foreign() {
    let (larger, snapshot) = started();
    let smaller = machine(
        "
         state p
           state a",
    );
    let far = larger.chart.state_index("farthest").expect("a state");
    let known = Snapshot {
        configuration: vec![
            smaller.chart.state_index("p").expect("a state"),
            smaller.chart.state_index("a").expect("a state"),
        ],
        history: Default::default(),
        invocations: Vec::new(),
        ..snapshot.clone()
    };
    assert_eq!(take(&smaller, &known), Ok(()));
    let mut configured = known.clone();
    configured.configuration.push(far);
    let mut invoked = known.clone();
    invoked.invocations = snapshot.invocations.clone();
    invoked.invocations[0].state = far;
    let mut remembered = known.clone();
    remembered.history.insert(far, vec![far]);
    for foreign in [configured, invoked, remembered] {
        assert_eq!(take(&smaller, &foreign), Err(StepError::ForeignSnapshot));
    }
}

#[test]
fn a_snapshot_that_remembers_what_its_history_state_cannot_is_foreign() {
    let (machine, snapshot) = started();
    let index = |id| machine.chart.state_index(id).expect("a state");
    for (history, kept) in [("h", "out"), ("h", "farther"), ("a", "b"), ("root", "p")] {
        let mut foreign = snapshot.clone();
        foreign.history.insert(index(history), vec![index(kept)]);
        let result = take(&machine, &foreign);
        assert_eq!(result, Err(StepError::ForeignSnapshot), "{history} {kept}");
    }
}

#[test]
fn a_run_that_is_done_takes_nothing_more() {
    let mut run = Run::new(
        machine(
            "
             state a
               entry send x after 1
               on e -> f
             final f",
        ),
        Limits::default(),
    );
    run.start();
    assert_eq!(run.event("e"), None);
    assert_eq!(run.event("e"), Some(StepError::Done));
    assert_eq!(run.event("fire 0"), Some(StepError::Done));
}

#[test]
fn a_decision_that_gives_no_answer_refuses_the_step_and_the_run_goes_on_from_before() {
    let chart = "
        data n = 1
        state a
          on e -> b / n = 2; send x after 1; decide broken (n) -> n
          on f -> b / decide echo (n) -> m
        state b";
    check(
        chart,
        &["e", "f"],
        expect![[r#"
        start
          enter a
        = a {"n": 1}
        refused: `test.broken` trapped
        event f
          exit a
          take a -f-> b
          decision test.echo = 1
          enter b
        = b {"n": 1, "m": 1}
    "#]],
    );
    let mut run = Run::new(machine(chart), Limits::default());
    run.start();
    let error = DecisionError {
        plugin: "test".into(),
        function: "broken".into(),
        code: "trap".into(),
        limit: None,
        message: "`test.broken` trapped".into(),
    };
    assert_eq!(run.event("e"), Some(StepError::Decision(error)));
}

#[test]
fn a_decision_that_gives_no_answer_refuses_the_start() {
    check(
        "
         state a
           entry decide broken (1) -> n",
        &[],
        expect![[r#"
            start
            refused: `test.broken` trapped
        "#]],
    );
}

#[test]
fn refusals_say_what_is_wrong() {
    let texts = [
        StepError::Done,
        StepError::NotPending(7),
        StepError::ForeignSnapshot,
        StepError::Limit {
            name: "queue",
            figure: 3,
        },
    ]
    .map(|error| error.to_string());
    expect![[r#"
        the run has ended
        no event 7 is pending
        the snapshot is not one of this chart
        the step went beyond its limit `queue` of 3"#]]
    .assert_eq(&texts.join("\n"));
}
