//! The form of a finding for scripts and editors: plain JSON with lines and columns.

use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::{Position, Source, Span};

/// The most characters of a line that a finding repeats: a file of one long line would be repeated as often
/// as there are findings.
const MAX_EXCERPT_CHARS: usize = 200;

/// One finding as JSON. All keys are always there; what is not known is `null`.
///
/// Lines and columns begin at 1, columns count characters, and the end is the place after the last
/// character. New keys may be added; these stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name of the kind of finding.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was expected and what was found.
    pub message: Box<str>,
    /// The path of the file, as it was given.
    pub file: String,
    /// The first line.
    pub line: Option<usize>,
    /// The column of the first character.
    pub column: Option<usize>,
    /// The last line.
    pub end_line: Option<usize>,
    /// The column after the last character.
    pub end_column: Option<usize>,
    /// The JSON pointer of the node.
    pub pointer: Option<Box<str>>,
    /// The one thing to try.
    pub hint: Option<Box<str>>,
    /// The line on which it begins; of a long one, what follows its place.
    pub excerpt: Option<String>,
    /// Other places in the same file.
    pub related: Vec<RelatedPlace>,
}

/// Another place that a finding speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelatedPlace {
    /// Why it matters.
    pub message: String,
    /// The first line.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column after the last character.
    pub end_column: usize,
}

impl Finding {
    /// The form of one finding about a file.
    #[must_use]
    pub fn new(source: &Source, diagnostic: &Diagnostic) -> Self {
        let place = diagnostic.span.map(|span| ends(source, span));
        Self {
            code: diagnostic.code.0,
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            file: source.name.to_string(),
            line: place.map(|(start, _)| start.line),
            column: place.map(|(start, _)| start.column),
            end_line: place.map(|(_, end)| end.line),
            end_column: place.map(|(_, end)| end.column),
            pointer: diagnostic.pointer.clone(),
            hint: diagnostic.hint.clone(),
            excerpt: diagnostic.span.map(|span| excerpt(source, span.start)),
            related: diagnostic
                .related
                .iter()
                .map(|(span, message)| RelatedPlace::new(source, *span, message))
                .collect(),
        }
    }
}

impl RelatedPlace {
    fn new(source: &Source, span: Span, message: &str) -> Self {
        let (start, end) = ends(source, span);
        Self {
            message: message.to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

/// The line around an offset.
fn excerpt(source: &Source, offset: usize) -> String {
    let (before, after) = source.text.split_at(source.boundary(offset));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = line_end(after);
    let line = format!("{}{}", &before[start..], &after[..end]);
    match line.chars().nth(MAX_EXCERPT_CHARS) {
        None => line,
        Some(_) => after[..end].chars().take(MAX_EXCERPT_CHARS).collect(),
    }
}

fn line_end(text: &str) -> usize {
    let end = text.find('\n').unwrap_or(text.len());
    text[..end].trim_end_matches('\r').len()
}

fn ends(source: &Source, span: Span) -> (Position, Position) {
    (
        source.position(span.start),
        source.position(span.end.max(span.start)),
    )
}
