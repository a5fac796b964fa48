//! Files that should be a store, and are none or are damaged.

use std::fs;
use std::path::Path;

use casewright_tests::server::{Ended, Settings};
use serde_json::json;

/// A folder with a store of one complaint, and the file itself.
fn stored() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let server = Settings::new().start_on(folder.path());
    let data = json!({ "account": { "name": "华东能源集团" }, "tier": "core", "channel": "phone" });
    server.actor("zhang.wei", "account-manager").open("C-1", "complaint-handling", &data).expect(201);
    assert_eq!(server.stop(), Some(0));
    let file = folder.path().join("casewright.redb");
    (folder, file)
}

#[track_caller]
fn assert_no_store(ended: &Ended, file: &Path) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    let told = format!("error: `{}` is no store, or it is damaged: ", file.display());
    assert!(ended.stderr.starts_with(&told), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: put back a copy of the file"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("casewright.redb");
    let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [&b"x"[..], "客户名单\n".as_bytes(), &[0; 4096], &noise] {
        fs::write(&file, bytes).unwrap();
        assert_no_store(&Settings::new().fail_on(folder.path()), &file);
        assert_eq!(fs::read(&file).unwrap(), bytes, "the file was changed");
    }
}

#[test]
fn a_file_that_is_cut_short_is_told_of() {
    let (folder, file) = stored();
    let whole = fs::read(&file).unwrap();
    for length in [10, 100, 4_000, 4_096, 8_192, whole.len() / 2, whole.len() - 4_096, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        // Told again the second time: the first attempt does not make a store of it.
        for _ in 0..2 {
            assert_no_store(&Settings::new().fail_on(folder.path()), &file);
            assert_eq!(fs::metadata(&file).unwrap().len(), length as u64);
        }
    }
    fs::write(&file, &whole).unwrap();
    let server = Settings::new().start_on(folder.path());
    server.actor("zhang.wei", "account-manager").get("/cases/C-1").expect(200);
}
