//! `casewright plugin run`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casewright_host::{CallError, Host, LogLine, Plugin};
use casewright_runtime::Stopwatch;
use clap::Args;
use serde_json::{Value, json};

use super::asked::{Answer, ask};
use super::grants::{GrantsFile, grant};
use super::limits::CallLimits;
use super::loaded::{File, candidates};
use super::shown;
use crate::cli::{Failure, Output, Verdict, print, tell};
use crate::folder;

/// Ask one function of a plugin, and show the answer
///
/// The answer goes to stdout; what the plugin logged, and what the call used, to stderr.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 there is an answer, 1 there is none, 2 could not run.")]
pub(super) struct Run {
    /// The function: `propose-discount`, or with its plugin `discounts.propose-discount`.
    #[arg(value_name = "FUNCTION")]
    function: String,
    /// A file with the input, JSON; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The plugin's file [default: what was built of the project in the current folder, else the shipped
    /// plugins]
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// How it is printed; JSON has answer, log and use in one object.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    limits: CallLimits,
    #[command(flatten)]
    grants: GrantsFile,
}

impl Run {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let input = read_input(&self.input)?;
        let grants = self.grants.read()?;
        let host = self.limits.host_with(&grants)?;
        let (plugin, function) = self.plugin(&host)?;
        let plugin = grant(plugin, &grants)?;
        let watch = Stopwatch::start();
        let answer = ask(&plugin, &function, &input);
        let took = watch.elapsed();
        match self.output {
            Output::Text => show(&answer, took, &plugin)?,
            Output::Json => print(as_json(&plugin, &function, &answer, took)),
        }
        match answer {
            Ok(_) => Ok(Verdict::Yes),
            Err(_) => Ok(Verdict::No),
        }
    }

    /// The plugin that is meant, and the function's name in it.
    fn plugin(&self, host: &Host) -> Result<(Plugin, String), Failure> {
        let (wanted, function) = match self.function.split_once('.') {
            Some((plugin, function)) => (Some(plugin), function),
            None => (None, &*self.function),
        };
        let files = candidates(self.plugin.as_ref())?;
        let load = |file: &File| file.require(host);
        let plugins: Vec<Plugin> = files.iter().map(load).collect::<Result<_, _>>()?;
        let named = |plugin: &&Plugin| wanted.is_none_or(|wanted| plugin.name() == wanted);
        let has = |plugin: &&Plugin| plugin.function(function).is_some();
        let found = plugins.iter().filter(named).find(has);
        match found {
            Some(plugin) => Ok((plugin.clone(), function.to_owned())),
            None => Err(unknown(&self.function, &plugins)),
        }
    }
}

fn unknown(wanted: &str, plugins: &[Plugin]) -> Failure {
    let known = plugins.iter().flat_map(|plugin| {
        let functions = plugin.functions().iter();
        functions.map(|function| format!("`{}.{}`", plugin.name(), function.name))
    });
    let known: Vec<String> = known.collect();
    Failure(format!(
        "there is no function `{wanted}`, expected one of {}",
        known.join(", ")
    ))
}

fn read_input(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return String::from_utf8(folder::read(path)?)
            .map_err(|error| Failure::new(format_args!("`{}`", path.display()), error));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::new("cannot read standard input", error))?;
    Ok(text)
}

fn show(
    answer: &Result<Answer, CallError>,
    took: Duration,
    plugin: &Plugin,
) -> Result<(), Failure> {
    let logs = match answer {
        Ok(answer) => &answer.logs,
        Err(error) => &error.logs,
    };
    for line in logs {
        tell(shown::log_line(line));
    }
    match answer {
        Ok(answer) => {
            let text = serde_json::to_string_pretty(&answer.value)
                .map_err(|error| Failure::new("the answer cannot be written", error))?;
            print(text);
            let fuel = match answer.fuel {
                Some(fuel) => format!("fuel {fuel} of {}, ", plugin.limits().fuel),
                None => String::new(),
            };
            tell(format_args!(
                "{fuel}memory {} of {} bytes, {:.3} ms",
                answer.memory_bytes,
                plugin.limits().memory_bytes,
                took.as_secs_f64() * 1e3,
            ));
        }
        Err(error) => tell(error),
    }
    Ok(())
}

fn as_json(
    plugin: &Plugin,
    function: &str,
    answer: &Result<Answer, CallError>,
    took: Duration,
) -> Value {
    let name = format!("{}.{function}", plugin.name());
    let logs = |lines: &[LogLine]| -> Vec<Value> {
        let lines = lines.iter();
        lines
            .map(|line| json!({ "level": line.level, "message": line.message }))
            .collect()
    };
    let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    match answer {
        Ok(answer) => json!({
            "function": name,
            "digest": plugin.digest(),
            "answer": answer.value,
            "log": logs(&answer.logs),
            "fuel": answer.fuel,
            "memory_bytes": answer.memory_bytes,
            "microseconds": microseconds,
        }),
        Err(error) => json!({
            "function": name,
            "digest": plugin.digest(),
            "error": { "code": error.code(), "message": error.to_string() },
            "log": logs(&error.logs),
            "microseconds": microseconds,
        }),
    }
}
