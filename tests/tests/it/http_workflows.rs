//! The shipped workflows over HTTP, through the real binary.
//!
//! [`journeys`] drives every scenario of the shipped pack from its first line to its last; the other
//! modules look at one part of the API each.

mod diagrams;
mod explanation;
mod journey;
mod journeys;
mod lists;
mod opening;
mod pages;
mod record;
mod script;
mod sending;
mod versions;

use serde_json::{Value as Json, json};

/// What a complaint of an account is opened with.
pub(crate) fn complaint(account: &str) -> Json {
    json!({ "account": { "name": account, "id": "C-20031" }, "tier": "core", "channel": "phone" })
}

/// What a complaint is registered with.
pub(crate) fn registration() -> Json {
    json!({
        "content": "三号产线的控制器交付延期，而且停机两次",
        "customer_info": { "name": "李敏", "phone": "021-5555 0101" },
        "investigating_depts": ["technical-support"],
    })
}
