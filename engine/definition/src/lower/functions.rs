//! Functions of plugins: whether there is such a one, and what it is given.

use serde_json::{Value as Json, json};

use super::codes::*;
use super::{FunctionKind, Functions, Lowering};
use crate::diagnostic::Diagnostic;
use crate::read::escape;

impl Lowering<'_> {
    /// The plugin and its function of a name, which should be one that is at hand, and of this kind.
    pub(super) fn function<'n>(
        &mut self,
        name: &'n str,
        kind: FunctionKind,
        pointer: &str,
    ) -> (&'n str, &'n str) {
        let Some(parts) = name.split_once('.') else {
            let message = format!("expected `plugin.function`, found `{name}`");
            self.error(FUNCTION_UNKNOWN, pointer, message);
            return (name, "");
        };
        if let Some(functions) = self.functions
            && !parts.1.is_empty()
        {
            match functions.get(name) {
                Some(found) if found.kind == kind => {}
                Some(_) => self.report(other_kind(name, kind).with_pointer(pointer)),
                None => {
                    let message = format!("no plugin at hand has `{name}`");
                    let error = Diagnostic::error(FUNCTION_UNKNOWN, message)
                        .with_pointer(pointer)
                        .with_suggestion(name, candidates(functions, kind));
                    self.report(error);
                }
            }
        }
        parts
    }

    /// Whether the keys of what a function is given are those that it takes.
    pub(super) fn check_input(&mut self, function: &str, input: &Json, pointer: &str) -> bool {
        let functions = self.functions;
        let schemas = functions.and_then(|functions| functions.get(function));
        let (Some(schemas), Some(given)) = (schemas, input.as_object()) else {
            return true;
        };
        let before = self.diagnostics.len();
        let properties = schemas.input["properties"].as_object();
        let known = || properties.into_iter().flat_map(|map| map.keys());
        let is_closed = schemas.input["additionalProperties"] == json!(false);
        for name in given.keys() {
            if is_closed && !known().any(|known| known == name) {
                let message = format!("`{function}` takes no `{name}`");
                let error = Diagnostic::error(FUNCTION_INPUT, message)
                    .with_suggestion(name, known().map(String::as_str));
                self.report_key(error, &format!("{pointer}/{}", escape(name)));
            }
        }
        let required = schemas.input["required"].as_array();
        for name in required.into_iter().flatten().filter_map(Json::as_str) {
            if !given.contains_key(name) {
                let message = format!("`{function}` needs `{name}`, which is not there");
                self.error(FUNCTION_INPUT, pointer, message);
            }
        }
        self.diagnostics.len() == before
    }
}

/// The functions that may have been meant.
fn candidates(functions: &Functions, kind: FunctionKind) -> impl Iterator<Item = &str> {
    let fitting = functions
        .iter()
        .filter(move |(_, found)| found.kind == kind);
    fitting.map(|(name, _)| name.as_str())
}

/// A function that is called as the other kind is.
fn other_kind(name: &str, expected: FunctionKind) -> Diagnostic {
    let (message, hint) = match expected {
        FunctionKind::Decision => (
            format!("expected a decision, found the service `{name}`"),
            "a service reaches the world, so it runs after the step: let the state `invoke` it",
        ),
        FunctionKind::Service => (
            format!("expected a service, found the decision `{name}`"),
            "a decision is asked within the step: let an action `decide`",
        ),
    };
    Diagnostic::error(FUNCTION_KIND, message).with_hint(hint)
}
