//! The clients: each takes one case after the other through a script, and waits for every answer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use casewright_runtime::Stopwatch;
use hdrhistogram::Histogram;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

use super::connection::Connection;
use super::script::{Case, STEPS, Script, amount};
use super::server::{Server, Usage};
use crate::cli::Failure;

/// How long a server may take to answer what it was asked last.
const LAST_ANSWERS: Duration = Duration::from_secs(30);
/// The longest latency that is told apart, in microseconds: what takes longer counts as this.
const MAX_LATENCY_US: u64 = 60_000_000;
/// How many digits of a latency are kept.
const DIGITS: u8 = 3;

/// What is asked of a server, by how many, for how long.
pub(super) struct Load<'a> {
    pub(super) script: &'a Script,
    pub(super) clients: u64,
    pub(super) warmup: Duration,
    pub(super) seconds: Duration,
    pub(super) idempotency: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Measured {
    /// How long each request took, in microseconds.
    pub(super) latencies: Histogram<u64>,
    /// How long was measured.
    pub(super) seconds: f64,
    /// What the server used meanwhile.
    pub(super) before: Usage,
    pub(super) after: Usage,
}

/// What all clients see.
struct Shared {
    latencies: RefCell<Histogram<u64>>,
    is_measuring: Cell<bool>,
    is_over: Cell<bool>,
}

impl Load<'_> {
    /// Runs the clients against a server.
    ///
    /// # Errors
    /// A request failed, or the server does not answer.
    pub(super) async fn run(&self, server: &Server) -> Result<Measured, Failure> {
        LocalSet::new().run_until(self.measure(server)).await
    }

    async fn measure(&self, server: &Server) -> Result<Measured, Failure> {
        let shared = Rc::new(Shared {
            latencies: RefCell::new(histogram()?),
            is_measuring: Cell::new(false),
            is_over: Cell::new(false),
        });
        let mut clients = JoinSet::new();
        for _ in 0..self.clients {
            let connection = Connection::open(server.address).await?;
            let client = Client {
                connection,
                // Ids differ from those of every other client of the server.
                name: format!("bench-{}", server.next_client()),
                workflow: Script { ..*self.script },
                idempotency: self.idempotency,
                shared: shared.clone(),
            };
            clients.spawn_local(client.run());
        }
        until_failed(&mut clients, self.warmup).await?;
        let before = server.usage().await?;
        let stopwatch = Stopwatch::start();
        shared.is_measuring.set(true);
        until_failed(&mut clients, self.seconds).await?;
        // A disk that is slow enough has nothing to show by then.
        while shared.latencies.borrow().is_empty() && stopwatch.elapsed() < LAST_ANSWERS {
            until_failed(&mut clients, self.seconds).await?;
        }
        shared.is_measuring.set(false);
        let seconds = stopwatch.elapsed().as_secs_f64();
        let after = server.usage().await?;
        shared.is_over.set(true);
        finish(clients).await?;
        let latencies = shared.latencies.replace(histogram()?);
        Ok(Measured {
            latencies,
            seconds,
            before,
            after,
        })
    }
}

/// Lets the clients work for a time, unless one of them fails.
async fn until_failed(
    clients: &mut JoinSet<Result<(), Failure>>,
    limit: Duration,
) -> Result<(), Failure> {
    match timeout(limit, clients.join_next()).await {
        Err(_) | Ok(None) => Ok(()),
        Ok(Some(ended)) => {
            ended_well(ended)?;
            Err(Failure("a client ended before its time".into()))
        }
    }
}

async fn finish(mut clients: JoinSet<Result<(), Failure>>) -> Result<(), Failure> {
    let all = async {
        while let Some(ended) = clients.join_next().await {
            ended_well(ended)?;
        }
        Ok(())
    };
    let waited = timeout(LAST_ANSWERS, all).await;
    waited.unwrap_or_else(|_| {
        let limit = LAST_ANSWERS.as_secs();
        Err(Failure(format!(
            "the server has not answered a request for {limit} s"
        )))
    })
}

fn ended_well(ended: Result<Result<(), Failure>, tokio::task::JoinError>) -> Result<(), Failure> {
    ended.unwrap_or_else(|error| Err(Failure::new("a client ended", error)))
}

/// One client with its connection.
struct Client {
    connection: Connection,
    name: String,
    workflow: Script,
    idempotency: bool,
    shared: Rc<Shared>,
}

impl Client {
    async fn run(mut self) -> Result<(), Failure> {
        let mut buffer = Vec::with_capacity(1024);
        for number in 0_u64.. {
            let id = format!("{}-{number}", self.name);
            let case = Case {
                id: &id,
                amount: amount(number),
                idempotency: self.idempotency,
            };
            for step in 0..STEPS {
                if self.shared.is_over.get() {
                    return Ok(());
                }
                self.workflow.write(step, &case, &mut buffer);
                let stopwatch = Stopwatch::start();
                self.connection.ask(&buffer).await?;
                if self.shared.is_measuring.get() {
                    let took = stopwatch.elapsed();
                    record(&mut self.shared.latencies.borrow_mut(), took);
                }
            }
        }
        Ok(())
    }
}

/// An empty histogram of latencies in microseconds.
pub(super) fn histogram() -> Result<Histogram<u64>, Failure> {
    Histogram::new_with_bounds(1, MAX_LATENCY_US, DIGITS)
        .map_err(|error| Failure::new("cannot make a histogram", error))
}

/// Counts a latency.
pub(super) fn record(latencies: &mut Histogram<u64>, took: Duration) {
    let took_us = u64::try_from(took.as_micros()).unwrap_or(MAX_LATENCY_US);
    latencies.saturating_record(took_us.max(1));
}
