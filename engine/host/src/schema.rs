//! A JSON Schema that a plugin declared, ready to check texts with.

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::weight::weigh;

/// How many violations an error lists: the first few tell the story.
const MAX_VIOLATIONS: usize = 5;

/// How much of a violation's text is kept, in characters: it may quote the value.
const MAX_TEXT_CHARS: usize = 240;

/// The most that one check may be: values of the written-out schema times bytes of the text. A full
/// megabyte against a schema of four hundred values, a second or so at the very worst.
const MAX_WORK: usize = 400 << 20;

/// How deep a value may nest: as deep as `serde_json` reads text, which is what most plugins read with.
const MAX_NESTING: usize = 127;

/// One place where a value does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) into the value; empty for the whole of it.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Violation {
    /// Something wrong with the value as a whole.
    pub(crate) fn whole(message: String) -> Self {
        Violation {
            pointer: String::new(),
            message,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "at `{}`: ", self.pointer)?;
        }
        f.write_str(&self.message)
    }
}

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    weight: usize,
}

impl Schema {
    /// Compiles `value`, which must be an object, or says why not.
    ///
    /// Nothing is fetched, and patterns run on an engine that takes linear time.
    pub(crate) fn compile(value: &Value) -> Result<Schema, String> {
        if !value.is_object() {
            return Err(format!("expected a JSON object, found {}", kind(value)));
        }
        let weight = weigh(value)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(value)
            .map_err(|error| cut(&error.to_string()))?;
        Ok(Schema { validator, weight })
    }

    /// The JSON value that `text` is, or the first few places where it does not fit; at least one.
    pub(crate) fn check(&self, text: &str) -> Result<Value, Vec<Violation>> {
        self.check_work(text.len())?;
        let value: Value = serde_json::from_str(text)
            .map_err(|error| vec![Violation::whole(format!("not JSON: {error}"))])?;
        self.check_places(&value)?;
        Ok(value)
    }

    /// The same for a value that is at hand, which as text has `bytes` bytes.
    pub(crate) fn check_value(&self, value: &Value, bytes: usize) -> Result<(), Vec<Violation>> {
        self.check_work(bytes)?;
        self.check_places(value)
    }

    fn check_work(&self, bytes: usize) -> Result<(), Vec<Violation>> {
        if self.weight.saturating_mul(bytes) <= MAX_WORK {
            return Ok(());
        }
        let message = format!(
            "{bytes} bytes are too much to check against a schema of {} values",
            self.weight
        );
        Err(vec![Violation::whole(message)])
    }

    fn check_places(&self, value: &Value) -> Result<(), Vec<Violation>> {
        if self.validator.is_valid(value) {
            return Ok(());
        }
        let errors = self.validator.iter_errors(value).take(MAX_VIOLATIONS);
        Err(errors
            .map(|error| Violation {
                pointer: error.instance_path().to_string(),
                message: cut(&error.to_string()),
            })
            .collect())
    }
}

/// `value` as text. What nests deeper than text can be read is refused before anything follows it down.
pub(crate) fn text(value: &Value) -> Result<String, Vec<Violation>> {
    match nests_within(value, MAX_NESTING) {
        true => Ok(value.to_string()),
        false => {
            let message = format!("nests deeper than {MAX_NESTING} levels");
            Err(vec![Violation::whole(message)])
        }
    }
}

/// Whether `value` has at most so many values inside of each other.
fn nests_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(items) => items.iter().all(|item| nests_within(item, below)),
        Value::Object(fields) => fields.values().all(|field| nests_within(field, below)),
        _ => true,
    }
}

/// What a JSON value is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn violations_name_their_places() {
        let schema = json!({"properties": {"a": {"items": {"type": "string"}}}, "required": ["b"]});
        let schema = Schema::compile(&schema).unwrap();
        let violations = schema.check(r#"{"a": ["x", 1]}"#).unwrap_err();
        let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
        let expected = [
            r#""b" is a required property"#,
            r#"at `/a/1`: 1 is not of type "string""#,
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn values_nest_as_deep_as_text() {
        let schema = Schema::compile(&json!({})).unwrap();
        let nested = |levels: usize| (0..levels).fold(json!([]), |inner, _| json!([inner]));
        for levels in [0, 100, 125, 126, 127, 128, 1000] {
            let value = nested(levels);
            let read = schema.check(&value.to_string()).is_ok();
            assert_eq!([read, text(&value).is_ok()], [levels < 127; 2], "{levels}");
        }
    }

    #[test]
    fn quoted_values_are_cut() {
        let schema = Schema::compile(&json!({"type": "object"})).unwrap();
        let violations = schema
            .check(&format!("\"{}\"", "长".repeat(1000)))
            .unwrap_err();
        assert_eq!(violations[0].message.chars().count(), MAX_TEXT_CHARS + 1);
    }

    #[test]
    fn large_text_is_not_checked_against_a_heavy_schema() {
        let all: Vec<Value> = (0..4000).map(|least| json!({"minimum": least})).collect();
        let schema = Schema::compile(&json!({"items": {"allOf": all}})).unwrap();
        assert!(schema.check("[5000]").is_ok());
        let text = format!("[{}5000]", "5000,".repeat(20_000));
        let violations = schema.check(&text).unwrap_err();
        assert_eq!(
            violations[0].message,
            "100006 bytes are too much to check against a schema of 8003 values"
        );
    }
}
