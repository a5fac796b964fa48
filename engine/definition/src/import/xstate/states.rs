//! States.

use indexmap::IndexMap;

use super::{Importer, Node};
use crate::file::{Expression, History, Initial, OneOrMany, State, StateType, Text};
use crate::import::scxml::cel::literal;

/// The keys of a state.
const KEYS: [&str; 18] = [
    "id",
    "type",
    "initial",
    "states",
    "on",
    "always",
    "after",
    "onDone",
    "invoke",
    "entry",
    "exit",
    "history",
    "target",
    "actions",
    "description",
    "meta",
    "output",
    "data",
];

/// Where a state stands: its path of keys as they are written, that of its parent, and its path in the
/// workflow.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) written: String,
    pub(super) parent: String,
    path: String,
}

impl Level {
    pub(super) fn root() -> Self {
        Level {
            written: String::new(),
            parent: String::new(),
            path: String::new(),
        }
    }

    fn child(&self, key: &str, own: &str) -> Self {
        let join = |parent: &str, key: &str| match parent {
            "" => key.to_owned(),
            parent => format!("{parent}.{key}"),
        };
        Level {
            written: join(&self.written, key),
            parent: self.written.clone(),
            path: join(&self.path, own),
        }
    }
}

impl Importer {
    pub(super) fn states(&mut self, node: &Node<'_>, level: &Level) -> IndexMap<String, State> {
        let mut states = IndexMap::new();
        let Some(children) = node.get("states") else {
            return states;
        };
        if !children.json.is_object() {
            self.expected(&children, "an object of states");
        }
        for (key, child) in children.entries() {
            let allowed = |c: char| match c.is_alphanumeric() || c == '-' || c == '_' {
                true => c,
                false => '-',
            };
            let base: String = key.chars().map(allowed).collect();
            let mut own = base.clone();
            let mut number = 1;
            while own.is_empty() || states.contains_key(&own) {
                number += 1;
                own = format!("{base}-{number}");
            }
            let state = self.state(&child, &level.child(key, &own));
            states.insert(own, state);
        }
        states
    }

    fn state(&mut self, node: &Node<'_>, level: &Level) -> State {
        let mut state = State::default();
        if !self.check_keys(node, "a state", &KEYS) {
            return state;
        }
        let id = self
            .states
            .get(&level.written)
            .map(|target| target.id.clone());
        state.id = id.filter(|id| *id != level.path);
        if let Some(id) = node.get("id") {
            self.text(&id);
        }
        state.kind = node.get("type").and_then(|kind| self.kind(&kind));
        state.title = self.kept(node, "title");
        let plain = node.get("description");
        let plain = plain.and_then(|text| self.text(&text));
        let plain = plain.map(|text| Text::Plain(text.to_owned()));
        state.description = self.kept(node, "description").or(plain);
        state.source = self.kept(node, "source");
        state.no_deadline = self.kept(node, "no-deadline");
        if state.kind == Some(StateType::History) {
            self.history(node, level, &mut state);
            return state;
        }
        state.states = self.states(node, level);
        state.initial = self.initial(node, level);
        state.entry = self.actions(node.get("entry"));
        state.exit = self.actions(node.get("exit"));
        state.on = self.on(node, level);
        state.always = OneOrMany(self.transitions(node.get("always"), level));
        state.on_done = OneOrMany(self.transitions(node.get("onDone"), level));
        state.invoke = self.invokes(node, level);
        state.after = self.after(node, level);
        let output = node.get("output").or_else(|| node.get("data"));
        let output = output.map(|output| Expression(literal(output.json.clone())));
        state.output = self.kept(node, "output").or(output);
        state
    }

    fn kind(&mut self, node: &Node<'_>) -> Option<StateType> {
        let kind = match node.json.as_str() {
            Some("atomic") => StateType::Atomic,
            Some("compound") => StateType::Compound,
            Some("parallel") => StateType::Parallel,
            Some("final") => StateType::Final,
            Some("history") => StateType::History,
            _ => {
                self.expected(
                    node,
                    "`atomic`, `compound`, `parallel`, `final` or `history`",
                );
                return None;
            }
        };
        Some(kind)
    }

    fn history(&mut self, node: &Node<'_>, level: &Level, state: &mut State) {
        if let Some(history) = node.get("history") {
            match history.json.as_str() {
                Some("deep") => state.history = Some(History::Deep),
                Some("shallow") => state.history = Some(History::Shallow),
                _ if history.json.as_bool() == Some(true) => {}
                _ => self.expected(&history, "`shallow` or `deep`"),
            }
        }
        if let Some(target) = node.get("target") {
            let paths = self.targets(&target, level);
            state.target = self.ids(&paths);
        }
        state.actions = self.actions(node.get("actions"));
    }

    /// The child in which a state starts, or an object with its `target`.
    pub(super) fn initial(&mut self, node: &Node<'_>, level: &Level) -> Option<Initial> {
        let initial = node.get("initial")?;
        let inside = Level {
            parent: level.written.clone(),
            ..level.clone()
        };
        let (target, actions) = match initial.json.is_object() {
            true => {
                self.check_keys(&initial, "an initial transition", &["target", "actions"]);
                (initial.get("target")?, initial.get("actions"))
            }
            false => (initial, None),
        };
        let paths = self.targets(&target, &inside);
        Some(Initial {
            target: self.ids(&paths),
            actions: self.actions(actions),
        })
    }
}
