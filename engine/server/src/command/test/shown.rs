//! Results for people, and as JSON.

use std::fmt::{self, Write};

use serde_json::json;

use super::covered::{Covered, Missing};
use super::tested::Tested;
use crate::cli::Failure;
use crate::command::check::counted;
use crate::scenario::coverage::Share;

/// A line for each scenario, with the reasons of those that do not hold under it, and the coverage.
pub(super) fn text(tested: &[Tested], covered: &[Covered]) -> String {
    let mut text = String::new();
    for tested in tested {
        let word = if tested.holds() { "ok  " } else { "FAIL" };
        let line = format!("{word}  {}  {}", tested.file, tested.title());
        push(&mut text, line.trim_end());
        for reason in tested.reasons().lines() {
            push(&mut text, format!("      {reason}").trim_end());
        }
    }
    let failed = tested.iter().filter(|tested| !tested.holds()).count();
    let all = counted(tested.len(), "scenario");
    let summary = match failed {
        0 => format!("{all}, all as expected"),
        1 => format!("{all}, 1 is not as expected"),
        failed => format!("{all}, {failed} are not as expected"),
    };
    push(&mut text, "");
    push(&mut text, &summary);
    if !covered.is_empty() {
        push(&mut text, "");
        text.push_str(&coverage(covered));
    }
    text.trim_end().to_owned()
}

/// What of each workflow the scenarios go through and, when they are all there are, what they do not.
pub(super) fn coverage(covered: &[Covered]) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    for covered in covered {
        let _ = write_coverage(&mut text, covered);
    }
    text
}

fn write_coverage(text: &mut String, covered: &Covered) -> fmt::Result {
    writeln!(
        text,
        "{}: states {}, transitions {}, guards {}",
        covered.workflow,
        share(covered.states),
        share(covered.transitions),
        share(covered.guards)
    )?;
    if !covered.whole {
        return Ok(());
    }
    for state in &covered.not_entered {
        writeln!(text, "  never entered: {state}")?;
    }
    let file = &covered.file;
    for missing in &covered.not_taken {
        let Missing { line, column, .. } = missing;
        let transition = &missing.transition;
        writeln!(text, "  never taken: {file}:{line}:{column}: {transition}")?;
    }
    for missing in &covered.one_way {
        let Missing { line, column, .. } = missing;
        let guard = missing.guard.as_deref().unwrap_or_default();
        let seen = match missing.seen {
            Some(true) => "never false",
            Some(false) => "never true",
            None => "never asked",
        };
        writeln!(
            text,
            "  {seen}: {file}:{line}:{column}: {}: {}",
            missing.transition,
            guard.split_whitespace().collect::<Vec<_>>().join(" ")
        )?;
    }
    Ok(())
}

/// `45/46 (97.8 %)`.
fn share(share: Share) -> String {
    format!(
        "{}/{} ({:.1} %)",
        share.covered,
        share.total,
        share.percent()
    )
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// One object for each scenario, and one for the coverage of each workflow.
pub(super) fn json(tested: &[Tested], covered: &[Covered]) -> Result<String, Failure> {
    let tested = tested.iter().map(serde_json::to_string);
    let covered = covered
        .iter()
        .map(|covered| serde_json::to_string(&json!({ "coverage": covered })));
    let lines: Result<Vec<String>, _> = tested.chain(covered).collect();
    let lines = lines.map_err(|error| Failure::new("cannot write a result", error))?;
    Ok(lines.join("\n"))
}
