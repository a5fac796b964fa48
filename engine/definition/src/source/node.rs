//! Where the nodes of a document stand: a tree beside the value, of the same shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::ScalarStyle;

use super::Span;

/// One node's place in the file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The value as the reader of the file sees it: for an alias, the alias itself.
    pub(super) span: Span,
    /// The key, if the node is a value in a mapping.
    pub(super) key: Option<Span>,
    /// What is inside.
    pub(super) content: Content,
}

/// The inside of a node. It is shared, so that an alias costs no copy.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A scalar and where it is written: for an alias, at the anchor.
    Scalar { style: ScalarStyle, written: Span },
    /// The items of a sequence.
    Sequence(Arc<[Node]>),
    /// The values of a mapping by key.
    Mapping(Arc<BTreeMap<String, Node>>),
}

impl Node {
    /// The child under one unescaped token of a JSON pointer.
    pub(super) fn child(&self, token: &str) -> Option<&Self> {
        match &self.content {
            Content::Scalar { .. } => None,
            Content::Sequence(items) => items.get(index(token)?),
            Content::Mapping(values) => values.get(token),
        }
    }

    /// The span to underline when a finding is about the node as a whole. A mapping of forty lines is
    /// best shown by its key.
    pub(super) fn label(&self) -> Span {
        match (&self.content, self.key) {
            (Content::Sequence(_) | Content::Mapping(_), Some(key)) => key,
            _ => self.span,
        }
    }
}

/// An array index as RFC 6901 (4) writes it: decimal, without leading zeros.
fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || !token.starts_with(['0', '+']);
    canonical.then(|| token.parse().ok()).flatten()
}
