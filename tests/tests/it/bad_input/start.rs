//! Servers that cannot start: exit code 2, and a message that says why.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use casewright_tests::server::{Ended, Settings};
use serde_json::json;

/// The server ended before it served, for a reason that it told.
#[track_caller]
fn assert_told(ended: &Ended, message: &str) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(message),
        "expected `{message}`, found {}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
}

#[test]
fn a_second_server_on_one_folder() {
    let server = Settings::small().start();
    let client = server.actor("crm", "system");
    client.open("C-1", "counting", &json!({})).expect(201);
    let ended = Settings::small().fail_on(server.data());
    assert_told(&ended, "is in use by another process");
    assert_told(
        &ended,
        "hint: stop the other server, or choose another folder with `--data`",
    );
    client.get("/cases/C-1").expect(200);
}

#[test]
fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ended = Settings::small().with("--listen", &address).fail_on(&data);
    assert_told(
        &ended,
        &format!("cannot listen on {address}: something else does"),
    );
    assert_told(&ended, "hint: `--listen 127.0.0.1:0` takes a free port");
    assert!(!data.exists());
}

#[test]
fn an_address_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["localhost", "127.0.0.1", "127.0.0.1:99999", ""] {
        let ended = Settings::small()
            .with("--listen", address)
            .fail_on(folder.path());
        assert_told(&ended, "--listen <ADDRESS>");
    }
}

#[test]
fn a_data_folder_that_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "这是一个文件").unwrap();
    let ended = Settings::small().fail_on(&file);
    assert_told(
        &ended,
        &format!(
            "expected the data folder at `{}`, found a file",
            file.display()
        ),
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "这是一个文件");
    assert_told(
        &Settings::small().fail_on(&file.join("inside")),
        "cannot make the folder",
    );
}

#[test]
fn a_store_that_is_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("casewright.redb")).unwrap();
    assert_told(
        &Settings::small().fail_on(folder.path()),
        "cannot open the store",
    );
}

#[cfg(unix)]
#[test]
fn a_data_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let is_obeyed = fs::write(folder.path().join("probe"), "").is_err();
    // Permissions mean nothing to the superuser, but nobody makes files below `/dev/null`.
    let data = if is_obeyed {
        folder.path()
    } else {
        Path::new("/dev/null/data")
    };
    let ended = Settings::small().fail_on(data);
    assert_told(&ended, "cannot ");
    assert_told(&ended, &data.display().to_string());
}

#[test]
fn a_pack_that_is_not_sound() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    fs::create_dir(&pack).unwrap();
    let data = folder.path().join("data");
    let ended = Settings::new().with("--pack", &pack).fail_on(&data);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("the pack is not sound"),
        "{}",
        ended.stderr
    );
    let ended = Settings::new()
        .with("--pack", folder.path().join("nowhere"))
        .fail_on(&data);
    assert_told(&ended, "cannot read the folder");
    assert!(!data.exists());
}
