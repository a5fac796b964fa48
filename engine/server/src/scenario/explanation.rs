//! What may happen next to the case of a script, and why not, for people and as JSON.

use std::fmt::{self, Write};
use std::sync::Arc;

use casewright_case::{
    Actor, Candidate, Case, EventExplanation, ServiceExplanation, Setting, TimerExplanation, Turn,
    Verdict, explain, explain_services, explain_timers,
};
use casewright_chart::{Limits, Timestamp};
use casewright_definition::json::timestamp;
use casewright_definition::{Decide, Definition};

use super::run::{Cause, Happening, Opening, Run};
use super::script::Script;
use crate::cli::Output;
use crate::explanation::ExplanationForm;

/// Where a script leaves its case, and who acts then.
#[derive(Debug)]
pub struct End {
    case: Option<Case>,
    actor: Actor,
    now: Timestamp,
}

impl End {
    /// Before anything has happened.
    pub fn of(opening: &Opening, script: &Script) -> Self {
        let mut lines = script.lines.iter().rev();
        let last = lines.find_map(|line| line.actor.clone());
        End {
            case: None,
            actor: last.unwrap_or_else(|| opening.actor.clone()),
            now: opening.now,
        }
    }

    /// Notes something that happened.
    pub fn note(&mut self, happening: &Happening) {
        self.now = happening.at;
        if !matches!(happening.cause, Cause::Open) || happening.refused.is_none() {
            self.case.clone_from(&happening.case);
        }
    }

    /// What may happen next, as text or as one line of JSON.
    pub fn told(&self, definition: &Definition, decide: &dyn Decide, output: Output) -> String {
        let Some(case) = &self.case else {
            return match output {
                Output::Text => "there is no case to explain: opening it was refused".to_owned(),
                Output::Json => serde_json::json!({ "explanation": null }).to_string(),
            };
        };
        let limits = Limits::default();
        let setting = Setting {
            definition,
            decide,
            now: self.now,
            limits: &limits,
        };
        match output {
            Output::Text => everything(setting, case, &self.actor),
            Output::Json => {
                let form = ExplanationForm::of(setting, case, &self.actor);
                let line = serde_json::json!({ "explanation": form });
                line.to_string()
            }
        }
    }
}

/// What may happen next in a conversation, or what would come of one event; none when the workflow has
/// no such event, or there is no case.
pub fn told(run: &Run<'_>, event: Option<&str>) -> Option<String> {
    let case = run.case()?;
    let Some(event) = event else {
        return Some(everything(run.setting(), case, &run.actor));
    };
    let explained = explain(run.setting(), case, &run.actor);
    let explained = explained
        .iter()
        .find(|explained| **explained.event == *event);
    explained.map(|explained| written(|text| about_event(text, explained, &run.actor)))
}

/// Why no guard of an event can hold: one line for each.
pub fn why_blocked(run: &Run<'_>, event: &Arc<str>) -> Vec<String> {
    let Some(case) = run.case() else {
        return Vec::new();
    };
    let explained = explain(run.setting(), case, &run.actor);
    let explained = explained.into_iter().find(|other| other.event == event);
    let transitions = explained.map_or_else(Vec::new, |explained| explained.transitions);
    transitions.iter().map(obstacle).collect()
}

/// The events in their order, then the timers and the services.
fn everything(setting: Setting<'_>, case: &Case, actor: &Actor) -> String {
    written(|text| {
        writeln!(text, "what may happen next, if {} acts:", actor.id)?;
        for explained in explain(setting, case, actor) {
            about_event(text, &explained, actor)?;
        }
        for explained in explain_timers(setting, case) {
            about_timer(text, &explained)?;
        }
        for explained in explain_services(setting, case) {
            about_service(text, &explained)?;
        }
        Ok(())
    })
}

fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = write(&mut text);
    text
}

fn about_event(text: &mut String, explained: &EventExplanation<'_>, actor: &Actor) -> fmt::Result {
    let title = explained.signature.title.get("en");
    write!(text, "  {}  {title}: ", explained.event)?;
    match explained.verdict {
        Verdict::Done => writeln!(text, "no, the case has ended")?,
        Verdict::NotNow => writeln!(text, "not now, {} it", takers(&explained.states))?,
        Verdict::Forbidden => {
            let roles = explained.signature.roles.join("`, `");
            let held = match actor.roles.is_empty() {
                true => "no role".to_owned(),
                false => format!("`{}`", actor.roles.join("`, `")),
            };
            writeln!(
                text,
                "no, it takes one of the roles `{roles}`, and {} has {held}",
                actor.id
            )?;
        }
        Verdict::Blocked => writeln!(text, "blocked")?,
        Verdict::Depends => writeln!(text, "depends on what it carries{}", needs(explained))?,
        Verdict::Open => writeln!(text, "open{}", needs(explained))?,
    }
    about_transitions(text, &explained.transitions)
}

/// `, needs amount, reason`.
fn needs(explained: &EventExplanation<'_>) -> String {
    let required = explained.signature.input.json().get("required");
    let names = required.and_then(|names| names.as_array()).into_iter();
    let names: Vec<&str> = names.flatten().filter_map(|name| name.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(", needs {}", names.join(", ")),
    }
}

fn takers(states: &[Arc<str>]) -> String {
    match states {
        [] => "no state takes".to_owned(),
        [state] => format!("the state `{state}` takes"),
        states => format!("the states `{}` take", states.join("`, `")),
    }
}

fn about_timer(text: &mut String, explained: &TimerExplanation) -> fmt::Result {
    let due = timestamp(explained.due);
    let verdict = match explained.verdict {
        Verdict::Open => "is taken",
        Verdict::NotNow => "does nothing",
        _ => "is blocked",
    };
    writeln!(
        text,
        "  {}  timer, due at {due}: {verdict}",
        explained.event
    )?;
    about_transitions(text, &explained.transitions)
}

fn about_service(text: &mut String, explained: &ServiceExplanation) -> fmt::Result {
    let function = &explained.function;
    writeln!(text, "  {}  service, {function} is running", explained.id)?;
    for returning in [&explained.done, &explained.failed] {
        let verdict = match returning.verdict {
            Verdict::Open => "is taken",
            Verdict::Depends => "depends on what it carries",
            Verdict::NotNow => "does nothing",
            _ => "is blocked",
        };
        writeln!(text, "  {}: {verdict}", returning.event)?;
        about_transitions(text, &returning.transitions)?;
    }
    Ok(())
}

fn about_transitions(text: &mut String, transitions: &[Candidate]) -> fmt::Result {
    for candidate in transitions {
        let way = way(candidate);
        match candidate.turn {
            Turn::Taken => writeln!(text, "    {way}")?,
            Turn::Behind => writeln!(text, "    {way}, if none above is taken")?,
            Turn::Depends => writeln!(text, "    {way}, if")?,
            Turn::Blocked => writeln!(text, "    {way}: blocked{}", told_as(candidate))?,
        }
        if matches!(candidate.turn, Turn::Depends | Turn::Blocked) {
            for part in &candidate.parts {
                writeln!(text, "      {part}")?;
            }
        }
    }
    Ok(())
}

/// ` (Checked first)`: what the workflow says to people when the condition does not hold.
fn told_as(candidate: &Candidate) -> String {
    let title = candidate.title.as_ref().map(|title| title.get("en"));
    title.map_or_else(String::new, |title| format!(" ({title})"))
}

/// `open -> approved`.
fn way(candidate: &Candidate) -> String {
    match candidate.targets.is_empty() {
        true => format!("{} (stays)", candidate.state),
        false => format!("{} -> {}", candidate.state, candidate.targets.join(", ")),
    }
}

/// A transition with what stands in its way, in one line.
fn obstacle(candidate: &Candidate) -> String {
    let parts: Vec<String> = candidate.parts.iter().map(ToString::to_string).collect();
    let parts = match parts.is_empty() {
        true => "its condition does not hold".to_owned(),
        false => parts.join(", "),
    };
    format!("{}: {parts}{}", way(candidate), told_as(candidate))
}
