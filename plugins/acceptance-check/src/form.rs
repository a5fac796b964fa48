//! What goes in and what comes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a contract asks of a project, and what the tests gave.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What the contract asks; at least one.
    #[schemars(length(min = 1))]
    pub criteria: Vec<Criterion>,
    /// What the tests gave, in the order in which they were made: of several results of one criterion the
    /// last counts.
    #[serde(default)]
    pub results: Vec<TestResult>,
}

/// One thing that a contract asks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name, unique.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The level that it belongs to, such as `functional`, `performance` or `scenario`.
    pub level: String,
    /// The least that may be measured.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// The most that may be measured.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Whether the project passes without it.
    #[serde(default)]
    pub optional: bool,
}

/// What one test gave.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// The criterion that it is of.
    pub criterion: String,
    /// Whether the testers are satisfied. Not needed where something is measured.
    #[serde(default)]
    pub passed: Option<bool>,
    /// What was measured.
    #[serde(default)]
    pub measured: Option<f64>,
    /// What the testers say.
    #[serde(default)]
    pub remark: Option<String>,
}

/// Whether the project passes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// Whether every criterion is met that is not optional.
    pub passed: bool,
    /// What has to be rectified, in the order of the criteria; optional ones stand here, too.
    pub issues: Vec<Issue>,
    /// The levels in the order in which the criteria name them.
    pub levels: Vec<Level>,
}

/// A criterion that is not met.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Issue {
    /// The criterion.
    pub criterion: String,
    /// `not-tested`, `failed`, `below` or `above`.
    pub problem: Problem,
    /// Whether the project passes all the same.
    pub optional: bool,
    /// What is wrong, in a sentence.
    pub text: String,
}

/// In which way a criterion is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// It has no result, or one that says nothing.
    NotTested,
    /// The testers are not satisfied.
    Failed,
    /// Less was measured than is asked.
    Below,
    /// More was measured than is allowed.
    Above,
}

/// How a level stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Level {
    /// Its name.
    pub level: String,
    /// How many of its criteria are met.
    pub met: u32,
    /// How many it has.
    pub of: u32,
}
