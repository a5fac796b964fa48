//! The bodies of requests and answers.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body as RawBody, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::{MAX_BODY_BYTES, MAX_FORGOTTEN_BYTES};

/// A body of bytes, not too many of them.
pub(super) struct Body(pub(super) Vec<u8>);

/// A body of JSON of a known shape.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if is_not_worth_waiting(&parts.headers) {
            return Err(too_large());
        }
        take_in(body).await.map(Body)
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

/// Room for most answers, so that few grow while they are written, in bytes.
const USUAL_BYTES: usize = 2048;

/// An answer of JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => {
            let json = HeaderValue::from_static("application/json");
            (status, [(header::CONTENT_TYPE, json)], bytes).into_response()
        }
        Err(error) => {
            let detail = format!("the answer is no JSON: {error}");
            Problem::new("internal", detail).into_response()
        }
    }
}

/// Whether a body is announced that is too large, and either far too large, or not sent before the
/// client is told to go on (RFC 9110, 10.1.1).
fn is_not_worth_waiting(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let length: u64 = length.unwrap_or(0);
    let waits = headers.contains_key(header::EXPECT) && length > MAX_BODY_BYTES as u64;
    waits || length > MAX_FORGOTTEN_BYTES as u64
}

async fn take_in(mut body: RawBody) -> Result<Vec<u8>, Problem> {
    let mut taken = Vec::new();
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| Problem::new("body-unreadable", error.to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length += data.len();
        if length > MAX_FORGOTTEN_BYTES {
            break;
        }
        match length > MAX_BODY_BYTES {
            true => taken = Vec::new(),
            false => taken.extend_from_slice(&data),
        }
    }
    match length > MAX_BODY_BYTES {
        true => Err(too_large()),
        false => Ok(taken),
    }
}

fn too_large() -> Problem {
    let detail = format!("expected a body of at most {MAX_BODY_BYTES} bytes");
    Problem::new("body-too-large", detail)
        .with_hint("keep documents where they are and refer to them by their address")
}

/// JSON that is none, or of another shape. The message says where.
fn malformed(error: &serde_json::Error) -> Problem {
    let code = match error.classify() {
        serde_json::error::Category::Data => "body-shape",
        _ => "malformed-json",
    };
    Problem::new(code, error.to_string())
}
