//! One step in the journal, as it is stored.

use std::sync::Arc;

use casewright_case::{Actor, Cause, Emitted, Record, Served};
use casewright_chart::step::Decided;
use casewright_chart::value::Map;
use casewright_chart::{
    Answer, Chart, EventKind, Returned, StateIndex, Timestamp, Trace, TransitionIndex, Value,
};
use casewright_definition::Definition;
use minicbor::{Decode, Encode};

use super::case_record::Link;
use super::{decode, value};
use crate::error::StoreError;
use crate::tables::Table;

/// A step in the store: value of [`Table::Journal`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct JournalRecord {
    /// The case whose step it is.
    #[n(0)]
    pub case: String,
    /// The digest of its definition.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub definition: [u8; 32],
    /// The record before it of the same case; none for the first.
    #[n(2)]
    pub previous: Option<Link>,
    /// The case's revision after the step.
    #[n(3)]
    pub revision: u64,
    /// When it was taken, in milliseconds since the Unix epoch.
    #[n(4)]
    at_ms: i64,
    #[n(5)]
    actor: String,
    #[n(6)]
    roles: Vec<String>,
    #[n(7)]
    cause: CauseRecord,
    #[n(8)]
    trace: Vec<TraceRecord>,
    #[cbor(
        n(9),
        encode_with = "value::encode_map",
        decode_with = "value::decode_map"
    )]
    changes: Map,
    #[n(10)]
    decisions: Vec<DecisionRecord>,
    #[n(11)]
    emitted: Vec<EmittedRecord>,
    /// The ids of the states that the trace names.
    #[n(12)]
    states: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
enum CauseRecord {
    #[n(0)]
    Open(#[cbor(n(0), encode_with = "value::encode", decode_with = "value::decode")] Value),
    #[n(1)]
    Event(
        #[n(0)] String,
        #[cbor(n(1), encode_with = "value::encode", decode_with = "value::decode")] Value,
    ),
    #[n(2)]
    Timer(#[n(0)] u64, #[n(1)] String, #[n(2)] i64),
    #[n(3)]
    Service(#[n(0)] ServiceRecord),
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct ServiceRecord {
    #[n(0)]
    sequence: u64,
    #[n(1)]
    name: String,
    #[n(2)]
    function: String,
    #[n(3)]
    digest: String,
    #[n(4)]
    is_done: bool,
    #[cbor(n(5), encode_with = "value::encode", decode_with = "value::decode")]
    data: Value,
}

/// States stand as their places in the record's own list of ids, transitions as the place of their state
/// and their number among its transitions.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
enum TraceRecord {
    #[n(0)]
    Event(#[n(0)] String, #[n(1)] u8),
    #[n(1)]
    Guard(
        #[n(0)] u32,
        #[n(1)] u32,
        #[n(2)] bool,
        #[n(3)] Option<String>,
    ),
    #[n(2)]
    Exit(#[n(0)] u32),
    #[n(3)]
    Transition(#[n(0)] u32, #[n(1)] u32),
    #[n(4)]
    Enter(#[n(0)] u32),
    #[n(5)]
    Decision(
        #[n(0)] String,
        #[cbor(n(1), encode_with = "value::encode", decode_with = "value::decode")] Value,
    ),
    #[n(6)]
    Log(
        #[n(0)] Option<String>,
        #[cbor(n(1), encode_with = "value::encode", decode_with = "value::decode")] Value,
    ),
    #[n(7)]
    Error(#[n(0)] String),
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct DecisionRecord {
    #[n(0)]
    function: String,
    #[n(1)]
    digest: String,
    #[cbor(n(2), encode_with = "value::encode", decode_with = "value::decode")]
    input: Value,
    #[cbor(n(3), encode_with = "value::encode", decode_with = "value::decode")]
    output: Value,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct EmittedRecord {
    #[n(0)]
    event: String,
    #[cbor(n(1), encode_with = "value::encode", decode_with = "value::decode")]
    data: Value,
}

impl JournalRecord {
    /// The record of stored bytes.
    ///
    /// # Errors
    /// They are no record.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        decode(Table::Journal, bytes)
    }

    /// When the step was taken.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.at_ms)
    }

    /// What decisions were asked and answered, in order.
    pub fn into_decisions(self) -> impl Iterator<Item = Decided> {
        self.decisions.into_iter().map(DecisionRecord::into_decided)
    }

    /// The stored form of a case's record that follows `previous`.
    pub fn of(
        case: &str,
        definition: &Definition,
        previous: Option<Link>,
        record: &Record,
    ) -> Self {
        let mut names = Names {
            chart: &definition.chart,
            states: Vec::new(),
        };
        let trace = record.trace.iter().map(|line| names.line(line)).collect();
        JournalRecord {
            case: case.to_owned(),
            definition: definition.digest.0,
            previous,
            revision: record.revision,
            at_ms: record.at.unix_ms(),
            actor: record.actor.id.as_ref().to_owned(),
            roles: record
                .actor
                .roles
                .iter()
                .map(|role| role.as_ref().to_owned())
                .collect(),
            cause: CauseRecord::of(&record.cause),
            trace,
            changes: record.changes.clone(),
            decisions: record.decisions.iter().map(DecisionRecord::of).collect(),
            emitted: record
                .emitted
                .iter()
                .map(|emitted| EmittedRecord {
                    event: emitted.event.as_ref().to_owned(),
                    data: emitted.data.clone(),
                })
                .collect(),
            states: names.states,
        }
    }

    /// The record, by the chart of its definition.
    ///
    /// # Errors
    /// A state or transition that the chart does not have.
    pub fn into_record(self, chart: &Chart) -> Result<Record, String> {
        let states = self.states;
        let found = Found { chart, states };
        let trace = self.trace.into_iter().map(|line| found.line(line));
        Ok(Record {
            revision: self.revision,
            at: Timestamp::from_unix_ms(self.at_ms),
            actor: Actor {
                id: self.actor.into(),
                roles: self.roles.into_iter().map(Arc::from).collect(),
            },
            cause: self.cause.into_cause(),
            trace: trace.collect::<Result<_, _>>()?,
            changes: self.changes,
            decisions: self
                .decisions
                .into_iter()
                .map(DecisionRecord::into_decided)
                .collect(),
            emitted: self
                .emitted
                .into_iter()
                .map(|emitted| Emitted {
                    event: emitted.event.into(),
                    data: emitted.data,
                })
                .collect(),
        })
    }
}

impl CauseRecord {
    fn of(cause: &Cause) -> Self {
        match cause {
            Cause::Open { data } => CauseRecord::Open(data.clone()),
            Cause::Event { name, data } => {
                CauseRecord::Event(name.as_ref().to_owned(), data.clone())
            }
            Cause::Timer {
                sequence,
                name,
                due,
            } => CauseRecord::Timer(*sequence, name.as_ref().to_owned(), due.unix_ms()),
            Cause::Service {
                sequence,
                name,
                served,
            } => CauseRecord::Service(ServiceRecord {
                sequence: *sequence,
                name: name.as_ref().to_owned(),
                function: served.function.as_ref().to_owned(),
                digest: served.digest.as_ref().to_owned(),
                is_done: matches!(served.returned, Returned::Done(_)),
                data: served.returned.data().clone(),
            }),
        }
    }

    fn into_cause(self) -> Cause {
        match self {
            CauseRecord::Open(data) => Cause::Open { data },
            CauseRecord::Event(name, data) => Cause::Event {
                name: name.into(),
                data,
            },
            CauseRecord::Timer(sequence, name, due_ms) => Cause::Timer {
                sequence,
                name: name.into(),
                due: Timestamp::from_unix_ms(due_ms),
            },
            CauseRecord::Service(service) => Cause::Service {
                sequence: service.sequence,
                name: service.name.into(),
                served: Served {
                    function: service.function.into(),
                    digest: service.digest.into(),
                    returned: match service.is_done {
                        true => Returned::Done(service.data),
                        false => Returned::Failed(service.data),
                    },
                },
            },
        }
    }
}

/// Gives states their places while a trace is written.
struct Names<'a> {
    chart: &'a Chart,
    states: Vec<String>,
}

impl Names<'_> {
    fn state(&mut self, state: StateIndex) -> u32 {
        let id = &*self.chart.state(state).id;
        let known = self.states.iter().position(|other| other == id);
        let place = known.unwrap_or_else(|| {
            self.states.push(id.to_owned());
            self.states.len() - 1
        });
        place as u32
    }

    fn transition(&mut self, transition: TransitionIndex) -> (u32, u32) {
        let source = self.chart.transition(transition).source;
        let mut transitions = self.chart.state(source).transitions.iter();
        let number = transitions.position(|other| *other == transition);
        (self.state(source), number.unwrap_or_default() as u32)
    }

    fn line(&mut self, line: &Trace) -> TraceRecord {
        match line {
            Trace::Event { name, kind } => {
                let kind = match kind {
                    EventKind::Platform => 0,
                    EventKind::Internal => 1,
                    EventKind::External => 2,
                };
                TraceRecord::Event(name.as_ref().to_owned(), kind)
            }
            Trace::Guard {
                transition,
                outcome,
            } => {
                let (state, number) = self.transition(*transition);
                let error = outcome.as_ref().err();
                let error = error.map(|error| error.as_ref().to_owned());
                TraceRecord::Guard(state, number, *outcome == Ok(true), error)
            }
            Trace::Exit(state) => TraceRecord::Exit(self.state(*state)),
            Trace::Transition(transition) => {
                let (state, number) = self.transition(*transition);
                TraceRecord::Transition(state, number)
            }
            Trace::Enter(state) => TraceRecord::Enter(self.state(*state)),
            Trace::Decision { function, output } => {
                TraceRecord::Decision(function.as_ref().to_owned(), output.clone())
            }
            Trace::Log { label, value } => {
                TraceRecord::Log(label.as_deref().map(str::to_owned), value.clone())
            }
            Trace::Error(message) => TraceRecord::Error(message.as_ref().to_owned()),
        }
    }
}

/// Finds states again while a trace is read.
struct Found<'a> {
    chart: &'a Chart,
    states: Vec<String>,
}

impl Found<'_> {
    fn state(&self, place: u32) -> Result<StateIndex, String> {
        let id = self.states.get(place as usize);
        let id = id.ok_or_else(|| format!("a trace names state {place}, which its list lacks"))?;
        let found = self.chart.state_index(id);
        found.ok_or_else(|| format!("a trace names `{id}`, which its workflow lacks"))
    }

    fn transition(&self, place: u32, number: u32) -> Result<TransitionIndex, String> {
        let state = self.chart.state(self.state(place)?);
        let found = state.transitions.get(number as usize).copied();
        found.ok_or_else(|| {
            format!(
                "a trace names transition {number} of `{}`, which lacks it",
                state.id
            )
        })
    }

    fn line(&self, line: TraceRecord) -> Result<Trace, String> {
        Ok(match line {
            TraceRecord::Event(name, kind) => Trace::Event {
                name: name.into(),
                kind: match kind {
                    0 => EventKind::Platform,
                    1 => EventKind::Internal,
                    2 => EventKind::External,
                    other => return Err(format!("a trace has an event of kind {other}")),
                },
            },
            TraceRecord::Guard(place, number, holds, error) => Trace::Guard {
                transition: self.transition(place, number)?,
                outcome: match error {
                    Some(error) => Err(error.into()),
                    None => Ok(holds),
                },
            },
            TraceRecord::Exit(place) => Trace::Exit(self.state(place)?),
            TraceRecord::Transition(place, number) => {
                Trace::Transition(self.transition(place, number)?)
            }
            TraceRecord::Enter(place) => Trace::Enter(self.state(place)?),
            TraceRecord::Decision(function, output) => Trace::Decision {
                function: function.into(),
                output,
            },
            TraceRecord::Log(label, value) => Trace::Log {
                label: label.map(Arc::from),
                value,
            },
            TraceRecord::Error(message) => Trace::Error(message.into()),
        })
    }
}

impl DecisionRecord {
    fn of(decided: &Decided) -> Self {
        DecisionRecord {
            function: decided.answer.function.as_ref().to_owned(),
            digest: decided.answer.digest.as_ref().to_owned(),
            input: decided.input.clone(),
            output: decided.answer.output.clone(),
        }
    }

    fn into_decided(self) -> Decided {
        Decided {
            input: self.input,
            answer: Answer {
                function: self.function.into(),
                digest: self.digest.into(),
                output: self.output,
            },
        }
    }
}
