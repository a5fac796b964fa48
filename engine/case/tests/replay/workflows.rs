//! Workflows to try things with, and what can be sent to them: the shipped ones with what their scenarios
//! send, and one with every feature that leaves something in a record.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use casewright_case::Actor;
use casewright_definition::read::read;
use casewright_definition::source::Source;
use casewright_definition::{Definition, Files, Pack};
use serde_json::{Value as Json, json};

/// What can be sent to cases of a workflow, by somebody with every role.
pub(super) struct Pool {
    pub(super) openings: Vec<Json>,
    pub(super) events: Vec<(String, Json)>,
    pub(super) actor: Actor,
}

const EVERY_FEATURE: &str = r##"
id: everything
version: 1.0.0
title: Everything
start: { roles: [clerk], requires: [amount] }
data:
  type: object
  properties:
    amount: { type: number }
    zero: { type: number, default: 0 }
    notes: { type: array, default: [] }
    seen: { type: array, default: [] }
    score: {}
    late: { type: integer, default: 0 }
delays: { patience: P2D, moment: "duration('1m')" }
events:
  note: { title: Note, roles: [clerk], input: { text: {} } }
  score: { title: Score, roles: [clerk] }
  split: { title: Split, roles: [clerk] }
  negate: { title: Negate, roles: [clerk] }
  trip: { title: Trip, roles: [clerk] }
  pause: { title: Pause, roles: [clerk] }
  resume: { title: Resume, roles: [clerk] }
  close: { title: Close, roles: [clerk] }
initial: open
states:
  open:
    type: parallel
    invoke:
      - id: watch
        src: crm.watch
        input: { amount: data.amount }
        finalize: { assign: { seen: "data.seen + [event.name]" } }
        onDone: { guard: event.data.at > 7, target: paused }
      - id: count
        src: crm.watch
        input: { notes: data.notes }
        onError: { actions: [{ assign: { seen: "data.seen + [event.data.code]" } }, { raise: trip }] }
    states:
      work:
        states:
          busy:
            after:
              patience: { target: late, actions: [{ assign: { late: data.late + 1 } }] }
            on:
              note:
                actions:
                  - assign: { notes: "data.notes + [event.data.text]" }
                  - emit: { event: noted, data: { text: event.data.text, at: case.created_at } }
              score:
                target: busy
                reenter: true
                actions:
                  - decide: { function: scoring.score, input: { amount: data.amount, notes: data.notes }, assign: score }
                  - decide: { function: scoring.score, input: { amount: data.score.score }, assign: score }
              split: { actions: [{ assign: { amount: "double(data.amount) / 3.0" } }] }
              negate: { actions: [{ assign: { zero: "-0.0" } }] }
          late:
            on: { note: busy }
      mood:
        states:
          calm:
            on:
              trip:
                - target: angry
                  guard: dyn(data.notes) > 1
                - target: angry
                  guard: size(data.notes) > 0
              error.execution: angry
          angry:
            after: { moment: calm }
      memory: { type: history, history: deep }
    on: { pause: paused, close: closed }
  paused: { on: { resume: "#open.memory", close: closed } }
  closed: { type: final, output: "{'notes': data.notes, 'zero': data.zero}" }
"##;

static SHIPPED: LazyLock<Vec<(Definition, Pool)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/packs/key-account");
    let mut files = Files::new();
    for name in ["pack", "roles", "parameters", "types", "calendar"] {
        let name = format!("{name}.yaml");
        files.insert(name.clone(), fs::read(folder.join(name)).unwrap());
    }
    for entry in fs::read_dir(folder.join("workflows")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        files.insert(format!("workflows/{name}"), fs::read(&path).unwrap());
    }
    let definitions = checked(&files);
    let pool = |definition: Definition| {
        let mut pool = Pool::of(&definition);
        for entry in fs::read_dir(folder.join("scenarios").join(&*definition.id)).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let (scenario, _) = read::<Json>(Source::new("scenario.yaml", text));
            let scenario = scenario.unwrap();
            pool.openings.push(scenario["given"]["data"].clone());
            pool.collect(&scenario["steps"]);
        }
        (definition, pool)
    };
    definitions.into_iter().map(pool).collect()
});

static EVERY: LazyLock<(Definition, Pool)> = LazyLock::new(|| {
    let definition = casewright_definition::testing::definition(EVERY_FEATURE);
    let mut pool = Pool::of(&definition);
    pool.openings.push(json!({"amount": 100.5}));
    let note = json!({"text": {"zh": "停机两次", "n": [1, 2.5, null, true, -7, 1e300, 18446744073709551615_u64]}});
    for (event, data) in [
        ("trip", json!({})),
        ("note", note),
        ("score", json!({})),
        ("split", json!({})),
        ("negate", json!({})),
        ("note", json!({"text": "again"})),
        ("trip", json!({})),
        ("pause", json!({})),
        ("resume", json!({})),
        ("score", json!({})),
        ("close", json!({})),
    ] {
        pool.events.push((event.to_owned(), data));
    }
    (definition, pool)
});

impl Pool {
    fn of(definition: &Definition) -> Self {
        let roles = definition.bundle.pack.roles.keys();
        let roles: Vec<&str> = roles.map(|role| role.as_ref()).collect();
        Pool {
            openings: Vec::new(),
            events: Vec::new(),
            actor: Actor::new("李娜", roles),
        }
    }

    /// Every event of a scenario, wherever it stands.
    fn collect(&mut self, json: &Json) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Json::Object(fields) => {
                if let Some(Json::String(event)) = fields.get("event") {
                    let data = fields.get("data").cloned();
                    let data = data.unwrap_or_else(|| json!({}));
                    self.events.push((event.clone(), data));
                }
                fields.values().for_each(|field| self.collect(field));
            }
            _ => {}
        }
    }
}

fn checked(files: &Files) -> Vec<Definition> {
    let checked = Pack::check(files, str::to_owned, None);
    let told: Vec<String> = checked
        .findings
        .iter()
        .map(|findings| findings.report().to_string())
        .collect();
    assert!(checked.is_sound(), "{}", told.join("\n"));
    checked.workflows.into_values().collect()
}

/// The shipped workflows.
pub(super) fn shipped() -> &'static [(Definition, Pool)] {
    &SHIPPED
}

/// A workflow with decisions, timers, history, failing guards, fractions and a minus zero. Its events, one
/// after the other, go through all of it.
pub(super) fn every_feature() -> &'static (Definition, Pool) {
    &EVERY
}
