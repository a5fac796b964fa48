//! Why a file is not taken as a plugin.

use crate::call_error::CallError;

/// A file that was not taken as a plugin.
#[derive(Debug, Clone, thiserror::Error)]
#[error("plugin `{name}`: {failure}")]
pub struct LoadError {
    /// The name that [`Host::load`](crate::Host::load) was given, such as the name of the file.
    pub name: String,
    /// Why it was not taken.
    pub failure: LoadFailure,
}

/// Why a file was not taken as a plugin.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadFailure {
    /// The file is longer than the limit `component_bytes`.
    #[error("the file is {found} bytes, the limit `component_bytes` is {limit}")]
    TooLarge {
        /// Its length, in bytes.
        found: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file does not begin as WebAssembly does.
    #[error(
        "expected a WebAssembly component or module, found {found}\n\n\
         hint: give the `.wasm` file that the build wrote"
    )]
    NotWasm {
        /// What the file begins with, in words.
        found: String,
    },
    /// The file begins as WebAssembly does but is not valid: cut short, corrupted, or in need of
    /// features that are switched off.
    #[error("not a valid WebAssembly file: {message}")]
    Malformed {
        /// The first fault, in the engine's words.
        message: String,
    },
    /// The plugin cannot even start within the limits on memory, tables and instances.
    #[error("needs more than a call gets: {message}")]
    NeedsTooMuch {
        /// What it needs and what there is, in the engine's words.
        message: String,
    },
    /// The plugin imports something that decisions do not get.
    #[error("imports `{import}`, but a decision may import logging alone{}", hint(.import))]
    ForbiddenImport {
        /// The import's full name.
        import: String,
    },
    /// A plugin of services imports something that services do not get.
    #[error(
        "imports `{import}`, but a service reaches the world by `casewright:plugin` and `wasi:http/outgoing-handler` \
         alone\n\n\
         hint: send HTTP requests in place of what needs the import"
    )]
    ForbiddenServiceImport {
        /// The import's full name.
        import: String,
    },
    /// The plugin does not export what the contract asks for, or exports it with other types.
    #[error(
        "expected the exports of the world `{world}`: {message}\n\n\
         hint: build it against the WIT package in `plugins/wit/v{}`", .world.rsplit('@').next().unwrap_or_default()
    )]
    WrongWorld {
        /// The world that the plugin is for, as far as one can tell.
        world: &'static str,
        /// What is missing or of another type.
        message: String,
    },
    /// Asking the plugin to describe itself failed.
    #[error("function `{}`: {}", .0.function, .0.reason)]
    Describe(CallError),
    /// The plugin described itself in a way that breaks the contract.
    #[error("its description is not usable, {place}: {message}")]
    Description {
        /// The field, such as ``function `score-account`, `input-schema` ``.
        place: String,
        /// What was expected and found there.
        message: String,
    },
}

impl LoadError {
    /// A stable name for the kind of failure, in kebab case. A failing `describe` gives the code of
    /// the call, such as `fuel-exhausted`.
    pub fn code(&self) -> &'static str {
        match &self.failure {
            LoadFailure::TooLarge { .. } => "component-too-large",
            LoadFailure::NotWasm { .. } => "not-wasm",
            LoadFailure::Malformed { .. } => "malformed-wasm",
            LoadFailure::NeedsTooMuch { .. } => "needs-too-much",
            LoadFailure::ForbiddenImport { .. } | LoadFailure::ForbiddenServiceImport { .. } => {
                "forbidden-import"
            }
            LoadFailure::WrongWorld { .. } => "wrong-world",
            LoadFailure::Describe(error) => error.code(),
            LoadFailure::Description { .. } => "invalid-description",
        }
    }

    /// The name and the figure of the limit that the plugin met, if it met one.
    pub fn limit(&self) -> Option<(&'static str, u64)> {
        match &self.failure {
            LoadFailure::TooLarge { limit, .. } => Some(("component_bytes", *limit)),
            LoadFailure::Describe(error) => error.limit(),
            _ => None,
        }
    }
}

/// What to try about an import that was refused.
fn hint(import: &str) -> &'static str {
    if import.starts_with("wasi:") || import.starts_with("wasi_") {
        "\n\nhint: build for `wasm32-unknown-unknown`, or switch off the language runtime's use of WASI"
    } else {
        ""
    }
}
