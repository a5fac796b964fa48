//! How findings are drawn for people, and how they look to scripts.

use expect_test::{Expect, expect};

use super::*;
use crate::source::Source;

const TEXT: &str = "id: 投诉\nstates:\n  受理: {on: {关闭: 已关闭客户, wait: later}}\n  closed:\n    type: final\n    title: 完\n";

fn find(text: &str) -> Span {
    let start = TEXT.find(text).unwrap();
    Span::new(start, start + text.len())
}

#[track_caller]
fn check(diagnostics: &[Diagnostic], expect: Expect) {
    let source = Source::new("packs/demo/complaint.yaml", TEXT);
    expect.assert_eq(&Report::new(&source, diagnostics).to_string());
}

fn unknown_state() -> Diagnostic {
    Diagnostic::error(
        Code("unknown-state"),
        "expected a state, found `已关闭客户`",
    )
    .with_pointer("/states/受理/on/关闭")
    .with_span(find("已关闭客户"))
    .with_related(find("受理"), "in this state")
    .with_hint("did you mean `closed`?")
}

#[test]
fn marks_stand_under_wide_characters() {
    check(
        &[unknown_state()],
        expect![[r#"
        error[unknown-state]: expected a state, found `已关闭客户`
         --> packs/demo/complaint.yaml:3:17
          |
        3 |   受理: {on: {关闭: 已关闭客户, wait: later}}
          |   ----              ^^^^^^^^^^
          |   |
          |   in this state
          |
          = hint: did you mean `closed`?
    "#]],
    );
}

#[test]
fn findings_are_set_apart_and_need_no_place() {
    let warning = Diagnostic::warning(Code("missing-title"), "state `受理` has no title in `zh`");
    let note = Diagnostic::note(Code("final-state"), "state `closed` ends the case")
        .with_span(find("closed"));
    check(
        &[warning, note],
        expect![[r#"
        warning[missing-title]: state `受理` has no title in `zh`
        --> packs/demo/complaint.yaml

        note[final-state]: state `closed` ends the case
         --> packs/demo/complaint.yaml:4:3
          |
        4 |   closed:
          |   ^^^^^^
    "#]],
    );
}

#[test]
fn a_span_of_many_lines_is_shown_by_its_first() {
    let states = Span::new(find("受理").start, TEXT.len());
    check(
        &[Diagnostic::error(Code("x"), "too many states").with_span(states)],
        expect![[r#"
        error[x]: too many states
         --> packs/demo/complaint.yaml:3:3
          |
        3 |   受理: {on: {关闭: 已关闭客户, wait: later}}
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
}

#[test]
fn the_end_of_the_file_and_foreign_spans_can_be_shown() {
    let end = Diagnostic::error(Code("x"), "expected more").with_span(Span::at(TEXT.len()));
    let foreign = Diagnostic::error(Code("x"), "elsewhere").with_span(Span::new(9000, 3));
    check(
        &[end, foreign],
        expect![[r#"
        error[x]: expected more
         --> packs/demo/complaint.yaml:7:1
          |
        7 |
          | ^

        error[x]: elsewhere
         --> packs/demo/complaint.yaml:7:1
          |
        7 |
          | ^
    "#]],
    );
    let split = Diagnostic::error(Code("x"), "inside a character").with_span(Span::new(5, 6));
    let empty = Source::new("empty.yaml", "");
    let report = Report::new(&empty, std::slice::from_ref(&split)).to_string();
    expect![[r#"
        error[x]: inside a character
         --> empty.yaml:1:1
          |
        1 |
          | ^
    "#]]
    .assert_eq(&report);
}

#[test]
fn colour_is_only_given_when_asked_for() {
    let source = Source::new("a.yaml", TEXT);
    let findings = [unknown_state()];
    let report = Report::new(&source, &findings);
    assert!(!report.to_string().contains('\u{1b}'));
    assert!(report.colour(true).to_string().contains("\u{1b}["));
}

#[test]
fn a_file_cannot_send_control_characters_to_the_terminal() {
    let evil = "\u{1b}[31m\u{9b}31m";
    let source = Source::new(evil, format!("a: {evil}\n"));
    let finding = Diagnostic::error(Code("x"), evil).with_hint(evil);
    let placed = finding
        .clone()
        .with_span(Span::new(3, 8))
        .with_related(Span::at(0), evil);
    let report = Report::new(&source, &[finding, placed]).to_string();
    assert!(!report.contains(['\u{1b}', '\u{9b}']), "{report:?}");
}

#[test]
fn scripts_get_every_key() {
    let source = Source::new("a.yaml", TEXT);
    let findings = [
        unknown_state(),
        Diagnostic::warning(Code("missing-title"), "no title"),
    ];
    let findings: Vec<_> = Report::new(&source, &findings).findings().collect();
    expect![[r#"
        [
          {
            "code": "unknown-state",
            "severity": "error",
            "message": "expected a state, found `已关闭客户`",
            "file": "a.yaml",
            "line": 3,
            "column": 17,
            "end_line": 3,
            "end_column": 22,
            "pointer": "/states/受理/on/关闭",
            "hint": "did you mean `closed`?",
            "excerpt": "  受理: {on: {关闭: 已关闭客户, wait: later}}",
            "related": [
              {
                "message": "in this state",
                "line": 3,
                "column": 3,
                "end_line": 3,
                "end_column": 5
              }
            ]
          },
          {
            "code": "missing-title",
            "severity": "warning",
            "message": "no title",
            "file": "a.yaml",
            "line": null,
            "column": null,
            "end_line": null,
            "end_column": null,
            "pointer": null,
            "hint": null,
            "excerpt": null,
            "related": []
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&findings).unwrap());
}

#[test]
fn suggestions_are_near() {
    let states = ["open", "closed", "dueDate", "投诉处理", "x"];
    let check = |found, expected| assert_eq!(did_you_mean(found, states), expected, "{found}");
    check("opne", Some("open"));
    check("Closed", Some("closed"));
    check("due_date", Some("dueDate"));
    check("投述处理", Some("投诉处理"));
    check("y", None);
    check("reject", None);
    check("", None);
    check(&"open".repeat(1000), None);
}

#[test]
fn a_quoted_text_is_short_and_on_one_line() {
    assert_eq!(quoted("客户"), "`客户`");
    assert_eq!(quoted("a\nb"), "`a…`");
    assert_eq!(
        quoted(&"客".repeat(100)).chars().count(),
        MAX_QUOTED_CHARS + 3
    );
}
