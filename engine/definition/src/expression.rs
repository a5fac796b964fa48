//! Expressions, compiled: CEL programs, and objects and lists that hold them.

mod convert;
mod explanation;
mod program;
mod reads;
mod syntax;
pub(crate) mod types;

use std::sync::Arc;

use casewright_chart::value::Map;
use casewright_chart::{EvaluateError, Payload, Scope, Timestamp, Value};

pub(crate) use convert::{parse_delay_ms, parse_duration_ms};
pub use explanation::{Carried, Explanation, Found, Outcome, Part, Reading};
pub use program::Program;
pub(crate) use program::VARIABLES;
pub use reads::{Path, Reads, References};
pub use syntax::CompileError;

use crate::calendar::Calendar;
use crate::diagnostic::quoted;
use crate::json::timestamp;
use convert::Parameters;

/// The longest expression, in bytes. What needs more is a decision for a plugin.
pub const MAX_EXPRESSION_BYTES: usize = 4096;
/// The most signs of operators in an expression, those in its texts counted as well. A chain of
/// operators is a tree as deep as it is long, and is walked by recursion: in a thread with a stack
/// of 2 MiB, a sum of 1,600 numbers is the longest that can be read without optimisation.
pub const MAX_OPERATOR_SIGNS: usize = 800;
/// How deep macros such as `map` and `exists` may stand inside each other. The time that they take
/// multiplies.
pub const MAX_NESTED_LOOPS: usize = 3;
/// How often macros such as `exists` and `map` may go round in one expression, counted as the items at
/// hand to the power of the nesting. It takes about a tenth of a second, for which others may wait.
pub const MAX_LOOP_ROUNDS: usize = 200_000;
/// The deepest nesting of lists and objects in what an expression gives. Without it, an assignment
/// in a loop could make data too deep to walk.
pub const MAX_VALUE_DEPTH: usize = 64;

/// What the address of a case begins with, before its id (SCXML C.1).
pub(crate) const ADDRESS: &str = "#_scxml_";
/// What events that a case sends to itself come through (SCXML C.1).
pub(crate) const PROCESSOR: &str = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor";

/// What every expression of a definition shares.
#[derive(Debug)]
pub struct Surroundings {
    /// The pack's parameters, as expressions see them.
    parameters: Parameters,
    /// The calendar that counts working days.
    calendar: Arc<Calendar>,
}

impl Surroundings {
    /// From the pack's parameters (name, JSON Schema, value) and its calendar.
    pub fn new<'a>(
        parameters: impl Iterator<Item = (&'a str, &'a serde_json::Value, &'a serde_json::Value)>,
        calendar: Calendar,
    ) -> Self {
        Surroundings {
            parameters: Parameters::new(parameters),
            calendar: Arc::new(calendar),
        }
    }
}

/// Who is acting, and on what case: what an expression sees besides the chart's own scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Circumstances {
    /// `actor`: an object with `id` and `roles`.
    pub actor: Value,
    /// `case`.
    pub case: Subject,
}

/// The case that somebody acts on. Most expressions do not ask, so it is made an object only when one does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// Its id.
    pub id: Arc<str>,
    /// The workflow that it runs.
    pub workflow: Arc<str>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Who opened it.
    pub created_by: Arc<str>,
}

impl Subject {
    /// The object with `id`, `workflow`, `created_at` and `created_by` that expressions see.
    pub fn to_value(&self) -> Value {
        Value::map([
            ("id", Value::String(self.id.clone())),
            ("workflow", Value::String(self.workflow.clone())),
            (
                "created_at",
                Value::from(timestamp(self.created_at).as_str()),
            ),
            ("created_by", Value::String(self.created_by.clone())),
        ])
    }
}

impl Circumstances {
    /// What the case has as the target and the origin of events (SCXML C.1): `#_scxml_` and its id.
    pub fn address(&self) -> String {
        format!("{ADDRESS}{}", self.case.id)
    }
}

/// One compiled expression.
#[derive(Debug)]
pub enum Expression {
    /// A value that stands for itself.
    Literal(Value),
    /// A CEL program.
    Program(Box<Program>),
    /// A list of expressions.
    List(Vec<Expression>),
    /// An object of expressions.
    Map(Vec<(Arc<str>, Expression)>),
    /// Those fields of the event's data that are stored in the case data: for each event that may
    /// come, its name and its fields.
    EventFields(Vec<(Arc<str>, Vec<Arc<str>>)>),
    /// A guard that holds for the event of exactly this name, and then asks the other. An event
    /// descriptor alone also takes `done.state.a.b` for `done.state.a`.
    Exactly(Arc<str>, Option<Box<Expression>>),
    /// A fixed number of milliseconds.
    DelayMs(u64),
}

impl Expression {
    /// Whether its time depends on the data.
    pub(crate) fn has_loops(&self) -> bool {
        match self {
            Expression::Program(program) => program.has_loops(),
            Expression::List(items) => items.iter().any(Expression::has_loops),
            Expression::Map(entries) => entries.iter().any(|(_, value)| value.has_loops()),
            _ => false,
        }
    }

    /// The expression's value.
    ///
    /// # Errors
    /// A program of it failed.
    pub fn value(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> Result<Value, EvaluateError> {
        let evaluate =
            |expression: &Expression| expression.value(scope, circumstances, surroundings);
        match self {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Program(program) => {
                let value = program.evaluate(scope, circumstances, surroundings)?;
                convert::from_cel(&value).map_err(|what| program.error(&what))
            }
            Expression::List(items) => {
                let items: Result<Vec<Value>, _> = items.iter().map(evaluate).collect();
                items.map(Value::list)
            }
            Expression::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), evaluate(value)?)));
                entries.collect::<Result<Map, _>>().map(Value::from)
            }
            Expression::EventFields(events) => Ok(event_fields(scope, events)),
            Expression::Exactly(..) => self
                .guard(scope, circumstances, surroundings)
                .map(Value::Bool),
            Expression::DelayMs(delay_ms) => {
                Ok(Value::Int(i64::try_from(*delay_ms).unwrap_or(i64::MAX)))
            }
        }
    }

    /// What an event or the end of a state carries. Of an object that is written entry by entry, the
    /// entries that fail are left away (SCXML 5.7.2).
    ///
    /// # Errors
    /// It is no such object, and failed.
    pub fn payload(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> Result<Payload, EvaluateError> {
        let Expression::Map(entries) = self else {
            let value = self.value(scope, circumstances, surroundings)?;
            return Ok(Payload::whole(value));
        };
        let (mut data, mut errors) = (Map::with_capacity(entries.len()), Vec::new());
        for (key, value) in entries {
            match value.value(scope, circumstances, surroundings) {
                Ok(value) => {
                    data.insert(key.clone(), value);
                }
                Err(error) => errors.push(error),
            }
        }
        // Nothing, and not an object, when none of them could be evaluated.
        let data = match data.is_empty() && !errors.is_empty() {
            true => Value::Null,
            false => Value::from(data),
        };
        Ok(Payload { data, errors })
    }

    /// Whether the expression, as a guard, holds.
    ///
    /// # Errors
    /// It failed, or is no boolean.
    pub fn guard(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> Result<bool, EvaluateError> {
        let program = match self {
            Expression::Program(program) => program,
            Expression::Exactly(name, guard) => {
                let is_it = scope.event.is_some_and(|event| event.name == *name);
                return match guard {
                    Some(guard) if is_it => guard.guard(scope, circumstances, surroundings),
                    _ => Ok(is_it),
                };
            }
            Expression::Literal(Value::Bool(holds)) => return Ok(*holds),
            _ => {
                let message = "expected a guard to be a CEL expression";
                return Err(EvaluateError(message.into()));
            }
        };
        match program.evaluate(scope, circumstances, surroundings)? {
            cel::Value::Bool(holds) => Ok(holds),
            other => {
                let found = convert::type_name(&other);
                Err(program.error(&format!("expected true or false, found {found}")))
            }
        }
    }

    /// The milliseconds that the expression, as a delay, takes.
    ///
    /// # Errors
    /// It failed, or is no duration, or is negative.
    pub fn delay_ms(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> Result<u64, EvaluateError> {
        let program = match self {
            Expression::DelayMs(delay_ms) => return Ok(*delay_ms),
            Expression::Program(program) => program,
            _ => return Err(EvaluateError("expected a delay to be a duration".into())),
        };
        match program.evaluate(scope, circumstances, surroundings)? {
            cel::Value::Duration(duration) => {
                u64::try_from(duration.num_milliseconds()).map_err(|_| {
                    program.error("expected a duration of at least 0, found a negative one")
                })
            }
            cel::Value::String(text) => parse_delay_ms(&text).ok_or_else(|| {
                let found = quoted(&text);
                program.error(&format!(
                    "expected a duration such as `PT4H` or `1.5s`, found {found}"
                ))
            }),
            other => {
                let found = convert::type_name(&other);
                Err(program.error(&format!("expected a duration, found {found}")))
            }
        }
    }
}

fn event_fields(scope: &Scope<'_>, events: &[(Arc<str>, Vec<Arc<str>>)]) -> Value {
    let fields = |event: &casewright_chart::Event| {
        let (_, names) = events.iter().find(|(name, _)| *name == event.name)?;
        let data = event.data.as_map()?;
        let field = |name: &Arc<str>| Some((name.clone(), data.get(name)?.clone()));
        Some(names.iter().filter_map(field).collect::<Map>())
    };
    Value::from(scope.event.and_then(fields).unwrap_or_default())
}
