//! The sandbox that runs plugins: WebAssembly components under limits.
//!
//! A plugin is a file of bytes that nobody has to trust. [`Host::load`] turns it into a [`Plugin`]:
//! it refuses what is no plugin or asks for more than logging, asks the plugin to describe itself,
//! and compiles the JSON Schemas that it declares. [`Plugin::decide`] then calls one function:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/dist/complaint-routing.wasm"))?;
//! use casewright_host::{Host, HostConfig};
//!
//! let host = Host::new(HostConfig::default())?;
//! let plugin = host.load("complaint-routing.wasm", &bytes)?;
//! let decision = plugin.decide(
//!     "route-complaint",
//!     r#"{"content": "the delivery came late", "rules": [], "sla": {}, "default_department": "service"}"#,
//! )?;
//! assert_eq!(decision.value["responsible_dept"], "service");
//! # Ok(()) }
//! ```
//!
//! What holds for every call, whatever the bytes are:
//!
//! - A fresh instance per call: no call sees what another one left in memory.
//! - The same input gives the same answer on every machine: no clock, no randomness, NaNs
//!   canonicalised, relaxed SIMD off, and fuel instead of a stopwatch.
//! - Every resource has a limit with a name and a figure ([`Limits`]), and a call that meets one
//!   fails with a [`CallError`] that names plugin, function, limit and figure. Nothing else is harmed.
//! - The output is JSON that fits the schema that the plugin itself declared.
//!
//! That is what holds for decisions. A plugin of services reaches the world: as far as it says that it wants to
//! ([`Plugin::wanted`]) and the operator grants it ([`grants`], [`Plugin::granted`]). [`Plugin::serve`] calls it, on another
//! engine, with a deadline in the place of fuel.
//!
//! This crate knows nothing of workflows and cases: names and JSON in, JSON out.

mod backtrace;
mod bindings;
mod call;
mod call_error;
mod code_cache;
mod component;
mod decision;
mod description;
mod engine;
pub mod grants;
mod host;
mod key_value;
pub mod limits;
mod load_error;
mod logbook;
pub mod measure;
mod meter;
mod plugin;
mod schema;
mod service;
mod slots;
mod weight;
mod world;

pub use backtrace::Frame;
pub use call_error::{CallError, Reason};
pub use description::{DECISION, Function, SERVICE};
pub use grants::{Granted, Grants, Missing, Wanted};
pub use host::{Host, HostConfig, HostError};
pub use key_value::{KeyValueError, KeyValueSpace, MemorySpace};
pub use limits::Limits;
pub use load_error::{LoadError, LoadFailure};
pub use logbook::LogLine;
pub use plugin::{Decision, Plugin};
pub use schema::Violation;
pub use service::{Attempt, CertificateFault, Refusal, Retry, Served};
