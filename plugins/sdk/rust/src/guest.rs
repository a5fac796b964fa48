//! The side of the plugin that the host calls. For [`export!`](crate::export) alone.

use crate::plugin::Plugin;

pub use bindings::exports::casewright::plugin::catalogue::{
    Description, Function, Guest as Catalogue,
};
pub use bindings::exports::casewright::plugin::decisions::{Failure, Guest as Decisions};

#[allow(missing_docs)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.1.0",
        world: "decision",
        pub_export_macro: true,
        default_bindings_module: "casewright_plugin::guest::bindings",
    });
}

/// The kind of function that the host calls inside a step.
const DECISION: &str = "decision";

/// The plugin in the words of the contract.
pub fn describe(plugin: fn() -> Plugin) -> Description {
    log_panics();
    let plugin = plugin();
    let functions = plugin.functions().iter().map(|function| Function {
        name: function.name().to_owned(),
        kind: DECISION.to_owned(),
        title: function.title().to_owned(),
        description: function.description().to_owned(),
        input_schema: function.input_schema().as_value().to_string(),
        output_schema: function.output_schema().as_value().to_string(),
        extensions: String::new(),
    });
    Description {
        name: plugin.name().to_owned(),
        version: plugin.version().to_owned(),
        functions: functions.collect(),
        extensions: String::new(),
    }
}

/// One call of one function.
pub fn decide(plugin: fn() -> Plugin, function: &str, input: &str) -> Result<String, Failure> {
    log_panics();
    plugin().decide(function, input).map_err(|failure| Failure {
        code: failure.code,
        message: failure.message,
        details: if failure.details.is_null() {
            String::new()
        } else {
            failure.details.to_string()
        },
    })
}

/// A panic traps, and a trap has no words; the log has.
fn log_panics() {
    #[cfg(feature = "panic-log")]
    std::panic::set_hook(Box::new(|panic| crate::log::error(&panic.to_string())));
}
