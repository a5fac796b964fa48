//! The JSON Schemas of the files, for editors: completion, hover texts and squiggles.
//!
//! They stand alone: nothing in them is fetched. What the files hold of JSON Schema itself is
//! described here only as "an object, or true or false"; [`crate::data`] judges it when the file is
//! checked.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use crate::file;

/// Every schema with the name of its file.
///
/// ```
/// let files = casewright_definition::schema::files();
/// let (name, schema) = &files[0];
/// assert_eq!(*name, "workflow.schema.json");
/// assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
/// ```
pub fn files() -> Vec<(&'static str, Value)> {
    vec![
        (
            "workflow.schema.json",
            schema::<file::Workflow>(
                "Workflow",
                "One workflow: a statechart with its data, its people and its delays.",
            ),
        ),
        (
            "pack.schema.json",
            schema::<file::Pack>("Pack", "What the pack is."),
        ),
        (
            "roles.schema.json",
            schema::<file::Roles>("Roles", "Who takes part, by the name that workflows use."),
        ),
        (
            "parameters.schema.json",
            schema::<file::Parameters>(
                "Parameters",
                "What a company sets to its own figures, by the name that expressions use.",
            ),
        ),
        ("types.schema.json", types()),
        (
            "calendar.schema.json",
            schema::<file::Calendar>("Calendar", "Which days are worked."),
        ),
    ]
}

/// The schema of a type, as an editor needs it.
pub fn schema<T: JsonSchema>(title: &str, description: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(Tidy);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), json!(title));
    schema.insert("description".to_owned(), json!(description));
    schema.to_value()
}

/// `types.yaml` has no type of its own: it is schemas by name.
fn types() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Types",
        "description": "JSON Schemas that the workflows of the pack share, by name. A workflow refers to one as `types#/name`.",
        "type": "object",
        "additionalProperties": {
            "description": "A JSON Schema (2020-12).",
            "type": ["object", "boolean"],
        },
    })
}

/// Leaves away what only Rust knows: the formats of its numbers, and defaults that say "nothing".
/// Puts what is said of an object with one key, such as an action, to the key as well, where an
/// editor shows it.
#[derive(Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        let format = schema.get("format").and_then(Value::as_str);
        if matches!(format, Some("uint64" | "int64" | "uint32" | "double")) {
            schema.remove("format");
        }
        let says_nothing = |default: &Value| match default {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if schema.get("default").is_some_and(says_nothing) {
            schema.remove("default");
        }
        let description = schema.get("description").cloned();
        if let (Some(description), Some(Value::Object(properties))) =
            (description, schema.get_mut("properties"))
            && properties.len() == 1
        {
            for property in properties.values_mut().filter_map(Value::as_object_mut) {
                property.entry("description").or_insert(description.clone());
            }
        }
        transform_subschemas(self, schema);
    }
}
