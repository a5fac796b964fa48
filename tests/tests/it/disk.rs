//! Disks that are full, and folders that are moved or in use: what was acknowledged is there once all is
//! well again.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use casewright_tests::server::{Client, Ended, Reply, Settings, eventually};
use serde_json::{Value as Json, json};

/// A limit on the size of files makes writes fail as a full disk does. In blocks of 512 or 1024 bytes.
fn full_at(blocks: u32) -> Settings {
    Settings::small().after(&format!("trap '' XFSZ && ulimit -f {blocks}"))
}

fn count(client: &Client, key: &str, last: &str) -> Reply {
    let client = client.with("Idempotency-Key", key);
    client.event("C-1", "count", &json!({ "last": last }))
}

fn data(client: &Client) -> Json {
    client.get("/cases/C-1").expect(200).json()["data"].clone()
}

fn open(client: &Client) {
    client.open("C-1", "counting", &json!({})).expect(201);
}

#[track_caller]
fn assert_told(ended: &Ended) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
}

#[test]
fn a_disk_that_is_full_at_the_first_start() {
    // Makes the key of the compiled code that all tests share, for which there is no room then.
    drop(Settings::small().start());
    for blocks in [0, 1, 8, 100, 1000] {
        let folder = tempfile::tempdir().unwrap();
        let data_folder = folder.path().join("data");
        assert_told(&full_at(blocks).fail_on(&data_folder));
        // Once there is room, nothing stands in the way.
        let server = Settings::small().start_on(&data_folder);
        let client = server.actor("crm", "system");
        open(&client);
        count(&client, "k", "x").expect(200);
    }
}

#[test]
fn a_disk_that_becomes_full() {
    let folder = tempfile::tempdir().unwrap();
    let server = Settings::small().start_on(folder.path());
    open(&server.actor("crm", "system"));
    assert_eq!(server.stop(), Some(0));
    let mut server = full_at(8192).start_on(folder.path());
    let client = server.actor("crm", "system");
    let large = "x".repeat(200_000);
    let mut acknowledged = 0;
    let refused = loop {
        assert!(acknowledged < 200, "the disk is never full");
        let reply = count(&client, &format!("k-{acknowledged}"), &large);
        match reply.status {
            200 => acknowledged += 1,
            _ => break reply,
        }
    };
    refused.problem(500, "store-failed");
    client.get("/health").problem(503, "unwell");
    // What was acknowledged is shown, and nothing else.
    assert_eq!(data(&client)["count"], acknowledged);
    eventually("the log says why", || {
        let told = server.stderr().contains("cannot write the log");
        told.then_some(())
    });
    server.kill();
    // A server that finds the disk as full as before may start or not; it loses nothing.
    if let Ok(server) = full_at(8192).try_start_on(folder.path()) {
        assert_eq!(data(&server.actor("crm", "system"))["count"], acknowledged);
    }
    let server = Settings::small().start_on(folder.path());
    let client = server.actor("crm", "system");
    assert_eq!(data(&client)["count"], acknowledged);
    // The request that was refused is sent again and carried out; the one before it was.
    let again = count(&client, &format!("k-{acknowledged}"), &large).expect(200);
    assert_eq!(again.revision(), acknowledged + 2);
    let before = count(&client, &format!("k-{}", acknowledged - 1), &large).expect(200);
    assert_eq!(before.revision(), acknowledged + 1);
    client.get("/health").expect(200);
}

#[test]
fn a_folder_that_is_moved_away_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let mut server = Settings::small().start_on(&here);
    let client = server.actor("crm", "system");
    open(&client);
    fs::rename(&here, &there).unwrap();
    // It has its files, wherever they lie.
    count(&client, "k", "x").expect(200);
    assert_in_use(&there);
    server.kill();
    fs::rename(&there, &here).unwrap();
    server.restart();
    assert_eq!(data(&server.actor("crm", "system"))["count"], 1);
}

#[test]
fn a_folder_in_use_is_served_by_the_next_once_it_is_free() {
    let mut first = Settings::small().start();
    let client = first.actor("crm", "system");
    open(&client);
    assert_in_use(first.data());
    // The attempt has harmed nobody.
    count(&client, "k", "x").expect(200);
    first.kill();
    let second = Settings::small().start_on(first.data());
    assert_eq!(data(&second.actor("crm", "system"))["count"], 1);
}

#[track_caller]
fn assert_in_use(folder: &Path) {
    let ended = Settings::small().fail_on(folder);
    assert_told(&ended);
    assert!(
        ended.stderr.contains("is in use by another process"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_folder_that_nobody_can_write_to() {
    // Below a file, below a device, and in a folder of the kernel's: not even the superuser makes files there.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let mut places = vec![file.join("data"), "/dev/null/data".into()];
    if cfg!(target_os = "linux") {
        places.extend(["/proc/casewright".into(), "/proc/self/fdinfo".into()]);
    }
    for place in places {
        let ended = Settings::small().fail_on(&place);
        assert_told(&ended);
        let told = place.display().to_string();
        assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    }
}
