//! A page for every kind of finding: what it means, an example that is wrong, and the mend.
//!
//! The pages are Markdown files beside this one, each named after its code.

use crate::diagnostic::{Code, Severity};

/// A scenario names what is not there: a workflow, event, state, actor, field, parameter, function or
/// code of a refusal.
pub const SCENARIO_UNKNOWN: Code = Code("scenario-unknown");
/// A value in a scenario makes no sense where it stands.
pub const SCENARIO_VALUE: Code = Code("scenario-value");

/// The kinds of findings about scenarios, which are read where cases are run.
pub const SCENARIO_CODES: &[Code] = &[SCENARIO_UNKNOWN, SCENARIO_VALUE];

macro_rules! pages {
    ($($code:literal,)*) => {
        /// Every page with the code that it explains.
        pub const PAGES: &[(&str, &str)] =
            &[$(($code, include_str!(concat!("explain/", $code, ".md")))),*];
    };
}

pages! {
    "workflow-id",
    "workflow-version",
    "workflow-calendar",
    "state-unknown",
    "state-duplicate",
    "state-key",
    "state-shape",
    "transition-self",
    "event-unknown",
    "event-unused",
    "event-name",
    "event-nobody",
    "role-unknown",
    "field-unknown",
    "schema-invalid",
    "schema-default",
    "delay-unknown",
    "delay-zero",
    "cel-syntax",
    "cel-variable",
    "cel-function",
    "cel-type",
    "cel-comparison",
    "cel-number",
    "value-type",
    "function-unknown",
    "function-input",
    "function-kind",
    "invoke-id",
    "pack-file",
    "pack-calendar",
    "pack-parameter",
    "pack-type",
    "pack-id",
    "pack-version",
    "pack-workflow",
    "yaml-limit",
    "yaml-encoding",
    "yaml-empty",
    "yaml-syntax",
    "yaml-document",
    "yaml-duplicate-key",
    "yaml-key",
    "yaml-merge-key",
    "yaml-tag",
    "yaml-number",
    "yaml-alias",
    "file-shape",
    "bundle-unknown",
    "state-unreachable",
    "state-dead-end",
    "state-no-deadline",
    "transition-shadowed",
    "transition-endless",
    "guard-constant",
    "guards-overlap",
    "field-never-written",
    "field-not-yet-written",
    "text-language",
    "soundness",
    "scxml-syntax",
    "scxml-shape",
    "scxml-unsupported",
    "scxml-state",
    "scxml-expression",
    "scxml-variable",
    "import-refused",
    "xstate-shape",
    "xstate-unsupported",
    "xstate-state",
    "xstate-implementation",
    "xstate-expression",
    "scenario-unknown",
    "scenario-value",
}

/// The findings that are mostly questions to the author; every other is an error, but for a note.
const WARNINGS: &[&str] = &[
    "event-unused",
    "state-unreachable",
    "state-dead-end",
    "state-no-deadline",
    "transition-shadowed",
    "transition-endless",
    "guard-constant",
    "cel-number",
    "field-never-written",
    "field-not-yet-written",
    "text-language",
    "soundness",
    "scxml-expression",
    "scxml-variable",
];

/// What kinds of findings are about, in the order in which a reader meets them. The code of a finding
/// begins with the first word.
const GROUPS: &[(&str, &str)] = &[
    ("yaml", "The text of a file"),
    ("file", "The shape of a file"),
    ("pack", "The pack"),
    ("workflow", "A workflow's head"),
    ("role", "People"),
    ("event", "Events"),
    ("state", "States"),
    ("transition", "Transitions"),
    ("guard", "Guards"),
    ("guards", "Guards beside each other"),
    ("delay", "Delays"),
    ("schema", "Schemas"),
    ("field", "Fields"),
    ("value", "Values"),
    ("cel", "Expressions"),
    ("function", "Plugins"),
    ("invoke", "Services"),
    ("text", "Texts"),
    ("soundness", "The workflow as a whole"),
    ("scxml", "Import of SCXML"),
    ("xstate", "Import of XState"),
    ("import", "Import of any chart"),
    ("bundle", "Stored definitions"),
    ("scenario", "Scenario files"),
];

/// Every code under the heading that it belongs to.
pub fn groups() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    GROUPS.iter().map(|(word, heading)| {
        let codes = PAGES.iter().map(|(code, _)| *code);
        let of = codes.filter(|code| code.split('-').next() == Some(*word));
        (*heading, of.collect())
    })
}

/// How bad a kind of finding is at its worst.
pub fn severity(code: &str) -> Severity {
    match code {
        "guards-overlap" => Severity::Note,
        code if WARNINGS.contains(&code) => Severity::Warning,
        _ => Severity::Error,
    }
}

/// The page about a kind of finding, in Markdown; none for a code that there is not.
///
/// ```
/// use casewright_definition::explain::page;
/// assert!(page("state-unknown").is_some_and(|page| page.starts_with("# state-unknown")));
/// assert_eq!(page("no-such-code"), None);
/// ```
pub fn page(code: &str) -> Option<&'static str> {
    let (_, page) = PAGES.iter().find(|(known, _)| *known == code)?;
    Some(page)
}

/// The paragraph of a page that says what the finding means.
pub fn meaning(page: &str) -> &str {
    page.split("\n\n").nth(1).unwrap_or_default()
}

/// The first sentence of a page.
///
/// ```
/// use casewright_definition::explain::{page, summary};
/// let page = page("state-duplicate").unwrap_or_default();
/// assert_eq!(summary(page), "Two states have the same id.");
/// ```
pub fn summary(page: &str) -> &str {
    let meaning = meaning(page);
    let end = meaning.find(". ").map_or(meaning.len(), |stop| stop + 1);
    &meaning[..end]
}
