//! Types from JSON Schemas.

use std::cell::Cell;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Field, Kind, Kinds, Object, Type};
use crate::file;

/// How far schemas are followed into each other. What lies deeper may be anything; types that contain
/// themselves end here as well.
const MAX_DEPTH: usize = 12;

/// How many schemas are looked at in one that refers to others: a few that refer to each other many times
/// would otherwise be followed without an end in sight. What comes after may be anything.
const MAX_SCHEMAS: usize = 10_000;

/// Reads types from schemas that may refer to the pack's.
#[derive(Clone, Copy)]
pub(crate) struct Schemas<'a> {
    types: &'a file::Types,
}

/// Where a schema is read.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The document in which `#/…` is looked up.
    whole: &'a Json,
    /// How deep it still goes.
    levels: usize,
    /// Whether texts with the format of a duration or a time are such values, as in parameters.
    converts: bool,
    /// How many schemas may still be looked at.
    left: &'a Cell<usize>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(types: &'a file::Types) -> Self {
        Schemas { types }
    }

    /// What a value that matches the schema is.
    pub(crate) fn json(&self, schema: &Json, whole: &Json) -> Type {
        let place = Place {
            whole,
            levels: MAX_DEPTH,
            converts: false,
            left: &Cell::new(MAX_SCHEMAS),
        };
        self.read(schema, place)
    }

    /// What a parameter of the schema is: see the conversion of parameters.
    pub(crate) fn parameter(&self, schema: &Json) -> Type {
        let place = Place {
            whole: schema,
            levels: MAX_DEPTH,
            converts: true,
            left: &Cell::new(MAX_SCHEMAS),
        };
        self.read(schema, place)
    }

    fn read(&self, schema: &Json, place: Place<'_>) -> Type {
        let left = place.left.get().checked_sub(1);
        let (Some(levels), Some(left)) = (place.levels.checked_sub(1), left) else {
            return Type::of(Kinds::JSON);
        };
        place.left.set(left);
        let place = Place { levels, ..place };
        let Some(map) = schema.as_object() else {
            return Type::of(match schema {
                Json::Bool(false) => Kinds::NONE,
                _ => Kinds::JSON,
            });
        };
        // Only what stands in the schema itself is converted.
        let apart = Place {
            converts: false,
            ..place
        };
        let mut found = self.own(schema, place);
        if let Some(reference) = schema["$ref"].as_str() {
            found = found.intersection(&self.referred(reference, apart));
        }
        for one in map
            .get("allOf")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            found = found.intersection(&self.read(one, apart));
        }
        for key in ["oneOf", "anyOf"] {
            let Some(choices) = map.get(key).and_then(Json::as_array) else {
                continue;
            };
            let choices = choices.iter().map(|choice| self.read(choice, apart));
            if let Some(any) = choices.reduce(|one, other| one.union(&other)) {
                found = found.intersection(&any);
            }
        }
        found
    }

    fn referred(&self, reference: &str, place: Place<'_>) -> Type {
        let unknown = || Type::of(Kinds::JSON);
        if let Some(rest) = reference.strip_prefix("types#/") {
            let (name, inside) = match rest.split_once('/') {
                Some((name, inside)) => (name, format!("/{inside}")),
                None => (rest, String::new()),
            };
            let name = name.replace("~1", "/").replace("~0", "~");
            let found = self.types.get(&name);
            return match found.and_then(|whole| Some((whole, whole.pointer(&inside)?))) {
                Some((whole, schema)) => self.read(schema, Place { whole, ..place }),
                None => unknown(),
            };
        }
        let local = reference.strip_prefix('#');
        match local.and_then(|pointer| place.whole.pointer(pointer)) {
            Some(schema) => self.read(schema, place),
            None => unknown(),
        }
    }

    /// What the keywords of the schema itself say.
    fn own(&self, schema: &Json, place: Place<'_>) -> Type {
        let mut found = Type::of(kinds(&schema["type"]));
        let values = match (&schema["const"], &schema["enum"]) {
            (Json::Null, Json::Array(values)) => Some(values.as_slice()),
            (Json::Null, _) => None,
            (value, _) => Some(std::slice::from_ref(value)),
        };
        if let Some(values) = values {
            found = found.intersection(&of_values(values));
        }
        found.range = range(schema);
        let format = schema["format"].as_str().filter(|_| place.converts);
        if let (true, Some(kind)) = (found.kinds.has(Kind::String), format.and_then(converted)) {
            found.kinds = found.kinds.without(Kind::String).with(kind);
        }
        if let (Json::Null, Json::Object(_) | Json::Bool(_)) =
            (&schema["prefixItems"], &schema["items"])
        {
            found.item = Some(Arc::new(self.read(&schema["items"], place)));
        }
        if schema["properties"].is_object()
            || schema["required"].is_array()
            || schema.get("additionalProperties").is_some()
        {
            found.object = Some(Arc::new(self.fields(schema, place)));
        }
        found
    }

    fn fields(&self, schema: &Json, place: Place<'_>) -> Object {
        let required = |name: &str| {
            let mut names = schema["required"].as_array().into_iter().flatten();
            names.any(|other| other == name)
        };
        let properties = schema["properties"].as_object().into_iter().flatten();
        let mut fields: std::collections::BTreeMap<String, Field> = properties
            .map(|(name, property)| {
                let field = Field {
                    value: self.read(property, place),
                    required: required(name),
                };
                (name.clone(), field)
            })
            .collect();
        let patterns = schema["patternProperties"].is_object();
        let rest = match &schema["additionalProperties"] {
            Json::Bool(false) if !patterns => None,
            rest @ Json::Object(_) if !patterns => Some(self.read(rest, place)),
            _ => Some(Type::of(Kinds::JSON)),
        };
        let names = schema["required"].as_array().into_iter().flatten();
        for name in names.filter_map(Json::as_str) {
            if let (false, Some(value)) = (fields.contains_key(name), &rest) {
                let value = value.clone();
                let field = Field {
                    value,
                    required: true,
                };
                fields.insert(name.to_owned(), field);
            }
        }
        Object { fields, rest }
    }
}

/// What the `type` of a schema allows.
fn kinds(declared: &Json) -> Kinds {
    let of = |name: &str| match name {
        "null" => Kind::Null.into(),
        "boolean" => Kind::Bool.into(),
        "integer" => Kind::Int.into(),
        "number" => Kinds::of(&[Kind::Int, Kind::Double]),
        "string" => Kind::String.into(),
        "array" => Kind::List.into(),
        "object" => Kind::Map.into(),
        _ => Kinds::JSON,
    };
    match declared {
        Json::String(name) => of(name),
        Json::Array(names) => names
            .iter()
            .filter_map(Json::as_str)
            .map(of)
            .fold(Kinds::NONE, Kinds::union),
        _ => Kinds::JSON,
    }
}

/// What one of these values is.
fn of_values(values: &[Json]) -> Type {
    let of = |value: &Json| match value {
        Json::Null => Type::of(Kind::Null.into()),
        Json::Bool(_) => Type::of(Kind::Bool.into()),
        // JSON Schema takes `1` and `1.0` for the same.
        Json::Number(_) => Type::of(Kinds::of(&[Kind::Int, Kind::Double])),
        Json::String(text) => Type::text(text),
        Json::Array(_) => Type::of(Kind::List.into()),
        Json::Object(_) => Type::of(Kind::Map.into()),
    };
    let types = values.iter().map(of);
    types
        .reduce(|one, other| one.union(&other))
        .unwrap_or(Type::of(Kinds::NONE))
}

/// The least and the most that a number can be; limits that are no values themselves are taken for some.
fn range(schema: &Json) -> Option<(f64, f64)> {
    let least = ["minimum", "exclusiveMinimum"].into_iter();
    let least = least
        .filter_map(|name| schema[name].as_f64())
        .reduce(f64::max);
    let most = ["maximum", "exclusiveMaximum"].into_iter();
    let most = most
        .filter_map(|name| schema[name].as_f64())
        .reduce(f64::min);
    (least.is_some() || most.is_some()).then(|| {
        let least = least.unwrap_or(f64::NEG_INFINITY);
        (least, most.unwrap_or(f64::INFINITY))
    })
}

fn converted(format: &str) -> Option<Kind> {
    match format {
        "duration" => Some(Kind::Duration),
        "date-time" => Some(Kind::Timestamp),
        _ => None,
    }
}
