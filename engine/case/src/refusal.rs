//! Why a command was refused. Nothing has happened to the case.

use std::fmt;
use std::sync::Arc;

use casewright_chart::{DecisionError, TransitionIndex};
use casewright_definition::data::Violation;
use casewright_definition::expression::Part;
use casewright_definition::file::Text;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The id for a new case cannot be one.
    InvalidId(String),
    /// The workflow has no such event.
    UnknownEvent {
        /// What was sent.
        event: String,
        /// An event with a name much like it.
        suggestion: Option<Arc<str>>,
    },
    /// The case has ended.
    Done,
    /// The event is one of the workflow's, but none of the active states takes it.
    NotNow {
        /// What was sent.
        event: Arc<str>,
    },
    /// The actor has none of the roles that may do this.
    Forbidden {
        /// What was sent; none when a case was to be opened.
        event: Option<Arc<str>>,
        /// The roles that may.
        roles: Vec<Arc<str>>,
        /// The roles in which the actor acts.
        held: Vec<Arc<str>>,
    },
    /// What came with the command does not match its schema.
    InvalidInput(Vec<Violation>),
    /// Every transition that takes the event has a guard that does not hold.
    GuardFailed {
        /// What was sent.
        event: Arc<str>,
        /// The guards, in the order in which they were asked.
        blocked: Vec<Blocked>,
    },
    /// The step would leave the case with data that does not match the workflow's schema.
    InvalidData(Vec<Violation>),
    /// The step went beyond a limit.
    Limit {
        /// Which.
        name: &'static str,
        /// Its value.
        figure: usize,
    },
    /// A decision gave no answer.
    Decision(DecisionError),
    /// The timer is not pending: it was cancelled, or fired before.
    NotPending,
    /// The stored case does not fit its definition.
    Corrupt,
}

/// One guard that did not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocked {
    /// The transition that it guards.
    pub transition: TransitionIndex,
    /// The state whose transition it guards.
    pub state: Arc<str>,
    /// Where the transition leads.
    pub targets: Vec<Arc<str>>,
    /// The condition.
    pub guard: String,
    /// What people are told of it.
    pub title: Option<Text>,
    /// Why it could not be evaluated; none when it was, and was false.
    pub error: Option<Arc<str>>,
    /// The parts of the condition that stand in the way, with the values that they read.
    pub parts: Vec<Part>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::InvalidId(what) => f.write_str(what),
            Refusal::UnknownEvent { event, .. } => {
                write!(f, "the workflow has no event `{event}`")
            }
            Refusal::Done => f.write_str("the case has ended"),
            Refusal::NotNow { event } => {
                write!(f, "no active state of the case takes the event `{event}`")
            }
            Refusal::Forbidden { event, roles, .. } => {
                match event {
                    Some(event) => write!(f, "the event `{event}`")?,
                    None => f.write_str("opening a case of this workflow")?,
                }
                f.write_str(" takes one of the roles ")?;
                for (number, role) in roles.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    write!(f, "{comma}`{role}`")?;
                }
                Ok(())
            }
            Refusal::InvalidInput(violations) => {
                write!(
                    f,
                    "the data does not match its schema: {}",
                    list(violations)
                )
            }
            Refusal::GuardFailed { event, blocked } => {
                write!(f, "the event `{event}` is blocked: ")?;
                for (number, blocked) in blocked.iter().enumerate() {
                    let and = if number == 0 { "" } else { "; " };
                    write!(f, "{and}{blocked}")?;
                }
                Ok(())
            }
            Refusal::InvalidData(violations) => write!(
                f,
                "the workflow would leave the case with data that does not match its schema: {}",
                list(violations)
            ),
            Refusal::Limit { name, figure } => {
                write!(f, "the step went beyond its limit `{name}` of {figure}")
            }
            Refusal::Decision(error) => f.write_str(&error.message),
            Refusal::NotPending => f.write_str("the timer is not pending"),
            Refusal::Corrupt => f.write_str("the stored case does not fit its definition"),
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => f.write_str(error)?,
            None => write!(f, "`{}` does not hold", self.guard)?,
        }
        let parts: Vec<String> = match &self.parts[..] {
            // The guard and its error have been told.
            [part] if part.span.len() == self.guard.trim().len() => match part.values() {
                values if values.is_empty() => Vec::new(),
                values => return write!(f, " ({values})"),
            },
            parts => parts.iter().map(ToString::to_string).collect(),
        };
        match parts.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", parts.join(", ")),
        }
    }
}

fn list(violations: &[Violation]) -> String {
    let told = violations
        .iter()
        .map(|violation| match &*violation.pointer {
            "" => violation.message.clone(),
            pointer => format!("`{pointer}`: {}", violation.message),
        });
    told.collect::<Vec<_>>().join("; ")
}
