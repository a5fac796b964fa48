//! The plugins at hand, as deciders.

use std::collections::BTreeMap;
use std::sync::Arc;

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::json::{from_json, to_json};
use casewright_definition::{Decide, Decision, FunctionSchemas, Functions};
use casewright_host::{CallError, Plugin};

/// Loaded plugins, by name.
#[derive(Clone, Default)]
pub struct Plugins {
    by_name: BTreeMap<Arc<str>, Plugin>,
}

impl Plugins {
    /// The given plugins. Of two with one name the later counts.
    pub fn new(plugins: impl IntoIterator<Item = Plugin>) -> Self {
        let named = |plugin: Plugin| (Arc::from(plugin.name()), plugin);
        Plugins {
            by_name: plugins.into_iter().map(named).collect(),
        }
    }

    /// What they can do, for checking workflows.
    pub fn functions(&self) -> Functions {
        let of = |plugin: &Plugin| {
            let name = plugin.name().to_owned();
            let functions: Vec<_> = plugin
                .functions()
                .iter()
                .map(|function| {
                    let schemas = FunctionSchemas {
                        input: function.input_schema.clone(),
                        output: function.output_schema.clone(),
                    };
                    (format!("{name}.{}", function.name), schemas)
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
            return Err(DecisionError {
                plugin: decision.plugin.clone(),
                function: decision.function.clone(),
                code: "unknown-plugin".into(),
                limit: None,
                message: format!("no plugin is called `{}`", decision.plugin).into(),
            });
        };
        let answer = plugin.decide(&decision.function, &to_json(input).to_string());
        let answer = answer.map_err(|error| failed(decision, &error))?;
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: plugin.digest().into(),
            output: from_json(&answer.value),
        })
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
