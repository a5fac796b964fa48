//! Sending events: with a revision, with little to hear, and many at a time.

use casewright_tests::server::Server;
use serde_json::json;

use super::{complaint, registration};

#[test]
fn a_revision_guards_against_what_was_not_seen() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let stale = client.with("If-Match", "\"7\"");
    let problem = stale
        .event("C-1", "register", &registration())
        .problem(412, "revision-mismatch");
    assert_eq!(
        (&problem["expected"], &problem["revision"]),
        (&json!([7]), &json!(1))
    );
    let fresh = client.with("If-Match", "\"1\"");
    let registered = fresh.event("C-1", "register", &registration()).expect(200);
    assert_eq!(registered.revision(), 2);
    let problem = fresh
        .event("C-1", "start-investigation", &json!({}))
        .problem(412, "revision-mismatch");
    assert_eq!(problem["revision"], 2);
    let either = client.with("If-Match", "\"1\", \"2\"");
    let visit = json!({ "visit_done_at": "2026-03-13T05:00:00+08:00" });
    let visited = either.event("C-1", "record-visit", &visit).expect(200);
    assert_eq!(visited.header("content-location"), Some("/cases/C-1"));
    let any = client.with("If-Match", "*");
    any.event("C-1", "start-investigation", &json!({}))
        .expect(200);
}

#[test]
fn a_client_may_want_to_hear_little() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let brief = client.with("Prefer", "respond-async, Return=Minimal");
    let reply = brief.event("C-1", "register", &registration()).expect(204);
    assert_eq!(reply.revision(), 2);
    assert_eq!(reply.header("preference-applied"), Some("return=minimal"));
    assert_eq!(reply.text(), "");
    // What goes wrong is told all the same.
    brief
        .event("C-1", "register", &registration())
        .problem(409, "event-not-now");
}

#[test]
fn of_many_with_one_revision_one_wins() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let outcomes: Vec<u16> = std::thread::scope(|scope| {
        let send = |number: u32| {
            let client = server.actor(&format!("manager-{number}"), "account-manager");
            let visit = json!({ "visit_done_at": "2026-03-13T05:00:00+08:00" });
            let client = client.with("If-Match", "\"1\"");
            client.event("C-1", "record-visit", &visit).status
        };
        let threads: Vec<_> = (0..16)
            .map(|number| scope.spawn(move || send(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        outcomes.iter().filter(|status| **status == 200).count(),
        1,
        "{outcomes:?}"
    );
    assert_eq!(
        outcomes.iter().filter(|status| **status == 412).count(),
        15,
        "{outcomes:?}"
    );
    assert_eq!(client.get("/cases/C-1").revision(), 2);
}

#[test]
fn what_is_offered_depends_on_who_asks() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let offered = |roles: &str| -> Vec<String> {
        let view = server
            .actor("somebody", roles)
            .get("/cases/C-1")
            .expect(200)
            .json();
        let events = view["events"].as_array().unwrap().iter();
        events
            .map(|event| event["event"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        offered("account-manager"),
        ["register", "customer-announces-exit", "record-visit"]
    );
    assert_eq!(offered("customer"), ["customer-announces-exit"]);
    assert_eq!(
        offered("customer-service-dept, customer"),
        ["register", "customer-announces-exit"]
    );
    assert_eq!(offered("finance-dept"), [""; 0]);
}
