//! Expressions: compiling them, and checking the names in them.

use std::collections::BTreeSet;

use casewright_chart::{ExpressionIndex, Value};
use serde_json::Value as Json;

use super::Lowering;
use super::codes::*;
use super::shape::check_path;
use crate::diagnostic::{Diagnostic, quoted};
use crate::expression::{Expression, Program, VARIABLES, parse_duration_ms};
use crate::file;
use crate::json::from_json;
use crate::read::escape;
use crate::source::Span;

/// The functions of CEL's standard library, and our own two.
const FUNCTIONS: [&str; 30] = [
    "In",
    "working_days",
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
    "max",
    "min",
];

/// The names that an expression sees besides the variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// What the event may carry, where it is known which event it is.
    pub(super) event: Option<BTreeSet<String>>,
    /// What enclosing `foreach` actions bind.
    pub(super) locals: Vec<String>,
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

    fn program(&mut self, text: &str, pointer: &str, names: &Names) -> Expression {
        match Program::compile(text) {
            Ok(program) => {
                self.check_names(&program, pointer, names);
                Expression::Program(Box::new(program))
            }
            Err(error) => {
                let diagnostic = Diagnostic::error(CEL_SYNTAX, error.message).with_pointer(pointer);
                let place = error.offset.and_then(|at| self.place(pointer, at, at + 1));
                self.report(match place {
                    Some(span) => diagnostic.with_span(span),
                    None => diagnostic,
                });
                Expression::Literal(Value::Null)
            }
        }
    }

    /// Where a part of a text stands in the file.
    fn place(&self, pointer: &str, start: usize, end: usize) -> Option<Span> {
        let document = self.document?;
        let start = document.offset_in_scalar(pointer, start)?;
        let end = document.offset_in_scalar(pointer, end).unwrap_or(start + 1);
        Some(Span::new(start, end.max(start)))
    }

    fn check_names(&mut self, program: &Program, pointer: &str, names: &Names) {
        for path in program.paths() {
            let Some((variable, fields)) = path.names.split_first() else {
                continue;
            };
            if let Err(error) = self.check_variable(variable, fields, names) {
                let error = error.with_pointer(pointer);
                self.report_at(error, program, path.node, pointer);
            }
        }
        for (node, function) in program.functions() {
            let is_operator = !function.starts_with(char::is_alphabetic);
            if !is_operator && !FUNCTIONS.contains(&function.as_str()) {
                let message = format!("no function is called `{function}`");
                let error = Diagnostic::error(CEL_FUNCTION, message)
                    .with_pointer(pointer)
                    .with_suggestion(function, FUNCTIONS);
                self.report_at(error, program, *node, pointer);
            }
        }
        for (node, state) in program.states() {
            if !self.names.has_id(state) {
                let message = format!("no state has the id `{state}`");
                let error = Diagnostic::error(STATE_UNKNOWN, message)
                    .with_pointer(pointer)
                    .with_suggestion(state, self.names.ids());
                self.report_at(error, program, node, pointer);
            }
        }
    }

    fn report_at(&mut self, error: Diagnostic, program: &Program, node: u64, pointer: &str) {
        let span = program.span(node);
        let place = span.and_then(|(start, end)| self.place(pointer, start, end));
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
    ) -> Result<(), Diagnostic> {
        if names.locals.iter().any(|local| local == variable) {
            return Ok(());
        }
        match variable {
            "data" => check_path(&self.workflow.data, &self.pack.types, fields).map_err(|found| {
                let what = match found.depth {
                    0 => "the case data".to_owned(),
                    depth => format!("`data.{}`", fields[..depth].join(".")),
                };
                no_field(&what, &fields[found.depth], found.candidates)
            }),
            "params" => match fields.first() {
                Some(name) if !self.pack.parameters.contains_key(name) => {
                    let known = self.pack.parameters.keys().map(String::as_str);
                    let message = format!("no parameter is called {}", quoted(name));
                    Err(Diagnostic::error(FIELD_UNKNOWN, message).with_suggestion(name, known))
                }
                _ => Ok(()),
            },
            "event" => {
                one_of("`event`", fields, &["name", "data"])?;
                match (fields.get(1), &names.event) {
                    (Some(name), Some(known)) if fields[0] == "data" && !known.contains(name) => {
                        let known = known.iter().map(String::as_str);
                        Err(no_field("the data of the event", name, known))
                    }
                    _ => Ok(()),
                }
            }
            "actor" => one_of("`actor`", fields, &["id", "roles"]),
            "case" => one_of("`case`", fields, &["id", "workflow", "created_at", "created_by"]),
            "now" => Ok(()),
            _ => {
                let locals = names.locals.iter().map(String::as_str);
                let message = format!("nothing is called {}", quoted(variable));
                Err(Diagnostic::error(CEL_VARIABLE, message)
                    .with_suggestion(variable, locals.chain(VARIABLES)))
            }
        }
    }

    /// A delay as it is written in `after` and `send`.
    pub(super) fn delay(&mut self, text: &str, pointer: &str) -> ExpressionIndex {
        if let Some(index) = self.delays.get(text) {
            return *index;
        }
        let literal = text.parse().ok().or_else(|| {
            let ms = parse_duration_ms(text)?;
            u64::try_from(ms).ok()
        });
        if literal.is_none() {
            let message = format!("`{text}` is neither a name of `delays` nor a duration");
            let error = Diagnostic::error(DELAY_UNKNOWN, message).with_pointer(pointer);
            let error =
                match crate::diagnostic::did_you_mean(text, self.delays.keys().map(String::as_str))
                {
                    Some(name) => error.with_hint(format!("did you mean `{name}`?")),
                    None => error.with_hint("durations are written as in ISO 8601: `PT4H`, `P30D`"),
                };
            self.report(error);
        }
        self.push(Expression::DelayMs(literal.unwrap_or_default()))
    }

    /// A delay as it is written in `delays`: a duration, or CEL.
    pub(super) fn delay_text(&mut self, text: &str, pointer: &str) -> ExpressionIndex {
        match parse_duration_ms(text).and_then(|ms| u64::try_from(ms).ok()) {
            Some(ms) => self.push(Expression::DelayMs(ms)),
            None => self.cel(&file::Cel(text.to_owned()), pointer, &Names::default()),
        }
    }
}

/// An object of known fields is asked for another.
fn one_of(what: &str, fields: &[String], known: &[&str]) -> Result<(), Diagnostic> {
    match fields.first() {
        Some(name) if !known.contains(&name.as_str()) => {
            Err(no_field(what, name, known.iter().copied()))
        }
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
