//! What can be asked for on the command line.
//!
//! Data goes to stdout, all else to stderr. The exit code is 0 for yes, 1 for no (the file is not
//! sound, the scenario does not hold), 2 for could not run.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::command::{
    bench, check, compact, diagram, explain, export, import, jobs, plugin, repair, schema, serve,
    simulate, test, verify,
};

/// Runs the processes by which a company looks after its key accounts.
///
/// Without a command it serves the shipped workflows on 127.0.0.1:8080, with its data in the folder
/// `casewright-data`.
#[derive(Debug, Parser)]
#[command(
    name = "casewright",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Try it:\n  casewright                                        serve the shipped workflows\n  casewright check my-pack                          is every workflow of a pack sound?\n  casewright simulate workflow.yaml --events e.jsonl  run a case without a server\n  casewright test my-pack                           do the scenarios of a pack hold?\n  casewright diagram workflow.yaml                  draw it (Mermaid)\n  casewright verify --data casewright-data          is a store what its journal leads to?\n\nExit codes: 0 yes, 1 no, 2 could not run."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve cases over HTTP.
    Serve(serve::Serve),
    Check(check::Check),
    Schema(schema::Schema),
    Simulate(simulate::Simulate),
    Test(test::Test),
    Diagram(diagram::Diagram),
    Explain(explain::Explain),
    Import(import::Import),
    Export(export::Export),
    Verify(verify::Verify),
    Repair(repair::Repair),
    Jobs(jobs::Jobs),
    Plugin(plugin::Plugin),
    Bench(bench::Bench),
    Compact(compact::Compact),
}

/// How a command prints what a script may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For scripts: JSON.
    Json,
}

/// What a command comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Yes,
    /// Exit code 1.
    No,
}

/// Why a command could not run: a message for people.
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// What was tried, and what came in its way.
    pub fn new(what: impl Display, why: impl Display) -> Self {
        Failure(format!("{what}: {why}"))
    }
}

impl Cli {
    /// Does what was asked for.
    pub fn run(self) -> ExitCode {
        let command = self.command.unwrap_or(Command::Serve(self.serve));
        let result = match command {
            Command::Serve(serve) => serve.run(),
            Command::Check(check) => check.run(),
            Command::Schema(schema) => schema.run(),
            Command::Simulate(simulate) => simulate.run(),
            Command::Test(test) => test.run(),
            Command::Diagram(diagram) => diagram.run(),
            Command::Explain(explain) => explain.run(),
            Command::Import(import) => import.run(),
            Command::Export(export) => export.run(),
            Command::Verify(verify) => verify.run(),
            Command::Repair(repair) => repair.run(),
            Command::Jobs(jobs) => jobs.run(),
            Command::Plugin(plugin) => plugin.run(),
            Command::Bench(bench) => bench.run(),
            Command::Compact(compact) => compact.run(),
        };
        match result {
            Ok(Verdict::Yes) => ExitCode::SUCCESS,
            Ok(Verdict::No) => ExitCode::from(1),
            Err(Failure(message)) => {
                tell(format_args!("error: {message}"));
                ExitCode::from(2)
            }
        }
    }
}

/// Prints data to stdout. Nobody reading it is no error.
pub fn print(text: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints anything else to stderr.
pub fn tell(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
