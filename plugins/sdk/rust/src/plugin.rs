//! A plugin: a name, a version and its functions.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::failure::Failure;
use crate::function::Function;

/// A plugin as its author builds it. [`export!`](crate::export) hands it to the host.
pub struct Plugin {
    name: &'static str,
    version: &'static str,
    functions: Vec<Function>,
    wanted: Vec<Wanted>,
}

/// Something outside of itself that a plugin wants to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// `http`, `secret` or `key-value`.
    pub kind: &'static str,
    /// The host, or the name of the secret.
    pub name: &'static str,
    /// What for.
    pub reason: &'static str,
}

impl Plugin {
    /// A plugin without functions. The name is kebab case; the version is mostly
    /// `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Plugin {
            name,
            version,
            functions: Vec::new(),
            wanted: Vec::new(),
        }
    }

    /// Adds a pure function under a kebab-case name, with a short title and a sentence for people.
    ///
    /// The schemas are those of the types `I` and `O`: their doc comments become the descriptions
    /// that an editor shows.
    #[must_use]
    pub fn decision<I, O>(
        mut self,
        name: &'static str,
        title: &'static str,
        description: &'static str,
        function: fn(I) -> Result<O, Failure>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        self.functions
            .push(Function::decision([name, title, description], function));
        self
    }

    /// Adds a function that may reach the world, under a kebab-case name, with a short title and a sentence for people.
    /// It runs after the step that asked for it, perhaps more than once.
    ///
    /// A plugin of services is built with the feature `service` of this crate, and has no decisions.
    #[must_use]
    pub fn service<I, O>(
        mut self,
        name: &'static str,
        title: &'static str,
        description: &'static str,
        function: fn(I, &Context<'_>) -> Result<O, Failure>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        self.functions
            .push(Function::service([name, title, description], function));
        self
    }

    /// Asks to be let send HTTP requests to a host (`crm.example.com`), to all below one (`*.example.com`), or to those
    /// that the operator names (`*`). `reason` is for the people who decide.
    #[must_use]
    pub fn wants_http(self, host: &'static str, reason: &'static str) -> Self {
        self.wants("http", host, reason)
    }

    /// Asks to be told a secret, by a kebab-case name.
    #[must_use]
    pub fn wants_secret(self, name: &'static str, reason: &'static str) -> Self {
        self.wants("secret", name, reason)
    }

    /// Asks for room to remember something.
    #[must_use]
    pub fn wants_key_value(self, reason: &'static str) -> Self {
        self.wants("key-value", "", reason)
    }

    fn wants(mut self, kind: &'static str, name: &'static str, reason: &'static str) -> Self {
        self.wanted.push(Wanted { kind, name, reason });
        self
    }

    /// What it wants to reach, in the order in which it was said.
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// The plugin's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The plugin's version.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The functions in the order in which they were added.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Calls a function with JSON text, as the host does, for tests on the desk.
    ///
    /// # Errors
    ///
    /// The function's own failure; `unknown-function`; or `input-not-readable` when the text does
    /// not fit the function's input type.
    pub fn decide(&self, function: &str, input: &str) -> Result<String, Failure> {
        let known = self.function(function);
        let answer = known.and_then(|known| known.decide(input));
        answer.unwrap_or_else(|| Err(unknown(function)))
    }

    /// Calls a service with JSON text on a desk, as the host does.
    ///
    /// # Errors
    ///
    /// As [`Plugin::decide`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn serve(
        &self,
        function: &str,
        input: &str,
        desk: &crate::desk::Desk,
    ) -> Result<String, Failure> {
        let context = Context::new(desk.attempt.clone(), desk);
        self.serve_in(function, input, &context)
    }

    #[cfg_attr(
        all(target_arch = "wasm32", not(feature = "service")),
        allow(dead_code, reason = "a plugin of decisions has no services")
    )]
    pub(crate) fn serve_in(
        &self,
        function: &str,
        input: &str,
        context: &Context<'_>,
    ) -> Result<String, Failure> {
        let known = self.function(function);
        let answer = known.and_then(|known| known.serve(input, context));
        answer.unwrap_or_else(|| Err(unknown(function)))
    }

    fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|known| known.name == name)
    }
}

fn unknown(function: &str) -> Failure {
    let message = format!("there is no function `{function}`");
    Failure::new("unknown-function", message)
}
