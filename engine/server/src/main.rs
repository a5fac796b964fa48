//! The `casewright` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    casewright::cli::Cli::parse().run()
}
