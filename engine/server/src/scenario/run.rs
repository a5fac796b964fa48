//! One case on a clock that stands still until it is moved.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use casewright_case::{
    Actor, Case, Outcome, Possible, Refusal, Setting, fire, open, possible, send, settle,
};
use casewright_chart::value::Map;
use casewright_chart::{Effect, Invocation, Limits, Pending, Returned, Timestamp, Trace};
use casewright_definition::{Decision, Definition};
use serde_json::Value as Json;

use super::coverage::Coverage;
use super::mocks::{Answers, served};
use super::refusal::{CASE_DONE, NOT_NOW, UNKNOWN_CASE, code, words};

/// How many timers may fall due, and services come back, while time passes once. A process that reminds daily for twenty years
/// stays below; one that sets itself a timer of no length never ends.
pub const MAX_TIMERS: usize = 10_000;

/// When a case is opened unless something else is said: Monday, 2026-01-05, at nine in the morning in
/// Shanghai. It never changes, so that the same script always gives the same output.
pub const START: Timestamp = Timestamp::from_unix_ms(1_767_574_800_000);
/// The id of a case unless something else is said.
pub const CASE_ID: &str = "case-1";

/// What is said of everything that a case would be needed for.
const NO_CASE: &str = "there is no case: opening it was refused";

/// With what a case is opened. By default `somebody` without a role opens [`CASE_ID`] at [`START`] with
/// no data.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The id of the case.
    pub id: String,
    /// When.
    pub now: Timestamp,
    /// Who opens it, and acts from then on.
    pub actor: Actor,
    /// The case data given.
    pub data: Json,
}

impl Default for Opening {
    fn default() -> Self {
        Opening {
            id: CASE_ID.to_owned(),
            now: START,
            actor: Actor::new("somebody", []),
            data: Json::Object(serde_json::Map::new()),
        }
    }
}

/// A case that is taken through a script. Call [`Run::open`] first.
pub struct Run<'a> {
    definition: &'a Definition,
    answers: &'a dyn Answers,
    limits: Limits,
    id: String,
    now: Timestamp,
    /// Who acts from now on.
    pub actor: Actor,
    case: Option<Case>,
    /// Timers and services whose step was refused: they stay, and are not tried again.
    stuck: BTreeSet<u64>,
    coverage: Coverage,
}

/// Something that happened to the case, or was refused.
#[derive(Clone, Debug)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// What.
    pub cause: Cause,
    /// Who did it; nobody when time passed.
    pub actor: Option<Actor>,
    /// The case after it; none when it could not be opened.
    pub case: Option<Case>,
    /// What happened inside the step, in order.
    pub trace: Vec<Trace>,
    /// The fields of the case data that it changed, with their new values.
    pub changes: Map,
    /// What it asks of the world, in order.
    pub effects: Vec<Effect>,
    /// Why nothing happened, when nothing did.
    pub refused: Option<Refused>,
}

/// What made something happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The case was opened.
    Open,
    /// An event was sent.
    Event(String),
    /// A timer was due.
    Timer {
        /// The number of the pending event.
        sequence: u64,
        /// Its name.
        event: Arc<str>,
    },
    /// A service came back.
    Service {
        /// The number of the invocation; none when no such service runs.
        sequence: Option<u64>,
        /// The name of the event.
        event: Arc<str>,
    },
    /// Time passed.
    Time,
}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// One of [`super::refusal::CODES`].
    pub code: &'static str,
    /// The whole story.
    pub message: String,
}

/// More than [`MAX_TIMERS`] timers fell due, and services came back, at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "more than {MAX_TIMERS} timers fell due or services came back, one after the other"
        )
    }
}

impl std::error::Error for Endless {}

impl<'a> Run<'a> {
    /// Before the case is opened.
    pub fn new(definition: &'a Definition, answers: &'a dyn Answers, opening: &Opening) -> Self {
        Run {
            definition,
            answers,
            limits: Limits::default(),
            id: opening.id.clone(),
            now: opening.now,
            actor: opening.actor.clone(),
            case: None,
            stuck: BTreeSet::new(),
            coverage: Coverage::default(),
        }
    }

    /// The workflow.
    pub fn definition(&self) -> &'a Definition {
        self.definition
    }

    /// The time on the clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Where the case stands; none before it is open.
    pub fn case(&self) -> Option<&Case> {
        self.case.as_ref()
    }

    /// What the case has gone through.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// What the actor may do next.
    pub fn possible(&self) -> Vec<Possible<'_>> {
        let case = self.case.as_ref();
        case.map_or_else(Vec::new, |case| possible(self.setting(), case, &self.actor))
    }

    /// The timer that is due next.
    pub fn next_timer(&self) -> Option<&Pending> {
        let case = self.case.as_ref().filter(|case| !case.is_done())?;
        let pending = case.snapshot.pending.iter();
        let live = pending.filter(|pending| !self.stuck.contains(&pending.sequence));
        live.min_by_key(|pending| (pending.due, pending.sequence))
    }

    /// Opens the case.
    pub fn open(&mut self, data: &Json) -> Happening {
        let actor = self.actor.clone();
        let result = open(self.setting(), &self.id, data, &actor);
        self.happening(Cause::Open, actor, result)
    }

    /// Sends an event as the actor.
    pub fn send(&mut self, event: &str, data: &Json) -> Happening {
        let actor = self.actor.clone();
        let cause = Cause::Event(event.to_owned());
        let Some(case) = &self.case else {
            let refused = Refused {
                code: UNKNOWN_CASE,
                message: NO_CASE.to_owned(),
            };
            return self.refused(cause, Some(actor), Some(refused));
        };
        let result = send(self.setting(), case, event, data, &actor);
        self.happening(cause, actor, result)
    }

    /// The services that run, the oldest first, each with its function.
    pub fn running(&self) -> impl Iterator<Item = (&Invocation, &'a Decision)> {
        let case = self.case.iter().filter(|case| !case.is_done());
        let invocations = case.flat_map(|case| &case.snapshot.invocations);
        invocations.filter_map(|invocation| {
            let service = self.definition.services().get(&invocation.id)?;
            Some((invocation, &service.function))
        })
    }

    /// Lets a service come back, by its id.
    pub fn returns(&mut self, id: &str, returned: Returned) -> Happening {
        let mut running = self.running();
        let found = running.find(|(invocation, _)| *invocation.id == *id);
        let found = found.map(|(invocation, function)| (invocation.sequence, function));
        drop(running);
        match found {
            Some((sequence, function)) => self.settle(sequence, id, function, returned),
            None => {
                let (code, message) = match &self.case {
                    None => (UNKNOWN_CASE, NO_CASE.to_owned()),
                    Some(case) if case.is_done() => (CASE_DONE, "the case has ended".to_owned()),
                    Some(_) => (NOT_NOW, format!("no service `{id}` is running")),
                };
                let cause = Cause::Service {
                    sequence: None,
                    event: returning(id, &returned),
                };
                self.refused(cause, None, Some(Refused { code, message }))
            }
        }
    }

    fn settle(
        &mut self,
        sequence: u64,
        id: &str,
        function: &Decision,
        returned: Returned,
    ) -> Happening {
        let cause = Cause::Service {
            sequence: Some(sequence),
            event: returning(id, &returned),
        };
        let served = served(function, returned);
        let actor = Actor::service(&served.function);
        let result = match &self.case {
            Some(case) => settle(self.setting(), case, sequence, served, &actor),
            None => Err(Refusal::NotPending),
        };
        if result.is_err() {
            self.stuck.insert(sequence);
        }
        self.happening(cause, actor, result)
    }

    /// Lets the oldest service come back of which it is known what it comes back with.
    fn settle_next(&mut self) -> Option<Happening> {
        let answers = self.answers;
        let live = self.running();
        let mut live = live.filter(|(invocation, _)| !self.stuck.contains(&invocation.sequence));
        let (sequence, id, function, returned) = live.find_map(|(invocation, function)| {
            let returned = answers.serve(function)?;
            Some((
                invocation.sequence,
                invocation.id.clone(),
                function,
                returned,
            ))
        })?;
        drop(live);
        Some(self.settle(sequence, &id, function, returned))
    }

    /// Lets time pass. Every timer that falls due in it fires at its time, the earliest first, and of
    /// those due at once the oldest first. Services come back before time goes on, the oldest first.
    ///
    /// # Errors
    /// There is no end to the timers and services.
    pub fn pass(&mut self, ms: u64, tell: &mut dyn FnMut(Happening)) -> Result<(), Endless> {
        let until = self.now.after_ms(ms);
        for _ in 0..MAX_TIMERS {
            match self.settle_next().or_else(|| self.fire_next(until)) {
                Some(happening) => tell(happening),
                None => {
                    self.now = until;
                    return Ok(());
                }
            }
        }
        Err(Endless)
    }

    /// What shows that time has passed.
    pub fn time(&self) -> Happening {
        self.refused(Cause::Time, None, None)
    }

    /// Fires the next timer, if it is due by then.
    fn fire_next(&mut self, until: Timestamp) -> Option<Happening> {
        let pending = self.next_timer().filter(|pending| pending.due <= until)?;
        let (sequence, event, due) = (pending.sequence, pending.event.clone(), pending.due);
        self.now = self.now.max(due);
        let result = fire(self.setting(), self.case.as_ref()?, sequence);
        if result.is_err() {
            self.stuck.insert(sequence);
        }
        let cause = Cause::Timer { sequence, event };
        Some(self.happening(cause, Actor::timer(), result))
    }

    /// With what a step would be taken now.
    pub fn setting(&self) -> Setting<'_> {
        Setting {
            definition: self.definition,
            decide: self.answers,
            now: self.now,
            limits: &self.limits,
        }
    }

    fn happening(
        &mut self,
        cause: Cause,
        actor: Actor,
        result: Result<Outcome, Refusal>,
    ) -> Happening {
        match result {
            Ok(outcome) => {
                self.coverage.note(&outcome.record.trace);
                self.case = Some(outcome.case);
                Happening {
                    trace: outcome.record.trace,
                    changes: outcome.record.changes,
                    effects: outcome.effects,
                    ..self.refused(cause, Some(actor), None)
                }
            }
            Err(refusal) => {
                self.coverage.note_refusal(&refusal);
                let refused = Refused {
                    code: code(&refusal),
                    message: words(&refusal),
                };
                self.refused(cause, Some(actor), Some(refused))
            }
        }
    }

    /// Something that left the case as it is.
    fn refused(&self, cause: Cause, actor: Option<Actor>, refused: Option<Refused>) -> Happening {
        Happening {
            at: self.now,
            cause,
            actor,
            case: self.case.clone(),
            trace: Vec::new(),
            changes: Map::new(),
            effects: Vec::new(),
            refused,
        }
    }
}

/// The name of the event as which a service comes back.
fn returning(id: &str, returned: &Returned) -> Arc<str> {
    match returned {
        Returned::Done(_) => format!("done.invoke.{id}").into(),
        Returned::Failed(_) => format!("error.invoke.{id}").into(),
    }
}
