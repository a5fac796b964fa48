//! `Idempotency-Key`: a request that is sent again is answered as it was, and takes no second step.

use casewright_tests::server::{Client, Reply, Settings};
use serde_json::{Value as Json, json};

/// A server and somebody who sends it requests.
fn desk() -> (casewright_tests::server::Server, Client) {
    let server = Settings::small().start();
    let client = server.actor("crm", "system");
    (server, client)
}

fn keyed(client: &Client, key: &str) -> Client {
    client.with("Idempotency-Key", key)
}

fn count(client: &Client, last: &str) -> Reply {
    client.event("C-1", "count", &json!({ "last": last }))
}

/// Both are the same answer, byte for byte.
#[track_caller]
fn assert_same(first: &Reply, again: &Reply) {
    assert_eq!(again.status, first.status, "{}", again.text());
    for name in [
        "etag",
        "location",
        "content-location",
        "content-type",
        "preference-applied",
        "cache-control",
        "content-length",
    ] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(again.text(), first.text());
}

fn revision(client: &Client) -> u64 {
    client.get("/cases/C-1").expect(200).revision()
}

#[test]
fn each_way_to_take_a_step_is_answered_again() {
    let (_server, client) = desk();
    let opening = || keyed(&client, "\"open\"").open("C-1", "counting", &json!({}));
    let opened = opening().expect(201);
    assert_same(&opened, &opening());
    let counting = || count(&keyed(&client, "\"count\""), "one");
    let counted = counting().expect(200);
    assert_eq!(counted.revision(), 2);
    // What came between is not shown: the answer is the one of then.
    count(&client, "two").expect(200);
    assert_same(&counted, &counting());
    assert_same(&opened, &opening());
    assert_eq!(revision(&client), 3);
    // Without an id, the second request would open a second case.
    let creating =
        || keyed(&client, "\"create\"").post("/cases", &json!({ "workflow": "counting" }));
    let created = creating().expect(201);
    assert!(created.header("location").is_some());
    assert_same(&created, &creating());
    let cases = client.get("/cases").expect(200).json();
    assert_eq!(cases["cases"].as_array().map(Vec::len), Some(2));
}

#[test]
fn conditions_are_those_of_the_first_time() {
    let (_server, client) = desk();
    let new = client.with("If-None-Match", "*");
    let opening = |key: &str| keyed(&new, key).open("C-1", "counting", &json!({}));
    assert_same(&opening("a").expect(201), &opening("a"));
    opening("b").problem(412, "revision-mismatch");
    let at_one = client.with("If-Match", "\"1\"");
    let first = count(&keyed(&at_one, "c"), "x").expect(200);
    // The case has moved on by this very request.
    assert_same(&first, &count(&keyed(&at_one, "c"), "x"));
    count(&keyed(&at_one, "d"), "x").problem(412, "revision-mismatch");
    let minimal = client.with("Prefer", "return=minimal");
    let first = count(&keyed(&minimal, "e"), "x").expect(204);
    assert_same(&first, &count(&keyed(&minimal, "e"), "x"));
    assert_eq!(revision(&client), 3);
    // The case as it is, as ever when it was opened before: a key that is new changes nothing about that.
    let again = keyed(&client, "f")
        .open("C-1", "counting", &json!({}))
        .expect(200);
    assert_eq!(again.revision(), 3);
}

#[test]
fn a_key_is_that_of_one_request() {
    let (server, client) = desk();
    client.open("C-1", "counting", &json!({})).expect(201);
    client.open("C-2", "counting", &json!({})).expect(201);
    let with_key = keyed(&client, "\"k\"");
    count(&with_key, "x").expect(200);
    let others = [
        count(&with_key, "y"),
        with_key.event("C-2", "count", &json!({ "last": "x" })),
        with_key.open("C-3", "counting", &json!({})),
        count(&with_key.with("If-Match", "\"1\""), "x"),
        count(&with_key.with("Prefer", "return=minimal"), "x"),
        count(&with_key.with("Casewright-Roles", "system,auditor"), "x"),
    ];
    for other in others {
        other.problem(422, "idempotency-key-reused");
    }
    // Quotation marks are not part of the key; whose it is is.
    count(&keyed(&client, "k"), "x").expect(200);
    assert_eq!(revision(&client), 2);
    count(&keyed(&server.actor("erp", "system"), "k"), "x").expect(200);
    assert_eq!(revision(&client), 3);
}

#[test]
fn a_refusal_is_not_remembered() {
    let (_server, client) = desk();
    let with_key = keyed(&client, "k");
    count(&with_key, "x").problem(404, "unknown-case");
    client.open("C-1", "counting", &json!({})).expect(201);
    count(&with_key, "x").expect(200);
    assert_eq!(count(&with_key, "x").expect(200).revision(), 2);
}

#[test]
fn a_key_that_cannot_be_read_is_refused() {
    let (_server, client) = desk();
    client.open("C-1", "counting", &json!({})).expect(201);
    let long = "k".repeat(257);
    let values: [&[u8]; 8] = [
        b"",
        b"\"\"",
        b"\"a",
        b"a b",
        b"a, b",
        b"\"a\"b",
        "\"钥匙\"".as_bytes(),
        long.as_bytes(),
    ];
    for value in values {
        let with_key = client.with("Idempotency-Key", value);
        let problem = count(&with_key, "x").problem(400, "idempotency-key-invalid");
        assert!(problem["hint"].is_string(), "{problem:#}");
    }
    assert_eq!(revision(&client), 1);
    let longest = "k".repeat(256);
    count(&keyed(&client, &longest), "x").expect(200);
}

#[test]
fn answers_outlive_the_process() {
    let (mut server, client) = desk();
    let opened = keyed(&client, "o")
        .open("C-1", "counting", &json!({}))
        .expect(201);
    let counted = count(&keyed(&client, "c"), "x").expect(200);
    for _ in 0..2 {
        // Killed, as with `kill -9`.
        server.restart();
        let client = server.actor("crm", "system");
        assert_same(
            &opened,
            &keyed(&client, "o").open("C-1", "counting", &json!({})),
        );
        assert_same(&counted, &count(&keyed(&client, "c"), "x"));
        assert_eq!(revision(&client), 2);
        count(&keyed(&client, "c"), "y").problem(422, "idempotency-key-reused");
    }
}

#[test]
fn answers_are_forgotten_after_a_while() {
    let server = Settings::small()
        .with("--idempotency-expiry", "1ms")
        .start();
    let client = server.actor("crm", "system");
    client.open("C-1", "counting", &json!({})).expect(201);
    let with_key = keyed(&client, "k");
    count(&with_key, "x").expect(200);
    // Until then it is remembered.
    casewright_tests::server::eventually("the answer is forgotten", || {
        (count(&with_key, "x").expect(200).revision() == 3).then_some(())
    });
}

#[test]
fn the_description_names_the_header() {
    let description: Json = casewright::http::openapi();
    for (path, method) in [
        ("/cases", "post"),
        ("/cases/{case}", "put"),
        ("/cases/{case}/events", "post"),
    ] {
        let parameters = &description["paths"][path][method]["parameters"];
        let mut parameters = parameters.as_array().unwrap().iter();
        let header = parameters.find(|parameter| parameter["name"] == "Idempotency-Key");
        let header = header.unwrap_or_else(|| panic!("{method} {path}"));
        assert_eq!(header["in"], "header");
        assert_ne!(header["required"], true);
    }
}
