//! What goes wrong, as the client sees it: `application/problem+json` (RFC 9457).
//!
//! Inner layers know no status codes; this is the one place that gives them out. Each kind has a
//! stable address, `/problems/{code}`, where the server explains it.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casewright_case::{Blocked, Refusal};
use casewright_definition::data::Violation;
use casewright_runtime::{CommandError, StoreError};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::seldom::Seldom;

/// One kind of problem.
#[derive(Debug)]
pub struct Kind {
    /// Its stable name, the end of its address.
    pub code: &'static str,
    /// The status that it comes with.
    pub status: u16,
    /// What it is.
    pub title: &'static str,
    /// What it means, and what to do.
    pub explanation: &'static str,
}

macro_rules! kinds {
    ($($code:literal $status:literal $title:literal $explanation:literal;)*) => {
        /// Every kind of problem.
        pub const KINDS: &[Kind] = &[$(Kind {
            code: $code, status: $status, title: $title, explanation: $explanation,
        }),*];
    };
}

kinds! {
    "not-found" 404 "nothing here"
        "There is nothing at this address. `/` lists what there is.";
    "method-not-allowed" 405 "wrong method"
        "The address exists, but does not take this method. `/openapi.json` lists the methods.";
    "actor-missing" 401 "who is asking?"
        "Name the actor in `Casewright-Actor` and its roles, separated by commas, in `Casewright-Roles`.";
    "actor-invalid" 400 "the actor cannot be read"
        "`Casewright-Actor` and `Casewright-Roles` are UTF-8 text of at most 1024 bytes.";
    "body-too-large" 413 "the body is too large"
        "A request carries at most 1 MiB, the file of a plugin at most 48 MiB unless the operator's grants say otherwise. Keep documents where they are and refer to them.";
    "body-too-slow" 408 "the body did not come in time"
        "A client has as long to send a body as `serve --body-timeout` says. Nothing was done; send the request again.";
    "body-unreadable" 400 "the body cannot be read"
        "The connection broke off, or the body was not sent as announced.";
    "malformed-json" 400 "the body is no JSON"
        "`detail` says at which line and column JSON ends.";
    "body-shape" 422 "the body has another shape"
        "The body is JSON, but not what this address takes. `/openapi.json` shows what it takes.";
    "query-invalid" 400 "a query parameter makes no sense"
        "`detail` says which, and what was expected.";
    "unknown-workflow" 404 "no such workflow"
        "`known` lists the workflows that there are.";
    "unknown-case" 404 "no such case"
        "No case with this id was opened in this store.";
    "unknown-job" 404 "no such job"
        "The case runs no service with this number now. `/cases/{case}/jobs` lists those that it runs.";
    "case-exists" 409 "the id is taken"
        "A case with this id was opened before with other data, by another actor, or of another workflow. Opening a case again in just the same way is harmless and gives the case as it is.";
    "revision-mismatch" 412 "the case has moved on"
        "`If-Match` named a revision that the case has left. Read it again, and decide anew.";
    "precondition-invalid" 400 "`If-Match` cannot be read"
        "`If-Match` is what `ETag` gave, in its quotation marks, or `*`: the revision of a case, the digest of a workflow's definition or of a plugin.";
    "idempotency-key-invalid" 400 "`Idempotency-Key` cannot be read"
        "`Idempotency-Key` is one string of at most 256 letters of ASCII, best a new UUID for every new request, in quotation marks or without.";
    "idempotency-key-in-flight" 409 "the first request is not answered yet"
        "A request with this `Idempotency-Key` is being carried out. Send it again in a moment, and it is answered as the first one was.";
    "idempotency-key-reused" 422 "the key belongs to another request"
        "This actor gave the same `Idempotency-Key` to a request with another method, address, body, roles, `If-Match`, `If-None-Match` or `Prefer`. Every new request takes a new key.";
    "invalid-id" 422 "the id cannot be one"
        "Ids of cases are letters, digits and `-`, `_`, `.`, `:`, `~`, at most 128 of them; `.` and `..` are none.";
    "unknown-event" 409 "no such event"
        "The workflow has no event of this name. `events` lists what this actor may send now.";
    "case-done" 409 "the case has ended"
        "A case that has reached a final state takes no more events.";
    "event-not-now" 409 "not in this state"
        "None of the active states takes this event. `events` lists what this actor may send now.";
    "forbidden" 403 "the actor's roles do not allow this"
        "`roles` lists the roles that may.";
    "invalid-data" 422 "the data does not match its schema"
        "`violations` says what is wrong and where, by JSON pointer into the `data` that was sent.";
    "guard-failed" 409 "a condition does not hold"
        "`blocked` lists the conditions, what they say to people, and why one could not be evaluated.";
    "workflow-defect" 500 "the workflow is at fault"
        "The step would break the workflow's own rules: its data schema, or a limit of the engine. The case is unchanged. Whoever looks after the workflow must mend it.";
    "decision-failed" 502 "a plugin gave no answer"
        "`plugin`, `function`, `reason` and `limit` say which plugin failed, and how. The case is unchanged; the same event may be sent again.";
    "workflow-unsound" 422 "the workflow file is not sound"
        "`findings` lists what is wrong, with line, column and a hint; `report` shows it to people.";
    "workflow-changed" 412 "the workflow has changed"
        "`If-Match` named another definition than the one in use, or `If-None-Match: *` was sent and there is one. `definition` is its digest. Read the workflow again, and decide anew.";
    "unknown-plugin" 404 "no such plugin"
        "`known` lists the plugins that there are.";
    "plugin-not-signed" 403 "the plugin is not signed by one of the operator's keys"
        "This server takes only plugins that somebody signed whose key it has. `Casewright-Signature` holds the signature; `casewright plugin sign` makes it, and `casewright plugin apply` sends it.";
    "plugin-unsound" 422 "the file is no plugin"
        "`detail` says what was expected of it. `casewright plugin check` says the same on your desk.";
    "plugin-not-granted" 403 "the plugin asks for more than is granted"
        "`missing` lists what the operator would have to grant in the file of `serve --grants`, `difference` what it asks for beyond the version in use.";
    "plugin-misfit" 409 "a workflow cannot do with this plugin"
        "`findings` lists what the workflows in use ask that this plugin does not have, or does not take. Apply workflows that fit first.";
    "plugin-changed" 412 "the plugin has changed"
        "`If-Match` named another file than the one in use, or `If-None-Match: *` was sent and there is one. `plugin` is its digest. Read the plugin again, and decide anew.";
    "busy" 503 "too much at once"
        "Try again after the seconds that `Retry-After` names.";
    "unwell" 503 "the store takes nothing"
        "The last write failed, and until the server is started again more will not succeed. What was acknowledged is safe. The server's log says what is wrong with the disk.";
    "stopping" 503 "the server is shutting down"
        "The command was not carried out.";
    "internal" 500 "the engine failed"
        "A fault in Casewright itself. The command may or may not have been carried out: read the case again. The server's log says more.";
    "store-failed" 500 "the store failed"
        "The command was not carried out, or its outcome is unknown when the disk failed in the middle: read the case again. The server's log says more.";
}

/// Being busy, of all problems, may come thousands of times a second.
static BUSY: Seldom = Seldom::new();

/// A problem, on its way to the client.
#[derive(Debug)]
pub struct Problem {
    kind: &'static Kind,
    detail: String,
    more: Map<String, Json>,
}

impl Problem {
    /// A problem of a kind. `code` must be one of [`KINDS`]; any other becomes the last of them.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let kind = KINDS.iter().find(|kind| kind.code == code);
        Problem {
            kind: kind.unwrap_or(&KINDS[KINDS.len() - 1]),
            detail: detail.into(),
            more: Map::new(),
        }
    }

    /// Adds a member beyond those of RFC 9457.
    pub(super) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Json::Null);
        self.more.insert(name.to_owned(), value);
        self
    }

    /// Adds the one thing to try.
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with("hint", hint.into())
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl Problem {
    /// The body of the answer.
    pub(super) fn body(&self) -> Json {
        let mut body = json!({
            "type": format!("/problems/{}", self.kind.code),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(self.more.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.kind.code == "busy" {
            if let Some(before) = BUSY.tell() {
                tracing::warn!(
                    detail = self.detail,
                    before,
                    "turned away: too much at once"
                );
            }
        } else if self.kind.status >= 500 {
            tracing::error!(code = self.kind.code, detail = self.detail, "problem");
        }
        let mut response = (self.status(), axum::Json(self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.kind.status == 401 {
            let challenge = HeaderValue::from_static("Casewright realm=\"casewright\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.kind.status == 503 || self.kind.code == "idempotency-key-in-flight" {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::UnknownWorkflow { workflow, known } => {
                let candidates = known.iter().map(|known| &**known);
                let similar =
                    casewright_definition::diagnostic::did_you_mean(&workflow, candidates);
                let problem = Problem::new("unknown-workflow", detail);
                let problem = match similar {
                    Some(similar) => problem.with_hint(format!("did you mean `{similar}`?")),
                    None => problem,
                };
                let known: Vec<&str> = known.iter().map(|known| &**known).collect();
                problem.with("known", known)
            }
            CommandError::UnknownCase(_) => Problem::new("unknown-case", detail),
            CommandError::UnknownJob(_) => Problem::new("unknown-job", detail),
            CommandError::CaseExists { case, .. } => Problem::new("case-exists", detail)
                .with("workflow", &*case.workflow)
                .with("revision", case.revision),
            CommandError::RevisionMismatch { expected, found } => {
                Problem::new("revision-mismatch", detail)
                    .with("expected", expected)
                    .with("revision", found)
            }
            CommandError::Refused { refusal, .. } => refused(refusal, detail),
            CommandError::RequestInFlight => Problem::new("idempotency-key-in-flight", detail),
            CommandError::KeyReused => Problem::new("idempotency-key-reused", detail),
            CommandError::Busy => Problem::new("busy", detail),
            CommandError::Stopped => Problem::new("stopping", detail),
            CommandError::Panicked => Problem::new("internal", detail),
            CommandError::Store(error) => Problem::from(&*error),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        // What the store says may hold paths of the server: it is for the log.
        tracing::error!(%error, "the store failed");
        match error {
            StoreError::Conflict { .. } => {
                Problem::new("busy", "another command to the same case came first")
            }
            _ => Problem::new(
                "store-failed",
                "the store failed; the server's log says why",
            ),
        }
    }
}

fn refused(refusal: Refusal, detail: String) -> Problem {
    match refusal {
        Refusal::InvalidId(_) => Problem::new("invalid-id", detail),
        Refusal::UnknownEvent { suggestion, .. } => {
            let problem = Problem::new("unknown-event", detail);
            match suggestion {
                Some(event) => problem.with_hint(format!("did you mean `{event}`?")),
                None => problem,
            }
        }
        Refusal::Done => Problem::new("case-done", detail),
        Refusal::NotNow { .. } => Problem::new("event-not-now", detail),
        Refusal::Forbidden { roles, held, .. } => {
            let names = |roles: &[Arc<str>]| -> Vec<String> {
                roles.iter().map(ToString::to_string).collect()
            };
            Problem::new("forbidden", detail)
                .with("roles", names(&roles))
                .with("held", names(&held))
        }
        Refusal::InvalidInput(found) => {
            Problem::new("invalid-data", detail).with("violations", violations(found))
        }
        Refusal::GuardFailed { blocked, .. } => {
            let blocked: Vec<Json> = blocked.iter().map(block).collect();
            Problem::new("guard-failed", detail).with("blocked", blocked)
        }
        Refusal::InvalidData(found) => {
            Problem::new("workflow-defect", detail).with("violations", violations(found))
        }
        Refusal::Limit { name, figure } => Problem::new("workflow-defect", detail)
            .with("limit", json!({ "name": name, "figure": figure })),
        Refusal::Decision(error) => {
            let problem = Problem::new("decision-failed", detail)
                .with("plugin", &*error.plugin)
                .with("function", &*error.function)
                .with("reason", &*error.code);
            match error.limit {
                Some((name, figure)) => {
                    problem.with("limit", json!({ "name": &*name, "figure": figure }))
                }
                None => problem,
            }
        }
        Refusal::NotPending | Refusal::Corrupt => Problem::new("store-failed", detail),
    }
}

/// Pointers go into the body of the request, where the data stands under `data`.
fn violations(found: Vec<Violation>) -> Vec<Violation> {
    let found = found.into_iter();
    found
        .map(|violation| Violation {
            pointer: format!("/data{}", violation.pointer),
            ..violation
        })
        .collect()
}

fn block(blocked: &Blocked) -> Json {
    let targets: Vec<&str> = blocked.targets.iter().map(|target| &**target).collect();
    json!({
        "state": &*blocked.state,
        "target": targets,
        "guard": blocked.guard,
        "title": blocked.title,
        "error": blocked.error.as_deref(),
        "parts": crate::explanation::parts(&blocked.parts),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_a_status_of_an_error() {
        let mut codes: Vec<_> = KINDS.iter().map(|kind| kind.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), KINDS.len());
        assert!(KINDS.iter().all(|kind| (400..600).contains(&kind.status)));
    }
}
