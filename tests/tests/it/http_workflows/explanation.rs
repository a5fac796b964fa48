//! Explaining what may happen to a case, and rehearsing an event.

use casewright_tests::server::Server;
use serde_json::{Value as Json, json};

use super::{complaint, registration};

fn event<'a>(explanation: &'a Json, name: &str) -> &'a Json {
    let mut events = explanation["events"].as_array().unwrap().iter();
    events.find(|event| event["event"] == name).unwrap()
}

#[test]
fn every_event_is_explained_to_the_one_who_asks() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let reply = client.get("/cases/C-1/explanation").expect(200);
    assert_eq!(reply.revision(), 1);
    let explanation = reply.json();
    let register = event(&explanation, "register");
    assert_eq!(register["verdict"], "open");
    assert_eq!(register["permitted"], true);
    assert!(
        register["required"]
            .as_array()
            .unwrap()
            .contains(&json!("content"))
    );
    let other = server.actor("somebody", "finance-dept");
    let explanation = other.get("/cases/C-1/explanation").expect(200).json();
    let register = event(&explanation, "register");
    assert_eq!(register["verdict"], "forbidden");
    assert!(
        register["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("account-manager"))
    );
    assert_eq!(
        event(&explanation, "start-investigation")["verdict"],
        "not-now"
    );
    // Every workflow event is there, in the order in which the workflow declares them.
    let workflow = client
        .get("/workflows/complaint-handling")
        .expect(200)
        .json();
    let declared = workflow["workflow"]["events"].as_object().unwrap().len();
    assert_eq!(explanation["events"].as_array().unwrap().len(), declared);
    client
        .get("/cases/C-2/explanation")
        .problem(404, "unknown-case");
}

#[test]
fn a_rehearsal_tells_what_would_happen_and_stores_nothing() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    let case = client.get("/cases/C-1").expect(200).json();
    let history = client.get("/cases/C-1/history").expect(200).json();
    let rehearse = |body: Json| client.post("/cases/C-1/explanation", &body);
    let reply = rehearse(json!({ "event": "register", "data": registration() })).expect(200);
    let rehearsed = reply.json();
    assert_eq!(rehearsed["verdict"], "step");
    let refused = rehearse(json!({ "event": "register" })).expect(200).json();
    assert_eq!(refused["verdict"], "refused");
    assert_eq!(refused["problem"]["type"], "/problems/invalid-data");
    let unknown = rehearse(json!({ "event": "regster" })).expect(200).json();
    assert_eq!(unknown["problem"]["hint"], "did you mean `register`?");
    rehearse(json!({ "event": 7 })).problem(422, "body-shape");
    assert_eq!(client.get("/cases/C-1").expect(200).json(), case);
    assert_eq!(client.get("/cases/C-1/history").expect(200).json(), history);
    let sent = client
        .event("C-1", "register", &registration())
        .expect(200)
        .json();
    let states: Vec<&str> = sent["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state["id"].as_str().unwrap())
        .collect();
    assert_eq!(rehearsed["step"]["states"], json!(states));
}
