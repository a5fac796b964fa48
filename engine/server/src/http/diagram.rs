//! Diagrams over HTTP: in which form, and with what around it.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use casewright_definition::Definition;
use casewright_definition::diagram::{dot, mermaid, svg};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Server;
use super::actor::From as FromActor;
use super::problem::Problem;
use super::query::Query;
use super::segment::Segment;

/// A form of diagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Svg,
    Mermaid,
    Dot,
}

/// Every form with its name and its media type.
const FORMS: [(Form, &str, &str); 3] = [
    (Form::Svg, "svg", "image/svg+xml"),
    (Form::Mermaid, "mermaid", "text/vnd.mermaid"),
    (Form::Dot, "dot", "text/vnd.graphviz"),
];

/// How to draw a workflow.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct DiagramQuery {
    /// The language of its titles: `en` unless given.
    pub(super) language: Option<String>,
    /// A case whose active states are to stand out.
    pub(super) case: Option<String>,
    /// `svg`, `mermaid` or `dot`: `mermaid` unless this or `Accept` says otherwise.
    pub(super) format: Option<String>,
}

/// How to draw a case.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseDiagramQuery {
    /// The language of its titles: `en` unless given.
    language: Option<String>,
    /// `svg`, `mermaid` or `dot`: `svg` unless this or `Accept` says otherwise.
    format: Option<String>,
}

/// Draw a case
///
/// The diagram of its workflow, in which the states stand out that are active: an SVG picture, unless
/// `format` or `Accept` asks for another form.
#[utoipa::path(
    get, path = "/cases/{case}/diagram", tag = "cases",
    params(("case" = String, Path, description = "the id of the case"), CaseDiagramQuery),
    responses(
        (status = 200, description = "an SVG picture, a Mermaid state diagram, or a graph in DOT", body = String, content_type = "image/svg+xml"),
        (status = "default", description = "RFC 9457", content_type = "application/problem+json", body = serde_json::Value),
    ),
)]
pub(super) async fn case(
    State(server): State<Server>,
    Segment(case): Segment,
    headers: HeaderMap,
    FromActor(_): FromActor,
    Query(query): Query<CaseDiagramQuery>,
) -> Result<Response, Problem> {
    let form = form(query.format.as_deref(), &headers, Form::Svg)?;
    let view = server.runtime.case(&case)?;
    let active = view.case.active(&view.definition.chart);
    let active: Vec<&str> = active.map(|state| &**state).collect();
    draw(&view.definition, form, query.language.as_deref(), &active)
}

/// The form that the address asks for; or else the first that `Accept` lists; or else the usual one.
pub(super) fn form(
    format: Option<&str>,
    headers: &HeaderMap,
    usual: Form,
) -> Result<Form, Problem> {
    if let Some(format) = format {
        let known = FORMS.iter().find(|(_, name, _)| *name == format);
        return match known {
            Some((form, _, _)) => Ok(*form),
            None => {
                let found = format.escape_debug();
                let detail =
                    format!("expected `format` to be `svg`, `mermaid` or `dot`, found `{found}`");
                Err(Problem::new("query-invalid", detail))
            }
        };
    }
    let accept = headers.get_all(header::ACCEPT).iter();
    let mut types = accept
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next().map(str::trim));
    let asked = types.find_map(|found| FORMS.iter().find(|(_, _, media)| *media == found));
    Ok(asked.map_or(usual, |(form, _, _)| *form))
}

/// The diagram, with titles in the language, in which states stand out.
pub(super) fn draw(
    definition: &Definition,
    form: Form,
    language: Option<&str>,
    active: &[&str],
) -> Result<Response, Problem> {
    let language = language.unwrap_or("en");
    let (media, text) = match form {
        Form::Mermaid => (
            "text/plain; charset=utf-8",
            mermaid(definition, language, active),
        ),
        Form::Dot => (
            "text/vnd.graphviz; charset=utf-8",
            dot(definition, language, active),
        ),
        Form::Svg => {
            let text = svg(definition, language, active).map_err(|too_large| {
                Problem::new("query-invalid", too_large.to_string())
                    .with_hint("`format=dot` has no such limit")
            })?;
            ("image/svg+xml", text)
        }
    };
    let headers = [(header::CONTENT_TYPE, media), (header::VARY, "accept")];
    Ok((headers, text).into_response())
}
