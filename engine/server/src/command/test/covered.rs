//! What of a workflow the scenarios go through, ready to be shown.

use casewright_chart::{Chart, TransitionIndex};
use casewright_definition::{Definition, Findings};
use serde::Serialize;

use crate::scenario::coverage::{Coverage, Share};

/// What of one workflow the scenarios go through.
#[derive(Debug, Serialize)]
pub(super) struct Covered {
    /// The workflow.
    pub(super) workflow: String,
    /// Its file.
    pub(super) file: String,
    /// Whether all scenarios of its pack were run.
    pub(super) whole: bool,
    /// The states that are entered.
    pub(super) states: Share,
    /// The transitions that are taken.
    pub(super) transitions: Share,
    /// The guards that are seen both to hold and not to.
    pub(super) guards: Share,
    /// The ids of the states that are never entered.
    pub(super) not_entered: Vec<String>,
    /// The transitions that are never taken.
    pub(super) not_taken: Vec<Missing>,
    /// The guards that are not seen both ways.
    pub(super) one_way: Vec<Missing>,
}

/// Something that no scenario goes through.
#[derive(Debug, Serialize)]
pub(super) struct Missing {
    /// The line in the file of the workflow.
    pub(super) line: usize,
    /// The column.
    pub(super) column: usize,
    /// The transition: where it leads, and on what.
    pub(super) transition: String,
    /// Its guard, when it is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guard: Option<String>,
    /// What the guard was seen to say; absent when it was never asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<bool>,
}

impl Covered {
    /// The coverage of a workflow; `findings` are those of its file.
    pub(super) fn of(
        definition: &Definition,
        findings: &Findings,
        coverage: &Coverage,
        whole: bool,
    ) -> Self {
        let chart = &definition.chart;
        let not_entered = coverage.missing_states(chart).into_iter();
        let not_taken = coverage.missing_transitions(chart).into_iter();
        let one_way = coverage.missing_guards(definition).into_iter();
        Covered {
            workflow: definition.id.to_string(),
            file: findings.source.name.to_string(),
            whole,
            states: coverage.of_states(chart),
            transitions: coverage.of_transitions(chart),
            guards: coverage.of_guards(definition),
            not_entered: not_entered
                .map(|state| chart.state(state).id.to_string())
                .collect(),
            not_taken: not_taken
                .map(|transition| missing(definition, findings, transition, ""))
                .collect(),
            one_way: one_way
                .map(|(transition, seen)| {
                    let guard = chart.transition(transition).guard;
                    let guard = guard.and_then(|guard| definition.source_of(guard));
                    Missing {
                        guard: guard.map(str::to_owned),
                        seen,
                        ..missing(definition, findings, transition, "/guard")
                    }
                })
                .collect(),
        }
    }
}

/// A transition with the place of something in it.
fn missing(
    definition: &Definition,
    findings: &Findings,
    transition: TransitionIndex,
    inside: &str,
) -> Missing {
    let pointer = definition.places.get(transition.get());
    let pointer = format!("{}{inside}", pointer.map_or("", String::as_str));
    let start = findings.document().map_or(0, |document| {
        let key = document.key_span(&pointer);
        key.unwrap_or_else(|| document.nearest_span(&pointer)).start
    });
    let place = findings.source.position(start);
    Missing {
        line: place.line,
        column: place.column,
        transition: words(&definition.chart, transition),
        guard: None,
        seen: None,
    }
}

/// `received -> registered (register)`.
fn words(chart: &Chart, transition: TransitionIndex) -> String {
    let transition = chart.transition(transition);
    let targets = transition.targets.iter();
    let targets: Vec<&str> = targets.map(|state| &*chart.state(*state).id).collect();
    let events = transition.descriptors.iter();
    let events: Vec<&str> = events.map(|descriptor| descriptor.prefix()).collect();
    let source = &chart.state(transition.source).id;
    let leads = match targets.is_empty() {
        true => format!("{source} (stays)"),
        false => format!("{source} -> {}", targets.join(", ")),
    };
    match events.is_empty() {
        true => format!("{leads}, always"),
        false => format!("{leads}, on {}", events.join(", ")),
    }
}
