//! Events that a case does not take, and what the answer offers instead.

use casewright_tests::server::Server;
use serde_json::{Value as Json, json};

use super::{Watched, registration};

/// The events that a problem says may be sent now.
fn offered(problem: &Json) -> Vec<&str> {
    let events = problem["events"].as_array().unwrap().iter();
    events
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

#[test]
fn an_event_that_there_is_not() {
    let watched = Watched::start();
    let client = watched.manager();
    let problem = client
        .event("TS-1", "regster", &registration())
        .problem(409, "unknown-event");
    assert_eq!(problem["hint"], "did you mean `register`?");
    assert_eq!(
        offered(&problem),
        ["register", "customer-announces-exit", "record-visit"]
    );
    assert_eq!(problem["states"], json!(["received"]));
    assert_eq!(
        problem["events"][0]["input"]["required"],
        json!(["content", "customer_info"])
    );
    for name in [
        "",
        "登记",
        "deadline.visit",
        "done.state.received",
        "*",
        "a b",
        "\u{0}",
    ] {
        let problem = client
            .event("TS-1", name, &json!({}))
            .problem(409, "unknown-event");
        assert_eq!(offered(&problem).len(), 3, "{name}");
    }
    let long = "x".repeat(100_000);
    client
        .event("TS-1", &long, &json!({}))
        .problem(409, "unknown-event");
    watched.assert_unchanged();
}

#[test]
fn an_event_that_is_not_for_this_state() {
    let watched = Watched::start();
    let problem = watched
        .manager()
        .event(
            "TS-1",
            "summary-filed",
            &json!({ "summary": "早了", "improvement_measures": ["无"] }),
        )
        .problem(409, "event-not-now");
    assert_eq!(problem["states"], json!(["received"]));
    assert_eq!(
        offered(&problem),
        ["register", "customer-announces-exit", "record-visit"]
    );
    watched.assert_unchanged();
}

#[test]
fn a_condition_that_does_not_hold() {
    let server = Server::start();
    let client = server.actor("zhang.wei", "account-manager");
    let data =
        json!({ "account": { "name": "Bluewater Logistics" }, "tier": "core", "channel": "phone" });
    client.open("TS-1", "complaint-handling", &data).expect(201);
    let before = client
        .event("TS-1", "register", &registration())
        .expect(200)
        .json();
    let problem = client
        .event("TS-1", "start-investigation", &json!({}))
        .problem(409, "guard-failed");
    let blocked = problem["blocked"].as_array().unwrap();
    assert_eq!(blocked.len(), 1);
    assert_eq!(blocked[0]["state"], "registered");
    assert_eq!(blocked[0]["target"], json!(["investigating"]));
    assert_eq!(blocked[0]["title"]["zh"], "须明确参与调查的部门");
    assert_eq!(
        blocked[0]["title"]["en"],
        "The departments that investigate are named"
    );
    assert!(
        blocked[0]["guard"]
            .as_str()
            .unwrap()
            .contains("investigating_depts")
    );
    assert_eq!(blocked[0]["error"], Json::Null);
    assert!(
        offered(&problem).contains(&"start-investigation"),
        "with other data it is taken"
    );
    assert_eq!(client.get("/cases/TS-1").json(), before);
    let named = json!({ "investigating_depts": ["technical-support"] });
    client
        .event("TS-1", "start-investigation", &named)
        .expect(200);
}

#[test]
fn an_actor_without_the_role() {
    let watched = Watched::start();
    for roles in [
        "",
        "finance-dept",
        "Account-Manager",
        "account-manager;customer",
    ] {
        let client = watched.server.actor("zhao.lei", roles);
        let problem = client
            .event("TS-1", "register", &registration())
            .problem(403, "forbidden");
        let roles = json!([
            "account-manager",
            "customer-service-dept",
            "after-sales-staff"
        ]);
        assert_eq!(problem["roles"], roles);
        assert_eq!(problem["events"], json!([]));
    }
    let data = json!({ "account": { "name": "x" }, "tier": "core", "channel": "phone" });
    let client = watched.server.actor("zhao.lei", "finance-dept");
    let problem = client
        .open("TS-2", "complaint-handling", &data)
        .problem(403, "forbidden");
    assert!(
        problem["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("customer"))
    );
    watched.assert_unchanged();
}

#[test]
fn data_that_does_not_match() {
    let watched = Watched::start();
    let client = watched.manager();
    let person = json!({ "name": "梁晓东" });
    for (data, pointers) in [
        (json!({}), &["/data", "/data"][..]),
        (json!([]), &["/data"]),
        (json!(null), &["/data"]),
        (json!("三号产线"), &["/data"]),
        (
            json!({ "content": "", "customer_info": person }),
            &["/data/content"],
        ),
        (
            json!({ "content": 7, "customer_info": person }),
            &["/data/content"],
        ),
        (
            json!({ "content": "停机", "customer_info": { "phone": "1" } }),
            &["/data/customer_info"],
        ),
        (
            json!({ "content": "停机", "customer_info": { "name": 7 } }),
            &["/data/customer_info/name"],
        ),
        (
            json!({ "content": "停机", "customer_info": person, "investigating_depts": ["a", "", 3] }),
            &["/data/investigating_depts/1", "/data/investigating_depts/2"],
        ),
        (
            json!({ "content": "停机", "customer_info": person, "severty": "major" }),
            &["/data"],
        ),
        (
            json!({ "content": "停机", "customer_info": person, "rounds": 3 }),
            &["/data"],
        ),
        (
            json!({ "content": "停机", "customer_info": person, "category": "weather" }),
            &["/data/category"],
        ),
    ] {
        let problem = client
            .event("TS-1", "register", &data)
            .problem(422, "invalid-data");
        let violations = problem["violations"].as_array().unwrap();
        let found: Vec<&str> = violations
            .iter()
            .map(|v| v["pointer"].as_str().unwrap())
            .collect();
        let starts = found.len() == pointers.len()
            && found
                .iter()
                .zip(pointers)
                .all(|(found, pointer)| found.starts_with(pointer));
        assert!(starts, "{data}: {found:?}, expected {pointers:?}");
        assert!(
            violations
                .iter()
                .all(|v| v["message"].as_str().is_some_and(|m| !m.is_empty()))
        );
    }
    watched.assert_unchanged();
}

#[test]
fn opening_with_data_that_does_not_match() {
    let watched = Watched::start();
    let client = watched.manager();
    for (data, pointer) in [
        (json!({}), "/data"),
        (
            json!({ "account": { "name": "x" }, "tier": "golden", "channel": "phone" }),
            "/data/tier",
        ),
        (
            json!({ "account": "x", "tier": "core", "channel": "phone" }),
            "/data/account",
        ),
        (
            json!({ "account": { "name": "" }, "tier": "core", "channel": "phone" }),
            "/data/account/name",
        ),
        (
            json!({ "account": { "name": "x" }, "tier": "core", "channel": "phone", "received_at": "昨天" }),
            "/data/received_at",
        ),
        (
            json!({ "account": { "name": "x" }, "tier": "core", "channel": "phone", "overdue": ["visit"] }),
            "/data",
        ),
    ] {
        let problem = client
            .open("TS-2", "complaint-handling", &data)
            .problem(422, "invalid-data");
        let first = problem["violations"][0]["pointer"].as_str().unwrap();
        assert!(first.starts_with(pointer), "{data}: {problem:#}");
    }
    watched.assert_unchanged();
}

#[test]
fn an_event_after_the_end() {
    let server = Server::start();
    let client = server.actor("li.na", "sales-dept");
    client
        .open(
            "KA-1",
            "account-admission",
            &json!({ "account": { "name": "华东精密" } }),
        )
        .expect(201);
    let reason = json!({ "reason": "客户内部组织调整，暂缓申请" });
    let ended = client.event("KA-1", "withdraw", &reason).expect(200).json();
    assert_eq!(ended["status"], "done");
    for event in ["withdraw", "submit-application", "no-such-event"] {
        let problem = client
            .event("KA-1", event, &reason)
            .problem(409, "case-done");
        assert_eq!(problem["events"], json!([]));
        assert_eq!(problem["states"], json!(["withdrawn"]));
    }
    assert_eq!(client.get("/cases/KA-1").json(), ended);
}
