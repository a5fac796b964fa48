//! `casewright bench`.
//!
//! What this machine gives: how often its disk syncs, what a bare HTTP server answers, and what a real
//! server makes of both. The order of reading is that of the modules below.

mod bare;
mod connection;
pub(super) mod disk;
mod growth;
mod load;
mod process;
mod row;
mod script;
mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use casewright_runtime::Stopwatch;
use clap::Args;
use tempfile::TempDir;

use super::progress::Progress;
use crate::cli::{Failure, Output, Verdict, print};
use disk::SyncRate;
use growth::{Empty, Growth};
use load::{Load, Measured};
use row::{Bare, Before, Row};
use script::Script;
use server::Server;

/// Measure how many steps this machine takes in a second.
///
/// Measures how often the disk syncs, how fast a bare HTTP server answers, and then a real server, with
/// its data on that disk: cases are opened and sent five events each by clients that wait for every
/// answer. Once with a workflow that needs no plugin, once with one that asks a plugin for a decision.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Bench {
    /// How many clients there are at a time; a row of the table for each.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,16,64,256", value_parser = clap::value_parser!(u64).range(1..=MAX_CLIENTS))]
    clients: Vec<u64>,
    /// How many seconds each row is measured.
    #[arg(long, value_name = "S", default_value = "5", value_parser = parse_seconds)]
    seconds: Duration,
    /// How many seconds the clients are busy before that.
    #[arg(long, value_name = "S", default_value = "1", value_parser = parse_seconds)]
    warmup: Duration,
    /// For people, or JSON: one object for each row.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// The folder in which the data is written, on the disk that is to be measured; made when it is not
    /// there. All of it is removed afterwards [default: the system's folder for such]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Measure once more on a store with so many cases, six steps each, that is filled first.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_CASES))]
    cases: Option<u64>,
    /// Send an `Idempotency-Key` with every request.
    #[arg(long)]
    idempotency: bool,
    /// Answer at once and do nothing: what the bench starts to see what HTTP alone costs.
    #[arg(long, hide = true)]
    bare: bool,
}

const AFTER_HELP: &str = "Of a step the table tells the processor time of the server, what the system counts as written by it, what the \
disk got (whoever wrote it), and by how much the data grew. `-`, in JSON `null`, is what this system does not tell.\n\n\
Exit codes: 0 measured, 2 could not run.";
/// More would not get a connection each: what a server takes on is limited.
const MAX_CLIENTS: u64 = 4000;
/// More cases than a disk holds.
const MAX_CASES: u64 = 1_000_000_000;
/// A day: nobody means more.
const MAX_SECONDS: f64 = 86_400.0;

impl Bench {
    /// Measures, and prints what was found.
    ///
    /// # Errors
    /// The folder cannot be written, a server does not start, or a request fails.
    pub fn run(self) -> Result<Verdict, Failure> {
        if self.bare {
            return bare::serve();
        }
        // The clients share the machine with what they measure: one thread must do.
        let thread = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new("cannot start a thread", error))?;
        thread.block_on(async {
            tokio::select! {
                measured = self.measure() => measured,
                // What was written is removed on the way out.
                _ = tokio::signal::ctrl_c() => Err(Failure("interrupted".into())),
            }
        })?;
        Ok(Verdict::Yes)
    }

    async fn measure(&self) -> Result<(), Failure> {
        let progress = Progress::through(self.steps_of_work());
        let folder = self.folder()?;
        progress.begins("the disk");
        let disk = SyncRate::measure(folder.path(), self.seconds.min(MAX_DISK))?;
        let before = Before {
            disk,
            bare: self.measure_bare(&progress).await?,
        };
        if self.output == Output::Text {
            let shown = self.data.clone().unwrap_or_else(std::env::temp_dir);
            progress.beside(|| print(before.disk.to_line(&shown)));
            progress.beside(|| print(row::heading()));
        }
        let mut empty = Empty::default();
        for script in Script::all() {
            let data = folder.path().join(script.workflow);
            let starting = Stopwatch::start();
            let server = Server::start(&data)?;
            let startup = starting.elapsed();
            let rows = self.measure_steps(&server, &script, 0, &before, &progress);
            let rows = rows.await?;
            if !script.asks_plugin {
                empty = Empty { startup, rows };
            }
        }
        if let Some(cases) = self.cases {
            let data = folder.path().join("grown");
            self.measure_growth(cases, &data, (&before, &empty), &progress)
                .await?;
        }
        Ok(())
    }

    async fn measure_growth(
        &self,
        cases: u64,
        data: &Path,
        (before, empty): (&Before, &Empty),
        progress: &Progress,
    ) -> Result<(), Failure> {
        let script = Script::plain();
        let told = |filled| progress.tell(&format!("filling the store: {filled} of {cases} cases"));
        let mut growth = Growth::fill(&script, data, cases, told).await?;
        progress.tell("a store with many cases");
        let server = growth.start(&script, data).await?;
        let rows = self.measure_steps(&server, &script, cases, before, progress);
        growth.compare(empty, &rows.await?);
        match self.output {
            Output::Text => progress.beside(|| print(growth.to_text())),
            Output::Json => {
                let json = growth.to_json()?;
                progress.beside(|| print(json));
            }
        }
        Ok(())
    }

    /// How many rows there are to measure, of all kinds.
    fn steps_of_work(&self) -> usize {
        1 + self.clients.len() * (1 + Script::all().len() + usize::from(self.cases.is_some()))
    }

    /// A folder of our own, which goes when it is dropped.
    fn folder(&self) -> Result<TempDir, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("casewright-bench-");
        let made = match &self.data {
            Some(folder) => {
                std::fs::create_dir_all(folder).and_then(|()| builder.tempdir_in(folder))
            }
            None => builder.tempdir(),
        };
        let parent = self.data.clone().unwrap_or_else(std::env::temp_dir);
        let what = || format!("cannot make a folder in `{}`", parent.display());
        made.map_err(|error| Failure::new(what(), error))
    }

    async fn measure_bare(&self, progress: &Progress) -> Result<Vec<Bare>, Failure> {
        let server = Server::start_bare()?;
        let mut rows = Vec::new();
        // The plainest script is asked, and not listened to.
        let script = Script::plain();
        for clients in &self.clients {
            progress.begins(&format!("a bare HTTP server, clients: {clients}"));
            let measured = self.load(&server, &script, *clients).await?;
            rows.push(Bare::of(&measured));
        }
        Ok(rows)
    }

    async fn measure_steps(
        &self,
        server: &Server,
        script: &Script,
        cases: u64,
        before: &Before,
        progress: &Progress,
    ) -> Result<Vec<Row>, Failure> {
        server.apply(script).await?;
        let mut rows = Vec::new();
        for (clients, bare) in self.clients.iter().zip(&before.bare) {
            progress.begins(&format!("`{}`, clients: {clients}", script.workflow));
            let measured = self.load(server, script, *clients).await?;
            let row = Row::of(script, (cases, *clients), (&before.disk, bare), &measured);
            match self.output {
                Output::Text => progress.beside(|| print(row.to_line())),
                Output::Json => {
                    let json = row.to_json()?;
                    progress.beside(|| print(json));
                }
            }
            rows.push(row);
        }
        Ok(rows)
    }

    async fn load(
        &self,
        server: &Server,
        script: &Script,
        clients: u64,
    ) -> Result<Measured, Failure> {
        let load = Load {
            script,
            clients,
            warmup: self.warmup,
            seconds: self.seconds,
            idempotency: self.idempotency,
        };
        load.run(server).await
    }
}

/// The disk tells what it does in less time than the servers.
const MAX_DISK: Duration = Duration::from_secs(3);

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("expected seconds from 0 to {MAX_SECONDS}"))
}
