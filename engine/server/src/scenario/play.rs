//! A case through a script, from the first line to the last.

use casewright_definition::Definition;
use serde_json::Value as Json;

use super::Fault;
use super::coverage::Coverage;
use super::expectation::{Difference, Expectation, Found};
use super::json;
use super::mocks::{Answers, returned};
use super::run::{Cause, Happening, Opening, Refused, Run};
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
    /// The opening, or a line with an event or with time that passes, is through: everything that
    /// happened in it has been told.
    Through {
        /// The line.
        line: usize,
    },
    /// Something is not as the script expects.
    Failed(&'a Failed),
}

/// Something that is not as the script expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The line.
    pub line: usize,
    /// What in the line it is about, as a JSON pointer: `/expect/active`, `/event`.
    pub pointer: String,
    /// What was expected and what was found.
    pub message: String,
    /// Both, when they are more than a word.
    pub difference: Option<Difference>,
}

/// What came of a script.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many expectations were looked at.
    pub expectations: usize,
    /// What is not as expected, in order.
    pub failed: Vec<Failed>,
    /// What the case has gone through.
    pub coverage: Coverage,
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
/// A line in which there is no end to the timers and services.
pub fn play(
    definition: &Definition,
    answers: &dyn Answers,
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
        run: Run::new(definition, answers, &opening),
        name: &script.name,
        tell,
        report: Report::default(),
        refused: None,
        unexpected: None,
        effects: Vec::new(),
    };
    let line = start.map_or(0, |start| start.line);
    let happening = player.run.open(&opening.data);
    player.note(line, &happening);
    player.pass(line, 0)?;
    (player.tell)(News::Through { line });
    for line in &script.lines {
        player.line(line)?;
    }
    player.settle();
    Ok(Report {
        coverage: player.run.coverage().clone(),
        ..player.report
    })
}

struct Player<'a, 'b> {
    run: Run<'a>,
    name: &'a str,
    tell: &'b mut dyn FnMut(News<'_>),
    report: Report,
    /// The last refusal, until something else is done.
    refused: Option<Refused>,
    /// The last refusal, until it turns out to be expected.
    unexpected: Option<Failed>,
    /// What was asked of the world, until something else is done.
    effects: Vec<Json>,
}

impl Player<'_, '_> {
    fn line(&mut self, line: &Line) -> Result<(), Fault> {
        let comes = line.send.is_some() || line.service.is_some();
        let acts = line.after_ms.is_some() || comes;
        if acts {
            self.settle();
            self.effects.clear();
        }
        if let Some(actor) = &line.actor {
            self.run.actor = actor.clone();
        }
        if let Some(ms) = line.after_ms {
            self.pass(line.number, ms)?;
            if !comes {
                let time = self.run.time();
                self.note(line.number, &time);
            }
        }
        if let Some((event, data)) = &line.send {
            let happening = self.run.send(event, data);
            self.note(line.number, &happening);
            self.pass(line.number, 0)?;
        }
        if let Some((id, reply)) = &line.service {
            let happening = self.run.returns(id, returned(reply));
            self.note(line.number, &happening);
            self.pass(line.number, 0)?;
        }
        if acts {
            (self.tell)(News::Through { line: line.number });
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
        let effects = json::effects(happening).into_iter();
        // Plain texts, numbers and lists: nothing that JSON cannot hold.
        self.effects
            .extend(effects.filter_map(|effect| serde_json::to_value(effect).ok()));
        let Some(refused) = &happening.refused else {
            return;
        };
        self.settle();
        let (what, pointer) = match &happening.cause {
            Cause::Open => ("opening the case".to_owned(), "/start"),
            Cause::Event(event) => (format!("the event `{event}`"), "/event"),
            Cause::Timer { event, .. } => (format!("the timer `{event}`"), "/after"),
            Cause::Service { event, .. } => (format!("the answer `{event}`"), "/service"),
            Cause::Time => ("time".to_owned(), "/after"),
        };
        self.refused = Some(refused.clone());
        self.unexpected = Some(Failed {
            line,
            pointer: pointer.to_owned(),
            difference: None,
            message: format!(
                "{what} was refused as `{}`, which nothing expects: {}",
                refused.code, refused.message
            ),
        });
    }

    fn judge(&mut self, line: usize, expectation: &Expectation) {
        self.report.expectations += 1;
        if expectation.refused.is_some() || expectation.because.is_some() {
            // Whether it is the right one is said below.
            self.unexpected = None;
        }
        let found = Found {
            run: &self.run,
            refused: self.refused.as_ref(),
            effects: &self.effects,
        };
        for mismatch in expectation.mismatches(&found) {
            self.fail(Failed {
                line,
                pointer: format!("/expect{}", mismatch.pointer),
                message: mismatch.message,
                difference: mismatch.difference,
            });
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
