//! Whatever the text, the answer is a definition or findings.

use casewright_definition::source::Source;
use casewright_definition::{Definition, Pack};
use proptest::prelude::*;
use std::sync::LazyLock;

use crate::desk;

static PACK: LazyLock<Pack> = LazyLock::new(desk::pack);

const WHOLE: &str = include_str!("../desk/whole.yaml");

/// Checks a text; a definition and an error exclude each other, and everything can be shown.
fn check(text: &str) {
    let source = Source::new("workflow.yaml", text);
    let (definition, findings) = Definition::check(source, &PACK, Some(&desk::functions()));
    assert_eq!(definition.is_some(), !findings.has_errors(), "{text}");
    let report = findings.report();
    assert_eq!(report.findings().count(), findings.diagnostics.len());
    let _ = report.to_string();
    if let Some(definition) = definition {
        let _ = casewright_definition::diagram::mermaid(&definition, "zh", &[]);
    }
}

/// A line of the workflow, and what to do to it.
fn mutation() -> impl Strategy<Value = (usize, u8, String)> {
    (
        0..WHOLE.lines().count(),
        0..7_u8,
        "[a-z客{}\\[\\]:#&*!'\"<>., -]{0,8}",
    )
}

fn mutate(text: &str, (line, what, new): &(usize, u8, String)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = line % lines.len().max(1);
    match what {
        0 => drop(lines.remove(line)),
        1 => lines.insert(line, lines[line].clone()),
        2 => lines[line].push_str(new),
        3 => lines[line] = format!("  {}", lines[line]),
        4 => lines[line] = lines[line].replacen(|c: char| c.is_alphanumeric(), new, 1),
        5 => lines[line] = lines[line].replace(": ", ":"),
        _ => lines.swap(line, 0),
    }
    lines.join("\n")
}

#[test]
fn the_workflow_itself_is_sound() {
    let source = Source::new("whole.yaml", WHOLE);
    let (definition, findings) = Definition::check(source, &PACK, Some(&desk::functions()));
    assert!(definition.is_some(), "{}", findings.report());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn no_change_makes_it_panic(mutations in prop::collection::vec(mutation(), 1..6)) {
        let text = mutations.iter().fold(WHOLE.to_owned(), |text, mutation| mutate(&text, mutation));
        check(&text);
    }

    #[test]
    fn no_expression_makes_it_panic(text in "[a-z0-9.()\\[\\]{}'\"?:+*/<>=!&|, 客\n-]{0,60}") {
        let text = serde_json::to_string(&text).unwrap();
        let rest = format!("data: {{}}\nevents: {{}}\nstates: {{ a: {{ entry: {{ log: {text} }} }} }}\n");
        check(&desk::workflow(&rest));
    }
}
