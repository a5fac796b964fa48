//! Workflows that are drawn: few states of every kind, events, guards, deadlines, decisions, services, and now
//! and then what fails.

use std::sync::Arc;

use casewright_definition::{Bundle, Definition, Digest};
use serde_json::{Map, Value as Json, json};

use super::numbers::Numbers;

/// The events from outside; what they require differs.
pub(crate) const EVENTS: [&str; 4] = ["go", "stop", "turn", "fill"];
/// The roles.
pub(crate) const ROLES: [&str; 2] = ["clerk", "boss"];
/// What a workflow sends itself.
const OWN: [&str; 3] = ["tick", "tock", "late"];
const DELAYS: [&str; 5] = ["PT1M", "PT5M", "PT30M", "PT1H", "P1D"];
const SEND_IDS: [&str; 2] = ["first", "second"];
const MAX_STATES: usize = 9;
/// How many workflows are drawn before one must be without errors.
const TRIES: usize = 5_000;

/// A workflow that compiles.
pub(crate) fn definition(numbers: &mut Numbers, id: &str, version: &str) -> Arc<Definition> {
    for _ in 0..TRIES {
        let bundle: Bundle = serde_json::from_value(bundle(numbers, id, version)).unwrap();
        let digest = Digest::of(&bundle.to_bytes().unwrap());
        if let Ok(definition) = Definition::compile(digest, bundle) {
            return Arc::new(definition);
        }
    }
    panic!("no workflow of {TRIES} that were drawn is without errors");
}

fn bundle(numbers: &mut Numbers, id: &str, version: &str) -> Json {
    let mut left = 3 + numbers.below(MAX_STATES - 2);
    let nodes = draw(numbers, "", "root", &mut left);
    let mut ids = Vec::new();
    collect(&nodes, &mut ids);
    let mut drawing = Drawing { numbers, ids };
    let mut states = Map::new();
    for node in &nodes {
        states.insert(node.key(), drawing.state(node));
    }
    let count = match drawing.numbers.once_in(3) {
        true => json!({ "type": "integer", "default": 0, "maximum": 6 }),
        false => json!({ "type": "integer", "default": 0 }),
    };
    json!({
        "format": 1,
        "workflow": {
            "id": id,
            "version": version,
            "title": "Drawn",
            "start": { "roles": ["clerk"], "accepts": ["flag"] },
            "data": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "count": count,
                    "sum": { "type": "integer", "default": 0 },
                    "flag": { "type": "boolean", "default": false },
                    "note": { "type": "string", "maxLength": 12 },
                    "answer": { "type": "object" },
                },
            },
            "events": {
                "go": { "title": "Go", "roles": ["clerk", "boss"] },
                "stop": { "title": "Stop", "roles": ["boss"], "accepts": ["flag"] },
                "turn": { "title": "Turn", "roles": ["clerk", "boss"], "accepts": ["flag"] },
                "fill": { "title": "Fill", "roles": ["clerk"], "requires": ["note"] },
            },
            "states": states,
        },
        "pack": {
            "id": "drawn",
            "version": "1.0.0",
            "title": "Drawn",
            "roles": { "clerk": { "title": "Clerk" }, "boss": { "title": "Boss" } },
            "parameters": {},
            "types": {},
            "calendar": { "title": "Days", "time-zone": "UTC", "working-days": ["monday"] },
        },
    })
}

/// A state before its transitions are drawn.
struct Node {
    id: String,
    kind: &'static str,
    children: Vec<Node>,
}

impl Node {
    fn key(&self) -> String {
        let key = self.id.rsplit('.').next();
        key.unwrap_or_default().to_owned()
    }
}

fn draw(numbers: &mut Numbers, above: &str, inside: &str, left: &mut usize) -> Vec<Node> {
    let wanted = match inside {
        "parallel" => 2,
        _ => 2 + numbers.below(3),
    };
    let mut children: Vec<Node> = Vec::new();
    for number in 0..wanted {
        if *left == 0 && number >= 2 {
            break;
        }
        *left = left.saturating_sub(1);
        let is_region = inside == "parallel";
        let kinds = [
            "atomic", "atomic", "compound", "parallel", "final", "history",
        ];
        let kind = match *numbers.pick(&kinds) {
            // What comes first is entered.
            "final" | "history" if number == 0 || is_region => "atomic",
            "history" if inside == "root" || children.iter().any(|node| node.kind == "history") => {
                "atomic"
            }
            "compound" | "parallel" if *left < 2 => "atomic",
            kind => kind,
        };
        let id = format!("{above}{}", ["a", "b", "c", "d"][number]);
        let inner = match kind {
            "compound" | "parallel" => draw(numbers, &format!("{id}."), kind, left),
            _ => Vec::new(),
        };
        children.push(Node {
            id,
            kind,
            children: inner,
        });
    }
    children
}

fn collect(nodes: &[Node], ids: &mut Vec<String>) {
    for node in nodes {
        ids.push(node.id.clone());
        collect(&node.children, ids);
    }
}

struct Drawing<'a> {
    numbers: &'a mut Numbers,
    ids: Vec<String>,
}

impl Drawing<'_> {
    fn state(&mut self, node: &Node) -> Json {
        let mut state = Map::new();
        match node.kind {
            "final" => return json!({ "type": "final" }),
            "history" => {
                let depth = *self.numbers.pick(&["shallow", "deep"]);
                return json!({ "type": "history", "history": depth });
            }
            "parallel" => drop(state.insert("type".to_owned(), json!("parallel"))),
            _ => {}
        }
        if !node.children.is_empty() {
            let mut states = Map::new();
            for child in &node.children {
                states.insert(child.key(), self.state(child));
            }
            state.insert("states".to_owned(), Json::Object(states));
            if self.numbers.once_in(2) {
                state.insert("onDone".to_owned(), self.transition());
            }
        }
        let mut on = Map::new();
        for event in EVENTS.iter().chain(&OWN) {
            let often = if node.children.is_empty() { 2 } else { 5 };
            if self.numbers.once_in(often) {
                on.insert((*event).to_owned(), self.transitions());
            }
        }
        state.insert("on".to_owned(), Json::Object(on));
        if self.numbers.once_in(2) {
            let delay = *self.numbers.pick(&DELAYS);
            let after = json!({ delay: self.transitions() });
            state.insert("after".to_owned(), after);
        }
        if self.numbers.once_in(8) {
            let guard = self.guard();
            let target = self.target();
            let always = json!({ "target": target, "guard": guard });
            state.insert("always".to_owned(), always);
        }
        if self.numbers.once_in(4) {
            state.insert("invoke".to_owned(), self.service());
        }
        for moment in ["entry", "exit"] {
            if self.numbers.once_in(3) {
                state.insert(moment.to_owned(), self.actions());
            }
        }
        Json::Object(state)
    }

    fn service(&mut self) -> Json {
        let mut invoke = Map::new();
        invoke.insert("src".to_owned(), json!("oracle.work"));
        invoke.insert("input".to_owned(), json!({ "count": "data.count" }));
        for returned in ["onDone", "onError"] {
            if !self.numbers.once_in(3) {
                invoke.insert(returned.to_owned(), self.transition());
            }
        }
        Json::Object(invoke)
    }

    fn transitions(&mut self) -> Json {
        match self.numbers.once_in(4) {
            true => {
                let guarded = json!({ "target": self.target(), "guard": self.guard() });
                json!([guarded, self.transition()])
            }
            false => self.transition(),
        }
    }

    fn transition(&mut self) -> Json {
        let mut transition = Map::new();
        if !self.numbers.once_in(4) {
            transition.insert("target".to_owned(), json!(self.target()));
        }
        if self.numbers.once_in(4) {
            transition.insert("guard".to_owned(), json!(self.guard()));
        }
        if self.numbers.once_in(4) {
            transition.insert("reenter".to_owned(), json!(true));
        }
        if self.numbers.once_in(2) || transition.is_empty() {
            transition.insert("actions".to_owned(), self.actions());
        }
        Json::Object(transition)
    }

    fn target(&mut self) -> String {
        format!("#{}", self.numbers.pick(&self.ids))
    }

    fn guard(&mut self) -> String {
        match self.numbers.below(5) {
            0 => format!("data.count > {}", self.numbers.below(4)),
            1 => "data.flag".to_owned(),
            2 => format!("In('{}')", self.numbers.pick(&self.ids)),
            3 => "has(data.answer) && data.answer.length > 8".to_owned(),
            _ => "has(data.note) && data.note == 'aa'".to_owned(),
        }
    }

    fn actions(&mut self) -> Json {
        let count = 1 + self.numbers.below(2);
        (0..count).map(|_| self.action()).collect()
    }

    fn action(&mut self) -> Json {
        let own = *self.numbers.pick(&OWN);
        let delay = *self.numbers.pick(&DELAYS);
        let id = *self.numbers.pick(&SEND_IDS);
        match self.numbers.below(12) {
            0 | 1 => json!({ "assign": { "count": "data.count + 1" } }),
            2 => json!({ "assign": { "sum": "data.sum + data.count", "flag": "!data.flag" } }),
            3..=5 => json!({ "send": { "event": own, "id": id, "delay": delay } }),
            6 => json!({ "cancel": id }),
            7 => json!({ "raise": own }),
            8 => json!({ "emit": { "event": "told", "data": { "count": "data.count" } } }),
            9 => json!({ "decide": {
                "function": "oracle.answer", "input": { "count": "data.count" }, "assign": "answer"
            } }),
            // Cannot be evaluated now and then.
            10 => json!({ "assign": { "sum": "10 / (data.count - 1)" } }),
            _ => json!({ "if": [
                { "guard": self.guard(), "actions": [{ "assign": { "note": "'aa'" } }] },
                { "actions": [{ "assign": { "count": 0 } }] },
            ] }),
        }
    }
}
