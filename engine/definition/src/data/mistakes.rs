//! What is wrong with a schema, all of it.

use serde_json::Value;

use super::{SchemaError, words};
use crate::diagnostic::{did_you_mean, quoted};
use crate::file;
use crate::read::escape;

/// The types of JSON Schema (2020-12 validation, 6.1.1).
const TYPES: [&str; 7] = [
    "string", "integer", "number", "boolean", "array", "object", "null",
];
/// Keywords whose values are data, in which nothing is a reference.
const DATA: [&str; 4] = ["default", "const", "enum", "examples"];

/// Every mistake in a schema that may refer to the pack's types.
pub(crate) fn of_schema(schema: &Value, types: &file::Types) -> Vec<SchemaError> {
    of(schema, schema, types)
}

/// Every mistake in one of the pack's types, which cannot refer to definitions of its own: the
/// types together are one document.
pub(crate) fn of_type(schema: &Value, types: &file::Types) -> Vec<SchemaError> {
    of(schema, &Value::Null, types)
}

fn of(schema: &Value, home: &Value, types: &file::Types) -> Vec<SchemaError> {
    let validator = jsonschema::draft202012::meta::validator();
    let errors = validator.iter_errors(schema);
    let mut found: Vec<SchemaError> = Vec::new();
    for violation in errors.flat_map(|error| words::violations(&error)) {
        let error = bad_type(schema, &violation.pointer).unwrap_or_else(|| SchemaError {
            message: format!("this is no JSON Schema: {}", violation.message),
            pointer: violation.pointer,
            hint: None,
        });
        // The schema of schemas is in parts, more than one of which may object to the same.
        if !found.iter().any(|other| other.pointer == error.pointer) {
            found.push(error);
        }
    }
    references(schema, String::new(), &mut |reference, pointer| {
        found.extend(bad_reference(home, types, reference, pointer));
    });
    found
}

fn bad_type(schema: &Value, pointer: &str) -> Option<SchemaError> {
    let found = schema.pointer(pointer.strip_suffix("/type").map(|_| pointer)?)?;
    let found = found.as_str()?;
    let hint = did_you_mean(found, TYPES).map(|name| format!("did you mean `{name}`?"));
    Some(SchemaError {
        pointer: pointer.to_owned(),
        message: format!("JSON Schema has no type {}", quoted(found)),
        hint: hint.or_else(|| {
            Some(format!(
                "the types are {}",
                crate::read::list(&TYPES, "and")
            ))
        }),
    })
}

/// Calls with every `$ref` and its place.
fn references(schema: &Value, pointer: String, found: &mut impl FnMut(&str, String)) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                let pointer = format!("{pointer}/{}", escape(key));
                match value {
                    Value::String(reference) if key == "$ref" => found(reference, pointer),
                    _ if DATA.contains(&key.as_str()) => {}
                    _ => references(value, pointer, found),
                }
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                references(item, format!("{pointer}/{number}"), found);
            }
        }
        _ => {}
    }
}

fn bad_reference(
    schema: &Value,
    types: &file::Types,
    reference: &str,
    pointer: String,
) -> Option<SchemaError> {
    if let Some(rest) = reference.strip_prefix("types#/") {
        let (name, inside) = rest.split_once('/').unwrap_or((rest, ""));
        let pointer_inside = format!("/{inside}");
        return match types.get(name) {
            Some(_) if inside.is_empty() => None,
            Some(found) if found.pointer(&pointer_inside).is_some() => None,
            Some(_) => Some(SchemaError {
                message: format!("type `{name}` has nothing at {}", quoted(&pointer_inside)),
                pointer,
                hint: None,
            }),
            None => Some(SchemaError {
                message: format!("no type of the pack is called {}", quoted(name)),
                pointer,
                hint: did_you_mean(name, types.keys().map(String::as_str))
                    .map(|name| format!("did you mean `types#/{name}`?")),
            }),
        };
    }
    // Parts of a schema are used on their own, as what an event carries; only `$defs` go with them.
    let local = reference.strip_prefix('#');
    let local = local.filter(|inside| inside.starts_with("/$defs/"));
    let known = local.is_some_and(|inside| schema.pointer(inside).is_some());
    (!known).then(|| SchemaError {
        message: format!("nothing can be referred to as {}", quoted(reference)),
        pointer,
        hint: Some("refer to a type of the pack as `types#/name`, and to a part of this schema as `#/$defs/name`".to_owned()),
    })
}
