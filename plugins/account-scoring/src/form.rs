//! What goes in and what comes out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that the score depends on.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    /// The findings in the order in which they were recorded.
    pub findings: Vec<Finding>,
    /// Dimensions that must have a finding before a grade is proposed.
    pub required_dimensions: Vec<String>,
    /// Weight per dimension; a dimension that is not named weighs 1.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = {"type": "number", "minimum": 0}))]
    pub weights: BTreeMap<String, f64>,
    /// The grades and the score from which each is reached, in any order.
    pub grades: Vec<Grade>,
}

/// What one department found about one dimension.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What the finding is about, such as `finance`.
    pub dimension: String,
    /// Who found it.
    #[serde(default)]
    pub department: Option<String>,
    /// The finding in words.
    #[serde(default)]
    pub finding: Option<String>,
    /// 0 (worst) to 100 (best).
    #[schemars(range(min = 0, max = 100))]
    pub score: f64,
}

/// A grade and its threshold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// The grade's id, such as `first`.
    pub grade: String,
    /// The lowest score that reaches it.
    pub at_least: f64,
}

/// The score and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Assessment {
    /// 0 to 100, two decimals; 0 when there is no finding.
    #[schemars(range(min = 0, max = 100))]
    pub score: f64,
    /// The grade that the score reaches; null below all thresholds or while evidence is missing.
    pub proposed_grade: Option<String>,
    /// Required dimensions without a finding, in the order of the requirement.
    pub missing_evidence: Vec<String>,
    /// How the result came about, in sentences.
    pub reasons: Vec<String>,
    /// What the score is made of: required dimensions first, then the others as they appeared.
    pub parts: Vec<Part>,
}

/// One dimension's part in the score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Part {
    /// The dimension.
    pub dimension: String,
    /// The score of its newest finding.
    pub score: f64,
    /// The weight with which it counts.
    pub weight: f64,
}
