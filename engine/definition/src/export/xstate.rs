//! Workflows as machines of XState v5, in JSON.
//!
//! Guards are `{ "type": "cel", "params": { "expression": … } }`, actions
//! `{ "type": "casewright.assign", "params": { "value": … } }` with the value as the workflow file has it:
//! whoever runs the machine gives implementations of these types to `setup`.

use std::collections::BTreeSet;

use casewright_chart::Descriptor;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{ACTION_PREFIX, CEL_GUARD, ENGINE_EVENTS, Exported};
use crate::definition::Definition;
use crate::expression::parse_duration_ms;
use crate::file::{
    Action, Initial, Invoke, On, OneOrMany, State, StateType, Text, Transition, Workflow,
};
use crate::json::to_json;

/// What XState does not know of a workflow, and stands in `meta`.
const HEAD: &str = "roles, schemas, parameters, delays and the calendar stand in `meta.casewright`: XState neither checks who sends an event and what it carries, nor stores the fields that it brings";

/// The machine of a workflow, as JSON.
///
/// ```
/// # use casewright_definition::{Definition, export::xstate};
/// # fn export(definition: &Definition) {
/// let exported = xstate(definition);
/// assert!(exported.text.starts_with("{\n  \"id\": "));
/// # }
/// ```
pub fn xstate(definition: &Definition) -> Exported {
    let workflow = &definition.bundle.workflow;
    let mut writer = Writer {
        paths: IndexMap::new(),
        events: BTreeSet::new(),
        decides: false,
        invokes: false,
        refuses: false,
    };
    writer.collect(&workflow.states, "");
    collect_events(&json!(workflow), &mut writer.events);
    let machine = writer.machine(definition, workflow);
    let mut lost = vec![
        HEAD.to_owned(),
        "guards are objects of the type `cel`, actions of the types `casewright.…`: they need implementations in `setup`".to_owned(),
    ];
    if writer.refuses {
        lost.push("what people are told when a guard does not hold stands in `meta`".to_owned());
    }
    if writer.decides {
        lost.push(
            "plugins are not asked: `casewright.decide` only names their functions".to_owned(),
        );
    }
    if writer.invokes {
        lost.push(
            "services need actors of the names of their functions in `setup`; what they are given is an object of the type `cel`, and `finalize` stands in `meta`".to_owned(),
        );
    }
    // A map of texts and values that came from JSON is JSON.
    let text = serde_json::to_string_pretty(&machine).unwrap_or_default() + "\n";
    Exported { text, lost }
}

struct Writer {
    /// The id of every state by its path of keys.
    paths: IndexMap<String, String>,
    /// The names of events, as far as they are known.
    events: BTreeSet<String>,
    decides: bool,
    invokes: bool,
    refuses: bool,
}

impl Writer {
    fn collect(&mut self, states: &IndexMap<String, State>, parent: &str) {
        for (key, state) in states {
            let path = join(parent, key);
            let id = state.id.clone().unwrap_or_else(|| path.clone());
            self.collect(&state.states, &path);
            self.paths.insert(path, id);
        }
    }

    fn machine(&mut self, definition: &Definition, workflow: &Workflow) -> Json {
        let mut head = object(workflow);
        for key in ["states", "initial", "on", "invoke", "entry", "exit"] {
            head.shift_remove(key);
        }
        let mut machine = Map::new();
        machine.insert("id".to_owned(), json!(workflow.id));
        machine.insert("version".to_owned(), json!(workflow.version));
        if let Some(description) = &workflow.description {
            machine.insert("description".to_owned(), json!(description.get("en")));
        }
        machine.insert("context".to_owned(), to_json(&definition.defaults));
        self.start(
            workflow.initial.as_ref(),
            &workflow.states,
            "",
            &mut machine,
        );
        self.on(&workflow.on, "", "", &mut machine);
        self.invokes(&workflow.invoke, &workflow.id, ("", ""), &mut machine);
        self.actions("entry", &workflow.entry, &mut machine);
        self.actions("exit", &workflow.exit, &mut machine);
        let states = self.states(&workflow.states, "");
        machine.insert("states".to_owned(), states);
        let meta = json!({ "casewright": { "workflow": head, "pack": definition.bundle.pack } });
        machine.insert("meta".to_owned(), meta);
        Json::Object(machine)
    }

    fn states(&mut self, states: &IndexMap<String, State>, parent: &str) -> Json {
        let states = states.iter().map(|(key, state)| {
            let path = join(parent, key);
            (key.clone(), self.state(state, parent, &path))
        });
        Json::Object(states.collect())
    }

    fn state(&mut self, state: &State, parent: &str, path: &str) -> Json {
        let mut node = Map::new();
        node.insert("id".to_owned(), json!(self.paths.get(path)));
        if let Some(kind) = state.kind {
            node.insert("type".to_owned(), json!(kind));
        }
        if let Some(description) = &state.description {
            node.insert("description".to_owned(), json!(description.get("en")));
        }
        if state.kind == Some(StateType::History) {
            let history = state.history.map_or(json!("shallow"), |kind| json!(kind));
            node.insert("history".to_owned(), history);
            self.target(&state.target, parent, path, &mut node);
            self.actions("actions", &state.actions, &mut node);
        }
        if !state.states.is_empty() && state.kind != Some(StateType::Parallel) {
            self.start(state.initial.as_ref(), &state.states, path, &mut node);
        }
        self.actions("entry", &state.entry, &mut node);
        self.actions("exit", &state.exit, &mut node);
        self.on(&state.on, parent, path, &mut node);
        self.transitions("always", &state.always.0, parent, path, &mut node);
        self.transitions("onDone", &state.on_done.0, parent, path, &mut node);
        let id = self.paths.get(path).cloned().unwrap_or_default();
        self.invokes(&state.invoke, &id, (parent, path), &mut node);
        self.after(&state.after, parent, path, &mut node);
        if !state.states.is_empty() {
            let states = self.states(&state.states, path);
            node.insert("states".to_owned(), states);
        }
        let mut meta = self.texts(&state.title, &state.description, &state.source);
        if let Some(why) = &state.no_deadline {
            meta.insert("no-deadline".to_owned(), json!(why));
        }
        if let Some(output) = &state.output {
            meta.insert("output".to_owned(), json!(output));
        }
        insert_meta(meta, &mut node);
        Json::Object(node)
    }

    /// Where a state starts: XState wants to be told, even when it is the first child.
    fn start(
        &mut self,
        initial: Option<&Initial>,
        children: &IndexMap<String, State>,
        path: &str,
        node: &mut Map<String, Json>,
    ) {
        let start = match initial {
            None => json!(children.keys().next()),
            Some(initial) => {
                // Written from inside the state: a path begins with a child.
                let ids = initial
                    .target
                    .iter()
                    .map(|target| self.resolve(target, path, path));
                let ids: Vec<String> = ids.collect();
                let mut start = Map::new();
                start.insert("target".to_owned(), one_or_many(&ids));
                self.actions("actions", &initial.actions, &mut start);
                Json::Object(start)
            }
        };
        node.insert("initial".to_owned(), start);
    }

    /// XState takes the transitions of the most exact key alone, so each key has all that may be taken, in
    /// their order.
    fn on(&mut self, on: &On, parent: &str, path: &str, node: &mut Map<String, Json>) {
        let handlers: Vec<(String, &Transition)> = match on {
            On::ByEvent(by_event) => by_event
                .iter()
                .flat_map(|(key, transitions)| transitions.iter().map(|t| (key.clone(), t)))
                .collect(),
            On::InOrder(handlers) => handlers
                .iter()
                .flat_map(|h| h.event.iter().map(|event| (event.clone(), &h.transition)))
                .collect(),
        };
        let mut keys = Map::new();
        for (key, _) in &handlers {
            let descriptor = Descriptor::new(key);
            let prefix = descriptor.prefix();
            let below = format!("{prefix}.");
            let name = match prefix {
                "" => "*".to_owned(),
                _ if self.events.iter().any(|event| event.starts_with(&below)) => {
                    format!("{}.*", theirs(prefix))
                }
                _ => theirs(prefix),
            };
            let taken = handlers
                .iter()
                .filter(|(other, _)| Descriptor::new(other).matches(prefix));
            let taken: Vec<Json> = taken
                .map(|(_, transition)| self.transition(transition, parent, path))
                .collect();
            keys.insert(name, Json::Array(taken));
        }
        if !keys.is_empty() {
            node.insert("on".to_owned(), Json::Object(keys));
        }
    }

    /// The services of a state. Each has its id written out, for XState would give it another.
    fn invokes(
        &mut self,
        invokes: &OneOrMany<Invoke>,
        state: &str,
        (parent, path): (&str, &str),
        node: &mut Map<String, Json>,
    ) {
        let invokes = invokes.iter().enumerate().map(|(number, invoke)| {
            self.invokes |= true;
            let mut node = Map::new();
            node.insert("id".to_owned(), json!(invoke.id_in(state, number)));
            node.insert("src".to_owned(), json!(invoke.src));
            if let Some(input) = &invoke.input {
                let input = json!({ "type": CEL_GUARD, "params": { "value": input } });
                node.insert("input".to_owned(), input);
            }
            self.transitions("onDone", &invoke.on_done.0, parent, path, &mut node);
            self.transitions("onError", &invoke.on_error.0, parent, path, &mut node);
            let mut meta = self.texts(&invoke.title, &invoke.description, &invoke.source);
            if !invoke.finalize.is_empty() {
                meta.insert("finalize".to_owned(), json!(invoke.finalize));
            }
            insert_meta(meta, &mut node);
            Json::Object(node)
        });
        let invokes: Vec<Json> = invokes.collect();
        if !invokes.is_empty() {
            node.insert("invoke".to_owned(), Json::Array(invokes));
        }
    }

    fn after(
        &mut self,
        after: &IndexMap<String, OneOrMany<Transition>>,
        parent: &str,
        path: &str,
        node: &mut Map<String, Json>,
    ) {
        let mut keys = Map::new();
        for (delay, transitions) in after {
            let ms = parse_duration_ms(delay).map(|ms| ms.to_string());
            self.transitions(
                &ms.unwrap_or_else(|| delay.clone()),
                &transitions.0,
                parent,
                path,
                &mut keys,
            );
        }
        if !keys.is_empty() {
            node.insert("after".to_owned(), Json::Object(keys));
        }
    }

    fn transitions(
        &mut self,
        key: &str,
        transitions: &[Transition],
        parent: &str,
        path: &str,
        node: &mut Map<String, Json>,
    ) {
        if !transitions.is_empty() {
            let transitions = transitions.iter().map(|t| self.transition(t, parent, path));
            let transitions = transitions.collect();
            node.insert(key.to_owned(), Json::Array(transitions));
        }
    }

    fn transition(&mut self, transition: &Transition, parent: &str, path: &str) -> Json {
        let mut node = Map::new();
        self.target(&transition.target, parent, path, &mut node);
        if let Some(guard) = &transition.guard {
            let guard = json!({ "type": CEL_GUARD, "params": { "expression": guard.0 } });
            node.insert("guard".to_owned(), guard);
        }
        self.actions("actions", &transition.actions, &mut node);
        if transition.reenter {
            node.insert("reenter".to_owned(), Json::Bool(true));
        }
        if let Some(description) = &transition.description {
            node.insert("description".to_owned(), json!(description.get("en")));
        }
        self.refuses |= transition.title.is_some();
        let meta = self.texts(
            &transition.title,
            &transition.description,
            &transition.source,
        );
        insert_meta(meta, &mut node);
        Json::Object(node)
    }

    fn target(
        &self,
        targets: &OneOrMany<String>,
        parent: &str,
        path: &str,
        node: &mut Map<String, Json>,
    ) {
        if !targets.is_empty() {
            let ids = targets
                .iter()
                .map(|target| self.resolve(target, parent, path));
            let ids: Vec<String> = ids.collect();
            node.insert("target".to_owned(), one_or_many(&ids));
        }
    }

    /// A target by its id, as XState writes it: `.` in it would lead to a child, unless it is the path of
    /// the state, where it does no harm.
    fn resolve(&self, target: &str, parent: &str, path: &str) -> String {
        let id = match (target.strip_prefix('#'), target.strip_prefix('.')) {
            (Some(id), _) => Some(id),
            (_, Some(child)) => self.paths.get(&join(path, child)).map(String::as_str),
            _ => self.paths.get(&join(parent, target)).map(String::as_str),
        };
        let id = id.unwrap_or(target);
        match self.paths.get(id).is_some_and(|of_path| of_path == id) {
            true => format!("#{id}"),
            false => format!("#{}", id.replace('.', "\\.")),
        }
    }

    fn actions(&mut self, key: &str, actions: &OneOrMany<Action>, node: &mut Map<String, Json>) {
        if actions.is_empty() {
            return;
        }
        let actions = actions.iter().filter_map(|action| {
            let (name, value) = object(action).into_iter().next()?;
            self.decides |= name == "decide";
            let name = format!("{ACTION_PREFIX}{name}");
            Some(json!({ "type": name, "params": { "value": value } }))
        });
        let actions = actions.collect();
        node.insert(key.to_owned(), Json::Array(actions));
    }

    fn texts(
        &self,
        title: &Option<Text>,
        description: &Option<Text>,
        source: &Option<String>,
    ) -> Map<String, Json> {
        let mut meta = Map::new();
        let texts = [("title", title), ("description", description)];
        for (key, text) in texts {
            if let Some(text) = text {
                meta.insert(key.to_owned(), json!(text));
            }
        }
        if let Some(source) = source {
            meta.insert("source".to_owned(), json!(source));
        }
        meta
    }
}

fn insert_meta(meta: Map<String, Json>, node: &mut Map<String, Json>) {
    if !meta.is_empty() {
        node.insert("meta".to_owned(), json!({ "casewright": meta }));
    }
}

/// The name of an event as XState has it.
fn theirs(event: &str) -> String {
    let named = ENGINE_EVENTS
        .iter()
        .find_map(|(ours, theirs)| Some(format!("{theirs}{}", event.strip_prefix(ours)?)));
    named.unwrap_or_else(|| event.to_owned())
}

/// Every name of an event that a file declares, takes, raises or sends.
fn collect_events(json: &Json, events: &mut BTreeSet<String>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect_events(item, events)),
        Json::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("event" | "raise", Json::String(name)) => {
                        events.insert(name.clone());
                    }
                    ("event", Json::Array(names)) => {
                        events.extend(names.iter().filter_map(Json::as_str).map(str::to_owned));
                    }
                    ("on" | "events", Json::Object(by_name)) => {
                        events.extend(by_name.keys().cloned())
                    }
                    _ => {}
                }
                collect_events(value, events);
            }
        }
        _ => {}
    }
}

/// A part of the file as the JSON that it is.
fn object(part: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(part) {
        Ok(Json::Object(object)) => object,
        _ => Map::new(),
    }
}

fn one_or_many(ids: &[String]) -> Json {
    match ids {
        [id] => json!(id),
        ids => json!(ids),
    }
}

fn join(parent: &str, key: &str) -> String {
    match parent {
        "" => key.to_owned(),
        parent => format!("{parent}.{key}"),
    }
}
