//! A plugin: a name, a version and its functions.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::function::Function;

/// A plugin as its author builds it. [`export!`](crate::export) hands it to the host.
pub struct Plugin {
    name: &'static str,
    version: &'static str,
    functions: Vec<Function>,
}

impl Plugin {
    /// A plugin without functions. The name is kebab case; the version is mostly
    /// `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Plugin {
            name,
            version,
            functions: Vec::new(),
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
            .push(Function::new(name, title, description, function));
        self
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
        match self.functions.iter().find(|known| known.name == function) {
            Some(function) => function.call(input),
            None => Err(Failure::new(
                "unknown-function",
                format!("there is no function `{function}`"),
            )),
        }
    }
}
