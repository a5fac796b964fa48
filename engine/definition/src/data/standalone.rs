//! Schemas that stand alone: what they refer to travels with them.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::file;

/// How a schema refers to a type of the pack.
const PREFIX: &str = "types#/";

/// The schema with every type of the pack that it uses, directly or through another, under `$defs`, and
/// references that point there. A client needs nothing else to judge a value or to draw a form.
pub(super) fn standalone(schema: &Json, types: &file::Types) -> Json {
    let own = schema["$defs"].as_object().cloned().unwrap_or_default();
    let mut used = Used {
        own: &own,
        names: IndexMap::new(),
    };
    let mut schema = used.rewrite(schema);
    let mut definitions = Map::new();
    // Rewriting a type may find others; each is taken once, so this ends.
    let mut next = 0;
    while let Some((name, key)) = used.names.get_index(next) {
        let (name, key) = (name.clone(), key.clone());
        if let Some(found) = types.get(&name) {
            definitions.insert(key, used.rewrite(found));
        }
        next += 1;
    }
    if let (false, Some(object)) = (definitions.is_empty(), schema.as_object_mut()) {
        let all = object.entry("$defs").or_insert_with(|| Map::new().into());
        if let Some(all) = all.as_object_mut() {
            all.extend(definitions);
        }
    }
    schema
}

/// The types that are used, each with the name that it gets under `$defs`.
struct Used<'a> {
    own: &'a Map<String, Json>,
    names: IndexMap<String, String>,
}

impl Used<'_> {
    fn rewrite(&mut self, schema: &Json) -> Json {
        match schema {
            Json::Object(map) => {
                let entry = |(key, value): (&String, &Json)| {
                    let value = match (key.as_str(), value.as_str()) {
                        ("$ref", Some(reference)) => self.reference(reference).into(),
                        _ => self.rewrite(value),
                    };
                    (key.clone(), value)
                };
                Json::Object(map.iter().map(entry).collect())
            }
            Json::Array(items) => items.iter().map(|item| self.rewrite(item)).collect(),
            other => other.clone(),
        }
    }

    fn reference(&mut self, reference: &str) -> String {
        let Some(rest) = reference.strip_prefix(PREFIX) else {
            return reference.to_owned();
        };
        let (token, inside) = match rest.split_once('/') {
            Some((token, inside)) => (token, format!("/{inside}")),
            None => (rest, String::new()),
        };
        let name = token.replace("~1", "/").replace("~0", "~");
        let key = match self.own.contains_key(&name) {
            true => format!("types.{name}"),
            false => name.clone(),
        };
        let key = self.names.entry(name).or_insert(key);
        format!("#/$defs/{}{inside}", crate::read::escape(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_come_along_with_those_that_they_use_themselves() {
        let types: file::Types = [
            (
                "person".to_owned(),
                json!({"properties": {"at": {"$ref": "types#/place"}}}),
            ),
            ("place".to_owned(), json!({"type": "string"})),
            ("money".to_owned(), json!({"type": "number"})),
        ]
        .into_iter()
        .collect();
        let schema = json!({
            "properties": {"who": {"$ref": "types#/person"}, "own": {"$ref": "#/$defs/place"}},
            "$defs": {"place": {"type": "object"}},
        });
        assert_eq!(
            standalone(&schema, &types),
            json!({
                "properties": {"who": {"$ref": "#/$defs/person"}, "own": {"$ref": "#/$defs/place"}},
                "$defs": {
                    "place": {"type": "object"},
                    "person": {"properties": {"at": {"$ref": "#/$defs/types.place"}}},
                    "types.place": {"type": "string"},
                },
            })
        );
    }

    #[test]
    fn a_schema_that_uses_none_stays_as_it_is() {
        let schema = json!({"type": "object", "properties": {}});
        assert_eq!(standalone(&schema, &file::Types::default()), schema);
    }
}
