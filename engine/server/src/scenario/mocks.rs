//! Plugins of which some functions answer what a scenario says.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_case::Served;
use casewright_chart::{Answer, DecisionError, Returned, Value};
use casewright_definition::json::from_json;
use casewright_definition::{Decide, Decision};
use casewright_runtime::Plugins;
use indexmap::IndexMap;

use super::file::{Failure, Mocked, Reply};

/// What stands in the journal in place of a plugin's digest.
const DIGEST: &str = "mocked";

/// Who answers in a run: decisions at once, and services as soon as the step that started them is through.
pub trait Answers: Decide {
    /// What a service comes back with; none when it runs until the script says so.
    fn serve(&self, function: &Decision) -> Option<Returned>;
}

/// Outside the server no service is run: it would reach the world.
impl Answers for Plugins {
    fn serve(&self, _: &Decision) -> Option<Returned> {
        None
    }
}

/// Answers as a scenario says, and else as the plugins do. One for each run: it counts the calls, also
/// those of steps that are refused in the end.
pub struct Mocks<'a> {
    real: &'a dyn Decide,
    replies: BTreeMap<&'a str, Replies<'a>>,
}

struct Replies<'a> {
    all: &'a [Reply],
    /// How many calls there were.
    calls: Cell<usize>,
}

impl<'a> Mocks<'a> {
    /// The given answers, and everything else from `real`.
    pub fn new(mocked: &'a IndexMap<String, Mocked>, real: &'a dyn Decide) -> Self {
        let replies = mocked.iter().filter_map(|(function, mocked)| {
            let all = match mocked {
                Mocked::Real => return None,
                Mocked::Always(reply) => std::slice::from_ref(reply),
                Mocked::InTurn(replies) => replies,
            };
            let calls = Cell::new(0);
            Some((function.as_str(), Replies { all, calls }))
        });
        Mocks {
            real,
            replies: replies.collect(),
        }
    }

    /// The answer to the next call of a function; none when the scenario says nothing of it.
    fn reply(&self, function: &Decision) -> Option<&Reply> {
        let function = name(function);
        self.replies.get(&*function).and_then(Replies::next)
    }
}

impl Replies<'_> {
    /// The answer to the next call.
    fn next(&self) -> Option<&Reply> {
        let call = self.calls.replace(self.calls.get() + 1);
        self.all.get(call).or(self.all.last())
    }
}

impl Decide for Mocks<'_> {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        match self.reply(decision) {
            None => self.real.decide(decision, input),
            Some(Reply::Returns(output)) => Ok(Answer {
                function: name(decision),
                digest: DIGEST.into(),
                output: from_json(output),
            }),
            Some(Reply::Fails(failure)) => Err(DecisionError {
                plugin: decision.plugin.clone(),
                function: decision.function.clone(),
                code: failure.code.as_str().into(),
                limit: None,
                message: failure.message.as_str().into(),
            }),
        }
    }
}

impl Answers for Mocks<'_> {
    fn serve(&self, function: &Decision) -> Option<Returned> {
        self.reply(function).map(returned)
    }
}

/// What a service comes back with.
pub fn returned(reply: &Reply) -> Returned {
    match reply {
        Reply::Returns(output) => Returned::Done(from_json(output)),
        Reply::Fails(failure) => Returned::Failed(why(failure)),
    }
}

/// What a service came to, as the journal has it.
pub(super) fn served(function: &Decision, returned: Returned) -> Served {
    Served {
        function: name(function),
        digest: DIGEST.into(),
        returned,
    }
}

/// Why a service has failed, as its event carries it.
fn why(failure: &Failure) -> Value {
    let details = failure.details.as_ref().map(from_json);
    Value::map([
        ("code", Value::from(failure.code.as_str())),
        ("message", Value::from(failure.message.as_str())),
        ("details", details.unwrap_or_default()),
    ])
}

/// `plugin.function`.
fn name(function: &Decision) -> Arc<str> {
    format!("{}.{}", function.plugin, function.function).into()
}
