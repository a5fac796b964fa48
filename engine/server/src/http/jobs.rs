//! Jobs over HTTP: the services that cases wait for, and what is done about those that do not get on.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casewright_chart::Timestamp;
use casewright_definition::json::{timestamp, to_json};
use casewright_runtime::{JobKey, JobStatus, Queued, StoredJob};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::actor::From as FromActor;
use super::answer::Answer;
use super::body::permit;
use super::cases::{encoded, invalid_query, page};
use super::problem::Problem;
use super::query::Query;
use super::segment::Segment;
use super::views::CaseView;
use super::workflows::must_administer;

/// A service that a case waits for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    /// The case.
    case: String,
    /// Its number in the case.
    sequence: u64,
    /// The id of the `invoke`.
    invoke: String,
    /// The plugin and its function.
    function: String,
    /// What it is handed; lists of the jobs of all cases leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Json>,
    /// `waiting`, or `dead`: it is not tried again until somebody says so.
    status: &'static str,
    /// When it was started (RFC 3339).
    started_at: String,
    /// When it is tried next (RFC 3339); in the past while it is being tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// How many attempts have failed, since it was started or somebody had it tried again.
    attempts: u32,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
}

/// Why an attempt failed.
#[derive(Debug, Serialize, ToSchema)]
struct FailureView {
    /// When (RFC 3339).
    at: String,
    /// For programs.
    code: String,
    /// For people.
    message: String,
}

/// Jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobList {
    /// By plugin, and for each in the order in which they are due.
    jobs: Vec<JobView>,
    /// Where the next page begins; none on the last. `Link` holds its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct JobQuery {
    /// Only of this plugin.
    plugin: Option<String>,
    /// `waiting` ones, or `dead` ones. Those that wait unless given.
    status: Option<String>,
    /// How many at most: 50 unless given, never more than 500.
    limit: Option<usize>,
    /// Where to begin, as the page before says.
    cursor: Option<String>,
}

impl JobView {
    /// As a list of many shows it.
    fn in_brief(job: &StoredJob) -> Self {
        JobView {
            input: None,
            ..JobView::of(job)
        }
    }

    pub(crate) fn of(job: &StoredJob) -> Self {
        let StoredJob { key, record, .. } = job;
        let due = record.due();
        JobView {
            case: key.case.clone(),
            sequence: key.sequence,
            invoke: record.invoke.clone(),
            function: record.function.clone(),
            input: Some(to_json(&record.input)),
            status: match due {
                Some(_) => "waiting",
                None => "dead",
            },
            started_at: timestamp(record.started()),
            due: due.map(timestamp),
            attempts: record.attempts,
            failure: record.failure.as_ref().map(|failure| FailureView {
                at: timestamp(failure.at()),
                code: failure.code.clone(),
                message: failure.message.clone(),
            }),
        }
    }
}

/// List jobs
///
/// A job is a service that a case has started and waits for. One that could not be done, and whose failure its
/// workflow does not take, is `dead`: it is there until somebody has it tried again, cancels it, or the case goes
/// another way.
#[utoipa::path(
    get, path = "/jobs", tag = "jobs", params(JobQuery),
    responses(
        (status = 200, description = "a page of jobs", body = JobList),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn list(
    State(server): State<Server>,
    FromActor(_): FromActor,
    Query(query): Query<JobQuery>,
) -> Result<Response, Problem> {
    // It costs what carrying out a command costs.
    let _permit = permit(&server)?;
    let status = match query.status.as_deref() {
        None | Some("waiting") => JobStatus::Waiting,
        Some("dead") => JobStatus::Dead,
        Some(other) => {
            let detail = format!("expected `status` to be `waiting` or `dead`, found `{other}`");
            return Err(invalid_query(detail));
        }
    };
    let limit = page(query.limit)?;
    let after = match &query.cursor {
        None => None,
        Some(cursor) => Some(of_cursor(cursor).ok_or_else(|| {
            invalid_query(format!(
                "expected a `cursor` of the page before, found `{cursor}`"
            ))
        })?),
    };
    let mut plugins = match &query.plugin {
        Some(plugin) => vec![plugin.clone()],
        None => server.runtime.job_plugins()?,
    };
    if let Some(after) = &after {
        plugins.retain(|plugin| *plugin >= after.plugin);
    }
    let mut found = Vec::new();
    for plugin in plugins {
        let after = after.as_ref().filter(|after| after.plugin == plugin);
        let room = limit + 1 - found.len();
        let show = JobView::in_brief;
        found.extend(server.runtime.jobs(&plugin, status, after, room, show)?);
        if found.len() > limit {
            break;
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(last, _)| cursor(last));
    let link = next.as_ref().map(|next| next_page(&query, limit, next));
    let jobs = found.into_iter().filter_map(|(_, job)| job).collect();
    let mut response = JsonBody(JobList { jobs, next }).into_response();
    if let Some(Ok(link)) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// List the jobs of a case
#[utoipa::path(
    get, path = "/cases/{case}/jobs", tag = "jobs",
    params(("case" = String, Path, description = "the id of the case")),
    responses(
        (status = 200, description = "the services that it waits for, the oldest first", body = JobList),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn of_case(
    State(server): State<Server>,
    Segment(case): Segment,
    FromActor(_): FromActor,
) -> Result<JsonBody<JobList>, Problem> {
    let _permit = permit(&server)?;
    let view = server.runtime.case(&case)?;
    let jobs = server.runtime.jobs_of(&view.case.id)?;
    Ok(JsonBody(JobList {
        jobs: jobs.iter().map(JobView::of).collect(),
        next: None,
    }))
}

/// Try a job again
///
/// It is tried as soon as its plugin has room, and as often as one that was just started. Takes the role `administrator`.
#[utoipa::path(
    post, path = "/cases/{case}/jobs/{sequence}/retry", tag = "jobs",
    params(
        ("case" = String, Path, description = "the id of the case"),
        ("sequence" = u64, Path, description = "the number of the job in the case"),
    ),
    responses(
        (status = 200, description = "it waits for its turn", body = JobView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn retry(
    State(server): State<Server>,
    Segment((case, sequence)): Segment<(String, u64)>,
    FromActor(actor): FromActor,
) -> Result<JsonBody<JobView>, Problem> {
    must_administer(&actor, "trying a job again")?;
    let key = JobKey { case, sequence };
    let job = server
        .runtime
        .retry_job(&key, Some(permit(&server)?))
        .await?;
    Ok(JsonBody(JobView::of(&job)))
}

/// Cancel a job
///
/// The service is not run any more, and its case goes on with `error.invoke.` of it, whose code is `cancelled`. Takes
/// the role `administrator`.
#[utoipa::path(
    post, path = "/cases/{case}/jobs/{sequence}/cancel", tag = "jobs",
    params(
        ("case" = String, Path, description = "the id of the case"),
        ("sequence" = u64, Path, description = "the number of the job in the case"),
    ),
    responses(
        (status = 200, description = "the case after it", body = CaseView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn cancel(
    State(server): State<Server>,
    Segment((case, sequence)): Segment<(String, u64)>,
    FromActor(actor): FromActor,
) -> Result<Response, Problem> {
    must_administer(&actor, "cancelling a job")?;
    let key = JobKey { case, sequence };
    let permit = Some(permit(&server)?);
    let cancelled = server
        .runtime
        .cancel_job(&key, actor.clone(), permit)
        .await?;
    let answer = Answer::case(&server, StatusCode::OK, &cancelled.view, &actor);
    let answer = answer.at_case(header::CONTENT_LOCATION, &key.case);
    Ok(answer.into_response())
}

/// A place of the queue for the address of the next page.
fn cursor(queued: &Queued) -> String {
    let due = queued.due().map(|due| due.unix_ms().to_string());
    let JobKey { case, sequence } = &queued.key;
    // Names of plugins are kebab case; an id may hold anything.
    let due = due.unwrap_or_default();
    format!("{}:{due}:{sequence}:{case}", queued.plugin)
}

fn of_cursor(cursor: &str) -> Option<Queued> {
    let mut parts = cursor.splitn(4, ':');
    let (plugin, due, sequence) = (parts.next()?, parts.next()?, parts.next()?);
    let key = JobKey::new(parts.next()?, sequence.parse().ok()?);
    let due = match due {
        "" => None,
        ms => Some(Timestamp::from_unix_ms(ms.parse().ok()?)),
    };
    Some(Queued::new(plugin, key, due))
}

/// The address of the next page, for `Link` (RFC 8288).
fn next_page(
    query: &JobQuery,
    limit: usize,
    cursor: &str,
) -> Result<HeaderValue, axum::http::header::InvalidHeaderValue> {
    let given = [("plugin", &query.plugin), ("status", &query.status)];
    let mut address = format!("/jobs?limit={limit}&cursor={}", encoded(cursor));
    for (name, value) in given {
        if let Some(value) = value {
            address.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    HeaderValue::from_str(&format!("<{address}>; rel=\"next\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for due in [None, Some(Timestamp::from_unix_ms(-7))] {
            let place = Queued::new("crm-sync", JobKey::new("a:b:c", 12), due);
            assert_eq!(of_cursor(&cursor(&place)), Some(place));
        }
        for wrong in ["", "crm", "crm:x:1:c", "crm:1:x:c"] {
            assert_eq!(of_cursor(wrong), None, "{wrong}");
        }
    }
}
