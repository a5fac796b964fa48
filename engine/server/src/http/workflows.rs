//! Workflows over HTTP.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use casewright_case::Actor;
use casewright_definition::{Definition, Findings};
use casewright_runtime::CommandError;
use std::sync::Arc;

use super::Server;
use super::actor::From as FromActor;
use super::body::Body;
use super::conditional::{Condition, tagged};
use super::diagram::{DiagramQuery, Form, draw, form};
use super::problem::Problem;
use super::query::Query;
use super::segment::Segment;
use super::views::{WorkflowList, WorkflowSummary, WorkflowView};

/// The role that may apply workflows and plugins.
const ADMINISTRATOR: &str = "administrator";

/// List workflows
#[utoipa::path(
    get, path = "/workflows", tag = "workflows",
    responses((status = 200, description = "the workflows that cases can be opened of", body = WorkflowList)),
)]
pub(super) async fn list(State(server): State<Server>) -> JsonBody<WorkflowList> {
    let definitions = server.runtime.definitions().all();
    let workflows = definitions
        .iter()
        .map(|definition| WorkflowSummary::of(definition));
    JsonBody(WorkflowList {
        workflows: workflows.collect(),
    })
}

/// Get a workflow
#[utoipa::path(
    get, path = "/workflows/{workflow}", tag = "workflows",
    params(("workflow" = String, Path, description = "the id of the workflow")),
    responses(
        (status = 200, description = "its events, roles, schemas and states", body = WorkflowView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn show(
    State(server): State<Server>,
    Segment(workflow): Segment,
) -> Result<Response, Problem> {
    let definition = current(&server, &workflow)?;
    Ok(answer(&definition))
}

/// A workflow, with its digest as `ETag`.
fn answer(definition: &Definition) -> Response {
    let digest = definition.digest.to_string();
    tagged(&digest, JsonBody(WorkflowView::of(definition)))
}

/// Apply a workflow file
///
/// The body is the file itself, YAML or JSON. It is checked first, as `casewright check` does. Cases
/// that are open keep the definition that they started with. Takes the role `administrator`.
///
/// With `If-Match`, only if the definition in use is still the one that `ETag` named; with
/// `If-None-Match: *`, only if there is none.
#[utoipa::path(
    put, path = "/workflows/{workflow}", tag = "workflows",
    params(("workflow" = String, Path, description = "the id of the workflow")),
    request_body(content = String, content_type = "application/yaml"),
    responses(
        (status = 200, description = "new cases start with it", body = WorkflowView),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn apply(
    State(server): State<Server>,
    Segment(workflow): Segment,
    headers: HeaderMap,
    FromActor(actor): FromActor,
    Body {
        bytes: body,
        permit: _permit,
    }: Body,
) -> Result<Response, Problem> {
    must_administer(&actor, "applying a workflow")?;
    let condition = Condition::of(&headers, "the digest of a definition in quotation marks")?;
    let server_pack = &server.pack;
    let existing = server.runtime.definitions().current(&workflow);
    let pack = existing
        .as_ref()
        .map_or(&**server_pack, |definition| &definition.bundle.pack);
    let name = format!("{workflow}.yaml");
    let functions = server.runtime.plugins().functions();
    let (definition, findings) =
        Definition::check_bytes(name, body.clone(), pack, Some(&functions));
    let Some(definition) = definition else {
        let problem = unsound(&findings);
        return Err(match body.starts_with(b"#") && !body.contains(&b'\n') {
            true => problem.with_hint(
                "the body is one line: `curl -d` takes line breaks away, `curl -T FILE` keeps them",
            ),
            false => problem,
        });
    };
    if *definition.id != *workflow {
        let detail = format!(
            "the file is of the workflow `{}`, the address is of `{workflow}`",
            definition.id
        );
        return Err(Problem::new("workflow-unsound", detail));
    }
    let runtime = &server.runtime;
    let applied = runtime.apply_if(definition, |current| {
        let digest = current.map(|current| current.digest.to_string());
        condition.holds(digest.as_deref())
    });
    let applied = applied.map_err(|error| Problem::from(&error))?;
    match applied {
        Some(definition) => Ok(answer(&definition)),
        None => Err(changed(&server, &workflow)),
    }
}

/// Whether an actor may do what takes the role of an administrator.
pub(super) fn must_administer(actor: &Actor, what: &str) -> Result<(), Problem> {
    if actor.has_any(&[Arc::from(ADMINISTRATOR)]) {
        return Ok(());
    }
    let detail = format!("{what} takes the role `{ADMINISTRATOR}`");
    Err(Problem::new("forbidden", detail).with("roles", [ADMINISTRATOR]))
}

/// The definition in use is not the one that the file was meant for.
fn changed(server: &Server, workflow: &str) -> Problem {
    let (detail, digest) = match server.runtime.definitions().current(workflow) {
        None => (format!("there is no workflow `{workflow}` yet"), None),
        Some(current) => {
            let digest = current.digest.to_string();
            let detail = format!("the definition in use of `{workflow}` is `{digest}`");
            (detail, Some(digest))
        }
    };
    Problem::new("workflow-changed", detail).with("definition", digest)
}

/// Draw a workflow
///
/// As a Mermaid state diagram, unless `format` or `Accept` asks for another form.
#[utoipa::path(
    get, path = "/workflows/{workflow}/diagram", tag = "workflows",
    params(("workflow" = String, Path, description = "the id of the workflow"), DiagramQuery),
    responses(
        (status = 200, description = "a Mermaid state diagram, an SVG picture, or a graph in DOT", body = String, content_type = "text/plain"),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn diagram(
    State(server): State<Server>,
    Segment(workflow): Segment,
    headers: HeaderMap,
    actor: Result<FromActor, Problem>,
    Query(query): Query<DiagramQuery>,
) -> Result<Response, Problem> {
    let form = form(query.format.as_deref(), &headers, Form::Mermaid)?;
    let (definition, active) = match &query.case {
        None => (current(&server, &workflow)?, Vec::new()),
        Some(case) => {
            // Where a case stands is for those who say who they are.
            actor?;
            let view = server.runtime.case(case)?;
            if *view.case.workflow != *workflow {
                let detail = format!(
                    "the case `{case}` runs `{}`, not `{workflow}`",
                    view.case.workflow
                );
                return Err(Problem::new("query-invalid", detail));
            }
            let active = view.case.active(&view.definition.chart).cloned().collect();
            (view.definition, active)
        }
    };
    let active: Vec<&str> = active.iter().map(|state| &**state).collect();
    draw(&definition, form, query.language.as_deref(), &active)
}

fn current(server: &Server, workflow: &str) -> Result<Arc<Definition>, Problem> {
    let definitions = server.runtime.definitions();
    definitions.current(workflow).ok_or_else(|| {
        let all = definitions.all();
        Problem::from(CommandError::UnknownWorkflow {
            workflow: workflow.to_owned(),
            known: all.iter().map(|definition| definition.id.clone()).collect(),
        })
    })
}

fn unsound(findings: &Findings) -> Problem {
    let errors = findings
        .diagnostics
        .iter()
        .filter(|finding| finding.is_error());
    let count = errors.count();
    let detail = match count {
        1 => "the file has 1 error".to_owned(),
        count => format!("the file has {count} errors"),
    };
    let report = findings.report();
    let list: Vec<_> = report.findings().collect();
    Problem::new("workflow-unsound", detail)
        .with("findings", list)
        .with("report", report.to_string())
}
