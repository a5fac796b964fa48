//! The data model: which variables there are, and when they get their values (SCXML 5.2 and 5.3).

use serde_json::{Value as Json, json};

use super::cel::{is_identifier, literal};
use super::xml::{Node, Text, tag};
use super::{Importer, SCXML_EXPRESSION, SCXML_SHAPE};
use crate::diagnostic::quoted;
use crate::expression::Program;
use crate::file::{Action, Assign, Branch, Cel, Expression, OneOrMany};

/// Where a workflow notes which variables of the late binding have had their values.
const BOUND: &str = "_bound";

/// One `<data>`.
#[derive(Debug)]
pub(super) struct Variable<'d> {
    name: &'d str,
    /// The state that it stands in; none for the document's own.
    state: Option<Node<'d>>,
    value: Value,
}

/// What a variable starts with.
#[derive(Debug)]
enum Value {
    /// This.
    Literal(Json),
    /// What this gives.
    Computed(Expression),
}

impl<'d> Importer<'d> {
    /// Finds every variable, before any expression is looked at.
    pub(super) fn collect_variables(&mut self) {
        let root = self.root;
        for node in root.descendants().filter(|node| tag(*node) == "foreach") {
            for name in ["item", "index"] {
                let name = node.attribute(name).filter(|name| is_variable(name));
                self.declared.extend(name.map(str::to_owned));
            }
        }
        let data = root.descendants().filter(|node| tag(*node) == "data");
        let data: Vec<(Node<'d>, Text<'d>)> = data
            .filter_map(|node| Some((node, self.required(node, "id")?)))
            .collect();
        let mut seen: Vec<&str> = Vec::new();
        for (_, id) in &data {
            if !is_variable(id.value) {
                let message = format!(
                    "expected a name of CEL that does not begin with `_`, found {}",
                    quoted(id.value)
                );
                self.error(SCXML_EXPRESSION, id.span, message);
            } else if seen.contains(&id.value) {
                let message = format!("two `<data>` have the id {}", quoted(id.value));
                self.error(SCXML_SHAPE, id.span, message);
            }
            seen.push(id.value);
            self.declared.insert(id.value.to_owned());
        }
        for (node, id) in data {
            let model = node.parent_element();
            let home = model.and_then(|model| model.parent_element());
            let value = self.initial_value(node);
            self.variables.push(Variable {
                name: id.value,
                state: home.filter(|home| *home != root),
                value,
            });
        }
    }

    fn initial_value(&mut self, node: Node<'d>) -> Value {
        self.check_attributes(node, &["id", "src", "expr"]);
        if let Some(src) = self.attribute(node, "src") {
            let hint = "write the value into the document, as JSON";
            self.unsupported(src.span, "data from elsewhere cannot be imported", hint);
        }
        let inline = self.inner_text(node);
        match (self.attribute(node, "expr"), inline) {
            (Some(_), Some(inline)) => {
                let message = "expected `expr` or a value in the element, found both";
                self.error(SCXML_SHAPE, inline.span, message);
                Value::Literal(Json::Null)
            }
            (Some(expr), None) => match serde_json::from_str(expr.value) {
                Ok(json) => Value::Literal(json),
                Err(_) => self
                    .value(expr)
                    .map_or(Value::Literal(Json::Null), Value::Computed),
            },
            (None, Some(inline)) => self.inline(inline),
            (None, None) => Value::Literal(Json::Null),
        }
    }

    /// A value that stands in an element: JSON; or CEL, when it begins as a list, an object or a
    /// quoted text does; or text, with its white space made single spaces.
    fn inline(&mut self, text: Text<'d>) -> Value {
        if let Ok(json) = serde_json::from_str(text.value) {
            return Value::Literal(json);
        }
        match text.value.trim_start().starts_with(['[', '{', '\'', '"']) {
            true => self
                .value(text)
                .map_or(Value::Literal(Json::Null), Value::Computed),
            false => {
                let words: Vec<&str> = text.value.split_whitespace().collect();
                Value::Literal(Json::String(words.join(" ")))
            }
        }
    }

    /// A value that stands in an element, as an expression; none for `null`.
    pub(super) fn inline_expression(&mut self, text: Text<'d>) -> Option<Expression> {
        match self.inline(text) {
            Value::Literal(Json::Null) => None,
            Value::Literal(json) => Some(Expression(literal(json))),
            Value::Computed(expression) => Some(expression),
        }
    }

    /// The JSON Schema of the case data.
    pub(super) fn data_schema(&self) -> Json {
        let mut properties = serde_json::Map::new();
        for variable in &self.variables {
            let default = match &variable.value {
                Value::Literal(json) if !self.is_bound_later(variable) => json.clone(),
                _ => Json::Null,
            };
            properties.insert(variable.name.to_owned(), json!({ "default": default }));
        }
        if self.variables.iter().any(|v| self.is_bound_later(v)) {
            properties.insert(BOUND.to_owned(), json!({ "default": {} }));
        }
        json!({ "type": "object", "properties": properties })
    }

    fn is_bound_later(&self, variable: &Variable<'d>) -> bool {
        self.is_late && variable.state.is_some()
    }

    /// The variables that may be given when a case is opened: those of the document itself
    /// (SCXML 5.3.2) that do not depend on others.
    pub(super) fn givable(&self) -> Vec<String> {
        let own = self.variables.iter().filter(|v| v.state.is_none());
        own.filter(|variable| matches!(variable.value, Value::Literal(_)))
            .map(|variable| variable.name.to_owned())
            .collect()
    }

    /// What gives the variables their values at the start, each in a block of its own.
    pub(super) fn early_values(&self) -> Vec<OneOrMany<Action>> {
        let variables = self.variables.iter();
        variables
            .filter(|variable| !self.is_bound_later(variable))
            .filter_map(|variable| match &variable.value {
                Value::Literal(_) => None,
                Value::Computed(value) => {
                    Some(OneOrMany(vec![assign(variable.name, value.clone())]))
                }
            })
            .collect()
    }

    /// What gives the variables of a state their values when it is first entered.
    pub(super) fn late_values(&self, state: Node<'d>) -> Vec<OneOrMany<Action>> {
        let variables = self.variables.iter();
        let variables = variables.filter(|variable| self.is_late && variable.state == Some(state));
        variables
            .map(|variable| {
                let value = match &variable.value {
                    Value::Literal(json) => Expression(literal(json.clone())),
                    Value::Computed(value) => value.clone(),
                };
                let flag = format!("{BOUND}.{}", variable.name);
                let first = Branch {
                    guard: Some(Cel(format!("!has(data.{flag})"))),
                    actions: OneOrMany(vec![
                        assign(&flag, Expression(Json::Bool(true))),
                        assign(variable.name, value),
                    ]),
                };
                OneOrMany(vec![Action::If(vec![first])])
            })
            .collect()
    }
}

/// Puts a value at a place.
pub(super) fn assign(place: &str, value: Expression) -> Action {
    Action::Assign(Assign::Places(
        std::iter::once((place.to_owned(), value)).collect(),
    ))
}

/// Whether a variable may be called this: names that begin with `_` are the system's (SCXML 5.10), and
/// CEL has reserved words.
pub(super) fn is_variable(name: &str) -> bool {
    let is_free = || Program::compile(name).is_ok_and(|program| !program.paths().is_empty());
    is_identifier(name) && !name.starts_with('_') && is_free()
}
