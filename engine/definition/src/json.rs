//! Between the core's values and JSON.

use casewright_chart::value::Map;
use casewright_chart::{Timestamp, Value};

/// The value as JSON. A number that JSON cannot hold becomes `null`.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::String(text) => serde_json::Value::String(text.as_ref().to_owned()),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => {
            let entry = |(key, value): (&std::sync::Arc<str>, &Value)| {
                (key.as_ref().to_owned(), to_json(value))
            };
            serde_json::Value::Object(map.iter().map(entry).collect())
        }
    }
}

/// The JSON as a value. A whole number beyond 2^63-1 becomes a fraction, as JSON itself does not
/// tell them apart.
pub fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(value) => Value::Int(value),
            None => number.as_f64().map_or(Value::Null, Value::Float),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(from_json)),
        serde_json::Value::Object(map) => {
            let entry = |(key, value): (&String, &serde_json::Value)| {
                (std::sync::Arc::from(key.as_str()), from_json(value))
            };
            Value::from(map.iter().map(entry).collect::<Map>())
        }
    }
}

/// The time as RFC 3339 text in UTC with milliseconds, the form of every time in JSON; its bare milliseconds when it
/// lies beyond the years that RFC 3339 can write.
pub fn timestamp(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.unix_ms()) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => at.unix_ms().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_the_way_there_and_back() {
        let json = serde_json::json!({"b": [1, 2.5, null, true], "a": {"名": "华东能源"}});
        assert_eq!(to_json(&from_json(&json)), json);
        let keys: Vec<String> = to_json(&from_json(&json))
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys().cloned())
            .collect();
        assert_eq!(keys, ["b", "a"], "the order of keys is kept");
    }
}
