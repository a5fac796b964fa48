//! A loaded plugin and the call of its functions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::bindings::service::ServicePre;
use crate::bindings::service::exports::casewright::plugin::services as contract;
use crate::call::{self, Fuel};
use crate::call_error::{CallError, Reason};
use crate::decision::{Failure, Plugged};
use crate::description::{DECISION, Description, Function, SERVICE};
use crate::grants::{self, Granted, Missing, Wanted};
use crate::host::Shared;
use crate::key_value::KeyValueSpace;
use crate::limits::Limits;
use crate::logbook::LogLine;
use crate::schema::{self, Violation};
use crate::service::{self, Answered, Attempt, Reach, Retry, Served, ServiceState, Services};
use crate::slots::Share;

/// A plugin that was loaded and checked. Cheap to clone; calls may run at the same time.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    host: Arc<Shared>,
    description: Arc<Description>,
    digest: String,
    limits: Limits,
    compiled: Arc<Compiled>,
    /// What its services may reach; nothing before that is said.
    reach: Option<Arc<Reach>>,
    concurrency: u32,
    /// What its calls hold of the host's places.
    share: Arc<Share>,
}

/// A plugin's code, its imports in place.
pub(crate) enum Compiled {
    Decisions(Plugged),
    Services(Arc<Services>, ServicePre<ServiceState>),
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
        compiled: Compiled,
    ) -> Self {
        Plugin(Arc::new(Loaded {
            host,
            description: Arc::new(description),
            digest,
            limits,
            compiled: Arc::new(compiled),
            reach: None,
            concurrency: 1,
            share: Arc::default(),
        }))
    }

    /// The same plugin with what its services may reach: what it asks for, as far as the operator grants it. What it
    /// remembers is kept in `space`, which is the plugin's own.
    ///
    /// # Errors
    ///
    /// [`Missing`] when it asks for something that is not granted.
    pub fn granted(
        self,
        granted: &Granted,
        space: Arc<dyn KeyValueSpace>,
    ) -> Result<Plugin, Missing> {
        let capabilities = grants::missing(self.wanted(), granted);
        if !capabilities.is_empty() {
            let plugin = self.name().to_owned();
            return Err(Missing {
                plugin,
                capabilities,
            });
        }
        let loaded = &*self.0;
        Ok(Plugin(Arc::new(Loaded {
            host: loaded.host.clone(),
            description: loaded.description.clone(),
            digest: loaded.digest.clone(),
            limits: granted.limits.over(loaded.host.limits_of(self.name())),
            compiled: loaded.compiled.clone(),
            reach: Some(Arc::new(Reach::new(self.wanted(), granted, space))),
            concurrency: granted.concurrency(),
            share: loaded.share.clone(),
        })))
    }

    /// What its services want to reach.
    pub fn wanted(&self) -> &Wanted {
        &self.0.description.wanted
    }

    /// How many calls of its services are to run at a time, as the operator says; the host does not count them.
    pub fn concurrency(&self) -> u32 {
        self.0.concurrency
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
    /// as the host has places for, or half as many of this plugin, it waits for a place.
    ///
    /// # Errors
    ///
    /// A [`CallError`] that says why there is no answer; the input is checked against the function's
    /// schema before the plugin is run, the output after it.
    pub fn decide(&self, function: &str, input: &str) -> Result<Decision, CallError> {
        let function = self.of_kind(function, DECISION)?;
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
        let function = self.of_kind(function, DECISION)?;
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
        let slot = self.0.host.slots.take(&self.0.share);
        let fuel = Fuel {
            name: "fuel",
            units: self.0.limits.fuel,
        };
        let Some(plugged) = self.plugged() else {
            return Err(self.unknown(at, DECISION));
        };
        let trace = call::run(plugged, &self.0.limits, fuel, |instance, store| {
            instance.decide(store, at, input)
        });
        drop(slot);

        let answer = trace.answer.map_err(Box::new);
        let answered = answer.and_then(|answer| match answer {
            Ok(output) => match function.output.check(&output) {
                Ok(value) => Ok((output, value)),
                Err(violations) => Err(Box::new(Reason::InvalidOutput { violations })),
            },
            Err(failure) => Err(Box::new(failed(failure))),
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

    /// Calls the service `function` with `input`, and waits for its answer. That may take as long as the limit `deadline_ms`,
    /// and longer while as many calls run as the host has places for.
    ///
    /// A call may have had its effect although it gives no answer: whoever calls it again gives it the same
    /// [`Attempt::key`].
    ///
    /// # Errors
    ///
    /// A [`CallError`] that says why there is no answer, and [whether another attempt is worth it](CallError::retry).
    pub fn serve(
        &self,
        function: &str,
        input: &Value,
        attempt: &Attempt,
    ) -> Result<Served, CallError> {
        let function = self.of_kind(function, SERVICE)?;
        let at = &function.name;
        let invalid = |violations| self.error(at, Reason::InvalidInput { violations }, Vec::new());
        let text = schema::text(input).map_err(invalid)?;
        self.check_length(function, text.len())?;
        let checked = function.input.check_value(input, text.len());
        checked.map_err(invalid)?;
        let (Compiled::Services(services, pre), Some(reach)) = (&*self.0.compiled, &self.0.reach)
        else {
            return Err(self.error(at, Reason::NotGranted, Vec::new()));
        };
        let question = (at.as_str(), text.as_str(), attempt);
        let answered = service::serve(
            (&**services, &*self.0.share),
            pre,
            &self.0.limits,
            reach,
            question,
        );
        self.served(function, reach, answered)
    }

    /// The answer without secrets, if it is one.
    fn served(
        &self,
        function: &Function,
        reach: &Reach,
        answered: Answered<Result<String, contract::Failure>>,
    ) -> Result<Served, CallError> {
        let mut logs = answered.logs;
        let answer = answered.answer.map_err(Box::new);
        let answer = answer.and_then(|answer| {
            let output = answer.map_err(|failure| Box::new(declined(failure, reach)))?;
            let (output, redacted) = reach.redaction().json(output);
            if redacted {
                logs.push(LogLine {
                    level: "warn".to_owned(),
                    message: "the output held a secret, which was taken out".to_owned(),
                });
            }
            let checked = function.output.check(&output);
            let invalid = |violations| Box::new(Reason::InvalidOutput { violations });
            let value = checked.map_err(invalid)?;
            Ok((output, value))
        });
        match answer {
            Ok((output, value)) => Ok(Served {
                output,
                value,
                logs,
                refusals: answered.refusals,
                memory_bytes: answered.memory_bytes,
                http_requests: answered.http_requests,
            }),
            Err(reason) => Err(self.error(&function.name, reason, logs)),
        }
    }

    pub(crate) fn plugged(&self) -> Option<&Plugged> {
        match &*self.0.compiled {
            Compiled::Decisions(plugged) => Some(plugged),
            Compiled::Services(..) => None,
        }
    }

    fn of_kind(&self, name: &str, kind: &'static str) -> Result<&Function, CallError> {
        let function = self.function(name);
        let function = function.filter(|function| function.kind == kind);
        function.ok_or_else(|| self.unknown(name, kind))
    }

    fn unknown(&self, name: &str, kind: &'static str) -> CallError {
        let functions = self.functions().iter();
        let known = functions.filter(|function| function.kind == kind);
        let known = known.map(|function| function.name.clone()).collect();
        self.error(name, Reason::UnknownFunction { kind, known }, Vec::new())
    }

    fn error(
        &self,
        function: &str,
        reason: impl Into<Box<Reason>>,
        logs: Vec<LogLine>,
    ) -> CallError {
        CallError {
            plugin: self.0.description.name.clone(),
            version: self.0.description.version.clone(),
            function: function.to_owned(),
            reason: reason.into(),
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

/// A decision that declines.
fn failed(failure: Failure) -> Reason {
    Reason::Failed {
        code: failure.code,
        message: failure.message,
        details: details(failure.details),
        retry: None,
    }
}

/// A service that declines, without the values of secrets.
fn declined(failure: contract::Failure, reach: &Reach) -> Reason {
    let redaction = reach.redaction();
    let mut details = details(failure.details);
    redaction.value(&mut details);
    let retry = match failure.try_again_after_ms {
        Some(after_ms) => Retry::After(Duration::from_millis(after_ms)),
        None => Retry::Whenever,
    };
    Reason::Failed {
        code: redaction.text(failure.code),
        message: redaction.text(failure.message),
        details,
        retry: failure.try_again.then_some(retry),
    }
}

/// Details that are not JSON are still worth showing: they are kept as a string.
fn details(text: String) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
