//! The body of a request.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::MAX_BODY_BYTES;
use super::problem::Problem;

/// A body of bytes, not too many of them.
pub(super) struct Body(pub(super) Bytes);

/// A body of JSON of a known shape.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Body).map_err(|rejection| {
            let too_large = rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE;
            match (too_large, rejection) {
                (true, _) => Problem::new(
                    "body-too-large",
                    format!("expected a body of at most {MAX_BODY_BYTES} bytes"),
                )
                .with_hint("keep documents where they are and refer to them by their address"),
                (false, BytesRejection::FailedToBufferBody(error)) => {
                    Problem::new("body-unreadable", error.to_string())
                }
                (false, other) => Problem::new("body-unreadable", other.to_string()),
            }
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Body(bytes) = Body::from_request(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Json)
            .map_err(|error| malformed(&error))
    }
}

/// JSON that is none, or of another shape. The message says where.
fn malformed(error: &serde_json::Error) -> Problem {
    let code = match error.classify() {
        serde_json::error::Category::Data => "body-shape",
        _ => "malformed-json",
    };
    Problem::new(code, error.to_string())
}
