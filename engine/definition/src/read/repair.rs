//! Going on after a mistake: serde stops at the first, people want to see all of them.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::shape::Mistake;
use crate::diagnostic::Diagnostic;
use crate::source::Document;

/// How often a file is read anew with something else in place of a mistake. It bounds the time that
/// a file of a megabyte with nothing right in it can take.
const MAX_ATTEMPTS: usize = 200;

/// The places at which a file was repaired, as JSON pointers.
#[derive(Debug, Default)]
pub(crate) struct Repairs(Vec<String>);

impl Repairs {
    /// Whether nothing had to be repaired.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a place is the inside, or the outside, of something that was repaired.
    pub(crate) fn touch(&self, pointer: &str) -> bool {
        self.0.iter().any(|repair| related(repair, pointer))
    }
}

/// The document as a `T`, repaired where that was needed; none when it is beyond repair.
pub(super) fn deserialize<T: DeserializeOwned>(
    document: &Document,
) -> (Option<T>, Repairs, Vec<Diagnostic>) {
    let mut repairs = Repairs::default();
    let mut findings = Vec::new();
    let mut attempts = 0;
    let mut value = document.value.clone();
    let mut read = attempt::<T>(&value);
    loop {
        let mistake = match read {
            Ok(read) => return (Some(read), repairs, findings),
            Err(mistake) => mistake,
        };
        let place = mistake.place.clone();
        if !repairs.touch(&place) {
            findings.push(mistake.into_diagnostic(&value, document));
        }
        let Some((repaired, next, at)) = repair(&value, &place, &mut attempts) else {
            repairs.0.push(place);
            return (None, repairs, findings);
        };
        repairs.0.push(at);
        (value, read) = (repaired, next);
    }
}

fn attempt<T: DeserializeOwned>(value: &Value) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(value).map_err(|error| Mistake::new(&error, value))
}

type Repaired<T> = (Value, Result<T, Mistake>, String);

/// The least change at a place, or else around it, after which there is no mistake there any more.
fn repair<T: DeserializeOwned>(
    value: &Value,
    place: &str,
    attempts: &mut usize,
) -> Option<Repaired<T>> {
    let mut around = place;
    while let Some((parent, _)) = around.rsplit_once('/') {
        for replacement in [
            None,
            Some(json!("")),
            Some(json!([])),
            Some(json!({})),
            // The smallest action.
            Some(json!({"cancel": ""})),
            Some(json!(false)),
            Some(json!(0)),
        ] {
            *attempts += 1;
            if *attempts > MAX_ATTEMPTS {
                return None;
            }
            let mut changed = value.clone();
            if !put(&mut changed, around, replacement) {
                continue;
            }
            let read = attempt::<T>(&changed);
            let still = |mistake: &Mistake| related(&mistake.place, around);
            if !read.as_ref().err().is_some_and(still) {
                return Some((changed, read, around.to_owned()));
            }
        }
        around = parent;
    }
    None
}

/// Puts something else at a place, or takes away what is there; whether that was possible. Nothing
/// is taken out of a list, so that its other items keep their places.
fn put(value: &mut Value, place: &str, replacement: Option<Value>) -> bool {
    let Some((parent, token)) = place.rsplit_once('/') else {
        return false;
    };
    let key = token.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent), replacement) {
        (Some(Value::Object(map)), None) => map.shift_remove(&key).is_some(),
        (Some(Value::Object(map)), Some(new)) => {
            map.insert(key, new);
            true
        }
        (Some(Value::Array(items)), Some(new)) => {
            let item = key.parse().ok().and_then(|at: usize| items.get_mut(at));
            item.map(|item| *item = new).is_some()
        }
        _ => false,
    }
}

/// Whether one place lies inside the other, or is the same.
fn related(a: &str, b: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(a, b) || inside(b, a)
}
