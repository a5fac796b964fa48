//! For tests of the rooms above: a definition from the text of its workflow alone.

use crate::{Definition, Files, Pack};

/// The definition of a workflow, in a pack with the roles `clerk` and `manager`.
///
/// # Panics
/// The workflow is not sound; the message shows what was found.
#[expect(clippy::panic, reason = "a test that cannot go on should say so")]
pub fn definition(workflow: &str) -> Definition {
    let files: Files = [
        ("pack.yaml", "{id: test, version: 1.0.0, title: Test}"),
        (
            "roles.yaml",
            "{clerk: {title: Clerk}, manager: {title: Manager}}",
        ),
        (
            "calendar.yaml",
            "{title: C, time-zone: Asia/Shanghai, working-days: [monday]}",
        ),
        ("workflows/workflow.yaml", workflow),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .into();
    let checked = Pack::check(&files, str::to_owned, None);
    let findings = checked.findings.iter();
    let told: Vec<String> = findings
        .map(|findings| findings.report().to_string())
        .collect();
    let definition = checked.workflows.into_values().next();
    definition.unwrap_or_else(|| panic!("{}", told.join("\n")))
}
