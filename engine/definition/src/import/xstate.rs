//! Machines of XState v5, in JSON, as workflows; of v4 as far as it says the same.
//!
//! `machine` reads the head, `states` the states, `transitions` what they do on which event, `invokes`
//! services, `actions` guards and actions, `targets` finds the states that are named.

mod actions;
mod invokes;
mod machine;
mod states;
mod targets;
mod transitions;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::Imported;
use super::scxml::head::imported_with;
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::file::Workflow;
use crate::source::{Document, Source};
use targets::Target;

/// A key stands where XState has none, or has a value of another kind.
const XSTATE_SHAPE: Code = Code("xstate-shape");
/// A part of XState that workflows do not have.
const XSTATE_UNSUPPORTED: Code = Code("xstate-unsupported");
/// A target names a state that is not there, or two states have one id.
const XSTATE_STATE: Code = Code("xstate-state");
/// A guard, an action or a delay is only a name, and what it does is elsewhere.
const XSTATE_IMPLEMENTATION: Code = Code("xstate-implementation");
/// A guard is no CEL.
const XSTATE_EXPRESSION: Code = Code("xstate-expression");

/// Every code that importing a machine of XState can give, besides those of reading JSON.
pub const XSTATE_CODES: &[Code] = &[
    XSTATE_SHAPE,
    XSTATE_UNSUPPORTED,
    XSTATE_STATE,
    XSTATE_IMPLEMENTATION,
    XSTATE_EXPRESSION,
];

/// What is known while a machine is imported.
struct Importer {
    /// The machine's own id.
    id: String,
    /// Every state by its path of keys, as they are written.
    states: IndexMap<String, Target>,
    /// Every event that the machine names.
    events: BTreeSet<String>,
    /// The names of delays that are known.
    delays: BTreeSet<String>,
    diagnostics: Vec<Diagnostic>,
}

pub(super) fn import(source: &Source) -> Result<Imported, Vec<Diagnostic>> {
    let document = Document::parse(source.clone())?;
    let mut importer = Importer {
        id: String::new(),
        states: IndexMap::new(),
        events: BTreeSet::new(),
        delays: BTreeSet::new(),
        diagnostics: Vec::new(),
    };
    let found = importer.machine(&document.value);
    let findings = importer.diagnostics.into_iter();
    let mut findings: Vec<Diagnostic> = findings.map(|f| f.located(&document)).collect();
    findings.sort_by_key(|finding| finding.span.map(|span| span.start));
    match found {
        Some((workflow, pack)) if !findings.iter().any(Diagnostic::is_error) => {
            let workflow: Workflow = workflow;
            imported_with(workflow, pack, findings)
        }
        _ => Err(findings),
    }
}

/// A value of the machine, with its place.
#[derive(Clone)]
struct Node<'d> {
    json: &'d Json,
    pointer: String,
}

impl<'d> Node<'d> {
    fn at(&self, token: &str, json: &'d Json) -> Node<'d> {
        let pointer = format!("{}/{}", self.pointer, crate::read::escape(token));
        Node { json, pointer }
    }

    fn get(&self, key: &str) -> Option<Node<'d>> {
        let json = self.json.get(key)?;
        Some(self.at(key, json))
    }

    /// The items of a list; the value itself when it is none.
    fn items(&self) -> Vec<Node<'d>> {
        match self.json {
            Json::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(n, item)| self.at(&n.to_string(), item))
                    .collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The entries of an object; none when it is something else.
    fn entries(&self) -> Vec<(&'d str, Node<'d>)> {
        let entries = self.json.as_object().into_iter().flatten();
        entries
            .map(|(key, value)| (key.as_str(), self.at(key, value)))
            .collect()
    }
}

impl Importer {
    fn error(&mut self, code: Code, node: &Node<'_>, message: impl Into<String>) {
        let error = Diagnostic::error(code, message).with_pointer(&*node.pointer);
        self.diagnostics.push(error);
    }

    fn unsupported(&mut self, node: &Node<'_>, message: impl Into<String>, hint: &str) {
        let error = Diagnostic::error(XSTATE_UNSUPPORTED, message).with_pointer(&*node.pointer);
        self.diagnostics.push(error.with_hint(hint));
    }

    fn expected(&mut self, node: &Node<'_>, expected: &str) {
        let found = match node.json {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Number(number) => number.to_string(),
            Json::String(text) => quoted(text),
            Json::Array(_) => "a list".to_owned(),
            Json::Object(_) => "an object".to_owned(),
        };
        self.error(
            XSTATE_SHAPE,
            node,
            format!("expected {expected}, found {found}"),
        );
    }

    fn text<'d>(&mut self, node: &Node<'d>) -> Option<&'d str> {
        let text = node.json.as_str();
        if text.is_none() {
            self.expected(node, "a text");
        }
        text
    }

    /// Reports what is no object, and its keys that it does not have.
    fn check_keys(&mut self, node: &Node<'_>, what: &str, known: &[&str]) -> bool {
        if !node.json.is_object() {
            self.expected(node, what);
            return false;
        }
        for (key, child) in node.entries() {
            match key {
                _ if known.contains(&key) => {}
                "activities" => {
                    let message = format!("`{key}` cannot be imported");
                    let hint = "a state runs functions of plugins with `invoke`, and waits for events from outside";
                    self.unsupported(&child, message, hint);
                }
                "tags" | "key" | "order" | "_machine" => {
                    let message = format!("`{key}` is left out: workflows have nothing like it");
                    let warning = Diagnostic::warning(XSTATE_UNSUPPORTED, message);
                    self.diagnostics.push(warning.with_pointer(&*child.pointer));
                }
                _ => {
                    let message = format!("{what} has no key {}", quoted(key));
                    let error = Diagnostic::error(XSTATE_SHAPE, message)
                        .with_pointer(&*child.pointer)
                        .with_suggestion(key, known.iter().copied());
                    self.diagnostics.push(error);
                }
            }
        }
        true
    }

    /// What our export keeps in `meta.casewright`, by its key.
    fn kept<T: serde::de::DeserializeOwned>(&mut self, node: &Node<'_>, key: &str) -> Option<T> {
        let kept = node.get("meta")?.get("casewright")?.get(key)?;
        match serde_json::from_value(kept.json.clone()) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = format!("`{key}` is not what a workflow has there: {error}");
                self.error(XSTATE_SHAPE, &kept, message);
                None
            }
        }
    }
}
