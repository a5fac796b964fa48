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
use axum::http::header;
use axum::response::Response;
use casewright_runtime::Stopwatch;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::timeout;
use tower::ServiceExt;

/// How much is taken in and forgotten. Who sends more is hung up on.
const FORGOTTEN_BYTES: u64 = 64 * 1024 * 1024;

/// Has a request answered, and its body taken in whole within some time from its start.
pub(super) async fn answer(
    app: Router,
    request: Request<Incoming>,
    within: Duration,
) -> Result<Response, Infallible> {
    if request.body().is_end_stream() {
        return app.oneshot(request.map(Body::new)).await;
    }
    let taken = Stopwatch::start();
    let is_told_to_go_on = request.headers().contains_key(header::EXPECT);
    let (head, body) = request.into_parts();
    let kept = Arc::new(Mutex::new(Kept {
        body,
        is_coming: !is_told_to_go_on,
    }));
    let lent = Body::new(Lent(kept.clone()));
    let response = app.oneshot(Request::from_parts(head, lent)).await;
    let left = within.saturating_sub(taken.elapsed());
    // A client that takes longer is hung up on after its answer.
    let _ = timeout(left, forget(&kept)).await;
    response
}

/// A body, where the rest of it is found by whoever lent it.
struct Kept {
    body: Incoming,
    /// Whether the client sends it already. One that waits to be told to go on need not (RFC 9110, 10.1.1).
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

/// Takes in the rest of a body.
async fn forget(kept: &Mutex<Kept>) {
    let is_worth_it = {
        let kept = lock(kept);
        kept.is_coming && kept.body.size_hint().lower() <= FORGOTTEN_BYTES
    };
    let mut length = 0;
    while is_worth_it && length <= FORGOTTEN_BYTES {
        let next = poll_fn(|context| Pin::new(&mut lock(kept).body).poll_frame(context));
        let Some(Ok(frame)) = next.await else {
            return;
        };
        length += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}

/// A body is as good after a panic as before it.
fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
