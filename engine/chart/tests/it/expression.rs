//! The expressions of the test notation, and the [`Evaluate`] that knows them.

use std::sync::Arc;

use casewright_chart::{
    Answer, DecisionError, DecisionIndex, Evaluate, EvaluateError, ExpressionIndex, Scope, Value,
};

use crate::tokens::{Token, Tokens};

#[derive(Clone, Debug)]
pub(crate) enum Expression {
    Constant(Value),
    /// A name bound by `foreach`, or else a place in the data.
    Name(Arc<str>),
    In(Arc<str>),
    EventName,
    EventData,
    SendId,
    Now,
    Fail,
    Not(Box<Expression>),
    Add(Box<Expression>, Box<Expression>),
    Less(Box<Expression>, Box<Expression>),
    Equal(Box<Expression>, Box<Expression>),
    List(Vec<Expression>),
    Map(Vec<(Arc<str>, Expression)>),
}

impl Expression {
    pub(crate) fn parse(tokens: &mut Tokens) -> Expression {
        let left = Self::sum(tokens);
        if tokens.eat("==") {
            Expression::Equal(left.into(), Self::sum(tokens).into())
        } else if tokens.eat("<") {
            Expression::Less(left.into(), Self::sum(tokens).into())
        } else {
            left
        }
    }

    fn sum(tokens: &mut Tokens) -> Expression {
        let mut left = Self::primary(tokens);
        while tokens.eat("+") {
            left = Expression::Add(left.into(), Self::primary(tokens).into());
        }
        left
    }

    fn primary(tokens: &mut Tokens) -> Expression {
        match tokens.next() {
            Some(Token::Int(value)) => Expression::Constant(Value::Int(value)),
            Some(Token::Text(text)) => Expression::Constant(Value::String(text)),
            Some(Token::Mark("!")) => Expression::Not(Self::primary(tokens).into()),
            Some(Token::Mark("[")) => Expression::List(Self::items(tokens, "]", Self::parse)),
            Some(Token::Mark("{")) => Expression::Map(Self::items(tokens, "}", |tokens| {
                let key = tokens.word();
                tokens.expect(":");
                (key, Self::parse(tokens))
            })),
            Some(Token::Word(word)) => match &*word {
                "null" => Expression::Constant(Value::Null),
                "true" => Expression::Constant(Value::Bool(true)),
                "false" => Expression::Constant(Value::Bool(false)),
                "fail" => Expression::Fail,
                "now" => Expression::Now,
                "event.name" => Expression::EventName,
                "event.data" => Expression::EventData,
                "event.send_id" => Expression::SendId,
                "in" => {
                    tokens.expect("(");
                    let state = tokens.word();
                    tokens.expect(")");
                    Expression::In(state)
                }
                _ => Expression::Name(word),
            },
            _ => tokens.fail("expected an expression"),
        }
    }

    fn items<T>(tokens: &mut Tokens, close: &str, item: impl Fn(&mut Tokens) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while !tokens.eat(close) {
            items.push(item(tokens));
            tokens.eat(",");
        }
        items
    }

    pub(crate) fn value(&self, scope: &Scope<'_>) -> Result<Value, EvaluateError> {
        Ok(match self {
            Expression::Constant(value) => value.clone(),
            Expression::Name(name) => return look_up(name, scope),
            Expression::In(state) => Value::Bool(scope.is_in(state)),
            Expression::EventName => scope.event.map_or(Value::Null, |e| e.name.clone().into()),
            Expression::EventData => scope.event.map_or(Value::Null, |event| event.data.clone()),
            Expression::SendId => scope
                .event
                .and_then(|event| event.send_id.clone())
                .map_or(Value::Null, Value::from),
            Expression::Now => Value::Int(scope.now.unix_ms()),
            Expression::Fail => return Err(EvaluateError("it fails".into())),
            Expression::Not(inner) => Value::Bool(!boolean(inner.value(scope)?)?),
            Expression::Add(a, b) => add(a.value(scope)?, b.value(scope)?)?,
            Expression::Less(a, b) => match (a.value(scope)?, b.value(scope)?) {
                (Value::Int(a), Value::Int(b)) => Value::Bool(a < b),
                _ => return Err(EvaluateError("only integers are ordered".into())),
            },
            Expression::Equal(a, b) => Value::Bool(a.value(scope)? == b.value(scope)?),
            Expression::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| item.value(scope)).collect();
                Value::list(items?)
            }
            Expression::Map(entries) => {
                let value = |(key, item): &(Arc<str>, Expression)| {
                    item.value(scope).map(|value| (key.clone(), value))
                };
                Value::map(entries.iter().map(value).collect::<Result<Vec<_>, _>>()?)
            }
        })
    }
}

fn look_up(name: &Arc<str>, scope: &Scope<'_>) -> Result<Value, EvaluateError> {
    let mut locals = scope.locals.iter().rev();
    if let Some((_, value)) = locals.find(|(local, _)| local == name) {
        return Ok(value.clone());
    }
    let path: Vec<&str> = name.split('.').collect();
    let missing = || EvaluateError(format!("`{name}` is not there"));
    scope.data.get(&path).cloned().ok_or_else(missing)
}

fn add(a: Value, b: Value) -> Result<Value, EvaluateError> {
    match (&a, &b) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(a + b)),
        (Value::String(a), Value::String(b)) => Ok(Value::from(&*format!("{a}{b}"))),
        (Value::List(a), Value::List(b)) => Ok(Value::list(a.iter().chain(&**b).cloned())),
        _ => {
            let (a, b) = (a.type_name(), b.type_name());
            Err(EvaluateError(format!("{a} and {b} do not add up")))
        }
    }
}

fn boolean(value: Value) -> Result<bool, EvaluateError> {
    match value {
        Value::Bool(value) => Ok(value),
        other => {
            let found = other.type_name();
            Err(EvaluateError(format!("expected a boolean, found {found}")))
        }
    }
}

/// The expressions and decisions of one chart, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluator {
    expressions: Vec<Expression>,
    decisions: Vec<Arc<str>>,
}

impl Evaluator {
    pub(crate) fn expression(&mut self, expression: Expression) -> ExpressionIndex {
        self.expressions.push(expression);
        ExpressionIndex(self.expressions.len() as u32 - 1)
    }

    pub(crate) fn decision(&mut self, name: Arc<str>) -> DecisionIndex {
        self.decisions.push(name);
        DecisionIndex(self.decisions.len() as u32 - 1)
    }
}

impl Evaluate for Evaluator {
    fn guard(&self, guard: ExpressionIndex, scope: &Scope<'_>) -> Result<bool, EvaluateError> {
        boolean(self.value(guard, scope)?)
    }

    fn value(
        &self,
        expression: ExpressionIndex,
        scope: &Scope<'_>,
    ) -> Result<Value, EvaluateError> {
        self.expressions[expression.0 as usize].value(scope)
    }

    fn delay_ms(&self, delay: ExpressionIndex, scope: &Scope<'_>) -> Result<u64, EvaluateError> {
        match self.value(delay, scope)? {
            Value::Int(delay) => Ok(delay as u64),
            other => Err(EvaluateError(format!("{other} is no delay"))),
        }
    }

    /// `echo` answers what it was asked; every other decision is out of order.
    fn decide(&self, decision: DecisionIndex, input: &Value) -> Result<Answer, DecisionError> {
        let name = &self.decisions[decision.0 as usize];
        match &**name {
            "echo" => Ok(Answer {
                function: "test.echo".into(),
                digest: "sha256:0".into(),
                output: input.clone(),
            }),
            _ => Err(DecisionError {
                plugin: "test".into(),
                function: name.clone(),
                code: "trap".into(),
                limit: None,
                message: format!("`test.{name}` trapped").into(),
            }),
        }
    }
}
