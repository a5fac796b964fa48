//! Clients that send steps while the server is killed.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};

use casewright_tests::server::{Client, Settings};
use serde_json::{Value as Json, json};

/// How often the server is killed.
const ROUNDS: u64 = 5;
/// How many clients send at a time.
const CLIENTS: u64 = 6;
/// How many steps a case gets before its client opens the next.
const STEPS: u64 = 7;
/// The case that every client sends to.
const SHARED: &str = "shared";

/// A step that was answered with success: the case, and its revision.
type Acknowledged = (String, u64);

#[test]
fn no_acknowledged_step_is_lost() {
    let mut server = Settings::small().start();
    let client = server.actor("crm", "system");
    client.open(SHARED, "counting", &json!({})).expect(201);
    let mut acknowledged: BTreeMap<String, u64> = [(SHARED.to_owned(), 1)].into();
    for round in 0..ROUNDS {
        // Another moment in each round.
        let kill_after = 60 + 37 * round;
        let (sender, steps) = channel();
        std::thread::scope(|scope| {
            for number in 0..CLIENTS {
                let client = server.actor("crm", "system");
                let sender = sender.clone();
                scope.spawn(move || send_until_killed(&client, round, number, &sender));
            }
            drop(sender);
            note(&steps, &mut acknowledged, kill_after);
            server.kill_and_verify();
            note(&steps, &mut acknowledged, u64::MAX);
        });
        server.restart();
        let client = server.actor("crm", "system");
        for (case, revision) in &mut acknowledged {
            *revision = check(&client, case, *revision);
        }
        check_journal(&client, &acknowledged);
    }
    assert!(
        acknowledged.len() as u64 > ROUNDS * CLIENTS,
        "{}",
        acknowledged.len()
    );
}

/// Opens cases and sends them events, one after the other, until there is no answer.
fn send_until_killed(client: &Client, round: u64, number: u64, sender: &Sender<Acknowledged>) {
    for nth in 0.. {
        let case = format!("case-{round}-{number}-{nth}");
        let body = json!({ "workflow": "counting" });
        if step(
            client,
            &format!("/cases/{case}"),
            "PUT",
            &body,
            &case,
            sender,
        )
        .is_none()
        {
            return;
        }
        for number in 1..=STEPS {
            // Every third step goes to the case of all.
            let to = if number % 3 == 0 { SHARED } else { &case };
            let event = json!({ "event": "count", "data": { "last": format!("{case}/{number}") } });
            let path = format!("/cases/{to}/events");
            if step(client, &path, "POST", &event, to, sender).is_none() {
                return;
            }
        }
    }
}

/// Sends one step, and passes on what was acknowledged; none when the server is gone.
fn step(
    client: &Client,
    path: &str,
    method: &str,
    body: &Json,
    case: &str,
    sender: &Sender<Acknowledged>,
) -> Option<()> {
    let reply = client
        .try_send(method, path, Some(body.to_string().as_bytes()))
        .ok()?;
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text());
    sender.send((case.to_owned(), reply.revision())).ok()
}

/// Takes down what was acknowledged: so many steps, or all that comes.
fn note(steps: &Receiver<Acknowledged>, acknowledged: &mut BTreeMap<String, u64>, count: u64) {
    for _ in 0..count {
        let Ok((case, revision)) = steps.recv() else {
            return;
        };
        let known = acknowledged.entry(case).or_default();
        *known = revision.max(*known);
    }
}

/// The case is as acknowledged, or further by what was on its way; and it goes on. Its revision then.
fn check(client: &Client, case: &str, acknowledged: u64) -> u64 {
    let view = client.get(&format!("/cases/{case}")).expect(200);
    let stored = view.revision();
    let on_their_way = if case == SHARED { CLIENTS } else { 1 };
    assert!(
        (acknowledged..=acknowledged + on_their_way).contains(&stored),
        "{case}: {acknowledged} acknowledged, {stored} stored"
    );
    let data = &view.json()["data"];
    assert_eq!(data["count"], stored - 1, "{case}: each step counts once");
    let next = client.with("If-Match", format!("\"{stored}\""));
    let event = next
        .event(case, "count", &json!({ "last": "after the restart" }))
        .expect(200);
    assert_eq!(event.revision(), stored + 1);
    stored + 1
}

/// The journal has every step of every case, no step twice, and no place twice.
fn check_journal(client: &Client, cases: &BTreeMap<String, u64>) {
    let mut places = Vec::new();
    for (case, revision) in cases {
        let mut seen = Vec::new();
        let mut after = 0;
        while after < *revision {
            let path = format!("/cases/{case}/history?limit=500&after={after}");
            let page = client.get(&path).expect(200).json();
            for record in page["records"].as_array().unwrap() {
                after = record["revision"].as_u64().unwrap();
                places.push(record["sequence"].as_u64().unwrap());
                seen.push(after);
            }
        }
        assert!(seen.iter().copied().eq(1..=*revision), "{case}: {seen:?}");
    }
    let count = places.len();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), count);
    // Nothing has been forgotten on the way: what is not in one of these cases was never written.
    assert!(places.last().is_some_and(|last| *last >= count as u64));
}

#[test]
fn what_was_opened_is_opened_again_without_harm() {
    let mut server = Settings::small().start();
    let opened = server
        .actor("crm", "system")
        .open("C-1", "counting", &json!({}));
    opened.expect(201);
    server.restart();
    // A client that does not know whether it was heard says it again.
    let client = server.actor("crm", "system");
    let again = client.open("C-1", "counting", &json!({})).expect(200);
    assert_eq!(again.revision(), 1);
}

#[test]
fn a_server_that_is_told_to_stop_writes_what_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::small();
    let server = settings.start_on(folder.path());
    let client = server.actor("crm", "system");
    client.open("C-1", "counting", &json!({})).expect(201);
    let (sender, steps) = channel();
    let mut acknowledged = BTreeMap::new();
    let code = std::thread::scope(|scope| {
        scope.spawn(move || {
            let event = json!({ "event": "count", "data": { "last": "x" } });
            // Being told that the server is stopping is an answer too.
            while let Ok(reply) = client.try_send(
                "POST",
                "/cases/C-1/events",
                Some(event.to_string().as_bytes()),
            ) && reply.status == 200
            {
                sender.send(("C-1".to_owned(), reply.revision())).unwrap();
            }
        });
        note(&steps, &mut acknowledged, 20);
        let code = server.stop();
        note(&steps, &mut acknowledged, u64::MAX);
        code
    });
    assert_eq!(code, Some(0));
    let server = settings.start_on(folder.path());
    check(&server.actor("crm", "system"), "C-1", acknowledged["C-1"]);
}

#[test]
fn a_client_that_hangs_does_not_keep_a_server_from_stopping() {
    let server = Settings::small().start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let half =
        b"POST /cases HTTP/1.1\r\nHost: x\r\nCasewright-Actor: crm\r\nContent-Length: 900\r\n\r\n{";
    stream.write_all(half).unwrap();
    // Answered after the half request was taken in, as far as anybody can tell.
    server.nobody().get("/health").expect(200);
    assert_eq!(server.stop(), Some(0));
}
