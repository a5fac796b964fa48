//! One call from start to end: a fresh store and instance under limits, and what its failure means.

use std::str::Utf8Error;

use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Engine, Store, StoreContextMut, Trap};

use crate::backtrace;
use crate::bindings;
use crate::call_error::Reason;
use crate::component::chain;
use crate::decision::{Instance, Plugged};
use crate::limits::Limits;
use crate::logbook::{LogLine, Logbook};
use crate::meter::Meter;
use crate::schema::Violation;

/// What a log line costs in fuel besides one unit a byte: about the time that the way out of the
/// sandbox and back takes.
const LOG_LINE_FUEL: u64 = 500;

/// The host's side of one instance.
#[derive(Debug)]
pub(crate) struct CallState {
    meter: Meter,
    logbook: Logbook,
}

/// What a call left behind, whether it gave an answer or not.
#[derive(Debug)]
pub(crate) struct Trace<T> {
    pub(crate) answer: Result<T, Reason>,
    pub(crate) fuel_used: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) logs: Vec<LogLine>,
}

/// The imports of a decision: logging.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    for logging in bindings::LOGGING {
        linker.instance(logging)?.func_wrap("log", log)?;
    }
    Ok(linker)
}

/// How much work a call may do, by the name of the limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fuel {
    /// The limit's name.
    pub(crate) name: &'static str,
    /// Its figure, in units of fuel.
    pub(crate) units: u64,
}

/// Runs `body` on a fresh instance of `plugin`.
pub(crate) fn run<T>(
    plugin: &Plugged,
    limits: &Limits,
    fuel: Fuel,
    body: impl FnOnce(&Instance, &mut Store<CallState>) -> wasmtime::Result<T>,
) -> Trace<T> {
    let mut store = match store(plugin, limits, fuel) {
        Ok(store) => store,
        Err(error) => {
            return Trace::nothing(Reason::Internal {
                message: chain(error.chain()),
            });
        }
    };
    let answer = plugin
        .instantiate(&mut store)
        .and_then(|instance| body(&instance, &mut store))
        .map_err(|error| match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Reason::FuelExhausted {
                name: fuel.name,
                limit: fuel.units,
            },
            _ => reason(&error, &store.data().meter, limits),
        });
    // Fuel is switched on for every engine of this crate, so there is always a figure.
    let fuel_left = store.get_fuel().unwrap_or(0);
    let state = store.into_data();
    Trace {
        answer,
        fuel_used: fuel.units.saturating_sub(fuel_left),
        memory_bytes: state.meter.memory_bytes(),
        logs: state.logbook.into_lines(),
    }
}

/// A store for one instance, under limits.
pub(crate) fn store(
    plugin: &Plugged,
    limits: &Limits,
    fuel: Fuel,
) -> wasmtime::Result<Store<CallState>> {
    let state = CallState {
        meter: Meter::new(limits),
        logbook: Logbook::new(limits.log_bytes),
    };
    let mut store = Store::try_new(plugin.engine(), state)?;
    store.limiter(|state| &mut state.meter);
    store.set_hostcall_fuel(limits.output_bytes);
    store.set_fuel(fuel.units)?;
    Ok(store)
}

impl<T> Trace<T> {
    /// Of a call that did not come to its plugin.
    fn nothing(reason: Reason) -> Self {
        Trace {
            answer: Err(reason),
            fuel_used: 0,
            memory_bytes: 0,
            logs: Vec::new(),
        }
    }
}

fn log(
    mut store: StoreContextMut<'_, CallState>,
    (level, message): (WasmStr, WasmStr),
) -> wasmtime::Result<()> {
    let level = level.to_str(&store)?.into_owned();
    let message = message.to_str(&store)?.into_owned();
    let cost = LOG_LINE_FUEL + (level.len() + message.len()) as u64;
    let Some(fuel) = store.get_fuel()?.checked_sub(cost) else {
        return Err(Trap::OutOfFuel.into());
    };
    store.set_fuel(fuel)?;
    store.data_mut().logbook.push(level, message);
    Ok(())
}

/// What an error of the engine means for the caller.
///
/// A refused growth mostly shows as some later trap of the guest's own making, so it is asked for
/// after the traps that tell their own story and before those that do not.
pub(crate) fn reason(error: &wasmtime::Error, meter: &Meter, limits: &Limits) -> Reason {
    if let Some(Trap::StackOverflow) = error.downcast_ref::<Trap>() {
        return Reason::StackOverflow {
            limit: limits.stack_bytes as u64,
        };
    }
    if meter.memory_refused {
        return Reason::MemoryExceeded {
            limit: limits.memory_bytes as u64,
        };
    }
    if meter.table_refused {
        return Reason::TableExceeded {
            limit: limits.table_elements as u64,
        };
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let text = trap.to_string();
        let message = text.strip_prefix("wasm trap: ").unwrap_or(&text);
        return Reason::Trap {
            message: message.to_owned(),
            frames: backtrace::frames(error),
        };
    }
    if error.downcast_ref::<Utf8Error>().is_some() {
        return Reason::InvalidOutput {
            violations: vec![Violation::whole("not valid UTF-8".to_owned())],
        };
    }
    let message = chain(error.chain());
    // The engine's error for this has no public type; a test holds the text in place.
    if message.contains("fuel allocated for hostcalls has been exhausted") {
        return Reason::OutputTooLarge {
            limit: limits.output_bytes as u64,
        };
    }
    if error
        .downcast_ref::<wasmtime::PoolConcurrencyLimitError>()
        .is_some()
    {
        return Reason::Internal { message };
    }
    Reason::Trap {
        message,
        frames: backtrace::frames(error),
    }
}
