//! Services.

use serde_json::Value as Json;

use super::states::Level;
use super::{Importer, Node};
use crate::export::CEL_GUARD;
use crate::file::{Expression, Invoke, OneOrMany, Text};
use crate::import::scxml::cel::literal;

/// The keys of an invocation.
const KEYS: [&str; 6] = ["id", "src", "input", "onDone", "onError", "meta"];

/// What can be invoked.
const HINT: &str = "a state runs a function of a plugin: `plugin.function`; an action asks one with `decide`, and anything else comes as an event from outside";

impl Importer {
    /// The services of a state or of the machine.
    pub(super) fn invokes(&mut self, node: &Node<'_>, level: &Level) -> OneOrMany<Invoke> {
        let invokes = node.get("invoke");
        let items = invokes.iter().flat_map(Node::items);
        let items: Vec<Node<'_>> = items.collect();
        let invokes = items.iter().filter_map(|item| self.invoke(item, level));
        OneOrMany(invokes.collect())
    }

    fn invoke(&mut self, node: &Node<'_>, level: &Level) -> Option<Invoke> {
        if !self.check_keys(node, "an invocation", &KEYS) {
            return None;
        }
        let src = node.get("src");
        let src = src.as_ref().unwrap_or(node);
        let Some(function) = src.json.as_str().filter(|name| name.contains('.')) else {
            self.unsupported(src, "`invoke` of this kind cannot be imported", HINT);
            return None;
        };
        let plain = node.get("id");
        let id = plain.and_then(|id| self.text(&id));
        Some(Invoke {
            id: id.map(str::to_owned),
            src: function.to_owned(),
            input: node.get("input").map(|input| value(&input)),
            finalize: self.kept(node, "finalize").unwrap_or_default(),
            on_done: OneOrMany(self.transitions(node.get("onDone"), level)),
            on_error: OneOrMany(self.transitions(node.get("onError"), level)),
            title: self.kept::<Text>(node, "title"),
            description: self.kept::<Text>(node, "description"),
            source: self.kept(node, "source"),
        })
    }
}

/// What a service is given: a value in which texts are CEL, as our export writes it, or one that stands
/// for itself.
fn value(input: &Node<'_>) -> Expression {
    let is_cel = input.json["type"] == CEL_GUARD;
    match input.json.pointer("/params/value").filter(|_| is_cel) {
        Some(value) => Expression(value.clone()),
        None => Expression(literal(Json::clone(input.json))),
    }
}
