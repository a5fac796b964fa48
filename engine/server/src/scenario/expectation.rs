//! What must hold at a place in a script.

use casewright_chart::Chart;
use casewright_definition::diagnostic::did_you_mean;
use casewright_definition::json::to_json;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::refusal::CODES;
use super::run::Run;

/// What must hold. What is not named is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The ids of all active states that have no states inside them, in any order.
    pub active: Option<Vec<String>>,
    /// Whether the case has ended.
    pub done: Option<bool>,
    /// Fields of the case data with their values. An object may have further fields; everything else
    /// must be equal.
    pub data: Option<Map<String, Json>>,
    /// The code with which the event before was refused, such as `guard-failed`.
    pub refused: Option<String>,
}

impl Expectation {
    /// What makes no sense in it.
    ///
    /// # Errors
    /// It names nothing, or a code that is none.
    pub fn check(&self) -> Result<(), String> {
        if *self == Expectation::default() {
            return Err("expected `active`, `done`, `data` or `refused` in `expect`".to_owned());
        }
        match &self.refused {
            Some(code) if !CODES.contains(&code.as_str()) => {
                let hint = match did_you_mean(code, CODES.iter().copied()) {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None => format!("; the codes are {}", quoted(CODES)),
                };
                Err(format!("nothing is refused as `{code}`{hint}"))
            }
            _ => Ok(()),
        }
    }

    /// What does not hold, one line each. `refused` is the code of the last refusal, if the last event
    /// was refused.
    pub fn failures(&self, run: &Run<'_>, refused: Option<&str>) -> Vec<String> {
        let mut failures = Vec::new();
        if let Some(expected) = self.refused.as_deref() {
            match refused {
                Some(code) if code == expected => {}
                Some(code) => failures.push(format!(
                    "expected that it is refused as `{expected}`, found `{code}`"
                )),
                None => failures.push(format!(
                    "expected that it is refused as `{expected}`, but nothing was"
                )),
            }
        }
        let chart = &run.definition().chart;
        if let Some(expected) = &self.active {
            failures.extend(active_failure(expected, run, chart));
        }
        let case = run.case();
        let done = case.is_some_and(|case| case.is_done());
        match self.done {
            Some(true) if !done => failures.push("expected that the case has ended".to_owned()),
            Some(false) if done => failures.push("expected that the case goes on".to_owned()),
            _ => {}
        }
        if let Some(expected) = &self.data {
            let data = case.map_or(Json::Null, |case| to_json(&case.snapshot.data));
            for (name, value) in expected {
                compare(
                    &format!("data.{name}"),
                    value,
                    data.get(name),
                    &mut failures,
                );
            }
        }
        failures
    }
}

fn active_failure(expected: &[String], run: &Run<'_>, chart: &Chart) -> Option<String> {
    let mut found: Vec<&str> = match run.case() {
        Some(case) => case.active(chart).map(|id| &**id).collect(),
        None => Vec::new(),
    };
    let mut wanted: Vec<&str> = expected.iter().map(String::as_str).collect();
    let shown = (quoted(&wanted), quoted(&found));
    found.sort_unstable();
    wanted.sort_unstable();
    if found == wanted {
        return None;
    }
    let unknown = wanted.iter().find(|id| chart.state_index(id).is_none());
    let near = unknown.map(|id| {
        let ids = chart.states().map(|(_, state)| &*state.id);
        match did_you_mean(id, ids) {
            Some(near) => format!("; no state is called `{id}`, did you mean `{near}`?"),
            None => format!("; no state is called `{id}`"),
        }
    });
    let (wanted, found) = shown;
    let near = near.unwrap_or_default();
    Some(format!(
        "expected the active states {wanted}, found {found}{near}"
    ))
}

/// Objects field by field, everything else as a whole.
fn compare(path: &str, expected: &Json, found: Option<&Json>, failures: &mut Vec<String>) {
    match (expected, found) {
        (_, Some(found)) if is_same(expected, found) => {}
        (Json::Object(expected), Some(Json::Object(found))) => {
            for (name, value) in expected {
                compare(&format!("{path}.{name}"), value, found.get(name), failures);
            }
        }
        (_, Some(found)) => {
            failures.push(format!("expected `{path}` to be {expected}, found {found}"))
        }
        (_, None) => failures.push(format!("expected `{path}` to be {expected}, found nothing")),
    }
}

/// Equal, where `1` and `1.0` are one number.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|found| is_same(value, found)))
        }
        _ => one == other,
    }
}

fn quoted(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(expected: Json, found: Json) -> Vec<String> {
        let mut failures = Vec::new();
        compare("data", &expected, Some(&found), &mut failures);
        failures
    }

    #[test]
    fn objects_may_have_more_and_lists_may_not() {
        let found = json!({"a": {"b": 1.0, "c": 2}, "d": [1, 2]});
        assert!(told(json!({"a": {"b": 1}}), found.clone()).is_empty());
        assert_eq!(
            told(json!({"a": {"b": 2, "x": null}, "d": [1]}), found),
            [
                "expected `data.a.b` to be 2, found 1.0",
                "expected `data.a.x` to be null, found nothing",
                "expected `data.d` to be [1], found [1,2]",
            ]
        );
    }

    #[test]
    fn an_expectation_must_say_something_that_can_be() {
        assert!(Expectation::default().check().is_err());
        let refused = Expectation {
            refused: Some("gard-failed".to_owned()),
            ..Expectation::default()
        };
        let error = refused.check().unwrap_err();
        assert_eq!(
            error,
            "nothing is refused as `gard-failed`; did you mean `guard-failed`?"
        );
    }
}
