//! Services as the runtime sees them: who is asked, what comes back, and whether asking again may help.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use casewright_chart::Value;

/// One attempt at running a service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceCall {
    /// The plugin.
    pub plugin: String,
    /// Its function.
    pub function: String,
    /// What it is handed.
    pub input: Value,
    /// The same for every attempt at one job, and for no other job: whoever is reached can tell by it what
    /// was asked before.
    pub idempotency_key: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The case that waits for it.
    pub case: String,
}

/// What a service answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceAnswer {
    /// The digest of the plugin.
    pub digest: Arc<str>,
    /// Its output.
    pub output: Value,
}

/// Why a service has not answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceError {
    /// The digest of the plugin; empty when there is none.
    pub digest: Arc<str>,
    /// Kebab case, for programs.
    pub code: Arc<str>,
    /// For people.
    pub message: Arc<str>,
    /// The particulars, as the plugin gives them; null when there are none.
    pub details: Value,
    /// Whether asking again may help.
    pub retry: Retry,
}

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The answer would be the same.
    Never,
    /// Later, as far as anybody can tell.
    Later,
    /// Not before so much time has passed.
    After(Duration),
}

impl ServiceError {
    /// As `event.data` of `error.invoke.*`.
    pub fn to_value(&self) -> Value {
        Value::map([
            ("code", Value::String(self.code.clone())),
            ("message", Value::String(self.message.clone())),
            ("details", self.details.clone()),
        ])
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ServiceError {}

/// Runs services.
pub trait Serve: Send + Sync {
    /// Makes one attempt. It may take as long as the deadline of the plugin says, on a thread that waits.
    ///
    /// # Errors
    /// Why there is no answer.
    fn serve(&self, call: &ServiceCall) -> Result<ServiceAnswer, ServiceError>;

    /// How many services of a plugin run at a time.
    fn concurrency(&self, _plugin: &str) -> usize {
        4
    }
}
