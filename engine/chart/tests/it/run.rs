//! Running a chart of the test notation, and the text form of what happens.

use std::fmt::Write;

use casewright_chart::{
    Chart, Effect, Event, EventKind, Limits, Returned, Snapshot, Status, Step, StepError,
    Timestamp, Trace, TransitionIndex, Value, fire, settle, start, step,
};
use expect_test::Expect;

use crate::content::block;
use crate::expression::Evaluator;
use crate::notation::{Machine, constant, machine};
use crate::tokens::Tokens;

/// Starts the chart, hands it the events one second apart, and compares all that happens.
///
/// An event is written as `raise` would have it, `fire 0` for the pending event number 0, `answer 0 (7)` or
/// `fail 0 (7)` for what the service number 0 came to.
pub(crate) fn check(chart: &str, events: &[&str], expect: Expect) {
    check_with(Limits::default(), chart, events, expect);
}

/// As [`check`], within these limits.
pub(crate) fn check_with(limits: Limits, chart: &str, events: &[&str], expect: Expect) {
    let mut run = Run::new(machine(chart), limits);
    run.start();
    for event in events {
        run.event(event);
    }
    expect.assert_eq(&run.text);
}

/// One run of a chart and the story so far.
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) snapshot: Option<Snapshot>,
    limits: Limits,
    now_ms: i64,
    text: String,
}

impl Run {
    pub(crate) fn new(machine: Machine, limits: Limits) -> Self {
        Run {
            machine,
            snapshot: None,
            limits,
            now_ms: 0,
            text: String::new(),
        }
    }

    pub(crate) fn start(&mut self) {
        let Machine {
            chart,
            evaluator,
            data,
        } = &self.machine;
        let result = start(chart, data.clone(), self.now(), evaluator, &self.limits);
        self.text.push_str("start\n");
        self.note(result);
    }

    pub(crate) fn event(&mut self, text: &str) -> Option<StepError> {
        self.now_ms += 1_000;
        let snapshot = self.snapshot.as_ref().expect("a run that has started");
        let (chart, evaluator) = (&self.machine.chart, &self.machine.evaluator);
        let settled = ["answer ", "fail "]
            .iter()
            .find_map(|kind| text.strip_prefix(kind));
        if let Some(settled) = settled {
            let (sequence, data) = settled.split_once(' ').expect("a number and an answer");
            let data = read_event(&format!("answer {data}")).data;
            let returned = match text.starts_with("answer") {
                true => Returned::Done(data),
                false => Returned::Failed(data),
            };
            let sequence = sequence.parse().expect("a number");
            writeln!(self.text, "{text}").expect("text");
            let (now, limits) = (self.now(), &self.limits);
            let result = settle(chart, snapshot, sequence, returned, now, evaluator, limits);
            return self.note(result);
        }
        let result = match text.strip_prefix("fire ") {
            Some(sequence) => {
                writeln!(self.text, "{text}").expect("text");
                let sequence = sequence.parse().expect("a number");
                fire(
                    chart,
                    snapshot,
                    sequence,
                    self.now(),
                    evaluator,
                    &self.limits,
                )
            }
            None => {
                let event = read_event(text);
                step(chart, snapshot, event, self.now(), evaluator, &self.limits)
            }
        };
        self.note(result)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now_ms)
    }

    fn note(&mut self, result: Result<Step, StepError>) -> Option<StepError> {
        match result {
            Ok(step) => {
                let chart = &self.machine.chart;
                assert!(
                    chart.is_legal(&step.snapshot.configuration),
                    "{}",
                    self.text
                );
                self.text.push_str(&story(chart, &step));
                self.snapshot = Some(step.snapshot);
                None
            }
            Err(error) => {
                writeln!(self.text, "refused: {error}").expect("text");
                Some(error)
            }
        }
    }
}

/// An event from outside, written as `name` or `name (data)`.
pub(crate) fn read_event(text: &str) -> Event {
    let mut evaluator = Evaluator::default();
    let actions = block(&mut Tokens::new(&format!("raise {text}")), &mut evaluator);
    let [
        casewright_chart::Action::Raise {
            event: casewright_chart::Name::Fixed(event),
            data,
        },
    ] = &actions[..]
    else {
        panic!("`{text}` is no event");
    };
    let data = data.map_or(Value::Null, |data| constant(&evaluator, data));
    Event::external(event.clone(), data)
}

/// What happened, what the world is asked for, and where the run stands.
pub(crate) fn story(chart: &Chart, step: &Step) -> String {
    let mut text = String::new();
    for lines in step.trace.chunk_by(stand_on_one_line) {
        for (position, line) in lines.iter().enumerate() {
            match line {
                Trace::Exit(state) | Trace::Enter(state) if position > 0 => {
                    write!(text, " {}", chart.state(*state).id).expect("text");
                }
                _ => text.push_str(&trace_line(chart, line)),
            }
        }
        text.push('\n');
    }
    for effect in &step.effects {
        let line = effect_line(effect);
        writeln!(text, "  ! {line}").expect("text");
    }
    let atomic = chart.atomic_states(&step.snapshot.configuration);
    let names: Vec<&str> = atomic.map(|state| &*chart.state(state).id).collect();
    write!(text, "= {}", names.join(" ")).expect("text");
    if step.snapshot.data != Value::Null {
        write!(text, " {}", step.snapshot.data).expect("text");
    }
    if !step.taken {
        text.push_str(" (not taken)");
    }
    if let Status::Done(output) = &step.snapshot.status {
        write!(text, " (done: {output})").expect("text");
    }
    text.push('\n');
    text
}

/// States that are left, or entered, with nothing happening between.
fn stand_on_one_line(a: &Trace, b: &Trace) -> bool {
    matches!(
        (a, b),
        (Trace::Exit(_), Trace::Exit(_)) | (Trace::Enter(_), Trace::Enter(_))
    )
}

fn trace_line(chart: &Chart, line: &Trace) -> String {
    match line {
        Trace::Event { name, kind } => match kind {
            EventKind::External => format!("event {name}"),
            EventKind::Internal => format!("internal event {name}"),
            EventKind::Platform => format!("platform event {name}"),
        },
        Trace::Guard {
            transition,
            outcome,
        } => {
            let transition = arrow(chart, *transition);
            match outcome {
                Ok(holds) => format!("  guard {transition}: {holds}"),
                Err(message) => format!("  guard {transition} failed: {message}"),
            }
        }
        Trace::Exit(state) => format!("  exit {}", chart.state(*state).id),
        Trace::Transition(transition) => format!("  take {}", arrow(chart, *transition)),
        Trace::Enter(state) => format!("  enter {}", chart.state(*state).id),
        Trace::Decision { function, output } => format!("  decision {function} = {output}"),
        Trace::Log { label, value } => match label {
            Some(label) => format!("  log {label}: {value}"),
            None => format!("  log {value}"),
        },
        Trace::Error(message) => format!("  error {message}"),
    }
}

fn effect_line(effect: &Effect) -> String {
    match effect {
        Effect::Schedule { sequence, due } => format!("schedule {sequence} at {due}"),
        Effect::Unschedule { sequence } => format!("unschedule {sequence}"),
        Effect::Start {
            sequence,
            id,
            source,
            input,
        } => format!("start {sequence} {id} {source} {input}"),
        Effect::Stop { sequence, id } => format!("stop {sequence} {id}"),
        Effect::Emit { event, data } => format!("emit {event} {data}"),
    }
}

/// A transition as `source -descriptors-> targets`.
fn arrow(chart: &Chart, index: TransitionIndex) -> String {
    let transition = chart.transition(index);
    let name = |prefix: &str| match prefix {
        "" => "*".to_string(),
        _ => prefix.to_string(),
    };
    let descriptors = transition.descriptors.iter();
    let descriptors: Vec<String> = descriptors.map(|d| name(d.prefix())).collect();
    let mut text = match descriptors.is_empty() {
        true => format!("{} ->", chart.state(transition.source).id),
        false => {
            let source = &chart.state(transition.source).id;
            format!("{source} -{}->", descriptors.join(" "))
        }
    };
    for target in &transition.targets {
        write!(text, " {}", chart.state(*target).id).expect("text");
    }
    text
}
