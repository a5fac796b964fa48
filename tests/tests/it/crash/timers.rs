//! Timers that are due while nobody is there to fire them.

use casewright_tests::server::{Client, Settings, eventually};
use serde_json::{Value as Json, json};

/// How many cases wait.
const CASES: usize = 40;

#[test]
fn a_timer_that_fell_due_while_the_server_was_down_fires_once() {
    let mut server = Settings::small().start();
    let client = server.actor("crm", "system");
    for number in 0..CASES {
        client
            .open(&case(number), "reminding", &json!({}))
            .expect(201);
    }
    server.kill();
    let due_by = wait_elsewhere();
    server.restart();
    let client = server.actor("crm", "system");
    for number in 0..CASES {
        eventually("the timer fires after the restart", || {
            reminder(&client, &case(number))
        });
    }
    assert_all_reminded_once(&client);
    // The last to be opened had all its time before it when the server was killed.
    let last = reminders(&client, &case(CASES - 1));
    assert!(
        time(&last[0]["data"]["due"]) < time(&due_by["at"]),
        "{last:#?}"
    );
    assert!(time(&last[0]["at"]) > time(&due_by["at"]), "{last:#?}");
    // Nor does one fire later: whatever was still to come would come before this.
    client.open("fence", "reminding", &json!({})).expect(201);
    eventually("the last timer fires", || reminder(&client, "fence"));
    assert_all_reminded_once(&client);
    // And not again after another restart.
    server.restart();
    let client = server.actor("crm", "system");
    client
        .open("another-fence", "reminding", &json!({}))
        .expect(201);
    eventually("the last timer fires", || {
        reminder(&client, "another-fence")
    });
    assert_all_reminded_once(&client);
    client.event(&case(0), "close", &json!({})).expect(200);
    server.kill_and_verify();
}

#[test]
fn a_server_killed_while_timers_fire_fires_each_once() {
    let mut server = Settings::small().start();
    let client = server.actor("crm", "system");
    for number in 0..CASES {
        client
            .open(&case(number), "reminding", &json!({}))
            .expect(201);
    }
    eventually("the first timer fires", || reminder(&client, &case(0)));
    server.kill_and_verify();
    server.restart();
    let client = server.actor("crm", "system");
    for number in 0..CASES {
        eventually("every timer fires", || reminder(&client, &case(number)));
    }
    client.open("fence", "reminding", &json!({})).expect(201);
    eventually("the last timer fires", || reminder(&client, "fence"));
    assert_all_reminded_once(&client);
}

/// Waits until a timer that was set later than all others has fired, on a server of its own: by then
/// the others are due as well. The record of it.
fn wait_elsewhere() -> Json {
    let clock = Settings::small().start();
    let client = clock.actor("crm", "system");
    client.open("clock", "reminding", &json!({})).expect(201);
    eventually("the timer of the other server fires", || {
        reminder(&client, "clock")
    })
}

/// A time in UTC. Without the letter at its end it sorts as text, however many digits it has.
fn time(value: &Json) -> &str {
    value.as_str().unwrap().strip_suffix('Z').unwrap()
}

fn case(number: usize) -> String {
    format!("R-{number:03}")
}

/// The record of a case's timer, once it is there.
fn reminder(client: &Client, case: &str) -> Option<Json> {
    reminders(client, case).into_iter().next()
}

fn reminders(client: &Client, case: &str) -> Vec<Json> {
    let history = client
        .get(&format!("/cases/{case}/history"))
        .expect(200)
        .json();
    let records = history["records"].as_array().unwrap().iter();
    records
        .filter(|record| record["cause"] == "timer")
        .cloned()
        .collect()
}

fn assert_all_reminded_once(client: &Client) {
    for number in 0..CASES {
        let case = case(number);
        let found = reminders(client, &case);
        assert_eq!(found.len(), 1, "{case}: {found:#?}");
        let record = &found[0];
        assert_eq!(record["revision"], 2);
        assert_eq!(record["actor"]["id"], "casewright:timer");
        assert_eq!(
            record["emitted"][0]["data"]["message"]["zh"],
            "已到期，请处理。"
        );
        let (due, at) = (time(&record["data"]["due"]), time(&record["at"]));
        assert!(due <= at, "due {due}, fired {at}");
        let view = client.get(&format!("/cases/{case}")).expect(200).json();
        assert_eq!(view["data"]["reminders"], 1);
        assert_eq!(view["states"][0]["id"], "reminded");
        assert_eq!(view["timers"], json!([]));
    }
}
