//! Which fields a JSON Schema lets an object have.

use serde_json::Value as Json;

use crate::file;

/// A field that a schema does not let an object have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown<'a> {
    /// The field's place in the path that was asked for.
    pub(super) depth: usize,
    /// The fields that there are instead.
    pub(super) candidates: Vec<&'a str>,
}

/// Whether objects of the schema can have a value at the path. A schema that leaves open what else
/// an object may have is taken at its word.
pub(super) fn check_path<'a>(
    schema: &'a Json,
    types: &'a file::Types,
    path: &[String],
) -> Result<(), Unknown<'a>> {
    let mut schema = schema;
    for (depth, name) in path.iter().enumerate() {
        let (whole, inner) = resolve(schema, schema, types);
        schema = inner;
        let Some(properties) = schema["properties"].as_object() else {
            return match &schema["additionalProperties"] {
                Json::Object(_) => check_path(
                    &schema["additionalProperties"],
                    types,
                    path.get(depth + 1..).unwrap_or_default(),
                )
                .map_err(|unknown| Unknown {
                    depth: unknown.depth + depth + 1,
                    ..unknown
                }),
                _ => Ok(()),
            };
        };
        match properties.get(name) {
            Some(property) => schema = resolve(whole, property, types).1,
            None if schema["additionalProperties"] == Json::Bool(false) => {
                let candidates = properties.keys().map(String::as_str).collect();
                return Err(Unknown { depth, candidates });
            }
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Follows a reference to a type of the pack or to a definition of the schema itself.
fn resolve<'a>(whole: &'a Json, schema: &'a Json, types: &'a file::Types) -> (&'a Json, &'a Json) {
    let Some(reference) = schema["$ref"].as_str() else {
        return (whole, schema);
    };
    if let Some(name) = reference.strip_prefix("types#/") {
        let (name, rest) = name.split_once('/').unwrap_or((name, ""));
        return match (types.get(name), rest) {
            (Some(found), "") => (found, found),
            _ => (&Json::Null, &Json::Null),
        };
    }
    let local = reference
        .strip_prefix('#')
        .and_then(|pointer| whole.pointer(pointer));
    (whole, local.unwrap_or(&Json::Null))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn closed_objects_are_checked_through_references_and_open_ones_are_not() {
        let types: file::Types = [(
            "customer".to_owned(),
            json!({"type": "object", "additionalProperties": false, "properties": {"name": {}}}),
        )]
        .into_iter()
        .collect();
        let schema = json!({
            "additionalProperties": false,
            "properties": {"customer": {"$ref": "types#/customer"}, "open": {"type": "object"}},
        });
        let check = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
            check_path(&schema, &types, &path).map_err(|unknown| unknown.depth)
        };
        assert_eq!(check(&["customer", "name"]), Ok(()));
        assert_eq!(check(&["customer", "nme"]), Err(1));
        assert_eq!(check(&["custmer"]), Err(0));
        assert_eq!(check(&["open", "anything"]), Ok(()));
    }
}
