//! Writes an account's tier and state into the company's CRM.
//!
//! Domain catalogue 4.8: the CRM (客户关系管理系统) holds customer data, tier tags and health scores (003 §2.5.2, §3.6.1,
//! §5.1.2.1), and matches the service standard to the tier tag by itself (003 §5.1.2.1; catalogue 2.3). So a case that
//! changes a tier has to tell it. Companies differ in their CRM; what is spoken here is the least that they have in common:
//!
//! | request | what it does |
//! | --- | --- |
//! | `GET  {crm}/accounts?external_id=KA-7` | `{"accounts": [{"id": "c-1"}]}`: the records with this number |
//! | `POST {crm}/accounts` | `{"id": "c-1"}`: a new record |
//! | `PUT  {crm}/accounts/c-1` | writes the record; 404 when it is gone |
//!
//! The id of a record is remembered, so that an account that was written once takes one request. The token is a secret that
//! the operator grants, and so is the CRM's host: where it is says the input, whether it may be reached the operator.

mod form;
mod push;

pub use form::{Account, Push, Pushed};
pub use push::push_account;

use casewright_plugin::Plugin;

/// The name of the secret that the CRM accepts.
const TOKEN: &str = "crm-token";

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("crm-sync", env!("CARGO_PKG_VERSION"))
        .wants_http("*", "writes accounts into the company's CRM")
        .wants_secret(TOKEN, "the CRM asks who writes")
        .wants_key_value("remembers the CRM's id of each account")
        .service(
            "push-account",
            "Write an account to the CRM",
            "Writes number, name, tier, state and health of an account into the CRM, and makes the record when there \
             is none.",
            push_account,
        )
}

casewright_plugin::export!(plugin);
