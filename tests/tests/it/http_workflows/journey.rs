//! One case, driven over HTTP through a script.
//!
//! On the way everything that the API says is held against everything else that it says: what may be
//! sent against what is accepted, answers against what is read afterwards.

use casewright_tests::server::{Client, Reply, Server};
use serde_json::Value as Json;

use super::script::{Line, Script};

/// A case on its way.
pub(super) struct Journey<'a> {
    server: &'a Server,
    script: &'a Script,
    /// The id of the case.
    pub(super) case: String,
    /// The workflow, as the API shows it.
    workflow: Json,
    actor: Actor,
    /// What was accepted, the opening first.
    pub(super) taken: Vec<Taken>,
    /// The code of the last refusal, until something else is sent.
    refused: Option<String>,
    /// How many lines let time pass, which does not pass here.
    untimed: usize,
}

/// Something that was accepted.
pub(super) struct Taken {
    pub(super) event: String,
    pub(super) actor: Actor,
}

/// Who acts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Actor {
    pub(super) id: String,
    pub(super) roles: Vec<String>,
}

impl<'a> Journey<'a> {
    /// Opens the case.
    pub(super) fn open(server: &'a Server, script: &'a Script) -> Self {
        let workflow = server
            .nobody()
            .get(&format!("/workflows/{}", script.workflow));
        let mut journey = Journey {
            server,
            script,
            case: format!("{}:{}", script.workflow, script.name),
            workflow: workflow.expect(200).json(),
            actor: Actor::default(),
            taken: Vec::new(),
            refused: None,
            untimed: 0,
        };
        let first = &script.lines[0];
        journey.set_actor(first);
        let client = journey.client();
        let opened = client.open(&journey.case, &script.workflow, &script.data);
        let opened = opened.expect(201);
        let place = format!("/cases/{}", journey.case);
        assert_eq!(opened.header("location"), Some(place.as_str()));
        journey.note("open");
        journey.check_answer(&opened);
        journey.check_expectation(first);
        journey
    }

    /// The id of the workflow.
    pub(super) fn workflow(&self) -> &str {
        &self.script.workflow
    }

    /// Goes through the rest of the script.
    pub(super) fn go(&mut self) {
        for (number, line) in self.script.lines.iter().enumerate().skip(1) {
            self.set_actor(line);
            self.untimed += usize::from(line.is_timed);
            if let Some((event, data)) = &line.send {
                self.assert_refusal_was_expected(number);
                self.send(event, data);
            }
            self.check_expectation(line);
        }
        self.assert_refusal_was_expected(self.script.lines.len());
    }

    /// The case as its last actor sees it.
    pub(super) fn view(&self) -> Json {
        self.get().json()
    }

    pub(super) fn client(&self) -> Client {
        self.server
            .actor(&self.actor.id, &self.actor.roles.join(", "))
    }

    fn get(&self) -> Reply {
        self.client()
            .get(&format!("/cases/{}", self.case))
            .expect(200)
    }

    fn set_actor(&mut self, line: &Line) {
        if let Some(actor) = &line.actor {
            self.actor = actor.clone();
        }
    }

    fn send(&mut self, event: &str, data: &Json) {
        let before = self.get();
        let offered = offered(&before.json());
        let reply = self.client().event(&self.case, event, data);
        self.refused = reply.code();
        let is_offered = offered.iter().any(|offer| offer == event);
        match self.refused.as_deref() {
            None => {
                assert!(
                    is_offered,
                    "{}: took `{event}`, offered {offered:?}",
                    self.place()
                );
                assert_eq!(reply.status, 200);
                assert_eq!(reply.revision(), before.revision() + 1);
                self.note(event);
                self.check_answer(&reply);
            }
            Some(code) => {
                if ["forbidden", "event-not-now", "case-done"].contains(&code) {
                    assert!(!is_offered, "{}: offered `{event}`: {code}", self.place());
                }
                let after = self.get();
                assert_eq!(after.revision(), before.revision());
                assert_eq!(after.json(), before.json());
            }
        }
    }

    fn note(&mut self, event: &str) {
        self.taken.push(Taken {
            event: event.to_owned(),
            actor: self.actor.clone(),
        });
    }

    /// An answer is what is read afterwards, and says the same thing in all its parts.
    fn check_answer(&self, reply: &Reply) {
        let view = reply.json();
        let read = self.get();
        assert_eq!(view, read.json());
        assert_eq!(reply.revision(), read.revision());
        assert_eq!(view["revision"], read.revision());
        assert_eq!(view["revision"], self.taken.len());
        assert_eq!(view["definition"], self.workflow["definition"]);
        assert_eq!(view["version"], self.workflow["version"]);
        assert_eq!(view["created_by"], self.taken[0].actor.id);
        let due = texts(&view["timers"], "due");
        assert!(due.is_sorted_by_key(|due| due.strip_suffix('Z')), "{due:?}");
        let titled = |state: &Json| state["title"]["zh"].is_string();
        let states = view["states"].as_array().unwrap();
        assert!(states.iter().all(titled), "{}: {states:?}", self.place());
        self.check_offers(&view);
    }

    /// What is offered is what the workflow says of the event, and is for the actor.
    fn check_offers(&self, view: &Json) {
        for offer in view["events"].as_array().unwrap() {
            let event = offer["event"].as_str().unwrap();
            let signature = &self.workflow["events"][event];
            assert_eq!(offer["input"], signature["input"], "{event}");
            assert_eq!(offer["input"]["type"], "object", "{event}");
            assert_eq!(offer["title"], signature["title"], "{event}");
            let roles = signature["roles"].as_array().unwrap().iter();
            let mut roles = roles.filter_map(Json::as_str);
            assert!(
                roles.any(|role| self.actor.roles.iter().any(|own| own == role)),
                "{event}"
            );
        }
        if view["status"] == "done" {
            assert_eq!(view["events"], serde_json::json!([]));
            assert_eq!(view["timers"], serde_json::json!([]));
        }
    }

    /// What is expected of the data, and of timers, counts as long as no time should have passed.
    fn check_expectation(&mut self, line: &Line) {
        let Some(expected) = &line.then else {
            return;
        };
        let view = self.view();
        if let Some(code) = &expected.refused {
            let refused = self.refused.take();
            assert_eq!(refused.as_ref(), Some(code), "{}", self.place());
        }
        if let Some(active) = &expected.active {
            let mut wanted: Vec<&str> = active.iter().map(String::as_str).collect();
            let mut found = texts(&view["states"], "id");
            wanted.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, wanted, "{}", self.place());
        }
        if let Some(done) = expected.done {
            let status = if done { "done" } else { "running" };
            assert_eq!(view["status"], status, "{}", self.place());
        }
        if self.untimed > 0 {
            return;
        }
        let timeless = |(_, value): &(&String, &Json)| !is_a_time(value);
        for (name, value) in expected.data.iter().flatten().filter(timeless) {
            let found = &view["data"][name];
            assert!(
                holds(value, found),
                "{}: {name}: {value} in {found}",
                self.place()
            );
        }
        if let Some(timers) = &expected.timers {
            let mut wanted: Vec<&str> = timers.iter().map(String::as_str).collect();
            let mut found = texts(&view["timers"], "event");
            wanted.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, wanted, "{}", self.place());
        }
    }

    #[track_caller]
    fn assert_refusal_was_expected(&mut self, line: usize) {
        let refused = self.refused.take();
        assert_eq!(refused, None, "{}, before line {}", self.place(), line + 1);
    }

    fn place(&self) -> String {
        let Script { workflow, name, .. } = self.script;
        format!(
            "{workflow}/{name} (time did not pass {} times)",
            self.untimed
        )
    }
}

/// The events that a view says may be sent.
fn offered(view: &Json) -> Vec<String> {
    let offers = texts(&view["events"], "event");
    offers.into_iter().map(str::to_owned).collect()
}

/// One member of each object in a list.
pub(super) fn texts<'a>(list: &'a Json, member: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| item[member].as_str().unwrap()).collect()
}

/// Whether a value is a moment: what a scenario's own clock says, a server's says otherwise.
fn is_a_time(value: &Json) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

/// Whether one value has all that another has.
fn holds(expected: &Json, found: &Json) -> bool {
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| holds(value, found))),
        (expected, found) => expected == found,
    }
}
