//! A document: the value of a file, and the way from a JSON pointer back to the text.

use serde_json::Value;

use super::node::{Content, Node};
use super::{Source, Span, compose, verbatim};
use crate::diagnostic::Diagnostic;

/// A file that was read: its value, and where each node of it stands.
///
/// Nodes are named by JSON pointers (RFC 6901): `""` is the whole, `/states/open/on` a value in mappings,
/// `/roles/0` an item of a sequence.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file.
    pub source: Source,
    /// What it says. Mappings keep the order in which the file has them.
    pub value: Value,
    pub(super) root: Node,
}

impl Document {
    /// Reads a YAML or JSON text.
    ///
    /// ```
    /// use casewright_definition::source::{Document, Source};
    /// let source = Source::new("a.yaml", "on: { approve: done }\n");
    /// let document = Document::parse(source).unwrap();
    /// assert_eq!(document.value["on"]["approve"], "done");
    /// let span = document.span("/on/approve").unwrap();
    /// assert_eq!(document.source.position(span.start).to_string(), "1:16");
    /// ```
    ///
    /// # Errors
    /// All that is wrong with the text, in the order of the text; never an empty list. After an error of
    /// syntax nothing more is read.
    pub fn parse(source: Source) -> Result<Self, Vec<Diagnostic>> {
        compose::compose(source)
    }

    /// Where the value stands. An alias is a value at the place of the alias; what is inside it stands at
    /// the anchor.
    #[must_use]
    pub fn span(&self, pointer: &str) -> Option<Span> {
        self.node(pointer).map(|node| node.span)
    }

    /// Where the key of the value stands, if the value is in a mapping.
    #[must_use]
    pub fn key_span(&self, pointer: &str) -> Option<Span> {
        self.node(pointer).and_then(|node| node.key)
    }

    /// Where the value stands, or else the nearest node around it that exists.
    #[must_use]
    pub fn nearest_span(&self, pointer: &str) -> Span {
        self.nearest(pointer).span
    }

    /// What to underline for a finding about the value: a scalar itself, the key of a mapping or a
    /// sequence; or else the same of the nearest node around it that exists.
    #[must_use]
    pub fn label_span(&self, pointer: &str) -> Span {
        self.nearest(pointer).label()
    }

    /// The offset in the file of a byte offset in a text value, if it is exact.
    ///
    /// Texts in every style are mapped, line by line, as far as they stand in the file as they are; after
    /// an escape such as `\u5ba2` there is no answer. Then the whole value is the best that can be shown.
    ///
    /// ```
    /// use casewright_definition::source::{Document, Source};
    /// let document = Document::parse(Source::new("a.yaml", "guard: 'level > 3'\n")).unwrap();
    /// assert_eq!(document.offset_in_scalar("/guard", 6), Some(14));
    /// ```
    #[must_use]
    pub fn offset_in_scalar(&self, pointer: &str, value_offset: usize) -> Option<usize> {
        let Content::Scalar { style, written } = self.node(pointer)?.content else {
            return None;
        };
        let value = self.value.pointer(pointer)?.as_str()?;
        verbatim::locate(&self.source.text, written, style, value, value_offset)
    }

    fn node(&self, pointer: &str) -> Option<&Node> {
        tokens(pointer)?.try_fold(&self.root, |node, token| node.child(&token))
    }

    fn nearest(&self, pointer: &str) -> &Node {
        let mut node = &self.root;
        for token in tokens(pointer).into_iter().flatten() {
            let Some(child) = node.child(&token) else {
                break;
            };
            node = child;
        }
        node
    }
}

/// The unescaped tokens of a JSON pointer (RFC 6901, 4); `None` if it is not one.
fn tokens(pointer: &str) -> Option<impl Iterator<Item = String>> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return None;
    }
    Some(
        pointer
            .split('/')
            .skip(1)
            .map(|token| token.replace("~1", "/").replace("~0", "~")),
    )
}

/// Adds a token to a JSON pointer, escaped.
pub(super) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}
