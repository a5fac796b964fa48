//! Damage of each kind is found, and named.

use casewright_runtime::verify::verify;
use casewright_store::tables::Table;
use casewright_store::{Link, Store};
use expect_test::{Expect, expect};

use super::archive::Archive;

fn check(damage: impl FnOnce(&Archive), expected: Expect) {
    let archive = Archive::new();
    damage(&archive);
    let told = archive.verified().to_string();
    let digests = archive.rows(Table::Definitions);
    let told = digests.iter().fold(told, |told, (key, _)| {
        let digest: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        told.replace(&digest, "DIGEST")
    });
    expected.assert_eq(&told);
}

fn record(sequence: u64) -> [u8; 8] {
    sequence.to_be_bytes()
}

fn flip_last(bytes: &mut [u8]) {
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
}

#[test]
fn a_record_that_is_altered_missing_or_moved_is_named() {
    check(
        |archive| archive.alter(Table::Journal, &record(4), |bytes| flip_last(bytes)),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            chain: 1: case `a`: record 4: it is not what its successor was chained to"#]],
    );
    check(
        |archive| archive.remove(Table::Journal, &record(4)),
        expect![[r#"
            4 cases, 11 steps, 2 definitions
            chain: 1: case `a`: record 4: it is missing
            gap: 1: record 4: it is missing"#]],
    );
    check(
        |archive| archive.remove(Table::Journal, &record(12)),
        expect![[r#"
            4 cases, 11 steps, 2 definitions
            chain: 1: case `d`: record 12: it is missing"#]],
    );
    check(
        |archive| {
            let moved = archive.rows(Table::Journal).remove(11).1;
            archive.remove(Table::Journal, &record(12));
            archive.put(Table::Journal, &record(15), &moved);
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            chain: 1: case `d`: record 12: it is missing
            gap: 1: record 12: it is missing, and all before record 15"#]],
    );
    check(
        |archive| {
            let again = archive.rows(Table::Journal).remove(11).1;
            archive.put(Table::Journal, &record(13), &again);
        },
        expect![[r#"
            4 cases, 13 steps, 2 definitions
            stray: 1: case `d`: record 13: the records of its case do not lead to it"#]],
    );
    check(
        |archive| archive.put(Table::Journal, &record(13), b"no record"),
        expect![[r#"
            4 cases, 13 steps, 2 definitions
            stray: 1: record 13: expected a record of version 1, found 110"#]],
    );
    check(
        |archive| archive.put(Table::Journal, b"\0", b""),
        expect![[r#"
            4 cases, 13 steps, 2 definitions
            stray: 1: a key of the journal is no number"#]],
    );
}

/// Alters the last record of a case, and chains the case to it as if nothing was.
fn alter_and_chain(archive: &Archive, case: &str, alter: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let stored = archive.store().case(case).unwrap().unwrap().record;
    let key = record(stored.last.sequence);
    archive.alter(Table::Journal, &key, |bytes| *bytes = alter(bytes.clone()));
    let bytes = archive.store().row(Table::Journal, &key).unwrap().unwrap();
    let mut forged = stored.clone();
    forged.last = Link::to(stored.last.sequence, &bytes);
    archive.put(Table::Cases, case.as_bytes(), &forged.to_bytes().unwrap());
}

/// Replaces the first of some bytes.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|found| found == from);
    let at = at.unwrap();
    let mut altered = bytes.to_vec();
    altered[at..at + to.len()].copy_from_slice(to);
    altered
}

#[test]
fn a_record_that_was_altered_with_its_chain_differs_from_its_replay() {
    check(
        |archive| {
            let (from, to) = (2.5_f64.to_be_bytes(), 3.5_f64.to_be_bytes());
            alter_and_chain(archive, "d", |bytes| replace(&bytes, &from, &to));
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            replay: 1: case `d`: record 12: revision 3: `changes.amount`: the journal says 2.5, replay gives 3.5"#]],
    );
}

#[test]
fn a_case_that_is_altered_is_named_with_what_differs() {
    check(
        |archive| {
            archive.alter(Table::Cases, b"a", |bytes| {
                *bytes = replace(bytes, b"amount", b"anount");
            });
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            snapshot: 1: case `a`: `data: fields`: stored is ["late", "anount", "score"], its records lead to ["late", "amount", "score"]"#]],
    );
    check(
        |archive| {
            let mut record = archive.store().case("a").unwrap().unwrap().record;
            record.revision += 1;
            archive.put(Table::Cases, b"a", &record.to_bytes().unwrap());
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            snapshot: 1: case `a`: `revision`: stored is 4, its records lead to 3"#]],
    );
    check(
        |archive| {
            let mut record = archive.store().case("a").unwrap().unwrap().record;
            record.first.hash[3] ^= 1;
            archive.put(Table::Cases, b"a", &record.to_bytes().unwrap());
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            snapshot: 1: case `a`: `first`: stored is record 1, its records lead to record 1"#]],
    );
    check(
        |archive| archive.put(Table::Cases, b"a", b"\x01no case"),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            case: 1: case `a`: cannot decode a record: unexpected type string at position 0: expected array"#]],
    );
    check(
        |archive| archive.remove(Table::Cases, b"a"),
        expect![[r#"
            3 cases, 12 steps, 2 definitions
            case: 1: case `a`: record 1: it is missing, the journal has it"#]],
    );
    check(
        |archive| {
            let row = archive.rows(Table::Cases).remove(0).1;
            archive.put(Table::Cases, b"z", &row);
        },
        expect![[r#"
            5 cases, 12 steps, 2 definitions
            chain: 1: case `z`: record 7: it is a record of case `a`"#]],
    );
}

#[test]
fn a_case_that_was_put_back_to_an_older_state_is_found_by_its_later_records() {
    check(
        |archive| {
            // Record 7 is the last one of `a`.
            let before = Archive::after(6).rows(Table::Cases).remove(0).1;
            archive.put(Table::Cases, b"a", &before);
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            stray: 1: case `a`: record 7: the records of its case do not lead to it"#]],
    );
}

#[test]
fn rows_beside_cases_are_missed_and_found_left_over() {
    let index = |parts: &[&str]| parts.join("\0").into_bytes();
    check(
        |archive| archive.remove(Table::Index, &index(&["state", "claim", "late", "c"])),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            index-missing: 1: case `c`: it is missing in the index: `state claim late c`"#]],
    );
    check(
        |archive| archive.put(Table::Index, &index(&["state", "claim", "open", "c"]), b""),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            index-left-over: 1: case `c`: it stands where it is not, in the index: `state claim open c`"#]],
    );
    check(
        |archive| archive.put(Table::Index, &index(&["all", "nobody"]), b""),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            index-left-over: 1: case `nobody`: it stands where it is not, in the index: `all nobody`"#]],
    );
    check(
        |archive| archive.put(Table::Index, &index(&["all", "c"]), b"something"),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            index-left-over: 1: case `c`: it holds something, in the index: `all c`"#]],
    );
    check(
        |archive| archive.put(Table::Index, b"\xff", b""),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            index-left-over: 1: a row is of no case, in the index: `�`"#]],
    );
    check(
        |archive| {
            let timers = archive.rows(Table::Timers);
            archive.remove(Table::Timers, &timers[0].0);
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            timer-missing: 1: case `a`: timer 1 is missing"#]],
    );
    check(
        |archive| {
            let (mut key, _) = archive.rows(Table::Timers).remove(0);
            key[7] -= 1;
            archive.put(Table::Timers, &key, b"");
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            timer-left-over: 1: case `a`: timer 1 is of no pending event"#]],
    );
    check(
        |archive| archive.put(Table::Timers, b"soon", b""),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            timer-left-over: 1: a row is no timer"#]],
    );
}

#[test]
fn definitions_that_were_swapped_or_altered_are_named() {
    check(
        |archive| {
            let rows = archive.rows(Table::Definitions);
            archive.put(Table::Definitions, &rows[0].0, &rows[1].1);
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            definition: 1: definition DIGEST is not what was stored"#]],
    );
    check(
        |archive| archive.put(Table::Definitions, b"short", b"{}"),
        expect![[r#"
            4 cases, 12 steps, 3 definitions
            definition: 1: a key is no digest"#]],
    );
    check(
        |archive| {
            let rows = archive.rows(Table::Workflows);
            archive.put(Table::Workflows, b"claim", &rows[1].1);
        },
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            workflow: 1: workflow `claim` points at a definition of workflow `other`"#]],
    );
    check(
        |archive| archive.put(Table::Workflows, b"claim", b"no digest"),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            workflow: 1: workflow `claim` points at no digest"#]],
    );
    check(
        |archive| archive.put(Table::Workflows, b"claim", &[7; 32]),
        expect![[r#"
            4 cases, 12 steps, 2 definitions
            workflow: 1: workflow `claim` points at definition 0707070707070707070707070707070707070707070707070707070707070707, which is missing"#]],
    );
}

#[test]
fn whatever_byte_is_flipped_it_is_found() {
    let limits = casewright_chart::Limits::default();
    let archive = Archive::new();
    let mut flipped = 0;
    for (table, (key, value)) in archive.all_rows() {
        // Every place of a case and a record, some of the long definitions.
        let step = value.len() / 12 + 1;
        for place in (0..value.len()).step_by(step) {
            let mut damaged = value.clone();
            damaged[place] ^= 1 << (place % 8);
            archive.put(table, &key, &damaged);
            let opened = Store::open(archive.behind());
            let found = opened.map(|store| verify(&store, &limits).unwrap());
            if let Ok(report) = found {
                assert!(
                    !report.is_sound(),
                    "table {}, key {key:02x?}, byte {place} of {}",
                    table.name(),
                    value.len()
                );
            }
            flipped += 1;
        }
        archive.put(table, &key, &value);
    }
    assert!(flipped > 200, "{flipped}");
    assert!(archive.verified().is_sound());
}

#[test]
fn whatever_row_is_missing_it_is_missed() {
    let archive = Archive::new();
    for (table, (key, value)) in archive.all_rows() {
        // Without its format a store would be a new one, without its workflows one that starts no cases.
        if [Table::Meta, Table::Workflows].contains(&table) {
            continue;
        }
        archive.remove(table, &key);
        let report = archive.verified();
        let is_other = table == Table::Definitions && report.is_sound();
        assert!(
            !report.is_sound() || is_other,
            "{} {key:02x?}",
            table.name()
        );
        archive.put(table, &key, &value);
    }
}

#[test]
fn whatever_row_is_moved_it_is_found() {
    let archive = Archive::new();
    let limits = casewright_chart::Limits::default();
    for (number, (table, (key, value))) in archive.all_rows().into_iter().enumerate() {
        // Without its format a store would be a new one.
        if table == Table::Meta {
            continue;
        }
        archive.remove(table, &key);
        for place in (0..key.len()).filter(|place| (place + number) % 3 == 0) {
            let mut moved = key.clone();
            moved[place] ^= 0x80 >> (place % 8);
            // A timer that is later, and else the same, is one that was put off.
            if table == Table::Timers && moved > key && moved[8..] == key[8..] {
                continue;
            }
            archive.put(table, &moved, &value);
            let opened = Store::open(archive.behind());
            if let Ok(report) = opened.map(|store| verify(&store, &limits).unwrap()) {
                assert!(!report.is_sound(), "{} {moved:02x?}", table.name());
            }
            archive.remove(table, &moved);
        }
        archive.put(table, &key, &value);
    }
    // The last place there can be.
    archive.put(Table::Journal, &record(u64::MAX), b"");
    assert!(Store::open(archive.behind()).is_err());
    archive.remove(Table::Journal, &record(u64::MAX));
    archive.put(Table::Journal, &record(u64::MAX - 1), b"");
    assert!(!archive.verified().is_sound());
}
