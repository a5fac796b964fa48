//! What steps take longer for while plugins that other cases ask misbehave: the real binary, over HTTP, with the data on
//! the disk of the system's folder for temporary files.
//!
//! Run with `cargo bench -p casewright-tests --bench neighbours`, on a machine that does nothing else. One client has a good
//! plugin decide in a case of its own, every five milliseconds; others, four times as many as there are cores, have a hostile
//! one do so, without a pause or as often. Requests without a pause cost others by their number: that is what the row of
//! good ones is for.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot start has nothing to say, and says it on the terminal"
)]

#[path = "../../engine/host/tests/support/beside.rs"]
mod beside;
#[path = "../../engine/host/tests/support/hostile.rs"]
mod hostile;

use std::thread;
use std::time::Duration;

use beside::Table;
use casewright_tests::binary;
use casewright_tests::server::{Client, Server, Settings};
use hostile::{Behaviour, Hostile};
use serde_json::json;

/// From one request to the next.
const PAUSE: Duration = Duration::from_millis(5);

/// A workflow of which each step asks a plugin.
fn asking(plugin: &str) -> String {
    format!(
        "id: ask-{plugin}\nversion: 1.0.0\ntitle: {{ en: Ask, zh: 询问 }}\nstart: {{ roles: [system] }}\n\
         data:\n  type: object\n  additionalProperties: false\n  properties:\n    answer: {{ type: object }}\n\
         events:\n  ask: {{ title: {{ en: Ask, zh: 询问 }}, roles: [system] }}\n\
         initial: open\nstates:\n  open:\n    on:\n      ask:\n        actions:\n          \
         - decide: {{ function: {plugin}.judge, input: {{}}, assign: answer }}\n"
    )
}

/// A server with the workflow of a good plugin, and that of each hostile one.
fn server(plugins: &[(String, Behaviour)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    for (name, behaviour) in plugins {
        Hostile::new(name, "judge", behaviour.clone()).write(folder.path());
    }
    let server = Settings::small().with("--plugins", folder.path()).start();
    let administrator = server.actor("admin", "administrator");
    for (name, _) in plugins {
        let path = format!("/workflows/ask-{name}");
        let applied = administrator.send("PUT", &path, Some(asking(name).as_bytes()));
        applied.expect(200);
    }
    server
}

fn main() {
    let cores = thread::available_parallelism().unwrap().get();
    let rogues = Behaviour::costly().map(|(name, behaviour)| (name.replace(' ', "-"), behaviour));
    let good = Behaviour::Answer(br#"{"verdict": "good"}"#.to_vec());
    let all = [&[("well".to_owned(), good)], &rogues[..]].concat();
    let server = server(&all);
    // Each has connections of its own.
    let client = || server.actor("crm", "system");
    let asked = |client: &Client, case: &str| client.event(case, "ask", &json!({}));
    let own = client();
    own.open("well", "ask-well", &json!({})).expect(201);
    let call = || drop(asked(&own, "well").expect(200));

    let (program, data) = (binary().display(), server.data().display());
    println!("{cores} cores, {program}, on {data}");
    let mut table = Table::new(PAUSE);
    table.row("nothing", call, 0, |_| ());
    let open = |plugin: &str, name: &str| -> Vec<_> {
        let open = |number| {
            let (client, case) = (client(), format!("{name}-{number}"));
            let opened = client.open(&case, &format!("ask-{plugin}"), &json!({}));
            opened.expect(201);
            (client, case)
        };
        (0..4 * cores).map(open).collect()
    };
    // What as many take that are no worse than the one that is measured.
    let others = open("well", "other");
    let ask = |number: usize| {
        let (client, case) = &others[number];
        asked(client, case).expect(200);
    };
    table.row("good ones", call, others.len(), ask);
    for ((name, _), (plugin, _)) in Behaviour::costly().iter().zip(&rogues) {
        let others = open(plugin, plugin);
        let misbehave = |number: usize| {
            let (client, case) = &others[number];
            asked(client, case).problem(502, "decision-failed");
        };
        table.row(name, call, others.len(), misbehave);
        let now_and_then = |number: usize| {
            misbehave(number);
            thread::park_timeout(PAUSE);
        };
        table.row("... every 5 ms", call, others.len(), now_and_then);
    }
}
