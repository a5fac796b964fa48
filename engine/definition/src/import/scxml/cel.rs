//! Expressions: CEL in which variables stand for themselves, rewritten to CEL that finds them in `data`.

use serde_json::Value as Json;

use super::xml::Text;
use super::{Importer, SCXML_EXPRESSION, SCXML_UNSUPPORTED, SCXML_VARIABLE};
use crate::diagnostic::{Diagnostic, quoted};
use crate::expression::{Path, Program};
use crate::file::{Cel, Expression};
use crate::lower::expressions::unknown_function;

/// What `_event` has, as our `event` does.
const EVENT_FIELDS: [&str; 5] = ["name", "data", "type", "sendid", "invokeid"];

/// What `_x` has: variables of workflows that SCXML has no name for.
const PLATFORM: [&str; 3] = ["actor", "case", "now"];

impl<'d> Importer<'d> {
    /// A condition.
    pub(super) fn condition(&mut self, text: Text<'d>) -> Option<Cel> {
        match self.bare_in(text) {
            Some(condition) => Some(Cel(condition)),
            None => self.cel(text).map(Cel),
        }
    }

    /// An expression that gives a value.
    pub(super) fn value(&mut self, text: Text<'d>) -> Option<Expression> {
        self.cel(text).map(|cel| Expression(Json::String(cel)))
    }

    /// The condition of the null data model (SCXML B.1.1): `In(id)` without quotes.
    fn bare_in(&mut self, text: Text<'d>) -> Option<String> {
        let inner = text.value.trim().strip_prefix("In")?.trim_start();
        let id = inner.strip_prefix('(')?.strip_suffix(')')?.trim();
        let is_id = self.names.node(id).is_some() && !self.declared.contains(id);
        is_id.then(|| format!("In({})", quote(id)))
    }

    /// Rewrites an expression.
    pub(super) fn cel(&mut self, text: Text<'d>) -> Option<String> {
        let program = match Program::compile(text.value) {
            Ok(program) => program,
            Err(error) => {
                let span = text.part(error.offset.map(|at| (at, at + 1)));
                let diagnostic = Diagnostic::error(SCXML_EXPRESSION, error.message).with_span(span);
                self.diagnostics.push(match error.hint {
                    Some(hint) => diagnostic.with_hint(hint),
                    None => diagnostic,
                });
                return None;
            }
        };
        let before = self.diagnostics.len();
        self.check_calls(&program, text);
        let mut places: Vec<(usize, usize, String)> = Vec::new();
        for path in program.paths() {
            let Some((start, mut end)) = program.name_span(path, 0) else {
                let message = "the place of a name in this expression cannot be told";
                self.error(SCXML_EXPRESSION, text.span, message);
                continue;
            };
            if let Some(name) = self.rewritten(&program, path, text) {
                if path.names.first().is_some_and(|name| name == "_x") {
                    end = program.name_span(path, 1).map_or(end, |(_, end)| end);
                }
                places.push((start, end, name));
            }
        }
        // From the last to the first, so that places stay right; a macro may show one twice.
        places.sort();
        places.dedup();
        let mut rewritten = text.value.to_owned();
        for (start, end, name) in places.into_iter().rev() {
            rewritten.replace_range(start..end, &name);
        }
        let errors = self.diagnostics.iter().skip(before);
        let is_sound = !errors.into_iter().any(Diagnostic::is_error);
        is_sound.then(|| rewritten.trim().to_owned())
    }

    fn check_calls(&mut self, program: &Program, text: Text<'d>) {
        for (node, function) in program.functions() {
            if let Some(mut error) = unknown_function(function) {
                error.code = SCXML_EXPRESSION;
                let span = text.part(program.function_span(*node, function));
                self.diagnostics.push(error.with_span(span));
            }
        }
        let states: Vec<(u64, &str)> = program.states().collect();
        for (node, state) in states {
            if self.names.node(state).is_none() {
                self.unknown_state(state, text.part(program.span(node)));
            }
        }
    }

    /// What a variable is called in a workflow.
    fn rewritten(&mut self, program: &Program, path: &Path, text: Text<'d>) -> Option<String> {
        let name = path.names.first()?.as_str();
        let span = text.part(program.name_span(path, 0));
        if self.is_null {
            let message = format!(
                "the null data model has no variables, found {}",
                quoted(name)
            );
            let error = Diagnostic::error(SCXML_EXPRESSION, message).with_span(span);
            let hint = "say `datamodel=\"cel\"` for expressions in CEL";
            self.diagnostics.push(error.with_hint(hint));
            return None;
        }
        match name {
            "_event" => {
                match path.names.get(1) {
                    Some(field) if !EVENT_FIELDS.contains(&field.as_str()) => {
                        let message = format!("`_event` has no field {} here", quoted(field));
                        let span = text.part(program.name_span(path, 1));
                        let error = Diagnostic::error(SCXML_UNSUPPORTED, message).with_span(span);
                        let error = error.with_suggestion(field, EVENT_FIELDS);
                        self.diagnostics.push(error);
                    }
                    _ => {}
                }
                Some("event".to_owned())
            }
            "_sessionid" => Some("case.id".to_owned()),
            "_name" => Some(quote(&self.name)),
            // What the platform adds (SCXML 5.10): as our export writes it.
            "_x" if path
                .names
                .get(1)
                .is_some_and(|name| PLATFORM.contains(&&**name)) =>
            {
                path.names.get(1).cloned()
            }
            "_ioprocessors" | "_x" => {
                let message = format!("{} cannot be imported", quoted(name));
                let hint = "`_event`, `_sessionid` and `_name` are known";
                self.unsupported(span, message, hint);
                None
            }
            _ => {
                if !self.declared.contains(name) {
                    self.undeclared(name, span);
                }
                Some(format!("data.{name}"))
            }
        }
    }

    /// Warns of a variable that nothing declares: using it raises `error.execution`.
    pub(super) fn undeclared(&mut self, name: &str, span: crate::source::Span) {
        let message = format!(
            "no `<data>` declares {}, so using it raises `error.execution`",
            quoted(name)
        );
        let warning = Diagnostic::warning(SCXML_VARIABLE, message).with_span(span);
        let known = self.declared.iter().map(String::as_str);
        let warning = warning.with_suggestion(name, known);
        self.diagnostics.push(warning);
    }

    /// A place in the data, keys joined by `.`: none when it is no such place, or when nothing may be
    /// put there, which is an error when it happens.
    pub(super) fn location(&mut self, text: Text<'d>) -> Location {
        let names: Vec<&str> = text.value.trim().split('.').collect();
        if !names.iter().all(|name| is_identifier(name)) {
            let message = format!(
                "expected a name such as `x` or `x.y`, found {}",
                quoted(text.value)
            );
            let error = Diagnostic::error(SCXML_EXPRESSION, message).with_span(text.span);
            let hint = "an item of a list is changed by assigning the whole list";
            self.diagnostics.push(error.with_hint(hint));
            return Location::Unknown;
        }
        let root = names.first().copied().unwrap_or_default();
        if root.starts_with('_') {
            return Location::Fails(format!("`{root}` cannot be changed"));
        }
        match self.declared.contains(root) {
            true => Location::At(text.value.trim().to_owned()),
            false => {
                self.undeclared(root, text.span);
                Location::Fails(format!("no data is called `{root}`"))
            }
        }
    }
}

/// Where a value goes.
pub(super) enum Location {
    /// To this place.
    At(String),
    /// Nowhere: trying raises `error.execution`, with this message.
    Fails(String),
    /// What was written has been reported.
    Unknown,
}

/// A text as a literal of CEL.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\'' => quoted.push_str("\\'"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// A value that stands for itself, as an expression.
pub(in crate::import) fn literal(json: Json) -> Json {
    match json {
        Json::String(text) => Json::String(quote(&text)),
        Json::Array(items) => Json::Array(items.into_iter().map(literal).collect()),
        Json::Object(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key, literal(value)));
            Json::Object(entries.collect())
        }
        other => other,
    }
}

/// An expression that raises `error.execution` with a message.
pub(super) fn failing(message: &str) -> Expression {
    Expression(Json::String(format!("{{}}[{}]", quote(message))))
}

/// Whether a text is a name in CEL.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
