//! Walks an expression and says what it is worth, and what of it can never work.

use std::collections::BTreeMap;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};

use super::overloads::{all_compare, counted, form, is_form, is_key, may_compare, result};
use super::{Field, Kind, Kinds, Type};
use crate::diagnostic::quoted;
use crate::expression::Program;

/// What is wrong with a part of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// Evaluating the part fails, whatever the values.
    Fails,
    /// `&&`, `||` or `?` needs `true` or `false`, and the part is never either.
    NotBool,
    /// The object never has the field.
    NoField,
    /// The two sides of a comparison are never equal.
    NeverEqual,
    /// A side of a comparison with `null` is never `null`.
    NeverNull,
    /// A number with a fraction may meet a whole number, with which it does not go.
    MixedNumbers,
}

/// A part of an expression that cannot do what it is there for.
#[derive(Debug)]
pub(crate) struct Mismatch {
    pub(crate) issue: Issue,
    /// The node of the part. Tests evaluate it.
    #[cfg(test)]
    pub(crate) node: u64,
    /// Where the part stands in the text, as byte offsets.
    pub(crate) place: Option<(usize, usize)>,
    /// What was expected, and what was found.
    pub(crate) message: String,
    /// The one thing to try.
    pub(crate) hint: Option<String>,
    /// A name that is not there, and those that are.
    pub(crate) names: Option<(String, Vec<String>)>,
}

/// What the variables are that are the same all over a workflow.
pub(crate) type Variables = BTreeMap<String, Type>;

/// Finds the type of a program, and its mismatches on the way.
pub(crate) struct Checker<'a> {
    program: &'a Program,
    variables: &'a Variables,
    event: &'a Type,
    /// What loops bind, the innermost last.
    bound: Vec<(String, Type)>,
    pub(crate) found: Vec<Mismatch>,
    /// Whether a part of it may fail for the kind of some value, as far as is known.
    pub(crate) doubtful: bool,
}

impl<'a> Checker<'a> {
    /// A check of a program that sees these variables, this event, and what `foreach` actions bind.
    pub(crate) fn new(
        program: &'a Program,
        variables: &'a Variables,
        event: &'a Type,
        locals: &[(String, Type)],
    ) -> Self {
        Checker {
            program,
            variables,
            event,
            bound: locals.to_vec(),
            found: Vec::new(),
            doubtful: false,
        }
    }

    /// What the program is worth.
    pub(crate) fn run(&mut self) -> Type {
        self.infer(self.program.expression())
    }

    fn report(&mut self, issue: Issue, part: &IdedExpr, message: String) -> &mut Mismatch {
        self.found.push(Mismatch {
            issue,
            #[cfg(test)]
            node: part.id,
            place: self.program.extent(part),
            message,
            hint: None,
            names: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    fn infer(&mut self, part: &IdedExpr) -> Type {
        match &part.expr {
            Expr::Literal(literal) => of_literal(literal),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => {
                let operand = self.infer(&select.operand);
                if select.test {
                    return self.tested(part, &operand);
                }
                // Names that begin with a variable are looked up elsewhere, with better words.
                let is_path = self.is_path(&select.operand);
                self.selected(part, &operand, &select.field, !is_path)
            }
            Expr::Call(call) => self.call(part, call),
            Expr::List(list) => {
                let items = list.elements.iter().map(|item| self.infer(item));
                let items: Vec<Type> = items.collect();
                let item = items.into_iter().reduce(|one, other| one.union(&other));
                match list.optional_indices.is_empty() {
                    true => Type::list(item.unwrap_or(Type::of(Kinds::NONE))),
                    false => Type::of(Kind::List.into()),
                }
            }
            Expr::Map(map) => {
                let entries = map.entries.iter().map(|entry| &entry.expr);
                self.object(entries)
            }
            Expr::Comprehension(comprehension) => self.comprehension(part, comprehension),
            Expr::Struct(_) | Expr::Unspecified => self.unknown(),
        }
    }

    fn unknown(&mut self) -> Type {
        self.doubtful = true;
        Type::ANY
    }

    fn variable(&mut self, name: &str) -> Type {
        let plain = name.trim_start_matches('.');
        let bound = self.bound.iter().rev().find(|(bound, _)| bound == plain);
        let found = bound.map(|(_, found)| found).or_else(|| match plain {
            "event" => Some(self.event),
            plain => self.variables.get(plain),
        });
        match found {
            Some(found) => found.clone(),
            None => self.unknown(),
        }
    }

    /// Whether a part is a chain of names that begins with a variable.
    fn is_path(&self, part: &IdedExpr) -> bool {
        match &part.expr {
            Expr::Select(select) => self.is_path(&select.operand),
            Expr::Ident(name) => {
                let name = name.trim_start_matches('.');
                !self.bound.iter().any(|(bound, _)| bound == name)
            }
            _ => false,
        }
    }

    /// `has(operand.field)`.
    fn tested(&mut self, part: &IdedExpr, operand: &Type) -> Type {
        let objects = Kinds::of(&[Kind::Map, Kind::Optional]);
        self.expect_kinds(part, operand, objects, |found| {
            format!("expected `has` to be asked about a field of an object, found {found}")
        });
        Type::of(Kind::Bool.into())
    }

    /// `operand.field`, or `operand['field']`.
    fn selected(&mut self, part: &IdedExpr, operand: &Type, name: &str, judge: bool) -> Type {
        let objects = Kinds::of(&[Kind::Map, Kind::Optional]);
        let possible = self.expect_kinds(part, operand, objects, |found| {
            format!(
                "expected an object with a field {}, found {found}",
                quoted(name)
            )
        });
        if !possible {
            return Type::ANY;
        }
        let field = match &operand.object {
            Some(object) => object.field(name),
            None => None,
        };
        let optional = operand.kinds.has(Kind::Optional);
        match (field, &operand.object) {
            (Some(field), _) if !optional => field.value,
            (None, Some(object)) if judge && operand.kinds == Kind::Map.into() => {
                let names: Vec<String> = object.fields.keys().cloned().collect();
                let message = format!("the object has no field {}", quoted(name));
                self.report(Issue::NoField, part, message).names = Some((name.to_owned(), names));
                Type::ANY
            }
            _ => self.unknown(),
        }
    }

    /// Whether a value may be of one of these kinds. Says so if it never is.
    fn expect_kinds(
        &mut self,
        part: &IdedExpr,
        value: &Type,
        kinds: Kinds,
        message: impl Fn(&str) -> String,
    ) -> bool {
        if value.kinds.is_empty() {
            return false;
        }
        let common = value.kinds.intersection(kinds);
        self.doubtful |= common != value.kinds;
        if common.is_empty() {
            let message = message(&value.kinds.describe());
            self.report(Issue::Fails, part, message);
        }
        !common.is_empty()
    }

    fn object<'e>(&mut self, entries: impl Iterator<Item = &'e EntryExpr>) -> Type {
        let mut fields = BTreeMap::new();
        let mut known = true;
        for entry in entries {
            let EntryExpr::MapEntry(entry) = entry else {
                continue;
            };
            let key = self.infer(&entry.key);
            let keys = Kinds::of(&[Kind::Bool, Kind::Int, Kind::Uint, Kind::String]);
            self.doubtful |= key.kinds.intersection(keys) != key.kinds;
            let value = self.infer(&entry.value);
            match text_of(&entry.key) {
                Some(name) => {
                    let required = !entry.optional;
                    known &= required;
                    fields.insert(name, Field { value, required });
                }
                None => known = false,
            }
        }
        match known {
            true => Type::object(fields),
            false => Type::of(Kind::Map.into()),
        }
    }

    fn call(&mut self, part: &IdedExpr, call: &CallExpr) -> Type {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (operators::CONDITIONAL, [condition, one, other]) => {
                self.logical("`?`", condition);
                let one = self.infer(one);
                one.union(&self.infer(other))
            }
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
                self.logical(&symbol(name), left);
                self.logical(&symbol(name), right);
                Type::of(Kind::Bool.into())
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                self.compared(part, left, right);
                Type::of(Kind::Bool.into())
            }
            (operators::INDEX, [value, index]) => self.indexed(part, value, index),
            (operators::OPT_SELECT | operators::OPT_INDEX, _) => {
                call.args.iter().for_each(|part| drop(self.infer(part)));
                self.doubtful = true;
                Type::of(Kind::Optional.into())
            }
            _ => self.function(part, call),
        }
    }

    /// One side of `&&` or `||`, or what stands before `?`.
    fn logical(&mut self, operator: &str, part: &IdedExpr) {
        let found = self.infer(part);
        self.doubtful |= found.kinds != Kind::Bool.into();
        if !found.kinds.has(Kind::Bool) && !found.kinds.is_empty() {
            let message = format!(
                "expected true or false beside {operator}, found {}",
                found.kinds.describe()
            );
            self.report(Issue::NotBool, part, message);
        }
    }

    fn compared(&mut self, part: &IdedExpr, left: &IdedExpr, right: &IdedExpr) {
        let (one, other) = (self.infer(left), self.infer(right));
        self.judge_equality(part, (left, &one), (right, &other));
    }

    fn judge_equality(
        &mut self,
        part: &IdedExpr,
        (left, one): (&IdedExpr, &Type),
        (right, other): (&IdedExpr, &Type),
    ) {
        let is_written = |part: &IdedExpr| matches!(part.expr, Expr::Literal(_));
        // A comparison of two constants is told with the guard.
        if one.may_equal(other) || (is_written(left) && is_written(right)) {
            return;
        }
        let is_null = |found: &Type| found.kinds == Kind::Null.into();
        if is_null(one) || is_null(other) {
            let found = if is_null(one) { other } else { one };
            let message = format!(
                "the comparison says the same in every case: {} is never `null`",
                found.kinds.describe()
            );
            let hint = "`has(data.field)` asks whether a field is there".to_owned();
            self.report(Issue::NeverNull, part, message).hint = Some(hint);
            return;
        }
        // A text that is none of an enumeration.
        for (literal, text, values) in [(left, one, other), (right, other, one)] {
            if let (Some(text_of), Some(_), Some(values)) =
                (text_of(literal), &text.texts, &values.texts)
            {
                let candidates: Vec<String> = values.iter().cloned().collect();
                let known = crate::read::list(&candidates, "or");
                let message = format!("expected {known}, found {}", quoted(&text_of));
                self.report(Issue::NeverEqual, literal, message).names =
                    Some((text_of, candidates));
                return;
            }
        }
        let message = format!(
            "{} never equals {}",
            one.kinds.describe(),
            other.kinds.describe()
        );
        let hint = conversion(one.kinds, other.kinds);
        self.report(Issue::NeverEqual, part, message).hint = hint;
    }

    fn indexed(&mut self, part: &IdedExpr, value: &IdedExpr, index: &IdedExpr) -> Type {
        let (of, key) = (self.infer(value), self.infer(index));
        let goes = |left: Kind, right: Kind| match left {
            Kind::List => right.is_number(),
            Kind::Map => is_key(right),
            Kind::Optional => true,
            _ => false,
        };
        if !self.overload(part, "[ ]", &[of.kinds, key.kinds], |kinds| {
            matches!(kinds, [left, right] if goes(*left, *right)).then_some(Kind::Null)
        }) {
            return Type::ANY;
        }
        // It goes when there is no fraction.
        self.doubtful |= of.kinds.has(Kind::List) && key.kinds.has(Kind::Double);
        if of.kinds == Kind::List.into() {
            return of.item();
        }
        match text_of(index) {
            Some(name) if of.kinds == Kind::Map.into() => {
                // Who writes out both means it.
                let is_written = matches!(value.expr, Expr::Map(_));
                self.selected(part, &of, &name, !is_written)
            }
            _ => self.unknown(),
        }
    }

    fn function(&mut self, part: &IdedExpr, call: &CallExpr) -> Type {
        let name = call.func_name.as_str();
        if let Some(Expr::Ident(namespace)) = call.target.as_ref().map(|target| &target.expr)
            && namespace == "optional"
        {
            call.args.iter().for_each(|part| drop(self.infer(part)));
            self.doubtful = true;
            return Type::of(Kind::Optional.into());
        }
        let parts: Vec<&IdedExpr> = call
            .target
            .iter()
            .map(|target| &**target)
            .chain(&call.args)
            .collect();
        let types: Vec<Type> = parts.iter().map(|part| self.infer(part)).collect();
        let is_member = call.target.is_some();
        if let "max" | "min" = name {
            return self.extreme(part, name, is_member, &types);
        }
        let is_operator = !name.starts_with(char::is_alphabetic);
        if !is_operator {
            let Some(form) = form(name) else {
                return self.unknown();
            };
            if !is_form(name, is_member, parts.len()) {
                let message = format!("expected {} to be called as `{form}`", quoted(name));
                self.report(Issue::Fails, part, message);
                return Type::ANY;
            }
        }
        let counted = types.iter().take(counted(name, is_member));
        let kinds: Vec<Kinds> = counted.map(|found| found.kinds).collect();
        let mut given = Kinds::NONE;
        let known = self.overload(part, &symbol(name), &kinds, |kinds| {
            let kind = result(name, is_member, kinds);
            given = kind.map_or(given, |kind| given.with(kind));
            kind
        });
        if !known {
            return Type::ANY;
        }
        if let Some(error) = self.program.constant_error(part, call) {
            self.report(Issue::Fails, part, error);
            return Type::ANY;
        }
        self.given(part, name, given, &parts, types)
    }

    /// `max` or `min`: of several values, or of the items of one list; of an empty list it is `null`.
    fn extreme(&mut self, part: &IdedExpr, name: &str, is_member: bool, types: &[Type]) -> Type {
        let ([first, rest @ ..], false) = (types, is_member) else {
            let form = format!("`{name}(one, other)` or `{name}(list)`");
            let message = format!("expected `{name}` to be called as {form}");
            self.report(Issue::Fails, part, message);
            return Type::ANY;
        };
        if rest.is_empty() {
            return match first.kinds == Kind::List.into() {
                true => {
                    let item = first.item();
                    self.doubtful |= !all_compare(item.kinds, item.kinds);
                    item.or_null()
                }
                false => self.unknown(),
            };
        }
        let mut found = first.clone();
        for other in rest {
            let known = [&found, other].iter().all(|one| !one.kinds.is_empty());
            if known && !may_compare(found.kinds, other.kinds) {
                let hint = conversion(found.kinds, other.kinds);
                let (one, other) = (found.kinds.describe(), other.kinds.describe());
                let message = format!("{} does not go with {one} and {other}", quoted(name));
                self.report(Issue::Fails, part, message).hint = hint;
                return Type::ANY;
            }
            self.doubtful |= !all_compare(found.kinds, other.kinds);
            found = found.union(other);
        }
        found
    }

    /// What is known of a call's value beside its kind.
    fn given(
        &mut self,
        part: &IdedExpr,
        name: &str,
        kinds: Kinds,
        parts: &[&IdedExpr],
        types: Vec<Type>,
    ) -> Type {
        match (name, types.as_slice()) {
            // Its purpose is that nothing be said.
            ("dyn", _) => self.unknown(),
            (operators::ADD, [one, other]) if kinds == Kind::List.into() => match other.kinds {
                kinds if kinds == Kind::List.into() => Type::list(one.item().union(&other.item())),
                _ => Type::of(kinds),
            },
            (operators::IN, [value, list]) => {
                self.contained(part, parts, value, list);
                Type::of(kinds)
            }
            _ => Type::of(kinds),
        }
    }

    /// `value in list`: says of each text of a written list that it is never the value, or else that no
    /// item is.
    fn contained(&mut self, part: &IdedExpr, parts: &[&IdedExpr], value: &Type, list: &Type) {
        let ([left, right], true) = (parts, list.kinds == Kind::List.into()) else {
            return;
        };
        let before = self.found.len();
        if let Expr::List(items) = &right.expr {
            for item in &items.elements {
                if let Some(text) = text_of(item) {
                    self.judge_equality(part, (left, value), (item, &Type::text(&text)));
                }
            }
        }
        let item = list.item();
        if self.found.len() == before && !value.may_equal(&item) {
            self.judge_equality(part, (left, value), (right, &item));
        }
    }

    /// Whether some values go with a function. Says so if none do, or if only some numbers do.
    fn overload(
        &mut self,
        part: &IdedExpr,
        name: &str,
        arguments: &[Kinds],
        mut goes: impl FnMut(&[Kind]) -> Option<Kind>,
    ) -> bool {
        if arguments.iter().any(|kinds| kinds.is_empty()) {
            return false;
        }
        let (mut some, mut all) = (false, true);
        each_choice(arguments, &mut Vec::new(), &mut |kinds| {
            let found = goes(kinds).is_some();
            some |= found;
            all &= found;
        });
        self.doubtful |= !all;
        let words: Vec<String> = arguments.iter().map(|kinds| kinds.describe()).collect();
        let words = words.join(" and ");
        if !some {
            let hint = match arguments {
                [one, other] => conversion(*one, *other),
                _ => None,
            };
            let message = format!("{name} does not go with {words}");
            self.report(Issue::Fails, part, message).hint = hint;
        } else if !all
            && let [one, other] = arguments
            && one.union(*other).intersection(Kinds::NUMBERS) == one.union(*other)
        {
            let message = format!(
                "{name} may fail: it does not go with a whole number and a number with a fraction, and here is {words}"
            );
            let hint = "`double(…)` makes either a number with a fraction, `1.0` is one".to_owned();
            self.report(Issue::MixedNumbers, part, message).hint = Some(hint);
        }
        some
    }

    fn comprehension(&mut self, part: &IdedExpr, loops: &ComprehensionExpr) -> Type {
        let range = self.infer(&loops.iter_range);
        let iterable = Kinds::of(&[Kind::List, Kind::Map]);
        let possible = self.expect_kinds(part, &range, iterable, |found| {
            format!("expected a list to go through, found {found}")
        });
        let item = match (
            range.kinds == Kind::List.into(),
            range.kinds == Kind::Map.into(),
        ) {
            (true, _) => range.item(),
            // The keys of objects of JSON are texts.
            (_, true) if range.object.is_some() => Type::of(Kind::String.into()),
            _ if !possible && range.kinds.is_empty() => Type::of(Kinds::NONE),
            _ => Type::ANY,
        };
        let start = self.infer(&loops.accu_init);
        let outer = self.bound.len();
        self.bound.push((loops.iter_var.clone(), item));
        if let Some(second) = &loops.iter_var2 {
            self.bound.push((second.clone(), Type::ANY));
        }
        self.bound.push((loops.accu_var.clone(), start.clone()));
        let step = self.infer(&loops.loop_step);
        if let Some(last) = self.bound.last_mut() {
            last.1 = start.union(&step);
        }
        let result = self.infer(&loops.result);
        self.bound.truncate(outer);
        result
    }
}

/// Shows every choice of one kind for each argument.
fn each_choice(arguments: &[Kinds], chosen: &mut Vec<Kind>, see: &mut dyn FnMut(&[Kind])) {
    let Some(kinds) = arguments.get(chosen.len()) else {
        return see(chosen);
    };
    for kind in kinds.iter() {
        chosen.push(kind);
        each_choice(arguments, chosen, see);
        chosen.pop();
    }
}

fn of_literal(literal: &LiteralValue) -> Type {
    Type::of(Kinds::from(match literal {
        LiteralValue::Boolean(_) => Kind::Bool,
        LiteralValue::Bytes(_) => Kind::Bytes,
        LiteralValue::Double(_) => Kind::Double,
        LiteralValue::Int(_) => Kind::Int,
        LiteralValue::Null => Kind::Null,
        LiteralValue::String(text) => return Type::text(text.inner()),
        LiteralValue::UInt(_) => Kind::Uint,
    }))
}

/// The text that a part is, if it is one that is written out.
fn text_of(part: &IdedExpr) -> Option<String> {
    match &part.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_string()),
        _ => None,
    }
}

/// An operator or a function as it is written, in backticks.
fn symbol(name: &str) -> String {
    let sign = name.trim_matches(|c| matches!(c, '_' | '@'));
    quoted(if sign.is_empty() { name } else { sign })
}

/// How to make the one into the other.
fn conversion(one: Kinds, other: Kinds) -> Option<String> {
    let is = |kinds: Kinds, kind: Kind| kinds == kind.into();
    let either = |kind: Kind| is(one, kind) || is(other, kind);
    let number = |kinds: Kinds| kinds.intersection(Kinds::NUMBERS) == kinds;
    let hint = if either(Kind::String) && either(Kind::Timestamp) {
        "`timestamp(…)` reads a text as a time"
    } else if either(Kind::String) && either(Kind::Duration) {
        "`duration(…)` reads a text such as `4h` as a duration"
    } else if either(Kind::String) && (number(one) || number(other)) {
        "`string(…)` makes a text of a number, `double(…)` a number of a text"
    } else if number(one) && number(other) {
        "`double(…)` makes a number with a fraction of a whole one"
    } else {
        return None;
    };
    Some(hint.to_owned())
}
