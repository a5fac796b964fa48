//! What differs between what is stored and what its replay gives.

use std::fmt::{self, Debug};

use casewright_chart::step::Decided;
use casewright_chart::value::Map;
use casewright_chart::{Chart, Pending, Status, Value};

use super::Difference;
use crate::case::Case;
use crate::record::{Cause, Emitted, Record};
use crate::trace::lines;

/// The first field in which a stored case is not the replayed one.
pub fn compare(chart: &Chart, stored: &Case, replayed: &Case) -> Option<Difference> {
    let (one, other) = (&stored.snapshot, &replayed.snapshot);
    let mut parts = Parts::default();
    parts.plain("id", &stored.id, &replayed.id);
    parts.plain("workflow", &stored.workflow, &replayed.workflow);
    parts.plain("definition", &stored.definition, &replayed.definition);
    parts.plain("revision", &stored.revision, &replayed.revision);
    parts.plain("created_at", &stored.created_at, &replayed.created_at);
    parts.plain("created_by", &stored.created_by, &replayed.created_by);
    parts.plain("updated_at", &stored.updated_at, &replayed.updated_at);
    let states = |case: &Case| -> Vec<String> {
        let states = case.snapshot.configuration.iter();
        states
            .map(|state| chart.state(*state).id.to_string())
            .collect()
    };
    parts.plain("states", &states(stored), &states(replayed));
    let history = |case: &Case| {
        case.snapshot
            .history
            .clone()
            .into_iter()
            .collect::<Vec<_>>()
    };
    parts.plain("history", &history(stored), &history(replayed));
    parts.value("data", &one.data, &other.data);
    let pending = |parts: &mut Parts, place: &str, one: &Pending, other: &Pending| {
        parts.plain(place, one, other);
        parts.value(place, &one.data, &other.data);
    };
    parts.lists("pending", &one.pending, &other.pending, pending);
    parts.plain("invocations", &one.invocations, &other.invocations);
    parts.plain("next_sequence", &one.next_sequence, &other.next_sequence);
    match (&one.status, &other.status) {
        (Status::Done(one), Status::Done(other)) => parts.value("output", one, other),
        (one, other) => parts.plain("status", one, other),
    }
    parts.into_difference(replayed.revision)
}

/// The first field in which a record is not the one that its replay gives.
pub(super) fn compare_records(
    chart: &Chart,
    stored: &Record,
    replayed: &Record,
) -> Option<Difference> {
    let mut parts = Parts::default();
    parts.plain("revision", &stored.revision, &replayed.revision);
    parts.plain("actor.id", &stored.actor.id, &replayed.actor.id);
    parts.plain("actor.roles", &stored.actor.roles, &replayed.actor.roles);
    match (&stored.cause, &replayed.cause) {
        (Cause::Event { data: one, .. }, Cause::Event { data: other, .. })
        | (Cause::Open { data: one }, Cause::Open { data: other }) => {
            parts.value("cause.data", one, other);
        }
        (
            Cause::Service {
                sequence: one_of,
                name: one_name,
                served: one,
            },
            Cause::Service {
                sequence: other_of,
                name: other_name,
                served: other,
            },
        ) => {
            parts.plain("cause.sequence", one_of, other_of);
            parts.plain("cause.name", one_name, other_name);
            parts.plain("cause.function", &one.function, &other.function);
            parts.plain("cause.digest", &one.digest, &other.digest);
            parts.value("cause.data", one.returned.data(), other.returned.data());
        }
        (one, other) => parts.plain("cause", one, other),
    }
    if stored.trace != replayed.trace {
        let (stored, replayed) = (lines(chart, &stored.trace), lines(chart, &replayed.trace));
        parts.lists("trace", &stored, &replayed, Parts::plain);
    }
    parts.map("changes", &stored.changes, &replayed.changes);
    let decided = |parts: &mut Parts, place: &str, one: &Decided, other: &Decided| {
        let (one_by, other_by) = (&one.answer, &other.answer);
        parts.plain(place, &one_by.function, &other_by.function);
        parts.plain(place, &one_by.digest, &other_by.digest);
        parts.value(place, &one.input, &other.input);
        parts.value(place, &one_by.output, &other_by.output);
    };
    parts.lists("decisions", &stored.decisions, &replayed.decisions, decided);
    let emitted = |parts: &mut Parts, place: &str, one: &Emitted, other: &Emitted| {
        parts.plain(place, &one.event, &other.event);
        parts.value(place, &one.data, &other.data);
    };
    parts.lists("emitted", &stored.emitted, &replayed.emitted, emitted);
    parts.into_difference(stored.revision)
}

/// Compares part by part, and keeps the first that differs.
#[derive(Default)]
struct Parts {
    first: Option<(String, String, String)>,
}

impl Parts {
    fn note(&mut self, place: &str, stored: &dyn Debug, replayed: &dyn Debug) {
        let told = |side| shortened(format!("{side:?}"));
        let part = || (place.to_owned(), told(stored), told(replayed));
        self.first.get_or_insert_with(part);
    }

    fn plain<T: Debug + PartialEq>(&mut self, place: &str, stored: &T, replayed: &T) {
        if stored != replayed {
            self.note(place, stored, replayed);
        }
    }

    fn lists<T>(
        &mut self,
        place: &str,
        stored: &[T],
        replayed: &[T],
        compare: impl Fn(&mut Parts, &str, &T, &T),
    ) {
        for (number, (stored, replayed)) in stored.iter().zip(replayed).enumerate() {
            compare(self, &format!("{place}[{number}]"), stored, replayed);
        }
        if stored.len() != replayed.len() {
            let place = format!("{place}: length");
            self.note(&place, &stored.len(), &replayed.len());
        }
    }

    fn value(&mut self, place: &str, stored: &Value, replayed: &Value) {
        self.apart(place, apart(stored, replayed));
    }

    fn map(&mut self, place: &str, stored: &Map, replayed: &Map) {
        self.apart(place, maps_apart(stored, replayed));
    }

    fn apart(&mut self, place: &str, apart: Option<Apart>) {
        if let Some(Apart { path, one, other }) = apart {
            let part = || (format!("{place}{path}"), told(&one), told(&other));
            self.first.get_or_insert_with(part);
        }
    }

    fn into_difference(self, revision: u64) -> Option<Difference> {
        let (place, stored, replayed) = self.first?;
        Some(Difference {
            revision,
            place,
            stored,
            replayed,
        })
    }
}

/// Where two values part: the way there, and what stands there.
pub(super) struct Apart {
    path: String,
    one: Value,
    other: Value,
}

impl Apart {
    fn here(one: &Value, other: &Value) -> Option<Self> {
        Some(Apart {
            path: String::new(),
            one: one.clone(),
            other: other.clone(),
        })
    }

    fn below(mut self, step: impl fmt::Display) -> Self {
        self.path.insert_str(0, &step.to_string());
        self
    }
}

/// Goes into lists and objects, down to what differs; the order of fields counts, and the sign of zero.
pub(super) fn apart(one: &Value, other: &Value) -> Option<Apart> {
    match (one, other) {
        (Value::Map(one), Value::Map(other)) => maps_apart(one, other),
        (Value::List(items), Value::List(others)) if items.len() == others.len() => {
            let mut pairs = items.iter().zip(others.iter()).enumerate();
            pairs.find_map(|(number, (one, other))| {
                Some(apart(one, other)?.below(format_args!("[{number}]")))
            })
        }
        (Value::Float(float), Value::Float(another)) if float.to_bits() == another.to_bits() => {
            None
        }
        (Value::Float(_), Value::Float(_)) => Apart::here(one, other),
        _ if one == other => None,
        _ => Apart::here(one, other),
    }
}

fn maps_apart(one: &Map, other: &Map) -> Option<Apart> {
    if !one.keys().eq(other.keys()) {
        let keys = |map: &Map| Value::list(map.keys().cloned().map(Value::String));
        let apart = Apart::here(&keys(one), &keys(other))?;
        return Some(apart.below(": fields"));
    }
    let mut pairs = one.iter().zip(other.values());
    pairs.find_map(|((key, one), other)| Some(apart(one, other)?.below(format_args!(".{key}"))))
}

/// How much of a value is told, in characters. A whole one may have a million.
const TOLD: usize = 200;

fn told(value: &Value) -> String {
    shortened(value.to_string())
}

pub(super) fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TOLD) {
        text.truncate(end);
        text.push('…');
    }
    text
}
