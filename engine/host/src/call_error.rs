//! Why a call gave no answer.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::backtrace::Frame;
use crate::logbook::LogLine;
use crate::schema::Violation;
use crate::service::{Refusal, Retry};

/// A call that gave no answer: which plugin and function, why, and what it had logged by then.
#[derive(Debug, Clone)]
pub struct CallError {
    /// The plugin's name; while it is being loaded, the name of its file.
    pub plugin: Arc<str>,
    /// The plugin's version; empty while it is being loaded.
    pub version: Arc<str>,
    /// The function called; `describe` while it is being loaded.
    pub function: String,
    /// Why there is no answer.
    pub reason: Box<Reason>,
    /// What the plugin logged before it failed.
    pub logs: Vec<LogLine>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The plugin has no function of this name and kind.
    UnknownFunction {
        /// The kind that was called: `decision` or `service`.
        kind: &'static str,
        /// The names of the functions of this kind that it has, in its own order.
        known: Vec<String>,
    },
    /// A service of a plugin that was not granted anything yet; see [`Plugin::granted`](crate::Plugin::granted). The plugin
    /// was not run.
    NotGranted,
    /// The input text is longer than the limit `input_bytes`.
    InputTooLarge {
        /// The length of the input, in bytes.
        found: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The input is not JSON, or does not fit the input schema. The plugin was not run.
    InvalidInput {
        /// What is wrong, place by place; at least one.
        violations: Vec<Violation>,
    },
    /// The work reached the limit `fuel`, or `describe_fuel` while the plugin was loaded.
    FuelExhausted {
        /// Which of the two.
        name: &'static str,
        /// The limit, in units of fuel.
        limit: u64,
    },
    /// The call of a service took longer than the limit `deadline_ms`. Nobody knows what it did by then.
    DeadlineExceeded {
        /// The limit, in milliseconds.
        limit: u64,
    },
    /// The plugin failed after it was refused memory beyond the limit `memory_bytes`.
    MemoryExceeded {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The plugin failed after it was refused table elements beyond the limit `table_elements`.
    TableExceeded {
        /// The limit, in elements.
        limit: u64,
    },
    /// Calls nested deeper than the limit `stack_bytes` allows.
    StackOverflow {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The plugin trapped, or broke the component model's rules for handing over values.
    Trap {
        /// The trap in the engine's words.
        message: String,
        /// Where it happened, the innermost frame first: as far as the plugin carries names, and a
        /// bounded number. Names are the plugin's own, with control characters escaped.
        frames: Vec<Frame>,
    },
    /// The plugin broke down after it was refused something that it asked for; its last words are in the log.
    Refused {
        /// What it was refused last.
        refusal: Refusal,
    },
    /// The plugin handed over more than the limit `output_bytes` at once.
    OutputTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The output is not JSON, or does not fit the plugin's own output schema.
    InvalidOutput {
        /// What is wrong, place by place; at least one.
        violations: Vec<Violation>,
    },
    /// The plugin itself declined to answer.
    Failed {
        /// The plugin's code for it, for workflows to branch on.
        code: String,
        /// The plugin's words.
        message: String,
        /// Particulars; null when the plugin gave none.
        details: Value,
        /// Whether and when another attempt is worth it, as the plugin says; a decision never says so.
        retry: Option<Retry>,
    },
    /// The host could not carry out the call. The plugin is not to blame.
    Internal {
        /// What went wrong.
        message: String,
    },
}

impl CallError {
    /// A stable name for the kind of failure, in kebab case.
    ///
    /// [`Reason::Failed`] is `failed`: the plugin's own code is a field of it, so that no plugin can
    /// pass itself off as a limit.
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }

    /// When it is worth making the same call again; nothing when it would only fail again.
    ///
    /// That is what a plugin says of its own failures. It is worth it, too, after a deadline, since whom the plugin waited for
    /// may be back by then, and after a failure of the host; not after a trap, a refusal or any other limit.
    pub fn retry(&self) -> Option<Retry> {
        match &*self.reason {
            Reason::Failed { retry, .. } => *retry,
            Reason::DeadlineExceeded { .. } | Reason::Internal { .. } => Some(Retry::Whenever),
            _ => None,
        }
    }

    /// The name and the figure of the limit that the call met, if it met one.
    pub fn limit(&self) -> Option<(&'static str, u64)> {
        self.reason.limit()
    }
}

impl Reason {
    /// See [`CallError::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Reason::UnknownFunction { .. } => "unknown-function",
            Reason::NotGranted => "not-granted",
            Reason::InputTooLarge { .. } => "input-too-large",
            Reason::InvalidInput { .. } => "invalid-input",
            Reason::FuelExhausted { .. } => "fuel-exhausted",
            Reason::DeadlineExceeded { .. } => "deadline-exceeded",
            Reason::MemoryExceeded { .. } => "memory-exceeded",
            Reason::TableExceeded { .. } => "table-exceeded",
            Reason::StackOverflow { .. } => "stack-overflow",
            Reason::Trap { .. } => "trap",
            Reason::Refused { refusal } => refusal.code(),
            Reason::OutputTooLarge { .. } => "output-too-large",
            Reason::InvalidOutput { .. } => "invalid-output",
            Reason::Failed { .. } => "failed",
            Reason::Internal { .. } => "internal",
        }
    }

    /// See [`CallError::limit`].
    pub fn limit(&self) -> Option<(&'static str, u64)> {
        match self {
            Reason::InputTooLarge { limit, .. } => Some(("input_bytes", *limit)),
            Reason::FuelExhausted { name, limit } => Some((name, *limit)),
            Reason::DeadlineExceeded { limit } => Some(("deadline_ms", *limit)),
            Reason::Refused { refusal } => refusal.limit(),
            Reason::MemoryExceeded { limit } => Some(("memory_bytes", *limit)),
            Reason::TableExceeded { limit } => Some(("table_elements", *limit)),
            Reason::StackOverflow { limit } => Some(("stack_bytes", *limit)),
            Reason::OutputTooLarge { limit } => Some(("output_bytes", *limit)),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin `{}`", self.plugin)?;
        if !self.version.is_empty() {
            write!(f, " {}", self.version)?;
        }
        write!(f, ", function `{}`: {}", self.function, self.reason)
    }
}

impl std::error::Error for CallError {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::UnknownFunction { kind, known } if known.is_empty() => {
                write!(f, "no such {kind}, and the plugin has none")
            }
            Reason::UnknownFunction { kind, known } => {
                write!(f, "no such {kind}, expected one of {}", list(known))
            }
            Reason::NotGranted => {
                f.write_str("a service cannot be called before it is said what is granted to it")
            }
            Reason::InputTooLarge { found, limit } => {
                write!(
                    f,
                    "the input is {found} bytes, the limit `input_bytes` is {limit}"
                )
            }
            Reason::InvalidInput { violations } => {
                write!(f, "the input does not fit: {}", list(violations))
            }
            Reason::FuelExhausted { name, limit } => {
                write!(f, "ran out of fuel, the limit `{name}` is {limit}")
            }
            Reason::MemoryExceeded { limit } => {
                write!(
                    f,
                    "asked for more memory, the limit `memory_bytes` is {limit}"
                )
            }
            Reason::DeadlineExceeded { limit } => {
                write!(f, "took too long, the limit `deadline_ms` is {limit}")
            }
            Reason::Refused { refusal } => {
                write!(f, "broke down after it was refused something: {refusal}")
            }
            Reason::TableExceeded { limit } => {
                write!(
                    f,
                    "asked for a larger table, the limit `table_elements` is {limit}"
                )
            }
            Reason::StackOverflow { limit } => {
                write!(
                    f,
                    "nested calls too deep, the limit `stack_bytes` is {limit}"
                )
            }
            Reason::Trap { message, frames } => {
                write!(f, "trapped: {message}")?;
                match frames.is_empty() {
                    true => Ok(()),
                    false => write!(f, ", in {}", list(frames)),
                }
            }
            Reason::OutputTooLarge { limit } => {
                write!(
                    f,
                    "handed over too much at once, the limit `output_bytes` is {limit}"
                )
            }
            Reason::InvalidOutput { violations } => {
                write!(f, "the output does not fit: {}", list(violations))
            }
            Reason::Failed { code, message, .. } => write!(f, "failed with `{code}`: {message}"),
            Reason::Internal { message } => write!(f, "the host failed: {message}"),
        }
    }
}

/// Names in backticks, frames and violations as they print, with what separates them.
fn list<T: Listed>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(Listed::text).collect();
    texts.join(T::SEPARATOR)
}

trait Listed {
    const SEPARATOR: &'static str;
    fn text(&self) -> String;
}

impl Listed for String {
    const SEPARATOR: &'static str = ", ";
    fn text(&self) -> String {
        format!("`{self}`")
    }
}

impl Listed for Frame {
    const SEPARATOR: &'static str = " < ";
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Listed for Violation {
    const SEPARATOR: &'static str = "; ";
    fn text(&self) -> String {
        self.to_string()
    }
}
