//! Names that are written out, or worked out when they are needed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::expression::Cel;
use super::shorthand::string_or_map;

/// A name: a text that stands for itself, or `{ expr: … }` with a CEL expression that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The name itself.
    Fixed(String),
    /// What gives the name.
    Computed(Cel),
}

impl Name {
    /// The name, if it is written out.
    pub fn fixed(&self) -> Option<&str> {
        match self {
            Name::Fixed(name) => Some(name),
            Name::Computed(_) => None,
        }
    }
}

/// Something that is worked out when it is needed.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Computed {
    /// The CEL expression that gives it.
    pub(super) expr: Cel,
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Name::Fixed(name) => name.serialize(serializer),
            Name::Computed(expr) => Computed { expr: expr.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        string_or_map(
            deserializer,
            "a name, or an object with `expr`",
            |name| Ok(Name::Fixed(name)),
            |Computed { expr }| Name::Computed(expr),
        )
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let computed = generator.subschema_for::<Computed>();
        json_schema!({
            "description": "A name, or an object with an expression that gives it.",
            "anyOf": [{ "type": "string" }, computed],
        })
    }
}
