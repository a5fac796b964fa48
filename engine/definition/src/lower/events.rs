//! The data of a case, and the events from outside with what they carry.

use std::collections::BTreeSet;
use std::sync::Arc;

use casewright_chart::{Descriptor, Value};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::codes::*;
use super::{Lowering, names};
use crate::data::{Schema, SchemaError, of_schema};
use crate::definition::Signature;
use crate::diagnostic::Diagnostic;
use crate::file;
use crate::json::from_json;
use crate::read::escape;

/// Prefixes of events that the interpreter makes itself.
const RESERVED: [&str; 3] = ["done.", "error.", "after."];

impl Lowering<'_> {
    /// The schema of the case data.
    pub(super) fn data(&mut self) -> Option<Schema> {
        let workflow = self.workflow;
        match self.check_schema(&workflow.data, "/data") {
            true => self.compile_schema(&workflow.data, "/data"),
            false => None,
        }
    }

    /// Reports every mistake in a schema; whether there was none.
    fn check_schema(&mut self, schema: &Json, pointer: &str) -> bool {
        let mistakes = of_schema(schema, &self.pack.types);
        let sound = mistakes.is_empty();
        for mistake in mistakes {
            self.report_schema(mistake, pointer);
        }
        sound
    }

    fn report_schema(&mut self, mistake: SchemaError, pointer: &str) {
        let pointer = format!("{pointer}{}", mistake.pointer);
        let error = Diagnostic::error(SCHEMA_INVALID, mistake.message).with_pointer(pointer);
        self.report(match mistake.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        });
    }

    fn compile_schema(&mut self, schema: &Json, pointer: &str) -> Option<Schema> {
        match Schema::compile(schema, &self.pack.types) {
            Ok(schema) => Some(schema),
            Err(mistake) => {
                self.report_schema(mistake, pointer);
                None
            }
        }
    }

    /// Every `default` of the data's properties, each of which must match its own schema. The
    /// schema of the data is sound.
    pub(super) fn defaults(&mut self) -> Value {
        let workflow = self.workflow;
        let none = serde_json::Map::new();
        let properties = workflow.data["properties"].as_object().unwrap_or(&none);
        let mut defaults = serde_json::Map::new();
        for (name, property) in properties {
            let Some(default) = property.get("default") else {
                continue;
            };
            let pointer = format!("/data/properties/{}", escape(name));
            let schema = self.with_definitions(property.clone());
            if let Some(schema) = self.compile_schema(&schema, &pointer) {
                for violation in schema.violations(default) {
                    let place = format!("{pointer}/default{}", violation.pointer);
                    self.error(SCHEMA_DEFAULT, &place, violation.message);
                }
            }
            defaults.insert(name.clone(), default.clone());
        }
        from_json(&Json::Object(defaults))
    }

    /// A part of the data's schema, with the definitions that it may refer to.
    fn with_definitions(&self, mut schema: Json) -> Json {
        if let (Some(definitions), Some(object)) =
            (self.workflow.data.get("$defs"), schema.as_object_mut())
        {
            object.insert("$defs".to_owned(), definitions.clone());
        }
        schema
    }

    pub(super) fn start(&mut self) -> Option<Signature> {
        let start = &self.workflow.start;
        let event = file::Event {
            title: self.workflow.title.clone(),
            description: None,
            source: None,
            roles: start.roles.clone(),
            requires: start.requires.clone(),
            accepts: start.accepts.clone(),
            input: IndexMap::new(),
            required: Vec::new(),
        };
        self.signature(&event, "/start")
    }

    pub(super) fn events(&mut self) -> Option<IndexMap<Arc<str>, Signature>> {
        let mut events = IndexMap::new();
        for (name, event) in &self.workflow.events {
            let pointer = format!("/events/{}", escape(name));
            self.check_event_name(name, &pointer);
            if let Some(signature) = self.signature(event, &pointer) {
                events.insert(Arc::from(name.as_str()), signature);
            }
        }
        // One that is missing has been reported.
        (events.len() == self.workflow.events.len()).then_some(events)
    }

    fn check_event_name(&mut self, name: &str, pointer: &str) {
        if let Some(prefix) = RESERVED.iter().find(|prefix| name.starts_with(**prefix)) {
            let message = format!("names that begin with `{prefix}` are the engine's own");
            self.error(EVENT_NAME, pointer, message);
        } else if !name.split('.').all(names::is_name) {
            let message =
                format!("expected letters, digits, `-`, `_` and `.` between them, found `{name}`");
            self.error(EVENT_NAME, pointer, message);
        }
    }

    fn signature(&mut self, event: &file::Event, pointer: &str) -> Option<Signature> {
        if event.roles.is_empty() {
            let message = "expected at least one role, or nobody may send this";
            self.error(EVENT_NOBODY, &format!("{pointer}/roles"), message);
        }
        for (number, role) in event.roles.iter().enumerate() {
            self.check_role(role, &format!("{pointer}/roles/{number}"));
        }
        let (schema, stored) = self.input_schema(event, pointer);
        let mut sound = self.data_is_sound;
        for (name, schema) in &event.input {
            let schema = self.with_definitions(schema.clone());
            let pointer = format!("{pointer}/input/{}", escape(name));
            sound &= self.check_schema(&schema, &pointer);
        }
        if !sound {
            return None;
        }
        let input = self.compile_schema(&schema, &format!("{pointer}/input"))?;
        Some(Signature {
            title: event.title.clone(),
            roles: event
                .roles
                .iter()
                .map(|role| role.as_str().into())
                .collect(),
            input,
            stored,
        })
    }

    /// The JSON Schema of what an event carries: the fields that it stores, with the schemas that
    /// the case data gives them, and what else it brings.
    fn input_schema(&mut self, event: &file::Event, pointer: &str) -> (Json, Vec<Arc<str>>) {
        let workflow = self.workflow;
        let mut properties = serde_json::Map::new();
        let mut stored = Vec::new();
        let mut required: Vec<String> = Vec::new();
        let requires = event.requires.iter().enumerate();
        let requires = requires.map(|(number, name)| ("requires", number, name));
        let accepts = event.accepts.iter().enumerate();
        let accepts = accepts.map(|(number, name)| ("accepts", number, name));
        for (key, number, name) in requires.chain(accepts) {
            match workflow.data["properties"].get(name) {
                Some(property) => {
                    properties.insert(name.clone(), without_default(property));
                    stored.push(Arc::from(name.as_str()));
                }
                None => {
                    let pointer = format!("{pointer}/{key}/{number}");
                    self.unknown_field(name, &pointer);
                }
            }
            if key == "requires" {
                required.push(name.clone());
            }
        }
        for (name, schema) in &event.input {
            properties.insert(name.clone(), schema.clone());
        }
        for (number, name) in event.required.iter().enumerate() {
            match event.input.contains_key(name) {
                true => required.push(name.clone()),
                false => {
                    let error = Diagnostic::error(
                        FIELD_UNKNOWN,
                        format!("`input` has no `{name}` that could be required"),
                    )
                    .with_pointer(format!("{pointer}/required/{number}"))
                    .with_suggestion(name, event.input.keys().map(String::as_str));
                    self.report(error);
                }
            }
        }
        let schema = match workflow.open_events {
            true => json!({ "properties": properties, "required": required }),
            false => json!({
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            }),
        };
        (self.with_definitions(schema), stored)
    }

    fn unknown_field(&mut self, name: &str, pointer: &str) {
        let workflow = self.workflow;
        let properties = workflow.data["properties"].as_object();
        let names = properties.into_iter().flat_map(|map| map.keys());
        let error = Diagnostic::error(
            FIELD_UNKNOWN,
            format!("the case data has no field `{name}`"),
        )
        .with_pointer(pointer)
        .with_suggestion(name, names.map(String::as_str));
        self.report(error);
    }

    /// What the events of a descriptor may carry, for expressions that look at `event.data`; none
    /// where events may come whose data nobody describes.
    pub(super) fn event_fields(&self, descriptor: &Descriptor) -> Option<BTreeSet<String>> {
        let prefix = descriptor.prefix();
        let described = |name: &&String| self.workflow.events.contains_key(name.as_str());
        let mut own = self.own_events.keys().filter(|name| !described(name));
        let open = self.workflow.open_events || self.sends_any_event;
        if open || prefix.is_empty() || own.any(|name| descriptor.matches(name)) {
            return None;
        }
        let events = self.workflow.events.iter();
        let mut events = events
            .filter(|(name, _)| descriptor.matches(name))
            .peekable();
        events.peek()?;
        let fields = events.flat_map(|(_, event)| {
            let stored = event.requires.iter().chain(&event.accepts);
            stored.chain(event.input.keys()).cloned()
        });
        Some(fields.collect())
    }

    /// Every declared event should be taken somewhere, and so should every event that is sent.
    pub(super) fn check_event_use(&mut self) {
        let workflow = self.workflow;
        if workflow.open_events {
            return;
        }
        let mut descriptors = Vec::new();
        descriptors.extend(workflow.on.descriptors().into_iter().map(Descriptor::new));
        descriptors_of_states(&workflow.states, &mut descriptors);
        let is_taken = |name: &str| descriptors.iter().any(|d| d.matches(name));
        let unused = |name: &str| {
            let message = format!("no state takes the event `{name}`");
            Diagnostic::warning(EVENT_UNUSED, message)
        };
        // One that nothing takes may be what a misspelt one was meant to be.
        let misspelt = self
            .diagnostics
            .iter()
            .any(|found| found.code == EVENT_UNKNOWN);
        let declared = workflow.events.keys().filter(|_| !misspelt);
        for name in declared.filter(|name| !is_taken(name)) {
            let warning = unused(name).with_pointer(format!("/events/{}", escape(name)));
            self.diagnostics.push(warning);
        }
        for (name, pointer) in self.own_events.iter().filter(|(name, _)| !is_taken(name)) {
            let warning = unused(name).with_pointer(pointer.as_str());
            self.diagnostics.push(warning);
        }
    }

    /// What is wrong with an event descriptor that names no event that somebody sends.
    pub(super) fn check_descriptor(&self, key: &str) -> Option<Diagnostic> {
        if !self.workflow.open_events
            && !self.sends_any_event
            && let Some(error) = self.check_returned(key)
        {
            return Some(error);
        }
        let known = self.workflow.open_events
            || self.sends_any_event
            || self.workflow.events.contains_key(key)
            || self.own_events.contains_key(key)
            || key.ends_with('*')
            || ["done.", "error."]
                .iter()
                .any(|prefix| key.starts_with(prefix));
        if known {
            return None;
        }
        let events = self.workflow.events.keys().chain(self.own_events.keys());
        let message = format!("no event is called `{key}`");
        let error = Diagnostic::error(EVENT_UNKNOWN, message);
        Some(error.with_suggestion(key, events.map(String::as_str)))
    }
}

/// An event that leaves a field away must not bring its default back.
fn without_default(property: &Json) -> Json {
    let mut property = property.clone();
    if let Some(object) = property.as_object_mut() {
        object.remove("default");
    }
    property
}

fn descriptors_of_states(states: &IndexMap<String, file::State>, found: &mut Vec<Descriptor>) {
    for state in states.values() {
        found.extend(state.on.descriptors().into_iter().map(Descriptor::new));
        descriptors_of_states(&state.states, found);
    }
}
