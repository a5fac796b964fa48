//! Every scenario of the shipped pack over HTTP, to every final state of every workflow.
//!
//! Time does not pass here as in a simulation, so lines that let it pass do nothing; no shipped
//! scenario needs them to get on. What deadlines do is for the simulation and the tests of crashes.

use std::collections::{BTreeMap, BTreeSet};

use casewright_tests::server::Server;
use serde_json::Value as Json;

use super::journey::{Journey, texts};
use super::{record, script};

#[test]
fn every_final_state_of_every_workflow_is_reached() {
    let server = Server::start();
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut emitted: BTreeSet<String> = BTreeSet::new();
    let mut decisions = 0;
    let scripts = script::shipped();
    assert!(scripts.len() >= 40, "{}", scripts.len());
    for script in &scripts {
        let mut journey = Journey::open(&server, script);
        journey.go();
        let view = journey.view();
        assert_eq!(view["status"], "done", "{}", journey.case);
        let states = texts(&view["states"], "id");
        let finals = reached.entry(script.workflow.clone()).or_default();
        finals.extend(states.into_iter().map(str::to_owned));
        let records = record::read(&journey);
        record::check(&journey, &records);
        for record in &records {
            decisions += record["decisions"].as_array().unwrap().len();
            emitted.extend(texts(&record["emitted"], "event").into_iter().map(str::to_owned));
        }
    }
    assert_eq!(reached, final_states(&server));
    assert!(decisions >= 10, "{decisions}");
    for event in ["notify", "exit-management.requested", "account-admission.admitted"] {
        assert!(emitted.contains(event), "{emitted:?}");
    }
}

#[test]
fn the_scripts_go_through_every_loop() {
    let server = Server::start();
    for (workflow, script, event, times) in [
        ("account-admission", "supplement-then-more-research", "submit-application", 2),
        ("account-admission", "supplement-then-more-research", "complete-evaluation", 2),
        ("complaint-handling", "late-and-not-satisfied", "solution-told", 5),
        ("complaint-handling", "late-and-not-satisfied", "customer-not-satisfied", 2),
        ("project-lifecycle", "research-and-customer-group", "submit-plan", 2),
        ("project-lifecycle", "research-and-customer-group", "work-complete", 2),
        ("project-lifecycle", "research-and-customer-group", "start-preparation", 2),
    ] {
        let scripts = script::shipped();
        let mut named = scripts.iter().filter(|s| s.workflow == workflow && s.name == script);
        let script = named.next().unwrap();
        let case = format!("{workflow}:{}", script.name);
        let client = server.actor("auditor", "senior-management");
        if client.get(&format!("/cases/{case}")).status == 404 {
            Journey::open(&server, script).go();
        }
        let history = client.get(&format!("/cases/{case}/history?limit=500")).expect(200).json();
        let events = texts(&history["records"], "event");
        let found = events.iter().filter(|other| **other == event).count();
        assert_eq!(found, times, "{case}: {event}");
    }
}

/// The states in which a case of a workflow ends, for every workflow that the server has.
fn final_states(server: &Server) -> BTreeMap<String, BTreeSet<String>> {
    let list = server.nobody().get("/workflows").expect(200).json();
    let ids = texts(&list["workflows"], "id");
    let finals = |id: &str| {
        let view = server.nobody().get(&format!("/workflows/{id}")).expect(200).json();
        let states = view["workflow"]["states"].as_object().unwrap().iter();
        let finals = states.filter(|(_, state)| state["type"] == Json::from("final"));
        finals.map(|(id, _)| id.clone()).collect()
    };
    ids.into_iter().map(|id| (id.to_owned(), finals(id))).collect()
}
