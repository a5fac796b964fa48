//! What a command must come to, by the pure core alone.

use casewright_case::{Outcome, Refusal};
use casewright_runtime::{CommandError, Committed};

/// What a command must come to.
pub(crate) enum Foretold {
    Step(Box<Outcome>),
    Refused(Refusal),
    Mismatch(u64),
    UnknownCase,
    UnknownWorkflow,
    /// The case was opened before: in this way or in another.
    Known,
}

impl Foretold {
    pub(crate) fn of(outcome: Result<Outcome, Refusal>) -> Self {
        match outcome {
            Ok(outcome) => Foretold::Step(Box::new(outcome)),
            Err(refusal) => Foretold::Refused(refusal),
        }
    }
}

/// Whether it has come to that.
pub(crate) fn same(
    foretold: Foretold,
    answer: &Result<Committed, CommandError>,
) -> Result<(), String> {
    let (is_same, expected) = match (foretold, answer) {
        (Foretold::Step(outcome), Ok(committed)) => (
            committed.record.as_ref() == Some(&outcome.record)
                && committed.view.case == outcome.case,
            "another step".to_owned(),
        ),
        (Foretold::Step(_), Err(_)) => (false, "a step".to_owned()),
        (Foretold::Refused(refusal), Err(CommandError::Refused { refusal: found, .. })) => {
            (refusal == *found, refusal.to_string())
        }
        (Foretold::Refused(refusal), _) => (false, refusal.to_string()),
        (Foretold::Mismatch(revision), Err(CommandError::RevisionMismatch { found, .. })) => {
            (revision == *found, format!("revision {revision}"))
        }
        (Foretold::Mismatch(revision), _) => (false, format!("revision {revision}")),
        (Foretold::UnknownCase, answer) => (
            matches!(answer, Err(CommandError::UnknownCase(_))),
            "an unknown case".to_owned(),
        ),
        (Foretold::UnknownWorkflow, answer) => (
            matches!(answer, Err(CommandError::UnknownWorkflow { .. })),
            "an unknown workflow".to_owned(),
        ),
        (Foretold::Known, Ok(committed)) => (committed.record.is_none(), "no step".to_owned()),
        (Foretold::Known, Err(error)) => (
            matches!(error, CommandError::CaseExists { .. }),
            "a case that exists".to_owned(),
        ),
    };
    match is_same {
        true => Ok(()),
        false => Err(format!("expected {expected}, found {}", told(answer))),
    }
}

/// What came of a command, in a line.
pub(crate) fn told(answer: &Result<Committed, CommandError>) -> String {
    match answer {
        Ok(committed) => {
            let case = &committed.view.case;
            let repeat = if committed.record.is_none() {
                ", a repeat"
            } else {
                ""
            };
            format!(
                "case {} at revision {}, record {}{repeat}",
                case.id, case.revision, committed.sequence
            )
        }
        Err(error) => format!("{error}").replace('\n', " "),
    }
}
