//! What states are called, and which state a target means.

use super::states::Level;
use super::{Importer, Node, XSTATE_STATE};
use crate::diagnostic::{Diagnostic, quoted};
use crate::file::OneOrMany;

/// A state that a target may name.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Its id, or else its path of keys.
    pub(super) id: String,
    /// Whether it has states in it.
    pub(super) is_compound: bool,
}

impl Importer {
    pub(super) fn collect_states(&mut self, root: &Node<'_>) {
        self.collect_below(root, "");
        let mut seen = std::collections::BTreeSet::new();
        let ids: Vec<String> = self.states.values().map(|state| state.id.clone()).collect();
        for id in ids {
            if !seen.insert(id.clone()) {
                let message = format!("two states have the id {}", quoted(&id));
                self.error(XSTATE_STATE, root, message);
            }
        }
    }

    fn collect_below(&mut self, node: &Node<'_>, parent: &str) {
        let states = node.get("states");
        for (key, child) in states.iter().flat_map(Node::entries) {
            let path = match parent {
                "" => key.to_owned(),
                parent => format!("{parent}.{key}"),
            };
            let id = child.json.get("id").and_then(|id| id.as_str());
            let target = Target {
                id: id.unwrap_or(&path).to_owned(),
                is_compound: child.json.get("states").is_some(),
            };
            self.states.insert(path.clone(), target);
            self.collect_below(&child, &path);
        }
    }

    /// The states that a target or a list of them names, by their paths.
    pub(super) fn targets(&mut self, node: &Node<'_>, level: &Level) -> Vec<String> {
        let mut paths = Vec::new();
        for item in node.items() {
            let Some(text) = self.text(&item) else {
                continue;
            };
            match self.find(text, level) {
                Some(path) => paths.push(path),
                None => {
                    let message = format!("there is no state {}", quoted(text));
                    let keys = self.states.keys().map(String::as_str);
                    let near = text.trim_start_matches(['#', '.']);
                    let error = Diagnostic::error(XSTATE_STATE, message)
                        .with_pointer(&*item.pointer)
                        .with_suggestion(near, keys);
                    self.diagnostics.push(error);
                }
            }
        }
        paths
    }

    /// `#id`, `#id.child`, `.child`, or a path from the state's siblings.
    fn find(&self, target: &str, level: &Level) -> Option<String> {
        let known = |path: String| self.states.contains_key(&path).then_some(path);
        if let Some(id) = target.strip_prefix('#') {
            return self.by_id(&id.replace("\\.", ".")).or_else(|| {
                // The longest id that it begins with, and a path from there.
                let dots = id.rmatch_indices('.').map(|(at, _)| at);
                dots.filter_map(|at| id.split_at_checked(at))
                    .find_map(|(id, rest)| {
                        let rest = rest.trim_start_matches('.');
                        if id == self.id {
                            return known(rest.to_owned());
                        }
                        known(format!("{}.{rest}", self.by_id(&id.replace("\\.", "."))?))
                    })
            });
        }
        let (base, rest) = match target.strip_prefix('.') {
            Some(child) => (&level.written, child),
            None => (&level.parent, target),
        };
        known(match base.as_str() {
            "" => rest.to_owned(),
            base => format!("{base}.{rest}"),
        })
    }

    fn by_id(&self, id: &str) -> Option<String> {
        let mut states = self.states.iter();
        states
            .find(|(_, state)| state.id == id)
            .map(|(path, _)| path.clone())
    }

    /// States by their paths, as targets of a workflow.
    pub(super) fn ids(&self, paths: &[String]) -> OneOrMany<String> {
        let states = paths.iter().filter_map(|path| self.states.get(path));
        OneOrMany(states.map(|state| format!("#{}", state.id)).collect())
    }
}
