//! The actions of the test notation, `;` between them.
//!
//! ```text
//! n = 1; customer.name = "A"; merge {a: 1}; raise e (data); send e id s after 500 data n; cancel s;
//! log n; log n as label; emit e (data); if n < 3 { … } elseif in(b) { … } else { … };
//! foreach item index in [1, 2] { … }; decide echo (input) -> answer
//! ```

use casewright_chart::{Action, Block, Branch, ExpressionIndex, Location, Name, Send};

use crate::expression::{Evaluator, Expression};
use crate::tokens::{Token, Tokens};

/// Reads actions up to the end of the line or a closing brace.
pub(crate) fn block(tokens: &mut Tokens, evaluator: &mut Evaluator) -> Block {
    let mut actions = Block::new();
    while !matches!(tokens.peek(), None | Some(Token::Mark("}"))) {
        actions.push(action(tokens, evaluator));
        if !tokens.eat(";") {
            break;
        }
    }
    actions
}

fn action(tokens: &mut Tokens, evaluator: &mut Evaluator) -> Action {
    let word = tokens.word();
    match &*word {
        "merge" => Action::Merge {
            value: value(tokens, evaluator),
        },
        "raise" => Action::Raise {
            event: tokens.word().into(),
            data: in_brackets(tokens, evaluator),
        },
        "emit" => Action::Emit {
            event: tokens.word(),
            data: in_brackets(tokens, evaluator),
        },
        "send" => Action::Send(Send {
            event: tokens.word().into(),
            id: tokens.eat_word("id").then(|| tokens.word()),
            id_location: tokens.eat_word("into").then(|| location(&tokens.word())),
            target: tokens.eat_word("to").then(|| name(tokens, evaluator)),
            processor: tokens.eat_word("by").then(|| name(tokens, evaluator)),
            delay: tokens.eat_word("after").then(|| value(tokens, evaluator)),
            data: tokens.eat_word("data").then(|| value(tokens, evaluator)),
        }),
        "cancel" => Action::Cancel {
            id: tokens.word().into(),
        },
        "log" => {
            let value = value(tokens, evaluator);
            let label = tokens.eat_word("as").then(|| tokens.word());
            Action::Log { label, value }
        }
        "if" => choice(tokens, evaluator),
        "foreach" => {
            let item = tokens.word();
            let index = (!tokens.eat_word("in")).then(|| {
                let index = tokens.word();
                assert!(tokens.eat_word("in"), "a list");
                index
            });
            Action::ForEach {
                array: value(tokens, evaluator),
                item,
                index,
                body: braces(tokens, evaluator),
            }
        }
        "decide" => {
            let decision = evaluator.decision(tokens.word());
            let input = in_brackets(tokens, evaluator).expect("an input");
            tokens.expect("->");
            Action::Decide {
                decision,
                input,
                location: location(&tokens.word()),
            }
        }
        place => {
            tokens.expect("=");
            Action::Assign {
                location: location(place),
                value: value(tokens, evaluator),
            }
        }
    }
}

fn choice(tokens: &mut Tokens, evaluator: &mut Evaluator) -> Action {
    let mut branches = Vec::new();
    loop {
        branches.push(Branch {
            guard: value(tokens, evaluator),
            body: braces(tokens, evaluator),
        });
        if !tokens.eat_word("elseif") {
            break;
        }
    }
    let otherwise = match tokens.eat_word("else") {
        true => braces(tokens, evaluator),
        false => Block::new(),
    };
    Action::If {
        branches,
        otherwise,
    }
}

fn braces(tokens: &mut Tokens, evaluator: &mut Evaluator) -> Block {
    tokens.expect("{");
    let block = block(tokens, evaluator);
    tokens.expect("}");
    block
}

fn value(tokens: &mut Tokens, evaluator: &mut Evaluator) -> ExpressionIndex {
    let expression = Expression::parse(tokens);
    evaluator.expression(expression)
}

fn in_brackets(tokens: &mut Tokens, evaluator: &mut Evaluator) -> Option<ExpressionIndex> {
    tokens.eat("(").then(|| {
        let value = value(tokens, evaluator);
        tokens.expect(")");
        value
    })
}

/// A name: a text, or an expression in parentheses that works it out.
fn name(tokens: &mut Tokens, evaluator: &mut Evaluator) -> Name {
    if let Some(expression) = in_brackets(tokens, evaluator) {
        return Name::Computed(expression);
    }
    match tokens.next() {
        Some(Token::Text(text)) => Name::Fixed(text),
        _ => tokens.fail("expected a text or `(`"),
    }
}

/// `.` stands between the keys; `*` alone is all of the data.
fn location(text: &str) -> Location {
    match text {
        "*" => Location::from([]),
        _ => text.split('.').map(Into::into).collect(),
    }
}
