//! A service that is to be run, as it is stored.

use casewright_chart::{Timestamp, Value};
use minicbor::{Decode, Encode};

use super::value;

/// When a job is due that is not run again, until somebody says so, in milliseconds since the Unix epoch.
pub(crate) const NEVER_MS: i64 = i64::MAX;

/// A job in the store: value of [`Table::Jobs`](crate::tables::Table::Jobs).
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct JobRecord {
    /// The id of the `invoke`.
    #[n(0)]
    pub invoke: String,
    /// The function that is called, `plugin.function`.
    #[n(1)]
    pub function: String,
    /// What it is handed.
    #[cbor(n(2), encode_with = "value::encode", decode_with = "value::decode")]
    pub input: Value,
    /// When the step was taken that started it, in milliseconds since the Unix epoch.
    #[n(3)]
    started_ms: i64,
    /// When it is run next, in milliseconds since the Unix epoch.
    #[n(4)]
    pub(crate) due_ms: i64,
    /// How many attempts have failed, since it was started or somebody had it tried again.
    #[n(5)]
    pub attempts: u32,
    /// Why the last attempt failed.
    #[n(6)]
    pub failure: Option<FailureRecord>,
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct FailureRecord {
    /// When, in milliseconds since the Unix epoch.
    #[n(0)]
    at_ms: i64,
    /// Kebab case, for programs.
    #[n(1)]
    pub code: String,
    /// For people.
    #[n(2)]
    pub message: String,
}

impl JobRecord {
    /// A job that is due at once.
    pub fn new(invoke: &str, function: &str, input: Value, now: Timestamp) -> Self {
        JobRecord {
            invoke: invoke.to_owned(),
            function: function.to_owned(),
            input,
            started_ms: now.unix_ms(),
            due_ms: now.unix_ms(),
            attempts: 0,
            failure: None,
        }
    }

    /// The plugin that is asked.
    pub fn plugin(&self) -> &str {
        let parts = self.function.split_once('.');
        parts.map_or(&self.function, |(plugin, _)| plugin)
    }

    /// The name of the function in its plugin.
    pub fn function_name(&self) -> &str {
        let parts = self.function.split_once('.');
        parts.map_or("", |(_, function)| function)
    }

    /// When it was started.
    pub fn started(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.started_ms)
    }

    /// When it is run next; none when it is dead: not run again until somebody says so.
    pub fn due(&self) -> Option<Timestamp> {
        match self.due_ms {
            NEVER_MS => None,
            due_ms => Some(Timestamp::from_unix_ms(due_ms)),
        }
    }

    /// The same after an attempt that failed, to be run again at `due`, or dead.
    pub fn failed(self, failure: FailureRecord, due: Option<Timestamp>) -> Self {
        JobRecord {
            due_ms: due.map_or(NEVER_MS, Timestamp::unix_ms),
            attempts: self.attempts.saturating_add(1),
            failure: Some(failure),
            ..self
        }
    }

    /// The same, to be run again from the beginning.
    pub fn again(self, due: Timestamp) -> Self {
        JobRecord {
            due_ms: due.unix_ms(),
            attempts: 0,
            ..self
        }
    }

    /// Whether it is the same work as another's, however often that was tried.
    pub fn is_work_of(&self, other: &JobRecord) -> bool {
        let of = |job: &JobRecord| {
            let JobRecord {
                invoke,
                function,
                started_ms,
                ..
            } = job;
            (invoke.clone(), function.clone(), *started_ms)
        };
        of(self) == of(other) && self.input == other.input
    }
}

impl FailureRecord {
    /// A failure.
    pub fn new(at: Timestamp, code: &str, message: &str) -> Self {
        FailureRecord {
            at_ms: at.unix_ms(),
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    /// When.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.at_ms)
    }
}
