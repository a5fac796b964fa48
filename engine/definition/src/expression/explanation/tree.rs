//! A guard taken apart at its connectives: `&&`, `||`, `!` and `? :`.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{Expr, operators};

use super::super::Program;
use super::text;

/// One part of an expression that gives true or false.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) expression: &'a IdedExpr,
    /// Where it stands in the source, as byte offsets, without the parentheses around it.
    pub(super) span: Range<usize>,
    pub(super) connective: Connective,
    pub(super) parts: Vec<Node<'a>>,
}

/// How a part is made of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connective {
    /// It is not: a comparison, a call, a field.
    Leaf,
    /// All must hold.
    And,
    /// One must hold.
    Or,
    /// Its only part must not hold.
    Not,
    /// The second must hold where the first does, otherwise the third.
    Choice,
}

/// Takes a program apart. Where the source does not show what the tree says, a part stays whole.
pub(super) fn of(program: &Program) -> Node<'_> {
    let whole = 0..program.source().len();
    Splitter { program }.node(program.expression(), whole)
}

struct Splitter<'a> {
    program: &'a Program,
}

impl<'a> Splitter<'a> {
    fn node(&self, expression: &'a IdedExpr, span: Range<usize>) -> Node<'a> {
        let span = text::bare(self.program.source(), span);
        let split = self.split(expression, &span);
        let (connective, parts) = split.unwrap_or((Connective::Leaf, Vec::new()));
        Node {
            expression,
            span,
            connective,
            parts,
        }
    }

    fn split(
        &self,
        expression: &'a IdedExpr,
        span: &Range<usize>,
    ) -> Option<(Connective, Vec<Node<'a>>)> {
        let Expr::Call(call) = &expression.expr else {
            return None;
        };
        match (call.func_name.as_str(), &call.args[..]) {
            (operators::LOGICAL_AND, [_, _]) => {
                let mut parts = Vec::new();
                let and = (operators::LOGICAL_AND, "&&");
                self.chain(expression, span.clone(), and, &mut parts)?;
                Some((Connective::And, parts))
            }
            (operators::LOGICAL_OR, [_, _]) => {
                let mut parts = Vec::new();
                let or = (operators::LOGICAL_OR, "||");
                self.chain(expression, span.clone(), or, &mut parts)?;
                Some((Connective::Or, parts))
            }
            (operators::LOGICAL_NOT, [inner]) => {
                let start = text::after_nots(self.program.source(), span)?;
                let inner = self.node(inner, start..span.end);
                Some((Connective::Not, vec![inner]))
            }
            (operators::CONDITIONAL, [condition, one, other]) => {
                let mark = sign_of(self.program, expression, span, "?")?;
                let colon = text::colon(self.program.source(), mark + 1..span.end)?;
                let parts = vec![
                    self.node(condition, span.start..mark),
                    self.node(one, mark + 1..colon),
                    self.node(other, colon + 1..span.end),
                ];
                Some((Connective::Choice, parts))
            }
            _ => None,
        }
    }

    /// The parts of `a && b && c`, however the parser has put them together.
    fn chain(
        &self,
        expression: &'a IdedExpr,
        span: Range<usize>,
        operator: (&str, &str),
        parts: &mut Vec<Node<'a>>,
    ) -> Option<()> {
        let (name, sign) = operator;
        let sides = match &expression.expr {
            Expr::Call(call) if call.func_name == name => call.args.first_chunk::<2>(),
            _ => None,
        };
        let Some([left, right]) = sides else {
            parts.push(self.node(expression, span));
            return Some(());
        };
        let span = text::bare(self.program.source(), span);
        let at = sign_of(self.program, expression, &span, sign)?;
        self.chain(left, span.start..at, operator, parts)?;
        self.chain(right, at + sign.len()..span.end, operator, parts)
    }
}

/// Where the operator of a call stands within a span, if it does.
pub(super) fn sign_of(
    program: &Program,
    expression: &IdedExpr,
    span: &Range<usize>,
    sign: &str,
) -> Option<usize> {
    let (at, _) = program.span(expression.id)?;
    let is_there = span.contains(&at) && program.source().get(at..)?.starts_with(sign);
    is_there.then_some(at)
}
