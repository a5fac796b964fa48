//! The file of a scenario, as it stands in YAML: its shape, and what editors show of it.

use std::borrow::Cow;
use std::fmt;

use casewright_definition::file::Text;
use casewright_definition::file::shorthand::string_or_map;
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::expectation::Expectation;
use super::script::ActorForm;

/// One scenario: a case from its opening to where it shall stand.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What it shows, in one line.
    pub scenario: Text,
    /// The id of the workflow.
    pub workflow: String,
    /// What there is before anything happens, and how the case is opened.
    pub given: Given,
    /// What must hold after the opening.
    #[serde(default)]
    pub then: Option<Expectation>,
    /// What happens, one after the other.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// What there is before anything happens, and how the case is opened.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// When the case is opened, as in RFC 3339: `2026-01-05T09:00:00+08:00`, which it also is when
    /// nothing is said.
    #[serde(default)]
    pub now: Option<String>,
    /// Who takes part: a name for this file, with the roles in which they act.
    #[serde(default)]
    pub actors: IndexMap<String, Vec<String>>,
    /// Parameters of the pack with another value.
    #[serde(default)]
    pub parameters: IndexMap<String, Json>,
    /// What functions of plugins (`plugin.function`) answer. A decision that is not named here is asked
    /// for real; a service that is not named here runs until a step says what it comes back with.
    #[serde(default)]
    pub plugins: IndexMap<String, Mocked>,
    /// Who opens the case.
    pub by: By,
    /// How the guards that are asked at the opening are answered, in this order. It makes the whole
    /// scenario a walk through the chart, as the proof of soundness makes it: no roles, data or time, and
    /// of where the case stands only `active` and `done`.
    #[serde(default)]
    pub assuming: Option<Vec<bool>>,
    /// The case data with which it is opened.
    #[serde(default)]
    pub data: Map<String, Json>,
}

/// One step: what happens, and what must hold then.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What happens.
    pub when: When,
    /// What must hold then.
    #[serde(default)]
    pub then: Option<Expectation>,
}

/// What happens: time passes, an event is sent or a service comes back, or one after the other.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// How much time passes first: `PT4H`, `P10D`, `90m`. Timers that fall due in it fire at their time.
    #[serde(default)]
    pub after: Option<String>,
    /// The event that is sent.
    #[serde(default)]
    pub event: Option<String>,
    /// The id of the service that comes back: with what it `returns`, or with why it `fails`.
    #[serde(default)]
    pub service: Option<String>,
    /// What the service gives.
    #[serde(default, deserialize_with = "present")]
    pub returns: Option<Json>,
    /// Why the service has failed for good.
    #[serde(default)]
    pub fails: Option<Failure>,
    /// Who sends it; who acted last, unless somebody is named.
    #[serde(default)]
    pub by: Option<By>,
    /// What the event carries.
    #[serde(default)]
    pub data: Option<Map<String, Json>>,
    /// In a walk through the chart, how the guards that are asked are answered, in this order; none are
    /// asked when it is left away.
    #[serde(default)]
    pub assuming: Option<Vec<bool>>,
}

/// Who acts: a name from `actors`, or somebody with an id and roles.
#[derive(Clone, Debug)]
pub enum By {
    /// One of `actors`.
    Name(String),
    /// Somebody else.
    Actor(ActorForm),
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a name from `actors`, or an object with `id` and `roles`";
        string_or_map(deserializer, expected, |name| Ok(By::Name(name)), By::Actor)
    }
}

impl JsonSchema for By {
    fn schema_name() -> Cow<'static, str> {
        "By".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let actor = generator.subschema_for::<ActorForm>();
        json_schema!({
            "description": "Who acts: a name from `actors`, or somebody with an id and roles.",
            "anyOf": [{ "type": "string" }, actor],
        })
    }
}

/// A value that is there, be it `null`.
///
/// # Errors
/// It is no value.
pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

/// What a function of a plugin answers. A service answers as soon as the step that started it is through.
#[derive(Clone, Debug)]
pub enum Mocked {
    /// What the plugin answers. No service can be run so.
    Real,
    /// The same to every call.
    Always(Reply),
    /// One after the other; the last one is repeated.
    InTurn(Vec<Reply>),
}

/// One answer.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// The function returns this.
    Returns(Json),
    /// The function fails: a message, or an object with `code`, `message` and `details`. A service has
    /// failed for good then.
    Fails(Failure),
}

/// Why a function has failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The kind of failure.
    pub code: String,
    /// The whole story.
    pub message: String,
    /// What else there is to say.
    pub details: Option<Json>,
}

/// The code of a failure of which only the message is said.
const FAILED: &str = "failed";

/// The long form of [`Failure`].
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FailureObject {
    /// The kind of failure.
    code: String,
    /// The whole story.
    message: String,
    /// What else there is to say; only of a service.
    #[serde(default)]
    details: Option<Json>,
}

impl Failure {
    /// One of which only the message is said.
    pub fn of(message: String) -> Self {
        Failure {
            code: FAILED.to_owned(),
            message,
            details: None,
        }
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string_or_map(
            deserializer,
            "a message, or an object with `code` and `message`",
            |message| Ok(Failure::of(message)),
            |FailureObject {
                 code,
                 message,
                 details,
             }| Failure {
                code,
                message,
                details,
            },
        )
    }
}

impl JsonSchema for Failure {
    fn schema_name() -> Cow<'static, str> {
        "Failure".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = generator.subschema_for::<FailureObject>();
        json_schema!({
            "description": "Why a function has failed: a message, or an object with its code.",
            "anyOf": [{ "type": "string" }, object],
        })
    }
}

impl<'de> Deserialize<'de> for Mocked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MockedVisitor;

        impl<'de> Visitor<'de> for MockedVisitor {
            type Value = Mocked;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "`real`, an object with `returns` or `fails`, or a list of such objects",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Mocked, E> {
                match text {
                    "real" => Ok(Mocked::Real),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Mocked, A::Error> {
                Reply::deserialize(MapAccessDeserializer::new(map)).map(Mocked::Always)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Mocked, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Mocked::InTurn)
            }
        }

        deserializer.deserialize_any(MockedVisitor)
    }
}

impl JsonSchema for Mocked {
    fn schema_name() -> Cow<'static, str> {
        "Mocked".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reply = generator.subschema_for::<Reply>();
        json_schema!({
            "description": "What a function of a plugin answers: `real`, the same to every call, or one answer after the other, of which the last one is repeated.",
            "anyOf": [
                { "const": "real" },
                reply,
                { "type": "array", "items": reply, "minItems": 1 },
            ],
        })
    }
}
