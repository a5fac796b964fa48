//! Bytes that are hardly HTTP, or not at all.

use casewright_tests::server::raw::exchange;

use super::Watched;

fn request(method: &str, target: &[u8], headers: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} ").into_bytes();
    bytes.extend(target);
    bytes.extend(b" HTTP/1.1\r\nHost: localhost\r\n");
    for header in headers {
        bytes.extend(*header);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn headers_that_are_not_utf_8() {
    let watched = Watched::start();
    let address = watched.server.address();
    let actor: &[u8] = b"Casewright-Actor: zhang.wei";
    let roles: &[u8] = b"Casewright-Roles: account-manager";
    for (headers, named) in [
        (
            &[&b"Casewright-Actor: \xff\xfe"[..], roles][..],
            "casewright-actor",
        ),
        (
            &[actor, b"Casewright-Roles: account-manager, \xc3\x28"],
            "casewright-roles",
        ),
    ] {
        let reply = exchange(address, [request("GET", b"/cases/TS-1", headers, b"")]);
        let problem = reply.problem(400, "actor-invalid");
        assert!(problem["detail"].as_str().unwrap().contains(named));
    }
    let body = b"{\"event\": \"record-visit\"}";
    let headers = [actor, roles, b"If-Match: \"\xff\""];
    let reply = exchange(
        address,
        [request("POST", b"/cases/TS-1/events", &headers, body)],
    );
    reply.problem(400, "precondition-invalid");
    // A preference that cannot be read is one that is not known: it is left out (RFC 7240, 2).
    let headers = [actor, roles, b"Prefer: return=\xff"];
    let reply = exchange(
        address,
        [request(
            "POST",
            b"/cases/TS-1/events",
            &headers,
            b"{\"event\": \"x\"}",
        )],
    );
    reply.problem(409, "unknown-event");
    watched.assert_unchanged();
}

#[test]
fn addresses_that_are_not_utf_8() {
    let watched = Watched::start();
    let address = watched.server.address();
    let headers: [&[u8]; 2] = [
        b"Casewright-Actor: zhang.wei",
        b"Casewright-Roles: account-manager",
    ];
    for target in [
        "/cases/%FF",
        "/cases/%C3%28/history",
        "/workflows/%FF",
        "/workflows/%ff/diagram",
        "/problems/%80",
    ] {
        let reply = exchange(address, [request("GET", target.as_bytes(), &headers, b"")]);
        let problem = reply.problem(404, "not-found");
        assert!(
            problem["detail"].as_str().unwrap().contains(target),
            "{problem:#}"
        );
    }
    let reply = exchange(address, [request("PUT", b"/cases/%FF", &headers, b"{}")]);
    reply.problem(404, "not-found");
    watched.assert_unchanged();
}

#[test]
fn bytes_that_are_no_request() {
    let watched = Watched::start();
    let address = watched.server.address();
    let many: Vec<u8> = (0..500)
        .flat_map(|n| format!("X-{n}: 1\r\n").into_bytes())
        .collect();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"GET /cases\r\n\r\n".to_vec(),
        b"GET /cases HTTP/1.1\r\nno colon here\r\n\r\n".to_vec(),
        b"POST /cases HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n".to_vec(),
        b"POST /cases HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_vec(),
        b"POST /cases HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n".to_vec(),
        [
            b"GET / HTTP/1.1\r\nHost: x\r\n".to_vec(),
            many,
            b"\r\n".to_vec(),
        ]
        .concat(),
    ] {
        let reply = exchange(address, [bytes]);
        assert!((400..500).contains(&reply.status), "{reply:?}");
    }
    let long = [
        b"GET /".to_vec(),
        vec![b'a'; 100_000],
        b" HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
    ]
    .concat();
    let reply = exchange(address, [long]);
    assert!(matches!(reply.status, 404 | 414), "{reply:?}");
    watched.assert_unchanged();
}

#[test]
fn a_client_that_hangs_up_in_the_middle() {
    use std::io::Write;
    let watched = Watched::start();
    for _ in 0..20 {
        let mut stream = std::net::TcpStream::connect(watched.server.address()).unwrap();
        let half = b"POST /cases/TS-1/events HTTP/1.1\r\nHost: x\r\nCasewright-Actor: a\r\nContent-Length: 900\r\n\r\n{\"ev";
        stream.write_all(half).unwrap();
    }
    watched.assert_unchanged();
}
