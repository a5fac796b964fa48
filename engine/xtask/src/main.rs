//! Development tasks, run as `cargo xtask <task>`.
//!
//! Exit codes: 0 done, 1 something checked is not as it should be, 2 the task could not run.
#![allow(
    clippy::print_stderr,
    reason = "a command line talks to people on stderr"
)]

mod dist;
mod error;
mod generate;
mod guest;
mod lock;
mod plot;
mod plugins;
mod source;
mod toolchain;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of Casewright.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write the JSON Schemas and `openapi.json` into `schemas/`.
    Generate(generate::Generate),
    /// Build or check the shipped plugins.
    #[command(subcommand)]
    Plugins(plugins::Task),
    /// Draw what `casewright bench --output json` printed.
    Plot(plot::Plot),
}

fn main() -> ExitCode {
    // The manifest lies in `engine/xtask` of the checkout that this was compiled in.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let outcome = match Arguments::parse().task {
        Task::Generate(generate) => generate::run(&root, &generate),
        Task::Plugins(task) => plugins::run(&root, task),
        Task::Plot(plot) => plot::run(&plot),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
