//! The faults that are made in a workflow file, one at a time.
//!
//! Left out, because nothing that a case does depends on them: titles, descriptions, comments and
//! sources, what a message says to people, `no-deadline`, the version, and the order of keys. Left out
//! too, because the workflow stays the same: a field that both the opening and the case data require is
//! still required when only one of them says so.

use casewright_definition::read::escape;
use serde_json::Value;

use super::edit::Mutant;
use super::expression::faults;

/// Every fault of a workflow file, in its order.
pub(super) fn mutants(file: &Value) -> Vec<Mutant> {
    let mut walk = Walk {
        file,
        found: Vec::new(),
    };
    walk.carried("/start");
    walk.schema("/data");
    walk.delays();
    for event in keys(file, "/events") {
        walk.event(&event);
    }
    walk.state("");
    walk.found
}

/// The pointers of what is in an object or a list.
fn keys(file: &Value, pointer: &str) -> Vec<String> {
    match file.pointer(pointer) {
        Some(Value::Object(fields)) => fields
            .keys()
            .map(|key| format!("{pointer}/{}", escape(key)))
            .collect(),
        Some(Value::Array(items)) => (0..items.len())
            .map(|number| format!("{pointer}/{number}"))
            .collect(),
        _ => Vec::new(),
    }
}

/// The last part of a pointer, as it stands in the file.
fn key(pointer: &str) -> String {
    let key = pointer.rsplit('/').next().unwrap();
    key.replace("~1", "/").replace("~0", "~")
}

struct Walk<'a> {
    file: &'a Value,
    found: Vec<Mutant>,
}

impl Walk<'_> {
    fn at(&self, pointer: &str) -> Option<&Value> {
        self.file.pointer(pointer)
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)?.as_str()
    }

    fn keys(&self, pointer: &str) -> Vec<String> {
        keys(self.file, pointer)
    }

    fn names(&self, pointer: &str) -> Vec<String> {
        self.keys(pointer)
            .iter()
            .map(|pointer| key(pointer))
            .collect()
    }

    fn replace(&mut self, class: &'static str, pointer: &str, value: impl Into<Value>) {
        self.found.push(Mutant::replace(class, pointer, value));
    }

    fn remove(&mut self, class: &'static str, pointer: &str) {
        if self.at(pointer).is_some() {
            self.found.push(Mutant::remove(class, pointer));
        }
    }

    fn misspell_key(&mut self, class: &'static str, pointer: &str) {
        let name = format!("{}x", key(pointer));
        self.found.push(Mutant::rename(class, pointer, &name));
    }

    fn misspell(&mut self, class: &'static str, pointer: &str) {
        if let Some(name) = self.text(pointer) {
            let name = format!("{name}x");
            self.replace(class, pointer, name);
        }
    }

    /// The name after this one among those that are there, the first after the last.
    fn next(&self, name: &str, names: &[String]) -> Option<String> {
        let at = names.iter().position(|known| known == name)?;
        let other = &names[(at + 1) % names.len()];
        (other != name).then(|| other.clone())
    }

    /// One expression.
    fn expression(&mut self, pointer: &str) {
        match self.at(pointer) {
            Some(Value::String(text)) => {
                for (class, fault) in faults(text) {
                    self.replace(class, pointer, fault);
                }
            }
            Some(Value::Bool(literal)) => {
                let other = !literal;
                self.replace("a literal is another", pointer, other);
            }
            Some(Value::Number(literal)) => {
                let other = literal.as_f64().unwrap() + 1.0;
                self.replace("a literal is another", pointer, other);
            }
            _ => {
                for inner in self.keys(pointer) {
                    self.expression(&inner);
                }
            }
        }
    }

    fn guard(&mut self, owner: &str) {
        let pointer = format!("{owner}/guard");
        let Some(guard) = self.text(&pointer).map(str::to_owned) else {
            return;
        };
        self.remove("a guard is gone", &pointer);
        self.replace("a guard is negated", &pointer, format!("!({guard})"));
        self.expression(&pointer);
    }

    fn delays(&mut self) {
        for delay in self.keys("/delays") {
            self.misspell_key("a delay is misspelt", &delay);
            self.expression(&delay);
            if let Some(text) = self.text(&delay) {
                let longer = format!("({text}) + duration('1h')");
                self.replace("a delay is longer", &delay, longer);
            }
        }
    }

    /// What an event, or the opening, takes and from whom.
    fn carried(&mut self, owner: &str) {
        let roles = self.names_of(&format!("{owner}/roles"));
        for (pointer, role) in &roles {
            if roles.len() > 1 {
                self.remove("a role is gone", pointer);
            }
            let all = self.roles();
            let others = all.iter().filter(|other| {
                !roles
                    .iter()
                    .any(|(_, known)| known == *other && known != role)
            });
            let others: Vec<String> = others.cloned().collect();
            if let Some(other) = self.next(role, &others) {
                self.replace("a role is another", pointer, other);
            }
        }
        for (list, class) in [
            ("requires", "a required field is gone"),
            ("accepts", "an accepted field is gone"),
            ("required", "a field of the event is optional"),
        ] {
            for (pointer, _) in self.names_of(&format!("{owner}/{list}")) {
                self.remove(class, &pointer);
                self.misspell("a field is misspelt", &pointer);
            }
        }
        self.optional(owner);
        for input in self.keys(&format!("{owner}/input")) {
            self.remove("a field of the event is gone", &input);
            self.misspell_key("a field is misspelt", &input);
            self.constraints(&input);
        }
    }

    /// A field that is required is accepted only, and the other way round.
    fn optional(&mut self, owner: &str) {
        let lists = [("requires", "accepts"), ("accepts", "requires")];
        for ((from, to), class) in lists.into_iter().zip([
            "a required field is optional",
            "an optional field is required",
        ]) {
            for (_, name) in self.names_of(&format!("{owner}/{from}")) {
                let is_required_anyway = {
                    let data = self.names_of("/data/required");
                    data.iter().any(|(_, required)| *required == name)
                };
                if owner == "/start" && from == "requires" && is_required_anyway {
                    continue;
                }
                let mut changed = self.at(owner).cloned().unwrap();
                let list = changed[from].as_array_mut().unwrap();
                list.retain(|known| *known != name.as_str());
                let other = changed.as_object_mut().unwrap();
                let other = other
                    .entry(to)
                    .or_insert_with(|| Value::Array(Vec::new()))
                    .as_array_mut()
                    .unwrap();
                other.push(name.clone().into());
                let mut mutant = Mutant::replace(class, owner, changed);
                mutant.fault = name;
                self.found.push(mutant);
            }
        }
    }

    fn names_of(&self, pointer: &str) -> Vec<(String, String)> {
        let keys = self.keys(pointer).into_iter();
        keys.filter_map(|pointer| {
            let name = self.text(&pointer)?.to_owned();
            Some((pointer, name))
        })
        .collect()
    }

    /// Every role that the file names.
    fn roles(&self) -> Vec<String> {
        let mut roles = Vec::new();
        let events = self.keys("/events").into_iter();
        for owner in events.chain(["/start".to_owned()]) {
            for (_, role) in self.names_of(&format!("{owner}/roles")) {
                if !roles.contains(&role) {
                    roles.push(role);
                }
            }
        }
        roles
    }

    fn event(&mut self, event: &str) {
        self.remove("an event is gone", event);
        self.misspell_key("an event is misspelt", event);
        self.carried(event);
    }

    fn start_requires(&self, field: &str) -> bool {
        let required = self.names_of("/start/requires");
        required.iter().any(|(_, name)| name == field)
    }

    /// The schema of the case data, and of what is in it.
    fn schema(&mut self, schema: &str) {
        for (pointer, name) in self.names_of(&format!("{schema}/required")) {
            if !(schema == "/data" && self.start_requires(&name)) {
                self.remove("a field of the data is optional", &pointer);
            }
            self.misspell("a field is misspelt", &pointer);
        }
        for property in self.keys(&format!("{schema}/properties")) {
            self.remove("a field of the data is gone", &property);
            self.misspell_key("a field is misspelt", &property);
            self.constraints(&property);
            self.schema(&property);
        }
    }

    /// What a field may hold.
    fn constraints(&mut self, field: &str) {
        let default = format!("{field}/default");
        self.remove("a default is gone", &default);
        self.expression(&default);
        let kind = format!("{field}/type");
        match self.text(&kind) {
            Some("string") => self.replace("a type is another", &kind, "boolean"),
            Some(_) => self.replace("a type is another", &kind, "string"),
            None => {}
        }
        self.misspell("a type is misspelt", &format!("{field}/$ref"));
        for value in self.keys(&format!("{field}/enum")) {
            self.misspell("a value that is allowed is another", &value);
        }
    }

    fn state(&mut self, state: &str) {
        self.initial(state);
        self.kind(state);
        for block in ["entry", "exit"] {
            self.actions(&format!("{state}/{block}"));
        }
        for on in self.keys(&format!("{state}/on")) {
            self.handler(&on, "an event is misspelt", state);
            let events = self.names("/events");
            if let Some(other) = self.next(&key(&on), &events) {
                let is_free = self.at(&format!("{state}/on/{other}")).is_none();
                if is_free {
                    let renamed = Mutant::rename("an event is another", &on, &other);
                    self.found.push(renamed);
                }
            }
        }
        for after in self.keys(&format!("{state}/after")) {
            self.handler(&after, "a delay is misspelt", state);
            let delays = self.names("/delays");
            if let Some(other) = self.next(&key(&after), &delays) {
                let renamed = Mutant::rename("a delay is another", &after, &other);
                self.found.push(renamed);
            }
        }
        for always in ["always", "onDone"] {
            let pointer = format!("{state}/{always}");
            if self.at(&pointer).is_some() {
                self.remove("a transition is gone", &pointer);
                self.transitions(&pointer, state);
            }
        }
        for inner in self.keys(&format!("{state}/states")) {
            self.misspell_key("a state is misspelt", &inner);
            self.state(&inner);
        }
    }

    fn initial(&mut self, state: &str) {
        let pointer = format!("{state}/initial");
        if let Some(initial) = self.text(&pointer).map(str::to_owned) {
            for other in self.names(&format!("{state}/states")) {
                if other != initial {
                    self.replace("an initial state is another", &pointer, other);
                }
            }
        }
    }

    fn kind(&mut self, state: &str) {
        if !state.is_empty() {
            self.remove("a type of state is gone", &format!("{state}/type"));
        }
    }

    fn handler(&mut self, pointer: &str, misspelt: &'static str, state: &str) {
        self.remove("a transition is gone", pointer);
        self.misspell_key(misspelt, pointer);
        self.transitions(pointer, state);
    }

    fn transitions(&mut self, pointer: &str, state: &str) {
        match self.at(pointer) {
            Some(Value::Array(_)) => {
                for inner in self.keys(pointer) {
                    self.remove("a transition is gone", &inner);
                    self.transition(&inner, state);
                }
            }
            Some(Value::String(_)) => self.target(pointer, state),
            _ => self.transition(pointer, state),
        }
    }

    fn transition(&mut self, pointer: &str, state: &str) {
        self.target(&format!("{pointer}/target"), state);
        self.guard(pointer);
        self.actions(&format!("{pointer}/actions"));
    }

    /// Each other state beside the target.
    fn target(&mut self, pointer: &str, state: &str) {
        let Some(target) = self.text(pointer).map(str::to_owned) else {
            return;
        };
        let (sign, beside) = match target.strip_prefix('#') {
            Some(_) => ("#", "/states".to_owned()),
            None => (
                "",
                state
                    .rsplit_once('/')
                    .map_or("", |(beside, _)| beside)
                    .to_owned(),
            ),
        };
        for other in self.names(&beside) {
            let other = format!("{sign}{other}");
            if other != target {
                self.replace("a target is another", pointer, other);
            }
        }
        self.misspell("a target is misspelt", pointer);
        self.remove("a target is gone", pointer);
    }

    fn actions(&mut self, pointer: &str) {
        for action in self.keys(pointer) {
            self.remove("an action is gone", &action);
            for kind in self.keys(&action) {
                self.action(&kind);
            }
        }
    }

    fn action(&mut self, action: &str) {
        match &*key(action) {
            "assign" => {
                for place in self.keys(action) {
                    self.remove("an assignment is gone", &place);
                    self.misspell_key("a field is misspelt", &place);
                    self.expression(&place);
                }
            }
            "send" => self.send(action),
            "cancel" => self.misspell("an id is misspelt", action),
            "if" => {
                for branch in self.keys(action) {
                    self.guard(&branch);
                    self.actions(&format!("{branch}/actions"));
                }
            }
            "foreach" => {
                self.expression(&format!("{action}/array"));
                self.misspell("a name is misspelt", &format!("{action}/item"));
                self.actions(&format!("{action}/actions"));
            }
            "notify" | "emit" => self.told(action),
            "decide" => self.decide(action),
            other => panic!("{action}: no fault is known of `{other}`"),
        }
    }

    fn send(&mut self, action: &str) {
        self.misspell("an event is misspelt", &format!("{action}/event"));
        self.misspell("an id is misspelt", &format!("{action}/id"));
        let delay = format!("{action}/delay");
        let delays = self.names("/delays");
        let other = self.text(&delay).and_then(|name| self.next(name, &delays));
        if let Some(other) = other {
            self.replace("a delay is another", &delay, other);
        }
        self.remove("a delay is gone", &delay);
    }

    /// What people and other systems are told.
    fn told(&mut self, action: &str) {
        self.misspell("an event is misspelt", &format!("{action}/event"));
        let to = format!("{action}/to");
        let people = match self.text(&to) {
            Some(_) => vec![to],
            None => self.keys(&to),
        };
        for pointer in &people {
            if people.len() > 1 {
                self.remove("a role is gone", pointer);
            }
            let roles = self.roles();
            let other = self.text(pointer).and_then(|role| self.next(role, &roles));
            if let Some(other) = other {
                self.replace("a role is another", pointer, other);
            }
        }
        for told in self.keys(&format!("{action}/data")) {
            self.remove("what is told lacks a field", &told);
            self.misspell_key("a field is misspelt", &told);
            self.expression(&told);
        }
    }

    fn decide(&mut self, action: &str) {
        self.misspell("a function is misspelt", &format!("{action}/function"));
        self.misspell("a field is misspelt", &format!("{action}/assign"));
        for input in self.keys(&format!("{action}/input")) {
            self.remove("what is asked lacks a field", &input);
            self.misspell_key("a field is misspelt", &input);
            self.expression(&input);
        }
    }
}
