//! Scripts through a small workflow, and what is told on the way.

use std::path::Path;

use casewright_case::Actor;
use casewright_definition::Definition;
use casewright_runtime::Plugins;

use super::{Cause, News, Opening, Report, Script, play};
use crate::folder::check_workflow;

/// After one second the clock ticks twice, and after two it breaks its own schema.
const WORKFLOW: &str = "\
id: clock
version: 0.1.0
title: Clock
start: { roles: [system] }
data:
  type: object
  additionalProperties: false
  properties:
    ticks: { type: integer, default: 0, maximum: 2 }
events:
  ask: { title: Ask, roles: [system] }
states:
  going:
    entry:
      - send: { event: tick.second, delay: 1000 }
      - send: { event: tick.first, delay: 1000 }
      - send: { event: broken.data, delay: 2000 }
      - send: { event: now.at-once, delay: 0 }
    on:
      ask: stopped
      now.at-once: { actions: { log: event.name } }
      broken.data: { actions: { assign: { ticks: '100' } } }
      tick.*: { actions: { assign: { ticks: data.ticks + 1 } } }
  stopped: { type: final }
";

fn definition(folder: &Path) -> Definition {
    let file = folder.join("clock.yaml");
    std::fs::write(&file, WORKFLOW).unwrap();
    let (definition, findings) = check_workflow(&file, &Plugins::default()).unwrap();
    definition.unwrap_or_else(|| panic!("{}", findings.report()))
}

/// What was told, a line each, and what came of it.
fn told(lines: &[&str]) -> (Vec<String>, Report) {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path());
    let script = Script::read("e.jsonl", lines.join("\n").as_bytes()).unwrap();
    let opening = Opening {
        actor: Actor::new("crm", ["system"]),
        ..Opening::default()
    };
    let mut told = Vec::new();
    let mut tell = |news: News<'_>| {
        told.push(match news {
            News::Happened { line, happening } => {
                let what = match &happening.cause {
                    Cause::Open => "open",
                    Cause::Event(event) => event,
                    Cause::Timer { event, .. } | Cause::Service { event, .. } => event,
                    Cause::Time => "time",
                };
                let refused = happening.refused.as_ref();
                let code = refused.map_or("ok", |refused| refused.code);
                format!("{line} {what} {code}")
            }
            News::Through { .. } => return,
            News::Failed(failed) => format!("{} {}", failed.line, failed.message),
        });
    };
    let report = play(
        &definition,
        &Plugins::default(),
        &script,
        opening,
        &mut tell,
    )
    .unwrap();
    (told, report)
}

#[test]
fn timers_fire_by_time_and_then_by_age_and_those_due_at_once_right_away() {
    let (told, report) = told(&[
        r#"{"after": "1s", "expect": {"data": {"ticks": 2}}}"#,
        r#"{"event": "ask", "expect": {"active": ["stopped"], "done": true}}"#,
    ]);
    assert_eq!(
        told,
        [
            "0 open ok",
            "0 now.at-once ok",
            "1 tick.second ok",
            "1 tick.first ok",
            "1 time ok",
            "2 ask ok",
        ]
    );
    assert!(report.holds());
    assert_eq!(
        (report.expectations, report.coverage.transitions.len()),
        (2, 3)
    );
}

#[test]
fn a_timer_that_is_refused_is_told_once_and_the_run_goes_on() {
    let (told, report) = told(&[
        r#"{"after": "2s"}"#,
        r#"{"expect": {"refused": "workflow-defect", "data": {"ticks": 2}}}"#,
        r#"{"after": "1h"}"#,
    ]);
    assert_eq!(
        told[4..],
        ["1 broken.data workflow-defect", "1 time ok", "3 time ok"]
    );
    assert!(report.holds());
}

#[test]
fn a_refusal_must_be_expected_before_anything_else_is_done() {
    let (told, report) = told(&[
        r#"{"start": {"ticks": 0}, "expect": {"refused": "invalid-data"}}"#,
        r#"{"event": "ask"}"#,
        r#"{"event": "ask", "expect": {"active": [], "refused": "forbidden"}}"#,
    ]);
    assert_eq!(
        told,
        [
            "1 open invalid-data",
            "2 ask unknown-case",
            "2 the event `ask` was refused as `unknown-case`, which nothing expects: there is no case: opening it was refused",
            "3 ask unknown-case",
            "3 expected that it is refused as `forbidden`, found `unknown-case`: there is no case: opening it was refused",
        ]
    );
    assert_eq!(report.failed.len(), 2);
}
