//! Clients that are slow, and more of them than the server takes on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use casewright_tests::server::raw::{RawReply, connect, read_answer};
use casewright_tests::server::{Client, Server, Settings, eventually};
use serde_json::json;

/// A request of which the body is still to come, once the server asks for it.
fn announce(address: SocketAddr, length: usize) -> TcpStream {
    let mut stream = connect(address);
    let head = format!(
        "PUT /cases/C-1 HTTP/1.1\r\nHost: x\r\nCasewright-Actor: crm\r\nCasewright-Roles: system\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn answer(stream: &mut TcpStream) -> RawReply {
    read_answer(stream).expect("an answer")
}

/// Asks whether the server is well, on a connection that stays open.
fn ask(stream: &mut TcpStream) -> Option<RawReply> {
    let request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).ok()?;
    read_answer(stream)
}

/// What happened often is told, and not each time. It comes through a pipe: perhaps a moment later.
fn told_seldom(server: &Server, what: &str) {
    let told = eventually("the log tells of it", || {
        let told = server.stderr().matches(what).count();
        (told > 0).then_some(told)
    });
    assert!(told < 10, "{}", server.stderr());
}

fn open(client: &Client, case: &str) -> casewright_tests::server::Reply {
    client.open(case, "counting", &json!({}))
}

#[test]
fn a_connection_that_says_nothing_or_half_of_it_is_closed() {
    let server = Settings::small().with("--header-timeout", "50ms").start();
    for said in ["", "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = connect(server.address());
        stream.write_all(said.as_bytes()).unwrap();
        let mut rest = Vec::new();
        // Ends because the server hangs up. A reset says the same.
        if stream.read_to_end(&mut rest).is_ok() {
            assert!(!rest.starts_with(b"HTTP/1.1 200"));
        }
    }
    server.nobody().get("/health").expect(200);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Settings::small().with("--body-timeout", "50ms").start();
    let mut stream = announce(server.address(), 100);
    assert_eq!(answer(&mut stream).status, 100);
    stream.write_all(b"{\"workflow\":").unwrap();
    let told = answer(&mut stream);
    let problem = told.problem(408, "body-too-slow");
    assert_eq!(told.header("connection"), Some("close"));
    assert_eq!(problem["detail"], "expected the whole body within 50ms");
    let client = server.actor("crm", "system");
    client.get("/cases/C-1").problem(404, "unknown-case");
    open(&client, "C-1").expect(201);
}

#[test]
fn a_client_that_does_not_read_its_answers_is_hung_up_on() {
    let server = Settings::small()
        .with("--answer-timeout", "50ms")
        .with("--max-connections", "1")
        .start();
    let mut deaf = connect(server.address());
    let request = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    // More answers than any buffer between the two takes.
    let asked = 1000;
    deaf.write_all(request.repeat(asked).as_bytes()).unwrap();
    eventually("its place is free", || {
        let told = ask(&mut connect(server.address()))?;
        (told.status == 200).then_some(())
    });
    let answered = std::iter::from_fn(|| read_answer(&mut deaf)).take(asked);
    assert!(answered.count() < asked);
}

#[test]
fn commands_beyond_those_that_are_carried_out_at_a_time_are_turned_away() {
    let server = Settings::small().with("--max-commands", "8").start();
    let client = server.actor("crm", "system");
    let body = b"{\"workflow\": \"counting\"}";
    let mut begun: Vec<TcpStream> = (0..8)
        .map(|_| announce(server.address(), body.len()))
        .collect();
    for stream in &mut begun {
        // From here on this command has one of the places.
        assert_eq!(answer(stream).status, 100);
    }
    for number in 0..100 {
        let refused = open(&client, &format!("C-{number}"));
        refused.problem(503, "busy");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    // Looking is no command.
    client.get("/cases").expect(200);
    // All of one case: the first opens it.
    let mut statuses = begun.iter_mut().map(|stream| {
        stream.write_all(body).unwrap();
        answer(stream).status
    });
    assert_eq!(statuses.next(), Some(201));
    assert!(statuses.all(|status| status == 200));
    eventually("there is a place again", || {
        (open(&client, "C-2").status == 201).then_some(())
    });
    told_seldom(&server, "turned away");
}

/// A connection that is closed over what was not read is reset, and the answer goes with it.
#[test]
fn who_is_refused_early_hears_it_and_goes_on() {
    let server = Settings::small().start();
    let mut stream = connect(server.address());
    let body = vec![b' '; 16 << 20];
    for (request, status, code) in [
        ("PUT /nowhere", 404, "not-found"),
        ("PUT /health", 405, "method-not-allowed"),
        ("PUT /cases/C-1", 401, "actor-missing"),
        (
            "PUT /cases/C-1 HTTP/1.1\r\nCasewright-Actor: crm",
            413,
            "body-too-large",
        ),
    ] {
        let (line, headers) = request.split_once(" HTTP/1.1").unwrap_or((request, ""));
        let length = body.len();
        let head =
            format!("{line} HTTP/1.1\r\nHost: x{headers}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        answer(&mut stream).problem(status, code);
    }
    assert_eq!(ask(&mut stream).expect("an answer").status, 200);
}

#[test]
fn who_finds_no_place_hears_it_whatever_it_sends() {
    let server = Settings::small().with("--max-connections", "1").start();
    let mut served = connect(server.address());
    assert_eq!(ask(&mut served).expect("an answer").status, 200);
    let mut stream = connect(server.address());
    let body = vec![b' '; 8 << 20];
    let length = body.len();
    let head = format!("PUT /cases/C-1 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    answer(&mut stream).problem(503, "busy");
}

#[test]
fn a_large_command_counts_as_several() {
    let server = Settings::small().with("--max-commands", "4").start();
    let client = server.actor("crm", "system");
    open(&client, "C-1").expect(201);
    let event =
        |kib: usize| client.event("C-1", "count", &json!({ "last": "x".repeat(kib * 1024) }));
    event(100).problem(503, "busy");
    eventually("there is room again", || {
        (event(60).status == 200).then_some(())
    });
}

#[test]
fn connections_beyond_those_that_are_served_are_told_so() {
    let server = Settings::small().with("--max-connections", "2").start();
    let mut served: Vec<TcpStream> = (0..2).map(|_| connect(server.address())).collect();
    for stream in &mut served {
        assert_eq!(ask(stream).expect("an answer").status, 200);
    }
    for _ in 0..100 {
        let mut stream = connect(server.address());
        let told = ask(&mut stream).expect("an answer");
        told.problem(503, "busy");
        assert_eq!(told.header("retry-after"), Some("1"));
        assert_eq!(told.header("connection"), Some("close"));
    }
    for stream in &mut served {
        assert_eq!(ask(stream).expect("an answer").status, 200);
    }
    served.pop();
    eventually("there is room again", || {
        let told = ask(&mut connect(server.address()))?;
        (told.status == 200).then_some(())
    });
    told_seldom(&server, "--max-connections");
}

#[cfg(unix)]
#[test]
fn a_server_without_a_file_left_serves_whom_it_has_and_then_the_others() {
    let server = Settings::small().after("ulimit -n 64").start();
    let mut first = connect(server.address());
    assert_eq!(ask(&mut first).expect("an answer").status, 200);
    // Not more than the system lets wait, or connecting would wait, too.
    let mut others: Vec<TcpStream> = (0..100).map(|_| connect(server.address())).collect();
    told_seldom(&server, "cannot take a connection");
    let request = b"PUT /cases/C-1 HTTP/1.1\r\nHost: x\r\nCasewright-Actor: crm\r\nCasewright-Roles: system\r\n\
                    Content-Length: 24\r\n\r\n{\"workflow\": \"counting\"}";
    first.write_all(request).unwrap();
    assert_eq!(answer(&mut first).status, 201);
    // As some go, those that waited get their turn, without another word from anybody.
    let mut last = others.pop().unwrap();
    drop(others);
    assert_eq!(ask(&mut last).expect("an answer").status, 200);
    let client = server.actor("crm", "system");
    client
        .event("C-1", "count", &json!({ "last": "x" }))
        .expect(200);
    told_seldom(&server, "cannot take a connection");
}
