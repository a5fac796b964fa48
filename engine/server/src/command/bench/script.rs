//! What the clients ask: the requests of one case from its opening to its end.

use std::io::Write;

use serde_json::{Value as Json, json};

/// What a workflow is asked, again and again.
#[derive(Debug)]
pub(super) struct Script {
    /// The id of the workflow.
    pub(super) workflow: &'static str,
    /// Its file.
    pub(super) source: &'static str,
    /// Whether it asks a plugin.
    pub(super) asks_plugin: bool,
}

/// The events of a case, in order.
pub(super) const EVENTS: [&str; 5] = ["register", "investigate", "propose", "accept", "close"];
/// The events of a case that stays open.
pub(super) const OPEN_EVENTS: [&str; 5] =
    ["register", "investigate", "remark", "propose", "accept"];
/// The steps of a case: it is opened, then come its events.
pub(super) const STEPS: usize = 1 + EVENTS.len();

/// Who acts, in which role.
const ACTOR: &str = "Casewright-Actor: bench\r\nCasewright-Roles: account-manager\r\n";
const ADMINISTRATOR: &str = "Casewright-Actor: bench\r\nCasewright-Roles: administrator\r\n";

impl Script {
    /// Every script, the plain one first.
    pub(super) fn all() -> [Script; 2] {
        [Script::plain(), Script::with_plugin()]
    }

    /// Without plugins.
    pub(super) fn plain() -> Script {
        Script {
            workflow: "bench-plain",
            source: include_str!("bench-plain.yaml"),
            asks_plugin: false,
        }
    }

    /// With one decision of a shipped plugin in every case.
    pub(super) fn with_plugin() -> Script {
        Script {
            workflow: "bench-plugin",
            source: include_str!("bench-plugin.yaml"),
            asks_plugin: true,
        }
    }

    /// The request that makes the workflow known.
    pub(super) fn apply(&self) -> Vec<u8> {
        request(
            &format!("PUT /workflows/{}", self.workflow),
            ADMINISTRATOR,
            self.source,
        )
    }

    /// Writes a step of a case into a buffer, in place of what is there: 0 opens the case, the others send
    /// its events.
    pub(super) fn write(&self, step: usize, case: &Case<'_>, buffer: &mut Vec<u8>) {
        buffer.clear();
        let id = case.id;
        let (line, body) = match step.checked_sub(1).and_then(|event| EVENTS.get(event)) {
            None => {
                let data = opening(case.amount);
                let body = format!(r#"{{"workflow":"{}","data":{data}}}"#, self.workflow);
                (format!("PUT /cases/{id}"), body)
            }
            Some(event) => {
                let data = carried(case.amount);
                let body = format!(r#"{{"event":"{event}","data":{data}}}"#);
                (format!("POST /cases/{id}/events"), body)
            }
        };
        let length = body.len();
        // Writing to memory cannot fail.
        let _ = write!(
            buffer,
            "{line} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{ACTOR}"
        );
        if case.idempotency {
            let _ = write!(buffer, "Idempotency-Key: \"{id}-{step}\"\r\n");
        }
        let _ = write!(buffer, "\r\n{body}");
    }
}

/// A case that a client takes through the script.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// What differs from case to case.
    pub(super) amount: u64,
    /// Whether its requests carry an `Idempotency-Key`.
    pub(super) idempotency: bool,
}

/// What differs from case to case: spread over all amounts, the same in every run.
pub(super) fn amount(number: u64) -> u64 {
    number.wrapping_mul(7919) % 1_000_000
}

/// What a case is opened with.
pub(super) fn opening(amount: u64) -> Json {
    json!({ "customer": "华东能源集团", "amount": amount })
}

/// What each of its events carries.
pub(super) fn carried(amount: u64) -> Json {
    json!({ "amount": amount, "note": "delivered late" })
}

/// A request to read something.
pub(super) fn get(path: &str) -> Vec<u8> {
    request(&format!("GET {path}"), ACTOR, "")
}

fn request(line: &str, actor: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{line} HTTP/1.1\r\nHost: bench\r\nContent-Length: {length}\r\n{actor}\r\n{body}")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole() {
        let case = Case {
            id: "a-1",
            amount: 7,
            idempotency: true,
        };
        let mut buffer = b"what was there".to_vec();
        Script::plain().write(2, &case, &mut buffer);
        let text = String::from_utf8(buffer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /cases/a-1/events HTTP/1.1\r\n"),
            "{head}"
        );
        assert!(head.ends_with("\r\nIdempotency-Key: \"a-1-2\""), "{head}");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        let body: Json = serde_json::from_str(body).unwrap();
        assert_eq!(body["event"], "investigate");
        assert_eq!(body["data"], carried(7));
    }
}
