//! A loaded plugin and the call of its functions.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::bindings::DecisionPre;
use crate::bindings::exports::casewright::plugin::decisions::Failure;
use crate::call::{self, CallState, Fuel};
use crate::call_error::{CallError, Reason};
use crate::description::{DECISION, Description, Function};
use crate::host::Shared;
use crate::limits::Limits;
use crate::logbook::LogLine;
use crate::schema::{self, Violation};

/// A plugin that was loaded and checked. Cheap to clone; calls may run at the same time.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    host: Arc<Shared>,
    description: Description,
    digest: String,
    limits: Limits,
    pre: DecisionPre<CallState>,
}

/// The answer of a decision.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// The answer as the plugin wrote it: JSON text that fits the output schema.
    pub output: String,
    /// The same, parsed.
    pub value: Value,
    /// What the plugin logged, in order.
    pub logs: Vec<LogLine>,
    /// Work, in units of fuel: the same for the same input and plugin.
    pub fuel_used: u64,
    /// The most memory that the call had, in bytes.
    pub memory_bytes: u64,
}

impl Plugin {
    pub(crate) fn new(
        host: Arc<Shared>,
        description: Description,
        digest: String,
        limits: Limits,
        pre: DecisionPre<CallState>,
    ) -> Self {
        Plugin(Arc::new(Loaded {
            host,
            description,
            digest,
            limits,
            pre,
        }))
    }

    /// The plugin's name, by which workflows call it.
    pub fn name(&self) -> &str {
        &self.0.description.name
    }

    /// The plugin's own version.
    pub fn version(&self) -> &str {
        &self.0.description.version
    }

    /// SHA-256 of the bytes that were loaded, in lower-case hexadecimal.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// The limits that hold for its calls.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The functions, in the plugin's own order.
    pub fn functions(&self) -> &[Function] {
        &self.0.description.functions
    }

    /// What the plugin says beyond this version of the contract: a JSON object.
    pub fn extensions(&self) -> &Value {
        &self.0.description.extensions
    }

    /// The function of this name, of whatever kind.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions()
            .iter()
            .find(|function| function.name == name)
    }

    /// Asks the decision `function` about `input`, JSON text.
    ///
    /// Runs on the calling thread until there is an answer or a limit is met. When as many calls run
    /// as the host has places for, it waits for a place.
    ///
    /// # Errors
    ///
    /// A [`CallError`] that says why there is no answer; the input is checked against the function's
    /// schema before the plugin is run, the output after it.
    pub fn decide(&self, function: &str, input: &str) -> Result<Decision, CallError> {
        let function = self.decision(function)?;
        self.check_length(function, input.len())?;
        let checked = function.input.check(input);
        self.call(function, input, checked.map(drop))
    }

    /// As [`Plugin::decide`], for an input that is at hand as a value, which then need not be read.
    ///
    /// # Errors
    ///
    /// As [`Plugin::decide`].
    pub fn decide_value(&self, function: &str, input: &Value) -> Result<Decision, CallError> {
        let function = self.decision(function)?;
        let text = schema::text(input).map_err(|violations| {
            let reason = Reason::InvalidInput { violations };
            self.error(&function.name, reason, Vec::new())
        })?;
        self.check_length(function, text.len())?;
        let checked = function.input.check_value(input, text.len());
        self.call(function, &text, checked)
    }

    fn check_length(&self, function: &Function, found: usize) -> Result<(), CallError> {
        let limit = self.0.limits.input_bytes;
        if found <= limit {
            return Ok(());
        }
        let reason = Reason::InputTooLarge {
            found: found as u64,
            limit: limit as u64,
        };
        Err(self.error(&function.name, reason, Vec::new()))
    }

    /// Calls a function with an input that was checked, and checks its output.
    fn call(
        &self,
        function: &Function,
        input: &str,
        checked: Result<(), Vec<Violation>>,
    ) -> Result<Decision, CallError> {
        let at = &function.name;
        checked.map_err(|violations| {
            self.error(at, Reason::InvalidInput { violations }, Vec::new())
        })?;
        let slot = self.0.host.slots.take();
        let fuel = Fuel {
            name: "fuel",
            units: self.0.limits.fuel,
        };
        let trace = call::run(&self.0.pre, &self.0.limits, fuel, |instance, store| {
            instance
                .casewright_plugin_decisions()
                .call_decide(store, at, input)
        });
        drop(slot);

        let answered = trace.answer.and_then(|answer| match answer {
            Ok(output) => match function.output.check(&output) {
                Ok(value) => Ok((output, value)),
                Err(violations) => Err(Reason::InvalidOutput { violations }),
            },
            Err(failure) => Err(failed(failure)),
        });
        match answered {
            Ok((output, value)) => Ok(Decision {
                output,
                value,
                logs: trace.logs,
                fuel_used: trace.fuel_used,
                memory_bytes: trace.memory_bytes,
            }),
            Err(reason) => Err(self.error(at, reason, trace.logs)),
        }
    }

    pub(crate) fn pre(&self) -> &DecisionPre<CallState> {
        &self.0.pre
    }

    fn decision(&self, name: &str) -> Result<&Function, CallError> {
        let is_decision = |function: &&Function| function.kind == DECISION;
        self.function(name).filter(is_decision).ok_or_else(|| {
            let decisions = self.functions().iter().filter(is_decision);
            let known = decisions.map(|function| function.name.clone()).collect();
            self.error(name, Reason::UnknownFunction { known }, Vec::new())
        })
    }

    fn error(&self, function: &str, reason: Reason, logs: Vec<LogLine>) -> CallError {
        CallError {
            plugin: self.0.description.name.clone(),
            version: self.0.description.version.clone(),
            function: function.to_owned(),
            reason: Box::new(reason),
            logs,
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("version", &self.version())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

/// Details that are not JSON are still worth showing: they are kept as a string.
fn failed(failure: Failure) -> Reason {
    let details = if failure.details.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&failure.details).unwrap_or(Value::String(failure.details))
    };
    Reason::Failed {
        code: failure.code,
        message: failure.message,
        details,
    }
}
