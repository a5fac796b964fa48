//! `casewright plugin replay`.

use std::path::PathBuf;

use casewright_chart::Value;
use casewright_definition::json::{timestamp, to_json};
use casewright_host::{CallError, Plugin};
use casewright_runtime::regression::{Otherwise, Regression, regress_folder};
use clap::Args;
use serde_json::{Value as Json, json};

use super::limits::CallLimits;
use super::loaded::File;
use crate::cli::{Failure, Output, Verdict, print};
use crate::command::progress::Progress;
use crate::command::verify::counted_of;

/// How much of a value is shown in text, in characters.
const SHOWN_CHARS: usize = 160;

/// Ask a new version of a plugin everything that the one before it was asked
///
/// Every decision that cases have asked of the plugin stands in the journal with its answer. This asks the new
/// version the same, and lists where it would have decided otherwise. Nothing is changed. No server may
/// have the store open meanwhile.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 it decides everything as before, 1 it does not, 2 could not run."
)]
pub(super) struct Replay {
    /// The file of the new version.
    #[arg(value_name = "FILE")]
    plugin: PathBuf,
    /// The folder with the data.
    #[arg(long, value_name = "DIR", default_value = "casewright-data")]
    data: PathBuf,
    /// How many differences are listed at most; all are counted.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    limits: CallLimits,
}

impl Replay {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let host = self.limits.host()?;
        let candidate = File::read(&self.plugin)?.require(&host)?;
        let progress = Progress::counting("records read");
        let watch = |done, of| progress.is_at(done, of);
        let found = regress_folder(&self.data, &candidate, self.limit, &watch);
        drop(progress);
        let found = found.map_err(|error| Failure(error.to_string()))?;
        match self.output {
            Output::Text => print(text(&candidate, &found)),
            Output::Json => print(as_json(&candidate, &found)),
        }
        match found.others {
            0 => Ok(Verdict::Yes),
            _ => Ok(Verdict::No),
        }
    }
}

fn text(candidate: &Plugin, found: &Regression) -> String {
    let decisions = counted_of(found.decisions, "decision");
    let (name, version) = (candidate.name(), candidate.version());
    let mut lines: Vec<String> = found.otherwise.iter().map(told).collect();
    let left_out = found.others - found.otherwise.len() as u64;
    if left_out > 0 {
        let others = counted_of(left_out, "difference");
        lines.push(format!("and {others} more: `--limit` lists them"));
    }
    lines.push(match found.others {
        0 => format!("{decisions} of `{name}`: {version} decides all as before"),
        others => format!("{decisions} of `{name}`: {version} decides {others} otherwise"),
    });
    lines.join("\n")
}

fn told(otherwise: &Otherwise) -> String {
    let Otherwise {
        case,
        revision,
        function,
        ..
    } = otherwise;
    let answer = match &otherwise.candidate {
        Ok(answer) => shown(answer),
        Err(error) => format!("no answer: {}", error.reason),
    };
    format!(
        "case `{case}`, revision {revision}, `{function}`\n  asked:    {}\n  answered: {}\n  now:      {answer}\n",
        shown(&otherwise.input),
        shown(&otherwise.answered),
    )
}

/// A value as JSON, cut when it is long.
fn shown(value: &Value) -> String {
    let text = to_json(value).to_string();
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn as_json(candidate: &Plugin, found: &Regression) -> Json {
    let differences = found.otherwise.iter().map(|otherwise| {
        let mut difference = json!({
            "case": otherwise.case,
            "revision": otherwise.revision,
            "record": otherwise.sequence,
            "at": timestamp(otherwise.at),
            "function": otherwise.function,
            "input": to_json(&otherwise.input),
            "answered": to_json(&otherwise.answered),
            "digest": otherwise.digest,
        });
        let (name, value) = match &otherwise.candidate {
            Ok(answer) => ("now", to_json(answer)),
            Err(error) => ("error", error_as_json(error)),
        };
        difference[name] = value;
        difference
    });
    json!({
        "plugin": candidate.name(),
        "version": candidate.version(),
        "digest": candidate.digest(),
        "decisions": found.decisions,
        "otherwise": found.others,
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn error_as_json(error: &CallError) -> Json {
    json!({ "code": error.code(), "message": error.to_string() })
}
