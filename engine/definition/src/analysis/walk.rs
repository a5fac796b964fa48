//! A walk through a chart with guards answered as one likes: what the proof of soundness finds, gone
//! again.
//!
//! Data, people and time are left out: only states, events and the given answers count. A guard that
//! reads nothing but which states are active, or the event's name, answers for itself.

use std::fmt;
use std::sync::Arc;

use casewright_chart::{
    Chart, Event, Limits, Snapshot, Status, Step, StepError, Timestamp, Value, start, step,
};

use super::oracle::Oracle;
use super::skeleton::skeleton;
use super::soundness::{events, limits};
use super::transitions::takes;
use crate::definition::Definition;

/// A case without data, on its way. Call [`Walk::start`], then [`Walk::send`] as often as one likes.
pub struct Walk<'a> {
    chart: Chart,
    events: Vec<Arc<str>>,
    oracle: Oracle<'a>,
    limits: Limits,
    snapshot: Snapshot,
}

/// Why a walk does not go on. It stays where it was.
#[derive(Clone, Debug, PartialEq)]
pub enum WalkError {
    /// The chart is none that can be walked through.
    NoChart,
    /// No transition takes the event there, with these answers.
    NotTaken(Arc<str>),
    /// Another number of guards is asked than there are answers.
    Answers {
        /// How many there are.
        given: usize,
        /// How many guards are asked.
        asked: usize,
    },
    /// The step hit a limit: it goes round.
    Step(StepError),
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WalkError::NoChart => f.write_str("the chart cannot be walked through"),
            WalkError::NotTaken(event) => {
                write!(f, "no transition takes the event `{event}` here")
            }
            WalkError::Answers { given, asked } => write!(
                f,
                "expected an answer for each guard that is asked, {asked} in all, found {given}"
            ),
            WalkError::Step(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WalkError {}

impl<'a> Walk<'a> {
    /// Begins a case, with answers to the guards that are asked then.
    ///
    /// # Errors
    /// It cannot begin, or the answers are not as many as the guards.
    pub fn start(definition: &'a Definition, answers: &[bool]) -> Result<Self, WalkError> {
        let chart = skeleton(&definition.chart).ok_or(WalkError::NoChart)?;
        let (oracle, limits) = (Oracle::new(definition), limits());
        oracle.script(answers);
        let begun = start(&chart, Value::Null, Timestamp::default(), &oracle, &limits);
        let snapshot = counted(begun, &oracle, answers)?.snapshot;
        Ok(Walk {
            chart,
            events: events(definition),
            oracle,
            limits,
            snapshot,
        })
    }

    /// Takes a step, with answers to the guards that are asked in it.
    ///
    /// # Errors
    /// It is not taken, or the answers are not as many as the guards.
    pub fn send(&mut self, event: &str, answers: &[bool]) -> Result<(), WalkError> {
        let name: Arc<str> = event.into();
        let not_taken = || WalkError::NotTaken(name.clone());
        let runs = self.snapshot.status == Status::Running;
        if !runs || !takes(&self.chart, &self.snapshot.configuration, &name) {
            return Err(not_taken());
        }
        self.oracle.script(answers);
        let taken = step(
            &self.chart,
            &self.snapshot,
            Event::external(name.clone(), Value::Null),
            Timestamp::default(),
            &self.oracle,
            &self.limits,
        );
        let step = counted(taken, &self.oracle, answers)?;
        if !step.taken {
            return Err(not_taken());
        }
        self.snapshot = step.snapshot;
        Ok(())
    }

    /// The events that may come: those of people, those that are sent, and the engine's own.
    pub fn events(&self) -> &[Arc<str>] {
        &self.events
    }

    /// The ids of the atomic states that are active, in document order.
    pub fn active(&self) -> Vec<Arc<str>> {
        let atomic = self.chart.atomic_states(&self.snapshot.configuration);
        let ids = atomic.map(|state| self.chart.state(state).id.clone());
        ids.collect()
    }

    /// Whether the case has ended.
    pub fn is_done(&self) -> bool {
        self.snapshot.status != Status::Running
    }
}

/// A step in which as many guards were asked as there were answers.
fn counted(
    step: Result<Step, StepError>,
    oracle: &Oracle<'_>,
    answers: &[bool],
) -> Result<Step, WalkError> {
    let step = step.map_err(WalkError::Step)?;
    let asked = oracle.answers().len();
    match asked == answers.len() {
        true => Ok(step),
        false => Err(WalkError::Answers {
            given: answers.len(),
            asked,
        }),
    }
}
