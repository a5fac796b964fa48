//! A page for every kind of finding: what it means, an example that is wrong, and the mend.
//!
//! The pages are Markdown files beside this one, each named after its code.

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
    "function-unknown",
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
    "field-never-written",
    "text-language",
    "soundness",
    "xstate-shape",
    "xstate-unsupported",
    "xstate-state",
    "xstate-implementation",
    "xstate-expression",
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
