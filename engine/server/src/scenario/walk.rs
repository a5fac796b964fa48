//! Scenarios that walk through the chart alone, as the proof of soundness does: guards are answered as
//! the file assumes, and there are no people, data or time.

use casewright_definition::Definition;
use casewright_definition::analysis::{Walk, WalkError};
use casewright_definition::diagnostic::{Diagnostic, quoted};
use casewright_definition::explain::SCENARIO_VALUE;
use casewright_definition::read::Findings;

use super::expectation::{Expectation, Mismatch};
use super::file::{By, File, Given, When};
use super::names::{expectations, unknown};

/// What came of a walk.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// How many expectations were looked at.
    pub(super) expectations: usize,
    /// What is not as expected; each pointer is one of the whole file.
    pub(super) mismatches: Vec<Mismatch>,
}

/// What makes no sense in a walk, or only in one.
pub(super) fn check(file: &File, findings: &mut Findings) {
    let steps = || file.steps.iter().enumerate();
    if file.given.assuming.is_none() {
        for (number, _) in steps().filter(|(_, step)| step.when.assuming.is_some()) {
            let message = "there is `assuming` and none in `given`";
            let error = Diagnostic::error(SCENARIO_VALUE, message)
                .with_hint("`assuming` in `given` makes the scenario a walk through the chart");
            findings.push_key(error, &format!("/steps/{number}/when/assuming"));
        }
        return;
    }
    let mut refuse = |place: &str, keys: &[(&str, bool)]| {
        for (key, _) in keys.iter().filter(|(_, is_there)| *is_there) {
            let message = format!("expected no {} beside `given.assuming`", quoted(key));
            let error = Diagnostic::error(SCENARIO_VALUE, message).with_hint(HINT);
            findings.push_key(error, &format!("{place}/{key}"));
        }
    };
    refuse("/given", &beside(&file.given));
    if let By::Actor(actor) = &file.given.by {
        refuse("/given/by", &[("roles", !actor.roles.is_empty())]);
    }
    for (number, step) in steps() {
        refuse(&format!("/steps/{number}/when"), &inside(&step.when));
    }
    for (expectation, place) in expectations(file) {
        refuse(&place, &beyond(expectation));
    }
}

const HINT: &str =
    "a walk through the chart has states, events and answers of guards, nothing else";

fn beside(given: &Given) -> [(&'static str, bool); 5] {
    [
        ("now", given.now.is_some()),
        ("actors", !given.actors.is_empty()),
        ("parameters", !given.parameters.is_empty()),
        ("plugins", !given.plugins.is_empty()),
        ("data", !given.data.is_empty()),
    ]
}

fn inside(when: &When) -> [(&'static str, bool); 6] {
    [
        ("after", when.after.is_some()),
        ("service", when.service.is_some()),
        ("returns", when.returns.is_some()),
        ("fails", when.fails.is_some()),
        ("by", when.by.is_some()),
        ("data", when.data.is_some()),
    ]
}

fn beyond(then: &Expectation) -> [(&'static str, bool); 7] {
    [
        ("data", then.data.is_some()),
        ("unset", then.unset.is_some()),
        ("refused", then.refused.is_some()),
        ("because", then.because.is_some()),
        ("effects", then.effects.is_some()),
        ("timers", then.timers.is_some()),
        ("services", then.services.is_some()),
    ]
}

/// Holds the events of a walk against those that may come. When the walk cannot begin, running it says
/// so.
pub(super) fn check_events(
    file: &File,
    answers: &[bool],
    definition: &Definition,
    findings: &mut Findings,
) {
    let Ok(walk) = Walk::start(definition, answers) else {
        return;
    };
    let known: Vec<&str> = walk.events().iter().map(|name| &**name).collect();
    for (number, step) in file.steps.iter().enumerate() {
        let event = step.when.event.as_deref();
        if let Some(event) = event.filter(|event| !known.contains(event)) {
            let message = format!("the workflow has no event {}", quoted(event));
            let error = unknown(message, event, &known);
            findings.push(error.with_pointer(format!("/steps/{number}/when/event")));
        }
    }
}

/// Goes the way of a file, whose guards answer at the start as `answers` says.
pub(super) fn walk(file: &File, answers: &[bool], definition: &Definition) -> Walked {
    let mut walked = Walked::default();
    let mut walk = match Walk::start(definition, answers) {
        Ok(walk) => walk,
        Err(error) => {
            walked.stop("/given", &error);
            return walked;
        }
    };
    walked.judge(&walk, file.then.as_ref(), "/then", definition);
    for (number, step) in file.steps.iter().enumerate() {
        let event = step.when.event.as_deref().unwrap_or_default();
        let answers = step.when.assuming.as_deref().unwrap_or_default();
        if let Err(error) = walk.send(event, answers) {
            walked.stop(&format!("/steps/{number}/when"), &error);
            return walked;
        }
        let place = format!("/steps/{number}/then");
        walked.judge(&walk, step.then.as_ref(), &place, definition);
    }
    walked
}

impl Walked {
    fn judge(
        &mut self,
        walk: &Walk<'_>,
        then: Option<&Expectation>,
        place: &str,
        definition: &Definition,
    ) {
        let Some(then) = then else {
            return;
        };
        self.expectations += 1;
        let active = walk.active();
        let active: Vec<&str> = active.iter().map(|id| &**id).collect();
        let found = then.of_standing(&definition.chart, active, walk.is_done());
        self.mismatches.extend(found.map(|mismatch| Mismatch {
            pointer: format!("{place}{}", mismatch.pointer),
            ..mismatch
        }));
    }

    fn stop(&mut self, place: &str, error: &WalkError) {
        let key = match error {
            WalkError::NotTaken(_) => "/event",
            WalkError::Answers { .. } => "/assuming",
            WalkError::NoChart | WalkError::Step(_) => "",
        };
        self.mismatches.push(Mismatch {
            pointer: format!("{place}{key}"),
            message: error.to_string(),
            difference: None,
        });
    }
}
