//! What a part of an expression read, and what stood there.

use std::sync::Arc;

use casewright_chart::Value;
use casewright_chart::value::Map;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::{Context, ExecutionError, IdedExpr};

use super::super::convert::from_cel;
use super::super::program::describe;
use super::super::reads::{Path, References};
use super::tree::Node;
use super::{Carried, Found, MAX_READINGS, Reader, Reading, tree};

/// The longest text that is shown, in characters; a log line of it can still be read.
const MAX_TEXT: usize = 120;
/// The most items of a list, or fields of an object, that are shown.
const MAX_ITEMS: usize = 8;
/// How deep lists and objects are shown.
const MAX_LEVELS: usize = 3;

/// The operators whose sides are shown, with their signs.
const COMPARISONS: [(&str, &str); 7] = [
    (operators::EQUALS, "=="),
    (operators::NOT_EQUALS, "!="),
    (operators::LESS_EQUALS, "<="),
    (operators::GREATER_EQUALS, ">="),
    (operators::LESS, "<"),
    (operators::GREATER, ">"),
    (operators::IN, "in"),
];

impl Reader<'_> {
    /// What a part read: the sides of a comparison, then every field, then the first item of a list for
    /// which an `all` does not hold.
    pub(super) fn readings(&self, node: &Node<'_>) -> Vec<Reading> {
        let mut readings = Vec::new();
        let expression = affirmed(node.expression);
        self.sides(node, expression, &mut readings);
        self.fields(expression, &mut Vec::new(), &mut readings);
        if let Expr::Comprehension(all) = &expression.expr {
            readings.extend(self.culprit(all));
        }
        readings.truncate(MAX_READINGS);
        readings
    }

    /// The sides of a comparison that are more than a field or a literal: `size(data.items)`.
    fn sides(&self, node: &Node<'_>, expression: &IdedExpr, readings: &mut Vec<Reading>) {
        let Expr::Call(call) = &expression.expr else {
            return;
        };
        let sign = COMPARISONS.iter().find(|(name, _)| call.func_name == *name);
        let (Some((_, sign)), [left, right]) = (sign, &call.args[..]) else {
            return;
        };
        // Under a `!`, the comparison stands in parentheses of which the span knows nothing.
        if !std::ptr::eq(expression, node.expression) {
            return;
        }
        let Some(at) = tree::sign_of(self.program, expression, &node.span, sign) else {
            return;
        };
        let spans = [node.span.start..at, at + sign.len()..node.span.end];
        for (side, span) in [left, right].into_iter().zip(spans) {
            let plain = matches!(side.expr, Expr::Literal(_)) || chain(side).is_some();
            if plain || !reads(side) || self.waits_for_event(side) {
                continue;
            }
            let span = super::text::bare(self.program.source(), span);
            let source = self.program.source().get(span).unwrap_or_default();
            self.read(super::one_line(source), side, readings);
            // Why a side fails is what the part says of itself.
            readings.pop_if(|reading| matches!(reading.found, Found::Failed(_)));
        }
    }

    /// Every field that a part reads, as far as no loop binds it.
    fn fields(&self, expression: &IdedExpr, bound: &mut Vec<String>, readings: &mut Vec<Reading>) {
        if readings.len() >= MAX_READINGS {
            return;
        }
        if let Some(names) = chain(expression) {
            if !bound.contains(&names.root) && !names.is_bare_event() {
                match names.waits_for_event(self.carried) {
                    true => push(readings, names.text, Found::Carried),
                    false => self.read(names.text, &present(expression), readings),
                }
            }
            // `params.limit[data.tier]` reads the tier as well.
            return self.indexes(expression, bound, readings);
        }
        match &expression.expr {
            Expr::Select(select) => self.fields(&select.operand, bound, readings),
            Expr::Call(call) => self.all(parts(call), bound, readings),
            Expr::List(list) => self.all(list.elements.iter(), bound, readings),
            Expr::Map(map) => {
                let entries = map.entries.iter().map(|entry| &entry.expr);
                self.all(entries.flat_map(entry), bound, readings);
            }
            Expr::Comprehension(comprehension) => {
                self.fields(&comprehension.iter_range, bound, readings);
                let outer = bound.len();
                bound.push(comprehension.iter_var.clone());
                bound.extend(comprehension.iter_var2.clone());
                bound.push(comprehension.accu_var.clone());
                self.fields(&comprehension.loop_step, bound, readings);
                bound.truncate(outer);
            }
            _ => {}
        }
    }

    fn all<'b>(
        &self,
        parts: impl Iterator<Item = &'b IdedExpr>,
        bound: &mut Vec<String>,
        readings: &mut Vec<Reading>,
    ) {
        for part in parts {
            self.fields(part, bound, readings);
        }
    }

    /// The fields by which a chain is indexed.
    fn indexes(&self, expression: &IdedExpr, bound: &mut Vec<String>, readings: &mut Vec<Reading>) {
        let mut inner = expression;
        loop {
            inner = match &inner.expr {
                Expr::Select(select) => &select.operand,
                Expr::Call(CallExpr { args, .. }) if args.len() == 2 => {
                    self.fields(&args[1], bound, readings);
                    &args[0]
                }
                _ => return,
            };
        }
    }

    fn read(&self, source: String, expression: &IdedExpr, readings: &mut Vec<Reading>) {
        if readings.iter().any(|reading| reading.source == source) {
            return;
        }
        let found = match cel::Value::resolve(expression, &self.context) {
            Ok(value) => found(&value),
            Err(ExecutionError::NoSuchKey(_)) => Found::Missing,
            Err(error) => Found::Failed(super::shortened(&describe(&error))),
        };
        push(readings, source, found);
    }

    /// The first item of a list for which an `all` does not hold.
    fn culprit(&self, all: &ComprehensionExpr) -> Option<Reading> {
        let Expr::Call(step) = &all.loop_step.expr else {
            return None;
        };
        let [_, condition] = &step.args[..] else {
            return None;
        };
        if step.func_name != operators::LOGICAL_AND || all.iter_var2.is_some() {
            return None;
        }
        if self.waits_for_event(&all.iter_range) || self.waits_for_event(condition) {
            return None;
        }
        let Ok(cel::Value::List(items)) = cel::Value::resolve(&all.iter_range, &self.context)
        else {
            return None;
        };
        let fails = |item: &&cel::Value| {
            let mut inside: Context<'_, '_> = self.context.new_inner_scope();
            inside.add_variable_from_value(all.iter_var.as_str(), (*item).clone());
            let holds = cel::Value::resolve(condition, &inside);
            !matches!(holds, Ok(cel::Value::Bool(true)))
        };
        let item = items.iter().find(fails)?;
        Some(Reading {
            source: all.iter_var.clone(),
            found: found(item),
        })
    }

    /// Whether an expression reads what the event carries, which is not known yet.
    pub(super) fn waits_for_event(&self, expression: &IdedExpr) -> bool {
        let unknown = |path: &Path| match &path.names[..] {
            [root, rest @ ..] => root == "event" && rest.first().is_none_or(|name| name != "name"),
            [] => false,
        };
        self.carried == Carried::Unknown && References::of(expression).paths.iter().any(unknown)
    }
}

fn push(readings: &mut Vec<Reading>, source: String, found: Found) {
    if readings.iter().all(|reading| reading.source != source) {
        readings.push(Reading { source, found });
    }
}

fn found(value: &cel::Value) -> Found {
    match from_cel(value) {
        Ok(value) => {
            let mut cut = false;
            let value = cut_down(&value, MAX_LEVELS, &mut cut);
            Found::Value { value, cut }
        }
        Err(message) => Found::Failed(super::shortened(&message)),
    }
}

/// A value, small enough to be shown.
fn cut_down(value: &Value, levels: usize, cut: &mut bool) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => {
                *cut = true;
                Value::from(format!("{}…", &text[..end]).as_str())
            }
            None => value.clone(),
        },
        Value::List(items) if levels > 0 => {
            *cut |= items.len() > MAX_ITEMS;
            let items = items.iter().take(MAX_ITEMS);
            Value::list(
                items
                    .map(|item| cut_down(item, levels - 1, cut))
                    .collect::<Vec<_>>(),
            )
        }
        Value::Map(fields) if levels > 0 => {
            *cut |= fields.len() > MAX_ITEMS;
            let fields = fields.iter().take(MAX_ITEMS);
            let fields =
                fields.map(|(key, value)| (Arc::clone(key), cut_down(value, levels - 1, cut)));
            Value::from(fields.collect::<Map>())
        }
        Value::List(items) if !items.is_empty() => {
            *cut = true;
            Value::from("…")
        }
        Value::Map(fields) if !fields.is_empty() => {
            *cut = true;
            Value::from("…")
        }
        _ => value.clone(),
    }
}

/// A field, or a field of one: `data.customer['名'].lines[0]`.
struct Names {
    root: String,
    /// The name after the root's.
    second: Option<String>,
    text: String,
}

impl Names {
    fn is_bare_event(&self) -> bool {
        self.root == "event" && self.second.is_none()
    }

    fn waits_for_event(&self, carried: Carried) -> bool {
        let named = self.second.as_deref() == Some("name");
        carried == Carried::Unknown && self.root == "event" && !named
    }
}

/// The names of a chain; none for everything else.
fn chain(expression: &IdedExpr) -> Option<Names> {
    match &expression.expr {
        Expr::Ident(name) => Some(Names {
            root: name.trim_start_matches('.').to_owned(),
            second: None,
            text: name.clone(),
        }),
        Expr::Select(select) => {
            let names = chain(&select.operand)?;
            let field = &select.field;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let text = match field.chars().all(plain) {
                true => format!("{}.{field}", names.text),
                false => format!("{}.`{field}`", names.text),
            };
            let second = names.second.or_else(|| Some(field.clone()));
            Some(Names {
                second,
                text,
                ..names
            })
        }
        Expr::Call(call) if call.func_name == operators::INDEX => {
            let [operand, index] = &call.args[..] else {
                return None;
            };
            let names = chain(operand)?;
            let (index, field) = match &index.expr {
                Expr::Literal(LiteralValue::String(text)) => {
                    let text = text.inner().to_string();
                    (format!("'{text}'"), text)
                }
                Expr::Literal(LiteralValue::Int(number)) => {
                    let number = number.inner().to_string();
                    (number.clone(), number)
                }
                _ => {
                    let text = chain(index)?.text;
                    (text.clone(), text)
                }
            };
            let second = names.second.or(Some(field));
            Some(Names {
                second,
                text: format!("{}[{index}]", names.text),
                ..names
            })
        }
        _ => None,
    }
}

/// `has(data.a)` asks whether `data.a` is there; what is shown is the field itself.
fn present(expression: &IdedExpr) -> IdedExpr {
    let mut expression = expression.clone();
    if let Expr::Select(select) = &mut expression.expr {
        select.test = false;
    }
    expression
}

/// What stands behind every `!`.
fn affirmed(expression: &IdedExpr) -> &IdedExpr {
    match &expression.expr {
        Expr::Call(call) if call.func_name == operators::LOGICAL_NOT => {
            call.args.first().map_or(expression, affirmed)
        }
        _ => expression,
    }
}

/// Whether an expression is more than literals.
fn reads(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Literal(_) | Expr::Unspecified => false,
        Expr::List(list) => list.elements.iter().any(reads),
        Expr::Map(map) => {
            let entries = map.entries.iter().map(|entry| &entry.expr);
            entries.flat_map(entry).any(reads)
        }
        Expr::Call(call) => parts(call).any(reads),
        _ => true,
    }
}

fn parts(call: &CallExpr) -> impl Iterator<Item = &IdedExpr> {
    let target = call.target.iter().map(|target| target.as_ref());
    target.chain(&call.args)
}

fn entry(entry: &EntryExpr) -> impl Iterator<Item = &IdedExpr> {
    let (key, value) = match entry {
        EntryExpr::StructField(field) => (None, &field.value),
        EntryExpr::MapEntry(entry) => (Some(&entry.key), &entry.value),
    };
    key.into_iter().chain([value])
}
