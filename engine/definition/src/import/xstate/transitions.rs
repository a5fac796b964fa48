//! What is done on which event, after which delay, and without either.

use indexmap::IndexMap;

use super::states::Level;
use super::{Importer, Node, XSTATE_IMPLEMENTATION};
use crate::diagnostic::{Diagnostic, quoted};
use crate::export::ENGINE_EVENTS;
use crate::expression::parse_duration_ms;
use crate::file::{Cel, On, OneOrMany, Text, Transition, Transitions};
use crate::import::quote;

/// The keys of a transition.
const KEYS: [&str; 9] = [
    "target",
    "guard",
    "cond",
    "in",
    "actions",
    "reenter",
    "internal",
    "description",
    "meta",
];

impl Importer {
    /// XState takes the transitions of an event's own key alone, or else those of patterns from the
    /// longest on. Ours are tried in their order, so that order is made here; and where a key would take
    /// more than in XState, the guard says so.
    pub(super) fn on(&mut self, node: &Node<'_>, level: &Level) -> On {
        let Some(on) = node.get("on") else {
            return On::default();
        };
        if !on.json.is_object() {
            self.expected(&on, "an object from events to transitions");
        }
        let mut entries = on.entries();
        entries.sort_by_key(|(key, _)| match key.ends_with('*') {
            true => (true, std::cmp::Reverse(key.len())),
            false => (false, std::cmp::Reverse(0)),
        });
        let exact: Vec<&str> = entries.iter().map(|(key, _)| *key).collect();
        let mut by_event: IndexMap<String, Transitions> = IndexMap::new();
        for (key, value) in &entries {
            let mut transitions = self.transitions(Some(value.clone()), level);
            if let Some(limit) = self.limit(key, &exact) {
                for transition in &mut transitions {
                    transition.guard = Some(both(limit.clone(), transition.guard.take()));
                }
            }
            // Nothing is done, and no pattern or parent does anything either.
            if transitions.is_empty() {
                transitions.push(Transition::default());
            }
            by_event.insert(self.ours(key), OneOrMany(transitions));
        }
        On::ByEvent(by_event)
    }

    /// What keeps a key from taking more events than it does in XState.
    fn limit(&self, key: &str, keys: &[&str]) -> Option<String> {
        match key.strip_suffix('*') {
            None => {
                let below = format!("{key}.");
                let takes_more = self.events.iter().any(|event| event.starts_with(&below));
                takes_more.then(|| format!("event.name == {}", quote(key)))
            }
            Some(prefix) => {
                let own = keys.iter().filter(|other| {
                    let is_below = other.starts_with(prefix) || format!("{other}.") == prefix;
                    !other.ends_with('*') && is_below
                });
                let own: Vec<String> = own.map(|other| quote(other)).collect();
                (!own.is_empty()).then(|| format!("!(event.name in [{}])", own.join(", ")))
            }
        }
    }

    /// The name of an event as workflows have it.
    fn ours(&self, key: &str) -> String {
        let mut named = ENGINE_EVENTS.iter();
        let named = named.find_map(|(ours, theirs)| Some((*ours, key.strip_prefix(theirs)?)));
        match named {
            Some((ours @ "done.state.", state)) => format!("{ours}{}", self.done_id(state)),
            Some((ours, service)) => format!("{ours}{service}"),
            None => key.to_owned(),
        }
    }

    /// The id of a state in the name of its `done` event, which begins with the machine's where the state
    /// has none of its own.
    fn done_id(&self, state: &str) -> String {
        let path = state
            .strip_prefix(&format!("{}.", self.id))
            .unwrap_or(state);
        let found = self.states.get(path);
        found.map_or_else(|| state.to_owned(), |found| found.id.clone())
    }

    pub(super) fn after(
        &mut self,
        node: &Node<'_>,
        level: &Level,
    ) -> IndexMap<String, Transitions> {
        let mut after = IndexMap::new();
        let Some(delays) = node.get("after") else {
            return after;
        };
        if !delays.json.is_object() {
            self.expected(&delays, "an object from delays to transitions");
        }
        for (key, value) in delays.entries() {
            let is_known = key.parse::<u64>().is_ok()
                || parse_duration_ms(key).is_some()
                || self.delays.contains(key);
            if !is_known {
                let message = format!("nothing says how long the delay {} is", quoted(key));
                let error = Diagnostic::error(XSTATE_IMPLEMENTATION, message)
                    .with_pointer(&*value.pointer)
                    .with_hint("write its milliseconds in place of its name");
                self.diagnostics.push(error);
            }
            let transitions = self.transitions(Some(value), level);
            after.insert(key.to_owned(), OneOrMany(transitions));
        }
        after
    }

    pub(super) fn transitions(&mut self, node: Option<Node<'_>>, level: &Level) -> Vec<Transition> {
        let items = node.iter().flat_map(Node::items);
        let items: Vec<Node<'_>> = items.filter(|item| !item.json.is_null()).collect();
        let transitions = items.iter().map(|item| self.transition(item, level));
        transitions.collect()
    }

    fn transition(&mut self, node: &Node<'_>, level: &Level) -> Transition {
        if node.json.is_string() {
            let paths = self.targets(node, level);
            let mut transition = Transition::default();
            self.lead(node, paths, level, &mut transition);
            return transition;
        }
        if !self.check_keys(node, "a transition", &KEYS) {
            return Transition::default();
        }
        let mut transition = Transition {
            guard: self.guard(node, level),
            actions: self.actions(node.get("actions")),
            reenter: self.reenters(node),
            title: self.kept(node, "title"),
            source: self.kept(node, "source"),
            ..Transition::default()
        };
        let plain = node.get("description");
        let plain = plain.and_then(|text| self.text(&text));
        let plain = plain.map(|text| Text::Plain(text.to_owned()));
        transition.description = self.kept(node, "description").or(plain);
        if let Some(target) = node.get("target").filter(|target| !target.json.is_null()) {
            let paths = self.targets(&target, level);
            self.lead(&target, paths, level, &mut transition);
        }
        transition
    }

    /// `reenter` of v5; `internal: false` of v4 says the same.
    fn reenters(&mut self, node: &Node<'_>) -> bool {
        let mut flag = |key: &str| {
            let value = node.get(key)?;
            let flag = value.json.as_bool();
            if flag.is_none() {
                self.expected(&value, "true or false");
            }
            flag
        };
        flag("reenter").or(flag("internal").map(|internal| !internal)) == Some(true)
    }

    /// Where a transition leads. To its own state, without `reenter`, XState stays there, and lets a state
    /// with others in it start anew.
    fn lead(
        &mut self,
        node: &Node<'_>,
        paths: Vec<String>,
        level: &Level,
        transition: &mut Transition,
    ) {
        let is_self = paths.contains(&level.written) && !transition.reenter;
        let is_compound = self
            .states
            .get(&level.written)
            .is_some_and(|s| s.is_compound);
        match (is_self, is_compound) {
            (true, true) => {
                let hint = "say `reenter: true` to leave the state and enter it anew, or name the child to start in";
                let message =
                    "a transition of a state with others in it to itself cannot be imported";
                self.unsupported(node, message, hint);
            }
            (true, false) => {}
            (false, _) => transition.target = self.ids(&paths),
        }
    }
}

/// Two conditions, of which the first is in brackets where it must be.
pub(super) fn both(first: String, second: Option<Cel>) -> Cel {
    match second {
        Some(second) => Cel(format!("{first} && ({})", second.0)),
        None => Cel(first),
    }
}
