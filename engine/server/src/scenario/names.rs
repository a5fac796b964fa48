//! What a scenario names, held against its workflow: whatever is not there is a slip, found before
//! anything runs.

use casewright_case::Actor;
use casewright_definition::data::Schema;
use casewright_definition::diagnostic::{Diagnostic, quoted};
use casewright_definition::explain::{SCENARIO_UNKNOWN, SCENARIO_VALUE};
use casewright_definition::read::{Findings, escape, list};
use casewright_definition::{Decision, Definition, Functions};
use serde_json::{Map, Value as Json};

use super::expectation::Expectation;
use super::file::{By, File, Mocked, Reply, Step};
use super::refusal::CODES;
use super::walk;

/// The most names that a hint lists.
const MAX_LISTED: usize = 12;

/// What is wrong with the names in a scenario file.
pub struct Names<'a> {
    /// The file.
    pub file: &'a File,
    /// Where findings go.
    pub findings: &'a mut Findings,
}

impl Names<'_> {
    /// What can be judged without the workflow: people, codes of refusals, and what goes together.
    pub fn check_own(&mut self) {
        walk::check(self.file, self.findings);
        self.by(&self.file.given.by, "/given/by");
        for (number, step) in self.file.steps.iter().enumerate() {
            if let Some(by) = &step.when.by {
                self.by(by, &format!("/steps/{number}/when/by"));
            }
        }
        for (expectation, place) in expectations(self.file) {
            let code = expectation.refused.as_deref();
            if let Some(code) = code.filter(|code| !CODES.contains(code)) {
                let message = format!("nothing is refused as {}", quoted(code));
                self.unknown(&format!("{place}/refused"), message, code, CODES);
            }
        }
    }

    /// What takes the workflow, its pack and, when they are at hand, its plugins.
    pub fn check(&mut self, definition: &Definition, functions: &Functions) {
        match &self.file.given.assuming {
            Some(answers) => walk::check_events(self.file, answers, definition, self.findings),
            None => self.case(definition, functions),
        }
        for (expectation, place) in expectations(self.file) {
            self.expectation(expectation, definition, &place);
        }
    }

    /// What a case with people, data and plugins takes.
    fn case(&mut self, definition: &Definition, functions: &Functions) {
        self.roles(definition);
        self.parameters(definition);
        self.plugins(definition, functions);
        let refused = |expectation: &Option<Expectation>, code: &str| {
            let expectation = expectation.as_ref();
            expectation.is_some_and(|then| then.refused.as_deref() == Some(code))
        };
        if !refused(&self.file.then, "invalid-data") {
            let schema = &definition.start.input;
            self.fields(&self.file.given.data, schema, "/given/data", "the opening");
        }
        for (number, step) in self.file.steps.iter().enumerate() {
            if !refused(&step.then, "unknown-event") {
                self.event(step, definition, &format!("/steps/{number}/when"));
            }
            self.service(
                step,
                definition,
                functions,
                &format!("/steps/{number}/when"),
            );
        }
    }

    fn by(&mut self, by: &By, pointer: &str) {
        let actors = &self.file.given.actors;
        if let By::Name(name) = by
            && !actors.contains_key(name)
        {
            let message = format!("nobody in `given.actors` is called {}", quoted(name));
            let known: Vec<&str> = actors.keys().map(String::as_str).collect();
            self.unknown(pointer, message, name, &known);
        }
    }

    fn roles(&mut self, definition: &Definition) {
        let actors = self.file.given.actors.iter();
        let mut roles: Vec<(String, &Vec<String>)> = actors
            .map(|(name, roles)| (format!("/given/actors/{}", escape(name)), roles))
            .collect();
        let by = std::iter::once(("/given/by".to_owned(), Some(&self.file.given.by)));
        let steps = self.file.steps.iter().enumerate();
        let steps =
            steps.map(|(number, step)| (format!("/steps/{number}/when/by"), step.when.by.as_ref()));
        for (pointer, by) in by.chain(steps) {
            if let Some(By::Actor(actor)) = by {
                roles.push((format!("{pointer}/roles"), &actor.roles));
            }
        }
        let known: Vec<&str> = definition
            .bundle
            .pack
            .roles
            .keys()
            .map(String::as_str)
            .collect();
        for (pointer, roles) in roles {
            for (number, role) in roles.iter().enumerate() {
                if !known.contains(&role.as_str()) {
                    let message = format!("the pack has no role {}", quoted(role));
                    self.unknown(&format!("{pointer}/{number}"), message, role, &known);
                }
            }
        }
    }

    fn parameters(&mut self, definition: &Definition) {
        let pack = &definition.bundle.pack;
        for (name, value) in &self.file.given.parameters {
            let pointer = format!("/given/parameters/{}", escape(name));
            match pack.parameters.get(name) {
                Some(parameter) => {
                    if let Ok(schema) = Schema::compile(&parameter.schema, &pack.types) {
                        self.violations(&schema, value, &pointer);
                    }
                }
                None => {
                    let message = format!("the pack has no parameter {}", quoted(name));
                    let known: Vec<&str> = pack.parameters.keys().map(String::as_str).collect();
                    self.unknown_key(&pointer, message, name, &known);
                }
            }
        }
    }

    fn plugins(&mut self, definition: &Definition, functions: &Functions) {
        let services = definition.services().values();
        let services = services.map(|service| &service.function);
        let run: Vec<&Decision> = services.clone().collect();
        let asked = definition.decisions().iter().chain(services);
        let asked: Vec<String> = asked
            .map(|decision| format!("{}.{}", decision.plugin, decision.function))
            .collect();
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        for (name, mocked) in &self.file.given.plugins {
            let pointer = format!("/given/plugins/{}", escape(name));
            if !asked.contains(&name.as_str()) {
                let message = format!("the workflow asks no function {}", quoted(name));
                self.unknown_key(&pointer, message, name, &asked);
                continue;
            }
            let is_run = run
                .iter()
                .any(|function| format!("{}.{}", function.plugin, function.function) == *name);
            if is_run && matches!(mocked, Mocked::Real) {
                let message = "a scenario runs no service for real: it would reach the world";
                let error = Diagnostic::error(SCENARIO_VALUE, message)
                    .with_pointer(&*pointer)
                    .with_hint("say what it `returns`, or why it `fails`");
                self.findings.push(error);
                continue;
            }
            let output = functions.get(name).map(|function| &function.output);
            let types = &definition.bundle.pack.types;
            let schema = output.and_then(|output| Schema::compile(output, types).ok());
            for (reply, pointer) in replies(mocked, &pointer) {
                if let (Reply::Returns(answer), Some(schema)) = (reply, &schema) {
                    self.violations(schema, answer, &format!("{pointer}/returns"));
                }
            }
        }
    }

    fn event(&mut self, step: &Step, definition: &Definition, pointer: &str) {
        let Some(event) = &step.when.event else {
            return;
        };
        let expected = step.then.as_ref();
        let code = expected.and_then(|then| then.refused.as_deref());
        match definition.events.get(event.as_str()) {
            Some(signature) if code != Some("invalid-data") => {
                if let Some(data) = &step.when.data {
                    let place = format!("{pointer}/data");
                    let carrier = format!("the event `{event}`");
                    self.fields(data, &signature.input, &place, &carrier);
                }
            }
            Some(_) => {}
            None if definition.bundle.workflow.open_events => {}
            None => {
                let message = format!("the workflow has no event {}", quoted(event));
                let known: Vec<&str> = definition.events.keys().map(|name| &**name).collect();
                self.unknown(&format!("{pointer}/event"), message, event, &known);
            }
        }
    }

    /// The service that comes back, with what it may give.
    fn service(
        &mut self,
        step: &Step,
        definition: &Definition,
        functions: &Functions,
        pointer: &str,
    ) {
        let Some(id) = &step.when.service else {
            return;
        };
        let Some(service) = definition.services().get(id.as_str()) else {
            self.unknown_service(id, definition, &format!("{pointer}/service"));
            return;
        };
        let Decision { plugin, function } = &service.function;
        let output = functions.get(&format!("{plugin}.{function}"));
        let types = &definition.bundle.pack.types;
        let schema = output.and_then(|found| Schema::compile(&found.output, types).ok());
        if let (Some(value), Some(schema)) = (&step.when.returns, schema) {
            self.violations(&schema, value, &format!("{pointer}/returns"));
        }
    }

    fn unknown_service(&mut self, id: &str, definition: &Definition, pointer: &str) {
        let message = format!("the workflow has no service {}", quoted(id));
        let known: Vec<&str> = definition.services().keys().map(|id| &**id).collect();
        self.unknown(pointer, message, id, &known);
    }

    fn expectation(&mut self, then: &Expectation, definition: &Definition, place: &str) {
        let chart = &definition.chart;
        for (number, id) in then.active.iter().flatten().enumerate() {
            let pointer = format!("{place}/active/{number}");
            match chart.state_index(id) {
                None => {
                    let message = format!("the workflow has no state {}", quoted(id));
                    let known: Vec<&str> = chart.states().map(|(_, state)| &*state.id).collect();
                    self.unknown(&pointer, message, id, &known);
                }
                Some(state) if !chart.is_atomic(state) => {
                    let inside = chart
                        .child_states(state)
                        .map(|child| &*chart.state(child).id);
                    let inside: Vec<&str> = inside.collect();
                    let message = format!("the state {} has states inside it", quoted(id));
                    let hint = format!("name what is active in it: {}", list(&inside, "or"));
                    let error = Diagnostic::error(SCENARIO_VALUE, message);
                    let error = error.with_pointer(pointer).with_hint(hint);
                    self.findings.push(error);
                }
                Some(_) => {}
            }
        }
        for (number, id) in then.services.iter().flatten().enumerate() {
            if !definition.services().contains_key(id.as_str()) {
                self.unknown_service(id, definition, &format!("{place}/services/{number}"));
            }
        }
        if let Some(data) = &then.data {
            self.fields(data, &definition.data, &format!("{place}/data"), CASE);
        }
        for (number, path) in then.unset.iter().flatten().enumerate() {
            let name = path.split('.').next().unwrap_or(path);
            let Some(known) = closed(&definition.data) else {
                continue;
            };
            if !known.contains(&name) {
                let message = format!("{CASE} has no field {}", quoted(name));
                self.unknown(&format!("{place}/unset/{number}"), message, name, &known);
            }
        }
    }

    /// The fields at the top, where the schema knows all that there are.
    fn fields(&mut self, data: &Map<String, Json>, schema: &Schema, place: &str, carrier: &str) {
        let Some(known) = closed(schema) else {
            return;
        };
        for name in data.keys().filter(|name| !known.contains(&name.as_str())) {
            let message = format!("{carrier} has no field {}", quoted(name));
            let pointer = format!("{place}/{}", escape(name));
            self.unknown_key(&pointer, message, name, &known);
        }
    }

    fn violations(&mut self, schema: &Schema, value: &Json, place: &str) {
        for violation in schema.violations(value) {
            let error = Diagnostic::error(SCENARIO_VALUE, violation.message);
            let pointer = format!("{place}{}", violation.pointer);
            self.findings.push(error.with_pointer(pointer));
        }
    }

    fn unknown(&mut self, pointer: &str, message: String, found: &str, known: &[&str]) {
        self.findings
            .push(unknown(message, found, known).with_pointer(pointer));
    }

    fn unknown_key(&mut self, pointer: &str, message: String, found: &str, known: &[&str]) {
        self.findings
            .push_key(unknown(message, found, known), pointer);
    }
}

/// What carries the fields that `then.data` names.
const CASE: &str = "the case data";

/// A name that is not there, with the nearest that is, or else all of them.
pub(super) fn unknown(message: String, found: &str, known: &[&str]) -> Diagnostic {
    let error = Diagnostic::error(SCENARIO_UNKNOWN, message);
    let error = match known.len() {
        0 | MAX_LISTED.. => error,
        _ => error.with_hint(format!("there is {}", list(known, "and"))),
    };
    error.with_suggestion(found, known.iter().copied())
}

/// Every expectation with its place.
pub(super) fn expectations(file: &File) -> impl Iterator<Item = (&Expectation, String)> {
    let opening = file.then.iter().map(|then| (then, "/then".to_owned()));
    let steps = file.steps.iter().enumerate().filter_map(|(number, step)| {
        let then = step.then.as_ref()?;
        Some((then, format!("/steps/{number}/then")))
    });
    opening.chain(steps)
}

fn replies<'a>(mocked: &'a Mocked, pointer: &str) -> Vec<(&'a Reply, String)> {
    match mocked {
        Mocked::Real => Vec::new(),
        Mocked::Always(reply) => vec![(reply, pointer.to_owned())],
        Mocked::InTurn(replies) => {
            let replies = replies.iter().enumerate();
            replies
                .map(|(number, reply)| (reply, format!("{pointer}/{number}")))
                .collect()
        }
    }
}

/// The names of all fields that there can be; none when the schema leaves that open.
fn closed(schema: &Schema) -> Option<Vec<&str>> {
    let schema = schema.json();
    let is_closed = schema.get("additionalProperties") == Some(&Json::Bool(false));
    let properties = schema.get("properties").and_then(Json::as_object);
    let properties = properties.filter(|_| is_closed)?;
    Some(properties.keys().map(String::as_str).collect())
}

/// Who acts by a name, or as described.
pub(super) fn actor(by: &By, file: &File) -> Option<Actor> {
    match by {
        By::Actor(actor) => Some(actor.actor()),
        By::Name(name) => {
            let roles = file.given.actors.get(name)?;
            Some(Actor::new(name, roles.iter().map(String::as_str)))
        }
    }
}
