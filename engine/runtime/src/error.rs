//! Why a command was not carried out.

use std::fmt;
use std::sync::Arc;

use casewright_case::{Case, Refusal};
use casewright_definition::Definition;
use casewright_store::{JobKey, StoreError};

/// Why a command was not carried out. Nothing was changed.
#[derive(Clone, Debug)]
pub enum CommandError {
    /// No workflow is called so.
    UnknownWorkflow {
        /// What was asked for.
        workflow: String,
        /// What there is.
        known: Vec<Arc<str>>,
    },
    /// No case has this id.
    UnknownCase(String),
    /// No job is this one: it has ended, or never was.
    UnknownJob(JobKey),
    /// A case with this id was opened before, in another way.
    CaseExists {
        /// It.
        case: Box<Case>,
        /// Its definition.
        definition: Arc<Definition>,
    },
    /// The case is at another revision than the one that the command was meant for.
    RevisionMismatch {
        /// What the command was meant for.
        expected: Vec<u64>,
        /// Where the case is.
        found: u64,
    },
    /// The case or its workflow refuses.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The case as it stands, with its definition; none when it was to be opened.
        case: Option<(Box<Case>, Arc<Definition>)>,
    },
    /// The same request, by its key, is under way.
    RequestInFlight,
    /// The key belongs to another request.
    KeyReused,
    /// More is waiting than can be taken on. Try again soon.
    Busy,
    /// The runtime is shutting down.
    Stopped,
    /// The engine itself failed, in the middle of the command.
    Panicked,
    /// The store failed.
    Store(Arc<StoreError>),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        CommandError::Store(Arc::new(error))
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::UnknownWorkflow { workflow, .. } => {
                write!(f, "there is no workflow `{workflow}`")
            }
            CommandError::UnknownCase(id) => write!(f, "there is no case `{id}`"),
            CommandError::UnknownJob(JobKey { case, sequence }) => {
                write!(f, "there is no job {sequence} of case `{case}`")
            }
            CommandError::CaseExists { case, .. } => write!(
                f,
                "there is a case `{}` already, and it was opened in another way",
                case.id
            ),
            CommandError::RevisionMismatch { expected, found } => {
                let expected: Vec<String> = expected.iter().map(u64::to_string).collect();
                let expected = match expected.as_slice() {
                    [] => "another revision".to_owned(),
                    some => format!("revision {}", some.join(" or ")),
                };
                write!(
                    f,
                    "the command is meant for {expected} of the case, which is at {found}"
                )
            }
            CommandError::Refused { refusal, .. } => refusal.fmt(f),
            CommandError::RequestInFlight => {
                f.write_str("a request with this key is being carried out")
            }
            CommandError::KeyReused => f.write_str("the key was given to another request"),
            CommandError::Busy => f.write_str("too many commands are waiting"),
            CommandError::Stopped => f.write_str("the server is shutting down"),
            CommandError::Panicked => f.write_str("the engine failed; this is a fault in it"),
            CommandError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CommandError {}
