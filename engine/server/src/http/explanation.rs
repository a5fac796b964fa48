//! Why events are open or blocked, over HTTP; and what one would lead to, without sending it.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use casewright_runtime::CommandError;

use super::Server;
use super::actor::From as FromActor;
use super::body::{Json as FromJson, permit};
use super::cases::{NewEvent, with_events};
use super::conditional::etag;
use super::problem::Problem;
use super::segment::Segment;
use crate::explanation::{ExplanationForm, RehearsalForm};

/// Explain what may happen to a case
///
/// For every event of the workflow: what would come of it if the actor sent it now, or why not - the
/// failing parts of the conditions with the values that they read, the missing role, the states that
/// take it. The same for every pending timer.
#[utoipa::path(
    get, path = "/cases/{case}/explanation", tag = "cases",
    params(("case" = String, Path, description = "the id of the case")),
    responses(
        (status = 200, description = "what would come of every event", body = ExplanationForm),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn show(
    State(server): State<Server>,
    Segment(case): Segment,
    FromActor(actor): FromActor,
) -> Result<Response, Problem> {
    // It costs what carrying out a command costs.
    let permit = permit(&server)?;
    let view = server.runtime.case(&case)?;
    let explain = move |setting: casewright_case::Setting<'_>, case: &casewright_case::Case| {
        // Held for as long as it waits, whoever waits for it.
        (ExplanationForm::of(setting, case, &actor), permit)
    };
    let (explained, _permit) = server.runtime.explained(&view, explain).await?;
    let etag = [(header::ETAG, etag(view.case.revision))];
    Ok((etag, JsonBody(explained)).into_response())
}

/// Rehearse an event
///
/// Takes the step that the event would be, and keeps nothing of it. The answer is 200 also when the
/// event would be refused: `problem` is the answer that sending it would get.
#[utoipa::path(
    post, path = "/cases/{case}/explanation", tag = "cases",
    params(("case" = String, Path, description = "the id of the case")),
    request_body = NewEvent,
    responses(
        (status = 200, description = "what the event would lead to", body = RehearsalForm),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn rehearse(
    State(server): State<Server>,
    Segment(case): Segment,
    FromActor(actor): FromActor,
    FromJson(new, permit): FromJson<NewEvent>,
) -> Result<Response, Problem> {
    let view = server.runtime.case(&case)?;
    let (event, who) = (new.event.clone(), actor.clone());
    let rehearsed = server.runtime.explained(&view, move |setting, case| {
        let rehearsal = casewright_case::rehearse(setting, case, &new.event, &new.data, &who);
        (rehearsal, permit)
    });
    let (rehearsal, _permit) = rehearsed.await?;
    let problem = rehearsal.outcome.as_ref().err().map(|refusal| {
        let refused = CommandError::Refused {
            refusal: refusal.clone(),
            case: Some((Box::new(view.case.clone()), view.definition.clone())),
        };
        with_events(&server, refused, &actor).body()
    });
    let form = RehearsalForm::of(&event, &rehearsal, problem, &view.definition);
    let etag = [(header::ETAG, etag(view.case.revision))];
    Ok((etag, JsonBody(form)).into_response())
}
