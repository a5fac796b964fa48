//! `casewright jobs`.

use std::path::PathBuf;

use casewright_case::Actor;
use casewright_definition::json::timestamp;
use casewright_runtime::jobs::ClosedJobs;
use casewright_runtime::{CommandError, JobKey, JobStatus, StoredJob, SystemClock};
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::{Failure, Output, Verdict, print};
use crate::http::JobView;
use crate::plugin_store::{Chosen, PluginStore};

/// Look after the services that cases wait for, while no server has the store open
///
/// A service that could not be done, and whose failure its workflow does not take, is dead: it is there until
/// somebody has it tried again, cancels it, or its case goes another way. A running server does the same at
/// `/jobs`.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  casewright jobs list --status dead        what could not be done, and why
  casewright jobs retry exit-7 12           try it again at the next start
  casewright jobs cancel exit-7 12          give up: the case goes on with the failure `cancelled`

Exit codes: 0 done, 1 there is no such job or the case refuses, 2 could not run.")]
pub struct Jobs {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    List(List),
    Retry(Retry),
    Cancel(Cancel),
}

/// List jobs, of each plugin the one first that is due first
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    data: Data,
    /// Those that wait to be run, or those that are not run again.
    #[arg(long, value_enum, default_value_t)]
    status: Status,
    /// Only those of this plugin.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    /// For people, or JSON: one object a line.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Have a job tried again
#[derive(Debug, Args)]
struct Retry {
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    job: Job,
}

/// Cancel a job
///
/// Its case goes on with `error.invoke.` of the service, whose code is `cancelled`. The step that follows may ask
/// plugins for decisions: those that the server has, so they are chosen as `serve` does.
#[derive(Debug, Args)]
struct Cancel {
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    job: Job,
    #[command(flatten)]
    chosen: Chosen,
    /// Who cancels it; the journal says so.
    #[arg(long, value_name = "ID", default_value = "administrator")]
    actor: String,
}

#[derive(Debug, Args)]
struct Data {
    /// The folder with the data.
    #[arg(long = "data", value_name = "DIR", default_value = "casewright-data")]
    folder: PathBuf,
}

#[derive(Debug, Args)]
struct Job {
    /// The id of its case.
    case: String,
    /// Its number in the case.
    sequence: u64,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Status {
    #[default]
    Waiting,
    Dead,
}

impl Jobs {
    /// Does what was asked for.
    ///
    /// # Errors
    /// There is no store in the folder, it is in use, or damaged.
    pub fn run(self) -> Result<Verdict, Failure> {
        match self.task {
            Task::List(list) => list.run(),
            Task::Retry(retry) => retry.run(),
            Task::Cancel(cancel) => cancel.run(),
        }
    }
}

impl Data {
    fn open(&self) -> Result<ClosedJobs, Failure> {
        ClosedJobs::open_folder(&self.folder).map_err(|error| Failure(error.to_string()))
    }
}

impl Job {
    fn key(&self) -> JobKey {
        JobKey::new(&self.case, self.sequence)
    }
}

impl List {
    fn run(self) -> Result<Verdict, Failure> {
        let status = match self.status {
            Status::Waiting => JobStatus::Waiting,
            Status::Dead => JobStatus::Dead,
        };
        let jobs = self.data.open()?;
        let jobs = jobs.list(self.plugin.as_deref(), status, self.limit);
        for job in jobs.map_err(|error| Failure(error.to_string()))? {
            match self.output {
                Output::Text => print(text(&job)),
                Output::Json => {
                    let text = serde_json::to_string(&JobView::of(&job));
                    print(text.map_err(|error| Failure::new("cannot write a job", error))?);
                }
            }
        }
        Ok(Verdict::Yes)
    }
}

impl Retry {
    fn run(self) -> Result<Verdict, Failure> {
        let jobs = self.data.open()?;
        let job = jobs.retry(&self.job.key(), &SystemClock::default());
        verdict(job.map(|job| text(&job)))
    }
}

impl Cancel {
    fn run(self) -> Result<Verdict, Failure> {
        let (_, plugins) = PluginStore::open(&self.data.folder, &self.chosen)?;
        let jobs = self.data.open()?;
        let key = self.job.key();
        let actor = Actor::new(&self.actor, []);
        let revision = jobs.cancel(&key, &actor, &plugins, &SystemClock::default());
        verdict(revision.map(|revision| format!("case `{}` is at revision {revision}", key.case)))
    }
}

/// What was done; or that there is no such job, or that its case refuses.
fn verdict(done: Result<String, CommandError>) -> Result<Verdict, Failure> {
    match done {
        Ok(text) => {
            print(text);
            Ok(Verdict::Yes)
        }
        Err(
            error @ (CommandError::UnknownJob(_)
            | CommandError::UnknownCase(_)
            | CommandError::Refused { .. }),
        ) => {
            print(error);
            Ok(Verdict::No)
        }
        Err(error) => Err(Failure(error.to_string())),
    }
}

fn text(job: &StoredJob) -> String {
    let StoredJob { key, record, .. } = job;
    let state = match record.due() {
        Some(due) => format!("due {}", timestamp(due)),
        None => "dead".to_owned(),
    };
    let mut text = format!(
        "case `{}`, job {}: `{}`, {state}, failed attempts: {}",
        key.case, key.sequence, record.function, record.attempts
    );
    if let Some(failure) = &record.failure {
        let (at, code) = (timestamp(failure.at()), &failure.code);
        text.push_str(&format!("\n  {at} {code}: {}", failure.message));
    }
    text
}
