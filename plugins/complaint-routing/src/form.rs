//! What goes in and what comes out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A complaint and the rules to judge it by.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// What the customer said, in any language.
    pub content: String,
    /// The category that somebody chose for it, if anybody did.
    #[serde(default)]
    pub category: Option<String>,
    /// The product that it is about.
    #[serde(default)]
    pub product: Option<String>,
    /// The tier of the account, such as `strategic`.
    #[serde(default)]
    pub tier: Option<String>,
    /// The running project that it is about.
    #[serde(default)]
    pub related_project: Option<String>,
    /// The company's rules; order decides between equally severe ones.
    pub rules: Vec<Rule>,
    /// Time limits per tier; the tier `default` serves accounts of any other tier. Absent where something
    /// else sets the time limits: then the route has none.
    #[serde(default)]
    pub sla: Option<BTreeMap<String, ServiceLevel>>,
    /// Who is responsible when no rule matches.
    pub default_department: String,
}

/// One kind of complaint: how it is recognised, how severe it is and who deals with it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Words of which one in the content is enough.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// A category that is enough as well.
    #[serde(default)]
    pub category: Option<String>,
    /// Who is responsible.
    pub department: String,
    /// How severe it is.
    pub severity: Severity,
}

/// How severe a complaint is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// An annoyance: the ordinary way is enough.
    Minor,
    /// It disturbs the customer's work.
    Major,
    /// The cooperation, people or the law are at stake.
    Critical,
}

/// The time limits of a tier, in hours. Which hours count is the workflow's to say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevel {
    /// Until the first response.
    #[schemars(range(min = 0))]
    pub response_hours: f64,
    /// Until the solution; null or absent when none is promised.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub solution_hours: Option<f64>,
}

/// Where the complaint goes and by when.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Routing {
    /// `minor`, `major` or `critical`.
    pub severity: Severity,
    /// Who is responsible.
    pub responsible_dept: String,
    /// Hours until the first response; null when no time limits are given.
    pub response_hours: Option<f64>,
    /// Hours until the solution; null when none is promised.
    pub solution_hours: Option<f64>,
    /// The keywords found in the content, in the order of the rules.
    pub matched: Vec<String>,
    /// How the result came about, in sentences.
    pub reasons: Vec<String>,
}

impl Severity {
    /// The word for it in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Minor => "minor",
            Severity::Major => "major",
            Severity::Critical => "critical",
        }
    }
}
