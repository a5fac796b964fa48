//! A call of a service: which one it is, and what it answered.

use std::time::Duration;

use serde_json::Value;

use crate::logbook::LogLine;
use crate::service::Refusal;

/// Which attempt at which job a call of a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The same for all attempts of one job and for no other; visible ASCII, since it becomes the header
    /// `Idempotency-Key`.
    pub key: String,
    /// 1 for the first attempt, 2 for the second, and so on.
    pub number: u32,
    /// The id of the case.
    pub case: String,
}

/// The answer of a service.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Served {
    /// The answer: JSON text that fits the output schema, without the values of secrets.
    pub output: String,
    /// The same, parsed.
    pub value: Value,
    /// What the plugin logged, and what the host had to tell the operator, in order.
    pub logs: Vec<LogLine>,
    /// What the plugin asked for and did not get; the first few.
    pub refusals: Vec<Refusal>,
    /// The most memory that the call had, in bytes.
    pub memory_bytes: u64,
    /// How many HTTP requests were sent.
    pub http_requests: u32,
}

/// When it is worth trying a call again that gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Whenever it suits.
    Whenever,
    /// Not before so much time has passed: the other side asked for it.
    After(Duration),
}
