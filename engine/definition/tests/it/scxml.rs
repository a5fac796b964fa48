//! SCXML documents behave as workflows do what W3C SCXML 1.0 says.

pub(crate) mod cases;
mod errors;

use casewright_chart::{Event, Limits, Snapshot, Status, Step, Timestamp, fire, start, step};
use casewright_definition::definition::BUNDLE_FORMAT;
use casewright_definition::diagnostic::Report;
use casewright_definition::import::{Imported, scxml};
use casewright_definition::json::from_json;
use casewright_definition::source::Source;
use casewright_definition::{Bundle, Circumstances, Definition, Digest, Evaluator, Subject};
use serde_json::json;

use crate::desk::{Doubler, NOON_MS};
use crate::schemas;

/// A document around its states: with CEL, unless it says something else.
pub(crate) fn document(body: &str) -> String {
    let namespace = "xmlns=\"http://www.w3.org/2005/07/scxml\" version=\"1.0\"";
    match body.trim_start().strip_prefix("<scxml") {
        Some(rest) => format!("<scxml {namespace}{rest}"),
        None => format!("<scxml {namespace} datamodel=\"cel\">{body}</scxml>"),
    }
}

fn import(text: &str) -> Imported {
    let source = Source::new("chart.scxml", text);
    match scxml(&source) {
        Ok(imported) => imported,
        Err(errors) => panic!("{}\n{text}", Report::new(&source, &errors)),
    }
}

/// The definition of what was imported, read again from its text.
fn definition(imported: Imported) -> Definition {
    let text = serde_json::to_string_pretty(&imported.workflow).expect("JSON");
    let (found, findings) =
        Definition::check(Source::new("chart.json", &text), &imported.pack, None);
    let Some(found) = found else {
        panic!("{}\n{text}", findings.report());
    };
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        workflow: imported.workflow,
        pack: imported.pack,
    };
    let bytes = bundle.to_bytes().expect("JSON");
    assert_eq!(found.digest, Digest::of(&bytes), "{text}");
    let stored = Bundle::from_bytes(&bytes).expect("a bundle");
    assert_eq!(stored, bundle);
    found
}

struct Run {
    definition: Definition,
    snapshot: Option<Snapshot>,
    now_ms: i64,
}

impl Run {
    fn take(&mut self, act: impl Fn(&Definition, Option<&Snapshot>, &Evaluator<'_>) -> Step) {
        let circumstances = Circumstances {
            actor: from_json(&json!({"id": "li", "roles": ["anyone"]})),
            case: Subject {
                id: "C-1".into(),
                ..Subject::default()
            },
        };
        let evaluator = Evaluator {
            definition: &self.definition,
            circumstances: &circumstances,
            decide: &Doubler,
        };
        let step = act(&self.definition, self.snapshot.as_ref(), &evaluator);
        self.snapshot = Some(step.snapshot);
    }

    fn is_running(&self) -> bool {
        self.snapshot
            .as_ref()
            .is_none_or(|snapshot| snapshot.status == Status::Running)
    }

    /// Lets time pass, and fires what falls due.
    fn wait(&mut self, ms: i64) {
        let until = self.now_ms + ms;
        while self.is_running() {
            let pending = self.snapshot.iter().flat_map(|snapshot| &snapshot.pending);
            let next = pending.min_by_key(|pending| (pending.due, pending.sequence));
            let Some(next) = next.filter(|next| next.due.unix_ms() <= until) else {
                break;
            };
            let sequence = next.sequence;
            self.now_ms = self.now_ms.max(next.due.unix_ms());
            let now = Timestamp::from_unix_ms(self.now_ms);
            self.take(|definition, snapshot, evaluator| {
                let snapshot = snapshot.expect("a snapshot");
                let (chart, limits) = (&definition.chart, Limits::default());
                fire(chart, snapshot, sequence, now, evaluator, &limits).expect("a step")
            });
        }
        self.now_ms = until;
    }

    fn event(&mut self, text: &str) {
        let (name, data) = text.split_once(' ').unwrap_or((text, "null"));
        let data = from_json(&serde_json::from_str(data).expect("JSON"));
        let event = Event::external(name, data);
        let now = Timestamp::from_unix_ms(self.now_ms);
        self.take(|definition, snapshot, evaluator| {
            let snapshot = snapshot.expect("a snapshot");
            let (chart, limits) = (&definition.chart, Limits::default());
            step(chart, snapshot, event.clone(), now, evaluator, &limits).expect("a step")
        });
    }
}

/// Where a document ends: the active atomic states. Events are separated by `;`, and `+1000` lets a
/// second pass.
pub(crate) fn run(text: &str, events: &str) -> String {
    let imported = import(text);
    let yaml = serde_json::to_string(&imported.workflow).expect("JSON");
    assert_eq!(schemas::objection("workflow.schema.json", &yaml), None);
    let mut run = Run {
        definition: definition(imported),
        snapshot: None,
        now_ms: NOON_MS,
    };
    run.take(|definition, _, evaluator| {
        let (chart, data) = (&definition.chart, definition.defaults.clone());
        let now = Timestamp::from_unix_ms(NOON_MS);
        start(chart, data, now, evaluator, &Limits::default()).expect("a step")
    });
    run.wait(0);
    for event in events.split(';').map(str::trim).filter(|e| !e.is_empty()) {
        match event.strip_prefix('+') {
            Some(ms) => run.wait(ms.parse().expect("milliseconds")),
            None if run.is_running() => {
                run.event(event);
                run.wait(0);
            }
            None => {}
        }
    }
    let snapshot = run.snapshot.expect("a snapshot");
    let chart = &run.definition.chart;
    let atomic = chart.atomic_states(&snapshot.configuration);
    let ids: Vec<&str> = atomic.map(|state| &*chart.state(state).id).collect();
    ids.join(" ")
}

#[test]
fn documents_end_where_the_specification_says() {
    let mut wrong = Vec::new();
    for (clause, body, events, expected) in cases::all() {
        let found = run(&document(body), events);
        if found != *expected {
            wrong.push(format!(
                "{clause}: expected {expected}, found {found}\n{body}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(cases::all().count() >= 60, "only {}", cases::all().count());
}

#[test]
fn any_event_may_come_so_what_waits_for_one_is_reached() {
    let text = document(
        "<state id='a'><transition event='x.*' target='b'/></state><state id='b'><transition event='*' target='c'/></state><final id='c'/><state id='d'><transition event='y' target='c'/></state>",
    );
    let imported = import(&text);
    let yaml = serde_json::to_string_pretty(&imported.workflow).expect("JSON");
    let source = Source::new("chart.json", &yaml);
    let (_, findings) = Definition::check(source, &imported.pack, None);
    let found = findings.diagnostics.iter();
    let found: Vec<String> = found
        .map(|found| format!("{}: {}", found.code, found.message))
        .collect();
    assert_eq!(found, ["state-unreachable: nothing leads to the state `d`"]);
}
