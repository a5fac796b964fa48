//! A small web server on this machine, which answers as a test says and remembers what it was asked.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What it is answered.
pub(crate) enum Answer {
    /// Status, headers and body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// This, once all that the barrier is for have come.
    Together(Arc<Barrier>, Box<Answer>),
    /// Nothing, for as long as the other side waits.
    Never,
    /// Success, and a body without end.
    Endless,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Answer {
        let json = ("content-type", "application/json".to_owned());
        Answer::Status(status, vec![json], body.to_owned())
    }
}

/// On the event loop, so it must not wait; what an answer waits for is part of it.
type Say = dyn Fn(usize, &Seen) -> Answer + Send + Sync;

struct Shared {
    say: Box<Say>,
    seen: Mutex<Vec<Seen>>,
}

/// The server; it ends with this.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

impl Web {
    /// Answers each request by `say`, which is told how many came before.
    pub(crate) fn start(say: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Web {
        Web::listen(say, |listener| listener)
    }

    /// The same over TLS, as `config` says. Whoever does not get so far is not answered, and not remembered.
    pub(crate) fn start_tls(
        config: ServerConfig,
        say: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static,
    ) -> Web {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Web::listen(say, |listener| Tls { listener, acceptor })
    }

    fn listen<L: Listener<Addr: std::fmt::Debug>>(
        say: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static,
        over: impl FnOnce(TcpListener) -> L,
    ) -> Web {
        let runtime = Runtime::new().unwrap();
        let shared = Arc::new(Shared {
            say: Box::new(say),
            seen: Mutex::default(),
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().fallback(answer).with_state(shared.clone());
        let listener = over(listener);
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Web {
            address,
            shared,
            _runtime: runtime,
        }
    }

    /// Where it is: `http://127.0.0.1:…`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

/// Connections over TLS.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body,
    };
    let before = {
        let mut all = shared.seen.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    response((shared.say)(before, &seen)).await
}

async fn response(answer: Answer) -> Response {
    match answer {
        Answer::Status(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Answer::Together(all, then) => {
            all.wait().await;
            Box::pin(response(*then)).await
        }
        Answer::Never => std::future::pending().await,
        Answer::Endless => Response::new(Body::new(Flood)),
    }
}

/// A body without end.
struct Flood;

impl http_body::Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let chunk = Bytes::from_static(&[b'x'; 1 << 16]);
        Poll::Ready(Some(Ok(http_body::Frame::data(chunk))))
    }
}
