//! Writes a store of the format of this program, to be kept under `tests/formats` once it is released:
//! `cargo run --example write_format -- FOLDER`. It holds cases of shipped workflows, with
//! timers that wait and timers that have fired.

#![allow(clippy::unwrap_used, reason = "a tool that cannot go on should say so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use casewright_case::{Actor, Outcome, Setting, fire, open, send};
use casewright_chart::{Answer, DecisionError, Limits, Timestamp, Value};
use casewright_definition::json::from_json;
use casewright_definition::read::read;
use casewright_definition::source::Source;
use casewright_definition::{Decide, Decision, Definition, Files, Pack};
use casewright_store::{DueTimer, StepWrite, Store, WriteAhead};
use serde_json::{Value as Json, json};

/// The cases: a workflow, one of its scenarios, and how many steps of it are taken.
const CASES: [(&str, &str, usize); 4] = [
    ("complaint-handling", "closed-in-time", 99),
    ("complaint-handling", "late-and-not-satisfied", 6),
    ("complaint-handling", "withdrawn-when-registered", 1),
    ("exit-management", "handover-overdue", 5),
];

/// The plugins, for what is asked here.
struct Plugins;

impl Decide for Plugins {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        let output = match &*decision.plugin {
            "sla-resolution" => json!({ "clocks": [
                { "clock": "response", "length": 4.0, "counted": "hours", "reason": "for the tier `core`" },
                { "clock": "solution", "length": 48.5, "counted": "hours", "reason": "for the tier `core`" },
            ] }),
            "churn-risk" => json!({
                "probability": 75.0, "level": "high", "action": "alert-management", "signals": [],
            }),
            _ => json!({
                "severity": "major", "responsible_dept": "technical-support",
                "response_hours": null, "solution_hours": null, "matched": ["宕机"], "reasons": [],
            }),
        };
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: "kept".into(),
            output: from_json(&output),
        })
    }
}

/// Writes the steps of one case.
struct Clerk<'a> {
    store: &'a Store,
    definition: Arc<Definition>,
    limits: Limits,
    now: Timestamp,
}

impl Clerk<'_> {
    fn setting(&self) -> Setting<'_> {
        Setting {
            definition: &self.definition,
            decide: &Plugins,
            now: self.now,
            limits: &self.limits,
        }
    }

    fn write(&self, outcome: Outcome, fired: Option<DueTimer>) {
        let step = StepWrite {
            before: self.store.case(&outcome.case.id).unwrap(),
            case: outcome.case,
            definition: self.definition.clone(),
            record: outcome.record,
            fired,
            started: Vec::new(),
            ended: Vec::new(),
            answer: None,
        };
        self.store.commit(&[step]).unwrap();
    }

    /// Opens a case and takes it through the first steps of a scenario.
    fn play(&mut self, id: &str, scenario: &Json, steps: usize) {
        let by = actor(&self.definition);
        let opened = open(self.setting(), id, &scenario["given"]["data"], &by);
        self.write(opened.unwrap(), None);
        let all = scenario["steps"].as_array().unwrap();
        for step in all.iter().take(steps) {
            self.take(id, step);
        }
    }

    fn take(&mut self, id: &str, step: &Json) {
        let stored = self.store.case(id).unwrap().unwrap();
        let case = stored.record.into_case(id, &self.definition.chart).unwrap();
        let when = &step["when"];
        if let Some(event) = when["event"].as_str() {
            let data = when.get("data").cloned().unwrap_or_else(|| json!({}));
            // What scenarios expect to be refused is.
            if let Ok(outcome) = send(
                self.setting(),
                &case,
                event,
                &data,
                &actor(&self.definition),
            ) {
                self.write(outcome, None);
            }
            return;
        }
        self.now = self.now.after_ms(6 * 3_600_000);
        let due = self.store.due_timers(self.now, 100).unwrap();
        let Some(timer) = due.into_iter().find(|timer| timer.case == id) else {
            return;
        };
        if let Ok(outcome) = fire(self.setting(), &case, timer.sequence) {
            self.write(outcome, Some(timer));
        }
    }
}

/// Somebody with every role.
fn actor(definition: &Definition) -> Actor {
    let roles = definition.bundle.pack.roles.keys();
    Actor::new("李娜", roles.map(|role| role.as_ref()))
}

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/packs/key-account");
    let mut files = Files::new();
    for name in ["pack", "roles", "parameters", "types", "calendar"] {
        let name = format!("{name}.yaml");
        files.insert(name.clone(), fs::read(pack.join(name)).unwrap());
    }
    for (workflow, ..) in CASES {
        let name = format!("workflows/{workflow}.yaml");
        files.insert(name.clone(), fs::read(pack.join(name)).unwrap());
    }
    let mut definitions = Pack::check(&files, str::to_owned, None).workflows;
    let store = Store::open(Box::new(WriteAhead::open(Path::new(&folder)).unwrap())).unwrap();
    let mut applied = BTreeMap::new();
    for (workflow, scenario, steps) in CASES {
        if let Some(definition) = definitions.remove(workflow) {
            store
                .apply(&[(definition.digest, &definition.bundle)])
                .unwrap();
            applied.insert(workflow, Arc::new(definition));
        }
        let mut clerk = Clerk {
            store: &store,
            definition: applied[workflow].clone(),
            limits: Limits::default(),
            now: Timestamp::from_unix_ms(1_767_574_800_000),
        };
        let path = pack.join(format!("scenarios/{workflow}/{scenario}.yaml"));
        let text = fs::read_to_string(path).unwrap();
        let (read, _) = read::<Json>(Source::new("scenario", text));
        clerk.play(scenario, &read.unwrap(), steps);
    }
    drop(store);
    // Whatever is free in the file goes, so that it is small.
    let file = Path::new(&folder).join("casewright.redb");
    redb::Database::open(file).unwrap().compact().unwrap();
}
