//! Services: their names, what they are given, and what they come back as.

use std::collections::BTreeSet;
use std::sync::Arc;

use casewright_chart::{Descriptor, Invoke, StateNode, Value};
use indexmap::IndexMap;
use serde_json::json;

use super::codes::*;
use super::expressions::Names;
use super::states::{Place, Taken};
use super::{FunctionKind, Lowering, names};
use crate::definition::{Decision, Service};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::expression::types::{Field, Kind, Kinds, Type};
use crate::file;
use crate::read::escape;

/// How the events begin as which services come back.
const RETURNED: [&str; 2] = ["done.invoke.", "error.invoke."];

impl Lowering<'_> {
    /// Gives every service its id. This comes before anything is lowered, because any state may take
    /// what it comes back as.
    pub(super) fn collect_services(&mut self) {
        let workflow = self.workflow;
        let mut seen = IndexMap::new();
        self.collect_invokes(&workflow.invoke, &workflow.id, "", &mut seen);
        self.collect_services_of(&workflow.states, "", "", &mut seen);
    }

    fn collect_services_of(
        &mut self,
        states: &IndexMap<String, file::State>,
        parent: &str,
        pointer: &str,
        seen: &mut IndexMap<String, String>,
    ) {
        for (key, state) in states {
            let path = names::join(parent, key);
            let pointer = format!("{pointer}/states/{}", escape(key));
            let id = self.names.id(&path).cloned();
            let id = id.unwrap_or_else(|| path.as_str().into());
            self.collect_invokes(&state.invoke, &id, &pointer, seen);
            self.collect_services_of(&state.states, &path, &pointer, seen);
        }
    }

    fn collect_invokes(
        &mut self,
        invokes: &file::OneOrMany<file::Invoke>,
        state: &str,
        pointer: &str,
        seen: &mut IndexMap<String, String>,
    ) {
        let invokes = self.numbered(invokes, &format!("{pointer}/invoke"));
        for (number, (invoke, pointer)) in invokes.into_iter().enumerate() {
            let id = invoke.id_in(state, number);
            let place = match &invoke.id {
                Some(_) => format!("{pointer}/id"),
                None => pointer.clone(),
            };
            if invoke.id.is_some() && !id.split('.').all(names::is_name) {
                let message = format!(
                    "expected letters, digits, `-`, `_` and `.` between them, found `{id}`"
                );
                self.error(INVOKE_ID, &place, message);
            }
            if let Some(first) = seen.get(&id) {
                let error =
                    Diagnostic::error(INVOKE_ID, format!("two services have the id `{id}`"))
                        .with_pointer(place)
                        .with_hint(format!("the other one is at `{first}`"));
                self.report(error);
                continue;
            }
            let (plugin, function) = invoke.src.split_once('.').unwrap_or((&invoke.src, ""));
            let function = Decision {
                plugin: plugin.into(),
                function: function.into(),
            };
            let service = Service {
                function,
                title: invoke.title.clone(),
            };
            self.services.insert(id.as_str().into(), service);
            seen.insert(id, pointer);
        }
    }

    /// The services of a state, with the transitions that take what they come back as.
    pub(super) fn invokes(
        &mut self,
        invokes: &file::OneOrMany<file::Invoke>,
        here: &Place,
        node: &mut StateNode,
    ) {
        let invokes = self.numbered(invokes, &format!("{}/invoke", here.pointer));
        for (number, (invoke, pointer)) in invokes.into_iter().enumerate() {
            let id = invoke.id_in(&here.id, number);
            let lowered = self.invoke(invoke, &id, &pointer);
            let done = (lowered.done(), &invoke.on_done, "onDone");
            let failed = (lowered.error(), &invoke.on_error, "onError");
            for (event, transitions, key) in [done, failed] {
                let taken = [Descriptor::new(&event)];
                for (transition, pointer) in self.numbered(transitions, &format!("{pointer}/{key}"))
                {
                    self.transition(transition, Taken::Returned(&taken), here, &pointer, node);
                }
            }
            node.invokes.push(lowered);
        }
    }

    fn invoke(&mut self, invoke: &file::Invoke, id: &str, pointer: &str) -> Invoke {
        let place = format!("{pointer}/src");
        self.function(&invoke.src, FunctionKind::Service, &place);
        let names = Names::default();
        let input = match &invoke.input {
            Some(input) => {
                let place = format!("{pointer}/input");
                let fits = self.check_input(&invoke.src, &input.0, &place);
                let value = self.expression(input, &place, &names);
                if fits {
                    self.expect_input(&invoke.src, value, &place, &names);
                }
                value
            }
            None => {
                self.check_input(&invoke.src, &json!({}), &place);
                self.push(Expression::Literal(Value::map::<&str>([])))
            }
        };
        Invoke {
            id: id.into(),
            source: invoke.src.as_str().into(),
            input: Some(input),
            finalize: self.block(&invoke.finalize, &format!("{pointer}/finalize"), &names),
        }
    }

    /// The event that a transition waits for, if its descriptor would also take what another service
    /// comes back as: `done.invoke.crm.push` begins like `done.invoke.crm`.
    pub(super) fn returned_event(&self, descriptors: &[Descriptor]) -> Option<Arc<str>> {
        let [descriptor] = descriptors else {
            return None;
        };
        let mut matched = self
            .returning()
            .filter(|(event, _, _)| descriptor.matches(event));
        let is_ambiguous = matched.by_ref().nth(1).is_some();
        is_ambiguous.then(|| descriptor.prefix().into())
    }

    /// The events as which services come back: the name, whether the service is done then, and its
    /// function.
    fn returning(&self) -> impl Iterator<Item = (String, bool, &Decision)> {
        let services = self.services.iter();
        services.flat_map(|(id, service)| {
            let [done, error] = RETURNED.map(|prefix| format!("{prefix}{id}"));
            let function = &service.function;
            [(done, true, function), (error, false, function)]
        })
    }

    /// Whether only services come back as what a descriptor matches.
    pub(super) fn is_returned(&self, descriptor: &Descriptor) -> bool {
        let prefix = descriptor.prefix();
        RETURNED.iter().any(|begin| prefix.starts_with(begin))
    }

    /// What is wrong with a descriptor of what a service comes back as, when there is no such service.
    pub(super) fn check_returned(&self, key: &str) -> Option<Diagnostic> {
        let descriptor = Descriptor::new(key);
        let matched = |event: &str| descriptor.matches(event);
        let known = !self.is_returned(&descriptor)
            || self.returning().any(|(event, _, _)| matched(&event))
            || self.own_events.keys().any(|event| matched(event));
        if known {
            return None;
        }
        let names: Vec<String> = self.returning().map(|(event, _, _)| event).collect();
        let message = format!("no service comes back as `{key}`");
        let error = Diagnostic::error(EVENT_UNKNOWN, message);
        Some(error.with_suggestion(key, names.iter().map(String::as_str)))
    }

    /// What the events carry as which services come back; none where it is not known.
    pub(super) fn returned_data(&self, descriptor: &Descriptor) -> Option<Type> {
        if self.workflow.open_events {
            return None;
        }
        let matched = self
            .returning()
            .filter(|(event, _, _)| descriptor.matches(event));
        let types = matched.map(|(_, is_done, function)| match is_done {
            true => self.output_of(function),
            false => Some(failure()),
        });
        let types: Option<Vec<Type>> = types.collect();
        types?.into_iter().reduce(|one, other| one.union(&other))
    }

    /// The fields of what a service comes back with, when it has no others.
    pub(super) fn returned_fields(&self, descriptor: &Descriptor) -> Option<BTreeSet<String>> {
        let own = self.own_events.keys().any(|name| descriptor.matches(name));
        if own || self.sends_any_event || !self.is_returned(descriptor) {
            return None;
        }
        let data = self.returned_data(descriptor)?;
        let object = data.object.filter(|object| object.rest.is_none())?;
        (data.kinds == Kind::Map.into()).then(|| object.fields.keys().cloned().collect())
    }
}

/// What a service that has failed says.
fn failure() -> Type {
    let text = || Type::of(Kind::String.into());
    let fields = [
        ("code", text()),
        ("message", text()),
        ("details", Type::of(Kinds::JSON)),
    ];
    let always = |value| Field {
        value,
        required: true,
    };
    Type::object(fields.map(|(name, value)| (name.to_owned(), always(value))))
}
