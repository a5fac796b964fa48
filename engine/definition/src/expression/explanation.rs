//! Why a guard holds or does not: the parts that decide it, with the values that they read.
//!
//! A guard is taken apart at `&&`, `||`, `!` and `? :`; every part between them is evaluated once, by
//! the evaluator and in the scope of the guard itself, and the outcomes are put together by CEL's own
//! rules. So an explanation agrees with [`Expression::guard`], which a property test holds it to. What
//! the event will carry may be unknown: then a part that reads it may come to anything, and what can
//! be said of the rest is said.

mod outcomes;
mod reading;
mod text;
mod tree;

use std::fmt;
use std::ops::Range;

use casewright_chart::{EvaluateError, Scope, Value};
use cel::Context;

use super::program::describe;
use super::{Circumstances, Expression, Program, Surroundings, convert};
use crate::json::to_json;
use outcomes::Outcomes;
use tree::{Connective, Node};

/// The most parts that an explanation shows; nobody reads on.
pub(super) const MAX_PARTS: usize = 16;
/// The most values that are shown of a part.
pub(super) const MAX_READINGS: usize = 12;
/// The longest message or text of a part that is shown, in characters.
const MAX_SHOWN: usize = 400;

/// Whether it is known what the event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The event of the scope is complete.
    Known,
    /// The event of the scope has its name, and nothing is known of its data.
    Unknown,
}

/// Why a guard holds or does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What it comes to.
    pub outcome: Outcome,
    /// The parts that stand in its way, in the order in which they are written; none when it holds.
    pub parts: Vec<Part>,
    /// How many more there are than are told.
    pub omitted: usize,
}

/// What a condition comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be evaluated, and why. A guard counts as false then.
    Error(String),
    /// It depends on what the event carries.
    Depends {
        /// Whether it can hold at all.
        may_hold: bool,
    },
}

/// A part of a guard that holds no `&&`, `||` or `? :` of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its text.
    pub source: String,
    /// Where it stands in the guard's text, as byte offsets.
    pub span: Range<usize>,
    /// What it comes to.
    pub outcome: Outcome,
    /// What it would have to come to for the guard to hold; none for the condition of a `? :`, which
    /// only chooses.
    pub wanted: Option<bool>,
    /// What it read.
    pub readings: Vec<Reading>,
}

/// A value that a part read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What was read: `data.customer.tier`, `size(data.items)`.
    pub source: String,
    /// What was found there.
    pub found: Found,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A value.
    Value {
        /// The value.
        value: Value,
        /// Whether it is shown in part only, because it is large.
        cut: bool,
    },
    /// There is no such field.
    Missing,
    /// It comes with the event.
    Carried,
    /// It cannot be read, and why.
    Failed(String),
}

impl Explanation {
    /// Of something that is no CEL program.
    fn whole(outcome: Outcome) -> Self {
        Explanation {
            outcome,
            parts: Vec::new(),
            omitted: 0,
        }
    }
}

impl Outcome {
    /// Whether it holds, or may.
    pub fn may_hold(&self) -> bool {
        matches!(self, Outcome::True | Outcome::Depends { may_hold: true })
    }

    /// `true`, `false`, `error` or `depends`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::True => "true",
            Outcome::False => "false",
            Outcome::Error(_) => "error",
            Outcome::Depends { .. } => "depends",
        }
    }
}

impl Expression {
    /// Whether the expression, as a guard, can hold for an event whose data is not known.
    pub fn may_hold(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
    ) -> bool {
        match self {
            Expression::Program(program) if program.reads_event() => {
                let context = program.context(scope, circumstances, surroundings);
                context.is_ok_and(|context| {
                    let carried = Carried::Unknown;
                    let reader = Reader {
                        program,
                        context,
                        carried,
                    };
                    let tree = tree::of(program);
                    reader.judge(&tree).outcomes.may_be(Outcomes::TRUE)
                })
            }
            Expression::Exactly(name, Some(guard)) => {
                let is_it = scope.event.is_some_and(|event| event.name == *name);
                is_it && guard.may_hold(scope, circumstances, surroundings)
            }
            _ => self
                .guard(scope, circumstances, surroundings)
                .unwrap_or(false),
        }
    }

    /// Why the expression, as a guard, holds or does not. Its outcome is that of [`Expression::guard`].
    pub fn explain(
        &self,
        scope: &Scope<'_>,
        circumstances: &Circumstances,
        surroundings: &Surroundings,
        carried: Carried,
    ) -> Explanation {
        match self {
            Expression::Program(program) => {
                match program.context(scope, circumstances, surroundings) {
                    Ok(context) => Reader {
                        program,
                        context,
                        carried,
                    }
                    .explain(),
                    Err(EvaluateError(message)) => {
                        Explanation::whole(Outcome::Error(shortened(&message)))
                    }
                }
            }
            Expression::Exactly(name, guard) => {
                let is_it = scope.event.is_some_and(|event| event.name == *name);
                match guard {
                    Some(guard) if is_it => {
                        guard.explain(scope, circumstances, surroundings, carried)
                    }
                    _ => Explanation::whole(outcome_of(is_it)),
                }
            }
            _ => match self.guard(scope, circumstances, surroundings) {
                Ok(holds) => Explanation::whole(outcome_of(holds)),
                Err(EvaluateError(message)) => Explanation::whole(Outcome::Error(message)),
            },
        }
    }
}

fn outcome_of(holds: bool) -> Outcome {
    match holds {
        true => Outcome::True,
        false => Outcome::False,
    }
}

/// Reads a program in its scope.
struct Reader<'a> {
    program: &'a Program,
    context: Context<'static, 'static>,
    carried: Carried,
}

/// A part with what it comes to.
struct Judged<'a> {
    node: &'a Node<'a>,
    outcomes: Outcomes,
    /// Why it cannot be evaluated, when that is certain.
    error: Option<String>,
    parts: Vec<Judged<'a>>,
}

impl Reader<'_> {
    fn explain(&self) -> Explanation {
        let tree = tree::of(self.program);
        let root = self.judge(&tree);
        let mut deciding = Vec::new();
        root.deciding(true, &mut deciding);
        let shown = deciding.iter().take(MAX_PARTS);
        Explanation {
            outcome: root.outcome(),
            parts: shown
                .map(|(part, wanted)| self.part(part, *wanted))
                .collect(),
            omitted: deciding.len().saturating_sub(MAX_PARTS),
        }
    }

    fn judge<'b>(&self, node: &'b Node<'b>) -> Judged<'b> {
        if node.connective == Connective::Leaf {
            return self.judge_leaf(node);
        }
        let parts: Vec<_> = node.parts.iter().map(|part| self.judge(part)).collect();
        let outcomes = together(node.connective, &parts);
        // Of several errors the last one is CEL's.
        let last = parts.iter().rev().find_map(|part| part.error.as_ref());
        let error = last.filter(|_| outcomes == Outcomes::ERROR).cloned();
        Judged {
            node,
            outcomes,
            error,
            parts,
        }
    }

    fn judge_leaf<'b>(&self, node: &'b Node<'b>) -> Judged<'b> {
        let (outcomes, error) = match self.waits_for_event(node.expression) {
            true => (Outcomes::ANY, None),
            false => match cel::Value::resolve(node.expression, &self.context) {
                Ok(cel::Value::Bool(holds)) => (Outcomes::of(holds), None),
                Ok(other) => {
                    let found = convert::type_name(&other);
                    let message = format!("expected true or false, found {found}");
                    (Outcomes::ERROR, Some(message))
                }
                Err(error) => (Outcomes::ERROR, Some(shortened(&describe(&error)))),
            },
        };
        Judged {
            node,
            outcomes,
            error,
            parts: Vec::new(),
        }
    }

    fn part(&self, part: &Judged<'_>, wanted: Option<bool>) -> Part {
        let span = part.node.span.clone();
        let source = self.program.source().get(span.clone());
        Part {
            source: one_line(source.unwrap_or_default()),
            span,
            outcome: part.outcome(),
            wanted,
            readings: self.readings(part.node),
        }
    }
}

fn together(connective: Connective, parts: &[Judged<'_>]) -> Outcomes {
    let mut outcomes = parts.iter().map(|part| part.outcomes);
    match (connective, parts) {
        (Connective::And, _) => outcomes.fold(Outcomes::TRUE, Outcomes::and),
        (Connective::Or, _) => outcomes.fold(Outcomes::FALSE, Outcomes::or),
        (Connective::Choice, [condition, one, other]) => {
            condition.outcomes.choose(one.outcomes, other.outcomes)
        }
        _ => outcomes.next().map_or(Outcomes::NONE, Outcomes::not),
    }
}

impl<'a> Judged<'a> {
    fn outcome(&self) -> Outcome {
        match self.outcomes {
            Outcomes::TRUE => Outcome::True,
            Outcomes::FALSE => Outcome::False,
            Outcomes::ERROR => Outcome::Error(self.error.clone().unwrap_or_default()),
            open => Outcome::Depends {
                may_hold: open.may_be(Outcomes::TRUE),
            },
        }
    }

    /// The parts because of which this one is not, or not surely, what is wanted.
    fn deciding<'b>(&'b self, wanted: bool, found: &mut Vec<(&'b Judged<'a>, Option<bool>)>) {
        let (goal, opposite) = (Outcomes::of(wanted), Outcomes::of(!wanted));
        if self.outcomes == goal {
            return;
        }
        match (self.node.connective, &self.parts[..]) {
            (Connective::And | Connective::Or, parts) => {
                // A false part makes `&&` false, whatever the others are; `||` takes all of them.
                let decisive =
                    |part: &&Judged<'_>| self.outcomes != opposite || part.outcomes == opposite;
                for part in parts.iter().filter(decisive) {
                    part.deciding(wanted, found);
                }
            }
            (Connective::Not, [denied]) if denied.node.connective != Connective::Leaf => {
                denied.deciding(!wanted, found);
            }
            (Connective::Choice, [condition, one, other]) => {
                condition.leaves(found);
                if condition.outcomes.may_be(Outcomes::TRUE) {
                    one.deciding(wanted, found);
                }
                if condition.outcomes.may_be(Outcomes::FALSE) {
                    other.deciding(wanted, found);
                }
            }
            _ => found.push((self, Some(wanted))),
        }
    }

    /// Every part of a condition that chooses.
    fn leaves<'b>(&'b self, found: &mut Vec<(&'b Judged<'a>, Option<bool>)>) {
        match self.parts.is_empty() {
            true => found.push((self, None)),
            false => self.parts.iter().for_each(|part| part.leaves(found)),
        }
    }
}

/// A text of an expression in one line, and not too long.
fn one_line(source: &str) -> String {
    match source.contains(char::is_control) {
        true => shortened(&source.split_whitespace().collect::<Vec<_>>().join(" ")),
        false => shortened(source),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Part {
    /// `data.tier != 'core'` is false (data.tier = "core").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::True => write!(f, "`{}` is true", self.source)?,
            Outcome::False => write!(f, "`{}` is false", self.source)?,
            Outcome::Error(error) => write!(f, "`{}` fails: {error}", self.source)?,
            Outcome::Depends { .. } => {
                write!(f, "`{}` depends on what the event carries", self.source)?;
            }
        }
        match self.values() {
            values if values.is_empty() => Ok(()),
            values => write!(f, " ({values})"),
        }
    }
}

impl Part {
    /// What it read, other than itself: `data.amount = 0, params.limit = 5`.
    pub fn values(&self) -> String {
        let others = self.readings.iter();
        let others = others.filter(|reading| reading.source != self.source);
        let told: Vec<String> = others.map(ToString::to_string).collect();
        told.join(", ")
    }
}

impl fmt::Display for Reading {
    /// `data.tier = "core"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match &self.found {
            Found::Value { value, cut } => {
                let more = if *cut { " and more" } else { "" };
                write!(f, "{source} = {}{more}", to_json(value))
            }
            Found::Missing => write!(f, "{source} is missing"),
            Found::Carried => write!(f, "{source} comes with the event"),
            Found::Failed(error) => write!(f, "{source}: {error}"),
        }
    }
}

#[cfg(test)]
mod tests;
