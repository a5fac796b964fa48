//! A store of every format that there ever was is opened, migrated, sound, and goes on.

use std::fs;
use std::path::{Path, PathBuf};

use casewright_chart::{Limits, Timestamp};
use casewright_runtime::verify::verify;
use casewright_store::tables::{FORMAT, FORMAT_KEY, MIGRATING_KEY, Table};
use casewright_store::{CaseFilter, KeyValue, Store, WriteAhead};

/// The kept files, with the formats that they have.
fn kept() -> Vec<(u32, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/formats");
    let entries = fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "redb"));
    let format = |path: &Path| path.file_stem().unwrap().to_str().unwrap().parse();
    let mut kept: Vec<(u32, PathBuf)> = files.map(|path| (format(&path).unwrap(), path)).collect();
    kept.sort();
    kept
}

/// A data folder with a copy of a kept file.
fn copy(file: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(file, folder.path().join("casewright.redb")).unwrap();
    folder
}

fn format(key_value: &dyn KeyValue) -> u32 {
    let bytes = key_value.get(Table::Meta, FORMAT_KEY).unwrap().unwrap();
    u32::from_be_bytes(bytes.try_into().unwrap())
}

#[test]
fn there_is_a_store_of_every_format_before_this_one() {
    let formats: Vec<u32> = kept().iter().map(|(format, _)| *format).collect();
    assert!(
        formats.iter().copied().eq(1..=formats.len() as u32),
        "{formats:?}"
    );
    assert!(formats.len() as u32 + 1 >= FORMAT, "{formats:?}");
}

#[test]
fn a_store_of_every_format_is_migrated_and_sound() {
    for (number, file) in kept() {
        let folder = copy(&file);
        let backend = WriteAhead::open(folder.path()).unwrap();
        assert_eq!(format(&backend), number);
        let store = Store::open(Box::new(backend)).unwrap();
        let report = verify(&store, &Limits::default()).unwrap();
        assert!(report.is_sound(), "format {number}: {report}");
        assert!(report.cases >= 4 && report.steps >= 20, "{report}");
        let running = store.case_ids(&CaseFilter::Done(false), None, 10).unwrap();
        assert!(!running.is_empty());
        assert!(
            store
                .next_due(Timestamp::from_unix_ms(0))
                .unwrap()
                .is_some(),
            "timers wait"
        );
        drop(store);
        let backend = WriteAhead::open(folder.path()).unwrap();
        assert_eq!(format(&backend), FORMAT);
        assert_eq!(backend.get(Table::Meta, MIGRATING_KEY).unwrap(), None);
        let again = verify(&Store::open(Box::new(backend)).unwrap(), &Limits::default());
        assert_eq!(again.unwrap(), report);
    }
}
