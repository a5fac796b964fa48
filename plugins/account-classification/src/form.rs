//! What goes in and what comes out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An account and the scheme to classify it by.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What is known of it, each under the name that the scheme uses: yearly purchases, forecast, or
    /// scores such as influence, potential, stability, credit or growth.
    #[serde(default)]
    pub figures: BTreeMap<String, f64>,
    /// What is true of it, such as `strategic-agreement`.
    #[serde(default)]
    pub facts: Vec<String>,
    /// The tiers, the highest first.
    pub scheme: Vec<Tier>,
    /// The tier of an account that fits none of the scheme; none when absent.
    #[serde(default)]
    pub otherwise: Option<String>,
}

/// One tier of a scheme.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its name, such as `strategic`.
    pub tier: String,
    /// What an account of it has; at least one condition.
    #[schemars(length(min = 1))]
    pub conditions: Vec<Condition>,
    /// Whether all conditions must hold, or one is enough.
    #[serde(default)]
    pub needs: Needs,
}

/// How many conditions must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// All of them.
    #[default]
    All,
    /// One of them.
    Any,
}

/// Something that an account of a tier has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Condition {
    /// A figure beyond a limit.
    Above {
        /// The name of the figure.
        figure: String,
        /// The limit, which is not enough itself.
        above: f64,
    },
    /// A figure of a limit, or beyond it.
    AtLeast {
        /// The name of the figure.
        figure: String,
        /// The limit, which is enough itself.
        at_least: f64,
    },
    /// Something that is true of the account.
    Fact {
        /// Its name.
        fact: String,
    },
}

/// The class of an account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Class {
    /// Its tier; null when it fits none.
    pub tier: Option<String>,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// The tier above, and what the account lacks for it; null when it has the highest.
    pub next: Option<Next>,
    /// Figures that the scheme asks for above the account's tier, and that are not known.
    pub missing: Vec<String>,
}

/// A tier that an account has not reached.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Next {
    /// Its name.
    pub tier: String,
    /// The conditions that do not hold, in sentences.
    pub lacks: Vec<String>,
}
