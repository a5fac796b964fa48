//! Plugins of which some functions answer what a scenario says.

use std::cell::Cell;
use std::collections::BTreeMap;

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::json::from_json;
use casewright_definition::{Decide, Decision};
use indexmap::IndexMap;

use super::file::{Mocked, Reply};

/// What stands in the journal in place of a plugin's digest.
const DIGEST: &str = "mocked";

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
        let function = format!("{}.{}", decision.plugin, decision.function);
        let replies = self.replies.get(function.as_str());
        match replies.and_then(Replies::next) {
            None => self.real.decide(decision, input),
            Some(Reply::Returns(output)) => Ok(Answer {
                function: function.into(),
                digest: DIGEST.into(),
                output: from_json(output),
            }),
            Some(Reply::Fails(message)) => Err(DecisionError {
                plugin: decision.plugin.clone(),
                function: decision.function.clone(),
                code: "failed".into(),
                limit: None,
                message: message.as_str().into(),
            }),
        }
    }
}
