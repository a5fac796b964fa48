//! `casewright bench`, on the real binary: that it measures, and in what form. What it measures is no
//! test's concern.

use std::fs;
use std::path::Path;
use std::process::Output;

use casewright_tests::{program, server::Settings};
use serde_json::Value as Json;

/// Runs a bench with its data in a folder.
fn bench(folder: &Path, arguments: &[&str]) -> Output {
    program()
        .args(["bench", "--data"])
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs a bench that has nothing to complain of; its lines.
fn lines(arguments: &[&str]) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let output = bench(folder.path(), arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told, "", "nothing is told where nobody watches");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "what was written is gone: {left:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line| serde_json::from_str(line).unwrap();
    text.lines().map(line).collect()
}

fn figure(row: &Json, name: &str) -> f64 {
    let figure = row[name].as_f64();
    figure.unwrap_or_else(|| panic!("no figure `{name}` in {row}"))
}

#[track_caller]
fn check_row(row: &Json) {
    for name in ["steps", "steps_per_second", "p50_ms", "p99_ms", "p999_ms"] {
        assert!(figure(row, name) > 0.0, "`{name}` is nothing in {row}");
    }
    for name in ["bare_requests_per_second", "syncs_per_second"] {
        assert!(figure(row, name) > 0.0, "`{name}` is nothing in {row}");
    }
    assert!(figure(row, "p50_ms") <= figure(row, "p99_ms"));
    assert!(figure(row, "p99_ms") <= figure(row, "p999_ms"));
    assert!(figure(row, "steps_per_commit") >= 1.0, "{row}");
    let clients = figure(row, "clients");
    assert!(figure(row, "steps_per_commit") <= clients, "{row}");
    if cfg!(target_os = "linux") {
        assert!(figure(row, "memory_bytes") > 0.0, "{row}");
        assert!(figure(row, "cpu_s_per_1000_steps") > 0.0, "{row}");
    }
}

#[test]
fn steps_are_measured_by_workflow_and_clients() {
    let rows = lines(&[
        "--clients=1,4",
        "--seconds=1",
        "--warmup=0",
        "--output=json",
    ]);
    let of = |row: &Json| (row["plugin"].as_bool().unwrap(), figure(row, "clients"));
    let found: Vec<_> = rows.iter().map(of).collect();
    assert_eq!(
        found,
        [(false, 1.0), (false, 4.0), (true, 1.0), (true, 4.0)]
    );
    rows.iter().for_each(check_row);
}

#[test]
fn a_store_with_cases_is_measured_beside_an_empty_one() {
    let mut rows = lines(&[
        "--clients=2",
        "--seconds=0.2",
        "--warmup=0",
        "--cases=50",
        "--idempotency",
        "--output=json",
    ]);
    let growth = rows.pop().unwrap();
    let cases: Vec<_> = rows.iter().map(|row| figure(row, "cases")).collect();
    assert_eq!(cases, [0.0, 0.0, 50.0]);
    rows.iter().for_each(check_row);
    let growth = &growth["growth"];
    assert_eq!(growth["steps"], 300);
    let tables = growth["tables"].as_array().unwrap();
    let rows_of = |name: &str| {
        let table = tables.iter().find(|table| table["table"] == name).unwrap();
        table["rows"].as_u64().unwrap()
    };
    assert_eq!((rows_of("cases"), rows_of("journal")), (50, 300));
    assert_eq!(rows_of("timers"), 13, "one in four cases is open");
    let queries = growth["queries"].as_array().unwrap();
    assert!(queries.len() > 5);
    for query in queries {
        assert!(figure(query, "p99_ms") >= figure(query, "p50_ms"));
    }
}

#[test]
fn what_cannot_be_measured_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output = bench(&file, &["--seconds=1"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    let begin = format!("error: cannot make a folder in `{}`: ", file.display());
    assert!(told.starts_with(&begin), "{told}");
    let output = bench(folder.path(), &["--clients=0"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn only_a_store_is_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let compact = || {
        let mut command = program();
        command.args(["compact", "--output=json", "--data"]);
        command.arg(folder.path()).output().unwrap()
    };
    let output = compact();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("found none"), "{told}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "no store was made: {left:?}");
    Settings::new().start_on(folder.path()).stop();
    let output = compact();
    assert_eq!(output.status.code(), Some(0));
    let compacted: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(compacted["tables"].as_array().unwrap().len(), 12);
    assert_eq!(compacted["tables"][2]["rows"], 4, "the shipped workflows");
}
