//! `casewright plugin check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::inside::Inside;
use super::limits::CallLimits;
use super::loaded::File;
use super::shown::{self, Declared};
use crate::cli::{Failure, Output, Verdict, print};

/// Would a server take this file as a plugin?
///
/// If so, it says what its functions take and give, and what a call may use. If not, it says what of it
/// does not fit.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it is a plugin, 1 it is none, 2 could not run.")]
pub(super) struct Check {
    /// The `.wasm` file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    limits: CallLimits,
}

impl Check {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let file = File::read(&self.file)?;
        let host = self.limits.host()?;
        match (file.load(&host), self.output) {
            (Ok(plugin), Output::Text) => {
                print(format_args!(
                    "{}: `{}` {} is a plugin\n{}\na call may use: {}",
                    file.name,
                    plugin.name(),
                    plugin.version(),
                    shown::functions(&plugin),
                    shown::limits(&plugin),
                ));
                Ok(Verdict::Yes)
            }
            (Ok(plugin), Output::Json) => {
                print(json!({ "plugin": true, "declares": Declared::by(&plugin) }));
                Ok(Verdict::Yes)
            }
            (Err(error), Output::Text) => {
                let message = error.to_string();
                print(format_args!("{message}{}", hint(&message, file.inside())));
                Ok(Verdict::No)
            }
            (Err(error), Output::Json) => {
                print(json!({
                    "plugin": false,
                    "error": { "code": error.code(), "message": error.to_string() },
                }));
                Ok(Verdict::No)
            }
        }
    }
}

/// What to try, where the host has nothing to say of it.
fn hint(message: &str, inside: Option<Inside>) -> String {
    if message.contains("hint:") {
        return String::new();
    }
    let hint = match inside {
        None => "the file is damaged, or was cut short: build it again",
        Some(_) if message.contains("to given type") => {
            "its types are not those of the contract, `casewright:plugin@0.1.0`: build it with the WIT files of a project that `casewright plugin new` makes"
        }
        Some(_) if message.contains("imports `") => {
            "a decision gets its input and nothing else: leave away what needs the import"
        }
        Some(_) => "`casewright plugin inspect` lists what it imports and exports",
    };
    format!("\n\nhint: {hint}")
}
