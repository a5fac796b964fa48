//! What is found about a workflow as a whole.

use std::path::{Path, PathBuf};

use casewright_definition::analysis::{Soundness, soundness};
use casewright_definition::{Files, Findings, Pack};
use expect_test::expect;

use crate::desk::{definition, workflow};

/// The files of the shipped pack.
pub(crate) fn shipped() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/packs/key-account");
    let mut files = Files::new();
    for place in ["", "workflows"] {
        let entries = std::fs::read_dir(folder.join(place)).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "yaml"));
        for path in paths {
            let name = path.file_name().unwrap().to_string_lossy();
            let name = Path::new(place).join(&*name).display().to_string();
            files.insert(name, std::fs::read(path).unwrap());
        }
    }
    files
}

#[test]
fn the_shipped_workflows_are_sound() {
    let checked = Pack::check(&shipped(), str::to_owned, None);
    assert!(checked.is_sound());
    assert_eq!(checked.workflows.len(), 4);
    for definition in checked.workflows.values() {
        let verdict = soundness(definition);
        assert!(
            matches!(verdict, Soundness::Sound { configurations } if configurations > 5),
            "{}: {verdict:?}",
            definition.id
        );
    }
    let found = checked.findings.iter().flat_map(|file: &Findings| {
        let name = file.source.name.as_ref();
        let line = move |found: &casewright_definition::diagnostic::Diagnostic| {
            format!("{name}: {}: {}\n", found.code, found.message)
        };
        file.diagnostics.iter().map(line)
    });
    // A wait without a deadline is a question to the author; anything else would be a mistake.
    let other: String = found
        .filter(|line| !line.contains("state-no-deadline"))
        .collect();
    assert_eq!(other, "");
}

fn verdict(states: &str) -> Soundness {
    let head = "data: {}\nevents:\n  go: {title: Go, roles: [clerk]}\n  stop: {title: Stop, roles: [clerk]}\n";
    soundness(&definition(&workflow(&format!("{head}states:\n{states}"))))
}

#[test]
fn the_way_to_where_a_case_is_stuck_is_the_shortest() {
    // The regions wait for each other only when the left one goes first.
    let verdict = verdict(
        "  both:
    type: parallel
    onDone: closed
    states:
      left:
        states:
          first: { on: { go: second } }
          second: { on: { go: done } }
          done: { type: final }
      right:
        states:
          waiting: { on: { stop: [ { target: done, guard: \"In('both.left.first')\" }, late ] } }
          late: {}
          done: { type: final }
  closed: { type: final }
",
    );
    expect![[r#"
        Unsound {
            path: [
                "go",
            ],
            active: [
                "both.left.second",
                "both.right.waiting",
            ],
        }
    "#]]
    .assert_debug_eq(&verdict);
}

#[test]
fn what_history_remembers_is_part_of_where_a_case_stands() {
    let verdict = verdict(
        "  work:
    on: { stop: resting }
    states:
      safe: { on: { go: risky } }
      risky: { on: { go: '#closed' } }
      old: { type: history }
  resting: { on: { go: work.old } }
  closed: { type: final }
",
    );
    // Both states of work, and resting after each; then each again with what was remembered,
    // risky with safe remembered and the end, which remembers risky.
    assert_eq!(verdict, Soundness::Sound { configurations: 8 });
}

#[test]
fn too_many_configurations_are_not_judged() {
    let region = |number: usize| {
        let states = "{ a: { on: { go: b } }, b: { on: { stop: c } }, c: { on: { go: a } } }";
        format!("      r{number}: {{ initial: a, states: {states} }}\n")
    };
    let guarded = |number: usize| {
        let a = format!(
            "a: {{ on: {{ go: {{ target: b, guard: \"now > timestamp('2026-01-{:02}T00:00:00Z')\" }} }} }}",
            number + 1
        );
        let rest = "b: { on: { stop: c } }, c: { on: { go: a } }";
        region(number).replace(
            "a: { on: { go: b } }, b: { on: { stop: c } }, c: { on: { go: a } }",
            &format!("{a}, {rest}"),
        )
    };
    let regions: String = (0..16).map(guarded).collect();
    let verdict = verdict(&format!(
        "  many:\n    type: parallel\n    states:\n{regions}  closed: {{ type: final }}\n"
    ));
    assert_eq!(
        verdict,
        Soundness::Unknown {
            limit: "MAX_EFFORT"
        }
    );
}
