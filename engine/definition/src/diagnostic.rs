//! Findings about a file: what is wrong, where, and what to try.
//!
//! A [`Diagnostic`] is a value; [`Report`] draws a list of them for people, [`Finding`] is the form for
//! scripts. Messages are product text: lower case, no final full stop, literals in backticks, what was
//! expected and what was found. The one thing to try is the hint, kept apart.

mod finding;
mod report;
mod suggestion;

use crate::source::{Document, Span};

pub use finding::{Finding, RelatedPlace};
pub use report::Report;
pub use suggestion::did_you_mean;

/// The stable name of a kind of finding, in kebab case. Scripts may rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// How bad a finding is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// The file can be used, but probably does not do what its author means.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word for it: `error`, `warning` or `note`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding about one file. Its texts are boxed to keep it small as the error of a `Result`.
///
/// ```
/// use casewright_definition::diagnostic::{Code, Diagnostic};
/// let finding = Diagnostic::error(Code("unknown-state"), "expected a state, found `opne`")
///     .with_pointer("/initial")
///     .with_hint("did you mean `open`?");
/// assert!(finding.is_error());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of finding.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What was expected and what was found.
    pub message: Box<str>,
    /// The JSON pointer (RFC 6901) of the node it is about.
    pub pointer: Option<Box<str>>,
    /// The text it is about.
    pub span: Option<Span>,
    /// Other places in the same file, each with a word on why it matters.
    pub related: Vec<(Span, String)>,
    /// The one thing to try.
    pub hint: Option<Box<str>>,
}

impl Diagnostic {
    /// A finding of a severity, without a place.
    #[must_use]
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into().into(),
            pointer: None,
            span: None,
            related: Vec::new(),
            hint: None,
        }
    }

    /// An error.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note.
    #[must_use]
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// Says which node it is about.
    #[must_use]
    pub fn with_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into().into());
        self
    }

    /// Says which text it is about.
    #[must_use]
    pub fn with_span(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds another place in the same file.
    #[must_use]
    pub fn with_related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Says what to try.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// Offers the candidate that looks most like what was found, if one does, as the hint
    /// ``did you mean `…`?``.
    #[must_use]
    pub fn with_suggestion<'a>(
        self,
        found: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        match did_you_mean(found, candidates) {
            Some(candidate) => self.with_hint(format!("did you mean {}?", quoted(candidate))),
            None => self,
        }
    }

    /// Finds the span of the node that it is about, unless it has one already; see [`Document::label_span`].
    #[must_use]
    pub fn located(mut self, document: &Document) -> Self {
        if let (None, Some(pointer)) = (self.span, &self.pointer) {
            self.span = Some(document.label_span(pointer));
        }
        self
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The most characters of a text from the file that a message repeats.
const MAX_QUOTED_CHARS: usize = 60;

/// A text in backticks for a message: on one line, and cut if it is long.
#[must_use]
pub fn quoted(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(MAX_QUOTED_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests;
