//! Writing one account.

use casewright_plugin::http::{Request, Response};
use casewright_plugin::{Context, Failure, log};

use crate::TOKEN;
use crate::form::{Account, Found, Push, Pushed, Record};

/// Writes the account, under the id that is remembered or that the CRM finds; else as a new record.
pub fn push_account(push: Push, context: &Context<'_>) -> Result<Pushed, Failure> {
    let crm = Crm {
        base: push.crm.trim_end_matches('/').to_owned(),
        token: context.secret(TOKEN)?,
        context,
    };
    let account = &push.account;
    let memory = format!("{} {}", crm.base, account.id);
    let remembered = context.key_value().get_json::<String>(&memory)?;
    if let Some(crm_id) = remembered {
        if crm.update(&crm_id, account)? {
            return Ok(Pushed {
                crm_id,
                created: false,
            });
        }
        log::warn(&format!("the CRM no longer has the record `{crm_id}`"));
        context.key_value().delete(&memory)?;
    }
    let pushed = match crm.find(account)? {
        Some(crm_id) if crm.update(&crm_id, account)? => Pushed {
            crm_id,
            created: false,
        },
        _ => Pushed {
            crm_id: crm.create(account)?,
            created: true,
        },
    };
    context.key_value().set_json(&memory, &pushed.crm_id)?;
    Ok(pushed)
}

/// The CRM's API, with whatever is said to all of it.
struct Crm<'a> {
    base: String,
    token: String,
    context: &'a Context<'a>,
}

impl Crm<'_> {
    /// The id of the record with the account's number, if there is one.
    fn find(&self, account: &Account) -> Result<Option<String>, Failure> {
        let id = encoded(&account.id);
        let request = Request::get(format!("{}/accounts?external_id={id}", self.base));
        let found: Found = self.send(request)?.success().map_err(declined)?.json()?;
        Ok(found.accounts.into_iter().next().map(|record| record.id))
    }

    /// Whether the record was there to be written.
    fn update(&self, crm_id: &str, account: &Account) -> Result<bool, Failure> {
        let crm_id = encoded(crm_id);
        let request = Request::put(format!("{}/accounts/{crm_id}", self.base));
        let response = self.send(request.with_json(account)?)?;
        if response.status() == 404 {
            return Ok(false);
        }
        response.success().map(|_| true).map_err(declined)
    }

    /// The id of a new record. The header `Idempotency-Key` lets the CRM make it once, however often this is tried.
    fn create(&self, account: &Account) -> Result<String, Failure> {
        let request = Request::post(format!("{}/accounts", self.base));
        let response = self.send(request.with_json(account)?)?;
        let record: Record = response.success().map_err(declined)?.json()?;
        Ok(record.id)
    }

    fn send(&self, request: Request) -> Result<Response, Failure> {
        self.context.http(&request.with_bearer(&self.token))
    }
}

/// A status that is no success, in the words of this plugin's trade.
fn declined(mut failure: Failure) -> Failure {
    let status = failure.details["status"].as_u64();
    let (code, message) = match (failure.try_again, status) {
        (true, _) => ("crm-busy", "the CRM is busy or out of order"),
        (false, Some(401 | 403)) => ("crm-refused", "the CRM does not accept the token"),
        (false, _) => ("crm-declined", "the CRM does not take the account as it is"),
    };
    failure.code = code.to_owned();
    failure.message = message.to_owned();
    failure
}

/// `text` as a part of an address (RFC 3986).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use casewright_plugin::Desk;
    use serde_json::{Value, json};

    use super::*;

    const INPUT: &str =
        r#"{"crm": "https://crm.example.com/api/", "account": {"id": "KA 7", "tier": "core"}}"#;

    fn push(desk: &Desk) -> Result<Value, Failure> {
        let answer = crate::plugin().serve("push-account", INPUT, desk)?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    fn desk(answer: impl Fn(&str, &str) -> Response + 'static) -> Desk {
        Desk::new()
            .with_secret("crm-token", "token-of-the-crm")
            .with_http(move |request| {
                assert_eq!(
                    request.header("authorization"),
                    Some("Bearer token-of-the-crm")
                );
                Ok(answer(request.method(), request.url()))
            })
    }

    #[test]
    fn a_new_account_is_created_once_and_then_written() {
        let desk = desk(|method, url| match (method, url) {
            ("GET", "https://crm.example.com/api/accounts?external_id=KA%207") => {
                Response::new(200).with_body(r#"{"accounts": []}"#)
            }
            ("POST", "https://crm.example.com/api/accounts") => {
                Response::new(201).with_body(r#"{"id": "c-1"}"#)
            }
            ("PUT", "https://crm.example.com/api/accounts/c-1") => Response::new(204),
            other => panic!("{other:?}"),
        });
        assert_eq!(push(&desk), Ok(json!({"crm_id": "c-1", "created": true})));
        let memory = desk.entries();
        assert_eq!(memory["https://crm.example.com/api KA 7"], b"\"c-1\"");
        assert_eq!(push(&desk), Ok(json!({"crm_id": "c-1", "created": false})));
    }

    #[test]
    fn a_record_that_is_gone_is_looked_for_again() {
        let desk = desk(
            |method, url| match (method, url.rsplit('/').next().unwrap()) {
                ("GET", _) => Response::new(200).with_body(r#"{"accounts": [{"id": "old"}]}"#),
                ("PUT", "old") => Response::new(404),
                ("POST", _) => Response::new(201).with_body(r#"{"id": "new"}"#),
                other => panic!("{other:?}"),
            },
        );
        assert_eq!(push(&desk), Ok(json!({"crm_id": "new", "created": true})));
    }

    #[test]
    fn failures_say_whether_to_try_again() {
        let failure = |response: Response| {
            let desk = desk(move |_, _| response.clone());
            let failure = push(&desk).unwrap_err();
            (failure.code, failure.try_again, failure.try_again_after)
        };
        let busy = Response::new(429).with_header("retry-after", "30");
        let after = Some(Duration::from_secs(30));
        assert_eq!(failure(busy), ("crm-busy".to_owned(), true, after));
        assert_eq!(
            failure(Response::new(500)),
            ("crm-busy".to_owned(), true, None)
        );
        assert_eq!(
            failure(Response::new(401)),
            ("crm-refused".to_owned(), false, None)
        );
        assert_eq!(
            failure(Response::new(422)),
            ("crm-declined".to_owned(), false, None)
        );
    }

    #[test]
    fn without_a_token_nothing_is_sent() {
        let failure = push(&Desk::new()).unwrap_err();
        assert_eq!(
            (failure.code.as_str(), failure.try_again),
            ("not-granted", false)
        );
    }
}
