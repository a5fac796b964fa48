//! A guard as a formula of questions about terms.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::region::{Constant, Question};
use crate::expression::Program;

/// A guard, or a part of one.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    Constant(bool),
    Question(Term, Question),
    Not(Box<Formula>),
    All(Box<Formula>, Box<Formula>),
    Any(Box<Formula>, Box<Formula>),
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// A value that a chain of names leads to.
    Path(Vec<String>),
    /// A condition that is taken as it stands: true, false, or failing.
    Opaque(String),
}

impl Formula {
    pub(super) fn of(guard: &Program) -> Formula {
        Reader(guard).formula(guard.expression())
    }

    /// Shows every question with its term.
    pub(super) fn each<'a>(&'a self, see: &mut dyn FnMut(&'a Term, &'a Question)) {
        match self {
            Formula::Constant(_) => {}
            Formula::Question(term, question) => see(term, question),
            Formula::Not(inner) => inner.each(see),
            Formula::All(one, other) | Formula::Any(one, other) => {
                one.each(see);
                other.each(see);
            }
        }
    }
}

struct Reader<'a>(&'a Program);

impl Reader<'_> {
    fn formula(&self, part: &IdedExpr) -> Formula {
        match &part.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => Formula::Constant(*value.inner()),
            Expr::Select(select) if select.test => match path(&select.operand) {
                // Deeper down, what stands around the field may be missing itself.
                Some(mut names) if names == ["data"] || names == ["event", "data"] => {
                    names.push(select.field.clone());
                    Formula::Question(Term::Path(names), Question::Has)
                }
                _ => self.opaque(part),
            },
            Expr::Call(call) => self.call(part, call),
            _ => match path(part) {
                Some(names) => Formula::Question(Term::Path(names), Question::Holds),
                None => self.opaque(part),
            },
        }
    }

    fn call(&self, part: &IdedExpr, call: &CallExpr) -> Formula {
        let both = |one: &IdedExpr, other: &IdedExpr| {
            (Box::new(self.formula(one)), Box::new(self.formula(other)))
        };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, [inner]) => Formula::Not(Box::new(self.formula(inner))),
            (operators::LOGICAL_AND, [one, other]) => {
                let (one, other) = both(one, other);
                Formula::All(one, other)
            }
            (operators::LOGICAL_OR, [one, other]) => {
                let (one, other) = both(one, other);
                Formula::Any(one, other)
            }
            (name, [left, right]) if call.target.is_none() => self
                .comparison(name, left, right)
                .unwrap_or_else(|| self.opaque(part)),
            _ => self.opaque(part),
        }
    }

    fn comparison(&self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Option<Formula> {
        if name == operators::IN {
            let Expr::List(list) = &right.expr else {
                return None;
            };
            let constants: Option<Vec<Constant>> = list.elements.iter().map(constant).collect();
            return Some(Formula::Question(
                Term::Path(path(left)?),
                Question::OneOf(constants?),
            ));
        }
        // `3 < data.n` says the same as `data.n > 3`.
        let (names, constant, name) = match (path(left), constant(right)) {
            (Some(names), Some(constant)) => (names, constant, name),
            _ => (path(right)?, constant(left)?, mirrored(name)?),
        };
        let ask = |question| Formula::Question(Term::Path(names.clone()), question);
        let not = |formula| Formula::Not(Box::new(formula));
        let equal = Question::OneOf(vec![constant.clone()]);
        Some(match (name, constant) {
            (operators::EQUALS, _) => ask(equal),
            (operators::NOT_EQUALS, _) => not(ask(equal)),
            (operators::LESS, Constant::Number(limit)) => ask(Question::Below(limit)),
            (operators::GREATER, Constant::Number(limit)) => ask(Question::Above(limit)),
            (operators::LESS_EQUALS, Constant::Number(limit)) => not(ask(Question::Above(limit))),
            (operators::GREATER_EQUALS, Constant::Number(limit)) => {
                not(ask(Question::Below(limit)))
            }
            _ => return None,
        })
    }

    fn opaque(&self, part: &IdedExpr) -> Formula {
        let text = match self.0.extent(part) {
            Some((start, end)) => self.0.source().get(start..end).map(spaced),
            None => None,
        };
        // Without a place a part is like no other.
        let text = text.unwrap_or_else(|| format!("{} at {}", self.0.source(), part.id));
        Formula::Question(Term::Opaque(text), Question::Holds)
    }
}

/// The text with one space wherever there are some, unless spaces may belong to a text in it.
fn spaced(text: &str) -> String {
    match text.contains(['\'', '"']) {
        true => text.to_owned(),
        false => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn mirrored(name: &str) -> Option<&'static str> {
    Some(match name {
        operators::EQUALS => operators::EQUALS,
        operators::NOT_EQUALS => operators::NOT_EQUALS,
        operators::LESS => operators::GREATER,
        operators::GREATER => operators::LESS,
        operators::LESS_EQUALS => operators::GREATER_EQUALS,
        operators::GREATER_EQUALS => operators::LESS_EQUALS,
        _ => return None,
    })
}

/// The names of a chain that begins with `data`, `event` or `params`.
fn path(part: &IdedExpr) -> Option<Vec<String>> {
    match &part.expr {
        Expr::Ident(name) => ["data", "event", "params"]
            .contains(&name.as_str())
            .then(|| vec![name.clone()]),
        Expr::Select(select) if !select.test => {
            let mut names = path(&select.operand)?;
            names.push(select.field.clone());
            Some(names)
        }
        _ => None,
    }
}

fn constant(part: &IdedExpr) -> Option<Constant> {
    /// Whole numbers up to here are numbers with a fraction as well, each its own.
    const EXACT: i64 = 1 << 53;
    let Expr::Literal(literal) = &part.expr else {
        return None;
    };
    Some(match literal {
        LiteralValue::Null => Constant::Null,
        LiteralValue::Boolean(value) => Constant::Bool(*value.inner()),
        LiteralValue::Int(value) if value.inner().abs() <= EXACT => {
            Constant::Number(*value.inner() as f64)
        }
        LiteralValue::Double(value) if value.inner().is_finite() => {
            Constant::Number(*value.inner())
        }
        LiteralValue::String(text) => Constant::Text(text.inner().to_string()),
        _ => return None,
    })
}
