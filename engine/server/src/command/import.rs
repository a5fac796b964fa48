//! `casewright import`.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use casewright_definition::diagnostic::{Diagnostic, Report};
use casewright_definition::import::{self, Imported};
use casewright_definition::source::Source;
use clap::{Args, Subcommand};

use crate::cli::{Failure, Verdict, print, tell};
use crate::folder;

/// Make a workflow file of a chart in another format
#[derive(Debug, Args)]
pub struct Import {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Format {
    Scxml(Scxml),
    Xstate(Xstate),
}

/// W3C SCXML 1.0: without a data model, with `datamodel="null"`, or with `datamodel="cel"`, whose
/// expressions are CEL
///
/// What a workflow cannot do is an error with its line. The workflow takes any event from anyone and
/// discards what nothing takes, as SCXML does. It is written as JSON, which every YAML reader reads.
#[derive(Debug, Args)]
struct Scxml {
    /// The SCXML document.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the workflow; to stdout when left away.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

/// A machine of XState v5, in JSON; of v4 as far as it says the same
///
/// Guards are CEL: `{ "type": "cel", "params": { "expression": "data.count < 3" } }`. A guard that is only a
/// name is an error with its line; an action that is only a name becomes a `log` of it, with a warning. The
/// workflow is written as JSON, which every YAML reader reads.
#[derive(Debug, Args)]
struct Xstate {
    /// The machine.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the workflow; to stdout when left away.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

impl Import {
    /// Writes the workflow. The answer is no when the chart cannot be one.
    ///
    /// # Errors
    /// The file cannot be read, or the workflow cannot be written.
    pub fn run(self) -> Result<Verdict, Failure> {
        match self.format {
            Format::Scxml(Scxml { file, out }) => convert(&file, out.as_deref(), import::scxml),
            Format::Xstate(Xstate { file, out }) => convert(&file, out.as_deref(), import::xstate),
        }
    }
}

fn convert(
    file: &Path,
    out: Option<&Path>,
    import: impl Fn(&Source) -> Result<Imported, Vec<Diagnostic>>,
) -> Result<Verdict, Failure> {
    let name = file.display().to_string();
    let source = match Source::from_bytes(name.clone(), folder::read(file)?) {
        Ok(source) => source,
        Err(error) => {
            show(&Source::new(name, ""), &[error]);
            return Ok(Verdict::No);
        }
    };
    let imported = match import(&source) {
        Ok(imported) => imported,
        Err(errors) => {
            show(&source, &errors);
            return Ok(Verdict::No);
        }
    };
    show(&source, &imported.findings);
    let text = serde_json::to_string_pretty(&imported.workflow)
        .map_err(|error| Failure::new("the workflow cannot be written", error))?;
    write(out, text)?;
    Ok(Verdict::Yes)
}

/// Writes a text to a file, or else to stdout.
pub(super) fn write(out: Option<&Path>, text: String) -> Result<(), Failure> {
    match out {
        None => print(text),
        Some(out) => fs::write(out, text + "\n").map_err(|error| {
            Failure::new(format_args!("cannot write `{}`", out.display()), error)
        })?,
    }
    Ok(())
}

fn show(source: &Source, findings: &[Diagnostic]) {
    if !findings.is_empty() {
        let colour = std::io::stderr().is_terminal();
        tell(Report::new(source, findings).colour(colour));
    }
}
