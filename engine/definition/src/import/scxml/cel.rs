//! Expressions: CEL in which variables stand for themselves, rewritten to CEL that finds them in `data`.

use serde_json::Value as Json;

use super::xml::Text;
use super::{Importer, SCXML_EXPRESSION, SCXML_VARIABLE};
use crate::diagnostic::{Diagnostic, Severity, quoted};
use crate::expression::{ADDRESS, PROCESSOR, Path, Program};
use crate::file::{Cel, Expression};
use crate::lower::expressions::{EVENT_FIELDS, unknown_function};

/// What `_x` has: variables of workflows that SCXML has no name for.
const PLATFORM: [&str; 3] = ["actor", "case", "now"];

/// What the platform adds (SCXML 5.10), as our export writes it.
fn is_platform(path: &Path) -> bool {
    let names = path.names.first().zip(path.names.get(1));
    names.is_some_and(|(first, name)| first == "_x" && PLATFORM.contains(&name.as_str()))
}

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

    /// Rewrites an expression. One that cannot be evaluated becomes one that fails when it is: SCXML 5.9
    /// leaves it to the processor to reject the document or to raise `error.execution` then.
    pub(super) fn cel(&mut self, text: Text<'d>) -> Option<String> {
        let shared;
        let source = match self.is_ecmascript {
            true => {
                shared = self.shared_with_ecmascript(text)?;
                &shared
            }
            false => text.value,
        };
        let program = match Program::compile(source) {
            Ok(program) => program,
            Err(error) => {
                let span = text.part(error.span);
                let finding = Diagnostic::error(SCXML_EXPRESSION, error.message).with_span(span);
                return self.hopeless(match error.hint {
                    Some(hint) => finding.with_hint(hint),
                    None => finding,
                });
            }
        };
        if let Some(finding) = self.bad_call(&program, text) {
            return self.hopeless(finding);
        }
        let mut places = self.unknown_states(&program, text);
        for path in program.paths() {
            let Some((start, mut end)) = program.name_span(path, 0) else {
                let message = "the place of a name in this expression cannot be told";
                self.error(SCXML_EXPRESSION, text.span, message);
                return None;
            };
            match self.rewritten(&program, path, text) {
                Ok(name) => {
                    // `_x` itself has no name here, only what is in it.
                    if is_platform(path) {
                        end = program.name_span(path, 1).map_or(end, |(_, end)| end);
                    }
                    places.push((start, end, name));
                }
                Err(finding) => return self.hopeless(*finding),
            }
        }
        // From the last to the first, so that places stay right; a macro may show one twice.
        places.sort();
        places.dedup();
        let mut rewritten = source.to_owned();
        for (start, end, name) in places.into_iter().rev() {
            rewritten.replace_range(start..end, &name);
        }
        Some(rewritten.trim().to_owned())
    }

    /// An expression of ECMAScript as one of CEL, of the same length: `===` and `!==` are CEL's `==` and
    /// `!=`. Division is refused, which CEL does in whole numbers. What CEL lacks altogether is found when
    /// it is compiled, and where CEL's types are stricter, `error.execution` is raised.
    fn shared_with_ecmascript(&mut self, text: Text<'d>) -> Option<String> {
        let mut shared = String::with_capacity(text.value.len());
        let mut quote = None;
        for (at, c) in text.value.char_indices() {
            let is_escaped = text.value[..at].ends_with('\\');
            match (quote, c) {
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), c) if c == open && !is_escaped => quote = None,
                (None, '=') if shared.ends_with("==") || shared.ends_with("!=") => {
                    shared.push(' ');
                    continue;
                }
                (None, '/') => {
                    let message = "`/` is not the same in CEL, which divides whole numbers";
                    self.error(SCXML_EXPRESSION, text.part(Some((at, at + 1))), message);
                    return None;
                }
                _ => {}
            }
            shared.push(c);
        }
        Some(shared)
    }

    /// Warns of an expression that cannot be evaluated, and gives one that fails in its place. The null
    /// data model has no errors of evaluation, and what is no CEL may well be ECMAScript, so there it is
    /// an error.
    fn hopeless(&mut self, mut finding: Diagnostic) -> Option<String> {
        if self.is_null || self.is_ecmascript {
            self.diagnostics.push(finding);
            return None;
        }
        let failing = failing(&finding.message);
        finding.message = format!("{}, so it raises `error.execution`", finding.message).into();
        finding.severity = Severity::Warning;
        self.diagnostics.push(finding);
        failing.0.as_str().map(str::to_owned)
    }

    fn bad_call(&self, program: &Program, text: Text<'d>) -> Option<Diagnostic> {
        let mut calls = program.functions().iter();
        calls.find_map(|(node, function)| {
            let mut finding = unknown_function(function)?;
            finding.code = SCXML_EXPRESSION;
            Some(finding.with_span(text.part(program.function_span(*node, function))))
        })
    }

    /// Warns of states that are not there, and gives what stands for asking about them: `false`
    /// (SCXML 5.9.1).
    fn unknown_states(&mut self, program: &Program, text: Text<'d>) -> Vec<(usize, usize, String)> {
        let mut places = Vec::new();
        for (node, state) in program.states() {
            if self.names.node(state).is_some() {
                continue;
            }
            let span = program.span(node);
            let mut finding = self.unknown_state(state, text.part(span));
            if let Some((start, end)) = span.and_then(|span| call_around(text.value, span)) {
                finding.message = format!("{}, so `In` is false", finding.message).into();
                finding.severity = Severity::Warning;
                places.push((start, end, "false".to_owned()));
            }
            self.diagnostics.push(finding);
        }
        places
    }

    /// What a variable is called in a workflow.
    fn rewritten(
        &mut self,
        program: &Program,
        path: &Path,
        text: Text<'d>,
    ) -> Result<String, Box<Diagnostic>> {
        let name = path.names.first().map_or("", String::as_str);
        let span = text.part(program.name_span(path, 0));
        if self.is_null {
            let message = format!(
                "the null data model has no variables, found {}",
                quoted(name)
            );
            let error = Diagnostic::error(SCXML_EXPRESSION, message).with_span(span);
            let hint = "say `datamodel=\"cel\"` for expressions in CEL";
            return Err(Box::new(error.with_hint(hint)));
        }
        Ok(match name {
            "_event" => match path.names.get(1) {
                Some(field) if !EVENT_FIELDS.contains(&field.as_str()) => {
                    let message = format!("`_event` has no field {}", quoted(field));
                    let span = text.part(program.name_span(path, 1));
                    let error = Diagnostic::error(SCXML_EXPRESSION, message).with_span(span);
                    return Err(Box::new(error.with_suggestion(field, EVENT_FIELDS)));
                }
                _ => "event".to_owned(),
            },
            "_sessionid" => "case.id".to_owned(),
            "_name" => quote(&self.name),
            "_ioprocessors" => {
                let own = format!("{{'location': '{ADDRESS}' + case.id}}");
                format!("{{'scxml': {own}, '{PROCESSOR}': {own}}}")
            }
            "_x" => match path.names.get(1) {
                Some(name) if is_platform(path) => name.clone(),
                _ => "{}".to_owned(),
            },
            _ => {
                if !self.declared.contains(name) {
                    self.undeclared(name, span);
                }
                format!("data.{name}")
            }
        })
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
        let Some(place) = place(text.value) else {
            let message = format!(
                "expected a place such as `x`, `x.y` or `x[0]`, found {}, so trying raises `error.execution`",
                quoted(text.value)
            );
            let warning = Diagnostic::warning(SCXML_EXPRESSION, message).with_span(text.span);
            self.diagnostics.push(warning);
            return Location::Fails(format!("`{}` is no place in the data", text.value));
        };
        let root = place.split('.').next().unwrap_or_default();
        if root.starts_with('_') {
            return Location::Fails(format!("`{root}` cannot be changed"));
        }
        match self.declared.contains(root) {
            true => Location::At(place),
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
}

/// A place in the data with `.` between its keys: `x.y`, `x['y']` and `x[0]` are places.
fn place(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (root, mut rest) = text.split_at(end);
    let mut keys = vec![root];
    while !rest.is_empty() {
        let key;
        (key, rest) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']')?,
            None => {
                let name = rest.strip_prefix('.')?;
                name.split_at(name.find(['.', '[']).unwrap_or(name.len()))
            }
        };
        let key = key.trim();
        let unquoted = |quote| key.strip_prefix(quote)?.strip_suffix(quote);
        let name = unquoted('\'').or_else(|| unquoted('"')).unwrap_or(key);
        let is_number = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
        if !is_identifier(name) && !is_number {
            return None;
        }
        keys.push(name);
    }
    is_identifier(root).then(|| keys.join("."))
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

/// Where a call of `In` stands around its argument.
fn call_around(expression: &str, argument: (usize, usize)) -> Option<(usize, usize)> {
    let before = expression.get(..argument.0)?.trim_end().strip_suffix('(')?;
    let before = before.trim_end().strip_suffix("In")?;
    let after = expression.get(argument.1..)?.trim_start();
    let after = after.strip_prefix(')')?;
    Some((before.len(), expression.len() - after.len()))
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
