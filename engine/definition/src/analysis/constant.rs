//! Guards whose answer stands in the file: they read nothing, or only which states are active.

use casewright_chart::{ExpressionIndex, Scope, Timestamp, Value};

use crate::definition::Definition;
use crate::expression::{Circumstances, Expression, Program};

/// What a guard says in every case, if it says the same in all.
pub(super) fn constant(definition: &Definition, guard: ExpressionIndex) -> Option<bool> {
    let scope = Scope {
        chart: &definition.chart,
        configuration: &[],
        data: &Value::Null,
        event: None,
        now: Timestamp::default(),
        locals: &[],
    };
    match definition.expressions.get(guard.0 as usize)? {
        // It may hold for its event, but for no other.
        Expression::Exactly(_, Some(inner)) => match constant_value(definition, inner, &scope) {
            Some(false) => Some(false),
            _ => None,
        },
        Expression::Exactly(_, None) => None,
        expression => constant_value(definition, expression, &scope),
    }
}

fn constant_value(
    definition: &Definition,
    expression: &Expression,
    scope: &Scope<'_>,
) -> Option<bool> {
    match expression {
        Expression::Program(program) if asks_only(program, &[]) => {
            evaluate(definition, expression, scope)
        }
        Expression::Literal(Value::Bool(holds)) => Some(*holds),
        _ => None,
    }
}

/// What a guard says where the scope is known but for the data: none when it asks for more than the
/// event's name and the active states.
pub(super) fn decided(
    definition: &Definition,
    guard: ExpressionIndex,
    scope: &Scope<'_>,
) -> Option<bool> {
    decided_value(
        definition,
        definition.expressions.get(guard.0 as usize)?,
        scope,
    )
}

fn decided_value(
    definition: &Definition,
    expression: &Expression,
    scope: &Scope<'_>,
) -> Option<bool> {
    match expression {
        Expression::Exactly(name, guard) => {
            let is_it = scope.event.is_some_and(|event| event.name == *name);
            match guard {
                Some(guard) if is_it => decided_value(definition, guard, scope),
                _ => Some(is_it),
            }
        }
        Expression::Program(program) if asks_only(program, &["In"]) => {
            evaluate(definition, expression, scope)
        }
        Expression::Literal(Value::Bool(holds)) => Some(*holds),
        _ => None,
    }
}

/// Whether a program reads no variable and calls no function but operators and these.
fn asks_only(program: &Program, functions: &[&str]) -> bool {
    let mut called = program.functions().iter();
    program.paths().is_empty()
        && !program.has_loops()
        && called.all(|(_, name)| {
            !name.starts_with(char::is_alphabetic) || functions.contains(&name.as_str())
        })
}

fn evaluate(definition: &Definition, expression: &Expression, scope: &Scope<'_>) -> Option<bool> {
    let circumstances = Circumstances::default();
    expression
        .guard(scope, &circumstances, &definition.surroundings)
        .ok()
}
