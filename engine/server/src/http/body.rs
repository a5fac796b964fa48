//! The body of a request: not too large, not too slow, and not too many of them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body as RawBody, HttpBody};
use axum::extract::{FromRequest, Request};
use casewright_runtime::CommandError;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::problem::Problem;
use super::{MAX_BODY_BYTES, Server};

/// How much of a body one of `--max-commands` stands for: more than nearly every command has.
const BYTES_A_COMMAND: usize = 16 * 1024;

/// A body of bytes, and leave to hold it and to do what it asks for.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// A body of JSON of a known shape, with the same leave.
pub(super) struct Json<T>(pub(super) T, pub(super) OwnedSemaphorePermit);

impl FromRequest<Server> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        Body::take_in(request.into_body(), server, Measure::of_commands(server)).await
    }
}

impl<T: DeserializeOwned> FromRequest<Server> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        let Body { bytes, permit } = Body::from_request(request, server).await?;
        serde_json::from_slice(&bytes)
            .map(|json| Json(json, permit))
            .map_err(|error| malformed(&error))
    }
}

/// How much is taken in.
#[derive(Clone, Copy)]
pub(super) struct Measure<'a> {
    /// The length of the largest body, in bytes.
    pub(super) limit: usize,
    /// Where leave comes from.
    pub(super) permits: &'a Arc<Semaphore>,
}

impl<'a> Measure<'a> {
    /// That of commands.
    pub(super) fn of_commands(server: &'a Server) -> Self {
        Measure {
            limit: MAX_BODY_BYTES,
            permits: &server.commands,
        }
    }

    /// Leave to do one more thing at a time.
    fn permit(self) -> Result<OwnedSemaphorePermit, Problem> {
        let permit = self.permits.clone().try_acquire_owned();
        permit.map_err(|_| Problem::from(CommandError::Busy))
    }

    fn too_large(self) -> Problem {
        let detail = format!("expected a body of at most {} bytes", self.limit);
        Problem::new("body-too-large", detail)
            .with_hint("keep documents where they are and refer to them by their address")
    }
}

/// How many permits a body of so many bytes takes.
pub(super) fn permits(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_A_COMMAND)
}

impl Body {
    /// Takes in a body.
    pub(super) async fn take_in(
        body: RawBody,
        server: &Server,
        measure: Measure<'_>,
    ) -> Result<Self, Problem> {
        if body.size_hint().lower() > measure.limit as u64 {
            return Err(measure.too_large());
        }
        let empty = Body {
            bytes: Vec::new(),
            permit: measure.permit()?,
        };
        let limit = server.edge.body_timeout;
        let taken = timeout(limit, empty.read(body, measure)).await;
        taken.unwrap_or_else(|_| {
            let detail = format!("expected the whole body within {limit:?}");
            Err(Problem::new("body-too-slow", detail))
        })
    }

    async fn read(mut self, mut body: RawBody, measure: Measure<'_>) -> Result<Self, Problem> {
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame =
                frame.map_err(|error| Problem::new("body-unreadable", error.to_string()))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = self.bytes.len() + data.len();
            if length > measure.limit {
                return Err(measure.too_large());
            }
            while length > self.permit.num_permits() * BYTES_A_COMMAND {
                self.permit.merge(measure.permit()?);
            }
            self.bytes.extend_from_slice(&data);
        }
        Ok(self)
    }
}

/// Leave to carry out one more command at a time.
pub(super) fn permit(server: &Server) -> Result<OwnedSemaphorePermit, Problem> {
    Measure::of_commands(server).permit()
}

/// JSON that is none, or of another shape. The message says where.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    let code = match error.classify() {
        serde_json::error::Category::Data => "body-shape",
        _ => "malformed-json",
    };
    Problem::new(code, error.to_string())
}
