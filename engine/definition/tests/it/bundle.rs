//! A definition that is stored and read again is the same.

use casewright_definition::source::Source;
use casewright_definition::{Bundle, Definition, Digest};

use crate::desk::{Case, definition, pack, workflow};

const REST: &str = r#"
data: { properties: { rounds: { type: integer, default: 0 } } }
delays: { late: working_days(2) }
events: { go: { title: { en: Go, zh: 去 }, roles: [clerk] } }
states:
  open:
    after: { late: done }
    on:
      go:
        - { target: done, guard: data.rounds >= params.rounds, title: { en: Enough, zh: 够了 } }
        - actions: { assign: { rounds: data.rounds + 1 } }
  done: { type: final }
"#;

fn run(definition: Definition) -> String {
    let mut case = Case::new(definition);
    case.start();
    for _ in 0..3 {
        case.send("go");
    }
    case.story
}

#[test]
fn a_stored_bundle_has_the_same_digest_and_runs_the_same() {
    let first = definition(&workflow(REST));
    let bytes = first.bundle.to_bytes().unwrap();
    assert_eq!(Digest::of(&bytes), first.digest);
    let bundle: Bundle = serde_json::from_slice(&bytes).unwrap();
    let second = Definition::compile(bundle).unwrap();
    assert_eq!(second.digest, first.digest);
    assert_eq!(second.bundle, first.bundle);
    assert_eq!(second.refusals, first.refusals);
    assert_eq!(run(second), run(first));
}

#[test]
fn another_parameter_is_another_digest_and_another_behaviour() {
    let mut pack = pack();
    let source = || Source::new("workflow.yaml", workflow(REST));
    let (before, _) = Definition::check(source(), &pack, None);
    pack.parameters.get_mut("rounds").unwrap().value = 1.into();
    let (after, _) = Definition::check(source(), &pack, None);
    let (before, after) = (before.unwrap(), after.unwrap());
    assert_ne!(before.digest, after.digest);
    assert_ne!(run(before), run(after));
}

#[test]
fn layout_and_comments_are_no_part_of_the_digest() {
    let text = workflow(REST);
    let other = format!("# a comment\n{}", text.replace("[clerk]", "[ 'clerk' ]"));
    assert_eq!(definition(&text).digest, definition(&other).digest);
}

#[test]
fn a_bundle_that_was_damaged_says_what_is_wrong() {
    let mut bundle = definition(&workflow(REST)).bundle;
    bundle.pack.calendar.time_zone = "Asia/Nowhere".into();
    bundle.pack.parameters.shift_remove("rounds");
    let findings = Definition::compile(bundle).unwrap_err();
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.0).collect();
    assert!(codes.contains(&"workflow-calendar"), "{findings:?}");
}
