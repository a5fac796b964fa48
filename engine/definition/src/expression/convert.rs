//! Between the core's values and CEL's.

use std::collections::HashMap;
use std::sync::Arc;

use casewright_chart::value::Map;
use casewright_chart::{Timestamp, Value};
use cel::objects::{Key, ValueType};
use chrono::{DateTime, FixedOffset, TimeDelta};
use jiff::SignedDuration;

use super::MAX_VALUE_DEPTH;
use super::reads::Reads;

/// The value as CEL sees it: all of it.
pub(super) fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Int(value) => cel::Value::Int(*value),
        Value::Float(value) => cel::Value::Float(*value),
        Value::String(text) => cel::Value::from(text.as_ref()),
        Value::List(items) => cel::Value::from(items.iter().map(to_cel).collect::<Vec<_>>()),
        Value::Map(map) => cel_map(map.iter().map(|(key, value)| (&**key, to_cel(value)))),
    }
}

/// Only what an expression reads of the value. Copying is most of what an evaluation costs.
pub(super) fn to_cel_where(value: &Value, reads: &Reads) -> cel::Value {
    let (Value::Map(map), Reads::Fields(fields)) = (value, reads) else {
        return to_cel(value);
    };
    let read = fields.iter().filter_map(|(name, reads)| {
        let value = map.get(name.as_str())?;
        Some((name.as_str(), to_cel_where(value, reads)))
    });
    cel_map(read)
}

pub(super) fn cel_map<'a>(entries: impl Iterator<Item = (&'a str, cel::Value)>) -> cel::Value {
    let entries: HashMap<Key, cel::Value> = entries
        .map(|(key, value)| (Key::from(key), value))
        .collect();
    cel::Value::from(entries)
}

/// How many items its lists and objects have, all told.
pub(super) fn items(value: &cel::Value) -> usize {
    match value {
        cel::Value::List(list) => list.len() + list.iter().map(items).sum::<usize>(),
        cel::Value::Map(map) => map.map.len() + map.map.values().map(items).sum::<usize>(),
        _ => 0,
    }
}

/// What CEL gave, as a value. Objects come out with their keys sorted, because CEL's have no order.
pub(super) fn from_cel(value: &cel::Value) -> Result<Value, String> {
    from_cel_at(value, MAX_VALUE_DEPTH)
}

fn from_cel_at(value: &cel::Value, levels: usize) -> Result<Value, String> {
    let inside = || {
        levels
            .checked_sub(1)
            .ok_or_else(|| format!("expected at most {MAX_VALUE_DEPTH} levels of nesting"))
    };
    Ok(match value {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(value) => Value::Bool(*value),
        cel::Value::Int(value) => Value::Int(*value),
        cel::Value::UInt(value) => match i64::try_from(*value) {
            Ok(value) => Value::Int(value),
            Err(_) => return Err(format!("`{value}` is beyond the whole numbers of the data")),
        },
        cel::Value::Float(value) if value.is_finite() => Value::Float(*value),
        cel::Value::Float(value) => return Err(format!("`{value}` is no number of JSON")),
        cel::Value::String(text) => Value::from(text.as_str()),
        cel::Value::Timestamp(at) => Value::from(timestamp_text(at).as_str()),
        cel::Value::Duration(duration) => Value::from(duration_text(duration).as_str()),
        cel::Value::List(items) => {
            let levels = inside()?;
            let items = items.iter().map(|item| from_cel_at(item, levels));
            let items: Result<Vec<Value>, String> = items.collect();
            Value::list(items?)
        }
        cel::Value::Map(map) => {
            let levels = inside()?;
            let mut entries = Map::with_capacity(map.map.len());
            for (key, value) in map.map.iter() {
                let Key::String(key) = key else {
                    return Err("expected every key of an object to be text".into());
                };
                entries.insert(Arc::from(key.as_str()), from_cel_at(value, levels)?);
            }
            entries.sort_unstable_keys();
            Value::from(entries)
        }
        other => {
            return Err(format!(
                "expected a value of JSON, found {}",
                type_name(other)
            ));
        }
    })
}

/// What CEL calls a value like this.
pub(super) fn type_name(value: &cel::Value) -> ValueType {
    value.type_of()
}

pub(super) fn timestamp(unix_ms: i64) -> cel::Value {
    match DateTime::from_timestamp_millis(unix_ms) {
        Some(at) => cel::Value::Timestamp(at.fixed_offset()),
        None => cel::Value::Null,
    }
}

pub(super) fn duration_ms(ms: i64) -> cel::Value {
    TimeDelta::try_milliseconds(ms).map_or(cel::Value::Null, cel::Value::Duration)
}

/// RFC 3339, in UTC.
fn timestamp_text(at: &DateTime<FixedOffset>) -> String {
    crate::json::timestamp(Timestamp::from_unix_ms(at.timestamp_millis()))
}

/// ISO 8601.
fn duration_text(duration: &TimeDelta) -> String {
    SignedDuration::from_millis(duration.num_milliseconds()).to_string()
}

/// A duration as people write it: ISO 8601 with days of 24 hours, for example `P14D` or `PT4H`.
pub(crate) fn parse_duration_ms(text: &str) -> Option<i64> {
    let span: jiff::Span = text.strip_prefix('P').and_then(|_| text.parse().ok())?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours());
    i64::try_from(duration.ok()?.as_millis()).ok()
}

/// The units of delays in SCXML's schema, in milliseconds; `ms` before `s`, with which it ends.
const DELAY_UNITS: [(&str, f64); 5] = [
    ("ms", 1.0),
    ("s", 1_000.0),
    ("m", 60_000.0),
    ("h", 3_600_000.0),
    ("d", 86_400_000.0),
];

/// A delay as SCXML's schema writes it (`1.5s`, `200ms`, `2h`), or in ISO 8601. What is less than a
/// millisecond is left away.
pub(crate) fn parse_delay_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.starts_with('P') {
        return parse_duration_ms(text).and_then(|ms| u64::try_from(ms).ok());
    }
    let unit = |(unit, unit_ms): &(&str, f64)| Some((text.strip_suffix(unit)?, *unit_ms));
    let (number, unit_ms) = DELAY_UNITS.iter().find_map(unit)?;
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let number: f64 = match number.strip_prefix('+').unwrap_or(number) {
        number if number.chars().all(digits) => number.parse().ok()?,
        _ => return None,
    };
    // Far below 2^53, where whole numbers are exact.
    let ms = number * unit_ms;
    (ms <= 1e15).then_some(ms as u64)
}

/// The parameters of a pack, with what their schemas call a duration or a time as just that.
#[derive(Debug, Default)]
pub(super) struct Parameters(HashMap<String, cel::Value>);

impl Parameters {
    pub(super) fn new<'a>(
        parameters: impl Iterator<Item = (&'a str, &'a serde_json::Value, &'a serde_json::Value)>,
    ) -> Self {
        let typed =
            |(name, schema, value): (&str, _, _)| (name.to_owned(), by_schema(schema, value));
        Parameters(parameters.map(typed).collect())
    }

    /// Those parameters that an expression reads, each whole.
    pub(super) fn read(&self, reads: &Reads) -> cel::Value {
        match reads {
            Reads::All => cel_map(
                self.0
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone())),
            ),
            Reads::Fields(fields) => cel_map(
                fields
                    .keys()
                    .filter_map(|name| Some((name.as_str(), self.0.get(name)?.clone()))),
            ),
        }
    }
}

fn by_schema(schema: &serde_json::Value, value: &serde_json::Value) -> cel::Value {
    use serde_json::Value as Json;
    match value {
        Json::String(text) => {
            let typed = match schema["format"].as_str() {
                Some("duration") => parse_duration_ms(text).map(duration_ms),
                Some("date-time") => text
                    .parse()
                    .ok()
                    .map(|at: jiff::Timestamp| timestamp(at.as_millisecond())),
                _ => None,
            };
            typed.unwrap_or_else(|| cel::Value::from(text.as_str()))
        }
        Json::Array(items) => {
            let items = items.iter().map(|item| by_schema(&schema["items"], item));
            cel::Value::from(items.collect::<Vec<_>>())
        }
        Json::Object(map) => cel_map(map.iter().map(|(key, value)| {
            let schema = match &schema["properties"][key] {
                Json::Null => &schema["additionalProperties"],
                property => property,
            };
            (key.as_str(), by_schema(schema, value))
        })),
        _ => to_cel(&crate::json::from_json(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601_with_days_of_24_hours() {
        assert_eq!(parse_duration_ms("PT4H"), Some(4 * 3_600_000));
        assert_eq!(parse_duration_ms("P14D"), Some(14 * 24 * 3_600_000));
        assert_eq!(
            parse_duration_ms("P1M"),
            None,
            "a month has no fixed length"
        );
        assert_eq!(parse_duration_ms("4 hours"), None);
    }

    #[test]
    fn delays_are_written_as_in_scxml_too() {
        assert_eq!(parse_delay_ms(" 1500ms "), Some(1_500));
        assert_eq!(parse_delay_ms(".5s"), Some(500));
        assert_eq!(parse_delay_ms("2m"), Some(120_000));
        assert_eq!(parse_delay_ms("1.5h"), Some(5_400_000));
        assert_eq!(parse_delay_ms("1d"), Some(86_400_000));
        assert_eq!(parse_delay_ms("PT4H"), Some(4 * 3_600_000));
        assert_eq!(parse_delay_ms("s"), None);
        assert_eq!(parse_delay_ms("-1s"), None);
        assert_eq!(parse_delay_ms("7"), None);
    }

    #[test]
    fn what_cel_gives_comes_back_as_json() {
        let back = |value: cel::Value| from_cel(&value).map(|value| value.to_string());
        assert_eq!(back(duration_ms(90_000)), Ok(r#""PT1M30S""#.into()));
        assert_eq!(
            back(timestamp(0)),
            Ok(r#""1970-01-01T00:00:00.000Z""#.into())
        );
        assert!(back(cel::Value::Float(f64::NAN)).is_err());
        let map = cel_map([("b", cel::Value::Int(1)), ("a", cel::Value::Null)].into_iter());
        assert_eq!(back(map), Ok(r#"{"a": null, "b": 1}"#.into()));
    }
}
