//! What is found about a workflow as a whole.

use std::path::{Path, PathBuf};

use casewright_definition::analysis::{Soundness, TRANSITION_ENDLESS, soundness};
use casewright_definition::source::Source;
use casewright_definition::{Definition, Files, Findings, Pack};
use expect_test::expect;

use crate::desk::{definition, functions, pack, workflow};

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
    assert_eq!(found.collect::<String>(), "");
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
            answers: [
                [],
                [],
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

/// Whether something is called endless in states that a clerk can `go` through.
fn is_endless(states: &str) -> bool {
    let head = "data: {properties: {n: {type: integer, default: 0}}}\nevents:\n  go: {title: Go, roles: [clerk]}\n";
    let text = workflow(&format!("{head}states:\n{states}"));
    let source = Source::new("w.yaml", text);
    let (definition, findings) = Definition::check(source, &pack(), None);
    assert!(definition.is_some(), "{}", findings.report());
    let mut found = findings.diagnostics.iter();
    found.any(|found| found.code == TRANSITION_ENDLESS)
}

#[test]
fn what_nothing_holds_up_is_endless() {
    for states in [
        "  a: {always: b}\n  b: {always: a}\n",
        "  a: {on: {go: b}}\n  b: {entry: {raise: x}, on: {x: {target: b, reenter: true}}}\n",
        "  a: {on: {go: b}}\n  b: {always: {guard: 'true', actions: {log: '1'}}}\n",
        "  a: {type: parallel, states: {b: {states: {c: {always: d}, d: {always: c}}}, e: {states: {f: {on: {go: {actions: {log: '1'}}}}}}}}\n",
        "  a: {on: {go: b}}\n  b: {entry: {send: {event: x}}, on: {x: {target: b, reenter: true}}}\n",
        "  a: {on: {go: {guard: data.n > 3, target: b}}}\n  b: {always: c}\n  c: {always: b}\n",
    ] {
        assert!(is_endless(states), "{states}");
    }
}

#[test]
fn what_a_guard_a_delay_or_a_person_holds_up_is_not_endless() {
    for states in [
        "  a: {always: {guard: data.n < 3, target: a, reenter: true, actions: {assign: {n: data.n + 1}}}}\n",
        "  a: {always: b}\n  b: {always: [{guard: data.n > 3, target: c}, {target: a}]}\n  c: {type: final}\n",
        "  a: {entry: {raise: x}, on: {x: [{guard: data.n < 3, target: a, reenter: true}]}}\n",
        "  a: {on: {go: b}}\n  b: {entry: {send: {event: x, delay: PT1H}}, on: {x: {target: b, reenter: true}}}\n",
        "  a: {on: {go: b}}\n  b: {on: {go: a}}\n",
        "  a: {on: {go: b}}\n  b: {entry: {send: {event: x}}, on: {x: {guard: data.n < 3, target: b, reenter: true}}}\n",
        "  a: {on: {go: b}}\n  b: {entry: [{send: {event: x}}, {send: {event: y}}], on: {x: {target: b, reenter: true}, y: c}}\n  c: {type: final}\n",
        "  a: {on: {go: {target: b, actions: {send: {event: x}}}}}\n  b: {on: {x: c}}\n  c: {on: {go: a}}\n",
        "  a: {type: parallel, states: {b: {states: {c: {always: {guard: In('a.e.g'), target: d}}, d: {}}}, e: {states: {f: {on: {go: g}}, g: {always: {guard: In('a.b.d'), target: f}}}}}}\n",
    ] {
        assert!(!is_endless(states), "{states}");
    }
}

/// The codes of what is found in a workflow, but for waits without a deadline.
fn codes(text: &str) -> Vec<&'static str> {
    let source = Source::new("workflow.yaml", text);
    let (_, findings) = Definition::check(source, &pack(), Some(&functions()));
    let codes = findings.diagnostics.iter().map(|found| found.code.0);
    codes.filter(|code| *code != "state-no-deadline").collect()
}

#[test]
fn a_guard_is_judged_by_every_event_that_its_descriptor_takes() {
    let text = workflow(
        "data: {}
events:
  note: { title: Note, roles: [clerk], input: { kind: { enum: [a] } }, required: [kind] }
  note.mail: { title: Mail, roles: [clerk], input: { kind: { enum: [b] } }, required: [kind] }
states:
  open:
    on:
      note.*:
        - { target: one, guard: event.data.kind == 'a' }
        - { target: other, guard: event.data.kind == 'b' }
  one: { type: final }
  other: { type: final }
",
    );
    assert_eq!(codes(&text), [""; 0]);
}

#[test]
fn spaces_in_texts_tell_guards_apart() {
    let text = workflow(
        "data: { properties: { name: { type: string, default: Li } } }
events: { go: { title: Go, roles: [clerk] } }
states:
  open:
    on:
      go:
        - { target: one, guard: \"data.name.contains('a  b')\" }
        - { target: other, guard: \"data.name.contains('a b')\" }
  one: { type: final }
  other: { type: final }
",
    );
    assert_eq!(codes(&text), [""; 0]);
}

#[test]
fn what_the_default_of_a_history_state_writes_is_there_where_it_leads() {
    let text = workflow(
        "data: { properties: { note: { type: string } } }
events: { go: { title: Go, roles: [clerk] }, stop: { title: Stop, roles: [clerk] } }
states:
  open: { on: { go: work.old } }
  work:
    on: { stop: closed }
    states:
      first: { entry: { log: data.note } }
      old: { type: history, target: first, actions: { assign: { note: \"'begun'\" } } }
  closed: { type: final }
",
    );
    assert_eq!(codes(&text), [""; 0]);
}

#[test]
fn an_event_that_the_workflow_sends_itself_may_carry_anything() {
    let text = workflow(
        "data: {}
events:
  rate: { title: Rate, roles: [clerk], input: { score: { type: integer } } }
  skip: { title: Skip, roles: [clerk] }
states:
  open:
    on:
      skip: { actions: { raise: { event: rate, data: { score: \"'none'\" } } } }
      rate:
        - { target: one, guard: event.data.score == 'none' }
        - { target: other }
  one: { type: final }
  other: { type: final }
",
    );
    assert_eq!(codes(&text), [""; 0]);
}

#[test]
fn the_greatest_and_the_least_go_with_what_compares() {
    let with = |value: &str| {
        workflow(&format!(
            "data: {{ properties: {{ out: {{}}, n: {{ type: integer, default: 1 }}, list: {{ type: array, default: [], items: {{ type: number }} }} }} }}
events: {{ go: {{ title: Go, roles: [clerk] }} }}
states:
  open: {{ on: {{ go: {{ target: closed, actions: {{ assign: {{ out: \"{value}\" }} }} }} }} }}
  closed: {{ type: final }}
"
        ))
    };
    for right in [
        "max(data.n, 5) + 1",
        "min(data.list)",
        "max(1, 2.5, data.n) > 2",
        "max(now, now - duration('2h')) < now",
        "event['origin']",
    ] {
        assert_eq!(codes(&with(right)), [""; 0], "{right}");
    }
    for wrong in [
        "max(data.n, 'a')",
        "data.list.max()",
        "max()",
        "min(now, 1)",
    ] {
        assert_eq!(codes(&with(wrong)), ["cel-type"], "{wrong}");
    }
}
