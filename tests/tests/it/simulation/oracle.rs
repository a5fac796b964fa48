//! A plugin that can be made to break, and the same one when a record is taken again.

use std::sync::atomic::{AtomicBool, Ordering};

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::json::{from_json, to_json};
use casewright_definition::{Decide, Decision};
use serde_json::json;

/// Answers by what it is asked, unless it is broken.
#[derive(Default)]
pub(crate) struct Oracle {
    broken: AtomicBool,
}

impl Oracle {
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

impl Decide for Oracle {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(DecisionError {
                plugin: decision.plugin.clone(),
                function: decision.function.clone(),
                code: "trap".into(),
                limit: None,
                message: "the plugin broke".into(),
            });
        }
        let length = to_json(input).to_string().len();
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: "0".into(),
            output: from_json(&json!({ "length": length })),
        })
    }
}
