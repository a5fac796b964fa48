//! `casewright verify`.

use std::path::PathBuf;

use casewright_chart::Limits;
use casewright_runtime::verify::{Kind, Report, verify_folder};
use clap::Args;
use serde_json::json;

use super::progress::Progress;
use crate::cli::{Failure, Output, Verdict, print};
use crate::command::check::counted;

/// Verify that a store is what its journal leads to.
///
/// Takes every step of every case again, with the answers that plugins gave then, and compares what comes
/// of it with the cases, timers and indexes that are stored. Nothing is changed. No server may have the store
/// open meanwhile.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 everything is as the journal says, 1 something is not, 2 could not run."
)]
pub struct Verify {
    /// The folder with the data.
    #[arg(long, value_name = "DIR", default_value = "casewright-data")]
    data: PathBuf,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Verify {
    /// Verifies the store. The answer is no when something in it is wrong.
    ///
    /// # Errors
    /// There is no store in the folder, it is in use, or it cannot be read.
    pub fn run(self) -> Result<Verdict, Failure> {
        let progress = Progress::counting("records verified");
        let watch = |done, of| progress.is_at(done, of);
        let verified = verify_folder(&self.data, &Limits::default(), &watch);
        drop(progress);
        let report = verified.map_err(|error| Failure(error.to_string()))?;
        match self.output {
            Output::Text => print(text(&report)),
            Output::Json => print(json(&report)),
        }
        match report.is_sound() {
            true => Ok(Verdict::Yes),
            false => Ok(Verdict::No),
        }
    }
}

fn text(report: &Report) -> String {
    let checked = [
        counted_of(report.cases, "case"),
        counted_of(report.steps, "step"),
        counted_of(report.definitions, "definition"),
    ];
    let checked = checked.join(", ");
    if report.is_sound() {
        return format!("{checked}: all as the journal says");
    }
    let mut lines = Vec::new();
    for (kind, count, first) in report.faults.iter() {
        let others = match count {
            1 => String::new(),
            _ => format!(" (the first of {count})"),
        };
        lines.push(format!("error[{}]: {first}{others}", kind.code()));
    }
    let hint = match report.faults.iter().any(|(kind, ..)| kind >= Kind::Stray) {
        true => "`casewright repair --dry-run` says what can be derived again from the journal",
        false => {
            "what the journal and the definitions hold comes back only from a copy of the store"
        }
    };
    lines.push(format!("\nhint: {hint}"));
    format!(
        "{}\n\n{checked}: not all as the journal says",
        lines.join("\n")
    )
}

fn json(report: &Report) -> serde_json::Value {
    let faults = report.faults.iter().map(|(kind, count, first)| {
        json!({
            "kind": kind.code(),
            "count": count,
            "first": {
                "case": first.case,
                "record": first.sequence,
                "message": first.message,
            },
        })
    });
    json!({
        "sound": report.is_sound(),
        "cases": report.cases,
        "steps": report.steps,
        "definitions": report.definitions,
        "faults": faults.collect::<Vec<_>>(),
    })
}

/// `1 case`, `2 cases`.
pub(super) fn counted_of(count: u64, noun: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), noun)
}
