//! One function of a plugin: its words, its schemas and its call.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::failure::Failure;
use crate::json;

/// A decision: JSON text in and out.
type Decide = dyn Fn(&str) -> Result<String, Failure>;
/// A service, with what it reaches the world by.
type Serve = dyn Fn(&str, &Context<'_>) -> Result<String, Failure>;

/// A function with its types closed over.
enum Call {
    Decision(Box<Decide>),
    Service(Box<Serve>),
}

/// One function of a plugin, typed on the inside and JSON text on the outside.
pub struct Function {
    pub(crate) name: &'static str,
    title: &'static str,
    description: &'static str,
    input_schema: fn() -> Schema,
    output_schema: fn() -> Schema,
    call: Call,
}

impl Function {
    pub(crate) fn decision<I, O>(
        words: [&'static str; 3],
        function: fn(I) -> Result<O, Failure>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let call = move |input: &str| call(input, function);
        Self::new::<I, O>(words, Call::Decision(Box::new(call)))
    }

    pub(crate) fn service<I, O>(
        words: [&'static str; 3],
        function: fn(I, &Context<'_>) -> Result<O, Failure>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let call =
            move |input: &str, context: &Context<'_>| call(input, |input| function(input, context));
        Self::new::<I, O>(words, Call::Service(Box::new(call)))
    }

    fn new<I, O>([name, title, description]: [&'static str; 3], call: Call) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        Function {
            name,
            title,
            description,
            input_schema: || {
                settings()
                    .for_deserialize()
                    .into_generator()
                    .into_root_schema_for::<I>()
            },
            output_schema: || {
                settings()
                    .for_serialize()
                    .into_generator()
                    .into_root_schema_for::<O>()
            },
            call,
        }
    }

    /// The name by which workflows call it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How it is called: `decision` or `service`.
    pub fn kind(&self) -> &'static str {
        match self.call {
            Call::Decision(_) => "decision",
            Call::Service(_) => "service",
        }
    }

    /// The short title for people.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The sentence for people.
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// JSON Schema 2020-12 of the input, from the type that the function takes.
    pub fn input_schema(&self) -> Schema {
        (self.input_schema)()
    }

    /// JSON Schema 2020-12 of the output, from the type that the function returns.
    pub fn output_schema(&self) -> Schema {
        (self.output_schema)()
    }

    /// Its answer, if it is a decision.
    pub(crate) fn decide(&self, input: &str) -> Option<Result<String, Failure>> {
        match &self.call {
            Call::Decision(call) => Some(call(input)),
            Call::Service(_) => None,
        }
    }

    /// Its answer, if it is a service.
    pub(crate) fn serve(
        &self,
        input: &str,
        context: &Context<'_>,
    ) -> Option<Result<String, Failure>> {
        match &self.call {
            Call::Decision(_) => None,
            Call::Service(call) => Some(call(input, context)),
        }
    }
}

/// One flat schema reads better in an editor than one that refers to definitions.
fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true)
}

/// The host has checked the input against the schema, so the two codes here mean that a type and
/// its schema disagree.
fn call<I, O>(
    input: &str,
    function: impl FnOnce(I) -> Result<O, Failure>,
) -> Result<String, Failure>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let input = serde_json::from_str(input)
        .map_err(|error| Failure::new("input-not-readable", error.to_string()))?;
    let output = function(input)?;
    json::write(&output).map_err(|error| Failure::new("output-not-writable", error.to_string()))
}
