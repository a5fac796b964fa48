//! JSON Schemas (2020-12) of case data, events and parameters.

mod mistakes;
mod standalone;
mod words;

use std::sync::Arc;

use jsonschema::{Draft, Registry, Validator};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::file;
pub(crate) use mistakes::{of_schema, of_type};

/// Where the documents of a definition live as far as references are concerned: `types#/money` in a
/// schema becomes `casewright:///types#/money`.
const BASE: &str = "casewright:///schema";
const TYPES: &str = "casewright:///types";
/// How many violations of one value are told; the rest would only repeat them.
const MAX_VIOLATIONS: usize = 20;

/// A schema, ready to judge values.
#[derive(Debug)]
pub struct Schema {
    json: serde_json::Value,
    text: Arc<RawValue>,
    validator: Validator,
}

/// Why a schema is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The JSON pointer into the schema.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// The one thing to try.
    pub hint: Option<String>,
}

/// One way in which a value does not match its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The JSON pointer into the value.
    pub pointer: String,
    /// What was expected, and what was found.
    pub message: String,
}

impl Schema {
    /// Compiles a schema that may refer to the pack's types.
    ///
    /// # Errors
    /// It is no JSON Schema, or refers to what is not there. Nothing is ever fetched.
    pub fn compile(json: &serde_json::Value, types: &file::Types) -> Result<Self, SchemaError> {
        if let Some(error) = of_schema(json, types).into_iter().next() {
            return Err(error);
        }
        let unusable = |message: String| SchemaError {
            pointer: String::new(),
            message,
            hint: None,
        };
        let alone = standalone::standalone(json, types);
        let types: serde_json::Map<String, serde_json::Value> = types
            .iter()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(TYPES, serde_json::Value::Object(types))
            .and_then(|registry| registry.prepare())
            .map_err(|error| unusable(error.to_string()))?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_base_uri(BASE)
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(json)
            .map_err(|error| SchemaError {
                pointer: error.instance_path().to_string(),
                ..unusable(error.to_string())
            })?;
        let text = serde_json::value::to_raw_value(&alone);
        let text = text.map_err(|error| unusable(error.to_string()))?;
        Ok(Schema {
            json: alone,
            text: text.into(),
            validator,
        })
    }

    /// The schema itself, with the types of the pack that it uses under `$defs`.
    pub fn json(&self) -> &serde_json::Value {
        &self.json
    }

    /// The same as text, which is shown more often than it is looked into.
    pub fn text(&self) -> &Arc<RawValue> {
        &self.text
    }

    /// Every way in which the value does not match; empty when it does.
    pub fn violations(&self, value: &serde_json::Value) -> Vec<Violation> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(value);
        let violations = errors.flat_map(|error| words::violations(&error));
        violations.take(MAX_VIOLATIONS).collect()
    }
}
