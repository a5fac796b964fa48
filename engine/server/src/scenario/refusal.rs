//! The words by which a script names a refusal: those of the HTTP API.

use casewright_case::Refusal;

/// Every code.
pub const CODES: &[&str] = &[
    "invalid-id",
    "unknown-event",
    UNKNOWN_CASE,
    CASE_DONE,
    NOT_NOW,
    "forbidden",
    "invalid-data",
    "guard-failed",
    "workflow-defect",
    "decision-failed",
];

/// There is no case, since opening it was refused.
pub const UNKNOWN_CASE: &str = "unknown-case";

/// The case has ended.
pub const CASE_DONE: &str = "case-done";

/// Nothing active waits for it.
pub const NOT_NOW: &str = "event-not-now";

/// The code of a refusal.
pub fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidId(_) => "invalid-id",
        Refusal::UnknownEvent { .. } => "unknown-event",
        Refusal::Done => CASE_DONE,
        Refusal::NotNow { .. } => NOT_NOW,
        Refusal::Forbidden { .. } => "forbidden",
        Refusal::InvalidInput(_) => "invalid-data",
        Refusal::GuardFailed { .. } => "guard-failed",
        Refusal::InvalidData(_) | Refusal::Limit { .. } => "workflow-defect",
        Refusal::Decision(_) => "decision-failed",
        // Neither can be: the run only takes timers that are pending and services that run, and loads nothing.
        Refusal::NotPending | Refusal::Corrupt => "workflow-defect",
    }
}

/// What people are told: the refusal, with the one thing to try, or with what the guards that do not
/// hold say of themselves.
pub fn words(refusal: &Refusal) -> String {
    let more = match refusal {
        Refusal::UnknownEvent { suggestion, .. } => {
            let near = suggestion.as_ref();
            near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
        }
        Refusal::GuardFailed { blocked, .. } => {
            let titles = blocked.iter().filter_map(|blocked| blocked.title.as_ref());
            let titles: Vec<&str> = titles.map(|title| title.get("en")).collect();
            match titles.is_empty() {
                true => String::new(),
                false => format!(" ({})", titles.join("; ")),
            }
        }
        _ => String::new(),
    };
    format!("{refusal}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_one_of_the_http_api() {
        for code in CODES {
            let known = crate::http::KINDS.iter().any(|kind| kind.code == *code);
            assert!(known, "{code}");
        }
    }

    #[test]
    fn every_refusal_has_a_listed_code() {
        for refusal in [
            Refusal::Done,
            Refusal::NotPending,
            Refusal::InvalidId(String::new()),
            Refusal::InvalidInput(Vec::new()),
            Refusal::InvalidData(Vec::new()),
        ] {
            assert!(CODES.contains(&code(&refusal)), "{refusal}");
        }
    }
}
