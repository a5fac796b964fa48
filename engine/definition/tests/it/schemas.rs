//! The JSON Schemas of the files say what serde says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use casewright_definition::schema;
use casewright_definition::source::{Document, Source};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{broken, desk};

static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let compile =
        |(name, schema): (&'static str, Value)| (name, jsonschema::validator_for(&schema).unwrap());
    schema::files().into_iter().map(compile).collect()
});

/// What the schema says against a text, if anything.
pub(crate) fn objection(schema: &str, text: &str) -> Option<String> {
    let document = Document::parse(Source::new("file.yaml", text)).unwrap();
    let error = VALIDATORS[schema].validate(&document.value).err()?;
    Some(format!("{}: {error}", error.instance_path()))
}

/// The schema of a file of the pack.
fn schema_of(path: &str) -> String {
    match path.strip_suffix(".yaml") {
        Some(name) if !path.starts_with("workflows/") => format!("{name}.schema.json"),
        _ => "workflow.schema.json".to_owned(),
    }
}

#[test]
fn what_is_right_is_right_in_the_editor_too() {
    assert_eq!(
        objection("workflow.schema.json", include_str!("../desk/whole.yaml")),
        None
    );
    for (path, bytes) in desk::files() {
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(objection(&schema_of(&path), &text), None, "{path}");
    }
}

#[test]
fn a_wrong_shape_is_wrong_in_the_editor_too() {
    let mut count = 0;
    for path in broken::broken() {
        if broken::report(&path).0.contains("error[file-shape]") {
            let text = std::fs::read_to_string(&path).unwrap();
            let place = text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("# as: "));
            let schema = schema_of(place.unwrap_or("workflows/broken.yaml"));
            assert!(objection(&schema, &text).is_some(), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 7, "{count}");
}

#[test]
fn each_mistake_alone_is_wrong() {
    let whole: Value = {
        let text = include_str!("../desk/whole.yaml");
        Document::parse(Source::new("whole.yaml", text))
            .unwrap()
            .value
    };
    let validator = &VALIDATORS["workflow.schema.json"];
    for (pointer, value) in [
        ("/version", json!(1.0)),
        ("/start/roles", json!("clerk")),
        ("/states/open/on/approve/0/guard", json!(true)),
        ("/states/open/on/approve/0/gaurd", json!("true")),
        ("/states/open/entry/0", json!({"asign": {}})),
        ("/states/open/entry/0", json!({"cancel": "a", "raise": "b"})),
        ("/states/open/entry/0", json!("notify")),
        ("/states/open/entry/4/send/delay", json!([1])),
        ("/states/review/type", json!("paralel")),
        ("/states/closed/title", json!({"en": 5})),
        ("/events/approve/title", Value::Null),
        ("/titel", json!("Whole")),
    ] {
        let mut changed = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match changed.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
        assert!(!validator.is_valid(&changed), "{pointer} = {value}");
    }
}

#[test]
fn an_editor_needs_no_network_and_knows_every_key() {
    for (name, schema) in schema::files() {
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{name}"
        );
        assert!(
            schema["title"].is_string() && schema["description"].is_string(),
            "{name}"
        );
        walk(&schema, name, &mut |place, schema| {
            if let Some(reference) = schema["$ref"].as_str() {
                assert!(reference.starts_with("#/$defs/"), "{place}: {reference}");
            }
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                let described = property["description"]
                    .as_str()
                    .is_some_and(|d| !d.is_empty());
                assert!(described, "{place}: {key} is not described");
            }
        });
    }
}

/// Calls with every object in a schema.
fn walk(schema: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    match schema {
        Value::Object(map) => {
            visit(place, schema);
            for (key, value) in map {
                walk(value, &format!("{place}/{key}"), visit);
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(item, &format!("{place}/*"), visit);
            }
        }
        _ => {}
    }
}
