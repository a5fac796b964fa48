//! What is derived comes back as it was, whatever happened to it; what is not is left as it is, and named.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use casewright_chart::{Limits, Timestamp};
use casewright_runtime::repair::{Mode, Repaired, repair};
use casewright_store::tables::Table;
use casewright_store::{Batch, FailureRecord, KeyValue, Memory, Range, Row, Store, StoreError};
use expect_test::{Expect, expect};

use super::archive::Archive;

/// Damages a store, and sees to it that a dry run changes nothing, that repairing brings back every row, and
/// that there is nothing more to repair then.
fn comes_back(damage: impl FnOnce(&Archive)) -> Repaired {
    let archive = Archive::new();
    let sound = archive.all_rows();
    damage(&archive);
    let damaged = archive.all_rows();
    assert!(damaged != sound);
    let planned = archive.repaired(Mode::DryRun);
    assert!(archive.all_rows() == damaged, "a dry run writes nothing");
    assert!(!planned.is_unchanged());
    let repaired = archive.repaired(Mode::Write);
    assert_eq!(repaired.refused, []);
    assert_eq!(
        (planned.cases, planned.cases_removed),
        (repaired.cases, repaired.cases_removed)
    );
    assert!(archive.all_rows() == sound);
    let report = archive.verified();
    assert!(report.is_sound(), "{report}");
    assert_eq!(archive.repaired(Mode::Write), Repaired::default());
    repaired
}

#[test]
fn a_sound_store_is_left_alone() {
    let archive = Archive::new();
    let before = archive.all_rows();
    assert_eq!(archive.repaired(Mode::Write), Repaired::default());
    assert!(archive.all_rows() == before);
}

#[test]
fn each_row_that_is_derived_comes_back() {
    let derived = [Table::Cases, Table::Timers, Table::Index];
    for (table, (key, value)) in Archive::new().all_rows() {
        if !derived.contains(&table) {
            continue;
        }
        comes_back(|archive| archive.remove(table, &key));
        comes_back(|archive| archive.put(table, &key, b"something else"));
        let chained = match table {
            Table::Cases => hash_of_the_last_record(&key, &value),
            _ => 0..0,
        };
        for place in (0..value.len()).step_by(61) {
            let damage =
                |archive: &Archive| archive.alter(table, &key, |value| value[place] ^= 0x10);
            match chained.contains(&place) {
                false => drop(comes_back(damage)),
                // Or its last record was altered: nobody can tell.
                true => check_left_alone(damage),
            }
        }
        let mut elsewhere = key.clone();
        elsewhere[0] ^= 0x80;
        comes_back(|archive| {
            archive.remove(table, &key);
            archive.put(table, &elsewhere, &value);
        });
    }
}

/// A repair names what is damaged, once, and leaves it as it is.
fn check_left_alone(damage: impl FnOnce(&Archive)) {
    let archive = Archive::new();
    damage(&archive);
    let damaged = archive.all_rows();
    let repaired = archive.repaired(Mode::Write);
    assert!(repaired.is_unchanged() && archive.all_rows() == damaged);
    assert_eq!(repaired.refused.len(), 1);
}

/// Where a case says what its last record is.
fn hash_of_the_last_record(case: &[u8], value: &[u8]) -> std::ops::Range<usize> {
    let case = std::str::from_utf8(case).unwrap();
    let stored = Archive::new().store().case(case).unwrap().unwrap();
    let hash = stored.record.last.hash;
    let start = value.windows(32).position(|bytes| bytes == hash).unwrap();
    start..start + 32
}

#[test]
fn everything_that_is_derived_comes_back_at_once() {
    let repaired = comes_back(|archive| {
        for table in [
            Table::Cases,
            Table::Timers,
            Table::Index,
            Table::Jobs,
            Table::Queue,
        ] {
            for (key, _) in archive.rows(table) {
                archive.remove(table, &key);
            }
        }
    });
    assert_eq!(repaired.cases, 4);
    assert_eq!((repaired.index_added, repaired.timers_added), (20, 2));
    assert_eq!(repaired.jobs_added, 1);
}

#[test]
fn a_case_of_an_older_state_is_brought_forward() {
    let repaired = comes_back(|archive| {
        let before = Archive::after(6).rows(Table::Cases).remove(0).1;
        archive.put(Table::Cases, b"a", &before);
    });
    assert_eq!(repaired.cases, 1);
}

#[test]
fn a_job_comes_back_as_it_was_started() {
    for table in [Table::Jobs, Table::Queue] {
        let (key, value) = Archive::new().rows(table).remove(0);
        let repaired = comes_back(|archive| archive.remove(table, &key));
        assert_eq!((repaired.jobs_added, repaired.jobs_removed), (1, 0));
        comes_back(|archive| archive.put(table, &key, b"something else"));
        let mut elsewhere = key.clone();
        elsewhere[0] ^= 1;
        let repaired = comes_back(|archive| archive.put(table, &elsewhere, &value));
        assert_eq!((repaired.jobs_added, repaired.jobs_removed), (0, 1));
        comes_back(|archive| {
            archive.remove(table, &key);
            archive.put(table, &elsewhere, &value);
        });
        comes_back(|archive| archive.put(table, b"no key", &value));
    }
}

#[test]
fn a_job_that_was_tried_stays_as_it_is() {
    let archive = Archive::new();
    let store = archive.store();
    let job = store.jobs_of("c").unwrap().remove(0);
    let failure = FailureRecord::new(Timestamp::from_unix_ms(5), "down", "it is down");
    for due in [Some(Timestamp::from_unix_ms(7)), None] {
        let job = store.job(&job.key).unwrap().unwrap();
        let tried = job.record.clone().failed(failure.clone(), due);
        store.change_job(&job, &tried).unwrap();
        let report = archive.verified();
        assert!(report.is_sound(), "{report}");
        assert_eq!(archive.repaired(Mode::Write), Repaired::default());
        assert_eq!(store.job(&job.key).unwrap().unwrap().record, tried);
    }
}

#[test]
fn a_timer_that_was_put_off_stays_where_it_is() {
    let archive = Archive::new();
    let (key, _) = archive.rows(Table::Timers).remove(0);
    let timer = casewright_store::DueTimer::of_key(&key).unwrap();
    let later = timer.due.after_ms(60_000);
    archive.store().put_off_timer(&timer, later).unwrap();
    let (all, _) = archive.rows(Table::Index).remove(0);
    archive.remove(Table::Index, &all);
    let put_off = archive.rows(Table::Timers);
    let repaired = archive.repaired(Mode::Write);
    assert_eq!((repaired.index_added, repaired.timers_added), (1, 0));
    assert_eq!(archive.rows(Table::Timers), put_off);
}

/// Repairs a store whose journal is damaged: what is told, once and again, and what is brought back all the
/// same.
fn check_refusal(damage: impl FnOnce(&Archive), expected: Expect) {
    let archive = Archive::new();
    let sound = archive.all_rows();
    damage(&archive);
    let damaged = archive.all_rows();
    // Something of another case that can be brought back.
    let all_b = b"all\0b";
    archive.remove(Table::Index, all_b);
    let repaired = archive.repaired(Mode::Write);
    let told: Vec<String> = repaired.refused.iter().map(ToString::to_string).collect();
    assert_eq!(repaired.index_added, 1);
    assert!(
        archive.all_rows() == damaged,
        "what is damaged is left alone"
    );
    assert!(damaged != sound);
    assert_eq!(archive.repaired(Mode::Write).refused, repaired.refused);
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn a_case_whose_records_are_damaged_is_named_and_the_others_are_repaired() {
    let record = |sequence: u64| sequence.to_be_bytes();
    check_refusal(
        |archive| archive.alter(Table::Journal, &record(4), |bytes| bytes[60] ^= 1),
        expect!["case `a`: record 4: it is not what its successor was chained to"],
    );
    check_refusal(
        |archive| archive.remove(Table::Journal, &record(4)),
        expect![[r#"
            case `a`: record 4: it is missing
            record 4: it is missing"#]],
    );
    check_refusal(
        |archive| archive.remove(Table::Journal, &record(12)),
        expect!["case `d`: it is at revision 3, its records end at revision 2"],
    );
    check_refusal(
        |archive| {
            archive.remove(Table::Journal, &record(12));
            archive.remove(Table::Journal, &record(11));
            archive.put(Table::Cases, b"d", b"damaged, too");
            archive.put(Table::Journal, &record(12), b"no record");
        },
        expect![[r#"
            case `d`: it cannot be read, and record 12, which is missing or damaged, may be its last
            record 11: it is missing
            record 12: expected a record of version 1, found 110"#]],
    );
    check_refusal(
        |archive| {
            let again = archive.rows(Table::Journal).remove(11).1;
            archive.put(Table::Journal, &record(13), &again);
        },
        expect!["case `d`: records 12 and 13 both end it, one beside the other"],
    );
    check_refusal(
        |archive| {
            archive.alter(Table::Journal, &record(12), |bytes| {
                rewrite(bytes, "李娜", "李那")
            })
        },
        expect!["case `d`: record 12: it is not what case `d` was chained to"],
    );
    check_refusal(
        |archive| {
            // Of no case.
            archive.put(Table::Definitions, &[7; 32], b"{}");
        },
        expect![
            "definition 0707070707070707070707070707070707070707070707070707070707070707 is not what was stored"
        ],
    );
}

/// Writes something of the same length over the first place at which something stands.
fn rewrite(bytes: &mut [u8], old: &str, new: &str) {
    let found = bytes
        .windows(old.len())
        .position(|found| found == old.as_bytes());
    let start = found.unwrap();
    bytes[start..start + new.len()].copy_from_slice(new.as_bytes());
}

#[test]
fn an_only_record_that_was_given_to_another_case_makes_none_and_unmakes_none() {
    let archive = Archive::with_many_cases(3);
    let key = 2_u64.to_be_bytes();
    archive.alter(Table::Journal, &key, |bytes| {
        rewrite(bytes, "case-1", "case-9")
    });
    let before = archive.all_rows();
    let repaired = archive.repaired(Mode::Write);
    assert!(repaired.is_unchanged() && archive.all_rows() == before);
    let told: Vec<String> = repaired.refused.iter().map(ToString::to_string).collect();
    expect![[r#"
        case `case-9`: record 2: it is not what case `case-1` was chained to
        case `case-1`: record 2: it is not what case `case-1` was chained to"#]]
    .assert_eq(&told.join("\n"));
}

/// A backend whose commits fail from one of them on, as when the process is killed.
struct Killed {
    memory: Arc<Memory>,
    commits: AtomicU64,
    dies_at: u64,
}

impl KeyValue for Killed {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        self.memory.scan(table, range)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        match self.commits.fetch_add(1, Ordering::SeqCst) < self.dies_at {
            true => self.memory.commit(batch),
            false => Err(StoreError::Io("killed".to_owned())),
        }
    }
}

#[test]
fn a_repair_that_is_killed_is_brought_to_its_end_by_the_next() {
    let limits = Limits::default();
    let sound = Archive::with_many_cases(700).all_rows();
    let mut kills = 0;
    loop {
        let archive = Archive::with_many_cases(700);
        for table in [Table::Cases, Table::Timers, Table::Index] {
            for (key, _) in archive.rows(table) {
                archive.remove(table, &key);
            }
        }
        let backend = Killed {
            memory: archive.memory.clone(),
            commits: AtomicU64::new(0),
            dies_at: kills,
        };
        let store = Store::open(Box::new(backend)).unwrap();
        let ended = repair(&store, &limits, Mode::Write, &|_, _| {}, &|_| {});
        if ended.is_ok() {
            assert!(archive.all_rows() == sound);
            break;
        }
        kills += 1;
        assert_eq!(archive.repaired(Mode::Write).refused, []);
        assert!(archive.all_rows() == sound, "killed at commit {kills}");
    }
    assert!(kills > 2, "it takes several commits: {kills}");
}
