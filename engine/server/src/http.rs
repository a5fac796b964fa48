//! The HTTP API: JSON by the conventions (RFC 9110, RFC 9457), described by OpenAPI 3.1.

mod actor;
mod answer;
mod body;
mod cases;
mod command;
mod conditional;
mod diagram;
mod explanation;
mod idempotency;
mod index;
mod jobs;
mod metrics;
mod openapi;
mod plugins;
mod problem;
mod query;
mod segment;
mod views;
mod workflows;

use axum::Router;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use casewright_definition::Pack;
use casewright_runtime::Runtime;
use std::sync::Arc;
use tokio::sync::Semaphore;

use crate::edge::Edge;
use crate::plugin_store::PluginStore;

pub(crate) use jobs::JobView;
pub(crate) use metrics::{COMMITS, STEPS};
pub use openapi::openapi;
pub use problem::{KINDS, Problem};

/// The largest body of a request. A case is a record of decisions; documents stay where they are
/// and are referred to.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// What every request sees.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) runtime: Runtime,
    /// The pack against which workflows are checked that belong to none yet.
    pub(crate) pack: Arc<Pack>,
    pub(crate) edge: Arc<Edge>,
    /// Leave to carry out commands: `--max-commands` of them.
    pub(crate) commands: Arc<Semaphore>,
    pub(crate) plugins: Arc<PluginStore>,
    /// Leave to send large files: about one at a time.
    pub(crate) uploads: Arc<Semaphore>,
}

/// The API on a runtime.
pub(crate) fn app(
    runtime: Runtime,
    pack: Arc<Pack>,
    plugins: PluginStore,
    edge: Arc<Edge>,
) -> Router {
    let commands = Arc::new(Semaphore::new(edge.max_commands));
    let uploads = Semaphore::new(body::permits(plugins.upload_bytes()));
    Router::new()
        .route("/", get(index::index))
        .route("/health", get(index::health))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(index::openapi))
        .route("/problems", get(index::problems))
        .route("/problems/{code}", get(index::problem))
        .route("/workflows", get(workflows::list))
        .route(
            "/workflows/{workflow}",
            get(workflows::show).put(workflows::apply),
        )
        .route("/workflows/{workflow}/diagram", get(workflows::diagram))
        .route("/plugins", get(plugins::list))
        .route("/plugins/{plugin}", get(plugins::show).put(plugins::apply))
        .route("/cases", get(cases::list).post(cases::create))
        .route("/cases/{case}", get(cases::show).put(cases::create_with_id))
        .route("/cases/{case}/diagram", get(diagram::case))
        .route("/cases/{case}/events", post(cases::send))
        .route(
            "/cases/{case}/explanation",
            get(explanation::show).post(explanation::rehearse),
        )
        .route("/cases/{case}/history", get(cases::history))
        .route("/cases/{case}/jobs", get(jobs::of_case))
        .route("/cases/{case}/jobs/{sequence}/retry", post(jobs::retry))
        .route("/cases/{case}/jobs/{sequence}/cancel", post(jobs::cancel))
        .route("/jobs", get(jobs::list))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(map_response(private))
        .with_state(Server {
            runtime,
            pack,
            edge,
            commands,
            plugins: Arc::new(plugins),
            uploads: Arc::new(uploads),
        })
}

/// What is answered depends on who asks, and changes with every step: nobody may keep it (RFC 9111).
async fn private(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

async fn not_found(uri: Uri) -> Problem {
    Problem::new("not-found", format!("there is nothing at `{}`", uri.path()))
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = format!("`{}` does not take {method}", uri.path());
    Problem::new("method-not-allowed", detail)
}
