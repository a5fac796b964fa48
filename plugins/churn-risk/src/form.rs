//! What goes in and what comes out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is seen of an account, and the limits to judge it by.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signs {
    /// By how many percent logins changed; negative when there are fewer.
    #[serde(default)]
    pub logins_change_percent: Option<f64>,
    /// Whether a module was used that was not used before.
    #[serde(default)]
    pub used_new_module: Option<bool>,
    /// The health score, 0 to 100.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub health_score: Option<f64>,
    /// The purchases of the last months, the oldest first.
    #[serde(default)]
    pub purchases: Vec<f64>,
    /// By how many days payments take longer than before.
    #[serde(default)]
    pub payment_delay_days: Option<f64>,
    /// Whether the key contact has left.
    #[serde(default)]
    pub key_contact_left: bool,
    /// The company's limits; what is absent is as the sources state it, or no limit where they state none.
    #[serde(default)]
    pub limits: Limits,
}

/// From where on something is a signal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// By how many percent logins fall at least (003 §6.3.3: 30).
    pub logins_fall_percent: f64,
    /// The health score below which somebody has to look (003 §5.1.2.1: 80).
    pub health_attention: f64,
    /// The health score below which the risk is high (003 §7.1.2.1: 70).
    pub health_high_risk: f64,
    /// How many months in a row purchases fall (003 §6.2.1: 3).
    #[schemars(range(min = 1))]
    pub falling_months: u32,
    /// By how many days payments take longer at least (003 §3.4.1 gives no figure: never when absent).
    pub payment_delay_days: Option<f64>,
    /// How likely the account leaves in percent, by signal. 003 §6.3.3 states 75 for `logins`; a signal
    /// that has no entry adds nothing.
    pub probability: BTreeMap<String, f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            logins_fall_percent: 30.0,
            health_attention: 80.0,
            health_high_risk: 70.0,
            falling_months: 3,
            payment_delay_days: None,
            probability: BTreeMap::from([("logins".to_owned(), 75.0)]),
        }
    }
}

/// How likely an account is to leave.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Risk {
    /// In percent, rounded to two decimals; null when none of the signals has a probability.
    pub probability: Option<f64>,
    /// `none`, `attention` or `high`.
    pub level: Level,
    /// What to do: `nothing`, `alert-management` or `start-retention`.
    pub action: Action,
    /// What was seen, in a fixed order.
    pub signals: Vec<Signal>,
}

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing was seen.
    None,
    /// Somebody has to look.
    Attention,
    /// The account may be lost.
    High,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Tell the management.
    AlertManagement,
    /// Begin to win the account back.
    StartRetention,
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Signal {
    /// `logins`, `health`, `purchases`, `payments` or `key-contact`.
    pub kind: &'static str,
    /// How urgent it is by itself.
    pub level: Level,
    /// What was seen, in a sentence.
    pub text: String,
}
