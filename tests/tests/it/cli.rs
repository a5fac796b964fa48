//! Whole transcripts of the real binary. `SNAPSHOTS=overwrite` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use casewright_tests::{program, root};
use snapbox::{Data, assert_data_eq};

/// The folder in which the commands run, with the files that they read.
pub(crate) fn folder() -> PathBuf {
    root().join("tests/tests/cli")
}

/// What a command says, and how it ends.
pub(crate) fn transcript(arguments: &[&str], input: &str) -> String {
    let mut command = program();
    command
        .args(arguments)
        .current_dir(folder())
        // Help is wrapped to the terminal, reports are coloured for it.
        .env_remove("COLUMNS")
        .env_remove("CLICOLOR_FORCE")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input may have closed it by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let mut text = format!("$ casewright {}\n", arguments.join(" "));
    text.push_str(&String::from_utf8(output.stdout).unwrap());
    let said = String::from_utf8(output.stderr).unwrap();
    for line in said.lines() {
        writeln!(text, "stderr| {line}").unwrap();
    }
    let code = output.status.code().unwrap();
    writeln!(text, "exit {code}").unwrap();
    text.replace("casewright.exe", "casewright")
}

/// Runs commands and compares all of it with a file of the folder.
fn check(name: &str, commands: &[&[&str]]) {
    let transcripts: Vec<String> = commands
        .iter()
        .map(|command| transcript(command, ""))
        .collect();
    same(name, &transcripts.join("\n"));
}

pub(crate) fn same(name: &str, text: &str) {
    let expected = Data::read_from(&folder().join(name), None);
    assert_data_eq!(text.to_owned(), expected.raw());
}

#[test]
fn help_explains_every_command() {
    check(
        "help.txt",
        &[
            &["--help"],
            &["serve", "--help"],
            &["check", "--help"],
            &["schema", "--help"],
            &["simulate", "--help"],
            &["test", "--help"],
            &["diagram", "--help"],
            &["explain", "--help"],
            &["import", "--help"],
            &["import", "scxml", "--help"],
            &["import", "xstate", "--help"],
            &["export", "--help"],
            &["verify", "--help"],
            &["repair", "--help"],
            &["bench", "--help"],
            &["compact", "--help"],
            &["jobs", "--help"],
            &["jobs", "list", "--help"],
            &["jobs", "retry", "--help"],
            &["jobs", "cancel", "--help"],
        ],
    );
}

#[test]
fn export_writes_other_formats() {
    check(
        "export.txt",
        &[
            &["export", "scxml", "visit.yaml"],
            &["export", "dot", "visit.yaml"],
            &["export", "yaml", "visit.yaml"],
            &["export", "scxml", "missing.yaml"],
            &[
                "diagram",
                "visit.yaml",
                "--format",
                "svg",
                "--active",
                "planned",
            ],
            &["import", "xstate", "machine.json"],
        ],
    );
}

#[test]
fn check_says_what_is_wrong_and_where() {
    check(
        "check.txt",
        &[
            &["check"],
            &["check", "visit.yaml"],
            &["check", "broken.yaml"],
            &["check", "broken.yaml", "--output", "json"],
            &["check", "visit.yaml", "."],
            &["check", "missing.yaml"],
            &["check", "--colour"],
        ],
    );
}

#[test]
fn check_tells_code_hosting() {
    check(
        "check-sarif.txt",
        &[
            &["check", "visit.yaml", "--output", "sarif"],
            &["check", "客户 1.yaml", "--output", "sarif"],
            &["check", "missing.yaml", "--output", "sarif"],
        ],
    );
}

#[test]
fn simulate_runs_a_case() {
    check(
        "simulate.txt",
        &[
            &["simulate", "visit.yaml", "--events", "visit.jsonl"],
            &[
                "simulate",
                "visit.yaml",
                "--events",
                "visit.jsonl",
                "--output",
                "json",
            ],
            &["simulate", "visit.yaml", "--events", "surprise.jsonl"],
            &[
                "simulate",
                "visit.yaml",
                "--data",
                r#"{"customer": "B"}"#,
                "--now",
                "2026-03-01T00:00:00Z",
            ],
            &[
                "simulate",
                "visit.yaml",
                "--actor",
                "crm:system",
                "--output",
                "json",
            ],
        ],
    );
}

#[test]
fn simulate_explains_what_may_happen_next() {
    let simulate = [
        "simulate",
        "loan.yaml",
        "--events",
        "loan.jsonl",
        "--explain",
    ];
    check(
        "simulate-explain.txt",
        &[
            &simulate,
            &[
                "simulate",
                "loan.yaml",
                "--explain",
                "--actor",
                "wang:guest",
            ],
        ],
    );
    let mut json = simulate.to_vec();
    json.extend(["--output", "json"]);
    let text = transcript(&json, "");
    let last = text.lines().rfind(|line| line.starts_with('{'));
    let last: serde_json::Value = serde_json::from_str(last.unwrap()).unwrap();
    let events = last["explanation"]["events"].as_array().unwrap();
    assert_eq!(events[0]["verdict"], "blocked");
    assert_eq!(
        events[0]["transitions"][0]["parts"][0]["values"][0]["value"],
        120
    );
}

#[test]
fn test_runs_scenarios() {
    check(
        "test.txt",
        &[
            &["test", "visits/scenarios/reported.yaml"],
            &["test", "visits"],
            &["test", "visits", "--output", "json"],
            &["test", "visits", "--output", "junit"],
            &["test", "visits", "--filter", "weekly"],
            &["test", "visits", "--filter", "monthly"],
            &[
                "test",
                "visits/scenarios/reported.yaml",
                "--min-coverage",
                "100",
            ],
            &[
                "test",
                "visits/scenarios/weekly.yaml",
                "--min-coverage",
                "50%",
            ],
            &["test", "visits", "--min-coverage", "120"],
            &["test", "visits/workflows"],
            &["test", "missing.yaml"],
            &[
                "test",
                "visits/scenarios/reported.yaml",
                "--pack",
                "missing",
            ],
        ],
    );
}

#[test]
fn counterexamples_are_written_and_go_their_way_again() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("ways");
    let file = out.join("order.yaml");
    let (folder, way) = (out.to_str().unwrap(), file.to_str().unwrap());
    let checked = transcript(&["check", "orders", "--counterexamples", folder], "");
    let written = fs::read_to_string(&file).unwrap();
    let names: Vec<_> = fs::read_dir(&out).unwrap().collect();
    assert_eq!(names.len(), 1, "one for each unsound workflow: {names:?}");
    let replay = ["test", way, "--pack", "orders"];
    let replayed = transcript(&replay, "");
    fs::write(
        &file,
        written.replace("assuming: [true]", "assuming: [false]"),
    )
    .unwrap();
    let elsewhere = transcript(&replay, "");
    fs::write(&file, written.replace("\"close\"", "\"clsoe\", by: li.na")).unwrap();
    let slips = transcript(&replay, "");
    let sound = transcript(&["check", "visits", "--counterexamples", folder], "");
    let text = [checked, written, replayed, elsewhere, slips, sound].join("\n");
    let text = text.replace(way, "DIR/order.yaml").replace(folder, "DIR");
    same("counterexamples.txt", &text);
}

#[test]
fn simulate_says_why_it_cannot_run() {
    check(
        "simulate-failures.txt",
        &[
            &["simulate", "broken.yaml", "--events", "visit.jsonl"],
            &["simulate", "visit.yaml", "--events", "bad-line.jsonl"],
            &["simulate", "visit.yaml", "--events", "missing.jsonl"],
            &[
                "simulate",
                "visit.yaml",
                "--events",
                "visit.jsonl",
                "--data",
                "{}",
            ],
            &["simulate", "visit.yaml", "--data", "[1]"],
            &["simulate", "visit.yaml", "--now", "today"],
        ],
    );
}

#[test]
fn timers_without_end_are_no_endless_run() {
    let text = transcript(
        &[
            "simulate",
            "endless.yaml",
            "--actor",
            "li.na:account-manager",
        ],
        "",
    );
    let end: Vec<&str> = text.lines().rev().take(2).collect();
    let told = "stderr| error: <stdin>: more than 10000 timers fell due or services came back, one after the other";
    assert_eq!(end, ["exit 2", told]);
}

#[test]
fn events_come_from_standard_input_too() {
    let events = fs::read_to_string(folder().join("visit.jsonl")).unwrap();
    let from_file = transcript(&["simulate", "visit.yaml", "--events", "visit.jsonl"], "");
    let piped = transcript(&["simulate", "visit.yaml", "--events", "-"], &events);
    let without_flag = transcript(&["simulate", "visit.yaml"], &events);
    let body = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&piped), body(&from_file));
    assert_eq!(body(&without_flag), body(&from_file));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let pack = root().join("schemas/packs/key-account");
    let workflow = pack.join("workflows/project-lifecycle.yaml");
    let events = pack.join("scenarios/project-lifecycle/contract-and-value-assessment.jsonl");
    let (workflow, events) = (workflow.to_str().unwrap(), events.to_str().unwrap());
    let command = ["simulate", workflow, "--events", events, "--output", "json"];
    assert_eq!(transcript(&command, ""), transcript(&command, ""));
}

#[test]
fn diagram_draws() {
    check(
        "diagram.txt",
        &[
            &[
                "diagram",
                "visit.yaml",
                "--language",
                "zh",
                "--active",
                "planned",
            ],
            &["diagram", "visit.yaml", "--active", "planed"],
            &["diagram", "broken.yaml"],
        ],
    );
}

#[test]
fn every_schema_is_printed_and_written() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().to_str().unwrap();
    let written = transcript(&["schema", "--out", path], "");
    assert!(written.ends_with("exit 0\n"), "{written}");
    let mut names: Vec<String> = fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "calendar.schema.json",
            "grants.schema.json",
            "openapi.json",
            "pack.schema.json",
            "parameters.schema.json",
            "roles.schema.json",
            "scenario.schema.json",
            "script-line.schema.json",
            "types.schema.json",
            "workflow.schema.json",
        ]
    );
    for name in names {
        let word = name.split('.').next().unwrap();
        let text = fs::read_to_string(out.path().join(&name)).unwrap();
        assert!(text.ends_with("}\n"), "{name}");
        let printed = transcript(&["schema", word], "");
        assert_eq!(
            printed,
            format!("$ casewright schema {word}\n{text}exit 0\n")
        );
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    let out = tempfile::tempdir().unwrap();
    transcript(&["schema", "--out", out.path().to_str().unwrap()], "");
    for entry in fs::read_dir(out.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        let committed = fs::read_to_string(root().join("schemas").join(name)).unwrap_or_default();
        let current = fs::read_to_string(&path).unwrap();
        assert!(
            committed == current,
            "schemas/{} is not current; run `cargo xtask generate`",
            name.display()
        );
    }
}

#[test]
fn findings_are_explained() {
    check(
        "explain.txt",
        &[
            &["explain", "state-unknown"],
            &["explain", "state-unkown"],
            &["explain"],
        ],
    );
}

#[test]
fn a_chart_in_scxml_becomes_a_workflow_that_runs_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("door.yaml");
    let out = out.to_str().unwrap();
    let imported = transcript(&["import", "scxml", "door.scxml", "-o", out], "");
    assert!(imported.ends_with("exit 0\n"), "{imported}");
    let events =
        "{\"event\": \"nobody.takes.this\"}\n{\"after\": \"1500ms\"}\n{\"event\": \"push\"}\n";
    let command = ["simulate", out, "--events", "-", "--output", "json"];
    let text = transcript(&command, events);
    let last = text.lines().rfind(|line| line.starts_with('{')).unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["active"], serde_json::json!(["pass"]), "{text}");
    assert_eq!(last["done"], true);
    check(
        "import-failures.txt",
        &[&["import", "scxml", "script.scxml"]],
    );
}

/// A data folder with the kept store of the first format, in which some of the places where a name stands are
/// altered.
fn store(altered: &[usize]) -> tempfile::TempDir {
    let kept = root().join("engine/store/tests/formats/1.redb");
    let mut bytes = fs::read(kept).unwrap();
    let name = "梁晓东".as_bytes();
    let places: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|at| bytes[*at..].starts_with(name))
        .collect();
    for place in altered.iter().map(|number| places[*number]) {
        bytes[place..place + name.len()].copy_from_slice("梁晓冬".as_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("casewright.redb"), bytes).unwrap();
    folder
}

/// What some commands say of a store, one after the other.
fn of_store(altered: &[usize], commands: &[&[&str]]) -> String {
    let folder = store(altered);
    let path = folder.path().to_str().unwrap();
    let transcripts = commands.iter().map(|command| {
        let command = [*command, &["--data", path]].concat();
        transcript(&command, "").replace(path, "DIR")
    });
    transcripts.collect::<Vec<_>>().join("\n")
}

/// The places at which the name stands in the kept store: in two cases, and in two records.
const CASES: [usize; 2] = [0, 4];
const RECORDS: [usize; 2] = [2, 8];

#[test]
fn verify_compares_a_store_with_its_journal() {
    let json: &[&str] = &["verify", "--output", "json"];
    let sound = of_store(&[], &[&["verify"], json]);
    let cases = of_store(&CASES, &[&["verify"], json]);
    let records = of_store(&RECORDS, &[&["verify"], json]);
    let nothing = tempfile::tempdir().unwrap();
    let path = nothing.path().to_str().unwrap();
    let missing = transcript(&["verify", "--data", path], "").replace(path, "DIR");
    let made = fs::read_dir(nothing.path()).unwrap().count();
    assert_eq!(made, 0, "looking makes no store");
    same("verify.txt", &[sound, cases, records, missing].join("\n"));
}

#[test]
fn repair_derives_again_what_the_journal_leads_to() {
    let json: &[&str] = &["repair", "--output", "json"];
    let sound = of_store(&[], &[&["repair"], json]);
    let dry: &[&str] = &["repair", "--dry-run"];
    let cases = of_store(&CASES, &[dry, &["verify"], &["repair"], &["verify"]]);
    let refused = of_store(&[0, 2], &[dry, &["repair"], json, &["verify"]]);
    same("repair.txt", &[sound, cases, refused].join("\n"));
}
