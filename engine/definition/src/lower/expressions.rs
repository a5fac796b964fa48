//! Expressions: compiling them, and checking the names in them.

use std::collections::BTreeSet;

use casewright_chart::{ExpressionIndex, Value};
use serde_json::Value as Json;

use super::Lowering;
use super::codes::*;
use super::shape::check_path;
use crate::analysis::DataRead;
use crate::diagnostic::{Diagnostic, quoted};
use crate::expression::types::Type;
use crate::expression::{Expression, Program, VARIABLES, parse_duration_ms};
use crate::file;
use crate::json::from_json;
use crate::read::escape;
use crate::source::Span;

/// The functions of CEL's standard library, two more that the library has, and our own two.
const FUNCTIONS: [&str; 30] = [
    "In",
    "working_days",
    "max",
    "min",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "bytes",
    "type",
    "dyn",
    "duration",
    "timestamp",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "has",
];

/// CEL's macros. One that is called in another form than these counts as a function.
const MACROS: [(&str, &str); 5] = [
    ("all", "list.all(item, condition)"),
    ("exists", "list.exists(item, condition)"),
    ("exists_one", "list.exists_one(item, condition)"),
    ("filter", "list.filter(item, condition)"),
    ("map", "list.map(item, value)"),
];

/// What `event` has, as SCXML's `_event` does (SCXML 5.10.1).
pub(crate) const EVENT_FIELDS: [&str; 7] = [
    "name",
    "data",
    "type",
    "sendid",
    "invokeid",
    "origin",
    "origintype",
];

/// The names that an expression sees besides the variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// What the event may carry, where it is known which event it is.
    pub(super) event: Option<BTreeSet<String>>,
    /// What enclosing `foreach` actions bind.
    pub(super) locals: Vec<String>,
    /// What the event carries, as far as that is known.
    pub(super) event_data: Option<Type>,
    /// What enclosing `foreach` actions bind, by its name.
    pub(super) local_types: Vec<(String, Type)>,
}

/// A name in an expression that stands for nothing.
struct UnknownName {
    /// Its position in the chain of names: 0 for the variable.
    position: usize,
    /// What to say about it.
    error: Box<Diagnostic>,
}

impl UnknownName {
    fn new(position: usize, error: Diagnostic) -> Self {
        UnknownName {
            position,
            error: Box::new(error),
        }
    }
}

impl Lowering<'_> {
    /// A text that must be CEL.
    pub(super) fn cel(&mut self, cel: &file::Cel, pointer: &str, names: &Names) -> ExpressionIndex {
        let program = self.program(&cel.0, pointer, names);
        self.push(program)
    }

    /// A value in which every text is CEL.
    pub(super) fn expression(
        &mut self,
        expression: &file::Expression,
        pointer: &str,
        names: &Names,
    ) -> ExpressionIndex {
        let expression = self.value(&expression.0, pointer, names);
        self.push(expression)
    }

    pub(super) fn value(&mut self, json: &Json, pointer: &str, names: &Names) -> Expression {
        match json {
            Json::String(text) => self.program(text, pointer, names),
            Json::Array(items) => {
                let items = items.iter().enumerate();
                let items = items
                    .map(|(number, item)| self.value(item, &format!("{pointer}/{number}"), names))
                    .collect();
                Expression::List(items)
            }
            Json::Object(map) => {
                let entries = map.iter().map(|(key, value)| {
                    let pointer = format!("{pointer}/{}", escape(key));
                    (key.as_str().into(), self.value(value, &pointer, names))
                });
                Expression::Map(entries.collect())
            }
            other => Expression::Literal(from_json(other)),
        }
    }

    pub(super) fn program(&mut self, text: &str, pointer: &str, names: &Names) -> Expression {
        match Program::compile(text) {
            Ok(program) => {
                self.check_names(&program, pointer, names);
                self.note_reads(&program, pointer, names);
                self.check_types(&program, pointer, names);
                Expression::Program(Box::new(program))
            }
            Err(error) => {
                let diagnostic = Diagnostic::error(CEL_SYNTAX, error.message).with_pointer(pointer);
                let diagnostic = match error.hint {
                    Some(hint) => diagnostic.with_hint(hint),
                    None => diagnostic,
                };
                self.report_at(diagnostic, pointer, error.span);
                Expression::Literal(Value::Null)
            }
        }
    }

    /// Where a part of a text stands in the file.
    fn place(&self, pointer: &str, start: usize, end: usize) -> Option<Span> {
        let document = self.document?;
        let start = document.offset_in_scalar(pointer, start)?;
        let end = document.offset_in_scalar(pointer, end);
        let next = || document.source.next_boundary(start);
        Some(Span::new(start, end.unwrap_or_else(next).max(start)))
    }

    fn check_names(&mut self, program: &Program, pointer: &str, names: &Names) {
        for path in program.paths() {
            let Some((variable, fields)) = path.names.split_first() else {
                continue;
            };
            if let Err(unknown) = self.check_variable(variable, fields, names) {
                let span = program.name_span(path, unknown.position);
                self.report_at(*unknown.error, pointer, span);
            }
        }
        for (node, function) in program.functions() {
            if let Some(error) = unknown_function(function) {
                let span = program.function_span(*node, function);
                self.report_at(error, pointer, span);
            }
        }
        for (node, state) in program.states() {
            if !self.names.has_id(state) {
                let message = format!("no state has the id {}", quoted(state));
                let error = Diagnostic::error(STATE_UNKNOWN, message)
                    .with_suggestion(state, self.names.ids());
                self.report_at(error, pointer, program.span(node));
            }
        }
    }

    /// Notes which fields of the case data a program reads, and where.
    fn note_reads(&mut self, program: &Program, pointer: &str, names: &Names) {
        if names.locals.iter().any(|local| local == "data") {
            return;
        }
        for path in program.paths() {
            let [variable, field, ..] = path.names.as_slice() else {
                continue;
            };
            if variable == "data" {
                let span = program.name_span(path, 1);
                let span = span.and_then(|(start, end)| self.place(pointer, start, end));
                self.places.reads.push(DataRead {
                    field: field.clone(),
                    tested: program.asks_for("data", field),
                    pointer: pointer.to_owned(),
                    span,
                });
            }
        }
    }

    /// Reports about a part of a text, or else about all of it.
    pub(super) fn report_at(
        &mut self,
        error: Diagnostic,
        pointer: &str,
        part: Option<(usize, usize)>,
    ) {
        let place = part.and_then(|(start, end)| self.place(pointer, start, end));
        let error = error.with_pointer(pointer);
        self.report(match place {
            Some(span) => error.with_span(span),
            None => error,
        });
    }

    /// Checks a chain of names that begins with a variable.
    fn check_variable(
        &self,
        variable: &str,
        fields: &[String],
        names: &Names,
    ) -> Result<(), UnknownName> {
        if names.locals.iter().any(|local| local == variable) {
            return Ok(());
        }
        match variable {
            "data" => check_path(&self.workflow.data, &self.pack.types, fields).map_err(|found| {
                let what = match found.depth {
                    0 => "the case data".to_owned(),
                    depth => format!("`data.{}`", fields[..depth].join(".")),
                };
                let error = no_field(&what, &fields[found.depth], found.candidates);
                UnknownName::new(found.depth + 1, error)
            }),
            "params" => match fields.first() {
                Some(name) if !self.pack.parameters.contains_key(name) => {
                    let known = self.pack.parameters.keys().map(String::as_str);
                    let message = format!("no parameter is called {}", quoted(name));
                    let error = Diagnostic::error(FIELD_UNKNOWN, message);
                    Err(UnknownName::new(1, error.with_suggestion(name, known)))
                }
                _ => Ok(()),
            },
            "event" => {
                one_of("`event`", fields, &EVENT_FIELDS)?;
                match (fields.get(1), &names.event) {
                    (Some(name), Some(known)) if fields[0] == "data" && !known.contains(name) => {
                        let known = known.iter().map(String::as_str);
                        let error = no_field("the data of the event", name, known);
                        Err(UnknownName::new(2, error))
                    }
                    _ => Ok(()),
                }
            }
            "actor" => one_of("`actor`", fields, &["id", "roles"]),
            "case" => one_of(
                "`case`",
                fields,
                &["id", "workflow", "created_at", "created_by"],
            ),
            "now" => Ok(()),
            _ => {
                let locals = names.locals.iter().map(String::as_str);
                let message = format!("nothing is called {}", quoted(variable));
                let error = Diagnostic::error(CEL_VARIABLE, message);
                Err(UnknownName::new(
                    0,
                    error.with_suggestion(variable, locals.chain(VARIABLES)),
                ))
            }
        }
    }

    /// A delay as it is written in `after`, where it is the key, and in `send`.
    pub(super) fn delay(&mut self, text: &str, pointer: &str, is_key: bool) -> ExpressionIndex {
        if let Some(index) = self.delays.get(text) {
            return *index;
        }
        let literal = text.parse().ok().or_else(|| {
            let ms = parse_duration_ms(text)?;
            u64::try_from(ms).ok()
        });
        if literal.is_none() {
            let message = format!(
                "{} is neither a name of `delays` nor a duration",
                quoted(text)
            );
            let error = Diagnostic::error(DELAY_UNKNOWN, message)
                .with_hint(DURATIONS)
                .with_suggestion(text, self.delays.keys().map(String::as_str));
            match is_key {
                true => self.report_key(error, pointer),
                false => self.report(error.with_pointer(pointer)),
            }
        }
        self.push(Expression::DelayMs(literal.unwrap_or(1)))
    }

    /// A delay as it is written in `delays`: a duration, or CEL.
    pub(super) fn delay_text(&mut self, text: &str, pointer: &str) -> ExpressionIndex {
        if let Some(ms) = parse_duration_ms(text).and_then(|ms| u64::try_from(ms).ok()) {
            return self.push(Expression::DelayMs(ms));
        }
        let before = self.diagnostics.len();
        let names = Names::default();
        let index = self.cel(&file::Cel(text.to_owned()), pointer, &names);
        self.expect_delay(index, pointer, &names);
        for found in self.diagnostics.iter_mut().skip(before) {
            if found.hint.is_none() {
                found.hint = Some(DURATIONS.into());
            }
        }
        index
    }
}

const DURATIONS: &str = "durations are written as in ISO 8601: `PT4H`, `P30D`";

/// An object of known fields is asked for another.
fn one_of(what: &str, fields: &[String], known: &[&str]) -> Result<(), UnknownName> {
    match fields.first() {
        Some(name) if !known.contains(&name.as_str()) => Err(UnknownName::new(
            1,
            no_field(what, name, known.iter().copied()),
        )),
        _ => Ok(()),
    }
}

fn no_field<'a>(
    what: &str,
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let message = format!("{what} has no field {}", quoted(name));
    Diagnostic::error(FIELD_UNKNOWN, message).with_suggestion(name, candidates)
}

/// What is wrong with a call, if no function has this name.
pub(crate) fn unknown_function(name: &str) -> Option<Diagnostic> {
    let is_operator = !name.starts_with(char::is_alphabetic);
    (!is_operator && !FUNCTIONS.contains(&name)).then(|| no_function(name))
}

fn no_function(name: &str) -> Diagnostic {
    if let Some((_, form)) = MACROS.iter().find(|(known, _)| *known == name) {
        let message = format!("expected {} to be called as `{form}`", quoted(name));
        return Diagnostic::error(CEL_FUNCTION, message);
    }
    let known = FUNCTIONS.into_iter().chain(MACROS.map(|(name, _)| name));
    let message = format!("no function is called {}", quoted(name));
    Diagnostic::error(CEL_FUNCTION, message).with_suggestion(name, known)
}
