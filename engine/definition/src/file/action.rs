//! Actions as they are written.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::expression::{Cel, Expression};
use super::name::{Computed, Name};
use super::shorthand::{OneOrMany, string_or_map};
use super::text::Text;

/// Something to do on a transition, on entry or on exit: an object with one key, which says what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Puts values into the case data.
    Assign(Assign),
    /// Raises an event that is taken before any from outside.
    Raise(Raise),
    /// Sends the case an event, now or after a delay.
    Send(Send),
    /// Drops the delayed events that were sent with this id.
    Cancel(Name),
    /// Notes a value in the trace.
    Log(Log),
    /// Does the actions of the first branch whose guard holds. The last branch may go without one.
    If(Vec<Branch>),
    /// Does actions once for each item of a list.
    Foreach(ForEach),
    /// Does actions. When one of them fails, the rest of these is skipped, and what comes after is done
    /// all the same.
    Block(OneOrMany<Action>),
    /// Tells people something: a record in the journal, for the feed and for connectors.
    Notify(Notify),
    /// Tells other systems something: a record in the journal, for the feed and for connectors.
    Emit(Emit),
    /// Asks a plugin to decide, and puts its answer into the case data.
    Decide(Decide),
}

/// What to assign: an object from places in the case data to values (`rounds: data.rounds + 1`,
/// `customer.tier: "'core'"`), or one CEL expression that gives an object whose fields are all
/// assigned (`event.data`).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Assign {
    /// An expression that gives an object of fields.
    All(Cel),
    /// Places, with `.` between their keys, and their values.
    Places(IndexMap<String, Expression>),
}

impl<'de> Deserialize<'de> for Assign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string_or_map(
            deserializer,
            "an object from places in the case data to values, or a CEL expression",
            |text| Ok(Assign::All(Cel(text))),
            Assign::Places,
        )
    }
}

impl JsonSchema for Assign {
    fn schema_name() -> Cow<'static, str> {
        "Assign".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let expression = generator.subschema_for::<Expression>();
        json_schema!({
            "description": "What to assign: an object from places in the case data to values, or one CEL expression that gives an object whose fields are all assigned.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "minProperties": 1, "additionalProperties": expression },
            ],
        })
    }
}

/// An event to raise: its name, or an object with its data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Raise {
    /// The event's name.
    pub event: Name,
    /// The event's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Expression>,
}

/// The long form of [`Raise`].
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RaiseObject {
    /// The event's name; `{ expr: … }` works it out.
    event: Name,
    /// The event's data.
    data: Option<Expression>,
}

impl<'de> Deserialize<'de> for Raise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string_or_map(
            deserializer,
            "the name of an event, or an object with `event`",
            |event| {
                Ok(Raise {
                    event: Name::Fixed(event),
                    data: None,
                })
            },
            |RaiseObject { event, data }| Raise { event, data },
        )
    }
}

impl JsonSchema for Raise {
    fn schema_name() -> Cow<'static, str> {
        "Raise".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = generator.subschema_for::<RaiseObject>();
        json_schema!({ "anyOf": [{ "type": "string" }, object] })
    }
}

/// An event to send, perhaps later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The event's name; `{ expr: … }` works it out.
    pub event: Name,
    /// What `cancel` calls it, and the name under which people see it while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where in the case data an id goes that is made for it, when it has no `id` of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idlocation: Option<String>,
    /// Where to: `#_internal` for the events that are taken before any from outside, or the address of
    /// the case itself, which `event.origin` of an event that it sent gives; `{ expr: … }` works it
    /// out. The case itself when absent; any other raises `error.communication` or
    /// `error.execution`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Name>,
    /// How: SCXML's event processor, which is meant when absent, is the only one, and any other
    /// raises `error.execution`; `{ expr: … }` works it out.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub processor: Option<Name>,
    /// How long to wait: a name of `delays`, an ISO 8601 duration (`PT4H`, `P30D`), a number of
    /// milliseconds, or `{ expr: … }` with a CEL expression that gives a duration. At once when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// The event's data, worked out now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Expression>,
}

/// A delay: a name of `delays`, an ISO 8601 duration, a number of milliseconds, or an object with an
/// expression that gives a duration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Delay {
    /// Milliseconds.
    Milliseconds(u64),
    /// A name of `delays`, or an ISO 8601 duration.
    Named(String),
    /// A duration that is worked out when the event is sent.
    Computed {
        /// The CEL expression that gives it.
        expr: Cel,
    },
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DelayVisitor;

        impl<'de> Visitor<'de> for DelayVisitor {
            type Value = Delay;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a name of `delays`, a duration such as `PT4H`, or a number of milliseconds",
                )
            }

            fn visit_u64<E>(self, ms: u64) -> Result<Delay, E> {
                Ok(Delay::Milliseconds(ms))
            }

            fn visit_str<E>(self, name: &str) -> Result<Delay, E> {
                Ok(Delay::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Delay, A::Error> {
                let Computed { expr } = Computed::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Delay::Computed { expr })
            }
        }

        deserializer.deserialize_any(DelayVisitor)
    }
}

/// A value to note in the trace: an expression, or an object with a label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// What the value is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The value.
    pub value: Expression,
}

/// The long form of [`Log`].
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LogObject {
    /// What the value is.
    label: Option<String>,
    /// The value.
    value: Expression,
}

impl<'de> Deserialize<'de> for Log {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string_or_map(
            deserializer,
            "a CEL expression, or an object with `value`",
            |text| {
                Ok(Log {
                    label: None,
                    value: Expression(text.into()),
                })
            },
            |LogObject { label, value }| Log { label, value },
        )
    }
}

impl JsonSchema for Log {
    fn schema_name() -> Cow<'static, str> {
        "Log".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = generator.subschema_for::<LogObject>();
        json_schema!({ "anyOf": [{ "type": "string" }, object] })
    }
}

/// One branch of an `if`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// When to take it; always when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<Cel>,
    /// What to do.
    pub actions: OneOrMany<Action>,
}

/// Actions for each item of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The list.
    pub array: Expression,
    /// The name under which the actions see the item.
    pub item: String,
    /// The name under which the actions see the item's number from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// What to do.
    pub actions: OneOrMany<Action>,
}

/// A message to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The roles whose people are told.
    pub to: OneOrMany<String>,
    /// What they are told.
    pub message: Text,
    /// What goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Expression>,
}

/// A message to other systems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emit {
    /// What it is called.
    pub event: String,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Expression>,
}

/// A question to a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The plugin and its function: `account-scoring.score-account`.
    pub function: String,
    /// What it is asked.
    pub input: Expression,
    /// Where in the case data its answer goes, with `.` between keys.
    pub assign: String,
}
