//! The files of a pack besides its workflows.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;
use super::workflow::DataSchema;

/// `pack.yaml`: what the pack is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its name in kebab-case.
    pub id: String,
    /// Its version, as in Semantic Versioning.
    pub version: String,
    /// What people call it.
    pub title: Text,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The plugins that its workflows ask: names of components beside the pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<String>,
    /// What this company sets parameters to, in place of their defaults.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub values: IndexMap<String, serde_json::Value>,
}

/// `roles.yaml`: who takes part.
pub type Roles = IndexMap<String, Role>;

/// One role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What people call it.
    pub title: Text,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// `parameters.yaml`: what a company sets to its own figures.
pub type Parameters = IndexMap<String, Parameter>;

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What people call it.
    pub title: Text,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Where it comes from: a section of the company's rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The JSON Schema of its value. Where it says `format: duration` or `format: date-time`,
    /// expressions see a duration or a timestamp.
    #[schemars(with = "DataSchema")]
    pub schema: serde_json::Value,
    /// Its value unless `pack.yaml` sets another.
    pub default: serde_json::Value,
}

/// `types.yaml`: JSON Schemas that the workflows of the pack share, by name.
pub type Types = IndexMap<String, serde_json::Value>;

/// `calendar.yaml`: which days are worked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calendar {
    /// What people call it.
    pub title: Text,
    /// The time zone that says when a day begins: a name of the IANA database.
    pub time_zone: String,
    /// The days of the week that are worked.
    pub working_days: Vec<Weekday>,
    /// Dates that are not worked, though their day of the week is.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Dates that are worked, though their day of the week is not (调休).
    #[serde(default)]
    pub make_up_days: Vec<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}
