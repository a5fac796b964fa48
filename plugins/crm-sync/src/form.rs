//! What goes in and comes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An account as it is to stand in the CRM.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Where the CRM's API begins, such as `https://crm.example.com/api`.
    #[schemars(length(min = 8))]
    pub crm: String,
    /// The account.
    pub account: Account,
}

/// What the CRM is told of an account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account's number in this company's own books, by which the CRM finds it.
    #[serde(rename(serialize = "external_id"))]
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its tier, which the CRM matches the service standard to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Where it stands, such as `admitted` or `exited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Its health score, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub health: Option<f64>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pushed {
    /// The account's id in the CRM.
    pub crm_id: String,
    /// Whether the CRM did not know the account before.
    pub created: bool,
}

/// A record of the CRM, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
}

/// What the CRM answers to a search.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    pub(crate) accounts: Vec<Record>,
}
