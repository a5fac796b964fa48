//! Where to look, and what problems mean.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value as Json, json};

use super::Server;
use super::problem::{KINDS, Kind, Problem};
use super::segment::Segment;

/// Where to look
#[utoipa::path(
    get, path = "/", tag = "server",
    responses((status = 200, description = "what there is", body = serde_json::Value)),
)]
pub(super) async fn index(State(server): State<Server>) -> JsonBody<Json> {
    let definitions = server.runtime.definitions().all();
    let workflows: Vec<String> = definitions
        .iter()
        .map(|definition| format!("/workflows/{}", definition.id))
        .collect();
    JsonBody(json!({
        "casewright": env!("CARGO_PKG_VERSION"),
        "workflows": workflows,
        "cases": "/cases",
        "openapi": "/openapi.json",
        "problems": "/problems",
        "health": "/health",
    }))
}

/// Say whether the server is well
#[utoipa::path(
    get, path = "/health", tag = "server",
    responses(
        (status = 200, description = "it is", body = serde_json::Value),
        (status = 503, description = "its store takes nothing", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn health(State(server): State<Server>) -> Result<JsonBody<Json>, Problem> {
    match server.runtime.is_well() {
        true => Ok(JsonBody(json!({ "status": "ok" }))),
        false => Err(Problem::new("unwell", "the last write to the store failed")),
    }
}

pub(super) async fn openapi() -> JsonBody<Json> {
    JsonBody(super::openapi())
}

/// List the kinds of problems
#[utoipa::path(
    get, path = "/problems", tag = "server",
    responses((status = 200, description = "their codes and titles", body = serde_json::Value)),
)]
pub(super) async fn problems() -> JsonBody<Json> {
    let kinds = KINDS.iter().map(|kind| {
        json!({
            "type": format!("/problems/{}", kind.code),
            "status": kind.status,
            "title": kind.title,
        })
    });
    JsonBody(kinds.collect())
}

/// Explain a kind of problem
#[utoipa::path(
    get, path = "/problems/{code}", tag = "server",
    params(("code" = String, Path, description = "the end of a problem's `type`")),
    responses(
        (status = 200, description = "what it means, and what to do", content_type = "text/plain", body = String),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn problem(Segment(code): Segment) -> Result<impl IntoResponse, Problem> {
    let kind = KINDS.iter().find(|kind| kind.code == code);
    let kind =
        kind.ok_or_else(|| Problem::new("not-found", format!("no problem is called `{code}`")))?;
    let Kind {
        code,
        status,
        title,
        explanation,
    } = kind;
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((
        plain,
        format!("{code} ({status}): {title}\n\n{explanation}\n"),
    ))
}
