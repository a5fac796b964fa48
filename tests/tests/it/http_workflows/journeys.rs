//! Every scenario of the shipped pack over HTTP, to every final state of every workflow.
//!
//! Time does not pass here as in a simulation, so lines that let it pass do nothing; no shipped
//! scenario needs them to get on. What deadlines do is for the simulation and the tests of crashes.

use std::collections::{BTreeMap, BTreeSet};

use casewright_tests::server::Server;
use serde_json::Value as Json;

use super::journey::{Journey, texts};
use super::{record, script};

/// The states to which a case comes back: returned applications, revised plans, failed acceptances,
/// customers who are not satisfied, retention that starts anew.
const ENTERED_AGAIN: &[(&str, &str)] = &[
    ("account-admission", "initial-review"),
    ("account-admission", "research-evaluation"),
    ("complaint-handling", "investigating"),
    ("complaint-handling", "solution-drafting"),
    ("exit-management", "retention-planning"),
    ("exit-management", "retaining"),
    ("project-lifecycle", "acceptance-requested"),
    ("project-lifecycle", "executing"),
    ("project-lifecycle", "plan-drafting"),
];

/// The states through which a case comes to an end that they do not lead to at best.
const DETOURS: &[(&str, &str, &str)] = &[
    ("account-admission", "returned", "admitted"),
    ("complaint-handling", "solution-drafting", "withdrawn"),
    ("exit-management", "retaining", "closed"),
    ("project-lifecycle", "rectification", "closed"),
];

#[test]
fn every_final_state_of_every_workflow_is_reached() {
    let mut server = Server::start();
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut emitted: BTreeSet<String> = BTreeSet::new();
    let mut again = BTreeSet::new();
    let mut detours = BTreeSet::new();
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
        let records = record::read(&journey);
        record::check(&journey, &records);
        for (state, times) in entered(&records) {
            if times > 1 {
                again.insert((script.workflow.clone(), state.clone()));
            }
            detours.insert((script.workflow.clone(), state, states[0].to_owned()));
        }
        finals.extend(states.into_iter().map(str::to_owned));
        for record in &records {
            decisions += record["decisions"].as_array().unwrap().len();
            emitted.extend(
                texts(&record["emitted"], "event")
                    .into_iter()
                    .map(str::to_owned),
            );
        }
    }
    assert_eq!(reached, final_states(&server));
    for (workflow, state) in ENTERED_AGAIN {
        let place = ((*workflow).to_owned(), (*state).to_owned());
        assert!(again.contains(&place), "{place:?}, found {again:?}");
    }
    for (workflow, through, end) in DETOURS {
        let detour = (
            (*workflow).to_owned(),
            (*through).to_owned(),
            (*end).to_owned(),
        );
        assert!(detours.contains(&detour), "{detour:?}");
    }
    assert!(decisions >= 10, "{decisions}");
    for event in [
        "notify",
        "exit-management.requested",
        "account-admission.admitted",
    ] {
        assert!(emitted.contains(event), "{emitted:?}");
    }
    // All of it can be taken again, with what the plugins answered.
    server.kill_and_verify();
}

/// How often a case entered each state, by what its records tell.
fn entered(records: &[Json]) -> BTreeMap<String, usize> {
    let mut entered = BTreeMap::new();
    let lines = records
        .iter()
        .flat_map(|record| record["trace"].as_array().unwrap());
    for state in lines.filter_map(|line| line.as_str()?.strip_prefix("enter ")) {
        *entered.entry(state.to_owned()).or_default() += 1;
    }
    entered
}

/// The states in which a case of a workflow ends, for every workflow that the server has.
fn final_states(server: &Server) -> BTreeMap<String, BTreeSet<String>> {
    let list = server.nobody().get("/workflows").expect(200).json();
    let ids = texts(&list["workflows"], "id");
    let finals = |id: &str| {
        let view = server
            .nobody()
            .get(&format!("/workflows/{id}"))
            .expect(200)
            .json();
        let states = view["workflow"]["states"].as_object().unwrap().iter();
        let finals = states.filter(|(_, state)| state["type"] == "final");
        finals.map(|(id, _)| id.clone()).collect()
    };
    ids.into_iter()
        .map(|id| (id.to_owned(), finals(id)))
        .collect()
}
