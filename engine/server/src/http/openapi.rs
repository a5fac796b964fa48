//! The API's own description: OpenAPI 3.1, generated from the types.

use serde_json::Value as Json;
use utoipa::OpenApi;

use super::{cases, diagram, explanation, index, jobs, metrics, plugins, workflows};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Casewright",
        description = "Cases of key-account workflows. Every request about a case names its actor in the headers `Casewright-Actor` and `Casewright-Roles`."
    ),
    paths(
        index::index,
        index::health,
        metrics::metrics,
        index::problems,
        index::problem,
        workflows::list,
        workflows::show,
        workflows::apply,
        workflows::diagram,
        plugins::list,
        plugins::show,
        plugins::apply,
        cases::list,
        cases::create,
        cases::create_with_id,
        cases::show,
        cases::send,
        cases::history,
        explanation::show,
        explanation::rehearse,
        diagram::case,
        jobs::list,
        jobs::of_case,
        jobs::retry,
        jobs::cancel,
    )
)]
struct Api;

/// The description.
pub fn openapi() -> Json {
    serde_json::to_value(Api::openapi()).unwrap_or(Json::Null)
}
