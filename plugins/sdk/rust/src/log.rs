//! Lines for the log of the current call, bounded by the host.
//!
//! On the desk they go to the standard error output.

/// For whoever works on the plugin.
pub fn debug(message: &str) {
    write("debug", message);
}

/// What happened, for whoever reads the log of a case.
pub fn info(message: &str) {
    write("info", message);
}

/// Something is odd, but there is an answer.
pub fn warn(message: &str) {
    write("warn", message);
}

/// Why there is no answer.
pub fn error(message: &str) {
    write("error", message);
}

#[cfg(target_arch = "wasm32")]
fn write(level: &str, message: &str) {
    crate::guest::bindings::casewright::plugin::logging::log(level, message);
}

#[cfg(not(target_arch = "wasm32"))]
fn write(level: &str, message: &str) {
    eprintln!("{level}: {message}");
}
