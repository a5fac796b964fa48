//! What goes out: `<send>`, `<cancel>`, and the data of events (SCXML 5.5 to 5.7, 6.2 and 6.3).

use serde_json::Value as Json;

use super::cel::{Location, failing, is_identifier};
use super::content::fail;
use super::names::words;
use super::xml::{Node, Text, tag};
use super::{Importer, SCXML_SHAPE};
use crate::diagnostic::{Diagnostic, quoted};
use crate::expression::{PROCESSOR, parse_delay_ms};
use crate::file::action::Delay;
use crate::file::{Action, Cel, Expression, Name, Raise, Send};

/// The names of SCXML's own event processor.
const PROCESSORS: [&str; 2] = ["scxml", PROCESSOR];

/// The target that is the chart's own internal queue (SCXML C.1).
const INTERNAL: &str = "#_internal";

/// The attributes of `<send>`.
const SEND: [&str; 11] = [
    "event",
    "eventexpr",
    "target",
    "targetexpr",
    "type",
    "typeexpr",
    "id",
    "idlocation",
    "delay",
    "delayexpr",
    "namelist",
];

impl<'d> Importer<'d> {
    pub(super) fn send(&mut self, node: Node<'d>) -> Option<Action> {
        self.check_attributes(node, &SEND);
        let event = self.either(node, ("event", "eventexpr"));
        let event = event.and_then(|(text, is_fixed)| self.name(text, is_fixed));
        let target = self.target(node);
        let processor = self.processor(node);
        let delay = self.delay(node);
        let namelist = self.attribute(node, "namelist");
        let (data, failure) = match self.payload(node, namelist) {
            Ok(data) => (data, None),
            Err(failure) => (None, Some(failure)),
        };
        // SCXML 6.2.3: an argument that fails keeps the event from being sent.
        let event = event.map(|event| failure.map_or(event, Name::Computed));
        let id = self.either(node, ("id", "idlocation"));
        let mut idlocation = None;
        if let Some((text, false)) = id {
            match self.location(text) {
                Location::At(place) => idlocation = Some(place),
                Location::Fails(message) => return Some(fail(&message)),
            }
        }
        let Some(event) = event else {
            if node.attribute("event").is_none() && node.attribute("eventexpr").is_none() {
                self.nameless(node);
            }
            return None;
        };
        let is_internal = target == Some(Name::Fixed(INTERNAL.to_owned()));
        if is_internal && let Some((delay, _)) = self.either(node, ("delay", "delayexpr")) {
            let message = "an event to the internal queue has no delay";
            self.error(SCXML_SHAPE, delay.span, message);
        }
        if is_internal && id.is_none() && processor.is_none() {
            return Some(Action::Raise(Raise { event, data }));
        }
        let id = id.filter(|(_, is_fixed)| *is_fixed);
        Some(Action::Send(Send {
            event,
            id: id.map(|(text, _)| text.value.to_owned()),
            idlocation,
            target,
            processor,
            delay,
            data,
        }))
    }

    /// Reports a `<send>` that names no event. With `<content>` SCXML 6.2 has it, but only for processors
    /// whose messages are more than events (C.2); SCXML's own (C.1) tells events by their names.
    fn nameless(&mut self, node: Node<'d>) {
        let message = "expected `<send>` to have `event` or `eventexpr`";
        let error = Diagnostic::error(SCXML_SHAPE, message).with_span(self.head(node));
        let has_content = node.children().any(|child| tag(child) == "content");
        self.diagnostics.push(match has_content {
            true => error.with_hint(
                "content alone is a message of HTTP; a chart takes events by their names",
            ),
            false => error,
        });
    }

    /// A name that is written out, or an expression that gives one.
    fn name(&mut self, text: Text<'d>, is_fixed: bool) -> Option<Name> {
        match is_fixed {
            true => {
                self.declare(text.value);
                Some(Name::Fixed(text.value.to_owned()))
            }
            false => self.cel(text).map(|cel| Name::Computed(Cel(cel))),
        }
    }

    /// By what an event goes out: nothing for SCXML's own event processor.
    fn processor(&mut self, node: Node<'d>) -> Option<Name> {
        let (text, is_fixed) = self.either(node, ("type", "typeexpr"))?;
        let value = match is_fixed {
            true => Some(text.value),
            false => literal_text(text.value),
        };
        match value {
            Some(value) if PROCESSORS.contains(&value) => None,
            Some(value) => {
                let message = format!(
                    "events cannot be sent by {}, so trying raises `error.execution`",
                    quoted(value)
                );
                let hint = "`scxml` sends events to the chart itself; leave `type` away";
                self.doubtful(text.span, message, hint);
                Some(Name::Fixed(value.to_owned()))
            }
            None => Some(Name::Computed(Cel(self.cel(text)?))),
        }
    }

    /// Where an event goes: nothing for the chart's own external queue.
    fn target(&mut self, node: Node<'d>) -> Option<Name> {
        let (text, is_fixed) = self.either(node, ("target", "targetexpr"))?;
        let value = match is_fixed {
            true => Some(text.value),
            false => literal_text(text.value),
        };
        match value {
            Some("#_scxml_sessionid") => None,
            Some(INTERNAL) => Some(Name::Fixed(INTERNAL.to_owned())),
            Some(value) => {
                let error = match value.starts_with("#_") {
                    true => "error.communication",
                    false => "error.execution",
                };
                let message = format!(
                    "events cannot be sent to {}, so trying raises `{error}`",
                    quoted(value)
                );
                let hint = "a chart sends to itself: leave `target` away, or say `#_internal`";
                self.doubtful(text.span, message, hint);
                Some(Name::Fixed(value.to_owned()))
            }
            None => Some(Name::Computed(Cel(self.cel(text)?))),
        }
    }

    /// After how long an event goes out. A number in `delayexpr` is of milliseconds, as SCION and Commons
    /// SCXML take it; SCXML itself wants a unit.
    fn delay(&mut self, node: Node<'d>) -> Option<Delay> {
        let (text, is_fixed) = self.either(node, ("delay", "delayexpr"))?;
        if !is_fixed && let Ok(ms) = text.value.trim().parse() {
            return milliseconds(ms);
        }
        if !is_fixed {
            return self
                .cel(text)
                .map(|expr| Delay::Computed { expr: Cel(expr) });
        }
        let delay_ms = parse_delay_ms(text.value);
        if delay_ms.is_none() {
            let found = quoted(text.value);
            let message = format!("expected a delay such as `1.5s` or `200ms`, found {found}");
            self.error(SCXML_SHAPE, text.span, message);
        }
        delay_ms.and_then(milliseconds)
    }

    pub(super) fn cancel(&mut self, node: Node<'d>) -> Option<Action> {
        self.check_attributes(node, &["sendid", "sendidexpr"]);
        let Some((id, is_fixed)) = self.either(node, ("sendid", "sendidexpr")) else {
            let message = "expected `<cancel>` to have `sendid` or `sendidexpr`";
            self.error(SCXML_SHAPE, self.head(node), message);
            return None;
        };
        let id = match is_fixed {
            true => Name::Fixed(id.value.to_owned()),
            false => Name::Computed(Cel(self.cel(id)?)),
        };
        Some(Action::Cancel(id))
    }

    /// What an event carries: the names of a list, `<param>` by `<param>`, or `<content>`.
    ///
    /// # Errors
    /// A name of the list is no place in the data: an expression that raises the error.
    pub(super) fn payload(
        &mut self,
        node: Node<'d>,
        namelist: Option<Text<'d>>,
    ) -> Result<Option<Expression>, Cel> {
        let (mut entries, mut failure) = (serde_json::Map::new(), None);
        if let Some(list) = namelist {
            for (start, name) in words(list.value) {
                let part = list.part(Some((start, start + name.len())));
                match self.read_location(name, part) {
                    Ok(place) => {
                        entries.insert(name.to_owned(), Json::String(place));
                    }
                    Err(message) => failure = Some(failing(&message)),
                }
            }
        }
        let mut content = None;
        for child in self.elements(node) {
            match tag(child) {
                "param" => {
                    if let Some((name, value)) = self.param(child) {
                        entries.insert(name, value);
                    }
                }
                "content" if content.is_none() => content = Some(child),
                "finalize" if tag(node) == "invoke" => {}
                _ => self.misplaced(child),
            }
        }
        if let (Some(content), false) = (content, entries.is_empty()) {
            let message = "expected names or `<content>`, found both";
            self.error(SCXML_SHAPE, self.head(content), message);
        }
        match (failure, content) {
            (Some(failure), _) => Err(failure),
            (None, Some(content)) => Ok(self.content(content)),
            (None, None) => {
                let entries = Some(entries).filter(|entries| !entries.is_empty());
                Ok(entries.map(|entries| Expression(Json::Object(entries))))
            }
        }
    }

    fn param(&mut self, node: Node<'d>) -> Option<(String, Json)> {
        self.check_attributes(node, &["name", "expr", "location"]);
        let name = self.required(node, "name")?.value.to_owned();
        let Some((text, is_expression)) = self.either(node, ("expr", "location")) else {
            let message = "expected `<param>` to have `expr` or `location`";
            self.error(SCXML_SHAPE, self.head(node), message);
            return None;
        };
        let value = match is_expression {
            true => self.value(text)?.0,
            false => match self.read_location(text.value, text.span) {
                Ok(place) => Json::String(place),
                Err(message) => Json::String(failing(&message).0),
            },
        };
        Some((name, value))
    }

    /// The expression of the value at a place in the data, or why there is none.
    fn read_location(&mut self, place: &str, span: crate::source::Span) -> Result<String, String> {
        let root = place.split('.').next().unwrap_or_default();
        if !place.split('.').all(is_identifier) {
            return Err(format!("`{place}` is no place in the data"));
        }
        match self.declared.contains(root) {
            true => Ok(format!("data.{place}")),
            false => {
                self.undeclared(root, span);
                Err(format!("no data is called `{root}`"))
            }
        }
    }

    fn content(&mut self, node: Node<'d>) -> Option<Expression> {
        self.check_attributes(node, &["expr"]);
        let inline = self.inner_text(node);
        match (self.attribute(node, "expr"), inline) {
            (Some(expr), None) => self.value(expr),
            (None, Some(inline)) => self.inline_expression(inline),
            (None, None) => None,
            (Some(_), Some(inline)) => {
                let message = "expected `expr` or a value in the element, found both";
                self.error(SCXML_SHAPE, inline.span, message);
                None
            }
        }
    }
}

/// A delay, unless it is none.
fn milliseconds(ms: u64) -> Option<Delay> {
    (ms > 0).then_some(Delay::Milliseconds(ms))
}

/// The text of an expression that is nothing but a quoted text.
fn literal_text(expression: &str) -> Option<&str> {
    let expression = expression.trim();
    ['\'', '"'].into_iter().find_map(|quote| {
        let inner = expression.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains([quote, '\\'])).then_some(inner)
    })
}
