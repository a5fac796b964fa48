//! The workflow file.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::initial::Initial;
use super::invoke::Invoke;
use super::on::On;
use super::shorthand::OneOrMany;
use super::state::State;
use super::text::Text;

/// One workflow: a statechart with its data, its people and its delays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Workflow {
    /// Its name in kebab-case, unique in the pack.
    pub id: String,
    /// Its version, as in Semantic Versioning. Cases keep the one that they started with.
    pub version: String,
    /// What people call it.
    pub title: Text,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who may open a case, and with what.
    pub start: Start,
    /// The case data: a JSON Schema (2020-12) of an object. A property's `default` is the value
    /// with which a case starts. `$ref: "types#/document"` refers to a type of the pack.
    #[schemars(with = "DataSchema")]
    pub data: serde_json::Value,
    /// The events that people and other systems may send, and who may send them.
    pub events: IndexMap<String, Event>,
    /// Whether events that are not declared are taken as well, with any data, from everybody who may
    /// open a case. One that no transition takes is discarded, as SCXML has it. Declared events may
    /// then bring any data, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open_events: bool,
    /// Named delays, for `after` and `send`: an ISO 8601 duration (`PT4H`, `P30D`), or a CEL
    /// expression that gives a duration (`params.first_response[data.tier]`, `working_days(3)`).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub delays: IndexMap<String, String>,
    /// The state in which a case starts; the first when absent. Also `#id` for a state deeper inside,
    /// a list for several regions, or an object with `target` and `actions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Initial>,
    /// The states.
    pub states: IndexMap<String, State>,
    /// What the case does on which event in every state that does not take the event itself.
    /// A list of transitions, each with its `event`, says in which order they are tried.
    #[serde(default, skip_serializing_if = "On::is_empty")]
    pub on: On,
    /// The services that run as long as the case does.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub invoke: OneOrMany<Invoke>,
    /// What is done when a case is opened.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub entry: OneOrMany<Action>,
    /// What is done when a case ends.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub exit: OneOrMany<Action>,
}

/// Stands for JSON Schema's own schema in the schema of the file. That one lies on the network, and
/// an editor without it would do without all of this file's schema.
pub(super) struct DataSchema;

impl JsonSchema for DataSchema {
    fn schema_name() -> Cow<'static, str> {
        "JsonSchema".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JSON Schema (2020-12).",
            "type": ["object", "boolean"],
        })
    }
}

/// Who may open a case, and with which fields of the case data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The roles that may open a case.
    pub roles: Vec<String>,
    /// Fields of the case data that must be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Fields of the case data that may be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
}

/// An event from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What people call it: the text on a button.
    pub title: Text,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The roles that may send it; `anyone` is everybody.
    pub roles: Vec<String>,
    /// Fields of the case data that it must bring. They are stored when a transition takes the
    /// event, before the transition's actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Fields of the case data that it may bring, stored likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// What else it may bring, for guards and actions to look at (`event.data.score`): JSON Schemas
    /// by name. Nothing of it is stored unless an action does so.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "IndexMap<String, DataSchema>")]
    pub input: IndexMap<String, serde_json::Value>,
    /// Which names of `input` must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
}
