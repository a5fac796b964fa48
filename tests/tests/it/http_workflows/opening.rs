//! Opening cases: once, again, and otherwise.

use casewright_tests::server::Server;
use serde_json::json;

use super::{complaint, registration};

#[test]
fn opening_again_is_harmless() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    let data = complaint("华东能源集团");
    let first = client
        .open("TS-2026-0312", "complaint-handling", &data)
        .expect(201);
    assert_eq!(first.revision(), 1);
    assert_eq!(first.header("location"), Some("/cases/TS-2026-0312"));
    let again = client
        .open("TS-2026-0312", "complaint-handling", &data)
        .expect(200);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("location"), Some("/cases/TS-2026-0312"));
    assert_eq!(again.revision(), 1);
    // Also when the case has gone on meanwhile: the client that repeats does not know that.
    client
        .event("TS-2026-0312", "register", &registration())
        .expect(200);
    let later = client
        .open("TS-2026-0312", "complaint-handling", &data)
        .expect(200);
    assert_eq!(later.revision(), 2);
    assert_eq!(later.json()["states"][0]["id"], "registered");
    let history = client.get("/cases/TS-2026-0312/history").expect(200).json();
    assert_eq!(history["records"].as_array().unwrap().len(), 2);
}

#[test]
fn opening_otherwise_is_refused() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager, sales-dept");
    let data = complaint("华东能源集团");
    client.open("C-1", "complaint-handling", &data).expect(201);
    let other = complaint("Bluewater Logistics");
    let by_li = server.actor("li.na", "account-manager");
    for (client, workflow, data) in [
        (&client, "complaint-handling", &other),
        (&by_li, "complaint-handling", &data),
        (
            &client,
            "account-admission",
            &json!({ "account": { "name": "华东能源集团" } }),
        ),
    ] {
        let problem = client
            .open("C-1", workflow, data)
            .problem(409, "case-exists");
        assert_eq!(problem["workflow"], "complaint-handling");
        assert_eq!(problem["revision"], 1);
    }
    assert_eq!(client.get("/cases/C-1").revision(), 1);
}

#[test]
fn a_client_may_want_to_be_the_first() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    let first = client.with("If-None-Match", "*");
    let data = complaint("华东能源集团");
    first.open("C-1", "complaint-handling", &data).expect(201);
    let problem = first
        .open("C-1", "complaint-handling", &data)
        .problem(412, "revision-mismatch");
    assert_eq!(problem["revision"], 1);
}

#[test]
fn a_case_gets_an_id_when_it_has_none() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    let body = json!({ "workflow": "complaint-handling", "data": complaint("华东能源集团") });
    let one = client.post("/cases", &body).expect(201);
    let other = client.post("/cases", &body).expect(201);
    let (one_id, other_id) = (one.json()["id"].clone(), other.json()["id"].clone());
    assert_ne!(one_id, other_id);
    let place = format!("/cases/{}", one_id.as_str().unwrap());
    assert_eq!(one.header("location"), Some(place.as_str()));
    assert_eq!(client.get(&place).expect(200).json(), one.json());
    let named = json!({
        "workflow": "complaint-handling", "id": "crm:42~a_b.c", "data": complaint("华东能源集团"),
    });
    let third = client.post("/cases", &named).expect(201);
    assert_eq!(third.header("location"), Some("/cases/crm:42~a_b.c"));
    client.post("/cases", &named).expect(200);
}

#[test]
fn names_of_people_are_not_all_ascii() {
    let server = Server::start();
    let client = server.actor("张伟", "account-manager , 客户代表,,");
    let opened = client
        .open("C-1", "complaint-handling", &complaint("华东能源集团"))
        .expect(201);
    assert_eq!(opened.json()["created_by"], "张伟");
    let history = client.get("/cases/C-1/history").expect(200).json();
    let actor = &history["records"][0]["actor"];
    assert_eq!(
        *actor,
        json!({ "id": "张伟", "roles": ["account-manager", "客户代表"] })
    );
}

#[test]
fn many_open_one_case_and_one_does() {
    let server = Server::start();
    let data = complaint("华东能源集团");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let open = || {
            let client = server.actor("crm", "system");
            client.open("C-1", "complaint-handling", &data).status
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        15,
        "{statuses:?}"
    );
}
