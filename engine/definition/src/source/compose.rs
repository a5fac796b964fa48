//! Events to a document: composes the value and the tree of places in one pass, without recursion.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::frame::{self, Built, Frame, Inside};
use super::node::{Content, Node};
use super::{
    Document, MAX_BYTES, MAX_DEPTH, MAX_ERRORS, MAX_NODES, MAX_TEXT_BYTES, Source, Span,
    YAML_ALIAS, YAML_DOCUMENT, YAML_DUPLICATE_KEY, YAML_EMPTY, YAML_LIMIT, YAML_TAG, core_schema,
    key, syntax, too_large,
};
use crate::diagnostic::{Diagnostic, quoted};

/// Reads the only document of a source.
pub(super) fn compose(source: Source) -> Result<Document, Vec<Diagnostic>> {
    if source.text.len() > MAX_BYTES {
        return Err(vec![too_large(source.text.len())]);
    }
    let mut composer = Composer::new(&source);
    // Whatever stops the reading early is in the list of errors already.
    let _stopped = composer.read();
    let Composer { root, errors, .. } = composer;
    match root {
        _ if !errors.is_empty() => Err(errors),
        Some(Built { value, node, .. }) if !is_nothing(&value, &node) => Ok(Document {
            source,
            value,
            root: node,
        }),
        _ => Err(vec![
            Diagnostic::error(YAML_EMPTY, "expected a document, found an empty file")
                .with_span(Span::at(0)),
        ]),
    }
}

/// A file of `---` alone is as empty as one of nothing.
fn is_nothing(value: &Value, node: &Node) -> bool {
    value.is_null() && node.span.start == node.span.end
}

/// Reading can't go on; the reason was recorded.
struct Stop;

struct Composer<'a> {
    source: &'a Source,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Built>,
    root: Option<Built>,
    documents: usize,
    nodes: usize,
    text_bytes: usize,
    errors: Vec<Diagnostic>,
}

impl<'a> Composer<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            documents: 0,
            nodes: 0,
            text_bytes: 0,
            errors: Vec::new(),
        }
    }

    fn read(&mut self) -> Result<(), Stop> {
        let source = self.source;
        let mut options = granit_parser::Options::default();
        // Another crate may switch the parser's comment events on for the whole build.
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(&source.text, options) {
            match event {
                Ok((event, span)) => self.event(event, &span)?,
                Err(error) => return self.stop(syntax::diagnostic(source, &error)),
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Result<(), Stop> {
        let range = place.byte_range().unwrap_or_default();
        let span = Span::new(
            self.source.boundary(range.start),
            self.source.boundary(range.end),
        );
        let tag_range = place.tag_span().and_then(|tag| tag.byte_range());
        let tag_span = tag_range.map_or(span, |tag| Span::new(tag.start, tag.end));
        match event {
            Event::DocumentStart(_, version) => {
                self.documents += 1;
                if self.documents > 1 {
                    let found = Diagnostic::error(
                        YAML_DOCUMENT,
                        "expected one document in the file, found another",
                    );
                    return self.stop(
                        found
                            .with_span(span)
                            .with_hint("put it into a file of its own"),
                    );
                }
                if let Some(version) =
                    version.filter(|version| (version.major, version.minor) != (1, 2))
                {
                    let message = format!(
                        "expected YAML 1.2, found {}.{}",
                        version.major, version.minor
                    );
                    return self.stop(Diagnostic::error(YAML_DOCUMENT, message).with_span(span));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = core_schema::resolve(&text, style, tag.as_deref());
                self.scalar(value, style, anchor, (span, tag_span))
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::SequenceStart(_, anchor, tag) => self.open(
                Inside::Sequence(Vec::new(), Vec::new()),
                anchor,
                tag.as_deref(),
                (span, tag_span),
            ),
            Event::MappingStart(_, anchor, tag) => {
                let inside = Inside::Mapping {
                    values: Map::new(),
                    nodes: BTreeMap::new(),
                    key: None,
                };
                self.open(inside, anchor, tag.as_deref(), (span, tag_span))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            // Stream and document ends; comments and the like are not asked for.
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        value: Result<Value, Diagnostic>,
        style: ScalarStyle,
        anchor: usize,
        (written, tag): (Span, Span),
    ) -> Result<(), Stop> {
        // A block scalar ends with the break after its last line, which nobody wants underlined.
        let end = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                written.start + self.source.slice(written).trim_end().len()
            }
            _ => written.end,
        };
        let span = Span::new(written.start, end);
        let value = match value {
            Ok(value) => value,
            Err(finding) => {
                let at = if finding.code == YAML_TAG { tag } else { span };
                self.fail(finding.with_span(at))?;
                Value::Null
            }
        };
        let built = Built {
            text_bytes: value.as_str().map_or(0, str::len),
            value,
            node: Node {
                span,
                key: None,
                content: Content::Scalar { style, written },
            },
            height: 0,
            nodes: 1,
        };
        self.charge(1, built.text_bytes, span)?;
        self.finish(built, anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some(mut built) = self.anchors.get(&anchor).cloned() else {
            let message = format!(
                "alias {} stands inside what it repeats",
                quoted(self.source.slice(span))
            );
            return self.stop(Diagnostic::error(YAML_ALIAS, message).with_span(span));
        };
        self.check_depth(built.height, span)?;
        self.charge(built.nodes, built.text_bytes, span)?;
        built.node.span = span;
        self.finish(built, 0)
    }

    fn open(
        &mut self,
        inside: Inside,
        anchor: usize,
        tag: Option<&Tag>,
        (span, tag_span): (Span, Span),
    ) -> Result<(), Stop> {
        self.check_depth(1, span)?;
        let expected = match inside {
            Inside::Sequence(..) => "seq",
            Inside::Mapping { .. } => "map",
        };
        if let Some(Err(finding)) = tag.map(|tag| core_schema::check_collection_tag(tag, expected))
        {
            self.fail(finding.with_span(tag_span))?;
        }
        self.charge(1, 0, span)?;
        self.frames.push(Frame {
            start: span.start,
            anchor,
            height: 0,
            nodes: 1,
            text_bytes: 0,
            end: span.end,
            inside,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let anchor = frame.anchor;
        self.finish(frame.build(self.source, end), anchor)
    }

    /// Hands a finished node to the mapping or sequence around it.
    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            // The copy that is kept for the aliases costs as much as one of them.
            self.charge(built.nodes, built.text_bytes, built.node.span)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(built);
            return Ok(());
        };
        frame.height = frame.height.max(built.height);
        frame.nodes += built.nodes;
        frame.text_bytes += built.text_bytes;
        frame.end = frame.end.max(built.node.span.end);
        match &mut frame.inside {
            Inside::Sequence(values, nodes) => {
                values.push(built.value);
                nodes.push(built.node);
                Ok(())
            }
            Inside::Mapping { values, nodes, key } => {
                let Some((key, span)) = key.take() else {
                    return self.key(&built);
                };
                let mut node = built.node;
                node.key = Some(span);
                values.insert(key.clone(), built.value);
                nodes.insert(key, node);
                Ok(())
            }
        }
    }

    /// Takes a finished node as the key of the value to come.
    fn key(&mut self, built: &Built) -> Result<(), Stop> {
        let span = built.node.span;
        let text = match key::text(self.source, built) {
            Ok(text) => text,
            Err(finding) => {
                self.fail(finding.with_span(span))?;
                String::new()
            }
        };
        let Some(Frame {
            inside: Inside::Mapping { nodes, key, .. },
            ..
        }) = self.frames.last_mut()
        else {
            return Ok(());
        };
        let first = nodes.get(&text).and_then(|node| node.key);
        *key = Some((text.clone(), span));
        if let Some(first) = first.filter(|_| !text.is_empty() || built.value.is_string()) {
            let message = format!("key {} is already set in this mapping", quoted(&text));
            let finding = Diagnostic::error(YAML_DUPLICATE_KEY, message).with_span(span);
            self.fail(finding.with_related(first, "first set here"))?;
        }
        Ok(())
    }

    fn check_depth(&mut self, height: usize, span: Span) -> Result<(), Stop> {
        if self.frames.len() + height > MAX_DEPTH {
            return self.stop(syntax::too_deep(span));
        }
        Ok(())
    }

    /// Counts nodes and text against the limits of the whole document.
    fn charge(&mut self, nodes: usize, text_bytes: usize, span: Span) -> Result<(), Stop> {
        self.nodes += nodes;
        self.text_bytes += text_bytes;
        let message = if self.nodes > MAX_NODES {
            format!("expected at most {MAX_NODES} values with aliases written out, found more")
        } else if self.text_bytes > MAX_TEXT_BYTES {
            format!(
                "expected at most {MAX_TEXT_BYTES} bytes of text with aliases written out, found more"
            )
        } else {
            return Ok(());
        };
        self.stop(Diagnostic::error(YAML_LIMIT, message).with_span(span))
    }

    /// Records an error after which reading goes on.
    fn fail(&mut self, finding: Diagnostic) -> Result<(), Stop> {
        let finding = finding.with_pointer(frame::pointer(&self.frames));
        self.errors.push(finding);
        if self.errors.len() >= MAX_ERRORS {
            Err(Stop)
        } else {
            Ok(())
        }
    }

    /// Records an error after which nothing more can be read.
    fn stop(&mut self, finding: Diagnostic) -> Result<(), Stop> {
        self.fail(finding)?;
        Err(Stop)
    }
}
