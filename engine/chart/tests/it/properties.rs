//! What holds for every chart and every sequence of events.

use std::collections::BTreeSet;

use casewright_chart::{
    Chart, Effect, Event, Limits, Returned, Snapshot, StateIndex, Status, Step, StepError,
    Timestamp, Trace, Value, fire, settle, start, step,
};
use proptest::prelude::*;

use crate::notation::Machine;
use crate::random_chart::{EVENTS, random_chart};
use crate::stored::Stored;

/// Tight enough that random charts run into them now and then.
const LIMITS: Limits = Limits {
    microsteps: 40,
    queue: 40,
    data_bytes: 1_000,
    step_bytes: 100_000,
    decisions: 100,
    pending: 12,
    actions: 400,
};

/// What happens from outside.
#[derive(Clone, Debug)]
enum Input {
    Event(&'static str, i64),
    /// The pending event with this number, counted round those that are pending.
    Fire(usize),
    /// The running service with this number, counted round those that are running, is done, or has failed.
    Settle(usize, bool),
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let event = (prop::sample::select(&EVENTS[..]), 0..3_i64);
    let input = prop_oneof![
        4 => event.prop_map(|(name, data)| Input::Event(name, data)),
        1 => (0..100_usize).prop_map(Input::Fire),
        1 => (0..100_usize, any::<bool>()).prop_map(|(number, done)| Input::Settle(number, done)),
    ];
    prop::collection::vec(input, 0..16)
}

/// One step; the start when there is no snapshot.
fn take(
    machine: &Machine,
    snapshot: Option<&Snapshot>,
    input: &Input,
    now: Timestamp,
) -> Result<Step, StepError> {
    let Machine {
        chart,
        evaluator,
        data,
    } = machine;
    let Some(snapshot) = snapshot else {
        return start(chart, data.clone(), now, evaluator, &LIMITS);
    };
    match input {
        Input::Event(name, data) => {
            let event = Event::external(*name, Value::Int(*data));
            step(chart, snapshot, event, now, evaluator, &LIMITS)
        }
        Input::Fire(number) => {
            let count = snapshot.pending.len().max(1);
            let pending = snapshot.pending.get(number % count);
            let sequence = pending.map_or(u64::MAX, |pending| pending.sequence);
            fire(chart, snapshot, sequence, now, evaluator, &LIMITS)
        }
        Input::Settle(number, done) => {
            let count = snapshot.invocations.len().max(1);
            let running = snapshot.invocations.get(number % count);
            let sequence = running.map_or(u64::MAX, |running| running.sequence);
            let answer = Value::Int(*number as i64);
            let returned = match done {
                true => Returned::Done(answer),
                false => Returned::Failed(answer),
            };
            settle(chart, snapshot, sequence, returned, now, evaluator, &LIMITS)
        }
    }
}

/// Runs through all inputs and hands each step to `see`, with what it started from. A step that is
/// refused leaves the run where it was.
fn run(
    machine: &Machine,
    inputs: &[Input],
    mut see: impl FnMut(Option<&Snapshot>, &Input, Timestamp, &Result<Step, StepError>),
) {
    let mut snapshot: Option<Snapshot> = None;
    let first = Input::Event("start", 0);
    for (position, input) in std::iter::once(&first).chain(inputs).enumerate() {
        let now = Timestamp::from_unix_ms(position as i64 * 1_000);
        let result = take(machine, snapshot.as_ref(), input, now);
        see(snapshot.as_ref(), input, now, &result);
        match (result, &snapshot) {
            (Ok(step), _) => snapshot = Some(step.snapshot),
            (Err(_), None) => return,
            (Err(_), Some(_)) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_configuration_is_always_legal(machine in random_chart(), inputs in inputs()) {
        run(&machine, &inputs, |_, _, _, result| {
            if let Ok(step) = result {
                let configuration = &step.snapshot.configuration;
                assert!(machine.chart.is_legal(configuration), "{configuration:?}");
            }
        });
    }

    #[test]
    fn the_trace_leaves_only_what_is_active_and_enters_only_what_is_not(
        machine in random_chart(),
        inputs in inputs(),
    ) {
        run(&machine, &inputs, |before, _, _, result| {
            if let Ok(step) = result {
                follow(&machine.chart, before, step);
            }
        });
    }

    #[test]
    fn effects_account_for_everything_that_is_pending_or_running(
        machine in random_chart(),
        inputs in inputs(),
    ) {
        run(&machine, &inputs, |before, input, _, result| {
            if let Ok(step) = result {
                account(before, input, step);
            }
        });
    }

    #[test]
    fn the_same_inputs_give_the_same_steps(machine in random_chart(), inputs in inputs()) {
        run(&machine, &inputs, |before, input, now, result| {
            let again = take(&machine, before, input, now);
            assert_eq!(format!("{result:?}"), format!("{again:?}"));
        });
    }

    #[test]
    fn a_snapshot_that_was_stored_and_loaded_continues_as_one_that_was_not(
        machine in random_chart(),
        inputs in inputs(),
    ) {
        let mut loaded: Option<Snapshot> = None;
        run(&machine, &inputs, |before, input, now, result| {
            assert_eq!(format!("{before:?}"), format!("{loaded:?}"));
            let other = take(&machine, loaded.as_ref(), input, now);
            assert_eq!(format!("{result:?}"), format!("{other:?}"));
            if let Ok(step) = other {
                let stored = Stored::store(&machine.chart, &step.snapshot);
                loaded = Some(stored.load(&machine.chart));
            }
        });
    }

    #[test]
    fn a_snapshot_of_another_chart_is_refused_or_leads_to_a_legal_configuration(
        machine in random_chart(),
        other in random_chart(),
        inputs in inputs(),
    ) {
        run(&other, &inputs, |_, input, now, result| {
            let Ok(Step { snapshot, .. }) = result else { return };
            if let Ok(step) = take(&machine, Some(snapshot), input, now) {
                assert!(machine.chart.is_legal(&step.snapshot.configuration));
            }
        });
    }
}

/// Repeats the exits and entries of a step.
fn follow(chart: &Chart, before: Option<&Snapshot>, step: &Step) {
    let before = before.map(|before| before.configuration.clone());
    let mut active: BTreeSet<StateIndex> = before.unwrap_or_default().into_iter().collect();
    for line in &step.trace {
        match line {
            Trace::Enter(state) => {
                let parent = chart.state(*state).parent.expect("a parent");
                assert!(parent == StateIndex::ROOT || active.contains(&parent));
                assert!(active.insert(*state), "{state} is entered twice");
            }
            Trace::Exit(state) => {
                let mut others = active.iter();
                assert!(!others.any(|other| chart.is_descendant(*other, *state)));
                assert!(active.remove(state), "{state} is left twice");
            }
            _ => {}
        }
    }
    let after: BTreeSet<StateIndex> = step.snapshot.configuration.iter().copied().collect();
    // A run that is done keeps the states in which it ended.
    assert_eq!(active, after);
    let history: Vec<&StateIndex> = step.snapshot.history.keys().collect();
    assert!(history.is_sorted(), "history stands in document order");
    for run in &step.snapshot.invocations {
        assert!(step.snapshot.configuration.contains(&run.state));
    }
}

/// What was pending or running, with the effects of a step, is what is pending or running now.
fn account(before: Option<&Snapshot>, input: &Input, step: &Step) {
    let numbers = |snapshot: &Snapshot| -> (BTreeSet<u64>, BTreeSet<u64>) {
        let pending = snapshot.pending.iter().map(|pending| pending.sequence);
        let running = snapshot.invocations.iter().map(|run| run.sequence);
        (pending.collect(), running.collect())
    };
    let (mut pending, mut running) = before.map(numbers).unwrap_or_default();
    if let (Input::Fire(number), Some(before)) = (input, before) {
        let fired = before.pending[number % before.pending.len()].sequence;
        assert!(pending.remove(&fired));
    }
    if let (Input::Settle(number, _), Some(before)) = (input, before) {
        let settled = before.invocations[number % before.invocations.len()].sequence;
        assert!(running.remove(&settled));
    }
    for effect in &step.effects {
        match effect {
            Effect::Schedule { sequence, .. } => assert!(pending.insert(*sequence)),
            Effect::Unschedule { sequence } => assert!(pending.remove(sequence)),
            Effect::Start { sequence, .. } => assert!(running.insert(*sequence)),
            Effect::Stop { sequence, .. } => assert!(running.remove(sequence)),
            Effect::Emit { .. } => {}
        }
    }
    assert_eq!((pending, running), numbers(&step.snapshot));
    if let Status::Done(_) = step.snapshot.status {
        assert_eq!(numbers(&step.snapshot), (BTreeSet::new(), BTreeSet::new()));
    }
}
