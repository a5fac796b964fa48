//! The engine that all plugins of a process share, and the way in for a plugin's bytes.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings::DecisionPre;
use crate::bindings::exports::casewright::plugin::catalogue;
use crate::call::{self, CallState};
use crate::call_error::CallError;
use crate::component;
use crate::description::Description;
use crate::limits::Limits;
use crate::load_error::{LoadError, LoadFailure};
use crate::meter::{MAX_INSTANCES, MAX_MEMORIES, MAX_TABLES};
use crate::plugin::Plugin;
use crate::slots::Slots;

/// More than the cores of a large machine: a call holds its place only while it computes.
const DEFAULT_CONCURRENT_CALLS: u32 = 64;

/// Memory of a finished call that is zeroed by hand instead of being given back to the system:
/// what a small guest touches, so that the next call takes no page faults.
const KEEP_RESIDENT_BYTES: usize = 128 << 10;

/// How a [`Host`] is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// What each call may use.
    pub limits: Limits,
    /// How many calls run at the same time; a further one waits for a place. Address space, not
    /// memory, is set aside for each: about 9 GiB.
    pub concurrent_calls: u32,
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            limits: Limits::default(),
            concurrent_calls: DEFAULT_CONCURRENT_CALLS,
        }
    }
}

/// A host that could not be made, such as for want of address space.
#[derive(Debug, thiserror::Error)]
#[error("the plugin host cannot start: {message}")]
pub struct HostError {
    message: String,
}

/// Loads plugins. Cheap to clone, and shared freely between threads.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

/// What a host and its plugins share.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) slots: Slots,
    linker: Linker<CallState>,
}

impl Host {
    /// Makes a host.
    ///
    /// # Errors
    ///
    /// [`HostError`] when the limits do not go together (such as more stack than the platform
    /// allows), or when the system does not give the address space.
    pub fn new(config: HostConfig) -> Result<Host, HostError> {
        let failed = |error: wasmtime::Error| HostError {
            message: component::chain(error.chain()),
        };
        let concurrent_calls = config.concurrent_calls.max(1);
        let engine =
            Engine::new(&engine_config(&config.limits, concurrent_calls)).map_err(failed)?;
        let linker = call::linker(&engine).map_err(failed)?;
        Ok(Host(Arc::new(Shared {
            engine,
            limits: config.limits,
            slots: Slots::new(concurrent_calls),
            linker,
        })))
    }

    /// The limits that hold for every call.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Takes a plugin's bytes: a component, or a core module that carries the description of its
    /// world, as `wasm32-unknown-unknown` and `wit-bindgen` make them.
    ///
    /// `name` stands for the plugin in errors until it has said its own name; the name of the file
    /// is a good one. Compiling takes milliseconds for a small plugin and seconds for one that
    /// carries a language runtime.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] that says why the bytes are not taken as a plugin.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Plugin, LoadError> {
        self.admit(name, bytes).map_err(|failure| LoadError {
            name: name.to_owned(),
            failure,
        })
    }

    fn admit(&self, name: &str, bytes: &[u8]) -> Result<Plugin, LoadFailure> {
        let component = component::compile(&self.0.engine, &self.0.limits, bytes)?;
        let wrong_world = |error: wasmtime::Error| LoadFailure::WrongWorld {
            message: component::chain(error.chain()),
        };
        let pre = self
            .0
            .linker
            .instantiate_pre(&component)
            .map_err(wrong_world)?;
        let pre = DecisionPre::new(pre).map_err(wrong_world)?;
        let description = Description::check(self.describe(name, &pre)?)?;
        Ok(Plugin::new(self.0.clone(), description, digest(bytes), pre))
    }

    fn describe(
        &self,
        name: &str,
        pre: &DecisionPre<CallState>,
    ) -> Result<catalogue::Description, LoadFailure> {
        let slot = self.0.slots.take();
        let trace = call::run(pre, &self.0.limits, |instance, store| {
            instance.casewright_plugin_catalogue().call_describe(store)
        });
        drop(slot);
        trace.answer.map_err(|reason| {
            LoadFailure::Describe(CallError {
                plugin: name.into(),
                version: "".into(),
                function: "describe".to_owned(),
                reason: Box::new(reason),
                logs: trace.logs,
            })
        })
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

fn engine_config(limits: &Limits, concurrent_calls: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(concurrent_calls)
        .total_core_instances(concurrent_calls.saturating_mul(MAX_INSTANCES as u32))
        .total_memories(concurrent_calls.saturating_mul(MAX_MEMORIES as u32))
        .total_tables(concurrent_calls.saturating_mul(MAX_TABLES as u32))
        .max_core_instances_per_component(MAX_INSTANCES as u32)
        .max_memories_per_component(MAX_MEMORIES as u32)
        .max_tables_per_component(MAX_TABLES as u32)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .max_wasm_stack(limits.stack_bytes)
        // Determinism: work is counted instead of timed, and no instruction may differ by machine.
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .relaxed_simd_deterministic(true);
    config
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
