//! Plugins of decisions by each version of the contract, in the words of the newest.

use wasmtime::component::InstancePre;
use wasmtime::{Engine, Store};

use crate::bindings::{service, v0_1_0, v0_2_0};
use crate::call::CallState;

use service::exports::casewright::plugin::catalogue;
use v0_1_0::exports::casewright::plugin as previous;
use v0_2_0::exports::casewright::plugin as current;

/// Why a decision declines to answer: the same in both versions.
pub(crate) use current::decisions::Failure;

/// A compiled plugin whose imports are in place.
pub(crate) enum Plugged {
    /// By version 0.1.0.
    Previous(v0_1_0::DecisionPre<CallState>),
    /// By version 0.2.0.
    Current(v0_2_0::DecisionPre<CallState>),
}

/// An instance of one.
pub(crate) enum Instance {
    Previous(v0_1_0::Decision),
    Current(v0_2_0::Decision),
}

impl Plugged {
    /// By version 0.2.0 if `current` says so, else by version 0.1.0.
    pub(crate) fn new(pre: InstancePre<CallState>, current: bool) -> wasmtime::Result<Plugged> {
        match current {
            true => v0_2_0::DecisionPre::new(pre).map(Plugged::Current),
            false => v0_1_0::DecisionPre::new(pre).map(Plugged::Previous),
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        match self {
            Plugged::Previous(pre) => pre.engine(),
            Plugged::Current(pre) => pre.engine(),
        }
    }

    pub(crate) fn instantiate(&self, store: &mut Store<CallState>) -> wasmtime::Result<Instance> {
        match self {
            Plugged::Previous(pre) => pre.instantiate(store).map(Instance::Previous),
            Plugged::Current(pre) => pre.instantiate(store).map(Instance::Current),
        }
    }
}

impl Instance {
    pub(crate) fn describe(
        &self,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<catalogue::Description> {
        match self {
            Instance::Previous(instance) => {
                let said = instance
                    .casewright_plugin_catalogue()
                    .call_describe(store)?;
                Ok(from_previous(said))
            }
            Instance::Current(instance) => {
                let said = instance
                    .casewright_plugin_catalogue()
                    .call_describe(store)?;
                Ok(from_current(said))
            }
        }
    }

    pub(crate) fn decide(
        &self,
        store: &mut Store<CallState>,
        function: &str,
        input: &str,
    ) -> wasmtime::Result<Result<String, Failure>> {
        match self {
            Instance::Previous(instance) => {
                let decisions = instance.casewright_plugin_decisions();
                let answer = decisions.call_decide(store, function, input)?;
                Ok(answer.map_err(|failure| Failure {
                    code: failure.code,
                    message: failure.message,
                    details: failure.details,
                }))
            }
            Instance::Current(instance) => {
                let decisions = instance.casewright_plugin_decisions();
                decisions.call_decide(store, function, input)
            }
        }
    }
}

/// Version 0.1.0 has no capabilities.
fn from_previous(said: previous::catalogue::Description) -> catalogue::Description {
    let functions = said.functions.into_iter();
    let functions = functions.map(|function| catalogue::Function {
        name: function.name,
        kind: function.kind,
        title: function.title,
        description: function.description,
        input_schema: function.input_schema,
        output_schema: function.output_schema,
        extensions: function.extensions,
    });
    catalogue::Description {
        name: said.name,
        version: said.version,
        functions: functions.collect(),
        capabilities: Vec::new(),
        extensions: said.extensions,
    }
}

/// The worlds of one version have the same types, but not in Rust.
fn from_current(said: current::catalogue::Description) -> catalogue::Description {
    let functions = said.functions.into_iter();
    let functions = functions.map(|function| catalogue::Function {
        name: function.name,
        kind: function.kind,
        title: function.title,
        description: function.description,
        input_schema: function.input_schema,
        output_schema: function.output_schema,
        extensions: function.extensions,
    });
    let capabilities = said.capabilities.into_iter();
    let capabilities = capabilities.map(|capability| catalogue::Capability {
        kind: capability.kind,
        name: capability.name,
        reason: capability.reason,
        extensions: capability.extensions,
    });
    catalogue::Description {
        name: said.name,
        version: said.version,
        functions: functions.collect(),
        capabilities: capabilities.collect(),
        extensions: said.extensions,
    }
}
