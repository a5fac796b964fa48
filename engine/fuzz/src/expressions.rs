//! CEL expressions: compiled, checked in a workflow, and evaluated on small data.

use std::sync::LazyLock;

use casewright_case::{Actor, Setting, open, possible, send};
use casewright_chart::{Limits, Timestamp};
use casewright_definition::expression::Program;
use casewright_definition::{Checked, Definition, Files, Pack};
use serde_json::{Value as Json, json};

use crate::shipped::{Broken, SHARED};

/// A Monday morning in Shanghai.
const NOW: Timestamp = Timestamp::from_unix_ms(1_767_574_800_000);

/// The shipped pack, without its workflows.
static PACK: LazyLock<Checked> = LazyLock::new(|| {
    let files: Files = SHARED
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .into();
    Pack::check(&files, str::to_owned, None)
});

/// Compiles a text as CEL. What compiles stands in a workflow as a guard, a value and a delay, and each is
/// asked.
pub fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(program) = Program::compile(text) else {
        return;
    };
    for path in program.paths() {
        let _ = program.name_span(path, 0);
    }
    let workflow = workflow(text).to_string();
    let pack = PACK.pack.as_ref().expect("the shipped pack is sound");
    let (definition, findings) =
        Definition::check_bytes("fuzz.json".into(), workflow.into_bytes(), pack, None);
    let _ = findings.report().to_string();
    if let Some(definition) = definition {
        ask(&definition);
    }
}

fn ask(definition: &Definition) {
    let setting = Setting {
        definition,
        decide: &Broken,
        now: NOW,
        limits: &Limits::default(),
    };
    let actor = Actor::new("li.na", ["account-manager", "ka-team"]);
    let opened = open(setting, "case-1", &json!({}), &actor).expect("a case is opened");
    let _ = possible(setting, &opened.case, &actor);
    for event in ["guard", "value", "delay"] {
        // An expression that fails is a refusal or an `error.execution`; both are answers.
        let _ = send(setting, &opened.case, event, &json!({ "score": 7 }), &actor);
    }
}

/// A workflow that uses an expression in three places.
fn workflow(text: &str) -> Json {
    let event = || {
        json!({
            "title": "Event",
            "roles": ["ka-team"],
            "input": { "score": { "type": "integer" } },
        })
    };
    json!({
        "id": "fuzzed",
        "version": "1.0.0",
        "title": "Fuzzed",
        "start": { "roles": ["account-manager"] },
        "data": { "properties": {
            "account": { "default": { "name": "华东能源", "tier": "core" } },
            "amount": { "default": 12.5 },
            "rounds": { "default": 2 },
            "items": { "default": [{ "price": 3, "count": 2 }, { "price": 4, "count": 1 }] },
            "names": { "default": ["a", "b"] },
            "since": { "default": "2026-01-05T01:00:00Z" },
            "answer": {},
        } },
        "events": { "guard": event(), "value": event(), "delay": event() },
        "states": {
            "open": {
                "on": {
                    "guard": { "target": "closed", "guard": text },
                    "value": { "actions": { "assign": { "answer": text } } },
                    "delay": { "actions": { "send": { "event": "late", "delay": { "expr": text } } } },
                    "late": "closed",
                },
            },
            "closed": { "type": "final" },
        },
    })
}
