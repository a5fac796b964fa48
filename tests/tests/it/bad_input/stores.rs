//! Files that should be a store, and are none or are damaged.

use std::fs;
use std::path::Path;

use casewright_tests::server::{Ended, Settings};
use serde_json::json;

/// A folder with a store of one case, and the file itself.
fn stored() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let server = Settings::small().start_on(folder.path());
    server
        .actor("crm", "system")
        .open("C-1", "counting", &json!({}))
        .expect(201);
    assert_eq!(server.stop(), Some(0));
    let file = folder.path().join("casewright.redb");
    (folder, file)
}

#[track_caller]
fn assert_no_store(ended: &Ended, file: &Path) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    let told = format!(
        "error: `{}` is no store, or it is damaged: ",
        file.display()
    );
    assert!(ended.stderr.starts_with(&told), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("hint: put back a copy of the file"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("casewright.redb");
    let noise: Vec<u8> = (0..100_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for bytes in [&b"x"[..], "客户名单\n".as_bytes(), &[0; 4096], &noise] {
        fs::write(&file, bytes).unwrap();
        assert_no_store(&Settings::small().fail_on(folder.path()), &file);
        assert_eq!(fs::read(&file).unwrap(), bytes, "the file was changed");
    }
}

#[test]
fn a_file_that_is_cut_short_is_told_of() {
    let (folder, file) = stored();
    let whole = fs::read(&file).unwrap();
    for length in [
        10,
        100,
        4_000,
        4_096,
        8_192,
        whole.len() / 2,
        whole.len() - 4_096,
        whole.len() - 1,
    ] {
        fs::write(&file, &whole[..length]).unwrap();
        // Told again the second time: the first attempt does not make a store of it.
        for _ in 0..2 {
            assert_no_store(&Settings::small().fail_on(folder.path()), &file);
            assert_eq!(fs::metadata(&file).unwrap().len(), length as u64);
        }
    }
    fs::write(&file, &whole).unwrap();
    let server = Settings::small().start_on(folder.path());
    server.actor("crm", "system").get("/cases/C-1").expect(200);
}

/// How many damaged copies of a store are tried.
const DAMAGED: u64 = 40;

#[test]
fn a_file_with_wrong_bits_is_told_of_or_served() {
    let (folder, file) = stored();
    let whole = fs::read(&file).unwrap();
    // Pages of zeros hold nothing, so there is nothing in them to damage.
    let used: Vec<usize> = (0..whole.len())
        .filter(|place| whole[*place] != 0)
        .collect();
    let settings = Settings::small().on_damaged_data();
    let mut served = 0;
    for number in 0..DAMAGED {
        let mut damaged = whole.clone();
        let mut random = 0x9e37_79b9_7f4a_7c15 ^ (number + 1);
        for _ in 0..=number % 4 {
            // xorshift64: any spread of places will do.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let place = used[(random % used.len() as u64) as usize];
            damaged[place] ^= 1 << (random >> 61);
        }
        fs::write(&file, &damaged).unwrap();
        match settings.try_start_on(folder.path()) {
            Ok(server) => {
                served += 1;
                let client = server.actor("crm", "system");
                for path in ["/cases/C-1", "/cases/C-1/history", "/cases", "/workflows"] {
                    let reply = client.get(path);
                    assert!(
                        matches!(reply.status, 200 | 404 | 500),
                        "{path}: {}",
                        reply.text()
                    );
                }
                let reply = client.event("C-1", "count", &json!({ "last": "客户来电" }));
                assert!(matches!(reply.status, 200 | 404 | 500), "{}", reply.text());
                client.get("/health").expect(200);
            }
            Err(ended) => {
                assert_eq!(ended.code, Some(2), "copy {number}: {ended:?}");
                assert!(ended.stderr.contains("error: "), "copy {number}: {ended:?}");
            }
        }
    }
    assert!(served > 0 && served < DAMAGED, "{served}");
}
