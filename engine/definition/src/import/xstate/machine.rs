//! The machine itself, and the workflow and pack around its states.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::states::Level;
use super::{Importer, Node, XSTATE_SHAPE};
use crate::diagnostic::quoted;
use crate::file::{On, OneOrMany, Start, Text, Workflow};
use crate::import::scxml::head::{ANYONE, VERSION, event, pack};
use crate::lower::names::check_id;
use crate::pack::Pack;

/// The keys of a machine.
const KEYS: [&str; 15] = [
    "id",
    "version",
    "description",
    "initial",
    "context",
    "states",
    "on",
    "invoke",
    "entry",
    "exit",
    "meta",
    "type",
    "predictableActionArguments",
    "preserveActionOrder",
    "schema",
];

impl Importer {
    /// The workflow of the machine and its pack, if it is one.
    pub(super) fn machine(&mut self, json: &Json) -> Option<(Workflow, Pack)> {
        let root = Node {
            json,
            pointer: String::new(),
        };
        if !self.check_keys(&root, "a machine", &KEYS) {
            return None;
        }
        let id = root.get("id");
        let id = id.and_then(|id| self.text(&id));
        self.id = id.unwrap_or("(machine)").to_owned();
        self.collect_states(&root);
        self.collect_events(&root);
        if let Some(kind) = root.get("type").filter(|kind| *kind.json == "parallel") {
            let hint = "put its states into one state of the type `parallel`";
            self.unsupported(&kind, "a machine that is parallel cannot be imported", hint);
        }
        let kept = self.kept_head(&root);
        let pack = self.kept::<Pack>(&root, "pack").unwrap_or_else(pack);
        let mut workflow = match kept {
            Some(workflow) => workflow,
            None => self.head(&root, id.unwrap_or("imported")),
        };
        self.delays.extend(workflow.delays.keys().cloned());
        let level = Level::root();
        workflow.states = self.states(&root, &level);
        if workflow.states.is_empty() {
            self.error(XSTATE_SHAPE, &root, "expected at least one state");
        }
        workflow.initial = self.initial(&root, &level);
        workflow.on = self.on(&root, &level);
        workflow.invoke = self.invokes(&root, &level);
        workflow.entry = self.actions(root.get("entry"));
        workflow.exit = self.actions(root.get("exit"));
        Some((workflow, pack))
    }

    /// The head that our export keeps: all of a workflow but its states.
    fn kept_head(&mut self, root: &Node<'_>) -> Option<Workflow> {
        let mut head: serde_json::Map<String, Json> = self.kept(root, "workflow")?;
        head.insert("states".to_owned(), json!({}));
        match serde_json::from_value(Json::Object(head)) {
            Ok(workflow) => Some(workflow),
            Err(error) => {
                let message = format!("`meta.casewright.workflow` is no workflow: {error}");
                self.error(XSTATE_SHAPE, root, message);
                None
            }
        }
    }

    fn head(&mut self, root: &Node<'_>, id: &str) -> Workflow {
        let properties = match root.get("context") {
            None => Vec::new(),
            Some(context) if context.json.is_object() => context.entries(),
            Some(context) => {
                self.expected(&context, "an object");
                Vec::new()
            }
        };
        let names: Vec<String> = properties
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let properties: serde_json::Map<String, Json> = properties
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!({ "default": value.json })))
            .collect();
        let version = root.get("version");
        let version = version.and_then(|version| version.json.as_str());
        let version = version.filter(|version| semver::Version::parse(version).is_ok());
        let description = root.get("description");
        let description = description.and_then(|text| self.text(&text));
        let events = self.events.iter().filter(|name| is_declared(name));
        Workflow {
            id: kebab_case(id),
            version: version.unwrap_or(VERSION).to_owned(),
            title: Text::Plain(id.to_owned()),
            description: description.map(|text| Text::Plain(text.to_owned())),
            source: None,
            start: Start {
                roles: vec![ANYONE.to_owned()],
                requires: Vec::new(),
                accepts: names,
            },
            data: json!({ "type": "object", "properties": properties }),
            events: events.map(|name| event(name)).collect(),
            open_events: true,
            delays: IndexMap::new(),
            initial: None,
            states: IndexMap::new(),
            on: On::default(),
            invoke: OneOrMany::default(),
            entry: OneOrMany::default(),
            exit: OneOrMany::default(),
        }
    }

    /// Notes every event that the machine takes or raises.
    fn collect_events(&mut self, node: &Node<'_>) {
        let on = node.get("on");
        for (key, _) in on.iter().flat_map(Node::entries) {
            let name = key.strip_suffix(".*").unwrap_or(key);
            if name.contains('*') && name != "*" {
                let message = format!("expected `*` to be the last token, found {}", quoted(key));
                self.error(XSTATE_SHAPE, node, message);
            }
            self.events.insert(name.to_owned());
        }
        let states = node.get("states");
        for (_, child) in states.iter().flat_map(Node::entries) {
            self.collect_events(&child);
        }
    }
}

/// Whether an event can be declared: it is not the engine's own, and no pattern.
fn is_declared(name: &str) -> bool {
    let token = |token: &str| {
        let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !token.is_empty() && token.chars().all(allowed)
    };
    let first = name.split('.').next().unwrap_or_default();
    !["done", "error", "after", "xstate"].contains(&first) && name.split('.').all(token)
}

fn kebab_case(id: &str) -> String {
    if check_id(id).is_ok() {
        return id.to_owned();
    }
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    match words.is_empty() {
        true => "imported".to_owned(),
        false => words.join("-"),
    }
}
