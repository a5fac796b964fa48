//! One step in the journal, as it is stored.

use std::sync::Arc;

use casewright_case::{Actor, Cause, Emitted, Record};
use casewright_chart::step::Decided;
use casewright_chart::value::Map;
use casewright_chart::{Answer, Chart, EventKind, Timestamp, Trace, Value};
use minicbor::{Decode, Encode};

use super::case_record::Link;
use super::value;

/// A step in the store: value of [`Table::Journal`](crate::tables::Table::Journal).
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
}

/// States and transitions stand as their numbers in the chart of the record's definition.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
enum TraceRecord {
    #[n(0)]
    Event(#[n(0)] String, #[n(1)] u8),
    #[n(1)]
    Guard(#[n(0)] u32, #[n(1)] bool, #[n(2)] Option<String>),
    #[n(2)]
    Exit(#[n(0)] u32),
    #[n(3)]
    Transition(#[n(0)] u32),
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
    /// The stored form of a case's record that follows `previous`.
    pub fn of(case: &str, definition: [u8; 32], previous: Option<Link>, record: &Record) -> Self {
        JournalRecord {
            case: case.to_owned(),
            definition,
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
            trace: record.trace.iter().map(TraceRecord::of).collect(),
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
        }
    }

    /// The record, by the chart of its definition.
    ///
    /// # Errors
    /// A state or transition that the chart does not have.
    pub fn into_record(self, chart: &Chart) -> Result<Record, String> {
        let trace = self.trace.into_iter().map(|line| line.into_trace(chart));
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
        }
    }
}

impl TraceRecord {
    fn of(line: &Trace) -> Self {
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
            } => TraceRecord::Guard(
                transition.get() as u32,
                *outcome == Ok(true),
                outcome
                    .as_ref()
                    .err()
                    .map(|error| error.as_ref().to_owned()),
            ),
            Trace::Exit(state) => TraceRecord::Exit(state.get() as u32),
            Trace::Transition(transition) => TraceRecord::Transition(transition.get() as u32),
            Trace::Enter(state) => TraceRecord::Enter(state.get() as u32),
            Trace::Decision { function, output } => {
                TraceRecord::Decision(function.as_ref().to_owned(), output.clone())
            }
            Trace::Log { label, value } => {
                TraceRecord::Log(label.as_deref().map(str::to_owned), value.clone())
            }
            Trace::Error(message) => TraceRecord::Error(message.as_ref().to_owned()),
        }
    }

    fn into_trace(self, chart: &Chart) -> Result<Trace, String> {
        let state = |number| {
            let found = chart.state_at(number);
            found.ok_or_else(|| format!("a trace names state {number}, which its chart lacks"))
        };
        let transition = |number| {
            let found = chart.transition_at(number);
            found.ok_or_else(|| format!("a trace names transition {number}, which its chart lacks"))
        };
        Ok(match self {
            TraceRecord::Event(name, kind) => Trace::Event {
                name: name.into(),
                kind: match kind {
                    0 => EventKind::Platform,
                    1 => EventKind::Internal,
                    2 => EventKind::External,
                    other => return Err(format!("a trace has an event of kind {other}")),
                },
            },
            TraceRecord::Guard(number, holds, error) => Trace::Guard {
                transition: transition(number)?,
                outcome: match error {
                    Some(error) => Err(error.into()),
                    None => Ok(holds),
                },
            },
            TraceRecord::Exit(number) => Trace::Exit(state(number)?),
            TraceRecord::Transition(number) => Trace::Transition(transition(number)?),
            TraceRecord::Enter(number) => Trace::Enter(state(number)?),
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
