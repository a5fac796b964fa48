//! From a file's text to its typed form, with every mistake placed.

mod repair;
mod shape;

use serde::de::DeserializeOwned;

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Document, Source};
pub(crate) use repair::Repairs;
pub(crate) use shape::describe;
pub use shape::list;

/// A value has the wrong shape: an unknown key, a missing one, or a wrong type.
pub const FILE_SHAPE: Code = Code("file-shape");

/// What was found in one file.
#[derive(Debug)]
pub struct Findings {
    /// The file.
    pub source: Source,
    /// What was found in it, in the order of the text where the place is known.
    pub diagnostics: Vec<Diagnostic>,
    document: Option<Document>,
}

impl Findings {
    /// Nothing yet about a document.
    pub(crate) fn of(document: Document) -> Self {
        Findings {
            source: document.source.clone(),
            diagnostics: Vec::new(),
            document: Some(document),
        }
    }

    /// One finding about a file whose text cannot be read at all.
    pub fn unreadable(name: String, diagnostic: Diagnostic) -> Self {
        Findings {
            source: Source::new(name, ""),
            diagnostics: vec![diagnostic],
            document: None,
        }
    }

    /// Adds a finding and gives it its place in the text.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let diagnostic = match &self.document {
            Some(document) => diagnostic.located(document),
            None => diagnostic,
        };
        self.diagnostics.push(diagnostic);
        self.diagnostics
            .sort_by_key(|diagnostic| diagnostic.span.map(|span| span.start));
    }

    /// As [`Findings::push`], pointing at the key of a value and not at the value.
    pub fn push_key(&mut self, diagnostic: Diagnostic, pointer: &str) {
        let span = self.document().and_then(|read| read.key_span(pointer));
        let diagnostic = diagnostic.with_pointer(pointer);
        self.push(match span {
            Some(span) => diagnostic.with_span(span),
            None => diagnostic,
        });
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The findings, drawn for people.
    pub fn report(&self) -> Report<'_> {
        Report::new(&self.source, &self.diagnostics)
    }

    /// The document, if it could be read.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }
}

/// Reads a file into `T`; there is none when something in it has the wrong shape, which is among the
/// findings then.
pub fn read<T: DeserializeOwned>(source: Source) -> (Option<T>, Findings) {
    let (value, repairs, findings) = read_repaired(source);
    (value.filter(|_| repairs.is_empty()), findings)
}

/// Reads a file into `T`, with something harmless in place of what has the wrong shape, so that the
/// rest can be judged, too. Every repair is an error among the findings.
pub(crate) fn read_repaired<T: DeserializeOwned>(source: Source) -> (Option<T>, Repairs, Findings) {
    let document = match Document::parse(source.clone()) {
        Ok(document) => document,
        Err(diagnostics) => {
            let findings = Findings {
                source,
                diagnostics,
                document: None,
            };
            return (None, Repairs::default(), findings);
        }
    };
    let (value, repairs, diagnostics) = repair::deserialize(&document);
    let mut findings = Findings::of(document);
    for diagnostic in diagnostics {
        findings.push(diagnostic);
    }
    (value, repairs, findings)
}

/// A key as a token of a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
