//! Executable content (SCXML 4).

use super::cel::{Location, failing};
use super::data::{assign, is_variable};
use super::xml::{Node, tag};
use super::{Importer, SCXML_SHAPE};
use crate::export::NAMESPACE;
use crate::file::action::{Decide, Emit};
use crate::file::{Action, Assign, Branch, Expression, ForEach, Log, Name, OneOrMany, Raise};
use serde_json::Value as Json;

/// The names under which a loop sees its item and its number, before they go into the data.
const ITEM: &str = "_item";
const INDEX: &str = "_index";

/// The place to which an assignment goes that always fails.
const NOWHERE: &str = "_nowhere";

impl<'d> Importer<'d> {
    /// The actions in an element.
    pub(super) fn actions(&mut self, node: Node<'d>) -> Vec<Action> {
        let elements = self.elements(node);
        elements
            .into_iter()
            .filter_map(|element| self.action(element))
            .collect()
    }

    fn action(&mut self, node: Node<'d>) -> Option<Action> {
        match tag(node) {
            "raise" => {
                self.check_attributes(node, &["event"]);
                let event = self.required(node, "event")?.value.to_owned();
                self.declare(&event);
                Some(Action::Raise(Raise {
                    event: Name::Fixed(event),
                    data: None,
                }))
            }
            "assign" => self.assign(node),
            "log" => self.log(node),
            "if" => self.branches(node),
            "foreach" => self.for_each(node),
            "send" => self.send(node),
            "cancel" => self.cancel(node),
            _ => {
                self.misplaced(node);
                None
            }
        }
    }

    fn assign(&mut self, node: Node<'d>) -> Option<Action> {
        self.check_attributes(node, &["location", "expr"]);
        let location = self.required(node, "location")?;
        let location = self.location(location);
        let inline = self.inner_text(node);
        let value = match (self.attribute(node, "expr"), inline) {
            (Some(expr), None) => self.value(expr)?,
            (None, Some(inline)) => {
                let value = self.inline_expression(inline);
                value.unwrap_or(Expression(Json::Null))
            }
            _ => {
                let message = "expected `<assign>` to have either `expr` or a value in it";
                self.error(SCXML_SHAPE, self.head(node), message);
                return None;
            }
        };
        match location {
            Location::At(place) => Some(assign(&place, value)),
            Location::Fails(message) => Some(fail(&message)),
        }
    }

    fn log(&mut self, node: Node<'d>) -> Option<Action> {
        self.check_attributes(node, &["label", "expr"]);
        let value = match self.attribute(node, "expr") {
            Some(expr) => self.value(expr)?,
            None => Expression(Json::Null),
        };
        if let Some(event) = node.attribute((NAMESPACE, "emit")) {
            return Some(Action::Emit(Emit {
                event: event.to_owned(),
                data: Some(value).filter(|value| !value.0.is_null()),
            }));
        }
        let decision = node.attribute((NAMESPACE, "decide"));
        if let (Some(function), Some(assign)) = (decision, node.attribute((NAMESPACE, "assign"))) {
            return Some(Action::Decide(Decide {
                function: function.to_owned(),
                input: value,
                assign: assign.to_owned(),
            }));
        }
        let label = self.attribute(node, "label");
        Some(Action::Log(Log {
            label: label.map(|label| label.value.to_owned()),
            value,
        }))
    }

    fn branches(&mut self, node: Node<'d>) -> Option<Action> {
        self.check_attributes(node, &["cond"]);
        let condition = self.required(node, "cond")?;
        let mut branches = vec![Branch {
            guard: self.condition(condition),
            actions: OneOrMany::default(),
        }];
        let mut has_else = false;
        for child in self.elements(node) {
            let name = tag(child);
            match name {
                "elseif" | "else" if has_else => self.misplaced(child),
                "elseif" | "else" => {
                    has_else = name == "else";
                    let known: &[&str] = if has_else { &[] } else { &["cond"] };
                    self.check_attributes(child, known);
                    let guard = match has_else {
                        true => None,
                        false => {
                            let condition = self.required(child, "cond")?;
                            self.condition(condition)
                        }
                    };
                    branches.push(Branch {
                        guard,
                        actions: OneOrMany::default(),
                    });
                }
                _ => {
                    let action = self.action(child);
                    if let Some(branch) = branches.last_mut() {
                        branch.actions.0.extend(action);
                    }
                }
            }
        }
        Some(Action::If(branches))
    }

    /// SCXML's loop leaves item and number in the data, ours does not: the first thing in it puts them
    /// there.
    fn for_each(&mut self, node: Node<'d>) -> Option<Action> {
        self.check_attributes(node, &["array", "item", "index"]);
        let array = self.required(node, "array")?;
        let item = self.required(node, "item")?;
        let index = self.attribute(node, "index");
        let array = self.value(array);
        let body = self.actions(node);
        let names = std::iter::once(item).chain(index);
        if let Some(name) = names.into_iter().find(|name| !is_variable(name.value)) {
            // SCXML 4.6: an error when the loop is reached, not before.
            return Some(fail(&format!("`{}` is no name for an item", name.value)));
        }
        let places = [(Some(item), ITEM), (index, INDEX)];
        let places = places.into_iter().filter_map(|(place, local)| {
            let value = Expression(Json::String(local.to_owned()));
            Some((place?.value.to_owned(), value))
        });
        let mut actions = vec![Action::Assign(Assign::Places(places.collect()))];
        actions.extend(body);
        Some(Action::Foreach(ForEach {
            array: array?,
            item: ITEM.to_owned(),
            index: index.map(|_| INDEX.to_owned()),
            actions: OneOrMany(actions),
        }))
    }

    /// Notes an event that the document names, as far as it can be declared.
    pub(super) fn declare(&mut self, event: &str) {
        let name = event.strip_suffix('.').unwrap_or(event);
        let is_own = ["done", "error", "after"]
            .iter()
            .any(|own| name.split('.').next() == Some(own));
        let token = |token: &str| {
            let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            !token.is_empty() && token.chars().all(allowed)
        };
        if !is_own && name.split('.').all(token) {
            self.events.insert(name.to_owned());
        }
    }
}

/// An action that raises `error.execution`.
pub(super) fn fail(message: &str) -> Action {
    assign(NOWHERE, failing(message))
}
