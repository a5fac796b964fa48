//! Words for errors of syntax: what was expected, what was found, and what to try.

use granit_parser::{ErrorKind, ScanError};

use super::{MAX_DEPTH, Source, Span, YAML_ALIAS, YAML_LIMIT, YAML_SYNTAX};
use crate::diagnostic::{Diagnostic, quoted};

/// The finding for an error of the parser.
pub(super) fn diagnostic(source: &Source, error: &ScanError) -> Diagnostic {
    let at = source.boundary(error.marker().byte_offset().unwrap_or(source.text.len()));
    let rest = source.text.get(at..).unwrap_or_default();
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(Span::at(at)),
        ErrorKind::UnknownAnchor => unknown_anchor(rest, at),
        ErrorKind::UnexpectedCharacter { character } => unexpected_character(*character, rest, at),
        ErrorKind::SimpleKeyExpected
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::MappingValueNotAllowed => line_without_key(source, error.kind(), at),
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed => tab(source, at),
        kind => {
            let (message, hint) = words(kind);
            let finding = Diagnostic::error(YAML_SYNTAX, message).with_span(Span::at(at));
            match hint {
                Some(hint) => finding.with_hint(hint),
                None => finding,
            }
        }
    }
}

/// The nesting is deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("expected at most {MAX_DEPTH} levels of nesting, found more");
    Diagnostic::error(YAML_LIMIT, message).with_span(span)
}

fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, hint) = match kind {
        ErrorKind::UnclosedFlowCollection { open } => {
            return (format!("bracket `{open}` is never closed"), None);
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("bracket `{open}` is closed by `{close}`"), None);
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("closing bracket has no opening one", None),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => (
            "quote is not closed before the next key",
            Some("close the quote, or indent the lines that follow"),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "expected the end of the value after the closing quote, found more text",
            Some("write a quote inside single quotes twice: `''`"),
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "expected the end of the value after the closing quote, found more text",
            Some("write a quote inside double quotes as `\\\"`"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "unknown escape after `\\` in double quotes",
            Some("write a backslash as `\\\\`, or use single quotes"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => ("expected `,` or `}`", None),
        ErrorKind::ExpectedFlowSequenceSeparator => ("expected `,` or `]`", None),
        ErrorKind::ExpectedBlockSequenceEntry => (
            "expected `- ` and the next item of the list",
            Some("a list and the keys of a mapping can't stand at the same indentation"),
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            "a list item can't begin here",
            Some("begin the list on a line of its own"),
        ),
        ErrorKind::CommentNotSeparated => ("expected a space before `#`", None),
        ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidFlowScalarIndent => (
            "indentation fits no open block",
            Some("align the line with the lines that it belongs to"),
        ),
        kind => {
            let message = kind.to_string().replace('\'', "`");
            return (message.trim_end_matches('.').to_owned(), None);
        }
    };
    (message.to_owned(), hint)
}

/// The parser points at the tab or after it.
fn tab(source: &Source, at: usize) -> Diagnostic {
    let before = source.text.get(..at).unwrap_or_default();
    let start = before.trim_end_matches('\t').len();
    let end = if start < at {
        at
    } else {
        (at + 1).min(source.text.len())
    };
    Diagnostic::error(YAML_SYNTAX, "expected spaces as indentation, found a tab")
        .with_span(Span::new(start, end))
        .with_hint("indent with spaces")
}

fn unknown_anchor(rest: &str, at: usize) -> Diagnostic {
    let end = rest
        .find(|character: char| character.is_whitespace() || ",[]{}".contains(character))
        .unwrap_or(rest.len());
    let alias = rest.get(..end).unwrap_or_default();
    let message = format!("alias {} has no anchor before it", quoted(alias));
    let finding = Diagnostic::error(YAML_ALIAS, message).with_span(Span::new(at, at + end));
    finding.with_hint("put it in quotes if it is meant as text")
}

fn unexpected_character(character: char, rest: &str, at: usize) -> Diagnostic {
    // The parser points at the start of the text that holds the character.
    let at = at + rest.find(character).unwrap_or(0);
    let span = Span::new(at, at + character.len_utf8());
    if matches!(character, '@' | '`' | '%' | '|' | '>') {
        let message = format!(
            "a text without quotes can't begin with {}",
            quoted(&character.to_string())
        );
        return Diagnostic::error(YAML_SYNTAX, message)
            .with_span(span)
            .with_hint("put it in quotes");
    }
    let message = format!(
        "character `U+{:04X}` is not allowed here",
        u32::from(character)
    );
    Diagnostic::error(YAML_SYNTAX, message)
        .with_span(span)
        .with_hint("remove it, or write it as an escape in double quotes")
}

/// The most common slip: a line is no `key: value`, or is one where none can stand.
fn line_without_key(source: &Source, kind: &ErrorKind, at: usize) -> Diagnostic {
    let text = &source.text;
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text
        .get(at..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |newline| at + newline);
    let previous = before
        .get(..start)
        .and_then(|before| before.trim_end().lines().next_back());
    let line = text.get(start..end).unwrap_or_default().trim_end();
    let wide = [Some(line), previous]
        .into_iter()
        .flatten()
        .any(has_wide_colon);
    let second_colon = matches!(kind, ErrorKind::MappingValueNotAllowed);

    let (message, span) = if second_colon {
        (
            "a key can't stand here, found `:`",
            Span::new(at, (at + 1).min(text.len())),
        )
    } else {
        (
            "expected `key: value`, found other text",
            Span::new(at, (start + line.len()).max(at)),
        )
    };
    let hint = if wide {
        "`：` is a full-width colon; write `:` and a space"
    } else if second_colon && previous.is_some_and(lacks_space) {
        "put a space after `:` on the line before"
    } else if second_colon {
        "put the value in quotes if it holds `: `, or else check the indentation"
    } else if lacks_space(line) {
        "put a space after `:`"
    } else {
        "add a `:` after the key, or indent the line if it continues the text above"
    };
    Diagnostic::error(YAML_SYNTAX, message)
        .with_span(span)
        .with_hint(hint)
}

fn has_wide_colon(line: &str) -> bool {
    line.split('#')
        .next()
        .is_some_and(|line| line.contains('：'))
}

/// Whether a line is meant as `key: value` but reads as one text, as `key:value` does.
fn lacks_space(line: &str) -> bool {
    let line = line.trim_end();
    line.contains(':') && !line.contains(": ") && !line.contains("://") && !line.ends_with(':')
}
