//! Whatever the text, the answer is a definition or findings.

use casewright_definition::source::Source;
use casewright_definition::{Definition, Pack};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::sync::LazyLock;

use crate::analysis::shipped;
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

/// The workflows of the shipped pack: what people really edit.
static SHIPPED: LazyLock<(Pack, Vec<String>)> = LazyLock::new(|| {
    let files = shipped();
    let workflows = files
        .iter()
        .filter(|(path, _)| path.starts_with("workflows/"));
    let texts = workflows.map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap());
    let texts = texts.collect();
    let checked = Pack::check(&files, str::to_owned, None);
    (checked.pack.unwrap(), texts)
});

/// What a hand that slips does to a file: where, what, and the text that it leaves.
fn slip() -> impl Strategy<Value = (usize, u8, usize, String)> {
    let scalars = prop_oneof![
        "[a-z客{}\\[\\]:#&*!'\"<>., -]{0,8}",
        Just("true".to_owned()),
        Just("-1".to_owned()),
        Just("1e999".to_owned()),
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        Just("🙂".to_owned()),
        Just("data.x.y[0] ? 1 : '客'".to_owned()),
    ];
    (any::<usize>(), 0..8_u8, any::<usize>(), scalars)
}

fn slipped(text: &str, (at, what, other, new): &(usize, u8, usize, String)) -> String {
    // At least one, be it empty.
    let mut lines: Vec<&str> = text.split('\n').collect();
    let count = lines.len();
    let (line, other) = (at % count, other % count);
    let changed;
    match what {
        0 => drop(lines.drain(line..(line + 1 + other % 5).min(count))),
        1 => lines.insert(other, lines[line]),
        2 => lines.swap(line, other),
        // A whole block moves, and keeps its indentation.
        3 => {
            let end = (line + 1 + other % 12).min(count);
            let block: Vec<&str> = lines.drain(line..end).collect();
            let to = other % (lines.len() + 1);
            lines.splice(to..to, block);
        }
        // The value after a key, or after a dash.
        4 | 5 => {
            let cut = lines[line]
                .find(": ")
                .map_or(lines[line].len(), |at| at + 2);
            changed = format!("{}{new}", &lines[line][..cut]);
            lines[line] = &changed;
        }
        // Not at the end of a character but in the middle of a line.
        6 => {
            let middle = lines[line].floor_char_boundary(other % (lines[line].len() + 1));
            changed = format!("{}{new}{}", &lines[line][..middle], &lines[line][middle..]);
            lines[line] = &changed;
        }
        _ => lines.truncate(line),
    }
    let end = if at % 7 == 0 { "\r\n" } else { "\n" };
    lines.join(end)
}

/// Every place of a finding lies in the file: a person who goes there finds a line.
fn places_lie_inside(text: &str) -> Result<(), TestCaseError> {
    let (pack, _) = &*SHIPPED;
    let source = Source::new("workflow.yaml", text);
    let (definition, findings) = Definition::check(source, pack, None);
    prop_assert_eq!(definition.is_some(), !findings.has_errors());
    let text = &findings.source.text;
    for diagnostic in &findings.diagnostics {
        let spans = diagnostic.related.iter().map(|(span, _)| *span);
        for span in spans.chain(diagnostic.span) {
            prop_assert!(
                span.start <= span.end && span.end <= text.len(),
                "{:?}",
                diagnostic
            );
            let is_between = text.is_char_boundary(span.start) && text.is_char_boundary(span.end);
            prop_assert!(is_between, "{:?}", diagnostic);
        }
        prop_assert!(!diagnostic.message.is_empty());
    }
    let lines: Vec<&str> = text.split('\n').collect();
    for finding in findings.report().findings() {
        let Some(line) = finding.line else { continue };
        let width = |line: usize| lines.get(line - 1).map(|line| line.chars().count());
        prop_assert!(width(line).is_some_and(|width| finding.column.unwrap() <= width + 1));
        let end = finding.end_line.unwrap();
        prop_assert!(width(end).is_some_and(|width| finding.end_column.unwrap() <= width + 1));
        prop_assert!(lines[line - 1].contains(&*finding.excerpt.unwrap()));
    }
    let _ = findings.report().to_string();
    Ok(())
}

#[test]
fn a_file_may_end_where_an_expression_should_go_on() {
    for written in [
        "|\n      data.a +",
        ">-\n      data.a +",
        "data.a +",
        "'客 +",
        "|\n      '客",
    ] {
        let rest =
            format!("data: {{}}\nevents: {{}}\nstates:\n  a:\n    entry:\n      log: {written}");
        let text = desk::workflow(&rest);
        places_lie_inside(&text).unwrap();
        places_lie_inside(&text.replace('\n', "\r\n")).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_done_to_a_shipped_workflow_findings_lie_inside_it(
        which in any::<prop::sample::Index>(),
        slips in prop::collection::vec(slip(), 1..5),
    ) {
        let (_, texts) = &*SHIPPED;
        let text = which.get(texts).clone();
        places_lie_inside(&slips.iter().fold(text, |text, slip| slipped(&text, slip)))?;
    }

    #[test]
    fn nor_does_it_matter_which_bytes_change(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (pack, texts) = &*SHIPPED;
        let mut bytes = which.get(texts).clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let text = String::from_utf8(bytes.clone());
        let (definition, findings) = Definition::check_bytes("a.yaml".to_owned(), bytes, pack, None);
        prop_assert_eq!(definition.is_some(), !findings.has_errors());
        if let Ok(text) = text {
            places_lie_inside(&text)?;
        }
    }
}
