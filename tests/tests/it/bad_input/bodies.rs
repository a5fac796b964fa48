//! Bodies that are no JSON, of another shape, or without end.

use casewright_tests::server::raw::exchange;
use serde_json::json;

use super::Watched;

#[test]
fn bodies_that_are_no_json() {
    let watched = Watched::start();
    let client = watched.manager();
    for (body, place) in [
        (
            &b"{\n  \"event\": \"register\",\n  \"data\": {,}\n}"[..],
            "line 3 column 12",
        ),
        (b"", "line 1 column 0"),
        (b"{\"event\": \"register\"", "line 1 column 20"),
        (b"{\"event\": \"register\"} {}", "line 1 column 23"),
        (b"{'event': 'register'}", "line 1 column 2"),
        (b"event=register", "line 1 column 1"),
        (b"{\"event\": \"\xff\xfe\"}", "line 1 column"),
        (b"\xef\xbb\xbf{\"event\": \"register\"}", "line 1 column 1"),
        (
            b"{\"event\": \"register\", \"data\": {\"a\": NaN}}",
            "line 1 column",
        ),
        (b"{\"event\": \"a\x01b\"}", "line 1 column"),
    ] {
        let shown = String::from_utf8_lossy(body);
        let reply = client.send("POST", "/cases/TS-1/events", Some(body));
        let problem = reply.problem(400, "malformed-json");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(place), "{shown}: {detail}");
    }
    for body in [
        &b""[..],
        b"{",
        b"workflow: complaint-handling",
        b"{\"workflow\": \"\xff\"}",
    ] {
        client
            .send("PUT", "/cases/TS-2", Some(body))
            .problem(400, "malformed-json");
        client
            .send("POST", "/cases", Some(body))
            .problem(400, "malformed-json");
    }
    watched.assert_unchanged();
}

#[test]
fn bodies_of_another_shape() {
    let watched = Watched::start();
    let client = watched.manager();
    for (body, told) in [
        (json!({}), "missing field `event`"),
        (json!([]), "invalid length 0"),
        (json!(null), "invalid type: null"),
        (json!("register"), "invalid type: string"),
        (json!({ "event": 7 }), "invalid type: integer `7`"),
        (json!({ "event": null }), "invalid type: null"),
        (
            json!({ "event": "register", "dta": {} }),
            "unknown field `dta`, expected `event` or `data`",
        ),
        (
            json!({ "event": "register", "actor": "root" }),
            "unknown field `actor`",
        ),
    ] {
        let problem = client
            .post("/cases/TS-1/events", &body)
            .problem(422, "body-shape");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{body}: {detail}");
    }
    for (body, told) in [
        (json!({ "data": {} }), "missing field `workflow`"),
        (
            json!({ "workflow": ["complaint-handling"], "data": {} }),
            "invalid type: sequence",
        ),
        (
            json!({ "workflow": "complaint-handling", "version": "0.1.0" }),
            "unknown field `version`",
        ),
    ] {
        for reply in [
            client.post("/cases", &body),
            client.put("/cases/TS-2", &body),
        ] {
            let problem = reply.problem(422, "body-shape");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(told), "{body}: {detail}");
        }
    }
    let twice = b"{\"event\": \"register\", \"event\": \"withdraw\"}";
    let problem = client
        .send("POST", "/cases/TS-1/events", Some(twice))
        .problem(422, "body-shape");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("duplicate field `event`")
    );
    watched.assert_unchanged();
}

#[test]
fn bodies_that_nest_without_end() {
    let watched = Watched::start();
    let client = watched.manager();
    for depth in [127, 128, 1_000, 100_000, 500_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!(
                "{}1{}",
                open.repeat(depth / open.len()),
                close.repeat(depth / open.len())
            );
            let body = format!("{{\"event\": \"register\", \"data\": {{\"content\": {nested}}}}}");
            let reply = client.send("POST", "/cases/TS-1/events", Some(body.as_bytes()));
            assert!(
                matches!(reply.status, 400 | 422),
                "{depth}: {}",
                reply.text()
            );
            // Never closed, too.
            let body = format!(
                "{{\"event\": \"register\", \"data\": {}",
                open.repeat(depth / open.len())
            );
            let reply = client.send("POST", "/cases/TS-1/events", Some(body.as_bytes()));
            reply.problem(400, "malformed-json");
        }
    }
    // Shallow enough for JSON, and no contents of a complaint.
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let body = format!("{{\"event\": \"register\", \"data\": {{\"content\": {deep}}}}}");
    let reply = client.send("POST", "/cases/TS-1/events", Some(body.as_bytes()));
    reply.problem(422, "invalid-data");
    watched.assert_unchanged();
}

/// Fifty million bytes, in parts.
const PARTS: usize = 50;
const PART_BYTES: usize = 1_000_000;

fn head(framing: &str) -> Vec<u8> {
    format!(
        "POST /cases/TS-1/events HTTP/1.1\r\nHost: localhost\r\nCasewright-Actor: zhang.wei\r\n\
         Casewright-Roles: account-manager\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_body_of_fifty_million_bytes() {
    let watched = Watched::start();
    let address = watched.server.address();
    let part = || vec![b' '; PART_BYTES];
    let announced = std::iter::once(head(&format!("Content-Length: {}", PARTS * PART_BYTES)))
        .chain((0..PARTS).map(|_| part()));
    let problem = exchange(address, announced).problem(413, "body-too-large");
    assert!(problem["detail"].as_str().unwrap().contains("1048576"));
    assert!(problem["hint"].is_string());
    let chunk = || {
        let mut chunk = format!("{PART_BYTES:x}\r\n").into_bytes();
        chunk.extend(part());
        chunk.extend(b"\r\n");
        chunk
    };
    let chunked = std::iter::once(head("Transfer-Encoding: chunked"))
        .chain((0..PARTS).map(|_| chunk()))
        .chain([b"0\r\n\r\n".to_vec()]);
    exchange(address, chunked).problem(413, "body-too-large");
    // Announced, and never sent: because it is too much, or because the client asks first.
    for framing in [
        "Content-Length: 9007199254740991",
        "Content-Length: 2000000\r\nExpect: 100-continue",
    ] {
        exchange(address, [head(framing)]).problem(413, "body-too-large");
    }
    // A client that reads only when it has sent everything hears of it as well.
    let reply = watched
        .manager()
        .send("POST", "/cases", Some(&vec![b' '; PARTS * PART_BYTES]));
    reply.problem(413, "body-too-large");
    watched.assert_unchanged();
}

#[test]
fn a_body_just_too_large_and_one_just_not() {
    let watched = Watched::start();
    let client = watched.manager();
    let body = |bytes: usize| {
        let text = b"{\"event\": \"no-such-event\"}";
        let mut body = text.to_vec();
        body.resize(bytes, b' ');
        body
    };
    let limit = 1024 * 1024;
    let reply = client.send("POST", "/cases/TS-1/events", Some(&body(limit)));
    reply.problem(409, "unknown-event");
    let reply = client.send("POST", "/cases/TS-1/events", Some(&body(limit + 1)));
    reply.problem(413, "body-too-large");
    let file = "#".repeat(limit + 1);
    let administrator = watched.server.actor("admin", "administrator");
    let reply = administrator.send(
        "PUT",
        "/workflows/complaint-handling",
        Some(file.as_bytes()),
    );
    reply.problem(413, "body-too-large");
    watched.assert_unchanged();
}
