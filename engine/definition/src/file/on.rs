//! What is done on which event.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::action::Action;
use super::expression::Cel;
use super::shorthand::OneOrMany;
use super::state::{Transition, Transitions};
use super::text::Text;

/// What is done on which event: an object from event descriptors to transitions; or, where the order
/// of transitions for overlapping descriptors matters, a list of transitions that each name theirs.
#[derive(Clone, Debug, PartialEq)]
pub enum On {
    /// By event descriptor.
    ByEvent(IndexMap<String, Transitions>),
    /// In the order in which they are tried, as in SCXML.
    InOrder(Vec<Handler>),
}

/// A transition that names its events.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Handler {
    /// The event descriptors, any of which may match.
    pub event: OneOrMany<String>,
    /// The transition.
    #[serde(flatten)]
    pub transition: Transition,
}

impl Default for On {
    fn default() -> Self {
        On::ByEvent(IndexMap::new())
    }
}

impl On {
    /// Whether nothing is done on any event.
    pub fn is_empty(&self) -> bool {
        match self {
            On::ByEvent(by_event) => by_event.is_empty(),
            On::InOrder(handlers) => handlers.is_empty(),
        }
    }

    /// Every event descriptor in it, in order.
    pub fn descriptors(&self) -> Vec<&str> {
        match self {
            On::ByEvent(by_event) => by_event.keys().map(String::as_str).collect(),
            On::InOrder(handlers) => {
                let events = handlers.iter().flat_map(|handler| handler.event.iter());
                events.map(String::as_str).collect()
            }
        }
    }
}

/// [`Handler`] as it is written.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HandlerObject {
    /// The event descriptors, any of which may match: `a.b` takes `a.b` and every event below it, `*`
    /// takes every event.
    event: OneOrMany<String>,
    /// Where it leads, as in every transition. Nowhere when absent.
    #[serde(default)]
    target: OneOrMany<String>,
    /// When it may be taken; always when absent.
    #[serde(default)]
    guard: Option<Cel>,
    /// What is done.
    #[serde(default)]
    actions: OneOrMany<Action>,
    /// Whether the state is left and entered anew when the target lies inside it or is itself.
    #[serde(default)]
    reenter: bool,
    /// What people call it, shown when its guard does not hold.
    #[serde(default)]
    title: Option<Text>,
    /// What it means.
    #[serde(default)]
    description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(default)]
    source: Option<String>,
}

impl<'de> Deserialize<'de> for Handler {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = HandlerObject::deserialize(deserializer)?;
        Ok(Handler {
            event: object.event,
            transition: Transition {
                target: object.target,
                guard: object.guard,
                actions: object.actions,
                reenter: object.reenter,
                title: object.title,
                description: object.description,
                source: object.source,
            },
        })
    }
}

impl Serialize for On {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            On::ByEvent(by_event) => by_event.serialize(serializer),
            On::InOrder(handlers) => handlers.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for On {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnVisitor;

        impl<'de> Visitor<'de> for OnVisitor {
            type Value = On;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<On, A::Error> {
                IndexMap::deserialize(MapAccessDeserializer::new(map)).map(On::ByEvent)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<On, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(On::InOrder)
            }
        }

        deserializer.deserialize_any(OnVisitor)
    }
}

impl JsonSchema for On {
    fn schema_name() -> Cow<'static, str> {
        "On".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let transitions = generator.subschema_for::<Transitions>();
        let handler = generator.subschema_for::<HandlerObject>();
        json_schema!({
            "anyOf": [
                { "type": "object", "additionalProperties": transitions },
                { "type": "array", "items": handler },
            ],
        })
    }
}
