//! Writes an account into the company's CRM.

use casewright_plugin::http::{Request, Response};
use casewright_plugin::{Context, Failure, Plugin, export, log};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of the secret that the CRM accepts.
const TOKEN: &str = "crm-token";

/// What is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Where the CRM's API begins.
    #[schemars(length(min = 8))]
    crm: String,
    /// The account.
    account: Account,
}

/// What the CRM is told of an account.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account's number in our books.
    #[serde(rename(serialize = "external_id"))]
    #[schemars(length(min = 1, max = 100))]
    id: String,
    /// Its tier.
    tier: String,
}

/// What became of it.
#[derive(Serialize, JsonSchema)]
pub struct Written {
    /// The account's id in the CRM.
    crm_id: String,
    /// Whether the CRM did not know the account before.
    created: bool,
}

/// A record of the CRM.
#[derive(Deserialize)]
struct Record {
    id: String,
}

/// It may be called more than once for the same thing. The CRM makes one record all the same: its id is remembered, and
/// the header `Idempotency-Key`, which goes with every request, is the same each time.
fn write_account(write: Write, context: &Context<'_>) -> Result<Written, Failure> {
    let base = write.crm.trim_end_matches('/');
    let token = context.secret(TOKEN)?;
    let send =
        |request: Request| context.http(&request.with_bearer(&token).with_json(&write.account)?);
    let memory = format!("{base} {}", write.account.id);
    if let Some(crm_id) = context.key_value().get_json::<String>(&memory)? {
        let response = send(Request::put(format!("{base}/accounts/{crm_id}")))?;
        if response.status() != 404 {
            accepted(response)?;
            return Ok(Written {
                crm_id,
                created: false,
            });
        }
        log::warn(&format!("the CRM no longer has the record `{crm_id}`"));
        context.key_value().delete(&memory)?;
    }
    let response = accepted(send(Request::post(format!("{base}/accounts")))?)?;
    let Record { id: crm_id } = response.json()?;
    log::info(&format!("the CRM has the account as `{crm_id}`"));
    context.key_value().set_json(&memory, &crm_id)?;
    Ok(Written {
        crm_id,
        created: true,
    })
}

/// What is no success says by itself whether another attempt is of use.
fn accepted(response: Response) -> Result<Response, Failure> {
    match response.status() {
        422 => Err(Failure::new(
            "crm-declined",
            "the CRM does not take the account as it is",
        )),
        _ => response.success(),
    }
}

/// The plugin as the host sees it.
pub fn plugin() -> Plugin {
    Plugin::new("{{name}}", env!("CARGO_PKG_VERSION"))
        .wants_http("*", "writes accounts into the company's CRM")
        .wants_secret(TOKEN, "the CRM asks who writes")
        .wants_key_value("remembers the CRM's id of each account")
        .service(
            "write-account",
            "Write an account to the CRM",
            "Writes number and tier of an account into the CRM, and makes the record when there is none.",
            write_account,
        )
}

export!(plugin);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use casewright_plugin::Desk;
    use serde_json::{Value, json};

    use super::*;

    fn write(desk: &Desk) -> Result<Value, Failure> {
        let account =
            json!({"crm": "https://crm.example.com/", "account": {"id": "KA-7", "tier": "core"}});
        let answer = plugin().serve("write-account", &account.to_string(), desk)?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    fn desk(answer: impl Fn(&Request) -> Response + 'static) -> Desk {
        let desk = Desk::new().with_secret(TOKEN, "token-of-the-crm");
        desk.with_http(move |request| Ok(answer(request)))
    }

    #[test]
    fn an_account_is_created_once_and_then_written() {
        let desk = desk(|request| {
            assert_eq!(
                request.header("authorization"),
                Some("Bearer token-of-the-crm")
            );
            match request.method() {
                "POST" => Response::new(201).with_body(r#"{"id": "c-1"}"#),
                _ => Response::new(204),
            }
        });
        assert_eq!(write(&desk), Ok(json!({"crm_id": "c-1", "created": true})));
        assert_eq!(write(&desk), Ok(json!({"crm_id": "c-1", "created": false})));
    }

    #[test]
    fn failures_say_whether_to_try_again() {
        let busy = desk(|_| Response::new(429).with_header("retry-after", "30"));
        assert_eq!(
            write(&busy).unwrap_err().try_again_after,
            Some(Duration::from_secs(30))
        );
        assert!(!write(&desk(|_| Response::new(422))).unwrap_err().try_again);
    }
}
