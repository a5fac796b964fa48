//! The side of a plugin of services that the host calls. For [`export!`](crate::export) alone.

use crate::context::{self, Context};
use crate::outside::Outside;
use crate::plugin::Plugin;

pub use bindings::exports::casewright::plugin::catalogue::{
    Capability, Description, Function, Guest as Catalogue,
};
pub use bindings::exports::casewright::plugin::services::{Attempt, Failure, Guest as Services};

#[allow(missing_docs)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.2.0",
        world: "service",
        pub_export_macro: true,
        generate_all,
        default_bindings_module: "casewright_plugin::guest::bindings",
    });
}

/// The plugin in the words of the contract.
pub fn describe(plugin: fn() -> Plugin) -> Description {
    log_panics();
    let plugin = plugin();
    let functions = plugin.functions().iter().map(|function| Function {
        name: function.name().to_owned(),
        kind: function.kind().to_owned(),
        title: function.title().to_owned(),
        description: function.description().to_owned(),
        input_schema: function.input_schema().as_value().to_string(),
        output_schema: function.output_schema().as_value().to_string(),
        extensions: String::new(),
    });
    let capabilities = plugin.wanted().iter().map(|wanted| Capability {
        kind: wanted.kind.to_owned(),
        name: wanted.name.to_owned(),
        reason: wanted.reason.to_owned(),
        extensions: String::new(),
    });
    Description {
        name: plugin.name().to_owned(),
        version: plugin.version().to_owned(),
        functions: functions.collect(),
        capabilities: capabilities.collect(),
        extensions: String::new(),
    }
}

/// One call of one function.
pub fn serve(
    plugin: fn() -> Plugin,
    function: &str,
    input: &str,
    attempt: Attempt,
) -> Result<String, Failure> {
    log_panics();
    let attempt = context::Attempt {
        key: attempt.key,
        number: attempt.number,
        case_id: attempt.case_id,
    };
    let context = Context::new(attempt, &Outside);
    let answer = plugin().serve_in(function, input, &context);
    answer.map_err(|failure| Failure {
        code: failure.code,
        message: failure.message,
        details: if failure.details.is_null() {
            String::new()
        } else {
            failure.details.to_string()
        },
        try_again: failure.try_again,
        try_again_after_ms: failure
            .try_again_after
            .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        extensions: String::new(),
    })
}

/// A panic traps, and a trap has no words; the log has.
fn log_panics() {
    #[cfg(feature = "panic-log")]
    std::panic::set_hook(Box::new(|panic| crate::log::error(&panic.to_string())));
}
