//! What happened inside a step, in words: one line each, the same everywhere it is shown.

use casewright_chart::{Chart, EventKind, StateIndex, Trace, TransitionIndex};

/// The lines of a trace.
pub fn lines(chart: &Chart, trace: &[Trace]) -> Vec<String> {
    trace.iter().map(|entry| line(chart, entry)).collect()
}

fn line(chart: &Chart, entry: &Trace) -> String {
    match entry {
        Trace::Event { name, kind } => {
            let kind = match kind {
                EventKind::External => "external",
                EventKind::Internal => "internal",
                EventKind::Platform => "platform",
            };
            format!("event {name} ({kind})")
        }
        Trace::Guard {
            transition,
            outcome,
        } => {
            let path = path(chart, *transition);
            match outcome {
                Ok(true) => format!("guard holds: {path}"),
                Ok(false) => format!("guard does not hold: {path}"),
                Err(error) => format!("guard failed: {path}: {error}"),
            }
        }
        Trace::Exit(state) => format!("exit {}", id(chart, *state)),
        Trace::Transition(transition) => format!("transition {}", path(chart, *transition)),
        Trace::Enter(state) => format!("enter {}", id(chart, *state)),
        Trace::Decision { function, output } => format!("decision {function}: {output}"),
        Trace::Log { label, value } => match label {
            Some(label) => format!("log {label}: {value}"),
            None => format!("log {value}"),
        },
        Trace::Error(message) => format!("error {message}"),
    }
}

fn id(chart: &Chart, state: StateIndex) -> &str {
    &chart.state(state).id
}

/// `received -> registered`, or `implementing (stays)` for a transition without a target.
fn path(chart: &Chart, transition: TransitionIndex) -> String {
    let transition = chart.transition(transition);
    let source = id(chart, transition.source);
    let targets: Vec<&str> = transition
        .targets
        .iter()
        .map(|target| id(chart, *target))
        .collect();
    match targets.is_empty() {
        true => format!("{source} (stays)"),
        false => format!("{source} -> {}", targets.join(", ")),
    }
}
