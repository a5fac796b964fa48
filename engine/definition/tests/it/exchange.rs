//! What is exported comes back the same: the same active states after the same events.

mod machines;
mod services;

use std::path::Path;

use casewright_chart::{
    Answer, DecisionError, Event, Limits, Snapshot, Status, Timestamp, Value, fire, start, step,
};
use casewright_definition::definition::BUNDLE_FORMAT;
use casewright_definition::diagnostic::Report;
use casewright_definition::export::{self, Exported};
use casewright_definition::import::{self, Imported};
use casewright_definition::json::{from_json, to_json};
use casewright_definition::source::Source;
use casewright_definition::{
    Bundle, Circumstances, Decide, Decision, Definition, Digest, Evaluator, Files, Functions, Pack,
    Subject,
};
use serde_json::{Value as Json, json};

use crate::desk::{Doubler, NOON_MS};
use crate::scxml::{cases, document};

fn read_back(
    exported: &Exported,
    import: fn(&Source) -> Result<Imported, Vec<casewright_definition::diagnostic::Diagnostic>>,
) -> Definition {
    let source = Source::new("exported", &exported.text);
    match import(&source) {
        Ok(imported) => compile(imported),
        Err(errors) => panic!("{}\n{}", Report::new(&source, &errors), exported.text),
    }
}

fn compile(imported: Imported) -> Definition {
    let bundle = Bundle {
        format: BUNDLE_FORMAT,
        workflow: imported.workflow,
        pack: imported.pack,
    };
    let digest = Digest::of(&bundle.to_bytes().expect("JSON"));
    Definition::compile(digest, bundle).expect("a definition")
}

/// Answers for the shipped plugins, with what leads a case on; else as [`Doubler`].
struct Shipped;

impl Decide for Shipped {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        let output = match &*decision.plugin {
            "account-classification" => json!({ "tier": "core" }),
            "account-scoring" => json!({ "score": 81.5, "proposed_grade": "first" }),
            "acceptance-check" => json!({ "passed": true, "issues": [] }),
            "churn-risk" => match to_json(input)["health_score"].as_f64() {
                Some(score) if score < 50.0 => {
                    json!({ "action": "start-retention", "signals": [] })
                }
                _ => json!({ "action": "alert-management", "signals": [] }),
            },
            "complaint-routing" => json!({ "severity": "major", "responsible_dept": "it-dept" }),
            "sla-resolution" => json!({ "clocks": [
                { "clock": "response", "length": 4, "counted": "hours" },
                { "clock": "solution", "length": 3, "counted": "working-days" },
            ] }),
            _ => return Doubler.decide(decision, input),
        };
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: "sha256:0".into(),
            output: from_json(&output),
        })
    }
}

/// A case that runs by a definition.
struct Run<'a> {
    definition: &'a Definition,
    snapshot: Snapshot,
    now_ms: i64,
}

fn circumstances(roles: &[&str]) -> Circumstances {
    Circumstances {
        actor: from_json(&json!({"id": "li", "roles": roles})),
        case: Subject {
            id: "C-1".into(),
            ..Subject::default()
        },
    }
}

impl<'a> Run<'a> {
    fn start(definition: &'a Definition, data: Value) -> Self {
        let circumstances = circumstances(&[]);
        let evaluator = Evaluator {
            definition,
            circumstances: &circumstances,
            decide: &Shipped,
        };
        let (chart, now) = (&definition.chart, Timestamp::from_unix_ms(NOON_MS));
        let step = start(chart, data, now, &evaluator, &Limits::default()).expect("a step");
        Run {
            definition,
            snapshot: step.snapshot,
            now_ms: NOON_MS,
        }
    }

    /// Sends an event; none lets the next timer fire. A step that fails leaves the case as it is.
    fn take(&mut self, event: Option<(&str, &Json)>) {
        if self.snapshot.status != Status::Running {
            return;
        }
        let circumstances = circumstances(&["account-manager", "implementation-team"]);
        let evaluator = Evaluator {
            definition: self.definition,
            circumstances: &circumstances,
            decide: &Shipped,
        };
        let (chart, limits) = (&self.definition.chart, Limits::default());
        let step = match event {
            Some((name, data)) => {
                let event = Event::external(name, from_json(data));
                let now = Timestamp::from_unix_ms(self.now_ms);
                step(chart, &self.snapshot, event, now, &evaluator, &limits)
            }
            None => {
                let pending = self.snapshot.pending.iter();
                let Some(next) = pending.min_by_key(|next| (next.due, next.sequence)) else {
                    return;
                };
                self.now_ms = self.now_ms.max(next.due.unix_ms());
                let now = Timestamp::from_unix_ms(self.now_ms);
                fire(
                    chart,
                    &self.snapshot,
                    next.sequence,
                    now,
                    &evaluator,
                    &limits,
                )
            }
        };
        if let Ok(step) = step {
            self.snapshot = step.snapshot;
        }
    }

    fn active(&self) -> String {
        let chart = &self.definition.chart;
        let atomic = chart.atomic_states(&self.snapshot.configuration);
        let ids: Vec<&str> = atomic.map(|state| &*chart.state(state).id).collect();
        ids.join(" ")
    }
}

/// What the document of a workflow has as its data.
fn as_document_data(defaults: &Value, data: &Value) -> Value {
    let mut all = to_json(defaults);
    all["data"] = to_json(data);
    from_json(&all)
}

/// A value that matches a schema, as far as the shipped ones go.
fn sample(schema: &Json, pack: &Pack, odd: bool) -> Json {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().expect("a name");
        return sample(&pack.types[name], pack, odd);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[usize::from(odd) % values.len()].clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let entries = properties.iter();
            let entries = entries.map(|(key, value)| (key.clone(), sample(value, pack, odd)));
            Json::Object(entries.collect())
        }
        Some("array") => json!([sample(&schema["items"], pack, odd)]),
        Some("boolean") => json!(!odd),
        Some("integer" | "number") => json!(if odd { 3 } else { 100 }),
        _ => json!("2026-11-16"),
    }
}

fn shipped() -> (Files, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/packs/key-account");
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("the shipped pack");
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
            .filter(|name| name.ends_with(".yaml"))
            .collect();
        names.sort();
        names
    };
    let read = |path: &Path| std::fs::read(path).expect("a file");
    let mut files = Files::new();
    for name in names(&root) {
        files.insert(name.clone(), read(&root.join(&name)));
    }
    let workflows = names(&root.join("workflows"));
    let texts = workflows.iter().map(|name| {
        let bytes = read(&root.join("workflows").join(name));
        String::from_utf8(bytes).expect("UTF-8")
    });
    (files, texts.collect())
}

/// Every shipped workflow, checked without its plugins.
pub(crate) fn definitions() -> (Pack, Vec<Definition>) {
    let (files, texts) = shipped();
    let pack = Pack::check(&files, str::to_owned, None)
        .pack
        .expect("the pack");
    let definitions = texts.iter().map(|text| {
        let none: Option<&Functions> = None;
        let (definition, findings) =
            Definition::check(Source::new("workflow.yaml", text), &pack, none);
        definition.unwrap_or_else(|| panic!("{}", findings.report()))
    });
    let definitions: Vec<Definition> = definitions.collect();
    assert_eq!(definitions.len(), texts.len());
    (pack, definitions)
}

/// Walks the original and what came back with the same events, chosen by `seed`; the places visited.
fn walk(pack: &Pack, original: &Definition, back: &[(Definition, bool)], seed: u64) -> Vec<String> {
    let workflow = &original.bundle.workflow;
    let properties = &workflow.data["properties"];
    let mut data = to_json(&original.defaults);
    for field in &workflow.start.requires {
        data[field] = sample(&properties[field], pack, seed % 2 == 1);
    }
    let data = from_json(&data);
    let mut run = Run::start(original, data.clone());
    let mut others: Vec<Run<'_>> = back
        .iter()
        .map(|(definition, is_document)| match is_document {
            true => Run::start(definition, as_document_data(&definition.defaults, &data)),
            false => Run::start(definition, data.clone()),
        })
        .collect();
    let mut visited = Vec::new();
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..150 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let number = (random >> 33) as usize;
        let events = workflow.events.len();
        let chosen = workflow.events.get_index(number % (events + 2));
        let sent = chosen.map(|(name, event)| {
            let fields = event.requires.iter().chain(&event.accepts);
            let odd = (number >> 8).is_multiple_of(3);
            let mut data = serde_json::Map::new();
            for field in fields {
                data.insert(field.clone(), sample(&properties[field], pack, odd));
            }
            for (field, schema) in &event.input {
                data.insert(field.clone(), sample(schema, pack, odd));
            }
            (name.as_str(), Json::Object(data))
        });
        let sent = sent.as_ref().map(|(name, data)| (*name, data));
        run.take(sent);
        for other in &mut others {
            other.take(sent);
            assert_eq!(
                other.active(),
                run.active(),
                "{} {seed} {sent:?}",
                workflow.id
            );
        }
        visited.push(run.active());
    }
    visited
}

#[test]
fn shipped_workflows_come_back_from_both_formats() {
    let (pack, definitions) = definitions();
    let mut all = 0;
    for original in &definitions {
        let back = [
            (read_back(&export::scxml(original), import::scxml), true),
            (read_back(&export::xstate(original), import::xstate), false),
        ];
        let mut visited = std::collections::BTreeSet::new();
        for seed in 0..40 {
            visited.extend(walk(&pack, original, &back, seed));
        }
        assert!(visited.len() >= 2, "{}: {visited:?}", original.id);
        all += visited.len();
    }
    // The walks are of worth only when they go far.
    assert!(all >= 20, "{all}");
}

#[test]
fn an_xstate_machine_keeps_all_of_a_shipped_workflow() {
    let (pack, definitions) = definitions();
    for original in &definitions {
        let back = read_back(&export::xstate(original), import::xstate);
        assert_eq!(back.bundle.pack, pack);
        let (theirs, ours) = (&back.bundle.workflow, &original.bundle.workflow);
        assert_eq!(theirs.events, ours.events);
        assert_eq!(theirs.data, ours.data);
        assert_eq!(theirs.start, ours.start);
        assert_eq!(back.titles, original.titles);
        assert_eq!(export::xstate(&back), export::xstate(original));
    }
}

#[test]
fn documents_of_the_specification_come_back() {
    let mut wrong = Vec::new();
    for (clause, body, events, _) in cases::all() {
        let source = Source::new("chart.scxml", document(body));
        let imported = import::scxml(&source).unwrap_or_else(|_| panic!("{clause}"));
        let original = compile(imported);
        let formats = [
            (
                "scxml",
                read_back(&export::scxml(&original), import::scxml),
                true,
            ),
            (
                "xstate",
                read_back(&export::xstate(&original), import::xstate),
                false,
            ),
        ];
        let expected = run_all(&original, original.defaults.clone(), events);
        for (format, back, is_document) in formats {
            let data = match is_document {
                true => as_document_data(&back.defaults, &original.defaults),
                false => original.defaults.clone(),
            };
            let found = run_all(&back, data, events);
            if found != expected {
                wrong.push(format!(
                    "{format}, {clause}: expected {expected}, found {found}\n{body}"
                ));
            }
        }
    }
    // XState has a `done` event for each state, and no name for those of all whose ids begin alike.
    wrong.retain(|wrong| !wrong.starts_with("xstate, 3.7.1 done.state takes the ids of others"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Where a case ends after events, between each of which all timers fire.
fn run_all(definition: &Definition, data: Value, events: &str) -> String {
    let mut run = Run::start(definition, data);
    let settle = |run: &mut Run<'_>| {
        for _ in 0..20 {
            run.take(None);
        }
    };
    settle(&mut run);
    for event in events
        .split(';')
        .map(str::trim)
        .filter(|event| !event.is_empty())
    {
        if !event.starts_with('+') {
            let (name, data) = event.split_once(' ').unwrap_or((event, "null"));
            let data: Json = serde_json::from_str(data).expect("JSON");
            run.take(Some((name, &data)));
        }
        settle(&mut run);
    }
    run.active()
}
