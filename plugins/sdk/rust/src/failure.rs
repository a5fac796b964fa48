//! A plugin's own refusal to answer.

use serde_json::Value;

/// Why a decision gives no answer: a matter of its own domain, for the workflow to handle.
///
/// What is wrong with the plugin itself is a panic instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Kebab case and stable: workflows branch on it.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Particulars; null when there are none.
    pub details: Value,
}

impl Failure {
    /// A failure without particulars.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Failure {
            code: code.to_owned(),
            message: message.into(),
            details: Value::Null,
        }
    }

    /// The same failure with particulars.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}
