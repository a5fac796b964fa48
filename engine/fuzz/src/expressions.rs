//! CEL expressions: compiled, checked in a workflow, and evaluated on small data.

use std::sync::LazyLock;

use casewright_case::{Actor, Setting, open, possible, send};
use casewright_chart::{Event, Limits, Scope, Timestamp};
use casewright_definition::expression::{Expression, Program, Surroundings};
use casewright_definition::json::from_json;
use casewright_definition::{Circumstances, Definition, Subject};
use serde_json::{Value as Json, json};

use crate::shipped::{Broken, shared};

/// A Monday morning in Shanghai.
const NOW: Timestamp = Timestamp::from_unix_ms(1_767_574_800_000);

/// One in so many texts is checked in a workflow as well, which takes far longer than to evaluate it.
const CHECKED_ONE_IN: usize = 8;

/// A workflow to evaluate in, with what surrounds its expressions.
static AT_HAND: LazyLock<(Definition, Surroundings)> = LazyLock::new(|| {
    let definition = checked("dyn(null)").expect("a workflow without an expression is sound");
    let pack = shared();
    let parameters = pack.parameters.iter();
    let parameters = parameters.map(|(name, p)| (name.as_str(), &p.schema, &p.value));
    let calendar = pack.calendar().expect("the shipped calendar counts");
    (definition, Surroundings::new(parameters, calendar))
});

/// Compiles a text as CEL. What compiles is asked for a guard, a value and a delay; some of it stands in a
/// workflow as all three, too.
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
    evaluate(&Expression::Program(Box::new(program)));
    let sum: usize = bytes.iter().map(|byte| usize::from(*byte)).sum();
    if sum.is_multiple_of(CHECKED_ONE_IN) {
        // As it is, it has one type, and is refused in two of its three places at least.
        checked(text);
        if let Some(definition) = checked(&format!("dyn({text})")) {
            ask(&definition);
        }
    }
}

/// An expression that fails has an error, which is an answer; only a panic is none.
fn evaluate(expression: &Expression) {
    let (definition, surroundings) = &*AT_HAND;
    let event = Event::external("value", from_json(&json!({ "score": 7 })));
    let scope = Scope {
        chart: &definition.chart,
        configuration: &[],
        data: &definition.defaults,
        event: Some(&event),
        now: NOW,
        locals: &[],
    };
    let circumstances = Circumstances {
        actor: from_json(&json!({ "id": "li.na", "roles": ["ka-team"] })),
        case: Subject {
            id: "case-1".into(),
            workflow: "fuzzed".into(),
            ..Subject::default()
        },
    };
    let _ = expression.guard(&scope, &circumstances, surroundings);
    let _ = expression.delay_ms(&scope, &circumstances, surroundings);
    if let Ok(value) = expression.value(&scope, &circumstances, surroundings) {
        let again = expression.value(&scope, &circumstances, surroundings);
        assert_eq!(again, Ok(value), "the same question has the same answer");
    }
}

fn checked(text: &str) -> Option<Definition> {
    let workflow = workflow(text).to_string().into_bytes();
    let name = "fuzz.json".to_owned();
    let (definition, findings) = Definition::check_bytes(name, workflow, shared(), None);
    let _ = findings.report().to_string();
    definition
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
