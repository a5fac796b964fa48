//! What goes in and what comes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An issue and the company's table of service levels.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The tier of the account, such as `strategic`.
    #[serde(default)]
    pub tier: Option<String>,
    /// What kind of issue it is, such as `complaint`, `routine` or `complex`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The way on which it came, such as `phone`.
    #[serde(default)]
    pub channel: Option<String>,
    /// What the company promises.
    pub levels: Vec<ServiceLevel>,
}

/// One promise, for some issues.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevel {
    /// What the clock counts to, such as `response` or `solution`.
    pub clock: String,
    /// The tier that it is for; every tier when absent.
    #[serde(default)]
    pub tier: Option<String>,
    /// The kind of issue that it is for; every kind when absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// The channel that it is for; every channel when absent.
    #[serde(default)]
    pub channel: Option<String>,
    /// How long, in units of `counted`; null promises nothing, where others would.
    #[schemars(range(min = 0))]
    pub length: Option<f64>,
    /// What is counted.
    #[serde(default)]
    pub counted: Counted,
}

/// What a clock counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// Hours, day and night.
    #[default]
    Hours,
    /// Days, with weekends and holidays.
    Days,
    /// Working days of the company's calendar.
    WorkingDays,
}

/// The promises that hold for an issue.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceLevels {
    /// One for each clock that runs, in the order of the table.
    pub clocks: Vec<Clock>,
}

/// A clock that runs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Clock {
    /// What it counts to.
    pub clock: String,
    /// How long.
    pub length: f64,
    /// What is counted: `hours`, `days` or `working-days`.
    pub counted: Counted,
    /// Whose promise it is, in words.
    pub reason: String,
}
