//! The parts of a call one by one, for this crate's benchmarks and nobody else.
#![doc(hidden)]

use wasmtime::Store;

use crate::bindings::Decision as Instance;
use crate::call::{self, CallState, Fuel};
use crate::plugin::Plugin;

/// Enough for as many calls as a benchmark makes.
const ENDLESS: Fuel = Fuel {
    name: "fuel",
    units: u64::MAX,
};

/// Makes a fresh instance of the plugin under its limits, and calls nothing. Whether that worked.
pub fn instantiate(plugin: &Plugin) -> bool {
    let trace = call::run(plugin.pre(), plugin.limits(), ENDLESS, |_, _| Ok(()));
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
        let mut store = call::store(plugin.pre(), plugin.limits(), ENDLESS).ok()?;
        let instance = plugin.pre().instantiate(&mut store).ok()?;
        Some(Warm { store, instance })
    }

    /// Calls a function, without checking what goes in and out.
    pub fn decide(&mut self, function: &str, input: &str) -> Option<String> {
        let decisions = self.instance.casewright_plugin_decisions();
        let answer = decisions.call_decide(&mut self.store, function, input);
        answer.ok()?.ok()
    }
}
