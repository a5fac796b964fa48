//! The text of a file and what was read from it: values with the place each of them has in the file.
//!
//! A [`Source`] is a name and a text. [`Document::parse`] reads it as YAML 1.2 (of which JSON is a part)
//! into a [`serde_json::Value`] and remembers where every node stands, so that a finding made much later,
//! on the value, can still point at a line and a column.
//!
//! Only what has one meaning is read: the core schema of YAML 1.2.2 (10.3), where `on`, `yes` and `no` are
//! plain texts, one document a file, no key twice, no merge keys, no foreign tags. Everything is bounded,
//! and no text, however strange, makes the reader panic.

mod compose;
mod core_schema;
mod document;
mod frame;
mod key;
mod node;
mod syntax;
mod verbatim;

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};

pub use document::Document;

/// The largest file that is read. Workflows written by people stay below a tenth of it.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting of mappings and sequences: 64 states inside each other are 128 of it. Whatever walks
/// a document later may recurse safely.
pub const MAX_DEPTH: usize = 160;
/// The most nodes in a document, where an alias counts for all that it stands for: ten nested aliases
/// of ten items each would otherwise turn a small file into ten thousand million nodes.
pub const MAX_NODES: usize = 100_000;
/// The most text in a document, with aliases written out, for the same reason as [`MAX_NODES`].
pub const MAX_TEXT_BYTES: usize = 4 * MAX_BYTES;
/// The longest mapping key. YAML 1.2.2 (7.4.2) sets the same limit for keys without a `?`.
pub const MAX_KEY_CHARS: usize = 1024;
/// The reader gives up after so many errors: nobody reads on.
pub const MAX_ERRORS: usize = 100;

/// The file is larger, deeper or fuller than the limits allow.
pub const YAML_LIMIT: Code = Code("yaml-limit");
/// The file is not UTF-8 text.
pub const YAML_ENCODING: Code = Code("yaml-encoding");
/// The file holds nothing.
pub const YAML_EMPTY: Code = Code("yaml-empty");
/// The text is not YAML.
pub const YAML_SYNTAX: Code = Code("yaml-syntax");
/// The file holds more than one document, or is written for another version of YAML.
pub const YAML_DOCUMENT: Code = Code("yaml-document");
/// A key is repeated in its mapping.
pub const YAML_DUPLICATE_KEY: Code = Code("yaml-duplicate-key");
/// A key is not a text.
pub const YAML_KEY: Code = Code("yaml-key");
/// A `<<` merges a mapping into another, which YAML 1.2 does not know.
pub const YAML_MERGE_KEY: Code = Code("yaml-merge-key");
/// A tag is unknown, or does not fit its value.
pub const YAML_TAG: Code = Code("yaml-tag");
/// A number has no exact form in JSON.
pub const YAML_NUMBER: Code = Code("yaml-number");
/// An alias has no anchor, or stands inside the node that it repeats.
pub const YAML_ALIAS: Code = Code("yaml-alias");

/// Every code that reading a file can give.
pub const CODES: &[Code] = &[
    YAML_LIMIT,
    YAML_ENCODING,
    YAML_EMPTY,
    YAML_SYNTAX,
    YAML_DOCUMENT,
    YAML_DUPLICATE_KEY,
    YAML_KEY,
    YAML_MERGE_KEY,
    YAML_TAG,
    YAML_NUMBER,
    YAML_ALIAS,
];

/// A file: what it is called and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path, as it is shown to the user.
    pub name: Arc<str>,
    /// The text, without a byte order mark.
    pub text: Arc<str>,
}

impl Source {
    /// A source of a name and a text; a byte order mark at the start of the text is dropped.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        Self {
            name: name.into(),
            text: text.strip_prefix('\u{feff}').unwrap_or(text).into(),
        }
    }

    /// A source of the bytes of a file, which must be UTF-8 and no more than [`MAX_BYTES`].
    ///
    /// # Errors
    /// [`YAML_LIMIT`] or [`YAML_ENCODING`], without a span: there is no text yet to point into.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        if bytes.len() > MAX_BYTES {
            return Err(too_large(bytes.len()));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(not_utf8("expected UTF-8 text, found UTF-16".to_owned()));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(name, text)),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes();
                let line = 1 + bytes
                    .iter()
                    .take(valid)
                    .filter(|byte| **byte == b'\n')
                    .count();
                let byte = bytes.get(valid).copied().unwrap_or_default();
                let message =
                    format!("expected UTF-8 text, found byte `0x{byte:02X}` on line {line}");
                Err(not_utf8(message))
            }
        }
    }

    /// The line and column of a byte offset; an offset past the end is the end.
    ///
    /// ```
    /// use casewright_definition::source::Source;
    /// let source = Source::new("a.yaml", "客户: 1\nlevel: 2\n");
    /// assert_eq!(source.position(8).to_string(), "1:5");
    /// assert_eq!(source.position(10).to_string(), "2:1");
    /// ```
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..self.boundary(offset)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: 1 + before.bytes().filter(|byte| *byte == b'\n').count(),
            column: 1 + before
                .get(line_start..)
                .map_or(0, |line| line.chars().count()),
        }
    }

    /// The text under a span, or nothing if the span is not of this source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The nearest offset, not after `offset`, that is inside the text and between two characters.
    pub(crate) fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset.min(self.text.len()))
    }

    /// The offset after the character at `offset`; the end of the text if there is none.
    pub(crate) fn next_boundary(&self, offset: usize) -> usize {
        let next = (offset + 1).min(self.text.len());
        self.text.ceil_char_boundary(next)
    }
}

/// A stretch of a text, in bytes: from `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset after the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` to `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The empty span at an offset: a place between two characters.
    #[must_use]
    pub const fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }
}

/// A place in a text as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line; the first is 1.
    pub line: usize,
    /// The column in characters (Unicode scalar values); the first is 1.
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

fn too_large(bytes: usize) -> Diagnostic {
    Diagnostic::error(
        YAML_LIMIT,
        format!("expected a file of at most {MAX_BYTES} bytes, found {bytes}"),
    )
}

fn not_utf8(message: String) -> Diagnostic {
    Diagnostic::error(YAML_ENCODING, message).with_hint("save the file as UTF-8")
}

#[cfg(test)]
mod tests;
