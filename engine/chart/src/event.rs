//! Events and the descriptors that transitions match them with.

use std::sync::Arc;

use crate::value::Value;

/// Where an event comes from (SCXML 5.10.1, `_event.type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Raised by the interpreter itself: `done.state.*`, `error.*`.
    Platform,
    /// Raised by the chart with `raise`.
    Internal,
    /// From outside: a person, another system, a timer, a service.
    External,
}

impl EventKind {
    /// What SCXML calls it: `platform`, `internal` or `external`.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Platform => "platform",
            EventKind::Internal => "internal",
            EventKind::External => "external",
        }
    }
}

/// A named thing that happens to a chart (SCXML 5.10.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Tokens joined by `.`, for example `done.state.handover`.
    pub name: Arc<str>,
    /// What the event carries; [`Value::Null`] when nothing.
    pub data: Value,
    /// Where it comes from.
    pub kind: EventKind,
    /// The id of the `send` it came from, if it came from one that has an id.
    pub send_id: Option<Arc<str>>,
    /// The id of the invocation it came from, if it came from one.
    pub invoke_id: Option<Arc<str>>,
    /// Whether the chart sent it to its own external queue: its origin is the chart's own address.
    pub is_own: bool,
}

impl Event {
    /// An event from outside.
    pub fn external(name: impl Into<Arc<str>>, data: Value) -> Self {
        Event {
            name: name.into(),
            data,
            kind: EventKind::External,
            send_id: None,
            invoke_id: None,
            is_own: false,
        }
    }

    /// An event that the chart raised.
    pub fn internal(name: impl Into<Arc<str>>, data: Value) -> Self {
        Event {
            kind: EventKind::Internal,
            ..Event::external(name, data)
        }
    }

    /// An event that the interpreter raised.
    pub fn platform(name: impl Into<Arc<str>>, data: Value) -> Self {
        Event {
            kind: EventKind::Platform,
            ..Event::external(name, data)
        }
    }
}

/// One event descriptor (SCXML 3.12.1): a list of tokens that must begin the event's name, or `*`.
///
/// ```
/// use casewright_chart::Descriptor;
/// assert!(Descriptor::new("error").matches("error.execution"));
/// assert!(Descriptor::new("error.*").matches("error"));
/// assert!(!Descriptor::new("error").matches("errors"));
/// assert!(Descriptor::new("*").matches("anything.at.all"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The tokens without a trailing `.*` or `.`; empty matches everything.
    prefix: Arc<str>,
}

impl Descriptor {
    /// A descriptor from its text: `a.b`, `a.b.*`, `a.b.` or `*`.
    pub fn new(text: &str) -> Self {
        let prefix = match text {
            "*" => "",
            _ => text
                .strip_suffix(".*")
                .or_else(|| text.strip_suffix('.'))
                .unwrap_or(text),
        };
        Descriptor {
            prefix: prefix.into(),
        }
    }

    /// Whether the descriptor matches the event's name, token by token (`nameMatch`).
    pub fn matches(&self, name: &str) -> bool {
        match name.strip_prefix(&*self.prefix) {
            Some(rest) => self.prefix.is_empty() || rest.is_empty() || rest.starts_with('.'),
            None => false,
        }
    }

    /// The tokens that the event's name must begin with; empty for `*`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}
