//! What is being read: the mappings and sequences that are still open, and nodes that are finished.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::push_token;
use super::node::{Content, Node};
use super::{Source, Span};

/// A finished node with its measures.
#[derive(Clone)]
pub(super) struct Built {
    pub(super) value: Value,
    pub(super) node: Node,
    /// Levels of mappings and sequences in it: 0 for a scalar.
    pub(super) height: usize,
    pub(super) nodes: usize,
    pub(super) text_bytes: usize,
}

/// A mapping or sequence that is still open.
pub(super) struct Frame {
    pub(super) start: usize,
    pub(super) anchor: usize,
    pub(super) height: usize,
    pub(super) nodes: usize,
    pub(super) text_bytes: usize,
    pub(super) end: usize,
    pub(super) inside: Inside,
}

pub(super) enum Inside {
    Sequence(Vec<Value>, Vec<Node>),
    Mapping {
        values: Map<String, Value>,
        nodes: BTreeMap<String, Node>,
        key: Option<(String, Span)>,
    },
}

impl Frame {
    /// The finished node, of which `end` is the event that closes it.
    pub(super) fn build(self, source: &Source, end: Span) -> Built {
        let (value, content) = match self.inside {
            Inside::Sequence(values, nodes) => {
                (Value::Array(values), Content::Sequence(nodes.into()))
            }
            Inside::Mapping { values, nodes, .. } => {
                (Value::Object(values), Content::Mapping(nodes.into()))
            }
        };
        let start = match &content {
            Content::Sequence(items) if end.end == end.start => {
                first_dash(source, self.start, items)
            }
            _ => self.start,
        };
        // Only `]` and `}` are text; a block ends where its last child does.
        let end = if end.end > end.start {
            end.end
        } else {
            self.end
        };
        Built {
            value,
            node: Node {
                span: Span::new(start, end.max(start)),
                key: None,
                content,
            },
            height: self.height + 1,
            nodes: self.nodes,
            text_bytes: self.text_bytes,
        }
    }
}

/// The pointer of the node that is being read.
pub(super) fn pointer(frames: &[Frame]) -> String {
    let mut pointer = String::new();
    for frame in frames {
        match &frame.inside {
            Inside::Sequence(values, _) => push_token(&mut pointer, &values.len().to_string()),
            Inside::Mapping {
                key: Some((key, _)),
                ..
            } => push_token(&mut pointer, key),
            Inside::Mapping { key: None, .. } => {}
        }
    }
    pointer
}

/// Where a block sequence starts. For one that is no further in than its key, the parser points after
/// the first dash.
fn first_dash(source: &Source, start: usize, items: &[Node]) -> usize {
    if items.first().is_none_or(|item| item.span.start > start)
        && source.slice(Span::new(start, start + 1)) == "-"
    {
        return start;
    }
    let before = source.text.get(..start).unwrap_or_default().trim_end();
    if before.ends_with('-') {
        before.len() - 1
    } else {
        start
    }
}
