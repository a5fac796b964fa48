//! The parts of an address that name a case, a workflow, a job or a problem.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The variable segments of an address, decoded: one, or a tuple of several. Those that are not UTF-8, or no
/// number where one is expected, name nothing.
pub(super) struct Segment<T = String>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segment<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Segment(segments)),
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
