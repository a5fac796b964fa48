//! What is left of the body of a request when the answer is made.
//!
//! Most clients send all they have before they read. A connection that is closed over bytes that nobody
//! took in is reset, and the answer is lost with it (RFC 9112, 9.6): who is refused early would see a
//! broken connection in its place. So the rest is taken in, and forgotten, before the answer is given.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Version, header};
use axum::response::Response;
use casewright_runtime::Stopwatch;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::timeout;
use tower::ServiceExt;

/// How long a client that was to send the rest may send nothing.
const SILENCE: Duration = Duration::from_secs(2);
/// What a frame counts for at least, however little is in it.
const FRAME_BYTES: u64 = 1024;

/// How much of a body that nobody wants is taken in. Who sends more, or takes longer, is hung up on after the answer.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// How long a body may take from the start of its request.
    pub(super) within: Duration,
    /// How much of it is taken in and forgotten.
    pub(super) bytes: u64,
}

/// Has a request answered, and its body taken in whole.
pub(super) async fn answer(
    app: Router,
    request: Request<Incoming>,
    patience: Patience,
) -> Result<Response, Infallible> {
    if request.body().is_end_stream() {
        return app.oneshot(request.map(Body::new)).await;
    }
    let taken = Stopwatch::start();
    let is_coming = !waits_to_be_told(&request);
    let (head, body) = request.into_parts();
    let kept = Arc::new(Mutex::new(Kept { body, is_coming }));
    let lent = Body::new(Lent(kept.clone()));
    let mut response = app.oneshot(Request::from_parts(head, lent)).await?;
    let left = patience.within.saturating_sub(taken.elapsed());
    let forgotten = timeout(left, forget(&kept, patience.bytes)).await;
    if !forgotten.unwrap_or(false) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(response)
}

/// Whether the client sends the body only when it is told to go on (RFC 9110, 10.1.1).
fn waits_to_be_told(request: &Request<Incoming>) -> bool {
    let expected = request.headers().get(header::EXPECT);
    request.version() > Version::HTTP_10
        && expected.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// A body, where the rest of it is found by whoever lent it.
struct Kept {
    body: Incoming,
    /// Whether the client sends it, and does not wait any more to be told to.
    is_coming: bool,
}

/// A body for those who answer.
struct Lent(Arc<Mutex<Kept>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut kept = lock(&self.0);
        kept.is_coming = true;
        Pin::new(&mut kept.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).body.size_hint()
    }
}

/// Takes in the rest of a body. Whether that is all of it, so that the connection can be used again.
async fn forget(kept: &Mutex<Kept>, most: u64) -> bool {
    let is_worth_it = {
        let kept = lock(kept);
        kept.is_coming && kept.body.size_hint().lower() <= most
    };
    let mut length = 0;
    while is_worth_it && length <= most {
        let next = poll_fn(|context| Pin::new(&mut lock(kept).body).poll_frame(context));
        match timeout(SILENCE, next).await {
            Ok(Some(Ok(frame))) => {
                let data = frame.data_ref().map_or(0, |data| data.len() as u64);
                length += data.max(FRAME_BYTES);
            }
            Ok(None) => return true,
            Ok(Some(Err(_))) | Err(_) => return false,
        }
    }
    false
}

/// A body is as good after a panic as before it.
fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
