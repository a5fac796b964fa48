//! The engine that all plugins of a process share, and the way in for a plugin's bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::bindings::service::ServicePre;
use crate::bindings::service::exports::casewright::plugin::catalogue::Description as Said;
use crate::call::{self, CallState, Fuel};
use crate::call_error::{CallError, Reason};
use crate::code_cache::CodeCache;
use crate::component;
use crate::decision::Plugged;
use crate::description::Description;
use crate::engine;
use crate::limits::Limits;
use crate::load_error::{LoadError, LoadFailure};
use crate::logbook::LogLine;
use crate::plugin::{Compiled, Plugin};
use crate::service::{self, Services};
use crate::slots::{Share, Slots};
use crate::world::World;

/// More than the cores of a large machine: a call holds its place only while it computes.
const DEFAULT_CONCURRENT_CALLS: u32 = 64;

/// How a [`Host`] is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// What each call may use, unless `plugin_limits` says otherwise.
    pub limits: Limits,
    /// What the calls of some plugins may use instead. A plugin is named by its file, without folder and
    /// ending, as it was given to [`Host::load`]: that name is the operator's to give, while what a
    /// plugin calls itself is its own to choose.
    pub plugin_limits: BTreeMap<String, Limits>,
    /// A folder of the host's own, in which compiled code is kept from one start to the next. It is made
    /// when it is not there. Without one, every plugin is compiled whenever it is loaded.
    pub code_cache: Option<PathBuf>,
    /// How many calls of decisions run at the same time; a further one waits for a place. Those of one plugin take half
    /// of the places at most. Address space, not
    /// memory, is set aside for each: about 16 GiB, which is four memories of 4 GiB and what lies between them.
    pub concurrent_calls: u32,
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            limits: Limits::default(),
            plugin_limits: BTreeMap::new(),
            code_cache: None,
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
    pub(crate) slots: Slots,
    limits: Limits,
    plugin_limits: BTreeMap<String, Limits>,
    code_cache: Option<CodeCache>,
    linker: Linker<CallState>,
    /// Made for the first plugin of services, since most companies begin without.
    services: Mutex<Option<Arc<Services>>>,
    folder: Option<PathBuf>,
}

impl Host {
    /// Makes a host.
    ///
    /// # Errors
    ///
    /// [`HostError`] when the limits do not go together (such as more stack than the platform
    /// allows), when the system does not give the address space, or when the folder for compiled code
    /// cannot be used.
    pub fn new(config: HostConfig) -> Result<Host, HostError> {
        let failed = |error: wasmtime::Error| HostError {
            message: component::chain(error.chain()),
        };
        let concurrent_calls = config.concurrent_calls.max(1);
        let largest = engine::largest(&config.limits, config.plugin_limits.values());
        let engine = Engine::new(&engine::config(&largest, concurrent_calls)).map_err(failed)?;
        let linker = call::linker(&engine).map_err(failed)?;
        let open = |folder: &PathBuf| {
            CodeCache::open(folder, &engine).map_err(|error| HostError {
                message: format!(
                    "cannot keep compiled plugins in `{}`: {error}",
                    folder.display()
                ),
            })
        };
        let code_cache = config.code_cache.as_ref().map(open).transpose()?;
        Ok(Host(Arc::new(Shared {
            engine,
            limits: config.limits,
            plugin_limits: config.plugin_limits,
            code_cache,
            slots: Slots::new(concurrent_calls),
            linker,
            services: Mutex::new(None),
            folder: config.code_cache,
        })))
    }

    /// The limits that hold for calls of a plugin that was loaded by this name; see [`HostConfig`].
    pub fn limits(&self, name: &str) -> &Limits {
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
        self.0.limits_of(stem.unwrap_or_default())
    }

    /// The length of the largest file that is taken as a plugin, whatever its name, in bytes.
    pub fn component_bytes(&self) -> usize {
        let own = self.0.plugin_limits.values().map(|own| own.component_bytes);
        own.fold(self.0.limits.component_bytes, usize::max)
    }

    /// Takes a plugin's bytes: a component, or a core module that carries the description of its
    /// world, as `wasm32-unknown-unknown` and `wit-bindgen` make them.
    ///
    /// `name` stands for the plugin in errors until it has said its own name; the name of the file
    /// is a good one, and by it the plugin gets limits of its own. Compiling takes milliseconds for a small plugin and seconds for one that
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
        let limits = self.limits(name);
        let (bytes_of_component, world) = component::read(limits, bytes)?;
        let (compiled, said) = match world {
            World::Service => self.compile_services(name, limits, &bytes_of_component)?,
            _ => self.compile_decisions(name, limits, &bytes_of_component, world)?,
        };
        let description = Description::check(said, world)?;
        let shared = self.0.clone();
        Ok(Plugin::new(
            shared,
            description,
            digest(bytes),
            limits.clone(),
            compiled,
        ))
    }

    fn compile_decisions(
        &self,
        name: &str,
        limits: &Limits,
        bytes: &[u8],
        world: World,
    ) -> Result<(Compiled, Said), LoadFailure> {
        let cache = self.0.code_cache.as_ref();
        let component = component::compile(&self.0.engine, cache, bytes, world)?;
        let pre = self.0.linker.instantiate_pre(&component);
        let plugged = pre.and_then(|pre| Plugged::new(pre, world == World::Decision));
        let plugged = plugged.map_err(|error| world.lacks(component::chain(error.chain())))?;
        let fuel = Fuel {
            name: "describe_fuel",
            units: limits.describe_fuel,
        };
        let share = Share::default();
        let slot = self.0.slots.take(&share);
        let trace = call::run(&plugged, limits, fuel, |instance, store| {
            instance.describe(store)
        });
        drop(slot);
        let said = trace.answer;
        let said = said.map_err(|reason| not_described(name, reason, trace.logs))?;
        Ok((Compiled::Decisions(plugged), said))
    }

    fn compile_services(
        &self,
        name: &str,
        limits: &Limits,
        bytes: &[u8],
    ) -> Result<(Compiled, Said), LoadFailure> {
        let world = World::Service;
        let lacks = |error: wasmtime::Error| world.lacks(component::chain(error.chain()));
        let services = self.0.services().map_err(|error| {
            let message = component::chain(error.chain());
            not_described(name, Reason::Internal { message }, Vec::new())
        })?;
        let cache = services.code_cache.as_ref();
        let component = component::compile(&services.engine, cache, bytes, world)?;
        let pre = services.linker.instantiate_pre(&component).map_err(lacks)?;
        let pre = ServicePre::new(pre).map_err(lacks)?;
        let answered = service::describe(&services, &pre, limits);
        let said = answered.answer;
        let said = said.map_err(|reason| not_described(name, reason, answered.logs))?;
        Ok((Compiled::Services(services, pre), said))
    }
}

impl Shared {
    /// The limits of a plugin of this name.
    pub(crate) fn limits_of(&self, name: &str) -> &Limits {
        self.plugin_limits.get(name).unwrap_or(&self.limits)
    }

    /// The engine of services, which is made when it is first asked for.
    fn services(&self) -> wasmtime::Result<Arc<Services>> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(services) = &*services {
            return Ok(services.clone());
        }
        let largest = engine::largest(&self.limits, self.plugin_limits.values());
        let made = Services::new(&largest, |engine| {
            let open = |folder: &PathBuf| CodeCache::open(folder, engine);
            Ok(self.folder.as_ref().map(open).transpose()?)
        })?;
        Ok(services.insert(Arc::new(made)).clone())
    }
}

fn not_described(name: &str, reason: Reason, logs: Vec<LogLine>) -> LoadFailure {
    LoadFailure::Describe(CallError {
        plugin: name.into(),
        version: "".into(),
        function: "describe".to_owned(),
        reason: Box::new(reason),
        logs,
    })
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
