//! A plugin's own refusal to answer.

use std::time::Duration;

use serde_json::Value;

/// Why a function gives no answer: a matter of its own domain, for the workflow to handle.
///
/// What is wrong with the plugin itself is a panic instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Kebab case and stable: workflows branch on it.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Particulars; null when there are none.
    pub details: Box<Value>,
    /// Of a service: whether the same call may succeed later.
    pub try_again: bool,
    /// With `try_again`: not before so much time has passed.
    pub try_again_after: Option<Duration>,
}

impl Failure {
    /// A failure without particulars, which would only happen again.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Failure {
            code: code.to_owned(),
            message: message.into(),
            details: Box::new(Value::Null),
            try_again: false,
            try_again_after: None,
        }
    }

    /// The same failure with particulars.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        *self.details = details;
        self
    }

    /// The same failure of a service, but the call may succeed later: the other side is down or busy.
    #[must_use]
    pub fn try_again(mut self) -> Self {
        self.try_again = true;
        self
    }

    /// The same, not before so much time has passed: the other side asked for it.
    #[must_use]
    pub fn try_again_after(mut self, time: Duration) -> Self {
        self.try_again = true;
        self.try_again_after = Some(time);
        self
    }
}
