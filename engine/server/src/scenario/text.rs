//! What happened, for people: one paragraph each.

use std::fmt::{self, Write};

use casewright_case::trace;
use casewright_chart::{Chart, Timestamp};
use casewright_definition::json::{timestamp, to_json};

use super::delay::words;
use super::json::{EffectForm, effects};
use super::run::{Cause, Happening};

/// The most roles of an actor that are named; nobody reads on.
const MAX_ROLES: usize = 5;

/// A paragraph about something that happened: a head line, the trace indented under it, where the case
/// stands then, the fields that changed, and what is asked of the world. `since` is the time of the one
/// before.
pub fn paragraph(happening: &Happening, since: Option<Timestamp>, chart: &Chart) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = write(&mut text, happening, since, chart);
    text
}

/// Something that happened, in one line: the head line of its paragraph, and where the case stands
/// then or why it was refused.
pub fn line(happening: &Happening, since: Option<Timestamp>, chart: &Chart) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = head(&mut text, happening, since);
    let text = text.trim_end();
    match (&happening.refused, &happening.case) {
        (Some(refused), _) => format!("{text}  refused: {}", refused.code),
        (None, Some(case)) => {
            let active: Vec<&str> = case.active(chart).map(|id| &**id).collect();
            format!("{text}  -> {}", active.join(", "))
        }
        (None, None) => text.to_owned(),
    }
}

fn write(
    text: &mut String,
    happening: &Happening,
    since: Option<Timestamp>,
    chart: &Chart,
) -> fmt::Result {
    head(text, happening, since)?;
    if let Some(refused) = &happening.refused {
        return writeln!(text, "  refused: {}: {}", refused.code, refused.message);
    }
    for line in trace::lines(chart, &happening.trace) {
        writeln!(text, "    {line}")?;
    }
    if let Some(case) = &happening.case {
        let active: Vec<&str> = case.active(chart).map(|id| &**id).collect();
        let done = if case.is_done() { " (done)" } else { "" };
        writeln!(text, "  active: {}{done}", active.join(", "))?;
    }
    for (field, value) in &happening.changes {
        writeln!(text, "  data.{field} = {}", to_json(value))?;
    }
    for effect in effects(happening) {
        writeln!(text, "  {}", effect_words(&effect))?;
    }
    Ok(())
}

/// `2026-01-05T05:00:00Z  register  by zhang.wei (account-manager)  after 4h`.
fn head(text: &mut String, happening: &Happening, since: Option<Timestamp>) -> fmt::Result {
    let what = match &happening.cause {
        Cause::Open => "open",
        Cause::Event(event) => event,
        Cause::Timer { event, .. } | Cause::Service { event, .. } => event,
        Cause::Time => "time passes",
    };
    write!(text, "{}  {what}", timestamp(happening.at))?;
    let timer = matches!(happening.cause, Cause::Timer { .. });
    match happening.actor.as_ref().filter(|_| !timer) {
        Some(actor) if actor.roles.is_empty() => write!(text, "  by {}", actor.id)?,
        Some(actor) if actor.roles.len() > MAX_ROLES => {
            write!(text, "  by {} (in {} roles)", actor.id, actor.roles.len())?;
        }
        Some(actor) => write!(text, "  by {} ({})", actor.id, actor.roles.join(", "))?,
        None if timer => write!(text, "  by itself")?,
        None => {}
    }
    let passed = since.map_or(0, |since| {
        happening.at.unix_ms().saturating_sub(since.unix_ms())
    });
    match u64::try_from(passed) {
        Ok(passed) if passed > 0 => writeln!(text, "  after {}", words(passed)),
        _ => writeln!(text),
    }
}

fn effect_words(effect: &EffectForm) -> String {
    match effect {
        EffectForm::Schedule { event, due, .. } => {
            let event = event.as_deref().unwrap_or("a timer");
            format!("schedule {event} at {due}")
        }
        EffectForm::Unschedule { sequence } => format!("unschedule timer {sequence}"),
        EffectForm::Start {
            id, source, input, ..
        } => format!("start {id}: {source} {input}"),
        EffectForm::Stop { id, .. } => format!("stop {id}"),
        EffectForm::Emit { event, data } => format!("emit {event} {data}"),
    }
}
