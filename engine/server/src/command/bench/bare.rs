//! A server that answers at once and does nothing: what HTTP alone costs, on the same libraries.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use tokio::net::TcpListener;

use crate::cli::{Failure, Verdict, print};

/// What it answers: as long as a case with what may be done next.
const ANSWER: &str = r#"{"id":"bench-0-0","workflow":"bench-plain","version":"1.0.0","revision":2,"status":"running","states":["registered"],"data":{"customer":"华东能源集团","amount":0,"large":false,"note":"delivered late"},"opened":"2026-01-01T00:00:00Z","changed":"2026-01-01T00:00:00Z","events":[{"event":"investigate","title":"Investigate","open":true}]}"#;

/// Serves until the process is ended.
///
/// # Errors
/// There is no thread or no address to be had.
pub(super) fn serve() -> Result<Verdict, Failure> {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    threads.block_on(async {
        let failed = |error| Failure::new("cannot serve", error);
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        print(format_args!("a bare server listens on http://{address}"));
        let app = Router::new().fallback(answer);
        axum::serve(listener, app).await.map_err(failed)
    })?;
    Ok(Verdict::Yes)
}

async fn answer(_: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], ANSWER)
}
