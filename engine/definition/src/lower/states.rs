//! States and transitions.

use std::sync::Arc;

use casewright_chart::{
    Action, Block, Descriptor, InitialNode, Send, StateKind, StateNode, TransitionNode,
};
use indexmap::IndexMap;

use super::codes::*;
use super::expressions::Names as Scope;
use super::{Lowering, names};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::file;
use crate::read::escape;

/// The events that a transition takes.
#[derive(Clone, Copy)]
pub(super) enum Taken<'a> {
    /// Of `done` events only its own state's, not those of states whose ids begin like its id.
    Exactly(&'a [Descriptor]),
    /// Every event that the descriptors match.
    Below(&'a [Descriptor]),
    /// What a service comes back as, and nothing else that begins like it.
    Returned(&'a [Descriptor]),
}

/// Where a state stands: its path of keys, its id, and its place in the file.
pub(super) struct Place {
    path: String,
    parent: String,
    pub(super) id: Arc<str>,
    pub(super) pointer: String,
}

impl Place {
    pub(super) fn root(id: &str) -> Self {
        Place {
            path: String::new(),
            parent: String::new(),
            id: id.into(),
            pointer: String::new(),
        }
    }
}

impl Lowering<'_> {
    pub(super) fn children(
        &mut self,
        states: &IndexMap<String, file::State>,
        parent: &Place,
    ) -> Vec<StateNode> {
        states
            .iter()
            .map(|(key, state)| {
                let path = names::join(&parent.path, key);
                let id = self.names.id(&path).cloned();
                let place = Place {
                    id: id.unwrap_or_else(|| path.as_str().into()),
                    parent: parent.path.clone(),
                    pointer: format!("{}/states/{}", parent.pointer, escape(key)),
                    path,
                };
                self.state(state, &place)
            })
            .collect()
    }

    fn state(&mut self, state: &file::State, here: &Place) -> StateNode {
        let kind = self.kind(state, here);
        if let Some(title) = &state.title {
            self.titles.insert(here.id.clone(), title.clone());
        }
        let place = here.pointer.clone();
        self.places.states.insert(here.id.clone(), place);
        if state.no_deadline.is_some() {
            self.places.without_deadline.insert(here.id.clone());
        }
        let mut node = StateNode::new(here.id.clone(), kind);
        node.initial = match kind {
            StateKind::ShallowHistory | StateKind::DeepHistory => self.default_target(state, here),
            _ => self.initial(state.initial.as_ref(), here),
        };
        self.on(&state.on, here, &mut node);
        self.after(&state.after, here, &mut node);
        let on_done = [Descriptor::new(&format!("done.state.{}", here.id))];
        for (transition, pointer) in
            self.numbered(&state.on_done, &format!("{}/onDone", here.pointer))
        {
            self.transition(
                transition,
                Taken::Exactly(&on_done),
                here,
                &pointer,
                &mut node,
            );
        }
        self.invokes(&state.invoke, here, &mut node);
        for (transition, pointer) in
            self.numbered(&state.always, &format!("{}/always", here.pointer))
        {
            self.transition(transition, Taken::Below(&[]), here, &pointer, &mut node);
        }
        let entry = self.blocks(&state.entry, &format!("{}/entry", here.pointer));
        node.entry.extend(entry);
        let exit = self.blocks(&state.exit, &format!("{}/exit", here.pointer));
        // What `after` put here comes last.
        node.exit.splice(0..0, exit);
        if let Some(output) = &state.output {
            let pointer = format!("{}/output", here.pointer);
            node.output = Some(self.expression(output, &pointer, &Scope::default()));
        }
        node.children = self.children(&state.states, here);
        node
    }

    fn kind(&mut self, state: &file::State, here: &Place) -> StateKind {
        let has_children = !state.states.is_empty();
        let kind = match (state.kind, state.history) {
            (Some(file::StateType::Atomic), _) => StateKind::Atomic,
            (Some(file::StateType::Compound), _) => StateKind::Compound,
            (Some(file::StateType::Parallel), _) => StateKind::Parallel,
            (Some(file::StateType::Final), _) => StateKind::Final,
            (Some(file::StateType::History), Some(file::History::Deep)) => StateKind::DeepHistory,
            (Some(file::StateType::History), _) => StateKind::ShallowHistory,
            (None, None) if has_children => StateKind::Compound,
            (None, None) => StateKind::Atomic,
            (None, Some(_)) => {
                let message = "`history` belongs to a state of `type: history`";
                self.error(STATE_SHAPE, &format!("{}/history", here.pointer), message);
                StateKind::ShallowHistory
            }
        };
        let silent = matches!(
            kind,
            StateKind::Final | StateKind::ShallowHistory | StateKind::DeepHistory
        );
        let moves = !state.on.is_empty() || !state.after.is_empty() || !state.always.is_empty();
        if silent && moves {
            let message = "a final or history state has no transitions of its own";
            self.error(STATE_SHAPE, &here.pointer, message);
        }
        if silent && !state.invoke.is_empty() {
            let message = "a final or history state runs no service: no case waits in it";
            self.error(STATE_SHAPE, &format!("{}/invoke", here.pointer), message);
        }
        let is_history = matches!(kind, StateKind::ShallowHistory | StateKind::DeepHistory);
        if !is_history && !state.target.is_empty() {
            let message = "`target` belongs to a transition or to a state of `type: history`";
            self.error(STATE_SHAPE, &format!("{}/target", here.pointer), message);
        }
        if !state.actions.is_empty() && (!is_history || state.target.is_empty()) {
            let message = "`actions` belongs to a transition or to a history state with a `target`";
            self.error(STATE_SHAPE, &format!("{}/actions", here.pointer), message);
        }
        kind
    }

    pub(super) fn initial(
        &mut self,
        initial: Option<&file::Initial>,
        here: &Place,
    ) -> Option<InitialNode> {
        let initial = initial?;
        let pointer = format!("{}/initial", here.pointer);
        let written = self
            .document
            .and_then(|document| document.value.pointer(&pointer));
        let place = match written.is_some_and(serde_json::Value::is_object) {
            true => format!("{pointer}/target"),
            false => pointer.clone(),
        };
        let inside = Place {
            parent: here.path.clone(),
            path: here.path.clone(),
            id: here.id.clone(),
            pointer: here.pointer.clone(),
        };
        let targets: Vec<Arc<str>> = self
            .numbered(&initial.target, &place)
            .into_iter()
            .filter_map(|(target, pointer)| self.target(target, &inside, &pointer))
            .collect();
        let actions = format!("{pointer}/actions");
        let content = self.block(&initial.actions, &actions, &Scope::default());
        (!targets.is_empty()).then_some(InitialNode { targets, content })
    }

    fn default_target(&mut self, state: &file::State, here: &Place) -> Option<InitialNode> {
        if state.target.is_empty() {
            return None;
        }
        Some(InitialNode {
            targets: self.targets(&state.target, here, &here.pointer),
            content: self.block(
                &state.actions,
                &format!("{}/actions", here.pointer),
                &Scope::default(),
            ),
        })
    }

    pub(super) fn on(&mut self, on: &file::On, here: &Place, node: &mut StateNode) {
        match on {
            file::On::ByEvent(by_event) => {
                for (key, transitions) in by_event {
                    let pointer = format!("{}/on/{}", here.pointer, escape(key));
                    if let Some(error) = self.check_descriptor(key) {
                        self.report_key(error, &pointer);
                    }
                    let taken = [Descriptor::new(key)];
                    for (transition, pointer) in self.numbered(transitions, &pointer) {
                        self.transition(transition, Taken::Exactly(&taken), here, &pointer, node);
                    }
                }
            }
            file::On::InOrder(handlers) => {
                for (number, handler) in handlers.iter().enumerate() {
                    let pointer = format!("{}/on/{number}", here.pointer);
                    self.handler(handler, here, &pointer, node);
                }
            }
        }
    }

    fn handler(
        &mut self,
        handler: &file::Handler,
        here: &Place,
        pointer: &str,
        node: &mut StateNode,
    ) {
        if handler.event.is_empty() {
            let message = "expected at least one event";
            let error = Diagnostic::error(STATE_SHAPE, message)
                .with_pointer(format!("{pointer}/event"))
                .with_hint("`always` does something without an event");
            self.report(error);
        }
        for (event, pointer) in self.numbered(&handler.event, &format!("{pointer}/event")) {
            if let Some(error) = self.check_descriptor(event) {
                self.report(error.with_pointer(pointer));
            }
        }
        let descriptors = handler.event.iter().map(|event| Descriptor::new(event));
        let descriptors: Vec<Descriptor> = descriptors.collect();
        self.transition(
            &handler.transition,
            Taken::Below(&descriptors),
            here,
            pointer,
            node,
        );
    }

    /// A delayed transition is an event that is sent on entry and cancelled on exit.
    fn after(
        &mut self,
        after: &IndexMap<String, file::Transitions>,
        here: &Place,
        node: &mut StateNode,
    ) {
        for (key, transitions) in after {
            let pointer = format!("{}/after/{}", here.pointer, escape(key));
            let delay = self.delay(key, &pointer, true);
            if let Some(Expression::DelayMs(0)) = self.expressions.get(delay.0 as usize) {
                let message = "expected a delay of more than nothing";
                let error = Diagnostic::error(DELAY_ZERO, message)
                    .with_pointer(&*pointer)
                    .with_hint("`always` does something at once, and in the same step");
                self.report(error);
            }
            let event: Arc<str> = after_event(key, &here.id).into();
            node.entry.push(vec![Action::Send(Send {
                id: Some(event.clone()),
                delay: Some(delay),
                ..Send::new(event.clone())
            })]);
            node.exit.push(vec![Action::Cancel {
                id: event.clone().into(),
            }]);
            let descriptors = [Descriptor::new(&event)];
            for (transition, pointer) in self.numbered(transitions, &pointer) {
                self.transition(transition, Taken::Below(&descriptors), here, &pointer, node);
            }
        }
    }

    pub(super) fn transition(
        &mut self,
        transition: &file::Transition,
        taken: Taken<'_>,
        here: &Place,
        pointer: &str,
        node: &mut StateNode,
    ) {
        let (Taken::Exactly(descriptors)
        | Taken::Below(descriptors)
        | Taken::Returned(descriptors)) = taken;
        let targets = self.targets(&transition.target, here, pointer);
        let is_self = targets.contains(&here.id);
        if is_self && !transition.reenter {
            let message = format!("the transition leads from `{}` to itself", here.id);
            let error = Diagnostic::error(TRANSITION_SELF, message)
                .with_pointer(format!("{pointer}/target"))
                .with_hint(
                    "leave `target` away to stay in the state, or say `reenter: true` to leave it and enter it anew",
                );
            self.report(error);
        }
        let mut scope = Scope::default();
        let mut content = Block::new();
        if let [descriptor] = descriptors {
            let fields = self.event_fields(descriptor);
            scope.event = fields.or_else(|| self.returned_fields(descriptor));
        }
        scope.event_data = self.event_data(descriptors);
        content.extend(self.store(descriptors));
        let guard = transition.guard.as_ref();
        let guard = guard.map(|guard| self.guard(guard, &format!("{pointer}/guard"), &scope));
        let done = match taken {
            Taken::Exactly(_) => self.done_event(descriptors, here),
            Taken::Below(_) => None,
            Taken::Returned(_) => self.returned_event(descriptors),
        };
        let guard = match done {
            Some(done) => Some(Expression::Exactly(done, guard.map(Box::new))),
            None => guard,
        };
        let guard = guard.map(|guard| self.push(guard));
        content.extend(self.block(&transition.actions, &format!("{pointer}/actions"), &scope));
        self.refusals
            .entry(here.id.clone())
            .or_default()
            .push(transition.title.clone());
        let places = self.places.transitions.entry(here.id.clone());
        places.or_default().push(pointer.to_owned());
        node.transitions.push(TransitionNode {
            descriptors: descriptors.to_vec(),
            guard,
            targets,
            internal: !transition.reenter,
            content,
        });
    }

    /// The `done` event that a transition waits for, if its descriptor would also take that of a
    /// descendant: `done.state.handover.data` begins like `done.state.handover`.
    fn done_event(&self, descriptors: &[Descriptor], here: &Place) -> Option<Arc<str>> {
        let done = format!("done.state.{}", here.id);
        let [descriptor] = descriptors else {
            return None;
        };
        let inside = format!("{}.", here.id);
        let ambiguous =
            descriptor.prefix() == done && self.names.ids().any(|other| other.starts_with(&inside));
        ambiguous.then(|| done.into())
    }

    /// The fields that the events of descriptors store in the case data.
    fn store(&mut self, descriptors: &[Descriptor]) -> Option<Action> {
        let events = self.workflow.events.iter();
        let events = events.filter(|(name, _)| descriptors.iter().any(|d| d.matches(name)));
        let stored = events.map(|(name, event)| {
            let fields = event.requires.iter().chain(&event.accepts);
            let fields: Vec<Arc<str>> = fields.map(|name| name.as_str().into()).collect();
            (Arc::from(name.as_str()), fields)
        });
        let stored: Vec<_> = stored.filter(|(_, fields)| !fields.is_empty()).collect();
        if stored.is_empty() {
            return None;
        }
        let value = self.push(Expression::EventFields(stored));
        Some(Action::Merge { value })
    }

    fn targets(
        &mut self,
        targets: &file::OneOrMany<String>,
        here: &Place,
        pointer: &str,
    ) -> Vec<Arc<str>> {
        self.numbered(targets, &format!("{pointer}/target"))
            .into_iter()
            .filter_map(|(target, pointer)| self.target(target, here, &pointer))
            .collect()
    }

    /// `#id`, `.child` or a path that begins beside this state.
    fn target(&mut self, target: &str, here: &Place, pointer: &str) -> Option<Arc<str>> {
        if let Some(id) = target.strip_prefix('#') {
            if self.names.has_id(id) {
                return Some(id.into());
            }
            let error = Diagnostic::error(STATE_UNKNOWN, format!("no state has the id `{id}`"))
                .with_pointer(pointer)
                .with_suggestion(id, self.names.ids());
            self.report(error);
            return None;
        }
        let (base, rest) = match target.strip_prefix('.') {
            Some(child) => (here.path.clone(), child),
            None => (here.parent.clone(), target),
        };
        self.known(&names::join(&base, rest), target, &base, pointer)
    }

    fn known(&mut self, path: &str, found: &str, base: &str, pointer: &str) -> Option<Arc<str>> {
        if let Some(id) = self.names.id(path) {
            return Some(id.clone());
        }
        let place = match base {
            "" => "at the top".to_owned(),
            base => format!("inside `{base}`"),
        };
        let message = format!("there is no state `{found}` {place}");
        let error = Diagnostic::error(STATE_UNKNOWN, message).with_pointer(pointer);
        let elsewhere = self
            .names
            .paths()
            .find(|other| other.rsplit('.').next() == Some(found) && !other.is_empty());
        let error = match elsewhere {
            Some(elsewhere) => error.with_hint(format!("`#{elsewhere}` is one")),
            None => {
                let paths = self.names.paths();
                let beside = paths.filter_map(|other| match base {
                    "" => Some(other),
                    base => other.strip_prefix(base)?.strip_prefix('.'),
                });
                error.with_suggestion(found.trim_start_matches('.'), beside)
            }
        };
        self.report(error);
        None
    }
}

/// The event of a delay in a state. Its name has three tokens, so that it is never the beginning of
/// another's. Cases that wait for one hold its name: it is a stored form, and must stay as it is.
fn after_event(delay: &str, state: &str) -> String {
    format!(
        "after.{}.{}",
        delay.replace('.', ":"),
        state.replace('.', ":")
    )
}
