//! A store with many cases: how it is filled, what it takes, and how quickly it answers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casewright_case::Actor;
use casewright_definition::Definition;
use casewright_runtime::{Stopwatch, SystemClock, bulk};
use serde::Serialize;
use serde_json::Value as Json;

use super::connection::Connection;
use super::disk::allocated_bytes;
use super::load::{histogram, record};
use super::process::Process;
use super::row::{Row, ms, tenths, thousandths};
use super::script::{self, OPEN_EVENTS, Script};
use super::server::Server;
use crate::cli::Failure;
use crate::command::compact::{self, TableRow};
use crate::folder;

/// How many cases take a step together. More would fill the log with one commit.
const BATCH: u64 = 2000;
/// Of so many cases one stays open.
const ONE_OPEN_IN: u64 = 4;
/// How often each query is asked.
const QUERIES: u64 = 500;

/// What was found of a store with many cases.
#[derive(Debug, Serialize)]
pub(super) struct Growth {
    pub(super) cases: u64,
    steps: u64,
    fill_seconds: f64,
    disk_bytes_per_step: f64,
    compact_seconds: f64,
    /// After it was compacted.
    compacted_bytes_per_step: f64,
    tables: Vec<TableRow>,
    /// From the start of the process to the answer to its first request.
    startup_ms: f64,
    empty_startup_ms: f64,
    memory_bytes: Option<u64>,
    pub(super) queries: Vec<Query>,
    /// After the queries.
    memory_bytes_after_queries: Option<u64>,
    /// By clients: its steps a second, in parts of those of the empty store.
    throughput_of_empty: Vec<(u64, f64)>,
}

/// What a store without cases gave, in the same run.
#[derive(Debug, Default)]
pub(super) struct Empty {
    pub(super) startup: Duration,
    pub(super) rows: Vec<Row>,
}

/// How quickly a query is answered.
#[derive(Debug, Serialize)]
pub(super) struct Query {
    path: String,
    p50_ms: f64,
    p99_ms: f64,
}

impl Growth {
    /// Fills the store of a folder that has none, compacts it, and says what that came to.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) async fn fill(
        script: &Script,
        data: &Path,
        cases: u64,
        told: impl Fn(u64),
    ) -> Result<Self, Failure> {
        let filling = Stopwatch::start();
        fill(script, data, cases, told).await?;
        let fill_seconds = filling.elapsed().as_secs_f64();
        let steps = cases * script::STEPS as u64;
        let per_step = |bytes: u64| tenths(bytes as f64 / steps.max(1) as f64);
        let disk_bytes_per_step = per_step(allocated_bytes(data));
        let compacting = Stopwatch::start();
        let tables = compact::compact(data)?;
        let compact_seconds = compacting.elapsed().as_secs_f64();
        Ok(Growth {
            cases,
            steps,
            fill_seconds: tenths(fill_seconds),
            disk_bytes_per_step,
            compact_seconds: tenths(compact_seconds),
            compacted_bytes_per_step: per_step(allocated_bytes(data)),
            tables,
            startup_ms: 0.0,
            empty_startup_ms: 0.0,
            memory_bytes: None,
            queries: Vec::new(),
            memory_bytes_after_queries: None,
            throughput_of_empty: Vec::new(),
        })
    }

    /// Starts a server on the store, and asks it for cases.
    ///
    /// # Errors
    /// It does not start, or a request fails.
    pub(super) async fn start(&mut self, script: &Script, data: &Path) -> Result<Server, Failure> {
        let starting = Stopwatch::start();
        let server = Server::start(data)?;
        let mut connection = Connection::open(server.address).await?;
        let first = script::get(&format!("/cases/{}", id(self.cases / 2)));
        connection.ask(&first).await?;
        self.startup_ms = tenths(starting.elapsed().as_secs_f64() * 1000.0);
        self.memory_bytes = Process::of(server.id()).memory_bytes;
        for path in queries(script.workflow) {
            self.queries.push(self.ask(&mut connection, &path).await?);
        }
        self.memory_bytes_after_queries = Process::of(server.id()).memory_bytes;
        Ok(server)
    }

    /// Asks the same of cases all over the store.
    async fn ask(&self, connection: &mut Connection, path: &str) -> Result<Query, Failure> {
        let mut latencies = histogram()?;
        for number in 0..QUERIES {
            // A prime far from any count of cases: all over the store, the same in every run.
            let id = id(number.wrapping_mul(1_000_000_007) % self.cases.max(1));
            let request = script::get(&path.replace("{id}", &id));
            let stopwatch = Stopwatch::start();
            connection.ask(&request).await?;
            record(&mut latencies, stopwatch.elapsed());
        }
        Ok(Query {
            path: path.to_owned(),
            p50_ms: ms(&latencies, 50.0),
            p99_ms: ms(&latencies, 99.0),
        })
    }

    /// Puts beside it what an empty store gave.
    pub(super) fn compare(&mut self, empty: &Empty, rows: &[Row]) {
        self.empty_startup_ms = tenths(empty.startup.as_secs_f64() * 1000.0);
        let both = rows.iter().zip(&empty.rows);
        let part = |(row, empty): (&Row, &Row)| {
            let part = row.steps_per_second / empty.steps_per_second;
            (row.clients, thousandths(part))
        };
        self.throughput_of_empty = both.map(part).collect();
    }

    /// For scripts.
    ///
    /// # Errors
    /// None that can be thought of: these are plain figures.
    pub(super) fn to_json(&self) -> Result<String, Failure> {
        serde_json::to_string(&serde_json::json!({ "growth": self }))
            .map_err(|error| Failure::new("cannot write what was found", error))
    }

    /// For people.
    pub(super) fn to_text(&self) -> String {
        let memory = |bytes: Option<u64>| {
            bytes.map_or_else(
                || "-".to_owned(),
                |bytes| format!("{:.0} MB", bytes as f64 / 1e6),
            )
        };
        let parts = self.throughput_of_empty.iter();
        let part =
            |(clients, part): &(u64, f64)| format!("{:.0} % (clients: {clients})", part * 100.0);
        let parts: Vec<String> = parts.map(part).collect();
        let mut lines = vec![
            String::new(),
            format!(
                "{} cases, {} steps: filled in {} s, compacted in {} s",
                self.cases, self.steps, self.fill_seconds, self.compact_seconds
            ),
            format!(
                "on disk: {} B a step, {} B a step when compacted",
                self.disk_bytes_per_step, self.compacted_bytes_per_step
            ),
            format!(
                "first answer after {} ms, of an empty store {} ms; memory {}, {} after the queries",
                self.startup_ms,
                self.empty_startup_ms,
                memory(self.memory_bytes),
                memory(self.memory_bytes_after_queries)
            ),
            format!("steps a second of an empty store's: {}", parts.join(", ")),
            String::new(),
            compact::table(&self.tables),
        ];
        lines.push(String::new());
        lines.push(format!("{:<60}{:>9}{:>9}", "GET", "p50 ms", "p99 ms"));
        lines.extend(self.queries.iter().map(|query| {
            format!(
                "{:<60}{:>9.2}{:>9.2}",
                query.path, query.p50_ms, query.p99_ms
            )
        }));
        lines.push(String::new());
        lines.join("\n")
    }
}

/// What is asked of a store with many cases; `{id}` is that of one of them.
fn queries(workflow: &str) -> [String; 7] {
    [
        "/cases/{id}".to_owned(),
        "/cases/{id}/history".to_owned(),
        "/cases?cursor={id}".to_owned(),
        format!("/cases?workflow={workflow}&cursor={{id}}"),
        format!("/cases?workflow={workflow}&state=accepted&cursor={{id}}"),
        "/cases?status=running&cursor={id}".to_owned(),
        format!("/cases?workflow={workflow}&status=done&cursor={{id}}"),
    ]
}

async fn fill(script: &Script, data: &Path, cases: u64, told: impl Fn(u64)) -> Result<(), Failure> {
    let failed = |error: casewright_runtime::CommandError| Failure(error.to_string());
    let plugins = folder::load_plugins(None)?;
    let definition = definition(script, &plugins)?;
    let clock = Arc::new(SystemClock::default());
    let bulk = bulk::Bulk::open_folder(data, definition, plugins, clock);
    let bulk = bulk.map_err(|error| Failure(error.to_string()))?;
    let actor = Actor::new("bench", ["account-manager"]);
    for first in (0..cases).step_by(BATCH as usize) {
        let numbers = first..cases.min(first + BATCH);
        let with = |data: fn(u64) -> Json| {
            let of = move |number: u64| (id(number), data(script::amount(number)));
            move |number| of(number)
        };
        let opened: Vec<_> = numbers.clone().map(with(script::opening)).collect();
        bulk.open(&opened, &actor).map_err(failed)?;
        let carried = with(script::carried);
        let (open, closed): (Vec<_>, Vec<_>) =
            numbers.partition(|number| number % ONE_OPEN_IN == 0);
        for (numbers, events) in [(open, OPEN_EVENTS), (closed, script::EVENTS)] {
            let cases: Vec<_> = numbers.into_iter().map(&carried).collect();
            for event in events {
                bulk.send(&cases, event, &actor).map_err(failed)?;
                // So that Ctrl-C is heard.
                tokio::task::yield_now().await;
            }
        }
        told(cases.min(first + BATCH));
    }
    Ok(())
}

fn definition(
    script: &Script,
    plugins: &casewright_runtime::Plugins,
) -> Result<Definition, Failure> {
    let checked = folder::check_pack(None, plugins)?;
    let unsound = || Failure("the shipped pack is not sound".into());
    let pack = checked.pack.ok_or_else(unsound)?;
    let bytes = script.source.as_bytes().to_vec();
    let functions = plugins.functions();
    let (definition, findings) =
        Definition::check_bytes(script.workflow.to_owned(), bytes, &pack, Some(&functions));
    definition.ok_or_else(|| Failure(findings.report().to_string()))
}

/// The id of a case that was there before the clients came.
fn id(number: u64) -> String {
    format!("case-{number:09}")
}
