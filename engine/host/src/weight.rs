//! How much work a schema can make, measured before it is used.
//!
//! A schema is part of a plugin, so it is not to be trusted either: a dozen lines of references to
//! references can stand for billions of checks, and a long chain of them for a stack that overflows.
//! A schema is therefore weighed as if every reference were written out, and references that can
//! not be weighed - to other documents, to anchors, to themselves - are refused.

use serde_json::{Map, Value};

/// How many JSON values a schema may consist of when it is written out. Those of the shipped plugins
/// have about a hundred.
const MAX_WEIGHT: usize = 10_000;

/// How deep a schema may nest when it is written out.
const MAX_DEPTH: usize = 64;

/// The number of JSON values in `schema` when its references are written out, or why it is refused.
pub(crate) fn weigh(schema: &Value) -> Result<usize, String> {
    let mut scale = Scale {
        root: schema,
        weight: 0,
    };
    scale.add(schema, MAX_DEPTH)?;
    Ok(scale.weight)
}

struct Scale<'a> {
    root: &'a Value,
    weight: usize,
}

impl<'a> Scale<'a> {
    fn add(&mut self, value: &'a Value, depth: usize) -> Result<(), String> {
        self.weight += 1;
        if self.weight > MAX_WEIGHT {
            return Err(format!("written out, it has more than {MAX_WEIGHT} values"));
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!(
                "refers to itself or nests deeper than {MAX_DEPTH} levels"
            ));
        };
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.add(item, depth)),
            Value::Object(fields) => {
                self.refuse_names(value, fields)?;
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    self.add(self.target(reference)?, depth)?;
                }
                fields.values().try_for_each(|field| self.add(field, depth))
            }
            _ => Ok(()),
        }
    }

    /// Keywords that give parts of a schema other names than their place in it. As names of
    /// properties they stand before an object, which is no concern here.
    fn refuse_names(&self, value: &Value, fields: &Map<String, Value>) -> Result<(), String> {
        let refused = ["$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef"];
        let mut refused = refused.into_iter().chain(
            // An id at the top names the whole and moves nothing.
            (!std::ptr::eq(value, self.root)).then_some("$id"),
        );
        match refused.find(|name| fields.get(*name).is_some_and(Value::is_string)) {
            Some(name) => Err(format!("uses `{name}`, which plugins may not")),
            None => Ok(()),
        }
    }

    fn target(&self, reference: &str) -> Result<&'a Value, String> {
        reference
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| {
                format!("refers to `{reference}`, expected a place in it such as `#/$defs/name`")
            })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_weigh_what_they_refer_to() {
        let plain = json!({"$defs": {"a": {"type": "string"}}, "properties": {}});
        assert_eq!(weigh(&plain), Ok(5));
        let twice = json!({"$defs": {"a": {"type": "string"}},
            "properties": {"x": {"$ref": "#/$defs/a"}, "y": {"$ref": "#/$defs/a"}}});
        assert_eq!(weigh(&twice), Ok(13));
    }

    #[test]
    fn references_that_double_are_refused() {
        let mut schema = json!({"$defs": {"d15": {}}, "$ref": "#/$defs/d0"});
        for level in 0..15 {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            schema["$defs"][format!("d{level}")] = json!({"allOf": [next, next]});
        }
        assert_eq!(
            weigh(&schema).unwrap_err(),
            "written out, it has more than 10000 values"
        );
    }

    #[test]
    fn references_to_themselves_are_refused() {
        let refused = Err("refers to itself or nests deeper than 64 levels".to_owned());
        assert_eq!(weigh(&json!({"$ref": "#"})), refused);
        assert_eq!(weigh(&json!({"items": {"$ref": "#"}})), refused);
    }

    #[test]
    fn other_names_are_refused() {
        for schema in [
            json!({"$ref": "other.json"}),
            json!({"$ref": "#name"}),
            json!({"$ref": "#/$defs/nowhere"}),
            json!({"items": {"$id": "inner", "$ref": "#"}}),
            json!({"$dynamicAnchor": "x", "items": {"$dynamicRef": "#x"}}),
        ] {
            assert!(weigh(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn properties_may_have_any_name() {
        let schema = json!({"$id": "top", "properties": {"$ref": {}, "$id": {"type": "string"}}});
        assert_eq!(weigh(&schema), Ok(6));
    }
}
