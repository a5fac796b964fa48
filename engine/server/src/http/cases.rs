//! Cases over HTTP.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casewright_case::{Actor, Refusal};
use casewright_runtime::{CaseFilter, CommandError, Done, View};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::actor::From as FromActor;
use super::answer::{Answer, Form};
use super::command::{Command, unless_remembered};
use super::conditional::{if_match, must_be_new, wants_minimal};
use super::problem::Problem;
use super::query::Query;
use super::segment::Segment;
use super::views::{self, CaseList, CaseSummary, CaseView, HistoryView, RecordView};

/// How many cases or records a page has unless the client says otherwise, and at most.
const PAGE: usize = 50;
const MAX_PAGE: usize = 500;

/// A case to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCase {
    /// The workflow that it runs.
    workflow: String,
    /// Its id; a new one is made when absent.
    id: Option<String>,
    /// What it starts with, as the workflow's `start` asks.
    #[serde(default = "no_data")]
    data: Json,
}

/// A case to open under an id that the address gives.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCaseWithId {
    /// The workflow that it runs.
    workflow: String,
    /// What it starts with, as the workflow's `start` asks.
    #[serde(default = "no_data")]
    data: Json,
}

/// An event to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEvent {
    /// Its name.
    pub(super) event: String,
    /// What it carries.
    #[serde(default = "no_data")]
    pub(super) data: Json,
}

/// Which cases to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Only of this workflow.
    workflow: Option<String>,
    /// Only in this state; takes `workflow`.
    state: Option<String>,
    /// Only `running` or `done` ones.
    status: Option<String>,
    /// How many at most: 50 unless given, never more than 500.
    limit: Option<usize>,
    /// Where to begin, as the page before says.
    cursor: Option<String>,
}

/// Which steps to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryQuery {
    /// Only steps after this revision.
    after: Option<u64>,
    /// How many at most: 50 unless given, never more than 500.
    limit: Option<usize>,
}

fn no_data() -> Json {
    Json::Object(serde_json::Map::new())
}

/// Open a case
///
/// Opening a case again under the same id, by the same actor with the same data, is harmless: it
/// gives the case as it is, with status 200.
#[utoipa::path(
    post, path = "/cases", tag = "cases",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "a string that is new for every new request: sent again, a request is answered as it was, and takes no second step"),
    ),
    request_body = NewCase,
    responses(
        (status = 201, description = "opened", body = CaseView),
        (status = 200, description = "opened before, in the same way", body = CaseView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn create(
    State(server): State<Server>,
    command: Command<NewCase>,
) -> Result<Response, Problem> {
    let NewCase { workflow, id, data } = command.body;
    let (actor, admission) = (command.actor, command.admission);
    let terms = admission.terms(&server, &actor, opened);
    let runtime = &server.runtime;
    let done = runtime.open_on(terms, &workflow, id, data, actor.clone());
    answer_opened(&server, done.await?, &actor, false)
}

/// Open a case under an id of the client's own
///
/// Harmless to repeat, as `POST /cases` is; with `If-None-Match: *` a repeat is refused with 412.
#[utoipa::path(
    put, path = "/cases/{case}", tag = "cases",
    params(
        ("case" = String, Path, description = "the id of the case"),
        ("Idempotency-Key" = Option<String>, Header, description = "a string that is new for every new request: sent again, a request is answered as it was, and takes no second step"),
    ),
    request_body = NewCaseWithId,
    responses(
        (status = 201, description = "opened", body = CaseView),
        (status = 200, description = "opened before, in the same way", body = CaseView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn create_with_id(
    State(server): State<Server>,
    Segment(case): Segment,
    command: Command<NewCaseWithId>,
) -> Result<Response, Problem> {
    let NewCaseWithId { workflow, data } = command.body;
    let (actor, admission) = (command.actor, command.admission);
    let must_be_new = must_be_new(&command.headers);
    let terms = admission.terms(&server, &actor, opened);
    let runtime = &server.runtime;
    let done = runtime.open_on(terms, &workflow, Some(case), data, actor.clone());
    answer_opened(&server, done.await?, &actor, must_be_new)
}

fn answer_opened(
    server: &Server,
    done: Done,
    actor: &Actor,
    must_be_new: bool,
) -> Result<Response, Problem> {
    let committed = match unless_remembered(done) {
        Ok(committed) => committed,
        Err(reply) => return Ok(Answer::of(reply)?.into_response()),
    };
    let view = &committed.view;
    match committed.record {
        Some(_) => Ok(opened(server, view, actor).into_response()),
        None if must_be_new => Err(Problem::from(CommandError::RevisionMismatch {
            expected: Vec::new(),
            found: view.case.revision,
        })),
        None => {
            let answer = Answer::case(server, StatusCode::OK, view, actor);
            let answer = answer.at_case(header::LOCATION, &view.case.id);
            Ok(answer.into_response())
        }
    }
}

/// A case that was opened now.
fn opened(server: &Server, view: &View, actor: &Actor) -> Answer {
    let answer = Answer::case(server, StatusCode::CREATED, view, actor);
    answer.at_case(header::LOCATION, &view.case.id)
}

/// Send a case an event
///
/// With `If-Match: "7"` only if the case is still at revision 7. With `Prefer: return=minimal` the
/// answer is empty but for its headers.
#[utoipa::path(
    post, path = "/cases/{case}/events", tag = "cases",
    params(
        ("case" = String, Path, description = "the id of the case"),
        ("Idempotency-Key" = Option<String>, Header, description = "a string that is new for every new request: sent again, a request is answered as it was, and takes no second step"),
    ),
    request_body = NewEvent,
    responses(
        (status = 200, description = "the step was taken", body = CaseView),
        (status = 204, description = "the step was taken, and nothing more was asked for"),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn send(
    State(server): State<Server>,
    Segment(case): Segment,
    command: Command<NewEvent>,
) -> Result<Response, Problem> {
    let NewEvent { event, data } = command.body;
    let (actor, admission) = (command.actor, command.admission);
    let revisions = if_match(&command.headers)?;
    let form: Form = match wants_minimal(&command.headers) {
        true => |_, view, _| Answer::minimal(view),
        false => sent,
    };
    let terms = admission.terms(&server, &actor, form);
    let runtime = &server.runtime;
    let done = runtime.send_on(terms, &case, event, data, actor.clone(), revisions);
    let done = done
        .await
        .map_err(|error| with_events(&server, error, &actor))?;
    let answer = match unless_remembered(done) {
        Ok(committed) => form(&server, &committed.view, &actor),
        Err(reply) => Answer::of(reply)?,
    };
    Ok(answer.into_response())
}

/// A case that was sent an event. What is shown is the case and not the event.
fn sent(server: &Server, view: &View, actor: &Actor) -> Answer {
    let answer = Answer::case(server, StatusCode::OK, view, actor);
    answer.at_case(header::CONTENT_LOCATION, &view.case.id)
}

/// Get a case
#[utoipa::path(
    get, path = "/cases/{case}", tag = "cases",
    params(("case" = String, Path, description = "the id of the case")),
    responses(
        (status = 200, description = "the case, and what the actor may do next", body = CaseView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn show(
    State(server): State<Server>,
    Segment(case): Segment,
    FromActor(actor): FromActor,
) -> Result<Response, Problem> {
    let view = server.runtime.case(&case)?;
    Ok(Answer::case(&server, StatusCode::OK, &view, &actor).into_response())
}

/// List cases
#[utoipa::path(
    get, path = "/cases", tag = "cases", params(ListQuery),
    responses(
        (status = 200, description = "a page of cases in the order of their ids", body = CaseList),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn list(
    State(server): State<Server>,
    FromActor(_): FromActor,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let filter = filter(&query)?;
    let limit = page(query.limit)?;
    let cursor = query.cursor.as_deref();
    let cases = server
        .runtime
        .cases(&filter, cursor, limit + 1, CaseSummary::of);
    let mut cases = cases?;
    let more = cases.len() > limit;
    cases.truncate(limit);
    let next = cases.last().filter(|_| more).map(|last| last.id.clone());
    let link = next.as_ref().map(|next| next_page(&query, limit, next));
    let mut response = JsonBody(CaseList { cases, next }).into_response();
    if let Some(Ok(link)) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// Show the steps of a case
#[utoipa::path(
    get, path = "/cases/{case}/history", tag = "cases",
    params(("case" = String, Path, description = "the id of the case"), HistoryQuery),
    responses(
        (status = 200, description = "its steps, the oldest first", body = HistoryView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn history(
    State(server): State<Server>,
    Segment(case): Segment,
    FromActor(_): FromActor,
    Query(query): Query<HistoryQuery>,
) -> Result<JsonBody<HistoryView>, Problem> {
    let limit = page(query.limit)?;
    let after = query.after.unwrap_or(0);
    let (view, records) = server.runtime.history(&case, after, limit + 1)?;
    let mut records: Vec<RecordView> = records
        .iter()
        .map(|(sequence, record)| RecordView::of(*sequence, record, &view.definition))
        .collect();
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|last| last.revision);
    Ok(JsonBody(HistoryView {
        case: view.case.id.to_string(),
        records,
        next,
    }))
}

/// A refusal, with what the actor may do instead.
pub(super) fn with_events(server: &Server, error: CommandError, actor: &Actor) -> Problem {
    let instead = match &error {
        CommandError::Refused {
            refusal:
                Refusal::UnknownEvent { .. }
                | Refusal::NotNow { .. }
                | Refusal::Done
                | Refusal::GuardFailed { .. }
                | Refusal::Forbidden { .. },
            case: Some((case, definition)),
        } => {
            let view = View {
                case: case.as_ref().clone(),
                definition: definition.clone(),
            };
            let states: Vec<String> = case
                .active(&definition.chart)
                .map(ToString::to_string)
                .collect();
            let events = views::events(&server.runtime.possible(&view, actor));
            Some((states, events))
        }
        _ => None,
    };
    let problem = Problem::from(error);
    match instead {
        Some((states, events)) => problem.with("states", states).with("events", events),
        None => problem,
    }
}

fn filter(query: &ListQuery) -> Result<CaseFilter, Problem> {
    let done = match query.status.as_deref() {
        None => None,
        Some("running") => Some(false),
        Some("done") => Some(true),
        Some(other) => {
            let detail = format!("expected `status` to be `running` or `done`, found `{other}`");
            return Err(invalid_query(detail));
        }
    };
    match (query.workflow.clone(), query.state.clone(), done) {
        (None, None, None) => Ok(CaseFilter::All),
        (None, None, Some(done)) => Ok(CaseFilter::Done(done)),
        (Some(workflow), None, None) => Ok(CaseFilter::Workflow(workflow)),
        (Some(workflow), None, Some(done)) => Ok(CaseFilter::WorkflowDone(workflow, done)),
        (Some(workflow), Some(state), None) => Ok(CaseFilter::State(workflow, state)),
        (Some(_), Some(_), Some(_)) => Err(invalid_query(
            "`status` does not go with `state`, which says as much already".into(),
        )),
        (None, Some(_), _) => Err(invalid_query(
            "`state` takes `workflow`, because states are named by workflow".into(),
        )),
    }
}

pub(super) fn page(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Ok(PAGE),
        Some(limit @ 1..=MAX_PAGE) => Ok(limit),
        Some(other) => Err(invalid_query(format!(
            "expected `limit` to be from 1 to {MAX_PAGE}, found {other}"
        ))),
    }
}

pub(super) fn invalid_query(detail: String) -> Problem {
    Problem::new("query-invalid", detail)
}

/// The address of the next page, for `Link` (RFC 8288).
fn next_page(
    query: &ListQuery,
    limit: usize,
    cursor: &str,
) -> Result<HeaderValue, axum::http::header::InvalidHeaderValue> {
    let mut parameters = vec![
        format!("limit={limit}"),
        format!("cursor={}", encoded(cursor)),
    ];
    let given = [
        ("workflow", &query.workflow),
        ("state", &query.state),
        ("status", &query.status),
    ];
    for (name, value) in given {
        parameters.extend(
            value
                .as_ref()
                .map(|value| format!("{name}={}", encoded(value))),
        );
    }
    HeaderValue::from_str(&format!("</cases?{}>; rel=\"next\"", parameters.join("&")))
}

/// Percent-encoded (RFC 3986, 2.1).
pub(super) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
