//! Replaying: a case's records, taken again through the pure core, give the case again.
//!
//! A record keeps all that a step was made of: who did what, when, with which data, and what decisions
//! answered. So the step is taken anew as it was taken then, and both what it tells and where it leads must
//! be the same, down to the order of fields and the last bit of a number.

mod compare;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use casewright_chart::step::Decided;
use casewright_chart::{Answer, DecisionError, Effect, Limits, Timestamp, Value};
use casewright_definition::json::to_json;
use casewright_definition::{Decide, Decision, Definition};

use crate::case::Case;
use crate::command::{Outcome, Setting, fire, open, send, settle};
use crate::record::{Cause, Record};

pub use compare::compare;
use compare::{apart, compare_records, shortened};

/// Where a journal and its replay part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The revision after the step at which they part; the number of its record among the case's own.
    pub revision: u64,
    /// What of it differs: a field of the record, or of the case after it.
    pub place: String,
    /// What the journal says, or the stored case.
    pub stored: String,
    /// What the replay gives.
    pub replayed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            revision, place, ..
        } = self;
        write!(
            f,
            "revision {revision}: `{place}`: stored is {}, replayed is {}",
            self.stored, self.replayed
        )
    }
}

impl std::error::Error for Difference {}

/// A case that is taken through its records again.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    definition: &'a Definition,
    limits: &'a Limits,
    id: &'a str,
    case: Option<Case>,
    running: BTreeMap<u64, Started>,
}

/// A service that a case has started.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The id of the `invoke`.
    pub id: Arc<str>,
    /// What runs, `plugin.function`.
    pub source: Arc<str>,
    /// What it was handed.
    pub input: Value,
    /// When.
    pub at: Timestamp,
}

impl<'a> Replay<'a> {
    /// Before the first record.
    pub fn new(definition: &'a Definition, id: &'a str, limits: &'a Limits) -> Self {
        Replay {
            definition,
            limits,
            id,
            case: None,
            running: BTreeMap::new(),
        }
    }

    /// The services that run after the records taken so far, by their numbers.
    pub fn running(&self) -> &BTreeMap<u64, Started> {
        &self.running
    }

    /// Where the case stands after the records taken so far; none before the first.
    pub fn case(&self) -> Option<&Case> {
        self.case.as_ref()
    }

    /// The case after all records; none when there was none.
    pub fn into_case(self) -> Option<Case> {
        self.case
    }

    /// Takes the step of the next record again.
    ///
    /// # Errors
    /// The step cannot be taken, or tells something else than the record. The case stands where it did.
    pub fn take(&mut self, record: &Record) -> Result<(), Difference> {
        let answers = Answers {
            kept: &record.decisions,
            asked: Cell::new(0),
        };
        let refused = |refusal: String| Difference {
            revision: record.revision,
            place: "step".to_owned(),
            stored: format!("`{}`, taken", record.cause.name()),
            replayed: shortened(format!("refused: {refusal}")),
        };
        let outcome = self.again(record, &answers).map_err(refused)?;
        let chart = &self.definition.chart;
        match compare_records(chart, record, &outcome.record) {
            None => {
                self.note_running(outcome.effects, record.at, &outcome.case);
                self.case = Some(outcome.case);
                Ok(())
            }
            Some(difference) => Err(difference),
        }
    }

    fn note_running(&mut self, effects: Vec<Effect>, at: Timestamp, case: &Case) {
        for effect in effects {
            if let Effect::Start {
                sequence,
                id,
                source,
                input,
            } = effect
            {
                let started = Started {
                    id,
                    source,
                    input,
                    at,
                };
                self.running.insert(sequence, started);
            }
        }
        let runs = |number: &u64| {
            let mut running = case.snapshot.invocations.iter();
            running.any(|invocation| invocation.sequence == *number)
        };
        self.running.retain(|number, _| runs(number));
    }

    /// The step of a record, or why it cannot be taken.
    fn again(&self, record: &Record, answers: &Answers<'_>) -> Result<Outcome, String> {
        let setting = Setting {
            definition: self.definition,
            decide: answers,
            now: record.at,
            limits: self.limits,
        };
        let outcome = match (&record.cause, &self.case) {
            (Cause::Open { data }, None) => open(setting, self.id, &to_json(data), &record.actor),
            (Cause::Event { name, data }, Some(case)) => {
                send(setting, case, name, &to_json(data), &record.actor)
            }
            (Cause::Timer { sequence, .. }, Some(case)) => fire(setting, case, *sequence),
            (
                Cause::Service {
                    sequence, served, ..
                },
                Some(case),
            ) => settle(setting, case, *sequence, served.clone(), &record.actor),
            (_, None) => return Err("the case is not open".to_owned()),
            (Cause::Open { .. }, Some(_)) => return Err("the case is open".to_owned()),
        };
        outcome.map_err(|refusal| refusal.to_string())
    }
}

/// Replays a case from its first record on. None when there are no records.
///
/// # Errors
/// The first record that differs from its replay.
pub fn replay<'r>(
    definition: &Definition,
    id: &str,
    records: impl IntoIterator<Item = &'r Record>,
    limits: &Limits,
) -> Result<Option<Case>, Difference> {
    let mut replay = Replay::new(definition, id, limits);
    for record in records {
        replay.take(record)?;
    }
    Ok(replay.into_case())
}

/// The answers that a record keeps, given again in their order to the questions that were asked then.
struct Answers<'a> {
    kept: &'a [Decided],
    asked: Cell<usize>,
}

impl Decide for Answers<'_> {
    fn decide(&self, decision: &Decision, input: &Value) -> Result<Answer, DecisionError> {
        let number = self.asked.replace(self.asked.get() + 1);
        let asked = format!("{}.{}", decision.plugin, decision.function);
        let message = match self.kept.get(number) {
            Some(kept) if *kept.answer.function != *asked => format!(
                "decision {number} asks `{asked}`, the journal has an answer of `{}`",
                kept.answer.function
            ),
            Some(kept) if apart(&kept.input, input).is_some() => format!(
                "decision {number} asks `{asked}` about {input}, the journal has an answer about {}",
                kept.input
            ),
            Some(kept) => return Ok(kept.answer.clone()),
            None => {
                format!("decision {number} asks `{asked}`, the journal has {number} answers")
            }
        };
        Err(DecisionError {
            plugin: decision.plugin.clone(),
            function: decision.function.clone(),
            code: "not-in-journal".into(),
            limit: None,
            message: shortened(message).into(),
        })
    }
}
