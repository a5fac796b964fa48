//! Files that are damaged: cut short, or with bits flipped. What cannot be opened says so, says what to try,
//! and is left as it is; nothing panics.

use casewright_store::disk::{FILE_NAME, LOG_FILE_NAMES};
use casewright_store::simulated::SimulatedDisk;
use casewright_store::tables::Table;
use casewright_store::{Batch, KeyValue, Range, StoreError};

use super::open;

const FILES: [&str; 3] = [FILE_NAME, LOG_FILE_NAMES[0], LOG_FILE_NAMES[1]];

/// A row in every table.
fn batch(number: u8) -> Batch {
    let row = |table: &Table| (*table, vec![number], vec![number; 40]);
    Batch {
        puts: Table::ALL.iter().map(row).collect(),
        ..Batch::default()
    }
}

/// A disk with a store in which every table has rows in redb and in the log, as a crash leaves it.
fn crashed() -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    // So often that both files of the log are as long as they get.
    for number in (1..3).cycle().take(16) {
        store.commit(batch(number)).unwrap();
    }
    drop(store);
    let store = open(&disk).unwrap();
    for number in 3..6 {
        store.commit(batch(number)).unwrap();
    }
    let left = disk.after_crash(&mut || false);
    drop(store);
    left
}

/// The same, closed.
fn closed() -> SimulatedDisk {
    let disk = crashed();
    drop(open(&disk).unwrap());
    disk
}

fn copy(disk: &SimulatedDisk) -> SimulatedDisk {
    disk.after_crash(&mut || true)
}

fn contents(disk: &SimulatedDisk) -> [Option<Vec<u8>>; 3] {
    FILES.map(|name| disk.read(name))
}

/// Opens a damaged store and reads all of it. None when it was refused: in the right words, and untouched.
fn look(disk: &SimulatedDisk, what: &str) -> Option<Vec<Result<usize, StoreError>>> {
    let before = contents(disk);
    match open(disk) {
        Ok(store) => {
            let all = Range::prefix(&[], None, usize::MAX);
            let rows = |table: Table| store.scan(table, &all).map(|rows| rows.len());
            Some(Table::ALL.map(rows).into_iter().collect())
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.contains("\n\nhint: "), "{what}: {told}");
            // What is found out only when the log is moved comes too late to leave all as it was.
            let is_late = told.contains("cannot write to the store, which is damaged");
            assert!(
                is_late || contents(disk) == before,
                "{what}: it was changed: {told}"
            );
            None
        }
    }
}

#[test]
fn a_store_that_was_cut_short_is_refused_and_left_as_it_is() {
    for (state, disk) in [("crashed", crashed()), ("closed", closed())] {
        let length = disk.read(FILE_NAME).unwrap().len();
        for cut in (1..length).step_by(4096 + 512) {
            let damaged = copy(&disk);
            damaged.damage(FILE_NAME, |bytes| bytes.truncate(cut));
            let what = format!("{state}, cut to {cut} of {length} bytes");
            let looked = look(&damaged, &what);
            let is_whole = looked.as_ref().is_some_and(|tables| {
                let mut rows = tables.iter();
                rows.all(|rows| matches!(rows, Ok(5)))
            });
            assert!(looked.is_none() || is_whole, "{what}: {looked:?}");
        }
    }
}

#[test]
fn no_flipped_bit_in_the_store_is_a_panic() {
    let mut refused = 0;
    let mut tried = 0;
    for disk in [crashed(), closed()] {
        let length = disk.read(FILE_NAME).unwrap().len();
        // All of the header, and the rest here and there.
        let places = (0..320).chain((320..length).step_by(4099));
        for place in places {
            let damaged = copy(&disk);
            damaged.damage(FILE_NAME, |bytes| bytes[place] ^= 1 << (place % 8));
            tried += 1;
            refused += usize::from(look(&damaged, &format!("byte {place}")).is_none());
        }
    }
    assert!(refused > 40, "{refused} of {tried} were refused");
}

#[test]
fn a_flipped_bit_in_the_log_is_refused_but_in_what_comes_last() {
    let disk = crashed();
    let log = disk.read(LOG_FILE_NAMES[0]).unwrap();
    let end = log.iter().rposition(|byte| *byte != 0).unwrap();
    let last = last_frame(&log);
    for place in 0..=end {
        let damaged = copy(&disk);
        damaged.damage(LOG_FILE_NAMES[0], |bytes| bytes[place] ^= 1 << (place % 8));
        if let Some(tables) = look(&damaged, &format!("byte {place} of the log")) {
            let rows: Vec<usize> = tables.into_iter().map(Result::unwrap).collect();
            // A commit that nobody was told of would look the same.
            let all = |count| rows.iter().all(|rows| *rows == count);
            let is_right = all(5) || (place >= last && all(4));
            assert!(is_right, "byte {place}, the last frame at {last}: {rows:?}");
        }
    }
}

/// Where the frame of the last commit begins: that with the highest number.
fn last_frame(log: &[u8]) -> usize {
    let mark = &log[32..40];
    let begins = |place: &usize| log[*place..].starts_with(mark);
    let number =
        |place: &usize| u64::from_le_bytes(log[place + 12..place + 20].try_into().unwrap());
    (64..log.len()).filter(begins).max_by_key(number).unwrap()
}

#[test]
fn a_log_that_was_cut_short_is_refused() {
    let disk = crashed();
    let length = disk.read(LOG_FILE_NAMES[0]).unwrap().len();
    for name in LOG_FILE_NAMES {
        for cut in (0..length).step_by(7) {
            let damaged = copy(&disk);
            damaged.damage(name, |bytes| bytes.truncate(cut));
            let looked = look(&damaged, &format!("`{name}` cut to {cut} bytes"));
            assert!(looked.is_none(), "`{name}` cut to {cut} bytes: {looked:?}");
        }
    }
}

/// How a store is left that was opened so often, with so many commits each time.
fn lives(times: usize, commits: u8) -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    for _ in 1..times {
        drop(open(&disk).unwrap());
    }
    let store = open(&disk).unwrap();
    for number in 0..commits {
        store.commit(batch(number)).unwrap();
    }
    let left = disk.after_crash(&mut || true);
    drop(store);
    left
}

#[test]
fn what_looks_like_frames_inside_a_row_is_part_of_the_row() {
    let frames = lives(1, 6).read(LOG_FILE_NAMES[0]).unwrap();
    let frames = &frames[..1024];
    for shift in 0..8 {
        let disk = lives(2, 1);
        let store = open(&disk).unwrap();
        let text = [&vec![b' '; shift], frames].concat();
        let put = (Table::Cases, vec![9], text.clone());
        let batch = Batch {
            puts: vec![put],
            ..Batch::default()
        };
        store.commit(batch).unwrap();
        let left = disk.after_crash(&mut || true);
        drop(store);
        let again = open(&left).unwrap();
        assert_eq!(again.get(Table::Cases, &[9]).unwrap(), Some(text));
    }
}

#[test]
fn a_file_of_another_time_than_the_log_is_refused() {
    let disk = lives(1, 2);
    let before = disk.read(FILE_NAME).unwrap();
    for number in 2..5 {
        let store = open(&disk).unwrap();
        store.commit(batch(number)).unwrap();
        drop(store);
    }
    let store = open(&disk).unwrap();
    store.commit(batch(9)).unwrap();
    let left = disk.after_crash(&mut || true);
    drop(store);
    assert!(open(&copy(&left)).is_ok());
    left.damage(FILE_NAME, |bytes| *bytes = before);
    let refused = look(&left, "a file that was put back");
    assert!(refused.is_none());
}
