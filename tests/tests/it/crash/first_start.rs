//! A server killed while it starts for the first time: the next one starts as if nothing had been.

use std::time::Duration;

use casewright_tests::server::Settings;
use serde_json::json;

/// How often, each time a little later.
const ROUNDS: u64 = 60;
/// How much later: the whole of it takes in the making of the store and the first steps after it.
const STEP: Duration = Duration::from_micros(500);

#[test]
fn a_store_that_was_not_finished_is_made_anew() {
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let settings = Settings::small();
        settings.start_and_kill(&data, STEP * round as u32);
        let server = settings.start_on(&data);
        let client = server.actor("crm", "system");
        client.open("C-1", "counting", &json!({})).expect(201);
        let files = std::fs::read_dir(&data).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        // Compiled plugins, when the first start had come far enough to have a store.
        files.retain(|name| name != "plugin-cache");
        files.sort();
        let expected = ["casewright.log.0", "casewright.log.1", "casewright.redb"];
        assert_eq!(files, expected, "killed in round {round}");
    }
}

#[test]
fn of_many_that_start_at_once_one_serves() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let start = || Settings::small().try_start_on(&data);
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(start)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut serving = 0;
    for outcome in &outcomes {
        match outcome {
            Ok(server) => {
                serving += 1;
                server
                    .actor("crm", "system")
                    .open("C-1", "counting", &json!({}))
                    .expect(201);
            }
            Err(ended) => {
                assert_eq!(ended.code, Some(2), "{ended:?}");
                assert!(
                    ended.stderr.contains("is in use by another process"),
                    "{ended:?}"
                );
            }
        }
    }
    assert_eq!(serving, 1);
}
