//! Executable content and expressions (SCXML 4 and 5).

use casewright_chart::{Action, Block, Chart, ExpressionIndex, Location, Name};
use serde_json::Value as Json;

use super::Writer;
use crate::expression::{Expression, Program};
use crate::json::to_json;

/// What is before the names of variables of loops that begin with `_`: those names are SCXML's own.
const LOCAL: &str = "local";

impl Writer<'_> {
    pub(super) fn actions(&mut self, block: &Block) {
        for action in block {
            self.action(action);
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Assign { location, value } => {
                let attributes = [("location", place(location)), ("expr", self.cel(*value))];
                self.empty("assign", &attributes);
            }
            Action::Merge { value } => self.merge(*value),
            Action::Raise { event, data } => {
                let target = ("target", "#_internal".to_owned());
                let event = self.name(event, ("event", "eventexpr"));
                self.send(vec![event, target], *data);
            }
            Action::Send(send) => {
                let mut attributes = vec![self.name(&send.event, ("event", "eventexpr"))];
                attributes.extend(send.id.as_ref().map(|id| ("id", id.to_string())));
                let location = send.id_location.as_ref();
                attributes.extend(location.map(|at| ("idlocation", place(at))));
                let target = send.target.as_ref();
                attributes.extend(target.map(|to| self.name(to, ("target", "targetexpr"))));
                let processor = send.processor.as_ref();
                attributes.extend(processor.map(|by| self.name(by, ("type", "typeexpr"))));
                attributes.extend(send.delay.map(|delay| self.delay(delay)));
                self.send(attributes, send.data);
            }
            Action::Cancel { id } => {
                let id = self.name(id, ("sendid", "sendidexpr"));
                self.empty("cancel", &[id]);
            }
            Action::Log { label, value } => {
                let label = label.as_ref().map(|label| ("label", label.to_string()));
                let expr = ("expr", self.cel(*value));
                let attributes: Vec<_> = label.into_iter().chain([expr]).collect();
                self.empty("log", &attributes);
            }
            Action::If {
                branches,
                otherwise,
            } => {
                let conditions = branches.iter().map(|branch| self.cel(branch.guard));
                let conditions: Vec<String> = conditions.collect();
                for (number, (branch, cond)) in branches.iter().zip(conditions).enumerate() {
                    match number {
                        0 => self.open("if", &[("cond", cond)]),
                        _ => self.empty("elseif", &[("cond", cond)]),
                    }
                    self.actions(&branch.body);
                }
                if !otherwise.is_empty() {
                    self.empty("else", &[]);
                    self.actions(otherwise);
                }
                self.close("if");
            }
            Action::ForEach {
                array,
                item,
                index,
                body,
            } => {
                let mut attributes = vec![("array", self.cel(*array)), ("item", local(item))];
                attributes.extend(index.as_ref().map(|index| ("index", local(index))));
                self.with_block("foreach", &attributes, body);
            }
            Action::Block(block) => self.actions(block),
            Action::Emit { event, data } => self.emit(event, *data),
            Action::Decide {
                decision,
                input,
                location,
            } => self.decide(decision.0, *input, location),
        }
    }

    fn emit(&mut self, event: &str, data: Option<ExpressionIndex>) {
        self.lose("`notify` and `emit`: they are `<log>` with `casewright:emit`".to_owned());
        let mut attributes = vec![("label", format!("emit {event}"))];
        attributes.extend(data.map(|data| ("expr", self.cel(data))));
        attributes.push(("casewright:emit", event.to_owned()));
        self.empty("log", &attributes);
    }

    fn decide(&mut self, decision: u32, input: ExpressionIndex, location: &Location) {
        let Some(decision) = self.definition.decisions().get(decision as usize) else {
            return;
        };
        let function = format!("{}.{}", decision.plugin, decision.function);
        self.lose(format!(
            "the plugin `{function}`: asking it is `<log>` with `casewright:decide`"
        ));
        let attributes = [
            ("label", format!("decide {function}")),
            ("expr", self.cel(input)),
            ("casewright:decide", function),
            ("casewright:assign", place(location)),
        ];
        self.empty("log", &attributes);
    }

    /// Fields that an event brings, one by one; SCXML has no assignment of several at once.
    fn merge(&mut self, value: ExpressionIndex) {
        let definition = self.definition;
        let Some(Expression::EventFields(events)) = definition.expressions.get(value.0 as usize)
        else {
            let text = self.cel(value);
            return self.lose(format!(
                "the assignment of all fields of `{text}`: `<assign>` needs a name for each"
            ));
        };
        for (event, fields) in events {
            for field in fields {
                let cond = format!(
                    "_event.name == {} && has(_event.data.{field})",
                    text_literal(event)
                );
                self.open("if", &[("cond", cond)]);
                let location = format!("data.{field}");
                let expr = format!("_event.data.{field}");
                self.empty("assign", &[("location", location), ("expr", expr)]);
                self.close("if");
            }
        }
    }

    fn send(&mut self, attributes: Vec<(&'static str, String)>, data: Option<ExpressionIndex>) {
        match data {
            None => self.empty("send", &attributes),
            Some(data) => {
                self.open("send", &attributes);
                self.payload(data);
                self.close("send");
            }
        }
    }

    /// What an event or the end of a state carries. Entries of an object are written one by one, for one
    /// that fails leaves the others (SCXML 5.7.2).
    pub(super) fn payload(&mut self, data: ExpressionIndex) {
        let definition = self.definition;
        match definition.expressions.get(data.0 as usize) {
            Some(Expression::Map(entries)) if !entries.is_empty() => {
                for (name, value) in entries {
                    let attributes = [("name", name.to_string()), ("expr", cel(value))];
                    self.empty("param", &attributes);
                }
            }
            _ => {
                let expr = self.cel(data);
                self.empty("content", &[("expr", expr)]);
            }
        }
    }

    fn name(&self, name: &Name, keys: (&'static str, &'static str)) -> (&'static str, String) {
        match name {
            Name::Fixed(name) => (keys.0, name.to_string()),
            Name::Computed(expression) => (keys.1, self.cel(*expression)),
        }
    }

    fn delay(&self, delay: ExpressionIndex) -> (&'static str, String) {
        match self.definition.expressions.get(delay.0 as usize) {
            Some(Expression::DelayMs(ms)) => ("delay", format!("{ms}ms")),
            _ => ("delayexpr", self.cel(delay)),
        }
    }

    /// An expression as CEL that sees the variables of the document.
    pub(super) fn cel(&self, index: ExpressionIndex) -> String {
        match self.definition.expressions.get(index.0 as usize) {
            Some(expression) => cel(expression),
            None => "null".to_owned(),
        }
    }
}

fn cel(expression: &Expression) -> String {
    match expression {
        Expression::Literal(value) => literal(&to_json(value)),
        Expression::Program(program) => rewritten(program),
        Expression::List(items) => {
            let items: Vec<String> = items.iter().map(cel).collect();
            format!("[{}]", items.join(", "))
        }
        Expression::Map(entries) => {
            let entry = |(key, value): &(std::sync::Arc<str>, Expression)| {
                format!("{}: {}", text_literal(key), cel(value))
            };
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        // Where it is merged, each field is written out.
        Expression::EventFields(_) => "_event.data".to_owned(),
        Expression::Exactly(name, None) => format!("_event.name == {}", text_literal(name)),
        Expression::Exactly(name, Some(guard)) => {
            format!("_event.name == {} && ({})", text_literal(name), cel(guard))
        }
        Expression::DelayMs(ms) => ms.to_string(),
    }
}

/// The text of a program, with the names of the document.
fn rewritten(program: &Program) -> String {
    let mut places: Vec<(usize, usize, String)> = Vec::new();
    for path in program.paths() {
        let Some(name) = path.names.first() else {
            continue;
        };
        let name = match name.as_str() {
            "event" => "_event".to_owned(),
            "actor" | "case" | "now" => format!("_x.{name}"),
            name => local(name),
        };
        let span = program.name_span(path, 0);
        places.extend(span.map(|(start, end)| (start, end, name)));
    }
    // From the last to the first, so that places stay right; a macro may show one twice.
    places.sort();
    places.dedup();
    let mut text = program.source().to_owned();
    for (start, end, name) in places.into_iter().rev() {
        text.replace_range(start..end, &name);
    }
    text
}

fn local(name: &str) -> String {
    match name.starts_with('_') {
        true => format!("{LOCAL}{name}"),
        false => name.to_owned(),
    }
}

fn place(location: &Location) -> String {
    let keys = location.iter().map(|key| format!(".{key}"));
    format!("data{}", keys.collect::<String>())
}

/// A value that stands for itself, as CEL.
fn literal(json: &Json) -> String {
    match json {
        Json::String(text) => text_literal(text),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| {
                format!("{}: {}", text_literal(key), literal(value))
            };
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn text_literal(text: &str) -> String {
    crate::import::quote(text)
}

/// A block in parts that fail each on its own: those that are marked as such.
pub(super) fn parts(block: &Block) -> Vec<Block> {
    let mut parts = vec![Block::new()];
    for action in block {
        match action {
            Action::Block(inner) => parts.extend([inner.clone(), Block::new()]),
            other => match parts.last_mut() {
                Some(part) => part.push(other.clone()),
                None => parts.push(vec![other.clone()]),
            },
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The names of the variables of loops.
pub(super) fn items(chart: &Chart) -> Vec<String> {
    let mut names = Vec::new();
    for (_, state) in chart.states() {
        let initial = state.initial.iter().map(|initial| &initial.content);
        let finalize = state.invokes.iter().map(|invoke| &invoke.finalize);
        let blocks = state.entry.iter().chain(&state.exit).chain(initial);
        for block in blocks.chain(finalize) {
            collect(block, &mut names);
        }
    }
    for (_, transition) in chart.transitions() {
        collect(&transition.content, &mut names);
    }
    names.sort();
    names.dedup();
    names.retain(|name| name != "data" && name != "params");
    names
}

fn collect(block: &Block, names: &mut Vec<String>) {
    for action in block {
        match action {
            Action::ForEach {
                item, index, body, ..
            } => {
                names.push(local(item));
                names.extend(index.as_deref().map(local));
                collect(body, names);
            }
            Action::If {
                branches,
                otherwise,
            } => {
                branches
                    .iter()
                    .for_each(|branch| collect(&branch.body, names));
                collect(otherwise, names);
            }
            Action::Block(inner) => collect(inner, names),
            _ => {}
        }
    }
}
