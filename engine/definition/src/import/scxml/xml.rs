//! Elements and attributes, with their places in the text.

use roxmltree::{Document, ParsingOptions};

use super::{Importer, SCXML_SHAPE, SCXML_SYNTAX, SCXML_UNSUPPORTED};
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::source::{MAX_NODES, Source, Span};

/// The namespace of SCXML. Elements in no namespace at all are taken for SCXML's, too.
const NAMESPACE: &str = "http://www.w3.org/2005/07/scxml";

/// The deepest nesting of elements, which are walked by recursion.
const MAX_ELEMENT_DEPTH: usize = 96;

/// An element.
pub(super) type Node<'d> = roxmltree::Node<'d, 'd>;

/// The value of an attribute, or the text in an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'d> {
    pub(super) value: &'d str,
    /// Where it stands.
    pub(super) span: Span,
    /// How it stands there, with references such as `&lt;`.
    written: &'d str,
}

impl Text<'_> {
    /// Where a part of it stands; all of it when that cannot be told.
    pub(super) fn part(&self, part: Option<(usize, usize)>) -> Span {
        let place = |(start, end)| {
            let (start, end) = (self.written_at(start)?, self.written_at(end)?);
            Some(Span::new(self.span.start + start, self.span.start + end))
        };
        part.and_then(place).unwrap_or(self.span)
    }

    /// Where in what is written an offset of the value lies.
    fn written_at(&self, offset: usize) -> Option<usize> {
        let mut rest = self.written;
        let mut value = self.value.get(..offset)?.chars();
        while value.next().is_some() {
            let length = match rest.strip_prefix('&') {
                Some(reference) => reference.find(';')? + 2,
                None if rest.starts_with("\r\n") => 2,
                None => rest.chars().next()?.len_utf8(),
            };
            rest = rest.get(length..)?;
        }
        Some(self.written.len() - rest.len())
    }
}

/// Reads the text of a source, without its comments, as XML. A document type may stand there, but no
/// entities: what they stand for has no place in the text, and small ones can make large documents.
pub(super) fn parse<'d>(source: &Source, text: &'d str) -> Result<Document<'d>, Diagnostic> {
    let options = ParsingOptions {
        allow_dtd: !text.contains("<!ENTITY"),
        nodes_limit: MAX_NODES as u32,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let position = error.pos();
        let line = (position.row as usize).saturating_sub(1);
        let lines = text.split_inclusive('\n');
        let start: usize = lines.take(line).map(str::len).sum();
        let rest = text.get(start..).unwrap_or_default();
        let column = (position.col as usize).saturating_sub(1);
        let at = rest.char_indices().nth(column).map_or(0, |(at, _)| at);
        let message = match error {
            roxmltree::Error::DtdDetected => "a document type without entities".to_owned(),
            error => error.to_string(),
        };
        let message = message.split(" at ").next().unwrap_or_default();
        Diagnostic::error(SCXML_SYNTAX, format!("expected XML: {message}"))
            .with_span(Span::new(start + at, start + at))
    })?;
    let too_deep = document
        .descendants()
        .find(|node| node.ancestors().take(MAX_ELEMENT_DEPTH + 2).count() > MAX_ELEMENT_DEPTH + 1);
    match too_deep {
        Some(node) => {
            let message = format!("expected at most {MAX_ELEMENT_DEPTH} levels of elements");
            Err(Diagnostic::error(SCXML_SYNTAX, message).with_span(head(source, node)))
        }
        None => Ok(document),
    }
}

/// The name of an element of SCXML; nothing for other elements.
pub(super) fn tag<'d>(node: Node<'d>) -> &'d str {
    match node.tag_name().namespace() {
        None | Some(NAMESPACE) if node.is_element() => node.tag_name().name(),
        _ => "",
    }
}

/// Where the name of an element stands.
pub(super) fn head(source: &Source, node: Node<'_>) -> Span {
    let start = node.range().start;
    let text = source.text.get(start..).unwrap_or_default();
    let length = text.find([' ', '\t', '\r', '\n', '>', '/']).unwrap_or(0);
    Span::new(start, start + length)
}

/// Whether a `<script>` does nothing.
fn is_blank_script(node: Node<'_>) -> bool {
    let mut texts = node.children().filter_map(|child| child.text());
    let is_blank = texts.all(|text| text.trim().is_empty());
    is_blank && node.attribute("src").is_none() && node.first_element_child().is_none()
}

impl<'d> Importer<'d> {
    pub(super) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::error(code, message).with_span(span));
    }

    pub(super) fn unsupported(&mut self, span: Span, message: impl Into<String>, hint: &str) {
        let error = Diagnostic::error(SCXML_UNSUPPORTED, message).with_span(span);
        self.diagnostics.push(error.with_hint(hint));
    }

    /// Warns of something that is no part of workflows, and which SCXML lets fail when it is reached.
    pub(super) fn doubtful(&mut self, span: Span, message: impl Into<String>, hint: &str) {
        let warning = Diagnostic::warning(SCXML_UNSUPPORTED, message).with_span(span);
        self.diagnostics.push(warning.with_hint(hint));
    }

    pub(super) fn head(&self, node: Node<'d>) -> Span {
        head(self.source, node)
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, node: Node<'d>, name: &str) -> Option<Text<'d>> {
        let attribute = node.attribute_node(name)?;
        let range = attribute.range_value();
        let span = Span::new(range.start, range.end);
        let value = attribute.value();
        Some(Text {
            value,
            span,
            written: self.source.slice(span),
        })
    }

    /// The value of an attribute that counts as absent when nothing is in it.
    pub(super) fn filled(&self, node: Node<'d>, name: &str) -> Option<Text<'d>> {
        let text = self.attribute(node, name)?;
        (!text.value.trim().is_empty()).then_some(text)
    }

    /// The value of an attribute that must be there.
    pub(super) fn required(&mut self, node: Node<'d>, name: &str) -> Option<Text<'d>> {
        let found = self.attribute(node, name);
        if found.is_none() {
            let message = format!("expected `<{}>` to have `{name}`", tag(node));
            self.error(SCXML_SHAPE, self.head(node), message);
        }
        found
    }

    /// The value of one of two attributes that exclude each other, and whether it is the first.
    pub(super) fn either(
        &mut self,
        node: Node<'d>,
        names: (&str, &str),
    ) -> Option<(Text<'d>, bool)> {
        let first = self.attribute(node, names.0);
        let second = self.attribute(node, names.1);
        if let (Some(_), Some(second)) = (first, second) {
            let message = format!("expected `{}` or `{}`, found both", names.0, names.1);
            self.error(SCXML_SHAPE, second.span, message);
        }
        first
            .map(|text| (text, true))
            .or(second.map(|text| (text, false)))
    }

    /// Reports attributes that an element of SCXML does not have.
    pub(super) fn check_attributes(&mut self, node: Node<'d>, known: &[&str]) {
        for attribute in node.attributes() {
            let is_known = known.contains(&attribute.name());
            if attribute.namespace().is_none() && !is_known {
                let range = attribute.range_qname();
                let message = format!(
                    "`<{}>` has no attribute {}",
                    tag(node),
                    quoted(attribute.name())
                );
                let error = Diagnostic::error(SCXML_SHAPE, message)
                    .with_span(Span::new(range.start, range.end))
                    .with_suggestion(attribute.name(), known.iter().copied());
                self.diagnostics.push(error);
            }
        }
    }

    /// The elements of SCXML inside an element. Others are left away, text is refused.
    pub(super) fn elements(&mut self, node: Node<'d>) -> Vec<Node<'d>> {
        let mut found = Vec::new();
        for child in node.children() {
            let range = child.range();
            if child.is_element() {
                match tag(child) {
                    "" => {
                        let name = quoted(child.tag_name().name());
                        let message = format!("{name} is no element of SCXML, so it is left away");
                        let hint = "what an editor notes, and actions of one engine, have no part in a workflow";
                        self.doubtful(self.head(child), message, hint);
                    }
                    _ => found.push(child),
                }
            } else if child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()) {
                let message = format!("expected elements in `<{}>`, found text", tag(node));
                self.error(SCXML_SHAPE, Span::new(range.start, range.end), message);
            }
        }
        found
    }

    /// Reports an element that does not belong where it stands.
    pub(super) fn misplaced(&mut self, node: Node<'d>) {
        let parent = node.parent_element().map_or("", tag);
        let name = tag(node);
        let span = self.head(node);
        match name {
            "script" if is_blank_script(node) => {}
            "script" => self.unsupported(
                span,
                "`<script>` cannot be imported",
                "`<assign>` changes data, and a plugin decides what an expression cannot",
            ),
            "invoke" | "finalize" => self.unsupported(
                span,
                format!("`<{name}>` cannot be imported"),
                "a state runs a function of a plugin: `type=\"urn:casewright:service\"` and `src=\"plugin.function\"`; another session is a region of a `<parallel>`, or another case",
            ),
            _ => {
                let message = format!("`<{name}>` does not belong in `<{parent}>`");
                self.error(SCXML_SHAPE, span, message);
            }
        }
    }

    /// The text in an element, which must hold nothing else; nothing when it is blank.
    pub(super) fn inner_text(&mut self, node: Node<'d>) -> Option<Text<'d>> {
        let nested = node.children().find(Node::is_element);
        if let Some(nested) = nested {
            let message = format!("expected text in `<{}>`, found an element", tag(node));
            let hint = "data is JSON: `{\"name\": \"value\"}`";
            self.unsupported(self.head(nested), message, hint);
            return None;
        }
        let texts = node.children().filter(Node::is_text);
        let mut texts =
            texts.filter(|text| text.text().is_some_and(|text| !text.trim().is_empty()));
        let found = texts.next()?;
        if let Some(second) = texts.next() {
            let range = second.range();
            let message = format!("the text in `<{}>` is divided", tag(node));
            let hint = "put a processing instruction before the text";
            self.unsupported(Span::new(range.start, range.end), message, hint);
        }
        let range = found.range();
        let span = Span::new(range.start, range.end);
        let written = self.source.slice(span);
        Some(Text {
            value: found.text()?,
            span,
            // Of a CDATA section, offsets cannot be told.
            written: if written.contains('<') { "" } else { written },
        })
    }
}
