//! Guards and actions.

use serde_json::{Value as Json, json};

use super::states::Level;
use super::transitions::both;
use super::{Importer, Node, XSTATE_EXPRESSION, XSTATE_IMPLEMENTATION, XSTATE_SHAPE};
use crate::diagnostic::{Diagnostic, quoted};
use crate::export::{ACTION_PREFIX, CEL_GUARD};
use crate::expression::Program;
use crate::file::{Action, Cel, Expression, Log, Name, OneOrMany, Raise};
use crate::import::quote;
use crate::import::scxml::cel::literal;

/// How a guard that can be imported is written.
const GUARD: &str =
    "write it in CEL: `{ \"type\": \"cel\", \"params\": { \"expression\": \"data.count < 3\" } }`";

/// Actions of XState's own that workflows cannot do.
const UNSUPPORTED: [&str; 9] = [
    "assign",
    "sendTo",
    "sendParent",
    "forwardTo",
    "spawnChild",
    "stopChild",
    "stop",
    "enqueueActions",
    "pure",
];

impl Importer {
    /// The guard of a transition: `guard` of v5, or `cond` and `in` of v4.
    pub(super) fn guard(&mut self, node: &Node<'_>, level: &Level) -> Option<Cel> {
        let guard = node.get("guard").or_else(|| node.get("cond"));
        let guard = guard.and_then(|guard| self.condition(&guard));
        let Some(state) = node.get("in") else {
            return guard;
        };
        let paths = self.targets(&state, level);
        let states = paths.iter().filter_map(|path| self.states.get(path));
        let states: Vec<String> = states
            .map(|state| format!("In({})", quote(&state.id)))
            .collect();
        match states.is_empty() {
            true => guard,
            false => Some(both(states.join(" && "), guard)),
        }
    }

    fn condition(&mut self, node: &Node<'_>) -> Option<Cel> {
        let name = match node.json {
            Json::String(name) => name.as_str(),
            Json::Object(_) => {
                let name = node.get("type");
                name.and_then(|name| name.json.as_str()).unwrap_or_default()
            }
            _ => {
                self.expected(node, "a guard");
                return None;
            }
        };
        if name != CEL_GUARD || node.json.is_string() {
            let message = format!("nothing says when the guard {} holds", quoted(name));
            let error = Diagnostic::error(XSTATE_IMPLEMENTATION, message)
                .with_pointer(&*node.pointer)
                .with_hint(GUARD);
            self.diagnostics.push(error);
            return None;
        }
        let expression = node
            .get("params")
            .and_then(|params| params.get("expression"));
        let Some(expression) = expression else {
            let message = "expected a guard of the type `cel` to have `params.expression`";
            self.error(XSTATE_SHAPE, node, message);
            return None;
        };
        let text = self.text(&expression)?;
        match Program::compile(text) {
            Ok(_) => Some(Cel(text.to_owned())),
            Err(error) => {
                let found = Diagnostic::error(XSTATE_EXPRESSION, error.message);
                let found = found.with_pointer(&*expression.pointer);
                self.diagnostics.push(match error.hint {
                    Some(hint) => found.with_hint(hint),
                    None => found,
                });
                None
            }
        }
    }

    pub(super) fn actions(&mut self, node: Option<Node<'_>>) -> OneOrMany<Action> {
        let items: Vec<Node<'_>> = node.iter().flat_map(Node::items).collect();
        OneOrMany(items.iter().filter_map(|item| self.action(item)).collect())
    }

    fn action(&mut self, node: &Node<'_>) -> Option<Action> {
        let name = match node.json {
            Json::String(name) => name.as_str(),
            Json::Object(_) => {
                let name = node.get("type")?;
                self.text(&name)?
            }
            _ => {
                self.expected(node, "an action");
                return None;
            }
        };
        if let Some(ours) = name.strip_prefix(ACTION_PREFIX) {
            return self.own_action(node, ours);
        }
        let theirs = name.strip_prefix("xstate.").unwrap_or(name);
        match theirs {
            "raise" => self.raise(node),
            "cancel" => {
                let id = parameter(node, &["sendId", "id"])?;
                let id = self.text(&id)?;
                Some(Action::Cancel(Name::Fixed(id.to_owned())))
            }
            _ if UNSUPPORTED.contains(&theirs) => {
                let message = format!("the action {} cannot be imported", quoted(name));
                let hint = "what it does stands in code; `casewright.assign` and the like say it in the machine";
                self.unsupported(node, message, hint);
                None
            }
            _ => Some(self.placeholder(node, name)),
        }
    }

    /// An action as our export writes it.
    fn own_action(&mut self, node: &Node<'_>, name: &str) -> Option<Action> {
        let value = node.get("params").and_then(|params| params.get("value"));
        let Some(value) = value else {
            let message = "expected an action of Casewright to have `params.value`";
            self.error(XSTATE_SHAPE, node, message);
            return None;
        };
        match serde_json::from_value(json!({ name: value.json })) {
            Ok(action) => Some(action),
            Err(error) => {
                let message = format!("expected an action of a workflow: {error}");
                self.error(XSTATE_SHAPE, node, message);
                None
            }
        }
    }

    fn raise(&mut self, node: &Node<'_>) -> Option<Action> {
        let event = parameter(node, &["event"])?;
        let name = match event.json.is_object() {
            true => event.get("type")?,
            false => event.clone(),
        };
        let name = self.text(&name)?;
        let data = event
            .entries()
            .into_iter()
            .filter(|(key, _)| *key != "type");
        let data: serde_json::Map<String, Json> = data
            .map(|(key, value)| (key.to_owned(), value.json.clone()))
            .collect();
        let data = (!data.is_empty()).then(|| Expression(literal(Json::Object(data))));
        if let Some(delay) = parameter(node, &["delay"]) {
            let hint =
                "`after` does something after a delay; `casewright.send` sends an event later";
            self.unsupported(&delay, "a delay of `raise` cannot be imported", hint);
        }
        Some(Action::Raise(Raise {
            event: Name::Fixed(name.to_owned()),
            data,
        }))
    }

    /// What stands for an action whose code is elsewhere: a note of its name in the trace.
    fn placeholder(&mut self, node: &Node<'_>, name: &str) -> Action {
        let message = format!(
            "nothing says what the action {} does: it becomes a `log` of its name",
            quoted(name)
        );
        let warning = Diagnostic::warning(XSTATE_IMPLEMENTATION, message)
            .with_pointer(&*node.pointer)
            .with_hint("put the actions of a workflow in its place: `assign`, `notify`, `emit`, `decide` …");
        self.diagnostics.push(warning);
        let parameters = node.get("params");
        let parameters = parameters.map_or(Json::Null, |value| literal(value.json.clone()));
        Action::Log(Log {
            label: Some(name.to_owned()),
            value: Expression(parameters),
        })
    }
}

/// A parameter of an action of XState's own, which stands in `params` or beside its type.
fn parameter<'d>(node: &Node<'d>, names: &[&str]) -> Option<Node<'d>> {
    let inside = node.get("params");
    let places = inside.iter().chain(std::iter::once(node));
    let mut found = places.flat_map(|place| names.iter().filter_map(|name| place.get(name)));
    found.next()
}
