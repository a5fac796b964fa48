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
    let bundle = Bundle::from_bytes(&bytes).unwrap();
    let second = Definition::compile(first.digest, bundle).unwrap();
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
    let Definition {
        digest, mut bundle, ..
    } = definition(&workflow(REST));
    bundle.pack.calendar.time_zone = "Asia/Nowhere".into();
    bundle.pack.parameters.shift_remove("rounds");
    let findings = Definition::compile(digest, bundle).unwrap_err();
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.0).collect();
    assert!(codes.contains(&"workflow-calendar"), "{findings:?}");
}

#[test]
fn a_stored_definition_keeps_its_digest_whatever_this_program_would_write() {
    let bundle = definition(&workflow(REST)).bundle;
    let mut json = serde_json::to_value(&bundle).unwrap();
    let pack = json["pack"].as_object_mut().unwrap();
    let version = pack.shift_remove("version").unwrap();
    pack.insert("version".to_owned(), version);
    let bytes = serde_json::to_vec(&json).unwrap();
    let digest = Digest::of(&bytes);
    let bundle = Bundle::from_bytes(&bytes).unwrap();
    assert_ne!(Digest::of(&bundle.to_bytes().unwrap()), digest);
    assert_eq!(Definition::compile(digest, bundle).unwrap().digest, digest);
}

#[test]
fn a_bundle_of_another_format_is_refused() {
    let Definition {
        digest, mut bundle, ..
    } = definition(&workflow(REST));
    bundle.format += 1;
    let findings = Definition::compile(digest, bundle).unwrap_err();
    assert_eq!(findings[0].code.0, "bundle-unknown");
}

#[test]
fn the_names_of_delayed_transitions_are_a_stored_form() {
    let text = workflow(
        "data: {}\nevents: {}\nstates: {a: {states: {b: {after: {PT1H: {target: c}}}, c: {}}}}",
    );
    let mut case = Case::new(definition(&text));
    case.start();
    let snapshot = case.snapshot.unwrap();
    assert_eq!(&*snapshot.pending[0].event, "after.PT1H.a:b");
    assert_eq!(snapshot.pending[0].id.as_deref(), Some("after.PT1H.a:b"));
}
