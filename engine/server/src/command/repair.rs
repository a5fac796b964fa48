//! `casewright repair`.

use std::path::PathBuf;

use casewright_chart::Limits;
use casewright_runtime::repair::{Change, Mode, Repaired, repair_folder};
use clap::Args;
use serde_json::json;

use super::progress::Progress;
use crate::cli::{Failure, Output, Verdict, print, tell};
use crate::command::verify::counted_of;

/// Derive again what a store has derived from its journal.
///
/// Cases, timers and indexes that are not what the journal leads to are written anew; the journal and the
/// definitions are never changed. A case whose records are damaged is left as it is, and named. It may be stopped
/// at any time and run again. No server may have the store open meanwhile.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 everything is as the journal says now, 1 something is not, 2 could not run."
)]
pub struct Repair {
    /// The folder with the data.
    #[arg(long, value_name = "DIR", default_value = "casewright-data")]
    data: PathBuf,
    /// Only say what would be changed. Rows beside cases that would be written anew are not counted.
    #[arg(long)]
    dry_run: bool,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Repair {
    /// Repairs the store. The answer is no when something stays wrong.
    ///
    /// # Errors
    /// There is no store in the folder, it is in use, or it cannot be read or written.
    pub fn run(self) -> Result<Verdict, Failure> {
        let mode = match self.dry_run {
            true => Mode::DryRun,
            false => Mode::Write,
        };
        let progress = Progress::counting("records looked at");
        let watch = |done, of| progress.is_at(done, of);
        let changed = |change: &Change| progress.beside(|| self.show(change));
        let limits = Limits::default();
        let repaired = repair_folder(&self.data, &limits, mode, &watch, &changed);
        drop(progress);
        let repaired = repaired.map_err(|error| Failure(error.to_string()))?;
        for fault in &repaired.refused {
            tell(format_args!("error: {fault}"));
        }
        match self.output {
            Output::Text => print(self.text(&repaired)),
            Output::Json => print(self.json(&repaired)),
        }
        let is_left = self.dry_run && !repaired.is_unchanged();
        match repaired.refused.is_empty() && !is_left {
            true => Ok(Verdict::Yes),
            false => Ok(Verdict::No),
        }
    }

    /// One line for each case. Rows of the index are only counted.
    fn show(&self, change: &Change) {
        let line = match change {
            Change::Case { id, revision } => {
                let words = ["would be derived again", "derived again"];
                let line = format!("case `{id}`: {}", words[usize::from(!self.dry_run)]);
                format!("{line}, at revision {revision}")
            }
            Change::CaseRemoved { id } => {
                let words = ["would be removed", "removed"];
                let word = words[usize::from(!self.dry_run)];
                format!("case `{id}`: {word}, the journal has no such case")
            }
            _ => return,
        };
        if self.output == Output::Text {
            print(line);
        }
    }

    fn text(&self, repaired: &Repaired) -> String {
        let counts = [
            (repaired.cases, "case", "derived again"),
            (repaired.cases_removed, "case", "removed"),
            (repaired.index_added, "row", "written into the index"),
            (repaired.index_removed, "row", "removed from the index"),
            (repaired.timers_added, "timer", "set again"),
            (repaired.jobs_added, "job", "set again"),
            (repaired.jobs_removed, "job", "removed"),
            (repaired.timers_removed, "timer", "removed"),
        ];
        let would = match self.dry_run {
            true => "would be ",
            false => "",
        };
        let told = counts.iter().filter(|(count, ..)| *count > 0);
        let told: Vec<String> = told
            .map(|(count, noun, done)| format!("{} {would}{done}", counted_of(*count, noun)))
            .collect();
        let told = match told.is_empty() {
            true => "nothing to derive again".to_owned(),
            false => told.join(", "),
        };
        match repaired.refused.len() {
            0 => told,
            count => {
                let count = counted_of(count as u64, "fault");
                format!(
                    "{told}; {count} cannot be made good\n\nhint: what the journal and the definitions hold comes back only from a copy of the store"
                )
            }
        }
    }

    fn json(&self, repaired: &Repaired) -> serde_json::Value {
        let refused = repaired.refused.iter().map(|fault| {
            json!({
                "kind": fault.kind.code(),
                "case": fault.case,
                "record": fault.sequence,
                "message": fault.message,
            })
        });
        json!({
            "dry_run": self.dry_run,
            "cases": repaired.cases,
            "cases_removed": repaired.cases_removed,
            "index_added": repaired.index_added,
            "index_removed": repaired.index_removed,
            "timers_added": repaired.timers_added,
            "timers_removed": repaired.timers_removed,
            "jobs_added": repaired.jobs_added,
            "jobs_removed": repaired.jobs_removed,
            "refused": refused.collect::<Vec<_>>(),
        })
    }
}
