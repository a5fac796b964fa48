//! The edge of the server: what it takes on, how long it waits for clients, and the connections.
//!
//! Everything here is bounded. What is beyond a bound is told so as soon as it has sent what it asks, with when to
//! come again, and costs nothing that grows. A server that has no file left for one more connection goes on with those
//! that it has.

mod unread;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::response::Response;
use clap::Args;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;

use crate::http::Problem;
use crate::seldom::Seldom;
use unread::Patience;

/// How many connections beyond those that are served are told so. More wait until one of these is gone.
const TURNED_AWAY: usize = 64;
/// How long one of them may take to send the body of what it asked.
const TURNED_AWAY_TIME: Duration = Duration::from_secs(5);
/// How long to rest when the system has no connection to give, unless one is closed before.
const REST: Duration = Duration::from_secs(1);
/// How much of a connection's input is held. The largest head of a request is no larger.
const BUFFER_BYTES: usize = 128 * 1024;

/// What the server takes on, and how long it waits for clients.
#[derive(Clone, Debug, Args)]
pub struct Edge {
    /// How many connections are served at a time. One more is answered 503.
    #[arg(long, value_name = "COUNT", default_value_t = 4096, value_parser = count)]
    max_connections: usize,
    /// How many commands are carried out at a time; a large one counts as several. One more is answered 503.
    #[arg(long, value_name = "COUNT", default_value_t = 4096, value_parser = count)]
    pub(crate) max_commands: usize,
    /// How long a connection may be idle, or take to send the head of a request.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    header_timeout: Duration,
    /// How long a client may take to send the body of a request.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) body_timeout: Duration,
    /// How long a client may take to read some more of an answer.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    answer_timeout: Duration,
    /// How long the answer to a request with an `Idempotency-Key` is remembered.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    pub(crate) idempotency_expiry: Duration,
}

/// A count on the command line.
fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=Semaphore::MAX_PERMITS) => Ok(count),
        _ => Err("expected a number from 1".to_owned()),
    }
}

/// A duration on the command line.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok();
    let duration = parsed.and_then(|duration| Duration::try_from(duration).ok());
    duration
        .filter(|duration| *duration >= Duration::from_millis(1))
        .ok_or_else(|| "expected a duration such as `30s`, `5m` or `24h`".to_owned())
}

/// Serves an application on a listener until it is told to stop, and then until all that was asked
/// before is answered. Of a body that is refused it takes in so many bytes at most.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    edge: &Edge,
    largest: usize,
    stop: impl Future<Output = ()>,
) {
    let doors = Doors::new(edge);
    let full = full();
    let served = Patience {
        within: edge.body_timeout,
        bytes: largest as u64,
    };
    let turned_away = Patience {
        within: edge.body_timeout.min(TURNED_AWAY_TIME),
        ..served
    };
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let entered = tokio::select! {
            entered = doors.next(&listener) => entered,
            () = &mut stop => break,
        };
        let (connection, app, patience) = match entered {
            Entered::Served(connection) => (connection, app.clone(), served),
            Entered::TurnedAway(connection) => (connection, full.clone(), turned_away),
        };
        let answer = move |request| unread::answer(app.clone(), request, patience);
        let http = doors.http.clone();
        let watcher = connections.watcher();
        tokio::spawn(connection.run(http, service_fn(answer), watcher));
    }
    drop(listener);
    connections.shutdown().await;
}

/// Lets connections in.
struct Doors {
    http: http1::Builder,
    answer_timeout: Duration,
    served: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    /// Told when a connection is closed.
    closed: Arc<Notify>,
    failures: Seldom,
    full: Seldom,
}

/// A connection that was let in.
enum Entered {
    Served(Connection),
    TurnedAway(Connection),
}

struct Connection {
    stream: TimeoutStream<TcpStream>,
    place: Place,
}

impl Doors {
    fn new(edge: &Edge) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(edge.header_timeout)
            .max_buf_size(BUFFER_BYTES);
        Doors {
            http,
            answer_timeout: edge.answer_timeout,
            served: Arc::new(Semaphore::new(edge.max_connections)),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
            closed: Arc::default(),
            failures: Seldom::default(),
            full: Seldom::default(),
        }
    }

    /// The next connection.
    async fn next(&self, listener: &TcpListener) -> Entered {
        loop {
            let (mut is_served, mut permit) = self.permit().await;
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    self.rest_after(&error).await;
                    continue;
                }
            };
            // There may have been room again long before it came.
            if !is_served && let Ok(free) = self.served.clone().try_acquire_owned() {
                (is_served, permit) = (true, free);
            }
            let place = Place {
                permit: Some(permit),
                closed: self.closed.clone(),
            };
            // Answers are small and whole: waiting for more of them gains nothing. A connection that
            // takes no options is served all the same.
            let _ = stream.set_nodelay(true);
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(self.answer_timeout));
            let connection = Connection { stream, place };
            if is_served {
                return Entered::Served(connection);
            }
            if let Some(before) = self.full.tell() {
                tracing::warn!(
                    before,
                    "as many connections are open as `--max-connections` allows; one more was turned away"
                );
            }
            return Entered::TurnedAway(connection);
        }
    }

    /// Leave for one more connection: to be served, or else to be told that it is not.
    async fn permit(&self) -> (bool, OwnedSemaphorePermit) {
        loop {
            if let Ok(permit) = self.served.clone().try_acquire_owned() {
                return (true, permit);
            }
            if let Ok(permit) = self.turned_away.clone().try_acquire_owned() {
                return (false, permit);
            }
            self.closed.notified().await;
        }
    }

    /// What keeps one connection from coming in is passed over. What keeps all of them is waited for.
    async fn rest_after(&self, error: &io::Error) {
        let is_its_own = matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::Interrupted
        );
        if is_its_own {
            return;
        }
        if let Some(before) = self.failures.tell() {
            tracing::error!(
                %error,
                before,
                "cannot take a connection; those that are open are served, and it is tried again"
            );
        }
        // Whichever comes first.
        let _ = timeout(REST, self.closed.notified()).await;
    }
}

impl Connection {
    async fn run<S>(self, http: http1::Builder, service: S, watcher: Watcher)
    where
        S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
    {
        let Connection { stream, place } = self;
        let stream = TokioIo::new(Box::pin(stream));
        let connection = http.serve_connection(stream, service);
        // A client that goes away, is too slow or sends no HTTP hurts only itself.
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended");
        }
        drop(place);
    }
}

/// A place among the connections, until it is dropped; then the next one is let in.
struct Place {
    permit: Option<OwnedSemaphorePermit>,
    closed: Arc<Notify>,
}

impl Drop for Place {
    fn drop(&mut self) {
        // Before whoever waits for it is told.
        drop(self.permit.take());
        self.closed.notify_one();
    }
}

/// What answers connections beyond those that are served.
fn full() -> Router {
    Router::new().fallback(async || {
        let problem = Problem::new("busy", "as many connections are open as are served");
        ([(header::CONNECTION, "close")], problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in [
            ("30s", 30_000),
            ("5m", 300_000),
            ("PT24H", 86_400_000),
            ("1ms", 1),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "30", "-1s", "0s", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_begin_with_one() {
        assert_eq!(count("1"), Ok(1));
        for text in ["0", "-1", "many", "18446744073709551615"] {
            assert!(count(text).is_err(), "{text}");
        }
    }
}
