//! A plugin that can be made to break, and the same one when a record is taken again: its decisions and its services.

use std::sync::atomic::{AtomicBool, Ordering};

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::json::{from_json, to_json};
use casewright_definition::{Decide, Decision};
use casewright_runtime::{Retry, Serve, ServiceAnswer, ServiceCall, ServiceError};
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

impl Serve for Oracle {
    /// One job in seven is declined, some are answered at the third attempt, others at once: all by what is asked,
    /// so that the same run can be had again.
    fn serve(&self, call: &ServiceCall) -> Result<ServiceAnswer, ServiceError> {
        let kind = u8::from_str_radix(call.idempotency_key.get(..2).unwrap_or_default(), 16);
        let kind = kind.unwrap_or_default();
        let failed = |code: &str, retry| ServiceError {
            digest: "0".into(),
            code: code.into(),
            message: "the service has failed".into(),
            details: Value::Null,
            retry,
        };
        match (self.broken.load(Ordering::SeqCst), kind % 7) {
            (true, _) => Err(failed("broken", Retry::Later)),
            (false, 0) => Err(failed("declined", Retry::Never)),
            (false, _) if call.attempt < 3 && kind.is_multiple_of(2) => {
                Err(failed("not-yet", Retry::Later))
            }
            (false, _) => Ok(ServiceAnswer {
                digest: "0".into(),
                output: from_json(&json!({ "attempt": call.attempt })),
            }),
        }
    }
}
