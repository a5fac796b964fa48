//! Where a state starts.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::action::Action;
use super::shorthand::OneOrMany;

/// Where a state starts: a child, a path from it (`first.second`), any state inside by its id
/// (`#closed`), or a list of those, one for each region of a parallel state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Initial {
    /// The states.
    pub target: OneOrMany<String>,
    /// What is done on the way, after the entry of the state.
    pub actions: OneOrMany<Action>,
}

/// The long form of [`Initial`].
#[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InitialObject {
    /// The states: a child, a path from it (`first.second`), or any state inside by its id
    /// (`#closed`); several lie in regions of a parallel state.
    target: OneOrMany<String>,
    /// What is done on the way, after the entry of the state.
    #[serde(default)]
    actions: OneOrMany<Action>,
}

impl Serialize for Initial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.actions.is_empty() {
            true => self.target.serialize(serializer),
            false => InitialObject {
                target: self.target.clone(),
                actions: self.actions.clone(),
            }
            .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Initial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InitialVisitor;

        impl<'de> Visitor<'de> for InitialVisitor {
            type Value = Initial;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a state, a list of them, or an object with `target`")
            }

            fn visit_str<E>(self, target: &str) -> Result<Initial, E> {
                Ok(Initial {
                    target: OneOrMany(vec![target.to_owned()]),
                    ..Initial::default()
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Initial, A::Error> {
                let targets = Vec::deserialize(SeqAccessDeserializer::new(items))?;
                Ok(Initial {
                    target: OneOrMany(targets),
                    ..Initial::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Initial, A::Error> {
                let object = InitialObject::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Initial {
                    target: object.target,
                    actions: object.actions,
                })
            }
        }

        deserializer.deserialize_any(InitialVisitor)
    }
}

impl JsonSchema for Initial {
    fn schema_name() -> Cow<'static, str> {
        "Initial".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = generator.subschema_for::<InitialObject>();
        json_schema!({
            "description": "Where a state starts: a child, a path from it, any state inside by its id (`#closed`), a list of those, or an object with actions that are done on the way.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
                object,
            ],
        })
    }
}
