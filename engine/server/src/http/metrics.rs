//! Figures for whoever watches the server, in the text format of Prometheus.

#![allow(
    unused_qualifications,
    reason = "the macros of utoipa name types by their paths"
)]

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::Server;

/// Count what was done since the start
///
/// Steps by commits is how many steps shared one write to the disk.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses((status = 200, description = "figures in the text format of Prometheus", content_type = "text/plain", body = String)),
)]
pub(super) async fn metrics(State(server): State<Server>) -> impl IntoResponse {
    let (steps, commits) = server.runtime.written();
    let attempts = server.runtime.attempts();
    let counters = [
        (STEPS, "steps that were written", steps),
        (COMMITS, "commits in which they were written", commits),
        (ATTEMPTS, "attempts at running services", attempts.made),
        (FAILURES, "attempts that got no answer", attempts.failed),
        (
            GIVEN_UP,
            "services that are not tried again until somebody says so",
            attempts.given_up,
        ),
    ];
    let mut text = String::new();
    for (name, help, value) in counters {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}"
        );
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// Steps that were written since the start.
pub(crate) const STEPS: &str = "casewright_steps_total";
/// Attempts at running services since the start.
const ATTEMPTS: &str = "casewright_service_attempts_total";
/// Those that got no answer.
const FAILURES: &str = "casewright_service_failures_total";
/// Services that were given up.
const GIVEN_UP: &str = "casewright_services_given_up_total";
/// Commits in which they were written.
pub(crate) const COMMITS: &str = "casewright_commits_total";
