//! The part of an address that names a case, a workflow or a problem.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::Problem;

/// The one variable segment of an address, decoded. One that is not UTF-8 names nothing.
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(segment)) => Ok(Segment(segment)),
            Err(_) => {
                let path = parts.uri.path();
                Err(Problem::new(
                    "not-found",
                    format!("there is nothing at `{path}`"),
                ))
            }
        }
    }
}
