//! One CEL program.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use casewright_chart::{EvaluateError, Scope, Timestamp};
use cel::common::ast::{CallExpr, EntryExpr, Expr};
use cel::extractors::This;
use cel::{Context, Env, ExecutionError, IdedExpr, functions};

use super::convert::{self, to_cel_where};
use super::reads::{Path, Reads, References};
use super::syntax::CompileError;
use super::{
    Circumstances, MAX_EXPRESSION_BYTES, MAX_LOOP_ROUNDS, MAX_NESTED_LOOPS, MAX_OPERATOR_SIGNS,
    Surroundings,
};
use crate::calendar::Calendar;

/// The variables that every expression may read.
pub(crate) const VARIABLES: [&str; 6] = ["data", "event", "actor", "case", "params", "now"];

/// What makes the tree of an expression deeper.
const OPERATORS: &[u8] = b"+-*/%<=>!&|?.([{";

/// CEL's standard library, made once.
static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// One CEL program, with what it reads.
#[derive(Debug)]
pub struct Program {
    source: Arc<str>,
    program: cel::Program,
    references: References,
    /// What is read of each of [`VARIABLES`].
    reads: [Option<Reads>; 6],
    calls_in: bool,
    calls_working_days: bool,
    calls_extremes: bool,
}

impl Program {
    /// Compiles a text.
    ///
    /// # Errors
    /// It is too long, or no CEL.
    pub fn compile(source: &str) -> Result<Self, CompileError> {
        if source.len() > MAX_EXPRESSION_BYTES {
            let found = source.len();
            return Err(CompileError::new(format!(
                "expected an expression of at most {MAX_EXPRESSION_BYTES} bytes, found {found}"
            )));
        }
        let signs = source
            .bytes()
            .filter(|byte| OPERATORS.contains(byte))
            .count();
        if signs > MAX_OPERATOR_SIGNS {
            return Err(CompileError::new(format!(
                "expected at most {MAX_OPERATOR_SIGNS} signs of operators, found {signs}"
            )));
        }
        let program = STANDARD
            .compile(source)
            .map_err(|errors| CompileError::of(source, &errors))?;
        let references = References::of(program.expression());
        if references.nested_loops > MAX_NESTED_LOOPS {
            return Err(CompileError::new(format!(
                "expected macros such as `map` at most {MAX_NESTED_LOOPS} deep, found {}",
                references.nested_loops
            )));
        }
        let calls = |name: &str| {
            references
                .functions
                .iter()
                .any(|(_, called)| called == name)
        };
        Ok(Program {
            source: source.into(),
            reads: VARIABLES.map(|variable| references.reads(variable)),
            calls_in: calls("In"),
            calls_working_days: calls("working_days"),
            calls_extremes: calls("max") || calls("min"),
            references,
            program,
        })
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The chains of names that it reads, in the order in which they are written.
    pub fn paths(&self) -> &[Path] {
        &self.references.paths
    }

    /// Its syntax tree.
    pub(crate) fn expression(&self) -> &IdedExpr {
        self.program.expression()
    }

    /// The functions that it calls, each with its node.
    pub fn functions(&self) -> &[(u64, String)] {
        &self.references.functions
    }

    /// The states that it asks `In` about, where they are written out, each with its node.
    pub fn states(&self) -> impl Iterator<Item = (u64, &str)> {
        let states = self.references.states.iter();
        states.filter_map(|(node, state)| Some((*node, state.as_deref()?)))
    }

    /// Where a node begins and ends in the text, as byte offsets.
    pub fn span(&self, node: u64) -> Option<(usize, usize)> {
        let (start, last) = self.program.source_info().offset_for(node)?;
        let (start, last) = (start as usize, last as usize);
        let end = last + self.source.get(last..)?.chars().next()?.len_utf8();
        self.source.get(start..end).map(|_| (start, end))
    }

    /// Where one name of a path stands in the text, as byte offsets.
    pub fn name_span(&self, path: &Path, position: usize) -> Option<(usize, usize)> {
        let (mut start, _) = self.span(path.node)?;
        for (number, name) in path.names.iter().enumerate() {
            let rest = self.source.get(start..)?;
            let skipped = rest.trim_start_matches(|c: char| c.is_whitespace() || ".?`".contains(c));
            let at = start + rest.len() - skipped.len();
            let end = skipped
                .starts_with(name.as_str())
                .then_some(at + name.len())?;
            if number == position {
                return Some((at, end));
            }
            start = end;
        }
        None
    }

    /// Where the name of a function stands in the text, as byte offsets: before the node of its
    /// call, which is the parenthesis.
    pub fn function_span(&self, node: u64, name: &str) -> Option<(usize, usize)> {
        let (parenthesis, _) = self.span(node)?;
        let before = self.source.get(..parenthesis)?.trim_end();
        before
            .strip_suffix(name)
            .map(|rest| (rest.len(), before.len()))
    }

    /// Where a part begins and ends in the text, all that belongs to it included, as byte offsets.
    pub(crate) fn extent(&self, part: &IdedExpr) -> Option<(usize, usize)> {
        let (mut start, mut end) = (usize::MAX, 0);
        each_part(part, &mut |inner| {
            if let Some((from, to)) = self.own_extent(inner) {
                start = start.min(from);
                end = end.max(to);
            }
        });
        self.source.get(start..end).map(|_| (start, end))
    }

    /// Where what is written of a node itself stands: a call from its name to its closing bracket.
    fn own_extent(&self, part: &IdedExpr) -> Option<(usize, usize)> {
        let (start, end) = self.span(part.id)?;
        let name = match &part.expr {
            Expr::Call(call) => Some(call.func_name.as_str()),
            Expr::Select(select) if select.test => Some("has"),
            Expr::Select(select) => {
                let rest = self.source.get(end..)?;
                let skipped =
                    rest.trim_start_matches(|c: char| c.is_whitespace() || "?`".contains(c));
                let at = end + rest.len() - skipped.len();
                return Some((start, at + select.field.len()));
            }
            _ => None,
        };
        let start = name
            .and_then(|name| self.function_span(part.id, name))
            .map_or(start, |(from, _)| from);
        Some((start, closing(&self.source, end - 1).unwrap_or(end)))
    }

    /// Whether it asks with `has` whether a variable has a field.
    pub(crate) fn asks_for(&self, variable: &str, field: &str) -> bool {
        let mut asks = false;
        each_part(self.program.expression(), &mut |part| {
            if let Expr::Select(select) = &part.expr
                && let Expr::Ident(name) = &select.operand.expr
            {
                asks |= select.test && select.field == field && name == variable;
            }
        });
        asks
    }

    /// Why a call fails whose arguments are all written out, if it does.
    pub(super) fn constant_error(&self, part: &IdedExpr, call: &CallExpr) -> Option<String> {
        let converts = ["timestamp", "duration", "int", "uint", "double", "bool"];
        let constant = converts.contains(&call.func_name.as_str())
            && call
                .args
                .iter()
                .all(|part| matches!(part.expr, Expr::Literal(_)));
        if !constant {
            return None;
        }
        let context = Context::with_env(STANDARD.clone());
        let error = cel::Value::resolve(part, &context).err()?;
        Some(describe(&error))
    }

    /// The program's value.
    pub(super) fn evaluate(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> Result<cel::Value, EvaluateError> {
        let context = self.context(scope, circumstances, surroundings)?;
        self.program
            .execute(&context)
            .map_err(|error| self.error(&describe(&error)))
    }

    /// Whether it reads something of the event.
    pub(super) fn reads_event(&self) -> bool {
        let reads = VARIABLES.iter().zip(&self.reads);
        let mut read = reads.filter(|(_, reads)| reads.is_some());
        read.any(|(variable, _)| *variable == "event")
    }

    /// What the program, and every part of it, is evaluated in.
    pub(super) fn context(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> Result<Context<'static, 'static>, EvaluateError> {
        let mut context = Context::with_env(STANDARD.clone());
        let mut items = 0;
        for (variable, reads) in VARIABLES.iter().zip(&self.reads) {
            let Some(reads) = reads else { continue };
            let value = match *variable {
                "data" => to_cel_where(scope.data, reads),
                "event" => event(scope, circumstances, reads),
                "actor" => to_cel_where(&circumstances.actor, reads),
                "case" => to_cel_where(&circumstances.case.to_value(), reads),
                "params" => surroundings.parameters.read(reads),
                _ => convert::timestamp(scope.now.unix_ms()),
            };
            items += self.count(&value);
            context.add_variable_from_value(*variable, value);
        }
        for (name, value) in scope.locals {
            let value = convert::to_cel(value);
            items += self.count(&value);
            context.add_variable_from_value(name.as_ref(), value);
        }
        self.check_loops(items)?;
        self.add_functions(&mut context, scope, surroundings)
            .map_err(|error| self.error(&error.to_string()))?;
        Ok(context)
    }

    /// What loops could go through in a value; nothing when there are no loops.
    fn count(&self, value: &cel::Value) -> usize {
        match self.has_loops() {
            true => convert::items(value),
            false => 0,
        }
    }

    /// Whether macros such as `exists` and `map` may go through their lists in reasonable time.
    fn check_loops(&self, items: usize) -> Result<(), EvaluateError> {
        let rounds = u32::try_from(self.references.nested_loops)
            .ok()
            .and_then(|depth| items.checked_pow(depth));
        match rounds {
            Some(rounds) if rounds <= MAX_LOOP_ROUNDS => Ok(()),
            _ => Err(self.error(&format!(
                "lists with {items} items are too long to go through here, at most {MAX_LOOP_ROUNDS} rounds are made"
            ))),
        }
    }

    /// Whether it goes through lists, so that its time depends on the data.
    pub fn has_loops(&self) -> bool {
        self.references.nested_loops > 0
    }

    fn add_functions(
        &self,
        context: &mut Context<'_, '_>,
        scope: &Scope<'_>,
        surroundings: &Surroundings,
    ) -> Result<(), cel::DeclarationError> {
        if self.calls_in {
            let active = scope.configuration.iter();
            let active: HashSet<Arc<str>> = active
                .map(|state| scope.chart.state(*state).id.clone())
                .collect();
            context.add_function("In", move |state: Arc<String>| {
                active.contains(state.as_str())
            })?;
        }
        if self.calls_working_days {
            let calendar = surroundings.calendar.clone();
            let now = scope.now;
            context.add_function("working_days", move |This(count): This<i64>| {
                working_days(&calendar, now, count)
            })?;
        }
        // The library has them, outside its standard library.
        if self.calls_extremes {
            context.add_function("max", functions::max)?;
            context.add_function("min", functions::min)?;
        }
        Ok(())
    }

    /// An error that says which expression it is about.
    pub(super) fn error(&self, what: &str) -> EvaluateError {
        EvaluateError(format!("`{}`: {what}", self.source))
    }
}

/// Shows a part of an expression and every part inside it.
fn each_part(part: &IdedExpr, see: &mut dyn FnMut(&IdedExpr)) {
    see(part);
    match &part.expr {
        Expr::Call(call) => {
            let target = call.target.iter().map(|target| &**target);
            target
                .chain(&call.args)
                .for_each(|inner| each_part(inner, see));
        }
        Expr::Select(select) => each_part(&select.operand, see),
        Expr::List(list) => list.elements.iter().for_each(|inner| each_part(inner, see)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    each_part(&entry.key, see);
                    each_part(&entry.value, see);
                }
            }
        }
        Expr::Comprehension(loops) => {
            each_part(&loops.iter_range, see);
            each_part(&loops.loop_step, see);
        }
        _ => {}
    }
}

/// The end of what is bracketed from an offset on, where there is an opening bracket.
fn closing(source: &str, start: usize) -> Option<usize> {
    let rest = source.get(start..)?;
    if !rest.starts_with(['(', '[', '{']) {
        return None;
    }
    let mut depth = 0usize;
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(start + at + c.len_utf8());
                }
            }
            _ => {}
        }
    }
    None
}

fn event(scope: &Scope<'_>, circumstances: &Circumstances, reads: &Reads) -> cel::Value {
    let of = |name: &str| match reads {
        Reads::All => Some(&Reads::All),
        Reads::Fields(fields) => fields.get(name),
    };
    let Some(event) = scope.event else {
        return cel::Value::Null;
    };
    let name = of("name").map(|_| ("name", cel::Value::from(&*event.name)));
    let data = of("data").map(|reads| ("data", to_cel_where(&event.data, reads)));
    let text = |key: &'static str, text: Option<&str>| {
        of(key).map(|_| (key, text.map_or(cel::Value::Null, cel::Value::from)))
    };
    let kind = text("type", Some(event.kind.as_str()));
    let send_id = text("sendid", event.send_id.as_deref());
    let invoke_id = text("invokeid", event.invoke_id.as_deref());
    let origin = of("origin").filter(|_| event.is_own);
    let origin = origin.map(|_| circumstances.address());
    let origin = text("origin", origin.as_deref());
    let origin_type = text("origintype", event.is_own.then_some(super::PROCESSOR));
    let fields = [name, data, kind, send_id, invoke_id, origin, origin_type];
    convert::cel_map(fields.into_iter().flatten())
}

fn working_days(
    calendar: &Calendar,
    now: Timestamp,
    count: i64,
) -> Result<cel::Value, ExecutionError> {
    calendar
        .after_working_days(now, count)
        .map(|end| convert::duration_ms(end.unix_ms().saturating_sub(now.unix_ms())))
        .map_err(|error| ExecutionError::function_error("working_days", error.message))
}

/// The library's message in the words of this project.
pub(super) fn describe(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no field `{key}`"),
        ExecutionError::UndeclaredReference(name) => format!("nothing is called `{name}`"),
        ExecutionError::NoSuchOverload(error) => {
            let types = error.argument_types().join("`, `");
            format!("`{}` does not go with `{types}`", error.function())
        }
        ExecutionError::DivisionByZero(_) => "division by zero".into(),
        ExecutionError::FunctionError { function, message } => {
            format!("`{function}`: {message}")
        }
        other => tidy(&other.to_string()),
    }
}

/// The first line, beginning in lower case and without a final full stop.
pub(super) fn tidy(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim();
    let line = line.strip_prefix("Syntax error: ").unwrap_or(line);
    let line = line.trim_end_matches('.');
    let mut rest = line.chars();
    match rest.next() {
        Some(first) => first.to_lowercase().chain(rest).collect(),
        None => String::new(),
    }
}
