//! What is found wrong with a store.

use std::collections::BTreeMap;
use std::fmt;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Of which kind it is.
    pub kind: Kind,
    /// The case that it is about, if it is about one.
    pub case: Option<String>,
    /// The record that it is about, by its place in the journal, if it is about one.
    pub sequence: Option<u64>,
    /// What is wrong.
    pub message: String,
}

/// Kinds of what can be wrong, the graver ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A definition is not what its digest says, or cannot be used.
    Definition,
    /// A workflow points at no definition of it.
    Workflow,
    /// A record is missing, or not the one that its successor was chained to.
    Chain,
    /// A record differs from what taking its step again gives.
    Replay,
    /// A number of the journal's sequence was left out.
    Gap,
    /// A record is not part of its case's chain.
    Stray,
    /// A case is missing, or cannot be read.
    Case,
    /// A case is not what its records lead to.
    Snapshot,
    /// A row of an index is missing.
    IndexMissing,
    /// A row of an index stands for nothing.
    IndexLeftOver,
    /// A timer is missing.
    TimerMissing,
    /// A timer stands for nothing.
    TimerLeftOver,
    /// The job of a service that runs is missing, or is another one.
    JobMissing,
    /// A job stands for nothing.
    JobLeftOver,
    /// What is remembered of a request cannot be read, or is not where its expiry says. No case depends on it.
    Answer,
}

impl Kind {
    /// What scripts call it.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Definition => "definition",
            Kind::Workflow => "workflow",
            Kind::Chain => "chain",
            Kind::Replay => "replay",
            Kind::Gap => "gap",
            Kind::Stray => "stray",
            Kind::Case => "case",
            Kind::Snapshot => "snapshot",
            Kind::IndexMissing => "index-missing",
            Kind::IndexLeftOver => "index-left-over",
            Kind::TimerMissing => "timer-missing",
            Kind::TimerLeftOver => "timer-left-over",
            Kind::JobMissing => "job-missing",
            Kind::JobLeftOver => "job-left-over",
            Kind::Answer => "answer",
        }
    }
}

impl Fault {
    /// Something wrong with the store as a whole.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Fault {
            kind,
            case: None,
            sequence: None,
            message: message.into(),
        }
    }

    /// The same, about a case.
    pub(crate) fn of_case(self, case: &str) -> Self {
        Fault {
            case: Some(case.to_owned()),
            ..self
        }
    }

    /// The same, about a record.
    pub(crate) fn of_record(self, sequence: u64) -> Self {
        Fault {
            sequence: Some(sequence),
            ..self
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(case) = &self.case {
            write!(f, "case `{case}`: ")?;
        }
        if let Some(sequence) = self.sequence {
            write!(f, "record {sequence}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// Faults, counted by kind, with the first of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    by_kind: BTreeMap<Kind, (u64, Fault)>,
}

impl Faults {
    /// Counts one. Of each kind the least is kept, so that the order in which they come does not matter.
    pub(crate) fn add(&mut self, fault: Fault) {
        match self.by_kind.get_mut(&fault.kind) {
            None => {
                self.by_kind.insert(fault.kind, (1, fault));
            }
            Some((count, first)) => {
                *count += 1;
                if fault < *first {
                    *first = fault;
                }
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_kind.is_empty()
    }

    /// The first, of the gravest kind.
    pub fn first(&self) -> Option<&Fault> {
        self.by_kind.values().next().map(|(_, first)| first)
    }

    /// How many there are of each kind, with the first of them; the gravest kind first.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u64, &Fault)> {
        let kinds = self.by_kind.iter();
        kinds.map(|(kind, (count, first))| (*kind, *count, first))
    }

    /// How many there are of a kind.
    pub fn count(&self, kind: Kind) -> u64 {
        self.by_kind.get(&kind).map_or(0, |(count, _)| *count)
    }
}
