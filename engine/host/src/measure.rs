//! The parts of a call one by one, for this crate's benchmarks and nobody else.
#![doc(hidden)]

use wasmtime::Store;

use crate::call::{self, CallState, Fuel};
use crate::decision::Instance;
use crate::plugin::Plugin;

/// Enough for as many calls as a benchmark makes.
const ENDLESS: Fuel = Fuel {
    name: "fuel",
    units: u64::MAX,
};

/// Makes a fresh instance of the plugin under its limits, and calls nothing. Whether that worked.
pub fn instantiate(plugin: &Plugin) -> bool {
    let Some(plugged) = plugin.plugged() else {
        return false;
    };
    let trace = call::run(plugged, plugin.limits(), ENDLESS, |_, _| Ok(()));
    trace.answer.is_ok()
}

/// An instance that is kept from call to call, as no plugin's is.
pub struct Warm {
    store: Store<CallState>,
    instance: Instance,
}

impl Warm {
    /// An instance of the plugin, or nothing when there is none.
    pub fn new(plugin: &Plugin) -> Option<Warm> {
        let plugged = plugin.plugged()?;
        let mut store = call::store(plugged, plugin.limits(), ENDLESS).ok()?;
        let instance = plugged.instantiate(&mut store).ok()?;
        Some(Warm { store, instance })
    }

    /// Calls a function, without checking what goes in and out.
    pub fn decide(&mut self, function: &str, input: &str) -> Option<String> {
        let answer = self.instance.decide(&mut self.store, function, input);
        answer.ok()?.ok()
    }
}
