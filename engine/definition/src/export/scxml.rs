//! Workflows as SCXML 1.0 documents, with CEL as their data model.
//!
//! All case data is one variable, `data`, and the parameters another, `params`, so that expressions stay
//! as they are; what else they see are SCXML's system variables: `_event`, and below `_x` the actor, the
//! case and the time. The importer reads all of it back.

mod content;

use casewright_chart::chart::Initial;
use casewright_chart::{Block, Chart, Invoke, StateIndex, StateKind, Transition};

use super::{Exported, NAMESPACE, SERVICE_TYPE};
use crate::definition::Definition;
use crate::diagram::text::xml;
use crate::json::to_json;

/// The state in which a document does what a workflow does first: the root of SCXML has no actions.
const FIRST: &str = "casewright-start";

/// The document of a workflow.
///
/// ```
/// # use casewright_definition::{Definition, export::scxml};
/// # fn export(definition: &Definition) {
/// assert!(scxml(definition).text.starts_with("<?xml version=\"1.0\""));
/// # }
/// ```
pub fn scxml(definition: &Definition) -> Exported {
    let mut writer = Writer {
        definition,
        text: String::new(),
        depth: 0,
        lost: vec![
            "roles, the schemas of data and events, and the calendar: SCXML does not check who sends an event and what it carries".to_owned(),
        ],
    };
    writer.document();
    Exported {
        text: writer.text,
        lost: writer.lost,
    }
}

struct Writer<'a> {
    definition: &'a Definition,
    text: String,
    depth: usize,
    lost: Vec<String>,
}

/// Attributes in their order.
type Attributes<'a> = Vec<(&'a str, String)>;

impl<'a> Writer<'a> {
    fn chart(&self) -> &'a Chart {
        &self.definition.chart
    }

    fn document(&mut self) {
        self.text
            .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let root = self.chart().state(StateIndex::ROOT);
        let initial = root.initial.as_ref();
        let has_first = !root.entry.is_empty() || initial.is_some_and(|i| !i.content.is_empty());
        let start = match (has_first, initial) {
            (true, _) => Some(FIRST.to_owned()),
            (false, initial) => initial.map(|initial| self.ids(&initial.targets)),
        };
        let title = self.definition.start.title.get("en").to_owned();
        let mut attributes = vec![
            ("xmlns", "http://www.w3.org/2005/07/scxml".to_owned()),
            ("xmlns:casewright", NAMESPACE.to_owned()),
            ("version", "1.0".to_owned()),
            ("datamodel", "cel".to_owned()),
            ("name", self.definition.id.to_string()),
        ];
        attributes.extend(start.map(|start| ("initial", start)));
        attributes.push(("casewright:version", self.definition.version.to_string()));
        attributes.push(("casewright:title", title));
        self.open("scxml", &attributes);
        for invoke in &root.invokes {
            self.lose(format!(
                "the service `{}` of the workflow as a whole: SCXML's root invokes nothing",
                invoke.source
            ));
        }
        self.data();
        if has_first {
            self.first(initial);
        }
        for child in &root.children {
            self.state(*child);
        }
        self.close("scxml");
    }

    fn data(&mut self) {
        let defaults = to_json(&self.definition.defaults);
        let parameters = &self.definition.bundle.pack.parameters;
        let parameters = parameters.iter();
        let parameters: serde_json::Map<_, _> = parameters
            .map(|(name, parameter)| (name.clone(), parameter.value.clone()))
            .collect();
        self.open("datamodel", &[]);
        for (id, value) in [("data", defaults), ("params", parameters.into())] {
            self.open("data", &[("id", id.to_owned())]);
            self.line(&xml(&value.to_string()));
            self.close("data");
        }
        for item in content::items(self.chart()) {
            self.empty("data", &[("id", item)]);
        }
        self.close("datamodel");
    }

    fn first(&mut self, initial: Option<&Initial>) {
        let root = self.chart().state(StateIndex::ROOT);
        self.open("state", &[("id", FIRST.to_owned())]);
        self.blocks("onentry", &root.entry);
        if let Some(initial) = initial {
            let target = self.ids(&initial.targets);
            self.with_block("transition", &[("target", target)], &initial.content);
        }
        self.close("state");
    }

    fn state(&mut self, index: StateIndex) {
        let state = self.chart().state(index);
        let name = match state.kind {
            StateKind::Atomic | StateKind::Compound => "state",
            StateKind::Parallel => "parallel",
            StateKind::Final => "final",
            StateKind::ShallowHistory | StateKind::DeepHistory => "history",
        };
        let mut attributes = vec![("id", self.id(index))];
        if state.kind == StateKind::DeepHistory {
            attributes.push(("type", "deep".to_owned()));
        }
        let title = self.definition.titles.get(&state.id);
        let title = title.map(|title| ("casewright:title", title.get("en").to_owned()));
        attributes.extend(title);
        self.open(name, &attributes);
        if let Some(initial) = &state.initial {
            let target = self.ids(&initial.targets);
            let is_history = name == "history";
            if !is_history {
                self.open("initial", &[]);
            }
            self.with_block("transition", &[("target", target)], &initial.content);
            if !is_history {
                self.close("initial");
            }
        }
        self.blocks("onentry", &state.entry);
        self.blocks("onexit", &state.exit);
        if state.parent == Some(StateIndex::ROOT) && state.kind == StateKind::Final {
            let root = self.chart().state(StateIndex::ROOT);
            self.blocks("onexit", &root.exit);
        }
        if let Some(output) = state.output {
            self.open("donedata", &[]);
            self.payload(output);
            self.close("donedata");
        }
        for invoke in &state.invokes {
            self.invoke(invoke);
        }
        self.transitions(index);
        for child in &state.children {
            self.state(*child);
        }
        self.close(name);
    }

    /// A service: `<invoke>` of a type of our own.
    fn invoke(&mut self, invoke: &Invoke) {
        self.lose(format!(
            "the service `{}`: only an engine that knows invocations of the type `{SERVICE_TYPE}` runs it",
            invoke.source
        ));
        let attributes = [
            ("type", SERVICE_TYPE.to_owned()),
            ("src", invoke.source.to_string()),
            ("id", invoke.id.to_string()),
        ];
        self.open("invoke", &attributes);
        if let Some(input) = invoke.input {
            self.payload(input);
        }
        if !invoke.finalize.is_empty() {
            self.with_block("finalize", &[], &invoke.finalize);
        }
        self.close("invoke");
    }

    /// The transitions of a state. What the root takes is taken by every state at the top: SCXML's root
    /// has no transitions.
    fn transitions(&mut self, index: StateIndex) {
        let chart = self.chart();
        let state = chart.state(index);
        if matches!(
            state.kind,
            StateKind::Final | StateKind::ShallowHistory | StateKind::DeepHistory
        ) {
            return;
        }
        for number in &state.transitions {
            self.transition(*number, chart.transition(*number), false);
        }
        if state.parent == Some(StateIndex::ROOT) {
            for number in &chart.state(StateIndex::ROOT).transitions {
                self.transition(*number, chart.transition(*number), true);
            }
        }
    }

    fn transition(
        &mut self,
        number: casewright_chart::TransitionIndex,
        transition: &Transition,
        of_root: bool,
    ) {
        let mut attributes: Attributes<'_> = Vec::new();
        if !transition.descriptors.is_empty() {
            let names = transition.descriptors.iter().map(|d| match d.prefix() {
                "" => "*",
                prefix => prefix,
            });
            let names: Vec<&str> = names.collect();
            attributes.push(("event", names.join(" ")));
        }
        if let Some(guard) = transition.guard {
            attributes.push(("cond", self.cel(guard)));
        }
        if !transition.targets.is_empty() {
            attributes.push(("target", self.ids(&transition.targets)));
            if transition.internal && !of_root {
                attributes.push(("type", "internal".to_owned()));
            }
        }
        let refusal = self.definition.refusals.get(number.get());
        let refusal = refusal.and_then(Option::as_ref);
        let refusal = refusal.map(|text| ("casewright:refusal", text.get("en").to_owned()));
        attributes.extend(refusal);
        self.with_block("transition", &attributes, &transition.content);
    }

    fn blocks(&mut self, name: &str, blocks: &[Block]) {
        for block in blocks {
            for block in content::parts(block) {
                self.with_block(name, &[], &block);
            }
        }
    }

    fn with_block(&mut self, name: &str, attributes: &[(&str, String)], block: &Block) {
        match block.is_empty() {
            true => self.empty(name, attributes),
            false => {
                self.open(name, attributes);
                self.actions(block);
                self.close(name);
            }
        }
    }

    fn id(&self, index: StateIndex) -> String {
        self.chart()
            .state(index)
            .id
            .replace(char::is_whitespace, "_")
    }

    fn ids(&self, targets: &[StateIndex]) -> String {
        let ids: Vec<String> = targets.iter().map(|target| self.id(*target)).collect();
        ids.join(" ")
    }

    fn lose(&mut self, what: String) {
        if !self.lost.contains(&what) {
            self.lost.push(what);
        }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, String)]) {
        self.line(&format!("<{name}{}>", written(attributes)));
        self.depth += 1;
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, String)]) {
        self.line(&format!("<{name}{}/>", written(attributes)));
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn written(attributes: &[(&str, String)]) -> String {
    let attributes = attributes.iter();
    attributes
        .map(|(name, value)| format!(" {name}=\"{}\"", xml(value)))
        .collect()
}
