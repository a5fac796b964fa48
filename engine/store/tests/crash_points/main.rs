//! The store on a disk that stops at every write and every sync in turn: what was answered is there when it
//! is opened again, and besides at most the one commit that was under way, whole.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say so"
)]

mod damage;

use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_store::disk::{Disk, LOG_FILE_NAMES};
use casewright_store::simulated::SimulatedDisk;
use casewright_store::tables::{FORMAT, FORMAT_KEY, MIGRATING_KEY, Table};
use casewright_store::{Batch, KeyValue, Range, Store, StoreError, WriteAhead};
use redb::{ReadableDatabase, TableDefinition};

/// So small that a few commits fill it.
const SEGMENT_BYTES: usize = 2048;

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn open(disk: &SimulatedDisk) -> Result<WriteAhead, StoreError> {
    WriteAhead::on(Arc::new(disk.clone()), SEGMENT_BYTES)
}

fn try_rows(store: &WriteAhead) -> Result<Rows, StoreError> {
    let all = Range::prefix(&[], None, usize::MAX);
    let rows = store.scan(Table::Cases, &all)?;
    Ok(rows.into_iter().collect())
}

fn rows(store: &WriteAhead) -> Rows {
    try_rows(store).unwrap()
}

/// A batch, now and then one too large for the log; and what the rows are after it.
fn batch(numbers: &mut Numbers, before: &Rows) -> (Batch, Rows) {
    let mut batch = Batch::default();
    let mut after = before.clone();
    for _ in 0..numbers.next(3) {
        let key = vec![numbers.next(12) as u8];
        after.remove(&key);
        batch.deletes.push((Table::Cases, key));
    }
    for _ in 0..=numbers.next(3) {
        let key = vec![numbers.next(12) as u8];
        let length = match numbers.next(24) {
            0 => 1500,
            _ => numbers.next(200),
        };
        let value = vec![numbers.next(256) as u8; length as usize];
        after.insert(key.clone(), value.clone());
        batch.puts.push((Table::Cases, key, value));
    }
    (batch, after)
}

/// Commits until the disk stops or `commits` are done; the rows that were answered, and those that the last
/// commit would have left if it was not.
fn work(disk: &SimulatedDisk, seed: u64, commits: usize) -> (Rows, Option<Rows>) {
    let mut numbers = Numbers(seed);
    let mut answered = Rows::new();
    let Ok(store) = open(disk) else {
        return (answered, None);
    };
    for _ in 0..commits {
        let (batch, after) = batch(&mut numbers, &answered);
        match store.commit(batch) {
            Ok(()) => answered = after,
            Err(StoreError::Io(_)) => return (answered, Some(after)),
            Err(error) => panic!("{error}"),
        }
        match try_rows(&store) {
            Ok(found) => assert_eq!(found, answered, "what is read is what was answered"),
            // The thread that moves rows may have come to where the disk stops.
            Err(error) => assert!(disk.has_stopped(), "{error}"),
        }
    }
    (answered, None)
}

#[test]
fn at_every_write_and_sync_a_crash_keeps_what_was_answered() {
    let commits = 40;
    for seed in 1..=2u64 {
        let whole = SimulatedDisk::default();
        work(&whole, seed, commits);
        let operations = whole.operations();
        assert!(operations > 100, "the log turns over several times");
        for stop in 0..operations {
            let disk = SimulatedDisk::default();
            disk.stop_at(stop);
            let (answered, under_way) = work(&disk, seed, commits);
            let mut numbers = Numbers(seed * 1_000_003 + stop + 1);
            let mut keep = || numbers.next(2) == 0;
            let left = disk.after_crash(&mut keep);
            let what = format!("seed {seed}, stopped at operation {stop} of {operations}");
            let store = open(&left).unwrap_or_else(|error| panic!("{what}: {error}"));
            let found = rows(&store);
            let is_right = found == answered || under_way.as_ref() == Some(&found);
            assert!(is_right, "{what}: found {found:?}, answered {answered:?}");
            // And it goes on from there, also after a crash of its own.
            let put = (Table::Cases, vec![99], vec![1]);
            let more = Batch {
                puts: vec![put],
                ..Batch::default()
            };
            store.commit(more).unwrap();
            let again = left.after_crash(&mut keep);
            drop(store);
            let store = open(&again).unwrap_or_else(|error| panic!("{what}, again: {error}"));
            let mut expected = found;
            expected.insert(vec![99], vec![1]);
            assert_eq!(rows(&store), expected, "{what}, again");
        }
    }
}

fn put(key: u8, length: usize) -> Batch {
    Batch {
        puts: vec![(Table::Cases, vec![key], vec![key; length])],
        ..Batch::default()
    }
}

#[test]
fn a_full_disk_is_an_error_and_room_makes_it_good_again() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    store.commit(put(1, 100)).unwrap();
    disk.fill(0);
    let mut answered = 1;
    let refused = (2..200).find_map(|key| match store.commit(put(key, 100)) {
        Ok(()) => {
            answered = key;
            None
        }
        Err(error) => Some(error.to_string()),
    });
    let refused = refused.unwrap();
    assert!(refused.contains("no storage space"), "{refused}");
    assert_eq!(rows(&store).len(), usize::from(answered));
    disk.make_room();
    // Moving is tried again after a while; until then it may still be refused.
    while store.commit(put(250, 100)).is_err() {}
    assert_eq!(rows(&store).len(), usize::from(answered) + 1);
    let left = disk.after_crash(&mut || false);
    drop(store);
    assert_eq!(rows(&open(&left).unwrap()).len(), usize::from(answered) + 1);
}

#[test]
fn a_full_disk_refuses_what_is_too_large_for_the_log_and_nothing_else() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    store.commit(put(1, 100)).unwrap();
    disk.fill(0);
    let refused = store.commit(put(2, 4 * 1024 * 1024)).unwrap_err();
    assert!(refused.to_string().contains("cannot write"), "{refused}");
    disk.make_room();
    store.commit(put(3, 100)).unwrap();
    let found: Vec<Vec<u8>> = rows(&store).into_keys().collect();
    assert_eq!(found, [vec![1], vec![3]]);
    let left = disk.after_crash(&mut || false);
    drop(store);
    assert_eq!(rows(&open(&left).unwrap()).len(), 2);
}

#[test]
fn after_a_failed_read_the_next_one_is_tried_anew() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    for key in 0..100 {
        store.commit(put(key, 2000)).unwrap();
    }
    drop(store);
    let store = open(&disk).unwrap();
    store.commit(put(200, 10)).unwrap();
    disk.fail_reads(true);
    let found = |key: u8| store.get(Table::Cases, &[key]);
    let failed = (0..100).filter(|key| found(*key).is_err()).count();
    assert!(
        failed > 50,
        "what is not in memory cannot be read: {failed}"
    );
    assert!(found(200).unwrap().is_some(), "what is in memory can");
    disk.fail_reads(false);
    assert_eq!(rows(&store).len(), 101);
    store.commit(put(201, 10)).unwrap();
    drop(store);
    assert_eq!(rows(&open(&disk).unwrap()).len(), 102);
}

#[test]
fn what_is_too_large_for_the_log_is_not_seen_when_its_sync_failed() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    store.commit(put(1, 10)).unwrap();
    store.move_now().unwrap();
    disk.fail_syncs(true);
    let error = store
        .commit(put(2, 4 * 1024 * 1024))
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot write"), "{error}");
    disk.fail_syncs(false);
    let seen = store.get(Table::Cases, &[2]);
    assert!(
        !matches!(seen, Ok(Some(_))),
        "what was not answered is not read"
    );
    drop(store);
    assert!(rows(&open(&disk).unwrap()).contains_key(&vec![1]));
}

#[test]
fn after_a_failed_sync_nothing_more_is_taken() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    store.commit(put(1, 10)).unwrap();
    disk.fail_syncs(true);
    let error = store.commit(put(2, 10)).unwrap_err().to_string();
    assert!(error.contains("the disk failed"), "{error}");
    disk.fail_syncs(false);
    let error = store.commit(put(3, 10)).unwrap_err().to_string();
    assert!(
        error.contains("before the store is opened again"),
        "{error}"
    );
    assert_eq!(rows(&store).len(), 1, "what was not answered is not read");
    drop(store);
    let found = rows(&open(&disk).unwrap());
    assert!(found.contains_key(&vec![1]) && !found.contains_key(&vec![3]));
}

fn refusal(disk: &SimulatedDisk) -> String {
    match open(disk) {
        Ok(_) => panic!("a damaged store was opened"),
        Err(error) => error.to_string(),
    }
}

/// A disk as a crash leaves it, with three commits in the log.
fn with_a_log() -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    for key in 1..4 {
        store.commit(put(key, 10)).unwrap();
    }
    let left = disk.after_crash(&mut || false);
    drop(store);
    left
}

#[test]
fn a_log_that_is_missing_damaged_or_of_another_store_is_refused() {
    let disk = with_a_log();
    disk.remove(LOG_FILE_NAMES[0]);
    assert!(refusal(&disk).contains("may hold the last steps"));

    let disk = with_a_log();
    disk.damage(LOG_FILE_NAMES[0], |bytes| bytes[64 + 30] ^= 1);
    let told = refusal(&disk);
    assert!(
        told.contains("batch 1 is damaged, batch 2 after it is there"),
        "{told}"
    );

    let disk = with_a_log();
    disk.damage(LOG_FILE_NAMES[0], |bytes| bytes[20] ^= 1);
    assert!(refusal(&disk).contains("the log of another store"));

    let disk = with_a_log();
    disk.damage(LOG_FILE_NAMES[0], |bytes| bytes.truncate(10));
    assert!(refusal(&disk).contains("cut short"));

    let disk = with_a_log();
    disk.damage(LOG_FILE_NAMES[0], |bytes| {
        bytes[..9].copy_from_slice(b"something")
    });
    assert!(refusal(&disk).contains("it is no log"));
}

#[test]
fn a_store_that_was_closed_needs_no_log() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    store.commit(put(1, 10)).unwrap();
    drop(store);
    disk.remove(LOG_FILE_NAMES[0]);
    disk.remove(LOG_FILE_NAMES[1]);
    assert_eq!(rows(&open(&disk).unwrap()).len(), 1);
}

/// The format that redb alone knows of, as a program sees it that looks into no log.
fn format_in_redb(disk: &SimulatedDisk) -> Option<Vec<u8>> {
    let meta = TableDefinition::<&[u8], &[u8]>::new("meta");
    let redb = disk.database().unwrap();
    let rows = redb.begin_read().unwrap();
    let found = rows.open_table(meta).unwrap().get(FORMAT_KEY).unwrap();
    found.map(|found| found.value().to_vec())
}

#[test]
fn the_format_stands_in_redb_as_soon_as_a_store_is_open() {
    let disk = SimulatedDisk::default();
    let store = Store::open(Box::new(open(&disk).unwrap())).unwrap();
    let left = disk.after_crash(&mut || false);
    drop(store);
    assert_eq!(format_in_redb(&left), Some(FORMAT.to_be_bytes().to_vec()));
}

/// A store of the first format, with a row in it, that was closed.
fn of_format_1() -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut batch = put(7, 10);
    let format = (Table::Meta, FORMAT_KEY.to_vec(), vec![0, 0, 0, 1]);
    batch.puts.push(format);
    store.commit(batch).unwrap();
    drop(store);
    disk.after_crash(&mut || true)
}

#[test]
fn at_every_write_and_sync_a_crash_leaves_a_store_that_can_be_migrated() {
    let migrated = |disk: &SimulatedDisk| Store::open(Box::new(open(disk)?));
    let whole = of_format_1();
    drop(migrated(&whole).unwrap());
    let operations = whole.operations();
    assert!(operations > 10);
    for stop in 0..operations {
        let disk = of_format_1();
        disk.stop_at(stop);
        let opened = migrated(&disk);
        let mut numbers = Numbers(stop + 1);
        let left = disk.after_crash(&mut || numbers.next(2) == 0);
        if opened.is_ok() {
            let format = format_in_redb(&left);
            assert_eq!(
                format,
                Some(FORMAT.to_be_bytes().to_vec()),
                "stopped at {stop}"
            );
        }
        drop(opened);
        let store = migrated(&left).unwrap();
        let meta = |key| store.row(Table::Meta, key).unwrap();
        assert_eq!(meta(FORMAT_KEY), Some(FORMAT.to_be_bytes().to_vec()));
        assert_eq!(meta(MIGRATING_KEY), None, "stopped at {stop}");
        assert_eq!(store.row(Table::Cases, &[7]).unwrap(), Some(vec![7; 10]));
    }
}
