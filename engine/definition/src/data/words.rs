//! What a schema expects and a value is, in the words of this project.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::Violation;
use crate::diagnostic::quoted;
use crate::read::{describe, escape, list};

/// The violations that one error of the library stands for.
pub(super) fn violations(error: &ValidationError<'_>) -> Vec<Violation> {
    let pointer = error.instance_path().to_string();
    let each = |names: &[String], message: fn(&str) -> String| {
        let violation = |name: &String| Violation {
            pointer: format!("{pointer}/{}", escape(name)),
            message: message(&quoted(name)),
        };
        names.iter().map(violation).collect()
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            each(unexpected, |name| format!("no field is called {name}"))
        }
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default().to_owned();
            each(&[name], |name| format!("no field may be called {name}"))
        }
        _ => vec![Violation {
            message: message(error),
            pointer,
        }],
    }
}

/// What was expected and what was found.
fn message(error: &ValidationError<'_>) -> String {
    let found = describe(error.instance());
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            format!("expected the field {}, which is not there", quoted(name))
        }
        Kind::UniqueItems => "expected no item twice".to_owned(),
        Kind::FalseSchema => format!("expected nothing, found {found}"),
        Kind::Not { .. } => format!("{found} is not allowed"),
        _ => format!("expected {}, found {found}", expected(error)),
    }
}

fn expected(error: &ValidationError<'_>) -> String {
    let number = |value: &Value| format!("`{value}`");
    let count = |limit: &u64, one: &str| match limit {
        1 => format!("1 {one}"),
        limit => format!("{limit} {one}s"),
    };
    match error.kind() {
        Kind::Type { kind } => types(kind),
        Kind::Enum { options } => match options.as_array() {
            Some(options) => list(&options.iter().map(literal).collect::<Vec<_>>(), "or"),
            None => "one of the values that are allowed".to_owned(),
        },
        Kind::Constant { expected_value } => quoted(&literal(expected_value)),
        Kind::Minimum { limit } => format!("at least {}", number(limit)),
        Kind::Maximum { limit } => format!("at most {}", number(limit)),
        Kind::ExclusiveMinimum { limit } => format!("more than {}", number(limit)),
        Kind::ExclusiveMaximum { limit } => format!("less than {}", number(limit)),
        Kind::MultipleOf { multiple_of } => format!("a multiple of `{multiple_of}`"),
        Kind::MinLength { limit } => format!("a text of at least {}", count(limit, "character")),
        Kind::MaxLength { limit } => format!("a text of at most {}", count(limit, "character")),
        Kind::MinItems { limit } => format!("a list of at least {}", count(limit, "item")),
        Kind::MaxItems { limit } => format!("a list of at most {}", count(limit, "item")),
        Kind::AdditionalItems { limit } => format!("a list of at most {limit} items"),
        Kind::MinProperties { limit } => format!("an object of at least {}", count(limit, "key")),
        Kind::MaxProperties { limit } => format!("an object of at most {}", count(limit, "key")),
        Kind::Pattern { pattern } => format!("a text that matches {}", quoted(pattern)),
        Kind::Format { format } => by_format(format),
        Kind::Contains => "a list with other items in it".to_owned(),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => alternatives(context),
        Kind::OneOfMultipleValid { .. } => "what only one alternative allows".to_owned(),
        other => format!("what `{}` asks for", other.keyword()),
    }
}

/// The alternatives that fail at the value itself say what it might be; where one fails further
/// inside, the value is as good as what it says.
fn alternatives(context: &[Vec<ValidationError<'static>>]) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for errors in context {
        let phrase = match errors.as_slice() {
            [error] => expected(error),
            _ => return format!("one of {} alternatives", context.len()),
        };
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    phrases.join(" or ")
}

fn types(kind: &TypeKind) -> String {
    let name = |json_type: JsonType| match json_type {
        JsonType::Array => "a list",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "`null`",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a text",
    };
    match kind {
        TypeKind::Single(json_type) => name(*json_type).to_owned(),
        TypeKind::Multiple(set) => set.iter().map(name).collect::<Vec<_>>().join(" or "),
    }
}

fn by_format(format: &str) -> String {
    let what = match format {
        "date" => "a date such as `2026-10-01`",
        "date-time" => "a time such as `2026-10-01T09:00:00+08:00`",
        "time" => "a time of day such as `09:00:00+08:00`",
        "duration" => "a duration such as `PT4H` or `P30D`",
        "email" => "an e-mail address",
        "uri" => "an address such as `https://example.com/`",
        other => return format!("the format {}", quoted(other)),
    };
    what.to_owned()
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
