//! `casewright check`.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use casewright_definition::diagnostic::{Finding, Severity};
use casewright_definition::{Definition, Findings, Functions};
use casewright_runtime::Plugins;
use clap::{Args, ValueEnum};

use crate::cli::{Failure, Verdict, print, tell};
use crate::folder;
use crate::sarif::Log;
use crate::scenario::counterexample::counterexample;

/// Check a pack or a workflow file.
///
/// Says what is wrong, where, and what to try. A workflow file is checked against the pack in whose
/// folder it lies, or else against the shipped one.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 no errors (there may be warnings), 1 errors, 2 could not run."
)]
pub struct Check {
    /// Folders with a `pack.yaml`, or workflow files [default: the current folder if it is a pack, else
    /// the shipped pack]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// The folder with the plugins (`.wasm`), in place of the shipped ones.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Write for each workflow that is not sound a scenario, `<workflow>.yaml`, that takes a case to where
    /// it can never end.
    #[arg(long, value_name = "DIR")]
    counterexamples: Option<PathBuf>,
}

/// What was found, and the workflows that can be used.
#[derive(Default)]
struct Found {
    findings: Vec<Findings>,
    workflows: Vec<Definition>,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    #[default]
    Text,
    /// For scripts: one JSON object a line for each finding.
    Json,
    /// For code hosting: a log in SARIF 2.1.0, with paths relative to the current folder.
    Sarif,
}

impl Check {
    /// Checks every path. The answer is no when there is an error.
    ///
    /// # Errors
    /// A path or a plugin cannot be read, or a counterexample not written.
    pub fn run(self) -> Result<Verdict, Failure> {
        let found = self.found();
        if self.output == Output::Sarif {
            show_sarif(found.as_ref().map(|found| found.findings.as_slice()))?;
        }
        let Found {
            findings,
            workflows,
        } = found?;
        match self.output {
            Output::Text => show(&findings),
            Output::Json => show_json(&findings)?,
            Output::Sarif => {}
        }
        if let Some(folder) = &self.counterexamples {
            write_counterexamples(folder, &workflows)?;
        }
        match findings.iter().any(Findings::has_errors) {
            true => Ok(Verdict::No),
            false => Ok(Verdict::Yes),
        }
    }

    fn found(&self) -> Result<Found, Failure> {
        let functions = folder::load_functions(self.plugins.as_deref())?;
        let mut found = Found::default();
        if self.paths.is_empty() {
            let here = Path::new(".");
            found.pack(is_pack(here).then_some(here), &functions)?;
        }
        for path in &self.paths {
            found.path(path, &functions)?;
        }
        Ok(found)
    }
}

impl Found {
    fn path(&mut self, path: &Path, functions: &Functions) -> Result<(), Failure> {
        if path.is_dir() {
            return self.pack(Some(path), functions);
        }
        // The other files of a pack make sense only together.
        match path
            .parent()
            .filter(|folder| path.is_file() && is_pack(folder))
        {
            Some(folder) => self.pack(Some(folder), functions),
            None => {
                let (workflow, findings) = folder::check_workflow_against(path, functions)?;
                self.findings.push(findings);
                self.workflows.extend(workflow);
                Ok(())
            }
        }
    }

    fn pack(&mut self, folder: Option<&Path>, functions: &Functions) -> Result<(), Failure> {
        let checked = folder::check_pack_against(folder, functions)?;
        self.findings.extend(checked.findings);
        self.workflows.extend(checked.workflows.into_values());
        Ok(())
    }
}

/// One file for each workflow that is not sound; people are told of each.
fn write_counterexamples(folder: &Path, workflows: &[Definition]) -> Result<(), Failure> {
    let mut found = false;
    for definition in workflows {
        let Some(text) = counterexample(definition) else {
            continue;
        };
        let path = folder.join(format!("{}.yaml", definition.id));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| Failure::new(format!("cannot write `{}`", path.display()), error))?;
        tell(format_args!("wrote {}", path.display()));
        found = true;
    }
    if !found {
        tell("no counterexample was found");
    }
    Ok(())
}

/// A sound workflow from a file; none when it is not, which people have been told then.
pub(super) fn definition(path: &Path, plugins: &Plugins) -> Result<Option<Definition>, Failure> {
    definition_against(path, &plugins.functions())
}

/// As [`definition`], with what the plugins can do in place of the plugins themselves.
pub(super) fn definition_against(
    path: &Path,
    functions: &Functions,
) -> Result<Option<Definition>, Failure> {
    let (definition, findings) = folder::check_workflow_against(path, functions)?;
    if definition.is_none() {
        let colour = std::io::stderr().is_terminal() && wants_colour();
        tell(findings.report().colour(colour));
        tell(summary(std::slice::from_ref(&findings)));
    }
    Ok(definition)
}

pub(super) fn is_pack(folder: &Path) -> bool {
    folder.join("pack.yaml").is_file()
}

fn show(findings: &[Findings]) {
    let colour = stdout().is_terminal() && wants_colour();
    for findings in findings
        .iter()
        .filter(|findings| !findings.diagnostics.is_empty())
    {
        print(findings.report().colour(colour));
    }
    print(summary(findings));
}

fn show_json(findings: &[Findings]) -> Result<(), Failure> {
    for findings in findings {
        for finding in findings.report().findings() {
            let line = serde_json::to_string(&finding);
            print(line.map_err(|error| Failure::new("cannot write a finding", error))?);
        }
    }
    Ok(())
}

/// One log, also of a run that came to no end: it then says why.
fn show_sarif(findings: Result<&[Findings], &Failure>) -> Result<(), Failure> {
    let root = std::env::current_dir()
        .map_err(|error| Failure::new("cannot find the current folder", error))?;
    let (found, failure) = match findings {
        Ok(findings) => (findings, None),
        Err(failure) => ([].as_slice(), Some(&*failure.0)),
    };
    let found = found.iter().flat_map(|file| {
        let findings: Vec<Finding> = file.report().findings().collect();
        findings
    });
    let log = Log::new(&found.collect::<Vec<_>>(), &root, failure);
    let text = serde_json::to_string_pretty(&log)
        .map_err(|error| Failure::new("cannot write the log", error))?;
    print(text);
    Ok(())
}

/// See <https://no-color.org>.
pub(super) fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `2 errors, 1 warning in 5 files`, `no findings in 9 files`.
fn summary(findings: &[Findings]) -> String {
    let diagnostics = || findings.iter().flat_map(|findings| &findings.diagnostics);
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter_map(|severity| {
            let of = diagnostics().filter(|diagnostic| diagnostic.severity == severity);
            let count = of.count();
            (count > 0).then(|| counted(count, severity.as_str()))
        })
        .collect();
    let counts = match counts.is_empty() {
        true => "no findings".to_owned(),
        false => counts.join(", "),
    };
    format!("{counts} in {}", counted(findings.len(), "file"))
}

pub(super) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
