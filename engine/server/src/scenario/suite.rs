//! Scenario files: read once, and run as often as one likes.
//!
//! [`Scenario::read`] says what is wrong with a file by itself, [`Scenario::check`] what is wrong with it
//! for its workflow. [`Scenario::run`] takes a case through it and looks at nothing but the scenario, the
//! definition and the plugins that it is handed, so that a suite can be run against any number of
//! definitions.

use casewright_definition::diagnostic::Diagnostic;
use casewright_definition::explain::SCENARIO_VALUE;
use casewright_definition::file::Text;
use casewright_definition::read::{Findings, read};
use casewright_definition::source::{Position, Source};
use casewright_definition::{Decide, Definition, Digest, Functions};
use serde_json::Value as Json;

use super::coverage::Coverage;
use super::delay::parse_ms;
use super::expectation::{Difference, Expectation};
use super::file::{File, Step};
use super::mocks::Mocks;
use super::names::{Names, actor, unknown};
use super::play::{Failed, News, Report, play};
use super::run::{Happening, Opening};
use super::script::{self, Line, Script, Start, parse_time};
use super::walk::walk;

/// A scenario that has been read.
#[derive(Debug)]
pub struct Scenario {
    file: File,
    script: Script,
    findings: Findings,
}

/// What came of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What is not as expected, in order; empty when the scenario holds.
    pub failures: Vec<Failure>,
    /// How many expectations were looked at.
    pub expectations: usize,
    /// What the case has gone through.
    pub coverage: Coverage,
}

/// Something that is not as a scenario expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What in the file it is about, as a JSON pointer: `/steps/2/then/active`.
    pub pointer: String,
    /// Where that stands.
    pub place: Position,
    /// What was expected and what was found.
    pub message: String,
    /// Both, when they are more than a word.
    pub difference: Option<Difference>,
    /// How many things had happened by then.
    pub after: usize,
}

impl Outcome {
    /// Whether everything is as expected.
    pub fn holds(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Scenario {
    /// Reads the bytes of a file. `name` is how people know it.
    ///
    /// # Errors
    /// What is wrong with it, whatever its workflow.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Self, Box<Findings>> {
        let source = Source::from_bytes(name, bytes)
            .map_err(|error| Box::new(Findings::unreadable(name.to_owned(), error)))?;
        let (file, mut findings) = read::<File>(source);
        let Some(file) = file else {
            return Err(Box::new(findings));
        };
        let mut names = Names {
            file: &file,
            findings: &mut findings,
        };
        names.check_own();
        let script = script(&file, &mut findings);
        match findings.has_errors() {
            true => Err(Box::new(findings)),
            false => Ok(Scenario {
                file,
                script,
                findings,
            }),
        }
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.script.name
    }

    /// What it shows.
    pub fn title(&self) -> &Text {
        &self.file.scenario
    }

    /// The id of its workflow.
    pub fn workflow(&self) -> &str {
        &self.file.workflow
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.file.steps.len()
    }

    /// The file as it stands.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Holds what it names against its workflow.
    ///
    /// # Errors
    /// What is not there.
    pub fn check(
        &mut self,
        definition: &Definition,
        functions: &Functions,
    ) -> Result<(), &Findings> {
        let mut names = Names {
            file: &self.file,
            findings: &mut self.findings,
        };
        names.check(definition, functions);
        match self.findings.has_errors() {
            true => Err(&self.findings),
            false => Ok(()),
        }
    }

    /// Notes that there is no workflow of its name among those given.
    pub fn miss_workflow<'a>(&mut self, known: impl IntoIterator<Item = &'a str>) -> &Findings {
        let id = &self.file.workflow;
        let known: Vec<&str> = known.into_iter().collect();
        let error = unknown(format!("the pack has no workflow `{id}`"), id, &known);
        self.findings.push(error.with_pointer("/workflow"));
        &self.findings
    }

    /// Takes a case through it. `tell` hears of everything that happens, in order.
    pub fn run(
        &self,
        definition: &Definition,
        decide: &dyn Decide,
        tell: &mut dyn FnMut(&Happening),
    ) -> Outcome {
        if let Some(answers) = &self.file.given.assuming {
            return self.walked(answers, definition);
        }
        let changed = match self.with_parameters(definition) {
            Ok(changed) => changed,
            Err(message) => return self.stopped("/given/parameters", message),
        };
        let definition = changed.as_ref().unwrap_or(definition);
        let mocks = Mocks::new(&self.file.given.plugins, decide);
        let (mut happened, mut after) = (0, Vec::new());
        let mut told = |news: News<'_>| match news {
            News::Happened { happening, .. } => {
                happened += 1;
                tell(happening);
            }
            News::Failed(_) => after.push(happened),
            News::Through { .. } => {}
        };
        let opening = Opening::default();
        match play(definition, &mocks, &self.script, opening, &mut told) {
            Ok(report) => self.outcome(report, &after),
            Err(fault) => {
                let mut outcome = self.stopped(&place_of(fault.line, "/after"), fault.message);
                outcome
                    .failures
                    .iter_mut()
                    .for_each(|failure| failure.after = happened);
                outcome
            }
        }
    }

    /// What comes of a walk through the chart: nothing happens to a case in it, and nothing is covered.
    fn walked(&self, answers: &[bool], definition: &Definition) -> Outcome {
        let walked = walk(&self.file, answers, definition);
        let mismatches = walked.mismatches.into_iter();
        let failures = mismatches.map(|mismatch| Failure {
            difference: mismatch.difference,
            ..self.failure(mismatch.pointer, mismatch.message)
        });
        Outcome {
            failures: failures.collect(),
            expectations: walked.expectations,
            ..Outcome::default()
        }
    }

    /// The definition with the parameters that the scenario gives another value; none when it gives
    /// none.
    fn with_parameters(&self, definition: &Definition) -> Result<Option<Definition>, String> {
        let parameters = &self.file.given.parameters;
        if parameters.is_empty() {
            return Ok(None);
        }
        let mut bundle = definition.bundle.clone();
        for (name, value) in parameters {
            if let Some(parameter) = bundle.pack.parameters.get_mut(name) {
                parameter.value = value.clone();
            }
        }
        let bytes = bundle.to_bytes().map_err(|error| error.to_string())?;
        let compiled = Definition::compile(Digest::of(&bytes), bundle);
        compiled.map(Some).map_err(|errors| {
            let errors = errors.iter().map(|error| error.message.to_string());
            errors.collect::<Vec<_>>().join("; ")
        })
    }

    /// `after` says of each failure how many things had happened by then.
    fn outcome(&self, report: Report, after: &[usize]) -> Outcome {
        let failed = report.failed.into_iter().zip(after);
        let failures = failed.map(|(failed, after)| {
            let Failed {
                line,
                pointer,
                message,
                difference,
            } = failed;
            Failure {
                difference,
                after: *after,
                ..self.failure(place_of(line, &pointer), message)
            }
        });
        Outcome {
            failures: failures.collect(),
            expectations: report.expectations,
            coverage: report.coverage,
        }
    }

    fn stopped(&self, pointer: &str, message: String) -> Outcome {
        Outcome {
            failures: vec![self.failure(pointer.to_owned(), message)],
            ..Outcome::default()
        }
    }

    fn failure(&self, pointer: String, message: String) -> Failure {
        let document = self.findings.document();
        // The key, where there is one: a list of forty lines begins after it.
        let start = document.map_or(0, |document| {
            let key = document.key_span(&pointer);
            key.unwrap_or_else(|| document.nearest_span(&pointer)).start
        });
        Failure {
            place: self.findings.source.position(start),
            pointer,
            message,
            difference: None,
            after: 0,
        }
    }
}

/// The first scenario that does not hold of a definition, and its first failure; none when all hold.
/// Whoever asks this of many definitions reads the scenarios, and loads the plugins, once.
pub fn first_failure<'a>(
    scenarios: impl IntoIterator<Item = &'a Scenario>,
    definition: &Definition,
    decide: &dyn Decide,
) -> Option<(&'a Scenario, Failure)> {
    scenarios.into_iter().find_map(|scenario| {
        let outcome = scenario.run(definition, decide, &mut |_| {});
        let failure = outcome.failures.into_iter().next()?;
        Some((scenario, failure))
    })
}

/// The place in a file of something in a line of its script: line 1 is the opening, and each step has
/// one.
fn place_of(line: usize, pointer: &str) -> String {
    let (of_when, of_then) = match line.checked_sub(2) {
        None => ("/given".to_owned(), "/then".to_owned()),
        Some(step) => (format!("/steps/{step}/when"), format!("/steps/{step}/then")),
    };
    match pointer.strip_prefix("/expect") {
        Some(inside) => format!("{of_then}{inside}"),
        None if pointer == "/start" => of_when,
        None => format!("{of_when}{pointer}"),
    }
}

/// The script of a file. What makes no sense in it is left away, and a finding.
fn script(file: &File, findings: &mut Findings) -> Script {
    let mut value = |pointer: &str, message: String| {
        findings.push(Diagnostic::error(SCENARIO_VALUE, message).with_pointer(pointer));
    };
    let now = file.given.now.as_deref().map(parse_time).transpose();
    let now = now.unwrap_or_else(|message| {
        value("/given/now", message);
        None
    });
    let mut lines = vec![Line {
        number: 1,
        actor: actor(&file.given.by, file),
        expect: file.then.clone(),
        ..Line::default()
    }];
    for (number, step) in file.steps.iter().enumerate() {
        lines.push(line(number, step, file, &mut value));
    }
    let expectations = || lines.iter().filter_map(|line| line.expect.as_ref());
    if !expectations().any(|expectation| *expectation != Expectation::default()) {
        let message = "expected a `then` somewhere, found nothing that the scenario expects";
        value("/scenario", message.to_owned());
    }
    Script {
        name: findings.source.name.to_string(),
        start: Some(Start {
            line: 1,
            data: Json::Object(file.given.data.clone()),
            now,
        }),
        lines,
    }
}

fn line(number: usize, step: &Step, file: &File, value: &mut dyn FnMut(&str, String)) -> Line {
    let (when, pointer) = (&step.when, format!("/steps/{number}/when"));
    let after_ms = when.after.as_deref().map(parse_ms).transpose();
    let after_ms = after_ms.unwrap_or_else(|message| {
        value(&format!("{pointer}/after"), message);
        None
    });
    let service = script::service(
        when.service.clone(),
        when.returns.clone(),
        when.fails.clone(),
    );
    let service = service.unwrap_or_else(|message| {
        value(&pointer, message);
        None
    });
    let others = when.after.is_some() || when.service.is_some();
    if when.event.is_none() && !others && when.returns.is_none() && when.fails.is_none() {
        let message = "expected `event`, `service` or `after` in `when`";
        value(&pointer, message.to_owned());
    }
    if when.event.is_some() && when.service.is_some() {
        let message = "expected an `event` or a `service`, found both";
        value(&format!("{pointer}/service"), message.to_owned());
    }
    for (key, is_there) in [("data", when.data.is_some()), ("by", when.by.is_some())] {
        if is_there && when.event.is_none() && others {
            let message = format!("there is `{key}` and no `event` to go with it");
            value(&format!("{pointer}/{key}"), message);
        }
    }
    let data = Json::Object(when.data.clone().unwrap_or_default());
    Line {
        number: number + 2,
        actor: when.by.as_ref().and_then(|by| actor(by, file)),
        after_ms,
        send: when.event.clone().map(|event| (event, data)),
        service,
        expect: step.then.clone(),
    }
}

#[cfg(test)]
mod services;
#[cfg(test)]
mod tests;
