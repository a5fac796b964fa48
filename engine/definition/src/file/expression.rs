//! Expressions as they are written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A condition in CEL (Common Expression Language), for example
/// `data.rounds < params.rounds_before_escalation && actor.roles.exists(r, r == 'ka-director')`.
///
/// It sees `data` (the case data), `event` (`event.name`, `event.data`, `event.type`,
/// `event.sendid`, `event.origin`), `actor` (`actor.id`,
/// `actor.roles`), `case` (`case.id`, `case.created_at`), `params` (the pack's parameters), `now`,
/// and the functions `In('state')` and `working_days(n)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Cel(#[schemars(length(min = 1, max = 4096))] pub String);

/// A value to work out: a text is a CEL expression; any other value stands for itself; objects and
/// lists are worked out item by item. A text that stands for itself is quoted twice: `"'phone'"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(pub serde_json::Value);

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value to work out: a text is a CEL expression; any other value stands for itself; objects and lists are worked out item by item. A text that stands for itself is quoted twice: \"'phone'\".",
            "type": ["string", "number", "boolean", "null", "array", "object"],
        })
    }
}
