//! The plugins at hand, as deciders.

use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::diagnostic::Diagnostic;
use casewright_definition::json::{from_json, to_json};
use casewright_definition::{Decide, Decision, FunctionKind, FunctionSchemas, Functions};
use casewright_host::{Attempt, CallError, DECISION, LogLine, Plugin, Reason, SERVICE};

use crate::services::{Retry, Serve, ServiceAnswer, ServiceCall, ServiceError};
use crate::space::Spaces;

/// Why a plugin was not taken in place of another.
#[derive(Debug)]
pub enum NotTaken<E> {
    /// The one in use, or that there is none, is not as was wanted.
    Unwanted(Option<Plugin>),
    /// Current workflows cannot do with it: the id of each, and what is wrong with it.
    Misfits(Vec<(Arc<str>, Diagnostic)>),
    /// It could not be kept for the next start.
    NotKept(E),
}

/// Answers nothing: for where no decision is asked.
pub(crate) struct Nobody;

impl Decide for Nobody {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        Err(unknown(decision))
    }
}

/// Loaded plugins, by name.
#[derive(Clone, Default)]
pub struct Plugins {
    by_name: BTreeMap<Arc<str>, Plugin>,
    spaces: Spaces,
}

impl Plugins {
    /// The given plugins. Of two with one name the later counts.
    pub fn new(plugins: impl IntoIterator<Item = Plugin>) -> Self {
        let named = |plugin: Plugin| (Arc::from(plugin.name()), plugin);
        Plugins {
            by_name: plugins.into_iter().map(named).collect(),
            spaces: Spaces::default(),
        }
    }

    /// These, and where their services remember things: in the store of the runtime that they are given to.
    pub fn with_spaces(self, spaces: Spaces) -> Self {
        Plugins { spaces, ..self }
    }

    pub(crate) fn spaces(&self) -> &Spaces {
        &self.spaces
    }

    /// These, and one more in place of that with its name.
    pub fn with(&self, plugin: Plugin) -> Self {
        Plugins::new(self.iter().cloned().chain([plugin])).with_spaces(self.spaces.clone())
    }

    /// The one with a name.
    pub fn get(&self, name: &str) -> Option<&Plugin> {
        self.by_name.get(name)
    }

    /// What they can do, for checking workflows.
    pub fn functions(&self) -> Functions {
        let of = |plugin: &Plugin| {
            let name = plugin.name().to_owned();
            let functions: Vec<_> = plugin
                .functions()
                .iter()
                .filter_map(|function| {
                    let schemas = FunctionSchemas {
                        kind: kind(&function.kind)?,
                        input: function.input_schema.clone(),
                        output: function.output_schema.clone(),
                    };
                    Some((format!("{name}.{}", function.name), schemas))
                })
                .collect();
            functions
        };
        self.by_name.values().flat_map(of).collect()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Plugin> {
        self.by_name.values()
    }
}

impl Decide for Plugins {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        let Some(plugin) = self.by_name.get(&decision.plugin) else {
            return Err(unknown(decision));
        };
        let answer = plugin.decide_value(&decision.function, &to_json(input));
        let answer = answer.map_err(|error| failed(decision, &error))?;
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: plugin.digest().into(),
            output: from_json(&answer.value),
        })
    }
}

impl Serve for Plugins {
    fn serve(&self, call: &ServiceCall) -> Result<ServiceAnswer, ServiceError> {
        let Some(plugin) = self.by_name.get(&*call.plugin) else {
            return Err(ServiceError {
                digest: "".into(),
                code: UNKNOWN_PLUGIN.into(),
                message: no_plugin(&call.plugin).into(),
                details: Value::Null,
                // It may be applied yet.
                retry: Retry::Later,
            });
        };
        let attempt = Attempt {
            key: call.idempotency_key.clone(),
            number: call.attempt,
            case: call.case.clone(),
        };
        let (case, function) = (&call.case, &call.function);
        let name = plugin.name();
        let note = |logs: &[LogLine]| {
            for LogLine { level, message } in logs {
                tracing::info!(
                    case,
                    plugin = name,
                    function,
                    level,
                    message,
                    "a service says"
                );
            }
        };
        match plugin.serve(&call.function, &to_json(&call.input), &attempt) {
            Ok(served) => {
                note(&served.logs);
                Ok(ServiceAnswer {
                    digest: plugin.digest().into(),
                    output: from_json(&served.value),
                })
            }
            Err(error) => {
                note(&error.logs);
                Err(not_served(plugin, &error))
            }
        }
    }

    fn concurrency(&self, plugin: &str) -> usize {
        let plugin = self.by_name.get(plugin);
        plugin.map_or(1, |plugin| plugin.concurrency() as usize)
    }
}

/// A failure as the plugin itself says it, or what came in its way.
fn not_served(plugin: &Plugin, error: &CallError) -> ServiceError {
    let (code, message, details) = match &*error.reason {
        Reason::Failed {
            code,
            message,
            details,
            ..
        } => (code.as_str(), message.clone(), from_json(details)),
        _ => (error.code(), error.to_string(), Value::Null),
    };
    ServiceError {
        digest: plugin.digest().into(),
        code: code.into(),
        message: message.into(),
        details,
        retry: match (error.retry(), &*error.reason) {
            (Some(casewright_host::Retry::Whenever), _) => Retry::Later,
            (Some(casewright_host::Retry::After(after)), _) => Retry::After(after),
            // An operator may grant it yet.
            (None, Reason::NotGranted) => Retry::Later,
            (None, _) => Retry::Never,
        },
    }
}

/// How functions of a kind may be called; none when they may not.
fn kind(kind: &str) -> Option<FunctionKind> {
    match kind {
        DECISION => Some(FunctionKind::Decision),
        SERVICE => Some(FunctionKind::Service),
        _ => None,
    }
}

const UNKNOWN_PLUGIN: &str = "unknown-plugin";

fn no_plugin(name: &str) -> String {
    format!("no plugin is called `{name}`")
}

fn unknown(decision: &Decision) -> DecisionError {
    DecisionError {
        plugin: decision.plugin.clone(),
        function: decision.function.clone(),
        code: UNKNOWN_PLUGIN.into(),
        limit: None,
        message: no_plugin(&decision.plugin).into(),
    }
}

fn failed(decision: &Decision, error: &CallError) -> DecisionError {
    DecisionError {
        plugin: decision.plugin.clone(),
        function: decision.function.clone(),
        code: error.code().into(),
        limit: error.limit().map(|(name, figure)| (name.into(), figure)),
        message: error.to_string().into(),
    }
}
