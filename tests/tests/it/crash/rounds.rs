//! Rounds of load, `kill -9` and a new start on the same data. Every request has an `Idempotency-Key`, and
//! whatever was not answered is sent again: in the end each was carried out once.
//!
//! `CRASH_ROUNDS=200` makes more of them.

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, channel};

use casewright_tests::server::{Client, Reply, Server, Settings, eventually};
use serde_json::{Value as Json, json};

/// How many rounds there are unless `CRASH_ROUNDS` says otherwise.
const ROUNDS: u64 = 3;
/// How many clients send at a time.
const CLIENTS: u64 = 64;
/// How many events a case gets before its client opens the next.
const EVENTS: u64 = 6;
/// How many answers from before the crash each client asks for again.
const REPEATED: usize = 3;
/// The case that every client sends to.
const SHARED: &str = "shared";

/// A request that asks for one step.
#[derive(Debug)]
struct Sent {
    method: &'static str,
    path: String,
    body: Json,
    case: String,
    /// The key; the event carries it, too, so that its record tells which request it is of.
    key: String,
    reply: Option<Reply>,
}

/// What has been seen of a case of all rounds, and of the journal.
#[derive(Default)]
struct Seen {
    /// The revision up to which the shared case was looked at.
    shared: u64,
    /// How many places of the journal are accounted for: all from the first.
    places: u64,
    /// How many requests were carried out, answered again, and first answered after a crash.
    requests: usize,
    repeated: usize,
    unanswered: usize,
}

fn rounds() -> u64 {
    match std::env::var("CRASH_ROUNDS") {
        Ok(text) => text.parse().expect("a number of rounds"),
        Err(_) => ROUNDS,
    }
}

#[test]
fn every_request_is_carried_out_once_whenever_the_server_is_killed() {
    let mut server = Settings::small().start();
    let client = server.actor("crm", "system");
    client.open(SHARED, "counting", &json!({})).expect(201);
    let mut seen = Seen::default();
    for round in 0..rounds() {
        // Another moment in each round, from the first answers on.
        let kill_after = 20 + 83 * (round * 7 % 11);
        let mut sent = load_and_kill(&mut server, round, kill_after);
        server.restart();
        send_again(&server, &mut sent, &mut seen);
        check(&server.actor("crm", "system"), &sent, &mut seen);
    }
    assert!(seen.unanswered > 0, "no request was hit by a crash");
    println!(
        "{} rounds: {} steps, of which {} were sent again; {} answers were repeated; {} records",
        rounds(),
        seen.requests,
        seen.unanswered,
        seen.repeated,
        seen.places
    );
}

/// Lets all clients send until the server is killed. What each of them sent.
fn load_and_kill(server: &mut Server, round: u64, kill_after: u64) -> Vec<Vec<Sent>> {
    let (sender, answered) = channel();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let client = server.actor("crm", "system");
                let sender = sender.clone();
                scope.spawn(move || send_until_killed(&client, round, number, &sender))
            })
            .collect();
        drop(sender);
        for _ in 0..kill_after {
            answered.recv().expect("answers come");
        }
        server.kill();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    })
}

fn send_until_killed(client: &Client, round: u64, number: u64, answered: &Sender<()>) -> Vec<Sent> {
    let mut sent = Vec::new();
    for nth in 0.. {
        let own = format!("case-{round}-{number}-{nth}");
        for step in 0..=EVENTS {
            let key = format!("{own}/{step}");
            let mut request = match step {
                0 => opening(&own, key),
                // Every third goes to the case of all.
                step if step % 3 == 0 => event(SHARED, key),
                _ => event(&own, key),
            };
            request.reply = request.send(client);
            let is_answered = request.reply.is_some();
            sent.push(request);
            if !is_answered {
                return sent;
            }
            // Nobody counts any more once the server is killed.
            let _ = answered.send(());
        }
    }
    sent
}

fn opening(case: &str, key: String) -> Sent {
    Sent {
        method: "PUT",
        path: format!("/cases/{case}"),
        body: json!({ "workflow": "ticking" }),
        case: case.to_owned(),
        key,
        reply: None,
    }
}

fn event(case: &str, key: String) -> Sent {
    Sent {
        method: "POST",
        path: format!("/cases/{case}/events"),
        body: json!({ "event": "count", "data": { "last": key } }),
        case: case.to_owned(),
        key,
        reply: None,
    }
}

impl Sent {
    /// Sends it; none when the server is gone.
    fn send(&self, client: &Client) -> Option<Reply> {
        let client = client.with("Idempotency-Key", format!("\"{}\"", self.key));
        let body = self.body.to_string();
        let reply = client.try_send(self.method, &self.path, Some(body.as_bytes()));
        let reply = reply.ok()?;
        assert!(
            matches!(reply.status, 200 | 201),
            "{}: {}",
            self.key,
            reply.text()
        );
        Some(reply)
    }
}

/// Sends again what was not answered, and some of what was: that has the answer that it had.
fn send_again(server: &Server, sent: &mut [Vec<Sent>], seen: &mut Seen) {
    for requests in sent {
        let client = server.actor("crm", "system");
        seen.requests += requests.len();
        for request in requests.iter_mut().rev().take(1 + REPEATED) {
            let again = request.send(&client).expect("the server is there");
            match &request.reply {
                None => {
                    seen.unanswered += 1;
                    request.reply = Some(again);
                }
                Some(first) => {
                    seen.repeated += 1;
                    assert_eq!(again.status, first.status, "{}", request.key);
                    assert_eq!(again.revision(), first.revision(), "{}", request.key);
                    assert_eq!(again.text(), first.text(), "{}", request.key);
                }
            }
        }
    }
}

/// Every request has one record, every case all its ticks, and the journal no gap.
fn check(client: &Client, sent: &[Vec<Sent>], seen: &mut Seen) {
    let cases = sent.iter().flatten().map(|request| request.case.as_str());
    let cases: BTreeSet<&str> = cases.filter(|case| *case != SHARED).collect();
    let mut places = Vec::new();
    for case in cases {
        check_case(client, case, sent, &mut places);
    }
    check_shared(client, sent, seen, &mut places);
    places.sort_unstable();
    let expected = seen.places + 1..=seen.places + places.len() as u64;
    assert!(places.iter().copied().eq(expected), "{places:?}");
    seen.places += places.len() as u64;
}

fn check_case(client: &Client, case: &str, sent: &[Vec<Sent>], places: &mut Vec<u64>) {
    let view = eventually("every timer has fired", || {
        let view = client.get(&format!("/cases/{case}")).expect(200).json();
        (view["states"][0]["id"] == "open.rested").then_some(view)
    });
    assert_eq!(view["timers"], json!([]));
    let records = records(client, case, 0);
    let ticks = records.iter().filter(|record| record["cause"] == "timer");
    assert_eq!(
        (ticks.count(), &view["data"]["ticks"]),
        (3, &json!(3)),
        "{case}"
    );
    assert_eq!(records[0]["cause"], "open", "{case}");
    let counted = check_events(case, &records, sent);
    assert_eq!(view["data"]["count"], counted, "{case}");
    assert_eq!(records.len(), 4 + counted, "{case}");
    places.extend(records.iter().map(place));
}

fn check_shared(client: &Client, sent: &[Vec<Sent>], seen: &mut Seen, places: &mut Vec<u64>) {
    let new = records(client, SHARED, seen.shared);
    let opened = usize::from(seen.shared == 0);
    assert_eq!(check_events(SHARED, &new, sent) + opened, new.len());
    seen.shared += new.len() as u64;
    let view = client.get(&format!("/cases/{SHARED}")).expect(200).json();
    assert_eq!(view["data"]["count"], seen.shared - 1);
    places.extend(new.iter().map(place));
}

/// The events of a case's records are those that were sent, each once. How many there are.
fn check_events(case: &str, records: &[Json], sent: &[Vec<Sent>]) -> usize {
    let events = records.iter().filter(|record| record["cause"] == "event");
    let mut found: Vec<&str> = events
        .map(|record| record["data"]["last"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    let requests = sent.iter().flatten();
    let events = requests.filter(|request| request.case == case && request.method == "POST");
    let mut expected: Vec<&str> = events.map(|request| request.key.as_str()).collect();
    expected.sort_unstable();
    assert_eq!(found, expected, "{case}");
    found.len()
}

fn place(record: &Json) -> u64 {
    record["sequence"].as_u64().unwrap()
}

/// The records of a case after a revision, which follow each other.
fn records(client: &Client, case: &str, after: u64) -> Vec<Json> {
    let mut records = Vec::new();
    let mut next = Some(after);
    while let Some(after) = next {
        let path = format!("/cases/{case}/history?limit=500&after={after}");
        let mut page = client.get(&path).expect(200).json();
        next = page["next"].as_u64();
        records.append(page["records"].as_array_mut().unwrap());
    }
    let revisions = records
        .iter()
        .map(|record| record["revision"].as_u64().unwrap());
    let expected = after + 1..=after + records.len() as u64;
    assert!(revisions.eq(expected), "{case}");
    records
}
