//! Findings drawn for people: the message, the line, and a mark under the text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use super::{Diagnostic, Finding, Severity};
use crate::source::{Source, Span};

/// The width that lines are cut to when nothing else is said.
const DEFAULT_WIDTH: usize = 120;

/// The findings about one file, in the order given. Its `Display` is for people, [`Report::findings`] for
/// scripts.
///
/// ```
/// use casewright_definition::diagnostic::Report;
/// use casewright_definition::source::{Document, Source};
/// let source = Source::new("a.yaml", "客户: 1\n客户: 2\n");
/// let errors = Document::parse(source.clone()).unwrap_err();
/// let text = Report::new(&source, &errors).to_string();
/// assert!(text.starts_with("error[yaml-duplicate-key]: key `客户` is already set in this mapping\n --> a.yaml:2:1"));
/// ```
#[derive(Clone, Debug)]
pub struct Report<'a> {
    source: &'a Source,
    diagnostics: &'a [Diagnostic],
    colour: bool,
    width: usize,
}

impl<'a> Report<'a> {
    /// A report without colour, 120 columns wide. For a file that could not be read, give a source with
    /// its name and an empty text.
    #[must_use]
    pub fn new(source: &'a Source, diagnostics: &'a [Diagnostic]) -> Self {
        Self {
            source,
            diagnostics,
            colour: false,
            width: DEFAULT_WIDTH,
        }
    }

    /// Whether to use the colours of a terminal.
    #[must_use]
    pub fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// The width of the terminal in columns; long lines are cut to fit.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }

    /// The same findings for scripts, one object each.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.diagnostics
            .iter()
            .map(|diagnostic| Finding::new(self.source, diagnostic))
    }

    fn group(&self, diagnostic: &'a Diagnostic) -> Group<'a> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level
            .primary_title(printable(&diagnostic.message))
            .id(diagnostic.code.0);
        let group = Group::with_title(title);
        let group = match diagnostic.span {
            Some(span) => group.element(self.snippet(span, &diagnostic.related)),
            None => group.element(Origin::path(printable(&self.source.name))),
        };
        match &diagnostic.hint {
            Some(hint) => group.element(Level::HELP.with_name("hint").message(printable(hint))),
            None => group,
        }
    }

    /// The lines from the first mark to the last, and the marks. The rest of the file is kept out: the
    /// renderer would look through all of it for every finding.
    fn snippet(
        &self,
        span: Span,
        related: &'a [(Span, String)],
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let primary = self.first_line(span);
        let others: Vec<_> = related
            .iter()
            .map(|(span, label)| (self.first_line(*span), printable(label)))
            .collect();
        let marks = || others.iter().map(|(mark, _)| mark).chain([&primary]);
        let first = marks().map(|mark| mark.start).min().unwrap_or_default();
        let last = marks().map(|mark| mark.end).max().unwrap_or_default();

        let text = &*self.source.text;
        let start = text
            .get(..first)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |newline| newline + 1);
        let end = text
            .get(last..)
            .and_then(|after| after.find('\n'))
            .map_or(text.len(), |newline| last + newline);
        let shifted = |mark: &Range<usize>| mark.start - start..mark.end - start;
        Snippet::source(without_c1(text.get(start..end).unwrap_or_default()))
            .path(printable(&self.source.name))
            .line_start(self.source.position(start).line)
            .annotation(AnnotationKind::Primary.span(shifted(&primary)))
            .annotations(others.iter().map(|(mark, label)| {
                AnnotationKind::Context
                    .span(shifted(mark))
                    .label(label.clone())
            }))
    }

    /// The part of a span on its first line: a mapping of forty lines is shown by its head.
    fn first_line(&self, span: Span) -> Range<usize> {
        let start = self.source.boundary(span.start);
        let end = self.source.boundary(span.end.max(start));
        let line = self
            .source
            .slice(Span::new(start, end))
            .lines()
            .next()
            .unwrap_or_default();
        start..start + line.len()
    }
}

/// A text that cannot steer the terminal it is printed on.
fn printable(text: &str) -> String {
    normalize_untrusted_str(&without_c1(text))
}

/// Replaces the control characters that the renderer leaves alone, U+0080 to U+009F, by one of the same
/// length in bytes, so that spans stay right.
fn without_c1(text: &str) -> Cow<'_, str> {
    let is_c1 = |character: char| ('\u{80}'..='\u{9f}').contains(&character);
    if text.contains(is_c1) {
        Cow::Owned(text.replace(is_c1, "¿"))
    } else {
        Cow::Borrowed(text)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = if self.colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer
            .decor_style(DecorStyle::Ascii)
            .term_width(self.width);
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}", renderer.render(&[self.group(diagnostic)]))?;
        }
        Ok(())
    }
}
