//! One mistake of shape in the words of this project: what was expected, what was found, where.

use serde_json::Value;

use super::{FILE_SHAPE, escape};
use crate::diagnostic::{Diagnostic, quoted};
use crate::source::Document;

/// How many keys a hint lists.
const MAX_LISTED: usize = 20;

/// A value that has the wrong shape, as serde tells it.
#[derive(Debug)]
pub(super) struct Mistake {
    /// The JSON pointer of the value, or of the key that is missing or not known.
    pub(super) place: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A key that is not known here, and those that are.
    UnknownKey(String, Vec<String>),
    /// A word that is not among these.
    UnknownWord(String, Vec<String>),
    /// A key that must be there.
    MissingKey(String),
    /// Something else than what serde calls this.
    Unexpected(String),
    /// Anything else, in words that are ours already.
    Other(String),
}

impl Mistake {
    pub(super) fn new(
        error: &serde_path_to_error::Error<serde_json::Error>,
        value: &Value,
    ) -> Self {
        let place = pointer_of(error.path());
        let message = error.inner().to_string();
        if let Some((found, expected)) = named(&message, "unknown field `") {
            let at = format!("/{}", escape(found));
            let place = place.strip_suffix(&at).unwrap_or(&place);
            return Mistake {
                place: format!("{place}{at}"),
                kind: Kind::UnknownKey(found.to_owned(), words(expected)),
            };
        }
        if let Some((found, expected)) = named(&message, "unknown variant `") {
            // The name of an action is a key, which serde does not count as part of the path.
            let at = value.pointer(&place).and_then(Value::as_object);
            return match at.is_some_and(|object| object.contains_key(found)) {
                true => Mistake {
                    place: format!("{place}/{}", escape(found)),
                    kind: Kind::UnknownKey(found.to_owned(), words(expected)),
                },
                false => Mistake {
                    place,
                    kind: Kind::UnknownWord(found.to_owned(), words(expected)),
                },
            };
        }
        if let Some((name, _)) = named(&message, "missing field `") {
            return Mistake {
                place: format!("{place}/{}", escape(name)),
                kind: Kind::MissingKey(name.to_owned()),
            };
        }
        let kind = match message.split_once(", expected ") {
            Some((_, expected)) => Kind::Unexpected(expected.to_owned()),
            None => Kind::Other(message),
        };
        Mistake { place, kind }
    }

    /// The finding, about this value.
    pub(super) fn into_diagnostic(self, value: &Value, document: &Document) -> Diagnostic {
        let place = self.place;
        let key = match self.kind {
            Kind::UnknownKey(..) => document.key_span(&place),
            _ => None,
        };
        // What is written in short is not at the place that it stands for.
        let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
        let found = value.pointer(&place).or_else(|| value.pointer(parent));
        let found = || found.map_or("nothing".to_owned(), describe);
        let diagnostic = match self.kind {
            Kind::UnknownKey(key, known) => {
                let message = match is_action(&known) {
                    true => format!("no action is called {}", quoted(&key)),
                    false => format!("no key {} is known here", quoted(&key)),
                };
                let error = Diagnostic::error(FILE_SHAPE, message);
                match known.len() {
                    0 | MAX_LISTED.. => error,
                    _ => error.with_hint(format!("the keys here are {}", list(&known, "and"))),
                }
                .with_suggestion(&key, known.iter().map(String::as_str))
            }
            Kind::UnknownWord(_, known) if is_action(&known) => unexpected(ACTION, &found()),
            Kind::UnknownWord(word, known) => unexpected(&list(&known, "or"), &quoted(&word))
                .with_suggestion(&word, known.iter().map(String::as_str)),
            Kind::MissingKey(key) => {
                let message = format!("expected the key {}, which is not there", quoted(&key));
                Diagnostic::error(FILE_SHAPE, message)
            }
            Kind::Unexpected(expected) => {
                let expected = plain(&expected);
                let error = unexpected(expected, &found());
                match value
                    .pointer(&place)
                    .and_then(|value| rewritten(expected, value))
                {
                    Some(text) => error.with_hint(format!("write it as `{text}`")),
                    None => error,
                }
            }
            Kind::Other(message) => Diagnostic::error(FILE_SHAPE, message),
        };
        let diagnostic = diagnostic.with_pointer(place);
        match key {
            Some(key) => diagnostic.with_span(key),
            None => diagnostic,
        }
    }
}

const ACTION: &str = "an action: an object with one key, such as `assign`, `send` or `notify`";

fn is_action(known: &[String]) -> bool {
    known.iter().any(|name| name == "foreach")
}

fn unexpected(expected: &str, found: &str) -> Diagnostic {
    Diagnostic::error(FILE_SHAPE, format!("expected {expected}, found {found}"))
}

/// What serde expects, in the words of the format.
fn plain(expected: &str) -> &str {
    match expected {
        "a string" | "string" | "a borrowed string" => "a text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" => "an object",
        "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "a nonzero u32" | "a nonzero u64" | "a nonzero usize" => "a whole number, 1 or more",
        "newtype variant" | "map with a single key" | "fewer elements in map" => ACTION,
        // The name of a type of ours.
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("enum ") || expected == "string or map" => "one of its words",
        other => other,
    }
}

/// How a value could be written to be what is expected.
fn rewritten(expected: &str, value: &Value) -> Option<String> {
    match (expected, value) {
        ("a text", Value::Number(_) | Value::Bool(_)) => Some(format!("\"{value}\"")),
        ("a list", Value::String(text)) => Some(format!("[{}]", quoted(text).trim_matches('`'))),
        _ => None,
    }
}

/// What was found, as it is written.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) => format!("the text {}", quoted(text)),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(map) => match map.len() {
            0 => "an empty object".to_owned(),
            1 => "an object with one key".to_owned(),
            keys => format!("an object with {keys} keys"),
        },
    }
}

/// Words in backticks, with commas and one word before the last.
pub fn list<S: AsRef<str>>(words: &[S], last: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word.as_ref())).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// The name after a beginning of serde's, and what comes after it.
fn named<'a>(message: &'a str, beginning: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(beginning)?.split_once('`')
}

/// The names in backticks.
fn words(text: &str) -> Vec<String> {
    let words = text.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let token = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => escape(key),
            // A variant of an externally tagged enum is a key of the file.
            Segment::Enum { variant } => escape(variant),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&token);
    }
    pointer
}
