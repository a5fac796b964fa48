//! States and transitions (SCXML 3).

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::names::{is_state, words};
use super::xml::{Node, tag};
use super::{Importer, SCXML_SHAPE};
use crate::diagnostic::quoted;
use crate::file::{Action, Handler, History, Initial, On, OneOrMany, State, StateType, Transition};

impl<'d> Importer<'d> {
    /// The states inside an element, by their keys.
    pub(super) fn states(&mut self, node: Node<'d>, path: &str) -> IndexMap<String, State> {
        let mut states = IndexMap::new();
        let mut taken = BTreeSet::new();
        for child in node.children().filter(|child| is_state(*child)) {
            let key = self.key(child, &taken);
            taken.insert(key.clone());
            let path = match path {
                "" => key.clone(),
                path => format!("{path}.{key}"),
            };
            let state = self.state(child, &path);
            states.insert(key, state);
        }
        states
    }

    fn state(&mut self, node: Node<'d>, path: &str) -> State {
        let name = tag(node);
        let id = self.names.id(node).to_owned();
        let mut state = State {
            id: (id != path).then_some(id),
            ..State::default()
        };
        match name {
            "history" => {
                self.history(node, &mut state);
                return state;
            }
            "final" => state.kind = Some(StateType::Final),
            "parallel" => state.kind = Some(StateType::Parallel),
            _ => {}
        }
        let known: &[&str] = match name {
            "state" => &["id", "initial"],
            _ => &["id"],
        };
        self.check_attributes(node, known);
        state.states = self.states(node, path);
        state.initial = self.initial(node);
        if state.initial.is_some() && (name == "parallel" || state.states.is_empty()) {
            let message = format!("a `<{name}>` like this has no initial state");
            self.error(SCXML_SHAPE, self.head(node), message);
        }
        let mut entry = self.late_values(node);
        let mut exit = Vec::new();
        let mut handlers = Vec::new();
        for child in self.elements(node) {
            match (tag(child), name) {
                ("onentry", _) => entry.push(self.block(child)),
                ("onexit", _) => exit.push(self.block(child)),
                ("transition", "state" | "parallel") => {
                    self.transition(child, node, &mut handlers, &mut state.always);
                }
                ("donedata", "final") => {
                    self.check_attributes(child, &[]);
                    state.output = self.payload(child, None).ok().flatten();
                }
                ("invoke", "state" | "parallel") => {
                    let service = self.invoke(child);
                    state.invoke.0.extend(service);
                }
                ("initial", "state") => {}
                ("datamodel", "state" | "parallel") => self.datamodel(child),
                ("state" | "parallel" | "history", "state" | "parallel") | ("final", "state") => {}
                _ => self.misplaced(child),
            }
        }
        state.entry = blocks(entry);
        state.exit = blocks(exit);
        if !handlers.is_empty() {
            state.on = On::InOrder(handlers);
        }
        state
    }

    /// Checks what stands in a `<datamodel>`; the variables themselves have been collected.
    pub(super) fn datamodel(&mut self, node: Node<'d>) {
        self.check_attributes(node, &[]);
        for child in self.elements(node) {
            if tag(child) != "data" {
                self.misplaced(child);
            }
        }
        if self.is_null && node.children().any(|child| tag(child) == "data") {
            let message = "the null data model has no `<data>`";
            self.error(SCXML_SHAPE, self.head(node), message);
        }
    }

    fn block(&mut self, node: Node<'d>) -> OneOrMany<Action> {
        self.check_attributes(node, &[]);
        OneOrMany(self.actions(node))
    }

    /// Where a state starts: the attribute, or the element with its content.
    pub(super) fn initial(&mut self, node: Node<'d>) -> Option<Initial> {
        let attribute = self.filled(node, "initial");
        let element = node.children().find(|child| tag(*child) == "initial");
        if let (Some(attribute), Some(_)) = (attribute, element) {
            let message = "expected `initial` as an attribute or as an element, found both";
            self.error(SCXML_SHAPE, attribute.span, message);
        }
        if let Some(attribute) = attribute {
            return Some(Initial {
                target: OneOrMany(self.targets(attribute)),
                actions: OneOrMany::default(),
            });
        }
        let element = element?;
        self.check_attributes(element, &[]);
        let (target, actions) = self.only_transition(element)?;
        Some(Initial { target, actions })
    }

    /// The one transition of an `<initial>` or a `<history>`: it has a target, and neither event nor
    /// condition (SCXML 3.6 and 3.10).
    fn only_transition(
        &mut self,
        node: Node<'d>,
    ) -> Option<(OneOrMany<String>, OneOrMany<Action>)> {
        let mut found = None;
        for child in self.elements(node) {
            match tag(child) {
                "transition" if found.is_none() => found = Some(child),
                _ => self.misplaced(child),
            }
        }
        let Some(transition) = found else {
            let message = format!("expected `<{}>` to have a `<transition>`", tag(node));
            self.error(SCXML_SHAPE, self.head(node), message);
            return None;
        };
        self.check_attributes(transition, &["target", "type"]);
        let target = self.required(transition, "target")?;
        let target = OneOrMany(self.targets(target));
        Some((target, OneOrMany(self.actions(transition))))
    }

    fn history(&mut self, node: Node<'d>, state: &mut State) {
        state.kind = Some(StateType::History);
        self.check_attributes(node, &["id", "type"]);
        if let Some(kind) = self.attribute(node, "type") {
            match kind.value {
                "deep" => state.history = Some(History::Deep),
                "shallow" => {}
                other => {
                    let found = quoted(other);
                    let message = format!("expected `shallow` or `deep`, found {found}");
                    self.error(SCXML_SHAPE, kind.span, message);
                }
            }
        }
        if let Some((target, actions)) = self.only_transition(node) {
            state.target = target;
            state.actions = actions;
        }
    }

    fn transition(
        &mut self,
        node: Node<'d>,
        source: Node<'d>,
        handlers: &mut Vec<Handler>,
        always: &mut OneOrMany<Transition>,
    ) {
        self.check_attributes(node, &["event", "cond", "target", "type"]);
        let kind = self.attribute(node, "type");
        let is_internal = kind.is_some_and(|kind| kind.value == "internal");
        if let Some(kind) = kind.filter(|kind| !["internal", "external"].contains(&kind.value)) {
            let found = quoted(kind.value);
            let message = format!("expected `internal` or `external`, found {found}");
            self.error(SCXML_SHAPE, kind.span, message);
        }
        let target = self.attribute(node, "target");
        let target = target.map(|target| self.targets(target));
        let target = target.unwrap_or_default();
        let guard = self.attribute(node, "cond");
        let guard = guard.and_then(|guard| self.condition(guard));
        let (mut inside, mut is_self) = (false, false);
        for id in target.iter().filter_map(|target| target.strip_prefix('#')) {
            if let Some(state) = self.names.node(id) {
                is_self |= state == source;
                inside |= state.ancestors().any(|ancestor| ancestor == source);
            }
        }
        let transition = Transition {
            target: OneOrMany(target),
            guard,
            actions: OneOrMany(self.actions(node)),
            // Elsewhere it makes no difference.
            reenter: is_self || (inside && !is_internal),
            ..Transition::default()
        };
        let event = self.attribute(node, "event");
        let event: Vec<String> = event
            .iter()
            .flat_map(|event| words(event.value))
            .map(|(_, event)| event.to_owned())
            .collect();
        for event in &event {
            self.declare(event);
        }
        match event.is_empty() {
            true => always.0.push(transition),
            false => handlers.push(Handler {
                event: OneOrMany(event),
                transition,
            }),
        }
    }
}

/// Actions in blocks: one block stands as it is, several are marked as such.
pub(super) fn blocks(blocks: Vec<OneOrMany<Action>>) -> OneOrMany<Action> {
    let mut blocks: Vec<OneOrMany<Action>> = blocks
        .into_iter()
        .filter(|block| !block.is_empty())
        .collect();
    match blocks.len() {
        1 => blocks.remove(0),
        _ => OneOrMany(blocks.into_iter().map(Action::Block).collect()),
    }
}
