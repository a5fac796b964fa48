//! Commands to a case: events with data that fits or nearly fits, timers, time that passes.

use arbitrary::{Error, Unstructured};
use casewright_case::{Actor, Case, Outcome, Setting, fire, open, possible, send};
use casewright_chart::{Limits, Timestamp};
use casewright_definition::file::Types;
use casewright_definition::{Definition, Pack};
use serde_json::{Value as Json, json};

use crate::shipped::{Broken, shared, shipped};

/// A Monday morning in Shanghai.
const START_MS: i64 = 1_767_574_800_000;
/// How deep made-up data may be.
const MAX_DEPTH: usize = 4;

/// Runs a case of a shipped workflow through what the bytes say. Every step leads to a legal configuration,
/// and taken again gives the same.
pub fn simulate(bytes: &[u8]) {
    // The bytes have run out: this is the end of the run.
    let _ = run(&mut Unstructured::new(bytes));
}

fn run(bytes: &mut Unstructured<'_>) -> Result<(), Error> {
    let workflows: Vec<&Definition> = shipped().workflows.values().collect();
    let definition: &Definition = bytes.choose(&workflows)?;
    let limits = Limits::default();
    let mut now_ms = START_MS;
    let pack = shared();
    let everybody = Actor::new("li.na", pack.roles.keys().map(String::as_str));
    let setting = |now_ms| Setting {
        definition,
        decide: &Broken,
        now: Timestamp::from_unix_ms(now_ms),
        limits: &limits,
    };
    let start = &definition.bundle.workflow.start;
    let input = fields(
        start.requires.iter().chain(&start.accepts),
        definition,
        bytes,
    )?;
    let Ok(opened) = open(setting(now_ms), "case-1", &input, &everybody) else {
        return Ok(());
    };
    let mut case = opened.case;
    while !bytes.is_empty() {
        let _ = possible(setting(now_ms), &case, &everybody);
        let outcome = match bytes.int_in_range(0..=3)? {
            0 => {
                now_ms += i64::from(bytes.arbitrary::<u32>()?) * 1_000;
                continue;
            }
            1 => timer(setting(now_ms), &case, bytes)?,
            _ => event(setting(now_ms), &case, &everybody, bytes)?,
        };
        if let Some(outcome) = outcome {
            assert!(
                outcome.case.is_done()
                    || definition
                        .chart
                        .is_legal(&outcome.case.snapshot.configuration),
                "a step leads to a legal configuration"
            );
            case = outcome.case;
        }
    }
    Ok(())
}

/// Fires a timer that is pending, or one that is not.
fn timer(
    setting: Setting<'_>,
    case: &Case,
    bytes: &mut Unstructured<'_>,
) -> Result<Option<Outcome>, Error> {
    let pending: Vec<u64> = case
        .snapshot
        .pending
        .iter()
        .map(|pending| pending.sequence)
        .collect();
    let sequence = match bytes.arbitrary()? {
        true if !pending.is_empty() => *bytes.choose(&pending)?,
        _ => bytes.arbitrary::<u8>()?.into(),
    };
    Ok(twice(|| fire(setting, case, sequence).ok()))
}

/// Sends an event that the workflow declares, or one that it does not.
fn event(
    setting: Setting<'_>,
    case: &Case,
    actor: &Actor,
    bytes: &mut Unstructured<'_>,
) -> Result<Option<Outcome>, Error> {
    let definition = setting.definition;
    let events: Vec<_> = definition.bundle.workflow.events.iter().collect();
    let (name, declared) = *bytes.choose(&events)?;
    let stored = declared.requires.iter().chain(&declared.accepts);
    let mut input = fields(stored, definition, bytes)?;
    for (name, schema) in &declared.input {
        let value = fitting(schema, &shared().types, bytes, MAX_DEPTH)?;
        input[name.as_str()] = value;
    }
    Ok(twice(|| send(setting, case, name, &input, actor).ok()))
}

/// The core is pure: the same command gives the same outcome.
fn twice(command: impl Fn() -> Option<Outcome>) -> Option<Outcome> {
    let (first, second) = (command(), command());
    let case = |outcome: &Option<Outcome>| outcome.as_ref().map(|outcome| outcome.case.clone());
    assert_eq!(
        case(&first),
        case(&second),
        "the same command gives the same case"
    );
    first
}

/// Most of some fields of the case data, with values that mostly fit.
fn fields<'a>(
    names: impl Iterator<Item = &'a String>,
    definition: &Definition,
    bytes: &mut Unstructured<'_>,
) -> Result<Json, Error> {
    let pack: &Pack = shared();
    let mut given = json!({});
    for name in names {
        if bytes.ratio(1, 8)? {
            continue;
        }
        let schema = &definition.bundle.workflow.data["properties"][name.as_str()];
        given[name.as_str()] = fitting(schema, &pack.types, bytes, MAX_DEPTH)?;
    }
    Ok(given)
}

/// A value that mostly matches a JSON Schema.
fn fitting(
    schema: &Json,
    types: &Types,
    bytes: &mut Unstructured<'_>,
    depth: usize,
) -> Result<Json, Error> {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("types#/"))
    {
        return fitting(types.get(name).unwrap_or(&Json::Null), types, bytes, depth);
    }
    if let Some(values) = schema["enum"]
        .as_array()
        .filter(|values| !values.is_empty())
    {
        return bytes.choose(values).cloned();
    }
    Ok(match schema["type"].as_str() {
        _ if depth == 0 => Json::Null,
        Some("string") => text(schema["format"].as_str(), bytes)?,
        Some("integer") => json!(bytes.arbitrary::<i16>()?),
        Some("number") => json!(f64::from(bytes.arbitrary::<i16>()?) / 4.0),
        Some("boolean") => json!(bytes.arbitrary::<bool>()?),
        Some("array") => {
            let count = bytes.int_in_range(0..=3)?;
            let items = (0..count).map(|_| fitting(&schema["items"], types, bytes, depth - 1));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Some("object") => {
            let none = serde_json::Map::new();
            let mut object = json!({});
            for (name, property) in schema["properties"].as_object().unwrap_or(&none) {
                object[name.as_str()] = fitting(property, types, bytes, depth - 1)?;
            }
            object
        }
        _ => json!(bytes.arbitrary::<u8>()?),
    })
}

fn text(format: Option<&str>, bytes: &mut Unstructured<'_>) -> Result<Json, Error> {
    Ok(match format {
        Some("date") => json!("2026-02-03"),
        Some("date-time") => json!("2026-02-03T04:05:06Z"),
        Some("uri") => json!("https://example.com/a"),
        _ => {
            let length = bytes.int_in_range(0..=12)?;
            json!(String::from_utf8_lossy(bytes.bytes(length)?))
        }
    })
}
