//! Stores that are sound, stores that are damaged in one way each, and what repairing makes of them.

mod archive;
mod damage;
mod formats;
mod repairs;

use casewright_chart::Timestamp;
use casewright_runtime::verify::Report;
use casewright_store::tables::Table;
use casewright_store::{DueTimer, KeyValue, Row};

use archive::Archive;

#[test]
fn a_store_that_nobody_touched_is_sound() {
    let archive = Archive::new();
    let report = archive.verified();
    assert!(report.is_sound(), "{report}");
    let Report {
        cases,
        steps,
        definitions,
        ..
    } = report;
    assert_eq!((cases, steps, definitions), (4, 12, 2));
}

#[test]
fn a_store_without_anything_in_it_is_sound() {
    let report = Archive::empty().verified();
    assert_eq!(report, Report::default());
}

#[test]
fn a_timer_that_was_put_off_is_where_it_belongs() {
    let archive = Archive::new();
    let (key, _) = archive.rows(Table::Timers).remove(0);
    let timer = DueTimer::of_key(&key).unwrap();
    let store = archive.store();
    store
        .put_off_timer(&timer, timer.due.after_ms(60_000))
        .unwrap();
    assert_ne!(archive.rows(Table::Timers)[0].0, key);
    let report = archive.verified();
    assert!(report.is_sound(), "{report}");
    // Once, and not twice; and never before it is due.
    archive.put(Table::Timers, &key, &[]);
    assert!(!archive.verified().is_sound());
}

#[test]
fn a_timer_that_was_put_off_and_then_cancelled_goes_when_it_comes() {
    let archive = Archive::new();
    let (key, _) = archive.rows(Table::Timers).remove(0);
    let timer = DueTimer::of_key(&key).unwrap();
    assert_eq!(timer.case, "a");
    let later = timer.due.after_ms(60_000);
    archive.store().put_off_timer(&timer, later).unwrap();
    archive.send_at(timer.due.after_ms(5), "a", "close");
    let rests = archive.rows(Table::Timers).remove(0).0;
    assert_eq!(DueTimer::of_key(&rests).unwrap().due, later);
    let report = archive.verified();
    assert!(report.is_sound(), "{report}");
    // One that was cancelled before it was due was never put off.
    let archive = Archive::new();
    archive.send_at(
        Timestamp::from_unix_ms(timer.due.unix_ms() - 2_000),
        "a",
        "close",
    );
    assert!(archive.verified().is_sound());
    archive.put(Table::Timers, &rests, b"");
    assert!(!archive.verified().is_sound());
}

#[test]
fn every_record_is_looked_at_and_told_of() {
    let archive = Archive::new();
    let seen = std::sync::Mutex::new(Vec::new());
    let watch = |done, of| seen.lock().unwrap().push((done, of));
    let limits = casewright_chart::Limits::default();
    let report = casewright_runtime::verify::verify_watched(&archive.store(), &limits, &watch);
    assert!(report.unwrap().is_sound());
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.iter().max(), Some(&(12, 12)), "{seen:?}");
}

#[test]
fn more_rows_than_fit_a_page_are_all_read() {
    let archive = Archive::with_many_cases(150);
    let report = archive.verified();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.cases, report.steps), (150, 150));
    let all: Vec<Row> = archive
        .memory
        .scan(
            Table::Index,
            &casewright_store::Range::prefix(&[], None, usize::MAX),
        )
        .unwrap();
    let through_pages: Result<Vec<Row>, _> = archive.store().rows(Table::Index).collect();
    assert_eq!(through_pages.unwrap(), all);
}
