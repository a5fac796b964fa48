//! A call of one function while a plugin is tried out.

use casewright_host::{Attempt, CallError, LogLine, Plugin, SERVICE};
use serde_json::Value;

/// What a function answered, of whatever kind it is.
pub(super) struct Answer {
    pub(super) value: Value,
    pub(super) logs: Vec<LogLine>,
    /// Of a decision.
    pub(super) fuel: Option<u64>,
    pub(super) memory_bytes: u64,
}

/// Asks a function: a decision, or a service for the first time.
pub(super) fn ask(plugin: &Plugin, function: &str, input: &str) -> Result<Answer, CallError> {
    let known = plugin.function(function);
    if known.is_none_or(|known| known.kind != SERVICE) {
        let decision = plugin.decide(function, input)?;
        return Ok(Answer {
            value: decision.value,
            logs: decision.logs,
            fuel: Some(decision.fuel_used),
            memory_bytes: decision.memory_bytes,
        });
    }
    let attempt = Attempt {
        key: "casewright-plugin".to_owned(),
        number: 1,
        case: "none".to_owned(),
    };
    // What is no JSON is a text, which no function takes.
    let input = serde_json::from_str(input).unwrap_or_else(|_| Value::from(input));
    let served = plugin.serve(function, &input, &attempt)?;
    Ok(Answer {
        value: served.value,
        logs: served.logs,
        fuel: None,
        memory_bytes: served.memory_bytes,
    })
}
