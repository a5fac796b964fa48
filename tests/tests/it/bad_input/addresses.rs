//! Addresses at which there is nothing, and methods that they do not take.

use serde_json::json;

use super::{Watched, registration};

#[test]
fn names_that_there_are_not() {
    let watched = Watched::start();
    let client = watched.manager();
    client.get("/cases/TS-9").problem(404, "unknown-case");
    client
        .get("/cases/TS-9/history")
        .problem(404, "unknown-case");
    client
        .event("TS-9", "register", &registration())
        .problem(404, "unknown-case");
    for reply in [
        client.open("TS-9", "complaint-handing", &json!({})),
        client.post("/cases", &json!({ "workflow": "complaint-handing" })),
        client.get("/workflows/complaint-handing"),
        client.get("/workflows/complaint-handing/diagram"),
    ] {
        let problem = reply.problem(404, "unknown-workflow");
        let known = json!([
            "account-admission",
            "complaint-handling",
            "exit-management",
            "project-lifecycle"
        ]);
        assert_eq!(problem["known"], known);
        assert_eq!(problem["hint"], "did you mean `complaint-handling`?");
    }
    watched.assert_unchanged();
}

#[test]
fn ids_that_cannot_be() {
    let watched = Watched::start();
    let client = watched.manager();
    let data = json!({ "account": { "name": "x" }, "tier": "core", "channel": "phone" });
    let long = "x".repeat(129);
    for id in [
        "", ".", "..", "a b", "a/b", "投诉-1", "a\u{0}", "a?b", "a%20b", "<script>", &long,
    ] {
        let body = json!({ "workflow": "complaint-handling", "id": id, "data": data });
        let problem = client.post("/cases", &body).problem(422, "invalid-id");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .starts_with("expected an id"),
            "{problem:#}"
        );
    }
    for id in ["a%20b", "a%2Fb", "%E6%8A%95%E8%AF%89", "%00", &long] {
        client
            .open(id, "complaint-handling", &data)
            .problem(422, "invalid-id");
    }
    watched.assert_unchanged();
    let longest = "x".repeat(128);
    client
        .open(&longest, "complaint-handling", &data)
        .expect(201);
}

#[test]
fn nothing_is_there() {
    let watched = Watched::start();
    let client = watched.manager();
    for address in [
        "/case",
        "/cases/",
        "/cases/TS-1/",
        "/cases/TS-1/event",
        "/cases/TS-1/events/3",
        "//",
        "/Cases",
        "/problems/",
        "/..%2f..%2fetc/passwd",
    ] {
        let problem = client.get(address).problem(404, "not-found");
        assert!(
            problem["detail"].as_str().unwrap().contains(address),
            "{problem:#}"
        );
    }
    watched.assert_unchanged();
}

#[test]
fn methods_that_are_not_taken() {
    let watched = Watched::start();
    let client = watched.manager();
    for (method, address, allowed) in [
        ("DELETE", "/cases/TS-1", &["GET", "PUT"][..]),
        ("PATCH", "/cases/TS-1", &["GET", "PUT"]),
        ("POST", "/cases/TS-1", &["GET", "PUT"]),
        ("GET", "/cases/TS-1/events", &["POST"]),
        ("PUT", "/cases", &["GET", "POST"]),
        ("POST", "/workflows/complaint-handling", &["GET", "PUT"]),
        ("DELETE", "/workflows/complaint-handling", &["GET", "PUT"]),
        ("POST", "/health", &["GET"]),
        ("OPTIONS", "/cases", &["GET", "POST"]),
    ] {
        let body = ["POST", "PUT", "PATCH"]
            .contains(&method)
            .then_some(&b"{}"[..]);
        let reply = client.send(method, address, body);
        let problem = reply.problem(405, "method-not-allowed");
        assert!(
            problem["detail"].as_str().unwrap().contains(method),
            "{problem:#}"
        );
        let header = reply.header("allow").unwrap_or_default();
        let found: Vec<&str> = header
            .split(',')
            .map(str::trim)
            .filter(|method| *method != "HEAD")
            .collect();
        assert_eq!(found, allowed, "{method} {address}");
    }
    watched.assert_unchanged();
}
