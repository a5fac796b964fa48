//! A small pack to test workflows with, and a run that tells all that happens as text.

use std::fmt::Write;
use std::sync::Arc;

use casewright_chart::{
    Answer, DecisionError, Effect, Event, Limits, Returned, Snapshot, Status, Step, StepError,
    Timestamp, Trace, Value, fire, settle, start, step,
};
use casewright_definition::json::from_json;
use casewright_definition::source::Source;
use casewright_definition::{
    Circumstances, Decide, Decision, Definition, Evaluator, Files, FunctionKind, FunctionSchemas,
    Functions, Pack, Subject,
};
use serde_json::json;

use crate::schemas;

/// A Monday, 2026-11-16, noon in Shanghai.
pub(crate) const NOON_MS: i64 = 1_794_801_600_000;

/// The files of the pack but for its workflows.
pub(crate) fn files() -> Files {
    let files = [
        ("pack.yaml", include_str!("../desk/pack.yaml")),
        ("roles.yaml", include_str!("../desk/roles.yaml")),
        ("parameters.yaml", include_str!("../desk/parameters.yaml")),
        ("types.yaml", include_str!("../desk/types.yaml")),
        ("calendar.yaml", include_str!("../desk/calendar.yaml")),
    ];
    let file = |(path, text): (&str, &str)| (path.to_owned(), text.as_bytes().to_vec());
    files.into_iter().map(file).collect()
}

/// The pack itself.
pub(crate) fn pack() -> Pack {
    let checked = Pack::check(&files(), str::to_owned, None);
    for findings in &checked.findings {
        assert!(!findings.has_errors(), "{}", findings.report());
    }
    checked.pack.expect("a pack")
}

/// The functions of the plugins: a decision that takes anything, one that takes a number, and a service.
pub(crate) fn functions() -> Functions {
    let schemas = FunctionSchemas {
        kind: FunctionKind::Decision,
        input: json!({}),
        output: json!({}),
    };
    let number = FunctionSchemas {
        kind: FunctionKind::Decision,
        input: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["amount"],
            "properties": { "amount": { "type": "number" } },
        }),
        output: json!({}),
    };
    let service = FunctionSchemas {
        kind: FunctionKind::Service,
        input: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["number"],
            "properties": { "number": { "type": "string" } },
        }),
        output: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["reference"],
            "properties": {
                "reference": { "type": "string" },
                "pushed": { "type": "integer" },
            },
        }),
    };
    let functions = [
        ("scoring.score", schemas),
        ("scoring.rate", number),
        ("crm-sync.push-account", service),
    ];
    functions
        .into_iter()
        .map(|(name, schemas)| (name.to_owned(), schemas))
        .collect()
}

/// The definition of a workflow that has nothing wrong with it.
pub(crate) fn definition(text: &str) -> Definition {
    assert_eq!(schemas::objection("workflow.schema.json", text), None);
    let source = Source::new("workflow.yaml", text);
    let (definition, findings) = Definition::check(source, &pack(), Some(&functions()));
    match definition {
        Some(definition) => definition,
        None => panic!("{}", findings.report()),
    }
}

/// A workflow of these states: what is left away is the same in most tests.
pub(crate) fn workflow(rest: &str) -> String {
    format!(
        "{}{rest}",
        "id: small\nversion: 1.0.0\ntitle: Small\nstart: {roles: [clerk]}\n"
    )
}

/// Answers every decision with twice the number that it is asked.
pub(crate) struct Doubler;

impl Decide for Doubler {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        let function = format!("{}.{}", decision.plugin, decision.function);
        match input.get(&["number"]) {
            Some(Value::Int(number)) => Ok(Answer {
                function: function.into(),
                digest: "sha256:0".into(),
                output: Value::map([("twice", Value::Int(2 * number))]),
            }),
            _ => Err(DecisionError {
                plugin: decision.plugin.clone(),
                function: decision.function.clone(),
                code: "bad-input".into(),
                limit: None,
                message: format!("`{function}`: expected a number").into(),
            }),
        }
    }
}

/// One case of a definition, and the story so far.
pub(crate) struct Case {
    pub(crate) definition: Definition,
    pub(crate) snapshot: Option<Snapshot>,
    circumstances: Circumstances,
    now_ms: i64,
    pub(crate) story: String,
}

impl Case {
    pub(crate) fn new(definition: Definition) -> Self {
        Case {
            definition,
            snapshot: None,
            circumstances: Circumstances {
                actor: from_json(&json!({"id": "li", "roles": ["clerk"]})),
                case: Subject {
                    id: "C-1".into(),
                    workflow: "small".into(),
                    ..Subject::default()
                },
            },
            now_ms: NOON_MS,
            story: String::new(),
        }
    }

    /// Starts a case of this text and sends it events, each a second later: `name`,
    /// `name {"json": 1}`, `fire 0`, `returns id {"json": 1}` or `fails id {"json": 1}`.
    pub(crate) fn run(text: &str, events: &[&str]) -> String {
        let mut case = Case::new(definition(text));
        case.start();
        for event in events {
            case.send(event);
        }
        case.story
    }

    pub(crate) fn start(&mut self) {
        let data = self.definition.defaults.clone();
        let result = start(
            &self.definition.chart,
            data,
            Timestamp::from_unix_ms(self.now_ms),
            &self.evaluator(),
            &Limits::default(),
        );
        self.note("start", result);
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.now_ms += 1_000;
        let now = Timestamp::from_unix_ms(self.now_ms);
        let snapshot = self.snapshot.as_ref().expect("a case that has started");
        let (chart, limits) = (&self.definition.chart, Limits::default());
        let (name, data) = text.split_once(' ').unwrap_or((text, "null"));
        let result = match name {
            "fire" => {
                let number = data.parse().expect("a number");
                fire(chart, snapshot, number, now, &self.evaluator(), &limits)
            }
            "returns" | "fails" => {
                let (id, data) = data.split_once(' ').expect("an id and JSON");
                let mut running = snapshot.invocations.iter();
                let sequence = running.find(|running| &*running.id == id);
                let sequence = sequence.expect("a service that runs").sequence;
                let data = from_json(&serde_json::from_str(data).expect("JSON"));
                let returned = match name {
                    "returns" => Returned::Done(data),
                    _ => Returned::Failed(data),
                };
                let evaluator = self.evaluator();
                settle(
                    chart, snapshot, sequence, returned, now, &evaluator, &limits,
                )
            }
            _ => {
                let data = from_json(&serde_json::from_str(data).expect("JSON"));
                let event = Event::external(name, data);
                step(chart, snapshot, event, now, &self.evaluator(), &limits)
            }
        };
        self.note(text, result);
    }

    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            definition: &self.definition,
            circumstances: &self.circumstances,
            decide: &Doubler,
        }
    }

    fn note(&mut self, event: &str, result: Result<Step, StepError>) {
        writeln!(self.story, "{event}").expect("text");
        match result {
            Err(error) => writeln!(self.story, "  refused: {error}").expect("text"),
            Ok(step) => {
                let lines = step.trace.iter().filter_map(|line| self.line(line));
                let lines: Vec<String> = lines.chain(step.effects.iter().map(effect)).collect();
                for line in lines {
                    writeln!(self.story, "  {line}").expect("text");
                }
                let ending = self.ending(&step);
                writeln!(self.story, "= {ending}").expect("text");
                self.snapshot = Some(step.snapshot);
            }
        }
    }

    fn ending(&self, step: &Step) -> String {
        let chart = &self.definition.chart;
        let atomic = chart.atomic_states(&step.snapshot.configuration);
        let names: Vec<Arc<str>> = atomic.map(|state| chart.state(state).id.clone()).collect();
        let data = match &step.snapshot.data {
            Value::Map(map) if map.is_empty() => String::new(),
            data => format!(" {data}"),
        };
        let taken = if step.taken { "" } else { " (not taken)" };
        let done = match &step.snapshot.status {
            Status::Done(output) => format!(" (done: {output})"),
            Status::Running => String::new(),
        };
        format!("{}{data}{taken}{done}", names.join(" "))
    }

    /// What a test about definitions wants to know of the trace.
    fn line(&self, line: &Trace) -> Option<String> {
        match line {
            Trace::Guard { outcome, .. } => Some(match outcome {
                Ok(holds) => format!("guard: {holds}"),
                Err(message) => format!("guard failed: {message}"),
            }),
            Trace::Decision { function, output } => Some(format!("decision {function}: {output}")),
            Trace::Log { label, value } => Some(match label {
                Some(label) => format!("log {label}: {value}"),
                None => format!("log {value}"),
            }),
            Trace::Error(message) => Some(format!("error: {message}")),
            _ => None,
        }
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Schedule { sequence, due } => {
            let after_s = (due.unix_ms() - NOON_MS) as f64 / 1_000.0;
            format!("schedule {sequence} at noon + {after_s} s")
        }
        Effect::Unschedule { sequence } => format!("unschedule {sequence}"),
        Effect::Start {
            id, source, input, ..
        } => format!("start {id}: {source} {input}"),
        Effect::Stop { id, .. } => format!("stop {id}"),
        Effect::Emit { event, data } => format!("emit {event} {data}"),
    }
}
