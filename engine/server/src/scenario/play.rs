//! A case through a script, from the first line to the last.

use std::collections::BTreeSet;

use casewright_chart::TransitionIndex;
use casewright_definition::{Decide, Definition};

use super::Fault;
use super::expectation::Expectation;
use super::run::{Cause, Happening, Opening, Run};
use super::script::{Line, Script};

/// What is told on the way.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// Something happened in a line of the script; in line 0 when the script has no `start`.
    Happened {
        /// The line.
        line: usize,
        /// What.
        happening: &'a Happening,
    },
    /// Something is not as the script expects.
    Failed(&'a Failed),
}

/// Something that is not as the script expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The line.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// What came of a script.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many expectations were looked at.
    pub expectations: usize,
    /// What is not as expected, in order.
    pub failed: Vec<Failed>,
    /// The transitions that were taken.
    pub taken: BTreeSet<TransitionIndex>,
}

impl Report {
    /// Whether everything is as expected.
    pub fn holds(&self) -> bool {
        self.failed.is_empty()
    }
}

/// Takes a case through a script. What the script does not say about its start is taken from `opening`.
///
/// # Errors
/// A line in which there is no end to the timers.
pub fn play(
    definition: &Definition,
    decide: &dyn Decide,
    script: &Script,
    opening: Opening,
    tell: &mut dyn FnMut(News<'_>),
) -> Result<Report, Fault> {
    let start = script.start.as_ref();
    let opening = Opening {
        now: start.and_then(|start| start.now).unwrap_or(opening.now),
        actor: match (start, script.actor()) {
            (Some(_), Some(actor)) => actor.clone(),
            _ => opening.actor,
        },
        data: start.map_or(opening.data, |start| start.data.clone()),
        ..opening
    };
    let mut player = Player {
        run: Run::new(definition, decide, &opening),
        name: &script.name,
        tell,
        report: Report::default(),
        refused: None,
        unexpected: None,
    };
    let line = start.map_or(0, |start| start.line);
    let happening = player.run.open(&opening.data);
    player.note(line, &happening);
    player.pass(line, 0)?;
    for line in &script.lines {
        player.line(line)?;
    }
    player.settle();
    Ok(Report {
        taken: player.run.taken().clone(),
        ..player.report
    })
}

struct Player<'a, 'b> {
    run: Run<'a>,
    name: &'a str,
    tell: &'b mut dyn FnMut(News<'_>),
    report: Report,
    /// The code of the last refusal, until something else is done.
    refused: Option<&'static str>,
    /// The last refusal, until it turns out to be expected.
    unexpected: Option<Failed>,
}

impl Player<'_, '_> {
    fn line(&mut self, line: &Line) -> Result<(), Fault> {
        if line.after_ms.is_some() || line.send.is_some() {
            self.settle();
        }
        if let Some(actor) = &line.actor {
            self.run.actor = actor.clone();
        }
        if let Some(ms) = line.after_ms {
            self.pass(line.number, ms)?;
            if line.send.is_none() {
                let time = self.run.time();
                self.note(line.number, &time);
            }
        }
        if let Some((event, data)) = &line.send {
            let happening = self.run.send(event, data);
            self.note(line.number, &happening);
            self.pass(line.number, 0)?;
        }
        if let Some(expectation) = &line.expect {
            self.judge(line.number, expectation);
        }
        Ok(())
    }

    /// Lets time pass; none is enough for timers that are due at once.
    fn pass(&mut self, line: usize, ms: u64) -> Result<(), Fault> {
        let mut fired = Vec::new();
        let passed = self.run.pass(ms, &mut |happening| fired.push(happening));
        for happening in &fired {
            self.note(line, happening);
        }
        passed.map_err(|endless| Fault {
            name: self.name.to_owned(),
            line,
            message: endless.to_string(),
        })
    }

    fn note(&mut self, line: usize, happening: &Happening) {
        (self.tell)(News::Happened { line, happening });
        let Some(refused) = &happening.refused else {
            return;
        };
        self.settle();
        let what = match &happening.cause {
            Cause::Open => "opening the case".to_owned(),
            Cause::Event(event) => format!("the event `{event}`"),
            Cause::Timer { event, .. } => format!("the timer `{event}`"),
            Cause::Time => "time".to_owned(),
        };
        self.refused = Some(refused.code);
        self.unexpected = Some(Failed {
            line,
            message: format!(
                "{what} was refused as `{}`, which nothing expects: {}",
                refused.code, refused.message
            ),
        });
    }

    fn judge(&mut self, line: usize, expectation: &Expectation) {
        self.report.expectations += 1;
        if expectation.refused.is_some() {
            // Whether it is the right one is said below.
            self.unexpected = None;
        }
        for message in expectation.failures(&self.run, self.refused) {
            self.fail(Failed { line, message });
        }
    }

    /// A refusal that nothing has expected by now is a failure.
    fn settle(&mut self) {
        self.refused = None;
        if let Some(failed) = self.unexpected.take() {
            self.fail(failed);
        }
    }

    fn fail(&mut self, failed: Failed) {
        (self.tell)(News::Failed(&failed));
        self.report.failed.push(failed);
    }
}
