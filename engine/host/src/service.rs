//! The engine of services: plugins that reach the world.
//!
//! It is another engine than that of decisions, since what it has to hold is the opposite. A decision must give the same
//! answer on every machine, so its work is counted in fuel and it has no clock. A service waits for other machines, so what
//! bounds it is the clock: a call has a deadline, and everything counts towards it, what the plugin computes as well as what
//! the host does for it. An epoch that ticks while calls run makes a plugin that computes without end give up its turn, and
//! dropping the call ends whatever it waits for.
//!
//! Each call has an instance of its own, and a thread with an event loop of its own: a call that computes holds up no other.

mod address;
mod attempt;
mod call;
mod http;
mod imports;
mod notes;
mod reach;
mod redaction;
mod refusal;
mod send;
mod state;
mod ticker;

use wasmtime::component::Linker;
use wasmtime::{Config, Engine, WasmBacktraceDetails};

use crate::backtrace;
use crate::code_cache::CodeCache;
use crate::limits::Limits;
use crate::slots::Slots;

pub use attempt::{Attempt, Retry, Served};
pub use refusal::{CertificateFault, Refusal};

pub(crate) use call::{Answered, describe, serve};
pub(crate) use imports::is_allowed as may_import;
pub(crate) use reach::Reach;
pub(crate) use redaction::Redaction;
pub(crate) use state::ServiceState;
use ticker::Ticker;

/// How many calls of services run at a time, those of one plugin half of it at most. They wait for other machines nearly all
/// of their time, so the cores say nothing about it; each has a thread, and the memory that the plugin asks for.
const CONCURRENT_CALLS: u32 = 64;

/// Room beside the frames of WebAssembly for those of the host functions that it calls, TLS among them.
const HOST_STACK_BYTES: usize = 1 << 20;

/// What all services of a host share.
pub(crate) struct Services {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<ServiceState>,
    pub(crate) slots: Slots,
    pub(crate) code_cache: Option<CodeCache>,
    ticker: Ticker,
}

impl Services {
    /// An engine for services within `limits`.
    pub(crate) fn new(
        limits: &Limits,
        code_cache: impl FnOnce(&Engine) -> wasmtime::Result<Option<CodeCache>>,
    ) -> wasmtime::Result<Services> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .max_wasm_stack(limits.stack_bytes)
            .async_stack_size(limits.stack_bytes.saturating_add(HOST_STACK_BYTES))
            .wasm_backtrace_max_frames(Some(backtrace::max_frames()))
            .wasm_backtrace_details(WasmBacktraceDetails::Disable);
        let engine = Engine::new(&config)?;
        Ok(Services {
            linker: imports::linker(&engine)?,
            slots: Slots::new(CONCURRENT_CALLS),
            code_cache: code_cache(&engine)?,
            ticker: Ticker::start(&engine)?,
            engine,
        })
    }
}
