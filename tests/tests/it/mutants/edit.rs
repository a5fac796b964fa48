//! An edit of one node of a workflow file, and the file that it makes.

use std::fmt::{self, Display};

use casewright_definition::source::Document;
use serde_json::{Map, Value};

/// A place in a file and what is done there.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// The kind of fault, in a few words.
    pub(super) class: &'static str,
    /// What the fault is, in this place.
    pub(super) fault: String,
    pointer: String,
    edit: Edit,
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(Value),
    Remove,
    Rename(String),
}

impl Mutant {
    /// Another value in a place.
    pub(super) fn replace(class: &'static str, pointer: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        Mutant {
            class,
            fault: format!("becomes {value}"),
            pointer: pointer.to_owned(),
            edit: Edit::Replace(value),
        }
    }

    /// Nothing in a place: no such key, no such item.
    pub(super) fn remove(class: &'static str, pointer: &str) -> Self {
        Mutant {
            class,
            fault: "is gone".to_owned(),
            pointer: pointer.to_owned(),
            edit: Edit::Remove,
        }
    }

    /// Another key for the same value.
    pub(super) fn rename(class: &'static str, pointer: &str, key: &str) -> Self {
        Mutant {
            class,
            fault: format!("is called {key}"),
            pointer: pointer.to_owned(),
            edit: Edit::Rename(key.to_owned()),
        }
    }

    /// The file with the edit. The smallest node that holds it is written anew, in one line; all else
    /// stays byte for byte.
    pub(super) fn apply(&self, document: &Document) -> String {
        let (pointer, value) = self.written(&document.value);
        let span = document.span(&pointer).unwrap();
        let text = &document.source.text;
        let (before, after) = (&text[..span.start], &text[span.end..]);
        // A block ends with its last line.
        let line_end = match text[..span.end].ends_with('\n') {
            true => "\n",
            false => "",
        };
        // The span of a folded text begins after its sign.
        let before = match before.trim_end().strip_suffix(">-") {
            Some(before) => before,
            None => before,
        };
        format!("{before}{value}{line_end}{after}")
    }

    /// The node that is written anew, and what it is then.
    pub(super) fn written(&self, file: &Value) -> (String, Value) {
        if let Edit::Replace(value) = &self.edit {
            return (self.pointer.clone(), value.clone());
        }
        let (parent, key) = self.pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        let written = match (file.pointer(parent).unwrap(), &self.edit) {
            (Value::Object(fields), edit) => fields
                .iter()
                .filter_map(|(name, value)| match edit {
                    _ if *name != key => Some((name.clone(), value.clone())),
                    Edit::Rename(other) => Some((other.clone(), value.clone())),
                    _ => None,
                })
                .collect::<Map<String, Value>>()
                .into(),
            (Value::Array(items), _) => {
                let number: usize = key.parse().unwrap();
                let mut items = items.clone();
                items.remove(number);
                items.into()
            }
            (other, _) => panic!("nothing can be edited in {other}"),
        };
        (parent.to_owned(), written)
    }

    /// Where it is in the file, for people: `12:7 target-swapped /states/…: becomes "closed"`.
    pub(super) fn shown(&self, document: &Document) -> impl Display {
        let span = document.key_span(&self.pointer);
        let span = span.unwrap_or_else(|| document.nearest_span(&self.pointer));
        Shown {
            place: document.source.position(span.start).to_string(),
            mutant: self.clone(),
        }
    }
}

struct Shown {
    place: String,
    mutant: Mutant,
}

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { place, mutant } = self;
        let Mutant {
            class,
            fault,
            pointer,
            ..
        } = mutant;
        write!(f, "{place} [{class}] {pointer} {fault}")
    }
}
