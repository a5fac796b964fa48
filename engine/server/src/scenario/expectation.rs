//! What must hold at a place in a script.

use casewright_chart::Chart;
use casewright_definition::diagnostic::did_you_mean;
use casewright_definition::json::to_json;
use casewright_definition::read::escape;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use similar::TextDiff;

use super::refusal::CODES;
use super::run::{Refused, Run};

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
    /// Fields of the case data that must not be there, also inside others: `responsible_person.phone`.
    pub unset: Option<Vec<String>>,
    /// The code with which it was refused, such as `guard-failed`.
    pub refused: Option<String>,
    /// A part of the message of the refusal, such as the condition that does not hold.
    pub because: Option<String>,
    /// What the world was asked, in this order; there may be more in between. An object may have
    /// further fields.
    pub effects: Option<Vec<ExpectedEffect>>,
    /// The names of all timers that are pending, in any order.
    pub timers: Option<Vec<String>>,
    /// The ids of all services that run, in any order.
    pub services: Option<Vec<String>>,
}

/// Something that the world was asked.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedEffect {
    /// To hear of something: `event` and `data`. What `notify` says is an event `notify`.
    Emit(Map<String, Json>),
    /// To set a timer: `event` and `due`.
    Schedule(Map<String, Json>),
    /// To forget a timer.
    Unschedule(Map<String, Json>),
    /// To start a service: `id`, `source` and `input`.
    Start(Map<String, Json>),
    /// To stop a service: `id`.
    Stop(Map<String, Json>),
}

/// Where a case stands, for an expectation to look at.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// The case.
    pub run: &'a Run<'a>,
    /// The last refusal, if the last line was refused.
    pub refused: Option<&'a Refused>,
    /// What was asked of the world in the last line, as [`super::json::EffectForm`] has it.
    pub effects: &'a [Json],
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What in the expectation, as a JSON pointer: `/data/rounds`.
    pub pointer: String,
    /// What was expected and what was found.
    pub message: String,
    /// Both, when they are more than a word.
    pub difference: Option<Difference>,
}

/// What was expected and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was expected.
    pub expected: Json,
    /// What was found.
    pub found: Json,
}

impl Difference {
    /// Line by line: `-` was expected and is not there, `+` is there and was not expected.
    pub fn lines(&self) -> Vec<String> {
        let (expected, found) = (format!("{:#}", self.expected), format!("{:#}", self.found));
        let diff = TextDiff::from_lines(&expected, &found);
        let changes = diff.iter_all_changes();
        changes
            .map(|change| format!("{} {}", change.tag(), change.value().trim_end_matches('\n')))
            .collect()
    }
}

impl Expectation {
    /// What makes no sense in it.
    ///
    /// # Errors
    /// It names nothing, or a code that is none.
    pub fn check(&self) -> Result<(), String> {
        if *self == Expectation::default() {
            let keys = "`active`, `done`, `data`, `unset`, `refused`, `because`, `effects`, `timers` or `services`";
            return Err(format!("expected {keys} in `expect`"));
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

    /// What does not hold, in the order of importance.
    pub fn mismatches(&self, found: &Found<'_>) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        mismatches.extend(self.of_refusal(found.refused));
        mismatches.extend(self.of_reason(found.refused));
        let (chart, case) = (&found.run.definition().chart, found.run.case());
        let active = case.into_iter().flat_map(|case| case.active(chart));
        let active = active.map(|id| &**id).collect();
        let done = case.is_some_and(|case| case.is_done());
        mismatches.extend(self.of_standing(chart, active, done));
        self.of_data(found.run, &mut mismatches);
        mismatches.extend(self.of_effects(found.effects));
        mismatches.extend(self.of_timers(found.run));
        mismatches.extend(self.of_services(found.run));
        mismatches
    }

    fn of_refusal(&self, refused: Option<&Refused>) -> Option<Mismatch> {
        let expected = self.refused.as_deref()?;
        let found = match refused {
            Some(refused) if refused.code == expected => return None,
            Some(refused) => format!(", found `{}`: {}", refused.code, refused.message),
            None => ", but nothing was".to_owned(),
        };
        let message = format!("expected that it is refused as `{expected}`{found}");
        Some(mismatch("/refused", message))
    }

    fn of_reason(&self, refused: Option<&Refused>) -> Option<Mismatch> {
        let expected = self.because.as_deref()?;
        let message = match refused {
            Some(refused) if refused.message.contains(expected) => return None,
            Some(refused) => format!(
                "expected `{expected}` in the message of the refusal, found: {}",
                refused.message
            ),
            // That nothing was refused is told once.
            None if self.refused.is_some() => return None,
            None => format!("expected that it is refused because of `{expected}`, but nothing was"),
        };
        Some(mismatch("/because", message))
    }

    /// What does not hold of the atomic states that are active, and of whether the case has ended.
    pub(super) fn of_standing(
        &self,
        chart: &Chart,
        active: Vec<&str>,
        done: bool,
    ) -> impl Iterator<Item = Mismatch> + use<> {
        let active = self.of_active(chart, active);
        active.into_iter().chain(self.of_done(done))
    }

    fn of_active(&self, chart: &Chart, mut found: Vec<&str>) -> Option<Mismatch> {
        let expected = self.active.as_ref()?;
        let mut wanted: Vec<&str> = expected.iter().map(String::as_str).collect();
        let shown = (quoted(&wanted), quoted(&found));
        found.sort_unstable();
        wanted.sort_unstable();
        if found == wanted {
            return None;
        }
        let near = unknown_state(&wanted, chart).unwrap_or_default();
        let message = format!(
            "expected the active states {}, found {}{near}",
            shown.0, shown.1
        );
        Some(Mismatch {
            difference: difference(&Json::from(wanted), &Json::from(found)),
            ..mismatch("/active", message)
        })
    }

    fn of_done(&self, done: bool) -> Option<Mismatch> {
        let message = match self.done? {
            expected if expected == done => return None,
            true => "expected that the case has ended",
            false => "expected that the case goes on",
        };
        Some(mismatch("/done", message.to_owned()))
    }

    fn of_data(&self, run: &Run<'_>, mismatches: &mut Vec<Mismatch>) {
        if self.data.is_none() && self.unset.is_none() {
            return;
        }
        let case = run.case();
        let data = case.map_or(Json::Null, |case| to_json(&case.snapshot.data));
        for (name, value) in self.data.iter().flatten() {
            let path = format!("data.{name}");
            let pointer = format!("/data/{}", escape(name));
            compare(&path, &pointer, value, data.get(name), mismatches);
        }
        for (number, path) in self.unset.iter().flatten().enumerate() {
            let mut names = path.split('.');
            if let Some(found) = names.try_fold(&data, |inside, name| inside.get(name)) {
                let message = format!("expected no `data.{path}`, found {found}");
                mismatches.push(mismatch(&format!("/unset/{number}"), message));
            }
        }
    }

    fn of_effects(&self, found: &[Json]) -> Option<Mismatch> {
        let mut rest = found.iter();
        for (number, expected) in self.effects.iter().flatten().enumerate() {
            let (kind, parts) = expected.parts();
            let is_it = |effect: &Json| {
                let effect = effect.get(kind).and_then(Json::as_object);
                effect.is_some_and(|effect| has_all(parts, effect))
            };
            if !rest.any(is_it) {
                let wanted = Json::from_iter([(kind, Json::Object(parts.clone()))]);
                let message = match (found.iter().any(is_it), found.is_empty()) {
                    (true, _) => format!("expected the effect {wanted} after the one before it"),
                    (false, true) => format!("expected the effect {wanted}, found no effects"),
                    (false, false) => format!("expected the effect {wanted}, found only others"),
                };
                let nearest = found.iter().find(|effect| effect.get(kind).is_some());
                let nearest = nearest.map(|nearest| common(&wanted, nearest));
                return Some(Mismatch {
                    difference: nearest.and_then(|nearest| difference(&wanted, &nearest)),
                    ..mismatch(&format!("/effects/{number}"), message)
                });
            }
        }
        None
    }

    fn of_timers(&self, run: &Run<'_>) -> Option<Mismatch> {
        let case = run.case().into_iter().filter(|case| !case.is_done());
        let pending = case.flat_map(|case| &case.snapshot.pending);
        let found = pending.map(|pending| &*pending.event).collect();
        of_names("timers", "pending timers", self.timers.as_ref()?, found)
    }

    fn of_services(&self, run: &Run<'_>) -> Option<Mismatch> {
        let running = run.running().map(|(invocation, _)| &*invocation.id);
        let found = running.collect();
        of_names(
            "services",
            "running services",
            self.services.as_ref()?,
            found,
        )
    }
}

/// Names in any order, and no others.
fn of_names(key: &str, what: &str, expected: &[String], mut found: Vec<&str>) -> Option<Mismatch> {
    let mut wanted: Vec<&str> = expected.iter().map(String::as_str).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    if found == wanted {
        return None;
    }
    let message = format!(
        "expected the {what} {}, found {}",
        quoted(&wanted),
        quoted(&found)
    );
    Some(Mismatch {
        difference: difference(&Json::from(wanted), &Json::from(found)),
        ..mismatch(&format!("/{key}"), message)
    })
}

impl ExpectedEffect {
    /// The name of its kind, and what is said of it.
    fn parts(&self) -> (&'static str, &Map<String, Json>) {
        match self {
            ExpectedEffect::Emit(parts) => ("emit", parts),
            ExpectedEffect::Schedule(parts) => ("schedule", parts),
            ExpectedEffect::Unschedule(parts) => ("unschedule", parts),
            ExpectedEffect::Start(parts) => ("start", parts),
            ExpectedEffect::Stop(parts) => ("stop", parts),
        }
    }
}

fn mismatch(pointer: &str, message: String) -> Mismatch {
    Mismatch {
        pointer: pointer.to_owned(),
        message,
        difference: None,
    }
}

/// Worth showing line by line when one of them has lines.
fn difference(expected: &Json, found: &Json) -> Option<Difference> {
    let has_lines = |value: &Json| match value {
        Json::Array(items) => items.len() > 1,
        Json::Object(_) => true,
        _ => false,
    };
    (has_lines(expected) || has_lines(found)).then(|| Difference {
        expected: expected.clone(),
        found: found.clone(),
    })
}

fn unknown_state(wanted: &[&str], chart: &Chart) -> Option<String> {
    let id = wanted.iter().find(|id| chart.state_index(id).is_none())?;
    let ids = chart.states().map(|(_, state)| &*state.id);
    Some(match did_you_mean(id, ids) {
        Some(near) => format!("; no state is called `{id}`, did you mean `{near}`?"),
        None => format!("; no state is called `{id}`"),
    })
}

/// Objects field by field, everything else as a whole.
fn compare(
    path: &str,
    pointer: &str,
    expected: &Json,
    found: Option<&Json>,
    mismatches: &mut Vec<Mismatch>,
) {
    let message = match (expected, found) {
        (_, Some(found)) if is_same(expected, found) => return,
        (Json::Object(expected), Some(Json::Object(found))) => {
            for (name, value) in expected {
                let path = format!("{path}.{name}");
                let pointer = format!("{pointer}/{}", escape(name));
                compare(&path, &pointer, value, found.get(name), mismatches);
            }
            return;
        }
        (_, Some(found)) => format!("expected `{path}` to be {expected}, found {found}"),
        (_, None) => format!("expected `{path}` to be {expected}, found nothing"),
    };
    mismatches.push(Mismatch {
        difference: found.and_then(|found| difference(expected, found)),
        ..mismatch(pointer, message)
    });
}

/// Whether an object has all fields of another, and those inside them.
fn has_all(expected: &Map<String, Json>, found: &Map<String, Json>) -> bool {
    expected
        .iter()
        .all(|(name, value)| match (value, found.get(name)) {
            (Json::Object(expected), Some(Json::Object(found))) => has_all(expected, found),
            (expected, Some(found)) => is_same(expected, found),
            (_, None) => false,
        })
}

/// What was found, without the fields that nothing was said of.
fn common(expected: &Json, found: &Json) -> Json {
    let (Json::Object(expected), Json::Object(found)) = (expected, found) else {
        return found.clone();
    };
    let both = expected.iter().filter_map(|(name, value)| {
        let found = found.get(name)?;
        Some((name.clone(), common(value, found)))
    });
    Json::Object(both.collect())
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
        let mut mismatches = Vec::new();
        compare("data", "/data", &expected, Some(&found), &mut mismatches);
        let messages = mismatches.into_iter().map(|mismatch| mismatch.message);
        messages.collect()
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
    fn a_difference_is_shown_line_by_line() {
        let wanted = json!({"emit": {"data": {"minutes": "a", "by": "b"}}});
        let found = json!({"emit": {"event": "x", "data": {"minutes": "c", "by": "b"}}});
        let difference = Difference {
            found: common(&wanted, &found),
            expected: wanted,
        };
        assert_eq!(
            difference.lines(),
            [
                "  {",
                "    \"emit\": {",
                "      \"data\": {",
                "-       \"minutes\": \"a\",",
                "+       \"minutes\": \"c\",",
                "        \"by\": \"b\"",
                "      }",
                "    }",
                "  }",
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
