//! What states are called: their ids in SCXML, and their keys in the workflow.

use std::collections::{BTreeSet, HashMap};

use roxmltree::NodeId;

use super::xml::{Node, Text, tag};
use super::{Importer, SCXML_SHAPE, SCXML_STATE};
use crate::diagnostic::{Diagnostic, quoted};

/// The elements that are states.
const STATES: [&str; 4] = ["state", "parallel", "final", "history"];

/// The states of a document.
#[derive(Debug, Default)]
pub(super) struct Names<'d> {
    by_node: HashMap<NodeId, String>,
    by_id: HashMap<String, Node<'d>>,
}

/// Whether an element is a state.
pub(super) fn is_state(node: Node<'_>) -> bool {
    STATES.contains(&tag(node))
}

impl<'d> Names<'d> {
    pub(super) fn id(&self, node: Node<'d>) -> &str {
        self.by_node.get(&node.id()).map_or("", String::as_str)
    }

    pub(super) fn node(&self, id: &str) -> Option<Node<'d>> {
        self.by_id.get(id).copied()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }
}

impl<'d> Importer<'d> {
    /// Gives every state its id; one that has none gets its element's name and a number.
    pub(super) fn collect_names(&mut self) {
        let states: Vec<Node<'d>> = self.root.descendants().filter(|n| is_state(*n)).collect();
        for node in &states {
            let Some(id) = self.attribute(*node, "id") else {
                continue;
            };
            if id.value.is_empty() || id.value.contains(char::is_whitespace) {
                let message = format!("expected an id without spaces, found {}", quoted(id.value));
                self.error(SCXML_SHAPE, id.span, message);
            } else if self
                .names
                .by_id
                .insert(id.value.to_owned(), *node)
                .is_some()
            {
                let message = format!("two states have the id {}", quoted(id.value));
                self.error(SCXML_STATE, id.span, message);
            }
            let id = id.value.to_owned();
            self.names.by_node.insert(node.id(), id);
        }
        let mut number = 0;
        for node in states {
            if self.names.by_node.contains_key(&node.id()) {
                continue;
            }
            let id = loop {
                number += 1;
                let id = format!("{}-{number}", tag(node));
                if !self.names.by_id.contains_key(&id) {
                    break id;
                }
            };
            self.names.by_id.insert(id.clone(), node);
            self.names.by_node.insert(node.id(), id);
        }
    }

    /// The key of a state among its siblings: its id, as far as a key can hold it.
    pub(super) fn key(&self, node: Node<'d>, taken: &BTreeSet<String>) -> String {
        let allowed = |c: char| match c.is_alphanumeric() || c == '-' || c == '_' {
            true => c,
            false => '-',
        };
        let base: String = self.names.id(node).chars().map(allowed).collect();
        let mut key = base.clone();
        let mut number = 1;
        while key.is_empty() || taken.contains(&key) {
            number += 1;
            key = format!("{base}-{number}");
        }
        key
    }

    /// The states that a list of ids names, as targets of a workflow.
    pub(super) fn targets(&mut self, ids: Text<'d>) -> Vec<String> {
        let mut targets = Vec::new();
        for (start, id) in words(ids.value) {
            if self.names.node(id).is_none() {
                let span = ids.part(Some((start, start + id.len())));
                let finding = self.unknown_state(id, span);
                self.diagnostics.push(finding);
            }
            targets.push(format!("#{id}"));
        }
        if targets.is_empty() {
            self.error(SCXML_SHAPE, ids.span, "expected the id of a state");
        }
        targets
    }

    pub(super) fn unknown_state(&self, id: &str, span: crate::source::Span) -> Diagnostic {
        let message = format!("no state has the id {}", quoted(id));
        let mut ids: Vec<&str> = self.names.ids().collect();
        ids.sort_unstable();
        let error = Diagnostic::error(SCXML_STATE, message).with_span(span);
        error.with_suggestion(id, ids)
    }
}

/// The words of a text, each with its offset.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split_ascii_whitespace()
        .map(move |word| (word.as_ptr() as usize - start, word))
}
